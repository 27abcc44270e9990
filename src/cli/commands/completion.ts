/** `rampart completion`: scripts that ask `rampart __complete` what fits, so that they never fall behind the program. */
import { type CommandLine, type Context, exitCodes, usageError } from '../command.ts';

const bash = `# Completion of rampart for bash: source <(rampart completion bash)
_rampart() {
  local line words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :0) compopt -o default ;;
      :*) ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)
}
complete -F _rampart rampart kubectl-rampart
`;

const zsh = `#compdef rampart kubectl-rampart
# Completion of rampart for zsh: source <(rampart completion zsh)
_rampart() {
  local line
  local -a found
  local files=0
  while IFS= read -r line; do
    case "$line" in
      :0) files=1 ;;
      :*) ;;
      *) found+=("$line") ;;
    esac
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && compadd -- "\${found[@]}"
  (( files )) && _files
}
compdef _rampart rampart kubectl-rampart
`;

const fish = `# Completion of rampart for fish: rampart completion fish | source
function __rampart_complete
    set -l line (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    for one in ($line[1] __complete $line[2..-1] 2>/dev/null)
        switch $one
            case ':0'
                __fish_complete_path (commandline --current-token)
            case ':*'
            case '*'
                echo $one
        end
    end
end
complete --command rampart --no-files --arguments '(__rampart_complete)'
complete --command kubectl-rampart --no-files --arguments '(__rampart_complete)'
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };

export async function run({ operands }: CommandLine, context: Context): Promise<number> {
  const [shell = '', ...more] = operands;
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined || more.length > 0) throw usageError(`for which shell? ${Object.keys(scripts).join(', ')}`);
  context.out.write(script);
  return exitCodes.done;
}
