/** The page docs/reference/metrics.md, read from a registry that holds everything the controller registers at its start. */
import { Figures } from '../../src/process/figures.ts';
import { Metrics } from '../../src/server/metrics.ts';
import { code, codes, table } from './markdown.ts';

export interface PublishedMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** By name. */
export async function publishedMetrics(): Promise<readonly PublishedMetric[]> {
  const metrics = new Metrics('0');
  new Figures(metrics);
  metrics.describeObjects(() => ({}));
  const described = await metrics.registry.getMetricsAsJSON();
  return described
    .map(({ name, type, help }) => ({ name, help, type: String(type), labels: labelsOf(metrics.registry.getSingleMetric(name)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** prom-client keeps them, and does not put them into its types. */
function labelsOf(metric: unknown): readonly string[] {
  const { labelNames } = metric as { readonly labelNames?: readonly string[] };
  if (labelNames === undefined) throw new Error('a metric of prom-client has no labelNames any more');
  return labelNames;
}

export async function metricsReference(): Promise<string> {
  const metrics = await publishedMetrics();
  const rows = (chosen: readonly PublishedMetric[]) =>
    table(
      ['metric', 'type', 'labels', 'meaning'],
      chosen.map(({ name, type, labels, help }) => [code(name), type, codes(labels), help]),
    );
  return `# Metrics

Generated from src/server and src/process by \`npm run generate\`; do not edit. Served at \`/metrics\`, on port 8090 unless \`--metricsPort\` says
otherwise. A histogram \`x\` is published as \`x_bucket\`, \`x_sum\` and \`x_count\`. Names that begin with neither \`rampart_\` nor \`workqueue_\` are
those of Argo Rollouts, so that its dashboards keep working.

## Objects

Read from the stores at each scrape: an object that is deleted leaves no series behind.

${rows(metrics.filter(({ labels }) => labels.includes('namespace') && labels.includes('name') && !labels.includes('verb')))}

## The controller

\`kind\`, \`verb\` and \`name\` come from fixed sets here, never from the names of objects; \`namespace\` and \`name\` of requests are always \`N/A\`.

${rows(metrics.filter(({ labels }) => !labels.includes('namespace') || labels.includes('verb')))}
`;
}
