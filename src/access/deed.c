/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "access_internal.h"

enum { PATH_MAX_BYTES = 64 };

/* As the API answers: src/http/http.h has the whole table; here stand those that sign-in ends with. */
static int status_of(mp_code code)
{
    switch (code) {
    case MP_OK:
        return 200;
    case MP_CREDENTIALS:
        return 401;
    case MP_DENIED:
        return 403;
    case MP_MISSING:
        return 404;
    case MP_EXISTS:
    case MP_CONFLICT:
        return 409;
    case MP_PARAMETER:
    case MP_LIMIT:
        return 400;
    case MP_BUSY:
        return 429;
    case MP_FULL:
    case MP_UNAVAILABLE:
        return 503;
    default:
        return 500;
    }
}

static mp_outcome outcome_of(mp_code code)
{
    if (code == MP_OK)
        return MP_OUTCOME_DONE;
    return code == MP_CREDENTIALS || code == MP_DENIED || code == MP_BUSY ? MP_OUTCOME_REFUSED
                                                                          : MP_OUTCOME_FAILED;
}

static mp_leaf leaf_of(char path[PATH_MAX_BYTES], const mp_deed *deed)
{
    bool    has_who = deed->who && deed->who->kind != MP_WHO_NOBODY;
    mp_leaf leaf = { .action = mp_str_from(deed->action),
                     .outcome = outcome_of(deed->code),
                     .detail = deed->detail,
                     .session = deed->session };
    if (has_who) {
        leaf.actor_kind = mp_str_from(mp_who_kind_name(deed->who->kind));
        leaf.actor = deed->who->id;
        leaf.session = deed->session.len ? deed->session : deed->who->session;
    } else if (!deed->asked) {
        leaf.actor_kind = MP_S("system");
    } else if (deed->code == MP_OK && deed->user.len) {
        leaf.actor_kind = MP_S("user");
        leaf.actor = deed->user;
    } else {
        leaf.actor_kind = MP_S("nobody");
    }
    if (deed->user.len)
        snprintf(path, PATH_MAX_BYTES, "/api/v1/users/%.*s", MP_FMT(deed->user));
    else
        snprintf(path, PATH_MAX_BYTES, "/api/v1/sign-in");
    leaf.on = mp_str_from(path);
    if (deed->asked) {
        leaf.from = deed->asked->from;
        leaf.request = deed->asked->request;
        leaf.status = status_of(deed->code);
    }
    if (deed->code != MP_OK)
        leaf.reason = mp_str_from(mp_code_name(deed->code));
    return leaf;
}

mp_code mp_deed_add(mp_access *access, mp_tx *tx, const mp_deed *deed, mp_error *err)
{
    char          path[PATH_MAX_BYTES];
    const mp_leaf leaf = leaf_of(path, deed);
    return mp_ledger_add(access->ledger, tx, &leaf, err);
}

mp_code mp_deed_refused(mp_access *access, const mp_deed *deed, mp_error *err)
{
    char          path[PATH_MAX_BYTES];
    const mp_leaf leaf = leaf_of(path, deed);
    mp_error      why = { 0 };
    mp_code       code = mp_ledger_note(access->ledger, &leaf, &why);
    if (code == MP_OK)
        return deed->code;
    if (err)
        *err = why;
    return code;
}
