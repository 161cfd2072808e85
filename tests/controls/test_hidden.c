/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody of one place can learn of another's. Two measures, each of a group of its own; Kim may do everything in the first, and
 * nothing in the second. Whatever he asks of the second is answered as of one that does not exist: same status, same words. */
#include "api_world.h"

#include "assets.h"
#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"
#include "measure.h"
#include "secret.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_assets_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_client kim;
static api_world w;

#define OWNER "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
#define GROUP "/providers/Microsoft.Management/managementGroups/"
#define FIRST GROUP "first"
#define SECRET GROUP "zzplace"

static char *text_of(mp_str text) { return api_printf(&w, "%.*s", MP_FMT(text)); }

static void make_measure(const char *name, const char *scope, const char *more)
{
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures",
                  api_printf(&w, "{\"name\":\"%s\",\"framework\":\"csap-iaas\",\"scopes\":[\"%s\"]%s}", name, scope, more)),
         201);
}

static const char *upload(const char *title, const char *scope)
{
    api_answer made = api_ask(&w, &local,
                              &(api_request){ .method = MP_POST,
                                              .path = api_printf(&w, "/api/v1/evidence?title=%s&fileName=a.txt&kind=document&scope=%s", title, scope),
                                              .body = MP_S("text"),
                                              .type = "text/plain" });
    WANT(made, 201);
    return text_of(api_text(&made, "id"));
}

static int begin(void **state)
{
    (void)state;
    api_start_with(&w, sets, systems);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/management-groups", "{\"name\":\"first\",\"displayName\":\"first\"}"), 201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/management-groups", "{\"name\":\"zzplace\",\"displayName\":\"zzplace\"}"), 201);
    mp_str id = api_user(&w, &kim, "kim");
    WANT(api_send(&w, &local, MP_POST, "/api/v1/assignments",
                  api_printf(&w, "{\"principalType\":\"User\",\"principalId\":\"%.*s\",\"roleDefinitionId\":\"" OWNER "\",\"scope\":\"" FIRST "\"}", MP_FMT(id))),
         201);
    make_measure("ours", FIRST, "");
    make_measure("hidden", SECRET, "");
    return 0;
}

static int end(void **state)
{
    (void)state;
    api_stop(&w);
    return 0;
}

/* `text` with `name` wherever "%" stands. */
static char *about(const char *text, const char *name)
{
    char out[2048];
    size_t n = 0;
    for (; text && *text && n + strlen(name) + 1 < sizeof out; text++) {
        if (*text != '%') {
            out[n++] = *text;
            continue;
        }
        memcpy(out + n, name, strlen(name));
        n += strlen(name);
    }
    return text ? api_printf(&w, "%.*s", (int)n, out) : NULL;
}

/* What an answer says, without the name that was asked about and without what is of this request alone. */
static char *without(const api_answer *a, const char *name)
{
    char *text = text_of(a->body);
    for (char *at = strstr(text, name); at; at = strstr(text, name))
        memset(at, '*', strlen(name));
    char *id = strstr(text, a->id);
    if (id)
        memset(id, '*', strlen(a->id));
    return text;
}

static void same_for(const api_client *who, mp_method method, const char *path, const char *body, const char *hidden, const char *missing)
{
    api_answer a = api_send(&w, who, method, about(path, hidden), about(body, hidden));
    api_answer b = api_send(&w, who, method, about(path, missing), about(body, missing));
    const char *one = without(&a, hidden), *other = without(&b, missing);
    if (a.status != b.status || a.status < 400 || strcmp(one, other) != 0 || strstr(one, "zzplace"))
        fail_msg("%s\nof what is there: %u %s\nof nothing:       %u %s", path, a.status, one, b.status, other);
}

#define OF "\"framework\":\"csap\",\"measure\":\"%\""
#define ONE "\"control\":\"1.1.1\""

