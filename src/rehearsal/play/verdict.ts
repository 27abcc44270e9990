/** Whether a play ended well, by what its scenario expects, and why, in a sentence. */
import type { Ending, PlayedScenario } from '../report.ts';
import type { Expectation } from '../scenario.ts';

export interface Outcome {
  readonly ending: Ending;
  readonly expects: Expectation;
  readonly figures: Pick<PlayedScenario, 'secondsToSafe' | 'failedRequests'>;
  readonly phase: string;
  readonly message: string;
  /** Users are harmed to the end. */
  readonly isHarming: boolean;
}

export function judge(outcome: Outcome): Pick<PlayedScenario, 'endsWell' | 'why'> {
  return { endsWell: isWell(outcome), why: whyOf(outcome) };
}

function isWell({ ending, expects, isHarming, message }: Outcome): boolean {
  switch (expects) {
    case 'completes':
      return ending === 'completed' && !isHarming;
    case 'taken-back':
      return ending === 'aborted' && !isHarming;
    case 'settles':
      return (ending === 'completed' || ending === 'aborted') && !isHarming;
    case 'safe':
      return ending !== 'completed' && !isHarming && message !== '';
    case 'gone':
      return ending === 'gone' && !isHarming;
    default:
      return expects satisfies never;
  }
}

function whyOf({ ending, expects, phase, message, isHarming }: Outcome): string {
  const said = (message === '' ? phase : `${phase}: ${message}`).replace(/\.$/, '');
  const harm = isHarming ? ' Users are still harmed by it.' : '';
  switch (ending) {
    case 'completed':
      return expects === 'taken-back' || expects === 'safe'
        ? `Nothing took the bad version back: it was promoted and all requests go to it.${harm}`
        : `The new version was promoted and is the stable one.${harm}`;
    case 'aborted':
      return `The old version has all requests again. ${message === '' ? 'Its template was put back.' : `The status says: ${said}.`}${harm}`;
    case 'waiting':
      return `It waits for a person, and nothing says when one comes. The status says: ${said}.${harm}`;
    case 'stuck':
      return `It goes neither on nor back. The status says: ${said}.${harm}`;
    case 'gone':
      return `The Rollout was deleted.${harm}`;
    default:
      return ending satisfies never;
  }
}
