/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over saved inputs, the files and folders named on the command line, where
 * there is no libFuzzer. An input that fails ends the program; its name was printed before. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"
#include "source.h"

static bool run_file(const char *path, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   text;
    bool     is_read = mp_source_slurp(&text, path, 0, &arena, err) == MP_OK;
    if (is_read) {
        /* In memory of its own size, so that a byte read too many is seen. */
        char *copy = malloc(text.len + !text.len);
        if (copy) {
            memcpy(copy, text.ptr, text.len);
            LLVMFuzzerTestOneInput((const uint8_t *)copy, text.len);
        }
        free(copy);
    }
    mp_arena_free(&arena);
    return is_read;
}

/* Returns how many inputs there were, or -1. */
static long run_all(const char *path, mp_error *err)
{
    mp_arena     arena = MP_ARENA_INIT;
    const char **names;
    size_t       count, i = 0;
    bool         is_listed = mp_source_list(&names, &count, path, NULL, NULL, &arena, err) == MP_OK;
    for (; is_listed && i < count; i++) {
        fprintf(stderr, "%s\n", names[i]);
        if (!run_file(names[i], err))
            break;
    }
    bool done = is_listed && i == count;
    mp_arena_free(&arena);
    return done ? (long)count : -1;
}

int main(int argc, char **argv)
{
    long total = 0;
    for (int i = 1; i < argc; i++) {
        mp_error err;
        long     count = run_all(argv[i], &err);
        if (count < 0) {
            fprintf(stderr, "%s\n", err.message);
            return 2;
        }
        total += count;
    }
    if (fuzz_end)
        fuzz_end();
    printf("%ld inputs\n", total);
    return total > 0 ? 0 : 2;
}
