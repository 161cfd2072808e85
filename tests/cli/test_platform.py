#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installation from its first day on, by the real program: prepared, filled, served, asked, backed up, restored, verified (TAP).

test_platform.py MAPAE SOURCE_ROOT"""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import urllib.error
import urllib.request

from port import own_port
from program import MAPAE, check, environment, main, run

PATIENCE = 120  # seconds, for a busy machine
GUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
# Hashing is not what is tested here.
CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]


def listing(folder):
    """Every file below a folder with what is in it."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else None
            for p in sorted(pathlib.Path(folder).rglob("*"))}


def as_json(done):
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return {}


class Server:
    """mapae serve, until the end of a `with`."""

    def __init__(self, folder, *arguments, port=0, **more):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([MAPAE, "serve", "--data", folder, "--listen", f"127.0.0.1:{port}", *CHEAP, *arguments],
                                        env=environment(**more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.line = self.process.stdout.readline()
        found = re.fullmatch(r"mapae: ready on https://127\.0\.0\.1:(\d+)\n", self.line)
        self.port = int(found[1]) if found else 0
        self.context = ssl.create_default_context()
        ca = pathlib.Path(folder, "tls/ca.pem")
        if ca.exists():
            self.context.load_verify_locations(ca)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.stdout.close()
        self.errors.close()

    def said(self):
        self.errors.seek(0)
        return self.errors.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        return self.process.returncode, self.process.stdout.read()

    def ask(self, path, token=None):
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@contextlib.contextmanager
def fresh_folder():
    with tempfile.TemporaryDirectory() as folder:
        yield f"{folder}/data", pathlib.Path(folder)


def prepare(folder, port=8443, *more):
    return run("init", "--data", folder, "--port", str(port), "--program", "pipeline", "--role", "Owner", "--format", "json", *more)


def init():
    with fresh_folder() as (data, _):
        done = prepare(data)
        made = as_json(done)
        check("init ends well and says nothing on standard error", done.returncode == 0 and not done.stderr, done.stderr)
        check("init gives ids, the authority, the program and a link once",
              all(GUID.match(made.get(k, "")) for k in ("tenantId", "subscriptionId", "clientId")) and made.get("clientSecret")
              and os.path.isabs(made.get("caFile", "")) and os.path.exists(made["caFile"]) and "/setup#" in made.get("setupLink", ""), done.stdout)
        check("the folder is for its owner alone", os.stat(data).st_mode & 0o777 == 0o700)
        secret = made.get("clientSecret", "-")
        check("no file has the secret in it", not any(secret.encode() in p.read_bytes() for p in pathlib.Path(data).rglob("*") if p.is_file()))
        before = listing(data)
        again = prepare(data)
        check("a prepared folder is refused", again.returncode == 2 and not again.stdout and again.stderr.startswith("mapae: error: "), again.stderr)
        check("and not touched", listing(data) == before)
    with fresh_folder() as (data, _):
        done = run("--lang", "ko", "init", "--data", data, "--port", "9443")
        check("init for people says what to do next, in their language", done.returncode == 0
              and f"mapae serve --data {data} --listen 127.0.0.1:9443\n" in done.stdout and "https://localhost:9443/readyz" in done.stdout
              and "설정 링크" in done.stdout and "/setup#" in done.stdout, done.stdout + done.stderr)
    with fresh_folder() as (data, _):
        done = run("init", "--data", data, "--host", "no such host!")
        check("a host that is none is refused", done.returncode == 2 and not done.stdout, done.stderr)
        check("no folder: commands say so", run("user", "list", "--data", f"{data}-none").returncode == 2)


def then(mapae, name):
    """What was, by its version and by its time."""
    history = as_json(mapae("user", "history", name, "--format", "json")).get("value", [])
    history = [version for version in history if version.get("since") != version.get("until")]  # what one change wrote twice was never seen
    states = [version.get("body", {}).get("state") for version in history]
    check("user history, newest first", states == ["invited", "suspended", "invited"], history)
    for version in history:
        at = version.get("since", "")
        shown = mapae("user", "show", name, "--as-of", at, "--format", "json")
        check(f"user show as of {at}", as_json(shown).get("state") == version["body"]["state"], shown.stdout + shown.stderr)
    suspended = as_json(mapae("user", "list", "--state", "suspended", "--as-of", history[1].get("since", "") if history else "", "--format", "json"))
    check("user list as of then", name in [u.get("userName") for u in suspended.get("value", [])], suspended)
    early = mapae("user", "show", name, "--as-of", "2026-01-01")
    check("nobody was called so before he was there", early.returncode == 2 and not early.stdout and "there is no user called" in early.stderr, early.stderr)
    for group in ("group", "program"):
        thing = f"{'staff' if group == 'group' else 'job'}-{name}"
        listed = mapae(group, "history", thing)
        check(f"{group} history is a table", listed.returncode == 0 and listed.stdout.startswith("Version") and thing in listed.stdout, listed.stdout + listed.stderr)


def issued(mapae, name, program):
    """Tokens that the machine's own user makes for others."""
    for how, value in (("--principal", as_json(program).get("id", "-")), ("--principal", f"job-{name}")):
        token = mapae("token", "issue", how, value, "--seconds", "60")
        check(f"token issue {how} prints the token alone", token.returncode == 0 and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token.stdout), token.stderr)
        payload = token.stdout.split(".")[1] if token.returncode == 0 else "e30"
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        check("for that program, and as long as was said", claims.get("oid") == as_json(program).get("id") and claims.get("exp", 0) - claims.get("iat", 0) == 60, claims)
    token = mapae("token", "issue", "--user", name)
    check("who has not signed in yet gets none", token.returncode == 2 and not token.stdout and "is not active" in token.stderr, token.stderr)


def people(data, is_served):
    """The same commands, whether a server runs or not. Returns what must be the same afterwards."""
    def mapae(*arguments):
        return run(*arguments, "--data", data, *CHEAP)

    name = f"kim{os.urandom(3).hex()}"
    added = mapae("user", "add", name, "--display-name", "김지원", "--email", "kim@example.com", "--format", "json")
    user = as_json(added)
    check("user add gives the user and a link", added.returncode == 0 and GUID.match(user.get("id", "")) and "/setup#" in user.get("setupLink", ""),
          added.stdout + added.stderr)
    twice = mapae("user", "add", name)
    check("a name that is taken is refused", twice.returncode == 2 and twice.stderr.startswith("mapae: error: "), twice.stderr)
    shown = mapae("user", "show", name)
    check("user show has lines for people", shown.returncode == 0 and "김지원" in shown.stdout and user.get("id", "-") in shown.stdout, shown.stdout + shown.stderr)
    listed = mapae("user", "list")
    check("user list is a table with a head", listed.returncode == 0 and listed.stdout.startswith("User name") and name in listed.stdout, listed.stdout)
    check("user list as JSON", name in [u["userName"] for u in as_json(mapae("user", "list", "--format", "json")).get("value", [])])
    nobody = mapae("user", "show", "nobody-is-called-so")
    check("a name that nobody has", nobody.returncode == 2 and 'there is no user called "nobody-is-called-so"' in nobody.stderr, nobody.stderr)
    link = mapae("user", "link", name)
    check("user link prints the link alone", link.returncode == 0 and re.fullmatch(r"https://\S+/setup#\S+\n", link.stdout), link.stdout + link.stderr)

    group = mapae("group", "add", f"staff-{name}", "--member", name, "--format", "json")
    check("group add", group.returncode == 0 and as_json(group).get("members") == [user.get("id")], group.stdout + group.stderr)
    program = mapae("program", "add", f"job-{name}", "--format", "json")
    check("group add-member", mapae("group", "add-member", f"staff-{name}", f"job-{name}").returncode == 0)
    check("may: no", mapae("role", "may", f"job-{name}", "Mapae.Access/users/write").returncode == 1)
    given = mapae("role", "assign", "Reader", "--to", f"staff-{name}", "--format", "json")
    check("role assign", given.returncode == 0 and GUID.match(as_json(given).get("id", "")), given.stdout + given.stderr)
    invited = mapae("role", "may", name, "Mapae.Access/users/read")
    check("may: not before the first sign-in", invited.returncode == 1 and "Not active" in invited.stdout, invited.stdout)
    may = mapae("role", "may", f"job-{name}", "Mapae.Access/users/read")
    check("may: yes, through the group, and why", may.returncode == 0 and may.stdout.startswith("Yes") and "Reader" in may.stdout and f"staff-{name}" in may.stdout, may.stdout + may.stderr)
    shown = mapae("group", "show", f"staff-{name}")
    check("group show names its members", shown.returncode == 0 and "김지원" in shown.stdout and f"job-{name}" in shown.stdout and user.get("id", "-") in shown.stdout,
          shown.stdout + shown.stderr)
    removed = mapae("group", "remove-member", f"staff-{name}", f"job-{name}")
    check("group remove-member", removed.returncode == 0 and mapae("role", "may", f"job-{name}", "Mapae.Access/users/read").returncode == 1,
          removed.stderr)
    listed = mapae("role", "assignments", "--to", f"staff-{name}", "--format", "json")
    check("role assignments", [a.get("id") for a in as_json(listed).get("value", [])] == [as_json(given).get("id")], listed.stdout + listed.stderr)
    table = mapae("role", "assignments", "--to", f"staff-{name}")
    check("role assignments, for people, have names", f"staff-{name}" in table.stdout and "Reader" in table.stdout and as_json(given).get("id", "-") in table.stdout,
          table.stdout + table.stderr)
    twice = mapae("role", "assign", "Reader", "--to", f"staff-{name}")
    check("the same role twice is refused by its name", twice.returncode == 2 and "the same role is assigned to" in twice.stderr, twice.stderr)
    builtin = mapae("role", "history", "Reader")
    check("a built-in role has a history without versions", builtin.returncode == 0 and not builtin.stdout and not builtin.stderr, builtin.stdout + builtin.stderr)
    check("role unassign", mapae("role", "unassign", as_json(given).get("id", "-")).returncode == 0)

    secret = mapae("program", "secret", f"job-{name}", "--days", "30", "--format", "json")
    check("program add and secret", program.returncode == 0 and as_json(secret).get("clientSecret"), secret.stdout + secret.stderr)
    ended = mapae("program", "end-secret", f"job-{name}", as_json(secret).get("keyId", "-"))
    check("program end-secret", ended.returncode == 0, ended.stderr)
    check("user suspend and resume", mapae("user", "suspend", name).returncode == 0 and mapae("user", "resume", name).returncode == 0)
    unlocked = mapae("user", "unlock", name)
    check("user unlock", unlocked.returncode == 0 and not unlocked.stdout and name in unlocked.stderr, unlocked.stdout + unlocked.stderr)
    then(mapae, name)
    issued(mapae, name, program)
    left = mapae("user", "leave", name, "--yes")
    state = as_json(mapae("user", "show", name, "--format", "json")).get("state")
    check("user leave", left.returncode == 0 and state == "left", left.stderr)

    size = as_json(mapae("ledger", "show", "--format", "json")).get("size", -1)
    verified = mapae("ledger", "verify", "--format", "json")
    report = as_json(verified)
    check("ledger verify", verified.returncode == 0 and report.get("checked", 0) == report.get("size", -1) == size, verified.stdout + verified.stderr)
    check("without a server it writes nothing, with one a leaf", as_json(mapae("ledger", "show", "--format", "json")).get("size", -1) == size + is_served)
    found = as_json(mapae("ledger", "search", "--action", "Mapae.Access/users/leave/*", "--format", "json")).get("value", [])
    check("ledger search finds what was done", len(found) >= 1, found)
    checkpoint = mapae("ledger", "checkpoint")
    check("ledger checkpoint is signed", checkpoint.returncode == 0 and "\n— " in checkpoint.stdout, checkpoint.stdout + checkpoint.stderr)
    check("ledger prove", mapae("ledger", "prove", "0").returncode == 0 and mapae("ledger", "prove", "--from", "1").returncode == 0)
    return name


def export(data, folder):
    out = folder / "log"
    first = run("ledger", "export", str(out), "--data", data)
    files = listing(out) if out.exists() else {}
    size = int((out / "checkpoint").read_text().splitlines()[1]) if (out / "checkpoint").exists() else 0
    check("ledger export writes tiles, entries and the checkpoint", first.returncode == 0 and size > 0
          and any(name.startswith("tile/0/000") for name in files) and any(name.startswith("tile/entries/000") for name in files), first.stderr)


def life():
    port = own_port()
    with fresh_folder() as (data, folder):
        made = as_json(prepare(data, port))
        people(data, False)
        with Server(data, port=port) as server:
            check("serve says one line when it is ready", server.port == port, server.line + server.said())
            check("the set-up link is not said again", "/setup#" not in server.said())
            check("it is ready, and its certificate is of the authority that init named", server.ask("/readyz")[0] == 200)
            status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
            check("it is confined, or says why not", ("Seccomp:\t2" in status) != ("system calls" in server.said()), server.said())
            check("nobody is let in without a token", server.ask("/api/v1/users")[0] == 401)
            people(data, True)
            secret = folder / "secret"
            secret.write_text(made.get("clientSecret", "") + "\n")
            token = run("token", "issue", "pipeline", "--secret-file", str(secret), "--data", data)
            check("token issue prints the token alone", token.returncode == 0 and token.stdout.count(".") == 2, token.stderr)
            made_here = run("token", "issue", "--principal", "pipeline", "--data", data)
            check("a token that was made without the secret opens it too", server.ask("/api/v1/users", made_here.stdout.strip())[0] == 200, made_here.stderr)
            status, users = server.ask("/api/v1/users", token.stdout.strip())
            check("the token opens the API", status == 200 and b'"value"' in users, (status, users[:300]))
            second = subprocess.run([MAPAE, "serve", "--data", data, "--listen", "127.0.0.1:0"], env=environment(), capture_output=True, text=True,
                                    check=False, timeout=PATIENCE)
            check("a second server on the folder is refused", second.returncode == 2 and not second.stdout and "mapae: error: " in second.stderr,
                  second.stderr)
            backup = folder / "backup.tar.zst"
            done = run("backup", str(backup), "--data", data, "--format", "json")
            check("backup while it runs", done.returncode == 0 and as_json(done).get("sha256") == hashlib.sha256(backup.read_bytes()).hexdigest(),
                  done.stdout + done.stderr)
            check("the backup is for its owner alone", backup.exists() and backup.stat().st_mode & 0o777 == 0o600)
            check("a file that is there is not replaced", run("backup", str(backup), "--data", data).returncode == 2)
            server.process.send_signal(signal.SIGHUP)
            check("SIGHUP does no harm", server.ask("/healthz")[0] == 200)
            code, rest = server.stop()
            check("SIGTERM: an orderly end", code == 0 and rest == "", (code, rest, server.said()[-2000:]))
        export(data, folder)
        restored(data, backup, folder)


def restored(data, backup, folder):
    users = as_json(run("user", "list", "--data", data, "--format", "json"))
    new = f"{folder}/restored"
    done = run("restore", str(backup), "--data", new, "--format", "json")
    check("restore into a new folder", done.returncode == 0 and as_json(done).get("rows", 0) > 0, done.stdout + done.stderr)
    check("everybody is there again", as_json(run("user", "list", "--data", new, "--format", "json")) == users)
    check("the log holds", run("ledger", "verify", "--data", new).returncode == 0)
    before = listing(new)
    check("restore into a folder that is not empty is refused", run("restore", str(backup), "--data", new).returncode == 2 and listing(new) == before)
    broken = bytearray(backup.read_bytes())
    broken[len(broken) // 2] ^= 1
    damaged = folder / "damaged.tar.zst"
    damaged.write_bytes(broken)
    done = run("restore", str(damaged), "--data", f"{folder}/none")
    check("a damaged backup is refused, and leaves nothing", done.returncode == 2 and not os.path.exists(f"{folder}/none"), done.stderr)


def forged():
    with fresh_folder() as (data, _):
        prepare(data)
        with contextlib.closing(sqlite3.connect(f"{data}/mapae.db")) as store:
            store.execute("UPDATE ledger_leaf SET entry = replace(entry, 'done', 'Done') WHERE idx = 0")
            store.commit()
        for lang, said in (("en", "The log does not hold: "), ("ko", "원장이 기록된 그대로가 아닙니다: ")):
            done = run("--lang", lang, "ledger", "verify", "--data", data)
            check(f"a leaf that was changed ends with exit code 1, and is named ({lang})", done.returncode == 1 and done.stdout.startswith(said)
                  and "exit code 1" in run("help", "ledger", "verify").stdout.replace("\n  ", " "), done.stdout + done.stderr)


def first_start():
    with fresh_folder() as (data, folder):
        log = folder / "mapae.log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{folder}/notify")
            manager.settimeout(PATIENCE)
            with Server(data, "--set", f"log.to={log}", NOTIFY_SOCKET=f"{folder}/notify", WATCHDOG_USEC="200000") as server:
                check("an empty folder is prepared by serve", server.port > 0 and "/setup#" in server.said(), server.line + server.said())
                check("the link is not in the log", log.exists() and "/setup#" not in log.read_text(), log.read_text() if log.exists() else "no log")
                check("the service manager hears READY=1", manager.recv(100) == b"READY=1")
                check("and that it lives", manager.recv(100) == b"WATCHDOG=1")
                os.rename(log, f"{log}.1")
                server.process.send_signal(signal.SIGHUP)
                heard = [manager.recv(100)]
                while heard[-1] != b"READY=1":
                    heard.append(manager.recv(100))
                server.ask("/healthz")
                check("SIGHUP opens the log anew", b"RELOADING=1" in heard and log.exists(), heard)
                code, _ = server.stop(signal.SIGINT)
                while heard[-1] != b"STOPPING=1":
                    heard.append(manager.recv(100))
                check("SIGINT: an orderly end, and the manager hears it", code == 0, (code, server.said()[-2000:]))
                lines = [json.loads(line) for line in log.read_text().splitlines()]
                check("the log is JSON, and ends with the stop", lines and lines[-1].get("event") == "stop", lines[-3:])
        with Server(data, "--set", "log.level=warning", JOURNAL_STREAM="1:2") as server:
            check("a second start needs no preparation", server.port > 0 and "/setup#" not in server.said(), server.said())
    with fresh_folder() as (data, _):
        with Server(data, JOURNAL_STREAM="1:2") as server:
            check("a link never goes to a journal", server.port > 0 and "/setup#" not in server.said() and "mapae user link admin" in server.said(),
                  server.said())


def refusals():
    with fresh_folder() as (data, folder), socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        prepare(data)
        done = run("serve", "--data", data, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
        check("an address in use: exit code 2 and a sentence", done.returncode == 2 and not done.stdout and "mapae: error: " in done.stderr, done.stderr)
        for name, arguments, wanted in [
            ("a setting that is none", ["--set", "server.lisen=:1"], "did you mean server.listen?"),
            ("an address that is none", ["--listen", "here"], "server.listen wants HOST:PORT"),
            ("a file that is not there", ["--config", f"{folder}/none.conf"], "none.conf"),
        ]:
            done = run("serve", "--data", data, *arguments)
            check(f"{name}: exit code 2 and a sentence", done.returncode == 2 and not done.stdout and wanted in done.stderr, done.stderr)


def before_init():
    """Without an installation every command says how to come to one, and makes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in [("no folder", pathlib.Path(folder, "none")), ("a folder of others", pathlib.Path(folder))]:
            for arguments in (["comply", "csap"], ["user", "list"], ["ledger", "verify"], ["backup", f"{folder}/copy"]):
                there = listing(folder)
                english, korean = (run("--lang", lang, *arguments, "--data", str(data)) for lang in ("en", "ko"))
                check(f"{name}: {' '.join(arguments[:2])} points at mapae init", {english.returncode, korean.returncode} == {2}
                      and f"{data} holds no installation of Mapae: 'mapae init' makes one" in english.stderr
                      and f"{data}에는 Mapae 설치가 없습니다. 'mapae init'" in korean.stderr and listing(folder) == there, english.stderr + korean.stderr)


def settings():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "mapae.conf")
        for lang in ("en", "ko"):
            example = run("--lang", lang, "config", "example").stdout
            path.write_text(re.sub(r"^#(\S+ =)(?= )", r"\1", example, flags=re.M))
            done = run("config", "check", "--config", str(path))
            check(f"the example ({lang}) is a good file, also with every default said", done.returncode == 0 and str(path) in done.stdout, done.stderr)
            check(f"no line of the example ({lang}) begins a new sentence in the middle of nowhere", "`" not in example and "\n\n\n" not in example)
        path.write_text("[server]\nlisten = :1\nworkrs = 3\n[log]\nlevel = loud\n")
        done = run("config", "check", "--config", str(path))
        check("every fault is named with its place", done.returncode == 2 and f"{path}:3:1: there is no setting server.workrs; did you mean server.workers?"
              in done.stderr and f"{path}:5:9: log.level wants one of" in done.stderr and "the settings have 2 faults" in done.stderr, done.stderr)
        path.write_text("[server]\nlisten = :1\ncert-file = /none.pem\nkey-file = /none.key\n")
        done = run("config", "check", "--config", str(path))
        check("files that cannot be read are faults", done.returncode == 2 and "server.key-file: the file /none.key cannot be read" in done.stderr, done.stderr)
        path.write_text("[store]\nurl = postgres://me:secret@db/x\n")
        shown = run("config", "show", "--config", str(path), MAPAE_RATE_CLIENT="7")
        rows = {line.split()[0]: line.split()[1:] for line in shown.stdout.splitlines()}
        check("config show says what counts and why, without passwords", rows.get("rate.client") == ["7", "environment"]
              and rows.get("store.url") == ["postgres://me:***@db/x", "file"] and ":secret@" not in shown.stdout, shown.stdout)
        check("as JSON too", {"name": "server.workers", "value": "16", "default": "16", "from": "default"}
              in as_json(run("config", "show", "--format", "json")).get("value", []))


main(settings, before_init, init, life, forged, first_start, refusals)
