/* SPDX-License-Identifier: Apache-2.0 */
/* The memory is a table of sets of WAYS places; a session may stand in any place of its set, and the one
 * unused longest makes room. What stands there is a copy of the record as it was at `stamp`. Only `last_used`
 * is newer than the record: it waits for the next minute. */
#include "session.h"

#include <stdlib.h>

#include "access_internal.h"
#include "jsonw.h"
#include "rbac.h"

static const mp_record_index session_indexes[] = {
    { .name = "hash", .path = "hash", .is_unique = true },
    { .name = "user", .path = "user" },
    { .name = "endsAt", .path = "endsAt" },
    { .name = "lastUsedAt", .path = "lastUsedAt" },
};
const mp_kind mp_session_kind = {
    .name = "session", .indexes = session_indexes, .index_count = MP_COUNT(session_indexes), .forgets = true
};

enum { SETS = 4096, WAYS = 4, COOKIE_BYTES = 32, HALF_SECONDS = 600 /* for what is left of signing in */ };

typedef struct entry {
    uint8_t  hash[32];
    char     id[37], user[37], limited[12];
    bool     is_strong, is_used /* the place is taken */;
    mp_ticks signed_in, ends, last_used, written_used;
    uint64_t stamp;
} entry;

struct mp_sessions {
    pthread_mutex_t lock;
    entry           table[SETS][WAYS];
};

mp_code mp_sessions_open(struct mp_sessions **out, mp_access *access, mp_error *err)
{
    (void)access;
    struct mp_sessions *sessions = calloc(1, sizeof *sessions); /* pages come as they are used */
    if (!sessions)
        return mp_no_memory(err);
    pthread_mutex_init(&sessions->lock, NULL);
    *out = sessions;
    return MP_OK;
}

void mp_sessions_close(struct mp_sessions *sessions)
{
    if (!sessions)
        return;
    pthread_mutex_destroy(&sessions->lock);
    free(sessions); /* hashes of values: nobody can come back from one */
}

static entry *set_of(struct mp_sessions *sessions, const uint8_t hash[32])
{
    return sessions->table[(hash[0] | (unsigned)hash[1] << 8) % SETS];
}

/* With the lock held. */
static entry *find(struct mp_sessions *sessions, const uint8_t hash[32])
{
    entry *set = set_of(sessions, hash);
    for (size_t i = 0; i < WAYS; i++)
        if (set[i].is_used &&
            mp_secret_eq(mp_str_of((const char *)set[i].hash, 32), mp_str_of((const char *)hash, 32)))
            return &set[i];
    return NULL;
}

/* With the lock held. What is known of its use is kept. */
static void keep(struct mp_sessions *sessions, const entry *read)
{
    entry *at = find(sessions, read->hash), *set = set_of(sessions, read->hash);
    for (size_t i = 0; i < WAYS && !at; i++)
        if (!set[i].is_used)
            at = &set[i];
    if (!at) {
        at = &set[0];
        for (size_t i = 1; i < WAYS; i++)
            if (set[i].last_used < at->last_used)
                at = &set[i];
        at->is_used = false;
    }
    mp_ticks used = at->is_used && at->last_used > read->last_used ? at->last_used : read->last_used;
    *at = *read;
    at->last_used = used;
    at->is_used = true;
}

/* With the lock held. */
static void forget(struct mp_sessions *sessions, const uint8_t hash[32])
{
    entry *at = find(sessions, hash);
    if (at)
        *at = (entry){ .is_used = false };
}

static mp_code no_session(mp_error *err)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE, "the session has ended; sign in again");
}

/* ---- reading ---- */

typedef struct reading {
    entry     found;
    mp_arena *arena;
} reading;

static mp_code read_session(mp_tx *tx, void *arg, mp_error *err)
{
    reading  *r = arg;
    mp_record record;
    char      hex[65];
    entry    *e = &r->found;
    mp_hex(hex, e->hash, 32);
    MP_TRY(mp_record_find(&record, tx, &mp_session_kind, "hash", mp_str_from(hex), r->arena, err));
    mp_copy_text(e->id, sizeof e->id, record.key);
    mp_copy_text(e->user, sizeof e->user, mp_json_get_text(record.body, "user"));
    mp_copy_text(e->limited, sizeof e->limited, mp_json_get_text(record.body, "limitedTo"));
    e->is_strong = mp_body_bool(record.body, MP_S("isStrong"));
    e->signed_in = mp_body_time(record.body, MP_S("signedInAt"));
    e->ends = mp_body_time(record.body, MP_S("endsAt"));
    e->last_used = e->written_used = mp_body_time(record.body, MP_S("lastUsedAt"));
    return MP_OK;
}

