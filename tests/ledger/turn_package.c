/* SPDX-License-Identifier: Apache-2.0 */
/* turn_package PACKAGE KEYS - what mp_package_verify says of variants of a package, in one process: for test_damaged_package.py.
 *
 * Standard input has a line for each: "flip OFFSET MASK", "cut LENGTH", "add COUNT" (bytes of zero), "same". Standard output gets a
 * line for each: the code's number and the sentence. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "durable.h"
#include "package.h"
#include "source.h"
#include "test.h"

static mp_arena kept = MP_ARENA_INIT;
static char path[] = "turned-XXXXXX";
static mp_package_trust trust;

static void write_variant(const char *what, size_t a, unsigned b, mp_str package)
{
    char *copy = mp_arena_alloc(&kept, package.len + a + 1);
    size_t len = package.len;
    CHECK(copy != NULL);
    memcpy(copy, package.ptr, package.len);
    if (strcmp(what, "flip") == 0 && a < len)
        copy[a] = (char)((unsigned char)copy[a] ^ b);
    else if (strcmp(what, "cut") == 0 && a < len)
        len = a;
    else if (strcmp(what, "add") == 0) {
        memset(copy + len, 0, a);
        len += a;
    }
    int fd = open(path, O_WRONLY | O_TRUNC);
    CHECK(fd >= 0);
    CHECK_INT(mp_durable_write(fd, path, mp_str_of(copy, len), NULL), MP_OK);
    close(fd);
}

static void say(const char *what, size_t a, unsigned b, mp_str package)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_package_report report;
    mp_error err = { .message = "" };
    mp_arena_mark mark = mp_arena_save(&kept);
    write_variant(what, a, b, package);
    mp_code code = mp_package_verify(&report, path, &trust, &arena, &err);
    printf("%d %s\n", (int)code, code == MP_OK ? report.root : err.message);
    mp_arena_restore(&kept, mark);
    mp_arena_free(&arena);
}

int main(int argc, char **argv)
{
    mp_str package;
    char what[8];
    size_t a;
    unsigned b;
    CHECK_INT(argc, 3);
    CHECK_INT(mp_source_slurp(&package, argv[1], (size_t)64 << 20, &kept, NULL), MP_OK);
    CHECK_INT(mp_source_slurp(&trust.keys, argv[2], (size_t)1 << 20, &kept, NULL), MP_OK);
    close(mkstemp(path));
    while (scanf("%7s %zu %u", what, &a, &b) == 3)
        say(what, a, b, package);
    unlink(path);
    mp_arena_free(&kept);
    return 0;
}
