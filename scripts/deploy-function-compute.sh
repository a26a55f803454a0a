#!/usr/bin/env bash
# Builds a function of this checkout and deploys it to Alibaba Cloud Function Compute with Serverless Devs and
# s.template.yaml. docs/function-compute.md explains every step. For AWS: scripts/deploy.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<TEXT
usage: scripts/deploy-function-compute.sh build    CONNECTOR
       scripts/deploy-function-compute.sh validate CONNECTOR --parameters FILE [--name NAME]
       scripts/deploy-function-compute.sh deploy   CONNECTOR --parameters FILE [--name NAME] [-- OPTIONS OF s deploy…]
       scripts/deploy-function-compute.sh delete   CONNECTOR --parameters FILE [--name NAME] [-- OPTIONS OF s remove…]

connectors: $(ls functions)
The default of --name, the function's name, is CONNECTOR. FILE is YAML, with one parameter of s.template.yaml on each
line. deploy needs s, the command of Serverless Devs; the other missing tools are installed under .tools/.
TEXT
  exit 2
}

say() { printf 'deploy: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

wrong() {
  say "$*"
  usage
}

read_arguments() {
  (($# >= 2)) || usage
  act=$1 connector=$2 name=$2 parameters='' more=()
  shift 2
  [[ $connector =~ ^[a-z0-9-]+$ && -d functions/$connector ]] ||
    wrong "no such connector: $connector"
  while (($# > 0)); do
    case $1 in
      --name | --parameters)
        (($# >= 2)) || wrong "$1 needs a value"
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
      --)
        [[ $act == deploy || $act == delete ]] || wrong '-- is for deploy and delete only'
        more=("${@:2}")
        break
        ;;
      *) wrong "what is $1?" ;;
    esac
  done
  [[ $name =~ ^[A-Za-z_][A-Za-z0-9_-]{0,63}$ ]] ||
    wrong "--name is a letter, then letters, digits, hyphens and underscores, 64 at most: not $name"
  zip=$PWD/target/lambda/x86_64/$connector/bootstrap.zip
}

# Function Compute runs custom runtimes on x86_64 only. The zip is the one that Lambda takes too.
build() {
  scripts/deploy.sh build "$connector" --arch x86_64
  "$(scripts/tools.sh lint)/python" scripts/deploy/glibc.py "$zip" ||
    fail 'nothing was deployed'
}

validate() {
  local tools function
  [[ -n $parameters ]] || wrong "$act needs --parameters FILE"
  tools=$(scripts/tools.sh lint)
  mkdir -p target/function-compute
  # The newest binary that this machine can run.
  function=$(find "${CARGO_TARGET_DIR:-target}"/{release,debug}/"$connector" -prune -type f -perm -u+x \
    -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d' ' -f2-) || true
  made=$PWD/target/function-compute/$name.s.yaml
  "$tools/python" scripts/deploy/function_compute.py "$connector" "$name" "$parameters" "$zip" "$made" ${function:+"$function"} ||
    fail 'nothing was deployed'
  [[ -n $function ]] || say "the connector's own options are not checked: no $connector is built here" \
    "(cargo build --package $connector)"
  say "$parameters is valid: $made"
}

# Runs before the build, because a build takes minutes.
need_s() {
  command -v s >/dev/null ||
    fail 'missing: s, the command of Serverless Devs (npm install --global @serverless-devs/s)'
}

# Serverless Devs would put an empty text in the place of a variable that is not set.
need_passwords() {
  local variable
  for variable in SLUICE_CONNECTION_PASSWORD SLUICE_KAFKA_SASL_PASSWORD; do
    if grep -q "env('$variable')" "$made"; then
      [[ -n ${!variable:-} ]] || fail "$variable is not set: the function's password is taken from your environment"
    fi
  done
}

deploy() {
  validate
  need_s
  need_passwords
  build
  s deploy --template "$made" --assume-yes "${more[@]}"
}

delete() {
  validate
  need_s
  s remove --template "$made" "${more[@]}"
}

case ${1:-} in
  build | validate | deploy | delete)
    read_arguments "$@"
    "$act"
    ;;
  *) usage ;;
esac
