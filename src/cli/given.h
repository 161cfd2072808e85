/* SPDX-License-Identifier: Apache-2.0 */
/* given.h - what several commands read because the user named it: tables of aliases, parameters, policies.
 *
 * While a file is read cli->file names it, so that an error does too. */
#ifndef MAPAE_CLI_GIVEN_H
#define MAPAE_CLI_GIVEN_H

#include <mapae/aliases.h>

#include "cli.h"
#include "library.h"

/* `path` NULL leaves *out as it is. Fails with MP_IO, MP_SYNTAX, MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_given_aliases(mp_aliases **out, mp_cli *cli, const char *path, mp_error *err);
/* Fails with MP_IO, MP_NOMEM; what is wrong with policies is in the library's diagnostics. */
MP_MUST_CHECK mp_code mp_given_policies(mp_library *lib, mp_cli *cli, const mp_list *paths, mp_role role,
                                        mp_error *err);
/* Each is a file of parameters, or name=value, where the value is JSON or else a text. Fails with MP_IO, MP_SYNTAX,
 * MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_given_parameters(mp_library *lib, mp_cli *cli, const mp_list *given, mp_error *err);

#endif
