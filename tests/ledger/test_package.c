/* SPDX-License-Identifier: Apache-2.0 */
/* A package holds, and nothing about it can be changed: not a byte of the archive, not a member with a manifest that
 * agrees. */
#include "package.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "made_package.h"
#include "package_tar.h"
#include "secret.h"
#include "test.h"

static made_package made;

static mp_code verify_at(const char *path, const mp_package_trust *trust, mp_package_report *report, mp_arena *arena,
                         mp_error *err)
{
    static const mp_package_trust none;
    return mp_package_verify(report, path, trust ? trust : &none, arena, err);
}

/* The verdict alone. */
static mp_code verdict(const char *path, const mp_package_trust *trust, mp_error *err)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_package_report report;
    mp_code           code = verify_at(path, trust, &report, &arena, err);
    mp_arena_free(&arena);
    return code;
}

static mp_str slurp(mp_arena *arena, const char *path)
{
    FILE       *file = fopen(path, "rb");
    struct stat about;
    CHECK(file && fstat(fileno(file), &about) == 0);
    char *bytes = mp_arena_alloc(arena, (size_t)about.st_size + 1);
    CHECK(fread(bytes, 1, (size_t)about.st_size, file) == (size_t)about.st_size);
    fclose(file);
    return mp_str_of(bytes, (size_t)about.st_size);
}

static void spit(const char *path, mp_str bytes)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && fclose(file) == 0);
}

TEST(a_good_package_holds)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_package_report r;
    mp_error          err = { .message = "" };
    made_write(&made, "good.tar", NULL, 0);
    mp_code code = verify_at(made.path, NULL, &r, &arena, &err);
    CHECK_STR(mp_str_from(err.message), "");
    CHECK_INT(code, MP_OK);
    CHECK_STR(r.origin, "example.org/mapae");
    CHECK_STR(r.installation, "5f0c1f5e-0000-4000-8000-000000000000");
    CHECK(mp_str_eq(r.key, made.keys[1]));
    CHECK(!r.is_pinned && !r.is_since);
    CHECK_INT(r.size, MADE_LEAVES);
    CHECK_INT(r.leaves, 3);
    CHECK_INT(r.opened, 2);
    CHECK_INT(r.records, 2);
    CHECK_INT(r.evidence, 1);
    CHECK_INT(r.evidence_bytes, sizeof MADE_EVIDENCE - 1);
    CHECK_INT(r.checkpoints, 3);
    CHECK_INT(r.keys, 2);
    CHECK_INT(r.stamp_count, 1);
    CHECK_INT(r.stamps[0].size, 2);
    CHECK(!r.stamps[0].is_pinned);
    mp_arena_free(&arena);
}

TEST(trust_makes_it_more)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_package_report r;
    made_write(&made, "good.tar", NULL, 0);
    mp_package_trust trust = { .keys = made.keys[1], .since = made.since, .stamp_ca = made.stamp_ca };
    CHECK_INT(verify_at(made.path, &trust, &r, &arena, NULL), MP_OK);
    CHECK(r.is_pinned && r.is_since && r.stamps[0].is_pinned);
    trust.keys = made.keys[0]; /* the first key: the second follows from it */
    CHECK_INT(verify_at(made.path, &trust, &r, &arena, NULL), MP_OK);
    CHECK(r.is_pinned);
    trust.since = made.head;
    CHECK_INT(verify_at(made.path, &trust, &r, &arena, NULL), MP_OK);
    CHECK(r.is_since);
    mp_arena_free(&arena);
}

TEST(a_key_does_not_follow_without_its_leaf)
{
    made_change       without_leaf[] = { { .part = MP_PART_LEAF, .number = 3, .is_left_out = true },
                                         { .part = MP_PART_PROOF, .number = 3, .is_left_out = true } };
    made_change       without_head[] = { { .part = MP_PART_OLDER, .number = 4, .is_left_out = true },
                                         { .part = MP_PART_CONSISTENCY, .number = 4, .is_left_out = true } };
    mp_package_trust  first = { .keys = made.keys[0] }, second = { .keys = made.keys[1] };
    mp_error          err;
    made_write(&made, "no-leaf.tar", without_leaf, 2);
    CHECK_INT(verdict(made.path, NULL, NULL), MP_OK);
    CHECK_INT(verdict(made.path, &second, NULL), MP_OK);
    CHECK_INT(verdict(made.path, &first, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "not the key that you trust"));
    made_write(&made, "no-head.tar", without_head, 2);
    CHECK_INT(verdict(made.path, NULL, NULL), MP_OK);
    CHECK_INT(verdict(made.path, &first, NULL), MP_DAMAGED);
}

