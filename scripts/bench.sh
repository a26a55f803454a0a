#!/usr/bin/env bash
# Measures the built binaries, each beside what it is compared to, and writes what it found into
# BENCHMARKS.md. Without arguments it takes less than ten minutes; `peers` runs Kafka Connect too,
# `growth` watches partitions and memory. Any parts can be named: decode append upsert start bad topic.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/services.sh up postgres kafka
eval "$(scripts/services.sh env)"
cargo build --release --locked --package analyticdb-postgresql --package sluice --package sluice-bench
if [[ " $* " == *' peers '* ]]; then
  # shellcheck source=/dev/null
  source scripts/bench/connect.sh
  fetch_connect
fi
export TEST_BIN_DIR=$PWD/target/release
exec target/release/sluice-bench "$@"