TEST(a_measure_is_as_none)
{
    static const struct {
        mp_method method;
        const char *path, *body;
    } asked[] = {
        { MP_GET, "/api/v1/measures/%", NULL },
        { MP_GET, "/api/v1/measures/%?asOf=2099-01-01T00:00:00Z", NULL },
        { MP_PUT, "/api/v1/measures/%", "{\"framework\":\"csap\",\"scopes\":[\"" FIRST "\"]}" },
        { MP_DELETE, "/api/v1/measures/%", NULL },
        { MP_GET, "/api/v1/measures/%/certificate", NULL },
        { MP_PUT, "/api/v1/measures/%/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}" },
        { MP_DELETE, "/api/v1/measures/%/certificate", NULL },
        { MP_GET, "/api/v1/measures/%/substitution", NULL },
        { MP_PUT, "/api/v1/measures/%/substitution",
          "{\"number\":\"1\",\"issued\":\"2025-01-01\",\"expires\":\"2099-12-31\",\"scope\":\"all\",\"covers\":true}" },
        { MP_DELETE, "/api/v1/measures/%/substitution", NULL },
        { MP_GET, "/api/v1/measures/%/move?framework=isms-p", NULL },
        { MP_POST, "/api/v1/measures", "{\"name\":\"heir\",\"framework\":\"csap-iaas\",\"scopes\":[\"" FIRST "\"],\"inheritsFrom\":\"%\"}" },
        { MP_PUT, "/api/v1/measures/ours", "{\"framework\":\"csap-iaas\",\"scopes\":[\"" FIRST "\"],\"inheritsFrom\":\"%\"}" },
        { MP_GET, "/api/v1/control-states?measure=%", NULL },
        { MP_GET, "/api/v1/control-states/trend?measure=%&points=2", NULL },
        { MP_GET, "/api/v1/control-states/compare?measure=%", NULL },
        { MP_GET, "/api/v1/control-states/compare?measure=ours&withMeasure=%", NULL },
        { MP_GET, "/api/v1/statements/applicability?measure=%", NULL },
        { MP_GET, "/api/v1/statements/calendar?measure=%", NULL },
        { MP_GET, "/api/v1/control-answers?measure=%", NULL },
        { MP_POST, "/api/v1/control-answers", "{" OF "," ONE ",\"question\":1,\"answer\":\"yes\"}" },
        { MP_POST, "/api/v1/control-answers/import", "{" OF ",\"value\":[{" ONE ",\"question\":1,\"answer\":\"yes\"}]}" },
        { MP_DELETE, "/api/v1/control-answers/csap-2025-02~csap-1.1.1~1~%", NULL },
        { MP_GET, "/api/v1/control-exclusions?measure=%", NULL },
        { MP_POST, "/api/v1/control-exclusions", "{" OF "," ONE ",\"justification\":\"none\"}" },
        { MP_GET, "/api/v1/control-findings?measure=%", NULL },
        { MP_POST, "/api/v1/control-findings", "{" OF "," ONE ",\"title\":\"t\",\"severity\":\"low\"}" },
        { MP_GET, "/api/v1/control-decisions?measure=%", NULL },
        { MP_POST, "/api/v1/control-decisions", "{" OF "," ONE ",\"team\":\"t\"}" },
        { MP_POST, "/api/v1/control-decisions/import", "{" OF ",\"value\":[{" ONE ",\"team\":\"t\"}]}" },
        { MP_GET, "/api/v1/evidence-links?measure=%", NULL },
        { MP_GET, "/api/v1/evidence-links/check?framework=csap&control=1.1.1&scope=" FIRST "&measure=%", NULL },
        { MP_GET, "/api/v1/evidence-standing?framework=csap&measure=%", NULL },
        { MP_GET, "/api/v1/evidence-due?measure=%", NULL },
        { MP_POST, "/api/v1/evidence-packages", "{" OF "}" },
    };
    for (size_t i = 0; i < MP_COUNT(asked); i++)
        same_for(&kim, asked[i].method, asked[i].path, asked[i].body, "hidden", "absent");
}

static const char *tomorrow(void)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, mp_clock_now() + MP_TICKS_PER_DAY);
    return api_printf(&w, "%s", text);
}

