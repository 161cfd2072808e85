/* SPDX-License-Identifier: Apache-2.0 */
/* Policy definitions, initiatives, assignments, exemptions, attestations (arm-api, sections 8 and 9): one way for all
 * of them, and a table of what differs. */
#include "arm_policy.h"

#include "rbac.h"

typedef struct policy_type {
    const char    *type;
    mp_object_kind kind;
    const char    *missing;       /* code of 404 */
    bool           always_201;    /* typed clients want it also when one is replaced (section 4) */
    bool           gives_deleted; /* DELETE answers what was there */
    bool           is_definition; /* lists have inherited and built-in ones */
    const char    *read;          /* what is asked of who reads */
} policy_type;

static const policy_type types[] = {
    { "Microsoft.Authorization/policyDefinitions", MP_OBJECT_DEFINITION, "PolicyDefinitionNotFound", true, false, true, "Microsoft.Authorization/policyDefinitions/read" },
    { "Microsoft.Authorization/policySetDefinitions", MP_OBJECT_SET, "PolicySetDefinitionNotFound", false, false, true, "Microsoft.Authorization/policySetDefinitions/read" },
    { "Microsoft.Authorization/policyAssignments", MP_OBJECT_ASSIGNMENT, "PolicyAssignmentNotFound", true, true, false, "Microsoft.Authorization/policyAssignments/read" },
    { "Microsoft.Authorization/policyExemptions", MP_OBJECT_EXEMPTION, "PolicyExemptionNotFound", false, false, false, "Microsoft.Authorization/policyExemptions/read" },
    { "Microsoft.PolicyInsights/attestations", MP_OBJECT_ATTESTATION, "AttestationNotFound", false, false, false, "Microsoft.PolicyInsights/attestations/read" },
};

static const policy_type *type_of(const mp_arm_call *call)
{
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (mp_str_eq_fold(call->type, mp_str_from(types[i].type)))
            return &types[i];
    return NULL; /* no row of the table has another type */
}

