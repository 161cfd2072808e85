/* SPDX-License-Identifier: Apache-2.0 */
/* Microsoft.Security: locations, and regulatory compliance of what is assigned (arm-api, section 10). */
#include "arm_internal.h"

#include "standards.h"

#define STANDARDS "Microsoft.Security/regulatoryComplianceStandards"
#define CONTROLS STANDARDS "/regulatoryComplianceControls"
#define ASSESSMENTS CONTROLS "/regulatoryComplianceAssessments"

/* ---- locations ---- */

#define HOME "centralus" /* clients ask for one and use its name; everything is at this one place */

static const mp_json *location_json(const mp_arm_call *call)
{
    mp_jsonw w;
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id",
               mp_arena_printf(call->request->arena, "%.*s/providers/Microsoft.Security/locations/" HOME,
                               MP_FMT(call->scope.id)));
    mp_arm_put(&w, "name", MP_S(HOME));
    mp_arm_put(&w, "type", MP_S("Microsoft.Security/locations"));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "homeRegionName", MP_S(HOME));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code get_location(mp_arm_call *call, mp_error *err)
{
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    if (!mp_str_eq_fold(call->name, MP_S(HOME)))
        return MP_ARM_FAIL(call, 404, "ResourceNotFound", err, "There is no location '%.*s'.", MP_FMT(call->name));
    return mp_arm_answer(call, 200, location_json(call), err);
}

static mp_code list_locations(mp_arm_call *call, mp_error *err)
{
    mp_jsonw       w;
    const mp_json *one = location_json(call);
    MP_TRY(mp_arm_check_scope(call, &call->scope, false, err));
    if (!one)
        return mp_arm_nomem(err);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    mp_jsonw_value(&w, one);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), MP_S(""), err);
}

/* ---- standards, controls, assessments ---- */

typedef struct reading {
    mp_arm_call      *call;
    mp_rulebook      *book;
    mp_standard_part *first;
} reading;

static mp_code read_standards(mp_tx *tx, void *arg, mp_error *err)
{
    reading *r = arg;
    return mp_standards_read(&r->first, tx, r->book, r->call->scope.key, r->call->request->arena, err);
}

/* Of each level: its type, and what its counts are called. */
static const struct level {
    const char *type;
    const char *counts[MP_STANDINGS]; /* NULL: this level does not tell it */
} levels[] = {
    { STANDARDS, { "failedControls", "passedControls", "skippedControls", "unsupportedControls" } },
    { CONTROLS, { "failedAssessments", "passedAssessments", "skippedAssessments", NULL } },
    { ASSESSMENTS, { "failedResources", "passedResources", "skippedResources", "unsupportedResources" } },
};

static size_t level_of(const mp_arm_call *call)
{
    size_t slashes = 0;
    for (size_t i = 0; i < call->type.len; i++)
        slashes += call->type.ptr[i] == '/';
    return slashes - 1;
}

