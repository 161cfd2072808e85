/* SPDX-License-Identifier: Apache-2.0 */
/* The resources of one template at one scope: loops run, conditions decided, children named after their parents,
 * ids made. Microsoft Learn, "Resource iteration in ARM templates", "Set name and type for child resources",
 * "Scope for extension resources", "Conditional deployment". */
#include "template_internal.h"

#include <inttypes.h>

#include "digest.h"

mp_code tpl_source_new(source **out, mp_deployment *d, const mp_json *root, mp_str pointer, mp_error *err)
{
    source *s = MP_ARENA_NEW(&d->arena, source);
    size_t  nodes = mp_json_nodes(root);
    if (nodes > MP_TEMPLATE_NODES)
        return tpl_placed_at(pointer, mp_fail(err, MP_LIMIT, MP_NOWHERE, "a template has at most %d values, this has %zu",
                                          MP_TEMPLATE_NODES, nodes), err);
    if (!s)
        return tpl_out_of_memory(d, err);
    *s = (source){ .root = root, .nodes = nodes, .pointer = pointer };
    s->parsed = MP_ARENA_ARRAY(&d->arena, mp_expr *, nodes);
    if (!s->parsed)
        return tpl_out_of_memory(d, err);
    *out = s;
    return MP_OK;
}

/* ---- units ---- */

static mp_code hash_template(mp_str *out, mp_deployment *d, const mp_json *template_json, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_json(&b, template_json);
    uint64_t hash = b.failed ? 0 : mp_murmur64(mp_buf_str(&b), 0);
    bool     failed = b.failed;
    mp_buf_free(&b);
    *out = mp_arena_printf(&d->arena, "%" PRIu64, hash);
    return failed || !out->ptr ? tpl_out_of_memory(d, err) : MP_OK;
}

mp_code tpl_unit_new(unit **out, mp_deployment *d, unit *parent, item *asked_by, frame *f, source *s,
                 const mp_json *template_json, const scope *where, mp_error *err)
{
    const mp_deployment_context *c = &d->context;
    unit *u = MP_ARENA_NEW(&d->arena, unit);
    if (!u)
        return tpl_out_of_memory(d, err);
    *u = (unit){ .parent = parent, .asked_by = asked_by, .frame = f, .source = s, .template_json = template_json,
                 .scope = *where, .name = asked_by ? asked_by->name : c->name, .location = asked_by ? MP_S("") : c->location,
                 .nesting = parent ? parent->nesting + 1 : 0 };
    u->mode = !asked_by && c->mode.len ? c->mode : MP_S("Incremental");
    u->is_symbolic = mp_json_is(mp_json_get_fold(template_json, MP_S("resources")), MP_JSON_OBJECT);
    u->pointer = tpl_pointer_of(s, template_json, &d->arena);
    MP_TRY(tpl_take_steps(d, mp_json_nodes(template_json), err));
    MP_TRY(hash_template(&u->hash, d, template_json, err));
    MP_TRY(tpl_join_id(&u->id, d, where->id, MP_S("Microsoft.Resources/deployments"), u->name, err));
    *out = u;
    return u->pointer.ptr ? MP_OK : tpl_out_of_memory(d, err);
}

/* A template whose expressions belong to the one around it is a property of a resource there: all of it is worked out
 * at run time, names and conditions too. */
static place place_in(const unit *u, place where)
{
    return u->asked_by && u->frame->unit != u && where == PLACE_SHAPE ? PLACE_RUN_TIME : where;
}

eval tpl_item_eval(mp_deployment *d, const item *it, place where)
{
    eval e = tpl_eval_begin(d, it->unit, it->unit->frame, it->unit->source, place_in(it->unit, where));
    e.loops = it->loops;
    return e;
}

/* ---- ids ---- */

/* What the resource's "scope" says: an id, or a resource of the deployment's scope. */
static mp_code scope_given(mp_str *out, eval *e, const item *it, const mp_json *node, mp_error *err)
{
    mp_str text, type, name;
    MP_TRY(tpl_eval_text(&text, e, node, "scope", err));
    *out = mp_str_eq(text, MP_S("/")) ? MP_S("") : text;
    if (mp_str_starts(text, MP_S("/")))
        return MP_OK;
    if (!tpl_split_id(&type, &name, &e->d->arena, text))
        return tpl_placed(e->d, e->source, node,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"scope\" wants an id or Namespace/type/name, not \"%.*s\"",
                              MP_FMT(text)), err);
    return tpl_placed(e->d, e->source, node, tpl_join_id(out, e->d, it->unit->scope.id, type, name, err), err);
}

