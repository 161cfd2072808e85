/* SPDX-License-Identifier: Apache-2.0 */
#include "ground.h"

/* What a state of a verdict counts as. Unknown is no pass here: it costs score, as all that is not known does.
 */
static const mp_counted counted_as[MP_STATE_COUNT] = {
    [MP_STATE_NON_COMPLIANT] = MP_COUNT_NON_COMPLIANT,
    [MP_STATE_COMPLIANT] = MP_COUNT_COMPLIANT,
    [MP_STATE_ERROR] = MP_COUNT_ERROR,
    [MP_STATE_CONFLICTING] = MP_COUNT_ERROR,
    [MP_STATE_PROTECTED] = MP_COUNT_NOT_EVALUATED,
    [MP_STATE_EXEMPT] = MP_COUNT_EXEMPT,
    [MP_STATE_UNKNOWN] = MP_COUNT_NOT_EVALUATED,
    [MP_STATE_NOT_EVALUATED] = MP_COUNT_NOT_EVALUATED,
    [MP_STATE_NOT_APPLICABLE] = MP_COUNTED, /* leaves no verdict */
};

static mp_code find_policy(mp_ground_policy **out, mp_ground *g, mp_str definition, mp_arena *arena,
                           mp_error *err)
{
    mp_str name = mp_str_skip(definition, mp_str_rfind(definition, '/') + 1); /* none: SIZE_MAX + 1 is 0 */
    *out = mp_map_get(&g->policies, name);
    if (*out)
        return MP_OK;
    if (!(*out = MP_ARENA_NEW(arena, mp_ground_policy)))
        return mp_no_memory(err);
    **out = (mp_ground_policy){ .name = name, .definition = definition };
    return mp_map_put(&g->policies, name, *out, err);
}

static mp_code add_to_group(mp_ground *g, mp_str name, mp_ground_policy *policy, mp_arena *arena, mp_error *err)
{
    mp_ground_group *group = mp_map_get(&g->groups, name);
    if (!group) {
        if (!(group = MP_ARENA_NEW(arena, mp_ground_group)))
            return mp_no_memory(err);
        MP_TRY(mp_map_put(&g->groups, name, group, err));
    }
    for (size_t i = 0; i < group->count; i++)
        if (group->policies[i] == policy)
            return MP_OK;
    if (group->count == group->cap) {
        size_t wanted = group->cap ? group->cap * 2 : 4;
        mp_ground_policy **grown = MP_ARENA_ARRAY(arena, mp_ground_policy *, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (group->count)
            memcpy(grown, group->policies, group->count * sizeof *grown);
        group->policies = grown;
        group->cap = wanted;
    }
    group->policies[group->count++] = policy;
    return MP_OK;
}

static mp_code add_assignment(mp_ground_policy *policy, mp_str key, mp_arena *arena, mp_error *err)
{
    for (size_t i = 0; i < policy->assignment_count; i++)
        if (mp_str_eq(policy->assignments[i], key))
            return MP_OK;
    if (policy->assignment_count == policy->assignment_cap) {
        size_t wanted = policy->assignment_cap ? policy->assignment_cap * 2 : 2;
        mp_str *grown = MP_ARENA_ARRAY(arena, mp_str, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (policy->assignment_count)
            memcpy(grown, policy->assignments, policy->assignment_count * sizeof *grown);
        policy->assignments = grown;
        policy->assignment_cap = wanted;
    }
    ((mp_str *)policy->assignments)[policy->assignment_count++] = key;
    return MP_OK;
}

static mp_code add_check(mp_ground *g, const mp_check_count *check, mp_arena *arena, mp_error *err)
{
    mp_ground_policy *policy;
    MP_TRY(find_policy(&policy, g, check->definition, arena, err));
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        if (counted_as[i] < MP_COUNTED)
            policy->counts[counted_as[i]] += check->states[i];
    if (!check->is_here)
        return MP_OK;
    policy->is_assigned = true;
    MP_TRY(add_assignment(policy, check->assignment, arena, err));
    for (mp_str left = mp_str_skip(check->controls, check->controls.len ? 1 : 0); left.len;) {
        size_t end = mp_str_find(left, '\n');
        mp_str name = mp_str_of(left.ptr, end == SIZE_MAX ? left.len : end);
        MP_TRY(add_to_group(g, name, policy, arena, err));
        left = mp_str_skip(left, name.len + 1);
    }
    return MP_OK;
}

mp_code mp_ground_read(mp_ground *out, mp_tx *tx, const mp_str *scopes, size_t scope_count, mp_ticks as_of,
                       mp_arena *arena, mp_error *err)
{
    mp_check_count *checks;
    size_t count;
    *out = (mp_ground){ .policies = MP_MAP_INIT_FOLD, .groups = MP_MAP_INIT_FOLD, .as_of = as_of };
    MP_TRY(mp_verdicts_count(&checks, &count, tx, scopes, scope_count, as_of, arena, err));
    for (size_t i = 0; i < count; i++)
        MP_TRY(add_check(out, &checks[i], arena, err));
    return MP_OK;
}

void mp_ground_done(mp_ground *ground)
{
    mp_map_free(&ground->policies);
    mp_map_free(&ground->groups);
}
