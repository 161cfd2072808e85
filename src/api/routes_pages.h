/* SPDX-License-Identifier: Apache-2.0 */
/* routes_pages.h - the pages of the console and the viewer of the API. */
#ifndef MAPAE_API_ROUTES_PAGES_H
#define MAPAE_API_ROUTES_PAGES_H

#include "http.h"

extern const mp_routes mp_routes_pages;

#endif
