/** The scenarios that everybody needs: by name, with an option each, and which of them a Rollout is rehearsed by where nobody says otherwise. */
import type { Answers, PodFate, Scenario, TimedAction } from './scenario.ts';
import type { Stage } from './stage.ts';

export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** What stands behind `=`; undefined where nothing may. */
  readonly option?: { readonly what: string; readonly standard: number; readonly least: number; readonly most: number };
  readonly make: (option: number) => Omit<Scenario, 'name' | 'title'>;
  /** Whether it makes sense for this Rollout. */
  readonly fits?: (stage: Stage) => boolean;
}

const start = { seconds: 0 } as const;
const halfWay = { ofTheWay: 0.5 } as const;
/** One request in five, unless a scenario says otherwise. */
const badRatio = 0.2;

const atOnce: Answers = { from: start, errorRatio: badRatio };

function bad(answers: Answers, actions: readonly TimedAction[] = []): Omit<Scenario, 'name' | 'title'> {
  return { expects: 'taken-back', newVersion: { answers: [answers] }, ...(actions.length > 0 && { actions }) };
}

function unfit(pods: PodFate): Omit<Scenario, 'name' | 'title'> {
  return { expects: 'safe', newVersion: { pods } };
}

function half(action: TimedAction['action'], expects: Scenario['expects']): Omit<Scenario, 'name' | 'title'> {
  return { expects, actions: [{ when: halfWay, action }] };
}

const asksPrometheus = (stage: Stage): boolean => stage.asksPrometheus;
const percent = { least: 0.01, most: 100 };

export const catalogue: readonly CatalogueEntry[] = [
  { name: 'good', title: 'the new version is good', make: () => ({ expects: 'completes' }) },
  {
    name: 'errors',
    title: 'the new version answers with errors from the beginning',
    option: { what: 'percent of requests that fail', standard: badRatio * 100, ...percent },
    make: (option) => bad({ from: start, errorRatio: option / 100 }),
  },
  {
    name: 'errors-at-step',
    title: 'the new version begins to answer with errors at a step',
    option: { what: 'index of the step, counted from 0', standard: 0, least: 0, most: 10_000 },
    make: (step) => bad({ from: { step }, errorRatio: badRatio }),
    fits: ({ steps }) => steps > 0,
  },
  {
    name: 'errors-rising',
    title: 'the new version answers with more and more errors',
    option: { what: 'minutes until one request in five fails', standard: 10, least: 0.01, most: 100_000 },
    make: (minutes) => bad({ from: start, errorRatio: badRatio, growsOverSeconds: minutes * 60 }),
  },
  {
    name: 'errors-under-load',
    title: 'the new version answers with errors only under load',
    option: { what: 'percent of all requests above which one in five fails', standard: 30, least: 0, most: 99 },
    make: (weight) => bad({ from: start, errorRatio: badRatio, aboveWeight: weight }),
  },
  {
    name: 'slow-answers',
    title: 'the new version answers slowly, and without errors',
    option: { what: 'seconds that half of the answers take longer than', standard: 3, least: 0.001, most: 3600 },
    make: (seconds) => bad({ from: start, medianSeconds: seconds }),
  },
  { name: 'pods-never-start', title: 'the image of the new version cannot be pulled', make: () => unfit({ kind: 'never-start' }) },
  {
    name: 'pods-never-ready',
    title: 'pods of the new version start and do not get ready',
    make: () => unfit({ kind: 'never-ready' }),
  },
  {
    name: 'pods-crash',
    title: 'pods of the new version crash again and again',
    option: { what: 'seconds from each start to the crash', standard: 20, least: 0.1, most: 100_000 },
    make: (seconds) => unfit({ kind: 'crash', afterSeconds: seconds }),
  },
  {
    name: 'pods-lose-readiness',
    title: 'pods of the new version lose their readiness half-way',
    make: () => unfit({ kind: 'lose-readiness', when: halfWay }),
  },
  {
    name: 'prometheus-down',
    title: 'the new version answers with errors, and Prometheus cannot be reached',
    make: () => bad(atOnce, [{ when: start, action: { do: 'prometheus', health: 'down' } }]),
    fits: asksPrometheus,
  },
  {
    name: 'prometheus-empty',
    title: 'the new version answers with errors, and Prometheus has no data',
    make: () => bad(atOnce, [{ when: start, action: { do: 'prometheus', health: 'empty' } }]),
    fits: asksPrometheus,
  },
  {
    name: 'prometheus-nan',
    title: 'the new version answers with errors, and Prometheus answers NaN',
    make: () => bad(atOnce, [{ when: start, action: { do: 'prometheus', health: 'nan' } }]),
    fits: asksPrometheus,
  },
  {
    name: 'prometheus-slow',
    title: 'the new version answers with errors, and Prometheus is slow',
    option: { what: 'seconds until it answers', standard: 20, least: 0, most: 3600 },
    make: (seconds) => bad(atOnce, [{ when: start, action: { do: 'prometheus-slow', seconds } }]),
    fits: asksPrometheus,
  },
  {
    name: 'prometheus-out',
    title: 'the new version is good, and Prometheus cannot be reached for a while',
    option: { what: 'minutes', standard: 5, least: 0.01, most: 100_000 },
    make: (minutes) => ({
      expects: 'settles',
      actions: [
        { when: start, action: { do: 'prometheus', health: 'down' } },
        { when: { seconds: minutes * 60 }, action: { do: 'prometheus', health: 'up' } },
      ],
    }),
    fits: asksPrometheus,
  },
  {
    name: 'gateway-refuses',
    title: 'the new version is good, and the gateway refuses the route',
    make: () => ({ expects: 'safe', actions: [{ when: start, action: { do: 'gateway', refuses: true } }] }),
    fits: ({ hasGatewayRoutes }) => hasGatewayRoutes,
  },
  {
    name: 'controller-killed',
    title: 'the controller is killed behind its writes, with a good version and with a bad one',
    option: { what: 'most writes of each version behind which it is killed, evenly spread', standard: 8, least: 1, most: 100_000 },
    make: (most) => ({ expects: 'settles', killedBehindWrites: most }),
  },
  {
    name: 'api-server-away',
    title: 'the API server is away half-way',
    option: { what: 'seconds', standard: 60, least: 0.1, most: 100_000 },
    make: (seconds) => half({ do: 'api-server', awayForSeconds: seconds }, 'completes'),
  },
  { name: 'person-aborts', title: 'a person aborts half-way', make: () => half({ do: 'abort' }, 'taken-back') },
  {
    name: 'person-promotes',
    title: 'a person promotes in full half-way',
    make: () => half({ do: 'promote', full: true }, 'completes'),
  },
  { name: 'person-edits', title: 'a person edits the Rollout half-way', make: () => half({ do: 'edit' }, 'completes') },
  {
    name: 'person-scales',
    title: 'a person scales the Rollout half-way',
    option: { what: 'times as many pods', standard: 2, least: 0.01, most: 100 },
    make: (times) => half({ do: 'scale', times }, 'completes'),
  },
  {
    name: 'person-deletes',
    title: 'a person deletes the Rollout half-way and leaves its pods',
    make: () => half({ do: 'delete' }, 'gone'),
  },
  {
    name: 'next-version',
    title: 'the next version arrives while a bad one is on its way',
    make: () => ({
      expects: 'completes',
      newVersion: { answers: [atOnce] },
      actions: [{ when: { ofTheWay: 0.1 }, action: { do: 'next-version' } }],
    }),
  },
];

