#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the frameworks of content/catalog say of policies is true of content/policies (TAP).

test_content.py MAPAE SOURCE_ROOT"""
import collections
import json
import subprocess
import sys

from program import ROOT, check, main

CATALOG, POLICIES = ROOT / "content/catalog", ROOT / "content/policies"


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def definitions():
    paths = [p for p in sorted(POLICIES.glob("*/*.json")) if not p.name.endswith(".test.json")]
    return {read(p)["name"]: (p, read(p)["properties"]) for p in paths}


def answers():
    """(framework, entry) of every control."""
    return [(path.parent.name, entry) for path in sorted(CATALOG.glob("*/answers.json"))
            for entry in read(path)["answers"]["controls"]]


def manual(properties):
    """Its default effect asks a person."""
    effect = properties["policyRule"]["then"]["effect"]
    default = properties.get("parameters", {}).get("effect", {}).get("defaultValue", effect)
    return default.lower() == "manual"


def policies_and_controls():
    policies, said = definitions(), answers()
    named = collections.Counter(name for _, entry in said for name in entry.get("policies", []))
    unknown = sorted(set(named) - set(policies))
    check("every policy that answers a control is there", not unknown, unknown)
    idle = sorted(set(policies) - set(named))
    check("every policy answers a control", not idle, idle)
    twice = [e["control"] for _, e in said if len(set(e.get("policies", []))) < len(e.get("policies", []))]
    check("no control names a policy twice", not twice, twice)


def who_checks():
    policies, said = definitions(), answers()
    empty = [e["control"] for _, e in said if e["checkedBy"] != "person" and not e.get("policies") and not e.get("groups")]
    check("what a machine checks has a policy", not empty, empty)
    judged = [e["control"] for _, e in said if e["checkedBy"] == "person"
              and any(not manual(policies[name][1]) for name in e.get("policies", []) if name in policies)]
    check("what persons check has policies that ask them, and no others", not judged, judged)


def names_and_files():
    wrong = [str(path) for name, (path, _) in definitions().items()
             if name != f"mapae-{path.parent.name}-{path.stem}" or read(path)["id"].rsplit("/", 1)[1] != name]
    check("a policy is named as its file", not wrong, wrong)
    untested = [str(path) for path, _ in definitions().values() if not path.with_name(path.stem + ".test.json").exists()]
    check("every policy has tests", not untested, untested)


def two_languages():
    missing = []
    for name, (_, properties) in definitions().items():
        korean = properties["metadata"].get("localized", {}).get("ko", {})
        missing += [f"{name}: {member}" for member in ("displayName", "description") if not korean.get(member)]
        for parameter, said in properties.get("parameters", {}).items():
            texts = said.get("metadata", {})
            if not texts.get("localized", {}).get("ko", {}).get("displayName") or not texts.get("displayName"):
                missing.append(f"{name}: parameter {parameter}")
    check("every policy and parameter speaks English and Korean", not missing, "\n".join(missing))


def initiatives():
    done = subprocess.run([sys.executable, "-B", ROOT / "tools/make_initiatives.py", ROOT, "--check"], capture_output=True,
                          text=True, check=False)
    check("the initiatives are as the catalogue would have them", done.returncode == 0, done.stderr)
    checked = {e["control"] for _, e in answers() if e["checkedBy"] != "person"}
    counts = {"csap-iaas": 116, "csap-saas-standard": 79, "csap-saas-simple": 31, "csap-daas": 110, "csap-low": 64,
              "csap-low-saas": 30, "isms-p": 101, "isms-p-2018": 102, "fsi": 62, "iso-27001-2022": 93}
    for name, count in counts.items():
        properties = read(ROOT / f"content/initiatives/{name}.json")["properties"]
        groups = [group["name"] for group in properties["policyDefinitionGroups"]]
        check(f"{name}: a group for each of its controls", len(groups) == len(set(groups)) == count, len(groups))
        judging = {group for reference in properties["policyDefinitions"] for group in reference["groupNames"]
                   if not off(reference, properties)}
        idle = sorted(set(groups) & checked - judging)
        check(f"{name}: what a machine checks is checked as it is assigned", not idle, idle)
        check(f"{name}: every parameter has a default and both languages",
              all("defaultValue" in p and p["metadata"]["localized"]["ko"]["displayName"]
                  for p in properties["parameters"].values()))


def off(reference, properties):
    """Switched off until its parameter turns it on."""
    value = reference.get("parameters", {}).get("effect", {}).get("value", "")
    return value and properties["parameters"][value.split("'")[1]]["defaultValue"] == "Disabled"


main(policies_and_controls, who_checks, names_and_files, two_languages, initiatives)
