import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Counters, judge, tally } from './verdict.ts';

const limits = (more: Partial<Parameters<typeof judge>[0]> = {}) => ({
  count: undefined,
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 4,
  consecutiveSuccessLimit: 0,
  ...more,
});

describe('the verdict on a metric', () => {
  it.each<[string, Parameters<typeof limits>[0], Counters, string, string]>([
    ['nothing measured', {}, {}, 'Pending', ''],
    ['measured and open', {}, { count: 1, successful: 1 }, 'Running', ''],
    ['only errors, within the limit', {}, { error: 4, consecutiveError: 4 }, 'Running', ''],
    ['a failure too many', {}, { count: 1, failed: 1 }, 'Failed', 'failed (1) > failureLimit (0)'],
    ['failures within the limit', { failureLimit: 2 }, { count: 2, failed: 2 }, 'Running', ''],
    ['failures without limit', { failureLimit: -1, consecutiveSuccessLimit: 2 }, { count: 9, failed: 9 }, 'Running', ''],
    ['inconclusive too often', {}, { count: 1, inconclusive: 1 }, 'Inconclusive', 'inconclusive (1) > inconclusiveLimit (0)'],
    ['errors too often', {}, { error: 5, consecutiveError: 5 }, 'Error', 'consecutiveErrors (5) > consecutiveErrorLimit (4)'],
    [
      'failed and inconclusive',
      {},
      { count: 2, failed: 1, inconclusive: 1 },
      'Inconclusive',
      'inconclusive (1) > inconclusiveLimit (0)',
    ],
    [
      'all three',
      { consecutiveErrorLimit: 0 },
      { count: 2, failed: 1, inconclusive: 1, error: 1, consecutiveError: 1 },
      'Error',
      'consecutiveErrors (1) > consecutiveErrorLimit (0)',
    ],
    ['count reached', { count: 3 }, { count: 3, successful: 3 }, 'Successful', ''],
    [
      'count reached with allowed failures',
      { count: 3, failureLimit: 1 },
      { count: 3, successful: 2, failed: 1 },
      'Successful',
      '',
    ],
    ['errors do not reach the count', { count: 1 }, { error: 3, consecutiveError: 3 }, 'Running', ''],
    ['enough in a row', { consecutiveSuccessLimit: 2 }, { count: 5, consecutiveSuccess: 2 }, 'Successful', ''],
    [
      'enough in a row, but failed before',
      { consecutiveSuccessLimit: 2 },
      { count: 3, failed: 1, consecutiveSuccess: 2 },
      'Failed',
      'failed (1) > failureLimit (0)',
    ],
    [
      'count reached, both limits in force',
      { count: 3, consecutiveSuccessLimit: 2, failureLimit: 3 },
      { count: 3, consecutiveSuccess: 1, failed: 1 },
      'Inconclusive',
      'count (3) reached with consecutiveSuccess (1) < consecutiveSuccessLimit (2)',
    ],
    [
      'count reached, only the success limit in force',
      { count: 3, consecutiveSuccessLimit: 2, failureLimit: -1 },
      { count: 3, consecutiveSuccess: 0, failed: 3 },
      'Failed',
      'count (3) reached with consecutiveSuccess (0) < consecutiveSuccessLimit (2)',
    ],
  ])('%s', (_, given, counters, phase, reason) => {
    expect(judge(limits(given), counters, false)).toEqual({ phase, reason });
  });

  it('counts an open metric as Successful when nothing more will be measured, and a lost one as lost', () => {
    expect(judge(limits(), {}, true).phase).toBe('Successful');
    expect(judge(limits(), { count: 1, failed: 1 }, true).phase).toBe('Failed');
  });
});

const outcome = fc.constantFrom('Successful' as const, 'Failed' as const, 'Inconclusive' as const, 'Error' as const);
const history = fc.array(outcome, { maxLength: 30 });
const sum = (phases: readonly ('Successful' | 'Failed' | 'Inconclusive' | 'Error')[]) => phases.reduce<Counters>(tally, {});

describe('the counters of a metric', () => {
  it('are those of the history, errors beside the count', () => {
    fc.assert(
      fc.property(history, (phases) => {
        const {
          count = 0,
          successful = 0,
          failed = 0,
          inconclusive = 0,
          error = 0,
          consecutiveError = 0,
          consecutiveSuccess = 0,
        } = sum(phases);
        const times = (phase: string) => phases.filter((one) => one === phase).length;
        const row = (phase: string) => phases.length - 1 - phases.findLastIndex((one) => one !== phase);
        expect([successful, failed, inconclusive, error]).toEqual(['Successful', 'Failed', 'Inconclusive', 'Error'].map(times));
        expect(count).toBe(successful + failed + inconclusive);
        expect([consecutiveError, consecutiveSuccess]).toEqual([row('Error'), row('Successful')]);
      }),
    );
  });

  it('a higher limit never makes a verdict worse', () => {
    fc.assert(
      fc.property(
        history,
        fc.nat(5),
        fc.nat(5),
        fc.nat(5),
        fc.nat(5),
        (phases, failureLimit, inconclusiveLimit, consecutiveErrorLimit, more) => {
          const strict = limits({ failureLimit, inconclusiveLimit, consecutiveErrorLimit });
          const counters = sum(phases);
          for (const name of ['failureLimit', 'inconclusiveLimit', 'consecutiveErrorLimit'] as const) {
            const lenient = { ...strict, [name]: strict[name] + more };
            const bad = (given: typeof strict) => ['Failed', 'Inconclusive', 'Error'].includes(judge(given, counters, false).phase);
            if (bad(lenient)) expect(bad(strict)).toBe(true);
          }
        },
      ),
    );
  });

  it('a provider that only errs neither fails nor passes a metric', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(10), (errors, consecutiveErrorLimit) => {
        const counters = sum(Array.from({ length: errors }, () => 'Error' as const));
        const { phase } = judge(limits({ count: 1, consecutiveErrorLimit }), counters, false);
        expect(phase).toBe(errors > consecutiveErrorLimit ? 'Error' : errors === 0 ? 'Pending' : 'Running');
      }),
    );
  });
});
