/* SPDX-License-Identifier: Apache-2.0 */
#include "prepared.h"

#include "buf.h"
#include "clock.h"
#include "durable.h"
#include "jsonw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_NAME "installation.json"
#define FILE_MAX 65536

static mp_code path_of(char path[4096], const char *folder, mp_error *err)
{
    int len = snprintf(path, 4096, "%s/" FILE_NAME, folder);
    if (len < 0 || len >= 4096)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is too long");
    return MP_OK;
}

/* *out is {NULL,0} when there is no such file. */
static mp_code read_file(mp_str *out, const char *folder, mp_arena *arena, mp_error *err)
{
    char path[4096];
    MP_TRY(path_of(path, folder, err));
    *out = mp_str_of(NULL, 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? MP_OK
                   : mp_fail(err, MP_IO, MP_NOWHERE, "%s cannot be opened: %s", path, strerror(errno));
    char *bytes = mp_arena_alloc(arena, FILE_MAX);
    ssize_t len = bytes ? read(fd, bytes, FILE_MAX) : 0;
    close(fd);
    if (!bytes)
        return mp_no_memory(err);
    if (len < 0 || len == FILE_MAX)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%s is no description of an installation", path);
    *out = mp_str_of(bytes, (size_t)len);
    return MP_OK;
}

/* The object in the file, in the arena; NULL without a file. */
static mp_code read_object(const mp_json **out, const char *folder, mp_arena *arena, mp_error *err)
{
    mp_str       text;
    mp_json_doc *doc = NULL;
    *out = NULL;
    MP_TRY(read_file(&text, folder, arena, err));
    if (!text.ptr)
        return MP_OK;
    MP_TRY(mp_json_doc_new(&doc, err));
    const mp_json *root;
    mp_code        code = mp_json_read(doc, &root, text, NULL, NULL, err);
    if (code == MP_OK && !mp_json_is(root, MP_JSON_OBJECT))
        code = MP_SYNTAX;
    if (code == MP_SYNTAX)
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%s/%s is no description of an installation", folder, FILE_NAME);
    if (code == MP_OK && !(*out = mp_arena_dup_json(arena, root)))
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    return code;
}

static mp_code text_member(const char **out, const mp_json *object, mp_str name, mp_arena *arena, mp_error *err)
{
    const mp_json *v = mp_json_get(object, name);
    *out = NULL;
    if (!mp_json_is(v, MP_JSON_STRING) || v->count == 0)
        return MP_OK;
    *out = mp_arena_dup(arena, mp_json_str(v)).ptr;
    return *out ? MP_OK : mp_no_memory(err);
}

mp_code mp_prepared_read(mp_prepared *out, const char *folder, mp_arena *arena, mp_error *err)
{
    const mp_json *object;
    MP_TRY(read_object(&object, folder, arena, err));
    *out = (mp_prepared){ .is_prepared = mp_json_is(mp_json_get(object, MP_S("preparedAt")), MP_JSON_STRING) };
    MP_TRY(text_member(&out->host, object, MP_S("host"), arena, err));
    return text_member(&out->store, object, MP_S("store"), arena, err);
}

/* ---- writing ---- */

static bool is_ours(mp_str name)
{
    return mp_str_eq(name, MP_S("host")) || mp_str_eq(name, MP_S("store")) || mp_str_eq(name, MP_S("preparedAt"));
}

static void add(mp_jsonw *w, mp_str name, const char *text)
{
    if (!text)
        return;
    mp_jsonw_key(w, name);
    mp_jsonw_str(w, mp_str_from(text));
}

static const mp_json *with_ours(const mp_json *object, const mp_prepared *what, const char *now, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, object))
        if (!is_ours(mp_json_str(key))) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    add(&w, MP_S("host"), what->host);
    add(&w, MP_S("store"), what->store);
    add(&w, MP_S("preparedAt"), what->is_prepared ? now : NULL);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_prepared_write(const char *folder, const mp_prepared *what, mp_error *err)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         text = MP_BUF_INIT;
    const mp_json *object = NULL;
    char           path[4096], now[MP_CLOCK_SHORT];
    mp_clock_format_short(now, mp_clock_now());
    MP_TRY(path_of(path, folder, err));
    mp_code code = read_object(&object, folder, &arena, err);
    if (code == MP_OK && !object)
        code = mp_fail(err, MP_MISSING, MP_NOWHERE, "no installation is in %s", folder);
    if (code == MP_OK) {
        const mp_json *next = with_ours(object, what, now, &arena);
        if (next) {
            mp_buf_add_json_pretty(&text, next, 0);
            mp_buf_add_c(&text, '\n');
        }
        code = next ? mp_buf_check(&text, err)
                    : mp_no_memory(err);
    }
    if (code == MP_OK)
        code = mp_durable_replace(path, mp_buf_str(&text), 0600, err);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}
