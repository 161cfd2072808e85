#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""verify_package.py PACKAGE [--key FILE] [--since FILE] - a second verifier, written from docs/ledger.md alone.

Ends with 0 when the package holds, with 1 when it does not. Of time stamps it reads what RSA signed; for others use openssl ts."""
import base64, hashlib, json, re, sys, time

README = "c112a96e0f0f8b7377b8b4bc46f0de658e3c0f9981931ebebc294bb83e266558"
PAGE_HEAD = (836, "2a8a169380bf85df8b48b5c92f2da1bf8a9d40b4335ea94d3a03bc40f190f02a")
PAGE_FOOT = (503, "8e35899f6391e94317d6f8a5b6483b1488c5abb41fc993b1b2fd1d7709dd4b7b")
FORMATS = {"mapae-package/1": False, "mapae-package/2": True}  # has it an index?
INDEX_PARTS = {"index.json": 32 << 20, "index.html": 256 << 20}
PARTS = [(r"README\.txt", 1 << 16), (r"keys\.txt", 1 << 20), (r"checkpoint", 1 << 20), (r"checkpoints/(N)", 1 << 20),
         (r"consistency/(N)\.json", 8192), (r"leaves/(N)\.json", 65535), (r"proofs/(N)\.json", 8192), (r"opened/(N)\.json", 1 << 20),
         (r"records/(N)\.json", 16 << 20), (r"records/(N)\.meta\.json", 8192), (r"evidence/[0-9a-f]{64}", 4 << 30),
         (r"stamps/(N)\.tsr", 65536), (r"stamps/(N)\.pem", 1 << 18)]
PARTS = [(re.compile(form.replace("N", "0|[1-9][0-9]{0,18}")), most) for form, most in PARTS]
TOGETHER = [("leaves/%s.json", "proofs/%s.json"), ("records/%s.json", "records/%s.meta.json"), ("stamps/%s.tsr", "stamps/%s.pem"),
            ("checkpoints/%s", "consistency/%s.json")]
TOGETHER += [(b, a) for a, b in TOGETHER] + [("opened/%s.json", "leaves/%s.json")]

class DoesNotHold(Exception): pass

def want(condition, sentence):
    if not condition:
        raise DoesNotHold(sentence)
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

# ---- JSON ----
def canonical(v):
    if isinstance(v, dict):
        keys = sorted(v, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + canonical(v[k]) for k in keys) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    want(not isinstance(v, float) or re.fullmatch(r"-?[0-9]{1,15}\.[0-9]*[1-9]", repr(v)), "a number that is not read here")
    return json.dumps(v, ensure_ascii=False)

def no_twice(pairs):
    want(len(dict(pairs)) == len(pairs), "a JSON object has a member twice")
    return dict(pairs)

def read_json(data):
    return json.loads(data.decode("utf-8"), object_pairs_hook=no_twice)

def read_canonical(data, members=None):
    value = read_json(data)
    want(canonical(value).encode("utf-8") == data, "JSON that is not canonical")
    want(members is None or (isinstance(value, dict) and set(value) == set(members)), "JSON with other members")
    return value

# ---- the archive ----
def header(name, size, seconds):
    h = bytearray(512)
    for at, text in ((0, name.encode()), (100, b"0000644"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % size),
                     (136, b"%011o" % seconds), (148, b" " * 8), (156, b"0"), (257, b"ustar\x0000"), (329, b"0000000"), (337, b"0000000")):
        h[at:at + len(text)] = text
    h[148:156] = b"%06o\x00 " % sum(h)
    return bytes(h)

def take(data, at, name, size, seconds):
    want(data[at:at + 512] == header(name, size, seconds), "no header of " + name)
    end = at + 512 + size
    padding = data[end:end + -size % 512]
    want(len(data) >= end and padding == bytes(-size % 512), "the contents of " + name)
    return data[at + 512:end], end + len(padding)

def read_archive(data):
    size, seconds = int(data[124:135], 8), int(data[136:147], 8)
    text, at = take(data, 0, "manifest.json", size, seconds)
    manifest = read_canonical(text, ("format", "origin", "installation", "created", "members", "digest"))
    want(manifest["format"] in FORMATS and re.fullmatch("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", manifest["installation"]), "a form")
    want(manifest["created"] == time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)), "another time")
    digest = manifest.pop("digest")
    want(sha256(canonical(manifest).encode()).hex() == digest, "the digest of the manifest")
    members = {}
    for entry in manifest["members"]:
        want(set(entry) == {"name", "sha256", "size"} and type(entry["size"]) is int and entry["size"] >= 0, "an entry")
        name = entry["name"]
        most = [most for form, most in PARTS if form.fullmatch(name)]
        if FORMATS[manifest["format"]] and name in INDEX_PARTS:
            most = [INDEX_PARTS[name]]
        want(most and entry["size"] <= most[0] and all(int(n) < 1 << 63 for n in re.findall(r"/([0-9]+)(?=\.|$)", name)), "a name")
        want(not members or list(members)[-1].encode() < name.encode(), "the order of members")
        members[name], at = take(data, at, name, entry["size"], seconds)
        want(sha256(members[name]).hex() == entry["sha256"], "the hash of " + name)
        want(not name.startswith("evidence/") or name[9:] == entry["sha256"], "the name of " + name)
    want(data[at:] == bytes(1024), "the end")
    return manifest, members

# ---- Ed25519 (RFC 8032, 5.1.7) ----
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):
    (x, y, z, t), (u, v, w, s) = a, b
    e, f = (y - x) * (v - u) % P, (y + x) * (v + u) % P
    g, h = 2 * t * s * D % P, 2 * z * w % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def times(n, point):
    result = (0, 1, 1, 0)
    for bit in bin(n)[2:]:
        result = add(add(result, result), point) if bit == "1" else add(result, result)
    return result

def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    want(y < P and x * x % P == square and not (x == 0 and sign), "a point that is not on the curve")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def ed25519(key, text, signature):
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(r + key + text).digest(), "little") % L
    a, b = times(s, BASE), add(point(r), times(k, point(key)))
    return s < L and (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

# ---- keys, checkpoints, proofs ----
def b64(text):
    data = base64.b64decode(text, validate=True)
    want(base64.b64encode(data).decode() == text, "base64")
    return data

def read_key(line):
    name, identity, key = line.split("+", 2)
    key = b64(key)
    want(len(key) == 33 and key[0] == 1 and sha256(name.encode(), b"\n", key)[:4].hex() == identity, "a key")
    return name, bytes.fromhex(identity), key[1:]

def read_checkpoint(note, keys=None):  # the origin, size and root, and the lines of the keys that signed
    text, _, signatures = note.decode("utf-8").partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    signed = set()
    want(signatures.endswith("\n") and re.fullmatch("0|[1-9][0-9]{0,18}", size) and len(b64(root)) == 32, "a checkpoint")
    for line in signatures[:-1].split("\n"):
        dash, name, data = line.split(" ")
        want(dash == "\u2014", "a signature line")
        for key in keys or []:
            key_name, identity, public = read_key(key)
            if (name, b64(data)[:4]) == (key_name, identity):
                want(name == origin and ed25519(public, text.encode() + b"\n", b64(data)[4:]), "a signature")
                signed.add(key)
    want(keys is None or signed, "signed by no key")
    return origin, int(size), b64(root), signed

node = lambda left, right: sha256(b"\x01", left, right)
def climb(fn, sn, hashes, steps):
    for p in hashes:
        want(sn != 0, "a proof that is too long")
        if fn & 1 or fn == sn:
            steps = [node(p, s) for s in steps]
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            steps[-1] = node(steps[-1], p)
        fn, sn = fn >> 1, sn >> 1
    want(sn == 0, "a proof that is too short")
    return steps

def check_consistency(size, root, to, to_root, hashes):
    want(size <= to, "a checkpoint that is newer")
    if size == 0 or size == to:
        return want(not hashes and (size == 0 or root == to_root), "the consistency of equals")
    hashes = ([root] if size & (size - 1) == 0 else []) + hashes
    want(hashes, "a proof that is empty")
    fn, sn = size - 1, to - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    want(climb(fn, sn, hashes[1:], [hashes[0], hashes[0]]) == [root, to_root], "a consistency")

# ---- time stamps: RFC 3161 in CMS, RSA ----
def der(data):  # (tag, contents, all of its bytes) of each element
    out, at = [], 0
    while at < len(data):
        tag, n, i = data[at], data[at + 1], at + 2
        if n & 128:
            i, n = i + (n & 127), int.from_bytes(data[i:i + (n & 127)], "big")
        want(i + n <= len(data), "DER")
        out.append((tag, data[i:i + n], data[at:i + n]))
        at = i + n
    return out
inside = lambda element: der(element[1])

def rsa(certificate, text, signature):  # with SHA-256, 384 or 512 (RFC 8017, 8.2.2)
    key_info = next(f for f in inside(inside(certificate)[0]) if b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" in f[1] and inside(f)[1][0] == 3)
    n, e = (int.from_bytes(x[1], "big") for x in inside(der(inside(key_info)[1][1][1:])[0]))
    found = pow(int.from_bytes(signature, "big"), e, n).to_bytes((n.bit_length() + 7) // 8, "big")
    for name, last in (("sha256", 1), ("sha384", 2), ("sha512", 3)):
        digest = hashlib.new(name, text).digest()
        info = bytes([0x30, 17 + len(digest), 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 5, 0, 4, len(digest)]) + digest
        if found == b"\x00\x01" + b"\xff" * (len(found) - len(info) - 3) + b"\x00" + info:
            return True
    return False

def check_stamp(answer, pem, checkpoints):
    response = der(answer)
    want(len(response) == 1 and inside(inside(response[0])[0])[0][1] in (b"\x00", b"\x01"), "a stamp that was refused")
    signed = inside(inside(inside(inside(response[0])[1])[1])[0])  # version, digests, content, certificates, signers
    info = inside(inside(signed[2])[1])[0][1]
    imprint = inside(inside(der(info)[0])[2])[1][1]
    want(imprint in map(sha256, checkpoints), "a stamp over something else")
    signer = inside(next(s for s in signed if s[0] == 0x31 and s is not signed[1]))[0]
    attributes, signature = (next(f for f in inside(signer) if f[0] == tag) for tag in (0xA0, 4))
    digests = [inside(inside(a)[1])[0][1] for a in inside(attributes) if inside(a)[0][1] == b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04"]
    want(digests and digests[0] in (sha256(info), hashlib.sha512(info).digest()), "the digest of a stamp")
    certificates = [c for s in signed if s[0] == 0xA0 for c in inside(s) if sha256(c[2]) in attributes[1]]
    want(certificates and rsa(certificates[0], b"\x31" + attributes[2][1:], signature[1]), "the signature of a stamp")
    want(b"\x06\x03\x55\x1d\x25\x01\x01\xff" in certificates[0][1] and b"\x2b\x06\x01\x05\x05\x07\x03\x08" in certificates[0][1], "its purpose")
    body, _, last = inside(certificates[0])
    roots = [der(base64.b64decode(p))[0] for p in re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pem.decode(), re.S)]
    want(any(rsa(root, body[2], last[1][1:]) for root in roots), "the certificate of a stamp")

# ---- the index and its page ----
STATES = {"fresh": ("유효", "fresh"), "stale": ("기한 지남", "stale"), "none": ("없음", "none"), "compliant": ("적합", "compliant"),
          "partial": ("부분 적합", "partial"), "nonCompliant": ("부적합", "non-compliant"), "unknown": ("미확인", "unknown"),
          "notApplicable": ("해당 없음", "not applicable")}
text = lambda thing, name: thing[name] if isinstance(thing, dict) and isinstance(thing.get(name), str) else ""
escaped = lambda s: s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
both = lambda ko, en: '%s <span lang="en">%s</span>' % (ko, en)

def words(thing):
    ko, en = escaped(text(thing, "ko")), escaped(text(thing, "en"))
    if not en:
        return ko
    return ko + ' <span class="en" lang="en">%s</span>' % en if ko else '<span lang="en">%s</span>' % en

def state(name):
    return '<span class="state s-%s">%s</span>' % (name, both(*STATES[name])) if name in STATES else escaped(name)

def page_of(index):
    number = {file["id"]: n for n, file in enumerate(index["files"], 1)}
    subject = index.get("subject")
    rows = ((("프레임워크", "Framework"), text(index.get("framework"), "id")), (("유형", "Scheme"), text(index.get("scheme"), "id")),
            (("범위", "Scope"), text(subject, "scope")), (("측정 대상", "Measure"), text(subject, "measure")), (("기준 일시", "As of"), text(index, "asOf")))
    out = ["<p>%s</p>\n<table>\n" % words((index.get("framework") or {}).get("title"))]
    out += ["<tr><th>%s</th><td>%s</td></tr>\n" % (both(*name), escaped(value)) for name, value in rows if value]
    out += ["</table>\n<h2>%s</h2>\n<table>\n<tr>%s</tr>\n" % (both("통제", "Controls"), "".join("<th>%s</th>" % both(*name) for name in (
        ("번호", "No."), ("통제", "Control"), ("상태", "State"), ("증적", "Evidence"))))]
    for control in index["controls"]:
        rules = "".join("<div>%s %s%s</div>" % (state(text(rule, "freshness")), words(rule.get("name")), "".join(
            ' <a href="#f%d">[%d]</a>' % (number[p["id"]], number[p["id"]]) for p in rule["pieces"])) for rule in control["rules"])
        out += ["<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n" % (
            escaped(text(control, "label")), words(control.get("title")), state(text(control, "state") or text(control, "freshness")), rules)]
    out += ["</table>\n<h2>%s</h2>\n<table>\n<tr><th></th>%s<th>evidence/</th></tr>\n" % (both("파일", "Files"), "".join(
        "<th>%s</th>" % both(*name) for name in (("제목", "Title"), ("종류", "Kind"), ("파일 이름", "File name"), ("받은 때", "Taken"))))]
    for n, file in enumerate(index["files"], 1):
        cells = "".join("<td>%s</td>" % escaped(text(file, name)) for name in ("title", "kind", "fileName", "takenAt"))
        out += ['<tr id="f%d"><td>%d</td>%s<td><code>%s</code></td></tr>\n' % (n, n, cells, escaped(text(file, "sha256")))]
    return "".join(out + ["</table>\n"]).encode()

def check_index(members):
    index, page = read_canonical(members["index.json"]), members["index.html"]
    want("evidence/" + sha256(members["index.json"]).hex() in members, "index.json that the log does not prove")
    want(index["format"] == "mapae-index/1", "the form of index.json")
    for file in index["files"]:
        want(file["id"] and type(file["sizeBytes"]) is int and len(members["evidence/" + file["sha256"]]) == file["sizeBytes"], "a file of index.json")
    ids = {file["id"] for file in index["files"]}
    for control in index["controls"]:
        want(text(control, "id") and text(control, "freshness"), "a control of index.json")
        want(all(piece["id"] in ids for rule in control["rules"] for piece in rule["pieces"]), "a piece that is no file of index.json")
    (head, head_hash), (foot, foot_hash) = PAGE_HEAD, PAGE_FOOT
    want((sha256(page[:head]).hex(), sha256(page[-foot:]).hex()) == (head_hash, foot_hash) and page[head:-foot] == page_of(index),
         "index.html that does not follow from index.json")
    return {"controls": len(index["controls"]), "files": len(index["files"])}

# ---- all of it, in the order of the page ----
def commitment(leaf, name):
    changes = leaf.get("changes")
    if name.startswith("changes/"):
        found = changes[int(name.split("/")[1])]["key"] if re.fullmatch(r"changes/[0-9]{1,9}/key", name) else None
    elif name in ("changes", "detail"):
        found = leaf[name]["digest"]
    elif name in ("who/id", "who/session"):
        found = leaf["who"][name[4:]]
    else:
        found = leaf.get("sealed", {}).get(name) or leaf.get(name)
    want(isinstance(found, str) and re.fullmatch("sha256:[0-9a-f]{64}", found), "nothing is sealed as " + name)
    return found

def verify(data, trusted=None, since=None):
    manifest, members = read_archive(data)
    numbered = {}
    for name in members:
        for kind, other in TOGETHER:
            m = re.fullmatch(re.escape(kind).replace("%s", "([0-9]+)"), name)
            want(not m or other % m[1] in members, "no partner of " + name)
            numbered.setdefault(kind, []).extend([int(m[1])] if m else [])
    each = lambda kind: [(n, members[kind % n]) for n in sorted(set(numbered.get(kind, [])))]
    want(sha256(members["README.txt"]).hex() == README, "README.txt")
    keys = members["keys.txt"].decode().split("\n")
    want(keys.pop() == "" and 0 < len(keys) == len(set(keys)) <= 1000 and all(map(read_key, keys)), "keys.txt")
    origin, size, root, signed = read_checkpoint(members["checkpoint"], keys)
    want(origin == manifest["origin"], "the origin")
    older = {n: read_checkpoint(note, keys) for n, note in each("checkpoints/%s")}
    for n, (its_origin, its_size, its_root, _) in older.items():
        proof = read_canonical(members["consistency/%d.json" % n], ("from", "hashes", "to"))
        want((its_origin, its_size, proof["from"], proof["to"]) == (origin, n, n, size), "an older checkpoint")
        check_consistency(n, its_root, size, root, list(map(b64, proof["hashes"])))
    leaves = dict(each("leaves/%s.json"))
    for n, leaf in leaves.items():
        proof = read_canonical(members["proofs/%d.json" % n], ("hashes", "index", "size"))
        want((proof["index"], proof["size"]) == (n, size) and n < size, "the proof of a leaf")
        want(climb(n, size - 1, list(map(b64, proof["hashes"])), [sha256(b"\x00", leaf)]) == [root], "the place of a leaf")
        leaves[n] = read_json(leaf)
    if trusted is not None:
        good = set(keys) & set(trusted)
        for _ in keys:
            for n, leaf in leaves.items():
                if leaf["action"] == "Mapae.Ledger/key/rotate" and any(n < k and o[3] & good for k, o in older.items()):
                    good |= {leaf["detail"]["key"]} & set(keys)
        want(signed & good, "signed by no key that is trusted")
    if since is not None:
        its_origin, its_size, its_root, _ = read_checkpoint(since)
        have = root if its_size == size else older.get(its_size, [None] * 3)[2]
        want((its_origin, its_root) == (origin, have), "not grown from the older checkpoint")
    opened = {n: read_canonical(text) for n, text in each("opened/%s.json")}
    want(all(opened.values()), "nothing opened")
    for n, openings in opened.items():
        for name, o in openings.items():
            want(set(o) == {"salt", "value"} and len(o["salt"]) == 32, "an opening")
            found = "sha256:" + sha256(bytes.fromhex(o["salt"]), canonical(o["value"]).encode()).hex()
            want(found == commitment(leaves[n], name), "an opening of another value")
    named, records = set(), each("records/%s.json")
    for n, body in records:
        meta = read_canonical(members["records/%d.meta.json" % n], ("key", "kind", "leaf", "salt"))
        changes = leaves[meta["leaf"]]["changes"]
        changes = opened[meta["leaf"]]["changes"]["value"] if isinstance(changes, dict) else changes
        want(len(meta["salt"]) == 32, "a salt")
        entry = (meta["kind"], meta["key"], sha256(bytes.fromhex(meta["salt"]), body).hex())
        want(entry in [(c["kind"], c["key"], c.get("after")) for c in changes], "a record")
        named |= {read_json(body)["sha256"]} if meta["kind"] == "evidence" else set()
    evidence = {name[9:] for name in members if name.startswith("evidence/")}
    want(evidence <= named, "evidence that no record names")
    indexed = check_index(members) if FORMATS[manifest["format"]] else None
    for n, answer in each("stamps/%s.tsr"):
        check_stamp(answer, members["stamps/%d.pem" % n], [members["checkpoint"]] + [note for _, note in each("checkpoints/%s")])
    return {"leaves": len(leaves), "opened": sum(map(len, opened.values())), "records": len(records), "evidence": len(evidence),
            "stamps": len(each("stamps/%s.tsr")), "size": size, "root": root.hex(), **({"index": indexed} if indexed else {})}

def main(arguments):
    options = dict(zip(arguments[1::2], arguments[2::2]))
    data, keys, since = (open(name, "rb").read() if name else None for name in (arguments[0], options.get("--key"), options.get("--since")))
    try:
        print(json.dumps(verify(data, keys and keys.decode().split("\n"), since), sort_keys=True))
        return 0
    except (DoesNotHold, ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError) as why:
        print("does not hold: %s" % (why or type(why).__name__))
        return 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
