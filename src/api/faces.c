/* SPDX-License-Identifier: Apache-2.0 */
#include "faces.h"

#include "guard.h"
#include "secret.h"

/* ---- what both say ---- */

static void add_retry(mp_http_request *request, mp_http_response *response)
{
    const mp_guarded *g = request->who;
    if (!g || g->retry_seconds == 0 || (response->status != 429 && response->status != 503))
        return;
    mp_str seconds = mp_arena_printf(request->arena, "%u", g->retry_seconds);
    if (seconds.ptr)
        mp_respond_header(response, MP_S("retry-after"), seconds);
}

/* ---- problems ---- */

/* RFC 6750, section 3: without credentials the challenge names no error. */
static void api_fail(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer)
{
    const mp_guarded *g = request->who;
    mp_face_problem.fail(request, response, err, pointer);
    if (response->status == 401)
        mp_respond_header(response, MP_S("www-authenticate"),
                          g && g->has_shown ? MP_S("Bearer realm=\"mapae\", error=\"invalid_token\"")
                                            : MP_S("Bearer realm=\"mapae\""));
    add_retry(request, response);
}

const mp_face mp_face_api = { .name = "api", .fail = api_fail };

/* ---- OAuth ---- */

/* The numbers are those that clients of Azure know ("Microsoft Entra authentication and authorization error codes"). */
static const struct oauth_error {
    mp_code     code;
    unsigned    status, number;
    const char *error;
    const char *text; /* id of a message */
} oauth_errors[] = {
    { MP_CREDENTIALS, 401, 7000215, "invalid_client", "oauth.invalid_client" },
    { MP_UNSUPPORTED, 400, 70003, "unsupported_grant_type", "oauth.unsupported_grant_type" },
    { MP_REFERENCE, 400, 70011, "invalid_scope", "oauth.invalid_scope" },
    { MP_BUSY, 429, 90033, "temporarily_unavailable", "oauth.temporarily_unavailable" },
    { MP_UNAVAILABLE, 503, 90033, "temporarily_unavailable", "oauth.temporarily_unavailable" },
    { MP_NOMEM, 503, 90033, "temporarily_unavailable", "oauth.temporarily_unavailable" },
    { MP_FULL, 507, 90033, "temporarily_unavailable", "oauth.temporarily_unavailable" },
    { MP_INTERNAL, 500, 90033, "server_error", "oauth.server_error" },
    { MP_IO, 500, 90033, "server_error", "oauth.server_error" },
    { MP_DAMAGED, 500, 90033, "server_error", "oauth.server_error" },
    { MP_MISSING, 404, 900144, "invalid_request", "oauth.invalid_request" },
    { MP_PARAMETER, 400, 900144, "invalid_request", "oauth.invalid_request" }, /* and whatever else */
};

static const struct oauth_error *oauth_error_of(mp_code code)
{
    for (size_t i = 0; i < MP_COUNT(oauth_errors); i++)
        if (oauth_errors[i].code == code)
            return &oauth_errors[i];
    return &oauth_errors[MP_COUNT(oauth_errors) - 1];
}

/* The client's own id for what it does, when it is one. */
static mp_str correlation_of(const mp_http_request *request)
{
    static const char *const names[] = { "client-request-id", "x-ms-client-request-id", "x-ms-correlation-request-id" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_str header = mp_http_header(request, mp_str_from(names[i])),
               query = mp_http_query(request, mp_str_from(names[i]));
        if (mp_is_guid(header))
            return header;
        if (mp_is_guid(query))
            return query;
    }
    return mp_str_of(request->id, 36);
}

/* "AADSTS7000215: Invalid client secret provided. What we found. Trace ID: ..."; a fault of ours is not told
 * to strangers. */
static mp_str describe(mp_http_request *request, const struct oauth_error *e, const mp_error *err, const char *now)
{
    mp_buf b = MP_BUF_INIT;
    mp_str correlation = correlation_of(request);
    mp_buf_printf(&b, "AADSTS%u: ", e->number);
    mp_say(&b, request->lang, e->text, NULL, 0);
    if (e->status == 400) {
        mp_buf_add_c(&b, ' ');
        mp_say_error(&b, request->lang, err);
        mp_buf_add_c(&b, '.');
    }
    mp_buf_printf(&b, " Trace ID: %s Correlation ID: %.*s Timestamp: %s", request->id, MP_FMT(correlation), now);
    mp_str text = b.failed ? MP_S("") : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

static void oauth_fail(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer)
{
    (void)pointer;
    const struct oauth_error *e = oauth_error_of(err->code);
    char                      now[MP_CLOCK_SHORT];
    mp_clock_format_short(now, mp_clock_now());
    now[10] = ' '; /* as Azure writes it here: "2026-01-31 09:00:00Z" */
    if (response->status < 400 || response->status == mp_http_status_of(err->code))
        response->status = e->status; /* else http knows better: 405, 413, 415 */
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "error", mp_str_from(e->error));
    mp_jsonw_put_str(&w, "error_description", describe(request, e, err, now));
    mp_jsonw_key(&w, MP_S("error_codes"));
    mp_jsonw_array(&w);
    mp_jsonw_int(&w, e->number);
    mp_jsonw_end(&w);
    mp_jsonw_put_str(&w, "timestamp", mp_arena_dup(request->arena, mp_str_from(now)));
    mp_jsonw_put_str(&w, "trace_id", mp_str_from(request->id));
    mp_jsonw_put_str(&w, "correlation_id", correlation_of(request));
    mp_jsonw_end(&w);
    unsigned status = response->status;
    if (mp_respond_json(request, response, status, mp_jsonw_done(&w), NULL) != MP_OK) {
        response->body = MP_S("{\"error\":\"temporarily_unavailable\"}");
        response->content_type = "application/json";
    }
    if (status == 401)
        mp_respond_header(response, MP_S("www-authenticate"), MP_S("Basic realm=\"mapae\""));
    add_retry(request, response);
}

/* RFC 6749, section 5.1: nobody keeps a token by accident. */
static void oauth_finish(mp_http_request *request, mp_http_response *response)
{
    (void)request;
    mp_respond_header(response, MP_S("cache-control"), MP_S("no-store"));
    mp_respond_header(response, MP_S("pragma"), MP_S("no-cache"));
}

const mp_face mp_face_oauth = { .name = "oauth", .fail = oauth_fail, .finish = oauth_finish };
