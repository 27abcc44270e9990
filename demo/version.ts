/** Tells which version of the shop a container runs. Pure. */
import { parseImage } from '../tools/cluster/kubelet/image-table.ts';

export interface ShopContainer {
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** As its SHOP_VERSION says, else the tag of its image; undefined where neither does. */
export function versionIn(container: ShopContainer | undefined): string | undefined {
  const named = container?.env?.find(({ name }) => name === 'SHOP_VERSION')?.value;
  if (named !== undefined) return named;
  const tag = container?.image === undefined ? '' : parseImage(container.image).tag;
  return tag === '' ? undefined : tag;
}
