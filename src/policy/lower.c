/* SPDX-License-Identifier: Apache-2.0 */
#include "lower.h"

#include "context.h"
#include "functions.h"
#include "fn_date.h"
#include "jsonw.h"
#include "text.h"

/* Three small recursions: conditions, templates, expressions; and between them the question what a
 * field's name stands for. Frame 0 is the document that is judged, frame 1 the related one of an
 * existenceCondition: there a field reads the related document, while the function field() goes on
 * reading the original (Microsoft Learn, "Azure Policy definitions deployIfNotExists effect"). */

void mp_lowering_init(mp_lowering *l, mp_arena *arena, const mp_bound *bound,
                      const mp_aliases *aliases, mp_str type, bool keep_all)
{
    *l = (mp_lowering){ .bound = bound, .aliases = aliases, .type = type };
    mp_tree_builder_init(&l->builder, arena, keep_all);
}

static mp_tree *fail_memory(mp_lowering *l)
{
    l->failed = true;
    return NULL;
}

static mp_tree *failure(mp_lowering *l, mp_code code, uint32_t origin, mp_str message)
{
    return message.ptr ? mp_tree_fail(&l->builder, code, message, origin) : fail_memory(l);
}

#define FAILURE(l, code, origin, ...) \
    failure((l), (code), (origin), mp_arena_printf((l)->builder.arena, __VA_ARGS__))

static const mp_path no_path = { NULL, 0 };

/* ---- locations ---- */

