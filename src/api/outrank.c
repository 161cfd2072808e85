/* SPDX-License-Identifier: Apache-2.0 */
#include "outrank.h"

#include "rbac.h"

/* The leaf of a refusal tells that a right was missing. */
static mp_code settle(mp_http_request *request, mp_code code)
{
    if (code == MP_DENIED)
        mp_guarded_of(request)->is_lacking = true;
    return code;
}

mp_code mp_outrank(mp_app *app, mp_http_request *request, mp_str principal, mp_error *err)
{
    return settle(request, mp_outranks(app->access, mp_app_who(request), principal, mp_clock_now(), err));
}

mp_code mp_outrank_all(mp_app *app, mp_http_request *request, mp_error *err)
{
    return settle(request, mp_outranks_all(app->access, mp_app_who(request), mp_clock_now(), err));
}
