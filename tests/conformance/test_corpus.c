/* SPDX-License-Identifier: Apache-2.0 */
/* Every public built-in definition and initiative is understood, and three large initiatives judge real resources:
 *
 *   test_corpus CORPUS        (that folder holds azure-policy/ and resources/)
 *
 * Each pair that applies must have a verdict or a named reason. Without the corpus it is skipped. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "library.h"
#include "scan.h"
#include "source.h"
#include "test.h"

static const char *corpus;

static char *in_corpus(const char *name)
{
    static char paths[8][1024];
    static int  next;
    char       *path = paths[next++ % 8];
    snprintf(path, sizeof(paths[0]), "%s/%s", corpus, name);
    return path;
}

/* ---- definitions and initiatives ---- */

static mp_library *read_library(bool government)
{
    mp_error    err = { 0 };
    mp_library *lib;
    CHECK_INT(mp_library_new(&lib, &err), MP_OK);
    mp_library_hold(lib); /* every definition is looked at */
    static const char *const kinds[] = { "policyDefinitions", "policyDefinitions", "policySetDefinitions" };
    /* The government's initiatives also refer to definitions that only the public folder holds: first those. */
    for (size_t i = government ? 0 : 1; i < MP_COUNT(kinds); i++) {
        char command[1200], path[1024];
        snprintf(command, sizeof(command),
                 "find '%s/azure-policy/%s' -name '*.json' %s -path '*/Azure Government/*' | LC_ALL=C sort",
                 corpus, kinds[i], government && i ? "" : "-not");
        FILE *list = popen(command, "r");
        CHECK(list != NULL);
        while (fgets(path, sizeof(path), list)) {
            path[strcspn(path, "\n")] = '\0';
            CHECK_INT(mp_library_read_path(lib, path, i ? MP_ROLE_JUDGED : MP_ROLE_REFERENCED, &err),
                      MP_OK);
        }
        pclose(list);
    }
    return lib;
}

static void check_cloud(bool government, size_t definitions, size_t initiatives)
{
    mp_error        err = { 0 };
    mp_library     *lib = read_library(government);
    const mp_check *checks;
    uint32_t        count, shown = 0;
    CHECK_INT(mp_library_checks(lib, &checks, &count, &err), MP_OK);
    size_t valid = 0;
    for (size_t i = 0; i < mp_library_definition_count(lib); i++)
        valid += mp_library_definition(lib, i)->is_valid;
    const mp_diagnostics *d = mp_library_diagnostics(lib);
    printf("# %s: %zu definitions, %zu valid; %zu initiatives, %zu resolved; %u checks, %u errors, %u warnings\n",
           government ? "government" : "public", mp_library_definition_count(lib), valid,
           mp_library_initiative_count(lib), mp_library_initiatives_resolved(lib), count, d->errors,
           d->warnings);
    /* Parameters that have no default are missing where nobody assigns: what a person must give. */
    uint32_t other = 0;
    for (const mp_diagnostic *one = d->first; one; one = one->next) {
        if (one->severity != MP_SEVERITY_ERROR || one->error.code == MP_PARAMETER)
            continue;
        other++;
        if (shown++ < 10)
            printf("# %.*s:%u:%u %s\n", MP_FMT(one->file), one->error.pos.line, one->error.pos.col,
                   one->error.message);
    }
    CHECK_INT(other, 0);
    CHECK_INT(mp_library_definition_count(lib), definitions);
    CHECK_INT(valid, definitions);
    CHECK_INT(mp_library_initiative_count(lib), initiatives);
    CHECK_INT(mp_library_initiatives_resolved(lib), initiatives);
    mp_library_free(lib);
}

TEST(public_cloud_is_understood) { check_cloud(false, 3594, 181); }
/* All that were read count, the public ones too. */
TEST(government_cloud_is_understood) { check_cloud(true, 3594 + 1415, 76); }

/* ---- real resources ---- */