mp_str mp_location_name(mp_str location, mp_arena *arena)
{
    char *out = mp_arena_alloc(arena, location.len + 1);
    if (!out)
        return mp_str_of(NULL, 0);
    size_t len = 0;
    for (size_t i = 0; i < location.len; i++) {
        char c = location.ptr[i];
        if (c != ' ')
            out[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return mp_str_of(out, len);
}

static const mp_json *location_value(const mp_json *v, mp_arena *arena)
{
    if (v->kind == MP_JSON_STRING) {
        mp_str name = mp_location_name(mp_json_str(v), arena);
        return name.ptr ? mp_json_make_str(arena, name) : NULL;
    }
    if (v->kind != MP_JSON_ARRAY)
        return v;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(item, v)) {
        const mp_json *one = item->kind == MP_JSON_STRING ? location_value(item, arena) : item;
        if (!one)
            return NULL;
        mp_jsonw_value(&w, one);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code location_impl(const mp_json **out, const mp_call *call, mp_error *err)
{
    *out = location_value(call->args[0], call->arena);
    return *out ? MP_OK : mp_no_memory(err);
}

/* Both sides of a condition on location are brought to this form. */
static const mp_function location_function = {
    MP_S_INIT("location"), 1, 1, location_impl, "location(name)"
};

/* ---- parts of an image id ---- */

/* ".../Publishers/Canonical/..." and "Publishers" give "Canonical"; without it, the third argument. */
static mp_code segment_impl(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str found = MP_S("");
    if (call->args[0]->kind == MP_JSON_STRING) {
        mp_str id = mp_json_str(call->args[0]), wanted = mp_json_str(call->args[1]);
        bool   is_next = false;
        while (id.len) {
            size_t end = mp_str_find(id, '/');
            mp_str segment = mp_str_of(id.ptr, end == SIZE_MAX ? id.len : end);
            if (is_next) {
                found = segment;
                break;
            }
            is_next = mp_str_eq_fold(segment, wanted);
            id = mp_str_skip(id, segment.len + 1);
        }
    }
    *out = found.len ? mp_json_make_str(call->arena, found) : call->args[2];
    return *out ? MP_OK : mp_no_memory(err);
}

static const mp_function segment_function = {
    MP_S_INIT("segment"), 3, 3, segment_impl, "segment(id, after, otherwise)"
};

/* ---- fields ---- */

static mp_str type_of_frame(const mp_lowering *l, uint8_t frame)
{
    return frame ? l->related_type : l->type;
}

static mp_tree *constant_text(mp_lowering *l, mp_str text, uint32_t origin)
{
    const mp_json *v = mp_json_make_str(l->builder.arena, text);
    return v ? mp_tree_value(&l->builder, v, origin) : fail_memory(l);
}

static mp_tree *input(mp_lowering *l, uint8_t frame, mp_input which, mp_path_use use, uint32_t origin)
{
    return mp_tree_input(&l->builder, frame, which, no_path, use, origin);
}

/* "tags", "tags.x", "tags['x']", "tags[x]": a member of the tags, whatever its name holds; but
 * tags[*] is the array of their values. */
static bool is_tags(mp_str name)
{
    return mp_str_starts_fold(name, MP_S("tags")) &&
           (name.len == 4 || name.ptr[4] == '.' || name.ptr[4] == '[');
}

/* What stands in quotes, where two are one: tags['''x'''] is the tag 'x', apostrophes and all. */
static mp_str unquoted(mp_str key, mp_arena *arena)
{
    key = mp_str_of(key.ptr + 1, key.len - 2);
    char  *out = mp_arena_alloc(arena, key.len + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < key.len; i++) {
        out[len++] = key.ptr[i];
        if (key.ptr[i] == '\'' && i + 1 < key.len && key.ptr[i + 1] == '\'')
            i++;
    }
    return mp_str_of(out, len);
}

bool mp_tag_name(mp_str *key, mp_str field, mp_arena *arena)
{
    if (!is_tags(field) || field.len == 4)
        return false;
    *key = mp_str_skip(field, 5);
    if (field.ptr[4] == '.')
        return true;
    size_t end = mp_str_rfind(*key, ']'); /* the last one: tag names may hold brackets and dots */
    key->len = end == SIZE_MAX ? key->len : end;
    if (key->len >= 2 && key->ptr[0] == '\'' && key->ptr[key->len - 1] == '\'')
        *key = unquoted(*key, arena);
    return true;
}

static mp_tree *tags_field(mp_lowering *l, uint8_t frame, mp_str name, mp_path_use use, uint32_t origin)
{
    mp_str key;
    l->found.reads_tags = true;
    if (!mp_tag_name(&key, name, l->builder.arena))
        return input(l, frame, MP_INPUT_TAGS, use, origin);
    mp_step *step = MP_ARENA_NEW(l->builder.arena, mp_step);
    if (!step || !key.ptr)
        return fail_memory(l);
    if (!mp_str_eq_fold(name, MP_S("tags[*]")))
        step->key = key;
    return mp_tree_input(&l->builder, frame, MP_INPUT_TAGS, (mp_path){ step, 1 }, use, origin);
}

static mp_tree *path_field(mp_lowering *l, uint8_t frame, mp_str text, mp_path_use use, uint32_t origin)
{
    mp_path  path;
    mp_error err = { 0 };
    mp_code  code = mp_path_parse(&path, text, l->builder.arena, &err);
    if (code == MP_NOMEM)
        return fail_memory(l);
    if (code != MP_OK)
        return FAILURE(l, MP_COMPILE, origin, "%s", err.message);
    return mp_tree_path(&l->builder, frame, path, use, origin);
}

/* What a name that stands for nothing reads as: with [*] an empty collection. */
static const mp_json no_elements = { .kind = MP_JSON_ARRAY, .u = { .span = 1 } };

static mp_tree *missing_field(mp_lowering *l, mp_str name, mp_path_use use, uint32_t origin)
{
    if (mp_str_find_str(name, MP_S("[*]")) != SIZE_MAX)
        return mp_tree_value(&l->builder, &no_elements, origin);
    return use == MP_PATH_FUNCTION ? constant_text(l, MP_S(""), origin)
                                   : mp_tree_value(&l->builder, NULL, origin);
}

static bool is_missing_array(const mp_tree *t)
{
    return t && t->kind == MP_TREE_VALUE && t->value == &no_elements;
}

static mp_tree *alias_field(mp_lowering *l, uint8_t frame, mp_str name, mp_path_use use, uint32_t origin)
{
    mp_alias_match match;
    mp_alias       alias;
    mp_error       err = { 0 };
    mp_code code = mp_alias_find(&match, &alias, l->aliases, type_of_frame(l, frame), name,
                                 l->api_version, l->builder.arena, &err);
    if (code == MP_NOMEM)
        return fail_memory(l);
    if (code != MP_OK)
        return FAILURE(l, MP_COMPILE, origin, "%s", err.message);
    if (match == MP_ALIAS_UNKNOWN && mp_str_find(name, '/') == SIZE_MAX) /* a path of the document */
        return path_field(l, frame, name, use, origin);
    if (match != MP_ALIAS_FOUND) {
        l->found.unknown_alias = l->found.unknown_alias || match == MP_ALIAS_UNKNOWN;
        return missing_field(l, name, use, origin);
    }
    mp_tree *at = mp_tree_path(&l->builder, frame, alias.path, use, origin);
    if (!at || alias.extract.len == 0)
        return at;
    mp_tree *args[3] = { at, constant_text(l, alias.extract, origin), missing_field(l, name, use, origin) };
    return mp_tree_call(&l->builder, &segment_function, args, 3, origin);
}

static const struct {
    mp_str   name;
    mp_input which;
} input_fields[] = {
    { MP_S_INIT("name"), MP_INPUT_NAME },
    { MP_S_INIT("fullName"), MP_INPUT_FULL_NAME },
    { MP_S_INIT("id"), MP_INPUT_ID },
    { MP_S_INIT("type"), MP_INPUT_TYPE },
    { MP_S_INIT("location"), MP_INPUT_LOCATION },
    { MP_S_INIT("apiVersion"), MP_INPUT_API_VERSION },
};

static bool is_root_field(mp_str name)
{
    static const mp_str names[] = { MP_S_INIT("kind"), MP_S_INIT("identity"), MP_S_INIT("identity.type"),
                                    MP_S_INIT("identity.userAssignedIdentities"),
                                    MP_S_INIT("identity.principalId"), MP_S_INIT("identity.tenantId") };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(names[i], name))
            return true;
    return false;
}

/* What the field `name` stands for, in frame 0 or 1. */
static mp_tree *field(mp_lowering *l, uint8_t frame, mp_str name, mp_path_use use, uint32_t origin)
{
    if (l->aliases == mp_aliases_plain())
        return path_field(l, frame, name, use, origin);
    /* What an existenceCondition reads is settled for all types at once: there no name depends on one. */
    bool is_any_type = l->in_existence && l->in_name;
    if (mp_str_eq_fold(name, MP_S("type")) && !is_any_type)
        return constant_text(l, type_of_frame(l, frame), origin);
    for (size_t i = 0; i < MP_COUNT(input_fields); i++)
        if (mp_str_eq_fold(input_fields[i].name, name))
            return input(l, frame, input_fields[i].which, use, origin);
    if (is_tags(name))
        return tags_field(l, frame, name, use, origin);
    if (is_root_field(name))
        return path_field(l, frame, name, use, origin);
    return alias_field(l, frame, name, use, origin);
}

/* ---- expressions ---- */

static mp_tree *lower_expr(mp_lowering *l, const mp_expr *e, uint32_t origin);

static mp_tree *lower_parameter(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_tree *name = lower_expr(l, e->args[0], origin);
    if (!name)
        return fail_memory(l);
    if (name->kind != MP_TREE_VALUE || !mp_json_is(name->value, MP_JSON_STRING))
        return name->kind == MP_TREE_FAIL
                   ? name
                   : FAILURE(l, MP_COMPILE, origin, "parameters() wants the name of a parameter");
    mp_str wanted = mp_json_str(name->value);
    for (uint32_t i = 0; i < l->bound->count; i++) {
        if (!mp_str_eq_fold(l->bound->parameters[i].name, wanted))
            continue;
        if (l->bound->values[i])
            return mp_tree_value(&l->builder, l->bound->values[i], origin);
        return FAILURE(l, MP_PARAMETER, origin, "parameter \"%.*s\" has no value", MP_FMT(wanted));
    }
    return FAILURE(l, MP_PARAMETER, origin, "there is no parameter \"%.*s\"", MP_FMT(wanted));
}

/* The argument of field() or current(), which must be known by now. False: *out is the failure. */
static bool constant_name(mp_lowering *l, const mp_expr *e, uint32_t origin, mp_str *name, mp_tree **out)
{
    bool was_in_name = l->in_name;
    l->in_name = true;
    *out = lower_expr(l, e->args[0], origin);
    l->in_name = was_in_name;
    if (!*out || (*out)->kind == MP_TREE_FAIL)
        return false;
    if ((*out)->kind != MP_TREE_VALUE || !mp_json_is((*out)->value, MP_JSON_STRING)) {
        *out = FAILURE(l, MP_COMPILE, origin,
                       "%.*s() wants a name that does not depend on the resource",
                       MP_FMT(e->function->name));
        return false;
    }
    *name = mp_json_str((*out)->value);
    return true;
}

/* current('name') is the element of a count over a value; current('alias[*]') that of a count over a
 * field, or something below it; current() the innermost. */
static mp_tree *lower_current(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    bool     found;
    mp_str   name = { NULL, 0 };
    mp_tree *t = NULL;
    if (e->count && !constant_name(l, e, origin, &name, &t))
        return t;
    t = mp_tree_element(&l->builder, name, &found, origin);
    if (found)
        return t;
    if (name.ptr && l->builder.depth) {
        t = field(l, l->in_existence ? 1 : 0, name, MP_PATH_ELEMENT, origin);
        if (!t || t->is_scoped)
            return t;
    }
    return FAILURE(l, MP_COMPILE, origin, "current(%.*s) stands in no count of that name", MP_FMT(name));
}

/* Of requestContext() a scan knows the API version only: whatever else is read is the requester's. */
static bool is_api_version(const mp_expr *e)
{
    return e->kind == MP_EXPR_MEMBER && e->args[0]->kind == MP_EXPR_CALL &&
           e->args[0]->context == MP_CONTEXT_REQUEST && e->args[1]->literal &&
           e->args[1]->literal->kind == MP_JSON_STRING &&
           mp_str_eq_fold(mp_json_str(e->args[1]->literal), MP_S("apiVersion"));
}

/* resourceGroup().name and .id, subscription().subscriptionId and .id follow from the resource's id;
 * everything else needs the other document. */
static bool needs_document(const mp_expr *e)
{
    static const mp_str from_id[] = { MP_S_INIT("name"), MP_S_INIT("id"), MP_S_INIT("subscriptionId"),
                                      MP_S_INIT("type") };
    if (e->kind != MP_EXPR_MEMBER || !e->args[1]->literal ||
        e->args[1]->literal->kind != MP_JSON_STRING)
        return true;
    bool is_subscription = e->args[0]->context == MP_CONTEXT_SUBSCRIPTION;
    for (size_t i = is_subscription ? 1 : 0; i < MP_COUNT(from_id); i++)
        if (mp_str_eq_fold(mp_json_str(e->args[1]->literal), from_id[i]))
            return false;
    return true;
}

static bool is_context(const mp_expr *e)
{
    return e->kind == MP_EXPR_CALL && (e->context == MP_CONTEXT_RESOURCE_GROUP ||
                                       e->context == MP_CONTEXT_SUBSCRIPTION);
}

/* resourceGroup().tags or subscription().tags: asked for a tag that is not set, they give null. The
 * built-in policies that inherit tags rest on this. */
static bool is_context_tags(const mp_expr *e)
{
    return e->kind == MP_EXPR_MEMBER && is_context(e->args[0]) && e->args[1]->literal &&
           e->args[1]->literal->kind == MP_JSON_STRING &&
           mp_str_eq_fold(mp_json_str(e->args[1]->literal), MP_S("tags"));
}

static mp_tree *known_document(mp_lowering *l, bool is_group, uint32_t origin)
{
    mp_tree *document = input(l, 0, is_group ? MP_INPUT_RESOURCE_GROUP : MP_INPUT_SUBSCRIPTION,
                              MP_PATH_FIELD, origin);
    *(is_group ? &l->found.reads_group : &l->found.reads_subscription) = true;
    return mp_tree_call(&l->builder, is_group ? &mp_known_group : &mp_known_subscription, &document, 1,
                        origin);
}

/* What a member is read of. */
static mp_tree *lower_container(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    if (is_context(e->args[0]) && !needs_document(e)) {
        bool is_group = e->args[0]->context == MP_CONTEXT_RESOURCE_GROUP;
        l->found.names_context = true;
        return input(l, 0, is_group ? MP_INPUT_GROUP_NAMES : MP_INPUT_SUBSCRIPTION_NAMES, MP_PATH_FIELD,
                     origin);
    }
    bool     reads_identity = l->found.reads_identity;
    mp_tree *container = lower_expr(l, e->args[0], origin);
    if (is_api_version(e))
        l->found.reads_identity = reads_identity;
    return container;
}

static mp_tree *lower_member(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_tree *container = lower_container(l, e, origin);
    mp_tree *key = lower_expr(l, e->args[1], origin);
    if (is_context_tags(e->args[0]))
        return mp_tree_call(&l->builder, mp_function_find(MP_S("tryGet")),
                            (mp_tree *[]){ container, key }, 2, origin);
    return mp_tree_member(&l->builder, container, key, origin);
}

static mp_code date_impl(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_ticks now;
    if (call->args[0]->kind != MP_JSON_STRING || call->args[1]->kind != MP_JSON_STRING ||
        !mp_clock_parse(&now, mp_json_str(call->args[0])))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "utcNow() wants a format, a string");
    mp_str text;
    MP_TRY(mp_date_format_net(&text, call->arena, now, mp_json_str(call->args[1]), err));
    *out = mp_json_make_str(call->arena, text);
    return *out ? MP_OK : mp_no_memory(err);
}

static const mp_function date_function = { MP_S_INIT("utcNow"), 2, 2, date_impl, "utcNow([format])" };

static mp_tree *lower_now(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_tree *now = input(l, 0, MP_INPUT_NOW, MP_PATH_FIELD, origin);
    if (e->count == 0)
        return now;
    mp_tree *args[2] = { now, lower_expr(l, e->args[0], origin) };
    return mp_tree_call(&l->builder, &date_function, args, 2, origin);
}

static mp_tree *lower_policy(mp_lowering *l, uint32_t origin)
{
    if (l->bound->policy)
        return mp_tree_value(&l->builder, l->bound->policy, origin);
    return FAILURE(l, MP_EVALUATION, origin, "policy() is known only where a policy is assigned");
}

static mp_tree *lower_field_function(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_str   name;
    mp_tree *t;
    return constant_name(l, e, origin, &name, &t) ? field(l, 0, name, MP_PATH_FUNCTION, origin) : t;
}

static mp_tree *lower_if(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_tree *condition = lower_expr(l, e->args[0], origin);
    mp_tree *then = lower_expr(l, e->args[1], origin);
    mp_tree *otherwise = lower_expr(l, e->args[2], origin);
    return mp_tree_if(&l->builder, condition, then, otherwise, origin);
}

static mp_tree *lower_call(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    mp_tree *args[MP_POLICY_ARGUMENTS];
    for (uint32_t i = 0; i < e->count; i++)
        args[i] = lower_expr(l, e->args[i], origin);
    return mp_tree_call(&l->builder, e->function, args, e->count, origin);
}

static mp_tree *lower_expr(mp_lowering *l, const mp_expr *e, uint32_t origin)
{
    if (e->kind == MP_EXPR_LITERAL)
        return mp_tree_value(&l->builder, e->literal, origin);
    if (e->kind == MP_EXPR_MEMBER)
        return lower_member(l, e, origin);
    switch (e->context) {
    case MP_CONTEXT_PARAMETERS:
        return lower_parameter(l, e, origin);
    case MP_CONTEXT_FIELD:
        return lower_field_function(l, e, origin);
    case MP_CONTEXT_CURRENT:
        return lower_current(l, e, origin);
    case MP_CONTEXT_IF:
        return lower_if(l, e, origin);
    case MP_CONTEXT_POLICY:
        return lower_policy(l, origin);
    case MP_CONTEXT_UTC_NOW:
        return lower_now(l, e, origin);
    case MP_CONTEXT_REQUEST:
        l->found.reads_identity = true;
        return input(l, 0, MP_INPUT_REQUEST, MP_PATH_FIELD, origin);
    case MP_CONTEXT_RESOURCE_GROUP:
        return known_document(l, true, origin);
    case MP_CONTEXT_SUBSCRIPTION:
        return known_document(l, false, origin);
    default:
        return lower_call(l, e, origin);
    }
}

/* ---- templates ---- */

static mp_tree *lower_template(mp_lowering *l, const mp_template *t, uint32_t origin)
{
    if (t->kind == MP_TEMPLATE_CONST)
        return mp_tree_value(&l->builder, t->value, origin);
    if (t->kind == MP_TEMPLATE_EXPR)
        return lower_expr(l, t->expr, origin);
    bool      is_object = t->kind == MP_TEMPLATE_OBJECT;
    mp_tree **kids = MP_ARENA_ARRAY(l->builder.arena, mp_tree *, 2 * t->count + 1);
    if (!kids)
        return fail_memory(l);
    uint32_t       count = 0;
    const mp_json *item = mp_json_first(t->node);
    for (uint32_t i = 0; i < t->count; i++) {
        if (is_object)
            kids[count++] = mp_tree_value(&l->builder, item, origin);
        kids[count++] = lower_template(l, t->kids[i], origin);
        item = mp_json_next(is_object ? item + 1 : item);
    }
    return is_object ? mp_tree_object(&l->builder, kids, count, origin)
                     : mp_tree_array(&l->builder, kids, count, origin);
}

mp_tree *mp_lower_template(mp_lowering *l, const mp_template *t)
{
    mp_tree *tree = lower_template(l, t, 0);
    l->failed = l->failed || !tree;
    return tree;
}

mp_tree *mp_lower_details(mp_lowering *l, const mp_details *details)
{
    mp_tree **kids = MP_ARENA_ARRAY(l->builder.arena, mp_tree *, 2 * details->member_count + 1);
    if (!kids)
        return fail_memory(l);
    for (uint32_t i = 0; i < details->member_count; i++) {
        kids[2 * i] = constant_text(l, details->members[i].name, 0);
        kids[2 * i + 1] = lower_template(l, details->members[i].value, 0);
    }
    mp_tree *tree = mp_tree_object(&l->builder, kids, 2 * details->member_count, 0);
    l->failed = l->failed || !tree;
    return tree;
}

mp_code mp_template_constant(const mp_json **out, const mp_template *t, const mp_bound *bound,
                             mp_arena *arena, mp_error *err)
{
    mp_lowering l;
    mp_lowering_init(&l, arena, bound, mp_aliases_plain(), MP_S(""), false);
    mp_tree *tree = mp_lower_template(&l, t);
    if (!tree)
        return mp_no_memory(err);
    if (tree->kind == MP_TREE_FAIL)
        return mp_fail(err, tree->code, MP_NOWHERE, "%.*s", MP_FMT(tree->message));
    if (tree->kind != MP_TREE_VALUE)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE,
                       "the expression depends on a resource, where there is none");
    *out = tree->value ? tree->value : mp_json_make_null();
    return MP_OK;
}

