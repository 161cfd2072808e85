/* SPDX-License-Identifier: Apache-2.0 */
/* What a package claims, checked from the head downwards: the checkpoint by its key, everything else by the
 * checkpoint. The order is that of docs/ledger.md, which is written so that somebody else can do the same;
 * tests/ledger/verify_package.py is somebody else. */
#include "package.h"

#include <stdlib.h>

#include "checkpoint.h"
#include "leaf.h"
#include "package_index.h"
#include "package_read.h"
#include "secret.h"
#include "stamp.h"

#define KEYS_MAX 1000

struct older {
    mp_checkpoint            head;
    const mp_package_member *member;
    bool                    *signed_by; /* for each of the keys */
};

struct verifying {
    mp_package_archive       archive;
    const mp_package_trust  *trust;
    mp_package_report       *report;
    mp_arena                *arena;
    mp_merkle_hasher        *hasher;
    mp_verifier             *keys;
    mp_str                  *key_texts;
    bool                    *trusted; /* for each of the keys: the reader gave it, or it follows from one */
    size_t                   key_count;
    mp_checkpoint            head;
    bool                    *head_signed_by;
    const mp_package_member *head_member;
    struct older            *older;
    size_t                   older_count;
    bool                    *is_named; /* for each of the members: evidence that a record names */
    /* what the leaf changed that was looked at last: records of one leaf are checked one after the other */
    mp_arena                 changes_arena;
    const mp_json           *changes;
    uint64_t                 changes_of;
    bool                     has_changes;
};

static mp_code does_not_hold(mp_str name, const mp_error *why, mp_error *err)
{
    if (why->code == MP_NOMEM)
        return mp_no_memory(err);
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s does not hold: %s", MP_FMT(name), why->message);
}

/* ---- which members there are ---- */

/* A member without the one that it belongs to means nothing, so it is not let in. */
static const struct {
    mp_part part, needs;
} pairs[] = {
    { MP_PART_LEAF, MP_PART_PROOF },         { MP_PART_PROOF, MP_PART_LEAF },
    { MP_PART_OPENED, MP_PART_LEAF },
    { MP_PART_RECORD, MP_PART_RECORD_META }, { MP_PART_RECORD_META, MP_PART_RECORD },
    { MP_PART_STAMP, MP_PART_STAMP_CA },
    { MP_PART_STAMP_CA, MP_PART_STAMP },     { MP_PART_OLDER, MP_PART_CONSISTENCY },
    { MP_PART_CONSISTENCY, MP_PART_OLDER },
};

static mp_code get(const mp_package_member **out, const struct verifying *v, mp_part part, mp_error *err)
{
    *out = mp_package_find(&v->archive, part, 0);
    if (*out)
        return MP_OK;
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the package has no %.*s",
                   MP_FMT(mp_package_name(v->arena, part, 0, MP_S(""))));
}

static mp_code check_members(struct verifying *v, mp_error *err)
{
    const mp_package_member *readme;
    MP_TRY(get(&readme, v, MP_PART_README, err));
    if (!mp_str_eq(readme->bytes, mp_package_readme))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "README.txt is not the text that every package of this format has");
    for (size_t i = 0; i < v->archive.count; i++) {
        const mp_package_member *m = &v->archive.members[i];
        for (size_t k = 0; k < MP_COUNT(pairs); k++)
            if (pairs[k].part == m->part && !mp_package_find(&v->archive, pairs[k].needs, m->number))
                return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                               "the package has %.*s, but not the member that it goes with", MP_FMT(m->name));
    }
    return MP_OK;
}

/* ---- keys and the head ---- */

/* Lines that each end in a newline. *count of them; `lines` may be NULL, to count only. */
static bool split_lines(mp_str *lines, size_t *count, mp_str text)
{
    for (*count = 0; text.len; (*count)++) {
        size_t end = mp_str_find(text, '\n');
        if (end == SIZE_MAX || *count == KEYS_MAX)
            return false;
        if (lines)
            lines[*count] = mp_str_of(text.ptr, end);
        text = mp_str_skip(text, end + 1);
    }
    return true;
}

