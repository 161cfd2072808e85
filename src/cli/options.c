/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>

#include "text.h"

/* How an argument was written, for messages: "--format" or "-f". */
typedef struct spelling {
    char text[72];
} spelling;

static spelling spell(const mp_option *o, bool is_short)
{
    spelling s;
    if (!o->name)
        snprintf(s.text, sizeof s.text, "%s", o->value);
    else if (is_short)
        snprintf(s.text, sizeof s.text, "-%c", o->letter);
    else
        snprintf(s.text, sizeof s.text, "--%s", o->name);
    return s;
}

/* ---- values ---- */

static size_t count_choices(const mp_option *o)
{
    size_t n = 0;
    while (o->choices[n])
        n++;
    return n;
}

/* "table, json or csv" */
static const char *list_choices(const mp_option *o, mp_arena *arena)
{
    mp_str all = MP_S("");
    size_t count = count_choices(o);
    for (size_t i = 0; i < count; i++)
        all = mp_arena_printf(arena, "%.*s%s%s", MP_FMT(all), i ? ", " : "", o->choices[i]);
    return all.ptr ? all.ptr : "";
}

static mp_code find_choice(int *out, const mp_option *o, const spelling *as, mp_str text,
                           mp_arena *arena, mp_error *err)
{
    size_t count = count_choices(o);
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq_fold(mp_str_from(o->choices[i]), text)) {
            *out = (int)i;
            return MP_OK;
        }
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "%s wants one of %s, not \"%.*s\"", as->text,
                   list_choices(o, arena), MP_FMT(text));
}

/* choices = choice {"," choice} */
static mp_code read_choices(uint32_t *bits, const mp_option *o, const spelling *as, mp_str text,
                            mp_arena *arena, mp_error *err)
{
    for (size_t comma = 0; comma != SIZE_MAX;) {
        int at;
        comma = mp_str_find(text, ',');
        MP_TRY(find_choice(&at, o, as, mp_str_trim(mp_str_of(text.ptr, comma < text.len ? comma : text.len)),
                           arena, err));
        *bits |= UINT32_C(1) << at;
        text = comma == SIZE_MAX ? text : mp_str_skip(text, comma + 1);
    }
    return MP_OK;
}

static mp_code read_number(int64_t *out, const mp_option *o, const spelling *as, mp_str text,
                           mp_error *err)
{
    int64_t number = 0;
    bool    is_number = text.len > 0;
    for (size_t i = 0; i < text.len && is_number; i++)
        is_number = text.ptr[i] >= '0' && text.ptr[i] <= '9' &&
                    !__builtin_mul_overflow(number, 10, &number) &&
                    !__builtin_add_overflow(number, text.ptr[i] - '0', &number);
    if (!is_number || number < o->min || number > o->max)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "%s wants a whole number from %jd to %jd, not \"%.*s\"",
                       as->text, (intmax_t)o->min, (intmax_t)o->max, MP_FMT(text));
    *out = number;
    return MP_OK;
}

static mp_code read_time(mp_when *out, const spelling *as, mp_str text, mp_error *err)
{
    if (!mp_clock_parse(&out->at, text))
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "%s wants a date or time such as 2026-01-31T09:00:00Z, not \"%.*s\"", as->text,
                       MP_FMT(text));
    out->is_given = true;
    return MP_OK;
}

/* Room grows by doubling: it is there while the count is no power of two. */
static mp_code append(mp_list *list, const char *text, mp_arena *arena, mp_error *err)
{
    if ((list->count & (list->count - 1)) == 0) {
        const char **grown = MP_ARENA_ARRAY(arena, const char *, list->count ? list->count * 2 : 1);
        if (!grown)
            return mp_no_memory(err);
        if (list->count)
            memcpy(grown, list->items, list->count * sizeof *grown);
        list->items = grown;
    }
    list->items[list->count++] = text;
    return MP_OK;
}

