#!/bin/sh
# root-file-system.sh TARGET: gathers what the image needs besides Rampart: node, dumb-init, and the libraries that they load. For each package that a
# file is of it keeps the record that scanners look for, and its licence. Runs in the base image, as a stage of the Dockerfile.
set -eu
target=$1

# Where the file is looked for, with what is there, whatever links lead to it.
take() {
  mkdir -p "$target$(dirname "$1")"
  cp -L "$1" "$target$1"
}

# `=> /lib/x.so (0x...)`, and the loader, which has no arrow.
libraries() {
  ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' | sort -u
}

# dpkg knows a file by the name that it was packed under, which may be with or without /usr.
package_of() {
  real=$(readlink -f "$1")
  for name in "$real" "${real#/usr}"; do
    if owner=$(dpkg-query --search "$name" 2>/dev/null); then
      echo "$owner" | head -n 1 | sed 's/:.*//'
      return
    fi
  done
}

record() {
  mkdir -p "$target/var/lib/dpkg/status.d" "$target/usr/share/doc/$1"
  dpkg-query --status "$1" > "$target/var/lib/dpkg/status.d/$1"
  cp -L "/usr/share/doc/$1/copyright" "$target/usr/share/doc/$1/copyright"
}

node=$(command -v node)
init=$(command -v dumb-init)
packages=
for file in "$node" "$init" $(libraries "$node" "$init"); do
  take "$file"
  package=$(package_of "$file")
  case " $packages " in
    *" $package "*) ;;
    *) packages="$packages $package" ;;
  esac
done
for package in $packages; do record "$package"; done
# Node itself is of no package.
if [ -f /usr/local/LICENSE ]; then take /usr/local/LICENSE; fi

mkdir -p "$target/etc"
cp -L /etc/os-release "$target/etc/os-release"
echo 'hosts: files dns' > "$target/etc/nsswitch.conf"
echo 'root:x:0:0:root:/root:/nonexistent' > "$target/etc/passwd"
echo 'rampart:x:65532:65532:rampart:/nonexistent:/nonexistent' >> "$target/etc/passwd"
printf 'root:x:0:\nrampart:x:65532:\n' > "$target/etc/group"
