/* SPDX-License-Identifier: Apache-2.0 */
/* Mapae's side of the flow, for flow.mjs: an installation of its own, one request a line on standard input, one answer a line, both JSON.
 *
 *   {"do":"provider","body":{...}}        make or change the provider: {"code","id"}
 *   {"do":"begin","to":PATH}              {"code","location","cookie"}
 *   {"do":"finish","cookie","state","answer","iss"}   `answer` is the provider's code: {"code","message","user","to","next"}
 *   {"do":"group","name"}                 {"code","id"}
 *   {"do":"user","id"}                    {"code","record","groups"}
 *   {"do":"suspend","id"}                 {"code"}
 *   {"do":"later","seconds"}              the clock goes on
 *   {"do":"refused"}                      {"count"} of leaves about sign-ins that did not count */
#include <stdio.h>
#include <stdlib.h>

#include "access_world.h"
#include "buf.h"
#include "jsonw.h"
#include "oidc.h"
#include "test.h"

typedef struct driver {
    mp_world       world;
    const mp_json *request;
    mp_str         provider;
    mp_jsonw       w;
} driver;

static mp_str given(const driver *d, const char *name)
{
    const mp_json *v = mp_json_get(d->request, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

static void say(driver *d, const char *name, mp_str value)
{
    mp_jsonw_key(&d->w, mp_str_from(name));
    mp_jsonw_str(&d->w, value);
}

static void say_code(driver *d, mp_code code)
{
    say(d, "code", mp_str_from(mp_code_name(code)));
    say(d, "message", mp_str_from(code == MP_OK ? "" : d->world.err.message));
}

static mp_code put_provider(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    driver   *d = arg;
    mp_record record;
    MP_TRY(mp_provider_put(&record, world->access, tx, d->provider, mp_json_get(d->request, MP_S("body")), MP_ANY_VERSION, err));
    d->provider = mp_arena_dup(&world->arena, record.key);
    return MP_OK;
}

static void do_provider(driver *d)
{
    say_code(d, world_write(&d->world, put_provider, d));
    say(d, "id", d->provider);
}

static void do_begin(driver *d)
{
    mp_world *world = &d->world;
    mp_str    location = { "", 0 }, cookie = { "", 0 };
    say_code(d, mp_oidc_begin(&location, &cookie, world->access, d->provider, given(d, "to"), world->now, &world->arena, &world->err));
    say(d, "location", location);
    say(d, "cookie", cookie);
}

static void do_finish(driver *d)
{
    mp_world    *world = &d->world;
    mp_signed_in in = { 0 };
    mp_str       to = { "", 0 };
    mp_code      code = mp_oidc_finish(&in, &to, world->access, given(d, "cookie"), given(d, "state"), given(d, "answer"), given(d, "iss"),
                                       &world->asked, world->now, &world->arena, &world->err);
    say_code(d, code);
    if (code != MP_OK)
        return;
    mp_who who;
    CHECK(world_who(&who, world, in.cookie) == MP_OK); /* the session is real */
    say(d, "user", in.user);
    say(d, "to", to);
    say(d, "next", in.next);
}

static mp_code put_group(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    mp_record record;
    mp_jsonw  w;
    driver   *d = arg;
    mp_jsonw_init(&w, &world->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "displayName", given(d, "name"));
    mp_jsonw_end(&w);
    MP_TRY(mp_group_put(&record, world->access, tx, mp_str_of(NULL, 0), mp_jsonw_done(&w), MP_NO_VERSION, err));
    say(d, "id", mp_arena_dup(&world->arena, record.key));
    return MP_OK;
}

static void do_group(driver *d)
{
    say_code(d, world_write(&d->world, put_group, d));
}

static void do_user(driver *d)
{
    mp_who         who;
    const mp_json *body = world_body(&d->world, &mp_user_kind, given(d, "id"));
    say_code(d, mp_principal(&who, d->world.access, given(d, "id"), &d->world.arena, &d->world.err));
    mp_jsonw_put_value(&d->w, "record", body);
    mp_jsonw_key(&d->w, MP_S("groups"));
    mp_jsonw_array(&d->w);
    for (size_t i = 0; body && i < who.group_count; i++)
        mp_jsonw_str(&d->w, who.groups[i]);
    mp_jsonw_end(&d->w);
}

static mp_code suspend(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_user_suspend(world->access, tx, given(arg, "id"), true, err);
}

static void do_suspend(driver *d)
{
    say_code(d, world_write(&d->world, suspend, d));
}

static void do_later(driver *d)
{
    const mp_json *seconds = mp_json_get(d->request, MP_S("seconds"));
    d->world.now += SECONDS(mp_json_is(seconds, MP_JSON_INT) ? seconds->u.integer : 0);
}

static void do_refused(driver *d)
{
    mp_jsonw_put_int(&d->w, "count",
                     (int64_t)world_leaves(&d->world, "Mapae.Access/signIn/oidc", MP_OUTCOME_REFUSED));
}

static const struct {
    const char *name;
    void (*run)(driver *d);
} verbs[] = { { "provider", do_provider }, { "begin", do_begin }, { "finish", do_finish }, { "group", do_group }, { "user", do_user },
              { "suspend", do_suspend }, { "later", do_later }, { "refused", do_refused } };

static void answer(driver *d, const char *line)
{
    mp_buf text = MP_BUF_INIT;
    d->request = world_json(&d->world, line);
    mp_jsonw_init(&d->w, &d->world.arena);
    mp_jsonw_object(&d->w);
    for (size_t i = 0; i < MP_COUNT(verbs); i++)
        if (mp_str_eq(given(d, "do"), mp_str_from(verbs[i].name)))
            verbs[i].run(d);
    mp_jsonw_end(&d->w);
    const mp_json *v = mp_jsonw_done(&d->w);
    CHECK(v != NULL);
    mp_buf_add_json(&text, v);
    printf("%.*s\n", MP_FMT(mp_buf_str(&text)));
    fflush(stdout);
    mp_buf_free(&text);
}

int main(void)
{
    driver d = { .provider = { "", 0 } };
    char  *line = NULL;
    size_t size = 0;
    world_open(&d.world);
    while (getline(&line, &size, stdin) > 0)
        answer(&d, line);
    free(line);
    world_close(&d.world);
    return 0;
}