static mp_code read_keys(struct verifying *v, mp_error *err)
{
    const mp_package_member *m;
    mp_error                 why;
    MP_TRY(get(&m, v, MP_PART_KEYS, err));
    if (!split_lines(NULL, &v->key_count, m->bytes) || v->key_count == 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "keys.txt is not 1 to %d lines", KEYS_MAX);
    v->keys = MP_ARENA_ARRAY(v->arena, mp_verifier, v->key_count);
    v->key_texts = MP_ARENA_ARRAY(v->arena, mp_str, v->key_count);
    v->trusted = MP_ARENA_ARRAY(v->arena, bool, v->key_count);
    if (!v->keys || !v->key_texts || !v->trusted)
        return mp_no_memory(err);
    split_lines(v->key_texts, &v->key_count, m->bytes);
    for (size_t i = 0; i < v->key_count; i++) {
        if (mp_verifier_parse(&v->keys[i], v->key_texts[i], &why) != MP_OK)
            return does_not_hold(m->name, &why, err);
        for (size_t k = 0; k < i; k++)
            if (mp_str_eq(v->key_texts[i], v->key_texts[k]))
                return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "keys.txt has a key twice");
    }
    return MP_OK;
}

static mp_code open_checkpoint(mp_checkpoint *out, bool **signed_by, const struct verifying *v,
                               const mp_package_member *m, mp_error *err)
{
    mp_error why;
    *signed_by = MP_ARENA_ARRAY(v->arena, bool, v->key_count);
    if (!*signed_by)
        return mp_no_memory(err);
    if (mp_checkpoint_open(out, *signed_by, m->bytes, v->keys, v->key_count, &why) != MP_OK)
        return does_not_hold(m->name, &why, err);
    if (!mp_str_eq(out->origin, v->archive.origin))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is of the log %.*s, the package of %.*s", MP_FMT(m->name),
                       MP_FMT(out->origin), MP_FMT(v->archive.origin));
    return MP_OK;
}

static mp_code check_head(struct verifying *v, mp_error *err)
{
    mp_package_report *r = v->report;
    MP_TRY(get(&v->head_member, v, MP_PART_CHECKPOINT, err));
    MP_TRY(open_checkpoint(&v->head, &v->head_signed_by, v, v->head_member, err));
    r->origin = v->head.origin;
    r->size = v->head.size;
    r->keys = v->key_count;
    mp_hex(r->root, v->head.root, sizeof v->head.root);
    for (size_t i = 0; i < v->key_count && !r->key.ptr; i++)
        if (v->head_signed_by[i])
            r->key = v->key_texts[i];
    return MP_OK;
}

/* ---- proofs ---- */

/* {"hashes": [...], A: number, B: number} and no more. */
static mp_code read_proof(mp_proof *out, const struct verifying *v, const mp_package_member *m, mp_str a,
                          uint64_t a_value, mp_str b, uint64_t b_value, mp_error *err)
{
    const mp_json *root;
    MP_TRY(mp_package_json(&root, m->bytes, m->name, v->arena, err));
    const mp_json *hashes = mp_json_get(root, MP_S("hashes")), *av = mp_json_get(root, a), *bv = mp_json_get(root, b);
    if (!mp_json_is(root, MP_JSON_OBJECT) || root->count != 3 || !mp_json_is(hashes, MP_JSON_ARRAY) ||
        hashes->count > MP_PROOF_MAX || !mp_json_is(av, MP_JSON_INT) || !mp_json_is(bv, MP_JSON_INT) ||
        (uint64_t)av->u.integer != a_value || (uint64_t)bv->u.integer != b_value)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is no proof of what its name says", MP_FMT(m->name));
    out->count = 0;
    for (MP_JSON_EACH(hash, hashes)) {
        mp_str bytes = mp_json_is(hash, MP_JSON_STRING) ? mp_unbase64(v->arena, mp_json_str(hash)) : mp_str_of(NULL, 0);
        if (bytes.len != MP_MERKLE_HASH)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s holds something that is no hash in base64",
                           MP_FMT(m->name));
        memcpy(out->hashes[out->count++], bytes.ptr, MP_MERKLE_HASH);
    }
    return MP_OK;
}

