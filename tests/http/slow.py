#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""slow.py DEMO_SERVER - clients that take their time, too many of them, and an orderly end. Speaks TAP. Nothing here measures time: it is waited for
what must happen, as long as it takes."""
import socket
import ssl
import sys
import time
import warnings

from demo import PATIENCE, Server, ask, equal, main, read_all, read_answer, statuses, wait_for

HOST = b"Host: localhost\r\n"


def drip(server, data, phase):
    """A byte now and then: never silent, never done."""
    with server.connect() as connection:
        try:
            connection.sendall(data)
            for _ in range(600):
                connection.sendall(b"a")
                time.sleep(0.1)
            raise AssertionError("the server waits for ever")
        except (BrokenPipeError, ConnectionResetError):
            pass
    wait_for(lambda: any(event["phase"] == phase for event in server.events("client-slow")), "a line of the log") if phase else None


def heads_that_do_not_end(program):
    with Server(program, "head_seconds=1") as server:
        drip(server, b"GET / HTTP/1.1\r\n" + HOST + b"X: ", "head")


def lines_that_do_not_end(program):
    with Server(program, "idle_seconds=300", "head_seconds=3") as server:
        drip(server, b"GET /", None)
        with server.connect() as connection: # the first request was quick; the second line never ends
            equal(ask(connection, "GET", "/")[0], 200)
            try:
                for _ in range(600):
                    connection.sendall(b"G")
                    time.sleep(0.1)
                raise AssertionError("the server waits for ever")
            except (BrokenPipeError, ConnectionResetError):
                pass
        wait_for(lambda: any(event["phase"] == "head" for event in server.events("client-slow")), "a line of the log")
    with Server(program, "idle_seconds=2", "head_seconds=300", local=True) as server: # on the own socket nobody tells when bytes come
        with server.connect_local() as connection:
            equal(ask(connection, "GET", "/")[0], 200)
            connection.sendall(b"GET /")
            equal(read_all(connection), (b"", True), "a line that stops")


def nobody_waits_for_a_greeting(program):
    for tls in (False, True):
        with Server(program, "idle_seconds=300", "head_seconds=3", tls=tls, local=True) as server:
            silent = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(20)]
            half = [socket.create_connection(("127.0.0.1", server.port), PATIENCE) for _ in range(5)]
            for connection in half: # a hello of 512 bytes is announced, and two come
                connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
            silent.append(server.connect()) # greets, and asks nothing
            silent.append(server.connect_local())
            for connection in silent:
                equal(read_all(connection), (b"", True), "nothing was asked")
            for connection in half:
                equal(read_all(connection)[1], True, "half a greeting")
            for connection in silent + half:
                connection.close()


def an_answered_client_may_be_silent(program):
    with Server(program, "idle_seconds=300", "head_seconds=3", tls=True) as server:
        with server.connect() as connection:
            equal(ask(connection, "GET", "/")[0], 200)
            with server.connect() as other:
                equal(read_all(other), (b"", True), "later than head_seconds")
            equal(ask(connection, "GET", "/")[0], 200, "but this one was answered before")


def bodies_that_do_not_end(program):
    with Server(program, "body_seconds=1") as server:
        drip(server, b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nContent-Length: 100000\r\n\r\n", "body")
        drip(server, b"POST /api/v1/form HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n", "body")


def answers_that_nobody_reads(program):
    with Server(program, "request_seconds=1", "idle_seconds=2") as server:
        with server.connect() as connection:
            connection.sendall(b"GET /api/v1/download/100000000 HTTP/1.1\r\n" + HOST + b"\r\n")
            wait_for(lambda: server.events("request"), "the end of a connection that nobody reads")


def silent_connections_are_closed(program):
    with Server(program, "idle_seconds=3") as server:
        with server.connect() as connection:
            equal(ask(connection, "GET", "/")[0], 200, "first")
            equal(read_all(connection), (b"", True), "silent afterwards")


def an_address_has_so_many_connections(program):
    with Server(program, "per_client=5") as server:
        many = [server.connect() for _ in range(5)]
        for connection in many:
            equal(ask(connection, "GET", "/")[0], 200, "one of five")
        with server.connect() as connection:
            equal(read_all(connection), (b"", True), "the sixth")
        many.pop().close()

        def comes_in():
            with server.connect() as connection:
                try:
                    return ask(connection, "GET", "/")[0] == 200
                except (AssertionError, OSError):
                    return False

        wait_for(comes_in, "a place")
        for connection in many:
            connection.close()
    with Server(program, "per_client=5", "proxies=127.0.0.0/8") as server:
        many = [server.connect() for _ in range(20)]
        for connection in many:
            equal(ask(connection, "GET", "/")[0], 200, "a proxy has as many as it likes")
            connection.close()


def rates(program):
    with Server(program, "rate_client=1") as server:
        with server.connect() as connection:
            answers = [ask(connection, "GET", "/") for _ in range(30)]
            equal(answers[0][0], 200, "at first")
            late = [headers for status, headers, _ in answers if status == 429]
            if not late or any(int(headers["retry-after"]) < 1 for headers in late):
                raise AssertionError(f"{[a[0] for a in answers]}")
            equal(ask(connection, "GET", "/healthz")[0], 200, "health has no rate")
    with Server(program, "rate_sign_in=2") as server:
        with server.connect() as connection:
            form = {"Content_Type": "application/x-www-form-urlencoded"}
            got = [ask(connection, "POST", "/api/v1/form", b"a=1", **form)[0] for _ in range(5)]
            equal((got[:2], 429 in got), ([200, 200], True), "sign-in")
            equal(ask(connection, "GET", "/")[0], 200, "other routes")
    with Server(program, "rate_identity=1") as server:
        with server.connect() as connection:
            got = [ask(connection, "GET", "/api/v1/things", Authorization="Bearer good")[0] for _ in range(30)]
            equal((got[0], 429 in got), (200, True), "identity")
            equal(ask(connection, "GET", "/api/v1/things", Authorization="Bearer other")[0], 200, "another identity")
    with Server(program, "rate_client=1", "proxies=127.0.0.1", local=True) as server:
        with server.connect() as connection:
            for client in range(40):
                status, _, body = ask(connection, "GET", "/", X_Forwarded_For=f"203.0.113.9, 198.51.100.{client}, 127.0.0.1")
                equal(status, 200, "every client behind a proxy has his own")
                if f'"198.51.100.{client}"'.encode() not in body:
                    raise AssertionError(body)
        with server.connect_local() as connection:
            equal({ask(connection, "GET", "/")[0] for _ in range(40)}, {200}, "the own socket has none")


def forged_addresses(program):
    with Server(program) as server:
        with server.connect() as connection:
            body = ask(connection, "GET", "/", X_Forwarded_For="198.51.100.1")[2]
            if b'"127.0.0.1"' not in body:
                raise AssertionError(body)


def a_full_queue_says_so(program):
    with Server(program, "workers=1") as server:
        server.tell("g")
        waiting = []
        for _ in range(80):
            connection = server.connect()
            connection.sendall(b"GET /api/v1/wait HTTP/1.1\r\n" + HOST + b"\r\n")
            waiting.append(connection)
        wait_for(lambda: server.events("worker-queue-full"), "a full queue")
        with server.connect() as connection:
            equal(ask(connection, "GET", "/healthz")[0], 200, "quick routes are served all the same")
        server.tell("g")
        got = [read_answer(connection) for connection in waiting]
        equal({status for status, _, _ in got}, {200, 503}, "all are answered")
        if any(int(headers["retry-after"]) < 1 for status, headers, _ in got if status == 503):
            raise AssertionError("no Retry-After")
        for connection in waiting:
            connection.close()


def few_heavy_ones_at_once(program):
    with Server(program, "workers=4") as server:
        server.tell("g")
        heavy = [server.connect() for _ in range(6)]
        for connection in heavy:
            connection.sendall(b"POST /api/v1/heavy HTTP/1.1\r\nContent-Length: 0\r\n" + HOST + b"\r\n")
        with server.connect() as connection:
            for _ in range(3):
                equal(ask(connection, "GET", "/api/v1/things")[0], 200, "others find a worker")
        server.tell("g")
        equal([read_answer(connection)[0] for connection in heavy], [200] * 6, "and all come to their end")
        for connection in heavy:
            connection.close()


def events_come_and_go(program):
    with Server(program, local=True) as server:
        with server.connect() as listener, server.connect_local() as teller:
            listener.sendall(b"GET /api/v1/news/a HTTP/1.1\r\n" + HOST + b"\r\n")
            status, headers, found = read_answer(listener)
            equal((status, headers["content-type"]), (200, "text/event-stream"))
            for number in range(3):
                equal(ask(teller, "POST", "/api/v1/news/a", b'{"n":%d}' % number, Content_Type="application/json")[0], 204)
            while b'data: {"n":2}\n\n' not in found:
                found += listener.recv(65536)
            if b'event: told\ndata: {"n":0}\n\n' not in found:
                raise AssertionError(found)
            first = [line for line in found.split(b"\n") if line.startswith(b"id: ")][0][4:].decode()
        with server.connect() as listener:
            listener.sendall(b"GET /api/v1/news/a HTTP/1.1\r\nLast-Event-ID: " + first.encode() + b"\r\n" + HOST + b"\r\n")
            found = b""
            while b'data: {"n":2}\n\n' not in found:
                found += listener.recv(65536)
            if b'{"n":0}' in found or b"reset" in found or b'{"n":1}' not in found:
                raise AssertionError(found)
        with server.connect() as listener:
            listener.sendall(b"GET /api/v1/news/a HTTP/1.1\r\nLast-Event-ID: elsewhere-7\r\n" + HOST + b"\r\n")
            found = b""
            while b'data: {"n":2}\n\n' not in found:
                found += listener.recv(65536)
            if b"event: reset\n" not in found:
                raise AssertionError(found)


def the_end_is_orderly(program):
    with Server(program) as server:
        server.tell("g")
        begun, idle, listener = server.connect(), server.connect(), server.connect()
        equal(ask(idle, "GET", "/")[0], 200)
        listener.sendall(b"GET /api/v1/news/b HTTP/1.1\r\n" + HOST + b"\r\n")
        equal(read_answer(listener)[0], 200)
        begun.sendall(b"GET /api/v1/wait HTTP/1.1\r\n" + HOST + b"\r\n")
        equal(ask(idle, "GET", "/")[0], 200)
        server.tell("g")
        server.process.stdin.close()
        status, headers, _ = read_answer(begun)
        equal(status, 200, "what was begun is finished")
        equal(read_all(idle)[1], True, "who does nothing is let go")
        equal(read_all(listener)[1], True, "listeners too")
        equal(server.process.wait(PATIENCE), 0, "and the server ends")
        for connection in (begun, idle, listener):
            connection.close()
        try:
            server.connect()
            raise AssertionError("it still listens")
        except OSError:
            pass


def clients_that_go_away(program):
    with Server(program) as server:
        for data in (b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
                     b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nContent-Length: 200000\r\n\r\n" + b"x" * 150000,
                     b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                     b"GET /api/v1/download/100000000 HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /api/v1/news/c HTTP/1.1\r\n" + HOST + b"\r\n"):
            for _ in range(5):
                connection = server.connect()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                connection.sendall(data)
                connection.close()
        with server.connect() as connection:
            equal(ask(connection, "GET", "/")[0], 200, "others do not notice")


def large_bodies_and_answers(program):
    with Server(program, tls=True) as server:
        with server.connect() as connection:
            size = 5_000_001
            status, _, body = ask(connection, "POST", "/api/v1/bytes", b"x" * size, Authorization="Bearer good")
            equal((status, int(body)), (200, size))
            chunks = b"".join(b"%x\r\n" % n + b"y" * n + b"\r\n" for n in (1, 2, 65536, 100000, 7)) + b"0\r\n\r\n"
            connection.sendall(b"POST /api/v1/bytes HTTP/1.1\r\n" + HOST + b"Authorization: Bearer good\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
            status, _, body = read_answer(connection)
            equal((status, int(body)), (200, 165546))
            connection.sendall(b"GET /api/v1/download/3000000 HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
            found, is_closed = read_all(connection)
            equal((is_closed, len(found) > 3000000, found.endswith(b"0\r\n\r\n")), (True, True, True))


def certificates_are_exchanged(program):
    with Server(program, tls=True) as server:
        def serial():
            with server.connect() as connection:
                equal(ask(connection, "GET", "/")[1].get("strict-transport-security"), "max-age=31536000; includeSubDomains")
                return connection.getpeercert()["serialNumber"]

        first = serial()
        with server.connect() as old:
            files = [f"{server.folder.name}/server.{suffix}" for suffix in ("pem", "key")]
            good = [open(name, "rb").read() for name in files]
            with open(files[1], "wb") as file:
                file.write(b"no key")
            server.tell("r")
            wait_for(lambda: server.events("certificate-refused"), "a refusal")
            equal(serial(), first, "the old one stays")
            with Server(program, tls=True) as other:
                for name in ("ca.pem", "server.pem", "server.key"):
                    with open(f"{other.folder.name}/{name}", "rb") as source, open(f"{server.folder.name}/{name}", "wb") as target:
                        target.write(source.read())
            server.context = None
            wait_for(lambda: len(server.events("certificate-loaded")) >= 2, "the new one, by itself")
            if serial() == first:
                raise AssertionError("still the old one")
            equal(ask(old, "GET", "/")[0], 200, "connections go on")
            equal(len(good), 2)


def old_protocols_are_refused(program):
    with Server(program, tls=True) as server:
        warnings.simplefilter("ignore", DeprecationWarning)
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = ssl.create_default_context(cafile=server.ca)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            try:
                with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw, context.wrap_socket(raw, server_hostname="localhost"):
                    raise AssertionError(version)
            except (ssl.SSLError, ConnectionResetError):
                pass
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=server.ca)
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw:
                with context.wrap_socket(raw, server_hostname="localhost") as connection:
                    equal(ask(connection, "GET", "/")[0], 200, str(version))
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw:
            raw.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
            equal(statuses(read_all(raw)[0]), [], "no TLS, no answer")


main([heads_that_do_not_end, lines_that_do_not_end, nobody_waits_for_a_greeting, an_answered_client_may_be_silent, bodies_that_do_not_end, answers_that_nobody_reads, silent_connections_are_closed,
      an_address_has_so_many_connections, rates, forged_addresses, a_full_queue_says_so, few_heavy_ones_at_once, events_come_and_go, the_end_is_orderly,
      clients_that_go_away, large_bodies_and_answers, certificates_are_exchanged, old_protocols_are_refused], sys.argv[1])
