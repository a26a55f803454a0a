# shellcheck shell=bash
# A stand-in for Alibaba Cloud Tablestore, which has no server to run: scripts/services/tablestore/server.py says what
# it proves.

tablestore_start() {
  local home programs
  # The tools have a lock of their own, and a service must not inherit ours.
  programs=$("$ROOT/scripts/tools.sh" tablestore 9>&-)
  make_home tablestore "$(id -un)"
  home=$(home tablestore)
  choose_port "$home" tcp "${TABLESTORE_PORT:-}"
  launch "$home" "$(id -un)" "$SCRIPTS/tablestore/server.py" \
    "$programs/python" -B "$SCRIPTS/tablestore/server.py" "$(port "$home" tcp)"
  await "$home" tablestore_answers
}

tablestore_answers() { listening "$(port "$(home tablestore)" tcp)"; }

tablestore_stop() { halt "$(home tablestore)" TERM; }

tablestore_version() { sed -n 's/^tablestore==\([0-9.]*\).*/\1/p' "$ROOT/scripts/tools/tablestore.txt"; }

tablestore_exports() { export_line TEST_TABLESTORE "http://127.0.0.1:$(port "$(home tablestore)" tcp)"; }
