#!/usr/bin/env bash
# Runs schedules of faults, one after the other: scripts/soak.sh [mysql] [MINUTES] [SEED]
# The faults are kills, cuts, slow and lost answers, locks, and restarts of the database (PostgreSQL, or MariaDB
# with `mysql`). After each schedule the script checks that nothing was lost. It runs for 10 minutes by default,
# starting with a random seed; 0 minutes run only the schedule of SEED. It ends at the first schedule that fails,
# and prints its seed and where its logs are.
#
# scripts/soak.sh source [MINUTES] [SEED] runs storms of writers beside mysql-source on MariaDB and MySQL. Its function is
# killed and invoked over itself; after each storm every row must be in the topic once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} == source ]]; then
  scripts/services.sh up mariadb mysql kafka
  eval "$(scripts/services.sh env)"
  cargo build --locked -p mysql-source -p sluice -p sluice-tests --bins
  exec "${CARGO_TARGET_DIR:-target}/debug/soak-source" "${@:2}"
fi

# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

connector=analyticdb-postgresql
[[ ${1:-} != mysql ]] || connector=analyticdb-mysql
choose_target "$connector"
scripts/services.sh up "$service" kafka
eval "$(scripts/services.sh env)"
# This script started the servers, so the test may kill them.
export TEST_POSTGRES_IS_OURS=yes TEST_MARIADB_IS_OURS=yes

cargo build --locked -p "$connector" -p sluice -p sluice-tests --bins
exec "${CARGO_TARGET_DIR:-target}/debug/soak" "$@"
