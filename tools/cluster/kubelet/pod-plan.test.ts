import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, isAlive, planPod } from './pod-plan.ts';
import { type Happening, newRecord, type PodRecord, reduce } from './pod-record.ts';
import { podStatus } from './pod-status.ts';
import type { Container, Pod, PodSpec, PodStatus } from './pod-types.ts';

const backoff = { initialMs: 10_000, maxMs: 300_000 };
const t0 = Date.UTC(2026, 0, 1);

const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: name, ...more });

function podOf(spec: Partial<PodSpec>): Pod {
  return { metadata: { name: 'p', namespace: 'n', uid: 'u' }, spec: { containers: [container('main')], ...spec } };
}

/** A pod in stepped time: actions are taken as carried out at once, ends are told by the test. */
class World {
  readonly pod: Pod;
  readonly done: string[] = [];
  now = t0;
  record: PodRecord;
  #lives = 0;

  constructor(spec: Partial<PodSpec>) {
    this.pod = podOf(spec);
    this.record = newRecord(this.pod, this.now);
    this.settle();
  }

  happens(happening: Happening): void {
    this.record = reduce(this.record, happening, backoff);
    this.settle();
  }

  ends(name: string, code = 0): void {
    const phase = this.record.containers[name]?.phase;
    if (phase?.is !== 'running') throw new Error(`${name} does not run`);
    const exit = { code, signal: undefined, startedAt: phase.startedAt, finishedAt: this.now, id: phase.id };
    this.happens({ type: 'exited', container: name, exit });
  }

  probes(name: string, kind: 'startup' | 'readiness' | 'liveness', pass: boolean): void {
    this.happens({ type: 'probed', container: name, kind, pass });
  }

  passes(seconds: number): void {
    this.now += seconds * 1000;
    this.settle();
  }

  get status(): PodStatus {
    return podStatus(this.pod, this.record, { now: this.now, podIp: '10.244.1.1', hostIp: '10.244.0.1', conditions: [] });
  }

  get running(): readonly string[] {
    return Object.entries(this.record.containers).flatMap(([name, { phase }]) => (phase.is === 'running' ? [name] : []));
  }

  condition(type: string): string | undefined {
    return this.status.conditions?.find((condition) => condition.type === type)?.status;
  }

  settle(): void {
    for (let plans = 0; plans < 50; plans++) {
      const { actions } = planPod(this.pod, this.record, this.now);
      for (const action of actions) this.#carryOut(action);
      if (actions.length === 0 || actions[0]?.do === 'finish') return;
    }
    throw new Error('the plan never comes to rest');
  }

  #carryOut(action: Action): void {
    const add = (happening: Happening) => {
      this.record = reduce(this.record, happening, backoff);
    };
    if (action.do === 'prepare-volumes') add({ type: 'volumes', state: 'ready' });
    if (action.do === 'expire') add({ type: 'expired' });
    if (action.do === 'finish' && !this.done.includes('finish')) this.done.push('finish');
    if (action.do === 'start') {
      if (isAlive(this.record.containers[action.container])) throw new Error(`${action.container} was started twice`);
      add({ type: 'starting', container: action.container });
      add({ type: 'started', container: action.container, at: this.now, id: `${this.#lives++}` });
      this.done.push(`start ${action.container}`);
    }
    if (action.do === 'stop') {
      add({ type: 'stopping', container: action.container, by: action.by });
      this.done.push(`stop ${action.container} ${action.reason} ${(action.by - this.now) / 1000}s`);
    }
  }
}