static mp_code store(const mp_option *o, const spelling *as, void *args, const char *text,
                     mp_arena *arena, mp_error *err)
{
    void *field = (char *)args + o->at;
    switch (o->kind) {
    case MP_OPTION_FLAG:
        *(bool *)field = true;
        return MP_OK;
    case MP_OPTION_TEXT:
        if (o->name && o->choices)
            MP_TRY(find_choice(&(int){ 0 }, o, as, mp_str_from(text), arena, err));
        *(const char **)field = text;
        return MP_OK;
    case MP_OPTION_LIST:
        return append(field, text, arena, err);
    case MP_OPTION_CHOICE:
        return find_choice(field, o, as, mp_str_from(text), arena, err);
    case MP_OPTION_CHOICES:
        return read_choices(field, o, as, mp_str_from(text), arena, err);
    case MP_OPTION_NUMBER:
        return read_number(field, o, as, mp_str_from(text), err);
    case MP_OPTION_TIME:
        return read_time(field, as, mp_str_from(text), err);
    case MP_OPTION_NONE:
        break;
    }
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "option %s has no field", as->text);
}

mp_code mp_options_default(const mp_option_set *set, mp_arena *arena, mp_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const mp_option *o = &set->options[i];
        spelling         as = spell(o, false);
        if (o->fallback && o->kind != MP_OPTION_CHOICES &&
            store(o, &as, set->args, o->fallback, arena, NULL) != MP_OK)
            return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "option %s has a wrong default \"%s\"",
                           as.text, o->fallback);
    }
    return MP_OK;
}

/* ---- the command line ---- */

typedef struct reader {
    const mp_option_set *sets;
    size_t               set_count;
    const char *const   *argv;
    size_t               argc, next;
    mp_arena            *arena;
    mp_error            *err;
} reader;

static const mp_option *find_long(const reader *r, mp_str name, void **args)
{
    for (size_t s = 0; s < r->set_count; s++)
        for (size_t i = 0; i < r->sets[s].count; i++)
            if (mp_str_eq(mp_str_from(r->sets[s].options[i].name), name)) {
                *args = r->sets[s].args;
                return &r->sets[s].options[i];
            }
    return NULL;
}

static const mp_option *find_short(const reader *r, char letter, void **args)
{
    for (size_t s = 0; s < r->set_count; s++)
        for (size_t i = 0; i < r->sets[s].count; i++)
            if (letter && r->sets[s].options[i].letter == letter) {
                *args = r->sets[s].args;
                return &r->sets[s].options[i];
            }
    return NULL;
}

static mp_code unknown_option(const reader *r, mp_str name)
{
    mp_str nearest = MP_S("");
    size_t count = 0, n = 0;
    for (size_t s = 0; s < r->set_count; s++)
        count += r->sets[s].count;
    mp_str *names = MP_ARENA_ARRAY(r->arena, mp_str, count);
    for (size_t s = 0; names && s < r->set_count; s++)
        for (size_t i = 0; i < r->sets[s].count; i++)
            if (!r->sets[s].options[i].is_hidden)
                names[n++] = mp_str_from(r->sets[s].options[i].name);
    if (names)
        nearest = mp_text_nearest(name, names, n);
    if (nearest.len)
        return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "unknown option --%.*s; did you mean --%.*s?",
                       MP_FMT(name), MP_FMT(nearest));
    return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "unknown option --%.*s", MP_FMT(name));
}

/* Store the option's value: `attached` when it came with the option, else the next argument. */
static mp_code take_value(reader *r, const mp_option *o, const spelling *as, void *args,
                          const char *attached)
{
    const char *text = attached;
    if (!text && r->next < r->argc)
        text = r->argv[r->next++];
    if (!text)
        return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "%s wants a value", as->text);
    if (!text[0] && o->value && strcmp(o->value, "ID") == 0) /* a variable of a script that is not set */
        return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "%s wants an id, and is empty", as->text);
    return store(o, as, args, text, r->arena, r->err);
}

