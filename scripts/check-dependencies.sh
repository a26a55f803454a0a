#!/usr/bin/env bash
# Checks the licences, banned crates and sources of everything in Cargo.lock against deny.toml. It needs no
# network once cargo has the crates. `scripts/check-dependencies.sh advisories` also asks the advisory database.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$(scripts/tools.sh deny)
# A build fetches only what this system needs; the check reads the whole graph.
cargo fetch --locked --quiet
case ${1:-} in
  '') PATH=$tools:$PATH cargo deny --locked --offline check licenses bans sources ;;
  advisories) PATH=$tools:$PATH cargo deny --locked check ;;
  *)
    printf 'usage: scripts/check-dependencies.sh [advisories]\n' >&2
    exit 2
    ;;
esac
