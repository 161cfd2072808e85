/* SPDX-License-Identifier: Apache-2.0 */
/* From invitation to leaving. What ends, ends within one transaction: there is no moment at which somebody
 * has left and still may. */
#include "access_internal.h"
#include "directory_internal.h"

enum { SETUP_BYTES = 32 };

/* Change members of a principal's record: `state`, and the moment before which every token of his is worth
 * nothing. */
static mp_code set_state(mp_access *access, mp_tx *tx, const mp_kind *kind, const mp_record *record,
                         const char *state, bool ends_tokens, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_str    now = mp_time_text(arena, mp_tx_time(tx));
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "state", mp_str_from(state));
    if (ends_tokens)
        mp_directory_put_str(&w, "tokensValidAfter", now);
    if (strcmp(state, "left") == 0)
        mp_directory_put_str(&w, "leftAt", now);
    mp_jsonw_end(&w);
    return mp_directory_put(NULL, access, tx, kind, record->key,
                            mp_body_with(arena, record->body, mp_jsonw_done(&w)), record->version, err);
}

static mp_code must_not_be_last(mp_access *access, mp_tx *tx, mp_str id, mp_error *err)
{
    bool      is_last;
    mp_record user;
    MP_TRY(mp_rbac_is_last(&is_last, access, tx, id, err));
    if (!is_last)
        return MP_OK;
    MP_TRY(mp_record_get(&user, tx, &mp_user_kind, id, 0, mp_tx_arena(tx), err));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                   "%.*s is the last administrator who can sign in; make another one first",
                   MP_FMT(mp_json_get_text(user.body, "userName")));
}

static const mp_json *seen_body(mp_arena *arena, const mp_json *body, mp_ticks at)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "lastSignInAt", mp_time_text(arena, at));
    mp_jsonw_end(&w);
    return mp_body_with(arena, body, mp_jsonw_done(&w));
}

mp_code mp_user_suspend(mp_access *access, mp_tx *tx, mp_str id, bool is_suspended, mp_error *err)
{
    mp_record     record;
    mp_credential credential = { 0 };
    MP_TRY(mp_directory_principal(&record, tx, &mp_user_kind, id, err));
    bool was = mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("suspended"));
    if (!is_suspended) {
        MP_TRY(mp_sign_in_unlock(access, tx, record.key, err));
        if (!was)
            return MP_OK;
        MP_TRY(mp_credential_open(&credential, access, tx, record.key, mp_tx_arena(tx), err));
        bool has_password = mp_json_get(credential.body, MP_S("password")) != NULL;
        mp_credential_close(&credential);
        record.body = seen_body(mp_tx_arena(tx), record.body, mp_tx_time(tx)); /* unused days count from now on */
        if (!record.body)
            return mp_no_memory(err);
        return set_state(access, tx, &mp_user_kind, &record, has_password ? "active" : "invited", false, err);
    }
    if (was)
        return MP_OK;
    MP_TRY(must_not_be_last(access, tx, record.key, err));
    MP_TRY(set_state(access, tx, &mp_user_kind, &record, "suspended", true, err));
    uint64_t ended = 0;
    return mp_sessions_end_of(&ended, access, tx, record.key, mp_str_of(NULL, 0), err);
}

mp_code mp_user_seen(mp_access *access, mp_tx *tx, mp_record *record, mp_ticks at, mp_error *err)
{
    mp_record changed;
    MP_TRY(mp_directory_put(&changed, access, tx, &mp_user_kind, record->key,
                            seen_body(mp_tx_arena(tx), record->body, at), record->version, err));
    *record = changed;
    return MP_OK;
}

/* All that hangs on who leaves: memberships, assignments, secrets. */
static mp_code cut_ties(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str principal, mp_error *err)
{
    MP_TRY(mp_groups_leave(removed, access, tx, principal, err));
    MP_TRY(mp_rbac_unassign_all(removed, access, tx, principal, err));
    MP_TRY(mp_credential_remove(removed, access, tx, principal, err));
    mp_access_touch(access, tx);
    return MP_OK;
}

mp_code mp_user_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err)
{
    mp_record record;
    uint64_t  count = 0, sessions = 0;
    MP_TRY(mp_directory_principal(&record, tx, &mp_user_kind, id, err));
    MP_TRY(must_not_be_last(access, tx, record.key, err));
    MP_TRY(set_state(access, tx, &mp_user_kind, &record, "left", true, err));
    MP_TRY(mp_sessions_end_of(&sessions, access, tx, record.key, mp_str_of(NULL, 0), err));
    MP_TRY(cut_ties(&count, access, tx, record.key, err));
    if (removed)
        *removed = count + sessions;
    return MP_OK;
}

mp_code mp_program_suspend(mp_access *access, mp_tx *tx, mp_str id, bool is_suspended, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_directory_principal(&record, tx, &mp_program_kind, id, err));
    bool was = mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("suspended"));
    if (was == is_suspended)
        return MP_OK;
    return set_state(access, tx, &mp_program_kind, &record, is_suspended ? "suspended" : "active",
                     is_suspended, err);
}

