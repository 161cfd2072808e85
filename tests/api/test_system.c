/* SPDX-License-Identifier: Apache-2.0 */
/* Health, numbers, settings, pages, backups; the folder's description; and what memory that runs out does to what can
 * be made to run out alone. */
#include "api_world.h"

#include "backup.h"
#include "directory.h"
#include "local.h"
#include "prepared.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const api_client local = { .is_local = true };

TEST(health_is_for_anybody)
{
    api_world world;
    api_start(&world, NULL);
    api_answer alive = api_get(&world, NULL, "/healthz"), ready = api_get(&world, NULL, "/readyz");
    WANT(alive, 200);
    CHECK_STR(api_text(&alive, "status"), "alive");
    WANT(ready, 200);
    CHECK_STR(ready.body, "{\"status\":\"ready\",\"store\":\"ok\",\"ledger\":\"ok\",\"disk\":\"ok\"}");
    WANT(api_get(&world, NULL, "/metrics"), 401);
    api_answer metrics = api_get(&world, &local, "/metrics");
    WANT(metrics, 200);
    CHECK(mp_str_find_str(metrics.body, MP_S("mapae_store_up 1\n")) != SIZE_MAX);
    CHECK(mp_str_ends(metrics.body, MP_S("# EOF\n")));
    api_stop(&world);
    api_start(&world, (const char *const[]){ "metrics.public=true", NULL });
    WANT(api_get(&world, NULL, "/metrics"), 200);
    api_stop(&world);
}

TEST(settings_are_shown_without_passwords)
{
    api_world world;
    api_start(&world, (const char *const[]){ "token.length=10m", NULL });
    api_answer a = api_get(&world, &local, "/api/v1/settings");
    WANT(a, 200);
    const mp_json *list = mp_json_get(a.json, MP_S("value"));
    CHECK_INT(list->count, MP_SETTING_COUNT);
    bool found = false;
    for (MP_JSON_EACH(setting, list)) {
        CHECK(mp_json_str(mp_json_get(setting, MP_S("doc"))).len > 0);
        if (mp_str_eq(mp_json_str(mp_json_get(setting, MP_S("name"))), MP_S("token.length"))) {
            CHECK_STR(mp_json_str(mp_json_get(setting, MP_S("from"))), "command-line");
            found = true;
        }
    }
    CHECK(found);
    api_stop(&world);
}

TEST(pages_come_with_their_policy)
{
    static const struct {
        const char *path, *type;
    } pages[] = {
        { "/sign-in", "text/html; charset=utf-8" }, { "/setup", "text/html; charset=utf-8" }, { "/account", "text/html; charset=utf-8" },
        { "/api/docs", "text/html; charset=utf-8" }, { "/assets/page.js", "text/javascript; charset=utf-8" }, { "/assets/style.css", "text/css; charset=utf-8" },
        { "/assets/vendor/swagger-ui-bundle.js", "text/javascript; charset=utf-8" }, { "/assets/strings.ko.json", "application/json" },
    };
    api_world world;
    api_start(&world, NULL);
    for (size_t i = 0; i < MP_COUNT(pages); i++) {
        api_answer a = api_get(&world, NULL, pages[i].path);
        WANT(a, 200);
        CHECK_STR(mp_str_from(a.response.content_type), pages[i].type);
        CHECK(a.body.len > 100);
        mp_str etag = api_header(&a, "etag");
        CHECK(etag.len > 2);
        WANT(api_ask(&world, NULL,
                     &(api_request){ .method = MP_GET,
                                     .path = pages[i].path,
                                     .headers = { { "If-None-Match", api_printf(&world, "%.*s", MP_FMT(etag)) } } }),
             304);
        if (strstr(pages[i].type, "html")) {
            mp_str policy = api_header(&a, "content-security-policy");
            CHECK(mp_str_find_str(policy, MP_S("script-src 'self';")) != SIZE_MAX);
            CHECK(mp_str_find_str(policy, MP_S("frame-ancestors 'none'")) != SIZE_MAX);
        }
    }
    WANT(api_get(&world, NULL, "/assets/../pages/api.html"), 400);
    WANT(api_get(&world, NULL, "/assets/%2e%2e/pages/api.html"), 400);
    WANT(api_get(&world, NULL, "/assets/nothing.js"), 404);
    api_answer root = api_get(&world, NULL, "/");
    WANT(root, 302);
    CHECK_STR(api_header(&root, "location"), "/account");
    api_stop(&world);
}

