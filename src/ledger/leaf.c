/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a leaf are written by hand in their canonical order: a leaf is made for every change, and
 * sorting each time would cost more than hashing it. What comes from outside (detail, sealed) goes through
 * canonical.h. */
#include "leaf.h"

#include <stdio.h>

#include "canonical.h"
#include "jsonw.h"
#include "secret.h"
#include "text.h"
#include "utf8.h"

#define AT_CHARACTERS (MP_CLOCK_TEXT - 1)

typedef struct builder {
    mp_prepared            *out;
    const mp_leaf          *leaf;
    const mp_record_change *changes;
    size_t                  change_count;
    mp_merkle_hasher       *hasher;
    bool                    sums_changes; /* the list did not fit */
    bool                    sums_detail;
    bool                    has_member; /* a comma is due */
} builder;

/* ---- commitments ---- */

static void print_commitment(char out[MP_COMMITMENT + 1], const uint8_t digest[32])
{
    memcpy(out, "sha256:", 7);
    mp_hex(out + 7, digest, 32);
}

/* To `value`, a canonical text; its opening is kept under `name`. */
static mp_code commit(char out[MP_COMMITMENT + 1], builder *b, mp_str name, mp_str value, mp_error *err)
{
    uint8_t salt[MP_SALT], digest[32];
    char    hex[2 * MP_SALT + 1];
    mp_buf *openings = &b->out->openings;
    MP_TRY(mp_random(salt, sizeof salt, err));
    MP_TRY(mp_merkle_plain(digest, b->hasher, mp_str_of((const char *)salt, sizeof salt), value, err));
    print_commitment(out, digest);
    mp_hex(hex, salt, sizeof salt);
    mp_buf_add_c(openings, openings->len ? ',' : '{');
    mp_buf_add_json_str(openings, name);
    mp_buf_add(openings, MP_S(":{\"salt\":\""));
    mp_buf_add_z(openings, hex);
    mp_buf_add(openings, MP_S("\",\"value\":"));
    mp_buf_add(openings, value);
    mp_buf_add_c(openings, '}');
    return MP_OK;
}

static mp_code commit_string(char out[MP_COMMITMENT + 1], builder *b, mp_str name, mp_str value, mp_error *err)
{
    mp_buf quoted = MP_BUF_INIT;
    mp_buf_add_json_str(&quoted, value);
    mp_code code = mp_buf_check(&quoted, err);
    if (code == MP_OK)
        code = commit(out, b, name, mp_buf_str(&quoted), err);
    mp_buf_free(&quoted);
    return code;
}

