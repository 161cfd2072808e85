#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Terraform asks, in the order in which its providers azapi and azurerm were seen to ask it (TAP).

The providers are too large to be built here: these are their requests, recorded with Terraform 1.11, azapi 1.15 and azurerm of August 2026.
What a provider reads back must hold what it wrote: a difference would be a change in the next plan.

test_terraform.py MAPAE SOURCE_ROOT"""
import urllib.parse

from program import MAPAE, check, main
from server import Server

AUTH, FORM = "/providers/Microsoft.Authorization", {"Content-Type": "application/x-www-form-urlencoded"}
RULE = {"if": {"allOf": [{"equals": "Microsoft.Compute/disks", "field": "type"},
                         {"field": "Microsoft.Compute/disks/diskSizeGB", "greater": 100}]}, "then": {"effect": "deny"}}
TEMPLATE = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
            "resources": [{"type": "Microsoft.Compute/disks", "apiVersion": "2023-04-02", "name": "data2", "location": "koreacentral",
                           "properties": {"diskSizeGB": 8}}]}


def holds(found, written):
    """All that was written is found; a provider looks at nothing else."""
    if isinstance(written, dict):
        return isinstance(found, dict) and all(name in found and holds(found[name], value) for name, value in written.items())
    if isinstance(written, list):
        return isinstance(found, list) and len(found) == len(written) and all(map(holds, found, written))
    return found == written


class Provider:
    """Creates as azapi does: is it there, write, wait for it, read."""
    def __init__(self, server):
        self.server, self.at = server, f"/subscriptions/{server.made['subscriptionId']}"
        self.group, self.version, self.written = f"{self.at}/resourceGroups/web", {}, {}

    def ask(self, method, path, body=None, version=None):
        version = version or self.version[path]
        return self.server.ask(method, f"{path}?api-version={version}", body, headers={"Accept": "application/json"})

    def reads(self, path):
        found = self.ask("GET", path)
        return found.status == 200 and holds(found.json, self.written[path])

    def creates(self, name, path, version, body):
        self.version[path] = version
        check(f"{name} is not there", self.ask("GET", path).status == 404)
        made = self.ask("PUT", path, body)
        self.written[path] = body
        check(f"{name} is made", made.status in (200, 201) and holds(made.json, body), made)
        check(f"{name} is as it was written", self.reads(path), self.ask("GET", path))

    def deletes(self, name, path):
        gone = self.ask("DELETE", path)
        where = urllib.parse.urlsplit(gone.headers.get("Location") or "")
        for _ in range(100 if gone.status == 202 else 0):
            if self.server.ask("GET", f"{where.path}?{where.query}").status != 202:
                break
        check(f"{name} goes", gone.status in (200, 202, 204), gone)
        check(f"{name} is gone", self.ask("GET", path).status == 404)


def azapi(server):
    p, token = Provider(server), {"grant_type": "client_credentials", "client_id": server.made["clientId"],
                                  "client_secret": server.made["clientSecret"]}
    asked = urllib.parse.urlencode({**token, "client_info": "1",
                                    "scope": f"https://localhost:{server.port}/.default openid offline_access profile"})
    signed_in = server.ask("POST", "/adfs/oauth2/token", raw=asked.encode(), token=None, headers=FORM)
    check("azapi signs in, with the scopes that the Go library adds", signed_in.status == 200 and signed_in.json["access_token"], signed_in)
    server.token = signed_in.json["access_token"]
    rule, assigned, excused = f"{p.at}{AUTH}/policyDefinitions/small-disks", f"{p.group}{AUTH}/policyAssignments/small-disks", \
        f"{p.group}{AUTH}/policyExemptions/archive"
    disk = f"{p.group}/providers/Microsoft.Compute/disks/data1"

    def sized(size):
        return {"location": "koreacentral", "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": size}}

    p.creates("the group", p.group, "2021-04-01", {"location": "koreacentral", "tags": {"team": "web"}})
    p.creates("a policy", rule, "2021-06-01", {"properties": {"displayName": "Disks are at most 100 GB", "mode": "All", "policyRule": RULE,
                                                              "policyType": "Custom"}})
    p.creates("its assignment", assigned, "2022-06-01", {"properties": {"policyDefinitionId": rule}})
    p.creates("a disk", disk, "2023-04-02", sized(32))
    refused = p.ask("PUT", disk, sized(320))
    check("a disk that is too large is refused", refused.status == 403 and refused.json["error"]["code"] == "RequestDisallowedByPolicy", refused)
    check("and is as it was", p.reads(disk))
    p.creates("an exemption", excused, "2022-07-01-preview", {"properties": {"exemptionCategory": "Waiver", "policyAssignmentId": assigned}})
    p.written[disk] = sized(320)
    check("then it is made", p.ask("PUT", disk, sized(320)).status == 200)
    check("a plan finds nothing to change", all(p.reads(path) for path in p.written))
    return p, (("the disk", disk), ("the exemption", excused), ("the assignment", assigned), ("the policy", rule), ("the group", p.group))


def azurerm(server, p):
    clouds = server.ask("GET", "/metadata/endpoints?api-version=2022-09-01", token=None).json
    check("azurerm finds one cloud, and takes it for no Azure Stack", clouds["authentication"]["identityProvider"] == "AAD"
          and clouds["authentication"]["tenant"] == "common" and clouds["resourceManager"] == f"https://localhost:{server.port}/", clouds)
    asked = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": server.made["clientId"],
                                    "client_secret": server.made["clientSecret"], "scope": clouds["resourceManager"] + "/.default"})
    path = clouds["authentication"]["loginEndpoint"].split(str(server.port))[1]
    signed_in = server.ask("POST", f"{path}/{server.made['tenantId']}/oauth2/v2.0/token", raw=asked.encode(), token=None, headers=FORM)
    check("it signs in", signed_in.status == 200, signed_in)
    server.token = signed_in.json["access_token"]
    check("the subscription", p.ask("GET", p.at, version="2022-12-01").json["subscriptionId"] == server.made["subscriptionId"])
    deployed = f"{p.group}/providers/Microsoft.Resources/deployments/disk"
    body = {"properties": {"mode": "Incremental", "template": TEMPLATE, "parameters": {}}}
    check("it validates a template", p.ask("POST", f"{deployed}/validate", body, "2020-06-01").status == 200)
    check("deploys it", p.ask("PUT", deployed, body, "2020-06-01").status in (200, 201))
    found = p.ask("GET", deployed, version="2020-06-01").json["properties"]
    check("finds it done", found["provisioningState"] == "Succeeded", found)
    check("and which provider to ask for the versions of what it deletes later",
          found["providers"] == [{"namespace": "Microsoft.Compute", "resourceTypes": [{"resourceType": "disks"}]}], found)
    sent = p.ask("POST", f"{deployed}/exportTemplate", version="2020-06-01")
    check("and reads the template as it was sent", sent.status == 200 and sent.json["template"] == TEMPLATE, sent)
    asked = p.ask("GET", f"{p.at}/providers/Microsoft.Compute", version="2022-09-01").json["resourceTypes"]
    versions = [one["apiVersions"] for one in asked if one["resourceType"] == "disks"][0]
    gone = p.ask("DELETE", found["outputResources"][0]["id"], version=versions[0])
    check("what it made is deleted with such a version", gone.status in (200, 202, 204), gone)


def story():
    with Server(MAPAE) as server:
        p, everything = azapi(server)
        azurerm(server, p)
        for name, path in everything:
            p.deletes(name, path)
        check("the server ends well", server.end() == 0, server.said())


main(story)
