#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# console.sh - have in console/node_modules what the pages use (package-lock.json says exactly what). Nothing is done
# when it is there already. No script of any package is run.
set -eu
cd "$(dirname "$0")/../console"
mark=node_modules/.mapae-lock
if [ -f "$mark" ] && cmp -s package-lock.json "$mark"; then
    exit 0
fi
if ! command -v npm >/dev/null; then
    echo "console.sh: npm is missing (Debian's packages nodejs and npm)" >&2
    exit 1
fi
if ! said=$(npm ci --ignore-scripts --no-audit --no-fund 2>&1 </dev/null); then
    echo "$said" >&2
    echo "console.sh: npm could not bring what console/package-lock.json names" >&2
    exit 1
fi
cp package-lock.json "$mark"