static void write_part(mp_jsonw *w, const mp_standard_part *part, size_t level, mp_str parent)
{
    const char *last = strrchr(levels[level].type, '/') + 1;
    mp_jsonw_object(w);
    mp_arm_put(
        w, "id",
        level ? mp_arena_printf(w->arena, "%.*s/%s/%.*s", MP_FMT(parent), last, MP_FMT(part->name))
              : mp_arena_printf(w->arena, "%.*s/providers/" STANDARDS "/%.*s", MP_FMT(parent), MP_FMT(part->name)));
    mp_arm_put(w, "name", part->name);
    mp_arm_put(w, "type", mp_str_from(levels[level].type));
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    if (level)
        mp_arm_put(w, "description", part->text);
    mp_arm_put(w, "state", mp_str_from(mp_standing_names[part->standing]));
    if (level == 2) {
        mp_arm_put(w, "assessmentType", MP_S("PolicyAssessment"));
        mp_arm_put(w, "assessmentDetailsLink", part->id);
    }
    for (unsigned k = 0; k < MP_STANDINGS; k++)
        if (levels[level].counts[k]) {
            mp_jsonw_key(w, mp_str_from(levels[level].counts[k]));
            mp_jsonw_int(w, (int64_t)part->counts[k]);
        }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

enum { STATE };
static const mp_odata_field    fields[] = { [STATE] = { .name = MP_S_INIT("properties/state"), .type = MP_ODATA_STRING } };
static const mp_odata_table    table = { .fields = fields, .field_count = MP_COUNT(fields) };

static mp_cell cell(void *context, const void *row, uint32_t field)
{
    const mp_standard_part *part = row;
    (void)context;
    (void)field;
    return mp_cell_text(mp_str_from(mp_standing_names[part->standing]));
}

static const mp_odata_reader reader = { .get = cell };

static mp_code read_all(reading *r, mp_error *err)
{
    MP_TRY(mp_arm_check_scope(r->call, &r->call->scope, false, err));
    MP_TRY(mp_rulebook_ref(&r->book, r->call->compliance->books, err));
    mp_code code = mp_arm_read(r->call, read_standards, r, err);
    mp_rulebook_unref(r->book);
    return code;
}

static mp_code not_there(mp_arm_call *call, mp_str name, mp_error *err)
{
    return MP_ARM_FAIL(call, 404, "ResourceNotFound", err, "There is no '%.*s' among what is assigned here.", MP_FMT(name));
}

/* Down to the parts of `names`, as many as `depth`; *parent is the id so far. */
static mp_code go_down(const mp_standard_part **at, mp_str *parent, const reading *r, size_t depth, mp_error *err)
{
    const mp_standard_part *first = r->first;
    *parent = r->call->scope.id;
    for (size_t i = 0; i < depth; i++) {
        const mp_standard_part *part = mp_standard_find(first, r->call->names[i]);
        if (!part)
            return not_there(r->call, r->call->names[i], err);
        *parent = mp_arena_printf(r->call->request->arena, "%.*s%s/%s/%.*s", MP_FMT(*parent),
                                  i ? "" : "/providers/Microsoft.Security", strrchr(levels[i].type, '/') + 1,
                                  MP_FMT(part->name));
        if (!parent->ptr)
            return mp_arm_nomem(err);
        first = part->first;
    }
    *at = first;
    return MP_OK;
}

static mp_code list_parts(mp_arm_call *call, mp_error *err)
{
    reading                 r = { .call = call };
    size_t                  level = level_of(call);
    const mp_standard_part *first;
    const mp_filter        *filter;
    mp_str                  parent;
    mp_jsonw                w;
    MP_TRY(mp_arm_filter(&filter, call, &table, err));
    MP_TRY(read_all(&r, err));
    MP_TRY(go_down(&first, &parent, &r, level, err));
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_array(&w);
    for (const mp_standard_part *part = first; part; part = part->next)
        if (mp_filter_test(filter, &reader, part))
            write_part(&w, part, level, parent);
    mp_jsonw_end(&w);
    return mp_arm_list(call, mp_jsonw_done(&w), MP_S(""), err);
}

static mp_code get_part(mp_arm_call *call, mp_error *err)
{
    reading                 r = { .call = call };
    size_t                  level = level_of(call);
    const mp_standard_part *first;
    mp_str                  parent;
    mp_jsonw                w;
    MP_TRY(read_all(&r, err));
    MP_TRY(go_down(&first, &parent, &r, level, err));
    const mp_standard_part *part = mp_standard_find(first, call->name);
    if (!part)
        return not_there(call, call->name, err);
    mp_jsonw_init(&w, call->request->arena);
    write_part(&w, part, level, parent);
    return mp_arm_answer(call, 200, mp_jsonw_done(&w), err);
}

#define PARTS(type_)                                                                                              \
    { .method = MP_GET, .type = type_, .at = MP_ARM_LIST, .scopes = MP_ON_SUBSCRIPTION, .handler = list_parts, .action = STANDARDS "/read" }, \
    { .method = MP_GET, .type = type_, .at = MP_ARM_ITEM, .scopes = MP_ON_SUBSCRIPTION, .handler = get_part, .action = STANDARDS "/read" }

const mp_arm_route mp_arm_security[] = {
    { .method = MP_GET, .type = "Microsoft.Security/locations", .at = MP_ARM_LIST, .scopes = MP_ON_SUBSCRIPTION, .handler = list_locations },
    { .method = MP_GET, .type = "Microsoft.Security/locations", .at = MP_ARM_ITEM, .scopes = MP_ON_SUBSCRIPTION, .handler = get_location },
    PARTS(STANDARDS),
    PARTS(CONTROLS),
    PARTS(ASSESSMENTS),
    { .type = NULL },
};
