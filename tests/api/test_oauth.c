/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of Azure read before they have a token, member by member, and what they get when it is refused. */
#include "api_world.h"

#include "secret.h"

#define FORM "application/x-www-form-urlencoded"

static api_answer ask_token(api_world *world, const char *path, const char *form)
{
    return api_ask(world, NULL, &(api_request){ .method = MP_POST, .path = path, .type = FORM, .body = mp_str_from(form) });
}

TEST(where_everything_is)
{
    api_world world;
    api_start(&world, NULL);
    api_answer old = api_get(&world, NULL, "/metadata/endpoints?api-version=2015-01-01");
    WANT(old, 200);
    CHECK_STR(
        old.body,
        "{\"galleryEndpoint\":\"https://localhost:8443/\",\"graphEndpoint\":\"https://localhost:8443/\",\"portalEndpoint\":\"https://localhost:8443/\","
        "\"authentication\":{\"loginEndpoint\":\"https://localhost:8443/adfs\",\"audiences\":[\"https://localhost:8443/\"]}}");
    api_answer fresh = api_get(&world, NULL, "/metadata/endpoints?api-version=2019-05-01"),
               single = api_get(&world, NULL, "/metadata/endpoints?api-version=2022-09-01");
    WANT(fresh, 200);
    WANT(single, 200);
    /* clients that ask with the newer version want it without a list around it, and of this kind */
    size_t at = mp_str_find_str(single.body, MP_S("\"AAD\""));
    CHECK(at != SIZE_MAX);
    CHECK_STR(fresh.body, api_printf(&world, "[%.*s\"ADFS\"%.*s]", (int)at, single.body.ptr,
                                     MP_FMT(mp_str_skip(single.body, at + 5))));
    const mp_json *one = mp_json_at(fresh.json, 0), *sign_in = mp_json_get(one, MP_S("authentication")),
                  *suffixes = mp_json_get(one, MP_S("suffixes"));
    CHECK_INT(fresh.json->count, 1);
    static const char *const bases[] = {
        "portal",  "resourceManager", "graphAudience", "graph",         "microsoftGraphResourceId",
        "gallery", "batch",           "media",         "sqlManagement", "vmImageAliasDoc"
    };
    for (size_t i = 0; i < MP_COUNT(bases); i++)
        CHECK_STR(mp_json_str(mp_json_get(one, mp_str_from(bases[i]))), "https://localhost:8443/");
    CHECK(mp_json_get(one, MP_S("name")) != NULL);
    CHECK_STR(mp_json_str(mp_json_get(sign_in, MP_S("loginEndpoint"))), "https://localhost:8443/adfs");
    CHECK_STR(mp_json_str(mp_json_at(mp_json_get(sign_in, MP_S("audiences")), 0)), "https://localhost:8443/");
    CHECK_STR(mp_json_str(mp_json_get(sign_in, MP_S("tenant"))), "common");
    CHECK_STR(mp_json_str(mp_json_get(sign_in, MP_S("identityProvider"))), "ADFS");
    CHECK_STR(mp_json_str(mp_json_get(suffixes, MP_S("keyVaultDns"))), "vault.localhost:8443");
    CHECK(mp_json_get(suffixes, MP_S("storage")) != NULL);
    WANT(api_get(&world, NULL, "/METADATA//endpoints/?Api-Version=2015-01-01"), 200);
    WANT(api_get(&world, NULL, "/metadata/endpoints"), 400);
    api_stop(&world);
}

