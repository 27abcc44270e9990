/** Analysis of real updates: every way in which metrics can be missing or wrong, what it does to the update, and who may read what. */
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { listeningPorts } from '../support/listening.ts';
import { type MetricsAnswer, type MetricsDouble, startMetricsDouble } from '../support/metrics-double.ts';
import { command, emptyStage, setImage, untilHealthy } from '../support/routed-stage.ts';
import { shopRollout, template } from '../support/shop.ts';
import { type WatchedNamespace, watchNamespace } from '../support/watched-namespace.ts';

let doubles: MetricsDouble[] = [];
const metrics = async (): Promise<MetricsDouble> => {
  const double = await startMetricsDouble();
  doubles.push(double);
  return double;
};
beforeEach(() => async () => {
  await Promise.all(doubles.map((double) => double.stop()));
  doubles = [];
});

/** Pods carry the traffic here: what is tested is the analysis. */
const basic = {
  trafficRouting: undefined,
  stableService: undefined,
  canaryService: undefined,
  scaleDownDelaySeconds: undefined,
  abortScaleDownDelaySeconds: undefined,
};

function rollout(name: string, steps: readonly object[], canary: object = {}, spec: object = {}): KubeObject {
  return shopRollout({ name, replicas: 2, steps, canary: { ...basic, maxSurge: 1, maxUnavailable: 0, ...canary }, spec });
}

const step = (templateName: string, more: object = {}) => ({ analysis: { templates: [{ templateName }], ...more } });
const hashOf = (view: WatchedNamespace, name: string, image = 'shop:v2') =>
  view.replicaSetOf(image, name)?.metadata.labels?.[labels.podTemplateHash] ?? '';
const runOf = (view: WatchedNamespace, name: string): AnalysisRun | undefined =>
  view.runs.list(view.name).find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === name));
const result = (view: WatchedNamespace, name: string) => runOf(view, name)?.status?.metricResults?.[0];

interface Fault {
  readonly answer?: MetricsAnswer;
  readonly isDown?: true;
  /** In the message of the measurement and of the abort. */
  readonly says: RegExp;
}

const faults: Readonly<Record<string, Fault>> = {
  down: { isDown: true, says: /ECONNREFUSED|refused/i },
  empty: { answer: [], says: /no data returned from the metric provider/ },
  query: {
    answer: { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}' },
    says: /bad_data: parse error: unexpected end of input/,
  },
  outage: { answer: { status: 500, body: 'boom' }, says: /500/ },
  slow: { answer: 'hang', says: /tim(?:ed out|eout)|1 ?s/i },
  nonsense: { answer: { status: 200, body: '<html>login</html>' }, says: /./ },
};

