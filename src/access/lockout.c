/* SPDX-License-Identifier: Apache-2.0 */
/* Failures are counted in the store, by name and by address, so that a restart forgets none. A name is
 * counted whether or not anybody has it, so a lock does not tell. What has to wait waits a bounded time
 * (lock_seconds), also the only administrator whose name others try; the local socket can unlock.
 *
 * A record: {failures, lastAt, until}. Failures older than a lock lasts are forgotten. */
#include "access_internal.h"

#include "jsonw.h"

static const mp_record_index lockout_indexes[] = { { .name = "lastAt", .path = "lastAt" } };
const mp_kind                mp_lockout_kind = {
                   .name = "lockout", .indexes = lockout_indexes, .index_count = MP_COUNT(lockout_indexes), .forgets = true
};

/* From one address come a whole office and its proxy. */
enum { ADDRESS_SHARES = 20 };

typedef struct failures {
    unsigned count;
    mp_ticks last_at, until;
} failures;

mp_code mp_guess_of(mp_guess *out, mp_access *access, mp_str name, mp_str address, mp_error *err)
{
    char   folded[256];
    size_t len = name.len < sizeof folded ? name.len : sizeof folded; /* names that are longer are nobody's */
    for (size_t i = 0; i < len; i++)
        folded[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] | 0x20) : name.ptr[i];
    MP_TRY(mp_seal_name(out->name, &access->seal, MP_S("name"), mp_str_of(folded, len), err));
    out->address[0] = '\0';
    return address.len ? mp_seal_name(out->address, &access->seal, MP_S("address"), address, err) : MP_OK;
}

static mp_code read_failures(failures *out, mp_tx *tx, const char *key, mp_error *err)
{
    mp_record record;
    *out = (failures){ 0 };
    mp_code code = mp_record_get(&record, tx, &mp_lockout_kind, mp_str_from(key), 0, mp_tx_arena(tx), err);
    if (code == MP_OK) {
        out->count = (unsigned)mp_body_int(record.body, MP_S("failures"), 0);
        out->last_at = mp_body_time(record.body, MP_S("lastAt"));
        out->until = mp_body_time(record.body, MP_S("until"));
    }
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code write_failures(mp_tx *tx, const char *key, const failures *f, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("failures"));
    mp_jsonw_int(&w, f->count);
    mp_jsonw_key(&w, MP_S("lastAt"));
    mp_jsonw_str(&w, mp_time_text(arena, f->last_at));
    if (f->until) {
        mp_jsonw_key(&w, MP_S("until"));
        mp_jsonw_str(&w, mp_time_text(arena, f->until));
    }
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory to count a failure");
    return mp_record_put(NULL, tx, &mp_lockout_kind, mp_str_from(key), body, MP_ANY_VERSION, err);
}

static unsigned seconds_until(const failures *f, mp_ticks now)
{
    return f->until > now ? (unsigned)((f->until - now + MP_TICKS_PER_SECOND - 1) / MP_TICKS_PER_SECOND) : 0;
}

mp_code mp_guess_may(unsigned *retry_seconds, mp_access *access, mp_tx *tx, const mp_guess *guess,
                     mp_ticks now, mp_error *err)
{
    failures by_name, by_address = { 0 };
    (void)access;
    MP_TRY(read_failures(&by_name, tx, guess->name, err));
    if (guess->address[0])
        MP_TRY(read_failures(&by_address, tx, guess->address, err));
    unsigned wait = seconds_until(&by_name, now), wait_address = seconds_until(&by_address, now);
    *retry_seconds = wait > wait_address ? wait : wait_address;
    if (*retry_seconds)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many failures; try again in %u seconds",
                       *retry_seconds);
    return MP_OK;
}

static mp_code count_failure(bool *locks, const mp_sign_in_limits *rules, unsigned shares, mp_tx *tx,
                             const char *key, mp_ticks now, mp_error *err)
{
    failures f;
    unsigned slow = rules->attempts_before_slow * shares, lock = rules->attempts_before_lock * shares;
    MP_TRY(read_failures(&f, tx, key, err));
    mp_ticks lock_ticks = (mp_ticks)rules->lock_seconds * MP_TICKS_PER_SECOND, wait = 0;
    bool     was_locked = lock && f.count >= lock && now >= f.until;
    if (was_locked || now - f.last_at > lock_ticks)
        f.count = 0;
    f.count++;
    f.last_at = now;
    *locks = lock && f.count >= lock;
    if (*locks)
        wait = lock_ticks;
    else if (slow && f.count >= slow)
        wait = (INT64_C(1) << (f.count - slow < 20 ? f.count - slow : 20)) * MP_TICKS_PER_SECOND;
    f.until = wait ? now + (wait < lock_ticks ? wait : lock_ticks) : 0;
    return write_failures(tx, key, &f, err);
}

mp_code mp_guess_failed(bool *locks, mp_access *access, mp_tx *tx, const mp_guess *guess, mp_ticks now,
                        mp_error *err)
{
    bool locks_address = false;
    MP_TRY(count_failure(locks, &access->rules, 1, tx, guess->name, now, err));
    if (guess->address[0])
        MP_TRY(count_failure(&locks_address, &access->rules, ADDRESS_SHARES, tx, guess->address, now, err));
    return MP_OK;
}

/* The address stays counted: one who signs in between his guesses at others forgets nothing. */
mp_code mp_guess_right(mp_access *access, mp_tx *tx, const mp_guess *guess, mp_error *err)
{
    (void)access;
    mp_code code = mp_record_delete(tx, &mp_lockout_kind, mp_str_from(guess->name), MP_ANY_VERSION, err);
    return code == MP_MISSING ? MP_OK : code;
}

mp_code mp_guesses_forget(uint64_t *removed, mp_access *access, mp_tx *tx, mp_ticks now, mp_error *err)
{
    mp_ticks               before = now - (mp_ticks)access->rules.lock_seconds * MP_TICKS_PER_SECOND;
    const mp_record_filter filter = { .index = "lastAt",
                                      .op = MP_FILTER_LT,
                                      .value = mp_time_text(mp_tx_arena(tx), before) };
    const mp_record_query  query = {
         .kind = &mp_lockout_kind, .filters = &filter, .filter_count = 1, .limit = 1000
    };
    mp_record_page page;
    if (!filter.value.ptr)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory to count a failure");
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err)); /* the rest at the next minute */
    for (size_t i = 0; i < page.count; i++) {
        MP_TRY(mp_record_delete(tx, &mp_lockout_kind, page.records[i].key, MP_ANY_VERSION, err));
        ++*removed;
    }
    return MP_OK;
}

mp_code mp_sign_in_unlock(mp_access *access, mp_tx *tx, mp_str user, mp_error *err)
{
    mp_record record;
    mp_guess  guess;
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, user, 0, mp_tx_arena(tx), err));
    MP_TRY(mp_guess_of(&guess, access, mp_body_str(record.body, MP_S("userName")), mp_str_of(NULL, 0), err));
    return mp_guess_right(access, tx, &guess, err);
}
