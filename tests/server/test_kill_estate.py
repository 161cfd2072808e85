#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 while resources, policies and assignments change, templates are deployed and groups come and go (TAP).

test_kill_estate.py MAPAE SOURCE_ROOT [ROUNDS]

With MAPAE_TEST_POSTGRES in the environment the store is PostgreSQL, else SQLite. After every start: what was acknowledged is there, nothing is half applied, what deny
forbids is not there, every latest verdict is the one that the stored resource and the stored policies give, and sums agree with rows. The ledger verifies, which replays its
leaves: every stored version of every resource and policy is the one that a leaf tells of."""
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

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 40
SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
# Whoever starts hundreds of times does not look through what is shipped each time.
SETTINGS = ["rate.client=1000000", "rate.identity=1000000", "policies.shipped=false"]
RIVALRY = 300  # answers
FORBIDDEN = 900  # GB: deny
AUTH = "/providers/Microsoft.Authorization/"
DISKS = "/providers/Microsoft.Compute/disks/"
VERSION = "api-version=2023-01-01"
GONE = object()


class Client(threading.Thread):
    """One connection. `settled` is what was acknowledged last of each thing of its own, `open` what was sent and not answered."""

    def __init__(self, server, seed, subscription):
        super().__init__(daemon=True)
        self.server, self.rng, self.subscription = server, random.Random(seed), subscription
        self.settled, self.open, self.oddities, self.count, self.stopped = {}, {}, [], 0, False

    def run(self):
        try:
            self.connection = self.server.connect()
            while True:
                self.step()
        except (OSError, http.client.HTTPException):  # the server was killed: any way a connection can end
            return

    def send(self, method, path, body=None, wanted=(200, 201), also=()):
        """The answer; one that is neither wanted nor among `also` is noted."""
        answer = self.server.ask(method, f"{self.subscription}{path}?{VERSION}", body, connection=self.connection)
        if answer.status not in (*wanted, *also):
            self.oddities.append(f"{method} {path}: {answer}")
        self.count += answer.status in wanted
        return answer

    def change(self, key, value, *request, wanted=(200, 201), also=()):
        """A change of a thing of its own: only what was wanted is settled."""
        self.open[key] = value
        answer = self.send(*request, wanted=wanted, also=also)
        if answer.status in wanted:
            self.settled[key] = value
        del self.open[key]
        return answer


def disk(size):
    return {"location": "koreacentral", "tags": {"size": str(size)}, "properties": {"diskSizeGB": size}}


class Writer(Client):
    """Writes disks of its own, and one that all write."""

    def step(self):
        size, name = self.rng.randrange(1, 1200), f"d-{self.name}-{self.rng.randrange(3)}"
        path, refused = f"/resourceGroups/g{DISKS}", (403,) if size > FORBIDDEN else ()
        wanted = () if refused else (200, 201)
        kind = self.rng.randrange(6)
        if kind == 0:
            self.change(name, GONE, "DELETE", path + name, wanted=(200, 204))
        elif kind == 1 and self.settled.get(name, GONE) is not GONE:
            body = {"tags": {"size": str(size)}, "properties": {"diskSizeGB": size}}
            self.change(name, size, "PATCH", path + name, body, wanted=wanted, also=refused)
        elif kind == 2:
            self.send("PUT", path + "shared", disk(size), wanted=wanted, also=(*refused, 503))
        elif kind == 3:
            self.send("DELETE", path + "shared", wanted=(200, 204), also=(503,))
        else:
            self.change(name, size, "PUT", path + name, disk(size), wanted=wanted, also=refused)


class Rival(Client):
    """Writes and takes away one disk that others write and take away at the same time."""

    def step(self):
        if self.stopped:
            raise ConnectionAbortedError
        kind = self.rng.randrange(2)
        self.send(("PUT", "DELETE")[kind], f"/resourceGroups/g{DISKS}rivals", (disk(1), None)[kind], wanted=(200, 201, 204), also=(503,))


class Ruler(Client):
    """Changes what policies say, assigns them anew, exempts."""

    def step(self):
        kind = self.rng.randrange(4)
        exempt = f"/resourceGroups/g{DISKS}kept{AUTH}policyExemptions/e"  # nobody deletes that disk: an exemption goes with its own
        if kind <= 1:
            limit = self.rng.randrange(1, 900)
            self.change("limit", limit, "PUT", AUTH + "policyDefinitions/large", rule("audit", limit))
        elif kind == 2:
            self.change("exempt", True, "PUT", exempt, {"properties": {"policyAssignmentId": f"{self.subscription}{AUTH}policyAssignments/large", "exemptionCategory": "Waiver"}})
        else:
            self.change("exempt", GONE, "DELETE", exempt, wanted=(200, 204))


class Deployer(Client):
    """Two disks by one template, both of one size."""

    def step(self):
        size, names = self.rng.randrange(1, 800), [f"t{self.rng.randrange(4)}-{i}" for i in (0, 1)]
        resources = [{"type": "Microsoft.Compute/disks", "apiVersion": "2023-01-01", "name": name, **disk(size)} for name in names]
        template = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": resources}
        for name in names:
            self.open[name] = size
        answer = self.send("PUT", f"/resourceGroups/g/providers/Microsoft.Resources/deployments/{names[0]}", {"properties": {"mode": "Incremental", "template": template}})
        if answer.status in (200, 201) and answer.json["properties"]["provisioningState"] != "Succeeded":
            self.oddities.append(f"deployment: {answer}")
        for name in names:
            self.settled[name] = self.open.pop(name)


class Grouper(Client):
    """Whole groups: three disks, and away with all of it."""

    def step(self):
        group = f"/resourceGroups/x{self.rng.randrange(3)}"
        for key, path, body in [(group, group, {"location": "koreacentral"}), *((f"{group}/{i}", f"{group}{DISKS}{i}", disk(i + 1)) for i in range(3))]:
            self.change(key, True, "PUT", path, body)
        if self.rng.randrange(3):
            return
        keys = [group, *(f"{group}/{i}" for i in range(3))]
        self.open.update(dict.fromkeys(keys, GONE))
        self.send("DELETE", group, wanted=(202,))
        for key in keys:
            self.settled[key] = self.open.pop(key)


def rule(effect, limit):
    return {"properties": {"mode": "All", "policyRule": {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"},
                                                                          {"field": "Microsoft.Compute/disks/diskSizeGB", "greater": limit}]},
                                                         "then": {"effect": effect}}}}


class Store:
    """What is there after a start, as it is asked for."""

    def __init__(self, server, subscription):
        self.server, self.subscription = server, subscription
        self.groups = {group["name"] for group in self.list("/resourcegroups")}
        self.disks = {item["id"].lower(): item for item in self.list("/providers/Microsoft.Compute/disks")}
        self.limit = self.get(AUTH + "policyDefinitions/large")["properties"]["policyRule"]["if"]["allOf"][1]["greater"]
        self.exemptions = {item["id"].lower().split("/providers/microsoft.authorization/")[0] for item in self.list(AUTH + "policyExemptions")}

    def get(self, path):
        return self.server.ask("GET", f"{self.subscription}{path}?{VERSION}").json

    def list(self, path):
        return self.get(path)["value"]

    def disk(self, path):
        return self.disks.get(f"{self.subscription}{path}".lower())


def is_whole(item):
    return item["tags"] == {"size": str(item["properties"]["diskSizeGB"])} and item["properties"]["diskSizeGB"] <= FORBIDDEN


def value_of(store, client, key):
    """What is there of a client's thing, in its own words."""
    if isinstance(client, Ruler):
        return store.limit if key == "limit" else bool([e for e in store.exemptions if e.endswith("/kept")]) or GONE
    if isinstance(client, Grouper):
        group, _, name = key.rpartition("/") if key.count("/") == 3 else (key, "", "")
        if name:
            return store.disk(f"{group}{DISKS}{name}") is not None or GONE
        return group.rpartition("/")[2] in store.groups or GONE
    item = store.disk(f"/resourceGroups/g{DISKS}{key}")
    return item["properties"]["diskSizeGB"] if item else GONE


