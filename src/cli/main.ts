/** The `rampart` command (also `kubectl rampart`): loads the controller or the client commands, whichever is meant, and nothing of the other. */
// Before everything else is loaded: it may begin the process anew.
import './begin.ts';

async function main(path: string, args: readonly string[]): Promise<number> {
  if (args[0] === 'controller') return (await import('./controller.ts')).runController(args.slice(1));
  return (await import('./client.ts')).runClient(args, path);
}

process.exitCode = await main(process.argv[1] ?? '', process.argv.slice(2));
