/** How what runs beside a cluster offers its metrics: a file in the run's folder, which Prometheus watches, whichever of the two starts first. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that Prometheus reads. */
export function scrapeOffers(runDir: string): string {
  return join(runDir, 'scrape', '*.json');
}

/** `address`: host:port, with metrics under /metrics. The series get `job` as their job. */
export async function offerMetrics(runDir: string, job: string, address: string): Promise<void> {
  const folder = join(runDir, 'scrape');
  await mkdir(folder, { recursive: true });
  const file = join(folder, job);
  await writeFile(`${file}.new`, JSON.stringify([{ targets: [address], labels: { job } }]));
  await rename(`${file}.new`, `${file}.json`);
}
