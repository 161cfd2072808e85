/* SPDX-License-Identifier: Apache-2.0 */
/* unfold.h - from documents to checks: assignments resolved, initiatives unfolded, parameters bound. */
#ifndef MAPAE_POLICY_UNFOLD_H
#define MAPAE_POLICY_UNFOLD_H

#include "documents.h"

typedef struct mp_checks {
    mp_check *items; /* heap: free with mp_checks_free() */
    uint32_t  count, cap;
} mp_checks;

/* Make the checks of all that `docs` holds, in the order that library.h promises; what cannot be made is noted
 * in its diagnostics. Fails with MP_NOMEM, MP_IO; `out` is then to be freed all the same. */
MP_MUST_CHECK mp_code mp_unfold(mp_checks *out, mp_documents *docs, mp_error *err);
void mp_checks_free(mp_checks *checks);

/* What an assignment or a reference names: one of the two, or neither. It may be at rest. */
mp_entry *mp_find_definition(const mp_documents *docs, mp_str id);
mp_entry *mp_find_initiative(const mp_documents *docs, mp_str id);

#endif
