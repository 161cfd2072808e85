/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud_place.h"

#include "buf.h"
#include "cloud_type.h"
#include "digest.h"
#include "jsonw.h"

enum { NAME_MAX_BYTES = 200, TYPE_MAX_BYTES = 200, HASH_CHARS = 18 };

/* Of all names that are made here. */
static const uint8_t space[16] = { 0x6d, 0x61, 0x70, 0x61, 0x65, 0x2e, 0x43, 0x6c,
                                   0x8f, 0x75, 0x64, 0x73, 0x1d, 0xa4, 0x52, 0x0b };

bool mp_id_is_azure(mp_str id)
{
    return mp_str_starts_fold(id, MP_S("/subscriptions/")) || mp_str_starts_fold(id, MP_S("/providers/"));
}

/* ---- whose it is ---- */

typedef struct owner {
    const char *cloud; /* "AWS" */
    mp_str      name;  /* of the account; empty: the source's */
} owner;

/* Piece `n`, from 0, of what `mark` separates. */
static mp_str piece(mp_str s, char mark, size_t n)
{
    for (;; n--) {
        size_t end = mp_str_find(s, mark);
        if (n == 0)
            return mp_str_of(s.ptr, end == SIZE_MAX ? s.len : end);
        if (end == SIZE_MAX)
            return mp_str_of(NULL, 0);
        s = mp_str_skip(s, end + 1);
    }
}

/* arn:partition:service:region:account:resource; of buckets without the account, which Config says beside it. */
static mp_str account_of(const mp_cloud_resource *r)
{
    mp_str account = mp_str_starts(r->id, MP_S("arn:")) ? piece(r->id, ':', 4) : MP_S("");
    if (!account.len)
        account = mp_json_get_text(mp_json_get(r->document, MP_S("configurationItem")), "accountId");
    return account;
}

/* "projects/p" of an id, or of those that an asset stands below. */
static mp_str project_of(const mp_cloud_resource *r)
{
    static const mp_str holders[] = { MP_S_INIT("/projects/"), MP_S_INIT("/folders/"), MP_S_INIT("/organizations/") };
    for (size_t i = 0; i < MP_COUNT(holders); i++) {
        size_t at = mp_str_find_str(r->id, holders[i]);
        if (at != SIZE_MAX) {
            mp_str name = piece(mp_str_skip(r->id, at + holders[i].len), '/', 0);
            return mp_str_of(r->id.ptr + at + 1, holders[i].len - 1 + name.len);
        }
    }
    const mp_json *first = mp_json_at(mp_json_get(mp_json_get(r->document, MP_S("asset")), MP_S("ancestors")), 0);
    return mp_json_is(first, MP_JSON_STRING) ? mp_json_str(first) : MP_S("");
}

static mp_str tenant_of(const mp_cloud_resource *r)
{
    static const char *const names[] = { "project_id", "tenant_id", "os-vol-tenant-attr:tenant_id",
                                         "os-extended-snapshot-attributes:project_id", "owner" };
    const mp_json *properties = mp_json_get(r->document, MP_S("properties"));
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_json_get_text(properties, names[i]).len)
            return mp_json_get_text(properties, names[i]);
    return mp_str_starts(r->id, MP_S("/openstack/identity/project/")) ? mp_str_skip(r->id, 28) : MP_S("");
}

static owner owner_of(const mp_cloud_resource *r)
{
    if (mp_str_starts(r->id, MP_S("arn:")) || mp_str_starts(r->id, MP_S("/aws/")))
        return (owner){ "AWS", account_of(r) };
    if (mp_str_starts(r->id, MP_S("//")))
        return (owner){ "Google Cloud", project_of(r) };
    if (mp_str_starts(r->id, MP_S("/openstack/")))
        return (owner){ "OpenStack", tenant_of(r) };
    if (mp_str_starts(r->id, MP_S("/kubernetes/")))
        return (owner){ "Kubernetes", MP_S("") };
    if (mp_str_starts(r->id, MP_S("/hosts/")))
        return (owner){ "Hosts", MP_S("") };
    return (owner){ mp_str_starts(r->id, MP_S("/terraform/")) ? "Terraform" : "Other", MP_S("") };
}

