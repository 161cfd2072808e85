#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make C tables of content files, at build time.

  embed.py messages OUT.c DEPFILE FOLDER
      Merge FOLDER/NAME.en.json and NAME.ko.json (id to text) into mp_message_table, and
      FOLDER/errors.ko.json and errors.ROOM.ko.json (English format to Korean) into mp_error_table; see
      src/messages/table.h.
      A key "=word" there is no format, but a word that an error may have as argument.
      Fails on an id that stands twice or in one language only, and on a text whose braces are wrong.

  embed.py files OUT.c DEPFILE SYMBOL BASE PATH...
      Every file (below a folder) as `const mp_embedded SYMBOL[]` and `const size_t SYMBOL_len`, named
      by its path below BASE and sorted; see src/base/embedded.h. A folder gives its *.json,
      without the unit tests of policies (*.test.json).

DEPFILE tells ninja which files and folders to watch, so a new file needs no change of meson.build:

  custom_target('content.c', output: 'content.c', depfile: 'content.d',
    command: [python, files('../../tools/embed.py'), 'files', '@OUTPUT@', '@DEPFILE@',
              'mp_content', content_folder, content_folder / 'policies'])
"""
import json
import pathlib
import re
import sys

LANGUAGES = ("en", "ko")
PADDING = 64  # MP_JSON_PADDING
CONVERSION = re.compile(r"%(%|[-+ #0-9.*]*(?:hh|h|ll|l|z|j|t)?[a-zA-Z])")
SLOT = re.compile(r"\{\{|\}\}|\{(\d)(?::([^{}/]*)/([^{}/]*))?\}|\{\d")


def fail(message):
    sys.exit(f"embed.py: {message}")


def literal(data):
    """`data` (bytes) as lines of C string literal."""
    lines, line = [], ""
    for i, byte in enumerate(data):
        c = chr(byte)
        if c == "\n":
            line += "\\n"
        elif c in '"\\':
            line += "\\" + c
        elif c == "?":
            line += "\\?"  # no trigraphs
        elif 32 <= byte < 127:
            line += c
        else:
            line += f"\\{byte:03o}"
        if len(line) > 90 or (c == "\n" and i + 1 < len(data)):
            lines.append(f'"{line}"')
            line = ""
    lines.append(f'"{line}"')
    return "\n      ".join(lines)


def slice_of(text):
    data = text.encode() if isinstance(text, str) else text
    return f"{{ {literal(data)}, {len(data)} }}"


def write_outputs(out, depfile, text, watched):
    pathlib.Path(out).write_text("/* Made by tools/embed.py: change the content instead. */\n" + text,
                                 encoding="utf-8")
    names = " ".join(str(p).replace(" ", "\\ ") for p in sorted(set(watched)))
    pathlib.Path(depfile).write_text(f"{pathlib.Path(out).as_posix()}: {names}\n", encoding="utf-8")


def no_duplicates(path):
    def hook(pairs):
        seen = {}
        for key, value in pairs:
            if key in seen:
                fail(f'{path}: "{key}" stands twice')
            seen[key] = value
        return seen
    return hook


def read_object(path):
    try:
        entries = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_duplicates(path))
    except ValueError as error:
        fail(f"{path}: {error}")
    for key, text in entries.items():
        if not isinstance(text, str):
            fail(f'{path}: "{key}" is no text')
    return entries


def slots(where, text):
    """The numbers of the arguments that `text` uses; fails where its braces mean nothing."""
    used = set()
    for match in SLOT.finditer(text):
        if match.group() in ("{{", "}}"):
            continue
        if match.group(1) is None:
            fail(f"{where}: {match.group()}... is no argument; wanted {{0}} or {{0:이/가}}: {text}")
        number = int(match.group(1))
        if match.group(2) is not None:
            before = text[: match.start()].rstrip("\"'`)]’”」』 *.…")
            if not before.endswith(f"{{{number}}}"):
                fail(f"{where}: {match.group()} is the particle alone and stands behind {{{number}}}: {text}")
        used.add(number)
    return used


def read_messages(folder):
    """id -> {language: text}"""
    merged, origin = {}, {}
    for path in sorted(folder.glob("*.json")):
        parts = path.name.split(".")
        if is_errors(path):
            continue
        if len(parts) != 3 or parts[1] not in LANGUAGES:
            fail(f"{path}: wanted NAME.en.json or NAME.ko.json")
        for key, text in read_object(path).items():
            if origin.setdefault(key, parts[0]) != parts[0]:
                fail(f'"{key}" stands in both {origin[key]}.*.json and {parts[0]}.*.json')
            merged.setdefault(key, {})[parts[1]] = text
    for key, texts in merged.items():
        missing = [language for language in LANGUAGES if language not in texts]
        if missing:
            fail(f'"{key}" is missing in {folder}/{origin[key]}.{missing[0]}.json')
        used = {language: slots(f"{origin[key]}.{language}.json", text) for language, text in texts.items()}
        if used["en"] != used["ko"]:
            fail(f'"{key}" uses arguments {sorted(used["en"])} in English, {sorted(used["ko"])} in Korean')
    return merged


def is_errors(path):
    return path.name == "errors.ko.json" or (path.name.startswith("errors.") and path.name.count(".") == 3)


def read_errors(folder):
    merged, origin = {}, {}
    for path in sorted(filter(is_errors, folder.glob("*.json"))):
        for english, korean in read_object(path).items():
            count = sum(1 for match in CONVERSION.finditer(english) if match.group() != "%%")
            beyond = [n for n in slots(path.name, korean) if n >= count]
            if beyond:
                fail(f"{path}: {{{beyond[0]}}} has no conversion in: {english}")
            if english in merged:
                fail(f'"{english}" stands in both {origin[english]} and {path.name}')
            merged[english], origin[english] = korean, path.name
    return merged


def pattern(english):
    """The format with \\1 for each conversion, to recognise a sentence that was made with it."""
    return CONVERSION.sub(lambda match: "%" if match.group() == "%%" else "\x01", english)


def embed_messages(out, depfile, folder):
    folder = pathlib.Path(folder).resolve()
    messages, errors = read_messages(folder), read_errors(folder)
    lines = ['#include "table.h"', "", "const mp_message_entry mp_message_table[] = {"]
    for key in sorted(messages, key=str.encode):
        texts = ",\n      ".join(slice_of(messages[key][language]) for language in LANGUAGES)
        lines.append(f"    {{ {slice_of(key)},\n    {{ {texts} }} }},")
    lines += ["};", f"const size_t mp_message_table_len = {len(messages)};", ""]
    lines.append("const mp_message_entry mp_error_table[] = {")
    for key in sorted(errors, key=str.encode):
        lines.append(f"    {{ {slice_of(key)},\n    {{ {slice_of(pattern(key))},\n      {slice_of(errors[key])} }} }},")
    if not errors:
        lines.append('    { { "", 0 }, { { "", 0 }, { "", 0 } } },')
    lines += ["};", f"const size_t mp_error_table_len = {len(errors)};", ""]
    write_outputs(out, depfile, "\n".join(lines), [folder, *folder.glob("*.json")])


def embed_files(out, depfile, symbol, base, *paths):
    base = pathlib.Path(base).resolve()
    files, watched = {}, []
    for path in map(pathlib.Path, paths):
        path = path.resolve()
        found = [path] if path.is_file() else [p for p in path.rglob("*.json") if p.is_file() and not p.name.endswith(".test.json")]
        watched += [path, *found, *(p for p in path.rglob("*") if p.is_dir())]
        for file in found:
            files[file.relative_to(base).as_posix()] = file
    if not files:
        fail(f"no files in {' '.join(paths)}")
    lines = ['#include "embedded.h"', "", f"extern const mp_embedded {symbol}[];",
             f"extern const size_t {symbol}_len;", "", f"const mp_embedded {symbol}[] = {{"]
    for name in sorted(files, key=str.encode):
        data = files[name].read_bytes()
        padded = literal(data) + '\n      "' + "\\0" * PADDING + '"'
        lines.append(f"    {{ {slice_of(name)},\n    {{ {padded}, {len(data)} }} }},")
    lines += ["};", f"const size_t {symbol}_len = {len(files)};", ""]
    write_outputs(out, depfile, "\n".join(lines), watched)


def main(arguments):
    if len(arguments) >= 4 and arguments[0] == "messages":
        embed_messages(*arguments[1:4])
    elif len(arguments) >= 6 and arguments[0] == "files":
        embed_files(*arguments[1:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