/* ---- conditions ---- */

/* The name of the field that a condition tests; ptr NULL when only a document can tell. */
static mp_str field_name(mp_lowering *l, const mp_template *t, mp_tree **failed)
{
    *failed = NULL;
    if (t->kind == MP_TEMPLATE_CONST)
        return mp_json_str(t->value);
    l->in_name = true;
    mp_tree *name = lower_template(l, t, 0);
    l->in_name = false;
    if (name && name->kind == MP_TREE_VALUE && mp_json_is(name->value, MP_JSON_STRING))
        return mp_json_str(name->value);
    *failed = !name                       ? fail_memory(l)
              : name->kind == MP_TREE_FAIL ? name
                                           : FAILURE(l, MP_COMPILE, 0,
                                                     "a field's name may not depend on the resource");
    return mp_str_of(NULL, 0);
}

static mp_tree *lower_where(mp_lowering *l, const mp_count *count)
{
    return count->where ? mp_lower_condition(l, count->where) : NULL;
}

/* A loop that could not be opened; `depth` were open before. */
static mp_tree *too_deep(mp_lowering *l, uint8_t depth, uint32_t origin)
{
    l->builder.too_deep = false;
    l->builder.depth = depth;
    return FAILURE(l, MP_LIMIT, origin, "counts stand at most %d deep within each other",
                   MP_TREE_SCOPES);
}

