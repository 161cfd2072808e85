#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The running server measured: requests beside libmicrohttpd alone, log-ins beside the bare hash, memory.

server.py MAPAE PROGRAMS: PROGRAMS has bench_constant and bench_hash. Load comes from wrk, on the same machine."""
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tests" / "server"))
from server import Server

MAPAE, PROGRAMS = sys.argv[1], pathlib.Path(sys.argv[2])
SECONDS = os.environ.get("SECONDS", "5")
UNIT = {"us": 1e-3, "ms": 1, "s": 1e3}


def wrk(url, *more, connections=32):
    """(requests a second, p50 ms, p99 ms)"""
    said = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", *more, url], capture_output=True, text=True,
                          check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(f"{url}: {said}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    at = {p: float(n) * UNIT[unit] for p, n, unit in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)", said)}
    return rate, at["50"], at["99"]


def memory(process):
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return {name: int(re.search(rf"^{name}:\s+(\d+)", text, re.M)[1]) / 1024 for name in ("Rss", "Pss", "Private_Dirty")}


def row(name, figures, base):
    rate, p50, p99 = figures
    print(f"  {name:<44} {rate:>9.0f}/s  {rate / base:>6.2f}   p50 {p50:>7.2f} ms   p99 {p99:>7.2f} ms")


@contextlib.contextmanager
def constant(server):
    tls = server.data / "tls"
    process = subprocess.Popen([PROGRAMS / "bench_constant", tls / "server.pem", tls / "server.key", "1"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait()


def lua(folder, name, text):
    path = pathlib.Path(folder, f"{name}.lua")
    path.write_text(text)
    return "-s", str(path)


def requests(server):
    token = server.issue()
    bearer = ("-H", f"Authorization: Bearer {token}")
    me = server.ask("GET", "/api/v1/me").json
    for i in range(200):
        server.ask("POST", "/api/v1/groups", {"displayName": f"group {i}"})
    one = server.ask("GET", "/api/v1/groups?top=1").json["value"][0]["id"]
    base = f"https://localhost:{server.port}"
    print(f"requests a second over TLS, 32 connections, one thread of wrk on the same two cores, {SECONDS} s each; ratio to the constant")
    with constant(server) as port:
        first = wrk(f"https://localhost:{port}/")
        row("libmicrohttpd, a constant", first, first[0])
        row("GET /healthz", wrk(f"{base}/healthz"), first[0])
        row("GET /api/v1/me (token checked)", wrk(f"{base}/api/v1/me", *bearer), first[0])
        row("GET one group (token, rights, store)", wrk(f"{base}/api/v1/groups/{one}", *bearer), first[0])
        row("GET a page of 100 groups", wrk(f"{base}/api/v1/groups", *bearer), first[0])
        write = lua(server.root, "write", f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local n, tag = 0, "{me['id']}"
request = function()
  n = n + 1
  return wrk.format(nil, nil, nil, string.format('{{"displayName":"w %d %s %d"}}', n, tag, os.time()))
end""")
        row("POST a group (durable, with its leaf)", wrk(f"{base}/api/v1/groups", *bearer, *write), first[0])
        again = wrk(f"https://localhost:{port}/")
        row("libmicrohttpd, a constant, again", again, first[0])


def log_ins(server):
    hash_ = float(subprocess.run([PROGRAMS / "bench_hash", str(64 << 20), "2", "10"], capture_output=True, text=True, check=True).stdout)
    user = server.ask("POST", "/api/v1/users", {"userName": "bench", "displayName": "Bench"}).json
    link = server.ask("POST", f"/api/v1/users/{user['id']}/setup-link", {}).json["setupLink"]
    server.ask("POST", "/api/v1/sign-in/setup", {"token": link.split("#", 1)[1], "password": "Correct-Horse-42-Battery"}, token=None)
    sign_in = {"userName": "bench", "password": "Correct-Horse-42-Battery"}
    began = time.perf_counter()
    for _ in range(20):
        answer = server.ask("POST", "/api/v1/sign-in", sign_in, token=None)
        assert answer.status == 200, answer
    each = (time.perf_counter() - began) / 20
    print(f"log-ins, one after the other: {each * 1000:.1f} ms each, {each / hash_:.2f} times the bare hash ({hash_ * 1000:.1f} ms)")
    done = []

    def some():
        for _ in range(10):
            done.append(server.ask("POST", "/api/v1/sign-in", sign_in, token=None).status)

    threads = [threading.Thread(target=some) for _ in range(8)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    print(f"log-ins, 8 clients: {len(done) / took:.1f} a second, {len(done) * hash_ / took / os.cpu_count():.2f} of what the bare hash "
          f"allows on {os.cpu_count()} cores; {done.count(200)} of {len(done)} succeeded")


def clients(server):
    server.ask("GET", "/healthz", token=None)
    open_ones = []
    for _ in range(1000):
        connection = server.connect()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        open_ones.append(connection)
    with_them = memory(server.process)
    for connection in open_ones:
        connection.close()
    return with_them


def figures(sizes):
    return ", ".join(f"{name} {size:.1f} MB" for name, size in sizes.items())


def main():
    store = os.environ.get("MAPAE_TEST_POSTGRES")
    print(f"store: {'PostgreSQL' if store else 'SQLite'}")
    settings = ["rate.client=1000000", "rate.identity=1000000", "rate.sign-in=100000", "session.per-user=1000",
                "server.connections-per-client=2000"]
    with Server(MAPAE, store=store, settings=settings) as server:
        time.sleep(2)
        print(f"memory at rest: {figures(memory(server.process))}")
        print(f"memory with 1,000 TLS clients connected: {figures(clients(server))}")
        requests(server)
        log_ins(server)
        print(f"memory after all of it: {figures(memory(server.process))}")


main()
