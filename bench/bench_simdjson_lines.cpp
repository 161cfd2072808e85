/* SPDX-License-Identifier: Apache-2.0 */
/* bench_simdjson_lines.cpp - the same file, block by block, line by line, through simdjson's DOM parser. */
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <simdjson.h>

extern "C" double bench_simdjson_lines(const char *path)
{
    FILE *file = std::fopen(path, "rb");
    if (!file)
        return -1;
    const std::size_t     cap = std::size_t(256) << 10;
    std::vector<char>     block(2 * cap + simdjson::SIMDJSON_PADDING);
    simdjson::dom::parser parser;
    std::size_t           kept = 0, got;
    while ((got = std::fread(block.data() + kept, 1, cap, file)) > 0) {
        char *at = block.data(), *end = at + kept + got, *newline;
        while ((newline = static_cast<char *>(std::memchr(at, '\n', std::size_t(end - at))))) {
            auto result = parser.parse(at, std::size_t(newline - at), false);
            if (result.error()) {
                std::fprintf(stderr, "simdjson: %s\n", simdjson::error_message(result.error()));
                std::exit(1);
            }
            at = newline + 1;
        }
        kept = std::size_t(end - at);
        std::memmove(block.data(), at, kept);
    }
    std::fclose(file);
    return 0;
}
