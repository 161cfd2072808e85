/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation walks the expressions as the parser of policies left them. What must be known is asked for with
 * tpl_eval_text() and its sisters; anything else may be unknown in a preview: a marker, the text of the expression
 * behind a prefix that no template holds, which is passed on where it can be and makes everything that must look
 * at it unknown too. */
#include "template_internal.h"

#include <inttypes.h>

#include "definition.h"
#include "functions.h"
#include "text.h"

#define EVAL_DEPTH 320 /* expressions within expressions, through variables and user functions too */
#define SHOWN_NAMES 160 /* bytes of a list of names in a message */

static const char marker_prefix[] = "\0not known before the deployment\0";
#define MARKER mp_str_of(marker_prefix, sizeof marker_prefix - 1)

/* ---- limits and places ---- */

eval tpl_eval_begin(mp_deployment *d, unit *u, frame *f, source *s, place where)
{
    return (eval){ .d = d, .frame = f, .source = s, .arena = &d->step, .place = where, .unit = u };
}

mp_code tpl_out_of_memory(const mp_deployment *d, mp_error *err)
{
    if (d->arena.is_over || d->step.is_over)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the deployment takes more than %d MiB of memory", MP_DEPLOYMENT_MIB);
    return mp_no_memory(err);
}

mp_code tpl_take_steps(mp_deployment *d, size_t count, mp_error *err)
{
    d->steps -= count > d->context.steps ? (int64_t)d->context.steps + 1 : (int64_t)count;
    if (d->steps < 0)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the deployment takes more than %u steps", d->context.steps);
    return MP_OK;
}

/* `s` cut to at most `most` bytes of whole characters. */
static mp_str clipped(mp_str s, size_t most)
{
    if (s.len <= most)
        return s;
    s.len = most;
    while (s.len && !mp_utf8_valid(s))
        s.len--;
    return s;
}

mp_code tpl_placed_at(mp_str pointer, mp_code code, mp_error *err)
{
    bool is_placed = err && (mp_str_starts(mp_str_from(err->message), MP_S("/template")) ||
                             mp_str_starts(mp_str_from(err->message), MP_S("/parameters")));
    if (!err || code == MP_OK || code == MP_NOMEM || is_placed)
        return code;
    enum { POINTER_MOST = 200 };
    mp_error old = *err;
    mp_str   where = clipped(pointer, POINTER_MOST), dots = where.len < pointer.len ? MP_S("...: ") : MP_S(": ");
    mp_str   sentence = clipped(mp_str_from(old.message), sizeof err->message - 1 - where.len - dots.len);
    size_t   shift = where.len + dots.len;
    memcpy(err->message, where.ptr, where.len);
    memcpy(err->message + where.len, dots.ptr, dots.len);
    memcpy(err->message + shift, sentence.ptr, sentence.len);
    err->message[shift + sentence.len] = '\0';
    err->subject_len = (uint16_t)(old.subject_len + shift);
    for (uint16_t i = 0; i < err->arg_count; i++) {
        err->args[i].at = (uint16_t)(old.args[i].at + shift);
        if ((size_t)old.args[i].at + old.args[i].len > sentence.len)
            err->format = NULL; /* cut: it can only be said as it is */
    }
    return code;
}

mp_str tpl_pointer_of(const source *s, const mp_json *node, mp_arena *arena)
{
    bool is_inside = node >= s->root && node < s->root + s->nodes;
    if (!is_inside)
        return s->pointer;
    mp_str below = mp_json_pointer(s->root, node, arena);
    return mp_arena_printf(arena, "%.*s%.*s", MP_FMT(s->pointer), MP_FMT(below));
}

mp_code tpl_placed(mp_deployment *d, const source *s, const mp_json *node, mp_code code, mp_error *err)
{
    if (code == MP_OK || code == MP_NOMEM || !err)
        return code;
    mp_str pointer = tpl_pointer_of(s, node, &d->arena);
    return tpl_placed_at(pointer.ptr ? pointer : s->pointer, code, err);
}

/* ---- markers ---- */

bool tpl_is_marker(mp_str text) { return mp_str_starts(text, MARKER); }

static bool is_unknown_json(const mp_json *v) { return v->kind == MP_JSON_STRING && tpl_is_marker(mp_json_str(v)); }

