/* SPDX-License-Identifier: Apache-2.0 */
#include "respond.h"

#include <assert.h>

static bool is_clean(mp_str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.ptr[i] < 0x20 && value.ptr[i] != '\t') || value.ptr[i] == 0x7F)
            return false;
    return true;
}

mp_pair *mp_response_header(mp_http_response *response, mp_str name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (mp_str_eq_fold(response->headers[i].name, name))
            return &response->headers[i];
    return NULL;
}

void mp_respond_header(mp_http_response *response, mp_str name, mp_str value)
{
    if (!is_clean(value))
        return;
    mp_pair *known = mp_str_eq_fold(name, MP_S("set-cookie")) ? NULL : mp_response_header(response, name);
    if (known) {
        known->value = value;
        return;
    }
    assert(response->header_count < MP_RESPONSE_HEADERS);
    if (response->header_count < MP_RESPONSE_HEADERS)
        response->headers[response->header_count++] = (mp_pair){ name, value };
}

mp_code mp_respond_json(mp_http_request *request, mp_http_response *response, unsigned status, const mp_json *v,
                        mp_error *err)
{
    mp_buf  b = MP_BUF_INIT;
    mp_code code = MP_OK;
    if (!v)
        return mp_no_memory(err);
    mp_buf_add_json(&b, v);
    mp_str body = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    if (!body.ptr)
        return mp_no_memory(err);
    response->status = status;
    response->content_type = "application/json";
    response->body = body;
    return code;
}

void mp_respond_common(const mp_http_request *request, mp_http_response *response)
{
    /* What a browser must not do with an answer. A page brings a policy of its own; everything else is data,
     * and data runs nothing. */
    static const mp_pair fallback[] = {
        { MP_S_INIT("cache-control"), MP_S_INIT("no-store") },
        { MP_S_INIT("content-security-policy"),
          MP_S_INIT("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'") },
        { MP_S_INIT("x-content-type-options"), MP_S_INIT("nosniff") },
        { MP_S_INIT("x-frame-options"), MP_S_INIT("DENY") },
        { MP_S_INIT("referrer-policy"), MP_S_INIT("no-referrer") },
        { MP_S_INIT("cross-origin-opener-policy"), MP_S_INIT("same-origin") },
        { MP_S_INIT("cross-origin-resource-policy"), MP_S_INIT("same-origin") },
        { MP_S_INIT("permissions-policy"), MP_S_INIT("camera=(), geolocation=(), microphone=(), payment=(), usb=()") },
    };
    for (size_t i = 0; i < MP_COUNT(fallback); i++)
        if (!mp_response_header(response, fallback[i].name))
            mp_respond_header(response, fallback[i].name, fallback[i].value);
    mp_respond_header(response, MP_S("x-request-id"), mp_str_from(request->id));
    mp_respond_header(response, MP_S("x-ms-request-id"), mp_str_from(request->id));
}