TEST(an_id_is_as_none)
{
    static const char none[] = "3f1c9c57-0d52-4f6b-8a37-0a5b1f6e2d11";
    const char *piece = upload("paper", SECRET);
    api_answer share = api_send(&w, &local, MP_POST, "/api/v1/evidence-shares",
                                api_printf(&w, "{\"name\":\"n\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}", piece, tomorrow()));
    WANT(share, 201);
    api_answer asset = api_send(&w, &local, MP_POST, "/api/v1/assets", "{\"name\":\"a\",\"class\":\"document\",\"scope\":\"" SECRET "\"}");
    WANT(asset, 201);
    api_answer found = api_send(&w, &local, MP_POST, "/api/v1/control-findings",
                                "{\"framework\":\"csap\",\"measure\":\"hidden\"," ONE ",\"title\":\"t\",\"severity\":\"low\"}");
    WANT(found, 201);
    const struct {
        mp_method method;
        const char *path, *body, *id;
    } asked[] = {
        { MP_GET, "/api/v1/evidence/%", NULL, piece },
        { MP_GET, "/api/v1/evidence/%/content", NULL, piece },
        { MP_GET, "/api/v1/evidence/%/controls", NULL, piece },
        { MP_POST, "/api/v1/evidence/%/controls", "{\"framework\":\"csap\"," ONE "}", piece },
        { MP_DELETE, "/api/v1/evidence/%/controls?framework=csap&control=1.1.1", NULL, piece },
        { MP_DELETE, "/api/v1/evidence/%", NULL, piece },
        { MP_POST, "/api/v1/evidence-shares", api_printf(&w, "{\"name\":\"n\",\"evidence\":[\"%%\"],\"permissions\":\"r\",\"until\":\"%s\"}", tomorrow()), piece },
        { MP_GET, "/api/v1/evidence-shares/%", NULL, text_of(api_text(&share, "id")) },
        { MP_DELETE, "/api/v1/evidence-shares/%", NULL, text_of(api_text(&share, "id")) },
        { MP_GET, "/api/v1/evidence-shares/%/uses", NULL, text_of(api_text(&share, "id")) },
        { MP_GET, "/api/v1/assets/%", NULL, text_of(api_text(&asset, "id")) },
        { MP_GET, "/api/v1/assets/%/history", NULL, text_of(api_text(&asset, "id")) },
        { MP_PUT, "/api/v1/assets/%", "{\"name\":\"a\",\"class\":\"document\",\"scope\":\"" FIRST "\"}", text_of(api_text(&asset, "id")) },
        { MP_DELETE, "/api/v1/assets/%", NULL, text_of(api_text(&asset, "id")) },
        { MP_POST, "/api/v1/control-findings/%/close", "{\"resolution\":\"r\"}", text_of(api_text(&found, "id")) },
    };
    for (size_t i = 0; i < MP_COUNT(asked); i++)
        same_for(&kim, asked[i].method, asked[i].path, asked[i].body, asked[i].id, none);
}

static bool says(const api_client *who, const char *path, const char *word)
{
    api_answer a = api_get(&w, who, path);
    WANT(a, 200);
    return mp_str_find_str(a.body, mp_str_from(word)) != SIZE_MAX;
}

/* A piece of Kim's place is linked to the other's measure by who may do both: that it counts there Kim sees, and not what it is called. */
TEST(the_name_of_a_measure_is_for_its_readers)
{
    const char *piece = upload("common", FIRST);
    const char *of_piece = api_printf(&w, "/api/v1/evidence/%s/controls", piece);
    static const char *const measures[] = { "hidden", "ours" };
    for (size_t i = 0; i < MP_COUNT(measures); i++)
        WANT(api_send(&w, &local, MP_POST, of_piece,
                      api_printf(&w, "{\"framework\":\"csap\",\"control\":\"1.1.1\",\"measure\":\"%s\"}", measures[i])), 200);
    static const char *const lists[] = { "/api/v1/evidence-links", "/api/v1/control-states?framework=csap-iaas&scope=" FIRST };
    CHECK(says(&local, lists[0], "hidden") && says(&local, lists[1], "hidden") && says(&local, of_piece, "hidden"));
    CHECK(!says(&kim, lists[0], "hidden") && !says(&kim, lists[1], "hidden") && !says(&kim, of_piece, "hidden"));
    CHECK(says(&kim, lists[0], "ours") && says(&kim, of_piece, "ours"));
    CHECK(says(&kim, lists[1], piece));
}

