/* SPDX-License-Identifier: Apache-2.0 */
/* Any policies and any request: {"policies": [...], "resource": {...}, "resourceGroup", "subscription",
 * "context", "pending": [{"field", "values"}]}.
 *
 * Properties: a request is refused exactly when an act refuses it, and the refusal names each; an act of a
 * policy that is not enforced refuses nothing; what was changed and is written again does not change again,
 * when the same policies act in the same way, each on a property of its own; and whatever is asked has an
 * answer. */
#include <stdlib.h>

#include <mapae/inventory.h>

#include "buf.h"
#include "fuzz.h"
#include "library.h"
#include "restriction.h"
#include "violation.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

struct world {
    const mp_json *root;
    mp_library    *library;
    mp_plan       *plan;
    mp_enforcer   *enforcer;
    mp_arena       arena;
    mp_resource    resource;
    mp_buf         acts;   /* what the first write changed, a line for each policy */
    bool           is_odd; /* no promise that it stays */
};

static const mp_json *member(const struct world *w, const char *name, mp_json_kind kind)
{
    const mp_json *v = mp_json_get(w->root, mp_str_from(name));
    return mp_json_is(v, kind) ? v : NULL;
}

static bool open_world(struct world *w)
{
    static const mp_json nothing = { .kind = MP_JSON_OBJECT, .count = 0, .u = { .span = 1 } };
    const mp_json *policies = member(w, "policies", MP_JSON_ARRAY);
    const mp_json *doc = member(w, "resource", MP_JSON_OBJECT);
    mp_buf         text = MP_BUF_INIT;
    const mp_check *checks;
    uint32_t        count;
    mp_plan_options options = { .details = true };
    require(mp_library_new(&w->library, NULL) == MP_OK);
    mp_library_hold(w->library);
    if (policies)
        mp_buf_add_json(&text, policies);
    mp_code code = mp_library_read(w->library, MP_S("fuzz"), policies ? mp_buf_str(&text) : MP_S("[]"),
                                   MP_ROLE_JUDGED, NULL);
    mp_buf_free(&text);
    return code == MP_OK && mp_library_checks(w->library, &checks, &count, NULL) == MP_OK &&
           mp_plan_new(&w->plan, checks, count, &options, NULL) == MP_OK &&
           mp_enforcer_new(&w->enforcer, w->plan, NULL) == MP_OK &&
           mp_resource_from_arm(&w->resource, doc ? doc : &nothing, &w->arena, NULL) == MP_OK;
}

static void close_world(struct world *w)
{
    mp_enforcer_free(w->enforcer);
    mp_plan_free(w->plan);
    mp_library_free(w->library);
    mp_arena_free(&w->arena);
    mp_buf_free(&w->acts);
}

static mp_enforce_request request_of(struct world *w, const mp_resource *resource)
{
    return (mp_enforce_request){
        .resource = resource,
        .around = { .request = member(w, "context", MP_JSON_OBJECT),
                    .subscription = member(w, "subscription", MP_JSON_OBJECT),
                    .resource_group = member(w, "resourceGroup", MP_JSON_OBJECT),
                    .now = MP_TICKS_PER_DAY * 739000 },
    };
}

/* ---- refusals ---- */

static void check_refusal(struct world *w, const mp_enforcement *done)
{
    uint32_t refusing = 0;
    for (uint32_t i = 0; i < done->act_count; i++) {
        const mp_json *one;
        require(!done->acts[i].refuses || mp_check_is_enforced(done->acts[i].check));
        require(mp_act_json(&one, &done->acts[i], &w->arena, NULL) == MP_OK);
        refusing += done->acts[i].refuses;
    }
    require(done->is_allowed == (refusing == 0));
    require(done->is_allowed || !done->is_changed);
    require(!done->is_changed || done->resource->doc != w->resource.doc);
    const mp_json *refusal;
    require(mp_enforcement_refusal(&refusal, w->enforcer, done, &w->arena, NULL) == MP_OK);
    require(mp_json_get(refusal, MP_S("additionalInfo"))->count == refusing);
}

/* ---- writing twice ---- */

static void add_line(mp_buf *out, const mp_act *act)
{
    mp_buf_printf(out, "%p", (const void *)act->check);
    for (uint32_t i = 0; i < act->operation_count; i++) {
        const mp_applied *a = &act->operations[i];
        mp_buf_printf(out, " %.*s ", MP_FMT(a->operation));
        mp_buf_add_json_str(out, a->field);
        mp_buf_add_c(out, ' ');
        if (a->value)
            mp_buf_add_json(out, a->value);
    }
    mp_buf_add_c(out, '\n');
}

