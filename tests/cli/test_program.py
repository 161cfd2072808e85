#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mapae as a user meets it: help, languages, mistakes, manual pages, completion, reference (TAP).

test_program.py MAPAE SOURCE_ROOT"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MAPAE, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
SHOWN = ["scan", "explain", "lint", "test", "eval", "language", "help", "version"]
HIDDEN = ["man", "completion", "reference"]
results = []


def run(*arguments, lang="C", **environment):
    env = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "NO_COLOR")}
    env.update(LANG=lang, **environment)
    return subprocess.run([MAPAE, *arguments], env=env, capture_output=True, text=True, check=False)


def check(name, condition, detail=""):
    results.append((name, bool(condition), detail))


def help_teaches():
    page = run("--help")
    check("--help ends well and says nothing on standard error", page.returncode == 0 and not page.stderr)
    check("--help lists every command", all(f"\n  {c} " in page.stdout for c in SHOWN), page.stdout)
    check("--help hides the generators", not any(f"\n  {c} " in page.stdout for c in HIDDEN))
    check("no line of help is over 80 columns but examples",
          all(len(line) <= 80 or line.startswith("  mapae") for line in page.stdout.splitlines()))
    bare = run()
    check("without a command, help and exit code 2", bare.returncode == 2 and bare.stdout == page.stdout)
    for command in SHOWN + HIDDEN:
        one = run(command, "--help")
        check(f"{command} --help", one.returncode == 0 and f"mapae {command}" in one.stdout
              and "Examples" in one.stdout and "Exit codes" in one.stdout and not one.stderr, one.stdout)
    check("help scan is scan --help", run("help", "scan").stdout == run("scan", "-h").stdout)


def languages():
    korean = run("--lang", "ko", "--help").stdout
    check("--lang ko speaks Korean", "사용법" in korean and "Usage" not in korean)
    check("the locale chooses", run("--help", lang="ko_KR.UTF-8").stdout == korean)
    check("LC_ALL goes before LANG", run("--help", lang="ko_KR.UTF-8", LC_ALL="C").stdout != korean)
    check("--lang behind the command", run("scan", "--lang=ko", "--help").stdout
          == run("--lang", "ko", "scan", "--help").stdout)
    wrong = run("--lang", "ko", "scna")
    check("mistakes are named in Korean", "명령은 없습니다" in wrong.stderr, wrong.stderr)


def mistakes():
    for arguments, wanted in [
        (["scna"], "unknown command scna; did you mean scan?"),
        (["--formt"], "unknown option --formt"),
        (["scan", "--polcy", "x"], "unknown option --polcy; did you mean --policy?"),
        (["scan", "inventory"], "--policy PATH is missing"),
        (["scan", "-p", "x"], "INVENTORY is missing"),
        (["scan", "-p", "x", "-f", "xml", "y"], '-f wants one of table, json, ndjson'),
        (["--jobs", "0", "version"], "--jobs wants a whole number from 1 to 1024"),
        (["version", "now"], 'version takes no arguments, but is given "now"'),
        (["help", "lnt"], "unknown command lnt; did you mean lint?"),
        (["completion", "csh"], "there is no completion for csh"),
        (["language", "notEqual"], "did you mean notEquals?"),
        (["language", "--out", "/no/such/folder/x"], "cannot write /no/such/folder/x"),
    ]:
        done = run(*arguments)
        check(" ".join(["mistake:", *arguments]),
              done.returncode == 2 and not done.stdout
              and done.stderr.startswith("mapae: error: ") and wanted in done.stderr, done.stderr)


def colors():
    escape = "\033["
    check("no colours for a pipe", escape not in run("--help").stdout)
    check("--color always", escape in run("--color", "always", "--help").stdout)
    check("--color never", escape not in run("--color=never", "--help").stdout)
    check("--color always over NO_COLOR", escape in run("--color=always", "--help", NO_COLOR="1").stdout)


def version():
    words = run("--version").stdout.split()
    check("--version", len(words) == 2 and words[0] == "mapae" and run("version").stdout.split() == words)


