# shellcheck shell=bash
# Kafka Connect and Debezium's JDBC sink, gathered by Maven, for `scripts/bench.sh peers`.

# fetch_connect: exports the folders of the jars.
fetch_connect() {
  local home=$PWD/.services/jars
  export BENCH_CONNECT_JARS=$home/connect BENCH_CONNECT_PLUGINS=$home/connect-plugins
  [[ -d $BENCH_CONNECT_JARS ]] || copy_jars connect "$BENCH_CONNECT_JARS"
  [[ -d $BENCH_CONNECT_PLUGINS ]] || copy_jars sink "$BENCH_CONNECT_PLUGINS" /debezium-jdbc
}

# copy_jars POM FOLDER [INSIDE]: the folder's name appears only when everything is in it.
copy_jars() {
  printf 'bench: fetching the jars of %s\n' "$1" >&2
  rm -rf "$2.new"
  mvn -q -B -f "scripts/bench/$1-pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$2.new${3:-}" </dev/null
  # Kafka Connect already has these.
  [[ $1 != sink ]] || rm -f "$2.new${3:-}"/{jackson-,jakarta.xml.bind,jakarta.activation,slf4j}*
  mv "$2.new" "$2"
}
