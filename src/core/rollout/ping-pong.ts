/**
 * `pingPong`: two Services take turns in being the stable one, so that no selector ever moves under traffic. Which of them it is,
 * `status.canary.stablePingPong` says; a promotion turns it over, in the very write that makes the new version the stable one.
 */
import type { CanaryStatus, CanaryStrategy } from '../../api/rollout.ts';

type Turn = 'ping' | 'pong';

/** The strategy with its Services by their present roles; ping is the stable one where the status does not say. */
export function inTurn(canary: CanaryStrategy, status: CanaryStatus | undefined): CanaryStrategy {
  const { pingPong } = canary;
  if (pingPong === undefined) return canary;
  const { pingService, pongService } = pingPong;
  const [stableService, canaryService] = turnOf(status) === 'ping' ? [pingService, pongService] : [pongService, pingService];
  return { ...canary, stableService, canaryService };
}

/** `promoted`: a version takes the place of the stable one, by the Service that was the canary's. */
export function nextTurn(canary: CanaryStrategy, status: CanaryStatus | undefined, promoted: boolean): Turn | undefined {
  if (canary.pingPong === undefined) return undefined;
  const turn = turnOf(status);
  return promoted ? (turn === 'ping' ? 'pong' : 'ping') : turn;
}

function turnOf(status: CanaryStatus | undefined): Turn {
  return status?.stablePingPong === 'pong' ? 'pong' : 'ping';
}