describe('metrics that cannot be had', () => {
  /** One Rollout for each fault, all at once: they wait at the same time. */
  async function everyFault(
    metric: object,
  ): Promise<{ readonly view: WatchedNamespace; readonly broken: ReadonlyMap<string, MetricsDouble> }> {
    const { view } = await emptyStage();
    const broken = new Map<string, MetricsDouble>();
    for (const [name, { answer = [1], isDown }] of Object.entries(faults)) {
      const double = await metrics();
      broken.set(name, double);
      double.answer = answer;
      const provider = { prometheus: { address: double.url, query: 'good / all', timeout: 1 } };
      await view.apply(template(name, double.url, { provider, ...metric }), rollout(name, [{ setWeight: 50 }, step(name)]));
      if (isDown === true) await double.shut();
    }
    await Promise.all(Object.keys(faults).map((name) => untilHealthy(view, 'shop:v1', name)));
    await Promise.all(Object.keys(faults).map((name) => setImage(view, 'shop:v2', name)));
    return { view, broken };
  }

  test('are waited out: an error is no verdict, and when they are back the update goes on', async () => {
    const { view, broken } = await everyFault({});
    for (const [name, { says }] of Object.entries(faults)) {
      await view.until(`${name} was measured once`, () => (result(view, name)?.error ?? 0) >= 1);
      expect(result(view, name)?.measurements?.[0], name).toMatchObject({ phase: 'Error', message: expect.stringMatching(says) });
      expect([runOf(view, name)?.status?.phase, view.status(name).phase], name).toEqual(['Running', 'Progressing']);
      expect(view.podsOf('shop:v2', name)).toBeGreaterThan(0);
    }
    for (const [name, double] of broken) {
      double.answer = [1];
      if (faults[name]?.isDown === true) await double.open();
    }
    for (const name of broken.keys()) {
      await untilHealthy(view, 'shop:v2', name);
      expect(result(view, name), name).toMatchObject({ phase: 'Successful', successful: 1, consecutiveError: 0 });
    }
  }, 90_000);

  test('beyond consecutiveErrorLimit end the update, with the word error', async () => {
    const { view } = await everyFault({ consecutiveErrorLimit: 0 });
    for (const [name, { says }] of Object.entries(faults)) {
      await view.until(
        `${name} is taken back`,
        () => view.status(name).phase === 'Degraded' && view.podsOf('shop:v2', name) === 0 && view.podsOf('shop:v1', name) === 2,
      );
      const { message = '' } = view.status(name);
      const begin =
        'RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric "success-rate" assessed Error due to consecutiveErrors (1) > consecutiveErrorLimit (0): "Error Message: ';
      expect(message.slice(0, begin.length), name).toBe(begin);
      expect(message.slice(begin.length), name).toMatch(says);
      expect(runOf(view, name)?.status?.phase, name).toBe('Error');
      await view.untilTold('Warning AnalysisRunError:', name);
    }
  }, 90_000);

  test('NaN is a bad answer, not an outage', async () => {
    const { view } = await emptyStage();
    const double = await metrics();
    double.answer = [Number.NaN];
    await view.apply(template('nan', double.url), rollout('nan', [{ setWeight: 50 }, step('nan')]));
    await untilHealthy(view, 'shop:v1', 'nan');
    await setImage(view, 'shop:v2', 'nan');
    await view.until('it is taken back', () =>
      (view.status('nan').message ?? '').includes('assessed Failed due to failed (1) > failureLimit (0)'),
    );
    expect(result(view, 'nan')?.measurements?.[0]).toMatchObject({ phase: 'Failed', value: '[NaN]' });
  });
});

