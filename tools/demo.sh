#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh MAPAE FOLDER - scan the demo company with the program MAPAE; the HTML report goes to FOLDER.
set -eu
cd "$(dirname "$0")/.."
mapae=$1
folder=$2
mkdir -p "$folder"

scan() {
    "$mapae" scan --library content/initiatives --library content/policies \
        --assignment content/demo/assignments.json --assignment content/demo/assignments-dev.json \
        --exemptions content/demo/exemptions.json --attestations content/demo/attestations.json \
        "$@" content/demo/inventory
}

scan
scan --quiet --format html --out "$folder/report.html"
echo
echo "The same with every reason, to open in a browser: $folder/report.html"