/* A nested deployment goes where "scope", or "subscriptionId" and "resourceGroup", say. */
static mp_code nested_target(mp_str *out, eval *e, const item *it, mp_error *err)
{
    const mp_json *subscription = mp_json_get_fold(it->node, MP_S("subscriptionId"));
    const mp_json *group = mp_json_get_fold(it->node, MP_S("resourceGroup"));
    mp_str         s = it->unit->scope.subscription, g;
    *out = it->unit->scope.id;
    if (!subscription && !group)
        return MP_OK;
    if (subscription)
        MP_TRY(tpl_eval_text(&s, e, subscription, "subscriptionId", err));
    *out = mp_arena_printf(&e->d->arena, "/subscriptions/%.*s", MP_FMT(s));
    if (group) {
        MP_TRY(tpl_eval_text(&g, e, group, "resourceGroup", err));
        *out = mp_arena_printf(&e->d->arena, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(s), MP_FMT(g));
    }
    return out->ptr ? MP_OK : tpl_out_of_memory(e->d, err);
}

static mp_code make_id(item *it, eval *e, mp_error *err)
{
    const mp_json *given = mp_json_get_fold(it->node, MP_S("scope"));
    const mp_json *foreign = mp_json_get_fold(it->node, MP_S("resourceGroup"));
    const mp_json *name = mp_json_get_fold(it->node, MP_S("name"));
    mp_str         base = it->unit->scope.id;
    foreign = foreign ? foreign : mp_json_get_fold(it->node, MP_S("subscriptionId"));
    if (given)
        MP_TRY(scope_given(&base, e, it, given, err));
    else if (it->is_nested)
        MP_TRY(nested_target(&base, e, it, err));
    else if (foreign)
        return tpl_placed(e->d, e->source, foreign,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" is for nested deployments only",
                              "resourceGroup, subscriptionId"), err);
    if (it->is_nested)
        MP_TRY(tpl_placed(e->d, e->source, it->node, tpl_scope_parse(&it->target, e->d, base, err), err));
    return tpl_placed(e->d, e->source, name ? name : it->node,
                  tpl_join_id(&it->id, e->d, it->is_nested ? it->target.id : base, it->type, it->name, err), err);
}

static mp_code wanted_text(mp_str *out, eval *e, const mp_json *resource, const char *name, mp_error *err)
{
    const mp_json *v = mp_json_get_fold(resource, mp_str_from(name));
    if (!v)
        return tpl_placed(e->d, e->source, resource,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" is missing here", name), err);
    return tpl_eval_text(out, e, v, name, err);
}

/* A resource within another one is named after it, unless its type says the whole. */
static mp_code name_child(item *it, eval *e, mp_error *err)
{
    mp_str first = mp_str_of(it->type.ptr, mp_str_find(it->type, '/') == SIZE_MAX ? 0 : mp_str_find(it->type, '/'));
    bool   is_whole = mp_str_find(first, '.') != SIZE_MAX;
    if (!it->parent || is_whole)
        return MP_OK;
    it->type = mp_arena_printf(&e->d->arena, "%.*s/%.*s", MP_FMT(it->parent->type), MP_FMT(it->type));
    it->name = mp_arena_printf(&e->d->arena, "%.*s/%.*s", MP_FMT(it->parent->name), MP_FMT(it->name));
    return it->type.ptr && it->name.ptr ? MP_OK : tpl_out_of_memory(e->d, err);
}

static mp_code identify(item *it, eval *e, mp_error *err)
{
    const mp_json *version = mp_json_get_fold(it->node, MP_S("apiVersion"));
    bool           has_profile = mp_json_get_fold(it->unit->template_json, MP_S("apiProfile")) != NULL;
    MP_TRY(wanted_text(&it->type, e, it->node, "type", err));
    MP_TRY(wanted_text(&it->name, e, it->node, "name", err));
    if (version || !has_profile)
        MP_TRY(wanted_text(&it->api_version, e, it->node, "apiVersion", err));
    MP_TRY(name_child(it, e, err));
    return make_id(it, e, err);
}

/* ---- items ---- */

static mp_code append(item **out, mp_deployment *d, unit *u, mp_error *err)
{
    if (u->count == MP_TEMPLATE_RESOURCES)
        return tpl_placed_at(u->pointer, mp_fail(err, MP_LIMIT, MP_NOWHERE, "a template asks for at most %d resources",
                                             MP_TEMPLATE_RESOURCES), err);
    if (d->resources++ == MP_DEPLOYMENT_RESOURCES)
        return tpl_placed_at(u->pointer, mp_fail(err, MP_LIMIT, MP_NOWHERE, "a deployment asks for at most %d resources",
                                             MP_DEPLOYMENT_RESOURCES), err);
    if (u->count == u->cap) {
        uint32_t cap = u->cap ? 2 * u->cap : 8;
        item   **items = MP_ARENA_ARRAY(&d->arena, item *, cap);
        if (!items)
            return tpl_out_of_memory(d, err);
        if (u->count)
            memcpy(items, u->items, u->count * sizeof *items);
        u->items = items;
        u->cap = cap;
    }
    *out = MP_ARENA_NEW(&d->arena, item);
    if (!*out)
        return tpl_out_of_memory(d, err);
    (*out)->number = u->count;
    u->items[u->count++] = *out;
    return MP_OK;
}

