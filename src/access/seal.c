/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "durable.h"

enum { VERSION = 1, NONCE = 12, TAG = 16, OVERHEAD = 1 + NONCE + TAG };
#define SEALED_MAX ((size_t)1 << 20) /* bytes of one text */

/* The key as it stands on disk; MP_MISSING when there is none. */
static mp_code read_key(uint8_t key[32], const char *path, mp_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT
                   ? mp_fail(err, MP_MISSING, MP_NOWHERE,
                             "%s is missing, and the store holds secrets sealed with it; restore it from a backup",
                             path)
                   : mp_fail(err, MP_IO, MP_NOWHERE, "the key that seals secrets, %s, cannot be read: %s", path,
                             strerror(errno));
    struct stat st;
    uint8_t     more;
    bool        is_ours = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    bool        is_whole = is_ours && read(fd, key, 32) == 32 && read(fd, &more, 1) == 0;
    close(fd);
    if (!is_ours)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the key that seals secrets, %s, can be read by others; wanted a file of mode 0600",
                       path);
    if (!is_whole)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "the key that seals secrets, %s, is damaged; wanted 32 bytes", path);
    return MP_OK;
}

static mp_code make_key(const char *folder, const char *path, mp_error *err)
{
    uint8_t key[32];
    MP_TRY(mp_durable_folder(folder, err));
    MP_TRY(mp_random(key, sizeof key, err));
    mp_code code = mp_durable_replace(path, mp_str_of((const char *)key, sizeof key), 0600, err);
    mp_wipe(key, sizeof key);
    return code;
}

mp_code mp_seal_open(mp_seal *out, const char *folder, bool makes, mp_error *err)
{
    char keys[3000], path[3100];
    int  len = snprintf(keys, sizeof keys, "%s/keys", folder);
    if (len < 0 || (size_t)len >= sizeof keys)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the name of the data folder is over %zu bytes",
                       sizeof keys);
    snprintf(path, sizeof path, "%s/seal.key", keys);
    mp_code code = read_key(out->key, path, err);
    if (code == MP_MISSING && makes) {
        MP_TRY(make_key(keys, path, err));
        code = read_key(out->key, path, err);
    }
    if (code != MP_OK)
        return code;
    return mp_hmac_sha256(out->names, mp_str_of((const char *)out->key, 32), MP_S("mapae names"), err);
}

void mp_seal_close(mp_seal *seal)
{
    mp_wipe(seal, sizeof *seal);
}

static bool encrypt(uint8_t *into, const mp_seal *seal, mp_str about, mp_str clear)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    uint8_t        *nonce = into + 1, *text = nonce + NONCE;
    int             n = 0, rest = 0;
    bool            ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, nonce) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &n, into, 1) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)about.ptr, (int)about.len) == 1 &&
              EVP_EncryptUpdate(ctx, text, &n, (const uint8_t *)clear.ptr, (int)clear.len) == 1 &&
              EVP_EncryptFinal_ex(ctx, text + n, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, text + clear.len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

static bool decrypt(char *into, const mp_seal *seal, mp_str about, mp_str bytes)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const uint8_t  *p = (const uint8_t *)bytes.ptr, *nonce = p + 1, *text = nonce + NONCE;
    size_t          len = bytes.len - OVERHEAD;
    uint8_t         tag[TAG];
    int             n = 0, rest = 0;
    memcpy(tag, text + len, TAG);
    bool ok = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, seal->key, nonce) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, p, 1) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)about.ptr, (int)about.len) == 1 &&
              EVP_DecryptUpdate(ctx, (uint8_t *)into, &n, text, (int)len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 &&
              EVP_DecryptFinal_ex(ctx, (uint8_t *)into + n, &rest) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok;
}

mp_code mp_sealed(mp_str *out, const mp_seal *seal, mp_str about, mp_str clear, mp_arena *arena,
                  mp_error *err)
{
    if (clear.len > SEALED_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a secret of %zu bytes; the most is %zu", clear.len,
                       SEALED_MAX);
    size_t   len = clear.len + OVERHEAD;
    uint8_t *bytes = mp_arena_alloc(arena, len);
    if (!bytes)
        return mp_no_memory(err);
    bytes[0] = VERSION;
    MP_TRY(mp_random(bytes + 1, NONCE, err));
    if (!encrypt(bytes, seal, about, clear))
        return mp_no_memory(err);
    mp_str text = mp_base64url(arena, mp_str_of((const char *)bytes, len));
    if (!text.ptr)
        return mp_no_memory(err);
    *out = text;
    return MP_OK;
}

mp_code mp_unsealed(mp_str *out, const mp_seal *seal, mp_str about, mp_str sealed, mp_arena *arena,
                    mp_error *err)
{
    mp_str bytes = mp_unbase64url(arena, sealed);
    if (!bytes.ptr || bytes.len < OVERHEAD || bytes.ptr[0] != VERSION)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a sealed secret is cut off or not of this version");
    size_t len = bytes.len - OVERHEAD;
    char  *clear = mp_arena_alloc(arena, len + MP_JSON_PADDING);
    if (!clear)
        return mp_no_memory(err);
    if (!decrypt(clear, seal, about, bytes)) {
        mp_wipe(clear, len);
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                       "a sealed secret does not open: it was changed, or sealed with another key");
    }
    memset(clear + len, 0, MP_JSON_PADDING);
    *out = mp_str_of(clear, len);
    return MP_OK;
}

mp_code mp_seal_name(char out[65], const mp_seal *seal, mp_str about, mp_str text, mp_error *err)
{
    uint8_t key[32], hash[32];
    MP_TRY(mp_hmac_sha256(key, mp_str_of((const char *)seal->names, 32), about, err));
    mp_code code = mp_hmac_sha256(hash, mp_str_of((const char *)key, 32), text, err);
    mp_wipe(key, sizeof key);
    if (code == MP_OK)
        mp_hex(out, hash, sizeof hash);
    return code;
}