/* What was sent as a file is a whole backup, and nothing stays behind. */
TEST(a_backup_is_sent_and_nothing_stays)
{
    api_world world;
    api_start(&world, NULL);
    api_answer a = api_send(&world, &local, MP_POST, "/api/v1/backups", NULL);
    WANT(a, 200);
    char *path = api_printf(&world, "%s.tar.zst", world.folder);
    FILE *f = fopen(path, "w");
    CHECK(f && fwrite(a.body.ptr, 1, a.body.len, f) == a.body.len && fclose(f) == 0);
    mp_backup_report report;
    mp_error         err = { .code = MP_OK };
    mp_code          code = mp_backup_verify(&report, path, &err);
    if (code != MP_OK)
        print_error("%s\n", err.message);
    CHECK_INT(code, MP_OK);
    CHECK(report.rows > 10);
    unlink(path);
    char *outgoing = api_printf(&world, "%s/outgoing", world.folder);
    /* of a process that was killed */
    int   left = open(api_printf(&world, "%s/left.tar", outgoing), O_CREAT | O_WRONLY, 0600);
    CHECK(left >= 0 && close(left) == 0);
    api_reopen(&world);
    DIR *dir = opendir(outgoing);
    CHECK(dir != NULL);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        CHECK(entry->d_name[0] == '.');
    closedir(dir);
    api_stop(&world);
}

/* ---- what happens by itself ---- */

#define MANY (MP_RECORD_PRUNE_MOST + 7)

typedef struct many {
    mp_app *app;
    bool    is_over;
} many;

/* Groups that come and go: each leaves two versions, of which one has ended. */
static mp_code put_many(mp_tx *tx, void *arg, mp_error *err)
{
    const many   *m = arg;
    const mp_leaf leaf = { .actor_kind = MP_S("system"), .action = MP_S("Mapae.Test/write"), .on = MP_S("/") };
    mp_jsonw      w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "description", MP_S("soon gone"));
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    for (int i = 0; i < MANY; i++) {
        char key[24];
        snprintf(key, sizeof key, "many-%d", i);
        if (m->is_over)
            MP_TRY(mp_record_delete(tx, &mp_group_kind, mp_str_from(key), MP_ANY_VERSION, err));
        else
            MP_TRY(mp_record_put(NULL, tx, &mp_group_kind, mp_str_from(key), body, MP_NO_VERSION, err));
        if (i % 100 == 99 || i + 1 == MANY)
            MP_TRY(mp_ledger_add(m->app->ledger, tx, &leaf, err));
    }
    return MP_OK;
}

static size_t versions_of(api_world *world, const char *path)
{
    api_answer a = api_get(world, &local, api_printf(world, "%s/history", path));
    WANT(a, 200);
    return mp_json_get(a.json, MP_S("value"))->count;
}

static size_t prunings(api_world *world)
{
    api_answer a = api_get(world, &local, "/api/v1/ledger/leaves?action=Mapae.Store/history/prune");
    WANT(a, 200);
    return mp_json_get(a.json, MP_S("value"))->count;
}

TEST(earlier_versions_are_forgotten_when_that_is_wanted)
{
    for (int days = 0; days < 2; days++) {
        api_world world;
        mp_error  err = { .code = MP_OK };
        api_start(&world, (const char *const[]){ days ? "history.keep-days=1" : "history.keep-days=0", NULL });
        api_answer made = api_send(&world, &local, MP_POST, "/api/v1/groups", "{\"displayName\":\"a\"}");
        WANT(made, 201);
        char *path = api_printf(&world, "%.*s", MP_FMT(api_header(&made, "location")));
        WANT(api_send(&world, &local, MP_PUT, path, "{\"displayName\":\"b\"}"), 200);
        WANT(api_send(&world, &local, MP_PUT, path, "{\"displayName\":\"c\"}"), 200);
        for (bool is_over = false; days; is_over = true) {
            if (mp_store_write(world.app->store, put_many, &(many){ world.app, is_over }, &err) != MP_OK)
                fail_msg("%s", err.message);
            if (is_over)
                break;
        }
        CHECK_INT(mp_app_tick(world.app, mp_clock_now() + 2 * 3600 * MP_TICKS_PER_SECOND, &err), MP_OK);
        CHECK_INT(versions_of(&world, path), 3); /* none of them ended a day ago */
        CHECK_INT(prunings(&world), 0);
        CHECK_INT(mp_app_tick(world.app, mp_clock_now() + 3 * MP_TICKS_PER_DAY, &err), MP_OK);
        CHECK_INT(versions_of(&world, path), days ? 1 : 3);
        api_answer now = api_get(&world, &local, path);
        WANT(now, 200);
        CHECK_STR(api_text(&now, "displayName"), "c");
        if (days)
            CHECK(prunings(&world) > 1); /* more than is done at once */
        else
            CHECK_INT(prunings(&world), 0);
        api_stop(&world);
    }
}

static void count_calls(void *ctx, uint64_t leaves)
{
    (void)leaves;
    ++*(int *)ctx;
}

