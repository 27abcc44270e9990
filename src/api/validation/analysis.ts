/** What is wrong with what a Rollout says of an analysis; the templates themselves are checked where they are known. */
import type { Problem } from '../problem.ts';
import type { RolloutAnalysis, RolloutArgument } from '../rollout.ts';

const METADATA_FIELD = /^metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])$/;

export function analysisProblems({ templates, args }: RolloutAnalysis, path: string): readonly Problem[] {
  return [
    ...(templates ?? []).flatMap(({ templateName }, index) =>
      templateName === '' ? [{ path: `${path}.templates[${index}].templateName`, message: 'must not be empty' }] : [],
    ),
    ...(args ?? []).flatMap((argument, index) => argumentProblems(argument, `${path}.args[${index}]`)),
  ];
}

/** Of one argument that a Rollout gives. */
export function argumentProblems({ value, valueFrom }: RolloutArgument, path: string): readonly Problem[] {
  if (valueFrom === undefined) return [];
  if (value !== undefined) return [{ path, message: 'must have only one of value and valueFrom' }];
  const { podTemplateHashValue, fieldRef } = valueFrom;
  if ((podTemplateHashValue === undefined) === (fieldRef === undefined)) {
    return [{ path: `${path}.valueFrom`, message: 'must have exactly one of podTemplateHashValue and fieldRef' }];
  }
  const fieldPath = fieldRef?.fieldPath;
  if (fieldPath === undefined || !fieldPath.startsWith('metadata') || METADATA_FIELD.test(fieldPath)) return [];
  return [
    {
      path: `${path}.valueFrom.fieldRef.fieldPath`,
      message: `must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key'], got ${JSON.stringify(fieldPath)}`,
    },
  ];
}
