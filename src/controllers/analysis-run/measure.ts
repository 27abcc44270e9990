/**
 * Asks a provider for one measurement: secrets read, arguments filled in, the answer cleared of every secret that went into the
 * question. Whatever goes wrong here is an error of the measurement, never a verdict.
 */
import { maxFilled, substituteArguments } from '../../core/analysis/arguments.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import { type AnyMetricProvider, isLasting, type LastingAnswer } from '../../providers/metrics/metric-provider.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { messageOf } from '../../runtime/log.ts';
import type { Measure, MeasurementAnswer, MeasurementRequest } from './measurement-runner.ts';
import { readSecretArguments } from './secret-arguments.ts';

/** What stands in the place of a secret wherever people may look. */
const redacted = '*****';

/** `providers`: name in a metric's provider block -> who asks it. */
export function createMeasure(cluster: Pick<Cluster, 'get'>, providers: ReadonlyMap<string, AnyMetricProvider>): Measure {
  return async (run, { provider: name, query, metric, ordinal, begun }, { signal, nowMs }) => {
    const provider = providers.get(name);
    if (provider === undefined) return failed(`there is no provider ${name}`);
    if (begun !== undefined) {
      if (!isLasting(provider)) return failed(`measurements by ${name} cannot be gone on with`);
      return await provider.resume(begun.metadata, run, { signal, nowMs }).then(lasting, (error) => failed(messageOf(error)));
    }
    const { block, secrets } = isLasting(provider) ? provider.withReferences(query, run) : query;
    const read = await readSecretArguments(cluster, run.namespace, secrets, signal);
    if ('problem' in read) return failed(read.problem);
    const redact = redactor([...read.values.values()]);
    const masked = new Map([...read.values.keys()].map((argument) => [argument, redacted]));
    const { value: filled, tooLong } = substituteArguments(block, new Map([...query.args, ...read.values]));
    if (tooLong) return failed(`the arguments make more than ${maxFilled} characters of the query`);
    let description: MeasurementAnswer['description'];
    try {
      if (isLasting(provider)) return lasting(await provider.begin(filled, { run, metric, ordinal }, { signal, nowMs }));
      const shown = substituteArguments(block, new Map([...query.args, ...masked])).value;
      description = redactMap(provider.describe?.(shown), redact);
      const value = await provider.measure(filled, { signal, nowMs });
      return { outcome: { kind: 'measured', value: redactValue(value, redact) }, description };
    } catch (error) {
      return { ...failed(redact(messageOf(error))), description };
    }
  };
}

function lasting(answer: LastingAnswer): MeasurementAnswer {
  if (answer.state === 'underway') return { outcome: { kind: 'underway', metadata: answer.metadata } };
  const { end, text, message } = answer;
  return { outcome: { kind: 'ended', end, text, message } };
}

/** Which line a measurement waits in: its provider's, and there the one of the server that it asks. */
export function createLaneOf(providers: ReadonlyMap<string, AnyMetricProvider>): (request: MeasurementRequest) => string {
  return ({ provider: name, query }) => {
    const provider = providers.get(name);
    if (provider === undefined || isLasting(provider) || provider.serverOf === undefined) return name;
    return `${name} ${provider.serverOf(substituteArguments(query.block, query.args).value)}`;
  };
}

function failed(message: string): MeasurementAnswer {
  return { outcome: { kind: 'error', message } };
}

type Redact = (text: string) => string;

/** Longer secrets first, so that one that holds another leaves no rest. */
function redactor(secrets: readonly string[]): Redact {
  // Providers put values into URLs, JSON and headers: a secret is to be recognised in those forms too.
  const forms = secrets.flatMap((secret) => [
    secret,
    secret.trim(),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]);
  const sorted = [...new Set(forms)].filter((form) => form !== '').sort((a, b) => b.length - a.length);
  return (text) => sorted.reduce((clean, form) => clean.replaceAll(form, redacted), text);
}

function redactMap(
  map: Readonly<Record<string, string>> | undefined,
  redact: Redact,
): Readonly<Record<string, string>> | undefined {
  return map && Object.fromEntries(Object.entries(map).map(([key, text]) => [redact(key), redact(text)]));
}

/** `result` stays as it was measured: conditions need it, and it is not stored. */
function redactValue(value: MetricValue, redact: Redact): MetricValue {
  const metadata = redactMap(value.metadata, redact);
  return { ...value, text: redact(value.text), ...(metadata === undefined ? {} : { metadata }) };
}
