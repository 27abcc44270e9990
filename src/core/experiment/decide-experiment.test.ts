import { describe, expect, it } from 'vitest';
import { goodTemplate, ToyExperiment, experimentTemplate as template } from '../../../test/support/toy-experiment.ts';
import type { ExperimentSpec } from '../../api/experiment.ts';
import { labels } from '../../api/names.ts';
import { podTemplateHash } from '../rollout/identity/pod-template-hash.ts';

const two = [template('baseline', 'v1'), template('canary', 'v2', { replicas: 2 })];
const analysis = (name: string, more: object = {}) => ({ name, templateName: 'good', ...more });
const goodSpec = (more: Partial<ExperimentSpec> = {}): ExperimentSpec => ({
  templates: two,
  analyses: [analysis('errors', { requiredForCompletion: true })],
  ...more,
});
const started = (spec: ExperimentSpec, latencyMs = 0): ToyExperiment => {
  const world = new ToyExperiment(spec, { templates: [goodTemplate], podLatencyMs: () => latencyMs });
  world.settle();
  return world;
};
const statuses = ({ status }: ToyExperiment) =>
  Object.fromEntries((status.templateStatuses ?? []).map((one) => [one.name, one.status]));
const condition = ({ status }: ToyExperiment, type: string) => status.conditions?.find((one) => one.type === type);

describe('pods', () => {
  it('come for each template under the names of experiment and template, with a hash of their own', () => {
    const world = started({ templates: two });
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 2 });
    const made = world.replicaSets.get('exp-canary');
    const hash = made?.metadata.labels?.[labels.podTemplateHash];
    expect(hash).not.toBe(podTemplateHash(two[1]?.template ?? {}));
    expect(made?.spec.selector.matchLabels).toEqual({ app: 'canary', [labels.podTemplateHash]: hash });
    expect(made?.spec.template.metadata?.labels).toEqual({ app: 'canary', [labels.podTemplateHash]: hash });
    expect(made?.metadata.annotations).toEqual({
      'experiment.argoproj.io/name': 'exp',
      'experiment.argoproj.io/template-name': 'canary',
    });
    expect(made?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Experiment', name: 'exp', uid: 'u-exp', controller: true });
    expect(world.status.templateStatuses?.[1]?.podTemplateHash).toBe(hash);
  });

  it('of two templates that are equal have different hashes', () => {
    const equal = { ...template('baseline'), name: 'twin' };
    const world = started({ templates: [template('baseline'), equal] });
    expect(new Set(world.status.templateStatuses?.map((one) => one.podTemplateHash)).size).toBe(2);
  });

  it('run when all of them are available, and not before', () => {
    const world = started({ templates: two }, 3000);
    expect(world.status).toMatchObject({ phase: 'Pending', message: 'waits for the pods of baseline, canary to be available' });
    expect(statuses(world)).toEqual({ baseline: 'Progressing', canary: 'Progressing' });
    world.settle(4000);
    expect(world.status).toMatchObject({
      phase: 'Running',
      availableAt: '2026-01-01T00:00:03Z',
      message: 'runs until it is terminated',
    });
    expect(statuses(world)).toEqual({ baseline: 'Running', canary: 'Running' });
    expect(condition(world, 'Running')).toMatchObject({ status: 'True', message: 'Experiment "exp" is running.' });
    expect(world.told()).toEqual([
      'Normal ExperimentPending: Experiment is Pending',
      "Normal TemplateProgressing: Template 'baseline' is Progressing",
      "Normal TemplateProgressing: Template 'canary' is Progressing",
      "Normal TemplateRunning: Template 'baseline' is Running",
      "Normal TemplateRunning: Template 'canary' is Running",
      'Normal ExperimentRunning: Experiment is Running',
    ]);
  });

  it('that are not there by the deadline fail it, and the other pods go', () => {
    const world = new ToyExperiment(
      { templates: two, progressDeadlineSeconds: 60 },
      { podLatencyMs: (name) => (name === 'exp-canary' ? Number.POSITIVE_INFINITY : 0) },
    );
    world.settle(59_000);
    expect(world.status.phase).toBe('Pending');
    world.settle(2000);
    const message = '0 of 2 pods were available after 60 s';
    expect(world.status).toMatchObject({ phase: 'Failed', message: `Template 'canary' Failed: ${message}` });
    expect(statuses(world)).toEqual({ baseline: 'Successful', canary: 'Failed' });
    expect(condition(world, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    world.settle(31_000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
  });

  it('that are lost have until the deadline to come again', () => {
    const world = started({ templates: two, progressDeadlineSeconds: 60 });
    world.losePods('exp-canary', 20_000);
    world.settle(10_000);
    expect(statuses(world)).toEqual({ baseline: 'Running', canary: 'Progressing' });
    expect(world.status.phase).toBe('Running');
    world.settle(20_000);
    expect(statuses(world)).toEqual({ baseline: 'Running', canary: 'Running' });
    world.losePods('exp-canary', 200_000);
    world.settle(100_000);
    expect(world.status.phase).toBe('Failed');
  });

  it('follow a changed number', () => {
    const world = started({ templates: two });
    world.change({ templates: [template('baseline', 'v1', { replicas: 4 }), template('canary', 'v2', { replicas: 0 })] });
    world.settle();
    expect(world.sizes()).toEqual({ 'exp-baseline': 4, 'exp-canary': 0 });
    expect(world.status.phase).toBe('Running');
  });

  it('get another name where theirs is taken', () => {
    const world = new ToyExperiment({ templates: two });
    world.taken.replicaSets.add('exp-canary');
    world.settle();
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary-1': 2 });
    expect(world.status.templateStatuses?.[1]).toMatchObject({ collisionCount: 1, status: 'Running' });
  });

  it('that the API server refuses end it with its words', () => {
    const world = new ToyExperiment(
      { templates: two },
      { refuse: (effect) => (effect.kind === 'create-replica-set' && effect.template === 'canary' ? 'exceeded quota' : undefined) },
    );
    world.settle();
    expect(world.status.phase).toBe('Error');
    expect(world.status.message).toBe("Template 'canary' Error: ReplicaSet exp-canary was refused: exceeded quota");
    world.settle(40_000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 0 });
  });

  it('of changed templates begin everything anew', () => {
    const world = started(goodSpec());
    world.verdict('Running');
    world.settle(1000);
    world.change({ templates: [template('baseline', 'v1'), template('canary', 'v3', { replicas: 2 })] });
    world.settle(1000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 0, 'exp-canary-1': 2 });
    expect(world.runs.get('exp-errors')?.spec.terminate).toBe(true);
    expect(world.status.analysisRuns).toEqual([{ name: 'errors', analysisRun: 'exp-errors.1', phase: 'Pending' }]);
  });
});

