/* SPDX-License-Identifier: Apache-2.0 */
/* Assets from rows of a spreadsheet, assets as rows of one, and memory that runs out meanwhile. */
#include "asset_document.h"
#include "asset_filling.h"

#include "fault.h"
#include "test.h"

static mp_arena       kept = MP_ARENA_INIT;
static mp_asset_rules rules;

static mp_code read_text(mp_asset_drafts *drafts, mp_asset_fault *faults, size_t *fault_count, const char *csv, mp_arena *arena, mp_error *err)
{
    mp_sheet_tables tables;
    mp_register     r = { .count = 0 };
    MP_TRY(mp_sheet_read(&tables, mp_str_from(csv), &mp_sheet_usual, arena, err));
    return mp_asset_drafts_of_sheet(drafts, faults, fault_count, 4, &tables, &rules, &r, arena, err);
}

static mp_str said(const mp_asset_drafts *d, size_t i, const char *member)
{
    const mp_json *v = mp_json_get(d->items[i].sent, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("(none)");
}

TEST(columns_in_either_language_and_any_order)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_asset_drafts d = { .items = NULL };
    mp_asset_fault  faults[4];
    size_t          count = 0;
    CHECK_INT(mp_asset_rules_builtin(&rules, &kept, NULL), MP_OK);
    CHECK_INT(read_text(&d, faults, &count, "자산명,Class,기밀성,법적 요구사항,labels,보안 등급\r\n정책서,문서,3,개인정보 보호법; contract,env=prod;a=b,1등급\r\n노트북,terminal,x,,,\r\n", &arena, NULL), MP_OK);
    CHECK_INT(d.count, 1);
    CHECK_STR(said(&d, 0, "name"), "정책서");
    CHECK_STR(said(&d, 0, "class"), "document");
    CHECK_STR(said(&d, 0, "grade"), "(none)"); /* it is worked out */
    CHECK_STR(mp_json_str(mp_json_at(mp_json_get(d.items[0].sent, MP_S("laws")), 0)), "personal-information");
    CHECK_INT(mp_json_get(d.items[0].sent, MP_S("labels"))->count, 2);
    CHECK_INT(count, 1);
    CHECK_INT(faults[0].row, 3);
    mp_arena_free(&arena);
}

TEST(sheets_that_are_none)
{
    static const char *const wrong[] = { "a,b\n1,2\n", "class\nserver\n", "name,name\nx,y\n", "name,Name\nx,y\n" };
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        mp_arena        arena = MP_ARENA_INIT;
        mp_asset_drafts d = { .items = NULL };
        mp_asset_fault  faults[4];
        size_t          count = 0;
        CHECK_INT(read_text(&d, faults, &count, wrong[i], &arena, NULL), MP_FORMAT);
        mp_arena_free(&arena);
    }
}

/* What one sends becomes an asset; what does not fit is said. */
static mp_code make(const mp_json **body, const char *json, mp_arena *arena)
{
    mp_json_doc    *doc;
    const mp_json  *sent;
    mp_asset_making as = { .rules = &rules, .id = MP_S("6d617061-652e-436c-8f75-64731da4520b"), .created_at = mp_clock_from_unix(0) };
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &sent, mp_str_from(json), NULL, NULL, NULL), MP_OK);
    sent = mp_arena_dup_json(arena, sent);
    mp_json_doc_free(doc);
    return mp_asset_make(body, &as, sent, arena, NULL);
}

