/* SPDX-License-Identifier: Apache-2.0 */
/* Signing keys of tokens, revocations, and the memory of both. A key is a record {kid, state, createdAt,
 * public, sealed}; when the next one takes its place its private part is removed, and the public one stays
 * until the longest token that it can have signed has ended. Memory follows the store as in rbac.c, but is
 * read as a whole: there are few keys, and revocations end with their tokens. */
#include "token_internal.h"

#include <stdlib.h>

#include "jsonw.h"

static const mp_record_index key_indexes[] = { { .name = "state", .path = "state" } };
const mp_kind mp_signing_key_kind = {
    .name = "signing-key", .indexes = key_indexes, .index_count = MP_COUNT(key_indexes), .forgets = true
};
static const mp_record_index token_indexes[] = { { .name = "endsAt", .path = "endsAt" } };
const mp_kind mp_token_kind = {
    .name = "revoked-token", .indexes = token_indexes, .index_count = MP_COUNT(token_indexes), .forgets = true
};

#define REMEMBERED 4096 /* verified tokens; a power of two */
#define NOTHING UINT64_MAX

typedef struct remembered {
    uint8_t         digest[32];
    uint64_t        generation; /* 0: empty */
    mp_token_claims claims;
} remembered;

struct mp_tokens {
    pthread_mutex_t       lock; /* held for moments */
    pthread_mutex_t       following;
    mp_token_state       *state;
    uint64_t              generation;
    /* commits that were done at the first and the last change that memory has not; NOTHING: it has all */
    atomic_uint_fast64_t  first, last;
    mp_jwk               *spare; /* for the next rotation: a key is not made within a write when that can be helped */
    remembered            verified[REMEMBERED];
};

/* ---- the state ---- */

static void free_state(mp_token_state *state)
{
    for (size_t i = 0; i < state->key_count; i++)
        mp_jwk_free(state->keys[i]);
    free(state->keys);
    mp_map_free(&state->revoked);
    mp_arena_free(&state->arena);
    free(state);
}

static mp_str about_key(mp_arena *arena, mp_str kid)
{
    return mp_arena_printf(arena, "signing-key/%.*s", MP_FMT(kid));
}

static mp_code open_key(mp_jwk **out, mp_access *access, const mp_record *record, mp_arena *arena, mp_error *err)
{
    mp_str text, sealed = mp_json_get_text(record->body, "sealed"), about = about_key(arena, record->key);
    if (!about.ptr)
        return mp_no_memory(err);
    if (!sealed.len)
        return mp_jwk_public(out, mp_json_get(record->body, MP_S("public")), err);
    MP_TRY(mp_unsealed(&text, &access->seal, about, sealed, arena, err));
    mp_code code = mp_jwk_secret_read(out, text, err);
    mp_wipe((char *)text.ptr, text.len);
    return code;
}

static mp_code add_key(mp_token_state *state, mp_access *access, const mp_record *record, mp_arena *arena,
                       mp_error *err)
{
    mp_jwk  *key;
    mp_jwk **keys = realloc(state->keys, (state->key_count + 1) * sizeof *keys);
    if (!keys)
        return mp_no_memory(err);
    state->keys = keys;
    MP_TRY(open_key(&key, access, record, arena, err));
    mp_ticks since = mp_body_time(record->body, MP_S("createdAt"));
    bool     signs =
        mp_json_get_text(record->body, "sealed").len > 0 && (!state->signer || since > state->signer_since);
    keys[state->key_count++] = key;
    if (signs) {
        state->signer = key;
        state->signer_since = since;
    }
    return MP_OK;
}

typedef struct reading {
    mp_access      *access;
    mp_token_state *state;
} reading;

