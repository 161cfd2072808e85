/* SPDX-License-Identifier: Apache-2.0 */
#include "access.h"

#include <stdlib.h>

#include "access_internal.h"
#include "oidc.h"
#include "rbac.h"
#include "session.h"
#include "token.h"

/* The host of BASE: between "//" and ":" or "/"; of an address in brackets, with them. */
static mp_str host_of(mp_str base)
{
    size_t at = mp_str_find_str(base, MP_S("://"));
    mp_str rest = at == SIZE_MAX ? base : mp_str_skip(base, at + 3);
    size_t bracket = mp_str_find(rest, ']');
    if (mp_str_starts(rest, MP_S("[")) && bracket != SIZE_MAX)
        return mp_str_of(rest.ptr, bracket + 1);
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] == ':' || rest.ptr[i] == '/')
            return mp_str_of(rest.ptr, i);
    return rest;
}

static mp_code set_options(mp_access *access, const mp_access_options *options, mp_error *err)
{
    mp_str base = mp_str_from(options->base_url), host = host_of(base);
    if (!mp_str_starts(base, MP_S("https://")) || mp_str_ends(base, MP_S("/")) || host.len == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"%.*s\" is no base URL; wanted https://HOST[:PORT] without a slash at the end",
                       MP_FMT(base));
    access->rules = options->rules ? *options->rules : mp_sign_in_limits_default;
    access->alert = options->alert;
    access->alert_ctx = options->alert_ctx;
    access->base = mp_arena_dup(&access->arena, base).ptr;
    access->host = mp_arena_dup(&access->arena, host).ptr;
    access->tenant = mp_arena_dup(&access->arena, mp_str_from(mp_store_installation(access->store))).ptr;
    if (access->rules.breached_file) {
        access->rules.breached_file =
            mp_arena_dup(&access->arena, mp_str_from(access->rules.breached_file)).ptr;
        if (!access->rules.breached_file)
            return mp_no_memory(err);
    }
    if (!access->base || !access->host || !access->tenant)
        return mp_no_memory(err);
    return MP_OK;
}

/* Is there anything that the key of the folder seals, or has named? The first opening writes a signing key. */
static mp_code holds_secrets(mp_tx *tx, void *arg, mp_error *err)
{
    static const mp_kind *const kinds[] = { &mp_signing_key_kind, &mp_credential_kind, &mp_provider_kind,
                                            &mp_outside_identity_kind };
    bool                       *holds = arg;
    for (size_t i = 0; i < MP_COUNT(kinds) && !*holds; i++) {
        mp_record_page page;
        MP_TRY(mp_record_list(&page, tx, &(mp_record_query){ .kind = kinds[i], .limit = 1 }, mp_tx_arena(tx), err));
        *holds = page.count > 0;
    }
    return MP_OK;
}

static mp_code open_seal(mp_access *access, mp_error *err)
{
    bool holds = false;
    MP_TRY(mp_store_read(access->store, holds_secrets, &holds, err));
    return mp_seal_open(&access->seal, mp_store_folder(access->store), !holds, err);
}

static mp_code open_parts(mp_access *access, mp_error *err)
{
    static const mp_kind *const kinds[] = {
        &mp_user_kind,         &mp_group_kind,
        &mp_program_kind,      &mp_credential_kind,
        &mp_session_kind,      &mp_lockout_kind,
        &mp_role_kind,         &mp_assignment_kind,
        &mp_subscription_kind, &mp_management_group_kind,
        &mp_signing_key_kind,  &mp_token_kind,
        &mp_provider_kind,     &mp_outside_identity_kind,
    };
    MP_TRY(mp_records_declare(access->store, kinds, MP_COUNT(kinds), err));
    MP_TRY(open_seal(access, err));
    MP_TRY(mp_hasher_open(&access->hasher, access, err));
    MP_TRY(mp_sessions_open(&access->sessions, access, err));
    MP_TRY(mp_challenges_open(&access->challenges, err));
    MP_TRY(mp_rbac_open(&access->rbac, access, err));
    MP_TRY(mp_tokens_open(&access->tokens, access, err));
    return mp_providers_open(&access->providers, access, err);
}

mp_code mp_access_open(mp_access **out, mp_store *store, mp_ledger *ledger, const mp_access_options *options,
                       mp_error *err)
{
    mp_access *access = calloc(1, sizeof *access);
    if (!access)
        return mp_no_memory(err);
    access->store = store;
    access->ledger = ledger;
    atomic_init(&access->true_from, 0);
    mp_code code = set_options(access, options, err);
    if (code == MP_OK)
        code = open_parts(access, err);
    if (code != MP_OK) {
        mp_access_close(access);
        return code;
    }
    *out = access;
    return MP_OK;
}

void mp_access_close(mp_access *access)
{
    if (!access)
        return;
    mp_providers_close(access->providers);
    mp_tokens_close(access->tokens);
    mp_rbac_close(access->rbac);
    mp_challenges_close(access->challenges);
    mp_sessions_close(access->sessions);
    mp_hasher_close(access->hasher);
    mp_seal_close(&access->seal);
    mp_arena_free(&access->arena);
    free(access);
}

mp_store *mp_access_store(mp_access *access)
{
    return access->store;
}

const mp_seal *mp_access_seal(const mp_access *access)
{
    return &access->seal;
}

mp_ledger *mp_access_ledger(mp_access *access)
{
    return access->ledger;
}

const char *mp_access_base(const mp_access *access)
{
    return access->base;
}

const char *mp_access_tenant(const mp_access *access)
{
    return access->tenant;
}

const char *mp_who_kind_name(mp_who_kind kind)
{
    static const char *const names[] = {
        [MP_WHO_NOBODY] = "nobody", [MP_WHO_USER] = "user",     [MP_WHO_PROGRAM] = "program",
        [MP_WHO_LOCAL] = "local",   [MP_WHO_SYSTEM] = "system",
    };
    return names[kind];
}

uint64_t mp_access_stamp(mp_access *access)
{
    return mp_store_counted(access->store).commits;
}

bool mp_access_is_fresh(mp_access *access, uint64_t stamp)
{
    return stamp >= atomic_load(&access->true_from);
}

/* The write that runs is the next commit, or none. On the writer's thread, so that nobody else raises the
 * number. */
void mp_access_touch(mp_access *access, mp_tx *tx)
{
    uint64_t next = mp_store_counted(mp_tx_store(tx)).commits + 1;
    if (atomic_load(&access->true_from) < next)
        atomic_store(&access->true_from, next);
    mp_rbac_touched(access, tx);
}

typedef struct minute {
    mp_access *access;
    mp_ticks   now;
    uint64_t   done;
} minute;

static mp_code clean_up(mp_tx *tx, void *arg, mp_error *err)
{
    minute *m = arg;
    m->done = 0;
    MP_TRY(mp_users_unused(&m->done, m->access, tx, m->now, err));
    return mp_guesses_forget(&m->done, m->access, tx, m->now, err);
}

mp_code mp_access_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err)
{
    minute   m = { .access = access, .now = now };
    uint64_t count = 0;
    MP_TRY(mp_sessions_tick(&count, access, now, err));
    MP_TRY(mp_store_write(access->store, clean_up, &m, err));
    MP_TRY(mp_rbac_tick(&count, access, now, err));
    MP_TRY(mp_tokens_tick(&count, access, now, err));
    if (done)
        *done = count + m.done;
    return MP_OK;
}
