/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <stdio.h>

/* RFC 9457. `type` is "about:blank": what kind of problem it is says `code`, and the title is the status's. */

unsigned mp_http_status_of(mp_code code)
{
    static const unsigned short statuses[MP_CODE_COUNT] = {
        [MP_OK] = 200,          [MP_NOMEM] = 503,       [MP_SYNTAX] = 400,     [MP_COMPILE] = 400,
        [MP_EVALUATION] = 422,
        [MP_LIMIT] = 422,       [MP_PARAMETER] = 400,   [MP_REFERENCE] = 422,  [MP_FORMAT] = 400,
        [MP_UNSUPPORTED] = 422,
        [MP_IO] = 500,          [MP_OUTPUT] = 500,      [MP_USAGE] = 400,      [MP_INTERNAL] = 500, [MP_MISSING] = 404,
        [MP_EXISTS] = 409,      [MP_CONFLICT] = 409,    [MP_CREDENTIALS] = 401, [MP_DENIED] = 403, [MP_BUSY] = 429,
        [MP_FULL] = 507,        [MP_UNAVAILABLE] = 503, [MP_DAMAGED] = 500,    [MP_FOREIGN] = 500,
    };
    unsigned status = (unsigned)code < MP_CODE_COUNT ? statuses[code] : 0;
    return status ? status : 500;
}

static mp_str title_of(mp_lang lang, unsigned status)
{
    char number[16];
    int  len = snprintf(number, sizeof number, "%u", status);
    mp_str title = mp_message_of(lang, "http.status.", mp_str_of(number, (size_t)len));
    return title.len ? title : mp_message_of(lang, "http.status.", status < 500 ? MP_S("400") : MP_S("500"));
}

/* The sentence in the reader's language. What is our own fault is told to the operator's log and not to
 * strangers; nor is what data is damaged, but that it is, and who can tell more. */
static mp_str detail_of(mp_http_request *request, const mp_error *err, unsigned status)
{
    mp_buf b = MP_BUF_INIT;
    if (err->code == MP_DAMAGED)
        mp_say_z(&b, request->lang, "http.detail.damaged", request->id, NULL);
    else if (status == 500)
        mp_say_z(&b, request->lang, "http.detail.internal", request->id, NULL);
    else
        mp_say_error(&b, request->lang, err);
    mp_str text = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return text;
}

static void problem_fail(mp_http_request *request, mp_http_response *response, const mp_error *err, mp_str pointer)
{
    mp_jsonw w;
    unsigned status = response->status;
    mp_str   detail = detail_of(request, err, status);
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "type", MP_S("about:blank"));
    mp_jsonw_put_str(&w, "title", title_of(request->lang, status));
    mp_jsonw_put_int(&w, "status", status);
    mp_jsonw_put_filled(&w, "detail", detail);
    mp_jsonw_put_filled(&w, "instance", request->path);
    mp_jsonw_put_str(&w, "code", mp_str_from(mp_code_name(err->code)));
    if (pointer.ptr)
        mp_jsonw_put_str(&w, "pointer", pointer);
    mp_jsonw_put_str(&w, "requestId", mp_str_from(request->id));
    mp_jsonw_end(&w);
    if (mp_respond_json(request, response, status, mp_jsonw_done(&w), NULL) != MP_OK)
        response->body = MP_S("{\"type\":\"about:blank\",\"title\":\"Out of memory\",\"code\":\"memory\"}");
    response->content_type = "application/problem+json";
    mp_respond_header(response, MP_S("content-language"), mp_str_from(mp_lang_name(request->lang)));
}

const mp_face mp_face_problem = { .name = "problem", .fail = problem_fail };
