# SPDX-License-Identifier: Apache-2.0
"""What the tests that run mapae share: running it, and saying in TAP what was found.

Their arguments are MAPAE SOURCE_ROOT; main(PART...) calls the parts and ends the program."""
import collections
import os
import pathlib
import subprocess
import sys
import traceback

MAPAE, ROOT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
SAMPLED = "MAPAE_SAMPLED" in os.environ  # under sanitizers (tests/meson.build), where each start of the program takes long
results = []
trail = collections.deque(maxlen=5)  # what was asked last, and what came back: said beside a check that fails
FIRST = 5  # lines of what a check says of itself, before the trail


def sample(things):
    return things[::3] if SAMPLED else things


def environment(lang="C", **more):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "NO_COLOR")}
    return {**env, "LANG": lang, **more}


def asked(what, answer):
    """One line of the trail."""
    trail.append(f"{what[:160]} -> {answer}"[:380].replace("\n", "\\n"))


def ran(arguments, done):
    """The same of a command."""
    asked(f"mapae {' '.join(map(str, arguments))}", f"{done.returncode} {done.stdout[:80]!r} {done.stderr[-160:]!r}")
    return done


def run(*arguments, lang="C", stdin=None, **more):
    return ran(arguments, subprocess.run([MAPAE, *arguments], env=environment(lang, **more), input=stdin,
                                         stdin=None if stdin is not None else subprocess.DEVNULL,
                                         capture_output=True, text=True, check=False))


def check(name, condition, detail=""):
    """`detail` is said when it fails, values first, and then what was asked last."""
    if condition:
        return results.append((name, True, "", None))
    lines = str(detail).splitlines()
    return results.append((name, False, "\n".join([*lines[:FIRST], *(f"asked: {one}" for one in trail), *lines[FIRST:]]), None))


def skip(name, why):
    results.append((name, True, "", why))


def main(*parts):
    for part in parts:
        try:
            part()
        except Exception as error:  # what was found until then is said all the same
            frames = traceback.extract_tb(error.__traceback__)[:0:-1]
            check(f"{part.__name__.replace('_', ' ')} comes to its end", False, "\n".join(
                [f"{type(error).__name__}: {error}", *(f"{frame.filename}:{frame.lineno}: {frame.line}" for frame in frames)]))
    print(f"1..{len(results)}")
    for number, (name, passed, detail, skipped) in enumerate(results, 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}".replace("#", "\\#") +
              (f" # SKIP {skipped}" if skipped else ""))
        if not passed:
            print("".join(f"# {line}\n" for line in detail.splitlines()), end="")
    sys.exit(0 if all(passed for _, passed, _, _ in results) else 1)
