/* SPDX-License-Identifier: Apache-2.0 */
#include "arm_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "arm.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_arm_system, NULL };
static const api_client       local = { .is_local = true };

void arm_start(arm_world *w) { arm_start_with(w, NULL); }

void arm_start_with(arm_world *w, const char *const *sets)
{
    *w = (arm_world){ .version = "2021-04-01" };
    api_start_with(&w->api, sets, systems);
    snprintf(w->subscription, sizeof w->subscription, "%.*s", MP_FMT(w->api.init.subscription_id));
    w->owner = (api_client){ .token = api_token(&w->api, w->api.init.client_id, w->api.init.client_secret) };
}

void arm_stop(arm_world *w) { api_stop(&w->api); }

char *arm_path(arm_world *w, const char *path)
{
    if (path[0] == 'S' && (path[1] == '/' || path[1] == '\0' || path[1] == '?'))
        path = api_printf(&w->api, "/subscriptions/%s%s", w->subscription, path + 1);
    bool is_graph = strncmp(path, "/v1.0", 5) == 0;
    return is_graph || strstr(path, "api-version") || strstr(path, "Api-Version")
               ? api_printf(&w->api, "%s", path)
               : api_printf(&w->api, "%s%capi-version=%s", path, strchr(path, '?') ? '&' : '?', w->version);
}

api_answer arm_send(arm_world *w, const api_client *client, mp_method method, const char *json, const char *path, ...)
{
    char    text[4096];
    va_list list;
    va_start(list, path);
    int len = vsnprintf(text, sizeof text, path, list);
    va_end(list);
    CHECK(len >= 0 && (size_t)len < sizeof text);
    return api_ask(&w->api, client,
                   &(api_request){ .method = method,
                                   .path = arm_path(w, text),
                                   .json = json,
                                   .headers = { { "Host", "arm.example:8443" } } });
}

mp_str arm_at(const api_answer *answer, const char *path)
{
    const mp_json *v = answer->json;
    while (v && *path) {
        size_t len = strcspn(path, "/");
        mp_str name = mp_str_of(path, len);
        v = mp_json_is(v, MP_JSON_ARRAY) ? mp_json_at(v, (size_t)atol(path)) : mp_json_get(v, name);
        path += len + (path[len] == '/');
    }
    return v && (v->kind == MP_JSON_STRING || v->kind == MP_JSON_REAL) ? mp_json_str(v) : mp_str_of(NULL, 0);
}

size_t arm_count(const api_answer *answer)
{
    const mp_json *value = mp_json_get(answer->json, MP_S("value"));
    CHECK(mp_json_is(value, MP_JSON_ARRAY));
    return value->count;
}

mp_str arm_names(arm_world *w, const api_client *client, const char *path, size_t *pages)
{
    mp_str all = MP_S("");
    char  *next = arm_path(w, path);
    for (size_t n = 1;; n++) {
        api_answer a =
            api_ask(&w->api, client,
                    &(api_request){ .method = MP_GET, .path = next, .headers = { { "Host", "arm.example:8443" } } });
        WANT(a, 200);
        for (size_t i = 0; i < arm_count(&a); i++)
            all = mp_str_from(api_printf(&w->api, "%.*s%s%.*s", MP_FMT(all), all.len ? " " : "",
                                         MP_FMT(arm_at(&a, api_printf(&w->api, "value/%zu/name", i)))));
        if (pages)
            *pages = n;
        mp_str link = arm_at(&a, "nextLink"), base = MP_S("https://arm.example:8443");
        if (!link.len)
            return all;
        CHECK(mp_str_starts(link, base));
        CHECK(mp_str_find_str(link, MP_S("api-version=")) != SIZE_MAX);
        next = api_printf(&w->api, "%.*s", MP_FMT(mp_str_skip(link, base.len)));
    }
}

mp_str arm_program(arm_world *w, api_client *out, const char *name, const char *role, const char *scope)
{
    api_answer made =
        api_send(&w->api, &local, MP_POST, "/api/v1/programs", api_printf(&w->api, "{\"displayName\":\"%s\"}", name));
    WANT(made, 201);
    mp_str     id = api_text(&made, "id");
    api_answer secret =
        api_send(&w->api, &local, MP_POST, api_printf(&w->api, "/api/v1/programs/%.*s/secrets", MP_FMT(id)), NULL);
    CHECK(secret.status < 300);
    if (role) {
        char *at = arm_path(w, scope);
        *strchr(at, '?') = '\0';
        WANT(api_send(&w->api, &local, MP_POST, "/api/v1/assignments",
                      api_printf(&w->api, "{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"}",
                                 MP_FMT(id), role, at)),
             201);
    }
    *out = (api_client){ .token = api_token(&w->api, api_text(&secret, "clientId"), api_text(&secret, "clientSecret")) };
    return id;
}

void arm_group(arm_world *w, const char *name)
{
    api_answer a = arm_put(w, &w->owner, "{\"location\":\"koreacentral\"}", "S/resourcegroups/%s", name);
    CHECK(a.status == 200 || a.status == 201);
}
