/* SPDX-License-Identifier: Apache-2.0 */
#include "package_read.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "canonical.h"
#include "evidence.h"
#include "evidence_file.h"
#include "jsonw.h"
#include "note.h"
#include "package.h"
#include "package_tar.h"
#include "secret.h"
#include "source.h"
#include "stamp.h"

#define MANIFEST_MAX ((uint64_t)64 << 20) /* bytes */
#define JSON_DEPTH MP_JSONW_DEPTH
#define STEP ((size_t)64 << 10)

/* ---- names ---- */

enum { PLAIN, NUMBERED, HEX };

static const struct {
    const char *before, *after;
    int         middle;
    uint64_t    most; /* bytes of such a member */
} forms[MP_PART_COUNT] = {
    [MP_PART_CHECKPOINT] = { "checkpoint", "", PLAIN, MP_NOTE_MAX },
    [MP_PART_OLDER] = { "checkpoints/", "", NUMBERED, MP_NOTE_MAX },
    [MP_PART_CONSISTENCY] = { "consistency/", ".json", NUMBERED, 8192 },
    [MP_PART_EVIDENCE] = { "evidence/", "", HEX, MP_EVIDENCE_MAX },
    [MP_PART_INDEX] = { "index.json", "", PLAIN, MP_PACKAGE_INDEX_MAX },
    [MP_PART_INDEX_PAGE] = { "index.html", "", PLAIN, 8 * (uint64_t)MP_PACKAGE_INDEX_MAX },
    [MP_PART_KEYS] = { "keys.txt", "", PLAIN, 1 << 20 },
    [MP_PART_LEAF] = { "leaves/", ".json", NUMBERED, MP_LEAF_MAX },
    [MP_PART_OPENED] = { "opened/", ".json", NUMBERED, 1 << 20 },
    [MP_PART_PROOF] = { "proofs/", ".json", NUMBERED, 8192 },
    [MP_PART_README] = { "README.txt", "", PLAIN, 1 << 16 },
    [MP_PART_RECORD] = { "records/", ".json", NUMBERED, MP_RECORD_BODY_MAX },
    [MP_PART_RECORD_META] = { "records/", ".meta.json", NUMBERED, 8192 },
    [MP_PART_STAMP] = { "stamps/", ".tsr", NUMBERED, MP_STAMP_ANSWER_MAX },
    [MP_PART_STAMP_CA] = { "stamps/", ".pem", NUMBERED, MP_STAMP_CA_MAX },
};

/* Decimal digits without a zero in front, at most INT64_MAX. */
static bool read_number(uint64_t *out, mp_str s)
{
    if (s.len == 0 || s.len > 19 || (s.len > 1 && s.ptr[0] == '0'))
        return false;
    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *out = *out * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    return *out <= INT64_MAX;
}

static bool is_of(mp_package_member *m, mp_part part)
{
    mp_str before = mp_str_from(forms[part].before), after = mp_str_from(forms[part].after);
    if (m->name.len < before.len + after.len || !mp_str_starts(m->name, before) || !mp_str_ends(m->name, after))
        return false;
    mp_str middle = mp_str_of(m->name.ptr + before.len, m->name.len - before.len - after.len);
    switch (forms[part].middle) {
    case NUMBERED:
        return read_number(&m->number, middle);
    case HEX:
        return mp_is_sha256_hex(middle) && mp_str_eq(middle, m->sha256);
    default:
        return middle.len == 0;
    }
}

/* There is no member but of these names: nothing with "..", no folder, no link can be named. */
static bool classify(mp_package_member *m)
{
    for (mp_part part = 0; part < MP_PART_COUNT; part++)
        if (is_of(m, part)) {
            m->part = part;
            return true;
        }
    return false;
}

mp_str mp_package_name(mp_arena *arena, mp_part part, uint64_t number, mp_str hex)
{
    if (forms[part].middle == PLAIN)
        return mp_str_from(forms[part].before);
    if (forms[part].middle == HEX)
        return mp_arena_printf(arena, "%s%.*s", forms[part].before, MP_FMT(hex));
    return mp_arena_printf(arena, "%s%llu%s", forms[part].before, (unsigned long long)number, forms[part].after);
}

