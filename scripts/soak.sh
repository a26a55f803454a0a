#!/usr/bin/env bash
# Schedules of faults, one after the other: scripts/soak.sh [MINUTES] [SEED]
# Kills, cuts, slow and lost answers, locks, restarts of PostgreSQL; after each it is proven that nothing was
# lost. 10 minutes unless told, from a random seed on; 0 minutes is the one schedule of SEED. Ends at the first
# that does not hold, with its seed and its logs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/services.sh up postgres kafka
eval "$(scripts/services.sh env)"
# It was started here and may be killed from here.
export TEST_POSTGRES_IS_OURS=yes

cargo build --locked -p analyticdb-postgresql -p sluice -p sluice-tests --bins
exec "${CARGO_TARGET_DIR:-target}/debug/soak" "$@"
