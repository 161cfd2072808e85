/* SPDX-License-Identifier: Apache-2.0 */
/* Which controls a piece of evidence answers, and for how long. */
#include "api_world.h"

#include "evidence_system.h"

static const api_client local = { .is_local = true };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const mp_system *const systems[] = { &mp_evidence_system, NULL };

/* Evidence of this query; its id. */
static const char *upload(api_world *world, const char *query)
{
    api_answer made =
        api_ask(world, &local,
                &(api_request){ .method = MP_POST,
                                .path = api_printf(world, "/api/v1/evidence?title=t%s", query),
                                .body = MP_S("bytes"),
                                .type = "text/plain" });
    WANT(made, 201);
    return api_printf(world, "%.*s", MP_FMT(api_text(&made, "id")));
}

static api_answer link_to(api_world *world, const char *id, const char *json)
{
    return api_send(world, &local, MP_POST, api_printf(world, "/api/v1/evidence/%s/controls", id),
                    json);
}

/* "none", "stale", "fresh" of a control as of a date. */
static const char *freshness(api_world *world, const char *query)
{
    api_answer got =
        api_get(world, &local, api_printf(world, "/api/v1/evidence-standing?%s", query));
    WANT(got, 200);
    const mp_json *one = mp_json_at(mp_json_get(got.json, MP_S("value")), 0),
                  *v = mp_json_get(one, MP_S("freshness"));
    return api_printf(world, "%.*s", MP_FMT(mp_json_str(v)));
}

/* 1.1.2 of CSAP wants a document each year and a record at a change. */
TEST(a_piece_answers_the_rules_of_its_kind)
{
    api_world world;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "&kind=photo");
    WANT(link_to(&world, id, "{\"framework\":\"csap\",\"control\":\"1.1.1\"}"), 400);
    WANT(link_to(&world, id, "{\"framework\":\"csap\",\"control\":\"99.1\"}"), 400);
    WANT(link_to(&world, id, "{\"framework\":\"nothing\",\"control\":\"1.1.1\"}"), 400);
    WANT(link_to(&world, id,
                 "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"rule\":\"no such rule\"}"),
         400);
    /* the same asked beforehand, with what is wanted */
    api_answer asked = api_get(&world, &local, "/api/v1/evidence-links/check?framework=csap&control=1.1.1&kind=photo");
    WANT(asked, 400);
    CHECK(mp_str_find_str(asked.body, MP_S("wants evidence of kind document, record")) != SIZE_MAX);
    WANT(api_get(&world, &local, "/api/v1/evidence-links/check?framework=csap&control=1.1.1"), 400);
    WANT(api_get(&world, &local, "/api/v1/evidence-links/check?framework=csap&control=99.1&kind=document"), 400);
    WANT(api_get(&world, &local, "/api/v1/evidence-links/check?framework=csap&control=1.1.1&kind=document"), 204);
    WANT(api_get(&world, &local, "/api/v1/evidence-links/check?framework=csap&control=1.1.1&kind=photo&rule=no"), 400);
    CHECK_STR(mp_str_from(freshness(&world, "framework=csap-2025-02&control=1.1.1")), "none");
    api_answer rules =
        api_get(&world, &local, "/api/v1/evidence-standing?framework=csap-2025-02&control=1.1.1");
    const mp_json *rule = mp_json_at(
        mp_json_get(mp_json_at(mp_json_get(rules.json, MP_S("value")), 0), MP_S("rules")), 0);
    CHECK(rule != NULL);
    mp_str name = mp_json_str(mp_json_get(mp_json_get(rule, MP_S("name")), MP_S("ko")));
    api_answer made = link_to(
        &world, id,
        api_printf(&world, "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"rule\":\"%.*s\"}",
                   MP_FMT(name)));
    WANT(made, 200);
    CHECK_STR(api_text(&made, "target"), "csap-2025-02/csap-2025-02-1.1.1");
    api_answer after =
        api_get(&world, &local, "/api/v1/evidence-standing?framework=csap-2025-02&control=1.1.1");
    const mp_json *first = mp_json_at(
        mp_json_get(mp_json_at(mp_json_get(after.json, MP_S("value")), 0), MP_S("rules")), 0);
    CHECK_STR(mp_json_str(mp_json_get(first, MP_S("freshness"))), "fresh");
    CHECK_INT(mp_json_get(first, MP_S("pieces"))->count, 1);
    api_stop(&world);
}

