# shellcheck shell=bash
# The engine of Databend's Python package behind an HTTP front of ours (tests/databend), with TLS on a second port. The
# engine's catalog does not outlive its process, so each start begins with nothing.

databend_start() {
  local home user python
  python=$("$ROOT/scripts/tools.sh" databend)/python || fail "the engine's Python environment is missing"
  make_certificates
  user=$(id -un)
  make_home databend "$user"
  home=$(home databend)
  choose_port "$home" tcp "${DATABEND_PORT:-}"
  choose_port "$home" tls "${DATABEND_TLS_PORT:-}"
  rm -rf "$home/data"
  launch "$home" "$user" "$home/data" "$python" -B "$ROOT/tests/databend/front.py" "$home/data" "$(port "$home" tcp)" \
    "$(port "$home" tls)" "$STATE/tls/server.pem" "$STATE/tls/server.key"
  await "$home" databend_answers
}

databend_answers() {
  local home
  home=$(home databend)
  exec 8<>"/dev/tcp/127.0.0.1/$(port "$home" tcp)" || return 1
  printf 'POST /control/ready HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' >&8
  timeout 2 grep -q '^HTTP/1.1 200' <&8
} 2>/dev/null

databend_stop() { halt "$(home databend)" TERM; }

databend_version() { sed -n "s/^databend==\([0-9.]*\).*/\1/p" "$ROOT/tests/databend/requirements.txt"; }

databend_exports() {
  local home
  home=$(home databend)
  export_line TEST_DATABEND "databend://$LOGIN:$PASSWORD@127.0.0.1:$(port "$home" tcp)/default?sslmode=disable"
  export_line TEST_DATABEND_TLS "databend://$LOGIN:$PASSWORD@localhost:$(port "$home" tls)/default"
  export_line TEST_DATABEND_CA "$STATE/tls/ca.pem"
}
