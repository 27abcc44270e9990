import { describe, expect, it } from 'vitest';
import type { EngineFacts } from './engine-choice.ts';
import { chooseEngine } from './engine-choice.ts';

const host = 'unix:///var/run/docker.sock';
const usable: EngineFacts = {
  host,
  answer: { OperatingSystem: 'Ubuntu', SecurityOptions: ['name=seccomp'] },
  hasClient: true,
  isLinux: true,
  isRoot: true,
};
const user = { isRoot: false };

describe('which Docker engine the image is tried on', () => {
  it.each<[string, Partial<EngineFacts>, ReturnType<typeof chooseEngine>]>([
    ['the machine’s comes first', {}, { from: 'machine', host }],
    ['also for who is not root', user, { from: 'machine', host }],
    ['where none answers root starts one', { answer: undefined }, { from: 'own' }],
    ['one elsewhere cannot reach the cluster', { host: 'tcp://10.0.0.1:2375' }, { from: 'own' }],
    ['one in a virtual machine neither', { answer: { OperatingSystem: 'Docker Desktop' } }, { from: 'own' }],
    ['nor one in a network of its own', { answer: { SecurityOptions: ['name=seccomp', 'name=rootless'] } }, { from: 'own' }],
    ['without its client it is of no use', { hasClient: false }, { from: 'own' }],
  ])('%s', (_, facts, choice) => {
    expect(chooseEngine({ ...usable, ...facts })).toEqual(choice);
  });

  it.each<[Partial<EngineFacts>, RegExp]>([
    [{ answer: undefined, ...user }, /^No Docker engine answers at unix:.* or run as root/],
    [{ host: 'ssh://somebody@elsewhere', ...user }, /^The Docker engine at ssh:.*is not on this machine/],
    [{ answer: undefined, isLinux: false }, /^No Docker engine answers.*Install a Docker engine on Linux/],
    [{ hasClient: false, ...user }, /^The `docker` command is not on the PATH/],
  ])('%j: says what to do', (facts, reason) => {
    expect(chooseEngine({ ...usable, ...facts })).toEqual({ from: 'nowhere', reason: expect.stringMatching(reason) });
  });
});
