/* SPDX-License-Identifier: Apache-2.0 */
/* state_changes.h - verdicts that are, or would be, others: rows page by page, and sums over all pages. */
#ifndef MAPAE_CLI_STATE_CHANGES_H
#define MAPAE_CLI_STATE_CHANGES_H

#include "client.h"

/* Ask for `path` (with `body`, which may be NULL) until its last page; each has "value" and "counts". As JSON one
 * object with all rows and sums. */
MP_MUST_CHECK mp_code mp_state_changes(mp_client *client, mp_method method, mp_str path, const mp_json *body, mp_error *err);

/* `path` with one more member in its query; the same without a value. */
mp_str mp_state_with(mp_client *client, mp_str path, const char *name, const char *value);
/* The same of a time that may have been given. */
mp_str mp_state_with_time(mp_client *client, mp_str path, const char *name, const mp_when *when);

/* what-if */
struct mp_what_if_args {
    mp_place    place;
    int         format;
    mp_list     files;
    mp_list     deleted, parameters;
    const char *assignment, *scope;
};
#define MP_WHAT_IF_OPTIONS 9
extern const mp_option mp_what_if_operand, mp_what_if_options[MP_WHAT_IF_OPTIONS];
mp_code mp_state_what_if(mp_client *client, const void *args, mp_error *err);

/* compare */
struct mp_compare_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    mp_when     from, to;
    const char *kind, *assignment, *scope;
};
#define MP_COMPARE_OPTIONS 10
extern const mp_option mp_compare_options[MP_COMPARE_OPTIONS];
mp_code mp_state_compare(mp_client *client, const void *args, mp_error *err);

#endif
