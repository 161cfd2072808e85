#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What mapae writes, read by somebody else's parser, and the same story in every format (TAP).

test_formats.py MAPAE SOURCE_ROOT"""
import collections
import csv
import fcntl
import html.parser
import io
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unicodedata
import xml.etree.ElementTree as ElementTree

from program import MAPAE, ROOT, check, environment, main, run

CASES = pathlib.Path(__file__).resolve().parent / "cases"
NOW = "2026-01-31T09:00:00Z"
BAD = '{"id" 1}\n'  # a document that nobody can read
SCAN = ["--policy", str(ROOT / "content/initiatives/korea-baseline.json"), "--library", str(ROOT / "content/policies"),
        "--policy", str(CASES / "land/states.json"), "--policy", str(CASES / "land/rules.json"), "--now", NOW]
FAILED = ("NonCompliant", "Error", "Conflicting")


class Scan:
    """The demo inventory and an odd one, in one language and every format."""

    def __init__(self, lang, folder):
        self.lang = lang
        bad = pathlib.Path(folder, "bad.ndjson")
        bad.write_text(BAD, encoding="utf-8")
        inputs = [str(ROOT / "content/demo/inventory"), str(CASES / "land/land.json"), str(bad)]
        self.runs = {f: run("--lang", lang, "scan", *SCAN, "--format", f, *inputs)
                     for f in ("table", "json", "ndjson", "csv", "sarif", "junit", "html")}
        self.json = json.loads(self["json"])
        self.records = self.json["records"]
        self.states = collections.Counter(r["complianceState"] for r in self.records)

    def __getitem__(self, name):
        return self.runs[name].stdout


def every_format_ends_alike(scan):
    for name, done in scan.runs.items():
        check(f"{name} ({scan.lang}) ends with 3, for the bad document", done.returncode == 3, done.stderr)
        said = f"{'bad.ndjson'}:1:7: " in done.stderr
        check(f"{name} ({scan.lang}) names it, there or on standard error",
              said if name in ("ndjson", "csv") else "bad.ndjson" in done.stdout, done.stderr)
    check(f"all that can be is in it ({scan.lang})", set(scan.states) ==
          {"NonCompliant", "Compliant", "Error", "Conflicting", "Protected", "Unknown", "NotEvaluated"}, scan.states)


def json_is_as_documented(scan):
    schema = json.loads((ROOT / "content/schemas/verdict.schema.json").read_text(encoding="utf-8"))
    lacking = [r for r in scan.records if not set(schema["required"]) <= set(r) or set(r) - set(schema["properties"])]
    check(f"records have the members of the schema ({scan.lang})", not lacking, lacking[:1])
    lines = [json.loads(line) for line in scan["ndjson"].splitlines()]
    check(f"ndjson has the records of json ({scan.lang})", lines == scan.records)
    pairs = scan.json["summary"]["pairs"]
    counted = {state: pairs[state[0].lower() + state[1:]] for state in scan.states}
    check(f"the sums are those of the records ({scan.lang})", counted == scan.states
          and pairs["total"] == len(scan.records), (counted, scan.states))
    check(f"the bad document is counted ({scan.lang})", scan.json["summary"]["badDocuments"] == 1)
    check(f"times are those of --now ({scan.lang})", {r["timestamp"] for r in scan.records} == {NOW})


def csv_has_a_row_for_each(scan):
    text = scan["csv"]
    check(f"csv begins with a byte order mark ({scan.lang})", text.startswith("\ufeff"))
    rows = list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))
    check(f"csv has no cells too many or too few ({scan.lang})",
          all(None not in row and None not in row.values() for row in rows))
    same = [(r["complianceState"], r["resourceId"], r["policyDefinitionName"], r["reasonCode"]) for r in rows]
    wanted = [(r["complianceState"], r.get("resourceId", ""), r.get("policyDefinitionName", ""), r["reason"]["code"])
              for r in scan.records]
    check(f"csv tells the records ({scan.lang})", same == wanted)


def sarif_has_what_2_1_0_requires(scan):
    log = json.loads(scan["sarif"])
    check(f"sarif: version, schema, one run ({scan.lang})", log["version"] == "2.1.0"
          and log["$schema"].startswith("https://") and len(log["runs"]) == 1)
    one = log["runs"][0]
    rules = one["tool"]["driver"]["rules"]
    check(f"sarif: a tool with a name, rules with ids ({scan.lang})", one["tool"]["driver"]["name"] == "Mapae"
          and all(r["id"] and r["shortDescription"]["text"] for r in rules)
          and len({r["id"] for r in rules}) == len(rules))
    results = one["results"]
    check(f"sarif: a result for each that failed ({scan.lang})",
          len(results) == sum(scan.states[s] for s in FAILED), len(results))
    wrong = [r for r in results
             if not r["message"]["text"] or r["level"] not in ("error", "warning", "note")
             or rules[r["ruleIndex"]]["id"] != r["ruleId"]]
    check(f"sarif: results have message, level and rule ({scan.lang})", not wrong, wrong[:1])
    physical = [l["physicalLocation"] for r in results for l in r["locations"] if "physicalLocation" in l]
    check(f"sarif: places have a uri and a line ({scan.lang})", len(physical) == len(results)
          and all(p["artifactLocation"]["uri"] and " " not in p["artifactLocation"]["uri"]
                  and p["region"]["startLine"] >= 1 for p in physical), physical[:1])
    prints = [json.dumps(r["partialFingerprints"]) for r in results]
    check(f"sarif: fingerprints differ ({scan.lang})", len(set(prints)) == len(prints))
    told = one["invocations"][0]
    check(f"sarif: the bad document is a notification ({scan.lang})", told["executionSuccessful"] is True
          and [n["level"] for n in told["toolExecutionNotifications"]] == ["warning"], told)


def junit_has_a_case_for_each(scan):
    root = ElementTree.fromstring(scan["junit"])
    suites = root.findall("testsuite")
    cases = [case for suite in suites for case in suite.findall("testcase")]
    found = collections.Counter(next((child.tag for child in case if child.tag != "system-out"), "passed")
                                for case in cases)
    wanted = collections.Counter({"passed": scan.states["Compliant"], "failure": scan.states["NonCompliant"],
                                  "error": scan.states["Error"] + scan.states["Conflicting"] + 1,
                                  "skipped": scan.states["Unknown"] + scan.states["NotEvaluated"] +
                                  scan.states["Protected"]})
    check(f"junit tells every verdict, and the bad document ({scan.lang})", found == wanted, (found, wanted))
    check(f"junit adds up ({scan.lang})", int(root.get("tests")) == len(cases)
          and int(root.get("failures")) == found["failure"] and int(root.get("errors")) == found["error"]
          and int(root.get("skipped")) == found["skipped"]
          and all(int(s.get("tests")) == len(s.findall("testcase")) for s in suites), root.attrib)


class Page(html.parser.HTMLParser):
    EMPTY = {"meta", "br", "hr", "img", "input", "link", "wbr", "col", "path", "rect", "circle", "line", "use"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.ids, self.fetched, self.lang, self.text = [], [], [], [], None, []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.lang = given.get("lang") if tag == "html" else self.lang
        self.ids += [given["id"]] if "id" in given else []
        self.fetched += [given[a] for a in ("src", "action", "data") if a in given]
        self.fetched += [given["href"]] if tag in ("link", "image", "use") and "href" in given else []
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append((tag, self.getpos()))

    def handle_data(self, data):
        self.text.append(data)


def html_is_one_sound_page(scan):
    page = Page()
    page.feed(scan["html"])
    page.close()
    check(f"html closes what it opens ({scan.lang})", not page.wrong and not page.open, (page.wrong[:3], page.open))
    check(f"html says its language ({scan.lang})", page.lang == scan.lang, page.lang)
    check(f"html fetches nothing ({scan.lang})", not [f for f in page.fetched if not f.startswith("#")], page.fetched)
    check(f"html has no id twice ({scan.lang})", len(set(page.ids)) == len(page.ids))
    text = " ".join(page.text)
    lacking = {r["resourceName"] for r in scan.records if r["complianceState"] in FAILED
               and r["resourceName"] not in text}
    check(f"html names every resource that failed ({scan.lang})", not lacking, lacking)


def width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def table_fits(scan):
    long = [line for line in scan["table"].splitlines() if width(line) > 80]
    check(f"no line of the table is over 80 columns ({scan.lang})", not long, long[:2])
    check(f"the table speaks the language ({scan.lang})",
          bool(re.search("[가-힣]{2}", re.sub(r"rg-|sthnl", "", scan["table"].split("\n")[0]))) == (scan.lang == "ko"))


def scans():
    with tempfile.TemporaryDirectory() as folder:
        both = {lang: Scan(lang, folder) for lang in ("en", "ko")}
        for scan in both.values():
            for part in (every_format_ends_alike, json_is_as_documented, csv_has_a_row_for_each,
                         sarif_has_what_2_1_0_requires, junit_has_a_case_for_each, html_is_one_sound_page, table_fits):
                part(scan)
        english, korean = ([{**r, "policyDisplayName": "", "reason": {**r["reason"], "message": ""}}
                            for r in scan.records] for scan in both.values())
        check("but for display names and sentences records are the same in both languages", english == korean)
        check("sentences are not", all(a["reason"]["message"] != b["reason"]["message"] for a, b in
                                       zip(both["en"].records, both["ko"].records)))


# ---- lint, test, eval ----

BROKEN = """{"name": "broken", "properties": {"mode": "All", "parameters": {"unused": {"type": "String"}},
  "policyRule": {"if": {"field": "type", "equal": "x"}, "then": {"effect": "audit"}}}}
