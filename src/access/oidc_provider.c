/* SPDX-License-Identifier: Apache-2.0 */
/* Providers as records, and what was fetched from them (OpenID Connect Discovery 1.0), kept for an hour. */
#include "oidc_internal.h"

#include <stdlib.h>

#include "directory_internal.h"

static const mp_record_index provider_indexes[] = {
    { .name = "displayName", .path = "displayName", .is_unique = true, .folds = true },
    { .name = "issuer", .path = "issuer" },
    { .name = "isEnabled", .path = "isEnabled" },
};
const mp_kind mp_provider_kind = {
    .name = "identity-provider", .indexes = provider_indexes, .index_count = MP_COUNT(provider_indexes)
};

enum { PROVIDERS_KEPT = 16, KEYS_MAX = 64, SCOPES_MAX = 20, GROUPS_MAX = 200, TEXT_MAX = 512 };
#define FETCH_AGAIN (3600 * MP_TICKS_PER_SECOND)
#define FETCH_FRESH (60 * MP_TICKS_PER_SECOND)

struct mp_providers {
    pthread_mutex_t   lock;
    mp_provider_info *kept[PROVIDERS_KEPT];
};

/* ---- records ---- */

static mp_code required(mp_str *out, const mp_json *body, const char *name, mp_error *err)
{
    MP_TRY(mp_directory_text(out, body, name, TEXT_MAX, err));
    return out->len ? MP_OK : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "an identity provider needs %s", name);
}

static mp_code check_lists(const mp_json *body, mp_tx *tx, mp_error *err)
{
    const mp_json *scopes = mp_json_get(body, MP_S("scopes")), *map = mp_json_get(body, MP_S("groupMap"));
    mp_record      group;
    if (scopes && (!mp_json_is(scopes, MP_JSON_ARRAY) || scopes->count > SCOPES_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "scopes is no array of at most %d texts", SCOPES_MAX);
    if (scopes)
        for (MP_JSON_EACH(item, scopes))
            if (!mp_json_is(item, MP_JSON_STRING) || item->count == 0 || item->count > 100 ||
                mp_str_find(mp_json_str(item), ' ') != SIZE_MAX)
                return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "scopes is no array of at most %d texts", SCOPES_MAX);
    if (!map)
        return MP_OK;
    if (!mp_json_is(map, MP_JSON_ARRAY) || map->count > GROUPS_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "groupMap is no array of at most %d objects {value, group}",
                       GROUPS_MAX);
    for (MP_JSON_EACH(item, map)) {
        mp_str id = mp_json_get_text(item, "group");
        if (!mp_json_get_text(item, "value").len || !id.len)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "groupMap is no array of at most %d objects {value, group}",
                           GROUPS_MAX);
        MP_TRY(mp_directory_id(&id, tx, id, err));
        mp_code code = mp_record_get(&group, tx, &mp_group_kind, id, 0, mp_tx_arena(tx), err);
        if (code == MP_MISSING)
            return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no group '%.*s'", MP_FMT(id));
        MP_TRY(code);
    }
    return MP_OK;
}

static void copy_member(mp_jsonw *w, const mp_json *body, const char *name)
{
    const mp_json *v = mp_json_get(body, mp_str_from(name));
    if (!v || mp_json_is(v, MP_JSON_NULL))
        return;
    mp_jsonw_put_value(w, name, v);
}

static void put_flag(mp_jsonw *w, const mp_json *body, const char *name, bool otherwise)
{
    mp_str n = mp_str_from(name);
    mp_jsonw_key(w, n);
    mp_jsonw_bool(w, mp_json_get(body, n) ? mp_body_bool(body, n) : otherwise);
}

/* Our client's secret at the provider: with the secrets of principals, under the provider's id. Absent: the
 * old one stays, unless it was another issuer's; null: none any more. */
static mp_code put_secret(mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, bool is_other, mp_error *err)
{
    static const mp_json none = { .kind = MP_JSON_NULL };
    const mp_json       *secret = mp_json_get(body, MP_S("clientSecret"));
    mp_jsonw             w;
    if (!secret && !is_other)
        return MP_OK;
    secret = secret ? secret : &none;
    if (!mp_json_is(secret, MP_JSON_NULL) && (!mp_json_is(secret, MP_JSON_STRING) || secret->count > TEXT_MAX))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is no text of at most %zu bytes", "clientSecret",
                       (size_t)TEXT_MAX);
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "clientSecret", secret);
    mp_jsonw_end(&w);
    const mp_json *changes = mp_jsonw_done(&w);
    return changes ? mp_credential_change(access, tx, id, changes, err)
                   : mp_no_memory(err);
}

