/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge.h"

#include <stdlib.h>

#include "access_internal.h"

enum { NONCE = 24, TIME = 8, MAC = 32, LENGTH = NONCE + TIME + MAC, LIVES_SECONDS = 300, USED_MAX = 4096 };

struct mp_challenges {
    pthread_mutex_t lock;
    uint8_t         key[32];
    struct {
        uint8_t  digest[32]; /* SHA-256 of its text */
        mp_ticks ends;
    } used[USED_MAX]; /* ends 0, or passed: free */
};

mp_code mp_challenges_open(struct mp_challenges **out, mp_error *err)
{
    struct mp_challenges *challenges = calloc(1, sizeof *challenges);
    if (!challenges)
        return mp_no_memory(err);
    mp_code code = mp_random(challenges->key, sizeof challenges->key, err);
    if (code != MP_OK) {
        free(challenges);
        return code;
    }
    pthread_mutex_init(&challenges->lock, NULL);
    *out = challenges;
    return MP_OK;
}

void mp_challenges_close(struct mp_challenges *challenges)
{
    if (!challenges)
        return;
    pthread_mutex_destroy(&challenges->lock);
    mp_wipe(challenges, sizeof *challenges);
    free(challenges);
}

/* Over number, time and purpose. */
static mp_code mac_of(uint8_t out[MAC], const struct mp_challenges *challenges, const uint8_t *head,
                      mp_str about, mp_error *err)
{
    uint8_t key[32];
    MP_TRY(mp_hmac_sha256(key, mp_str_of((const char *)challenges->key, 32), about, err));
    return mp_hmac_sha256(out, mp_str_of((const char *)key, 32), mp_str_of((const char *)head, NONCE + TIME),
                          err);
}

mp_code mp_challenge_make(mp_str *out, mp_access *access, mp_str about, mp_ticks now, mp_arena *arena,
                          mp_error *err)
{
    uint8_t bytes[LENGTH];
    MP_TRY(mp_random(bytes, NONCE, err));
    for (int i = 0; i < TIME; i++)
        bytes[NONCE + i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
    MP_TRY(mac_of(bytes + NONCE + TIME, access->challenges, bytes, about, err));
    mp_str text = mp_base64url(arena, mp_str_of((const char *)bytes, LENGTH));
    if (!text.ptr)
        return mp_no_memory(err);
    *out = text;
    return MP_OK;
}

static mp_ticks made_at(const uint8_t *bytes)
{
    uint64_t at = 0;
    for (int i = 0; i < TIME; i++)
        at = at << 8 | bytes[NONCE + i];
    return (mp_ticks)at;
}

static mp_code no_challenge(mp_error *err)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                   "the passkey's answer is to no question of ours, or came too late; try again");
}

mp_code mp_challenge_check(mp_access *access, mp_str challenge, mp_str about, mp_ticks now, mp_arena *arena,
                           mp_error *err)
{
    uint8_t wanted[MAC];
    mp_str  bytes = mp_unbase64url(arena, challenge);
    if (!bytes.ptr || bytes.len != LENGTH)
        return no_challenge(err);
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    MP_TRY(mac_of(wanted, access->challenges, p, about, err));
    mp_ticks made = made_at(p);
    if (!mp_secret_eq(mp_str_of((const char *)wanted, MAC), mp_str_skip(bytes, NONCE + TIME)) || now < made ||
        now - made > LIVES_SECONDS * MP_TICKS_PER_SECOND)
        return no_challenge(err);
    return MP_OK;
}

mp_code mp_challenge_use(mp_access *access, mp_str challenge, mp_ticks now, mp_error *err)
{
    struct mp_challenges *challenges = access->challenges;
    uint8_t               digest[32];
    size_t                at = USED_MAX;
    bool                  was_used = false;
    MP_TRY(mp_sha256(digest, challenge, err));
    pthread_mutex_lock(&challenges->lock);
    for (size_t i = 0; i < USED_MAX; i++) {
        bool is_held = challenges->used[i].ends >= now;
        if (is_held && memcmp(challenges->used[i].digest, digest, sizeof digest) == 0)
            was_used = true;
        if (!is_held && at == USED_MAX)
            at = i;
    }
    if (!was_used && at < USED_MAX) {
        memcpy(challenges->used[at].digest, digest, sizeof digest);
        challenges->used[at].ends = now + (LIVES_SECONDS + 1) * MP_TICKS_PER_SECOND;
    }
    pthread_mutex_unlock(&challenges->lock);
    if (was_used)
        return no_challenge(err);
    if (at == USED_MAX)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many people sign in at this moment; try again");
    return MP_OK;
}
