/* SPDX-License-Identifier: Apache-2.0 */
/* rulebook_internal.h - how a rulebook is made of the store's records. Private to compliance. */
#ifndef MAPAE_COMPLIANCE_RULEBOOK_INTERNAL_H
#define MAPAE_COMPLIANCE_RULEBOOK_INTERNAL_H

#include "alias_table.h"
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
    mp_ticks         rules_at; /* when the rules were last changed, as the store has it; 0: never */
    mp_arena         arena;
    mp_library      *library;
    mp_plan         *plan;
    const mp_check  *checks;
    mp_rule_facts   *facts;
    uint32_t         count;
    mp_rule_term    *terms;
    size_t           term_count;
    mp_map           by_key; /* facts->key to facts */
    /* a subscription's GUID or a management group's name to the names above it, each between two slashes: "/a/b/" */
    mp_map           above;
    mp_str           root;   /* name of the tenant's root group, which holds all */
    mp_hierarchy     hierarchy;
    const mp_aliases *aliases; /* of `table`, when there is one */
    mp_alias_table  *table;    /* NULL: the store has none */
    mp_alias_table  *known;    /* of the rulebook before; only while this one is made */
    pthread_mutex_t   lock; /* of the pool */
    struct mp_enforcer *pool[MP_ENFORCERS];
    unsigned          pool_count;
    mp_store        *store;
};

/* Within a read: everything but `commits` and `number`. `asked` NULL: the present one. Fails with MP_NOMEM,
 * MP_DAMAGED, ... */
MP_MUST_CHECK mp_code mp_rulebook_read(mp_rulebook *book, mp_tx *tx, const mp_rulebook_asked *asked, mp_error *err);
/* Within a read or a write: when a policy object was last changed, by what is committed or was done before in this
 * batch; 0: never. */
MP_MUST_CHECK mp_code mp_rules_changed_at(mp_ticks *out, mp_tx *tx, mp_error *err);
/* Fill book->facts of the checks that were made. */
MP_MUST_CHECK mp_code mp_rulebook_tell(mp_rulebook *book, mp_error *err);

#endif
