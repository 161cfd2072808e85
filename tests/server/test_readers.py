#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Readers feed the store: other clouds are judged, and a cloud is asked itself (TAP).

test_readers.py MAPAE SOURCE_ROOT"""
import http.server
import json
import pathlib
import subprocess
import tempfile
import threading

from program import MAPAE, check, environment, main
from server import Server, eventually

CHEAP = ["--set", "password.hash-memory=8MiB", "--set", "password.hash-passes=1"]
GUID = "3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a001"
TENANT = "3f1c7a52-8d0e-4b6a-9c47-5e2b90d1a0ff"

BUCKET = {"fileVersion": "1.0", "configSnapshotId": "s", "configurationItems": [
    {"configurationItemVersion": "1.3", "awsAccountId": "111122223333", "ARN": "arn:aws:s3:::logs", "resourceType": "AWS::S3::Bucket", "resourceId": "logs",
     "resourceName": "logs", "awsRegion": "ap-northeast-2", "configurationItemStatus": "OK", "tags": {"owner": "sec"}, "configuration": {"name": "logs"},
     "supplementaryConfiguration": {"BucketVersioningConfiguration": {"status": "Off"}}}]}
MACHINE = {"name": "//compute.googleapis.com/projects/p/zones/asia-northeast3-a/instances/vm1", "asset_type": "compute.googleapis.com/Instance", "ancestors": ["projects/1"],
           "resource": {"location": "asia-northeast3-a", "data": {"name": "vm1", "shieldedInstanceConfig": {"enableSecureBoot": False}}}}
SERVERS = {"servers": [{"id": "i-1", "name": "web", "tenant_id": "t1", "status": "ACTIVE", "flavor": {"id": "1"}, "addresses": {}}]}
PODS = {"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"hostNetwork": True, "containers": []}}]}
PLAN = {"format_version": "1.2", "terraform_version": "1.9.5", "resource_changes": [
    {"address": "azurerm_storage_account.logs", "mode": "managed", "type": "azurerm_storage_account", "name": "logs",
     "provider_name": "registry.terraform.io/hashicorp/azurerm",
     "change": {"actions": ["create"], "before": None, "after": {"location": "koreacentral", "min_tls_version": "TLS1_0"}}}]}

RULES = {
    "AWS::S3::Bucket": ("AWS::S3::Bucket/supplementaryConfiguration.BucketVersioningConfiguration.status", "notEquals", "Enabled"),
    "compute.googleapis.com/Instance": ("compute.googleapis.com/Instance/shieldedInstanceConfig.enableSecureBoot", "notEquals", True),
    "OpenStack/compute/server": ("OpenStack/compute/server/status", "equals", "ACTIVE"),
    "v1/Pod": ("v1/Pod/spec.hostNetwork", "equals", True),
    "Terraform/azurerm/azurerm_storage_account": ("Terraform/azurerm/azurerm_storage_account/min_tls_version", "notEquals", "TLS1_2"),
}


def run(*arguments, data, stdin=None):
    done = subprocess.run([str(MAPAE), *arguments, "--data", str(data), "--format", "json", *CHEAP], capture_output=True, text=True, env=environment(),
                          input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, check=False)
    try:
        return done, json.loads(done.stdout)
    except json.JSONDecodeError:
        return done, {}


# ---- other clouds ----

def assign(server):
    root = f"/providers/Microsoft.Management/managementGroups/{server.made['tenantId']}"
    for number, (kind, (field, operator, value)) in enumerate(RULES.items()):
        definition = f"{root}/providers/Microsoft.Authorization/policyDefinitions/rule-{number}"
        rule = {"if": {"allOf": [{"field": "type", "equals": kind}, {"field": field, operator: value}]}, "then": {"effect": "audit"}}
        made = server.ask("PUT", f"{definition}?api-version=2023-04-01", {"properties": {"mode": "All", "displayName": kind, "policyRule": rule}})
        given = server.ask("PUT", f"{root}/providers/Microsoft.Authorization/policyAssignments/rule-{number}?api-version=2023-04-01",
                           {"properties": {"policyDefinitionId": definition}})
        if made.status != 201 or given.status != 201:
            return f"{made} {given}"
    return ""


def verdicts(server):
    answer = server.ask("GET", "/api/v1/states?top=100").json["value"]
    return {row["resourceType"].lower(): (row["complianceState"], row["resourceId"]) for row in answer}


def is_judged(server):
    return server.ask("GET", "/api/v1/judging").json["waiting"] == 0 and len(verdicts(server)) == len(RULES)


def clouds(server):
    folder = server.root / "clouds"
    folder.mkdir()
    for name, document in {"aws": BUCKET, "gcp": MACHINE, "openstack": SERVERS, "kubernetes": PODS, "terraform": PLAN}.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    check("policies over generic types are taken", not (said := assign(server)), said)
    done, said = run("ingest", "--source", "clouds", "--replace", str(folder), data=server.data)
    check("documents of five clouds are recorded", done.returncode == 0 and said.get("added") == 6 and said.get("made") == 5, done.stdout + done.stderr)
    eventually(lambda: is_judged(server))
    found = verdicts(server)
    check("and judged by the types that they have", {kind.lower() for kind in RULES} == set(found) and all(state == "NonCompliant" for state, _ in found.values()), found)
    bucket = found.get("aws::s3::bucket", ("", ""))[1]
    check("the id is made of the account, the type and the own id", bucket.lower().endswith("/providers/mapae.clouds/aws::s3::bucket/arn:aws:s3:::logs"), bucket)
    whole = server.ask("GET", f"{bucket}?api-version=2021-04-01")
    check("clients of Azure Resource Manager see it", whole.status == 200 and whole.json["type"] == "AWS::S3::Bucket" and whole.json["name"] == "logs"
          and whole.json["nativeId"] == "arn:aws:s3:::logs", whole)
    account = server.ask("GET", f"/subscriptions/{bucket.split('/')[2]}?api-version=2022-12-01")
    check("its account is a subscription", account.status == 200 and account.json["displayName"] == "AWS 111122223333", account)
    recorded = {one["id"]: one for one in server.ask("GET", "/api/v1/inventory?top=100&source=file:clouds").json["value"]}
    check("a pod stands below its namespace", any(id.endswith("/providers/Mapae.Clouds/v1:Namespace/shop/v1:Pod/web") for id in recorded), sorted(recorded))
    (folder / "aws.json").unlink()
    done, said = run("ingest", "--source", "clouds", "--replace", str(folder), data=server.data)
    check("what is gone is closed", said.get("unchanged") == 5 and said.get("closed") == 1, done.stdout + done.stderr)
    eventually(lambda: "aws::s3::bucket" not in verdicts(server))
    check("and judged no longer", "aws::s3::bucket" not in verdicts(server), verdicts(server))
    history = server.ask("GET", f"{bucket}?api-version=2021-04-01")
    check("nor seen", history.status == 404, history)


# ---- a table of aliases ----

NAME = "Microsoft.Compute/disks/sizeOfIt"
COMPACT = {"Microsoft.Compute/disks": {NAME: "properties.diskSizeGB"}}
PROVIDERS = [{"namespace": "Microsoft.Compute", "resourceTypes": [{"resourceType": "disks", "aliases": [
    {"name": NAME, "defaultPath": "properties.diskSizeGB", "paths": [{"path": "properties.diskSizeGB", "apiVersions": ["2023-10-02"]}]}]},
    {"resourceType": "other", "aliases": None}]}]


def aliases(server, folder):
    scope = f"/subscriptions/{server.made['subscriptionId']}"
    group = f"{scope}/resourceGroups/aliases"
    disk = group + "/providers/Microsoft.Compute/disks/{}?api-version=2023-10-02"
    big = {"location": "koreacentral", "properties": {"diskSizeGB": 320}}
    rule = {"if": {"allOf": [{"field": "type", "equals": "Microsoft.Compute/disks"}, {"field": NAME, "equals": 320}]}, "then": {"effect": "deny"}}
    server.ask("PUT", f"{group}?api-version=2021-04-01", {"location": "koreacentral"})
    server.ask("PUT", f"{scope}/providers/Microsoft.Authorization/policyDefinitions/big?api-version=2023-04-01", {"properties": {"mode": "All", "policyRule": rule}})
    server.ask("PUT", f"{group}/providers/Microsoft.Authorization/policyAssignments/big?api-version=2023-04-01",
               {"properties": {"policyDefinitionId": f"{scope}/providers/Microsoft.Authorization/policyDefinitions/big"}})

    def state(more=""):
        rows = server.ask("GET", f"/api/v1/states?top=100&scope={group}{more}").json["value"]
        return [row["complianceState"] for row in rows if row["resourceId"].endswith("/one")]

    made = server.ask("PUT", disk.format("one"), big)
    check("by rule the name means a property that is not there", made.status in (200, 201), made)
    check("and the resource complies", eventually(lambda: state() == ["Compliant"]), state())
    path = folder / "aliases.json"
    path.write_text(json.dumps(COMPACT))
    done, said = run("aliases", "import", str(path), data=server.data)
    check("a table is taken", done.returncode == 0 and said.get("aliases") == 1 and said.get("changed") == 2, done.stdout + done.stderr)
    check("the gate refuses by it", server.ask("PUT", disk.format("two"), big).status == 403)
    check("what is there is judged again", eventually(lambda: state() == ["NonCompliant"]), state())
    done, said = run("aliases", "import", str(path), data=server.data)
    check("the same table changes nothing", said.get("changed") == 0, done.stdout + done.stderr)
    done, since = run("aliases", "show", data=server.data)
    path.write_text(json.dumps({"Microsoft.Compute/disks": {NAME: 5}}))
    done, _ = run("aliases", "import", str(path), data=server.data)
    check("a damaged one is refused, with its place", done.returncode == 2 and f"{path}:1:" in done.stderr, done.stderr)
    path.write_text(json.dumps({"Microsoft.Compute/disks": {}}))
    done, _ = run("aliases", "import", str(path), data=server.data)
    wrong = server.ask("POST", "/api/v1/aliases", {"types": {"Microsoft.Compute/disks": {NAME: 5}}})
    none = server.ask("POST", "/api/v1/aliases", {})
    check("so is an empty one, and what comes by the API", done.returncode == 2 and "no alias" in done.stderr and wrong.status == 400 and none.status == 400, (done.stderr, wrong, none))
    done, still = run("aliases", "show", data=server.data)
    check("and the table is what it was", still == since and still.get("aliases") == 1, (since, still))
    path.write_text(json.dumps({"value": PROVIDERS}))
    done, said = run("aliases", "import", str(path), data=server.data)
    check("the answer of a list of providers is taken too", done.returncode == 0 and said.get("aliases") == 1, done.stdout + done.stderr)
    check("and means the same", server.ask("PUT", disk.format("two"), big).status == 403)
    done, said = run("aliases", "remove", "--yes", data=server.data)
    check("without a table the rule counts again", done.returncode == 0 and said.get("aliases") == 0 and server.ask("PUT", disk.format("two"), big).status == 201, done.stderr)
    check("for what is there too", eventually(lambda: state() == ["Compliant"]), state())
    done, said = run("aliases", "show", "--as-of", since.get("since", ""), data=server.data)
    done, why = run("state", "explain", f"{group}/providers/Microsoft.Compute/disks/one", "--as-of", since.get("since", ""), data=server.data)
    check("and its judgements are by that table", done.returncode == 0 and "NonCompliant" in done.stdout and "properties.diskSizeGB" in done.stdout, done.stdout + done.stderr)
    check("a date before has the table of that date", said.get("digest") == since.get("digest"), (said, since))


# ---- another Mapae ----

def collect(data, base, server, *more, way="lists"):
    return run("collect", "azure", "--endpoint", base, "--ca-file", server.ca, "--tenant", server.made["tenantId"], "--client-id", server.made["clientId"],
               *(["--from", "lists"] if way == "lists" else []), "--source", "there", *more, data=data, stdin=server.made["clientSecret"])


def rows_of(out):
    """What files of a collection say, without what the two ways spell otherwise: type and location in lower case, what is null or empty left out."""
    found = {}
    for path in sorted(out.glob("*.json")):
        for one in json.loads(path.read_text())["value"]:
            kept = {name: value for name, value in one.items() if value and name in ("id", "name", "kind", "sku", "tags", "properties", "zones", "identity", "managedBy", "plan")}
            found[one["id"].lower()] = {**kept, "type": one.get("type", "").lower().replace("/subscriptions/", "/"), "location": one.get("location", "").lower().replace(" ", "")}
    return found


class Between(http.server.BaseHTTPRequestHandler):
    """Hands on what it is asked to the server; the Resource Graph only as often as it may."""
    protocol_version = "HTTP/1.1"
    server_behind, left, asked = None, 0, []

    def log_message(self, *_):
        pass

    def hand_on(self, body=None):
        answer = self.server_behind.ask(self.command, self.path, raw=body, token=self.headers.get("Authorization", " ").split(" ")[1] or None,
                                        headers={"Content-Type": self.headers.get("Content-Type", "application/json")})
        self.give(answer.status, answer.body)

    def give(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.hand_on()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = json.loads(body)
        Between.asked.append((query["query"].split()[0], "$skipToken" in query["options"]))
        Between.left -= 1
        if Between.left < 0:
            return self.give(403, b'{"error": {"code": "Enough", "message": "for now"}}')
        return self.hand_on(body)


MANY = 1030 # more than one page


def by_graph(server, folder, only):
    """Both ways have the same inventory; the default one needs no list, and goes on where it was stopped."""
    data, base, here = folder / "by-graph", f"https://localhost:{server.port}/", server.made["subscriptionId"]
    one = f"/subscriptions/{here}/resourceGroups/many/providers/Microsoft.Compute/disks/"
    bulk = folder / "bulk.json"
    bulk.write_text(json.dumps({"value": [{"id": f"{one}d{n:04}", "name": f"d{n:04}", "type": "Microsoft.Compute/disks", "location": "Korea Central",
                                           "properties": {"diskSizeGB": n}} for n in range(MANY)]}))
    done, said = collect(data, base, server, *only, "--out", str(folder / "lists"))
    done_too, _ = collect(data, base, server, *only, "--out", str(folder / "rows"), way="graph")
    lists, rows = rows_of(folder / "lists"), rows_of(folder / "rows")
    for found in (lists, rows):
        found.pop(f"/subscriptions/{here}", None)
    check("by lists and by Resource Graph there is the same", done.returncode == 0 and done_too.returncode == 0 and len(lists) == 3 and lists == rows, (lists, rows, done.stderr, done_too.stderr))
    run("init", data=data)
    done, said = run("ingest", "--source", "bulk", str(bulk), data=server.data)
    check("many more of them", done.returncode == 0 and said.get("added", 0) >= MANY, done.stdout + done.stderr)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between) as between:
        threading.Thread(target=between.serve_forever, daemon=True).start()
        Between.server_behind, Between.left = server, 2
        state, proxy = folder / "there.ndjson", f"http://127.0.0.1:{between.server_port}"
        done, _ = collect(data, proxy, server, *only, "--state", str(state), way="graph")
        check("stopped on the way", done.returncode == 2 and "for now" in done.stderr and state.exists()
              and Between.asked == [("resourcecontainers", False), ("resources", False), ("resources", True)], (Between.asked, done.stderr))
        Between.asked.clear()
        Between.left = 10
        done, said = collect(data, proxy, server, *only, "--state", str(state), way="graph")
        check("it goes on there", Between.asked == [("resources", True)] and done.returncode == 0 and not state.exists(), (Between.asked, done.stdout, done.stderr))
        between.shutdown()
    server.ask("DELETE", one + "d0007?api-version=2023-10-02")
    done, said = collect(data, base, server, *only, way="graph")
    check("again: what is gone is closed, the rest is as it was", said.get("closed") == 1 and said.get("unchanged", 0) == MANY + 4 and said.get("added") == 0, done.stdout + done.stderr)


def other_mapae(server, folder):
    data, base = folder / "data", f"https://localhost:{server.port}/"
    done, _ = run("init", data=data)
    check("a second installation", done.returncode == 0, done.stderr)
    here = server.made["subscriptionId"]
    group = f"/subscriptions/{here}/resourceGroups/web"
    disk = group + "/providers/Microsoft.Compute/disks/data%20{}?api-version=2023-10-02"
    server.ask("PUT", f"{group}?api-version=2021-04-01", {"location": "koreacentral"})
    made = [server.ask("PUT", disk.format(n), {"location": "koreacentral", "properties": {"diskSizeGB": n}}) for n in range(1, 4)]
    check("resources in the first", all(one.status in (200, 201) for one in made), made)
    only = ["--subscription", here]
    done, said = collect(data, base, server, *only)
    check("what one Mapae has another records", done.returncode == 0 and said.get("added") == 5 and said.get("faulty") == 0, done.stdout + done.stderr)
    server.ask("DELETE", disk.format(2))
    done, said = collect(data, base, server, *only)
    check("again: what is gone is closed, the rest is as it was", said.get("closed") == 1 and said.get("unchanged", 0) >= 3 and said.get("added") == 0, done.stdout + done.stderr)
    out = folder / "pages"
    done, said = collect(data, base, server, *only, "--out", str(out))
    pages = [one for path in sorted(out.glob("*.json")) for one in json.loads(path.read_text())["value"]]
    check("into files, with properties", done.returncode == 0 and said.get("resources") == 4 and any(one.get("properties", {}).get("diskSizeGB") == 3 for one in pages)
          and not (out / ".collect.ndjson").exists(), done.stdout + done.stderr)
    done, _ = run("collect", "azure", "--endpoint", base, "--ca-file", server.ca, "--tenant", server.made["tenantId"], "--client-id", server.made["clientId"],
                  data=data, stdin="wrong")
    check("a wrong secret is said", done.returncode == 2 and "AADSTS7000215" in done.stderr, done.stderr)
    done, _ = collect(data, base, server, "--subscription", GUID)
    check("so is a subscription that the program does not see", done.returncode == 2 and "0 of the subscriptions" in done.stderr, done.stderr)
    by_graph(server, folder, only)


# ---- Resource Graph ----

def row(name):
    return {"id": f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.Compute/disks/{name}", "name": name, "type": "microsoft.compute/disks",
            "location": "koreacentral", "subscriptionId": GUID, "resourceGroup": "rg", "managedBy": "", "tags": None, "properties": {"diskSizeGB": 4}}


class Cloud(http.server.BaseHTTPRequestHandler):
    """As much of Azure as it takes; `wishes` are statuses that it answers once before it does what it is asked."""
    protocol_version = "HTTP/1.1"
    wishes, asked, elsewhere = [], [], False

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(text)

    def base(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def do_GET(self):
        if self.path.startswith("/metadata/endpoints"):
            return self.answer(200, [{"resourceManager": "https://other/", "authentication": {"loginEndpoint": "https://other", "audiences": ["https://other"]}},
                                     {"resourceManager": self.base(), "authentication": {"loginEndpoint": self.base() + "/login/", "audiences": ["aud"]}}])
        if self.path == f"/login/{TENANT}/v2.0/.well-known/openid-configuration":
            return self.answer(200, {"token_endpoint": self.base() + "/token"})
        if self.headers.get("Authorization") != "Bearer t-1":
            return self.answer(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "expired"}})
        if self.path == "/subscriptions?api-version=2022-12-01":
            return self.answer(200, {"value": [], "nextLink": ("http://localhost:1" if self.elsewhere else self.base()) + "/subscriptions?page=2"})
        if self.path == "/subscriptions?page=2":
            return self.answer(200, {"value": [{"id": f"/subscriptions/{GUID}", "subscriptionId": GUID, "displayName": "Shop", "state": "Enabled"}]})
        return self.answer(404, {"error": {"code": "NotFound", "message": self.path}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            assert b"scope=aud%2F.default" in body, body
            return self.answer(200, {"access_token": "t-1", "expires_in": "3600", "token_type": "Bearer"})
        query = json.loads(body)
        place = (query["query"].split()[0], query["options"].get("$skipToken"))
        Cloud.asked.append(place)
        if self.wishes and self.wishes[0][0] == place:
            (_, status, headers) = Cloud.wishes.pop(0)
            return self.answer(status, {"error": {"code": "Wish", "message": "as asked"}}, **headers)
        rows = {("resourcecontainers", None): ([], None), ("resources", None): ([row("a"), row("b")], "more"), ("resources", "more"): ([row("c")], None)}
        data, more = rows[place]
        return self.answer(200, {"totalRecords": 3, "count": len(data), "data": data, "facets": [], "resultTruncated": "false", **({"$skipToken": more} if more else {})})


def graph(folder):
    data, state = folder / "graph", folder / "state.ndjson"
    run("init", data=data)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Cloud) as cloud:
        threading.Thread(target=cloud.serve_forever, daemon=True).start()
        command = ["collect", "azure", "--endpoint", f"http://127.0.0.1:{cloud.server_port}", "--tenant", TENANT, "--client-id", "c", "--state", str(state)]
        Cloud.wishes = [(("resources", None), 429, {"Retry_After": "1"}), (("resources", "more"), 403, {})]
        done, _ = run(*command, data=data, stdin="s")
        check("who is told to wait waits", Cloud.asked == [("resourcecontainers", None), ("resources", None), ("resources", None), ("resources", "more")]
              and "going on in 1 seconds" in done.stderr, (Cloud.asked, done.stderr))
        check("a refusal is said, and where to go on", done.returncode == 2 and "403" in done.stderr and "as asked" in done.stderr and state.exists(), done.stderr)
        plan = state.read_text().splitlines()[0]
        Cloud.asked.clear()
        done, said = run(*command, data=data, stdin="s")
        check("the same command goes on there, and closes nothing that was met before", Cloud.asked == [("resources", "more")] and done.returncode == 0
              and said.get("added") == 1 and said.get("closed") == 0 and not state.exists(), (Cloud.asked, done.stdout, done.stderr))
        done, said = run(*command, data=data, stdin="s")
        check("then all is as it was", said.get("unchanged") == 4 and said.get("added") == 0 and said.get("closed") == 0, done.stdout + done.stderr)
        state.write_text(plan + "\n")
        done, said = run(*command, data=data, stdin="s")
        check("what was stopped before its first page begins anew: the subscription is told of, and not closed",
              said.get("unchanged") == 4 and said.get("closed") == 0, done.stdout + done.stderr)
        state.write_text(plan + '\n{"step": 1, "seen": [1]}\n')
        done, _ = run(*command, data=data, stdin="s")
        check("a state that is damaged is said to be", done.returncode == 2 and "holds no state" in done.stderr, f"{done.returncode} {done.stderr}")
        state.write_text('{"endpoint": "another"}\n')
        done, _ = run(*command, data=data, stdin="s")
        check("a state of another collection is refused", done.returncode == 2 and "another collection" in done.stderr, done.stderr)
        state.unlink()
        Cloud.elsewhere = True
        done, _ = run(*command, data=data, stdin="s")
        check("a page on another server is not asked", done.returncode == 2 and "another server" in done.stderr, done.stderr)
        cloud.shutdown()


def story():
    with Server(MAPAE) as server, tempfile.TemporaryDirectory() as folder:
        clouds(server)
        other_mapae(server, pathlib.Path(folder))
        graph(pathlib.Path(folder))
        aliases(server, pathlib.Path(folder))


main(story)
