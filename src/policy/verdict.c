/* SPDX-License-Identifier: Apache-2.0 */
#include "verdict.h"

const mp_str mp_reasons[MP_REASON_COUNT] = {
#define MP_REASON(name, text) MP_S_INIT(text),
#include "reasons.def"
#undef MP_REASON
};