TEST(trust_that_is_none)
{
    static const mp_str strange = MP_S_INIT("example.org/mapae+32dc6b1d+AUxDTAxDTAxDTAxDTAxDTAxDTAxDTAxDTAxDTAxDTAxD");
    mp_package_trust    nonsense = { .keys = MP_S("not a key") }, since = { .since = MP_S("not a checkpoint") },
                     pem = { .stamp_ca = MP_S("not PEM") };
    made_write(&made, "good.tar", NULL, 0);
    CHECK_INT(verdict(made.path, &nonsense, NULL), MP_PARAMETER);
    CHECK_INT(verdict(made.path, &since, NULL), MP_PARAMETER);
    CHECK_INT(verdict(made.path, &pem, NULL), MP_PARAMETER);
    nonsense.keys = strange;
    CHECK(verdict(made.path, &nonsense, NULL) != MP_OK);
    CHECK_INT(verdict("/nowhere/at/all", NULL, NULL), MP_IO);
}

TEST(a_rewritten_log_is_noticed)
{
    mp_arena         arena = MP_ARENA_INIT;
    char            *other = mp_arena_dup(&arena, made.since).ptr ? (char *)mp_arena_dup(&arena, made.since).ptr : NULL;
    mp_package_trust trust = { .since = mp_str_of(other, made.since.len) };
    mp_error         err;
    made_write(&made, "good.tar", NULL, 0);
    size_t root = mp_str_find_str(trust.since, MP_S("\n2\n")) + 3;
    other[root] = other[root] == 'A' ? 'B' : 'A';
    CHECK_INT(verdict(made.path, &trust, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "rewritten"));
    other[root - 2] = '3'; /* a size that the package says nothing of */
    CHECK_INT(verdict(made.path, &trust, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "does not show"));
    mp_arena_free(&arena);
}

/* Every byte, the padding too; of the members that only carry hashes and text a sample, under a sanitizer. */
TEST(no_byte_can_be_changed)
{
    mp_arena arena = MP_ARENA_INIT;
    char     path[160];
    made_write(&made, "good.tar", NULL, 0);
    mp_str good = slurp(&arena, made.path);
    snprintf(path, sizeof path, "%s/flipped.tar", made.folder);
    spit(path, good);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    for (size_t i = 0; i < good.len; i += test_step(11)) {
        char other = (char)(good.ptr[i] ^ 1 << i % 8);
        CHECK(pwrite(fd, &other, 1, (off_t)i) == 1);
        mp_code code = verdict(path, NULL, NULL);
        CHECK(pwrite(fd, &good.ptr[i], 1, (off_t)i) == 1);
        if (code == MP_OK || code == MP_INTERNAL || code == MP_NOMEM) {
            print_error("byte %zu changed: %s\n", i, mp_code_name(code));
            CHECK(false);
        }
    }
    CHECK_INT(verdict(path, NULL, NULL), MP_OK);
    close(fd);
    mp_arena_free(&arena);
}

TEST(no_byte_can_be_added_or_taken_away)
{
    mp_arena arena = MP_ARENA_INIT;
    char     path[160];
    made_write(&made, "good.tar", NULL, 0);
    mp_str good = slurp(&arena, made.path);
    snprintf(path, sizeof path, "%s/cut.tar", made.folder);
    for (size_t len = 0; len < good.len; len += len < 2048 || len > good.len - 2048 ? test_step(7) : 97) {
        spit(path, mp_str_of(good.ptr, len));
        CHECK(verdict(path, NULL, NULL) != MP_OK);
    }
    mp_buf longer = MP_BUF_INIT;
    mp_buf_add(&longer, good);
    mp_buf_add_c(&longer, '\0');
    spit(path, mp_buf_str(&longer));
    CHECK_INT(verdict(path, NULL, NULL), MP_DAMAGED);
    mp_buf_free(&longer);
    mp_arena_free(&arena);
}

