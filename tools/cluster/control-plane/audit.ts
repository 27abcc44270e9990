/** The audit policy: every finished request, once, with as much of it as was asked for. What is made of the log is its reader's affair. */
import { stringify } from 'yaml';

/** metadata: who did what to which object and how it ended. request, request-response: the bodies as well, Secrets and tokens never. */
export type AuditLevel = 'metadata' | 'request' | 'request-response';

const levels: Readonly<Record<AuditLevel, string>> = {
  metadata: 'Metadata',
  request: 'Request',
  'request-response': 'RequestResponse',
};

export function auditPolicy(level: AuditLevel): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }] },
      { level: levels[level], omitManagedFields: true },
    ],
  });
}