/* From memory, or from the store and then into memory. */
static mp_code look_up(entry *out, mp_access *access, const uint8_t hash[32], mp_arena *arena, mp_error *err)
{
    struct mp_sessions *sessions = access->sessions;
    pthread_mutex_lock(&sessions->lock);
    entry *known = find(sessions, hash);
    bool   is_true = known && mp_access_is_fresh(access, known->stamp);
    if (is_true)
        *out = *known;
    pthread_mutex_unlock(&sessions->lock);
    if (is_true)
        return MP_OK;
    reading r = { .arena = arena, .found.stamp = mp_access_stamp(access) };
    memcpy(r.found.hash, hash, 32);
    mp_code code = mp_store_read(access->store, read_session, &r, err);
    pthread_mutex_lock(&sessions->lock);
    if (code == MP_OK) {
        keep(sessions, &r.found);
        *out = *find(sessions, hash);
    } else if (code == MP_MISSING) {
        forget(sessions, hash);
    }
    pthread_mutex_unlock(&sessions->lock);
    return code == MP_MISSING ? no_session(err) : code;
}

static bool has_ended(const mp_access *access, const entry *e, mp_ticks now)
{
    return now >= e->ends ||
           now - e->last_used >= (mp_ticks)access->rules.session_idle_seconds * MP_TICKS_PER_SECOND;
}

static mp_code who_of(mp_who *out, const uint8_t hash[32], mp_access *access, mp_ticks now, mp_arena *arena,
                      mp_error *err)
{
    entry  e;
    mp_who who;
    MP_TRY(look_up(&e, access, hash, arena, err));
    if (has_ended(access, &e, now))
        return no_session(err);
    mp_code code = mp_principal(&who, access, mp_str_from(e.user), arena, err);
    if (code != MP_OK)
        return code == MP_MISSING ? no_session(err) : code;
    who.kind = MP_WHO_USER;
    who.session = mp_arena_dup(arena, mp_str_from(e.id));
    who.limited_to = mp_arena_dup(arena, mp_str_from(e.limited));
    who.signed_in_at = e.signed_in;
    who.expires_at = e.ends;
    who.is_strong = e.is_strong;
    who.by_cookie = true;
    if (!who.session.ptr || !who.limited_to.ptr)
        return mp_no_memory(err);
    *out = who;
    return MP_OK;
}

mp_code mp_session_look(mp_who *out, mp_access *access, mp_str cookie, mp_ticks now, mp_arena *arena, mp_error *err)
{
    uint8_t hash[32];
    MP_TRY(mp_sha256(hash, cookie, err));
    return who_of(out, hash, access, now, arena, err);
}

mp_code mp_session_who(mp_who *out, mp_access *access, mp_str cookie, mp_ticks now, mp_arena *arena,
                       mp_error *err)
{
    uint8_t hash[32];
    MP_TRY(mp_sha256(hash, cookie, err));
    MP_TRY(who_of(out, hash, access, now, arena, err));
    pthread_mutex_lock(&access->sessions->lock);
    entry *known = find(access->sessions, hash);
    if (known && known->last_used < now)
        known->last_used = now;
    pthread_mutex_unlock(&access->sessions->lock);
    return MP_OK;
}

mp_str mp_session_csrf(mp_access *access, const mp_who *who, mp_arena *arena)
{
    char hex[65];
    if (mp_seal_name(hex, &access->seal, MP_S("csrf"), who->session, NULL) != MP_OK)
        return mp_str_of(NULL, 0);
    return mp_arena_dup(arena, mp_str_from(hex));
}

bool mp_session_csrf_ok(mp_access *access, const mp_who *who, mp_str token)
{
    char hex[65];
    return who->session.len && mp_seal_name(hex, &access->seal, MP_S("csrf"), who->session, NULL) == MP_OK &&
           mp_secret_eq(token, mp_str_from(hex));
}

/* ---- making ---- */

mp_code mp_session_value_make(mp_session_value *out, mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_guid(out->id, err));
    MP_TRY(mp_secret_make(&out->cookie, COOKIE_BYTES, arena, err));
    return mp_secret_hash(out->hash, out->cookie, err);
}

