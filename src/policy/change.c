/* SPDX-License-Identifier: Apache-2.0 */
#include "change.h"

/* What operations name is settled when the check is compiled: "[concat('tags[', parameters('tag'), ']')]" is how
 * most of them name a tag. */

/* The text that `t` stands for; ptr NULL when it is none, or only a resource can tell. */
static mp_code constant_text(mp_str *out, const mp_template *t, const mp_check *check, mp_arena *arena,
                             mp_error *err)
{
    const mp_json *value = NULL;
    mp_code        code = mp_template_constant(&value, t, &check->bound, arena, NULL);
    *out = code == MP_OK && mp_json_is(value, MP_JSON_STRING) ? mp_json_str(value) : mp_str_of(NULL, 0);
    return code == MP_NOMEM ? mp_no_memory(err) : MP_OK;
}

/* A tag may be spelled tags.x, tags['x'] or tags[x]. */
static mp_code property_of(mp_str *out, mp_str field, mp_arena *arena, mp_error *err)
{
    mp_str tag;
    *out = field;
    if (!mp_tag_name(&tag, field, arena))
        return MP_OK;
    if (tag.ptr)
        *out = mp_arena_printf(arena, "tags.%.*s", MP_FMT(tag));
    return tag.ptr && out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_changes_of(mp_changes *out, const mp_check *check, mp_arena *arena, mp_error *err)
{
    const mp_details *details = &check->definition->details;
    *out = (mp_changes){ .denies = true };
    if (!mp_check_may(check, mp_effect_changes))
        return MP_OK;
    mp_str *properties = MP_ARENA_ARRAY(arena, mp_str, (size_t)details->operation_count + 1), text;
    if (!properties)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < details->operation_count; i++) {
        MP_TRY(constant_text(&text, details->operations[i].field, check, arena, err));
        if (text.ptr)
            MP_TRY(property_of(&properties[out->count++], text, arena, err));
    }
    out->properties = properties;
    if (!details->conflict_effect)
        return MP_OK;
    MP_TRY(constant_text(&text, details->conflict_effect, check, arena, err));
    out->denies = !text.ptr || mp_str_eq_fold(text, MP_S("deny"));
    return MP_OK;
}

bool mp_changes_conflict(const mp_changes *a, const mp_changes *b)
{
    if (!a->denies || !b->denies)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t k = 0; k < b->count; k++)
            if (mp_str_eq_fold(a->properties[i], b->properties[k]))
                return true;
    return false;
}
