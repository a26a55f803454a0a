#!/usr/bin/env bash
# Measures the built binaries beside what they are compared with, and writes the results into
# BENCHMARKS.md. Without parts it takes less than ten minutes. `peers` also runs Kafka Connect, `growth`
# measures partitions and memory. The other parts are: decode formats append upsert start bad
# topic. `source` measures mysql-source beside a plain loop, `databend` the function for Databend on its engine behind
# an HTTP front of ours, `tablestore` the function for Tablestore beside the official Java client, both into a service of
# ours that takes every row. BENCH_ROWS makes their tables smaller, and then their figures are not kept.
#
#   scripts/bench.sh [mysql] [PART…]
#   scripts/bench.sh source
#   scripts/bench.sh databend
#   scripts/bench.sh tablestore
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

export TEST_BIN_DIR=$PWD/target/release
if [[ ${1:-} == databend ]]; then
  scripts/services.sh up databend kafka
  eval "$(scripts/services.sh env)"
  BENCH_PYTHON=$(scripts/tools.sh databend)/python
  export BENCH_PYTHON
  cargo build --release --locked --package databend --package sluice --package sluice-bench
  exec target/release/sluice-bench "$@"
fi

if [[ ${1:-} == tablestore ]]; then
  BENCH_JARS=$(scripts/tools.sh tablestore-java)
  export BENCH_JARS
  cargo build --release --locked --package tablestore --package sluice-bench
  exec target/release/sluice-bench "$@"
fi

connector=analyticdb-postgresql packages=()
[[ ${1:-} != source ]] || set -- mysql "$@"
[[ ${1:-} != mysql ]] || connector=analyticdb-mysql
[[ " $* " != *' source '* ]] || packages=(--package mysql-source)
choose_target "$connector"
scripts/services.sh up "$service" kafka
eval "$(scripts/services.sh env)"
cargo build --release --locked --package "$connector" --package sluice --package sluice-bench "${packages[@]}"
if [[ " $* " == *' peers '* ]]; then
  # shellcheck source=/dev/null
  source scripts/bench/connect.sh
  fetch_connect
fi
exec target/release/sluice-bench "$@"
