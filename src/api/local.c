/* SPDX-License-Identifier: Apache-2.0 */
#include "local.h"

#include "local_internal.h"
#include "prepared.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temporary.h"

#define MP_SOCKET_PATH 4096

struct mp_local {
    mp_app *app; /* NULL: a server answers */
    mp_lang lang;
    char    socket[MP_SOCKET_PATH];
};

/* ---- opening ---- */

/* The socket of a folder; false when its path is too long. */
static bool socket_of(char out[MP_SOCKET_PATH], const char *folder)
{
    int len = snprintf(out, MP_SOCKET_PATH, "%s/mapae.sock", folder);
    return len >= 0 && len < MP_SOCKET_PATH;
}

bool mp_local_is_served(const char *folder)
{
    char path[MP_SOCKET_PATH];
    return socket_of(path, folder) && mp_socket_answers(path);
}

mp_code mp_local_open(mp_local **out, const mp_local_options *options, mp_error *err)
{
    mp_local *local = calloc(1, sizeof *local);
    if (!local)
        return mp_no_memory(err);
    local->lang = options->lang;
    if (!socket_of(local->socket, options->folder)) {
        free(local);
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is too long");
    }
    mp_code code = MP_OK;
    if (!mp_socket_answers(local->socket)) {
        mp_app_options opened = { .config = options->config,
                                  .folder = options->folder,
                                  .store = options->store,
                                  .log = options->log,
                                  .systems = options->systems };
        code = mp_app_open(&local->app, &opened, err);
        if (code == MP_BUSY && mp_socket_answers(local->socket))
            code = MP_OK; /* a server that was just starting */
    }
    if (code != MP_OK) {
        free(local);
        return code;
    }
    *out = local;
    return MP_OK;
}

void mp_local_close(mp_local *local)
{
    if (!local)
        return;
    mp_app_close(local->app);
    free(local);
}

bool mp_local_has_server(const mp_local *local) { return !local->app; }

/* ---- what both ways share ---- */

static mp_str quoted(mp_arena *arena, int64_t version)
{
    return mp_arena_printf(arena, "\"%lld\"", (long long)version);
}

mp_code mp_local_headers(mp_pair out[MP_LOCAL_HEADERS], size_t *count, const mp_local_request *request, mp_lang lang,
                         mp_arena *arena, mp_error *err)
{
    size_t n = 0;
    out[n++] = (mp_pair){ MP_S("Accept-Language"), mp_str_from(mp_lang_name(lang)) };
    if (request->json)
        out[n++] = (mp_pair){ MP_S("Content-Type"), MP_S("application/json") };
    else if (request->body)
        out[n++] = (mp_pair){ MP_S("Content-Type"),
                    request->content_type ? mp_str_from(request->content_type) : MP_S("application/octet-stream") };
    if (request->expected)
        out[n++] = (mp_pair){ MP_S("If-Match"), quoted(arena, request->expected) };
    if (request->creates)
        out[n++] = (mp_pair){ MP_S("If-None-Match"), MP_S("*") };
    for (size_t i = 0; i < n; i++)
        if (!out[i].value.ptr)
            return mp_no_memory(err);
    *count = n;
    return MP_OK;
}

static int64_t version_of(mp_str etag)
{
    int64_t version = 0;
    for (size_t i = 0; i < etag.len; i++) {
        if (etag.ptr[i] == '"')
            continue;
        if (etag.ptr[i] < '0' || etag.ptr[i] > '9' || __builtin_mul_overflow(version, 10, &version) ||
            __builtin_add_overflow(version, etag.ptr[i] - '0', &version))
            return 0;
    }
    return version;
}

mp_code mp_local_fill(mp_local_answer *out, unsigned status, mp_str content_type, mp_str etag, mp_str text,
                      mp_arena *arena, mp_error *err)
{
    size_t semicolon = mp_str_find(content_type, ';');
    mp_str type = mp_arena_dup(
        arena, mp_str_trim(mp_str_of(content_type.ptr, semicolon == SIZE_MAX ? content_type.len : semicolon)));
    out->status = status;
    out->content_type = type;
    out->version = version_of(etag);
    out->text = text;
    out->json = NULL;
    bool is_json = mp_str_ends_fold(type, MP_S("/json")) || mp_str_ends_fold(type, MP_S("+json"));
    if (!type.ptr)
        return mp_no_memory(err);
    if (!is_json || text.len == 0)
        return MP_OK;
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, NULL, NULL, err);
    if (code == MP_OK && !(out->json = mp_arena_keep_json(arena, root, text)))
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    return code;
}

/* ---- in this process ---- */

/* A body of any size as one run of bytes: the file itself, or, of what cannot be mapped (a pipe), a copy on disk. */
typedef struct mapped {
    void  *bytes;
    size_t len;
} mapped;

static mp_code copy_to(int fd, uint64_t *size, FILE *from, mp_error *err)
{
    char   piece[65536];
    size_t got;
    *size = 0;
    while ((got = fread(piece, 1, sizeof piece, from)) > 0) {
        MP_TRY(mp_temporary_write(fd, *size, mp_str_of(piece, got), err));
        *size += got;
    }
    return ferror(from) ? mp_fail(err, MP_IO, MP_NOWHERE, "the body cannot be read: %s", strerror(errno)) : MP_OK;
}

static mp_code map_body(mapped *out, FILE *from, mp_error *err)
{
    uint64_t size;
    int      fd;
    MP_TRY(mp_temporary_open(&fd, err));
    mp_code code = copy_to(fd, &size, from, err);
    if (code == MP_OK && size > 0) {
        out->bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        out->len = size;
        if (out->bytes == MAP_FAILED) {
            out->bytes = NULL;
            code = mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a body of %llu bytes", (unsigned long long)size);
        }
    }
    close(fd);
    return code;
}

