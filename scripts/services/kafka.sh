# shellcheck shell=bash
# Kafka brokers, one per service name. `kafka` has every kind of listener that a producer may meet. The older
# brokers show which features a producer cannot rely on; they have PLAINTEXT only.

kafka_version() {
  case $1 in
    kafka) echo 4.1.1 ;;
    kafka-3.6) echo 3.6.2 ;;
    kafka-2.6) echo 2.6.3 ;;
  esac
}

kafka_start() {
  local service=$1 home wanted
  need java default-jre-headless
  need kcat kcat
  fetch_jars "$service"
  make_home "$service" "$(id -un)"
  home=$(home "$service")
  wanted=$(shout "$service")_PORT
  choose_port "$home" plaintext "${!wanted:-}"
  "configure_${service//[-.]/_}" "$home"
  launch "$home" "$(id -un)" "$home/server.properties" java -Xmx512m \
    -Dorg.slf4j.simpleLogger.showDateTime=true "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS" \
    -cp "$(jars "$service")/*" kafka.Kafka "$home/server.properties"
  await "$home" kafka_answers "$service"
}

kafka_answers() {
  local port
  port=$(port "$(home "$1")" plaintext)
  listening "$port" && kcat -b "127.0.0.1:$port" -L -m 2 >/dev/null 2>&1
}

kafka_stop() {
  halt "$(home "$1")" TERM
  [[ $1 != kafka-2.6 ]] || halt "$(home "$1")/zookeeper" TERM
}

kafka_exports() {
  local name home
  name=TEST_$(shout "$1")
  home=$(home "$1")
  export_line "$name" "127.0.0.1:$(port "$home" plaintext)"
  [[ $1 == kafka ]] || return 0
  export_line TEST_KAFKA_SASL "127.0.0.1:$(port "$home" sasl_plaintext)"
  export_line TEST_KAFKA_SSL "127.0.0.1:$(port "$home" ssl)"
  export_line TEST_KAFKA_SASL_SSL "127.0.0.1:$(port "$home" sasl_ssl)"
  export_line TEST_KAFKA_CA "$STATE/tls/ca.pem"
}

# jars SERVICE: the folder of its jars.
jars() {
  if [[ $1 == kafka && -n ${KAFKA_HOME:-} ]]; then
    echo "$KAFKA_HOME/libs"
  else
    echo "$STATE/jars/$(kafka_version "$1")"
  fi
}

fetch_jars() {
  local libs
  libs=$(jars "$1")
  [[ ! -d $libs ]] || return 0
  [[ $libs == "$STATE"/* ]] || fail "KAFKA_HOME names a folder without libs: $libs"
  need mvn maven
  say "fetching the jars of Kafka $(kafka_version "$1")"
  rm -rf "$libs.new"
  quietly maven mvn -q -B -f "$SCRIPTS/kafka-pom.xml" "-Dkafka.version=$(kafka_version "$1")" \
    dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$libs.new"
  mv "$libs.new" "$libs"
}

# java_tool SERVICE CLASS ARGUMENT…: the options are for a JVM that lives for a second.
java_tool() {
  java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp "$(jars "$1")/*" "${@:2}"
}

configure_kafka() {
  local home=$1 name
  for name in controller sasl_plaintext ssl sasl_ssl; do choose_port "$home" "$name"; done
  make_certificates
  (umask 077 && cat "$STATE/tls/server.key" "$STATE/tls/server.pem" >"$home/server.pem")
  {
    common_properties "$home"
    kraft_properties "$home" PLAINTEXT SASL_PLAINTEXT SSL SASL_SSL
    secure_properties "$home"
  } >"$home/server.properties"
  format_storage kafka "$home" \
    --add-scram "SCRAM-SHA-256=[name=$LOGIN,password=$PASSWORD]" \
    --add-scram "SCRAM-SHA-512=[name=$LOGIN,password=$PASSWORD]"
}

configure_kafka_3_6() {
  local home=$1
  choose_port "$home" controller
  {
    common_properties "$home"
    kraft_properties "$home" PLAINTEXT
  } >"$home/server.properties"
  format_storage kafka-3.6 "$home"
}

# These versions need ZooKeeper; its jars are among theirs.
configure_kafka_2_6() {
  local home=$1 zookeeper="$1/zookeeper"
  mkdir -p "$zookeeper"
  choose_port "$home" zookeeper
  cat >"$zookeeper/zoo.cfg" <<CONF
dataDir=$zookeeper/data
clientPort=$(port "$home" zookeeper)
clientPortAddress=127.0.0.1
admin.enableServer=false
tickTime=1000
CONF
  {
    common_properties "$home"
    echo "broker.id=1"
    echo "listeners=PLAINTEXT://127.0.0.1:$(port "$home" plaintext)"
    echo "zookeeper.connect=127.0.0.1:$(port "$home" zookeeper)"
    echo "zookeeper.session.timeout.ms=6000"
  } >"$home/server.properties"
  launch "$zookeeper" "$(id -un)" "$zookeeper/zoo.cfg" java -Xmx128m -cp "$(jars kafka-2.6)/*" \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$zookeeper/zoo.cfg"
  await "$zookeeper" listening "$(port "$home" zookeeper)"
  # A broker that was killed leaves a session behind, which blocks the next broker until it expires.
  [[ ! -d $home/data || -e $home/data/.kafka_cleanshutdown ]] || sleep 8
}

common_properties() {
  cat <<CONF
log.dirs=$1/data
num.partitions=1
# A missing topic must stay missing, because tests check what happens then.
auto.create.topics.enable=false
# Tests write records with old timestamps; the broker must not delete them.
log.retention.ms=-1
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
CONF
}

# kraft_properties HOME PROTOCOL…: broker and controller in one process, a listener for each PROTOCOL.
kraft_properties() {
  local home=$1 protocol listeners
  listeners=CONTROLLER://127.0.0.1:$(port "$home" controller)
  for protocol in "${@:2}"; do listeners+=,$protocol://127.0.0.1:$(port "$home" "${protocol,,}"); done
  cat <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(port "$home" controller)
controller.listener.names=CONTROLLER
listeners=$listeners
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
CONF
}

# The kcat of Debian 12 (librdkafka before 2.6.1) cannot do SCRAM with Kafka 4: it sends its nonce twice.
secure_properties() {
  local listener plain scram
  plain="org.apache.kafka.common.security.plain.PlainLoginModule required user_$LOGIN=\"$PASSWORD\";"
  scram="org.apache.kafka.common.security.scram.ScramLoginModule required;"
  echo "ssl.keystore.type=PEM"
  echo "ssl.keystore.location=$1/server.pem"
  echo "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
  for listener in sasl_plaintext sasl_ssl; do
    echo "listener.name.$listener.plain.sasl.jaas.config=$plain"
    echo "listener.name.$listener.scram-sha-256.sasl.jaas.config=$scram"
    echo "listener.name.$listener.scram-sha-512.sasl.jaas.config=$scram"
  done
}

# format_storage SERVICE HOME OPTION…: once; a cluster id is 16 bytes in base64 for URLs, and may not begin with a dash.
format_storage() {
  local service=$1 home=$2
  [[ ! -e $home/data/meta.properties ]] || return 0
  quietly "$service-format" java_tool "$service" kafka.tools.StorageTool format \
    -t "$(head -c 16 /dev/urandom | base64 | tr '+/' 'ab' | tr -d '=')" -c "$home/server.properties" "${@:3}"
}
