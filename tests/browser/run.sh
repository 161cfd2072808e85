#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh NAME MAPAE FOLDER [ARGUMENT...] - run NAME.js with what npm brings (package-lock.json), beside the build in FOLDER.
# Without npm or a network: skipped, and says so.
set -eu
name=$1
mapae=$(realpath "$2")
mkdir -p "$3"
folder=$(realpath "$3")
shift 3
cd "$(dirname "$0")"
command -v node >/dev/null && command -v npm >/dev/null || { echo '1..0 # SKIP node and npm are not installed'; exit 0; }
(
    flock 9
    for file in *.js package.json package-lock.json; do # others may run them: what is the same is not written again
        cmp -s "$file" "$folder/$file" || cp "$file" "$folder/"
    done
    cd "$folder"
    cmp -s package-lock.json installed.json ||
        { timeout 240 npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1 </dev/null && cp package-lock.json installed.json; }
) 9>"$folder/lock" || { echo '1..0 # SKIP the packages could not be installed: is there a network?'; exit 0; }
cd "$folder"
exec node "$name.js" "$mapae" "$@"
