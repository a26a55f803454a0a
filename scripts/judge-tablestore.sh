#!/usr/bin/env bash
# Has Tablestore's official Node.js client judge the stand-in of the tests (scripts/services/tablestore). The gate
# (scripts/test.sh) has the clients for Python and Java. It needs npm.
#
#   scripts/judge-tablestore.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
NODE=$PWD/.tools/tablestore-node-5.6.5

scripts/services.sh up tablestore
eval "$(scripts/services.sh env)"

# The folder's name appears only when everything is in it.
if [[ ! -d $NODE ]]; then
  rm -rf "$NODE.new" && mkdir -p "$NODE.new"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$NODE.new" "tablestore@${NODE##*-}"
  mv "$NODE.new" "$NODE"
fi
NODE_PATH=$NODE/node_modules node functions/tablestore/tests/official_client.cjs "$TEST_TABLESTORE"
