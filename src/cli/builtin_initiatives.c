/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin_initiatives.h"

#include <stdio.h>

#include "embedded.h"
#include "shipped.h"

#define INITIATIVES MP_S("initiatives/")
#define SUFFIX MP_S(".json")
#define PREFIX MP_S("mapae-") /* of their names, which people may leave out */

/* "csap-iaas" of "initiatives/csap-iaas.json"; empty: it is another file. */
static mp_str name_of(const mp_embedded *file)
{
    if (!mp_str_starts(file->name, INITIATIVES))
        return mp_str_of(NULL, 0);
    mp_str name = mp_str_skip(file->name, INITIATIVES.len);
    name.len -= SUFFIX.len;
    return name;
}

static const mp_embedded *find(const mp_embedded *files, size_t count, mp_str name)
{
    if (mp_str_starts_fold(name, PREFIX))
        name = mp_str_skip(name, PREFIX.len);
    for (size_t i = 0; i < count; i++)
        if (name.len && mp_str_eq_fold(name_of(&files[i]), name))
            return &files[i];
    return NULL;
}

static mp_code unknown(const mp_embedded *files, size_t count, mp_str name, mp_error *err)
{
    char   all[160] = "";
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        mp_str one = name_of(&files[i]);
        if (one.len && len + one.len + 2 < sizeof all)
            len += (size_t)snprintf(all + len, sizeof all - len, "%s%.*s", len ? ", " : "", MP_FMT(one));
    }
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"%.*s\" is none of the initiatives: %s",
                   MP_FMT(mp_str_of(name.ptr, name.len < 20 ? name.len : 20)), all);
}

mp_code mp_given_initiatives(mp_library *lib, const mp_list *names, mp_error *err)
{
    size_t             count;
    const mp_embedded *files = mp_shipped_files(&count);
    for (size_t i = 0; i < names->count; i++) {
        const mp_embedded *file = find(files, count, mp_str_from(names->items[i]));
        if (!file)
            return unknown(files, count, mp_str_from(names->items[i]), err);
        MP_TRY(mp_library_read(lib, file->name, file->bytes, MP_ROLE_JUDGED, err));
    }
    for (size_t i = 0; names->count && i < count; i++)
        if (!name_of(&files[i]).len)
            MP_TRY(mp_library_read(lib, files[i].name, files[i].bytes, MP_ROLE_REFERENCED, err));
    return MP_OK;
}