def faults_of_clients(store, clients):
    faults = []
    for client in clients:
        faults += client.oddities
        for key in {*client.settled, *client.open}:
            there, may_be = value_of(store, client, key), [client.settled.get(key, GONE)]
            if key in client.open:
                may_be.append(client.open[key])
            if there not in may_be:
                faults.append(f"{client.name}: {key} is {'gone' if there is GONE else there}; acknowledged or sent was {['gone' if v is GONE else v for v in may_be]}")
    return faults


def faults_of_verdicts(server, subscription, store):
    """The latest verdict of each disk under each assignment, as it must be."""
    asked = server.ask("POST", f"{subscription}/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation?{VERSION}", {})
    if asked.status != 200:
        return [f"judging: {asked}"]
    wanted, found, after = {}, {}, ""
    for key, item in store.disks.items():
        large = item["properties"]["diskSizeGB"] > store.limit
        wanted[key, "large"] = "Exempt" if key in store.exemptions else "NonCompliant" if large else "Compliant"
        wanted[key, "forbidden"] = "Compliant"
    while True:
        page = server.ask("GET", f"/api/v1/states?scope={subscription}&top=1000{'&after=' + after if after else ''}").json
        found.update({(row["resourceId"].lower(), row["policyAssignmentName"]): row["complianceState"] for row in page["value"]})
        after = page.get("next") or ""
        if not after:
            break
    faults = [f"{key}: the verdict is {found.get(key)}, wanted is {wanted.get(key)}" for key in {*wanted, *found} if wanted.get(key) != found.get(key)]
    summary = server.ask("GET", f"/api/v1/states/summary?scope={subscription}").json
    told, bad = summary["results"]["nonCompliantResources"], {key for (key, _), state in wanted.items() if state == "NonCompliant"}
    return faults + ([f"the summary tells {told} resources, rows {len(bad)}"] if told != len(bad) else [])


