/* SPDX-License-Identifier: Apache-2.0 */
/* Links for people without an account: what opens, what does not, and that each use is in the log.
 */
#include "api_world.h"

#include <stdio.h>

#include "evidence_system.h"
#include "share_link.h"

static const api_client local = { .is_local = true };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const mp_system *const systems[] = { &mp_evidence_system, NULL };

static const char *upload(api_world *world, const char *title)
{
    api_answer made = api_ask(
        world, &local,
        &(api_request){
            .method = MP_POST,
            .path = api_printf(world, "/api/v1/evidence?title=%s&fileName=%s.html", title, title),
            .body = MP_S("<script>alert(1)</script>"),
            .type = "text/html" });
    WANT(made, 201);
    return api_printf(world, "%.*s", MP_FMT(api_text(&made, "id")));
}

static char *in_days(api_world *world, int days)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, mp_clock_now() + days * MP_TICKS_PER_DAY);
    return api_printf(world, "%s", text);
}

/* The link without the host. */
static char *share(api_world *world, const char *json)
{
    api_answer made = api_send(world, &local, MP_POST, "/api/v1/evidence-shares", json);
    WANT(made, 201);
    mp_str link = api_text(&made, "link");
    size_t at = mp_str_find_str(link, MP_S("/shared/"));
    CHECK(at != SIZE_MAX);
    return api_printf(world, "%.*s", MP_FMT(mp_str_skip(link, at)));
}

static api_answer ask(api_world *world, const char *path)
{
    return api_get(world, NULL, path);
}

static char *changed(api_world *world, const char *link, const char *from, const char *to)
{
    const char *at = strstr(link, from);
    CHECK(at != NULL);
    return api_printf(world, "%.*s%s%s", (int)(at - link), link, to, at + strlen(from));
}

TEST(a_link_opens_what_it_says_and_nothing_else)
{
    api_world world;
    mp_str leaf;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "one"), *other = upload(&world, "two");
    char *link = share(
        &world,
        api_printf(&world,
                   "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}",
                   id, in_days(&world, 7)));
    api_answer got = ask(&world, link);
    WANT(got, 200);
    CHECK_STR(got.body, "<script>alert(1)</script>");
    CHECK_STR(api_header(&got, "content-disposition"), "attachment; filename=\"one.html\"");
    CHECK_STR(api_header(&got, "x-content-type-options"), "nosniff");
    CHECK_STR(api_header(&got, "cache-control"), "no-store");
    CHECK(mp_str_find_str(api_header(&got, "content-security-policy"), MP_S("sandbox")) !=
          SIZE_MAX);
    CHECK_INT(api_leaves_of(&world, got.id, &leaf), 1);
    CHECK(mp_str_find_str(leaf, mp_str_from(id)) != SIZE_MAX);
    char *stem = api_printf(&world, "%.*s", (int)(strchr(link, '?') - link), link);
    WANT(ask(&world, stem), 403);
    WANT(ask(&world, changed(&world, link, id, other)), 403);
    WANT(ask(&world, changed(&world, link, "sp=r", "sp=rl")), 403);
    WANT(ask(&world, changed(&world, link, "spr=https", "spr=https%2Chttp")), 403);
    WANT(ask(&world, changed(&world, link, "&spr=https", "")), 403);
    WANT(ask(&world, api_printf(&world, "%s&st=2020-01-01T00%%3A00%%3A00Z", link)), 403);
    WANT(ask(&world, api_printf(&world, "%s&sip=0.0.0.0%%2F0", link)), 403);
    WANT(ask(&world, api_printf(&world, "%s&sp=r", link)), 403);
    WANT(ask(&world, changed(&world, link, "sig=", "sig=A")), 403);
    char *list = changed(&world, link, api_printf(&world, "/%s", id), "");
    WANT(ask(&world, list), 403); /* to read is not to list */
    api_answer refused = ask(&world, changed(&world, link, "sp=r", "sp=l"));
    CHECK_INT(api_leaves_of(&world, refused.id, &leaf), 1);
    api_stop(&world);
}

