#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""curl against a running server: a token, then ARM by hand, with bodies sent as no Azure client sends them (TAP).

test_curl.py MAPAE SOURCE_ROOT"""
import json
import shutil
import subprocess

import compatibility
from program import MAPAE, check, main, skip
from server import Server

steps = []
TYPE = "Microsoft.Network/virtualNetworks"


class Curl:
    def __init__(self, server):
        self.base, self.options = f"https://localhost:{server.port}", [
            "curl", "-sS", "--noproxy", "*", "--cacert",
            str(server.ca), "-w", "\\n%{http_code}"
        ]

    def __call__(self, name, status, method, path, *more, body=None, version="2022-09-01",
                 wanted=lambda v: True):
        url = f"{self.base}{path}" + (f"{'&' if '?' in path else '?'}api-version={version}" if version else "")
        arguments = [*self.options, "-X", method, url, *more]
        if body is not None:
            arguments += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
        done = subprocess.run(arguments, input=json.dumps(body) if body is not None else "",
                              capture_output=True, text=True, check=False)
        text, _, found = done.stdout.rpartition("\n")
        value = json.loads(text) if text.strip() else None
        is_good = found == str(status) and wanted(value)
        code = value["error"]["code"] if status >= 400 and is_good else ""
        check(name, is_good, f"{arguments}\n{done.stdout}\n{done.stderr}")
        if is_good:
            steps.append({"call": "curl", "requests": [[method, url, status, code]]})
        return value


def sign_in(curl, made):
    found = curl("the endpoints of this cloud", 200, "GET", "/metadata/endpoints", version="2019-05-01",
                 wanted=lambda v: v[0]["resourceManager"] == curl.base + "/")
    check("whose sign-in is here too", found
          and found[0]["authentication"]["loginEndpoint"] == curl.base + "/adfs", found)
    curl("without a token", 401, "GET", "/subscriptions",
         wanted=lambda v: v["error"]["code"] == "AuthenticationFailed")
    form = [
        word for pair in {
            "grant_type": "client_credentials", "client_id": made["clientId"],
            "client_secret": made["clientSecret"], "scope": f"{curl.base}/.default"
        }.items() for word in ("--data-urlencode", "=".join(pair))
    ]
    token = curl("a token", 200, "POST", f"/{made['tenantId']}/oauth2/v2.0/token", *form, version=None,
                 wanted=lambda v: v["token_type"] == "Bearer")
    curl.options += ["-H", f"Authorization: Bearer {token['access_token'] if token else ''}"]
    curl("without an api-version", 400, "GET", "/subscriptions", version=None,
         wanted=lambda v: v["error"]["code"] == "MissingApiVersionParameter")
    curl("subscriptions", 200, "GET", "/subscriptions",
         wanted=lambda v: v["value"][0]["subscriptionId"] == made["subscriptionId"])


def change(curl, scope):
    group = f"{scope}/resourcegroups/Curl"
    chunked = ("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue")
    curl("a group, its body in chunks and after a 100", 201, "PUT", group, *chunked,
         body={"location": "koreacentral"}, wanted=lambda v: v["name"] == "Curl")
    curl("again", 200, "PUT", group, body={"location": "koreacentral"})
    rule = {
        "if": {"allOf": [{"field": "type", "equals": TYPE}, {"field": "tags['owner']", "exists": False}]},
        "then": {"effect": "deny"}
    }
    definition = f"{scope}/providers/Microsoft.Authorization/policyDefinitions/curl"
    curl("a definition", 201, "PUT", definition, *chunked,
         body={"properties": {"mode": "Indexed", "policyRule": rule}}, version="2021-06-01")
    curl("an assignment", 201, "PUT", f"{group}/providers/Microsoft.Authorization/policyAssignments/curl",
         body={"properties": {"policyDefinitionId": definition}}, version="2021-06-01")
    network = f"{group}/providers/Microsoft.Network//virtualNetworks/One/"
    body = {"location": "koreacentral", "properties": {}}
    curl("a resource is refused", 403, "PUT", network, *chunked, body=body, version="2023-09-01",
         wanted=lambda v: v["error"]["code"] == "RequestDisallowedByPolicy")
    curl("with the tag it is not", 201, "PUT", network, *chunked, body={**body, "tags": {"owner": "me"}},
         version="2023-09-01", wanted=lambda v: v["type"] == TYPE)
    curl("networks", 200, "GET", f"{group}/providers/{TYPE}", version="2023-09-01",
         wanted=lambda v: [one["name"] for one in v["value"]] == ["One"])
    curl("networks of the subscription", 200, "GET", f"{scope}/providers/{TYPE}", version="2023-09-01",
         wanted=lambda v: [one["name"] for one in v["value"]] == ["One"])
    curl("resources", 200, "GET", f"{scope}/resources",
         wanted=lambda v: [one["name"] for one in v["value"]] == ["One"])
    graph = "/providers/Microsoft.ResourceGraph/resources"
    curl("a query of Resource Graph", 200, "POST", graph, version="2021-03-01",
         body={"query": f"Resources | where type =~ '{TYPE}' | project name, owner = tags.owner"},
         wanted=lambda v: v["data"] == [{"name": "One", "owner": "me"}] and v["totalRecords"] == 1)
    curl("one that cannot be read", 400, "POST", graph, version="2022-10-01", body={"query": "Resources | were x"},
         wanted=lambda v: v["error"]["code"] == "BadRequest" and v["error"]["details"][1]["token"] == "were")
    curl("an evaluation", 200, "POST",
         f"{group}/providers/Microsoft.PolicyInsights/policyStates/latest/triggerEvaluation",
         version="2019-10-01", body={})
    curl("states", 200, "POST", f"{group}/providers/Microsoft.PolicyInsights/policyStates/latest/queryResults",
         version="2019-10-01", body={},
         wanted=lambda v: [one["complianceState"] for one in v["value"]] == ["Compliant"])


def story():
    if not shutil.which("curl"):
        skip("curl", "there is no curl here")
        return
    with Server(MAPAE) as server:
        curl = Curl(server)
        sign_in(curl, server.made)
        change(curl, f"/subscriptions/{server.made['subscriptionId']}")
        compatibility.compare("curl", "rest", steps, check)
        check("the server ends well", server.end() == 0, server.said())


main(story)
