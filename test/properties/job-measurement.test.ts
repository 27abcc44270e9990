/** Whatever happens to Jobs, processes and the API server: no Job is made twice, and when the world calms down the run ends and leaves nothing at work. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Job } from '../../src/api/kubernetes.ts';
import { jobs } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/cluster.ts';
import { JobStage } from '../support/job-stage.ts';

const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 20_000 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('complete', 'fail') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill'), watches: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('delete-job', 'terminate') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('fault'), verb: fc.constantFrom('get', 'create', 'patch', 'delete', 'list') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('quiet') }) },
);

const isDone = (job: Job): boolean => job.status?.conditions !== undefined;

it('no Job is made twice, and none is left at work', async () => {
  const drawn = fc.record({
    events: fc.array(event, { maxLength: 25 }),
    count: fc.integer({ min: 1, max: 4 }),
    retention: fc.integer({ min: 1, max: 3 }),
    failureLimit: fc.integer({ min: 0, max: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ events, count, retention, failureLimit }) => {
      const stage = new JobStage();
      const { clock, server } = stage;
      const made: string[] = [];
      const create = server.create.bind(server);
      server.create = async (resource, object, signal) => {
        const result = await create(resource, object, signal);
        if (result.outcome === 'done' && resource.plural === jobs.plural) made.push(object.metadata.name);
        return result;
      };
      const metric = {
        count,
        interval: '5s',
        failureLimit: Math.min(failureLimit, count),
        inconclusiveLimit: 0,
        consecutiveErrorLimit: 9,
      };
      stage.create(metric, { measurementRetention: [{ metricName: 'tests', limit: retention }] });
      let process = await stage.start();
      const open = () => (server.objects(jobs) as readonly Job[]).find((job) => !isDone(job));
      for (const one of events) {
        const job = open();
        if (one.kind === 'wait' && 'ms' in one) await clock.advance(one.ms);
        else if (one.kind === 'complete' && job !== undefined) stage.finish('Complete', job.metadata.name);
        else if (one.kind === 'fail' && job !== undefined) stage.finish('Failed', job.metadata.name);
        else if (one.kind === 'delete-job' && job !== undefined) {
          server.remove(jobs, { namespace: 'shop', name: job.metadata.name });
          // Where it was not stored yet that it was made, another is made in its place.
          made.splice(made.indexOf(job.metadata.name), 1);
        } else if (one.kind === 'terminate') stage.edit({ terminate: true });
        else if (one.kind === 'kill' && 'watches' in one) {
          await process.end();
          process = await stage.start({ watches: one.watches });
        } else if (one.kind === 'fault' && 'verb' in one) {
          server.fault = (verb) => (verb === one.verb ? new ApiError('unavailable', 'later', { status: 503 }) : undefined);
        } else server.fault = () => undefined;
        await clock.advance(10);
      }
      server.fault = () => undefined;
      for (let round = 0; round < 40 && stage.status?.completedAt === undefined; round++) {
        await clock.advance(30_000);
        const job = open();
        if (job !== undefined) stage.finish('Complete', job.metadata.name);
      }
      await clock.advance(60_000);
      expect(['Successful', 'Failed', 'Inconclusive', 'Error']).toContain(stage.status?.phase);
      expect(made.length, 'made').toBe(new Set(made).size);
      expect(open()?.metadata.name, 'left at work').toBeUndefined();
      for (const { measurements = [] } of stage.status?.metricResults ?? []) {
        expect(measurements.length).toBeLessThanOrEqual(retention);
        for (const measurement of measurements) expect(measurement.finishedAt).toBeDefined();
      }
      const writes = server.writes.length;
      await clock.advance(600_000);
      expect(server.writes, 'at rest').toHaveLength(writes);
      await stage.end();
    }),
    { numRuns: 60 },
  );
}, 120_000);
