#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reasons, what-if and two dates, by the real program: with a server and without one (TAP).

test_history.py MAPAE SOURCE_ROOT; with MAPAE_TEST_POSTGRES (support/postgres.py) on PostgreSQL."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

from program import MAPAE, check, environment, main, run

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"] # hashing is not what is tested here
STORE = ["--store", os.environ["MAPAE_TEST_POSTGRES"]] if "MAPAE_TEST_POSTGRES" in os.environ else []
AUTH = "/providers/Microsoft.Authorization"
RULE = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"},
                         {"field": "Microsoft.Compute/disks/diskSizeGB", "greater": "[parameters('most')]"}]}, "then": {"effect": "audit"}}
DEFINITION = {"properties": {"mode": "All", "displayName": "Disks are small", "policyRule": RULE,
                             "parameters": {"most": {"type": "Integer", "defaultValue": 100}}}}


class Local(http.client.HTTPConnection):
    """The socket in the data folder."""

    def __init__(self, data):
        super().__init__("localhost")
        self.path = str(pathlib.Path(data, "mapae.sock"))

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def put(data, path, body):
    connection = Local(data)
    connection.request("PUT", f"{path}?api-version=2023-04-01", json.dumps(body), {"Content-Type": "application/json", "Host": "localhost"})
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    check(f"{path.rsplit('/', 1)[1]} is put", answer.status in (200, 201), f"{answer.status} {said}")