mp_code mp_program_leave(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_directory_principal(&record, tx, &mp_program_kind, id, err));
    mp_str of = mp_json_get_text(record.body, "identityOf");
    if (of.len)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "this is the identity of '%.*s', and goes with it", MP_FMT(of));
    return mp_program_end(removed, access, tx, id, err);
}

mp_code mp_program_end(uint64_t *removed, mp_access *access, mp_tx *tx, mp_str id, mp_error *err)
{
    mp_record record;
    uint64_t  count = 0;
    MP_TRY(mp_directory_principal(&record, tx, &mp_program_kind, id, err));
    const mp_json *none =
        mp_body_with(mp_tx_arena(tx), record.body, mp_directory_null(mp_tx_arena(tx), "credentials"));
    if (!none)
        return mp_no_memory(err);
    record.body = none;
    MP_TRY(set_state(access, tx, &mp_program_kind, &record, "left", true, err));
    MP_TRY(cut_ties(&count, access, tx, record.key, err));
    if (removed)
        *removed = count;
    return MP_OK;
}

const mp_json *mp_directory_null(mp_arena *arena, const char *member)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, mp_str_from(member));
    mp_jsonw_null(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_setup_link(mp_str *out, mp_access *access, mp_tx *tx, mp_str user, mp_arena *arena, mp_error *err)
{
    mp_record record;
    mp_str    token;
    char      hash[65];
    mp_arena *own = mp_tx_arena(tx);
    mp_jsonw  w;
    MP_TRY(mp_directory_principal(&record, tx, &mp_user_kind, user, err));
    if (mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("suspended")))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "%.*s is suspended; resume first", MP_FMT(record.key));
    MP_TRY(mp_secret_make(&token, SETUP_BYTES, arena, err));
    MP_TRY(mp_secret_hash(hash, token, err));
    mp_jsonw_init(&w, own);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("setup"));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "hash", mp_str_from(hash));
    mp_directory_put_str(
        &w, "endsAt",
        mp_time_text(own, mp_tx_time(tx) + (mp_ticks)access->rules.setup_hours * 3600 * MP_TICKS_PER_SECOND));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *changes = mp_jsonw_done(&w);
    mp_str         link = mp_arena_printf(arena, "%s/setup#%.*s", access->base, MP_FMT(token));
    if (!changes || !link.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_credential_change(access, tx, record.key, changes, err));
    MP_TRY(mp_sign_in_unlock(access, tx, record.key, err));
    *out = link;
    return MP_OK;
}

/* ---- unused accounts ---- */

static mp_code suspend_unused(uint64_t *done, mp_access *access, mp_tx *tx, const mp_record *user,
                              mp_ticks now, mp_error *err)
{
    mp_ticks seen = mp_body_time(user->body, MP_S("lastSignInAt")),
             made = mp_body_time(user->body, MP_S("createdAt"));
    mp_ticks since = seen > made ? seen : made;
    if (now - since < (mp_ticks)access->rules.inactive_days * MP_TICKS_PER_DAY)
        return MP_OK;
    mp_code code = mp_user_suspend(access, tx, user->key, true, err);
    if (code == MP_CONFLICT)
        return MP_OK; /* the last administrator: somebody must be able to let the others in again */
    if (code != MP_OK)
        return code;
    ++*done;
    const mp_leaf leaf = { .actor_kind = MP_S("system"),
                           .action = MP_S("Mapae.Access/users/inactive"),
                           .on = mp_arena_printf(mp_tx_arena(tx), "/api/v1/users/%.*s", MP_FMT(user->key)) };
    return mp_ledger_add(access->ledger, tx, &leaf, err);
}

/* Everybody active has signed in once; who is invited may never have. */
mp_code mp_users_unused(uint64_t *done, mp_access *access, mp_tx *tx, mp_ticks now, mp_error *err)
{
    static const struct {
        const char *state, *index;
    } unused[] = { { "active", "lastSignInAt" }, { "invited", "createdAt" } };
    mp_str before =
        mp_time_text(mp_tx_arena(tx), now - (mp_ticks)access->rules.inactive_days * MP_TICKS_PER_DAY);
    if (!before.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; access->rules.inactive_days && i < MP_COUNT(unused); i++) {
        const mp_record_filter filters[] = {
            { .index = "state", .op = MP_FILTER_EQ, .value = mp_str_from(unused[i].state) },
            { .index = unused[i].index, .op = MP_FILTER_LE, .value = before }
        };
        mp_record_query query = {
            .kind = &mp_user_kind, .filters = filters, .filter_count = MP_COUNT(filters), .limit = 500
        };
        do {
            mp_record_page page;
            MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
            for (size_t j = 0; j < page.count; j++)
                MP_TRY(suspend_unused(done, access, tx, &page.records[j], now, err));
            query.after = page.next;
        } while (query.after.len);
    }
    return MP_OK;
}
