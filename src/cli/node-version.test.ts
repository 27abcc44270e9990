import { expect, it } from 'vitest';
import { unsuitableNode } from './node-version.ts';

it.each(['24.0.0', '24.21.0', '26.10.0', '100.0.0'])('Node %s will do', (version) => {
  expect(unsuitableNode(version)).toBeUndefined();
});

it.each(['18.20.8', '20.19.5', '23.11.1'])('Node %s is told what is needed', (version) => {
  expect(unsuitableNode(version)).toContain(`needs Node 24 or newer, and this is Node ${version}.`);
});