static mp_str about_device(mp_arena *arena, mp_str id)
{
    return mp_arena_printf(arena, "session/%.*s", MP_FMT(id));
}

mp_code mp_session_device(mp_str *out, mp_access *access, const char *id, const mp_asked *asked,
                          mp_arena *arena, mp_error *err)
{
    mp_buf   text = MP_BUF_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "agent", mp_str_of(asked->agent.ptr, asked->agent.len < 256 ? asked->agent.len : 256));
    mp_jsonw_put_str(&w, "from", asked->from);
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    mp_str         about = about_device(arena, mp_str_from(id));
    if (!v || !about.ptr)
        return mp_no_memory(err);
    mp_buf_add_json(&text, v);
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_sealed(out, &access->seal, about, mp_buf_str(&text), arena, err);
    mp_buf_free(&text);
    return code;
}

static mp_ticks end_of(const mp_access *access, const mp_session_state *state)
{
    return state->now +
           (state->next.len ? HALF_SECONDS : (mp_ticks)access->rules.session_seconds) * MP_TICKS_PER_SECOND;
}

static mp_code write_session(mp_access *access, mp_tx *tx, mp_str id, const mp_session_value *value,
                             const mp_session_state *state, mp_ticks made_at, mp_ticks ends, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "user", state->user);
    mp_jsonw_put_str(&w, "hash", mp_str_from(value->hash));
    mp_jsonw_put_str(&w, "limitedTo", state->next);
    mp_jsonw_put_bool(&w, "isStrong", state->is_strong);
    mp_jsonw_put_str(&w, "createdAt", mp_time_text(arena, made_at));
    mp_jsonw_put_str(&w, "signedInAt", mp_time_text(arena, state->signed_in_at));
    mp_jsonw_put_str(&w, "lastUsedAt", mp_time_text(arena, state->now));
    mp_jsonw_put_str(&w, "endsAt", mp_time_text(arena, ends));
    mp_jsonw_put_str(&w, "device", state->device);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(NULL, tx, &mp_session_kind, id, body, MP_ANY_VERSION, err));
    mp_access_touch(access, tx);
    return MP_OK;
}

/* All sessions of a user, ended ones too. */
static mp_code list_of(mp_record_page *out, mp_tx *tx, mp_str user, mp_arena *arena, mp_error *err)
{
    const mp_record_filter filter = { .index = "user", .op = MP_FILTER_EQ, .value = user };
    const mp_record_query  query = {
         .kind = &mp_session_kind, .filters = &filter, .filter_count = 1, .limit = 1000
    };
    return mp_record_list(out, tx, &query, arena, err);
}

static int by_creation(const void *a, const void *b)
{
    const mp_record *one = a, *other = b;
    return mp_str_cmp(mp_json_get_text(one->body, "createdAt"), mp_json_get_text(other->body, "createdAt"));
}

mp_code mp_session_new(mp_ticks *ends_at, mp_access *access, mp_tx *tx, const mp_session_value *value,
                       const mp_session_state *state, mp_error *err)
{
    mp_record_page page;
    size_t         most = access->rules.sessions_per_user;
    MP_TRY(list_of(&page, tx, state->user, mp_tx_arena(tx), err));
    if (page.count > 1)
        qsort(page.records, page.count, sizeof *page.records, by_creation);
    for (size_t i = 0; most && i + most <= page.count; i++)
        MP_TRY(mp_session_end(access, tx, page.records[i].key, err));
    mp_str id = mp_arena_dup(mp_tx_arena(tx), mp_str_from(value->id));
    if (!id.ptr)
        return mp_no_memory(err);
    *ends_at = end_of(access, state);
    return write_session(access, tx, id, value, state, state->now, *ends_at, err);
}

mp_code mp_session_renew(mp_ticks *ends_at, mp_access *access, mp_tx *tx, mp_str id,
                         const mp_session_value *value, const mp_session_state *state, mp_error *err)
{
    mp_record        old;
    mp_session_state to = *state;
    mp_code          code = mp_record_get(&old, tx, &mp_session_kind, id, 0, mp_tx_arena(tx), err);
    if (code == MP_MISSING || (code == MP_OK && !mp_str_eq(mp_json_get_text(old.body, "user"), state->user)))
        return no_session(err);
    if (code != MP_OK)
        return code;
    mp_ticks ends = mp_body_time(old.body, MP_S("endsAt"));
    if (state->now >= ends)
        return no_session(err);
    to.device = mp_json_get_text(old.body, "device");
    /* One that was whole keeps its end: changing a password over and over makes no endless session. */
    *ends_at = mp_json_get_text(old.body, "limitedTo").len ? end_of(access, state) : ends;
    return write_session(access, tx, id, value, &to, mp_body_time(old.body, MP_S("createdAt")), *ends_at,
                         err);
}

