# shellcheck shell=bash
# MySQL: the newest that Debian has, with our own data directories and option files. Tests stop and
# start `mysql-spare` and set it to read-only; change capture reads `mysql-source`.

mysql_start() {
  local service=$1 user home wanted
  fetch_packages mysql mysql-server-core mysql-client-core
  make_certificates
  # No installed package creates a user for the server.
  user=$(server_user nobody)
  make_home mysql "$user"
  unpack_mysql "$(home mysql)" "$user"
  make_home "$service" "$user"
  home=$(home "$service")
  wanted=$(shout "$service")_PORT
  choose_port "$home" tcp "${!wanted:-}"
  configure_mysql "$home" "$user"
  [[ -d $home/data ]] || create_mysql_data "$home" "$user"
  # A server that was killed leaves this file behind. It blocks the next one once another process has its process id.
  rm -f "$home/data/mysqld.sock.lock"
  launch "$home" "$user" "--defaults-file=$home/my.cnf" "$(mysql_program mysqld)" "--defaults-file=$home/my.cnf"
  await "$home" mysql_answers "$service"
}

mysql_answers() {
  "$(mysql_program mysqladmin)" --no-defaults --protocol=tcp -h 127.0.0.1 -P "$(port "$(home "$1")" tcp)" \
    -u "$LOGIN" "-p$PASSWORD" --connect-timeout=2 status
} >/dev/null 2>&1

mysql_stop() { halt "$(home "$1")" TERM; }

mysql_version() { "$(mysql_program mysqld)" --no-defaults --version | grep -o 'Ver [0-9.]*' | cut -d' ' -f2; }

mysql_exports() {
  export_line "TEST_$(shout "$1")" "mysql://$LOGIN:$PASSWORD@127.0.0.1:$(port "$(home "$1")" tcp)/$LOGIN"
  export_line TEST_MYSQL_CA "$STATE/tls/ca.pem"
}

mysql_program() { echo "$(home mysql)/programs/bin/$1"; }

unpack_mysql() {
  local home=$1 user=$2
  [[ ! -d $home/programs ]] || return 0
  rm -rf "$home/programs.new"
  unpack_packages mysql "$home/programs.new" usr/sbin/mysqld usr/bin/mysqladmin usr/bin/mysql
  give "$user" "$home/programs.new"
  mv "$home/programs.new" "$home/programs"
}

# The name `data` appears only when everything in it exists, so an interrupted first start leaves nothing half done.
create_mysql_data() {
  local home=$1 user=$2
  rm -rf "$home/data.new"
  as "$user" "$(mysql_program mysqld)" "--defaults-file=$home/my.cnf" --initialize-insecure \
    "--datadir=$home/data.new" >"$home/install.log" 2>&1 || fail_with_log "$home/install.log" "mysqld --initialize failed"
  mv "$home/data.new" "$home/data"
}

# All other settings keep MySQL's own defaults, including the binary log.
configure_mysql() {
  local home=$1 user=$2
  cat >"$home/my.cnf" <<CONF
[mysqld]
basedir = $(home mysql)/programs/usr
datadir = $home/data
# Under datadir: a longer path may be too long for a socket.
socket = mysqld.sock
pid_file = $home/mysqld.pid
bind_address = 127.0.0.1
port = $(port "$home" tcp)
mysqlx = OFF
secure_file_priv = NULL
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
