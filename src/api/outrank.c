/* SPDX-License-Identifier: Apache-2.0 */
#include "outrank.h"

#include "rbac.h"

/* The leaf of a refusal tells that a right was missing. `of` empty: all. */
static mp_code settle(mp_http_request *request, mp_str of, mp_code code, mp_error *err)
{
    if (code == MP_DENIED)
        mp_guarded_of(request)->is_lacking = true;
    return code == MP_OK ? mp_guard_note(request, MP_S(""), of, err) : code;
}

mp_code mp_outrank(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err)
{
    return settle(request, principal, mp_outranks(app->access, mp_app_who(request), principal, mp_clock_now(), err), err);
}

mp_code mp_outrank_all(mp_app *app, mp_http_request *request, mp_error *err)
{
    return settle(request, MP_S(""), mp_outranks_all(app->access, mp_app_who(request), mp_clock_now(), err), err);
}
