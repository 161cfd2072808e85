/* SPDX-License-Identifier: Apache-2.0 */
/* Which user of ours a person of a provider is. */
#include "oidc_internal.h"

#include "directory_internal.h"
#include "rbac_internal.h"
#include "sign_in_internal.h"

/* Kept from the first sign-in on, since names and addresses change hands, and `sub` does not. */
static const mp_record_index identity_indexes[] = { { .name = "provider", .path = "provider" },
                                                    { .name = "user", .path = "user" } };
const mp_kind mp_outside_identity_kind = {
    .name = "outside-identity", .indexes = identity_indexes, .index_count = MP_COUNT(identity_indexes)
};

typedef struct person {
    const mp_outside_person *given;
    mp_access               *access;
} person;

static const mp_json *claim(const person *f, mp_str name)
{
    const mp_json *v = mp_json_get(f->given->claims, name);
    return v || !f->given->more ? v : mp_json_get(f->given->more, name);
}

static bool is_email_verified(const person *f)
{
    const mp_json *checked = claim(f, MP_S("email_verified"));
    return mp_json_is_true(checked);
}

static mp_code identity_key(mp_str *out, const person *f, mp_arena *arena, mp_error *err)
{
    char   hash[65];
    mp_str whole = mp_arena_printf(arena, "%.*s|%.*s", MP_FMT(f->given->provider),
                                   MP_FMT(mp_json_get_text(f->given->claims, "sub")));
    if (!whole.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_secret_hash(hash, whole, err));
    *out = mp_arena_dup(arena, mp_str_of(hash, 64));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* The value by which a person is known before the first link. An address counts only when the provider says
 * that it was checked. */
static mp_code name_of(mp_str *out, const person *f, mp_error *err)
{
    mp_str         which = mp_json_get_text(f->given->setup, "userClaim");
    const mp_json *v = claim(f, which);
    if (!mp_json_is(v, MP_JSON_STRING) || v->count == 0)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the identity provider does not say '%.*s'", MP_FMT(which));
    if (mp_str_eq(which, MP_S("email")) && !is_email_verified(f))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the identity provider has not verified the e-mail address");
    *out = mp_json_str(v);
    return MP_OK;
}

/* An address is kept only when it was checked: it may name him at another provider. */
static mp_code make_user(mp_record *out, const person *f, mp_tx *tx, mp_str name, mp_error *err)
{
    mp_jsonw       w;
    const mp_json *display = claim(f, MP_S("name")), *email = claim(f, MP_S("email"));
    if (!mp_body_bool(f->given->setup, MP_S("createsUsers")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "there is no such user here, and this identity provider makes none");
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "userName", name);
    mp_jsonw_put_str(&w, "displayName",
                     mp_json_is(display, MP_JSON_STRING) && display->count ? mp_json_str(display) : name);
    if (mp_json_is(email, MP_JSON_STRING) && is_email_verified(f))
        mp_jsonw_put_str(&w, "email", mp_json_str(email));
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    mp_code code =
        body ? mp_user_put(out, f->access, tx, mp_str_of(NULL, 0), body, MP_NO_VERSION, err) : mp_no_memory(err);
    return code == MP_EXISTS
               ? mp_fail(err, MP_DENIED, MP_NOWHERE, "the user '%.*s' here is somebody else", MP_FMT(name))
               : code;
}

static mp_code put_identity(const person *f, mp_tx *tx, mp_str key, mp_str user, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "provider", f->given->provider);
    mp_jsonw_put_str(&w, "user", user);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_outside_identity_kind, key, body, MP_ANY_VERSION, err)
                : mp_no_memory(err);
}

/* Who has this name; by address: who has it alone of all who have not left. Fails with MP_MISSING. */
static mp_code find_named(mp_record *out, const person *f, mp_tx *tx, mp_str name, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    if (!mp_str_eq(mp_json_get_text(f->given->setup, "userClaim"), MP_S("email")))
        return mp_record_find(out, tx, &mp_user_kind, "userName", name, arena, err);
    const mp_record_filter filters[] = { { .index = "email", .op = MP_FILTER_EQ, .value = name },
                                         { .index = "state", .op = MP_FILTER_NE, .value = MP_S("left") } };
    const mp_record_query  query = { .kind = &mp_user_kind, .filters = filters, .filter_count = MP_COUNT(filters),
                                     .limit = 2 };
    mp_record_page         page;
    MP_TRY(mp_record_list(&page, tx, &query, arena, err));
    if (page.count == 0)
        return MP_MISSING;
    if (page.count > 1)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "more than one user here has this e-mail address");
    *out = page.records[0];
    return MP_OK;
}

/* A name can change hands at the provider, or be chosen by who bears it: it opens an invitation, and no
 * account that somebody uses, unless the provider is set up to. */
static mp_code may_link(const person *f, mp_tx *tx, const mp_record *user, mp_error *err)
{
    const mp_record_filter filter = { .index = "user", .op = MP_FILTER_EQ, .value = user->key };
    const mp_record_query  query = { .kind = &mp_outside_identity_kind, .filters = &filter, .filter_count = 1,
                                     .limit = 1 };
    mp_record_page         links;
    mp_credential          credential = { 0 };
    if (mp_body_bool(f->given->setup, MP_S("linksExisting")))
        return MP_OK;
    MP_TRY(mp_record_list(&links, tx, &query, mp_tx_arena(tx), err));
    MP_TRY(mp_credential_open(&credential, f->access, tx, user->key, mp_tx_arena(tx), err));
    bool is_used = links.count || mp_json_get(credential.body, MP_S("password")) || mp_has_totp(credential.body) ||
                   mp_has_passkey(credential.body);
    mp_credential_close(&credential);
    if (is_used || !mp_str_eq(mp_json_get_text(user->body, "state"), MP_S("invited")))
        return mp_fail(
            err, MP_DENIED, MP_NOWHERE,
            "the user with this name signs in in another way; this identity provider opens invitations only");
    return MP_OK;
}