#define KINDS 64
#define KIND 96 /* bytes of a sentence that tell its kind */

struct counts {
    uint64_t pairs[MP_STATE_COUNT][MP_REASON_COUNT];
    char     errors[KINDS][KIND + 1]; /* kinds of Error verdicts */
    uint64_t error_counts[KINDS];
    size_t   kinds;
    uint64_t unnamed;
};

/* Errors that are the policies' own. Sentences are compared as far as they are written here. */
static const char *const allowed_errors[] = {
    /* Four preview definitions about Azure Stack HCI compare clusterVersion without asking before whether it is
     * there, and clusters of the corpus do not have it. That operands of another type are an error is in Microsoft
     * Learn, "Azure Policy definition structure policy rule", Conditions; that a missing one is of another type is
     * how we read it. */
    "'greater' compares two numbers or two texts, not a missing value",
    NULL
};

static bool is_allowed(const char *kind)
{
    for (size_t i = 0; allowed_errors[i]; i++)
        if (strncmp(kind, allowed_errors[i], strlen(allowed_errors[i])) == 0)
            return true;
    return false;
}

struct collected {
    struct counts *counts;
    mp_buf         states; /* file, number, check, state, in the order of records */
};

static void count_error(struct counts *c, mp_str detail)
{
    char   kind[KIND + 1] = { 0 };
    size_t len = detail.len < KIND ? detail.len : KIND;
    memcpy(kind, detail.ptr, len);
    for (size_t i = 0; i < c->kinds; i++)
        if (strcmp(c->errors[i], kind) == 0) {
            c->error_counts[i]++;
            return;
        }
    CHECK(c->kinds < KINDS);
    memcpy(c->errors[c->kinds], kind, sizeof(kind));
    c->error_counts[c->kinds++]++;
}

static void note(mp_buf *out, void *context, const mp_scan_record *r)
{
    struct counts *c = ((struct collected *)context)->counts;
    c->pairs[r->state][r->reason]++;
    if (r->state == MP_STATE_NOT_APPLICABLE || r->reason == MP_REASON_NOT_APPLICABLE)
        c->unnamed++;
    if (r->state == MP_STATE_ERROR && r->detail.len == 0)
        c->unnamed++;
    if (r->state == MP_STATE_ERROR && r->detail.len)
        count_error(c, r->detail);
    mp_buf_printf(out, "%s %llu %u %u\n", r->origin->file, (unsigned long long)r->origin->index, r->check,
                  (unsigned)r->state);
}

static mp_code take(void *context, mp_str bytes, mp_error *err)
{
    struct collected *c = context;
    mp_buf_add(&c->states, bytes);
    return mp_buf_check(&c->states, err);
}

static const char *const inventory[] = {
    "resources/azure.ndjson",         "resources/azure-child.ndjson", "resources/azure-examples.ndjson",
    "resources/azure-keyvault-data.ndjson", "resources/azure-untyped.ndjson", "resources/azure-scopes",
};

