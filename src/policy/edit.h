/* SPDX-License-Identifier: Apache-2.0 */
/* edit.h - one value of a document set, added to or removed, as an operation of modify or append asks it. */
#ifndef MAPAE_POLICY_EDIT_H
#define MAPAE_POLICY_EDIT_H

#include <mapae/resource.h>

#include "path.h"

typedef struct mp_edit {
    mp_path        path;
    const mp_json *value;         /* NULL: remove */
    bool           keeps;         /* what is there stays: add, append */
    bool           makes_parents; /* objects on the way that are missing are made */
} mp_edit;

/* What came of it. The path may lead to several places: the first of these that holds for one. */
typedef enum mp_edited {
    MP_EDITED_NOT,     /* it was not tried */
    MP_EDITED_KEPT,    /* another value is there, and stays */
    MP_EDITED_CHANGED,
    MP_EDITED_NOWHERE, /* what should hold it is missing, or is of another kind */
    MP_EDITED_SAME,    /* it was so already */
} mp_edited;

/* Carry out `edit` on `doc`. *out is `doc` itself when nothing changes, else a new document: its nodes are in
 * `arena`, its strings where they were. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_edit_document(const mp_json **out, mp_edited *how, const mp_json *doc,
                                       const mp_edit *edit, mp_arena *arena, mp_error *err);

/* What stands at `path`, as far as it leads to one value: up to its first [*]. NULL: nothing. */
const mp_json *mp_edit_value_at(const mp_json *doc, mp_path path);

/* Give `r` another document: what is read of it is read anew, but for what a resource is called. */
void mp_edit_resource(mp_resource *r, const mp_json *doc);

/* A change of one is a change of the other, or of what stands above or below it. */
bool mp_edit_paths_meet(mp_path a, mp_path b);

#endif