TEST(links_end)
{
    api_world world;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "one");
    char *body = api_printf(
        &world, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"rl\",\"until\":\"%s\"}",
        id, in_days(&world, 7));
    api_answer made = api_send(&world, &local, MP_POST, "/api/v1/evidence-shares", body);
    WANT(made, 201);
    mp_str link = mp_str_skip(api_text(&made, "link"),
                              mp_str_find_str(api_text(&made, "link"), MP_S("/shared/")));
    char *path = api_printf(&world, "%.*s", MP_FMT(link)), *second = share(&world, body);
    WANT(ask(&world, path), 200);
    WANT(api_send(&world, &local, MP_DELETE,
                  api_printf(&world, "/api/v1/evidence-shares/%.*s", MP_FMT(api_text(&made, "id"))),
                  NULL),
         204);
    WANT(ask(&world, path), 403);
    WANT(ask(&world, second), 200);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/evidence-shares/renewKey", NULL), 200);
    WANT(ask(&world, second), 403);
    WANT(ask(&world, share(&world, body)), 200);
    static const char *const wrong[] = {
        "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"2020-01-01T00:00:"
        "00Z\"}",
        "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"2999-01-01T00:00:"
        "00Z\"}",
        "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\"}",
        "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"w\",\"until\":\"2020-01-01T00:00:"
        "00Z\"}",
        "{\"name\":\"n\",\"evidence\":[],\"permissions\":\"r\",\"until\":\"2020-01-01T00:00:00Z\"}",
    };
    for (size_t i = 0; i < MP_COUNT(wrong); i++) {
        char text[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, wrong[i], id);
#pragma GCC diagnostic pop
        WANT(api_send(&world, &local, MP_POST, "/api/v1/evidence-shares", text), 400);
    }
    api_stop(&world);
}

/* A stored policy says what the link leaves out, for all of its links. */
TEST(a_policy_changes_its_links)
{
    api_world world;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "one");
    api_answer policy = api_send(
        &world, &local, MP_POST, "/api/v1/evidence-share-policies",
        api_printf(&world, "{\"name\":\"auditors\",\"permissions\":\"rl\",\"until\":\"%s\"}",
                   in_days(&world, 3)));
    WANT(policy, 201);
    WANT(api_send(&world, &local, MP_PUT,
                  api_printf(&world, "/api/v1/evidence-share-policies/%.*s",
                             MP_FMT(api_text(&policy, "id"))),
                  api_printf(&world, "{\"name\":\"auditors\",\"permissions\":\"rl\",\"until\":\"%s\"}",
                             in_days(&world, 4000))),
         400); /* its links would be open for years */
    char *where =
        api_printf(&world, "/api/v1/evidence-share-policies/%.*s", MP_FMT(api_text(&policy, "id")));
    char *body = api_printf(&world, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"policy\":\"%.*s\"}",
                            id, MP_FMT(api_text(&policy, "id")));
    char *link = share(&world, body);
    CHECK(strstr(link, "se=") == NULL);
    WANT(ask(&world, link), 200);
    WANT(api_send(
             &world, &local, MP_PUT, where,
             "{\"name\":\"auditors\",\"permissions\":\"rl\",\"until\":\"2020-01-01T00:00:00Z\"}"),
         200);
    WANT(ask(&world, link), 403);
    WANT(api_send(&world, &local, MP_PUT, where,
                  api_printf(&world,
                             "{\"name\":\"auditors\",\"permissions\":\"rl\",\"until\":\"%s\","
                             "\"addresses\":\"192.0.2.0/28\"}",
                             in_days(&world, 3))),
         200);
    WANT(ask(&world, link), 200);
    api_client far = { .client = MP_S("198.51.100.7") };
    WANT(api_get(&world, &far, link), 403);
    WANT(api_send(
             &world, &local, MP_POST, "/api/v1/evidence-shares",
             api_printf(
                 &world,
                 "{\"name\":\"n\",\"evidence\":[\"%s\"],\"policy\":\"%.*s\",\"permissions\":\"r\"}",
                 id, MP_FMT(api_text(&policy, "id")))),
         400);
    WANT(api_send(&world, &local, MP_DELETE, where, NULL), 204);
    WANT(ask(&world, link), 403);
    api_stop(&world);
}

