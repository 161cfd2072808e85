/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine says of itself (docs/hosts.md), as `mapae collect host` writes it. It has the form of ARM already,
 * so nothing is made of it; that it is called what its id says is looked at, for a verdict about one host must not
 * stand under the name of another. */
#include "internal.h"

#define HOSTS MP_S("/hosts/")

mp_code mp_host_read(mp_resource *out, const mp_json *doc, mp_arena *arena, mp_error *err)
{
    mp_resource    made;
    const mp_json *properties = mp_json_get(doc, MP_S("properties"));
    MP_TRY(mp_azure_read(&made, doc, arena, err));
    mp_str leaf = mp_str_skip(made.id, HOSTS.len);
    if (!mp_str_starts(made.id, HOSTS) || !leaf.len || mp_str_find(leaf, '/') != SIZE_MAX)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "a Host document has the id \"%.*s\"; wanted /hosts/NAME",
                       made.id.len > 200 ? 200 : MP_FMT(made.id));
    if (!mp_str_eq(made.name, leaf))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "the Host document %.*s is called \"%.*s\"; wanted the name that its id ends in",
                       made.id.len > 200 ? 200 : MP_FMT(made.id), made.name.len > 100 ? 100 : MP_FMT(made.name));
    if (!mp_json_is(properties, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the Host document %.*s has no properties; wanted an object",
                       made.id.len > 200 ? 200 : MP_FMT(made.id));
    *out = made;
    return MP_OK;
}
