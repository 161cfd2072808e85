#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""List the error sentences of the source that errors.ko.json and errors.ROOM.ko.json do not translate, and the other way.

  check_errors.py SOURCE_ROOT [--strict] [--json]

A sentence is the format of a call of mp_fail() or of whatever wraps it: functions that carry
__attribute__((format(printf, N, M))) and return an mp_code, and macros that hand their __VA_ARGS__ to
one of these. Adjacent literals are joined and the macros of <inttypes.h> expanded as on LP64. Of
`condition ? "a" : "b"` both count. Ends with 1 when --strict and something is missing."""
import json
import pathlib
import re
import sys

PRI = {f"PRI{kind}{size}": (f"l{kind}" if size in ("64", "MAX", "PTR") else kind)
       for kind in "diuxXo" for size in ("8", "16", "32", "64", "MAX", "PTR")}
PRI.update({f"PRI{kind}MAX": f"j{kind}" for kind in "diuxXo"})
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|\w+|\s+|.', re.S)
PROTOTYPE = re.compile(r"mp_code\s+(\w+)\s*\([^;{]*?format\s*\(\s*printf\s*,\s*(\d+)\s*,", re.S)
MACRO = re.compile(r"#define\s+(\w+)\(([^)]*)\)((?:[^\n\\]|\\.|\\\n)*)")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'", "?": "?", "0": "\0"}


def unquote(literal):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), literal[1:-1])


def tokens(text):
    return [t for t in TOKEN.findall(text) if not t.isspace() and not t.startswith(("/*", "//"))]


def arguments(words, at):
    """The arguments of the call whose "(" stands at `at`, as lists of tokens."""
    found, depth = [[]], 0
    for word in words[at:]:
        if word in "([{":
            depth += 1
            if depth == 1:
                continue
        elif word in ")]}":
            depth -= 1
            if depth == 0:
                return found
        if depth == 1 and word == ",":
            found.append([])
        else:
            found[-1].append(word)
    return found


def sentences(argument):
    """Runs of literals (and PRI macros) of an argument, each joined."""
    runs, run = [], None
    for word in argument + [None]:
        part = unquote(word) if word and word.startswith('"') else PRI.get(word)
        if part is not None:
            run = (run or "") + part
        elif run is not None:
            runs.append(run)
            run = None
    return runs


def reporters(texts):
    """name -> index of the format among its arguments"""
    known = {}
    for text in texts:
        known.update({name: int(index) - 1 for name, index in PROTOTYPE.findall(text)})
    for _ in range(3):  # macros of macros
        for text in texts:
            for name, parameters, body in MACRO.findall(text):
                if "__VA_ARGS__" in body and any(re.search(rf"\b{k}\s*\(", body) for k in known):
                    known[name] = len([p for p in parameters.split(",") if p.strip() != "..."])
    return known


def collect(root):
    paths = sorted([*(root / "src").rglob("*.[ch]"), *(root / "include").rglob("*.h")])
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    known = reporters(texts.values())
    found = {}
    for path, text in texts.items():
        words = tokens(re.sub(r"#define (?:[^\n\\]|\\.|\\\n)*", "", text))
        for i, word in enumerate(words[:-1]):
            if word in known and words[i + 1] == "(":
                given = arguments(words, i + 1)
                if len(given) > known[word]:
                    for sentence in sentences(given[known[word]]):
                        found.setdefault(sentence, path.relative_to(root).as_posix())
    return found


def main(args):
    root = pathlib.Path(args[0])
    korean = {}
    for table in sorted((root / "content/messages").glob("errors*.ko.json")):
        korean.update(json.loads(table.read_text(encoding="utf-8")))
    found = collect(root)
    missing = {sentence: path for sentence, path in found.items()
               if sentence not in korean and re.search("[A-Za-z]{2}", re.sub(r"%[-+ #0-9.*]*[hlzjt]*[a-zA-Z]", "", sentence))}
    unused = [sentence for sentence in korean if sentence not in found and not sentence.startswith("=")]
    if "--json" in args:
        print(json.dumps({sentence: "" for sentence in missing}, ensure_ascii=False, indent=2))
        return 0
    for sentence, path in sorted(missing.items(), key=lambda item: (item[1], item[0])):
        print(f"{path}: no Korean: {json.dumps(sentence, ensure_ascii=False)}")
    for sentence in unused:
        print(f"errors*.ko.json: in no source: {json.dumps(sentence, ensure_ascii=False)}")
    print(f"{len(found)} sentences, {len(missing)} without Korean, {len(unused)} that no source has")
    return 1 if "--strict" in args and (missing or unused) else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