TEST(every_form_of_discovery)
{
    api_world world;
    api_start(&world, NULL);
    char *tenant = api_printf(&world, "%.*s", MP_FMT(world.init.tenant_id)),
         *issuer = api_printf(&world, "https://localhost:8443/%s/v2.0", tenant);
    const struct {
        const char *path, *token, *keys;
    } forms[] = {
        { "/adfs", "/adfs/oauth2/token", "/adfs/discovery/keys" },
        { api_printf(&world, "/%s/v2.0", tenant), api_printf(&world, "/%s/oauth2/v2.0/token", tenant), api_printf(&world, "/%s/discovery/v2.0/keys", tenant) },
        { api_printf(&world, "/%s", tenant), api_printf(&world, "/%s/oauth2/v2.0/token", tenant), api_printf(&world, "/%s/discovery/v2.0/keys", tenant) },
        { "/adfs/example", "/example/oauth2/v2.0/token", "/example/discovery/v2.0/keys" },
        { "/common/v2.0", "/common/oauth2/v2.0/token", "/common/discovery/v2.0/keys" },
    };
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        api_answer a =
            api_get(&world, NULL,
                    api_printf(&world, "%s/.well-known/openid-configuration?client-request-id=x", forms[i].path));
        WANT(a, 200);
        CHECK_STR(api_text(&a, "issuer"), issuer);
        CHECK_STR(api_text(&a, "token_endpoint"), api_printf(&world, "https://localhost:8443%s", forms[i].token));
        CHECK_STR(api_text(&a, "jwks_uri"), api_printf(&world, "https://localhost:8443%s", forms[i].keys));
        CHECK(api_text(&a, "authorization_endpoint").len > 0);
        CHECK(api_text(&a, "device_authorization_endpoint").len > 0);
        api_answer keys = api_get(&world, NULL, forms[i].keys);
        WANT(keys, 200);
        const mp_json *key = mp_json_at(mp_json_get(keys.json, MP_S("keys")), 0);
        CHECK_STR(mp_json_str(mp_json_get(key, MP_S("kty"))), "RSA");
        CHECK_STR(mp_json_str(mp_json_get(key, MP_S("use"))), "sig");
        CHECK_STR(mp_json_str(mp_json_get(key, MP_S("alg"))), "RS256");
        CHECK(mp_json_get(key, MP_S("kid")) && mp_json_get(key, MP_S("n")) && mp_json_get(key, MP_S("e")) &&
              !mp_json_get(key, MP_S("d")));
    }
    api_answer instance = api_get(
        &world, NULL,
        "/common/discovery/instance?api-version=1.1&authorization_endpoint=https://localhost:8443/example/oauth2/v2.0/authorize");
    WANT(instance, 200);
    CHECK_STR(
        instance.body,
        "{\"tenant_discovery_endpoint\":\"https://localhost:8443/example/v2.0/.well-known/openid-configuration\",\"api-version\":\"1.1\",\"metadata\":[]}");
    api_stop(&world);
}

/* A claim of a token, as text. */
static mp_str claim_of(api_world *world, mp_str token, const char *name)
{
    size_t first = mp_str_find(token, '.'), last = mp_str_rfind(token, '.');
    mp_str         text = mp_unbase64url(&world->arena, mp_str_of(token.ptr + first + 1, last - first - 1));
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, text, NULL, NULL, NULL), MP_OK);
    const mp_json *v = mp_arena_dup_json(&world->arena, mp_json_get(root, mp_str_from(name)));
    mp_json_doc_free(doc);
    return mp_json_text(v);
}

TEST(tokens_in_every_way_of_asking)
{
    api_world world;
    api_start(&world, NULL);
    char *id = api_printf(&world, "%.*s", MP_FMT(world.init.client_id)),
         *secret = api_printf(&world, "%.*s", MP_FMT(world.init.client_secret));
    char *both = api_printf(&world, "grant_type=client_credentials&client_id=%s&client_secret=%s", id, secret);
    const struct {
        const char *path, *form, *audience;
    } ways[] = {
        { "/adfs/oauth2/token", api_printf(&world, "%s&scope=https%%3A%%2F%%2Flocalhost%%3A8443%%2F%%2F.default&client_info=1&claims=%%7B%%7D", both), "https://localhost:8443/" },
        { "/common/oauth2/v2.0/token?client-request-id=x", api_printf(&world, "%s&scope=https://localhost:8443/.default", both), "https://localhost:8443" },
        { "/common/oauth2/token", api_printf(&world, "%s&resource=https://management.azure.com/", both), "https://management.azure.com/" },
        { "/adfs/oauth2/token", api_printf(&world, "%s&scope=https://localhost:8443/.default%%20openid+offline_access%%20profile", both), "https://localhost:8443" },
        { api_printf(&world, "/adfs/%.*s/oauth2/v2.0/token", MP_FMT(world.init.tenant_id)), api_printf(&world, "%s&scope=https://localhost:8443/.default", both), "https://localhost:8443" },
        { "/adfs/oauth2/token", api_printf(&world, "%s&scope=https://vault.localhost:8443/.default", both), "https://vault.localhost:8443" },
    };
    for (size_t i = 0; i < MP_COUNT(ways); i++) {
        api_answer a = ask_token(&world, ways[i].path, ways[i].form);
        WANT(a, 200);
        CHECK_STR(api_text(&a, "token_type"), "Bearer");
        CHECK_INT(api_number(&a, "expires_in"), 3599);
        CHECK_INT(api_number(&a, "ext_expires_in"), 3599);
        CHECK_STR(api_header(&a, "cache-control"), "no-store");
        mp_str token = api_text(&a, "access_token");
        CHECK_STR(claim_of(&world, token, "aud"), ways[i].audience);
        CHECK_STR(claim_of(&world, token, "appid"), id);
        CHECK_STR(claim_of(&world, token, "idtyp"), "app");
        CHECK_STR(claim_of(&world, token, "iss"),
                  api_printf(&world, "https://localhost:8443/%.*s/v2.0", MP_FMT(world.init.tenant_id)));
        /* A vault's token is none for the API. */
        WANT(api_get(&world, &(api_client){ .token = token }, "/api/v1/users"), i == MP_COUNT(ways) - 1 ? 401 : 200);
    }
    char  *pair = api_printf(&world, "%s:%s", id, secret);
    mp_str basic = mp_base64(&world.arena, mp_str_from(pair));
    api_answer a = api_ask(&world, NULL, &(api_request){ .method = MP_POST, .path = "/adfs/oauth2/token", .type = FORM,
        .body = MP_S("grant_type=client_credentials&scope=https://localhost:8443/.default"),
        .headers = { { "Authorization", api_printf(&world, "Basic %.*s", MP_FMT(basic)) } } });
    WANT(a, 200);
    api_stop(&world);
}

