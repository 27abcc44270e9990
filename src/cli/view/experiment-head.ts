/** The upper part of `rampart get experiment`. */
import type { Experiment } from '../../api/experiment.ts';
import { aligned } from '../print/table.ts';
import { type Cell, type Paint, toned } from '../print/tone.ts';
import { phaseMark } from './phase-mark.ts';

export function experimentHead({ metadata, spec, status }: Experiment, paint: Paint): string {
  const rows: readonly (readonly Cell[])[] = [
    ['Name:', toned(metadata.name, 'strong')],
    ['Namespace:', metadata.namespace ?? ''],
    ['Status:', phaseMark(status?.phase || 'Pending')],
    ...(status?.message ? [['Message:', status.message]] : []),
    ['Duration:', spec.duration ?? 'until its analyses have ended'],
    ...(spec.templates ?? []).map(({ name }, index) => {
      const found = status?.templateStatuses?.find((one) => one.name === name);
      const pods =
        found === undefined ? '' : ` (${found.status ?? ''}, ${found.availableReplicas ?? 0}/${found.replicas ?? 0} available)`;
      return [index === 0 ? 'Templates:' : '', `${name}${pods}`];
    }),
  ];
  return aligned(rows, paint);
}
