#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install-packages.sh SET... - see that the Debian 12 packages of each set are there.
#
# Sets: build, test, bench, lint, fuzz. When nothing is missing, nothing is done: no network and no
# rights are needed then. Otherwise the missing ones are installed as root, or with sudo; where neither
# is possible, the command to give to someone who can is printed, and the exit code is 1.
# `install-packages.sh --list SET...` only prints the packages.
set -eu

build='gcc libc6-dev meson ninja-build pkg-config python3-minimal python3
       libssl-dev libzstd-dev zlib1g-dev libunistring-dev
       libsqlite3-dev libpq-dev libarchive-dev libsodium-dev liboath-dev libfido2-dev
       librhonabwy-dev libcurl4-openssl-dev libmicrohttpd-dev libgnutls28-dev libxlsxwriter-dev libexpat1-dev
       libcairo2-dev libpango1.0-dev fonts-nanum nodejs npm'
test="$build g++ clang libclang-rt-14-dev llvm ccache libcmocka-dev libjansson-dev zsh fish curl
      postgresql-15 chromium faketime openssl poppler-utils python3-venv zstd azure-cli"
bench="$build g++ libsimdjson-dev wrk"
lint="$build g++ clang clang-tidy"
fuzz="$build clang libclang-rt-14-dev llvm"
format='clang-format'

packages_of() {
    for set in "$@"; do
        case $set in
        build) echo $build ;;
        test) echo $test ;;
        bench) echo $bench ;;
        lint) echo $lint ;;
        fuzz) echo $fuzz ;;
        format) echo $format ;;
        *) echo "install-packages.sh: no set is called $set (build, test, bench, lint, fuzz, format)" >&2
           exit 2 ;;
        esac
    done | tr ' ' '\n' | sort -u
}

# What runs by name only may come from elsewhere.
is_installed() {
    case $1 in
    nodejs) ! command -v node >/dev/null || return 0 ;;
    npm) ! command -v npm >/dev/null || return 0 ;;
    esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

list_only=false
if [ "${1-}" = --list ]; then
    list_only=true
    shift
fi
[ $# -gt 0 ] || { echo "usage: install-packages.sh [--list] SET..." >&2; exit 2; }
wanted=$(packages_of "$@")
if $list_only; then
    echo "$wanted"
    exit 0
fi

# Not Debian: the tools may be there under other names, so go on and let the build say what is missing.
if ! command -v dpkg-query >/dev/null; then
    echo "install-packages.sh: this is no Debian; Mapae wants what these packages hold:" $wanted >&2
    exit 0
fi

missing=
for package in $wanted; do
    is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
else
    cat >&2 <<END
These packages are missing, and installing them takes root or sudo:

   $missing

Have them installed, then try again:

    apt-get update && apt-get install --no-install-recommends$missing
END
    exit 1
fi

echo "Installing:$missing" >&2
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }
# The lists of what there is may be old or absent. They are fetched only when it does not go without.
if ! apt install -y --no-install-recommends $missing >/dev/null 2>&1; then
    apt update >&2
    apt install -y --no-install-recommends $missing >&2
fi
