/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of an authority, and whether its answer holds. OpenSSL reads the formats and checks
 * signatures and chains; ours are the time at which a chain must hold (that of the stamp: certificates
 * expire, stamps stay true) and the nonce. */
#include "stamp.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include "secret.h"

/* Why OpenSSL refused, in its words; its list of errors is empty afterwards. */
static mp_code damaged(mp_error *err)
{
    unsigned long number = ERR_peek_last_error();
    const char   *why = number ? ERR_reason_error_string(number) : NULL;
    bool          is_memory = ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE;
    ERR_clear_error();
    if (is_memory)
        return mp_no_memory(err);
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the time stamp does not hold: %s", why ? why : "it cannot be read");
}

/* ---- the request ---- */

static bool fill_request(TS_REQ *request, TS_MSG_IMPRINT *imprint, X509_ALGOR *algorithm, ASN1_INTEGER *number,
                         uint8_t digest[32], uint64_t nonce)
{
    return X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
           TS_MSG_IMPRINT_set_algo(imprint, algorithm) && TS_MSG_IMPRINT_set_msg(imprint, digest, 32) &&
           TS_REQ_set_version(request, 1) && TS_REQ_set_msg_imprint(request, imprint) &&
           ASN1_INTEGER_set_uint64(number, nonce) && TS_REQ_set_nonce(request, number) &&
           TS_REQ_set_cert_req(request, 1);
}

mp_code mp_stamp_request(mp_buf *out, mp_str text, uint64_t nonce, mp_error *err)
{
    uint8_t digest[32], *der = NULL;
    MP_TRY(mp_sha256(digest, text, err));
    /* The setters copy what they are given. */
    TS_REQ         *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR     *algorithm = X509_ALGOR_new();
    ASN1_INTEGER   *number = ASN1_INTEGER_new();
    int             len = -1;
    if (request && imprint && algorithm && number &&
        fill_request(request, imprint, algorithm, number, digest, nonce))
        len = i2d_TS_REQ(request, &der);
    if (len > 0)
        mp_buf_add(out, mp_str_of((const char *)der, (size_t)len));
    OPENSSL_free(der);
    ASN1_INTEGER_free(number);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
    ERR_clear_error();
    return len > 0 ? mp_buf_check(out, err) : mp_no_memory(err);
}

/* ---- the answer ---- */

struct answer {
    TS_RESP      *response;
    TS_TST_INFO  *info;  /* borrowed from it */
    X509_STORE   *store; /* who is trusted */
    mp_ticks      at;
};

static void answer_done(struct answer *a)
{
    TS_RESP_free(a->response);
    X509_STORE_free(a->store);
    ERR_clear_error();
}

static mp_code read_answer(struct answer *a, mp_str answer, mp_error *err)
{
    const uint8_t *at = (const uint8_t *)answer.ptr;
    if (answer.len == 0 || answer.len > MP_STAMP_ANSWER_MAX)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "a time stamp of %zu bytes; at most %zu", answer.len,
                       MP_STAMP_ANSWER_MAX);
    ERR_clear_error();
    a->response = d2i_TS_RESP(NULL, &at, (long)answer.len);
    if (!a->response)
        return damaged(err);
    if (at != (const uint8_t *)answer.ptr + answer.len)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "other bytes follow the end of the time stamp");
    a->info = TS_RESP_get_tst_info(a->response);
    if (!a->info)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the authority's answer holds no time stamp: it refused");
    return MP_OK;
}

mp_code mp_stamp_imprint(uint8_t out[32], mp_str answer, mp_error *err)
{
    struct answer a = { .response = NULL };
    mp_code       code = read_answer(&a, answer, err);
    if (code == MP_OK) {
        const ASN1_OCTET_STRING *digest = TS_MSG_IMPRINT_get_msg(TS_TST_INFO_get_msg_imprint(a.info));
        if (ASN1_STRING_length(digest) == 32)
            memcpy(out, ASN1_STRING_get0_data(digest), 32);
        else
            code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the time stamp is over no SHA-256");
    }
    answer_done(&a);
    return code;
}

/* The whole second; fractions that an authority gives are dropped, so that a stamp never seems later than it is. */
static mp_code read_time(struct answer *a, time_t *seconds, mp_error *err)
{
    struct tm broken;
    if (!ASN1_TIME_to_tm(TS_TST_INFO_get_time(a->info), &broken))
        return damaged(err);
    *seconds = timegm(&broken);
    a->at = mp_clock_from_unix(*seconds);
    return MP_OK;
}

