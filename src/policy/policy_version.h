/* SPDX-License-Identifier: Apache-2.0 */
/* policy_version.h - versions of definitions and initiatives, and the patterns that choose among them.
 *
 * Microsoft Learn, "Azure Policy definition structure basics", Version. */
#ifndef MAPAE_POLICY_VERSION_H
#define MAPAE_POLICY_VERSION_H

#include <mapae/str.h>

/* A version suits a pattern such as "1.*.*", "#.*.*" or "1.2.*-preview". An empty one of either suits all. */
bool mp_version_suits(mp_str version, mp_str pattern);
/* Negative: `a` is older than `b`; 0: the same. A preview is older than what it previews; no version at all is oldest. */
int mp_version_order(mp_str a, mp_str b);
/* Three numbers, and a suffix behind a dash: "1.2.0", "1.0.0-preview". A pattern may have '*' for a number. */
bool mp_version_is(mp_str text, bool is_pattern);

#endif
