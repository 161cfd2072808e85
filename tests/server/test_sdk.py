#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Azure SDKs against a running server: a story each, and the table of compatibility says what they did (TAP).

test_sdk.py MAPAE SOURCE_ROOT javascript FOLDER   with what npm brings (tests/browser), installed beside the build in FOLDER
test_sdk.py MAPAE SOURCE_ROOT python              with the Python that azure-cli comes with"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import compatibility
from program import MAPAE, ROOT, check, main, skip
from server import Server

CLIENT, FOLDER = sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else ""


def command(server):
    arguments = [f"https://localhost:{server.port}", json.dumps(server.made)]
    if CLIENT == "javascript":
        return [ROOT / "tests/browser/run.sh", "sdk", MAPAE, FOLDER, *arguments]
    return ["/usr/bin/python3", "-W", "ignore", "-B", ROOT / "tests/server/sdk_story.py", *arguments]


def environment(server):
    env = {
        **os.environ, "NODE_EXTRA_CA_CERTS": str(server.ca), "REQUESTS_CA_BUNDLE": str(server.ca),
        "no_proxy": "localhost", "NO_PROXY": "localhost"
    }
    env.pop("PYTHONPATH", None)
    return env


def example(server, env):
    """What docs/guide/clients.md shows does what it says, in both languages of the guide."""
    name, program = ("js", ["node"]) if CLIENT == "javascript" else ("python",
                                                                     ["/usr/bin/python3", "-W", "ignore"])
    texts = {
        re.search(f"^```{name}\n(.*?)^```$",
                  (ROOT / f"docs/guide/clients{page}.md").read_text(encoding="utf-8"),
                  re.MULTILINE | re.DOTALL)[1]
        for page in ("", ".ko")
    }
    check("the guide shows the same in Korean", len(texts) == 1, texts)
    with tempfile.NamedTemporaryFile("w", suffix=".mjs" if name == "js" else ".py", dir=FOLDER or None,
                                     encoding="utf-8") as file:
        file.write(texts.pop().replace(":8443", f":{server.port}"))
        file.flush()
        done = subprocess.run(
            [*program, file.name], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env={
                **env, "AZURE_TENANT_ID": server.made["tenantId"], "AZURE_CLIENT_ID": server.made["clientId"],
                "AZURE_CLIENT_SECRET": server.made["clientSecret"],
                "AZURE_SUBSCRIPTION_ID": server.made["subscriptionId"]
            })
    check("what the guide shows works", done.returncode == 0 and done.stdout == "web\n",
          f"{done.returncode} {done.stdout} {done.stderr}")


def story():
    if CLIENT == "python" and not shutil.which("az"):
        skip("the SDK for Python", "there is no azure-cli here, which brings it")
        return
    with Server(MAPAE) as server:
        env = environment(server)
        done = subprocess.run(command(server), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=env, check=False)
        if "# SKIP" in done.stdout.split("\n")[0]:
            skip("the SDK for JavaScript", done.stdout.split("# SKIP", 1)[1].strip())
            return
        steps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        for step in steps:
            check(f"{step['name']} ({step['call']})", step["passed"], f"{step['detail']}\n{step['requests']}")
        check("the story comes to its end", done.returncode == 0 and len(steps) > 100,
              done.stdout[-300:] + done.stderr[-3000:])
        compatibility.compare(CLIENT, CLIENT, [step for step in steps if step["passed"]], check)
        example(server, env)
        check("the server ends well", server.end() == 0, server.said())


main(story)
