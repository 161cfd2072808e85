/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out while links are read and signed, pages and calendars written. */
#include "fault.h"
#include "test.h"

#include "evidence_due.h"
#include "package_index.h"
#include "share_link.h"

static mp_arena setup = MP_ARENA_INIT;
static const mp_json *index_json;

static bool link_is_signed(void *context)
{
    static const uint8_t key[MP_SHARE_KEY] = { 1 };
    mp_share_link link = {
        .share = MP_S("s"), .version = MP_S("1"), .permissions = MP_S("r"), .key = MP_S("1")
    };
    char signature[MP_SHARE_SIGNATURE + 1];
    mp_arena arena = MP_ARENA_INIT;
    mp_error err = { .code = MP_OK };
    (void)context;
    mp_code code = mp_share_sign(signature, &link, key, &err);
    CHECK(code == MP_OK || code == MP_NOMEM || code == MP_INTERNAL);
    bool is_written = false;
    if (code == MP_OK) {
        link.signature = mp_str_from(signature);
        is_written = mp_share_link_write(&link, &arena).ptr != NULL;
    }
    mp_arena_free(&arena);
    return is_written;
}

static bool page_is_written(void *context)
{
    mp_buf page = MP_BUF_INIT;
    (void)context;
    mp_package_index_page(&page, index_json);
    bool is_whole = !page.failed;
    if (is_whole)
        CHECK(mp_str_ends(mp_buf_str(&page), MP_S("</html>\n")));
    mp_buf_free(&page);
    return is_whole;
}

static bool calendar_is_written(void *context)
{
    static const mp_control control = { .id = MP_S_INIT("f-1"), .label = MP_S_INIT("1") };
    static const mp_framework framework = { .id = MP_S_INIT("f") };
    const mp_due_line line = { .framework = &framework, .control = &control, .owner = MP_S("kim") };
    mp_buf text = MP_BUF_INIT;
    (void)context;
    mp_due_calendar(&text, &line, 1, mp_clock_from_unix(1800000000), "host", true);
    bool is_whole = !text.failed;
    mp_buf_free(&text);
    return is_whole;
}

TEST(memory_that_runs_out)
{
    static const char text[] =
        "{\"format\":\"mapae-index/"
        "1\",\"framework\":{\"id\":\"f\",\"title\":{\"ko\":\"\xea\xb0\x80\",\"en\":\"<a>\"}},"
        "\"controls\":[{\"id\":\"c\","
        "\"label\":\"1\",\"title\":{\"en\":\"t\"},\"freshness\":\"fresh\",\"rules\":[{"
        "\"freshness\":\"fresh\",\"pieces\":[{\"id\":\"p\"}]}]}],"
        "\"files\":[{\"id\":\"p\",\"title\":\"\\\"&\",\"sha256\":\"00\",\"sizeBytes\":1}]}";
    mp_json_doc *doc = NULL;
    const mp_json *root = NULL;
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, mp_str_from(text), NULL, NULL, NULL), MP_OK);
    index_json = mp_arena_dup_json(&setup, root);
    mp_json_doc_free(doc);
    CHECK(index_json != NULL);
    CHECK(fault_loop(link_is_signed, NULL) > 1);
    CHECK(fault_loop(page_is_written, NULL) > 1);
    CHECK(fault_loop(calendar_is_written, NULL) > 1);
    mp_arena_free(&setup);
}

int main(void)
{
    return MAIN(RUN(memory_that_runs_out));
}
