/* SPDX-License-Identifier: Apache-2.0 */
/* alias_coverage - how many aliases of a table the rule resolves to the very same path.
 *
 *   alias_coverage TABLE DEFINITIONS [WORST [LEAST-USED LEAST-ALL]]
 *
 * TABLE is a table of aliases in the compact form, DEFINITIONS a folder of policy definitions. Prints
 * the share over the distinct aliases that the definitions use, over the whole table, and the WORST
 * namespaces (10). Given the least shares in percent, it exits with 1 when either is not reached.
 * Exits with 77 (a skipped test) when TABLE is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <mapae/aliases.h>

#include "alias.h"
#include "arena.h"
#include "map.h"
#include "source.h"

struct tally {
    mp_str   name; /* a namespace, or an alias */
    unsigned equal, all;
    bool     is_used; /* an alias: by some definition */
};

struct tallies {
    mp_map   by_name;
    mp_arena arena;
};

static void stop(const mp_error *err)
{
    fprintf(stderr, "alias_coverage: %s\n", err->message);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct tally *tally_of(struct tallies *t, mp_str name)
{
    mp_error      err = { 0 };
    struct tally *found = mp_map_get(&t->by_name, name);
    if (found)
        return found;
    found = MP_ARENA_NEW(&t->arena, struct tally);
    mp_str kept = mp_arena_dup(&t->arena, name);
    if (!found || !kept.ptr || mp_map_put(&t->by_name, kept, found, &err) != MP_OK)
        exit(1);
    found->name = kept;
    return found;
}

/* ---- the aliases that definitions use ---- */

static void use(struct tallies *aliases, mp_str name)
{
    if (mp_str_find(name, '/') != SIZE_MAX)
        tally_of(aliases, name)->is_used = true;
}

/* The literals of an expression: all of them, or those in field('...') and current('...'). */
static void use_literals(struct tallies *aliases, mp_str text, bool all)
{
    for (mp_str left = text;;) {
        size_t open = mp_str_find(left, '\'');
        if (open == SIZE_MAX)
            return;
        mp_str before = mp_str_trim(mp_str_of(left.ptr, open));
        mp_str literal = mp_str_skip(left, open + 1);
        size_t close = mp_str_find(literal, '\'');
        if (close == SIZE_MAX)
            return;
        left = mp_str_skip(literal, close + 1);
        literal.len = close;
        if (all || mp_str_ends_fold(before, MP_S("field(")) ||
            mp_str_ends_fold(before, MP_S("current(")))
            use(aliases, literal);
    }
}

/* Templates are Azure Resource Manager's, not the policy's: they are passed by. */
static void use_all_in(struct tallies *aliases, const mp_json *v)
{
    if (mp_json_is(v, MP_JSON_STRING) && mp_str_starts(mp_json_str(v), MP_S("[")))
        use_literals(aliases, mp_json_str(v), false);
    if (mp_json_is(v, MP_JSON_ARRAY))
        for (MP_JSON_EACH(item, v))
            use_all_in(aliases, item);
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, v)) {
        const mp_json *value = key + 1;
        bool           is_field = mp_str_eq_fold(mp_json_str(key), MP_S("field"));
        if (mp_str_eq_fold(mp_json_str(key), MP_S("template")))
            continue;
        if (!is_field || !mp_json_is(value, MP_JSON_STRING))
            use_all_in(aliases, value);
        else if (mp_str_starts(mp_json_str(value), MP_S("[")))
            use_literals(aliases, mp_json_str(value), true);
        else
            use(aliases, mp_json_str(value));
    }
}

static void use_definitions(struct tallies *aliases, const char *folder)
{
    static const char *const json[] = { ".json", NULL };
    mp_arena     arena = MP_ARENA_INIT, content = MP_ARENA_INIT;
    mp_json_doc *doc = NULL;
    const char **names = NULL;
    size_t       count = 0;
    mp_error     err = { 0 };
    if (mp_source_list(&names, &count, folder, json, NULL, &arena, &err) != MP_OK ||
        mp_json_doc_new(&doc, &err) != MP_OK)
        stop(&err);
    for (size_t i = 0; i < count; i++) {
        mp_str         text;
        const mp_json *root, *body;
        if (mp_source_slurp(&text, names[i], 0, &content, &err) != MP_OK ||
            mp_json_read(doc, &root, text, NULL, NULL, &err) != MP_OK)
            stop(&err);
        body = mp_json_get_fold(root, MP_S("properties"));
        const mp_json *rule = mp_json_get_fold(body ? body : root, MP_S("policyRule"));
        if (rule)
            use_all_in(aliases, rule);
        mp_arena_reset(&content);
    }
    mp_json_doc_free(doc);
    mp_arena_free(&content);
    mp_arena_free(&arena);
}

/* ---- comparing ---- */

static bool same_answer(const mp_aliases *table, mp_str type, mp_str name, mp_arena *arena)
{
    mp_alias       a, b;
    mp_alias_match in_table, by_rule;
    mp_error       err = { 0 };
    if (mp_alias_find(&in_table, &a, table, type, name, MP_S(""), arena, &err) != MP_OK ||
        mp_alias_find(&by_rule, &b, mp_aliases_by_rule(), type, name, MP_S(""), arena, &err) !=
            MP_OK)
        stop(&err);
    bool same = in_table == MP_ALIAS_FOUND && by_rule == MP_ALIAS_FOUND &&
                mp_path_eq(a.path, b.path) && mp_str_eq(a.extract, b.extract);
    if (!same && getenv("ALIAS_COVERAGE_LIST"))
        printf("%.*s  %.*s  %.*s\n", MP_FMT(type), MP_FMT(name),
               MP_FMT(mp_path_text(by_rule == MP_ALIAS_FOUND ? b.path : (mp_path){ NULL, 0 },
                                   arena)));
    return same;
}