/* ---- ending ---- */

mp_code mp_session_end(mp_access *access, mp_tx *tx, mp_str session, mp_error *err)
{
    MP_TRY(mp_record_delete(tx, &mp_session_kind, session, MP_ANY_VERSION, err));
    mp_access_touch(access, tx);
    return MP_OK;
}

mp_code mp_sessions_end_of(uint64_t *ended, mp_access *access, mp_tx *tx, mp_str user, mp_str except,
                           mp_error *err)
{
    mp_record_page page;
    uint64_t       count = 0;
    MP_TRY(list_of(&page, tx, user, mp_tx_arena(tx), err));
    for (size_t i = 0; i < page.count; i++) {
        if (except.len && mp_str_eq(page.records[i].key, except))
            continue;
        MP_TRY(mp_session_end(access, tx, page.records[i].key, err));
        count++;
    }
    if (ended)
        *ended = count;
    return MP_OK;
}

/* ---- listing ---- */

typedef struct listing {
    mp_access     *access;
    mp_str         user, current;
    mp_ticks       now;
    mp_arena      *arena;
    const mp_json *out;
} listing;

static void put_device(mp_jsonw *w, const listing *l, const mp_record *session)
{
    mp_json_doc   *doc = NULL;
    const mp_json *v = NULL;
    mp_str         clear, about = about_device(l->arena, session->key);
    if (about.ptr &&
        mp_unsealed(&clear, &l->access->seal, about, mp_json_get_text(session->body, "device"), l->arena, NULL) ==
            MP_OK &&
        mp_json_doc_new(&doc, NULL) == MP_OK && mp_json_read_padded(doc, &v, clear, NULL, NULL, NULL) == MP_OK) {
        mp_jsonw_put_str(w, "agent", mp_arena_dup(l->arena, mp_json_get_text(v, "agent")));
        mp_jsonw_put_str(w, "from", mp_arena_dup(l->arena, mp_json_get_text(v, "from")));
    }
    mp_json_doc_free(doc);
}

/* When it was used last: memory knows better. */
static mp_ticks used_at(mp_access *access, const mp_record *session)
{
    uint8_t  hash[32];
    mp_ticks at = mp_body_time(session->body, MP_S("lastUsedAt"));
    if (!mp_unhex(hash, sizeof hash, mp_json_get_text(session->body, "hash")))
        return at;
    pthread_mutex_lock(&access->sessions->lock);
    const entry *known = find(access->sessions, hash);
    if (known && known->last_used > at)
        at = known->last_used;
    pthread_mutex_unlock(&access->sessions->lock);
    return at;
}

static void put_session(mp_jsonw *w, const listing *l, const mp_record *session, mp_ticks used)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", session->key);
    static const char *const copied[] = { "createdAt", "endsAt", "isStrong" };
    for (size_t i = 0; i < MP_COUNT(copied); i++)
        mp_jsonw_put_value(w, copied[i], mp_json_get(session->body, mp_str_from(copied[i])));
    mp_jsonw_put_str(w, "lastUsedAt", mp_time_text(l->arena, used));
    mp_jsonw_put_bool(w, "isCurrent", mp_str_eq(session->key, l->current));
    put_device(w, l, session);
    mp_jsonw_end(w);
}

static mp_code list_sessions(mp_tx *tx, void *arg, mp_error *err)
{
    listing       *l = arg;
    mp_record_page page;
    mp_jsonw       w;
    mp_ticks       idle = (mp_ticks)l->access->rules.session_idle_seconds * MP_TICKS_PER_SECOND;
    MP_TRY(list_of(&page, tx, l->user, l->arena, err));
    if (page.count > 1)
        qsort(page.records, page.count, sizeof *page.records, by_creation);
    mp_jsonw_init(&w, l->arena);
    mp_jsonw_array(&w);
    for (size_t i = page.count; i-- > 0;) {
        mp_ticks used = used_at(l->access, &page.records[i]);
        if (l->now < mp_body_time(page.records[i].body, MP_S("endsAt")) && l->now - used < idle)
            put_session(&w, l, &page.records[i], used);
    }
    mp_jsonw_end(&w);
    l->out = mp_jsonw_done(&w);
    return l->out ? MP_OK : mp_no_memory(err);
}

