# shellcheck shell=bash disable=SC2034
# The local server for a connector, and the server's own client, for scripts/demo.sh and scripts/invoke.sh.

# choose_target CONNECTOR: sets `service`, `server` (its name for people) and `moment` (its type for a timestamp).
choose_target() {
  case $1 in
    analyticdb-postgresql) service=postgres server=PostgreSQL moment=timestamptz ;;
    analyticdb-mysql) service=mariadb server=MariaDB moment=timestamp ;;
    *) return 1 ;;
  esac
}

# reach_target: once the server is up, sets `url`, and the commands `show` and `bare`. Both run an SQL text; `show`
# prints a table, `bare` only the values.
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
