#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every figure, worked out by somebody else (TAP): random policies, exclusions from them, answers, evidence, findings, measures that
inherit, certificates that stand in; random scopes and dates; and all of it compared with a reckoning that shares nothing with mapae
(tests/support/reckoning.py). MAPAE_SEED makes a choice again.

test_reckoning.py MAPAE SOURCE_ROOT"""

import copy
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

import cells
import reckoned_papers as papers
from program import MAPAE, ROOT, SAMPLED, check, main

sys.path.insert(0, str(ROOT / "tests/server"))
from reckoning import Catalogue, Reckoning, holds, STATES, milli, time_of  # pylint: disable=wrong-import-position
from server import Server  # pylint: disable=wrong-import-position

CHEAP = ["password.hash-memory=8MiB", "password.hash-passes=1"]
SEED = int(os.environ.get("MAPAE_SEED") or random.SystemRandom().randrange(1_000_000))
ROUNDS = int(os.environ.get("MAPAE_ROUNDS") or (8 if SAMPLED else 20))
CHANCE = random.Random(SEED)
INITIATIVES = ["csap-iaas", "isms-p", "fsi", "iso-27001-2022", "nist-csf"]
PRODUCTION = "/subscriptions/3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a001"
DEVELOPMENT = "/subscriptions/7be4d918-2a63-4f05-b1d8-60c9f37e5b02"
GROUPS = [f"{PRODUCTION}/resourceGroups/rg-hnl-{g}" for g in ("billing-prod-krc", "portal-prod-krc", "data-prod-krc", "sec-prod-krc")]
PLACES = ["/", PRODUCTION, DEVELOPMENT, *GROUPS]
CATALOGUE = Catalogue(ROOT)
# a framework and what is mapped to it; scheme; initiative
FRAMEWORKS = [("csap-2025-02", "iaas"), ("csap-2025-02", "low-saas"), ("csap-2025-02", None), ("fsi-2019", None),
              ("isms-p-2023", None), ("isms-p-2018", None), ("iso-27001-2022", None), ("iso-27001-2013", None),
              ("nist-csf-1.1", None), ("iso-27017-2015", None), ("cis-csc-6.1", None)]


def say(name, condition, detail=""):
    check(name, condition, f"MAPAE_SEED={SEED}\n{detail}")


def named(framework, scheme):
    return framework + (f"-{scheme}" if scheme else "")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def stamp(when):
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def initiative(name):
    """policy -> groups, as its document says."""
    said = json.loads((ROOT / f"content/initiatives/{name}.json").read_text(encoding="utf-8"))
    said = said.get("properties", said)
    out = {}
    for one in said["policyDefinitions"]:
        out.setdefault(one["policyDefinitionId"].rsplit("/", 1)[1].lower(), set()).update(one.get("groupNames", []))
    return out


def told(rows):
    return {(r["resourceId"], r["policyAssignmentId"], r["policyDefinitionId"], r["policyDefinitionReferenceId"], r["complianceState"]) for r in rows}


class Company:
    """What the test does, and what it remembers of it."""

    def __init__(self, server):
        self.server, self.days = server, []
        self.world = {"verdicts": [], "assignments": [], "answers": {}, "exclusions": {}, "findings": [], "pieces": [],
                      "measures": {}, "substitutes": {}}

    def ask(self, method, path, body=None, wanted=(200, 201, 202, 204), **query):
        if query:
            path += "?" + urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        said = self.server.ask(method, path, body)
        say(f"{method} {path.split('?')[0][:90]}", said.status in wanted, said)
        return said.json if said.body else None

    def run(self, *words):
        done = self.server.run(*words)
        say(" ".join(str(w) for w in words[:3]), done.returncode == 0, done.stderr)
        return done.stdout

    def verdicts(self, **query):
        rows, after = [], None
        while True:
            page = self.ask("GET", "/api/v1/states", top=1000, after=after, **query)
            rows += page["value"]
            after = page.get("next")
            if not after:
                return rows

    def settle(self):
        while json.loads(self.run("policy", "judging", "--format", "json"))["waiting"]:
            time.sleep(0.1)
        self.run("judge", "start")

    def keep_day(self):
        """A moment at which nothing was under way, and what held then."""
        for _ in range(50):
            self.settle()
            at, before = now(), self.verdicts()
            time.sleep(0.1)
            if told(self.verdicts(asOf=stamp(at))) == told(before) == told(self.verdicts()):
                break
        self.world["verdicts"] = before
        self.days.append((stamp(at), copy.deepcopy(self.world)))
        self.look_back(*self.days[-1])

    def look_back(self, at, world):
        """The verdicts of a day are what was listed on that day."""
        rows, then = told(world["verdicts"]), told(self.verdicts(asOf=at))
        say(f"{at}: {len(rows)} verdicts", rows == then, "\n".join(map(str, sorted(rows ^ then)[:6])))

    # -- policies --

    def assign(self):
        name, scope = CHANCE.choice(INITIATIVES), CHANCE.choice(["/", "/", PRODUCTION, DEVELOPMENT, *GROUPS])
        made = json.loads(self.run("policy", "assign", name, "--scope", scope, "--name", f"a{len(self.world['assignments'])}{CHANCE.randrange(10**6)}", "--format", "json"))
        left = [p for p in CHANCE.sample(PLACES[1:], 2) if p != scope and holds(scope, p) and CHANCE.random() < 0.6]
        if left:
            body = self.ask("GET", made["id"] + "?api-version=2022-06-01")
            body["properties"]["notScopes"] = left
            self.ask("PUT", made["id"] + "?api-version=2022-06-01", {"properties": body["properties"]})
        where = made["id"].lower().split("/providers/microsoft.authorization")[0]
        if "managementgroups" in where:
            where = "/"
        self.world["assignments"].append({"id": made["id"].lower(), "scope": where, "notScopes": left, "policies": initiative(name)})

    def unassign(self):
        if len(self.world["assignments"]) > 1:
            gone = self.world["assignments"].pop(CHANCE.randrange(len(self.world["assignments"])))
            self.ask("DELETE", gone["id"] + "?api-version=2022-06-01")

    def exempt(self):
        bad = [v for v in self.verdicts() if v["complianceState"] == "NonCompliant" and "/resourcegroups/" in v["resourceId"].lower()]
        for row in CHANCE.sample(bad, min(len(bad), 3)):
            self.ask("PUT", f"{row['resourceId']}/providers/Microsoft.Authorization/policyExemptions/e{CHANCE.randrange(10**6)}?api-version=2022-07-01-preview",
                     {"properties": {"policyAssignmentId": row["policyAssignmentId"], "exemptionCategory": "Waiver"}})

    # -- measures --

    def measure(self):
        name = f"m{len(self.world['measures'])}"
        framework, scheme = CHANCE.choice(FRAMEWORKS[:8])
        scopes = CHANCE.sample(PLACES, CHANCE.choice([1, 1, 2, 3]))
        body = {"name": name, "framework": named(framework, scheme), "scopes": scopes, "service": CHANCE.choice(["portal", "billing"]),
                "environment": CHANCE.choice(["production", "development"])}
        his = None
        mapped = {(a, b) for a, _, b, _, _ in CATALOGUE.lines} | {(b, a) for a, _, b, _, _ in CATALOGUE.lines}
        for other, its in self.world["measures"].items():
            if its["framework"] == framework or (framework, its["framework"]) in mapped:
                his = other if CHANCE.random() < 0.7 else his
        if his:
            body["inheritsFrom"] = his
        self.ask("POST", "/api/v1/measures", body)
        self.world["measures"][name] = {"framework": framework, "scheme": scheme, "scopes": scopes, "inheritsFrom": his}
        if framework == "csap-2025-02" and CHANCE.random() < 0.5:
            said = {"number": "ISMS-1", "issued": "2026-01-01", "expires": "2027-01-01", "scope": "all", "covers": CHANCE.random() < 0.7}
            self.ask("PUT", f"/api/v1/measures/{name}/substitution", said)
            self.world["substitutes"][name] = said

    def change_measure(self):
        if not self.world["measures"]:
            return
        name, its = CHANCE.choice(sorted(self.world["measures"].items()))
        before, its["scopes"] = its["scopes"], CHANCE.sample(PLACES, CHANCE.choice([1, 2]))
        if not all(any(holds(old, new) for old in before) for new in its["scopes"]):
            self.world["substitutes"].pop(name, None)  # a certificate was compared with the places of before
        body = {"framework": named(its["framework"], its["scheme"]), "scopes": its["scopes"]}
        if its["inheritsFrom"]:
            body["inheritsFrom"] = its["inheritsFrom"]
        self.ask("PUT", f"/api/v1/measures/{name}", body)

    # -- what people say --

    def place(self):
        """(framework, measure or "")"""
        measures = sorted(self.world["measures"].items())
        if measures and CHANCE.random() < 0.5:
            name, its = CHANCE.choice(measures)
            return its["framework"], name
        return CHANCE.choice(FRAMEWORKS)[0], ""

    def some_controls(self, framework, count):
        controls = CATALOGUE.of[framework].controls
        return CHANCE.sample(controls, min(count, len(controls)))

    def until(self):
        return CHANCE.choice([None, None, stamp(now() + datetime.timedelta(days=CHANCE.randrange(2, 400)))])

    def answer(self):
        framework, measure = self.place()
        for control in self.some_controls(framework, 25):
            for number in range(1, len(CATALOGUE.of[framework].answers.get(control, {}).get("questions", [])) + 1):
                until, what = self.until(), CHANCE.choice(["yes", "yes", "no", "notApplicable"])
                body = {"framework": framework, "control": control, "question": number, "answer": what}
                body.update({k: v for k, v in (("measure", measure), ("validUntil", until)) if v})
                made = self.ask("POST", "/api/v1/control-answers", body)
                self.world["answers"][framework, control, measure, number] = {"id": made["id"], "answer": what, "until": until}

    def withdraw(self):
        for key in CHANCE.sample(sorted(self.world["answers"]), min(5, len(self.world["answers"]))):
            gone = self.world["answers"].pop(key)
            self.ask("DELETE", "/api/v1/control-answers/" + urllib.parse.quote(gone["id"], safe=""))

    def exclude(self):
        framework, measure = self.place()
        for control in self.some_controls(framework, 4):
            until = self.until()
            body = {"framework": framework, "control": control, "justification": "There is none."}
            body.update({k: v for k, v in (("measure", measure), ("validUntil", until)) if v})
            made = self.ask("POST", "/api/v1/control-exclusions", body)
            self.world["exclusions"][framework, control, measure] = {"id": made["id"], "until": until}

    def find(self):
        framework, measure = self.place()
        for control in self.some_controls(framework, 5):
            body = {"framework": framework, "control": control, "title": "It is open", "severity": "high"}
            made = self.ask("POST", "/api/v1/control-findings", {**body, **({"measure": measure} if measure else {})})
            self.world["findings"].append({"id": made["id"], "framework": framework, "control": control, "measure": measure})

    def close(self):
        if self.world["findings"]:
            gone = self.world["findings"].pop(CHANCE.randrange(len(self.world["findings"])))
            self.ask("POST", f"/api/v1/control-findings/{gone['id']}/close", {"resolution": "It is closed now."})

    def upload(self, query):
        said = self.server.ask("POST", "/api/v1/evidence?" + urllib.parse.urlencode({k: v for k, v in query.items() if v}),
                               raw=f"{CHANCE.random()}".encode(), headers={"Content-Type": "application/octet-stream"})
        say("evidence is taken in", said.status == 201, said)
        return said.json

    def prove(self):
        """A piece of evidence, linked to some controls."""
        framework, measure = self.place()
        controls = [c for c in self.some_controls(framework, 8) if CATALOGUE.of[framework].answers.get(c, {}).get("evidence")]
        if not controls:
            return
        kind = CHANCE.choice(CATALOGUE.of[framework].answers[controls[0]]["evidence"])["kind"]
        day = now() - datetime.timedelta(days=CHANCE.choice([0, 20, 100, 400]))
        query = {"title": "Minutes", "mediaType": "text/plain", "kind": kind, "collectedAt": stamp(day),
                 "every": CHANCE.choice([None, None, "P1M", "once"]),
                 "validUntil": CHANCE.choice([None, None, stamp(now() + datetime.timedelta(days=30))]),
                 "validFrom": CHANCE.choice([None, None, None, stamp(now() + datetime.timedelta(days=20))])}
        said = self.upload(query)
        piece = {"id": said["id"], "kind": kind, "from": min(stamp(day), said["takenAt"]), "validFrom": query["validFrom"],
                 "validUntil": query["validUntil"], "every": query["every"], "links": []}
        for control in controls:
            rules = CATALOGUE.of[framework].answers[control]["evidence"]
            rule = CHANCE.choice(rules)["name"]["en"] if CHANCE.random() < 0.3 or kind not in [r["kind"] for r in rules] else ""
            body = {"framework": framework, "control": control, **({"measure": measure} if measure else {}), **({"rule": rule} if rule else {})}
            self.ask("POST", f"/api/v1/evidence/{piece['id']}/controls", body)
            piece["links"].append((framework, control, measure, rule))
        self.world["pieces"].append(piece)

    def change_inventory(self, folder):
        for path in sorted((ROOT / "content/demo/inventory").iterdir()):
            text = path.read_text(encoding="utf-8")
            if path.suffix == ".ndjson":
                text = "\n".join(line for line in text.splitlines() if CHANCE.random() < 0.8)
            elif path.name == "prod-data.json":
                text = text.replace('"supportsHttpsTrafficOnly": true', '"supportsHttpsTrafficOnly": false', CHANCE.randrange(1, 5))
            pathlib.Path(folder, path.name).write_text(text, encoding="utf-8")
        self.run("ingest", "--source", "demo", "--replace", folder)


# ---- one answer of mapae beside ours ----


def differences(shown, ours):
    """What is not the same, in words."""
    out = []
    if [c["id"] for c in shown["controls"]] != list(ours.states):
        return ["other controls"]
    for c in shown["controls"]:
        mine = ours.parts[c["id"]]
        if c["state"] != ours.states[c["id"]] or milli(c["points"]) != ours.points[c["id"]] or milli(c["most"]) != ours.most[c["id"]]:
            out.append(f"{c['id']}: {c['state']} {c['points']} of {c['most']}; ours {ours.states[c['id']]} "
                       f"{ours.points[c['id']]} of {ours.most[c['id']]}; "
                       f"{[(p['kind'], p['name'], p['state'], p.get('counts')) for p in c['parts']]} ours "
                       f"{[(p.kind, p.name, p.state, dict(p.counts or {})) for p in mine]}")
            continue
        theirs = sorted((p["kind"], p["state"], sorted(i.lower() for i in p["ids"])) for p in c["parts"])
        wanted = sorted((p.kind, p.state, [i.lower() for i in p.ids]) for p in mine)
        if theirs != wanted:
            out.append(f"{c['id']}: parts {[x for x in theirs if x not in wanted]}; ours {[x for x in wanted if x not in theirs]}")
        out += [f"{c['id']}: counts of {p['name']}: {p['counts']}, ours {dict(m.counts)}" for p in c["parts"] if p["kind"] == "policy"
                for m in mine if m.kind == "policy" and m.name == p["name"].lower() and any(m.counts[k] != n for k, n in p["counts"].items())]
        out += exact_shares(c, mine)
    return out + wrong_sums(shown, ours)


def exact_shares(control, mine):
    """Points of a part are its share, to less than a thousandth; together they are the control's."""
    parts = [p for p in control["parts"] if p["state"] != "silent"]
    if not parts or control["state"] == "notApplicable":
        return [f"{control['id']}: a part has points" for p in control["parts"] if p["points"] or p["most"]][:1]
    out = []
    if sum(milli(p["points"]) for p in parts) != milli(control["points"]) or sum(milli(p["most"]) for p in parts) != milli(control["most"]):
        out.append(f"{control['id']}: its parts do not add up")
    share = milli(control["most"]) / len(parts)
    good = sorted(float(p.met) * share for p in mine if p.state != "silent")
    out += [f"{control['id']}: a part gives {p['points']}, of {share}" for p in parts if abs(milli(p["most"]) - share) >= 1]
    theirs = sorted(milli(p["points"]) for p in parts)
    out += [f"{control['id']}: a part gives {a}, ours {b}" for a, b in zip(theirs, good) if abs(a - b) >= 1.0001]
    return out


