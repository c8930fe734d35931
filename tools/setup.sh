# shellcheck shell=bash
# What ./run, ./test and ./dev share: makes this machine ready, once. Sourced, with `set -euo pipefail` and the checkout in $root.
# Everything is checked for what is really there, not for a mark of an earlier run, so that a second run finds nothing to do and says
# nothing. Words go to standard error: standard output belongs to the command.
: "${root:?is set by the script that sources this}"

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
  local status=$1
  shift
  say "$*"
  exit "$status"
}

# Two runs in one checkout take turns: apt, the data folder and the build folder are not made for two writers.
lock_checkout() {
  if [ ! -w "$root" ]; then
    die 3 "you ($(id -un)) may not write to $root, where the build and the data go: run as its owner, or copy the checkout"
  fi
  mkdir -p "$root/build" "$root/var"
  if ! exec 9>"$root/build/.lock"; then
    die 3 "you ($(id -un)) may not write to $root/build; it was made by $(stat -c %U "$root/build"): remove it or run as that user"
  fi
  if ! flock --nonblock 9; then
    say "another ./run, ./test or ./dev is at work in this checkout; waiting for it"
    flock 9
  fi
}
unlock_checkout() { exec 9>&-; }

# listed_packages LIST…: the package names of tools/packages/LIST.txt.
listed_packages() {
  local list
  for list in "$@"; do sed -E 's/[[:space:]]*#.*//; /^$/d' "$root/tools/packages/$list.txt"; done
}

# missing_packages LIST…: those of them that dpkg does not call installed.
missing_packages() {
  local package wanted installed
  wanted=$(listed_packages "$@")
  # shellcheck disable=SC2086 # Package names hold no blanks.
  installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' || true)
  for package in $wanted; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

is_root() { [ "$(id -u)" -eq 0 ]; }

as_root() {
  if is_root; then "$@"; else sudo "$@"; fi
}

# need_packages LIST…: installs what is missing. Exit status 3 where that is impossible, with what to do by hand.
need_packages() {
  local -a missing
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    say "this machine has no apt-get; Gannet is made for Debian 12. Checking only for the compiler, CMake and the browser."
    local tool
    for tool in clang++-19 cmake ninja ccache; do
      command -v "$tool" >/dev/null || die 3 "$tool is missing. Install what matches these Debian packages: $(listed_packages "$@" | tr '\n' ' ')"
    done
    return
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return
  local by_hand="apt-get install --no-install-recommends ${missing[*]}"
  if ! is_root && ! command -v sudo >/dev/null; then
    die 3 "packages are missing, and you are neither root nor is there sudo. As root, run: $by_hand"
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -q)
  if ! as_root "${apt[@]}" update >&2; then say "apt-get update failed; trying with the package lists that are here"; fi
  if ! as_root "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >&2 </dev/null; then
    die 3 "the installation failed (see above). By hand, as root: apt-get update && $by_hand"
  fi
}

# Chromium refuses to run as root with its sandbox on, so that root's browser runs as a system user of its own; `gannet` is for the server.
# Where the caller is neither root nor may sudo without asking, everything runs as the caller and no user is needed.
need_system_users() {
  local user
  for user in gannet gannet-browser; do
    if id -u "$user" >/dev/null 2>&1; then continue; fi
    if ! is_root && ! sudo -n true >/dev/null 2>&1; then return; fi
    say "creating the system user $user (no home, no login)"
    as_root /usr/sbin/useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
  done
}

# The pinned data sets go to $GANNET_DATA_SETS, by default var/data of the checkout.
need_data() {
  export GANNET_DATA_SETS=${GANNET_DATA_SETS:-$root/var/data}
  mkdir -p "$GANNET_DATA_SETS/npm"
  if has_data; then return; fi
  "$root/tools/fetch_npm" "$root/tools/data.lock" "$GANNET_DATA_SETS/npm"
}

# Whether each package of the lock is there with its integrity: what fetch_npm looks at first, without starting Python on every run.
has_data() {
  local package integrity rest found
  while read -r package integrity rest; do
    if [[ -z $package || $package == "#"* ]]; then continue; fi
    read -r found 2>/dev/null <"$GANNET_DATA_SETS/npm/$package/integrity" || return 1
    [ "$found" = "$integrity" ] || return 1
  done <"$root/tools/data.lock"
}

configure() {
  local preset=$1 cache=$root/build/$1/CMakeCache.txt
  # CMake refuses a build folder that was made at another place: the checkout was moved or copied.
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    say "build/$preset was made for another folder; making it anew"
    rm -rf "$root/build/$preset"
  fi
  if [ -f "$root/build/$preset/build.ninja" ]; then return; fi
  say "configuring build/$preset"
  (cd "$root" && cmake --preset "$preset") >&2 9>&-
}

# build PRESET [TARGET…]: configures where needed, builds where something changed, is silent otherwise.
build() {
  local preset=$1 plan
  shift
  configure "$preset"
  plan=$(ninja -C "$root/build/$preset" -n "$@") || true
  if [[ $plan == *"no work to do"* ]]; then return; fi
  say "building ${*:-everything} in build/$preset (the first time takes some minutes)"
  ninja -C "$root/build/$preset" "$@" >&2 9>&-
}
