/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "source.h"

/* A handshake borrows certificate and key without counting, so what was replaced is kept until no handshake
 * can still have it. */

#define CHAIN_MAX 8
#define PEM_MAX (256 * 1024)
#define KEEP_SECONDS 600 /* longer than any handshake may take */

struct generation {
    struct generation *older;
    gnutls_pcert_st    certificates[CHAIN_MAX];
    unsigned           count;
    gnutls_privkey_t   key;
    time_t             until;
    time_t             retired; /* of the monotonic clock; 0: in use */
};

struct stamp {
    struct timespec modified;
    ino_t           inode;
    off_t           size;
};

struct mp_tls {
    pthread_mutex_t    lock;
    struct generation *current;
    char              *cert_file, *key_file;
    struct stamp       seen[2];
};

static time_t monotonic_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void free_generation(struct generation *g)
{
    for (unsigned i = 0; g && i < g->count; i++)
        gnutls_pcert_deinit(&g->certificates[i]);
    if (g && g->key)
        gnutls_privkey_deinit(g->key);
    free(g);
}

/* What was replaced long ago goes. */
static void prune(struct generation *g, time_t now)
{
    while (g && g->older) {
        if (g->older->retired && now - g->older->retired > KEEP_SECONDS) {
            struct generation *gone = g->older;
            g->older = gone->older;
            free_generation(gone);
        } else {
            g = g->older;
        }
    }
}

static mp_code wrong(mp_error *err, const char *file, int code)
{
    if (code == GNUTLS_E_MEMORY_ERROR)
        return mp_no_memory(err);
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%s' is no certificate or key that can be used: %s", file,
                   gnutls_strerror(code));
}

static gnutls_datum_t datum(mp_str text)
{
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)text.ptr, (unsigned)text.len };
}

/* Do the two belong together? GnuTLS says so when both are set as credentials. */
static mp_code check_pair(const struct mp_tls *tls, const gnutls_datum_t *cert, const gnutls_datum_t *key,
                          mp_error *err)
{
    gnutls_certificate_credentials_t credentials;
    int                              code = gnutls_certificate_allocate_credentials(&credentials);
    if (code < 0)
        return wrong(err, tls->cert_file, code);
    code = gnutls_certificate_set_x509_key_mem(credentials, cert, key, GNUTLS_X509_FMT_PEM);
    gnutls_certificate_free_credentials(credentials);
    return code < 0 ? wrong(err, tls->cert_file, code) : MP_OK;
}

static time_t until(const gnutls_pcert_st *pcert)
{
    gnutls_x509_crt_t crt;
    time_t            end = 0;
    if (gnutls_pcert_export_x509((gnutls_pcert_st *)(uintptr_t)pcert, &crt) < 0)
        return 0;
    end = gnutls_x509_crt_get_expiration_time(crt);
    gnutls_x509_crt_deinit(crt);
    return end;
}

static mp_code load(struct generation *g, const struct mp_tls *tls, mp_arena *arena, mp_error *err)
{
    mp_str cert_text, key_text;
    MP_TRY(mp_source_slurp(&cert_text, tls->cert_file, PEM_MAX, arena, err));
    MP_TRY(mp_source_slurp(&key_text, tls->key_file, PEM_MAX, arena, err));
    gnutls_datum_t cert = datum(cert_text), key = datum(key_text);
    MP_TRY(check_pair(tls, &cert, &key, err));
    unsigned count = CHAIN_MAX;
    int      code = gnutls_pcert_list_import_x509_raw(g->certificates, &count, &cert, GNUTLS_X509_FMT_PEM,
                                                      GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (code < 0)
        return wrong(err, tls->cert_file, code);
    g->count = count;
    if ((code = gnutls_privkey_init(&g->key)) < 0 ||
        (code = gnutls_privkey_import_x509_raw(g->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0)) < 0)
        return wrong(err, tls->key_file, code);
    g->until = until(&g->certificates[0]);
    return MP_OK;
}

static struct stamp stamp_of(const char *file)
{
    struct stat s;
    if (stat(file, &s) != 0)
        return (struct stamp){ .size = -1 };
    return (struct stamp){ s.st_mtim, s.st_ino, s.st_size };
}

static bool is_same(struct stamp a, struct stamp b)
{
    return a.modified.tv_sec == b.modified.tv_sec && a.modified.tv_nsec == b.modified.tv_nsec && a.inode == b.inode &&
           a.size == b.size;
}

bool mp_tls_is_changed(mp_tls *tls)
{
    struct stamp now[2] = { stamp_of(tls->cert_file), stamp_of(tls->key_file) };
    pthread_mutex_lock(&tls->lock);
    bool changed = !is_same(now[0], tls->seen[0]) || !is_same(now[1], tls->seen[1]);
    tls->seen[0] = now[0];
    tls->seen[1] = now[1];
    pthread_mutex_unlock(&tls->lock);
    return changed;
}

mp_code mp_tls_reload(mp_tls *tls, mp_error *err)
{
    mp_arena           arena = MP_ARENA_INIT;
    struct generation *g = calloc(1, sizeof(*g));
    mp_code code = g ? load(g, tls, &arena, err) : mp_no_memory(err);
    mp_arena_free(&arena);
    if (code != MP_OK) {
        free_generation(g);
        return code;
    }
    pthread_mutex_lock(&tls->lock);
    time_t now = monotonic_seconds();
    g->older = tls->current;
    if (g->older)
        g->older->retired = now ? now : 1;
    tls->current = g;
    prune(g, now);
    pthread_mutex_unlock(&tls->lock);
    return MP_OK;
}

mp_code mp_tls_open(mp_tls **out, const char *cert_file, const char *key_file, mp_error *err)
{
    mp_tls *tls = calloc(1, sizeof(*tls));
    if (!tls)
        return mp_no_memory(err);
    pthread_mutex_init(&tls->lock, NULL);
    tls->cert_file = strdup(cert_file);
    tls->key_file = strdup(key_file);
    mp_code code = MP_OK;
    if (!tls->cert_file || !tls->key_file)
        code = mp_no_memory(err);
    if (code == MP_OK) {
        mp_tls_is_changed(tls);
        code = mp_tls_reload(tls, err);
    }
    if (code != MP_OK) {
        mp_tls_free(tls);
        return code;
    }
    *out = tls;
    return MP_OK;
}

void mp_tls_free(mp_tls *tls)
{
    if (!tls)
        return;
    for (struct generation *g = tls->current, *older; g; g = older) {
        older = g->older;
        free_generation(g);
    }
    free(tls->cert_file);
    free(tls->key_file);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

mp_tls_pair mp_tls_current(mp_tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    mp_tls_pair pair = { tls->current->certificates, tls->current->count, tls->current->key };
    pthread_mutex_unlock(&tls->lock);
    return pair;
}

mp_ticks mp_tls_until(mp_tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    time_t end = tls->current->until;
    pthread_mutex_unlock(&tls->lock);
    return mp_clock_from_unix(end);
}
