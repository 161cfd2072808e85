#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mapae as a user meets it: help, languages, mistakes, manual pages, completion, reference (TAP).

test_program.py MAPAE SOURCE_ROOT"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from completion import COMPLETE
from program import MAPAE, ROOT, SAMPLED, check, environment, main, run, sample, skip

GROUPS = {"user": ["add", "list", "show", "history", "suspend", "resume", "unlock", "leave", "link", "reset-factors", "sessions", "end-sessions"],
          "group": ["add", "list", "show", "history", "add-member", "remove-member", "delete"],
          "program": ["add", "list", "show", "history", "secret", "end-secret", "suspend", "resume", "leave"],
          "role": ["list", "show", "history", "add", "delete", "assign", "unassign", "assignments", "may"],
          "provider": ["add", "list", "show", "delete"],
          "token": ["issue", "revoke", "rotate-keys"],
          "policy": ["assign", "import", "judging"],
          "aliases": ["import", "show", "remove"],
          "state": ["list", "summary", "explain", "what-if", "compare", "exemptions", "resources", "resource", "policies", "history"],
          "judge": ["start", "status", "stop"],
          "remediate": ["plan", "run", "list", "show", "changes", "cancel", "undo"],
          "framework": ["list", "show", "diff", "move", "find-scheme", "substitution", "import", "check", "export", "delete"],
          "measure": ["list", "show", "create", "change", "delete", "scores"],
          "answer": ["set", "list", "withdraw", "questions", "export", "import"],
          "exclusion": ["add", "list", "withdraw"],
          "finding": ["open", "list", "close"],
          "decision": ["set", "list", "withdraw"],
          "certificate": ["set", "show", "remove", "substitute", "substitution", "end-substitution"],
          "statement": ["applicability", "responsibility", "gaps", "calendar", "services", "decide"],
          "evidence": ["add", "collect", "list", "show", "save", "set", "delete", "link", "unlink", "reuse", "due", "hold", "release", "verify", "share", "shares", "uses", "revoke"],
          "assets": ["list", "show", "add", "remove", "fill", "import", "findings", "data", "export", "classes"],
          "form": ["make", "list", "show", "render"],
          "ledger": ["show", "search", "leaf", "reveal", "verify", "prove", "checkpoint", "keys", "export", "package", "rotate", "stamp"],
          "config": ["check", "show", "example"]}
SHOWN = ["scan", "explain", "lint", "test", "eval", "language", "init", "serve", "ingest", "watch", "collect", "comply", "compare", "trend", *GROUPS, "package", "verify", "backup", "restore", "help", "version"]
HIDDEN = ["man", "completion", "reference"]


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


def groups_teach():
    for group, subs in GROUPS.items():
        page = run(group, "--help")
        check(f"{group} --help lists its commands and nothing else", page.returncode == 0 and not page.stderr
              and [line.split()[0] for line in part(page.stdout, "Commands")] == subs, page.stdout)
        bare = run(group)
        check(f"{group} alone: help and exit code 2", bare.returncode == 2 and bare.stdout == page.stdout)
        for sub in sample(subs):
            one = run(group, sub, "--help")
            check(f"{group} {sub} --help", one.returncode == 0 and f"\n  mapae {group} {sub}" in one.stdout
                  and "Examples" in one.stdout and not one.stderr, one.stdout)
        check(f"help {group} {subs[0]}", run("help", group, subs[0]).stdout == run(group, subs[0], "--help").stdout)
    check("options of every command before the word", run("user", "--lang", "ko", "add", "-h").stdout
          == run("--lang", "ko", "user", "add", "-h").stdout)
    whole = run("man", "user").stdout
    check("the manual page of a group has its commands in full", all(f".SS mapae user {sub}\n" in whole for sub in GROUPS["user"]))


