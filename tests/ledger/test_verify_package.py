#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_verify_package.py MADE VERIFIER... - two verifiers, one verdict. Speaks TAP.

MADE FOLDER writes packages, good ones and others (make_packages.c), and CASES: a line for each, "FILE VERDICT KEYFILE SINCEFILE", where
VERDICT is what Mapae says (0 or 1). The second verifier must say the same of each, and of single changed bytes."""
import contextlib
import importlib.util
import io
import os
import random
import subprocess
import sys
import tempfile


def program(path):
    """Its main(), to be called often."""
    spec = importlib.util.spec_from_file_location("verifier", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def verdict(verifier, package, key="-", since="-"):
    arguments = (["--key", key] if key != "-" else []) + (["--since", since] if since != "-" else [])
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = verifier([package] + arguments)
    return code, said.getvalue().strip()


def main(made, path):
    verifier = program(path)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([made, folder], check=True, stdout=sys.stderr)
        os.chdir(folder)
        with open("CASES", encoding="utf-8") as file:
            cases = [line.split() for line in file]
        print(f"1..{len(cases) + 1}")
        for n, (package, wanted, key, since) in enumerate(cases, 1):
            code, said = verdict(verifier, package, key, since)
            print(f"{'ok' if code == int(wanted) else 'not ok'} {n} - {package} {key} {since}: {said if code else 'holds'}", flush=True)
        with open("good.tar", "rb") as file:
            good = bytearray(file.read())
        chance, noticed, tries = random.Random(7), 0, 60
        for _ in range(tries):
            at = chance.randrange(len(good))
            good[at] ^= 1 << chance.randrange(8)
            with open("changed.tar", "wb") as file:
                file.write(good)
            noticed += verdict(verifier, "changed.tar")[0] == 1
            with open("good.tar", "rb") as file:
                good = bytearray(file.read())
        print(f"{'ok' if noticed == tries else 'not ok'} {len(cases) + 1} - {noticed} of {tries} changed bytes noticed")


if __name__ == "__main__":
    main(*sys.argv[1:])
