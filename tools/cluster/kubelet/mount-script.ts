/**
 * The shell script that gives a process its own view of the file system: run in a fresh mount namespace, it binds each volume at its path
 * and then becomes the program. Directories that do not exist are made without touching the host: their nearest existing parent is covered
 * by a tmpfs in which everything that was there is bound again. Volumes are mounted read-only where asked and allowed; the root stays writable.
 */
export interface Mount {
  readonly source: string;
  /** Absolute path as the program sees it. */
  readonly target: string;
  readonly readOnly: boolean;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const functions = `set -eu
# -n: nothing is noted under /run/mount, which is the machine's.
root= count=0 ours=
open_dir() {
  count=$((count + 1)); cover="$scratch/$count"
  mkdir -p "$cover"; mount -n -t tmpfs tmpfs "$cover"; mount -n --make-unbindable "$cover"
  for entry in "\${1%/}"/* "\${1%/}"/.[!.]*; do
    name="\${entry##*/}"
    if [ -L "$entry" ]; then cp -P "$entry" "$cover/$name"
    elif [ -d "$entry" ]; then mkdir "$cover/$name"; mount -n --rbind "$entry" "$cover/$name"
    elif [ -e "$entry" ]; then : > "$cover/$name"; mount -n --bind "$entry" "$cover/$name"
    fi
  done
  if [ "$1" = / ]; then root="$cover"; else mount -n --move "$cover" "$root$1"; fi
  ours="$ours $1"
}
is_ours() {
  for one in $ours; do case "$1/" in "\${one%/}/"*) return 0;; esac; done
  return 1
}
place() { # source target read-only(1 or 0) entry-to-keep...
  source="$1" target="$2" only="$3"; shift 3
  if [ -n "$root" ] || [ ! -e "$target" ]; then
    target="$(realpath -m "$target")"
    if [ ! -e "$root$target" ]; then
      near="\${target%/*}"
      while [ ! -d "$root\${near:-/}" ]; do near="\${near%/*}"; done
      is_ours "\${near:-/}" || open_dir "\${near:-/}"
      if [ -d "$source" ]; then mkdir -p "$root$target"; else mkdir -p "$root\${target%/*}"; : > "$root$target"; fi
    fi
  fi
  if [ $# -gt 0 ]; then
    count=$((count + 1)); stage="$scratch/$count"; mkdir -p "$stage"; mount -n --bind "$source" "$stage"
    for entry in "$@"; do mkdir -p "$stage/$entry"; mount -n --rbind "$root$target/$entry" "$stage/$entry"; done
    mount -n --move "$stage" "$root$target"
  elif [ "$only" = 1 ] && mount -n -o bind,ro "$source" "$root$target" 2>/dev/null; then :
  else mount -n --bind "$source" "$root$target"; fi
  ours="$ours $target"
}
`;

export interface MountScriptOptions {
  /** An existing directory of the pod's own. */
  readonly scratch: string;
  /** `/` when absent. */
  readonly workingDir?: string | undefined;
  /** Absolute paths that must stay visible, such as the program: a volume mounted above one lets it shine through. */
  readonly keep?: readonly string[];
}

/** A script for `sh`: its arguments are the program and its arguments. */
export function mountScript(mounts: readonly Mount[], { scratch, workingDir = '/', keep = [] }: MountScriptOptions): string {
  const places = [...mounts]
    .sort((a, b) => a.target.length - b.target.length)
    .map(({ source, target, readOnly }) =>
      ['place', quote(source), quote(target), readOnly ? 1 : 0, ...entriesToKeep(target, [scratch, ...keep]).map(quote)].join(' '),
    );
  const directory = quote(workingDir);
  return [
    `${functions}scratch=${quote(scratch)}`,
    ...places,
    `if [ -n "$root" ]; then exec chroot "$root" env -C ${directory} "$@"; fi`,
    `cd ${directory}; exec "$@"`,
    '',
  ].join('\n');
}

/** The entries of a directory that lead to the paths, each once. */
export function entriesToKeep(directory: string, paths: readonly string[]): readonly string[] {
  const inside = `${directory.replace(/\/+$/, '')}/`;
  const entries = paths.filter((path) => path.startsWith(inside)).map((path) => path.slice(inside.length).split('/')[0] ?? '');
  return [...new Set(entries)].filter((entry) => entry !== '');
}
