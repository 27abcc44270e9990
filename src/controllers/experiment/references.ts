/** Which other objects an Experiment speaks of: by these names it is found again when one of them changes. It may be given as the API server sends it. */
import { decodeExperiment } from '../../api/decode.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { TemplateReference } from '../../core/analysis/template-closure.ts';

type Decoded = ReturnType<typeof decodeExperiment>;

/** object of the store -> what it decodes to; objects of the store are never changed */
const decoded = new WeakMap<Experiment, Decoded>();

/** Never throws. */
export function decodeOnce(stored: Experiment): Decoded {
  const known = decoded.get(stored);
  if (known !== undefined) return known;
  const result = decodeExperiment(stored);
  decoded.set(stored, result);
  return result;
}

export function templateReferences(stored: Experiment): readonly TemplateReference[] {
  return decodeOnce(stored).experiment.spec.analyses ?? [];
}

/** Names of the Services that its templates ask for. */
export function serviceNames(stored: Experiment): readonly string[] {
  const { metadata, spec } = decodeOnce(stored).experiment;
  return (spec.templates ?? []).flatMap(({ name, service }) =>
    service === undefined ? [] : [service.name === undefined || service.name === '' ? `${metadata.name}-${name}` : service.name],
  );
}
