#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""azure-cli against a running server: a story, command by command, and the table of compatibility says what it did
(TAP). Skipped where there is no `az`.

test_az.py MAPAE SOURCE_ROOT"""
import itertools
import json
import os
import shutil
import subprocess
import tempfile

import compatibility
from program import MAPAE, ROOT, check, main, skip
from server import PATIENCE, Server, eventually

GROUP, NET = "Az-Group", "Microsoft.Network/virtualNetworks"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"

# One process for all commands: to load azure-cli takes longer than anything that it does. Given back is what it
# prints, what it says on standard error, and what went over the wire.
DRIVER = """
import io, json, os, sys, tempfile
from azure.cli.core import get_default_cli
sys.path.append(sys.argv[1])
from wire import watch
wire = watch()
kept = tempfile.TemporaryFile()
os.dup2(kept.fileno(), 2)
for line in sys.stdin:
    kept.seek(0); kept.truncate(); wire.clear()
    out, code = io.StringIO(), 1
    try:
        code = get_default_cli().invoke(json.loads(line), out_file=out)
    except SystemExit as end:
        code = end.code
    sys.stderr.flush(); kept.seek(0)
    print(json.dumps([code or 0, out.getvalue(), kept.read().decode(errors="replace"), wire]), file=sys.__stdout__, flush=True)
