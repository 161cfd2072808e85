#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The running server under hostile bytes: smuggling, oversize, slow and silent clients, paths and SQL (TAP).

test_hostile.py MAPAE SOURCE_ROOT"""
import contextlib
import os
import random
import resource
import socket
import ssl
import time

from program import MAPAE, check, main, skip
from server import PATIENCE, Server, quote

MARK = "x7Qsmuggled"  # nobody may ever be told this back as an answer of its own


def talk(server, data):
    """Send bytes, then all that comes back until the server closes, or is silent after it said something: the first byte is waited for as long as it takes."""
    connection, got = server.plain(), b""
    try:
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # who is refused while he sends is told why
            connection.sendall(data)
        while piece := connection.recv(65536):
            got += piece
            connection.settimeout(2)
    except OSError:
        pass
    finally:
        connection.close()
    return got


def statuses(got):
    return [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:] if part[:3].isdigit()]


HOST = b"Host: localhost\r\n"
INNER = b"GET /api/v1/ledger?mark=" + MARK.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"0\r\n\r\n" + INNER
POST = b"POST /api/v1/sign-in HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"

# What must be refused, and never be taken as two requests.
SMUGGLING = {
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunks and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(CHUNKED) + CHUNKED,
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: %d\r\n\r\n{}" % (2 + len(INNER)) + INNER,
    "two equal lengths": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + INNER,
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}" + INNER,
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}" + INNER,
    "a negative length": POST + b"Content-Length: -2\r\n\r\n{}" + INNER,
    "a length in hex": POST + b"Content-Length: 0x2\r\n\r\n{}" + INNER,
    "a length that overflows": POST + b"Content-Length: 18446744073709551618\r\n\r\n{}" + INNER,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED,
    "chunked, then another": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED,
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "chunked behind a tab": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n" + CHUNKED,
    "a blank before the colon": POST + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n" + CHUNKED,
    "a folded header": POST + b"X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}" + INNER,
    "a chunk size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n" + INNER,
    "a chunk size too large": POST + b"Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n" + INNER,
    "a header without a colon": POST + b"Content-Length 2\r\n\r\n{}" + INNER,
    "HTTP/1.0 with chunks": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "a NUL in a header": POST + b"X-A: a\0b\r\nContent-Length: 2\r\n\r\n{}" + INNER,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + INNER,
    "two hosts": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Host: other\r\n\r\n" + INNER,
    "TRACE": b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n",
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "no HTTP at all": os.urandom(512) + b"\r\n\r\n",
}


def refusals(got):
    """The library under the server may write the head of its own refusal twice before the page: that is one refusal, and the end."""
    seen = statuses(got)
    head = got.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    if len(seen) > 1 and 400 <= seen[0] < 500 and b"\r\nConnection: close\r\n" in head and got.startswith(head * len(seen)):
        return seen[:1]
    return seen


def smuggling():
    for name, data in SMUGGLING.items():
        got = talk(server, data)
        seen = refusals(got)
        check(f"smuggling: {name}: refused, and nothing behind it is answered",
              len(seen) <= 1 and all(400 <= status < 600 and status != 500 for status in seen), (seen, got[:300]))
    got = talk(server, b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /readyz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    check("two honest requests in a row are two answers", statuses(got) == [200, 200], got[:300])
    asked = [leaf for leaf in server.leaves() if MARK in str(leaf)]
    check("no smuggled request reached a handler", not asked, asked)


def oversize():
    big = b"a" * (1 << 20)
    for name, data in {
        "a head of 1 MiB in one line": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A: " + big + b"\r\n\r\n",
        "a head of 20,000 lines": b"GET /healthz HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * 20000 + b"\r\n",
        "a target of 1 MiB": b"GET /" + big + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "a query of 20,000 names": b"GET /healthz?" + b"a=b&" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        "a method of 1 MiB": big + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
        "a cookie of 1 MiB": b"GET /healthz HTTP/1.1\r\n" + HOST + b"Cookie: " + big + b"\r\n\r\n",
    }.items():
        seen = statuses(talk(server, data))
        check(f"oversize: {name}", all(400 <= status < 500 or status == 501 for status in seen), seen)
    for name, body, wanted in (
        ("a body over the route's limit", b'{"userName":"' + b"a" * (3 << 20) + b'","password":"x"}', {413}),
        ("a nest of 100,000 arrays", b"[" * 100000, {400, 413}),
        ("100,000 members", b"{" + b",".join(b'"a%d":1' % i for i in range(100000)) + b"}", {400, 413}),
        ("a string of 300,000 bytes", b'{"userName":"' + b"a" * 300000 + b'","password":"x"}', {400, 413}),
        ("a number of 100,000 digits", b'{"userName":' + b"1" * 100000 + b"}", {400}),
        ("no UTF-8", b'{"userName":"\xff\xfe","password":"x"}', {400}),
        ("a member twice", b'{"userName":"a","userName":"b","password":"x"}', {400}),
        ("no JSON", b"userName=a", {400}),
        ("nothing", b"", {400}),
    ):
        answer = server.ask("POST", "/api/v1/sign-in", raw=body, token=None, headers={"Content-Type": "application/json"})
        check(f"oversize: {name}", answer.status in wanted, answer)
    answer = server.ask("POST", "/api/v1/sign-in", raw=b"{}", token=None, headers={"Content-Type": "text/xml"})
    check("a body of another type", answer.status == 415, answer)
    large = b'{"displayName":"' + b"a" * 900000 + b'"}'
    seen = [server.ask("POST", "/api/v1/groups", raw=large, token=None, headers={"Content-Type": "application/json"}).status for _ in range(30)]
    check("who is refused while he still sends sees why", seen == [401] * 30, seen)
    announced = POST + b"Content-Length: 999999999999\r\n\r\n"
    seen = statuses(talk(server, announced))
    check("a body that is announced too large is refused before it comes", seen == [413], seen)
    stranger = b"POST /api/v1/users HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n"
    seen = statuses(talk(server, stranger))
    check("a stranger's body is not waited for", seen == [401], seen)
    waiting = POST + b"Content-Length: 40\r\nExpect: 100-continue\r\n\r\n"
    check("Expect: 100-continue is answered", b"100 Continue" in talk(server, waiting))


def slow_clients():
    """Many clients that drip, while others are served."""
    drips = []
    for i in range(60):
        connection = server.plain()
        connection.sendall([b"GET /healthz HTTP/1.1\r\nHost: lo", POST + b"Content-Length: 1000\r\n\r\n{"][i % 2])
        connection.setblocking(False)
        drips.append(connection)
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(60)]  # no TLS hello ever comes
    began, open_ones, served = time.monotonic(), list(drips), 0
    while open_ones and time.monotonic() - began < PATIENCE:
        served += server.ask("GET", "/healthz", token=None).status == 200
        for connection in list(open_ones):
            try:
                connection.send(b"a")
                if connection.recv(4096) == b"":
                    open_ones.remove(connection)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                open_ones.remove(connection)
        time.sleep(0.2)
    check("clients that drip a byte now and then are cut off", not open_ones, len(open_ones))
    check("and others are served meanwhile", served >= 3, served)
    waited = 0
    for connection in silent:
        connection.settimeout(max(1, PATIENCE - (time.monotonic() - began)))
        try:
            waited += connection.recv(1) == b""
        except ConnectionError:
            waited += 1
        except TimeoutError:
            pass
        connection.close()
    check("clients that never greet are cut off", waited == len(silent), waited)
    for connection in drips:
        connection.close()


def idle_connections():
    """10,000 of them (under sanitizers 2,000), from several addresses; somebody else is still served."""
    wanted = 2000 if "MAPAE_SAMPLED" in os.environ else 10000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted + 1000:
        skip(f"{wanted} idle connections", f"this machine allows {hard} open files")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    context, connections, greeted = server.context(), [], 0
    context.check_hostname = False
    for i in range(wanted):
        raw = socket.socket()
        raw.bind((f"127.0.0.{2 + i % 20}", 0))
        raw.settimeout(PATIENCE)
        raw.connect(("127.0.0.1", server.port))
        if i % 10 == 0:  # every tenth speaks TLS, and then says nothing
            raw = context.wrap_socket(raw)
            greeted += 1
        connections.append(raw)
    answer = server.ask("GET", "/healthz", token=None)
    check(f"with {wanted} idle connections ({greeted} of them with TLS) another client is answered", answer.status == 200, answer)
    page = server.ask("GET", "/api/v1/users")
    check("... and a real question too", page.status == 200, page)
    for connection in connections:
        connection.close()
    answer = server.ask("GET", "/healthz", token=None)
    check("and after they are gone", answer.status == 200, answer)


TRAVERSALS = ["/assets/../pages/account.html", "/assets/..%2f..%2fetc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd",
              "/assets/....//....//etc/passwd", "/..%5c..%5cetc/passwd", "/assets/%00", "/assets/page.js%00.html",
              "/api/v1/ledger/files/../../../keys/ledger-1.pem", "/api/v1/ledger/files/%2e%2e/%2e%2e/mapae.db",
              "/api/v1/ledger/files//etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/assets/%ff%fe", "//etc/passwd", "/%",
              "/%zz", "/assets/" + "a/" * 2000]

INJECTIONS = ["'", "' OR '1'='1", "'; DROP TABLE record; --", "\" OR 1=1 --", "1) UNION SELECT body FROM record --",
              "%' --", "\\'; SELECT pg_sleep(10); --", "x' AND 1=CAST((SELECT version()) AS int) --", "$1", "?1", ":a",
              "\u0000", "%00", "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "a\r\nSet-Cookie: x=1", "\u202e", "😀" * 300]


def traversal():
    for path in TRAVERSALS:
        got = talk(server, b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        seen = statuses(got)
        check(f"path: {path[:60]}", len(seen) == 1 and seen[0] in (400, 401, 404, 414, 431)
              and b"root:" not in got and b"PRIVATE" not in got and b"SQLite format" not in got, (seen, got[:200]))


def injection():
    before = server.ask("GET", "/api/v1/users?count=true").json
    for text in INJECTIONS:
        for question in (f"/api/v1/users?userName={quote(text)}", f"/api/v1/users?orderBy={quote(text)}",
                         f"/api/v1/users?after={quote(text)}", f"/api/v1/users?asOf={quote(text)}",
                         f"/api/v1/users/{quote(text)}", f"/api/v1/ledger/leaves?action={quote(text)}",
                         f"/api/v1/groups?{quote(text)}=1"):
            answer = server.ask("GET", question)
            if not (answer.status < 500 and "Set-Cookie" not in answer.headers):
                check(f"injection: {question[:80]}", False, answer)
        body = {"displayName": text, "description": text}
        answer = server.ask("POST", "/api/v1/groups", body)
        if answer.status == 201:
            back = server.ask("GET", f"/api/v1/groups/{answer.json['id']}").json
            if back["displayName"] != text:
                check(f"injection: the name {text[:40]!r} comes back as it went in", False, back)
        elif answer.status not in (400, 409):
            check(f"injection: a group called {text[:40]!r}", False, answer)
    after = server.ask("GET", "/api/v1/users?count=true").json
    check("SQL, templates, line breaks and odd Unicode are data: no answer of 500, nothing changed",
          before["value"] == after["value"], (before, after))


def random_bytes():
    """Requests with random damage; the server lives, and answers the next."""
    rng = random.Random(20)
    whole = POST + b"Content-Length: 31\r\nCookie: a=b\r\n\r\n" + b'{"userName":"a","password":"b"}'
    fives = 0
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[at] = rng.randrange(256)
            else:
                del data[at:at + rng.randrange(1, 9)]
        data += b"\r\n\r\n"
        connection = server.plain()
        try:
            connection.sendall(bytes(data))
            connection.settimeout(0.05)
            fives += b"HTTP/1.1 500" in connection.recv(4096)
        except (TimeoutError, OSError):
            pass
        connection.close()
    check("300 damaged requests: no 500", fives == 0, fives)
    check("the server lives", server.ask("GET", "/healthz", token=None).status == 200)


def all_of_it():
    for part in (smuggling, oversize, traversal, injection, random_bytes, slow_clients, idle_connections):
        part()
    check("it ends in good order", server.end() == 0, server.said())
    said = server.said()
    check("nothing was reported by a sanitizer", "Sanitizer" not in said and "runtime error" not in said, said)


with Server(MAPAE, settings=["server.head-time=3s", "server.body-time=3s", "server.idle-time=60s", "rate.client=1000000",
                             "rate.identity=1000000", "rate.sign-in=100000"]) as server:
    main(all_of_it)
