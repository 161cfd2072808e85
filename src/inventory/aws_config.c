/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Config writes one item in three spellings: the API (arn, accountId, and JSON within texts), what is
 * delivered to a bucket or a rule (ARN, awsAccountId, objects), and rows of an advanced query (JSON within one
 * text, only the columns that were asked for, all numbers with a fraction). All become the same document:
 * "properties" is the configuration; what Config says besides stands under "configurationItem". */
#include "internal.h"

#define JSON_IN_JSON 2 /* texts within texts: Config writes the access list of a bucket so */

void mp_aws_config_prepare(mp_container *c, const mp_shape *shape)
{
    static const mp_telltale lists[] = { MP_SEEN_CONFIGURATION_ITEMS, MP_SEEN_BASE_ITEMS, MP_SEEN_RESULTS };
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        mp_str list = shape->seen[lists[i]].raw;
        if (list.len && list.ptr[0] == '[') {
            mp_container_start(c, list);
            return;
        }
    }
}

/* ---- values ---- */

static bool may_be_json(mp_str s, bool any_literal)
{
    s = mp_str_trim(s);
    if (s.len > 1 && (s.ptr[0] == '{' || s.ptr[0] == '[' || (any_literal && s.ptr[0] == '"')))
        return true;
    return any_literal &&
           (mp_str_eq(s, MP_S("true")) || mp_str_eq(s, MP_S("false")) || mp_str_eq(s, MP_S("null")));
}

/* *v is a text that holds JSON: what it holds. A number in a text stays a text: it may be an account's. */
static mp_code open_text(const mp_json **v, bool any_literal, mp_arena *arena, mp_error *err)
{
    for (int i = 0; i < JSON_IN_JSON; i++) {
        const mp_json *inner;
        if (!mp_json_is(*v, MP_JSON_STRING) || !may_be_json(mp_json_str(*v), any_literal))
            break;
        MP_TRY(mp_neutral_parse(&inner, mp_json_str(*v), arena, err));
        if (!inner)
            break;
        *v = inner;
    }
    return MP_OK;
}

/* 8830136.0 -> 8830136 */
static bool whole_number(int64_t *out, mp_str text)
{
    if (!mp_str_ends(text, MP_S(".0")) || text.len > 2 + 18)
        return false;
    int64_t n = 0;
    bool    is_negative = text.ptr[0] == '-';
    for (size_t i = is_negative; i < text.len - 2; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        n = n * 10 + (text.ptr[i] - '0');
    }
    *out = is_negative ? -n : n;
    return true;
}

/* A query gives every number a fraction: those that are whole get back what they are. */
static mp_code make_whole(const mp_json **v, mp_arena *arena, mp_error *err)
{
    size_t   count = mp_json_nodes(*v);
    mp_json *copy = MP_ARENA_ARRAY(arena, mp_json, count);
    if (!copy)
        return mp_no_memory(err);
    memcpy(copy, *v, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        int64_t n;
        if (copy[i].kind == MP_JSON_REAL && whole_number(&n, mp_json_str(&copy[i])))
            copy[i] = (mp_json){ MP_JSON_INT, 0, { .integer = n } };
    }
    *v = copy;
    return MP_OK;
}

/* Tags are an object, or a list of {"key", "value"}, which some write with capitals or as tagKey. */
static mp_code read_tags(const mp_json **out, const mp_json *tags, mp_arena *arena, mp_error *err)
{
    *out = mp_json_is(tags, MP_JSON_OBJECT) ? tags : NULL;
    if (!mp_json_is(tags, MP_JSON_ARRAY))
        return MP_OK;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_EACH(tag, tags)) {
        const mp_json *key = mp_json_get_fold(tag, MP_S("key"));
        const mp_json *value = mp_json_get_fold(tag, MP_S("value"));
        key = key ? key : mp_json_get_fold(tag, MP_S("tagKey"));
        value = value ? value : mp_json_get_fold(tag, MP_S("tagValue"));
        if (!mp_json_is(key, MP_JSON_STRING))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, value);
    }
    return mp_build_end(out, &w, err);
}

/* ---- one item ---- */

static const struct {
    mp_str name, from[2];
} envelope[] = {
    { MP_S_INIT("accountId"), { MP_S_INIT("accountId"), MP_S_INIT("awsAccountId") } },
    { MP_S_INIT("resourceId"), { MP_S_INIT("resourceId"), MP_S_INIT("") } },
    { MP_S_INIT("resourceName"), { MP_S_INIT("resourceName"), MP_S_INIT("") } },
    { MP_S_INIT("availabilityZone"), { MP_S_INIT("availabilityZone"), MP_S_INIT("availibilityZone") } },
    { MP_S_INIT("status"), { MP_S_INIT("configurationItemStatus"), MP_S_INIT("") } },
    { MP_S_INIT("captureTime"), { MP_S_INIT("configurationItemCaptureTime"), MP_S_INIT("") } },
    { MP_S_INIT("creationTime"), { MP_S_INIT("resourceCreationTime"), MP_S_INIT("") } },
};

