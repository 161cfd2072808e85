#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people say about controls, by the real program (TAP): a measure is made, questions are answered by a spreadsheet, a control is
excluded, a finding opened and closed, an ISMS certificate stands in; the score follows, and every mistake is named.

test_decisions.py MAPAE SOURCE_ROOT"""
import csv
import io
import json
import pathlib
import re
import subprocess
import tempfile
import time
import zipfile

from program import MAPAE, check, environment, main, run

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1", "--set", "policies.shipped=false"]
GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
QUESTION = "Does the current security policy carry the approval of the chief information security officer?"
data = None


def mapae(*arguments, code=0):
    done = run(*arguments, "--data", data)
    if done.returncode != code:
        check(f"{' '.join(arguments)}: exit code {code}", False, f"{done.returncode}: {done.stdout}{done.stderr}")
    return done


def shown(*arguments):
    return json.loads(mapae(*arguments, "--format", "json").stdout)


def percent(measure="portal"):
    return shown("comply", "--measure", measure)["score"].get("percent", 0)


def refuses(wanted, *arguments):
    """The sentence, wholly."""
    done = run(*arguments, "--data", data)
    first = done.stderr.split("\nusage: ")[0].strip()
    check(f"refused: {' '.join(arguments)}", done.returncode == 2 and not done.stdout and first == f"mapae: error: {wanted}", done.stderr)


def now():
    time.sleep(0.01)
    at = time.time_ns() // 1000
    time.sleep(0.01)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 10**6)) + f".{at % 10**6:06}Z"


def measures():
    made = mapae("measure", "create", "portal", "--framework", "csap-iaas", "--scope", "/", "--service", "portal")
    check("a measure has the edition and the scheme", "csap-2025-02" in made.stdout and "iaas" in made.stdout)
    mapae("measure", "change", "portal", "--owner", "security", "--title", "Portal")
    one = shown("measure", "show", "portal")
    check("what is not named stays", (one["service"], one["owner"], one["scheme"]) == ("portal", "security", "iaas"), one)
    mapae("measure", "change", "portal", "--owner", "")
    check("an empty text takes a value away", "owner" not in shown("measure", "show", "portal"))
    table = mapae("measure", "list").stdout
    check("a list has it", table.splitlines()[1].split()[:3] == ["portal", "csap-2025-02", "iaas"], table)
    check("measures have scores", [m["measure"]["name"] for m in shown("measure", "scores")["value"]] == ["portal"])


def questions(folder):
    sheet, filled = f"{folder}/questions.csv", f"{folder}/filled.csv"
    mapae("answer", "export", "--measure", "portal", "--format", "csv", "--out", sheet)
    rows = list(csv.reader(io.StringIO(pathlib.Path(sheet).read_text(encoding="utf-8-sig"))))
    waiting = shown("answer", "questions", "--measure", "portal")["value"]
    check("every question has a row", len(rows) - 1 == len(waiting) > 200 and rows[0][:5] == ["Control", "Title", "No.", "Asked", "Answer"])

    def write(path, change):
        copy = [list(row) for row in rows]
        change(copy)
        with open(path, "w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(copy)

    def fill(copy):
        for row in copy[1:]:
            row[4] = "yes"
        copy[3][4], copy[4][4], copy[5][5], copy[5][6] = "예", "n/a", "=1+1 is seen", "2099-12-31"

    def spoil(copy):
        fill(copy)
        copy[5][4], copy[6][0], copy[7][2], copy[8][3] = "maybe", "1.1.99", "77", "Something else?"
        copy[9][6], copy[10][6] = "2020-01-01", "soon"
        copy.append(copy[1])

    write(f"{folder}/wrong.csv", spoil)
    wrong = mapae("answer", "import", f"{folder}/wrong.csv", "--measure", "portal", code=2)
    check("every wrong cell is named", wrong.stderr.splitlines() == [f"mapae: error: {folder}/wrong.csv:{line}" for line in (
        "E6: 'maybe' is no answer; wanted is yes, no or not applicable",
        "A7: '1.1.99' is no control here",
        "C8: control '1.2.1' has no question '77'",
        "D9: the question is worded otherwise now; export the questions anew",
        "G10: 2020-01-01 is over; wanted is a day to come",
        "G11: 'soon' is no day; wanted is one such as 2026-12-31",
        f"A{len(rows) + 1}: row 2 answers the same question",
        " nothing is written: 7 cells are wrong")], wrong.stderr)
    check("and nothing is written", shown("answer", "list", "--measure", "portal")["value"] == [])
    write(filled, fill)
    tried = mapae("answer", "import", filled, "--measure", "portal", "--dry-run")
    check("a trial writes nothing", tried.stderr == f"mapae: Everything is right. Answers that would be written: {len(rows) - 1}.\n" and
          shown("answer", "list", "--measure", "portal")["value"] == [], tried.stderr)
    check("all are written", mapae("answer", "import", filled, "--measure", "portal").stdout.split() == ["Written", str(len(rows) - 1)])
    answers = shown("answer", "list", "--measure", "portal")["value"]
    kept = [a for a in answers if a.get("note")]
    check("as they were filled in", len(answers) == len(rows) - 1 and [a["answer"] for a in answers[:4]] == ["yes", "yes", "yes", "notApplicable"] and
          [(a["note"], a["validUntil"][:10]) for a in kept] == [("=1+1 is seen", "2099-12-31")], kept)
    check("nothing waits", shown("answer", "questions", "--measure", "portal")["value"] == [])
    again = mapae("answer", "import", filled, "--measure", "portal")
    check("what stands so is not said anew", again.stdout == "" and "stand so already" in again.stderr, again.stderr)


def since(folder):
    """A sheet comes back later: what was said since is not replaced by accident."""
    sheet, later, second = f"{folder}/before.csv", f"{folder}/later.csv", ("--question", "2", "--measure", "portal")

    def said():
        return [(a["answer"], a.get("note", "")) for a in shown("answer", "list", "--measure", "portal")["value"] if a["id"].startswith("csap-2025-02~csap-2025-02-1.1.1~")]

    mapae("answer", "export", "--measure", "portal", "--all", "--format", "csv", "--out", sheet)
    rows = list(csv.reader(io.StringIO(pathlib.Path(sheet).read_text(encoding="utf-8-sig"))))
    at = next(i for i, row in enumerate(rows) if row[0] == "1.1.1" and row[2] == "2")
    check("each row says what it was made from", rows[0][9] == "Made from (leave as it is)" and
          all(re.match(r"^20\d\d-\d\d-\d\dT[0-9:.]+Z [0-9a-f]{16}$", row[9]) for row in rows[1:]), rows[at])

    def write(change):
        copy = [list(row) for row in rows]
        change(copy)
        with open(later, "w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(copy)

    def answer(row, text, note=""):
        row[4], row[5] = text, note

    mapae("answer", "set", "1.1.1", "no", *second, "--note", "Not all were told")
    came = mapae("answer", "import", sheet, "--measure", "portal")
    check("a row that nobody changed replaces nothing", said()[1] == ("no", "Not all were told") and came.stdout == "" and
          "1 answers were changed by others, and not in the sheet: theirs stay." in came.stderr, came.stderr)
    write(lambda copy: (answer(copy[at], "해당 없음"), answer(copy[at - 1], "yes", "The first")))
    mapae("answer", "withdraw", "1.1.1", *second)
    lost = mapae("answer", "import", later, "--measure", "portal", code=2)
    check("what was withdrawn since is named", lost.stderr.splitlines() == [
        f"mapae: error: {later}:E{at + 1}: question 2 of control '1.1.1': the answer that this row was made from was withdrawn since",
        f"mapae: error: {later}: nothing is written: others answered 1 of these questions since; empty the answer of a row to keep theirs, or replace them with --over"],
        lost.stderr)
    check("and of the others nothing is written", len(said()) == 1 and said()[0] == ("yes", ""), said())
    check("neither is it tried", "withdrawn since" in mapae("answer", "import", later, "--measure", "portal", "--dry-run", code=2).stderr)
    check("knowingly it is replaced", mapae("answer", "import", later, "--measure", "portal", "--over").stdout.split() == ["Written", "2"] and
          said() == [("yes", "The first"), ("notApplicable", "")], said())
    write(lambda copy: (answer(copy[at], "no"), answer(copy[at - 1], "no")))
    check("his own answers nobody has to replace knowingly", mapae("answer", "import", later, "--measure", "portal").stdout.split() == ["Written", "2"])
    write(lambda copy: ([row.pop() for row in copy], answer(copy[at], "yes"), answer(copy[at - 1], "yes")))
    check("a sheet of before has no such column", mapae("answer", "import", later, "--measure", "portal").stdout.split() == ["Written", "2"] and
          said() == [("yes", ""), ("yes", "")], said())
    write(lambda copy: (answer(copy[at], "no"), copy[at].__setitem__(9, "yesterday")))
    check("what is spoilt is named", f":J{at + 1}: 'yesterday' is not what the export wrote here; export the questions anew" in
          mapae("answer", "import", later, "--measure", "portal", code=2).stderr)


def books(folder):
    book = f"{folder}/all.xlsx"
    mapae("answer", "export", "--measure", "portal", "--all", "--out", book, "--lang", "ko")
    with zipfile.ZipFile(book) as packed:
        first = packed.read("xl/worksheets/sheet1.xml").decode()
    check("a workbook has a frozen head and a filter", "<autoFilter" in first and 'state="frozen"' in first)
    check("it comes back without a word of which measure", "already" in mapae("answer", "import", book).stderr)
    mapae("measure", "create", "other", "--framework", "csap-iaas", "--scope", "/")
    refuses(f"{book}: the sheet is of the measure 'portal', not of 'other'", "answer", "import", book, "--measure", "other")
    (pathlib.Path(folder) / "other.csv").write_text("name,value\na,b\n", encoding="utf-8")
    refuses(f"{folder}/other.csv: this is no sheet of answers: its first row has no column 'Control'; mapae answer export makes one",
            "answer", "import", f"{folder}/other.csv", "--measure", "portal")


def story():
    before, answered = now(), percent()
    mapae("exclusion", "add", "8.1.1", "--measure", "portal", "--justification", "No premises of our own")
    states = {c["label"]: c["state"] for c in shown("comply", "--measure", "portal")["controls"]}
    check("an excluded control does not apply", states["8.1.1"] == "notApplicable", states["8.1.1"])
    without = percent()
    opened = shown("finding", "open", "1.1.1", "--measure", "portal", "--severity", "high", "--title", "Not signed", "--due", "2099-01-31")
    check("a finding has an id to copy", GUID.match(opened["id"]) and opened["id"] in mapae("finding", "list", "--measure", "portal").stdout)
    fallen, then = percent(), now()
    check("the score falls", fallen < without, (fallen, without))
    worse = shown("compare", "--measure", "portal", "--as-of", before)
    check("compare names what is worse", [c["from"]["label"] for c in worse["controls"] if c["change"] == "worse"] == ["1.1.1"] and worse["sums"]["worse"] == 1,
          worse["sums"])
    mapae("finding", "close", opened["id"], "--resolution", "Signed on 3 March")
    check("the score rises", percent() == without > fallen)
    table = mapae("compare", "--measure", "portal", "--as-of", then).stdout
    check("compare says so in a table", re.search(r"(?m)^1\.1\.1 +better", table) and "Controls: 1 better, 0 worse, 115 the same" in table, table)
    table = mapae("compare", "csap", "isms-p").stdout
    check("frameworks that nothing connects have their scores beside each other, and no controls",
          re.search(r"(?m)^Framework +csap-2025-02 +isms-p-2023", table) and "No mapping connects" in table and "1.1.1" not in table, table)
    check("compare as CSV has every control", len(mapae("compare", "--measure", "portal", "--as-of", then, "--format", "csv").stdout.splitlines()) == 117)
    trend = shown("trend", "--measure", "portal", "--from", before, "--points", "3")["value"]
    check("a trend ends now", trend[0]["percent"] == answered and trend[-1]["percent"] == without, trend)
    lines = mapae("trend", "--measure", "portal", "--from", before, "--points", "3").stdout.splitlines()
    check("a trend has bars, in 80 columns", len(lines) == 4 and all("#" in line for line in lines[1:]) and all(len(line) <= 80 for line in lines) and
          lines[0].split("  ")[-1].strip() in ("Non-compliant", "Unknown"), lines)
    mapae("exclusion", "withdraw", "8.1.1", "--measure", "portal")
    mapae("answer", "withdraw", "1.1.1", "--question", "2", "--measure", "portal")
    check("a withdrawn answer waits again", [(q["control"], q["question"]) for q in shown("answer", "questions", "--measure", "portal")["value"]] == [("1.1.1", "2")])
    mapae("answer", "set", "1.1.1", "no", "--question", "2", "--measure", "portal", "--note", "Not all were told")
    mapae("answer", "set", "csap/1.1.2", "not-applicable")
    check("without a measure it counts everywhere", [a["control"] for a in shown("answer", "list")["value"]] == ["csap-2025-02-1.1.2"] and
          shown("answer", "list", "--control", "csap/1.1.1")["value"] == [])
    mapae("decision", "set", "1.1.1", "--measure", "portal", "--responsibility", "shared", "--reasons", "law,risk", "--target-date", "2099-03-31")
    check("a decision is kept", shown("decision", "list", "--measure", "portal")["value"][0]["reasons"] == ["law", "risk"])


def certificates():
    mapae("certificate", "set", "portal", "--number", "CSAP-2026-017", "--issued", "2026-03-02", "--expires", "2031-03-01")
    check("a certificate is shown", "CSAP-2026-017" in mapae("certificate", "show", "portal").stdout)
    isms = ["certificate", "substitute", "other", "--number", "ISMS-11", "--issued", "2026-01-01", "--expires", "2099-12-31", "--scope", "The service"]
    mapae(*isms)
    check("a scope that nobody compared covers nothing", not shown("certificate", "substitution", "other")["inForce"] and percent("other") == 0)
    mapae(*isms, "--covers-scope")
    seen = shown("certificate", "substitution", "other")
    replaced = [c for c in seen["value"] if c["substituted"]]
    check("61 controls are replaced, as inherited", seen["inForce"] and len(replaced) == seen["totals"]["substituted"] == 61 and
          all(c["state"] == "compliant" and c["inherited"] for c in replaced) and not any(c["inherited"] for c in seen["value"] if not c["substituted"]),
          seen["totals"])
    state = shown("comply", "--measure", "other")
    check("their points are inherited ones", state["sources"]["inherited"]["points"] == sum(c["points"] for c in replaced) == state["score"]["points"] > 0)
    check("a table says it item by item", "61 of 116 controls are replaced, 55 remain." in mapae("certificate", "substitution", "other").stdout)
    mapae("finding", "open", replaced[0]["label"], "--measure", "other", "--severity", "low", "--title", "Found all the same")
    again = {c["label"]: c for c in shown("certificate", "substitution", "other")["value"]}
    check("a finding counts beside it", again[replaced[0]["label"]]["state"] == "partial", again[replaced[0]["label"]])
    mapae("measure", "change", "other", "--scope", "/subscriptions/63f706e5-3867-4890-8129-5d14e31cdb8f")
    check("what was confirmed for other places ends with them", run("certificate", "substitution", "other", "--data", data).returncode == 2)
    mapae("measure", "change", "other", "--scope", "/")
    mapae(*isms, "--covers-scope")
    mapae("certificate", "end-substitution", "other", "--yes")
    check("without it they stand by themselves", percent("other") == 0 and
          run("certificate", "substitution", "other", "--data", data).returncode == 2)


def mistakes():
    refuses("there is no framework 'nothing'; there are cis-csc, csap, fedramp, fsi, isms-p, iso-27001, iso-27017, iso-27018, nist-csf, soc-azure, soc-office-365", "answer", "set", "nothing/1.1.1", "yes")
    refuses("the framework 'csap-2025-02' has no control '1.1.99'", "answer", "set", "1.1.99", "yes", "--measure", "portal")
    refuses("control '1.1.1' has 2 questions; there is none of number 9", "answer", "set", "1.1.1", "yes", "--question", "9", "--measure", "portal")
    refuses('an answer is yes, no or not-applicable, not "maybe"', "answer", "set", "1.1.1", "maybe", "--measure", "portal")
    refuses('"1.1.1" says no framework: wanted FRAMEWORK/CONTROL, or --measure beside it', "answer", "set", "1.1.1", "yes")
    refuses("\"validUntil\" is '2020-01-01T00:00:00.0000000Z', which is over; wanted is a time to come",
            "exclusion", "add", "8.1.1", "--measure", "portal", "--justification", "x", "--valid-until", "2020-01-01")
    refuses("there is no measure 'none'; there are: other, portal", "exclusion", "add", "8.1.1", "--measure", "none", "--justification", "x")
    refuses("there is no measure 'porta'; there are: portal", "comply", "--measure", "porta")
    refuses("there was no measure 'portal' at that time", "comply", "--measure", "portal", "--as-of", "2020-01-01")
    refuses("there is a measure 'portal' already", "measure", "create", "portal", "--framework", "csap-iaas", "--scope", "/")
    refuses("--scope wants an id, and is empty", "comply", "csap-iaas", "--scope", "")
    refuses("there is no initiative and no policy definition 'csap-saas'", "policy", "assign", "csap-saas", "--scope", "/")
    refuses("'portal' begins no id; wanted is \"/\", or /subscriptions/GUID and what is below it, or /providers/...",
            "comply", "csap-iaas", "--scope", "portal")
    refuses("there is no framework 'nothing'; there are cis-csc, csap, fedramp, fsi, isms-p, iso-27001, iso-27017, iso-27018, nist-csf, soc-azure, soc-office-365",
            "evidence", "due", "--framework", "nothing")
    refuses("there is no framework 'nothing'; there are cis-csc, csap, fedramp, fsi, isms-p, iso-27001, iso-27017, iso-27018, nist-csf, soc-azure, soc-office-365", "measure", "create", "second", "--framework", "nothing", "--scope", "/")
    refuses("a certificate of 2026-03-02 cannot expire on 2026-03-01", "certificate", "set", "portal", "--issued", "2026-03-02", "--expires", "2026-03-01")
    refuses("compared with what? wanted --as-of, --with-as-of, --with-scope, --with-measure or a second framework", "compare", "csap-iaas")
    refuses("this cannot be undone; say --yes", "measure", "delete", "portal")
    refuses("nothing of this id is said about a control", "exclusion", "withdraw", "8.1.1", "--measure", "portal")
    done = run("answer", "set", "1.1.99", "yes", "--measure", "portal", "--data", data, "--lang", "ko")
    check("in Korean too", "통제" in done.stderr and "1.1.99" in done.stderr, done.stderr)


def decisions():
    global data
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        run("init", "--data", data, *CHEAP)
        # One server for all: each command is a request to it.
        with subprocess.Popen([MAPAE, "serve", "--data", data, "--listen", "127.0.0.1:0", *CHEAP], env=environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            try:
                check("a server is ready", "ready on" in server.stdout.readline())
                measures()
                questions(folder)
                books(folder)
                since(folder)
                story()
                certificates()
                mistakes()
            finally:
                server.terminate()


main(decisions)
