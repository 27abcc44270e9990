import { describe, expect, it } from 'vitest';
import type { PartName } from '../contract.ts';
import { parts } from '../parts.ts';
import type { MachineFacts } from './source.ts';
import { chooseSource, versionIn } from './source.ts';

const bare: MachineFacts = { assets: undefined, cached: undefined, machine: undefined, hasGo: false, hasPip: false, hasApt: false };
const assets = (version: string) => ({ path: '/assets/part', version });
const machine = (version: string) => ({ path: '/usr/bin/part', version });
const rich: MachineFacts = {
  assets: assets('1.37.0'),
  cached: '/cache/part',
  machine: machine('1.37.0'),
  hasGo: true,
  hasPip: true,
  hasApt: true,
};

describe('where a part comes from', () => {
  it.each<[string, PartName, Partial<MachineFacts>, string]>([
    ['KUBEBUILDER_ASSETS outranks the cache', 'kube-apiserver', {}, 'KUBEBUILDER_ASSETS'],
    ['another minor version there is passed over', 'kube-apiserver', { assets: assets('1.36.4') }, 'cache'],
    ['the cache outranks what the machine has', 'kubectl', { assets: undefined }, 'cache'],
    ['what the machine has outranks making it', 'kubectl', { assets: undefined, cached: undefined }, 'machine'],
    [
      'what is too old on the machine is not taken',
      'kubectl',
      { assets: undefined, cached: undefined, machine: machine('1.20.1') },
      'pip',
    ],
    ['a part that must be exact is never the machine’s', 'kwok', { cached: undefined }, 'go'],
    ['a part that envtest does not have is not looked for there', 'traefik', { cached: undefined }, 'pip'],
    ['the rest is made: Go', 'kube-scheduler', { assets: undefined, cached: undefined }, 'go'],
    ['the rest is made: a package', 'prometheus', { cached: undefined, machine: undefined }, 'apt'],
    ['files of a module need Go as well', 'gateway-api-crds', { cached: undefined }, 'go'],
  ])('%s', (_, name, facts, from) => {
    expect(chooseSource(parts[name], { ...rich, ...facts }).from).toBe(from);
  });

  it.each<[PartName, RegExp]>([
    ['etcd', /^Go 1\.26 or newer/],
    ['traefik', /^Python 3 with pip$/],
    ['prometheus', /^prometheus 2\.42\.0 or newer, on the PATH$/],
    ['docker-engine', /^a Docker engine, and let this user reach it$/],
  ])('names the one thing to install for %s when nothing is possible', (name, install) => {
    expect(chooseSource(parts[name], bare)).toEqual({ from: 'nowhere', install: expect.stringMatching(install) });
  });

  it('names every part under its own name, so that the cache cannot mix them up', () => {
    for (const [name, part] of Object.entries(parts)) expect(part.name).toBe(name);
  });

  it('accepts what it makes', () => {
    for (const part of Object.values(parts)) expect(part.accepts(part.version), part.name).toBe(true);
  });
});

describe('the version in what a program prints', () => {
  it.each([
    ['Kubernetes v1.37.2', '1.37.2'],
    ['etcd Version: 3.7.0\nGit SHA: Not provided', '3.7.0'],
    ['kwok version v0.8.0 go1.26.8 (linux/amd64)', '0.8.0'],
    ['clientVersion:\n  gitVersion: v1.32.4-dispatcher', '1.32.4'],
    ['prometheus, version 2.42.0+ds (branch: debian/sid)', '2.42.0'],
    ['no such flag', undefined],
  ])('%j is %s', (output, version) => {
    expect(versionIn(output)).toBe(version);
  });
});