def wrong_sums(shown, ours):
    out, states = [], [ours.states[c] for c in ours.states]
    wanted = {"points": ours.total, "most": ours.all}
    if {k: milli(shown["score"][k]) for k in wanted} != wanted or shown["count"] != len(states):
        out.append(f"score {shown['score']}, ours {wanted}")
    percent = shown["score"].get("percent")
    if (None if percent is None else round(percent * 100)) != ours.percent():
        out.append(f"percent {percent}, ours {ours.percent()}")
    if any(shown["states"][s] != states.count(s) for s in STATES):
        out.append(f"states {shown['states']}")
    applies = [c for c, s in ours.states.items() if s != "notApplicable"]
    by = [ours.answer(c).get("checkedBy", "person") for c in applies]
    judged = sum(any(p.counts and sum(p.counts.values()) for p in ours.parts[c]) for c in applies)
    inherited = sum(any(p.kind == "inherited" for p in ours.parts[c]) for c in applies)
    found = shown["coverage"]
    mine = {"applicable": len(applies), **{k: by.count(k) for k in ("machine", "part", "person")}, "judged": judged, "inherited": inherited}
    if any(found[k] != n for k, n in mine.items()):
        out.append(f"coverage {found}, ours {mine}")
    return out


def compared(company, round_number):
    at, world = CHANCE.choice(company.days)
    is_now = at == company.days[-1][0] and CHANCE.random() < 0.5
    measures = sorted(world["measures"])
    if measures and CHANCE.random() < 0.5:
        query, of = {"measure": CHANCE.choice(measures)}, {}
        of = {"measure": query["measure"]}
    else:
        framework, scheme = CHANCE.choice(FRAMEWORKS)
        scope = CHANCE.choice(PLACES)
        query = {"framework": named(framework, scheme), "scope": scope}
        of = {"framework": framework, "scheme": scheme, "scopes": [scope]}
    if at == company.days[-1][0] and not is_now and CHANCE.random() < 0.5:  # a day to come: what will have run out by then
        query["asOf"] = stamp(now() + datetime.timedelta(days=CHANCE.choice([25, 90, 250, 900])))
    elif not is_now:
        query["asOf"] = at
    shown = company.ask("GET", "/api/v1/control-states", **query)
    ours = Reckoning(CATALOGUE, world, shown["asOf"], **of)
    wrong = differences(shown, ours)
    say(f"{round_number}: {' '.join(query.values())}: {len(ours.states)} controls", not wrong, "\n".join(wrong[:12]))
    return query, of, shown, ours