/* The manifest agrees with the change, so only what the members mean can tell. */
TEST(a_member_cannot_be_changed)
{
#define TURN(p, n, from, to) { .part = MP_PART_##p, .number = n, .find = MP_S_INIT(from), .put = MP_S_INIT(to) }
#define LEAVE_OUT(p, n) { .part = MP_PART_##p, .number = n, .is_left_out = true }
    static const struct {
        made_change change;
        const char *says;
    } cases[] = {
        { TURN(README, 0, "Mapae", "Mapao"), "README.txt" },
        { LEAVE_OUT(README, 0), "no README.txt" },
        { LEAVE_OUT(KEYS, 0), "no keys.txt" },
        { TURN(KEYS, 0, "+", "-"), "keys.txt" },
        { TURN(KEYS, 0, "\n", ""), "keys.txt" },
        { LEAVE_OUT(CHECKPOINT, 0), "no checkpoint" },
        { TURN(CHECKPOINT, 0, "\n7\n", "\n8\n"), "checkpoint" },
        { TURN(CHECKPOINT, 0, "org", "com"), "checkpoint" },
        { TURN(LEAF, 1, "201", "202"), "leaves/1.json" },
        { TURN(LEAF, 3, "\"number\":2", "\"number\":3"), "leaves/3.json" },
        { LEAVE_OUT(LEAF, 1), "goes with" },
        { LEAVE_OUT(PROOF, 1), "goes with" },
        { TURN(PROOF, 1, "\"index\":1", "\"index\":2"), "proofs/1.json" },
        { TURN(PROOF, 1, "\"size\":7", "\"size\":6"), "proofs/1.json" },
        { TURN(PROOF, 1, "[\"", "[\"A"), "proofs/1.json" },
        { TURN(PROOF, 1, ",\"size", ",\"more\":1,\"size"), "proofs/1.json" },
        { TURN(PROOF, 1, "{", "{ "), "canonical" },
        { TURN(PROOF, 1, "{", "["), "proofs/1.json" },
        { TURN(OLDER, 2, "\n2\n", "\n3\n"), "checkpoints/2" },
        { TURN(CONSISTENCY, 4, "\"from\":4", "\"from\":2"), "consistency/4.json" },
        { LEAVE_OUT(CONSISTENCY, 4), "goes with" },
        { LEAVE_OUT(OLDER, 4), "goes with" },
        { TURN(OPENED, 1, "192.0.2.7", "192.0.2.8"), "opened/1.json" },
        { TURN(OPENED, 1, "from", "fron"), "opened/1.json" },
        { TURN(OPENED, 1, "3031", "3032"), "opened/1.json" },
        { TURN(OPENED, 4, "user", "used"), "opened/4.json" },
        { LEAVE_OUT(OPENED, 4), "records/2.json" },
        { TURN(RECORD, 1, "Proof", "Prove"), "records/1.json" },
        { TURN(RECORD, 2, "1.5", "2.5"), "records/2.json" },
        { LEAVE_OUT(RECORD, 1), "goes with" },
        { LEAVE_OUT(RECORD_META, 1), "goes with" },
        { TURN(RECORD_META, 1, "\"leaf\":1", "\"leaf\":3"), "records/1.json" },
        { TURN(RECORD_META, 1, "\"leaf\":1", "\"leaf\":2"), "leaf 2" },
        { TURN(RECORD_META, 1, "evidence", "evidences"), "records/1.json" },
        { TURN(RECORD_META, 2, "0002", "0003"), "records/2.json" },
        { TURN(RECORD_META, 2, "3031", "30"), "records/2.meta.json" },
        { LEAVE_OUT(STAMP, 1), "goes with" },
        { LEAVE_OUT(STAMP_CA, 1), "goes with" },
        { TURN(STAMP_CA, 1, "BEGIN", "BEGUN"), "stamps/1.tsr" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .message = "" };
        made_write(&made, "changed.tar", &cases[i].change, 1);
        mp_code code = verdict(made.path, NULL, &err);
        if (code != MP_DAMAGED || !strstr(err.message, cases[i].says)) {
            print_error("case %zu: %s, \"%s\"\n", i, mp_code_name(code), err.message);
            CHECK(false);
        }
    }
}

TEST(evidence_without_a_record_is_not_let_in)
{
    static const made_change changes[] = { LEAVE_OUT(RECORD, 1), LEAVE_OUT(RECORD_META, 1) };
    mp_error                 err;
    made_write(&made, "unnamed.tar", changes, 2);
    CHECK_INT(verdict(made.path, NULL, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "no record of the package names evidence/"));
}

TEST(compressed_is_the_same)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    made_write(&made, "good.tar.zst", NULL, 0);
    mp_str bytes = slurp(&arena, made.path);
    CHECK(bytes.len > 4 && memcmp(bytes.ptr, "\x28\xB5\x2F\xFD", 4) == 0);
    CHECK_INT(verdict(made.path, NULL, &err), MP_OK);
    spit(made.path, mp_str_of(bytes.ptr, bytes.len - 1));
    CHECK(verdict(made.path, NULL, &err) != MP_OK);
    mp_arena_free(&arena);
}