/* "--name", "--name=value" */
static mp_code read_long(reader *r, const char *argument)
{
    mp_str      text = mp_str_from(argument + 2);
    size_t      equals = mp_str_find(text, '=');
    mp_str      name = equals == SIZE_MAX ? text : mp_str_of(text.ptr, equals);
    const char *attached = equals == SIZE_MAX ? NULL : text.ptr + equals + 1;
    void       *args = NULL;

    const mp_option *o = find_long(r, name, &args);
    if (!o)
        return unknown_option(r, name);
    spelling as = spell(o, false);
    if (o->kind != MP_OPTION_FLAG)
        return take_value(r, o, &as, args, attached);
    if (attached)
        return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "%s takes no value, but is given \"%s\"", as.text,
                       attached);
    return store(o, &as, args, NULL, r->arena, r->err);
}

/* "-q", "-qj4", "-o FILE" */
static mp_code read_short(reader *r, const char *argument)
{
    for (const char *p = argument + 1; *p; p++) {
        void            *args = NULL;
        const mp_option *o = find_short(r, *p, &args);
        if (!o)
            return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "unknown option -%s", p);
        spelling as = spell(o, true);
        if (o->kind != MP_OPTION_FLAG)
            return take_value(r, o, &as, args, p[1] ? p + 1 : NULL);
        MP_TRY(store(o, &as, args, NULL, r->arena, r->err));
    }
    return MP_OK;
}

static mp_code take_operand(reader *r, const mp_option *operand, const char *text)
{
    spelling as = spell(operand, false);
    void    *args = r->sets[0].args;
    if (operand->kind == MP_OPTION_TEXT && *(const char **)(void *)((char *)args + operand->at))
        return mp_fail(r->err, MP_USAGE, MP_NOWHERE, "one %s is enough: \"%s\" is one too many", as.text,
                       text);
    return store(operand, &as, args, text, r->arena, r->err);
}

mp_code mp_options_read(const mp_option_set *sets, size_t set_count, const mp_option *operand,
                        const char *const *argv, size_t argc, size_t *next, mp_arena *arena,
                        mp_error *err)
{
    reader r = { sets, set_count, argv, argc, *next, arena, err };
    bool   ended = false;
    while (r.next < argc) {
        const char *argument = argv[r.next];
        bool        is_option = !ended && argument[0] == '-' && argument[1] != '\0';
        if (!is_option && !operand)
            break;
        r.next++;
        if (!is_option)
            MP_TRY(take_operand(&r, operand, argument));
        else if (strcmp(argument, "--") == 0)
            ended = true;
        else if (argument[1] == '-')
            MP_TRY(read_long(&r, argument));
        else
            MP_TRY(read_short(&r, argument));
    }
    *next = r.next;
    return MP_OK;
}

/* ---- what must be there ---- */

static size_t count_given(const mp_option *o, const void *args)
{
    const void *field = (const char *)args + o->at;
    switch (o->kind) {
    case MP_OPTION_TEXT:
        return *(const char *const *)field != NULL;
    case MP_OPTION_LIST:
        return ((const mp_list *)field)->count;
    case MP_OPTION_TIME:
        return ((const mp_when *)field)->is_given;
    default:
        return 1;
    }
}

mp_code mp_options_check(const mp_option_set *set, const mp_option *operand, mp_error *err)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->options[i].is_required && count_given(&set->options[i], set->args) == 0)
            return mp_fail(err, MP_USAGE, MP_NOWHERE, "--%s %s is missing", set->options[i].name,
                           set->options[i].value);
    if (operand && (int64_t)count_given(operand, set->args) < operand->min)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "%s is missing", operand->value);
    if (operand && operand->kind == MP_OPTION_LIST && operand->max &&
        (int64_t)count_given(operand, set->args) > operand->max)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "%s is enough: \"%s\" is one too many", operand->value,
                       ((const mp_list *)(const void *)((const char *)set->args + operand->at))->items[operand->max]);
    return MP_OK;
}
