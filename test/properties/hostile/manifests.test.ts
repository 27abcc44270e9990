/** Whatever somebody writes into their own objects, past every check of the API server: the controller goes on, says nothing wild, and serves the others. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments, rollouts } from '../../../src/api/resources.ts';
import type { Logger } from '../../../src/logger.ts';
import { events } from '../../../src/runtime/event.ts';
import { Simulation } from '../../../src/simulation/simulation.ts';
import { hostileRuns, hostileTimeoutMs, isUnpolluted, type Spoiling, spoilings, spoilt } from '../../support/hostile.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'examples');
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const examples = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS() as KubeObject),
);
const ours = [rollouts, analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments];
const isOurs = ({ kind }: KubeObject) => ours.some((resource) => resource.kind === kind);
const [manifests, surroundings] = [examples.filter(isOurs), examples.filter((object) => !isOurs(object))];
/** A template with a hole in it may still be measured with; nobody has to answer. */
const run: KubeObject & object = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'alone', namespace: 'default' },
  spec: {
    args: [{ name: 'host', value: 'shop' }],
    metrics: [
      {
        name: 'rate',
        interval: '5s',
        count: 3,
        successCondition: 'result[0] > 0.9',
        provider: { prometheus: { query: 'up{a="{{args.host}}"}' } },
      },
    ],
  },
} as KubeObject;

const neighbour = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'shop', namespace: 'quiet' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } },
    strategy: { canary: { steps: [{ setWeight: 50 }, { pause: { duration: 5 } }] } },
  },
} as KubeObject;

/** One object, what is put into it, and when: as it comes, when it runs, or into its status. */
interface Attack {
  readonly manifest: number;
  readonly when: 'at once' | 'later' | 'status';
  readonly spoilings: readonly Spoiling[];
}

const attacks: fc.Arbitrary<readonly Attack[]> = fc.array(
  fc.record({
    manifest: fc.nat({ max: manifests.length }),
    when: fc.constantFrom('at once' as const, 'later' as const, 'status' as const),
    spoilings,
  }),
  { minLength: 3, maxLength: 6 },
);

/** What is said of an object in its status or in an event is short, whatever stands in the object. */
const longestMessage = 10_000;

class Stage {
  readonly simulation: Simulation;
  readonly errors: string[] = [];
  readonly #longLines: string[] = [];

  constructor(seed: number) {
    const note = (message: string): void => {
      if (message.length > longestMessage) this.#longLines.push(`${message.slice(0, 300)}...`);
    };
    const log: Logger = {
      debug: note,
      info: note,
      warn: note,
      error: (message, fields) => {
        note(message);
        this.errors.push(`${message}\n${String(fields?.stack ?? '')}`);
      },
    };
    this.simulation = new Simulation({ seed, log });
    const { server } = this.simulation.cluster;
    // A cluster whose CRDs check nothing.
    for (const resource of ours) {
      server.withdraw(resource);
      server.serveOpen(resource);
    }
    this.simulation.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'quiet' } }, ...surroundings);
  }

  /** What the API server does not take even so is its own affair. */
  attack({ manifest, when, spoilings }: Attack, isLater: boolean): void {
    const good = manifests[manifest] ?? run;
    const resource = this.simulation.resourceOf(good);
    const change = (): void => {
      if (when !== 'status') {
        this.simulation.apply(inside(good, spoilings));
        return;
      }
      const live = this.simulation.get(resource, good.metadata.name) as (KubeObject & { readonly status?: object }) | undefined;
      if (live !== undefined) this.simulation.patch(resource, good.metadata.name, { status: spoilt(live.status ?? {}, spoilings) });
    };
    try {
      if (isLater && when !== 'at once') change();
      else if (!isLater) this.simulation.apply(when === 'at once' ? inside(good, spoilings) : good);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }

  async play(list: readonly Attack[]): Promise<void> {
    const { simulation } = this;
    simulation.startRampart();
    simulation.apply(neighbour);
    for (const attack of list) this.attack(attack, false);
    await simulation.clock.run(60_000);
    for (const attack of list) this.attack(attack, true);
    await simulation.clock.run(60_000);
    const containers = [{ name: 'web', image: 'shop:2' }];
    simulation.patch(rollouts, 'shop', { spec: { template: { spec: { containers } } } }, { namespace: 'quiet' });
    await simulation.clock.run(600_000);
  }

  expectThatNothingHappened(): void {
    expect(this.errors).toEqual([]);
    expect(this.#longLines).toEqual([]);
    expect(this.simulation.get(rollouts, 'shop', 'quiet')?.status).toMatchObject({ phase: 'Healthy' });
    for (const { message = '' } of this.simulation.all(events)) expect(message.length).toBeLessThanOrEqual(1024);
    expect(isUnpolluted()).toBe(true);
  }
}

/** Where users write: spec and annotations. */
function inside(object: KubeObject, what: readonly Spoiling[]): KubeObject {
  const { spec } = object as { readonly spec?: unknown };
  const { annotations } = object.metadata;
  const changed = spoilt({ spec, ...(annotations && { annotations }) }, what) as {
    spec?: unknown;
    annotations?: Record<string, string>;
  };
  const metadata = { ...object.metadata, ...(changed.annotations && { annotations: changed.annotations }) };
  return { ...object, metadata, spec: changed.spec } as KubeObject;
}

test('objects that nobody means harm nobody else', { timeout: hostileTimeoutMs }, async () => {
  let seed = 0;
  await fc.assert(
    fc.asyncProperty(attacks, async (list) => {
      seed += 1;
      const stage = new Stage(seed);
      await stage.play(list);
      stage.expectThatNothingHappened();
    }),
    { numRuns: hostileRuns(15) },
  );
});
