/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to what is asked: who is in which groups, which scopes there are and what they stand in, and of
 * each pair of principal and scope the assignments. Tables are open addressing, at most half full, probed one
 * by one; an entry is an index + 1. */
#include "rights.h"

#include <stdlib.h>

#define NONE UINT32_MAX

static uint64_t spread(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b * UINT64_C(0x9E3779B97F4A7C15))) * UINT64_C(0xD6E8FEB86659FD93);
    h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return h ^ h >> 32;
}

/* GUIDs may be chosen by who writes assignments: mp_hash is keyed. */
static uint64_t hash_guid(mp_guid_bits id)
{
    return mp_hash(mp_str_of((const char *)&id, sizeof id));
}

static size_t table_size(size_t entries)
{
    size_t wanted = 16;
    while (wanted < entries * 2 + 2)
        wanted *= 2;
    return wanted;
}

static bool make_table(uint32_t **table, size_t *size, size_t entries)
{
    size_t wanted = table_size(entries);
    free(*table);
    *table = calloc(wanted, sizeof **table);
    *size = wanted;
    return *table != NULL;
}

/* ---- tables by GUID ---- */

static uint32_t *guid_place(uint32_t *table, size_t size, const char *rows, size_t stride, mp_guid_bits id)
{
    size_t at = hash_guid(id) & (size - 1);
    while (table[at] && !mp_guid_same(*(const mp_guid_bits *)(rows + (table[at] - 1) * stride), id))
        at = (at + 1) & (size - 1);
    return &table[at];
}

