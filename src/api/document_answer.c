/* SPDX-License-Identifier: Apache-2.0 */
#include "document_answer.h"

#include <stdio.h>

#include "paper.h"

#define MOST_BYTES ((size_t)32 << 20)
#define MOST_SECONDS 60

const char *const mp_document_formats[] = { "json", "pdf", "xlsx", "html", NULL };
const char *const mp_document_langs[] = { "ko", "en", NULL };

static mp_code render(mp_buf *out, const mp_app *app, const mp_http_request *request, const char *name,
                      const mp_json *json, mp_paper_format format, mp_error *err)
{
    char             folder[4096];
    mp_form         *form;
    mp_str           lang = mp_http_query(request, MP_S("lang"));
    mp_paper_options options = { .lang = lang.len ? mp_lang_find(lang) : request->lang,
                                 .producer = MP_S("Mapae"),
                                 .max_bytes = MOST_BYTES,
                                 .max_seconds = MOST_SECONDS };
    mp_str           zone = mp_http_query(request, MP_S("zone"));
    int              len = snprintf(folder, sizeof folder, "%s/forms", mp_store_folder(app->store));
    bool             fits = len > 0 && (size_t)len < sizeof folder;
    if (zone.len && !mp_paper_zone_read(&options.zone, zone))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no zone; wanted is UTC, Asia/Seoul or an offset such as +09:00", MP_FMT(zone));
    MP_TRY(mp_form_open(&form, mp_str_from(name), fits ? folder : NULL, err));
    mp_code code = mp_paper_render(out, form, json, format, &options, err);
    mp_form_free(form);
    return code;
}

mp_code mp_respond_document(mp_app *app, mp_http_request *request, mp_http_response *response, const char *form,
                            const mp_json *json, mp_error *err)
{
    mp_paper_format format = mp_paper_format_find(mp_http_query(request, MP_S("format")));
    mp_buf          out = MP_BUF_INIT;
    if (format == MP_PAPER_FORMAT_COUNT || !json)
        return mp_respond_json(request, response, 200, json, err);
    if (!form)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "this answer is made as JSON only: no form is about it");
    mp_code code = render(&out, app, request, form, json, format, err);
    if (code == MP_OK) {
        mp_str saved_as = mp_arena_printf(request->arena, "attachment; filename=\"%s.%s\"", form,
                                          mp_paper_format_name(format));
        response->body = mp_arena_dup(request->arena, mp_buf_str(&out));
        response->status = 200;
        response->content_type = mp_paper_media_type(format);
        if (!response->body.ptr || !saved_as.ptr)
            code = mp_no_memory(err);
        else
            mp_respond_header(response, MP_S("content-disposition"), saved_as);
    }
    mp_buf_free(&out);
    return code;
}