/* Not what an older issuer said of a person. */
static mp_code check_provider(const person *f, mp_tx *tx, mp_error *err)
{
    mp_record provider;
    MP_TRY(mp_record_get(&provider, tx, &mp_provider_kind, f->given->provider, 0, mp_tx_arena(tx), err));
    if (!mp_str_eq(mp_json_get_text(provider.body, "issuer"), mp_json_get_text(f->given->setup, "issuer")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the identity provider was changed in between");
    return MP_OK;
}

static mp_code find_user(mp_record *out, const person *f, mp_tx *tx, mp_error *err)
{
    mp_record identity;
    mp_str    key = { 0 }, name = { 0 };
    mp_arena *arena = mp_tx_arena(tx);
    MP_TRY(check_provider(f, tx, err));
    MP_TRY(identity_key(&key, f, arena, err));
    mp_code code = mp_record_get(&identity, tx, &mp_outside_identity_kind, key, 0, arena, err);
    if (code == MP_OK)
        code = mp_record_get(out, tx, &mp_user_kind, mp_json_get_text(identity.body, "user"), 0, arena, err);
    if (code != MP_MISSING)
        return code;
    MP_TRY(name_of(&name, f, err));
    code = find_named(out, f, tx, name, err);
    code = code == MP_MISSING ? make_user(out, f, tx, name, err) : code == MP_OK ? may_link(f, tx, out, err) : code;
    MP_TRY(code);
    return put_identity(f, tx, key, out->key, err);
}

static mp_code activate(const person *f, mp_tx *tx, const mp_record *user, mp_error *err)
{
    mp_str   state = mp_json_get_text(user->body, "state");
    mp_jsonw w;
    if (mp_str_eq(state, MP_S("active")))
        return MP_OK;
    if (!mp_str_eq(state, MP_S("invited")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "this user is not active here");
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "state", MP_S("active"));
    mp_jsonw_end(&w);
    return mp_directory_put(NULL, f->access, tx, &mp_user_kind, user->key,
                            mp_body_with(mp_tx_arena(tx), user->body, mp_jsonw_done(&w)), MP_ANY_VERSION, err);
}

static bool has_group(const mp_json *groups, mp_str value)
{
    if (mp_json_is(groups, MP_JSON_STRING))
        return mp_str_eq(mp_json_str(groups), value);
    if (!mp_json_is(groups, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(item, groups))
        if (mp_json_is(item, MP_JSON_STRING) && mp_str_eq(mp_json_str(item), value))
            return true;
    return false;
}

/* Groups that are mapped are the provider's to decide, in and out; others are left alone. Without the claim
 * nothing is known, and nothing changes. */
static mp_code map_groups(const person *f, mp_tx *tx, mp_str user, mp_error *err)
{
    const mp_json *map = mp_json_get(f->given->setup, MP_S("groupMap"));
    mp_str         name = mp_json_get_text(f->given->setup, "groupsClaim");
    const mp_json *groups = name.len ? claim(f, name) : NULL;
    if (!groups || !mp_json_is(map, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(item, map)) {
        mp_str group = mp_json_get_text(item, "group");
        bool   is_in = false;
        for (MP_JSON_EACH(other, map)) /* one group may stand for several values */
            is_in = is_in || (mp_str_eq_fold(mp_json_get_text(other, "group"), group) &&
                              has_group(groups, mp_json_get_text(other, "value")));
        mp_code code = mp_group_member(f->access, tx, group, user, is_in, err);
        if (code != MP_OK && code != MP_MISSING)
            return code;
    }
    return MP_OK;
}

mp_code mp_outside_user(mp_str *user, mp_access *access, mp_tx *tx, const mp_outside_person *given, mp_error *err)
{
    const person f = { .given = given, .access = access };
    mp_record    record;
    size_t       count;
    MP_TRY(find_user(&record, &f, tx, err));
    MP_TRY(activate(&f, tx, &record, err));
    MP_TRY(map_groups(&f, tx, record.key, err));
    mp_access_touch(access, tx);
    *user = record.key;
    (void)mp_tx_changes(tx, &count);
    const mp_deed deed = { .action = "Mapae.Access/signIn/oidc", .user = record.key, .asked = given->asked };
    return count ? mp_deed_add(access, tx, &deed, err) : MP_OK;
}

mp_code mp_outside_unlink(mp_tx *tx, mp_str provider, mp_error *err)
{
    const mp_record_filter filter = { .index = "provider", .op = MP_FILTER_EQ, .value = provider };
    const mp_record_query  query = { .kind = &mp_outside_identity_kind, .filters = &filter, .filter_count = 1,
                                     .limit = 1000 };
    mp_record_page         page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(mp_record_delete(tx, &mp_outside_identity_kind, page.records[i].key, MP_ANY_VERSION, err));
    } while (page.count);
    return MP_OK;
}
