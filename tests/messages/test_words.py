#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_words.py SOURCE_ROOT - what people read in Korean has one word for each concept (TAP).

The words that stand for others are those of the last table of docs/glossary.ko.md. Names and requirements of controls are
the words of their framework, and are not looked at."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1])
READ = ("content/messages/*.ko.json", "content/forms/*.json", "content/policies/*/*.json", "docs/*.ko.md",
        "docs/guide/*.ko.md", "docs/reference/ko/*.md", "README.ko.md")


def refused():
    """Word to use by word that is not."""
    table = (ROOT / "docs/glossary.ko.md").read_text(encoding="utf-8").split("| 쓰지 않는 낱말 |")[1]
    rows = re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", table, flags=re.MULTILINE)
    return {wrong: right for right, wrong in rows if "-" not in right}


def main():
    words = refused()
    paths = sorted(path for pattern in READ for path in ROOT.glob(pattern) if path.name != "glossary.ko.md")
    print(f"1..{len(words) + 1}")
    print(f"{'ok' if len(words) >= 3 and len(paths) > 100 else 'not ok'} 1 - {len(words)} words in {len(paths)} files")
    failed = 0
    for number, (wrong, right) in enumerate(words.items(), 2):
        # Within a longer word it is another one: 가상자원.
        found = [f"{path.relative_to(ROOT)}:{at}: {line.strip()}" for path in paths
                 for at, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
                 if re.search(rf"(?<![가-힣]){wrong}", line)]
        failed += bool(found)
        for line in found:
            print(f"# {line}")
        print(f"{'not ok' if found else 'ok'} {number} - {right}, not {wrong}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