"""


def lint():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "broken.json")
        path.write_text(BROKEN, encoding="utf-8")
        for lang in ("en", "ko"):
            done = run("--lang", lang, "lint", "--format", "json", str(path), str(ROOT / "content/policies/storage"))
            found = json.loads(done.stdout)
            check(f"lint json: its members ({lang})", list(found) ==
                  ["definitions", "compiled", "initiatives", "initiativesResolved", "errors", "warnings", "byMode",
                   "byEffect", "diagnostics"], list(found))
            check(f"lint json: it adds up ({lang})", found["definitions"] == found["compiled"] + 1
                  and found["errors"] == sum(d["severity"] == "error" for d in found["diagnostics"]) == 1
                  and sum(found["byMode"].values()) == sum(found["byEffect"].values()) == found["definitions"], found)
            (one,) = found["diagnostics"]
            check(f"lint json: a diagnostic ({lang})", list(one) ==
                  ["file", "line", "column", "severity", "code", "message", "suggestion"] and one["file"] == str(path)
                  and (one["line"], one["column"]) == (2, 43) and one["code"] == "compile"
                  and one["suggestion"] == "equals", one)
            check(f"lint json: exit code 1 ({lang})", done.returncode == 1)
        check("lint json: only the sentence has a language", "가" <= one["message"][-1] <= "힣", one["message"])
        log = json.loads(run("lint", "--format", "sarif", str(path)).stdout)
        (result,) = log["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        check("lint sarif", log["version"] == "2.1.0" and log["runs"][0]["tool"]["driver"]["name"]
              and result["ruleId"] == "compile" and result["level"] == "error" and result["message"]["text"]
              and place["artifactLocation"]["uri"] == str(path)
              and place["region"] == {"startLine": 2, "startColumn": 43}, result)


def tests():
    where = str(ROOT / "content/policies/storage")
    done = run("test", "--format", "junit", where)
    root = ElementTree.fromstring(done.stdout)
    cases = root.findall("testsuite/testcase")
    written = [t["name"] for p in sorted(pathlib.Path(where).glob("*.test.json"))
               for t in json.loads(p.read_text(encoding="utf-8"))["tests"]]
    check("test junit: every test is a case", done.returncode == 0
          and [c.get("name") for c in cases] == written and int(root.get("tests")) == len(written), len(cases))
    lines = {(pathlib.Path(c.get("file")).name, c.get("line")) for c in cases}
    check("test junit: each has a file and a line of its own", len(lines) == len(cases)
          and all(c.get("classname") for c in cases))
    found = json.loads(run("test", "--format", "json", "--coverage", "full", where).stdout)
    cover = found["coverage"]
    check("test json: coverage adds up", cover["percent"] == 100 * cover["both"] // cover["conditions"]
          and len(cover["uncovered"]) == cover["conditions"] - cover["both"]
          and found["passed"] == len(written) and found["failed"] == 0, cover)
    bad = run("test", "--format", "junit", "--lang", "ko", str(CASES / "ports.test.json"))
    root = ElementTree.fromstring(bad.stdout)
    check("test junit: a failure says why", bad.returncode == 1 and root.get("failures") == "1"
          and "기대한" in root.find(".//failure").text, bad.stdout)
    check("test: too little coverage is a failure",
          run("test", "--format", "junit", "--min-coverage", "100", where).returncode == (cover["percent"] < 100))


# ---- explain: nothing is cut ----

LONG = "".join(f"{i}-" for i in range(2000))
MANY = [f"value-{i}" for i in range(300)]
RULE = {"name": "long", "properties": {"mode": "All", "policyRule": {
    "if": {"allOf": [
        {"field": "type", "equals": "Contoso.Demo/things"},
        {"field": "Contoso.Demo/things/long", "notIn": MANY},
        {"count": {"field": "Contoso.Demo/things/list[*]",
                   "where": {"field": "Contoso.Demo/things/list[*]", "like": "value-*"}}, "equals": 300}]},
    "then": {"effect": "audit"}}}}
THING = {"id": "/subscriptions/s/resourceGroups/g/providers/Contoso.Demo/things/t", "name": "t",
         "type": "Contoso.Demo/things", "properties": {"long": LONG, "list": MANY}}


def on_a_terminal(columns, *arguments):
    """What stands on a terminal of that width, as the lines that were written."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([MAPAE, *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
                               env=environment(TERM="dumb", NO_COLOR="1", LC_ALL="C.UTF-8"))
    os.close(theirs)
    data = b""
    while True:
        try:
            more = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        data += more
    os.close(ours)
    process.stderr.close()
    return process.wait(), data.decode("utf-8").replace("\r\n", "\n").splitlines()


