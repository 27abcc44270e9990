/** `rampart backtest`: asks Prometheus what the metrics of a template were, and says what the template would have made of it. */
import { readFile } from 'node:fs/promises';
import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../../api/analysis-template.ts';
import * as resources from '../../api/resources.ts';
import type { PastValue } from '../../core/analysis/metric-value.ts';
import { type MetricHistory, openMetricHistory } from '../../process/metric-history.ts';
import { hasData, judgeMetric } from '../../rehearsal/backtest/judged-metric.ts';
import type { AskedMetric } from '../../rehearsal/backtest/metric-figures.ts';
import { paceOfStarts, stepOf } from '../../rehearsal/backtest/pace.ts';
import { type BacktestPlan, type PlannedQuery, planBacktest } from '../../rehearsal/backtest/plan.ts';
import { backtest, errorStretches, withCloser } from '../../rehearsal/backtest/report.ts';
import { messageOf } from '../../runtime/log.ts';
import { reportJson } from '../backtest/report-json.ts';
import { reportText } from '../backtest/report-text.ts';
import { type BacktestSettings, readSettings } from '../backtest/settings.ts';
import { CommandError, type CommandLine, type Context, exitCodes, isOn, textFlag, usageError } from '../command.ts';
import { isOf, type Placed, place } from '../lint/manifests.ts';
import { readManifests } from '../lint/read-manifests.ts';
import { paintFor } from '../print/tone.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const settings = readSettings(line, context.clock.now());
  const { template, plan } = await planOf(settings, context);
  const spanMs = settings.untilMs - settings.fromMs;
  const plans = plan.metrics.map((one) => one.plan);
  const everyMs = settings.everyMs ?? paceOfStarts(plans, spanMs);
  const history = openMetricHistory({
    address: settings.address,
    headers: settings.headers,
    insecure: isOn(line, 'insecure'),
    now: () => context.clock.now(),
    ...(await authorities(line)),
  });
  try {
    const reader: Reader = { history, settings, context, everyMs, notes: [...plan.notes], masked: maskFor(plan) };
    const metrics: AskedMetric[] = [];
    const closer = new Map<string, AskedMetric['values']>();
    for (const query of plan.metrics) {
      const metric = await ask(reader, query);
      metrics.push(metric);
      closer.set(metric.plan.name, await askCloser(reader, query, metric));
    }
    const report = backtest({ ...settings, template, metrics, closer, notLooked: plan.notLooked, everyMs, notes: reader.notes });
    if (textFlag(line, 'output') === 'json') context.out.write(`${JSON.stringify(reportJson(report), null, 2)}\n`);
    else context.out.write(reportText(report, paintFor(context.out, context.environment, isOn(line, 'no-color'))));
    return report.isGood ? exitCodes.done : exitCodes.no;
  } finally {
    history.close();
  }
}

interface Chosen {
  /** `AnalysisTemplate shop` */
  readonly template: string;
  readonly plan: BacktestPlan;
}

async function planOf(settings: BacktestSettings, context: Context): Promise<Chosen> {
  const { manifests, unreadable } = await readManifests(settings.files, context);
  const [bad] = unreadable;
  if (bad !== undefined) throw new CommandError(`${bad.file}:${bad.line}: ${bad.message}`);
  const placed = manifests.map((manifest) => place(manifest, 'default')).filter((one): one is Placed => !('problem' in one));
  const analysisTemplates = byName<AnalysisTemplate>(placed.filter((one) => isOf(one, resources.analysisTemplates)));
  const clusterAnalysisTemplates = byName<ClusterAnalysisTemplate>(
    placed.filter((one) => isOf(one, resources.clusterAnalysisTemplates)),
  );
  const { name, clusterScope } = choose(settings.template, [...analysisTemplates.keys()], [...clusterAnalysisTemplates.keys()]);
  const plan = planBacktest({
    analysisTemplates,
    clusterAnalysisTemplates,
    templateName: name,
    clusterScope,
    args: settings.args,
  });
  if ('problems' in plan) throw new CommandError(plan.problems.join('; '));
  if (plan.metrics.length === 0) {
    const why = plan.notLooked.map((one) => `${one.metric}: ${one.why}`).join('; ');
    throw new CommandError(`no metric of ${name} can be asked about the past: ${why}`);
  }
  return { template: `${clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate'} ${name}`, plan };
}