def part(page, title):
    """The lines of one section of a page, without those that go on."""
    lines = page.split(f"\n{title}\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [line for line in lines if line.startswith("  ") and not line.startswith("   ")]


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
        (["scan", "inventory"], "--policy PATH or --initiative NAME is missing"),
        (["scan", "-p", "x"], "INVENTORY is missing"),
        (["scan", "-p", "x", "-f", "xml", "y"], '-f wants one of table, json, ndjson'),
        (["--jobs", "0", "version"], "--jobs wants a whole number from 1 to 1024"),
        (["version", "now"], 'version takes no arguments, but is given "now"'),
        (["help", "lnt"], "unknown command lnt; did you mean lint?"),
        (["completion", "csh"], "there is no completion for csh"),
        (["language", "notEqual"], "did you mean notEquals?"),
        (["user", "ad"], "unknown command user ad; did you mean user add?"),
        (["user", "--nothing", "add"], "unknown option --nothing"),
        (["user", "add"], "USER is missing"),
        (["user", "add", "kim", "lee"], 'one USER is enough: "lee" is one too many'),
        (["user", "leave", "kim"], "this cannot be undone; say --yes"),
        (["user", "list", "--state", "gone"], '--state wants one of invited, active, suspended, left, not "gone"'),
        (["group", "add-member", "staff"], "GROUP MEMBER is missing"),
        (["role", "assign", "Reader"], "--to NAME is missing"),
        (["init", "--role", "Owner"], "--role is that of --program, which is missing"),
        (["help", "user", "ad"], "did you mean user add?"),
    ]:
        done = run(*arguments)
        check(" ".join(["mistake:", *arguments]),
              done.returncode == 2 and not done.stdout
              and done.stderr.startswith("mapae: error: ") and wanted in done.stderr, done.stderr)
    done = run("language", "--out", "/no/such/folder/x")
    check("a place that cannot be written is no mistake of usage", done.returncode == 5
          and done.stderr == "mapae: error: cannot write /no/such/folder/x: No such file or directory\n",
          done.stderr)


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
        for command in ["", *sample(SHOWN)]:
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
        check(f"completion of {shell}", script.returncode == 0 and "fail-on" in script.stdout)
        if not shutil.which(shell):
            skip(f"{shell} reads and uses it", f"{shell} is not installed")
            continue
        broken = subprocess.run([shell, "-n"], input=script.stdout, capture_output=True, text=True,
                                env=environment(), check=False).stderr
        check(f"{shell} reads it", not broken, broken)
        if SAMPLED:  # what shells make of it is no matter of memory
            continue
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "inventory.json").touch()
            for lang in ("en", "ko"):
                script = run("--lang", lang, "completion", shell).stdout
                found = COMPLETE[shell](script, [line for line, _ in COMPLETED], folder)
                for line, wanted in COMPLETED:
                    check(f"{shell} ({lang}) completes {line}", set(found[line]) == wanted, found[line])


FORMATS = {"table", "json", "ndjson", "csv", "sarif", "junit", "html"}
STATES = {"none", "non-compliant", "error", "conflicting", "unknown", "not-evaluated"}
COMPLETED = [
    ("mapae ", set(SHOWN)),
    ("mapae sc", {"scan"}),
    ("mapae --la", {"--lang"}),
    ("mapae --lang k", {"ko"}),
    ("mapae --lang ko li", {"lint"}),
    ("mapae -q -j 2 li", {"lint"}),
    ("mapae scan --format js", {"json"}),
    ("mapae scan --format ", FORMATS),
    ("mapae scan --format=h", {"html"}),
    ("mapae scan -f ", FORMATS),
    ("mapae scan --fail", {"--fail-on"}),
    ("mapae scan --fail-on ", STATES),
    ("mapae scan --fail-on error,un", {"unknown"}),
    ("mapae scan --lang=ko --tit", {"--title"}),
    ("mapae test --cov", {"--coverage"}),
    ("mapae lint --tit", set()),
    ("mapae scan inv", {"inventory.json"}),
    ("mapae scan -p x --library inv", {"inventory.json"}),
    ("mapae help e", {"eval", "evidence", "exclusion", "explain"}),
    ("mapae user ", set(GROUPS["user"])),
    ("mapae user re", {"resume", "reset-factors"}),
    ("mapae group add-", {"add-member"}),
    ("mapae user add --em", {"--email"}),
    ("mapae user add kim --format js", {"json"}),
    ("mapae user list --state in", {"invited"}),
    ("mapae role add inv", {"inventory.json"}),
    ("mapae serve --lis", {"--listen"}),
]


LAND = ROOT / "tests/cli/cases/land"
RULES = ["-p", str(LAND / "rules.json"), str(LAND / "land.json")]


