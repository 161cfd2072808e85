/* SPDX-License-Identifier: Apache-2.0 */
/* The decision once more, in full: every assignment of the principal and of his groups, with what became of
 * it. Order: scope, role, assignment. */
#include "rights.h"

#include <stdlib.h>

#include "jsonw.h"
#include "time_put.h"

typedef struct found {
    const mp_right_assignment *assignment;
    const mp_right_role       *role; /* NULL: it is there no more */
    const mp_right_principal  *through; /* a group, or NULL */
    const mp_action_pattern   *matched;
    const char                *why; /* why it is not enough; NULL: it decides */
} found;

typedef struct explanation {
    const mp_rights *rights;
    mp_right_chain   chain;
    mp_str           action;
    bool             is_data;
    mp_ticks         now;
    found           *all;
    size_t           count, cap;
} explanation;

static bool is_on_chain(const mp_right_chain *chain, uint32_t scope)
{
    for (unsigned i = 0; i < chain->count; i++)
        if (chain->at[i] == scope)
            return true;
    return false;
}

static found judge(const explanation *e, const mp_right_assignment *a, const mp_right_principal *through)
{
    const mp_action_pattern *refused = NULL;
    found                    f = { .assignment = a, .through = through };
    f.role = a->role_at == UINT32_MAX ? NULL : &e->rights->roles[a->role_at];
    bool allows = f.role && mp_role_allows(f.role, e->action, e->is_data, &f.matched, &refused);
    if (!is_on_chain(&e->chain, a->scope_at))
        f.why = "scope";
    else if (!allows)
        f.why = refused ? "notAction" : "action";
    else if (a->ends && e->now >= a->ends)
        f.why = "ended";
    else if (a->starts && e->now < a->starts)
        f.why = "notStarted";
    if (refused)
        f.matched = refused;
    return f;
}

static void collect(explanation *e, const mp_right_principal *p, const mp_right_principal *through)
{
    for (uint32_t at = p->first; at != UINT32_MAX; at = e->rights->assignments[at].next_of_principal)
        if (e->count < e->cap)
            e->all[e->count++] = judge(e, &e->rights->assignments[at], through);
}

static size_t count_of(const mp_rights *rights, const mp_right_principal *p)
{
    size_t count = 0;
    for (uint32_t at = p->first; at != UINT32_MAX; at = rights->assignments[at].next_of_principal)
        count++;
    return count;
}

static int by_scope_role_id(const void *left, const void *right)
{
    const found *a = left, *b = right;
    int          order = mp_str_cmp(a->assignment->scope, b->assignment->scope);
    if (order == 0)
        order = mp_str_cmp(a->role ? a->role->name : mp_str_of("", 0), b->role ? b->role->name : mp_str_of("", 0));
    if (order == 0) {
        mp_guid_bits x = a->assignment->id, y = b->assignment->id;
        order = x.high != y.high ? (x.high < y.high ? -1 : 1) : x.low != y.low ? (x.low < y.low ? -1 : 1) : 0;
    }
    return order;
}

static void put_id(mp_jsonw *w, mp_arena *arena, mp_str name, mp_guid_bits id)
{
    char text[37];
    mp_guid_write(text, id);
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_arena_dup(arena, mp_str_of(text, 36)));
}

static void put_found(mp_jsonw *w, mp_arena *arena, const found *f)
{
    mp_jsonw_object(w);
    put_id(w, arena, MP_S("assignmentId"), f->assignment->id);
    put_id(w, arena, MP_S("roleId"), f->assignment->role);
    mp_jsonw_put_str(w, "roleName", f->role ? mp_arena_dup(arena, f->role->name) : MP_S(""));
    mp_jsonw_put_str(w, "scope", mp_arena_dup(arena, f->assignment->scope));
    if (f->through) {
        put_id(w, arena, MP_S("through"), f->through->id);
        mp_jsonw_put_str(w, "throughName", mp_arena_dup(arena, f->through->name));
    }
    if (f->matched)
        mp_jsonw_put_str(w, "action", mp_arena_dup(arena, f->matched->text));
    if (f->assignment->starts)
        mp_time_put_short(w, "startsAt", f->assignment->starts);
    if (f->assignment->ends)
        mp_time_put_short(w, "endsAt", f->assignment->ends);
    if (f->why)
        mp_jsonw_put_str(w, "why", mp_str_from(f->why));
    mp_jsonw_end(w);
}

static const mp_json *write_all(const explanation *e, bool allowed, mp_str reason, mp_str principal, mp_str scope,
                                mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "allowed", allowed);
    mp_jsonw_put_str(&w, "reason", reason);
    mp_jsonw_put_str(&w, "action", mp_arena_dup(arena, e->action));
    mp_jsonw_put_bool(&w, "isDataAction", e->is_data);
    mp_jsonw_put_str(&w, "scope", mp_arena_dup(arena, scope));
    mp_jsonw_put_str(&w, "principal", mp_arena_dup(arena, principal));
    for (int decides = 1; decides >= 0; decides--) {
        mp_jsonw_key(&w, decides ? MP_S("decidedBy") : MP_S("notEnough"));
        mp_jsonw_array(&w);
        for (size_t i = 0; i < e->count; i++)
            if ((e->all[i].why == NULL) == (decides == 1))
                put_found(&w, arena, &e->all[i]);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_rights_explain(const mp_json **out, const mp_rights *rights, mp_str principal, mp_str action, mp_str scope,
                          bool is_data, mp_ticks now, mp_arena *arena, mp_error *err)
{
    explanation               e = { .rights = rights, .is_data = is_data, .now = now };
    char                      folded[MP_ACTION_MAX];
    mp_scope                  where;
    const mp_right_principal *who = mp_rights_principal(rights, principal);
    if (!mp_action_is_pattern(action) || mp_str_find(action, '*') != SIZE_MAX ||
        !mp_action_fold(&e.action, folded, action))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no action; wanted a name like Microsoft.Compute/virtualMachines/read",
                       MP_FMT(action));
    if (!mp_scope_parse(&where, scope))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no scope", MP_FMT(scope));
    mp_rights_chain(&e.chain, rights, &where);
    if (who) {
        e.cap = count_of(rights, who);
        for (uint32_t g = 0; g < who->within_count; g++)
            e.cap += count_of(rights, &rights->principals[who->within[g]]);
        e.all = MP_ARENA_ARRAY(arena, found, e.cap + 1);
        if (!e.all)
            return mp_no_memory(err);
        collect(&e, who, NULL);
        for (uint32_t g = 0; g < who->within_count; g++)
            collect(&e, &rights->principals[who->within[g]], &rights->principals[who->within[g]]);
        qsort(e.all, e.count, sizeof *e.all, by_scope_role_id);
    }
    bool allowed = false;
    for (size_t i = 0; i < e.count; i++)
        allowed = allowed || !e.all[i].why;
    bool is_active = who && who->is_active;
    *out = write_all(&e, allowed && is_active,
                     !who         ? MP_S("unknown")
                     : !is_active ? MP_S("inactive")
                                  : MP_S("assignments"),
                     principal, mp_scope_str(&where), arena);
    return *out ? MP_OK : mp_no_memory(err);
}