def same(name, wrong):
    say(name, not wrong, "\n".join(wrong[:12]))


def statements(company, name, query, ours):
    kind = CHANCE.choice(list(papers.STATEMENTS))
    shown = company.ask("GET", f"/api/v1/statements/{kind}", **query)
    same(f"{name}: {kind}", papers.STATEMENTS[kind](shown, ours))


def words(query):
    """The same, asked by a command."""
    out = [query["framework"]] if "framework" in query else ["--measure", query["measure"]]
    for key, option in (("scope", "--scope"), ("asOf", "--as-of")):
        out += [option, query[key]] if key in query else []
    return out


def in_oscal(company, name, query, ours):
    same(f"{name}: OSCAL", papers.oscal(json.loads(company.run("comply", *words(query), "--format", "oscal")), ours))


def opened(company, name, query, shown):
    """Every number opens: a policy's verdicts, and the records of every kind of part."""
    when = {"asOf": query["asOf"]} if "asOf" in query else {}
    parts = [p for c in shown["controls"] for p in c["parts"]]
    judged = [p for p in parts if p["kind"] == "policy" and any(p["counts"].values())]
    for part in CHANCE.sample(judged, min(1, len(judged))):
        rows = company.verdicts(definition=part["definition"], scope=query["scope"], **when) if "scope" in query else None
        if rows is not None:
            say(f"{name}: verdicts of {part['name']}", len(rows) == sum(part["counts"].values()), (len(rows), part["counts"]))
    lists = {"question": "control-answers", "finding": "control-findings"}
    measures = {"", query.get("measure", "")}
    for kind, path in lists.items():
        ids = {i for p in parts if p["kind"] == kind for i in p["ids"]}
        if ids:
            there = {r["id"] for m in measures for r in company.ask("GET", f"/api/v1/{path}", top=1000, framework=shown["framework"], measure=m or None, **when)["value"]}
            say(f"{name}: ids of {kind}s", ids <= there, ids - there)
    for piece in {i for p in parts if p["kind"] == "evidence" for i in p["ids"]}:
        company.ask("GET", f"/api/v1/evidence/{piece}")


