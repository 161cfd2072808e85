/* SPDX-License-Identifier: Apache-2.0 */
/* apply.h - the operations of modify and append: evaluated for one resource, and carried out on its document.
 *
 *   mp_applied_read     which operations there are, where they stand and with what values
 *   mp_applied_run      one after the other; each sees the document as those before left it */
#ifndef MAPAE_POLICY_APPLY_H
#define MAPAE_POLICY_APPLY_H

#include "edit.h"
#include "judge.h"

/* An operation whose condition holds. */
typedef struct mp_applied {
    mp_str         operation;  /* "add", "addOrReplace", "remove", "append" */
    mp_str         field;      /* as the policy names it */
    mp_path        path;
    const mp_json *value;      /* NULL: what is there is removed */
    mp_modifiable  modifiable; /* append may change what modify may not */
    const mp_error *broken;    /* why it cannot be carried out, whatever the document; NULL: it can */
    bool           is_alias;
    /* Once it was carried out. */
    mp_edited      how;
    const mp_json *before, *after; /* what stands at the path up to its first [*]; NULL: nothing */
} mp_applied;

/* The operations of an item of the resource at hand. Where they come from stays as long as the judge stays
 * at the resource; *out is in `arena`. The plan must have been made with details. Fails with MP_EVALUATION,
 * MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_applied_read(mp_applied **out, uint32_t *count, mp_judge *judge, const mp_item *item,
                                      mp_arena *arena, mp_error *err);

/* Carry them out on *doc, which becomes another one when it changes (see mp_edit_document()). What is
 * broken, and what an alias does not allow to be changed, is passed over. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_applied_run(mp_applied *list, uint32_t count, const mp_json **doc, mp_arena *arena,
                                     mp_error *err);

/* An append that would put its value in another's place: it refuses the request (Microsoft Learn, "Azure
 * Policy definitions append effect"). */
static inline bool mp_applied_conflicts(const mp_applied *a)
{
    return a->how == MP_EDITED_KEPT && mp_str_eq(a->operation, MP_S("append"));
}

#endif
