/* SPDX-License-Identifier: Apache-2.0 */
#include "compliance_world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "database.h"
#include "keys.h"
#include "sql.h"

static const mp_system *const systems[] = { &mp_compliance_system, NULL };

static void read_config(world *w)
{
    static const char *const nothing[] = { NULL };
    static const char *const sets[] = { "password.hash-memory=8MiB", "password.hash-passes=1", "log.to=stderr",
                                        "policies.shipped=false" };
    CHECK_INT(
        mp_config_read(&w->config,
                       &(mp_config_source){
                           .file = "/dev/null", .environ_ = nothing, .sets = sets, .set_count = MP_COUNT(sets) },
                       NULL, NULL, NULL),
        MP_OK);
}

void world_reopen(world *w)
{
    mp_app_close(w->app);
    w->app = NULL;
    mp_code code = mp_app_open(
        &w->app,
        &(mp_app_options){ .config = w->config, .folder = w->folder, .has_jobs = w->has_jobs, .systems = systems },
        &w->err);
    if (code != MP_OK)
        print_error("%s\n", w->err.message);
    CHECK_INT(code, MP_OK);
    w->c = mp_compliance_of(w->app);
}

void world_start(world *w)
{
    *w = (world){ .folder = "" };
    test_folder(w->folder, sizeof w->folder, "mapae-compliance");
    CHECK(mkdtemp(w->folder) != NULL);
    read_config(w);
    mp_code code =
        mp_app_init(&w->init,
                    &(mp_init_options){ .config = w->config,
                                        .folder = w->folder,
                                        .store = test_database_empty(),
                                        .systems = systems },
                    &w->arena, &w->err);
    if (code != MP_OK)
        print_error("%s (%s:%d)\n", w->err.message, w->err.src_file, w->err.src_line);
    CHECK_INT(code, MP_OK);
    world_reopen(w);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void world_stop(world *w)
{
    mp_ledger_report report;
    if (mp_ledger_verify(&report, w->app->ledger, NULL, NULL, &w->err) != MP_OK)
        fail_msg("verify: %s", w->err.message);
    mp_app_close(w->app);
    mp_config_free(w->config);
    mp_arena_free(&w->arena);
    CHECK_INT(nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---- texts ---- */

mp_str world_id(world *w, const char *id)
{
    mp_str out = id[0] == 'S'
                     ? mp_arena_printf(&w->arena, "/subscriptions/%.*s%s", MP_FMT(w->init.subscription_id), id + 1)
                     : mp_arena_dup(&w->arena, mp_str_from(id));
    CHECK(out.ptr != NULL);
    return out;
}

const mp_json *world_json(world *w, const char *text)
{
    mp_buf         b = MP_BUF_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    for (const char *p = text; *p; p++) {
        if (p[0] == '$' && p[1] == 'S') {
            mp_buf_printf(&b, "/subscriptions/%.*s", MP_FMT(w->init.subscription_id));
            p++;
        } else {
            mp_buf_add_c(&b, *p == '\'' ? '"' : *p == '`' ? '\'' : *p);
        }
    }
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    if (mp_json_read(doc, &root, mp_buf_str(&b), NULL, NULL, &w->err) != MP_OK)
        fail_msg("%s in %.*s", w->err.message, MP_FMT(mp_buf_str(&b)));
    const mp_json *kept = mp_arena_dup_json(&w->arena, root);
    CHECK(kept != NULL);
    mp_json_doc_free(doc);
    mp_buf_free(&b);
    return kept;
}

static mp_place place_of(world *w, const char *id)
{
    mp_place place;
    mp_code  code = mp_place_of(&place, world_id(w, id), &w->arena, &w->err);
    if (code != MP_OK)
        fail_msg("%s", w->err.message);
    return place;
}

/* ---- objects ---- */

typedef struct putting {
    world          *w;
    mp_object_write what;
    mp_record       old;
} putting;

static mp_code put_one(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    return mp_object_put(NULL, NULL, &p->w->fault, tx, &p->what, &p->w->arena, err);
}

static mp_code forget_one(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    return mp_object_delete(&p->old, &p->w->fault, tx, p->what.kind, p->what.place->key, MP_ANY_VERSION, &p->w->arena, err);
}

static const mp_leaf leaf = {
    .actor_kind = { "system", 6 }, .action = { "Mapae.Test/write", 16 }, .on = { "/", 1 }, .outcome = MP_OUTCOME_DONE
};

mp_code world_object(world *w, mp_object_kind kind, const char *id, const char *json)
{
    mp_place place = place_of(w, id);
    putting p = { .w = w,
                  .what = { .kind = kind,
                            .place = &place,
                            .body = world_json(w, json),
                            .by = MP_S("11111111-1111-4111-8111-111111111111"),
                            .by_kind = MP_S("User"),
                            .tenant = w->init.tenant_id,
                            .expected = MP_ANY_VERSION } };
    return mp_app_write_alone(w->app, &leaf, put_one, &p, &w->err);
}

mp_code world_forget(world *w, mp_object_kind kind, const char *id)
{
    mp_place place = place_of(w, id);
    putting  p = { .w = w, .what = { .kind = kind, .place = &place } };
    return mp_app_write_alone(w->app, &leaf, forget_one, &p, &w->err);
}

/* ---- resources ---- */

static mp_code write_it(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    world *w = ctx;
    return mp_app_write_alone(w->app, &leaf, fn, arg, err);
}

mp_code world_write(world *w, mp_gate_act act, const char *id, const char *json, mp_gate_result *out)
{
    mp_gate_result  unused;
    mp_place        place = place_of(w, id);
    mp_gate_request r = { .act = act,
                          .place = &place,
                          .body = json ? world_json(w, json) : NULL,
                          .api_version = MP_S("2023-01-01"),
                          .by = MP_S("me"),
                          .by_kind = MP_S("User"),
                          .source = MP_S("api"),
                          .expected = MP_ANY_VERSION,
                          .write = write_it,
                          .write_ctx = w };
    w->err = (mp_error){ .code = MP_OK };
    return mp_gate_write(out ? out : &unused, w->c, &r, &w->arena, &w->err);
}

void world_settle(world *w)
{
    mp_code code = mp_judging_settle(w->c->judging, 300, &w->err);
    if (code != MP_OK)
        fail_msg("settle: %s", w->err.message);
}

/* ---- verdicts ---- */

typedef struct asking {
    world  *w;
    mp_str  resource, assignment, reference, control;
    int64_t state, resources;
} asking;

static mp_code ask_state(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_code code = mp_sql_int(
        &a->state, tx,
        "SELECT v.state FROM verdict v JOIN judged j ON j.number = v.resource JOIN rule_check c ON c.number = v.rule WHERE j.key = ?1"
        " AND c.assignment = ?2 AND c.reference = ?3 AND c.until = 0",
        MP_VALUES(mp_text(a->resource), mp_text(a->assignment), mp_text(a->reference)), err);
    if (code == MP_MISSING) {
        a->state = -1;
        return MP_OK;
    }
    return code;
}

static mp_str key_of(world *w, const char *id)
{
    mp_str key;
    CHECK_INT(mp_key_of(&key, world_id(w, id), &w->arena, NULL), MP_OK);
    return key;
}

const char *world_state(world *w, const char *resource, const char *assignment, const char *reference)
{
    asking a = { .w = w,
                 .resource = key_of(w, resource),
                 .assignment = key_of(w, assignment),
                 .reference = mp_str_from(reference) };
    CHECK_INT(mp_store_read(w->app->store, ask_state, &a, &w->err), MP_OK);
    return a.state < 0 ? "" : mp_states[a.state].text.ptr;
}

static mp_code ask_sum(mp_tx *tx, void *arg, mp_error *err)
{
    asking *a = arg;
    mp_sum *sums;
    size_t  count;
    MP_TRY(mp_verdicts_sums(&sums, &count, tx, &a->resource, 1, &a->w->arena, err));
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(sums[i].assignment, a->assignment) && sums[i].check == 0 &&
            mp_str_eq(sums[i].group, a->control) && (int64_t)sums[i].state == a->state)
            a->resources = (int64_t)sums[i].resources;
    return MP_OK;
}

int64_t world_sum(world *w, const char *place, const char *assignment, const char *control, mp_state state)
{
    asking a = { .w = w,
                 .resource = key_of(w, place),
                 .assignment = *assignment ? key_of(w, assignment) : MP_S(""),
                 .control = mp_str_from(control),
                 .state = (int64_t)state };
    CHECK_INT(mp_store_read(w->app->store, ask_sum, &a, &w->err), MP_OK);
    return a.resources;
}
