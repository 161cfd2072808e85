#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 while evidence is uploaded, linked and deleted: what was acknowledged is there, no record is without its file and its leaf,
and no link without its evidence (TAP).

test_kill_evidence.py MAPAE SOURCE_ROOT [ROUNDS]

With MAPAE_TEST_POSTGRES in the environment the store is PostgreSQL, else SQLite."""
import hashlib
import json
import os
import random
import signal
import sys
import threading
import time

from program import MAPAE, check, main
from server import PATIENCE, Server, eventually

ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 12
CLIENTS = 4
SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
CONTROLS = ["1.1.1", "1.1.2", "1.2.1"]


class Writer(threading.Thread):
    """Uploads, links, and deletes every fifth again, until the server is gone; remembers what was acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.rng = server, random.Random(SEED + number)
        self.kept, self.links, self.deleted, self.doubtful, self.oddities = {}, set(), set(), set(), []

    def want(self, answer, status):
        if answer.status != status:
            self.oddities.append(repr(answer))
        return answer.status == status

    def run(self):
        try:
            connection = self.server.connect()
            for number in range(1 << 30):
                data = self.rng.randbytes(self.rng.choice((0, 40, 70000, 700000)))
                answer = self.server.ask("POST", "/api/v1/evidence?title=t&kind=document&keepUntil=2020-01-01T00:00:00Z", raw=data,
                                         headers={"Content-Type": "application/octet-stream"}, connection=connection)
                if not self.want(answer, 201):
                    return
                key = answer.json["id"]
                self.kept[key] = hashlib.sha256(data).hexdigest()
                for control in self.rng.sample(CONTROLS, 2):
                    answer = self.server.ask("POST", f"/api/v1/evidence/{key}/controls",
                                             {"framework": "csap", "control": control, "rule": self.server.rules[control]}, connection=connection)
                    if not self.want(answer, 200):
                        return
                    self.links.add((key, answer.json["control"]))
                if number % 5 == 4:
                    self.doubtful.add(key)
                    answer = self.server.ask("DELETE", f"/api/v1/evidence/{key}", connection=connection)
                    if not self.want(answer, 204):
                        return
                    self.deleted.add(key)
        except Exception:  # the server was killed: any way a connection can end
            return


def everything(server, path):
    found, after = [], ""
    while True:
        page = server.ask("GET", f"{path}?top=1000{'&after=' + after if after else ''}").json
        found += page["value"]
        after = page.get("next") or ""
        if not after:
            return found


def faults_of(server, writers):
    faults = [f"an odd answer: {oddity}" for writer in writers for oddity in writer.oddities]
    pieces = {piece["id"]: piece for piece in everything(server, "/api/v1/evidence")}
    links = {(link["evidence"], link["control"]) for link in everything(server, "/api/v1/evidence-links")}
    for writer in writers:
        gone = writer.deleted | writer.doubtful
        faults += [f"{key} was acknowledged and is gone" for key, sha256 in writer.kept.items()
                   if key not in gone and pieces.get(key, {}).get("sha256") != sha256]
        faults += [f"{key} was deleted and is there" for key in writer.deleted & set(pieces)]
        faults += [f"the link {link} was acknowledged and is gone" for link in writer.links if link[0] not in gone and link not in links]
    faults += [f"the link {link} has no evidence" for link in links if link[0] not in pieces]
    connection = server.connect()
    for key, piece in pieces.items():
        content = server.ask("GET", f"/api/v1/evidence/{key}/content", connection=connection)
        if content.status != 200 or hashlib.sha256(content.body).hexdigest() != piece["sha256"] or len(content.body) != piece["sizeBytes"]:
            faults.append(f"the file of {key}: {content.status}")
    connection.close()
    return faults, len(pieces), len(links)


def kill_under_uploads():
    rng = random.Random(SEED)
    settings = ["rate.client=1000000", "rate.identity=1000000", "policies.shipped=false"]
    with Server(MAPAE, store=os.environ.get("MAPAE_TEST_POSTGRES"), settings=settings) as server:
        wanted = {c["label"]: c["rules"] for c in server.ask("GET", "/api/v1/evidence-standing?framework=csap").json["value"]}
        server.rules = {control: wanted[control][0]["name"]["ko"] for control in CONTROLS}
        writers = []
        for _ in range(ROUNDS):
            ours = [Writer(server, len(writers) + i) for i in range(CLIENTS)]
            for writer in ours:
                writer.start()
            linked = rng.randrange(2, 12)  # on a busy machine as on an idle one, something is under way
            eventually(lambda: sum(len(writer.links) for writer in ours) >= linked)
            time.sleep(rng.uniform(0, 0.3))
            server.end(signal.SIGKILL)
            for writer in ours:
                writer.join(timeout=PATIENCE)
            writers += ours
            server.start()
            server.token = server.issue()
        faults, pieces, links = faults_of(server, writers)
        acknowledged = sum(len(writer.kept) for writer in writers)
        check(f"{ROUNDS} rounds of kill -9, {acknowledged} uploads and {sum(len(w.links) for w in writers)} links: none lost, none half (seed {SEED})",
              not faults, "\n".join(faults[:20]) + "\n" + server.said())
        check("something was written", pieces >= ROUNDS and links >= ROUNDS, (pieces, links))
        leaves = [leaf for leaf in server.leaves(action="Mapae.Ledger/evidence/write") if leaf["outcome"] == "done"]
        deleted = sum(leaf["outcome"] == "done" for leaf in server.leaves(action="Mapae.Ledger/evidence/delete"))
        check("every piece has its leaf", min(pieces, 900) <= len(leaves) - deleted, (pieces, len(leaves), deleted))
        report = server.ask("POST", "/api/v1/ledger/verify", {})
        check("the log holds", report.status == 200, report)
        check("it stops in good order at the end", server.end() == 0, server.said())
        done = server.run("ledger", "verify", "--format", "json")
        check("also without the server", done.returncode == 0 and json.loads(done.stdout)["size"] > acknowledged, done.stdout + done.stderr)


main(kill_under_uploads)
