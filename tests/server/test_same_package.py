#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same state gives the same package, byte for byte: on SQLite and PostgreSQL, in any time zone, language and folder, on one
processor or several, by the command and by a server that is asked for it many times at once. And what two installations say that were
told the same in another order (TAP).

test_same_package.py MAPAE SOURCE_ROOT

With MAPAE_TEST_POSTGRES in the environment one of the stores is PostgreSQL, else all are SQLite."""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

from program import MAPAE, ROOT, SAMPLED, check, main, run
from server import PATIENCE, Server

sys.path.insert(0, str(ROOT / "tests" / "ledger"))
from verify_package import read_archive  # noqa: E402

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
POSTGRES = os.environ.get("MAPAE_TEST_POSTGRES")
ALL = ["--framework", "csap-iaas"]
SUBJECTS = {"scope": ["--framework", "csap-iaas", "--scope", "/"], "measure": ["--framework", "isms-p", "--measure", "portal"]}
PIECES = [("policy", "document", ["csap/1.1.1", "isms-p/1.1.5"]), ("minutes", "record", ["csap/1.1.2"]), ("정책", "document", ["csap/1.1.1"]),
          ("again", "document", ["csap/1.1.1"]), ("log", "log", ["isms-p/2.9.4"])]
GUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CONDITIONS = [
    {"TZ": "UTC", "LANG": "C"},
    {"TZ": "Asia/Seoul", "LANG": "ko_KR.UTF-8", "LC_ALL": "ko_KR.UTF-8"},
    {"TZ": "America/New_York", "LANG": "en_US.UTF-8"},
    {"TZ": "Pacific/Chatham", "LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8", "one": "1"},
]


def mapae(data, *arguments, condition=None, folder=None):
    condition = dict(condition or {})
    command = (["taskset", "-c", "0"] if condition.pop("one", None) else []) + [MAPAE, *map(str, arguments), "--data", str(data)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and k not in ("TZ", "LANG")}
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**env, "LANG": "C", **condition}, cwd=folder,
                          check=False)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def steps(files):
    """What an installation is told; each list's order does not count."""
    for name, _, _ in PIECES:
        (files / name).write_text(f"{name}\n" if name != "again" else "policy\n", encoding="utf-8")
    add = [["evidence", "add", files / name, "--title", name, "--kind", kind, "--owner", "security", "--collected-at", "2026-11-01",
            *(word for control in controls for word in ("--control", control))] for name, kind, controls in PIECES]
    tell = [["answer", "set", "csap/1.1.1", "yes"], ["answer", "set", "csap/1.1.2", "no"], ["answer", "set", "isms-p/1.1.1", "yes"],
            ["exclusion", "add", "csap/1.1.3", "--justification", "Not ours"], ["finding", "open", "csap/2.1.1", "--severity", "high", "--title", "Not signed"]]
    world = [["ingest", "--source", "demo", ROOT / "content/demo/inventory"], ["policy", "assign", "csap-iaas", "--scope", "/"],
             ["measure", "create", "portal", "--framework", "isms-p", "--scope", "/"]]
    return [world, add, tell]


def build(data, files, turned):
    mapae(data, "init", *CHEAP)
    for group in steps(files):
        for step in reversed(group) if turned else group:
            mapae(data, *step)
    mapae(data, "judge", "start")


def pack(data, what, where, *more, **condition):
    out = where / f"{random.randrange(1 << 40):x}.tar"
    mapae(data, "package", *SUBJECTS.get(what, ALL), *more, str(out), **condition)
    return out.read_bytes()


def restored(backup, data, store=None):
    done = run("restore", "--data", str(data), *(["--store", store] if store else []), str(backup))
    assert done.returncode == 0, done.stderr
    return data


def differing(a, b):
    """Names of members that are not the same in both."""
    (_, a), (_, b) = read_archive(a), read_archive(b)
    return sorted(name for name in {*a, *b} if a.get(name) != b.get(name))


def one_state(folder, source, then):
    """Copies of one installation on two engines, packed for the first time: the index and its page are the same to the byte; what the log
    got with the index (its record, a random id and salt, the time, the head) is of each copy alone."""
    backup = folder / "before.tar.zst"
    mapae(source, "backup", backup)
    other = restored(backup, folder / "other", POSTGRES)
    for what in SUBJECTS:
        first, second = pack(source, what, folder, "--as-of", then), pack(other, what, folder, "--as-of", then, condition=CONDITIONS[1])
        names = differing(first, second)
        allowed = re.compile(r"(checkpoint|keys\.txt|(leaves|proofs|records)/[0-9]+(\.meta)?\.json)")
        check(f"{what}: what a package says is the same on both engines", all(allowed.fullmatch(name) for name in names), names)
        (_, a), (_, b) = read_archive(first), read_archive(second)
        check(f"{what}: the page and every file", [n for n in a if n.startswith(("index", "evidence"))] == [n for n in b if n.startswith(("index", "evidence"))] and
              json.loads(a["index.json"])["statement"]["score"]["points"] >= 0)
    return other