def on_paper(company, name, query, ours, folder):
    """The assessment report as a page, a workbook and a PDF: points, and the records behind them."""
    asked = ["comply", *words(query), "--lang", "en"]
    same(f"{name}: page", papers.page(cells.of_page(company.run(*asked, "--format", "html")), ours))
    company.run(*asked, "--format", "xlsx", "--out", f"{folder}/r.xlsx")
    same(f"{name}: workbook", papers.report(cells.of_book(f"{folder}/r.xlsx"), ours))
    if shutil.which("pdftotext"):
        company.run(*asked, "--format", "pdf", "--out", f"{folder}/r.pdf")
        text = subprocess.run(["pdftotext", "-raw", f"{folder}/r.pdf", "-"], capture_output=True, text=True, check=True).stdout
        text = "".join(text.split()).lower()
        lost = {i.lower() for parts in ours.parts.values() for p in parts for i in p.ids}
        lost = {i for i in lost if "".join(i.split()) not in text}
        say(f"{name}: PDF has every record", not lost, lost)


def trends(company, name, query, of):
    """From one day to another: both ends are what those days were."""
    (start, before), (end, after) = sorted(CHANCE.sample(company.days[1:], 2), key=lambda d: d[0])
    if "measure" in of and of["measure"] not in before["measures"]:
        return
    its = {k: v for k, v in query.items() if k != "asOf"}
    points = company.ask("GET", "/api/v1/control-states/trend", **{**its, "from": start, "to": end, "points": 2})["value"]
    first, last = Reckoning(CATALOGUE, before, start, **of), Reckoning(CATALOGUE, after, end, **of)
    same(f"{name}: trend from {start} to {end}", papers.brief(points[0], first, "first") + papers.brief(points[1], last, "last"))
    shown = company.ask("GET", "/api/v1/control-states/compare", **{**its, "asOf": start, "withAsOf": end})
    same(f"{name}: compared, {start} and {end}", papers.comparison(shown, first, last))


