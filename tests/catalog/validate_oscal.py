#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our OSCAL holds up before somebody else's reader (TAP).

  validate_oscal.py MAPAE SOURCE_ROOT FOLDER

Every catalogue and profile of content/catalog, and those of a framework that came as a spreadsheet and was exported, are read by compliance-trestle of
PyPI. FOLDER keeps it, in an environment of its own, from one run to the next. Where it cannot be installed, for want of a network, the test is
skipped and says so."""
import json
import pathlib
import subprocess
import sys
import tempfile
import venv

PACKAGE = "compliance-trestle==5.2.0"
SPREADSHEET = "docs/example/own-framework.csv"

CHECK = """
import pathlib, sys
from trestle.oscal.catalog import Catalog
from trestle.oscal.profile import Profile
for path in map(pathlib.Path, sys.argv[1:]):
    kind = Profile if path.name.endswith(".profile.json") else Catalog
    try:
        found = kind.oscal_read(path)
        print("read" if found is not None else "nothing", path)
    except Exception as e:
        print("refused", path, str(e)[:500].replace("\\n", " "))
"""


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def installed(folder):
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if subprocess.run([python, "-c", "import trestle"], capture_output=True, check=False).returncode == 0:
        return python
    try:
        pip = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE], capture_output=True,
                             text=True, timeout=400, check=False)
    except subprocess.TimeoutExpired:
        skip("pip takes too long")
    if pip.returncode != 0:
        skip(f"{PACKAGE} cannot be installed: {(pip.stderr.strip().splitlines() or ['?'])[-1]}")
    return python


def exported(mapae, root, folder):
    """A framework of a spreadsheet, as OSCAL documents."""
    data, out = folder / "data", folder / "out"
    for arguments in (["init"], ["framework", "import", root / SPREADSHEET], ["framework", "export", "acme-2026", "--folder", out]):
        done = subprocess.run([mapae, *arguments, "--data", data], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"not ok 1 - mapae {arguments[0]}\n# {done.stderr}")
            sys.exit(1)
    return out


def main(mapae, root, environment):
    root = pathlib.Path(root)
    python = installed(pathlib.Path(environment))
    with tempfile.TemporaryDirectory() as temporary:
        own = exported(mapae, root, pathlib.Path(temporary))
        documents = [path for folder in (root / "content/catalog", own) for name in ("catalog.json", "*.profile.json") for path in sorted(folder.rglob(name))]
        done = subprocess.run([python, "-c", CHECK, *documents], capture_output=True, text=True, check=False)
        said = dict(reversed(line.split(" ", 1)) for line in done.stdout.splitlines() if line.startswith("read "))
        print(f"1..{len(documents) + 1}")
        for number, path in enumerate(documents, 1):
            shown = path.relative_to(own if own in path.parents else root)
            print(f"{'ok' if said.get(str(path)) == 'read' else 'not ok'} {number} - {shown} of {json.loads(path.read_text())[path.name.split('.')[-2]]['metadata']['version']}")
        print(f"{'ok' if any(own in p.parents for p in documents) else 'not ok'} {len(documents) + 1} - what was exported is among them")
        print("".join(f"# {line}\n" for line in (done.stdout + done.stderr).splitlines() if not line.startswith("read ")), end="")
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
