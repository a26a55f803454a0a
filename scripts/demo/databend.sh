#!/usr/bin/env bash
# Writes a table of MariaDB into a topic with mysql-source, and the topic into a table of Databend with databend, while the
# table changes: rows come, a column is added, a row is changed. What the script shows is read from the real servers and
# from Databend's engine (tests/databend). You can run it repeatedly. scripts/demo.sh databend starts it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/services/target.sh
source scripts/services/target.sh

TABLE=demo_members
TOPIC=demo-$TABLE
NAME=demo-databend
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
# shellcheck source=scripts/demo/steps.sh
source scripts/demo/steps.sh

# lake FORM SQL: a statement at Databend, with the official driver.
lake() { "$(scripts/tools.sh databend)/python" -B tests/databend/ask.py "$1" "$TEST_DATABEND" "$2"; }

# The options of the source are not those of the sink: each runs in a shell of its own.
into_topic() (
  export SLUICE_NAME=$NAME SLUICE_CONNECTION_URL=$url SLUICE_MODE=timestamp+incrementing \
    SLUICE_TIMESTAMP_COLUMN_NAME=updated_at SLUICE_TABLE_WHITELIST=$TABLE SLUICE_TOPIC_PREFIX=demo- \
    SLUICE_KAFKA_BOOTSTRAP_SERVERS=$TEST_KAFKA
  poll
)

into_lake() (
  export SLUICE_CONNECTION_URL=$TEST_DATABEND SLUICE_TABLE_NAME_FORMAT=$TABLE SLUICE_INSERT_MODE=upsert \
    SLUICE_PK_MODE=record_key SLUICE_PK_FIELDS=id SLUICE_AUTO_CREATE=true SLUICE_AUTO_EVOLVE=true
  drain databend "$group"
)

step '1. MariaDB, Kafka and Databend, private to this checkout'
choose_target analyticdb-mysql
scripts/services.sh up "$service" kafka databend
eval "$(scripts/services.sh env)"
reach_target

# The gate gives the directory of the binaries that it has built.
step "2. The source, the sink and the command${TEST_BIN_DIR:+, from $TEST_BIN_DIR}"
[[ -n ${TEST_BIN_DIR:-} ]] ||
  cargo build --release --locked --package mysql-source --package databend --package sluice
PATH=${TEST_BIN_DIR:-$PWD/target/release}:$PATH

step '3. A table of MariaDB with five rows'
# With the offsets of an earlier run: it is not continued.
scripts/services.sh topics delete $TOPIC $NAME-offsets >/dev/null
scripts/services.sh topics create $TOPIC >/dev/null
lake plain "DROP TABLE IF EXISTS $TABLE"
group=$NAME-$(date +%s)
"${show[@]}" "DROP TABLE IF EXISTS $TABLE;
  CREATE TABLE $TABLE (id int AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL, score decimal(5,2),
    updated_at timestamp(3) NOT NULL DEFAULT current_timestamp(3) ON UPDATE current_timestamp(3), KEY (updated_at, id));
  INSERT INTO $TABLE (name, score) VALUES ('Ada', 97.50), ('Grace', 88), ('Katherine', 100), ('Edsger', 91.25), ('Tony', NULL);
  SELECT * FROM $TABLE"

step '4. The table into the topic: one record for each row, with the key of the row'
into_topic
records 1

step '5. The topic into Databend: the function creates the table'
into_lake
lake table "SELECT * FROM $TABLE ORDER BY id"

step '6. A row comes, a column is added, a row is changed: one record for each of the two rows, with the new column'
"${show[@]}" "INSERT INTO $TABLE (name, score) VALUES ('Barbara', 95);
  ALTER TABLE $TABLE ADD COLUMN city varchar(50); UPDATE $TABLE SET city = 'London', score = 98 WHERE id = 1"
into_topic
records 6

step '7. The topic into Databend: the function adds the column, changes the row and inserts the other one'
into_lake
lake table "SELECT * FROM $TABLE ORDER BY id"

same="SELECT id, name, CAST(score AS decimal(5,2)), city FROM $TABLE ORDER BY id"
sent=$(records 1 | wc -l)
rows=$(lake plain "$same" | wc -l)
printf '\n%6d records in the topic: five rows, and then two\n%6d rows in Databend\n' "$sent" "$rows"
if ((sent != 7 || rows != 6)) || ! diff <("${bare[@]}" "$same") <(lake plain "$same"); then
  printf 'THE TABLES DIFFER\n'
  exit 1
fi
printf 'Both tables have the same rows.\n'