def all_scores(company):
    """Every framework of a scope, every measure: each as it is by itself."""
    at, world = CHANCE.choice(company.days)
    scope = CHANCE.choice(PLACES)
    shown = company.ask("GET", "/api/v1/scores", scope=scope, asOf=at)["value"]
    wanted = [(f.id, s) for f in CATALOGUE.of.values() for s in (None, *f.schemes)]
    say(f"all frameworks in {scope}", sorted((x["framework"], x.get("scheme") or "") for x in shown) == sorted((f, s or "") for f, s in wanted))
    for one in CHANCE.sample(shown, 6):
        of = {"framework": one["framework"], "scheme": one.get("scheme"), "scopes": [scope]}
        same(f"{one['framework']} {one.get('scheme')} among all in {scope} {at}", papers.brief(one, Reckoning(CATALOGUE, world, at, **of)))
    shown = company.ask("GET", "/api/v1/measure-scores", asOf=at)["value"]
    say(f"all measures at {at}", sorted(x["measure"]["name"] for x in shown) == sorted(world["measures"]))
    for one in shown:
        name = one["measure"]["name"]
        same(f"{name} among all measures {at}", papers.brief(one, Reckoning(CATALOGUE, world, at, measure=name)))


# ---- what is advised is done, and gives what was said ----


