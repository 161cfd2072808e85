#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document holds up before somebody else's validator.

  validate_openapi.py TEST_PROGRAM FOLDER

TEST_PROGRAM writes the document; FOLDER keeps the validator (openapi-spec-validator of PyPI, in an environment of its own) from one run to
the next. Where it cannot be installed, for want of a network, the test is skipped and says so."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import venv

PACKAGE = "openapi-spec-validator==0.7.1"


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def installed(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    probe = subprocess.run([python, "-c", "import openapi_spec_validator"], capture_output=True)
    if probe.returncode == 0:
        return python
    try:
        pip = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE], capture_output=True, text=True, timeout=240)
    except subprocess.TimeoutExpired:
        skip("pip takes too long")
    if pip.returncode != 0:
        skip(f"{PACKAGE} cannot be installed: {(pip.stderr.strip().splitlines() or ['?'])[-1]}")
    return python


CHECK = """
import json, sys
from openapi_spec_validator import OpenAPIV31SpecValidator
errors = list(OpenAPIV31SpecValidator(json.load(open(sys.argv[1]))).iter_errors())
for error in errors[:20]:
    print("#", "/".join(map(str, error.absolute_path)), error.message[:300])
sys.exit(1 if errors else 0)
"""


def main(program, folder):
    python = installed(pathlib.Path(folder))
    with tempfile.TemporaryDirectory() as temporary:
        document = pathlib.Path(temporary) / "openapi.json"
        made = subprocess.run([program, document], capture_output=True, text=True, env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"})
        print("1..2")
        if made.returncode != 0 or not document.exists():
            print("not ok 1 - the document was written\n#", made.stdout[-500:].replace("\n", "\n# "))
            return 1
        print(f"ok 1 - {len(json.loads(document.read_text())['paths'])} paths were written")
        checked = subprocess.run([python, "-c", CHECK, document], capture_output=True, text=True)
        print(checked.stdout + checked.stderr.replace("\n", "\n# "), end="")
        print("ok 2 - it is valid" if checked.returncode == 0 else "not ok 2 - it is valid")
        return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
