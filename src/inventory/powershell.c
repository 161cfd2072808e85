/* SPDX-License-Identifier: Apache-2.0 */
/* What Az PowerShell writes: the same resource under PascalCase names. Files that were edited, or
 * exported through several commands, mix both spellings; the Azure one then counts. */
#include "internal.h"

#define SOURCES 2

static const struct {
    mp_str name, from[SOURCES]; /* the first source that is there */
} members[] = {
    { MP_S_INIT("id"), { MP_S_INIT("ResourceId"), MP_S_INIT("Id") } },
    { MP_S_INIT("name"), { MP_S_INIT("ResourceName"), MP_S_INIT("Name") } },
    { MP_S_INIT("type"), { MP_S_INIT("ResourceType"), MP_S_INIT("Type") } },
    { MP_S_INIT("location"), { MP_S_INIT("Location"), MP_S_INIT("") } },
    { MP_S_INIT("resourceGroup"), { MP_S_INIT("ResourceGroupName"), MP_S_INIT("ResourceGroup") } },
    { MP_S_INIT("subscriptionId"), { MP_S_INIT("SubscriptionId"), MP_S_INIT("") } },
    { MP_S_INIT("kind"), { MP_S_INIT("Kind"), MP_S_INIT("") } },
    { MP_S_INIT("managedBy"), { MP_S_INIT("ManagedBy"), MP_S_INIT("") } },
    { MP_S_INIT("sku"), { MP_S_INIT("Sku"), MP_S_INIT("") } },
    { MP_S_INIT("plan"), { MP_S_INIT("Plan"), MP_S_INIT("") } },
    { MP_S_INIT("identity"), { MP_S_INIT("Identity"), MP_S_INIT("") } },
    { MP_S_INIT("zones"), { MP_S_INIT("Zones"), MP_S_INIT("") } },
    { MP_S_INIT("tags"), { MP_S_INIT("Tags"), MP_S_INIT("Tag") } },
    { MP_S_INIT("etag"), { MP_S_INIT("ETag"), MP_S_INIT("Etag") } },
    { MP_S_INIT("extendedLocation"), { MP_S_INIT("ExtendedLocation"), MP_S_INIT("") } },
    { MP_S_INIT("properties"), { MP_S_INIT("Properties"), MP_S_INIT("") } },
};

static const mp_json *source_of(const mp_json *doc, size_t member)
{
    const mp_json *v = mp_json_get(doc, members[member].name);
    for (size_t i = 0; !v && i < SOURCES; i++)
        if (members[member].from[i].len)
            v = mp_json_get(doc, members[member].from[i]);
    return v;
}

static bool is_mapped(mp_str key)
{
    for (size_t i = 0; i < MP_COUNT(members); i++)
        if (mp_str_eq(key, members[i].name) || mp_str_eq(key, members[i].from[0]) ||
            (members[i].from[1].len && mp_str_eq(key, members[i].from[1])))
            return true;
    return false;
}

mp_code mp_powershell_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        const mp_json *v = source_of(doc, i);
        if (v) {
            mp_jsonw_key(&w, members[i].name);
            mp_jsonw_value(&w, v);
        }
    }
    for (MP_JSON_MEMBERS(key, doc)) {
        if (!is_mapped(mp_json_str(key))) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    }
    const mp_json *built;
    MP_TRY(mp_build_end(&built, &w, err));
    return mp_azure_read(out, built, arena, err);
}