static const mp_package_member *find(const mp_package_archive *archive, mp_str wanted)
{
    size_t low = 0, high = archive->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int    order = mp_str_cmp(archive->members[middle].name, wanted);
        if (order == 0)
            return &archive->members[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const mp_package_member *mp_package_find(const mp_package_archive *archive, mp_part part, uint64_t number)
{
    char wanted[MP_TAR_NAME_MAX];
    int  len = forms[part].middle == PLAIN ? snprintf(wanted, sizeof wanted, "%s", forms[part].before)
                                           : snprintf(wanted, sizeof wanted, "%s%llu%s", forms[part].before,
                                                      (unsigned long long)number, forms[part].after);
    return find(archive, mp_str_of(wanted, (size_t)len));
}

const mp_package_member *mp_package_find_evidence(const mp_package_archive *archive, mp_str hex)
{
    char wanted[MP_TAR_NAME_MAX];
    if (!mp_is_sha256_hex(hex))
        return NULL;
    int len = snprintf(wanted, sizeof wanted, "%s%.*s", forms[MP_PART_EVIDENCE].before, MP_FMT(hex));
    return find(archive, mp_str_of(wanted, (size_t)len));
}

/* ---- JSON ---- */

static mp_code read_value(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    mp_json_doc                 *doc = NULL;
    const mp_json               *root;
    static const mp_json_options options = { .max_depth = JSON_DEPTH, .reject_duplicates = true };
    mp_code                      code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = mp_json_read(doc, &root, text, &options, NULL, err);
    if (code == MP_OK) {
        *out = mp_arena_dup_json(arena, root);
        code = *out ? MP_OK : mp_no_memory(err);
    }
    mp_json_doc_free(doc);
    return code;
}

mp_code mp_package_value(const mp_json **out, mp_str text, mp_str name, mp_arena *arena, mp_error *err)
{
    mp_error why;
    mp_code  code = read_value(out, text, arena, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    return code == MP_OK ? MP_OK
                         : mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s cannot be read: %s", MP_FMT(name), why.message);
}

mp_code mp_package_json(const mp_json **out, mp_str text, mp_str name, mp_arena *arena, mp_error *err)
{
    mp_buf canonical = MP_BUF_INIT;
    MP_TRY(mp_package_value(out, text, name, arena, err));
    mp_code code = mp_canonical(&canonical, *out, NULL);
    bool    is_same = code == MP_OK && mp_str_eq(mp_buf_str(&canonical), text);
    mp_buf_free(&canonical);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    return is_same ? MP_OK : mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s is not in canonical form", MP_FMT(name));
}

mp_code mp_package_manifest_digest(char out[65], const mp_json *manifest, mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    mp_buf   text = MP_BUF_INIT;
    uint8_t  digest[32];
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, manifest)) {
        if (mp_str_eq(mp_json_str(key), MP_S("digest")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    const mp_json *rest = mp_jsonw_done(&w);
    mp_code        code = rest ? mp_canonical(&text, rest, err) : mp_no_memory(err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&text), err);
    if (code == MP_OK)
        mp_hex(out, digest, sizeof digest);
    mp_buf_free(&text);
    return code;
}

/* ---- the manifest ---- */

struct reading {
    mp_source          *source;
    mp_arena           *arena;
    mp_package_archive *archive;
    uint64_t            seconds; /* every member has this time */
    uint64_t            kept;    /* bytes */
    EVP_MD_CTX         *digest;
    char                step[STEP];
};

static mp_code bad_manifest(const char *why, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "manifest.json does not hold: %s", why);
}

static bool get_text(mp_str *out, const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    if (!mp_json_is(v, MP_JSON_STRING))
        return false;
    *out = mp_json_str(v);
    return true;
}

static mp_code read_entry(mp_package_member *m, const mp_json *entry, uint64_t *kept, mp_error *err)
{
    const mp_json *size = mp_json_get(entry, MP_S("size"));
    if (!mp_json_is(entry, MP_JSON_OBJECT) || entry->count != 3 || !get_text(&m->name, entry, MP_S("name")) ||
        !get_text(&m->sha256, entry, MP_S("sha256")) || !mp_is_sha256_hex(m->sha256) ||
        !mp_json_is(size, MP_JSON_INT) || size->u.integer < 0)
        return bad_manifest("an entry of its list is not name, sha256 and size", err);
    m->size = (uint64_t)size->u.integer;
    if (m->name.len > MP_TAR_NAME_MAX || !classify(m))
        return bad_manifest("it lists a member that a package cannot have", err);
    if (m->size > forms[m->part].most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "%.*s has %llu bytes; at most %llu", MP_FMT(m->name),
                       (unsigned long long)m->size, (unsigned long long)forms[m->part].most);
    *kept += m->part == MP_PART_EVIDENCE ? 0 : m->size;
    if (*kept > MP_PACKAGE_KEPT_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the members of the package have over %zu bytes, without evidence",
                       MP_PACKAGE_KEPT_MAX);
    return MP_OK;
}

static mp_code read_entries(struct reading *r, const mp_json *list, mp_error *err)
{
    mp_package_archive *a = r->archive;
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return bad_manifest("it has no list of members", err);
    a->members = MP_ARENA_ARRAY(r->arena, mp_package_member, (size_t)list->count + 1);
    if (!a->members)
        return mp_no_memory(err);
    for (MP_JSON_EACH(entry, list)) {
        mp_package_member *m = &a->members[a->count];
        MP_TRY(read_entry(m, entry, &r->kept, err));
        if (a->count && mp_str_cmp(m[-1].name, m->name) >= 0)
            return bad_manifest("its list is not in order, or names a member twice", err);
        a->count++;
    }
    return MP_OK;
}

static mp_code check_created(const struct reading *r, mp_error *err)
{
    mp_ticks at;
    char     text[MP_CLOCK_SHORT];
    if (!mp_clock_parse(&at, r->archive->created))
        return bad_manifest("\"created\" is no time", err);
    mp_clock_format_short(text, at);
    if (!mp_str_eq(mp_str_from(text), r->archive->created) || at != mp_clock_from_unix((int64_t)r->seconds))
        return bad_manifest("\"created\" is not the time that the archive has", err);
    return MP_OK;
}

static mp_code read_manifest(struct reading *r, mp_str text, mp_error *err)
{
    const mp_json      *manifest;
    mp_package_archive *a = r->archive;
    mp_str              format, digest;
    char                wanted[65];
    uint64_t            number;
    MP_TRY(mp_package_json(&manifest, text, MP_S("manifest.json"), r->arena, err));
    if (!get_text(&format, manifest, MP_S("format")))
        return bad_manifest("it names no format", err);
    mp_str version = mp_str_skip(format, sizeof "mapae-package/" - 1);
    if (!mp_str_starts(format, MP_S("mapae-package/")) || !read_number(&number, version))
        return bad_manifest("it names no format", err);
    a->has_index = mp_str_eq(format, MP_S(MP_PACKAGE_FORMAT_INDEXED));
    if (!a->has_index && !mp_str_eq(format, MP_S(MP_PACKAGE_FORMAT)))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "a package of the format \"%.*s\"; this version reads %s",
                       MP_FMT(format), MP_PACKAGE_FORMAT_INDEXED);
    if (manifest->count != 6 || !get_text(&a->origin, manifest, MP_S("origin")) ||
        !get_text(&digest, manifest, MP_S("digest")) || !get_text(&a->installation, manifest, MP_S("installation")) ||
        !get_text(&a->created, manifest, MP_S("created")))
        return bad_manifest("it has other members than a manifest has", err);
    if (!mp_is_guid(a->installation)) /* it is shown to people: nothing but an id */
        return bad_manifest("the installation is no GUID", err);
    MP_TRY(mp_package_manifest_digest(wanted, manifest, r->arena, err));
    if (!mp_str_eq(digest, mp_str_from(wanted)))
        return bad_manifest("it was changed: its digest is another", err);
    MP_TRY(check_created(r, err));
    return read_entries(r, mp_json_get(manifest, MP_S("members")), err);
}

/* ---- the archive ---- */

/* Exactly `len` bytes. */
static mp_code take(struct reading *r, char *into, size_t len, mp_error *err)
{
    while (len) {
        size_t got = 0;
        MP_TRY(mp_source_read(r->source, into, len, &got, err));
        if (got == 0)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the package ends too early");
        into += got;
        len -= got;
    }
    return MP_OK;
}

static mp_code take_zeros(struct reading *r, size_t len, mp_error *err)
{
    char zeros[2 * MP_TAR_BLOCK];
    MP_TRY(take(r, zeros, len, err));
    for (size_t i = 0; i < len; i++)
        if (zeros[i])
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "there are bytes in the package where the archive must have zeros");
    return MP_OK;
}

