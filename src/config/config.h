/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - settings: one table, three places to say them, one answer.
 *
 * settings.def has every setting: name, kind, default, limits, what it is for. A value comes from the command
 * line (`--set NAME=VALUE`, or the option that a command has for it), else the environment (MAPAE_ and the
 * name in capitals, '.' and '-' as '_'; an empty variable counts as none), else the file, else the default.
 * The file:
 *
 *   # mapae.conf
 *   [server]
 *   listen = 0.0.0.0:8443
 *   [password]
 *   min-length = 12
 *
 * A name that is not known, stands twice, or has a wrong value is an error with file, line and column, and
 * the nearest name. Variables of the environment that only begin like ours are none of our business (a
 * cluster sets MAPAE_PORT for a service called mapae), unless they are a setting misspelled.
 *
 * A configuration never changes once read: any number of threads may ask it. */
#ifndef MAPAE_CONFIG_H
#define MAPAE_CONFIG_H

#include "arena.h"
#include "buf.h"

typedef enum mp_setting_kind {
    MP_SETTING_TEXT,
    MP_SETTING_NUMBER,
    MP_SETTING_FLAG,     /* true, false, yes, no, on, off */
    MP_SETTING_CHOICE,
    MP_SETTING_DURATION, /* 90, 90s, 15m, 12h, 180d: seconds */
    MP_SETTING_SIZE,     /* 65536, 64KiB, 1MiB, 2GiB: bytes */
    MP_SETTING_PATH,
    MP_SETTING_ADDRESS,  /* HOST:PORT, [ADDRESS]:PORT, :PORT */
    MP_SETTING_URL,      /* a password in it is never shown */
    MP_SETTING_KIND_COUNT
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
    const char        *choices;  /* apart by '|'; of a URL, its schemes */
    int64_t            min, max;
    mp_setting_kind    kind;
} mp_setting;
extern const mp_setting mp_settings[MP_SETTING_COUNT]; /* help: message "setting.NAME" */

/* By its name; MP_SETTING_COUNT when there is none. */
mp_setting_id mp_setting_find(mp_str name);
/* The nearest name to one that is not known, or empty. */
mp_str mp_setting_nearest(mp_str name);
/* The section of a name: "server". */
mp_str mp_setting_section(mp_setting_id id);
/* The variable of the environment: "MAPAE_SERVER_LISTEN". */
#define MP_SETTING_VARIABLE 80
void mp_setting_variable(char out[MP_SETTING_VARIABLE], mp_setting_id id);
/* What a value is like, for people: "15m", "1 to 1024", "quick|full". */
void mp_setting_say_range(mp_buf *out, mp_setting_id id);
/* A value as a user writes it. *number: as mp_config_number() gives it, 0 or 1 of a flag, 0 of texts. Fails
 * with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_setting_read(int64_t *number, mp_setting_id id, mp_str text, mp_error *err);

typedef enum mp_setting_from {
    MP_FROM_DEFAULT,
    MP_FROM_FILE,
    MP_FROM_ENVIRONMENT,
    MP_FROM_COMMAND_LINE
} mp_setting_from;

typedef struct mp_config mp_config;

#define MP_CONFIG_FILE "/etc/mapae/mapae.conf"
#define MP_CONFIG_MAX ((size_t)1 << 20) /* bytes of a file */

typedef struct mp_config_source {
    const char        *file;      /* NULL: MP_CONFIG_FILE when it is there */
    const char *const *environ_;  /* NULL: of the process */
    const char *const *sets;      /* "NAME=VALUE"; of several for one setting the last counts */
    size_t             set_count;
} mp_config_source;

/* Every fault is reported, not only the first: `report` (may be NULL) gets each, with where it stands: the
 * file, the variable, or "--set"; the first is also in `err`. Fails with MP_PARAMETER, MP_SYNTAX, MP_IO (the
 * file cannot be read), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_config_read(mp_config **out, const mp_config_source *source,
                                     void (*report)(void *ctx, const char *file, const mp_error *fault), void *ctx,
                                     mp_error *err);
void            mp_config_free(mp_config *config); /* NULL is fine */
const char     *mp_config_text(const mp_config *config, mp_setting_id id); /* NULL when empty */
/* NUMBER, DURATION (s), SIZE (bytes), CHOICE (index) */
int64_t         mp_config_number(const mp_config *config, mp_setting_id id);
bool            mp_config_flag(const mp_config *config, mp_setting_id id);
mp_setting_from mp_config_from(const mp_config *config, mp_setting_id id);
/* The value as it may be shown: passwords of URLs as ***. */
void mp_config_show(mp_buf *out, const mp_config *config, mp_setting_id id);
/* The file that was read; NULL without one. */
const char *mp_config_file_name(const mp_config *config);

#endif
