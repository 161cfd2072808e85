/* SPDX-License-Identifier: Apache-2.0 */
#include "note.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#include "secret.h"
#include "text.h"
#include "utf8.h"

#define ED25519 0x01 /* the type of signature */
#define SIGNATURE_BYTES 64
#define BLOB_MAX 4096 /* bytes of a key hash with a signature, whoever's: the largest that are proposed have 2,424 */
#define BLOB_TEXT(bytes) (((bytes) + 2) / 3 * 4)
static const mp_str dash = MP_S_INIT("\xE2\x80\x94 "); /* U+2014 and a blank */

/* ---- base64 without allocating; one text for one value ---- */

static size_t encode(char *out, const uint8_t *bytes, size_t len)
{
    return (size_t)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
}

/* Bytes, or 0 when `s` is no base64 or over BLOB_MAX. `out` holds BLOB_MAX + 2. */
static size_t decode(uint8_t *out, mp_str s)
{
    char again[BLOB_TEXT(BLOB_MAX) + 1];
    if (s.len == 0 || s.len % 4 || s.len > BLOB_TEXT(BLOB_MAX))
        return 0;
    int len = EVP_DecodeBlock(out, (const unsigned char *)s.ptr, (int)s.len);
    if (len < 3)
        return 0;
    size_t bytes = (size_t)len - (s.ptr[s.len - 1] == '=') - (s.ptr[s.len - 2] == '=');
    /* OpenSSL passes by blanks, and bits that are left over. */
    if (bytes > BLOB_MAX || encode(again, out, bytes) != s.len || memcmp(again, s.ptr, s.len))
        return 0;
    return bytes;
}

/* ---- keys ---- */

bool mp_key_name_ok(mp_str name)
{
    if (name.len == 0 || name.len > MP_KEY_NAME_MAX || !mp_utf8_valid(name))
        return false;
    for (size_t i = 0; i < name.len;) {
        uint32_t c = 0;
        i += mp_utf8_decode(&c, name.ptr + i, name.len - i);
        bool is_blank = c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
                        c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
        if (is_blank || c == '+')
            return false;
    }
    return true;
}

mp_code mp_verifier_of(mp_verifier *out, mp_str name, const uint8_t key[32], mp_error *err)
{
    char    bytes[MP_KEY_NAME_MAX + 2 + 32];
    uint8_t digest[32];
    if (!mp_key_name_ok(name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"%.*s\" is no name for a key; wanted 1 to %d bytes without blanks and '+'", MP_FMT(name),
                       MP_KEY_NAME_MAX);
    memcpy(bytes, name.ptr, name.len);
    bytes[name.len] = '\n';
    bytes[name.len + 1] = ED25519;
    memcpy(bytes + name.len + 2, key, 32);
    MP_TRY(mp_sha256(digest, mp_str_of(bytes, name.len + 2 + 32), err));
    out->name = name;
    memcpy(out->id, digest, sizeof out->id);
    memcpy(out->key, key, 32);
    return MP_OK;
}

mp_code mp_verifier_parse(mp_verifier *out, mp_str text, mp_error *err)
{
    uint8_t     bytes[BLOB_MAX + 2], id[4];
    mp_verifier found;
    size_t      first = mp_str_find(text, '+');
    mp_str      rest = first == SIZE_MAX ? mp_str_of(text.ptr, 0) : mp_str_skip(text, first + 1);
    size_t      second = mp_str_find(rest, '+');
    mp_str      name = mp_str_of(text.ptr, first == SIZE_MAX ? 0 : first);
    if (second == SIZE_MAX || !mp_key_name_ok(name) || !mp_unhex(id, sizeof id, mp_str_of(rest.ptr, second)))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "this is no verifier key; wanted NAME+8 HEX DIGITS+BASE64");
    size_t len = decode(bytes, mp_str_skip(rest, second + 1));
    if (len == 0)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "this is no verifier key; wanted NAME+8 HEX DIGITS+BASE64");
    if (bytes[0] != ED25519 || len != 1 + sizeof found.key)
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE,
                       "the verifier key \"%.*s\" has type %u and %zu bytes; only Ed25519 is read here", MP_FMT(name),
                       bytes[0], len - 1);
    MP_TRY(mp_verifier_of(&found, name, bytes + 1, err));
    if (memcmp(found.id, id, sizeof id))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the key hash of the verifier key \"%.*s\" is not that of the key",
                       MP_FMT(name));
    *out = found;
    return MP_OK;
}