describe('a run', () => {
  const window = { successCondition: 'result[0] >= 0.99', failureCondition: 'result[0] < 0.5' };

  test("that cannot decide pauses the update, and a person's promotion goes past it", async () => {
    const { view } = await emptyStage();
    const double = await metrics();
    double.answer = [0.8];
    await view.apply(template('window', double.url, window), rollout('shop', [{ setWeight: 50 }, step('window'), { pause: {} }]));
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('it pauses', () => view.status().phase === 'Paused' && view.status().message === 'InconclusiveAnalysisRun');
    expect(view.status()).toMatchObject({
      currentStepIndex: 1,
      controllerPause: true,
      pauseConditions: [{ reason: 'InconclusiveAnalysisRun' }],
    });
    expect(runOf(view, 'shop')?.status?.phase).toBe('Inconclusive');
    // As the plugin's `promote` does it.
    await view.patch(
      rollouts,
      'shop',
      { status: { pauseConditions: null, controllerPause: false, currentStepIndex: 2 } },
      { subresource: 'status' },
    );
    await view.until(
      'the next step',
      () => view.status().phase === 'Paused' && view.status().message === 'CanaryPauseStep' && view.status().currentStepIndex === 2,
    );
    expect(view.runs.list(view.name)).toHaveLength(1);
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');
  });

  test('under way is ended by promote --full, and judged by nobody', async () => {
    const { view } = await emptyStage();
    const double = await metrics();
    await view.apply(
      template('long', double.url, { interval: '1s', count: 500 }),
      rollout('shop', [{ setWeight: 50 }, step('long')], { analysis: step('long').analysis }),
    );
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until(
      'both runs measure',
      () => view.runs.list(view.name).filter(({ status }) => status?.phase === 'Running').length === 2,
    );
    await command(view, 'promoteFull');
    await untilHealthy(view, 'shop:v2');
    await view.until('both have ended', () =>
      view.runs.list(view.name).every(({ spec, status }) => spec.terminate === true && status?.phase === 'Successful'),
    );
    await view.untilTold(
      `Normal RolloutCompleted: Rollout completed update to revision 2 (${hashOf(view, 'shop')}): Full promotion requested`,
    );
  });

  test('that is deleted by hand, or taken from its Rollout, is made anew', async () => {
    const { view, kubectl } = await emptyStage();
    const double = await metrics();
    const endless = template('long', double.url, { interval: '1s', count: 500 });
    await view.apply(endless, rollout('shop', [{ setWeight: 50 }, step('long')]));
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('it measures', () => runOf(view, 'shop')?.status?.phase === 'Running');
    const { name, uid } = runOf(view, 'shop')?.metadata ?? { name: '' };
    await kubectl.run(['delete', 'analysisrun', name]);
    await view.until('another has its name', () => {
      const run = runOf(view, 'shop');
      return run?.metadata.name === name && run.metadata.uid !== uid && run.status?.phase === 'Running';
    });
    await kubectl.run(['patch', 'analysisrun', name, '--type=merge', '-p', '{"metadata":{"ownerReferences":null}}']);
    await view.until('the next has a suffix', () => {
      const shown = view.status().canary?.currentStepAnalysisRunStatus;
      return shown?.name === `${name}.1` && shown.status === 'Running' && runOf(view, 'shop')?.metadata.name === shown.name;
    });
  });

  test('is named, labelled and owned as clients expect, with arguments from the Rollout and its hashes', async () => {
    const { view } = await emptyStage();
    const double = await metrics();
    const args = [{ name: 'latest' }, { name: 'stable' }, { name: 'team' }, { name: 'replicas' }, { name: 'fixed', value: 'yes' }];
    const query = 'rate{h="{{args.latest}}",s="{{args.stable}}",t="{{args.team}}",r="{{ args.replicas }}",f="{{args.fixed}}"}';
    const provider = { prometheus: { address: double.url, query } };
    const given = [
      { name: 'latest', valueFrom: { podTemplateHashValue: 'Latest' } },
      { name: 'stable', valueFrom: { podTemplateHashValue: 'Stable' } },
      { name: 'team', valueFrom: { fieldRef: { fieldPath: "metadata.labels['team']" } } },
      { name: 'replicas', valueFrom: { fieldRef: { fieldPath: 'spec.replicas' } } },
    ];
    const analysisRunMetadata = { labels: { audit: 'yes' }, annotations: { why: 'test' } };
    const made = rollout('shop', [{ setWeight: 50 }, step('args', { args: given, analysisRunMetadata })], {
      analysis: step('args', { args: given }).analysis,
    });
    await view.apply(template('args', double.url, { provider }, { args }), {
      ...made,
      metadata: { ...made.metadata, labels: { team: 'checkout' } },
    });
    await untilHealthy(view, 'shop:v1');
    const stable = view.status().stableRS;
    await setImage(view, 'shop:v2');
    await untilHealthy(view, 'shop:v2');
    const hash = hashOf(view, 'shop');
    const [stepRun, background] = [view.runs.get(view.name, `shop-${hash}-2-1`), view.runs.get(view.name, `shop-${hash}-2`)];
    expect(stepRun?.metadata).toMatchObject({
      labels: { 'rollouts-pod-template-hash': hash, 'rollout-type': 'Step', 'step-index': '1', app: 'shop', audit: 'yes' },
      annotations: { 'rollout.argoproj.io/revision': '2', why: 'test' },
      ownerReferences: [{ kind: 'Rollout', name: 'shop', uid: view.rollout().metadata.uid, controller: true }],
    });
    expect(background?.metadata.labels).toMatchObject({
      'rollouts-pod-template-hash': hash,
      'rollout-type': 'Background',
      app: 'shop',
    });
    expect(double.queries).toContain(`rate{h="${hash}",s="${stable}",t="checkout",r="2",f="yes"}`);
    await view.untilTold('AnalysisRunSuccessful', `shop-${hash}-2-1`, 'AnalysisRun');
    expect(view.events(`shop-${hash}-2-1`, 'AnalysisRun')).toEqual([
      "Normal MetricSuccessful: Metric 'success-rate' Completed. Result: Successful",
      'Normal AnalysisRunSuccessful: Analysis Completed. Result: Successful',
    ]);
  });

  test('of old is thrown away beyond the limits that the user sets', async () => {
    const { view } = await emptyStage();
    const double = await metrics();
    await view.apply(
      template('ok', double.url),
      rollout(
        'shop',
        [{ setWeight: 50 }, step('ok')],
        {},
        { analysis: { successfulRunHistoryLimit: 2, unsuccessfulRunHistoryLimit: 1 } },
      ),
    );
    await untilHealthy(view, 'shop:v1');
    for (const version of ['v2', 'v3', 'v4', 'v5']) {
      await setImage(view, `shop:${version}`);
      await untilHealthy(view, `shop:${version}`);
    }
    const phases = () =>
      view.runs
        .list(view.name)
        .map(({ status }) => status?.phase ?? '')
        .sort()
        .join();
    await view.until('two are left', () => phases() === 'Successful,Successful');
    double.answer = [0];
    for (const version of ['v6', 'v7']) {
      await setImage(view, `shop:${version}`);
      await view.until(
        `${version} is taken back`,
        () =>
          view.status().phase === 'Degraded' &&
          runOf(view, 'shop') !== undefined &&
          view.status().currentPodHash === hashOf(view, 'shop', `shop:${version}`),
      );
    }
    double.answer = [1];
    await setImage(view, 'shop:v8');
    await untilHealthy(view, 'shop:v8');
    await view.until('one that failed is left, and two good ones', () => phases() === 'Failed,Successful,Successful');
  });
});