bool tpl_holds_marker(const mp_json *v)
{
    for (size_t i = 0, n = mp_json_nodes(v); i < n; i++)
        if (is_unknown_json(&v[i]))
            return true;
    return false;
}

const mp_json *tpl_make_marker(mp_arena *arena, mp_str text)
{
    char *out = mp_arena_alloc(arena, MARKER.len + text.len + 1);
    if (!out)
        return NULL;
    memcpy(out, MARKER.ptr, MARKER.len);
    if (text.len)
        memcpy(out + MARKER.len, text.ptr, text.len);
    return mp_json_make_str(arena, mp_str_of(out, MARKER.len + text.len));
}

const mp_json *tpl_without_markers(mp_arena *arena, const mp_json *v)
{
    if (!tpl_holds_marker(v))
        return v;
    size_t   n = mp_json_nodes(v);
    mp_json *copy = MP_ARENA_ARRAY(arena, mp_json, n);
    if (!copy)
        return NULL;
    memcpy(copy, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        if (is_unknown_json(&copy[i])) {
            copy[i].u.text += MARKER.len;
            copy[i].count -= (uint32_t)MARKER.len;
        }
    return copy;
}

/* ---- results ---- */

mp_code tpl_give(value *out, eval *e, const mp_json *json, mp_error *err)
{
    if (!json)
        return tpl_out_of_memory(e->d, err);
    *out = (value){ .json = json };
    return MP_OK;
}

mp_code tpl_give_str(value *out, eval *e, mp_str s, mp_error *err)
{
    return s.ptr || s.len == 0 ? tpl_give(out, e, mp_json_make_str(e->arena, s), err) : tpl_out_of_memory(e->d, err);
}

mp_code tpl_give_unknown(value *out, eval *e, mp_error *err)
{
    MP_TRY(tpl_give(out, e, tpl_make_marker(e->arena, e->node ? mp_json_str(e->node) : MP_S("")), err));
    out->is_unknown = true;
    return MP_OK;
}

/* ---- expressions ---- */

/* A sentence that names an unknown function gets the nearest name. */
static mp_code suggest(const mp_diagnostic *found, mp_error *err)
{
    *err = found->error;
    if (!found->nearest.len || !err->format || err->arg_count != 1)
        return err->code;
    mp_error old = *err;
    mp_str   name = mp_str_of(old.message + old.args[0].at, old.args[0].len);
    return mp_fail(err, old.code, MP_NOWHERE, "there is no function \"%.*s\"; did you mean \"%.*s\"?", MP_FMT(name),
                   MP_FMT(found->nearest));
}

static mp_code parse(mp_expr **out, mp_deployment *d, const frame *f, const mp_json *node, mp_error *err)
{
    mp_str text = mp_json_str(node);
    if (text.len > MP_TEMPLATE_EXPRESSION && mp_utf8_length(text) > MP_TEMPLATE_EXPRESSION)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "an expression has at most %d characters, this has %zu",
                       MP_TEMPLATE_EXPRESSION, mp_utf8_length(text));
    mp_diagnostics findings;
    mp_source_text nowhere = { .root = NULL };
    mp_diagnostics_init(&findings, &d->arena);
    mp_parsing p = { .arena = &d->arena, .source = &nowhere, .diagnostics = &findings, .dialect = &f->dialect.base };
    *out = mp_expression_parse(&p, text, node);
    if (*out)
        return MP_OK;
    mp_error scratch;
    return p.failed || findings.failed || !findings.first ? tpl_out_of_memory(d, err)
                                                          : suggest(findings.first, err ? err : &scratch);
}

mp_code tpl_parsed_expression(mp_expr **out, eval *e, const mp_json *node, mp_error *err)
{
    size_t at = (size_t)(node - e->source->root);
    *out = NULL;
    if (!mp_is_expression(mp_json_str(node)))
        return MP_OK;
    if (!e->source->parsed[at])
        MP_TRY(tpl_placed(e->d, e->source, node, parse(&e->source->parsed[at], e->d, e->frame, node, err), err));
    *out = e->source->parsed[at];
    return MP_OK;
}

mp_code tpl_arg_value(value *out, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    return tpl_eval_expr(out, e, call->args[i], err);
}

