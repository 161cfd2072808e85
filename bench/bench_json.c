/* SPDX-License-Identifier: Apache-2.0 */
/* bench_json FILE [ROUNDS] - how fast the JSON reader goes over an NDJSON file, each line a
 * document, beside simdjson's on the same lines: the best of several rounds, taken in turns so
 * that both meet the same noise. */
#include <mapae/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench_simdjson.h"
#include "source.h"

#define ROUNDS 21

typedef struct lines {
    mp_str *at;
    size_t  len;
    size_t  bytes; /* of all lines */
} lines;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void split(lines *out, mp_str text, mp_arena *arena)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '\n';
    *out = (lines){ MP_ARENA_ARRAY(arena, mp_str, count + 1), 0, 0 };
    while (out->at && text.len) {
        size_t end = mp_str_find(text, '\n');
        mp_str line = mp_str_of(text.ptr, end < text.len ? end : text.len);
        text = mp_str_skip(text, line.len + 1);
        if (line.len == 0)
            continue;
        out->at[out->len++] = line;
        out->bytes += line.len;
    }
}

static size_t read_lines(const lines *l, mp_json_doc *doc, const mp_json_options *options)
{
    size_t   nodes = 0;
    mp_error err;
    for (size_t i = 0; i < l->len; i++) {
        const mp_json *root;
        if (mp_json_read_padded(doc, &root, l->at[i], options, NULL, &err) != MP_OK) {
            fprintf(stderr, "line %zu, column %u: %s\n", i + 1, err.pos.col, err.message);
            exit(1);
        }
        nodes += mp_json_nodes(root);
    }
    return nodes;
}

typedef struct best {
    double seconds;
    size_t nodes;
} best;

static void keep_best(best *b, double began, size_t nodes)
{
    double took = seconds_now() - began;
    if (b->nodes == 0 || took < b->seconds)
        b->seconds = took;
    b->nodes = nodes;
}

static void report(const char *name, best b, size_t bytes)
{
    printf("%-24s %7.3f GB/s  %8.2f ms  %zu\n", name, (double)bytes / b.seconds / 1e9,
           b.seconds * 1e3, b.nodes);
}

int main(int argc, char **argv)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_error err;
    mp_str   text;
    lines    l;
    if (argc < 2 || mp_source_slurp(&text, argv[1], 0, &arena, &err) != MP_OK) {
        fprintf(stderr, "%s\n", argc < 2 ? "usage: bench_json FILE [ROUNDS]" : err.message);
        return 2;
    }
    split(&l, text, &arena);
    mp_json_doc *doc;
    if (!l.at || mp_json_doc_new(&doc, &err) != MP_OK)
        return 2;

    const mp_json_options strict = { .reject_duplicates = true };
    best                  ours = { 0 }, checked = { 0 }, simd = { 0 };
    long                  rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
    for (long i = 0; i < rounds; i++) {
        double began = seconds_now();
        keep_best(&ours, began, read_lines(&l, doc, NULL));
        began = seconds_now();
        keep_best(&checked, began, read_lines(&l, doc, &strict));
        began = seconds_now();
        keep_best(&simd, began, bench_simdjson(l.at, l.len));
    }
    printf("%s: %zu documents, %zu bytes, best of %ld rounds\n", argv[1], l.len, l.bytes, rounds);
    report("mapae", ours, l.bytes);
    report("mapae, no duplicates", checked, l.bytes);
    report(bench_simdjson_name(), simd, l.bytes);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    return 0;
}
