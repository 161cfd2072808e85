#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of long work: full scans, remediations and their undoing, tables of aliases that are taken in, while resources and rules change (TAP).

test_kill_work.py MAPAE SOURCE_ROOT [ROUNDS]

With MAPAE_TEST_POSTGRES in the environment the store is PostgreSQL, else SQLite. After every start: a scan goes on to its end or says that it was stopped, and finds nothing to
mend; a remediation goes on to its end, and every resource that it says it changed has the change; the table of aliases is the old one or the new one as a whole, and the
gate judges by it; every latest verdict is the one that the stored resource and the stored policies give. The ledger verifies."""
import http.client
import json
import os
import random
import signal
import sys
import threading
import time

from program import MAPAE, check, main
from server import PATIENCE, Server, eventually

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 20
SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
# Whoever starts hundreds of times does not look through what is shipped each time.
SETTINGS = ["rate.client=1000000", "rate.identity=1000000", "policies.shipped=false"]
AUTH, VERSION, DISKS, LIMIT = "/providers/Microsoft.Authorization/", "api-version=2023-01-01", 60, 500
TABLES = [  # of one and of many namespaces: what is cut in half shows
    {"types": {"Microsoft.Compute/disks": {"Microsoft.Compute/disks/diskSizeGB": "properties.diskSizeGB"}}},
    {"value": [{"namespace": f"Example.N{n}", "resourceTypes": [{"resourceType": "t", "aliases": [{"name": f"Example.N{n}/t/a", "defaultPath": "properties.a"}]}]} for n in range(120)]
     + [{"namespace": "Microsoft.Compute", "resourceTypes": [{"resourceType": "disks", "aliases": [
         {"name": "Microsoft.Compute/disks/diskSizeGB", "defaultPath": "properties.diskSizeGB"}]}]}]},
]
SIZES = {(1, 1), (121, 121), (0, 0)}  # namespaces and aliases of a table, or of none


class World:
    def __init__(self, server):
        self.server, self.top = server, f"/subscriptions/{server.made['subscriptionId']}"
        self.group = f"{self.top}/resourceGroups/g"

    def ask(self, method, path, body=None, connection=None):
        return self.server.ask(method, path, body, connection=connection)

    def must(self, method, path, body=None, wanted=(200, 201)):
        answer = self.ask(method, path, body)
        if answer.status not in wanted:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer.json if answer.body else None

    def disk(self, i):
        return f"{self.group}/providers/Microsoft.Compute/disks/d{i}"

    def put_disk(self, i, size, connection=None):
        return self.ask("PUT", f"{self.disk(i)}?{VERSION}", {"location": "koreacentral", "properties": {"diskSizeGB": size}}, connection)

    def assign(self, name, more, effect, enforced="Default"):
        rule = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"}, more]}, "then": effect}
        self.must("PUT", f"{self.top}{AUTH}policyDefinitions/{name}?{VERSION}", {"properties": {"mode": "All", "policyRule": rule}})
        self.must("PUT", f"{self.top}{AUTH}policyAssignments/{name}?{VERSION}", {"location": "koreacentral", "identity": {"type": "SystemAssigned"}, "properties": {
            "enforcementMode": enforced, "policyDefinitionId": f"{self.top}{AUTH}policyDefinitions/{name}"}})

    def begin(self):
        self.must("PUT", f"{self.group}?{VERSION}", {"location": "koreacentral"})
        for i in range(DISKS):
            self.put_disk(i, 100 + i * 15)
        self.assign("large", {"field": "Microsoft.Compute/disks/diskSizeGB", "greater": LIMIT}, {"effect": "audit"})
        # Only remediations write it.
        self.assign("tag", {"field": "tags['run']", "exists": False}, {"effect": "modify", "details": {"roleDefinitionIds": ["/providers/x"], "operations": [
            {"operation": "add", "field": "tags['run']", "value": "done"}]}}, "DoNotEnforce")


class Busy(threading.Thread):
    """Does one kind of thing over and over until the server is gone."""

    def __init__(self, world, step, seed):
        super().__init__(daemon=True)
        self.world, self.step, self.rng, self.done, self.odd = world, step, random.Random(seed), 0, []

    def run(self):
        try:
            connection = self.world.server.connect()
            while True:
                answer = self.step(self.world, self.rng, connection)
                self.done += answer.status < 300
                if answer.status not in (200, 201, 204, 404, 409, 503):
                    self.odd.append(str(answer))
        except (OSError, http.client.HTTPException):
            return


def write(world, rng, connection):
    return world.put_disk(rng.randrange(DISKS), rng.randrange(1, 1000), connection)


def scan(world, rng, connection):
    time.sleep(rng.uniform(0, 0.02))
    return world.ask("POST" if rng.random() < 0.9 else "DELETE", "/api/v1/judging", connection=connection)


def remedy(world, rng, connection):
    runs = world.ask("GET", "/api/v1/remediations?top=1000", connection=connection)
    ended = [run for run in runs.json["value"] if run["properties"]["provisioningState"] in ("Succeeded", "Failed") and "undo" not in run]
    if ended and rng.random() < 0.5:
        return world.ask("POST", f"/api/v1/remediations/{rng.choice(ended)['run']}/undo", connection=connection)
    return world.ask("POST", "/api/v1/remediations", {"policyAssignmentId": f"{world.top}{AUTH}policyAssignments/tag", "parallelDeployments": 2,
                                                      "resourceDiscoveryMode": "ReEvaluateCompliance"}, connection)


def take_in(world, rng, connection):
    return world.ask("POST", "/api/v1/aliases", rng.choice(TABLES), connection)


# ---- what must hold after a start ----

def faults_of_scan(world):
    def at_rest():
        state = world.must("GET", "/api/v1/judging")
        return state if state["waiting"] == 0 and state.get("scan", {}).get("stage") != "running" else None
    state = eventually(at_rest, 2 * PATIENCE)
    if not state:
        return [f"it does not come to rest: {world.must('GET', '/api/v1/judging')}"]
    last = state.get("scan")
    return [f"a scan mended what was right: {last}"] if last and last["mended"] else []


def faults_of_runs(world):
    def at_rest():
        runs = world.must("GET", "/api/v1/remediations?top=1000")["value"]
        open_ones = [run for run in runs if run["properties"]["provisioningState"] not in ("Succeeded", "Failed", "Canceled") or run.get("undo", {}).get("state") == "Running"]
        return [] if open_ones else [runs]
    found = eventually(at_rest, 2 * PATIENCE)
    if not found:
        return [f"a remediation does not end: {world.must('GET', '/api/v1/remediations?top=3')}"]
    faults = []
    for run in found[0]:
        counts = run["properties"]["deploymentStatus"]
        changes = world.must("GET", f"/api/v1/remediations/{run['run']}/changes?top=1000")["value"]
        told = sum(change["status"] == "Succeeded" for change in changes)
        if told != counts["successfulDeployments"] or len(changes) != counts["totalDeployments"]:
            faults.append(f"{run['run']} counts {counts}, its changes are {told} of {len(changes)}")
        faults += [f"{run['run']}: pending in a run that ended" for change in changes if change["status"] == "Pending"]
    return faults


def faults_of_aliases(world):
    told = world.must("GET", "/api/v1/aliases")
    faults = [] if (told["namespaces"], told["aliases"]) in SIZES else [f"a table of aliases in pieces: {told}"]
    answer = world.put_disk(0, 900)  # the gate and its rulebook stand
    return faults + ([] if answer.status in (200, 201) else [f"after a table of aliases: {answer}"])


def faults_of_verdicts(world):
    stored = {disk["id"].lower(): disk for disk in (world.must("GET", f"{world.disk(i)}?{VERSION}") for i in range(DISKS))}
    rows = world.must("GET", f"/api/v1/states?scope={world.top}&top=1000")["value"]
    found = {(row["resourceId"].lower(), row["policyAssignmentName"].lower()): row["complianceState"] for row in rows if row["resourceId"].lower() in stored}
    wanted = {}
    for key, disk in stored.items():
        wanted[key, "large"] = "NonCompliant" if disk["properties"]["diskSizeGB"] > LIMIT else "Compliant"
        wanted[key, "tag"] = "Compliant" if "run" in disk.get("tags", {}) else "NonCompliant"
    return [f"{key}: the verdict is {found.get(key)}, wanted is {wanted.get(key)}" for key in {*wanted, *found} if wanted.get(key) != found.get(key)]


def kill_in_the_middle():
    rng = random.Random(SEED)
    faults, rounds, done = [], 0, {"write": 0, "scan": 0, "remedy": 0, "take_in": 0}
    with Server(MAPAE, store=os.environ.get("MAPAE_TEST_POSTGRES"), settings=SETTINGS) as server:
        world = World(server)
        world.begin()
        while rounds < ROUNDS and not faults:
            busy = [Busy(world, step, rng.random()) for step in (write, scan, remedy, take_in)]
            for one in busy:
                one.start()
            eventually(lambda: all(one.done for one in busy))
            time.sleep(rng.uniform(0.01, 0.4))
            server.end(signal.SIGKILL)
            for one in busy:
                one.join(timeout=PATIENCE)
                done[one.step.__name__] += one.done
                faults += [f"{one.step.__name__}: {odd}" for odd in one.odd[:3]]
            server.start()
            server.token = server.issue()
            faults += faults_of_runs(world) + faults_of_aliases(world) + faults_of_scan(world) + faults_of_verdicts(world)
            rounds += 1
        check(f"{rounds} rounds of kill -9 within long work, {done}: it goes on or says that it stopped, and no verdict is wrong (seed {SEED})",
              rounds == ROUNDS and not faults, "\n".join(faults[:20]) + "\n" + server.said())
        check("each kind of work was done", all(done.values()), done)
        check("it stops in good order at the end", server.end() == 0, server.said())
        verified = server.run("ledger", "verify", "--format", "json")
        check("the ledger verifies without the server", verified.returncode == 0 and json.loads(verified.stdout).get("records", 0) > DISKS, verified.stdout + verified.stderr)


main(kill_in_the_middle)
