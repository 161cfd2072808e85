/* SPDX-License-Identifier: Apache-2.0 */
#include "refusal.h"

mp_code mp_violations_of(const mp_json **out, mp_enforcer *enforcer, const mp_enforcement *done, bool audits,
                         mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    bool     has_some = false;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < done->act_count; i++) {
        const mp_json *violation;
        const mp_act  *act = &done->acts[i];
        if (audits ? act->kind != MP_ACT_AUDITED : !act->refuses)
            continue;
        MP_TRY(mp_enforcement_violation(&violation, enforcer, act, arena, err));
        mp_jsonw_value(&w, violation);
        has_some = true;
    }
    mp_jsonw_end(&w);
    const mp_json *list = mp_jsonw_done(&w);
    *out = has_some && list ? mp_arena_dup_json(arena, list) : NULL; /* texts of the enforcer go with its next call */
    return !has_some || *out ? MP_OK : mp_no_memory(err);
}
