#!/usr/bin/env bash
# Writes a table into a topic with mysql-source, and the topic into another table with analyticdb-mysql. In between a
# column is added and a row is changed. What the script shows is read from the real servers. You can run it repeatedly.
# scripts/demo.sh source starts it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

TABLE=demo_students
COPY=demo_students_copy
TOPIC=demo-$TABLE
NAME=demo-source
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# shellcheck source=scripts/demo/steps.sh
source scripts/demo/steps.sh

step '1. MariaDB and Kafka, private to this checkout'
choose_target analyticdb-mysql
scripts/services.sh up "$service" kafka
eval "$(scripts/services.sh env)"
reach_target

# The gate gives the directory of the binaries that it has built.
step "2. The source, the sink and the command${TEST_BIN_DIR:+, from $TEST_BIN_DIR}"
[[ -n ${TEST_BIN_DIR:-} ]] ||
  cargo build --release --locked --package mysql-source --package analyticdb-mysql --package sluice
PATH=${TEST_BIN_DIR:-$PWD/target/release}:$PATH

step '3. A table with ten rows'
# With the offsets of an earlier run: it is not continued.
scripts/services.sh topics delete $TOPIC $NAME-offsets >/dev/null
scripts/services.sh topics create $TOPIC >/dev/null
"${show[@]}" "DROP TABLE IF EXISTS $TABLE, $COPY;
  CREATE TABLE $TABLE (id int AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL, class char(2), score decimal(5,2),
    updated_at timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), KEY (updated_at, id));
  INSERT INTO $TABLE (name, class, score) VALUES ('Ada', '1a', 97.50), ('Grace', '1a', 88), ('Katherine', '1b', 100),
    ('Edsger', '1b', 91.25), ('Barbara', '1a', 95), ('Alan', '1c', 99.99), ('Donald', '1c', 90), ('Frances', '1b', 93.1),
    ('Tony', '1c', 85), ('Leslie', '1a', NULL);
  SELECT * FROM $TABLE"

step '4. The table into the topic: one record for each row, with the key of the row'
export SLUICE_NAME=$NAME SLUICE_CONNECTION_URL=$url SLUICE_MODE=timestamp+incrementing \
  SLUICE_TIMESTAMP_COLUMN_NAME=updated_at SLUICE_TABLE_WHITELIST=$TABLE SLUICE_TOPIC_PREFIX=demo- \
  SLUICE_KAFKA_BOOTSTRAP_SERVERS=$TEST_KAFKA
poll
records 1

step '5. A column is added, a row is changed: the next poll writes the row again, with the column'
"${show[@]}" "ALTER TABLE $TABLE ADD COLUMN city varchar(50); UPDATE $TABLE SET city = 'London', score = 98 WHERE id = 1"
poll
records 11
printf '\nThe offset of the table, as Kafka Connect writes it:\n'
sluice offsets show --bootstrap "$TEST_KAFKA" --connector "$NAME"

step '6. The topic into another table, which the sink creates'
# The options of the source are not those of the sink.
unset SLUICE_NAME SLUICE_MODE SLUICE_TIMESTAMP_COLUMN_NAME SLUICE_TABLE_WHITELIST SLUICE_TOPIC_PREFIX
export SLUICE_TABLE_NAME_FORMAT=$COPY SLUICE_INSERT_MODE=upsert SLUICE_PK_MODE=record_key SLUICE_PK_FIELDS=id \
  SLUICE_AUTO_CREATE=true SLUICE_AUTO_EVOLVE=true
drain analyticdb-mysql "$NAME-$(date +%s)"
"${show[@]}" "SELECT * FROM $COPY ORDER BY id"

sent=$(records 1 | wc -l)
rows=$("${bare[@]}" "SELECT count(*) FROM $COPY")
equal=$("${bare[@]}" "SELECT count(*) FROM $TABLE a JOIN $COPY b USING (id)
  WHERE a.name <=> b.name AND a.class <=> b.class AND a.score <=> b.score AND a.city <=> b.city")
printf '\n%6d records in the topic: ten rows, and one of them again\n%6d rows in the copy, %d of them equal\n' \
  "$sent" "$rows" "$equal"
if ((sent != 11 || rows != 10 || equal != 10)); then
  printf 'THE NUMBERS DO NOT ADD UP\n'
  exit 1
fi
