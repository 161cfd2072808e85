#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh [BUILD...] - build and run every test; the last line is "N passed, N failed".
#
#   gcc      gcc with AddressSanitizer and UndefinedBehaviorSanitizer: every test of our C; long loops look at a sample
#   clang    clang, optimised, assertions on: every test, every loop to its end
#   threads  gcc with ThreadSanitizer: the tests of suite "threads"
#
# All three when none is named. The exit code is 1 when a test or a build failed, or nothing ran.
set -u
cd "$(dirname "$0")/.."

export CI="${CI-}" LC_ALL=C.UTF-8
# Frames that were left are looked at too: a fifth of the time of a long test, and slices that outlive a frame are what our C is prone to.
export ASAN_OPTIONS="${ASAN_OPTIONS-detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-halt_on_error=1:print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS-halt_on_error=1:second_deadlock_stack=1}"
# A database waits for the disk at every commit, and no test is about that: where memory has room (4 GiB), and programs may be
# run in it, folders of tests are there.
if [ -z "${TMPDIR-}" ] && [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')" -gt 4194304 ] 2>/dev/null &&
    ! grep -q '^[^ ]* /dev/shm [^ ]* [^ ]*noexec' /proc/mounts; then
    TMPDIR=$(mktemp -d /dev/shm/mapae-XXXXXX) && chmod 755 "$TMPDIR" && export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
    trap 'exit 130' INT TERM
fi
multiplier=4 # sanitizers are slow, and so are the machines that CI rents
at_once=$(($(nproc) + 2)) # many tests wait: for a disk, a client, a clock
log=build-test/run.log
mkdir -p build-test
tally=

options_of() {
    common='-Dtests=true -Db_ndebug=false'
    case $1 in
    gcc) echo "$common -Db_sanitize=address,undefined -Dbuildtype=debugoptimized -Doptimization=1" ;;
    clang) echo "$common -Dbuildtype=release" ;;
    threads) echo "$common -Db_sanitize=thread -Dbuildtype=debugoptimized -Doptimization=1 -Dwerror=false" ;;
    *) return 1 ;;
    esac
}

# Build one and run its tests; what came of it is for tally.py to count.
run() {
    name=$1
    folder=build-test/$name
    options=$(options_of "$name") || { echo "run.sh: no build is called $name" >&2; exit 2; }
    [ "$name" = clang ] && CC=clang CXX=clang++ || CC=gcc CXX=g++
    command -v ccache >/dev/null && CC="ccache $CC" CXX="ccache $CXX"
    [ "$name" = threads ] && chosen='--suite threads' only=configure || chosen='' only=
    export CC CXX
    start=$(date +%s)
    echo "== $name: building"
    if ! BUILD_ONLY=$only tests/build.sh "$folder" $options; then
        tally="$tally $folder:unbuilt"
        return
    fi
    echo "== $name: built in $(($(date +%s) - start)) s; testing"
    rm -f "$folder/meson-logs/testlog.json"
    start=$(date +%s)
    meson test -C "$folder" $chosen $([ "$only" ] || echo --no-rebuild) \
        --num-processes "$at_once" --timeout-multiplier "$multiplier" --print-errorlogs >"$log" 2>&1 </dev/null
    # What passed is one line too many.
    grep -Ev '^ *[0-9]+/[0-9]+ .* (OK|SKIP) |^\[[0-9]+/[0-9]+\]|^ninja: |^$|: +0 *$|^Full log' "$log"
    echo "== $name: tested in $(($(date +%s) - start)) s"
    tally="$tally $folder"
}

for build in ${*:-gcc clang threads}; do
    run "$build"
done
python3 tests/tally.py $tally
