/* SPDX-License-Identifier: Apache-2.0 */
/* reference_api.h - the page about the API. Private to the reference. */
#ifndef MAPAE_CLI_REFERENCE_API_H
#define MAPAE_CLI_REFERENCE_API_H

#include "http.h"
#include "page.h"

/* As mp_reference_page.write. */
MP_MUST_CHECK mp_code mp_reference_api(mp_page *p, mp_error *err);

/* The right that a route asks for is the name of an action: neither "anyone" nor "signed-in". */
bool mp_reference_asks(const mp_route *route);

#endif