/* All rows begin with their id. Of two rows of one id the first counts. */
#define GUID_PLACE(rights, name, id)                                                                                 \
    guid_place((rights)->name##_table, (rights)->name##_size, (const char *)(rights)->name##s,                       \
               sizeof *(rights)->name##s, (id))

#define FILL_GUID_TABLE(rights, name)                                    \
    for (size_t i_ = 0; i_ < (rights)->name##_count; i_++) {             \
        uint32_t *place_ = GUID_PLACE(rights, name, (rights)->name##s[i_].id); \
        if (!*place_)                                                    \
            *place_ = (uint32_t)i_ + 1;                                  \
    }

static uint32_t principal_of(const mp_rights *rights, mp_guid_bits id)
{
    return rights->principal_size ? *GUID_PLACE(rights, principal, id) - 1 : NONE; /* 0 - 1 is NONE */
}

const mp_right_principal *mp_rights_principal(const mp_rights *rights, mp_str id)
{
    mp_guid_bits bits;
    uint32_t     at = mp_guid_read(&bits, id) ? principal_of(rights, bits) : NONE;
    return at == NONE ? NULL : &rights->principals[at];
}

static uint32_t role_of(const mp_rights *rights, mp_guid_bits id)
{
    return rights->role_size ? *GUID_PLACE(rights, role, id) - 1 : NONE;
}

const mp_right_role *mp_rights_role(const mp_rights *rights, mp_str id)
{
    mp_guid_bits bits;
    uint32_t     at = mp_guid_read(&bits, id) ? role_of(rights, bits) : NONE;
    return at == NONE ? NULL : &rights->roles[at];
}

const mp_right_assignment *mp_rights_assignment(const mp_rights *rights, mp_guid_bits id)
{
    uint32_t at = rights->assignment_size ? *GUID_PLACE(rights, assignment, id) - 1 : NONE;
    return at == NONE ? NULL : &rights->assignments[at];
}

/* ---- scopes ---- */

static uint32_t *scope_place(const mp_rights *rights, mp_str folded)
{
    size_t at = mp_hash(folded) & (rights->scope_size - 1);
    while (rights->scope_table[at] && !mp_str_eq(rights->scopes[rights->scope_table[at] - 1].text, folded))
        at = (at + 1) & (rights->scope_size - 1);
    return &rights->scope_table[at];
}

uint32_t mp_rights_scope(const mp_rights *rights, mp_str folded)
{
    return rights->scope_size ? *scope_place(rights, folded) - 1 : NONE;
}

/* There is room: the arrays were made for all that can come. */
static uint32_t scope_made(mp_rights *rights, mp_str folded)
{
    uint32_t *place = scope_place(rights, folded);
    if (!*place) {
        rights->scopes[rights->scope_count++] = (mp_right_scope){ folded, NONE };
        *place = (uint32_t)rights->scope_count;
    }
    return *place - 1;
}

static bool index_scopes(mp_rights *rights)
{
    size_t most = rights->assignment_count + 3 * rights->place_count + 2;
    free(rights->scopes);
    rights->scopes = calloc(most, sizeof *rights->scopes);
    rights->scope_cap = most;
    rights->scope_count = 0;
    if (!rights->scopes || !make_table(&rights->scope_table, &rights->scope_size, most))
        return false;
    scope_made(rights, MP_S("/"));
    uint32_t tenant = rights->tenant_group.len ? scope_made(rights, rights->tenant_group) : NONE;
    for (size_t i = 0; i < rights->place_count; i++) {
        const mp_right_place *p = &rights->places[i];
        uint32_t              at = scope_made(rights, p->scope);
        uint32_t              parent = p->parent.len ? scope_made(rights, p->parent) : tenant;
        if (at != tenant && at != parent)
            rights->scopes[at].parent = parent;
    }
    for (size_t i = 0; i < rights->assignment_count; i++) {
        mp_right_assignment *a = &rights->assignments[i];
        size_t               before = rights->scope_count;
        a->scope_at = scope_made(rights, a->scope);
        a->scope = rights->scopes[a->scope_at].text;
        /* A subscription or group that nobody has named stands in the tenant's root group. */
        bool is_new = rights->scope_count > before;
        mp_scope scope;
        if (is_new && mp_scope_parse(&scope, a->scope) && a->scope_at != tenant &&
            (scope.kind == MP_SCOPE_SUBSCRIPTION || scope.kind == MP_SCOPE_MANAGEMENT_GROUP))
            rights->scopes[a->scope_at].parent = tenant;
    }
    return true;
}

/* ---- assignments by principal and scope ---- */

/* An entry is the upper half of the pair's hash, then index + 1. */
static uint64_t *pair_place(const mp_rights *rights, uint32_t principal, uint32_t scope, uint64_t hash)
{
    size_t   at = hash & (rights->pair_size - 1);
    uint64_t mark = hash & ~(uint64_t)UINT32_MAX;
    while (rights->pair_table[at]) {
        uint64_t entry = rights->pair_table[at];
        if ((entry & ~(uint64_t)UINT32_MAX) == mark) {
            const mp_right_assignment *a = &rights->assignments[(uint32_t)entry - 1];
            if (a->principal_at == principal && a->scope_at == scope)
                break;
        }
        at = (at + 1) & (rights->pair_size - 1);
    }
    return &rights->pair_table[at];
}

uint32_t mp_rights_first_here(const mp_rights *rights, uint32_t principal, uint32_t scope)
{
    return rights->pair_size ? (uint32_t)*pair_place(rights, principal, scope, spread(principal, scope)) - 1 : NONE;
}

static bool index_assignments(mp_rights *rights)
{
    free(rights->pair_table);
    rights->pair_size = table_size(rights->assignment_count);
    rights->pair_table = calloc(rights->pair_size, sizeof *rights->pair_table);
    if (!rights->pair_table ||
        !make_table(&rights->assignment_table, &rights->assignment_size, rights->assignment_count))
        return false;
    FILL_GUID_TABLE(rights, assignment);
    for (size_t i = 0; i < rights->principal_count; i++) {
        rights->principals[i].first = NONE;
        rights->principals[i].has_assignments = false;
        rights->principals[i].scopes = 0;
    }
    for (size_t i = 0; i < rights->assignment_count; i++) {
        mp_right_assignment *a = &rights->assignments[i];
        a->principal_at = principal_of(rights, a->principal);
        a->role_at = role_of(rights, a->role);
        a->next_here = a->next_of_principal = NONE;
        if (a->principal_at == NONE)
            continue; /* who is not there may nothing */
        mp_right_principal *p = &rights->principals[a->principal_at];
        uint64_t            hash = spread(a->principal_at, a->scope_at);
        uint64_t           *place = pair_place(rights, a->principal_at, a->scope_at, hash);
        p->has_assignments = true;
        p->scopes |= mp_right_scope_bit(a->scope_at);
        a->next_of_principal = p->first;
        a->next_here = (uint32_t)*place - 1; /* 0 - 1 is NONE */
        p->first = (uint32_t)i;
        *place = (hash & ~(uint64_t)UINT32_MAX) | ((uint32_t)i + 1);
    }
    return true;
}

/* ---- groups ---- */

/* parents[from[p], from[p + 1]) are the groups that list p. */
typedef struct lists {
    uint32_t *from, *parents;
} lists;

static void lists_free(lists *l)
{
    free(l->from);
    free(l->parents);
}

static bool lists_make(lists *l, const mp_rights *rights)
{
    size_t n = rights->principal_count;
    l->from = calloc(n + 2, sizeof *l->from);
    l->parents = calloc(rights->member_count + 1, sizeof *l->parents);
    if (!l->from || !l->parents)
        return false;
    for (size_t i = 0; i < rights->member_count; i++) {
        uint32_t member = principal_of(rights, rights->members[i].member);
        if (member != NONE && principal_of(rights, rights->members[i].group) != NONE)
            l->from[member + 2]++;
    }
    for (size_t i = 2; i < n + 2; i++)
        l->from[i] += l->from[i - 1];
    for (size_t i = 0; i < rights->member_count; i++) {
        uint32_t member = principal_of(rights, rights->members[i].member),
                 group = principal_of(rights, rights->members[i].group);
        if (member != NONE && group != NONE)
            l->parents[l->from[member + 1]++] = group;
    }
    return true;
}

static bool keep_groups(mp_rights *rights, mp_right_principal *p, uint32_t self, const uint32_t *groups, size_t count)
{
    uint32_t        *within = count ? MP_ARENA_ARRAY(&rights->arena, uint32_t, count) : NULL;
    mp_right_holder *holders = MP_ARENA_ARRAY(&rights->arena, mp_right_holder, count + 1);
    if (!holders || (count && !within))
        return false;
    p->within = within;
    p->within_count = (uint32_t)count;
    p->holders = holders;
    p->holder_count = 0;
    if (p->has_assignments)
        holders[p->holder_count++] = (mp_right_holder){ p->scopes, self };
    for (size_t i = 0; i < count; i++) {
        const mp_right_principal *group = &rights->principals[groups[i]];
        within[i] = groups[i];
        if (group->has_assignments)
            holders[p->holder_count++] = (mp_right_holder){ group->scopes, groups[i] };
    }
    return true;
}

/* Everything above one principal, nearest first; `seen` has a stamp for each group that was met for `stamp`. */
static bool gather(mp_rights *rights, const lists *l, uint32_t p, uint32_t *queue, uint32_t *seen, uint32_t stamp)
{
    size_t head = 0, tail = 0;
    for (uint32_t at = p, is_first = 1; is_first || head < tail; is_first = 0) {
        if (!is_first)
            at = queue[head++];
        for (uint32_t i = l->from[at]; i < l->from[at + 1]; i++) {
            uint32_t group = l->parents[i];
            if (group != p && seen[group] != stamp) {
                seen[group] = stamp;
                queue[tail++] = group;
            }
        }
    }
    return keep_groups(rights, &rights->principals[p], p, queue, tail);
}

static bool index_groups(mp_rights *rights)
{
    size_t    n = rights->principal_count;
    lists     l = { NULL, NULL };
    uint32_t *queue = calloc(n + 1, sizeof *queue), *seen = calloc(n + 1, sizeof *seen);
    bool      ok = queue && seen && lists_make(&l, rights);
    for (uint32_t p = 0; ok && p < n; p++)
        ok = gather(rights, &l, p, queue, seen, p + 1);
    lists_free(&l);
    free(queue);
    free(seen);
    return ok;
}

mp_code mp_rights_finish(mp_rights *rights, mp_error *err)
{
    bool ok = make_table(&rights->principal_table, &rights->principal_size, rights->principal_count) &&
              make_table(&rights->role_table, &rights->role_size, rights->role_count);
    if (ok) {
        FILL_GUID_TABLE(rights, principal);
        FILL_GUID_TABLE(rights, role);
        ok = index_scopes(rights) && index_assignments(rights) && index_groups(rights);
    }
    return ok ? MP_OK : mp_no_memory(err);
}
