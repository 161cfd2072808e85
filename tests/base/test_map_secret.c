/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes are keyed by a secret of the process, whether the system gives random bytes or not: nobody can know
 * which names will collide. The test runs itself, for only another process has another secret. */
#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "test.h"

ssize_t __real_getrandom(void *into, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *into, size_t len, unsigned flags);

#define REFUSE "MAPAE_TEST_REFUSE_RANDOM"

/* Called before main(). */
ssize_t __wrap_getrandom(void *into, size_t len, unsigned flags)
{
    const char *refusal = getenv(REFUSE);
    if (!refusal)
        return __real_getrandom(into, len, flags);
    if (strcmp(refusal, "half") == 0)
        return __real_getrandom(into, len / 2, flags);
    errno = ENOSYS;
    return -1;
}

static char              self[4096];
static const char *const texts[] = { "", "a", "/subscriptions/s/resourcegroups/g", "0123456789abcdef" };

enum { TEXTS = MP_COUNT(texts), PROCESSES = 12 };

static void print_hashes(void)
{
    for (size_t i = 0; i < TEXTS; i++)
        printf("%016llx %016llx\n", (unsigned long long)mp_hash(mp_str_from(texts[i])),
               (unsigned long long)mp_hash_fold(mp_str_from(texts[i])));
}

/* What another process makes of the texts. */
static void ask(unsigned long long hashes[TEXTS])
{
    char command[sizeof self + 32];
    snprintf(command, sizeof command, "'%s' hashes", self);
    FILE *f = popen(command, "r");
    CHECK(f != NULL);
    for (size_t i = 0; i < TEXTS; i++) {
        unsigned long long folded;
        CHECK_INT(fscanf(f, "%llx %llx", &hashes[i], &folded), 2);
        CHECK(hashes[i] == folded); /* of texts without capitals */
    }
    CHECK_INT(pclose(f), 0);
}

static void check_secret(const char *refusal)
{
    unsigned long long hashes[PROCESSES][TEXTS];
    if (refusal)
        setenv(REFUSE, refusal, 1);
    for (size_t i = 0; i < PROCESSES; i++) {
        ask(hashes[i]);
        for (size_t k = 0; k < i; k++)
            for (size_t t = 0; t < TEXTS; t++)
                CHECK(hashes[i][t] != hashes[k][t]);
    }
    unsetenv(REFUSE);
}

TEST(no_two_processes_hash_alike) { check_secret(NULL); }
TEST(nor_where_random_bytes_are_refused) { check_secret("all"); }
TEST(nor_where_too_few_are_given) { check_secret("half"); }

/* All pairs that differ in one byte, at every place of texts of every length: equal when the two bytes are one
 * letter in two cases, else not. */
TEST(folding_takes_no_two_others_together)
{
    char text[40];
    memset(text, 'x', sizeof text);
    for (size_t len = 1; len <= sizeof text; len += 3)
        for (size_t at = 0; at < len; at += 1 + len / 7) {
            uint64_t hashes[256];
            for (unsigned c = 0; c < 256; c++) {
                text[at] = (char)c;
                hashes[c] = mp_hash_fold(mp_str_of(text, len));
            }
            for (unsigned a = 0; a < 256; a++)
                for (unsigned b = 0; b < a; b++) {
                    bool is_letter = b >= 'A' && b <= 'Z' && a == b + 32;
                    if ((hashes[a] == hashes[b]) != is_letter)
                        fail_msg("bytes %u and %u at %zu of %zu", a, b, at, len);
                }
            text[at] = 'x';
        }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "hashes") == 0) {
        print_hashes();
        return 0;
    }
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0)
        return 1;
    self[len] = '\0';
    return MAIN(RUN(no_two_processes_hash_alike), RUN(nor_where_random_bytes_are_refused),
                RUN(nor_where_too_few_are_given), RUN(folding_takes_no_two_others_together));
}
