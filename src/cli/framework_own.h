/* SPDX-License-Identifier: Apache-2.0 */
/* framework_own.h - frameworks of one's own: as files and folders in, and out again. Commands of `mapae framework`. */
#ifndef MAPAE_CLI_FRAMEWORK_OWN_H
#define MAPAE_CLI_FRAMEWORK_OWN_H

#include "client.h"

struct mp_framework_import_args {
    mp_place    place;
    int         format;
    const char *path;
    const char *id;
    bool        check;
};
#define MP_FRAMEWORK_IMPORT_OPTIONS 7
extern const mp_option mp_framework_import_operand, mp_framework_import_options[MP_FRAMEWORK_IMPORT_OPTIONS];
/* `check` is the same without a change, whatever the options say. */
#define MP_FRAMEWORK_CHECK_OPTIONS 6
extern const mp_option mp_framework_check_options[MP_FRAMEWORK_CHECK_OPTIONS];
mp_code mp_framework_import(mp_client *client, const void *args, mp_error *err);
mp_code mp_framework_check(mp_client *client, const void *args, mp_error *err);

struct mp_framework_export_args {
    mp_place    place;
    int         form;
    const char *framework;
    const char *out, *folder;
    mp_when     as_of;
};
#define MP_FRAMEWORK_EXPORT_OPTIONS 8
extern const mp_option mp_framework_export_operand, mp_framework_export_options[MP_FRAMEWORK_EXPORT_OPTIONS];
mp_code mp_framework_export(mp_client *client, const void *args, mp_error *err);

#endif
