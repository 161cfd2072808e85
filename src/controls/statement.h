/* SPDX-License-Identifier: Apache-2.0 */
/* statement.h - what an assessor asks for, as JSON documents: the same for the API, for tables and for forms.
 *
 * Each function writes one object over what is given to it, and reads nothing: whatever is counted in "totals"
 * and "groups" stands in "rows", one by one. All begin with
 *
 *   "kind", "framework": {"id", "title"}, "edition", "scheme"?: {"id", "title"},
 *   "measure"?: {"name", "title"?, "service"?, "environment"?, "owner"?}, "scopes"?: [], "asOf",
 *   "totals"
 *
 * docs/statements.md has the members. Texts in both languages are {"ko", "en"}; what people wrote is one text.
 */
#ifndef MAPAE_CONTROLS_STATEMENT_H
#define MAPAE_CONTROLS_STATEMENT_H

#include "clock.h"
#include "frameworks.h"
#include "jsonw.h"
#include "score.h"

/* What people decided about a control (decisions.h). Everything but control and id may be empty. */
typedef struct mp_control_decision {
    mp_str control; /* id */
    mp_str id;      /* of the record */
    mp_str justification, implementation, responsibility, team, service, owner, note;
    mp_str target;          /* date until which it is to be met, as it was given */
    mp_ticks target_at;     /* 0: none */
    const mp_json *reasons; /* array of texts; NULL: none */
} mp_control_decision;

/* Of a measure: the certificate that it has. */
typedef struct mp_held_certificate {
    mp_str number, issuer;    /* may be empty */
    mp_ticks issued, expires; /* 0: not said */
} mp_held_certificate;

/* Something that ends or is due on a day. */
typedef struct mp_dated {
    const char *kind; /* "answer", "exclusion", "finding", "evidence", "target" */
    mp_ticks at;
    const mp_control *control; /* NULL: of none */
    mp_words text;
    mp_str id; /* of the record; may be empty */
} mp_dated;

typedef struct mp_statement {
    const mp_framework *framework;
    const mp_scheme *scheme; /* NULL: all controls */
    mp_str measure;          /* name; empty: none, and what follows too */
    mp_str title, service, environment, owner, inherits;
    const mp_str *scopes; /* where */
    size_t scope_count;
    mp_ticks as_of;
    const mp_score *score; /* of these controls, worked out */
    const mp_control_decision *decided;
    size_t decided_count;
    const mp_held_certificate *certificate; /* NULL: none */
    const mp_dated *dated;
    size_t dated_count;
} mp_statement;

/* How far a control is implemented. */
typedef enum mp_implementation {
    MP_IMPLEMENTED,
    MP_PARTLY_IMPLEMENTED,
    MP_PLANNED,
    MP_NOT_IMPLEMENTED,
    MP_IMPLEMENTATION_UNKNOWN,
    MP_IMPLEMENTATION_NOT_APPLICABLE,
    MP_IMPLEMENTATIONS
} mp_implementation;
const char *mp_implementation_name(mp_implementation i); /* "implemented", "partial", "planned", ... */

/* Every control of the framework: whether it applies, why, how far it is implemented, by whom. */
void mp_statement_applicability(mp_jsonw *w, const mp_statement *s);
/* Every control that the scheme demands: who is responsible and who says so, team, implementing service. */
void mp_statement_responsibility(mp_jsonw *w, const mp_statement *s);
/* Every control that applies and at which something is missing: what, and what to do. */
void mp_statement_gaps(mp_jsonw *w, const mp_statement *s);
/* What is due from one day (with it) to another (without it): of the certificate's cycle, and of what is
 * recorded. What was due before and is still open stands first. */
void mp_statement_calendar(mp_jsonw *w, const mp_statement *s, mp_ticks from, mp_ticks to);

/* ---- for these ---- */

/* Its members, in the object that is open. */
void mp_statement_head(mp_jsonw *w, const char *kind, const mp_statement *s);
/* NULL: nobody decided anything about it. */
const mp_control_decision *mp_statement_decided(const mp_statement *s, const mp_control *control);
/* As it is scored; NULL: the scheme does not demand it. */
const mp_scored *mp_statement_scored(const mp_statement *s, const mp_control *control);
/* "2026-11-22" or "2026-11-22T...Z": text in the arena of `w`. */
void mp_put_day(mp_jsonw *w, const char *name, mp_ticks at);
/* A member {"ko", "en"} that is a message; `args` (may be NULL) are its arguments, at most 9. */
void mp_put_message(mp_jsonw *w, const char *name, const char *id, const mp_words *args, size_t count);
/* The same as words. */
mp_words mp_message_words(mp_arena *arena, const char *id, const mp_words *args, size_t count);
/* Members "control" and "group" of a row. */
void mp_put_control(mp_jsonw *w, const mp_statement *s, const mp_control *control);

/* Who is responsible, and who says so. */
typedef struct mp_responsibility {
    mp_responsible who;
    const char *from; /* "source", "judgement", "decision" */
} mp_responsibility;
mp_responsibility mp_statement_responsible(const mp_statement *s, const mp_control *control);

/* How far it is implemented, and whether people say so ("people") or it follows from the state ("state").
 * `differs`: they say otherwise than what is recorded shows. */
typedef struct mp_implemented {
    mp_implementation how;
    const char *from;
    bool differs;
} mp_implemented;
mp_implemented mp_statement_implemented(const mp_statement *s, const mp_control *control);

/* Why it applies or does not. */
typedef struct mp_justified {
    bool is_demanded, is_applicable;
    const char *from; /* "scheme", "exclusion", "decision", "state", "none" */
    mp_words text;    /* empty of "state" and "none" */
    mp_str id;        /* of the record; may be empty */
} mp_justified;
mp_justified mp_statement_justified(const mp_statement *s, const mp_control *control);

#endif
