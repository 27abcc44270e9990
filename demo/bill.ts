/** What the release cost, made from what was recorded. Pure. */
import type { Outcome } from './shop/traffic.ts';

/** The canary's share of the traffic, from a moment on. */
export interface WeightChange {
  readonly atMs: number;
  readonly canaryWeight: number;
}

export interface Recording {
  readonly sent: number;
  /** Requests without a good answer. */
  readonly failures: readonly Outcome[];
  /** In the order of time; milliseconds since the epoch, as `Outcome.at`. */
  readonly weights: readonly WeightChange[];
  readonly badVersion: string;
  readonly goodVersionPromoted: boolean;
  readonly badVersionTakenBack: boolean;
  readonly firstFailedMeasurementMs: number | undefined;
  readonly weightZeroMs: number | undefined;
  readonly lastBadPodGoneMs: number | undefined;
  /** `verb resource` -> requests that Rampart made to the Kubernetes API; undefined where nobody counted them. */
  readonly apiRequests: Readonly<Record<string, number>> | undefined;
}

export interface Bill {
  readonly requests: number;
  readonly failedByBadVersion: number;
  /** Failures that the bad version is not to blame for: there must be none. */
  readonly failedOtherwise: number;
  /** Canary weight -> failures while it was in force. */
  readonly failuresByWeight: Readonly<Record<string, number>>;
  readonly goodVersionPromoted: boolean;
  readonly badVersionTakenBack: boolean;
  /** From the first failed measurement, as it was stored. */
  readonly msToWeightZero: number | undefined;
  readonly msToLastBadPodGone: number | undefined;
  /** Undefined where nobody counted them. */
  readonly apiWrites: number | undefined;
  readonly apiWritesByKind: Readonly<Record<string, number>> | undefined;
  /** Up to five, for people to look at. */
  readonly unexplained: readonly Outcome[];
  readonly passed: boolean;
}

export function makeBill(recording: Recording): Bill {
  const isBad = ({ version }: Outcome) => version === recording.badVersion;
  const unexplained = recording.failures.filter((failure) => !isBad(failure));
  const failuresByWeight: Record<string, number> = {};
  for (const failure of recording.failures) {
    const weight = String(weightAt(recording.weights, failure.at));
    failuresByWeight[weight] = (failuresByWeight[weight] ?? 0) + 1;
  }
  const since = (ms: number | undefined): number | undefined =>
    ms === undefined || recording.firstFailedMeasurementMs === undefined
      ? undefined
      : Math.max(0, ms - recording.firstFailedMeasurementMs);
  const writes = writesAmong(recording.apiRequests);
  return {
    requests: recording.sent,
    failedByBadVersion: recording.failures.length - unexplained.length,
    failedOtherwise: unexplained.length,
    failuresByWeight,
    goodVersionPromoted: recording.goodVersionPromoted,
    badVersionTakenBack: recording.badVersionTakenBack,
    msToWeightZero: since(recording.weightZeroMs),
    msToLastBadPodGone: since(recording.lastBadPodGoneMs),
    apiWrites: writes?.reduce((sum, [, count]) => sum + count, 0),
    apiWritesByKind: writes === undefined ? undefined : Object.fromEntries(writes),
    unexplained: unexplained.slice(0, 5),
    passed: recording.goodVersionPromoted && recording.badVersionTakenBack && unexplained.length === 0,
  };
}

/** Writes of objects that count: events and the lease are left out. */
function writesAmong(requests: Recording['apiRequests']): readonly (readonly [string, number])[] | undefined {
  if (requests === undefined) return undefined;
  return Object.entries(requests).filter(
    ([what]) => /^(create|update|patch|delete) /.test(what) && !/ (events|leases)$/.test(what),
  );
}

function weightAt(weights: readonly WeightChange[], atMs: number): number {
  return weights.findLast((change) => change.atMs <= atMs)?.canaryWeight ?? 0;
}

/** The bill for people. */
export function billLines(bill: Bill): readonly string[] {
  const seconds = (ms: number | undefined) => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(2)} s`);
  const byWeight = Object.entries(bill.failuresByWeight).map(([weight, count]) => `${count} at weight ${weight}`);
  return [
    'The bill',
    `  good version promoted by its steps         ${bill.goodVersionPromoted ? 'yes' : 'NO'}`,
    `  bad version taken back                     ${bill.badVersionTakenBack ? 'yes' : 'NO'}`,
    `  requests sent                              ${bill.requests}`,
    `  failed by the bad version                  ${bill.failedByBadVersion}${byWeight.length === 0 ? '' : ` (${byWeight.join(', ')})`}`,
    `  failed for any other reason                ${bill.failedOtherwise}`,
    `  first failed measurement to weight 0       ${seconds(bill.msToWeightZero)}`,
    `  first failed measurement to last pod gone  ${seconds(bill.msToLastBadPodGone)}`,
    `  API writes by Rampart, events aside        ${writesInWords(bill)}`,
    ...bill.unexplained.map(
      ({ at, status, version, error }) =>
        `  unexplained: ${new Date(at).toISOString()} status ${status} ${version ?? ''} ${error ?? ''}`,
    ),
  ];
}

function writesInWords({ apiWrites, apiWritesByKind }: Bill): string {
  if (apiWrites === undefined || apiWritesByKind === undefined) return 'not known: there is no audit log to count them in';
  const kinds = Object.entries(apiWritesByKind).map(([what, count]) => `${count} ${what}`);
  return `${apiWrites} (${kinds.join(', ')})`;
}
