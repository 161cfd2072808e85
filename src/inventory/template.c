/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of an ARM template. They have no id yet, and names that are expressions. Of the
 * expression language just what exported templates are full of is worked out: parameters('x') that
 * have a default, and concat() of such and of literals. Everything else stays in the document as
 * the expression it is. */
#include "internal.h"

#include "buf.h"
#include "resource_id.h"

#define DEFAULT_DEPTH 8 /* parameters whose defaults name parameters ... */
#define NEST_DEPTH 16   /* resources within resources; concat() within concat() */
#define COPY_DEPTH 64   /* below this, values are copied without looking for expressions */
/* Defaults that name defaults, and objects put in many places, could grow without end. */
#define MAX_STEPS 10000
#define MAX_TEXT ((size_t)64 << 10)
#define MAX_NODES ((size_t)1 << 20)

static const mp_str prefix = MP_S_INIT("/subscriptions/00000000-0000-0000-0000-000000000000"
                                       "/resourceGroups/template/providers");

/* ---- the container ---- */

typedef struct collector {
    mp_container *c;
    size_t        cap;
} collector;

static size_t count_items(const mp_json *resources, unsigned depth)
{
    size_t count = 0;
    if (depth == NEST_DEPTH)
        return 0;
    if (mp_json_is(resources, MP_JSON_ARRAY))
        for (MP_JSON_EACH(item, resources))
            count += 1 + count_items(mp_json_get(item, MP_S("resources")), depth + 1);
    else if (mp_json_is(resources, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, resources))
            count += 1 + count_items(mp_json_get(key + 1, MP_S("resources")), depth + 1);
    return count;
}

static void collect(collector *k, const mp_json *resources, mp_str text,
                    const mp_held_item *parent, unsigned depth);

static void collect_item(collector *k, const mp_json *node, mp_str text,
                         const mp_held_item *parent, unsigned depth)
{
    if (k->c->item_count == k->cap)
        return;
    mp_held_item *item = &k->c->items[k->c->item_count++];
    *item = (mp_held_item){ .text = text, .node = node, .parent = parent };
    collect(k, mp_json_get(node, MP_S("resources")), mp_cut_member(text, MP_S("resources")), item,
            depth + 1);
}

/* Nodes and text are walked side by side: the text is what a record shows, the nodes what it
 * means. */
static void collect(collector *k, const mp_json *resources, mp_str text,
                    const mp_held_item *parent, unsigned depth)
{
    mp_str value, key;
    bool   first = true;
    if (depth == NEST_DEPTH || text.len == 0)
        return;
    mp_cursor at = { text.ptr + 1, text.ptr + text.len };
    if (mp_json_is(resources, MP_JSON_ARRAY)) {
        for (MP_JSON_EACH(item, resources)) {
            if (mp_cut_element(&value, &at, first) != MP_CUT_DONE || !value.ptr)
                return;
            collect_item(k, item, value, parent, depth);
            first = false;
        }
    } else if (mp_json_is(resources, MP_JSON_OBJECT)) { /* with symbolic names */
        for (MP_JSON_MEMBERS(name, resources)) {
            if (mp_cut_key(&key, &at, first) != MP_CUT_DONE || !key.ptr ||
                mp_cut_value(&value, &at) != MP_CUT_DONE)
                return;
            collect_item(k, name + 1, value, parent, depth);
            first = false;
        }
    }
}