def do_comply(company, action, query):
    """As if it were mended: exempted, every verdict of the policy. True: it was done."""
    rows = [v for v in company.verdicts(scope=query["scope"]) if v["policyDefinitionName"] == action["name"]]
    bad = [v for v in rows if v["complianceState"] not in ("Compliant", "Exempt")]
    if len(bad) != action["verdicts"]:
        say(f"{action['name']}: verdicts that would turn", False, (len(bad), action))
    if len(bad) > 40 or any(v["complianceState"] != "NonCompliant" for v in bad):
        return False
    for row in bad:
        company.ask("PUT", f"{row['resourceId']}/providers/Microsoft.Authorization/policyExemptions/x{CHANCE.randrange(10**8)}?api-version=2022-07-01-preview",
                    {"properties": {"policyAssignmentId": row["policyAssignmentId"], "exemptionCategory": "Mitigated",
                                    "policyDefinitionReferenceIds": [row["policyDefinitionReferenceId"]]}})
    company.settle()
    return True


def do_answer(company, control, framework):
    for part in control["parts"]:
        if part["kind"] == "question" and part["state"] not in ("met", "silent"):
            company.ask("POST", "/api/v1/control-answers", {"framework": framework, "control": control["id"], "question": int(part["name"]), "answer": "yes"})


