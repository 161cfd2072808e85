/* SPDX-License-Identifier: Apache-2.0 */
/* The small parts of the room: addresses, rates, framing, language, numbers, schemas as documents. */
#include <stdlib.h>

#include "address.h"
#include "demo_routes.h"
#include "fault.h"
#include "framing.h"
#include "language.h"
#include "metrics.h"
#include "rate.h"
#include "test.h"
#include "workers.h"

static mp_address address(const char *text)
{
    mp_address a;
    if (!mp_address_parse(&a, mp_str_from(text)))
        fail_msg("'%s' is no address", text);
    return a;
}

TEST(addresses_are_read)
{
    static const struct { const char *text, *wanted; } cases[] = {
        { "192.0.2.1", "192.0.2.1" },   { " 192.0.2.1:443 ", "192.0.2.1" }, { "[2001:DB8::1]:443", "2001:db8::1" },
        { "::ffff:10.1.2.3", "10.1.2.3" }, { "2001:db8::", "2001:db8::" },
    };
    static const char *const wrong[] = { "",
                                         "x",
                                         "192.0.2",
                                         "192.0.2.256",
                                         "[::1",
                                         "192.0.2.1, 192.0.2.2",
                                         "unknown",
                                         "::1::2",
                                         "1111111111111111111111111111111111111111111111111111" };
    char text[MP_ADDRESS_TEXT];
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_address a = address(cases[i].text);
        mp_address_text(text, &a);
        CHECK_STR(mp_str_from(text), cases[i].wanted);
    }
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        mp_address a;
        if (mp_address_parse(&a, mp_str_from(wrong[i])))
            fail_msg("'%s' is taken", wrong[i]);
    }
}

TEST(a_customer_of_version_6_counts_as_one)
{
    mp_address a = address("2001:db8:1:2::1"), b = address("2001:db8:1:2:ffff::9"), c = address("2001:db8:1:3::1"),
               d = address("192.0.2.1"), e = address("192.0.2.2");
    CHECK(mp_address_key(&a) == mp_address_key(&b));
    CHECK(mp_address_key(&a) != mp_address_key(&c));
    CHECK(mp_address_key(&d) != mp_address_key(&e));
}

TEST(proxies_are_believed_as_far_as_they_are_trusted)
{
    static const struct { const char *peer, *header, *wanted; } cases[] = {
        { "10.0.0.1", "203.0.113.5", "203.0.113.5" },
        { "10.0.0.1", "1.2.3.4, 203.0.113.5", "203.0.113.5" },
        { "10.0.0.1", "1.2.3.4, 203.0.113.5, 10.9.9.9", "203.0.113.5" },
        { "10.0.0.1", "", "10.0.0.1" },
        { "10.0.0.1", "unknown", "10.0.0.1" },
        { "10.0.0.1", "1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2" },
        { "2001:db8::5", "203.0.113.5", "203.0.113.5" },
        { "203.0.113.9", "1.2.3.4", "203.0.113.9" },
        { "11.0.0.1", "1.2.3.4", "11.0.0.1" },
    };
    mp_networks trusted;
    mp_error    err;
    char        text[MP_ADDRESS_TEXT];
    CHECK_INT(mp_networks_parse(&trusted, "10.0.0.0/8, 2001:db8::/33,192.0.2.7", &err), MP_OK);
    CHECK_INT(trusted.count, 3);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_address peer = address(cases[i].peer),
                   client = mp_address_forwarded(&trusted, &peer, mp_str_from(cases[i].header));
        mp_address_text(text, &client);
        CHECK_STR(mp_str_from(text), cases[i].wanted);
    }
    CHECK_INT(mp_networks_parse(&trusted, "10.0.0.0/33", &err), MP_PARAMETER);
    CHECK_INT(mp_networks_parse(&trusted, "10.0.0.0/", &err), MP_PARAMETER);
    CHECK_INT(mp_networks_parse(&trusted, "somewhere", &err), MP_PARAMETER);
    CHECK_INT(mp_networks_parse(&trusted, NULL, &err), MP_OK);
    CHECK_INT(trusted.count, 0);
}