static void unmap(mapped *m)
{
    if (m->bytes)
        munmap(m->bytes, m->len);
}

static mp_code put_bytes(mp_local_answer *out, FILE *into, mp_str bytes, mp_error *err)
{
    if (fwrite(bytes.ptr, 1, bytes.len, into) != bytes.len)
        return mp_fail(err, errno == ENOSPC ? MP_FULL : MP_OUTPUT, MP_NOWHERE, "the answer cannot be written: %s",
                       strerror(errno));
    out->bytes += bytes.len;
    return MP_OK;
}

/* All of a body that is made while it is read. */
static mp_code pull(mp_local_answer *out, mp_buf *kept, const mp_http_response *response, FILE *into, mp_error *err)
{
    static _Thread_local char piece[65536];
    for (uint64_t at = 0;;) {
        int64_t got = response->more(response->ctx, at, piece, sizeof piece);
        if (got < 0)
            return mp_fail(err, MP_IO, MP_NOWHERE, "the answer broke off after %llu bytes", (unsigned long long)at);
        if (got == 0)
            return mp_buf_check(kept, err);
        if (into)
            MP_TRY(put_bytes(out, into, mp_str_of(piece, (size_t)got), err));
        else
            mp_buf_add(kept, mp_str_of(piece, (size_t)got));
        at += (uint64_t)got;
    }
}

static mp_str header_of(const mp_http_response *response, mp_str name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (mp_str_eq_fold(response->headers[i].name, name))
            return response->headers[i].value;
    return mp_str_of(NULL, 0);
}

static mp_code take_answer(mp_local_answer *out, const mp_http_response *response, FILE *into, mp_arena *arena,
                           mp_error *err)
{
    mp_buf  kept = { .limit = MP_LOCAL_ANSWER_MAX };
    FILE   *good = response->status < 300 ? into : NULL;
    mp_str  text = response->body;
    mp_code code = MP_OK;
    if (response->more) {
        code = pull(out, &kept, response, good, err);
        text = code == MP_OK ? mp_arena_dup(arena, mp_buf_str(&kept)) : MP_S("");
    } else if (good && text.len) {
        code = put_bytes(out, good, text, err);
        text = MP_S("");
    }
    mp_buf_free(&kept);
    if (code == MP_OK && !text.ptr)
        text = MP_S("");
    if (code == MP_OK)
        code = mp_local_fill(out, response->status, mp_str_from(response->content_type),
                             header_of(response, MP_S("etag")), text, arena, err);
    return code;
}

static mp_code answer_here(mp_local_answer *out, mp_local *local, const mp_local_request *asked, mp_arena *arena,
                           mp_error *err)
{
    mp_pair          headers[MP_LOCAL_HEADERS];
    mp_http_request  request = { .method = asked->method, .target = asked->path, .headers = headers,
                                 .client = MP_S("local"), .is_local = true, .arena = arena };
    mp_http_response response;
    mapped           body = { NULL, 0 };
    mp_buf           text = MP_BUF_INIT;
    mp_code          code = mp_local_headers(headers, &request.header_count, asked, local->lang, arena, err);
    if (code == MP_OK && asked->json) {
        mp_buf_add_json(&text, asked->json);
        code = mp_buf_check(&text, err);
        request.body = mp_buf_str(&text);
    } else if (code == MP_OK && asked->body) {
        code = map_body(&body, asked->body, err);
        request.body = mp_str_of(body.bytes, body.len);
    }
    if (code == MP_OK) {
        mp_router_answer(local->app->router, &request, &response);
        code = take_answer(out, &response, asked->into, arena, err);
        if (response.done)
            response.done(response.ctx);
    }
    unmap(&body);
    mp_buf_free(&text);
    return code;
}

/* ---- either way ---- */

mp_code mp_local_ask(mp_local_answer *out, mp_local *local, const mp_local_request *request, mp_arena *arena,
                     mp_error *err)
{
    mp_local_answer answer = { .bytes = 0 };
    if (local->app)
        MP_TRY(answer_here(&answer, local, request, arena, err));
    else
        MP_TRY(mp_socket_ask(&answer, local->socket, request, local->lang, arena, err));
    *out = answer;
    return MP_OK;
}

static mp_code code_of(mp_str name, unsigned status)
{
    for (unsigned i = 1; i < MP_CODE_COUNT; i++)
        if (mp_str_eq(name, mp_str_from(mp_code_name((mp_code)i))))
            return (mp_code)i;
    return status >= 500 ? MP_UNAVAILABLE : MP_USAGE;
}

mp_code mp_local_check(const mp_local_answer *answer, mp_error *err)
{
    if ((answer->status >= 200 && answer->status < 300) || answer->status == 304)
        return MP_OK;
    mp_str  detail = mp_json_get_text(answer->json, "detail"), title = mp_json_get_text(answer->json, "title"),
            pointer = mp_json_get_text(answer->json, "pointer");
    mp_code code = code_of(mp_json_get_text(answer->json, "code"), answer->status);
    if (!detail.len)
        detail = title;
    if (!detail.len)
        return mp_fail(err, code, MP_NOWHERE, "the server answered with status %u", answer->status);
    if (pointer.len)
        return mp_fail(err, code, MP_NOWHERE, "%.*s: %.*s", MP_FMT(pointer), MP_FMT(detail));
    return mp_fail(err, code, MP_NOWHERE, "%.*s", MP_FMT(detail));
}
