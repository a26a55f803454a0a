# shellcheck shell=bash
# Topics of the broker that KAFKA_VERSION selects. Every command starts a JVM, which takes one to two seconds.

topics() {
  local service act=${1:-}
  service=$(service_name kafka)
  own_broker || fail "TEST_KAFKA is $TEST_KAFKA, which is not a broker of this checkout, so nothing was done:" \
    "use the tools of that cluster (kafka-topics.sh --create --topic NAME --partitions N), or unset TEST_KAFKA"
  running "$(home "$service")" || fail "$service is down; start it with: scripts/services.sh up $service"
  case $act in
    create) create_topics "$service" "${@:2}" ;;
    delete) delete_topics "$service" "${@:2}" ;;
    list) topic_tool "$service" --list | sed '/^__/d' ;;
    *) usage ;;
  esac
}

# Whether TEST_KAFKA, if it is set, names a broker that was started from here.
own_broker() {
  local service known
  [[ -n ${TEST_KAFKA:-} ]] || return 0
  for service in kafka kafka-3.6 kafka-2.6; do
    known=$(port "$(home "$service")" plaintext 2>/dev/null) || continue
    [[ $TEST_KAFKA =~ ^(127\.0\.0\.1|localhost):$known$ ]] && return 0
  done
  return 1
}

topic_tool() {
  local class=org.apache.kafka.tools.TopicCommand
  [[ $1 == kafka ]] || class=kafka.admin.TopicCommand
  java_tool "$1" "$class" --bootstrap-server "127.0.0.1:$(port "$(home "$1")" plaintext)" "${@:2}"
}

# create_topics SERVICE NAME [PARTITIONS] NAME [PARTITIONS] …
create_topics() {
  local service=$1 name partitions
  shift
  (($# > 0)) || usage
  while (($# > 0)); do
    name=$1 partitions=1
    shift
    if [[ ${1:-} =~ ^[0-9]+$ ]]; then
      partitions=$1
      shift
    fi
    topic_tool "$service" --create --topic "$name" --partitions "$partitions" --replication-factor 1
    await_topic "$service" "$name" "$partitions"
  done
}

# The controller knows a topic shortly before the broker shows it to clients.
await_topic() {
  local broker end=$((SECONDS + 10))
  broker=127.0.0.1:$(port "$(home "$1")" plaintext)
  until (($(kcat -b "$broker" -L -t "$2" | grep -c 'partition [0-9]*, leader 1,') == $3)); do
    ((SECONDS < end)) || fail "topic $2 was created but the broker does not show it"
    sleep 0.05
  done
}

# All names in one call: the tool reads them as one pattern, in which a comma is an or. A missing topic is fine.
delete_topics() {
  local service=$1 name names
  shift
  (($# > 0)) || usage
  names=$(IFS=, && echo "${*//./\\.}")
  topic_tool "$service" --delete --if-exists --topic "$names"
  for name in "$@"; do await_no_topic "$service" "$name"; done
}

# The controller forgets a topic shortly before the broker does, and until then clients write to it.
await_no_topic() {
  local broker end=$((SECONDS + 10))
  broker=127.0.0.1:$(port "$(home "$1")" plaintext)
  while (($(kcat -b "$broker" -L | grep -cF "topic \"$2\" with") > 0)); do
    ((SECONDS < end)) || fail "topic $2 was deleted but the broker still shows it"
    sleep 0.05
  done
}
