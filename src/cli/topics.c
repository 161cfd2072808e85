/* SPDX-License-Identifier: Apache-2.0 */
/* To add a list: an array of its names, made from its .def, and one line of mp_topics. */
#include "topics.h"

#include <mapae/error.h>

/* ---- the policy language ---- */

static const mp_str operators[] = {
#define MP_OPERATOR(name, text, base, negated) MP_S_INIT(text),
#include "operators.def"
#undef MP_OPERATOR
};

static const mp_str functions[] = {
#define MP_FUNCTION(name, min, max, impl, signature) MP_S_INIT(#name),
#define MP_CONTEXT(name, min, max, signature) MP_S_INIT(#name),
#include "functions.def"
};

static const mp_str signatures[] = {
#define MP_FUNCTION(name, min, max, impl, signature) MP_S_INIT(signature),
#define MP_CONTEXT(name, min, max, signature) MP_S_INIT(signature),
#include "functions.def"
};

static const mp_str fields[] = {
#define MP_LANGUAGE_FIELD(name, term) MP_S_INIT(name),
#include "fields.def"
#undef MP_LANGUAGE_FIELD
};

static const mp_str field_terms[] = {
#define MP_LANGUAGE_FIELD(name, term) MP_S_INIT(term),
#include "fields.def"
#undef MP_LANGUAGE_FIELD
};

static const mp_str effects[] = {
#define MP_EFFECT(name, text, order, related, provider) MP_S_INIT(text),
#include "effects.def"
#undef MP_EFFECT
};

/* ---- what is answered ---- */

static const mp_str states[] = {
#define MP_STATE(name, text, good, bad) MP_S_INIT(text),
#include "states.def"
#undef MP_STATE
};

static const mp_str reasons[] = {
#define MP_REASON(name, text) MP_S_INIT(text),
#include "reasons.def"
#undef MP_REASON
};

static const mp_str formats[] = {
#define MP_FORMAT(name, text, state, doc) MP_S_INIT(text),
#include <mapae/format.def>
#undef MP_FORMAT
};

static const mp_str codes[] = {
#define MP_CODE(name, text, doc) MP_S_INIT(text),
#include <mapae/code.def>
#undef MP_CODE
};

const mp_topic mp_topics[] = {
    { "operators", "operator.", operators, NULL, MP_COUNT(operators), true },
    { "functions", "function.", functions, signatures, MP_COUNT(functions), true },
    { "fields", "field.", fields, field_terms, MP_COUNT(fields), true },
    { "effects", "effect.", effects, NULL, MP_COUNT(effects), true },
    { "states", "state.", states, NULL, MP_COUNT(states), true },
    { "reasons", "reference.reason.", reasons, NULL, MP_COUNT(reasons), false },
    { "formats", "format.", formats, NULL, MP_COUNT(formats), false },
    { "codes", "code.", codes, NULL, MP_COUNT(codes), false },
};
const size_t mp_topic_count = MP_COUNT(mp_topics);
