#!/usr/bin/env bash
# Schedules of faults, one after the other: scripts/soak.sh [mysql] [MINUTES] [SEED]
# Kills, cuts, slow and lost answers, locks, restarts of the database (PostgreSQL, unless `mysql` makes it
# MariaDB); after each it is proven that nothing was lost. 10 minutes unless told, from a random seed on; 0
# minutes is the one schedule of SEED. Ends at the first that does not hold, with its seed and its logs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

connector=analyticdb-postgresql
[[ ${1:-} != mysql ]] || connector=analyticdb-mysql
choose_target "$connector"
scripts/services.sh up "$service" kafka
eval "$(scripts/services.sh env)"
# It was started here and may be killed from here.
export TEST_POSTGRES_IS_OURS=yes TEST_MARIADB_IS_OURS=yes

cargo build --locked -p "$connector" -p sluice -p sluice-tests --bins
exec "${CARGO_TARGET_DIR:-target}/debug/soak" "$@"
