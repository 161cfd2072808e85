#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_alias_coverage.py ALIAS_COVERAGE - the program that holds the rule against a table of aliases can fail.

A small table that says what the rule says passes; the same table with a path that is not so, or with the wrong part
to extract, or without an alias that a definition uses, must not, and the alias must be named."""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

VM = "Microsoft.Compute/virtualMachines"
DISK = "Microsoft.Compute/disks"
RIGHT = {
    VM: {
        "Microsoft.Compute/imagePublisher": "properties.storageProfile.imageReference.publisher",
        VM + "/priority": "properties.priority",
    },
    DISK: {
        "Microsoft.Compute/imagePublisher": {"p": "properties.creationData.imageReference.id", "x": True},
        DISK + "/networkAccessPolicy": "properties.networkAccessPolicy",
    },
}
DEFINITION = {"properties": {"policyRule": {"if": {"allOf": [
    {"field": "Microsoft.Compute/imagePublisher", "equals": "x"},
    {"value": "[field('" + VM + "/priority')]", "equals": "Spot"},
]}}}}


def table(type_name, alias, entry):
    """RIGHT with one entry changed; without it, when that is None."""
    changed = copy.deepcopy(RIGHT)
    if entry is None:
        del changed[type_name][alias]
    else:
        changed[type_name][alias] = entry
    return changed


CASES = [
    # name, table, least shares in percent, exit code, what it must say
    ("a table that agrees", RIGHT, 100, 0, "used by definitions: 2 of 2 equal (100.00 %)"),
    ("a wrong path of an alias in use", table(VM, VM + "/priority", "properties.priorities"), 100, 1,
     "used, differs: " + VM + "/priority"),
    ("a wrong path of another alias", table(DISK, DISK + "/networkAccessPolicy", "networkAccessPolicy"), 100, 1,
     "whole table: 3 of 4 equal (75.00 %)"),
    ("the same, where three of four are enough", table(DISK, DISK + "/networkAccessPolicy", "networkAccessPolicy"), 75,
     0, "whole table: 3 of 4 equal (75.00 %)"),
    ("the right path without the part to extract",
     table(DISK, "Microsoft.Compute/imagePublisher", "properties.creationData.imageReference.id"), 100, 1,
     "used, differs: Microsoft.Compute/imagePublisher"),
    ("an alias in use that is not in the table", table(VM, VM + "/priority", None), 100, 1,
     "used, not in the table: " + VM + "/priority"),
]


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "definitions").mkdir()
        (place / "definitions" / "d.json").write_text(json.dumps(DEFINITION), "utf-8")
        for i, (name, aliases, least, code, wanted) in enumerate(CASES, 1):
            (place / "aliases.json").write_text(json.dumps(aliases), "utf-8")
            run = subprocess.run([sys.argv[1], place / "aliases.json", place / "definitions", "10", str(least),
                                  str(least)], capture_output=True, text=True, check=False)
            ok = run.returncode == code and wanted in run.stdout
            failed += not ok
            print(f"{'ok' if ok else 'not ok'} {i} - {name}")
            if not ok:
                print(f"# exit {run.returncode}, wanted {code} and: {wanted}")
                print("".join(f"# {line}\n" for line in (run.stdout + run.stderr).splitlines()), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
