/* SPDX-License-Identifier: Apache-2.0 */
#include "condition.h"

#include "path.h"
#include "text.h"

/* A condition is an object with one of four shapes:
 *
 *   { "allOf" | "anyOf": [ condition... ] }
 *   { "not": condition }
 *   { "field" | "value": template, OPERATOR: template }
 *   { "count": { "field" | "value": ..., ["name"], ["where": condition] }, OPERATOR: template }
 *
 * Keys are read without regard to case. Anything else in the object is a fault, since a key that is
 * silently left out would make a rule that says less than its author believes. */

enum key {
    KEY_ALL_OF,
    KEY_ANY_OF,
    KEY_NOT,
    KEY_FIELD,
    KEY_VALUE,
    KEY_COUNT,
    KEY_OPERATOR,
    KEY_UNKNOWN,
};

static const mp_str key_names[] = {
    [KEY_ALL_OF] = MP_S_INIT("allOf"), [KEY_ANY_OF] = MP_S_INIT("anyOf"),
    [KEY_NOT] = MP_S_INIT("not"),      [KEY_FIELD] = MP_S_INIT("field"),
    [KEY_VALUE] = MP_S_INIT("value"),  [KEY_COUNT] = MP_S_INIT("count"),
};

static enum key key_of(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(key_names); i++)
        if (mp_str_eq_fold(key_names[i], name))
            return (enum key)i;
    return mp_operator_find(name) != MP_OPERATOR_COUNT ? KEY_OPERATOR : KEY_UNKNOWN;
}

static mp_str nearest_key(mp_str name)
{
    mp_str names[MP_COUNT(key_names) + MP_OPERATOR_COUNT];
    memcpy(names, key_names, sizeof(key_names));
    for (size_t i = 0; i < MP_OPERATOR_COUNT; i++)
        names[MP_COUNT(key_names) + i] = mp_operators[i].text;
    return mp_text_nearest(name, names, MP_COUNT(names));
}

/* The members of one condition object. */
struct parts {
    const mp_json *keys[KEY_OPERATOR + 1]; /* by enum key; NULL: not there */
    mp_operator    op;
    bool           ok;
};

static void collect(mp_parsing *p, const mp_json *node, struct parts *parts)
{
    parts->ok = true;
    for (MP_JSON_MEMBERS(key, node)) {
        mp_str   name = mp_json_str(key);
        enum key k = key_of(name);
        if (k == KEY_UNKNOWN) {
            MP_FAULT(p, key, nearest_key(name), MP_COMPILE, "a condition has no key \"%.*s\"",
                  MP_FMT(name));
            parts->ok = false;
        } else if (parts->keys[k]) {
            MP_FAULT(p, key, MP_S(""), MP_COMPILE,
                  "a condition has one %s, \"%.*s\" is a second one beside \"%.*s\"",
                  k == KEY_OPERATOR ? "operator" : "key of a kind", MP_FMT(name),
                  MP_FMT(mp_json_str(parts->keys[k])));
            parts->ok = false;
        } else {
            parts->keys[k] = key;
            if (k == KEY_OPERATOR)
                parts->op = mp_operator_find(name);
        }
    }
}

