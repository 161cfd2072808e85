/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a framework as one file: the same bytes for the same state, and everything in it
 * is proved. */
#include "api_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "evidence_due.h"
#include "evidence_system.h"
#include "package.h"

static const api_client local = { .is_local = true };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const mp_system *const systems[] = { &mp_evidence_system, NULL };

static const char *upload(api_world *world, const char *query, const char *bytes)
{
    api_answer made =
        api_ask(world, &local,
                &(api_request){ .method = MP_POST,
                                .path = api_printf(world, "/api/v1/evidence?%s", query),
                                .body = mp_str_from(bytes),
                                .type = "text/plain" });
    WANT(made, 201);
    return api_printf(world, "%.*s", MP_FMT(api_text(&made, "id")));
}

static void link_to(api_world *world, const char *id, const char *control)
{
    WANT(api_send(world, &local, MP_POST, api_printf(world, "/api/v1/evidence/%s/controls", id),
                  api_printf(world, "{\"framework\":\"csap\",\"control\":\"%s\"}", control)),
         200);
}

static mp_str pack(api_world *world, const char *json)
{
    api_answer got = api_send(world, &local, MP_POST, "/api/v1/evidence-packages", json);
    WANT(got, 200);
    return got.body;
}

static mp_code verify(mp_package_report *report, mp_str bytes, mp_str key, mp_arena *arena,
                      mp_error *err)
{
    char path[] = "/tmp/mapae-package-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, bytes.ptr, bytes.len), (int64_t)bytes.len);
    close(fd);
    mp_code code = mp_package_verify(report, path, &(mp_package_trust){ .keys = key }, arena, err);
    unlink(path);
    return code;
}

#define IAAS "{\"framework\":\"csap-iaas\",\"scope\":\"/\"}"

TEST(the_same_state_gives_the_same_bytes)
{
    api_world world;
    mp_package_report report;
    mp_error err = { .message = "" };
    api_start_with(&world, sets, systems);
    mp_str key = api_get(&world, &local, "/api/v1/ledger/keys").body;
    const char *one = upload(&world, "title=Policy&kind=document&fileName=%3Cb%3E.html",
                             "<script>alert(1)</script>");
    const char *two = upload(&world, "title=Again&kind=document",
                             "<script>alert(1)</script>"); /* the same bytes */
    upload(&world, "title=unlinked&kind=document", "not of it");
    link_to(&world, one, "1.1.1");
    link_to(&world, two, "1.1.1");
    mp_str first = pack(&world, IAAS);
    CHECK_INT(verify(&report, first, key, &world.arena, &err), MP_OK);
    CHECK(report.is_pinned && report.has_index);
    CHECK_INT(report.index_controls, 116);
    CHECK_INT(report.index_files, 2);
    CHECK_INT(report.evidence, 2); /* the file of both, and the index */
    CHECK(mp_str_find_str(first, MP_S("index.html")) != SIZE_MAX);
    CHECK(mp_str_find_str(first, MP_S("&lt;b&gt;.html")) != SIZE_MAX);
    upload(&world, "title=later", "what is written meanwhile changes nothing");
    CHECK(mp_str_eq(pack(&world, IAAS), first));
    CHECK_INT(api_send(&world, &local, MP_POST, "/api/v1/ledger/rotate", NULL).status, 200);
    mp_str rotated = pack(&world, IAAS); /* by another key: the old one vouches for it */
    CHECK_INT(verify(&report, rotated, key, &world.arena, &err), MP_OK);
    CHECK(mp_str_eq(pack(&world, IAAS), rotated));
    link_to(&world, one, "1.1.2");
    CHECK(!mp_str_eq(pack(&world, IAAS), rotated));
    api_stop(&world);
}

TEST(a_package_is_as_of_a_date)
{
    api_world world;
    mp_package_report report;
    char then[MP_CLOCK_TEXT];
    api_start_with(&world, sets, systems);
    const char *one = upload(&world, "title=one&kind=document", "1"),
               *two = upload(&world, "title=two&kind=document", "2");
    link_to(&world, one, "1.1.1");
    mp_clock_format(then, mp_clock_now());
    char *asked = api_printf(&world, "{\"framework\":\"csap-iaas\",\"asOf\":\"%s\"}", then);
    mp_str first = pack(&world, asked);
    link_to(&world, two, "1.1.1");
    CHECK_INT(verify(&report, pack(&world, IAAS), MP_S(""), &world.arena, NULL), MP_OK);
    CHECK_INT(report.index_files, 2);
    CHECK_INT(verify(&report, pack(&world, asked), MP_S(""), &world.arena, NULL), MP_OK);
    CHECK_INT(report.index_files, 1);
    CHECK(mp_str_eq(pack(&world, asked), first));
    api_stop(&world);
}

