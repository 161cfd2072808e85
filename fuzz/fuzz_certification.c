/* SPDX-License-Identifier: Apache-2.0 */
/* How one is certified, read over a catalogue that is always the same. Whoever follows the questions of what is read comes to an end, and a
 * scheme is left exactly when no rule that spoke rules it out. */
#include "fuzz.h"

#include <stdlib.h>

#include "frameworks.h"

static const char catalog_text[] =
    "{\"catalog\":{\"uuid\":\"c\",\"metadata\":{\"title\":\"t\",\"oscal-version\":\"1.1.2\"},\"controls\":[{\"id\":\"a\",\"title\":\"A\"}]}}";

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const mp_finder *finder, const size_t *answers, mp_arena *arena, mp_found *found)
{
    uint64_t excluded = 0;
    must(mp_finder_decide(found, finder, answers, arena, NULL) == MP_OK);
    for (size_t i = 0; i < finder->rule_count; i++)
        excluded |= found->fired[i] ? finder->rules[i].excludes : 0;
    must((found->candidates & excluded) == 0);
    must(found->next == MP_NO_CHOICE || (found->next < finder->question_count && answers[found->next] == MP_NO_CHOICE));
}

static void follow(const mp_finder *finder, mp_arena *arena)
{
    size_t   answers[MP_FINDER_MAX], asked = 0;
    mp_found found;
    for (size_t i = 0; i < MP_FINDER_MAX; i++)
        answers[i] = MP_NO_CHOICE;
    for (check(finder, answers, arena, &found); found.next != MP_NO_CHOICE; check(finder, answers, arena, &found)) {
        must(asked++ < finder->question_count);
        answers[found.next] = asked % finder->questions[found.next].choice_count;
    }
    must(found.finding != MP_FOUND_OPEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_json_doc     *docs[2] = { NULL, NULL };
    mp_arena         arena = MP_ARENA_INIT;
    const mp_json   *root;
    mp_framework     framework = { .id = MP_S("f") };
    mp_certification read;
    if (mp_json_doc_new(&docs[0], NULL) == MP_OK && mp_json_doc_new(&docs[1], NULL) == MP_OK &&
        mp_json_read(docs[0], &root, mp_str_from(catalog_text), NULL, NULL, NULL) == MP_OK &&
        mp_catalog_read(&framework.catalog, root, &arena, NULL) == MP_OK &&
        mp_json_read(docs[1], &root, mp_str_of((const char *)data, size), NULL, NULL, NULL) == MP_OK &&
        mp_certification_read(&read, root, &framework, &arena, NULL) == MP_OK && read.finder)
        follow(read.finder, &arena);
    mp_arena_free(&arena);
    mp_json_doc_free(docs[0]);
    mp_json_doc_free(docs[1]);
    return 0;
}
