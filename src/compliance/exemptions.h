/* SPDX-License-Identifier: Apache-2.0 */
/* exemptions.h - which exemptions are still needed: each is taken away in thought, and what it excuses is judged
 * without it. Nothing is written. */
#ifndef MAPAE_COMPLIANCE_EXEMPTIONS_H
#define MAPAE_COMPLIANCE_EXEMPTIONS_H

#include "objects.h"

#define MP_EXEMPTIONS_MOST 100 /* of one page */

typedef enum mp_exemption_use {
    MP_EXEMPTION_NEEDED,    /* without it something would not comply */
    MP_EXEMPTION_COMPLIANT, /* all that it excuses complies by now: it can go */
    MP_EXEMPTION_NOTHING,   /* it excuses nothing, or only what another one excuses too: it can go */
    MP_EXEMPTION_EXPIRED,   /* it holds no more: it can go */
    MP_EXEMPTION_ERROR,     /* without it something could not be judged: nobody knows */
    MP_EXEMPTION_USES
} mp_exemption_use;
extern const char *const mp_exemption_uses[]; /* "needed", ... and NULL */

typedef struct mp_exemptions_query {
    mp_str   scope;        /* key: exemptions there and below; empty: all */
    bool     is_removable; /* only those that can go */
    mp_str   after;        /* mp_exemptions_page.next */
    uint32_t limit;        /* 0: 20 */
} mp_exemptions_query;

typedef struct mp_exemptions_page {
    /* array of {"id","name","displayName","category","expiresOn"?,"assignmentId","use","canGo","without":{STATE:
     * verdicts}} */
    const mp_json *value;
    mp_str         next;  /* empty: that was all. A page may be short, even empty, before the end */
} mp_exemptions_page;

/* Within a read. As soon as one verdict needs an exemption no more is looked at for it: "without" then tells what was
 * seen. Fails with MP_PARAMETER, ... */
MP_MUST_CHECK mp_code mp_exemptions_review(mp_exemptions_page *out, mp_tx *tx, const mp_exemptions_query *query,
                                           mp_arena *arena, mp_error *err);

#endif
