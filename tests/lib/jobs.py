#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""jobs.py MAPAE SOURCE - the bytes of a report do not depend on the number of threads. Speaks TAP.

The demo is scanned several times over (copies under other subscriptions, so that there is more than one batch), with
--jobs 1, 2 and 8.
"""
import os
import subprocess
import sys
import tempfile

COPIES = 12


def main():
    mapae, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    failed = 0
    with open(f"{source}/content/demo/inventory/prod-network-compute.ndjson", encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    formats = ("ndjson", "csv")
    print(f"1..{len(formats)}")
    with tempfile.TemporaryDirectory() as folder:
        inventory = os.path.join(folder, "inventory.ndjson")
        with open(inventory, "w", encoding="utf-8") as file:
            for copy in range(COPIES):
                for line in lines:
                    file.write(line.replace("/subscriptions/3f1c7a52", f"/subscriptions/{copy:08x}"))
        for number, name in enumerate(formats, 1):
            said = [subprocess.run(
                [mapae, "scan", "--quiet", "--jobs", jobs, "--now", "2026-01-01T00:00:00Z", "--format", name,
                 "--policy", f"{source}/content/initiatives/isms-p.json", "--library", f"{source}/content/policies",
                 inventory], capture_output=True, stdin=subprocess.DEVNULL) for jobs in ("1", "2", "8")]
            ok = all(one.returncode == 0 and one.stdout == said[0].stdout for one in said) and said[0].stdout
            if not ok:
                failed += 1
                for one in said:
                    print(f"# exit code {one.returncode}, {len(one.stdout)} bytes")
                    print("# " + one.stderr.decode()[-3000:].replace("\n", "\n# "))
            print(f"{'ok' if ok else 'not ok'} {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
