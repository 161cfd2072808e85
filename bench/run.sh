#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh FOLDER - the measurements that need no preparation, with the programs built in FOLDER.
#
# CORPUS names a folder with resources/*.ndjson and azure-policy/ (the public Azure Policy samples), by default
# ../shared/corpus; without it the demo is measured, which is small. docs/performance.md has the others.
set -eu
cd "$(dirname "$0")/.."
programs=$1/bench
corpus=${CORPUS-../shared/corpus}

echo "$(uname -m), $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
if [ -d "$corpus/resources" ]; then
    resources=$corpus/resources/azure.ndjson
    set -- "$corpus/azure-policy/policySetDefinitions/Regulatory Compliance/K_ISMS_P_2023.json" \
        "$corpus/azure-policy/policyDefinitions"
else
    resources=content/demo/inventory/prod-network-compute.ndjson
    set -- content/initiatives/isms-p.json content/policies
fi
"$programs/bench_json" "$resources"
"$programs/bench_decide" "$resources" "$@"
