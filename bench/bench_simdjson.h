/* SPDX-License-Identifier: Apache-2.0 */
/* bench_simdjson.h - the same lines through simdjson's DOM reader. */
#ifndef MAPAE_BENCH_SIMDJSON_H
#define MAPAE_BENCH_SIMDJSON_H

#include <mapae/str.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read every line (each followed by at least 64 readable bytes); returns how many values and keys
 * there were, or 0 when a line was refused. */
size_t      bench_simdjson(const mp_str *lines, size_t count);
const char *bench_simdjson_name(void);

#ifdef __cplusplus
}
#endif
#endif
