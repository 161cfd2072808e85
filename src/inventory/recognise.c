/* SPDX-License-Identifier: Apache-2.0 */
/* The tests stand in the order in which they tell formats apart: Kubernetes before Azure lists
 * because both have `kind`, an Azure id before Kubernetes because no Kubernetes object has a
 * top-level `id`. */
#include "recognise.h"

#include <assert.h>
#include <stdio.h>

#include "resource_id.h"

static const struct {
    const char *name, *doc;
    bool        is_read;
} formats[] = {
#define READ true
#define REFUSED false
#define MP_FORMAT(name, text, state, doc) { text, doc, state },
#include <mapae/format.def>
#undef MP_FORMAT
#undef READ
#undef REFUSED
};
static_assert(MP_COUNT(formats) == MP_FORMAT_COUNT, "every format has an entry");

const char *mp_format_name(mp_format format)
{
    return (unsigned)format < MP_FORMAT_COUNT ? formats[format].name : "unknown";
}

const char *mp_format_doc(mp_format format)
{
    return (unsigned)format < MP_FORMAT_COUNT ? formats[format].doc : "";
}

bool mp_format_is_read(mp_format format)
{
    return (unsigned)format < MP_FORMAT_COUNT && formats[format].is_read;
}

/* ---- views ---- */

static mp_view view_json(const mp_json *v) { return (mp_view){ v, { NULL, 0 } }; }

static mp_view view_text(mp_str text) { return (mp_view){ NULL, text }; }

char mp_view_first(mp_view v)
{
    if (!v.node)
        return v.raw.len ? v.raw.ptr[0] : 0;
    switch ((mp_json_kind)v.node->kind) {
    case MP_JSON_OBJECT:
        return '{';
    case MP_JSON_ARRAY:
        return '[';
    case MP_JSON_STRING:
        return '"';
    case MP_JSON_NULL:
        return 'n';
    case MP_JSON_BOOL:
        return v.node->u.integer ? 't' : 'f';
    default:
        return '0';
    }
}

mp_str mp_view_string(mp_view v)
{
    if (v.node)
        return mp_json_text(v.node);
    return mp_cut_string(v.raw);
}

mp_view mp_view_member(mp_view object, mp_str name)
{
    if (object.node)
        return view_json(mp_json_get(object.node, name));
    return view_text(mp_cut_member(object.raw, name));
}

mp_view mp_view_element(mp_view array)
{
    if (array.node)
        return view_json(mp_json_is(array.node, MP_JSON_ARRAY) ? mp_json_at(array.node, 0) : NULL);
    mp_str element = { NULL, 0 };
    if (array.raw.len && array.raw.ptr[0] == '[') {
        mp_cursor at = { array.raw.ptr + 1, array.raw.ptr + array.raw.len };
        if (mp_cut_element(&element, &at, true) != MP_CUT_DONE)
            element = mp_str_of(NULL, 0);
    }
    return view_text(element);
}

/* ---- shapes ---- */

static const mp_str telltales[] = {
#define X(name, text) MP_S_INIT(text),
    MP_TELLTALES(X)
#undef X
};

static void see(mp_shape *shape, mp_str key, mp_view value)
{
    if (shape->members < MP_SHAPE_NAMES)
        shape->names[shape->members] = key;
    shape->members++;
    for (size_t i = 0; i < MP_SEEN_COUNT; i++) {
        if (mp_str_eq(key, telltales[i])) {
            shape->seen[i] = value;
            return;
        }
    }
}

static char first(const mp_shape *shape, mp_telltale t) { return mp_view_first(shape->seen[t]); }
static bool has(const mp_shape *shape, mp_telltale t) { return first(shape, t) != 0; }

static mp_str string(const mp_shape *shape, mp_telltale t)
{
    return mp_view_string(shape->seen[t]);
}

void mp_shape_of_json(mp_shape *shape, const mp_json *v)
{
    memset(shape, 0, sizeof *shape);
    shape->self = view_json(v);
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, v))
        see(shape, mp_json_str(key), view_json(key + 1));
}

