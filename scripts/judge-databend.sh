#!/usr/bin/env bash
# Has Databend's official drivers judge the HTTP front of the tests (tests/databend): Python, Node.js and JDBC. The gate
# (scripts/test.sh) has the first only. It needs npm and Maven.
#
#   scripts/judge-databend.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
JUDGES=tests/databend/judges
NODE=$PWD/.tools/databend-node-0.33.7
JARS=$PWD/.tools/databend-jdbc-0.2.8

scripts/services.sh up databend
eval "$(scripts/services.sh env)"

python=$(scripts/tools.sh databend)/python
"$python" -B tests/databend/test_front.py

# A folder's name appears only when everything is in it.
if [[ ! -d $NODE ]]; then
  rm -rf "$NODE.new" && mkdir -p "$NODE.new"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$NODE.new" "databend-driver@${NODE##*-}"
  mv "$NODE.new" "$NODE"
fi
NODE_PATH=$NODE/node_modules node $JUDGES/judge.cjs "$TEST_DATABEND"

if [[ ! -d $JARS ]]; then
  rm -rf "$JARS.new"
  mvn -q -B -f $JUDGES/pom.xml "-Ddriver.version=${JARS##*-}" dependency:copy-dependencies -DincludeScope=runtime \
    "-DoutputDirectory=$JARS.new" </dev/null
  mv "$JARS.new" "$JARS"
fi
# The driver does not know sslmode.
java -cp "$JARS/*" $JUDGES/Judge.java "jdbc:${TEST_DATABEND%\?*}?"
