#!/usr/bin/env bash
# Builds what a release holds into release/: the zip of every connector for both architectures, its bill of
# materials, template.yaml, and their checksums.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mkdir -p release
for folder in functions/*/; do
  connector=$(basename "$folder")
  for arch in arm64 x86_64; do
    scripts/deploy.sh build "$connector" --arch "$arch"
    cp "target/lambda/$arch/$connector/bootstrap.zip" "release/$connector-$arch.zip"
  done
  scripts/sbom.sh "$connector"
  cp "target/sbom/$connector.cdx.json" release/
done
cp template.yaml release/
cd release
rm -f SHA256SUMS
sha256sum -- * >SHA256SUMS
