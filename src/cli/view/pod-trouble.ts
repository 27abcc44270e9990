/** What keeps pods of one ReplicaSet from being ready, the same trouble told once. */
import { type Pod, podState } from './pod-state.ts';

const mostTold = 3;

/** `2 pods wait: ImagePullBackOff: Back-off pulling image "shop:2"`; pods that are merely young are no trouble. */
export function podTrouble(pods: readonly Pod[], replicaSetUid: string | undefined): readonly string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    if (replicaSetUid === undefined || !pod.metadata.ownerReferences?.some(({ uid }) => uid === replicaSetUid)) continue;
    const { word, tone, why, isReady, restarts } = podState(pod);
    if (isReady || (tone !== 'bad' && why === '' && restarts === 0)) continue;
    const text = [word, ...(why === '' ? [] : [why])].join(': ');
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .slice(0, mostTold)
    .map(([text, count]) => `${count === 1 ? '1 new pod is' : `${count} new pods are`} not ready: ${text}`);
}