describe('a pod', () => {
  it('runs init containers one after another, then all main ones, sidecars beside them', () => {
    const world = new World({
      initContainers: [container('one'), container('side', { restartPolicy: 'Always' }), container('two')],
      containers: [container('a'), container('b')],
    });
    expect(world.running).toEqual(['one']);
    expect(world.status.phase).toBe('Pending');
    expect(world.condition('Initialized')).toBe('False');
    world.ends('one');
    expect(world.running).toEqual(['side', 'two']);
    world.ends('two');
    expect(world.running).toEqual(['side', 'a', 'b']);
    expect(world.status.phase).toBe('Running');
    expect(world.condition('Initialized')).toBe('True');
  });

  it('is ready when its probes pass and its gates are open', () => {
    const world = new World({
      containers: [container('a', { startupProbe: {}, readinessProbe: {} })],
      readinessGates: [{ conditionType: 'example.com/open' }],
    });
    const ready = () => [world.condition('ContainersReady'), world.condition('Ready')];
    world.probes('a', 'readiness', true);
    expect(ready()).toEqual(['False', 'False']);
    world.probes('a', 'startup', true);
    expect(ready()).toEqual(['True', 'False']);
    const conditions = [{ type: 'example.com/open', status: 'True' }];
    const open = podStatus(world.pod, world.record, { now: world.now, podIp: '', hostIp: '', conditions });
    expect(open.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    world.probes('a', 'readiness', false);
    expect(ready()).toEqual(['False', 'False']);
  });

  it('restarts at once the first time, then backs off and says so', () => {
    const world = new World({});
    world.ends('main', 1);
    expect(world.running).toEqual(['main']);
    world.ends('main', 1);
    expect(world.running).toEqual([]);
    const [status] = world.status.containerStatuses ?? [];
    expect(status?.state.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 10s restarting failed container=main pod=p_n(u)',
    });
    expect(status).toMatchObject({ restartCount: 1, ready: false, lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
    expect(world.status.phase).toBe('Running');
    expect(planPod(world.pod, world.record, world.now).wakeAt).toBe(world.now + 10_000);
    world.passes(10);
    world.ends('main', 1);
    expect(planPod(world.pod, world.record, world.now).wakeAt).toBe(world.now + 20_000);
    world.passes(20);
    world.passes(601);
    world.ends('main', 1);
    expect(world.running).toEqual(['main']);
    expect(world.status.containerStatuses?.[0]?.restartCount).toBe(4);
  });

  it('stops and restarts a container whose liveness or startup probe failed', () => {
    const world = new World({ containers: [container('a', { livenessProbe: { terminationGracePeriodSeconds: 3 } })] });
    world.probes('a', 'liveness', false);
    expect(world.done).toEqual(['start a', 'stop a unhealthy 3s']);
    world.ends('a', 143);
    expect(world.running).toEqual(['a']);
  });

  it.each<[PodSpec['restartPolicy'], number, string]>([
    ['Never', 0, 'Succeeded'],
    ['Never', 1, 'Failed'],
    ['OnFailure', 0, 'Succeeded'],
    ['OnFailure', 1, 'Running'],
    ['Always', 0, 'Running'],
  ])('with restartPolicy %s and exit code %i is %s', (restartPolicy, code, phase) => {
    const world = new World(restartPolicy === undefined ? {} : { restartPolicy });
    world.ends('main', code);
    expect(world.status.phase).toBe(phase);
  });

  it('ends its sidecars when the main containers are done', () => {
    const world = new World({ restartPolicy: 'Never', initContainers: [container('side', { restartPolicy: 'Always' })] });
    world.ends('main');
    expect(world.done.at(-1)).toBe('stop side done 30s');
    world.ends('side', 143);
    expect(world.running).toEqual([]);
    expect(world.status.phase).toBe('Succeeded');
  });

  it('is failed for good by an init container that may not restart', () => {
    const world = new World({ restartPolicy: 'Never', initContainers: [container('init')] });
    world.ends('init', 2);
    expect(world.running).toEqual([]);
    expect(world.status.phase).toBe('Failed');
  });

  it('is deleted in order: main containers, sidecars, then the object; a shorter grace counts, a longer does not', () => {
    const world = new World({ initContainers: [container('side', { restartPolicy: 'Always' })] });
    world.happens({ type: 'delete', by: world.now + 30_000 });
    expect(world.done.slice(2)).toEqual(['stop main deleted 30s']);
    world.happens({ type: 'delete', by: world.now + 60_000 });
    world.happens({ type: 'delete', by: world.now + 5000 });
    expect(world.done.slice(3)).toEqual(['stop main deleted 5s']);
    world.ends('main', 0);
    expect(world.done.slice(4)).toEqual(['stop side deleted 5s']);
    expect(world.status.phase).toBe('Running');
    world.ends('side', 143);
    expect(world.done.at(-1)).toBe('finish');
    expect(world.status.phase).toBe('Succeeded');
  });

  it('is failed by its deadline', () => {
    const world = new World({ restartPolicy: 'Never', activeDeadlineSeconds: 5 });
    expect(planPod(world.pod, world.record, world.now).wakeAt).toBe(t0 + 5000);
    world.passes(5);
    expect(world.done.at(-1)).toBe('stop main expired 30s');
    world.ends('main', 143);
    expect(world.status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('shows a refused image as an error, then as a back-off, and tries again', () => {
    let record = reduce(newRecord(podOf({}), t0), { type: 'volumes', state: 'ready' }, backoff);
    record = reduce(record, { type: 'starting', container: 'main' }, backoff);
    const message = 'failed to resolve image "main": not found';
    record = reduce(record, { type: 'refused', container: 'main', at: t0, reason: 'ErrImagePull', message }, backoff);
    const reasonAt = (now: number) =>
      podStatus(podOf({}), record, { now, podIp: '', hostIp: '', conditions: [] }).containerStatuses?.[0]?.state.waiting?.reason;
    expect([reasonAt(t0), reasonAt(t0 + 1000)]).toEqual(['ErrImagePull', 'ImagePullBackOff']);
    expect(planPod(podOf({}), record, t0)).toEqual({ actions: [], wakeAt: t0 + 1000 });
    expect(planPod(podOf({}), record, t0 + 10_000).actions).toEqual([{ do: 'start', container: 'main' }]);
    expect(record.containers.main?.restarts).toBe(0);
  });

  it('keeps counting restarts when the kubelet itself was restarted', () => {
    const pod: Pod = {
      ...podOf({}),
      status: { containerStatuses: [statusOf({ running: { startedAt: '2026-01-01T00:00:00Z' } })] },
    };
    expect(newRecord(pod, t0).containers.main?.restarts).toBe(3);
  });
});

function statusOf(state: object) {
  return { name: 'main', image: 'main', imageID: '', ready: true, started: true, restartCount: 2, state, lastState: {} };
}

describe('laws', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('end' as const), which: fc.nat(3), code: fc.constantFrom(0, 1) }),
      fc.record({ do: fc.constant('probe' as const), which: fc.nat(3), pass: fc.boolean() }),
      fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ do: fc.constant('delete' as const), seconds: fc.integer({ min: 0, max: 60 }) }),
    ),
    { maxLength: 40 },
  );
  const policies = fc.constantFrom('Always' as const, 'OnFailure' as const, 'Never' as const);

  it('whatever happens: the plan rests, nothing starts twice or after the deletion, and the deletion comes to its end', () => {
    fc.assert(
      fc.property(steps, policies, (happenings, restartPolicy) => {
        const world = new World({
          restartPolicy,
          initContainers: [container('init'), container('side', { restartPolicy: 'Always' })],
          containers: [container('a', { livenessProbe: {} }), container('b')],
        });
        for (const step of happenings) {
          const startsBefore = world.done.filter((entry) => entry.startsWith('start')).length;
          const wasDeleted = world.record.killBy !== undefined;
          if (step.do === 'wait') world.passes(step.seconds);
          else if (step.do === 'delete') world.happens({ type: 'delete', by: world.now + step.seconds * 1000 });
          else {
            const name = world.running[step.which % Math.max(1, world.running.length)];
            if (name === undefined) continue;
            if (step.do === 'end') world.ends(name, step.code);
            else world.probes(name, 'liveness', step.pass);
          }
          const starts = world.done.filter((entry) => entry.startsWith('start')).length;
          if (wasDeleted) expect(starts).toBe(startsBefore);
          expect(['Pending', 'Running', 'Succeeded', 'Failed']).toContain(world.status.phase);
        }
        world.happens({ type: 'delete', by: world.now });
        for (let name = world.running[0]; name !== undefined; name = world.running[0]) world.ends(name, 137);
        expect(world.done.at(-1)).toBe('finish');
      }),
    );
  });
});