static mp_code check_older(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    struct older            *o = &v->older[v->older_count];
    const mp_package_member *proof_member = mp_package_find(&v->archive, MP_PART_CONSISTENCY, m->number);
    mp_proof                 proof;
    mp_error                 why;
    o->member = m;
    MP_TRY(open_checkpoint(&o->head, &o->signed_by, v, m, err));
    if (o->head.size != m->number)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is of the size %llu", MP_FMT(m->name),
                       (unsigned long long)o->head.size);
    MP_TRY(read_proof(&proof, v, proof_member, MP_S("from"), m->number, MP_S("to"), v->head.size, err));
    if (mp_merkle_check_consistency(o->head.size, o->head.root, v->head.size, v->head.root, &proof, &why) != MP_OK)
        return does_not_hold(proof_member->name, &why, err);
    v->older_count++;
    return MP_OK;
}

static mp_code check_leaf(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_package_member *proof_member = mp_package_find(&v->archive, MP_PART_PROOF, m->number);
    mp_proof                 proof;
    uint8_t                  hash[MP_MERKLE_HASH];
    mp_error                 why;
    MP_TRY(read_proof(&proof, v, proof_member, MP_S("index"), m->number, MP_S("size"), v->head.size, err));
    MP_TRY(mp_merkle_leaf(hash, v->hasher, m->bytes, err));
    if (mp_merkle_check_inclusion(v->head.root, hash, m->number, v->head.size, &proof, &why) != MP_OK)
        return does_not_hold(m->name, &why, err);
    v->report->leaves++;
    return MP_OK;
}

/* ---- what leaves commit to ---- */

static mp_code read_leaf(const mp_json **out, const struct verifying *v, uint64_t index, mp_str for_name, mp_arena *arena,
                         mp_error *err)
{
    const mp_package_member *m = mp_package_find(&v->archive, MP_PART_LEAF, index);
    if (!m)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is about leaf %llu, which the package does not have",
                       MP_FMT(for_name), (unsigned long long)index);
    return mp_package_value(out, m->bytes, m->name, arena, err);
}

static mp_code check_opened(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_json *root, *leaf;
    mp_error       why;
    MP_TRY(mp_package_json(&root, m->bytes, m->name, v->arena, err));
    MP_TRY(read_leaf(&leaf, v, m->number, m->name, v->arena, err));
    if (!mp_json_is(root, MP_JSON_OBJECT) || root->count == 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s opens nothing", MP_FMT(m->name));
    for (MP_JSON_MEMBERS(key, root)) {
        const mp_json *salt = mp_json_get(key + 1, MP_S("salt")), *value = mp_json_get(key + 1, MP_S("value"));
        mp_str         sealed = mp_commitment_of(leaf, mp_json_str(key));
        if (!mp_json_is(salt, MP_JSON_STRING) || !value || (key + 1)->count != 2)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s has something that is not salt and value",
                           MP_FMT(m->name));
        if (!sealed.len)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s opens what its leaf has not sealed", MP_FMT(m->name));
        if (mp_commitment_check(sealed, mp_json_str(salt), value, v->hasher, &why) != MP_OK)
            return does_not_hold(m->name, &why, err);
        v->report->opened++;
    }
    return MP_OK;
}

static bool is_text(const mp_json *v, mp_str wanted)
{
    return mp_json_is(v, MP_JSON_STRING) && mp_str_eq(mp_json_str(v), wanted);
}

/* The list of what a leaf changed; one that was too long for the leaf is sealed, and then it counts if the
 * package opens it. */
static mp_code read_changes(const mp_json **out, const struct verifying *v, uint64_t index, mp_str for_name,
                            mp_arena *arena, mp_error *err)
{
    const mp_package_member *m = mp_package_find(&v->archive, MP_PART_OPENED, index);
    const mp_json           *leaf, *opened;
    MP_TRY(read_leaf(&leaf, v, index, for_name, arena, err));
    *out = mp_json_get(leaf, MP_S("changes"));
    if (!mp_json_is(*out, MP_JSON_OBJECT) || !m)
        return MP_OK;
    MP_TRY(mp_package_value(&opened, m->bytes, m->name, arena, err));
    *out = mp_json_get(mp_json_get(opened, MP_S("changes")), MP_S("value"));
    return MP_OK;
}

