/* SPDX-License-Identifier: Apache-2.0 */
/* The code flow. What must be remembered between the two requests goes with the browser, sealed, in a cookie: who began is who may finish. The state is a
 * challenge of challenge.c: ours, for this provider, five minutes old at most, and used once. */
#include "oidc.h"

#include "oidc_internal.h"

#include "challenge.h"
#include "directory_internal.h"
#include "rbac_internal.h"

/* Which person of a provider is which user: kept from the first sign-in on, since names and addresses change hands, and `sub` does not. */
const mp_kind mp_outside_identity_kind = { .name = "outside-identity" };

#define COOKIE_ABOUT "oidc-state"

static mp_code no_memory(mp_error *err)
{
    return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a sign-in");
}

static void put(mp_jsonw *w, const char *name, mp_str value)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_str(w, value);
}

/* A path of ours, or "/": never another host ("//x", "/\x"). */
static mp_str own_path(mp_str path)
{
    if (path.len == 0 || path.len > 1024 || path.ptr[0] != '/' || (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\')))
        return MP_S("/");
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] <= 0x20 || (unsigned char)path.ptr[i] >= 0x7f || path.ptr[i] == '\\')
            return MP_S("/");
    return path;
}

static mp_str about_state(mp_arena *arena, mp_str provider)
{
    return mp_arena_printf(arena, "oidc/%.*s", MP_FMT(provider));
}

/* ---- there ---- */

static void add_scopes(mp_buf *url, const mp_json *setup)
{
    const mp_json *scopes = mp_json_get(setup, MP_S("scopes"));
    mp_buf         text = MP_BUF_INIT;
    mp_buf_add_z(&text, "openid");
    if (mp_json_is(scopes, MP_JSON_ARRAY))
        for (MP_JSON_EACH(item, scopes))
            if (!mp_str_eq(mp_json_str(item), MP_S("openid")))
                mp_buf_printf(&text, " %.*s", MP_FMT(mp_json_str(item)));
    mp_form_add(url, '&', "scope", mp_buf_str(&text));
    url->failed = url->failed || text.failed;
    mp_buf_free(&text);
}

static mp_str make_location(mp_access *access, const mp_provider_info *info, mp_str state, mp_str nonce, mp_str verifier, mp_arena *arena)
{
    mp_buf  url = MP_BUF_INIT;
    uint8_t hash[32];
    mp_str  redirect = mp_arena_printf(arena, "%s" MP_OIDC_CALLBACK, access->base), challenge = mp_str_of(NULL, 0), out = mp_str_of(NULL, 0);
    if (mp_sha256(hash, verifier, NULL) == MP_OK)
        challenge = mp_base64url(arena, mp_str_of((const char *)hash, sizeof hash));
    mp_buf_add(&url, info->authorize_url);
    mp_form_add(&url, mp_str_find(info->authorize_url, '?') == SIZE_MAX ? '?' : '&', "response_type", MP_S("code"));
    mp_form_add(&url, '&', "client_id", mp_body_str(info->setup, MP_S("clientId")));
    mp_form_add(&url, '&', "redirect_uri", redirect);
    add_scopes(&url, info->setup);
    mp_form_add(&url, '&', "state", state);
    mp_form_add(&url, '&', "nonce", nonce);
    mp_form_add(&url, '&', "code_challenge", challenge);
    mp_form_add(&url, '&', "code_challenge_method", MP_S("S256"));
    if (!url.failed && redirect.ptr && challenge.ptr)
        out = mp_arena_dup(arena, mp_buf_str(&url));
    mp_buf_free(&url);
    return out;
}

static mp_code make_cookie(mp_str *out, mp_access *access, mp_str provider, mp_str state, mp_str nonce, mp_str verifier, mp_str return_to,
                           mp_arena *arena, mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, "provider", provider);
    put(&w, "state", state);
    put(&w, "nonce", nonce);
    put(&w, "verifier", verifier);
    put(&w, "return", return_to);
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    if (v)
        mp_buf_add_json(&text, v);
    mp_code code = v && !text.failed ? mp_sealed(out, &access->seal, MP_S(COOKIE_ABOUT), mp_buf_str(&text), arena, err) : no_memory(err);
    mp_buf_free(&text);
    return code;
}

