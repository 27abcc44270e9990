/** What is wrong with what a strategy adds to pods: metadata of a role, and anti-affinity. */
import { labels as names } from '../names.ts';
import type { Problem } from '../problem.ts';
import type { BlueGreenStrategy, CanaryStrategy, RolloutSpec } from '../rollout.ts';

const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';

export function antiAffinityProblems(
  antiAffinity: CanaryStrategy['antiAffinity'] | BlueGreenStrategy['antiAffinity'],
  path: string,
): readonly Problem[] {
  if (antiAffinity === undefined) return [];
  const isPreferred = antiAffinity[preferred] !== undefined;
  if (isPreferred === (antiAffinity[required] !== undefined))
    return [{ path, message: `must have exactly one of ${preferred} and ${required}` }];
  const weight = antiAffinity[preferred]?.weight;
  if (!isPreferred || (weight !== undefined && weight >= 1 && weight <= 100)) return [];
  const got = weight === undefined ? '' : `, got ${weight}`;
  return [{ path: `${path}.${preferred}.weight`, message: `must be from 1 to 100${got}` }];
}

/** Labels and annotations that the API server would refuse, and labels that pods cannot change without leaving their ReplicaSet. */
export function roleMetadataProblems({ selector, strategy }: RolloutSpec): readonly Problem[] {
  const { canary, blueGreen } = strategy ?? {};
  const roles = [
    ['canary.canaryMetadata', canary?.canaryMetadata],
    ['canary.stableMetadata', canary?.stableMetadata],
    ['blueGreen.activeMetadata', blueGreen?.activeMetadata],
    ['blueGreen.previewMetadata', blueGreen?.previewMetadata],
  ] as const;
  const expressions = (selector?.matchExpressions ?? []).map(({ key }) => key);
  const selected = new Set([...Object.keys(selector?.matchLabels ?? {}), ...expressions]);
  return roles.flatMap(([field, metadata]) => {
    const at = (section: string, key: string) => `spec.strategy.${field}.${section}[${JSON.stringify(key)}]`;
    const labels = Object.entries(metadata?.labels ?? {}).flatMap(([key, value]) => {
      const message = labelMistake(key, value, selected);
      return message === undefined ? [] : [{ path: at('labels', key), message }];
    });
    const noted = Object.keys(metadata?.annotations ?? {}).filter((key) => !isQualifiedName(key));
    return [...labels, ...noted.map((key) => ({ path: at('annotations', key), message: badKey }))];
  });
}

const badKey = 'must be a name such as tier or example.com/tier: letters, digits, -, _ and ., 63 at most';

function labelMistake(key: string, value: string, selected: ReadonlySet<string>): string | undefined {
  if (key === names.podTemplateHash) return 'must not be set: it tells the versions apart';
  if (selected.has(key)) return 'must not be one that spec.selector names: pods that lost it would belong to nobody';
  if (!isQualifiedName(key)) return badKey;
  const fits = value === '' || (value.length <= 63 && namePattern.test(value));
  return fits ? undefined : `must have a value of letters, digits, -, _ and ., 63 at most, got ${JSON.stringify(value)}`;
}

const namePattern = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const domainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isQualifiedName(key: string): boolean {
  const [first = '', second, ...more] = key.split('/');
  const [domain, name] = second === undefined ? [undefined, first] : [first, second];
  const isInDomain = domain === undefined || (domain.length <= 253 && domainPattern.test(domain));
  return more.length === 0 && isInDomain && name.length <= 63 && namePattern.test(name);
}