static mp_code find_changes(const mp_json **out, struct verifying *v, uint64_t index, mp_str for_name, mp_error *err)
{
    if (!v->has_changes || v->changes_of != index) {
        v->has_changes = false;
        mp_arena_reset(&v->changes_arena);
        MP_TRY(read_changes(&v->changes, v, index, for_name, &v->changes_arena, err));
        v->changes_of = index;
        v->has_changes = true;
    }
    *out = v->changes;
    return MP_OK;
}

/* The record of this kind and key was so afterwards. */
static bool has_change(const mp_json *changes, mp_str kind, mp_str key, mp_str hash)
{
    if (!mp_json_is(changes, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(change, changes))
        if (is_text(mp_json_get(change, MP_S("kind")), kind) && is_text(mp_json_get(change, MP_S("key")), key) &&
            is_text(mp_json_get(change, MP_S("after")), hash))
            return true;
    return false;
}

/* A record of evidence vouches for the file that has its hash. */
static mp_code name_evidence(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    mp_arena       scratch = MP_ARENA_INIT;
    const mp_json *body;
    mp_code        code = mp_package_value(&body, m->bytes, m->name, &scratch, err);
    const mp_json *sha256 = code == MP_OK ? mp_json_get(body, MP_S("sha256")) : NULL;
    const mp_package_member *file =
        mp_json_is(sha256, MP_JSON_STRING) ? mp_package_find_evidence(&v->archive, mp_json_str(sha256)) : NULL;
    if (file)
        v->is_named[file - v->archive.members] = true;
    mp_arena_free(&scratch);
    return code;
}

struct meta {
    mp_str   kind, key; /* as they stand in the leaf */
    uint64_t leaf;
    uint8_t  salt[MP_SALT];
};

static mp_code read_meta(struct meta *out, const struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_json *meta;
    MP_TRY(mp_package_json(&meta, m->bytes, m->name, v->arena, err));
    const mp_json *kind = mp_json_get(meta, MP_S("kind")), *key = mp_json_get(meta, MP_S("key")),
                  *index = mp_json_get(meta, MP_S("leaf")), *salt = mp_json_get(meta, MP_S("salt"));
    if (!mp_json_is(meta, MP_JSON_OBJECT) || meta->count != 4 || !mp_json_is(kind, MP_JSON_STRING) ||
        !mp_json_is(key, MP_JSON_STRING) || !mp_json_is(index, MP_JSON_INT) || !mp_json_is(salt, MP_JSON_STRING) ||
        !mp_unhex(out->salt, sizeof out->salt, mp_json_str(salt)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is not kind, key, leaf and salt", MP_FMT(m->name));
    out->kind = mp_json_str(kind);
    out->key = mp_json_str(key);
    out->leaf = (uint64_t)index->u.integer;
    return MP_OK;
}

static mp_code check_record(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_package_member *meta_member = mp_package_find(&v->archive, MP_PART_RECORD_META, m->number);
    const mp_json           *changes;
    struct meta              meta;
    uint8_t                  digest[32];
    char                     hash[65];
    MP_TRY(read_meta(&meta, v, meta_member, err));
    MP_TRY(find_changes(&changes, v, meta.leaf, meta_member->name, err));
    MP_TRY(mp_merkle_plain(digest, v->hasher, mp_str_of((const char *)meta.salt, sizeof meta.salt), m->bytes, err));
    mp_hex(hash, digest, sizeof digest);
    if (!has_change(changes, meta.kind, meta.key, mp_str_of(hash, 64)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is not what leaf %llu says that was written", MP_FMT(m->name),
                       (unsigned long long)meta.leaf);
    v->report->records++;
    return mp_str_eq(meta.kind, MP_S("evidence")) ? name_evidence(v, m, err) : MP_OK;
}

static mp_code check_evidence(struct verifying *v, mp_error *err)
{
    for (size_t i = 0; i < v->archive.count; i++) {
        const mp_package_member *m = &v->archive.members[i];
        if (m->part != MP_PART_EVIDENCE)
            continue;
        if (!v->is_named[i])
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "no record of the package names %.*s", MP_FMT(m->name));
        v->report->evidence++;
        v->report->evidence_bytes += m->size;
    }
    return MP_OK;
}

/* ---- the index ---- */

/* It is one of the proved files, byte for byte; the page is what follows from it; and what it lists is there. */
static mp_code check_index(struct verifying *v, mp_error *err)
{
    const mp_package_member *index = mp_package_find(&v->archive, MP_PART_INDEX, 0),
                            *page = mp_package_find(&v->archive, MP_PART_INDEX_PAGE, 0);
    const mp_json *root;
    mp_buf         html = MP_BUF_INIT;
    mp_error       why;
    if (!v->archive.has_index)
        return index || page ? mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the package has an index, and its format has none") : MP_OK;
    MP_TRY(get(&index, v, MP_PART_INDEX, err));
    MP_TRY(get(&page, v, MP_PART_INDEX_PAGE, err));
    if (!mp_package_find_evidence(&v->archive, index->sha256))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "index.json is not one of the files that the log proves");
    MP_TRY(mp_package_json(&root, index->bytes, index->name, v->arena, err));
    if (mp_package_index_check(v->report, root, &v->archive, &why) != MP_OK)
        return does_not_hold(index->name, &why, err);
    mp_package_index_page(&html, root);
    bool is_same = !html.failed && mp_str_eq(mp_buf_str(&html), page->bytes);
    bool is_short = html.failed;
    mp_buf_free(&html);
    if (is_short)
        return mp_no_memory(err);
    return is_same ? MP_OK : mp_fail(err, MP_DAMAGED, MP_NOWHERE, "index.html does not say what index.json says");
}

/* ---- time stamps ---- */

/* The checkpoint of the package that has this hash. */
static const mp_package_member *stamped(uint64_t *size, const struct verifying *v, const uint8_t imprint[32])
{
    char hex[65];
    mp_hex(hex, imprint, 32);
    *size = v->head.size;
    if (mp_str_eq(v->head_member->sha256, mp_str_of(hex, 64)))
        return v->head_member;
    for (size_t i = 0; i < v->older_count; i++) {
        *size = v->older[i].head.size;
        if (mp_str_eq(v->older[i].member->sha256, mp_str_of(hex, 64)))
            return v->older[i].member;
    }
    return NULL;
}

static mp_code check_stamp(struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_package_member *ca = mp_package_find(&v->archive, MP_PART_STAMP_CA, m->number), *text;
    mp_package_stamp        *stamp = &v->report->stamps[v->report->stamp_count];
    mp_stamp_report          found;
    uint8_t                  imprint[32];
    mp_error                 why;
    if (mp_stamp_imprint(imprint, m->bytes, &why) != MP_OK)
        return does_not_hold(m->name, &why, err);
    text = stamped(&stamp->size, v, imprint);
    if (!text)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is over no checkpoint of the package", MP_FMT(m->name));
    if (mp_stamp_verify(&found, m->bytes, text->bytes, ca->bytes, 0, &why) != MP_OK)
        return does_not_hold(m->name, &why, err);
    stamp->at = found.at;
    stamp->signer = mp_arena_dup(v->arena, mp_str_from(found.signer));
    stamp->ca = mp_arena_dup(v->arena, mp_str_from(found.ca));
    if (!stamp->signer.ptr || !stamp->ca.ptr)
        return mp_no_memory(err);
    if (v->trust->stamp_ca.len) {
        mp_code code = mp_stamp_verify(&found, m->bytes, text->bytes, v->trust->stamp_ca, 0, &why);
        if (code == MP_NOMEM || code == MP_PARAMETER)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        stamp->is_pinned = code == MP_OK;
    }
    v->report->stamp_count++;
    return MP_OK;
}

/* ---- trust ---- */

static mp_code pin_keys(struct verifying *v, mp_error *err)
{
    mp_str text = v->trust->keys;
    while (text.len) {
        mp_verifier given;
        mp_error    why;
        size_t      end = mp_str_find(text, '\n');
        mp_str      line = mp_str_trim(mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end));
        text = mp_str_skip(text, end == SIZE_MAX ? text.len : end + 1);
        if (line.len == 0)
            continue;
        if (mp_verifier_parse(&given, line, &why) != MP_OK)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the trusted key cannot be read: %s", why.message);
        for (size_t i = 0; i < v->key_count; i++)
            if (mp_str_eq(given.name, v->keys[i].name) && memcmp(given.key, v->keys[i].key, sizeof given.key) == 0)
                v->trusted[i] = true;
    }
    return MP_OK;
}

static bool is_signed_by_trusted(const struct verifying *v, const bool *signed_by)
{
    for (size_t i = 0; i < v->key_count; i++)
        if (v->trusted[i] && signed_by[i])
            return true;
    return false;
}

/* The leaf that names a new key (ledger.h): its action, and where the key stands. */
static const mp_str rotation = MP_S_INIT("Mapae.Ledger/key/rotate");

static mp_str new_key(const mp_json *leaf)
{
    const mp_json *key = mp_json_get(mp_json_get(leaf, MP_S("detail")), MP_S("key"));
    bool           is_rotation = is_text(mp_json_get(leaf, MP_S("action")), rotation);
    return is_rotation && mp_json_is(key, MP_JSON_STRING) ? mp_json_str(key) : mp_str_of("", 0);
}

/* Leaf `m` names a new key, below a checkpoint that a trusted key signed: then that key is trusted too. */
static mp_code follow(bool *is_new, struct verifying *v, const mp_package_member *m, mp_error *err)
{
    const mp_json *leaf;
    MP_TRY(read_leaf(&leaf, v, m->number, m->name, v->arena, err));
    mp_str next = new_key(leaf);
    for (size_t k = 0; k < v->key_count; k++) {
        if (v->trusted[k] || !mp_str_eq(next, v->key_texts[k]))
            continue;
        for (size_t i = 0; i < v->older_count && !v->trusted[k]; i++)
            v->trusted[k] = m->number < v->older[i].head.size && is_signed_by_trusted(v, v->older[i].signed_by);
        *is_new = *is_new || v->trusted[k];
    }
    return MP_OK;
}

static mp_code check_trust(struct verifying *v, mp_error *err)
{
    if (!v->trust->keys.len)
        return MP_OK;
    MP_TRY(pin_keys(v, err));
    for (bool is_new = true; is_new && !is_signed_by_trusted(v, v->head_signed_by);) {
        is_new = false;
        for (size_t i = 0; i < v->archive.count; i++)
            if (v->archive.members[i].part == MP_PART_LEAF &&
                mp_str_find_str(v->archive.members[i].bytes, rotation) != SIZE_MAX)
                MP_TRY(follow(&is_new, v, &v->archive.members[i], err));
    }
    v->report->is_pinned = is_signed_by_trusted(v, v->head_signed_by);
    if (!v->report->is_pinned)
        return mp_fail(
            err, MP_DAMAGED, MP_NOWHERE,
            "the checkpoint is signed by %.*s, which is not the key that you trust, and does not follow from it",
            MP_FMT(v->report->key));
    return MP_OK;
}

static mp_code check_since(struct verifying *v, mp_error *err)
{
    mp_checkpoint since;
    mp_str        text, signatures;
    mp_error      why;
    if (!v->trust->since.len)
        return MP_OK;
    mp_code code = mp_note_split(&text, &signatures, v->trust->since, &why);
    if (code == MP_OK)
        code = mp_checkpoint_parse(&since, text, &why);
    if (code != MP_OK)
        return mp_fail(err, code == MP_NOMEM ? MP_NOMEM : MP_PARAMETER, MP_NOWHERE,
                       "your older checkpoint cannot be read: %s", why.message);
    const uint8_t *root = since.size == v->head.size ? v->head.root : NULL;
    for (size_t i = 0; i < v->older_count && !root; i++)
        if (v->older[i].head.size == since.size)
            root = v->older[i].head.root;
    if (!root || !mp_str_eq(since.origin, v->head.origin))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the package does not show that the log only grew since your checkpoint of size %llu",
                       (unsigned long long)since.size);
    if (memcmp(root, since.root, sizeof since.root) != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the log was rewritten: your checkpoint of size %llu has another root than the package's",
                       (unsigned long long)since.size);
    v->report->is_since = true;
    return MP_OK;
}

