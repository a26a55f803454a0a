#!/usr/bin/env bash
# Licences, banned crates and sources of everything in Cargo.lock, as deny.toml has them; needs no network
# once cargo has the crates. `scripts/check-dependencies.sh advisories` asks the advisory database, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$(scripts/tools.sh deny)
# A build leaves out what other systems need; the graph is read with all of it.
cargo fetch --locked --quiet
case ${1:-} in
  '') PATH=$tools:$PATH cargo deny --locked --offline check licenses bans sources ;;
  advisories) PATH=$tools:$PATH cargo deny --locked check ;;
  *)
    printf 'usage: scripts/check-dependencies.sh [advisories]\n' >&2
    exit 2
    ;;
esac
