/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - which installation a command means: its data folder, its store, its settings. */
#ifndef MAPAE_CLI_PLACE_H
#define MAPAE_CLI_PLACE_H

#include "cli.h"
#include "config.h"

#define MP_DATA_FOLDER "/var/lib/mapae"

typedef struct mp_place {
    const char *data;  /* NULL: of the environment (MAPAE_DATA), else MP_DATA_FOLDER */
    const char *store; /* NULL: what the installation has written down, else SQLite */
    const char *config;
    mp_list     sets;
} mp_place;

/* Rows for the table of a command whose struct `type` has a member `place`. */
#define MP_PLACE_OPTIONS(type)                                                                                        \
    { .name = "data", .letter = 'd', .value = "DIR", .help = "option.data", MP_FIELD(type, place.data) },            \
    { .name = "store", .value = "URL", .help = "option.store", MP_FIELD(type, place.store) },                        \
    { .name = "config", .letter = 'c', .value = "FILE", .help = "option.config", MP_FIELD(type, place.config) },     \
    { .name = "set", .value = "NAME=VALUE", .help = "option.set", MP_FIELD(type, place.sets) }

const char *mp_place_folder(const mp_place *place);

/* The settings. Several faults are said on cli->err and the error counts them; one alone is the error, with
 * cli->file. Fails as mp_config_read(). */
MP_MUST_CHECK mp_code mp_place_settings(mp_config **out, mp_cli *cli, const mp_place *place, mp_error *err);
/* The store that is meant: --store, else store.url; NULL: that of the installation. */
const char *mp_place_store(const mp_place *place, const mp_config *config);

#endif