mp_code tpl_arg_text(mp_str *out, bool *known, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    value v;
    MP_TRY(tpl_arg_value(&v, e, call, i, err));
    *known = !(v.is_unknown && is_unknown_json(v.json));
    if (!*known)
        return MP_OK;
    if (v.json->kind != MP_JSON_STRING)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants a string as argument %u, not %s: %s",
                       MP_FMT(call->function->name), i + 1, mp_json_kind_name((mp_json_kind)v.json->kind),
                       call->function->signature);
    *out = mp_json_str(v.json);
    return MP_OK;
}

/* Functions that look at the outside of a container only: what is unknown within stays within. */
static bool is_structural(mp_str name)
{
    static const mp_str names[] = {
        MP_S_INIT("createArray"), MP_S_INIT("createObject"), MP_S_INIT("concat"), MP_S_INIT("flatten"),
        MP_S_INIT("first"), MP_S_INIT("last"), MP_S_INIT("skip"), MP_S_INIT("take"), MP_S_INIT("union"),
        MP_S_INIT("shallowMerge"), MP_S_INIT("tryGet"), MP_S_INIT("items"), MP_S_INIT("objectKeys"),
        MP_S_INIT("length"), MP_S_INIT("empty"), MP_S_INIT("indexFromEnd"),
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq(names[i], name))
            return true;
    return false;
}

/* May the function see this unknown value? As an element or member yes; in its place, no. */
static bool hides(const mp_function *f, const value *v)
{
    bool makes = mp_str_eq(f->name, MP_S("createArray")) || mp_str_eq(f->name, MP_S("createObject"));
    return v->is_unknown && !makes && (!is_structural(f->name) || is_unknown_json(v->json));
}

static mp_code eval_plain(value *out, eval *e, const mp_expr *x, mp_error *err)
{
    const mp_json *args[MP_POLICY_ARGUMENTS];
    bool           is_secure = false, is_hidden = false, is_unknown = false, is_tentative = false;
    for (uint32_t i = 0; i < x->count; i++) {
        value v;
        MP_TRY(tpl_arg_value(&v, e, x, i, err));
        args[i] = v.json;
        is_secure = is_secure || v.is_secure;
        is_unknown = is_unknown || v.is_unknown;
        is_tentative = is_tentative || v.is_tentative;
        is_hidden = is_hidden || hides(x->function, &v);
    }
    if (is_hidden) {
        MP_TRY(tpl_give_unknown(out, e, err));
        out->is_secure = is_secure;
        return MP_OK;
    }
    mp_call        call = { args, x->count, e->arena, x->function };
    const mp_json *result = NULL;
    mp_code        code = x->function->impl(&result, &call, err);
    if (code == MP_NOMEM)
        return tpl_out_of_memory(e->d, err);
    MP_TRY(code);
    size_t size = mp_json_nodes(result) / 16 + (result->kind == MP_JSON_STRING ? result->count / 64 : 0);
    MP_TRY(tpl_take_steps(e->d, size, err));
    bool is_text = result->kind >= MP_JSON_STRING;
    *out = (value){ result, is_secure && is_text, is_unknown && tpl_holds_marker(result), is_tentative };
    return MP_OK;
}

/* ---- members and elements ---- */

static mp_str member_names(eval *e, const mp_json *object)
{
    mp_buf b = MP_BUF_INIT;
    for (MP_JSON_MEMBERS(key, object)) {
        if (b.len > SHOWN_NAMES) {
            mp_buf_add(&b, MP_S(", ..."));
            break;
        }
        mp_buf_add(&b, b.len ? MP_S(", ") : MP_S(""));
        mp_buf_add(&b, clipped(mp_json_str(key), SHOWN_NAMES));
    }
    mp_str names = mp_arena_dup(e->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return names.ptr ? names : MP_S("");
}

static mp_code no_member(eval *e, const mp_json *container, const mp_json *key, mp_error *err)
{
    const char *kind = mp_json_kind_name((mp_json_kind)container->kind);
    if (container->kind == MP_JSON_OBJECT && key->kind == MP_JSON_STRING)
        return container->count
                   ? mp_fail(err, MP_EVALUATION, MP_NOWHERE, "there is no property \"%.*s\"; there are: %.*s",
                             MP_FMT(clipped(mp_json_str(key), SHOWN_NAMES)), MP_FMT(member_names(e, container)))
                   : mp_fail(err, MP_EVALUATION, MP_NOWHERE, "there is no property \"%.*s\"; the object is empty",
                             MP_FMT(clipped(mp_json_str(key), SHOWN_NAMES)));
    if (container->kind == MP_JSON_ARRAY && key->kind == MP_JSON_INT)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "there is no element %" PRId64 "; the array has %u",
                       key->u.integer, container->count);
    if (key->kind == MP_JSON_STRING)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "\"%.*s\" is asked of an object, and this is: %s",
                       MP_FMT(clipped(mp_json_str(key), SHOWN_NAMES)), kind);
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "an index is a whole number of an array; this is: %s of %s",
                   mp_json_kind_name((mp_json_kind)key->kind), kind);
}

