/** What the API server said no to, for people: with the commands that allow it where it is a right that is missing. */
import { refusedSubject } from '../../../api/refused-subject.ts';
import type { ApiError } from '../../../runtime/cluster.ts';
import { MetricProviderError } from '../metric-provider.ts';

export function describeRefusal(error: ApiError, namespace: string): MetricProviderError {
  if (error.code !== 'forbidden') {
    const code = error.code === 'invalid' ? 'misconfigured' : 'unreachable';
    return new MetricProviderError(code, `the Job could not be made: ${error.message}`);
  }
  // Quotas, admission and Pod Security say no with the same code; no role would help there.
  if (!/ cannot (?:create|get|list) resource "jobs" /.test(error.message)) {
    return new MetricProviderError('unauthorized', `the API server refused the Job: ${error.message}`);
  }
  const subject = refusedSubject(error.message);
  const binding = (name: string) => `kubectl -n ${namespace} create rolebinding ${name} --role=${name} ${subject}`;
  const commands = [
    `kubectl -n ${namespace} create role rampart-jobs --verb=create,get,delete --resource=jobs.batch`,
    binding('rampart-jobs'),
    `kubectl -n ${namespace} create role rampart-job-pods --verb=list --resource=pods`,
    binding('rampart-job-pods'),
  ];
  return new MetricProviderError(
    'unauthorized',
    `Rampart may not run Jobs in namespace '${namespace}'. To allow whoever may write analyses there to run pods there: ${commands.join(' && ')}`,
  );
}
