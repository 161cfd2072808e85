/* SPDX-License-Identifier: Apache-2.0 */
/* bench_access - what rights cost: one decision with 40,000 assignments, groups within groups included; the next
 * state of rights after one change; and the signature of a token, made and verified. Everything is made up here, the
 * same each time.
 *
 * 8,000 people in 2,000 groups, each group in two others up to four deep; 40,000 assignments of ten roles, a fifth of
 * them to people, at 4 management groups, 200 subscriptions, 4,000 resource groups and single resources. Asked: a
 * person, a resource, an action; few are allowed, so that all is looked through. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jose.h"
#include "rights.h"

enum { PEOPLE = 8000, GROUPS = 2000, ASSIGNMENTS = 40000, SUBSCRIPTIONS = 200, QUESTIONS = 200000 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* others on this machine do not count */
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static uint64_t state = 88172645463325252u;

static unsigned draw(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % below);
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_access: %s\n", what);
        exit(1);
    }
}

static const char *guid(char out[37], char kind, unsigned n)
{
    snprintf(out, 37, "%c0000000-0000-4000-8000-%012x", kind, n);
    return out;
}

static const char *scope_of(char out[300], unsigned kind, unsigned n)
{
    unsigned sub = n % SUBSCRIPTIONS, group = n / SUBSCRIPTIONS % 20;
    char     id[37];
    guid(id, 'd', sub);
    if (kind == 0)
        snprintf(out, 300, MP_SCOPE_GROUPS "mg%u", n % 4);
    else if (kind == 1)
        snprintf(out, 300, "/subscriptions/%s", id);
    else if (kind == 2)
        snprintf(out, 300, "/subscriptions/%s/resourceGroups/rg-%u", id, group);
    else
        snprintf(out, 300, "/subscriptions/%s/resourceGroups/rg-%u/providers/Microsoft.Compute/virtualMachines/vm-%u",
                 id, group, n % 50);
    return out;
}

static void add(mp_rights *rights, mp_right_kind kind, const char *key, const char *text)
{
    mp_json_doc   *doc;
    const mp_json *body;
    must(mp_json_doc_new(&doc, NULL) == MP_OK && mp_json_read(doc, &body, mp_str_from(text), NULL, NULL, NULL) == MP_OK &&
             mp_rights_add(rights, kind, mp_str_from(key), body, NULL) == MP_OK, "a row");
    mp_json_doc_free(doc);
}

static void add_assignment(mp_rights *rights, unsigned n)
{
    char key[37], who[37], scope[300], text[800];
    bool is_person = n % 5 == 0;
    guid(who, is_person ? 'a' : 'b', draw(is_person ? PEOPLE : GROUPS));
    scope_of(scope, n % 100 == 0 ? 0 : n % 10 == 1 ? 1 : n % 3 == 2 ? 2 : 3, draw(100000));
    snprintf(text, sizeof text, "{\"principalId\":\"%s\",\"roleDefinitionId\":\"%s\",\"scope\":\"%s\"}", who,
             mp_builtin_role_at(draw(10))->id, scope);
    add(rights, MP_RIGHT_ASSIGNMENT, guid(key, 'c', n), text);
}

static mp_rights *make(void)
{
    mp_rights *rights;
    char       key[37], member[37], text[2000];
    must(mp_rights_new(&rights, MP_S("f0000000-0000-4000-8000-000000000000"), NULL) == MP_OK, "memory");
    for (unsigned i = 0; i < PEOPLE; i++)
        add(rights, MP_RIGHT_USER, guid(key, 'a', i), "{\"displayName\":\"somebody\",\"state\":\"active\"}");
    for (unsigned i = 0; i < GROUPS; i++) { /* 8 people, and the two groups behind it */
        size_t len = (size_t)snprintf(text, sizeof text, "{\"members\":[");
        for (unsigned m = 0; m < 8; m++)
            len += (size_t)snprintf(text + len, sizeof text - len, "\"%s\",", guid(member, 'a', draw(PEOPLE)));
        len += (size_t)snprintf(text + len, sizeof text - len, "\"%s\"", guid(member, 'b', i % 4 == 3 ? i : i + 1));
        snprintf(text + len, sizeof text - len, "]}");
        add(rights, MP_RIGHT_GROUP, guid(key, 'b', i), text);
    }
    for (unsigned i = 0; i < SUBSCRIPTIONS; i++) {
        snprintf(text, sizeof text, "{\"parent\":\"mg%u\"}", i % 4);
        add(rights, MP_RIGHT_SUBSCRIPTION, guid(key, 'd', i), text);
    }
    for (unsigned i = 0; i < ASSIGNMENTS; i++)
        add_assignment(rights, i);
    must(mp_rights_finish(rights, NULL) == MP_OK, "memory");
    return rights;
}

