/* SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

mp_code mp_document_zone(mp_paper_zone *out, const char *zone, mp_error *err)
{
    *out = (mp_paper_zone){ .is_given = false };
    if (!zone || mp_paper_zone_read(out, mp_str_from(zone)))
        return MP_OK;
    return mp_fail(err, MP_USAGE, MP_NOWHERE, "--zone is UTC, Asia/Seoul or an offset such as +09:00; found '%s'", zone);
}

mp_code mp_document_check_zone(const char *zone, mp_error *err)
{
    mp_paper_zone read;
    return mp_document_zone(&read, zone, err);
}

mp_code mp_document_render(mp_buf *out, const mp_client *client, const mp_form *form, mp_paper_format format,
                           const char *zone, mp_error *err)
{
    mp_paper_options options = { .lang = client->cli->lang, .producer = MP_S("Mapae " MAPAE_VERSION) };
    MP_TRY(mp_document_zone(&options.zone, zone, err));
    return mp_paper_render(out, form, client->answer.json, format, &options, err);
}

mp_code mp_document_print(mp_buf *out, const mp_client *client, const char *name, mp_paper_format format,
                          const char *zone, mp_error *err)
{
    mp_form *form;
    MP_TRY(mp_form_open(&form, mp_str_from(name), NULL, err));
    mp_code code = mp_document_render(out, client, form, format, zone, err);
    mp_form_free(form);
    return code;
}