/* What is shown: without what is ours alone, and the others in the order in which they are stored. */
const mp_json *mp_arm_policy_shown(const mp_json *body, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, body)) {
        if (mp_str_eq(mp_json_str(key), MP_S("refersTo")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code answer_body(mp_arm_call *call, unsigned status, const mp_json *body, mp_error *err)
{
    const mp_json *shown = mp_arm_policy_shown(body, call->request->arena);
    return shown ? mp_arm_answer(call, status, shown, err) : mp_arm_nomem(err);
}

static mp_code missing(mp_arm_call *call, mp_error *err)
{
    const policy_type *type = type_of(call);
    size_t             slash = mp_str_rfind(call->type, '/');
    return MP_ARM_FAIL(call, 404, type->missing, err, "The %.*s '%.*s' could not be found.",
                       MP_FMT(mp_str_skip(call->type, slash + 1)), MP_FMT(call->name));
}

/* ---- GET ---- */

/* Built-in ones are for whoever is signed in, also where he has no right on the tenant. */
mp_code mp_arm_policy_readable(mp_arm_call *call, const char *action, mp_error *err)
{
    if (call->scope.kind == MP_PLACE_TENANT)
        return MP_OK;
    return mp_arm_require(call, action, call->place.key.len ? call->place.key : call->holder.key, err);
}

typedef struct expanding {
    mp_arm_call   *call;
    const mp_json *body;
} expanding;

static mp_code expand(mp_tx *tx, void *arg, mp_error *err)
{
    expanding *e = arg;
    return mp_arm_version_expand(&e->body, tx, e->call, type_of(e->call)->kind, e->body, err);
}

static mp_code get(mp_arm_call *call, mp_error *err)
{
    mp_record record;
    bool      is_there;
    if (type_of(call)->is_definition)
        MP_TRY(mp_arm_policy_readable(call, type_of(call)->read, err));
    MP_TRY(mp_arm_record(&record, &is_there, call, mp_object_kinds[type_of(call)->kind], call->place.key, err));
    if (!is_there)
        return missing(call, err);
    expanding e = { .call = call, .body = record.body };
    MP_TRY(mp_arm_read(call, expand, &e, err));
    return answer_body(call, 200, e.body, err);
}

/* ---- PUT, PATCH, DELETE ---- */

typedef struct writing {
    mp_arm_call       *call;
    const policy_type *type;
    mp_object_write    what;
    mp_object_fault    fault;
    mp_object_ready    ready;
    mp_record          out;
    bool               is_new, is_locked;
} writing;

static mp_code check_locks(writing *w, mp_tx *tx, bool is_delete, mp_error *err)
{
    mp_code code = mp_lock_check(tx, w->call->place.key, is_delete, w->call->request->arena, err);
    w->is_locked = code == MP_CONFLICT;
    return code;
}

/* Read by the language on this thread, so that the one that writes has little to do. */
static mp_code prepare(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(check_locks(w, tx, false, err));
    return mp_object_prepare(&w->ready, &w->fault, tx, &w->what, w->call->request->arena, err);
}

static mp_code put_one(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(check_locks(w, tx, false, err));
    return mp_object_put(&w->out, &w->is_new, &w->fault, tx, &w->what, w->call->request->arena, err);
}

static mp_code delete_one(mp_tx *tx, void *arg, mp_error *err)
{
    writing *w = arg;
    MP_TRY(check_locks(w, tx, true, err));
    return mp_object_delete(&w->out, &w->fault, tx, w->type->kind, w->call->place.key, MP_ANY_VERSION,
                            w->call->request->arena, err);
}

unsigned mp_arm_policy_status(mp_code code)
{
    switch (code) {
    case MP_REFERENCE:
        return 404;
    case MP_CONFLICT:
    case MP_EXISTS:
        return 409;
    case MP_SYNTAX:
    case MP_COMPILE:
    case MP_PARAMETER:
    case MP_FORMAT:
    case MP_LIMIT:
        return 400;
    default:
        return 0;
    }
}

mp_code mp_arm_policy_told(mp_arm_call *call, bool is_locked, const char *said, mp_code code, const mp_error *why,
                           mp_error *err)
{
    unsigned status = mp_arm_policy_status(code);
    if (is_locked)
        return mp_arm_fault_as(call, 409, "ScopeLocked", why, err);
    if (status)
        return mp_arm_fault_as(call, status, said, why, err);
    if (err)
        *err = *why;
    return code;
}

/* Built-in ones are for everybody. */
static mp_code check_seen(mp_arm_call *call, mp_str id, mp_error *err)
{
    mp_str key = mp_arena_lower(call->request->arena, id);
    if (!id.len || mp_str_starts_fold(id, MP_S("/providers/Microsoft.Authorization/")))
        return MP_OK;
    if (!key.ptr)
        return mp_arm_nomem(err);
    bool is_set = mp_str_find_str(key, MP_S("/policysetdefinitions/")) != SIZE_MAX;
    return mp_arm_require(call,
                          is_set ? "Microsoft.Authorization/policySetDefinitions/read"
                                 : "Microsoft.Authorization/policyDefinitions/read",
                          key, err);
}

/* Whoever assigns a policy decides about all that it will be asked about: he must see what he assigns. So must who
 * puts policies together, since reasons of verdicts show what is in them. And who exempts from an assignment must be
 * one whom those who assigned it let do so, wherever the exemption stands (Microsoft Learn, "Azure Policy exemption
 * structure": exempt/Action). */
mp_code mp_arm_policy_referred(mp_arm_call *call, mp_object_kind kind, mp_error *err)
{
    const mp_json *properties = mp_arm_member(call->body, "properties"),
                  *members = mp_arm_member(properties, "policyDefinitions");
    if (kind == MP_OBJECT_ASSIGNMENT)
        return check_seen(call, mp_arm_text(properties, "policyDefinitionId"), err);
    if (kind == MP_OBJECT_SET && mp_json_is(members, MP_JSON_ARRAY))
        for (MP_JSON_EACH(member, members))
            MP_TRY(check_seen(call, mp_arm_text(member, "policyDefinitionId"), err));
    if (kind != MP_OBJECT_EXEMPTION)
        return MP_OK;
    mp_str assignment = mp_arena_lower(call->request->arena, mp_arm_text(properties, "policyAssignmentId"));
    if (!assignment.ptr)
        return mp_arm_nomem(err);
    return assignment.len
               ? mp_arm_require(call, "Microsoft.Authorization/policyAssignments/exempt/action", assignment, err)
               : MP_OK;
}

/* What is tried next may refer to it. */
static mp_code add_draft(mp_arm_call *call, mp_object_kind kind, const mp_json *body, mp_error *err)
{
    mp_arm_drafts *drafts = call->drafts;
    if (drafts->count == drafts->cap) {
        size_t          cap = drafts->cap ? drafts->cap * 2 : 16;
        mp_rule_change *grown = MP_ARENA_ARRAY(call->request->arena, mp_rule_change, cap);
        if (!grown)
            return mp_arm_nomem(err);
        if (drafts->count)
            memcpy(grown, drafts->list, drafts->count * sizeof *grown);
        drafts->list = grown;
        drafts->cap = cap;
    }
    drafts->list[drafts->count++] = (mp_rule_change){ .kind = mp_object_kinds[kind], .key = call->place.key, .body = body };
    return MP_OK;
}

static mp_code put_as(mp_arm_call *call, bool is_patch, mp_error *err)
{
    writing w = { .call = call, .type = type_of(call) };
    mp_error why = { 0 };
    MP_TRY(mp_arm_check_scope(call, &call->scope, true, err));
    MP_TRY(mp_arm_policy_referred(call, w.type->kind, err));
    w.what = (mp_object_write){ .kind = w.type->kind,
                                .place = &call->place,
                                .body = call->body,
                                .tenant = mp_arm_tenant(call),
                                .expected = MP_ANY_VERSION,
                                .is_patch = is_patch,
                                .ready = &w.ready,
                                .beside = call->drafts ? call->drafts->list : NULL,
                                .beside_count = call->drafts ? call->drafts->count : 0 };
    mp_arm_by(&w.what.by, &w.what.by_kind, call);
    mp_code code = mp_arm_read(call, prepare, &w, &why);
    if (code == MP_OK)
        code = mp_arm_write(call, put_one, &w, &why);
    if (code == MP_MISSING)
        return missing(call, err);
    if (code != MP_OK)
        return mp_arm_policy_told(w.call, w.is_locked, w.fault.code, code, &why, err);
    if (call->is_trial && call->drafts)
        MP_TRY(add_draft(call, w.type->kind, w.out.body, err));
    unsigned status = is_patch ? 200 : w.is_new || w.type->always_201 ? 201 : 200;
    return answer_body(call, status, w.out.body, err);
}

static mp_code put(mp_arm_call *call, mp_error *err) { return put_as(call, false, err); }
static mp_code patch(mp_arm_call *call, mp_error *err) { return put_as(call, true, err); }

static mp_code delete(mp_arm_call *call, mp_error *err)
{
    writing  w = { .call = call, .type = type_of(call) };
    mp_error why = { 0 };
    mp_code  code = mp_arm_write(call, delete_one, &w, &why);
    if (code == MP_MISSING)
        return mp_arm_answer_empty(call, 204, err);
    if (code != MP_OK)
        return mp_arm_policy_told(w.call, w.is_locked, w.fault.code, code, &why, err);
    return w.type->gives_deleted ? answer_body(call, 200, w.out.body, err) : mp_arm_answer_empty(call, 200, err);
}

/* ---- lists ---- */

enum { DISPLAY_NAME, NAME, POLICY_TYPE, CATEGORY, DEFINITION_ID, ASSIGNMENT_ID, EXPIRES_ON };
enum { AT_SCOPE, AT_EXACT_SCOPE, EXCLUDE_EXPIRED };

static const mp_odata_field fields[] = {
    [DISPLAY_NAME] = { .name = MP_S_INIT("displayName"), .type = MP_ODATA_STRING },
    [NAME] = { .name = MP_S_INIT("name"), .type = MP_ODATA_STRING },
    [POLICY_TYPE] = { .name = MP_S_INIT("policyType"), .type = MP_ODATA_STRING },
    [CATEGORY] = { .name = MP_S_INIT("category"), .type = MP_ODATA_STRING },
    [DEFINITION_ID] = { .name = MP_S_INIT("policyDefinitionId"), .type = MP_ODATA_ID },
    [ASSIGNMENT_ID] = { .name = MP_S_INIT("policyAssignmentId"), .type = MP_ODATA_ID },
    [EXPIRES_ON] = { .name = MP_S_INIT("expiresOn"), .type = MP_ODATA_DATE },
};
static const mp_odata_function functions[] = {
    [AT_SCOPE] = { MP_S_INIT("atScope"), 0, 0 },
    [AT_EXACT_SCOPE] = { MP_S_INIT("atExactScope"), 0, 0 },
    [EXCLUDE_EXPIRED] = { MP_S_INIT("excludeExpired"), 0, 0 },
};
static const mp_odata_table table = { fields, MP_COUNT(fields), MP_COUNT(functions), functions };

typedef struct listing {
    mp_arm_call       *call;
    const policy_type *type;
    bool               is_versions; /* of definitions, instead of them */
    const mp_filter   *filter;
    mp_str             prefixes[40]; /* of keys: where it is looked, one after the other */
    size_t             prefix_count;
    size_t             at;           /* of the prefixes */
    mp_str             after;
    uint32_t           top;
    mp_ticks           now;
    mp_jsonw           w;
    uint32_t           count;
    mp_str             next;
} listing;

static mp_cell cell(void *context, const void *row, uint32_t field)
{
    const mp_record *record = row;
    const mp_json   *properties = mp_json_get(record->body, MP_S("properties"));
    mp_str           text = { NULL, 0 };
    mp_ticks         expires;
    (void)context;
    if (field == EXPIRES_ON)
        return mp_clock_parse(&expires, mp_arm_text(properties, "expiresOn")) ? mp_cell_date(expires) : MP_CELL_OF_NULL;
    if (field == NAME)
        text = mp_arm_text(record->body, "name");
    else if (field == CATEGORY)
        text = mp_arm_text(mp_json_get_fold(properties, MP_S("metadata")), "category");
    else
        text = mp_arm_text(properties, fields[field].name.ptr);
    return text.len ? mp_cell_text(text) : MP_CELL_OF_NULL;
}

static bool is_directly_at(mp_str key, mp_str scope)
{
    return mp_str_starts(key, scope) &&
           mp_str_starts(mp_str_skip(key, scope.len == 1 ? 0 : scope.len), MP_S("/providers/microsoft.")) &&
           mp_str_find_str(mp_str_skip(key, scope.len + 1), MP_S("/providers/")) == SIZE_MAX;
}

static bool holds(void *context, const void *row, uint32_t function, const mp_str *arguments, uint32_t count)
{
    const listing   *l = context;
    const mp_record *record = row;
    mp_ticks         expires;
    (void)arguments;
    (void)count;
    switch (function) {
    case AT_EXACT_SCOPE:
        return is_directly_at(record->key, l->call->scope.key);
    case AT_SCOPE: /* what holds for the scope: there and above, not below */
        return is_directly_at(record->key, l->call->scope.key) || !mp_str_starts(record->key, l->call->scope.key);
    default:
        return !mp_clock_parse(&expires, mp_arm_text(mp_json_get(record->body, MP_S("properties")), "expiresOn")) ||
               expires > l->now;
    }
}

static mp_code add_prefix(listing *l, mp_str prefix, mp_error *err)
{
    if (!prefix.ptr)
        return mp_arm_nomem(err);
    if (l->prefix_count < MP_COUNT(l->prefixes))
        l->prefixes[l->prefix_count++] = prefix;
    return MP_OK;
}

/* Of those that hang on a scope itself. */
static mp_code add_at(listing *l, mp_str scope, mp_error *err)
{
    mp_arena *arena = l->call->request->arena;
    mp_str    type = mp_arena_lower(arena, mp_str_from(l->type->type));
    if (!type.ptr)
        return mp_arm_nomem(err);
    return add_prefix(
        l, mp_arena_printf(arena, "%.*s/providers/%.*s/", MP_FMT(scope.len == 1 ? MP_S("") : scope), MP_FMT(type)),
        err);
}

/* Definitions: of the scope, inherited, built-in. Assignments and exemptions: above, at and below. Attestations: at
 * and below. */
static mp_code find_prefixes(listing *l, mp_error *err)
{
    mp_arm_call  *call = l->call;
    const mp_str *above;
    size_t        count;
    if (call->scope.kind == MP_PLACE_TENANT)
        return add_at(l, MP_S("/"), err);
    MP_TRY(mp_arm_above(&above, &count, call, &call->scope, err));
    for (size_t i = l->type->is_definition ? 0 : 1; i < count && l->type->kind != MP_OBJECT_ATTESTATION; i++)
        MP_TRY(add_at(l, above[i], err));
    return l->type->is_definition
               ? MP_OK
               : add_prefix(l, mp_arena_printf(call->request->arena, "%.*s/", MP_FMT(call->scope.key)), err);
}

static mp_code add_row(mp_tx *tx, listing *l, const mp_record *record, mp_error *err)
{
    mp_odata_reader reader = { cell, holds, l };
    if (l->filter && !mp_filter_test(l->filter, &reader, record))
        return MP_OK;
    if (l->is_versions)
        return mp_arm_version_write_all(&l->w, &l->count, tx, l->call, l->type->kind, record, err);
    const mp_json *body;
    MP_TRY(mp_arm_version_expand(&body, tx, l->call, l->type->kind, record->body, err));
    const mp_json *shown = mp_arm_policy_shown(body, l->call->request->arena);
    if (!shown)
        return mp_arm_nomem(err);
    mp_jsonw_value(&l->w, shown);
    l->count++;
    return MP_OK;
}

/* One page of the store; the list's own page may need several. */
static mp_code read_some(mp_tx *tx, listing *l, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { "id", MP_FILTER_STARTS, l->prefixes[l->at] };
    mp_record_query query = { .kind = mp_object_kinds[l->type->kind],
                              .filters = &filter,
                              .filter_count = 1,
                              .order = "id",
                              .after = l->after,
                              .limit = l->top - l->count };
    MP_TRY(mp_record_list(&page, tx, &query, l->call->request->arena, err));
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(add_row(tx, l, &page.records[i], err));
    l->after = page.next;
    if (!page.next.len)
        l->at++;
    return MP_OK;
}

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    listing *l = arg;
    l->now = mp_tx_time(tx);
    while (l->at < l->prefix_count && l->count < l->top)
        MP_TRY(read_some(tx, l, err));
    if (l->at < l->prefix_count) {
        l->next = mp_arena_printf(l->call->request->arena, "%zu.%.*s", l->at, MP_FMT(l->after));
        return l->next.ptr ? MP_OK : mp_arm_nomem(err);
    }
    return MP_OK;
}

/* "2.CONTINUATION": the number of the prefix. */
static mp_code go_on(listing *l, mp_error *err)
{
    mp_str token = mp_arm_skiptoken(l->call);
    size_t dot = mp_str_find(token, '.'), n = 0;
    if (!token.len)
        return MP_OK;
    for (size_t i = 0; i < token.len && i < dot; i++)
        n = token.ptr[i] >= '0' && token.ptr[i] <= '9' && n < 1000 ? n * 10 + (size_t)(token.ptr[i] - '0') : 1000;
    if (dot == SIZE_MAX || dot == 0 || n >= l->prefix_count)
        return MP_ARM_FAIL(l->call, 400, "InvalidSkipToken", err, "The $skiptoken is none that this list gave.");
    l->at = n;
    l->after = mp_str_skip(token, dot + 1);
    return MP_OK;
}

static mp_code list_as(mp_arm_call *call, const policy_type *type, bool is_versions, mp_error *err)
{
    listing l = { .call = call, .type = type, .is_versions = is_versions };
    if (type->is_definition)
        MP_TRY(mp_arm_policy_readable(call, type->read, err));
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    MP_TRY(mp_arm_filter(&l.filter, call, &table, err));
    MP_TRY(mp_arm_top(&l.top, call, 1000, err));
    MP_TRY(find_prefixes(&l, err));
    MP_TRY(go_on(&l, err));
    mp_jsonw_init(&l.w, call->request->arena);
    mp_jsonw_array(&l.w);
    MP_TRY(mp_arm_read(call, read_page, &l, err));
    mp_jsonw_end(&l.w);
    return mp_arm_list(call, mp_jsonw_done(&l.w), l.next, err);
}

static mp_code list(mp_arm_call *call, mp_error *err) { return list_as(call, type_of(call), false, err); }

static mp_code list_all_versions(mp_arm_call *call, mp_error *err)
{
    return list_as(
        call,
        &types[mp_str_eq_fold(call->type, MP_S("Microsoft.Authorization/listPolicySetDefinitionVersions")) ? 1 : 0],
        true, err);
}

/* ---- the table ---- */

#define ABOVE_GROUPS (MP_ON_SUBSCRIPTION | MP_ON_MANAGEMENT_GROUP)
#define ON_ALL (MP_ON_MANAGEMENT_GROUP | MP_ON_SUBSCRIPTION | MP_ON_GROUP | MP_ON_RESOURCE)

#define READING(type_, scopes_, action_)                                                                                        \
    { .method = MP_GET, .type = type_, .at = MP_ARM_ITEM, .scopes = scopes_, .handler = get, .action = action_ },                \
    { .method = MP_GET, .type = type_, .at = MP_ARM_LIST, .scopes = scopes_, .handler = list, .action = action_ }
#define WRITING(type_, scopes_)                                                                                                 \
    { .method = MP_PUT, .type = type_, .at = MP_ARM_ITEM, .scopes = scopes_, .handler = put, .wants_body = true },               \
    { .method = MP_DELETE, .type = type_, .at = MP_ARM_ITEM, .scopes = scopes_, .handler = delete }
#define DEFINITIONS(type_, versions_)                                                                                \
    READING(type_, ABOVE_GROUPS | MP_ON_TENANT, MP_SIGNED_IN), WRITING(type_, ABOVE_GROUPS),                         \
        { .method = MP_POST,                                                                                         \
          .type = versions_,                                                                                         \
          .at = MP_ARM_LIST,                                                                                         \
          .scopes = ABOVE_GROUPS | MP_ON_TENANT,                                                                     \
          .handler = list_all_versions,                                                                              \
          .action = MP_SIGNED_IN },                                                                                  \
    {                                                                                                                \
        .method = MP_GET, .type = versions_, .at = MP_ARM_LIST, .scopes = ABOVE_GROUPS | MP_ON_TENANT,               \
        .handler = list_all_versions, .action = MP_SIGNED_IN                                                         \
    }

const mp_arm_route mp_arm_policy[] = {
    DEFINITIONS("Microsoft.Authorization/policyDefinitions", "Microsoft.Authorization/listPolicyDefinitionVersions"),
    DEFINITIONS("Microsoft.Authorization/policySetDefinitions",
                "Microsoft.Authorization/listPolicySetDefinitionVersions"),
    READING("Microsoft.Authorization/policyAssignments", ON_ALL, NULL),
    WRITING("Microsoft.Authorization/policyAssignments", ON_ALL),
    READING("Microsoft.Authorization/policyExemptions", ON_ALL, NULL),
    WRITING("Microsoft.Authorization/policyExemptions", ON_ALL),
    READING("Microsoft.PolicyInsights/attestations", ON_ALL, NULL),
    WRITING("Microsoft.PolicyInsights/attestations", ON_ALL),
    { .method = MP_PATCH,
      .type = "Microsoft.Authorization/policyAssignments",
      .at = MP_ARM_ITEM,
      .scopes = ON_ALL,
      .handler = patch,
      .wants_body = true },
    { .type = NULL },
};
