/* SPDX-License-Identifier: Apache-2.0 */
/* bench_hash.c - Argon2id alone: bench_hash MEMORY_BYTES PASSES COUNT prints seconds for one. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    char hash[crypto_pwhash_STRBYTES];
    if (argc != 4 || sodium_init() < 0)
        return 2;
    size_t          memory = strtoul(argv[1], NULL, 10);
    unsigned        passes = (unsigned)strtoul(argv[2], NULL, 10), count = (unsigned)strtoul(argv[3], NULL, 10);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned i = 0; i < count; i++)
        if (crypto_pwhash_str_alg(hash, "password", 8, passes, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
            return 2;
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.6f\n", ((double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9) / count);
    return 0;
}
