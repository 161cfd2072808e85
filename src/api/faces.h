/* SPDX-License-Identifier: Apache-2.0 */
/* faces.h - how this room says what went wrong. */
#ifndef MAPAE_API_FACES_H
#define MAPAE_API_FACES_H

#include "http.h"

/* Problems (RFC 9457), with what RFC 6750 wants in a challenge, and Retry-After as the handler knows it. */
extern const mp_face mp_face_api;
/* Flat errors of OAuth 2.0 (RFC 6749, 5.2) with the members that Azure's clients read. */
extern const mp_face mp_face_oauth;

#endif
