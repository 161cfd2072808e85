/* SPDX-License-Identifier: Apache-2.0 */
/* rulebook_internal.h - how a rulebook is made of the store's records. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_RULEBOOK_INTERNAL_H
#define MAPAE_COMPLIANCE_RULEBOOK_INTERNAL_H

#include "library.h"
#include "map.h"
#include "rulebook.h"

#include <pthread.h>
#include <stdatomic.h>

#define MP_ENFORCERS 16 /* that are kept for the next who asks */

struct mp_rulebook {
    atomic_uint      refs;
    uint64_t         number;
    uint64_t         commits; /* of the store, before it was read */
    mp_arena         arena;
    mp_library      *library;
    mp_plan         *plan;
    const mp_check  *checks;
    mp_rule_facts   *facts;
    uint32_t         count;
    mp_rule_term    *terms;
    size_t           term_count;
    mp_map           by_key; /* facts->key to facts */
    mp_map           above;  /* a subscription's GUID or a management group's name to the names above it, each between two slashes: "/a/b/" */
    mp_str           root;   /* name of the tenant's root group, which holds all */
    mp_hierarchy     hierarchy;
    const mp_aliases *aliases;
    pthread_mutex_t   lock; /* of the pool */
    struct mp_enforcer *pool[MP_ENFORCERS];
    unsigned          pool_count;
    mp_store        *store;
};

/* Within a read: everything but `commits` and `number`. Fails with MP_NOMEM, MP_DAMAGED, ... */
MP_MUST_CHECK mp_code mp_rulebook_read(mp_rulebook *book, mp_tx *tx, mp_error *err);
/* Fill book->facts of the checks that were made. */
MP_MUST_CHECK mp_code mp_rulebook_tell(mp_rulebook *book, mp_error *err);

#endif
