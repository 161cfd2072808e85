#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Numbers add up (TAP): whatever the framework, the scope and the date, every total equals the records below it, in every
format, and what is asked of a day is what was answered on that day. The choice is random; MAPAE_SEED makes it again.

test_totals.py MAPAE SOURCE_ROOT"""

import collections
import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree
import zipfile

from cells import SHEET, of_cell, of_page
from program import ROOT, check, main, run, skip

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
SEED = int(os.environ.get("MAPAE_SEED") or random.SystemRandom().randrange(1_000_000))
CHANCE = random.Random(SEED)
FRAMEWORKS = [
    "csap-iaas",
    "csap-saas-standard",
    "csap-saas-simple",
    "csap-daas",
    "csap-low",
    "csap-low-saas",
    "isms-p",
    "isms-p-2018",
    "fsi",
    "iso-27001-2013",
    "iso-27001-2022",
    "nist-csf",
]
PRODUCTION = "/subscriptions/3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a001"
DEVELOPMENT = "/subscriptions/7be4d918-2a63-4f05-b1d8-60c9f37e5b02"
STATES = ("compliant", "partial", "nonCompliant", "unknown", "notApplicable")


def say(name, condition, detail=""):
    check(name, condition, f"MAPAE_SEED={SEED}\n{detail}")


def milli(number):
    return round(float(number) * 1000)


def asked(data, *words):
    done = run(*words, "--data", data)
    say(" ".join(words[:3]), done.returncode == 0, done.stderr)
    return done.stdout


# ---- what each format says: tables of cells ----


def from_html(text):
    return [row for table in of_page(text) for row in table]


def from_book(path):
    """The sheets behind the first, each its rows, each its cells by column."""
    with zipfile.ZipFile(io.BytesIO(pathlib.Path(path).read_bytes())) as book:
        names = [n for n in book.namelist() if n.startswith("xl/worksheets/")]
        names.sort(key=lambda n: int(re.findall(r"\d+", n)[0]))
        trees = [xml.etree.ElementTree.fromstring(book.read(n)) for n in names[1:]]
    return [[{re.match("[A-Z]+", cell.get("r"))[0]: of_cell(cell) for cell in row} for row in tree.iter(f"{SHEET}row")] for tree in trees]


def table(text, title):
    """Rows of the table below a title, by the places of its heads."""
    lines = text.split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0].splitlines()
    at = [m.start() for m in re.finditer(r"\S+(?: \S+)*", lines[0])]
    return [[line[a:b].strip() for a, b in zip(at, at[1:] + [None])] for line in lines[1:]]


# ---- comply ----


def comply_adds_up(name, shown):
    controls, score = shown["controls"], shown["score"]
    parts = [p for c in controls for p in c["parts"]]
    wrong = [
        c["label"]
        for c in controls
        if sum(milli(p["points"]) for p in c["parts"]) != milli(c["points"])
        or (c["parts"] and c["points"] > 0 and sum(milli(p["most"]) for p in c["parts"]) != milli(c["most"]))
    ]
    say(f"{name}: parts add up to their controls", not wrong, wrong)
    for what in ("points", "most"):
        sums = [sum(milli(x[what]) for x in them) for them in (controls, shown["groups"])]
        say(f"{name}: {what} of controls and chapters add up", set(sums) == {milli(score[what])}, (sums, score))
    say(
        f"{name}: sources add up",
        sum(milli(s["points"]) for s in shown["sources"].values()) == milli(score["points"])
        and all(
            sum(milli(p["points"]) for p in parts if p["source"] == k) == milli(s["points"])
            for k, s in shown["sources"].items()
        ),
    )
    counted = collections.Counter(c["state"] for c in controls)
    say(
        f"{name}: states",
        all(counted[s] == shown["states"][s] == sum(g["states"][s] for g in shown["groups"]) for s in STATES)
        and len(controls) == shown["count"] == sum(g["count"] for g in shown["groups"]),
        shown["states"],
    )
    applies = sum(c["state"] != "notApplicable" for c in controls)
    covered = shown["coverage"]
    say(
        f"{name}: coverage",
        covered["applicable"] == applies == covered["machine"] + covered["part"] + covered["person"]
        and covered["judged"] == sum(any(any(p.get("counts", {}).values()) for p in c["parts"]) for c in controls),
        covered,
    )
    share = milli(score["points"]) * 10000 // milli(score["most"]) if score["most"] else 0
    say(f"{name}: percent", round(score["percent"] * 100) == share, (score, share))


def comply_in_all_formats(data, folder, words, shown):
    name, labels = " ".join(words), [c["label"] for c in shown["controls"]]
    points = {c["label"]: milli(c["points"]) for c in shown["controls"]}
    text = asked(data, "comply", *words)
    head = re.search(r"\(([\d.]+) of ([\d.]+) points\)", text)
    rows = {r[0]: milli(r[3]) for r in table(text, "Controls")}
    say(
        f"{name}: table",
        rows == points and sum(rows.values()) == milli(head[1]) == milli(shown["score"]["points"]),
        head and head[0],
    )
    say(f"{name}: table of chapters", sum(milli(r[3]) for r in table(text, "Chapters")) == milli(head[1]))
    rows = from_html(asked(data, "comply", *words, "--format", "html"))
    found = {r[0]: milli(r[5]) for r in rows if len(r) == 9 and r[0] in points and re.fullmatch(r"[\d.]+", r[5])}
    say(f"{name}: page", found == points, {k: (found.get(k), v) for k, v in points.items() if found.get(k) != v})
    asked(data, "comply", *words, "--format", "xlsx", "--out", f"{folder}/c.xlsx")
    sheets = from_book(f"{folder}/c.xlsx")
    controls, parts = sheets[2:4] if shown["actions"] else sheets[1:3]
    say(f"{name}: workbook's chapters", sum(milli(r["C"]) for r in sheets[0][1:]) == milli(shown["score"]["points"]))
    found = {r["B"]: milli(r["G"]) for r in controls[1:]}
    of_parts = collections.Counter()
    for row in parts[1:]:
        of_parts[row["A"].split()[0]] += milli(row["G"])
    say(f"{name}: workbook", found == points and all(of_parts[k] == v for k, v in points.items()))
    result = json.loads(asked(data, "comply", *words, "--format", "oscal"))["assessment-results"]["results"][0]
    said = {}
    for finding in result["findings"]:
        props = {p["name"]: p["value"] for p in finding["props"]}
        said[props["label"]] = props["state"]
    say(
        f"{name}: OSCAL",
        said == {c["label"]: c["state"] for c in shown["controls"] if c["label"] in said}
        and set(said)
        == {c["label"] for c in shown["controls"] if c["state"] != "notApplicable" or c["label"] in said},
        len(said),
    )
    say(f"{name}: every control once", len(set(labels)) == len(labels))


# ---- statements ----


def applicability_adds_up(shown):
    rows, totals = shown["rows"], shown["totals"]
    counts = {
        "controls": len(rows),
        "demanded": sum(r["demanded"] for r in rows),
        "applicable": sum(r["applicable"] for r in rows),
    }
    states = collections.Counter(r["implementation"] for r in rows)
    return all(totals[k] == n == sum(g[k] for g in shown["groups"]) for k, n in counts.items()) and all(
        totals["implementation"][k] == states[k] == sum(g["implementation"][k] for g in shown["groups"])
        for k in totals["implementation"]
    )


def responsibility_adds_up(shown):
    rows, totals = shown["rows"], shown["totals"]
    who = collections.Counter(r["responsibility"] for r in rows)
    return (
        totals["controls"] == len(rows)
        and all(totals[w] == who[w] for w in ("customer", "provider", "shared"))
        and all(
            sum(t[k] for t in shown[by]) == totals[k]
            for by in ("teams", "services")
            for k in ("controls", "applicable", "customer", "provider")
        )
    )


def gaps_adds_up(shown):
    rows, totals = shown["rows"], shown["totals"]
    kinds = collections.Counter()
    for row in rows:
        for kind in row["kinds"]:
            kinds[kind["kind"]] += kind["count"]
    return (
        totals["lacking"] == len(rows)
        and totals["gaps"] == sum(r["count"] for r in rows) == sum(totals["byKind"].values())
        and all(totals["byKind"][k] == kinds[k] for k in totals["byKind"])
        and totals["lostThousandths"] == sum(r["lostThousandths"] for r in rows)
        and all(r["count"] == sum(k["count"] for k in r["kinds"]) for r in rows)
    )


STATEMENTS = {"applicability": applicability_adds_up, "responsibility": responsibility_adds_up, "gaps": gaps_adds_up}


def statement(data, folder, kind, words):
    name = f"{kind} {' '.join(words)}"
    shown = json.loads(asked(data, "statement", kind, *words, "--format", "json"))
    say(f"{name}: adds up", STATEMENTS[kind](shown), shown["totals"])
    labels, totals = [r["control"]["label"] for r in shown["rows"]], shown["totals"]
    rows = list(csv.reader(io.StringIO(asked(data, "statement", kind, *words, "--format", "csv"))))
    say(
        f"{name}: CSV",
        [r[0] for r in rows[1:]] == labels
        and (kind != "gaps" or sum(int(r[rows[0].index("Gaps")]) for r in rows[1:]) == totals["gaps"]),
        rows[:2],
    )
    asked(data, "statement", kind, *words, "--format", "xlsx", "--out", f"{folder}/s.xlsx")
    sheets = from_book(f"{folder}/s.xlsx")
    found = [
        [row.get(at, "") for row in sheet[1:]] for sheet in sheets for at, head in sheet[0].items() if head == "No."
    ]
    say(f"{name}: workbook", not labels or labels in found, (len(labels), [len(f) for f in found]))
    if kind == "gaps" and labels:
        say(f"{name}: a row for each gap", totals["gaps"] in [len(sheet) - 1 for sheet in sheets], totals)
    rows = from_html(asked(data, "statement", kind, *words, "--format", "html"))
    cells = collections.Counter(cell for row in rows for cell in row)
    say(f"{name}: page", all(cells[label] for label in labels), [label for label in labels if not cells[label]])
    if not shutil.which("pdftotext"):
        return skip(f"{name}: PDF", "there is no pdftotext")
    asked(data, "statement", kind, *words, "--format", "pdf", "--out", f"{folder}/s.pdf")
    text = subprocess.run(
        ["pdftotext", "-layout", f"{folder}/s.pdf", "-"], capture_output=True, text=True, check=False
    ).stdout
    words_of = set(text.replace(",", "").split())  # 1,064 is a number
    wanted = (
        {str(totals["controls"])}
        | ({str(totals["gaps"]), str(totals["lacking"])} if kind == "gaps" else set())
        | set(labels)
    )
    say(f"{name}: PDF has every control and total", wanted <= words_of, wanted - words_of)


# ---- assets ----


def assets(data, folder):
    asked(data, "assets", "fill", "--scope", CHANCE.choice([PRODUCTION, DEVELOPMENT, "/"]))
    text = asked(data, "assets", "export", "--as", "json")
    pathlib.Path(f"{folder}/a.json").write_text(text, encoding="utf-8")
    shown = json.loads(text)
    rows, totals = shown["assets"], shown["totals"]
    classes = collections.Counter(a["class"] for a in rows)
    lacks = collections.Counter(f["lack"] for f in shown["findings"])
    say(
        "assets: classes and grades",
        totals["assets"] == len(rows) == sum(c["assets"] for c in shown["classes"])
        and all(
            c["assets"] == classes[c["class"]] == c["ungraded"] + sum(c[f"grade{g}"] for g in "123")
            for c in shown["classes"]
        ),
        totals,
    )
    say(
        "assets: what is missing",
        all(totals[k] == lacks[k] for k in ("unregistered", "unclassified", "gone", "unowned", "unkept", "unrated")),
        totals,
    )
    say(
        "assets: registered",
        totals["registered"] + totals["unregistered"] + totals["unclassified"] == totals["resources"],
        totals,
    )
    ids = sorted(a["id"] for a in rows)
    say(
        "assets: CSV", sorted(r[0] for r in list(csv.reader(io.StringIO(asked(data, "assets", "export"))))[1:]) == ids
    )
    run("form", "render", "--data", f"{folder}/a.json", "--to", f"{folder}/a.xlsx", "asset-register")
    sheets = from_book(f"{folder}/a.xlsx")
    say(
        "assets: workbook",
        any(sorted(row.get(at, "") for row in sheet[1:]) == ids for sheet in sheets for at in sheet[0]),
        len(ids),
    )
    run("form", "render", "--data", f"{folder}/a.json", "--to", f"{folder}/a.html", "asset-register")
    cells = collections.Counter(
        c for row in from_html(pathlib.Path(f"{folder}/a.html").read_text(encoding="utf-8")) for c in row
    )
    say("assets: page", all(cells[i] for i in ids), [i for i in ids if not cells[i]][:3])


# ---- time passes ----


def any_scope(root):
    groups = [
        f"{PRODUCTION}/resourceGroups/rg-hnl-{g}"
        for g in ("billing-prod-krc", "portal-prod-krc", "data-prod-krc", "sec-prod-krc")
    ]
    return CHANCE.choice(["/", root, PRODUCTION, DEVELOPMENT, CHANCE.choice(groups)])


def remember(data, days, root):
    """What is answered today, of a framework somewhere."""
    words = [CHANCE.choice(FRAMEWORKS), "--scope", any_scope(root)]
    shown = json.loads(asked(data, "comply", *words, "--format", "json"))
    comply_adds_up(" ".join(words), shown)
    days.append((words, shown))


def same(then, now):
    """All that is said of a day; what an assignment is called may have come later."""
    return all(then[k] == now[k] for k in ("score", "states", "count", "sources", "groups", "coverage")) and [
        (c["id"], c["state"], c["points"], [(p["name"], p["state"], p.get("counts"), p["ids"]) for p in c["parts"]])
        for c in then["controls"]
    ] == [
        (c["id"], c["state"], c["points"], [(p["name"], p["state"], p.get("counts"), p["ids"]) for p in c["parts"]])
        for c in now["controls"]
    ]


def changed(folder):
    """The inventory after a change: some documents are gone, some accounts are open."""
    for path in sorted((ROOT / "content/demo/inventory").iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ndjson":
            text = "\n".join(line for line in text.splitlines() if CHANCE.random() < 0.8)
        elif path.name == "prod-data.json":
            text = text.replace(
                '"supportsHttpsTrafficOnly": true', '"supportsHttpsTrafficOnly": false', CHANCE.randrange(1, 5)
            )
        pathlib.Path(folder, path.name).write_text(text, encoding="utf-8")


def totals():
    with tempfile.TemporaryDirectory() as data, tempfile.TemporaryDirectory() as folder:
        later = f"{folder}/later"
        pathlib.Path(later).mkdir()
        days = []
        run("init", "--data", data, *CHEAP)
        asked(data, "ingest", "--source", "demo", str(ROOT / "content/demo/inventory"))
        remember(data, days, "/")
        made = asked(
            data,
            "policy",
            "assign",
            CHANCE.choice(["csap-iaas", "isms-p", "fsi"]),
            "--scope",
            "/",
            "--format",
            "json",
        )
        root = json.loads(made)["id"].split("/providers/Microsoft.Authorization")[0]
        asked(data, "policy", "assign", "iso-27001-2022", "--scope", PRODUCTION)
        asked(data, "judge", "start")
        for _ in range(2):
            remember(data, days, root)
        changed(later)
        asked(data, "ingest", "--source", "demo", "--replace", later)
        asked(data, "judge", "start")
        remember(data, days, root)
        for words, shown in days:
            again = json.loads(asked(data, "comply", *words, "--as-of", shown["asOf"], "--format", "json"))
            say(
                f"{' '.join(words)} at {shown['asOf']} is what it was",
                same(shown, again),
                (shown["score"], again["score"]),
            )
        words, shown = CHANCE.choice(days)
        words = [*words, "--as-of", shown["asOf"]]
        comply_in_all_formats(data, folder, words, shown)
        statement(data, folder, CHANCE.choice(list(STATEMENTS)), words)
        assets(data, folder)


main(totals)
