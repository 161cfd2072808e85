#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER - the measurements of docs/performance.md, with the programs built in FOLDER.
#
# CORPUS names a folder with resources/*.ndjson and azure-policy/ (the public Azure Policy samples), by default
# ../shared/corpus; without it the demo is measured, which is small, and our own policies.
# PARTS: what to measure, by default "engine platform paper gate states controls estate". LEAVES: size of the log, by
# default 1000000. FILES: of an evidence package, by default 10000. REPORT: verdicts of a report, by default 5000.
# STORED: resources recorded before single changes, by default 100000. VERDICTS: how many are asked about, by default
# 10000000 (1 GB on the disk of /tmp, some minutes); WORLD: a folder in which they are kept for the next run, else those of
# "states" serve "controls" and go. ESTATE: resources of a full scan, by default 50000 (1000000 needs 15
# minutes, and 9 GB on the disks of /tmp and TMPDIR). STORE: "postgres://..." for one of these parts, an empty database, instead
# of SQLite.
# COUNTS: sizes of the inventories that are made of the corpus and judged, by default "10000 100000"; for the
# large one: COUNTS="10000 100000 1000000" (needs 1.6 GB on the disk of TMPDIR).
set -eu
cd "$(dirname "$0")/.."
programs=$1/bench
corpus=${CORPUS-../shared/corpus}
mapae=$1/src/cli/mapae

echo "$(uname -m), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"

platform() {
    echo "== rights and tokens"
    "$programs/bench_access"
    echo "== the log: ${LEAVES-1000000} leaves"
    "$programs/bench_ledger" "${LEAVES-1000000}"
    echo "== an evidence package of ${FILES-10000} files"
    "$programs/bench_package" "${FILES-10000}" ${STORE:+"$STORE"}
    echo "== the server"
    python3 -B bench/server.py "$mapae" "$programs"
}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
export WORLD="${WORLD-$folder/verdicts}"
inventory() {
    python3 bench/make_inventory.py "$1" "$folder/inventory.ndjson" "$corpus"/resources/azure-scopes/*.ndjson \
        "$corpus/resources/azure.ndjson" "$corpus/resources/azure-child.ndjson" "$corpus/resources/azure-untyped.ndjson"
}

initiative="$corpus/azure-policy/policySetDefinitions/Regulatory Compliance/K_ISMS_P_2023.json"
library=$corpus/azure-policy/policyDefinitions
if [ ! -d "$corpus/resources" ]; then # our own
    initiative=content/initiatives/isms-p.json library=content/policies
fi
gate() {
    echo "== the gate"
    "$programs/bench_gate" "$corpus/resources/azure.ndjson" "$initiative" "$library" "${STORED-100000}" ${STORE:+"$STORE"}
}

states() {
    echo "== verdicts"
    "$programs/bench_states" "$initiative" "$library" "${VERDICTS-10000000}" ${STORE:+"$STORE"}
}

controls() {
    echo "== states of controls, scores of frameworks"
    "$programs/bench_controls" "$initiative" "$library" "${VERDICTS-10000000}" ${STORE:+"$STORE"}
}

estate() {
    echo "== an estate of ${ESTATE-50000} resources"
    inventory "${ESTATE-50000}"
    "$programs/bench_estate" "$initiative" "$library" "$folder/inventory.ndjson" "${ROUNDS-3}" ${STORE:+"$STORE"}
}

paper() {
    echo "== a report of ${REPORT-5000} verdicts"
    "$programs/bench_paper" "${REPORT-5000}"
}

parts=" ${PARTS-engine platform paper gate states controls estate} "
case $parts in *" platform "*) platform ;; esac
case $parts in *" paper "*) paper ;; esac
for part in gate states controls estate; do
    case $parts in *" $part "*) ;; *) continue ;; esac
    case $part in
    gate | estate) [ -d "$corpus/resources" ] || { echo "SKIP: $part, since there is no corpus at $corpus"; continue; } ;;
    esac
    "$part"
done
case $parts in *" engine "*) ;; *) exit 0 ;; esac

if [ ! -d "$corpus/resources" ]; then
    "$programs/bench_json" content/demo/inventory/prod-network-compute.ndjson
    "$programs/bench_decide" content/demo/inventory/prod-network-compute.ndjson \
        content/initiatives/isms-p.json content/policies
    echo "SKIP: large inventories, since there is no corpus at $corpus"
    exit 0
fi

"$programs/bench_json" "$corpus/resources/azure.ndjson"
"$programs/bench_decide" "$corpus/resources/azure.ndjson" "$initiative" "$library"
"$programs/bench_enforce" "$corpus/resources/azure.ndjson" "$initiative" "$library"

for count in ${COUNTS-10000 100000}; do
    echo "== $count resources"
    inventory "$count"
    "$programs/bench_scan" "$initiative" "$library" "$corpus/azure-policy/aliases.json" \
        "$folder/inventory.ndjson" "${ROUNDS-3}"
done