mp_code mp_verifier_text(mp_buf *out, const mp_verifier *verifier, mp_error *err)
{
    uint8_t typed[1 + sizeof verifier->key] = { ED25519 };
    char    id[2 * sizeof verifier->id + 1], key[BLOB_TEXT(sizeof typed) + 1];
    mp_hex(id, verifier->id, sizeof verifier->id);
    memcpy(typed + 1, verifier->key, sizeof verifier->key);
    encode(key, typed, sizeof typed);
    mp_buf_add(out, verifier->name);
    mp_buf_add_c(out, '+');
    mp_buf_add_z(out, id);
    mp_buf_add_c(out, '+');
    mp_buf_add_z(out, key);
    return mp_buf_check(out, err);
}

/* ---- reading ---- */

mp_code mp_note_split(mp_str *text, mp_str *signatures, mp_str note, mp_error *err)
{
    if (note.len > MP_NOTE_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the note is %zu bytes; the most is %zu", note.len, MP_NOTE_MAX);
    for (size_t i = 0; i < note.len; i++)
        if ((uint8_t)note.ptr[i] < 0x20 && note.ptr[i] != '\n')
            return mp_fail(err, MP_SYNTAX, mp_pos_of_offset(note, i), "a control character stands in the note");
    if (!mp_utf8_valid(note))
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE, "the note is not UTF-8");
    size_t end = note.len;
    while (end >= 2 && !(note.ptr[end - 1] == '\n' && note.ptr[end - 2] == '\n'))
        end--;
    if (end < 2 || end == note.len || note.ptr[note.len - 1] != '\n')
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE,
                       "the note has no signatures; wanted lines of text, an empty line, and lines of signatures");
    *text = mp_str_of(note.ptr, end - 1);
    *signatures = mp_str_of(note.ptr + end, note.len - end);
    return MP_OK;
}

struct signature {
    mp_str  name;
    uint8_t bytes[BLOB_MAX + 2]; /* key hash, signature */
    size_t  len;
};

/* The first of `lines`, which goes on behind it. */
static mp_code read_signature(struct signature *out, mp_str *lines, mp_error *err)
{
    size_t end = mp_str_find(*lines, '\n'); /* the last byte is one */
    mp_str line = mp_str_of(lines->ptr, end);
    *lines = mp_str_skip(*lines, end + 1);
    size_t blank = SIZE_MAX;
    if (mp_str_starts(line, dash)) {
        line = mp_str_skip(line, dash.len);
        blank = mp_str_find(line, ' ');
    }
    if (blank != SIZE_MAX) {
        out->name = mp_str_of(line.ptr, blank);
        out->len = decode(out->bytes, mp_str_skip(line, blank + 1));
    }
    if (blank == SIZE_MAX || !mp_key_name_ok(out->name) || out->len < 5)
        return mp_fail(err, MP_SYNTAX, MP_NOWHERE,
                       "a line of the note is no signature; wanted a dash (U+2014), NAME, and BASE64");
    return MP_OK;
}

static mp_code check_signature(const struct signature *signature, mp_str text, const mp_verifier *key, mp_error *err)
{
    EVP_PKEY   *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->key, sizeof key->key);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    mp_code     code = MP_OK;
    if (!ctx || !public || EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public) != 1)
        code = mp_no_memory(err);
    else if (signature->len != sizeof key->id + SIGNATURE_BYTES ||
             EVP_DigestVerify(ctx, signature->bytes + sizeof key->id, SIGNATURE_BYTES, (const unsigned char *)text.ptr,
                              text.len) != 1)
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the signature of \"%.*s\" does not hold", MP_FMT(key->name));
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(public);
    return code;
}

mp_code mp_note_open(mp_str *text, bool *signed_by, mp_str note, const mp_verifier *keys, size_t count, mp_error *err)
{
    mp_str           found, lines;
    struct signature signature;
    size_t           signers = 0;
    MP_TRY(mp_note_split(&found, &lines, note, err));
    for (size_t i = 0; signed_by && i < count; i++)
        signed_by[i] = false;
    for (unsigned n = 0; lines.len; n++) {
        if (n == MP_NOTE_SIGNATURES_MAX)
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the note has more than %d signatures", MP_NOTE_SIGNATURES_MAX);
        MP_TRY(read_signature(&signature, &lines, err));
        for (size_t i = 0; i < count; i++) {
            if (!mp_str_eq(keys[i].name, signature.name) || memcmp(keys[i].id, signature.bytes, sizeof keys[i].id))
                continue;
            MP_TRY(check_signature(&signature, found, &keys[i], err));
            signers++;
            if (signed_by)
                signed_by[i] = true;
        }
    }
    if (!signers)
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE, "none of the %zu known keys signed this", count);
    *text = found;
    return MP_OK;
}

/* ---- signing ---- */

struct mp_signer {
    EVP_PKEY   *key;
    mp_verifier verifier; /* its name is what follows */
    char        name[];
};

