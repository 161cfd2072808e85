/* SPDX-License-Identifier: Apache-2.0 */
/* streams.h - events for those who may hear them, for as long as they may. Private to api.
 *
 * A stream stays open for days; what let somebody in may end in between: his session or token, his account,
 * his role. So it is asked about again, whenever a change may have taken a right (mp_app_write) and with
 * every round of jobs, and ends when whoever listens would not be let in any more. To listen is no use of a
 * session. */
#ifndef MAPAE_API_STREAMS_H
#define MAPAE_API_STREAMS_H

#include "guard.h"

/* The request is admitted; its route's action at "/" is what must stay allowed. */
MP_MUST_CHECK mp_code mp_stream_listen(mp_app *app, mp_http_request *request, mp_http_response *response, mp_str topic,
                                       mp_error *err);

#endif