static mp_code expand_list(mp_deployment *d, unit *u, const mp_json *list, item *parent, loop *loops, mp_error *err);

static mp_code decide(item *it, eval *e, mp_error *err)
{
    const mp_json *condition = mp_json_get_fold(it->node, MP_S("condition"));
    const mp_json *existing = mp_json_get_fold(it->node, MP_S("existing"));
    bool           holds = true;
    if (existing && it->unit->is_symbolic)
        MP_TRY(tpl_eval_truth(&it->is_existing, e, existing, "existing", err));
    if (condition)
        MP_TRY(tpl_eval_truth(&holds, e, condition, "condition", err));
    it->is_dropped = !holds;
    return MP_OK;
}

/* What a dropped resource is called matters only to those that depend on it: it may fail. */
static mp_code add_item(mp_deployment *d, unit *u, const mp_json *node, mp_str symbolic, item *parent, loop *loops,
                        mp_str loop_name, mp_error *err)
{
    item *it;
    MP_TRY(append(&it, d, u, err));
    it->unit = u;
    it->node = node;
    it->parent = parent;
    it->symbolic = symbolic;
    it->loop_name = loop_name;
    it->loops = loops;
    it->is_nested = tpl_is_nested_type(node);
    eval e = tpl_item_eval(d, it, PLACE_SHAPE);
    e.arena = &d->arena;
    MP_TRY(decide(it, &e, err));
    mp_error mine = { 0 };
    mp_code  code = identify(it, &e, &mine);
    if (code != MP_OK && (!it->is_dropped || code == MP_NOMEM || code == MP_LIMIT)) {
        if (err)
            *err = mine;
        return code;
    }
    if (code != MP_OK) {
        it->id = MP_S("");
        d->met_unknown = false;
    }
    const mp_json *children = mp_json_get_fold(node, MP_S("resources"));
    return children && children->kind >= MP_JSON_ARRAY && it->id.len ? expand_list(d, u, children, it, loops, err) : MP_OK;
}

static mp_code add_loop(mp_deployment *d, unit *u, const mp_json *node, const mp_json *copy, mp_str symbolic,
                        item *parent, loop *outer, mp_error *err)
{
    eval           e = tpl_eval_begin(d, u, u->frame, u->source, place_in(u, PLACE_SHAPE));
    const mp_json *count_node = mp_json_get_fold(copy, MP_S("count"));
    uint32_t       count;
    mp_str         name = MP_S("");
    e.arena = &d->arena;
    e.loops = outer;
    if (parent)
        return tpl_placed(d, u->source, copy,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "a resource within another one has no \"copy\"; move it out"),
                      err);
    if (!count_node)
        return tpl_placed(d, u->source, copy,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" is missing here", "count"), err);
    if (mp_json_get_fold(copy, MP_S("name")) || !symbolic.len)
        MP_TRY(wanted_text(&name, &e, copy, "name", err));
    MP_TRY(tpl_eval_count(&count, &e, count_node, err));
    for (uint32_t i = 0; i < count; i++) {
        loop *l = MP_ARENA_NEW(&d->arena, loop);
        if (!l)
            return tpl_out_of_memory(d, err);
        *l = (loop){ .name = name, .index = i, .is_resource = true, .outer = outer };
        MP_TRY(add_item(d, u, node, symbolic, parent, l, name, err));
    }
    return MP_OK;
}

static mp_code expand(mp_deployment *d, unit *u, const mp_json *node, mp_str symbolic, item *parent, loop *loops,
                      mp_error *err)
{
    const mp_json *copy = mp_json_get_fold(node, MP_S("copy"));
    if (node->kind != MP_JSON_OBJECT)
        return tpl_placed(d, u->source, node,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "resource", "object",
                              mp_json_kind_name((mp_json_kind)node->kind)), err);
    if (copy && copy->kind != MP_JSON_NULL)
        return add_loop(d, u, node, copy, symbolic, parent, loops, err);
    return add_item(d, u, node, symbolic, parent, loops, MP_S(""), err);
}

static mp_code expand_list(mp_deployment *d, unit *u, const mp_json *list, item *parent, loop *loops, mp_error *err)
{
    if (list->kind == MP_JSON_OBJECT)
        for (MP_JSON_MEMBERS(key, list))
            MP_TRY(expand(d, u, key + 1, mp_json_str(key), parent, loops, err));
    else
        for (MP_JSON_EACH(one, list))
            MP_TRY(expand(d, u, one, MP_S(""), parent, loops, err));
    return MP_OK;
}