static mp_code make_guid(mp_str *out, mp_str name, mp_arena *arena, mp_error *err)
{
    char text[37];
    MP_TRY(mp_uuid5(text, space, name, err));
    *out = mp_arena_dup(arena, mp_str_of(text, 36));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code name_account(mp_cloud_place *out, const mp_cloud_resource *r, mp_arena *arena, mp_error *err)
{
    owner  o = owner_of(r);
    mp_str name = o.name.len ? o.name : r->source;
    out->account = mp_arena_printf(arena, "%s %.*s", o.cloud, MP_FMT(name));
    return out->account.ptr ? make_guid(&out->guid, out->account, arena, err) : mp_no_memory(err);
}

/* ---- what it is called ---- */

static mp_str behind(mp_str s, mp_str prefix) { return mp_str_starts(s, prefix) ? mp_str_skip(s, prefix.len) : s; }

/* What the type and the account do not say already. */
static mp_str own_name(const mp_cloud_resource *r)
{
    mp_str id = r->id;
    if (mp_str_starts(id, MP_S("//"))) {
        size_t service = mp_str_find(mp_str_skip(id, 2), '/');
        id = service == SIZE_MAX ? id : mp_str_skip(id, 2 + service + 1);
        mp_str project = project_of(r);
        if (project.len && mp_str_starts(id, project) && id.len > project.len + 1)
            id = mp_str_skip(id, project.len + 1);
        return id;
    }
    id = behind(behind(id, MP_S("/terraform/")), MP_S("/hosts/"));
    if (mp_str_starts(id, MP_S("/openstack/")) && mp_str_starts(r->type, MP_S("OpenStack/")))
        id = behind(mp_str_skip(id, 11), mp_str_skip(r->type, 10));
    while (id.len && id.ptr[0] == '/')
        id = mp_str_skip(id, 1);
    return id;
}

/* What a segment may not be, or what begins something else in an id. */
static bool means_else(mp_str s)
{
    return mp_str_eq(s, MP_S(".")) || mp_str_eq(s, MP_S("..")) || mp_str_eq_fold(s, MP_S("providers"));
}

/* A name as a segment. '/' becomes '~'; where that, or something else that a segment cannot hold, or capitals (ids
 * are compared without case) would make two names one, a part of a hash stands behind. */
static mp_code add_name(mp_buf *out, mp_str name, mp_error *err)
{
    size_t begin = out->len;
    bool   needs_hash = name.len > NAME_MAX_BYTES;
    mp_str kept = mp_str_of(name.ptr, needs_hash ? NAME_MAX_BYTES : name.len);
    while (kept.len && kept.len < name.len && ((unsigned char)name.ptr[kept.len] & 0xC0) == 0x80)
        kept.len--; /* not within a character */
    for (size_t i = 0; i < kept.len; i++) {
        unsigned char c = (unsigned char)kept.ptr[i];
        bool          is_bad = c < 0x20 || c == 0x7f || strchr("%?#\\<>|~", c);
        needs_hash = needs_hash || is_bad || (c >= 'A' && c <= 'Z');
        mp_buf_add_c(out, is_bad || c == '/' ? '~' : (char)c);
    }
    mp_str made = out->failed ? MP_S("") : mp_str_of(out->ptr + begin, out->len - begin);
    if (needs_hash || !made.len || means_else(made)) {
        char text[37];
        MP_TRY(mp_uuid5(text, space, name, err));
        mp_buf_add_c(out, '~');
        mp_buf_add(out, mp_str_of(text, HASH_CHARS));
    }
    return MP_OK;
}

static mp_code add_pair(mp_buf *out, mp_str type, mp_str name, mp_arena *arena, mp_error *err)
{
    mp_str segment = mp_cloud_type_segment(arena, type);
    if (!segment.ptr)
        return mp_no_memory(err);
    mp_buf_add_c(out, '/');
    mp_buf_add(out, segment);
    mp_buf_add_c(out, '/');
    return add_name(out, name, err);
}

/* /kubernetes/VERSION/KIND/NAMESPACE/NAME; "_" is no namespace. */
static mp_code add_object(mp_buf *out, const mp_cloud_resource *r, mp_arena *arena, mp_error *err)
{
    mp_str rest = mp_str_skip(r->id, 12);
    if (!mp_str_starts(rest, r->type) || rest.len <= r->type.len + 1 || rest.ptr[r->type.len] != '/')
        return add_pair(out, r->type, rest, arena, err);
    rest = mp_str_skip(rest, r->type.len + 1);
    mp_str scope = piece(rest, '/', 0), name = mp_str_skip(rest, scope.len + 1);
    if (scope.len && name.len && !mp_str_eq(scope, MP_S("_")))
        MP_TRY(add_pair(out, MP_S("v1/Namespace"), scope, arena, err));
    return add_pair(out, r->type, name.len ? name : rest, arena, err);
}

static mp_code check(const mp_cloud_resource *r, mp_error *err)
{
    if (!own_name(r).len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the document has no id");
    if (!r->type.len || r->type.len > TYPE_MAX_BYTES)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' has no type, or one of more than %d bytes",
                       (int)(r->id.len < 120 ? r->id.len : 120), r->id.ptr, TYPE_MAX_BYTES);
    bool is_bad = means_else(r->type);
    for (size_t i = 0; i < r->type.len && !is_bad; i++)
        is_bad = (unsigned char)r->type.ptr[i] < 0x20 || r->type.ptr[i] == 0x7f || strchr("%?#\\<>|", r->type.ptr[i]);
    if (is_bad)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the type '%.*s' cannot stand in an id",
                       (int)(r->type.len < 120 ? r->type.len : 120), r->type.ptr);
    return MP_OK;
}

