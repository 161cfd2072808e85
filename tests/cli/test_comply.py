#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mapae comply by the real program (TAP): whatever the scope and the date, every total is that of what stands below it, in every
format, and the formats say the same.

test_comply.py MAPAE SOURCE_ROOT"""
import io
import json
import pathlib
import random
import re
import tempfile
import xml.etree.ElementTree
import zipfile

from cells import SHEET, of_cell, of_page
from program import ROOT, check, main, run

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
STATES = ("compliant", "partial", "nonCompliant", "unknown", "notApplicable")
WORDS = {"compliant": "compliant", "partial": "partial", "nonCompliant": "non-compliant", "unknown": "unknown",
         "notApplicable": "not applicable"}


def milli(number):
    return round(number * 1000)


def adds_up(name, shown):
    controls = shown["controls"]
    for control in controls:
        parts = sum(milli(part["points"]) for part in control["parts"])
        if parts != milli(control["points"]):
            check(f"{name}: parts of {control['label']} add up", False, f"{parts} and {control['points']}")
    check(f"{name}: controls add up", sum(milli(c["points"]) for c in controls) == milli(shown["score"]["points"]))
    check(f"{name}: weights add up", sum(milli(c["most"]) for c in controls) == milli(shown["score"]["most"]))
    check(f"{name}: states add up", {s: sum(c["state"] == s for c in controls) for s in STATES} ==
          {s: shown["states"][s] for s in STATES} and len(controls) == shown["count"])
    groups = shown["groups"]
    check(f"{name}: chapters add up", sum(milli(g["points"]) for g in groups) == milli(shown["score"]["points"]) and
          sum(g["count"] for g in groups) == shown["count"])
    sources = shown["sources"].values()
    check(f"{name}: sources add up", sum(milli(s["points"]) for s in sources) == milli(shown["score"]["points"]))


def from_table(text):
    """label -> (state, points) of the rows below "Controls"."""
    rows = {}
    lines = text.split("\nControls\n", 1)[1].split("\n\n", 1)[0].splitlines()
    columns = [match.start() for match in re.finditer(r"\S+(?: \S+)*", lines[0])]
    for line in lines[1:]:
        cells = [line[a:b].strip() for a, b in zip(columns, columns[1:] + [None])]
        rows[cells[0]] = (cells[2], cells[3])
    return rows


def from_page(text):
    rows = [row for table in of_page(text) for row in table]
    return {row[0]: (row[2].lower(), row[5]) for row in rows if len(row) == 9 and row[2].lower() in WORDS.values()}


def sheet_rows(book, title):
    """Cells by column of the rows below the head of a sheet."""
    names = [sheet.get("name") for sheet in xml.etree.ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")]
    sheet = xml.etree.ElementTree.fromstring(book.read(f"xl/worksheets/sheet{names.index(title) + 1}.xml"))
    for row in sheet.iter(f"{SHEET}row"):
        yield {re.match("[A-Z]+", cell.get("r"))[0]: of_cell(cell) for cell in row}


CONTROLS, PARTS = "Results by control", "Every part"


def from_book(path):
    with zipfile.ZipFile(io.BytesIO(pathlib.Path(path).read_bytes())) as book:
        controls = [row for row in sheet_rows(book, CONTROLS)][1:]
        parts = [row for row in sheet_rows(book, PARTS)][1:]
    found = {row["B"]: (row["D"].lower(), row["G"]) for row in controls}
    points = {}
    for row in parts:
        label = row["A"].split()[0]
        points[label] = points.get(label, 0) + milli(float(row["G"]))
    return found, points


def same(name, shown, rows):
    wanted = {c["label"]: (WORDS[c["state"]], c["points"]) for c in shown["controls"]}
    wrong = [label for label, (state, points) in wanted.items()
             if label not in rows or rows[label][0] != state or milli(float(rows[label][1])) != milli(points)]
    check(f"{name} says the same of {len(wanted)} controls", not wrong and len(rows) == len(wanted), f"{wrong[:5]} {len(rows)}")


def every_format(data, name, *asked):
    answer = run("comply", *asked, "--data", data, "--format", "json")
    check(f"{name}: json", answer.returncode == 0, answer.stderr)
    shown = json.loads(answer.stdout)
    adds_up(name, shown)
    asked = [*asked, "--as-of", shown["asOf"]] if "--as-of" not in asked else asked
    same(f"{name}: table", shown, from_table(run("comply", *asked, "--data", data).stdout))
    same(f"{name}: page", shown, from_page(run("comply", *asked, "--data", data, "--format", "html").stdout))
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/book.xlsx"
        done = run("comply", *asked, "--data", data, "--format", "xlsx", "--out", path)
        check(f"{name}: a workbook", done.returncode == 0, done.stderr)
        found, points = from_book(path)
    same(f"{name}: workbook", shown, found)
    check(f"{name}: parts of the workbook add up", all(points.get(c["label"], 0) == milli(c["points"]) for c in shown["controls"]))
    return shown


def has_records(data, shown):
    """What a policy counts are the verdicts that one finds."""
    some = [part for control in shown["controls"] for part in control["parts"] if part.get("definition") and any(part["counts"].values())]
    for part in random.Random(5).sample(some, min(2, len(some))):
        said = run("state", "list", "--data", data, "--scope", shown["scopes"][0], "--format", "json", "--filter",
                   f"policyDefinitionName eq '{part['definition'].rsplit('/', 1)[1]}'")
        check(f"{part['name']} has its verdicts", len(json.loads(said.stdout)["value"]) == sum(part["counts"].values()), said.stdout[:200])


def formats():
    with tempfile.TemporaryDirectory() as data:
        run("init", "--data", data, *CHEAP)
        check("ingest", run("ingest", "--source", "demo", str(ROOT / "content/demo/inventory"), "--data", data).returncode == 0)
        before = every_format(data, "nothing assigned", "csap-low-saas")
        check("nothing assigned: all unknown", before["states"]["unknown"] == before["count"])
        hint = "No verdict counts here at this time."
        check("what comes first is said", hint in run("comply", "csap-low-saas", "--data", data).stdout)
        near = run("policy", "assign", "csap-saas", "--scope", "/", "--data", data).stderr
        check("initiatives that are meant are named", near.endswith("; there are: csap-saas-simple, csap-saas-standard\n"), near)
        assigned = run("policy", "assign", "csap-iaas", "--scope", "/", "--data", data)
        check("assigned", assigned.returncode == 0, assigned.stderr)
        check("judged", run("judge", "start", "--data", data).returncode == 0)
        whole = every_format(data, "everywhere", "csap-iaas")
        check("with verdicts there is no such word", hint not in run("comply", "csap-iaas", "--data", data).stdout)
        check("verdicts are there", whole["coverage"]["judged"] > 30)
        check("actions raise it", whole["actions"] and whole["actions"][0]["gain"] > 0 and
              whole["together"]["points"] <= whole["score"]["most"])
        check("one verdict answers other frameworks", any(len({c["framework"] for c in r["controls"]}) > 1 for r in whole["reuse"]))
        places = json.loads(run("state", "resources", "--data", data, "--format", "json").stdout)["value"]
        group = random.Random(7).choice(sorted({re.match("(?i)/subscriptions/[^/]*/resourcegroups/[^/]*", p["id"])[0] for p in places
                                                if "/resourcegroups/" in p["id"].lower()}))
        has_records(data, every_format(data, "a group", "csap-iaas", "--scope", group))
        then = json.loads(run("comply", "csap-low-saas", "--as-of", before["asOf"], "--data", data, "--format", "json").stdout)
        check("what was is what it was", then["score"] == before["score"] and then["states"] == before["states"])
        check("under the bar", run("comply", "csap-iaas", "--fail-under", "99", "--data", data).returncode == 1)
        check("over the bar", run("comply", "csap-iaas", "--fail-under", "1", "--data", data).returncode == 0)
        check("neither", run("comply", "--data", data).returncode == 2)
        check("no such framework", run("comply", "nothing", "--data", data).returncode == 2)
        for what in (["comply", "csap-iaas"], ["statement", "gaps", "csap-iaas"], ["assets", "export"]):
            done = run("--lang", "en", *what, "--zone", "Mars", "--data", data)
            check(f"{what[0]}: a zone that is none, also where no time is shown", done.returncode == 2 and not done.stdout
                  and "--zone is UTC, Asia/Seoul or an offset such as +09:00; found 'Mars'" in done.stderr, done.stderr)
        korean = run("comply", "csap-iaas", "--data", data, "--lang", "ko").stdout
        check("in Korean", "점수" in korean and "통제 116개" in korean, korean[:300])


main(formats)
