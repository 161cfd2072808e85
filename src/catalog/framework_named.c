/* SPDX-License-Identifier: Apache-2.0 */
/* What people call a framework. An edition begins at the part of its id that is a year or a version: "csap-2025-02" is the edition 2025-02 of
 * "csap", "nist-csf-1.1" the edition 1.1 of "nist-csf". */
#include "frameworks.h"

#include <stdio.h>

static bool is_number(mp_str part)
{
    for (size_t i = 0; i < part.len; i++)
        if (part.ptr[i] < '0' || part.ptr[i] > '9')
            return false;
    return part.len > 0;
}

static bool is_edition(mp_str part)
{
    size_t dot = mp_str_find(part, '.');
    if (dot != SIZE_MAX)
        return is_number(mp_str_of(part.ptr, dot)) && is_number(mp_str_skip(part, dot + 1));
    return part.len == 4 && (part.ptr[0] == '1' || part.ptr[0] == '2') && is_number(part);
}

mp_str mp_framework_family(mp_str id)
{
    for (size_t at = 0; at < id.len; at++) {
        if (id.ptr[at] != '-')
            continue;
        mp_str rest = mp_str_skip(id, at + 1);
        size_t end = mp_str_find(rest, '-');
        if (at > 0 && is_edition(mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end)))
            return mp_str_of(id.ptr, at);
    }
    return id;
}

/* Of this edition or family: what is behind its name in `name`, without the sign between them. */
static bool is_called(mp_str *rest, mp_str called, mp_str name)
{
    if (name.len < called.len || !mp_str_eq_fold(mp_str_of(name.ptr, called.len), called))
        return false;
    *rest = mp_str_skip(name, called.len);
    if (rest->len && rest->ptr[0] != '-' && rest->ptr[0] != '/')
        return false;
    if (rest->len)
        *rest = mp_str_skip(*rest, 1);
    return true;
}

static bool scheme_of(const mp_scheme **out, const mp_framework *f, mp_str name)
{
    *out = NULL;
    if (!name.len)
        return true;
    for (size_t i = 0; i < f->scheme_count; i++)
        if (mp_str_eq_fold(f->schemes[i].id, name))
            *out = &f->schemes[i];
    return *out != NULL;
}

bool mp_framework_named(const mp_framework **framework, const mp_scheme **scheme, const mp_frameworks *all, mp_str name)
{
    *framework = NULL;
    *scheme = NULL;
    for (unsigned by_family = 0; by_family < 2 && !*framework; by_family++) /* an id goes before a family */
        for (size_t i = all->count; i-- > 0 && !*framework;) {              /* by id: the newest of a family stands last */
            const mp_framework *f = &all->of[i];
            mp_str              rest;
            if (is_called(&rest, by_family ? mp_framework_family(f->id) : f->id, name) && scheme_of(scheme, f, rest))
                *framework = f;
        }
    return *framework != NULL;
}

/* ---- names for who knows none ---- */

typedef struct names {
    char   text[300];
    size_t len;
} names;

static void put_name(names *out, mp_str name)
{
    const char *between = out->len ? ", " : "";
    int         len = snprintf(out->text + out->len, sizeof out->text - out->len, "%s%.*s", between, MP_FMT(name));
    if (len > 0 && (size_t)len < sizeof out->text - out->len)
        out->len += (size_t)len;
}

/* By id, so what is of one family stands together. */
static void put_families(names *out, const mp_frameworks *all)
{
    mp_str last = MP_S("");
    for (size_t i = 0; i < all->count; i++) {
        mp_str family = mp_framework_family(all->of[i].id);
        if (!all->of[i].is_own && !mp_str_eq(family, last))
            put_name(out, family);
        last = family;
    }
}

mp_code mp_framework_has(const mp_control **control, const mp_framework *framework, mp_code code, mp_str label, mp_error *err)
{
    *control = mp_framework_control(framework, label);
    return *control ? MP_OK
                    : mp_fail(err, code, MP_NOWHERE, "the framework '%.*s' has no control '%.*s'", MP_FMT(framework->id),
                              MP_FMT(label));
}

mp_code mp_framework_none(const mp_frameworks *all, mp_code code, mp_str name, mp_error *err)
{
    names  known = { .len = 0 };
    mp_str rest;
    for (unsigned by_family = 0; by_family < 2; by_family++)
        for (size_t i = all->count; i-- > 0;) {
            const mp_framework *f = &all->of[i];
            mp_str              called = by_family ? mp_framework_family(f->id) : f->id;
            if (f->is_own || !f->scheme_count || !is_called(&rest, called, name))
                continue;
            for (size_t s = 0; s < f->scheme_count; s++)
                put_name(&known, f->schemes[s].id);
            return mp_fail(err, code, MP_NOWHERE, "there is no framework '%.*s'; the schemes of %.*s are %.*s", MP_FMT(name),
                           MP_FMT(called), MP_FMT(mp_str_of(known.text, known.len)));
        }
    put_families(&known, all);
    return known.len ? mp_fail(err, code, MP_NOWHERE, "there is no framework '%.*s'; there are %.*s", MP_FMT(name),
                               MP_FMT(mp_str_of(known.text, known.len)))
                     : mp_fail(err, code, MP_NOWHERE, "there is no framework '%.*s'", MP_FMT(name));
}
