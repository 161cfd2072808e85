# SPDX-License-Identifier: Apache-2.0
"""Statements, trends, comparisons and OSCAL beside a reckoning (tests/support/reckoning.py): what is not the same, in words."""
import collections
import re

from reckoning import STATES, milli

IMPLEMENTED = {"compliant": "implemented", "partial": "partial", "nonCompliant": "notImplemented", "unknown": "unknown",
               "notApplicable": "notApplicable"}
BETTER = {s: i for i, s in enumerate(("nonCompliant", "partial", "unknown", "compliant"))}


def folded(ids):
    return sorted({i.lower() for i in ids})


def brief(shown, ours, name="score"):
    """Of the head that every score has, or of a point of a trend."""
    score = shown.get("score", shown)
    found = (score.get("percent"), milli(score["points"]), milli(score["most"]), tuple(shown["states"][s] for s in STATES))
    percent = ours.percent()
    states = list(ours.states.values())
    wanted = (None if percent is None else percent / 100, ours.total, ours.all, tuple(states.count(s) for s in STATES))
    return [] if found == wanted else [f"{name}: {found}, ours {wanted}"]


# ---- statements ----


def counted(rows, totals, groups, wanted):
    """Totals over rows and over groups: {member: of a row}."""
    out = []
    for member, of in wanted.items():
        mine = sum(of(r) for r in rows)
        if totals[member] != mine or (groups is not None and sum(g[member] for g in groups) != mine):
            out.append(f"total {member}: {totals[member]}, groups {groups and sum(g[member] for g in groups)}, ours {mine}")
    return out


def applicability(shown, ours):
    out, rows = [], shown["rows"]
    if [r["control"]["id"] for r in rows] != ours.framework.controls:
        return ["other controls"]
    for row in rows:
        control = row["control"]["id"]
        state = ours.states.get(control)
        parts = ours.parts.get(control, [])
        evidence = folded(i for p in parts if p.kind == "evidence" for i in p.ids)
        records = [i for p in parts if p.kind != "evidence" for i in p.ids]
        excluded = ours.said("exclusions", control)
        if excluded and not ours.is_over(excluded) and control in ours.states:
            records.append(excluded["id"])
        found = (row["demanded"], row["applicable"], row["implementation"], row.get("state"), folded(row["records"]), folded(row["evidence"]))
        wanted = (state is not None, state not in (None, "notApplicable"), IMPLEMENTED[state or "notApplicable"], state,
                  folded(records), evidence)
        if found != wanted:
            out.append(f"{control}: {found}, ours {wanted}")
    out += counted(rows, shown["totals"], shown["groups"], {
        "controls": lambda r: 1, "demanded": lambda r: r["demanded"], "applicable": lambda r: r["applicable"],
        "excluded": lambda r: r["demanded"] and not r["applicable"], "differing": lambda r: r["differs"],
        "withoutJustification": lambda r: r["justifiedBy"] == "none"})
    return out + counted(rows, shown["totals"]["implementation"], [g["implementation"] for g in shown["groups"]],
                         {k: lambda r, k=k: r["implementation"] == k for k in shown["totals"]["implementation"]})


def responsibility(shown, ours):
    out, rows, totals = [], shown["rows"], shown["totals"]
    if [r["control"]["id"] for r in rows] != list(ours.states):
        return ["other controls"]
    for row in rows:
        control = row["control"]["id"]
        answer = ours.answer(control)
        inherits = any(p.kind == "inherited" and p.name == "provider" for p in ours.parts[control])
        found = (row["responsibility"], row["saidBy"], row["applicable"], row.get("team", ""), row.get("inheritedFrom"))
        wanted = (answer.get("responsibility", "customer"), "source" if answer.get("statedBySource") else "judgement",
                  ours.states[control] != "notApplicable", answer.get("team", ""), ours.inherits if inherits else None)
        if found != wanted:
            out.append(f"{control}: {found}, ours {wanted}")
    of = {"controls": lambda r: 1, "applicable": lambda r: r["applicable"], "bySource": lambda r: r["saidBy"] == "source",
          "byJudgement": lambda r: r["saidBy"] == "judgement", "byDecision": lambda r: r["saidBy"] == "decision"}
    of.update({w: lambda r, w=w: r["responsibility"] == w for w in ("customer", "provider", "shared")})
    for by, member in (("teams", "team"), ("services", "service")):
        out += counted(rows, totals, shown[by], of)
        for group in shown[by]:
            out += counted([r for r in rows if r.get(member, "") == group[member]], group, None, of)
    return out