static mp_code trust(struct answer *a, mp_str ca, time_t at, mp_error *err)
{
    unsigned count = 0;
    BIO     *bio = ca.len && ca.len <= MP_STAMP_CA_MAX ? BIO_new_mem_buf(ca.ptr, (int)ca.len) : NULL;
    X509    *certificate;
    bool     is_added = true;
    a->store = X509_STORE_new();
    while (bio && a->store && is_added && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        is_added = X509_STORE_add_cert(a->store, certificate);
        X509_free(certificate);
        count++;
    }
    BIO_free(bio);
    if (!a->store || !is_added)
        return mp_no_memory(err);
    ERR_clear_error(); /* the end of a PEM text is an error to its reader */
    if (count == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "there is no certificate in PEM to trust a time-stamp authority by");
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(a->store), at);
    return MP_OK;
}

static mp_code check_nonce(const struct answer *a, uint64_t nonce, mp_error *err)
{
    uint64_t            found = 0;
    const ASN1_INTEGER *number = TS_TST_INFO_get_nonce(a->info);
    if (nonce && (!number || !ASN1_INTEGER_get_uint64(&found, number) || found != nonce))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the time stamp answers another request: its nonce differs");
    return MP_OK;
}

/* Version, imprint, signature and its chain, purpose, and that the certificate is the one that the signed
 * attributes name. */
static mp_code check_signature(const struct answer *a, mp_str text, mp_error *err)
{
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    BIO           *data = BIO_new_mem_buf(text.len ? text.ptr : "", (int)text.len);
    if (!context || !data) {
        TS_VERIFY_CTX_free(context);
        BIO_free(data);
        return mp_no_memory(err);
    }
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_DATA | TS_VFY_SIGNATURE);
    TS_VERIFY_CTX_set_data(context, data); /* the context's from here on */
    X509_STORE_up_ref(a->store);
    TS_VERIFY_CTX_set_store(context, a->store); /* as is this reference */
    bool holds = TS_RESP_verify_response(context, a->response) == 1;
    TS_VERIFY_CTX_free(context);
    return holds ? MP_OK : damaged(err);
}

/* Whom the report names: the signer, and where its chain ends. The chain was verified, so it is there. */
static mp_code name_signer(mp_stamp_report *out, const struct answer *a, mp_error *err)
{
    PKCS7          *token = TS_RESP_get_token(a->response);
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    mp_code         code = MP_OK;
    if (!signers || !chain ||
        !X509_STORE_CTX_init(chain, a->store, sk_X509_value(signers, 0), token->d.sign->cert)) {
        code = mp_no_memory(err);
    } else {
        X509_STORE_CTX_set_purpose(chain, X509_PURPOSE_TIMESTAMP_SIGN);
        uint8_t digest[32];
        if (X509_verify_cert(chain) == 1) {
            STACK_OF(X509) *found = X509_STORE_CTX_get0_chain(chain);
            if (X509_digest(sk_X509_value(found, sk_X509_num(found) - 1), EVP_sha256(), digest, NULL))
                mp_hex(out->ca, digest, sizeof digest);
        } else {
            code = damaged(err);
        }
        X509_NAME_oneline(X509_get_subject_name(sk_X509_value(signers, 0)), out->signer, sizeof out->signer);
    }
    X509_STORE_CTX_free(chain);
    sk_X509_free(signers);
    return code;
}

static mp_code verify(mp_stamp_report *out, struct answer *a, mp_str answer, mp_str text, mp_str ca, uint64_t nonce,
                      mp_error *err)
{
    time_t at = 0;
    MP_TRY(read_answer(a, answer, err));
    MP_TRY(read_time(a, &at, err));
    MP_TRY(trust(a, ca, at, err));
    MP_TRY(check_nonce(a, nonce, err));
    if (OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(a->info))->algorithm) != NID_sha256)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the time stamp is over no SHA-256");
    MP_TRY(check_signature(a, text, err));
    MP_TRY(name_signer(out, a, err));
    out->at = a->at;
    return MP_OK;
}

mp_code mp_stamp_verify(mp_stamp_report *out, mp_str answer, mp_str text, mp_str ca, uint64_t nonce, mp_error *err)
{
    struct answer   a = { .response = NULL };
    mp_stamp_report report = { .at = 0 };
    mp_code         code = text.len > INT_MAX ? mp_fail(err, MP_PARAMETER, MP_NOWHERE, "too long to be stamped")
                                              : verify(&report, &a, answer, text, ca, nonce, err);
    answer_done(&a);
    if (code == MP_OK)
        *out = report;
    return code;
}
