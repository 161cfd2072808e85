/* SPDX-License-Identifier: Apache-2.0 */
#include "password.h"

#include "text.h"
#include "utf8.h"

enum {
    RUN = 4 /* as many characters of a kind are one too many */,
    NAME_MIN = 3 /* a shorter name occurs anywhere */
};

enum { LOWER = 1, UPPER = 2, DIGIT = 4, OTHER = 8 };

static unsigned class_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    return c >= '0' && c <= '9' ? DIGIT : OTHER;
}

static unsigned classes_in(mp_str s)
{
    unsigned seen = 0;
    for (size_t i = 0; i < s.len; i++)
        seen |= class_of(s.ptr[i]);
    return (unsigned)__builtin_popcount(seen);
}

static bool has_control(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7F)
            return true;
    return false;
}

/* RUN code points, each `step` after the one before; letters and digits only when step is not 0. */
static bool has_run(mp_str s, int step)
{
    uint32_t last = 0;
    unsigned run = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t cp;
        size_t   n = mp_utf8_decode(&cp, s.ptr + at, s.len - at);
        if (n == 0)
            return false;
        at += n;
        bool counts = step == 0 || (cp < 0x80 && class_of((char)cp) != OTHER);
        bool goes_on = run && counts && (int64_t)cp - (int64_t)last == step;
        run = goes_on ? run + 1 : counts;
        last = cp;
        if (run >= RUN)
            return true;
    }
    return false;
}

static bool holds_name(mp_str password, mp_str name)
{
    return name.len >= NAME_MIN && mp_str_find_fold(password, name) != SIZE_MAX;
}

static mp_code check_length(const mp_sign_in_limits *rules, mp_str password, mp_error *err)
{
    size_t   len = mp_utf8_length(password);
    unsigned classes = classes_in(password);
    if (password.len > MP_PASSWORD_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the password is over %d bytes", MP_PASSWORD_MAX);
    if ((len >= rules->password_min_length && classes >= rules->password_min_classes) ||
        (len >= rules->password_short_length && classes >= rules->password_short_classes))
        return MP_OK;
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                   "the password has %zu characters of %u kinds; wanted %u of %u kinds, or %u of %u kinds "
                   "(small letters, capitals, digits, others)",
                   len, classes, rules->password_min_length, rules->password_min_classes,
                   rules->password_short_length, rules->password_short_classes);
}

mp_code mp_password_rules(const mp_sign_in_limits *rules, mp_str password, mp_str user_name, mp_str email,
                          mp_error *err)
{
    if (!mp_utf8_valid(password) || has_control(password))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the password is no text, or holds control characters");
    MP_TRY(check_length(rules, password, err));
    size_t at = mp_str_find(email, '@');
    if (holds_name(password, user_name) ||
        holds_name(password, mp_str_of(email.ptr, at == SIZE_MAX ? email.len : at)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the password holds the user's name or e-mail address");
    if (has_run(password, 0) || has_run(password, 1) || has_run(password, -1))
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "the password holds %d equal or successive characters in a row, such as 1111, 1234 or dcba", RUN);
    bool is_known = mp_password_is_common(password);
    if (!is_known && rules->breached_file)
        MP_TRY(mp_password_in_file(&is_known, rules->breached_file, password, err));
    if (is_known)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the password is among those that are known and tried first; choose another one");
    return MP_OK;
}
