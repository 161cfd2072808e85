/* SPDX-License-Identifier: Apache-2.0 */
#include "local_internal.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- is anybody there ---- */

bool mp_socket_answers(const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    size_t             len = strlen(path);
    if (len >= sizeof at.sun_path)
        return false;
    memcpy(at.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool is_there = connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return is_there;
}

/* ---- one exchange ---- */

typedef struct exchange {
    const mp_local_request *request;
    CURL    *curl;
    mp_buf   kept;
    mp_buf   etag;
    uint64_t bytes;
    mp_error failed; /* where `into` took no more */
} exchange;

static size_t on_header(char *text, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    mp_str    line = mp_str_of(text, size * count), name = MP_S("etag:");
    if (mp_str_starts_fold(line, name)) {
        mp_buf_clear(&x->etag);
        mp_buf_add(&x->etag, mp_str_trim(mp_str_skip(line, name.len)));
    }
    return line.len;
}

static bool is_good(const exchange *x)
{
    long status = 0;
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    return status < 300;
}

static size_t on_body(char *text, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t    len = size * count;
    if (!x->request->into || !is_good(x)) {
        mp_buf_add(&x->kept, mp_str_of(text, len));
        return x->kept.failed ? 0 : len;
    }
    if (fwrite(text, 1, len, x->request->into) != len) {
        (void)mp_fail(&x->failed, errno == ENOSPC ? MP_FULL : MP_OUTPUT, MP_NOWHERE, "the answer cannot be written: %s",
                      strerror(errno));
        return 0;
    }
    x->bytes += len;
    return len;
}

static size_t on_read(char *into, size_t size, size_t count, void *ctx)
{
    exchange *x = ctx;
    size_t    got = fread(into, 1, size * count, x->request->body);
    return got == 0 && ferror(x->request->body) ? CURL_READFUNC_ABORT : got;
}

static const char *const methods[MP_METHOD_COUNT] = {
    [MP_GET] = "GET", [MP_HEAD] = "HEAD", [MP_POST] = "POST", [MP_PUT] = "PUT", [MP_PATCH] = "PATCH",
    [MP_DELETE] = "DELETE", [MP_OPTIONS] = "OPTIONS",
};

/* False when memory is short. */
static bool set_up(exchange *x, struct curl_slist **headers, const char *path, mp_str url, mp_buf *body)
{
    CURL *c = x->curl;
    bool  is_set = curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, path) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_URL, url.ptr) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_NOPROXY, "*") == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_HEADERDATA, x) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
                   curl_easy_setopt(c, CURLOPT_WRITEDATA, x) == CURLE_OK;
    if (x->request->body) {
        is_set = is_set && curl_easy_setopt(c, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
                 curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read) == CURLE_OK &&
                 curl_easy_setopt(c, CURLOPT_READDATA, x) == CURLE_OK;
    } else if (x->request->json || x->request->method == MP_POST || x->request->method == MP_PUT) {
        mp_buf_add_c(body, '\0'); /* never NULL; not counted */
        is_set = is_set && !body->failed &&
                 curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(body->len - 1)) == CURLE_OK &&
                 curl_easy_setopt(c, CURLOPT_POSTFIELDS, body->ptr) == CURLE_OK;
    } else if (x->request->method == MP_HEAD) {
        is_set = is_set && curl_easy_setopt(c, CURLOPT_NOBODY, 1L) == CURLE_OK;
    }
    return is_set && curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, methods[x->request->method]) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, *headers) == CURLE_OK;
}

static mp_code add_headers(struct curl_slist **list, const mp_local_request *request, mp_lang lang, mp_arena *arena,
                           mp_error *err)
{
    mp_pair headers[MP_LOCAL_HEADERS];
    size_t  count;
    MP_TRY(mp_local_headers(headers, &count, request, lang, arena, err));
    for (size_t i = 0; i <= count; i++) {
        /* No Expect: a server on this machine is asked at once. */
        mp_str line = i == count
                          ? MP_S("Expect:")
                          : mp_arena_printf(arena, "%.*s: %.*s", MP_FMT(headers[i].name), MP_FMT(headers[i].value));
        struct curl_slist *longer = line.ptr ? curl_slist_append(*list, line.ptr) : NULL;
        if (!longer)
            return mp_no_memory(err);
        *list = longer;
    }
    return MP_OK;
}

static mp_code perform(mp_local_answer *out, exchange *x, mp_arena *arena, mp_error *err)
{
    long        status = 0;
    const char *type = NULL;
    CURLcode    result = curl_easy_perform(x->curl);
    if (x->failed.code != MP_OK) {
        if (err)
            *err = x->failed;
        return x->failed.code;
    }
    MP_TRY(mp_buf_check(&x->kept, err));
    if (result != CURLE_OK)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the server of this data folder does not answer: %s",
                       curl_easy_strerror(result));
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->curl, CURLINFO_CONTENT_TYPE, &type);
    mp_str text = mp_arena_dup(arena, mp_buf_str(&x->kept));
    if (!text.ptr)
        return mp_no_memory(err);
    out->bytes = x->bytes;
    return mp_local_fill(out, (unsigned)status, mp_str_from(type), mp_buf_str(&x->etag), text, arena, err);
}

static void init_curl(void) { (void)curl_global_init(CURL_GLOBAL_DEFAULT); /* a failure shows at curl_easy_init() */ }

mp_code mp_socket_ask(mp_local_answer *out, const char *path, const mp_local_request *request, mp_lang lang,
                      mp_arena *arena, mp_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_curl);
    exchange           x = { .request = request, .curl = curl_easy_init(), .kept = { .limit = MP_LOCAL_ANSWER_MAX } };
    struct curl_slist *headers = NULL;
    mp_buf             body = MP_BUF_INIT;
    mp_str             url = mp_arena_printf(arena, "http://localhost%.*s", MP_FMT(request->path));
    if (request->json)
        mp_buf_add_json(&body, request->json);
    mp_code code = x.curl && url.ptr ? add_headers(&headers, request, lang, arena, err)
                                     : mp_no_memory(err);
    if (code == MP_OK && !set_up(&x, &headers, path, url, &body))
        code = mp_no_memory(err);
    if (code == MP_OK)
        code = perform(out, &x, arena, err);
    curl_slist_free_all(headers);
    curl_easy_cleanup(x.curl);
    mp_buf_free(&body);
    mp_buf_free(&x.kept);
    mp_buf_free(&x.etag);
    return code;
}
