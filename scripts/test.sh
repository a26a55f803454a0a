#!/usr/bin/env bash
# Runs all tests: format, lints, unit, property, contract and acceptance tests, the laws of any bytes
# (tests/laws), four schedules of faults for each database (tests/schedules), the demos, the licences
# (deny.toml) and the deployment (tests/deploy). Longer tests: a fuzzer, scripts/soak.sh.
# The script installs and starts the real servers that are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp) steps=$(mktemp)
trap 'rm -f "$log" "$steps"' EXIT

# Prints the name of the next step, and notes how long the last one took.
say() {
  local now=$SECONDS
  [[ -z ${step:-} ]] || printf '%d %s\n' $((now - began)) "$step" >>"$steps"
  step=$* began=$now
  printf '\n== %s\n' "$*"
}

# The twenty slowest: steps, and the test binaries within them.
print_slowest() {
  awk '/^ +Running / { name = $2 == "unittests" ? "unit tests " $NF : $2 " " $NF }
       /^test result:/ { sub(/s$/, "", $NF); printf "%d   %s\n", $NF, name }' "$log" >>"$steps"
  printf '\nseconds, the slowest twenty:\n'
  # `sed` reads to the end; `head` would end `sort` by a signal, and the script with it.
  sort -rn "$steps" | sed -n 1,20p
}

say 'services'
# Letters are sent to old brokers too: many clusters run 2.6 to 3.x.
scripts/services.sh up postgres postgres-9.6 postgres-18 pgbouncer mariadb mariadb-spare mysql mysql-spare \
  databend tablestore kafka kafka-3.6 kafka-2.6 registry
eval "$(scripts/services.sh env)"

# The clients that write records with a schema.
scripts/tools.sh serdes >/dev/null

say 'format and lints'
cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings
# The small programs, without the client of schema registries.
cargo clippy -p databend -p mysql-source --no-default-features --locked -- -D warnings

say 'dependencies'
scripts/check-dependencies.sh

say 'tests'
# The acceptance tests run the binaries from outside.
cargo build --workspace --bins --locked
cargo test --workspace --locked 2>&1 | tee "$log"
cargo test -p sluice-registry --no-default-features --lib --locked 2>&1 | tee -a "$log"

say "the front of Databend's engine, used by the official driver"
"$(scripts/tools.sh databend)/python" -B tests/databend/test_front.py

say 'the same on the oldest PostgreSQL, and on a newer one'
# Side by side: each waits for its own server most of the time.
versions=()
for server in "$TEST_POSTGRES_9_6" "$TEST_POSTGRES_18"; do
  TEST_POSTGRES=$server cargo test -p analyticdb-postgresql --locked --test server --test contract \
    >"$log.${#versions[@]}" 2>&1 &
  versions+=($!)
done
held=yes
for version in "${!versions[@]}"; do
  wait "${versions[version]}" || held=no
  tee -a "$log" <"$log.$version"
  rm -f "$log.$version"
done
[[ $held == yes ]]

say 'the zip for arm64, of one connector of each kind'
# All of them: scripts/release.sh.
for connector in $(scripts/kinds.sh one-of-each); do
  scripts/deploy.sh build "$connector"
  scripts/sbom.sh "$connector"
done

say 'deployment: the template for every choice, the script'
lint=$(scripts/tools.sh lint)
PYTHONDONTWRITEBYTECODE=1 "$lint/python" -m unittest discover --start-directory tests/deploy

say 'the demo, as the README shows it, with the binaries that were tested'
TEST_BIN_DIR=$PWD/target/debug scripts/demo.sh
TEST_BIN_DIR=$PWD/target/debug scripts/demo.sh mysql
TEST_BIN_DIR=$PWD/target/debug scripts/demo.sh source
TEST_BIN_DIR=$PWD/target/debug scripts/demo.sh databend

say 'all tests passed'
print_slowest
awk '/^test result:/ { passed += $4; failed += $6 } END { printf "%d passed, %d failed\n", passed, failed }' "$log"