/* Nobody gives away what is not his, and who may not share does not. */
TEST(sharing_takes_rights)
{
    api_world world;
    api_client reader;
    api_start_with(&world, sets, systems);
    const char *id = upload(&world, "one");
    mp_str who = api_user(&world, &reader, "reader");
    WANT(api_send(&world, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&world,
                             "{\"roleDefinitionId\":\"acdd72a7-3385-48ef-bd42-f606fba81ae7\","
                             "\"principalId\":\"%.*s\","
                             "\"principalType\":\"User\",\"scope\":\"/\"}",
                             MP_FMT(who))),
         201);
    char *body = api_printf(
        &world, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}", id,
        in_days(&world, 7));
    WANT(api_send(&world, &reader, MP_POST, "/api/v1/evidence-shares", body), 403);
    WANT(api_get(&world, &reader, "/api/v1/evidence-shares"), 200);
    WANT(api_send(&world, NULL, MP_POST, "/api/v1/evidence-shares", body), 401);
    api_stop(&world);
}

/* A link is as good as who made it. */
TEST(a_link_ends_with_the_rights_of_who_made_it)
{
    api_world world;
    api_client maker, other;
    api_start_with(&world, sets, systems);
    api_answer made = api_send(&world, &local, MP_POST, "/api/v1/subscriptions", "{\"displayName\":\"s\"}");
    WANT(made, 201);
    const char *scope = api_printf(&world, "/subscriptions/%.*s", MP_FMT(api_text(&made, "subscriptionId").len
                                                                          ? api_text(&made, "subscriptionId")
                                                                          : api_text(&made, "id")));
    mp_str who = api_user(&world, &maker, "maker");
    api_user(&world, &other, "other");
    api_answer role = api_send(&world, &local, MP_POST, "/api/v1/roles",
                               "{\"roleName\":\"sharer\",\"actions\":[\"Mapae.Evidence/*\",\"Mapae.Ledger/evidence/*\"],"
                               "\"assignableScopes\":[\"/\"]}");
    WANT(role, 201);
    api_answer assigned = api_send(&world, &local, MP_POST, "/api/v1/assignments",
                                   api_printf(&world,
                                              "{\"roleDefinitionId\":\"%.*s\",\"principalId\":\"%.*s\","
                                              "\"principalType\":\"User\",\"scope\":\"%s\"}",
                                              MP_FMT(api_text(&role, "id")), MP_FMT(who), scope));
    WANT(assigned, 201);
    api_answer piece = api_ask(&world, &maker,
                               &(api_request){ .method = MP_POST,
                                               .path = api_printf(&world, "/api/v1/evidence?title=t&scope=%s", scope),
                                               .body = MP_S("x"),
                                               .type = "text/plain" });
    WANT(piece, 201);
    const char *whole = upload(&world, "one");
    char *body = api_printf(&world, "{\"name\":\"n\",\"evidence\":[\"%.*s\"],\"permissions\":\"rl\",\"until\":\"%s\"}",
                            MP_FMT(api_text(&piece, "id")), in_days(&world, 7));
    /* not what belongs to the installation */
    WANT(api_send(&world, &maker, MP_POST, "/api/v1/evidence-shares",
                  api_printf(&world, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}", whole,
                             in_days(&world, 7))),
         403);
    api_answer shared = api_send(&world, &maker, MP_POST, "/api/v1/evidence-shares", body);
    WANT(shared, 201);
    mp_str link = api_text(&shared, "link");
    char *path = api_printf(&world, "%.*s", MP_FMT(mp_str_skip(link, mp_str_find_str(link, MP_S("/shared/")))));
    const char *its = api_printf(&world, "/api/v1/evidence-shares/%.*s", MP_FMT(api_text(&shared, "id")));
    WANT(ask(&world, path), 200);
    WANT(ask(&world, changed(&world, path, "sig=", "sig=A")), 403);
    /* who may, sees it, and who used it from where; nobody else does */
    WANT(api_get(&world, &maker, its), 200);
    WANT(api_get(&world, &other, its), 403);
    WANT(api_get(&world, &other, api_printf(&world, "%s/uses", its)), 403);
    WANT(api_send(&world, &other, MP_DELETE, its, NULL), 403);
    CHECK_INT(mp_json_get(api_get(&world, &maker, "/api/v1/evidence-shares").json, MP_S("value"))->count, 1);
    CHECK_INT(mp_json_get(api_get(&world, &other, "/api/v1/evidence-shares").json, MP_S("value"))->count, 0);
    api_answer uses = api_get(&world, &maker, api_printf(&world, "%s/uses", its));
    WANT(uses, 200);
    const mp_json *list = mp_json_get(uses.json, MP_S("value"));
    CHECK_INT(list->count, 2);
    CHECK_STR(mp_json_str(mp_json_get(mp_json_at(list, 0), MP_S("outcome"))), "refused");
    CHECK_STR(mp_json_str(mp_json_get(mp_json_at(list, 1), MP_S("outcome"))), "done");
    CHECK(mp_str_eq(mp_json_str(mp_json_get(mp_json_at(list, 1), MP_S("evidence"))), api_text(&piece, "id")));
    CHECK(mp_json_get(mp_json_at(list, 1), MP_S("address")) != NULL);
    /* also when the id was written in other letters */
    char *loud = api_printf(&world, "%s", path);
    for (size_t i = strlen("/shared/"); loud[i] && loud[i] != '?'; i++)
        loud[i] = (char)(loud[i] >= 'a' && loud[i] <= 'f' ? loud[i] & ~0x20 : loud[i]);
    WANT(ask(&world, loud), 200);
    uses = api_get(&world, &maker, api_printf(&world, "%s/uses", its));
    CHECK_INT(mp_json_get(uses.json, MP_S("value"))->count, 3);
    /* suspended and back */
    WANT(api_send(&world, &local, MP_POST, api_printf(&world, "/api/v1/users/%.*s/suspend", MP_FMT(who)), NULL), 200);
    WANT(ask(&world, path), 403);
    WANT(api_send(&world, &local, MP_POST, api_printf(&world, "/api/v1/users/%.*s/resume", MP_FMT(who)), NULL), 200);
    WANT(ask(&world, path), 200);
    /* without the right: nothing, until he has it again */
    WANT(api_send(&world, &local, MP_DELETE,
                  api_printf(&world, "/api/v1/assignments/%.*s", MP_FMT(api_text(&assigned, "id"))), NULL),
         204);
    WANT(ask(&world, path), 403);
    /* taken back by somebody else who may; its uses stay */
    WANT(api_send(&world, &local, MP_DELETE, its, NULL), 204);
    uses = api_get(&world, &local, api_printf(&world, "%s/uses?top=2", its));
    CHECK_INT(mp_json_get(uses.json, MP_S("value"))->count, 2);
    CHECK(api_text(&uses, "next").len > 0);
    WANT(api_get(&world, &local, "/api/v1/evidence-shares/00000000-0000-4000-8000-000000000000/uses"), 404);
    api_stop(&world);
}

