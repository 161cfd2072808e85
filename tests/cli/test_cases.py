#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sessions with mapae as text (TAP): each "$ " line of cases/*.txt is run by a shell in that folder, and what
follows it is what must be printed; "[2]" is an exit code that is not 0. $T is an empty folder of the session's
own, ../verdicts.py shortens records.

test_cases.py MAPAE [--update]     --update writes what is printed now"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MAPAE = pathlib.Path(sys.argv[1]).resolve()
FOLDER = pathlib.Path(__file__).resolve().parent / "cases"
TIMES = re.compile(r'(time="|"seconds": )\d+\.\d+')


def run(command, folder):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "NO_COLOR", "FORCE_COLOR")}
    env.update(LANG="C.UTF-8", PATH=f"{MAPAE.parent}:{env['PATH']}", T=folder)
    done = subprocess.run(["bash", "-c", command], cwd=FOLDER, env=env, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = TIMES.sub(r"\g<1>0", done.stdout).replace(folder, "$T")
    return text + (f"[{done.returncode}]\n" if done.returncode else "")


def parts(text):
    """Pairs of a command (or a comment, None) and what follows it."""
    lead, steps = [], []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append([line[2:].rstrip("\n"), ""])
        elif steps:
            steps[-1][1] += line
        else:
            lead.append(line)
    return "".join(lead), steps


def main():
    update, results = "--update" in sys.argv, []
    for path in sorted(FOLDER.glob("*.txt")):
        lead, steps = parts(path.read_text())
        written = lead
        with tempfile.TemporaryDirectory() as folder:
            for i, (command, wanted) in enumerate(steps):
                found = run(command, folder)
                gap = "" if i + 1 == len(steps) else "\n"
                results.append((f"{path.stem}: {command}", found + gap == wanted, wanted, found + gap))
                written += f"$ {command}\n{found}{gap}"
        if update:
            path.write_text(written)
    print(f"1..{len(results)}")
    for number, (name, ok, wanted, found) in enumerate(results, 1):
        print(f"{'ok' if ok or update else 'not ok'} {number} - {name}".replace("#", "\\#"))
        if not ok and not update:
            for title, text in (("wanted", wanted), ("found", found)):
                print(f"# {title}:")
                print("".join(f"#   {line}\n" for line in text.splitlines()), end="")
    return 0 if update or all(ok for _, ok, _, _ in results) else 1


sys.exit(main())
