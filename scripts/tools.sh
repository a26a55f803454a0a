#!/usr/bin/env bash
# Installs the tools that a build or a deployment needs, in pinned versions, under .tools/ of this checkout.
# Outside it, the script only installs missing Debian packages.
#
#   scripts/tools.sh NAME…   installs what is missing; prints the folders to put on PATH, joined by colons
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
STATE=$PWD/.tools

say() { printf 'tools: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

fail_with_log() {
  tail -n 40 "$1" >&2
  fail "$2; the lines above are the end of $1"
}

# shellcheck source=/dev/null
source scripts/services/install.sh

folder() {
  case $1 in
    lambda | sam | serdes | tablestore) python_tools "$1" "scripts/tools/$1.txt" ;;
    lint) python_tools lint tests/deploy/requirements.txt ;;
    tablestore-java) java_tools tablestore scripts/tools/tablestore-pom.xml ;;
    databend) python_tools databend tests/databend/requirements.txt "$(newer_python)" ;;
    # Built without optimisation and debug information, because they run for a second only.
    deny) cargo_tool cargo-deny 0.20.2 --no-default-features ;;
    cyclonedx) cargo_tool cargo-cyclonedx 0.5.9 ;;
    *) fail "no such tool: $1 (there are: lambda sam serdes tablestore tablestore-java lint databend deny cyclonedx)" ;;
  esac
}

# newer_python: Python 3.12 or later, which Databend's engine needs; the distribution's own may be older.
newer_python() {
  local python
  for python in python3 python3.1{2..9} "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python3; do
    if have "$python" && "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
      command -v "$python"
      return
    fi
  done
  fail 'missing: Python 3.12 or later with its module venv, for the tests of Databend'
}

# python_tools NAME REQUIREMENTS [PYTHON]: a virtual environment; if the requirements change, a new one.
python_tools() {
  local home python=${3:-python3}
  home=$STATE/$1-$(sha256sum "$2" | cut -c1-8)
  if [[ ! -e $home/ready ]]; then
    need python3 python3
    "$python" -c 'import ensurepip, venv' 2>/dev/null || install_package python3-venv
    say "installing ${2##*/} ($1)"
    quietly "$1-venv" "$python" -m venv --clear "$home"
    quietly "$1-pip" "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$2"
    touch "$home/ready"
  fi
  echo "$home/bin"
}

# java_tools NAME POM: a folder of jars; if the POM changes, a new one. A program beside them is run from its source, for
# which a compiler is needed.
java_tools() {
  local home
  home=$STATE/$1-java-$(sha256sum "$2" | cut -c1-8)
  if [[ ! -d $home ]]; then
    need javac default-jdk-headless
    need mvn maven
    say "fetching the jars of ${2##*/}"
    rm -rf "$home.new"
    quietly "$1-maven" mvn -q -B -f "$2" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$home.new"
    mv "$home.new" "$home"
  fi
  echo "$home"
}

# cargo_tool CRATE VERSION [OPTION…]
cargo_tool() {
  local home=$STATE/$1-$2
  if [[ ! -x $home/bin/$1 ]]; then
    have cargo || fail 'missing: cargo (Rust, see README.md)'
    say "building $1 $2, about a minute"
    quietly "$1" env CARGO_TARGET_DIR="$STATE/target" CARGO_PROFILE_DEV_DEBUG=0 \
      cargo install --locked --debug "${@:3}" --root "$home" "$1@$2"
    rm -rf "$STATE/target"
  fi
  echo "$home/bin"
}

(($# > 0)) || fail 'usage: scripts/tools.sh NAME… (lambda sam serdes tablestore tablestore-java lint databend deny cyclonedx)'
mkdir -p "$STATE"
# Two scripts at once must not build the same tool into the same folder.
have flock || fail 'missing: flock (Debian package util-linux)'
exec 9>"$STATE/lock"
flock 9
all=''
for name in "$@"; do
  one=$(folder "$name")
  all+=${all:+:}$one
done
echo "$all"
