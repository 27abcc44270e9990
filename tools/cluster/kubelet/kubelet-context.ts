/** What everything in a kubelet shares. */
import type { EventRecorder } from './event-recorder.ts';
import type { ImageTable } from './image-table.ts';
import type { KubeApi } from './kube-api.ts';
import type { BackoffTimes } from './pod-record.ts';

export interface KubeletContext {
  readonly api: KubeApi;
  readonly events: EventRecorder;
  readonly images: ImageTable;
  readonly nodeIp: string;
  /** PEM of the cluster's CA. */
  readonly ca: string;
  /** Host and port of the API server, for KUBERNETES_SERVICE_HOST and _PORT. */
  readonly apiServer: { readonly host: string; readonly port: string };
  /** One folder a pod below it: `<namespace>_<name>_<uid>` with logs and volumes. */
  readonly podsDir: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly backoff: BackoffTimes;
  /** PATH of every container. */
  readonly path: string;
  /** Leaves volumes of ended pods on disk, for reading. */
  readonly keepPodDirs: boolean;
  readonly now: () => number;
}
