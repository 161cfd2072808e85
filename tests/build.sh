#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# build.sh FOLDER [MESON-OPTION...] - configure FOLDER with those options, or anew when they are others than
# last time, and build it. Quiet; when it fails, the end of the log is shown. CC is heeded.
# With BUILD_ONLY=configure nothing is compiled.
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift

tools/console.sh
options="--prefix=${PREFIX:-/usr/local} CC=${CC-} $*"
log=$folder/build.log
if [ ! -f "$folder/build.ninja" ] || [ "$(cat "$folder/options" 2>/dev/null)" != "$options" ]; then
    rm -rf "$folder"
    mkdir -p "$folder"
    if ! meson setup "$folder" --prefix="${PREFIX:-/usr/local}" "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        exit 1
    fi
    printf '%s' "$options" >"$folder/options"
fi
[ "${BUILD_ONLY-}" != configure ] || exit 0
if ! ninja -k 0 -C "$folder" >"$log" 2>&1 </dev/null; then
    grep -v '^\[[0-9]*/[0-9]*\] \(Compil\|Link\|Generat\)' "$log" | tail -n 100 >&2
    exit 1
fi