static mp_condition *new_condition(mp_parsing *p, mp_condition_kind kind, const mp_json *node)
{
    struct mp_condition_list *list = p->origins;
    if (list->len == list->cap) {
        uint32_t             cap = list->cap ? 2 * list->cap : 16;
        const mp_condition **items = MP_ARENA_ARRAY(p->arena, const mp_condition *, cap);
        if (!items) {
            p->failed = true;
            return NULL;
        }
        if (list->len)
            memcpy(items, list->items, list->len * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    mp_condition *c = MP_ARENA_NEW(p->arena, mp_condition);
    if (!c) {
        p->failed = true;
        return NULL;
    }
    c->kind = kind;
    c->node = node;
    list->items[list->len++] = c;
    c->origin = list->len;
    return c;
}

static mp_condition *parse_group(mp_parsing *p, const mp_json *node, mp_condition_kind kind,
                                 const mp_json *key)
{
    const mp_json *members = key + 1;
    if (members->kind != MP_JSON_ARRAY) {
        MP_FAULT(p, members, MP_S(""), MP_COMPILE, "\"%.*s\" wants an array of conditions, not %s",
              MP_FMT(mp_json_str(key)), mp_json_kind_name((mp_json_kind)members->kind));
        return NULL;
    }
    mp_condition *c = new_condition(p, kind, node);
    if (!c)
        return NULL;
    c->kids = MP_ARENA_ARRAY(p->arena, mp_condition *, members->count + 1);
    if (!c->kids) {
        p->failed = true;
        return NULL;
    }
    bool ok = true;
    for (MP_JSON_EACH(item, members)) { /* on after a fault, to find the others */
        mp_condition *kid = mp_condition_parse(p, item);
        ok = ok && kid;
        c->kids[c->count++] = kid;
    }
    return ok ? c : NULL;
}

static mp_condition *parse_not(mp_parsing *p, const mp_json *node, const mp_json *key)
{
    mp_condition *c = new_condition(p, MP_CONDITION_NOT, node);
    if (!c)
        return NULL;
    c->kids = MP_ARENA_ARRAY(p->arena, mp_condition *, 1);
    if (!c->kids) {
        p->failed = true;
        return NULL;
    }
    c->kids[0] = mp_condition_parse(p, key + 1);
    c->count = 1;
    return c->kids[0] ? c : NULL;
}

static mp_template *parse_field(mp_parsing *p, const mp_json *node)
{
    if (node->kind != MP_JSON_STRING || node->count == 0) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a field is named by a string that is not empty");
        return NULL;
    }
    mp_template *t = mp_template_parse(p, node);
    mp_path      path;
    mp_error     err = { 0 };
    mp_code      code = MP_OK;
    if (t && t->kind == MP_TEMPLATE_CONST)
        code = mp_path_parse(&path, mp_json_str(node), p->arena, &err);
    if (code == MP_NOMEM) /* no fault of the policy's */
        p->failed = true;
    else if (code != MP_OK)
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "%s", err.message);
    return code == MP_OK ? t : NULL;
}

static bool parse_count_member(mp_parsing *p, mp_count *count, const mp_json *key, bool *has_name)
{
    static const mp_str names[] = { MP_S_INIT("field"), MP_S_INIT("value"), MP_S_INIT("name"),
                                    MP_S_INIT("where") };
    mp_str         name = mp_json_str(key);
    const mp_json *value = key + 1;
    if (mp_str_eq_fold(name, names[0]))
        return (count->field = parse_field(p, value)) != NULL;
    if (mp_str_eq_fold(name, names[1]))
        return (count->value = mp_template_parse(p, value)) != NULL;
    if (mp_str_eq_fold(name, names[3]))
        return (count->where = mp_condition_parse(p, value)) != NULL;
    if (mp_str_eq_fold(name, names[2])) {
        *has_name = true;
        if (value->kind == MP_JSON_STRING && value->count) {
            count->name = mp_json_str(value);
            return true;
        }
        MP_FAULT(p, value, MP_S(""), MP_COMPILE, "a count's name is a string that is not empty");
        return false;
    }
    MP_FAULT(p, key, mp_text_nearest(name, names, MP_COUNT(names)), MP_COMPILE,
          "a count has no key \"%.*s\"", MP_FMT(name));
    return false;
}

/* One more count over the array of that name. */
static bool note_counted(mp_parsing *p, const mp_json *node)
{
    mp_counted_array *a = p->counted;
    while (a && !mp_str_eq_fold(a->name, mp_json_str(node)))
        a = a->next;
    if (!a) {
        a = MP_ARENA_NEW(p->arena, mp_counted_array);
        if (!a) {
            p->failed = true;
            return false;
        }
        *a = (mp_counted_array){ mp_json_str(node), 0, p->counted };
        p->counted = a;
    }
    if (++a->times <= MP_POLICY_FIELD_COUNTS)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_LIMIT, "a rule has at most %d counts over one array", MP_POLICY_FIELD_COUNTS);
    return false;
}

static bool check_count(mp_parsing *p, const mp_json *node, const mp_count *count, bool has_name)
{
    if (!count->field == !count->value) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a count has either a field or a value");
        return false;
    }
    if (has_name && !count->value) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "only a count over a value has a name");
        return false;
    }
    if (count->field && count->field->kind == MP_TEMPLATE_CONST &&
        mp_str_find_str(mp_json_str(count->field->node), MP_S("[*]")) == SIZE_MAX) {
        MP_FAULT(p, count->field->node, MP_S(""), MP_COMPILE,
              "a count over a field wants an array alias with [*], not \"%.*s\"",
              MP_FMT(mp_json_str(count->field->node)));
        return false;
    }
    if (count->value && ++p->value_counts > MP_POLICY_VALUE_COUNTS) {
        MP_FAULT(p, node, MP_S(""), MP_LIMIT, "a rule has at most %d counts over values",
              MP_POLICY_VALUE_COUNTS);
        return false;
    }
    return !count->field || note_counted(p, count->field->node);
}

