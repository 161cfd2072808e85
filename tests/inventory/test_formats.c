/* SPDX-License-Identifier: Apache-2.0 */
/* Every file of data/ gives what stands in NAME.expected, however the bytes fall into batches. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "dump.h"
#include "internal.h"
#include "test.h"

static const char *folder(void)
{
    const char *data = getenv("MAPAE_DATA");
    return data ? data : "tests/inventory/data";
}

static mp_str slurp(const char *name, mp_arena *arena)
{
    mp_str text, path = mp_arena_printf(arena, "%s/%s", folder(), name);
    CHECK(path.ptr != NULL);
    CHECK_INT(mp_source_slurp(&text, path.ptr, 0, arena, NULL), MP_OK);
    return text;
}

static void check_file(const char *name)
{
    static const size_t sizes[] = { 0, 1, 100, 250, 1000 };
    mp_arena            arena = MP_ARENA_INIT;
    mp_str              text = slurp(name, &arena);
    mp_str              expected = slurp(mp_arena_printf(&arena, "%s.expected", name).ptr, &arena);
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        mp_inventory_options options = { .batch_bytes = sizes[i] };
        dump                 d = { .code = MP_OK };
        dump_memory(&d, text.ptr, text.len, &options);
        CHECK_INT(d.code, MP_OK);
        if (!mp_str_eq(mp_buf_str(&d.text), expected)) {
            print_error("batches of %zu bytes give\n%.*s", sizes[i], MP_FMT(mp_buf_str(&d.text)));
            fail_msg("%s does not give what %s.expected says", name, name);
        }
        dump_done(&d);
    }
    mp_arena_free(&arena);
}

TEST(files_give_what_is_expected)
{
    DIR          *dir = opendir(folder());
    struct dirent *entry;
    size_t         files = 0;
    CHECK(dir != NULL);
    while ((entry = readdir(dir))) {
        mp_str name = mp_str_from(entry->d_name), suffix = MP_S(".expected");
        if (!mp_str_ends(name, suffix))
            continue;
        char file[256];
        snprintf(file, sizeof file, "%.*s", (int)(name.len - suffix.len), name.ptr);
        check_file(file);
        files++;
    }
    closedir(dir);
    CHECK(files >= 12);
}

TEST(formats_have_names)
{
    CHECK_STR(mp_str_from(mp_format_name(MP_FORMAT_ARM_RESOURCE)), "arm-resource");
    CHECK(mp_format_is_read(MP_FORMAT_KUBERNETES));
    CHECK(mp_format_is_read(MP_FORMAT_TERRAFORM_PLAN) && !mp_format_is_read(MP_FORMAT_UNKNOWN));
    for (int i = 0; i < MP_FORMAT_COUNT; i++)
        CHECK(mp_format_doc((mp_format)i)[0] != '\0');
}

int main(void)
{
    return MAIN(RUN(files_give_what_is_expected), RUN(formats_have_names));
}
