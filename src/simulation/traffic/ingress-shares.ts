/**
 * The Services behind an Ingress with their shares of its requests, as ingress-nginx splits them: a second Ingress with the same host and path
 * takes the part that its canary annotations say, under whatever prefix they stand. Annotations by header or cookie choose nobody here.
 */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import { ingresses } from '../../api/resources.ts';
import type { ApiServer } from '../api-server/api-server.ts';

interface Ingress extends KubeObject {
  readonly spec?: {
    readonly defaultBackend?: Backend;
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: { readonly paths?: readonly { readonly path?: string; readonly backend?: Backend }[] };
    }[];
  };
}

interface Backend {
  readonly service?: { readonly name: string };
}

export interface ServiceShare {
  readonly service: string | undefined;
  /** From 0 to 1. */
  readonly share: number;
}

/** Requests come in evenly over the paths. */
export function servicesOfIngress(server: ApiServer, namespace: string, name: string): readonly ServiceShare[] {
  const all = [...server.all(ingresses as Resource<Ingress>, namespace)];
  const asked = all.find(({ metadata }) => metadata.name === name);
  const places = asked === undefined ? [] : placesOf(asked);
  if (places.length === 0) return [{ service: undefined, share: 1 }];
  const canaries = all.filter((one) => one !== asked).map((one) => ({ places: placesOf(one), weight: canaryWeight(one) }));
  return places.flatMap(({ at, service }) => {
    const share = 1 / places.length;
    for (const { places: others, weight } of canaries) {
      const canary = weight === 0 ? undefined : others.find((other) => other.at === at);
      if (canary !== undefined)
        return [
          { service, share: share * (1 - weight) },
          { service: canary.service, share: share * weight },
        ].filter((one) => one.share > 0);
    }
    return [{ service, share }];
  });
}

function placesOf({ spec }: Ingress): readonly { readonly at: string; readonly service: string | undefined }[] {
  const ruled = (spec?.rules ?? []).flatMap(({ host = '*', http }) =>
    (http?.paths ?? []).map(({ path = '/', backend }) => ({ at: `${host}${path}`, service: backend?.service?.name })),
  );
  return ruled.length === 0 && spec?.defaultBackend !== undefined
    ? [{ at: '*/', service: spec.defaultBackend.service?.name }]
    : ruled;
}

/** From 0 to 1; 0 for what is no canary. */
function canaryWeight({ metadata }: Ingress): number {
  const worn = Object.entries(metadata.annotations ?? {});
  const value = (ending: string): string | undefined => worn.find(([key]) => key.endsWith(`/${ending}`))?.[1];
  if (value('canary') !== 'true') return 0;
  const total = Number(value('canary-weight-total') ?? 100) || 100;
  return Math.min(1, Math.max(0, (Number(value('canary-weight') ?? 0) || 0) / total));
}
