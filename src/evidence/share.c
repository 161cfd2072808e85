/* SPDX-License-Identifier: Apache-2.0 */
#include "share.h"

#include "evidence.h"
#include "item.h"
#include "jsonw.h"
#include "rbac.h"
#include "seal.h"
#include "secret.h"

#define KEY_ABOUT "evidence-share-key"
#define KEY_RECORD MP_S("current")

static const mp_record_index share_indexes[] = {
    { .name = "evidence", .path = "evidence" },
    { .name = "policy", .path = "policy" },
    { .name = "name", .path = "name", .folds = true }
};
static const mp_record_index policy_indexes[] = {
    { .name = "name", .path = "name", .is_unique = true, .folds = true }
};

const mp_kind mp_share_kind = { .name = "evidence-share",
                                .indexes = share_indexes,
                                .index_count = MP_COUNT(share_indexes) };
const mp_kind mp_share_policy_kind = { .name = "evidence-share-policy",
                                       .indexes = policy_indexes,
                                       .index_count = MP_COUNT(policy_indexes) };
const mp_kind mp_share_key_kind = { .name = "evidence-share-key", .forgets = true };

/* ---- the key ---- */

typedef struct share_key {
    int64_t number;
    uint8_t bytes[MP_SHARE_KEY];
} share_key;

static mp_code unseal_key(share_key *out, mp_app *app, const mp_json *body, mp_arena *arena,
                          mp_error *err)
{
    const mp_json *number = mp_json_get(body, MP_S("number"));
    mp_str clear;
    MP_TRY(mp_unsealed(&clear, mp_access_seal(app->access), MP_S(KEY_ABOUT), mp_json_get_text(body, "sealed"), arena,
                       err));
    if (clear.len != MP_SHARE_KEY || !mp_json_is(number, MP_JSON_INT))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the key of links that share evidence has %zu bytes", clear.len);
    memcpy(out->bytes, clear.ptr, MP_SHARE_KEY);
    mp_wipe((char *)(uintptr_t)clear.ptr, clear.len);
    out->number = number->u.integer;
    return MP_OK;
}

static mp_code read_key(share_key *out, mp_tx *tx, mp_app *app, mp_arena *arena, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_share_key_kind, KEY_RECORD, 0, arena, err));
    return unseal_key(out, app, record.body, arena, err);
}

static mp_code put_key(const share_key *key, mp_tx *tx, mp_app *app, mp_error *err)
{
    mp_str sealed;
    mp_jsonw w;
    MP_TRY(mp_sealed(&sealed, mp_access_seal(app->access), MP_S(KEY_ABOUT),
                     mp_str_of((const char *)key->bytes, MP_SHARE_KEY), mp_tx_arena(tx), err));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "number", key->number);
    mp_jsonw_put_str(&w, "sealed", sealed);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_share_key_kind, KEY_RECORD, body, MP_ANY_VERSION, err)
                : mp_no_memory(err);
}

