# shellcheck shell=bash disable=SC2034
# The server that a connector is tried on, and its own client, for scripts/demo.sh and scripts/invoke.sh.

# choose_target CONNECTOR: sets `service`, its name for people `server`, and its type for a moment `moment`.
choose_target() {
  case $1 in
    analyticdb-postgresql) service=postgres server=PostgreSQL moment=timestamptz ;;
    analyticdb-mysql) service=mariadb server=MariaDB moment=timestamp ;;
    *) return 1 ;;
  esac
}

# reach_target: once it is up, sets `url`, and `show` and `bare`, commands that take an SQL text and print a
# table, or values alone.
reach_target() {
  local user password host port database
  case $service in
    postgres)
      url=$TEST_POSTGRES
      show=(env PGOPTIONS=--client_min_messages=warning psql -qX "$url" -c)
      bare=(psql -qX "$url" -Atc)
      ;;
    mariadb)
      url=$TEST_MARIADB
      IFS=:/@ read -r _ _ _ user password host port database <<<"$url"
      show=(env MYSQL_PWD="$password" mariadb --no-defaults -h "$host" -P "$port" -u "$user" -D "$database" -te)
      bare=("${show[@]:0:${#show[@]}-1}" -BNe)
      ;;
  esac
}
