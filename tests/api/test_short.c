/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out at every place where it could: the description of the API, the counting of refusals, the
 * folder's description. */
#include "test.h"

#include "fault.h"
#include "app.h"
#include "openapi.h"
#include "prepared.h"
#include "refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool describe(void *context)
{
    (void)context;
    mp_router  *router = NULL;
    mp_openapi *openapi = NULL;
    mp_str      text;
    mp_error    err = { .code = MP_OK };
    mp_code     code = mp_router_new(&router, mp_app_routes, &mp_app_guard, NULL, &err);
    if (code == MP_OK)
        code = mp_openapi_new(&openapi, &err);
    if (code == MP_OK)
        code = mp_openapi_text(&text, openapi, router, MP_LANG_KO, "https://localhost:8443", &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_openapi_free(openapi);
    mp_router_free(router);
    return code == MP_OK;
}

TEST(the_description)
{
    CHECK(fault_loop(describe, NULL) > 10);
}

static bool count(void *context)
{
    (void)context;
    mp_refusals *refusals = NULL;
    mp_code      code = mp_refusals_new(&refusals, 1, NULL);
    CHECK(code == MP_OK || code == MP_NOMEM);
    mp_refusals_free(refusals);
    return code == MP_OK;
}

TEST(counting_refusals)
{
    CHECK_INT(fault_loop(count, NULL), 1);
}

static bool rewrite(void *context)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_prepared found;
    mp_error    err = { .code = MP_OK };
    mp_code     code = mp_prepared_write(context, &(mp_prepared){ .host = "h", .is_prepared = true }, &err);
    if (code == MP_OK)
        code = mp_prepared_read(&found, context, &arena, &err);
    CHECK(code == MP_OK || code == MP_NOMEM);
    CHECK(code != MP_OK || found.is_prepared);
    mp_arena_free(&arena);
    return code == MP_OK;
}

TEST(the_folder)
{
    char folder[] = "/tmp/mapae-short-XXXXXX", path[64];
    CHECK(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/installation.json", folder);
    FILE *f = fopen(path, "w");
    CHECK(f && fputs("{\"id\":\"11111111-2222-4333-8444-555555555555\"}", f) >= 0 && fclose(f) == 0);
    CHECK(fault_loop(rewrite, folder) > 3);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    return MAIN(RUN(the_description), RUN(counting_refusals), RUN(the_folder));
}
