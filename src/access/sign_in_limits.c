/* SPDX-License-Identifier: Apache-2.0 */
#include "sign_in_limits.h"

const mp_sign_in_limits mp_sign_in_limits_default = {
    .password_min_length = 10,
    .password_min_classes = 2,
    .password_short_length = 8,
    .password_short_classes = 3,
    .password_history = 5,
    .password_days = 180,
    .attempts_before_slow = 3,
    .attempts_before_lock = 5,
    .lock_seconds = 1800,
    .session_idle_seconds = 900,
    .session_seconds = 43200,
    .sessions_per_user = 5,
    .inactive_days = 90,
    .setup_hours = 24,
    .token_seconds = 3599,
    .key_days = 90,
    .secret_days = 365,
    .factor_required = true,
    .argon_memory = (uint64_t)64 << 20,
    .argon_passes = 2,
    .argon_at_once = 2,
};