static mp_tree *count_values(mp_lowering *l, const mp_condition *c)
{
    mp_tree *value = lower_template(l, c->counted->value, c->origin);
    if (!value)
        return NULL;
    bool     is_known = value->kind == MP_TREE_VALUE && mp_json_is(value->value, MP_JSON_ARRAY);
    uint32_t before = l->iterations, times = is_known ? value->value->count : 1;
    if (__builtin_mul_overflow(before ? before : 1, times, &times) || times > MP_POLICY_VALUE_ITERATIONS)
        return FAILURE(l, MP_LIMIT, c->origin,
                       "a count over a value, with those around it, takes at most %d steps",
                       MP_POLICY_VALUE_ITERATIONS);
    uint8_t depth = l->builder.depth;
    mp_tree_count_open_value(&l->builder, c->counted->name);
    if (l->builder.too_deep)
        return too_deep(l, depth, c->origin);
    l->iterations = times;
    mp_tree *where = lower_where(l, c->counted);
    l->iterations = before;
    if (c->counted->where && !where)
        return NULL;
    return mp_tree_count_close_value(&l->builder, value, where, c->origin);
}

static mp_tree *count_field(mp_lowering *l, const mp_condition *c)
{
    mp_tree *failed;
    mp_str   name = field_name(l, c->counted->field, &failed);
    if (!name.ptr)
        return failed;
    uint8_t  frame = l->in_existence ? 1 : 0;
    /* Any use gives the path; loops are opened on the whole of it. */
    uint8_t  depth = l->builder.depth;
    l->builder.depth = 0;
    mp_tree *at = field(l, frame, name, MP_PATH_FIELD, c->origin);
    l->builder.depth = depth;
    if (!at || at->kind == MP_TREE_FAIL)
        return at;
    if (is_missing_array(at)) {
        const mp_json *none = mp_json_make_int(l->builder.arena, 0);
        return none ? mp_tree_value(&l->builder, none, c->origin) : fail_memory(l);
    }
    if (at->kind != MP_TREE_PATH || mp_path_eaches(at->path) == 0)
        return FAILURE(l, MP_COMPILE, c->origin, "\"%.*s\" is no array to count", MP_FMT(name));
    mp_tree_count_open_path(&l->builder, at->frame, at->path);
    if (l->builder.too_deep)
        return too_deep(l, depth, c->origin);
    mp_tree *where = lower_where(l, c->counted);
    if (c->counted->where && !where)
        return NULL;
    return mp_tree_count_close_path(&l->builder, where, c->origin);
}

