/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent about a measure, to an installation in a folder of its own. The first letter says what it is: an import of answers (a) or
 * decisions (d), one answer (o), exclusion (x) or finding (f), the certificate (c) and the one that stands in for it (s), the measure
 * itself (m), and a question what another edition would change (e: a query). Whatever it is, the answer is JSON and no failure of ours;
 * what was taken can be read. */
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "compliance.h"
#include "controls.h"
#include "evidence_system.h"
#include "init.h"

#define API "/api/v1/"
#define OURS API "measures/ours"

static const struct {
    char letter;
    mp_method method;
    const char *path, *read;
} kinds[] = {
    { 'a', MP_POST, API "control-answers/import", API "control-answers?measure=ours" },
    { 'd', MP_POST, API "control-decisions/import", API "control-decisions?measure=ours" },
    { 'o', MP_POST, API "control-answers", API "control-states?measure=ours" },
    { 'x', MP_POST, API "control-exclusions", API "control-exclusions?measure=ours" },
    { 'f', MP_POST, API "control-findings", API "control-findings?measure=ours" },
    { 'c', MP_PUT, OURS "/certificate", API "statements/calendar?measure=ours" },
    { 's', MP_PUT, OURS "/substitution", API "control-states?measure=ours" },
    { 'm', MP_PUT, OURS, OURS },
    { 'e', MP_GET, OURS "/move", OURS },
};

static const mp_system *const systems[] = { &mp_compliance_system, &mp_evidence_system, &mp_controls_system, NULL };
static char folder[] = "/tmp/mapae-fuzz-XXXXXX";
static mp_config *config;
static mp_app *app;

static unsigned ask(mp_method method, mp_str path, mp_str body)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_pair headers[] = { { MP_S("Content-Type"), MP_S("application/json") } };
    mp_http_request request = { .method = method,
                                .target = path,
                                .headers = headers,
                                .header_count = 1,
                                .body = body,
                                .client = MP_S("192.0.2.1"),
                                .is_local = true,
                                .arena = &arena };
    mp_http_response response;
    mp_router_answer(app->router, &request, &response);
    unsigned status = response.status;
    bool is_json = !response.body.len || response.body.ptr[0] == '{';
    if (status >= 500 || !is_json) {
        fprintf(stderr, "%.*s: %u %.*s\n", MP_FMT(path), status, MP_FMT(response.body));
        abort();
    }
    if (response.done)
        response.done(response.ctx);
    mp_arena_free(&arena);
    return status;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void fuzz_end(void)
{
    mp_app_close(app);
    mp_config_free(config);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void begin(void)
{
    static const char *const nothing[] = { NULL };
    static const char *const sets[] = { "policies.shipped=false", "log.level=error" };
    mp_arena arena = MP_ARENA_INIT;
    mp_init_result made;
    mp_error err = { .code = MP_OK };
    const mp_config_source source = { .file = "/dev/null", .environ_ = nothing, .sets = sets, .set_count = 2 };
    if (!mkdtemp(folder) || mp_config_read(&config, &source, NULL, NULL, &err) != MP_OK ||
        mp_app_init(&made, &(mp_init_options){ .config = config, .folder = folder, .systems = systems }, &arena, &err) != MP_OK ||
        mp_app_open(&app, &(mp_app_options){ .config = config, .folder = folder, .systems = systems }, &err) != MP_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    mp_arena_free(&arena);
    if (ask(MP_POST, MP_S(API "measures"), MP_S("{\"name\":\"ours\",\"framework\":\"csap-low\",\"scopes\":[\"/\"]}")) != 201)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str text = mp_str_of((const char *)data, size), sent = mp_str_skip(text, 1);
    if (!app)
        begin();
    for (size_t i = 0; size && i < MP_COUNT(kinds); i++) {
        if (data[0] != (uint8_t)kinds[i].letter)
            continue;
        mp_buf target = MP_BUF_INIT;
        mp_buf_add_z(&target, kinds[i].path);
        if (kinds[i].method == MP_GET) {
            mp_buf_add_c(&target, '?');
            mp_buf_add(&target, sent);
            sent = mp_str_of(NULL, 0);
        }
        if (!target.failed && ask(kinds[i].method, mp_buf_str(&target), sent) < 300 && ask(MP_GET, mp_str_from(kinds[i].read), mp_str_of(NULL, 0)) != 200)
            abort();
        mp_buf_free(&target);
    }
    return 0;
}
