#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A remediation from its plan to its undoing, with the server killed in between (TAP).

test_remediation.py MAPAE SOURCE_ROOT"""
import json
import os
import signal

from program import MAPAE, check, main
from server import Server, eventually

DISKS, AUTH, INSIGHTS = 40, "/providers/Microsoft.Authorization", "/providers/Microsoft.PolicyInsights"
RULE = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"}, {"field": "tags['team']", "exists": "false"}]},
        "then": {"effect": "modify", "details": {
            "roleDefinitionIds": ["/providers/microsoft.authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"],
            "operations": [{"operation": "add", "field": "tags['team']", "value": "[resourceGroup().tags['team']]"}]}}}


class Story:
    def __init__(self, server):
        self.server = server
        self.top = f"/subscriptions/{server.made['subscriptionId']}"
        self.group = f"{self.top}/resourceGroups/web"
        self.assignment = f"{self.top}{AUTH}/policyAssignments/team"

    def ask(self, method, path, body=None, version="2021-10-01", wanted=(200, 201)):
        answer = self.server.ask(method, f"{path}{'&' if '?' in path else '?'}api-version={version}", body)
        if answer.status not in wanted:
            raise RuntimeError(f"{method} {path}: {answer}")
        return answer.json if answer.body else None

    def disk(self, i):
        return f"{self.group}/providers/Microsoft.Compute/disks/d{i}"

    def begin(self):
        self.ask("PUT", self.group, {"location": "koreacentral", "tags": {"team": "web"}}, "2021-04-01")
        for i in range(DISKS):
            self.ask("PUT", self.disk(i), {"location": "koreacentral" if i % 2 else "koreasouth", "properties": {"diskSizeGB": 4}}, "2023-04-02")
        self.ask("PUT", f"{self.top}{AUTH}/policyDefinitions/team", {"properties": {"mode": "All", "policyRule": RULE}}, "2021-06-01")
        self.ask("PUT", self.assignment, {"properties": {"policyDefinitionId": f"{self.top}{AUTH}/policyDefinitions/team"}}, "2021-06-01")

    def tagged(self):
        return sum(self.ask("GET", self.disk(i)).get("tags", {}).get("team") == "web" for i in range(DISKS))

    def command(self, name, *words, wanted):
        done = self.server.run("remediate", *words, "--format", "json")
        value = json.loads(done.stdout) if done.returncode == 0 else None
        check(name, done.returncode == 0 and wanted(value), f"{done.returncode} {done.stdout[:2000]} {done.stderr[:2000]}")
        return value

    def counts(self, run):
        return run["properties"]["deploymentStatus"]


def ended(story, path):
    def question():
        run = story.ask("GET", path)
        return run if run["properties"]["provisioningState"] in ("Succeeded", "Failed", "Canceled") else None
    return eventually(question)


def story():
    with Server(MAPAE, store=os.environ.get("MAPAE_TEST_POSTGRES")) as server:
        s = Story(server)
        s.begin()
        s.command("the plan names every disk, and nothing is changed", "plan", "--assignment", s.assignment,
                  wanted=lambda v: v["resources"] == v["modifies"] == DISKS and v["failures"] == 0 and v["value"][0]["changes"][0]["changeType"] == "Modify")
        check("no disk has a tag yet", s.tagged() == 0)

        path = f"{s.top}{INSIGHTS}/remediations/tags"
        made = s.ask("PUT", path, {"properties": {"policyAssignmentId": s.assignment, "parallelDeployments": 2}})
        check("an order is accepted", made["properties"]["provisioningState"] == "Accepted", made)
        eventually(lambda: s.ask("GET", path)["properties"]["deploymentStatus"]["successfulDeployments"] > 0)
        server.end(signal.SIGKILL)
        server.start()
        run = ended(s, path)
        check("it goes on after a kill", run and run["properties"]["provisioningState"] == "Succeeded" and s.counts(run)["successfulDeployments"] == DISKS, run)
        check("every disk has its tag", s.tagged() == DISKS)
        rows = s.ask("POST", f"{path}/listDeployments?$top=15")
        check("deployments come in pages", len(rows["value"]) == 15 and "nextLink" in rows and rows["value"][0]["status"] == "Succeeded", rows)

        identity = run["properties"]["correlationId"]
        s.ask("PATCH", s.disk(3), {"tags": {"cost": "7"}}, "2023-04-02")
        s.command("what it wrote is taken back, but for what was changed since", "undo", identity,
                  wanted=lambda v: v["undo"] == {"state": "Failed", "undone": DISKS - 1, "failed": 1})
        check("so one disk has its tag", s.tagged() == 1)
        s.command("its changes say why", "changes", identity,
                  wanted=lambda v: [one["undoError"]["code"] for one in v["value"] if "undoError" in one] == ["Conflict"])
        check("every change is a leaf", sum(leaf["action"] == "Microsoft.PolicyInsights/remediations/write" and leaf.get("request") == identity
                                            for leaf in server.leaves()) >= 2 * DISKS - 1)
        verified = server.ask("POST", "/api/v1/ledger/verify", {})
        check("and the log holds", verified.status == 200, verified)

        server.end()
        s.command("without a server it is done before the command ends", "run", "--assignment", s.assignment, "--location", "Korea South", "--name", "south",
                  wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded" and s.counts(v)["totalDeployments"] == DISKS // 2)
        s.command("both are listed", "list", "--scope", s.top, wanted=lambda v: {one["name"] for one in v["value"]} == {"tags", "south"})
        server.start()
        check("clients of Azure see it too", s.ask("GET", f"{s.top}{INSIGHTS}/remediations/south")["name"] == "south")
        check("half of the disks, and the one that was left", s.tagged() == DISKS // 2 + 1)
        check("the server ends well", server.end() == 0, server.said())


main(story)