describe('Services', () => {
  const served = [template('baseline', 'v1', { service: {} }), template('canary', 'v2', { service: { name: 'next' } })];

  it('are made for templates that ask for one, with a port for each that the containers declare', () => {
    const world = started({ templates: served });
    expect([...world.services.keys()]).toEqual(['exp-baseline', 'next']);
    const hash = world.status.templateStatuses?.[1]?.podTemplateHash;
    expect(world.services.get('next')?.spec).toEqual({
      selector: { app: 'canary', [labels.podTemplateHash]: hash },
      ports: [{ name: 'http', port: 8080, targetPort: 8080, protocol: 'TCP' }],
    });
    expect(world.status.templateStatuses?.map((one) => one.serviceName)).toEqual(['exp-baseline', 'next']);
  });

  it('are not made where no container declares a port', () => {
    const portless = template('baseline', 'v1', { service: {} });
    const pods = { ...portless.template, spec: { containers: [{ name: 'web', image: 'shop:v1' }] } };
    const world = started({ templates: [{ ...portless, template: pods }] });
    expect(world.services.size).toBe(0);
    expect(world.status.phase).toBe('Running');
  });

  it('go before their pods, and neither goes while routes may lead there', () => {
    const world = started({ templates: served, duration: '10s' });
    world.inUse = true;
    world.settle(120_000);
    expect(world.status.phase).toBe('Successful');
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 1 });
    world.inUse = false;
    world.settle();
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
    expect(world.services.size).toBe(0);
    const order = world.log.slice(-5).map((line) => line.split(' ').slice(1, 3).join(' '));
    expect(order.slice(0, 2)).toEqual(['delete Service', 'delete Service']);
  });

  it('of others keep it from beginning, until they are gone', () => {
    const world = new ToyExperiment({ templates: served });
    world.taken.services.add('next');
    world.settle();
    expect(world.status).toMatchObject({ phase: 'Pending' });
    expect(condition(world, 'InvalidSpec')?.message).toContain('spec.templates[1].service: a Service "next" that is not');
    expect(world.replicaSets.size).toBe(0);
    world.taken.services.delete('next');
    world.change({});
    world.settle();
    expect(world.status.phase).toBe('Running');
    expect(condition(world, 'InvalidSpec')).toBeUndefined();
  });
});

