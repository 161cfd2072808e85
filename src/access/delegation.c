/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody gives away more than he has: what a role allows must be within what the giver may do at that scope,
 * by the patterns themselves, since there is no list of all actions. A pattern is covered by one of his roles
 * when one of its actions takes in the pattern and each of its notActions either never meets the pattern, or
 * is taken away by the given role too, or is covered by another of his roles. */
#include "rights.h"

#define TRIES 4 /* a notAction of one role that another gives back, whose notAction... */

typedef struct holder {
    const mp_rights     *rights;
    const mp_right_role *given;
    bool                 is_data;
    uint32_t             roles[64]; /* that he holds here; more do not count */
    unsigned             count;
} holder;

static const mp_right_list *yes_list(const mp_right_role *role, bool is_data)
{
    return is_data ? &role->data_actions : &role->actions;
}

static const mp_right_list *no_list(const mp_right_role *role, bool is_data)
{
    return is_data ? &role->not_data_actions : &role->not_actions;
}

static bool takes_in(const mp_right_list *list, mp_str pattern)
{
    for (size_t i = 0; i < list->count; i++)
        if (mp_action_within(pattern, list->patterns[i].text))
            return true;
    return false;
}

static bool covered(const holder *h, mp_str pattern, unsigned tries);

static bool covered_by(const holder *h, const mp_right_role *role, mp_str pattern, unsigned tries)
{
    const mp_right_list *no = no_list(role, h->is_data);
    if (!takes_in(yes_list(role, h->is_data), pattern))
        return false;
    for (size_t i = 0; i < no->count; i++) {
        mp_str lost = no->patterns[i].text;
        if (mp_action_meets(lost, pattern) && !takes_in(no_list(h->given, h->is_data), lost) &&
            !covered(h, lost, tries))
            return false;
    }
    return true;
}

static bool covered(const holder *h, mp_str pattern, unsigned tries)
{
    if (tries == 0)
        return false;
    for (unsigned i = 0; i < h->count; i++)
        if (covered_by(h, &h->rights->roles[h->roles[i]], pattern, tries - 1))
            return true;
    return false;
}

static void hold(holder *h, uint32_t role)
{
    for (unsigned i = 0; i < h->count; i++)
        if (h->roles[i] == role)
            return;
    if (h->count < MP_COUNT(h->roles))
        h->roles[h->count++] = role;
}

static void hold_at(holder *h, uint32_t principal, uint32_t scope, mp_ticks now)
{
    for (uint32_t at = mp_rights_first_here(h->rights, principal, scope); at != UINT32_MAX;) {
        const mp_right_assignment *a = &h->rights->assignments[at];
        if (a->role_at != UINT32_MAX && mp_assignment_holds(a, now))
            hold(h, a->role_at);
        at = a->next_here;
    }
}

bool mp_rights_cover(const mp_rights *rights, mp_str principal, const mp_right_role *role, const mp_scope *scope,
                     mp_ticks now, mp_str *lacks)
{
    holder                    h = { .rights = rights, .given = role };
    mp_right_chain            chain;
    const mp_right_principal *who = mp_rights_principal(rights, principal);
    if (who && who->is_active) {
        mp_rights_chain(&chain, rights, scope);
        for (unsigned i = 0; i < chain.count; i++)
            for (uint32_t k = 0; k < who->holder_count; k++)
                hold_at(&h, who->holders[k].principal, chain.at[i], now);
    }
    for (int is_data = 0; is_data <= 1; is_data++) {
        const mp_right_list *wanted = yes_list(role, is_data);
        h.is_data = is_data;
        for (size_t i = 0; i < wanted->count; i++)
            if (!takes_in(no_list(role, is_data), wanted->patterns[i].text) &&
                !covered(&h, wanted->patterns[i].text, TRIES)) {
                if (lacks)
                    *lacks = wanted->patterns[i].text;
                return false;
            }
    }
    return true;
}
