#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The reference as a whole: links lead somewhere, both languages have the same, the file that it shows is good (TAP).

test_reference.py MAPAE SOURCE_ROOT"""
import pathlib
import re
import tempfile

from program import check, main, run

LANGUAGES = ("en", "ko")
FOLDER = tempfile.TemporaryDirectory()
PAGES = {}
for language in LANGUAGES:
    folder = pathlib.Path(FOLDER.name) / language
    done = run("--lang", language, "reference", str(folder))
    check(f"the reference is written ({language})", done.returncode == 0 and not done.stderr, done.stderr)
    PAGES[language] = {page.name: page.read_text(encoding="utf-8") for page in folder.glob("*.md")}


def prose(text):
    """Without code, in which brackets are no links."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))


def links():
    for lang, pages in PAGES.items():
        dead = []
        for name, text in pages.items():
            for target, anchor in re.findall(r"\]\(([^)#]*)(#[^)]*)?\)", prose(text)):
                page = pages.get(target or name)
                if page is None or (anchor and f'<a id="{anchor[1:]}"></a>' not in page):
                    dead.append(f"{name}: {target}{anchor}")
        check(f"every link leads somewhere ({lang})", not dead, "\n".join(dead))
        twice = [f"{name}: {a}" for name, text in pages.items() for a in set(re.findall(r'<a id="[^"]*">', text)) if text.count(a) > 1]
        check(f"no anchor stands twice ({lang})", not twice, "\n".join(twice))
        unlisted = [name for name in pages if name != "README.md" and f"]({name})" not in pages["README.md"]]
        check(f"the index lists every page ({lang})", not unlisted, unlisted)


def codes(text):
    """What is the same in every language: the first code of each row, item and heading."""
    return re.findall(r"^(?:\| |- |#+ )(`[^`\n]+`)", text, flags=re.M)


def both_languages():
    check("both languages have the same pages", PAGES["en"].keys() == PAGES["ko"].keys())
    for name, text in PAGES["en"].items():
        check(f"both languages have the same in {name}", codes(text) == codes(PAGES["ko"].get(name, "")))
    for name in ("api.md", "settings.md", "log.md", "metrics.md"):
        rows = [{line for line in PAGES[lang].get(name, "").splitlines() if line.startswith("| `")} for lang in LANGUAGES]
        check(f"no row of {name} was left untranslated", rows[0] and not rows[0] & rows[1], "\n".join(rows[0] & rows[1]))


def tables_are_whole():
    """Every row of a table has as many cells as its head; a bar within code would break it."""
    for lang, pages in PAGES.items():
        broken = []
        for name, text in pages.items():
            width = 0
            for line in text.splitlines():
                cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
                if cells and width and cells != width:
                    broken.append(f"{name}: {line}")
                width = cells if cells else 0
        check(f"every row has the cells of its head ({lang})", not broken, "\n".join(broken))


def the_file_is_good():
    shown = re.search(r"^```ini\n(.*?)^```$", PAGES["en"]["settings.md"], flags=re.S | re.M)
    check("a file is shown", shown)
    path = pathlib.Path(FOLDER.name) / "mapae.conf"
    path.write_text(shown.group(1) if shown else "", encoding="utf-8")
    done = run("config", "check", "--config", str(path))
    check("the file that is shown is good", done.returncode == 0, done.stdout + done.stderr)


main(links, both_languages, tables_are_whole, the_file_is_good)
