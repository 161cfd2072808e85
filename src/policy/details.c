/* SPDX-License-Identifier: Apache-2.0 */
#include "apply.h"
#include "judge_internal.h"

#include "jsonw.h"

/* What an effect would do, for one resource: its details with every expression evaluated, and for
 * modify and append the document as it would be after. */

static void write_operation(mp_jsonw *w, const mp_applied *a, bool is_append)
{
    mp_jsonw_object(w);
    if (!is_append)
        mp_jsonw_put_str(w, "operation", a->operation);
    mp_jsonw_put_str(w, "field", a->field);
    if (a->value)
        mp_jsonw_put_value(w, "value", a->value);
    if (a->modifiable == MP_MODIFIABLE_NO)
        mp_jsonw_put_bool(w, "modifiable", false);
    if (mp_applied_conflicts(a)) { /* such an append refuses the request (Microsoft Learn, "append effect") */
        mp_jsonw_put_bool(w, "conflict", true);
    }
    mp_jsonw_end(w);
}

/* All operations; *doc is the document as they leave it. */
static mp_code run_operations(mp_applied **list, uint32_t *count, const mp_json **doc, mp_judge *j,
                              const mp_item *item, mp_error *err)
{
    mp_arena *arena = mp_run_arena(j->run);
    MP_TRY(mp_applied_read(list, count, j, item, arena, err));
    for (uint32_t i = 0; i < *count; i++)
        if ((*list)[i].broken) {
            if (err)
                *err = *(*list)[i].broken;
            return (*list)[i].broken->code;
        }
    *doc = j->resource.doc;
    return *doc ? mp_applied_run(*list, *count, doc, arena, err) : MP_OK;
}

mp_code mp_judge_details(const mp_json **out, mp_judge *j, uint32_t i, mp_error *err)
{
    const mp_item    *item = j->items[i];
    const mp_details *details = &item->check->definition->details;
    mp_arena         *arena = mp_run_arena(j->run);
    const mp_json    *members = NULL, *doc = NULL;
    mp_applied       *operations = NULL;
    uint32_t          count = 0;
    bool is_append = details->node && details->node->kind == MP_JSON_ARRAY;
    if (item->details != MP_NO_ENTRY)
        MP_TRY(mp_run_value(&members, j->run, item->details, err));
    if (details->operation_count)
        MP_TRY(run_operations(&operations, &count, &doc, j, item, err));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (mp_json_is(members, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, members)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    if (details->operation_count) {
        mp_jsonw_key(&w, is_append ? MP_S("fields") : MP_S("operations"));
        mp_jsonw_array(&w);
        for (uint32_t k = 0; k < count; k++)
            write_operation(&w, &operations[k], is_append);
        mp_jsonw_end(&w);
        if (doc)
            mp_jsonw_put_value(&w, "resource", doc);
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}
