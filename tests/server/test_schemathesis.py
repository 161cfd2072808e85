#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An outside fuzzer, schemathesis, driven by the OpenAPI document, against the running server (TAP).

test_schemathesis.py MAPAE SOURCE_ROOT FOLDER: FOLDER keeps the Python packages (requirements.txt) from run to run."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import venv

from program import MAPAE, check, main, skip
from server import Server

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = pathlib.Path(sys.argv[3]).resolve()
EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "6")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,negative_data_rejection,ignored_auth"


def tool():
    """The path of schemathesis, installed the first time; None when that is not possible."""
    wanted = (HERE / "requirements.txt").read_text()
    mark = FOLDER / "installed"
    if not mark.exists() or mark.read_text() != wanted:
        venv.create(FOLDER, with_pip=True, clear=True)
        done = subprocess.run([FOLDER / "bin/pip", "install", "-q", "-r", HERE / "requirements.txt"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        mark.write_text(wanted)
    return FOLDER / "bin/schemathesis"


# What ends the one who asks, or streams for ever, or takes all.
LEFT_OUT = "/(leave|suspend|sign-out|events|backups|rotate)$"
# What takes the rights or the tokens of the one who asks, since it finds his own ids in lists: after it nothing would be tested but refusals, so it
# is asked at the end.
LAST = "/(assignments|tokens)/"
METHODS = ("get", "put", "post", "patch", "delete", "head")


def operations(server):
    """(method, path, whether anyone may ask) of each."""
    paths = server.ask("GET", "/api/v1/openapi.json", token=None).json["paths"]
    return [(m.upper(), path, o.get("security") == []) for path, item in paths.items() for m, o in item.items() if m in METHODS]


def nobody_is_refused(server, closed):
    """Where one must be signed in, nobody's request is refused before it is looked at, so the tool has nothing to find there."""
    wrong = []
    for method, path in closed:
        filled = re.sub(r"\{[^}]*\}", "5f0c1f5e-0000-4000-8000-000000000001", path)
        for query, body in (("", None), ("?top=-1&top=2&surprise=x", b"{\"a\":"), ("", b"\xff" * 3000)):
            answer = server.ask(method, filled + query, token=None, raw=body, headers={"Content-Type": "application/json"} if body else None)
            if answer.status != 401:
                wrong.append(f"{method} {path}: {answer}")
    check(f"nobody is refused at {len(closed)} operations", len(closed) > 80 and not wrong, "\n".join(wrong))


def ask(server, program, token, more):
    command = [program, "--config-file", HERE / "schemathesis.toml", "run", f"https://localhost:{server.port}/api/v1/openapi.json",
               "--url", f"https://localhost:{server.port}", "--tls-verify", server.ca, "--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", "1",
               "--phases", "coverage,fuzzing,stateful", "--request-timeout", "180", "--no-color", "--continue-on-failure", "--warnings", "off",
               # One alone: parsing source text in two threads at once fails in some Pythons ("AST constructor recursion depth mismatch").
               "--workers", "1", *more]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    with tempfile.TemporaryDirectory(prefix="mapae-fuzz-") as folder:  # it keeps what it found where it runs
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=folder,
                              env={**os.environ, "SSL_CERT_FILE": str(server.ca), "REQUESTS_CA_BUNDLE": str(server.ca), "PYTHONDONTWRITEBYTECODE": "1",
                                   "SCHEMATHESIS_HOOKS": str(HERE / "fuzz_hooks.py")})


def judge(done, name, phases):
    ran = re.search(r"(\d+) (?:generated|test cases?)", done.stdout)
    check(f"schemathesis, {name}: no fault found", done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:])
    check(f"schemathesis, {name}: it ran", ran is not None and int(ran[1]) > 100, done.stdout[-800:])
    for phase in phases:
        check(f"schemathesis, {name}: {phase.lower()} ran to its end", re.search(rf"✅\s+{phase}", done.stdout) is not None, done.stdout[-800:])


def all_of_it():
    program = tool()
    if not program:
        skip("schemathesis", "its packages cannot be installed here")
        return
    settings = ["rate.client=1000000", "rate.identity=1000000", "rate.sign-in=100000", "ledger.refusals-per-minute=1000000",
                "password.hash-memory=8MiB", "password.hash-passes=1"]
    with Server(MAPAE, settings=settings) as server:
        token = server.issue()
        usual, all_of_them = ["--exclude-path-regex", f"{LEFT_OUT}|{LAST}"], operations(server)
        anyone = "^(" + "|".join(re.escape(path) for _, path, is_open in all_of_them if is_open) + ")$"
        with concurrent.futures.ThreadPoolExecutor() as both:
            nobody = both.submit(ask, server, program, None, ["--include-path-regex", anyone])
            administrator = both.submit(ask, server, program, token, usual)
            nobody_is_refused(server, [(method, path) for method, path, is_open in all_of_them if not is_open])
        judge(nobody.result(), "as nobody", ["Coverage", "Fuzzing", "Stateful"])
        judge(administrator.result(), "as administrator", ["Coverage", "Fuzzing", "Stateful"])
        check("the administrator is still one", server.ask("GET", "/api/v1/roles", token=token).status == 200)
        judge(ask(server, program, token, ["--include-path-regex", LAST]), "as administrator who ends himself", ["Coverage", "Fuzzing"])
        check("the server lives", server.ask("GET", "/healthz", token=None).status == 200)
        done = server.end()
        check("and ends in good order", done == 0, server.said())
        check("no sanitizer reported anything", "Sanitizer" not in server.said() and "runtime error" not in server.said(), server.said())
        outside = server.run("ledger", "verify")
        check("the ledger verifies", outside.returncode == 0, outside.stdout + outside.stderr)


main(all_of_it)