/* These mean that `value` is not the whole point of the object. */
static bool is_other(const mp_shape *shape)
{
    static const mp_telltale other[] = { MP_SEEN_SCHEMA,         MP_SEEN_TEMPLATE, MP_SEEN_OUTPUT,
                                         MP_SEEN_FORMAT_VERSION, MP_SEEN_DATA,     MP_SEEN_LINEAGE,
                                         MP_SEEN_API_VERSION,    MP_SEEN_TYPE };
    for (size_t i = 0; i < MP_COUNT(other); i++)
        if (has(shape, other[i]))
            return true;
    return false;
}

/* One asset of Cloud Asset Inventory, bare or with the window of time it is of. */
static bool is_asset(const mp_shape *shape)
{
    mp_view asset = shape->seen[MP_SEEN_ASSET];
    return has(shape, MP_SEEN_ASSET_TYPE) || has(shape, MP_SEEN_ASSET_TYPE_SNAKE) ||
           (mp_view_first(asset) == '{' && (mp_view_first(mp_view_member(asset, MP_S("assetType"))) == '"' ||
                                            mp_view_first(mp_view_member(asset, MP_S("asset_type"))) == '"'));
}

/* The cursor stands on the value of a list: MP_CUT_DONE when it is an array of objects, or empty,
 * and then behind its '['. */
static mp_cut enter_list(const mp_cursor *value, mp_cursor *inside)
{
    if (*value->p != '[')
        return MP_CUT_BROKEN;
    mp_cursor at = { value->p + 1, value->end };
    mp_cut_space(&at);
    if (at.p >= at.end)
        return MP_CUT_MORE;
    if (*at.p != '{' && *at.p != ']')
        return MP_CUT_BROKEN;
    *inside = (mp_cursor){ value->p + 1, value->end };
    return MP_CUT_DONE;
}

/* An array whose first element is seen whole, and is an asset. */
static mp_cut enter_assets(const mp_cursor *value, mp_cursor *inside)
{
    mp_shape shape;
    mp_str   element;
    if (*value->p != '[')
        return MP_CUT_BROKEN;
    mp_cursor at = { value->p + 1, value->end };
    mp_cut    cut = mp_cut_element(&element, &at, true);
    if (cut != MP_CUT_DONE)
        return cut;
    if (!element.ptr || mp_shape_of_text(&shape, element) != MP_CUT_DONE || !is_asset(&shape))
        return MP_CUT_BROKEN;
    *inside = (mp_cursor){ value->p + 1, value->end };
    return MP_CUT_DONE;
}

/* The cursor stands on the value of `key`: MP_CUT_BROKEN when that is no list that streams. */
static mp_cut enter(const mp_shape *shape, mp_str key, const mp_cursor *value, mp_cursor *inside,
                    mp_format *list)
{
    mp_cut cut = MP_CUT_BROKEN;
    if (mp_str_eq(key, MP_S("value")) && !is_other(shape)) {
        *list = MP_FORMAT_ARM_LIST;
        cut = enter_list(value, inside);
    } else if (mp_str_eq(key, MP_S("configurationItems"))) {
        *list = MP_FORMAT_AWS_CONFIG;
        cut = enter_list(value, inside);
    } else if (mp_str_eq(key, MP_S("assets")) || mp_str_eq(key, MP_S("results"))) {
        *list = MP_FORMAT_CLOUD_ASSET;
        cut = enter_assets(value, inside);
    }
    if (cut != MP_CUT_DONE)
        *list = MP_FORMAT_UNKNOWN;
    return cut;
}

