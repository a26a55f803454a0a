# shellcheck shell=bash
# PgBouncer in front of `postgres`, in transaction mode with two connections for each user. What works through it
# should also work through the poolers of cloud providers.

pgbouncer_start() {
  local user home
  running "$(home postgres)" || fail "pgbouncer needs postgres; start postgres first: scripts/services.sh up postgres"
  need pgbouncer pgbouncer
  make_certificates
  user=$(server_user postgres)
  make_home pgbouncer "$user"
  home=$(home pgbouncer)
  choose_port "$home" tcp "${PGBOUNCER_PORT:-}"
  configure_pgbouncer "$home" "$user"
  launch "$home" "$user" "$home/pgbouncer.ini" pgbouncer "$home/pgbouncer.ini"
  await "$home" pgbouncer_answers
}

pgbouncer_answers() { "$(debian_program pg_isready)" -q -h 127.0.0.1 -p "$(port "$(home pgbouncer)" tcp)" -t 2; }

# SIGINT waits for the clients, SIGTERM does not.
pgbouncer_stop() { halt "$(home pgbouncer)" TERM; }

pgbouncer_version() { pgbouncer --version | grep -o '[0-9][0-9.]*' | head -n 1; }

pgbouncer_exports() {
  export_line TEST_PGBOUNCER "postgresql://$LOGIN:$PASSWORD@127.0.0.1:$(port "$(home pgbouncer)" tcp)/$LOGIN"
}

# Every role of postgres may log in here. Unused connections of roles from earlier tests are soon closed.
configure_pgbouncer() {
  local home=$1 user=$2
  cat >"$home/pgbouncer.ini" <<CONF
[databases]
* = host=127.0.0.1 port=$(port "$(home postgres)" tcp) auth_user=$LOGIN
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $(port "$home" tcp)
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $home/users.txt
client_tls_sslmode = allow
client_tls_cert_file = $home/server.pem
client_tls_key_file = $home/server.key
pool_mode = transaction
default_pool_size = 2
max_client_conn = 500
server_idle_timeout = 2
CONF
  (
    umask 077
    printf '"%s" "%s"\n' "$LOGIN" "$PASSWORD" >"$home/users.txt"
    cp "$STATE/tls/server.pem" "$STATE/tls/server.key" "$home"
  )
  give "$user" "$home"
}
