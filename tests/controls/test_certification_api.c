/* SPDX-License-Identifier: Apache-2.0 */
/* How one is certified, as our own API answers it. */
#include "api_world.h"

#include "compliance.h"
#include "controls.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_controls_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };

static const mp_json *at(const mp_json *v, const char *name)
{
    return mp_json_get(v, mp_str_from(name));
}

#define FIND "/api/v1/frameworks/csap/finder"

TEST(finding_a_scheme)
{
    api_world world;
    api_start_with(&world, sets, systems);
    WANT(api_get(&world, NULL, FIND), 401);
    api_answer first = api_get(&world, &local, FIND);
    WANT(first, 200);
    CHECK_STR(api_text(&first, "outcome"), "open");
    CHECK_STR(api_text(&first, "next"), "customers");
    api_answer found =
        api_get(&world, &local,
                FIND "?answers=customers%3Dyes,tenants%3Dmany,form%3Dservice,held%3Dnone,kind%3Dplatform,"
                     "system%3Dexisting,base%3Dyes,isms%3Dyes");
    WANT(found, 200);
    CHECK_STR(api_text(&found, "outcome"), "scheme");
    size_t fit = 0;
    const mp_json *schemes = at(found.json, "schemes");
    for (MP_JSON_EACH(s, schemes)) {
        fit += at(s, "fits")->u.integer != 0;
        CHECK(at(s, "fits")->u.integer || at(s, "against")->count > 0);
        if (at(s, "fits")->u.integer) {
            CHECK_STR(mp_json_str(at(s, "id")), "saas-standard");
            CHECK_INT(at(s, "controls")->u.integer, 79);
            CHECK(at(mp_json_first(at(s, "for")), "source") != NULL);
        }
    }
    CHECK_INT(fit, 1);
    WANT(api_get(&world, &local, FIND "?answers=customers"), 400);
    WANT(api_get(&world, &local, FIND "?answers=customers%3Dmaybe"), 400);
    WANT(api_get(&world, &local, FIND "?answers=%3D,%3D"), 400);
    WANT(api_get(&world, &local, "/api/v1/frameworks/iso-27001/finder"), 404);
    api_stop(&world);
}

TEST(what_another_certificate_replaces)
{
    api_world world;
    api_start_with(&world, sets, systems);
    api_answer all = api_get(&world, &local, "/api/v1/frameworks/csap-iaas/substitution");
    WANT(all, 200);
    CHECK_INT(at(at(all.json, "totals"), "substituted")->u.integer, 61);
    CHECK_INT(at(all.json, "rows")->count, 116);
    CHECK_INT(at(all.json, "elsewhere")->count, 0);
    all = api_get(&world, &local, "/api/v1/frameworks/fsi-iaas/substitution"); /* 29 basic measures, 33 add-ons */
    CHECK_INT(at(at(all.json, "totals"), "substituted")->u.integer, 29);
    CHECK_INT(at(at(all.json, "totals"), "remaining")->u.integer, 33);
    WANT(api_get(&world, &local, "/api/v1/frameworks/csap/substitution?scheme=none"), 404);
    WANT(api_get(&world, &local, "/api/v1/frameworks/isms-p/substitution"), 404);
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(finding_a_scheme), RUN(what_another_certificate_replaces));
}