mp_code mp_sessions(const mp_json **out, mp_access *access, mp_str user, mp_str current, mp_ticks now,
                    mp_arena *arena, mp_error *err)
{
    listing l = { .access = access, .user = user, .current = current, .now = now, .arena = arena };
    MP_TRY(mp_store_read(access->store, list_sessions, &l, err));
    *out = l.out;
    return MP_OK;
}

/* ---- once a minute ---- */

typedef struct used {
    char     id[37];
    uint8_t  hash[32];
    mp_ticks at;
} used;

typedef struct minute {
    mp_access *access;
    used      *list;
    size_t     count;
    mp_ticks   now;
    uint64_t   ended;
} minute;

/* What was used since it was written last. */
static bool gather(minute *m, struct mp_sessions *sessions)
{
    size_t cap = 0;
    pthread_mutex_lock(&sessions->lock);
    for (size_t i = 0; i < SETS * WAYS; i++)
        cap +=
            sessions->table[i / WAYS][i % WAYS].last_used > sessions->table[i / WAYS][i % WAYS].written_used;
    m->list = cap ? calloc(cap, sizeof *m->list) : NULL;
    for (size_t i = 0; i < SETS * WAYS && m->list && m->count < cap; i++) {
        const entry *e = &sessions->table[i / WAYS][i % WAYS];
        if (!e->is_used || e->last_used <= e->written_used)
            continue;
        used *u = &m->list[m->count++];
        memcpy(u->id, e->id, sizeof u->id);
        memcpy(u->hash, e->hash, sizeof u->hash);
        u->at = e->last_used;
    }
    pthread_mutex_unlock(&sessions->lock);
    return !cap || m->list;
}

static mp_code write_use(mp_tx *tx, const used *u, mp_error *err)
{
    mp_record record;
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_code   code = mp_record_get(&record, tx, &mp_session_kind, mp_str_from(u->id), 0, arena, err);
    if (code != MP_OK || mp_body_time(record.body, MP_S("lastUsedAt")) >= u->at)
        return code == MP_MISSING ? MP_OK : code;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "lastUsedAt", mp_time_text(arena, u->at));
    mp_jsonw_end(&w);
    const mp_json *body = mp_body_with(arena, record.body, mp_jsonw_done(&w));
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_session_kind, record.key, body, record.version, err);
}

static mp_code end_what_is_over(minute *m, mp_tx *tx, const char *index, mp_ticks until, mp_error *err)
{
    const mp_record_filter filter = { .index = index,
                                      .op = MP_FILTER_LE,
                                      .value = mp_time_text(mp_tx_arena(tx), until) };
    const mp_record_query  query = {
         .kind = &mp_session_kind, .filters = &filter, .filter_count = 1, .limit = 1000
    };
    mp_record_page page;
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err)); /* the rest at the next minute */
    for (size_t i = 0; i < page.count; i++) {
        MP_TRY(mp_session_end(m->access, tx, page.records[i].key, err));
        m->ended++;
    }
    return MP_OK;
}

static mp_code write_minute(mp_tx *tx, void *arg, mp_error *err)
{
    minute *m = arg;
    m->ended = 0;
    for (size_t i = 0; i < m->count; i++)
        MP_TRY(write_use(tx, &m->list[i], err));
    MP_TRY(end_what_is_over(m, tx, "endsAt", m->now, err));
    return end_what_is_over(m, tx, "lastUsedAt",
                            m->now - (mp_ticks)m->access->rules.session_idle_seconds * MP_TICKS_PER_SECOND,
                            err);
}

mp_code mp_sessions_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err)
{
    minute m = { .access = access, .now = now };
    if (!gather(&m, access->sessions))
        return mp_no_memory(err);
    mp_code code = mp_store_write(access->store, write_minute, &m, err);
    pthread_mutex_lock(&access->sessions->lock);
    for (size_t i = 0; i < m.count && code == MP_OK; i++) {
        entry *known = find(access->sessions, m.list[i].hash);
        if (known && known->written_used < m.list[i].at)
            known->written_used = m.list[i].at;
    }
    pthread_mutex_unlock(&access->sessions->lock);
    free(m.list);
    if (code == MP_OK)
        *done += m.ended;
    return code;
}