def without_drawing(lines):
    return re.sub(r"[\s│├└─]", "", "".join(lines))


def explanations_are_whole():
    with tempfile.TemporaryDirectory() as folder:
        for name, document in (("rule", RULE), ("thing", THING)):
            pathlib.Path(folder, name).write_text(json.dumps(document), encoding="utf-8")
        arguments = ["explain", "-p", f"{folder}/rule", "-r", f"{folder}/thing"]
        text = run(*arguments).stdout
        check("explain, into a pipe: long values are whole", f'found "{LONG}"' in text
              and "[" + ",".join(f'"{v}"' for v in MANY) + "]" in text)
        check("explain, into a pipe: every element is there",
              all(f'[{i}] "{v}"' in text and text.count(f'found "{v}"') == 1 for i, v in enumerate(MANY)))
        for columns in (40, 80, 200):  # deep in a tree 40 are too few: a line is then left whole
            code, lines = on_a_terminal(columns, *arguments)
            check(f"explain, {columns} columns: no line is wider", code == 0
                  and max(map(width, lines)) <= max(columns, 70), max(map(width, lines)))
            check(f"explain, {columns} columns: nothing is lost", without_drawing(lines) ==
                  without_drawing(text.splitlines()))
        found = json.loads(run(*arguments, "--format", "json").stdout)
        first, second, third = found["if"]["steps"]
        check("explain json: values are whole", second["actual"] == LONG and second["wanted"] == MANY
              and first["actual"] == THING["type"], second["operator"])
        (count,) = third["steps"]
        check("explain json: every element is there", [e["actual"] for e in count["steps"]] == MANY
              and [e["index"] for e in count["steps"]] == list(range(300)), count["actual"])
        record = json.loads(run("scan", "-p", f"{folder}/rule", "-f", "ndjson", f"{folder}/thing").stdout)
        check("scan: a reason is whole", LONG in record["reason"]["message"]
              and [c.get("actual") for c in record["reason"]["conditions"]].count(LONG) == 1
              and MANY in [c["wanted"] for c in record["reason"]["conditions"]])


main(scans, lint, tests, explanations_are_whole)
