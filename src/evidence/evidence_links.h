/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_links.h - which controls have evidence, and is it fresh: all links as of a date, in memory.
 *
 *   const mp_evidence_view *view;
 *   MP_TRY(mp_evidence_view_take(&view, app, 0, err));                     // now; or a date
 *   mp_evidence_standing s;
 *   const mp_evidence_question q = { frameworks, framework, control, measure, at };
 *   code = mp_evidence_standing_of(&s, view, &q, arena, err);
 *   for (size_t i = 0; i < s.count; i++)  // one for each evidence rule of the control, in its order
 *       s.of[i].freshness, s.of[i].until, s.of[i].pieces[0].piece->id ...
 *   mp_evidence_view_drop(view);
 *
 * A piece is fresh for as long as it says itself ("every"), else as the control's rule says, counted from when it was
 * collected, but never from later than it was taken in: what somebody says can make it older, not younger. "validUntil"
 * ends it, "validFrom" begins it.
 *
 * Evidence of one control answers every control that is mapped to it as equal, or as a part of it; those pieces
 * come with `via`, the control that they are linked to. */
#ifndef MAPAE_EVIDENCE_LINKS_H
#define MAPAE_EVIDENCE_LINKS_H

#include "app.h"
#include "evidence_link.h"

typedef enum mp_freshness { MP_EVIDENCE_NONE, MP_EVIDENCE_STALE, MP_EVIDENCE_FRESH, MP_FRESHNESS_COUNT } mp_freshness;
extern const char *const mp_freshness_names[MP_FRESHNESS_COUNT + 1]; /* "none", "stale", "fresh", NULL */

/* What is said of a piece, as of the view's date. */
typedef struct mp_evidence_piece {
    mp_str   id, title, kind, owner, sha256, scope; /* may be empty, but id, title and sha256 */
    mp_ticks from;        /* freshness counts from here */
    mp_ticks valid_from;  /* 0: at once */
    mp_ticks valid_until; /* 0: nobody said */
    mp_ticks keep_until;
    unsigned months, days; /* its own period; both 0 with has_period: it lasts */
    bool     has_period;  /* it says itself how long */
} mp_evidence_piece;

typedef struct mp_evidence_use {
    const mp_evidence_piece *piece;
    mp_str                   measure;       /* of the link; empty: wherever the framework is measured */
    mp_freshness             freshness;     /* never MP_EVIDENCE_NONE */
    mp_ticks                 until;         /* fresh before; 0: it does not end by itself */
    const mp_framework      *via_framework; /* by a mapping, from there; NULL: linked directly */
    const mp_control        *via;
    bool                     is_stated;     /* the mapping, by its source; else inferred */
    bool                     is_hidden;     /* who asks may not read it: it counts, and nothing is told of it */
} mp_evidence_use;

/* How one rule of a control stands. */
typedef struct mp_evidence_rule_standing {
    const mp_evidence_rule *rule; /* NULL: the control has none, and there is evidence all the same */
    mp_freshness            freshness;
    mp_ticks                until; /* of fresh: the latest end of a piece; 0: it does not end by itself */
    const mp_evidence_use  *pieces; /* fresh ones first, then by end, latest first */
    size_t                  count;
} mp_evidence_rule_standing;

typedef struct mp_evidence_standing {
    const mp_evidence_rule_standing *of;
    size_t                           count;
    mp_freshness                     freshness; /* the worst of them; MP_EVIDENCE_NONE without any */
} mp_evidence_standing;

typedef struct mp_evidence_question {
    const mp_frameworks *frameworks; /* for mappings; NULL: direct links only */
    const mp_framework  *framework;
    const mp_control    *control;
    mp_str               measure; /* links of it and those of none count; empty: every link counts */
    bool                 hides_measures; /* which measure a link is of is not told */
    mp_ticks             at;
    /* May who asks read it (evidence_seen.h)? NULL: whatever there is. */
    bool (*may_see)(void *seer, const mp_evidence_piece *piece);
    void *seer;
} mp_evidence_question;

typedef struct mp_evidence_view mp_evidence_view; /* immutable; any number of threads */

/* As of now (0; kept in memory until something changes) or a date, to be dropped. Not from within a read or a write.
 * Fails with MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_evidence_view_take(const mp_evidence_view **out, mp_app *app, mp_ticks as_of, mp_error *err);
/* The same within a transaction, made anew. */
MP_MUST_CHECK mp_code mp_evidence_view_read(const mp_evidence_view **out, mp_tx *tx, mp_ticks as_of, mp_error *err);
void                  mp_evidence_view_drop(const mp_evidence_view *view); /* NULL is fine */

/* Everything of `out` is the arena's and the view's. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_evidence_standing_of(mp_evidence_standing *out, const mp_evidence_view *view,
                                              const mp_evidence_question *question, mp_arena *arena, mp_error *err);
/* {"freshness", "rules": [{"kind", "name", "every", "freshness", "until"?, "pieces": [{"id", "title"?, "kind"?,
 * "owner"?, "sha256"?, "hidden"?, "measure"?, "freshness", "until"?, "via"?: {"framework", "control", "stated"}}]}]}; of
 * what is hidden neither title nor kind, owner and hash. NULL when memory is short. */
const mp_json *mp_evidence_standing_json(const mp_evidence_standing *standing, mp_arena *arena);
/* "P1Y", "change", "once". */
mp_str mp_evidence_every(const mp_evidence_rule *rule, mp_arena *arena);

/* All pieces that answer something, by id. */
const mp_evidence_piece *mp_evidence_view_pieces(const mp_evidence_view *view, size_t *count);
/* The links of a piece: framework and control ids as they were written, also of frameworks that are not held
 * any more. */
typedef struct mp_evidence_target {
    const mp_evidence_piece *piece;
    mp_str                   target, framework, control, measure, rule;
} mp_evidence_target;
/* By target, then by piece. */
const mp_evidence_target *mp_evidence_view_links(const mp_evidence_view *view, size_t *count);

#endif
