#!/usr/bin/env bash
# Measures the built binaries beside what they are compared with, and writes the results into
# BENCHMARKS.md. Without parts it takes less than ten minutes. `peers` also runs Kafka Connect, `growth`
# measures partitions and memory. The other parts are: decode formats append upsert start bad
# topic. `source` measures mysql-source beside a plain loop; BENCH_ROWS makes its table smaller, and then its figures
# are not kept.
#
#   scripts/bench.sh [mysql] [PART…]
#   scripts/bench.sh source
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

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
export TEST_BIN_DIR=$PWD/target/release
exec target/release/sluice-bench "$@"
