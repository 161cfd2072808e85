/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment_record.h"

#include "jsonw.h"
#include "keys.h"
#include "time_put.h"

static const mp_record_index indexes[] = { { .name = "id", .path = "id", .folds = true } };
const mp_kind mp_deployment_record_kind = { .name = "arm-deployment", .indexes = indexes, .index_count = MP_COUNT(indexes) };

static void put_empty(mp_jsonw *w, const char *name)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    mp_jsonw_end(w);
}

static void put_resources(mp_jsonw *w, const mp_json *writes)
{
    mp_jsonw_key(w, MP_S("outputResources"));
    mp_jsonw_array(w);
    if (writes)
        for (MP_JSON_EACH(one, writes)) {
            mp_jsonw_object(w);
            mp_jsonw_put_value(w, "id", mp_json_get(one, MP_S("id")));
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
}

static void put_properties(mp_jsonw *w, const mp_deployed *d, mp_arena *arena)
{
    mp_jsonw_put_str(w, "provisioningState", d->error ? MP_S("Failed") : MP_S("Succeeded"));
    mp_jsonw_put_str(w, "mode", MP_S("Incremental"));
    mp_time_put(w, "timestamp", d->ended);
    mp_jsonw_put_str(w, "duration",
                     mp_arena_printf(arena, "PT%.3fS", (double)(d->ended - d->began) / (double)MP_TICKS_PER_SECOND));
    mp_jsonw_put_str(w, "correlationId", d->run);
    if (d->parameters)
        mp_jsonw_put_value(w, "parameters", d->parameters);
    put_resources(w, d->writes);
    put_empty(w, "dependencies");
    put_empty(w, "providers");
    if (d->error)
        mp_jsonw_put_value(w, "error", d->error);
}

mp_code mp_deployment_record_put(mp_tx *tx, const mp_deployed *what, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_place  place;
    mp_jsonw  w;
    MP_TRY(mp_place_of(&place, what->id, arena, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", place.id);
    mp_jsonw_put_str(&w, "name", place.name);
    mp_jsonw_put_str(&w, "type", MP_S("Microsoft.Resources/deployments"));
    mp_jsonw_put_filled(&w, "location", what->location);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    put_properties(&w, what, arena);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_deployment_record_kind, place.key, body, MP_ANY_VERSION, err);
}
