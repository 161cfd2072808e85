#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo company, counted by hand, and what mapae says of it (TAP): verdicts, states, points, statements, assets.

Points are worked out here from the words of docs/guide/read-the-score.md, with fractions; nothing of it is taken from mapae.

test_golden.py MAPAE SOURCE_ROOT"""

import collections
import fractions
import json
import re
import tempfile

import golden_demo as hand
from program import ROOT, check, main, run, sample

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
INVENTORY = ROOT / "content/demo/inventory"
FRAMEWORKS = {
    "csap-iaas": "csap-2025-02",
    "isms-p": "isms-p-2023",
    "fsi": "fsi-2019",
    "iso-27001-2022": "iso-27001-2022",
}
CONTROLS = {"csap-iaas": 116, "isms-p": 101, "iso-27001-2022": 93}  # of the official tables


def documents():
    for path in sorted(INVENTORY.iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ndjson":
            yield from map(json.loads, text.splitlines())
        else:
            found = json.loads(text)
            yield from found if isinstance(found, list) else found.get("value") or found["data"]


def by_policy():
    """policy -> (judged, violating) as a person counted."""
    counts = {p: (len(set(about.split())), len(bad.split())) for p, about, bad, _ in hand.VERDICTS}
    counts.update({p: (hand.WITH_REGION, bad) for p, bad, _ in hand.WIDE})
    counts.update({p: (about, bad) for p, about, bad, _ in hand.COUNTED})
    return counts


def groups_counted():
    return {p: (10, bad) for p, bad, _ in hand.OF_GROUPS}


# ---- what stands in the files, and mapae scan ----


def kinds():
    found = collections.Counter((d.get("type") or "").lower() for d in documents() if d["id"].count("/") > 4)
    wanted = dict(line.split()[:2][::-1] for line in hand.TYPES.splitlines() if "/" in line)
    check(
        "documents by type",
        {k: str(v) for k, v in found.items()} == wanted,
        {k: (found.get(k), wanted.get(k)) for k in {*found, *wanted} if str(found.get(k)) != wanted.get(k)},
    )


def short(name):
    return name[:8] if re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name) else name


def scanned():
    """policy -> state -> names, over all the initiatives."""
    found = {}
    for initiative in FRAMEWORKS:
        said = run("scan", "-i", initiative, "--now", "2026-11-22T09:00:00Z", "-f", "ndjson", str(INVENTORY))
        for line in said.stdout.splitlines():
            v = json.loads(line)
            states = found.setdefault(v["policyDefinitionName"].removeprefix("mapae-"), {})
            states.setdefault(v["complianceState"], set()).add(v["resourceId"])
    return found


def scan():
    found = scanned()
    for policy, about, bad, why in hand.VERDICTS:
        states = {s: sorted(short(i.rsplit("/", 1)[1]) for i in ids) for s, ids in found.get(policy, {}).items()}
        wanted = {"NonCompliant": sorted(bad.split()), "Compliant": sorted(set(about.split()) - set(bad.split()))}
        wanted = {s: names for s, names in wanted.items() if names}
        check(f"scan: {policy}: {why}", states == wanted, f"found {states}\nwanted {wanted}")
    for policy, (about, bad) in {**by_policy(), **groups_counted()}.items():
        states = {s: len(ids) for s, ids in found.get(policy, {}).items()}
        wanted = {s: n for s, n in (("Compliant", about - bad), ("NonCompliant", bad)) if n}
        check(f"scan: {policy}: {about - bad} and {bad}", states == wanted, states)
    dated = {s: len(ids) for s, ids in found["general-temporary-groups-expire"].items()}
    check(
        "scan: 2 groups are past their day, one ends on 2026-12-31",
        dated == {"Compliant": 8, "NonCompliant": 2},
        dated,
    )


# ---- states and points, from first principles ----


def named_types(rule):
    """The types that the condition of a policy names."""
    if isinstance(rule, list):
        return {t for one in rule for t in named_types(one)}
    if not isinstance(rule, dict):
        return set()
    if rule.get("field") == "type":
        said = [rule.get(k) for k in ("equals", "in", "like", "contains") if k in rule]
        return {str(t).lower() for one in said for t in (one if isinstance(one, list) else [one])}
    return {t for one in rule.values() for t in named_types(one)}


def about_nothing_here():
    """Policies that name types of which the demo has none."""
    here = {
        (d.get("type") or "").lower().replace("/subscriptions/resourcegroups", "/resourcegroups") for d in documents()
    }
    here.add("microsoft.resources/subscriptions")
    silent = set()
    for path in (ROOT / "content/policies").glob("*/*.json"):
        if path.name.endswith(".test.json"):
            continue
        policy = json.loads(path.read_text(encoding="utf-8"))
        types = named_types(policy["properties"]["policyRule"]["if"])
        if (
            types
            and not any(t in here or any(ch in t for ch in "*[") for t in types)
            and "resourcegroups" not in str(types)
        ):
            silent.add(policy["name"].removeprefix("mapae-"))
    return silent


def weight(answer):
    required = answer.get("required", False)
    prevents = answer.get("nature") == "preventive"
    return (27 if prevents else 3) if required else (9 if prevents else 1)


def expected(answer, counts, silent):
    """(state, points) of a control of which only policies say anything; None: not all of its policies were counted."""
    shares, unknown = [], len(answer.get("questions", [])) + len(answer.get("evidence", []))
    for policy in answer.get("policies", []):
        policy = policy.removeprefix("mapae-")
        if policy in counts:
            about, bad = counts[policy]
            shares.append(fractions.Fraction(about - bad, about))
        elif policy not in silent:
            return None
    parts = len(shares) + unknown
    points = weight(answer) * 1000 * sum(shares) / parts if parts else 0
    violated = any(s < 1 for s in shares)
    met = any(s > 0 for s in shares)
    state = "partial" if violated and met else "nonCompliant" if violated else "unknown" if unknown else "compliant"
    return state, points.numerator // points.denominator if shares else 0


def answers_of(folder):
    document = json.loads((ROOT / f"content/catalog/{folder}/answers.json").read_text(encoding="utf-8"))
    return {a["control"]: a for a in document["answers"]["controls"]}


def parts_counted(name, shown, counts):
    wrong, seen = [], set()
    for control in shown["controls"]:
        for part in control["parts"]:
            policy = part["name"].removeprefix("mapae-")
            if part["kind"] != "policy" or policy not in counts:
                continue
            about, bad = counts[policy]
            times = len(part["ids"])  # assignments: each has verdicts of its own
            seen.add(policy)
            found = part["counts"]["compliant"], part["counts"]["nonCompliant"]
            if found != ((about - bad) * times, bad * times):
                wrong.append((control["label"], policy, part["counts"], about, bad, times))
    check(f"{name}: {len(seen)} policies find what was counted", not wrong and len(seen) > 60, wrong)


def controls_worked_out(name, shown, answers, counts, silent):
    wrong, done, by_machine = [], 0, 0
    for control in shown["controls"]:
        wanted = expected(answers[control["id"]], counts, silent)
        if wanted is None:
            continue
        done += 1
        by_machine += bool(answers[control["id"]].get("policies"))
        if (control["state"], round(control["points"] * 1000)) != wanted or control["most"] != weight(
            answers[control["id"]]
        ):
            wrong.append((control["label"], control["state"], control["points"], wanted))
    check(f"{name}: {done} controls as worked out by hand", not wrong, wrong)
    return by_machine


def applicable(name, data, shown):
    rows = json.loads(run("statement", "applicability", name, "--data", data, "--format", "json").stdout)
    applies = [r for r in rows["rows"] if r["applicable"]]
    check(
        f"{name}: what applies",
        len(applies) == rows["totals"]["applicable"] == len(shown["controls"]) == CONTROLS.get(name, len(applies)),
    )
    reasoned = [r for r in rows["rows"] if r.get("justification", {}).get("ko") and r["justification"].get("en")]
    # ISO/IEC 27001 demands no control by itself: why one applies is for the organisation to say, and nobody has yet.
    own = len(rows["rows"]) if name.startswith("iso") else 0
    check(
        f"{name}: reasons",
        rows["totals"]["withoutJustification"] == own
        and len(reasoned) == len(rows["rows"]) - own
        and all(r["applicable"] or not r["demanded"] for r in rows["rows"]),
        (rows["totals"], len(reasoned)),
    )
    out = [r["control"]["label"] for r in rows["rows"] if not r["applicable"]]
    check(
        f"{name}: only 14.3.3 of CSAP is not asked of infrastructure",
        out == (["14.3.3"] if name == "csap-iaas" else []),
        out,
    )


def responsible(name, data, shown, answers):
    said = json.loads(run("statement", "responsibility", name, "--data", data, "--format", "json").stdout)["totals"]
    wanted = collections.Counter(answers[c["id"]]["responsibility"] for c in shown["controls"])
    stated = sum(bool(answers[c["id"]].get("statedBySource")) for c in shown["controls"])
    check(
        f"{name}: who is responsible",
        all(said[w] == wanted.get(w, 0) for w in ("provider", "customer", "shared")) and said["bySource"] == stated,
        (said, wanted, stated),
    )


def gaps(name, data, shown, answers):
    said = json.loads(run("statement", "gaps", name, "--data", data, "--format", "json").stdout)["totals"]
    mine = [answers[c["id"]] for c in shown["controls"]]
    failing = sum(
        p["kind"] == "policy" and p["counts"]["nonCompliant"] > 0 for c in shown["controls"] for p in c["parts"]
    )
    lost = sum(weight(a) * 1000 for a in mine) - round(sum(c["points"] * 1000 for c in shown["controls"]))
    wanted = {
        "unanswered": sum(len(a.get("questions", [])) for a in mine),
        "noEvidence": sum(len(a.get("evidence", [])) for a in mine),
        "failing": failing,
    }
    check(
        f"{name}: gaps",
        {k: said["byKind"][k] for k in wanted} == wanted and said["lostThousandths"] == lost,
        (said, wanted, lost),
    )


def frameworks():
    counts = {**by_policy(), **groups_counted()}
    silent = about_nothing_here() - set(counts)
    with tempfile.TemporaryDirectory() as data:
        run("init", "--data", data, *CHEAP)
        took = json.loads(
            run("ingest", "--source", "demo", str(INVENTORY), "--data", data, "--format", "json").stdout
        )
        check(
            "ingest: 106 documents, and the group of the flow log",
            (took["added"], took["made"], took["faulty"]) == (106, 1, 0),
            took,
        )
        for name in FRAMEWORKS:
            run("policy", "assign", name, "--scope", "/", "--data", data)
        judged = run("judge", "start", "--data", data)
        check("judged", judged.returncode == 0, judged.stderr)
        by_machine = 0
        for name, folder in FRAMEWORKS.items():
            shown = json.loads(run("comply", name, "--data", data, "--format", "json").stdout)
            answers = answers_of(folder)
            parts_counted(name, shown, counts)
            by_machine += controls_worked_out(name, shown, answers, counts, silent)
            if name in sample(list(FRAMEWORKS)):
                applicable(name, data, shown)
                responsible(name, data, shown, answers)
                gaps(name, data, shown, answers)
        check("controls that policies answer were worked out by hand", by_machine >= 25, by_machine)
        register(data)


# ---- the register of assets ----


def sums_of(data):
    return json.loads(run("assets", "findings", "--data", data, "--format", "json").stdout)["sums"]


def register(data):
    count = sum(n for n, _ in hand.ASSETS.values())
    before = sums_of(data)
    check(
        "assets: nothing is registered yet",
        (before["resources"], before["unregistered"], before["unclassified"]) == (count, count, 0),
        before,
    )
    run("assets", "fill", "--data", data)
    shown = json.loads(run("assets", "export", "--as", "json", "--data", data).stdout)
    found = {c["class"]: c["assets"] for c in shown["classes"] if c["assets"]}
    check("assets by class", found == {c: n for c, (n, _) in hand.ASSETS.items()}, found)
    after = sums_of(data)
    check(
        "assets: owners and keepers",
        after["unowned"] == count - hand.OWNED
        and after["unkept"] == hand.NOT_KEPT
        and after["unrated"] == count
        and after["unregistered"] == 0,
        after,
    )
    owners = sorted(a["owner"] for a in shown["assets"] if "owner" in a)
    check("assets: owners by name", owners == sorted(["한서준"] * 3 + ["윤가온"] * 2 + ["문해솔"] * 2), owners)


main(kinds, scan, frameworks)
