/** What is wrong with a blue-green strategy by itself. */
import { parseIntOrPercent } from '../int-or-percent.ts';
import type { Problem } from '../problem.ts';
import type { BlueGreenStrategy } from '../rollout.ts';
import { analysisProblems } from './analysis.ts';
import { antiAffinityProblems } from './injected.ts';
import { notNegative } from './limits.ts';

export function blueGreenProblems(blueGreen: BlueGreenStrategy, path: string): readonly Problem[] {
  const { prePromotionAnalysis, postPromotionAnalysis, maxUnavailable } = blueGreen;
  const { previewReplicaCount, autoPromotionSeconds } = blueGreen;
  const { scaleDownDelaySeconds, scaleDownDelayRevisionLimit, abortScaleDownDelaySeconds } = blueGreen;
  const delays = { scaleDownDelaySeconds, scaleDownDelayRevisionLimit, abortScaleDownDelaySeconds };
  const restart = parseIntOrPercent(maxUnavailable ?? '25%');
  return [
    ...serviceNameProblems(blueGreen, path),
    ...notNegative(path, { previewReplicaCount, autoPromotionSeconds, ...delays }),
    ...(restart.kind === 'error' ? [{ path: `${path}.maxUnavailable`, message: restart.error }] : []),
    ...antiAffinityProblems(blueGreen.antiAffinity, `${path}.antiAffinity`),
    ...(prePromotionAnalysis === undefined ? [] : analysisProblems(prePromotionAnalysis, `${path}.prePromotionAnalysis`)),
    ...(postPromotionAnalysis === undefined ? [] : analysisProblems(postPromotionAnalysis, `${path}.postPromotionAnalysis`)),
  ];
}

function serviceNameProblems({ activeService, previewService }: BlueGreenStrategy, path: string): readonly Problem[] {
  // An object that came past the schema may lack it.
  if (((activeService as string | undefined) ?? '') === '') {
    return [{ path: `${path}.activeService`, message: 'is required: name the Service that users reach' }];
  }
  if (activeService !== previewService) return [];
  return [{ path: `${path}.previewService`, message: `must differ from activeService, both are ${JSON.stringify(activeService)}` }];
}
