#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER [SECONDS] - look for faults with every fuzz target built in FOLDER, SECONDS (60) each.
#
# New inputs are kept in FOLDER/new/NAME, so that the next run goes on where this one ended; an input that fails
# is FOLDER/failed-NAME-*. Once the fault is mended it belongs in fuzz/corpus/NAME. Words of a language, so that they
# need not be guessed, are in fuzz/dict/NAME.dict.
set -eu
cd "$(dirname "$0")/.."
folder=$1
seconds=${2-60}
result=0
for target in "$folder"/fuzz/fuzz_*; do
    [ -x "$target" ] && [ -f "$target" ] || continue
    name=${target##*/fuzz_}
    mkdir -p "$folder/new/$name"
    echo "== $name"
    dictionary=fuzz/dict/$name.dict
    [ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
    # shellcheck disable=SC2086
    "$target" $dictionary -max_total_time="$seconds" -timeout=10 -print_final_stats=0 -verbosity=0 \
        -artifact_prefix="$folder/failed-$name-" "$folder/new/$name" "fuzz/corpus/$name" || result=1
done
exit $result
