#!/usr/bin/env bash
# Writes the bill of materials of a connector's binary as CycloneDX: target/sbom/CONNECTOR.cdx.json.
#
#   scripts/sbom.sh CONNECTOR [--arch arm64|x86_64]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

connector=${1:-}
[[ -n $connector && -d functions/$connector ]] || {
  printf 'usage: scripts/sbom.sh CONNECTOR [--arch arm64|x86_64]; connectors: %s\n' "$(ls functions)" >&2
  exit 2
}
case ${2:-}=${3:-arm64} in
  =arm64 | --arch=arm64) target=aarch64-unknown-linux-gnu ;;
  --arch=x86_64) target=x86_64-unknown-linux-gnu ;;
  *)
    printf 'sbom: --arch is arm64 or x86_64\n' >&2
    exit 2
    ;;
esac

tools=$(scripts/tools.sh cyclonedx)
# The tool writes one file beside each binary of the workspace, not only for the requested one.
written() { find . -name '*_bin.cdx.json' -not -path './target/*' -not -path './.tools/*' "$@"; }
trap 'written -delete' EXIT
PATH=$tools:$PATH cargo cyclonedx --quiet --manifest-path "functions/$connector/Cargo.toml" --format json \
  --spec-version 1.5 --describe binaries --no-build-deps --target "$target"
# The names of our own crates contain the path of this checkout; remove it.
sbom=$(<"functions/$connector/${connector}_bin.cdx.json")
sbom=${sbom//"path+file://$PWD/"/path+file:}
[[ $sbom != *"$PWD"* ]] || {
  printf 'sbom: a path of this machine is left in it\n' >&2
  exit 1
}
mkdir -p target/sbom
printf '%s\n' "$sbom" >"target/sbom/$connector.cdx.json"
printf 'target/sbom/%s.cdx.json\n' "$connector"
