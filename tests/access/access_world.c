/* SPDX-License-Identifier: Apache-2.0 */
#include "access_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jsonw.h"
#include "test.h"

static void alert(void *ctx, const char *what, mp_str user)
{
    mp_world *world = ctx;
    (void)user;
    world->alerts++;
    snprintf(world->last_alert, sizeof world->last_alert, "%s", what);
}

/* A failure of the world itself: say why. */
static void must(mp_world *world, mp_code code, const char *what)
{
    if (code != MP_OK)
        fail_msg("%s: %s", what, world->err.message);
}

static void start(mp_world *world)
{
    static const mp_schema *const schemas[] = { &mp_ledger_schema };
    const mp_store_options        store = {
               .folder = world->folder, .schemas = schemas, .schema_count = 1, .create = true
    };
    const mp_ledger_options ledger = { 0 };
    const mp_access_options access = {
        .base_url = "https://localhost:8443", .rules = &world->rules, .alert = alert, .alert_ctx = world
    };
    must(world, mp_store_open(&world->store, &store, &world->err), "store");
    must(world, mp_ledger_open(&world->ledger, world->store, &ledger, &world->err), "ledger");
    must(world, mp_access_open(&world->access, world->store, world->ledger, &access, &world->err), "access");
}

static void stop(mp_world *world)
{
    mp_access_close(world->access);
    mp_ledger_close(world->ledger);
    mp_store_close(world->store);
}

void world_open(mp_world *world)
{
    *world = (mp_world){ .rules = mp_sign_in_limits_default,
                         .now = mp_clock_now(),
                         .asked = { .from = MP_S("192.0.2.7"),
                                    .request = MP_S("11111111-2222-4333-8444-555555555555"),
                                    .agent = MP_S("Test/1") } };
    world->rules.argon_memory = 8192;
    world->rules.argon_passes = 1;
    world->rules.factor_required = false;
    test_folder(world->folder, sizeof world->folder, "mapae-access");
    assert_non_null(mkdtemp(world->folder));
    start(world);
}

