#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_report.py RENDER FIXTURE SCHEMA: print the fixture in every format, read it back, and see that
what must stand there stands there. Needs nothing but Python; with jsonschema it also uses the schema."""
import base64
import collections
import csv
import hashlib
import html.parser
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree

RENDER, FIXTURE, SCHEMA = sys.argv[1:4]
FORMATS = ("table", "json", "ndjson", "csv", "sarif", "junit", "html")
LANGUAGES = ("en", "ko")
fixture = json.load(open(FIXTURE, encoding="utf-8"))


def render(name, lang, *options):
    done = subprocess.run([RENDER, FIXTURE, name, lang, *options], stdout=subprocess.PIPE, check=True)
    return done.stdout


def text(name, lang, *options):
    return render(name, lang, *options).decode("utf-8")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def equal(found, wanted, what):
    expect(found == wanted, f"{what}: found {found!r}, wanted {wanted!r}")


def checks_of(policy):
    return max(1, bool(policy["isms"]) + bool(policy["iso"]))


def verdicts():
    """Every verdict as often as its policy is judged, in the order of the inventory."""
    for verdict in fixture["verdicts"]:
        for _ in range(checks_of(fixture["policies"][verdict["policy"]])):
            yield verdict


STATES = collections.Counter(verdict["state"] for verdict in verdicts())
TOTAL = sum(STATES.values())


# ---- json, ndjson ----

def check_json():
    for lang in LANGUAGES:
        document = json.loads(text("json", lang))
        lines = [json.loads(line) for line in text("ndjson", lang).splitlines()]
        equal(lines, document["records"], "ndjson and json hold the same records")
        equal(list(document), ["tool", "records", "summary"], "the sums come last")
        equal(len(lines), TOTAL, "records")
        check_records(lines)
        check_schema(lines)
        check_summary(document["summary"])
    one = text("json", "en", "batch=1")
    equal(one, text("json", "en", "batch=1000"), "the size of a buffer does not show")
    equal(json.loads(text("json", "en", "empty"))["records"], [], "no records")


def check_records(records):
    for record, verdict in zip(records, verdicts()):
        resource = fixture["resources"][verdict["resource"]]
        equal(record["complianceState"], verdict["state"], "state")
        equal(record.get("resourceId", ""), resource["id"], "hostile text survives as it is")
        equal(record["reason"]["code"], verdict["reason"], "reason")
        expect(re.search(r"[.]$", record["reason"]["message"]), "a sentence ends")
        equal(len(record["reason"]["conditions"]), len(verdict["conditions"]), "conditions")
        for found, wanted in zip(record["reason"]["conditions"], verdict["conditions"]):
            equal("actual" in found, "actual" in wanted, "absent stays absent")
            equal(found.get("actual"), wanted.get("actual"), "actual")
            equal(found["wanted"], wanted["wanted"], "wanted")
            expect(wanted["subject"] in record["reason"]["message"], "every condition is told")


def check_schema(records):
    schema = json.load(open(SCHEMA, encoding="utf-8"))
    known = set(schema["properties"])
    policy = pathlib.Path(SCHEMA).resolve().parents[2] / "src" / "policy"
    reasons = re.findall(r'^MP_REASON\(\w+, *"([^"]+)"', (policy / "reasons.def").read_text(), re.M)
    equal(schema["properties"]["reason"]["properties"]["code"]["enum"], reasons, "reasons of the schema")
    states = re.findall(r'^MP_STATE\(\w+, *"([^"]+)"', (policy / "states.def").read_text(), re.M)
    equal(schema["properties"]["complianceState"]["enum"] + ["NotApplicable"], states, "states of the schema")
    for record in records:
        expect(set(record) <= known, f"not in the schema: {set(record) - known}")
        expect(set(schema["required"]) <= set(record), f"missing: {set(schema['required']) - set(record)}")
        for condition in record["reason"]["conditions"]:
            expect(set(condition) <= set(schema["$defs"]["condition"]["properties"]), condition)
    try:
        import jsonschema
    except ImportError:
        return
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for record in records:
        validator.validate(record)


def check_summary(summary):
    for state, count in STATES.items():
        equal(summary["pairs"][state[0].lower() + state[1:]], count, state)
    equal(len(summary["initiatives"]), len(fixture["initiatives"]), "initiatives")
    equal(len(summary["groups"]), sum(len(i["groups"]) for i in fixture["initiatives"]), "groups")
    equal([p["source"]["file"] for p in summary["problems"]], [p["file"] for p in fixture["problems"]], "problems")
    equal(summary["policies"][0]["resources"]["total"], 9, "a policy's resources")
    empty = next(g for g in summary["groups"] if g["name"] == "2.5.5")
    equal(empty["resources"]["compliancePercent"], None, "nothing to judge is no percentage")


# ---- csv ----

def check_csv():
    for lang in LANGUAGES:
        data = render("csv", lang)
        expect(data.startswith(b"\xef\xbb\xbf"), "byte order mark")
        expect(data.endswith(b"\r\n"), "ends with CR LF")
        rows = list(csv.reader(io.StringIO(data[3:].decode("utf-8"), newline=""), strict=True))
        equal(len(rows), TOTAL + 1, "rows")
        expect(all(len(row) == len(rows[0]) for row in rows), "as many cells in every row")
        equal(rows[0][0], "timestamp", "names of columns")
        for row in rows[1:]:
            for cell in row:
                expect(not re.match(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]", cell), f"a formula: {cell!r}")
                expect(not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", cell), f"a control character: {cell!r}")


# ---- sarif ----

def check_sarif():
    for lang in LANGUAGES:
        log = json.loads(text("sarif", lang))
        equal(log["version"], "2.1.0", "version")
        expect("sarif-schema-2.1.0" in log["$schema"], "schema")
        (run,) = log["runs"]
        driver = run["tool"]["driver"]
        equal(driver["name"], "Mapae", "name")
        rules = driver["rules"]
        equal(len(rules), len(fixture["policies"]), "a rule for each policy, once")
        equal(len({rule["id"] for rule in rules}), len(rules), "ids of rules are unique")
        for rule in rules:
            for member in ("shortDescription", "fullDescription", "help"):
                expect(rule[member]["text"], f"{member} of {rule['id']}")
            expect(rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error"), "level")
        results = run["results"]
        wanted = STATES["NonCompliant"] + STATES["Error"] + STATES["Conflicting"]
        equal(len(results), wanted, "results")
        prints = set()
        for result in results:
            equal(rules[result["ruleIndex"]]["id"], result["ruleId"], "ruleIndex")
            expect(result["level"] in ("note", "warning", "error"), "level")
            expect(result["message"]["text"], "message")
            (location,) = result["locations"]
            equal(location["logicalLocations"][0]["kind"], "resource", "logical location")
            if "physicalLocation" in location:
                uri = location["physicalLocation"]["artifactLocation"]["uri"]
                expect(re.fullmatch(r"[A-Za-z0-9._~/%:-]+", uri), f"a URI: {uri}")
                expect(location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1, "line")
            prints.add(result["partialFingerprints"]["mapaeVerdict/v1"])
        equal(len(prints), len(results), "fingerprints differ")
        (invocation,) = run["invocations"]
        expect(invocation["executionSuccessful"] is True, "invocation")
        equal(len(invocation["toolExecutionNotifications"]), len(fixture["problems"]), "notifications")
    first = json.loads(text("sarif", "en"))["runs"][0]["results"]
    second = json.loads(text("sarif", "ko"))["runs"][0]["results"]
    equal([r["partialFingerprints"] for r in first], [r["partialFingerprints"] for r in second],
          "fingerprints stay the same between runs and languages")


# ---- junit ----

def check_junit():
    for lang in LANGUAGES:
        root = ElementTree.fromstring(render("junit", lang))
        equal(root.tag, "testsuites", "root")
        sums = collections.Counter()
        for suite in root:
            cases = suite.findall("testcase")
            found = {"tests": len(cases)}
            for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                found[name] = sum(1 for case in cases if case.find(tag) is not None)
            for name, count in found.items():
                equal(int(suite.get(name)), count, f"{name} of {suite.get('name')}")
                sums[name] += count
            expect(suite.get("name"), "a suite has a name")
            expect(all(case.get("name") and case.get("classname") for case in cases), "a case has a name")
        for name, count in sums.items():
            equal(int(root.get(name)), count, name)
        equal(sums["failures"], STATES["NonCompliant"], "failures")
        equal(sums["errors"], STATES["Error"] + STATES["Conflicting"] + len(fixture["problems"]), "errors")
        equal(sums["tests"], TOTAL + len(fixture["problems"]), "tests")
    equal(render("junit", "en", "times=300", "batch=1000").count(b"<testcase"),
          300 * TOTAL + len(fixture["problems"]), "cases that went through the file")


# ---- table ----

def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def check_table():
    for lang in LANGUAGES:
        for columns in (60, 80, 120, 160):
            plain = text("table", lang, f"width={columns}")
            expect("\033" not in plain, "no escapes unless told")
            expect("\u202e" not in plain and "\0" not in plain, "hostile characters are shown, not obeyed")
            for line in plain.splitlines():
                expect(width(line) <= columns, f"{width(line)} columns of {columns}: {line}")
                equal(line, line.rstrip(), "no blanks at the end")
            coloured = text("table", lang, f"width={columns}", "color")
            equal(re.sub(r"\033\[[0-9;]*m", "", coloured), plain, "colour adds nothing but colour")
            for group in ("2.6.1", "A.8.24"):
                expect(group in plain, group)
            for problem in fixture["problems"]:
                expect(problem["file"].split("/")[-1] in plain, "bad documents are shown")
        ascii_only = text("table", "en", "ascii", "width=120")
        expect(not re.search("[━═┄─]", ascii_only), "no line drawing")
        text("table", lang, "empty")
        expect(len(text("table", lang, "rows=1")) < len(plain), "rows limits the lists")


# ---- html ----

class Page(html.parser.HTMLParser):
    VOID = {"meta", "input", "br", "rect", "circle"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.content = [], [], [], collections.defaultdict(list)
        self.records, self.csp, self.texts, self.text = 0, "", [], ""

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        for name, value in attributes.items():
            expect(not name.startswith("on"), f"a handler: {name}")
            expect(name != "style", "an inline style")
            expect(name not in ("src", "srcset", "data", "action"), f"something is fetched: {name}={value}")
            if name == "href":
                expect(value.startswith("#"), f"a link out: {value}")
                self.links.append(value[1:])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy":
            self.csp = attributes["content"]
        self.records += "rec" in attributes.get("class", "").split()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        expect(tag in self.VOID, f"<{tag}/>")

    def handle_endtag(self, tag):
        expect(self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}")
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.content[self.open[-1]].append(data)
        if not {"script", "style"} & set(self.open):
            self.texts.append(data)


def parse(source):
    page = Page()
    page.feed(source)
    page.close()
    page.text = "".join(page.texts)
    equal(page.open, [], "every element is closed")
    return page


def check_html():
    for lang in LANGUAGES:
        source = text("html", lang)
        page = parse(source)
        expect(f'<html lang="{lang}">' in source, "language")
        equal(source.count("<script"), 1, "one script")
        for tag in ("script", "style"):
            digest = base64.b64encode(hashlib.sha256("".join(page.content[tag]).encode()).digest()).decode()
            expect(f"{tag}-src 'sha256-{digest}'" in page.csp, f"the policy allows the {tag} that is there")
        expect("default-src 'none'" in page.csp and "unsafe" not in page.csp, "policy")
        equal(len(set(page.ids)), len(page.ids), "ids are unique")
        expect(set(page.links) <= set(page.ids), f"links to nowhere: {set(page.links) - set(page.ids)}")
        equal(page.records, TOTAL - STATES["Compliant"], "records")
        expect("<script>alert(1)</script>" in page.text, "a hostile name is text")
        expect("\u202e" not in source and "\0" not in source, "hostile characters are shown, not obeyed")
        for word in ("Non-compliant", "미준수", "network access".capitalize(), "네트워크 접근"):
            expect(word in page.text, f"both languages: {word}")
    parse(text("html", "ko", "empty"))
    check_html_limit()


def check_html_limit():
    """More records than a page holds: each policy keeps its part, and the page says what is left out."""
    times = 200
    source = text("html", "en", f"times={times}", "batch=100")
    equal(text("html", "en", f"times={times}", "batch=1"), source, "the size of a buffer does not show")
    findings = len(re.findall(r'<li class="rec" data-s="0">', source))
    expect(4900 <= findings <= 5000, f"findings: {findings}")
    if "MAPAE_SAMPLED" in os.environ:  # to read such a page takes Python ten seconds; a build without sanitizers does
        return
    page = parse(source)
    others = page.records - findings
    expect(900 <= others <= 1000, f"others: {others}")
    all_records = times * (TOTAL - STATES["Compliant"])
    expect(f"This page holds {page.records:,} of {all_records:,} records" in page.text, "the page says so")
    rare = sum(1 for v in fixture["verdicts"] if fixture["policies"][v["policy"]]["name"] == "mapae-database-sql-entra-only"
               and v["state"] == "NonCompliant")
    equal(rare, 1, "the fixture has a policy with one finding")


def main():
    failed = 0
    tests = (check_json, check_csv, check_sarif, check_junit, check_table, check_html)
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}")
        except Exception as error:  # a parser's error is a failure like any other
            failed += 1
            print(f"not ok {number} - {test.__name__}: {type(error).__name__}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
