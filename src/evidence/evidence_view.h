/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_view.h - what a view of all links is made of. Private to evidence. */
#ifndef MAPAE_EVIDENCE_VIEW_H
#define MAPAE_EVIDENCE_VIEW_H

#include <stdatomic.h>

#include "evidence_links.h"

struct mp_evidence_view {
    mp_arena            arena;
    atomic_int          refs;
    mp_evidence_piece  *pieces; /* by id */
    size_t              piece_count;
    mp_evidence_target *links; /* by target, then by piece, then by measure */
    size_t              link_count;
};

#endif