TEST(the_same_content_gives_the_same_bytes)
{
    mp_arena arena = MP_ARENA_INIT;
    made_write(&made, "one.tar", NULL, 0);
    mp_str one = slurp(&arena, made.path);
    made_write(&made, "two.tar", NULL, 0);
    CHECK(mp_str_eq(one, slurp(&arena, made.path)));
    mp_arena_free(&arena);
}

TEST(other_programs_read_it)
{
    char command[400];
    made_write(&made, "good.tar", NULL, 0);
    snprintf(command, sizeof command,
             "cd '%s' && mkdir -p out && tar xf good.tar -C out && test \"$(cat out/evidence/*)\" = \"%.*s\" && "
             "test $(find out -type f | wc -l) = 23 && tar tf good.tar >/dev/null",
             made.folder, (int)sizeof MADE_EVIDENCE - 2, MADE_EVIDENCE);
    CHECK_INT(system(command), 0);
}

/* ---- hostile archives: a manifest of our own over members of our own ---- */

static void add_block(mp_buf *b, const char *name, mp_str bytes)
{
    uint8_t header[MP_TAR_BLOCK];
    char    zeros[MP_TAR_BLOCK] = { 0 };
    mp_tar_header(header, mp_str_from(name), bytes.len, 1764633600);
    mp_buf_add(b, mp_str_of((const char *)header, sizeof header));
    mp_buf_add(b, bytes);
    mp_buf_add(b, mp_str_of(zeros, mp_tar_padding(bytes.len)));
}

static mp_code verdict_on(const char *manifest_format, const char *members, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_buf   b = MP_BUF_INIT;
    char     path[160], zeros[1024] = { 0 }, digest[65];
    uint8_t  hash[32];
    mp_str   bare = mp_arena_printf(&arena, manifest_format, "", members);
    CHECK(mp_sha256(hash, bare, NULL) == MP_OK);
    mp_hex(digest, hash, 32);
    mp_str with = mp_arena_printf(&arena, "\"digest\":\"%s\",", digest);
    add_block(&b, "manifest.json", mp_arena_printf(&arena, manifest_format, with.ptr, members));
    mp_buf_add(&b, mp_str_of(zeros, sizeof zeros));
    snprintf(path, sizeof path, "%s/hostile.tar", made.folder);
    spit(path, mp_buf_str(&b));
    mp_code code = verdict(path, NULL, err);
    mp_buf_free(&b);
    mp_arena_free(&arena);
    return code;
}

#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
#define MEMBER(name, size) "{\"name\":\"" name "\",\"sha256\":\"" HASH "\",\"size\":" size "}"
static const char usual[] =
    "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}";

