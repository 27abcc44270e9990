/** What the players need to know of one Rollout before a scenario begins: the objects of its world, complete, and where its users come in. */
import type { KubeObject, Resource } from '../api/kubernetes.ts';
import type { Entrance } from '../simulation/traffic/traffic-model.ts';
import type { RehearsedRollout } from './report.ts';

export interface Stage {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: RehearsedRollout['strategy'];
  readonly replicas: number;
  /** Everything that is applied, the Rollout last. */
  readonly objects: readonly KubeObject[];
  /** The object that holds the pod template: the Rollout, or what it refers to. */
  readonly holder: { readonly resource: Resource; readonly name: string; readonly object: KubeObject };
  /** Names of the image of the first container, as each version has it. */
  readonly images: VersionImages;
  /** Where requests come in; rates are parts (0 to 1) of what users send, or requests a second of testers. */
  readonly entrances: readonly Entrance[];
  readonly steps: number;
  /** Which of its routes the gateway can refuse. */
  readonly hasGatewayRoutes: boolean;
  readonly asksPrometheus: boolean;
  /** Names of Services that select the pods of the Rollout. */
  readonly services: readonly string[];
  /** What autoscalers see of pods, in percent of what they ask for; undefined where there is none. */
  readonly utilization: number | undefined;
  /** The longest that the Rollout may stand still by what the manifests say. */
  readonly patienceMs: number;
}

export interface VersionImages {
  readonly old: string;
  readonly new: string;
  readonly next: string;
}

export type VersionName = keyof VersionImages;

/** The API server refuses what the manifests say; a sentence for a person. */
export class RefusedManifest extends Error {}
