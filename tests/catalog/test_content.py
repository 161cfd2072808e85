#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the frameworks of content/catalog say of policies is true of content/policies (TAP).

test_content.py MAPAE SOURCE_ROOT [CORPUS]

With a corpus of public initiatives the names of their groups are compared too: those of K-ISMS-P, of ISO 27001:2013 and of
ISO 27002:2022 must be groups of controls."""
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from program import MAPAE, ROOT, check, environment, main, run, skip

PUBLIC = pathlib.Path(sys.argv[3]) / "azure-policy/policySetDefinitions/Regulatory Compliance" if len(sys.argv) > 3 else None
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


def default_effect(properties):
    effect = properties["policyRule"]["then"]["effect"]
    return properties.get("parameters", {}).get("effect", {}).get("defaultValue", effect).lower()


def manual(properties):
    """It asks a person."""
    return default_effect(properties) == "manual"


def policies_and_controls():
    policies, said = definitions(), answers()
    named = collections.Counter(name for _, entry in said for name in entry.get("policies", []))
    unknown = sorted(set(named) - set(policies))
    check("every policy that answers a control is there", not unknown, unknown)
    acting = {name for name, (_, p) in policies.items() if default_effect(p) in ("denyaction", "deployifnotexists")
              or "requestContext" in json.dumps(p["policyRule"])}  # it means something while a request is made only
    idle = sorted(set(policies) - set(named) - acting)
    check("every policy that reports answers a control", not idle, idle)
    check("what deploys or protects answers none", not acting & set(named), acting & set(named))
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
              "csap-low-saas": 30, "isms-p": 101, "isms-p-2018": 102, "fsi": 62, "iso-27001-2022": 93, "nist-csf": 108}
    for name, count in counts.items():
        properties = read(ROOT / f"content/initiatives/{name}.json")["properties"]
        groups = [group["name"] for group in properties["policyDefinitionGroups"]]
        check(f"{name}: a group for each of its controls", len(groups) == len(set(groups)) == count, len(groups))
        judging = {group for reference in properties["policyDefinitions"] for group in reference["groupNames"]}
        idle = sorted(set(groups) & checked - judging)
        check(f"{name}: what a machine checks is checked", not idle, idle)
        acting = [n for n, p in properties["parameters"].items() if n.endswith("Effect") and p["defaultValue"] != "Audit"]
        check(f"{name}: assigned as it is it only reports", not acting, acting)
        check(f"{name}: every parameter has a default and both languages",
              all("defaultValue" in p and p["metadata"]["localized"]["ko"]["displayName"]
                  for p in properties["parameters"].values()))


def lines_of(name):
    return read(CATALOG / f"mappings/{name}.json")["mapping"]["maps"]


def over_another_edition():
    """NIST CSF names controls of ISO/IEC 27001:2013. What overlaps one of them overlaps what that one is, or is a part of, in 2022."""
    newer = collections.defaultdict(set)
    for line in lines_of("iso-27001-2013-2022"):
        if line["relation"] in ("equal", "subset"):
            newer[line["from"]].add(line["to"])
    wanted = {(line["from"], to) for line in lines_of("nist-csf-iso-27001") for to in newer[line["to"]]}
    found = {(line["from"], line["to"]) for line in lines_of("nist-csf-iso-27001-2022")}
    check("NIST CSF to ISO 27001:2022: what follows from 2013, and no more", found == wanted, found ^ wanted)


def groups_of(name):
    """The groups of a public initiative that a policy stands in."""
    references = json.loads((PUBLIC / name).read_text(encoding="utf-8-sig"))["properties"]["policyDefinitions"]
    return {group for reference in references for group in reference.get("groupNames", [])}


def public_groups():
    if not (PUBLIC and PUBLIC.is_dir()):
        skip("groups of public initiatives", "the corpus is not there")
        return
    held = collections.defaultdict(set)
    for framework, entry in answers():
        held[framework].update(entry.get("groups", []))
    # One group has a number of the older edition; it stands there alone.
    korean, older = groups_of("K_ISMS_P_2023.json"), {"K_ISMS_P_2023_3.4.3"}
    check("K-ISMS-P 2023: all groups, and no others", held["isms-p-2023"] == korean - older, held["isms-p-2023"] ^ korean)
    check("K-ISMS-P in the older edition", held["isms-p-2018"] == korean, held["isms-p-2018"] ^ korean)
    # Annex A is a framework here; clauses 4 to 10 of the standard are demanded of the management system and are not.
    annex = {group for group in groups_of("ISO27001_2013_audit.json") if not re.match(r"ISO27001-2013_C\.\d", group)}
    differs = held["iso-27001-2013"] ^ annex
    check("ISO 27001:2013: all groups of Annex A, and no others", not differs, differs)
    newer = groups_of("ISO_IEC_27002_2022.json")
    check("ISO 27002:2022: all groups, and no others", held["iso-27001-2022"] == newer, held["iso-27001-2022"] ^ newer)
    clause = re.compile(r"ISO_IEC_27001_2022_([4-9]|10)\.[\d.]+")
    others = [group for group in groups_of("ISO_IEC_27001_2022.json") if not clause.fullmatch(group)]
    check("ISO 27001:2022 has clauses only", not others, others)


def pages():
    done = subprocess.run([sys.executable, "-B", ROOT / "tools/make_control_pages.py", ROOT, "--check"], capture_output=True,
                          text=True, check=False)
    check("docs/controls is as content would have it", done.returncode == 0, done.stderr)


def beyond_azure():
    """A definition says so when Azure would refuse it: it reads what the public table of aliases does not know."""
    table = PUBLIC and PUBLIC.parents[1] / "aliases.json"
    if not (table and table.is_file()):
        skip("aliases of Azure", "the corpus is not there")
        return
    said = json.loads(run("lint", "--format", "json", "--aliases", str(table), str(POLICIES)).stdout)
    files = {pathlib.Path(d["file"]).relative_to(POLICIES) for d in said["diagnostics"]}
    unknown = {file.with_suffix("").as_posix().replace("/", "-") for file in files}
    marked = {name.removeprefix("mapae-") for name, (_, p) in definitions().items() if p["metadata"].get("beyondAzure")}
    check("what has no alias in Azure is marked, and nothing else", marked and unknown == marked, unknown ^ marked)


def readme():
    """What the README shows of the demo is what the demo prints; the time at its top is not compared."""
    for name, lang in (("README.md", "C"), ("README.ko.md", "ko_KR.UTF-8")):
        text = (ROOT / name).read_text(encoding="utf-8")
        shown = text[text.index("content/demo/inventory\n"):].split("```")[0]
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([ROOT / "tools/demo.sh", MAPAE, folder], capture_output=True, text=True, check=False,
                                  env=environment(lang), stdin=subprocess.DEVNULL)
        missing = [line for line in shown.splitlines() if line.strip() not in ("", "...") and line not in done.stdout]
        check(f"{name} shows what the demo prints", done.returncode == 0 and not missing, "\n".join(missing) + done.stderr)


def readme_score():
    """The figures that the README shows of `mapae comply` are those of the demo company, done as the first guide says."""
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        for words in (["init"], ["ingest", "--source", "demo", str(ROOT / "content/demo/inventory")],
                      ["policy", "assign", "csap-iaas", "--scope", "/"], ["judge", "start"]):
            run(*words, "--data", data)
        for name, lang, first in (("README.md", "en", "Score "), ("README.ko.md", "ko", "점수 ")):
            text = (ROOT / name).read_text(encoding="utf-8")
            shown = [b for b in re.findall(r"^```text\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL) if f"\n{first}" in b]
            printed = run("--lang", lang, "comply", "csap-iaas", "--data", data).stdout
            printed = iter(" ".join(line.split()) for line in printed.splitlines())  # the columns are narrower where rows are left out
            missing = [line for line in shown[0].splitlines() if line not in ("", "...") and " ".join(line.split()) not in printed]
            check(f"{name} shows what comply prints", len(shown) == 1 and not missing, missing)


main(policies_and_controls, who_checks, names_and_files, two_languages, initiatives, pages, public_groups, over_another_edition,
     beyond_azure, readme, readme_score)
