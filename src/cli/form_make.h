/* SPDX-License-Identifier: Apache-2.0 */
/* form_make.h - `mapae form make`: a form, and the document that it is of, asked from the platform in one step. */
#ifndef MAPAE_CLI_FORM_MAKE_H
#define MAPAE_CLI_FORM_MAKE_H

#include "document.h"

typedef struct mp_form_make_args {
    mp_place place;
    int format;
    const char *form, *framework, *measure, *scope, *folder, *out, *zone;
    mp_when as_of;
} mp_form_make_args;
#define MP_FORM_MAKE_OPTIONS 12
extern const mp_option mp_form_make_operand, mp_form_make_options[MP_FORM_MAKE_OPTIONS];
MP_MUST_CHECK mp_code mp_form_make(mp_client *client, const void *args, mp_error *err);

/* A path to a file of the user's, or a name. */
MP_MUST_CHECK mp_code mp_form_given(mp_form **out, mp_cli *cli, const char *name, const char *folder, mp_error *err);

#endif
