#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh [1] - the files that clang-format would change; with 1 they are changed. Tables that are aligned by
# hand stand between "clang-format off" and "on".
set -eu
cd "$(dirname "$0")/.."
files=$(find src include tests bench fuzz docs/example -name '*.[ch]' -o -name '*.cpp' | sort)
if [ "${1-}" = 1 ]; then
    clang-format -i $files
    exit 0
fi
count=0
for file in $files; do
    if ! clang-format "$file" | cmp -s - "$file"; then
        echo "$file"
        count=$((count + 1))
    fi
done
echo "$count of $(echo "$files" | wc -l) files would change"
