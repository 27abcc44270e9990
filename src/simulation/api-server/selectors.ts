/** Label and field selectors in their text form, as list and watch take them. */
import type { KubeObject, LabelSelector, LabelSelectorRequirement } from '../../api/kubernetes.ts';
import { matchesLabels } from '../../api/label-selector.ts';
import { ApiError } from '../../runtime/cluster.ts';
import { memberAt } from './json.ts';

export type Selects = (object: KubeObject) => boolean;

/** Undefined where everything is selected. Throws ApiError `invalid` for text that is no selector. */
export function selectsBy(options: { readonly labelSelector?: string; readonly fieldSelector?: string }): Selects | undefined {
  const { labelSelector = '', fieldSelector = '' } = options;
  const labels = labelSelector === '' ? undefined : parseLabelSelector(labelSelector);
  const fields = fieldSelector === '' ? undefined : parseFieldSelector(fieldSelector);
  if (labels === undefined && fields === undefined) return undefined;
  return (object) =>
    (labels === undefined || matchesLabels(labels, object.metadata.labels ?? {})) && (fields === undefined || fields(object));
}

export function parseLabelSelector(text: string): LabelSelector {
  return { matchExpressions: splitOutsideParentheses(text).map(parseRequirement) };
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseRequirement(text: string): LabelSelectorRequirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set?.[1] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1], operator: set[2] === 'in' ? 'In' : 'NotIn', values };
  }
  const equality = /^([^=!\s]+)\s*(==?|!=)\s*(\S*)$/.exec(text);
  if (equality?.[1] !== undefined)
    return { key: equality[1], operator: equality[2] === '!=' ? 'NotIn' : 'In', values: [equality[3] ?? ''] };
  if (/^![^\s=]+$/.test(text)) return { key: text.slice(1), operator: 'DoesNotExist' };
  if (/^[^\s=!]+$/.test(text)) return { key: text, operator: 'Exists' };
  throw new ApiError('invalid', `unable to parse requirement: ${text}`, { status: 400, reason: 'BadRequest' });
}

function parseFieldSelector(text: string): Selects {
  const terms = text.split(',').map((term) => {
    const parsed = /^([^=!]+)(==?|!=)(.*)$/.exec(term);
    if (parsed?.[1] === undefined)
      throw new ApiError('invalid', `invalid field selector: ${term}`, { status: 400, reason: 'BadRequest' });
    return { path: parsed[1].split('.'), isEqual: parsed[2] !== '!=', value: parsed[3] ?? '' };
  });
  return (object) => terms.every(({ path, isEqual, value }) => (String(memberAt(object, path) ?? '') === value) === isEqual);
}
