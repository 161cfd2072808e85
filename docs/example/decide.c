/* SPDX-License-Identifier: Apache-2.0 */
/* decide.c - may this resource be made? The smallest whole program over libmapae.
 *
 *   cc decide.c $(pkg-config --cflags --libs mapae) -o decide
 *   ./decide policy.json resource.json
 *
 * The exit code is 1 when some policy says no, 2 when there is no answer. */
#include <mapae/engine.h>

#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what, const mp_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->message);
    return 2;
}

/* The whole of a file; the caller frees it. */
static char *read_file(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0 && ftell(file) >= 0) {
        size_t size = (size_t)ftell(file);
        rewind(file);
        text = malloc(size + 1);
        *len = text ? fread(text, 1, size, file) : 0;
    }
    if (file)
        fclose(file);
    return text;
}

/* Say what is wrong with the policies, as a compiler would. */
static void print_findings(const mp_engine *engine)
{
    for (size_t i = 0; i < mp_engine_finding_count(engine); i++) {
        mp_engine_finding f = mp_engine_finding_at(engine, i);
        fprintf(stderr, "%.*s:%u:%u: %s: %.*s\n    %.*s\n", MP_FMT(f.name), f.pos.line, f.pos.col,
                f.is_error ? "error" : "warning", MP_FMT(f.message), MP_FMT(f.line));
    }
}

/* Ask, and print a line for each policy that applies. */
static int decide(mp_worker *worker, mp_str resource)
{
    mp_request               request = { .resource = resource };
    const mp_engine_verdict *verdicts;
    size_t                   count;
    mp_error                 err;
    if (mp_worker_decide(&verdicts, &count, worker, &request, &err) != MP_OK)
        return fail("resource", &err);
    int result = 0;
    for (size_t i = 0; i < count; i++) {
        mp_str sentence;
        if (mp_worker_sentence(&sentence, worker, i, "en", &err) != MP_OK)
            return fail("reason", &err);
        printf("%.*s: %.*s (%.*s)\n    %.*s\n", MP_FMT(verdicts[i].policy->name), MP_FMT(verdicts[i].state),
               MP_FMT(verdicts[i].effect), MP_FMT(sentence));
        result |= verdicts[i].is_bad;
    }
    return result;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: decide POLICY.json RESOURCE.json\n");
        return 2;
    }
    size_t     policy_len = 0, resource_len = 0;
    char      *policy = read_file(argv[1], &policy_len), *resource = read_file(argv[2], &resource_len);
    mp_engine *engine = NULL;
    mp_worker *worker = NULL;
    mp_error   err;
    int        result = 2;
    if (!policy || !resource)
        fprintf(stderr, "decide: %s cannot be read\n", policy ? argv[2] : argv[1]);
    else if (mp_engine_new(&engine, &err) != MP_OK ||
             mp_engine_add(engine, mp_str_from(argv[1]), mp_str_of(policy, policy_len), MP_ENGINE_JUDGED,
                           &err) != MP_OK)
        fail("policy", &err);
    else if (mp_engine_compile(engine, NULL, &err) != MP_OK)
        print_findings(engine);
    else if (mp_worker_new(&worker, engine, &err) != MP_OK)
        fail("engine", &err);
    else
        result = decide(worker, mp_str_of(resource, resource_len));
    mp_worker_free(worker);
    mp_engine_free(engine);
    free(resource);
    free(policy);
    return result;
}