static mp_code read_state(mp_tx *tx, void *arg, mp_error *err)
{
    reading        *r = arg;
    mp_arena       *arena = mp_tx_arena(tx);
    mp_record_page  page;
    mp_record_query keys = { .kind = &mp_signing_key_kind, .limit = 1000 },
    revoked = { .kind = &mp_token_kind, .limit = 1000 };
    MP_TRY(mp_record_list(&page, tx, &keys, arena, err));
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(add_key(r->state, r->access, &page.records[i], arena, err));
    do {
        MP_TRY(mp_record_list(&page, tx, &revoked, arena, err));
        for (size_t i = 0; i < page.count; i++) {
            mp_str id = mp_arena_dup(&r->state->arena, page.records[i].key);
            if (!id.ptr)
                return mp_no_memory(err);
            MP_TRY(mp_map_put(&r->state->revoked, id, r->state, err));
        }
        revoked.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code load(mp_access *access, struct mp_tokens *tokens, mp_error *err)
{
    reading r = { access, calloc(1, sizeof(mp_token_state)) };
    if (!r.state)
        return mp_no_memory(err);
    r.state->refs = 1;
    mp_code code = mp_store_read(access->store, read_state, &r, err);
    if (code != MP_OK) {
        free_state(r.state);
        return code;
    }
    pthread_mutex_lock(&tokens->lock);
    mp_token_state *old = tokens->state;
    r.state->generation = ++tokens->generation;
    tokens->state = r.state;
    bool is_last = old && --old->refs == 0;
    pthread_mutex_unlock(&tokens->lock);
    if (is_last)
        free_state(old);
    return MP_OK;
}

void mp_token_note(mp_access *access, mp_tx *tx)
{
    struct mp_tokens *tokens = access->tokens;
    uint64_t          commits = mp_store_counted(mp_tx_store(tx)).commits;
    if (!tokens)
        return;
    pthread_mutex_lock(&tokens->lock);
    atomic_store(&tokens->last, commits);
    if (atomic_load(&tokens->first) == NOTHING)
        atomic_store(&tokens->first, commits);
    pthread_mutex_unlock(&tokens->lock);
}

static mp_code follow(mp_access *access, struct mp_tokens *tokens, mp_error *err)
{
    mp_code code = MP_OK;
    pthread_mutex_lock(&tokens->following);
    uint64_t commits = mp_store_counted(access->store).commits;
    if (atomic_load(&tokens->first) < commits) {
        code = load(access, tokens, err);
        pthread_mutex_lock(&tokens->lock);
        if (code == MP_OK)
            atomic_store(&tokens->first, atomic_load(&tokens->last) < commits ? NOTHING : atomic_load(&tokens->last));
        pthread_mutex_unlock(&tokens->lock);
    }
    pthread_mutex_unlock(&tokens->following);
    return code;
}

mp_code mp_token_state_take(mp_token_state **out, mp_access *access, mp_error *err)
{
    struct mp_tokens *tokens = access->tokens;
    uint64_t          first = atomic_load(&tokens->first);
    if (first != NOTHING && first < mp_store_counted(access->store).commits)
        MP_TRY(follow(access, tokens, err));
    pthread_mutex_lock(&tokens->lock);
    *out = tokens->state;
    (*out)->refs++;
    pthread_mutex_unlock(&tokens->lock);
    return MP_OK;
}

void mp_token_state_give(mp_access *access, mp_token_state *state)
{
    if (!state)
        return;
    pthread_mutex_lock(&access->tokens->lock);
    bool is_last = --state->refs == 0;
    pthread_mutex_unlock(&access->tokens->lock);
    if (is_last)
        free_state(state);
}

const mp_jwk *mp_token_state_key(const mp_token_state *state, mp_str kid)
{
    for (size_t i = 0; i < state->key_count && kid.len; i++)
        if (mp_str_eq(mp_jwk_kid(state->keys[i]), kid))
            return state->keys[i];
    return NULL;
}

/* ---- what was verified ---- */

static remembered *place_of(struct mp_tokens *tokens, const uint8_t digest[32])
{
    return &tokens->verified[((unsigned)digest[0] << 8 | digest[1]) & (REMEMBERED - 1)];
}

bool mp_token_remembered(mp_token_claims *out, mp_access *access, const uint8_t digest[32], uint64_t generation)
{
    pthread_mutex_lock(&access->tokens->lock);
    const remembered *r = place_of(access->tokens, digest);
    bool is_it = r->generation == generation && memcmp(r->digest, digest, 32) == 0;
    if (is_it)
        *out = r->claims;
    pthread_mutex_unlock(&access->tokens->lock);
    return is_it;
}

void mp_token_remember(mp_access *access, const uint8_t digest[32], uint64_t generation, const mp_token_claims *claims)
{
    pthread_mutex_lock(&access->tokens->lock);
    remembered *r = place_of(access->tokens, digest);
    memcpy(r->digest, digest, 32);
    r->generation = generation;
    r->claims = *claims;
    pthread_mutex_unlock(&access->tokens->lock);
}

/* ---- rotation ---- */

static mp_code make_key(mp_jwk **out, mp_error *err)
{
    char kid[37];
    MP_TRY(mp_guid(kid, err));
    return mp_jwk_make(out, mp_str_of(kid, 36), err);
}

static mp_code put_key(mp_access *access, mp_tx *tx, const mp_jwk *key, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    mp_str         secret, sealed, kid = mp_jwk_kid(key), about = about_key(arena, kid);
    const mp_json *public;
    mp_jsonw       w;
    if (!about.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_jwk_show(&public, key, arena, err));
    MP_TRY(mp_jwk_secret(&secret, key, arena, err));
    mp_code code = mp_sealed(&sealed, &access->seal, about, secret, arena, err);
    mp_wipe((char *)secret.ptr, secret.len);
    MP_TRY(code);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "kid", kid);
    mp_jsonw_put_str(&w, "state", MP_S("active"));
    mp_jsonw_put_str(&w, "createdAt", mp_time_text(arena, mp_tx_time(tx)));
    mp_jsonw_put_value(&w, "public", public);
    mp_jsonw_put_str(&w, "sealed", sealed);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_signing_key_kind, kid, body, MP_NO_VERSION, err);
}

