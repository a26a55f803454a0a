#!/usr/bin/env bash
# Writes a topic of orders into a table. Records that cannot be written become letters (dead-letter records)
# in two topics. What the script shows at the end is read from the real servers. You can run it repeatedly. With
# `source` it shows the other direction, a table into a topic (scripts/demo/source.sh), with `databend` a table of MySQL
# on its way through a topic into Databend (scripts/demo/databend.sh).
#
#   scripts/demo.sh [postgresql | mysql | source | databend]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case ${1:-} in source | databend) exec "scripts/demo/$1.sh" ;; esac
# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

connector=analyticdb-${1:-postgresql}
choose_target "$connector" || {
  printf 'usage: scripts/demo.sh [postgresql | mysql | source | databend]\n' >&2
  exit 2
}

ORDERS=5000
TOPIC=demo-orders
DEAD=demo-orders-dead
ERRORS=demo-orders-errors
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# A record for each line: its key, a tab, its value. Orders as a shop would send them …
orders() {
  awk -v count="$ORDERS" 'BEGIN {
    split("Ada Lovelace,Grace Hopper,Katherine Johnson,Edsger Dijkstra,Barbara Liskov", names, ",")
    split("EUR,USD,JPY,CHF", currencies, ",")
    for (id = 1; id <= count; id++)
      printf "%d\t{\"id\":%d,\"customer\":\"%s\",\"amount\":%d.%02d,\"currency\":\"%s\"," \
        "\"created_at\":\"2026-11-20T%02d:%02d:%02dZ\",\"items\":[{\"sku\":\"A-%d\",\"count\":%d}]}\n",
        id, id, names[id % 5 + 1], id % 900 + 10, id % 100, currencies[id % 4 + 1],
        id / 3600 % 24, id / 60 % 60, id % 60, id % 97, id % 3 + 1
  }'
}

# … and bad records, as on a real topic.
trouble() {
  printf '%s\t%s\n' \
    5001 '{"id":5001,"customer":"cut off in the midd' \
    5002 '{"id":5002,"customer":"Alan Turing","amount":"a lot","currency":"EUR"}' \
    5003 '{"id":5003,"amount":12.50,"currency":"EUR"}' \
    5004 '{"id":5004,"customer":"Alan Turing","amount":12.345,"currency":"EUR"}' \
    5005 '{"id":5005,"customer":"Alan Turing","amount":12.50,"colour":"red"}' \
    7 '{"id":7,"customer":"Ada Lovelace","amount":1.00,"currency":"EUR","items":[]}'
}

# letters TOPIC: one line for each letter, with its source and its reason.
letters() {
  kcat -b "$TEST_KAFKA" -C -t "$1" -e -q -f '%h\n' | sed -E "s/.*errors\.partition=([0-9]+),.*errors\.offset=([0-9]+),.*exception\.message=(.*),__connect\.errors\.exception\.stacktrace=.*/  $1, from partition \1 offset \2: \3/"
}

count_letters() { kcat -b "$TEST_KAFKA" -C -t "$1" -e -q -f '.\n' | wc -l; }

step "1. Kafka and $server, private to this checkout"
scripts/services.sh up "$service" kafka
eval "$(scripts/services.sh env)"
reach_target

# The gate gives the directory of the binaries that it has built.
step "2. The function and the command${TEST_BIN_DIR:+, from $TEST_BIN_DIR}"
[[ -n ${TEST_BIN_DIR:-} ]] || cargo build --release --locked --package "$connector" --package sluice
PATH=${TEST_BIN_DIR:-$PWD/target/release}:$PATH

step "3. A table, and a topic with $ORDERS orders and some trouble"
"${show[@]}" "DROP TABLE IF EXISTS demo_orders; CREATE TABLE demo_orders (
  id bigint PRIMARY KEY, customer varchar(100) NOT NULL, amount numeric(12,2),
  currency char(3), created_at $moment DEFAULT now(), items json)"
scripts/services.sh topics delete $TOPIC $DEAD $ERRORS >/dev/null
scripts/services.sh topics create $TOPIC 4 $DEAD $ERRORS >/dev/null
export KAFKA_BOOTSTRAP_SERVERS=$TEST_KAFKA
{ orders && trouble; } >"$SCRATCH/orders.txt"
printf "records sent: " && sluice send --topic $TOPIC --lines --key-separator $'\t' "$SCRATCH/orders.txt"
printf 'and a tombstone for order 42: ' && sluice send --topic $TOPIC --key 42 --tombstone
sent=$(($(wc -l <"$SCRATCH/orders.txt") + 1))

step "4. The topic through the function into the table"
export SLUICE_CONNECTION_URL=$url SLUICE_TABLE_NAME_FORMAT=demo_orders \
  SLUICE_INSERT_MODE=upsert SLUICE_PK_MODE=record_key SLUICE_DELETE_ENABLED=true \
  SLUICE_ERRORS_TOLERANCE=all SLUICE_ERRORS_DEADLETTERQUEUE_TOPIC_NAME=$DEAD SLUICE_ERRORS_DATA_TOPIC_NAME=$ERRORS
sluice trigger --function "$connector" --topics $TOPIC --group "demo-$(date +%s)" \
  --batch-size 1000 --once --function-log "$SCRATCH/function.log" || {
  cat "$SCRATCH/function.log"
  exit 1
}

step "5. What the database and the broker now hold"
"${show[@]}" "SELECT * FROM demo_orders WHERE id IN (1, 7, 41, 42, 4999) ORDER BY id"
letters $DEAD
letters $ERRORS

rows=$("${bare[@]}" "SELECT count(*) FROM demo_orders")
dead=$(count_letters $DEAD)
errors=$(count_letters $ERRORS)
printf '\n%6d records sent\n' "$sent"
printf '%6d rows in the table\n' "$rows"
printf '%6d letters in %s, %d in %s\n' "$dead" $DEAD "$errors" $ERRORS
printf '%6d order overwritten by a later record of its key (7)\n' 1
printf '%6d records of an order that came and was deleted (42)\n' 2
if ((sent != rows + dead + errors + 1 + 2)); then
  printf 'THE NUMBERS DO NOT ADD UP\n'
  exit 1
fi
printf '%6d = %d: every record is accounted for\n' "$sent" $((rows + dead + errors + 1 + 2))
