import { describe, expect, it } from 'vitest';
import type { ClusterSource, HostAbilities } from './choice.ts';
import { chooseCluster } from './choice.ts';

const able: HostAbilities = { namespaceProblem: undefined, partsProblem: undefined, hasDockerEngine: false };
const noGo = { ...able, partsProblem: 'Install Go.' };
const noNamespace = { ...able, namespaceProblem: 'Switch user namespaces on.' };
const docker = { hasDockerEngine: true };

describe('which Kubernetes is used', () => {
  it.each<[ClusterSource | undefined, HostAbilities, string]>([
    [undefined, able, 'embedded'],
    [undefined, { ...able, ...docker }, 'embedded'],
    [undefined, { ...noGo, ...docker }, 'k3s'],
    [undefined, { ...noNamespace, ...docker }, 'k3s'],
    ['k3s', { ...able, ...docker }, 'k3s'],
    ['existing', noGo, 'existing'],
  ])('asked for %s, %j: %s', (requested, host, source) => {
    expect(chooseCluster(requested, host)).toEqual({ source });
  });

  it.each<[ClusterSource | undefined, HostAbilities, RegExp]>([
    [undefined, noGo, /Install Go/],
    [undefined, noNamespace, /user namespaces/],
    ['embedded', { ...noGo, ...docker }, /Install Go/],
    ['k3s', able, /Install a Docker engine/],
  ])('asked for %s, %j: says what to do', (requested, host, reason) => {
    expect(chooseCluster(requested, host)).toEqual({ source: 'none', reason: expect.stringMatching(reason) });
  });
});
