#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/embed.py refuses wrong content, and what it embeds comes out as it went in (TAP)."""
import json
import pathlib
import subprocess
import sys
import tempfile

EMBED = pathlib.Path(__file__).parent.parent.parent / "tools" / "embed.py"
COMPILER = sys.argv[1:] or ["cc"]

REFUSED = {
    "an id in one language only": ({"a.en.json": {"x": "1"}, "a.ko.json": {}}, '"x" is missing'),
    "an id in two files": ({"a.en.json": {"x": "1"}, "a.ko.json": {"x": "1"},
                            "b.en.json": {"x": "1"}, "b.ko.json": {"x": "1"}}, "stands in both"),
    "an id twice in one file": ({"a.en.json": '{"x": "1", "x": "2"}', "a.ko.json": {"x": "1"}}, "stands twice"),
    "other arguments in Korean": ({"a.en.json": {"x": "{0}"}, "a.ko.json": {"x": "{1}"}}, "uses arguments"),
    "a particle without its word": ({"a.en.json": {"x": "{0}"}, "a.ko.json": {"x": "{0:이/가}"}}, "particle alone"),
    "a brace that is not closed": ({"a.en.json": {"x": "{0"}, "a.ko.json": {"x": "1"}}, "is no argument"),
    "a value that is no text": ({"a.en.json": {"x": 1}, "a.ko.json": {"x": "1"}}, "is no text"),
    "no JSON": ({"a.en.json": "{", "a.ko.json": {}}, "a.en.json"),
    "a file of no language": ({"a.json": {}}, "wanted NAME.en.json"),
    "an error in two files": ({"errors.ko.json": {"x": "1"}, "errors.store.ko.json": {"x": "1"}}, "stands in both"),
    "an error with more arguments than its format": ({"errors.ko.json": {"%d%%": "{1}"}}, "has no conversion"),
}


def run(folder, *arguments):
    return subprocess.run([sys.executable, EMBED, *arguments], cwd=folder, capture_output=True, text=True,
                          check=False)


def refuses(files, complaint):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
        done = run(folder, "messages", "out.c", "out.d", ".")
        return done.returncode != 0 and complaint in done.stderr


def embeds():
    contents = {"b/two.json": bytes(range(256)) + '??/"\\\n정책\n\n'.encode(), "a.json": b"", "b/one.json": b"{}\n"}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, data in contents.items():
            (root / "in" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "in" / name).write_bytes(data)
        if run(folder, "files", "out.c", "out.d", "content", "in", "in").returncode:
            return False
        (root / "embedded.h").write_text(
            "#include <stddef.h>\ntypedef struct { const char *ptr; size_t len; } mp_str;\n"
            "typedef struct { mp_str name, bytes; } mp_embedded;\n")
        (root / "main.c").write_text(
            '#include <stdio.h>\n#include "embedded.h"\n'
            "extern const mp_embedded content[]; extern const size_t content_len;\n"
            "int main(void) { for (size_t i = 0; i < content_len; i++) {\n"
            'printf("%s %zu\\n", content[i].name.ptr, content[i].bytes.len);\n'
            "fwrite(content[i].bytes.ptr, 1, content[i].bytes.len + 64, stdout); } return 0; }\n")
        subprocess.run([*COMPILER, "-o", "program", "main.c", "out.c"], cwd=folder, check=True)
        printed = subprocess.run([root / "program"], capture_output=True, check=True).stdout
        wanted = b"".join(f"{name} {len(data)}\n".encode() + data + bytes(64)
                          for name, data in sorted(contents.items()))
        watched = (root / "out.d").read_text()
        return printed == wanted and all(str(root / "in" / name) in watched for name in contents)


def main():
    results = [(f"refuses {name}", refuses(*case)) for name, case in REFUSED.items()]
    results.append(("embeds files byte by byte", embeds()))
    print(f"1..{len(results)}")
    for number, (name, passed) in enumerate(results, 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}")
    return 0 if all(passed for _, passed in results) else 1


sys.exit(main())
