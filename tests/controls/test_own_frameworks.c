/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks of one's own: in and out again, what is refused, and that nothing half is ever there. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const      sets[] = { "policies.shipped=false", NULL };
static const api_client       local = { .is_local = true };

#define FRAMEWORKS "/api/v1/frameworks"
#define UUID "0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f1e01"
#define BUNDLE(id_, uuid_, version_, title_, more_)                                                                                                          \
    "{\"framework\":{\"id\":\"" id_ "\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"" uuid_ "\",\"metadata\":{\"title\":\"" title_              \
    "\",\"version\":\"" version_ "\",\"oscal-version\":\"1.1.2\"},\"controls\":[{\"id\":\"r-1\",\"title\":\"One\"},{\"id\":\"r-2\",\"title\":\"Two\"}]}}" more_ "}}}"
#define MAPPING(to_) ",\"mappings/m.json\":{\"mapping\":{\"from\":\"" UUID "\",\"to\":\"" to_ "\",\"maps\":[{\"from\":\"r-1\",\"to\":\"r-2\",\"relation\":\"equal\"}]}}"

static const mp_json *at(const mp_json *v, const char *name) { return mp_json_get(v, mp_str_from(name)); }

static void check_refused(api_world *world, const char *path, const char *json, unsigned status, const char *said)
{
    api_answer a = api_send(world, &local, MP_POST, path, json);
    if (a.status != status || mp_str_find_str(a.body, mp_str_from(said)) == SIZE_MAX)
        fail_msg("%u %.*s\nwanted %u %s", a.status, MP_FMT(a.body), status, said);
}

static size_t count_of(api_world *world)
{
    api_answer list = api_get(world, &local, FRAMEWORKS);
    WANT(list, 200);
    return at(list.json, "value")->count;
}

