/* SPDX-License-Identifier: Apache-2.0 */
#include "kusto.h"

#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "test.h"

/* ---- a table ---- */

enum { ID, NAME, SIZE, TAGS, PROPERTIES, COLUMNS };

static const mp_kusto_column columns[COLUMNS] = {
    [ID] = { MP_S_INIT("id"), MP_KUSTO_STRING },     [NAME] = { MP_S_INIT("name"), MP_KUSTO_STRING },
    [SIZE] = { MP_S_INIT("size"), MP_KUSTO_INTEGER }, [TAGS] = { MP_S_INIT("tags"), MP_KUSTO_OBJECT },
    [PROPERTIES] = { MP_S_INIT("properties"), MP_KUSTO_OBJECT },
};
static const mp_kusto_table tables[] = { { "Resources", columns, COLUMNS, ID },
                                         { "ResourceContainers", columns, 2, UINT32_MAX } };

static const char rows_text[] =
    "[[\"/a\",\"Web-01\",4,{\"env\":\"prod\",\"on\":true},{\"sku\":{\"tier\":\"Standard\"},\"zones\":[\"1\",\"2\"],\"https\":true,\"n\":2.5}],"
    " [\"/b\",\"db\",null,null,{\"sku\":{\"tier\":\"basic\"},\"https\":\"false\",\"n\":\"7\"}],"
    " [\"/c\",\"web\",10,{\"env\":\"Prod\"},{\"https\":false}],"
    " [\"/d\",\"\\uc6f9\",4,{\"Env\":\"dev\"},null]]";

static mp_json_doc *doc;
static const mp_json *rows;

static void read_rows(void)
{
    if (!doc)
        CHECK(mp_json_doc_new(&doc, NULL) == MP_OK &&
              mp_json_read(doc, &rows, mp_str_from(rows_text), NULL, NULL, NULL) == MP_OK);
}

/* ---- what a query gives: each row as a list ---- */

typedef struct given {
    mp_buf   text;
    uint32_t columns;
} given;

static mp_code take(void *ctx, const mp_json *const *cells, mp_error *err)
{
    given *g = ctx;
    (void)err;
    mp_buf_add_z(&g->text, g->text.len ? " [" : "[");
    for (uint32_t i = 0; i < g->columns; i++) {
        mp_buf_add_z(&g->text, i ? "," : "");
        if (cells[i])
            mp_buf_add_json(&g->text, cells[i]);
        else
            mp_buf_add_z(&g->text, "null");
    }
    mp_buf_add_c(&g->text, ']');
    return mp_buf_check(&g->text, err);
}

static mp_code feed_all(mp_kusto_run *run, uint32_t count, mp_error *err)
{
    for (MP_JSON_EACH(one, rows)) {
        const mp_json *cells[COLUMNS] = { NULL };
        for (uint32_t i = 0; i < count; i++) {
            cells[i] = mp_json_at(one, i);
            cells[i] = mp_json_is(cells[i], MP_JSON_NULL) ? NULL : cells[i];
        }
        MP_TRY(mp_kusto_feed(run, cells, err));
    }
    return mp_kusto_finish(run, err);
}

static mp_code run_limited(mp_buf *out, uint64_t *unseen, const char *text, const mp_kusto_limits *limits, mp_error *err)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_kusto_run   *run = NULL;
    given           g = { .text = MP_BUF_INIT };
    const mp_kusto *query;
    read_rows();
    mp_code code = mp_kusto_parse(&query, NULL, &arena, tables, MP_COUNT(tables), mp_str_from(text), err);
    if (code == MP_OK) {
        mp_kusto_columns(query, &g.columns);
        code = mp_kusto_run_new(&run, query, limits, take, &g, err);
    }
    if (code == MP_OK)
        code = feed_all(run, mp_kusto_source(query)->count, err);
    if (code == MP_OK && unseen)
        *unseen = mp_kusto_unseen(run);
    mp_kusto_run_free(run);
    mp_arena_free(&arena);
    *out = g.text;
    return code;
}

