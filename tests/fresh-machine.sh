#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fresh-machine.sh [FOLDER] - on a Debian 12 that has nothing but git, make and ca-certificates: clone this
# repository's HEAD, then `make demo` and `make test`, as root and without a terminal.
#
# Wants root, debootstrap (package debootstrap), about 4 GB below FOLDER (default: a new one in TMPDIR) and half an
# hour. The mirror and the way to it (keyring, proxy) are those of this machine: see /etc/apt. What is not
# committed is not tested. FOLDER is removed at the end, unless KEEP=1. COMMANDS="make demo" runs less.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "fresh-machine.sh: chroot wants root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh-machine.sh: install the package debootstrap" >&2; exit 1; }
export PATH="$PATH:/usr/sbin:/sbin"

# The first archive that has bookworm/main, from deb822 or from one-line sources.
mirror=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
    /^[^#]*URIs:/   { uri = $2 }
    /^[^#]*Suites:/ { for (i = 2; i <= NF; i++) if ($i == "bookworm" && uri) { print uri; exit } }
    /^$/            { uri = "" }')
[ -n "$mirror" ] || mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed 's/\[[^]]*\]//' | awk '$1 == "deb" && $3 == "bookworm" { print $2; exit }')
[ -n "$mirror" ] || { echo "fresh-machine.sh: no bookworm archive in /etc/apt" >&2; exit 1; }

root=${1-$(mktemp -d "${TMPDIR:-/tmp}/mapae-fresh.XXXXXX")}
mkdir -p "$root"
clean_up() {
    for mounted in proc dev; do
        if mountpoint -q "$root/$mounted"; then umount -l "$root/$mounted"; fi
    done
    [ "${KEEP-}" = 1 ] || rm -rf --one-file-system "$root"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

echo "== a Debian 12 in $root"
debootstrap --variant=minbase --include=git,make,ca-certificates bookworm "$root" "$mirror" >"$root.debootstrap" 2>&1 ||
    { tail -n 20 "$root.debootstrap" >&2; exit 1; }
rm -f "$root.debootstrap"
chmod 0755 "$root" # a root folder that everybody may enter, as PostgreSQL's user must
# How packages are got is the machine's business: the same sources, proxy settings and certificates.
cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
[ ! -f /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$root/etc/apt/"
[ ! -d /usr/local/share/ca-certificates ] || cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
cp -L /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev" # what is unmounted here later stays where it is outside

echo "== clone $(git rev-parse --short HEAD)"
git bundle create -q "$root/mapae.bundle" HEAD
# A path that nothing is made for; a user without a git identity; no terminal, no locale.
run() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true ${http_proxy:+"http_proxy=$http_proxy"} \
        ${https_proxy:+"https_proxy=$https_proxy"} NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        PIP_CERT=/etc/ssl/certs/ca-certificates.crt chroot "$root" sh -ec "$1" </dev/null
}
run 'git -c advice.detachedHead=false clone -q /mapae.bundle "/srv/a fresh path/mapae"'
echo "${COMMANDS-make demo
make test}" | while read -r command; do
    echo "== $command"
    run "cd '/srv/a fresh path/mapae' && $command"
done