typedef struct asked {
    char        who[37], scope[300];
    const char *action;
} asked;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_decisions(const mp_rights *rights)
{
    static const char *const actions[] = { "Microsoft.Compute/virtualMachines/read",
                                           "Microsoft.Compute/virtualMachines/write",
                                           "Microsoft.Authorization/roleAssignments/write",
                                           "Microsoft.Security/alerts/dismiss/action" };
    static double took[QUESTIONS];
    asked   *questions = calloc(QUESTIONS, sizeof *questions);
    unsigned allowed = 0;
    must(questions != NULL, "memory");
    for (unsigned i = 0; i < QUESTIONS; i++) {
        guid(questions[i].who, 'a', draw(PEOPLE));
        scope_of(questions[i].scope, 3, draw(100000));
        questions[i].action = actions[i & 3];
    }
    double began = now_us();
    for (unsigned i = 0; i < QUESTIONS; i++)
        allowed += mp_rights_may(rights, mp_str_of(questions[i].who, 36), mp_str_from(questions[i].action),
                                 mp_str_from(questions[i].scope), false, 1);
    double all = now_us() - began;
    for (unsigned i = 0; i < QUESTIONS; i++) { /* again, each by itself: the clock's own time is in these */
        began = now_us();
        mp_rights_may(rights, mp_str_of(questions[i].who, 36), mp_str_from(questions[i].action),
                      mp_str_from(questions[i].scope), false, 1);
        took[i] = now_us() - began;
    }
    qsort(took, QUESTIONS, sizeof *took, by_value);
    printf("decision, %d assignments      %8.3f us, 99 of 100 in %.1f us, %u of %d allowed\n", ASSIGNMENTS, all / QUESTIONS,
           took[QUESTIONS / 100 * 99], allowed, QUESTIONS);
    free(questions);
}

static void measure_next(const mp_rights *rights)
{
    mp_map     changed[MP_RIGHT_KINDS] = { { 0 } };
    mp_rights *next;
    char       key[37];
    must(mp_map_put(&changed[MP_RIGHT_ASSIGNMENT], mp_str_from(guid(key, 'c', 7)), changed, NULL) == MP_OK, "memory");
    double began = now_us();
    for (int i = 0; i < 20; i++) {
        must(mp_rights_new(&next, MP_S("f0000000-0000-4000-8000-000000000000"), NULL) == MP_OK &&
                 mp_rights_keep(next, rights, changed, NULL) == MP_OK,
             "memory");
        add_assignment(next, 7);
        must(mp_rights_finish(next, NULL) == MP_OK, "memory");
        if (i == 0)
            printf("memory of one state             %8.1f MB in its arena\n", (double)next->arena.bytes / 1e6);
        mp_rights_free(next);
    }
    printf("next state after one change     %8.1f ms\n", (now_us() - began) / 20e3);
    mp_map_free(&changed[MP_RIGHT_ASSIGNMENT]);
}

static void measure_tokens(void)
{
    static const mp_json claims[] = { { .kind = MP_JSON_OBJECT, .count = 1, .u.span = 3 },
                                      { .kind = MP_JSON_STRING, .count = 3, .u.text = "sub" },
                                      { .kind = MP_JSON_STRING, .count = 3, .u.text = "kim" } };
    mp_arena arena = MP_ARENA_INIT;
    mp_jwk  *key;
    mp_jws   jws;
    mp_str   token = { NULL, 0 };
    must(mp_jwk_make(&key, MP_S("k"), NULL) == MP_OK, "a key");
    double began = now_us();
    for (int i = 0; i < 500; i++)
        must(mp_jws_sign(&token, claims, key, &arena, NULL) == MP_OK, "a token");
    printf("token signed (RS256)            %8.1f us\n", (now_us() - began) / 500);
    began = now_us();
    for (int i = 0; i < 2000; i++)
        must(mp_jws_read(&jws, token, &arena, NULL) == MP_OK && mp_jws_verify(&jws, key), "a signature");
    printf("token verified, the first time  %8.1f us\n", (now_us() - began) / 2000);
    mp_jwk_free(key);
    mp_arena_free(&arena);
}

int main(void)
{
    mp_rights *rights = make();
    measure_decisions(rights);
    measure_next(rights);
    measure_tokens();
    mp_rights_free(rights);
    return 0;
}
