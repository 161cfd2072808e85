#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our OSCAL holds up before somebody else's reader (TAP).

  validate_oscal.py MAPAE SOURCE_ROOT FOLDER

Every catalogue and profile of content/catalog, those of a framework that came as a spreadsheet and was exported, and what Mapae says of a framework over the
demo inventory (assessment results, system security plan, component definition, plan of action and milestones) are read by compliance-trestle of PyPI. FOLDER keeps it, in an environment of its own, from one run to the next. Where it cannot be installed, for want of a network, the test is
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
import json, pathlib, sys
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.component import ComponentDefinition
from trestle.oscal.poam import PlanOfActionAndMilestones
from trestle.oscal.profile import Profile
from trestle.oscal.ssp import SystemSecurityPlan
kinds = {"catalog": Catalog, "profile": Profile, "assessment-results": AssessmentResults, "component-definition": ComponentDefinition,
         "plan-of-action-and-milestones": PlanOfActionAndMilestones, "system-security-plan": SystemSecurityPlan}
for path in map(pathlib.Path, sys.argv[1:]):
    try:
        found = kinds[next(iter(json.loads(path.read_text())))].oscal_read(path)
        print("read" if found is not None else "nothing", path)
    except Exception as e:
        print("refused", path, str(e)[:500].replace("\\n", " "))
"""
STATEMENTS = {"applicability": "system-security-plan", "responsibility": "component-definition", "gaps": "plan-of-action-and-milestones"}


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


def must(mapae, data, *arguments):
    done = subprocess.run([mapae, *arguments, "--data", data], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"1..1\nnot ok 1 - mapae {arguments[0]}\n# {done.stderr}")
        sys.exit(1)


def exported(mapae, root, folder):
    """A framework of a spreadsheet, as OSCAL documents; then how one stands over the demo inventory."""
    data, out = folder / "data", folder / "out"
    must(mapae, data, "init")
    must(mapae, data, "framework", "import", root / SPREADSHEET)
    must(mapae, data, "framework", "export", "acme-2026", "--folder", out)
    must(mapae, data, "ingest", "--source", "demo", root / "content/demo/inventory")
    must(mapae, data, "policy", "assign", "csap-low", "--scope", "/")
    must(mapae, data, "judge", "start")
    must(mapae, data, "comply", "csap-low", "--format", "oscal", "--out", out / "assessment-results.json")
    for kind, name in STATEMENTS.items():
        must(mapae, data, "statement", kind, "csap-low", "--format", "oscal", "--out", out / f"{name}.json")
    return out


def version_of(path):
    return next(iter(json.loads(path.read_text()).values()))["metadata"]["version"]


def main(mapae, root, environment):
    root = pathlib.Path(root)
    python = installed(pathlib.Path(environment))
    with tempfile.TemporaryDirectory() as temporary:
        own = exported(mapae, root, pathlib.Path(temporary))
        said_by_us = [own / f"{name}.json" for name in ("assessment-results", *STATEMENTS.values())]
        documents = [path for folder in (root / "content/catalog", own) for name in ("catalog.json", "*.profile.json") for path in sorted(folder.rglob(name))]
        documents += said_by_us
        done = subprocess.run([python, "-c", CHECK, *documents], capture_output=True, text=True, check=False)
        said = dict(reversed(line.split(" ", 1)) for line in done.stdout.splitlines() if line.startswith("read "))
        print(f"1..{len(documents) + 1}")
        for number, path in enumerate(documents, 1):
            shown = path.relative_to(own if own in path.parents else root)
            print(f"{'ok' if said.get(str(path)) == 'read' else 'not ok'} {number} - {shown} of {version_of(path)}")
        results = json.loads(said_by_us[0].read_text())["assessment-results"]["results"][0]
        listed = len(results["reviewed-controls"]["control-selections"][0]["include-controls"])
        print(f"{'ok' if 0 < listed == len(results['findings']) else 'not ok'} {len(documents) + 1} - a finding for each control that was assessed")
        print("".join(f"# {line}\n" for line in (done.stdout + done.stderr).splitlines() if not line.startswith("read ")), end="")
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
