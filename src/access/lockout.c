/* SPDX-License-Identifier: Apache-2.0 */
/* Failures are counted in the store, so that a restart forgets none: by name and address together, by name,
 * and by address. A name is counted whether or not anybody has it, so a lock does not tell.
 *
 * Only the first locks: one who tries another's name locks it for his own address, not for its owner. By name
 * alone there is a wait that never exceeds NAME_WAIT, and addresses that the person signed in from before do
 * not wait for it: others who never stop trying cannot keep him out. Codes of a second factor are few enough to
 * be guessed from many addresses; their count by name locks, for addresses that are not known.
 *
 * A record: {failures, lastAt, until, name, knownAt}. Failures older than a lock lasts are forgotten; `name`
 * is of pairs, to find them again; knownAt, when he last signed in there, holds KNOWN_DAYS. */
#include "access_internal.h"

#include <string.h>

#include "jsonw.h"

static const mp_record_index lockout_indexes[] = { { .name = "lastAt", .path = "lastAt" },
                                                   { .name = "name", .path = "name" },
                                                   { .name = "knownAt", .path = "knownAt" } };
const mp_kind                mp_lockout_kind = {
                   .name = "lockout", .indexes = lockout_indexes, .index_count = MP_COUNT(lockout_indexes),
                   .forgets = true
};

enum {
    ADDRESS_SHARES = 20, /* from one address come a whole office and its proxy */
    KNOWN_DAYS = 90,
    NAME_MAX_BYTES = 256, /* names that are longer are nobody's */
    ADDRESS_MAX_BYTES = 63
};
#define NAME_WAIT (30 * MP_TICKS_PER_SECOND)

typedef struct failures {
    unsigned count;
    mp_ticks last_at, until, known_at;
} failures;

/* How one of the three counts. */
typedef struct counting {
    unsigned slow, lock; /* failures; lock 0: never */
    mp_ticks longest;    /* wait before it locks */
} counting;

static mp_code seal_pair(char out[65], mp_access *access, mp_guess_kind kind, mp_str name, mp_str address,
                         mp_error *err)
{
    char   text[NAME_MAX_BYTES + ADDRESS_MAX_BYTES + 1];
    size_t len = address.len < ADDRESS_MAX_BYTES ? address.len : ADDRESS_MAX_BYTES;
    if (len)
        memcpy(text, address.ptr, len);
    text[len++] = '|'; /* no address has one */
    if (name.len)
        memcpy(text + len, name.ptr, name.len);
    len += name.len;
    return mp_seal_name(out, &access->seal, kind == MP_GUESS_PROGRAM ? MP_S("program") : MP_S("pair"),
                        mp_str_of(text, len), err);
}

mp_code mp_guess_of(mp_guess *out, mp_access *access, mp_guess_kind kind, mp_str name, mp_str address, mp_error *err)
{
    char   text[NAME_MAX_BYTES];
    size_t len = name.len < sizeof text ? name.len : sizeof text;
    for (size_t i = 0; i < len; i++)
        text[i] = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? (char)(name.ptr[i] | 0x20) : name.ptr[i];
    mp_str folded = mp_str_of(text, len);
    *out = (mp_guess){ .kind = kind, .is_local = address.len == 0 };
    MP_TRY(seal_pair(out->pair, access, kind, folded, address, err));
    if (kind != MP_GUESS_PROGRAM)
        MP_TRY(mp_seal_name(out->name, &access->seal, kind == MP_GUESS_CODE ? MP_S("code") : MP_S("name"), folded, err));
    if (!address.len)
        return MP_OK;
    return mp_seal_name(out->address, &access->seal,
                        kind == MP_GUESS_PROGRAM ? MP_S("programs' address") : MP_S("address"), address, err);
}

mp_code mp_guess_of_who(mp_guess *out, mp_access *access, const mp_who *who, mp_str name, mp_str address, mp_error *err)
{
    if (who->limited_to.len)
        return mp_guess_of(out, access, MP_GUESS_CODE, name, address, err);
    *out = (mp_guess){ .kind = MP_GUESS_CODE };
    return mp_seal_name(out->pair, &access->seal, MP_S("session"), who->by_cookie ? who->session : who->id, err);
}

static mp_code read_failures(failures *out, mp_tx *tx, const char *key, mp_error *err)
{
    mp_record record;
    *out = (failures){ 0 };
    if (!key[0])
        return MP_OK;
    mp_code code = mp_record_get(&record, tx, &mp_lockout_kind, mp_str_from(key), 0, mp_tx_arena(tx), err);
    if (code == MP_OK) {
        out->count = (unsigned)mp_body_int(record.body, MP_S("failures"), 0);
        out->last_at = mp_body_time(record.body, MP_S("lastAt"));
        out->until = mp_body_time(record.body, MP_S("until"));
        out->known_at = mp_body_time(record.body, MP_S("knownAt"));
    }
    return code == MP_MISSING ? MP_OK : code;
}

