/* SPDX-License-Identifier: Apache-2.0 */
/* The resources one after the other: a stack of units (parent), of which the innermost is under way. A nested
 * deployment is entered when its turn comes, since its parameters may ask for what was deployed before it; when its
 * own resources are through, it is given out itself, with its outputs. */
#include "deployment.h"

#include <stdlib.h>

#include "template_internal.h"

static mp_code begin(mp_deployment *d, const mp_json *template_json, const mp_json *parameters, mp_error *err)
{
    source *s;
    frame  *f;
    if (template_json->kind != MP_JSON_OBJECT)
        return tpl_placed_at(MP_S("/template"),
                         mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%s\" should be of kind %s, not %s", "template", "object",
                                 mp_json_kind_name((mp_json_kind)template_json->kind)), err);
    if (parameters && mp_json_nodes(parameters) > MP_TEMPLATE_NODES)
        return tpl_placed_at(MP_S("/parameters"),
                         mp_fail(err, MP_LIMIT, MP_NOWHERE, "parameters have at most %d values, these have %zu",
                                 MP_TEMPLATE_NODES, mp_json_nodes(parameters)), err);
    MP_TRY(tpl_scope_parse(&d->scope, d, d->context.scope, err));
    MP_TRY(tpl_source_new(&s, d, template_json, MP_S("/template"), err));
    MP_TRY(tpl_frame_new(&f, d, s, template_json, err));
    MP_TRY(tpl_unit_new(&d->root, d, NULL, NULL, f, s, template_json, &d->scope, err));
    f->unit = d->root;
    f->scope = &d->root->scope;
    MP_TRY(tpl_check_template(d, f, s, template_json, true, 0, err));
    MP_TRY(tpl_frame_bind(d, f, parameters, err));
    MP_TRY(tpl_frame_resolve(d, f, err));
    MP_TRY(tpl_unit_expand(d, d->root, err));
    MP_TRY(tpl_unit_order(d, d->root, err));
    d->current = d->root;
    return MP_OK;
}

mp_code mp_deployment_new(mp_deployment **out, const mp_json *template_json, const mp_json *parameters,
                          const mp_deployment_context *context, mp_error *err)
{
    mp_deployment *d = calloc(1, sizeof *d);
    if (!d)
        return mp_no_memory(err);
    d->context = *context;
    d->context.steps = context->steps ? context->steps : MP_DEPLOYMENT_STEPS;
    d->steps = d->context.steps;
    d->arena.limit = d->step.limit = (size_t)MP_DEPLOYMENT_MIB << 20;
    mp_code code = begin(d, template_json, parameters, err);
    if (code == MP_OK)
        *out = d;
    else
        mp_deployment_free(d);
    return code;
}

void mp_deployment_free(mp_deployment *d)
{
    if (!d)
        return;
    mp_arena_free(&d->arena);
    mp_arena_free(&d->step);
    free(d);
}

/* ---- bodies ---- */

/* Members that say how a resource is deployed, and are no part of it. */
static bool is_of_template(mp_str name)
{
    static const mp_str names[] = {
        MP_S_INIT("type"), MP_S_INIT("name"), MP_S_INIT("apiVersion"), MP_S_INIT("condition"), MP_S_INIT("copy"),
        MP_S_INIT("dependsOn"), MP_S_INIT("scope"), MP_S_INIT("subscriptionId"), MP_S_INIT("resourceGroup"),
        MP_S_INIT("existing"), MP_S_INIT("comments"), MP_S_INIT("metadata"), MP_S_INIT("resources"),
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(names[i], name))
            return true;
    return false;
}

static mp_code write_body(value *out, mp_deployment *d, const item *it, bool masks, mp_error *err)
{
    eval     e = tpl_item_eval(d, it, PLACE_RUN_TIME);
    value    made = { 0 };
    mp_jsonw w;
    e.masks = masks;
    mp_jsonw_init(&w, e.arena);
    mp_jsonw_object(&w);
    MP_TRY(tpl_write_members(&made, &e, &w, it->node, is_of_template, err));
    mp_jsonw_end(&w);
    made.json = mp_jsonw_done(&w);
    if (made.json && made.is_unknown)
        made.json = tpl_without_markers(e.arena, made.json);
    *out = made;
    return made.json ? MP_OK : tpl_out_of_memory(d, err);
}

static mp_code set_needs(mp_deployment_resource *r, mp_deployment *d, const item *it, mp_error *err)
{
    mp_str *ids = MP_ARENA_ARRAY(&d->step, mp_str, (size_t)it->need_count + 1);
    if (!ids)
        return tpl_out_of_memory(d, err);
    for (uint32_t i = 0; i < it->need_count; i++)
        ids[i] = it->unit->items[it->needs[i]]->id;
    r->depends_on = ids;
    r->depends_on_count = it->need_count;
    return MP_OK;
}

