/** The shop's manifests for a cluster where others live: in its own namespace, for its own Rampart, behind the gateway that is there. Pure. */
import { type Document, parseAllDocuments } from 'yaml';
import { labels } from '../../src/api/names.ts';
import type { Meeting } from './gateway.ts';

export interface ShopPlace {
  readonly namespace: string;
  /** Only the Rampart of this name serves the shop. */
  readonly instanceId: string;
  /** Runs the shop by `node /app/shop/shop.ts`. */
  readonly image: string;
  readonly meeting: Meeting;
  /** How long a rate is taken over, and how long traffic flows before it is asked for. */
  readonly windowSeconds: number;
}

const container = ['spec', 'template', 'spec', 'containers', 0] as const;

/** Where the version stands in the Rollout, as a JSON pointer. */
export const versionPath = `/${[...container, 'env', 0, 'value'].join('/')}`;

/** A YAML stream of all documents of `yaml`, in order. Of the Rollout, the version is `v1`. */
export function placeShop(yaml: string, place: ShopPlace): string {
  const documents = [...parseAllDocuments(yaml)] as Document[];
  for (const document of documents) {
    document.setIn(['metadata', 'namespace'], place.namespace);
    if (String(document.get('apiVersion')).startsWith('argoproj.io/')) {
      document.setIn(['metadata', 'labels', labels.instanceId], place.instanceId);
    }
    const change = changes[String(document.get('kind'))];
    change?.(document, place);
  }
  return documents.map((document) => document.toString()).join('---\n');
}

/** kind -> what is different about it */
const changes: Readonly<Record<string, (document: Document, place: ShopPlace) => void>> = {
  HTTPRoute: (document, { meeting: { namespace, name, sectionName, host } }) => {
    document.setIn(['spec', 'parentRefs'], document.createNode([{ namespace, name, sectionName }]));
    document.setIn(['spec', 'hostnames'], document.createNode([host]));
  },
  AnalysisTemplate: (document, { windowSeconds }) => {
    const query = ['spec', 'metrics', 0, 'provider', 'prometheus', 'query'];
    document.setIn(query, String(document.getIn(query)).replaceAll('[5s]', `[${windowSeconds}s]`));
  },
  Rollout: (document, { image, windowSeconds }) => {
    document.setIn([...container, 'image'], image);
    document.setIn([...container, 'command'], document.createNode(['node', '/app/shop/shop.ts']));
    document.setIn([...container, 'env'], document.createNode([{ name: 'SHOP_VERSION', value: 'v1' }]));
    const steps = ['spec', 'strategy', 'canary', 'steps'];
    for (let index = 0; document.hasIn([...steps, index]); index++) {
      const duration = [...steps, index, 'pause', 'duration'];
      if (document.hasIn(duration)) document.setIn(duration, `${windowSeconds}s`);
    }
  },
};