mp_code mp_provider_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                        mp_error *err)
{
    static const char *const user_claims[] = { "sub", "email", "preferred_username" };
    mp_str         name, issuer, client, claim, groups_claim;
    const mp_json *old;
    mp_jsonw       w;
    bool           is_taken, is_claim = false, allows_http = mp_body_bool(body, MP_S("allowsLoopbackHttp"));
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_directory_name(&name, body, "displayName", mp_str_of(NULL, 0), err));
    MP_TRY(required(&issuer, body, "issuer", err));
    MP_TRY(required(&client, body, "clientId", err));
    MP_TRY(mp_directory_text(&claim, body, "userClaim", 40, err));
    MP_TRY(mp_directory_text(&groups_claim, body, "groupsClaim", 100, err));
    if (!mp_fetch_may(issuer, allows_http) || mp_str_find(issuer, '?') != SIZE_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no issuer; wanted https://HOST/PATH", MP_FMT(issuer));
    claim = claim.len ? claim : MP_S("sub");
    for (size_t i = 0; i < MP_COUNT(user_claims); i++)
        is_claim = is_claim || mp_str_eq(claim, mp_str_from(user_claims[i]));
    if (!is_claim)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "userClaim is '%.*s'; wanted sub, email or preferred_username",
                       MP_FMT(claim));
    MP_TRY(check_lists(body, tx, err));
    MP_TRY(mp_directory_old(&old, tx, &mp_provider_kind, id, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_provider_kind, "displayName", name, id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is an identity provider called '%.*s' already", MP_FMT(name));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "displayName", name);
    mp_directory_put_str(&w, "issuer", issuer);
    mp_directory_put_str(&w, "clientId", client);
    copy_member(&w, body, "scopes");
    mp_directory_put_str(&w, "userClaim", claim);
    mp_directory_put_str(&w, "groupsClaim", groups_claim);
    copy_member(&w, body, "groupMap");
    put_flag(&w, body, "createsUsers", false);
    put_flag(&w, body, "linksExisting", false);
    put_flag(&w, body, "trustsFactor", false);
    put_flag(&w, body, "isEnabled", true);
    put_flag(&w, body, "allowsLoopbackHttp", false);
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    bool is_other = old && !mp_str_eq(issuer, mp_json_get_text(old, "issuer"));
    if (is_other)
        MP_TRY(mp_outside_unlink(tx, id, err));
    MP_TRY(put_secret(access, tx, id, body, is_other, err));
    return mp_directory_put(out, access, tx, &mp_provider_kind, id, mp_jsonw_done(&w), expected, err);
}

mp_code mp_provider_delete(mp_access *access, mp_tx *tx, mp_str id, int64_t expected, mp_error *err)
{
    uint64_t removed = 0;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_record_delete(tx, &mp_provider_kind, id, expected, err));
    MP_TRY(mp_outside_unlink(tx, id, err));
    return mp_credential_remove(&removed, access, tx, id, err);
}

/* ---- what it says of itself ---- */

static mp_code bad_answer(mp_error *err, const char *what)
{
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the identity provider's document has no usable %s", what);
}

static mp_code read_text(const mp_json **out, mp_provider_info *info, mp_str text, const char *what, mp_error *err)
{
    const mp_json_options options = { .max_depth = 32, .reject_duplicates = true };
    const mp_json        *root = NULL;
    mp_json_doc          *doc;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, NULL);
    if (code != MP_NOMEM && (code != MP_OK || !mp_json_is(root, MP_JSON_OBJECT)))
        code = bad_answer(err, what);
    if (code == MP_OK && !(*out = mp_arena_dup_json(&info->arena, root)))
        code = MP_NOMEM;
    mp_json_doc_free(doc);
    return code == MP_NOMEM ? mp_no_memory(err) : code;
}

