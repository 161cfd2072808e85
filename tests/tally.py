#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tally.py FOLDER[:unbuilt]... - count what the tests of several Meson builds came to.

A test that speaks TAP counts as many as it has points; any other counts one. A test that ends badly
counts at least one failure, whatever its points say; so does a build that did not come about. Each point
that failed is shown with the first lines that it said of it, and a test that ended badly without one with what it
said last, from the report of a sanitizer on. The last line is "N passed, N failed", with ", N skipped" when there are any; the exit code is 1 when something
failed or nothing passed.
"""
import json
import os
import re
import sys

SHOWN = 24  # lines about a point that failed
POINT = re.compile(r"^(not )?ok\b([^#]*)(?:#\s*(skip|todo))?", re.IGNORECASE)
REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")


def points(text):
    """(passed, failed, skipped) of a TAP stream."""
    passed = failed = skipped = 0
    for line in text.splitlines():
        match = POINT.match(line)
        if not match:
            continue
        directive = (match[3] or "").lower()
        if directive == "skip":
            skipped += 1
        elif match[1] and directive != "todo":
            failed += 1
        else:
            passed += 1
    return passed, failed, skipped


def failures(test):
    """The points that failed, each with what was said of it."""
    lines, before, left = [], [], 0
    for line in (test.get("stdout") or "").splitlines():
        match = POINT.match(line)
        if match and match[1] and not match[3]:  # some say what is wrong before they say that it is
            lines += before[-SHOWN:]
            left = SHOWN + 1
        elif match:
            left = 0
        before = [] if match or left else [*before, line[:400]]
        if left:
            lines.append(line[:400])
        left -= left > 0
    return lines or last_words(test)


def last_words(test):
    """Of a test that has no point that failed."""
    lines = f"{test.get('stdout') or ''}\n{test.get('stderr') or ''}".splitlines()
    report = next((i for i, line in enumerate(lines) if REPORT.search(line)), max(0, len(lines) - SHOWN))
    return [line[:400] for line in lines[report:report + SHOWN]]


def count(test, speaks_tap):
    """The same of one test of a testlog.json."""
    passed, failed, skipped = points(test.get("stdout") or "") if speaks_tap else (0, 0, 0)
    result = test["result"]
    if result in ("OK", "EXPECTEDFAIL"):
        return (passed, 0, skipped) if passed + skipped else (1, 0, 0)
    if result == "SKIP":
        return 0, 0, max(skipped, 1)
    return passed, max(failed, 1), skipped


def read(folder):
    with open(os.path.join(folder, "meson-info", "intro-tests.json"), encoding="utf-8") as file:
        tap = {test["name"] for test in json.load(file) if test["protocol"] == "tap"}
    path = os.path.join(folder, "meson-logs", "testlog.json")
    try:
        with open(path, encoding="utf-8") as file:
            tests = [json.loads(line) for line in file if line.strip()]
    except OSError:
        return None
    total = [0, 0, 0]
    for test in tests:
        name = test["name"].split(" / ")[-1]
        for i, n in enumerate(count(test, name in tap)):
            total[i] += n
        if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            print("\n".join([f"{folder}: {name}: {test['result']}", *(f"  {line}" for line in failures(test))]))
    return total


def say(passed, failed, skipped):
    return f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")


def main():
    total = [0, 0, 0]
    for argument in sys.argv[1:]:
        folder, _, state = argument.partition(":")
        found = None if state else read(folder)
        if found is None:
            print(f"{folder}: " + ("did not build" if state else "ran no tests"))
            found = [0, 1, 0]
        else:
            print(f"{folder}: {say(*found)}")
        total = [a + b for a, b in zip(total, found)]
    print(say(*total))
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