TEST(networks_are_of_one_version)
{
    static const struct { const char *networks, *address; bool has; } cases[] = {
        { "192.0.2.0/24", "192.0.2.9", true },      { "192.0.2.0/24", "::ffff:192.0.2.9", true },
        { "::ffff:192.0.2.0/24", "192.0.2.9", true }, { "::ffff:192.0.2.9", "192.0.2.9", true },
        { "::1/64", "192.0.2.9", false },           { "::/1", "192.0.2.9", false },
        { "::/0", "192.0.2.9", false },             { "::/0", "2001:db8::1", true },
        { "0.0.0.0/0", "192.0.2.9", true },         { "0.0.0.0/0", "2001:db8::1", false },
        { "0.0.0.0/0", "::1", false },              { "::1/64", "::2", true },
        { "2001:db8::/33", "2001:db8:8000::1", false }, { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "192.0.2.9/31", "192.0.2.8", true },      { "192.0.2.9/31", "192.0.2.10", false },
        { "192.0.2.9/32", "192.0.2.8", false },     { "::192.0.2.9", "192.0.2.9", false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_networks networks;
        mp_address  a = address(cases[i].address);
        CHECK_INT(mp_networks_parse(&networks, cases[i].networks, NULL), MP_OK);
        if (mp_networks_have(&networks, &a) != cases[i].has)
            fail_msg("%s in %s", cases[i].address, cases[i].networks);
    }
    mp_networks none;
    CHECK_INT(mp_networks_parse(&none, "::ffff:192.0.2.0/120", NULL), MP_PARAMETER);
}

TEST(buckets_fill_again)
{
    mp_rates           *rates = NULL;
    const mp_rate_limit limit = { 2, 4 };
    CHECK_INT(mp_rates_new(&rates, NULL), MP_OK);
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(mp_rates_take(rates, 7, limit, 1000), 0);
    CHECK(mp_rates_take(rates, 7, limit, 1000) >= 1);
    CHECK_INT(mp_rates_take(rates, 8, limit, 1000), 0); /* another key */
    CHECK_INT(mp_rates_take(rates, 7, limit, 1500), 0); /* half a second is one token */
    CHECK(mp_rates_take(rates, 7, limit, 1500) >= 1);
    CHECK(mp_rates_take(rates, 7, limit, 100) >= 1); /* a time before is no gain */
    for (unsigned i = 0; i < 4; i++)
        CHECK_INT(mp_rates_take(rates, 7, limit, 1000000), 0); /* no more than the burst */
    CHECK(mp_rates_take(rates, 7, limit, 1000000) >= 1);
    CHECK_INT(mp_rates_take(rates, 9, (mp_rate_limit){ 0.5, 1 }, 0), 0);
    CHECK_INT(mp_rates_take(rates, 9, (mp_rate_limit){ 0.5, 1 }, 0), 3);
    for (uint64_t key = 0; key < 200000; key++) /* more than there is room for */
        CHECK_INT(mp_rates_take(rates, key * UINT64_C(0x9E3779B97F4A7C15), limit, 2000000 + key), 0);
    mp_rates_free(rates);
    mp_rates_free(NULL);
}

static mp_code frame(mp_framing *framing, unsigned *status, const mp_pair *headers, size_t count, const char *version)
{
    mp_http_request request = { .headers = headers, .header_count = count };
    return mp_framing_check(framing, status, &request, mp_str_from(version), NULL);
}

TEST(framing_is_certain)
{
    static const struct { const char *version, *name, *value, *name2, *value2; unsigned status; int64_t length; } cases[] = {
        { "HTTP/1.1", "Host", "a", "Content-Length", "0012", 0, 12 },
        { "HTTP/1.1", "Host", "a:8443", "Transfer-Encoding", "Chunked", 0, -1 },
        { "HTTP/1.1", "Host", "[::1]:8443", "X", "y", 0, 0 },
        { "HTTP/1.0", "X", "", "Y", "\xEB\xA7\x88", 0, 0 },
        { "HTTP/1.1", "X", "a", "Y", "b", 400, 0 },
        { "HTTP/1.1", "Host", "a", "host", "a", 400, 0 },
        { "HTTP/1.1", "Host", "a/b", "X", "", 400, 0 },
        { "HTTP/1.1", "Host", "a", "X Y", "b", 400, 0 },
        { "HTTP/1.1", "Host", "a", "", "b", 400, 0 },
        { "HTTP/1.1", "Host", "a", "X", "b\n", 400, 0 },
        { "HTTP/1.1", "Host", "a", "Content-Length", "", 400, 0 },
        { "HTTP/1.1", "Host", "a", "Content-Length", "9223372036854775808", 400, 0 },
        { "HTTP/1.1", "Host", "a", "Transfer-Encoding", "chunked ", 400, 0 },
        { "HTTP/1.0", "Host", "a", "Transfer-Encoding", "chunked", 400, 0 },
        { "HTTP/1.1", "Host", "a", "Expect", "wonders", 417, 0 },
        { "HTTP/2.0", "Host", "a", "X", "b", 505, 0 },
        { "HTTP/1.10", "Host", "a", "X", "b", 505, 0 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_pair    headers[] = { { mp_str_from(cases[i].name), mp_str_from(cases[i].value) },
                                 { mp_str_from(cases[i].name2), mp_str_from(cases[i].value2) } };
        mp_framing framing = { 0 };
        unsigned   status;
        mp_code    code = frame(&framing, &status, headers, 2, cases[i].version);
        if ((code == MP_OK) != (cases[i].status == 0) || (code != MP_OK && status != cases[i].status))
            fail_msg("case %zu: %s, %u", i, mp_code_name(code), status);
        if (code == MP_OK)
            assert_int_equal(framing.length, cases[i].length);
    }
}

TEST(the_best_language_is_chosen)
{
    static const struct { const char *header; mp_lang lang; } cases[] = {
        { "", MP_LANG_EN },         { "ko", MP_LANG_KO },           { "ko-KR,ko;q=0.9,en-US;q=0.8", MP_LANG_KO }, { "en, ko", MP_LANG_EN },
        { "fr", MP_LANG_EN },       { "fr, ko;q=0.1", MP_LANG_KO }, { "en;q=0.5, KO;q=0.6", MP_LANG_KO },         { "ko;q=0, en;q=0.1", MP_LANG_EN },
        { "korean", MP_LANG_EN },   { "ko;q=nonsense", MP_LANG_EN }, { ",,;q=1,ko", MP_LANG_KO },                 { "ko;q=0.501, en;q=0.5", MP_LANG_KO },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if (mp_language_of(mp_str_from(cases[i].header)) != cases[i].lang)
            fail_msg("%s", cases[i].header);
}

TEST(numbers_are_told_as_openmetrics)
{
    mp_buf  text = MP_BUF_INIT;
    int64_t before = mp_metric_get(MP_METRIC_QUEUE_FULL);
    mp_metric_add(MP_METRIC_QUEUE_FULL, 2);
    mp_metric_set(MP_METRIC_LEDGER_SIZE, 12345);
    mp_metric_request("api", 201, 3 * MP_TICKS_PER_SECOND / 1000);
    mp_metric_request("nonsense", 999, -5);
    CHECK_INT(mp_metric_get(MP_METRIC_QUEUE_FULL), before + 2);
    mp_metrics_write(&text);
    CHECK(!text.failed);
    mp_str s = mp_buf_str(&text);
    CHECK(mp_str_ends(s, MP_S("# EOF\n")));
    CHECK(mp_str_find_str(s, MP_S("mapae_ledger_leaves 12345\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("# TYPE mapae_http_queue_full counter\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("mapae_http_queue_full_total ")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("mapae_http_requests_total{class=\"api\",status=\"2xx\"} 1\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("mapae_http_requests_total{class=\"other\",status=\"5xx\"} 1\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("duration_seconds_bucket{class=\"api\",le=\"0.0025\"} 0\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("duration_seconds_bucket{class=\"api\",le=\"0.0050\"} 1\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("duration_seconds_bucket{class=\"api\",le=\"+Inf\"} 1\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("duration_seconds_sum{class=\"api\"} 0.003000\n")) != SIZE_MAX);
    for (size_t i = 0; mp_metric_name(i); i++)
        CHECK(mp_message_of(MP_LANG_KO, "metric.", mp_str_from(mp_metric_name(i))).len > 0);
    mp_buf_free(&text);
}

static mp_str say(void *ctx, const char *id)
{
    (void)ctx;
    return mp_str_from(id);
}

static const char *const sizes[] = { "small", "large", NULL };
static const mp_property part_members[] = {
    { "when", .type = MP_TYPE_TIME, .is_required = true },
    { "size", .type = MP_TYPE_STRING, .values = sizes, .may_be_null = true },
};
static const mp_json_shape part = { .name = "Part", .type = MP_TYPE_OBJECT, MP_PROPERTIES(part_members), .doc = "doc.part" };
static const mp_property   whole_members[] = {
    { "id", .type = MP_TYPE_GUID, .is_read_only = true, .doc = "doc.id" },
    { "part", .type = MP_TYPE_OBJECT, .shape = &part, .may_be_null = true },
    { "parts", .type = MP_TYPE_ARRAY, .shape = &part, .max = 9 },
    { "count", .type = MP_TYPE_INTEGER, .min = 1, .max = 5 },
};
static const mp_json_shape whole = { .name = "Whole", .type = MP_TYPE_OBJECT, MP_PROPERTIES(whole_members) };

static bool write_schema(void *context)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_buf   text = MP_BUF_INIT;
    mp_jsonw_init(&w, &arena);
    mp_json_shape_define(&w, context, say, NULL);
    const mp_json *v = mp_jsonw_done(&w);
    if (v)
        mp_buf_add_json(&text, v);
    bool done = v && !text.failed;
    if (done)
        CHECK_STR(mp_buf_str(&text),
                  "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\",\"format\":\"uuid\",\"description\":\"doc.id\",\"readOnly\":true},"
                  "\"part\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},{\"type\":\"null\"}]},"
                  "\"parts\":{\"type\":\"array\",\"maxItems\":9,\"items\":{\"$ref\":\"#/components/schemas/Part\"}},"
                  "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5,\"format\":\"int64\"}},\"additionalProperties\":false}");
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return done;
}

TEST(shapes_become_schemas)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    CHECK(fault_loop(write_schema, (void *)(uintptr_t)&whole) > 1);
    mp_jsonw_init(&w, &arena);
    mp_json_shape_write(&w, &whole, say, NULL);
    const mp_json *v = mp_jsonw_done(&w);
    CHECK_STR(mp_json_str(mp_json_get(v, MP_S("$ref"))), "#/components/schemas/Whole");
    mp_jsonw_init(&w, &arena);
    mp_json_shape_define(&w, &part, say, NULL);
    v = mp_jsonw_done(&w);
    CHECK_STR(mp_json_str(mp_json_at(mp_json_get(v, MP_S("required")), 0)), "when");
    v = mp_json_get(mp_json_get(v, MP_S("properties")), MP_S("size"));
    CHECK_INT(mp_json_get(v, MP_S("enum"))->count, 3);
    mp_arena_free(&arena);
}

struct counted {
    mp_job       job;
    atomic_uint *done;
};

static void count_job(mp_job *job)
{
    atomic_fetch_add(((struct counted *)(void *)job)->done, 1);
}

TEST(workers_do_all_that_they_took)
{
    static struct counted jobs[200];
    atomic_uint           done = 0;
    unsigned              taken = 0;
    mp_workers           *workers = NULL;
    CHECK_INT(mp_workers_new(&workers, 3, 1, 50, NULL), MP_OK);
    for (size_t i = 0; i < MP_COUNT(jobs); i++) {
        jobs[i] = (struct counted){ { .run = count_job, .is_heavy = i % 3 == 0 }, &done };
        taken += mp_workers_push(workers, &jobs[i].job, i % 2 == 0);
    }
    mp_workers_close(workers);
    CHECK(taken >= 100); /* what must be taken was */
    CHECK_INT(done, taken);
    CHECK(!mp_workers_push(workers, &jobs[0].job, true));
    mp_workers_free(workers);
    mp_workers_free(NULL);
}

int main(void)
{
    return MAIN(RUN(addresses_are_read), RUN(a_customer_of_version_6_counts_as_one),
                RUN(proxies_are_believed_as_far_as_they_are_trusted), RUN(networks_are_of_one_version), RUN(buckets_fill_again),
                RUN(framing_is_certain), RUN(the_best_language_is_chosen), RUN(numbers_are_told_as_openmetrics),
                RUN(shapes_become_schemas), RUN(workers_do_all_that_they_took));
}