/* It verifies until `until`, and signs no more: its private part is gone. */
static mp_code retire(mp_tx *tx, const mp_record *record, mp_ticks until, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "state", MP_S("retired"));
    mp_jsonw_put_str(&w, "endsAt", mp_time_text(arena, until));
    mp_jsonw_key(&w, MP_S("sealed"));
    mp_jsonw_null(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_body_with(arena, record->body, mp_jsonw_done(&w));
    if (!body)
        return mp_no_memory(err);
    return mp_record_put(NULL, tx, &mp_signing_key_kind, record->key, body, MP_ANY_VERSION, err);
}

static mp_jwk *take_spare(struct mp_tokens *tokens)
{
    mp_jwk *spare = NULL;
    if (tokens) {
        pthread_mutex_lock(&tokens->lock);
        spare = tokens->spare;
        tokens->spare = NULL;
        pthread_mutex_unlock(&tokens->lock);
    }
    return spare;
}

mp_code mp_token_rotate(mp_access *access, mp_tx *tx, mp_error *err)
{
    mp_record_filter filter = { .index = "state", .op = MP_FILTER_EQ, .value = MP_S("active") };
    mp_record_query  query = { .kind = &mp_signing_key_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    mp_record_page   page;
    int64_t          longest =
        access->rules.token_seconds > MP_TOKEN_LONGEST ? access->rules.token_seconds : MP_TOKEN_LONGEST;
    mp_jwk          *key = take_spare(access->tokens);
    if (!key)
        MP_TRY(make_key(&key, err));
    mp_code code = mp_record_list(&page, tx, &query, mp_tx_arena(tx), err);
    for (size_t i = 0; code == MP_OK && i < page.count; i++)
        code = retire(tx, &page.records[i], mp_tx_time(tx) + longest * MP_TICKS_PER_SECOND, err);
    if (code == MP_OK)
        code = put_key(access, tx, key, err);
    mp_jwk_free(key);
    if (code == MP_OK)
        mp_token_note(access, tx);
    return code;
}

mp_code mp_token_revoke(mp_access *access, mp_tx *tx, mp_str id, mp_ticks expires_at, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    char      key[36];
    mp_jsonw  w;
    if (!mp_is_guid(id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a token's id is a GUID");
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'F' ? (char)(id.ptr[i] + 32) : id.ptr[i];
    mp_ticks latest = mp_tx_time(tx) + MP_TOKEN_LONGEST * MP_TICKS_PER_SECOND;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "endsAt", mp_time_text(arena, expires_at > 0 && expires_at < latest ? expires_at : latest));
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(NULL, tx, &mp_token_kind, mp_str_of(key, 36), body, MP_ANY_VERSION, err));
    mp_token_note(access, tx);
    return MP_OK;
}

/* ---- life ---- */

static mp_code rotate_write(mp_tx *tx, void *arg, mp_error *err)
{
    mp_access *access = arg;
    mp_leaf    leaf = { .actor_kind = MP_S("system"), .action = MP_S("Mapae.Access/keys/rotate/action"),
                        .on = MP_S("/api/v1/keys"),
                        .outcome = MP_OUTCOME_DONE };
    MP_TRY(mp_token_rotate(access, tx, err));
    return mp_ledger_add(access->ledger, tx, &leaf, err);
}

mp_code mp_tokens_open(struct mp_tokens **out, mp_access *access, mp_error *err)
{
    struct mp_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        return mp_no_memory(err);
    pthread_mutex_init(&tokens->lock, NULL);
    pthread_mutex_init(&tokens->following, NULL);
    atomic_init(&tokens->first, NOTHING);
    mp_code code = load(access, tokens, err);
    if (code == MP_OK && !tokens->state->signer) {
        code = make_key(&tokens->spare, err);
        access->tokens = tokens; /* rotate_write takes the spare from here */
        if (code == MP_OK)
            code = mp_store_write(access->store, rotate_write, access, err);
        if (code == MP_OK)
            code = load(access, tokens, err);
        atomic_store(&tokens->first, NOTHING);
        access->tokens = NULL;
    }
    if (code == MP_OK)
        *out = tokens;
    else
        mp_tokens_close(tokens);
    return code;
}

void mp_tokens_close(struct mp_tokens *tokens)
{
    if (!tokens)
        return;
    if (tokens->state)
        free_state(tokens->state);
    mp_jwk_free(tokens->spare);
    pthread_mutex_destroy(&tokens->lock);
    pthread_mutex_destroy(&tokens->following);
    free(tokens);
}

typedef struct sweep {
    mp_access *access;
    mp_ticks   now;
    uint64_t   count;
} sweep;

static mp_code remove_ended(sweep *s, mp_tx *tx, const mp_kind *kind, mp_error *err)
{
    mp_record_query query = { .kind = kind, .limit = 1000 };
    mp_record_page  page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++) {
            mp_ticks ends = mp_body_time(page.records[i].body, MP_S("endsAt"));
            if (ends == 0 || ends > s->now)
                continue;
            MP_TRY(mp_record_delete(tx, kind, page.records[i].key, MP_ANY_VERSION, err));
            s->count++;
        }
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code sweep_write(mp_tx *tx, void *arg, mp_error *err)
{
    sweep *s = arg;
    s->count = 0;
    MP_TRY(remove_ended(s, tx, &mp_signing_key_kind, err));
    MP_TRY(remove_ended(s, tx, &mp_token_kind, err));
    if (s->count)
        mp_token_note(s->access, tx);
    return MP_OK;
}

static mp_code count_ended(mp_tx *tx, void *arg, mp_error *err)
{
    sweep           *s = arg;
    mp_record_filter filter = { .index = "endsAt", .op = MP_FILTER_LE, .value = mp_time_text(mp_tx_arena(tx), s->now) };
    mp_record_query  revoked = { .kind = &mp_token_kind, .filters = &filter, .filter_count = 1, .limit = 1 };
    mp_record_query  keys = { .kind = &mp_signing_key_kind, .limit = 1000 };
    mp_record_page   page;
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&page, tx, &revoked, mp_tx_arena(tx), err));
    s->count = page.count;
    MP_TRY(mp_record_list(&page, tx, &keys, mp_tx_arena(tx), err));
    for (size_t i = 0; i < page.count; i++) {
        mp_ticks ends = mp_body_time(page.records[i].body, MP_S("endsAt"));
        s->count += ends && ends <= s->now;
    }
    return MP_OK;
}

