/* SPDX-License-Identifier: Apache-2.0 */
/* The code flow. What must be remembered between the two requests goes with the browser, sealed, in a cookie:
 * who began is who may finish. The state is a challenge of challenge.c: ours, for this provider, five minutes
 * old at most, and used once. */
#include "oidc.h"

#include "oidc_internal.h"

#include "challenge.h"
#include "jsonw.h"

#define COOKIE_ABOUT "oidc-state"

/* A path of ours, or "/": never another host ("//x", "/\x"). */
static mp_str own_path(mp_str path)
{
    if (path.len == 0 || path.len > 1024 || path.ptr[0] != '/' ||
        (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\')))
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

static mp_str make_location(mp_access *access, const mp_provider_info *info, mp_str state, mp_str nonce,
                            mp_str verifier, mp_arena *arena)
{
    mp_buf  url = MP_BUF_INIT;
    uint8_t hash[32];
    mp_str  redirect = mp_arena_printf(arena, "%s" MP_OIDC_CALLBACK, access->base), challenge = mp_str_of(NULL, 0),
            out = mp_str_of(NULL, 0);
    if (mp_sha256(hash, verifier, NULL) == MP_OK)
        challenge = mp_base64url(arena, mp_str_of((const char *)hash, sizeof hash));
    mp_buf_add(&url, info->authorize_url);
    mp_form_add(&url, mp_str_find(info->authorize_url, '?') == SIZE_MAX ? '?' : '&', "response_type", MP_S("code"));
    mp_form_add(&url, '&', "client_id", mp_json_get_text(info->setup, "clientId"));
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

static mp_code make_cookie(mp_str *out, mp_access *access, mp_str provider, mp_str state, mp_str nonce, mp_str verifier,
                           mp_str return_to, mp_arena *arena, mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "provider", provider);
    mp_jsonw_put_str(&w, "state", state);
    mp_jsonw_put_str(&w, "nonce", nonce);
    mp_jsonw_put_str(&w, "verifier", verifier);
    mp_jsonw_put_str(&w, "return", return_to);
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    if (v)
        mp_buf_add_json(&text, v);
    mp_code code = v && !text.failed ? mp_sealed(out, &access->seal, MP_S(COOKIE_ABOUT), mp_buf_str(&text), arena, err)
                                     : mp_no_memory(err);
    mp_buf_free(&text);
    return code;
}

mp_code mp_oidc_begin(mp_str *location, mp_str *state_cookie, mp_access *access, mp_str provider, mp_str return_to,
                      mp_ticks now, mp_arena *arena, mp_error *err)
{
    mp_provider_info *info;
    mp_str            state, nonce, verifier;
    MP_TRY(mp_provider_take(&info, access, provider, false, now, err));
    mp_str  id = mp_arena_dup(arena, mp_str_from(info->id)), about = about_state(arena, id);
    mp_code code =
        id.ptr && about.ptr ? mp_challenge_make(&state, access, about, now, arena, err) : mp_no_memory(err);
    if (code == MP_OK)
        code = mp_secret_make(&nonce, 32, arena, err);
    if (code == MP_OK)
        code = mp_secret_make(&verifier, 32, arena, err); /* 43 characters: RFC 7636, 4.1 */
    if (code == MP_OK)
        code = make_cookie(state_cookie, access, id, state, nonce, verifier, own_path(return_to), arena, err);
    if (code == MP_OK) {
        *location = make_location(access, info, state, nonce, verifier, arena);
        code = location->ptr ? MP_OK : mp_no_memory(err);
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
    const mp_asked   *asked;
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
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    return code;
}

static mp_code open_cookie(flow *f, mp_str cookie, mp_str state, mp_error *err)
{
    const mp_json *v;
    mp_str         text, about;
    if (cookie.len > 8192 ||
        mp_unsealed(&text, &f->access->seal, MP_S(COOKIE_ABOUT), cookie, f->arena, NULL) != MP_OK ||
        read_json(&v, text, f->arena, NULL) != MP_OK)
        return refuse(err, "it was not begun in this browser");
    f->provider = mp_json_get_text(v, "provider");
    f->nonce = mp_json_get_text(v, "nonce");
    f->verifier = mp_json_get_text(v, "verifier");
    f->return_to = own_path(mp_json_get_text(v, "return"));
    if (!state.len || !mp_secret_eq(state, mp_json_get_text(v, "state")))
        return refuse(err, "its state is not that of this browser");
    about = about_state(f->arena, f->provider);
    if (!about.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_challenge_check(f->access, state, about, f->now, f->arena, err));
    /* before anything is asked of the provider: one try for one state */
    return mp_challenge_use(f->access, state, f->now, err);
}

static mp_code exchange(flow *f, mp_str code, mp_error *err)
{
    const mp_provider_info *info = f->info;
    mp_str   client = mp_json_get_text(info->setup, "clientId"),
             redirect = mp_arena_printf(f->arena, "%s" MP_OIDC_CALLBACK, f->access->base);
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
    mp_fetch fetch = { .url = info->token_url, .form = mp_buf_str(&form),
                       .user = by_basic ? client : mp_str_of(NULL, 0), .secret = info->secret,
                       .allows_http = mp_body_bool(info->setup, MP_S("allowsLoopbackHttp")) };
    mp_code done = form.failed || !redirect.ptr ? mp_no_memory(err) : mp_fetch_do(&answer, &status, &fetch, err);
    if (done == MP_OK && status >= 500)
        done = mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the identity provider answers %ld to '%.*s'", status,
                       MP_FMT(info->token_url));
    else if (done == MP_OK && (status != 200 || read_json(&v, mp_buf_str(&answer), f->arena, NULL) != MP_OK))
        done = refuse(err, "the provider does not accept its code");
    f->id_token = mp_json_get_text(v, "id_token");
    f->access_token = mp_json_get_text(v, "access_token");
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

/* Only for what the ID token does not say. Its subject must be the token's (Core 5.3.2). */
static mp_code ask_userinfo(flow *f, mp_error *err)
{
    mp_str groups = mp_json_get_text(f->info->setup, "groupsClaim"),
           user = mp_json_get_text(f->info->setup, "userClaim");
    bool   has_user = mp_json_get(f->claims, user) &&
                      (!mp_str_eq(user, MP_S("email")) || mp_json_get(f->claims, MP_S("email_verified")));
    bool   has_all = has_user && (!groups.len || mp_json_get(f->claims, groups));
    if (has_all || !f->info->userinfo_url.len || !f->access_token.len)
        return MP_OK;
    mp_buf   answer = MP_BUF_INIT;
    long     status = 0;
    mp_fetch fetch = { .url = f->info->userinfo_url, .bearer = f->access_token,
                       .allows_http = mp_body_bool(f->info->setup, MP_S("allowsLoopbackHttp")) };
    mp_code  code = mp_fetch_do(&answer, &status, &fetch, err);
    if (code == MP_OK && (status != 200 || read_json(&f->more, mp_buf_str(&answer), f->arena, NULL) != MP_OK ||
                          !mp_str_eq(mp_json_get_text(f->more, "sub"), mp_json_get_text(f->claims, "sub"))))
        code = refuse(err, "the provider's userinfo is about somebody else, or none");
    mp_buf_free(&answer);
    return code;
}

static mp_code settle_user(mp_tx *tx, void *arg, mp_error *err)
{
    flow                   *f = arg;
    const mp_outside_person person = { .provider = f->provider, .setup = f->info->setup, .claims = f->claims,
                                       .more = f->more, .asked = f->asked };
    mp_str                  user;
    MP_TRY(mp_outside_user(&user, f->access, tx, &person, err));
    f->user = mp_arena_dup(f->arena, user);
    return f->user.ptr ? MP_OK : mp_no_memory(err);
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

mp_code mp_oidc_finish(mp_signed_in *out, mp_str *return_to, mp_access *access, mp_str state_cookie, mp_str state,
                       mp_str code, mp_str iss, const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    flow    f = { .access = access, .asked = asked, .now = now, .arena = arena };
    mp_code done = finish(&f, state_cookie, state, code, iss, err);
    bool    is_strong =
        done == MP_OK && mp_body_bool(f.info->setup, MP_S("trustsFactor")) && mp_id_token_is_strong(f.claims);
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
