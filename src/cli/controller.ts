/** `rampart controller`: reads its settings, refuses wrong ones in words, and runs the controller until it is told to stop. */
import { main } from '../main.ts';
import { parseControllerOptions } from '../options/controller-options.ts';
import { controllerHelp } from '../options/help.ts';
import { version } from '../version.ts';

export async function runController(args: readonly string[]): Promise<number> {
  const parsed = parseControllerOptions(args, process.env);
  switch (parsed.outcome) {
    case 'help':
      process.stdout.write(controllerHelp(process.stdout.columns ?? 110));
      return 0;
    case 'version':
      process.stdout.write(`rampart ${version}\n`);
      return 0;
    case 'refused':
      process.stderr.write(
        `rampart controller: these settings cannot work:\n${parsed.mistakes.map((mistake) => `  ${mistake}\n`).join('')}`,
      );
      return 2;
    case 'options':
      return main(parsed.options, parsed.warnings);
  }
}
