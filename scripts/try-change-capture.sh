#!/usr/bin/env bash
# Tests change capture end to end: a source database with traffic, Debezium in Kafka Connect, Kafka, sluice and copies,
# which are compared with the source row by row. The settings are those of docs/change-capture.md. The exit code is 1
# if something differs for a reason that is not in scripts/capture/limits.txt.
#
#   scripts/try-change-capture.sh [mysql | mariadb | postgres] [--to mysql|mariadb|postgres]… [--changes N] [--seed S]
#                                 [--partitions N] [--unconstrained] [--kill TIMES]
#                                 [--option NAME=VALUE]… [--setting NAME=VALUE]…
#
# Without a source, all three are tested, each with copies in all three. CAPTURE_PROFILE=release runs release builds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/capture/connect.sh
source scripts/capture/connect.sh

case ${1:-} in
  mysql | mariadb | postgres)
    sources=("$1")
    shift
    ;;
  '' | --[!h]*) sources=(mysql mariadb postgres) ;;
  *)
    sed -n '6,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
((${#sources[@]} == 1)) || set -- --to mysql --to mariadb --to postgres "$@"

# The servers for the copies: those of --to, otherwise one of the source's kind.
targets=()
previous=''
for word in "$@"; do
  [[ $previous != --to ]] || targets+=("$word")
  [[ $word != --to=* ]] || targets+=("${word#--to=}")
  previous=$word
done
((${#targets[@]} > 0)) || targets=("${sources[@]}")

scripts/services.sh up kafka "${targets[@]}" "${sources[@]/%/-source}"
eval "$(scripts/services.sh env)"
profile=${CAPTURE_PROFILE:-dev}
cargo build --locked --profile "$profile" -p sluice -p analyticdb-postgresql -p analyticdb-mysql -p sluice-capture
export TEST_BIN_DIR=$PWD/target/${profile/dev/debug}

worst=0
for source in "${sources[@]}"; do
  fetch_capture "$source"
  code=0
  "$TEST_BIN_DIR/sluice-capture" "$source" "$@" || code=$?
  ((code <= worst)) || worst=$code
done
exit "$worst"
