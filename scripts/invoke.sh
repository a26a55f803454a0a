#!/usr/bin/env bash
# Invokes one connector once with one event of tests/events, against a local server.
#
#   scripts/invoke.sh [CONNECTOR [EVENT]]
#
# Set the connector's options as SLUICE_ variables. Without a connection it uses a server of scripts/services.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

connector=${1:-analyticdb-postgresql}
event=${2:-orders}
[[ -d functions/$connector ]] || {
  printf 'no such connector: %s; there are: %s\n' "$connector" "$(ls functions)" >&2
  exit 2
}
file=tests/events/${event%.json}.json
[[ -f $file ]] || {
  printf 'no such event: %s; there are: %s\n' "$event" "$(ls tests/events)" >&2
  exit 2
}

if [[ -z ${SLUICE_CONNECTION_URL:-} ]]; then
  choose_target "$connector"
  scripts/services.sh up "$service" >&2
  eval "$(scripts/services.sh env)"
  reach_target
  export SLUICE_CONNECTION_URL=$url
  "${show[@]}" "CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, customer varchar(100) NOT NULL,
    amount numeric(12,2), currency char(3), created_at $moment NULL, note text)"
  # So that a second run has the same effect as the first.
  export SLUICE_INSERT_MODE=${SLUICE_INSERT_MODE:-upsert} SLUICE_PK_MODE=${SLUICE_PK_MODE:-record_value}
fi
cargo build --quiet --locked --package "$connector" --package sluice
target/debug/sluice invoke --function "target/debug/$connector" --event "$file"
