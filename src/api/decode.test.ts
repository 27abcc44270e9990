import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAnalysisRun, decodeAnalysisTemplate, decodeRollout } from './decode.ts';

const rollout = <Spec>(spec: Spec, rest: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'shop', namespace: 'default' },
  spec,
  ...rest,
});
const steps = (...list: unknown[]) => rollout({ strategy: { canary: { steps: list } } });

describe('an object that fits', () => {
  it('comes back as it is, without fields that the API does not know', () => {
    const object = rollout({
      replicas: 3,
      selector: { matchLabels: { app: 'shop' } },
      template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', newField: { a: 1 } }] } },
      strategy: { canary: { maxSurge: '25%', steps: [{ setWeight: 20 }, { pause: {} }, { pause: { duration: 10 } }] } },
    });
    const { rollout: decoded, problems } = decodeRollout({ ...object, extra: true, spec: { ...object.spec, soon: 1 } });
    expect(problems).toEqual([]);
    expect(decoded).toEqual(object);
  });
});

describe('a field of a wrong type', () => {
  it.each([
    [
      { setWeight: 'ten' },
      'spec.strategy.canary.steps[1].setWeight',
      'must be a whole number from 0 to 100 (or to maxTrafficWeight), got "ten"',
    ],
    [
      { setWeight: 1.5 },
      'spec.strategy.canary.steps[1].setWeight',
      'must be a whole number from 0 to 100 (or to maxTrafficWeight), got 1.5',
    ],
    [{ pause: { duration: true } }, 'spec.strategy.canary.steps[1].pause.duration', 'must be a whole number or text, got true'],
    [{ pause: [] }, 'spec.strategy.canary.steps[1].pause', 'must be an object, got []'],
    ['pause', 'spec.strategy.canary.steps[1]', 'must be an object, got "pause"'],
    [{ analysis: { templates: [{}] } }, 'spec.strategy.canary.steps[1].analysis.templates[0].templateName', 'is required'],
    [{ analysis: { templates: {} } }, 'spec.strategy.canary.steps[1].analysis.templates', 'must be a list, got {}'],
  ])('%j is left out and named', (step, path, message) => {
    const { rollout: decoded, problems } = decodeRollout(steps({ setWeight: 5 }, step, { setWeight: 50 }));
    expect(problems).toEqual([{ path, message }]);
    expect(decoded.spec.strategy?.canary?.steps).toHaveLength(3);
    expect(decoded.spec.strategy?.canary?.steps?.[2]).toEqual({ setWeight: 50 });
  });

  it('quotes keys of maps', () => {
    const { problems } = decodeRollout(rollout({ selector: { matchLabels: { 'app.kubernetes.io/name': 1 } } }));
    expect(problems).toEqual([{ path: 'spec.selector.matchLabels["app.kubernetes.io/name"]', message: 'must be text, got 1' }]);
  });

  it('names every field that is wrong, and cuts long values', () => {
    const { problems } = decodeRollout(rollout({ replicas: 'x'.repeat(200), paused: 'yes', restartAt: 'noon' }));
    expect(problems.map((problem) => problem.path)).toEqual(['spec.replicas', 'spec.paused', 'spec.restartAt']);
    expect(problems[0]?.message.length).toBeLessThan(120);
  });

  it('null is the same as absent', () => {
    expect(decodeRollout(rollout({ replicas: null, strategy: { canary: null } })).problems).toEqual([]);
  });
});

describe("what is not the author's mistake", () => {
  it('malformed pod templates are mended without a word', () => {
    const { rollout: decoded, problems } = decodeRollout(
      rollout({
        template: { metadata: { labels: { app: 'shop', tier: 3 }, creationTimestamp: null }, spec: { containers: 'none' } },
      }),
    );
    expect(problems).toEqual([]);
    expect(decoded.spec.template).toEqual({ metadata: { labels: { app: 'shop' } }, spec: { containers: 'none' } });
  });

  it('a malformed status is mended without a word, and keeps what fits', () => {
    const { rollout: decoded, problems } = decodeRollout(
      rollout(
        {},
        { status: { abort: true, currentStepIndex: 'two', phase: 'Odd', pauseConditions: [{ reason: 'CanaryPauseStep' }] } },
      ),
    );
    expect(problems).toEqual([]);
    expect(decoded.status).toEqual({
      abort: true,
      pauseConditions: [{ reason: 'CanaryPauseStep', startTime: '0001-01-01T00:00:00Z' }],
    });
  });
});

describe('templates and runs', () => {
  it('a metric without provider is named', () => {
    const { template, problems } = decodeAnalysisTemplate({ metadata: { name: 't' }, spec: { metrics: [{ name: 'm' }] } });
    expect(problems).toEqual([{ path: 'spec.metrics[0].provider', message: 'is required' }]);
    expect(template.spec.metrics).toEqual([{ name: 'm', provider: {} }]);
  });

  it('a run whose status has an empty phase is pending', () => {
    const { run } = decodeAnalysisRun({ metadata: { name: 'r' }, spec: { metrics: [] }, status: { phase: '', message: '' } });
    expect(run.status?.phase).toBe('Pending');
  });
});

describe('anything', () => {
  it('is decoded without an exception, and decoding again changes nothing', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (any, spec, step) => {
        for (const object of [any, rollout(spec), steps(step), rollout({ strategy: { canary: spec } }, { status: any })]) {
          const { rollout: decoded } = decodeRollout(object);
          const again = decodeRollout(decoded);
          expect(again.rollout).toEqual(decoded);
        }
      }),
      { numRuns: 200 },
    );
  });
});