/* The number of the key that is there; 0: none. */
static mp_code key_number(int64_t *out, mp_tx *tx, mp_error *err)
{
    mp_record record;
    mp_error why;
    *out = 0;
    mp_code code =
        mp_record_get(&record, tx, &mp_share_key_kind, KEY_RECORD, 0, mp_tx_arena(tx), &why);
    if (code == MP_OK && mp_json_is(mp_json_get(record.body, MP_S("number")), MP_JSON_INT))
        *out = mp_json_get(record.body, MP_S("number"))->u.integer;
    if (code != MP_OK && code != MP_MISSING && err)
        *err = why;
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code new_key(share_key *out, mp_tx *tx, mp_app *app, mp_error *err)
{
    MP_TRY(key_number(&out->number, tx, err));
    out->number++;
    MP_TRY(mp_random(out->bytes, sizeof out->bytes, err));
    return put_key(out, tx, app, err);
}

mp_code mp_share_key_renew(int64_t *number, mp_tx *tx, mp_app *app, mp_error *err)
{
    share_key key;
    mp_code code = new_key(&key, tx, app, err);
    mp_wipe(key.bytes, sizeof key.bytes);
    *number = key.number;
    return code;
}

/* ---- terms ---- */

static const char *const term_names[] = { "permissions", "from", "until", "addresses",
                                          "protocols" };

static mp_str *term(mp_share_terms *terms, size_t i)
{
    mp_str *const all[] = { &terms->permissions, &terms->from, &terms->until, &terms->addresses,
                            &terms->protocols };
    return all[i];
}

static mp_share_terms terms_of(const mp_json *object)
{
    mp_share_terms terms;
    for (size_t i = 0; i < MP_COUNT(term_names); i++)
        *term(&terms, i) = mp_json_text(mp_json_get(object, mp_str_from(term_names[i])));
    return terms;
}

static void write_terms(mp_jsonw *w, mp_share_terms terms)
{
    for (size_t i = 0; i < MP_COUNT(term_names); i++)
        if (term(&terms, i)->len)
            mp_jsonw_put_str(w, term_names[i], *term(&terms, i));
}

/* What the one leaves out the other says. Fails with MP_PARAMETER when both do. */
static mp_code join(mp_share_terms *own, mp_share_terms policy, mp_error *err)
{
    for (size_t i = 0; i < MP_COUNT(term_names); i++) {
        if (term(own, i)->len && term(&policy, i)->len)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "\"%s\" is said by the link and by its policy; one of them may say it",
                           term_names[i]);
        if (!term(own, i)->len)
            *term(own, i) = *term(&policy, i);
    }
    return MP_OK;
}

/* A policy may end in the past: it then ends its links. */
static mp_code check_latest(const mp_share_terms *terms, mp_ticks now, mp_error *err)
{
    mp_ticks until;
    if (terms->until.len && mp_clock_parse(&until, terms->until) &&
        until > mp_clock_after(now, 0, MP_SHARE_DAYS_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a link ends within %d days, and not in the past; not at %.*s",
                       MP_SHARE_DAYS_MAX, MP_FMT(terms->until));
    return MP_OK;
}

mp_code mp_share_policy_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id,
                            const mp_json *body, int64_t expected, mp_error *err)
{
    mp_share_terms terms = terms_of(body);
    char fresh[37];
    mp_jsonw w;
    (void)access;
    MP_TRY(mp_share_terms_check(&terms, err));
    MP_TRY(check_latest(&terms, mp_tx_time(tx), err)); /* of links that are there already, too */
    if (!id.len) {
        MP_TRY(mp_guid(fresh, err));
        id = mp_arena_dup(mp_tx_arena(tx), mp_str_from(fresh));
    }
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", id);
    mp_jsonw_put_str(&w, "name", mp_json_get_text(body, "name"));
    write_terms(&w, terms);
    mp_jsonw_end(&w);
    const mp_json *kept = mp_jsonw_done(&w);
    return kept && id.ptr ? mp_record_put(out, tx, &mp_share_policy_kind, id, kept, expected, err)
                          : mp_no_memory(err);
}

/* ---- making one ---- */

/* Where evidence without a place belongs. */
static mp_str scope_of(const mp_record *piece)
{
    mp_str scope = mp_json_get_text(piece->body, "scope");
    return scope.len ? scope : MP_S("/");
}

static bool has_scope(const mp_str *scopes, size_t count, mp_str scope)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(scopes[i], scope))
            return true;
    return false;
}

/* *scopes: the places of all pieces, each once. */
static mp_code check_pieces(const mp_str **scopes, size_t *count, mp_tx *tx, const mp_json *pieces, mp_error *err)
{
    mp_record record;
    mp_str *found;
    if (!mp_json_is(pieces, MP_JSON_ARRAY) || pieces->count == 0 ||
        pieces->count > MP_SHARE_PIECES_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a share has 1 to %d pieces of evidence",
                       MP_SHARE_PIECES_MAX);
    found = MP_ARENA_ARRAY(mp_tx_arena(tx), mp_str, pieces->count);
    if (!found)
        return mp_no_memory(err);
    *scopes = found;
    *count = 0;
    for (MP_JSON_EACH(piece, pieces)) {
        MP_TRY(mp_record_get(&record, tx, &mp_evidence_kind, mp_json_str(piece), 0, mp_tx_arena(tx),
                             err));
        if (!has_scope(found, *count, scope_of(&record)))
            found[(*count)++] = scope_of(&record);
    }
    return MP_OK;
}

