/** A command with a time limit of its own: one that hangs is named, with all that it said and what was to be seen meanwhile. */
import { spawn } from 'node:child_process';

/** Its standard output. Throws when it ends with another code than 0, or is ended after `limitMs`; then `whenLate` is asked first. */
export async function runWithin(
  limitMs: number,
  program: string,
  args: readonly string[],
  whenLate: () => Promise<string> = async () => '',
): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, said, late] = ['', '', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const timer = setTimeout(async () => {
    late = ` did not end within ${limitMs / 1000} s. Meanwhile:\n${await whenLate().catch(String)}\nIt said`;
    child.kill('SIGKILL');
  }, limitMs);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(timer));
  if (code === 0) return out;
  throw new Error(`${program} ${args.join(' ')}${late === '' ? ` ended with code ${code}` : late}:\n${said}`);
}
