# shellcheck shell=bash
# Shared by scripts/demo and scripts/test: install what is missing, build, say what is going on. Sourced, never run.
# SPDX-License-Identifier: LGPL-2.1-or-later

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
started=$SECONDS

say() { printf '%s\n' "$*"; }
step() { printf '[%4ds] %s\n' $((SECONDS - started)) "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# One place for logs of what we run; gone however we end.
lib_log=$(mktemp)
trap 'rm -f "$lib_log"' EXIT
trap 'rm -f "$lib_log"; printf "\nstopped\n" >&2; exit 130' INT TERM

# Packages of the list that are not installed. $@: purposes wanted.
missing_packages() {
  local package purpose installed
  installed=$(dpkg-query -W -f '${Package} ${Status}\n' | sed -n 's/ install ok installed$//p')
  while read -r package purpose; do
    case $package in '' | '#'*) continue ;; esac
    case " $* " in *" $purpose "*) ;; *) continue ;; esac
    case $'\n'$installed$'\n' in *$'\n'$package$'\n'*) ;; *) printf '%s\n' "$package" ;; esac
  done <"$top/scripts/packages"
}

install_packages() {
  local -a missing root=()
  command -v apt-get >/dev/null || die "apt-get not found: this needs Debian 12"
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    step "packages: all there"
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "packages are missing (${missing[*]}): run this as root, or install sudo"
    root=(sudo)
  fi
  step "packages: installing ${#missing[@]} (${missing[*]})"
  if ! { "${root[@]}" apt-get update -q && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$lib_log" 2>&1; then
    tail -n 20 "$lib_log" >&2
    die "apt-get failed (see above)"
  fi
  # Debian starts these servers when their packages are installed; ours are started by hand on loopback.
  local service
  for service in coturn nginx haproxy redis-server; do
    if [ -d /run/systemd/system ] && printf '%s\n' "${missing[@]}" | grep -Eqx "$service(-light)?"; then
      "${root[@]}" systemctl disable --now "$service" >/dev/null 2>&1 || say "note: the $service service of Debian could not be stopped"
    fi
  done
  step "packages: installed"
}

# Programs of packages whose purpose is `unpack`, with the libraries that this machine lacks, into the folder $1. Whoever has them installed keeps them.
unpack_packages() {
  local folder=$1 package wanted
  for package in $(missing_packages unpack); do
    [ ! -e "$folder/$package.unpacked" ] || continue
    step "packages: unpacking $package"
    mkdir -p "$folder/packages"
    wanted=$(apt-get install -s --no-install-recommends "$package" | sed -n 's/^Inst \([^ ]*\) .*/\1/p') || true
    [ -n "$wanted" ] || die "apt-get does not know $package: apt-get update"
    # shellcheck disable=SC2086 # names of packages
    if ! (cd "$folder/packages" && apt-get download -q $wanted) >"$lib_log" 2>&1; then
      tail -n 20 "$lib_log" >&2
      die "apt-get download failed (see above)"
    fi
    find "$folder/packages" -name '*.deb' -exec dpkg -x {} "$folder" \; -delete
    touch "$folder/$package.unpacked"
  done
}

# Keeps what ninja says in $1 and shows how far it is: on one line of a terminal, else a line at each quarter.
show_progress() {
  local line quarter=0 done all
  : >"$1"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$1"
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    if [ -t 1 ]; then
      printf '\r[%4ds] build: %d of %d files\033[K' $((SECONDS - started)) "$done" "$all"
    elif [ $((4 * done / all)) -gt $quarter ] && [ "$all" -gt 20 ]; then
      quarter=$((4 * done / all))
      step "build: $done of $all files"
    fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

# $1: build folder, the rest: options of meson setup; behind `--`: what of it is wanted, if not all.
build() {
  local folder=$1 options=() log
  shift
  log=$(mktemp)
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  if [ ! -f "$folder/build.ninja" ]; then
    step "build: configuring $(basename "$folder")"
    if ! (cd "$top" && env PATH=/usr/sbin:/usr/bin:/sbin:/bin meson setup "$folder" "${options[@]}") >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      rm -f "$log"
      die "meson setup failed (see above)"
    fi
  fi
  step "build: compiling $(basename "$folder")"
  if ! (cd "$top" && env PATH=/usr/sbin:/usr/bin:/sbin:/bin NINJA_STATUS='[%f/%t] ' ninja -C "$folder" "$@" 2>&1) | show_progress "$log"; then
    grep -E 'error|warning|FAILED' "$log" | head -n 30 >&2
    tail -n 10 "$log" >&2
    rm -f "$log"
    die "the build failed (see above)"
  fi
  rm -f "$log"
  step "build: done"
}
