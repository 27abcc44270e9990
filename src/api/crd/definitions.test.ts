import { describe, expect, it } from 'vitest';
import { analysisTemplateSchema } from '../analysis-template.ts';
import { customResourceDefinition, type Definition, definitions } from './definitions.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { structuralSchema } from './structural-schema.ts';

function definition(kind: string): Definition {
  const found = definitions.find(({ resource }) => resource.kind === kind);
  if (found === undefined) throw new Error(`no definition of ${kind}`);
  return found;
}

/** The schema at a path such as `spec.steps.setWeight`; lists are passed through. */
function at(schema: StructuralSchema, path: string): StructuralSchema | undefined {
  let here: StructuralSchema | undefined = schema;
  for (const key of path.split('.')) {
    while (here?.items !== undefined) here = here.items;
    if (here?.additionalProperties !== undefined) here = here.additionalProperties;
    here = here?.properties?.[key];
  }
  return here;
}

/** Names of the fields of the object at `path`, as the API has them; a field too few or too many fails. */
const fields: readonly [kind: string, path: string, names: string][] = [
  [
    'Rollout',
    'spec',
    'replicas selector template workloadRef minReadySeconds strategy revisionHistoryLimit paused progressDeadlineSeconds progressDeadlineAbort restartAt analysis rollbackWindow',
  ],
  ['Rollout', 'spec.workloadRef', 'apiVersion kind name scaleDown'],
  ['Rollout', 'spec.analysis', 'successfulRunHistoryLimit unsuccessfulRunHistoryLimit'],
  ['Rollout', 'spec.rollbackWindow', 'revisions'],
  ['Rollout', 'spec.strategy', 'blueGreen canary'],
  [
    'Rollout',
    'spec.strategy.blueGreen',
    'activeService previewService previewReplicaCount autoPromotionEnabled autoPromotionSeconds maxUnavailable scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds prePromotionAnalysis postPromotionAnalysis antiAffinity activeMetadata previewMetadata',
  ],
  [
    'Rollout',
    'spec.strategy.canary',
    'canaryService stableService steps trafficRouting maxSurge maxUnavailable analysis antiAffinity canaryMetadata stableMetadata scaleDownDelaySeconds scaleDownDelayRevisionLimit abortScaleDownDelaySeconds dynamicStableScale pingPong minPodsPerReplicaSet replicaProgressThreshold',
  ],
  [
    'Rollout',
    'spec.strategy.canary.antiAffinity',
    'preferredDuringSchedulingIgnoredDuringExecution requiredDuringSchedulingIgnoredDuringExecution',
  ],
  ['Rollout', 'spec.strategy.canary.pingPong', 'pingService pongService'],
  ['Rollout', 'spec.strategy.canary.replicaProgressThreshold', 'type value'],
  ['Rollout', 'spec.strategy.canary.analysis', 'templates args dryRun measurementRetention analysisRunMetadata startingStep'],
  [
    'Rollout',
    'spec.strategy.canary.steps',
    'setWeight pause setCanaryScale analysis experiment setHeaderRoute setMirrorRoute plugin',
  ],
  ['Rollout', 'spec.strategy.canary.steps.pause', 'duration'],
  ['Rollout', 'spec.strategy.canary.steps.setCanaryScale', 'weight replicas matchTrafficWeight'],
  ['Rollout', 'spec.strategy.canary.steps.analysis.args.valueFrom', 'podTemplateHashValue fieldRef'],
  [
    'Rollout',
    'spec.strategy.canary.steps.experiment',
    'templates duration analyses dryRun analysisRunMetadata scaleDownDelaySeconds',
  ],
  ['Rollout', 'spec.strategy.canary.steps.experiment.templates', 'name specRef replicas metadata selector weight service'],
  ['Rollout', 'spec.strategy.canary.steps.experiment.analyses', 'name templateName clusterScope args requiredForCompletion'],
  ['Rollout', 'spec.strategy.canary.steps.setHeaderRoute.match', 'headerName headerValue'],
  ['Rollout', 'spec.strategy.canary.steps.setMirrorRoute', 'name match percentage'],
  ['Rollout', 'spec.strategy.canary.steps.setMirrorRoute.match', 'method path headers'],
  ['Rollout', 'spec.strategy.canary.steps.setMirrorRoute.match.path', 'exact prefix regex'],
  ['Rollout', 'spec.strategy.canary.steps.plugin', 'name config'],
  [
    'Rollout',
    'spec.strategy.canary.trafficRouting',
    'istio nginx alb smi ambassador appMesh traefik apisix plugins managedRoutes maxTrafficWeight',
  ],
  ['Rollout', 'spec.strategy.canary.trafficRouting.istio', 'virtualService virtualServices destinationRule'],
  ['Rollout', 'spec.strategy.canary.trafficRouting.istio.virtualServices', 'name routes tlsRoutes tcpRoutes'],
  [
    'Rollout',
    'spec.strategy.canary.trafficRouting.istio.destinationRule',
    'name canarySubsetName stableSubsetName additionalSubsetNames',
  ],
  [
    'Rollout',
    'spec.strategy.canary.trafficRouting.nginx',
    'annotationPrefix stableIngress stableIngresses additionalIngressAnnotations canaryIngressAnnotations',
  ],
  [
    'Rollout',
    'spec.strategy.canary.trafficRouting.alb',
    'ingress ingresses servicePort rootService annotationPrefix stickinessConfig',
  ],
  ['Rollout', 'spec.strategy.canary.trafficRouting.smi', 'rootService trafficSplitName'],
  ['Rollout', 'spec.strategy.canary.trafficRouting.appMesh', 'virtualService virtualNodeGroup'],
  [
    'Rollout',
    'status',
    'abort abortedAt pauseConditions controllerPause promoteFull currentPodHash stableRS currentStepHash currentStepIndex collisionCount replicas updatedReplicas readyReplicas availableReplicas HPAReplicas selector observedGeneration workloadObservedGeneration restartedAt phase message conditions canary blueGreen alb albs duration',
  ],
  ['Rollout', 'status.conditions', 'type status lastUpdateTime lastTransitionTime reason message observedGeneration'],
  [
    'Rollout',
    'status.canary',
    'currentStepAnalysisRunStatus currentBackgroundAnalysisRunStatus currentExperiment weights stablePingPong stepPluginStatuses',
  ],
  ['Rollout', 'status.canary.weights', 'canary stable additional verified'],
  ['Rollout', 'status.canary.weights.canary', 'weight serviceName podTemplateHash'],
  [
    'Rollout',
    'status.canary.stepPluginStatuses',
    'index name message startedAt updatedAt finishedAt phase backoff executions operation disabled status',
  ],
  [
    'Rollout',
    'status.blueGreen',
    'previewSelector activeSelector scaleUpPreviewCheckPoint prePromotionAnalysisRunStatus postPromotionAnalysisRunStatus',
  ],
  ['Rollout', 'status.albs', 'loadBalancer canaryTargetGroup stableTargetGroup ingress'],
  [
    'Rollout',
    'status.duration',
    'rolloutStartedAt manualPauseStartedAt totalManualPauseDurationSeconds finishedAt completionStatus',
  ],
  ['AnalysisTemplate', 'spec', 'metrics args dryRun measurementRetention templates'],
  ['AnalysisTemplate', 'spec.args.valueFrom', 'secretKeyRef fieldRef'],
  [
    'AnalysisTemplate',
    'spec.metrics',
    'name interval initialDelay count successCondition failureCondition failureLimit inconclusiveLimit consecutiveErrorLimit consecutiveSuccessLimit provider',
  ],
  [
    'AnalysisTemplate',
    'spec.metrics.provider',
    'prometheus web job kayenta datadog wavefront newRelic cloudWatch graphite influxdb skywalking plugin',
  ],
  ['AnalysisTemplate', 'spec.metrics.provider.prometheus', 'address query authentication timeout insecure headers rangeQuery'],
  ['AnalysisTemplate', 'spec.metrics.provider.prometheus.authentication', 'sigv4 oauth2 basicAuth'],
  ['AnalysisTemplate', 'spec.metrics.provider.prometheus.authentication.oauth2', 'tokenUrl clientId clientSecret scopes'],
  [
    'AnalysisTemplate',
    'spec.metrics.provider.web',
    'method url headers body jsonBody timeoutSeconds jsonPath insecure authentication',
  ],
  ['AnalysisTemplate', 'spec.metrics.provider.job', 'metadata spec'],
  [
    'AnalysisTemplate',
    'spec.metrics.provider.kayenta',
    'address application canaryConfigName metricsAccountName configurationAccountName storageAccountName threshold scopes lookback',
  ],
  ['AnalysisTemplate', 'spec.metrics.provider.kayenta.scopes.controlScope', 'scope region step start end'],
  [
    'AnalysisTemplate',
    'spec.metrics.provider.datadog',
    'interval query queries formula apiVersion aggregator secretRef requestTimeout',
  ],
  ['AnalysisTemplate', 'spec.metrics.provider.newRelic', 'profile query timeout'],
  ['AnalysisTemplate', 'spec.metrics.provider.cloudWatch.metricDataQueries', 'id expression label metricStat period returnData'],
  ['AnalysisTemplate', 'spec.metrics.provider.cloudWatch.metricDataQueries.metricStat.metric', 'dimensions metricName namespace'],
  ['AnalysisTemplate', 'spec.metrics.provider.skywalking', 'address query interval'],
  ['AnalysisRun', 'spec', 'metrics args terminate dryRun measurementRetention ttlStrategy'],
  ['AnalysisRun', 'spec.ttlStrategy', 'secondsAfterCompletion secondsAfterFailure secondsAfterSuccess'],
  ['AnalysisRun', 'status', 'phase message metricResults startedAt completedAt runSummary dryRunSummary'],
  [
    'AnalysisRun',
    'status.metricResults',
    'name phase measurements message count successful failed inconclusive error consecutiveError consecutiveSuccess dryRun metadata',
  ],
  ['AnalysisRun', 'status.metricResults.measurements', 'phase message startedAt finishedAt value metadata resumeAt'],
  ['AnalysisRun', 'status.runSummary', 'count successful failed inconclusive error'],
  [
    'Experiment',
    'spec',
    'templates duration progressDeadlineSeconds terminate analyses scaleDownDelaySeconds dryRun measurementRetention analysisRunMetadata',
  ],
  ['Experiment', 'spec.templates', 'name replicas minReadySeconds selector template service'],
  ['Experiment', 'status', 'phase message templateStatuses availableAt conditions analysisRuns'],
  [
    'Experiment',
    'status.templateStatuses',
    'name replicas updatedReplicas readyReplicas availableReplicas collisionCount status message lastTransitionTime serviceName podTemplateHash',
  ],
  ['Experiment', 'status.analysisRuns', 'name analysisRun phase message'],
];

