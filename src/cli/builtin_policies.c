/* SPDX-License-Identifier: Apache-2.0 */
#include "builtin_policies.h"

#include <stdio.h>
#include <unistd.h>

#include "embedded.h"
#include "shipped.h"

#define INITIATIVES MP_S("initiatives/")
#define POLICIES MP_S("policies/")
#define SUFFIX MP_S(".json")
#define PREFIX MP_S("mapae-") /* of all their names */

/* "csap-iaas" of "initiatives/csap-iaas.json", "storage/https-only" of "policies/storage/https-only.json"; empty: it
 * is below another folder. */
static mp_str name_below(mp_str folder, const mp_embedded *file)
{
    if (!mp_str_starts(file->name, folder))
        return mp_str_of(NULL, 0);
    mp_str name = mp_str_skip(file->name, folder.len);
    name.len -= SUFFIX.len;
    return name;
}

/* `name` is how the file's document is called: "storage-https-only" of "storage/https-only". */
static bool is_called(mp_str below, mp_str name)
{
    size_t area = mp_str_find(below, '/');
    if (area == SIZE_MAX)
        return below.len && mp_str_eq_fold(below, name);
    return mp_str_starts_fold(name, mp_str_of(below.ptr, area)) && name.len > area && name.ptr[area] == '-' &&
           mp_str_eq_fold(mp_str_skip(name, area + 1), mp_str_skip(below, area + 1));
}

static const mp_embedded *find(mp_str folder, mp_str name)
{
    size_t             count;
    const mp_embedded *files = mp_shipped_files(&count);
    if (mp_str_starts_fold(name, PREFIX))
        name = mp_str_skip(name, PREFIX.len);
    for (size_t i = 0; i < count; i++)
        if (is_called(name_below(folder, &files[i]), name))
            return &files[i];
    return NULL;
}

static mp_code unknown(mp_str name, mp_error *err)
{
    char               all[160] = "";
    size_t             len = 0, count;
    const mp_embedded *files = mp_shipped_files(&count);
    for (size_t i = 0; i < count; i++) {
        mp_str one = name_below(INITIATIVES, &files[i]);
        if (one.len && len + one.len + 2 < sizeof all)
            len += (size_t)snprintf(all + len, sizeof all - len, "%s%.*s", len ? ", " : "", MP_FMT(one));
    }
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "\"%.*s\" is none of the initiatives: %s",
                   MP_FMT(mp_str_of(name.ptr, name.len < 20 ? name.len : 20)), all);
}

/* All definitions, for initiatives to refer to. */
static mp_code read_definitions(mp_library *lib, mp_error *err)
{
    size_t             count;
    const mp_embedded *files = mp_shipped_files(&count);
    for (size_t i = 0; i < count; i++)
        if (name_below(POLICIES, &files[i]).len)
            MP_TRY(mp_library_read(lib, files[i].name, files[i].bytes, MP_ROLE_REFERENCED, err));
    return MP_OK;
}

mp_code mp_given_initiatives(mp_library *lib, const mp_list *names, mp_error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const mp_embedded *file = find(INITIATIVES, mp_str_from(names->items[i]));
        if (!file)
            return unknown(mp_str_from(names->items[i]), err);
        MP_TRY(mp_library_read(lib, file->name, file->bytes, MP_ROLE_JUDGED, err));
    }
    return names->count ? read_definitions(lib, err) : MP_OK;
}

mp_code mp_given_policy(mp_library *lib, mp_cli *cli, const char *given, mp_error *err)
{
    mp_str             name = mp_str_from(given);
    bool               may_be = mp_str_starts_fold(name, PREFIX) && access(given, F_OK) != 0;
    const mp_embedded *initiative = may_be ? find(INITIATIVES, name) : NULL;
    const mp_embedded *file = initiative ? initiative : may_be ? find(POLICIES, name) : NULL;
    if (!file)
        return mp_given_policies(lib, cli, &(mp_list){ &given, 1 }, MP_ROLE_JUDGED, err);
    MP_TRY(mp_library_read(lib, file->name, file->bytes, MP_ROLE_JUDGED, err));
    return initiative ? read_definitions(lib, err) : MP_OK;
}