def gap_of(part):
    if part.state in ("met", "silent"):
        return None
    if part.kind == "policy":
        return "notAssigned" if not sum(part.counts.values()) else "failing" if part.counts["nonCompliant"] else "notJudged"
    if part.kind == "question":
        return "answeredNo" if part.state == "violated" else "answerExpired" if part.ids else "unanswered"
    if part.kind == "evidence":
        return "staleEvidence" if part.state == "violated" else "noEvidence"
    return part.kind


def gaps(shown, ours):
    out, wanted, kinds = [], {}, collections.Counter()
    for control, parts in ours.parts.items():
        if ours.states[control] == "notApplicable":
            continue
        mine = collections.Counter(g for g in map(gap_of, parts) if g)
        if not mine and ours.states[control] != "compliant":
            mine["nothingSeen" if parts else "nobody"] = 1
        if shown["totals"]["byKind"]["notJustified"]:
            mine["notJustified"] = 1
        if mine:
            wanted[control] = mine
            kinds += mine
    found = {r["control"]["id"]: collections.Counter({k["kind"]: k["count"] for k in r["kinds"]}) for r in shown["rows"]}
    if found != wanted:
        out += [f"{c}: {found.get(c)}, ours {wanted.get(c)}" for c in {*found, *wanted} if found.get(c) != wanted.get(c)]
    totals = shown["totals"]
    lost = {c: ours.most[c] - ours.points[c] for c in wanted}
    for row in shown["rows"]:
        control = row["control"]["id"]
        its = sum(g.get("lostThousandths", 0) for g in row["gaps"])
        if not row["lostThousandths"] == lost.get(control) == its or row["count"] != len(row["gaps"]) or row["state"] != ours.states[control]:
            out.append(f"{control}: loses {row['lostThousandths']}, its gaps {its}, ours {lost.get(control)}; {row['count']} of {len(row['gaps'])}")
        for gap in row["gaps"]:
            out += verdicts_told(gap, ours)
    if not totals["lostThousandths"] == ours.all - ours.total == sum(lost.values()):
        out.append(f"lost {totals['lostThousandths']}, ours {ours.all - ours.total}")
    if totals["gaps"] != sum(kinds.values()) or totals["lacking"] != len(wanted) or {k: n for k, n in totals["byKind"].items() if n} != dict(kinds):
        out.append(f"totals {totals}, ours {kinds}")
    if totals["controls"] != sum(s != "notApplicable" for s in ours.states.values()):
        out.append(f"applicable {totals['controls']}")
    return out


def verdicts_told(gap, ours):
    if gap["kind"] not in ("failing", "notJudged"):
        return []
    counts = ours.counts[gap["name"].lower()]
    wanted = counts["nonCompliant"] if gap["kind"] == "failing" else counts["error"] + counts["notEvaluated"]
    return [] if gap["resources"] == wanted else [f"{gap['name']}: {gap['kind']} {gap['resources']}, ours {wanted}"]


STATEMENTS = {"applicability": applicability, "responsibility": responsibility, "gaps": gaps}


# ---- beside each other ----


def change_of(a, b, control):
    if control not in a.states or control not in b.states:
        return "only"
    before, after = a.states[control], b.states[control]
    if before != after:
        if "notApplicable" in (before, after):
            return "same"
        return "better" if BETTER[after] > BETTER[before] else "worse"
    left, right = a.points[control] * (b.most[control] or 1), b.points[control] * (a.most[control] or 1)
    return "better" if left < right else "worse" if left > right else "same"


def comparison(shown, a, b):
    out = brief(shown["from"], a, "from") + brief(shown["to"], b, "to")
    mine = collections.Counter()
    for row in shown["controls"]:
        control = row.get("from", row.get("to"))["id"]
        wanted = change_of(a, b, control)
        mine[wanted] += 1
        if row["change"] != wanted:
            out.append(f"{control}: {row['change']}, ours {wanted}")
        for side, ours in (("from", a), ("to", b)):
            if side in row and (row[side]["state"], milli(row[side]["points"])) != (ours.states[control], ours.points[control]):
                out.append(f"{control}: {side} {row[side]}")
    if len(shown["controls"]) != len({*a.states, *b.states}) or any(shown["sums"][k] != mine[k] for k in shown["sums"]):
        out.append(f"sums {shown['sums']}, ours {mine}")
    if milli(shown["points"]) != b.total - a.total:
        out.append(f"points {shown['points']}, ours {b.total - a.total}")
    return out


