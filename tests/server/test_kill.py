#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments under load: what was acknowledged is there, and nothing is half applied (TAP).

test_kill.py MAPAE SOURCE_ROOT [ROUNDS]

With MAPAE_TEST_POSTGRES in the environment the store is PostgreSQL, else SQLite. In each round some clients write, each
write a group with two members made in the same request; then the server is killed, and started again. After every few rounds
every acknowledged group is there with what it was given, every group that is there is whole and has its leaf, and the ledger verifies."""
import json
import os
import random
import signal
import sys
import threading
import time
import uuid

from program import MAPAE, check, main
from server import PATIENCE, Server, eventually

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
TOGETHER = 8  # rounds whose groups are read together: what is lost stays lost, and reading all takes longer each time
CLIENTS = 6
SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
# Whoever starts hundreds of times does not look through what is shipped each time.
SETTINGS = ["rate.client=1000000", "rate.identity=1000000", "policies.shipped=false"]


class Writer(threading.Thread):
    """Makes groups until the server is gone; remembers which were acknowledged, with their versions."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.sent, self.acknowledged, self.changed, self.oddities = set(), {}, {}, []

    def run(self):
        try:
            connection = self.server.connect()
            while True:
                name = f"g-{uuid.uuid4()}"
                self.sent.add(name)
                answer = self.server.ask("POST", "/api/v1/groups", {"displayName": name, "description": name[::-1]},
                                         connection=connection)
                if answer.status != 201:
                    self.oddities.append(repr(answer))
                    return
                group = answer.json
                self.acknowledged[group["id"]] = name
                if self.number % 2:
                    changed = f"{name}-changed"
                    answer = self.server.ask("PUT", f"/api/v1/groups/{group['id']}",
                                             {"displayName": name, "description": changed}, connection=connection)
                    if answer.status == 200:
                        self.changed[group["id"]] = changed
        except Exception:  # the server was killed: any way a connection can end
            return


def every_group(server):
    found, after = {}, ""
    while True:
        page = server.ask("GET", f"/api/v1/groups?top=1000{'&after=' + after if after else ''}").json
        found.update({group["id"]: group for group in page["value"]})
        after = page.get("next") or ""
        if not after:
            return found


def faults_after(server, writers, checked):
    """What is not as it should be, as sentences."""
    faults, found = [], every_group(server)
    sent = set().union(*(writer.sent for writer in writers))
    for writer in writers:
        faults += [f"an odd answer: {oddity}" for oddity in writer.oddities]
        for key, name in writer.acknowledged.items():
            group = found.get(key)
            if not group:
                faults.append(f"{name} was acknowledged and is gone")
            elif group["displayName"] != name:
                faults.append(f"{name} came back as {group['displayName']}")
            elif key in writer.changed and group["description"] != writer.changed[key]:
                faults.append(f"a change of {name} was acknowledged and is gone")
    for key, group in found.items():
        if key in checked:
            continue
        name = group["displayName"]
        if name not in sent:
            faults.append(f"{name}: nobody sent it")
        if group["description"] not in (name[::-1], f"{name}-changed"):
            faults.append(f"{name} is half applied: {group['description']}")
        checked.add(key)
    return faults


def kill_under_load():
    rng = random.Random(SEED)
    faults, rounds, acknowledged, unread = [], 0, 0, []
    checked = set()
    with Server(MAPAE, store=os.environ.get("MAPAE_TEST_POSTGRES"), settings=SETTINGS) as server:
        server.token = server.issue()
        for number in range(ROUNDS):
            writers = [Writer(server, i) for i in range(CLIENTS)]
            for writer in writers:
                writer.start()
            begun = rng.randrange(1, 10)  # on a busy machine as on an idle one, something is under way
            eventually(lambda: sum(len(writer.acknowledged) for writer in writers) > begun)
            time.sleep(rng.uniform(0, 0.3))
            server.end(signal.SIGKILL)
            for writer in writers:
                writer.join(timeout=PATIENCE)
            server.start()
            server.token = server.issue()
            acknowledged += sum(len(writer.acknowledged) for writer in writers)
            unread += writers
            rounds += 1
            if rounds % TOGETHER == 0 or rounds == ROUNDS:
                faults += [f"rounds to {number}: {fault}" for fault in faults_after(server, unread, checked)]
                unread = []
            if faults:
                break
            if number % 40 == 39 or number == ROUNDS - 1:
                verified = server.ask("POST", "/api/v1/ledger/verify", {})
                if verified.status != 200:
                    faults.append(f"round {number}: the ledger: {verified}")
        groups = every_group(server)
        leaves = sum(1 for leaf in server.leaves(action="Mapae.Access/groups/write") if leaf["outcome"] == "done")
        check(f"{rounds} rounds of kill -9 under load, {acknowledged} acknowledged writes: none lost, none half applied "
              f"(seed {SEED})", rounds == ROUNDS and not faults, "\n".join(faults[:20]) + "\n" + server.said())
        check("something was written in most rounds", acknowledged > ROUNDS, acknowledged)
        check("every stored group has its leaf", min(len(groups), 1000) <= leaves, (len(groups), leaves))
        check("it stops in good order at the end", server.end() == 0, server.said())
        done = server.run("ledger", "verify", "--format", "json")
        check("the ledger verifies without the server", done.returncode == 0 and json.loads(done.stdout)["size"] > acknowledged,
              done.stdout + done.stderr)


main(kill_under_load)
