/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_type.h - types of other clouds within ids of Azure Resource Manager's form.
 *
 * What is recorded of another cloud has an id below the provider MP_CLOUDS:
 * /subscriptions/GUID/providers/Mapae.Clouds/TYPE/NAME[/TYPE/NAME...], and its type is that of its own cloud, whole:
 * the last TYPE. A slash in it stands as one colon there ("OpenStack:compute:server"); two colons are two
 * ("AWS::S3::Bucket"). */
#ifndef MAPAE_BASE_CLOUD_TYPE_H
#define MAPAE_BASE_CLOUD_TYPE_H

#include "arena.h"

#define MP_CLOUDS MP_S("Mapae.Clouds")

/* "OpenStack/compute/server" as a segment. {NULL,0} when memory is short. */
mp_str mp_cloud_type_segment(mp_arena *arena, mp_str type);
/* And back; without a lone colon the segment itself. {NULL,0} when memory is short. */
mp_str mp_cloud_type_of(mp_arena *arena, mp_str segment);

#endif
