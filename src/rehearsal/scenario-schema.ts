/** Schema of scenario files: what people write, read into what the player plays. Each message says what to write instead, without a subject. */
import * as z from 'zod';
import { parseDuration } from '../api/duration.ts';
import type { Action, Answers, PodFate, Scenario, TimedAction, VersionConduct, When } from './scenario.ts';

/** A value that is read by a function; a text that it returns says what is wrong. */
function read<T>(parse: (value: unknown) => T | Wrong): z.ZodType<T> {
  return z.unknown().transform((value, context) => {
    const parsed = parse(value);
    if (!(parsed instanceof Wrong)) return parsed;
    const message = value === undefined ? `is missing: ${parsed.message}` : `${parsed.message}, got ${JSON.stringify(value)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

class Wrong {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

function secondsOf(value: unknown): number | Wrong {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? parseDuration(value) : undefined;
  return typeof ms !== 'number' || ms < 0 || !Number.isFinite(ms)
    ? new Wrong('must be a duration such as 30s, 5m or 1h30m')
    : ms / 1000;
}

/** 0 to 1 */
function shareOf(value: unknown): number | Wrong {
  const digits = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s?%$/.exec(value)?.[1] : undefined;
  const share = digits === undefined ? value : Number(digits) / 100;
  return typeof share === 'number' && share >= 0 && share <= 1 ? share : new Wrong('must be a share such as 20% or 0.2');
}

function percentOf(value: unknown): number | Wrong {
  const digits = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s?%$/.exec(value)?.[1] : undefined;
  const percent = digits === undefined ? value : Number(digits);
  return typeof percent === 'number' && percent >= 0 && percent <= 100
    ? percent
    : new Wrong('must be a weight in percent, from 0 to 100');
}

const nameForm = 'must be a name of small letters, digits and dashes, such as payments-time-out';
const timesForm = 'must be a number above 0, such as 2';
const whenForms = 'must be a time behind the start such as 90s, or one of {step: 2}, {weight: 50}, {ofTheWay: 50%}';

function whenOf(value: unknown): When | Wrong {
  if (typeof value === 'string' || typeof value === 'number') {
    const seconds = secondsOf(value);
    return seconds instanceof Wrong ? new Wrong(whenForms) : { seconds };
  }
  if (typeof value !== 'object' || value === null) return new Wrong(whenForms);
  const [[key, of] = [], ...more] = Object.entries(value);
  if (more.length > 0) return new Wrong(whenForms);
  if (key === 'step') return Number.isInteger(of) && of >= 0 ? { step: of } : new Wrong('step must be an index, counted from 0');
  if (key === 'weight') return named('weight', percentOf(of), (weight) => ({ weight }));
  if (key === 'ofTheWay') return named('ofTheWay', shareOf(of), (ofTheWay) => ({ ofTheWay }));
  if (key === 'seconds') return named('seconds', secondsOf(of), (seconds) => ({ seconds }));
  return new Wrong(whenForms);
}

function named<T>(field: string, value: T | Wrong, make: (value: T) => When): When | Wrong {
  return value instanceof Wrong ? new Wrong(`${field} ${value.message}`) : make(value);
}

const time = read(secondsOf);
const when = read(whenOf);

const answersSchema = z
  .strictObject({
    from: when.default({ seconds: 0 }),
    for: time.optional(),
    errors: read(shareOf).optional(),
    growsOver: time.optional(),
    aboveWeight: read(percentOf).optional(),
    median: time.optional(),
  })
  .superRefine(({ errors, median, growsOver }, context) => {
    if (errors === undefined && median === undefined)
      context.addIssue({
        code: 'custom',
        message: 'says nothing of the answers: write errors, such as 20%, or median, such as 3s',
      });
    if (growsOver !== undefined && errors === undefined)
      context.addIssue({ code: 'custom', path: ['growsOver'], message: 'needs errors: the share that is grown to' });
  })
  .transform(
    ({ from, for: forSeconds, errors, growsOver, aboveWeight, median }): Answers => ({
      from,
      ...(forSeconds !== undefined && { forSeconds }),
      ...(errors !== undefined && { errorRatio: errors }),
      ...(growsOver !== undefined && { growsOverSeconds: growsOver }),
      ...(aboveWeight !== undefined && { aboveWeight }),
      ...(median !== undefined && { medianSeconds: median }),
    }),
  );

const podForms = 'must be one of never-start, never-ready, {crashAfter: 20s}, {loseReadiness: 5m}';

function podsOf(value: unknown): PodFate | Wrong {
  if (value === 'never-start' || value === 'never-ready' || value === 'healthy') return { kind: value };
  const [[key, of] = [], ...more] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (more.length > 0) return new Wrong(podForms);
  if (key === 'crashAfter') {
    const afterSeconds = secondsOf(of);
    return afterSeconds instanceof Wrong ? new Wrong(`crashAfter ${afterSeconds.message}`) : { kind: 'crash', afterSeconds };
  }
  if (key !== 'loseReadiness') return new Wrong(podForms);
  const moment = whenOf(of);
  return moment instanceof Wrong ? new Wrong(`loseReadiness ${moment.message}`) : { kind: 'lose-readiness', when: moment };
}

/** What is done, where nothing more has to be said of it. */
export const plainActions = {
  'prometheus-up': { do: 'prometheus', health: 'up' },
  'prometheus-down': { do: 'prometheus', health: 'down' },
  'prometheus-empty': { do: 'prometheus', health: 'empty' },
  'prometheus-nan': { do: 'prometheus', health: 'nan' },
  'gateway-refuses': { do: 'gateway', refuses: true },
  'gateway-accepts': { do: 'gateway', refuses: false },
  abort: { do: 'abort' },
  retry: { do: 'retry' },
  promote: { do: 'promote' },
  'promote-in-full': { do: 'promote', full: true },
  edit: { do: 'edit' },
  undo: { do: 'undo' },
  delete: { do: 'delete' },
  'next-version': { do: 'next-version' },
} as const satisfies Readonly<Record<string, Action>>;

type Plain = keyof typeof plainActions;

const actionSchema = z.discriminatedUnion('do', [
  z
    .strictObject({ at: when, do: z.enum(Object.keys(plainActions) as [Plain, ...Plain[]]) })
    .transform((one): TimedAction => ({ when: one.at, action: plainActions[one.do] })),
  z
    .strictObject({ at: when, do: z.literal('prometheus-slow'), answersAfter: time })
    .transform((one): TimedAction => ({ when: one.at, action: { do: one.do, seconds: one.answersAfter } })),
  z
    .strictObject({ at: when, do: z.literal('api-server-away'), for: time })
    .transform((one): TimedAction => ({ when: one.at, action: { do: 'api-server', awayForSeconds: one.for } })),
  z
    .strictObject({ at: when, do: z.literal('kill-controller'), backAfter: time.default(5) })
    .transform((one): TimedAction => ({ when: one.at, action: { do: one.do, backAfterSeconds: one.backAfter } })),
  z
    .strictObject({
      at: when,
      do: z.literal('scale'),
      times: read((value) => (typeof value === 'number' && value > 0 ? value : new Wrong(timesForm))),
    })
    .transform((one): TimedAction => ({ when: one.at, action: { do: one.do, times: one.times } })),
]);

const expectations = ['completes', 'taken-back', 'safe', 'settles', 'gone'] as const;

const scenarioSchema = z
  .strictObject({
    name: read((value) => (typeof value === 'string' && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(value) ? value : new Wrong(nameForm))),
    title: z.string().optional(),
    expects: z.enum(expectations).optional(),
    newVersion: z
      .strictObject({
        answers: z.array(answersSchema).optional(),
        pods: read(podsOf).optional(),
      })
      .optional(),
    actions: z.array(actionSchema).optional(),
    promotesAfter: read((value) => (value === 'never' ? null : secondsOf(value))).optional(),
  })
  .transform(({ name, title, expects, newVersion, actions, promotesAfter }): Scenario => {
    const conduct: VersionConduct = {
      ...(newVersion?.answers !== undefined && { answers: newVersion.answers }),
      ...(newVersion?.pods !== undefined && { pods: newVersion.pods }),
    };
    return {
      name,
      title: title ?? name.replaceAll('-', ' '),
      expects: expects ?? expected(conduct),
      ...(newVersion !== undefined && { newVersion: conduct }),
      ...(actions !== undefined && { actions }),
      ...(promotesAfter !== undefined && { promotesAfterSeconds: promotesAfter }),
    };
  });

/** What a person means who does not say. */
function expected({ answers = [], pods }: VersionConduct): Scenario['expects'] {
  if (answers.length > 0) return 'taken-back';
  return pods === undefined || pods.kind === 'healthy' ? 'settles' : 'safe';
}

export const scenarioFileSchema = z.strictObject({ scenarios: z.array(scenarioSchema).min(1) });

/** What can stand at each place, for messages: the last field of a path -> its fields. */
export const fieldsAt: Readonly<Record<string, readonly string[]>> = {
  '': ['scenarios'],
  scenarios: ['name', 'title', 'expects', 'newVersion', 'actions', 'promotesAfter'],
  newVersion: ['answers', 'pods'],
  answers: ['from', 'for', 'errors', 'growsOver', 'aboveWeight', 'median'],
  actions: ['at', 'do'],
};

/** Of `do: ...`, the fields beside `at`. */
export const fieldsOfAction: Readonly<Record<string, readonly string[]>> = {
  'prometheus-slow': ['answersAfter'],
  'api-server-away': ['for'],
  'kill-controller': ['backAfter'],
  scale: ['times'],
};
