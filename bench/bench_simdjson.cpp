/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_simdjson.h"

#include <simdjson.h>

#include <string>

#define TEXT_OF_(token) #token
#define TEXT_OF(token) TEXT_OF_(token)

size_t bench_simdjson(const mp_str *lines, size_t count)
{
    static simdjson::dom::parser parser;
    size_t                       kept = 0;
    for (size_t i = 0; i < count; i++) {
        simdjson::dom::element root;
        if (parser.parse(lines[i].ptr, lines[i].len, false).get(root))
            return 0;
        kept += root.is_object() || root.is_array() ? 1 : 0;
    }
    return kept;
}

const char *bench_simdjson_name(void)
{
    static const std::string name = "simdjson " TEXT_OF(SIMDJSON_VERSION) " " +
                                    simdjson::get_active_implementation()->name();
    return name.c_str();
}