describe('its end', () => {
  it('comes with its duration, counted from when the pods were available; they stay a while', () => {
    const world = started({ templates: two, duration: '1m', scaleDownDelaySeconds: 10 }, 5000);
    world.settle(64_000);
    expect(world.status).toMatchObject({ phase: 'Running', message: 'runs until 2026-01-01T00:01:05Z' });
    world.settle(2000);
    expect(world.status.phase).toBe('Successful');
    expect(statuses(world)).toEqual({ baseline: 'Successful', canary: 'Successful' });
    expect(world.replicaSets.get('exp-canary')?.metadata.annotations?.['scale-down-deadline']).toBe('2026-01-01T00:01:15Z');
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 2 });
    world.settle(11_000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
    expect(world.status.templateStatuses?.[1]).toMatchObject({ replicas: 0, status: 'Successful' });
    const before = world.writes;
    world.settle(60_000);
    expect(world.writes).toBe(before);
  });

  it('comes when the analyses that are required have ended, and ends the others', () => {
    const world = started(goodSpec({ analyses: [analysis('errors', { requiredForCompletion: true }), analysis('latency')] }));
    expect([...world.runs.keys()]).toEqual(['exp-errors', 'exp-latency']);
    expect(world.status.message).toBe('runs until errors has ended');
    world.verdict('Running');
    world.settle(1000);
    world.verdict('Successful', 'errors');
    world.settle(1000);
    expect(world.runs.get('exp-latency')?.spec.terminate).toBe(true);
    expect(world.status).toMatchObject({ phase: 'Successful' });
    expect(world.status.analysisRuns?.map((one) => one.phase)).toEqual(['Successful', 'Successful']);
  });

  it('waits behind its duration for those that are required, and for no others', () => {
    const analyses = [analysis('errors', { requiredForCompletion: true }), analysis('latency')];
    const world = started(goodSpec({ duration: '10s', analyses, scaleDownDelaySeconds: 0 }));
    world.verdict('Running');
    world.settle(12_000);
    expect(world.status).toMatchObject({ phase: 'Running', message: 'Its duration is over; waits for the verdict of errors' });
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
    world.verdict('Inconclusive', 'errors', 'nobody knows');
    world.settle();
    expect(world.status).toMatchObject({ phase: 'Inconclusive', message: "AnalysisRun 'exp-errors' Inconclusive: nobody knows" });
  });

  it.each(['Failed', 'Error'] as const)('comes at once when any analysis ends with %s', (phase) => {
    const world = started(goodSpec({ duration: '1h', analyses: [analysis('errors'), analysis('latency')] }));
    world.verdict('Running');
    world.settle(1000);
    world.verdict(phase, 'errors', 'too many');
    world.settle();
    expect(world.status).toMatchObject({ phase, message: `AnalysisRun 'exp-errors' ${phase}: too many` });
    expect(world.runs.get('exp-latency')?.spec.terminate).toBe(true);
    const first = world.told().findIndex((line) => line.includes(`AnalysisRun${phase}`));
    expect(world.told().slice(first, first + 4)).toEqual([
      `Warning AnalysisRun${phase}: AnalysisRun 'exp-errors' of analysis 'errors' is ${phase}: too many`,
      "Normal TemplateSuccessful: Template 'baseline' is Successful",
      "Normal TemplateSuccessful: Template 'canary' is Successful",
      `Warning Experiment${phase}: Experiment is ${phase}: AnalysisRun 'exp-errors' ${phase}: too many`,
    ]);
  });

  it.each([0, 5000])('comes when a person terminates it, with pods that take %i ms', (latencyMs) => {
    const world = started(goodSpec({ duration: '1h' }), latencyMs);
    world.verdict('Running');
    world.change({ terminate: true });
    world.settle(1000);
    expect(world.status).toMatchObject({ phase: 'Successful', message: 'Experiment was terminated' });
    world.settle(40_000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
  });

  it('is followed by another try when the status is taken away', () => {
    const world = started(goodSpec());
    world.verdict('Failed');
    world.settle(60_000);
    expect(world.status.phase).toBe('Failed');
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
    world.retry();
    world.settle(1000);
    expect(world.status).toMatchObject({ phase: 'Running', availableAt: '2026-01-01T00:01:00Z' });
    expect(world.status.analysisRuns?.[0]?.analysisRun).toBe('exp-errors.1');
    world.verdict('Successful');
    world.settle(1000);
    expect(world.status.phase).toBe('Successful');
  });

  it('of a try that was begun again under way counts for nothing', () => {
    const world = started(goodSpec());
    world.verdict('Running');
    world.settle(1000);
    world.retry();
    world.settle(1000);
    expect(world.runs.get('exp-errors')?.spec.terminate).toBe(true);
    expect(world.status.analysisRuns?.[0]?.analysisRun).toBe('exp-errors.1');
    expect(world.status.phase).toBe('Running');
  });

  it('is not taken back by a longer duration', () => {
    const world = started(goodSpec({ duration: '10s' }));
    world.verdict('Running');
    world.settle(12_000);
    world.change({ duration: '1h' });
    world.settle(1000);
    expect(statuses(world)).toEqual({ baseline: 'Successful', canary: 'Successful' });
  });
});

