/* SPDX-License-Identifier: Apache-2.0 */
#include "routes.h"
#include "secret.h"
#include "token.h"

/* What clients of Azure Resource Manager ask before they have a token, and the token. Many send names in the
 * query that are theirs alone. */

/* ---- shapes ---- */

static const mp_json_shape open_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.oauth.document" };
static const mp_json_shape endpoints_shape = { .type = MP_TYPE_ANY, .doc = "api.oauth.endpointsAnswer" };
static const mp_property form_members[] = {
    { "grant_type", MP_TYPE_STRING, .is_required = true, .max = 200, .doc = "api.oauth.grantType" },
    { "client_id", MP_TYPE_STRING, .max = 200, .doc = "api.program.appId" },
    { "client_secret", MP_TYPE_STRING, .max = 1024, .is_write_only = true, .doc = "api.program.clientSecret" },
    { "scope", MP_TYPE_STRING, .max = 1024, .doc = "api.oauth.scope" },
    { "resource", MP_TYPE_STRING, .max = 1024, .doc = "api.oauth.resource" },
};
static const mp_json_shape form_shape = { .name = "TokenForm", .type = MP_TYPE_OBJECT, .is_open = true,
                                          .doc = "api.oauth.form", MP_PROPERTIES(form_members) };
static const mp_property token_members[] = {
    { "token_type", MP_TYPE_STRING, .is_required = true, .doc = "api.oauth.tokenType" },
    { "expires_in", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.oauth.expiresIn" },
    { "ext_expires_in", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.oauth.expiresIn" },
    { "access_token", MP_TYPE_STRING, .is_required = true, .max = 16384, .doc = "api.oauth.accessToken" },
};
static const mp_json_shape token_shape = { .name = "AccessToken", .type = MP_TYPE_OBJECT, .doc = "api.oauth.answer",
                                           MP_PROPERTIES(token_members) };

/* ---- small things ---- */

/* HOST:PORT of BASE. */
static mp_str authority_of(const mp_app *app)
{
    mp_str base = mp_str_from(app->base), scheme = MP_S("https://");
    return mp_str_starts(base, scheme) ? mp_str_skip(base, scheme.len) : base;
}

/* ---- /metadata/endpoints ---- */

/* `provider` NULL: the oldest form has none. */
static void put_sign_in(mp_jsonw *w, mp_arena *arena, const mp_app *app, mp_str slashed, const char *provider)
{
    mp_jsonw_key(w, MP_S("authentication"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "loginEndpoint", mp_arena_printf(arena, "%s/adfs", app->base));
    mp_jsonw_key(w, MP_S("audiences"));
    mp_jsonw_array(w);
    mp_jsonw_str(w, slashed);
    mp_jsonw_end(w);
    if (provider) {
        mp_jsonw_put_str(w, "tenant", MP_S("common"));
        mp_jsonw_put_str(w, "identityProvider", mp_str_from(provider));
    }
    mp_jsonw_end(w);
}

static void write_old(mp_jsonw *w, mp_arena *arena, const mp_app *app, mp_str slashed)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "galleryEndpoint", slashed);
    mp_jsonw_put_str(w, "graphEndpoint", slashed);
    mp_jsonw_put_str(w, "portalEndpoint", slashed);
    put_sign_in(w, arena, app, slashed, NULL);
    mp_jsonw_end(w);
}

/* The cloud's description, as Azure has it since 2019. */
static void write_new(mp_jsonw *w, mp_arena *arena, const mp_app *app, mp_str slashed, const char *provider)
{
    static const char *const bases[] = { "portal", "resourceManager", "graphAudience", "graph",
                                         "microsoftGraphResourceId", "gallery", "batch", "media",
                                         "sqlManagement", "vmImageAliasDoc" };
    mp_str authority = authority_of(app);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", MP_S("Mapae"));
    for (size_t i = 0; i < MP_COUNT(bases); i++)
        mp_jsonw_put_str(w, bases[i], slashed);
    put_sign_in(w, arena, app, slashed, provider);
    mp_jsonw_key(w, MP_S("suffixes"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "keyVaultDns", mp_arena_printf(arena, "vault.%.*s", MP_FMT(authority)));
    mp_jsonw_put_str(w, "storage", mp_arena_printf(arena, "storage.%.*s", MP_FMT(authority)));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* A list of one for clients that ask with a version before 2022-09-01 (azure-cli), the one itself from then on
 * (Terraform's azurerm): as Azure answers them. */
static void write_list(mp_jsonw *w, mp_arena *arena, const mp_app *app, mp_str slashed)
{
    mp_jsonw_array(w);
    write_new(w, arena, app, slashed, "ADFS");
    mp_jsonw_end(w);
}

static mp_code get_endpoints(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_app *app = arg;
    mp_str        version = mp_http_query(request, MP_S("api-version")),
                  slashed = mp_arena_printf(request->arena, "%s/", app->base);
    mp_jsonw      w;
    if (version.len == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the api-version is missing in the query");
    mp_jsonw_init(&w, request->arena);
    if (mp_str_cmp(version, MP_S("2019-05-01")) < 0)
        write_old(&w, request->arena, app, slashed);
    else if (mp_str_cmp(version, MP_S("2022-09-01")) < 0)
        write_list(&w, request->arena, app, slashed);
    else
        /* with any other, azurerm takes this for an Azure Stack and refuses */
        write_new(&w, request->arena, app, slashed, "AAD");
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- discovery ---- */

static mp_code discover(mp_app *app, mp_http_request *request, mp_http_response *response, bool adfs, mp_error *err)
{
    const mp_json *document;
    mp_str         tenant = adfs ? MP_S("adfs") : mp_http_param(request, "tenant");
    MP_TRY(mp_openid_configuration(&document, app->access, adfs, tenant, request->arena, err));
    return mp_respond_json(request, response, 200, document, err);
}

static mp_code discover_adfs(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return discover(app, request, response, true, err);
}

static mp_code discover_tenant(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return discover(app, request, response, false, err);
}

/* "TENANT" of authorization_endpoint=BASE/TENANT/..., as the client knows it; else the installation's. */
static mp_str asked_tenant(const mp_app *app, const mp_http_request *request)
{
    mp_str endpoint = mp_http_query(request, MP_S("authorization_endpoint")), base = mp_str_from(app->base);
    mp_str rest = mp_str_starts_fold(endpoint, base) ? mp_str_skip(endpoint, base.len + 1) : mp_str_of(NULL, 0);
    size_t slash = mp_str_find(rest, '/');
    mp_str tenant = slash == SIZE_MAX ? mp_str_of(NULL, 0) : mp_str_of(rest.ptr, slash);
    for (size_t i = 0; i < tenant.len; i++) {
        char c = tenant.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            tenant.len = 0;
    }
    return tenant.len && tenant.len <= 100 && !mp_str_eq_fold(tenant, MP_S("adfs"))
               ? tenant
               : mp_str_from(mp_access_tenant(app->access));
}

static mp_code get_instance(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    const mp_app *app = arg;
    mp_jsonw      w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "tenant_discovery_endpoint",
                     mp_arena_printf(request->arena, "%s/%.*s/v2.0/.well-known/openid-configuration", app->base,
                                     MP_FMT(asked_tenant(app, request))));
    mp_jsonw_put_str(&w, "api-version", MP_S("1.1"));
    mp_jsonw_key(&w, MP_S("metadata"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_keys(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    const mp_json *keys;
    MP_TRY(mp_token_keys(&keys, app->access, request->arena, err));
    return mp_respond_json(request, response, 200, keys, err);
}

/* ---- tokens ---- */

/* RFC 6749, section 2.3.1: both halves of Basic are encoded as in a form. */
static mp_str form_decoded(mp_arena *arena, mp_str text)
{
    char  *out = mp_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!out)
        return mp_str_of(NULL, 0);
    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.ptr[i] == '%' && i + 2 < text.len && mp_hex_digit(text.ptr[i + 1]) >= 0 &&
                         mp_hex_digit(text.ptr[i + 2]) >= 0;
        if (is_escape) {
            out[len++] = (char)(mp_hex_digit(text.ptr[i + 1]) * 16 + mp_hex_digit(text.ptr[i + 2]));
            i += 2;
        } else {
            out[len++] = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        }
    }
    return mp_str_of(out, len);
}

/* From the form, or HTTP Basic. */
static mp_code read_client(mp_str *id, mp_str *secret, const mp_http_request *request, mp_error *err)
{
    mp_str header = mp_http_header(request, MP_S("Authorization")), scheme = MP_S("Basic ");
    *id = mp_json_get_text(request->json, "client_id");
    *secret = mp_json_get_text(request->json, "client_secret");
    if (mp_str_starts_fold(header, scheme)) {
        mp_str both = mp_unbase64(request->arena, mp_str_trim(mp_str_skip(header, scheme.len)));
        size_t colon = both.ptr ? mp_str_find(both, ':') : SIZE_MAX;
        if (colon == SIZE_MAX)
            return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the Authorization header is no Basic one");
        *id = form_decoded(request->arena, mp_str_of(both.ptr, colon));
        *secret = form_decoded(request->arena, mp_str_skip(both, colon + 1));
    }
    if (id->len == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "client_id is missing");
    if (secret->len == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "client_secret is missing");
    return MP_OK;
}

/* The libraries for Go and Java ask for these with every scope; a program's token has none of them. */
static bool is_of_openid(mp_str scope)
{
    static const char *const names[] = { "openid", "offline_access", "profile", "email" };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq(scope, mp_str_from(names[i])))
            return true;
    return false;
}

/* Without those: *out is the only one that is left; false when there are several. */
static bool only_scope(mp_str *out, mp_str scopes)
{
    *out = mp_str_of(NULL, 0);
    while (scopes.len) {
        size_t space = mp_str_find(scopes, ' ');
        mp_str one = mp_str_of(scopes.ptr, space == SIZE_MAX ? scopes.len : space);
        scopes = mp_str_trim(mp_str_skip(scopes, one.len));
        if (is_of_openid(one))
            continue;
        if (out->len)
            return false;
        *out = one;
    }
    return true;
}

/* "BASE//.default" is asked by clients whose audience ends in a slash. */
static mp_code read_audience(mp_str *out, const mp_http_request *request, mp_error *err)
{
    mp_str scope = mp_str_trim(mp_json_get_text(request->json, "scope")), all = MP_S("/.default"), only;
    *out = mp_json_get_text(request->json, "resource");
    if (scope.len == 0)
        return out->len ? MP_OK : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "scope is missing");
    if (!only_scope(&only, scope) || !mp_str_ends(only, all))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "found scope \"%.*s\", wanted one that ends in /.default",
                       MP_FMT(scope));
    *out = mp_str_of(only.ptr, only.len - all.len);
    return MP_OK;
}

static mp_code issue(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    mp_str   grant = mp_json_get_text(request->json, "grant_type"), id, secret, audience, token;
    unsigned lives;
    mp_jsonw w;
    if (!mp_str_eq(grant, MP_S("client_credentials")))
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "found grant_type \"%.*s\", wanted \"client_credentials\"",
                       MP_FMT(grant));
    MP_TRY(read_client(&id, &secret, request, err));
    MP_TRY(read_audience(&audience, request, err));
    mp_code code = mp_token_issue(&token, &lives, &mp_guarded_of(request)->retry_seconds, app->access, id, secret,
                                  audience, MP_ASKED(request), mp_clock_now(), request->arena, err);
    response->is_noted = code != MP_PARAMETER;
    if (code == MP_PARAMETER && err)
        err->code = MP_REFERENCE; /* the audience: a scope that is none */
    if (code != MP_OK)
        return code == MP_PARAMETER ? MP_REFERENCE : code;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "token_type", MP_S("Bearer"));
    mp_jsonw_put_int(&w, "expires_in", lives);
    mp_jsonw_put_int(&w, "ext_expires_in", lives);
    mp_jsonw_put_str(&w, "access_token", token);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

#define OAUTH(method_, path_, handler_, summary_, ...)                                                               \
    MP_ROUTE(method_, path_, MP_ANYONE, handler_, .face = &mp_face_oauth, .tag = "oauth",                            \
             .summary = "api.oauth." summary_, .is_open_query = true, __VA_ARGS__)
#define CONFIGURATION "/.well-known/openid-configuration"

static const mp_param endpoints_params[] = {
    { .name = "api-version", .type = MP_TYPE_STRING, .doc = "api.oauth.apiVersion", .is_required = true }
};

const mp_route mp_routes_oauth[] = {
    OAUTH(MP_GET, "/metadata/endpoints", get_endpoints, "endpoints", PARAMS(endpoints_params),
          .answer = &endpoints_shape),
    OAUTH(MP_GET, "/adfs" CONFIGURATION, discover_adfs, "discoverAdfs", .answer = &open_shape),
    OAUTH(MP_GET, "/adfs/{tenant}" CONFIGURATION, discover_tenant, "discoverAdfsTenant", .answer = &open_shape),
    OAUTH(MP_GET, "/adfs/{tenant}/v2.0" CONFIGURATION, discover_tenant, "discoverAdfsTenantV2", .answer = &open_shape),
    OAUTH(MP_GET, "/{tenant}" CONFIGURATION, discover_tenant, "discover", .answer = &open_shape),
    OAUTH(MP_GET, "/{tenant}/v2.0" CONFIGURATION, discover_tenant, "discoverV2", .answer = &open_shape),
    OAUTH(MP_GET, "/common/discovery/instance", get_instance, "instance", .answer = &open_shape),
    OAUTH(MP_GET, "/adfs/discovery/keys", get_keys, "keysAdfs", .answer = &open_shape),
    OAUTH(MP_GET, "/{tenant}/discovery/v2.0/keys", get_keys, "keys", .answer = &open_shape),
    OAUTH(MP_POST, "/adfs/oauth2/token", issue, "tokenAdfs", .is_form = true, .body = &form_shape,
          .answer = &token_shape),
    OAUTH(MP_POST, "/adfs/{tenant}/oauth2/v2.0/token", issue, "tokenAdfsTenant", .is_form = true, .body = &form_shape,
          .answer = &token_shape), /* Terraform's azurerm: the loginEndpoint of above, and the tenant */
    OAUTH(MP_POST, "/{tenant}/oauth2/v2.0/token", issue, "tokenV2", .is_form = true, .body = &form_shape,
          .answer = &token_shape),
    OAUTH(MP_POST, "/{tenant}/oauth2/token", issue, "token", .is_form = true, .body = &form_shape,
          .answer = &token_shape),
};