static mp_code check_end(const mp_share_terms *joined, mp_ticks now, mp_error *err)
{
    mp_ticks until;
    if (!joined->permissions.len || !joined->until.len || !mp_clock_parse(&until, joined->until))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a link needs permissions and an end, of its own or of its policy");
    if (until <= now)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a link ends within %d days, and not in the past; not at %.*s",
                       MP_SHARE_DAYS_MAX, MP_FMT(joined->until));
    return check_latest(joined, now, err);
}

static mp_code check_terms(mp_share_terms own, mp_tx *tx, mp_str policy, mp_error *err)
{
    mp_share_terms joined = own;
    mp_record stored;
    MP_TRY(mp_share_terms_check(&own, err));
    if (policy.len) {
        MP_TRY(mp_record_get(&stored, tx, &mp_share_policy_kind, policy, 0, mp_tx_arena(tx), err));
        MP_TRY(join(&joined, terms_of(stored.body), err));
        MP_TRY(mp_share_terms_check(&joined, err));
    }
    return check_end(&joined, mp_tx_time(tx), err);
}

typedef struct making {
    const mp_json *body;
    const mp_str *scopes;
    size_t scope_count;
    mp_share_terms terms;
    mp_str by;
} making;

static const mp_json *share_body(mp_tx *tx, const making *m, const mp_share_link *link)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", link->share);
    mp_jsonw_put_str(&w, "name", mp_json_get_text(m->body, "name"));
    mp_jsonw_put_value(&w, "evidence", mp_json_get(m->body, MP_S("evidence")));
    mp_jsonw_key(&w, MP_S("scopes"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < m->scope_count; i++)
        mp_jsonw_str(&w, m->scopes[i]);
    mp_jsonw_end(&w);
    write_terms(&w, m->terms);
    mp_jsonw_put_filled(&w, "policy", link->policy);
    mp_jsonw_put_str(&w, "key", link->key);
    mp_jsonw_put_str(&w, "by", m->by);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code sign(mp_share_link *link, const share_key *key, mp_arena *arena, mp_error *err)
{
    char signature[MP_SHARE_SIGNATURE + 1];
    MP_TRY(mp_share_sign(signature, link, key->bytes, err));
    link->signature = mp_arena_dup(arena, mp_str_from(signature));
    return link->signature.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code make(mp_record *out, mp_share_link *link, mp_tx *tx, const share_key *key, making *m, mp_error *err)
{
    mp_share_terms terms = terms_of(m->body);
    char id[37];
    if (!terms.protocols.len && !link->policy.len)
        terms.protocols = MP_S("https");
    m->terms = terms;
    MP_TRY(check_terms(terms, tx, link->policy, err));
    MP_TRY(mp_guid(id, err));
    link->share = mp_arena_dup(mp_tx_arena(tx), mp_str_from(id));
    link->version = MP_S("1");
    link->permissions = terms.permissions;
    link->from = terms.from;
    link->until = terms.until;
    link->addresses = terms.addresses;
    link->protocols = terms.protocols;
    link->key = mp_arena_printf(mp_tx_arena(tx), "%lld", (long long)key->number);
    if (!link->share.ptr || !link->key.ptr)
        return mp_no_memory(err);
    MP_TRY(sign(link, key, mp_tx_arena(tx), err));
    const mp_json *kept = share_body(tx, m, link);
    return kept ? mp_record_put(out, tx, &mp_share_kind, link->share, kept, MP_NO_VERSION, err)
                : mp_no_memory(err);
}

mp_code mp_share_make(mp_record *out, mp_share_link *link, mp_tx *tx, mp_app *app,
                      const mp_json *body, mp_str by, mp_error *err)
{
    share_key key = { .number = 0 };
    making m = { .body = body, .by = by };
    int64_t number;
    MP_TRY(check_pieces(&m.scopes, &m.scope_count, tx, mp_json_get(body, MP_S("evidence")), err));
    MP_TRY(key_number(&number, tx, err));
    *link = (mp_share_link){ .policy = mp_json_get_text(body, "policy") };
    mp_code code =
        number ? read_key(&key, tx, app, mp_tx_arena(tx), err) : new_key(&key, tx, app, err);
    if (code == MP_OK)
        code = make(out, link, tx, &key, &m, err);
    mp_wipe(key.bytes, sizeof key.bytes);
    return code;
}

/* ---- using one ---- */

static mp_code not_valid(mp_error *err)
{
    return mp_fail(err, MP_DENIED, MP_NOWHERE,
                   "this link is not valid: it was changed, taken back, or signed with a key that "
                   "was replaced");
}

/* Only what is signed is looked at, and what is not says nothing. */
static mp_code check_signature(mp_tx *tx, mp_app *app, const mp_share_link *link, mp_arena *arena,
                               mp_error *err)
{
    share_key key;
    mp_error why;
    mp_code code = read_key(&key, tx, app, arena, &why);
    bool is_signed = code == MP_OK && mp_share_is_signed(link, key.bytes);
    mp_wipe(key.bytes, sizeof key.bytes);
    if (code != MP_OK && code != MP_MISSING) {
        if (err)
            *err = why;
        return code;
    }
    return is_signed ? MP_OK : not_valid(err);
}

static mp_code deny_missing(mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_MISSING)
        return not_valid(err);
    if (code != MP_OK && err)
        *err = *why;
    return code;
}

mp_code mp_share_open(mp_record *out, mp_tx *tx, mp_app *app, const mp_share_link *link,
                      const mp_share_use *use, mp_arena *arena, mp_error *err)
{
    mp_share_terms terms = { link->permissions, link->from, link->until, link->addresses,
                             link->protocols };
    mp_record policy;
    mp_error why;
    MP_TRY(check_signature(tx, app, link, arena, err));
    mp_code code = mp_record_get(out, tx, &mp_share_kind, link->share, 0, arena, &why);
    MP_TRY(deny_missing(code, &why, err));
    if (link->policy.len) {
        code = mp_record_get(&policy, tx, &mp_share_policy_kind, link->policy, 0, arena, &why);
        MP_TRY(deny_missing(code, &why, err));
        if (join(&terms, terms_of(policy.body), NULL) != MP_OK) /* it was changed since */
            return not_valid(err);
    }
    return mp_share_allows(&terms, use, err);
}

mp_str mp_share_scope(const mp_record *share, size_t index)
{
    const mp_json *scopes = mp_json_get(share->body, MP_S("scopes"));
    if (!mp_json_is(scopes, MP_JSON_ARRAY) || scopes->count == 0)
        return index ? mp_str_of(NULL, 0) : MP_S("/");
    return index < scopes->count ? mp_json_str(mp_json_at(scopes, index)) : mp_str_of(NULL, 0);
}

static bool may_share(mp_app *app, const mp_who *who, mp_str scope, mp_ticks now)
{
    return mp_may(app->access, who, MP_S("Mapae.Ledger/evidence/content/read"), scope, false, now) &&
           mp_may(app->access, who, MP_S("Mapae.Evidence/shares/write"), scope, false, now);
}

mp_code mp_share_check_maker(mp_app *app, const mp_record *share, mp_ticks now, mp_arena *arena, mp_error *err)
{
    mp_str by = mp_json_get_text(share->body, "by"), scope;
    mp_who who;
    mp_error why;
    if (!mp_is_guid(by)) /* the operator, at the machine itself */
        return MP_OK;
    mp_code code = mp_principal(&who, app->access, by, arena, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    bool may = code == MP_OK;
    for (size_t i = 0; may && (scope = mp_share_scope(share, i)).len; i++)
        may = may_share(app, &who, scope, now);
    return may ? MP_OK
               : mp_fail(err, MP_DENIED, MP_NOWHERE, "this link does not open it: %s",
                         "who made it may not share it any more");
}

bool mp_share_has(const mp_record *share, mp_str evidence)
{
    const mp_json *pieces = mp_json_get(share->body, MP_S("evidence"));
    if (mp_json_is(pieces, MP_JSON_ARRAY))
        for (MP_JSON_EACH(piece, pieces))
            if (mp_str_eq(mp_json_str(piece), evidence))
                return true;
    return false;
}