/* Every byte counts: what is shown to people is what is proved. */
TEST(what_was_changed_does_not_hold)
{
    api_world world;
    mp_package_report report;
    mp_error err;
    api_start_with(&world, sets, systems);
    link_to(&world, upload(&world, "title=Genuine&kind=document", "1"), "1.1.1");
    mp_str package = pack(&world, IAAS);
    size_t changed = 0;
    for (mp_str rest = package; mp_str_find_str(rest, MP_S("Genuine")) != SIZE_MAX; changed++) {
        size_t at = (size_t)(rest.ptr - package.ptr) + mp_str_find_str(rest, MP_S("Genuine"));
        mp_str copy = mp_arena_dup(&world.arena, package);
        memcpy((char *)(uintptr_t)copy.ptr + at, "genuinE", 7);
        CHECK_INT(verify(&report, copy, MP_S(""), &world.arena, &err), MP_DAMAGED);
        rest = mp_str_skip(package, at + 7);
    }
    CHECK(changed >= 4); /* the record, the index twice, the page */
    WANT(api_send(&world, &local, MP_POST, "/api/v1/evidence-packages",
                  "{\"framework\":\"nothing\"}"),
         400);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/evidence-packages",
                  "{\"framework\":\"csap\",\"scope\":\"/\",\"measure\":\"m\"}"),
         400);
    api_stop(&world);
}

/* ---- what is due, and what else a piece answers ---- */

static size_t count_of(const api_answer *answer)
{
    const mp_json *list = mp_json_get(answer->json, MP_S("value"));
    return list ? list->count : 0;
}

TEST(what_is_due)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer nothing = api_get(&world, &local, "/api/v1/evidence-due");
    CHECK_INT(count_of(&nothing), 0);
    api_answer all = api_get(&world, &local, "/api/v1/evidence-due?framework=csap-iaas");
    CHECK(count_of(&all) > 116);
    const char *old = upload(
        &world,
        "title=Old%2C%20paper&kind=document&owner=Kim&every=P1M&collectedAt=2020-01-01T00:00:00Z",
        "1");
    link_to(&world, old, "1.1.1");
    api_answer due = api_get(&world, &local, "/api/v1/evidence-due?owner=kim");
    CHECK(count_of(&due) > 0);
    const mp_json *line = mp_json_at(mp_json_get(due.json, MP_S("value")), 0);
    CHECK_STR(mp_json_str(mp_json_get(line, MP_S("freshness"))), "stale");
    CHECK_STR(mp_json_str(mp_json_get(line, MP_S("until"))), "2020-02-01T00:00:00Z");
    CHECK_STR(mp_json_str(mp_json_get(line, MP_S("evidence"))), old);
    WANT(api_get(&world, &local, "/api/v1/evidence-due?within=soon"), 400);
    api_answer calendar = api_get(&world, &local, "/api/v1/evidence-due/calendar?owner=Kim");
    WANT(calendar, 200);
    CHECK(mp_str_starts(calendar.body, MP_S("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")));
    CHECK(mp_str_find_str(calendar.body, MP_S("DUE:20200201T000000Z\r\n")) != SIZE_MAX);
    CHECK(mp_str_find_str(calendar.body, MP_S("Old\\, paper")) != SIZE_MAX);
    for (mp_str rest = calendar.body; rest.len;) {
        size_t end = mp_str_find(rest, '\r');
        CHECK(end <= 75);
        CHECK(mp_str_starts(mp_str_skip(rest, end), MP_S("\r\n")));
        rest = mp_str_skip(rest, end + 2);
    }
    api_answer reuse =
        api_get(&world, &local, api_printf(&world, "/api/v1/evidence/%s/reuse", old));
    CHECK(count_of(&reuse) >= 1);
    api_stop(&world);
}

/* What is past its time goes, unless a hold or a link keeps it. */
TEST(what_is_past_its_time_goes_when_the_operator_wants_it)
{
    static const char *const wanted[] = { "evidence.delete-expired=true", NULL };
    api_world world;
    mp_error err = { .code = MP_OK };
    api_start_with(&world, wanted, systems);
    upload(&world, "title=old&keepUntil=2020-01-01T00:00:00Z", "1");
    const char *held = upload(&world, "title=held&keepUntil=2020-01-01T00:00:00Z", "2");
    const char *linked =
        upload(&world, "title=linked&kind=document&keepUntil=2020-01-01T00:00:00Z", "3");
    upload(&world, "title=young", "4");
    link_to(&world, linked, "1.1.1");
    WANT(api_send(&world, &local, MP_PUT,
                  api_printf(&world, "/api/v1/evidence/%s/holds/court", held),
                  "{\"reason\":\"r\"}"),
         200);
    CHECK_INT(mp_evidence_system.tick(mp_evidence_of(world.app), mp_clock_now(), &err), MP_OK);
    api_answer left = api_get(&world, &local, "/api/v1/evidence?orderBy=title");
    CHECK_INT(count_of(&left), 3);
    CHECK(mp_str_find_str(left.body, MP_S("\"old\"")) == SIZE_MAX);
    api_answer leaves =
        api_get(&world, &local, "/api/v1/ledger/leaves?action=Mapae.Evidence/expired/delete");
    CHECK_INT(count_of(&leaves), 1);
    CHECK_INT(
        mp_evidence_system.tick(mp_evidence_of(world.app), mp_clock_now() + MP_TICKS_PER_DAY, &err),
        MP_OK);
    leaves = api_get(&world, &local, "/api/v1/ledger/leaves?action=Mapae.Evidence/expired/delete");
    CHECK_INT(count_of(&leaves), 1); /* nothing to do leaves nothing behind */
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(the_same_state_gives_the_same_bytes), RUN(a_package_is_as_of_a_date),
                RUN(what_was_changed_does_not_hold), RUN(what_is_due),
                RUN(what_is_past_its_time_goes_when_the_operator_wants_it));
}
