#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""guides.py MAPAE SOURCE [FILE...] - do what docs/guide and docs/inventory*.md say. Speaks TAP: one point for each guide.

A guide is followed from top to bottom in a folder of its own, in which `content` is that of SOURCE:

    ```json file=NAME      writes the file
    ```sh run [exit=N]     runs the commands; they must end with N (0)
    ```text output         must be found in what the last commands printed: each line in turn, "..." skips

Other blocks are only shown. Links to files of the repository must lead somewhere, in these and in the other
Markdown files.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)(?: ([^\n]*))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


class Failure(Exception):
    pass


def say_output(wanted, found):
    at = 0
    for line in wanted.splitlines():
        text = line.strip()
        if text in ("", "..."):
            continue
        place = found.find(text, at)
        if place < 0:
            raise Failure(f"no \"{text}\" in what was printed:\n{found}")
        at = place + len(text)


def run(commands, options, environment, folder):
    wanted = int((re.search(r"exit=(\d+)", options) or [0, 0])[1])
    done = subprocess.run(["sh", "-e", "-c", commands], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != wanted:
        raise Failure(f"exit code {done.returncode}, not {wanted}, of\n{commands}\n{done.stdout}")
    return done.stdout


def follow(path, mapae, source):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    blocks = BLOCK.findall(text)
    if not any("run" in options.split() for _, options, _ in blocks):
        raise Failure("there is nothing to run")
    environment = {**os.environ, "PATH": os.path.dirname(mapae) + ":" + os.environ["PATH"], "LC_ALL": "C.UTF-8",
                   "COLUMNS": "80"}
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(source, "content"), os.path.join(folder, "content"))
        printed = ""
        for language, options, body in blocks:
            if options.startswith("file="):
                with open(os.path.join(folder, options[5:]), "w", encoding="utf-8") as file:
                    file.write(body)
            elif language == "sh" and "run" in options.split():
                printed = run(body, options, environment, folder)
            elif options == "output":
                say_output(body, printed)


def check_links(source):
    faults = []
    paths = glob.glob(f"{source}/*.md") + glob.glob(f"{source}/docs/**/*.md", recursive=True) + \
        glob.glob(f"{source}/content/*.md")
    for path in sorted(paths):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"^```.*?^```$", "", file.read(), flags=re.MULTILINE | re.DOTALL)
        for link in LINK.findall(re.sub(r"`[^`\n]*`", "", text)):
            if "://" not in link and not link.startswith("mailto:") and \
                    not os.path.exists(os.path.join(os.path.dirname(path), link)):
                faults.append(f"{os.path.relpath(path, source)}: {link}")
    if faults:
        raise Failure("links that lead nowhere:\n" + "\n".join(faults))


def main():
    mapae, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    guides = [os.path.abspath(path) for path in sys.argv[3:]] or sorted(
        glob.glob(f"{source}/docs/guide/*.md") + glob.glob(f"{source}/docs/inventory*.md"))
    points = [(os.path.basename(path), lambda path=path: follow(path, mapae, source)) for path in guides]
    points.append(("links", lambda: check_links(source)))
    failed = 0
    print(f"1..{len(points)}")
    for number, (name, check) in enumerate(points, 1):
        try:
            check()
            result = "ok"
        except Failure as failure:
            result = "not ok"
            failed += 1
            print("# " + str(failure).replace("\n", "\n# "))
        print(f"{result} {number} - {name}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
