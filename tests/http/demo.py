# SPDX-License-Identifier: Apache-2.0
"""The server over demo_routes.c as a child process, raw clients for it, and TAP."""
import json
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

PATIENCE = 180  # seconds, for sanitizers on a busy machine: nothing here asks how long something takes


class Server:
    """`with Server(program, "idle_seconds=2", tls=True) as server:`; must end well, without a word from a sanitizer."""

    def __init__(self, program, *options, tls=False, local=False):
        self.folder = tempfile.TemporaryDirectory()
        self.ca = f"{self.folder.name}/ca.pem"
        self.local = f"{self.folder.name}/s.sock" if local else None
        self.is_tls = tls
        self.context = None # made when it is needed: the authority is the server's
        words = [program, *options] + (["tls", self.folder.name] if tls else []) + ([f"local={self.local}"] if local else [])
        self.log_file = open(f"{self.folder.name}/log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log_file, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            raise RuntimeError(self.text())
        self.port = int(line.split()[1])

    def text(self):
        with open(f"{self.folder.name}/log", encoding="utf-8") as file:
            return file.read()

    def events(self, name):
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def tell(self, letter):
        self.process.stdin.write(letter)
        self.process.stdin.flush()

    def connect(self, timeout=PATIENCE):
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        if not self.is_tls:
            return raw
        if not self.context:
            self.context = ssl.create_default_context(cafile=self.ca)
        return self.context.wrap_socket(raw, server_hostname="localhost")

    def connect_local(self):
        raw = socket.socket(socket.AF_UNIX)
        raw.settimeout(PATIENCE)
        raw.connect(self.local)
        return raw

    def stop(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=PATIENCE)
        if code != 0:
            raise AssertionError(f"the server ended with {code}: {self.text()[-4000:]}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.log_file.close()
            self.folder.cleanup()


def read_all(connection, limit=1 << 22):
    """All bytes until the server closes, and whether it did."""
    found = b""
    try:
        while len(found) < limit:
            piece = connection.recv(65536)
            if not piece:
                return found, True
            found += piece
    except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
        return found, True
    except (TimeoutError, socket.timeout):
        return found, False
    return found, False


def read_answer(connection, has_body=True):
    """One answer: status, headers (names in lower case), body."""
    found = b""
    while b"\r\n\r\n" not in found:
        piece = connection.recv(65536)
        if not piece:
            raise AssertionError(f"closed in the head: {found!r}")
        found += piece
    head, _, body = found.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
    status = int(lines[0].split()[1])
    if "content-length" in headers and has_body:
        while len(body) < int(headers["content-length"]):
            piece = connection.recv(65536)
            if not piece:
                raise AssertionError("closed in the body")
            body += piece
    return status, headers, body


def statuses(found):
    """Of every answer in these bytes; bodies of ours hold no such line."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", found)]


def ask(connection, method, path, body=None, **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"] + [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    connection.sendall("\r\n".join(lines + ["", ""]).encode() + (body or b""))
    return read_answer(connection, method != "HEAD")


def wait_for(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited for {what}")
        time.sleep(0.02)


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")


def main(tests, *arguments):
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            test(*arguments)
            print(f"ok {number} - {name}", flush=True)
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
    sys.exit(1 if failed else 0)
