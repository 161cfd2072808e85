/* SPDX-License-Identifier: Apache-2.0 */
/* asset_lacks.h - what can be missing in the register, by name. */
#ifndef MAPAE_ASSET_LACKS_H
#define MAPAE_ASSET_LACKS_H

typedef enum mp_asset_lack {
#define MP_ASSET_LACK(name, text) MP_LACK_##name,
#include "asset_lacks.def"
#undef MP_ASSET_LACK
    MP_LACK_COUNT
} mp_asset_lack;
extern const char *const mp_asset_lack_names[MP_LACK_COUNT + 1]; /* ends with NULL */

#endif
