/* SPDX-License-Identifier: Apache-2.0 */
/* The installation's own authority: what strict readers of certificates say of it, and renewal. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server.h"
#include "source.h"
#include "test.h"
#include "tls.h"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[4][128];
    static int  n;
    n = (n + 1) % 4;
    snprintf(path[n], sizeof path[n], "%s/%s", folder, name);
    return path[n];
}

static void clear(void)
{
    static const char *const names[] = { "ca.pem", "ca.key", "server.pem", "server.key" };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        unlink(path_of(names[i]));
}

static mp_ticks day(const char *text)
{
    mp_ticks t;
    assert_true(mp_clock_parse(&t, mp_str_from(text)));
    return t;
}

static X509 *read_cert(const char *name)
{
    FILE *file = fopen(path_of(name), "r");
    X509 *cert = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (file)
        fclose(file);
    assert_non_null(cert);
    return cert;
}

/* As `openssl verify -x509_strict` does, for a server of this name at this time; 0 when well. */
static int verify(const char *host, mp_ticks at)
{
    X509           *ca = read_cert("ca.pem"), *cert = read_cert("server.pem");
    X509_STORE     *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, ca);
    X509_STORE_CTX_init(ctx, store, cert, NULL);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(param, (time_t)mp_clock_to_unix(at));
    if (host[0] >= '0' && host[0] <= '9')
        X509_VERIFY_PARAM_set1_ip_asc(param, host);
    else
        X509_VERIFY_PARAM_set1_host(param, host, 0);
    int code = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(cert);
    X509_free(ca);
    return code;
}

static unsigned gnutls_status(const char *host)
{
    gnutls_x509_trust_list_t list;
    gnutls_x509_crt_t        crt;
    gnutls_datum_t           bytes;
    unsigned                 status = ~0u;
    gnutls_typed_vdata_st    data[] = { { GNUTLS_DT_DNS_HOSTNAME, (void *)(uintptr_t)host, 0 },
                                        { GNUTLS_DT_KEY_PURPOSE_OID, (void *)(uintptr_t)GNUTLS_KP_TLS_WWW_SERVER, 0 } };
    assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_trust_file(list, path_of("ca.pem"), NULL, GNUTLS_X509_FMT_PEM, 0, 0), 1);
    assert_int_equal(gnutls_load_file(path_of("server.pem"), &bytes), 0);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &bytes, GNUTLS_X509_FMT_PEM), 0);
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(list, &crt, 1, data, 2,
                                                        GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_HIGH), &status, NULL),
                     0);
    gnutls_x509_crt_deinit(crt);
    gnutls_free(bytes.data);
    gnutls_x509_trust_list_deinit(list, 1);
    return status;
}

TEST(strict_readers_are_content)
{
    mp_ticks    now = mp_clock_now();
    mp_error    err;
    struct stat s;
    clear();
    CHECK_INT(mp_certificate_make(folder, "mapae.example.kr", now, &err), MP_OK);
    static const char *const good[] = { "mapae.example.kr", "localhost", "127.0.0.1", "a.vault.mapae.example.kr" };
    static const char *const bad[] = { "example.kr", "a.b.vault.mapae.example.kr", "127.0.0.2", "x.mapae.example.kr" };
    for (size_t i = 0; i < MP_COUNT(good); i++)
        if (verify(good[i], now) != 0)
            fail_msg("%s: %s", good[i], X509_verify_cert_error_string(verify(good[i], now)));
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        CHECK(verify(bad[i], now) != 0);
    CHECK_INT(gnutls_status("mapae.example.kr"), 0);
    CHECK(gnutls_status("other.example.kr") != 0);
    CHECK(verify("localhost", now + 396 * MP_TICKS_PER_DAY) == 0);
    CHECK(verify("localhost", now + 398 * MP_TICKS_PER_DAY) != 0);
    CHECK(stat(path_of("ca.key"), &s) == 0 && (s.st_mode & 0777) == 0600);
    CHECK(stat(path_of("server.key"), &s) == 0 && (s.st_mode & 0777) == 0600);
    /* The authority signs servers and no authorities. */
    X509 *ca = read_cert("ca.pem");
    CHECK_INT(X509_get_pathlen(ca), 0);
    CHECK(X509_check_ca(ca) == 1);
    X509_free(ca);
}

