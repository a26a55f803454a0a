# shellcheck shell=bash
# Kafka Connect and Debezium's source connectors, gathered by Maven, for scripts/try-change-capture.sh.

# 3.3.0 is the newest 3.3 of MariaDB's connector on Maven Central.
declare -A DEBEZIUM=([mysql]=3.3.1.Final [mariadb]=3.3.0.Final [postgres]=3.3.1.Final)

# fetch_capture KIND: exports the folders of the jars. Each kind of source has its own plugin.
fetch_capture() {
  local jars=$PWD/.services/jars
  export CAPTURE_CONNECT=$jars/connect CAPTURE_PLUGINS=$jars/capture-plugins
  [[ -d $CAPTURE_CONNECT ]] || copy_capture_jars "$CAPTURE_CONNECT" -f scripts/bench/connect-pom.xml
  [[ -d $CAPTURE_PLUGINS/debezium-$1 ]] || {
    copy_capture_jars "$CAPTURE_PLUGINS/debezium-$1" -f scripts/capture/source-pom.xml \
      "-Dconnector=$1" "-Ddebezium.version=${DEBEZIUM[$1]}"
  }
}

# copy_capture_jars FOLDER MAVEN-ARGUMENT…: the folder's name appears only when everything is in it.
copy_capture_jars() {
  local new=${1%/*}/new-${1##*/}
  printf 'change capture: fetching the jars of %s\n' "${1##*/}" >&2
  rm -rf "$new"
  mvn -q -B "${@:2}" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$new" </dev/null
  # Kafka Connect already has these. A class that two class loaders find counts as two classes.
  [[ $1 != */debezium-* ]] || rm -f "$new"/{jackson-core,jackson-databind,jackson-annotations,slf4j}*
  mv "$new" "$1"
}
