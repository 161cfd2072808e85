#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`mapae watch`: a folder that changes, and the estate that follows it (TAP).

test_watch.py MAPAE SOURCE_ROOT"""
import atexit
import json
import pathlib
import queue
import signal
import subprocess
import tempfile
import threading

from program import MAPAE, check, environment, main, run

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
GUID = "3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a001"
LONG = 180  # seconds, for sanitizers on a busy machine


def disk(name, size=32):
    return {"id": f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.Compute/disks/{name}", "name": name,
            "type": "Microsoft.Compute/disks", "location": "koreacentral", "properties": {"diskSizeGB": size}}


def server(name):
    return {"id": name, "name": name, "tenant_id": "t1", "status": "ACTIVE", "flavor": {"id": "1"}, "addresses": {}}


class Watch:
    """Its rounds and what it says, line by line."""

    def __init__(self, data, folder, *more):
        self.process = subprocess.Popen([MAPAE, "watch", str(folder), "--data", data, "--format", "json", "--rescan", "1", *more, *CHEAP], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=environment())
        atexit.register(self.process.kill)  # also when the story breaks off
        self.lines, self.said = queue.Queue(), []
        threading.Thread(target=self.read, args=(self.process.stdout, self.lines.put), daemon=True).start()
        self.told = queue.Queue()
        threading.Thread(target=self.read, args=(self.process.stderr, self.hear), daemon=True).start()

    @staticmethod
    def read(stream, into):
        for line in stream:
            into(line)

    def hear(self, line):
        self.said.append(line)
        self.told.put(line)

    def round(self):
        """The next one, without its time."""
        return {name: value for name, value in json.loads(self.lines.get(timeout=LONG)).items() if name != "at"}

    def rounds(self, enough):
        """The sums of rounds, until it is enough: what is written at once may be seen in two."""
        sums = {}
        while not enough(sums):
            for name, value in self.round().items():
                sums[name] = sums.get(name, 0) + value
        return sums

    def hears(self, part):
        while part not in self.told.get(timeout=LONG):
            pass
        return True

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=LONG)


def put(folder, name, documents):
    put_text(folder, name, json.dumps(documents))


def put_text(folder, name, text):
    """As careful writers do: aside, and then in its place. Nobody sees an empty file first."""
    aside = folder / ("." + name)
    aside.write_text(text)
    aside.rename(folder / name)


def follows(data, folder):
    put(folder, "a.json", [disk("a"), disk("b")])
    put(folder, "b.json", [disk("b", 64), disk("c")])
    watch = Watch(data, folder)
    first = watch.rounds(lambda sums: sums.get("files", 0) >= 2)
    check("a folder is read; of two documents of one resource the first file's counts", first == {"files": 2, "added": 3, "changed": 0, "unchanged": 0, "closed": 0, "made": 2,
                                                                                                 "faulty": 0}, first)
    put(folder, "a.json", [disk("a", 64), disk("b")])
    one = watch.round()
    check("a change is followed", one["changed"] == 1 and one["unchanged"] == 1 and one["closed"] == 0, one)
    (folder / "more").mkdir()
    put(folder / "more", "d.json", {"servers": [server("i-1"), server("i-2")]})
    one = watch.rounds(lambda sums: sums.get("files", 0) >= 1)
    check("also in a folder that is new, of another cloud", one["added"] == 2 and one["faulty"] == 0, one)
    put(folder / "more", "d.json", {"servers": [server("i-2")]})
    one = watch.round()
    check("what another cloud has no longer is closed", one["closed"] == 1 and one["unchanged"] == 1, one)
    return watch


def keeps(watch, folder):
    put_text(folder, "b.json", '[{"id": ')
    one = watch.round()
    check("what cannot be read closes nothing", one["faulty"] == 1 and one["closed"] == 0, one)
    check("and is said, with its file", watch.hears("keeps what was recorded") and any("b.json" in line and "error" in line for line in watch.said), watch.said)
    put(folder, "b.json", [disk("b", 64)])
    one = watch.rounds(lambda sums: sums.get("closed", 0) >= 1)
    check("once it can be read again, what it has no longer is closed", one["closed"] == 1 and one["faulty"] == 0, one)
    (folder / "a.json").unlink()
    one = watch.rounds(lambda sums: sums.get("changed", 0) >= 1)
    check("of a file that is gone only what no other file has is closed; the other file's counts then", one["closed"] == 1 and one["changed"] == 1, one)
    check("it ends cleanly", watch.end() == 0 and watch.hears("no longer following"), watch.said)


def waits(data, folder):
    path = folder / "slow.json"
    watch = Watch(data, folder)
    text = json.dumps([disk("slow")])
    with open(path, "w", encoding="utf-8") as slow:
        for part in (text[:20], text[20:60], text[60:]):
            slow.write(part)
            slow.flush()
            watch.process.poll()
            threading.Event().wait(0.5)
    one = watch.rounds(lambda sums: sums.get("added", 0) >= 1)
    check("a file that is written slowly is recorded when it is whole", one["added"] == 1 and one["closed"] == 0, (one, watch.said))
    check("ended", watch.end() == 0, watch.said)


def compares(data, folder):
    path = folder / "slow.json"
    path.unlink()
    watch = Watch(data, folder)
    one = watch.rounds(lambda sums: sums.get("closed", 0) >= 1)
    check("what went while nobody followed is closed at the beginning", one["closed"] == 1, one)
    check("ended again", watch.end() == 0, watch.said)
    done = run("watch", str(path), "--data", data)
    check("a folder that is not there is an error", done.returncode == 2 and "slow.json" in done.stderr, done.stderr)


def story():
    with tempfile.TemporaryDirectory() as root:
        data, folder = str(pathlib.Path(root, "data")), pathlib.Path(root, "inventory")
        done = run("init", "--data", data, *CHEAP)
        check("prepared", done.returncode == 0, done.stderr)
        folder.mkdir()
        keeps(follows(data, folder), folder)
        waits(data, folder)
        compares(data, folder)


main(story)