static bool gives(const char *text, const char *wanted)
{
    mp_buf   out = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_code  code = run_limited(&out, NULL, text, NULL, &err);
    bool     is_right = code == MP_OK && mp_str_eq(mp_buf_str(&out), mp_str_from(wanted));
    if (!is_right)
        print_error("%s\n  gives %.*s %s\n  wanted %s\n", text, (int)out.len, out.ptr,
                    code == MP_OK ? "" : err.message, wanted);
    mp_buf_free(&out);
    return is_right;
}

/* ---- conditions ---- */

TEST(conditions)
{
    static const struct { const char *where, *ids; } cases[] = {
        { "name == 'web'", "c" },
        { "name == 'WEB'", "" },
        { "name =~ 'WEB'", "c" },
        { "name != 'web'", "abd" },
        { "name !~ 'WEB'", "abd" },
        { "name == '\\uc6f9'", "d" },
        { "name == \"db\"", "b" },
        { "name contains 'EB'", "ac" },
        { "name !contains 'EB'", "bd" },
        { "name startswith 'WEB'", "ac" },
        { "name !startswith 'web'", "bd" },
        { "name endswith '-01'", "a" },
        { "name !endswith '01'", "bcd" },
        /* whole words */
        { "name has 'web'", "ac" },
        { "name has 'we'", "" },
        { "name has '01'", "a" },
        { "name !has 'web'", "bd" },
        { "tags has 'prod'", "ac" },
        /* numbers */
        { "size == 4", "ad" },
        { "size != 4", "bc" },
        { "size > 4", "c" },
        { "size >= 4", "acd" },
        { "size < 10", "ad" },
        { "size <= 4.0", "ad" },
        { "size == -4", "" },
        { "properties.n > 2", "a" },
        { "properties.n == 7", "b" },
        { "todouble(properties.n) > 3", "b" },
        /* paths */
        { "tags.env == 'prod'", "a" },
        { "tags['env'] =~ 'PROD'", "ac" },
        { "tags.env =~ 'dev'", "d" },
        { "properties.sku.tier == 'Standard'", "a" },
        { "properties['sku']['tier'] in~ ('STANDARD', 'BASIC')", "ab" },
        { "properties.zones[0] == '1'", "a" },
        { "properties.zones[-1] == '2'", "a" },
        { "properties.zones[2] == '1'", "" },
        { "properties.zones.x == '1'", "" },
        { "array_length(properties.zones) == 2", "a" },
        /* true and false, however it is written */
        { "properties.https == true", "a" },
        { "properties.https == false", "bc" },
        { "properties.https == 'False'", "c" }, /* as a text it counts case */
        { "properties.https =~ 'False'", "bc" },
        { "tobool(properties.https)", "a" },
        /* null */
        { "isnull(size)", "b" },
        { "isnotnull(size)", "acd" },
        { "isnull(properties.sku)", "cd" },
        { "isempty(tags.env)", "b" },
        { "isnotempty(tags.env)", "acd" },
        { "not(size == 4)", "bc" },
        { "not(size > 4)", "ad" },
        { "size == properties.nothing", "" },
        { "properties.sku != 'x'", "abcd" },
        { "tags.env !in ('prod')", "bcd" },
        { "tags.env in ('prod', 'Prod')", "ac" },
        { "tags.env !in~ ('prod')", "bd" },
        /* together */
        { "name == 'db' or name == 'web' and size == 10", "bc" },
        { "(name == 'db' or name == 'web') and size == 10", "c" },
        { "size > 4 or size < 5", "acd" },
        { "true", "abcd" },
        { "false or id == '/a' // said\n and true", "a" },
        { "strcat(name, '-', size) == 'web-10'", "c" },
        { "split(id, '/')[1] == 'b'", "b" },
        { "strlen(name) == 1", "d" },
        { "tolower(name) == 'web-01'", "a" },
        { "toupper(name) == 'DB'", "b" },
        { "iff(size > 4, 'big', 'small') == 'big'", "c" },
        { "coalesce(tags.env, 'none') == 'none'", "b" },
        { "toint('12') == 12 and tolong(2.9) == 2", "abcd" },
        { "@'a\\b' == 'a\\\\b' and @'it''s' == 'it\\'s'", "abcd" },
        { "['name'] == 'db'", "b" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        char query[400], wanted[100] = "";
        snprintf(query, sizeof query, "resources | where %s | project id", cases[i].where);
        for (const char *c = cases[i].ids; *c; c++)
            snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted), "%s[\"/%c\"]", *wanted ? " " : "", *c);
        CHECK(gives(query, wanted));
    }
}

