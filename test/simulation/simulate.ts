/**
 * `npm run simulate -- --seed S` plays one seed and tells what happened; `--seeds N [--from F] [--jobs J]` plays many and names those that
 * fail. `--edition 1` draws what seeds drew at first. Nothing outside the process is needed.
 */
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { type Edition, newestEdition } from './swarm/plan.ts';
import { runSwarm, SwarmFailure } from './swarm/swarm-run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    step: { type: 'string', default: '1' },
    edition: { type: 'string', default: String(newestEdition) },
    quiet: { type: 'boolean', default: false },
  },
});

const edition: Edition = values.edition === '1' ? 1 : 2;
const said = edition === newestEdition ? '' : ` --edition ${edition}`;

async function playOne(seed: number, isQuiet: boolean): Promise<boolean> {
  try {
    const { plan, lines } = await runSwarm(seed, edition);
    if (!isQuiet) console.log(`${JSON.stringify(plan, undefined, 2)}\n${lines.join('\n')}\nseed ${seed}: well`);
    return true;
  } catch (error) {
    if (!(error instanceof SwarmFailure)) throw error;
    if (!isQuiet) console.log(error.lines.join('\n'));
    console.log(
      `${error.message
        .split('\n')
        .slice(0, isQuiet ? 3 : 40)
        .join('\n')}\n  npm run simulate -- --seed ${seed}${said}`,
    );
    return false;
  }
}

async function playMany(from: number, count: number, step: number): Promise<number> {
  let failed = 0;
  for (let seed = from; seed < from + count; seed += step) if (!(await playOne(seed, true))) failed += 1;
  return failed;
}

/** Each process plays every so many-th seed. */
async function share(from: number, count: number, jobs: number): Promise<boolean> {
  const children = Array.from({ length: jobs }, (_, index) =>
    fork(import.meta.filename, [
      '--seeds',
      String(count - index),
      '--from',
      String(from + index),
      '--step',
      String(jobs),
      '--jobs',
      '1',
      '--edition',
      String(edition),
    ]),
  );
  const codes = await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  return codes.every((code) => code === 0);
}

const started = process.hrtime.bigint();
if (values.seed !== undefined) {
  process.exitCode = (await playOne(Number(values.seed), values.quiet)) ? 0 : 1;
} else {
  const [from, count, jobs, step] = [Number(values.from), Number(values.seeds ?? 100), Number(values.jobs), Number(values.step)];
  const isGood = jobs > 1 ? await share(from, count, jobs) : (await playMany(from, count, step)) === 0;
  if (step === 1)
    console.log(
      `${count} seeds from ${from}: ${isGood ? 'all well' : 'some failed'}, ${Number((process.hrtime.bigint() - started) / 1_000_000n)} ms`,
    );
  process.exitCode = isGood ? 0 : 1;
}
