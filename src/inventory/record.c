/* SPDX-License-Identifier: Apache-2.0 */
/* One raw record becomes a resource: parse, recognise, hand to the reader of the format. Nearly
 * every record of a large inventory is an Azure document, so that is what the first glance looks
 * for. */
#include "internal.h"
#include "kubernetes.h"
#include "resource_id.h"

static mp_str record_text(const mp_inventory_batch *batch, const mp_raw_record *r)
{
    return mp_str_of(r->text ? r->text : batch->buf + r->offset, r->len);
}

mp_str mp_record_text(const mp_inventory_batch *batch, size_t i)
{
    return record_text(batch, &batch->records[i]);
}

/* The format when the document is Azure's beyond doubt, else MP_FORMAT_UNKNOWN: a part of what
 * mp_shape_format() decides. */
static mp_format glance(const mp_azure_members *m)
{
    if (m->is_odd || !mp_json_is(m->id, MP_JSON_STRING) || !mp_id_is_arm(mp_json_str(m->id)))
        return MP_FORMAT_UNKNOWN;
    return !m->has_group         ? MP_FORMAT_ARM_RESOURCE
           : m->has_subscription ? MP_FORMAT_ARG_ROWS
                                 : MP_FORMAT_AZ_LIST;
}

static mp_code read_azure(mp_resource *out, const mp_azure_members *m, const mp_json *doc,
                          mp_arena *arena, mp_error *err)
{
    mp_resource made;
    MP_TRY(mp_azure_make(&made, m, doc, arena, err));
    MP_TRY(mp_resource_check(&made, err));
    *out = made;
    return MP_OK;
}

/* A document that says by itself what it is. */
static mp_code read_any(mp_resource *out, mp_origin *origin, const mp_json *doc,
                        const mp_mapping *mapping, bool in_list, mp_arena *arena, mp_error *err)
{
    mp_shape       shape;
    mp_azure_members m;
    bool           is_object = mp_json_is(doc, MP_JSON_OBJECT);
    if (is_object)
        mp_azure_take(&m, doc);
    origin->format = is_object ? glance(&m) : MP_FORMAT_UNKNOWN;
    if (origin->format == MP_FORMAT_UNKNOWN) {
        mp_shape_of_json(&shape, doc);
        origin->format = mp_shape_format(&shape);
        if (mp_shape_is_container(&shape, origin->format))
            return mp_shape_refuse(&shape, origin->format, err);
    }
    switch (origin->format) {
    case MP_FORMAT_ARM_RESOURCE:
        origin->format = in_list ? MP_FORMAT_ARM_LIST : MP_FORMAT_ARM_RESOURCE;
        return read_azure(out, &m, doc, arena, err);
    case MP_FORMAT_AZ_LIST:
    case MP_FORMAT_ARG_ROWS:
        return read_azure(out, &m, doc, arena, err);
    case MP_FORMAT_POWERSHELL:
        return mp_powershell_read(out, doc, arena, err);
    case MP_FORMAT_KUBERNETES:
        return mp_kubernetes_read(out, doc, mp_str_of(NULL, 0), mp_str_of(NULL, 0), arena, err);
    case MP_FORMAT_ADMISSION:
        return mp_admission_read(out, doc, arena, err);
    case MP_FORMAT_AWS_CONFIG:
        return mp_aws_config_read(out, doc, arena, err);
    case MP_FORMAT_CLOUD_ASSET:
        return mp_cloud_asset_read(out, doc, arena, err);
    case MP_FORMAT_GCP_API:
        return mp_gcp_read(out, doc, mp_str_of(NULL, 0), mp_str_of(NULL, 0), arena, err);
    case MP_FORMAT_OPENSTACK:
        return mp_openstack_read(out, doc, NULL, arena, err);
    case MP_FORMAT_HOST:
        return mp_host_read(out, doc, arena, err);
    default:
        if (!mapping)
            return mp_shape_refuse(&shape, origin->format, err);
        origin->format = MP_FORMAT_MAPPED;
        return mp_mapped_read(out, doc, mapping, origin, arena, err);
    }
}

static mp_code read_record(mp_resource *out, mp_origin *origin, const mp_inventory_batch *batch,
                           const mp_raw_record *r, mp_json_doc *doc, mp_arena *arena, mp_error *err)
{
    const mp_container *c = r->container;
    const mp_json      *root;
    if (r->item && r->item->node)
        return mp_template_read(out, r->item, c->parameters, arena, err);
    if (r->len > batch->document_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a document of %zu bytes; the most that is read is %zu",
                       r->len, batch->document_limit);
    MP_TRY(mp_json_read_padded(doc, &root, record_text(batch, r), NULL, NULL, err));
    switch (c ? c->format : MP_FORMAT_UNKNOWN) {
    case MP_FORMAT_ARG_ROWS:
        return mp_graph_row_read(out, root, c->columns, arena, err);
    case MP_FORMAT_KUBERNETES:
        return mp_kubernetes_read(out, root, c->api_version, c->kind, arena, err);
    case MP_FORMAT_TERRAFORM_PLAN:
    case MP_FORMAT_TERRAFORM_STATE:
        return mp_terraform_read(out, root, r->item->head, arena, err);
    case MP_FORMAT_AWS_CONFIG:
        return mp_aws_config_read(out, root, arena, err);
    case MP_FORMAT_CLOUD_ASSET:
        return mp_cloud_asset_read(out, root, arena, err);
    case MP_FORMAT_GCP_API:
        return mp_gcp_read(out, root, c->kind, r->item ? r->item->place : mp_str_of(NULL, 0), arena, err);
    case MP_FORMAT_OPENSTACK:
        return mp_openstack_read(out, root, c->thing, arena, err);
    case MP_FORMAT_MAPPED:
        return mp_mapped_read(out, root, batch->mapping, origin, arena, err);
    default:
        return read_any(out, origin, root, batch->mapping, r->in_list, arena, err);
    }
}

/* Places within the record's text become places in the file. */
static void place_error(mp_error *err, const mp_raw_record *r)
{
    if (err->pos.line <= 1)
        err->pos.col = err->pos.col ? err->pos.col + r->column - 1 : r->column;
    err->pos.line = (uint32_t)r->line + (err->pos.line ? err->pos.line - 1 : 0);
}

mp_code mp_record_read(mp_resource *out, mp_origin *origin, const mp_inventory_batch *batch,
                       size_t i, mp_json_doc *doc, struct mp_arena *arena, mp_error *err)
{
    const mp_raw_record *r = &batch->records[i];
    mp_error         ignored;
    err = err ? err : &ignored;
    *origin = (mp_origin){ .file = r->file, .index = r->index, .line = r->line };
    origin->format = r->container ? r->container->format : (mp_format)r->format;
    if (r->failure) {
        *err = batch->failures[r->failure - 1];
        return err->code;
    }
    mp_code code = read_record(out, origin, batch, r, doc, arena, err);
    if (code != MP_OK && code != MP_NOMEM)
        place_error(err, r);
    return code;
}
