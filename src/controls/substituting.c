/* SPDX-License-Identifier: Apache-2.0 */
#include "substituting.h"

#include "item.h"

static const mp_record_index indexes[] = {
    { .name = "number", .path = "number" },
    { .name = "expires", .path = "expires" },
};
const mp_kind mp_measure_substitution_kind = { .name = "measure-substitution",
                                               .indexes = indexes,
                                               .index_count = MP_COUNT(indexes) };

/* From the day of issue to the end of the day it expires. */
static bool holds(const mp_json *body, mp_ticks at)
{
    mp_ticks issued, expires;
    const mp_json *covers = mp_json_get(body, MP_S("covers"));
    return mp_json_is_true(covers) &&
           mp_clock_parse(&issued, mp_json_get_text(body, "issued")) && issued <= at &&
           mp_clock_parse(&expires, mp_json_get_text(body, "expires")) && at < expires + MP_TICKS_PER_DAY;
}

mp_code mp_substituting_read(const mp_substituting **out, mp_tx *tx, const mp_framework *framework, mp_str measure,
                             mp_ticks as_of, mp_ticks at, mp_arena *arena, mp_error *err)
{
    mp_record record;
    mp_error why = { .code = MP_OK };
    *out = NULL;
    if (!measure.len || !framework->certification.substitution.property.len)
        return MP_OK;
    mp_code code = mp_record_get(&record, tx, &mp_measure_substitution_kind, measure, as_of, arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (!holds(record.body, at))
        return MP_OK;
    mp_substituting *found = MP_ARENA_NEW(arena, mp_substituting);
    if (!found)
        return mp_no_memory(err);
    *found = (mp_substituting){ record.key, mp_json_get_text(record.body, "number") };
    *out = found;
    return MP_OK;
}

mp_code mp_substituting_end(mp_tx *tx, mp_str measure, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code code = mp_record_delete(tx, &mp_measure_substitution_kind, measure, MP_ANY_VERSION, &why);
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

bool mp_is_substituted(const mp_substituting *s, const mp_framework *framework, const mp_control *control)
{
    return s && mp_control_property(control, framework->certification.substitution.property.ptr).len > 0;
}

mp_part mp_substituting_part(const mp_substituting *s, const mp_framework *framework)
{
    return (mp_part){ .kind = MP_PART_INHERITED,
                      .name = s->number,
                      .text = framework->certification.substitution.certificate,
                      .why = MP_WHY_CERTIFIED,
                      .met = MP_MET_ALL,
                      .ids = &s->measure,
                      .id_count = 1 };
}
