#!/usr/bin/env bash
# Runs all tests: format, lints, unit, property, contract and acceptance tests, the laws of any bytes
# (tests/laws), four schedules of faults for each database (tests/schedules), the demos, the licences
# (deny.toml) and the deployment (tests/deploy). Longer tests: a fuzzer, scripts/soak.sh.
# The script installs and starts the real servers that are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n== %s\n' "$*"; }

say 'services'
# Letters are sent to old brokers too: many clusters run 2.6 to 3.x.
scripts/services.sh up postgres postgres-9.6 postgres-18 pgbouncer mariadb mariadb-spare mysql mysql-spare \
  kafka kafka-3.6 kafka-2.6
eval "$(scripts/services.sh env)"

say 'format and lints'
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings

say 'dependencies'
scripts/check-dependencies.sh

say 'tests'
# The acceptance tests run the binaries from outside.
cargo build --workspace --bins --locked
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --workspace --locked 2>&1 | tee "$log"

say 'the same on the oldest PostgreSQL, and on a newer one'
for server in "$TEST_POSTGRES_9_6" "$TEST_POSTGRES_18"; do
  TEST_POSTGRES=$server cargo test -p analyticdb-postgresql --locked --test server --test contract 2>&1 | tee -a "$log"
done

say 'deployment: the zips for arm64, the template for every choice, the script'
for folder in functions/*/; do
  scripts/deploy.sh build "$(basename "$folder")"
  scripts/sbom.sh "$(basename "$folder")"
done
lint=$(scripts/tools.sh lint)
PYTHONDONTWRITEBYTECODE=1 "$lint/python" -m unittest discover --start-directory tests/deploy

say 'the demo, as the README shows it'
scripts/demo.sh
scripts/demo.sh mysql

say 'all tests passed'
awk '/^test result:/ { passed += $4; failed += $6 } END { printf "%d passed, %d failed\n", passed, failed }' "$log"
