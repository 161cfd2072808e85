/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "durable.h"
#include "secret.h"

/* The authority of the installation signs one certificate of a server, and nothing else: its path may have no
 * other authority. Extensions are those that RFC 5280 wants, also where most clients do not: strict ones
 * refuse what lacks them.
 *
 * A file is written beside and renamed, so it is whole or not there. Key and certificate are two files, and
 * the power may go between them: a pair that does not belong together is made anew at the next start. */

#define CA_DAYS 3652
#define SERVER_DAYS 397
#define RENEW_DAYS 30
#define HOST_MAX 253

typedef struct identity {
    X509     *cert;
    EVP_PKEY *key;
} identity;

static void identity_done(identity *id)
{
    X509_free(id->cert);
    EVP_PKEY_free(id->key);
}

/* ---- files ---- */

static mp_code path_of(char out[1024], const char *folder, const char *name, mp_error *err)
{
    int len = snprintf(out, 1024, "%s/%s", folder, name);
    return len > 0 && len < 1024
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the path of the folder is over %d bytes", 1000);
}

static bool is_there(const char *folder, const char *name)
{
    char path[1024];
    return path_of(path, folder, name, NULL) == MP_OK && access(path, F_OK) == 0;
}

static mp_code write_file(const char *folder, const char *name, BIO *bio, mode_t mode, mp_error *err)
{
    char path[1024], *bytes;
    MP_TRY(path_of(path, folder, name, err));
    long len = BIO_get_mem_data(bio, &bytes);
    return mp_durable_replace(path, mp_str_of(bytes, (size_t)len), mode, err);
}

static mp_code write_identity(const identity *id, const char *folder, const char *cert_name, const char *key_name,
                              mp_error *err)
{
    BIO    *cert = BIO_new(BIO_s_mem()), *key = BIO_new(BIO_s_secmem());
    mp_code code = MP_OK;
    if (!cert || !key || PEM_write_bio_X509(cert, id->cert) != 1 ||
        PEM_write_bio_PKCS8PrivateKey(key, id->key, NULL, NULL, 0, NULL, NULL) != 1)
        code = mp_no_memory(err);
    if (code == MP_OK)
        code = write_file(folder, key_name, key, 0600, err);
    if (code == MP_OK)
        code = write_file(folder, cert_name, cert, 0644, err);
    BIO_free(cert);
    BIO_free(key);
    return code;
}

static mp_code read_identity(identity *id, const char *folder, const char *cert_name, const char *key_name,
                             mp_error *err)
{
    char path[2][1024];
    MP_TRY(path_of(path[0], folder, cert_name, err));
    MP_TRY(path_of(path[1], folder, key_name, err));
    BIO *cert = BIO_new_file(path[0], "r"), *key = BIO_new_file(path[1], "r");
    id->cert = cert ? PEM_read_bio_X509(cert, NULL, NULL, NULL) : NULL;
    id->key = key ? PEM_read_bio_PrivateKey(key, NULL, NULL, NULL) : NULL;
    BIO_free(cert);
    BIO_free(key);
    if (!id->cert || !id->key)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is no certificate or key that can be read",
                       path[id->cert ? 1 : 0]);
    return MP_OK;
}

/* ---- making ---- */

static bool set_serial(X509 *cert)
{
    uint8_t bytes[20];
    if (mp_random(bytes, sizeof bytes, NULL) != MP_OK)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7F) | 0x40); /* positive, 20 octets: RFC 5280 4.1.2.2 */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return done;
}

static bool set_validity(X509 *cert, mp_ticks now, int days)
{
    time_t t = (time_t)mp_clock_to_unix(now);
    t -= 3600; /* clocks of clients differ */
    return X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &t) &&
           X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, &t);
}

static bool add_name(X509_NAME *name, const char *field, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0) == 1;
}

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool            done = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* Key, serial, validity, subject. */
static bool begin_identity(identity *id, mp_ticks now, int days, const char *common_name)
{
    id->key = EVP_EC_gen("P-256");
    id->cert = X509_new();
    return id->key && id->cert && X509_set_version(id->cert, X509_VERSION_3) == 1 && set_serial(id->cert) &&
           set_validity(id->cert, now, days) && X509_set_pubkey(id->cert, id->key) == 1 &&
           add_name(X509_get_subject_name(id->cert), "O", "Mapae") &&
           add_name(X509_get_subject_name(id->cert), "CN", common_name);
}

static bool sign(X509 *cert, const identity *issuer)
{
    return X509_set_issuer_name(cert, X509_get_subject_name(issuer->cert)) == 1 &&
           X509_sign(cert, issuer->key, EVP_sha256()) > 0;
}