def do_evidence(company, control, framework):
    for part in control["parts"]:
        if part["kind"] == "evidence" and part["state"] != "met":
            piece = company.upload({"title": "Proof", "mediaType": "text/plain", "kind": part["name"]})
            company.ask("POST", f"/api/v1/evidence/{piece['id']}/controls",
                        {"framework": framework, "control": control["id"], "rule": part["text"]["en"]})


def advised(company):
    """Each of the five actions is done, one after the other: the first gives what it said, all of them what was said of all."""
    framework, scheme = CHANCE.choice(FRAMEWORKS[:9])
    query = {"framework": named(framework, scheme), "scope": CHANCE.choice(PLACES[:3])}
    first = shown = company.ask("GET", "/api/v1/control-states", **query)
    all_done, gains = True, [a["gain"] for a in first["actions"]]
    say("the best action first", gains == sorted(gains, reverse=True) and all(g > 0 for g in gains), gains)
    for advice in first["actions"]:
        controls = {c["id"]: c for c in shown["controls"]}
        again = [a for a in shown["actions"] if (a["kind"], a.get("control"), a.get("name")) == (advice["kind"], advice.get("control"), advice.get("name"))]
        if advice["kind"] == "comply":
            done = do_comply(company, advice, query)
        elif advice["kind"] in ("answer", "evidence"):
            done = True
            (do_answer if advice["kind"] == "answer" else do_evidence)(company, controls[advice["control"]], framework)
        elif advice["kind"] == "close":
            done = True
            company.ask("POST", f"/api/v1/control-findings/{advice['name']}/close", {"resolution": "It is closed now."})
        else:
            done = False
        all_done = all_done and done
        now_shown = company.ask("GET", "/api/v1/control-states", **query)
        gained = milli(now_shown["score"]["points"]) - milli(shown["score"]["points"])
        if done and again:
            say(f"{query['framework']} {query['scope']}: {advice['text']['en'][:60]}: {advice['gain']}",
                gained == milli(again[0]["gain"]) and round(now_shown["score"]["percent"] * 100) == round(again[0]["percent"] * 100), (gained, again))
        shown = now_shown
    if all_done and first["actions"]:
        say(f"{query['framework']} {query['scope']}: all of them together", milli(shown["score"]["points"]) == milli(first["together"]["points"]),
            (shown["score"], first["together"]))


