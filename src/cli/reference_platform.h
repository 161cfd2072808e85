/* SPDX-License-Identifier: Apache-2.0 */
/* reference_platform.h - pages of docs/reference about the platform, each made from the table that the
 * program itself goes by: settings, roles, routes (reference_api.c), events of the log, metrics. */
#ifndef MAPAE_CLI_REFERENCE_PLATFORM_H
#define MAPAE_CLI_REFERENCE_PLATFORM_H

#include "page.h"

typedef struct mp_reference_page {
    const char *name; /* "roles": its title is the message topic.roles, its text topic.roles.text */
    /* Title, text and all below. Fails with MP_NOMEM; a failure of p->out is the caller's to notice. */
    mp_code (*write)(mp_page *p, mp_error *err);
} mp_reference_page;

extern const mp_reference_page mp_reference_platform[];
extern const size_t            mp_reference_platform_count;

/* Title and text of a page: the messages topic.NAME and topic.NAME.text. */
void mp_reference_begin(mp_page *p, const char *name);
/* The line of JSON and the line of syslog that the page about the log shows: of the event "ready". A test
 * holds them to what is written. */
#define MP_REFERENCE_HOST "mapae.example.com"
extern const char mp_reference_json_line[], mp_reference_syslog_line[];

#endif