static void scan(struct collected *out, const char *initiative, const mp_aliases *aliases, mp_library *lib)
{
    mp_error        err = { 0 };
    const mp_check *checks;
    uint32_t        count;
    mp_plan        *plan;
    mp_inventory   *files;
    mp_scan        *s;
    const char     *paths[MP_COUNT(inventory)];
    for (size_t i = 0; i < MP_COUNT(inventory); i++) {
        static char names[MP_COUNT(inventory)][1024];
        snprintf(names[i], sizeof(names[i]), "%s/%s", corpus, inventory[i]);
        paths[i] = names[i];
    }
    CHECK_INT(mp_library_checks(lib, &checks, &count, &err), MP_OK);
    CHECK_INT(mp_plan_new(&plan, checks, count, &(mp_plan_options){ .aliases = aliases }, &err), MP_OK);
    CHECK_INT(mp_inventory_open(&files, paths, MP_COUNT(paths), NULL, &err), MP_OK);
    mp_scan_options options = { .jobs = 1, .now = mp_clock_now(), .record = note, .write = take,
                                .context = out };
    CHECK_INT(mp_scan_new(&s, plan, files, &options, &err), MP_OK);
    if (mp_scan_run(s, &err) != MP_OK)
        fail_msg("%s", err.message);
    const mp_scan_summary *sum = mp_scan_result(s);
    printf("# %s, %s: %u checks, %llu documents, %llu duplicates, %llu bad, %llu without policy, %llu pairs\n",
           initiative, aliases ? "table" : "rule", count, (unsigned long long)sum->documents,
           (unsigned long long)sum->duplicates, (unsigned long long)sum->bad_documents,
           (unsigned long long)sum->without_policy, (unsigned long long)mp_tally_total(&sum->pairs));
    uint64_t records = 0;
    for (size_t a = 0; a < MP_STATE_COUNT; a++)
        for (size_t b = 0; b < MP_REASON_COUNT; b++) {
            records += out->counts->pairs[a][b];
            if (out->counts->pairs[a][b])
                printf("#   %-14.*s %-20.*s %8llu\n", MP_FMT(mp_states[a].text), MP_FMT(mp_reasons[b]),
                       (unsigned long long)out->counts->pairs[a][b]);
        }
    CHECK_INT(records, mp_tally_total(&sum->pairs));
    CHECK(records > 0);
    CHECK_INT(out->counts->unnamed, 0);
    mp_scan_free(s);
    mp_inventory_close(files);
    mp_plan_free(plan);
}

static size_t lines_that_differ(mp_str a, mp_str b, size_t *all)
{
    static char command[256];
    char        one[] = "/tmp/mapae-table-XXXXXX", two[] = "/tmp/mapae-rule-XXXXXX";
    int         fds[2] = { mkstemp(one), mkstemp(two) };
    CHECK(fds[0] >= 0 && fds[1] >= 0);
    CHECK(write(fds[0], a.ptr, a.len) == (ssize_t)a.len && write(fds[1], b.ptr, b.len) == (ssize_t)b.len);
    close(fds[0]);
    close(fds[1]);
    snprintf(command, sizeof(command), "diff %s %s | grep -c '^[<>]'", one, two);
    FILE  *diff = popen(command, "r");
    size_t count = 0;
    CHECK(diff && fscanf(diff, "%zu", &count) == 1);
    pclose(diff);
    remove(one);
    remove(two);
    *all = 0;
    for (size_t i = 0; i < a.len; i++)
        *all += a.ptr[i] == '\n';
    return count;
}

#define INITIATIVES "azure-policy/policySetDefinitions/Regulatory Compliance/"
#define ONE_ALIAS "\"Microsoft.Storage/storageAccounts/supportsHttpsTrafficOnly\""

static mp_library *read_initiative(const char *file)
{
    mp_error    err = { 0 };
    mp_library *lib;
    char        command[1200], path[1024];
    CHECK_INT(mp_library_new(&lib, &err), MP_OK);
    snprintf(command, sizeof(command),
             "find '%s/azure-policy/policyDefinitions' -name '*.json' -not -path '*/Azure Government/*'", corpus);
    FILE *list = popen(command, "r");
    CHECK(list != NULL);
    while (fgets(path, sizeof(path), list)) {
        path[strcspn(path, "\n")] = '\0';
        CHECK_INT(mp_library_read_path(lib, path, MP_ROLE_REFERENCED, &err), MP_OK);
    }
    pclose(list);
    CHECK_INT(mp_library_read_path(lib, in_corpus(file), MP_ROLE_JUDGED, &err), MP_OK);
    return lib;
}

