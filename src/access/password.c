/* SPDX-License-Identifier: Apache-2.0 */
/* A hash takes tens of megabytes: how many are computed at once is what bounds the memory of sign-in. */
#include "password.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "access_internal.h"
#include "secret.h"

enum { WAITING_MAX = 128 /* threads; each waits for a few tenths of a second at most */ };

struct mp_hasher {
    pthread_mutex_t lock;
    pthread_cond_t  is_free;
    unsigned        busy, waiting;
    char            nobody[MP_PASSWORD_HASH]; /* a hash that no password gives */
};

/* Well-formed, with our limits, and of random bytes: to compare with it costs what a real one costs. */
static mp_code make_nobody(char out[MP_PASSWORD_HASH], const mp_sign_in_limits *rules, mp_error *err)
{
    uint8_t salt[16], hash[32];
    char    salt_text[32], hash_text[48];
    MP_TRY(mp_random(salt, sizeof salt, err));
    MP_TRY(mp_random(hash, sizeof hash, err));
    sodium_bin2base64(salt_text, sizeof salt_text, salt, sizeof salt,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(hash_text, sizeof hash_text, hash, sizeof hash,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(out, MP_PASSWORD_HASH, "$argon2id$v=19$m=%llu,t=%u,p=1$%s$%s",
             (unsigned long long)(rules->argon_memory / 1024), rules->argon_passes, salt_text, hash_text);
    return MP_OK;
}

mp_code mp_hasher_open(struct mp_hasher **out, mp_access *access, mp_error *err)
{
    const mp_sign_in_limits *rules = &access->rules;
    if (sodium_init() < 0)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the library of password hashes does not start");
    if (rules->argon_memory < crypto_pwhash_MEMLIMIT_MIN || rules->argon_memory > ((uint64_t)4 << 30) ||
        rules->argon_passes < 1 || rules->argon_at_once < 1)
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "password hashes of %llu bytes, %u passes, %u at once; wanted 8 KiB to 4 GiB, and at least one",
            (unsigned long long)rules->argon_memory, rules->argon_passes, rules->argon_at_once);
    struct mp_hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher)
        return mp_no_memory(err);
    mp_code code = make_nobody(hasher->nobody, rules, err);
    if (code != MP_OK) {
        free(hasher);
        return code;
    }
    pthread_mutex_init(&hasher->lock, NULL);
    pthread_cond_init(&hasher->is_free, NULL);
    *out = hasher;
    return MP_OK;
}

void mp_hasher_close(struct mp_hasher *hasher)
{
    if (!hasher)
        return;
    pthread_cond_destroy(&hasher->is_free);
    pthread_mutex_destroy(&hasher->lock);
    free(hasher);
}

mp_code mp_hasher_enter(mp_access *access, mp_error *err)
{
    struct mp_hasher *hasher = access->hasher;
    pthread_mutex_lock(&hasher->lock);
    bool may_wait = hasher->waiting < WAITING_MAX;
    if (may_wait) {
        hasher->waiting++;
        while (hasher->busy >= access->rules.argon_at_once)
            pthread_cond_wait(&hasher->is_free, &hasher->lock);
        hasher->waiting--;
        hasher->busy++;
    }
    pthread_mutex_unlock(&hasher->lock);
    if (!may_wait)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many people sign in at this moment; try again");
    return MP_OK;
}

void mp_hasher_leave(mp_access *access)
{
    struct mp_hasher *hasher = access->hasher;
    pthread_mutex_lock(&hasher->lock);
    hasher->busy--;
    pthread_cond_signal(&hasher->is_free);
    pthread_mutex_unlock(&hasher->lock);
}

bool mp_password_is(mp_access *access, bool *is_old, mp_str hash, mp_str password)
{
    const mp_sign_in_limits *rules = &access->rules;
    char                     text[MP_PASSWORD_HASH] = "";
    bool is_real = hash.len > 0 && hash.len < sizeof text && password.len <= MP_PASSWORD_MAX;
    if (password.len > MP_PASSWORD_MAX)
        password.len = MP_PASSWORD_MAX; /* as dear as another one, and wrong */
    if (is_real)
        memcpy(text, hash.ptr, hash.len);
    bool is_right = crypto_pwhash_str_verify(is_real ? text : access->hasher->nobody,
                                             password.ptr ? password.ptr : "", password.len) == 0;
    if (is_old)
        *is_old = is_real && is_right &&
                  crypto_pwhash_str_needs_rehash(text, rules->argon_passes, (size_t)rules->argon_memory) != 0;
    mp_wipe(text, sizeof text);
    return is_real && is_right;
}

mp_code mp_password_hash(char out[MP_PASSWORD_HASH], mp_access *access, mp_str password, mp_error *err)
{
    static_assert(crypto_pwhash_STRBYTES <= MP_PASSWORD_HASH, "the text of a hash fits");
    if (crypto_pwhash_str(out, password.ptr ? password.ptr : "", password.len, access->rules.argon_passes,
                          (size_t)access->rules.argon_memory) != 0)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a password hash of %llu bytes",
                       (unsigned long long)access->rules.argon_memory);
    return MP_OK;
}