static bool lists(const mp_json *array, const char *wanted)
{
    if (!mp_json_is(array, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(item, array))
        if (mp_json_is(item, MP_JSON_STRING) && mp_str_eq(mp_json_str(item), mp_str_from(wanted)))
            return true;
    return false;
}

mp_code mp_provider_read(mp_provider_info *info, mp_str discovery, mp_error *err)
{
    const struct {
        const char *name;
        mp_str     *to;
        bool        may_be_absent;
    } urls[] = { { "authorization_endpoint", &info->authorize_url, false },
    { "token_endpoint", &info->token_url, false },
                 { "jwks_uri", &info->keys_url, false }, { "userinfo_endpoint", &info->userinfo_url, true } };
    const mp_json *root;
    bool           allows_http = mp_body_bool(info->setup, MP_S("allowsLoopbackHttp"));
    MP_TRY(read_text(&root, info, discovery, "members", err));
    info->issuer = mp_json_get_text(root, "issuer");
    if (!mp_str_eq(info->issuer, mp_json_get_text(info->setup, "issuer"))) /* Discovery 4.3: exactly */
        return bad_answer(err, "issuer");
    for (size_t i = 0; i < MP_COUNT(urls); i++) {
        *urls[i].to = mp_json_text(mp_json_get(root, mp_str_from(urls[i].name)));
        if (!(urls[i].may_be_absent && !urls[i].to->len) && !mp_fetch_may(*urls[i].to, allows_http))
            return bad_answer(err, urls[i].name);
    }
    const mp_json *methods = mp_json_get(root, MP_S("token_endpoint_auth_methods_supported"));
    info->takes_basic = !methods || lists(methods, "client_secret_basic"); /* RFC 8414: basic when it does not say */
    info->says_issuer = mp_body_bool(root, MP_S("authorization_response_iss_parameter_supported"));
    return MP_OK;
}

mp_code mp_provider_read_keys(mp_provider_info *info, mp_str jwks, mp_error *err)
{
    const mp_json *root;
    MP_TRY(read_text(&root, info, jwks, "keys", err));
    const mp_json *keys = mp_json_get(root, MP_S("keys"));
    if (!mp_json_is(keys, MP_JSON_ARRAY))
        return bad_answer(err, "keys");
    info->keys = calloc(KEYS_MAX, sizeof *info->keys);
    if (!info->keys)
        return mp_no_memory(err);
    for (MP_JSON_EACH(item, keys)) {
        mp_str use = mp_json_get_text(item, "use");
        if (info->key_count == KEYS_MAX || (use.len && !mp_str_eq(use, MP_S("sig"))))
            continue;
        /* of a kind that is not known here: not used */
        mp_code code = mp_jwk_public(&info->keys[info->key_count], item, NULL);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        info->key_count += code == MP_OK;
    }
    return info->key_count ? MP_OK : bad_answer(err, "keys");
}

/* ---- fetching ---- */

static void free_info(mp_provider_info *info)
{
    if (!info)
        return;
    for (size_t i = 0; i < info->key_count; i++)
        mp_jwk_free(info->keys[i]);
    free(info->keys);
    if (info->secret.len)
        mp_wipe((char *)info->secret.ptr, info->secret.len);
    mp_arena_free(&info->arena);
    free(info);
}

typedef struct reading {
    mp_access        *access;
    mp_str            id;
    mp_provider_info *info;
} reading;

static mp_code read_setup(mp_tx *tx, void *arg, mp_error *err)
{
    reading          *r = arg;
    mp_provider_info *info = r->info;
    mp_record         record;
    mp_credential     credential = { 0 };
    MP_TRY(mp_directory_id(&r->id, tx, r->id, err));
    mp_code code = mp_record_get(&record, tx, &mp_provider_kind, r->id, 0, mp_tx_arena(tx), err);
    if (code == MP_MISSING || (code == MP_OK && !mp_body_bool(record.body, MP_S("isEnabled"))))
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no identity provider '%.*s' that is enabled",
                       MP_FMT(r->id));
    MP_TRY(code);
    memcpy(info->id, r->id.ptr, 36);
    info->version = record.version;
    info->setup = mp_arena_dup_json(&info->arena, record.body);
    MP_TRY(mp_credential_open(&credential, r->access, tx, r->id, mp_tx_arena(tx), err));
    mp_str secret = mp_json_get_text(credential.body, "clientSecret");
    if (secret.len)
        info->secret = mp_arena_dup(&info->arena, secret);
    mp_credential_close(&credential);
    return info->setup && (info->secret.ptr || !secret.len)
               ? MP_OK
               : mp_no_memory(err);
}

static mp_code fetch_text(mp_buf *out, mp_str url, bool allows_http, mp_error *err)
{
    const mp_fetch fetch = { .url = url, .allows_http = allows_http };
    long           status = 0;
    MP_TRY(mp_fetch_do(out, &status, &fetch, err));
    if (status != 200)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the identity provider answers %ld to '%.*s'", status,
                       MP_FMT(url));
    return MP_OK;
}