/* Beside whoever holds the folder, and without a trace. */
TEST(the_log_is_verified_from_outside)
{
    api_world        world;
    mp_ledger_report report;
    int              calls = 0;
    mp_error         err = { .code = MP_OK };
    api_start(&world, NULL);
    mp_ledger_head head = mp_ledger_now(world.app->ledger);
    mp_app_options options = { .config = world.config, .folder = world.folder };
    CHECK_INT(mp_app_verify(&report, &options, count_calls, &calls, &err), MP_OK);
    CHECK_INT(report.size, head.size);
    CHECK_INT(report.checked, head.size);
    CHECK(report.records > 0);
    CHECK(calls > 0);
    CHECK_INT(mp_ledger_now(world.app->ledger).size, head.size);
    options.folder = api_printf(&world, "%s/none", world.folder);
    CHECK_INT(mp_app_verify(&report, &options, NULL, NULL, &err), MP_MISSING);
    CHECK(access(options.folder, F_OK) != 0);
    CHECK(!mp_local_is_served(world.folder));
    api_stop(&world);
}

/* ---- the folder's description ---- */

static void write_file(api_world *world, const char *text)
{
    FILE *f = fopen(api_printf(world, "%s/installation.json", world->folder), "w");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

TEST(what_the_folder_says)
{
    api_world   world = { .folder = "/tmp/mapae-api-XXXXXX" };
    mp_prepared found;
    mp_error    err = { .code = MP_OK };
    CHECK(mkdtemp(world.folder) != NULL);
    CHECK_INT(mp_prepared_read(&found, world.folder, &world.arena, &err), MP_OK);
    CHECK(!found.is_prepared && !found.host && !found.store);
    CHECK_INT(mp_prepared_write(world.folder, &(mp_prepared){ .host = "h" }, &err), MP_MISSING);
    write_file(&world, "{\"id\":\"11111111-2222-4333-8444-555555555555\",\"created\":\"2026-01-31T09:00:00Z\"}");
    CHECK_INT(mp_prepared_write(
                  world.folder,
                  &(mp_prepared){ .host = "h.example", .store = "postgres://u@db/m", .is_prepared = true }, &err),
              MP_OK);
    CHECK_INT(mp_prepared_read(&found, world.folder, &world.arena, &err), MP_OK);
    CHECK(found.is_prepared);
    CHECK_STR(mp_str_from(found.host), "h.example");
    CHECK_STR(mp_str_from(found.store), "postgres://u@db/m");
    CHECK(mp_app_is_prepared(world.folder));
    /* Written again, a member is replaced and not doubled; the store's own stay. */
    CHECK_INT(mp_prepared_write(world.folder, &(mp_prepared){ .host = "other" }, &err), MP_OK);
    CHECK_INT(mp_prepared_read(&found, world.folder, &world.arena, &err), MP_OK);
    CHECK_STR(mp_str_from(found.host), "other");
    CHECK(!found.is_prepared);
    static const char *const damaged[] = { "", "[]", "{\"host\":", "\xff" };
    for (size_t i = 0; i < MP_COUNT(damaged); i++) {
        write_file(&world, damaged[i]);
        CHECK_INT(mp_prepared_read(&found, world.folder, &world.arena, &err), MP_DAMAGED);
        CHECK(!mp_app_is_prepared(world.folder));
    }
    api_stop(&world);
}

TEST(a_host_or_role_that_is_none)
{
    static const char *const hosts[] = { "", "-x", "a b", "a/b", "host:\n" };
    api_world      world;
    mp_init_result result;
    mp_error       err = { .code = MP_OK };
    api_start(&world, NULL);
    char *fresh = api_printf(&world, "%s/fresh", world.folder);
    for (size_t i = 0; i < MP_COUNT(hosts); i++)
        CHECK_INT(mp_app_init(&result,
                              &(mp_init_options){ .config = world.config, .folder = fresh, .host = hosts[i] },
                              &world.arena, &err),
                  MP_PARAMETER);
    CHECK_INT(
        mp_app_init(&result,
                    &(mp_init_options){ .config = world.config, .folder = fresh, .program = "p", .role = "King" },
                    &world.arena, &err),
        MP_PARAMETER);
    CHECK(access(fresh, F_OK) != 0); /* nothing was made */
    CHECK_INT(mp_app_init(&result,
                          &(mp_init_options){ .config = world.config,
                                              .folder = fresh,
                                              .host = "mapae.example",
                                              .program = "p",
                                              .role = "Assessor" },
                          &world.arena, &err),
              MP_OK);
    CHECK_STR(result.base_url, "https://mapae.example:8443");
    api_stop(&world);
}

int main(void)
{
    return MAIN(RUN(health_is_for_anybody), RUN(settings_are_shown_without_passwords), RUN(pages_come_with_their_policy),
                RUN(a_backup_is_sent_and_nothing_stays), RUN(earlier_versions_are_forgotten_when_that_is_wanted),
                RUN(the_log_is_verified_from_outside), RUN(what_the_folder_says), RUN(a_host_or_role_that_is_none));
}
