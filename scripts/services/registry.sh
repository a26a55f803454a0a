# shellcheck shell=bash
# A schema registry: Apicurio, which answers in Confluent's API too. It keeps everything in memory, so that a restart
# forgets it.

registry_version() { echo 2.6.13.Final; }

registry_home() { echo "$STATE/packages/registry-$(registry_version)"; }

registry_start() {
  local home jar
  need java default-jre-headless
  fetch_registry
  jar=$(registry_home)/apicurio-registry-app-$(registry_version)-runner.jar
  make_home registry "$(id -un)"
  home=$(home registry)
  choose_port "$home" tcp "${REGISTRY_PORT:-}"
  launch "$home" "$(id -un)" "$jar" QUARKUS_HTTP_HOST=127.0.0.1 "QUARKUS_HTTP_PORT=$(port "$home" tcp)" \
    java -Xmx96m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar"
  await "$home" registry_answers
}

registry_answers() {
  local answer
  { exec 8<>"/dev/tcp/127.0.0.1/$(port "$(home registry)" tcp)"; } 2>/dev/null || return 1
  printf 'GET /apis/ccompat/v7/subjects HTTP/1.0\r\n\r\n' >&8
  read -r -t 5 answer <&8 || answer=''
  exec 8>&-
  [[ $answer == *' 200 '* ]]
}

registry_stop() { halt "$(home registry)" TERM; }

registry_exports() {
  export_line TEST_REGISTRY "http://127.0.0.1:$(port "$(home registry)" tcp)/apis/ccompat/v7"
}

fetch_registry() {
  local home archive
  home=$(registry_home)
  [[ ! -d $home ]] || return 0
  need mvn maven
  say "fetching Apicurio Registry $(registry_version)"
  rm -rf "$home.new"
  mkdir -p "$home.new"
  archive=io.apicurio:apicurio-registry-app:$(registry_version):tar.gz:all
  quietly maven-registry mvn -q -B dependency:copy "-Dartifact=$archive" "-DoutputDirectory=$home.new"
  tar -xzf "$home.new"/*.tar.gz -C "$home.new"
  rm "$home.new"/*.tar.gz
  mv "$home.new" "$home"
}
