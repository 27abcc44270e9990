import { describe, expect, it } from 'vitest';
import { decodeRollout } from '../decode.ts';
import { problemText } from './invalid-spec.ts';
import { validateRollout } from './rollout.ts';

const labels = { app: 'shop' };
const base = { name: 'a', specRef: 'canary' };
const gateway = {
  stableService: 'stable',
  canaryService: 'canary',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};
const at = 'spec.strategy.canary.steps[1].experiment';

function problems(experiment: object, canary: object = {}): readonly string[] {
  const { rollout, problems: found } = decodeRollout({
    metadata: { name: 'shop' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'shop', image: 'shop:1' }] } },
      strategy: { canary: { steps: [{ setWeight: 80 }, { experiment }], ...canary } },
    },
  });
  return validateRollout(rollout, found).map(problemText);
}

describe('an experiment step', () => {
  it.each([
    [{ templates: [base, { ...base, name: 'b', specRef: 'stable', replicas: 2 }], duration: '5m' }, {}],
    [
      {
        templates: [
          { ...base, weight: 15 },
          { ...base, name: 'b', weight: 5 },
        ],
      },
      gateway,
    ],
    [{ templates: [{ ...base, selector: { matchLabels: { app: 'side' } }, metadata: { labels: { app: 'side' } } }] }, {}],
  ])('is one that can be carried out: %j', (experiment, canary) => {
    expect(problems(experiment, canary)).toEqual([]);
  });

  it.each([
    [{ templates: [] }, `${at}.templates: must hold at least one template: say which pods to run`],
    [{ templates: [{ ...base, specRef: 'newest' }] }, `${at}.templates[0].specRef: must be canary or stable, got "newest"`],
    [{ templates: [base, base] }, `${at}.templates[1].name: must be unique, got "a" twice`],
    [
      { templates: [{ ...base, name: 'A' }] },
      `${at}.templates[0].name: must be lower case letters, digits and dashes, such as baseline, got "A"`,
    ],
    [{ templates: [{ ...base, replicas: -1 }] }, `${at}.templates[0].replicas: must not be negative, got -1`],
    [
      { templates: [{ ...base, selector: {} }] },
      `${at}.templates[0].selector: must not be empty, or it would select every pod of the namespace`,
    ],
    [
      { templates: [{ ...base, metadata: { labels: { app: 'side' } } }] },
      `${at}.templates[0].metadata.labels: must match spec.selector: add the labels that it names, or give it a selector`,
    ],
    [{ templates: [base], duration: 'soon' }, `${at}.duration: must be a duration such as 30s, 5m or 1h30m, got "soon"`],
    [{ templates: [base], scaleDownDelaySeconds: -1 }, `${at}.scaleDownDelaySeconds: must not be negative, got -1`],
    [
      { templates: [base], analyses: [{ name: 'x', templateName: 'x', args: [{ name: 'y', valueFrom: {} }] }] },
      `${at}.analyses[0].args[0].valueFrom: must have exactly one of podTemplateHashValue and fieldRef`,
    ],
    [
      { templates: [{ ...base, weight: 5 }] },
      `${at}.templates[0].weight: can only be used with trafficRouting.plugins["argoproj-labs/gatewayAPI"]: it needs a router; take it out`,
    ],
  ])('%j', (experiment, problem) => {
    expect(problems(experiment)).toEqual([problem]);
  });

  it('takes no more of the traffic than the canary leaves', () => {
    expect(
      problems(
        {
          templates: [
            { ...base, weight: 15 },
            { ...base, name: 'b', weight: 6 },
          ],
        },
        gateway,
      ),
    ).toEqual([
      `${at}.templates[0].weight: the weights of the templates must be at most 20 together, what the canary leaves of the traffic, got 21`,
    ]);
    expect(problems({ templates: [{ ...base, weight: -1 }] }, gateway)).toEqual([
      `${at}.templates[0].weight: must not be negative, got -1`,
    ]);
  });

  it('gets no share from a router that cannot split one off', () => {
    const nginx = { ...gateway, trafficRouting: { nginx: { stableIngress: 'shop' } } };
    expect(problems({ templates: [{ ...base, weight: 5 }] }, nginx)).toContain(
      `${at}.templates[0].weight: can only be used with trafficRouting.plugins["argoproj-labs/gatewayAPI"]: nginx cannot split off a share for it; take it out`,
    );
  });
});
