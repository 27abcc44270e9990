import { describe, expect, it } from 'vitest';
import { decodeExperiment } from '../decode.ts';
import { validateExperiment } from './experiment.ts';
import { problemText } from './invalid-spec.ts';

const labels = { app: 'a' };
const template = {
  name: 'a',
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } },
};
const analysis = { name: 'rate', templateName: 'rate' };

function problems(spec: unknown): readonly string[] {
  const decoded = decodeExperiment({ metadata: { name: 'exp' }, spec });
  return validateExperiment(decoded.experiment, decoded.problems).map(problemText);
}

describe('what is wrong with an experiment', () => {
  it('is nothing where it can be carried out', () => {
    expect(problems({ templates: [template], analyses: [analysis], duration: '1h30m', scaleDownDelaySeconds: 0 })).toEqual([]);
  });

  it.each([
    [{}, 'spec.templates: must hold at least one template: say which pods to run'],
    [{ templates: 'a' }, 'spec.templates: must be a list, got "a"'],
    [{ templates: [template, template] }, 'spec.templates[1].name: must be unique, got "a" twice'],
    [
      { templates: [{ ...template, name: 'A b' }] },
      'spec.templates[0].name: must be lower case letters, digits and dashes, such as baseline, got "A b"',
    ],
    [{ templates: [{ ...template, replicas: -1 }] }, 'spec.templates[0].replicas: must not be negative, got -1'],
    [
      { templates: [{ ...template, minReadySeconds: 600 }] },
      'spec.templates[0].minReadySeconds: must be less than spec.progressDeadlineSeconds (600), got 600',
    ],
    [
      { templates: [{ ...template, selector: undefined }] },
      'spec.templates[0].selector: is required: name the labels that its pods carry',
    ],
    [
      { templates: [{ ...template, selector: {} }] },
      'spec.templates[0].selector: must not be empty, or it would select every pod of the namespace',
    ],
    [
      { templates: [{ ...template, selector: { matchLabels: { app: 'b' } } }] },
      'spec.templates[0].template.metadata.labels: must match spec.templates[0].selector: add the labels that it names',
    ],
    [{ templates: [{ ...template, template: undefined }] }, 'spec.templates[0].template: is required: describe the pods to run'],
    [
      { templates: [{ ...template, template: { metadata: { labels } } }] },
      'spec.templates[0].template.spec.containers: is required: name at least one container',
    ],
    [
      {
        templates: [
          { ...template, service: { name: 's' } },
          { ...template, name: 'b', service: { name: 's' } },
        ],
      },
      'spec.templates[1].service.name: must differ from that of spec.templates[0], both are "s"',
    ],
    [{ templates: [template], duration: 'soon' }, 'spec.duration: must be a duration such as 30s, 5m or 1h30m, got "soon"'],
    [{ templates: [template], duration: '-1s' }, 'spec.duration: must not be negative, got "-1s"'],
    [{ templates: [template], scaleDownDelaySeconds: -1 }, 'spec.scaleDownDelaySeconds: must not be negative, got -1'],
    [{ templates: [template], analyses: [analysis, analysis] }, 'spec.analyses[1].name: must be unique, got "rate" twice'],
    [{ templates: [template], analyses: [{ ...analysis, templateName: '' }] }, 'spec.analyses[0].templateName: must not be empty'],
    [
      {
        templates: [template],
        analyses: [{ ...analysis, args: [{ name: 'x', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] }],
      },
      'spec.analyses[0].args[0]: must have only one of value and valueFrom',
    ],
  ])('%j', (spec, problem) => {
    expect(problems(spec)).toEqual([problem]);
  });
});