mp_code mp_template_prepare(mp_container *c, mp_error *err)
{
    static const mp_str wrappers[] = { MP_S_INIT("output"), MP_S_INIT("template") };
    const mp_json      *root;
    mp_str              text = c->text;
    MP_TRY(mp_json_doc_new(&c->doc, err));
    MP_TRY(mp_json_read_padded(c->doc, &root, text, NULL, NULL, err));
    for (size_t i = 0; i < MP_COUNT(wrappers); i++) {
        const mp_json *inner = mp_json_get(root, wrappers[i]);
        if (mp_json_is(inner, MP_JSON_OBJECT) && !mp_json_get(root, MP_S("resources"))) {
            root = inner;
            text = mp_cut_member(text, wrappers[i]);
        }
    }
    c->parameters = mp_json_get(root, MP_S("parameters"));
    const mp_json *resources = mp_json_get(root, MP_S("resources"));
    collector      k = { c, count_items(resources, 0) };
    if (k.cap == 0)
        return MP_OK;
    c->items = MP_ARENA_ARRAY(&c->arena, mp_held_item, k.cap);
    if (!c->items)
        return mp_no_memory(err);
    collect(&k, resources, mp_cut_member(text, MP_S("resources")), NULL, 0);
    return MP_OK;
}

/* ---- expressions ---- */

/* What all expressions of one resource share. */
typedef struct template_scope {
    const mp_json *parameters;
    mp_arena      *arena;
    unsigned       steps;
    bool           failed; /* memory was short */
} template_scope;

typedef struct evaluator {
    template_scope *scope;
    const char     *p, *end;
    unsigned        depth;
} evaluator;

/* A string (`text`) or any other value (`node`). Not known: `text` is the expression, in
 * brackets. */
typedef struct result {
    mp_str         text;
    const mp_json *node;
    bool           is_known;
} result;

static result evaluate(mp_str text, template_scope *scope, unsigned depth);

static bool is_expression(mp_str s)
{
    return s.len > 2 && s.ptr[0] == '[' && s.ptr[1] != '[' && s.ptr[s.len - 1] == ']';
}

static void skip_blanks(evaluator *e)
{
    while (e->p < e->end && (*e->p == ' ' || *e->p == '\t' || *e->p == '\n' || *e->p == '\r'))
        e->p++;
}

static bool take_char(evaluator *e, char c)
{
    skip_blanks(e);
    if (e->p == e->end || *e->p != c)
        return false;
    e->p++;
    return true;
}

static bool take_word(evaluator *e, mp_str word)
{
    skip_blanks(e);
    if (!mp_str_starts_fold(mp_str_of(e->p, (size_t)(e->end - e->p)), word))
        return false;
    e->p += word.len;
    return take_char(e, '(');
}

/* 'text', where '' stands for one quote. */
static bool take_literal(evaluator *e, mp_str *out)
{
    if (!take_char(e, '\''))
        return false;
    char *text = mp_arena_alloc(e->scope->arena, (size_t)(e->end - e->p) + 1);
    if (!text) {
        e->scope->failed = true;
        return false;
    }
    size_t len = 0;
    for (; e->p < e->end; e->p++) {
        if (*e->p == '\'') {
            e->p++;
            if (e->p == e->end || *e->p != '\'') {
                *out = mp_str_of(text, len);
                return true;
            }
        }
        text[len++] = *e->p;
    }
    return false;
}

/* expr = "parameters" "(" literal ")" */
static bool take_parameter(evaluator *e, result *out)
{
    mp_str name;
    if (!take_word(e, MP_S("parameters")) || !take_literal(e, &name) || !take_char(e, ')'))
        return false;
    const mp_json *parameter = mp_json_get_fold(e->scope->parameters, name);
    const mp_json *value = mp_json_get(parameter, MP_S("defaultValue"));
    if (!value || mp_json_is(value, MP_JSON_NULL) || e->depth >= DEFAULT_DEPTH)
        return false;
    if (!mp_json_is(value, MP_JSON_STRING)) {
        *out = (result){ { NULL, 0 }, value, true };
        return true;
    }
    *out = evaluate(mp_json_str(value), e->scope, e->depth + 1);
    return out->is_known;
}

static bool take_expression(evaluator *e, result *out, unsigned nest);

static bool add_result(mp_buf *b, const result *r)
{
    if (r->node && r->node->kind >= MP_JSON_ARRAY)
        return false;
    if (r->node)
        mp_buf_add_json(b, r->node);
    else
        mp_buf_add(b, r->text);
    return true;
}

