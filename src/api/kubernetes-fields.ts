/** Schemas of the parts of Kubernetes' own API that our kinds embed: selectors, pod templates, metadata for children. */
import * as z from 'zod';
import { list, object, rawObject, requiredText, stringMap, strings } from './fields.ts';
import type { ObjectMeta } from './kubernetes.ts';

/** The API server has checked it already; it is taken as it is. */
export const objectMetaSchema = z
  .custom<ObjectMeta>((value) => typeof value === 'object' && value !== null)
  .meta({ objectMeta: true });

export const labelSelectorSchema = z.object({
  matchLabels: stringMap('Labels that must be present with exactly these values.'),
  matchExpressions: list(
    z.object({
      key: requiredText('The label that the requirement speaks of.'),
      operator: requiredText('In, NotIn, Exists or DoesNotExist.'),
      values: strings('The values for In and NotIn; empty for Exists and DoesNotExist.'),
    }),
    'Requirements on labels, all of which must hold.',
  ),
});

export const podTemplateSchema = z
  .object({
    metadata: object(
      z.object({
        labels: stringMap('Labels that every pod gets. They must contain what the selector asks for.'),
        annotations: stringMap('Annotations that every pod gets.'),
      }),
      'Labels and annotations of the pods; other metadata is not kept.',
    ),
    spec: rawObject('The pod, exactly as in a Deployment. Every field of the cluster in use is allowed.'),
  })
  .meta({ podTemplate: true });

export const childMetadataSchema = z.object({
  labels: stringMap('Labels to add.'),
  annotations: stringMap('Annotations to add.'),
});
