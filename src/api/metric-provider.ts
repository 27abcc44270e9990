/** Schemas of where a metric comes from: exactly one of them is set, which validation checks. */
import * as z from 'zod';
import {
  duration,
  flag,
  int64,
  intOrString,
  list,
  mapOf,
  object,
  rawJson,
  rawObject,
  requiredText,
  stringMap,
  text,
  withRules,
} from './fields.ts';
import { childMetadataSchema } from './kubernetes-fields.ts';
import { authenticationSchema, headerSchema } from './metric-authentication.ts';

export const prometheusSchema = z.object({
  address: text('URL of the server; the address that the controller was started with if absent.'),
  query: text('PromQL.'),
  authentication: object(authenticationSchema, 'How to sign in.'),
  timeout: int64('Seconds until the query is given up; 30 if absent.'),
  insecure: flag('True does not check the certificate of the server.'),
  headers: list(headerSchema, 'Headers for the request.'),
  rangeQuery: object(
    z.object({
      start: text('Expression for the first time, for instance now() - duration("1h").'),
      end: text('Expression for the last time, for instance now().'),
      step: text('Duration between two values, for instance 1m.'),
    }),
    'Asks for values over a time instead of one value.',
  ),
});

export const webSchema = z.object({
  method: text('GET, POST or PUT; GET if absent.'),
  url: requiredText('What to ask.'),
  headers: list(headerSchema, 'Headers for the request.'),
  body: text('Body of a POST or PUT.'),
  jsonBody: rawJson('Body of a POST or PUT as JSON, instead of body.'),
  timeoutSeconds: int64('Seconds until the request is given up; 10 if absent.'),
  jsonPath: text(
    'JSONPath of the value in the answer, as kubectl writes it, for instance {$.data.ok}; the whole answer if absent.',
  ),
  insecure: flag('True does not check the certificate of the server.'),
  authentication: object(authenticationSchema, 'How to sign in.'),
});

const kayentaScopeSchema = z.object({
  scope: requiredText('The scope.'),
  region: requiredText('The region.'),
  step: int64('Seconds between two values.'),
  start: requiredText('The first time.'),
  end: requiredText('The last time.'),
});

export const kayentaSchema = z.object({
  address: requiredText('URL of Kayenta.'),
  application: requiredText('Application.'),
  canaryConfigName: requiredText('Canary configuration.'),
  metricsAccountName: requiredText('Account of the metrics.'),
  configurationAccountName: requiredText('Account of the configuration.'),
  storageAccountName: requiredText('Account of the storage.'),
  threshold: object(
    z.object({
      pass: int64('The score from which on it is a success.'),
      marginal: int64('The score below which it is a failure.'),
    }),
    'What to make of the score.',
  ),
  scopes: list(
    z.object({
      name: requiredText('Name of the pair.'),
      controlScope: object(kayentaScopeSchema, 'The version before.'),
      experimentScope: object(kayentaScopeSchema, 'The new version.'),
    }),
    'What is compared.',
  ),
  lookback: flag('True looks back from the end.'),
});

export const datadogSchema = z.object({
  interval: duration('How far back the query looks; 5m if absent.'),
  query: text('The query.'),
  queries: stringMap('Several queries by name, instead of query (v2).'),
  formula: text('Formula over the queries (v2).'),
  apiVersion: text('v1 or v2; v1 if absent.'),
  aggregator: text('avg, min, max, sum, last, percentile, mean, l2norm or area (v2).'),
  secretRef: object(
    z.object({
      name: text('Name of the Secret.'),
      namespaced: flag('True looks in the namespace of the run, else in that of the controller.'),
    }),
    'Secret with the address and the keys.',
  ),
  requestTimeout: duration('Until the request is given up; 10s if absent.'),
});

const cloudWatchQuerySchema = z.object({
  id: text('Name of the query.'),
  expression: text('Metric math or an SQL query.'),
  label: text('Label of the answer.'),
  metricStat: object(
    z.object({
      metric: object(
        z.object({
          dimensions: list(z.object({ name: text('Name.'), value: text('Value.') }), 'Dimensions.'),
          metricName: text('Name of the metric.'),
          namespace: text('Its namespace.'),
        }),
        'The metric.',
      ),
      period: intOrString('Seconds of one value.'),
      stat: text('The statistic.'),
      unit: text('The unit.'),
    }),
    'One metric, instead of expression.',
  ),
  period: intOrString('Seconds of one value.'),
  returnData: flag('False uses it only in other expressions.'),
});

export const jobSchema = z.object({
  metadata: object(childMetadataSchema, 'Labels and annotations for the Job.'),
  spec: rawObject(
    'The Job (batch/v1), as it is written in a Job. A pod that names no ServiceAccount gets no token of one unless it asks for it.',
  ),
});

const providerFields = z.object({
  prometheus: object(prometheusSchema, 'A Prometheus query.'),
  web: object(webSchema, 'An HTTP request.'),
  job: object(jobSchema, 'A Job in the namespace of the run: that it completes is success, that it fails is failure.'),
  kayenta: object(kayentaSchema, 'A judgement by Kayenta.'),
  datadog: object(datadogSchema, 'A Datadog query.'),
  wavefront: object(z.object({ address: text('URL.'), query: text('The query.') }), 'A Wavefront query.'),
  newRelic: object(
    z.object({
      profile: text('Secret with the account; newrelic if absent.'),
      query: requiredText('NRQL.'),
      timeout: int64('Seconds; 5 if absent.'),
    }),
    'A New Relic query.',
  ),
  cloudWatch: object(
    z.object({
      interval: duration('How far back the queries look; 5m if absent.'),
      metricDataQueries: list(cloudWatchQuerySchema, 'The queries.'),
    }),
    'CloudWatch queries.',
  ),
  graphite: object(z.object({ address: text('URL.'), query: text('The target.') }), 'A Graphite query.'),
  influxdb: object(
    z.object({ profile: text('Secret with the account; influxdb if absent.'), query: text('Flux.') }),
    'An InfluxDB query.',
  ),
  skywalking: object(
    z.object({ address: text('URL.'), query: text('GraphQL.'), interval: duration('How far back the query looks; 5m if absent.') }),
    'A SkyWalking query.',
  ),
  plugin: mapOf(rawJson('Configuration of the plugin.').unwrap(), 'A metric plugin by name.'),
});

const providers = Object.keys(providerFields.shape);

export const providerSchema = withRules(providerFields, [
  {
    rule: `[${providers.map((provider) => `has(self.${provider})`).join(', ')}].filter(x, x).size() == 1`,
    message: `provider must have exactly one of ${providers.join(', ')}`,
  },
]);