static mp_tree *lower_right(mp_lowering *l, const mp_condition *c, bool is_location)
{
    mp_tree *right = lower_template(l, c->right, c->origin);
    if (!right || !is_location)
        return right;
    return mp_tree_call(&l->builder, &location_function, &right, 1, c->origin);
}

static mp_tree *lower_field_test(mp_lowering *l, const mp_condition *c)
{
    mp_tree *failed;
    mp_str   name = field_name(l, c->left, &failed);
    if (!name.ptr)
        return failed;
    uint8_t frame = l->in_existence ? 1 : 0;
    bool    is_plain = l->aliases == mp_aliases_plain();
    bool    is_location = !is_plain && mp_str_eq_fold(name, MP_S("location")) &&
                       mp_operators[c->op].base != MP_OP_EXISTS;
    l->found.tests_location = l->found.tests_location || is_location;
    mp_tree *left = is_location ? input(l, frame, MP_INPUT_LOCATION_NAME, MP_PATH_FIELD, c->origin)
                                : field(l, frame, name, MP_PATH_FIELD, c->origin);
    if (is_missing_array(left)) /* no element that could fail the condition */
        return mp_tree_bool(&l->builder, true, c->origin);
    mp_tree *test = mp_tree_test(&l->builder, c->op, left, lower_right(l, c, is_location), c->origin);
    if (test && !is_plain && mp_tree_is_bool(test, true) && mp_str_eq_fold(name, MP_S("type")))
        l->found.names_type = true;
    return test;
}

