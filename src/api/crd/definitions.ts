/** The CustomResourceDefinitions of every kind that Rampart serves: names, subresources and columns as clients know them. */
import type { z } from 'zod';
import { analysisRunSchema } from '../analysis-run.ts';
import { analysisTemplateSchema, clusterAnalysisTemplateSchema } from '../analysis-template.ts';
import { experimentSchema } from '../experiment.ts';
import type { Resource } from '../kubernetes.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments, rollouts } from '../resources.ts';
import { rolloutSchema } from '../rollout.ts';
import { type StructuralSchema, structuralSchema } from './structural-schema.ts';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
  readonly description: string;
}

export interface Definition {
  readonly resource: Resource;
  readonly singular: string;
  readonly shortName: string;
  readonly schema: StructuralSchema;
  /** Absent: the kind has none, so that clients write its status with the object. */
  readonly subresources?: unknown;
  readonly columns: readonly Column[];
}

const age: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since it was created.',
};
const phase: Column = { name: 'Status', type: 'string', jsonPath: '.status.phase', description: 'Its phase.' };
const count = (name: string, jsonPath: string, description: string): Column => ({ name, type: 'integer', jsonPath, description });

const envelope: Readonly<Record<string, StructuralSchema>> = {
  apiVersion: { type: 'string', description: 'Group and version: argoproj.io/v1alpha1.' },
  kind: { type: 'string', description: 'The kind of this object.' },
  metadata: { type: 'object' },
};

function rootSchema(schema: z.ZodObject): StructuralSchema {
  const { spec, status } = schema.shape;
  const { description = '' } = structuralSchema(schema);
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      ...envelope,
      spec: structuralSchema(spec as z.ZodType),
      ...(status === undefined ? {} : { status: structuralSchema(status as z.ZodType, true) }),
    },
  };
}

export const definitions: readonly Definition[] = [
  {
    resource: rollouts,
    singular: 'rollout',
    shortName: 'ro',
    schema: rootSchema(rolloutSchema),
    subresources: {
      scale: {
        specReplicasPath: '.spec.replicas',
        statusReplicasPath: '.status.HPAReplicas',
        labelSelectorPath: '.status.selector',
      },
      status: {},
    },
    columns: [
      count('Desired', '.spec.replicas', 'Pods wanted.'),
      count('Current', '.status.replicas', 'Pods of all versions.'),
      count('Up-to-date', '.status.updatedReplicas', 'Pods of the newest version.'),
      count('Available', '.status.availableReplicas', 'Pods that are available.'),
      age,
    ],
  },
  {
    resource: analysisTemplates,
    singular: 'analysistemplate',
    shortName: 'at',
    schema: rootSchema(analysisTemplateSchema),
    columns: [age],
  },
  {
    resource: clusterAnalysisTemplates,
    singular: 'clusteranalysistemplate',
    shortName: 'cat',
    schema: rootSchema(clusterAnalysisTemplateSchema),
    columns: [age],
  },
  {
    resource: analysisRuns,
    singular: 'analysisrun',
    shortName: 'ar',
    schema: rootSchema(analysisRunSchema),
    columns: [phase, age],
  },
  { resource: experiments, singular: 'experiment', shortName: 'exp', schema: rootSchema(experimentSchema), columns: [phase, age] },
];

/** The whole object, as `kubectl apply` takes it. */
export function customResourceDefinition({ resource, singular, shortName, schema, subresources, columns }: Definition): object {
  const { group, version, kind, plural, namespaced } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'rampart' } },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, shortNames: [shortName], singular },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: schema },
          subresources: subresources ?? {},
        },
      ],
    },
  };
}
