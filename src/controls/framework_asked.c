/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_asked.h"

#include "controls.h"
#include "faces.h"

mp_code mp_asked_side(mp_side *out, const mp_frameworks *all, mp_str name, mp_error *err)
{
    return mp_framework_named(&out->framework, &out->scheme, all, name)
               ? MP_OK
               : mp_framework_none(all, MP_MISSING, name, err);
}

mp_code mp_asked_framework(mp_side *out, const mp_frameworks *all, mp_http_request *request, mp_error *err)
{
    mp_str scheme = mp_http_query(request, MP_S("scheme"));
    MP_TRY(mp_asked_side(out, all, mp_http_param(request, "framework"), err));
    if (!scheme.len)
        return MP_OK;
    out->scheme = mp_scheme_find(out->framework, scheme);
    return out->scheme ? MP_OK
                       : mp_fail(err, MP_MISSING, MP_NOWHERE, "the framework '%.*s' has no scheme '%.*s'",
                                 MP_FMT(out->framework->id), MP_FMT(scheme));
}

mp_code mp_answer_framework(mp_app *app, mp_http_request *request, mp_http_response *response,
                            mp_framework_fn fn, mp_error *err)
{
    const mp_held *held;
    mp_jsonw w;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_jsonw_init(&w, request->arena);
    mp_code code = fn(&w, &held->all, request, err);
    if (code == MP_OK)
        code = mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
    mp_held_drop(held); /* the answer is text by now */
    return code;
}