static mp_str namespace_of(mp_str type)
{
    size_t slash = mp_str_find(type, '/');
    return slash == SIZE_MAX ? type : mp_str_of(type.ptr, slash);
}

static void compare(struct tallies *namespaces, struct tallies *aliases, const mp_aliases *table,
                    const mp_json *root)
{
    mp_arena scratch = MP_ARENA_INIT;
    for (MP_JSON_MEMBERS(type, root)) {
        struct tally *n = tally_of(namespaces, namespace_of(mp_json_str(type)));
        for (MP_JSON_MEMBERS(name, type + 1)) {
            struct tally *a = tally_of(aliases, mp_json_str(name));
            bool same = same_answer(table, mp_json_str(type), mp_json_str(name), &scratch);
            n->all++, a->all++;
            n->equal += same, a->equal += same;
            mp_arena_reset(&scratch);
        }
    }
    mp_arena_free(&scratch);
}

static int by_misses(const void *a, const void *b)
{
    const struct tally *x = ((const mp_map_entry *)a)->value;
    const struct tally *y = ((const mp_map_entry *)b)->value;
    unsigned            i = x->all - x->equal, k = y->all - y->equal;
    return i != k ? (i < k ? 1 : -1) : mp_str_cmp_fold(x->name, y->name);
}

static double percent(unsigned part, unsigned all)
{
    return all ? 100.0 * part / all : 0;
}

/* An alias that definitions use counts as equal when it is for every type that has it. */
static double print_used(const struct tallies *aliases)
{
    unsigned equal = 0, all = 0;
    for (size_t i = 0; i < aliases->by_name.len; i++) {
        const struct tally *t = aliases->by_name.entries[i].value;
        if (!t->is_used)
            continue;
        all++;
        if (t->all > 0 && t->equal == t->all)
            equal++;
        else
            printf("  used, %s: %.*s\n", t->all ? "differs" : "not in the table", MP_FMT(t->name));
    }
    printf("used by definitions: %u of %u equal (%.2f %%)\n", equal, all, percent(equal, all));
    return percent(equal, all);
}

static double print_table(struct tallies *namespaces, size_t worst)
{
    unsigned equal = 0, all = 0;
    for (size_t i = 0; i < namespaces->by_name.len; i++) {
        const struct tally *t = namespaces->by_name.entries[i].value;
        equal += t->equal;
        all += t->all;
    }
    printf("whole table: %u of %u equal (%.2f %%)\n", equal, all, percent(equal, all));
    mp_map *m = &namespaces->by_name;
    qsort(m->entries, m->len, sizeof *m->entries, by_misses); /* not looked up in any more */
    for (size_t i = 0; i < worst && i < m->len; i++) {
        const struct tally *t = m->entries[i].value;
        printf("  %-40.*s %5u of %5u (%.2f %%)\n", MP_FMT(t->name), t->equal, t->all,
               percent(t->equal, t->all));
    }
    return percent(equal, all);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4 && argc != 6) {
        fprintf(stderr, "usage: alias_coverage TABLE DEFINITIONS [WORST [LEAST-USED LEAST-ALL]]\n");
        return 2;
    }
    if (access(argv[1], R_OK) != 0) {
        printf("SKIP: no table of aliases here\n");
        return 77;
    }
    mp_arena       arena = MP_ARENA_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    mp_aliases    *table = NULL;
    mp_str         text;
    mp_error       err = { 0 };
    struct tallies namespaces = { MP_MAP_INIT_FOLD, MP_ARENA_INIT };
    struct tallies aliases = { MP_MAP_INIT_FOLD, MP_ARENA_INIT };

    if (mp_source_slurp(&text, argv[1], 0, &arena, &err) != MP_OK)
        stop(&err);
    double start = now_ms();
    if (mp_aliases_read(&table, text, &err) != MP_OK)
        stop(&err);
    printf("%zu aliases of %zu types read in %.1f ms\n", mp_aliases_count(table),
           mp_aliases_type_count(table), now_ms() - start);
    if (mp_json_doc_new(&doc, &err) != MP_OK ||
        mp_json_read(doc, &root, text, NULL, NULL, &err) != MP_OK)
        stop(&err);
    compare(&namespaces, &aliases, table, root);
    use_definitions(&aliases, argv[2]);
    double used = print_used(&aliases);
    double all = print_table(&namespaces, argc > 3 ? strtoul(argv[3], NULL, 10) : 10);

    mp_aliases_free(table);
    mp_json_doc_free(doc);
    mp_map_free(&namespaces.by_name);
    mp_map_free(&aliases.by_name);
    mp_arena_free(&namespaces.arena);
    mp_arena_free(&aliases.arena);
    mp_arena_free(&arena);
    if (argc == 6 && (used < strtod(argv[4], NULL) || all < strtod(argv[5], NULL))) {
        printf("less than the %s %% and %s %% that are documented\n", argv[4], argv[5]);
        return 1;
    }
    return 0;
}
