/* SPDX-License-Identifier: Apache-2.0 */
/* What happens between the moment when somebody is let at a measure and the moment when he writes: every other change is done exactly
 * there, in front of the write (the linker puts __wrap_mp_app_write there). Whatever it was, he does not write over what he was not
 * asked about. Where the environment names a PostgreSQL database (tests/support/postgres.py), it is done there. */
#include "api_world.h"

#include <unistd.h>

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_world w;

typedef struct sent {
    mp_method method;
    const char *path, *body;
} sent;

static const sent *meanwhile; /* done once, in front of the next write; with so many that follow it: */
static size_t more;

mp_code __real_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg,
                            mp_error *err);
mp_code __wrap_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg,
                            mp_error *err);

mp_code __wrap_mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg,
                            mp_error *err)
{
    const sent *other = meanwhile;
    meanwhile = NULL;
    size_t count = more + 1;
    more = 0;
    for (; other && count--; other++) {
        api_answer a = api_send(&w, &local, other->method, other->path, other->body);
        if (a.status >= 300)
            fail_msg("meanwhile %s: %u %.*s", other->path, a.status, MP_FMT(a.body));
    }
    return __real_mp_app_write(app, request, response, fn, arg, err);
}

/* ---- the measure ---- */

#define OURS "/api/v1/measures/ours"
#define SCOPES(more_) "\"scopes\":[\"/subscriptions/5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01/resourceGroups/a\"" more_ "]"
#define MEASURE(framework_, more_) "{\"framework\":\"" framework_ "\"," SCOPES(more_) "}"

static void make_measure(void)
{
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", "{\"name\":\"ours\",\"framework\":\"csap-iaas\"," SCOPES("") "}"),
         201);
}

static int begin(void **state)
{
    (void)state;
    api_start_with(&w, sets, systems);
    make_measure();
    return 0;
}

static int end(void **state)
{
    (void)state;
    api_stop(&w);
    return 0;
}

/* Of how many versions the record at `path` is; 0: there is none. */
static size_t count_of(const char *path)
{
    api_answer a = api_get(&w, &local, path);
    if (a.status == 404)
        return 0;
    WANT(a, 200);
    const mp_json *value = mp_json_get(a.json, MP_S("value"));
    return value ? value->count : 1;
}

#define OF_OURS "\"framework\":\"csap\",\"measure\":\"ours\""
#define ANSWER "\"control\":\"1.1.1\",\"question\":1,\"answer\":\"yes\""
#define SUBSTITUTION                                                                                                \
    "{\"number\":\"ISMS-1\",\"issued\":\"2025-01-01\",\"expires\":\"2099-12-31\",\"scope\":\"all\",\"covers\":true}"

/* What is said of the measure, and where it would then be read. */
static const struct {
    sent what;
    const char *read;
} said[] = {
    { { MP_POST, "/api/v1/control-answers", "{" OF_OURS "," ANSWER "}" }, "/api/v1/control-answers?measure=ours" },
    { { MP_POST, "/api/v1/control-answers/import", "{" OF_OURS ",\"value\":[{" ANSWER "}]}" },
      "/api/v1/control-answers?measure=ours" },
    { { MP_POST, "/api/v1/control-exclusions", "{" OF_OURS ",\"control\":\"1.1.1\",\"justification\":\"none\"}" },
      "/api/v1/control-exclusions?measure=ours" },
    { { MP_POST, "/api/v1/control-findings", "{" OF_OURS ",\"control\":\"1.1.1\",\"title\":\"t\",\"severity\":\"low\"}" },
      "/api/v1/control-findings?measure=ours" },
    { { MP_POST, "/api/v1/control-decisions", "{" OF_OURS ",\"control\":\"1.1.1\",\"team\":\"t\"}" },
      "/api/v1/control-decisions?measure=ours" },
    { { MP_POST, "/api/v1/control-decisions/import", "{" OF_OURS ",\"value\":[{\"control\":\"1.1.1\",\"team\":\"t\"}]}" },
      "/api/v1/control-decisions?measure=ours" },
    { { MP_PUT, OURS "/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}" }, OURS "/certificate" },
    { { MP_PUT, OURS "/substitution", SUBSTITUTION }, OURS "/substitution" },
};

static const sent others[] = {
    { MP_PUT, OURS, MEASURE("isms-p", "") },            /* another framework */
    { MP_PUT, OURS, MEASURE("csap-iaas", ",\"/\"") },   /* more places than he was asked about */
    { MP_DELETE, OURS, NULL },
};