static void put_time(mp_jsonw *w, const char *name, mp_ticks t)
{
    if (t)
        mp_time_put(w, name, t);
}

/* `name` may be empty. Nothing to remember: no record. */
static mp_code write_failures(mp_tx *tx, mp_str key, mp_str name, const failures *f, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    if (!f->count && !f->known_at) {
        mp_code code = mp_record_delete(tx, &mp_lockout_kind, key, MP_ANY_VERSION, err);
        return code == MP_MISSING ? MP_OK : code;
    }
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "failures", f->count);
    put_time(&w, "lastAt", f->last_at);
    put_time(&w, "until", f->until);
    put_time(&w, "knownAt", f->known_at);
    mp_jsonw_put_filled(&w, "name", name);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_lockout_kind, key, body, MP_ANY_VERSION, err);
}

static unsigned seconds_until(const failures *f, mp_ticks now)
{
    return f->until > now ? (unsigned)((f->until - now + MP_TICKS_PER_SECOND - 1) / MP_TICKS_PER_SECOND) : 0;
}

static bool is_known(const failures *by_pair, mp_ticks now)
{
    return by_pair->known_at && now - by_pair->known_at < KNOWN_DAYS * MP_TICKS_PER_DAY;
}

mp_code mp_guess_may(unsigned *retry_seconds, mp_access *access, mp_tx *tx, const mp_guess *guess,
                     mp_ticks now, mp_error *err)
{
    failures by_pair, by_name, by_address;
    (void)access;
    MP_TRY(read_failures(&by_pair, tx, guess->pair, err));
    MP_TRY(read_failures(&by_name, tx, guess->name, err));
    MP_TRY(read_failures(&by_address, tx, guess->address, err));
    const unsigned waits[] = { seconds_until(&by_pair, now), seconds_until(&by_address, now),
                               guess->is_local || is_known(&by_pair, now) ? 0 : seconds_until(&by_name, now) };
    *retry_seconds = 0;
    for (size_t i = 0; i < MP_COUNT(waits); i++)
        if (waits[i] > *retry_seconds)
            *retry_seconds = waits[i];
    if (*retry_seconds)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many failures; try again in %u seconds",
                       *retry_seconds);
    return MP_OK;
}

static mp_code count_failure(failures *f, const counting *rules, mp_ticks lock_ticks, mp_tx *tx, const char *key,
                             mp_str name, mp_ticks now, mp_error *err)
{
    mp_ticks wait = 0;
    if (!key[0])
        return MP_OK;
    MP_TRY(read_failures(f, tx, key, err));
    bool was_locked = rules->lock && f->count >= rules->lock && now >= f->until;
    if (was_locked || now - f->last_at > lock_ticks)
        f->count = 0;
    f->count++;
    f->last_at = now;
    if (rules->lock && f->count >= rules->lock) {
        wait = lock_ticks;
    } else if (rules->slow && f->count >= rules->slow) {
        unsigned doublings = f->count - rules->slow < 20 ? f->count - rules->slow : 20;
        wait = (INT64_C(1) << doublings) * MP_TICKS_PER_SECOND;
        wait = wait < rules->longest ? wait : rules->longest;
    }
    f->until = wait ? now + wait : 0;
    return write_failures(tx, mp_str_from(key), name, f, err);
}

mp_code mp_guess_failed(bool *locks, bool *spreads, mp_access *access, mp_tx *tx, const mp_guess *guess,
                        mp_ticks now, mp_error *err)
{
    const mp_sign_in_limits *rules = &access->rules;
    unsigned       slow = rules->attempts_before_slow, lock = rules->attempts_before_lock;
    bool           is_program = guess->kind == MP_GUESS_PROGRAM, is_code = guess->kind == MP_GUESS_CODE;
    mp_ticks       lock_ticks = (mp_ticks)rules->lock_seconds * MP_TICKS_PER_SECOND;
    mp_ticks       longest = is_program && NAME_WAIT < lock_ticks ? NAME_WAIT : lock_ticks;
    const counting by_pair = { slow, is_program ? 0 : lock, longest };
    const counting by_name = { slow, is_code ? lock : 0, NAME_WAIT < lock_ticks ? NAME_WAIT : lock_ticks };
    const counting by_address = { slow * ADDRESS_SHARES, is_program ? 0 : lock * ADDRESS_SHARES, longest };
    failures       pair = { 0 }, name = { 0 }, address = { 0 };
    MP_TRY(count_failure(&pair, &by_pair, lock_ticks, tx, guess->pair, mp_str_from(guess->name), now, err));
    MP_TRY(count_failure(&name, &by_name, lock_ticks, tx, guess->name, mp_str_of(NULL, 0), now, err));
    MP_TRY(count_failure(&address, &by_address, lock_ticks, tx, guess->address, mp_str_of(NULL, 0), now, err));
    *locks = (by_pair.lock && pair.count >= by_pair.lock) || (by_name.lock && name.count >= by_name.lock);
    *spreads = !*locks && lock && name.count == lock;
    return MP_OK;
}

