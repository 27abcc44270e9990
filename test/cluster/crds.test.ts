/** The CRDs on a real API server: they go in by plain `kubectl apply`, explain themselves, keep what they must and refuse what never runs. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { decodeRollout } from '../../src/api/decode.ts';
import { invalidSpecMessage } from '../../src/api/validation/invalid-spec.ts';
import { validateRollout } from '../../src/api/validation/rollout.ts';
import { sharedCluster, useNamespace } from '../support/cluster.ts';

const crds = join(import.meta.dirname, '../../crds');
/** An annotation of kubectl may not be larger, and kubectl apply writes the whole object into one. */
const LARGEST_ANNOTATION = 262_144;

interface Answer {
  readonly code: number;
  readonly text: string;
}

async function kubectl(args: readonly string[], input = ''): Promise<Answer> {
  const { adminKubeconfig, partPath } = await sharedCluster();
  const program = await partPath('kubectl');
  return await new Promise((resolve) => {
    const child = execFile(program, ['--kubeconfig', adminKubeconfig, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, text: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

const manifest = (kind: string, spec: object) =>
  JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name: 'shop' }, spec });

beforeAll(async () => {
  await vi.waitFor(async () => expect(await kubectl(['apply', '-f', crds])).toMatchObject({ code: 0 }), { timeout: 20_000 });
  const wait = ['wait', '--for=condition=Established', '--timeout=20s', '-f', crds];
  expect(await kubectl(wait)).toMatchObject({ code: 0 });
});

describe('the files', () => {
  it('are small enough for a plain kubectl apply', async () => {
    for (const file of await readdir(crds)) {
      const json = JSON.stringify(parse(await readFile(join(crds, file), 'utf8')));
      expect(json.length, file).toBeLessThan(LARGEST_ANNOTATION / 2);
    }
  });
});

describe('what clients see', () => {
  it('kubectl explain describes every step', async () => {
    const { text } = await kubectl(['explain', 'rollout.spec.strategy.canary.steps.pause']);
    expect(text).toContain('How long: seconds as a number, or a duration');
  });

  it.each([
    ['ro', 'rollouts'],
    ['at', 'analysistemplates'],
    ['cat', 'clusteranalysistemplates'],
    ['ar', 'analysisruns'],
    ['exp', 'experiments'],
  ])('%s is short for %s', async (short, plural) => {
    const { text } = await kubectl(['get', short, '-A', '-o', 'name', '-v=6']);
    expect(text).toContain(`/apis/argoproj.io/v1alpha1/${plural}?`);
  });
});

describe('a Rollout', () => {
  const namespace = useNamespace();
  const apply = async (kind: string, spec: object, ...more: string[]) =>
    await kubectl(['apply', '-n', namespace.name, '-f', '-', ...more], manifest(kind, spec));
  const stored = async (): Promise<unknown> =>
    JSON.parse((await kubectl(['get', 'ro', 'shop', '-n', namespace.name, '-o', 'json'])).text);

  it('without selector and template is accepted, and told in the status what is missing', async () => {
    expect(await apply('Rollout', { replicas: 10, strategy: { canary: { steps: [{ setWeight: 10 }] } } })).toMatchObject({
      code: 0,
    });
    const { rollout, problems } = decodeRollout(await stored());
    expect(invalidSpecMessage('shop', validateRollout(rollout, problems))).toBe(
      'The Rollout "shop" is invalid: spec.selector: is required: name the labels that all pods of this Rollout carry; ' +
        'spec.template: is required: describe the pods to run',
    );
  });

  it('keeps every field of a pod, drops other metadata of the template, and has three defaults', async () => {
    const container = {
      name: 'web',
      image: 'shop:1',
      fieldOfTomorrow: { a: [1] },
      resources: { limits: { cpu: 0.001, memory: 'much' } },
      ports: [{ containerPort: 80 }],
      livenessProbe: { grpc: { port: 80 }, periodSeconds: 5 },
      env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'k', path: 'p', volumeName: 'v' } } }],
    };
    const template = { metadata: { name: 'gone', labels: { app: 'shop' } }, spec: { containers: [container], more: true } };
    const spec = { selector: { matchLabels: { app: 'shop' } }, template, strategy: { canary: {} } };
    expect(await apply('Rollout', spec, '--validate=false')).toMatchObject({ code: 0 });
    expect(await stored()).toMatchObject({
      spec: {
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: {
            containers: [
              {
                ...container,
                ports: [{ containerPort: 80, protocol: 'TCP' }],
                livenessProbe: { grpc: { port: 80, service: '' }, periodSeconds: 5 },
                env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'k', path: 'p', volumeName: 'v', optional: false } } }],
              },
            ],
            more: true,
          },
        },
      },
    });
    const { rollout } = decodeRollout(await stored());
    expect(rollout.spec.template?.metadata).toEqual({ labels: { app: 'shop' } });
  });

  it('has a deadline that its pods can meet', async () => {
    const { code, text } = await apply('Rollout', { minReadySeconds: 600 }, '--dry-run=server');
    expect({ code, text }).toMatchObject({
      code: 1,
      text: expect.stringContaining('progressDeadlineSeconds (600 if absent) must be greater than minReadySeconds'),
    });
  });

  it('does not change its selector', async () => {
    await apply('Rollout', { selector: { matchLabels: { app: 'shop' } } });
    const { code, text } = await apply('Rollout', { selector: { matchLabels: { app: 'till' } } });
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining('selector is immutable') });
  });

  it('is scaled and commanded through its subresources', async () => {
    await apply('Rollout', { replicas: 2, strategy: { canary: {} } });
    const at = ['-n', namespace.name];
    expect(await kubectl(['scale', 'ro', 'shop', '--replicas=5', ...at])).toMatchObject({ code: 0 });
    const patch = { spec: { replicas: 9 }, status: { abort: true, pauseConditions: null, HPAReplicas: 4, selector: 'app=shop' } };
    await kubectl(['patch', 'ro', 'shop', '--subresource=status', '--type=merge', '-p', JSON.stringify(patch), ...at]);
    expect(await stored()).toMatchObject({ spec: { replicas: 5 }, status: { abort: true } });
    const scale = await kubectl(['get', '--raw', `/apis/argoproj.io/v1alpha1/namespaces/${namespace.name}/rollouts/shop/scale`]);
    expect(JSON.parse(scale.text)).toMatchObject({ spec: { replicas: 5 }, status: { replicas: 4, selector: 'app=shop' } });
  });

  it.each<[string, object]>([
    ['a step must have one of', { canary: { steps: [{ setWieght: 5 }] } }],
    ['a step must have only one of', { canary: { steps: [{ setWeight: 5, pause: {} }] } }],
    ['setWeight must be from 0 to 100', { canary: { steps: [{ setWeight: 101 }] } }],
    ['setWeight in body should be greater than or equal to 0', { canary: { steps: [{ setWeight: -1 }] } }],
    ['setWeight in body must be of type integer', { canary: { steps: [{ setWeight: 'ten' }] } }],
    ['setCanaryScale can only be used with trafficRouting', { canary: { steps: [{ setCanaryScale: { weight: 1 } }] } }],
    ['pause.duration in body should match', { canary: { steps: [{ pause: { duration: '5 minutes' } }] } }],
    ['templates[0].templateName: Required value', { canary: { steps: [{ analysis: { templates: [{}] } }] } }],
    ['scaleDownDelaySeconds can only be used with trafficRouting', { canary: { scaleDownDelaySeconds: 5 } }],
    ['maxSurge and maxUnavailable must not both be 0', { canary: { maxSurge: 0, maxUnavailable: '0%' } }],
    ['maxSurge in body should match', { canary: { maxSurge: 'some' } }],
    ['must not be the same Service', { canary: { canaryService: 'a', stableService: 'a' } }],
    ['maxTrafficWeight can only be used with nginx and plugins', { canary: { trafficRouting: { smi: {}, maxTrafficWeight: 5 } } }],
    [
      'nginx must have only one of stableIngress and stableIngresses',
      { canary: { trafficRouting: { nginx: { stableIngress: 'a', stableIngresses: ['b'] } } } },
    ],
    [
      'nginx must have one of stableIngress and stableIngresses',
      { canary: { trafficRouting: { nginx: { stableIngress: '', stableIngresses: [] } } } },
    ],
    [
      'router nginx does not carry the steps setHeaderRoute and setMirrorRoute',
      { canary: { trafficRouting: { nginx: { stableIngress: 'a' } }, steps: [{ setHeaderRoute: { name: 'a' } }] } },
    ],
    ['strategy must have only one of canary and blueGreen', { canary: {}, blueGreen: { activeService: 'a' } }],
    ['antiAffinity must have exactly one of', { canary: { antiAffinity: {} } }],
    [
      'weight in body should be less than or equal to 100',
      { blueGreen: { activeService: 'a', antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 101 } } } },
    ],
    ['activeService and previewService must not be the same Service', { blueGreen: { activeService: 'a', previewService: 'a' } }],
  ])('%s', async (sentence, strategy) => {
    const { code, text } = await apply('Rollout', { strategy }, '--dry-run=server', '--validate=false');
    expect({ code, text }).toMatchObject({ code: 1, text: expect.stringContaining(sentence) });
  });

  it.each<[object]>([
    [{}],
    [{ canary: { maxSurge: '25', maxUnavailable: '100%' } }],
    [
      {
        canary: {
          steps: [{ pause: { duration: '5' } }, { pause: { duration: '1.5h' } }, { pause: { duration: 5 } }, { pause: {} }],
        },
      },
    ],
    [{ canary: { trafficRouting: { plugins: { 'a/b': [1] }, maxTrafficWeight: 1000 }, steps: [{ setWeight: 900 }] } }],
    [{ canary: { antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }],
    [{ canary: { steps: [{ plugin: { name: 'a', config: { any: ['thing'] } } }] } }],
  ])('%j is accepted', async (strategy) => {
    expect(await apply('Rollout', { strategy }, '--dry-run=server')).toMatchObject({ code: 0 });
  });

  it('a template whose metric has no known provider is refused', async () => {
    const spec = { metrics: [{ name: 'm', provider: { prometeus: {} } }] };
    const { code, text } = await apply('AnalysisTemplate', spec, '--dry-run=server', '--validate=false');
    expect({ code, text }).toMatchObject({
      code: 1,
      text: expect.stringContaining('provider must have exactly one of prometheus'),
    });
  });

  it('the status of runs and experiments is written with the object, and cleared the same way', async () => {
    await apply('Experiment', {});
    const patch = async (body: object) =>
      await kubectl(['patch', 'exp', 'shop', '-n', namespace.name, '--type=merge', '-p', JSON.stringify(body)]);
    const phase = async () => (await kubectl(['get', 'exp', 'shop', '-n', namespace.name, '-o', 'jsonpath={.status.phase}'])).text;
    expect(await patch({ status: { phase: 'Failed' } })).toMatchObject({ code: 0 });
    expect(await phase()).toBe('Failed');
    expect(await patch({ status: null })).toMatchObject({ code: 0 });
    expect(await phase()).toBe('');
  });
});
