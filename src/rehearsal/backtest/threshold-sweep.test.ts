import { expect, test } from 'vitest';
import { history, minutes, tested } from '../../../test/support/made-history.ts';

const base = { name: 'errors', interval: '1m', count: 5, failureLimit: 1 };
const quiet = (minute: number) => 0.001 + (minute % 17) / 10_000;
const between = (minute: number, from: number, to: number) => minute >= from && minute < to;
/** An incident, and at another time a load that is no incident. */
const course = (minute: number) => (between(minute, 120, 140) ? 0.03 : between(minute, 240, 260) ? 0.01 : quiet(minute));
const incidents = [minutes(120, 140)];

test('a threshold that separates is found between what was usual and what was not', () => {
  const metric = history({ ...base, successCondition: 'len(result) == 0 || result[0] < 0.05' }, 6, (minute) => [course(minute)]);
  const [advice, ...more] = tested([metric], 6, { incidents }).thresholds;
  expect(more).toEqual([]);
  expect(advice).toMatchObject({
    value: 0.05,
    stricter: 'lower',
    unavoidable: 0,
    caughtAnyway: 0,
    separating: { above: 0.01, below: 0.03, suggested: 0.02 },
  });
  expect(advice?.separating?.condition).toBe('len(result) == 0 || result[0] < 0.02');
  const better = history({ ...base, successCondition: advice?.separating?.condition }, 6, (minute) => [course(minute)]);
  expect(tested([better], 6, { incidents }).isGood).toBe(true);
});

test('the other way round, in a failureCondition, in an item of a list', () => {
  const share = (minute: number) => [1 - course(minute), 0.9999];
  const metric = history({ ...base, failureCondition: 'any(result, # < 0.9)' }, 6, share);
  const [advice] = tested([metric], 6, { incidents }).thresholds;
  expect(advice).toMatchObject({ condition: 'failureCondition', stricter: 'higher', separating: { suggested: 0.98 } });
  expect(advice?.separating?.condition).toBe('any(result, # < 0.98)');
});

test('where nothing separates both ends are told', () => {
  const metric = history({ ...base, successCondition: 'result[0] < 0.05' }, 6, (minute) => [
    between(minute, 120, 140) ? 0.008 : course(minute),
  ]);
  const [advice] = tested([metric], 6, { incidents }).thresholds;
  expect(advice?.separating).toBeUndefined();
  expect(advice?.catching).toMatchObject({ below: 0.008, alarms: 4 });
  expect(advice?.quiet).toMatchObject({ above: 0.01, caught: 0 });
});

test('without incidents the strictest quiet number is told', () => {
  const metric = history({ ...base, successCondition: 'result < 0.05' }, 6, course);
  const [advice] = tested([metric], 6).thresholds;
  expect(advice).toMatchObject({
    catching: undefined,
    separating: undefined,
    quiet: { above: 0.03, below: Number.POSITIVE_INFINITY },
  });
});

test('what no number avoids is set apart', () => {
  const metric = history({ ...base, successCondition: 'result[0] < 0.05' }, 6, (minute) =>
    between(minute, 300, 320) ? [Number.NaN] : [course(minute)],
  );
  const [advice] = tested([metric], 6, { incidents }).thresholds;
  expect(advice).toMatchObject({ unavoidable: 4, separating: { suggested: 0.02 } });
});

test('a number that makes no difference is not spoken of', () => {
  const metric = history({ ...base, successCondition: 'result[0] < 0.05 || true' }, 3, (minute) => [course(minute)]);
  expect(tested([metric], 3, { incidents }).thresholds).toEqual([]);
});
