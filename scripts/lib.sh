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

# Packages of the list that are not installed. $@: purposes wanted.
missing_packages() {
  local package purpose wanted
  while read -r package purpose; do
    case $package in '' | '#'*) continue ;; esac
    for wanted in "$@"; do
      [ "$purpose" = "$wanted" ] || continue
      dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s\n' "$package"
    done
  done <"$top/scripts/packages"
}

install_packages() {
  local -a missing root=()
  local log
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
  log=$(mktemp)
  if ! { "${root[@]}" apt-get update -q && "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    die "apt-get failed (see above)"
  fi
  rm -f "$log"
  # Debian starts a TURN server when its package is installed; ours are started by hand on loopback.
  if [ -d /run/systemd/system ] && printf '%s\n' "${missing[@]}" | grep -qx coturn; then
    "${root[@]}" systemctl disable --now coturn >/dev/null 2>&1 || say "note: the coturn service of Debian could not be stopped"
  fi
  step "packages: installed"
}

# $1: build folder, the rest: options of meson setup.
build() {
  local folder=$1 log
  shift
  log=$(mktemp)
  if [ ! -f "$folder/build.ninja" ]; then
    step "build: configuring $(basename "$folder")"
    if ! (cd "$top" && env PATH=/usr/sbin:/usr/bin:/sbin:/bin meson setup "$folder" "$@") >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      die "meson setup failed (see above)"
    fi
  fi
  step "build: compiling $(basename "$folder")"
  if ! (cd "$top" && env PATH=/usr/sbin:/usr/bin:/sbin:/bin ninja -C "$folder") >"$log" 2>&1; then
    grep -E 'error|warning|FAILED' "$log" | head -n 30 >&2
    tail -n 10 "$log" >&2
    die "the build failed (see above)"
  fi
  rm -f "$log"
  step "build: done"
}
