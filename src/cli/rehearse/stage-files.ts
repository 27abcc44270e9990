/** From manifests in files to stages: filled in first, then judged as `rampart lint` does, so that only what is wrong after that is refused. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { complete } from '../../rehearsal/intake/complete.ts';
import { stagesOf } from '../../rehearsal/intake/stages.ts';
import type { Stage } from '../../rehearsal/stage.ts';
import type { Manifest, ReadFile } from '../lint/documents.ts';
import type { Finding } from '../lint/finding.ts';
import { judge } from '../lint/judge.ts';
import { place } from '../lint/manifests.ts';

export type Staged =
  | { readonly stages: readonly Stage[]; readonly objects: readonly KubeObject[]; readonly assumptions: readonly string[] }
  | { readonly refused: readonly Finding[]; readonly judged: number };

export function stageFiles({ manifests, unreadable }: ReadFile, namespace: string, mostPauseMs: number): Staged {
  const sound = manifests.filter((manifest) => !('problem' in place(manifest, namespace)));
  const unsound = manifests.filter((manifest) => !sound.includes(manifest));
  const completed = complete(
    sound.map(({ object }) => object as unknown as KubeObject),
    namespace,
  );
  const filled = completed.objects.map((object, index): Manifest => {
    const { file, line } = sound[index] ?? { file: 'made up', line: 1 };
    return { file, line, object: object as unknown as Manifest['object'] };
  });
  const { findings, objects } = judge([...filled, ...unsound], unreadable, { namespace, isComplete: true, production: false });
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length > 0) return { refused: errors, judged: objects };
  const { stages, assumptions } = stagesOf(completed.objects, mostPauseMs);
  return { stages, objects: completed.objects, assumptions: [...completed.assumptions, ...assumptions] };
}
