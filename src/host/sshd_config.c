/* SPDX-License-Identifier: Apache-2.0 */
#include "sshd.h"

#include "words_of.h"

bool mp_sshd_is_list(mp_str name)
{
    static const mp_str lists[] = { MP_S_INIT("port"), MP_S_INIT("listenaddress"), MP_S_INIT("hostkey"), MP_S_INIT("hostcertificate"),
                                    MP_S_INIT("allowusers"), MP_S_INIT("allowgroups"), MP_S_INIT("denyusers"),
                                    MP_S_INIT("denygroups"), MP_S_INIT("acceptenv"), MP_S_INIT("subsystem"), MP_S_INIT("setenv") };
    for (size_t i = 0; i < MP_COUNT(lists); i++)
        if (mp_str_eq(name, lists[i]))
            return true;
    return false;
}

/* Lists whose words on one line are entries of their own. */
static bool is_word_list(mp_str name)
{
    return mp_sshd_is_list(name) && !mp_str_eq(name, MP_S("subsystem")) && !mp_str_eq(name, MP_S("setenv")) &&
           !mp_str_eq(name, MP_S("listenaddress"));
}

static mp_str lower(mp_arena *arena, mp_str s)
{
    mp_str copy = mp_arena_dup(arena, s);
    char  *p = (char *)(uintptr_t)copy.ptr;
    for (size_t i = 0; p && i < copy.len; i++)
        p[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
    return copy;
}

static bool is_known(const mp_sshd_settings *s, mp_str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (mp_str_eq(s->items[i].match, s->match) && mp_str_eq(s->items[i].name, name))
            return true;
    return false;
}

static mp_code add(mp_sshd_settings *s, mp_str name, mp_str value, mp_error *err)
{
    if (s->count == MP_SSHD_SETTINGS) {
        s->is_cut = true;
        return MP_OK;
    }
    if (s->count == s->cap) {
        mp_sshd_setting *grown = MP_ARENA_ARRAY(s->arena, mp_sshd_setting, s->cap * 2 + 64);
        if (!grown)
            return mp_no_memory(err);
        if (s->count)
            memcpy(grown, s->items, s->count * sizeof *grown);
        s->items = grown;
        s->cap = s->cap * 2 + 64;
    }
    s->items[s->count++] = (mp_sshd_setting){ .name = name, .value = value, .match = s->match };
    return MP_OK;
}

/* "1h30m", "90" in seconds; {NULL,0}: it is no time, or memory is short. */
static mp_str seconds_of(mp_arena *arena, mp_str text)
{
    static const struct {
        char    unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
    int64_t sum = 0;
    for (size_t at = 0; at < text.len;) {
        size_t  end = at;
        int64_t n, each = 1;
        while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
            end++;
        if (end - at > 9 || !mp_number_of(&n, mp_str_of(text.ptr + at, end - at), 10))
            return mp_str_of(NULL, 0);
        if (end < text.len) {
            size_t u = 0;
            while (u < MP_COUNT(units) && units[u].unit != (text.ptr[end] | 0x20))
                u++;
            if (u == MP_COUNT(units))
                return mp_str_of(NULL, 0);
            each = units[u].seconds;
            end++;
        }
        sum += n * each;
        at = end;
    }
    return text.len ? mp_arena_printf(arena, "%lld", (long long)sum) : mp_str_of(NULL, 0);
}

/* Names and values that `sshd -T` prints otherwise than they are written. */
static void spell_as_sshd(mp_sshd_settings *s, mp_str *name, mp_str *value)
{
    if (mp_str_eq(*name, MP_S("challengeresponseauthentication")) || mp_str_eq(*name, MP_S("skeyauthentication")))
        *name = MP_S("kbdinteractiveauthentication");
    if (mp_str_eq(*name, MP_S("permitrootlogin")) && mp_str_eq_fold(*value, MP_S("prohibit-password")))
        *value = MP_S("without-password");
    if (mp_str_eq(*name, MP_S("clientaliveinterval")) || mp_str_eq(*name, MP_S("logingracetime"))) {
        mp_str seconds = seconds_of(s->arena, *value);
        *value = seconds.ptr ? seconds : *value;
    }
}

static mp_code add_setting(mp_sshd_settings *s, mp_str name, mp_str value, mp_error *err)
{
    spell_as_sshd(s, &name, &value);
    if (!mp_sshd_is_list(name))
        return is_known(s, name) ? MP_OK : add(s, name, value, err);
    if (!is_word_list(name))
        return add(s, name, value, err);
    mp_str word;
    while ((word = mp_word_next(&value)).len)
        MP_TRY(add(s, name, mp_unquoted(word), err));
    return MP_OK;
}

static mp_code include(mp_sshd_settings *s, mp_str patterns, size_t depth, mp_error *err)
{
    mp_str pattern;
    while ((pattern = mp_unquoted(mp_word_next(&patterns))).len && s->open) {
        bool more = true;
        for (size_t i = 0; more; i++) {
            mp_str text;
            if (depth + 1 >= MP_SSHD_DEPTH || s->files >= MP_SSHD_FILES) {
                s->is_cut = true;
                return MP_OK;
            }
            MP_TRY(s->open(s->ctx, &text, &more, pattern, i, err));
            if (!more)
                break;
            s->files++;
            /* a Match of the file ends with it */
            mp_str match = s->match;
            MP_TRY(mp_sshd_parse(s, text, depth + 1, err));
            s->match = match;
        }
    }
    return MP_OK;
}

mp_code mp_sshd_parse(mp_sshd_settings *s, mp_str text, size_t depth, mp_error *err)
{
    mp_str line, name, value;
    while (mp_line_next(&line, &text) && !s->is_cut) {
        if (!mp_setting_of(&name, &value, line))
            continue;
        name = lower(s->arena, name);
        if (!name.ptr)
            return mp_no_memory(err);
        if (mp_str_eq(name, MP_S("include"))) {
            MP_TRY(include(s, value, depth, err));
        } else if (mp_str_eq(name, MP_S("match"))) {
            s->match = mp_str_eq_fold(value, MP_S("all")) ? MP_S("") : value;
        } else {
            MP_TRY(add_setting(s, name, value, err));
        }
    }
    return MP_OK;
}
