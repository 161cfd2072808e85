/* SPDX-License-Identifier: Apache-2.0 */
/* jobs.h - the thread of a server that does once a minute what happens by itself. Private to api. */
#ifndef MAPAE_API_JOBS_H
#define MAPAE_API_JOBS_H

#include "app.h"

/* Begins with a first round a minute from now. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_jobs_start(mp_jobs **out, mp_app *app, mp_error *err);
/* Waits for the round at hand. NULL is fine. */
void mp_jobs_stop(mp_jobs *jobs);

#endif
