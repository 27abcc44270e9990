/** What a tidy tree looks like, as tables: which room may import which, who may touch the outside world, and how long a file may be. */

/**
 * room -> rooms it may import from, itself aside. A room is a folder of src/, or a file at its top. What is not listed here does not
 * exist: a new room needs a row.
 */
export const arrows: Readonly<Record<string, readonly string[]>> = {
  api: [],
  core: ['api'],
  runtime: ['api'],
  'providers/traffic': ['api', 'core', 'runtime'],
  'providers/metrics': ['api', 'core', 'runtime'],
  controllers: ['api', 'core', 'runtime', 'providers/traffic', 'providers/metrics'],
  server: [],
  options: ['api'],
  'logger.ts': [],
  'version.ts': [],
  process: ['api', 'core', 'runtime', 'controllers', 'providers/traffic', 'providers/metrics', 'server', 'options', 'logger.ts'],
  'main.ts': [
    'api',
    'process',
    'core',
    'runtime',
    'controllers',
    'providers/traffic',
    'providers/metrics',
    'server',
    'options',
    'logger.ts',
    'version.ts',
  ],
  simulation: ['api', 'core', 'runtime', 'process', 'providers/metrics', 'server', 'options', 'logger.ts', 'version.ts'],
  rehearsal: ['api', 'core', 'runtime', 'simulation', 'process', 'providers/metrics', 'options', 'logger.ts'],
  cli: ['api', 'core', 'runtime', 'controllers', 'options', 'process', 'rehearsal', 'main.ts', 'version.ts'],
};

/** Rooms that may construct implementations; all others know a provider only by its port file. */
export const composers: ReadonlySet<string> = new Set(['main.ts', 'process']);

/** room of providers -> its port file */
export const portFiles: Readonly<Record<string, string>> = {
  'providers/traffic': 'providers/traffic/traffic-router.ts',
  'providers/metrics': 'providers/metrics/metric-provider.ts',
};

/** The room of the Kubernetes port: providers may import this file of runtime and no other. */
export const clusterPort = 'runtime/cluster.ts';

export interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  /** Paths below src/ that may; a trailing slash means all below it. */
  readonly homes: readonly string[];
  /** Only below this folder of src/; everywhere if absent. */
  readonly within?: string;
}

export const bans: readonly Ban[] = [
  { what: 'the wall clock', pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/, homes: ['runtime/clock.ts'] },
  { what: 'timers', pattern: /\bset(?:Timeout|Interval|Immediate)\(/, homes: ['runtime/clock.ts', 'simulation/virtual-clock.ts'] },
  { what: 'randomness', pattern: /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/, homes: ['main.ts', 'runtime/clock.ts'] },
  { what: 'the environment', pattern: /\bprocess\.env\b/, homes: ['cli/', 'main.ts'] },
  { what: 'the console', pattern: /\bconsole\.\w+\(/, homes: [] },
  { what: 'a promise', pattern: /\bPromise\b|\basync\s|\bawait\s|\bfetch\(/, homes: [], within: 'core/' },
];

/** Lines a source file may have. */
export const mostLines = 400;

/** path -> lines, for files that were longer when the limit came: they may shrink, not grow. Meant to become empty. */
export const ratchet: Readonly<Record<string, number>> = {};

/** Names that say nothing about what is inside. */
export const emptyNames = /(?:^|\/)(?:utils?|helpers?|common|misc|shared|index)(?:\.ts|\/)/;
