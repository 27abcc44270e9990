import { beforeEach, describe, expect, it } from 'vitest';
import { JobStage, jobMetric } from '../../../test/support/job-stage.ts';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Job, PodOfJob } from '../../api/kubernetes.ts';
import { analysisRuns, jobs, pods } from '../../api/resources.ts';
import { ApiError } from '../../runtime/cluster.ts';

describe('a Job as a measurement', () => {
  let stage: JobStage;
  let clock: JobStage['clock'];
  let server: JobStage['server'];
  beforeEach(() => {
    stage = new JobStage();
    ({ clock, server } = stage);
    return () => stage.end();
  });

  it('is begun, remembered, noticed at once when it completes, and counted', async () => {
    stage.create();
    await stage.start();
    await clock.advance(1000);
    const metadata = { 'job-name': `${stage.uid}.tests.1`, 'job-namespace': 'shop' };
    expect(stage.result).toMatchObject({
      phase: 'Running',
      measurements: [{ phase: 'Running', metadata, resumeAt: expect.any(String) }],
    });
    expect(server.objects(jobs)).toMatchObject([
      {
        metadata: {
          name: `${stage.uid}.tests.1`,
          labels: { 'analysisrun.argoproj.io/uid': stage.uid },
          annotations: {
            'analysisrun.argoproj.io/name': 'run',
            'analysisrun.argoproj.io/namespace': 'shop',
            'analysisrun.argoproj.io/metric-name': 'tests',
          },
          ownerReferences: [{ kind: 'AnalysisRun', name: 'run', uid: stage.uid, controller: true }],
        },
        spec: { backoffLimit: 0, template: { spec: { automountServiceAccountToken: false } } },
      },
    ]);
    await clock.advance(400_000);
    const writes = server.writes.length;
    await clock.advance(200_000);
    expect(server.writes).toHaveLength(writes);
    stage.finish('Complete');
    await clock.advance(1000);
    expect(stage.status).toMatchObject({ phase: 'Successful', runSummary: { count: 1, successful: 1 } });
    expect(stage.result).toMatchObject({
      count: 1,
      successful: 1,
      measurements: [{ phase: 'Successful', value: 'main: Completed (exit code 0)', metadata, finishedAt: expect.any(String) }],
    });
    expect(stage.result?.measurements?.[0]?.resumeAt).toBeUndefined();
  });

  it('is asked about less and less often where Jobs may not be watched, and found all the same', async () => {
    stage.create();
    await stage.start({ watches: false });
    await clock.advance(300_000);
    let looks = 0;
    server.fault = (verb, { plural }) => {
      if (verb === 'get' && plural === 'jobs') looks += 1;
      return undefined;
    };
    await clock.advance(300_000);
    expect(looks).toBeGreaterThan(4);
    expect(looks).toBeLessThan(12);
    stage.finish('Complete');
    await clock.advance(60_000);
    expect(stage.status?.phase).toBe('Successful');
  });

  it('fails the metric when it fails, in the words of the Job', async () => {
    stage.create();
    await stage.start();
    await clock.advance(1000);
    stage.finish('Failed');
    await clock.advance(2000);
    expect(stage.status).toMatchObject({ phase: 'Failed' });
    expect(stage.status?.message).toMatch(
      /^Metric "tests" assessed Failed due to failed \(1\) > failureLimit \(0\): "Error Message: Job \S+ failed: BackoffLimitExceeded: Job has reached the specified backoff limit; see kubectl -n shop logs job\//,
    );
    expect(stage.result?.measurements).toMatchObject([{ phase: 'Failed', value: 'main: Error (exit code 3)' }]);
    expect(stage.jobNames).toHaveLength(1);
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'])(
    'decides nothing and goes where its pod waits with %s',
    async (reason) => {
      stage.create();
      await stage.start();
      await clock.advance(1000);
      const waiting = { name: 'main', state: { waiting: { reason } } };
      server.put(pods, { metadata: { namespace: 'shop', name: 'p' }, status: { containerStatuses: [waiting] } } as PodOfJob);
      await clock.advance(5000);
      expect(stage.status?.phase).toBe('Inconclusive');
      expect(stage.status?.message).toContain(`does not start: ${reason}`);
      expect(stage.jobNames).toEqual([]);
    },
  );

  it('is not begun twice by a process that was killed after any write', async () => {
    stage.create({ count: 3, interval: '10s' });
    let writes = 0;
    for (let lives = 0; stage.status?.phase !== 'Successful'; lives++) {
      expect(lives).toBeLessThan(40);
      const process = await stage.start();
      writes = server.writes.length;
      for (let step = 0; step < 200 && server.writes.length === writes; step++) await clock.advance(100);
      await process.end();
      const last = server.objects(jobs).at(-1) as Job | undefined;
      if (last?.status === undefined && last !== undefined) stage.finish('Complete', last.metadata.name);
    }
    expect(stage.jobNames).toEqual([1, 2, 3].map((n) => `${stage.uid}.tests.${n}`));
    expect(stage.result).toMatchObject({ count: 3, successful: 3 });
    expect(server.writes.filter((write) => write === 'create jobs')).toHaveLength(3);
  });

  it('is ended when its run is, and counts as undecided', async () => {
    stage.create();
    await stage.start();
    await clock.advance(1000);
    stage.edit({ terminate: true });
    await clock.advance(100);
    expect(stage.status).toMatchObject({ phase: 'Inconclusive' });
    expect(stage.result?.measurements).toMatchObject([
      { phase: 'Inconclusive', message: 'the measurement was ended before it was complete', finishedAt: expect.any(String) },
    ]);
    expect(stage.jobNames).toEqual([]);
  });

  it('is ended when another metric has failed, which is what the run says', async () => {
    const other = { ...jobMetric.job.spec, parallelism: 1 };
    stage.create(
      {},
      {
        metrics: [
          { name: 'tests', provider: jobMetric },
          { name: 'load', provider: { job: { spec: other } } },
        ],
      },
    );
    await stage.start();
    await clock.advance(1000);
    expect(stage.jobNames).toHaveLength(2);
    stage.finish('Failed', `${stage.uid}.tests.1`);
    await clock.advance(2000);
    expect(stage.status).toMatchObject({ phase: 'Failed', message: expect.stringMatching(/^Metric "tests" assessed Failed/) });
    expect(stage.jobNames).toEqual([`${stage.uid}.tests.1`]);
  });

  it('is thrown away when status shows its measurement no longer', async () => {
    stage.create({ count: 4, interval: '10s' }, { measurementRetention: [{ metricName: 'tests', limit: 2 }] });
    await stage.start();
    for (let n = 1; n <= 4; n++) {
      await clock.advance(11_000);
      stage.finish('Complete', `${stage.uid}.tests.${n}`);
      await clock.advance(1000);
    }
    expect(stage.status?.phase).toBe('Successful');
    expect(stage.jobNames).toEqual([3, 4].map((n) => `${stage.uid}.tests.${n}`));
  });

  it('that somebody deletes is an Error, and made anew ten seconds later', async () => {
    stage.create();
    await stage.start();
    await clock.advance(1000);
    server.remove(jobs, { namespace: 'shop', name: `${stage.uid}.tests.1` });
    await clock.advance(9000);
    expect(stage.result).toMatchObject({
      error: 1,
      measurements: [{ phase: 'Error', message: expect.stringContaining('is gone') }],
    });
    await clock.advance(10_000);
    expect(stage.jobNames).toEqual([`${stage.uid}.tests.2`]);
  });

  it('is waited for while the API server cannot be asked', async () => {
    stage.create();
    await stage.start();
    await clock.advance(1000);
    server.fault = (verb, { plural }) =>
      verb === 'get' && plural === 'jobs' ? new ApiError('unavailable', 'try later', { status: 503 }) : undefined;
    stage.finish('Complete');
    await clock.advance(60_000);
    expect(stage.result).toMatchObject({ phase: 'Running' });
    server.fault = () => undefined;
    await clock.advance(60_000);
    expect(stage.status?.phase).toBe('Successful');
  });

  it('that the incumbent began is gone on with', async () => {
    stage.create();
    const name = 'of-the-incumbent';
    const { run } = stage;
    server.put(jobs, { metadata: { namespace: 'shop', name, labels: { 'analysisrun.argoproj.io/uid': stage.uid } } });
    const measurement = { phase: 'Running', startedAt: '2026-01-01T00:00:00Z', metadata: { 'job-name': name } };
    const metricResults = [{ name: 'tests', phase: 'Running', measurements: [measurement] }];
    server.put(analysisRuns, {
      ...run,
      status: { phase: 'Running', startedAt: '2026-01-01T00:00:00Z', metricResults },
    } as AnalysisRun);
    await stage.start();
    await clock.advance(1000);
    expect(stage.jobNames).toEqual([name]);
    stage.finish('Complete', name);
    await clock.advance(3000);
    expect(stage.status?.phase).toBe('Successful');
  });

  it('is ended in a namespace of its own when its run is deleted', async () => {
    stage.create();
    await stage.start({ jobNamespace: 'jobs' });
    await clock.advance(1000);
    expect(server.objects(jobs)).toMatchObject([{ metadata: { namespace: 'jobs' } }]);
    expect(server.objects(jobs)[0]?.metadata.ownerReferences).toBeUndefined();
    server.remove(analysisRuns, { namespace: 'shop', name: 'run' });
    await clock.advance(1000);
    expect(stage.jobNames).toEqual([]);
  });
});