static mp_code check_duplicates(mp_deployment *d, const unit *u, mp_error *err)
{
    for (uint32_t i = 0; i < u->count; i++)
        for (uint32_t k = 0; k < i; k++) {
            const item *a = u->items[k], *b = u->items[i];
            bool        both = !a->is_dropped && !b->is_dropped && !a->is_existing && !b->is_existing;
            if (both && mp_str_eq_fold(a->id, b->id))
                return tpl_placed(d, u->source, b->node,
                              mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the template asks twice for \"%.*s\"", MP_FMT(b->id)),
                              err);
        }
    return MP_OK;
}

mp_code tpl_unit_expand(mp_deployment *d, unit *u, mp_error *err)
{
    MP_TRY(expand_list(d, u, mp_json_get_fold(u->template_json, MP_S("resources")), NULL, u->loops, err));
    return check_duplicates(d, u, err);
}

/* ---- nested deployments ---- */

/* The template within: mostly an object; an expression may give one. */
static mp_code find_template(const mp_json **out, source **s, eval *e, const item *it, mp_error *err)
{
    const mp_json *properties = mp_json_get_fold(it->node, MP_S("properties"));
    const mp_json *within = mp_json_get_fold(properties, MP_S("template"));
    const mp_json *link = mp_json_get_fold(properties, MP_S("templateLink"));
    mp_deployment *d = e->d;
    if (!within && link)
        return tpl_placed(d, e->source, link,
                      mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE,
                              "\"templateLink\" is not followed; put the template itself into \"template\""), err);
    if (!within)
        return tpl_placed(d, e->source, it->node,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "a nested deployment has its template in properties.template"),
                      err);
    const mp_json *values = mp_json_get_fold(properties, MP_S("parametersLink"));
    if (values)
        return tpl_placed(d, e->source, values,
                          mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE,
                                  "\"parametersLink\" is not followed; put the values into \"parameters\""), err);
    *s = it->unit->source;
    *out = within;
    if (within->kind == MP_JSON_STRING) {
        value  v;
        mp_str pointer = tpl_pointer_of(e->source, within, &d->arena);
        MP_TRY(tpl_eval_node(&v, e, within, err));
        d->met_unknown = d->met_unknown || v.is_unknown;
        if (v.is_unknown)
            return tpl_placed(
                d, e->source, within,
                mp_fail(err, MP_EVALUATION, MP_NOWHERE, "\"%s\" cannot be known before the deployment", "template"),
                err);
        *out = v.json;
        MP_TRY(tpl_source_new(s, d, v.json, pointer, err));
    }
    if ((*out)->kind != MP_JSON_OBJECT)
        return tpl_placed(d, e->source, within,
                      mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "template", "object",
                              mp_json_kind_name((mp_json_kind)(*out)->kind)), err);
    return MP_OK;
}

mp_code tpl_unit_enter(unit **out, mp_deployment *d, item *it, mp_error *err)
{
    eval           e = tpl_item_eval(d, it, PLACE_RUN_TIME);
    const mp_json *within = NULL, *location = mp_json_get_fold(it->node, MP_S("location"));
    source        *s;
    frame         *f = it->unit->frame;
    unit          *u;
    bool           is_inner = tpl_nested_is_inner(it->node);
    e.arena = &d->arena;
    if (it->unit->nesting == MP_DEPLOYMENT_NESTING)
        return tpl_placed(d, e.source, it->node,
                      mp_fail(err, MP_LIMIT, MP_NOWHERE, "deployments nest at most %d deep", MP_DEPLOYMENT_NESTING), err);
    MP_TRY(find_template(&within, &s, &e, it, err));
    if (is_inner)
        MP_TRY(tpl_frame_new(&f, d, s, within, err));
    MP_TRY(tpl_unit_new(&u, d, it->unit, it, f, s, within, &it->target, err));
    if (s != it->unit->source)
        MP_TRY(tpl_check_template(d, f, s, within, is_inner, u->nesting, err));
    if (location)
        MP_TRY(tpl_eval_text(&u->location, &e, location, "location", err));
    if (is_inner) {
        f->unit = u;
        f->scope = &u->scope;
        MP_TRY(tpl_frame_bind_nested(&e, f, mp_json_get_fold(mp_json_get_fold(it->node, MP_S("properties")),
                                                         MP_S("parameters")), err));
        MP_TRY(tpl_frame_resolve(d, f, err));
    } else {
        u->loops = it->loops;
    }
    MP_TRY(tpl_unit_expand(d, u, err));
    MP_TRY(tpl_unit_order(d, u, err));
    *out = u;
    return MP_OK;
}
