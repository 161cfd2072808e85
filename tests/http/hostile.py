#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile.py DEMO_SERVER - bytes that no decent client sends: whatever could be read in two ways is refused and the connection closed, so that
nothing behind it is taken for a request (RFC 9112, 11.2). Speaks TAP."""
import sys

from demo import Server, ask, equal, main, read_all, read_answer, statuses

HOST = b"Host: localhost\r\n"
SMUGGLED = b"GET /api/v1/things HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST = SMUGGLED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
POST = b"POST /api/v1/form HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def send(server, data):
    with server.connect() as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return read_all(connection)


def refused(server, name, data, wanted=(400,)):
    """No answer but of these statuses, and the end of the connection; what stands behind is never served."""
    found, is_closed = send(server, data)
    got = statuses(found)
    if not is_closed or any(status not in wanted for status in got):
        raise AssertionError(f"{name}: {got} closed={is_closed} {found[:300]!r}")


def all_refused(server, cases, wanted=(400,)):
    for name, data in cases.items():
        refused(server, name, data, wanted)


def two_lengths(program):
    with Server(program) as server:
        all_refused(server, {
            "length and encoding": POST + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
            "encoding and length": POST + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" + SMUGGLED,
            "two lengths": POST + HOST + b"Content-Length: 3\r\nContent-Length: 0\r\n\r\na=1" + SMUGGLED,
            "two equal lengths": POST + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\na=1" + SMUGGLED,
        })


def odd_lengths(program):
    with Server(program) as server:
        for value in (b"+3", b"-3", b"3,3", b"3 3", b"0x3", b"3x", b"3;", b"", b"99999999999999999999", b"18446744073709551619", b"1e1", b"\xb2"):
            refused(server, value, POST + HOST + b"Content-Length: " + value + b"\r\n\r\na=1" + SMUGGLED, (400, 413))


def odd_encodings(program):
    with Server(program) as server:
        for value in (b"xchunked", b"identity", b"chunked, identity", b"gzip, chunked", b"chunked, chunked", b"chunked\x0b", b"", b"chunk", b"\"chunked\"",
                      b"chunked;q=1"):
            refused(server, value, POST + HOST + b"Transfer-Encoding: " + value + b"\r\n\r\n0\r\n\r\n" + SMUGGLED, (400, 501))
        refused(server, "two", POST + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + SMUGGLED)
        refused(server, "1.0", POST.replace(b"1.1", b"1.0") + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED)


def odd_header_lines(program):
    with Server(program) as server:
        all_refused(server, {
            "blank before the colon": POST + HOST + b"Content-Length : 3\r\n\r\na=1" + SMUGGLED,
            "tab before the colon": POST + HOST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
            "blank before the first header": b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n" + SMUGGLED,
            "no colon": b"GET / HTTP/1.1\r\n" + HOST + b"Nonsense\r\n\r\n" + SMUGGLED,
            "empty name": b"GET / HTTP/1.1\r\n" + HOST + b": a\r\n\r\n" + SMUGGLED,
            "name that is no token": b"GET / HTTP/1.1\r\n" + HOST + b"X(a): b\r\n\r\n" + SMUGGLED,
            "carriage return in a value": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rTransfer-Encoding: chunked\r\n\r\n" + SMUGGLED,
            "NUL in a value": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n" + SMUGGLED,
            "NUL in a name": b"GET / HTTP/1.1\r\n" + HOST + b"X\0Y: a\r\n\r\n" + SMUGGLED,
            "NUL in the target": b"GET /\0/x HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
        })


def spellings_that_a_server_need_not_understand(program):
    with Server(program) as server:
        for name, data in {
            "folded line": POST + HOST + b"Content-Length: 3\r\nX-A: b\r\n Content-Length: 0\r\n\r\na=1",
            "folded encoding": POST + HOST + b"Transfer-Encoding:\r\n chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n",
            "bare newlines": (POST + HOST + b"Content-Length: 3\r\n\r\n").replace(b"\r\n", b"\n") + b"a=1",
            "one bare newline": POST + HOST + b"X: a\nContent-Length: 3\r\n\r\na=1",
            "blanks in the first line": b"GET  /  HTTP/1.1\r\n" + HOST + b"\r\n",
            "a newline alone at the end": b"GET / HTTP/1.1\r\n" + HOST + b"\n",
            "no name, no value": b"GET / HTTP/1.1\r\n" + HOST + b":\r\nContent-Length: 3\r\n\r\na=1",
            "no name first": b"GET / HTTP/1.1\r\n: x\r\n" + HOST + b"\r\n",
            "tabs in the first line": b"GET\t/\tHTTP/1.1\r\n" + HOST + b"\r\n",
        }.items():
            refused(server, name, data + SMUGGLED)


def hosts(program):
    with Server(program) as server:
        all_refused(server, {
            "none": b"GET / HTTP/1.1\r\n\r\n" + SMUGGLED,
            "two": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + SMUGGLED,
            "two equal": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" + SMUGGLED,
            "a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" + SMUGGLED,
            "an at": b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n" + SMUGGLED,
        })
        equal(statuses(send(server, b"GET / HTTP/1.0\r\n\r\n")[0]), [200], "HTTP/1.0 needs none")


def credentials(program):
    """What is no list stands once: a proxy in front may have looked at the other."""
    with Server(program) as server:
        good, bad = b"Authorization: Bearer good\r\n", b"authorization: Bearer bad\r\n"
        all_refused(server, {name: b"GET /api/v1/things HTTP/1.1\r\n" + HOST + both + b"\r\n" + SMUGGLED
                             for name, both in {"good first": good + bad, "bad first": bad + good, "the same": good + good}.items()})


def odd_chunks(program):
    with Server(program) as server:
        head = POST + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        all_refused(server, {
            "hex prefix": head + b"0x3\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "plus": head + b"+3\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "minus": head + b"-3\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "nothing": head + b"\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "letters": head + b"xyz\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "too large": head + b"FFFFFFFFFFFFFFFF3\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "wraps around": head + b"10000000000000003\r\na=1\r\n0\r\n\r\n" + SMUGGLED,
            "no end of line behind": head + b"3\r\na=1X\r\n0\r\n\r\n" + SMUGGLED,
            "longer than said": head + b"3\r\na=1234\r\n0\r\n\r\n" + SMUGGLED,
        }, (400, 413))
        equal(statuses(send(server, head + b"3\r\na=1\r\n0\r\n\r\n" + LAST)[0]), [200, 200], "a good one, and what stands behind it")
        equal(statuses(send(server, head + b"3;x=y\r\na=1\r\n00\r\nX-Trailer: 1\r\n\r\n" + LAST)[0]), [200, 200], "extension and trailer")


def methods_and_versions(program):
    with Server(program) as server:
        for method in (b"CONNECT", b"TRACE", b"BREW", b"get", b"G(T", b"PROPFIND"):
            refused(server, method, method + b" / HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED, (400, 405, 501))
        for line in (b"GET / HTTP/2.0", b"GET / HTTP/1.2", b"GET / HTTP/0.9", b"GET / HTTP/1.10", b"GET / http/1.1", b"GET / HTTP/11", b"GET /", b"GET",
                     b"GET / HTTP/1.1 x", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0"):
            refused(server, line, line + b"\r\n" + HOST + b"\r\n" + SMUGGLED, (400, 405, 501, 505))
        refused(server, "expectation", b"GET / HTTP/1.1\r\nExpect: the-unexpected\r\n" + HOST + b"\r\n" + SMUGGLED, (417,))


def heads_have_a_size(program):
    with Server(program, "head_bytes=16384") as server:
        for name, data in {
            "target": b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
            "header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n",
            "headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 5000 + b"\r\n",
            "no end": b"GET / HTTP/1.1\r\n" + HOST + b"a" * 100000,
            "one line": b"a" * 100000,
        }.items():
            refused(server, name, data + SMUGGLED, (400, 413, 414, 431))
        with server.connect() as connection:
            equal(ask(connection, "GET", "/")[0], 200, "others go on")


def good_clients_are_served(program):
    with Server(program) as server:
        found, _ = send(server, SMUGGLED + b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        equal(statuses(found), [200, 200], "two at once")
        with server.connect() as connection:
            for _ in range(3):
                equal(ask(connection, "GET", "/")[0], 200, "one after the other")
                status, headers, body = ask(connection, "HEAD", "/api/v1/things")
                equal((status, body), (200, b""), "HEAD")
                if int(headers["content-length"]) == 0:
                    raise AssertionError("HEAD tells the length of the body that GET has")
                equal(ask(connection, "POST", "/api/v1/form", b"a=1", Content_Type="application/x-www-form-urlencoded")[0], 200, "form")
                equal(ask(connection, "GET", "/nothing/here")[0], 401, "refused")
                equal(ask(connection, "DELETE", "/api/v1/things")[0], 405, "refused")
                equal(ask(connection, "POST", "/api/v1/things", b"{}")[0], 401, "refused before the body")
                equal(ask(connection, "OPTIONS", "/api/v1/things")[0], 204, "OPTIONS")


def bodies_of_strangers_are_not_read(program):
    with Server(program) as server:
        with server.connect() as connection:
            connection.sendall(b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Content-Length: 60000000\r\n\r\n")
            status, headers, _ = read_answer(connection)
            equal((status, headers.get("connection", "").lower()), (401, "close"), "before a byte of it was sent")
        with server.connect() as connection:
            connection.sendall(b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Content-Length: 600\r\nExpect: 100-continue\r\n\r\n")
            equal(read_answer(connection)[0], 401, "no 100 for a stranger")
        with server.connect() as connection:
            connection.sendall(b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
            equal(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n", "100 for one who may")
            connection.sendall(b"123456")
            status, _, body = read_answer(connection)
            equal((status, body), (200, b"6"))
        with server.connect() as connection:
            connection.sendall(b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nContent-Length: 70000000\r\n\r\n")
            equal(read_answer(connection)[0], 413, "larger than the route takes")


main([two_lengths, odd_lengths, odd_encodings, odd_header_lines, spellings_that_a_server_need_not_understand, hosts, credentials, odd_chunks, methods_and_versions, heads_have_a_size, good_clients_are_served,
      bodies_of_strangers_are_not_read], sys.argv[1])