mp_code tpl_member_of(value *out, eval *e, value container, value key, mp_error *err)
{
    if ((container.is_unknown && is_unknown_json(container.json)) || key.is_unknown)
        return tpl_give_unknown(out, e, err);
    const mp_json *c = container.json, *k = key.json, *found = NULL;
    if (c->kind == MP_JSON_OBJECT && k->kind == MP_JSON_STRING)
        found = mp_json_get_fold(c, mp_json_str(k));
    else if (c->kind == MP_JSON_ARRAY && k->kind == MP_JSON_INT && k->u.integer >= 0)
        found = mp_json_at(c, (size_t)k->u.integer);
    MP_TRY(tpl_take_steps(e->d, c->kind == MP_JSON_OBJECT ? c->count / 16 + 1 : 1, err));
    if (!found)
        return container.is_tentative ? tpl_give_unknown(out, e, err) : no_member(e, c, k, err);
    *out = (value){ found, container.is_secure, container.is_unknown && tpl_holds_marker(found), container.is_tentative };
    return MP_OK;
}

static mp_code eval_member(value *out, eval *e, const mp_expr *x, mp_error *err)
{
    value container, key;
    MP_TRY(tpl_eval_expr(&container, e, x->args[0], err));
    MP_TRY(tpl_eval_expr(&key, e, x->args[1], err));
    return tpl_member_of(out, e, container, key, err);
}

/* All functions without an implementation are ours: the dialect hands out no others. */
static mp_code eval_call(value *out, eval *e, const mp_expr *x, mp_error *err)
{
    MP_TRY(tpl_take_steps(e->d, 1, err));
    if (x->function->impl)
        return eval_plain(out, e, x, err);
    const template_function *own = (const template_function *)x->function;
    bool is_allowed = own->rule == ANYWHERE || (own->rule == IN_DEFAULTS && e->place == PLACE_DEFAULT) ||
                      (own->rule == AT_RUN_TIME && e->place == PLACE_RUN_TIME);
    if (!is_allowed)
        return own->rule == IN_DEFAULTS
                   ? mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s() is for the default values of parameters only",
                             MP_FMT(own->base.name))
                   : mp_fail(err, MP_COMPILE, MP_NOWHERE,
                             "%.*s() is for the properties of resources and for outputs only",
                             MP_FMT(own->base.name));
    bool touched = e->touched;
    e->touched = false;
    mp_code code = own->eval(out, e, x, err);
    if (code == MP_OK && e->touched && own->eval != tpl_eval_if && out->json->kind >= MP_JSON_STRING)
        out->is_secure = true; /* what a condition of if() reads does not show in its result */
    e->touched = e->touched || touched;
    return code;
}

mp_code tpl_eval_expr(value *out, eval *e, const mp_expr *x, mp_error *err)
{
    if (e->depth >= EVAL_DEPTH)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "expressions, with the variables they read, nest at most %d deep",
                       EVAL_DEPTH);
    e->depth++;
    mp_code code = MP_OK;
    if (x->kind == MP_EXPR_LITERAL)
        *out = (value){ .json = x->literal };
    else if (x->kind == MP_EXPR_MEMBER)
        code = eval_member(out, e, x, err);
    else
        code = eval_call(out, e, x, err);
    e->depth--;
    return code;
}

/* ---- JSON values ---- */

/* "[[x]" stands for "[x]". */
static mp_code literal_text(value *out, eval *e, const mp_json *node, mp_error *err)
{
    mp_str text = mp_json_str(node);
    if (!mp_str_starts(text, MP_S("[[")) || !mp_str_ends(text, MP_S("]"))) {
        *out = (value){ .json = node };
        return MP_OK;
    }
    return tpl_give_str(out, e, mp_str_skip(text, 1), err);
}

