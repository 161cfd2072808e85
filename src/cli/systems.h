/* SPDX-License-Identifier: Apache-2.0 */
/* systems.h - what stands on the platform in this program. */
#ifndef MAPAE_CLI_SYSTEMS_H
#define MAPAE_CLI_SYSTEMS_H

#include "system.h"

extern const mp_system *const mp_cli_systems[]; /* ends with NULL */

#endif
