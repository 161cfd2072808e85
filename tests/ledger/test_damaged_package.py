#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_damaged_package.py MAPAE SOURCE_ROOT TURN_PACKAGE - whatever is done to a package, it does not hold any more.

A real package, of a framework small enough that every byte of it has its turn. What was done blindly (bytes turned, cut off, put behind)
is checked in one process (turn_package.c), a sample of it by the second verifier too; what was done by somebody who knows the format
(members swapped, renamed, doubled, with manifest and headers made anew) by the program itself and by the second verifier."""
import calendar
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from program import MAPAE, ROOT, SAMPLED, check, main, run

sys.path.insert(0, str(ROOT / "tests" / "ledger"))
import verify_package as second  # noqa: E402

TURN = pathlib.Path(sys.argv[3]).resolve()
FRAMEWORK = """[framework]
field,value,value ko
id,small-2026
title,Small rules,작은 규정
version,1.0
[controls]
number,title,title ko,checked by,evidence
1.1,Policy,정책,person,document | P1Y | Policy | 정책서
1.2,Review,검토,person,record | P3M | Minutes | 기록
"""
chance = random.Random(20261123)


def mapae(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout.strip()


def make(folder):
    """A package with an index, two files and a stamp; the keys of its log; an older package of it."""
    data, keys = ("--data", str(folder / "data")), folder / "keys"
    (folder / "small.csv").write_text(FRAMEWORK)
    (folder / "policy").write_text("policy\n" * 50)
    (folder / "minutes").write_text("minutes\n" * 30)
    mapae("init", "--set", "policies.shipped=false", *data)
    mapae("framework", "import", str(folder / "small.csv"), *data)
    mapae("evidence", "add", str(folder / "policy"), "--kind", "document", "--control", "small/1.1", *data)
    mapae("package", "--framework", "small", "--scope", "/", str(folder / "older.tar"), *data)
    mapae("evidence", "add", str(folder / "minutes"), "--kind", "record", "--control", "small/1.2", *data)
    mapae("ledger", "stamp", *data)
    mapae("package", "--framework", "small", "--scope", "/", "--stamps", str(folder / "good.tar"), *data)
    keys.write_text(mapae("ledger", "keys", *data) + "\n")
    return (folder / "good.tar").read_bytes(), keys, (folder / "older.tar").read_bytes()


def holds(data, keys):
    """What the second verifier says."""
    try:
        second.verify(data, keys.read_text().split("\n"))
        return True
    except (second.DoesNotHold, ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        return False


def turned(path, keys, orders):
    """The code and the sentence for each; the process must end well, also under a sanitizer."""
    done = subprocess.run([TURN, path, keys], input="".join(f"{what} {a} {b}\n" for what, a, b in orders), capture_output=True, text=True,
                          check=False)
    check(f"{len(orders)} variants of {path.name} without a crash", done.returncode == 0 and not done.stderr, done.stderr[-2000:])
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return [(int(code), sentence) for code, _, sentence in lines]


def headers_of(data):
    """Where the headers are, and the manifest: a reader must get past these."""
    size = int(data[124:135], 8)
    places, at = set(range(512 + size)), 512 + size + -size % 512
    while data[at]:
        places |= set(range(at, at + 512))
        size = int(data[at + 124:at + 135], 8)
        at += 512 + size + -size % 512
    return places | set(range(at, len(data)))


def blindly(folder, data, keys):
    package = folder / "good.tar"
    said = turned(package, keys, [("same", 0, 0)])
    check("unchanged it holds, for both", said[0][0] == 0 and holds(data, keys), said)
    directory = headers_of(data)
    places = [at for at in range(len(data)) if at in directory or not SAMPLED or chance.random() < 0.2]
    flips = [("flip", at, 1 << chance.randrange(8)) for at in places]
    said = turned(package, keys, flips)
    passed = [flip for flip, (code, _) in zip(flips, said) if code == 0]
    check(f"each of {len(flips)} bytes counts, {len(directory)} of them of headers and the manifest", len(said) == len(flips) and not passed, passed[:5])
    check("and what is wrong is said", all(len(sentence) > 20 for _, sentence in said), [s for s in said if len(s[1]) <= 20][:5])
    both = [("flip", at, 255) for at in sorted(directory)[::41 if SAMPLED else 7]] + chance.sample(flips, 60 if SAMPLED else 400)
    kept = bytearray(data)
    missed = []
    for _, at, mask in both:
        kept[at] ^= mask
        missed += [at] if holds(bytes(kept), keys) else []
        kept[at] ^= mask
    check(f"the second verifier refuses {len(both)} of them too", not missed, missed[:5])
    lengths = sorted({0, 1, 511, 512, len(data) - 1, len(data) - 512, len(data) - 1024, *chance.sample(range(len(data)), 100 if SAMPLED else 600)})
    said = turned(package, keys, [("cut", length, 0) for length in lengths])
    check("cut short anywhere", len(said) == len(lengths) and all(code for code, _ in said), [l for l, s in zip(lengths, said) if not s[0]])
    check("for both", not any(holds(data[:length], keys) for length in lengths[::10]))
    more = [1, 511, 512, 1024, 10240]
    said = turned(package, keys, [("add", count, 0) for count in more])
    check("bytes behind it", len(said) == len(more) and all(code for code, _ in said) and not any(holds(data + bytes(n), keys) for n in more), said)


def squeezed(folder, keys):
    """Compression is a wrapping: what comes out of it is what counts."""
    package = folder / "good.tar.zst"
    mapae("package", "--framework", "small", "--scope", "/", "--stamps", str(package), "--data", str(folder / "data"))
    size = package.stat().st_size
    flips = [("flip", at, 1 << chance.randrange(8)) for at in chance.sample(range(size), min(size, 300 if SAMPLED else 2000))]
    root = turned(package, keys, [("same", 0, 0)])[0]
    said = turned(package, keys, flips + [("cut", length, 0) for length in range(0, size, 97)])
    held = [s for s in said if s[0] == 0 and s != root]
    check("turned when compressed: refused, or the same package", root[0] == 0 and not held and sum(s[0] != 0 for s in said) > len(said) * 0.95, held[:3])


# ---- by somebody who knows the format ----

def built(manifest, entries, written=None):
    """An archive of `entries` (name to bytes) whose manifest agrees; `written`: what really stands in it, as a list of pairs."""
    seconds = calendar.timegm(second.time.strptime(manifest["created"], "%Y-%m-%dT%H:%M:%SZ"))
    rest = {k: v for k, v in manifest.items() if k not in ("digest", "members")}
    listed = entries if isinstance(entries, list) else sorted(entries.items(), key=lambda e: e[0].encode())
    rest["members"] = [{"name": n, "sha256": second.sha256(b).hex(), "size": len(b)} for n, b in listed]
    rest["digest"] = second.sha256(second.canonical(rest).encode()).hex()
    text = second.canonical(rest).encode()
    out = b""
    for name, body in [("manifest.json", text), *(listed if written is None else written)]:
        out += second.header(name, len(body), seconds) + body + bytes(-len(body) % 512)
    return out + bytes(1024)


def without(members, *names):
    return {name: body for name, body in members.items() if name not in names}


def renamed(members, old, new):
    return {new if name == old else name: body for name, body in members.items()}


def swapped(members, one, two):
    return {**members, one: members[two], two: members[one]}


def knowing(members, older):
    """Names of what was done, and the members then."""
    leaves = sorted(n for n in members if n.startswith("leaves/"))
    files = sorted(n for n in members if n.startswith("evidence/"))
    first, last = leaves[0], leaves[-1]
    records = [n for n in members if n.startswith("records/") and not n.endswith(".meta.json")]
    page, index = members["index.html"], members["index.json"]
    cases = {
        "two leaves swapped": swapped(members, first, last),
        "two proofs swapped": swapped(members, *(n.replace("leaves", "proofs") for n in (first, last))),
        "two records swapped": swapped(members, records[0], records[1]),
        "two files of evidence swapped": swapped(members, files[0], files[1]),
        "a file of evidence replaced": {**members, files[0]: b"something else"},
        "a file of evidence renamed to what it now is": {**without(members, files[0]), "evidence/" + second.sha256(b"else").hex(): b"else"},
        "a file of evidence more": {**members, "evidence/" + second.sha256(b"more").hex(): b"more"},
        "the checkpoint of an older package": {**members, "checkpoint": older["checkpoint"]},
        "the index of an older package": {**members, "index.json": older["index.json"], "index.html": older["index.html"]},
        "an index that says more": {**members, "index.json": index.replace(b"stale", b"fresh").replace(b"small", b"smalI")},
        "a page that says something else": {**members, "index.html": page.replace(b"Policy", b"policy")},
        "a page with a script": {**members, "index.html": page.replace(b"</body>", b"<script></script></body>")},
        "another text for people": {**members, "README.txt": members["README.txt"] + b"\n"},
        "no key": {**members, "keys.txt": b""},
        "a key twice": {**members, "keys.txt": members["keys.txt"] * 2},
        "keys that end otherwise": {**members, "keys.txt": members["keys.txt"].replace(b"\n", b"\r\n")},
        "a leaf renamed": renamed(renamed(members, last, "leaves/90.json"), last.replace("leaves", "proofs"), "proofs/90.json"),
        "a leaf written with a zero": renamed(members, first, first.replace("leaves/", "leaves/0")),
        "a record renamed": renamed(members, records[0], "records/99.json"),
    }
    for name in ("README.txt", "checkpoint", "keys.txt", "index.json", "index.html", first, first.replace("leaves", "proofs"), files[0],
                 "records/1.json", "records/1.meta.json", "stamps/1.tsr", "stamps/1.pem"):
        cases[f"without {name}"] = without(members, name)
    for name in ("../passwd", "/etc/passwd", "evidence/../../x", "evidence/x", "evidence", "index.html/", "extra.txt", "leaves/1.json/..",
                 "leaves/x.json", "leaves/99999999999999999999.json", "manifest.json", "INDEX.HTML", "증적.txt"):
        cases[f"with {name}"] = {**members, name: b"x"}
    return cases


def knowingly(folder, data, keys, older):
    manifest, members = second.read_archive(data)
    _, past = second.read_archive(older)
    check("made anew it is the same, byte for byte", built(manifest, members) == data)
    listed = sorted(members.items(), key=lambda e: e[0].encode())
    cases = {name: built(manifest, entries) for name, entries in knowing(members, past).items()}
    cases |= {
        "a member twice": built(manifest, listed[:3] + listed[2:]),
        "a member twice, listed once": built(manifest, listed, listed[:3] + listed[2:]),
        "a member more than is listed": built(manifest, listed, listed + [("index.html", b"")]),
        "a member fewer than is listed": built(manifest, listed, listed[:-1]),
        "members in another order": built(manifest, listed[::-1]),
        "members in another order than is listed": built(manifest, listed, listed[1:] + listed[:1]),
        "another format": built({**manifest, "format": "mapae-package/1"}, members),
        "a format of the future": built({**manifest, "format": "mapae-package/9"}, members),
        "another log": built({**manifest, "origin": "example.org/mapae"}, members),
        "a manifest with more in it": built({**manifest, "note": "believe me"}, members),
        "two packages": data + data,
    }
    for name, body in cases.items():
        path = folder / "case.tar"
        path.write_bytes(body)
        done = run("verify", "--key", str(keys), str(path), lang=chance.choice(["C", "ko_KR.UTF-8"]))
        check(f"{name}: refused by both", done.returncode in (1, 2) and len(done.stdout + done.stderr) > 20 and "runtime error" not in done.stderr and
              "AddressSanitizer" not in done.stderr and not holds(body, keys), f"{done.returncode} {done.stdout}{done.stderr} {holds(body, keys)}")
    for lang, letters in (("C", "[a-z]"), ("ko_KR.UTF-8", "[가-힣]")):
        path.write_bytes(cases["two leaves swapped"])
        done = run("verify", "--key", str(keys), str(path), lang=lang)
        check(f"said so that people see what is wrong and where: {lang}", done.returncode == 1 and re.search(letters, done.stdout) and
              "leaves/" in done.stdout, done.stdout + done.stderr)


def story():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.chdir(folder)
        data, keys, older = make(folder)
        blindly(folder, data, keys)
        squeezed(folder, keys)
        knowingly(folder, data, keys, older)
        os.chdir("/")


main(story)
