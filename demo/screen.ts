/** Where the demo draws: a picture that is redrawn in place on a terminal, or lines as things happen. */
import type { Happening, Scene } from './scene.ts';
import { clock, drawScene, happeningLine } from './view.ts';

export interface Screen {
  /** A line above the picture, or in the stream of lines. */
  say(words: string): void;
  happened(happening: Happening): void;
  draw(scene: Scene): void;
  /** Leaves the last picture standing and the cursor below it. */
  end(): void;
}

/** On the terminal of the stream. */
export function pictureScreen(stream: NodeJS.WriteStream): Screen {
  let drawn = 0;
  const erase = () => (drawn === 0 ? '' : `\x1b[${drawn}A\x1b[J`);
  return {
    say: (words) => {
      stream.write(`${erase()} ${words}\n`);
      drawn = 0;
    },
    happened: () => {},
    draw: (scene) => {
      const lines = drawScene(scene, stream.columns, Math.max(15, stream.rows - 2));
      stream.write(`${erase()}${lines.map((line) => `${line}\n`).join('')}`);
      drawn = lines.length;
    },
    end: () => {
      drawn = 0;
    },
  };
}

/** Plain lines: what happens, and every five seconds how things are. */
export function lineScreen(write: (line: string) => void): Screen {
  let nextMs = 0;
  return {
    say: (words) => write(words),
    happened: (happening) => write(happeningLine(happening, 160)),
    draw: (scene) => {
      if (scene.nowMs < nextMs) return;
      nextMs = scene.nowMs + 5000;
      const versions = scene.revisions.map(
        ({ version, readyPods, pods, sent, failed }) => `${version}: ${readyPods}/${pods} pods, ${sent} answered, ${failed} failed`,
      );
      write(` ${clock(scene.nowMs)}   ${scene.phase}, canary weight ${scene.canaryWeight} %; ${versions.join('; ')}`);
    },
    end: () => {},
  };
}