/* expr = "concat" "(" expr { "," expr } ")" ; of strings and plain values, not of arrays */
static bool take_concat(evaluator *e, result *out, unsigned nest)
{
    mp_buf b = { .limit = MAX_TEXT };
    bool   is_known = true, is_good = take_word(e, MP_S("concat"));
    while (is_good) {
        result part;
        is_good = take_expression(e, &part, nest + 1) && add_result(&b, &part);
        is_known = is_known && is_good && part.is_known;
        if (!is_good || !take_char(e, ','))
            break;
    }
    mp_code code = mp_buf_check(&b, NULL);
    is_good = is_good && take_char(e, ')') && code != MP_LIMIT;
    if (is_good) {
        *out = (result){ mp_arena_dup(e->scope->arena, mp_buf_str(&b)), NULL, is_known };
        e->scope->failed |= code != MP_OK || !out->text.ptr;
    }
    mp_buf_free(&b);
    return is_good && !e->scope->failed;
}

/* Whatever it is, up to the comma or bracket that ends an argument. */
static bool take_unknown(evaluator *e, result *out)
{
    const char *start = e->p;
    size_t      depth = 0;
    bool        quoted = false;
    for (; e->p < e->end; e->p++) {
        if (*e->p == '\'')
            quoted = !quoted;
        else if (quoted)
            continue;
        else if (*e->p == '(' || *e->p == '[')
            depth++;
        else if ((*e->p == ')' || *e->p == ']' || *e->p == ',') && depth == 0)
            break;
        else if (*e->p == ')' || *e->p == ']')
            depth--;
    }
    mp_str source = mp_str_trim(mp_str_of(start, (size_t)(e->p - start)));
    *out = (result){ mp_arena_printf(e->scope->arena, "[%.*s]", MP_FMT(source)), NULL, false };
    e->scope->failed |= !out->text.ptr;
    return out->text.ptr && source.len && !quoted;
}

/* What was taken is an argument of its own, not the beginning of x.y or x[0]. */
static bool at_end_of_argument(evaluator *e)
{
    skip_blanks(e);
    return e->p == e->end || *e->p == ',' || *e->p == ')';
}

static bool take_expression(evaluator *e, result *out, unsigned nest)
{
    if (nest == NEST_DEPTH || e->scope->failed || ++e->scope->steps > MAX_STEPS)
        return false;
    skip_blanks(e);
    const char *start = e->p;
    *out = (result){ { NULL, 0 }, NULL, true };
    if (take_literal(e, &out->text) && at_end_of_argument(e))
        return true;
    e->p = start;
    if (take_parameter(e, out) && at_end_of_argument(e))
        return true;
    e->p = start;
    if (take_concat(e, out, nest) && at_end_of_argument(e))
        return true;
    e->p = start;
    return take_unknown(e, out);
}

/* The value of a string of the template. What is not known is partly worked out where it is a
 * concat(): a name then still shows how many parts it has. */
static result evaluate(mp_str text, template_scope *scope, unsigned depth)
{
    result out = { text, NULL, true };
    if (!is_expression(text)) {
        if (text.len > 1 && text.ptr[0] == '[' && text.ptr[1] == '[')
            out.text = mp_str_skip(text, 1); /* "[[" writes a text that begins with a bracket */
        return out;
    }
    evaluator e = { scope, text.ptr + 1, text.ptr + text.len - 1, depth };
    if (!take_expression(&e, &out, 0) || e.p != e.end)
        out = (result){ text, NULL, false };
    return out;
}

/* ---- one resource ---- */

typedef struct builder {
    mp_jsonw       w;
    template_scope scope;
    size_t         nodes; /* that stand for expressions */
} builder;

