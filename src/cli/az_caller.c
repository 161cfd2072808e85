/* SPDX-License-Identifier: Apache-2.0 */
#include "az_caller.h"

#include <time.h>

#include "secret.h"

#define TRIES 8              /* of one request */
#define WAIT_MOST 3600       /* seconds at once */
#define TOKEN_MARGIN 120     /* seconds before its end at which a token is renewed */

static uint64_t now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec;
}

static void wait_for(int64_t seconds)
{
    struct timespec left = { .tv_sec = seconds };
    while (nanosleep(&left, &left) != 0)
        continue;
}

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static mp_str without_slash(mp_str s)
{
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

/* ---- one request, tried until it is answered ---- */

/* Seconds to wait before it is tried once more; -1: the answer counts. */
static int64_t wait_after(const mp_web_answer *answer, mp_code code, unsigned tries)
{
    int64_t own = tries < 6 ? (int64_t)1 << tries : 60;
    if (code == MP_UNAVAILABLE)
        return own;
    if (code != MP_OK || (answer->status != 429 && answer->status != 408 && answer->status < 500))
        return -1;
    int64_t told = answer->wait_seconds;
    return told < 0 ? own : told > WAIT_MOST ? WAIT_MOST : told > 0 ? told : 1;
}

static void say_waiting(const mp_az_caller *a, int64_t seconds, long status)
{
    char many[24], code[24];
    snprintf(many, sizeof many, "%lld", (long long)seconds);
    snprintf(code, sizeof code, "%ld", status);
    mp_cli_note(a->cli, "collect.waiting", many, code, NULL);
}

/* A quota that is used up says so with the last answer that it still gives. */
static mp_code ask_patiently(mp_web_answer *out, mp_az_caller *a, const mp_web_request *request, mp_error *err)
{
    for (unsigned tries = 0;; tries++) {
        mp_error why = { .code = MP_OK };
        mp_code  code = mp_web_ask(out, a->web, request, &why);
        int64_t  seconds = wait_after(out, code, tries);
        if (seconds < 0 || tries + 1 == TRIES) {
            if (code == MP_OK && out->status == 200 && out->wait_seconds > 0)
                wait_for(out->wait_seconds < WAIT_MOST ? out->wait_seconds : WAIT_MOST);
            if (err && code != MP_OK)
                *err = why;
            return code;
        }
        say_waiting(a, seconds, out->status);
        mp_buf_free(&out->body);
        wait_for(seconds);
    }
}

/* ---- what an answer says ---- */

/* {"error": {"code", "message"}} of Resource Manager, {"error": "...", "error_description": "..."} of sign-in. */
static mp_code refused(const mp_json *answer, long status, mp_str url, mp_error *err)
{
    const mp_json *error = mp_json_get(answer, MP_S("error"));
    mp_str         code = mp_json_is(error, MP_JSON_OBJECT) ? text_of(error, "code") : text_of(answer, "error");
    mp_str said =
        mp_json_is(error, MP_JSON_OBJECT) ? text_of(error, "message") : text_of(answer, "error_description");
    mp_str         origin = mp_web_origin(url);
    size_t         line = mp_str_find(said, '\n');
    said.len = line < said.len ? line : said.len;
    mp_code kind = status == 401                    ? MP_CREDENTIALS
                   : status == 403                  ? MP_DENIED
                   : status == 429 || status >= 500 ? MP_UNAVAILABLE
                                                    : MP_FORMAT;
    return mp_fail(err, kind, MP_NOWHERE, "%.*s answers %ld %.*s: %.*s", MP_FMT(origin), status,
                   (int)(code.len < 60 ? code.len : 60), code.len ? code.ptr : "",
                   (int)(said.len < 100 ? said.len : 100), said.len ? said.ptr : "");
}

static mp_code read_answer(const mp_json **out, const mp_web_answer *answer, mp_json_doc *doc, mp_str url, mp_error *err)
{
    const mp_json *json = NULL;
    mp_error       why;
    mp_str         origin = mp_web_origin(url);
    mp_code        code = mp_json_read_padded(doc, &json, mp_buf_str(&answer->body), NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (answer->status < 200 || answer->status > 299)
        return refused(code == MP_OK ? json : NULL, answer->status, url, err);
    if (code != MP_OK || !(mp_json_is(json, MP_JSON_OBJECT) || mp_json_is(json, MP_JSON_ARRAY)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s answers with something that is no JSON object", MP_FMT(origin));
    *out = json;
    return MP_OK;
}

/* ---- a token ---- */

static void add_field(mp_buf *form, const char *begin, mp_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    mp_buf_add_z(form, begin);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
        if (is_plain) {
            mp_buf_add_c(form, (char)c);
        } else {
            mp_buf_add_c(form, '%');
            mp_buf_add_c(form, digits[c >> 4]);
            mp_buf_add_c(form, digits[c & 15]);
        }
    }
}

static mp_code keep_token(mp_az_caller *a, const mp_json *answer, mp_error *err)
{
    mp_str         token = text_of(answer, "access_token");
    const mp_json *seconds = mp_json_get(answer, MP_S("expires_in")); /* a text in the older form */
    int64_t        lasts = mp_json_is(seconds, MP_JSON_INT) ? seconds->u.integer : 0;
    mp_str         text = text_of(answer, "expires_in");
    for (size_t i = 0; i < text.len && i < 9 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        lasts = lasts * 10 + (text.ptr[i] - '0');
    if (!token.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s gives no access_token", MP_FMT(mp_web_origin(a->token_url)));
    if (a->token.ptr)
        mp_wipe(a->token.ptr, a->token.cap);
    mp_buf_clear(&a->token);
    mp_buf_add(&a->token, token);
    a->token_ends = now_seconds() + (uint64_t)(lasts > TOKEN_MARGIN ? lasts - TOKEN_MARGIN : lasts > 0 ? lasts / 2 : 0);
    return mp_buf_check(&a->token, err);
}

static mp_code get_token(mp_az_caller *a, mp_error *err)
{
    mp_buf         form = MP_BUF_INIT;
    mp_json_doc   *doc = NULL;
    mp_web_answer  answer = { .body = MP_BUF_INIT };
    const mp_json *json;
    add_field(&form, "grant_type=client_credentials&client_id=", mp_str_from(a->options.client_id));
    add_field(&form, "&client_secret=", a->options.secret);
    add_field(&form, "&scope=", a->scope);
    mp_web_request request = { .url = a->token_url,
                               .body = mp_buf_str(&form),
                               .content_type = "application/x-www-form-urlencoded" };
    mp_code        code = form.failed ? mp_no_memory(err) : mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = ask_patiently(&answer, a, &request, err);
    if (code == MP_OK)
        code = read_answer(&json, &answer, doc, a->token_url, err);
    if (code == MP_OK)
        code = keep_token(a, json, err);
    if (form.ptr)
        mp_wipe(form.ptr, form.cap);
    if (answer.body.ptr)
        mp_wipe(answer.body.ptr, answer.body.cap);
    mp_buf_free(&form);
    mp_buf_free(&answer.body);
    mp_json_doc_free(doc);
    return code;
}

/* ---- where tokens are had ---- */

static mp_code ask_openly(const mp_json **out, mp_web_answer *answer, mp_az_caller *a, mp_json_doc *doc, mp_str url,
                          mp_error *err)
{
    MP_TRY(url.ptr ? MP_OK : mp_no_memory(err));
    MP_TRY(ask_patiently(answer, a, &(mp_web_request){ .url = url }, err));
    return read_answer(out, answer, doc, url, err);
}

/* {"authentication": {"loginEndpoint", "audiences"}}, or an array of such. */
static mp_code read_metadata(mp_str *login, mp_str *audience, mp_az_caller *a, mp_json_doc *doc, mp_error *err)
{
    mp_web_answer  answer = { .body = MP_BUF_INIT };
    const mp_json *json = NULL;
    mp_str         url = mp_arena_printf(&a->arena, "%.*s/metadata/endpoints?api-version=2019-05-01", MP_FMT(a->endpoint));
    mp_code        code = ask_openly(&json, &answer, a, doc, url, err);
    if (code == MP_OK) {
        const mp_json *first = mp_json_is(json, MP_JSON_ARRAY) ? mp_json_at(json, 0) : json;
        if (mp_json_is(json, MP_JSON_ARRAY)) /* the public cloud tells of several: the one that is asked counts */
            for (MP_JSON_EACH(one, json))
                first = mp_str_eq_fold(without_slash(text_of(one, "resourceManager")), a->endpoint) ? one : first;
        const mp_json *authentication = mp_json_get(first, MP_S("authentication"));
        const mp_json *audiences = mp_json_get(authentication, MP_S("audiences"));
        *login = mp_arena_dup(&a->arena, without_slash(text_of(authentication, "loginEndpoint")));
        *audience = mp_arena_dup(&a->arena, mp_json_is(mp_json_at(audiences, 0), MP_JSON_STRING)
                                                ? mp_json_str(mp_json_at(audiences, 0))
                                                : MP_S(""));
        if (!login->len || !audience->len)
            code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s does not say where to sign in",
                           MP_FMT(mp_web_origin(a->endpoint)));
    }
    mp_buf_free(&answer.body);
    return code;
}

static mp_code read_login(mp_az_caller *a, mp_str login, mp_json_doc *doc, mp_error *err)
{
    mp_web_answer  answer = { .body = MP_BUF_INIT };
    const mp_json *json = NULL;
    mp_str url =
        mp_arena_printf(&a->arena, "%.*s/%s/v2.0/.well-known/openid-configuration", MP_FMT(login), a->options.tenant);
    mp_code        code = ask_openly(&json, &answer, a, doc, url, err);
    if (code == MP_OK) {
        a->token_url = mp_arena_dup(&a->arena, text_of(json, "token_endpoint"));
        if (!a->token_url.len)
            code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s does not say where its tokens are to be had",
                           MP_FMT(mp_web_origin(login)));
    }
    mp_buf_free(&answer.body);
    return code;
}

static bool is_name(const char *s)
{
    for (const char *p = s; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || strchr("-._", *p)))
            return false;
    return *s != '\0';
}

static mp_code find_token_url(mp_az_caller *a, mp_error *err)
{
    mp_json_doc *doc = NULL;
    mp_str       login = { NULL, 0 }, audience = { NULL, 0 };
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = read_metadata(&login, &audience, a, doc, err);
    if (code == MP_OK && a->options.authority)
        login = without_slash(mp_str_from(a->options.authority));
    if (code == MP_OK)
        code = read_login(a, login, doc, err);
    mp_json_doc_free(doc);
    MP_TRY(code);
    a->scope = mp_arena_printf(&a->arena, "%.*s/.default", MP_FMT(audience));
    return a->scope.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_az_begin(mp_az_caller *out, const mp_cli *cli, const mp_az_options *options, mp_error *err)
{
    *out = (mp_az_caller){ .cli = cli, .options = *options, .token = MP_BUF_INIT, .arena = MP_ARENA_INIT };
    if (!is_name(options->tenant))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is no tenant; wanted is its GUID or its domain",
                       options->tenant);
    out->endpoint = without_slash(mp_str_from(options->endpoint));
    MP_TRY(mp_web_open(&out->web, options->ca_file, err));
    MP_TRY(find_token_url(out, err));
    return get_token(out, err);
}

void mp_az_done(mp_az_caller *a)
{
    if (a->token.ptr)
        mp_wipe(a->token.ptr, a->token.cap);
    mp_buf_free(&a->token);
    mp_web_close(a->web);
    mp_arena_free(&a->arena);
}

/* ---- asking ---- */

static mp_code find_url(mp_str *out, mp_az_caller *a, mp_str target, mp_arena *arena, mp_error *err)
{
    if (target.len && target.ptr[0] == '/') {
        *out = mp_arena_printf(arena, "%.*s%.*s", MP_FMT(a->endpoint), MP_FMT(target));
        return out->ptr ? MP_OK : mp_no_memory(err);
    }
    if (!mp_str_eq_fold(mp_web_origin(target), mp_web_origin(a->endpoint)))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the next page would be on another server, '%.*s': it is not asked",
                       MP_FMT(mp_web_origin(target)));
    *out = target;
    return MP_OK;
}

static mp_code ask(mp_web_answer *answer, mp_az_caller *a, mp_str url, mp_str body, mp_error *err)
{
    for (bool is_renewed = false;; is_renewed = true) {
        if (now_seconds() >= a->token_ends || is_renewed)
            MP_TRY(get_token(a, err));
        mp_web_request request = { .url = url,
                                   .body = body,
                                   .content_type = body.ptr ? "application/json" : NULL,
                                   .bearer = mp_buf_str(&a->token) };
        MP_TRY(ask_patiently(answer, a, &request, err));
        if (answer->status != 401 || is_renewed)
            return MP_OK;
        mp_buf_free(&answer->body);
    }
}

mp_code mp_az_ask(const mp_json **answer, mp_buf *text, mp_az_caller *a, mp_json_doc *doc, mp_str target, mp_str body,
                  mp_error *err)
{
    mp_arena      arena = MP_ARENA_INIT;
    mp_web_answer got = { .body = MP_BUF_INIT };
    mp_str        url;
    *answer = NULL;
    mp_code code = find_url(&url, a, target, &arena, err);
    if (code == MP_OK)
        code = ask(&got, a, url, body, err);
    if (code == MP_OK && got.status != 404)
        code = read_answer(answer, &got, doc, url, err);
    *text = got.body;
    mp_arena_free(&arena);
    return code;
}
