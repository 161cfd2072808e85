/* SPDX-License-Identifier: Apache-2.0 */
/* Management groups, and which subscription stands in which. Who may move what is api/scope_move.h's to say, here as
 * there. */
#include "arm_internal.h"

#include "item.h"
#include "rbac.h"
#include "scope_move.h"

#define GROUPS "Microsoft.Management/managementGroups"
#define PREFIX "/providers/Microsoft.Management/managementGroups/"
#define READ GROUPS "/read"

enum { DEPTH_MAX = 8, CHILDREN_MAX = 5000 };

/* ---- reading ---- */

typedef struct tree {
    mp_arm_call *call;
    mp_tx       *tx;
    mp_jsonw     w;
    bool         expands, recurses;
    unsigned     children;
    mp_record    record; /* of the group asked for */
    bool         is_there, is_root;
} tree;

static mp_str id_of(const tree *t, mp_str name)
{
    return mp_arena_printf(t->call->request->arena, PREFIX "%.*s", MP_FMT(name));
}

static bool is_root(const mp_arm_call *call, mp_str key) { return mp_str_eq_fold(key, mp_arm_tenant(call)); }

static mp_code find(mp_record *out, bool *is_there, tree *t, mp_str name, mp_error *err)
{
    mp_str  key = mp_arena_lower(t->call->request->arena, name);
    mp_code code = key.ptr
                       ? mp_record_get(out, t->tx, &mp_management_group_kind, key, 0, t->call->request->arena, err)
                       : mp_arm_nomem(err);
    *is_there = code == MP_OK;
    return code == MP_MISSING ? MP_OK : code;
}

/* The root group may have a record that names it; it needs none. */
static mp_code put_parent(tree *t, mp_str name, mp_error *err)
{
    mp_record record;
    bool      is_there;
    mp_str    parent = name.len ? name : mp_arm_tenant(t->call);
    MP_TRY(find(&record, &is_there, t, parent, err));
    mp_str display = is_there ? mp_arm_text(record.body, "displayName") : MP_S("Tenant Root Group");
    mp_jsonw_key(&t->w, MP_S("parent"));
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "id", id_of(t, parent));
    mp_arm_put(&t->w, "name", parent);
    mp_arm_put(&t->w, "displayName", display);
    mp_jsonw_end(&t->w);
    return MP_OK;
}

static mp_code put_children(tree *t, mp_str key, unsigned depth, mp_error *err);

static mp_code put_child_group(tree *t, const mp_record *record, unsigned depth, mp_error *err)
{
    mp_str name = mp_arm_text(record->body, "name");
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "id", id_of(t, name));
    mp_arm_put(&t->w, "type", MP_S(GROUPS));
    mp_arm_put(&t->w, "name", name);
    mp_arm_put(&t->w, "displayName", mp_arm_text(record->body, "displayName"));
    if (t->recurses)
        MP_TRY(put_children(t, record->key, depth + 1, err));
    mp_jsonw_end(&t->w);
    return MP_OK;
}

static void put_child_subscription(tree *t, const mp_record *record)
{
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "id", mp_arena_printf(t->call->request->arena, "/subscriptions/%.*s", MP_FMT(record->key)));
    mp_arm_put(&t->w, "type", MP_S("/subscriptions"));
    mp_arm_put(&t->w, "name", record->key);
    mp_arm_put(&t->w, "displayName", mp_arm_text(record->body, "displayName"));
    mp_jsonw_end(&t->w);
}