mp_code mp_oidc_begin(mp_str *location, mp_str *state_cookie, mp_access *access, mp_str provider, mp_str return_to, mp_ticks now,
                      mp_arena *arena, mp_error *err)
{
    mp_provider_info *info;
    mp_str            state, nonce, verifier;
    MP_TRY(mp_provider_take(&info, access, provider, false, now, err));
    mp_str  id = mp_arena_dup(arena, mp_str_from(info->id)), about = about_state(arena, id);
    mp_code code = id.ptr && about.ptr ? mp_challenge_make(&state, access, about, now, arena, err) : no_memory(err);
    if (code == MP_OK)
        code = mp_secret_make(&nonce, 32, arena, err);
    if (code == MP_OK)
        code = mp_secret_make(&verifier, 32, arena, err); /* 43 characters: RFC 7636, 4.1 */
    if (code == MP_OK)
        code = make_cookie(state_cookie, access, id, state, nonce, verifier, own_path(return_to), arena, err);
    if (code == MP_OK) {
        *location = make_location(access, info, state, nonce, verifier, arena);
        code = location->ptr ? MP_OK : no_memory(err);
    }
    mp_provider_give(access, info);
    return code;
}

/* ---- and back ---- */

typedef struct flow {
    mp_access        *access;
    mp_provider_info *info;
    mp_str            provider, nonce, verifier, return_to;
    mp_str            id_token, access_token;
    const mp_json    *claims;  /* of the ID token */
    const mp_json    *more;    /* of userinfo; NULL: not asked */
    mp_ticks          now;
    mp_arena         *arena;
    mp_str            user;    /* who it is, in the end */
} flow;

static mp_code refuse(mp_error *err, const char *why)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the sign-in at the identity provider does not count: %s", why);
}

static mp_code read_json(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    const mp_json_options options = { .max_depth = 32, .reject_duplicates = true };
    const mp_json        *root = NULL;
    mp_json_doc          *doc;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, err);
    if (code == MP_OK && !(*out = mp_arena_dup_json(arena, root)))
        code = no_memory(err);
    mp_json_doc_free(doc);
    return code;
}

static mp_code open_cookie(flow *f, mp_str cookie, mp_str state, mp_error *err)
{
    const mp_json *v;
    mp_str         text, about;
    if (cookie.len > 8192 || mp_unsealed(&text, &f->access->seal, MP_S(COOKIE_ABOUT), cookie, f->arena, NULL) != MP_OK ||
        read_json(&v, text, f->arena, NULL) != MP_OK)
        return refuse(err, "it was not begun in this browser");
    f->provider = mp_body_str(v, MP_S("provider"));
    f->nonce = mp_body_str(v, MP_S("nonce"));
    f->verifier = mp_body_str(v, MP_S("verifier"));
    f->return_to = own_path(mp_body_str(v, MP_S("return")));
    if (!state.len || !mp_secret_eq(state, mp_body_str(v, MP_S("state"))))
        return refuse(err, "its state is not that of this browser");
    about = about_state(f->arena, f->provider);
    if (!about.ptr)
        return no_memory(err);
    MP_TRY(mp_challenge_check(f->access, state, about, f->now, f->arena, err));
    return mp_challenge_use(f->access, state, f->now, err); /* before anything is asked of the provider: one try for one state */
}

static mp_code exchange(flow *f, mp_str code, mp_error *err)
{
    const mp_provider_info *info = f->info;
    mp_str   client = mp_body_str(info->setup, MP_S("clientId")), redirect = mp_arena_printf(f->arena, "%s" MP_OIDC_CALLBACK, f->access->base);
    bool     by_basic = info->secret.len && info->takes_basic;
    mp_buf   form = MP_BUF_INIT, answer = MP_BUF_INIT;
    long     status = 0;
    const mp_json *v = NULL;
    mp_buf_add_z(&form, "grant_type=authorization_code");
    mp_form_add(&form, '&', "code", code);
    mp_form_add(&form, '&', "redirect_uri", redirect);
    mp_form_add(&form, '&', "code_verifier", f->verifier);
    if (!by_basic)
        mp_form_add(&form, '&', "client_id", client);
    if (!by_basic && info->secret.len)
        mp_form_add(&form, '&', "client_secret", info->secret);
    mp_fetch fetch = { .url = info->token_url, .form = mp_buf_str(&form), .user = by_basic ? client : mp_str_of(NULL, 0), .secret = info->secret,
                       .allows_http = mp_body_bool(info->setup, MP_S("allowsLoopbackHttp")) };
    mp_code done = form.failed || !redirect.ptr ? no_memory(err) : mp_fetch_do(&answer, &status, &fetch, err);
    if (done == MP_OK && status >= 500)
        done = mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the identity provider answers %ld to '%.*s'", status, MP_FMT(info->token_url));
    else if (done == MP_OK && (status != 200 || read_json(&v, mp_buf_str(&answer), f->arena, NULL) != MP_OK))
        done = refuse(err, "the provider does not accept its code");
    f->id_token = mp_body_str(v, MP_S("id_token"));
    f->access_token = mp_body_str(v, MP_S("access_token"));
    if (done == MP_OK && !f->id_token.len)
        done = refuse(err, "the provider gives no ID token");
    if (form.ptr)
        mp_wipe(form.ptr, form.cap);
    if (answer.ptr)
        mp_wipe(answer.ptr, answer.cap);
    mp_buf_free(&form);
    mp_buf_free(&answer);
    return done;
}

