/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes and patterns of actions, one a line. A scope that is read is printed and read to itself, stands in itself
 * and in each of its levels, and in no other scope that it does not begin with. What one pattern takes in of another,
 * it matches. */
#include <stdio.h>
#include <stdlib.h>

#include "action_pattern.h"
#include "fuzz.h"
#include "scope.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

static void try_scope(mp_str text)
{
    static mp_scope scope, again, level; /* large; one thread */
    mp_arena        arena = MP_ARENA_INIT;
    mp_str          tidy = mp_scope_tidy(&arena, text);
    if (!mp_scope_parse(&scope, text)) {
        MUST(tidy.ptr == NULL);
        return;
    }
    MUST(tidy.ptr && mp_str_eq_fold(tidy, mp_scope_str(&scope)));
    MUST(mp_scope_parse(&again, mp_scope_str(&scope)) && mp_str_eq(mp_scope_str(&again), mp_scope_str(&scope)));
    MUST(again.kind == scope.kind && again.levels == scope.levels && mp_scope_within(&scope, &again));
    MUST((scope.kind == MP_SCOPE_ROOT) == (scope.levels == 0));
    for (unsigned i = 0; i < scope.levels; i++) {
        MUST(mp_scope_parse(&level, mp_str_of(scope.text, scope.ends[i])));
        MUST(level.levels == i + 1 && mp_scope_within(&scope, &level));
        MUST(i + 1 == scope.levels || !mp_scope_within(&level, &scope));
    }
    mp_arena_free(&arena);
}

static void try_patterns(mp_str a, mp_str b, mp_str action)
{
    char   a_text[MP_ACTION_MAX], b_text[MP_ACTION_MAX], text[MP_ACTION_MAX];
    mp_str fa, fb, folded;
    if (!mp_action_is_pattern(a) || !mp_action_is_pattern(b) || !mp_action_fold(&folded, text, action))
        return;
    MUST(mp_action_fold(&fa, a_text, a) && mp_action_fold(&fb, b_text, b));
    mp_action_pattern pa = mp_action_compile(fa), pb = mp_action_compile(fb);
    bool in_a = mp_action_matches(&pa, folded), in_b = mp_action_matches(&pb, folded), meets = mp_action_meets(fa, fb);
    MUST(mp_action_within(fa, fa) && mp_action_meets(fa, fa) && meets == mp_action_meets(fb, fa));
    MUST(!mp_action_within(fa, fb) || meets);
    if (in_a && mp_action_within(fa, fb))
        MUST(in_b);
    if (in_a && in_b)
        MUST(meets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str rest = mp_str_of((const char *)data, size), lines[3] = { { NULL, 0 } };
    for (int i = 0; i < 3; i++) {
        size_t end = mp_str_find(rest, '\n');
        lines[i] = mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end);
        rest = mp_str_skip(rest, lines[i].len + 1);
        try_scope(lines[i]);
    }
    try_patterns(lines[0], lines[1], lines[2]);
    return 0;
}
