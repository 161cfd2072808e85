/* SPDX-License-Identifier: Apache-2.0 */
/* How bytes become records: lines, values over several lines, lists; and what damage costs. */
#include <stdlib.h>

#include "dump.h"
#include "internal.h"
#include "test.h"

#define DOC(name) "{\"id\":\"/subscriptions/s/resourceGroups/g/providers/A.B/c/" name "\"}"

/* "name@line" for a record that was read, "!code@line:col" for one that was not; blanks between. */

static void summarise(mp_buf *out, mp_inventory *inventory)
{
    mp_inventory_batch *batch = NULL;
    mp_json_doc        *doc = NULL;
    mp_arena            arena = MP_ARENA_INIT;
    bool                more = true;
    CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    while (mp_inventory_next(inventory, batch, &more, NULL) == MP_OK && more) {
        for (size_t i = 0; i < mp_inventory_batch_count(batch); i++) {
            mp_resource r;
            mp_origin   origin;
            mp_error    err;
            mp_code     code = mp_record_read(&r, &origin, batch, i, doc, &arena, &err);
            if (out->len)
                mp_buf_add_c(out, ' ');
            if (code == MP_OK)
                mp_buf_printf(out, "%.*s@%u", MP_FMT(r.name), (unsigned)origin.line);
            else
                mp_buf_printf(out, "!%s@%u:%u", mp_code_name(code), err.pos.line, err.pos.col);
        }
    }
    mp_arena_free(&arena);
    mp_json_doc_free(doc);
    mp_inventory_batch_free(batch);
    mp_inventory_close(inventory);
}

/* The same whatever the size of the batches. Counts what differs, so that one run shows all of
 * it. */
static size_t differences(const char *text, size_t len, const char *wanted)
{
    for (size_t size = 0; size < 300; size = size * 2 + 7) {
        mp_inventory        *inventory = NULL;
        mp_inventory_options options = { .batch_bytes = size };
        mp_buf               out = MP_BUF_INIT;
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_str_of(text, len), &options, NULL),
                  MP_OK);
        summarise(&out, inventory);
        bool same = mp_str_eq(mp_buf_str(&out), mp_str_from(wanted));
        if (!same)
            print_error("batches of %zu:\n%s\nfound  %.*s\nwanted %s\n", size, text,
                        MP_FMT(mp_buf_str(&out)), wanted);
        mp_buf_free(&out);
        if (!same)
            return 1;
    }
    return 0;
}

typedef struct text_case {
    const char *text, *wanted;
} text_case;

static void check_all(const text_case *cases, size_t count)
{
    size_t different = 0;
    for (size_t i = 0; i < count; i++)
        different += differences(cases[i].text, strlen(cases[i].text), cases[i].wanted);
    CHECK_INT(different, 0);
}

TEST(lines)
{
    static const text_case cases[] = {
        { "", "" },
        { "\n \r\n\n", "" },
        { DOC("a"), "a@1" },
        { DOC("a") "\n" DOC("b") "\n", "a@1 b@2" },
        { "\xEF\xBB\xBF" DOC("a") "\r\n\r\n" DOC("b") "\r\n", "a@1 b@3" },
        { "  " DOC("a") "  \n\t" DOC("b"), "a@1 b@2" },
        /* a bad line costs itself */
        { DOC("a") "\n{\"id\":tru}\n" DOC("b") "\n", "a@1 !syntax@2:7 b@3" },
        { DOC("a") "\n{\"id\":\"/subscriptions/s/resou\n" DOC("b"), "a@1 !syntax@2:30 b@3" },
        { DOC("a") "\n{\"id\":\"x\",\n" DOC("b"), "a@1 !syntax@2:11 b@3" },
        { DOC("a") "\nrubbish\n" DOC("b"), "a@1 !syntax@2:1 b@3" },
        { DOC("a") "\n\"text\"\n" DOC("b"), "a@1 !format@2:1 b@3" },
        { DOC("a") "\n" DOC("b") "\n{\"id\":\"/subscr", "a@1 b@2 !syntax@3:15" },
        /* also when it is the first */
        { "rubbish\n" DOC("b") "\n", "!syntax@1:1 b@2" },
        { "{\"id\":\"/subscriptions/s/resou\n" DOC("b") "\n" DOC("c"), "!syntax@1:30 b@2 c@3" },
        { "{\"id\":\"x\" \"y\"}\n" DOC("b") "\n", "!syntax@1:11 b@2" },
        { "{\"id\":1\n" DOC("b") "\n", "!syntax@1:8 b@2" },
    };
    check_all(cases, MP_COUNT(cases));
}