describe('analyses', () => {
  it('know hashes, names and times of the experiment', () => {
    const value =
      '{{templates.canary.podTemplateHash}} {{ templates.baseline.replicaset.name }} {{experiment.availableAt}} {{experiment.finishedAt}}';
    const world = started(goodSpec({ duration: '5m', analyses: [analysis('errors', { args: [{ name: 'hash', value }] })] }), 2000);
    world.settle(3000);
    const hash = world.status.templateStatuses?.[1]?.podTemplateHash;
    expect(world.runs.get('exp-errors')?.spec.args).toEqual([
      { name: 'hash', value: `${hash} exp-baseline 2026-01-01T00:00:02Z 2026-01-01T00:05:02Z` },
    ]);
  });

  it('pass secrets on as they are', () => {
    const valueFrom = { secretKeyRef: { name: 'token', key: 'value' } };
    const world = started(goodSpec({ analyses: [analysis('errors', { args: [{ name: 'hash', valueFrom }] })] }));
    expect(world.runs.get('exp-errors')?.spec.args).toEqual([{ name: 'hash', valueFrom }]);
  });

  it('wear what the spec says, and take dry runs and retentions that speak of them', () => {
    const spec = goodSpec({
      analysisRunMetadata: { labels: { team: 'shop' }, annotations: { why: 'compare' } },
      dryRun: [{ metricName: 'm' }],
      measurementRetention: [{ metricName: '.*', limit: 3 }],
    });
    const world = new ToyExperiment(spec, { templates: [goodTemplate] });
    world.experiment = {
      ...world.experiment,
      metadata: { ...world.experiment.metadata, labels: { [labels.instanceId]: 'blue' } },
    };
    world.settle();
    const run = world.runs.get('exp-errors');
    expect(run?.metadata.labels).toEqual({ team: 'shop', [labels.instanceId]: 'blue' });
    expect(run?.metadata.annotations).toEqual({ why: 'compare' });
    expect(run?.spec).toMatchObject({ dryRun: [{ metricName: 'm' }], measurementRetention: [{ metricName: '.*', limit: 3 }] });
  });

  it('wait for a template that is missing', () => {
    const world = new ToyExperiment(goodSpec(), { templates: [] });
    world.settle(1000);
    expect(world.status.phase).toBe('Pending');
    expect(condition(world, 'InvalidSpec')?.message).toBe(
      `The Experiment "exp" is invalid: spec.analyses[0].templateName: AnalysisTemplate 'good' not found`,
    );
    expect(world.told().at(-1)).toContain('Warning InvalidSpec');
    world.templates = [goodTemplate];
    world.change({});
    world.settle(1000);
    expect(world.status.phase).toBe('Running');
    expect(condition(world, 'InvalidSpec')).toBeUndefined();
  });

  it('that are lost are made again, and those that ended are not', () => {
    const world = started(goodSpec({ analyses: [analysis('errors'), analysis('latency')] }));
    world.verdict('Successful', 'errors');
    world.settle(1000);
    world.runs.clear();
    world.change({});
    world.settle(1000);
    expect([...world.runs.keys()]).toEqual(['exp-latency']);
    expect(world.status.analysisRuns?.[0]).toMatchObject({ analysisRun: 'exp-errors', phase: 'Successful' });
  });

  it('that the API server refuses end it', () => {
    const refuse = ({ kind }: { kind: string }) => (kind === 'create-analysis-run' ? 'not here' : undefined);
    const world = new ToyExperiment(goodSpec(), { templates: [goodTemplate], refuse });
    world.settle(1000);
    expect(world.status).toMatchObject({ phase: 'Error', message: "AnalysisRun 'exp-errors' was refused: not here" });
  });
});

describe('a spec that cannot be obeyed', () => {
  it('begins nothing, and goes on when it is put right', () => {
    const world = started({ templates: [{ ...template('baseline'), selector: undefined }] });
    expect(world.status.phase).toBe('Error');
    expect(world.status.message).toContain('spec.templates[0].selector: is required');
    expect(world.replicaSets.size).toBe(0);
    world.change({ templates: two });
    world.settle();
    expect(world.status.phase).toBe('Running');
  });

  it('under way keeps what there is, and does not keep it from its end', () => {
    const world = started(goodSpec({ duration: '1m' }));
    world.verdict('Running');
    world.settle(1000);
    world.change({ templates: [] });
    world.settle(1000);
    expect(world.status.phase).toBe('Running');
    expect(condition(world, 'InvalidSpec')?.message).toContain('spec.templates: must hold at least one template');
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 2 });
    world.verdict('Failed', 'errors', 'bad');
    world.settle(31_000);
    expect(world.status).toMatchObject({ phase: 'Failed' });
    expect(condition(world, 'InvalidSpec')).toBeUndefined();
    expect(world.sizes()).toEqual({ 'exp-baseline': 0, 'exp-canary': 0 });
  });
});