TEST(refusals_are_flat)
{
    api_world world;
    api_start(&world, NULL);
    char *id = api_printf(&world, "%.*s", MP_FMT(world.init.client_id)),
         *secret = api_printf(&world, "%.*s", MP_FMT(world.init.client_secret));
    const struct {
        const char *form, *error;
        unsigned    status;
        int64_t     number;
    } cases[] = {
        { api_printf(&world, "grant_type=client_credentials&client_id=%s&client_secret=wrong&scope=https://localhost:8443/.default", id), "invalid_client", 401, 7000215 },
        { "grant_type=client_credentials&client_id=11111111-2222-4333-8444-555555555555&client_secret=wrong&scope=https://localhost:8443/.default", "invalid_client", 401, 7000215 },
        { api_printf(&world, "grant_type=password&client_id=%s&client_secret=%s&scope=https://localhost:8443/.default", id, secret), "unsupported_grant_type", 400, 70003 },
        { api_printf(&world, "grant_type=client_credentials&client_id=%s&client_secret=%s&scope=https://elsewhere/.default", id, secret), "invalid_scope", 400, 70011 },
        { api_printf(&world, "grant_type=client_credentials&client_id=%s&client_secret=%s&scope=openid", id, secret), "invalid_scope", 400, 70011 },
        { api_printf(&world, "grant_type=client_credentials&client_secret=%s", secret), "invalid_request", 400, 900144 },
        { "client_id=x", "invalid_request", 400, 900144 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        api_answer a =
            api_ask(&world, NULL,
                    &(api_request){ .method = MP_POST,
                                    .path = "/adfs/oauth2/token",
                                    .type = FORM,
                                    .body = mp_str_from(cases[i].form),
                                    .headers = { { "client-request-id", "33333333-2222-4333-8444-555555555555" } } });
        WANT(a, cases[i].status);
        CHECK_STR(api_text(&a, "error"), cases[i].error);
        CHECK(mp_str_starts(api_text(&a, "error_description"),
                            mp_str_from(api_printf(&world, "AADSTS%lld: ", (long long)cases[i].number))));
        CHECK_INT(mp_json_at(mp_json_get(a.json, MP_S("error_codes")), 0)->u.integer, cases[i].number);
        CHECK_INT(api_text(&a, "timestamp").len, 20);
        CHECK_STR(api_text(&a, "trace_id"), a.id);
        CHECK_STR(api_text(&a, "correlation_id"), "33333333-2222-4333-8444-555555555555");
        CHECK(mp_str_find_str(a.body, mp_str_from(secret)) == SIZE_MAX);
        CHECK_INT(api_leaves_of(&world, a.id, NULL), 1);
    }
    api_answer wrong = ask_token(&world, "/adfs/oauth2/token", cases[0].form);
    CHECK(mp_str_starts(api_text(&wrong, "error_description"), MP_S("AADSTS7000215: Invalid client secret provided.")));
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(where_everything_is), RUN(every_form_of_discovery), RUN(tokens_in_every_way_of_asking),
                RUN(refusals_are_flat));
}