static void add_value(builder *b, const mp_json *v, unsigned depth)
{
    if (depth == COPY_DEPTH || v->kind < MP_JSON_STRING) {
        mp_jsonw_value(&b->w, v);
    } else if (v->kind == MP_JSON_STRING) {
        mp_str text = mp_json_str(v);
        result r = evaluate(text, &b->scope, 0);
        b->nodes += r.node ? mp_json_nodes(r.node) : 0;
        if (r.is_known && r.node && b->nodes <= MAX_NODES)
            mp_jsonw_value(&b->w, r.node);
        else
            mp_jsonw_str(&b->w, r.is_known && !r.node ? r.text : text);
    } else if (v->kind == MP_JSON_ARRAY) {
        mp_jsonw_array(&b->w);
        for (MP_JSON_EACH(item, v))
            add_value(b, item, depth + 1);
        mp_jsonw_end(&b->w);
    } else {
        mp_jsonw_object(&b->w);
        for (MP_JSON_MEMBERS(key, v)) {
            mp_jsonw_key(&b->w, mp_json_str(key));
            add_value(b, key + 1, depth + 1);
        }
        mp_jsonw_end(&b->w);
    }
}

/* The member `what` of the item with those of its parents before it: a child's is relative. */
static mp_str joined(const mp_held_item *item, mp_str what, builder *b)
{
    mp_str own = mp_json_text(mp_json_get(item->node, what));
    result r = evaluate(own, &b->scope, 0);
    if (own.ptr && !r.node)
        own = r.text;
    if (!item->parent || !own.len)
        return own;
    mp_str parent = joined(item->parent, what, b);
    if (!parent.len || (own.len > parent.len && mp_str_starts_fold(own, parent) &&
                        own.ptr[parent.len] == '/'))
        return own; /* some write it in full */
    mp_str both = mp_arena_printf(b->scope.arena, "%.*s/%.*s", MP_FMT(parent), MP_FMT(own));
    b->scope.failed |= !both.ptr;
    return both;
}

static const mp_json *build(builder *b, const mp_held_item *item, mp_str id, mp_str type,
                            mp_str name)
{
    mp_jsonw_object(&b->w);
    mp_jsonw_put_str(&b->w, "id", id);
    mp_jsonw_put_str(&b->w, "type", type);
    mp_jsonw_put_str(&b->w, "name", name);
    for (MP_JSON_MEMBERS(key, item->node)) {
        mp_str member = mp_json_str(key);
        if (mp_str_eq(member, MP_S("id")) || mp_str_eq(member, MP_S("type")) ||
            mp_str_eq(member, MP_S("name")) || mp_str_eq(member, MP_S("resources")))
            continue;
        mp_jsonw_key(&b->w, member);
        add_value(b, key + 1, 0);
    }
    mp_jsonw_end(&b->w);
    return mp_jsonw_done(&b->w);
}

mp_code mp_template_read(mp_resource *out, const mp_held_item *item, const mp_json *parameters,
                         mp_arena *arena, mp_error *err)
{
    if (!mp_json_is(item->node, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted a resource of a template",
                       mp_json_kind_name((mp_json_kind)item->node->kind));
    const mp_json *existing = mp_json_get(item->node, MP_S("existing"));
    if (mp_json_is_true(existing))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the template refers to an existing resource here and does not make one");
    builder b = { .scope = { .parameters = parameters, .arena = arena } };
    mp_jsonw_init(&b.w, arena);
    mp_str type = joined(item, MP_S("type"), &b), name = joined(item, MP_S("name"), &b);
    if (b.scope.failed)
        return mp_build_failed(&b.w, err);
    size_t slash = mp_str_find(type, '/');
    if (slash == SIZE_MAX || slash == 0 || slash + 1 == type.len || type.ptr[0] == '[')
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "found the type \"%.*s\"; wanted Provider/type, as a template has it",
                       type.len > 100 ? 100 : (int)type.len, type.len ? type.ptr : "");
    if (!name.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a resource of the template has no name");
    mp_str         id = mp_id_weave(prefix, type, name, arena);
    const mp_json *doc = id.ptr ? build(&b, item, id, type, name) : NULL;
    if (!doc || b.scope.failed)
        return mp_build_failed(&b.w, err);
    return mp_azure_read(out, doc, arena, err);
}
