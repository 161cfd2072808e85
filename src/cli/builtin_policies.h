/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_policies.h - the definitions and initiatives that come with Mapae, by name, without a file. */
#ifndef MAPAE_CLI_BUILTIN_POLICIES_H
#define MAPAE_CLI_BUILTIN_POLICIES_H

#include "given.h"

/* Initiatives of these names ("csap-iaas", "mapae-csap-iaas") are to be judged; the definitions that come with Mapae
 * are there to be referred to. Nothing is read where there are no names. Fails with MP_USAGE (no such initiative) and
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_given_initiatives(mp_library *lib, const mp_list *names, mp_error *err);

/* What is to be judged: a path as in given.h, or, where there is no such file, the whole name of a definition or
 * initiative that comes with Mapae: "mapae-storage-https-only". Fails as mp_given_policies() does. */
MP_MUST_CHECK mp_code mp_given_policy(mp_library *lib, mp_cli *cli, const char *given, mp_error *err);

#endif