/* Takes `key`, also when it fails. */
static mp_code signer_of(mp_signer **out, mp_str name, EVP_PKEY *key, mp_error *err)
{
    uint8_t    public[32];
    size_t     len = sizeof public;
    mp_signer *signer = NULL;
    mp_code    code = MP_OK;
    if (!mp_key_name_ok(name))
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"%.*s\" is no name for a key; wanted 1 to %d bytes without blanks and '+'", MP_FMT(name),
                       MP_KEY_NAME_MAX);
    else if (!key || EVP_PKEY_get_raw_public_key(key, public, &len) != 1 || len != sizeof public ||
             !(signer = calloc(1, sizeof *signer + name.len)))
        code = mp_no_memory(err);
    if (code == MP_OK) {
        memcpy(signer->name, name.ptr, name.len);
        code = mp_verifier_of(&signer->verifier, mp_str_of(signer->name, name.len), public, err);
    }
    if (code != MP_OK) {
        EVP_PKEY_free(key);
        free(signer);
        return code;
    }
    signer->key = key;
    *out = signer;
    return MP_OK;
}

mp_code mp_signer_make(mp_signer **out, mp_str name, mp_error *err)
{
    uint8_t seed[32];
    MP_TRY(mp_random(seed, sizeof seed, err));
    mp_code code = mp_signer_from_seed(out, name, seed, err);
    mp_wipe(seed, sizeof seed);
    return code;
}

mp_code mp_signer_from_seed(mp_signer **out, mp_str name, const uint8_t seed[32], mp_error *err)
{
    return signer_of(out, name, EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32), err);
}

/* A key is never asked for by a passphrase. */
static int no_passphrase(char *to, int size, int rwflag, void *ctx)
{
    (void)to, (void)size, (void)rwflag, (void)ctx;
    return -1;
}

mp_code mp_signer_from_pem(mp_signer **out, mp_str name, mp_str pem, mp_error *err)
{
    if (pem.len > INT32_MAX)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is no private key in PEM");
    BIO *bio = BIO_new_mem_buf(pem.len ? pem.ptr : "", (int)pem.len);
    if (!bio)
        return mp_no_memory(err);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (!key)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "this is no private key in PEM");
    if (EVP_PKEY_get_id(key) != EVP_PKEY_ED25519) {
        EVP_PKEY_free(key);
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "the private key is no Ed25519 key");
    }
    return signer_of(out, name, key, err);
}

mp_code mp_signer_copy(mp_signer **out, const mp_signer *signer, mp_error *err)
{
    EVP_PKEY_up_ref(signer->key);
    return signer_of(out, signer->verifier.name, signer->key, err);
}

mp_code mp_signer_pem(mp_buf *out, const mp_signer *signer, mp_error *err)
{
    char *text = NULL;
    BIO  *bio = BIO_new(BIO_s_secmem());
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, signer->key, NULL, NULL, 0, NULL, NULL) != 1) {
        BIO_free(bio);
        return mp_no_memory(err);
    }
    long len = BIO_get_mem_data(bio, &text);
    mp_buf_add(out, mp_str_of(text, (size_t)len));
    BIO_free(bio);
    return mp_buf_check(out, err);
}

const mp_verifier *mp_signer_verifier(const mp_signer *signer)
{
    return &signer->verifier;
}

void mp_signer_free(mp_signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key);
    free(signer);
}

static mp_code sign(uint8_t out[SIGNATURE_BYTES], const mp_signer *signer, mp_str text, mp_error *err)
{
    size_t      len = SIGNATURE_BYTES;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool        is_signed = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key) == 1 &&
                            EVP_DigestSign(ctx, out, &len, (const unsigned char *)text.ptr, text.len) == 1 &&
                            len == SIGNATURE_BYTES;
    EVP_MD_CTX_free(ctx);
    return is_signed ? MP_OK : mp_no_memory(err);
}

mp_code mp_note_sign(mp_buf *out, mp_str text, const mp_signer *const *signers, size_t count, mp_error *err)
{
    if (!mp_str_ends(text, MP_S("\n")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a text to sign ends in a newline");
    mp_buf_add(out, text);
    mp_buf_add_c(out, '\n');
    for (size_t i = 0; i < count; i++) {
        const mp_verifier *verifier = &signers[i]->verifier;
        uint8_t            bytes[sizeof verifier->id + SIGNATURE_BYTES];
        char               printed[BLOB_TEXT(sizeof bytes) + 1];
        memcpy(bytes, verifier->id, sizeof verifier->id);
        MP_TRY(sign(bytes + sizeof verifier->id, signers[i], text, err));
        encode(printed, bytes, sizeof bytes);
        mp_buf_add(out, dash);
        mp_buf_add(out, verifier->name);
        mp_buf_add_c(out, ' ');
        mp_buf_add_z(out, printed);
        mp_buf_add_c(out, '\n');
    }
    return mp_buf_check(out, err);
}
