#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh NAME MAPAE - run NAME.js of this folder, with what npm brings (package-lock.json).
set -eu
cd "$(dirname "$0")"
command -v npm >/dev/null || { echo '1..0 # SKIP npm is not installed'; exit 0; }
lock=node_modules/.mapae-lock
if ! cmp -s package-lock.json "$lock" 2>/dev/null; then
    (
        flock 9
        cmp -s package-lock.json "$lock" 2>/dev/null ||
            { npm ci --ignore-scripts --no-audit --no-fund >/dev/null 2>&1 </dev/null && cp package-lock.json "$lock"; }
    ) 9>.npm-lock || { echo '1..0 # SKIP npm could not bring the packages'; exit 0; }
fi
exec node "$1.js" "$2"
