#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Built-in policies from a folder, an inventory into the estate, verdicts: by the real program on a data folder (TAP).

test_estate.py MAPAE SOURCE_ROOT"""
import json
import pathlib
import tempfile

from program import ROOT, check, main, run

# Hashing is not what is tested here.
CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
GUID = "3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a001"


def disk(name, size=32):
    return {"id": f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.Compute/disks/{name}", "name": name,
            "type": "Microsoft.Compute/disks", "location": "koreacentral", "properties": {"diskSizeGB": size}}


def asked(data, *arguments):
    done = run(*arguments, "--data", data, "--format", "json", *CHEAP)
    try:
        return done, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done, {}


def policies(data, folder):
    done, first = asked(data, "policy", "import", str(ROOT / "content"))
    check("what is shipped is there from the first day", done.returncode == 0 and first.get("definitions") == first.get("sets") == 0 and first.get("unchanged", 0) > 80,
          done.stdout + done.stderr)
    mine = pathlib.Path(folder, "mine")
    mine.mkdir()
    rule = {"if": {"field": "name", "equals": "x"}, "then": {"effect": "audit"}}
    pathlib.Path(mine, "one.json").write_text(json.dumps({"name": "one", "properties": {"policyType": "BuiltIn", "policyRule": rule}}))
    done, second = asked(data, "policy", "import", str(mine))
    check("a folder of one's own is taken", done.returncode == 0 and second.get("definitions") == 1 and second.get("faulty") == 0, done.stdout + done.stderr)
    _, third = asked(data, "policy", "import", str(mine))
    check("a second time nothing changes", third.get("unchanged") == 1 and third.get("definitions") == 0, third)
    wrong = pathlib.Path(folder, "policies")
    pathlib.Path(wrong, "samples").mkdir(parents=True)
    pathlib.Path(wrong, "broken.json").write_text("{")
    pathlib.Path(wrong, "custom.json").write_text('{"name": "c", "properties": {"policyType": "Custom", "policyRule": {}}}')
    pathlib.Path(wrong, "samples", "bad.json").write_text("{")
    done, third = asked(data, "policy", "import", str(wrong))
    check("files that are wrong are named, samples left out", done.returncode == 3 and third.get("faulty") == 2 and "broken.json:" in done.stderr
          and "custom.json: its policyType is 'Custom'" in done.stderr and "bad.json" not in done.stderr, done.stdout + done.stderr)
    empty = pathlib.Path(folder, "empty")
    empty.mkdir()
    done = run("policy", "import", str(empty), "--data", data)
    check("a folder without policies is an error", done.returncode == 2 and "there is no policy definition" in done.stderr, done.stderr)


def inventory(data, folder):
    path = pathlib.Path(folder, "week.json")
    path.write_text(json.dumps([disk("a"), disk("b"), disk("a", 64)]))
    done, said = asked(data, "ingest", str(path))
    check("resources are recorded, with what holds them", done.returncode == 0 and said == {"added": 2, "changed": 0, "unchanged": 0, "closed": 0, "made": 2, "faulty": 0},
          done.stdout + done.stderr)
    path.write_text(json.dumps([disk("a", 64)]))
    done, said = asked(data, "ingest", str(path))
    check("without --replace nothing is closed", said.get("changed") == 1 and said.get("closed") == 0, done.stdout + done.stderr)
    done, said = asked(data, "ingest", "--replace", str(path))
    check("with it what is gone is", said.get("unchanged") == 1 and said.get("closed") == 1, done.stdout + done.stderr)
    path.write_text(json.dumps([disk("c")]))
    other = pathlib.Path(folder, "servers.json")
    other.write_text('\n{"servers": [{"id": "i-1", "name": "web", "status": "ACTIVE", "flavor": {"id": "1"}, "addresses": {}}]}')
    done, said = asked(data, "ingest", "--replace", str(path), str(other))
    check("other clouds are recorded too, and what is gone is closed", done.returncode == 0 and said.get("added") == 2 and said.get("made") == 1 and said.get("closed") == 1,
          done.stdout + done.stderr)
    done, said = asked(data, "ingest", "--source", "week.json", "--replace", str(path))
    check("of another cloud too", said.get("unchanged") == 1 and said.get("closed") == 1, done.stdout + done.stderr)
    other.write_text('\n[{"id": "/subscriptions/none/resourceGroups/rg/providers/Microsoft.Compute/disks/a", "type": "Microsoft.Compute/disks"}]')
    done, said = asked(data, "ingest", "--replace", str(path), str(other))
    check("what has no place is refused with its own, and then nothing is closed", done.returncode == 3 and said.get("faulty") == 1
          and said.get("closed") == 0 and f"{other}:2:1: 'none' names no subscription" in done.stderr and "nothing was closed" in done.stderr, done.stdout + done.stderr)
    path.write_text("")
    done = run("ingest", "--replace", str(path), "--data", data)
    check("an empty file is an error, and closes nothing", done.returncode == 2 and "no documents" in done.stderr, done.stderr)


def states(data):
    done, said = asked(data, "state", "list")
    check("where nothing is assigned there are no verdicts", done.returncode == 0 and said.get("value") == [], done.stdout + done.stderr)
    done, said = asked(data, "state", "summary", "--scope", f"/subscriptions/{GUID}")
    check("and the summary says so", said.get("policyAssignments") == [] and said.get("results", {}).get("nonCompliantResources") == 0, done.stdout + done.stderr)
    done, said = asked(data, "judge", "start")
    check("what was recorded before counts not as changed since", said.get("judged") == said.get("resources") > 0 and said.get("newer") == 0, done.stdout + done.stderr)
    done = run("state", "list", "--filter", "complianceState is bad", "--data", data)
    check("a filter that is none is refused", done.returncode == 2 and not done.stdout, done.stderr)


def story():
    with tempfile.TemporaryDirectory() as folder:
        data = str(pathlib.Path(folder, "data"))
        done = run("init", "--data", data, *CHEAP)
        check("prepared", done.returncode == 0, done.stderr)
        policies(data, folder)
        inventory(data, folder)
        states(data)


main(story)