/* The public table of aliases; `is_wrong`: with the path of one alias misspelled. */
static mp_aliases *read_table(bool is_wrong)
{
    mp_error    err = { 0 };
    mp_arena    arena = MP_ARENA_INIT;
    mp_aliases *aliases;
    mp_str      text;
    CHECK_INT(mp_source_slurp(&text, in_corpus("azure-policy/aliases.json"), 0, &arena, &err), MP_OK);
    char *copy = mp_arena_alloc(&arena, text.len + 1);
    CHECK(copy != NULL);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *at = is_wrong ? strstr(copy, ONE_ALIAS) : NULL;
    char *path = at ? strstr(at, "properties.") : NULL;
    CHECK(!is_wrong || path);
    if (path)
        path[0] = 'q';
    CHECK_INT(mp_aliases_read(&aliases, mp_str_of(copy, text.len), &err), MP_OK);
    mp_arena_free(&arena);
    return aliases;
}

/* By a table, or by the rule (NULL). What it says is the caller's to free. */
static struct collected judge_by(const char *file, const mp_aliases *aliases)
{
    struct collected found = { calloc(1, sizeof(struct counts)), MP_BUF_INIT };
    mp_library      *lib = read_initiative(file);
    CHECK(found.counts != NULL);
    scan(&found, strrchr(file, '/') + 1, aliases, lib);
    mp_library_free(lib);
    return found;
}

static void forget(struct collected *found)
{
    free(found->counts);
    mp_buf_free(&found->states);
}

static bool errors_are_allowed(const struct counts *c)
{
    bool allowed = true;
    for (size_t k = 0; k < c->kinds; k++) {
        bool is_ok = is_allowed(c->errors[k]);
        printf("#   Error %6llu %s%s\n", (unsigned long long)c->error_counts[k], c->errors[k],
               is_ok ? "" : " (not allowed)");
        allowed = allowed && is_ok;
    }
    return allowed;
}

static bool agree(const struct collected *by_table, const struct collected *by_rule)
{
    size_t all, different = lines_that_differ(mp_buf_str(&by_table->states), mp_buf_str(&by_rule->states), &all);
    printf("#   records that table and rule do not share: %zu of %zu\n", different, 2 * all);
    return different == 0;
}

static void check_initiative(const char *file)
{
    mp_aliases      *table = read_table(false);
    struct collected by_table = judge_by(file, table), by_rule = judge_by(file, NULL);
    bool             allowed = errors_are_allowed(by_table.counts);
    CHECK(errors_are_allowed(by_rule.counts) && allowed);
    CHECK(agree(&by_table, &by_rule));
    forget(&by_table);
    forget(&by_rule);
    mp_aliases_free(table);
}

TEST(k_isms_p_judges_real_resources) { check_initiative(INITIATIVES "K_ISMS_P_2023.json"); }
TEST(iso_27001_2022_judges_real_resources) { check_initiative(INITIATIVES "ISO_IEC_27001_2022.json"); }
TEST(iso_27001_2013_judges_real_resources) { check_initiative(INITIATIVES "ISO27001_2013_audit.json"); }

/* That table and rule agree says something only if a table with one mistake does not. */
TEST(a_wrong_table_does_not_agree)
{
    mp_aliases      *table = read_table(true);
    struct collected by_table = judge_by(INITIATIVES "ISO27001_2013_audit.json", table);
    struct collected by_rule = judge_by(INITIATIVES "ISO27001_2013_audit.json", NULL);
    CHECK(!agree(&by_table, &by_rule));
    forget(&by_table);
    forget(&by_rule);
    mp_aliases_free(table);
}

int main(int argc, char **argv)
{
    corpus = argc > 1 ? argv[1] : "../shared/corpus";
    if (access(in_corpus("azure-policy/aliases.json"), R_OK) != 0) {
        printf("1..0 # SKIP no corpus at %s\n", corpus);
        return 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    return MAIN(RUN(public_cloud_is_understood), RUN(government_cloud_is_understood),
                RUN(k_isms_p_judges_real_resources), RUN(iso_27001_2022_judges_real_resources),
                RUN(iso_27001_2013_judges_real_resources),
                RUN(a_wrong_table_does_not_agree));
}
