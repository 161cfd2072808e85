#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens around the server goes wrong: the disk is full, or read-only, the store goes and comes back, the clock jumps (TAP).

test_faults.py MAPAE SOURCE_ROOT

Wants root for disks of its own (tmpfs in a mount namespace of this process); says "skipped" without. MAPAE_TEST_POSTGRES and
MAPAE_TEST_POSTGRES_CTL (support/postgres.py) add PostgreSQL."""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from program import MAPAE, check, main, skip
from server import PATIENCE, Server, eventually

CLONE_NEWNS = 0x20000
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@contextlib.contextmanager
def small_disk(size):
    """A folder on a disk of its own that nobody else sees."""
    folder = tempfile.mkdtemp(prefix="mapae-disk-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield pathlib.Path(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=False)
        os.rmdir(folder)


def until_full(disk, write, spare=0):
    """Leave no more than spare bytes of room: the answer of the first of write(0), write(1), ... that is refused, and those before.
    Each kind of write is asked anew: a refusal gives back what room it took, and a database uses its log again."""
    with open(disk / "ballast", "ab", buffering=0) as ballast, contextlib.suppress(OSError):
        while (room := shutil.disk_usage(disk).free - spare) > 0:
            ballast.write(b"\0" * min(room, 1 << 20))
    taken = []
    for i in range(2000):
        answer = write(i)
        if answer.status not in (200, 201):
            return answer, taken
        taken.append(answer)
    return None, taken


def own_mounts():
    libc = ctypes.CDLL(None, use_errno=True)
    return os.getuid() == 0 and libc.unshare(CLONE_NEWNS) == 0 and \
        subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, check=False).returncode == 0


def add_group(server, name):
    return server.ask("POST", "/api/v1/groups", {"displayName": name, "description": "x" * 2000})


def arm(server, method, path, body=None):
    """A request to the face of Azure Resource Manager, of the first subscription."""
    return server.ask(method, f"/subscriptions/{server.made['subscriptionId']}{path}?api-version=2021-04-01", body)


def add_disk(server, name, size=10):
    return arm(server, "PUT", f"/resourceGroups/g/providers/Microsoft.Compute/disks/{name}",
               {"location": "koreacentral", "properties": {"diskSizeGB": size, "padding": "x" * 2000}})


def add_rule(server, limit):
    return arm(server, "PUT", "/providers/Microsoft.Authorization/policyDefinitions/large", {"properties": {"mode": "All", "policyRule": {
        "if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"}, {"field": "Microsoft.Compute/disks/diskSizeGB", "greater": limit}]}, "then": {"effect": "deny"}}}})


def add_estate(server):
    """A group and a policy that is assigned; a sentence about the first that was not taken, or nothing."""
    policy = f"/subscriptions/{server.made['subscriptionId']}/providers/Microsoft.Authorization/policyDefinitions/large"
    answers = [arm(server, "PUT", "/resourceGroups/g", {"location": "koreacentral"}), add_rule(server, 100),
               arm(server, "PUT", "/providers/Microsoft.Authorization/policyAssignments/a", {"properties": {"policyDefinitionId": policy}}), add_disk(server, "before")]
    return next((repr(answer) for answer in answers if answer.status not in (200, 201)), "")


def gate_again(server, what, lost="lost"):
    """After rules could not be changed: what was decided by those that are there goes on as before."""
    check(f"{what}: a resource is taken, and the policy still refuses", eventually(lambda: add_disk(server, "after").status in (200, 201)) and add_disk(server, "big", 500).status == 403
          and add_disk(server, "after").status == 200, server.said())
    check(f"{what}: what was refused is not there", arm(server, "GET", f"/resourceGroups/g/providers/Microsoft.Compute/disks/{lost}").status == 404)
    judged = arm(server, "POST", "/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation", {})
    check(f"{what}: and what is there is judged", judged.status == 200, judged)


def disk_full():
    with small_disk("160m") as disk, Server(MAPAE, folder=disk) as server:
        first = add_group(server, "before")
        check("full disk: before, a write is taken", first.status == 201, first)
        estate = add_estate(server)
        check("full disk: before, resources and policies are taken", not estate, estate)
        refused, groups = until_full(disk, lambda i: add_group(server, f"g{i}"), 200_000)
        made = [answer.json["id"] for answer in groups]
        check("full disk: a write is refused and says why", refused is not None and refused.status == 507
              and refused.json["code"] == "full", refused)
        # Rules that were still taken refuse what the rule before refused, and take what it took.
        rule, _ = until_full(disk, lambda i: add_rule(server, 101 + i % 300))
        check("full disk: a policy is refused in ARM's words", rule is not None and rule.status == 507
              and rule.json["error"]["code"] == "InsufficientStorage", rule)
        lost, disks = until_full(disk, lambda i: add_disk(server, f"g{i}"))
        check("full disk: and so is a resource", lost is not None and lost.status == 507
              and lost.json["error"]["code"] == "InsufficientStorage", lost)
        check("full disk: reading goes on", server.ask("GET", "/api/v1/groups").status == 200)
        check("full disk: the process lives, and is not ready", server.ask("GET", "/healthz", token=None).status == 200
              and server.ask("GET", "/readyz", token=None).status == 503)
        os.unlink(disk / "ballast")
        again = eventually(lambda: add_group(server, "after").status == 201)
        check("full disk: with room again, writes are taken without a restart", again, server.said())
        gate_again(server, "full disk, with room again", f"g{len(disks)}")
        check("full disk: and it is ready", eventually(lambda: server.ask("GET", "/readyz", token=None).status == 200))
        kept = [server.ask("GET", f"/api/v1/groups/{key}").status == 200 for key in made] + [
            arm(server, "GET", f"/resourceGroups/g/providers/Microsoft.Compute/disks/g{i}").status == 200 for i in range(len(disks))]
        check("full disk: nothing that was acknowledged is lost", made and all(kept), kept)
        check("full disk: the ledger verifies", server.ask("POST", "/api/v1/ledger/verify", {}).status == 200)
        check("full disk: it ends in good order", server.end() == 0, server.said())


def disk_full_at_start():
    with small_disk("40m") as disk:
        server = Server(MAPAE, folder=disk)
        server.start()
        server.end()
        (disk / "ballast").write_bytes(b"\0" * shutil.disk_usage(disk).free)
        done = subprocess.run([MAPAE, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        check("a full disk at the start: a clear end", done.returncode in (2, 5) and "mapae: error:" in done.stderr
              and ("full" in done.stderr or "No space" in done.stderr), (done.returncode, done.stderr))


def disk_read_only():
    with small_disk("40m") as disk:
        server = Server(MAPAE, folder=disk)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        done = subprocess.run([MAPAE, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                              timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        check("a read-only disk: a clear end", done.returncode in (2, 5) and "mapae: error:" in done.stderr
              and ("ead-only" in done.stderr or "writ" in done.stderr), (done.returncode, done.stderr))
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        with server:
            check("writable again: it starts and writes", add_group(server, "after").status == 201, server.said())


def clock_jumps():
    if not os.path.exists(FAKETIME):
        skip("the clock jumps", "libfaketime is not installed")
        return
    probe = subprocess.run([MAPAE, "--version"], env={**os.environ, "LD_PRELOAD": FAKETIME, "FAKETIME": "+0d"}, capture_output=True,
                           check=False)
    if probe.returncode:
        skip("the clock jumps", "a build with a sanitizer does not go with libfaketime")
        return
    with tempfile.TemporaryDirectory() as folder:
        offset = pathlib.Path(folder, "offset")
        offset.write_text("+0\n")
        clock = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_CACHE_DURATION": "1",
                 "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        # Set behind init(): that is not what is tested here.
        with Server(MAPAE, settings=["server.confine=false"]) as server:
            server.end()
            server.environment.update(clock)
            server.start()
            user = server.ask("POST", "/api/v1/users", {"userName": "clock", "displayName": "before"}).json
            for jump in ("-3d", "+30d", "-1000d", "+0"):
                offset.write_text(jump + "\n")
                change = lambda: server.ask("PUT", f"/api/v1/users/{user['id']}",
                                            {"userName": "clock", "displayName": jump}, token=server.issue())
                done = eventually(lambda: change().status == 200)
                check(f"the clock jumps to {jump}: a new token and a write are taken", done, server.said())
            server.token = server.issue()
            history = server.ask("GET", f"/api/v1/users/{user['id']}/history")
            check("the history is given", history.status == 200, history)
            times = [version["since"] for version in history.json["value"]]
            check("history stays in order", len(times) >= 5 and times == sorted(times, reverse=True) and len(set(times)) == len(times), times)
            check("the ledger verifies", server.ask("POST", "/api/v1/ledger/verify", {}).status == 200)


def store_gone():
    control, url = os.environ.get("MAPAE_TEST_POSTGRES_CTL"), os.environ.get("MAPAE_TEST_POSTGRES")
    if not control or not url:
        skip("PostgreSQL goes and comes back", "no PostgreSQL was started for this test")
        return
    with Server(MAPAE, store=url) as server:
        made = add_group(server, "before")
        check("PostgreSQL: before, a write is taken", made.status == 201, made)
        estate = add_estate(server)
        check("PostgreSQL: before, resources and policies are taken", not estate, estate)
        subprocess.run([control, "stop"], check=True)
        gone = add_group(server, "lost")
        check("PostgreSQL gone: a write is refused and says why", gone.status == 503 and gone.json["code"] == "unavailable"
              and int(gone.headers["Retry-After"]) >= 1, gone)
        rule, lost = add_rule(server, 1), add_disk(server, "lost")
        check("PostgreSQL gone: a policy and a resource are refused in ARM's words", {rule.status, lost.status} == {503}
              and lost.json["error"]["code"] == "ServiceUnavailable", (rule, lost))
        check("PostgreSQL gone: not ready, but alive", server.ask("GET", "/readyz", token=None).status == 503
              and server.ask("GET", "/healthz", token=None).status == 200)
        subprocess.run([control, "start"], check=True)
        back = eventually(lambda: add_group(server, "after").status == 201)
        check("PostgreSQL back: writes are taken without a restart", back, server.said())
        gate_again(server, "PostgreSQL back")
        found = {group["displayName"] for group in server.ask("GET", "/api/v1/groups?top=1000").json["value"]}
        check("PostgreSQL back: what was acknowledged is there, what was refused is not", {"before", "after"} <= found
              and "lost" not in found, found)
        check("PostgreSQL back: the ledger verifies", server.ask("POST", "/api/v1/ledger/verify", {}).status == 200)
        check("PostgreSQL: it ends in good order", server.end() == 0, server.said())


def refusals_at_start():
    """Second writer, foreign store, damaged store: each a sentence, and nothing is changed."""
    with Server(MAPAE) as server:
        second = subprocess.run([MAPAE, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                                timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        check("a second server on one folder is refused", second.returncode == 2 and "mapae: error:" in second.stderr, second.stderr)
        check("and the first one goes on", add_group(server, "still").status == 201)
        server.end()
        known = json.loads((server.data / "installation.json").read_text())
        (server.data / "installation.json").write_text(json.dumps({**known, "id": "00000000-0000-4000-8000-000000000000"}))
        foreign = subprocess.run([MAPAE, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                                 timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        check("a store of another installation is refused", foreign.returncode == 2 and "installation" in foreign.stderr, foreign.stderr)
        (server.data / "installation.json").write_text(json.dumps(known))
        server.start()
        check("and opens where it belongs", add_group(server, "again").status == 201)
        server.end()
        database = server.data / "mapae.db"
        whole = database.read_bytes()
        damaged = bytearray(whole)
        for at in range(4096 * 3, min(len(damaged), 4096 * 40), 4096):
            damaged[at:at + 2048] = os.urandom(2048)
        database.write_bytes(damaged)
        broken = subprocess.run([MAPAE, "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                                timeout=PATIENCE, stdin=subprocess.DEVNULL, check=False)
        check("a damaged database is noticed at the start", broken.returncode == 2 and "mapae: error:" in broken.stderr,
              (broken.returncode, broken.stderr))


if own_mounts():
    main(refusals_at_start, disk_full, disk_full_at_start, disk_read_only, store_gone, clock_jumps)
else:
    skip("full and read-only disks", "wants root and mount namespaces")
    main(refusals_at_start, store_gone, clock_jumps)