/* What is gone is not shared. */
TEST(a_link_ends_with_its_evidence)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer piece = api_ask(&world, &local,
                               &(api_request){ .method = MP_POST,
                                               .path = "/api/v1/evidence?title=t&keepUntil=2020-01-01T00:00:00Z",
                                               .body = MP_S("x"),
                                               .type = "text/plain" });
    const char *id = api_printf(&world, "%.*s", MP_FMT(api_text(&piece, "id")));
    char *link = share(&world,
                       api_printf(&world, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}",
                                  id, in_days(&world, 7)));
    WANT(ask(&world, link), 200);
    WANT(api_send(&world, &local, MP_DELETE, api_printf(&world, "/api/v1/evidence/%s", id), NULL), 204);
    WANT(ask(&world, link), 404);
    api_stop(&world);
}

/* ---- without a server ---- */

TEST(terms_decide)
{
    static const struct {
        mp_share_terms terms;
        char permission;
        const char *now, *client;
        bool is_secure, is_allowed;
    } cases[] = {
#define AT "2026-11-22T12:00:00Z"
#define TERMS(sp, st, se, sip, spr)                                                                \
    { MP_S_INIT(sp), MP_S_INIT(st), MP_S_INIT(se), MP_S_INIT(sip), MP_S_INIT(spr) }
        { TERMS("r", "", "2026-11-23T00:00:00Z", "", "https"), 'r', AT, "192.0.2.1", true, true },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "", "https"), 'l', AT, "192.0.2.1", true, false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "", "https"), 'r', AT, "192.0.2.1", false, false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "", ""), 'r', AT, "192.0.2.1", false, false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "", "https,http"), 'r', AT, "192.0.2.1", false,
          true },
        { TERMS("r", "", "2026-11-22T12:00:00Z", "", "https"), 'r', AT, "192.0.2.1", true, false },
        { TERMS("r", "", "2026-11-22T12:00:01Z", "", "https"), 'r', AT, "192.0.2.1", true, true },
        { TERMS("r", "2026-11-22T12:05:00Z", "2026-11-23T00:00:00Z", "", "https"), 'r', AT,
          "192.0.2.1", true, true },
        { TERMS("r", "2026-11-22T12:05:01Z", "2026-11-23T00:00:00Z", "", "https"), 'r', AT,
          "192.0.2.1", true, false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24, 2001:db8::/32", "https"), 'r', AT,
          "192.0.2.9", true, true },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24, 2001:db8::/32", "https"), 'r', AT,
          "2001:db8::5", true, true },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24", "https"), 'r', AT, "198.51.100.1",
          true, false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24", "https"), 'r', AT, "", true,
          false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24", "https"), 'r', AT,
          "::ffff:192.0.2.9", true, true },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "::1/64", "https"), 'r', AT, "192.0.2.9", true,
          false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "192.0.2.0/24", "https"), 'r', AT, "local", true,
          false },
        { TERMS("r", "", "2026-11-23T00:00:00Z", "nowhere", "https"), 'r', AT, "192.0.2.1", true,
          false },
        { TERMS("", "", "2026-11-23T00:00:00Z", "", "https"), 'r', AT, "192.0.2.1", true, false },
        { TERMS("r", "", "", "", "https"), 'r', AT, "192.0.2.1", true, false },
        { TERMS("r", "", "tomorrow", "", "https"), 'r', AT, "192.0.2.1", true, false },
        { TERMS("rw", "", "2026-11-23T00:00:00Z", "", "https"), 'r', AT, "192.0.2.1", true, false },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_share_use use = { .permission = cases[i].permission,
                             .client = mp_str_from(cases[i].client),
                             .is_secure = cases[i].is_secure };
        CHECK(mp_clock_parse(&use.now, mp_str_from(cases[i].now)));
        if ((mp_share_allows(&cases[i].terms, &use, NULL) == MP_OK) != cases[i].is_allowed)
            fail_msg("case %zu", i);
    }
}

