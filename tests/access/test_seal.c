/* SPDX-License-Identifier: Apache-2.0 */
#include "seal.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "test.h"

static char folder[40], key_path[80];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void make_folder(void)
{
    strcpy(folder, "/tmp/mapae-seal-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(key_path, sizeof key_path, "%s/keys/seal.key", folder);
}

static void remove_folder(void)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TEST(what_is_sealed_opens_again)
{
    mp_seal     seal, again;
    mp_arena    arena = MP_ARENA_INIT;
    mp_str      first, second, clear;
    struct stat st;
    make_folder();
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_OK);
    CHECK(stat(key_path, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == 32);
    CHECK_INT(mp_sealed(&first, &seal, MP_S("a"), MP_S("비밀"), &arena, NULL), MP_OK);
    CHECK_INT(mp_sealed(&second, &seal, MP_S("a"), MP_S("비밀"), &arena, NULL), MP_OK);
    CHECK(!mp_str_eq(first, second)); /* the same twice does not look the same */
    CHECK_INT(mp_seal_open(&again, folder, true, NULL), MP_OK);
    CHECK_INT(mp_unsealed(&clear, &again, MP_S("a"), first, &arena, NULL), MP_OK);
    CHECK_STR(clear, "비밀");
    CHECK_INT(mp_unsealed(&clear, &again, MP_S("b"), first, &arena, NULL),
              MP_DAMAGED); /* moved to another place */
    CHECK_INT(mp_sealed(&first, &seal, MP_S(""), MP_S(""), &arena, NULL), MP_OK);
    CHECK_INT(mp_unsealed(&clear, &again, MP_S(""), first, &arena, NULL), MP_OK);
    CHECK_INT(clear.len, 0);
    mp_seal_close(&seal);
    mp_seal_close(&again);
    mp_arena_free(&arena);
    remove_folder();
}

TEST(whatever_was_changed_is_noticed)
{
    mp_seal  seal;
    mp_arena arena = MP_ARENA_INIT;
    mp_str   sealed, clear;
    make_folder();
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_OK);
    CHECK_INT(mp_sealed(&sealed, &seal, MP_S("a"), MP_S("secret"), &arena, NULL), MP_OK);
    mp_str bytes = mp_unbase64url(&arena, sealed);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        ((char *)bytes.ptr)[i / 8] ^= (char)(1 << i % 8);
        CHECK_INT(mp_unsealed(&clear, &seal, MP_S("a"), mp_base64url(&arena, bytes), &arena, NULL),
                  MP_DAMAGED);
        ((char *)bytes.ptr)[i / 8] ^= (char)(1 << i % 8);
    }
    for (size_t len = 0; len < bytes.len; len++)
        CHECK_INT(mp_unsealed(&clear, &seal, MP_S("a"), mp_base64url(&arena, mp_str_of(bytes.ptr, len)),
                              &arena, NULL),
                  MP_DAMAGED);
    CHECK_INT(mp_unsealed(&clear, &seal, MP_S("a"), MP_S("!!"), &arena, NULL), MP_DAMAGED);
    mp_arena_free(&arena);
    remove_folder();
}

TEST(a_key_that_is_none_is_refused)
{
    mp_seal seal;
    make_folder();
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_OK);
    CHECK_INT(chmod(key_path, 0644), 0);
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_DAMAGED);
    CHECK_INT(chmod(key_path, 0600), 0);
    CHECK_INT(truncate(key_path, 31), 0);
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_DAMAGED);
    CHECK_INT(truncate(key_path, 33), 0);
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_DAMAGED);
    CHECK_INT(unlink(key_path), 0);
    CHECK_INT(mp_seal_open(&seal, folder, false, NULL), MP_MISSING);
    CHECK(access(key_path, F_OK) != 0); /* and none was made */
    CHECK_INT(symlink("/dev/zero", key_path), 0);
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_IO);
    remove_folder();
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_OUTPUT); /* no folder to make it in */
}

TEST(names_are_keyed)
{
    mp_seal one, other;
    char    a[65], b[65];
    make_folder();
    CHECK_INT(mp_seal_open(&one, folder, true, NULL), MP_OK);
    remove_folder();
    make_folder();
    CHECK_INT(mp_seal_open(&other, folder, true, NULL), MP_OK);
    CHECK_INT(mp_seal_name(a, &one, MP_S("name"), MP_S("kim"), NULL), MP_OK);
    CHECK_INT(mp_seal_name(b, &one, MP_S("name"), MP_S("kim"), NULL), MP_OK);
    CHECK(strcmp(a, b) == 0);
    CHECK_INT(mp_seal_name(b, &one, MP_S("address"), MP_S("kim"), NULL), MP_OK);
    CHECK(strcmp(a, b) != 0);
    CHECK_INT(mp_seal_name(b, &other, MP_S("name"), MP_S("kim"), NULL), MP_OK);
    CHECK(strcmp(a, b) != 0);
    remove_folder();
}

static bool seal_and_open(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   sealed, clear;
    mp_error err = { 0 };
    bool     done = mp_sealed(&sealed, context, MP_S("a"), MP_S("secret"), &arena, &err) == MP_OK &&
                mp_unsealed(&clear, context, MP_S("a"), sealed, &arena, &err) == MP_OK;
    CHECK(done || err.code == MP_NOMEM || err.code == MP_DAMAGED);
    mp_arena_free(&arena);
    return done;
}

TEST(memory_may_be_short)
{
    mp_seal seal;
    make_folder();
    CHECK_INT(mp_seal_open(&seal, folder, true, NULL), MP_OK);
    CHECK(fault_loop(seal_and_open, &seal) > 0);
    remove_folder();
}

int main(void)
{
    return MAIN(RUN(what_is_sealed_opens_again), RUN(whatever_was_changed_is_noticed),
                RUN(a_key_that_is_none_is_refused), RUN(names_are_keyed), RUN(memory_may_be_short));
}