static mp_code eval_string(value *out, eval *e, const mp_json *node, mp_error *err)
{
    mp_expr *x;
    MP_TRY(tpl_parsed_expression(&x, e, node, err));
    if (!x)
        return literal_text(out, e, node, err);
    const mp_json *outer = e->node;
    bool           touched = e->touched;
    e->node = node;
    e->touched = false;
    mp_code code = tpl_eval_expr(out, e, x, err);
    if (code != MP_OK && code != MP_NOMEM && e->touched)
        mp_fail(err, code, MP_NOWHERE, "the expression fails; why is not shown, since it reads a secure parameter");
    e->node = outer;
    e->touched = e->touched || touched;
    return tpl_placed(e->d, e->source, node, code, err);
}

static void note(value *out, const value *v)
{
    out->is_secure = out->is_secure || v->is_secure;
    out->is_unknown = out->is_unknown || v->is_unknown;
}

static mp_code write_value(value *out, eval *e, mp_jsonw *w, const value *v, mp_error *err)
{
    MP_TRY(tpl_take_steps(e->d, mp_json_nodes(v->json) / 16 + 1, err));
    if (e->masks && v->is_secure)
        mp_jsonw_str(w, MASK);
    else
        mp_jsonw_value(w, v->json);
    note(out, v);
    return w->failed ? tpl_out_of_memory(e->d, err) : MP_OK;
}

/* What "copy" in an object asks for: [{name, count, input}]. */
static bool is_copy(const mp_json *key)
{
    const mp_json *list = key + 1;
    if (!mp_str_eq_fold(mp_json_str(key), MP_S("copy")) || list->kind != MP_JSON_ARRAY || !list->count)
        return false;
    for (MP_JSON_EACH(one, list))
        if (!mp_json_get_fold(one, MP_S("count")) || !mp_json_get_fold(one, MP_S("input")))
            return false;
    return true;
}

static mp_code write_copy(value *out, eval *e, mp_jsonw *w, const mp_json *copy, mp_error *err)
{
    const mp_json *title = mp_json_get_fold(copy, MP_S("name")), *input = mp_json_get_fold(copy, MP_S("input"));
    loop           each = { .outer = e->loops };
    uint32_t       count;
    if (!title)
        return tpl_placed(e->d, e->source, copy,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" is missing here", "name"), err);
    MP_TRY(tpl_eval_text(&each.name, e, title, "name", err));
    MP_TRY(tpl_eval_count(&count, e, mp_json_get_fold(copy, MP_S("count")), err));
    mp_jsonw_key(w, each.name);
    mp_jsonw_array(w);
    e->loops = &each;
    mp_code code = MP_OK;
    for (; each.index < count && code == MP_OK; each.index++)
        code = tpl_write_node(out, e, w, input, err);
    e->loops = each.outer;
    mp_jsonw_end(w);
    return code;
}

/* A name may be an expression: "[resourceId(...)]": {}. */
static mp_code write_key(value *out, eval *e, mp_jsonw *w, const mp_json *key, mp_error *err)
{
    value name;
    MP_TRY(eval_string(&name, e, key, err));
    if (name.json->kind != MP_JSON_STRING)
        return tpl_placed(e->d, e->source, key,
                      mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the name of a property should be a string, not %s",
                              mp_json_kind_name((mp_json_kind)name.json->kind)), err);
    if (name.is_unknown)
        name.json = tpl_without_markers(e->arena, name.json);
    if (!name.json)
        return tpl_out_of_memory(e->d, err);
    mp_jsonw_key(w, e->masks && name.is_secure ? MASK : mp_json_str(name.json));
    note(out, &name);
    return MP_OK;
}

mp_code tpl_write_members(value *out, eval *e, mp_jsonw *w, const mp_json *object, bool (*skips)(mp_str name),
                      mp_error *err)
{
    MP_TRY(tpl_take_steps(e->d, (size_t)object->count * object->count / 64, err));
    for (MP_JSON_MEMBERS(key, object)) {
        bool is_last = mp_json_get(object, mp_json_str(key)) == key + 1; /* of equal names, which counts */
        if (!is_last || (skips && skips(mp_json_str(key))))
            continue;
        if (is_copy(key)) {
            for (MP_JSON_EACH(copy, key + 1))
                MP_TRY(write_copy(out, e, w, copy, err));
            continue;
        }
        MP_TRY(write_key(out, e, w, key, err));
        MP_TRY(tpl_write_node(out, e, w, key + 1, err));
    }
    return w->failed ? tpl_out_of_memory(e->d, err) : MP_OK;
}

