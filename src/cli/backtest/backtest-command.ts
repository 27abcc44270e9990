/** How `rampart backtest` is typed. */
import type { CommandSpec } from '../command.ts';
import { noColor, outputFlag } from '../shared-flags.ts';

export const backtestCommand: CommandSpec = {
  name: 'backtest',
  summary: 'Ask what an analysis would have made of the last days, by Prometheus’ own history.',
  usage: ['-f FILE... --prometheus URL'],
  details: [
    'Plays a run of the template from every start in the time asked about, with the controller’s own schedule, counters and limits, and says when it would have aborted and on which evidence, how often there was no data, and which numbers in its conditions would have caught the incidents that are marked.',
    'Only metrics of Prometheus are asked. The address in the template is not used; its headers and its authentication are, as far as they need no Secret that --arg does not give.',
  ],
  flags: [
    {
      name: 'filename',
      short: 'f',
      kind: 'list',
      value: 'FILE',
      help: 'File or folder with the template, and those that it refers to; - is standard input. May be given several times.',
      complete: 'files',
    },
    { name: 'prometheus', kind: 'text', value: 'URL', help: 'Whom to ask, such as http://localhost:9090.' },
    { name: 'since', kind: 'text', value: 'TIME', help: 'From when on: so long before the end, or a time. Default: 14d.' },
    { name: 'until', kind: 'text', value: 'TIME', help: 'Until when: so long ago, or a time. Default: now.' },
    {
      name: 'incident',
      kind: 'list',
      value: 'TIME/LENGTH',
      help: 'When something was wrong, such as 2026-11-02T10:00Z/20m. May be given several times.',
    },
    {
      name: 'grace',
      kind: 'text',
      value: 'DURATION',
      help: 'An abort so long after an incident is still the incident’s. Default: 5m.',
    },
    { name: 'template', kind: 'text', value: 'NAME', help: 'Which template, where the files hold several.' },
    { name: 'arg', short: 'a', kind: 'list', value: 'NAME=VALUE', help: 'Argument of the template. May be given several times.' },
    {
      name: 'every',
      kind: 'text',
      value: 'DURATION',
      help: 'From one start of a run to the next. Default: the shortest interval, at most about 4,000 runs.',
    },
    { name: 'for', kind: 'text', value: 'DURATION', help: 'When a run without an end of its own is ended. Default: 1h.' },
    { name: 'step', kind: 'text', value: 'DURATION', help: 'How closely history is looked at. Default: as a run measures.' },
    {
      name: 'header',
      kind: 'list',
      value: 'NAME:VALUE',
      help: 'Sent to Prometheus; @FILE has one in each line. May be given several times.',
    },
    {
      name: 'ca-file',
      kind: 'text',
      value: 'FILE',
      help: 'Certificate authorities (PEM) to trust besides those of the system.',
      complete: 'files',
    },
    { name: 'insecure', kind: 'switch', help: 'Do not check the certificate of Prometheus.' },
    { ...outputFlag('text', 'json'), help: 'For people, or for programs. Default: text.' },
    noColor,
  ],
  examples: [
    'rampart backtest -f analysis.yaml --prometheus http://localhost:9090 --incident 2026-11-02T10:00Z/20m',
    "rampart backtest -f analysis.yaml --prometheus http://localhost:9090 --since 36h -a service=shop -a 'hash=.+'",
  ],
  exitCodes: {
    0: 'every incident caught, and nothing else would have been taken back',
    1: 'something missed, a false alarm, or nothing to look at',
  },
  operands: 'files',
  asksCluster: false,
  load: async () => (await import('../commands/backtest.ts')).run,
};