def forget(data, path):
    connection = Local(data)
    connection.request("DELETE", f"{path}?api-version=2022-07-01-preview", headers={"Host": "localhost"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    check(f"{path.rsplit('/', 1)[1]} is deleted", answer.status in (200, 204), answer.status)


def asked(data, *arguments):
    done = run("state", *arguments, "--data", data, "--format", "json", *CHEAP)
    try:
        return done, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done, {}


def settled(data):
    for _ in range(2000):
        done = run("policy", "judging", "--data", data, "--format", "json", *CHEAP)
        if done.returncode == 0 and json.loads(done.stdout).get("waiting") == 0 and asked(data, "list")[1].get("value"):
            return
    check("judged at last", False, done.stdout + done.stderr)


def ask(data, group, disk, first, served):
    """What is said with a server and without one."""
    done = run("state", "explain", disk, "--data", data, *CHEAP)
    check(f"{served}: a page says why", done.returncode == 0 and "found 32 at properties.diskSizeGB" in done.stdout and "Disks are small" in done.stdout
          and "Compliant" in done.stdout and "\033" not in done.stdout, done.stdout + done.stderr)
    done = run("state", "explain", disk, "--data", data, "--as-of", first, *CHEAP)
    check(f"{served}: and why it was otherwise", done.returncode == 0 and "found 320" in done.stdout and "Non-compliant" in done.stdout, done.stdout + done.stderr)
    done = run("state", "explain", disk, "--data", data, "--as-of", first, *CHEAP, lang="ko_KR.UTF-8")
    check(f"{served}: in Korean too", done.returncode == 0 and "미준수" in done.stdout and "320" in done.stdout, done.stdout + done.stderr)
    _, said = asked(data, "explain", disk, "--as-of", first)
    one = (said.get("value") or [{}])[0]
    check(f"{served}: as JSON", one.get("recorded", {}).get("state") == "NonCompliant" and one.get("agrees") is True
          and one.get("explanation", {}).get("reason") == "condition-true", said)
    done = run("state", "explain", group, "--data", data, *CHEAP)
    check(f"{served}: nothing to judge is its own answer", done.returncode == 0 and not done.stdout and "no policy judges" in done.stderr, done.stdout + done.stderr)
    done = run("state", "explain", disk + "x", "--data", data, *CHEAP)
    check(f"{served}: a resource that is not there is an error", done.returncode == 2 and not done.stdout, done.stdout + done.stderr)
    _, said = asked(data, "compare", "--from", first)
    check(f"{served}: two dates", [(row["kind"], row["resourceId"]) for row in said.get("value", [])] == [("mended", disk)]
          and said.get("counts") == [{"from": "NonCompliant", "to": "Compliant", "verdicts": 1}], said)
    done = run("state", "compare", "--from", first, "--kind", "vanished", "--data", data, *CHEAP)
    check(f"{served}: that nothing changed is said", done.returncode == 0 and done.stdout == "no verdict changed\n", done.stdout + done.stderr)


def foresee(data, folder, scope):
    assignment = f"{scope}{AUTH}/policyAssignments/small"
    _, said = asked(data, "what-if", "--assignment", assignment, "--parameter", "most=16")
    check("a parameter is foreseen", said.get("counts") == [{"from": "Compliant", "to": "NonCompliant", "verdicts": 1}] and said.get("unchanged") == 1, said)
    done = run("state", "what-if", "--assignment", assignment, "--parameter", "most=16", "--data", data, *CHEAP)
    check("for people too", done.returncode == 0 and "newly non-compliant" in done.stdout and "Compliant → Non-compliant: 1" in done.stdout, done.stdout + done.stderr)
    path = pathlib.Path(folder, "new.json")
    path.write_text(json.dumps({"value": [{"id": f"{scope}{AUTH}/policyAssignments/new", "properties": {"policyDefinitionId": f"{scope}{AUTH}/policyDefinitions/none"}}]}))
    done = run("state", "what-if", str(path), "--data", data, *CHEAP)
    check("what could not be put is refused", done.returncode == 2 and "there is no policy definition" in done.stderr, done.stdout + done.stderr)
    _, said = asked(data, "what-if", "--delete", assignment)
    check("so is a deletion", {row["kind"] for row in said.get("value", [])} == {"vanished"} and len(said["value"]) == 2, said)
    done = run("state", "what-if", "--data", data)
    check("nothing to foresee is an error", done.returncode == 2, done.stderr)
    done = run("state", "what-if", "--parameter", "most=16", "--data", data)
    check("a parameter of no assignment too", done.returncode == 2 and "--assignment" in done.stderr, done.stderr)


def past(data, folder, disk, first, scope):
    _, said = asked(data, "resource", disk, "--as-of", first)
    check("a resource as it was", said.get("document", {}).get("properties", {}).get("diskSizeGB") == 320 and said.get("until"), said)
    _, said = asked(data, "resource", disk)
    check("and as it is", said.get("document", {}).get("properties", {}).get("diskSizeGB") == 32 and "until" not in said, said)
    _, said = asked(data, "history", disk)
    check("all of its versions", [one["version"] for one in said.get("value", [])] == [2, 1], said)
    _, said = asked(data, "resources", "--as-of", "2020-01-01T00:00:00Z")
    check("once there was nothing", said.get("value") == [], said)
    _, said = asked(data, "resources", "--type", "microsoft.compute/disks")
    check("now there is something", len(said.get("value", [])) == 2, said)
    _, said = asked(data, "policies", "assignment", "--as-of", first)
    check("what was assigned", [one["name"] for one in said.get("value", [])] == ["small"], said)
    done = run("state", "policies", "definition", "--data", data, *CHEAP)
    check("for people by name", done.returncode == 0 and "Disks are small" in done.stdout, done.stdout + done.stderr)
    _, said = asked(data, "history", f"{scope}{AUTH}/policyAssignments/small")
    check("versions of an assignment", len(said.get("value", [])) == 1, said)
    done = run("state", "exemptions", "--can-go", "--data", data, *CHEAP)
    check("what can go is said", done.returncode == 0 and "compliant by now, remove" in done.stdout and "policyExemptions/kept" not in done.stdout, done.stdout + done.stderr)
    _, said = asked(data, "exemptions")
    check("and what is needed", {one["name"]: one["use"] for one in said.get("value", [])} == {"gone": "compliant", "kept": "needed"}, said)


def judged(data, *arguments):
    done = run("judge", *arguments, "--data", data, "--format", "json", *CHEAP)
    return done, json.loads(done.stdout) if done.returncode == 0 else {}


def scan_served(data):
    done = run("judge", "status", "--data", data, *CHEAP)
    check("before the first scan nothing is said of one", done.returncode == 0 and "no full scan" in done.stderr, done.stdout + done.stderr)
    done, said = judged(data, "start")
    check("a scan begins", said.get("stage") == "running" and said.get("resources") == 3, done.stdout + done.stderr)
    for _ in range(2000):
        done, said = judged(data, "status")
        if said.get("scan", {}).get("stage") != "running":
            break
    scan = said.get("scan", {})
    check("and ends, with everything as it should be", scan.get("stage") == "done" and scan.get("judged") == 3 and scan.get("mended") == 0
          and scan.get("states") == {"NonCompliant": 1, "Compliant": 1}, scan)


def scan_alone(data, group):
    done, said = judged(data, "start", "--scope", group)
    check("without a server a scan is done when the command is", said.get("stage") == "done" and said.get("judged") == 3 and said.get("number") == 2, done.stdout + done.stderr)
    done = run("state", "summary", "--data", data, *CHEAP)
    check("a summary counts what could not be judged too", done.returncode == 0 and "Resources in error" in done.stdout and done.stdout.rstrip().endswith(" 0"),
          done.stdout + done.stderr)
    done = run("judge", "status", "--data", data, *CHEAP)
    check("for people too", done.returncode == 0 and "done" in done.stdout and "Put right" in done.stdout, done.stdout + done.stderr)
    done = run("judge", "stop", "--data", data, *CHEAP)
    check("what does not run cannot be stopped", done.returncode == 2 and "no full scan is running" in done.stderr, done.stdout + done.stderr)


def story():
    with tempfile.TemporaryDirectory() as folder:
        data = str(pathlib.Path(folder, "data"))
        done = run("init", "--data", data, "--format", "json", *STORE, *CHEAP)
        check("prepared", done.returncode == 0, done.stdout + done.stderr)
        scope = f"/subscriptions/{json.loads(done.stdout)['subscriptionId']}"
        group = f"{scope}/resourceGroups/web"
        disk = f"{group}/providers/Microsoft.Compute/disks/data1"
        with subprocess.Popen([MAPAE, "serve", "--data", data, "--listen", "127.0.0.1:0", *CHEAP], env=environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as server, contextlib.ExitStack() as whatever_happens:
            whatever_happens.callback(server.kill)
            server.stdout.readline()
            put(data, group, {"location": "koreacentral"})
            put(data, f"{scope}{AUTH}/policyDefinitions/small", DEFINITION)
            put(data, f"{scope}{AUTH}/policyAssignments/small", {"properties": {"policyDefinitionId": f"{scope}{AUTH}/policyDefinitions/small"}})
            put(data, disk, {"location": "koreacentral", "properties": {"diskSizeGB": 320}})
            put(data, disk.replace("data1", "data2"), {"location": "koreacentral", "properties": {"diskSizeGB": 200}})
            settled(data)
            first = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            put(data, disk, {"location": "koreacentral", "properties": {"diskSizeGB": 32}})
            settled(data)
            ask(data, group, disk, first, "served")
            scan_served(data)
            for name, of in (("gone", disk), ("kept", disk.replace("data1", "data2"))):
                put(data, f"{of}{AUTH}/policyExemptions/{name}", {"properties": {"policyAssignmentId": f"{scope}{AUTH}/policyAssignments/small", "exemptionCategory": "Waiver"}})
            past(data, folder, disk, first, scope)
            for name, of in (("gone", disk), ("kept", disk.replace("data1", "data2"))):
                forget(data, f"{of}{AUTH}/policyExemptions/{name}")
            settled(data)
            server.send_signal(signal.SIGTERM)
            check("the server ends", server.wait(180) == 0)
        ask(data, group, disk, first, "alone")
        foresee(data, folder, scope)
        scan_alone(data, group)


main(story)
