/* SPDX-License-Identifier: Apache-2.0 */
/* The local authority. FOLDER/keys/stamp.pem holds its private key, its certificate, and the certificate of
 * the authority above it, whose own key signs that one certificate and is forgotten at once: nobody can make
 * a second signer for it. RSA, since every verifier has it. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "durable.h"
#include "secret.h"
#include "source.h"
#include "stamp.h"

#define KEY_BITS 3072
#define VALID_DAYS 7300
#define FILE_MAX ((size_t)64 << 10)
/* RFC 3161 wants a policy: an arc that anybody may use, from a UUID made for this (X.667). */
#define POLICY "2.25.241736455803374918452217803957346310871"

/* ---- certificates ---- */

static mp_code failed(mp_error *err)
{
    unsigned long number = ERR_peek_last_error();
    const char   *why = number ? ERR_reason_error_string(number) : NULL;
    bool          is_memory = !number || ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    if (is_memory)
        return mp_no_memory(err);
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "OpenSSL could not work as the time-stamp authority: %s",
                   why ? why : "no reason");
}

struct pair {
    EVP_PKEY *key;
    X509     *certificate;
};

static void pair_done(struct pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->certificate);
}

static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool            done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

static bool name(X509 *certificate, const char *common, X509 *issuer)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    return X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const uint8_t *)"Mapae", -1, -1, 0) &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)common, -1, -1, 0) &&
           X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject);
}

static bool number(X509 *certificate, mp_error *err)
{
    uint64_t serial;
    if (mp_random(&serial, sizeof serial, err) != MP_OK)
        return false;
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1);
}