def manual_pages():
    mandoc = shutil.which("mandoc")
    for lang in ("en", "ko"):
        for command in ["", *SHOWN]:
            page = run("--lang", lang, "man", *([command] if command else []))
            found = ""
            if mandoc:
                # In Korean every character is many bytes of mandoc's own input: no style of lines there.
                level = "style" if lang == "en" else "warning"
                found = subprocess.run([mandoc, "-Tlint", "-W", level], input=page.stdout,
                                       capture_output=True, text=True, check=False).stdout
            check(f"man page mapae{'-' if command else ''}{command} ({lang})",
                  page.returncode == 0 and page.stdout.startswith(".\\\"") and not found, found)


def completion():
    for shell in ("bash", "zsh", "fish"):
        script = run("completion", shell)
        program = shutil.which(shell)
        broken = ""
        if program:
            broken = subprocess.run([program, "-n"], input=script.stdout, capture_output=True, text=True,
                                    check=False).stderr
        check(f"completion of {shell}", script.returncode == 0 and "--" in script.stdout + "--"
              and "fail-on" in script.stdout and not broken, broken)
    bash = shutil.which("bash")
    if not bash:
        return
    script = run("completion", "bash").stdout
    for words, wanted in [
        (["mapae", "sc"], {"scan"}),
        (["mapae", "--lang", "k"], {"ko"}),
        (["mapae", "--lang", "ko", "li"], {"lint"}),
        (["mapae", "scan", "--format", "js"], {"json"}),
        (["mapae", "scan", "--format", "=", "h"], {"html"}),
        (["mapae", "scan", "--format", "="], {"table", "json", "ndjson", "csv", "sarif", "junit", "html"}),
        (["mapae", "scan", "--fail"], {"--fail-on"}),
        (["mapae", "help", "e"], {"eval", "explain"}),
    ]:
        quoted = " ".join(f"'{w}'" for w in words)
        program = (script + f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _mapae\n"
                   'printf "%s\\n" "${COMPREPLY[@]}"\n')
        done = subprocess.run([bash], input=program, capture_output=True, text=True, check=False)
        check(f"completes {' '.join(words)}", set(done.stdout.split()) == wanted, done.stdout + done.stderr)


def language():
    everything = json.loads(run("language", "-f", "json").stdout)
    check("language prints its lists",
          list(everything) == ["operators", "functions", "fields", "effects", "states"])
    check("every word has a text", all(entry["text"] for words in everything.values() for entry in words))
    korean = json.loads(run("--lang", "ko", "language", "-f", "json").stdout)
    check("and a Korean one", all(any("가" <= c <= "힣" for c in entry["text"])
                                  for words in korean.values() for entry in words))
    one = run("language", "NOTLIKE").stdout
    check("one word", "notLike" in one and "notIn" not in one, one)
    check("one list", "deployIfNotExists" in run("language", "effects").stdout)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "out.json"
        done = run("language", "-f", "json", "-o", str(path))
        check("--out writes a file and nothing else", done.stdout == ""
              and json.loads(path.read_text(encoding="utf-8")) == everything
              and os.listdir(folder) == ["out.json"])


def reference():
    with tempfile.TemporaryDirectory() as folder:
        for lang, committed in (("en", ROOT / "docs/reference"), ("ko", ROOT / "docs/reference/ko")):
            made = pathlib.Path(folder) / lang
            done = run("--lang", lang, "reference", str(made))
            stale = [p.name for p in sorted(made.glob("*.md"))
                     if not (committed / p.name).exists()
                     or (committed / p.name).read_bytes() != p.read_bytes()]
            check(f"docs/reference ({lang}) is what the program prints", done.returncode == 0 and not stale,
                  f"make it anew: mapae --lang {lang} reference {committed.relative_to(ROOT)}; {stale}")


def main():
    for part in (help_teaches, languages, mistakes, colors, version, manual_pages, completion, language,
                 reference):
        part()
    print(f"1..{len(results)}")
    for number, (name, passed, detail) in enumerate(results, 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}")
        if not passed:
            print("".join(f"# {line}\n" for line in detail.splitlines()), end="")
    return 0 if all(passed for _, passed, _ in results) else 1


sys.exit(main())
