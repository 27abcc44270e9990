/** The image of the demo, where pods are containers: Rampart and the shop in one, made from the Dockerfile. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseImage } from '../../tools/cluster/kubelet/image-table.ts';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Builds it with the machine's Docker engine, and has it imported from a file in `folder`. Returns its name. Throws with what docker said. */
export async function buildImage(
  folder: string,
  importImage: (tarFile: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const image = `rampart-demo:${Date.now()}`;
  const tarFile = join(folder, 'rampart-demo.tar');
  const docker = async (...args: readonly string[]): Promise<void> => {
    await run('docker', args, { cwd: root, signal, maxBuffer: 64 * 1024 * 1024 }).catch(
      (error: Error & { readonly stderr?: string }) => {
        signal.throwIfAborted();
        throw new Error(`The demo's image could not be made (docker ${args[0]}): ${error.stderr?.trim() || error.message}`, {
          cause: error,
        });
      },
    );
  };
  await docker('build', '--target', 'demo', '--tag', image, '.');
  await docker('save', '--output', tarFile, image);
  await importImage(tarFile);
  return image;
}

/** What the chart needs to know of an image. */
export function imageValues(image: string): Readonly<Record<string, string>> {
  const [named = '', digest] = image.split('@', 2);
  const { name, tag } = parseImage(named);
  return { 'image.repository': name, ...(digest === undefined ? { 'image.tag': tag } : { 'image.digest': digest }) };
}