static mp_count *parse_count(mp_parsing *p, const mp_json *node)
{
    if (node->kind != MP_JSON_OBJECT) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a count wants an object, not %s",
              mp_json_kind_name((mp_json_kind)node->kind));
        return NULL;
    }
    mp_count *count = MP_ARENA_NEW(p->arena, mp_count);
    if (!count) {
        p->failed = true;
        return NULL;
    }
    count->name = MP_S("default");
    bool ok = true, has_name = false;
    for (MP_JSON_MEMBERS(key, node))
        ok = parse_count_member(p, count, key, &has_name) && ok;
    return ok && check_count(p, node, count, has_name) ? count : NULL;
}

/* What can be said of a constant right side before any document is seen. */
static bool check_right(mp_parsing *p, const mp_condition *c)
{
    if (c->right->kind != MP_TEMPLATE_CONST)
        return true;
    mp_operand operand;
    mp_error   err = { 0 };
    mp_code    code = mp_operand_init(&operand, c->op, c->right->value, p->arena, &err);
    mp_operand_done(&operand);
    if (code == MP_NOMEM)
        p->failed = true;
    else if (code != MP_OK)
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_ERROR, c->right->node, 0, MP_S(""),
                    MP_COMPILE, "%s", err.message);
    if (code == MP_OK && mp_operators[c->op].base == MP_OP_IN &&
        c->right->value->kind != MP_JSON_ARRAY)
        mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_WARNING, c->right->node, 0, MP_S(""),
                    MP_COMPILE, "'%.*s' wants an array; one value is read as a list of one",
                    MP_FMT(mp_operators[c->op].text));
    return code == MP_OK;
}

static mp_condition *parse_test(mp_parsing *p, const mp_json *node, const struct parts *parts)
{
    const mp_json *op = parts->keys[KEY_OPERATOR];
    const mp_json *field = parts->keys[KEY_FIELD], *value = parts->keys[KEY_VALUE];
    const mp_json *count = parts->keys[KEY_COUNT];
    if (!field + !value + !count != 2) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE,
              "a condition has allOf, anyOf, not, or one of field, value and count with an operator");
        return NULL;
    }
    if (!op) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a condition with \"%.*s\" wants an operator",
              MP_FMT(mp_json_str(field ? field : value ? value : count)));
        return NULL;
    }
    mp_condition *c = new_condition(p, MP_CONDITION_TEST, node);
    if (!c)
        return NULL;
    p->conditions++;
    c->op = parts->op;
    c->left_kind = field ? MP_LEFT_FIELD : value ? MP_LEFT_VALUE : MP_LEFT_COUNT;
    if (field)
        c->left = parse_field(p, field + 1);
    else if (value)
        c->left = mp_template_parse(p, value + 1);
    else
        c->counted = parse_count(p, count + 1);
    c->right = mp_template_parse(p, op + 1);
    if ((!c->left && !c->counted) || !c->right)
        return NULL;
    return check_right(p, c) ? c : NULL;
}

mp_condition *mp_condition_parse(mp_parsing *p, const mp_json *node)
{
    if (node->kind != MP_JSON_OBJECT) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a condition is an object, not %s",
              mp_json_kind_name((mp_json_kind)node->kind));
        return NULL;
    }
    struct parts parts = { 0 };
    collect(p, node, &parts);
    if (!parts.ok)
        return NULL;
    const mp_json *all = parts.keys[KEY_ALL_OF], *any = parts.keys[KEY_ANY_OF];
    const mp_json *negated = parts.keys[KEY_NOT];
    if (!all && !any && !negated)
        return parse_test(p, node, &parts);
    if (node->count != 1) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "allOf, anyOf and not stand alone in a condition");
        return NULL;
    }
    return negated ? parse_not(p, node, negated)
           : all   ? parse_group(p, node, MP_CONDITION_ALL, all)
                   : parse_group(p, node, MP_CONDITION_ANY, any);
}