/* Nor does the place where a page ended tell it, to who takes it apart. */
TEST(the_end_of_a_page_tells_nothing)
{
    const char *piece = upload("paged", FIRST);
    static const char *const measures[] = { "hidden", "ours" };
    for (size_t i = 0; i < MP_COUNT(measures); i++)
        WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", piece),
                      api_printf(&w, "{\"framework\":\"csap\",\"control\":\"1.1.3\",\"measure\":\"%s\"}", measures[i])), 200);
    static const char *const lists[] = { "/api/v1/evidence-links?top=1", "/api/v1/evidence/%/controls?top=1" };
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        const char *path = about(lists[i], piece);
        mp_str next = MP_S("");
        size_t count = 0;
        do {
            api_answer a = api_get(&w, &kim, next.len ? api_printf(&w, "%s&after=%.*s", path, MP_FMT(next)) : path);
            WANT(a, 200);
            next = api_text(&a, "next");
            mp_str clear = next.len ? mp_unbase64url(&w.arena, next) : MP_S("");
            if (mp_str_find_str(clear, MP_S("hidden")) != SIZE_MAX || mp_str_find_str(clear, MP_S("csap")) != SIZE_MAX)
                fail_msg("%s: %.*s", path, MP_FMT(next));
            count++;
        } while (next.len);
        CHECK(count > 1);
        WANT(api_get(&w, &kim, api_printf(&w, "%s&after=AAAA", path)), 400);
    }
}

/* A name that is almost one: everywhere those are told that he may read, and no others. */
TEST(near_names_are_told)
{
    static const struct {
        mp_method method;
        const char *path, *body;
    } asked[] = {
        { MP_GET, "/api/v1/measures/%", NULL },
        { MP_GET, "/api/v1/evidence-links?measure=%", NULL },
        { MP_GET, "/api/v1/evidence-standing?framework=csap&measure=%", NULL },
        { MP_GET, "/api/v1/evidence-due?measure=%", NULL },
        { MP_GET, "/api/v1/evidence-links/check?framework=csap&control=1.1.1&scope=" FIRST "&measure=%", NULL },
        { MP_POST, "/api/v1/evidence-packages", "{\"framework\":\"csap-iaas\",\"measure\":\"%\"}" },
        { MP_POST, "/api/v1/measures", "{\"name\":\"heir\",\"framework\":\"csap-iaas\",\"scopes\":[\"" FIRST "\"],\"inheritsFrom\":\"%\"}" },
        { MP_PUT, "/api/v1/measures/ours", "{\"framework\":\"csap-iaas\",\"scopes\":[\"" FIRST "\"],\"inheritsFrom\":\"%\"}" },
    };
    for (size_t i = 0; i < MP_COUNT(asked); i++) {
        api_answer a = api_send(&w, &kim, asked[i].method, about(asked[i].path, "ourz"), about(asked[i].body, "ourz"));
        WANT(a, 404);
        if (mp_str_find_str(a.body, MP_S("there are: ours")) == SIZE_MAX)
            fail_msg("%s: %.*s", asked[i].path, MP_FMT(a.body));
        a = api_send(&w, &kim, asked[i].method, about(asked[i].path, "hiddem"), about(asked[i].body, "hiddem"));
        WANT(a, 404);
        CHECK(mp_str_find_str(a.body, MP_S("hidden")) == SIZE_MAX);
    }
}

