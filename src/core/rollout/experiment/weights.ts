/**
 * Which share of the traffic the templates of an experiment get, taken from stable: while its pods are there and seen to answer, and only
 * once the stored status names it, so that its pods stay for as long as routes may lead to them.
 */
import type { Service } from '../../../api/kubernetes.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import type { AdditionalRoute } from '../routes.ts';
import type { Situation } from '../situation.ts';
import { recordedExperiment } from './step-experiment.ts';

export function additionalRoutes(
  situation: Situation,
  course: Course,
  index: number,
  canaryWeight: number,
): readonly AdditionalRoute[] {
  const { frozen, maxWeight, observed } = situation;
  if (moment(situation, course) !== 'update' || course.promoteFull) return [];
  // Steps of an invalid spec are not obeyed: what is there stays while it answers.
  const wanted = frozen
    ? (observed.routes?.desired.additional ?? []).filter(({ service }) => isRunning(situation, course, index, service))
    : wantedRoutes(situation, course, index);
  const fitting: AdditionalRoute[] = [];
  let left = maxWeight - canaryWeight;
  for (const route of wanted) {
    if (route.weight > left || !answers(situation, route.service)) continue;
    left -= route.weight;
    fitting.push(route);
  }
  return fitting;
}

function wantedRoutes(situation: Situation, course: Course, index: number): readonly AdditionalRoute[] {
  const { steps, status, observed, canary } = situation;
  const step = steps[index]?.experiment;
  const experiment = recordedExperiment(situation, course, index);
  if (step === undefined || experiment === undefined || status.canary?.currentExperiment !== experiment.metadata.name) return [];
  const stable = observed.services.get(canary.stableService ?? '');
  return (step.templates ?? []).flatMap(({ name, weight = 0 }): AdditionalRoute[] => {
    const service = experiment.status?.templateStatuses?.find((one) => one.name === name)?.serviceName;
    if (weight <= 0 || service === undefined || !isRunning(situation, course, index, service)) return [];
    return [{ service, weight, ports: portsOf(stable, observed.services.get(service)) }];
  });
}

function isRunning(situation: Situation, course: Course, index: number, service: string): boolean {
  const { phase, templateStatuses = [] } = recordedExperiment(situation, course, index)?.status ?? {};
  return phase === 'Running' && templateStatuses.some(({ serviceName, status }) => serviceName === service && status === 'Running');
}

function answers({ observed }: Situation, service: string): boolean {
  return (observed.endpointSlices.get(service) ?? []).some((slice) =>
    (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false),
  );
}

/** port of the stable Service -> the port of this one that leads to the same port of the pods */
export function portsOf(stable: Service | undefined, own: Service | undefined): Readonly<Record<string, number>> {
  const found = (stable?.spec.ports ?? []).flatMap(({ port, targetPort = port }) => {
    const same = (own?.spec.ports ?? []).find((one) =>
      typeof targetPort === 'number' ? one.port === targetPort : one.name === targetPort,
    );
    return same === undefined ? [] : [[String(port), same.port] as const];
  });
  return Object.fromEntries(found);
}
