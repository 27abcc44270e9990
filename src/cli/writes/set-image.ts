/** What `set-image` writes: other images into a pod template, found by the names of containers; `*` means all of them. */
import type { JsonPatchOperation } from '../../runtime/cluster.ts';

export interface WantedImage {
  readonly container: string;
  readonly image: string;
}

/** Undefined for what is not CONTAINER=IMAGE. */
export function readWantedImage(text: string): WantedImage | undefined {
  const equals = text.indexOf('=');
  const [container, image] = [text.slice(0, equals), text.slice(equals + 1)];
  return equals <= 0 || image === '' ? undefined : { container, image };
}

export interface ImageChange {
  readonly container: string;
  readonly from: string;
  readonly to: string;
}

export interface ImageChanges {
  readonly changes: readonly ImageChange[];
  /** Fails where somebody has put another container into the place meanwhile. */
  readonly patch: readonly JsonPatchOperation[];
}

const lists = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** `pointer`: JSON pointer of the template. A sentence where a container is not there. */
export function imageChanges(
  template: unknown,
  pointer: string,
  wanted: readonly WantedImage[],
): ImageChanges | { readonly refused: string } {
  const changes: ImageChange[] = [];
  const patch: JsonPatchOperation[] = [];
  const found = containersIn(template, pointer);
  for (const { container, image } of wanted) {
    const meant = found.filter(({ name }) => container === '*' || name === container);
    if (meant.length === 0)
      return { refused: `there is no container ${container}; there is ${found.map(({ name }) => name).join(', ')}` };
    for (const { name, path, image: from } of meant) {
      if (from === image) continue;
      changes.push({ container: name, from, to: image });
      patch.push({ op: 'test', path: `${path}/name`, value: name }, { op: 'add', path: `${path}/image`, value: image });
    }
  }
  return { changes, patch };
}

function containersIn(template: unknown, pointer: string) {
  const spec: unknown = isFields(template) ? template.spec : undefined;
  return lists.flatMap((list) => {
    const all: unknown = isFields(spec) ? spec[list] : undefined;
    return (Array.isArray(all) ? all : []).map((one: unknown, index) => {
      const { name, image } = isFields(one) ? one : {};
      return { name: String(name ?? ''), image: String(image ?? ''), path: `${pointer}/spec/${list}/${index}` };
    });
  });
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
