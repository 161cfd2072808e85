/* SPDX-License-Identifier: Apache-2.0 */
/* engine_internal.h - the engine as its two halves see it: engine.c makes it, worker.c asks it. */
#ifndef MAPAE_LIB_ENGINE_INTERNAL_H
#define MAPAE_LIB_ENGINE_INTERNAL_H

#include <mapae/engine.h>

#include "library.h"
#include "plan.h"

struct mp_engine {
    mp_library       *library;
    mp_plan          *plan; /* NULL until compiled */
    mp_arena          arena;
    mp_engine_policy *policies; /* [check] */
    size_t            policy_count;
    bool              with_details;
    bool              is_closed; /* mp_engine_compile() was called, whatever came of it */
};

#endif
