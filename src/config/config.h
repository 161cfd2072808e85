/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - settings: one table, three places to say them, one answer.
 *
 * settings.def has every setting: name, kind, default, limits, what it is for. A value comes from the command line (`--set NAME=VALUE`, or the option that a command has
 * for it), else the environment (MAPAE_ and the name in capitals, '.' as '_'), else the file, else the default. The file:
 *
 *   # mapae.conf
 *   [server]
 *   listen = 0.0.0.0:8443
 *   [password]
 *   min-length = 12
 *
 * A name that is not known, stands twice, or has a wrong value is an error with file, line and column, and the nearest name. */
#ifndef MAPAE_CONFIG_H
#define MAPAE_CONFIG_H

#include "arena.h"

typedef enum mp_setting_kind {
    MP_SETTING_TEXT,
    MP_SETTING_NUMBER,
    MP_SETTING_FLAG,     /* true, false, yes, no, on, off */
    MP_SETTING_CHOICE,
    MP_SETTING_DURATION, /* 90, 90s, 15m, 12h, 180d: seconds */
    MP_SETTING_SIZE,     /* 64KiB, 1MiB, 2GiB: bytes */
    MP_SETTING_PATH,
    MP_SETTING_ADDRESS,  /* HOST:PORT */
    MP_SETTING_URL,
} mp_setting_kind;

typedef enum mp_setting_id {
#define MP_SETTING(id, name, kind, fallback, min, max, choices) MP_SET_##id,
#include "settings.def"
#undef MP_SETTING
    MP_SETTING_COUNT
} mp_setting_id;

typedef struct mp_setting {
    const char        *name;     /* "server.listen" */
    const char        *fallback; /* as a user would write it; "" for none */
    const char        *choices;  /* apart by '|' */
    int64_t            min, max;
    mp_setting_kind    kind;
    bool               is_secret; /* shown as *** */
} mp_setting;
extern const mp_setting mp_settings[MP_SETTING_COUNT]; /* help: message "setting.NAME" */

typedef enum mp_setting_from { MP_FROM_DEFAULT, MP_FROM_FILE, MP_FROM_ENVIRONMENT, MP_FROM_COMMAND_LINE } mp_setting_from;

typedef struct mp_config mp_config;

typedef struct mp_config_source {
    const char        *file;      /* NULL: /etc/mapae/mapae.conf when it is there */
    const char *const *environ_;  /* NULL: of the process */
    const char *const *sets;      /* "NAME=VALUE" */
    size_t             set_count;
} mp_config_source;

/* Every fault is reported, not only the first: `report` (may be NULL) gets each, with the file in hand; the first is also in `err`. */
MP_MUST_CHECK mp_code mp_config_read(mp_config **out, const mp_config_source *source,
                                     void (*report)(void *ctx, const char *file, const mp_error *fault), void *ctx, mp_error *err);
void            mp_config_free(mp_config *config);
const char     *mp_config_text(const mp_config *config, mp_setting_id id); /* NULL when empty */
int64_t         mp_config_number(const mp_config *config, mp_setting_id id); /* NUMBER, DURATION (s), SIZE (bytes), CHOICE (index) */
bool            mp_config_flag(const mp_config *config, mp_setting_id id);
mp_setting_from mp_config_from(const mp_config *config, mp_setting_id id);

#endif
