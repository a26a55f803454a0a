# shellcheck shell=bash
# What the demos of a table into a topic share. They set TOPIC and SCRATCH.

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# poll: the rows that are new. Those of a timestamp mode are read once they are a second old.
poll() {
  sleep 1.5
  sluice poll --function mysql-source --function-log "$SCRATCH/source.log" || {
    cat "$SCRATCH/source.log"
    exit 1
  }
}

# records FIRST: the committed records of the topic from this one on, a line each: key and value.
records() {
  kcat -b "$TEST_KAFKA" -C -t "$TOPIC" -e -q -X isolation.level=read_committed -f '  %k  %s\n' |
    tail -n "+$1"
}

# drain CONNECTOR GROUP: the topic through a sink into its table.
drain() {
  sluice trigger --function "$1" --bootstrap "$TEST_KAFKA" --topics "$TOPIC" --group "$2" --once \
    --function-log "$SCRATCH/sink.log" || {
    cat "$SCRATCH/sink.log"
    exit 1
  }
}