/* Those in the root group name no parent, and no index finds what is not there. */
static mp_code put_kind(tree *t, const mp_kind *kind, mp_str parent, unsigned depth, mp_error *err)
{
    mp_record_filter filter = { .index = "parent", .op = MP_FILTER_EQ, .value = parent };
    mp_record_query  query = { .kind = kind, .filters = &filter, .filter_count = parent.len ? 1 : 0, .limit = 1000 };
    mp_record_page   page;
    do {
        MP_TRY(mp_record_list(&page, t->tx, &query, t->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++) {
            bool is_child = parent.len || mp_arm_text(page.records[i].body, "parent").len == 0;
            if (!is_child || is_root(t->call, page.records[i].key) || ++t->children > CHILDREN_MAX)
                continue;
            if (kind == &mp_subscription_kind)
                put_child_subscription(t, &page.records[i]);
            else
                MP_TRY(put_child_group(t, &page.records[i], depth, err));
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code put_children(tree *t, mp_str key, unsigned depth, mp_error *err)
{
    mp_str parent = is_root(t->call, key) ? MP_S("") : key;
    mp_jsonw_key(&t->w, MP_S("children"));
    mp_jsonw_array(&t->w);
    if (depth < DEPTH_MAX) {
        MP_TRY(put_kind(t, &mp_management_group_kind, parent, depth, err));
        MP_TRY(put_kind(t, &mp_subscription_kind, parent, depth, err));
    }
    mp_jsonw_end(&t->w);
    return MP_OK;
}

static mp_code put_group(tree *t, mp_str key, const mp_record *record, mp_error *err)
{
    bool   is_top = is_root(t->call, key);
    mp_str name = record ? mp_arm_text(record->body, "name") : mp_arm_tenant(t->call);
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "id", id_of(t, name));
    mp_arm_put(&t->w, "type", MP_S(GROUPS));
    mp_arm_put(&t->w, "name", name);
    mp_jsonw_key(&t->w, MP_S("properties"));
    mp_jsonw_object(&t->w);
    mp_arm_put(&t->w, "tenantId", mp_arm_tenant(t->call));
    mp_arm_put(&t->w, "displayName", record ? mp_arm_text(record->body, "displayName") : MP_S("Tenant Root Group"));
    mp_jsonw_key(&t->w, MP_S("details"));
    mp_jsonw_object(&t->w);
    mp_jsonw_put_int(&t->w, "version", record ? record->version : 1);
    if (record)
        mp_arm_put(&t->w, "updatedTime", mp_time_text(t->call->request->arena, record->since));
    if (!is_top)
        MP_TRY(put_parent(t, mp_arm_text(record->body, "parent"), err));
    mp_jsonw_end(&t->w);
    if (t->expands)
        MP_TRY(put_children(t, key, 0, err));
    mp_jsonw_end(&t->w);
    mp_jsonw_end(&t->w);
    return MP_OK;
}

static mp_code read_group(mp_tx *tx, void *arg, mp_error *err)
{
    tree *t = arg;
    t->tx = tx;
    mp_str key = mp_str_skip(t->call->place.key, strlen(PREFIX));
    MP_TRY(find(&t->record, &t->is_there, t, key, err));
    t->is_root = is_root(t->call, key);
    if (!t->is_there && !t->is_root)
        return MP_OK;
    mp_jsonw_init(&t->w, t->call->request->arena);
    return put_group(t, key, t->is_there ? &t->record : NULL, err);
}

static mp_code not_found(mp_arm_call *call, mp_str name, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "ManagementGroupNotFound", err, "The management group '%.*s' could not be found.",
                       MP_FMT(mp_str_of(name.ptr, name.len < 100 ? name.len : 100)));
}

static mp_code get_one(mp_arm_call *call, mp_error *err)
{
    mp_str expand = mp_http_query(call->request, MP_S("$expand"));
    tree t = { .call = call,
               .expands = mp_str_find_fold(expand, MP_S("children")) != SIZE_MAX ||
                          mp_str_find_fold(expand, MP_S("path")) != SIZE_MAX,
               .recurses = mp_str_eq_fold(mp_http_query(call->request, MP_S("$recurse")), MP_S("true")) };
    MP_TRY(mp_arm_read(call, read_group, &t, err));
    if (!t.is_there && !t.is_root)
        return not_found(call, call->name, err);
    return mp_arm_answer(call, 200, mp_jsonw_done(&t.w), err);
}

static mp_code list_groups(mp_tx *tx, void *arg, mp_error *err)
{
    tree           *t = arg;
    mp_record_query query = { .kind = &mp_management_group_kind, .limit = 1000 };
    mp_record_page  page;
    mp_record       root;
    bool            has_root;
    t->tx = tx;
    mp_jsonw_init(&t->w, t->call->request->arena);
    mp_jsonw_array(&t->w);
    MP_TRY(find(&root, &has_root, t, mp_arm_tenant(t->call), err));
    if (!has_root && mp_arm_may(t->call, READ, id_of(t, mp_arm_tenant(t->call))))
        MP_TRY(put_group(t, mp_arm_tenant(t->call), NULL, err));
    do {
        MP_TRY(mp_record_list(&page, tx, &query, t->call->request->arena, err));
        for (size_t i = 0; i < page.count; i++)
            if (mp_arm_may(t->call, READ, id_of(t, page.records[i].key)))
                MP_TRY(put_group(t, page.records[i].key, &page.records[i], err));
        query.after = page.next;
    } while (page.next.len);
    mp_jsonw_end(&t->w);
    return MP_OK;
}

static mp_code list_all(mp_arm_call *call, mp_error *err)
{
    tree t = { .call = call };
    MP_TRY(mp_arm_read(call, list_groups, &t, err));
    return mp_arm_list(call, mp_jsonw_done(&t.w), mp_str_of(NULL, 0), err);
}

/* ---- writing ---- */

typedef struct change {
    mp_arm_call   *call;
    mp_str         key;
    const mp_json *body;
    int64_t        expected; /* what was asked about */
    tree           made;     /* the group as it stands then */
} change;

static const mp_json *body_of(mp_arm_call *call, const char *name_as, mp_str name, mp_str display, mp_str state,
                              mp_str parent)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, name_as, name);
    mp_arm_put(&w, "displayName", display);
    if (state.len)
        mp_arm_put(&w, "state", state);
    mp_arm_put(&w, "parent", parent);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* What the functions of access refuse, in ARM's words. */
static mp_code tell(mp_arm_call *call, mp_code code, const mp_error *why, mp_error *err)
{
    if (code == MP_OK)
        return MP_OK;
    if (code == MP_REFERENCE)
        return mp_arm_fault_as(call, 404, "ManagementGroupNotFound", why, err);
    if (code == MP_PARAMETER || code == MP_LIMIT)
        return mp_arm_fault_as(call, 400, "InvalidRequestContent", why, err);
    if (code == MP_CONFLICT || code == MP_EXISTS)
        return mp_arm_fault_as(call, 409, "Conflict", why, err);
    if (err)
        *err = *why;
    return code;
}

static mp_code do_put(mp_tx *tx, void *arg, mp_error *err)
{
    change   *c = arg;
    mp_record made;
    MP_TRY(mp_management_group_put(&made, c->call->app->access, tx, c->call->name, c->body, c->expected, err));
    c->made.call = c->call;
    return read_group(tx, &c->made, err);
}

/* What is new asks for the right to write where it comes to stand; what is there, for that to write it, and to move it. */
static mp_code may_put(mp_arm_call *call, mp_str key, mp_str parent, bool is_there, mp_error *err)
{
    if (!is_there)
        return mp_check_parent(call->app, call->request, parent, err);
    mp_record seen; /* the write expects the version that was read before this: a move in between is a conflict */
    MP_TRY(mp_arm_require(call, GROUPS "/write", call->place.key, err));
    return mp_check_move(&seen, call->app, call->request, &mp_management_group_kind, key, parent, err);
}

static mp_code put_one(mp_arm_call *call, mp_error *err)
{
    const mp_json *properties = mp_arm_member(call->body, "properties"),
                  *given = mp_arm_member(mp_arm_member(properties, "details"), "parent");
    mp_str         display = mp_arm_text(properties, "displayName"), key = mp_str_skip(call->place.key, strlen(PREFIX));
    change         c = { .call = call, .key = key };
    mp_record      old;
    bool           is_there;
    mp_error       why = { .code = MP_OK };
    MP_TRY(mp_arm_record(&old, &is_there, call, &mp_management_group_kind, key, err));
    mp_str parent = mp_arm_text(given, "id").len ? mp_parent_name(call->app, mp_arm_text(given, "id"))
                    : is_there                   ? mp_arm_text(old.body, "parent")
                                                 : MP_S("");
    if (!is_there && call->request->method == MP_PATCH)
        return not_found(call, call->name, err);
    MP_TRY(may_put(call, key, parent, is_there, err));
    c.expected = is_there ? old.version : MP_NO_VERSION;
    c.body = body_of(call, "name", call->name,
                     display.len ? display
                     : is_there  ? mp_arm_text(old.body, "displayName")
                                 : call->name,
                     mp_str_of(NULL, 0), parent);
    if (!c.body)
        return mp_arm_nomem(err);
    MP_TRY(tell(call, mp_arm_write(call, do_put, &c, &why), &why, err));
    return mp_arm_answer(call, 200, mp_jsonw_done(&c.made.w), err);
}

static mp_code do_delete(mp_tx *tx, void *arg, mp_error *err)
{
    change *c = arg;
    MP_TRY(mp_management_group_delete(c->call->app->access, tx, c->call->name, MP_ANY_VERSION, err));
    return mp_arm_forget_deployments(tx, c->call->place.key, err);
}

static mp_code delete_one(mp_arm_call *call, mp_error *err)
{
    change    c = { .call = call };
    mp_error  why = { .code = MP_OK };
    mp_record old;
    bool      is_there;
    MP_TRY(mp_arm_record(&old, &is_there, call, &mp_management_group_kind,
                         mp_str_skip(call->place.key, strlen(PREFIX)), err));
    if (is_there)
        MP_TRY(mp_check_parent(call->app, call->request, mp_arm_text(old.body, "parent"), err));
    mp_code code = mp_arm_write(call, do_delete, &c, &why);
    if (code != MP_MISSING)
        MP_TRY(tell(call, code, &why, err));
    return mp_arm_answer_empty(call, 204, err);
}

/* ---- subscriptions in groups ---- */

#define SUBSCRIPTIONS GROUPS "/subscriptions"

typedef struct member {
    mp_str    group; /* key */
    mp_record subscription;
} member;

static mp_code find_member(member *m, mp_arm_call *call, const char *action, mp_error *err)
{
    mp_record group;
    bool      is_there;
    mp_str    scope = mp_arena_printf(call->request->arena, PREFIX "%.*s", MP_FMT(call->names[0]));
    if (!scope.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_require(call, action, scope, err));
    m->group = mp_arena_lower(call->request->arena, call->names[0]);
    mp_str id = mp_arena_lower(call->request->arena, call->names[1]);
    if (!m->group.ptr || !id.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_record(&group, &is_there, call, &mp_management_group_kind, m->group, err));
    if (!is_there && !is_root(call, m->group))
        return not_found(call, call->names[0], err);
    MP_TRY(mp_arm_record(&m->subscription, &is_there, call, &mp_subscription_kind, id, err));
    if (!is_there)
        return MP_ARM_FAIL(call, 404, "SubscriptionNotFound", err, "The subscription '%.*s' could not be found.",
                           MP_FMT(mp_str_of(id.ptr, id.len < 60 ? id.len : 60)));
    return MP_OK;
}

static bool is_in(const mp_arm_call *call, const member *m)
{
    mp_str parent = mp_arm_text(m->subscription.body, "parent");
    return parent.len ? mp_str_eq_fold(parent, m->group) : is_root(call, m->group);
}

static mp_code answer_member(mp_arm_call *call, const member *m, mp_error *err)
{
    mp_arena *arena = call->request->arena;
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id",
               mp_arena_printf(arena, PREFIX "%.*s/subscriptions/%.*s", MP_FMT(call->names[0]),
                               MP_FMT(m->subscription.key)));
    mp_arm_put(&w, "type", MP_S(SUBSCRIPTIONS));
    mp_arm_put(&w, "name", m->subscription.key);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "tenant", mp_arm_tenant(call));
    mp_arm_put(&w, "displayName", mp_arm_text(m->subscription.body, "displayName"));
    mp_jsonw_key(&w, MP_S("parent"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", mp_arena_printf(arena, PREFIX "%.*s", MP_FMT(call->names[0])));
    mp_jsonw_end(&w);
    mp_arm_put(&w, "state", mp_arm_text(m->subscription.body, "state"));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

static mp_code get_member(mp_arm_call *call, mp_error *err)
{
    member m;
    MP_TRY(find_member(&m, call, SUBSCRIPTIONS "/read", err));
    if (!is_in(call, &m))
        return MP_ARM_FAIL(call, 404, "SubscriptionNotFound", err, "The subscription '%.*s' could not be found.",
                           MP_FMT(m.subscription.key));
    return answer_member(call, &m, err);
}

static mp_code do_move(mp_tx *tx, void *arg, mp_error *err)
{
    change   *c = arg;
    mp_record made;
    return mp_subscription_put(&made, c->call->app->access, tx, c->key, c->body, c->expected, err);
}

static mp_code move(mp_arm_call *call, member *m, mp_str to, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    change   c = { .call = call, .key = m->subscription.key, .expected = m->subscription.version };
    mp_str   self = mp_arena_printf(call->request->arena, "/subscriptions/%.*s", MP_FMT(c.key));
    if (!self.ptr)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_require(call, "Microsoft.Resources/subscriptions/write", self, err));
    mp_record seen;
    MP_TRY(mp_check_move(&seen, call->app, call->request, &mp_subscription_kind, c.key, to, err));
    c.body = body_of(call, "id", c.key, mp_arm_text(m->subscription.body, "displayName"),
                     mp_arm_text(m->subscription.body, "state"), to);
    if (!c.body)
        return mp_arm_nomem(err);
    return tell(call, mp_arm_write(call, do_move, &c, &why), &why, err);
}

static mp_code put_member(mp_arm_call *call, mp_error *err)
{
    member m;
    MP_TRY(find_member(&m, call, SUBSCRIPTIONS "/write", err));
    MP_TRY(move(call, &m, is_root(call, m.group) ? MP_S("") : call->names[0], err));
    return answer_member(call, &m, err);
}

/* Out of the group, into the root. */
static mp_code delete_member(mp_arm_call *call, mp_error *err)
{
    member m;
    MP_TRY(find_member(&m, call, SUBSCRIPTIONS "/delete", err));
    if (!is_in(call, &m))
        return mp_arm_answer_empty(call, 204, err);
    MP_TRY(move(call, &m, MP_S(""), err));
    return mp_arm_answer_empty(call, 200, err);
}

/* Where the handler asks: what is new stands nowhere yet, and a subscription in a group is no scope. */
const mp_arm_route mp_arm_management_groups[] = {
    { MP_GET, GROUPS, MP_ARM_LIST, NULL, MP_ON_TENANT, list_all, .action = MP_SIGNED_IN },
    { MP_GET, GROUPS, MP_ARM_ITEM, NULL, MP_ON_TENANT, get_one, .action = NULL },
    { MP_PUT, GROUPS, MP_ARM_ITEM, NULL, MP_ON_TENANT, put_one, .action = MP_SIGNED_IN, .wants_body = true },
    { MP_PATCH, GROUPS, MP_ARM_ITEM, NULL, MP_ON_TENANT, put_one, .action = MP_SIGNED_IN, .wants_body = true },
    { MP_DELETE, GROUPS, MP_ARM_ITEM, NULL, MP_ON_TENANT, delete_one, .action = NULL },
    { MP_GET, SUBSCRIPTIONS, MP_ARM_ITEM, NULL, MP_ON_TENANT, get_member, .action = MP_SIGNED_IN },
    { MP_PUT, SUBSCRIPTIONS, MP_ARM_ITEM, NULL, MP_ON_TENANT, put_member, .action = MP_SIGNED_IN },
    { MP_DELETE, SUBSCRIPTIONS, MP_ARM_ITEM, NULL, MP_ON_TENANT, delete_member, .action = MP_SIGNED_IN },
    { .type = NULL },
};
