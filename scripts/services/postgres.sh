# shellcheck shell=bash
# PostgreSQL: our own initdb directory. The default cluster that Debian's package makes is not touched.

postgres_start() {
  pg initdb >/dev/null || install_package postgresql
  make_certificates
  local user home
  user=$(server_user postgres)
  make_home postgres "$user"
  home=$(home postgres)
  [[ -d $home/data ]] || create_cluster "$home" "$user"
  choose_port "$home" tcp "${POSTGRES_PORT:-}"
  configure_postgres "$home" "$user"
  launch "$home" "$user" "$home/data" "$(pg postgres)" -D "$home/data"
  await "$home" postgres_answers
}

postgres_answers() { "$(pg pg_isready)" -q -h 127.0.0.1 -p "$(port "$(home postgres)" tcp)" -t 2; }

# SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
postgres_stop() { halt "$(home postgres)" INT; }

postgres_version() { "$(pg postgres)" --version | grep -o '[0-9.]*' | head -n 1; }

postgres_exports() {
  export_line TEST_POSTGRES "postgresql://$LOGIN:$PASSWORD@127.0.0.1:$(port "$(home postgres)" tcp)/$LOGIN"
  export_line TEST_POSTGRES_CA "$STATE/tls/ca.pem"
}

# pg PROGRAM: its path, of the version that made the data, else of the newest.
pg() {
  local version='*' found
  [[ ! -e $STATE/postgres/data/PG_VERSION ]] || version=$(<"$STATE/postgres/data/PG_VERSION")
  # shellcheck disable=SC2086 # the star is meant to expand
  found=$(printf '%s\n' /usr/lib/postgresql/$version/bin/$1 | sort -V | tail -n 1)
  [[ -x $found ]] || found=$(command -v "$1") || return 1
  echo "$found"
}

# The name `data` appears only when everything in it is made, so an interrupted first start leaves no half of it.
create_cluster() {
  local home=$1 user=$2
  rm -rf "$home/data.new"
  echo "$PASSWORD" >"$home/password"
  (
    cd "$home" &&
      as "$user" "$(pg initdb)" -D data.new -U "$LOGIN" --pwfile=password --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 &&
      as "$user" "$(pg postgres)" --single -D data.new postgres <<<"CREATE DATABASE $LOGIN"
  ) >"$home/initdb.log" 2>&1 || fail_with_log "$home/initdb.log" "initdb failed"
  mv "$home/data.new" "$home/data"
}

# Whatever is not named here keeps PostgreSQL's own default, fsync among it.
configure_postgres() {
  local home=$1 user=$2
  cat >"$home/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(port "$home" tcp)
unix_socket_directories = ''
max_connections = 100
max_prepared_transactions = 10
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
CONF
  echo 'host all all 127.0.0.1/32 scram-sha-256' >"$home/data/pg_hba.conf"
  (umask 077 && cp "$STATE/tls/server.pem" "$STATE/tls/server.key" "$home/data")
  give "$user" "$home/data"
}
