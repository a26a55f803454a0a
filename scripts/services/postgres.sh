# shellcheck shell=bash
# PostgreSQL: `postgres` is Debian's, the others are older and newer ones from Maven. Each has an initdb directory
# of our own; the default cluster of Debian's package is not touched. `postgres-source` is Debian's too, with
# logical replication on.

postgres_start() {
  local service=$1 user home wanted
  debian_program initdb >/dev/null || install_package postgresql
  make_certificates
  user=$(server_user postgres)
  make_home "$service" "$user"
  home=$(home "$service")
  fetch_programs "$service" "$home" "$user"
  [[ -d $home/data ]] || create_cluster "$service" "$home" "$user"
  wanted=$(shout "$service")_PORT
  choose_port "$home" tcp "${!wanted:-}"
  configure_postgres "$service" "$home" "$user"
  launch "$home" "$user" "$home/data" "$(program "$service" postgres)" -D "$home/data"
  await "$home" postgres_answers "$service"
}

postgres_answers() { "$(debian_program pg_isready)" -q -h 127.0.0.1 -p "$(port "$(home "$1")" tcp)" -t 2; }

# SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
postgres_stop() { halt "$(home "$1")" INT; }

postgres_version() { "$(program "$1" postgres)" --version | grep -o '[0-9.]*' | head -n 1; }

postgres_exports() {
  local name port
  name=TEST_$(shout "$1")
  port=$(port "$(home "$1")" tcp)
  export_line "$name" "postgresql://$LOGIN:$PASSWORD@127.0.0.1:$port/$LOGIN"
  export_line TEST_POSTGRES_CA "$STATE/tls/ca.pem"
}

is_debians() { [[ $1 == postgres || $1 == postgres-source ]]; }

# program SERVICE PROGRAM: its path.
program() {
  if is_debians "$1"; then
    debian_program "$2"
  else
    echo "$(home "$1")/programs/bin/$2"
  fi
}

# debian_program PROGRAM: its path, of the version that created the data of `postgres`, otherwise of the newest.
debian_program() {
  local version='*' found
  [[ ! -e $STATE/postgres/data/PG_VERSION ]] || version=$(<"$STATE/postgres/data/PG_VERSION")
  # shellcheck disable=SC2086 # the star is meant to expand
  found=$(printf '%s\n' /usr/lib/postgresql/$version/bin/$1 | sort -V | tail -n 1)
  [[ -x $found ]] || found=$(command -v "$1") || return 1
  echo "$found"
}

maven_version() {
  case $1 in
    postgres-9.6) echo 9.6.24 ;;
    postgres-12) echo 12.22.0 ;;
    postgres-18) echo 18.0.0 ;;
  esac
}

# fetch_programs SERVICE HOME USER: fetches initdb and postgres with what they need, to where the server's user can
# reach them.
fetch_programs() {
  local service=$1 home=$2 user=$3
  ! is_debians "$service" && [[ ! -d $home/programs ]] || return 0
  [[ $(uname -m) == x86_64 ]] || fail "$service is available for x86_64 only"
  need mvn maven
  need xz xz-utils
  say "fetching PostgreSQL $(maven_version "$service")"
  rm -rf "$home/programs.new"
  mkdir "$home/programs.new"
  quietly maven mvn -q -B -f "$SCRIPTS/postgres-pom.xml" "-Dpostgres.version=$(maven_version "$service")" \
    dependency:unpack-dependencies "-DoutputDirectory=$home/programs.new/jar" \
    "-DmarkersDirectory=$home/programs.new/jar"
  tar -xJf "$home/programs.new/jar/postgres-linux-x86_64.txz" -C "$home/programs.new"
  rm -r "$home/programs.new/jar"
  give "$user" "$home/programs.new"
  mv "$home/programs.new" "$home/programs"
}

# SCRAM exists since PostgreSQL 10; before that the setting's value `on` means MD5.
authentication() { if [[ $1 == postgres-9.6 ]]; then echo md5; else echo scram-sha-256; fi; }
encryption() { if [[ $1 == postgres-9.6 ]]; then echo on; else echo scram-sha-256; fi; }

# The name `data` appears only when everything in it exists, so an interrupted first start leaves nothing half done.
create_cluster() {
  local service=$1 home=$2 user=$3
  rm -rf "$home/data.new"
  echo "$PASSWORD" >"$home/password"
  (
    cd "$home" &&
      as "$user" "$(program "$service" initdb)" -D data.new -U "$LOGIN" --pwfile=password \
        "--auth=$(authentication "$service")" --encoding=UTF8 --locale=C.UTF-8 &&
      as "$user" "$(program "$service" postgres)" --single -D data.new postgres <<<"CREATE DATABASE $LOGIN"
  ) >"$home/initdb.log" 2>&1 || fail_with_log "$home/initdb.log" "initdb failed"
  mv "$home/data.new" "$home/data"
}

# All other settings keep PostgreSQL's own defaults, including fsync.
configure_postgres() {
  local service=$1 home=$2 user=$3
  cat >"$home/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $(port "$home" tcp)
unix_socket_directories = ''
max_connections = 100
max_prepared_transactions = 10
password_encryption = '$(encryption "$service")'
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
CONF
  [[ $service != postgres-source ]] || echo 'wal_level = logical' >>"$home/data/postgresql.conf"
  echo "host all all 127.0.0.1/32 $(authentication "$service")" >"$home/data/pg_hba.conf"
  (umask 077 && cp "$STATE/tls/server.pem" "$STATE/tls/server.key" "$home/data")
  give "$user" "$home/data"
}
