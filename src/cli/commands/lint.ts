/** `rampart lint`: reads manifests from files or from a cluster, and prints what there is to say of them. */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import { CommandError, type CommandLine, type Context, exitCodes, isOn, textFlag, usageError } from '../command.ts';
import type { Manifest } from '../lint/documents.ts';
import { type Judged, judge } from '../lint/judge.ts';
import { findingsText } from '../lint/print-findings.ts';
import { readManifests } from '../lint/read-manifests.ts';
import { paintFor } from '../print/tone.ts';
import { apiVersionOf, gapIn, listAll } from '../reading.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const files = [...(line.flags.get('filename') ?? []), ...line.operands];
  const live = isOn(line, 'live');
  if (live === files.length > 0) throw usageError('say what to judge: -f FILE, several times if need be, or --live');
  const judged = live ? await judgeCluster(line, context) : await judgeFiles(files, line, context);
  const { findings, objects } = judged;
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.length - errors;
  if (textFlag(line, 'output') === 'json')
    context.out.write(`${JSON.stringify({ objects, errors, warnings, findings }, null, 2)}\n`);
  else context.out.write(findingsText(findings, objects, paintFor(context.out, context.environment, isOn(line, 'no-color'))));
  if (objects === 0 && findings.length === 0 && !live)
    throw new CommandError('there is no Rollout, AnalysisTemplate or Experiment in there');
  return errors > 0 || (isOn(line, 'strict') && warnings > 0) ? exitCodes.no : exitCodes.done;
}

async function judgeFiles(files: readonly string[], line: CommandLine, context: Context): Promise<Judged> {
  const { manifests, unreadable } = await readManifests(files, context);
  return judge(manifests, unreadable, {
    namespace: textFlag(line, 'namespace') ?? 'default',
    isComplete: false,
    production: isOn(line, 'production'),
  });
}

const ingresses: Resource<KubeObject> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  namespaced: true,
};
const needed: readonly Resource<KubeObject>[] = [
  resources.rollouts,
  resources.analysisTemplates,
  resources.clusterAnalysisTemplates,
  resources.experiments,
  resources.services,
  resources.deployments,
  resources.podTemplates,
  resources.httpRoutes,
  resources.grpcRoutes,
  ingresses,
];

async function judgeCluster(line: CommandLine, context: Context): Promise<Judged> {
  const connection = context.connect(line);
  try {
    const namespace = isOn(line, 'all-namespaces') ? undefined : connection.namespace;
    const gaps: string[] = [];
    const lists = await Promise.all(
      needed.map(async (resource) => {
        try {
          const objects = await listAll(connection.cluster, resource, namespace);
          return objects.map(
            (object): Manifest => ({ file: 'cluster', line: 0, object: { apiVersion: apiVersionOf(resource), ...object } }),
          );
        } catch (error) {
          const gap = gapIn(error, resource);
          if (gap === undefined || resource === resources.rollouts) throw error;
          if (
            resource === resources.services ||
            resource === resources.analysisTemplates ||
            resource === resources.clusterAnalysisTemplates
          )
            gaps.push(gap);
          return [];
        }
      }),
    );
    for (const gap of gaps) context.errors.write(`This may not be the whole of it: ${gap}.\n`);
    return judge(lists.flat(), [], {
      namespace: connection.namespace,
      isComplete: gaps.length === 0,
      production: isOn(line, 'production'),
    });
  } finally {
    await connection.close();
  }
}