TEST(the_signature_covers_every_field)
{
    static const uint8_t key[MP_SHARE_KEY] = { 1, 2, 3 }, other[MP_SHARE_KEY] = { 1, 2, 4 };
    mp_share_link link = { MP_S("share"), MP_S("1"), MP_S("r"), MP_S("a"), MP_S("b"),
                           MP_S("c"),     MP_S("d"), MP_S("e"), MP_S("1"), { NULL, 0 } };
    char signature[MP_SHARE_SIGNATURE + 1];
    CHECK_INT(mp_share_sign(signature, &link, key, NULL), MP_OK);
    link.signature = mp_str_from(signature);
    CHECK(mp_share_is_signed(&link, key));
    CHECK(!mp_share_is_signed(&link, other));
    mp_str *const fields[] = { &link.share,     &link.version, &link.permissions,
                               &link.from,      &link.until,   &link.addresses,
                               &link.protocols, &link.policy,  &link.key };
    for (size_t i = 0; i < MP_COUNT(fields); i++) {
        mp_str kept = *fields[i];
        *fields[i] = MP_S("");
        CHECK(!mp_share_is_signed(&link, key));
        *fields[i] = MP_S("zz");
        CHECK(!mp_share_is_signed(&link, key));
        *fields[i] = kept;
    }
    mp_str from = link.from; /* what moves from one field to the next is another text */
    link.from = MP_S("");
    link.until = MP_S("ab");
    CHECK(!mp_share_is_signed(&link, key));
    link.from = from;
    link.signature = MP_S("");
    CHECK(!mp_share_is_signed(&link, key));
}

int main(void)
{
    return MAIN(RUN(a_link_opens_what_it_says_and_nothing_else), RUN(links_end),
                RUN(a_policy_changes_its_links), RUN(sharing_takes_rights), RUN(a_link_ends_with_the_rights_of_who_made_it),
                RUN(a_link_ends_with_its_evidence), RUN(terms_decide),
                RUN(the_signature_covers_every_field));
}
