/* SPDX-License-Identifier: Apache-2.0 */
/* document.h - what the API answered, as a document: through a form (src/paper), in the language of the command. */
#ifndef MAPAE_CLI_DOCUMENT_H
#define MAPAE_CLI_DOCUMENT_H

#include "client.h"
#include "paper.h"

/* Row for the options of a command whose struct has a member `zone`. */
#define MP_ZONE_OPTION(type)                                                                                   \
    {                                                                                                          \
        .name = "zone", .value = "ZONE", .help = "option.zone", MP_FIELD(type, zone)                           \
    }

/* Fails with MP_USAGE when it is none. NULL: none is given. */
MP_MUST_CHECK mp_code mp_document_zone(mp_paper_zone *out, const char *zone, mp_error *err);
/* The same for who only wants to know: a zone that is none is refused whatever the format is. */
MP_MUST_CHECK mp_code mp_document_check_zone(const char *zone, mp_error *err);
/* The form that comes with Mapae, over the last answer, behind what is in `out`. */
MP_MUST_CHECK mp_code mp_document_print(mp_buf *out, const mp_client *client, const char *form,
                                        mp_paper_format format, const char *zone, mp_error *err);
/* The same with a form that is at hand. */
MP_MUST_CHECK mp_code mp_document_render(mp_buf *out, const mp_client *client, const mp_form *form,
                                         mp_paper_format format, const char *zone, mp_error *err);

#endif
