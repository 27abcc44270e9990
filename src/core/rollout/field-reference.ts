/** Reads a field of a Rollout by the path that an argument names: `metadata.labels['region']`, `status.currentPodHash`, `spec.template.spec.containers[0].image`. */

/** The text of the value; undefined where there is nothing or no plain value there. */
export function lookUpField(object: unknown, path: string): string | undefined {
  let value: unknown = object;
  for (const key of segments(path) ?? [undefined]) {
    if (key === undefined || typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

const segment = /\.?([^.[\]]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]/uy;

function segments(path: string): readonly string[] | undefined {
  const found: string[] = [];
  segment.lastIndex = 0;
  while (segment.lastIndex < path.length) {
    const match = segment.exec(path);
    if (match === null) return undefined;
    found.push(match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
  }
  return found.length > 0 ? found : undefined;
}
