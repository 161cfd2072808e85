#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""eval, explain and scan say the same of the same policy and resource (TAP): for every unit test of content/policies,
and, where a public corpus is at hand, for a sample of built-in policies and of recorded resources.

test_agreement.py MAPAE SOURCE_ROOT [CORPUS]

eval and scan answer many in one run, explain starts anew for each: it is asked about a sample of the unit tests (of each
kind of answer every ninth; the same ones every time), and about all with MAPAE_EXPLAIN_ALL in the environment.

The documents of a unit test are completed first, so that a scan can place them: an id, a location; and each has a
subscription of its own, so that one scan judges many of them and none is another's surroundings. (Without a location
eval, meant for such tests, judges by policies of mode Indexed; a scan passes over the resource. See docs/eval.md.)"""
import collections
import copy
import json
import os
import pathlib
import re
import sys
import tempfile

from program import ROOT, check, main, run, skip

NOW = "2026-01-31T09:00:00.0000000Z"
CORPUS = pathlib.Path(sys.argv[3]) / "azure-policy" if len(sys.argv) > 3 else None
SUBSCRIPTION = re.compile(r"^/subscriptions/([^/]+)", re.IGNORECASE)
GROUP = re.compile(r"^/subscriptions/[^/]+/resourceGroups/[^/]+", re.IGNORECASE)
SUBSCRIPTIONS, GROUPS = "microsoft.resources/subscriptions", "microsoft.resources/subscriptions/resourcegroups"


class Case:
    """One policy, one resource, what stands around it."""

    def __init__(self, name, policy, resource, **more):
        self.name, self.policy, self.resource = name, policy, resource
        self.parameters = more.get("parameters") or {}
        self.related = more.get("related") or []
        self.context = more.get("context") or {}
        self.answers = {}

    def now(self):
        return self.context.get("utcNow", NOW)

    def inventory(self):
        """The resource, its surroundings, and the documents of its containers."""
        found = [self.resource, *self.related]
        for member, pattern, kind in (("subscription", SUBSCRIPTION, SUBSCRIPTIONS), ("resourceGroup", GROUP, GROUPS)):
            where = pattern.match(self.resource["id"])
            if member in self.context and where:
                found.append({**self.context[member], "id": where.group(0), "type": kind})
        return found


def write(folder, name, text):
    path = pathlib.Path(folder, name)
    path.write_text(text, encoding="utf-8")
    return str(path)


def write_lines(folder, name, documents):
    return write(folder, name, "".join(json.dumps(d) + "\n" for d in documents))


# ---- the three ----

def ask_eval(cases, folder):
    requests = [{"id": number, "policyDefinition": json.loads(case.policy.read_text(encoding="utf-8-sig")),
                 "parameters": case.parameters, "resource": case.resource, "relatedResources": case.related,
                 "context": {**case.context, "utcNow": case.now()}} for number, case in enumerate(cases)]
    done = run("eval", write_lines(folder, "requests.ndjson", requests))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    check("eval answers every request", [a["id"] for a in answers] == list(range(len(cases))), done.stderr)
    for case, answer in zip(cases, answers):
        message = answer.get("error", {}).get("message", "")
        lacks = "which \"context\" does not give" in message or "of a resource that is in none" in message
        state = "NotEvaluated" if lacks else answer.get("state", answer.get("error"))
        reason = "context-missing" if lacks else answer.get("reason")
        case.answers["eval"] = (state, reason, answer.get("effect"))


def ask_explain(case, folder):
    arguments = ["-p", str(case.policy), "--now", case.now(), "--resource-id", case.resource["id"], "-r",
                 write_lines(folder, "around.ndjson", case.inventory()),
                 "--parameters", write(folder, "parameters.json", json.dumps(case.parameters))]
    if case.context:
        arguments += ["--context", write(folder, "context.json", json.dumps(case.context))]
    done = run("explain", "--format", "json", *arguments)
    if done.returncode:
        case.answers["explain"] = (done.stderr, None, None)
        return
    found = json.loads(done.stdout)
    applies = found["applies"]
    case.answers["explain"] = (found["state"], found["reason"] if applies else None,
                               found["effect"] if applies else None)


def ask_scan(cases, folder):
    """Cases of one time and of the same parameters, in one run: those of many policies when there are no parameters."""
    inventory = {json.dumps(d, sort_keys=True): d for case in cases for d in case.inventory()}
    policies = [word for policy in sorted({str(case.policy) for case in cases}) for word in ("-p", policy)]
    done = run("scan", "--quiet", "--format", "ndjson", *policies, "--now", cases[0].now(),
               "--parameters", write(folder, "parameters.json", json.dumps(cases[0].parameters)),
               write_lines(folder, "inventory.ndjson", inventory.values()))
    if done.returncode == 2 and "there is no policy to judge by" in done.stderr:
        tell_records(cases, [])  # it is disabled
    elif done.returncode:
        for case in cases:
            case.answers["scan"] = (done.stderr, None, None)
    else:
        tell_each(cases, [json.loads(line) for line in done.stdout.splitlines()])


def tell_each(cases, records):
    """Several policies judged the same documents: to each case what its own says."""
    by_policy = collections.defaultdict(list)
    for record in records:
        by_policy[record["policyDefinitionName"].lower()].append(record)
    names = {}
    for case in cases:
        if case.policy not in names:
            names[case.policy] = json.loads(case.policy.read_text(encoding="utf-8-sig"))["name"].lower()
        tell_records([case], by_policy[names[case.policy]])
        state, _, effect = case.answers["scan"]
        if state == "Conflicting":  # with another of the run: alone there is none
            case.answers["scan"] = ("NonCompliant", "condition-true", effect)


def tell_records(cases, records):
    by_id = {record.get("resourceId", "").lower(): record for record in records}
    for case in cases:
        record = by_id.get(case.resource["id"].strip("/").lower(), by_id.get(case.resource["id"].lower()))
        case.answers["scan"] = (record["complianceState"], record["reason"]["code"],
                                record["policyDefinitionAction"]) if record else ("NotApplicable", None, None)


def differs(case):
    states, reasons = ({a[i] for a in case.answers.values()} for i in (0, 1))
    effects = {a[2] for a in case.answers.values() if a[2]}
    # An answer with an error has a code of its own where the others have a reason.
    same_reason = len(reasons - {None}) <= 1 if states == {"Error"} else len(reasons) == 1
    return not (len(states) == 1 and same_reason and len(effects) <= 1)


def compare(title, cases, least):
    wrong = [case for case in cases if differs(case)]
    detail = "\n".join(f"{case.name}: {case.answers}" for case in wrong[:20])
    check(f"{title}: {len(cases)} pairs, every answer the same", not wrong, f"{len(wrong)} differ\n{detail}")
    states = collections.Counter(case.answers["eval"][0] for case in cases)
    print(f"# {title}: " + ", ".join(f"{state} {count}" for state, count in states.most_common()))
    check(f"{title}: enough was asked", len(cases) >= least[0] and len(states) >= least[1], states)


# ---- unit tests of our own policies ----

def place(document, subscription):
    """The id of a document that has none, in a subscription."""
    kind, name = document.get("type", ""), document.get("name", "nameless")
    if kind.lower() == SUBSCRIPTIONS:
        return f"/subscriptions/{subscription}"
    if kind.lower() in (GROUPS, "microsoft.resources/resourcegroups"):
        return f"/subscriptions/{subscription}/resourceGroups/{name}"
    provider, *types = kind.split("/")
    names = name.split("/")
    names = ["above"] * (len(types) - len(names)) + names[-len(types):]
    return (f"/subscriptions/{subscription}/resourceGroups/group/providers/{provider}"
            + "".join(f"/{t}/{n}" for t, n in zip(types, names)))


def place_related(document, resource):
    """Below the resource where its type says so, else on it; in a container, in it."""
    kind, above, name = document.get("type", ""), resource["id"], document.get("name", "nameless").split("/")[-1]
    if kind.lower().startswith(resource.get("type", "").lower() + "/") and kind.count("/") == \
            resource["type"].count("/") + 1 and resource["type"].lower() != SUBSCRIPTIONS:
        return f"{above}/{kind.rsplit('/', 1)[1]}/{name}"
    if resource.get("type", "").lower() in (SUBSCRIPTIONS, GROUPS):
        return place(document, SUBSCRIPTION.match(above).group(1)) if kind.count("/") else above
    provider, *types = kind.split("/")
    return f"{above}/providers/{provider}" + "".join(f"/{t}/{name}" for t in types)


def completed(number, path, defaults, test):
    definition = path.with_name(test.get("policyDefinition", defaults.get("policyDefinition",
                                                                          path.name.replace(".test.", "."))))
    given = copy.deepcopy({m: test.get(m, defaults.get(m)) for m in ("resource", "relatedResources", "context")})
    resource, related, context = given["resource"], given["relatedResources"] or [], given["context"] or {}
    own = SUBSCRIPTION.match(resource.get("id", ""))
    if own:  # another one, and wherever it is spoken of
        text = json.dumps([resource, related, context])
        text = re.sub(rf"(/subscriptions/){re.escape(own.group(1))}(?=[/\"])", rf"\g<1>agree-{number}", text, flags=re.I)
        resource, related, context = json.loads(text)
    if resource.get("id", "").startswith("/hosts/"):  # many of one name in one scan
        resource["id"] = place(resource, f"agree-{number}")
    resource.setdefault("id", place(resource, f"agree-{number}"))
    resource["location"] = resource.get("location") or "koreacentral"
    for document in related:
        document.setdefault("id", place_related(document, resource))
    parameters = {**(defaults.get("parameters") or {}), **(test.get("parameters") or {})}
    return Case(f"{path.parent.name}/{path.name}: {test['name']}", definition, resource, parameters=parameters,
                related=related, context=context)


def unit_tests():
    cases = []
    for path in sorted((ROOT / "content/policies").glob("**/*.test.json")):
        defaults = json.loads(path.read_text(encoding="utf-8"))
        for test in defaults["tests"]:
            cases.append(completed(len(cases), path, defaults, test))
    return cases


SAMPLED = 9  # of so many unit tests one is explained


def to_explain(cases):
    """All, or every ninth of those with one and the same answer of eval: so rare verdicts are met too."""
    if "MAPAE_EXPLAIN_ALL" in os.environ:
        return cases
    seen = collections.Counter()
    chosen = []
    for case in cases:
        kind = (*case.answers["eval"], bool(case.related), bool(case.context), bool(case.parameters))
        if seen[kind] % SAMPLED == 0:
            chosen.append(case)
        seen[kind] += 1
    return chosen


def together(cases):
    """Cases that one scan can answer: of one area (so documents are of one format), one time, without parameters or of
    one policy with the same, and no document twice."""
    runs = collections.defaultdict(list)
    seen = collections.Counter()
    for case in cases:
        kind = (case.policy if case.parameters else case.policy.parent, json.dumps(case.parameters), case.now())
        ids = [document["id"].lower() for document in case.inventory()]
        turn = max(seen[kind, i] for i in ids)
        for i in ids:
            seen[kind, i] = turn + 1
        runs[kind, turn].append(case)
    return runs.values()


def shipped_policies():
    cases = unit_tests()
    with tempfile.TemporaryDirectory() as folder:
        ask_eval(cases, folder)
        for case in to_explain(cases):
            ask_explain(case, folder)
        for run_of in together([c for c in cases if "requestContext" not in c.context]):  # a scan has no request
            ask_scan(run_of, folder)
    check("a scan was asked of nearly all", sum("scan" in c.answers for c in cases) > 0.98 * len(cases))
    compare("content/policies", cases, (400, 4))


# ---- built-in policies and recorded resources ----

EVERY = 9         # of the definitions
PER_POLICY = 3    # resources of each, in one inventory
EXPLAINED = 7     # of so many pairs one is explained too


def usable(path):
    """The definition, able to be judged as it stands and not disabled, or None."""
    definition = json.loads(path.read_text(encoding="utf-8-sig"))
    properties = definition["properties"]
    if properties.get("policyType") == "Static" or "mode" not in properties:
        return None
    for name, parameter in (properties.get("parameters") or {}).items():
        if "defaultValue" not in parameter:
            return None
        values = [v for v in parameter.get("allowedValues", []) if str(v).lower() != "disabled"]
        if name.lower() == "effect" and str(parameter["defaultValue"]).lower() == "disabled" and values:
            parameter["defaultValue"] = values[0]
    return definition


def has_place(resource):
    return "location" in resource or not resource["id"].count("/")


def corpus_cases(folder):
    paths = sorted(p for p in (CORPUS / "policyDefinitions").glob("**/*.json") if "Azure Government" not in str(p))
    policies = {}
    for number, path in enumerate(paths[::EVERY]):
        definition = usable(path)
        if definition:
            policies[definition["name"].lower()] = pathlib.Path(write(folder, f"{number}.json", json.dumps(definition)))
    for scope in sorted((CORPUS.parent / "resources/azure-scopes").glob("*.ndjson")):
        inventory = {}
        for line in scope.read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            inventory.setdefault(document.get("id", "").strip("/").lower(), document)
        inventory.pop("", None)
        yield scope.stem, policies, list(inventory.values())


def scan_all(folder, policies, documents):
    """What one scan of all policies says, by policy: {resource id: record}."""
    arguments = [word for path in policies.values() for word in ("-p", str(path))]
    done = run("scan", "--quiet", "--format", "ndjson", "--now", NOW, *arguments,
               write_lines(folder, "inventory.ndjson", documents))
    by_policy = collections.defaultdict(dict)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        by_policy[record["policyDefinitionName"].lower()][record.get("resourceId", "").strip("/").lower()] = record
    return done, by_policy


def corpus_sample():
    if not (CORPUS and CORPUS.is_dir()):
        skip("built-in policies and recorded resources", "the corpus is not there")
        return
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        for scope, policies, documents in corpus_cases(folder):
            done, by_policy = scan_all(folder, policies, documents)
            check(f"{scope} is scanned", done.returncode in (0, 3) and by_policy, done.stderr[:1000])
            by_id = {d["id"].strip("/").lower(): d for d in documents}
            for name, records in by_policy.items():
                others = [i for i in by_id if i not in records and has_place(by_id[i])][:1]
                for resource_id in sorted(records)[:PER_POLICY] + others:
                    resource = by_id[resource_id]
                    case = Case(f"{scope}, {name}, {resource_id}", policies[name], resource,
                                related=[d for d in documents if d is not resource])
                    tell_each([case], records.values())
                    cases.append(case)
        ask_eval(cases, folder)
        for case in cases[::EXPLAINED]:
            ask_explain(case, folder)
    compare("corpus", cases, (300, 3))


main(shipped_policies, corpus_sample)