/* Every two operations change something else, and each could be carried out. */
static bool stands_apart(const mp_act *acts, uint32_t count)
{
    const mp_applied *seen[64];
    uint32_t          n = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < acts[i].operation_count; k++) {
            const mp_applied *a = &acts[i].operations[k];
            for (uint32_t m = 0; m < n; m++)
                if (mp_edit_paths_meet(seen[m]->path, a->path))
                    return false;
            if (n == 64 || a->how == MP_EDITED_NOWHERE || a->how == MP_EDITED_NOT)
                return false;
            seen[n++] = a;
        }
    return true;
}

static void note_changes(struct world *w, const mp_enforcement *done)
{
    w->is_odd = !stands_apart(done->acts, done->act_count);
    for (uint32_t i = 0; i < done->act_count; i++)
        if (done->acts[i].kind == MP_ACT_CHANGED)
            add_line(&w->acts, &done->acts[i]);
}

static bool is_explained(const struct world *w, const mp_enforcement *again)
{
    bool   is_new = false;
    mp_buf line = MP_BUF_INIT;
    for (uint32_t i = 0; i < again->act_count && !is_new; i++) {
        mp_buf_clear(&line);
        if (again->acts[i].kind != MP_ACT_CHANGED)
            continue;
        add_line(&line, &again->acts[i]);
        is_new = mp_str_find_str(mp_buf_str(&w->acts), mp_buf_str(&line)) == SIZE_MAX;
    }
    mp_buf_free(&line);
    return is_new;
}

static void write_twice(struct world *w)
{
    mp_enforcement     done;
    mp_enforce_request request = request_of(w, &w->resource);
    mp_code            code = mp_enforce_write(&done, w->enforcer, &request, NULL);
    require(code == MP_OK || code == MP_LIMIT);
    if (code != MP_OK)
        return;
    check_refusal(w, &done);
    if (!done.is_changed)
        return;
    note_changes(w, &done);
    mp_resource again = *done.resource;
    again.doc = mp_arena_dup_json(&w->arena, done.resource->doc);
    require(again.doc != NULL);
    mp_edit_resource(&again, again.doc);
    request.resource = &again;
    require(mp_enforce_write(&done, w->enforcer, &request, NULL) == MP_OK);
    require(!done.is_changed || w->is_odd || is_explained(w, &done));
}

/* ---- the others ---- */

static void ask_others(struct world *w)
{
    mp_enforcement     done;
    mp_enforce_request request = request_of(w, &w->resource);
    uint32_t           count;
    mp_plan_checks(w->plan, &count);
    require(mp_enforce_after(&done, w->enforcer, &request, NULL) == MP_OK && done.is_allowed);
    for (uint32_t i = 0; i < count && i < 8; i++)
        require(mp_enforce_remedy(&done, w->enforcer, &request, i, NULL) == MP_OK);
    for (int i = 0; i < 2; i++) {
        request.with_group = i;
        require(mp_enforce_delete(&done, w->enforcer, &request, NULL) == MP_OK && !done.is_changed);
    }
    request.is_tags_only = true;
    require(mp_enforce_write(&done, w->enforcer, &request, NULL) == MP_OK);
    check_refusal(w, &done);
}

static void ask_restrictions(struct world *w)
{
    const mp_json         *pending = member(w, "pending", MP_JSON_ARRAY), *out;
    mp_pending_field       fields[8];
    mp_restriction_request r = { .content = &w->resource, .around = request_of(w, NULL).around,
                                 .pending = fields, .scope = MP_S("/subscriptions/s"), .with_audit = true };
    if (!pending)
        return;
    for (MP_JSON_EACH(one, pending)) {
        const mp_json *name = mp_json_get(one, MP_S("field"));
        if (mp_json_is(name, MP_JSON_STRING) && r.pending_count < MP_COUNT(fields))
            fields[r.pending_count++] =
                (mp_pending_field){ mp_json_str(name), mp_json_get(one, MP_S("values")) };
    }
    mp_code code = mp_restrictions(&out, w->plan, &r, &w->arena, NULL);
    require(code == MP_LIMIT || (code == MP_OK && mp_json_get(out, MP_S("fieldRestrictions"))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mp_json_options options = { .reject_duplicates = true };
    struct world                 w = { .arena = MP_ARENA_INIT, .acts = MP_BUF_INIT };
    mp_json_doc                 *doc = NULL;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &w.root, mp_str_of((const char *)data, size), &options, NULL, NULL) == MP_OK) {
        if (open_world(&w)) {
            write_twice(&w);
            ask_others(&w);
            ask_restrictions(&w);
        }
        close_world(&w);
    }
    mp_json_doc_free(doc);
    return 0;
}