def one_package(folder, other):
    """Once an index is recorded, every byte is settled."""
    for what in SUBJECTS:
        pack(other, what, folder)
    backup = folder / "after.tar.zst"
    mapae(other, "backup", backup)
    copy = restored(backup, folder / "copy")
    packed = {}
    for what in SUBJECTS:
        packed[what] = pack(other, what, folder)
        for condition in CONDITIONS[1::2] if SAMPLED else CONDITIONS:
            for data, engine in ((other, "PostgreSQL" if POSTGRES else "SQLite"), (copy, "SQLite")):
                here = folder / condition["TZ"].replace("/", "-")
                here.mkdir(exist_ok=True)
                same = pack(data, what, here, condition=condition, folder=here) == packed[what]
                check(f"{what}, {engine}, {' '.join(condition.values())}: the same bytes", same)
    return copy, packed


def by_server(folder, copy, packed):
    """Asked at once by several, with one worker and with many."""
    keys = folder / "keys"
    keys.write_text(mapae(copy, "ledger", "keys"))
    for workers in (1, 16):
        process = subprocess.Popen([MAPAE, "serve", "--data", copy, "--listen", "127.0.0.1:0", "--set", f"server.workers={workers}"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
                                   env={**os.environ, "TZ": "Asia/Tokyo", "LANG": "ko_KR.UTF-8"})
        try:
            process.stdout.readline()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                found = list(pool.map(lambda what: (what, pack(copy, what, folder)), ["scope", "measure"] * 3))
            check(f"a server with {workers} workers, six at once", all(body == packed[what] for what, body in found))
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
            process.stdout.close()
    path = folder / "last.tar"
    path.write_bytes(packed["scope"])
    check("and it holds", run("verify", "--key", str(keys), str(path)).returncode == 0)


def at_once(folder):
    """Packed for the first time by several at once: one index is recorded, and all have it."""
    with Server(MAPAE, settings=["policies.shipped=false"]) as server:
        (folder / "paper").write_text("paper\n")
        server.run("evidence", "add", str(folder / "paper"), "--kind", "document", "--control", "csap/1.1.1")
        token = server.issue()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: server.ask("POST", "/api/v1/evidence-packages", {"framework": "csap-iaas"}, token=token), range(8)))
        bodies = {answer.body for answer in answers}
        check("eight at once get one package", {a.status for a in answers} == {200} and len(bodies) == 1, [len(bodies), [a.status for a in answers]])
        kept = [e for e in server.ask("GET", "/api/v1/evidence").json["value"] if e.get("kind") == "index"]
        check("and one index is recorded", len(kept) == 1, kept)
        # what a server followed change by change, and what a command reads anew
        ids = []
        for name in "dcabfe":
            (folder / name).write_text(name)
            ids.append(server.run("evidence", "add", str(folder / name), "--kind", "document", "--keep-until", "2020-01-01", "--control", "csap/1.1.1").stdout.strip())
            server.run("package", "--framework", "csap-iaas", str(folder / f"{name}.tar"))
        server.run("evidence", "unlink", ids[0], "csap/1.1.1")
        server.run("evidence", "link", ids[0], "csap/1.1.1")
        server.run("evidence", "delete", ids[1], "--yes")
        server.run("evidence", "unlink", ids[2], "csap/1.1.1")
        followed = folder / "followed.tar"
        server.run("package", "--framework", "csap-iaas", str(followed))
        server.end()
        anew = pack(server.data, "all", folder)
        files = json.loads(read_archive(anew)[1]["index.json"])["files"]
        check("followed change by change it is what is read anew", anew == followed.read_bytes() and len(files) == 5, len(files))


# ---- told in another order ----

def plain(index, files):
    """Without what two installations cannot share: ids, which are drawn, and the times at which they were told. `files`: ids to titles."""
    if isinstance(index, dict):
        return {k: plain(v, files) for k, v in index.items() if k not in ("takenAt", "until", "asOf", "since", "at")}
    if isinstance(index, list):
        return sorted((plain(v, files) for v in index), key=lambda v: json.dumps(v, sort_keys=True))
    return files.get(index) or (GUID.sub("an id", index) if isinstance(index, str) else index)


def in_another_order(folder, source):
    turned = folder / "turned"
    build(turned, folder, True)
    for what in SUBJECTS:
        said = []
        for data in (source, turned):
            index = json.loads(read_archive(pack(data, what, folder))[1]["index.json"])
            order = [[c["id"] for c in index["controls"]], [c["id"] for c in index["statement"]["controls"]]]
            said.append((order, plain(index, {f["id"]: f["title"] for f in index["files"]})))
        check(f"{what}: told in another order, it says the same", said[0] == said[1],
              "\n".join(difference(said[0][1], said[1][1])[:20] or ["the order of controls"]))


def difference(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        return [line for k in sorted({*a, *b}) for line in difference(a.get(k), b.get(k), f"{path}/{k}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b)) for line in difference(x, y, f"{path}/{i}")]
    return [] if a == b else [f"{path}: {json.dumps(a, ensure_ascii=False)[:300]} {json.dumps(b, ensure_ascii=False)[:300]}"]


def story():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "source"
        build(source, folder, False)
        time.sleep(1.1)
        then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1.1)
        other = one_state(folder, source, then)
        copy, packed = one_package(folder, other)
        by_server(folder, copy, packed)
        at_once(folder)
        in_another_order(folder, source)


main(story)
