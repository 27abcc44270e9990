/**
 * Tells Prometheus which pods to scrape, through a file that it watches: Debian's build of it cannot ask the API server itself. A pod asks to
 * be scraped by the annotations prometheus.io/scrape, port and path.
 */
import { rename, writeFile } from 'node:fs/promises';
import type { KubeApi } from '../kubelet/kube-api.ts';
import { watchObjects } from '../kubelet/object-watch.ts';
import type { Pod } from '../kubelet/pod-types.ts';

/** As Prometheus reads it from the file. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What to scrape of a pod, or undefined: it does not ask for it, has no address yet, or is over. */
export function targetOf(pod: Pod): TargetGroup | undefined {
  const { name, namespace = 'default', labels = {}, annotations = {} } = pod.metadata;
  const port = annotations['prometheus.io/port'];
  const ip = pod.status?.podIP;
  if (annotations['prometheus.io/scrape'] !== 'true' || port === undefined || ip === undefined || pod.status?.phase !== 'Running') {
    return undefined;
  }
  const own: Record<string, string> = { pod: name, namespace };
  if (labels.app !== undefined) own.app = labels.app;
  const hash = labels['rollouts-pod-template-hash'];
  if (hash !== undefined) own.rollouts_pod_template_hash = hash;
  const path = annotations['prometheus.io/path'];
  if (path !== undefined) own.__metrics_path__ = path;
  return { targets: [`${ip}:${port}`], labels: own };
}

const settleMs = 20;

/** Keeps the file up to date until the signal is aborted. The file exists once this has settled, empty at first. */
export async function discoverPods(api: KubeApi, file: string, signal: AbortSignal): Promise<void> {
  const targets = new Map<string, TargetGroup>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  const write = () => {
    work = work.then(() => replaceFile(file, JSON.stringify([...targets.values()]))).catch(() => undefined);
  };
  const changed = (uid: string, target: TargetGroup | undefined) => {
    if (JSON.stringify(targets.get(uid)) === JSON.stringify(target)) return;
    if (target === undefined) targets.delete(uid);
    else targets.set(uid, target);
    clearTimeout(timer);
    timer = setTimeout(write, settleMs);
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  await replaceFile(file, '[]');
  const handlers = {
    changed: (pod: Pod) => changed(pod.metadata.uid ?? '', targetOf(pod)),
    gone: (pod: Pod) => changed(pod.metadata.uid ?? '', undefined),
  };
  void watchObjects<Pod>(api, '/api/v1/pods', handlers, signal);
}

/** In one step: Prometheus never reads half a file. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
