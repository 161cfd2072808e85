/* SPDX-License-Identifier: Apache-2.0 */
/* The document that clients look for before they ask for a token (OpenID Connect Discovery 1.0, section 3;
 * RFC 8414). Its issuer is the same in all of them, and in every token. */
#include "access_internal.h"
#include "jsonw.h"
#include "token.h"

static bool is_tenant(mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
              c == '_'))
            return false;
    }
    return s.len >= 1 && s.len <= 100;
}

static void put(mp_jsonw *w, mp_arena *arena, const char *name, mp_str before, const char *after)
{
    mp_jsonw_put_str(w, name, mp_arena_printf(arena, "%.*s%s", MP_FMT(before), after));
}

static void put_list(mp_jsonw *w, const char *name, const char *const *values)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    for (; *values; values++)
        mp_jsonw_str(w, mp_str_from(*values));
    mp_jsonw_end(w);
}

mp_code mp_openid_configuration(const mp_json **out, mp_access *access, bool adfs, mp_str tenant, mp_arena *arena,
                                mp_error *err)
{
    static const char *const methods[] = { "client_secret_post", "client_secret_basic", NULL },
    *const grants[] = { "client_credentials", NULL },
                            *const types[] = { "code", NULL }, *const subjects[] = { "pairwise", NULL },
                            *const algs[] = { "RS256", NULL },
                            *const scopes[] = { "openid", NULL };
    mp_jsonw w;
    if (!adfs && !is_tenant(tenant))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' names no tenant",
                       MP_FMT(mp_str_of(tenant.ptr, tenant.len < 100 ? tenant.len : 100)));
    mp_str at = adfs ? mp_arena_printf(arena, "%s/adfs", access->base)
                     : mp_arena_printf(arena, "%s/%.*s", access->base, MP_FMT(tenant));
    mp_str issuer = mp_arena_printf(arena, "%s/%s/v2.0", access->base, access->tenant);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, arena, "issuer", issuer, "");
    put(&w, arena, "authorization_endpoint", at, adfs ? "/oauth2/authorize" : "/oauth2/v2.0/authorize");
    put(&w, arena, "token_endpoint", at, adfs ? "/oauth2/token" : "/oauth2/v2.0/token");
    put(&w, arena, "device_authorization_endpoint", at, adfs ? "/oauth2/devicecode" : "/oauth2/v2.0/devicecode");
    put(&w, arena, "jwks_uri", at, adfs ? "/discovery/keys" : "/discovery/v2.0/keys");
    put_list(&w, "token_endpoint_auth_methods_supported", methods);
    put_list(&w, "grant_types_supported", grants);
    put_list(&w, "response_types_supported", types);
    put_list(&w, "subject_types_supported", subjects);
    put_list(&w, "id_token_signing_alg_values_supported", algs);
    put_list(&w, "scopes_supported", scopes);
    mp_jsonw_end(&w);
    *out = at.ptr && issuer.ptr ? mp_jsonw_done(&w) : NULL;
    return *out ? MP_OK : mp_no_memory(err);
}
