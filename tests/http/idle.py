#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""idle.py DEMO_SERVER [COUNT] - so many connections that do nothing, with TLS, and the server answers another one all the same. Speaks TAP; what the
memory is, is told and not judged."""
import resource
import sys

from demo import Server, ask, equal, main


def memory(server):
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def idle(program, count, tls):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + 100:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count + 100, hard), hard))
        count = min(count, hard - 100)
    with Server(program, "per_client=20000", "connections=20000", "idle_seconds=600", "head_seconds=600", tls=tls) as server:
        with server.connect(60) as first:
            equal(ask(first, "GET", "/")[0], 200)
            before = memory(server)
            many = [server.connect(60) for _ in range(count)]
            for connection in many[:: max(1, count // 50)]:
                equal(ask(connection, "GET", "/")[0], 200, "one of many")
            equal(ask(first, "GET", "/api/v1/things")[0], 200, "one beside many")
            print(f"# {count} idle connections {'with' if tls else 'without'} TLS: {before} KiB before, {memory(server)} KiB with them, "
                  f"{(memory(server) - before) / count:.1f} KiB each")
            for connection in many:
                connection.close()
            equal(ask(first, "GET", "/")[0], 200, "after them")


def idle_plain(program, count):
    idle(program, count, False)


def idle_with_tls(program, count):
    idle(program, count, True)


main([idle_plain, idle_with_tls], sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
