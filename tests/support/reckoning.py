# SPDX-License-Identifier: Apache-2.0
"""The score, worked out by somebody else: from content/catalog, from verdicts as they are listed and from what a test remembers to
have said, by the words of docs/guide/read-the-score.md, with fractions. Nothing of it is taken from mapae.

A world is what holds at one time:
    verdicts     rows of GET /api/v1/states
    assignments  {"id", "scope", "notScopes", "policies": {name: set of groups}}
    answers      {(framework, control, measure or "", number): {"id", "answer", "until"}}
    exclusions   {(framework, control, measure or ""): {"id", "until"}}
    findings     [{"id", "framework", "control", "measure"}]   open ones
    pieces       [{"id", "kind", "from", "validFrom", "validUntil", "every", "links": [(framework, control, measure or "", rule)]}]
    measures     {name: {"framework", "scheme", "scopes", "inheritsFrom"}}
    substitutes  {measure: {"issued", "expires", "covers"}}     of another certificate
"""
import collections
import datetime
import fractions
import json
import pathlib
import re

STATES = ("compliant", "partial", "nonCompliant", "unknown", "notApplicable")
COUNTED = {"Compliant": "compliant", "NonCompliant": "nonCompliant", "Exempt": "exempt", "Error": "error",
           "Conflict": "error", "Conflicting": "error", "Unknown": "notEvaluated", "Protected": "notEvaluated",
           "NotEvaluated": "notEvaluated"}
TURNED = {"equal": "equal", "subset": "superset", "superset": "subset", "intersects": "intersects"}
Fraction = fractions.Fraction


def milli(number):
    return round(float(number) * 1000)


# ---- the catalogue, as its documents have it ----


class Framework:
    def __init__(self, folder):
        catalog = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))["catalog"]
        self.id, self.uuid, self.controls, self.chapter = folder.name, catalog["uuid"], [], {}
        self.props, self.labels = {}, {}
        for group in catalog.get("groups", []):
            self.walk(group, group["id"])
        for control in catalog.get("controls", []):
            self.take(control, "")
        said = folder / "answers.json"
        found = json.loads(said.read_text(encoding="utf-8"))["answers"]["controls"] if said.exists() else []
        self.answers = {a["control"]: a for a in found}
        self.schemes = {p.name.removesuffix(".profile.json"): self.chosen(p) for p in folder.glob("*.profile.json")}
        certified = folder / "certification.json"
        certified = json.loads(certified.read_text(encoding="utf-8"))["certification"] if certified.exists() else {}
        self.replaced_by = certified.get("substitution", {}).get("property")

    def walk(self, group, chapter):
        for control in group.get("controls", []):
            self.take(control, chapter)
        for inner in group.get("groups", []):
            self.walk(inner, chapter)

    def take(self, control, chapter):
        props = {p["name"]: p["value"] for p in control.get("props", [])}
        if props.get("status", "").lower() != "withdrawn":
            self.controls.append(control["id"])
        self.chapter[control["id"]], self.props[control["id"]] = chapter, props
        self.labels[control["id"]] = props.get("label", control["id"])
        for inner in control.get("controls", []):
            self.take(inner, chapter)

    def chosen(self, path):
        wanted = set()
        for source in json.loads(path.read_text(encoding="utf-8"))["profile"]["imports"]:
            names = {i for one in source.get("include-controls", []) for i in one.get("with-ids", [])}
            like = [p["pattern"] for one in source.get("include-controls", []) for p in one.get("matching", [])]
            left = {i for one in source.get("exclude-controls", []) for i in one.get("with-ids", [])}
            for control in self.controls:
                if ("include-all" in source or control in names or
                        any(re.fullmatch(p.replace(".", r"\.").replace("*", ".*").replace("?", "."), control) for p in like)):
                    wanted.add(control)
            wanted -= left
        return [c for c in self.controls if c in wanted]


class Catalogue:
    def __init__(self, root):
        folders = sorted(p for p in pathlib.Path(root, "content/catalog").iterdir() if (p / "catalog.json").exists())
        self.of = {p.name: Framework(p) for p in folders}
        by_uuid = {f.uuid: f.id for f in self.of.values()}
        self.lines = []  # (framework, control, framework, control, relation), mapping after mapping
        for path in sorted(pathlib.Path(root, "content/catalog/mappings").glob("*.json")):
            mapping = json.loads(path.read_text(encoding="utf-8"))["mapping"]
            for line in mapping["maps"]:
                self.lines.append((by_uuid[mapping["from"]], line["from"], by_uuid[mapping["to"]], line["to"], line["relation"]))

    def counterparts(self, framework, control, other=None):
        """(framework, control, how ours stands to it)"""
        for a, x, b, y, relation in self.lines:
            if (a, x) == (framework, control) and other in (None, b):
                yield b, y, relation
            elif (b, y) == (framework, control) and other in (None, a):
                yield a, x, TURNED[relation]


# ---- places and times ----


def holds(scope, place):
    scope, place = scope.lower().rstrip("/"), place.lower()
    return scope == "" or place == scope or place.startswith(scope + "/")


