/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an inventory.
 *
 * The first byte chooses the size of the batches and whether there is a mapping; the rest is the
 * file. Properties: reading comes to an end, with no more records than bytes and a few; the size of
 * the batches makes no difference to how many there are; every record that is read has an id and a
 * type; what an Azure document was made into is, printed and read again, the same; and what a document of another
 * cloud was made into says what its resource says. */
#include <stdlib.h>

#include "fuzz.h"
#include "internal.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* In the form of ARM as it is. */
static bool is_azure(mp_format format)
{
    switch (format) {
    case MP_FORMAT_ARM_RESOURCE:
    case MP_FORMAT_ARM_LIST:
    case MP_FORMAT_AZ_LIST:
    case MP_FORMAT_ARG_ROWS:
    case MP_FORMAT_POWERSHELL:
    case MP_FORMAT_ARM_TEMPLATE:
    case MP_FORMAT_HOST:
        return true;
    default:
        return false;
    }
}

/* Of another cloud, brought into the form of ARM. */
static bool is_neutral(mp_format format)
{
    switch (format) {
    case MP_FORMAT_TERRAFORM_PLAN:
    case MP_FORMAT_TERRAFORM_STATE:
    case MP_FORMAT_AWS_CONFIG:
    case MP_FORMAT_CLOUD_ASSET:
    case MP_FORMAT_GCP_API:
    case MP_FORMAT_OPENSTACK:
        return true;
    default:
        return false;
    }
}

/* The memory that reading needs, kept from one input to the next. */
typedef struct reader {
    mp_inventory_batch *batch;
    mp_json_doc        *doc, *again;
    mp_arena            arena;
    mp_buf              text;
    mp_mapping         *mapping;
} reader;

static reader *get_reader(void)
{
    static reader r;
    if (!r.batch) {
        require(mp_inventory_batch_new(&r.batch, NULL) == MP_OK);
        require(mp_json_doc_new(&r.doc, NULL) == MP_OK);
        require(mp_json_doc_new(&r.again, NULL) == MP_OK);
        require(mp_mapping_read(&r.mapping,
                                MP_S("{\"records\":\"items\",\"id\":\"k\",\"type\":\"t['u']\"}"),
                                NULL) == MP_OK);
    }
    return &r;
}

/* Bytes that are no UTF-8 do not survive printing; what is checked are documents that do. */
static void check_again(reader *r, const mp_resource *first)
{
    const mp_json *root;
    mp_resource    second;
    mp_buf_clear(&r->text);
    mp_buf_add_json(&r->text, first->doc);
    require(!r->text.failed);
    require(mp_json_read(r->again, &root, mp_buf_str(&r->text), NULL, NULL, NULL) == MP_OK);
    require(mp_resource_from_arm(&second, root, &r->arena, NULL) == MP_OK);
    require(mp_str_eq(first->id, second.id));
    require(mp_str_eq(first->type, second.type));
    require(mp_str_eq(first->full_name, second.full_name));
    require(mp_str_eq(first->scope, second.scope));
}

static bool says(const mp_json *doc, mp_str member, mp_str text)
{
    const mp_json *v = mp_json_get(doc, member);
    return text.ptr ? mp_json_is(v, MP_JSON_STRING) && mp_str_eq(mp_json_str(v), text) : !v;
}

/* The document says what the resource says, and prints as JSON. */
static void check_neutral(reader *r, const mp_resource *made)
{
    require(mp_json_is(made->doc, MP_JSON_OBJECT) && made->name.len > 0 && made->full_name.len > 0);
    require(says(made->doc, MP_S("id"), made->id) && says(made->doc, MP_S("type"), made->type));
    require(says(made->doc, MP_S("name"), made->name) && says(made->doc, MP_S("location"), made->location));
    require(mp_json_get(made->doc, MP_S("tags")) == made->tags);
    require(!made->tags || mp_json_is(made->tags, MP_JSON_OBJECT));
    mp_buf_clear(&r->text);
    mp_buf_add_json(&r->text, made->doc);
    require(!r->text.failed);
}

static void check_record(reader *r, size_t i)
{
    mp_resource resource;
    mp_origin   origin;
    mp_error    err;
    mp_arena_reset(&r->arena);
    mp_code code = mp_record_read(&resource, &origin, r->batch, i, r->doc, &r->arena, &err);
    require(origin.file && origin.index > 0 && origin.line > 0);
    (void)mp_record_text(r->batch, i);
    if (code != MP_OK) {
        require(code == err.code && err.message[0] != '\0');
        return;
    }
    require(resource.id.len > 0 && resource.type.len > 0 && resource.doc);
    if (is_azure(origin.format))
        check_again(r, &resource);
    else if (is_neutral(origin.format))
        check_neutral(r, &resource);
}

static size_t read_all(reader *r, mp_str text, size_t batch_bytes, bool is_mapped)
{
    mp_inventory        *inventory = NULL;
    mp_inventory_options options = { .batch_bytes = batch_bytes,
                                     .mapping = is_mapped ? r->mapping : NULL };
    size_t               records = 0;
    bool                 more = true;
    require(mp_inventory_open_memory(&inventory, "fuzz", text, &options, NULL) == MP_OK);
    for (;;) {
        require(mp_inventory_next(inventory, r->batch, &more, NULL) == MP_OK);
        size_t count = mp_inventory_batch_count(r->batch);
        require(more == (count > 0));
        if (!more)
            break;
        for (size_t i = 0; i < count; i++)
            check_record(r, i);
        records += count;
        require(records <= 2 * text.len + 2);
    }
    mp_inventory_close(inventory);
    return records;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    mp_str text = mp_str_of((const char *)data + 1, size - 1);
    bool   is_mapped = data[0] & 1;
    size_t whole = read_all(get_reader(), text, 0, is_mapped);
    size_t cut = read_all(get_reader(), text, 1 + data[0], is_mapped);
    require(whole == cut);
    return 0;
}