function byName<T>(placed: readonly Placed[]): ReadonlyMap<string, T> {
  return new Map(placed.map(({ name, object }) => [name, object as T]));
}

function choose(
  wanted: string | undefined,
  own: readonly string[],
  global: readonly string[],
): { readonly name: string; readonly clusterScope: boolean } {
  const all = [...own.map((name) => ({ name, clusterScope: false })), ...global.map((name) => ({ name, clusterScope: true }))];
  const names = all.map(({ name }) => name).join(', ');
  const [first, second] = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  if (all.length === 0) throw new CommandError('there is no AnalysisTemplate in there');
  if (first === undefined) throw new CommandError(`there is no template ${wanted} in there, but ${names}`);
  if (second !== undefined && wanted === undefined)
    throw usageError(`there are several templates in there: say which by --template: ${names}`);
  return first;
}

async function authorities(line: CommandLine): Promise<{ readonly ca?: string }> {
  const file = textFlag(line, 'ca-file');
  if (file === undefined) return {};
  try {
    return { ca: await readFile(file, 'utf8') };
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

interface Reader {
  readonly history: MetricHistory;
  readonly settings: BacktestSettings;
  readonly context: Context;
  readonly everyMs: number;
  /** For the report. */
  readonly notes: string[];
  /** Keeps secrets out of a text. */
  readonly masked: (text: string) => string;
}

/** A secret that was given by --arg may stand in a query. */
function maskFor({ secrets }: BacktestPlan): (text: string) => string {
  const shown = secrets.filter((secret) => secret !== '');
  return (text) => shown.reduce((clean, secret) => clean.replaceAll(secret, '*****'), text);
}

async function ask(reader: Reader, { plan, prometheus }: PlannedQuery): Promise<AskedMetric> {
  const { fromMs, untilMs, stepMs: chosen } = reader.settings;
  const stepMs = chosen ?? stepOf(plan, reader.everyMs, untilMs - fromMs);
  if (reader.context.errors.isTerminal) reader.context.errors.write(`Asking Prometheus about ${plan.name} ...\n`);
  const values = await read(reader, { plan, prometheus }, Math.floor(fromMs / stepMs) * stepMs, untilMs, stepMs);
  return { ...judgeMetric(plan, values), query: reader.masked(prometheus.query ?? ''), stepMs };
}

const retryMs = 10_000;
const mostStretches = 200;

/** Where a measurement ends in an error the controller asks again after ten seconds, so the history is looked at as often. */
async function askCloser(reader: Reader, query: PlannedQuery, metric: AskedMetric): Promise<AskedMetric['values']> {
  // Before there was anything nothing is played.
  const firstMs = metric.values.find(hasData)?.atMs ?? Number.POSITIVE_INFINITY;
  const stretches = metric.stepMs > retryMs ? errorStretches(metric).filter(({ toMs }) => toMs > firstMs) : [];
  if (stretches.length > mostStretches)
    reader.notes.push(`only the first ${mostStretches} gaps in ${metric.plan.name} were looked at closely`);
  const closer: PastValue[] = [];
  for (const { fromMs, toMs } of stretches.slice(0, mostStretches)) {
    closer.push(...(await read(reader, query, fromMs, Math.min(toMs, reader.settings.untilMs), retryMs)));
  }
  return closer.length === 0 ? metric.values : withCloser(metric, judgeMetric(metric.plan, closer).values);
}

async function read(
  { history, context, masked }: Reader,
  { plan, prometheus }: PlannedQuery,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Promise<readonly PastValue[]> {
  try {
    return await history.read(prometheus, { fromMs, toMs, stepMs }, context.signal);
  } catch (cause) {
    throw new CommandError(masked(`${plan.name}: ${messageOf(cause)}`));
  }
}