"""


class Done:
    def __init__(self, returncode, stdout, stderr, wire):
        self.returncode, self.stdout, self.stderr, self.wire = returncode, stdout, stderr, wire


class Az:
    """One user's azure-cli: a folder of settings of its own, and the server's certificate authority."""
    def __init__(self, server):
        self.server, self.steps = server, []
        self.folder = tempfile.mkdtemp(prefix="mapae-az-")
        self.base = f"https://localhost:{server.port}"
        environment = {
            **os.environ, "AZURE_CONFIG_DIR": self.folder, "REQUESTS_CA_BUNDLE": str(server.ca),
            "AZURE_CORE_COLLECT_TELEMETRY": "false", "AZURE_CORE_NO_COLOR": "true", "PYTHONWARNINGS": "ignore",
            "no_proxy": "*", "NO_PROXY": "*"
        }
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "PYTHONPATH"):
            environment.pop(name, None)
        self.process = subprocess.Popen(["/usr/bin/python3", "-B", "-c", DRIVER,
                                         str(ROOT / "tests/server")], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=environment)

    def __call__(self, *arguments):
        self.process.stdin.write(json.dumps([*arguments, "--only-show-errors"]) + "\n")
        self.process.stdin.flush()
        return Done(*json.loads(self.process.stdout.readline()))

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def did(self, is_good, arguments, done):
        """What this command was seen to do counts for the table of compatibility."""
        words = list(itertools.takewhile(lambda word: not word.startswith("-"), arguments))
        if is_good:
            self.steps.append(
                {"call": "az rest" if words == ["rest"] else " ".join(words), "requests": done.wire})

    def told(self, name, *arguments, wanted=None):
        """Must succeed; gives what it printed as JSON."""
        done = self(*arguments, "-o", "json")
        value = None
        try:
            value = json.loads(done.stdout) if done.stdout.strip() else None
        except ValueError:
            pass
        is_good = done.returncode == 0 and (wanted is None or wanted(value))
        check(name, is_good,
              f"az {' '.join(arguments)}\n{done.returncode}\n{done.stdout[:1500]}\n{done.stderr[:3000]}")
        self.did(is_good, arguments, done)
        if os.environ.get("MAPAE_AZ_WATCHED"):
            print("#", "ok" if is_good else "NOT OK", *arguments,
                  "" if is_good else done.stdout[:600] + done.stderr[-1500:], flush=True)
        return value

    def refused(self, name, code, *arguments, status=None):
        done = self(*arguments)
        is_good = done.returncode == (status or done.returncode) != 0 and (f"({code})" in done.stderr or
                                                                           f'"code":"{code}"' in done.stderr.replace('": "', '":"'))
        check(name, is_good, f"az {' '.join(arguments)}\n{done.returncode}\n{done.stderr[:3000]}")
        self.did(is_good, arguments, done)
        if os.environ.get("MAPAE_AZ_WATCHED"):
            print("#", "ok" if is_good else "NOT OK", *arguments, "" if is_good else done.stderr[-1500:],
                  flush=True)


def sign_in(az, made):
    az.told("a cloud is registered", "cloud", "register", "-n", "Mapae", "--endpoint-resource-manager",
            az.base + "/")
    az.told("and chosen", "cloud", "set", "-n", "Mapae")
    wrong = az("login", "--service-principal", "-u", made["clientId"], "-p", "wrong", "--tenant",
               made["tenantId"])
    az.did(wrong.returncode != 0, ["login"], wrong)
    check("a wrong secret is refused", wrong.returncode != 0 and "AADSTS7000215" in wrong.stderr,
          wrong.stderr[:2000])
    az.told("sign-in", "login", "--service-principal", "-u", made["clientId"], "-p", made["clientSecret"],
            "--tenant", made["tenantId"],
            wanted=lambda v: v and v[0]["state"] == "Enabled" and v[0]["tenantId"] == made["tenantId"])
    az.told("the account", "account", "show", wanted=lambda v: v["id"] == v["id"].lower() and v["isDefault"])
    az.told("locations", "account", "list-locations",
            wanted=lambda v: any(one["name"] == "koreacentral" for one in v))
    az.told("a provider", "provider", "show", "-n", "Microsoft.Network",
            wanted=lambda v: v["registrationState"] == "Registered")
    az.told("all providers", "provider", "list", wanted=lambda v: len(v) > 40)
    az.told("registering", "provider", "register", "-n", "Microsoft.PolicyInsights")


def groups(az):
    az.told("a group", "group", "create", "-n", GROUP, "-l", "koreacentral", "--tags", "team=a",
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("again", "group", "create", "-n", GROUP, "-l", "koreacentral", "--tags", "team=a",
            wanted=lambda v: v["tags"] == {"team": "a"})
    az.told("it is there", "group", "exists", "-n", GROUP.lower(), wanted=lambda v: v is True)
    az.told("another is not", "group", "exists", "-n", "none", wanted=lambda v: v is False)
    az.told("shown", "group", "show", "-n", GROUP, wanted=lambda v: v["name"] == GROUP)
    az.told("updated", "group", "update", "-n", GROUP, "--set", "tags.more=b",
            wanted=lambda v: v["tags"]["more"] == "b")
    az.told("listed", "group", "list", wanted=lambda v: [one["name"] for one in v] == [GROUP])
    az.told("listed by tag", "group", "list", "--tag", "team=a", wanted=lambda v: len(v) == 1)
    az.refused("a group that is not there", "ResourceGroupNotFound", "group", "show", "-n", "none", status=3)


def resources(az):
    made = az.told("a resource, without an api-version", "resource", "create", "-g", GROUP, "-n", "v",
                   "--resource-type", NET, "-l", "koreacentral", "--properties",
                   '{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}',
                   wanted=lambda v: v["type"] == NET and v["properties"]["addressSpace"]["addressPrefixes"])
    az.told("a child", "resource", "create", "-g", GROUP, "--parent", "virtualNetworks/v", "-n", "s",
            "--namespace", "Microsoft.Network", "--resource-type", "subnets", "--properties",
            '{"addressPrefix":"10.0.1.0/24"}')
    identity = made["id"] if made else "/"
    az.told("shown by id", "resource", "show", "--ids", identity, wanted=lambda v: v["name"] == "v")
    az.told("tagged", "resource", "tag", "--ids", identity, "--tags", "a=1",
            wanted=lambda v: v["tags"] == {"a": "1"})
    az.told("updated", "resource", "update", "--ids", identity, "--set", "properties.x=1")
    az.told("listed", "resource", "list", "-g", GROUP, wanted=lambda v: [one["name"] for one in v] == ["v"])
    az.told("listed by type", "resource", "list", "--resource-type", NET, wanted=lambda v: len(v) == 1)
    az.told("listed by tag", "resource", "list", "--tag", "a=1", wanted=lambda v: len(v) == 1)
    az.told("listed by name", "resource", "list", "--name", "v", wanted=lambda v: len(v) == 1)
    az.refused("a resource that is not there", "ResourceNotFound", "resource", "show", "-g", GROUP, "-n",
               "none", "--resource-type", NET, status=3)
    az.told("tags of the group", "tag", "create", "--resource-id",
            f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", "--tags", "x=1",
            wanted=lambda v: v["properties"]["tags"] == {"x": "1"})
    az.told("merged", "tag", "update", "--resource-id",
            f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", "--operation", "Merge", "--tags", "y=2",
            wanted=lambda v: v["properties"]["tags"] == {"x": "1", "y": "2"})
    az.told("listed", "tag", "list", "--resource-id",
            f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}",
            wanted=lambda v: len(v["properties"]["tags"]) == 2)


def locks(az):
    az.told("a lock", "lock", "create", "-n", "keep", "-g", GROUP, "--lock-type", "CanNotDelete", "--notes",
            "why", wanted=lambda v: v["level"] == "CanNotDelete")
    az.told("shown", "lock", "show", "-n", "keep", "-g", GROUP)
    az.told("listed", "lock", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.refused("what is locked stays", "ScopeLocked", "group", "delete", "-n", GROUP, "--yes")
    az.told("changed", "lock", "update", "-n", "keep", "-g", GROUP, "--lock-type", "ReadOnly",
            wanted=lambda v: v["level"] == "ReadOnly")
    az.told("taken away", "lock", "delete", "-n", "keep", "-g", GROUP)
    one = ("-g", GROUP, "--resource", "v", "--resource-type", NET)
    az.told("a lock of a resource", "lock", "create", "-n", "own", *one, "--lock-type", "ReadOnly")
    az.refused("what is read-only stays as it is", "ScopeLocked", "resource", "create", "-g", GROUP, "-n", "v",
               "--resource-type", NET, "-l", "koreacentral", "--properties", "{}")
    az.told("taken away", "lock", "delete", "-n", "own", *one)


def management_groups(az):
    quick = "--no-register"  # else every command registers a provider first, and sleeps for ten seconds
    it = ("account", "management-group")
    az.told("a management group", *it, "create", "-n", "Top", "--display-name", "The top", quick,
            wanted=lambda v: v["name"] == "Top")
    az.told("one below", *it, "create", "-n", "Low", "--parent", "Top", quick)
    az.told("a subscription moves", *it, "subscription", "add", "-n", "Low", "-s", az.subscription)
    az.told("the tree", *it, "show", "-n", "Top", "-e", "-r", quick,
            wanted=lambda v: v["children"][0]["children"][0]["name"] == az.subscription)
    rule = '{"if":{"field":"type","equals":"x/y"},"then":{"effect":"audit"}}'
    az.told("a definition above", "policy", "definition", "create", "-n", "above", "--management-group", "Top",
            "--rules", rule)
    az.told("shown", "policy", "definition", "show", "-n", "above", "--management-group", "Top",
            wanted=lambda v: "/managementGroups/Top/" in v["id"])
    az.told(
        "assigned", "policy", "assignment", "create", "-n", "above", "--policy",
        "/providers/Microsoft.Management/managementGroups/Top/providers/Microsoft.Authorization"
        "/policyDefinitions/above", "--scope", "/providers/Microsoft.Management/managementGroups/Top")
    az.told("states", "policy", "state", "list", "--management-group", "Top", wanted=lambda v: v == [])
    az.told("unassigned", "policy", "assignment", "delete", "-n", "above", "--scope",
            "/providers/Microsoft.Management/managementGroups/Top")
    az.told("it goes", "policy", "definition", "delete", "-n", "above", "--management-group", "Top")
    az.told("listed", *it, "list", quick, wanted=lambda v: len(v) == 3)
    az.told("and back", *it, "subscription", "remove", "-n", "Low", "-s", az.subscription)
    az.told("gone", *it, "delete", "-n", "Low", quick)


def policies(az):
    rule = '{"if":{"allOf":[{"field":"type","equals":"Microsoft.Network/virtualNetworks"},{"field":"tags[\'owner\']","exists":"false"}]},"then":{"effect":"deny"}}'
    az.told("a definition", "policy", "definition", "create", "-n", "need-owner", "--display-name",
            "Needs an owner", "--mode", "Indexed", "--rules", rule,
            wanted=lambda v: v["policyType"] == "Custom")
    asked = '{"if":{"field":"type","equals":"Microsoft.Network/virtualNetworks"},"then":{"effect":"manual","details":{"defaultState":"Unknown"}}}'
    az.told("another", "policy", "definition", "create", "-n", "asked", "--mode", "Indexed", "--rules", asked)
    az.told("shown", "policy", "definition", "show", "-n", "need-owner",
            wanted=lambda v: v["policyRule"]["then"]["effect"] == "deny")
    az.told("changed", "policy", "definition", "update", "-n", "need-owner", "--description", "why",
            wanted=lambda v: v["description"] == "why")
    az.told("definitions", "policy", "definition", "list",
            wanted=lambda v: {"need-owner", "asked"} <= {one["name"]
                                                         for one in v})
    az.refused("a wrong rule", "InvalidPolicyRule", "policy", "definition", "create", "-n", "wrong", "--rules",
               '{"if":{"field":"type","equal":"x"},"then":{"effect":"deny"}}')
    az.told(
        "a set", "policy", "set-definition", "create", "-n", "az-set", "--metadata",
        "category=Regulatory Compliance", "--definition-groups", '[{"name":"One"}]', "--definitions",
        json.dumps([{
            "policyDefinitionId": f"/subscriptions/{az.subscription}/providers/Microsoft.Authorization/policyDefinitions/{name}",
            "policyDefinitionReferenceId": name, "groupNames": ["One"]
        } for name in ("need-owner", "asked")]), wanted=lambda v: len(v["policyDefinitions"]) == 2)
    az.told("shown", "policy", "set-definition", "show", "-n", "az-set")
    az.told("changed", "policy", "set-definition", "update", "-n", "az-set", "--display-name", "Set of az",
            wanted=lambda v: v["displayName"] == "Set of az")
    az.told("sets", "policy", "set-definition", "list", wanted=lambda v: "az-set" in {one["name"] for one in v})
    az.told("assigned", "policy", "assignment", "create", "-n", "az-set", "--policy-set-definition", "az-set",
            "-g", GROUP)
    az.told("shown", "policy", "assignment", "show", "-n", "az-set", "-g", GROUP,
            wanted=lambda v: v["enforcementMode"] == "Default")
    az.told("changed", "policy", "assignment", "update", "-n", "az-set", "-g", GROUP, "--description", "why",
            wanted=lambda v: v["description"] == "why")
    az.told("with an identity", "policy", "assignment", "identity", "assign", "-n", "az-set", "-g", GROUP,
            "--system-assigned", wanted=lambda v: v["principalId"])
    az.refused("a resource is refused by policy", "RequestDisallowedByPolicy", "resource", "create", "-g",
               GROUP, "-n", "no", "--resource-type", NET, "-l", "koreacentral", "--properties", "{}")
    az.told("with the tag it is not", "resource", "create", "-g", GROUP, "-n", "yes", "--resource-type", NET,
            "--is-full-object", "--properties",
            '{"location":"koreacentral","tags":{"owner":"me"},"properties":{}}')
    az.told("assignments", "policy", "assignment", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)


def rest(az, name, method, path, body=None, version="2022-04-01", wanted=None):
    address = f"{az.base}{path}{'&' if '?' in path else '?'}api-version={version}"
    return az.told(name, "rest", "--method", method, "--url", address, "--resource", az.base,
                   *(["--body", json.dumps(body)] if body else []), wanted=wanted)


def verdicts(az):
    group = f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}"
    state = "/providers/Microsoft.PolicyInsights/policyStates/latest"
    az.told("an evaluation", "policy", "state", "trigger-scan", "-g", GROUP)
    az.told("states", "policy", "state", "list", "-g", GROUP, "--filter", "complianceState eq 'NonCompliant'",
            "--select", "resourceId,complianceState",
            wanted=lambda v: [one["resourceId"][-2:] for one in v] == ["/v"])
    az.told(
        "counted", "policy", "state", "list", "-g", GROUP, "--apply",
        "groupby((complianceState), aggregate($count as n))", wanted=lambda v: sorted(
            (one["complianceState"], one["n"]) for one in v) == [("Compliant", 1), ("NonCompliant", 1),
                                                                 ("Unknown", 2)])
    for what, value in (("--resource", f"{group}/providers/{NET}/v"), ("--policy-assignment", "az-set"),
                        ("--policy-set-definition", "az-set"), ("--policy-definition", "asked")):
        place = ["-g", GROUP] if what == "--policy-assignment" else []
        az.told(f"by {what}", "policy", "state", "list", *place, what, value, wanted=lambda v, n=4
                if "set" in value else 2: len(v) == n)
    az.told("the past too", "policy", "state", "list", "-g", GROUP, "--all", wanted=lambda v: len(v) >= 4)
    az.refused("a filter that cannot be read", "InvalidFilterInQueryString", "policy", "state", "list", "-g",
               GROUP, "--filter", "complianceState is bad")
    rest(az, "a query of Resource Graph", "post", "/providers/Microsoft.ResourceGraph/resources",
         {"query": f"resources | where resourceGroup =~ '{GROUP}' | summarize n = count() by type", "options": {"$top": 5}},
         version="2022-10-01", wanted=lambda v: {"type": NET.lower(), "n": 2} in v["data"])
    rest(az, "the summary", "post", f"{group}{state}/summarize", version="2019-10-01",
         wanted=lambda v: v["value"][0]["results"]["nonCompliantResources"] == 1)
    az.told("an exemption", "policy", "exemption", "create", "-n", "excused", "-g", GROUP,
            "--policy-assignment", f"{group}/providers/Microsoft.Authorization/policyAssignments/az-set",
            "--exemption-category", "Waiver", "--policy-definition-reference-ids", "need-owner")
    az.told("shown", "policy", "exemption", "show", "-n", "excused", "-g", GROUP,
            wanted=lambda v: v["exemptionCategory"] == "Waiver")
    az.told(
        "changed", "policy", "exemption", "update", "-n", "excused", "-g", GROUP, "--exemption-category",
        "Mitigated", wanted=lambda v: v["exemptionCategory"] == "Mitigated" and v["policyDefinitionReferenceIds"
                                                                                  ] == ["need-owner"])
    az.told("exemptions", "policy", "exemption", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.told("an evaluation", "policy", "state", "trigger-scan", "-g", GROUP)
    az.told("then it is exempt", "policy", "state", "list", "-g", GROUP, "--filter",
            "complianceState eq 'Exempt'", wanted=lambda v: len(v) == 2)
    az.told("it ends", "policy", "exemption", "delete", "-n", "excused", "-g", GROUP)
    az.told("an attestation", "policy", "attestation", "create", "-n", "looked", "-g", GROUP, "-a", "az-set",
            "--definition-reference-id", "asked", "--compliance-state", "Compliant", "--comments", "looked at",
            wanted=lambda v: v["provisioningState"] == "Succeeded")
    az.told("shown", "policy", "attestation", "show", "-n", "looked", "-g", GROUP,
            wanted=lambda v: v["comments"] == "looked at")
    az.told("changed", "policy", "attestation", "update", "-n", "looked", "-g", GROUP, "--comments",
            "looked twice",
            wanted=lambda v: v["comments"] == "looked twice" and v["complianceState"] == "Compliant")
    az.told("attestations", "policy", "attestation", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.told("it goes", "policy", "attestation", "delete", "-n", "looked", "-g", GROUP)
    az.told("locations", "security", "location", "list", wanted=lambda v: len(v) > 0)
    az.told("standards", "security", "regulatory-compliance-standards", "list",
            wanted=lambda v: [one["name"] for one in v] == ["az-set"])
    az.told("a standard", "security", "regulatory-compliance-standards", "show", "-n", "az-set",
            wanted=lambda v: v["failedControls"] == 1)
    az.told("controls", "security", "regulatory-compliance-controls", "list", "--standard-name", "az-set",
            wanted=lambda v: [one["name"] for one in v] == ["One"])
    az.told("a control", "security", "regulatory-compliance-controls", "show", "--standard-name", "az-set",
            "-n", "One", wanted=lambda v: v["state"] == "Failed")
    them = az.told("assessments", "security", "regulatory-compliance-assessments", "list", "--standard-name",
                   "az-set", "--control-name", "One", wanted=lambda v: len(v) == 2)
    az.told("an assessment", "security", "regulatory-compliance-assessments", "show", "--standard-name",
            "az-set", "--control-name", "One", "-n", them[0]["name"] if them else "none")


def remediations(az):
    where = ("-g", GROUP, "-n", "fix")
    rule = {"if": {"allOf": [{"field": "type", "equals": NET}, {"field": "tags['marked']", "notEquals": "yes"}]},
            "then": {"effect": "modify", "details": {
                "roleDefinitionIds": [f"/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"],
                "operations": [{"operation": "addOrReplace", "field": "tags['marked']", "value": "yes"}]}}}
    az.told("what the other policy wants", "resource", "tag", "-g", GROUP, "-n", "v", "--resource-type", NET, "--tags",
            "owner=me")
    az.told("a policy that changes", "policy", "definition", "create", "-n", "marked", "--mode", "Indexed", "--rules",
            json.dumps(rule))
    az.told("assigned, with an identity that has the role", "policy", "assignment", "create", "-n", "marked", "--policy", "marked",
            "-g", GROUP, "--mi-system-assigned", "--location", "koreacentral", "--role", "Contributor",
            "--identity-scope", f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", wanted=lambda v: v["identity"]["principalId"])
    az.told("an evaluation", "policy", "state", "trigger-scan", "-g", GROUP)
    az.refused("a remediation that is not there", "RemediationNotFound", "policy", "remediation", "show", "-g", GROUP,
               "-n", "none")
    az.told("a remediation", "policy", "remediation", "create", *where, "-a", "marked",
            wanted=lambda v: v["provisioningState"])
    eventually(lambda: '"Succeeded"' in az("policy", "remediation", "show", *where).stdout)
    az.told("it succeeds", "policy", "remediation", "show", *where,
            wanted=lambda v: v["provisioningState"] == "Succeeded" and v["deploymentStatus"]["successfulDeployments"] == 2)
    az.told("what it did", "policy", "remediation", "deployment", "list", *where,
            wanted=lambda v: [one["status"] for one in v] == ["Succeeded"] * 2)
    az.told("remediations", "policy", "remediation", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.refused("what has ended is not cancelled", "Conflict", "policy", "remediation", "cancel", *where)
    az.told("it goes", "policy", "remediation", "delete", *where)
    az.told("unassigned", "policy", "assignment", "delete", "-n", "marked", "-g", GROUP)
    az.told("the policy goes", "policy", "definition", "delete", "-n", "marked")


def deployments(az):
    template = os.path.join(az.folder, "template.json")
    with open(template, "w", encoding="utf-8") as file:
        file.write("""{
  // comments and strings of several lines are sent as they stand
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
  "parameters": {"owner": {"type": "string", "defaultValue": "me"}, "has": {"type": "bool", "defaultValue": true}},
  "resources": [{"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2023-09-01", "name": "made", "location": "koreacentral",
                 "tags": "[if(parameters('has'),
                              createObject('owner', parameters('owner')), createObject())]", "properties": {}}]
}""")
    given = ("-g", GROUP, "-n", "first", "--template-file", template)
    az.told("a deployment is validated", "deployment", "group", "validate", *given,
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told(
        "what it would change", "deployment", "group", "what-if", *given, "--no-pretty-print", wanted=lambda v:
        ("made", "Create") in [(one["resourceId"].split("/")[-1], one["changeType"]) for one in v["changes"]])
    az.told("it is made", "deployment", "group", "create", *given, "-p", "owner=you",
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("shown", "deployment", "group", "show", "-g", GROUP, "-n", "first")
    az.told("listed", "deployment", "group", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.refused("a deployment is refused by policy", "InvalidTemplateDeployment", "deployment", "group",
               "create", "-g", GROUP, "-n", "second", "--template-file", template, "-p", "has=false")
    az.told("it goes", "deployment", "group", "delete", "-g", GROUP, "-n", "first")
    with open(template, "w", encoding="utf-8") as file:
        json.dump(
            {
                "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "resources": [{
                    "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "Az-Made",
                    "location": "[deployment().location]"
                }]
            }, file)
    given = ("-n", "wide", "-l", "koreacentral", "--template-file", template)
    az.told("one of the subscription is validated", "deployment", "sub", "validate", *given)
    az.told("what it would change", "deployment", "sub", "what-if", *given, "--no-pretty-print",
            wanted=lambda v: "Create" in [one["changeType"] for one in v["changes"]])
    az.told("it is made", "deployment", "sub", "create", *given,
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("shown", "deployment", "sub", "show", "-n", "wide",
            wanted=lambda v: v["location"] == "koreacentral")
    az.told("listed", "deployment", "sub", "list", wanted=lambda v: [one["name"] for one in v] == ["wide"])
    az.told("it goes", "deployment", "sub", "delete", "-n", "wide")
    az.told("the group that it made goes", "group", "delete", "-n", "Az-Made", "--yes")


def template_of(az, *resources):
    path = os.path.join(az.folder, "objects.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(
            {
                "$schema": "https://schema.management.azure.com/schemas/2019-08-01/managementGroupDeploymentTemplate.json#",
                "contentVersion": "1.0.0.0", "resources": resources
            }, file)
    return path


def changes(value):
    return {one["resourceId"].split("/")[-1]: one["changeType"] for one in value["changes"]}


def objects_by_template(az):
    """Templates that make management groups, definitions, assignments: to the tenant, a management group, a subscription."""
    rule = {"if": {"field": "type", "equals": "none"}, "then": {"effect": "audit"}}
    policy = {
        "type": "Microsoft.Authorization/policyDefinitions", "apiVersion": "2021-06-01", "name": "by-template",
        "properties": {"mode": "All", "policyRule": rule}
    }
    at = ("-n", "top", "-l", "koreacentral", "--template-file",
          template_of(az, {"type": "Microsoft.Management/managementGroups", "apiVersion": "2021-04-01", "name": "az-top",
                           "properties": {"displayName": "Top"}}))
    az.told("a deployment to the tenant is validated", "deployment", "tenant", "validate", *at)
    az.told("what it would change", "deployment", "tenant", "what-if", *at, "--no-pretty-print",
            wanted=lambda v: changes(v) == {"az-top": "Create"})
    az.told("it is made", "deployment", "tenant", "create", *at,
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("shown", "deployment", "tenant", "show", "-n", "top")
    az.told("listed", "deployment", "tenant", "list", wanted=lambda v: [one["name"] for one in v] == ["top"])
    az.told("what it did", "deployment", "operation", "tenant", "list", "-n", "top", wanted=lambda v: len(v) == 1 and v[0][
        "properties"]["targetResource"]["resourceType"] == "Microsoft.Management/managementGroups")
    az.told("it goes", "deployment", "tenant", "delete", "-n", "top")
    at = ("-m", "az-top", "-n", "policies", "-l", "koreacentral", "--template-file", template_of(az, policy))
    az.told("one to a management group is validated", "deployment", "mg", "validate", *at)
    az.told("what it would change", "deployment", "mg", "what-if", *at, "--no-pretty-print",
            wanted=lambda v: changes(v) == {"by-template": "Create"})
    az.told("it is made", "deployment", "mg", "create", *at,
            wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("the policy is there", "policy", "definition", "show", "-n", "by-template", "--management-group", "az-top")
    az.told("shown", "deployment", "mg", "show", "-m", "az-top", "-n", "policies")
    az.told("listed", "deployment", "mg", "list", "-m", "az-top", wanted=lambda v: len(v) == 1)
    az.told("what it did", "deployment", "operation", "mg", "list", "-m", "az-top", "-n", "policies",
            wanted=lambda v: len(v) == 1)
    az.told("it goes", "deployment", "mg", "delete", "-m", "az-top", "-n", "policies")
    az.told("the policy goes", "policy", "definition", "delete", "-n", "by-template", "--management-group", "az-top")
    az.told("the management group goes", "account", "management-group", "delete", "-n", "az-top")
    assigned = {
        "type": "Microsoft.Authorization/policyAssignments", "apiVersion": "2021-06-01", "name": "by-template",
        "properties": {"policyDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','by-template')]"},
        "dependsOn": ["[subscriptionResourceId('Microsoft.Authorization/policyDefinitions','by-template')]"]
    }
    at = ("-n", "policies", "-l", "koreacentral", "--template-file", template_of(az, assigned, policy))
    az.told("a policy and its assignment are made", "deployment", "sub", "create", *at,
            wanted=lambda v: len(v["properties"]["outputResources"]) == 2)
    az.told("it is assigned", "policy", "assignment", "show", "-n", "by-template")
    az.told("what it did", "deployment", "operation", "sub", "list", "-n", "policies", wanted=lambda v: [
        one["properties"]["targetResource"]["resourceType"].split("/")[1] for one in v
    ] == ["policyDefinitions", "policyAssignments"])
    az.told("once more is no change", "deployment", "sub", "what-if", *at, "--no-pretty-print",
            wanted=lambda v: [one["changeType"] for one in v["changes"]] == ["NoChange", "NoChange"])
    az.refused("what would be refused is refused before", "PolicyDefinitionNotFound", "deployment", "sub", "create",
               "-n", "policies", "-l", "koreacentral", "--template-file",
               template_of(az, dict(assigned, properties={"policyDefinitionId": "/subscriptions/" + az.subscription +
                                                          "/providers/Microsoft.Authorization/policyDefinitions/none"},
                                    dependsOn=[])))
    az.told("unassigned", "policy", "assignment", "delete", "-n", "by-template")
    # a lock that stands in the way only when it is made
    az.refused(
        "one that fails on the way says why", "ScopeLocked", "deployment", "group", "create", "-g", GROUP, "-n", "half",
        "--template-file",
        template_of(
            az, {"type": "Microsoft.Authorization/locks", "apiVersion": "2016-09-01", "name": "shut",
                 "properties": {"level": "ReadOnly"}},
            {"type": "Microsoft.Compute/disks", "apiVersion": "2023-04-02", "name": "late", "location": "koreacentral",
             "dependsOn": ["shut"]}))
    az.told("what it did", "deployment", "operation", "group", "list", "-g", GROUP, "-n", "half", wanted=lambda v: [
        one["properties"]["provisioningState"] for one in v] == ["Succeeded", "Failed"])
    az.told("unlocked", "lock", "delete", "-n", "shut", "-g", GROUP)
    az.told("it goes", "deployment", "group", "delete", "-g", GROUP, "-n", "half")
    az.told("the policy goes", "policy", "definition", "delete", "-n", "by-template")
    az.told("it goes", "deployment", "sub", "delete", "-n", "policies")


def roles(az):
    scope, role = f"/subscriptions/{az.subscription}", "3b0a7a3c-5a57-4b7e-9d3e-0d5a3f1c2b01"
    where = f"{scope}/providers/Microsoft.Authorization/roleDefinitions"
    given = f"{scope}/resourceGroups/{GROUP}/providers/Microsoft.Authorization/roleAssignments"
    mine = rest(az, "roles that are given", "get",
                f"{scope}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()",
                wanted=lambda v: len(v["value"]) > 0)
    myself = mine["value"][0]["properties"]["principalId"] if mine else ""
    rest(az, "roles", "get", f"{where}?$filter=roleName eq 'Reader'",
         wanted=lambda v: v["value"][0]["name"] == "acdd72a7-3385-48ef-bd42-f606fba81ae7")
    rest(
        az, "a role", "put", f"{where}/{role}", {
            "properties": {
                "roleName": "Watchers", "type": "CustomRole", "assignableScopes": [scope],
                "permissions": [{"actions": ["Microsoft.Network/*/read"]}]
            }
        })
    rest(az, "shown", "get", f"{where}/{role}", wanted=lambda v: v["properties"]["roleName"] == "Watchers")
    rest(az, "it is given", "put", f"{given}/{role}",
         {"properties": {"roleDefinitionId": f"{where}/{role}", "principalId": myself}})
    rest(az, "shown", "get", f"{given}/{role}", wanted=lambda v: v["properties"]["principalId"] == myself)
    rest(az, "taken away", "delete", f"{given}/{role}")
    rest(az, "the role goes", "delete", f"{where}/{role}")


def the_end(az):
    az.told("unassigned", "policy", "assignment", "delete", "-n", "az-set", "-g", GROUP)
    az.told("the set goes", "policy", "set-definition", "delete", "-n", "az-set")
    for name in ("need-owner", "asked"):
        az.told(f"{name} goes", "policy", "definition", "delete", "-n", name)
    az.told("a resource goes", "resource", "delete", "-g", GROUP, "-n", "v", "--resource-type", NET)
    az.told("the group goes", "group", "delete", "-n", GROUP, "--yes")
    az.told("nothing is left", "resource", "list", wanted=lambda v: v == [])


def story():
    if not shutil.which("az"):
        skip("azure-cli", "there is no az here")
        return
    with Server(MAPAE) as server:
        az = Az(server)
        az.subscription = server.made["subscriptionId"]
        try:
            sign_in(az, server.made)
            for part in (groups, resources, locks, management_groups, policies, verdicts, remediations, deployments,
                         objects_by_template, roles, the_end):
                part(az)
        finally:
            az.end()
        for client, column in (("az", "az"), ("az rest", "rest")):
            compatibility.compare(
                client, column,
                [step for step in az.steps if (step["call"] == "az rest") == (column == "rest")], check)
        check("the server ends well", server.end() == 0, server.said())


main(story)
