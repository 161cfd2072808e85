/* SPDX-License-Identifier: Apache-2.0 */
/* A container that cannot stream: its text, and what its records need to be understood. */
#include "internal.h"

#include <stdlib.h>

void mp_container_ref(mp_container *c) { __atomic_add_fetch(&c->refs, 1, __ATOMIC_RELAXED); }

void mp_container_unref(mp_container *c)
{
    if (!c || __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    mp_json_doc_free(c->doc);
    mp_arena_free(&c->arena);
    free(c);
}

void mp_container_start(mp_container *c, mp_str array)
{
    c->at = (mp_cursor){ array.ptr + 1, array.ptr + array.len };
    c->first = true;
}

mp_code mp_container_add(mp_container *c, mp_held_item item, mp_error *err)
{
    if (c->item_count == c->item_cap) {
        size_t        cap = c->item_cap ? 2 * c->item_cap : 16;
        mp_held_item *items = MP_ARENA_ARRAY(&c->arena, mp_held_item, cap);
        if (!items)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for %zu records", cap);
        if (c->item_count)
            memcpy(items, c->items, c->item_count * sizeof *items);
        c->items = items;
        c->item_cap = cap;
    }
    c->items[c->item_count++] = item;
    return MP_OK;
}

static mp_code prepare(mp_container *c, const mp_shape *shape, const mp_mapping *mapping,
                       mp_error *err)
{
    mp_str whole = mp_view_first(shape->self) == '[' ? c->text : shape->seen[MP_SEEN_VALUE].raw;
    switch (c->format) {
    case MP_FORMAT_ARG_ROWS:
        return mp_graph_prepare(c, shape, err);
    case MP_FORMAT_ARM_TEMPLATE:
        return mp_template_prepare(c, err);
    case MP_FORMAT_KUBERNETES:
        mp_kubernetes_prepare(c, shape);
        return MP_OK;
    case MP_FORMAT_TERRAFORM_PLAN:
    case MP_FORMAT_TERRAFORM_STATE:
        return mp_terraform_prepare(c, shape, err);
    case MP_FORMAT_AWS_CONFIG:
        mp_aws_config_prepare(c, shape);
        return MP_OK;
    case MP_FORMAT_CLOUD_ASSET:
        mp_cloud_asset_prepare(c, shape);
        return MP_OK;
    case MP_FORMAT_GCP_API:
        return mp_gcp_prepare(c, shape, err);
    case MP_FORMAT_OPENSTACK:
        mp_openstack_prepare(c, shape);
        return MP_OK;
    case MP_FORMAT_MAPPED:
        mp_container_start(c, mp_mapped_records(c->text, mapping));
        return MP_OK;
    default:
        mp_container_start(c, whole);
        return MP_OK;
    }
}

mp_code mp_container_new(mp_container **out, mp_str text, mp_format format,
                         const mp_mapping *mapping, mp_error *err)
{
    mp_container *c = calloc(1, sizeof *c);
    char         *copy = NULL;
    if (c) {
        c->refs = 1;
        copy = mp_arena_alloc(&c->arena, text.len + MP_JSON_PADDING);
    }
    if (!copy) {
        mp_container_unref(c);
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "memory is short for a container of %zu bytes",
                       text.len);
    }
    memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, MP_JSON_PADDING);
    c->text = mp_str_of(copy, text.len);
    c->placed = copy;
    c->format = format;

    mp_shape shape;
    mp_cut   cut = mp_shape_of_text(&shape, c->text);
    mp_code  code = cut == MP_CUT_DONE
                        ? prepare(c, &shape, mapping, err)
                        : mp_fail(err, MP_SYNTAX, MP_NOWHERE, "a container is not closed");
    if (code != MP_OK) {
        mp_container_unref(c);
        return code;
    }
    if (!c->more.ptr)
        c->more = mp_shape_more(&shape);
    *out = c;
    return MP_OK;
}