/* ---- all of it ---- */

typedef mp_code (*check_fn)(struct verifying *v, const mp_package_member *m, mp_error *err);

static mp_code each(struct verifying *v, mp_part part, check_fn check, mp_error *err)
{
    for (size_t i = 0; i < v->archive.count; i++)
        if (v->archive.members[i].part == part)
            MP_TRY(check(v, &v->archive.members[i], err));
    return MP_OK;
}

/* The same for what leaves nothing behind in the arena, by number: so memory does not grow with how many there are. */
static int by_number(const void *a, const void *b)
{
    const mp_package_member *x = *(const mp_package_member *const *)a, *y = *(const mp_package_member *const *)b;
    return (x->number > y->number) - (x->number < y->number);
}

static mp_code each_numbered(struct verifying *v, mp_part part, check_fn check, mp_error *err)
{
    size_t                    count = 0;
    const mp_package_member **list = MP_ARENA_ARRAY(v->arena, const mp_package_member *, v->archive.count + 1);
    if (!list)
        return mp_no_memory(err);
    for (size_t i = 0; i < v->archive.count; i++)
        if (v->archive.members[i].part == part)
            list[count++] = &v->archive.members[i];
    if (count)
        qsort(list, count, sizeof *list, by_number);
    for (size_t i = 0; i < count; i++) {
        mp_arena_mark mark = mp_arena_save(v->arena);
        MP_TRY(check(v, list[i], err));
        mp_arena_restore(v->arena, mark);
    }
    return MP_OK;
}

