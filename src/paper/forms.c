/* SPDX-License-Identifier: Apache-2.0 */
/* Finding forms, and the way into the formats. */
#include <stdio.h>
#include <unistd.h>

#include "canonical.h"
#include "embedded.h"
#include "form.h"
#include "secret.h"
#include "source.h"
#include "text.h"

extern const mp_embedded mp_form_content[];
extern const size_t mp_form_content_len;

#define MOST_BYTES ((size_t)2 << 20) /* of a file: what a form may have is form_read.c's */

static const struct {
    mp_str name;
    const char *media_type;
} formats[MP_PAPER_FORMAT_COUNT] = {
    [MP_PAPER_PDF] = { MP_S_INIT("pdf"), "application/pdf" },
    [MP_PAPER_XLSX] = { MP_S_INIT("xlsx"),
                        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    [MP_PAPER_HTML] = { MP_S_INIT("html"), "text/html; charset=utf-8" },
};

mp_paper_format mp_paper_format_find(mp_str name)
{
    int i = 0;
    while (i < MP_PAPER_FORMAT_COUNT && !mp_str_eq(formats[i].name, name))
        i++;
    return (mp_paper_format)i;
}

const char *mp_paper_format_name(mp_paper_format format)
{
    return formats[format].name.ptr;
}
const char *mp_paper_media_type(mp_paper_format format)
{
    return formats[format].media_type;
}

/* ---- forms ---- */

static mp_str name_of_file(mp_str path)
{
    return mp_str_ends(path, MP_S(".json")) ? mp_str_of(path.ptr, path.len - 5) : path;
}

mp_str mp_form_builtin_at(size_t index)
{
    return index < mp_form_content_len ? name_of_file(mp_form_content[index].name) : mp_str_of(NULL, 0);
}

mp_str mp_form_name(const mp_form *form)
{
    return form->name;
}
mp_str mp_form_source(const mp_form *form)
{
    return form->text;
}

mp_str mp_form_of(const mp_form *form)
{
    return form->of;
}

/* A title may have braces, which have no value before there is a document: what stands around them is told.
 */
static mp_str plain(const mp_form_text *text, mp_lang lang)
{
    if (!text)
        return mp_str_of("", 0);
    for (size_t i = 0; i < text->in[lang].count; i++)
        if (!text->in[lang].pieces[i].expr)
            return mp_str_trim(text->in[lang].pieces[i].literal);
    return mp_str_of("", 0);
}

mp_str mp_form_title(const mp_form *form, mp_lang lang)
{
    return plain(form->title, lang);
}
mp_str mp_form_about(const mp_form *form, mp_lang lang)
{
    return plain(form->about, lang);
}

/* What may be a part of a path, and nothing else. */
static bool is_name(mp_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= 100;
}

/* *out stays NULL when the folder has no such form. */
static mp_code open_own(mp_form **out, mp_str name, const char *folder, mp_error *err)
{
    char path[4096];
    mp_arena arena = MP_ARENA_INIT;
    mp_str text;
    int len = snprintf(path, sizeof path, "%s/%.*s.json", folder, MP_FMT(name));
    if (len < 0 || (size_t)len >= sizeof path || access(path, F_OK) != 0)
        return MP_OK;
    mp_code code = mp_source_slurp_regular(&text, mp_str_of(path, (size_t)len), MOST_BYTES, &arena, err);
    if (code == MP_OK)
        code = mp_form_compile(out, name, text, err);
    mp_arena_free(&arena);
    return code;
}

static mp_code not_found(mp_str name, mp_error *err)
{
    mp_str names[64];
    size_t count = 0;
    while (count < MP_COUNT(names) && mp_form_builtin_at(count).len) {
        names[count] = mp_form_builtin_at(count);
        count++;
    }
    mp_str near = mp_text_nearest(name, names, count);
    if (near.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "no form is called '%.*s'; did you mean '%.*s'?",
                       MP_FMT(name), MP_FMT(near));
    return mp_fail(err, MP_MISSING, MP_NOWHERE, "no form is called '%.*s'", MP_FMT(name));
}

mp_code mp_form_open(mp_form **out, mp_str name, const char *folder, mp_error *err)
{
    mp_form *own = NULL;
    char file[128];
    if (!is_name(name))
        return not_found(name, err);
    if (folder && folder[0])
        MP_TRY(open_own(&own, name, folder, err));
    if (own) {
        *out = own;
        return MP_OK;
    }
    snprintf(file, sizeof file, "%.*s.json", MP_FMT(name));
    const mp_embedded *found = mp_embedded_find(mp_form_content, mp_form_content_len, mp_str_from(file));
    return found ? mp_form_compile(out, name, found->bytes, err) : not_found(name, err);
}

/* ---- documents ---- */

static mp_code digest_of(char out[65], const mp_json *data, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    uint8_t digest[32];
    mp_code code = mp_canonical(&text, data, err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&text), err);
    mp_buf_free(&text);
    if (code == MP_OK)
        mp_hex(out, digest, sizeof digest);
    return code;
}