test('a Secret is not readable until someone allows it, the message says how, and its value is shown nowhere', async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const view = await watchNamespace(namespace);
  const kubectl = await view.kubectl();
  const controller = await startController({ namespace, args: ['--loglevel=debug'] });
  const double = await metrics();
  const value = 'hunter2-very-secret';
  await kubectl.run(['create', 'secret', 'generic', 'login', `--from-literal=token=${value}`]);
  const headers = [{ key: 'Authorization', value: 'Bearer {{args.token}}' }];
  const provider = { prometheus: { address: double.url, query: 'good / all', headers } };
  const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }];
  await view.apply(
    template('secret', double.url, { provider, consecutiveErrorLimit: 10 }, { args }),
    rollout('shop', [{ setWeight: 50 }, step('secret')]),
  );
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  let allow = '';
  await view.until('it says how to allow it', () => {
    allow = /To allow it, and nothing else: (.*?)"?$/.exec(result(view, 'shop')?.measurements?.at(-1)?.message ?? '')?.[1] ?? '';
    return allow.includes('--serviceaccount=');
  });
  expect(double.queries).toEqual([]);
  for (const line of allow.split(' && ')) await kubectl.run(line.split(' ').slice(1));
  await untilHealthy(view, 'shop:v2');
  expect(double.authorizations).toEqual([`Bearer ${value}`]);
  const stored = view.history.filter(({ kind }) => kind !== 'Secret').map(({ object }) => object);
  const ports = [controller.metricsUrl, controller.healthUrl];
  const asked = ports.flatMap((url) =>
    ['/metrics', '/healthz', '/readyz', '/', '/debug/pprof/heap'].map((path) => `${url}${path}`),
  );
  const heard = await Promise.all(asked.map(async (url) => await (await fetch(url)).text()));
  expect(await listeningPorts(controller.process.pid)).toEqual(
    ports.map((url) => Number(new URL(url).port)).toSorted((a, b) => a - b),
  );
  const shown = JSON.stringify([stored, view.picture(), await controller.log(), heard]);
  expect(shown).not.toContain(value);
  expect(shown).not.toContain(Buffer.from(value).toString('base64'));
});

test('a template that comes a moment after its Rollout raises no alarm, one that never comes does', async () => {
  const { view } = await emptyStage();
  const double = await metrics();
  await view.apply(rollout('shop', [{ setWeight: 50 }, step('late')]), template('late', double.url));
  await untilHealthy(view, 'shop:v1');
  await view.untilTold('Initial deploy');
  await view.apply(rollout('other', [{ setWeight: 50 }, step('never')]));
  await view.until('the alarm', () =>
    view.events('other').some((line) => line.startsWith('Warning InvalidSpec:') && line.includes('never')),
  );
  expect(view.events().filter((line) => line.startsWith('Warning'))).toEqual([]);
});
