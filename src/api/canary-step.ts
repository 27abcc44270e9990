/** Schema of one step of a canary: exactly one of its fields is set, which validation checks. */
import * as z from 'zod';
import { dryRunList, rolloutAnalysisSchema, rolloutArgumentSchema } from './analysis-fields.ts';
import {
  duration,
  flag,
  int,
  intOrString,
  list,
  mapOf,
  object,
  rawJson,
  requiredList,
  requiredObject,
  requiredText,
  requiredWord,
  text,
  withRules,
} from './fields.ts';
import { childMetadataSchema, labelSelectorSchema } from './kubernetes-fields.ts';

export const stringMatchSchema = z.object({
  exact: text('The whole value.'),
  prefix: text('The beginning of the value.'),
  regex: text('A regular expression for the value.'),
});

export const experimentStepSchema = z.object({
  templates: requiredList(
    z.object({
      name: requiredText('Name of the template within the experiment.'),
      specRef: requiredWord(['canary', 'stable'], 'Which pods it runs: canary or stable.'),
      replicas: int('How many pods; 1 if absent.', { minimum: 0 }),
      metadata: object(childMetadataSchema, 'Labels and annotations for its pods.'),
      selector: object(labelSelectorSchema, 'Selector of its pods; the one of the Rollout if absent.'),
      weight: int('Share of the traffic that it gets, taken from the stable version.', { minimum: 0 }),
      service: object(z.object({ name: text('Name of the Service.') }), 'Gives it a Service.'),
    }),
    'The pods to run side by side.',
  ),
  duration: duration('How long it runs.'),
  analyses: list(
    z.object({
      name: requiredText('Name of the analysis within the experiment.'),
      templateName: requiredText('Name of the AnalysisTemplate or ClusterAnalysisTemplate.'),
      clusterScope: flag('True if it is a ClusterAnalysisTemplate.'),
      args: list(rolloutArgumentSchema, 'Values for the arguments of the template.'),
      requiredForCompletion: flag('The experiment ends when all analyses that say so are done.'),
    }),
    'What is measured meanwhile.',
  ),
  dryRun: dryRunList,
  analysisRunMetadata: object(childMetadataSchema, 'Labels and annotations for its AnalysisRuns.'),
  scaleDownDelaySeconds: int('How long its pods are kept afterwards; 30 if absent.', { minimum: 0 }),
});

export const setCanaryScaleSchema = z.object({
  weight: int('Canary pods as a percentage of spec.replicas.'),
  replicas: int('Canary pods as a number.'),
  matchTrafficWeight: flag('Canary pods follow the traffic again.'),
});

export const pauseSchema = z.object({
  duration: intOrString('How long: seconds as a number, or a duration such as 30s, 5m, 1h30m. Until a person promotes if absent.', {
    pattern: '^[-+]?([0-9]+|([0-9]*(\\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h))+)$',
  }),
});

const canaryStepFields = z.object({
  setWeight: int('Share of the new version in percent (or in parts of maxTrafficWeight).', {
    minimum: 0,
    expects: 'a whole number from 0 to 100 (or to maxTrafficWeight)',
  }),
  pause: object(pauseSchema, 'Waits for a time, or until a person promotes.'),
  setCanaryScale: object(setCanaryScaleSchema, 'Sets the number of canary pods apart from the traffic. Only with trafficRouting.'),
  analysis: object(rolloutAnalysisSchema, 'Measures, and goes on only if the measurements are good.'),
  experiment: object(experimentStepSchema, 'Runs versions side by side for a while.'),
  setHeaderRoute: object(
    z.object({
      name: text('Name of the route, one of managedRoutes.'),
      match: list(
        z.object({
          headerName: requiredText('The header.'),
          headerValue: requiredObject(stringMatchSchema, 'What its value must be.'),
        }),
        'Requests that go to the new version. Empty removes the route.',
      ),
    }),
    'Sends requests with certain headers to the new version.',
  ),
  setMirrorRoute: object(
    z.object({
      name: requiredText('Name of the route, one of managedRoutes.'),
      match: list(
        z.object({
          method: object(stringMatchSchema, 'The method of the request.'),
          path: object(stringMatchSchema, 'The path of the request.'),
          headers: mapOf(stringMatchSchema, 'Headers of the request.'),
        }),
        'Requests that are copied to the new version. Empty removes the route.',
      ),
      percentage: int('Share of these requests that is copied, in percent; all if absent.'),
    }),
    'Copies requests to the new version; its answers are thrown away.',
  ),
  plugin: object(
    z.object({
      name: requiredText('Name of the step plugin.'),
      config: rawJson('Its configuration.'),
    }),
    'Leaves the step to a plugin.',
  ),
});

/**
 * Most steps a canary may have: it bounds what the rules below may cost. The kinds that exclude each other here are those that the
 * incumbent tells apart; the others are looked at in validation/, where the answer is a status.
 */
export const MAX_STEPS = 1000;
const EXCLUSIVE = ['setWeight', 'pause', 'setCanaryScale', 'analysis', 'experiment'];

export const canaryStepSchema = withRules(canaryStepFields, [
  {
    rule: Object.keys(canaryStepFields.shape).map(isSet).join(' || '),
    message: `a step must have one of ${Object.keys(canaryStepFields.shape).join(', ')}`,
  },
  {
    rule: `[${EXCLUSIVE.map(isSet).join(', ')}].filter(x, x).size() <= 1`,
    message: `a step must have only one of ${EXCLUSIVE.join(', ')}; make them steps of their own`,
  },
]);

function isSet(field: string): string {
  return `has(self.${field})`;
}