/* Once more with the provider's newest keys when the token's is not among those kept. */
static mp_code check_token(flow *f, mp_error *err)
{
    bool             unknown_key;
    mp_id_token_want want = { .info = f->info, .nonce = f->nonce, .now = f->now };
    mp_code          code = mp_id_token_check(&f->claims, &unknown_key, f->id_token, &want, f->arena, err);
    if (code != MP_CREDENTIALS || !unknown_key)
        return code;
    mp_provider_info *fresh;
    MP_TRY(mp_provider_take(&fresh, f->access, f->provider, true, f->now, err));
    mp_provider_give(f->access, f->info);
    f->info = fresh;
    want.info = fresh;
    return mp_id_token_check(&f->claims, &unknown_key, f->id_token, &want, f->arena, err);
}

static const mp_json *claim(const flow *f, mp_str name)
{
    const mp_json *v = mp_json_get(f->claims, name);
    return v || !f->more ? v : mp_json_get(f->more, name);
}

/* Only for what the ID token does not say. Its subject must be the token's (Core 5.3.2). */
static mp_code ask_userinfo(flow *f, mp_error *err)
{
    mp_str groups = mp_body_str(f->info->setup, MP_S("groupsClaim")), user = mp_body_str(f->info->setup, MP_S("userClaim"));
    bool   has_all = mp_json_get(f->claims, user) && (!groups.len || mp_json_get(f->claims, groups));
    if (has_all || !f->info->userinfo_url.len || !f->access_token.len)
        return MP_OK;
    mp_buf   answer = MP_BUF_INIT;
    long     status = 0;
    mp_fetch fetch = { .url = f->info->userinfo_url, .bearer = f->access_token,
                       .allows_http = mp_body_bool(f->info->setup, MP_S("allowsLoopbackHttp")) };
    mp_code  code = mp_fetch_do(&answer, &status, &fetch, err);
    if (code == MP_OK && (status != 200 || read_json(&f->more, mp_buf_str(&answer), f->arena, NULL) != MP_OK ||
                          !mp_str_eq(mp_body_str(f->more, MP_S("sub")), mp_body_str(f->claims, MP_S("sub")))))
        code = refuse(err, "the provider's userinfo is about somebody else, or none");
    mp_buf_free(&answer);
    return code;
}

/* ---- which user ---- */

static mp_code identity_key(mp_str *out, const flow *f, mp_arena *arena, mp_error *err)
{
    char   hash[65];
    mp_str whole = mp_arena_printf(arena, "%.*s|%.*s", MP_FMT(f->provider), MP_FMT(mp_body_str(f->claims, MP_S("sub"))));
    if (!whole.ptr)
        return no_memory(err);
    MP_TRY(mp_secret_hash(hash, whole, err));
    *out = mp_arena_dup(arena, mp_str_of(hash, 64));
    return out->ptr ? MP_OK : no_memory(err);
}

/* The name that a new person has, or by which an existing one is found. An address counts only when the provider says that it was checked. */
static mp_code name_of(mp_str *out, const flow *f, mp_error *err)
{
    mp_str         which = mp_body_str(f->info->setup, MP_S("userClaim"));
    const mp_json *v = claim(f, which), *checked = claim(f, MP_S("email_verified"));
    if (!mp_json_is(v, MP_JSON_STRING) || v->count == 0)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the identity provider does not say '%.*s'", MP_FMT(which));
    if (mp_str_eq(which, MP_S("email")) && !(mp_json_is(checked, MP_JSON_BOOL) && checked->u.integer))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "the identity provider has not verified the e-mail address");
    *out = mp_json_str(v);
    return MP_OK;
}

static mp_code make_user(mp_record *out, const flow *f, mp_tx *tx, mp_str name, mp_error *err)
{
    mp_jsonw       w;
    const mp_json *display = claim(f, MP_S("name")), *email = claim(f, MP_S("email"));
    if (!mp_body_bool(f->info->setup, MP_S("createsUsers")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "there is no such user here, and this identity provider makes none");
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    put(&w, "userName", name);
    put(&w, "displayName", mp_json_is(display, MP_JSON_STRING) && display->count ? mp_json_str(display) : name);
    if (mp_json_is(email, MP_JSON_STRING))
        put(&w, "email", mp_json_str(email));
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_user_put(out, f->access, tx, mp_str_of(NULL, 0), body, MP_NO_VERSION, err) : no_memory(err);
}

static mp_code put_identity(const flow *f, mp_tx *tx, mp_str key, mp_str user, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    put(&w, "provider", f->provider);
    put(&w, "user", user);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_outside_identity_kind, key, body, MP_ANY_VERSION, err) : no_memory(err);
}