mp_cut mp_shape_of_stream(mp_shape *shape, mp_cursor *at, mp_format *list)
{
    memset(shape, 0, sizeof *shape);
    const char *start = at->p;
    mp_cursor   c = { at->p + 1, at->end }, inside;
    *list = MP_FORMAT_UNKNOWN;
    for (bool begin = true;; begin = false) {
        mp_str key, value;
        mp_cut cut = mp_cut_key(&key, &c, begin);
        if (cut == MP_CUT_DONE && !key.ptr)
            break;
        if (cut == MP_CUT_DONE) {
            mp_cut entered = enter(shape, key, &c, &inside, list);
            if (entered == MP_CUT_DONE)
                *at = inside;
            if (entered != MP_CUT_BROKEN)
                return entered;
            cut = mp_cut_value(&value, &c);
        }
        if (cut != MP_CUT_DONE) {
            if (cut == MP_CUT_BROKEN)
                at->p = c.p;
            return cut;
        }
        see(shape, key, view_text(value));
    }
    shape->self = view_text(mp_str_of(start, (size_t)(c.p - start)));
    at->p = c.p;
    return MP_CUT_DONE;
}

mp_cut mp_shape_of_text(mp_shape *shape, mp_str text)
{
    memset(shape, 0, sizeof *shape);
    shape->self = view_text(text);
    mp_cursor at = { text.ptr, text.ptr + text.len };
    mp_cut    cut;
    mp_str    key, value = { NULL, 0 };
    if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '[' && text.ptr[0] != '"'))
        return text.len ? MP_CUT_DONE : MP_CUT_MORE; /* a number or a word: nothing to look into */
    if (text.ptr[0] != '{')
        return mp_cut_value(&value, &at);
    at.p++;
    for (bool begin = true; (cut = mp_cut_key(&key, &at, begin)) == MP_CUT_DONE && key.ptr;
         begin = false) {
        if ((cut = mp_cut_value(&value, &at)) != MP_CUT_DONE)
            return cut;
        see(shape, key, view_text(value));
    }
    mp_cut_space(&at);
    return cut == MP_CUT_DONE && at.p < at.end ? MP_CUT_BROKEN : cut;
}

/* ---- deciding ---- */

static bool has_member(mp_view object, mp_str name)
{
    return mp_view_first(mp_view_member(object, name)) != 0;
}

/* `value` is an array of objects, or empty. */
static bool is_value_list(const mp_shape *shape)
{
    if (first(shape, MP_SEEN_VALUE) != '[')
        return false;
    char element = mp_view_first(mp_view_element(shape->seen[MP_SEEN_VALUE]));
    return element == '{' || element == 0;
}

/* Some writers escape every slash: an id as bytes may begin \/subscriptions\/. */
static bool is_azure_id(mp_view v)
{
    mp_str id = mp_view_string(v);
    if (id.ptr || mp_view_first(v) != '"' || v.node)
        return mp_id_is_arm(id);
    id = mp_str_skip(v.raw, 1);
    while (id.len && (id.ptr[0] == '/' || id.ptr[0] == '\\'))
        id = mp_str_skip(id, 1);
    return mp_str_starts_fold(id, MP_S("subscriptions\\/")) ||
           mp_str_starts_fold(id, MP_S("providers\\/"));
}

static mp_format azure_resource(const mp_shape *shape)
{
    if (is_azure_id(shape->seen[MP_SEEN_RESOURCE_ID]))
        return MP_FORMAT_POWERSHELL;
    if (!is_azure_id(shape->seen[MP_SEEN_ID]) ||
        (is_value_list(shape) && !has(shape, MP_SEEN_TYPE)))
        return MP_FORMAT_UNKNOWN;
    /* Only Resource Graph splits the id into these two; az adds the first one alone. */
    if (!has(shape, MP_SEEN_RESOURCE_GROUP))
        return MP_FORMAT_ARM_RESOURCE;
    return has(shape, MP_SEEN_SUBSCRIPTION_ID) ? MP_FORMAT_ARG_ROWS : MP_FORMAT_AZ_LIST;
}

static bool is_template(mp_view v)
{
    mp_str schema = mp_view_string(mp_view_member(v, MP_S("$schema")));
    if (schema.ptr)
        return mp_str_find_fold(schema, MP_S("deploymentTemplate.json")) != SIZE_MAX;
    return has_member(v, MP_S("contentVersion")) && has_member(v, MP_S("resources"));
}

