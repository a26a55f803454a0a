#!/usr/bin/env bash
# Private servers for tests and demos: Kafka, PostgreSQL, MariaDB, MySQL, a schema registry, a stand-in for Tablestore.
# They live under .services/ of this checkout and use free ports of 127.0.0.1. The script never touches a server that
# it did not start.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
STATE=$ROOT/.services
SCRIPTS=$ROOT/scripts/services
SERVICES=(postgres postgres-source postgres-9.6 postgres-12 postgres-18 pgbouncer mariadb mariadb-source mariadb-spare
  mysql mysql-source mysql-spare tablestore kafka kafka-3.6 kafka-2.6 registry)
DEFAULT=(postgres kafka)
LOGIN=sluice
PASSWORD=sluice-secret

usage() {
  cat >&2 <<TEXT
usage: scripts/services.sh up     [SERVICE…]            start; returns when each service answers
       scripts/services.sh down   [--purge] [SERVICE…]  stop (without names, all); --purge deletes the data
       scripts/services.sh status [SERVICE…]            one line each; fails if one of them is down
       scripts/services.sh env                          exports for a shell: eval "\$(scripts/services.sh env)"
       scripts/services.sh topics create NAME [PARTITIONS]… | delete NAME… | list

services:    ${SERVICES[*]} (default: ${DEFAULT[*]}); user $LOGIN, password $PASSWORD
environment: POSTGRES_PORT MYSQL_PORT KAFKA_PORT KAFKA_2_6_PORT …  instead of a free port
             KAFKA_VERSION  4.1.1, 3.6.2 or 2.6.3: which broker \`kafka\` and \`topics\` mean
             KAFKA_HOME     an unpacked Kafka to run instead of jars from Maven
TEXT
  exit 2
}

say() { printf 'services: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

fail_with_log() {
  tail -n 40 "$1" >&2
  fail "$2; the lines above are the end of $1"
}

for room in install debian process tls postgres pgbouncer mariadb mysql tablestore kafka topics registry; do
  # shellcheck source=/dev/null
  source "$SCRIPTS/$room.sh"
done

# act ACT SERVICE: calls postgres_start, kafka_stop … with the name of the service.
act() { "${2%%-*}_$1" "$2"; }

# service_name NAME: the service that NAME means with this KAFKA_VERSION.
service_name() {
  case $1:${KAFKA_VERSION:-4.1.1} in
    kafka:4.1.1) echo kafka ;;
    kafka:3.6.2) echo kafka-3.6 ;;
    kafka:2.6.3) echo kafka-2.6 ;;
    kafka:*) fail "KAFKA_VERSION is 4.1.1, 3.6.2 or 2.6.3, not $KAFKA_VERSION" ;;
    *)
      [[ " ${SERVICES[*]} " == *" $1 "* ]] || fail "no such service: $1 (there are: ${SERVICES[*]})"
      echo "$1"
      ;;
  esac
}

# answers SERVICE: whether it is ours, and it answers.
answers() { running "$(home "$1")" && act answers "$1"; }

up() {
  local service
  for service in "$@"; do
    if ! answers "$service"; then
      # Our process may exist without an answer: it hangs, or its start was interrupted.
      act stop "$service"
      say "starting $service"
      act start "$service"
    fi
  done
  status "$@"
}

down() {
  local service
  for service in "$@"; do
    [[ -e $STATE/$service ]] || continue
    act stop "$service"
    [[ $PURGE == no ]] || rm -rf "$(home "$service")" "${STATE:?}/$service"
  done
}

status() {
  local service home all_up=0
  for service in "$@"; do
    home=$(home "$service")
    if answers "$service"; then
      printf '%-15s  up    port %-5s  pid %-7s  version %s\n' \
        "$service" "$(cat "$home"/port.{tcp,plaintext} 2>/dev/null)" "$(pid "$home")" "$(act version "$service")"
    else
      printf '%-15s  down\n' "$service"
      all_up=1
    fi
  done
  return "$all_up"
}

# shout kafka-3.6: KAFKA_3_6
shout() { tr 'a-z.-' 'A-Z__' <<<"$1"; }

export_line() { printf 'export %s=%q\n' "$1" "$2"; }

# print_env: only running services, so that a test can see which ones it has.
print_env() {
  local service
  for service in "${SERVICES[@]}"; do
    ! running "$(home "$service")" || act exports "$service"
  done
}

write_env() {
  print_env >"$STATE/env.new"
  mv "$STATE/env.new" "$STATE/env"
}

# One call at a time; .services/env is correct again however it ends. The servers must not inherit the lock, see launch.
lock() {
  mkdir -p "$STATE"
  have flock || fail "missing: flock (Debian package util-linux)"
  exec 9>"$STATE/lock"
  flock 9
  trap write_env EXIT
}

main() {
  case ${1:-} in
    up | down | status) on_services "$@" ;;
    env) print_env ;;
    topics) topics "${@:2}" ;;
    *) usage ;;
  esac
}

on_services() {
  local command=$1 names=() name
  shift
  PURGE=no
  if [[ $command == down && ${1:-} == --purge ]]; then
    PURGE=yes
    shift
  fi
  if [[ $command == down ]] && (($# == 0)); then
    names=("${SERVICES[@]}")
  else
    (($# > 0)) || set -- "${DEFAULT[@]}"
    for name in "$@"; do names+=("$(service_name "$name")"); done
  fi
  [[ $command == status ]] || lock
  "$command" "${names[@]}"
}

main "$@"
