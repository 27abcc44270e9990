/** deploy/scripts/release-ecs against a stand-in for the AWS CLI that keeps a service in a file; there is no ECS to ask here. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'deploy', 'scripts', 'release-ecs');
const image = `shop@sha256:${'a'.repeat(64)}`;

/** Answers what the script asks, and refuses anything else. `bad`: task definitions on which the service never gets stable. */
const standIn = `#!/usr/bin/env node
const fs = require('node:fs');
const file = process.env.ECS_STATE;
const state = JSON.parse(fs.readFileSync(file, 'utf8'));
const [service, verb, ...args] = process.argv.slice(2);
const option = (name) => args[args.indexOf(name) + 1];
const save = () => fs.writeFileSync(file, JSON.stringify(state));
if (service !== 'ecs') process.exit(64);
if (verb === 'describe-services') console.log(option('--services') === 'shop' ? state.current : 'None');
else if (verb === 'describe-task-definition') console.log(JSON.stringify(state.definitions[option('--task-definition')]));
else if (verb === 'register-task-definition') {
  const arn = 'arn:aws:ecs:eu:1:task-definition/shop:' + (Object.keys(state.definitions).length + 1);
  state.definitions[arn] = JSON.parse(option('--cli-input-json'));
  save();
  console.log(arn);
} else if (verb === 'update-service') {
  state.told.push(option('--task-definition'));
  const breaks = state.breaker && state.bad.includes(option('--task-definition'));
  if (!breaks) state.current = option('--task-definition');
  save();
} else if (verb === 'wait') process.exit(state.bad.includes(state.current) ? 255 : 0);
else process.exit(64);
`;

const first = 'arn:aws:ecs:eu:1:task-definition/shop:1';
const second = 'arn:aws:ecs:eu:1:task-definition/shop:2';

async function release(options: { bad?: readonly string[]; breaker?: boolean; service?: string; image?: string }) {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-ecs-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const definition = {
    taskDefinitionArn: first,
    revision: 1,
    status: 'ACTIVE',
    family: 'shop',
    containerDefinitions: [
      { name: 'shop', image: 'shop:old' },
      { name: 'proxy', image: 'proxy:1' },
    ],
  };
  const state = join(folder, 'state.json');
  const { bad = [], breaker = false } = options;
  await writeFile(state, JSON.stringify({ current: first, definitions: { [first]: definition }, told: [], bad, breaker }));
  await writeFile(join(folder, 'aws'), standIn);
  await chmod(join(folder, 'aws'), 0o755);
  const done = spawnSync(script, ['shops', options.service ?? 'shop', options.image ?? image], {
    env: { PATH: `${folder}:${process.env.PATH}`, ECS_STATE: state },
    encoding: 'utf8',
  });
  return { code: done.status, words: `${done.stdout}${done.stderr}`, ...JSON.parse(await readFile(state, 'utf8')) };
}

test('another image, the rest as it was', async () => {
  const released = await release({});
  expect(released).toMatchObject({ code: 0, current: second, told: [second] });
  expect(released.definitions[second]).toEqual({
    family: 'shop',
    containerDefinitions: [
      { name: 'shop', image },
      { name: 'proxy', image: 'proxy:1' },
    ],
  });
});

test('what does not get stable goes back to the task definition before', async () => {
  expect(await release({ bad: [second] })).toMatchObject({ code: 1, current: first, told: [second, first] });
});

test('what the circuit breaker of the service has taken back is no success', async () => {
  expect(await release({ bad: [second], breaker: true })).toMatchObject({ code: 1, current: first });
});

test('with both lost a person is called', async () => {
  const lost = await release({ bad: [first, second] });
  expect(lost.code).toBe(2);
  expect(lost.words).toContain('is not stable on arn:aws:ecs:eu:1:task-definition/shop:1 either');
});

test('nothing is begun for a service that is not there, nor with a tag', async () => {
  expect(await release({ service: 'till' })).toMatchObject({ code: 2, told: [] });
  expect(await release({ image: 'shop:latest' })).toMatchObject({ code: 2, told: [] });
});
