/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks as our own API answers them. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_controls_system, NULL };
static const char *const      sets[] = { "policies.shipped=false", NULL };
static const api_client       local = { .is_local = true };

static const mp_json *at(const mp_json *v, const char *name) { return mp_json_get(v, mp_str_from(name)); }

TEST(frameworks_are_read_by_whoever_is_signed_in)
{
    api_world world;
    api_start_with(&world, sets, systems);
    WANT(api_get(&world, NULL, "/api/v1/frameworks"), 401);
    api_answer list = api_get(&world, &local, "/api/v1/frameworks");
    WANT(list, 200);
    CHECK(at(list.json, "value")->count >= 6);
    api_answer one = api_get(&world, &local, "/api/v1/frameworks/csap-saas-simple");
    WANT(one, 200);
    CHECK_STR(api_text(&one, "id"), "csap-2025-02");
    CHECK_STR(api_text(&one, "scheme"), "saas-simple");
    CHECK_INT(at(one.json, "value")->count, 31);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap?scheme=saas-simple"), 200);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap?scheme=none"), 404);
    WANT(api_get(&world, &local, "/api/v1/frameworks/none"), 404);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap?shceme=iaas"), 400);
    api_stop(&world);
}

TEST(a_control_with_what_answers_it_and_what_it_maps_to)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer control = api_get(&world, &local, "/api/v1/frameworks/csap/controls/1.1.1");
    WANT(control, 200);
    CHECK_STR(api_text(&control, "id"), "csap-2025-02-1.1.1");
    const mp_json *mappings = at(control.json, "mappings");
    CHECK_INT(mappings->count, 1);
    const mp_json *line = mp_json_first(mappings);
    CHECK_STR(mp_json_str(at(line, "relation")), "equal");
    CHECK_STR(mp_json_str(at(at(line, "to"), "framework")), "fsi-2019");
    CHECK(at(line, "stated")->u.integer);
    CHECK(at(at(control.json, "answer"), "evidence")->count > 0);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap/controls/99.1"), 404);
    api_stop(&world);
}

static bool says(const mp_json *control, const char *words)
{
    return mp_str_find_str(mp_json_str(at(at(control, "statement"), "en")), mp_str_from(words)) != SIZE_MAX;
}

/* 14.2.1 asks the low grades for less: whoever asks for the low grade is not told what is asked of IaaS. */
TEST(a_control_is_worded_as_its_scheme_has_it)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer all = api_get(&world, &local, "/api/v1/frameworks/csap/controls/14.2.1"),
               low = api_get(&world, &local, "/api/v1/frameworks/csap-low/controls/14.2.1"),
               same = api_get(&world, &local, "/api/v1/frameworks/csap/controls/14.2.1?scheme=low"),
               iaas = api_get(&world, &local, "/api/v1/frameworks/csap-iaas/controls/14.2.1"),
               none = api_get(&world, &local, "/api/v1/frameworks/csap-iaas/controls/14.3.3");
    WANT(low, 200);
    CHECK(says(low.json, "logical") && says(same.json, "logical"));
    CHECK(!says(all.json, "logical") && !says(iaas.json, "logical"));
    CHECK(at(low.json, "variants") == NULL);
    const mp_json *variants = at(all.json, "variants"), *first = mp_json_at(variants, 0);
    CHECK_INT(variants->count, 1);
    CHECK(says(first, "logical"));
    CHECK_INT(at(first, "schemes")->count, 2); /* low and low SaaS */
    CHECK(!at(none.json, "demanded")->u.integer); /* 14.3.3 is of the low grades alone */
    CHECK_INT(at(all.json, "sources")->count, 1);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap/controls/14.2.1?scheme=none"), 404);
    api_stop(&world);
}

TEST(differences)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer d = api_get(&world, &local, "/api/v1/frameworks/csap-low/differences?with=csap-low-saas");
    WANT(d, 200);
    CHECK_INT(at(at(d.json, "sums"), "removed")->u.integer, 34);
    CHECK_INT(at(at(d.json, "sums"), "same")->u.integer, 30);
    CHECK_INT(at(d.json, "value")->count, 34);
    d = api_get(&world, &local, "/api/v1/frameworks/csap-low/differences?with=csap-low-saas&same=true");
    CHECK_INT(at(d.json, "value")->count, 64);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap/differences?with=none"), 404);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap/differences"), 400);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(frameworks_are_read_by_whoever_is_signed_in), RUN(a_control_with_what_answers_it_and_what_it_maps_to), RUN(a_control_is_worded_as_its_scheme_has_it), RUN(differences));
}
