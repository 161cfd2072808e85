/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_seen.h"

#include "evidence_system.h"
#include "guard.h"

#define READ_MEASURE "Mapae.Controls/measures/read"

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

bool mp_evidence_seen_of_all(const mp_evidence_seer *seer)
{
    return mp_app_may(seer->app, seer->request, READ_MEASURE, MP_S("/"));
}

bool mp_evidence_measure_seen(mp_app *app, mp_http_request *request, mp_str measure)
{
    const mp_evidence_room *room = mp_evidence_of(app);
    const mp_str *scopes;
    size_t count = 0;
    bool may = room->world && room->world->scopes &&
               room->world->scopes(&scopes, &count, app, measure, 0, request->arena, NULL) == MP_OK && count > 0;
    for (size_t i = 0; may && i < count; i++)
        may = mp_app_may(app, request, READ_MEASURE, scopes[i]);
    return may || mp_app_may(app, request, READ_MEASURE, MP_S("/")); /* also of one that is no more */
}
