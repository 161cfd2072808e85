/* SPDX-License-Identifier: Apache-2.0 */
/* package_index.h - what answers which control: the index of a package, and the page that people read.
 *
 * {"format": "mapae-index/1", "framework": {"id", "title": WORDS, "version"}, "scheme"?: {"id", "title": WORDS}, "subject": {"scope"? ,
 *  "measure"?}, "asOf", "controls": [{"id", "label", "title": WORDS, "state"?, "freshness", "rules": [{"kind"?, "name"?: WORDS,
 *  "every"?, "freshness", "until"?, "pieces": [{"id", "freshness", ...}]}]}], "files": [{"id", "title", "sha256", "sizeBytes",
 *  "mediaType", ...}], "statement"?: any}; WORDS is {"ko", "en"}. Members that a later version adds are let be.
 *
 * The page follows from the index, byte for byte: who checks a package makes it again, so that nothing unproved is there for
 * people to read. Files are named and never linked: a browser would show them. */
#ifndef MAPAE_LEDGER_PACKAGE_INDEX_H
#define MAPAE_LEDGER_PACKAGE_INDEX_H

#include "buf.h"
#include "package.h"
#include "package_read.h"

#define MP_PACKAGE_INDEX_FORMAT "mapae-index/1"

/* Has it that form, is every file that it lists in the package, and is every piece of a control one of those files? Fills
 * has_index and index_... of the report. Fails with MP_DAMAGED, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_package_index_check(mp_package_report *report, const mp_json *index,
                                             const mp_package_archive *archive, mp_error *err);
/* Append the page. */
void mp_package_index_page(mp_buf *out, const mp_json *index);

#endif
