/** The Experiment that a step of a canary asks for: its pods from the two versions, its arguments from the Rollout, its name and owner. */
import type { Experiment, ExperimentTemplate } from '../../../api/experiment.ts';
import type { PodTemplate } from '../../../api/kubernetes.ts';
import { annotations, argoApiVersion, labels } from '../../../api/names.ts';
import type { Problem } from '../../../api/problem.ts';
import type { CanaryStep, RolloutArgument } from '../../../api/rollout.ts';
import { readableTemplate } from '../identity/pod-template-hash.ts';
import { ownTemplate } from '../injected/injected-template.ts';
import { controllerReference } from '../revisions.ts';
import { resolveSource } from '../run-spec.ts';
import type { Situation } from '../situation.ts';

export type ExperimentStep = NonNullable<CanaryStep['experiment']>;
type StepTemplate = NonNullable<ExperimentStep['templates']>[number];

export type WantedExperiment = { readonly experiment: Experiment } | { readonly problems: readonly Problem[] };

/** As it would be created under its first name. */
export function wantedExperiment(situation: Situation, index: number, step: ExperimentStep): WantedExperiment {
  const { rollout, hash, revision } = situation;
  const { metadata, spec } = rollout;
  const analyses = analysesOf(situation, index, step);
  if ('problems' in analyses) return analyses;
  const instance = metadata.labels?.[labels.instanceId];
  const { duration, dryRun, analysisRunMetadata, scaleDownDelaySeconds } = step;
  const experiment: Experiment = {
    apiVersion: argoApiVersion,
    kind: 'Experiment',
    metadata: {
      name: experimentName(situation, index),
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: {
        ...spec.selector?.matchLabels,
        [labels.podTemplateHash]: hash,
        ...(instance === undefined ? {} : { [labels.instanceId]: instance }),
      },
      annotations: { [annotations.revision]: String(revision) },
      ownerReferences: [controllerReference(situation)],
    },
    spec: {
      templates: (step.templates ?? []).map((template) => templateOf(situation, template)),
      ...(duration === undefined ? {} : { duration }),
      ...(spec.progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds: spec.progressDeadlineSeconds }),
      ...(analyses.analyses.length === 0 ? {} : { analyses: analyses.analyses }),
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(analysisRunMetadata === undefined ? {} : { analysisRunMetadata }),
      ...(scaleDownDelaySeconds === undefined ? {} : { scaleDownDelaySeconds }),
    },
  };
  return { experiment };
}

/** `<rollout>-<hash>-<revision>-<step>`. */
export function experimentName({ name, hash, revision }: Pick<Situation, 'name' | 'hash' | 'revision'>, index: number): string {
  return `${name}-${hash}-${revision}-${index}`;
}

/** Pods of one of the two versions, with what the step says of them. */
function templateOf(situation: Situation, template: StepTemplate): ExperimentTemplate {
  const { rollout } = situation;
  const { name, replicas, metadata, weight } = template;
  const pods = podsOf(situation, template.specRef);
  const selector = template.selector ?? rollout.spec.selector;
  const service = template.service ?? (weight === undefined ? undefined : {});
  const { minReadySeconds } = rollout.spec;
  return {
    name,
    ...(replicas === undefined ? {} : { replicas }),
    ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    ...(selector === undefined ? {} : { selector }),
    template: { ...pods, metadata: withMetadata(pods.metadata, metadata) },
    ...(service === undefined ? {} : { service }),
  };
}

type Metadata = NonNullable<PodTemplate['metadata']>;

function withMetadata(own: Metadata | undefined, more: Metadata | undefined): Metadata {
  const worn = (key: keyof Metadata) => ({ ...own?.[key], ...more?.[key] });
  const [podLabels, podAnnotations] = [worn('labels'), worn('annotations')];
  return { labels: podLabels, ...(Object.keys(podAnnotations).length === 0 ? {} : { annotations: podAnnotations }) };
}

/** The user's template of that version, without what controllers put on its ReplicaSet. */
function podsOf({ rollout, stable }: Situation, specRef: string): PodTemplate {
  const isStable = specRef === 'stable' && stable !== undefined;
  return isStable ? ownTemplate(stable.replicaSet) : readableTemplate(rollout.spec.template ?? {});
}

type Analyses = NonNullable<Experiment['spec']['analyses']>;

/** With what is known of the Rollout put into their arguments. */
function analysesOf(
  situation: Situation,
  index: number,
  { analyses = [] }: ExperimentStep,
): { readonly analyses: Analyses } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const filled = analyses.map((analysis, at) => {
    const path = `spec.strategy.canary.steps[${index}].experiment.analyses[${at}]`;
    const { name, templateName, clusterScope, requiredForCompletion, args } = analysis;
    const given = (args ?? []).map((argument, position) => {
      const found = argumentOf(situation, argument);
      if ('value' in found) return { name: argument.name, value: found.value };
      const message = `args.${argument.name} was not resolved: ${found.problem}`;
      problems.push({ path: `${path}.args[${position}].valueFrom`, message });
      return { name: argument.name };
    });
    return {
      name,
      templateName,
      ...(clusterScope === undefined ? {} : { clusterScope }),
      ...(requiredForCompletion === undefined ? {} : { requiredForCompletion }),
      ...(given.length === 0 ? {} : { args: given }),
    };
  });
  return problems.length > 0 ? { problems } : { analyses: filled };
}

function argumentOf(situation: Situation, { value, valueFrom }: RolloutArgument): ReturnType<typeof resolveSource> {
  return valueFrom === undefined ? { value: value ?? '' } : resolveSource(situation, valueFrom);
}