TEST(what_is_there_stays)
{
    mp_ticks now = mp_clock_now();
    mp_error err;
    mp_arena arena = MP_ARENA_INIT;
    mp_str   before, after;
    clear();
    CHECK_INT(mp_certificate_make(folder, "localhost", now, &err), MP_OK);
    CHECK_INT(mp_source_slurp(&before, path_of("server.pem"), 0, &arena, &err), MP_OK);
    CHECK_INT(mp_certificate_make(folder, "localhost", now, &err), MP_OK);
    CHECK_INT(mp_source_slurp(&after, path_of("server.pem"), 0, &arena, &err), MP_OK);
    CHECK(mp_str_eq(before, after));
    /* A key that is not the certificate's: made anew, by the same authority. */
    CHECK_INT(rename(path_of("ca.pem"), path_of("keep.pem")), 0);
    CHECK_INT(rename(path_of("ca.key"), path_of("keep.key")), 0);
    CHECK_INT(unlink(path_of("server.pem")), 0);
    CHECK_INT(mp_certificate_make(folder, "localhost", now, &err), MP_OK);
    CHECK_INT(rename(path_of("keep.pem"), path_of("ca.pem")), 0);
    CHECK_INT(rename(path_of("keep.key"), path_of("ca.key")), 0);
    CHECK(verify("localhost", now) != 0); /* of another authority now */
    FILE *file = fopen(path_of("server.pem"), "w");
    CHECK(file && fwrite(before.ptr, 1, before.len, file) == before.len && fclose(file) == 0);
    CHECK_INT(mp_certificate_make(folder, "localhost", now, &err), MP_OK);
    CHECK_INT(verify("localhost", now), 0);
    mp_arena_free(&arena);
}

TEST(it_is_renewed_in_time)
{
    mp_ticks start = day("2026-01-01T00:00:00Z");
    bool     renewed = true;
    mp_error err;
    clear();
    CHECK_INT(mp_certificate_make(folder, "mapae.example.kr", start, &err), MP_OK);
    CHECK_INT(mp_certificate_renew(&renewed, folder, start + 366 * MP_TICKS_PER_DAY, &err), MP_OK);
    CHECK(!renewed);
    CHECK_INT(mp_certificate_renew(&renewed, folder, start + 368 * MP_TICKS_PER_DAY, &err), MP_OK);
    CHECK(renewed);
    CHECK_INT(verify("a.vault.mapae.example.kr", start + 700 * MP_TICKS_PER_DAY), 0);
    CHECK_INT(mp_certificate_renew(&renewed, folder, start + 368 * MP_TICKS_PER_DAY, &err), MP_OK);
    CHECK(!renewed);
    /* One that somebody else made is left alone. */
    CHECK_INT(unlink(path_of("ca.pem")) + unlink(path_of("ca.key")), 0);
    CHECK_INT(mp_certificate_renew(&renewed, folder, start + 800 * MP_TICKS_PER_DAY, &err), MP_OK);
    CHECK(!renewed);
}

TEST(hosts_of_all_kinds)
{
    static const char *const wrong[] = { "", ".x", "a b", "a,DNS:evil", "a\nb", "*.x" };
    mp_ticks                 now = mp_clock_now();
    mp_error                 err;
    char                     longest[251];
    clear();
    CHECK_INT(mp_certificate_make(folder, "192.0.2.7", now, &err), MP_OK);
    CHECK_INT(verify("192.0.2.7", now), 0);
    clear();
    for (size_t i = 0; i < 250; i++)
        longest[i] = i % 50 == 49 ? '.' : 'a';
    longest[249] = 'b';
    longest[250] = '\0';
    CHECK_INT(mp_certificate_make(folder, longest, now, &err), MP_OK);
    CHECK_INT(verify(longest, now), 0);
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        CHECK_INT(mp_certificate_make(folder, wrong[i], now, &err), MP_PARAMETER);
    clear();
    CHECK_INT(mp_certificate_make("/nonexistent/folder", "localhost", now, &err), MP_OUTPUT);
}

TEST(a_pair_is_loaded_when_it_is_one)
{
    mp_tls  *tls = NULL;
    mp_error err;
    clear();
    CHECK_INT(mp_certificate_make(folder, "localhost", mp_clock_now(), &err), MP_OK);
    CHECK_INT(mp_tls_open(&tls, path_of("server.pem"), path_of("ca.key"), &err), MP_PARAMETER);
    CHECK_INT(mp_tls_open(&tls, path_of("server.key"), path_of("server.key"), &err), MP_PARAMETER);
    CHECK_INT(mp_tls_open(&tls, path_of("none.pem"), path_of("server.key"), &err), MP_IO);
    CHECK_INT(mp_tls_open(&tls, path_of("server.pem"), path_of("server.key"), &err), MP_OK);
    CHECK_INT(mp_tls_current(tls).count, 1);
    CHECK(!mp_tls_is_changed(tls));
    CHECK_INT(unlink(path_of("server.pem")), 0);
    CHECK(mp_tls_is_changed(tls));
    CHECK_INT(mp_tls_reload(tls, &err), MP_IO);
    CHECK_INT(mp_tls_current(tls).count, 1);
    CHECK(mp_tls_until(tls) > mp_clock_now() + 395 * MP_TICKS_PER_DAY);
    mp_tls_free(tls);
}

int main(void)
{
    snprintf(folder, sizeof folder, "/tmp/mapae-test-tls-XXXXXX");
    if (!mkdtemp(folder))
        return 2;
    int failed = MAIN(RUN(strict_readers_are_content), RUN(what_is_there_stays), RUN(it_is_renewed_in_time),
                      RUN(hosts_of_all_kinds), RUN(a_pair_is_loaded_when_it_is_one));
    clear();
    rmdir(folder);
    return failed;
}
