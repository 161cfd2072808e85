#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a test against a PostgreSQL of its own.

  postgres.py COMMAND [ARGUMENT...]

Makes a cluster in a temporary folder (fsync on, loopback and a Unix socket, a port of its own), runs COMMAND with

  MAPAE_TEST_POSTGRES      postgres://mapae@127.0.0.1:PORT/mapae
  MAPAE_TEST_POSTGRES_CTL  a program: `stop`, `kill` (as power loss does) and `start` the server

and ends the server and removes the folder, whatever became of COMMAND. The exit code is COMMAND's. Where PostgreSQL is not
installed it says so as a skipped TAP plan."""
import os
import pathlib
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from port import own_port

CTL = """#!/bin/sh
# stop | kill | start: the server of this test
set -eu
case $1 in
stop) mode=fast ;;
kill) mode=immediate ;;
start)
    {run} {bin}/pg_ctl -D {data} -l {data}/server.log -w -t 180 -o {options} start >/dev/null && exit
    tail -n 20 {data}/server.log >&2
    exit 1
    ;;
*) exit 2 ;;
esac
exec {run} {bin}/pg_ctl -D {data} -m $mode -w -t 180 stop >/dev/null
"""


def programs():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


def quoted(words):
    return " ".join("'" + str(w).replace("'", "'\\''") + "'" for w in words)


class Cluster:
    def __init__(self, bin_folder):
        self.bin = bin_folder
        # PostgreSQL refuses root; its own user must be able to reach the folder.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mapae-pg-", dir="/tmp"))
        self.data = self.folder / "data"
        self.ctl = self.folder / "ctl"
        self.port = own_port()

    def call(self, *words):
        done = subprocess.run([*self.as_user, *map(str, words)], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stdout}")

    def start(self):
        if self.as_user:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.folder.chmod(0o755)
        # An empty cluster need not be on the disk before the test begins: what the test writes is synced.
        self.call(self.bin / "initdb", "--no-sync", "--no-instructions", "-k", "-U", "mapae", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "-D", self.data)
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=on -c max_connections=60"
        self.ctl.write_text(CTL.format(run=quoted(self.as_user), bin=self.bin, data=quoted([self.data]),
                                       options=quoted([options])))
        self.ctl.chmod(self.ctl.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        subprocess.run([self.ctl, "start"], cwd=self.folder, check=True, stdin=subprocess.DEVNULL)
        self.call(self.bin / "createdb", "-h", self.folder, "-p", self.port, "-U", "mapae", "mapae")

    def postmaster(self):
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def stop(self):
        pid = self.postmaster()
        for wanted in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if pid is None:
                break
            try:
                os.kill(pid, wanted)
            except ProcessLookupError:
                break
            for _ in range(100):
                if self.postmaster() != pid:
                    pid = None
                    break
                time.sleep(0.1)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(command, cluster):
    environment = os.environ | {
        "MAPAE_TEST_POSTGRES": f"postgres://mapae@127.0.0.1:{cluster.port}/mapae",
        "MAPAE_TEST_POSTGRES_CTL": str(cluster.ctl),
    }
    child = subprocess.Popen(command, env=environment)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, frame: child.send_signal(got))
    code = child.wait()
    return 128 - code if code < 0 else code


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    bin_folder = programs()
    if bin_folder is None:
        print("1..0 # SKIP PostgreSQL is not installed (package postgresql-15)")
        return 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, frame: sys.exit(128 + got))  # through `finally`
    cluster = Cluster(bin_folder)
    try:
        cluster.start()
        return run(sys.argv[1:], cluster)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())
