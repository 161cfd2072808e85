/* SPDX-License-Identifier: Apache-2.0 */
#include "ast.h"

#include "text.h"

const mp_effect_info mp_effects[MP_EFFECT_COUNT] = {
#define MP_EFFECT(name, text, order, related, provider) { MP_S_INIT(text), order, related, provider },
#include "effects.def"
#undef MP_EFFECT
};

mp_effect mp_effect_find(mp_str name)
{
    for (size_t i = 0; i < MP_EFFECT_COUNT; i++)
        if (mp_str_eq_fold(mp_effects[i].text, name))
            return (mp_effect)i;
    return MP_EFFECT_COUNT;
}

mp_str mp_effect_nearest(mp_str name)
{
    mp_str names[MP_EFFECT_COUNT];
    for (size_t i = 0; i < MP_EFFECT_COUNT; i++)
        names[i] = mp_effects[i].text;
    return mp_text_nearest(name, names, MP_EFFECT_COUNT);
}
