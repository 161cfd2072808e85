/* SPDX-License-Identifier: Apache-2.0 */
#include "rbac_internal.h"

#define DEPTH_MAX 32 /* groups within groups; the directory keeps circles out */

typedef struct search {
    mp_tx   *tx;
    mp_str   but;
    unsigned others; /* 1 ends the search */
    bool     is_one;
    bool     only_marks; /* whoever is found is one of those whom the change takes away */
} search;

static mp_code look_at(search *s, mp_str principal, unsigned depth, mp_error *err);

static mp_code look_into(search *s, const mp_json *members, unsigned depth, mp_error *err)
{
    if (!mp_json_is(members, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(member, members)) {
        if (mp_json_is(member, MP_JSON_STRING))
            MP_TRY(look_at(s, mp_json_str(member), depth + 1, err));
        if (s->only_marks ? s->is_one : s->others && (s->is_one || !s->but.len))
            break;
    }
    return MP_OK;
}

static mp_code look_at(search *s, mp_str principal, unsigned depth, mp_error *err)
{
    mp_record record;
    if (depth > DEPTH_MAX)
        return MP_OK;
    mp_code code = mp_record_get(&record, s->tx, &mp_user_kind, principal, 0, mp_tx_arena(s->tx), err);
    if (code == MP_OK) {
        bool is_active = mp_str_eq(mp_json_get_text(record.body, "state"), MP_S("active"));
        if (s->only_marks || (s->but.len && mp_str_eq_fold(principal, s->but)))
            s->is_one = s->is_one || is_active;
        else if (is_active)
            s->others = 1;
        return MP_OK;
    }
    if (code != MP_MISSING)
        return code;
    code = mp_record_get(&record, s->tx, &mp_group_kind, principal, 0, mp_tx_arena(s->tx), err);
    if (code != MP_OK)
        return code == MP_MISSING ? MP_OK : code; /* a program does not sign in */
    bool marks = s->only_marks; /* a group that goes away takes its members' right with it */
    s->only_marks = marks || (s->but.len && mp_str_eq_fold(principal, s->but));
    code = look_into(s, mp_json_get(record.body, MP_S("members")), depth, err);
    s->only_marks = marks;
    return code;
}

mp_code mp_administrators(unsigned *others, bool *is_one, mp_tx *tx, mp_str without, mp_str but, mp_error *err)
{
    search           s = { .tx = tx, .but = but };
    mp_record_filter filter[] = { { .index = "roleDefinitionId", .op = MP_FILTER_EQ, .value = MP_S(MP_ROLE_ADMINISTRATOR) },
                                  { .index = "scope", .op = MP_FILTER_EQ, .value = MP_S("/") } };
    mp_record_query  query = { .kind = &mp_assignment_kind, .filters = filter, .filter_count = 2, .limit = 1000 };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            const mp_json *body = page.records[i].body;
            if (mp_body_time(body, MP_S("endsAt")) || mp_body_time(body, MP_S("startsAt")) > mp_tx_time(tx))
                continue;
            s.only_marks = without.len && mp_str_eq_fold(page.records[i].key, without);
            MP_TRY(look_at(&s, mp_json_get_text(body, "principalId"), 0, err));
        }
        query.after = page.next;
    } while (page.next.len);
    *others = s.others;
    *is_one = s.is_one;
    return MP_OK;
}

/* ---- the same of memory ---- */

static void count_one(const mp_right_principal *p, const mp_right_principal *but, bool *others, bool *is_one)
{
    if (p->kind != 'u' || !p->is_active)
        return;
    if (p == but)
        *is_one = true;
    else
        *others = true;
}

bool mp_is_last_administrator(mp_access *access, mp_str principal, mp_ticks now)
{
    unsigned         slot;
    bool             others = false, is_one = false;
    const mp_rights *rights = mp_rights_enter(&slot, access);
    if (!rights)
        return true; /* not known: the careful answer */
    const mp_right_role      *role = mp_rights_role(rights, MP_S(MP_ROLE_ADMINISTRATOR));
    const mp_right_principal *but = mp_rights_principal(rights, principal);
    uint32_t                  root = mp_rights_scope(rights, MP_S("/"));
    for (size_t i = 0; i < rights->assignment_count && but; i++) {
        const mp_right_assignment *a = &rights->assignments[i];
        if (a->scope_at != root || a->principal_at == UINT32_MAX || !mp_guid_same(a->role, role->id) || a->ends ||
            !mp_assignment_holds(a, now))
            continue;
        const mp_right_principal *holder = &rights->principals[a->principal_at];
        count_one(holder, but, &others, &is_one);
        for (size_t u = 0; holder->kind == 'g' && u < rights->principal_count; u++)
            for (uint32_t g = 0; g < rights->principals[u].within_count; g++)
                if (rights->principals[u].within[g] == a->principal_at)
                    count_one(&rights->principals[u], but, &others, &is_one);
    }
    mp_rights_leave(access, slot);
    return is_one && !others;
}