TEST(one_is_brought_changed_and_forgotten)
{
    api_world world;
    api_start_with(&world, sets, systems);
    size_t before = count_of(&world);
    WANT(api_send(&world, NULL, MP_POST, FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", "")), 401);
    api_answer tried = api_send(&world, &local, MP_POST, FRAMEWORKS "?check=true", BUNDLE("rules", UUID, "1", "Rules", ""));
    WANT(tried, 200);
    CHECK_STR(api_text(&tried, "outcome"), "new");
    CHECK_INT(at(tried.json, "controls")->u.integer, 2);
    CHECK_INT(count_of(&world), before); /* nothing was stored */
    WANT(api_send(&world, &local, MP_POST, FRAMEWORKS, "\xEF\xBB\xBF" BUNDLE("rules", UUID, "1", "Rules", "")), 200);
    CHECK_INT(count_of(&world), before + 1);
    api_answer again = api_send(&world, &local, MP_POST, FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", ""));
    CHECK_STR(api_text(&again, "outcome"), "unchanged");
    check_refused(&world, FRAMEWORKS, BUNDLE("rules", UUID, "1", "Other rules", ""), 409, "is there with other contents");
    WANT(api_send(&world, &local, MP_POST, FRAMEWORKS, BUNDLE("rules", UUID, "2", "Other rules", "")), 200);
    api_answer now = api_get(&world, &local, FRAMEWORKS "/rules");
    CHECK_STR(mp_json_str(at(at(now.json, "title"), "en")), "Other rules");
    CHECK_STR(api_text(&now, "from"), "own");
    api_answer history = api_get(&world, &local, FRAMEWORKS "/rules/history");
    WANT(history, 200);
    CHECK_INT(at(history.json, "value")->count, 2);
    WANT(api_send(&world, &local, MP_DELETE, FRAMEWORKS "/rules", NULL), 204);
    WANT(api_get(&world, &local, FRAMEWORKS "/rules"), 404);
    CHECK_INT(count_of(&world), before);
    WANT(api_send(&world, &local, MP_DELETE, FRAMEWORKS "/csap-2025-02", NULL), 404);
    api_stop(&world);
}

/* What comes out goes in again, and is the same. */
TEST(what_is_exported_is_imported)
{
    static const char *const forms[] = { "oscal", "csv", "xlsx" };
    api_world world;
    api_start_with(&world, sets, systems);
    WANT(api_send(&world, &local, MP_POST, FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", "")), 200);
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        mp_str     path = mp_arena_printf(&world.arena, FRAMEWORKS "/rules/export?format=%s", forms[i]);
        api_answer out = api_get(&world, &local, path.ptr);
        WANT(out, 200);
        api_answer in = api_ask(&world, &local, &(api_request){ .method = MP_POST, .path = FRAMEWORKS "?id=rules&check=true", .body = out.body, .type = "application/octet-stream" });
        WANT(in, i ? 409 : 200); /* the layout has ids and texts, not that there was no date: another version would be wanted */
        api_answer renamed = api_ask(&world, &local, &(api_request){ .method = MP_POST, .path = FRAMEWORKS "?id=others&check=true", .body = out.body, .type = "application/octet-stream" });
        CHECK(mp_str_find_str(renamed.body, MP_S("another catalogue has the uuid")) != SIZE_MAX);
    }
    api_answer builtin = api_get(&world, &local, FRAMEWORKS "/csap/export");
    WANT(builtin, 200);
    const mp_json *documents = at(at(builtin.json, "framework"), "documents");
    CHECK(at(documents, "catalog.json") && at(documents, "low-saas.profile.json") && at(documents, "answers.json"));
    WANT(api_get(&world, &local, FRAMEWORKS "/none/export"), 404);
    api_stop(&world);
}

TEST(what_is_wrong_is_refused_as_a_whole)
{
    static const struct {
        const char *path, *json, *said;
        unsigned    status;
    } cases[] = {
        { FRAMEWORKS, "{\"framework\":", "", 400 },
        { FRAMEWORKS, "{}", "wanted is", 400 },
        { FRAMEWORKS, "{\"catalog\":{}}", "say its id", 400 },
        { FRAMEWORKS "?id=x", "{\"catalog\":{\"uuid\":\"u\"}}", "metadata/version", 400 },
        { FRAMEWORKS, BUNDLE("Rules", UUID, "1", "Rules", ""), "is no id of a framework", 400 },
        { FRAMEWORKS, BUNDLE("rules", "no-uuid", "1", "Rules", ""), "rules/catalog.json: the uuid is 'no-uuid'", 400 },
        { FRAMEWORKS, "<?xml version='1.0'?><catalog/>", "this is XML or HTML", 422 },
        { FRAMEWORKS, BUNDLE("../rules", UUID, "1", "Rules", ""), "is no id of a framework", 400 },
        { FRAMEWORKS, BUNDLE("csap-iaas", UUID, "1", "Rules", ""), "comes with Mapae", 409 },
        { FRAMEWORKS, BUNDLE("csap-2025-02", UUID, "1", "Rules", ""), "comes with Mapae", 409 },
        { FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", ",\"../x.json\":{}"), "documents/../x.json", 400 },
        { FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", ",\"mappings/../../x.json\":{}"), "a framework has", 400 },
        { FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", ",\"a.profile.json\":{\"profile\":{}}"), "rules/a.profile.json", 400 },
        { FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", MAPPING("6f1f2c9d-8a3e-4f0e-8f5e-3c4fd1a0b002")), "which is not there", 422 },
        { FRAMEWORKS, BUNDLE("rules", "d2dabfe4-16a0-5d54-9c61-44c2bfc3e49d", "1", "Rules", ""), "another catalogue has the uuid", 409 },
    };
    api_world world;
    api_start_with(&world, sets, systems);
    size_t before = count_of(&world);
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        check_refused(&world, cases[i].path, cases[i].json, cases[i].status, cases[i].said);
    CHECK_INT(count_of(&world), before);
    api_stop(&world);
}

/* Who is measured by an edition keeps it, and so does who maps to it. */
TEST(what_is_used_stays)
{
    api_world world;
    api_start_with(&world, sets, systems);
    WANT(api_send(&world, &local, MP_POST, FRAMEWORKS, BUNDLE("rules", UUID, "1", "Rules", "")), 200);
    WANT(api_send(&world, &local, MP_POST, FRAMEWORKS,
                  "{\"framework\":{\"id\":\"more\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"6f1f2c9d-8a3e-4f0e-8f5e-3c4fd1a0b002\",\"metadata\":{\"title\":\"More\","
                  "\"version\":\"1\",\"oscal-version\":\"1.1.2\"},\"controls\":[{\"id\":\"m-1\",\"title\":\"One\"}]}},\"mappings/rules.json\":{\"mapping\":{\"from\":"
                  "\"6f1f2c9d-8a3e-4f0e-8f5e-3c4fd1a0b002\",\"to\":\"" UUID "\",\"maps\":[{\"from\":\"m-1\",\"to\":\"r-1\",\"relation\":\"equal\"}]}}}}}"),
         200);
    api_answer kept = api_send(&world, &local, MP_DELETE, FRAMEWORKS "/rules", NULL);
    CHECK_INT(kept.status, 409);
    CHECK(mp_str_find_str(kept.body, MP_S("another framework maps to")) != SIZE_MAX);
    WANT(api_send(&world, &local, MP_DELETE, FRAMEWORKS "/more", NULL), 204);
    WANT(api_send(&world, &local, MP_POST, "/api/v1/measures", "{\"name\":\"web\",\"framework\":\"rules\",\"scopes\":[\"/\"]}"), 201);
    check_refused(&world, FRAMEWORKS, BUNDLE("rules", UUID, "2", "Other rules", ""), 409, "used by the measure 'web'");
    CHECK_INT(api_send(&world, &local, MP_DELETE, FRAMEWORKS "/rules", NULL).status, 409);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(one_is_brought_changed_and_forgotten), RUN(what_is_exported_is_imported), RUN(what_is_wrong_is_refused_as_a_whole), RUN(what_is_used_stays));
}
