/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_initiatives.h - the initiatives that come with Mapae, by name, without a file: "csap-iaas". */
#ifndef MAPAE_CLI_BUILTIN_INITIATIVES_H
#define MAPAE_CLI_BUILTIN_INITIATIVES_H

#include "library.h"
#include "options.h"

/* Those of `names` are to be judged; the definitions that come with Mapae are there to be referred to. Nothing is read where
 * there are no names. Fails with MP_USAGE (no such initiative) and MP_NOMEM. */
MP_MUST_CHECK mp_code mp_given_initiatives(mp_library *lib, const mp_list *names, mp_error *err);

#endif
