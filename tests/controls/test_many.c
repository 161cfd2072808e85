/* SPDX-License-Identifier: Apache-2.0 */
/* Frameworks of very many controls beside each other: what changes with another edition, the difference of two frameworks, two scores, and what is
 * inherited through a mapping of very many lines. Eight times as many controls take eight times as long, and not 64 times. */
#include "api_world.h"

#include <time.h>

#include "buf.h"
#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static const char *const sets[] = { "policies.shipped=false", NULL };
static const api_client local = { .is_local = true };
static api_world w;

/* Controls of one title each, whose labels are no help. */
static void make_framework(const char *id, unsigned serial, unsigned count)
{
    mp_buf text = MP_BUF_INIT;
    mp_buf_printf(&text,
                  "{\"framework\":{\"id\":\"%s\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f%04x\","
                  "\"metadata\":{\"title\":\"R\",\"version\":\"1\",\"oscal-version\":\"1.1.2\"},\"controls\":[",
                  id, serial);
    for (unsigned i = 0; i < count; i++)
        mp_buf_printf(&text, "%s{\"id\":\"c%u-%u\",\"title\":\"Title of %u\"}", i ? "," : "", serial, i, count - i);
    mp_buf_add_z(&text, "]}}}}}");
    CHECK(!text.failed);
    api_answer a = api_ask(&w, &local, &(api_request){ .method = MP_POST, .path = "/api/v1/frameworks", .body = mp_buf_str(&text), .type = "application/json" });
    mp_buf_free(&text);
    WANT(a, 200);
}

/* Of another one, whose controls are mapped to those of `to`, each to several. */
static void make_mapped(const char *id, unsigned serial, const char *to, unsigned to_serial, unsigned count)
{
    enum { EACH = 6 };
    mp_buf text = MP_BUF_INIT;
    mp_buf_printf(&text,
                  "{\"framework\":{\"id\":\"%s\",\"documents\":{\"catalog.json\":{\"catalog\":{\"uuid\":\"0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f%04x\","
                  "\"metadata\":{\"title\":\"R\",\"version\":\"1\",\"oscal-version\":\"1.1.2\"},\"controls\":[",
                  id, serial);
    for (unsigned i = 0; i < count; i++)
        mp_buf_printf(&text, "%s{\"id\":\"c%u-%u\",\"title\":\"t\"}", i ? "," : "", serial, i);
    mp_buf_printf(&text,
                  "]}},\"mappings/%s.json\":{\"mapping\":{\"uuid\":\"0b4f1d0e-7a54-4f0b-9a39-1c6f6a5f%04x\",\"from\":\"0b4f1d0e-7a54-4f0b-9a39-"
                  "0c6f6a5f%04x\",\"to\":\"0b4f1d0e-7a54-4f0b-9a39-0c6f6a5f%04x\",\"basis\":{\"ko\":\"x\",\"en\":\"x\"},\"maps\":[",
                  to, serial, serial, to_serial);
    for (unsigned i = 0; i < EACH * count; i++)
        mp_buf_printf(&text, "%s{\"from\":\"c%u-%u\",\"to\":\"c%u-%u\",\"relation\":\"intersects\"}", i ? "," : "", serial, i / EACH, to_serial,
                      (i / EACH + i % EACH) % count);
    mp_buf_add_z(&text, "]}}}}}");
    CHECK(!text.failed);
    api_answer a = api_ask(&w, &local, &(api_request){ .method = MP_POST, .path = "/api/v1/frameworks", .body = mp_buf_str(&text), .type = "application/json" });
    mp_buf_free(&text);
    WANT(a, 200);
}

static double seconds_of(const char *path, unsigned rows)
{
    struct timespec from, to;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
    api_answer a = api_get(&w, &local, path);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
    if (a.status != 200)
        WANT(a, 200);
    const mp_json *list = mp_json_get(a.json, MP_S("rows"));
    list = list ? list : mp_json_get(a.json, MP_S("value"));
    list = list ? list : mp_json_get(a.json, MP_S("controls"));
    CHECK_INT(list->count, rows);
    return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

static void check(const char *what, double few, double many)
{
    if (many > 24 * few + 0.5)
        fail_msg("%s: few controls took %.3f s, eight times as many took %.3f s", what, few, many);
}

TEST(many_controls_beside_each_other)
{
    api_start_with(&w, sets, systems);
    make_framework("few", 1, 2000);
    make_framework("few-next", 2, 2000);
    make_framework("many", 3, 16000);
    make_framework("many-next", 4, 16000);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", "{\"name\":\"f\",\"framework\":\"few\",\"scopes\":[\"/\"]}"), 201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", "{\"name\":\"m\",\"framework\":\"many\",\"scopes\":[\"/\"]}"), 201);
    check("move", seconds_of("/api/v1/measures/f/move?framework=few-next", 2000), seconds_of("/api/v1/measures/m/move?framework=many-next", 16000));
    check("difference", seconds_of("/api/v1/frameworks/few/differences?with=few-next&same=true", 2000),
          seconds_of("/api/v1/frameworks/many/differences?with=many-next&same=true", 16000));
    check("compare", seconds_of("/api/v1/control-states/compare?measure=f", 2000), seconds_of("/api/v1/control-states/compare?measure=m", 16000));
    make_mapped("few-heirs", 5, "few", 1, 1000);
    make_mapped("many-heirs", 6, "many", 3, 8000);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", "{\"name\":\"fh\",\"framework\":\"few-heirs\",\"scopes\":[\"/\"],\"inheritsFrom\":\"f\"}"), 201);
    WANT(api_send(&w, &local, MP_POST, "/api/v1/measures", "{\"name\":\"mh\",\"framework\":\"many-heirs\",\"scopes\":[\"/\"],\"inheritsFrom\":\"m\"}"), 201);
    check("inherit", seconds_of("/api/v1/control-states?measure=fh", 1000), seconds_of("/api/v1/control-states?measure=mh", 8000));
    api_stop(&w);
}

int main(void)
{
    return MAIN(RUN(many_controls_beside_each_other));
}
