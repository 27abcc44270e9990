/** The configuration of Prometheus: the pods that discovery writes into a file, and targets named by the caller. Pure. */
import { stringify } from 'yaml';

export interface ScrapeConfigInputs {
  readonly scrapeIntervalMs: number;
  /** What pod-discovery.ts writes. */
  readonly podTargetsFile: string;
  /** Pattern of the files in which components offer their metrics. */
  readonly offers: string;
  /** job name -> host:port list */
  readonly targets: Readonly<Record<string, readonly string[]>>;
}

/** Labels that a pod's series carry besides their own and `instance`: pod, namespace, app, rollouts_pod_template_hash. */
export function prometheusConfig({ scrapeIntervalMs, podTargetsFile, offers, targets }: ScrapeConfigInputs): string {
  return stringify({
    global: { scrape_interval: `${scrapeIntervalMs}ms`, scrape_timeout: `${Math.min(scrapeIntervalMs, 10_000)}ms` },
    scrape_configs: [
      { job_name: 'pods', file_sd_configs: [{ files: [podTargetsFile] }] },
      { job_name: 'components', file_sd_configs: [{ files: [offers] }] },
      ...Object.entries(targets).map(([job_name, addresses]) => ({ job_name, static_configs: [{ targets: [...addresses] }] })),
    ],
  });
}
