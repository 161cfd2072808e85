/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_seen.h"

#include "guard.h"

bool mp_evidence_seen(void *seer, const mp_evidence_piece *piece)
{
    mp_evidence_seer *s = seer;
    if (!s->was_asked || !mp_str_eq(s->scope, piece->scope)) {
        s->may = mp_app_may(s->app, s->request, "Mapae.Ledger/evidence/read", piece->scope.len ? piece->scope : MP_S("/"));
        s->scope = mp_arena_dup(s->request->arena, piece->scope); /* views come and go */
        s->was_asked = s->scope.ptr != NULL;
    }
    return s->may;
}