static mp_format template(const mp_shape *shape)
{
    mp_str schema = string(shape, MP_SEEN_SCHEMA);
    bool   found =
        (schema.ptr && mp_str_find_fold(schema, MP_S("deploymentTemplate.json")) != SIZE_MAX) ||
        is_template(shape->seen[MP_SEEN_TEMPLATE]) ||
        (first(shape, MP_SEEN_OUTPUT) == '{' &&
         is_template(mp_view_member(shape->seen[MP_SEEN_OUTPUT], MP_S("template"))));
    return found ? MP_FORMAT_ARM_TEMPLATE : MP_FORMAT_UNKNOWN;
}

static mp_format terraform(const mp_shape *shape)
{
    if (has(shape, MP_SEEN_FORMAT_VERSION)) {
        if (has(shape, MP_SEEN_RESOURCE_CHANGES) || has(shape, MP_SEEN_PLANNED_VALUES))
            return MP_FORMAT_TERRAFORM_PLAN;
        /* Of a state that is empty nothing but the version is shown. */
        if (has(shape, MP_SEEN_VALUES) || has(shape, MP_SEEN_TERRAFORM_VERSION) || shape->members == 1)
            return MP_FORMAT_TERRAFORM_STATE;
    }
    if (has(shape, MP_SEEN_SERIAL) && has(shape, MP_SEEN_LINEAGE))
        return MP_FORMAT_TERRAFORM_STATE;
    return MP_FORMAT_UNKNOWN;
}

static mp_format graph_answer(const mp_shape *shape)
{
    if (!has(shape, MP_SEEN_TOTAL_RECORDS) && !has(shape, MP_SEEN_TOTAL_RECORDS_SNAKE) &&
        !has(shape, MP_SEEN_ROW_COUNT))
        return MP_FORMAT_UNKNOWN;
    mp_view data = shape->seen[MP_SEEN_DATA];
    char    kind = mp_view_first(data);
    if (kind == '[' ||
        (kind == '{' && has_member(data, MP_S("columns")) && has_member(data, MP_S("rows"))))
        return MP_FORMAT_ARG_ROWS;
    return MP_FORMAT_UNKNOWN;
}

static mp_format aws_config(const mp_shape *shape)
{
    mp_view results = shape->seen[MP_SEEN_RESULTS];
    if (has(shape, MP_SEEN_CONFIGURATION_ITEMS) || has(shape, MP_SEEN_CONFIGURATION_ITEM) ||
        has(shape, MP_SEEN_BASE_ITEMS) || has(shape, MP_SEEN_ITEM_SUMMARY) ||
        has(shape, MP_SEEN_INVOKING_EVENT) || has(shape, MP_SEEN_CAPTURE_TIME) ||
        has(shape, MP_SEEN_SUPPLEMENTARY) ||
        (mp_view_first(results) == '[' && has(shape, MP_SEEN_QUERY_INFO)) ||
        (has(shape, MP_SEEN_ARN) && has(shape, MP_SEEN_ACCOUNT_ID)) ||
        (has(shape, MP_SEEN_ARN_UPPER) && has(shape, MP_SEEN_AWS_ACCOUNT_ID)) ||
        mp_view_first(mp_view_element(results)) == '"')
        return MP_FORMAT_AWS_CONFIG;
    return MP_FORMAT_UNKNOWN;
}

static mp_format by_kind(const mp_shape *shape)
{
    mp_str kind = string(shape, MP_SEEN_KIND);
    if (!kind.ptr || kind.len == 0)
        return MP_FORMAT_UNKNOWN;
    if (mp_str_find(kind, '#') != SIZE_MAX)
        return MP_FORMAT_GCP_API;
    if (string(shape, MP_SEEN_API_VERSION).len == 0)
        return MP_FORMAT_UNKNOWN;
    if (mp_str_eq(kind, MP_S("AdmissionReview")))
        return MP_FORMAT_ADMISSION;
    return MP_FORMAT_KUBERNETES;
}

