/**
 * The name of a list of canary steps: `status.currentStepHash`. Equal, to the bit, to what the incumbent gives to the same steps, so that
 * taking over from it in the middle of an update does not start the steps again.
 */
import { fingerprint } from './fingerprint.ts';
import { compileWriter } from './go-writer.ts';

/** Same notation as pod-template-fields.generated.ts: struct -> fields in the order in which they are written. */
const stepFields: Readonly<Record<string, string>> = {
  Steps: 'steps!:[]Step',
  Step:
    'setWeight:*int32 pause:*Pause experiment:*Experiment analysis:*Analysis setCanaryScale:*CanaryScale ' +
    'setHeaderRoute:*HeaderRoute setMirrorRoute:*MirrorRoute plugin:*Plugin',
  Pause: 'duration:*@IntOrString',
  CanaryScale: 'weight:*int32 replicas:*int32 matchTrafficWeight:bool',
  HeaderRoute: 'name:string match:[]HeaderMatch',
  HeaderMatch: 'headerName!:string headerValue!:*StringMatch',
  StringMatch: 'exact:string prefix:string regex:string',
  MirrorRoute: 'name!:string match:[]RouteMatch percentage:*int32',
  RouteMatch: 'method:*StringMatch path:*StringMatch headers:{}StringMatch',
  Plugin: 'name!:string config:@raw',
  Analysis:
    'templates:[]TemplateRef args:[]Argument dryRun:[]DryRun measurementRetention:[]Retention analysisRunMetadata:*Metadata',
  TemplateRef: 'templateName!:string clusterScope:bool',
  Argument: 'name!:string value:string valueFrom:*ArgumentSource',
  ArgumentSource: 'podTemplateHashValue:*string fieldRef:*FieldRef',
  FieldRef: 'fieldPath!:string',
  DryRun: 'metricName!:string',
  Retention: 'metricName!:string limit!:int32',
  Metadata: 'labels:{}string annotations:{}string',
  Experiment:
    'templates!:[]ExperimentTemplate duration:string analyses:[]ExperimentAnalysis dryRun:[]DryRun ' +
    'analysisRunMetadata!:Metadata scaleDownDelaySeconds:*int32',
  ExperimentTemplate:
    'name!:string specRef!:string replicas:*int32 metadata!:Metadata selector:*Selector weight:*int32 service:*ServiceRef',
  ExperimentAnalysis: 'name!:string templateName!:string clusterScope:bool args:[]Argument requiredForCompletion:bool',
  Selector: 'matchLabels:{}string matchExpressions:[]Requirement',
  Requirement: 'key!:string operator!:string values:[]string',
  ServiceRef: 'name:string',
};

const hashed = compileWriter(stepFields, 'Steps');

/**
 * The hash of `canary.steps`; undefined or null means that there are none, which has a hash too. (A blue-green Rollout has the empty
 * text instead of a hash: that is the caller's to say.)
 */
export function stepHash(steps: readonly unknown[] | null | undefined): string {
  const text = hashed.write({ steps }) ?? '';
  return fingerprint(text.slice('{"steps":'.length, -1));
}
