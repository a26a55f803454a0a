#!/usr/bin/env bash
# Builds a function of this checkout with cargo-lambda and deploys it to AWS with SAM and template.yaml.
# docs/deploy.md explains every step.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat >&2 <<TEXT
usage: scripts/deploy.sh build    CONNECTOR [--arch arm64|x86_64]
       scripts/deploy.sh validate CONNECTOR --parameters FILE
       scripts/deploy.sh deploy   CONNECTOR --parameters FILE [--stack NAME] [-- OPTIONS OF sam deploy…]
       scripts/deploy.sh logs     CONNECTOR [--stack NAME]
       scripts/deploy.sh pause    CONNECTOR [--stack NAME]     stop reading; the offsets stay
       scripts/deploy.sh resume   CONNECTOR [--stack NAME]
       scripts/deploy.sh delete   CONNECTOR [--stack NAME] [-- OPTIONS OF sam delete…]     offsets, topics and tables stay

connectors: $(ls functions)
The default of --arch is arm64, the default of --stack is CONNECTOR. FILE is YAML, with one parameter of
template.yaml on each line. Missing tools are installed under .tools/, except cargo and the AWS CLI.
TEXT
  exit 2
}

say() { printf 'deploy: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

have() { command -v "$1" >/dev/null; }

wrong() {
  say "$*"
  usage
}

read_arguments() {
  (($# >= 2)) || usage
  act=$1 connector=$2 arch=arm64 stack=$2 parameters='' more=()
  shift 2
  [[ $connector =~ ^[a-z0-9-]+$ && -d functions/$connector ]] ||
    wrong "no such connector: $connector"
  while (($# > 0)); do
    case $1 in
      --arch | --stack | --parameters)
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
  [[ $arch == arm64 || $arch == x86_64 ]] || wrong "--arch is arm64 or x86_64, not $arch"
  # The limit is that of a function's name; a stack's name may be longer.
  [[ $stack =~ ^[A-Za-z][A-Za-z0-9-]{0,63}$ ]] ||
    wrong "--stack is a letter, then letters, digits and hyphens, 64 at most: not $stack"
}

build() {
  have cargo || fail 'missing: cargo (Rust 1.95, see README.md)'
  local target=aarch64-unknown-linux-gnu flag=--arm64 tools bootstrap
  [[ $arch == arm64 ]] || target=x86_64-unknown-linux-gnu flag=--x86-64
  tools=$(scripts/tools.sh lambda)
  if have rustup && ! rustup target list --installed | grep -qx "$target"; then
    say "adding the target $target to Rust"
    rustup target add "$target" >&2 || fail "rustup could not add the target $target"
  fi
  PATH=$tools:$PATH cargo lambda build --release --locked "$flag" --output-format zip \
    --package "$connector" --bin "$connector" --lambda-dir "target/lambda/$arch"
  zip=$PWD/target/lambda/$arch/$connector/bootstrap.zip
  bootstrap=${CARGO_TARGET_DIR:-target}/$target/release/$connector
  printf '%s: bootstrap %d bytes, zip %d bytes\n' \
    "target/lambda/$arch/$connector/bootstrap.zip" "$(stat -c %s "$bootstrap")" "$(stat -c %s "$zip")"
}

validate() {
  local tools function
  [[ -n $parameters ]] || wrong "$act needs --parameters FILE"
  tools=$(scripts/tools.sh lint)
  mkdir -p target/lambda
  # The newest binary that this machine can run.
  function=$(find "${CARGO_TARGET_DIR:-target}"/{release,debug}/"$connector" -prune -type f -perm -u+x \
    -printf '%T@ %p\n' 2>/dev/null | sort -rn | head -n 1 | cut -d' ' -f2-) || true
  # The file contains JSON, which is also YAML; SAM chooses the format by the file's ending.
  checked=$PWD/target/lambda/$stack.parameters.yaml
  "$tools/python" scripts/deploy/parameters.py "$connector" "$arch" "$stack" "$parameters" "$checked" ${function:+"$function"} ||
    fail "nothing was deployed"
  [[ -n $function ]] || say "the connector's own options are not checked: no $connector is built here" \
    "(cargo build --package $connector)"
  "$tools/cfn-lint" template.yaml
  say "$parameters and template.yaml are valid"
}

# Runs before the build, because a build takes minutes.
need_aws() {
  have aws || fail 'missing: aws, the AWS CLI (Debian package awscli, or version 2 from AWS)'
  have sam || PATH=$(scripts/tools.sh sam):$PATH
  [[ -n ${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}} ]] ||
    fail 'no region is set: export AWS_REGION=…, or run aws configure'
  aws sts get-caller-identity --output text >/dev/null ||
    fail 'AWS does not know you (see its message above): run aws configure or aws sso login, or set AWS_PROFILE'
}

deploy() {
  validate
  need_aws
  build
  # SAM packages every function of the template, chosen or not, so all of them get the one zip.
  local template=target/lambda/$stack.yaml
  sed -E "s|^( +CodeUri:) .*|\1 $zip|" template.yaml >"$template"
  # SAM uses a bucket of its own or a given one, and refuses both options together.
  local bucket=(--resolve-s3)
  [[ " ${more[*]} " != *" --s3-bucket"[\ =]* ]] || bucket=()
  sam deploy --template-file "$template" --stack-name "$stack" --parameter-overrides "file://$checked" \
    --capabilities CAPABILITY_IAM "${bucket[@]}" --no-fail-on-empty-changeset "${more[@]}"
}

logs() {
  need_aws
  sam logs --stack-name "$stack" --tail
}

delete() {
  need_aws
  sam delete --stack-name "$stack" "${more[@]}"
}

pause() { switch_kind --no-enabled Disabled; }
resume() { switch_kind --enabled Enabled; }

# A sink is invoked by its mapping, a source by its schedule.
switch_kind() {
  need_aws
  if [[ $'\n'$(scripts/kinds.sh)$'\n' == *$'\n'"$connector source"$'\n'* ]]; then
    switch_schedule "${2^^}"
  else
    switch "$@"
  fi
}

# switch_schedule STATE: EventBridge Scheduler replaces a schedule as a whole, so all of it is read first.
switch_schedule() {
  local schedule
  mkdir -p target/lambda
  schedule=$PWD/target/lambda/$stack.schedule.json
  aws scheduler get-schedule --name "$stack" --output json --query "{Name: Name, GroupName: GroupName, \
    Description: Description, ScheduleExpression: ScheduleExpression, State: '$1', Target: Target, \
    ScheduleExpressionTimezone: ScheduleExpressionTimezone, FlexibleTimeWindow: FlexibleTimeWindow}" >"$schedule" ||
    fail "the function $stack has no schedule"
  aws scheduler update-schedule --cli-input-json "file://$schedule" --output text >/dev/null
  say "the schedule $stack is $1; an invocation that is running comes to its end"
}

# switch FLAG STATE: changes every mapping of the function, and returns when each has that state.
switch() {
  local mappings mapping state since=$SECONDS
  mappings=$(aws lambda list-event-source-mappings --function-name "$stack" \
    --query 'EventSourceMappings[].UUID' --output text)
  [[ -n $mappings && $mappings != None ]] || fail "the function $stack has no event source mapping"
  for mapping in $mappings; do
    aws lambda update-event-source-mapping --uuid "$mapping" "$1" --query State --output text >/dev/null
  done
  for mapping in $mappings; do
    until state=$(aws lambda get-event-source-mapping --uuid "$mapping" --query State --output text) &&
      [[ $state == "$2" ]]; do
      ((SECONDS - since < ${SWITCH_TIMEOUT:-600})) || fail "the mapping $mapping is still $state, not $2"
      sleep "${SWITCH_PAUSE:-3}"
    done
    say "$mapping is $2"
  done
}

case ${1:-} in
  build | validate | deploy | logs | pause | resume | delete)
    read_arguments "$@"
    "$act"
    ;;
  *) usage ;;
esac