TEST(nothing_is_said_of_a_measure_that_is_another_by_then)
{
    for (size_t i = 0; i < MP_COUNT(said); i++)
        for (size_t k = 0; k < MP_COUNT(others); k++) {
            meanwhile = &others[k];
            api_answer a = api_send(&w, &local, said[i].what.method, said[i].what.path, said[i].what.body);
            if (a.status != 409 || !strstr(api_printf(&w, "%.*s", MP_FMT(a.body)), "ours"))
                fail_msg("%s, meanwhile %zu: %u %.*s", said[i].what.path, k, a.status, MP_FMT(a.body));
            CHECK(meanwhile == NULL);
            if (others[k].method == MP_DELETE)
                make_measure();
            else
                WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
            CHECK_INT(count_of(said[i].read), 0);
        }
}

/* A decision is called by its key, which it does not say. */
static mp_str id_of(const mp_json *record)
{
    mp_str id = mp_json_get_text(record, "id");
    return id.len ? id : mp_str_from(api_printf(&w, "%.*s~%.*s~ours", MP_FMT(mp_json_get_text(record, "framework")),
                                                MP_FMT(mp_json_get_text(record, "control"))));
}

TEST(no_evidence_is_linked_to_it_either)
{
    api_answer made = api_ask(&w, &local,
                              &(api_request){ .method = MP_POST,
                                              .path = "/api/v1/evidence?title=t&kind=document&fileName=a.txt",
                                              .body = MP_S("text"),
                                              .type = "text/plain" });
    WANT(made, 201);
    const char *path = api_printf(&w, "/api/v1/evidence/%.*s/controls", MP_FMT(api_text(&made, "id")));
    const char *query = api_printf(&w, "%s?framework=csap&control=1.1.1&measure=ours", path);
    static const char body[] = "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"measure\":\"ours\"}";
    for (size_t k = 1; k < MP_COUNT(others); k++) { /* whatever its framework is: a link has its own */
        meanwhile = &others[k];
        WANT(api_send(&w, &local, MP_POST, path, body), 409);
        if (others[k].method == MP_DELETE)
            make_measure();
        else
            WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
        CHECK_INT(count_of(path), 0);
    }
    WANT(api_send(&w, &local, MP_POST, path, body), 200);
    meanwhile = &others[1];
    WANT(api_send(&w, &local, MP_DELETE, query, NULL), 409);
    WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
    WANT(api_send(&w, &local, MP_DELETE, query, NULL), 204);
}

TEST(nothing_is_taken_back_either)
{
    for (size_t i = 0; i < MP_COUNT(said); i++) {
        api_answer a = api_send(&w, &local, said[i].what.method, said[i].what.path, said[i].what.body);
        CHECK(a.status < 300);
        api_answer list = api_get(&w, &local, said[i].read);
        const mp_json *first = mp_json_at(mp_json_get(list.json, MP_S("value")), 0);
        const char *path = said[i].what.path;
        if (first) { /* one of a list: it is taken back by its id */
            const char *end_ = strstr(said[i].read, "?");
            path = api_printf(&w, "%.*s/%.*s", (int)(end_ - said[i].read), said[i].read, MP_FMT(id_of(first)));
        }
        bool is_finding = strstr(path, "findings") != NULL; /* they are closed, and stay */
        meanwhile = &others[1];
        a = is_finding ? api_send(&w, &local, MP_POST, api_printf(&w, "%s/close", path), "{\"resolution\":\"done\"}")
                       : api_send(&w, &local, MP_DELETE, path, NULL);
        /* a measure that grew has lost its substitution: then that is what was meanwhile */
        if (a.status != 409)
            fail_msg("%s: %u %.*s", path, a.status, MP_FMT(a.body));
        WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
        if (!is_finding && first)
            WANT(api_send(&w, &local, MP_DELETE, path, NULL), 204);
    }
}

TEST(a_measure_is_changed_as_it_was_asked_about)
{
    static const sent retitled = { MP_PUT, OURS, "{\"title\":\"theirs\",\"framework\":\"csap-iaas\"," SCOPES("") "}" };
    meanwhile = &others[1];
    WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-low", "")), 409);
    WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
    meanwhile = &others[1];
    WANT(api_send(&w, &local, MP_DELETE, OURS, NULL), 409);
    WANT(api_get(&w, &local, OURS), 200);
    /* a version that is right by then says nothing of the places that he was let at */
    WANT(api_send(&w, &local, MP_PUT, OURS, MEASURE("csap-iaas", "")), 200);
    api_answer now = api_get(&w, &local, OURS);
    meanwhile = &retitled;
    const api_request put = { .method = MP_PUT,
                              .path = OURS,
                              .json = MEASURE("csap-iaas", ",\"/\""),
                              .headers = { { "If-Match", api_printf(&w, "\"%lld\"", (long long)api_number(&now, "version") + 1) } } };
    WANT(api_ask(&w, &local, &put), 409);
    now = api_get(&w, &local, OURS);
    CHECK_STR(api_text(&now, "title"), "theirs");
    CHECK_INT(mp_json_get(now.json, MP_S("scopes"))->count, 1);
}