static size_t count_of(const struct verifying *v, mp_part part)
{
    size_t n = 0;
    for (size_t i = 0; i < v->archive.count; i++)
        n += v->archive.members[i].part == part;
    return n;
}

static mp_code verify(struct verifying *v, const char *path, mp_error *err)
{
    MP_TRY(mp_package_read(&v->archive, path, v->arena, err));
    v->older = MP_ARENA_ARRAY(v->arena, struct older, count_of(v, MP_PART_OLDER) + 1);
    v->report->stamps = MP_ARENA_ARRAY(v->arena, mp_package_stamp, count_of(v, MP_PART_STAMP) + 1);
    v->is_named = MP_ARENA_ARRAY(v->arena, bool, v->archive.count + 1);
    if (!v->older || !v->report->stamps || !v->is_named)
        return mp_no_memory(err);
    MP_TRY(check_members(v, err));
    MP_TRY(read_keys(v, err));
    MP_TRY(check_head(v, err));
    MP_TRY(each(v, MP_PART_OLDER, check_older, err));
    MP_TRY(each_numbered(v, MP_PART_LEAF, check_leaf, err));
    MP_TRY(check_trust(v, err));
    MP_TRY(check_since(v, err));
    MP_TRY(each_numbered(v, MP_PART_OPENED, check_opened, err));
    MP_TRY(each_numbered(v, MP_PART_RECORD, check_record, err));
    MP_TRY(check_evidence(v, err));
    MP_TRY(check_index(v, err));
    MP_TRY(each(v, MP_PART_STAMP, check_stamp, err));
    v->report->installation = v->archive.installation;
    v->report->created = v->archive.created;
    v->report->members = v->archive.count + 1; /* the manifest too */
    v->report->checkpoints = 1 + v->older_count;
    return MP_OK;
}

mp_code mp_package_verify(mp_package_report *out, const char *path, const mp_package_trust *trust, mp_arena *arena,
                          mp_error *err)
{
    mp_package_report report = { .size = 0 };
    struct verifying  v = { .trust = trust, .report = &report, .arena = arena };
    mp_code           code = mp_merkle_hasher_new(&v.hasher, err);
    if (code == MP_OK)
        code = verify(&v, path, err);
    mp_merkle_hasher_free(v.hasher);
    mp_arena_free(&v.changes_arena);
    if (code == MP_OK)
        *out = report;
    return code;
}