/* A key and its certificate: signed by `issuer`, or by itself and then for signing others. */
static mp_code make_pair(struct pair *out, const char *common, const struct pair *issuer, mp_error *err)
{
    out->key = EVP_RSA_gen(KEY_BITS);
    out->certificate = X509_new();
    X509 *c = out->certificate, *above = issuer ? issuer->certificate : c;
    if (!out->key || !c || !X509_set_version(c, X509_VERSION_3) || !number(c, err) ||
        !name(c, common, issuer ? above : NULL) || !X509_gmtime_adj(X509_getm_notBefore(c), -86400) ||
        !X509_time_adj_ex(X509_getm_notAfter(c), VALID_DAYS, 0, NULL) || !X509_set_pubkey(c, out->key))
        return failed(err);
    bool done = issuer ? extend(c, above, NID_basic_constraints, "critical,CA:FALSE") &&
                             extend(c, above, NID_key_usage, "critical,digitalSignature") &&
                             extend(c, above, NID_ext_key_usage, "critical,timeStamping")
                       : extend(c, above, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                             extend(c, above, NID_key_usage, "critical,keyCertSign,cRLSign");
    done = done && extend(c, above, NID_subject_key_identifier, "hash") &&
           extend(c, above, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(c, issuer ? issuer->key : out->key, EVP_sha256());
    return done ? MP_OK : failed(err);
}

/* ---- the file ---- */

static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER; /* two threads that come first make one authority */

static mp_code key_path(char out[PATH_MAX], const char *folder, const char *name_, mp_error *err)
{
    int len = snprintf(out, PATH_MAX, "%s/keys%s", folder, name_);
    return len > 0 && len < PATH_MAX
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the path of the data folder is too long");
}

static mp_code make_file(const char *folder, const char *path, mp_error *err)
{
    struct pair above = { NULL, NULL }, signer = { NULL, NULL };
    char        keys[PATH_MAX];
    BIO        *text = BIO_new(BIO_s_secmem());
    char       *bytes = NULL;
    mp_code     code = text ? make_pair(&above, "Mapae local time-stamp root", NULL, err) : failed(err);
    if (code == MP_OK)
        code = make_pair(&signer, "Mapae local time-stamp authority", &above, err);
    if (code == MP_OK &&
        (!PEM_write_bio_PrivateKey(text, signer.key, NULL, NULL, 0, NULL, NULL) ||
         !PEM_write_bio_X509(text, signer.certificate) || !PEM_write_bio_X509(text, above.certificate)))
        code = failed(err);
    if (code == MP_OK)
        code = key_path(keys, folder, "", err);
    if (code == MP_OK)
        code = mp_durable_folder(keys, err);
    if (code == MP_OK) {
        long len = BIO_get_mem_data(text, &bytes);
        code = mp_durable_replace(path, mp_str_of(bytes, (size_t)len), 0600, err);
    }
    BIO_free(text);
    pair_done(&signer);
    pair_done(&above);
    return code;
}

struct authority {
    struct pair signer;
    X509       *above;
};

static void authority_done(struct authority *a)
{
    pair_done(&a->signer);
    X509_free(a->above);
    ERR_clear_error();
}

static mp_code read_authority(struct authority *a, const char *path, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    mp_code  code = mp_source_slurp(&text, path, FILE_MAX, &arena, err);
    if (code == MP_OK) {
        BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
        if (bio) {
            a->signer.key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
            a->signer.certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
            a->above = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        }
        BIO_free(bio);
        mp_wipe((char *)text.ptr, text.len);
        if (!bio)
            code = failed(err);
        else if (!a->signer.key || !a->signer.certificate || !a->above)
            code = mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                           "keys/stamp.pem of the data folder is no key with two certificates");
    }
    mp_arena_free(&arena);
    return code;
}

static mp_code load(struct authority *a, const char *folder, mp_error *err)
{
    char path[PATH_MAX];
    MP_TRY(key_path(path, folder, "/stamp.pem", err));
    pthread_mutex_lock(&making);
    mp_code code = MP_OK;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        code = make_file(folder, path, err);
    if (code == MP_OK)
        code = read_authority(a, path, err);
    pthread_mutex_unlock(&making);
    return code;
}

mp_code mp_stamp_local_ca(mp_buf *out, const char *folder, mp_error *err)
{
    struct authority a = { .above = NULL };
    mp_code          code = load(&a, folder, err);
    BIO             *text = code == MP_OK ? BIO_new(BIO_s_mem()) : NULL;
    if (code == MP_OK && (!text || !PEM_write_bio_X509(text, a.above)))
        code = failed(err);
    if (code == MP_OK) {
        char *bytes;
        long  len = BIO_get_mem_data(text, &bytes);
        mp_buf_add(out, mp_str_of(bytes, (size_t)len));
        code = mp_buf_check(out, err);
    }
    BIO_free(text);
    authority_done(&a);
    return code;
}

/* ---- answering ---- */

/* RFC 3161 2.4.2: unique among all that this authority gives. The answer takes it over. */
static ASN1_INTEGER *next_serial(TS_RESP_CTX *context, void *arg)
{
    (void)context;
    (void)arg;
    uint64_t      serial;
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    if (value &&
        (mp_random(&serial, sizeof serial, NULL) != MP_OK || !ASN1_INTEGER_set_uint64(value, serial >> 1 | 1))) {
        ASN1_INTEGER_free(value);
        return NULL;
    }
    return value;
}

static bool set_up(TS_RESP_CTX *context, const struct authority *a, ASN1_OBJECT *policy)
{
    TS_RESP_CTX_set_serial_cb(context, next_serial, NULL);
    return TS_RESP_CTX_set_signer_cert(context, a->signer.certificate) &&
           TS_RESP_CTX_set_signer_key(context, a->signer.key) && TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) &&
           TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()) && TS_RESP_CTX_add_md(context, EVP_sha256()) &&
           TS_RESP_CTX_set_def_policy(context, policy) && TS_RESP_CTX_set_accuracy(context, 1, 0, 0);
}

static mp_code answer(mp_buf *out, const struct authority *a, mp_str request, mp_error *err)
{
    uint8_t     *der = NULL;
    int          len = -1;
    TS_RESP     *response = NULL;
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj(POLICY, 1);
    BIO         *asked = BIO_new_mem_buf(request.ptr, (int)request.len);
    if (context && policy && asked && set_up(context, a, policy))
        response = TS_RESP_create_response(context, asked); /* also for a bad request: a refusal that says why */
    if (response)
        len = i2d_TS_RESP(response, &der);
    if (len > 0)
        mp_buf_add(out, mp_str_of((const char *)der, (size_t)len));
    mp_code code = len > 0 ? mp_buf_check(out, err) : failed(err);
    OPENSSL_free(der);
    TS_RESP_free(response);
    BIO_free(asked);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(context);
    return code;
}

mp_code mp_stamp_answer(mp_buf *out, const char *folder, mp_str request, mp_error *err)
{
    if (request.len == 0 || request.len > MP_STAMP_ANSWER_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a request for a time stamp of %zu bytes; at most %zu",
                       request.len, MP_STAMP_ANSWER_MAX);
    struct authority a = { .above = NULL };
    mp_code          code = load(&a, folder, err);
    if (code == MP_OK)
        code = answer(out, &a, request, err);
    authority_done(&a);
    return code;
}
