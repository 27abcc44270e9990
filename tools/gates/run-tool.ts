/** Runs a gate's tool with an environment of its own: no tokens of whoever started it, nothing sent home. */
import { spawn } from 'node:child_process';
import type { Verdict } from './gate.ts';

export interface ToolRun {
  readonly cwd: string;
  /** Beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given to it on standard input. */
  readonly input?: string;
}

const quiet = {
  SEMGREP_SEND_METRICS: 'off',
  SEMGREP_ENABLE_VERSION_CHECK: '0',
  CHECKOV_RUN_SCA_PACKAGE_SCAN: 'false',
  NO_COLOR: '1',
};
const limitMs = 5 * 60_000;

/** Passed where it ended with 0. Throws where it could not be started or took longer than five minutes. */
export async function runTool(command: string, args: readonly string[], { cwd, env = {}, input }: ToolRun): Promise<Verdict> {
  const { PATH = '', HOME = '/' } = process.env;
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, ...quiet, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === null) reject(new Error(`${command} was ended by ${signal}; it had printed:\n${output}`));
      else resolve({ passed: code === 0, output: output.trim() });
    });
  });
}
