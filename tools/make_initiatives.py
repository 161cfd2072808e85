#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the initiatives of content/initiatives that follow from the catalogue: for each scheme one, with a group for every
control and the policies that answer it. korea-baseline.json is written by hand and left alone.

  make_initiatives.py SOURCE_ROOT            write them
  make_initiatives.py SOURCE_ROOT --check    write nothing; exit 1 when one is not as it would be written

An initiative that is assigned as it is reports and does nothing else: policies that change or fill in report until their
parameter says otherwise. What deploys or refuses deletion answers no control: a policy beside it reports the same."""
import json
import pathlib
import re
import sys

# name, folder of content/catalog, profile; English and Korean name
SCHEMES = [
    ("csap-iaas", "csap-2025-02", "iaas", "CSAP IaaS", "CSAP IaaS"),
    ("csap-saas-standard", "csap-2025-02", "saas-standard", "CSAP SaaS, standard grade", "CSAP SaaS 표준등급"),
    ("csap-saas-simple", "csap-2025-02", "saas-simple", "CSAP SaaS, simple grade", "CSAP SaaS 간편등급"),
    ("csap-daas", "csap-2025-02", "daas", "CSAP DaaS", "CSAP DaaS"),
    ("csap-low", "csap-2025-02", "low", "CSAP low grade", "CSAP 하등급"),
    ("csap-low-saas", "csap-2025-02", "low-saas", "CSAP low grade SaaS", "CSAP 하등급 SaaS"),
    ("isms-p", "isms-p-2023", "isms-p", "ISMS-P", "ISMS-P"),
    ("isms-p-2018", "isms-p-2018", "isms-p", "ISMS-P, 2018 edition", "ISMS-P 2018년 판"),
    ("fsi", "fsi-2019", "iaas", "Financial sector, cloud providers", "금융부문 클라우드 제공자 안전성 평가"),
    ("iso-27001-2022", "iso-27001-2022", "annex-a", "ISO/IEC 27001:2022", "ISO/IEC 27001:2022"),
    ("nist-csf", "nist-csf-1.1", "core", "NIST Cybersecurity Framework 1.1", "NIST 사이버보안 프레임워크 1.1"),
]
ENGLISH = ("Checks by machine for {0}: a group for each of its {1} controls, in it the policies that answer the control, "
           "{2} in all. A group without policies is a control that persons check. Assigned as it is, the initiative "
           "reports and changes nothing.")
KOREAN = ("{0}에 대한 기계 점검. 통제 {1}개마다 그룹이 하나씩 있고, 그 통제에 답하는 정책이 들어 있다(모두 {2}개). 정책이 없는 그룹은 "
          "사람이 점검하는 통제이다. 그대로 할당하면 보고만 하고 아무것도 바꾸지 않는다.")
WORD = re.compile("[A-Za-z][a-z0-9]*")
DEFINITIONS = "/providers/Microsoft.Authorization/policyDefinitions/"
SETS = "/providers/Microsoft.Authorization/policySetDefinitions/"
METADATA = "/providers/Microsoft.PolicyInsights/policyMetadata/"

# Doors to the Internet: one parameter turns reporting into refusing.
EXPOSURE = ["mapae-storage-no-public-blob", "mapae-network-nsg-no-ssh-from-internet",
            "mapae-network-nsg-no-rdp-from-internet", "mapae-network-nsg-no-any-from-internet",
            "mapae-network-nsg-no-database-from-internet", "mapae-database-sql-no-open-firewall-rule"]
# The value of each parameter here is one parameter of the initiative: {name: [(policy, parameter)...]}.
SHARED = {
    "allowedLocations": [("general-allowed-locations", "allowedLocations"),
                         ("general-allowed-locations-groups", "allowedLocations"),
                         ("general-replica-locations", "locations"), ("database-sql-failover-group", "allowedLocations")],
    "minimumLogDays": [("logging-workspace-retention", "minimumDays"), ("database-sql-auditing", "minimumDays")],
    "requiredTags": [("general-required-tags", "tagNames")],
    "companyRanges": [("storage-ip-rules-within-ranges", "allowedRanges")],
}
# Facts of products and of protocols, which nobody sets for an organisation: policies keep their defaults.
FIXED = set("""accepted acceptedEngines adminRoleIds allowedChannelEncryption allowedCurves allowedModes allowedNextHops
allowedPolicies allowedScopes annotation assessmentName assignmentNames capabilities channels dataRoleIds encryption
exceptedPaths excludedDatabases excludedTiers extensionTypes firstPersonalId forbiddenRoleIds forwardSecrecy groups integrity
keyExchange kinds levels metricNames methods minimumRsaBits modules names nodeChannels olderCategories operationName options
packages paths planName ports principalTypes privilegedRoleIds programs requiredCategories requiredEvents requiredProperties
resources retiredTypes rules schemes settingName settings severities shells states types value weakWords words
zones""".split())


def fail(text):
    sys.exit(f"make_initiatives.py: {text}")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def korean(thing):
    titles = (p["value"] for p in thing.get("props", []) if p["name"] == "title" and p.get("class") == "ko")
    return next(titles, thing["title"])


def controls_of(above, section=None):
    """(control, section) of a catalogue, in its order."""
    for group in above.get("groups", []):
        yield from controls_of(group, group)
    for control in above.get("controls", []):
        yield control, section
        yield from controls_of(control, section)


def chosen_by(profile):
    chosen = set()
    for imported in profile["imports"]:
        if "include-all" in imported or "exclude-controls" in imported:
            fail(f"{profile['metadata']['title']}: wanted include-controls alone")
        for include in imported["include-controls"]:
            chosen.update(include["with-ids"])
    return chosen


def policies_of(root):
    found = {}
    for path in sorted((root / "content/policies").glob("*/*.json")):
        if not path.name.endswith(".test.json"):
            document = read(path)
            found[document["name"]] = document["properties"]
    return found


def reference_id(policy):
    first, *rest = policy.removeprefix("mapae-").split("-")
    return first + "".join(word.capitalize() for word in rest)


def parameter_id(policy, own):
    """generalGovernmentZoneTag and tagName: generalGovernmentZoneTagName."""
    first, then = WORD.findall(reference_id(policy)), WORD.findall(own[0].upper() + own[1:])
    same = next(n for n in range(min(len(first), len(then)), -1, -1) if n == 0 or first[-n:] == then[:n])
    return "".join(first + then[same:])


def effect_default(properties):
    return properties.get("parameters", {}).get("effect", {}).get("defaultValue", properties["policyRule"]["then"]["effect"])


def prefixed(texts, properties):
    """The texts of a parameter, and which policy it is of."""
    def both(policy, parameter):
        return {"displayName": f"{policy['displayName']}: {parameter['displayName']}",
                "description": parameter.get("description", "")}

    korean_texts = both(properties["metadata"]["localized"]["ko"], texts["localized"]["ko"])
    return {**both(properties, texts), "localized": {"ko": korean_texts}}


PREVENTIVE = {
    "type": "String",
    "metadata": {
        "displayName": "Effect of the exposure rules",
        "description": "Effect of the rules about doors that are open to the Internet: Audit to report, Deny to refuse.",
        "localized": {"ko": {"displayName": "노출 규칙의 효과",
                             "description": "인터넷에 열린 문에 관한 규칙의 효과. 알리기만 하려면 Audit, 막으려면 Deny."}}},
    "allowedValues": ["Audit", "Deny", "Disabled"], "defaultValue": "Audit"}


class Initiative:
    def __init__(self, name, policies):
        self.name, self.policies = name, policies
        self.parameters = {}
        self.shared = {(f"mapae-{policy}", own): name for name, members in SHARED.items() for policy, own in members}

    def parameter(self, name, source, metadata):
        made = {**source, "metadata": metadata}
        if self.parameters.setdefault(name, made)["defaultValue"] != made["defaultValue"]:
            fail(f"{self.name}: {name} would be two parameters")
        return {"value": f"[parameters('{name}')]"}

    def effect_of(self, policy, properties):
        source = properties["parameters"]["effect"]
        if policy in EXPOSURE:
            self.parameters.setdefault("preventiveEffect", PREVENTIVE)
            return {"value": "[parameters('preventiveEffect')]"}
        if source["defaultValue"].lower() not in ("modify", "append"):
            return None
        return self.parameter(parameter_id(policy, "effect"), {**source, "defaultValue": "Audit"},
                              prefixed(source["metadata"], properties))

    def value_of(self, policy, properties, own, common):
        source = properties["parameters"][own]
        if (policy, own) == ("mapae-general-baseline-assigned", "initiative"):
            return {"value": f"mapae-{self.name}"}
        shared = self.shared.get((policy, own))
        if shared:
            return self.parameter(shared, source, source["metadata"])
        if own in FIXED:
            return None
        if common[own, json.dumps(source.get("defaultValue"))] > 1:
            return self.parameter(own, source, source["metadata"])
        return self.parameter(parameter_id(policy, own), source, prefixed(source["metadata"], properties))

    def reference(self, policy, groups, common):
        properties = self.policies[policy]
        values = {}
        for own in properties.get("parameters", {}):
            value = self.effect_of(policy, properties) if own == "effect" else self.value_of(policy, properties, own, common)
            if value:
                values[own] = value
        found = {"policyDefinitionReferenceId": reference_id(policy), "policyDefinitionId": DEFINITIONS + policy,
                 "definitionVersion": "1.*.*"}
        return {**found, **({"parameters": values} if values else {}), "groupNames": groups}


def common_defaults(policies):
    """How many policies have a parameter of this name and default: those of several are one parameter of an initiative."""
    counts = {}
    for properties in policies.values():
        for own, source in properties.get("parameters", {}).items():
            key = own, json.dumps(source.get("defaultValue"))
            counts[key] = counts.get(key, 0) + 1
    return counts


def alike(policies):
    """Which of those may be shared: a name with one default only, and with the name of a thing in itself."""
    counts = common_defaults(policies)
    defaults = {}
    for own, default in counts:
        defaults.setdefault(own, set()).add(default)
    return {key: counts[key] if len(defaults[key[0]]) == 1 else 1 for key in counts}


def make(root, scheme, policies):
    name, framework, profile_name, english_name, korean_name = scheme
    folder = root / "content/catalog" / framework
    chosen = chosen_by(read(folder / f"{profile_name}.profile.json")["profile"])
    controls = [(c, s) for c, s in controls_of(read(folder / "catalog.json")["catalog"]) if c["id"] in chosen]
    answers = {a["control"]: a for a in read(folder / "answers.json")["answers"]["controls"]}
    groups, groups_korean, answered = [], {}, {}
    for control, section in controls:
        groups.append({"name": control["id"], "displayName": control["title"], "category": section["title"],
                       "additionalMetadataId": METADATA + control["id"]})
        groups_korean[control["id"]] = {"localized": {"ko": {"displayName": korean(control), "category": korean(section)}}}
        for policy in answers.get(control["id"], {}).get("policies", []):
            answered.setdefault(policy, []).append(control["id"])
    made, common = Initiative(name, policies), alike(policies)
    references = [made.reference(policy, answered[policy], common) for policy in sorted(answered)]
    counts = (len(controls), len(references))
    return {
        "id": f"{SETS}mapae-{name}", "name": f"mapae-{name}", "type": "Microsoft.Authorization/policySetDefinitions",
        "properties": {
            "displayName": english_name, "description": ENGLISH.format(english_name, *counts), "policyType": "BuiltIn",
            "version": "1.0.0",
            "metadata": {
                "version": "1.0.0", "category": "Regulatory Compliance",
                "localized": {"ko": {"displayName": korean_name, "description": KOREAN.format(korean_name, *counts)}},
                "groups": groups_korean},
            "parameters": dict(sorted(made.parameters.items())), "policyDefinitionGroups": groups,
            "policyDefinitions": references}}


def text_of(value, indent=0, width=150, lead=0):
    """JSON with what fits on one line on one line."""
    text = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or (indent and indent + lead + len(text) <= width):
        return text
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{json.dumps(k)}: {text_of(v, indent + 1, width, len(k) + 4)}" for k, v in value.items()]
    else:
        parts = [text_of(v, indent + 1, width) for v in value]
    ends = "{}" if isinstance(value, dict) else "[]"
    return f"{ends[0]}\n{pad}" + f",\n{pad}".join(parts) + f"\n{' ' * indent}{ends[1]}"


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    root, only_check = pathlib.Path(sys.argv[1]), len(sys.argv) == 3
    policies, old = policies_of(root), []
    for scheme in SCHEMES:
        path = root / "content/initiatives" / f"{scheme[0]}.json"
        text = text_of(make(root, scheme, policies)) + "\n"
        if only_check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            old.append(str(path))
        elif not only_check:
            path.write_text(text, encoding="utf-8")
    if old:
        fail("not as the catalogue would have them (tools/make_initiatives.py . writes them): " + ", ".join(old))


if __name__ == "__main__":
    main()
