/* SPDX-License-Identifier: Apache-2.0 */
/* oscal_write.h - what the documents of statement_oscal.h have in common: ids that are made, properties in our
 * namespace, the head, what is said of a control. Private to them. */
#ifndef MAPAE_CONTROLS_OSCAL_WRITE_H
#define MAPAE_CONTROLS_OSCAL_WRITE_H

#include "part_reason.h"
#include "statement.h"
#include "statement_oscal.h"

/* The same for the same document: of what it is (framework, scheme, measure or places), of `what` and `of`. */
mp_str mp_oscal_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of);
void mp_oscal_put_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of); /* "uuid" */

/* A property; nothing for a value that is none. */
void mp_oscal_prop(mp_jsonw *w, const char *name, mp_str value);
/* One that is a number of thousandths: "13.5". */
void mp_oscal_number(mp_jsonw *w, const char *name, int64_t thousandths);
void mp_oscal_description(mp_jsonw *w, mp_str text);

/* What frames a document, {"KIND": {"uuid", "metadata", ... "back-matter"}}: between the two come its own members. The
 * uuid is of `what`. */
void mp_oscal_begin(mp_jsonw *w, const mp_statement *s, const char *kind, const char *what, const char *title);
void mp_oscal_end(mp_jsonw *w, const mp_statement *s);
void mp_oscal_import(mp_jsonw *w, const mp_statement *s, const char *name); /* "NAME": {"href": the source} */
mp_str mp_oscal_source(mp_jsonw *w, const mp_statement *s); /* "#UUID" of the catalogue or profile */
mp_str mp_oscal_name(const mp_statement *s);                /* of the system */

/* ---- of a control ---- */

mp_str mp_oscal_service(const mp_statement *s, const mp_scored *c);
mp_str mp_oscal_titled(mp_jsonw *w, const mp_scored *c);
/* "props": state, weight, points, implementation, responsibility, team, service, ... */
void mp_oscal_props(mp_jsonw *w, const mp_statement *s, const mp_scored *c);
void mp_oscal_responsible(mp_jsonw *w, const mp_statement *s, const mp_scored *c); /* "responsible-roles" */
mp_str mp_oscal_told(mp_jsonw *w, const mp_statement *s, const mp_scored *c);
mp_str mp_oscal_about(mp_jsonw *w, const mp_part *p);
bool mp_oscal_lacks(const mp_scored *c);
mp_str mp_oscal_found(mp_jsonw *w, const mp_scored *c);

#endif
