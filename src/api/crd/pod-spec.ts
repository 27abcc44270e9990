/**
 * What a CRD says of the pods in a template: everything is kept, whatever Kubernetes calls it, and the three defaults are filled in that
 * the pod-template hash of existing ReplicaSets was made with. Nothing else may be declared here, or templates would hash differently.
 */
import type { StructuralSchema } from './structural-schema.ts';

/** An object of which some fields are named and all others are kept. */
function open(properties: Readonly<Record<string, StructuralSchema>>): StructuralSchema {
  return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties };
}

function each(items: StructuralSchema, description?: string): StructuralSchema {
  return { type: 'array', ...(description === undefined ? {} : { description }), items };
}

const probe = open({ grpc: open({ service: { type: 'string', default: '' } }) });

const container = open({
  env: each(open({ valueFrom: open({ fileKeyRef: open({ optional: { type: 'boolean', default: false } }) }) })),
  ports: each(open({ protocol: { type: 'string', default: 'TCP' } })),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
});

export const podSpecSchema: StructuralSchema = open({
  containers: each(container, 'The containers, as in a Pod: kubectl explain pod.spec.containers.'),
  initContainers: each(container, 'As in a Pod: kubectl explain pod.spec.initContainers.'),
  ephemeralContainers: each(container, 'As in a Pod: kubectl explain pod.spec.ephemeralContainers.'),
});