/* A name that nobody had when it was asked about may be another's by then, and what he said stands under it. */
TEST(a_name_is_taken_as_it_was_asked_about)
{
    static const char made[] = "{\"name\":\"fresh\",\"framework\":\"csap-iaas\"," SCOPES("") "}";
    static const sent theirs[] = { { MP_POST, "/api/v1/measures", made },
                                   { MP_DELETE, "/api/v1/measures/fresh", NULL } };
    meanwhile = theirs;
    more = 1;
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", made), 409);
    WANT(api_get(&w, &local, "/api/v1/measures/fresh"), 404);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", made), 201);
    meanwhile = &theirs[1]; /* it was there, and he was asked about its places: that it ends makes no other of it */
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", made), 201);
}

/* ---- the version that one has seen ---- */

static api_answer put_seen(const char *path, const char *body, int64_t version)
{
    const api_request put = { .method = MP_PUT,
                              .path = path,
                              .json = body,
                              .headers = { { "If-Match", api_printf(&w, "\"%lld\"", (long long)version) } } };
    return api_ask(&w, &local, &put);
}

TEST(papers_are_replaced_by_who_saw_them)
{
    static const struct {
        const char *path, *first, *second;
    } papers[] = {
        { OURS "/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}", "{\"number\":\"2\",\"issued\":\"2025-02-28\"}" },
        { OURS "/substitution", SUBSTITUTION,
          "{\"number\":\"ISMS-2\",\"issued\":\"2025-01-01\",\"expires\":\"2099-12-31\",\"scope\":\"all\",\"covers\":true}" },
    };
    for (size_t i = 0; i < MP_COUNT(papers); i++) {
        WANT(api_send(&w, &local, MP_PUT, papers[i].path, papers[i].first), 200);
        api_answer a = api_get(&w, &local, papers[i].path);
        int64_t seen = api_number(&a, "version");
        WANT(put_seen(papers[i].path, papers[i].second, seen), 200);
        WANT(put_seen(papers[i].path, papers[i].first, seen), 412);
        a = api_get(&w, &local, papers[i].path);
        CHECK(api_text(&a, "number").ptr[api_text(&a, "number").len - 1] == '2');
    }
}

#define ONE(answer_, seen_)                                                                                            \
    "{" OF_OURS ",\"value\":[{\"control\":\"1.1.1\",\"question\":1,\"answer\":\"" answer_ "\",\"seen\":\"" seen_ "\"}]}"

static const char *answered_at(const char *list)
{
    api_answer a = api_get(&w, &local, list);
    const mp_json *first = mp_json_at(mp_json_get(a.json, MP_S("value")), 0);
    CHECK(first != NULL);
    return api_printf(&w, "%.*s", MP_FMT(mp_json_get_text(first, "at")));
}

TEST(an_answer_is_replaced_by_who_saw_it)
{
    static const sent general = { MP_POST, "/api/v1/control-answers", "{\"framework\":\"csap\"," ANSWER "}" };
    static const sent own = { MP_POST, "/api/v1/control-answers", "{" OF_OURS "," ANSWER "}" };
    meanwhile = &own;
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers/import", ONE("no", "")), 409);
    const char *at = answered_at("/api/v1/control-answers?measure=ours");
    api_answer other = api_send(&w, &local, MP_POST, "/api/v1/control-answers/import", ONE("no", "2020-01-01T00:00:00Z"));
    WANT(other, 409); /* with what stands there, and since when */
    CHECK(strstr(api_printf(&w, "%.*s", MP_FMT(other.body)), api_printf(&w, "was answered \\\"yes\\\" by %u at %s meanwhile", (unsigned)getuid(), at)));
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers/import",
                  api_printf(&w, ONE("no", "%s"), at)), 200);
    CHECK_INT(count_of("/api/v1/control-answers?measure=ours"), 1);
    /* what is said in general counts, and is seen, where the measure has no answer of its own */
    api_answer list = api_get(&w, &local, "/api/v1/control-answers?measure=ours");
    mp_str id = mp_json_get_text(mp_json_at(mp_json_get(list.json, MP_S("value")), 0), "id");
    WANT(api_send(&w, &local, MP_DELETE, api_printf(&w, "/api/v1/control-answers/%.*s", MP_FMT(id)), NULL), 204);
    meanwhile = &general;
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers/import", ONE("no", "")), 409);
    at = answered_at("/api/v1/control-answers");
    WANT(api_send(&w, &local, MP_POST, "/api/v1/control-answers/import",
                  api_printf(&w, ONE("no", "%s"), at)), 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(nothing_is_said_of_a_measure_that_is_another_by_then), RUN(no_evidence_is_linked_to_it_either),
        RUN(nothing_is_taken_back_either), RUN(a_measure_is_changed_as_it_was_asked_about),
        RUN(a_name_is_taken_as_it_was_asked_about), RUN(papers_are_replaced_by_who_saw_them),
        RUN(an_answer_is_replaced_by_who_saw_it),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
