#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mapae evidence and mapae package by the real program, and what a link opens to somebody who has nothing else (TAP).

test_evidence.py MAPAE SOURCE_ROOT"""
import hashlib
import json
import pathlib
import re
import stat
import time

from program import MAPAE, check, main, run
from server import Server

GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$")
SETTINGS = ["policies.shipped=false", "rate.client=1000000", "rate.identity=1000000", "rate.sign-in=100000"]
UNTIL = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 200 * 86400))
HOSTILE = b"<html><script>fetch('/api/v1/users')</script></html>"


def refused(done, *words, code=2):
    return done.returncode == code and not done.stdout and all(word in done.stderr for word in words)


def listed(server, *options):
    return json.loads(server.run("evidence", "list", "--format", "json", *options).stdout)["value"]


def add(server, path, *options):
    done = server.run("evidence", "add", str(path), *options)
    check(f"add {pathlib.Path(path).name} {' '.join(options)}", GUID.match(done.stdout) and not done.stderr, done.stdout + done.stderr)
    return done.stdout.strip()


def collect(server, *options):
    """What stands behind `--` is the command: the folder is named before."""
    return run("evidence", "collect", "--data", str(server.data), *options)


def adding(server, folder):
    policy = folder / "보안 정책.html"
    policy.write_bytes(HOSTILE)
    done = server.run("evidence", "add", str(policy), "--kind", "photo", "--control", "csap/1.1.1")
    check("a kind that the control does not want is refused, and which it wants is said",
          refused(done, "control 1.1.1", "document, record", '"photo"'), done.stderr)
    done = server.run("--lang", "ko", "evidence", "add", str(policy), "--control", "csap/1.1.1")
    check("in Korean too", refused(done, "통제 1.1.1", "document, record"), done.stderr)
    done = collect(server, "--control", "csap/1.1.1", "--", "true")
    check("what is collected as well", refused(done, '"configuration"'), done.stderr)
    for name, options, words in (("a control that is none", ["--control", "1.1.1"], ["FRAMEWORK/CONTROL"]),
                                 ("a control that is not there", ["--control", "csap/99.9"], ["99.9"]),
                                 ("a rule without a control", ["--rule", "x"], ["--control"]),
                                 ("a period that is none", ["--every", "P1Q"], ["every"]),
                                 ("a kind that is no word", ["--kind", "Two Words"], ["kind"])):
        done = server.run("evidence", "add", str(policy), *options)
        check(f"{name} is refused", refused(done, *words), done.stderr)
    check("a file that is not there", refused(server.run("evidence", "add", str(folder / "none")), "none"))
    check("and nothing of all that was kept", listed(server) == [])
    one = add(server, policy, "--kind", "document", "--owner", "Kim", "--every", "P1M", "--collected-at", "2020-01-01",
              "--control", "csap/1.1.1", "--note", "chapter 2", "--title", "Security policy")
    shown = json.loads(server.run("evidence", "show", one, "--format", "json").stdout)
    check("what was said is there", (shown["title"], shown["fileName"], shown["sha256"], shown["owner"]) ==
          ("Security policy", "보안 정책.html", hashlib.sha256(HOSTILE).hexdigest(), "Kim"), shown)
    links = server.ask("GET", f"/api/v1/evidence/{one}/controls").json["value"]
    check("the link says what of it", [(link["control"], link.get("note")) for link in links] == [("csap-2025-02-1.1.1", "chapter 2")], links)
    done = server.run("evidence", "add", "-", "--title", "typed", stdin="from a pipe")
    check("standard input", GUID.match(done.stdout), done.stderr)
    saved = folder / "saved"
    done = server.run("evidence", "save", one, "--out", str(saved))
    check("it is saved as it came, for its owner alone", saved.read_bytes() == HOSTILE and stat.S_IMODE(saved.stat().st_mode) == 0o600, done.stderr)
    check("what is not there is not saved", refused(server.run("evidence", "save", done.stdout.strip() or "00000000-0000-4000-8000-000000000000",
                                                               "--out", str(folder / "no"))) and not (folder / "no").exists())
    return one


def collecting(server):
    titles = {}
    for name, options in (("command", ["--kind", "log", "--", "sh", "-c", "echo said; exit 3"]), ("verdicts", ["--verdicts", "/"]), ("host", ["--host"])):
        done = collect(server, *options)
        check(f"collect {name}", GUID.match(done.stdout), done.stderr)
        titles[name] = json.loads(server.run("evidence", "show", done.stdout.strip(), "--format", "json").stdout)["title"]
        if name == "command":
            kept = json.loads(server.run("evidence", "save", done.stdout.strip()).stdout)
            check("a command that failed is kept, and said", kept["exitCode"] == 3 and kept["stdout"] == "said\n" and "3" in done.stderr, done.stderr)
    check("titles say what and when", re.match(r"sh -c echo said; exit 3, 20\d\d-", titles["command"]) and
          re.match(r"Verdicts of everything, 20\d\d-", titles["verdicts"]) and re.match(r"Host \S+, 20\d\d-", titles["host"]), titles)
    before = len(listed(server))
    check("nothing to collect", refused(collect(server), "--verdicts"))
    check("two things at once", refused(collect(server, "--host", "--verdicts", "/"), "--host"))
    check("a program that is not there", refused(collect(server, "--", "/no/such/program")))
    check("a resource that is not there", refused(collect(server, "--resource", "/subscriptions/none/x")))
    check("and nothing of it was kept", len(listed(server)) == before)
    check("lists are of a kind", len(listed(server, "--kind", "log")) == 1 and len(listed(server, "--owner", "kim")) == 1)


def linking(server, one):
    done = server.run("evidence", "link", one, "csap/1.1.2", "isms-p/1.1.5", "--note", "all of it")
    check("two controls at once", done.returncode == 0 and "all of it" in done.stdout, done.stderr)
    reuse = server.run("evidence", "reuse", one).stdout
    check("what it answers, also elsewhere", "1.1.1" in reuse and "1.1.2" in reuse and "isms-p" in reuse, reuse)
    check("stale, as its owner will see", "stale" in server.run("evidence", "due", "--owner", "KIM").stdout)
    check("as a calendar", server.run("evidence", "due", "--owner", "Kim", "--calendar").stdout.startswith("BEGIN:VCALENDAR"))
    check("also what is missing", "none" in server.run("evidence", "due", "--framework", "csap-iaas").stdout)
    check("a period that is none", refused(server.run("evidence", "due", "--within", "soon"), "soon"))
    check("unlinked", server.run("evidence", "unlink", one, "csap/1.1.2").returncode == 0 and
          refused(server.run("evidence", "unlink", one, "csap/1.1.2")))
    done = server.run("evidence", "set", one, "--owner", "Lee", "--every", "P1Y")
    check("somebody else renews it", "Lee" in done.stdout and "Security policy" in done.stdout, done.stdout + done.stderr)
    check("a claim of its age is still counted", "stale" in server.run("evidence", "due", "--owner", "Lee").stdout)


def keeping(server, folder):
    (folder / "old").write_text("old")
    old = add(server, folder / "old", "--keep-until", "2020-01-01")
    young = add(server, folder / "old")
    check("what is past its time is listed, and nothing else", [e["id"] for e in listed(server, "--expired")] == [old] and len(listed(server)) > 1)
    check("not before its time", refused(server.run("evidence", "delete", young, "--yes"), "must be kept until"))
    check("nor is its time made shorter", refused(server.run("evidence", "set", young, "--keep-until", "2020-01-01")))
    check("a hold needs a reason", server.run("evidence", "hold", old, "--hold", "case-17").returncode == 2)
    check("held", "case-17" in server.run("evidence", "hold", old, "--hold", "case-17", "--reason", "court").stdout)
    server.run("evidence", "hold", old, "--hold", "case-18", "--reason", "another court")
    check("not under a hold", refused(server.run("evidence", "delete", old, "--yes"), "legal hold"))
    check("nor when one of two is lifted", server.run("evidence", "release", old, "--hold", "case-17").returncode == 0 and
          refused(server.run("evidence", "delete", old, "--yes"), "case-18"))
    check("a hold that is not there", refused(server.run("evidence", "release", old, "--hold", "case-17")))
    check("not without being sure", server.run("evidence", "delete", old).returncode == 2)
    check("then it may go", server.run("evidence", "release", old, "--hold", "case-18").returncode == 0 and
          server.run("evidence", "delete", old, "--yes").returncode == 0 and refused(server.run("evidence", "show", old)))


def checking(server, folder):
    """Every file against its hash: what was touched is named, once for each record."""
    (folder / "whole").write_text("whole " * 100)
    one, again = add(server, folder / "whole"), add(server, folder / "whole")
    done = server.run("evidence", "verify")
    check("all files are what they were", done.returncode == 0 and "Every file" in done.stderr, done.stdout + done.stderr)
    sha256 = hashlib.sha256((folder / "whole").read_bytes()).hexdigest()
    path = server.data / "evidence" / sha256[:2] / (sha256 + ".zst")
    kept = path.read_bytes()
    for name, spoil, code in (("a bit that turned", lambda: path.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1])), "damaged"),
                              ("a file cut short", lambda: path.write_bytes(kept[:-3]), "damaged"), ("an empty file", lambda: path.write_bytes(b""), "damaged"),
                              ("another one's file", lambda: path.write_bytes(next(p for p in path.parent.parent.glob("*/*.zst") if p != path).read_bytes()), "damaged"),
                              ("no file", path.unlink, "missing")):
        spoil()
        done, korean = server.run("evidence", "verify", "--format", "json"), server.run("evidence", "verify", "--lang", "ko")
        said = json.loads(done.stdout)
        check(f"{name} is found, at both records", done.returncode == 1 and not said["holds"] and said["wrong"] == 2 and
              {(w["id"], w["code"], w["sha256"]) for w in said["value"]} == {(one, code, sha256), (again, code, sha256)}, said)
        check(f"{name} in Korean", korean.returncode == 1 and "되살리십시오" in korean.stderr and one in korean.stdout and re.search("[가-힣]", korean.stdout))
    path.write_bytes(kept)
    check("brought back it holds", server.run("evidence", "verify").returncode == 0)
    check("nobody who may not", server.ask("POST", "/api/v1/evidence-files/verify", token=None).status == 401)
    check("that it was checked is in the log", any(leaf["action"] == "Mapae.Ledger/verify/action" for leaf in server.leaves()))


def path_of(link):
    return "/shared/" + link.split("/shared/", 1)[1].strip()


def opened(server, path, method="GET", **headers):
    return server.ask(method, path, token=None, headers={name.replace("_", "-"): value for name, value in headers.items()})


def sharing(server, one):
    share = ["evidence", "share", one, "--name", "assessor"]
    check("an end in the past", refused(server.run(*share, "--until", "2020-01-01"), "2020-01-01"))
    check("addresses that are none", refused(server.run(*share, "--until", "2099-01-01", "--addresses", "nowhere")))
    check("no end at all", refused(server.run(*share)))
    done = server.run(*share, "--until", UNTIL)
    check("a link", "/shared/" in done.stdout and "sig=" in done.stdout, done.stderr)
    link = path_of(done.stdout)
    answer = opened(server, link)
    check("opens for who has nothing else", answer.status == 200 and answer.body == HOSTILE, answer)
    wanted = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}
    policy = answer.headers.get("Content-Security-Policy", "")
    check("as data that no browser runs", all(answer.headers.get(k) == v for k, v in wanted.items()) and "sandbox" in policy and
          "default-src 'none'" in policy and answer.headers["Content-Disposition"].startswith("attachment; ") and
          "filename*=UTF-8''%EB%B3%B4%EC%95%88" in answer.headers["Content-Disposition"] and not answer.headers.get("Set-Cookie"), answer.headers.items())
    head = opened(server, link, "HEAD")
    check("HEAD says the same and sends nothing", head.status == 200 and not head.body and
          head.headers["Content-Disposition"].startswith("attachment"), head.headers.items())
    part = opened(server, link, Range="bytes=1-3")
    check("a range is a part of it or all of it", (part.status, part.body) in ((206, HOSTILE[1:4]), (200, HOSTILE)), part)
    check("only reading", all(opened(server, link, method).status in (403, 404, 405) for method in ("POST", "PUT", "DELETE")))
    other = link.replace(one, "00000000-0000-4000-8000-000000000000")
    for name, path in (("another signature", re.sub("sig=.", "sig=_", link) if "sig=_" not in link else re.sub("sig=.", "sig=A", link)),
                       ("a later end", re.sub("se=([0-9]{4})", lambda year: f"se={int(year[1]) + 1}", link)), ("http allowed", link.replace("spr=https", "spr=https%2Chttp")),
                       ("no protocol", link.replace("&spr=https", "")), ("other addresses", link + "&sip=0.0.0.0%2F0"),
                       ("more permissions", link.replace("sp=r", "sp=rl")), ("other evidence", other), ("a name twice", link + "&sp=r"),
                       ("a name that is none", link + "&x=1"), ("nothing", link.split("?")[0]), ("the list", link.replace("/" + one, ""))):
        answer = opened(server, path)
        check(f"{name}: closed", answer.status in (400, 403) and HOSTILE not in answer.body, answer)
    far = path_of(server.run(*share, "--until", UNTIL, "--addresses", "192.0.2.0/24").stdout)
    check("from elsewhere it is closed, whatever a header says", opened(server, far).status == 403 and
          opened(server, far, X_Forwarded_For="192.0.2.7").status == 403 and opened(server, far, Forwarded="for=192.0.2.7").status == 403)
    shares = json.loads(server.run("evidence", "shares", "--format", "json").stdout)["value"]
    its = next(s["id"] for s in shares if f"/shared/{s['id']}/" in link)
    uses = json.loads(server.run("evidence", "uses", its, "--format", "json").stdout)["value"]
    check("each use, and each attempt, is told with its address", len(uses) >= 10 and uses[-1]["outcome"] == "done" and
          uses[-1]["evidence"] == one and uses[-1]["address"].endswith("127.0.0.1") and any(u["outcome"] == "refused" for u in uses), uses)
    check("taken back", server.run("evidence", "revoke", its).returncode == 0 and opened(server, link).status == 403)
    check("once only", refused(server.run("evidence", "revoke", its)))
    check("its uses stay", its and "refused" in server.run("evidence", "uses", its).stdout)
    server.end()
    server.settings.append("server.trusted-proxies=127.0.0.1/32")
    server.start()
    check("a proxy that is trusted says who asks", opened(server, far, X_Forwarded_For="192.0.2.7").status == 200 and
          opened(server, far, X_Forwarded_For="192.0.2.7, 198.51.100.1").status == 403 and opened(server, far).status == 403)
    by_proxy(server, one)


def late_request(server, path, end):
    """A connection with a request that began before `end`, and wants one line more; None when it is later already."""
    slow = server.plain()
    time.sleep(max(0, end - 3 - time.time()))  # a head may not take long either
    slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode())
    if time.time() < end:
        return slow
    slow.close()
    return None


def probing(server, one):
    """A link as somebody turns it who wants more of it, or not to be seen."""
    def share(*options, until=UNTIL):
        return path_of(server.run("evidence", "share", one, "--name", "probe", "--until", until, *options).stdout)

    def uses_of(link):
        return json.loads(server.run("evidence", "uses", link.split("/")[2], "--format", "json").stdout)["value"]
    link = share()
    path, query = link.split("?")
    empty, name, its, piece = path.split("/")
    encoded = "".join(f"%{b:02x}" for b in its.encode())
    opening = {"other letters": f"/shared/{its.upper()}/{piece.upper()}", "percent signs": f"/{name}/{encoded}/{piece}", "slashes": f"//shared///{its}//{piece}/"}
    closed = {"percent signs twice": f"/shared/{encoded.replace('%', '%25')}/{piece}", "a slash in a name": f"/shared/{its}%2f{piece}",
              "dots": f"/shared/{its}/../{its}/{piece}", "encoded dots": f"/shared/{its}/%2e%2e/{its}/{piece}", "a NUL": f"/shared/{its}/{piece}%00",
              "braces": f"/shared/{{{its}}}/{piece}", "a blank": f"/shared/{its}/{piece}%20", "more behind it": f"/shared/{its}/{piece}/content",
              "letters of another alphabet": f"/shared/{its}/{piece.replace('a', '%D0%B0', 1)}x"}
    for n, (what, where) in enumerate(opening.items(), 1):
        answer = opened(server, f"{where}?{query}")
        check(f"{what}: the same link, and seen", answer.status == 200 and len(uses_of(link)) == n and uses_of(link)[0].get("evidence") == one, answer)
    for what, where in closed.items():
        answer = opened(server, f"{where}?{query}")
        check(f"{what}: closed", answer.status in (400, 403, 404) and HOSTILE not in answer.body, answer)
    for what, more in (("a name encoded twice", query.replace("sig=", "%2573ig=")), ("a name in capitals", query.replace("sig=", "SIG=")), ("a value encoded twice", query.replace("se=", "se=%2532")),
                       ("a plus", query.replace("sig=", "sig=+")), ("semicolons", query.replace("&", ";")), ("a fragment of it", query[:-1])):
        answer = opened(server, f"{path}?{more}")
        check(f"{what}: closed", answer.status in (400, 403) and HOSTILE not in answer.body, answer)
    check("a name that is encoded is that name", opened(server, f"{path}?{query.replace('sig=', '%73ig=')}").status == 200)
    before = len(uses_of(link))
    head = opened(server, link, "HEAD")
    check("HEAD is a use", head.status == 200 and not head.body and len(uses_of(link)) == before + 1)
    for override in ("X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL"):
        answer = server.ask("GET", link.replace("sig=", "sig=A"), token=None, headers={override: link})
        check(f"{override} opens nothing", answer.status == 403, answer)
    # as long as it says, not a moment longer, however slowly one asks
    for seconds in (4, 8, 16, 32, 64, 128):  # a busy machine needs some of them to make a link and to ask for it
        end = int(time.time()) + seconds
        done = server.run("evidence", "share", one, "--name", "probe", "--until", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))
        if done.returncode and time.time() >= end:
            continue
        short = path_of(done.stdout)
        early, slow = opened(server, short), late_request(server, short, end)
        if slow:
            break
    check("it opens before its end", early.status == 200, early)
    with slow:
        time.sleep(max(0, end - time.time()) + 0.2)
        slow.sendall(b"Connection: close\r\n\r\n")
        late = b"".join(iter(lambda: slow.recv(65536), b""))
    check("and not for a request that began before it", late.split(b" ")[1] == b"403", late[:200])
    tag = '"' + hashlib.sha256(HOSTILE).hexdigest() + '"'
    for what, headers in (("a part of it", {"Range": "bytes=0-3"}), ("what one has already", {"If-None-Match": "*"}), ("what one has already, by its hash", {"If-None-Match": tag}),
                          ("HEAD", {})):
        answer = opened(server, short, "HEAD" if what == "HEAD" else "GET", **{k.replace("-", "_"): v for k, v in headers.items()})
        check(f"after its end it is closed for {what}", answer.status == 403 and not answer.body.startswith(HOSTILE[:4]), answer)


def by_proxy(server, one):
    """Behind a proxy that ends TLS: it says who asks and how he came; the server believes it when it is trusted."""
    share = path_of(server.run("evidence", "share", one, "--name", "p", "--until", UNTIL).stdout)
    mapped = path_of(server.run("evidence", "share", one, "--name", "p", "--until", UNTIL, "--addresses", "192.0.2.0/24").stdout)
    six = path_of(server.run("evidence", "share", one, "--name", "p", "--until", UNTIL, "--addresses", "::1/64").stdout)
    status = lambda link, **headers: opened(server, link, **headers).status  # noqa: E731
    check("who came to the proxy without TLS is refused", status(share, X_Forwarded_Proto="http") == 403 and status(share, X_Forwarded_Proto="HTTPS, http") == 403 and
          status(share, X_Forwarded_Proto="") in (200, 403))
    check("with TLS, or where the proxy does not say, it opens", status(share, X_Forwarded_Proto="https") == 200 and status(share) == 200)
    check("addresses of version 4 in the clothes of version 6", status(mapped, X_Forwarded_For="::ffff:192.0.2.9") == 200 and
          status(mapped, X_Forwarded_For="::ffff:198.51.100.9") == 403 and status(six, X_Forwarded_For="192.0.2.9") == 403 and status(six, X_Forwarded_For="::5") == 200)
    check("only the last of what stands there", status(mapped, X_Forwarded_For="192.0.2.9, 198.51.100.1") == 403 and
          status(mapped, X_Forwarded_For="198.51.100.1, 192.0.2.9:4711") == 200 and status(mapped, X_Real_IP="192.0.2.9") == 403)


def packing(server, folder):
    server.token = None
    made = server.ask("POST", "/api/v1/measures", {"name": "shop", "framework": "csap-iaas", "scopes": ["/"]})
    check("a measure", made.status == 201, made)
    keys = folder / "keys"
    keys.write_text(server.run("ledger", "keys").stdout)
    one, two, korean = folder / "1.tar", folder / "2.tar", folder / "ko.tar"
    done = [server.run(*language, "package", "--framework", "csap-iaas", "--measure", "shop", str(path))
            for path, language in ((one, []), (two, []), (korean, ["--lang", "ko"]))]
    check("a package of a measure", all(d.returncode == 0 for d in done), done[0].stderr)
    check("the same bytes, in any language", one.read_bytes() == two.read_bytes() == korean.read_bytes())
    verified = run("verify", "--key", str(keys), str(one))
    check("it holds", verified.returncode == 0 and "csap-2025-02" in verified.stdout, verified.stdout + verified.stderr)
    check("of something that is not there", all(refused(server.run("package", *what, str(folder / "no.tar"))) for what in (
        ["--framework", "nothing"], ["--framework", "csap-iaas", "--measure", "none"],
        ["--framework", "csap-iaas", "--scope", "/", "--measure", "shop"])) and not (folder / "no.tar").exists())


def story():
    with Server(MAPAE, settings=SETTINGS) as server:
        folder = server.root / "files"
        folder.mkdir()
        one = adding(server, folder)
        collecting(server)
        linking(server, one)
        keeping(server, folder)
        checking(server, folder)
        probing(server, one)
        sharing(server, one)
        packing(server, folder)


main(story)