static mp_code fetch_info(mp_provider_info *info, mp_error *err)
{
    bool   allows_http = mp_body_bool(info->setup, MP_S("allowsLoopbackHttp"));
    mp_str issuer = mp_json_get_text(info->setup, "issuer");
    mp_buf text = MP_BUF_INIT;
    if (issuer.len && issuer.ptr[issuer.len - 1] == '/')
        issuer.len--;
    mp_str url = mp_arena_printf(&info->arena, "%.*s/.well-known/openid-configuration", MP_FMT(issuer));
    mp_code code = url.ptr ? fetch_text(&text, url, allows_http, err)
                           : mp_no_memory(err);
    if (code == MP_OK)
        code = mp_provider_read(info, mp_buf_str(&text), err);
    mp_buf_clear(&text);
    if (code == MP_OK)
        code = fetch_text(&text, info->keys_url, allows_http, err);
    if (code == MP_OK)
        code = mp_provider_read_keys(info, mp_buf_str(&text), err);
    mp_buf_free(&text);
    return code == MP_FORMAT || code == MP_LIMIT ? (err ? (err->code = MP_UNAVAILABLE) : MP_UNAVAILABLE) : code;
}

/* The kept one, when it is still of use. Takes a reference. */
static mp_provider_info *find_kept(struct mp_providers *providers, const mp_provider_info *like, mp_ticks oldest)
{
    mp_provider_info *found = NULL;
    pthread_mutex_lock(&providers->lock);
    for (size_t i = 0; i < PROVIDERS_KEPT; i++) {
        mp_provider_info *p = providers->kept[i];
        if (p && strcmp(p->id, like->id) == 0 && p->version == like->version && p->fetched_at > oldest)
            found = p;
    }
    if (found)
        found->refs++;
    pthread_mutex_unlock(&providers->lock);
    return found;
}

/* In the place of an older one, of the same provider first. */
static void keep(struct mp_providers *providers, mp_provider_info *info)
{
    size_t at = 0;
    pthread_mutex_lock(&providers->lock);
    for (size_t i = 0; i < PROVIDERS_KEPT; i++) {
        const mp_provider_info *p = providers->kept[i], *best = providers->kept[at];
        if (p && strcmp(p->id, info->id) == 0) {
            at = i;
            break;
        }
        if (best && (!p || p->fetched_at < best->fetched_at))
            at = i;
    }
    mp_provider_info *old = providers->kept[at];
    providers->kept[at] = info;
    info->refs++;
    bool is_last = old && --old->refs == 0;
    pthread_mutex_unlock(&providers->lock);
    if (is_last)
        free_info(old);
}

mp_code mp_provider_take(mp_provider_info **out, mp_access *access, mp_str id, bool fresh, mp_ticks now, mp_error *err)
{
    reading r = { access, id, calloc(1, sizeof(mp_provider_info)) };
    if (!r.info)
        return mp_no_memory(err);
    mp_code code = mp_store_read(access->store, read_setup, &r, err);
    mp_provider_info *kept =
        code == MP_OK ? find_kept(access->providers, r.info, now - (fresh ? FETCH_FRESH : FETCH_AGAIN)) : NULL;
    if (kept) {
        free_info(r.info);
        *out = kept;
        return MP_OK;
    }
    if (code == MP_OK)
        code = fetch_info(r.info, err);
    if (code != MP_OK) {
        free_info(r.info);
        return code;
    }
    r.info->refs = 1;
    r.info->fetched_at = now;
    keep(access->providers, r.info);
    *out = r.info;
    return MP_OK;
}

void mp_provider_give(mp_access *access, mp_provider_info *info)
{
    if (!info)
        return;
    pthread_mutex_lock(&access->providers->lock);
    bool is_last = --info->refs == 0;
    pthread_mutex_unlock(&access->providers->lock);
    if (is_last)
        free_info(info);
}

mp_code mp_providers_open(struct mp_providers **out, mp_access *access, mp_error *err)
{
    (void)access;
    struct mp_providers *providers = calloc(1, sizeof *providers);
    if (!providers)
        return mp_no_memory(err);
    pthread_mutex_init(&providers->lock, NULL);
    *out = providers;
    return MP_OK;
}

void mp_providers_close(struct mp_providers *providers)
{
    if (!providers)
        return;
    for (size_t i = 0; i < PROVIDERS_KEPT; i++)
        free_info(providers->kept[i]);
    pthread_mutex_destroy(&providers->lock);
    free(providers);
}