TEST(hostile_lists)
{
    static const struct {
        const char *members;
        mp_code     code;
        const char *says;
    } cases[] = {
        { "", MP_DAMAGED, "no README.txt" },
        { MEMBER("../../etc/passwd", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("/etc/passwd", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("leaves/../keys.txt", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("leaves/01.json", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("leaves/-1.json", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("leaves/99999999999999999999.json", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("leaves/9223372036854775808.json", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("evidence/0", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("manifest.json", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("surprise", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("checkpoint\\u0000", "1"), MP_DAMAGED, "cannot have" },
        { MEMBER("checkpoint", "1") "," MEMBER("checkpoint", "1"), MP_DAMAGED, "twice" },
        { MEMBER("keys.txt", "1") "," MEMBER("checkpoint", "1"), MP_DAMAGED, "not in order" },
        { MEMBER("checkpoint", "-1"), MP_DAMAGED, "name, sha256 and size" },
        { MEMBER("checkpoint", "1.5"), MP_DAMAGED, "name, sha256 and size" },
        { MEMBER("checkpoint", "9007199254740992"), MP_LIMIT, "at most" },
        { MEMBER("leaves/1.json", "65536"), MP_LIMIT, "at most" },
        { MEMBER("evidence/" HASH, "4294967297"), MP_LIMIT, "at most" },
        { MEMBER("evidence/" HASH, "4294967296"), MP_DAMAGED, "does not have" },
        { MEMBER("records/1.json", "16777216"), MP_DAMAGED, "does not have" },
        { "7", MP_DAMAGED, "name, sha256 and size" },
        { "[]", MP_DAMAGED, "name, sha256 and size" },
        { "{\"name\":\"checkpoint\",\"sha256\":\"" HASH "\"}", MP_DAMAGED, "name, sha256 and size" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .message = "" };
        mp_code  code = verdict_on(usual, cases[i].members, &err);
        if (code != cases[i].code || !strstr(err.message, cases[i].says)) {
            print_error("case %zu: %s, \"%s\"\n", i, mp_code_name(code), err.message);
            CHECK(false);
        }
    }
}

TEST(hostile_manifests)
{
    static const struct {
        const char *manifest;
        mp_code     code;
        const char *says;
    } cases[] = {
        { "{\"created\":\"2025-12-02T00:00:01Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}",
          MP_DAMAGED, "created" },
        { "{\"created\":\"2025-12-02 00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}",
          MP_DAMAGED, "created" },
        { "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/3\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}",
          MP_UNSUPPORTED, "mapae-package/3" },
        { "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s]}", MP_DAMAGED, "other members" },
        { "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\",\"z\":1}",
          MP_DAMAGED, "other members" },
        { " {\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}", MP_DAMAGED,
          "canonical" },
        { "{\"created\":0,%s\"format\":\"mapae-package/1\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}", MP_DAMAGED, "other members" },
        { "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/1\",\"installation\":\"\\u001b[2J\",\"members\":[%s],\"origin\":\"o\"}", MP_DAMAGED,
          "no GUID" },
        { "{\"created\":\"2025-12-02T00:00:00Z\",%s\"format\":\"mapae-package/x\",\"installation\":\"5f0c1f5e-0000-4000-8000-000000000000\",\"members\":[%s],\"origin\":\"o\"}",
          MP_DAMAGED, "no format" },
        { "[%s%s]", MP_DAMAGED, "manifest.json" },
        { "%s%s", MP_DAMAGED, "manifest.json" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .message = "" };
        mp_code  code = verdict_on(cases[i].manifest, "", &err);
        if (code != cases[i].code || !strstr(err.message, cases[i].says)) {
            print_error("case %zu: %s, \"%s\"\n", i, mp_code_name(code), err.message);
            CHECK(false);
        }
    }
}

/* A manifest that nests deeper than anything of ours. */
TEST(deep_json)
{
    mp_buf   deep = MP_BUF_INIT;
    mp_error err;
    for (int i = 0; i < 100000; i++)
        mp_buf_add_c(&deep, '[');
    mp_buf_add_c(&deep, '\0');
    CHECK_INT(verdict_on(usual, deep.ptr, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "manifest.json cannot be read"));
    mp_buf_free(&deep);
}

TEST(what_is_no_package)
{
    char     path[160];
    mp_error err;
    snprintf(path, sizeof path, "%s/other", made.folder);
    spit(path, MP_S(""));
    CHECK_INT(verdict(path, NULL, &err), MP_FORMAT);
    spit(path, MP_S("just a text, and not a long one"));
    CHECK_INT(verdict(path, NULL, &err), MP_FORMAT);
    mp_buf b = MP_BUF_INIT;
    add_block(&b, "something-else", MP_S("x"));
    spit(path, mp_buf_str(&b));
    CHECK_INT(verdict(path, NULL, &err), MP_FORMAT);
    /* Packed anew: the name is right, and the header is another program's. */
    mp_buf_free(&b);
    add_block(&b, "manifest.json", MP_S("{}"));
    CHECK(b.len > 116);
    b.ptr[108] = '7'; /* an owner */
    spit(path, mp_buf_str(&b));
    CHECK_INT(verdict(path, NULL, &err), MP_FORMAT);
    CHECK(strstr(err.message, "not in the exact form"));
    CHECK_INT(verdict(made.folder, NULL, &err), MP_IO);
    mp_buf_free(&b);
}

int main(void)
{
    made_begin(&made);
    int failed =
        MAIN(RUN(a_good_package_holds), RUN(trust_makes_it_more), RUN(a_key_does_not_follow_without_its_leaf),
             RUN(trust_that_is_none), RUN(a_rewritten_log_is_noticed), RUN(no_byte_can_be_changed),
             RUN(no_byte_can_be_added_or_taken_away), RUN(a_member_cannot_be_changed),
             RUN(evidence_without_a_record_is_not_let_in), RUN(compressed_is_the_same),
             RUN(the_same_content_gives_the_same_bytes), RUN(other_programs_read_it), RUN(hostile_lists),
             RUN(hostile_manifests), RUN(deep_json), RUN(what_is_no_package));
    made_end(&made);
    return failed;
}