TEST(values_over_several_lines)
{
    static const text_case cases[] = {
        { "{\n \"id\": \"/subscriptions/a\"\n}\n", "a@1" },
        { "{\n \"id\": \"/subscriptions/a\"\n}\n{\n\"id\": \"/subscriptions/b\"\n}", "a@1 b@4" },
        { DOC("a") DOC("b") "\n" DOC("c"), "a@1 b@1 c@2" },
        { DOC("a") "\n{\n \"id\": \"/subscriptions/b\"\n}\n" DOC("c") "\n", "a@1 b@2 c@5" },
        { "{\"id\":\n\"/subscriptions/a\"}\n" DOC("b"), "a@1 b@3" },
        /* what stood before is kept */
        { "{\n \"id\": \"/subscriptions/a\"\n}\n{\n\"id\": \"/subscr", "a@1 !syntax@5:15" },
        { "{\n \"id\": \"/subscriptions/a\"\n}\n{\n\"id\": \"/sub\n\",\n", "a@1 !syntax@5:12" },
        { "{\n \"id\": \"/subscriptions/a\"\n}\n]\n", "a@1 !format@4:1" },
        { "key: value\nother: value\n", "!format@1:1" },
    };
    check_all(cases, MP_COUNT(cases));
}

TEST(lists)
{
    static const text_case cases[] = {
        { "[]", "" },
        { "{\"value\":[]}", "" },
        { "[" DOC("a") "," DOC("b") "]", "a@1 b@1" },
        { "[\n" DOC("a") ",\n" DOC("b") "\n]\n", "a@2 b@3" },
        { "{\"value\":[\n" DOC("a") ",\n" DOC("b") "]}", "a@2 b@3" },
        { "{\"count\":2,\n\"value\" : [" DOC("a") "]\n}", "a@2" },
        { "{\"nextLink\":null,\"id\":null,\n\"value\":[" DOC("a") "]}", "a@2" },
        { "{\"value\":[" DOC("a") "],\n\"nextLink\":\"https://x\"}", "a@1 !limit@2:24" },
        { "{\"nextLink\":\"https://x\",\n\"value\":[" DOC("a") "]}", "a@2 !limit@2:72" },
        { "{\"value\":[" DOC("a") "],\n\"nextLink\":\"\"}", "a@1" },
        { "{\"value\":[" DOC("a") "]}\n{\"value\":[" DOC("b") "]}\n" DOC("c"), "a@1 b@2 c@3" },
        { "[" DOC("a") "]\n[" DOC("b") "]\n", "a@1 b@2" },
        { "[{\"value\":[" DOC("a") "]},\n{\"value\":[" DOC("b") "],\"nextLink\":\"x\"}]",
          "a@1 b@2 !limit@2:11" },
        /* a list of what is not known is one failed record, an odd element another */
        { "[{\"x\":1},{\"x\":2}]\n" DOC("a"), "!format@1:2 a@2" },
        { "[" DOC("a") ",\n{\"x\":2},7]", "a@1 !format@2:1 !format@2:9" },
        { "[" DOC("a") ",\n{\"id\":tru}," DOC("b") "]", "a@1 !syntax@2:7 b@2" },
        /* damage */
        { "[" DOC("a") ",\n" DOC("b"), "a@1 b@2 !syntax@2:61" },
        { "[" DOC("a") ",\n{\"id\":\"/subs", "a@1 !syntax@2:13" },
        { "[" DOC("a") "\n" DOC("b") "]", "a@1 !syntax@2:1" },
        { "[" DOC("a") ",\n{\"id\":\"x\n\"}," DOC("b") "]", "a@1 !syntax@2:9" },
        { "{\"value\":[" DOC("a") "],\n\"next", "a@1 !syntax@2:6" },
        { "{\"value\":[" DOC("a") "]\n:}", "a@1 !syntax@2:1" },
        { "{\"value\":[" DOC("a"), "a@1 !syntax@1:71" },
        /* a resource that has a `value` of its own */
        { "{\"id\":\"/subscriptions/a\",\"type\":\"x\",\"value\":[{\"y\":1}]}", "a@1" },
        { "{\"id\":\"/subscriptions/a\",\"value\":[1]}", "a@1" },
        /* slashes may be escaped */
        { "[{\"id\":\"\\/subscriptions\\/a\"}]", "a@1" },
    };
    check_all(cases, MP_COUNT(cases));
}

TEST(other_encodings_are_named)
{
    CHECK_INT(differences("\xFF\xFE{\0}\0", 6, "!format@1:1"), 0);
    CHECK_INT(differences("{\0}\0", 4, "!format@1:1"), 0);
    CHECK_INT(differences("\x1F\x00", 2, "!format@1:1"), 0);
    CHECK_INT(differences("\x80\x80\x80", 3, "!format@1:1"), 0);
}

#define LONG "0123456789012345678901234567890123456789012345678901234567890123456789"
#define POD(name) "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\"}}"

