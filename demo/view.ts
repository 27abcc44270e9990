/** Draws a scene for people: lines of text for a terminal of a given width. Draws only; what it shows is decided elsewhere. */
import { styleText } from 'node:util';
import type { Happening, Revision, Scene } from './scene.ts';

type Style = Parameters<typeof styleText>[0];

const paint = (style: Style, text: string): string => styleText(style, text, { validateStream: false });

/** At most `rows` lines, none wider than `columns`. */
export function drawScene(scene: Scene, columns: number, rows: number): readonly string[] {
  const width = Math.max(60, columns);
  const fixed = [
    `${paint('bold', ' Rampart')}  ${clock(scene.nowMs)}  ${scene.title}`,
    '',
    ...field('steps', stepLines(scene, width - 11)),
    ...field('traffic', [weightBar(scene, Math.min(50, width - 40))]),
    ...field('pods', scene.revisions.filter(({ pods }) => pods > 0).map(podLine)),
    ...field('answers', scene.revisions.filter(({ sent }) => sent > 0).map(answerLine)),
    ...field('status', [`${paint(phaseStyle(scene.phase), scene.phase)}  ${clip(scene.message, width - 28)}`]),
    '',
  ];
  const room = Math.max(0, rows - fixed.length - 1);
  return [...fixed, ...scene.happenings.slice(-room).map((happening) => happeningLine(happening, width))].slice(0, rows);
}

/** One line for what happened, as the plain output prints it too. */
export function happeningLine({ atMs, type, reason, message }: Happening, width: number): string {
  const sign = type === 'Warning' ? paint('red', '!') : ' ';
  return ` ${paint('dim', clock(atMs))} ${sign} ${paint(type === 'Warning' ? 'red' : 'cyan', reason.padEnd(22))} ${clip(message, width - 34)}`;
}

/** Minutes and seconds, as 0:07. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function field(name: string, lines: readonly string[]): readonly string[] {
  return (lines.length === 0 ? [''] : lines).map((line, index) => ` ${paint('dim', (index === 0 ? name : '').padEnd(9))} ${line}`);
}

function stepLines(scene: Scene, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let length = 0;
  for (const [index, step] of scene.steps.entries()) {
    const current = scene.currentStep ?? 0;
    const [sign, style]: readonly [string, Style] =
      index < current ? ['✔', 'green'] : index === current ? ['▶', 'yellow'] : ['·', 'dim'];
    const text = `${sign} ${step}   `;
    if (length > 0 && length + text.length > width) {
      lines.push(line);
      line = '';
      length = 0;
    }
    line += paint(style, text);
    length += text.length;
  }
  return [...lines, line];
}

function weightBar(scene: Scene, width: number): string {
  const canaryCells = Math.round((scene.canaryWeight / 100) * width);
  const stable = scene.revisions.find(({ role }) => role === 'stable')?.version ?? 'stable';
  const canary = scene.revisions.find(({ role }) => role === 'canary')?.version ?? 'canary';
  const bar = paint('green', '█'.repeat(width - canaryCells)) + paint('yellow', '█'.repeat(canaryCells));
  const label =
    scene.canaryWeight === 0 ? `${stable} 100 %` : `${stable} ${100 - scene.canaryWeight} %  ${canary} ${scene.canaryWeight} %`;
  return `${bar} ${label}`;
}

function podLine({ version, role, readyPods, pods }: Revision): string {
  const style: Style = role === 'canary' ? 'yellow' : role === 'stable' ? 'green' : 'dim';
  const dots = paint(style, '●'.repeat(readyPods)) + paint('dim', '○'.repeat(Math.max(0, pods - readyPods)));
  return `${version.padEnd(4)}${dots} ${readyPods}/${pods} ready${role === 'old' ? ', on its way out' : ''}`;
}

function answerLine({ version, sent, failed, recentSuccess }: Revision): string {
  const ratio = recentSuccess === undefined ? '      —' : `${(recentSuccess * 100).toFixed(1).padStart(5)} %`;
  const style: Style = recentSuccess === undefined ? 'dim' : recentSuccess >= 0.99 ? 'green' : 'red';
  return `${version.padEnd(4)}${paint(style, ratio)} good now   ${sent} answered, ${failed} of them failed`;
}

function phaseStyle(phase: string): Style {
  return phase === 'Healthy' ? 'green' : phase === 'Degraded' ? 'red' : 'yellow';
}

function clip(text: string, width: number): string {
  const flat = text.replaceAll('\n', ' ');
  return flat.length <= width ? flat : `${flat.slice(0, Math.max(0, width - 1))}…`;
}
