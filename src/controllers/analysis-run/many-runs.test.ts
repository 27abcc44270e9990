import { expect, it } from 'vitest';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { type MeasurementAnswer, type MeasurementRequest, MeasurementRunner } from './measurement-runner.ts';

const runs = 1000;
const intervalMs = 10_000;
const answer: MeasurementAnswer = { outcome: { kind: 'measured', value: { kind: 'value', result: 1, text: '1' } } };

/** How long the server answers a query, in milliseconds; `hangs` answers nobody until the provider gives up after 30 seconds. */
const servers: Readonly<Record<string, number>> = { quick: 50, slow: 30_000, hangs: 30_000, other: 200 };

it('a thousand runs measure on time, whatever hangs beside them', async () => {
  const clock = new SteppedClock();
  /** server -> the greatest lateness of a measurement in milliseconds */
  const latest = new Map<string, number>();
  const made = new Map<string, number>();
  const serverOf = (metric: string): string => metric.split('/')[0] ?? '';
  const runner = new MeasurementRunner({
    clock,
    concurrency: 200,
    laneOf: ({ metric }) => serverOf(metric),
    finished: () => undefined,
    measure: async (_run, { metric, dueAtMs }) => {
      const server = serverOf(metric);
      latest.set(server, Math.max(latest.get(server) ?? 0, clock.now() - dueAtMs));
      made.set(server, (made.get(server) ?? 0) + 1);
      await new Promise<void>((resolve) => void clock.setTimer(servers[server] ?? 0, resolve));
      return answer;
    },
  });
  const request = (metric: string): MeasurementRequest => ({
    metric,
    provider: 'prometheus',
    query: { block: {}, args: new Map(), secrets: [] },
    dueAtMs: clock.now(),
    ordinal: 1,
  });
  const names = Object.keys(servers);
  // Everything that hangs comes first, and all of it at once.
  const all = Array.from({ length: runs }, (_, index) => names[index % names.length] ?? '').sort((a) => (a === 'hangs' ? -1 : 1));
  for (let round = 0; round < 6; round++) {
    for (const [index, server] of all.entries()) {
      const run = { key: `shop/${index}`, namespace: 'shop', name: `${index}`, uid: `u${index}` };
      const flying = runner.observations(run).filter(({ state }) => state === 'finished');
      runner.acknowledge(run.key, flying);
      runner.start(run, request(`${server}/${index}`));
    }
    await clock.advance(intervalMs);
  }
  expect(made.get('quick')).toBe((runs / names.length) * 6);
  expect(latest.get('quick')).toBeLessThan(1000);
  expect(latest.get('other')).toBeLessThan(4000);
  await runner.stop();
}, 60_000);