mp_code mp_cloud_place_of(mp_cloud_place *out, const mp_cloud_resource *resource, mp_arena *arena, mp_error *err)
{
    mp_cloud_place made = { .id = { NULL, 0 } };
    mp_buf         id = MP_BUF_INIT;
    MP_TRY(check(resource, err));
    MP_TRY(name_account(&made, resource, arena, err));
    mp_buf_printf(&id, "/subscriptions/%.*s/providers/%.*s", MP_FMT(made.guid), MP_FMT(MP_CLOUDS));
    mp_code code = mp_str_starts(resource->id, MP_S("/kubernetes/"))
                       ? add_object(&id, resource, arena, err)
                       : add_pair(&id, resource->type, own_name(resource), arena, err);
    if (code == MP_OK) {
        made.id = id.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&id));
        code = made.id.ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&id);
    if (code == MP_OK)
        *out = made;
    return code;
}

/* ---- its document ---- */

const mp_json *mp_cloud_document(const mp_resource *r, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", r->id);
    mp_jsonw_put_str(&w, "type", r->type);
    if (r->name.ptr && !mp_json_is(mp_json_get(r->doc, MP_S("name")), MP_JSON_STRING))
        mp_jsonw_put_str(&w, "name", r->name);
    if (r->location.ptr && !mp_json_get(r->doc, MP_S("location")))
        mp_jsonw_put_str(&w, "location", r->location);
    if (r->tags && !mp_json_get(r->doc, MP_S("tags")))
        mp_jsonw_put_value(&w, "tags", r->tags);
    for (MP_JSON_MEMBERS(key, r->doc)) {
        if (mp_str_eq_fold(mp_json_str(key), MP_S("id")) || mp_str_eq(mp_json_str(key), MP_S("type")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