static mp_code add_supplementary(mp_jsonw *w, const mp_json *item, mp_arena *arena, mp_error *err)
{
    const mp_json *all = mp_json_get(item, MP_S("supplementaryConfiguration"));
    MP_TRY(open_text(&all, false, arena, err));
    if (!mp_json_is(all, MP_JSON_OBJECT))
        return MP_OK;
    mp_jsonw_key(w, MP_S("supplementaryConfiguration"));
    mp_jsonw_object(w);
    for (MP_JSON_MEMBERS(key, all)) {
        const mp_json *v = key + 1;
        MP_TRY(open_text(&v, true, arena, err));
        mp_neutral_add(w, mp_json_str(key), v);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static void add_envelope(mp_jsonw *w, const mp_json *item)
{
    mp_jsonw_key(w, MP_S("configurationItem"));
    mp_jsonw_object(w);
    for (size_t i = 0; i < MP_COUNT(envelope); i++)
        mp_neutral_add_text(w, envelope[i].name,
                            mp_neutral_either(item, envelope[i].from[0], envelope[i].from[1]));
    mp_jsonw_end(w);
}

/* An item without an ARN, as old versions have it, is called after where it stands. */
static mp_code name_item(mp_resource *r, const mp_json *item, mp_arena *arena, mp_error *err)
{
    mp_str account = mp_neutral_either(item, MP_S("accountId"), MP_S("awsAccountId"));
    mp_str id = mp_json_get_text(item, "resourceId");
    mp_str name = mp_json_get_text(item, "resourceName");
    r->type = mp_json_get_text(item, "resourceType");
    r->id = mp_neutral_either(item, MP_S("arn"), MP_S("ARN"));
    r->location = mp_json_get_text(item, "awsRegion");
    if (!r->type.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "an AWS Config item has no resourceType; wanted one such as AWS::S3::Bucket (a query has to "
                       "select resourceType and arn)");
    if (!r->id.len && !id.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an AWS Config item (%.*s) has no arn and no resourceId",
                       r->type.len > 100 ? 100 : MP_FMT(r->type));
    if (!r->id.len)
        r->id = mp_arena_printf(arena, "/aws/%.*s/%.*s/%.*s/%.*s", account.len ? (int)account.len : 1,
                                account.len ? account.ptr : "_", r->location.len ? (int)r->location.len : 1,
                                r->location.len ? r->location.ptr : "_", MP_FMT(r->type), MP_FMT(id));
    if (account.len)
        r->scope = mp_arena_printf(arena, "/aws/%.*s", MP_FMT(account));
    if (!r->id.ptr || (account.len && !r->scope.ptr))
        return mp_no_memory(err);
    r->name = r->full_name = name.len ? name : id.len ? id : r->id;
    return MP_OK;
}

/* "ResourceNotRecorded" has no configuration, and that is no statement about the resource. */
static mp_code read_status(mp_resource *r, const mp_json *item, mp_error *err)
{
    mp_str status = mp_json_get_text(item, "configurationItemStatus");
    if (mp_str_eq(status, MP_S("ResourceDeleted")) || mp_str_eq(status, MP_S("ResourceDeletedNotRecorded")))
        r->presence = MP_GONE;
    else if (mp_str_eq(status, MP_S("ResourceNotRecorded")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "AWS Config does not record this resource (ResourceNotRecorded, %.*s): there is nothing to "
                       "look at",
                       r->type.len > 100 ? 100 : MP_FMT(r->type));
    return MP_OK;
}

static mp_code read_item(mp_resource *out, const mp_json *item, mp_arena *arena, mp_error *err)
{
    mp_resource    made = { .doc = item };
    const mp_json *configuration = mp_json_get(item, MP_S("configuration")), *tags;
    const mp_json *given = mp_json_get(item, MP_S("tags"));
    MP_TRY(name_item(&made, item, arena, err));
    MP_TRY(read_status(&made, item, err));
    MP_TRY(open_text(&configuration, true, arena, err));
    MP_TRY(open_text(&given, false, arena, err));
    MP_TRY(read_tags(&tags, given, arena, err));
    if (mp_json_is(configuration, MP_JSON_STRING))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the configuration of %.*s is a text; wanted an object, or the JSON of one in a text",
                       made.id.len > 200 ? 200 : MP_FMT(made.id));
    if (!mp_json_is(configuration, MP_JSON_OBJECT))
        configuration = NULL;
    mp_jsonw w;
    mp_neutral_begin(&w, &made, tags, arena);
    mp_neutral_add(&w, MP_S("properties"), configuration);
    MP_TRY(add_supplementary(&w, item, arena, err));
    mp_neutral_add(&w, MP_S("relationships"), mp_json_get(item, MP_S("relationships")));
    add_envelope(&w, item);
    return mp_neutral_end(out, &w, &made, err);
}

/* ---- what an item comes in ---- */

static mp_code open_event(const mp_json **item, mp_arena *arena, mp_error *err)
{
    const mp_json *event = mp_json_get(*item, MP_S("invokingEvent"));
    if (event) {
        MP_TRY(open_text(&event, false, arena, err));
        *item = event;
    }
    const mp_json *inner = mp_json_get(*item, MP_S("configurationItem"));
    if (mp_json_is(inner, MP_JSON_OBJECT)) {
        *item = inner;
        return MP_OK;
    }
    mp_str kind = mp_json_text(mp_json_get(*item, MP_S("messageType")));
    if (mp_json_get(*item, MP_S("configurationItemSummary")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the event has only a configurationItemSummary, for the item is too large for it; wanted "
                       "the item (aws configservice get-resource-config-history)");
    if (event || inner)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the event (messageType %.*s) has no configurationItem",
                       kind.len > 60 ? 60 : (int)kind.len, kind.len ? kind.ptr : "");
    return MP_OK;
}

mp_code mp_aws_config_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    const mp_json *item = doc;
    MP_TRY(open_text(&item, false, arena, err));
    if (!mp_json_is(item, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "found %s; wanted an item of AWS Config",
                       mp_json_kind_name((mp_json_kind)item->kind));
    MP_TRY(open_event(&item, arena, err));
    if (!mp_json_get(item, MP_S("version")) && !mp_json_get(item, MP_S("configurationItemVersion")))
        MP_TRY(make_whole(&item, arena, err)); /* a row: an item has a version */
    return read_item(out, item, arena, err);
}