/* The name and the address stay counted: one who signs in between guesses at others, or at him, forgets
 * nothing. */
mp_code mp_guess_right(mp_access *access, mp_tx *tx, const mp_guess *guess, mp_ticks now, mp_error *err)
{
    failures f;
    (void)access;
    MP_TRY(read_failures(&f, tx, guess->pair, err));
    bool is_noted = guess->kind == MP_GUESS_PROGRAM || now - f.known_at < MP_TICKS_PER_DAY;
    if (!f.count && is_noted)
        return MP_OK;
    f = (failures){ .known_at = guess->kind == MP_GUESS_PROGRAM ? 0 : now };
    return write_failures(tx, mp_str_from(guess->pair), mp_str_from(guess->name), &f, err);
}

static mp_code list_some(mp_record_page *page, mp_tx *tx, const char *index, mp_filter_op op, mp_str value,
                         mp_error *err)
{
    const mp_record_filter filter = { .index = index, .op = op, .value = value };
    const mp_record_query  query = { .kind = &mp_lockout_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    if (!value.ptr)
        return mp_no_memory(err);
    return mp_record_list(page, tx, &query, mp_tx_arena(tx), err);
}

/* Without its failures; that the address is known stays, while it holds. */
static mp_code forget_failures(mp_tx *tx, const mp_record *record, mp_ticks now, mp_error *err)
{
    failures f = { .known_at = mp_body_time(record->body, MP_S("knownAt")) };
    if (!is_known(&f, now))
        f.known_at = 0;
    return write_failures(tx, record->key, mp_json_get_text(record->body, "name"), &f, err);
}

mp_code mp_guesses_forget(uint64_t *removed, mp_access *access, mp_tx *tx, mp_ticks now, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    mp_ticks       failed = now - (mp_ticks)access->rules.lock_seconds * MP_TICKS_PER_SECOND;
    mp_record_page page; /* what is more than a page comes at the next minute */
    MP_TRY(list_some(&page, tx, "lastAt", MP_FILTER_LT, mp_time_text(arena, failed), err));
    for (size_t i = 0; i < page.count; i++, ++*removed)
        MP_TRY(forget_failures(tx, &page.records[i], now, err));
    MP_TRY(
        list_some(&page, tx, "knownAt", MP_FILTER_LT, mp_time_text(arena, now - KNOWN_DAYS * MP_TICKS_PER_DAY), err));
    for (size_t i = 0; i < page.count; i++) {
        if (mp_body_time(page.records[i].body, MP_S("lastAt")))
            continue; /* its failures still count */
        MP_TRY(mp_record_delete(tx, &mp_lockout_kind, page.records[i].key, MP_ANY_VERSION, err));
        ++*removed;
    }
    return MP_OK;
}

mp_code mp_sign_in_unlock(mp_access *access, mp_tx *tx, mp_str user, mp_error *err)
{
    static const mp_guess_kind kinds[] = { MP_GUESS_PASSWORD, MP_GUESS_CODE };
    const failures none = { 0 };
    mp_record      record;
    mp_guess       guess;
    mp_record_page page;
    MP_TRY(mp_record_get(&record, tx, &mp_user_kind, user, 0, mp_tx_arena(tx), err));
    for (size_t k = 0; k < MP_COUNT(kinds); k++) {
        MP_TRY(mp_guess_of(&guess, access, kinds[k], mp_json_get_text(record.body, "userName"), mp_str_of(NULL, 0),
                           err));
        MP_TRY(write_failures(tx, mp_str_from(guess.name), mp_str_of(NULL, 0), &none, err));
        MP_TRY(list_some(&page, tx, "name", MP_FILTER_EQ, mp_str_from(guess.name), err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(forget_failures(tx, &page.records[i], mp_tx_time(tx), err));
    }
    return MP_OK;
}
