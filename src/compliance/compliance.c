/* SPDX-License-Identifier: Apache-2.0 */
#include "compliance.h"

#include <stdlib.h>

#include "acting.h"
#include "alias_table.h"
#include "compliance_routes.h"
#include "deployment_record.h"
#include "judging.h"
#include "objects.h"
#include "policy_events.h"
#include "rbac.h"
#include "remediation.h"
#include "shipped.h"
#include "verdicts.h"
#include "versions.h"

/* Opened when store, ledger and access stand; the rulebook is made by the first who asks. */

static mp_code open_system(void **state, mp_app *app, mp_error *err)
{
    mp_compliance *c = calloc(1, sizeof *c);
    if (!c)
        return mp_no_memory(err);
    c->app = app;
    for (size_t i = 0; i < MP_TURNS; i++)
        pthread_mutex_init(&c->turns[i], NULL);
    *state = c;
    MP_TRY(mp_rulebooks_new(&c->books, app->store, mp_aliases_by_rule(), err));
    MP_TRY(mp_judging_new(&c->judging, app, c->books, err));
    return mp_remedying_new(&c->remedying, c, err);
}

static void close_system(void *state)
{
    mp_compliance *c = state;
    if (!c)
        return;
    mp_remedying_free(c->remedying); /* it waits for the judge */
    mp_judging_free(c->judging);
    mp_rulebooks_free(c->books);
    for (size_t i = 0; i < MP_TURNS; i++)
        pthread_mutex_destroy(&c->turns[i]);
    free(c);
}

/* ---- what follows from a change ---- */

static bool makes_rules(const mp_kind *kind)
{
    if (kind == &mp_subscription_kind || kind == &mp_management_group_kind || kind == &mp_alias_kind ||
        kind == &mp_policy_definition_version_kind || kind == &mp_policy_set_version_kind)
        return true;
    for (unsigned i = 0; i < MP_OBJECT_KINDS; i++)
        if (kind == mp_object_kinds[i])
            return true;
    return false;
}

/* An exemption or attestation holds for what its own id stands on, and all below. */
static mp_code note_term(mp_tx *tx, mp_str key, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, key, mp_tx_arena(tx), err));
    mp_str scope = place.parent;
    bool   is_below_group = scope.len == 0 || mp_str_starts(scope, MP_S("/providers/"));
    return mp_dirty_scope(tx, is_below_group ? MP_S("/") : scope, err);
}

/* What is below a management group, and what subscription() says, is not in the digest of any check. */
static mp_code note_moved(mp_tx *tx, const mp_record_change *change, mp_error *err)
{
    if (change->kind == &mp_management_group_kind)
        return mp_dirty_scope(tx, MP_S("/"), err);
    mp_str scope = mp_arena_printf(mp_tx_arena(tx), "/subscriptions/%.*s", MP_FMT(change->key));
    return scope.ptr ? mp_dirty_scope(tx, scope, err) : mp_no_memory(err);
}

/* What was assigned at a management group that is gone is assigned nowhere, also when another one takes its name. */
static mp_code forget_group(mp_tx *tx, mp_str name, mp_error *err)
{
    mp_str key = mp_arena_printf(mp_tx_arena(tx), "/providers/microsoft.management/managementgroups/%.*s", MP_FMT(name));
    return key.ptr ? mp_objects_forget_below(tx, key, err)
                   : mp_no_memory(err);
}

static mp_code changed(void *state, mp_tx *tx, mp_error *err)
{
    mp_compliance          *c = state;
    size_t                  count;
    const mp_record_change *changes;
    bool                    is_told = false;
    for (size_t i = 0; (changes = mp_tx_changes(tx, &count)) && i < count;
         i++) { /* what is forgotten on the way is a change too */
        if (!is_told && makes_rules(changes[i].kind)) {
            MP_TRY(mp_rulebook_changed(c->books, tx, err));
            is_told = true;
        }
        if (changes[i].kind == &mp_estate_kind)
            MP_TRY(mp_dirty_add(tx, changes[i].key, true, err));
        if (changes[i].kind == mp_object_kinds[MP_OBJECT_ASSIGNMENT])
            MP_TRY(mp_acting_follow(c->app->access, tx, changes[i].key, err));
        if (changes[i].kind == mp_object_kinds[MP_OBJECT_EXEMPTION] ||
            changes[i].kind == mp_object_kinds[MP_OBJECT_ATTESTATION])
            MP_TRY(note_term(tx, changes[i].key, err));
        if (changes[i].kind == &mp_management_group_kind && !changes[i].has)
            MP_TRY(forget_group(tx, changes[i].key, err));
        if (changes[i].kind == &mp_subscription_kind || changes[i].kind == &mp_management_group_kind)
            MP_TRY(note_moved(tx, &changes[i], err));
    }
    return MP_OK;
}

static void committed(void *state)
{
    mp_compliance *c = state;
    mp_judging_wake(c->judging);
}

/* ---- what happens by itself ---- */

static mp_code begin(void *state, mp_error *err)
{
    mp_compliance *c = state;
    return mp_config_flag(c->app->config, MP_SET_POLICIES_SHIPPED) ? mp_shipped_take_in(c, err) : MP_OK;
}


enum { FORGOTTEN_AT_ONCE = 5000 };

typedef struct forgetting {
    mp_ticks before;
    int64_t  removed;
} forgetting;

static mp_code forget_events(mp_tx *tx, void *arg, mp_error *err)
{
    forgetting *f = arg;
    return mp_events_forget(&f->removed, tx, f->before, FORGOTTEN_AT_ONCE, err);
}

static mp_code tick(void *state, mp_ticks now, mp_error *err)
{
    mp_compliance *c = state;
    forgetting     f = { .before = now - MP_EVENT_DAYS * MP_TICKS_PER_DAY };
    return mp_store_write(c->app->store, forget_events, &f, err);
}

static const mp_schema *const schemas[] = { &mp_verdict_schema, &mp_event_schema, NULL };
/* The estate is judged here, so it is kept here. */
static const mp_kind *const kinds[] = { &mp_estate_kind,
                                        &mp_lock_kind,
                                        &mp_policy_definition_kind,
                                        &mp_policy_set_kind,
                                        &mp_policy_assignment_kind,
                                        &mp_policy_exemption_kind,
                                        &mp_policy_attestation_kind,
                                        &mp_policy_definition_version_kind,
                                        &mp_policy_set_version_kind,
                                        &mp_alias_kind,
                                        &mp_shipped_kind,
                                        &mp_remediation_kind,
                                        &mp_remediation_change_kind,
                                        &mp_deployment_record_kind,
                                        NULL };

const mp_system mp_compliance_system = {
    .name = "compliance",
    .schemas = schemas,
    .kinds = kinds,
    .routes = mp_compliance_routes,
    .open = open_system,
    .begin = begin,
    .close = close_system,
    .changed = changed,
    .committed = committed,
    .tick = tick,
};