static mp_code keep_spare(struct mp_tokens *tokens, mp_error *err)
{
    mp_jwk *key;
    pthread_mutex_lock(&tokens->lock);
    bool has = tokens->spare != NULL;
    pthread_mutex_unlock(&tokens->lock);
    if (has)
        return MP_OK;
    MP_TRY(make_key(&key, err));
    pthread_mutex_lock(&tokens->lock);
    mp_jwk *other = tokens->spare;
    tokens->spare = key;
    pthread_mutex_unlock(&tokens->lock);
    mp_jwk_free(other);
    return MP_OK;
}

mp_code mp_tokens_tick(uint64_t *done, mp_access *access, mp_ticks now, mp_error *err)
{
    mp_token_state *state;
    sweep           s = { .access = access, .now = now };
    MP_TRY(keep_spare(access->tokens, err));
    MP_TRY(mp_token_state_take(&state, access, err));
    bool is_old =
        access->rules.key_days && state->signer_since + (mp_ticks)access->rules.key_days * MP_TICKS_PER_DAY <= now;
    mp_token_state_give(access, state);
    if (is_old) {
        MP_TRY(mp_store_write(access->store, rotate_write, access, err));
        ++*done;
    }
    MP_TRY(mp_store_read(access->store, count_ended, &s, err));
    if (s.count)
        MP_TRY(mp_store_write(access->store, sweep_write, &s, err));
    *done += s.count;
    return MP_OK;
}
