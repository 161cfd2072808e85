/* SPDX-License-Identifier: Apache-2.0 */
/* The decision: of the principal and his groups, and of the scopes that the asked one stands in, the
 * assignments at each pair of the two. Nothing is allocated, nothing is locked. */
#include "rights.h"

#define ROLES_REMEMBERED 1024 /* roles beyond are asked again each time they are met */

static const mp_action_pattern *first_match(const mp_right_list *list, mp_str action)
{
    for (size_t i = 0; i < list->count; i++)
        if (mp_action_matches(&list->patterns[i], action))
            return &list->patterns[i];
    return NULL;
}

/* Who asks for everything of a kind ("*" in the action: a letter that no action has) may it only where nothing of
 * that kind was taken out. */
static const mp_action_pattern *first_refusal(const mp_right_list *list, mp_str action)
{
    if (mp_str_find(action, '*') == SIZE_MAX)
        return first_match(list, action);
    for (size_t i = 0; i < list->count; i++)
        if (mp_action_meets(list->patterns[i].text, action))
            return &list->patterns[i];
    return NULL;
}

bool mp_role_allows(const mp_right_role *role, mp_str action, bool is_data, const mp_action_pattern **matched,
                    const mp_action_pattern **refused)
{
    const mp_action_pattern *yes = first_match(is_data ? &role->data_actions : &role->actions, action);
    const mp_action_pattern *no =
        yes ? first_refusal(is_data ? &role->not_data_actions : &role->not_actions, action) : NULL;
    if (matched)
        *matched = yes;
    if (refused)
        *refused = no;
    return yes && !no;
}

/* A management group in a management group in...: the store has no circles; should it have one, this ends all
 * the same. */
static void climb(mp_right_chain *out, const mp_rights *rights, uint32_t place)
{
    for (unsigned hops = 0; place != UINT32_MAX && hops < 14 && out->count + 1 < MP_RIGHTS_CHAIN; hops++) {
        out->at[out->count++] = place;
        place = rights->scopes[place].parent;
    }
}

void mp_rights_chain(mp_right_chain *out, const mp_rights *rights, const mp_scope *scope)
{
    uint32_t root = mp_rights_scope(rights, MP_S("/"));
    out->count = 0;
    for (unsigned level = scope->levels; level-- > 1;) {
        uint32_t at = mp_rights_scope(rights, mp_str_of(scope->text, scope->ends[level]));
        if (at != UINT32_MAX)
            out->at[out->count++] = at;
    }
    if (scope->levels) {
        uint32_t outermost = mp_rights_scope(rights, mp_str_of(scope->text, scope->ends[0]));
        bool     is_in_tenant = mp_str_starts(mp_scope_str(scope), MP_S("/subscriptions/")) ||
                            mp_str_starts_fold(mp_scope_str(scope), MP_S(MP_SCOPE_GROUPS));
        if (outermost != UINT32_MAX)
            climb(out, rights, outermost);
        else if (is_in_tenant) /* one that nobody has named: in the tenant's root group like all others */
            climb(out, rights, mp_rights_scope(rights, rights->tenant_group));
    }
    if (root != UINT32_MAX)
        out->at[out->count++] = root;
}

typedef struct question {
    const mp_rights *rights;
    mp_str           action;
    bool             is_data;
    mp_ticks         now;
    uint64_t         refused[ROLES_REMEMBERED / 64]; /* roles that do not allow it */
} question;

static bool role_allows(question *q, uint32_t role)
{
    bool     is_remembered = role < ROLES_REMEMBERED;
    uint64_t bit = UINT64_C(1) << (role & 63);
    if (is_remembered && (q->refused[role / 64] & bit))
        return false;
    if (mp_role_allows(&q->rights->roles[role], q->action, q->is_data, NULL, NULL))
        return true;
    if (is_remembered)
        q->refused[role / 64] |= bit;
    return false;
}

static bool allowed_here(question *q, uint32_t principal, uint32_t scope)
{
    for (uint32_t at = mp_rights_first_here(q->rights, principal, scope); at != UINT32_MAX;) {
        const mp_right_assignment *a = &q->rights->assignments[at];
        if (a->role_at != UINT32_MAX && mp_assignment_holds(a, q->now) && role_allows(q, a->role_at))
            return true;
        at = a->next_here;
    }
    return false;
}

bool mp_rights_may(const mp_rights *rights, mp_str principal, mp_str action, mp_str scope, bool is_data, mp_ticks now)
{
    question                  q = { .rights = rights, .is_data = is_data, .now = now };
    char                      folded[MP_ACTION_MAX];
    mp_scope                  where;
    mp_right_chain            chain;
    const mp_right_principal *who = mp_rights_principal(rights, principal);
    if (!who || !who->is_active || !mp_action_fold(&q.action, folded, action) || !mp_scope_parse(&where, scope))
        return false;
    mp_rights_chain(&chain, rights, &where);
    for (uint32_t h = 0; h < who->holder_count; h++)
        for (unsigned i = 0; i < chain.count; i++)
            if ((who->holders[h].scopes & mp_right_scope_bit(chain.at[i])) &&
                allowed_here(&q, who->holders[h].principal, chain.at[i]))
                return true;
    return false;
}