/* Who lets others inherit does not learn who does. */
TEST(who_inherits_is_not_told)
{
    make_measure("offered", FIRST, ",\"shared\":true");
    make_measure("taker", SECRET, ",\"inheritsFrom\":\"offered\"");
    make_measure("heir", FIRST, ",\"inheritsFrom\":\"offered\"");
    api_answer a = api_send(&w, &kim, MP_DELETE, "/api/v1/measures/offered", NULL);
    WANT(a, 409);
    CHECK(strstr(text_of(a.body), "'heir'") != NULL);
    WANT(api_send(&w, &kim, MP_DELETE, "/api/v1/measures/heir", NULL), 204);
    a = api_send(&w, &local, MP_DELETE, "/api/v1/measures/offered", NULL);
    WANT(a, 409);
    CHECK(strstr(text_of(a.body), "'taker'") != NULL);
    WANT(api_send(&w, &kim, MP_DELETE, "/api/v1/measures/offered", NULL), 204);
    WANT(api_get(&w, &local, "/api/v1/control-states?measure=taker"), 200);
}

/* A package of Kim's measure has what belongs elsewhere in it: it is refused, and where that is, is not told. */
TEST(a_package_does_not_tell_places)
{
    const char *piece = upload("elsewhere", SECRET);
    WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", piece), "{\"framework\":\"csap\",\"control\":\"1.1.2\"}"), 200);
    api_answer a = api_send(&w, &kim, MP_POST, "/api/v1/evidence-packages", "{\"framework\":\"csap-iaas\",\"measure\":\"ours\"}");
    WANT(a, 403);
    CHECK(strstr(text_of(a.body), "zzplace") == NULL);
}

/* However the letters of a name are written, what was done to it is found under one. */
TEST(a_leaf_names_a_measure_by_its_key)
{
    mp_str leaf;
    api_answer a = api_send(&w, &local, MP_PUT, "/api/v1/measures/OurS/certificate", "{\"number\":\"1\",\"issued\":\"2025-02-28\"}");
    WANT(a, 200);
    CHECK_INT(api_leaves_of(&w, a.id, &leaf), 1);
    CHECK(mp_str_find_str(leaf, MP_S("/api/v1/measures/ours/certificate")) != SIZE_MAX);
}

/* ---- every list there is ---- */

#define WORD "zzsecret"

/* Something of every kind in the other's place, each with a word that is nowhere else. */
static void plant(void)
{
    static const struct {
        mp_method method;
        const char *path, *body;
    } sent[] = {
        { MP_PUT, "/api/v1/measures/hidden",
          "{\"framework\":\"csap-iaas\",\"scopes\":[\"" SECRET "\"],\"title\":\"" WORD "\",\"service\":\"" WORD "\",\"environment\":\"" WORD
          "\",\"owner\":\"" WORD "\"}" },
        { MP_POST, "/api/v1/control-answers", "{\"framework\":\"csap\",\"measure\":\"hidden\"," ONE ",\"question\":1,\"answer\":\"yes\",\"note\":\"" WORD "\"}" },
        { MP_POST, "/api/v1/control-exclusions", "{\"framework\":\"csap\",\"measure\":\"hidden\",\"control\":\"1.1.2\",\"justification\":\"" WORD "\"}" },
        { MP_POST, "/api/v1/control-findings",
          "{\"framework\":\"csap\",\"measure\":\"hidden\"," ONE ",\"title\":\"" WORD "\",\"severity\":\"high\",\"due\":\"2099-01-01T00:00:00Z\",\"note\":\"" WORD "\"}" },
        { MP_POST, "/api/v1/control-decisions", "{\"framework\":\"csap\",\"measure\":\"hidden\"," ONE ",\"team\":\"" WORD "\",\"note\":\"" WORD "\"}" },
        { MP_PUT, "/api/v1/measures/hidden/certificate", "{\"number\":\"" WORD "\",\"issued\":\"2025-02-28\"}" },
        { MP_PUT, "/api/v1/measures/hidden/substitution",
          "{\"number\":\"" WORD "\",\"issued\":\"2025-01-01\",\"expires\":\"2099-12-31\",\"scope\":\"" WORD "\",\"covers\":true}" },
        { MP_POST, "/api/v1/assets", "{\"name\":\"" WORD "\",\"class\":\"document\",\"scope\":\"" SECRET "\",\"owner\":\"" WORD "\"}" },
    };
    for (size_t i = 0; i < MP_COUNT(sent); i++) {
        api_answer a = api_send(&w, &local, sent[i].method, sent[i].path, sent[i].body);
        if (a.status >= 300)
            fail_msg("%s: %u %s", sent[i].path, a.status, text_of(a.body));
    }
    const char *piece = upload(WORD, SECRET);
    WANT(api_send(&w, &local, MP_POST, api_printf(&w, "/api/v1/evidence/%s/controls", piece),
                  "{\"framework\":\"csap\"," ONE ",\"note\":\"" WORD "\"}"), 200);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/evidence-shares",
                  api_printf(&w, "{\"name\":\"" WORD "\",\"evidence\":[\"%s\"],\"permissions\":\"r\",\"until\":\"%s\"}", piece, tomorrow())), 201);
}

