#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh DRIVER: install the provider of package-lock.json beside the build, and play flow.mjs. Without npm or a network: skipped, and says so.
set -eu
driver=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
folder=$(dirname "$driver")/oidc-node
command -v node >/dev/null && command -v npm >/dev/null || { echo '1..0 # SKIP node and npm are not installed'; exit 0; }
mkdir -p "$folder"
if ! cmp -s "$here/package-lock.json" "$folder/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$folder/"
    if ! (cd "$folder" && timeout 240 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1); then
        echo '1..0 # SKIP the packages could not be installed: is there a network?'
        exit 0
    fi
    cp "$here/package-lock.json" "$folder/installed.json"
fi
cp "$here/flow.mjs" "$folder/"
cd "$folder"
exec node flow.mjs "$driver"