static mp_code find_user(mp_record *out, const flow *f, mp_tx *tx, mp_error *err)
{
    mp_record identity;
    mp_str    key, name;
    mp_arena *arena = mp_tx_arena(tx);
    MP_TRY(identity_key(&key, f, arena, err));
    mp_code code = mp_record_get(&identity, tx, &mp_outside_identity_kind, key, 0, arena, err);
    if (code == MP_OK)
        code = mp_record_get(out, tx, &mp_user_kind, mp_body_str(identity.body, MP_S("user")), 0, arena, err);
    if (code != MP_MISSING)
        return code;
    MP_TRY(name_of(&name, f, err));
    code = mp_record_find(out, tx, &mp_user_kind, "userName", name, arena, err);
    if (code == MP_MISSING)
        code = make_user(out, f, tx, name, err);
    MP_TRY(code);
    return put_identity(f, tx, key, out->key, err);
}

static mp_code activate(const flow *f, mp_tx *tx, const mp_record *user, mp_error *err)
{
    mp_str   state = mp_body_str(user->body, MP_S("state"));
    mp_jsonw w;
    if (mp_str_eq(state, MP_S("active")))
        return MP_OK;
    if (!mp_str_eq(state, MP_S("invited")))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "this user is not active here");
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    put(&w, "state", MP_S("active"));
    mp_jsonw_end(&w);
    return mp_directory_put(NULL, f->access, tx, &mp_user_kind, user->key, mp_body_with(mp_tx_arena(tx), user->body, mp_jsonw_done(&w)),
                            MP_ANY_VERSION, err);
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

/* Groups that are mapped are the provider's to decide, in and out; others are left alone. Without the claim nothing is known, and nothing changes. */
static mp_code map_groups(const flow *f, mp_tx *tx, mp_str user, mp_error *err)
{
    const mp_json *map = mp_json_get(f->info->setup, MP_S("groupMap"));
    mp_str         name = mp_body_str(f->info->setup, MP_S("groupsClaim"));
    const mp_json *groups = name.len ? claim(f, name) : NULL;
    if (!groups || !mp_json_is(map, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(item, map)) {
        mp_str group = mp_body_str(item, MP_S("group"));
        bool   is_in = false;
        for (MP_JSON_EACH(other, map)) /* one group may stand for several values */
            is_in = is_in || (mp_str_eq_fold(mp_body_str(other, MP_S("group")), group) && has_group(groups, mp_body_str(other, MP_S("value"))));
        mp_code code = mp_group_member(f->access, tx, group, user, is_in, err);
        if (code != MP_OK && code != MP_MISSING)
            return code;
    }
    return MP_OK;
}

static mp_code settle_user(mp_tx *tx, void *arg, mp_error *err)
{
    flow     *f = arg;
    mp_record user;
    MP_TRY(find_user(&user, f, tx, err));
    MP_TRY(activate(f, tx, &user, err));
    MP_TRY(map_groups(f, tx, user.key, err));
    mp_access_touch(f->access, tx);
    f->user = mp_arena_dup(f->arena, user.key);
    return f->user.ptr ? MP_OK : no_memory(err);
}

static mp_code finish(flow *f, mp_str cookie, mp_str state, mp_str code, mp_str iss, mp_error *err)
{
    MP_TRY(open_cookie(f, cookie, state, err));
    MP_TRY(mp_provider_take(&f->info, f->access, f->provider, false, f->now, err));
    if (iss.len ? !mp_str_eq(iss, f->info->issuer) : f->info->says_issuer) /* RFC 9207, 2.4 */
        return refuse(err, "another provider answered");
    if (!code.len || code.len > 4096)
        return refuse(err, "the provider gives no code");
    MP_TRY(exchange(f, code, err));
    MP_TRY(check_token(f, err));
    MP_TRY(ask_userinfo(f, err));
    return mp_store_write(f->access->store, settle_user, f, err);
}

mp_code mp_oidc_finish(mp_signed_in *out, mp_str *return_to, mp_access *access, mp_str state_cookie, mp_str state, mp_str code,
                       mp_str iss, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    flow    f = { .access = access, .now = now, .arena = arena };
    mp_code done = finish(&f, state_cookie, state, code, iss, err);
    bool    is_strong = done == MP_OK && mp_body_bool(f.info->setup, MP_S("trustsFactor")) && mp_id_token_is_strong(f.claims);
    mp_provider_give(access, f.info);
    if (done == MP_CREDENTIALS || done == MP_DENIED) {
        const mp_deed deed = { .action = "Mapae.Access/signIn/oidc", .asked = asked, .code = done };
        return mp_deed_refused(access, &deed, err);
    }
    MP_TRY(done);
    MP_TRY(mp_session_begin(out, access, f.user, is_strong, asked, now, arena, err));
    *return_to = f.return_to;
    return MP_OK;
}
