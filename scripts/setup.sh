#!/usr/bin/env bash
# Installs what the tests need beyond `npm ci`: Chromium, the Vulkan loader, Mesa's lavapipe and RADV (from the release's
# backports where its own Mesa is too old), a C compiler, a newer Node, and both kinds of MPI. Does nothing where nothing is missing.
#
#   scripts/setup.sh           install what is missing (Debian, Ubuntu): as root at once, with sudo after asking
#   scripts/setup.sh --check   print what is missing, change nothing; exit status 1 where something is
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing() { node scripts/found.mjs --missing; }
constant() { node --input-type=module -e "import { $1 as c } from './scripts/environment.mjs'; console.log($2)"; }
say() { echo "setup: $*" >&2; }
has() { grep -qx "$1" <<<"$lacking"; }

# Ends with status 1 and what a person has to do, unless SwiftShader stands in for a lavapipe that cannot be had.
finish() {
  lacking=$(missing)
  if [ "$lacking" = lavapipe ] && ! node scripts/found.mjs | grep -qx 'swiftshader: missing'; then
    say "no lavapipe of Mesa $oldest_mesa or later here; the tests use Chromium's SwiftShader, about three times slower"
    lacking=""
  fi
  [ -z "$lacking" ] && exit 0
  say "still missing: $(tr '\n' ' ' <<<"$lacking")"
  has chromium && say "  chromium: install Chromium or Chrome by your system's means, or run" \
    "'npx puppeteer browsers install chrome'; PUPPETEER_EXECUTABLE_PATH may name one"
  has vulkan-loader && say "  vulkan-loader: install libvulkan.so.1 (package libvulkan1, vulkan-loader or vulkan-icd-loader)"
  has lavapipe && say "  lavapipe: install Mesa $oldest_mesa or later with its software Vulkan driver" \
    "(package mesa-vulkan-drivers or vulkan-swrast)"
  has c-compiler && say "  c-compiler: install a C compiler as cc (package gcc); kernels are compiled for GPUs through it"
  has newer-node && say "  newer-node: npm must be able to fetch $newer_node, which needs libatomic.so.1 (package libatomic1)"
  has mpich && say "  mpich: install MPICH with its launcher (package mpich)"
  has openmpi && say "  openmpi: install Open MPI with its launcher (package openmpi-bin)"
  exit 1
}

fetch_newer_node() {
  [ -e ".cache/node/${newer_node##*@}/node_modules/${newer_node%@*}/bin/node" ] && return
  say "fetching $newer_node"
  npm install --silent --no-save --no-package-lock --ignore-scripts --prefix ".cache/node/${newer_node##*@}" "$newer_node" ||
    say "npm could not fetch $newer_node"
}

# Quiet, but the end of what it printed is shown where it fails.
apt() {
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$scratch/apt.log" 2>&1 ||
    { tail -20 "$scratch/apt.log" >&2; return 1; }
}

# Version that apt would install of a package, empty for none; more options may name further sources.
candidate() { apt-cache "${@:2}" policy "$1" | sed -n 's/^ *Candidate: *//p' | grep -v '(none)' || true; }

# `dpkg --compare-versions` ignores nothing, so the epoch goes first.
new_enough() { [ -n "$1" ] && dpkg --compare-versions "${1#*:}" ge "$oldest_mesa"; }

install_chromium() {
  case "$(candidate chromium)" in
  "" | *snap*) # Ubuntu's package only points to a snap, which headless servers and containers cannot run.
    say "no Chromium package here: puppeteer fetches Chrome and what it links to"
    $sudo env PATH="$PATH" DEBIAN_FRONTEND=noninteractive PUPPETEER_CACHE_DIR="${PUPPETEER_CACHE_DIR:-$HOME/.cache/puppeteer}" \
      npx puppeteer browsers install chrome --install-deps >"$scratch/chrome.log" 2>&1 ||
      say "puppeteer could not fetch Chrome: $(grep -m 1 -A 1 Error "$scratch/chrome.log")"
    ;;
  *) apt install --no-install-recommends chromium || say "apt could not install chromium" ;;
  esac
}

