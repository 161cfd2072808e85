#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh [FILE...] - clang-tidy over src/ (or the files named), and tests/architecture.py.
#
# The exit code is 1 when either has something to say.
set -u
cd "$(dirname "$0")/.."
CC=clang tests/build.sh build-lint -Dwerror=false || exit 1
result=0
python3 tests/architecture.py | grep -v '^ok\|^[0-9]' && result=1

[ $# -gt 0 ] || set -- src/*/*.c
log=build-lint/tidy.log
printf '%s\n' "$@" | xargs -P "$(nproc)" -n 4 clang-tidy -p build-lint --quiet >"$log" 2>/dev/null || result=1
grep -E '(warning|error):' "$log" | sed "s|^$PWD/||; s|^build-lint/||; s|^\.\./||" | sort -u
echo "clang-tidy: $(grep -cE '(warning|error):' "$log") findings in $# files"
exit $result
