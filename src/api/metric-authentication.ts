/** Schemas of the ways to sign in at a metric provider, shared by Prometheus and web. */
import * as z from 'zod';
import { object, requiredText, strings, text } from './fields.ts';

export const authenticationSchema = z.object({
  basicAuth: object(
    z.object({ username: text('User name.'), password: text('Password; better an argument from a Secret.') }),
    'HTTP basic authentication.',
  ),
  sigv4: object(
    z.object({
      region: text('AWS region.'),
      profile: text('AWS profile.'),
      roleArn: text('Role to assume.'),
    }),
    'Signs requests for Amazon Managed Prometheus.',
  ),
  oauth2: object(
    z.object({
      tokenUrl: text('Where tokens are issued.'),
      clientId: text('Id of the client.'),
      clientSecret: text('Secret of the client; better an argument from a Secret.'),
      scopes: strings('Scopes to ask for.'),
    }),
    'OAuth 2 client credentials.',
  ),
});

export const headerSchema = z.object({
  key: requiredText('Name of the header.'),
  value: requiredText('Its value.'),
});