/* All of a resource but its bodies. */
static mp_code describe(mp_deployment_resource *r, mp_deployment *d, const item *it, mp_error *err)
{
    *r = (mp_deployment_resource){ .id = it->id, .api_version = it->api_version, .deployment = it->unit->id };
    if (!tpl_split_id(&r->type, &r->name, &d->step, it->id)) {
        r->type = it->type;
        r->name = it->name;
    }
    r->pointer = tpl_pointer_of(it->unit->source, it->node, &d->step);
    if (!r->pointer.ptr)
        return tpl_out_of_memory(d, err);
    return set_needs(r, d, it, err);
}

static mp_code give_item(const mp_deployment_resource **out, mp_deployment *d, item *it, mp_error *err)
{
    value body, shown;
    bool  is_preview = d->context.is_preview;
    MP_TRY(write_body(&body, d, it, is_preview, err));
    shown = body;
    if (!is_preview && body.is_secure)
        MP_TRY(write_body(&shown, d, it, true, err));
    MP_TRY(describe(&d->resource, d, it, err));
    d->resource.body = body.json;
    d->resource.shown = shown.json;
    d->resource.has_unknown = is_preview && body.is_unknown;
    *out = &d->resource;
    return MP_OK;
}

/* ---- nested deployments ---- */

static const mp_json *record_of(mp_arena *arena, const unit *u, const mp_json *outputs)
{
    mp_jsonw w;
    bool     is_inner = u->frame->unit == u;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (u->location.len) {
        mp_jsonw_put_str(&w, "location", u->location);
    }
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "mode", u->mode);
    mp_jsonw_put_str(&w, "provisioningState", MP_S("Succeeded"));
    mp_jsonw_put_str(&w, "templateHash", u->hash);
    if (is_inner) {
        mp_jsonw_put_value(&w, "parameters", tpl_parameters_shown(arena, u->frame));
    }
    mp_jsonw_put_value(&w, "outputs", outputs);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code give_nested(const mp_deployment_resource **out, mp_deployment *d, unit *u, mp_error *err)
{
    item *it = u->asked_by;
    it->record = record_of(&d->arena, u, u->outputs);
    it->record_secure = u->outputs_secure;
    const mp_json *shown = record_of(&d->step, u, u->shown_outputs);
    if (!it->record || !shown)
        return tpl_out_of_memory(d, err);
    MP_TRY(describe(&d->resource, d, it, err));
    d->resource.body = d->resource.shown = shown;
    d->resource.is_deployment = true;
    *out = &d->resource;
    return MP_OK;
}

/* A nested deployment of which a preview cannot tell more than that it is there. */
static mp_code give_closed(const mp_deployment_resource **out, mp_deployment *d, item *it, const mp_error *why,
                           mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &d->step);
    mp_jsonw_object(&w);
    mp_jsonw_end(&w);
    MP_TRY(describe(&d->resource, d, it, err));
    d->resource.body = d->resource.shown = mp_jsonw_done(&w);
    d->resource.is_deployment = d->resource.is_unknown = true;
    d->resource.why = mp_arena_dup(&d->step, mp_str_from(why->message));
    *out = &d->resource;
    return d->resource.body && d->resource.why.ptr ? MP_OK : tpl_out_of_memory(d, err);
}

/* Enters the deployment that `it` asks for; `*out` stays NULL then. */
static mp_code enter(const mp_deployment_resource **out, mp_deployment *d, item *it, mp_error *err)
{
    unit    *u;
    mp_error mine = { 0 };
    d->met_unknown = false;
    mp_code code = tpl_unit_enter(&u, d, it, &mine);
    if (code == MP_OK) {
        d->current = u;
        return MP_OK;
    }
    if (d->context.is_preview && d->met_unknown && code != MP_NOMEM && code != MP_LIMIT)
        return give_closed(out, d, it, &mine, err);
    if (err)
        *err = mine;
    return code;
}

/* ---- outputs ---- */

typedef struct outputs {
    eval    *e;
    mp_jsonw real, shown;
    bool     is_secure;
} outputs;

static mp_code output_value(value *out, outputs *o, const mp_json *output, mp_error *err)
{
    eval          *e = o->e;
    const mp_json *node = mp_json_get_fold(output, MP_S("value")), *copy = mp_json_get_fold(output, MP_S("copy"));
    if (node)
        return tpl_eval_node(out, e, node, err);
    loop     each = { .outer = e->loops };
    uint32_t count;
    value    made = { 0 };
    mp_jsonw w;
    MP_TRY(tpl_eval_count(&count, e, mp_json_get_fold(copy, MP_S("count")), err));
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_array(&w);
    e->loops = &each;
    mp_code code = MP_OK;
    for (; each.index < count && code == MP_OK; each.index++)
        code = tpl_write_node(&made, e, &w, mp_json_get_fold(copy, MP_S("input")), err);
    e->loops = each.outer;
    MP_TRY(code);
    mp_jsonw_end(&w);
    made.json = mp_jsonw_done(&w);
    *out = made;
    return made.json ? MP_OK : tpl_out_of_memory(e->d, err);
}

