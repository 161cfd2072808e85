/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_rights.h"

#include <unistd.h>

#include "evidence.h"
#include "guard.h"
#include "item.h"
#include "sent_file.h"
#include "temporary.h"

mp_code mp_evidence_require(mp_record *out, mp_app *app, mp_http_request *request,
                            const char *action, mp_str id, mp_ticks as_of, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code code = mp_item_read(out, app, request, &mp_evidence_kind, id, as_of, &why);
    mp_str scope = code == MP_OK ? mp_json_get_text(out->body, "scope") : mp_str_of(NULL, 0);
    mp_error denied = { .code = MP_OK };
    mp_code may = mp_app_require(app, request, action, scope.len ? scope : MP_S("/"), &denied);
    if (may == MP_DENIED) /* as of an id that is none: ids are told where evidence counts, and where it belongs is not */
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "who asks may not do %.*s on %.*s",
                       MP_FMT(mp_str_from(action ? action : request->route->action)), MP_FMT(MP_S("/")));
    if (may != MP_OK)
        return mp_fail(err, may, MP_NOWHERE, "%s", denied.message);
    if (code != MP_OK && err)
        *err = why;
    return code;
}

/* ---- names of files ---- */

/* What may stand in a token of RFC 8187 as it is: attr-char. */
static bool is_attr_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* In quotes for readers that know only ASCII: what could end the quotes, begin an escape or a path
 * does not pass. */
static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && !strchr("\"\\/%;:*?<>|", c);
}

/* A name that Windows takes for a device, whatever ends it: "con", "NUL.txt", "COM1.log". */
static bool is_device(mp_str name)
{
    static const char *const devices[] = { "con", "prn", "aux", "nul", "com", "lpt" };
    size_t dot = mp_str_find(name, '.');
    mp_str stem = mp_str_trim(dot == SIZE_MAX ? name : mp_str_of(name.ptr, dot));
    for (size_t i = 0; i < MP_COUNT(devices); i++) {
        bool is_numbered = i >= 4;
        if (stem.len == (is_numbered ? 4u : 3u) && mp_str_starts_fold(stem, mp_str_from(devices[i])) &&
            (!is_numbered || (stem.ptr[3] >= '0' && stem.ptr[3] <= '9')))
            return true;
    }
    return false;
}

/* Without the dots and blanks that Windows cuts from an end, so that ".exe. " is no other type than it shows; and no
 * device. {NULL,0} when memory is short. */
static mp_str harmless(mp_arena *arena, mp_str name)
{
    while (name.len && (name.ptr[name.len - 1] == '.' || name.ptr[name.len - 1] == ' '))
        name.len--;
    return mp_arena_printf(arena, "%s%.*s", is_device(name) ? "_" : "", MP_FMT(name));
}

mp_str mp_saved_as(mp_arena *arena, mp_str came_as)
{
    mp_buf b = MP_BUF_INIT;
    bool is_exact = true;
    mp_str name = harmless(arena, came_as);
    if (!name.ptr)
        return name;
    mp_buf_add_z(&b, "attachment; filename=\"");
    for (size_t i = 0; i < name.len; i++) {
        bool is_kept = is_plain((unsigned char)name.ptr[i]) && (i > 0 || name.ptr[i] != '.');
        mp_buf_add_c(&b, is_kept ? name.ptr[i] : '_');
        is_exact = is_exact && is_kept;
    }
    mp_buf_add_z(&b, name.len ? "\"" : "evidence\"");
    if (!is_exact) {
        mp_buf_add_z(&b, "; filename*=UTF-8''");
        for (size_t i = 0; i < name.len; i++)
            if (is_attr_char((unsigned char)name.ptr[i]))
                mp_buf_add_c(&b, name.ptr[i]);
            else
                mp_buf_printf(&b, "%%%02X", (unsigned)(unsigned char)name.ptr[i]);
    }
    mp_str out = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return out;
}

/* ---- the file ---- */

typedef struct unpacking {
    int fd;
    uint64_t at;
} unpacking;

static mp_code unpack(void *ctx, mp_str bytes, mp_error *err)
{
    unpacking *u = ctx;
    MP_TRY(mp_temporary_write(u->fd, u->at, bytes, err));
    u->at += bytes.len;
    return MP_OK;
}

mp_code mp_send_evidence(mp_app *app, mp_http_request *request, mp_http_response *response,
                         const mp_record *record, mp_error *err)
{
    unpacking u = { .fd = -1 };
    mp_str saved_as = mp_saved_as(request->arena, mp_json_get_text(record->body, "fileName"));
    mp_str type = mp_arena_dup(request->arena, mp_json_get_text(record->body, "mediaType"));
    if (!saved_as.ptr || !type.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_temporary_open(&u.fd, err));
    mp_code code =
        mp_evidence_read(app->store, mp_json_get_text(record->body, "sha256"), unpack, &u, err);
    if (code != MP_OK) {
        close(u.fd);
        return code;
    }
    MP_TRY(mp_respond_file(request, response, u.fd, type.ptr, NULL, err));
    mp_respond_header(response, MP_S("content-disposition"), saved_as);
    mp_respond_header(response, MP_S("content-security-policy"),
                      MP_S("default-src 'none'; sandbox; frame-ancestors 'none'"));
    return MP_OK;
}