mp_code mp_commitment_check(mp_str commitment, mp_str salt, const mp_json *value, mp_merkle_hasher *hasher,
                            mp_error *err)
{
    uint8_t salt_bytes[MP_SALT], digest[32];
    char    wanted[MP_COMMITMENT + 1];
    mp_buf  text = MP_BUF_INIT;
    if (!mp_unhex(salt_bytes, sizeof salt_bytes, salt))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the salt of a sealed value is not %d bytes in hex", MP_SALT);
    mp_code code = mp_canonical(&text, value, err);
    if (code == MP_OK)
        code = mp_merkle_plain(digest, hasher, mp_str_of((const char *)salt_bytes, sizeof salt_bytes),
                               mp_buf_str(&text), err);
    mp_buf_free(&text);
    MP_TRY(code);
    print_commitment(wanted, digest);
    if (!mp_str_eq(commitment, mp_str_from(wanted)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a sealed value is not the one that was committed to");
    return MP_OK;
}

static mp_str as_string(const mp_json *v)
{
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

/* "changes/N/key" */
static mp_str commitment_of_key(const mp_json *leaf, mp_str name)
{
    size_t at = sizeof "changes/" - 1, index = 0, digits = 0;
    for (; at < name.len && name.ptr[at] >= '0' && name.ptr[at] <= '9' && digits < 9; at++, digits++)
        index = index * 10 + (size_t)(name.ptr[at] - '0');
    const mp_json *changes = mp_json_get(leaf, MP_S("changes"));
    if (!digits || !mp_str_eq(mp_str_skip(name, at), MP_S("/key")) || !mp_json_is(changes, MP_JSON_ARRAY))
        return mp_str_of("", 0);
    return as_string(mp_json_get(mp_json_at(changes, index), MP_S("key")));
}

mp_str mp_commitment_of(const mp_json *leaf, mp_str name)
{
    mp_str         found;
    const mp_json *sealed = mp_json_get(mp_json_get(leaf, MP_S("sealed")), name);
    if (mp_str_starts(name, MP_S("changes/")))
        found = commitment_of_key(leaf, name);
    else if (mp_str_eq(name, MP_S("changes")) || mp_str_eq(name, MP_S("detail")))
        found = as_string(mp_json_get(mp_json_get(leaf, name), MP_S("digest")));
    else if (mp_str_eq(name, MP_S("who/id")) || mp_str_eq(name, MP_S("who/session")))
        found = as_string(mp_json_get(mp_json_get(leaf, MP_S("who")), mp_str_skip(name, 4)));
    else
        found = sealed ? as_string(sealed) : as_string(mp_json_get(leaf, name));
    bool is_commitment = found.len == MP_COMMITMENT && mp_str_starts(found, MP_S("sha256:"));
    return is_commitment ? found : mp_str_of("", 0);
}

/* ---- strings ---- */

static void member(builder *b, const char *name)
{
    mp_buf *text = &b->out->text;
    if (b->has_member)
        mp_buf_add_c(text, ',');
    b->has_member = true;
    mp_buf_add_c(text, '"');
    mp_buf_add_z(text, name);
    mp_buf_add(text, MP_S("\":"));
}

/* UTF-8, with U+FFFD for what is none: the text and the words of search must agree. {NULL,0} when memory is short. */
static mp_str cleaned(mp_arena *arena, mp_str s)
{
    if (mp_utf8_valid(s))
        return s;
    char *out = mp_arena_alloc(arena, 3 * s.len), *to = out;
    for (size_t i = 0; out && i < s.len;) {
        uint32_t cp;
        size_t   len = mp_utf8_decode(&cp, s.ptr + i, s.len - i);
        memcpy(to, len ? s.ptr + i : "\xEF\xBF\xBD", len ? len : 3);
        to += len ? len : 3;
        i += len ? len : 1;
    }
    return out ? mp_str_of(out, (size_t)(to - out)) : mp_str_of(NULL, 0);
}

/* A member that is a string, unless it is empty. What stands in the text is *shown. `name` is that of the
 * opening, should it be too long. */
static mp_code string_member(mp_str *shown, builder *b, const char *key, const char *name, mp_str value, mp_error *err)
{
    *shown = mp_str_of("", 0);
    if (!value.len)
        return MP_OK;
    mp_str clean = cleaned(&b->out->arena, value);
    if (!clean.ptr)
        return mp_no_memory(err);
    if (clean.len > MP_LEAF_STRING_MAX) {
        char *commitment = mp_arena_alloc(&b->out->arena, MP_COMMITMENT + 1);
        if (!commitment)
            return mp_no_memory(err);
        MP_TRY(commit_string(commitment, b, mp_str_from(name), clean, err));
        clean = mp_str_of(commitment, MP_COMMITMENT);
    }
    member(b, key);
    mp_buf_add_json_str(&b->out->text, clean);
    *shown = clean;
    return MP_OK;
}

/* ---- members that are more than a string ---- */

static void hash_member(builder *b, const char *key, const uint8_t hash[MP_RECORD_HASH])
{
    char hex[2 * MP_RECORD_HASH + 1];
    mp_hex(hex, hash, MP_RECORD_HASH);
    member(b, key);
    mp_buf_add_c(&b->out->text, '"');
    mp_buf_add_z(&b->out->text, hex);
    mp_buf_add_c(&b->out->text, '"');
}

/* Safe for ever: a GUID, or the path of a resource, of which Azure's rules keep people's names out. */
static bool is_plain_key(mp_str key)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~()/";
    if (mp_is_guid(key))
        return true;
    if (key.len > MP_LEAF_STRING_MAX ||
        !(mp_str_starts_fold(key, MP_S("/subscriptions/")) || mp_str_starts_fold(key, MP_S("/providers/"))))
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (!memchr(plain, key.ptr[i], sizeof plain - 1))
            return false;
    return true;
}

static mp_code key_member(builder *b, size_t index, mp_str key, mp_error *err)
{
    char name[40], commitment[MP_COMMITMENT + 1];
    if (!is_plain_key(key)) {
        snprintf(name, sizeof name, "changes/%zu/key", index);
        MP_TRY(commit_string(commitment, b, mp_str_from(name), key, err));
        key = mp_str_of(commitment, MP_COMMITMENT);
    }
    member(b, "key");
    mp_buf_add_json_str(&b->out->text, key);
    return MP_OK;
}

/* `keeps_keys`: a list that will be sealed as a whole has its keys as they are. */
static mp_code add_changes(builder *b, bool keeps_keys, mp_error *err)
{
    mp_buf *text = &b->out->text;
    mp_buf_add_c(text, '[');
    for (size_t i = 0; i < b->change_count; i++) {
        const mp_record_change *change = &b->changes[i];
        mp_buf_add(text, i ? MP_S(",{") : MP_S("{"));
        b->has_member = false;
        if (change->has)
            hash_member(b, "after", change->after);
        if (change->had)
            hash_member(b, "before", change->before);
        if (keeps_keys) {
            member(b, "key");
            mp_buf_add_json_str(text, change->key);
        } else {
            MP_TRY(key_member(b, i, change->key, err));
        }
        member(b, "kind");
        mp_buf_add_json_str(text, mp_str_from(change->kind->name));
        mp_buf_add_c(text, '}');
        if (!keeps_keys && text->len > MP_LEAF_MAX)
            break; /* it does not fit anyway */
    }
    mp_buf_add_c(text, ']');
    b->has_member = true;
    return MP_OK;
}

/* What was written from `start` on becomes the value behind a commitment. */
static mp_code seal_from(char out[MP_COMMITMENT + 1], builder *b, size_t start, mp_str name, mp_error *err)
{
    mp_buf *text = &b->out->text;
    MP_TRY(mp_buf_check(text, err));
    MP_TRY(commit(out, b, name, mp_str_of(text->ptr + start, text->len - start), err));
    text->len = start;
    return MP_OK;
}

static mp_code changes_member(builder *b, mp_error *err)
{
    char commitment[MP_COMMITMENT + 1];
    if (!b->change_count)
        return MP_OK;
    member(b, "changes");
    if (!b->sums_changes)
        return add_changes(b, false, err);
    size_t start = b->out->text.len;
    MP_TRY(add_changes(b, true, err));
    MP_TRY(seal_from(commitment, b, start, MP_S("changes"), err));
    mp_buf_printf(&b->out->text, "{\"count\":%zu,\"digest\":\"%s\"}", b->change_count, commitment);
    return MP_OK;
}

static mp_code detail_member(builder *b, mp_error *err)
{
    char    commitment[MP_COMMITMENT + 1];
    mp_buf *text = &b->out->text;
    if (!b->leaf->detail)
        return MP_OK;
    member(b, "detail");
    size_t start = text->len;
    MP_TRY(mp_canonical(text, b->leaf->detail, err));
    if (!b->sums_detail)
        return MP_OK;
    MP_TRY(seal_from(commitment, b, start, MP_S("detail"), err));
    mp_buf_printf(text, "{\"digest\":\"%s\"}", commitment);
    return MP_OK;
}

static mp_code from_member(builder *b, mp_error *err)
{
    char commitment[MP_COMMITMENT + 1];
    if (!b->leaf->from.len)
        return MP_OK;
    MP_TRY(commit_string(commitment, b, MP_S("from"), b->leaf->from, err));
    member(b, "from");
    mp_buf_printf(&b->out->text, "\"%s\"", commitment);
    return MP_OK;
}

static bool is_taken(mp_str name)
{
    static const char *const own[] = { "from", "changes", "detail", "action", "on", "reason", "request" };
    for (size_t i = 0; i < MP_COUNT(own); i++)
        if (mp_str_eq(name, mp_str_from(own[i])))
            return true;
    return mp_str_find(name, '/') != SIZE_MAX;
}

/* One of `sealed`: what stands in its place. */
static mp_code seal_member(mp_jsonw *w, builder *b, const mp_json *key, mp_error *err)
{
    mp_str name = mp_json_str(key);
    char  *commitment = mp_arena_alloc(&b->out->arena, MP_COMMITMENT + 1);
    mp_buf value = MP_BUF_INIT;
    if (!commitment)
        return mp_no_memory(err);
    if (name.len == 0 || name.len > MP_SEALED_NAME_MAX || is_taken(name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a sealed value cannot be called \"%.*s\"",
                       name.len > 60 ? 60 : (int)name.len, name.ptr);
    mp_code code = mp_canonical(&value, key + 1, err);
    if (code == MP_OK)
        code = commit(commitment, b, name, mp_buf_str(&value), err);
    mp_buf_free(&value);
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_str_of(commitment, MP_COMMITMENT));
    return code;
}

static mp_code sealed_member(builder *b, mp_error *err)
{
    const mp_json *sealed = b->leaf->sealed;
    mp_jsonw       w;
    if (!sealed || sealed->count == 0)
        return MP_OK;
    if (sealed->count > MP_SEALED_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%u values to seal in one leaf; the most is %d", sealed->count,
                       MP_SEALED_MAX);
    mp_jsonw_init(&w, &b->out->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, sealed))
        MP_TRY(seal_member(&w, b, key, err));
    mp_jsonw_end(&w);
    const mp_json *commitments = mp_jsonw_done(&w);
    if (!commitments)
        return mp_no_memory(err);
    member(b, "sealed");
    return mp_canonical(&b->out->text, commitments, err);
}

/* ---- the whole ---- */

static mp_code who_member(mp_leaf_words *words, builder *b, mp_error *err)
{
    mp_str shown;
    member(b, "who");
    mp_buf_add_c(&b->out->text, '{');
    b->has_member = false;
    MP_TRY(string_member(&words->actor, b, "id", "who/id", b->leaf->actor, err));
    MP_TRY(string_member(&shown, b, "kind", "who/kind", b->leaf->actor_kind, err));
    MP_TRY(string_member(&shown, b, "session", "who/session", b->leaf->session, err));
    mp_buf_add_c(&b->out->text, '}');
    return MP_OK;
}

static mp_code build(mp_leaf_words *words, builder *b, mp_error *err)
{
    static const mp_str outcomes[] = { MP_S_INIT("done"), MP_S_INIT("refused"), MP_S_INIT("failed") };
    const mp_leaf      *leaf = b->leaf;
    mp_buf             *text = &b->out->text;
    mp_str              shown;
    mp_buf_clear(text);
    mp_buf_clear(&b->out->openings);
    mp_arena_reset(&b->out->arena);
    b->has_member = false;
    mp_buf_add_c(text, '{');
    MP_TRY(string_member(&words->action, b, "action", "action", leaf->action, err));
    member(b, "at");
    b->out->at_offset = text->len + 1;
    mp_buf_printf(text, "\"%*s\"", AT_CHARACTERS, "");
    MP_TRY(changes_member(b, err));
    MP_TRY(detail_member(b, err));
    MP_TRY(from_member(b, err));
    MP_TRY(string_member(&words->on, b, "on", "on", leaf->on, err));
    MP_TRY(string_member(&words->outcome, b, "outcome", "outcome", outcomes[leaf->outcome], err));
    MP_TRY(string_member(&shown, b, "reason", "reason", leaf->reason, err));
    MP_TRY(string_member(&words->request, b, "request", "request", leaf->request, err));
    MP_TRY(sealed_member(b, err));
    if (leaf->status) {
        member(b, "status");
        mp_buf_printf(text, "%d", leaf->status);
    }
    member(b, "v");
    mp_buf_add_c(text, '1');
    MP_TRY(who_member(words, b, err));
    mp_buf_add_c(text, '}');
    if (b->out->openings.len)
        mp_buf_add_c(&b->out->openings, '}');
    MP_TRY(mp_buf_check(&b->out->openings, err));
    return mp_buf_check(text, err);
}

static mp_code check_leaf(const mp_leaf *leaf, mp_error *err)
{
    if (!leaf->action.len || !leaf->actor_kind.len || (unsigned)leaf->outcome > MP_OUTCOME_FAILED)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a leaf needs an action, a kind of actor and an outcome");
    if ((leaf->detail && !mp_json_is(leaf->detail, MP_JSON_OBJECT)) ||
        (leaf->sealed && !mp_json_is(leaf->sealed, MP_JSON_OBJECT)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "detail and sealed values of a leaf are objects");
    return MP_OK;
}

mp_code mp_leaf_prepare(mp_prepared *out, const mp_leaf *leaf, const mp_record_change *changes, size_t change_count,
                        mp_merkle_hasher *hasher, mp_error *err)
{
    builder       b = { .out = out, .leaf = leaf, .changes = changes, .change_count = change_count, .hasher = hasher };
    mp_leaf_words words;
    MP_TRY(check_leaf(leaf, err));
    MP_TRY(build(&words, &b, err));
    if (out->text.len > MP_LEAF_MAX && change_count) {
        b.sums_changes = true;
        MP_TRY(build(&words, &b, err));
    }
    if (out->text.len > MP_LEAF_MAX && leaf->detail) {
        b.sums_detail = true;
        MP_TRY(build(&words, &b, err));
    }
    if (out->text.len > MP_LEAF_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a leaf is %zu bytes; the most is %zu", out->text.len, MP_LEAF_MAX);
    mp_terms_of(&out->terms, &words);
    return MP_OK;
}

void mp_prepared_done(mp_prepared *prepared)
{
    mp_buf_free(&prepared->text);
    mp_buf_free(&prepared->openings);
    mp_arena_free(&prepared->arena);
}

void mp_leaf_set_time(char *text, size_t at_offset, mp_ticks at)
{
    char printed[MP_CLOCK_TEXT];
    mp_clock_format(printed, at);
    memcpy(text + at_offset, printed, AT_CHARACTERS);
}
