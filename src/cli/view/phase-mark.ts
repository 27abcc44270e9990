/** The sign and the colour of a phase, of whatever kind of object. */
import { type Tone, type Toned, toned } from '../print/tone.ts';

const marks: Readonly<Record<string, readonly [string, Tone]>> = {
  Healthy: ['✔', 'good'],
  Successful: ['✔', 'good'],
  Degraded: ['✖', 'bad'],
  Failed: ['✖', 'bad'],
  Error: ['⚠', 'bad'],
  Progressing: ['◌', 'busy'],
  Running: ['◌', 'busy'],
  Pending: ['◌', 'busy'],
  Paused: ['‖', 'waiting'],
  Inconclusive: ['?', 'waiting'],
  ScaledDown: ['•', 'dim'],
};

export function phaseMark(phase: string): Toned {
  const [mark, tone] = marks[phase] ?? ['·', 'plain'];
  return toned(`${mark} ${phase}`, tone);
}