/* ---- steps ---- */

TEST(steps)
{
    static const struct { const char *query, *rows; } cases[] = {
        { "resources | count", "[4]" },
        { "Resources\n| where size == 4\n| count", "[2]" },
        { "where size == 4 | project id", "[\"/a\"] [\"/d\"]" },
        { "ResourceContainers", "[\"/a\",\"Web-01\"] [\"/b\",\"db\"] [\"/c\",\"web\"] [\"/d\",\"\xec\x9b\xb9\"]" },
        { "resources | project n = name, size | take 2", "[\"Web-01\",4] [\"db\",null]" },
        { "resources | limit 0", "" },
        { "resources | project tier = tolower(properties.sku.tier) | where isnotempty(tier)", "[\"standard\"] [\"basic\"]" },
        { "resources | project-away t*, properties, name | take 1", "[\"/a\",4]" },
        { "resources | extend name = toupper(name), double = size | project-away tags, properties | top 1 by id asc", "[\"/a\",\"WEB-01\",4,4]" },
        /* order: case does not count; null is first upwards and last downwards, where nothing else is said */
        { "resources | order by name asc | project name", "[\"db\"] [\"web\"] [\"Web-01\"] [\"\xec\x9b\xb9\"]" },
        { "resources | sort by size | project id", "[\"/c\"] [\"/a\"] [\"/d\"] [\"/b\"]" },
        { "resources | sort by size asc, id desc | project id", "[\"/b\"] [\"/d\"] [\"/a\"] [\"/c\"]" },
        { "resources | order by size asc nulls last | project id", "[\"/a\"] [\"/d\"] [\"/c\"] [\"/b\"]" },
        { "resources | order by size desc nulls first | project id", "[\"/b\"] [\"/c\"] [\"/a\"] [\"/d\"]" },
        { "resources | order by id asc | project id | take 2", "[\"/a\"] [\"/b\"]" },
        { "resources | order by id desc | project id | take 2", "[\"/d\"] [\"/c\"]" },
        { "resources | top 2 by size | project id", "[\"/c\"] [\"/a\"]" },
        { "resources | top 2 by size asc nulls last | project id", "[\"/a\"] [\"/d\"]" },
        { "resources | take 3 | order by size | take 2 | project id | count", "[2]" },
        /* groups come as they were met */
        { "resources | summarize count() by size", "[4,2] [null,1] [10,1]" },
        { "resources | summarize n = count(), max(size), countif(size == 4) by env = tolower(tags.env) | order by env asc", "[\"\",1,null,0] [\"dev\",1,4,1] [\"prod\",2,10,1]" },
        { "resources | summarize count(), sum(size), min(size), max(name), avg(size), dcount(size)", "[4,18,4,\"\xec\x9b\xb9\",6.0,2]" },
        { "resources | where false | summarize count(), min(size)", "[0,null]" },
        { "resources | where false | summarize count() by name", "" },
        { "resources | where false | count", "[0]" },
        { "resources | summarize by size", "[4] [null] [10]" },
        { "resources | distinct size", "[4] [null] [10]" },
        { "resources | project size, x = tags.on | distinct *", "[4,true] [null,null] [10,null] [4,null]" },
        { "resources | distinct size | count", "[3]" },
        { "resources | summarize count() by size | where count_ > 1 | project size", "[4]" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        CHECK(gives(cases[i].query, cases[i].rows));
}

TEST(names_of_columns)
{
    static const struct { const char *query, *names; bool is_stream; } cases[] = {
        { "resources", "id:string name:string size:integer tags:object properties:object", true },
        { "resources | project properties.sku.tier, tags['env'], properties.zones[0], tostring(properties.n)", "properties_sku_tier:object tags_env:object properties_zones_0:object properties_n:string", true },
        { "resources | project id, id, strcat(id, name), a = size > 4", "id:string id1:string Column:string a:boolean", true },
        { "resources | summarize count() by name, tags.env", "name:string tags_env:object count_:integer", false },
        { "resources | summarize sum(size), avg(size), max(name), dcount(name)", "sum_size:integer avg_size:number max_name:string dcount_name:integer", false },
        { "resources | count", "Count:integer", false },
        { "resources | order by id asc | where size > 1 | extend a = 1", "id:string name:string size:integer tags:object properties:object a:integer", true },
        { "resources | project x = id | order by x asc", "x:string", true },
        { "resources | extend id = name | order by id asc", "id:string name:string size:integer tags:object properties:object", false },
        { "resources | order by id desc", "id:string name:string size:integer tags:object properties:object", false },
        { "resourcecontainers | order by id asc", "id:string name:string", false },
        { "resources | take 1", "id:string name:string size:integer tags:object properties:object", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_error        err = { 0 };
        mp_buf          names = MP_BUF_INIT;
        uint32_t        count;
        const mp_kusto *query = NULL;
        CHECK(mp_kusto_parse(&query, NULL, &arena, tables, MP_COUNT(tables), mp_str_from(cases[i].query), &err) == MP_OK);
        const mp_kusto_column *made = mp_kusto_columns(query, &count);
        for (uint32_t c = 0; c < count; c++)
            mp_buf_printf(&names, "%s%.*s:%s", c ? " " : "", MP_FMT(made[c].name), mp_kusto_type_name(made[c].type));
        CHECK_STR(mp_buf_str(&names), cases[i].names);
        CHECK(mp_kusto_is_stream(query) == cases[i].is_stream);
        mp_buf_free(&names);
        mp_arena_free(&arena);
    }
}

/* ---- what is wrong ---- */

TEST(what_is_wrong_and_where)
{
    static const struct { const char *query; mp_code code; uint32_t line, col; const char *kind, *token, *said; } cases[] = {
        { "", MP_SYNTAX, 1, 1, "ParserFailure", "", "wanted a table" },
        { "machines | take 1", MP_COMPILE, 1, 1, "DisallowedLogicalTableName", "machines", "no table \"machines\"" },
        { "resources where x", MP_SYNTAX, 1, 11, "ParserFailure", "where", "wanted \"|\"" },
        { "resources |", MP_SYNTAX, 1, 12, "ParserFailure", "", "wanted where, project" },
        { "resources\n| join kind=inner (resources) on id", MP_COMPILE, 2, 3, "InvalidQueryLanguage", "join", "found \"join\"" },
        { "resources | mv-expand zones", MP_COMPILE, 1, 13, "InvalidQueryLanguage", "mv-expand", "found \"mv-expand\"" },
        { "resources | where nam == 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "nam", "did you mean \"name\"?" },
        { "resources | where Name == 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "Name", "did you mean \"name\"?" },
        { "resources | project id | where name == 'x'", MP_COMPILE, 1, 32, "InvalidQueryLanguage", "name", "no column \"name\"" },
        { "resources | where ago(1) == 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "ago", "no function \"ago\"" },
        { "resources | where tolowr(name) == 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "tolowr", "\"tolower\"" },
        { "resources | where tolower() == 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "tolower", "0 arguments" },
        { "resources | where name", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "name", "neither true nor false" },
        { "resources | where name and true", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "name", "neither true nor false" },
        { "resources | where true or tags.on", MP_COMPILE, 1, 27, "InvalidQueryLanguage", "tags", "neither true nor false" },
        { "resources | where name.x == 'x'", MP_COMPILE, 1, 23, "InvalidQueryLanguage", ".", "no members" },
        { "resources | where name == 'x", MP_SYNTAX, 1, 27, "ParserFailure", "'", "does not end" },
        { "resources | where name == '\\q'", MP_SYNTAX, 1, 27, "ParserFailure", "'", "escape" },
        { "resources | where name = 'x'", MP_COMPILE, 1, 19, "InvalidQueryLanguage", "name", "neither true nor false" },
        { "resources | where name ==", MP_SYNTAX, 1, 26, "ParserFailure", "", "found \"the end\"" },
        { "resources | where (name == 'x'", MP_SYNTAX, 1, 31, "ParserFailure", "", "wanted \")\"" },
        { "resources | where name in 'x'", MP_SYNTAX, 1, 27, "ParserFailure", "'x'", "wanted \"(\"" },
        { "resources | where size == 1 + 2", MP_SYNTAX, 1, 29, "ParserFailure", "+", "wanted \"|\"" },
        { "resources | where size == 12abc", MP_SYNTAX, 1, 27, "ParserFailure", "12", "letters follow" },
        { "resources | where size == 9223372036854775808", MP_LIMIT, 1, 27, "ParserFailure", "9223372036854775808", "64 bits" },
        { "resources | take many", MP_SYNTAX, 1, 18, "ParserFailure", "many", "number of rows" },
        { "resources | take -1", MP_SYNTAX, 1, 18, "ParserFailure", "-1", "number of rows" },
        { "resources | order name", MP_SYNTAX, 1, 19, "ParserFailure", "name", "wanted \"by\"" },
        { "resources | summarize make_list(id)", MP_COMPILE, 1, 23, "InvalidQueryLanguage", "make_list", "wanted count()" },
        { "resources | project-away id, name, size, tags, properties", MP_COMPILE, 1, 58, "InvalidQueryLanguage", "", "no column is left" },
        { "resources | project-away nothing", MP_COMPILE, 1, 26, "InvalidQueryLanguage", "nothing", "to leave out" },
        { "resources | project a = id, a = name", MP_COMPILE, 1, 29, "InvalidQueryLanguage", "a", "made twice" },
        { "resources | where properties.zones['a'.b] == 1", MP_SYNTAX, 1, 39, "ParserFailure", ".", "wanted \"]\"" },
        { "\xec\x9b\xb9 | take 1", MP_SYNTAX, 1, 1, "ParserFailure", "\xec\x9b\xb9", "wanted a table" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_error        err = { 0 };
        mp_kusto_fault  fault = { .kind = "" };
        const mp_kusto *query = NULL;
        mp_code code =
            mp_kusto_parse(&query, &fault, &arena, tables, MP_COUNT(tables), mp_str_from(cases[i].query), &err);
        if (code != cases[i].code || err.pos.line != cases[i].line || err.pos.col != cases[i].col ||
            !strstr(err.message, cases[i].said))
            print_error("%s\n  %s at %u:%u: %s\n", cases[i].query, mp_code_name(code), err.pos.line, err.pos.col,
                        err.message);
        CHECK(code == cases[i].code && query == NULL);
        CHECK_INT(err.pos.line, cases[i].line);
        CHECK_INT(err.pos.col, cases[i].col);
        CHECK_STR(mp_str_from(fault.kind), cases[i].kind);
        CHECK_STR(fault.token, cases[i].token);
        CHECK(strstr(err.message, cases[i].said) != NULL);
        mp_arena_free(&arena);
    }
}

/* ---- limits ---- */

static mp_code parse(const char *text, mp_error *err)
{
    mp_arena        arena = MP_ARENA_INIT;
    const mp_kusto *query;
    mp_code         code = mp_kusto_parse(&query, NULL, &arena, tables, MP_COUNT(tables), mp_str_from(text), err);
    mp_arena_free(&arena);
    return code;
}

/* `start`, `count` times `part`, `end`. */
static mp_code parse_many(const char *start, const char *part, size_t count, const char *end)
{
    mp_buf   b = MP_BUF_INIT;
    mp_error err = { 0 };
    mp_buf_add_z(&b, start);
    for (size_t i = 0; i < count; i++)
        mp_buf_add_z(&b, part);
    mp_buf_add_z(&b, end);
    mp_buf_add_c(&b, '\0');
    CHECK(!b.failed);
    mp_code code = parse(b.ptr, &err);
    mp_buf_free(&b);
    return code;
}

TEST(limits_of_a_query)
{
    CHECK(parse_many("resources | where ", "(", 20, "true))))))))))))))))))))") == MP_OK);
    CHECK(parse_many("resources | where ", "(", 100000, "") == MP_LIMIT);
    CHECK(parse_many("resources | where ", "not(", 10000, "") == MP_LIMIT);
    CHECK(parse_many("resources | where properties", ".a", 200, " == 1") == MP_LIMIT);
    CHECK(parse_many("resources", " | take 1", MP_KUSTO_STEPS_MAX, "") == MP_OK);
    CHECK(parse_many("resources", " | take 1", MP_KUSTO_STEPS_MAX + 1, "") == MP_LIMIT);
    CHECK(parse_many("resources | where id in ('0'", ", '1'", 1000, ")") == MP_OK);
    CHECK(parse_many("resources | where id in ('0'", ", '1'", MP_KUSTO_TOKENS_MAX, ")") == MP_LIMIT);
    CHECK(parse_many("resources | project id", ", id", MP_KUSTO_COLUMNS_MAX - 1, "") == MP_OK);
    CHECK(parse_many("resources | project id", ", id", MP_KUSTO_COLUMNS_MAX, "") == MP_LIMIT);
    CHECK(parse_many("resources // ", "x", MP_KUSTO_TEXT_MAX, "") == MP_LIMIT);
}

TEST(limits_of_a_run)
{
    mp_buf   out;
    mp_error err = { 0 };
    uint64_t unseen = 0;
    CHECK(run_limited(&out, NULL, "resources | order by name", &(mp_kusto_limits){ .rows = 3 }, &err) == MP_LIMIT);
    CHECK(strstr(err.message, "more than 3 rows") != NULL);
    mp_buf_free(&out);
    CHECK(run_limited(&out, NULL, "resources | distinct name", &(mp_kusto_limits){ .rows = 3 }, &err) == MP_LIMIT);
    mp_buf_free(&out);
    CHECK(run_limited(&out, NULL, "resources | top 3 by name", &(mp_kusto_limits){ .rows = 3 }, &err) == MP_OK);
    mp_buf_free(&out);
    CHECK(run_limited(&out, NULL, "resources | order by name", &(mp_kusto_limits){ .bytes = 300 }, &err) == MP_LIMIT);
    mp_buf_free(&out);
    CHECK(run_limited(&out, &unseen, "resources | order by name asc | project name",
                      &(mp_kusto_limits){ .wanted = 1 }, &err) == MP_OK);
    CHECK_STR(mp_buf_str(&out), "[\"db\"]");
    CHECK_INT(unseen, 3);
    mp_buf_free(&out);
    CHECK(run_limited(&out, &unseen, "resources | top 2 by name asc | project name",
                      &(mp_kusto_limits){ .wanted = 1 }, &err) == MP_OK);
    CHECK_INT(unseen, 1);
    mp_buf_free(&out);
}

/* What the order keeps is bounded while thousands come, and nothing is lost of those wanted. */
TEST(an_order_of_many_rows)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_kusto_run   *run = NULL;
    given           g = { .columns = 1 };
    const mp_kusto *query;
    CHECK(mp_kusto_parse(&query, NULL, &arena, tables, MP_COUNT(tables),
                         MP_S("resources | top 3 by size asc | project size"), NULL) == MP_OK);
    CHECK(mp_kusto_run_new(&run, query, &(mp_kusto_limits){ .bytes = 200000 }, take, &g, NULL) == MP_OK);
    for (int64_t i = 0; i < 20000; i++) {
        mp_json        number = { .kind = MP_JSON_INT, .u.integer = (i * 7919) % 20011 };
        const mp_json *cells[COLUMNS] = { [SIZE] = &number };
        CHECK(mp_kusto_feed(run, cells, NULL) == MP_OK);
    }
    CHECK(mp_kusto_finish(run, NULL) == MP_OK);
    int64_t first[3] = { INT64_MAX, INT64_MAX, INT64_MAX };
    for (int64_t i = 0; i < 20000; i++)
        for (int64_t k = 0, n = (i * 7919) % 20011; k < 3; k++)
            if (n < first[k]) {
                int64_t swap = first[k];
                first[k] = n;
                n = swap;
            }
    char wanted[100];
    snprintf(wanted, sizeof wanted, "[%lld] [%lld] [%lld]", (long long)first[0], (long long)first[1], (long long)first[2]);
    CHECK_STR(mp_buf_str(&g.text), wanted);
    mp_kusto_run_free(run);
    mp_buf_free(&g.text);
    mp_arena_free(&arena);
}

TEST(enough)
{
    static const struct { const char *query; bool ends; } cases[] = {
        { "resources | where size == 4 | take 1", true }, { "resources | order by id asc | take 1 | count", true },
        { "resources | order by name | take 1", false },  { "resources | count | take 1", false }, { "resources", false },
    };
    read_rows();
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_kusto_run   *run = NULL;
        given           g = { .columns = 1 };
        const mp_kusto *query;
        CHECK(mp_kusto_parse(&query, NULL, &arena, tables, MP_COUNT(tables), mp_str_from(cases[i].query), NULL) == MP_OK);
        CHECK(mp_kusto_run_new(&run, query, NULL, take, &g, NULL) == MP_OK);
        CHECK(!mp_kusto_has_enough(run));
        const mp_json *cells[COLUMNS] = { NULL };
        for (uint32_t c = 0; c < COLUMNS; c++)
            cells[c] = mp_json_at(mp_json_at(rows, 0), c);
        CHECK(mp_kusto_feed(run, cells, NULL) == MP_OK);
        CHECK(mp_kusto_has_enough(run) == cases[i].ends);
        mp_kusto_run_free(run);
        mp_buf_free(&g.text);
        mp_arena_free(&arena);
    }
}

/* ---- memory runs out ---- */

static bool ask_once(void *context)
{
    mp_buf   out;
    mp_error err = { 0 };
    mp_code  code = run_limited(&out, NULL, context, NULL, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_buf_free(&out);
    return code == MP_OK;
}

TEST(memory_runs_out)
{
    char *queries[] = {
        "resources | where ['name'] =~ 'web' or tags has 'x' or strcat(name, size) in ('a', 'b') | extend a = split(id, '/')[0], ['b c'] = properties.sku.tier | order by name asc",
        "resources | summarize n = count(), sum(size), dcount(name), max(name), avg(size) by tolower(tags.env), strlen(name), toint(properties.n) | order by n desc | take 2",
        "resources | distinct name, coalesce(tags.env, 'x') | count",
    };
    read_rows();
    for (size_t i = 0; i < MP_COUNT(queries); i++)
        CHECK(fault_loop(ask_once, queries[i]) > 5);
}

int main(void)
{
    return MAIN(RUN(conditions), RUN(steps), RUN(names_of_columns), RUN(what_is_wrong_and_where),
                RUN(limits_of_a_query), RUN(limits_of_a_run), RUN(an_order_of_many_rows), RUN(enough),
                RUN(memory_runs_out));
}