static const mp_control *find(const mp_frameworks *all, const mp_framework **framework,
                              const char *id, const char *label)
{
    *framework = mp_framework_find(all, mp_str_from(id));
    CHECK(*framework != NULL);
    const mp_control *control = mp_framework_control(*framework, mp_str_from(label));
    CHECK(control != NULL);
    return control;
}

/* A control whose only evidence is one document a year. */
static const char *yearly_control(const mp_framework *framework)
{
    for (size_t i = 0; i < framework->answers.count; i++) {
        const mp_answer *a = &framework->answers.of[i];
        if (a->evidence_count == 1 && a->evidence[0].months == 12)
            return a->control->label.ptr;
    }
    fail_msg("no control has one yearly rule");
    return NULL;
}

static mp_evidence_standing stand(api_world *world, const mp_evidence_view *view,
                                  const mp_frameworks *all, const char *framework_id,
                                  const char *label, const char *measure, mp_ticks at)
{
    mp_evidence_question q = { .frameworks = all, .measure = mp_str_from(measure), .at = at };
    mp_evidence_standing s = { .count = 0 };
    q.control = find(all, &q.framework, framework_id, label);
    CHECK_INT(mp_evidence_standing_of(&s, view, &q, &world->arena, NULL), MP_OK);
    return s;
}

TEST(freshness_follows_the_rule_and_what_the_piece_says)
{
    api_world world;
    const mp_frameworks *all;
    api_start_with(&world, sets, systems);
    CHECK_INT(mp_evidence_frameworks(&all, world.app, NULL), MP_OK);
    const mp_framework *csap = mp_framework_find(all, MP_S("csap-2025-02"));
    const char *label = mp_arena_dup(&world.arena, mp_str_from(yearly_control(csap))).ptr;
    size_t end = 0;
    while ((label[end] >= '0' && label[end] <= '9') || label[end] == '.')
        end++;
    label = api_printf(&world, "%.*s", (int)end, label);
    const mp_control *control = mp_framework_control(csap, mp_str_from(label));
    const char *kind =
        api_printf(&world, "%.*s", MP_FMT(mp_answer_of(csap, control)->evidence[0].kind));
    const char *body = api_printf(&world, "{\"framework\":\"csap\",\"control\":\"%s\"}", label);
    mp_ticks now = mp_clock_now();
    const struct {
        const char *query;
        unsigned days; /* from now */
        mp_freshness wanted;
    } cases[] = {
        { "", 0, MP_EVIDENCE_FRESH },
        { "", 360, MP_EVIDENCE_FRESH },
        { "", 370, MP_EVIDENCE_STALE },
        { "&collectedAt=2020-01-01T00:00:00Z", 0,
          MP_EVIDENCE_STALE }, /* an old paper, uploaded today */
        { "&collectedAt=2999-01-01T00:00:00Z", 370,
          MP_EVIDENCE_STALE }, /* a claim makes nothing younger */
        { "&validFrom=2999-01-01T00:00:00Z", 0, MP_EVIDENCE_STALE }, /* not yet */
        { "&every=P3M", 100, MP_EVIDENCE_STALE },
        { "&every=once", 4000, MP_EVIDENCE_FRESH },
        { "&every=once&validUntil=2020-01-01T00:00:00Z", 0, MP_EVIDENCE_STALE },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const mp_evidence_view *view;
        const char *id = upload(&world, api_printf(&world, "&kind=%s%s", kind, cases[i].query));
        WANT(link_to(&world, id, body), 200);
        CHECK_INT(mp_evidence_view_take(&view, world.app, 0, NULL), MP_OK);
        mp_evidence_standing s = stand(&world, view, all, "csap-2025-02", label, "",
                                       mp_clock_after(now, 0, cases[i].days) + MP_TICKS_PER_SECOND);
        CHECK_INT(s.count, 1);
        if (s.freshness != cases[i].wanted)
            fail_msg("case %zu: %s", i, mp_freshness_names[s.freshness]);
        mp_evidence_view_drop(view);
        api_answer gone = api_send(
            &world, &local, MP_DELETE,
            api_printf(&world, "/api/v1/evidence/%s/controls?framework=csap&control=%s", id, label),
            NULL);
        WANT(gone, 204);
    }
    WANT(api_ask(&world, &local,
                 &(api_request){ .method = MP_POST,
                                 .path = "/api/v1/evidence?title=t&every=P1Q",
                                 .body = MP_S("x"),
                                 .type = "text/plain" }),
         400);
    api_stop(&world);
}