mp_code tpl_write_node(value *out, eval *e, mp_jsonw *w, const mp_json *node, mp_error *err)
{
    value v = { .json = node };
    if (node->kind == MP_JSON_STRING)
        MP_TRY(eval_string(&v, e, node, err));
    if (node->kind < MP_JSON_ARRAY)
        return write_value(out, e, w, &v, err);
    if (w->depth >= MP_DEPLOYMENT_DEPTH)
        return tpl_placed(e->d, e->source, node,
                      mp_fail(err, MP_LIMIT, MP_NOWHERE, "objects and arrays nest at most %d deep",
                              MP_DEPLOYMENT_DEPTH), err);
    MP_TRY(tpl_take_steps(e->d, 1, err));
    if (node->kind == MP_JSON_OBJECT) {
        mp_jsonw_object(w);
        MP_TRY(tpl_write_members(out, e, w, node, NULL, err));
    } else {
        mp_jsonw_array(w);
        for (MP_JSON_EACH(one, node))
            MP_TRY(tpl_write_node(out, e, w, one, err));
    }
    mp_jsonw_end(w);
    return w->failed ? tpl_out_of_memory(e->d, err) : MP_OK;
}

mp_code tpl_eval_node(value *out, eval *e, const mp_json *node, mp_error *err)
{
    if (node->kind == MP_JSON_STRING)
        return eval_string(out, e, node, err);
    if (node->kind < MP_JSON_ARRAY) {
        *out = (value){ .json = node };
        return MP_OK;
    }
    value    made = { 0 };
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    MP_TRY(tpl_write_node(&made, e, &w, node, err));
    made.json = mp_jsonw_done(&w);
    if (!made.json)
        return tpl_out_of_memory(e->d, err);
    *out = made;
    return MP_OK;
}

/* ---- what must be known ---- */

static mp_code eval_known(value *out, eval *e, const mp_json *node, const char *what, mp_json_kind kind,
                          mp_error *err)
{
    MP_TRY(tpl_eval_node(out, e, node, err));
    mp_code code = MP_OK;
    if (out->is_unknown) {
        e->d->met_unknown = true;
        code = mp_fail(err, MP_EVALUATION, MP_NOWHERE, "\"%s\" cannot be known before the deployment", what);
    } else if (out->is_secure) {
        code = mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" shows everywhere; it cannot hold what a secure parameter holds",
                       what);
    } else if (out->json->kind != (uint32_t)kind) {
        code = mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", what, mp_json_kind_name(kind),
                       mp_json_kind_name((mp_json_kind)out->json->kind));
    }
    return tpl_placed(e->d, e->source, node, code, err);
}

mp_code tpl_eval_text(mp_str *out, eval *e, const mp_json *node, const char *what, mp_error *err)
{
    value v;
    MP_TRY(eval_known(&v, e, node, what, MP_JSON_STRING, err));
    *out = mp_json_str(v.json);
    return MP_OK;
}

mp_code tpl_eval_truth(bool *out, eval *e, const mp_json *node, const char *what, mp_error *err)
{
    value v;
    MP_TRY(tpl_eval_node(&v, e, node, err));
    bool is_word = v.json->kind == MP_JSON_STRING && !v.is_unknown; /* "true", as some templates have it */
    if (is_word && mp_str_eq_fold(mp_json_str(v.json), MP_S("true"))) {
        *out = true;
        return MP_OK;
    }
    if (is_word && mp_str_eq_fold(mp_json_str(v.json), MP_S("false"))) {
        *out = false;
        return MP_OK;
    }
    MP_TRY(eval_known(&v, e, node, what, MP_JSON_BOOL, err));
    *out = v.json->u.integer != 0;
    return MP_OK;
}

mp_code tpl_eval_count(uint32_t *out, eval *e, const mp_json *node, mp_error *err)
{
    value v;
    MP_TRY(eval_known(&v, e, node, "count", MP_JSON_INT, err));
    if (v.json->u.integer < 0 || v.json->u.integer > MP_TEMPLATE_COPIES)
        return tpl_placed(e->d, e->source, node,
                      mp_fail(err, MP_LIMIT, MP_NOWHERE, "a loop runs 0 to %d times, not %" PRId64,
                              MP_TEMPLATE_COPIES, v.json->u.integer), err);
    *out = (uint32_t)v.json->u.integer;
    return MP_OK;
}
