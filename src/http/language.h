/* SPDX-License-Identifier: Apache-2.0 */
/* language.h - which language a client reads. */
#ifndef MAPAE_HTTP_LANGUAGE_H
#define MAPAE_HTTP_LANGUAGE_H

#include "messages.h"

/* Of Accept-Language (RFC 9110, 12.5.4): the one of ours with the highest weight, the first of equals;
 * English when none is named. */
mp_lang mp_language_of(mp_str accept_language);

#endif