#define CHANGE(name) "{\"address\":\"a.b\",\"type\":\"a_b\",\"name\":\"" name "\",\"change\":{}}"
#define ITEM(name) \
    "{\"arn\":\"a\",\"resourceType\":\"A::B::C\",\"resourceName\":\"" name "\",\"configurationItemCaptureTime\":0}"
#define ASSET(name) "{\"assetType\":\"A\",\"name\":\"//a/" name "\"}"

TEST(what_is_too_large_is_passed_over)
{
    static const text_case cases[] = {
        { DOC("a") "\n{\"id\":\"/subscriptions/"
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
          "0123456789012345678901234567890123456789012345678901234567890123456789\"}\n" DOC("b"),
          "a@1 !limit@2:1 b@3" },
        { "[" DOC("a") ",\n{\"id\":\"/subscriptions/"
          "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
          "0123456789012345678901234567890123456789012345678901234567890123456789\"}," DOC("b") "]",
          "a@1 !limit@2:1" },
        /* the first line alone: lines follow */
        { "{\"id\":\"" LONG LONG "\"}\n" DOC("b") "\n", "!limit@1:1 b@2" },
        { "[\"" LONG LONG "\"]", "!limit@1:2" },
        /* what goes on over several lines cannot be passed over */
        { DOC("a") "\n{\n\"id\":\"" LONG LONG "\"\n}\n" DOC("b"), "a@1 !limit@2:1" },
        /* a container may be longer; a document within may not, and the next one is read */
        { "{\"apiVersion\":\"v1\",\"items\":[" POD("a") "," POD("b") ",{\"x\":\"" LONG LONG "\"}," POD(
              "c") "],\"kind\":\"List\"}",
          "a@1 b@1 !limit@1:143 c@1" },
        { "{\"format_version\":\"1.0\",\"resource_changes\":[" CHANGE("a") "," CHANGE("b") ",{\"x\":\"" LONG LONG "\"},"
          CHANGE("c") "]}",
          "a@1 b@1 !limit@1:153 c@1" },
        { "{\"configurationItems\":[" ITEM("a") ",{\"x\":\"" LONG LONG "\"}," ITEM("c") "]}", "a@1 !limit@1:113" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_inventory        *inventory = NULL;
        mp_inventory_options options = { .batch_bytes = 40, .document_bytes = 100 };
        mp_buf               out = MP_BUF_INIT;
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_str_from(cases[i].text), &options,
                                           NULL),
                  MP_OK);
        summarise(&out, inventory);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&out);
    }
}

/* However long they are, memory does not grow with them; what breaks off costs what stands behind. */
TEST(lists_of_other_clouds_stream)
{
    enum { COUNT = 3000 };
    static const struct {
        const char *before, *item, *after, *last;
    } cases[] = {
        { "{\"fileVersion\":\"1.0\",\"configurationItems\":[", ITEM("i"), "],\"x\":1}", "i@1" },
        { "{\"configurationItems\":[", ITEM("i"), "],\"nextToken\":\"t\"}", "!limit@1:" },
        { "{\"nextToken\":\"t\",\"configurationItems\":[", ITEM("i"), "]}", "!limit@1:" },
        { "{\"assets\":[", ASSET("i"), "]}", "i@1" },
        { "{\"results\":[", ASSET("i"), "],\"nextPageToken\":\"\"}", "i@1" },
        { "{\"assets\":[", "{\"asset\":" ASSET("i") "}", "]}", "i@1" },
        { "{\"assets\":[", ASSET("i"), ",", "!syntax@1:" },
        { "{\"configurationItems\":[", ITEM("i"), "}", "!syntax@1:" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_inventory        *inventory = NULL;
        mp_inventory_batch  *batch = NULL;
        mp_inventory_options options = { .batch_bytes = 500, .document_bytes = 1000 };
        mp_buf               text = MP_BUF_INIT, out = MP_BUF_INIT;
        bool                 more = true;
        size_t               records = 0;
        mp_buf_add_z(&text, cases[i].before);
        for (int n = 0; n < COUNT; n++)
            mp_buf_printf(&text, "%s%s", n ? "," : "", cases[i].item);
        mp_buf_add_z(&text, cases[i].after);
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_buf_str(&text), &options, NULL), MP_OK);
        CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
        while (mp_inventory_next(inventory, batch, &more, NULL) == MP_OK && more) {
            CHECK(batch->cap < 5000);
            records += mp_inventory_batch_count(batch);
        }
        CHECK(records == COUNT || (records == COUNT + 1 && cases[i].last[0] == '!'));
        CHECK_INT(mp_inventory_list_count(inventory), 1);
        mp_inventory_batch_free(batch);
        mp_inventory_close(inventory);
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_buf_str(&text), &options, NULL), MP_OK);
        summarise(&out, inventory);
        mp_str last = mp_str_skip(mp_buf_str(&out), mp_str_rfind(mp_buf_str(&out), ' ') + 1);
        CHECK(mp_str_starts(last, mp_str_from(cases[i].last)));
        mp_buf_free(&text);
        mp_buf_free(&out);
    }
}