static mp_format cloud_asset(const mp_shape *shape)
{
    static const mp_telltale lists[] = { MP_SEEN_ASSETS, MP_SEEN_SEARCH_RESULTS };
    mp_shape                 element;
    if (is_asset(shape))
        return MP_FORMAT_CLOUD_ASSET;
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        mp_view first_one = mp_view_element(shape->seen[lists[i]]);
        if (mp_view_first(first_one) != '{')
            continue;
        if (first_one.node)
            mp_shape_of_json(&element, first_one.node);
        else if (mp_shape_of_text(&element, first_one.raw) != MP_CUT_DONE)
            continue;
        if (is_asset(&element))
            return MP_FORMAT_CLOUD_ASSET;
    }
    return MP_FORMAT_UNKNOWN;
}

/* What says its type so is a Host document, whatever else it says. */
static mp_format host(const mp_shape *shape)
{
    return mp_str_eq_fold(string(shape, MP_SEEN_TYPE), MP_HOST_TYPE) ? MP_FORMAT_HOST : MP_FORMAT_UNKNOWN;
}

static mp_format openstack(const mp_shape *shape)
{
    mp_view value;
    bool    is_list;
    return mp_openstack_find(shape, &value, &is_list) ? MP_FORMAT_OPENSTACK : MP_FORMAT_UNKNOWN;
}

static mp_format azure_list(const mp_shape *shape)
{
    return is_value_list(shape) ? MP_FORMAT_ARM_LIST : MP_FORMAT_UNKNOWN;
}

mp_format mp_shape_format(const mp_shape *shape)
{
    static mp_format (*const tests[])(const mp_shape *) = {
        azure_resource, host,       template,    terraform, graph_answer,
        aws_config,     by_kind,    azure_list,  cloud_asset, openstack,
    };
    if (mp_view_first(shape->self) == '[') {
        char element = mp_view_first(mp_view_element(shape->self));
        return element == '{' || element == '[' || element == 0 ? MP_FORMAT_ARM_LIST
                                                                : MP_FORMAT_UNKNOWN;
    }
    mp_format format = MP_FORMAT_UNKNOWN;
    for (size_t i = 0; i < MP_COUNT(tests) && format == MP_FORMAT_UNKNOWN; i++)
        format = tests[i](shape);
    return format;
}

bool mp_shape_is_container(const mp_shape *shape, mp_format format)
{
    mp_view value;
    bool    is_list;
    switch (format) {
    case MP_FORMAT_ARM_LIST:
    case MP_FORMAT_ARM_TEMPLATE:
    case MP_FORMAT_TERRAFORM_PLAN:
    case MP_FORMAT_TERRAFORM_STATE:
        return true;
    case MP_FORMAT_AWS_CONFIG:
        return first(shape, MP_SEEN_CONFIGURATION_ITEMS) == '[' || first(shape, MP_SEEN_BASE_ITEMS) == '[' ||
               first(shape, MP_SEEN_RESULTS) == '[';
    case MP_FORMAT_CLOUD_ASSET:
        return !is_asset(shape);
    case MP_FORMAT_GCP_API:
        return mp_gcp_item_kind(shape).len != 0;
    case MP_FORMAT_OPENSTACK:
        return mp_openstack_find(shape, &value, &is_list) && is_list;
    case MP_FORMAT_ARG_ROWS:
        return !is_azure_id(shape->seen[MP_SEEN_ID]);
    case MP_FORMAT_KUBERNETES:
        return mp_str_ends(string(shape, MP_SEEN_KIND), MP_S("List")) &&
               (first(shape, MP_SEEN_ITEMS) == '[' || first(shape, MP_SEEN_ITEMS) == 'n' ||
                mp_view_first(mp_view_member(shape->seen[MP_SEEN_METADATA], MP_S("name"))) == 0);
    default:
        return false;
    }
}

/* ---- what is said about it ---- */

/* The first members, "a, b, c, ..." */
static void name_members(const mp_shape *shape, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < shape->members && i < MP_SHAPE_NAMES && len < size; i++) {
        mp_str name = shape->names[i];
        int    shown = name.len > 32 ? 32 : (int)name.len;
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", i ? ", " : "", shown, name.ptr);
    }
    if (shape->members > MP_SHAPE_NAMES && len < size)
        snprintf(out + len, size - len, ", ...");
}

