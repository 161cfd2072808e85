/* SPDX-License-Identifier: Apache-2.0 */
/* make_packages FOLDER - packages, good ones and others, and what mp_package_verify says of each: for
 * test_verify_package.py. */
#include <stdio.h>
#include <stdlib.h>

#include "made_package.h"
#include "test.h"

#define TURN(p, n, from, to) { .part = MP_PART_##p, .number = n, .find = MP_S_INIT(from), .put = MP_S_INIT(to) }
#define LEAVE_OUT(p, n) { .part = MP_PART_##p, .number = n, .is_left_out = true }

static const made_change changes[] = {
    TURN(README, 0, "Mapae", "Mapao"),
    LEAVE_OUT(README, 0),
    LEAVE_OUT(KEYS, 0),
    TURN(KEYS, 0, "+", "-"),
    TURN(KEYS, 0, "\n", ""),
    TURN(CHECKPOINT, 0, "\n7\n", "\n8\n"),
    TURN(CHECKPOINT, 0, "org", "com"),
    TURN(CHECKPOINT, 0, "\xE2\x80\x94", "-"),
    TURN(LEAF, 1, "201", "202"),
    LEAVE_OUT(LEAF, 1),
    LEAVE_OUT(PROOF, 1),
    TURN(PROOF, 1, "\"index\":1", "\"index\":2"),
    TURN(PROOF, 1, "\"size\":7", "\"size\":6"),
    TURN(PROOF, 1, ",\"size", ",\"more\":1,\"size"),
    TURN(PROOF, 1, "{", "{ "),
    TURN(OLDER, 2, "\n2\n", "\n3\n"),
    TURN(CONSISTENCY, 4, "\"from\":4", "\"from\":2"),
    TURN(CONSISTENCY, 4, "[", "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\","),
    LEAVE_OUT(CONSISTENCY, 4),
    LEAVE_OUT(OLDER, 4),
    TURN(OPENED, 1, "192.0.2.7", "192.0.2.8"),
    TURN(OPENED, 1, "from", "fron"),
    TURN(OPENED, 1, "3031", "3032"),
    TURN(OPENED, 4, "user", "used"),
    LEAVE_OUT(OPENED, 4),
    LEAVE_OUT(OPENED, 1), /* holds: it need not be opened */
    TURN(RECORD, 1, "Proof", "Prove"),
    TURN(RECORD, 2, "1.5", "2.5"),
    LEAVE_OUT(RECORD, 1),
    LEAVE_OUT(RECORD_META, 1),
    TURN(RECORD_META, 1, "\"leaf\":1", "\"leaf\":3"),
    TURN(RECORD_META, 1, "\"leaf\":1", "\"leaf\":2"),
    TURN(RECORD_META, 1, "evidence", "evidences"),
    TURN(RECORD_META, 2, "0002", "0003"),
    TURN(RECORD_META, 2, "3031", "30"),
    LEAVE_OUT(STAMP, 1),
    LEAVE_OUT(STAMP_CA, 1),
    TURN(STAMP_CA, 1, "BEGIN", "BEGUN"),
};

static made_package made;
static const char  *target;
static FILE        *list;

static void write_text(const char *name, mp_str text, const char *end)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", target, name);
    FILE *file = fopen(path, "wb");
    CHECK(file && fprintf(file, "%.*s%s", MP_FMT(text), end) >= 0 && fclose(file) == 0);
}

static void say(const char *name, const char *key, const char *since, const mp_package_trust *trust)
{
    mp_arena          arena = MP_ARENA_INIT;
    mp_package_report report;
    mp_code           code = mp_package_verify(&report, made.path, trust, &arena, NULL);
    CHECK(code == MP_OK || code == MP_DAMAGED);
    fprintf(list, "%s %d %s %s\n", name, code == MP_OK ? 0 : 1, key, since);
    mp_arena_free(&arena);
}

static void write_one(const char *name, const made_change *change, size_t count)
{
    char command[500];
    made_write(&made, name, change, count);
    snprintf(command, sizeof command, "cp '%s' '%s/'", made.path, target);
    CHECK(system(command) == 0);
}

TEST(write_all)
{
    static const mp_package_trust none;
    const mp_package_trust        trusts[] = { { .keys = made.keys[0], .since = made.since }, { .keys = made.keys[1] } };
    char                          path[300];
    snprintf(path, sizeof path, "%s/CASES", target);
    list = fopen(path, "w");
    CHECK(list != NULL);
    write_text("first", made.keys[0], "\n");
    write_text("second", made.keys[1], "\n");
    write_text("since", made.since, "");
    write_one("good.tar", NULL, 0);
    say("good.tar", "-", "-", &none);
    say("good.tar", "first", "since", &trusts[0]);
    say("good.tar", "second", "-", &trusts[1]);
    const made_change no_rotation[] = { LEAVE_OUT(LEAF, 3), LEAVE_OUT(PROOF, 3) };
    write_one("no-rotation.tar", no_rotation, 2);
    say("no-rotation.tar", "first", "since", &trusts[0]);
    say("no-rotation.tar", "second", "-", &trusts[1]);
    const made_change no_since[] = { LEAVE_OUT(OLDER, 2), LEAVE_OUT(CONSISTENCY, 2), LEAVE_OUT(STAMP, 1),
                                     LEAVE_OUT(STAMP_CA, 1) };
    write_one("no-since.tar", no_since, 4);
    say("no-since.tar", "first", "since", &trusts[0]);
    say("no-since.tar", "first", "-", &(mp_package_trust){ .keys = made.keys[0] });
    write_one("no-older.tar", no_since, 2); /* the stamp is over nothing then */
    say("no-older.tar", "-", "-", &none);
    for (size_t i = 0; i < MP_COUNT(changes); i++) {
        char name[40];
        snprintf(name, sizeof name, "case-%zu.tar", i);
        write_one(name, &changes[i], 1);
        say(name, "-", "-", &none);
    }
    CHECK(fclose(list) == 0);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    target = argv[1];
    made_begin(&made);
    int failed = MAIN(RUN(write_all));
    made_end(&made);
    return failed;
}
