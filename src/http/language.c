/* SPDX-License-Identifier: Apache-2.0 */
#include "language.h"

/* ";q=0.8" in thousandths; 1000 without one, 0 for what is no weight. */
static unsigned weight_of(mp_str range)
{
    size_t at = mp_str_find_fold(range, MP_S("q="));
    if (at == SIZE_MAX)
        return 1000;
    unsigned value = 0, unit = 1000;
    for (mp_str s = mp_str_skip(range, at + 2); s.len; s = mp_str_skip(s, 1)) {
        if (s.ptr[0] == '.' && unit == 1000) {
            unit = 100;
        } else if (s.ptr[0] >= '0' && s.ptr[0] <= '9') {
            value += (unsigned)(s.ptr[0] - '0') * unit;
            unit = unit == 1000 ? 1000 : unit / 10;
        } else {
            break;
        }
        if (value >= 1000)
            return 1000;
    }
    return value;
}

mp_lang mp_language_of(mp_str accept)
{
    mp_lang  best = MP_LANG_EN;
    unsigned best_weight = 0;
    while (accept.len) {
        size_t comma = mp_str_find(accept, ',');
        mp_str range = mp_str_trim(mp_str_of(accept.ptr, comma == SIZE_MAX ? accept.len : comma));
        size_t semicolon = mp_str_find(range, ';');
        mp_str name = mp_str_trim(mp_str_of(range.ptr, semicolon == SIZE_MAX ? range.len : semicolon));
        size_t dash = mp_str_find(name, '-');
        char   small[3] = { 0 };
        if (dash != SIZE_MAX)
            name.len = dash;
        for (size_t i = 0; i < name.len && name.len == 2; i++)
            small[i] = (char)(name.ptr[i] | 0x20);
        mp_lang  lang = mp_lang_find(mp_str_from(small));
        unsigned weight = semicolon == SIZE_MAX ? 1000 : weight_of(mp_str_skip(range, semicolon + 1));
        if (lang != MP_LANG_COUNT && weight > best_weight) {
            best = lang;
            best_weight = weight;
        }
        accept = comma == SIZE_MAX ? MP_S("") : mp_str_skip(accept, comma + 1);
    }
    return best;
}
