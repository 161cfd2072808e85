/* SPDX-License-Identifier: Apache-2.0 */
#include "dump.h"
#include "internal.h"
#include "test.h"

TEST(mappings_name_what_is_wrong_and_where)
{
    static const struct {
        const char *text;
        mp_code     code;
        mp_pos      pos;
    } cases[] = {
        { "{\"type\":\"kind\"}", MP_OK, { 0, 0 } },
        { "{\"type\":{\"const\":\"My/type\"},\"id\":\"a.b['c.d'].e\"}", MP_OK, { 0, 0 } },
        { "{", MP_SYNTAX, { 1, 2 } },
        { "[]", MP_FORMAT, { 1, 1 } },
        { "{}", MP_FORMAT, { 1, 1 } },
        { "{\"type\":\"t\",\n \"ids\":\"x\"}", MP_FORMAT, { 2, 2 } },
        { "{\"type\":\"t\",\n \"id\":7}", MP_FORMAT, { 2, 7 } },
        { "{\"type\":\"t\",\n \"id\":{\"const\":\"x\"}}", MP_FORMAT, { 2, 7 } },
        { "{\"type\":{\"konst\":\"x\"}}", MP_FORMAT, { 1, 9 } },
        { "{\"type\":\"a..b\"}", MP_FORMAT, { 1, 9 } },
        { "{\"type\":\"a['b\"}", MP_FORMAT, { 1, 9 } },
        { "{\"type\":\"a['b']c\"}", MP_FORMAT, { 1, 9 } },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_mapping *mapping = NULL;
        mp_error    err = { .code = MP_OK };
        CHECK_INT(mp_mapping_read(&mapping, mp_str_from(cases[i].text), &err), cases[i].code);
        CHECK_INT(err.pos.line, cases[i].pos.line);
        CHECK_INT(err.pos.col, cases[i].pos.col);
        mp_mapping_free(mapping);
    }
}

static void check(const char *map, const char *text, const char *wanted)
{
    mp_mapping *mapping = NULL;
    CHECK_INT(mp_mapping_read(&mapping, mp_str_from(map), NULL), MP_OK);
    for (size_t size = 0; size < 200; size = size * 2 + 9) {
        mp_inventory_options options = { .mapping = mapping, .batch_bytes = size };
        dump                 d = { .code = MP_OK };
        dump_memory(&d, text, strlen(text), &options);
        CHECK_INT(d.code, MP_OK);
        CHECK_STR(mp_buf_str(&d.text), wanted);
        dump_done(&d);
    }
    mp_mapping_free(mapping);
}

TEST(records_are_found_by_path)
{
    check("{\"records\":\"list['a.b']\",\"id\":\"key\",\"type\":{\"const\":\"My/thing\"},"
          "\"name\":\"key\",\"location\":\"where\",\"tags\":\"labels\"}",
          "{\"meta\":{\"id\":\"/x\"},\"list\":{\"a.b\":[\n"
          "{\"key\":\"k1\",\"labels\":{\"e\":\"p\"},\"where\":\"seoul\"},\n"
          "{\"key\":42},\n{\"n\":8}]}}",
          "1 2 mapped\n    id: \"k1\"\n    type: \"My/thing\"\n    name: \"k1\"\n    full: \"k1\"\n"
          "    location: \"seoul\"\n    tags: {\"e\":\"p\"}\n"
          "    doc: {\"key\":\"k1\",\"labels\":{\"e\":\"p\"},\"where\":\"seoul\"}\n"
          "2 3 mapped\n    id: \"42\"\n    type: \"My/thing\"\n    name: \"42\"\n    full: \"42\"\n"
          "    doc: {\"key\":42}\n"
          "3 4 mapped 4:1 format: the mapping finds no text for the id in this record\n");
}

TEST(lines_and_elements_are_records_too)
{
    static const char map[] = "{\"type\":\"t.u\"}";
    static const char wanted[] =
        "1 1 mapped\n    id: \"memory#1\"\n    type: \"a\"\n    doc: {\"t\":{\"u\":\"a\"}}\n"
        "2 2 mapped\n    id: \"memory#2\"\n    type: \"b\"\n    doc: {\"t\":{\"u\":\"b\"}}\n"
        "3 3 mapped 3:1 format: the mapping finds no text for the type in this record\n";
    check(map, "{\"t\":{\"u\":\"a\"}}\n{\"t\":{\"u\":\"b\"}}\n{\"t\":1}\n", wanted);
    check(map, "[{\"t\":{\"u\":\"a\"}},\n{\"t\":{\"u\":\"b\"}},\n{\"t\":1}]", wanted);
}

/* What is known is read as what it is. */
TEST(known_formats_go_first)
{
    check("{\"type\":{\"const\":\"x\"}}",
          "{\"id\":\"/subscriptions/s\"}\n{\"asset_type\":\"a\"}\n{\"assets\":[{\"a\":1}]}\n",
          "1 1 arm-resource\n    id: \"/subscriptions/s\"\n"
          "    type: \"Microsoft.Resources/subscriptions\"\n    name: \"s\"\n    full: \"s\"\n"
          "    subscription: \"s\"\n"
          "2 2 cloud-asset 2:1 format: an asset has no name; wanted both name and asset_type\n"
          "3 3 mapped\n    id: \"memory#3\"\n    type: \"x\"\n    doc: {\"assets\":[{\"a\":1}]}\n");
}

int main(void)
{
    return MAIN(RUN(mappings_name_what_is_wrong_and_where), RUN(records_are_found_by_path),
                RUN(lines_and_elements_are_records_too), RUN(known_formats_go_first));
}
