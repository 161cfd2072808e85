/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include <stdlib.h>

const char *mp_place_folder(const mp_place *place)
{
    const char *environment = getenv("MAPAE_DATA");
    if (place->data)
        return place->data;
    return environment && environment[0] ? environment : MP_DATA_FOLDER;
}

const char *mp_place_store(const mp_place *place, const mp_config *config)
{
    return place->store ? place->store : mp_config_text(config, MP_SET_STORE_URL);
}

/* The first fault waits: alone it is the command's own error. */
struct faults {
    mp_cli  *cli;
    mp_error first;
    size_t   count;
};

static void on_fault(void *ctx, const char *where, const mp_error *fault)
{
    struct faults *f = ctx;
    if (f->count++ == 0) {
        f->first = *fault;
        f->cli->file = where ? mp_arena_dup(f->cli->arena, mp_str_from(where)).ptr : NULL;
        return;
    }
    if (f->count == 2)
        mp_cli_error(f->cli, f->cli->file, &f->first);
    mp_cli_error(f->cli, where, fault);
}

mp_code mp_place_settings(mp_config **out, mp_cli *cli, const mp_place *place, mp_error *err)
{
    struct faults    faults = { .cli = cli };
    mp_config_source source = { .file = place->config, .sets = place->sets.items, .set_count = place->sets.count };
    mp_code          code = mp_config_read(out, &source, on_fault, &faults, err);
    if (code == MP_OK || faults.count < 2)
        return code;
    cli->file = NULL;
    return mp_fail(err, code, MP_NOWHERE, "the settings have %zu faults", faults.count);
}
