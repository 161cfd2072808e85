/* SPDX-License-Identifier: Apache-2.0 */
/* A package from anywhere. An input is an archive as it stands; or, when it begins with "members\n", the members of
 * one: lines "NAME LENGTH", each with its bytes behind, to which the archive and a manifest that agrees are made
 * here, so that what stands in members is reached.
 *
 * Whatever is let in has the one form: made again out of what was read, it has the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "canonical.h"
#include "fuzz.h"
#include "jsonw.h"
#include "package.h"
#include "package_read.h"
#include "package_tar.h"
#include "secret.h"

/* An assert that stays in release builds: it is what the fuzzer looks for. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
            abort();                                                           \
        }                                                                      \
    } while (0)

#define SECONDS 1764633600
#define CREATED "2025-12-02T00:00:00Z"
#define INSTALLATION "5f0c1f5e-0000-4000-8000-000000000000"
#define MEMBERS_MAX 64

struct given {
    mp_str name, bytes;
};

static void add_block(mp_buf *out, mp_str name, mp_str bytes, uint64_t seconds)
{
    static const char zeros[MP_TAR_BLOCK];
    uint8_t           header[MP_TAR_BLOCK];
    mp_tar_header(header, name, bytes.len, seconds);
    mp_buf_add(out, mp_str_of((const char *)header, sizeof header));
    mp_buf_add(out, bytes);
    mp_buf_add(out, mp_str_of(zeros, mp_tar_padding(bytes.len)));
}

static const mp_json *manifest_of(mp_arena *arena, const struct given *members, size_t count, const char *digest)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    const struct {
        const char *key, *value;
    } texts[] = { { "created", CREATED },
                  { "digest", digest },
                  { "format", MP_PACKAGE_FORMAT },
                  { "installation", INSTALLATION },
                  { "origin", "example.org/mapae" } };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        mp_jsonw_key(&w, mp_str_from(texts[i].key));
        mp_jsonw_str(&w, mp_str_from(texts[i].value));
    }
    mp_jsonw_key(&w, MP_S("members"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++) {
        uint8_t hash[32];
        char    hex[65];
        if (mp_sha256(hash, members[i].bytes, NULL) != MP_OK)
            abort();
        mp_hex(hex, hash, sizeof hash);
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "name", members[i].name);
        mp_jsonw_put_str(&w, "sha256", mp_arena_dup(arena, mp_str_of(hex, 64)));
        mp_jsonw_put_int(&w, "size", (int64_t)members[i].bytes.len);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void add_archive(mp_buf *out, mp_arena *arena, const struct given *members, size_t count)
{
    static const char zeros[2 * MP_TAR_BLOCK];
    mp_buf            text = MP_BUF_INIT;
    char              digest[65];
    const mp_json    *manifest = manifest_of(arena, members, count, "");
    if (mp_package_manifest_digest(digest, manifest, arena, NULL) == MP_OK &&
        mp_canonical(&text, manifest_of(arena, members, count, digest), NULL) == MP_OK) {
        add_block(out, MP_S("manifest.json"), mp_buf_str(&text), SECONDS);
        for (size_t i = 0; i < count; i++)
            add_block(out, members[i].name, members[i].bytes, SECONDS);
        mp_buf_add(out, mp_str_of(zeros, sizeof zeros));
    }
    mp_buf_free(&text);
}

/* "NAME LENGTH\n" and as many bytes; names that no header holds end the list. */
static size_t read_members(struct given *members, mp_str text)
{
    size_t count = 0;
    while (count < MEMBERS_MAX) {
        size_t blank = mp_str_find(text, ' '), end = mp_str_find(text, '\n'), len = 0;
        if (blank == SIZE_MAX || end == SIZE_MAX || blank > end || blank > MP_TAR_NAME_MAX)
            break;
        for (size_t i = blank + 1; i < end && len < text.len; i++)
            len = len * 10 + (size_t)(uint8_t)text.ptr[i] % 16 % 10;
        members[count].name = mp_str_of(text.ptr, blank);
        text = mp_str_skip(text, end + 1);
        if (len > text.len)
            len = text.len;
        members[count++].bytes = mp_str_of(text.ptr, len);
        text = mp_str_skip(text, len);
    }
    return count;
}

/* What was let in, written again. */
static void same_again(const mp_package_archive *archive, mp_arena *arena, mp_str input)
{
    mp_buf        again = MP_BUF_INIT;
    struct given *members = MP_ARENA_ARRAY(arena, struct given, archive->count + 1);
    for (size_t i = 0; i < archive->count; i++) {
        if (!archive->members[i].bytes.ptr)
            return; /* evidence is not kept */
        members[i] = (struct given){ archive->members[i].name, archive->members[i].bytes };
    }
    if (!mp_str_eq(archive->created, MP_S(CREATED)) || !mp_str_eq(archive->installation, MP_S(INSTALLATION)) ||
        !mp_str_eq(archive->origin, MP_S("example.org/mapae")))
        return;
    add_archive(&again, arena, members, archive->count);
    MUST(mp_str_eq(mp_buf_str(&again), input));
    mp_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mp_package_trust none;
    static struct given           members[MEMBERS_MAX];
    mp_arena                      arena = MP_ARENA_INIT;
    mp_buf                        made = MP_BUF_INIT;
    mp_str                        input = mp_str_of((const char *)data, size);
    mp_package_archive            archive;
    mp_package_report             report;
    mp_error                      err;
    char                          path[64];
    if (mp_str_starts(input, MP_S("members\n"))) {
        add_archive(&made, &arena, members, read_members(members, mp_str_skip(input, 8)));
        input = mp_buf_str(&made);
    }
    int fd = memfd_create("package", MFD_CLOEXEC);
    if (fd < 0 || write(fd, input.ptr, input.len) != (ssize_t)input.len)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    bool is_plain =
        input.len < 2 || (memcmp(input.ptr, "\x1F\x8B", 2) != 0 && input.ptr[1] != '\xB5' && input.ptr[1] != '\x2A');
    if (mp_package_read(&archive, path, &arena, &err) == MP_OK && is_plain)
        same_again(&archive, &arena, input);
    if (mp_package_verify(&report, path, &none, &arena, &err) != MP_OK)
        MUST(err.code != MP_OK && err.message[0]);
    close(fd);
    mp_buf_free(&made);
    mp_arena_free(&arena);
    return 0;
}
