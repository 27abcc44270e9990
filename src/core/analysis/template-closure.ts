/**
 * Follows the references of templates to templates: every template once, by scope and name, in the order in which a reader meets
 * them. Bounded, so that no cycle and no fan-out can keep a decision busy; what does not exist is told, not thrown.
 */
import type { AnalysisTemplate, AnalysisTemplateSpec, ClusterAnalysisTemplate } from '../../api/analysis-template.ts';
import { decodeAnalysisTemplate, decodeClusterAnalysisTemplate } from '../../api/decode.ts';
import type { Problem } from '../../api/problem.ts';

/** How the API refers to a template. */
export interface TemplateReference {
  readonly templateName?: string | undefined;
  readonly clusterScope?: boolean | undefined;
}

export interface Templates {
  /** name -> template, of the namespace in question. */
  readonly analysisTemplates: Pick<ReadonlyMap<string, AnalysisTemplate>, 'get'>;
  /** name -> template. */
  readonly clusterAnalysisTemplates: Pick<ReadonlyMap<string, ClusterAnalysisTemplate>, 'get'>;
}

export interface FoundTemplate {
  readonly kind: 'AnalysisTemplate' | 'ClusterAnalysisTemplate';
  readonly name: string;
  readonly spec: AnalysisTemplateSpec;
  /** What does not fit the schema and is left out of `spec`. */
  readonly problems: readonly Problem[];
}

export interface TemplateClosure {
  readonly found: readonly FoundTemplate[];
  /** `AnalysisTemplate 'x'` for each that is referred to and does not exist, with the index of the first reference it came from. */
  readonly missing: readonly { readonly kind: FoundTemplate['kind']; readonly name: string; readonly index: number }[];
  /** True where more than `maxTemplates` are reached; the rest is left out. */
  readonly tooMany: boolean;
}

/** Far more than anyone writes by hand. */
export const maxTemplates = 100;

/** Everything that the references reach; a template stands before those that it refers to. */
export function templateClosure(references: readonly TemplateReference[], templates: Templates): TemplateClosure {
  const found: FoundTemplate[] = [];
  const missing: TemplateClosure['missing'][number][] = [];
  const seen = new Set<string>();
  let tooMany = false;
  const pending = references.map((reference, index) => ({ reference, index }));
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const kind = next.reference.clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
    const name = next.reference.templateName ?? '';
    if (seen.has(`${kind}/${name}`)) continue;
    if (seen.size === maxTemplates) {
      tooMany = true;
      break;
    }
    seen.add(`${kind}/${name}`);
    const { index } = next;
    const object = (kind === 'AnalysisTemplate' ? templates.analysisTemplates : templates.clusterAnalysisTemplates).get(name);
    if (object === undefined) {
      missing.push({ kind, name, index });
      continue;
    }
    // What got past the API server malformed shall not end a decision.
    const { template, problems } =
      kind === 'AnalysisTemplate' ? decodeAnalysisTemplate(object) : decodeClusterAnalysisTemplate(object);
    found.push({ kind, name, spec: template.spec, problems });
    pending.unshift(...(template.spec.templates ?? []).map((reference) => ({ reference, index })));
  }
  return { found, missing, tooMany };
}

/** The names that are reached, existing or not: what a caller has to look at before it merges. */
export function referencedTemplates(
  references: readonly TemplateReference[],
  templates: Templates,
): { readonly analysisTemplates: ReadonlySet<string>; readonly clusterAnalysisTemplates: ReadonlySet<string> } {
  const closure = templateClosure(references, templates);
  const named = [...closure.found, ...closure.missing];
  const ofKind = (kind: FoundTemplate['kind']) => new Set(named.filter((one) => one.kind === kind).map((one) => one.name));
  return { analysisTemplates: ofKind('AnalysisTemplate'), clusterAnalysisTemplates: ofKind('ClusterAnalysisTemplate') };
}