def reused(company):
    """One verdict, many controls: as the documents of the catalogue say."""
    shown = company.ask("GET", "/api/v1/control-states", framework="csap", scope="/")
    answered = {}
    for framework in CATALOGUE.of.values():
        for control, answer in framework.answers.items():
            for policy in {p.lower() for p in answer.get("policies", [])}:
                answered.setdefault(policy, set()).add((framework.id, control))
    said = {p["name"].lower() for c in shown["controls"] for p in c["parts"] if p["kind"] == "policy" and sum(p["counts"].values())}
    wanted = {p: answered[p] for p in said if len(answered.get(p, ())) > 1}
    found = {r["policy"].lower(): {(c["framework"], c["id"]) for c in r["controls"]} for r in shown["reuse"]}
    say(f"what {len(wanted)} policies answer elsewhere", found == wanted and len(found) == len(shown["reuse"]), set(found) ^ set(wanted))


def replaced(company):
    """What an ISMS certificate replaces in CSAP: the 61 items of annex 7, one by one, in each scheme."""
    csap = CATALOGUE.of["csap-2025-02"]
    items = {c for c in csap.controls if csap.props[c].get(csap.replaced_by)}
    say("61 items are replaced", len(items) == 61, len(items))
    for scheme in (None, *csap.schemes):
        chosen = csap.schemes.get(scheme, csap.controls)
        shown = company.ask("GET", f"/api/v1/frameworks/{named(csap.id, scheme)}/substitution")
        found = {r["control"]["id"]: r["substituted"] for r in shown["rows"]}
        totals, mine = shown["totals"], len(items & set(chosen))
        say(f"{named(csap.id, scheme)}: {mine} of {len(chosen)} are replaced",
            found == {c: c in items for c in chosen}
            and (totals["controls"], totals["substituted"], totals["remaining"], totals["substituted"] + totals["elsewhere"])
            == (len(chosen), mine, len(chosen) - mine, len(items))
            and all(sum(g[k] for g in shown["groups"]) == totals[k] for k in ("controls", "substituted", "remaining")), totals)


def everything():
    with Server(MAPAE, settings=CHEAP) as server, tempfile.TemporaryDirectory() as folder:
        company = Company(server)
        company.keep_day()
        company.run("ingest", "--source", "demo", str(ROOT / "content/demo/inventory"))
        company.keep_day()
        for _ in range(3):
            company.assign()
        for _ in range(3):
            company.measure()
        company.keep_day()
        for step in (company.answer, company.answer, company.answer, company.prove, company.prove, company.prove, company.find, company.exclude,
                     company.exempt, company.measure):
            step()
        company.keep_day()
        for step in (company.withdraw, company.close, company.exclude, company.prove, company.unassign, company.assign, company.change_measure,
                     company.answer):
            step()
        company.change_inventory(folder)
        company.keep_day()
        for day, world in company.days:
            company.look_back(day, world)
        for n in range(ROUNDS):
            query, of, shown, ours = compared(company, n)
            name = f"{n}: {' '.join(query.values())}"
            statements(company, name, query, ours)
            if n % 4 == 0:
                in_oscal(company, name, query, ours)
                on_paper(company, name, query, ours, folder)
                opened(company, name, query, shown)
                trends(company, name, query, of)
        all_scores(company)
        reused(company)
        replaced(company)
        advised(company)


main(everything)
