#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""azure-cli against a running server: a story, command by command (TAP). Skipped where there is no `az`.

test_az.py MAPAE SOURCE_ROOT"""
import json
import os
import shutil
import subprocess
import tempfile

from program import MAPAE, check, main, skip
from server import Server

GROUP, NET = "Az-Group", "Microsoft.Network/virtualNetworks"


# One process for all commands: to load azure-cli takes longer than anything that it does. What it prints is given back, and what it says on standard error.
DRIVER = """
import io, json, os, sys, tempfile
from azure.cli.core import get_default_cli
kept = tempfile.TemporaryFile()
os.dup2(kept.fileno(), 2)
for line in sys.stdin:
    kept.seek(0); kept.truncate()
    out, code = io.StringIO(), 1
    try:
        code = get_default_cli().invoke(json.loads(line), out_file=out)
    except SystemExit as end:
        code = end.code
    sys.stderr.flush(); kept.seek(0)
    print(json.dumps([code or 0, out.getvalue(), kept.read().decode(errors="replace")]), file=sys.__stdout__, flush=True)
"""


class Done:
    def __init__(self, returncode, stdout, stderr):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


class Az:
    """One user's azure-cli: a folder of settings of its own, and the server's certificate authority."""

    def __init__(self, server):
        self.server = server
        self.folder = tempfile.mkdtemp(prefix="mapae-az-")
        self.base = f"https://localhost:{server.port}"
        environment = {**os.environ, "AZURE_CONFIG_DIR": self.folder, "REQUESTS_CA_BUNDLE": str(server.ca), "AZURE_CORE_COLLECT_TELEMETRY": "false",
                       "AZURE_CORE_NO_COLOR": "true", "PYTHONWARNINGS": "ignore", "no_proxy": "*", "NO_PROXY": "*"}
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "PYTHONPATH"):
            environment.pop(name, None)
        self.process = subprocess.Popen(["/usr/bin/python3", "-c", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=environment)

    def __call__(self, *arguments):
        self.process.stdin.write(json.dumps([*arguments, "--only-show-errors"]) + "\n")
        self.process.stdin.flush()
        return Done(*json.loads(self.process.stdout.readline()))

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def told(self, name, *arguments, wanted=None):
        """Must succeed; gives what it printed as JSON."""
        done = self(*arguments, "-o", "json")
        value = None
        try:
            value = json.loads(done.stdout) if done.stdout.strip() else None
        except ValueError:
            pass
        is_good = done.returncode == 0 and (wanted is None or wanted(value))
        check(name, is_good, f"az {' '.join(arguments)}\n{done.returncode}\n{done.stdout[:1500]}\n{done.stderr[:3000]}")
        if os.environ.get("MAPAE_AZ_WATCHED"):
            print("#", "ok" if is_good else "NOT OK", *arguments, "" if is_good else done.stdout[:600] + done.stderr[-1500:], flush=True)
        return value

    def refused(self, name, code, *arguments, status=None):
        done = self(*arguments)
        is_good = done.returncode == (status or done.returncode) != 0 and f"({code})" in done.stderr
        check(name, is_good, f"az {' '.join(arguments)}\n{done.returncode}\n{done.stderr[:3000]}")
        if os.environ.get("MAPAE_AZ_WATCHED"):
            print("#", "ok" if is_good else "NOT OK", *arguments, "" if is_good else done.stderr[-1500:], flush=True)


def sign_in(az, made):
    az.told("a cloud is registered", "cloud", "register", "-n", "Mapae", "--endpoint-resource-manager", az.base + "/")
    az.told("and chosen", "cloud", "set", "-n", "Mapae")
    wrong = az("login", "--service-principal", "-u", made["clientId"], "-p", "wrong", "--tenant", made["tenantId"])
    check("a wrong secret is refused", wrong.returncode != 0 and "AADSTS7000215" in wrong.stderr, wrong.stderr[:2000])
    az.told("sign-in", "login", "--service-principal", "-u", made["clientId"], "-p", made["clientSecret"], "--tenant", made["tenantId"],
            wanted=lambda v: v and v[0]["state"] == "Enabled" and v[0]["tenantId"] == made["tenantId"])
    az.told("the account", "account", "show", wanted=lambda v: v["id"] == v["id"].lower() and v["isDefault"])
    az.told("locations", "account", "list-locations", wanted=lambda v: any(one["name"] == "koreacentral" for one in v))
    az.told("a provider", "provider", "show", "-n", "Microsoft.Network", wanted=lambda v: v["registrationState"] == "Registered")
    az.told("all providers", "provider", "list", wanted=lambda v: len(v) > 40)
    az.told("registering", "provider", "register", "-n", "Microsoft.PolicyInsights")


def groups(az):
    az.told("a group", "group", "create", "-n", GROUP, "-l", "koreacentral", "--tags", "team=a", wanted=lambda v: v["properties"]["provisioningState"] == "Succeeded")
    az.told("again", "group", "create", "-n", GROUP, "-l", "koreacentral", "--tags", "team=a", wanted=lambda v: v["tags"] == {"team": "a"})
    az.told("it is there", "group", "exists", "-n", GROUP.lower(), wanted=lambda v: v is True)
    az.told("another is not", "group", "exists", "-n", "none", wanted=lambda v: v is False)
    az.told("shown", "group", "show", "-n", GROUP, wanted=lambda v: v["name"] == GROUP)
    az.told("updated", "group", "update", "-n", GROUP, "--set", "tags.more=b", wanted=lambda v: v["tags"]["more"] == "b")
    az.told("listed", "group", "list", wanted=lambda v: [one["name"] for one in v] == [GROUP])
    az.told("listed by tag", "group", "list", "--tag", "team=a", wanted=lambda v: len(v) == 1)
    az.refused("a group that is not there", "ResourceGroupNotFound", "group", "show", "-n", "none", status=3)


def resources(az):
    made = az.told("a resource, without an api-version", "resource", "create", "-g", GROUP, "-n", "v", "--resource-type", NET, "-l", "koreacentral", "--properties",
                   '{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}', wanted=lambda v: v["type"] == NET and v["properties"]["addressSpace"]["addressPrefixes"])
    az.told("a child", "resource", "create", "-g", GROUP, "--parent", "virtualNetworks/v", "-n", "s", "--namespace", "Microsoft.Network", "--resource-type", "subnets",
            "--properties", '{"addressPrefix":"10.0.1.0/24"}')
    identity = made["id"] if made else "/"
    az.told("shown by id", "resource", "show", "--ids", identity, wanted=lambda v: v["name"] == "v")
    az.told("tagged", "resource", "tag", "--ids", identity, "--tags", "a=1", wanted=lambda v: v["tags"] == {"a": "1"})
    az.told("updated", "resource", "update", "--ids", identity, "--set", "properties.x=1")
    az.told("listed", "resource", "list", "-g", GROUP, wanted=lambda v: [one["name"] for one in v] == ["v"])
    az.told("listed by type", "resource", "list", "--resource-type", NET, wanted=lambda v: len(v) == 1)
    az.told("listed by tag", "resource", "list", "--tag", "a=1", wanted=lambda v: len(v) == 1)
    az.told("listed by name", "resource", "list", "--name", "v", wanted=lambda v: len(v) == 1)
    az.refused("a resource that is not there", "ResourceNotFound", "resource", "show", "-g", GROUP, "-n", "none", "--resource-type", NET, status=3)
    az.told("tags of the group", "tag", "create", "--resource-id", f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", "--tags", "x=1",
            wanted=lambda v: v["properties"]["tags"] == {"x": "1"})
    az.told("merged", "tag", "update", "--resource-id", f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", "--operation", "Merge", "--tags", "y=2",
            wanted=lambda v: v["properties"]["tags"] == {"x": "1", "y": "2"})
    az.told("listed", "tag", "list", "--resource-id", f"/subscriptions/{az.subscription}/resourceGroups/{GROUP}", wanted=lambda v: len(v["properties"]["tags"]) == 2)


def locks(az):
    az.told("a lock", "lock", "create", "-n", "keep", "-g", GROUP, "--lock-type", "CanNotDelete", "--notes", "why", wanted=lambda v: v["level"] == "CanNotDelete")
    az.told("shown", "lock", "show", "-n", "keep", "-g", GROUP)
    az.told("listed", "lock", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.refused("what is locked stays", "ScopeLocked", "group", "delete", "-n", GROUP, "--yes")
    az.told("changed", "lock", "update", "-n", "keep", "-g", GROUP, "--lock-type", "ReadOnly", wanted=lambda v: v["level"] == "ReadOnly")
    az.told("taken away", "lock", "delete", "-n", "keep", "-g", GROUP)


def management_groups(az):
    az.told("a management group", "account", "management-group", "create", "-n", "Top", "--display-name", "The top", wanted=lambda v: v["name"] == "Top")
    az.told("one below", "account", "management-group", "create", "-n", "Low", "--parent", "Top")
    az.told("a subscription moves", "account", "management-group", "subscription", "add", "-n", "Low", "-s", az.subscription)
    az.told("the tree", "account", "management-group", "show", "-n", "Top", "-e", "-r", wanted=lambda v: v["children"][0]["children"][0]["name"] == az.subscription)
    az.told("listed", "account", "management-group", "list", wanted=lambda v: len(v) == 3)
    az.told("and back", "account", "management-group", "subscription", "remove", "-n", "Low", "-s", az.subscription)
    az.told("gone", "account", "management-group", "delete", "-n", "Low")


def policies(az):
    rule = '{"if":{"allOf":[{"field":"type","equals":"Microsoft.Network/virtualNetworks"},{"field":"tags[\'owner\']","exists":"false"}]},"then":{"effect":"deny"}}'
    az.told("a definition", "policy", "definition", "create", "-n", "need-owner", "--display-name", "Needs an owner", "--mode", "Indexed", "--rules", rule,
            wanted=lambda v: v["policyType"] == "Custom")
    az.told("assigned", "policy", "assignment", "create", "-n", "need-owner", "--policy", "need-owner", "-g", GROUP)
    az.refused("a resource is refused by policy", "RequestDisallowedByPolicy", "resource", "create", "-g", GROUP, "-n", "no", "--resource-type", NET, "-l", "koreacentral",
               "--properties", "{}")
    az.told("with the tag it is not", "resource", "create", "-g", GROUP, "-n", "yes", "--resource-type", NET, "--is-full-object", "--properties",
            '{"location":"koreacentral","tags":{"owner":"me"},"properties":{}}')
    az.told("assignments", "policy", "assignment", "list", "-g", GROUP, wanted=lambda v: len(v) == 1)
    az.told("unassigned", "policy", "assignment", "delete", "-n", "need-owner", "-g", GROUP)
    az.told("deleted", "policy", "definition", "delete", "-n", "need-owner")


def the_end(az):
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
            for part in (groups, resources, locks, management_groups, policies, the_end):
                part(az)
        finally:
            az.end()
        check("the server ends well", server.end() == 0, server.said())


main(story)
