/* SPDX-License-Identifier: Apache-2.0 */
/* An incremental update: the catalogue once more, with what it lacked, its place in a section of the table of
 * places, and a trailer that points to the one before. What cairo wrote stays byte for byte. */
#include <stdio.h>

#include "pdf.h"

static mp_code strange(mp_error *err)
{
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the PDF that cairo wrote has another form than is known");
}

static size_t find_last(mp_str text, mp_str part)
{
    for (size_t at = text.len >= part.len ? text.len - part.len + 1 : 0; at-- > 0;)
        if (memcmp(text.ptr + at, part.ptr, part.len) == 0)
            return at;
    return SIZE_MAX;
}

/* The number behind `key` in `text`; SIZE_MAX when there is none. */
static size_t number_behind(mp_str text, mp_str key)
{
    size_t at = mp_str_find_str(text, key), value = 0;
    if (at == SIZE_MAX)
        return SIZE_MAX;
    at += key.len;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\n'))
        at++;
    if (at == text.len || text.ptr[at] < '0' || text.ptr[at] > '9')
        return SIZE_MAX;
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' && value < SIZE_MAX / 100; at++)
        value = value * 10 + (size_t)(text.ptr[at] - '0');
    return value;
}

/* What stands between "<<" and the last ">>" of object `number`. */
static bool find_object(mp_str *out, mp_str pdf, size_t number)
{
    char head[32];
    int len = snprintf(head, sizeof head, "\n%zu 0 obj\n<<", number);
    size_t at = find_last(pdf, mp_str_of(head, (size_t)len));
    if (at == SIZE_MAX)
        return false;
    mp_str body = mp_str_skip(pdf, at + (size_t)len);
    size_t end = mp_str_find_str(body, MP_S("endobj"));
    if (end == SIZE_MAX)
        return false;
    body.len = end;
    end = find_last(body, MP_S(">>"));
    if (end == SIZE_MAX)
        return false;
    body.len = end;
    *out = body;
    return true;
}

mp_code mp_pdf_end(mp_buf *pdf, mp_lang lang, mp_error *err)
{
    mp_str whole = mp_buf_str(pdf), catalogue;
    size_t from = find_last(whole, MP_S("trailer"));
    if (from == SIZE_MAX)
        return strange(err);
    mp_str trailer = mp_str_skip(whole, from);
    size_t root = number_behind(trailer, MP_S("/Root ")), size = number_behind(trailer, MP_S("/Size "));
    size_t info = number_behind(trailer, MP_S("/Info ")), before = number_behind(trailer, MP_S("startxref"));
    if (root == SIZE_MAX || size == SIZE_MAX || info == SIZE_MAX || before == SIZE_MAX ||
        !find_object(&catalogue, mp_str_of(whole.ptr, from), root))
        return strange(err);
    mp_buf update = MP_BUF_INIT;
    mp_buf_printf(&update,
                  "%zu 0 obj\n<<%.*s   /Lang (%s)\n   /MarkInfo << /Marked true >>\n"
                  "   /ViewerPreferences << /DisplayDocTitle true >>\n>>\nendobj\n",
                  root, MP_FMT(catalogue), lang == MP_LANG_KO ? "ko-KR" : "en");
    size_t table = whole.len + update.len;
    mp_buf_printf(&update, "xref\n%zu 1\n%010zu 00000 n \n", root, whole.len);
    mp_buf_printf(&update,
                  "trailer\n<< /Size %zu\n   /Root %zu 0 R\n   /Info %zu 0 R\n   /Prev "
                  "%zu\n>>\nstartxref\n%zu\n%%%%EOF\n",
                  size, root, info, before, table);
    mp_buf_add(pdf, mp_buf_str(&update));
    mp_code code = mp_buf_check(&update, err);
    mp_buf_free(&update);
    return code == MP_OK ? mp_buf_check(pdf, err) : code;
}