static const char *kind_of(mp_view v)
{
    switch (mp_view_first(v)) {
    case '{':
        return mp_json_kind_name(MP_JSON_OBJECT);
    case '[':
        return mp_json_kind_name(MP_JSON_ARRAY);
    case '"':
        return mp_json_kind_name(MP_JSON_STRING);
    case 'n':
        return mp_json_kind_name(MP_JSON_NULL);
    case 't':
    case 'f':
        return mp_json_kind_name(MP_JSON_BOOL);
    default:
        return "number";
    }
}

static mp_code refuse_unknown(const mp_shape *shape, mp_error *err)
{
    char names[160];
    if (mp_view_first(shape->self) != '{' || shape->members == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "found a JSON value (%s) that is no resource document; wanted an object "
                       "with an id and a type",
                       kind_of(shape->self));
    name_members(shape, names, sizeof names);
    return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                   "found an object with the members %s, which is of no known format; wanted a "
                   "resource, or a mapping (--mapping) that says where its id and type are",
                   names);
}

mp_code mp_shape_refuse(const mp_shape *shape, mp_format format, mp_error *err)
{
    if (format == MP_FORMAT_UNKNOWN)
        return refuse_unknown(shape, err);
    return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                   "found a whole container (%s) inside a list; wanted one resource",
                   mp_format_name(format));
}

static bool is_filled(mp_view v) { return mp_view_first(v) == '"' && mp_view_string(v).len != 0; }

static uint64_t number(mp_view v)
{
    uint64_t n = 0;
    for (size_t i = 0; i < v.raw.len && v.raw.ptr[i] >= '0' && v.raw.ptr[i] <= '9' && i < 18; i++)
        n = n * 10 + (uint64_t)(v.raw.ptr[i] - '0');
    return n;
}

mp_str mp_shape_more(const mp_shape *shape)
{
    /* A link with escapes in it is no plain string for mp_view_string(), but longer than "". */
    static const mp_telltale links[] = { MP_SEEN_NEXT_LINK,  MP_SEEN_AT_NEXT_LINK,
                                         MP_SEEN_ODATA_NEXT_LINK, MP_SEEN_SKIP_TOKEN,
                                         MP_SEEN_SKIP_TOKEN_PLAIN, MP_SEEN_SKIP_TOKEN_SNAKE,
                                         MP_SEEN_NEXT_TOKEN,  MP_SEEN_NEXT_TOKEN_UPPER,
                                         MP_SEEN_NEXT_PAGE_TOKEN };
    for (size_t i = 0; i < MP_COUNT(links); i++)
        if (first(shape, links[i]) == '"' && shape->seen[links[i]].raw.len > 2)
            return shape->seen[links[i]].raw;
    /* Resource Graph writes the boolean as a string. */
    mp_view truncated = shape->seen[MP_SEEN_TRUNCATED];
    if (mp_view_first(truncated) == 't' ||
        mp_str_eq_fold(mp_view_string(truncated), MP_S("true")))
        return truncated.raw;
    mp_view total = shape->seen[has(shape, MP_SEEN_TOTAL_RECORDS) ? MP_SEEN_TOTAL_RECORDS
                                                                  : MP_SEEN_TOTAL_RECORDS_SNAKE];
    if (mp_view_first(total) && has(shape, MP_SEEN_ROW_COUNT) &&
        number(total) > number(shape->seen[MP_SEEN_ROW_COUNT]))
        return total.raw;
    mp_view next = mp_view_member(shape->seen[MP_SEEN_METADATA], MP_S("continue"));
    return is_filled(next) ? next.raw : mp_str_of(NULL, 0);
}

bool mp_member_says_more(mp_str key, mp_str value)
{
    return value.len > 2 && value.ptr[0] == '"' &&
           (mp_str_eq(key, MP_S("nextLink")) || mp_str_eq(key, MP_S("@nextLink")) ||
            mp_str_eq(key, MP_S("@odata.nextLink")) || mp_str_eq(key, MP_S("nextToken")) ||
            mp_str_eq(key, MP_S("NextToken")) || mp_str_eq(key, MP_S("nextPageToken")));
}