TEST(assets_are_checked)
{
    static const struct {
        const char *sent;
        mp_code     code;
        const char *wanted;
    } cases[] = {
        { "{\"name\":\" a \",\"class\":\"document\",\"labels\":[\"b=2\",\"a=1\",\"b=2\"],\"grade\":\"9\",\"owner\":null}", MP_OK,
          "{\"id\":\"6d617061-652e-436c-8f75-64731da4520b\",\"name\":\"a\",\"class\":\"document\",\"origin\":\"hand\",\"scope\":\"/\",\"labels\":[\"a=1\",\"b=2\"],\"createdAt\":\"1970-01-01T00:00:00Z\"}" },
        { "{\"name\":\"a\",\"class\":\"database\",\"confidentiality\":3,\"integrity\":2,\"availability\":1,\"laws\":[\"contract\"],\"resource\":\"/Subscriptions/00000000-0000-0000-0000-000000000001/providers/X.Y/z/W\"}", MP_OK,
          "{\"id\":\"6d617061-652e-436c-8f75-64731da4520b\",\"name\":\"a\",\"class\":\"database\",\"origin\":\"estate\",\"resource\":\"/Subscriptions/00000000-0000-0000-0000-000000000001/providers/X.Y/z/W\","
          "\"scope\":\"/subscriptions/00000000-0000-0000-0000-000000000001/providers/x.y/z/w\",\"confidentiality\":3,\"integrity\":2,\"availability\":1,\"sum\":6,\"grade\":\"2\",\"laws\":[\"contract\"],\"createdAt\":\"1970-01-01T00:00:00Z\"}" },
        { "{\"name\":\"\",\"class\":\"document\"}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"none\"}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"integrity\":4}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"integrity\":\"3\"}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"laws\":[\"none\"]}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"laws\":[3]}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"labels\":\"a=b\"}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"quantity\":0}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"owner\":{}}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"scope\":\"//../x\"}", MP_PARAMETER, NULL },
        { "{\"name\":\"a\",\"class\":\"document\",\"resource\":\"x%y\"}", MP_PARAMETER, NULL },
        { "[]", MP_PARAMETER, NULL },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_arena       arena = MP_ARENA_INIT;
        mp_buf         text = MP_BUF_INIT;
        const mp_json *body = NULL;
        mp_code        code = make(&body, cases[i].sent, &arena);
        if (code != cases[i].code)
            fail_msg("%s gives %s", cases[i].sent, mp_code_name(code));
        if (code == MP_OK) {
            mp_buf_add_json(&text, body);
            CHECK_STR(mp_buf_str(&text), cases[i].wanted);
        }
        mp_buf_free(&text);
        mp_arena_free(&arena);
    }
}

/* What a spreadsheet would compute is a text there. */
TEST(formulas_do_no_harm)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         csv = MP_BUF_INIT;
    const mp_json *body;
    CHECK_INT(make(&body, "{\"name\":\"=HYPERLINK(\\\"http://x\\\")\",\"class\":\"document\",\"owner\":\"@SUM(1)\",\"purpose\":\"-1+1\",\"labels\":[\"+a=b\"],\"quantity\":3}", &arena), MP_OK);
    mp_record   record = { .key = MP_S("6d617061-652e-436c-8f75-64731da4520b"), .version = 1, .body = body };
    mp_asset    asset = mp_asset_of(&record);
    mp_register r = { .assets = &asset, .is_there = (bool[]){ true }, .count = 1, .by_id = MP_MAP_INIT_FOLD };
    CHECK_INT(mp_map_put(&r.by_id, asset.id, &asset, NULL), MP_OK);
    mp_asset_csv(&csv, &rules, &r, true);
    mp_str text = mp_buf_str(&csv);
    CHECK(mp_str_find_str(text, MP_S("관리 번호,자산 번호,자산 분류,자산명")) != SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S(",=")) == SIZE_MAX && mp_str_find_str(text, MP_S("\"=")) == SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S(",@")) == SIZE_MAX && mp_str_find_str(text, MP_S(",-")) == SIZE_MAX && mp_str_find_str(text, MP_S(",+")) == SIZE_MAX);
    CHECK(mp_str_find_str(text, MP_S("'=HYPERLINK")) != SIZE_MAX && mp_str_find_str(text, MP_S(",문서,")) != SIZE_MAX);
    /* and what was written is read as it was */
    mp_asset_drafts d = { .items = NULL };
    mp_sheet_tables tables;
    size_t          count = 0;
    mp_asset_fault  faults[4];
    CHECK_INT(mp_sheet_read(&tables, text, &mp_sheet_usual, &arena, NULL), MP_OK);
    CHECK_INT(mp_asset_drafts_of_sheet(&d, faults, &count, 4, &tables, &rules, &r, &arena, NULL), MP_OK);
    CHECK_INT(d.count, 1);
    CHECK_STR(said(&d, 0, "name"), "=HYPERLINK(\"http://x\")");
    CHECK_STR(said(&d, 0, "owner"), "@SUM(1)");
    CHECK_STR(d.items[0].id, "6d617061-652e-436c-8f75-64731da4520b");
    mp_register_done(&r);
    mp_buf_free(&csv);
    mp_arena_free(&arena);
}

