/** The audit policy: every finished request, once, with as much of it as was asked for. What is made of the log is its reader's affair. */
import { stringify } from 'yaml';

/**
 * metadata: who did what to which object and how it ended. request, request-response: the bodies as well, Secrets and tokens never. accounts: the metadata of what
 * service accounts do, and of namespaces that anyone ends; nothing else, so that it costs next to nothing.
 */
export type AuditLevel = 'metadata' | 'request' | 'request-response' | 'accounts';

const levels = {
  metadata: 'Metadata',
  request: 'Request',
  'request-response': 'RequestResponse',
} as const;

function rulesOf(level: AuditLevel): readonly object[] {
  if (level === 'accounts')
    return [
      { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
      { level: 'Metadata', verbs: ['delete'], resources: [{ group: '', resources: ['namespaces'] }] },
      { level: 'None' },
    ];
  return [
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }] },
    { level: levels[level], omitManagedFields: true },
  ];
}

export function auditPolicy(level: AuditLevel): string {
  return stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: rulesOf(level),
  });
}
