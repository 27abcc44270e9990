/** The ports of the Service that an experiment gives to a template: one for each port that its containers declare. */
import type { PodTemplate, Service } from '../../api/kubernetes.ts';

export interface ContainerPort {
  readonly containerPort: number;
  readonly name?: string;
  readonly protocol: string;
}

/** What the containers declare, each port and protocol once; what is no port is left out. */
export function containerPorts(template: PodTemplate | undefined): readonly ContainerPort[] {
  const containers: unknown = template?.spec?.containers;
  const declared = listOf(containers).flatMap((container) => listOf(fieldOf(container, 'ports')));
  const found = new Map<string, ContainerPort>();
  for (const port of declared) {
    const [containerPort, name, protocol] = ['containerPort', 'name', 'protocol'].map((key) => fieldOf(port, key));
    if (typeof containerPort !== 'number') continue;
    const worded = typeof protocol === 'string' && protocol !== '' ? protocol : 'TCP';
    const key = `${worded}/${containerPort}`;
    const named = typeof name === 'string' && name !== '' ? { name } : {};
    if (!found.has(key)) found.set(key, { containerPort, protocol: worded, ...named });
  }
  return [...found.values()];
}

/** As a Service has them. Where there are several each needs a name, so those without one get one. */
export function servicePorts(template: PodTemplate | undefined): NonNullable<Service['spec']['ports']> {
  const declared = containerPorts(template);
  return declared.map(({ containerPort, name, protocol }) => {
    const named = name ?? (declared.length > 1 ? `${protocol.toLowerCase()}-${containerPort}` : undefined);
    return { ...(named === undefined ? {} : { name: named }), port: containerPort, targetPort: containerPort, protocol };
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
