/**
 * Every command that asks or changes a cluster, or judges manifests. The one table from which dispatch, help, completion and
 * docs/reference/cli.md are made; each command's code is loaded when it is called.
 */
import type { CommandSpec } from './command.ts';
import { allNamespaces, clusterFlags, noColor, outputFlag, timeout, watch } from './shared-flags.ts';

const writeOutput = outputFlag('name', 'json');
const objectOutput = outputFlag('json', 'yaml', 'name');

const looking: readonly CommandSpec[] = [
  {
    name: 'get',
    summary: 'Show a Rollout or an Experiment with all that belongs to it.',
    usage: ['[rollout] NAME', 'experiment NAME'],
    flags: [watch, { ...timeout, help: 'With --watch: end after so long (exit code 2).' }, objectOutput, noColor, ...clusterFlags],
    examples: ['rampart get shop --watch', 'rampart get experiment shop-trial', 'rampart get shop -o yaml'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/get.ts')).run,
  },
  {
    name: 'list',
    summary: 'List Rollouts or Experiments.',
    usage: ['[rollouts]', 'experiments'],
    flags: [
      allNamespaces,
      watch,
      { name: 'name', kind: 'text', value: 'NAME', help: 'Only the one of this name.', complete: 'rollouts' },
      { name: 'timestamps', kind: 'switch', help: 'With --watch: the time above each list.' },
      objectOutput,
      noColor,
      ...clusterFlags,
    ],
    examples: ['rampart list -A', 'rampart list experiments'],
    operands: ['rollouts', 'experiments'],
    asksCluster: true,
    load: async () => (await import('./commands/list.ts')).run,
  },
  {
    name: 'status',
    summary: 'Wait until a Rollout is healthy or degraded.',
    usage: ['NAME'],
    details: [
      'Prints each phase with its message, once. A paused Rollout is waited for. With --watch=false it looks once, and exit code 2 says that neither has come yet.',
    ],
    flags: [{ ...watch, help: 'Wait; --watch=false looks once.' }, timeout, outputFlag('json'), ...clusterFlags],
    examples: ['rampart status shop --timeout 10m'],
    exitCodes: { 0: 'healthy', 1: 'degraded', 2: 'neither, and the time is up' },
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/status.ts')).run,
  },
  {
    name: 'why',
    summary: 'Say what a Rollout is doing, what it waits for, and what comes next.',
    usage: ['NAME'],
    details: ['It asks the controller’s own decision, on the objects as they are now, and changes nothing.'],
    flags: [outputFlag('json'), ...clusterFlags],
    examples: ['rampart why shop'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/why.ts')).run,
  },
];

const commanding: readonly CommandSpec[] = [
  {
    name: 'promote',
    summary: 'Go on after a pause, skip a step, or skip all that is left.',
    usage: ['NAME'],
    details: [
      'A Rollout that is paused goes on; one that is not skips the step in progress, with its analysis. A Rollout that spec.paused holds is let go as well.',
    ],
    flags: [
      { name: 'full', kind: 'switch', help: 'Skip all steps, pauses and analyses that are left.' },
      { name: 'skip-current-step', short: 'c', kind: 'switch', help: 'Skip the step in progress.' },
      {
        name: 'skip-all-steps',
        short: 'a',
        kind: 'switch',
        help: 'Skip the steps that are left; unlike --full, analyses of blue-green stay.',
      },
      writeOutput,
      ...clusterFlags,
    ],
    examples: ['rampart promote shop', 'rampart promote shop --full'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/promote.ts')).run,
  },
  {
    name: 'abort',
    summary: 'Stop an update and go back to the stable version.',
    usage: ['NAME...'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart abort shop'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/abort.ts')).run,
  },
  {
    name: 'retry',
    summary: 'Begin an aborted update, or an Experiment, again.',
    usage: ['[rollout] NAME...', 'experiment NAME...'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart retry shop', 'rampart retry experiment shop-trial'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/retry.ts')).run,
  },
  {
    name: 'undo',
    summary: 'Put the template of an earlier revision back.',
    usage: ['NAME'],
    details: [
      'What a controller put into that template (hash, anti-affinity, metadata of one side) is left out, so that its ReplicaSet is found again.',
    ],
    flags: [
      { name: 'to-revision', kind: 'text', value: 'NUMBER', help: 'Which revision; 0, the default, is the one before the newest.' },
      writeOutput,
      ...clusterFlags,
    ],
    examples: ['rampart undo shop', 'rampart undo shop --to-revision 3'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/undo.ts')).run,
  },
  {
    name: 'pause',
    summary: 'Hold steps and promotion; scaling, abort and undo go on.',
    usage: ['NAME...'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart pause shop'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/pause.ts')).run,
  },
  {
    name: 'resume',
    summary: 'Take back what pause wrote.',
    usage: ['NAME...'],
    details: ['A pause that is a step of the Rollout is ended by promote.'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart resume shop'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/resume.ts')).run,
  },
  {
    name: 'restart',
    summary: 'Replace the pods that are there now, a few at a time.',
    usage: ['NAME...'],
    flags: [
      { name: 'in', short: 'i', kind: 'text', value: 'DURATION', help: 'Not now, but after so long, such as 10m.' },
      writeOutput,
      ...clusterFlags,
    ],
    examples: ['rampart restart shop', 'rampart restart shop --in 10m'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/restart.ts')).run,
  },
  {
    name: 'set-image',
    summary: 'Begin an update by another image.',
    usage: ['NAME CONTAINER=IMAGE...', 'NAME *=IMAGE'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart set-image shop web=registry.example/shop:2'],
    operands: 'rollouts',
    asksCluster: true,
    load: async () => (await import('./commands/set-image.ts')).run,
  },
  {
    name: 'terminate',
    summary: 'End an AnalysisRun or an Experiment before its time.',
    usage: ['analysisrun NAME...', 'experiment NAME...'],
    flags: [writeOutput, ...clusterFlags],
    examples: ['rampart terminate analysisrun shop-5bfb67854-2-1'],
    operands: ['analysisrun', 'experiment'],
    asksCluster: true,
    load: async () => (await import('./commands/terminate.ts')).run,
  },
];

const creating: readonly CommandSpec[] = [
  {
    name: 'create',
    summary: 'Measure by a template at once, without a Rollout.',
    usage: ['analysisrun --from NAME', 'analysisrun --from-file FILE'],
    details: ['Templates that the template refers to are put into the run, as for a Rollout.'],
    flags: [
      { name: 'from', kind: 'text', value: 'NAME', help: 'AnalysisTemplate of the namespace.' },
      {
        name: 'from-file',
        kind: 'text',
        value: 'FILE',
        help: 'File with an AnalysisTemplate or a ClusterAnalysisTemplate.',
        complete: 'files',
      },
      { name: 'global', kind: 'switch', help: '--from names a ClusterAnalysisTemplate.' },
      {
        name: 'argument',
        short: 'a',
        kind: 'list',
        value: 'NAME=VALUE',
        help: 'Argument of the template. May be given several times.',
      },
      { name: 'name', kind: 'text', value: 'NAME', help: 'Name of the run.' },
      {
        name: 'generate-name',
        kind: 'text',
        value: 'PREFIX',
        help: 'Beginning of its name, where none is given. Default: the template’s.',
      },
      { name: 'instance-id', kind: 'text', value: 'ID', help: 'The controller that is meant, where there are several.' },
      writeOutput,
      ...clusterFlags,
    ],
    examples: ['rampart create analysisrun --from success-rate -a service=shop'],
    operands: ['analysisrun'],
    asksCluster: true,
    load: async () => (await import('./commands/create.ts')).run,
  },
];

const others: readonly CommandSpec[] = [
  {
    name: 'lint',
    summary: 'Judge manifests before they are applied, or what runs in a cluster.',
    usage: ['-f FILE...', '--live'],
    details: [
      'Everything that Rampart would refuse is an error, with the field’s path; what is allowed and seldom meant is a warning. Objects of all files are checked against each other: Services, templates and routes that a Rollout names.',
    ],
    flags: [
      {
        name: 'filename',
        short: 'f',
        kind: 'list',
        value: 'FILE',
        help: 'File or folder of manifests; - is standard input. May be given several times.',
        complete: 'files',
      },
      {
        name: 'live',
        kind: 'switch',
        help: 'Judge what is in the namespace instead of files, as before moving over from another controller.',
      },
      { ...allNamespaces, help: 'With --live: in all namespaces.' },
      { name: 'strict', kind: 'switch', help: 'Warnings are errors too.' },
      { name: 'production', kind: 'switch', help: 'Judge as for production, whatever the namespace is called.' },
      outputFlag('json'),
      noColor,
      ...clusterFlags,
    ],
    examples: ['rampart lint -f deploy/', 'helm template shop | rampart lint -f -', 'rampart lint --live -A'],
    exitCodes: { 0: 'nothing to say, or warnings only', 1: 'errors; with --strict, warnings too' },
    operands: 'files',
    asksCluster: true,
    load: async () => (await import('./commands/lint.ts')).run,
  },
  {
    name: 'completion',
    summary: 'Print a script that completes commands, flags and names in a shell.',
    usage: ['bash|zsh|fish'],
    flags: [],
    examples: ['source <(rampart completion bash)', 'rampart completion fish | source'],
    operands: ['bash', 'zsh', 'fish'],
    asksCluster: false,
    load: async () => (await import('./commands/completion.ts')).run,
  },
  {
    name: 'version',
    summary: 'Print the version.',
    usage: [''],
    flags: [],
    examples: ['rampart version'],
    operands: [],
    asksCluster: false,
    load: async () => (await import('./commands/version.ts')).run,
  },
];

export const commandTable: readonly CommandSpec[] = [...looking, ...commanding, ...creating, ...others];

/** As the incumbent's plugin spells them: `set image`. */
export const twoWordCommands: ReadonlyMap<string, string> = new Map([['set image', 'set-image']]);