# ---- OSCAL ----


def props(of):
    return {p["name"]: p["value"] for p in of.get("props", [])}


def oscal(shown, ours):
    """Findings have the points of their controls, and the ids of the records they follow from."""
    out, result = [], shown["assessment-results"]["results"][0]
    observed = {o["uuid"]: o for o in result["observations"]}
    seen = {}
    for finding in result["findings"]:
        said = props(finding)
        seen[finding["target"]["target-id"]] = said
        parts = [observed[o["observation-uuid"]] for o in finding.get("related-observations", [])]
        control = finding["target"]["target-id"]
        if (said["state"], milli(said["points"]), milli(said["points-possible"])) != (ours.states[control], ours.points[control], ours.most[control]):
            out.append(f"{control}: {said}")
        if sum(milli(props(p)["points"]) for p in parts) != ours.points[control] and ours.states[control] != "notApplicable":
            out.append(f"{control}: observations do not add up")
        ids = folded(e["description"] for o in parts for e in o.get("relevant-evidence", []))
        wanted = folded(i for p in ours.parts[control] for i in p.ids)
        if ids != wanted:
            out.append(f"{control}: records {ids}, ours {wanted}")
    applies = [c for c, s in ours.states.items() if s != "notApplicable"]
    if any(c not in seen for c in applies):
        out.append(f"no findings for {[c for c in applies if c not in seen]}")
    if sum(milli(s["points"]) for s in seen.values()) != ours.total:
        out.append("points of all findings")
    said = props(result)
    if (milli(said["points"]), milli(said["points-possible"])) != (ours.total, ours.all):
        out.append(f"points {said['points']} of {said['points-possible']}")
    return out


# ---- documents for people: tables of cells ----


def records_of(cell, full):
    """"R1 a, R12 b" -> full ids."""
    return folded(full[r] for r in re.findall(r"(?:^|(?<=[\s,]))R[0-9]+(?=\s)", cell))


def page(tables, ours):
    """As in a workbook: what heads a group stands before each of its rows."""
    flat = []
    for table in tables:
        group, rows = None, []
        for row in table:
            if len(row) == 1 and len(table[0]) > 1:
                group = row[0]
            else:
                rows.append(row if group is None else [group, *row])
        flat.append([["", *table[0]] if group is not None else table[0], *rows[1:]])
    return report(flat, ours)


def report(tables, ours):
    """The assessment report as tables, each its rows of cells, heads with them: of a workbook or a page."""
    out, heads = [], [(table[0], table[1:]) for table in tables if table]
    controls, parts, figures, records = ([rows for head, rows in heads if wanted in [head[i:i + 2] for i in (0, 1)]] for wanted in (
        ["No.", "Control"], ["Kind", "Part"], ["Figure", "Value"], ["Name", "Full id"]))
    if not controls or not parts or not figures:
        return [f"tables are missing: {[h[:3] for h, _ in heads]}"]
    controls, parts, figures = controls[0], parts[0], figures[0]
    full = {r[0]: r[2] for rows in records for r in rows}
    by_label = {ours.framework.labels[c]: c for c in ours.states}
    if {by_label[r[1]]: milli(r[6]) for r in controls} != ours.points:
        out.append("points by control")
    found, points = collections.defaultdict(set), collections.Counter()
    for row in parts:
        control = by_label[row[0].split()[0]]
        found[control] |= set(records_of(row[8], full))
        points[control] += milli(row[6])
    for control, mine in ours.parts.items():
        wanted = {i.lower() for p in mine for i in p.ids}
        if found[control] != wanted:
            out.append(f"{control}: records too many {found[control] - wanted}, missing {wanted - found[control]}")
        if points[control] != ours.points[control]:
            out.append(f"{control}: parts give {points[control]}, ours {ours.points[control]}")
    names = {"Compliant": "compliant", "Partial": "partial", "Non-compliant": "nonCompliant", "Unknown": "unknown", "Not applicable": "notApplicable"}
    listed = collections.defaultdict(list)
    for number, figure, value, ids in figures:  # many ids have several rows
        listed[number, figure, value] += [i for i in ids.split(", ") if i]
    for (_, figure, value), ids in listed.items():
        ids = sorted(ids)
        wanted = sorted(c for c, s in ours.states.items() if s == names.get(figure, s))
        if figure in (*names, "Controls") and (int(value) != len(wanted) or ids != wanted):
            out.append(f"{figure}: {value}, {len(ids)} ids, ours {len(wanted)}")
    return out