TEST(one_piece_answers_what_is_mapped_to_its_control)
{
    api_world world;
    const mp_frameworks *all;
    const mp_evidence_view *view;
    api_start_with(&world, sets, systems);
    CHECK_INT(mp_evidence_frameworks(&all, world.app, NULL), MP_OK);
    const mp_mapping_of *mapping = NULL;
    const mp_map_line *line = NULL;
    for (size_t m = 0; m < all->mapping_count && !line; m++)
        for (size_t i = 0; i < all->mappings[m].count && !line; i++)
            if (all->mappings[m].lines[i].relation == MP_EQUAL) {
                mapping = &all->mappings[m];
                line = &mapping->lines[i];
            }
    CHECK(line != NULL);
    const mp_framework *from = NULL, *to = NULL;
    for (size_t i = 0; i < all->count; i++) {
        from = &all->of[i].catalog == mapping->from ? &all->of[i] : from;
        to = &all->of[i].catalog == mapping->to ? &all->of[i] : to;
    }
    const mp_answer *answer = mp_answer_of(from, line->from);
    const char *id =
        upload(&world, api_printf(&world, "&kind=%.*s", MP_FMT(answer->evidence[0].kind)));
    WANT(link_to(&world, id,
                 api_printf(&world,
                            "{\"framework\":\"%.*s\",\"control\":\"%.*s\",\"measure\":\"m1\"}",
                            MP_FMT(from->id), MP_FMT(line->from->id))),
         200);
    CHECK_INT(mp_evidence_view_take(&view, world.app, 0, NULL), MP_OK);
    mp_evidence_question q = { .frameworks = all,
                               .framework = to,
                               .control = line->to,
                               .measure = MP_S("m1"),
                               .at = mp_clock_now() };
    mp_evidence_standing s;
    size_t found = 0;
    CHECK_INT(mp_evidence_standing_of(&s, view, &q, &world.arena, NULL), MP_OK);
    for (size_t i = 0; i < s.count; i++)
        for (size_t p = 0; p < s.of[i].count; p++) {
            CHECK_STR(s.of[i].pieces[p].piece->id, id);
            CHECK(s.of[i].pieces[p].via == line->from && s.of[i].pieces[p].via_framework == from);
            found++;
        }
    CHECK(found > 0);
    q.measure = MP_S("m2"); /* the link is of another measure */
    CHECK_INT(mp_evidence_standing_of(&s, view, &q, &world.arena, NULL), MP_OK);
    CHECK_INT(s.freshness, MP_EVIDENCE_NONE);
    mp_evidence_view_drop(view);
    api_stop(&world);
}