/* ---- hearing of records ---- */

/* A sink that makes nothing: what counts is that all texts are filled. */
static mp_code no_front(void *self, const mp_paper_front *front, mp_error *err)
{
    (void)self, (void)front, (void)err;
    return MP_OK;
}
static mp_code no_heading(void *self, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    (void)self, (void)level, (void)number, (void)text, (void)err;
    return MP_OK;
}
static mp_code no_paragraph(void *self, mp_str text, mp_cell_look look, mp_error *err)
{
    (void)self, (void)text, (void)look, (void)err;
    return MP_OK;
}
static mp_code no_note(void *self, mp_str title, mp_str text, mp_cell_look look, mp_error *err)
{
    (void)self, (void)title, (void)text, (void)look, (void)err;
    return MP_OK;
}
static mp_code no_facts(void *self, const mp_paper_item *items, size_t count, unsigned columns, mp_error *err)
{
    (void)self, (void)items, (void)count, (void)columns, (void)err;
    return MP_OK;
}
static mp_code no_items(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    (void)self, (void)items, (void)count, (void)err;
    return MP_OK;
}
static mp_code no_table(void *self, const mp_paper_table *table, mp_error *err)
{
    (void)self, (void)table, (void)err;
    return MP_OK;
}
static mp_code no_group(void *self, mp_str text, mp_error *err)
{
    (void)self, (void)text, (void)err;
    return MP_OK;
}
static mp_code no_row(void *self, const mp_book_cell *cells, size_t count, mp_error *err)
{
    (void)self, (void)cells, (void)count, (void)err;
    return MP_OK;
}
static mp_code nothing(void *self, mp_error *err)
{
    (void)self, (void)err;
    return MP_OK;
}

static const mp_paper_sink hearing = {
    .begin = no_front,
    .heading = no_heading,
    .paragraph = no_paragraph,
    .note = no_note,
    .facts = no_facts,
    .figures = no_items,
    .bars = no_items,
    .signatures = no_items,
    .table = no_table,
    .group = no_group,
    .row = no_row,
    .table_end = nothing,
    .page = nothing,
    .end = nothing,
};

static mp_code make(mp_buf *out, const mp_paper_job *job, mp_paper_format format, mp_error *err)
{
    static mp_code (*const as[MP_PAPER_FORMAT_COUNT])(mp_buf *, const mp_paper_job *, mp_error *) = {
        [MP_PAPER_PDF] = mp_paper_as_pdf,
        [MP_PAPER_XLSX] = mp_paper_as_book,
        [MP_PAPER_HTML] = mp_paper_as_page,
    };
    if (job->form->names_records)
        MP_TRY(mp_form_run(job, &hearing, NULL, err));
    mp_form_records_number(job->records);
    return as[format](out, job, err);
}

mp_code mp_paper_render(mp_buf *out, const mp_form *form, const mp_json *data, mp_paper_format format,
                        const mp_paper_options *options, mp_error *err)
{
    char digest[65];
    mp_form_records records = { .count = 0 };
    mp_paper_job job = { .form = form, .data = data, .options = options, .digest = digest, .records = &records };
    MP_TRY(digest_of(digest, data, err));
    mp_code code = mp_form_locate(form, make(out, &job, format, err), err);
    mp_form_records_free(&records);
    return code;
}