/* As many rows as one import may have, each with the id of an asset of a register of 20,000, in capitals as spreadsheets like them;
 * and one that no asset has. */
TEST(rows_find_their_assets_in_a_large_register)
{
    enum { ASSETS = 20000, ROWS = MP_FILLING_MOST };
    mp_arena    arena = MP_ARENA_INIT;
    mp_buf      csv = MP_BUF_INIT;
    mp_register r = { .assets = MP_ARENA_ARRAY(&arena, mp_asset, ASSETS), .count = ASSETS, .by_id = MP_MAP_INIT_FOLD };
    for (unsigned i = 0; i < ASSETS; i++) {
        r.assets[i] = (mp_asset){ .id = mp_arena_printf(&arena, "6d617061-652e-436c-8f75-ab%010u", i) };
        CHECK_INT(mp_map_put(&r.by_id, r.assets[i].id, &r.assets[i], NULL), MP_OK);
    }
    mp_buf_add(&csv, MP_S("id,name,class\n"));
    for (unsigned i = 0; i + 1 < ROWS; i++)
        mp_buf_printf(&csv, "6D617061-652E-436C-8F75-AB%010u,a,document\n", (unsigned)ASSETS - 1 - 4 * i);
    mp_buf_add(&csv, MP_S("6d617061-652e-436c-8f75-cd0000000000,a,document\n"));
    mp_asset_drafts d = { .items = NULL };
    mp_sheet_tables tables;
    size_t          count = 0;
    mp_asset_fault  faults[4];
    CHECK_INT(mp_sheet_read(&tables, mp_buf_str(&csv), &mp_sheet_usual, &arena, NULL), MP_OK);
    CHECK_INT(mp_asset_drafts_of_sheet(&d, faults, &count, 4, &tables, &rules, &r, &arena, NULL), MP_OK);
    CHECK_INT(d.count, ROWS - 1);
    CHECK_INT(count, 1);
    for (size_t i = 0; i < d.count; i++)
        CHECK(mp_str_eq(d.items[i].id, r.assets[ASSETS - 1 - 4 * i].id));
    mp_register_done(&r);
    mp_buf_free(&csv);
    mp_arena_free(&arena);
}

static bool import_it(void *context)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_asset_drafts d = { .items = NULL };
    mp_asset_fault  faults[4];
    size_t          count = 0;
    (void)context;
    mp_code code = read_text(&d, faults, &count, "name,class,laws,labels\na,server,contract,x=y\nb,document,,\n", &arena, NULL);
    const mp_json  *body = NULL;
    mp_asset_making as = { .rules = &rules, .id = MP_S("6d617061-652e-436c-8f75-64731da4520b") };
    if (code == MP_OK)
        code = mp_asset_make(&body, &as, d.items[0].sent, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK((body != NULL) == (code == MP_OK));
    mp_arena_free(&arena);
    return code == MP_OK;
}

static bool rules_it(void *context)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_asset_rules read;
    (void)context;
    mp_code code = mp_asset_rules_builtin(&read, &arena, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(memory_that_runs_out)
{
    CHECK(fault_loop(import_it, NULL) >= 2);
    CHECK(fault_loop(rules_it, NULL) >= 2);
    mp_arena_free(&kept);
}

int main(void)
{
    return MAIN(RUN(columns_in_either_language_and_any_order), RUN(sheets_that_are_none), RUN(assets_are_checked),
                RUN(formulas_do_no_harm), RUN(rows_find_their_assets_in_a_large_register), RUN(memory_that_runs_out));
}