/* A date shows what was linked then; what is deleted answers nothing, and its links are gone. */
TEST(links_have_a_history_and_end_with_their_piece)
{
    api_world world;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "&kind=document&keepUntil=2020-01-01T00:00:00Z");
    api_answer made = link_to(
        &world, id, "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"note\":\"chapter 2\"}");
    WANT(made, 200);
    WANT(link_to(&world, id,
                 "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"note\":\"chapter 3\"}"),
         200);
    api_answer list =
        api_get(&world, &local, api_printf(&world, "/api/v1/evidence/%s/controls", id));
    CHECK_INT(mp_json_get(list.json, MP_S("value"))->count, 1);
    WANT(api_get(&world, &local, "/api/v1/evidence/00000000-0000-4000-8000-000000000000/controls"),
         404);
    char then[MP_CLOCK_TEXT];
    mp_clock_format(then, mp_clock_now());
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/evidence/%s", id), NULL),
         204);
    CHECK_INT(
        mp_json_get(api_get(&world, &local, "/api/v1/evidence-links").json, MP_S("value"))->count,
        0);
    api_answer before =
        api_get(&world, &local, api_printf(&world, "/api/v1/evidence-links?asOf=%s", then));
    CHECK_INT(mp_json_get(before.json, MP_S("value"))->count, 1);
    api_answer stood = api_get(
        &world, &local,
        api_printf(&world, "/api/v1/evidence-standing?framework=csap&control=1.1.1&asOf=%s", then));
    CHECK(mp_str_find_str(stood.body, MP_S("\"fresh\"")) != SIZE_MAX);
    api_answer now =
        api_get(&world, &local, "/api/v1/evidence-standing?framework=csap&control=1.1.1");
    CHECK(mp_str_find_str(now.body, MP_S("\"fresh\"")) == SIZE_MAX);
    api_stop(&world);
}

static mp_str reader_of(api_world *world, api_client *who, const char *name, const char *scope)
{
    mp_str id = api_user(world, who, name);
    WANT(api_send(world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(world,
                             "{\"roleDefinitionId\":\"6c1a705b-153e-582b-ace7-879d6b5f132e\","
                             "\"principalId\":\"%.*s\","
                             "\"principalType\":\"User\",\"scope\":\"%s\"}",
                             MP_FMT(id), scope)),
         201);
    return id;
}

static const char *subscription(api_world *world)
{
    api_answer made =
        api_send(world, &local, MP_POST, "/api/v1/subscriptions", "{\"displayName\":\"s\"}");
    WANT(made, 201);
    mp_str id = api_text(&made, "subscriptionId");
    return api_printf(world, "/subscriptions/%.*s", MP_FMT(id.len ? id : api_text(&made, "id")));
}

/* Evidence of a place of the cloud is for those who have rights there. */
TEST(evidence_belongs_to_a_place)
{
    api_world world;
    api_client here, elsewhere;
    api_start_with(&world, sets, systems);
    const char *sub = subscription(&world), *other = subscription(&world);
    const char *quoted = api_printf(&world, "%%2FSubscriptions%%2F%s", strrchr(sub, '/') + 1);
    reader_of(&world, &here, "here", sub);
    reader_of(&world, &elsewhere, "elsewhere", other);
    const char *id = upload(&world, api_printf(&world, "&kind=document&scope=%s", quoted));
    const char *content = api_printf(&world, "/api/v1/evidence/%s/content", id);
    WANT(api_get(&world, &here, content), 200);
    WANT(api_get(&world, &elsewhere, content), 403);
    WANT(api_get(&world, &here, api_printf(&world, "/api/v1/evidence/%s/controls", id)), 200);
    WANT(api_get(&world, &elsewhere, api_printf(&world, "/api/v1/evidence/%s/controls", id)), 403);
    const char *whole = upload(&world, "&kind=document");
    WANT(api_get(&world, &here, api_printf(&world, "/api/v1/evidence/%s/content", whole)), 403);
    WANT(api_get(&world, &here, "/api/v1/evidence"), 403);
    api_answer list =
        api_get(&world, &here, api_printf(&world, "/api/v1/evidence?scope=%s", quoted));
    WANT(list, 200);
    api_stop(&world);
}

