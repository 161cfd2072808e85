/* SPDX-License-Identifier: Apache-2.0 */
/* reference_shape.h - shapes of JSON as tables of members. A shape with a name stands once, at the end of the page, and
 * is linked to from everywhere; one without stands where it is used. Private to the reference. */
#ifndef MAPAE_CLI_REFERENCE_SHAPE_H
#define MAPAE_CLI_REFERENCE_SHAPE_H

#include "http.h"
#include "map.h"
#include "page.h"

typedef struct mp_shape_page {
    mp_page *page;
    mp_map   named; /* name to const mp_json_shape *: what was linked to, in this order */
    mp_code  code;  /* the first failure: MP_NOMEM */
} mp_shape_page;

/* What a parameter may be: "integer, 1 to 1000". */
void mp_shape_add_param(mp_buf *out, mp_shape_page *s, const mp_param *param);
/* One line, "LABEL: what it is" with a link where it has a name, and the table of its members where it has none. */
void mp_shape_say(mp_shape_page *s, const char *label, mp_str type, const mp_json_shape *shape);
/* All that was linked to, and what these link to. */
void mp_shape_say_named(mp_shape_page *s);

#endif
