/** Flags that several commands have: which cluster, and how things are shown. */
import type { CommandFlag } from './command.ts';

export const clusterFlags: readonly CommandFlag[] = [
  {
    name: 'namespace',
    short: 'n',
    kind: 'text',
    value: 'NAMESPACE',
    help: 'Namespace to look in. Default: the context’s.',
    complete: 'namespaces',
  },
  {
    name: 'kubeconfig',
    kind: 'text',
    value: 'FILE',
    help: 'Kubeconfig file. Default: $KUBECONFIG, then ~/.kube/config.',
    complete: 'files',
  },
  { name: 'context', kind: 'text', value: 'NAME', help: 'Context of the kubeconfig to use.', complete: 'contexts' },
  { name: 'cluster', kind: 'text', value: 'NAME', help: 'Cluster of the kubeconfig to use.' },
  { name: 'user', kind: 'text', value: 'NAME', help: 'User of the kubeconfig to use.' },
];

export const noColor: CommandFlag = {
  name: 'no-color',
  kind: 'switch',
  help: 'No colour. By itself there is colour on a terminal only, and none where $NO_COLOR is set.',
};

export const watch: CommandFlag = {
  name: 'watch',
  short: 'w',
  kind: 'switch',
  help: 'Keep watching, and show it anew when it changes.',
};

export const allNamespaces: CommandFlag = {
  name: 'all-namespaces',
  short: 'A',
  kind: 'switch',
  help: 'Look in all namespaces.',
};

export function outputFlag(...choices: readonly string[]): CommandFlag {
  return {
    name: 'output',
    short: 'o',
    kind: 'text',
    value: choices.join('|'),
    help: 'For programs: the objects themselves, or their names.',
    choices,
    complete: choices,
  };
}

export const timeout: CommandFlag = {
  name: 'timeout',
  short: 't',
  kind: 'text',
  value: 'DURATION',
  help: 'Give up after so long, such as 5m. Default: never.',
};
