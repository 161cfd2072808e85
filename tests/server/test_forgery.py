#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who pretends to be somebody, or to have more rights than he has, gets nowhere, and every attempt is a leaf (TAP).

test_forgery.py MAPAE SOURCE_ROOT"""
import base64
import hashlib
import hmac
import json
import statistics
import subprocess
import tempfile
import time
import uuid

from program import MAPAE, check, main
from server import Server, claims

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
PASSWORD = "Correct-Horse-42-Battery"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def b64(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).rstrip(b"=").decode()


def signed_rs256(header, payload, key):
    text = f"{b64(header)}.{b64(payload)}"
    made = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True)
    return f"{text}.{b64(made.stdout)}"


def signed_hs256(header, payload, secret):
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def leaf_of(answer):
    """The leaf of a request, by the id that its answer carries."""
    found = server.leaves(request=answer.headers["x-request-id"])
    return found[0] if found else None


def refused(name, answer, status):
    leaf = leaf_of(answer)
    check(f"{name}: {status}, and a leaf", answer.status == status and leaf and leaf["outcome"] == "refused", (answer, leaf))
    return leaf


def forged_tokens():
    good = server.issue()
    head, body = json.loads(base64.urlsafe_b64decode(good.split(".")[0] + "==")), claims(good)
    keys = server.ask("GET", f"/{server.made['tenantId']}/discovery/v2.0/keys", token=None)
    if keys.status != 200:
        configuration = server.ask("GET", "/adfs/.well-known/openid-configuration", token=None).json
        keys = server.ask("GET", configuration["jwks_uri"].split(str(server.port), 1)[1], token=None)
    jwk = keys.json["keys"][0]
    with tempfile.TemporaryDirectory() as folder:
        own = f"{folder}/own.pem"
        subprocess.run(["openssl", "genrsa", "-out", own, "2048"], capture_output=True, check=True)
        public = subprocess.run(["openssl", "rsa", "-in", own, "-pubout"], capture_output=True, check=True).stdout
        modulus = base64.urlsafe_b64decode(jwk["n"] + "==")
        parts = good.split(".")
        later = {**body, "exp": body["exp"] + 360000}
        tokens = {
            "alg none": f"{b64({**head, 'alg': 'none'})}.{b64(body)}.",
            "alg None with a signature": f"{b64({**head, 'alg': 'None'})}.{parts[1]}.{parts[2]}",
            "alg HS256 over the public modulus": signed_hs256({**head, "alg": "HS256"}, body, modulus),
            "alg HS256 over the published key": signed_hs256({**head, "alg": "HS256"}, body, json.dumps(jwk).encode()),
            "alg HS256 over an empty secret": signed_hs256({**head, "alg": "HS256"}, body, b""),
            "another key under our kid": signed_rs256(head, body, own),
            "another key that the token brings": signed_rs256({**head, "jwk": {"kty": "RSA", "n": jwk["n"], "e": "AQAB"}}, body, own),
            "a kid that is a path": signed_rs256({**head, "kid": "../../../dev/null"}, body, own),
            "a kid that is SQL": signed_rs256({**head, "kid": "' OR '1'='1"}, body, own),
            "no kid": signed_rs256({k: v for k, v in head.items() if k != "kid"}, body, own),
            "a longer life": f"{parts[0]}.{b64(later)}.{parts[2]}",
            "another subject": f"{parts[0]}.{b64({**body, 'oid': str(uuid.uuid4()), 'sub': str(uuid.uuid4())})}.{parts[2]}",
            "a signature cut short": good[:-10],
            "a signature of nothing": f"{parts[0]}.{parts[1]}.",
            "two parts": ".".join(parts[:2]),
            "four parts": good + ".e30",
            "a critical header": f"{b64({**head, 'crit': ['exp']})}.{parts[1]}.{parts[2]}",
            "bytes that are no token": "not-a-token",
            "a token of 200,000 bytes": good + "A" * 20000,
            "PS256 with our own": f"{b64({**head, 'alg': 'PS256'})}.{parts[1]}.{parts[2]}",
        }
        del public
        for name, token in tokens.items():
            answer = server.ask("GET", "/api/v1/users", token=token)
            refused(f"token: {name}", answer, 401 if len(token) < 16384 else 401)
            check(f"token: {name}: no word of the token comes back", token[-30:] not in answer.body.decode(errors="replace"))
    check("the good one is still good", server.ask("GET", "/api/v1/users", token=good).status == 200)
    answer = server.ask("GET", "/api/v1/users", token=None, headers={"Authorization": f"Bearer {good}, Bearer x"})
    refused("two tokens in one header", answer, 401)
    for audience in ("https://vault.localhost", "https://other.example"):
        try:
            token = server.issue(audience=audience)
        except RuntimeError as refusal:
            check(f"no token is issued for {audience}", "40" in str(refusal), refusal)
            continue
        refused(f"token: for {audience}", server.ask("GET", "/api/v1/users", token=token), 401)


def wrong_secrets():
    for name, client, secret in (("a wrong secret", server.made["clientId"], "wrong"),
                                 ("an unknown program", str(uuid.uuid4()), server.made["clientSecret"]),
                                 ("SQL for a name", "' OR '1'='1", "x")):
        try:
            server.issue(client=client, secret=secret)
            check(f"{name} gets no token", False)
        except RuntimeError as refusal:
            check(f"{name} gets no token, and a flat OAuth error", "AADSTS" in str(refusal), refusal)
    found = server.leaves(outcome="refused")
    check("wrong secrets are leaves", sum("token" in leaf["action"].lower() for leaf in found) >= 3, found[:5])


def program(name, role=None, scope=None):
    """Its id and a token of it."""
    made = server.ask("POST", "/api/v1/programs", {"displayName": name}).json
    if role:
        answer = server.ask("POST", "/api/v1/assignments", {"principalId": made["id"], "roleDefinitionId": role, "scope": scope})
        check(f"{name} gets its role", answer.status == 201, answer)
    secret = server.ask("POST", f"/api/v1/programs/{made['id']}/secrets", {}).json
    return made["id"], server.issue(client=made["appId"], secret=secret["clientSecret"])


def escalation():
    sub = f"/subscriptions/{server.made['subscriptionId']}"
    group = f"{sub}/resourceGroups/g1"
    reader, as_reader = program("reader", READER, sub)
    owner, as_owner = program("owner of a group", OWNER, group)
    nobody, as_nobody = program("without a role")
    for name, token, principal in (("reader", as_reader, reader), ("owner of a group", as_owner, owner), ("no role", as_nobody, nobody)):
        for what, method, path, body in (
            ("gives himself Owner at the root", "POST", "/api/v1/assignments",
             {"principalId": principal, "roleDefinitionId": OWNER, "scope": "/"}),
            ("gives himself Owner of the subscription", "POST", "/api/v1/assignments",
             {"principalId": principal, "roleDefinitionId": OWNER, "scope": sub}),
            ("gives himself Owner by a trick of the path", "POST", "/api/v1/assignments",
             {"principalId": principal, "roleDefinitionId": OWNER, "scope": f"{group}/../.."}),
            ("gives himself Owner of a group that begins alike", "POST", "/api/v1/assignments",
             {"principalId": principal, "roleDefinitionId": OWNER, "scope": f"{group}0"}),
            ("makes a user", "POST", "/api/v1/users", {"userName": "eve", "displayName": "Eve"}),
            ("makes a role of everything", "POST", "/api/v1/roles",
             {"roleName": "all", "actions": ["*"], "assignableScopes": ["/"]}),
            ("makes a secret for the administrator", "POST", "/api/v1/programs/" + server.ask("GET", "/api/v1/me").json["id"] + "/secrets", {}),
            ("reads the users", "GET", "/api/v1/users", None),
            ("reads the ledger", "GET", "/api/v1/ledger/leaves", None),
            ("takes a backup", "POST", "/api/v1/backups", {}),
            ("rotates the keys", "POST", "/api/v1/keys/rotate", {}),
            ("adds an identity provider", "POST", "/api/v1/identity-providers",
             {"displayName": "evil", "issuer": "https://evil.example", "clientId": "x"}),
        ):
            answer = server.ask(method, path, body, token=token)
            refused(f"{name} {what}", answer, 403)
    inside = server.ask("POST", "/api/v1/assignments", {"principalId": nobody, "roleDefinitionId": READER, "scope": group}, token=as_owner)
    check("an owner of a group gives rights within it", inside.status == 201, inside)
    check("what was refused changed nothing", len(server.ask("GET", f"/api/v1/assignments?principalId={reader}").json["value"]) == 1)
    why = server.ask("POST", "/api/v1/may", {"principalId": reader, "action": "Microsoft.Storage/storageAccounts/write", "scope": group}).json
    check("and the server says why not", why["allowed"] is False and why["notEnough"], why)


def cookies(answer):
    return [header.split(";")[0] for header in answer.headers.get_all("Set-Cookie") or []]


def sign_in(name, password, cookie=None):
    headers = {"Cookie": cookie} if cookie else {}
    return server.ask("POST", "/api/v1/sign-in", {"userName": name, "password": password}, token=None, headers=headers)


def new_user(name, password):
    user = server.ask("POST", "/api/v1/users", {"userName": name, "displayName": name.title()}).json
    link = server.ask("POST", f"/api/v1/users/{user['id']}/setup-link", {}).json["setupLink"]
    made = server.ask("POST", "/api/v1/sign-in/setup", {"token": link.split("#", 1)[1], "password": password}, token=None)
    check(f"{name} sets up the account", made.status == 200, made)
    again = server.ask("POST", "/api/v1/sign-in/setup", {"token": link.split("#", 1)[1], "password": password}, token=None)
    refused("a set-up link works once", again, 401)
    return user["id"]


def sessions():
    new_user("mallory", PASSWORD)
    user = new_user("alice", PASSWORD)
    planted = "__Host-mapae=" + "A" * 43
    first = sign_in("alice", PASSWORD, planted)
    given = cookies(first)
    check("a planted cookie is not taken over: the session gets a value of its own",
          first.status == 200 and given and given[0] != planted, (first, given))
    attributes = (first.headers.get("Set-Cookie") or "").lower()
    check("the cookie is __Host-, Secure, HttpOnly, SameSite",
          attributes.startswith("__host-") and all(word in attributes for word in ("secure", "httponly", "samesite", "path=/")), attributes)
    refused("the planted value is nobody's", server.ask("GET", "/api/v1/me", token=None, headers={"Cookie": planted}), 401)
    me = server.ask("GET", "/api/v1/me", token=None, headers={"Cookie": given[0]})
    check("the given one is hers", me.status == 200 and me.json["id"] == user, me)
    write = {"Cookie": given[0], "Origin": f"https://localhost:{server.port}"}
    refused("a change without the session's token", server.ask("POST", "/api/v1/me/tokens", {"seconds": 60}, token=None, headers=write), 403)
    other = sign_in("mallory", PASSWORD)
    theirs = {**write, "X-CSRF-Token": other.json["csrf"]}
    refused("a change with the token of another session", server.ask("POST", "/api/v1/me/tokens", {"seconds": 60}, token=None, headers=theirs), 403)
    foreign = {**write, "X-CSRF-Token": first.json["csrf"], "Origin": "https://evil.example"}
    refused("a change from another origin", server.ask("POST", "/api/v1/me/tokens", {"seconds": 60}, token=None, headers=foreign), 403)
    second = sign_in("alice", PASSWORD)
    ended = server.ask("POST", f"/api/v1/users/{user}/leave", {})
    check("she leaves the company", ended.status == 200, ended)
    for cookie in (given[0], cookies(second)[0]):
        answer = server.ask("GET", "/api/v1/me", token=None, headers={"Cookie": cookie})
        check("every session of hers is over at once", answer.status == 401, answer)
    check("and nobody signs in as her", sign_in("alice", PASSWORD).status == 401)


def hurried(name, is_there):
    """Four guesses at a name: (the name, the answers, the seconds that each took). The fourth came within a second of the third, so it must be
    refused; who guesses more slowly may guess again, and on a busy machine one tries at another name."""
    for attempt in range(5):  # many more would slow down the address
        whom, answers = f"{name}{attempt}", []
        if is_there:
            new_user(whom, PASSWORD)
        times = [time.monotonic()]
        for i in range(4):
            answers.append(sign_in(whom, f"guess {i}"))
            times.append(time.monotonic())
        if times[4] - times[2] < 1:
            return whom, answers, [after - before for before, after in zip(times, times[1:])]
    raise RuntimeError(f"two requests to sign in take longer than a second here: {times}")


def timing():
    """An unknown name costs what a wrong password costs, and says the same."""
    new_user("bob", PASSWORD)
    known, unknown = [], []
    for i in range(2):
        known.append(sign_in("bob", f"wrong-{i}"))
        unknown.append(sign_in(f"nobody-{i}", f"wrong-{i}"))
    bodies = [{k: v for k, v in answer.json.items() if k not in ("requestId", "instance")} for answer in known + unknown]
    check("a known and an unknown name get the same answer", all(body == bodies[0] for body in bodies)
          and {answer.status for answer in known + unknown} == {401}, bodies)
    (_, known, times), (_, unknown, others) = hurried("dave", True), hurried("erin", False)  # nobody is called Erin
    seen = [[answer.status for answer in answers] for answers in (known, unknown)]
    check("guessing at either is slowed down alike", seen == [[401, 401, 401, 429]] * 2, seen)
    print(f"# seconds, median: known {statistics.median(times[:3]):.3f}, unknown {statistics.median(others[:3]):.3f}")


def guessing():
    whom, answers, _ = hurried("carol", True)
    tried, waits = 3, [int(answers[3].headers["Retry-After"])]
    while tried < 10 and waits[-1] <= 60:
        time.sleep(min(waits[-1], 5))
        answer = sign_in(whom, f"guess {tried}")
        if answer.status == 429:
            waits.append(int(answer.headers["Retry-After"]))
        else:
            tried += 1
    check("guessing is slowed down, then stopped", waits[0] <= 5 and waits[-1] > 60 and tried <= 6, (tried, waits))
    locked = sign_in(whom, PASSWORD)
    check("the right password does not open a locked account", locked.status == 429 and int(locked.headers["Retry-After"]) > 60, locked)
    check("the lock is a leaf", any("lock" in leaf["action"] for leaf in server.leaves(top=200)))


with Server(MAPAE, settings=["rate.sign-in=100000", "rate.client=100000", "rate.identity=100000",
                             "ledger.refusals-per-minute=100000", "password.hash-memory=8MiB", "password.hash-passes=1"]) as server:
    main(forged_tokens, wrong_secrets, escalation, sessions, timing, guessing)
