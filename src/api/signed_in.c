/* SPDX-License-Identifier: Apache-2.0 */
#include "signed_in.h"

static const char *const steps[] = { "", "factor", "password", "enroll", NULL };
static const mp_json_shape factor_shape = { .type = MP_TYPE_STRING, .doc = "api.signIn.factor" };
static const mp_property members[] = {
    { "next", MP_TYPE_STRING, .is_required = true, .values = steps, .doc = "api.signIn.next" },
    { "factors", MP_TYPE_ARRAY, .shape = &factor_shape, .doc = "api.signIn.factors" },
    { "csrf", MP_TYPE_STRING, .is_required = true, .doc = "api.signIn.csrf" },
    { "expiresAt", MP_TYPE_TIME, .doc = "api.signIn.expiresAt" },
    { "userId", MP_TYPE_GUID, .doc = "api.signIn.userId" },
};
const mp_json_shape mp_shape_signed_in = { .name = "SignedIn", .type = MP_TYPE_OBJECT, .doc = "api.signIn.answer",
                                           MP_PROPERTIES(members) };

mp_str mp_time_of(mp_arena *arena, mp_ticks t)
{
    char *text = t ? mp_arena_alloc(arena, MP_CLOCK_SHORT) : NULL;
    if (!text)
        return mp_str_of(NULL, 0);
    mp_clock_format_short(text, t);
    return mp_str_from(text);
}

mp_code mp_respond_session(mp_http_request *request, mp_http_response *response, mp_str value, mp_error *err)
{
    if (value.len == 0)
        return MP_OK; /* the session is the one it was, or there is none */
    mp_str cookie = mp_arena_printf(request->arena, "__Host-mapae=%.*s; Path=/; Secure; HttpOnly; SameSite=Strict",
                                    MP_FMT(value));
    if (!cookie.ptr)
        return mp_no_memory(err);
    mp_respond_header(response, MP_S("set-cookie"), cookie);
    return MP_OK;
}

void mp_respond_no_session(mp_http_response *response)
{
    mp_respond_header(response, MP_S("set-cookie"),
                      MP_S("__Host-mapae=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"));
}

mp_code mp_respond_signed_in(mp_http_request *request, mp_http_response *response, const mp_signed_in *in,
                             mp_error *err)
{
    mp_jsonw w;
    MP_TRY(mp_respond_session(request, response, in->cookie, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "next", in->next);
    if (in->factor_count) {
        mp_jsonw_key(&w, MP_S("factors"));
        mp_jsonw_array(&w);
        for (size_t i = 0; i < in->factor_count; i++)
            mp_jsonw_str(&w, in->factors[i]);
        mp_jsonw_end(&w);
    }
    mp_jsonw_put_str(&w, "csrf", in->csrf);
    if (in->expires_at)
        mp_jsonw_put_str(&w, "expiresAt", mp_time_of(request->arena, in->expires_at));
    mp_jsonw_put_filled(&w, "userId", in->user);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}
