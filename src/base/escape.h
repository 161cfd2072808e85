/* SPDX-License-Identifier: Apache-2.0 */
/* escape.h - text from documents, made harmless for what will read it.
 *
 * A character that a reader would obey and not show (control characters, marks that turn the
 * direction of writing, invisible ones) is written as <U+001B>; bytes that are no UTF-8 as U+FFFD.
 */
#ifndef MAPAE_BASE_ESCAPE_H
#define MAPAE_BASE_ESCAPE_H

#include "buf.h"

/* For a terminal: on one line, nothing that a terminal obeys. */
void mp_escape_plain(mp_buf *out, mp_str s);
/* For a cell or a paragraph: line ends (\n for each of CR LF, CR, LF) and tabs stay. */
void mp_escape_lines(mp_buf *out, mp_str s);
/* For XML 1.0 and HTML, between tags and in quoted attributes. */
void mp_escape_xml(mp_buf *out, mp_str s);
/* One field of RFC 4180, quoted when it must be. A text that a spreadsheet would take for a formula
 * gets an apostrophe in front. */
void mp_escape_csv(mp_buf *out, mp_str s);
/* Would it? Apostrophes in front of it do not count: so whoever reads a field that begins with one and is a formula takes one away, and has
 * what was written. */
bool mp_escape_is_formula(mp_str s);
/* The path of a file as a URI reference (RFC 3986): "/" stays; an absolute path gets "file://". */
void mp_escape_uri(mp_buf *out, const char *path);

#endif