/* However many there are, blanks between documents take no memory and are no document. */
TEST(blanks_are_not_held)
{
    enum { BLANKS = 100000 };
    static const struct {
        const char *before, *after, *wanted;
    } cases[] = {
        { "", "", "" },
        { DOC("a") "\n", DOC("b"), "a@1 b@2" },
        { DOC("a"), DOC("b"), "a@1 b@1" },
        { "[", DOC("a") "," DOC("b") "]", "a@1 b@1" },
        { "[" DOC("a"), "," DOC("b") "]", "a@1 b@1" },
        { "[" DOC("a") ",", DOC("b") "]", "a@1 b@1" },
        { "[" DOC("a") ",", "]", "a@1 !syntax@1:100063" },
        { "[" DOC("a") ",", "," DOC("b") "]", "a@1 !syntax@1:100063" },
        { "{\"value\":[" DOC("a") "]", "}" DOC("b"), "a@1 b@1" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_inventory        *inventory = NULL;
        mp_inventory_batch  *batch = NULL;
        mp_inventory_options options = { .batch_bytes = 200, .document_bytes = 1000 };
        mp_buf               text = MP_BUF_INIT, out = MP_BUF_INIT;
        bool                 more = true;
        mp_buf_printf(&text, "%s%*s%s", cases[i].before, BLANKS, "", cases[i].after);
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_buf_str(&text), &options, NULL), MP_OK);
        CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
        while (mp_inventory_next(inventory, batch, &more, NULL) == MP_OK && more)
            CHECK(batch->cap < 5000);
        CHECK(batch->cap < 5000);
        mp_inventory_batch_free(batch);
        mp_inventory_close(inventory);
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_buf_str(&text), &options, NULL), MP_OK);
        summarise(&out, inventory);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&text);
        mp_buf_free(&out);
    }
}

/* Nothing, and a list of nothing, are told apart. */
TEST(empty_lists_are_counted)
{
    static const struct {
        const char *text;
        unsigned    lists;
    } cases[] = {
        { "", 0 },           { " \n\n", 0 },          { "[]", 1 }, { "{\"value\":[]}", 1 },
        { "{\"configurationItems\":[]}", 1 }, { "{\"format_version\":\"1.0\"}", 1 }, { "{\"servers\":[]}", 1 },
        { "{\"kind\":\"storage#buckets\"}", 1 }, { "{\"Results\":[],\"QueryInfo\":{}}", 1 },
        { "[]\n[]\n", 2 }, { "{\"data\":[],\"count\":0,\"totalRecords\":0}", 1 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_inventory       *inventory = NULL;
        mp_inventory_batch *batch = NULL;
        bool                more = true;
        CHECK_INT(mp_inventory_open_memory(&inventory, "m", mp_str_from(cases[i].text), NULL, NULL), MP_OK);
        CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
        while (mp_inventory_next(inventory, batch, &more, NULL) == MP_OK && more)
            CHECK_INT(mp_inventory_batch_count(batch), 0);
        CHECK_INT(mp_inventory_list_count(inventory), cases[i].lists);
        mp_inventory_batch_free(batch);
        mp_inventory_close(inventory);
    }
}

/* The text of a record is what stands in the file. */
TEST(records_show_their_text)
{
    mp_str               text = MP_S("[ " DOC("a") " , {\"x\":1} ]");
    mp_inventory        *inventory = NULL;
    mp_inventory_batch  *batch = NULL;
    bool                 more;
    CHECK_INT(mp_inventory_open_memory(&inventory, "m", text, NULL, NULL), MP_OK);
    CHECK_INT(mp_inventory_batch_new(&batch, NULL), MP_OK);
    CHECK_INT(mp_inventory_next(inventory, batch, &more, NULL), MP_OK);
    CHECK_INT(mp_inventory_batch_count(batch), 2);
    CHECK_STR(mp_record_text(batch, 0), DOC("a"));
    CHECK_STR(mp_record_text(batch, 1), "{\"x\":1}");
    mp_inventory_batch_free(batch);
    mp_inventory_close(inventory);
}

int main(void)
{
    return MAIN(RUN(lines), RUN(values_over_several_lines), RUN(lists),
                RUN(other_encodings_are_named), RUN(what_is_too_large_is_passed_over), RUN(lists_of_other_clouds_stream),
                RUN(blanks_are_not_held), RUN(empty_lists_are_counted), RUN(records_show_their_text));
}
