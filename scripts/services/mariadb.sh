# shellcheck shell=bash
# MariaDB: our own data directories and option files; a server that Debian's package starts is not touched.
# Tests stop and start `mariadb-spare` and set it to read-only; `mariadb-source` logs its changes.

mariadb_start() {
  need mariadbd mariadb-server
  make_certificates
  local service=$1 user home wanted
  user=$(server_user mysql)
  make_home "$service" "$user"
  home=$(home "$service")
  wanted=$(shout "$service")_PORT
  choose_port "$home" tcp "${!wanted:-}"
  configure_mariadb "$home" "$user"
  [[ $service != mariadb-source ]] || log_changes "$home"
  [[ -d $home/data ]] || create_data "$home" "$user"
  launch "$home" "$user" "--defaults-file=$home/my.cnf" mariadbd "--defaults-file=$home/my.cnf"
  await "$home" mariadb_answers "$service"
}

mariadb_answers() {
  mariadb-admin --no-defaults --protocol=tcp -h 127.0.0.1 -P "$(port "$(home "$1")" tcp)" \
    -u "$LOGIN" "-p$PASSWORD" --connect-timeout=2 ping
} >/dev/null 2>&1

mariadb_stop() { halt "$(home "$1")" TERM; }

mariadb_version() { mariadbd --no-defaults --version | grep -o '[0-9.]*' | head -n 1; }

mariadb_exports() {
  export_line "TEST_$(shout "$1")" "mysql://$LOGIN:$PASSWORD@127.0.0.1:$(port "$(home "$1")" tcp)/$LOGIN"
  export_line TEST_MARIADB_CA "$STATE/tls/ca.pem"
}

# The name `data` appears only when everything in it exists, so an interrupted first start leaves nothing half done.
create_data() {
  local home=$1 user=$2
  rm -rf "$home/data.new"
  as "$user" mariadb-install-db --no-defaults --datadir="$home/data.new" --skip-test-db \
    >"$home/install.log" 2>&1 || fail_with_log "$home/install.log" "mariadb-install-db failed"
  mv "$home/data.new" "$home/data"
}

configure_mariadb() {
  local home=$1 user=$2
  mkdir -p "$home/tmp"
  cat >"$home/my.cnf" <<CONF
[mariadbd]
datadir = $home/data
# At its start a server deletes all tables that it finds in there, even those of another server.
tmpdir = $home/tmp
# Under datadir: a longer path may be too long for a socket.
socket = mariadbd.sock
pid_file = $home/mariadbd.pid
bind_address = 127.0.0.1
port = $(port "$home" tcp)
skip_name_resolve
init_file = $home/init.sql
ssl_ca = $home/ca.pem
ssl_cert = $home/server.pem
ssl_key = $home/server.key
CONF
  # The server reads this at every start, so it must be repeatable.
  cat >"$home/init.sql" <<SQL
CREATE DATABASE IF NOT EXISTS $LOGIN CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '$LOGIN'@'127.0.0.1' IDENTIFIED BY '$PASSWORD';
GRANT ALL ON *.* TO '$LOGIN'@'127.0.0.1' WITH GRANT OPTION;
SQL
  (umask 077 && cp "$STATE"/tls/{ca.pem,server.pem,server.key} "$home")
  give "$user" "$home"
}

# log_changes HOME: the binary log in the form that change capture reads. MySQL has these settings by default.
log_changes() {
  cat >>"$1/my.cnf" <<CONF
log_bin = binlog
server_id = 1
binlog_format = ROW
binlog_row_image = FULL
CONF
}
