/**
 * The page docs/reference/errors.md: every code of the closed unions of errors, and what follows from it. The tables are typed by the
 * unions, so a code without a row, or a row without a code, does not compile.
 */
import type { ConditionErrorCode } from '../../src/core/analysis/condition/condition-error.ts';
import type { MetricProviderErrorCode } from '../../src/providers/metrics/metric-provider.ts';
import { ApiError, type ApiErrorCode } from '../../src/runtime/cluster.ts';
import { code, table } from './markdown.ts';

type Meanings<Code extends string> = Readonly<Record<Code, string>>;

const apiErrors: Meanings<ApiErrorCode> = {
  unreachable: 'No connection to the API server, or it broke before the answer was complete.',
  timeout: 'The API server did not answer in time, or said so itself (408, 504).',
  unauthorized: 'No credentials could be had, or they were not accepted (401).',
  forbidden: 'RBAC, admission or a quota says no (403). The message is that of the API server and names whom it refused.',
  'not-found': 'The resource or its namespace does not exist (404). A missing object is a result, not an error.',
  gone: 'The version to go on from is too old (410). Watches list anew.',
  invalid: 'The API server refuses the object or the request as it is (400, 405, 413, 415, 422).',
  'too-many-requests': 'The API server asks for patience (429); what it asks for by Retry-After is kept.',
  unavailable: 'The API server has trouble (5xx), or answers 409 where no conflict was expected.',
  aborted: 'Given up by this process: it ends, or it does not hold the lease any more and therefore writes nothing.',
  'bad-answer': 'What came back is not what Kubernetes sends.',
};

const metricErrors: Meanings<MetricProviderErrorCode> = {
  unreachable: 'Whoever is asked cannot be reached, or what is in front of it says so (502, 503).',
  timeout: 'It did not answer within the metric’s timeout, or gave the query up itself (408, 504).',
  unauthorized: 'It refused the credentials (401, 403), or there were none to send.',
  'bad-query': 'It cannot evaluate the query, or the query gives something that holds no numbers.',
  'bad-answer': 'What came back is no answer of Prometheus, is not what `jsonPath` looks for, is no 2xx, or is too large.',
  misconfigured:
    'The metric itself is wrong: no address, or one that Rampart does not ask; an empty query; a bad body, header, path, range, step, timeout, authentication or redirect.',
};

const conditionErrors: Meanings<ConditionErrorCode> = {
  syntax:
    'The text is not an expression. Found when the template is read: the Rollout gets InvalidSpec, a run on its own phase Error.',
  type: 'The expression does not fit the types of its values, for instance text compared with a number.',
  evaluation: 'The expression fits, but not with this value, for instance an index past the end of a list.',
  limit: 'The expression is larger, or does more, than is allowed.',
};

export function errorsReference(): string {
  const rows = (meanings: Readonly<Record<string, string>>) =>
    Object.entries(meanings).map(([name, meaning]) => [code(name), meaning]);
  const apiRows = (Object.entries(apiErrors) as [ApiErrorCode, string][]).map(([name, meaning]) => [
    code(name),
    meaning,
    new ApiError(name, '').isTransient ? 'tried again, with growing delays' : 'not tried again by itself',
  ]);
  return `# Error codes

Generated from src by \`npm run generate\`; do not edit. Errors are closed unions: code decides what happens, the message is for people. Messages never hold
a secret.

## Requests to Kubernetes

Conflict, not found and already exists are results that the code handles, not errors. In the log, and in status where a person has to act.

${table(['code', 'meaning', 'then'], apiRows)}

What the API server refuses for good while a Rollout is carried out becomes its status (\`ReplicaSetCreateError\`, \`TrafficRoutingError\`, or phase
Degraded), and is looked at again after a while, since a quota may have been raised.

## Measurements

Each makes the measurement an \`Error\`: it counts against \`consecutiveErrorLimit\` (4 unless the metric says otherwise) and nothing else, and is tried
again after ten seconds.

${table(['code', 'meaning'], rows(metricErrors))}

## Conditions

Each makes the measurement an \`Error\`, never a failure. Messages end with the place, as in \`(1:8)\`: line and column, counted from 1.

${table(['code', 'meaning'], rows(conditionErrors))}
`;
}
