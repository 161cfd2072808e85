/* SPDX-License-Identifier: Apache-2.0 */
/* stamping.h - the time stamp authority that the settings name. Private to api. */
#ifndef MAPAE_API_STAMPING_H
#define MAPAE_API_STAMPING_H

#include "config.h"
#include "stamp.h"

#define MP_STAMP_OPTIONS(config_)                                    \
    (mp_stamp_options){ .url = mp_config_text((config_), MP_SET_STAMP_URL), \
                        .ca_file = mp_config_text((config_), MP_SET_STAMP_CA_FILE) }

#endif