describe('fields', () => {
  it.each(fields)('%s %s', (kind, path, names) => {
    let found = at(definition(kind).schema, path);
    while (found?.items !== undefined) found = found.items;
    expect(Object.keys(found?.properties ?? {}).toSorted()).toEqual(names.split(' ').toSorted());
  });

  it('ClusterAnalysisTemplate has those of AnalysisTemplate', () => {
    const specOf = (kind: string) => definition(kind).schema.properties?.spec;
    expect(specOf('ClusterAnalysisTemplate')).toEqual(specOf('AnalysisTemplate'));
  });
});

/** Every schema inside, with its path. */
function* inside(schema: StructuralSchema, path = ''): Generator<[string, StructuralSchema]> {
  yield [path, schema];
  for (const [key, child] of Object.entries(schema.properties ?? {})) yield* inside(child, `${path}.${key}`);
  if (schema.items !== undefined) yield* inside(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* inside(schema.additionalProperties, `${path}.*`);
}

describe.each(definitions.map((each) => [each.resource.kind, each] as const))('%s', (_, { schema }) => {
  const all = [...inside(schema)];

  it('describes every field, those of pods aside', () => {
    const silent = all.filter(([path, { description }]) => {
      const isField = /\.\w+$/.test(path) && path !== '.metadata' && !/\.template\.spec\./.test(path);
      return isField && (description ?? '') === '';
    });
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it('has no defaults but the three of pods', () => {
    const defaults = all.filter(([, field]) => field.default !== undefined).map(([path]) => path.split('.').at(-1));
    expect([...new Set(defaults)].toSorted()).toEqual(defaults.length === 0 ? [] : ['optional', 'protocol', 'service']);
  });

  it('requires nothing of a status and limits none of its words', () => {
    const status = all.filter(([path]) => path.startsWith('.status'));
    expect(status.filter(([, field]) => field.required !== undefined || field.enum !== undefined)).toEqual([]);
  });
});

it('only Rollouts have subresources', () => {
  const versions = definitions.map((each) => JSON.parse(JSON.stringify(customResourceDefinition(each))));
  const withSome = versions.filter((crd) => Object.keys(crd.spec.versions[0].subresources).length > 0);
  expect(withSome.map((crd) => crd.spec.names.kind)).toEqual(['Rollout']);
});

it('a field of a kind that no CRD can carry is an error', () => {
  const broken = analysisTemplateSchema.extend({ spec: analysisTemplateSchema.shape.spec.transform(String) });
  expect(() => structuralSchema(broken)).toThrow(/no CRD schema is known/);
});