static void write_output(mp_jsonw *w, mp_str name, mp_str type, const mp_json *v)
{
    mp_jsonw_key(w, name);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", type);
    if (v) {
        mp_jsonw_put_value(w, "value", v);
    }
    mp_jsonw_end(w);
}

static mp_code add_output(outputs *o, const frame *declaring, const mp_json *key, mp_error *err)
{
    eval          *e = o->e;
    const mp_json *output = key + 1, *condition = mp_json_get_fold(output, MP_S("condition"));
    bool           holds = true;
    value          v;
    if (condition)
        MP_TRY(tpl_eval_truth(&holds, e, condition, "condition", err));
    if (!holds)
        return MP_OK;
    MP_TRY(output_value(&v, o, output, err));
    v.is_secure = v.is_secure || tpl_schema_is_secure(declaring, output);
    if (v.json->kind != MP_JSON_NULL)
        MP_TRY(tpl_placed(e->d, e->source, output, tpl_schema_check(e->d, declaring, output, &v, err), err));
    o->is_secure = o->is_secure || v.is_secure;
    const mp_json *shown = v.is_secure ? NULL : tpl_without_markers(e->arena, v.json);
    if (!v.is_secure && !shown)
        return tpl_out_of_memory(e->d, err);
    write_output(&o->real, mp_json_str(key), tpl_schema_type(declaring, output), v.json);
    write_output(&o->shown, mp_json_str(key), tpl_schema_type(declaring, output), shown);
    return MP_OK;
}

mp_code tpl_unit_outputs(mp_deployment *d, unit *u, mp_error *err)
{
    const mp_json *all = mp_json_get_fold(u->template_json, MP_S("outputs"));
    eval           e = tpl_eval_begin(d, u, u->frame, u->source, PLACE_RUN_TIME);
    frame          declaring = { .template_json = u->template_json };
    outputs        o = { .e = &e };
    e.arena = &d->arena;
    e.loops = u->loops;
    mp_jsonw_init(&o.real, &d->arena);
    mp_jsonw_init(&o.shown, &d->arena);
    mp_jsonw_object(&o.real);
    mp_jsonw_object(&o.shown);
    if (mp_json_is(all, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, all))
            MP_TRY(add_output(&o, &declaring, key, err));
    mp_jsonw_end(&o.real);
    mp_jsonw_end(&o.shown);
    u->outputs = mp_jsonw_done(&o.real);
    u->shown_outputs = mp_jsonw_done(&o.shown);
    u->outputs_secure = o.is_secure;
    return u->outputs && u->shown_outputs ? MP_OK : tpl_out_of_memory(d, err);
}

/* ---- one after the other ---- */

static mp_code finish(const mp_deployment_resource **out, mp_deployment *d, unit *u, mp_error *err)
{
    MP_TRY(tpl_unit_outputs(d, u, err));
    d->current = u->parent;
    d->is_over = !u->parent;
    return u->parent ? give_nested(out, d, u, err) : MP_OK;
}

static mp_code advance(const mp_deployment_resource **out, mp_deployment *d, mp_error *err)
{
    mp_arena_reset(&d->step);
    *out = NULL;
    while (!*out && !d->is_over) {
        unit *u = d->current;
        if (u->next == u->ordered) {
            MP_TRY(finish(out, d, u, err));
            continue;
        }
        item *it = u->items[u->order[u->next++]];
        MP_TRY(it->is_nested ? enter(out, d, it, err) : give_item(out, d, it, err));
    }
    return MP_OK;
}

mp_code mp_deployment_next(const mp_deployment_resource **out, mp_deployment *d, mp_error *err)
{
    if (d->is_failed)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the deployment has failed before");
    mp_code code = advance(out, d, err);
    d->is_failed = code != MP_OK;
    return code;
}

mp_code mp_deployment_outputs(const mp_json **out, mp_deployment *d, mp_error *err)
{
    if (!d->is_over)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the deployment is not at its end");
    *out = d->root->shown_outputs;
    return MP_OK;
}

mp_code mp_deployment_parameters(const mp_json **out, mp_deployment *d, mp_error *err)
{
    *out = tpl_parameters_shown(&d->arena, d->root->frame);
    return *out ? MP_OK : tpl_out_of_memory(d, err);
}

mp_str mp_deployment_id(const mp_deployment *d)
{
    return d->root->id;
}

mp_str mp_deployment_hash(const mp_deployment *d)
{
    return d->root->hash;
}
