/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a template expression, between [ and ].
 *
 * Properties: what is refused is refused at a place within the text; what is accepted comes, on a small
 * document, to a value or a failure with a sentence, and to the same one again. */
#include <stdlib.h>

#include "buf.h"
#include "condition.h"
#include "fuzz.h"
#include "jsonw.h"
#include "lower.h"
#include "rules.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

static const char document[] =
    "{\"id\":\"/subscriptions/s/resourceGroups/g/providers/My.Own/things/n\",\"type\":\"My.Own/things\","
    "\"name\":\"n\",\"location\":\"East US\",\"tags\":{\"a\":\"b\",\"c.d\":\"e\"},\"kind\":\"k\","
    "\"identity\":{\"type\":\"None\"},\"properties\":{\"list\":[{\"x\":1,\"y\":[1,2]},{\"x\":\"2\"},{}],"
    "\"text\":\"abc\",\"number\":5,\"real\":1.5,\"yes\":true,\"nothing\":null,\"o\":{\"p\":{\"q\":[0]}}}}";

static const char names[] = "{\"t\":\"text\",\"n\":7,\"l\":[1,\"2\",{\"k\":3}],\"o\":{\"k\":{\"m\":null}},\"b\":true}";

/* Parameters of every type. */
static const mp_bound *parameters(void)
{
    static mp_json_doc   *doc;
    static mp_bound       bound;
    static mp_parameter   declared[8];
    static const mp_json *values[8];
    if (bound.count)
        return &bound;
    const mp_json *all;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &all, mp_str_from(names), NULL, NULL, NULL) == MP_OK);
    for (MP_JSON_MEMBERS(key, all)) {
        declared[bound.count].name = mp_json_str(key);
        values[bound.count++] = key + 1;
    }
    bound.parameters = declared;
    bound.values = values;
    return &bound;
}

static void set_inputs(mp_run *run, const mp_json *doc)
{
    mp_run_set_input(run, MP_INPUT_ID, mp_json_get(doc, MP_S("id")));
    mp_run_set_input(run, MP_INPUT_NAME, mp_json_get(doc, MP_S("name")));
    mp_run_set_input(run, MP_INPUT_TAGS, mp_json_get(doc, MP_S("tags")));
    mp_run_set_input(run, MP_INPUT_LOCATION, mp_json_get(doc, MP_S("location")));
    mp_run_set_input(run, MP_INPUT_RESOURCE_GROUP, doc);
    mp_run_set_input(run, MP_INPUT_NOW, mp_json_make_str(mp_run_arena(run), MP_S("2026-01-31T09:00:00Z")));
}

/* What the run ends with, as text. */
static void outcome(mp_buf *b, mp_run *run, const mp_rules *rules, const mp_json *doc)
{
    const mp_json *v = NULL;
    mp_error       err = { .code = MP_OK };
    require(mp_run_begin(run, rules, doc, NULL) == MP_OK);
    set_inputs(run, doc);
    mp_code code = mp_run_value(&v, run, 0, &err);
    if (code == MP_OK) { /* NULL: absent */
        mp_buf_add_json(b, v ? v : mp_json_make_null());
        return;
    }
    require(code == MP_EVALUATION || code == MP_LIMIT || code == MP_COMPILE || code == MP_PARAMETER);
    require(err.code == code && err.message[0]);
    mp_buf_add(b, mp_str_from(err.message));
}

static const mp_json *resource(void)
{
    static mp_json_doc   *doc;
    static const mp_json *root;
    if (!doc) {
        require(mp_json_doc_new(&doc, NULL) == MP_OK);
        require(mp_json_read(doc, &root, mp_str_from(document), NULL, NULL, NULL) == MP_OK);
    }
    return root;
}

static void evaluate(const mp_template *t, mp_arena *arena)
{
    const mp_json        *doc = resource();
    mp_lowering           l;
    mp_rules_builder     *builder = NULL;
    mp_rules             *rules = NULL;
    mp_run               *run = NULL;
    uint32_t              entry;
    mp_buf                once = MP_BUF_INIT, twice = MP_BUF_INIT;
    mp_lowering_init(&l, arena, parameters(), mp_aliases_by_rule(), MP_S("My.Own/things"), false);
    mp_tree *tree = mp_lower_template(&l, t);
    require(tree && l.builder.depth == 0);
    require(mp_rules_builder_new(&builder, MP_INPUTS, NULL) == MP_OK);
    require(mp_rules_add(&entry, builder, tree, NULL, NULL) == MP_OK && entry == 0);
    require(mp_rules_finish(&rules, builder, NULL) == MP_OK);
    mp_rules_builder_free(builder);
    require(mp_run_new(&run, NULL) == MP_OK);
    outcome(&once, run, rules, doc);
    outcome(&twice, run, rules, doc);
    require(mp_str_eq(mp_buf_str(&once), mp_buf_str(&twice)));
    mp_buf_free(&once);
    mp_buf_free(&twice);
    mp_run_free(run);
    mp_rules_free(rules);
}

static void check_places(const mp_diagnostics *d, mp_str text)
{
    mp_pos end = mp_pos_of_offset(text, text.len);
    for (const mp_diagnostic *one = d->first; one; one = one->next) {
        mp_pos pos = one->error.pos;
        require(pos.line >= 1 && pos.col >= 1 && one->error.message[0]);
        require(pos.line < end.line || (pos.line == end.line && pos.col <= end.col));
    }
}

static void check(mp_str text, const mp_json *root)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_diagnostics d;
    mp_source_text source = { .file = MP_S("fuzz"), .text = text, .root = root };
    mp_diagnostics_init(&d, &arena);
    struct mp_condition_list origins = { 0 };
    mp_parsing p = { .arena = &arena, .source = &source, .diagnostics = &d, .origins = &origins };
    mp_template *t = mp_template_parse(&p, mp_json_get(root, MP_S("value")));
    require(!p.failed && !d.failed);
    require((t == NULL) == (d.errors > 0));
    check_places(&d, text);
    if (t)
        evaluate(t, &arena);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_buf   inner = MP_BUF_INIT, text = MP_BUF_INIT;
    mp_arena arena = MP_ARENA_INIT;
    mp_buf_add(&inner, MP_S("["));
    mp_buf_add(&inner, mp_str_of((const char *)data, size));
    mp_buf_add(&inner, MP_S("]"));
    mp_buf_add(&text, MP_S("{\"value\": "));
    mp_buf_add_json(&text, mp_json_make_str(&arena, mp_buf_str(&inner)));
    mp_buf_add(&text, MP_S("}"));
    require(!inner.failed && !text.failed);
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_read(doc, &root, mp_buf_str(&text), NULL, NULL, NULL) == MP_OK)
        check(mp_buf_str(&text), root);
    mp_json_doc_free(doc);
    mp_arena_free(&arena);
    mp_buf_free(&inner);
    mp_buf_free(&text);
    return 0;
}
