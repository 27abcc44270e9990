/** Label selectors as Kubernetes means them: which labels they match, and what is wrong with one. */
import type { LabelSelector, LabelSelectorRequirement } from './kubernetes.ts';
import type { Problem } from './problem.ts';

type Labels = Readonly<Record<string, string>>;

/** True if every requirement holds. An empty selector matches everything; an operator that does not exist matches nothing. */
export function matchesLabels(selector: LabelSelector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) => matchesRequirement(requirement, labels[requirement.key]));
}

function matchesRequirement({ operator, values = [] }: LabelSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** What the API server would refuse in a ReplicaSet's selector. */
export function selectorProblems(selector: LabelSelector, path: string): readonly Problem[] {
  return (selector.matchExpressions ?? []).flatMap(({ operator, values = [] }, index) => {
    const at = `${path}.matchExpressions[${index}]`;
    switch (operator) {
      case 'In':
      case 'NotIn':
        return values.length > 0
          ? []
          : [{ path: `${at}.values`, message: `must hold at least one value for the operator ${operator}` }];
      case 'Exists':
      case 'DoesNotExist':
        return values.length === 0 ? [] : [{ path: `${at}.values`, message: `must be empty for the operator ${operator}` }];
      default:
        return [{ path: `${at}.operator`, message: `must be In, NotIn, Exists or DoesNotExist, got ${JSON.stringify(operator)}` }];
    }
  });
}

/** As queries and the scale subresource want it: `app=shop,tier in (web,api)`. */
export function selectorText(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const rules = (selector.matchExpressions ?? []).map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'NotIn' ? 'notin' : 'in'} (${[...(values ?? [])].sort().join(',')})`;
  });
  return [...equal.sort(), ...rules].join(',');
}