static mp_code take_text(mp_str *out, struct reading *r, uint64_t size, mp_error *err)
{
    char *text = mp_arena_alloc(r->arena, (size_t)size + 1);
    if (!text)
        return mp_no_memory(err);
    MP_TRY(take(r, text, (size_t)size, err));
    text[size] = '\0';
    *out = mp_str_of(text, (size_t)size);
    return MP_OK;
}

/* The manifest comes first, so that everything behind it is known before it is read. */
static mp_code take_manifest(struct reading *r, mp_error *err)
{
    uint8_t  block[MP_TAR_BLOCK];
    uint64_t size;
    mp_str   text = { 0 };
    mp_error why;
    mp_code  code = take(r, (char *)block, sizeof block, &why);
    if (code != MP_OK && code != MP_DAMAGED) {
        if (err)
            *err = why;
        return code;
    }
    if (code == MP_OK && memcmp(block, "manifest.json", sizeof "manifest.json") == 0 &&
        !mp_tar_is(&size, &r->seconds, block, MP_S("manifest.json")))
        return mp_fail(
            err, MP_FORMAT, MP_NOWHERE,
            "the archive is not in the exact form that Mapae writes (see docs/ledger.md); was it packed anew?");
    if (code != MP_OK || !mp_tar_is(&size, &r->seconds, block, MP_S("manifest.json")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is no package of Mapae: it does not begin with manifest.json");
    if (size > MANIFEST_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "manifest.json has %llu bytes; at most %llu", (unsigned long long)size,
                       (unsigned long long)MANIFEST_MAX);
    MP_TRY(take_text(&text, r, size, err));
    MP_TRY(take_zeros(r, mp_tar_padding(size), err));
    return read_manifest(r, text, err);
}

static mp_code hash_rest(struct reading *r, uint64_t size, mp_error *err)
{
    for (uint64_t left = size; left;) {
        size_t n = left < STEP ? (size_t)left : STEP;
        MP_TRY(take(r, r->step, n, err));
        if (!EVP_DigestUpdate(r->digest, r->step, n))
            return mp_no_memory(err);
        left -= n;
    }
    return MP_OK;
}

static mp_code take_member(struct reading *r, mp_package_member *m, mp_error *err)
{
    uint8_t block[MP_TAR_BLOCK], wanted[MP_TAR_BLOCK], digest[32];
    char    hex[65];
    MP_TRY(take(r, (char *)block, sizeof block, err));
    mp_tar_header(wanted, m->name, m->size, r->seconds);
    if (memcmp(block, wanted, sizeof block) != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the archive does not have %.*s where the manifest has it",
                       MP_FMT(m->name));
    if (!EVP_DigestInit_ex(r->digest, EVP_sha256(), NULL))
        return mp_no_memory(err);
    if (m->part == MP_PART_EVIDENCE) {
        MP_TRY(hash_rest(r, m->size, err));
    } else {
        MP_TRY(take_text(&m->bytes, r, m->size, err));
        if (!EVP_DigestUpdate(r->digest, m->bytes.ptr, m->bytes.len))
            return mp_no_memory(err);
    }
    if (!EVP_DigestFinal_ex(r->digest, digest, NULL))
        return mp_no_memory(err);
    mp_hex(hex, digest, sizeof digest);
    if (!mp_str_eq(mp_str_of(hex, 64), m->sha256))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s was changed: its SHA-256 is not that of the manifest",
                       MP_FMT(m->name));
    return take_zeros(r, mp_tar_padding(m->size), err);
}

static mp_code take_end(struct reading *r, mp_error *err)
{
    size_t got = 0;
    MP_TRY(take_zeros(r, 2 * MP_TAR_BLOCK, err));
    MP_TRY(mp_source_read(r->source, r->step, 1, &got, err));
    return got ? mp_fail(err, MP_DAMAGED, MP_NOWHERE, "other bytes follow the end of the package") : MP_OK;
}

static mp_code read_archive(struct reading *r, const char *path, mp_error *err)
{
    MP_TRY(mp_source_open(&r->source, path, err));
    r->digest = EVP_MD_CTX_new();
    if (!r->digest)
        return mp_no_memory(err);
    MP_TRY(take_manifest(r, err));
    for (size_t i = 0; i < r->archive->count; i++)
        MP_TRY(take_member(r, &r->archive->members[i], err));
    return take_end(r, err);
}

mp_code mp_package_read(mp_package_archive *out, const char *path, mp_arena *arena, mp_error *err)
{
    mp_package_archive archive = { .members = NULL };
    struct reading    *r = malloc(sizeof *r);
    if (!r)
        return mp_no_memory(err);
    memset(r, 0, offsetof(struct reading, step));
    r->arena = arena;
    r->archive = &archive;
    mp_code code = read_archive(r, path, err);
    EVP_MD_CTX_free(r->digest);
    mp_source_close(r->source);
    free(r);
    if (code == MP_OK)
        *out = archive;
    return code;
}