void world_reopen(mp_world *world)
{
    stop(world);
    start(world);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

void world_close(mp_world *world)
{
    stop(world);
    nftw(world->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    mp_arena_free(&world->arena);
}

static mp_code call(mp_tx *tx, void *arg, mp_error *err)
{
    world_call   *c = arg;
    const mp_leaf leaf = { .actor_kind = MP_S("system"), .action = MP_S("Mapae.Test/write"), .on = MP_S("/") };
    size_t        count;
    MP_TRY(c->run(c->world, tx, c->arg, err));
    (void)mp_tx_changes(tx, &count);
    return count ? mp_ledger_add(c->world->ledger, tx, &leaf, err) : MP_OK; /* as the guard does */
}

mp_code world_write(mp_world *world, mp_code (*run)(mp_world *world, mp_tx *tx, void *arg, mp_error *err),
                    void     *arg)
{
    world_call c = { world, run, arg };
    world->err = (mp_error){ 0 };
    return mp_store_write(world->store, call, &c, &world->err);
}

const mp_json *world_json(mp_world *world, const char *text)
{
    mp_json_doc   *doc;
    const mp_json *v;
    must(world, mp_json_doc_new(&doc, &world->err), "doc");
    must(world, mp_json_read(doc, &v, mp_str_from(text), NULL, NULL, &world->err), text);
    v = mp_arena_dup_json(&world->arena, v);
    assert_non_null(v);
    mp_json_doc_free(doc);
    return v;
}

typedef struct putting {
    const char *kind, *name;
    mp_str      id, link;
} putting;

static mp_code put(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    putting  *p = arg;
    mp_record record;
    mp_str    text = mp_arena_printf(
           &world->arena, "{\"userName\": \"%s\", \"displayName\": \"%s\", \"email\": \"%s@example.org\"}",
           p->name, p->name, p->name);
    const mp_json *body = world_json(world, text.ptr);
    if (strcmp(p->kind, "user") == 0)
        MP_TRY(mp_user_put(&record, world->access, tx, mp_str_of(NULL, 0), body, MP_NO_VERSION, err));
    else
        MP_TRY(mp_program_put(&record, world->access, tx, mp_str_of(NULL, 0), body, MP_NO_VERSION, err));
    p->id = mp_arena_dup(&world->arena, record.key);
    return MP_OK;
}

mp_str world_user(mp_world *world, const char *name)
{
    putting p = { .kind = "user", .name = name };
    must(world, world_write(world, put, &p), name);
    return p.id;
}

mp_str world_program(mp_world *world, const char *name)
{
    putting p = { .kind = "program", .name = name };
    must(world, world_write(world, put, &p), name);
    return p.id;
}

static mp_code link_of(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    return mp_setup_link(&p->link, world->access, tx, p->id, &world->arena, err);
}

mp_str world_setup_token(mp_world *world, mp_str user)
{
    putting p = { .id = user };
    must(world, world_write(world, link_of, &p), "link");
    size_t at = mp_str_find(p.link, '#');
    CHECK(mp_str_starts(p.link, MP_S("https://localhost:8443/setup#")));
    return mp_str_skip(p.link, at + 1);
}

mp_str world_member(mp_world *world, const char *name, const char *password)
{
    mp_signed_in in;
    mp_str       id = world_user(world, name);
    must(world,
         mp_sign_in_setup(&in, world->access, world_setup_token(world, id), mp_str_from(password),
                          &world->asked, world->now, &world->arena, &world->err),
         "setup");
    return id;
}

typedef struct getting {
    mp_world      *world;
    const mp_kind *kind;
    mp_str         id;
    const mp_json *body;
} getting;

static mp_code get(mp_tx *tx, void *arg, mp_error *err)
{
    getting  *g = arg;
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, g->kind, g->id, 0, &g->world->arena, err));
    g->body = record.body;
    return MP_OK;
}

const mp_json *world_body(mp_world *world, const mp_kind *kind, mp_str id)
{
    getting g = { .world = world, .kind = kind, .id = id };
    mp_code code = mp_store_read(world->store, get, &g, &world->err);
    CHECK(code == MP_OK || code == MP_MISSING);
    return g.body;
}

typedef struct assigning {
    mp_str      principal;
    const char *role;
} assigning;

static mp_code assign(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    assigning             *a = arg;
    const mp_builtin_role *role = mp_builtin_role_find(mp_str_from(a->role));
    assert_non_null(role);
    mp_str text = mp_arena_printf(
        &world->arena, "{\"principalId\": \"%.*s\", \"roleDefinitionId\": \"%s\", \"scope\": \"/\"}",
        MP_FMT(a->principal), role->id);
    return mp_assign(NULL, world->access, tx, mp_str_of(NULL, 0), world_json(world, text.ptr), MP_NO_VERSION,
                     NULL, err);
}

void world_assign(mp_world *world, mp_str principal, const char *role)
{
    assigning a = { principal, role };
    must(world, world_write(world, assign, &a), role);
}

mp_code world_sign_in(mp_signed_in *out, mp_world *world, const char *name, const char *password)
{
    world->err = (mp_error){ 0 };
    return mp_sign_in(out, &world->retry, world->access, mp_str_from(name), mp_str_from(password),
                      &world->asked, world->now, &world->arena, &world->err);
}

mp_code world_who(mp_who *out, mp_world *world, mp_str cookie)
{
    world->err = (mp_error){ 0 };
    return mp_session_who(out, world->access, cookie, world->now, &world->arena, &world->err);
}

uint64_t world_leaves(mp_world *world, const char *action, int outcome)
{
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    mp_ledger_query  query = { .action = mp_str_from(action), .outcome = outcome, .limit = 1000 };
    must(world, mp_ledger_search(&entries, &count, &next, world->ledger, &query, &world->arena, &world->err),
         "search");
    return count;
}