/* Hostile names and types stay data. */
TEST(files_are_saved_and_never_shown)
{
    api_world world;
    api_start_with(&world, sets, systems);
    char many[3 * 256 + 1] = "";
    for (size_t i = 0; i < 256; i++)
        memcpy(many + i, "a", 2);
    const char *const refused[] = { "..%2F..%2Fetc%2Fpasswd", "a%5Cb", "..", ".", "a%0D%0Ab", "a%00b",
                                    "a%7Fb", "a%C2%85b", "invoice%E2%80%AEfdp.exe", "a%E2%81%A6b", "a%FFb",
                                    "a%C0%AF", many };
    for (size_t i = 0; i < MP_COUNT(refused); i++)
        WANT(
            api_ask(&world, &local,
                    &(api_request){ .method = MP_POST,
                                    .path = api_printf(
                                        &world, "/api/v1/evidence?title=t&fileName=%s", refused[i]),
                                    .body = MP_S("x"),
                                    .type = "text/plain" }),
            400);
    static const struct {
        const char *name, *disposition;
    } kept[] = {
        { "NUL.txt", "attachment; filename=\"_NUL.txt\"" },
        { "com7.tar.gz", "attachment; filename=\"_com7.tar.gz\"" },
        { "com10.log", "attachment; filename=\"com10.log\"" },
        { "console.log", "attachment; filename=\"console.log\"" },
        { "a.pdf.exe.%20.", "attachment; filename=\"a.pdf.exe\"" },
        { "...", "attachment; filename=\"evidence\"" },
        { ".htaccess", "attachment; filename=\"_htaccess\"; filename*=UTF-8''.htaccess" },
        { "a%25b%22c%27(d)%2B.txt", "attachment; filename=\"a_b_c'(d)+.txt\"; filename*=UTF-8''a%25b%22c%27%28d%29+.txt" },
        { "%EB%B3%B4%EC%95%88%20%EC%A0%95%EC%B1%85.pdf",
          "attachment; filename=\"______ ______.pdf\"; filename*=UTF-8''%EB%B3%B4%EC%95%88%20%EC%A0%95%EC%B1%85.pdf" },
    };
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        const char *piece = upload(&world, api_printf(&world, "&fileName=%s", kept[i].name));
        api_answer file = api_get(&world, &local, api_printf(&world, "/api/v1/evidence/%s/content", piece));
        WANT(file, 200);
        CHECK_STR(api_header(&file, "content-disposition"), kept[i].disposition);
    }
    api_answer nothing = api_ask(&world, &local,
                                 &(api_request){ .method = MP_POST,
                                                 .path = "/api/v1/evidence?title=empty",
                                                 .body = MP_S(""),
                                                 .type = "text/plain" });
    WANT(nothing, 201); /* a log that has nothing in it says something too */
    CHECK_STR(api_text(&nothing, "sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    WANT(api_get(&world, &local, api_printf(&world, "/api/v1/evidence/%.*s/content", MP_FMT(api_text(&nothing, "id")))), 200);
    const char *id = upload(&world, "&mediaType=text/html&fileName=%EC%A0%95%EC%B1%85%22%3B.html");
    api_answer got = api_get(&world, &local, api_printf(&world, "/api/v1/evidence/%s/content", id));
    WANT(got, 200);
    CHECK_STR(
        api_header(&got, "content-disposition"),
        "attachment; filename=\"________.html\"; filename*=UTF-8''%EC%A0%95%EC%B1%85%22%3B.html");
    CHECK_STR(api_header(&got, "x-content-type-options"), "nosniff");
    CHECK_STR(api_header(&got, "cache-control"), "no-store");
    CHECK(mp_str_find_str(api_header(&got, "content-security-policy"), MP_S("sandbox")) !=
          SIZE_MAX);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(a_piece_answers_the_rules_of_its_kind),
                RUN(freshness_follows_the_rule_and_what_the_piece_says),
                RUN(one_piece_answers_what_is_mapped_to_its_control),
                RUN(links_have_a_history_and_end_with_their_piece),
                RUN(evidence_belongs_to_a_place), RUN(files_are_saved_and_never_shown));
}
