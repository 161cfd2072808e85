# SPDX-License-Identifier: Apache-2.0
"""A running `mapae serve` for tests: made in a folder of its own, asked over HTTPS, ended by its process id.

    with Server(MAPAE, store=None) as server:
        server.ask("GET", "/api/v1/users")           # as the program that `mapae init` made
"""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time

import program
from port import own_port

PATIENCE = 180  # seconds, for sanitizers on a busy machine: nothing here asks how long something takes


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:400]!r}"


class Server:
    def __init__(self, mapae, store=None, role="Owner", settings=(), wrapper=(), folder=None, environment=None):
        self.mapae, self.store, self.wrapper = str(mapae), store, list(wrapper)
        self.settings, self.process, self.port, self.token = list(settings), None, own_port(), None
        self.environment = program.environment(**(environment or {}))
        self.keep = folder is not None
        self.root = pathlib.Path(folder or tempfile.mkdtemp(prefix="mapae-server-"))
        self.data = self.root / "data"
        command = [self.mapae, "init", "--data", self.data, "--program", "tests", "--role", role, "--format", "json"]
        done = subprocess.run([*command, *(["--store", store] if store else [])], capture_output=True, text=True,
                              env=self.environment, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise RuntimeError(f"mapae init: {done.returncode}: {done.stderr}")
        self.made = json.loads(done.stdout)
        self.ca = self.made["caFile"]

    # ---- its life ----

    def start(self, wait=True):
        settings = [word for setting in self.settings for word in ("--set", setting)]
        command = [*self.wrapper, self.mapae, "serve", "--data", str(self.data), "--listen",
                   f"127.0.0.1:{self.port}", *settings]
        self.log = open(self.root / "server.log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, stdin=subprocess.DEVNULL,
                                        env=self.environment, text=True)
        if wait:
            line = self.process.stdout.readline()
            if "https://" not in line:
                self.process.wait()
                raise RuntimeError(f"mapae serve: {self.process.returncode}: {self.said()}")
            self.port = int(line.rsplit(":", 1)[1].split("/")[0])
        return self

    def said(self):
        """The end of its log; all that a sanitizer reports."""
        lines = (self.root / "server.log").read_text(errors="replace").splitlines()
        report = next((i for i, line in enumerate(lines) if "Sanitizer" in line or "runtime error" in line), len(lines))
        return "\n".join(lines[min(report, max(0, len(lines) - 12)):])[:20000]

    def end(self, how=signal.SIGTERM):
        """Its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(timeout=PATIENCE) if self.process else 0
        if self.process:
            self.process.stdout.close()
            self.log.close()
        self.process = None
        return code

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process:
            self.end(signal.SIGKILL)
        if not self.keep:
            subprocess.run(["rm", "-rf", str(self.root)], check=False)

    # ---- asking it ----

    def context(self):
        return ssl.create_default_context(cafile=self.ca)

    def connect(self, timeout=PATIENCE):
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.context())

    def plain(self, timeout=PATIENCE):
        """A TLS connection for bytes of one's own."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        return self.context().wrap_socket(raw, server_hostname="localhost")

    def ask(self, method, path, body=None, headers=None, token=True, connection=None, raw=None):
        """`token`: True is that of the program, None nobody, a text that token."""
        headers = dict(headers or {})
        if token is True:
            token = self.token = self.token or self.issue()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            raw = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        ours = connection or self.connect()
        try:
            ours.request(method, path, body=raw, headers=headers)
            answer = ours.getresponse()
            answer = Answer(answer.status, answer.headers, answer.read())
            program.asked(f"{method} {path}", answer)
            return answer
        finally:
            if not connection:
                ours.close()

    def issue(self, client=None, secret=None, audience=None):
        base = f"https://localhost:{self.port}"
        form = "&".join(f"{k}={quote(v)}" for k, v in {
            "grant_type": "client_credentials", "client_id": client or self.made["clientId"],
            "client_secret": secret or self.made["clientSecret"],
            "scope": f"{audience or base}/.default"}.items())
        answer = self.ask("POST", f"/{self.made['tenantId']}/oauth2/v2.0/token", raw=form.encode(), token=None,
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
        if answer.status != 200:
            raise RuntimeError(f"no token: {answer}")
        return answer.json["access_token"]

    def run(self, *arguments, stdin=None):
        """A command of mapae on this folder."""
        return program.ran(arguments, subprocess.run([self.mapae, *arguments, "--data", str(self.data)], capture_output=True, text=True,
                                                     env=self.environment, input=stdin,
                                                     stdin=subprocess.DEVNULL if stdin is None else None, check=False))

    def leaves(self, **query):
        """Newest first, at most 1,000, parsed."""
        text = "&".join(f"{k}={quote(str(v))}" for k, v in {"top": 1000, **query}.items())
        return [json.loads(entry["leaf"]) if isinstance(entry["leaf"], str) else entry["leaf"]
                for entry in self.ask("GET", f"/api/v1/ledger/leaves?{text}").json["value"]]


def quote(text):
    return "".join(c if c.isalnum() or c in "-._~" else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def eventually(question, seconds=PATIENCE):
    """The first true answer, or the last one."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = question()
            if answer or time.monotonic() > end:
                return answer
        if time.monotonic() > end:
            return None
        time.sleep(0.05)
