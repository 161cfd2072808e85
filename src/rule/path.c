/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

/* A path is parsed left to right into a fixed array of steps and then copied into the arena. A
 * member ends at '.', at '[' or at the end; brackets hold '*', a quoted name, or a bare name that
 * runs to the last ']' before the end or before a '.', since tag names may hold brackets' likes. */

struct parser {
    mp_str    text;
    size_t    at;
    mp_step   steps[MP_PATH_STEPS];
    uint32_t  count;
    mp_arena *arena;
    mp_error *err;
};

static mp_pos here(const struct parser *p)
{
    return (mp_pos){ 1, (uint32_t)p->at + 1 };
}

static mp_code push(struct parser *p, mp_str key)
{
    if (p->count == MP_PATH_STEPS)
        return mp_fail(p->err, MP_LIMIT, here(p), "a path has more than %d steps", MP_PATH_STEPS);
    p->steps[p->count++] = (mp_step){ key };
    return MP_OK;
}

/* member = { any character but '.' and '[' } */
static mp_code parse_member(struct parser *p)
{
    size_t start = p->at;
    while (p->at < p->text.len && p->text.ptr[p->at] != '.' && p->text.ptr[p->at] != '[')
        p->at++;
    if (p->at == start)
        return mp_fail(p->err, MP_SYNTAX, here(p), "a path wants a name here: \"%.*s\"",
                       MP_FMT(p->text));
    return push(p, mp_str_of(p->text.ptr + start, p->at - start));
}

/* quoted = "'" { any | "''" } "'" ; the opening quote is passed already */
static mp_code parse_quoted(struct parser *p)
{
    size_t start = p->at;
    bool   has_pair = false;
    for (; p->at < p->text.len; p->at++) {
        if (p->text.ptr[p->at] != '\'')
            continue;
        if (p->at + 1 < p->text.len && p->text.ptr[p->at + 1] == '\'') {
            has_pair = true;
            p->at++;
            continue;
        }
        break;
    }
    if (p->at >= p->text.len)
        return mp_fail(p->err, MP_SYNTAX, here(p), "a quoted name in a path does not end: \"%.*s\"",
                       MP_FMT(p->text));
    mp_str name = mp_str_of(p->text.ptr + start, p->at - start);
    p->at++;
    if (!has_pair)
        return push(p, name);
    char *out = mp_arena_alloc(p->arena, name.len + 1);
    if (!out)
        return mp_no_memory(p->err);
    size_t len = 0;
    for (size_t i = 0; i < name.len; i++) {
        out[len++] = name.ptr[i];
        if (name.ptr[i] == '\'')
            i++;
    }
    return push(p, mp_str_of(out, len));
}

/* A bare name in brackets runs to the last ']' that ends the path or stands before '.' or '['. */
static size_t bare_end(const struct parser *p)
{
    size_t end = SIZE_MAX;
    for (size_t i = p->at; i < p->text.len; i++) {
        if (p->text.ptr[i] != ']')
            continue;
        if (i + 1 == p->text.len || p->text.ptr[i + 1] == '.' || p->text.ptr[i + 1] == '[')
            return i;
        end = i;
    }
    return end;
}

/* bracket = "[" ( "*" | quoted | bare ) "]" ; the bracket is passed already */
static mp_code parse_bracket(struct parser *p)
{
    if (mp_str_starts(mp_str_skip(p->text, p->at), MP_S("*]"))) {
        p->at += 2;
        return push(p, mp_str_of(NULL, 0));
    }
    if (p->at < p->text.len && p->text.ptr[p->at] == '\'') {
        p->at++;
        MP_TRY(parse_quoted(p));
        if (p->at >= p->text.len || p->text.ptr[p->at] != ']')
            return mp_fail(p->err, MP_SYNTAX, here(p), "a path wants ']' here: \"%.*s\"",
                           MP_FMT(p->text));
        p->at++;
        return MP_OK;
    }
    size_t end = bare_end(p);
    if (end == SIZE_MAX || end == p->at)
        return mp_fail(p->err, MP_SYNTAX, here(p), "a path wants a name and ']' here: \"%.*s\"",
                       MP_FMT(p->text));
    MP_TRY(push(p, mp_str_of(p->text.ptr + p->at, end - p->at)));
    p->at = end + 1;
    return MP_OK;
}

/* path = member { "." member | bracket } | bracket { ... } */
mp_code mp_path_parse(mp_path *out, mp_str text, mp_arena *arena, mp_error *err)
{
    struct parser p = { .text = text, .arena = arena, .err = err };
    if (text.len == 0)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "a path is empty");
    if (text.ptr[0] != '[')
        MP_TRY(parse_member(&p));
    while (p.at < text.len) {
        char c = text.ptr[p.at++];
        MP_TRY(c == '[' ? parse_bracket(&p) : parse_member(&p));
    }
    mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, p.count);
    if (!steps)
        return mp_no_memory(err);
    memcpy(steps, p.steps, p.count * sizeof(mp_step));
    *out = (mp_path){ steps, p.count };
    return MP_OK;
}

static bool step_eq(const mp_step *a, const mp_step *b)
{
    if (mp_step_is_each(a) || mp_step_is_each(b))
        return mp_step_is_each(a) && mp_step_is_each(b);
    return mp_str_eq_fold(a->key, b->key);
}

bool mp_path_starts(mp_path path, mp_path prefix)
{
    if (path.count < prefix.count)
        return false;
    for (uint32_t i = 0; i < prefix.count; i++)
        if (!step_eq(&path.steps[i], &prefix.steps[i]))
            return false;
    return true;
}

bool mp_path_eq(mp_path a, mp_path b)
{
    return a.count == b.count && mp_path_starts(a, b);
}

uint32_t mp_path_eaches(mp_path path)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < path.count; i++)
        n += mp_step_is_each(&path.steps[i]);
    return n;
}

static bool is_plain(mp_str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (strchr(".[]' ", key.ptr[i]))
            return false;
    return key.len > 0;
}

/* Write one name in ['...'], quotes doubled. */
static size_t put_quoted(char *out, mp_str key)
{
    size_t len = 0;
    out[len++] = '[';
    out[len++] = '\'';
    for (size_t i = 0; i < key.len; i++) {
        out[len++] = key.ptr[i];
        if (key.ptr[i] == '\'')
            out[len++] = '\'';
    }
    out[len++] = '\'';
    out[len++] = ']';
    return len;
}

mp_str mp_path_text(mp_path path, mp_arena *arena)
{
    size_t most = 1;
    for (uint32_t i = 0; i < path.count; i++)
        most += 2 * path.steps[i].key.len + 5;
    char *out = mp_arena_alloc(arena, most);
    if (!out)
        return mp_str_of(NULL, 0);
    size_t len = 0;
    for (uint32_t i = 0; i < path.count; i++) {
        const mp_step *step = &path.steps[i];
        if (mp_step_is_each(step)) {
            memcpy(out + len, "[*]", 3);
            len += 3;
        } else if (is_plain(step->key)) {
            if (len)
                out[len++] = '.';
            memcpy(out + len, step->key.ptr, step->key.len);
            len += step->key.len;
        } else {
            len += put_quoted(out + len, step->key);
        }
    }
    return mp_str_of(out, len);
}