static mp_code make_authority(identity *ca, const char *host, mp_ticks now, mp_error *err)
{
    char name[64 + 1];
    snprintf(name, sizeof name, "Mapae CA %.50s", host); /* CN has 64 characters at most */
    bool done = begin_identity(ca, now, CA_DAYS, name) &&
                add_extension(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                add_extension(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                add_extension(ca->cert, ca->cert, NID_subject_key_identifier, "hash") &&
                add_extension(ca->cert, ca->cert, NID_authority_key_identifier, "keyid:always") && sign(ca->cert, ca);
    return done ? MP_OK : mp_no_memory(err);
}

static bool finish_server(identity *server, const identity *ca)
{
    return add_extension(server->cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(server->cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(server->cert, ca->cert, NID_ext_key_usage, "serverAuth") &&
           add_extension(server->cert, ca->cert, NID_subject_key_identifier, "hash") &&
           add_extension(server->cert, ca->cert, NID_authority_key_identifier, "keyid:always") &&
           sign(server->cert, ca);
}

/* Labels of letters, digits and '-', as certificates have them. */
static bool is_host(mp_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
    }
    return host.len > 0 && host.len <= HOST_MAX && host.ptr[0] != '.' && host.ptr[host.len - 1] != '.';
}

/* The names a client may use: the machine itself, the host, and a vault below it. */
static mp_code names_of(char out[1024], const char *host, mp_error *err)
{
    static const char own[] = "DNS:localhost,IP:127.0.0.1,IP:::1";
    mp_address        address;
    char              text[MP_ADDRESS_TEXT];
    if (mp_address_parse(&address, mp_str_from(host))) {
        mp_address_text(text, &address);
        snprintf(out, 1024, "%s%s%s", own,
                 mp_address_is_loopback(&address) ? "" : ",IP:", mp_address_is_loopback(&address) ? "" : text);
        return MP_OK;
    }
    if (!is_host(mp_str_from(host)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is no name of a host and no address", host);
    if (strcmp(host, "localhost") == 0)
        snprintf(out, 1024, "%s,DNS:*.vault.localhost", own);
    else
        snprintf(out, 1024, "%s,DNS:%s,DNS:*.vault.%s", own, host, host);
    return MP_OK;
}

static mp_code make_server(identity *server, const identity *ca, const char *host, mp_ticks now, mp_error *err)
{
    char names[1024];
    MP_TRY(names_of(names, host, err));
    bool done = begin_identity(server, now, SERVER_DAYS, strlen(host) <= 64 ? host : "Mapae") &&
                add_extension(server->cert, ca->cert, NID_subject_alt_name, names) && finish_server(server, ca);
    return done ? MP_OK : mp_no_memory(err);
}

/* ---- what the header promises ---- */

static mp_code authority(identity *ca, const char *folder, const char *host, mp_ticks now, mp_error *err)
{
    if (is_there(folder, "ca.pem"))
        return read_identity(ca, folder, "ca.pem", "ca.key", err);
    MP_TRY(make_authority(ca, host, now, err));
    return write_identity(ca, folder, "ca.pem", "ca.key", err);
}

/* There, readable, and key and certificate belong together. */
static bool has_server(const char *folder)
{
    identity server = { 0 };
    bool     good = read_identity(&server, folder, "server.pem", "server.key", NULL) == MP_OK &&
                    X509_check_private_key(server.cert, server.key) == 1;
    identity_done(&server);
    return good;
}

mp_code mp_certificate_make(const char *folder, const char *host, mp_ticks now, mp_error *err)
{
    identity ca = { 0 }, server = { 0 };
    char     names[1024];
    MP_TRY(names_of(names, host, err));
    MP_TRY(mp_durable_folder(folder, err));
    if (has_server(folder))
        return MP_OK;
    mp_code code = authority(&ca, folder, host, now, err);
    if (code == MP_OK)
        code = make_server(&server, &ca, host, now, err);
    if (code == MP_OK)
        code = write_identity(&server, folder, "server.pem", "server.key", err);
    identity_done(&ca);
    identity_done(&server);
    return code;
}

static bool is_ours(X509 *cert, const identity *ca)
{
    return X509_check_issued(ca->cert, cert) == X509_V_OK && X509_verify(cert, ca->key) == 1;
}

static bool ends_soon(const X509 *cert, mp_ticks now)
{
    time_t soon = (time_t)mp_clock_to_unix(now) + RENEW_DAYS * 86400;
    return X509_cmp_time(X509_get0_notAfter(cert), &soon) < 0;
}

/* The same names, a new key. */
static mp_code make_again(identity *fresh, const X509 *old, const identity *ca, mp_ticks now, mp_error *err)
{
    char name[65] = "Mapae";
    int  at = X509_get_ext_by_NID(old, NID_subject_alt_name, -1);
    X509_NAME_get_text_by_NID(X509_get_subject_name(old), NID_commonName, name, sizeof name);
    bool done = at >= 0 && begin_identity(fresh, now, SERVER_DAYS, name) &&
                X509_add_ext(fresh->cert, X509_get_ext(old, at), -1) == 1 && finish_server(fresh, ca);
    return done ? MP_OK : mp_no_memory(err);
}

mp_code mp_certificate_renew(bool *renewed, const char *folder, mp_ticks now, mp_error *err)
{
    identity ca = { 0 }, server = { 0 }, fresh = { 0 };
    bool     is_due = false;
    mp_code  code = read_identity(&server, folder, "server.pem", "server.key", err);
    if (code == MP_OK && ends_soon(server.cert, now) && is_there(folder, "ca.key")) {
        code = read_identity(&ca, folder, "ca.pem", "ca.key", err);
        is_due = code == MP_OK && is_ours(server.cert, &ca);
    }
    if (is_due)
        code = make_again(&fresh, server.cert, &ca, now, err);
    if (is_due && code == MP_OK)
        code = write_identity(&fresh, folder, "server.pem", "server.key", err);
    if (code == MP_OK)
        *renewed = is_due;
    identity_done(&ca);
    identity_done(&server);
    identity_done(&fresh);
    return code;
}
