# SPDX-License-Identifier: Apache-2.0
"""Which client was seen to do what: compatibility.json, and the pages that are made of it.

A story tells each step as {"call", "requests": [[method, url, status, code of the error]]}. What a step did is read
from what went over the wire, not from what the step says; the story passes only if the column of its client says
exactly that. With MAPAE_COMPATIBILITY=write it writes the column first.

compatibility.py SOURCE_ROOT           the pages are what compatibility.json says (TAP)
compatibility.py SOURCE_ROOT --write   write them"""
import json
import os
import pathlib
import re
import sys
import urllib.parse

FILE = pathlib.Path(__file__).with_name("compatibility.json")
PAGES = {"en": "docs/reference/compatibility.md", "ko": "docs/reference/ko/compatibility.md"}
COLUMNS = ("az", "javascript", "python", "rest")
VERBS = {
    "queryresults", "summarize", "triggerevaluation", "validate", "whatif", "cancel", "register",
    "listdeployments", "checkpolicyrestrictions"
}
OWN = ("microsoft.authorization", "microsoft.policyinsights", "microsoft.resources", "microsoft.management",
       "microsoft.security")
BARE = {1: "", 2: "/{id}"}


def after_providers(parts, at):
    """What stands behind the last "providers", with {name} for names."""
    rest = parts[at + 1:]
    if len(rest) < 2 or (len(rest) == 2 and rest[1].lower() == "register"):
        return "/".join(["providers", *["{namespace}" for _ in rest[:1]], *rest[1:]])
    words = [rest[1]]
    for i, word in enumerate(rest[2:]):
        words.append(word if i % 2 or word.lower() in VERBS else "{name}")
    if rest[0].lower() in OWN:
        return "/".join([rest[0], *words])
    return "{namespace}/{type}" + ("/{name}" if words[-1] == "{name}" else "")


def operation_of(method, url):
    """"PUT Microsoft.Authorization/policyDefinitions/{name}" of a request."""
    path = re.sub("/+", "/", urllib.parse.unquote(urllib.parse.urlsplit(url).path)).rstrip("/")
    parts = path.split("/")[1:]
    if [part.lower() for part in parts[4:5]] == ["deployments"]:  # of a group, without a provider
        parts[4:4] = ["providers", "Microsoft.Resources"]
    low = [part.lower() for part in parts]
    if low[-1] == "openid-configuration":
        return f"{method} /{{tenant}}/.well-known/openid-configuration"
    if low[-1] == "token":
        return f"{method} /{{tenant}}/oauth2/v2.0/token"
    if low[0] in ("metadata", "common", "v1.0"):
        return f"{method} /" + "/".join([*parts[:2], *["{name}" for _ in parts[2:]]])
    places = [i for i, part in enumerate(low) if part == "providers" and i % 2 == 0]
    if places:
        return f"{method} {after_providers(parts, places[-1])}"
    if low[0] == "subscriptions" and len(parts) > 2:
        names = ["{name}" if i % 2 else part for i, part in enumerate(parts[2:])]
        if low[2] == "resourcegroups":
            names[0] = "resourceGroups"
        return f"{method} " + "/".join(names[-1:] if low[-1] == "resources" else names)
    return f"{method} /" + parts[0] + BARE.get(len(parts), "")


def main_request(call, requests):
    """What a step was for: what it changed or asked by POST, else what it read, the last of it. Discovery and polling
    are by the way, and so are signing in and registering a provider if that is not what was called."""
    def weight(request):
        name = operation_of(request[0], request[1]).lower()
        if "operationresults" in name or "operationstatuses" in name or "openid" in name or " /metadata" in name:
            return 0
        if name.endswith(("/token", "/register")):
            return 3 if re.search("token|login|register", call, re.IGNORECASE) else 0
        return 1 if request[0] in ("GET", "HEAD") else 2

    return max(enumerate(requests), key=lambda pair: (weight(pair[1]), pair[0]))[1] if requests else None


def row_of(step):
    """The row that a step belongs to, and None where nothing went over the wire."""
    request = main_request(step["call"], step["requests"])
    if not request:
        return None
    method, url, status, code = request
    if status >= 400 and code:
        return f"{status} {code}"
    return operation_of(method, url)


def read():
    return json.loads(FILE.read_text(encoding="utf-8"))


def compare(client, column, steps, check):
    """`client` is told in `column`; steps whose requests all failed without a code of an error tell nothing."""
    table, seen = read(), {}
    for step in steps:
        row = row_of(step)
        if row:
            seen.setdefault(row.lower(), set()).add(step["call"])
    rows = {row["operation"].lower(): row for area in table["areas"] for row in area["rows"]}
    unknown = sorted(set(seen) - set(rows))
    if os.environ.get("MAPAE_COMPATIBILITY") == "write":
        for name, row in rows.items():
            others = [call for call in row.get(column, []) if not is_of(client, column, call)]
            row[column] = sorted({*others, *seen.get(name, set())})
        FILE.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    check(f"every operation of {client} has a row", not unknown,
          "\n".join(f"{name}: {sorted(seen[name])}" for name in unknown))
    said = {
        name: {call
               for call in row.get(column, []) if is_of(client, column, call)}
        for name, row in rows.items()
    }
    wrong = [
        f"{name}: the table says {sorted(said[name])}, the story did {sorted(seen.get(name, set()))}"
        for name in rows if said[name] != seen.get(name, set())
    ]
    check(f"the table of compatibility is what {client} did", not wrong, "\n".join(wrong))


def is_of(client, column, call):
    """Two clients share the last column."""
    return column != "rest" or call == client


# ---- the pages ----

def escape(text):
    return text.replace("|", "\\|")


def page(table, language):
    words = table["words"][language]
    lines = [
        "<!-- Made by tests/server/compatibility.py: change tests/server/compatibility.json or the stories instead. -->",
        "", f"# {words['title']}", "", *words["intro"], "", "| " + " | ".join(words["clients"][0]) + " |",
        "|" + "---|" * len(words["clients"][0])
    ]
    lines += ["| " + " | ".join(row) + " |" for row in words["clients"][1:]]
    for area in table["areas"]:
        lines += [
            "", f"## {area[language]}", "", "| " + " | ".join(words["columns"]) + " |",
            "|" + "---|" * len(words["columns"])
        ]
        for row in area["rows"]:
            cells = [
                ", ".join(f"`{escape(call)}`" for call in row.get(column, [])) or "–" for column in COLUMNS
            ]
            lines.append(f"| {row[language]}<br>`{escape(row['operation'])}` | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *words["end"], ""])


def main(root, is_writing):
    table = read()
    results = []
    for language, name in PAGES.items():
        path = root / name
        if is_writing:
            path.write_text(page(table, language), encoding="utf-8")
        results.append((name, path.exists() and path.read_text(encoding="utf-8") == page(table, language)))
    empty = [
        row["operation"] for area in table["areas"] for row in area["rows"]
        if not any(row.get(column) for column in COLUMNS)
    ]
    results.append((f"no row is without a client {empty}", not empty))
    print(f"1..{len(results)}")
    for number, (name, is_good) in enumerate(results, 1):
        print(f"{'ok' if is_good else 'not ok'} {number} - {name}")
    return 0 if all(is_good for _, is_good in results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--write" in sys.argv[2:]))
