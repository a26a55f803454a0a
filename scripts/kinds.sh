#!/usr/bin/env bash
# The connectors and their kinds: scripts/kinds.sh [one-of-each]
# A kind is `sink` or `source`; each connector's Cargo.toml has it under `[package.metadata.sluice]`. Prints a
# line "CONNECTOR KIND" for each, or with `one-of-each` the name of the first connector of each kind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kinds() {
  local folder kind
  for folder in functions/*/; do
    kind=$(sed -n 's/^kind = "\(.*\)"$/\1/p' "$folder/Cargo.toml")
    [[ $kind == sink || $kind == source ]] || {
      printf 'kinds: %sCargo.toml has no kind, sink or source\n' "$folder" >&2
      return 1
    }
    printf '%s %s\n' "$(basename "$folder")" "$kind"
  done
}

case ${1:-} in
  '') kinds ;;
  one-of-each) kinds | sort -u -k2,2 | cut -d ' ' -f 1 ;;
  *)
    sed -n 's/^# //p' "$0" >&2
    exit 2
    ;;
esac
