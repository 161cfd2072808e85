#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records of `mapae scan -f ndjson` on standard input, one short line each: state, resource, policy, effect, why."""
import json
import sys

for line in sys.stdin.readlines():  # to the end first: what the scan says on standard error then stands before all of it
    r = json.loads(line)
    why = " ".join(filter(None, [r["reason"]["code"], r["reason"].get("detail")]))
    print(f"{r['complianceState']:13} {r['resourceName']:6} {r['policyDefinitionName']:6} "
          f"{r['policyDefinitionAction']:8} {why}")