def time_of(text):
    if text is None or isinstance(text, datetime.datetime):
        return text
    text = text if "T" in text else text + "T00:00:00Z"
    whole, _, rest = text.rstrip("Z").partition(".")
    day = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return day + datetime.timedelta(microseconds=int((rest + "000000")[:6]))


def after(start, period):
    count, unit = int(period[1:-1]), period[-1]
    if unit in "DW":
        return start + datetime.timedelta(days=count * (7 if unit == "W" else 1))
    months = start.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    last = (datetime.date(year + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)).day
    return start.replace(year=year, month=month, day=min(start.day, last))


def weight(answer):
    prevents = answer.get("nature") == "preventive"
    return (27 if prevents else 3) if answer.get("required") else (9 if prevents else 1)


# ---- the reckoning ----


class Part:
    def __init__(self, kind, state, met=None, ids=(), name="", counts=None, says_nothing_here=False):
        self.kind, self.state, self.name, self.ids, self.counts = kind, state, name, sorted(ids), counts
        self.met = Fraction(met if met is not None else state == "met")
        self.not_here = says_nothing_here  # it does not apply here, and somebody says so


class Reckoning:
    """Of a framework in scopes, or of a measure, at a time (now: None)."""

    def __init__(self, catalogue, world, at, framework=None, scheme=None, scopes=None, measure="", level=0):
        self.catalogue, self.world, self.at, self.measure, self.provider = catalogue, world, time_of(at), measure, None
        if measure:
            its = world["measures"][measure]
            framework, scheme, scopes = its["framework"], its["scheme"], its["scopes"]
            if its.get("inheritsFrom") in world["measures"] and level < 8:
                self.provider = Reckoning(catalogue, world, at, measure=its["inheritsFrom"], level=level + 1)
            self.inherits = its.get("inheritsFrom")
        else:
            self.inherits = None
        self.framework, self.scopes = catalogue.of[framework], scopes
        self.count_verdicts()
        chosen = self.framework.schemes[scheme] if scheme else self.framework.controls
        self.parts = {c: self.parts_of(c) for c in chosen}
        self.states = {c: self.state_of(c) for c in chosen}
        self.points = {c: self.points_of(c) for c in chosen}
        self.most = {c: 0 if self.states[c] == "notApplicable" else 1000 * weight(self.answer(c)) for c in chosen}
        self.total, self.all = sum(self.points.values()), sum(self.most.values())

    def answer(self, control):
        return self.framework.answers.get(control, {})

    def percent(self):
        return self.total * 10000 // self.all if self.all else None

    # -- verdicts --

    def count_verdicts(self):
        self.counts = collections.defaultdict(collections.Counter)
        for row in self.world["verdicts"]:
            if any(holds(s, row["resourceId"]) for s in self.scopes):
                self.counts[row["policyDefinitionName"].lower()][COUNTED[row["complianceState"]]] += 1
        self.assigned, self.groups = collections.defaultdict(set), collections.defaultdict(dict)
        for assignment in self.world["assignments"]:
            if not any(self.reaches(assignment, s) for s in self.scopes):
                continue
            for policy, groups in assignment["policies"].items():
                self.assigned[policy].add(assignment["id"])
                for group in groups:
                    self.groups[group][policy] = True

    @staticmethod
    def reaches(assignment, scope):
        if any(holds(left, scope) for left in assignment["notScopes"]):
            return False
        return holds(assignment["scope"], scope) or holds(scope, assignment["scope"])

    def policy(self, name):
        counts, assigned = self.counts[name], self.assigned.get(name, set())
        count = sum(counts.values())
        good = counts["compliant"] + counts["exempt"]
        if count == 0:
            state = "silent" if assigned else "unknown"
        elif counts["nonCompliant"]:
            state = "partly" if good else "violated"
        else:
            state = "met" if good == count else "unknown"
        return Part("policy", state, Fraction(good, count) if count else 0, assigned, name, counts)

    def policies(self, answer):
        names = [p.lower() for p in answer.get("policies", [])]
        for group in answer.get("groups", []):
            found = [p for g, them in self.groups.items() if g.lower() == group.lower() for p in them]
            names += [p for p in found if p not in names]
            if not found and not answer.get("policies") and answer["checkedBy"] != "person":
                names.append(group)
        return [self.policy(n) for n in dict.fromkeys(names)]

    # -- what people say --

    def said(self, kind, control, *more):
        """Its own goes before what is said in general."""
        general = self.world[kind].get((self.framework.id, control, "", *more))
        return (self.measure and self.world[kind].get((self.framework.id, control, self.measure, *more))) or general

    def is_over(self, said):
        return said.get("until") and time_of(said["until"]) <= self.at

    def questions(self, control, answer):
        for number in range(1, len(answer.get("questions", [])) + 1):
            said = self.said("answers", control, number)
            if not said or self.is_over(said):
                yield Part("question", "unknown", ids=[said["id"]] if said else [])
            else:
                state = {"yes": "met", "no": "violated", "notApplicable": "silent"}[said["answer"]]
                yield Part("question", state, ids=[said["id"]], says_nothing_here=state == "silent")

    def linked(self, control):
        """(piece, rule named) by the nearest way."""
        seen = {}
        ways = [(self.framework.id, control, False)]
        ways += [(f, c, True) for f, c, relation in self.catalogue.counterparts(self.framework.id, control)
                 if relation in ("equal", "subset")]
        for framework, its, mapped in ways:
            for piece in self.world["pieces"]:
                for f, c, measure, rule in piece["links"]:
                    counts = not self.measure or measure in ("", self.measure)
                    if (f, c) != (framework, its) or not counts or (mapped and piece["id"] in seen):
                        continue
                    seen.setdefault(piece["id"], (piece, []))[1].append("" if mapped else rule)
        return [(piece, rule) for piece, rules in seen.values() for rule in dict.fromkeys(rules)]

    def is_fresh(self, piece, rule):
        start = min(t for t in (time_of(piece["from"]), time_of(piece["validFrom"])) if t)
        every = piece["every"] or rule.get("every", "once")
        end = after(start, every) if every not in ("once", "change") else None
        until = min((t for t in (end, time_of(piece["validUntil"])) if t), default=None)
        begun = not piece["validFrom"] or time_of(piece["validFrom"]) <= self.at
        return begun and (until is None or self.at < until)

    def evidence(self, control, answer):
        rules = answer.get("evidence", [])
        linked = self.linked(control)
        for rule in rules:
            fits = [p for p, named in linked if
                    (named in rule["name"].values() if named else p["kind"] == rule["kind"] if p["kind"] else len(rules) == 1)]
            fresh = [p["id"] for p in fits if self.is_fresh(p, rule)]
            state = "met" if fresh else "violated" if fits else "unknown"
            yield Part("evidence", state, ids=fresh or [p["id"] for p in fits])

    def findings(self, control):
        for f in self.world["findings"]:
            if (f["framework"], f["control"]) == (self.framework.id, control) and f["measure"] in ("", self.measure):
                yield Part("finding", "violated", ids=[f["id"]], name=f["id"])

    # -- what a provider answers for --

    def provided(self, control):
        """(control of his or None, how it stands to ours)"""
        if not self.provider or self.provider.framework.id == self.framework.id:
            return [(control, "equal")]
        his = [(c, TURNED[r]) for _, c, r in
               self.catalogue.counterparts(self.framework.id, control, self.provider.framework.id)]
        for wanted in ("equal", "superset"):
            for one in his:
                if one[1] == wanted:
                    return [one]
        return his or [(None, "")]

    def inherited(self, control):
        for his, relation in self.provided(control):
            if relation in ("intersects", ""):
                yield Part("inherited", "silent", name="provider")
            elif not self.provider or his not in self.provider.states:
                yield Part("inherited", "unknown", name="provider")
            else:
                state = self.provider.states[his]
                turned = {"compliant": "met", "partial": "partly", "nonCompliant": "violated", "unknown": "unknown",
                          "notApplicable": "silent"}[state]
                most = self.provider.most[his]
                yield Part("inherited", turned, Fraction(self.provider.points[his], most) if most else 0, name="provider",
                           says_nothing_here=turned == "silent")

    def is_substituted(self, control):
        other = self.world["substitutes"].get(self.measure) if self.measure else None
        if not other or not other["covers"] or not self.framework.replaced_by:
            return False
        held = time_of(other["issued"]) <= self.at < time_of(other["expires"]) + datetime.timedelta(days=1)
        return held and bool(self.framework.props[control].get(self.framework.replaced_by))

    # -- together --

    def parts_of(self, control):
        answer, out = self.answer(control), []
        if self.is_substituted(control):
            out = [p for p in self.policies(answer) if sum(p.counts.values())]
            return out + [Part("inherited", "met", ids=[self.measure])] + list(self.findings(control))
        whose = answer.get("responsibility", "customer")
        whole = self.provided(control)[0][1] in ("equal", "superset")
        if not (self.inherits and whose == "provider" and whole):
            out = self.policies(answer) + list(self.questions(control, answer)) + list(self.evidence(control, answer))
        out += self.findings(control)
        if self.inherits and whose != "customer":
            out += self.inherited(control)
        return out

    def state_of(self, control):
        excluded = self.said("exclusions", control)
        if excluded and not self.is_over(excluded):
            return "notApplicable"
        parts = self.parts[control]
        found = {p.state for p in parts} - {"silent"}
        if not found:
            return "notApplicable" if parts and all(p.not_here for p in parts) else "unknown"
        if found & {"violated", "partly"}:
            return "partial" if found & {"met", "partly"} else "nonCompliant"
        return "unknown" if "unknown" in found else "compliant"

    def points_of(self, control):
        speaking = [p for p in self.parts[control] if p.state != "silent"]
        if not speaking or self.states[control] == "notApplicable":
            return 0
        points = 1000 * weight(self.answer(control)) * sum(p.met for p in speaking) / len(speaking)
        return points.numerator // points.denominator