static size_t asked_well; /* answered with 200 */

static void tells_nothing(const char *path)
{
    api_answer a = api_get(&w, &kim, path);
    asked_well += a.status == 200;
    if (mp_str_find_str(a.body, MP_S(WORD)) != SIZE_MAX || mp_str_find_str(a.body, MP_S("zzplace")) != SIZE_MAX)
        fail_msg("%s: %u %.*s", path, a.status, (int)(a.body.len < 3000 ? a.body.len : 3000), a.body.ptr);
}

/* Every path that asks for no name, of the whole platform, and those that are asked of a place or a measure. */
TEST(no_list_tells_what_is_elsewhere)
{
    static const char *const more[] = {
        "/api/v1/control-states?framework=csap-iaas&scope=" FIRST, "/api/v1/control-states?measure=ours",
        "/api/v1/control-states/trend?measure=ours&points=2", "/api/v1/control-states/compare?measure=ours&withScope=" FIRST "&withFramework=csap-iaas",
        "/api/v1/scores?scope=" FIRST, "/api/v1/statements/applicability?measure=ours", "/api/v1/statements/responsibility?measure=ours",
        "/api/v1/statements/gaps?measure=ours", "/api/v1/statements/calendar?measure=ours&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z",
        "/api/v1/statements/assessment-results?measure=ours", "/api/v1/statements/system-security-plan?measure=ours",
        "/api/v1/statements/component-definition?measure=ours", "/api/v1/statements/plan-of-action?measure=ours",
        "/api/v1/statements/gaps?framework=csap-iaas&scope=" FIRST, "/api/v1/measures/ours/move?framework=isms-p",
        "/api/v1/evidence-standing?framework=csap&measure=ours", "/api/v1/evidence-due?measure=ours", "/api/v1/control-answers?measure=ours",
        "/api/v1/control-findings?measure=ours", "/api/v1/control-decisions?measure=ours", "/api/v1/asset-register?scope=" FIRST,
        "/api/v1/evidence?orderBy=title&top=1", "/api/v1/evidence-shares?top=1", "/api/v1/assets?top=1&count=true", "/api/v1/measures?top=1&count=true",
    };
    plant();
    api_answer described = api_get(&w, &local, "/api/v1/openapi.json");
    WANT(described, 200);
    const mp_json *paths = mp_json_get(described.json, MP_S("paths"));
    size_t count = 0;
    for (MP_JSON_MEMBERS(key, paths)) {
        mp_str path = mp_json_str(key);
        if (mp_str_find(path, '{') != SIZE_MAX || !mp_json_get(key + 1, MP_S("get")) || mp_str_eq(path, MP_S("/api/v1/openapi.json")))
            continue;
        tells_nothing(text_of(path));
        count++;
    }
    CHECK(count > 40);
    for (size_t i = 0; i < MP_COUNT(more); i++)
        tells_nothing(more[i]);
    CHECK(asked_well > 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_measure_is_as_none), RUN(an_id_is_as_none), RUN(the_name_of_a_measure_is_for_its_readers),
        RUN(the_end_of_a_page_tells_nothing), RUN(near_names_are_told),
        RUN(who_inherits_is_not_told), RUN(a_leaf_names_a_measure_by_its_key), RUN(a_package_does_not_tell_places),
        RUN(no_list_tells_what_is_elsewhere),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