def nobody_reads(*arguments, ignored=False):
    """Run with a standard output whose reader is gone already."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [MAPAE, *arguments]
    if ignored:  # as some shells and services start programs
        command = ["/bin/sh", "-c", "trap '' PIPE; exec \"$@\"", "sh", *command]
    done = subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, stdout=writer,
                          stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    return done


def broken_pipes():
    for arguments in (["scan", *RULES], ["scan", *RULES, "-f", "ndjson"], ["scan", *RULES, "-f", "html"], ["language"],
                      ["--help"], ["eval", str(LAND.parent / "requests.ndjson")]):
        name = " ".join(arguments[:1] + arguments[4:6])
        done = nobody_reads(*arguments)
        check(f"broken pipe: {name} ends by the signal, quietly", done.returncode == -signal.SIGPIPE
              and not done.stderr, (done.returncode, done.stderr))
        done = nobody_reads(*arguments, ignored=True)
        check(f"broken pipe, ignored: {name} says so and ends with 5", done.returncode == 5
              and "cannot write standard output: Broken pipe" in done.stderr, (done.returncode, done.stderr))


def closed_streams():
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" <&-', "sh", MAPAE, "scan", "-p", RULES[1], "-"],
                          env=environment(), capture_output=True, text=True, check=False)
    check("no standard input: an error, and no hanging", done.returncode in (2, 3)
          and "Bad file descriptor" in done.stdout + done.stderr, done.stdout + done.stderr)
    done = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", MAPAE, "scan", *RULES], env=environment(),
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    check("no standard output: exit code 5", done.returncode == 5
          and "cannot write standard output: Bad file descriptor" in done.stderr, (done.returncode, done.stderr))


def rights():
    def become_nobody():
        if os.getuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)

    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in ("mapae", "rules.json", "land.json"):
            shutil.copy(MAPAE if name == "mapae" else LAND / name, f"{folder}/{name}")
        os.mkdir(f"{folder}/shut", 0)
        os.mkdir(f"{folder}/all")
        shutil.copy(LAND / "land.json", f"{folder}/all/a.json")
        shutil.copy(LAND / "land.json", f"{folder}/all/secret.json")
        os.chmod(f"{folder}/all/secret.json", 0)

        def scan(*arguments):
            return subprocess.run([f"{folder}/mapae", "scan", *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                  env=environment(), preexec_fn=become_nobody, capture_output=True, text=True,
                                  check=False)

        try:
            plain = scan("-p", "rules.json", "land.json")
        except (OSError, subprocess.SubprocessError) as error:
            skip("files without rights", f"no other user: {error}")
            return
        if plain.returncode:
            skip("files without rights", f"the program does not run there: {plain.stderr.strip()[:100]}")
            return
        for name, arguments, code, text in [
            ("a policy", ["-p", "all/secret.json", "land.json"], 2, "all/secret.json: Permission denied"),
            ("a library", ["-p", "rules.json", "-l", "shut", "land.json"], 2, "shut: Permission denied"),
            ("an inventory", ["-p", "rules.json", "-f", "ndjson", "all/secret.json"], 3,
             "all/secret.json:1:1: Permission denied"),
            ("one of a folder", ["-p", "rules.json", "-f", "ndjson", "all"], 3, "all/secret.json:1:1: Permission denied"),
            ("one of a folder, strict", ["-p", "rules.json", "--strict", "all"], 2,
             "all/secret.json:1:1: document 1: Permission denied"),
            ("a folder", ["-p", "rules.json", "shut"], 2, "shut: Permission denied"),
            ("a report", ["-p", "rules.json", "-o", "report", "land.json"], 5, "cannot write report: Permission denied"),
        ]:
            done = scan(*arguments)
            check(f"without rights: {name}", done.returncode == code and text in done.stderr,
                  (done.returncode, done.stderr))
        half = scan("-p", "rules.json", "-f", "ndjson", "all").stdout
        check("without rights: the rest of the folder is judged", half.count("\n") == 11, half)
        os.chmod(f"{folder}/shut", 0o755)


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


main(help_teaches, groups_teach, languages, mistakes, colors, version, manual_pages, completion, broken_pipes, closed_streams, rights,
     language, reference)
