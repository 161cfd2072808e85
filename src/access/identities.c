/* SPDX-License-Identifier: Apache-2.0 */
/* Identities of what acts by itself: programs that nobody signs in as. They are given roles as all programs are, and
 * go with what they belong to. */
#include "access_internal.h"
#include "directory_internal.h"
#include "text.h"

enum { NAME_MAX_BYTES = 150 }; /* of what it is called after; the id is behind it, so that it is like no other */

static const mp_json *new_body(mp_tx *tx, mp_str id, mp_str app_id, mp_str name, mp_str of)
{
    mp_jsonw w;
    while (name.len > NAME_MAX_BYTES || (name.len && !mp_utf8_valid(name)))
        name.len--;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "appId", app_id);
    mp_directory_put_str(&w, "displayName", mp_arena_printf(mp_tx_arena(tx), "%.*s (%.*s)", MP_FMT(name), MP_FMT(id)));
    mp_directory_put_str(&w, "identityOf", of);
    mp_directory_put_str(&w, "state", MP_S("active"));
    mp_directory_put_kept(&w, tx, NULL);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_identity_keep(mp_access *access, mp_tx *tx, mp_str id, mp_str name, mp_str of, mp_error *err)
{
    mp_record old;
    mp_str    app_id;
    MP_TRY(mp_identity_end(access, tx, of, id, err));
    mp_code code = mp_record_get(&old, tx, &mp_program_kind, id, 0, mp_tx_arena(tx), err);
    if (code != MP_MISSING)
        return code;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    MP_TRY(mp_directory_id(&app_id, tx, mp_str_of(NULL, 0), err));
    return mp_directory_put(NULL, access, tx, &mp_program_kind, id, new_body(tx, id, app_id, name, of), MP_ANY_VERSION, err);
}

mp_code mp_identity_end(mp_access *access, mp_tx *tx, mp_str of, mp_str but, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filters[] = { { "identityOf", MP_FILTER_EQ, of }, { "state", MP_FILTER_NE, MP_S("left") } };
    MP_TRY(mp_record_list(
        &page, tx,
        &(mp_record_query){
            .kind = &mp_program_kind, .filters = filters, .filter_count = MP_COUNT(filters), .limit = 10 },
        mp_tx_arena(tx), err));
    for (size_t i = 0; i < page.count; i++)
        if (!mp_str_eq_fold(page.records[i].key, but))
            MP_TRY(mp_program_end(NULL, access, tx, page.records[i].key, err));
    return MP_OK;
}