install_lavapipe() {
  if new_enough "$(candidate mesa-vulkan-drivers)"; then
    apt install --no-install-recommends mesa-vulkan-drivers || say "apt could not install mesa-vulkan-drivers"
  elif grep -qx 'ID=debian' /etc/os-release; then
    install_lavapipe_from_backports
  else
    say "this release has Mesa '$(candidate mesa-vulkan-drivers)', too old for Dawn"
  fi
}

# The backports of the mirror in use, in a source list of their own that is gone afterwards.
install_lavapipe_from_backports() {
  local release mirror sources="$scratch/sources" keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=""
  release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$release" '$1 == release && !found++ { print $2 }')
  [ -n "$mirror" ] || { say "apt names no mirror of Debian $release, so there are no backports to take Mesa from"; return; }
  mkdir "$sources"
  cp -r /etc/apt/sources.list.d/. "$sources/" 2>/dev/null || true
  [ -e "$keyring" ] && signed="[signed-by=$keyring] "
  echo "deb $signed$mirror $release-backports main" >"$sources/crf-rnn-backports.list"
  local options=(-o "Dir::Etc::SourceParts=$sources")
  apt "${options[@]}" update || say "apt could not read every source list"
  if new_enough "$(candidate mesa-vulkan-drivers "${options[@]}" -t "$release-backports")"; then
    apt "${options[@]}" install --no-install-recommends -t "$release-backports" mesa-vulkan-drivers ||
      say "apt could not install mesa-vulkan-drivers from $release-backports"
  else
    say "$mirror has no Mesa of version $oldest_mesa or later in $release-backports"
  fi
}

# Whoever is not root is asked before anything is installed; where nobody can answer, nothing is.
agreed() {
  local packages="" answer=""
  has vulkan-loader && packages+=" libvulkan1"
  has newer-node && packages+=" libatomic1"
  has c-compiler && packages+=" gcc libc6-dev"
  has chromium && packages+=" chromium (or Chrome by puppeteer, where the release has no package)"
  has mpich && packages+=" mpich"
  has openmpi && packages+=" openmpi-bin"
  has lavapipe && packages+=" mesa-vulkan-drivers (from the backports, where the release's are older than $oldest_mesa)"
  say "the tests need what is missing here; with sudo apt-get, this would be installed:$packages"
  if [ -n "${CI:-}" ] || [ ! -t 0 ] || [ ! -t 2 ]; then
    say "nobody can be asked here: run scripts/setup.sh in a terminal or as root"
    return 1
  fi
  read -r -p "setup: install it? [y/N] " answer
  [[ "$answer" == [yY]* ]]
}

lacking=$(missing)
if [ "${1:-}" = --check ]; then
  [ -z "$lacking" ] && { say "nothing is missing"; exit 0; }
  echo "$lacking"
  exit 1
fi
[ -z "$lacking" ] && exit 0

oldest_mesa=$(constant OLDEST_MESA c)
newer_node=$(constant NEWER_NODE '`${c.package}@${c.version}`')
has newer-node && fetch_newer_node
lacking=$(missing)
[ -z "$lacking" ] && exit 0

sudo=""
if ! command -v apt-get >/dev/null; then
  say "this is no Debian or Ubuntu: nothing installed"
  finish
elif [ "$(id -u)" != 0 ]; then
  sudo=sudo
  command -v sudo >/dev/null || { say "neither root nor sudo: nothing installed"; finish; }
  agreed || finish
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
say "installing: $(tr '\n' ' ' <<<"$lacking")"
apt update || say "apt could not read every source list"
has vulkan-loader && { apt install --no-install-recommends libvulkan1 || say "apt could not install libvulkan1"; }
has c-compiler && { apt install --no-install-recommends gcc libc6-dev || say "apt could not install gcc"; }
has newer-node && { apt install --no-install-recommends libatomic1 || say "apt could not install libatomic1"; }
has chromium && install_chromium
has mpich && { apt install --no-install-recommends mpich || say "apt could not install mpich"; }
has openmpi && { apt install --no-install-recommends openmpi-bin || say "apt could not install openmpi-bin"; }
has lavapipe && install_lavapipe
finish