/** Of `errors-at-step`; more are spread evenly over the steps. */
const mostSteps = 8;

export function defaultScenarios(stage: Stage): readonly Scenario[] {
  return catalogue
    .filter(({ fits }) => fits?.(stage) !== false)
    .flatMap((entry) =>
      entry.name === 'errors-at-step'
        ? spread(stage.steps, mostSteps).map((step) => scenarioOf(entry, step))
        : [scenarioOf(entry, undefined)],
    );
}

/** So many of 0 to `count` - 1, evenly, the first and the last among them. */
export function spread(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  if (most === 1) return [0];
  return [...new Set(Array.from({ length: most }, (_, index) => Math.round((index * (count - 1)) / (most - 1))))];
}

/** `name` or `name=option`; a sentence for a person where there is no such scenario. */
export function namedScenario(text: string): Scenario | { readonly problem: string } {
  const [name = '', option] = text.split(/=(.*)/s);
  const entry = catalogue.find((one) => one.name === name);
  if (entry === undefined)
    return { problem: `there is no scenario "${name}"; --list-scenarios names them, and files end in .yaml` };
  if (option === undefined) return scenarioOf(entry, undefined);
  if (entry.option === undefined) return { problem: `scenario ${name} takes no option, got "${option}"` };
  const { least, most, what } = entry.option;
  const value = option === 'all' && name === 'controller-killed' ? most : Number(option);
  if (
    option.trim() === '' ||
    !Number.isFinite(value) ||
    value < least ||
    value > most ||
    (isWhole.has(name) && !Number.isInteger(value))
  )
    return { problem: `${name}= takes a number from ${least} to ${most} (${what}), got "${option}"` };
  return scenarioOf(entry, value);
}

const isWhole: ReadonlySet<string> = new Set(['errors-at-step', 'controller-killed']);

function scenarioOf({ name, title, option, make }: CatalogueEntry, value: number | undefined): Scenario {
  const { standard } = option ?? { standard: 0 };
  const isStandard = value === undefined || (value === standard && name !== 'errors-at-step');
  const full = name === 'errors-at-step' ? `the new version begins to answer with errors at step ${value ?? standard}` : title;
  return {
    name: isStandard && name !== 'errors-at-step' ? name : `${name}=${value ?? standard}`,
    title: full,
    ...make(value ?? standard),
  };
}
