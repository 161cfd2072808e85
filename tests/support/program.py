# SPDX-License-Identifier: Apache-2.0
"""What the tests that run mapae share: running it, and saying in TAP what was found.

Their arguments are MAPAE SOURCE_ROOT; main(PART...) calls the parts and ends the program."""
import os
import pathlib
import subprocess
import sys

MAPAE, ROOT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SAMPLED = "MAPAE_SAMPLED" in os.environ  # under sanitizers (tests/meson.build), where each start of the program takes long
results = []


def sample(things):
    return things[::3] if SAMPLED else things


def environment(lang="C", **more):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "NO_COLOR")}
    return {**env, "LANG": lang, **more}


def run(*arguments, lang="C", stdin=None, **more):
    return subprocess.run([MAPAE, *arguments], env=environment(lang, **more), input=stdin,
                          stdin=None if stdin is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


def check(name, condition, detail=""):
    results.append((name, bool(condition), str(detail), None))


def skip(name, why):
    results.append((name, True, "", why))


def main(*parts):
    for part in parts:
        part()
    print(f"1..{len(results)}")
    for number, (name, passed, detail, skipped) in enumerate(results, 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}".replace("#", "\\#") +
              (f" # SKIP {skipped}" if skipped else ""))
        if not passed:
            print("".join(f"# {line}\n" for line in detail.splitlines()), end="")
    sys.exit(0 if all(passed for _, passed, _, _ in results) else 1)