def begin(server, subscription):
    def put(path, body):
        answer = server.ask("PUT", f"{subscription}{path}?{VERSION}", body)
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer}")
    put("/resourceGroups/g", {"location": "koreacentral"})
    put(f"/resourceGroups/g{DISKS}kept", disk(600))
    for name, effect, limit in [("forbidden", "deny", FORBIDDEN), ("large", "audit", 500)]:
        put(AUTH + "policyDefinitions/" + name, rule(effect, limit))
        put(AUTH + "policyAssignments/" + name, {"properties": {"policyDefinitionId": f"{subscription}{AUTH}policyDefinitions/{name}"}})


def rivals(server, rng, subscription):
    """Who deletes what another deleted and a third made again is told neither more nor less than that it is gone."""
    clients = [Rival(server, rng.random(), subscription) for _ in range(6)]
    for client in clients:
        client.start()
    eventually(lambda: sum(client.count for client in clients) >= RIVALRY)
    for client in clients:
        client.stopped = True
    for client in clients:
        client.join(timeout=PATIENCE)
    oddities = [oddity for client in clients for oddity in client.oddities]
    check("of writers and deleters of one disk each is answered as if alone", not oddities, "\n".join(oddities[:20]))


def kill_under_load():
    rng = random.Random(SEED)
    faults, rounds, acknowledged, known = [], 0, 0, {"ruler3": {"limit": 500}}
    with Server(MAPAE, store=os.environ.get("MAPAE_TEST_POSTGRES"), settings=SETTINGS) as server:
        subscription = f"/subscriptions/{server.made['subscriptionId']}"
        begin(server, subscription)
        rivals(server, rng, subscription)
        while rounds < ROUNDS and not faults:
            clients = [kind(server, rng.random(), subscription) for kind in (Writer, Writer, Writer, Ruler, Deployer, Grouper)]
            for number, client in enumerate(clients):
                client.name = f"{type(client).__name__.lower()}{number}"
                client.settled = known.get(client.name, {})
                client.start()
            eventually(lambda: sum(client.count for client in clients) >= 3)  # so that there is something to lose
            time.sleep(rng.uniform(0.02, 0.8))
            server.end(signal.SIGKILL)
            for client in clients:
                client.join(timeout=PATIENCE)
            server.start()
            server.token = server.issue()
            store = Store(server, subscription)
            faults += faults_of_clients(store, clients)
            faults += [f"half applied, or forbidden: {item}" for item in store.disks.values() if not is_whole(item)]
            faults += faults_of_verdicts(server, subscription, store)
            for client in clients:  # what was open has ended, one way or the other
                known[client.name] = {key: value_of(store, client, key) for key in {*client.settled, *client.open}}
            acknowledged += sum(client.count for client in clients)
            rounds += 1
            if rounds % 10 == 0 or rounds == ROUNDS:
                verified = server.ask("POST", "/api/v1/ledger/verify", {})
                faults += [] if verified.status == 200 else [f"the ledger: {verified}"]
        check(f"{rounds} rounds of kill -9 while an estate changes, {acknowledged} acknowledged writes: none lost, none half applied, every verdict as it must be (seed {SEED})",
              rounds == ROUNDS and not faults, "\n".join(faults[:20]) + "\n" + server.said())
        check("something was written in most rounds", acknowledged > ROUNDS, acknowledged)
        check("it stops in good order at the end", server.end() == 0, server.said())
        done = server.run("ledger", "verify", "--format", "json")
        report = json.loads(done.stdout) if done.returncode == 0 else {}
        check("the ledger verifies without the server: every version of every record is one that a leaf tells of", report.get("records", 0) >= acknowledged // 2, done.stdout + done.stderr)


main(kill_under_load)
