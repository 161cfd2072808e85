/* SPDX-License-Identifier: Apache-2.0 */
#include "scores_all.h"

typedef struct all {
    mp_tx *tx;
    mp_standing_of place;
    mp_ground ground;
    mp_score_taker *take;
    void *ctx;
    mp_arena *arena;
} all;

static mp_code score_one(mp_score *out, const all *a, const mp_scheme *scheme, const mp_score *whole, mp_error *err)
{
    mp_standing_of of = a->place;
    of.scheme = scheme;
    of.whole = whole;
    of.only_points = true;
    MP_TRY(mp_control_score(out, a->tx, &of, &a->ground, a->arena, err));
    return a->take(a->ctx, &of, out, err);
}

static mp_code score_each(all *a, mp_error *err)
{
    mp_said everything;
    if (a->place.said_now && !a->place.as_of)
        everything = *a->place.said_now;
    else
        MP_TRY(mp_said_read_all(&everything, a->tx, a->place.as_of, a->arena, err));
    for (size_t i = 0; i < a->place.all->count; i++) {
        const mp_framework *f = &a->place.all->of[i];
        const mp_said said = mp_said_part(&everything, f->id);
        mp_score whole, part;
        a->place.framework = f;
        a->place.said = &said;
        MP_TRY(score_one(&whole, a, NULL, NULL, err));
        for (size_t k = 0; k < f->scheme_count; k++)
            MP_TRY(score_one(&part, a, &f->schemes[k], &whole, err));
    }
    return MP_OK;
}

mp_code mp_scores_all(mp_tx *tx, const mp_standing_of *place, mp_score_taker *take, void *ctx, mp_arena *arena,
                      mp_error *err)
{
    all a = { .tx = tx, .place = *place, .take = take, .ctx = ctx, .arena = arena };
    mp_code code =
        mp_ground_read(&a.ground, tx, place->scopes, place->scope_count, place->as_of, arena, err);
    if (code == MP_OK && !place->evidence)
        code = mp_evidence_view_read(&a.place.evidence, tx, place->as_of, err);
    if (code == MP_OK)
        code = score_each(&a, err);
    if (!place->evidence)
        mp_evidence_view_drop(a.place.evidence);
    mp_ground_done(&a.ground);
    return code;
}
