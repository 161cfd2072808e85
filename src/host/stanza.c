/* SPDX-License-Identifier: Apache-2.0 */
#include "stanza.h"

static void take(char into[MP_STANZA_TEXT], mp_str value)
{
    value = mp_str_trim(value);
    if (value.len >= MP_STANZA_TEXT)
        value.len = 0;
    if (value.len)
        memcpy(into, value.ptr, value.len);
    into[value.len] = '\0';
}

void mp_stanza_clear(mp_stanza *s)
{
    s->package[0] = s->version[0] = s->architecture[0] = s->status[0] = '\0';
    s->has_any = false;
}

bool mp_stanza_take(mp_stanza *s, mp_str line)
{
    static const struct {
        mp_str name;
        size_t at;
    } fields[] = {
        { MP_S_INIT("package"), offsetof(mp_stanza, package) },
        { MP_S_INIT("version"), offsetof(mp_stanza, version) },
        { MP_S_INIT("architecture"), offsetof(mp_stanza, architecture) },
        { MP_S_INIT("status"), offsetof(mp_stanza, status) },
    };
    if (!line.len)
        return s->has_any;
    s->has_any = true;
    size_t colon = mp_str_find(line, ':');
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t' || colon == SIZE_MAX || colon > 12)
        return false;
    for (size_t i = 0; i < MP_COUNT(fields); i++)
        if (mp_str_eq_fold(mp_str_of(line.ptr, colon), fields[i].name))
            take((char *)s + fields[i].at, mp_str_skip(line, colon + 1));
    return false;
}

bool mp_stanza_is_installed(const mp_stanza *s)
{
    return s->package[0] && s->version[0] && mp_str_ends(mp_str_from(s->status), MP_S(" installed"));
}