static mp_tree *lower_test(mp_lowering *l, const mp_condition *c)
{
    if (c->left_kind == MP_LEFT_FIELD)
        return lower_field_test(l, c);
    mp_tree *left = c->left_kind == MP_LEFT_VALUE ? lower_template(l, c->left, c->origin)
                    : c->counted->field           ? count_field(l, c)
                                                  : count_values(l, c);
    if (!left)
        return NULL;
    return mp_tree_test(&l->builder, c->op, left, lower_right(l, c, false), c->origin);
}

static bool is_name_of(const mp_condition *c, mp_str name)
{
    return c->kind == MP_CONDITION_TEST && c->left_kind == MP_LEFT_FIELD &&
           c->left->kind == MP_TEMPLATE_CONST && mp_str_eq_fold(mp_json_str(c->left->value), name);
}

/* For applicability, only what tests the type, the kind or the name is asked; the rest is taken to
 * hold, which under a "not" means not to (Microsoft Learn, "Policy applicability"). */
static bool decides_applicability(const mp_lowering *l, const mp_condition *c)
{
    return is_name_of(c, MP_S("type")) || (l->keep_kind && is_name_of(c, MP_S("kind"))) ||
           (l->keep_name && is_name_of(c, MP_S("name")));
}

static mp_tree *lower(mp_lowering *l, const mp_condition *c, bool assumed)
{
    if (c->kind == MP_CONDITION_TEST) {
        if (l->applicability && !decides_applicability(l, c))
            return mp_tree_bool(&l->builder, assumed, c->origin);
        return lower_test(l, c);
    }
    if (c->kind == MP_CONDITION_NOT)
        return mp_tree_not(&l->builder, lower(l, c->kids[0], !assumed), c->origin);
    mp_tree **kids = MP_ARENA_ARRAY(l->builder.arena, mp_tree *, c->count + 1);
    if (!kids)
        return fail_memory(l);
    bool     is_all = c->kind == MP_CONDITION_ALL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        kids[count++] = lower(l, c->kids[i], assumed);
        /* Most rules begin with the type: when it is another one, the rest need not be lowered. */
        if (!l->builder.keep_all && is_all && mp_tree_is_bool(kids[i], false))
            break;
    }
    return is_all ? mp_tree_all(&l->builder, kids, count, c->origin)
                  : mp_tree_any(&l->builder, kids, count, c->origin);
}

mp_tree *mp_lower_condition(mp_lowering *l, const mp_condition *c)
{
    mp_tree *tree = lower(l, c, true);
    l->failed = l->failed || !tree;
    return tree;
}

static void note_fields(mp_condition_fields *fields, const mp_condition *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        note_fields(fields, c->kids[i]);
    if (c->kind != MP_CONDITION_TEST)
        return;
    if (is_name_of(c, MP_S("type")))
        fields->type = true;
    else if (is_name_of(c, MP_S("kind")))
        fields->kind = true;
    else if (is_name_of(c, MP_S("name")))
        fields->name = true;
    else
        fields->other = true;
    fields->location = fields->location || is_name_of(c, MP_S("location"));
}

mp_condition_fields mp_condition_fields_of(const mp_condition *c)
{
    mp_condition_fields fields = { 0 };
    note_fields(&fields, c);
    return fields;
}
