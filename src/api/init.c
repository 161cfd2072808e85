/* SPDX-License-Identifier: Apache-2.0 */
#include "init.h"

#include "directory.h"
#include "durable.h"
#include "prepared.h"
#include "rbac.h"
#include "secret.h"
#include "server.h"
#include "systems_open.h"

#include <stdio.h>
#include <stdlib.h>

/* The folder, the store and what is in it, the certificate; and last the word that all of it is done. A
 * second try finds by their names what a failed first one has made. */

bool mp_app_is_prepared(const char *folder)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_prepared found = { .is_prepared = false };
    bool        is_prepared = mp_prepared_read(&found, folder, &arena, NULL) == MP_OK && found.is_prepared;
    mp_arena_free(&arena);
    return is_prepared;
}

/* ---- what is asked for ---- */

/* A host's name or address: letters, digits, '-', '.', and ':' of IPv6. */
static mp_code check_host(const char *host, mp_error *err)
{
    size_t len = strlen(host);
    bool   is_fine = len > 0 && len <= 253 && host[0] != '-' && host[0] != '.';
    for (size_t i = 0; i < len && is_fine; i++) {
        char c = host[i];
        is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == ':';
    }
    return is_fine ? MP_OK : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%s\" is no name of a host", host);
}

static mp_code check_role(mp_str *id, const char *role, mp_error *err)
{
    const mp_builtin_role *found = mp_builtin_role_find(mp_str_from(role));
    if (!found)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there is no built-in role \"%s\"", role);
    *id = mp_str_from(found->id);
    return MP_OK;
}

/* ---- what is made within the store ---- */

typedef struct making {
    mp_app                *app;
    const mp_init_options *options;
    mp_init_result        *result;
    mp_arena              *arena;
    mp_str                 role; /* id of the program's */
} making;

static const mp_json *object_of(mp_arena *arena, const mp_pair *members, size_t count)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_key(&w, members[i].name);
        mp_jsonw_str(&w, members[i].value);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
#define OBJECT(arena_, ...) object_of((arena_), (const mp_pair[]){ __VA_ARGS__ }, MP_COUNT(((const mp_pair[]){ __VA_ARGS__ })))

static mp_code keep(mp_str *out, mp_arena *arena, mp_str s, mp_error *err)
{
    *out = mp_arena_dup(arena, s);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* The first record of a kind that has `value` in `index`; its key is empty without one. */
static mp_code find(mp_record *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value, mp_error *err)
{
    const mp_record_filter filter = { .index = index, .op = MP_FILTER_EQ, .value = value };
    mp_record_page         page;
    *out = (mp_record){ .version = 0 };
    MP_TRY(mp_record_list(&page, tx,
                          &(mp_record_query){ .kind = kind, .filters = &filter, .filter_count = 1, .limit = 1 },
                          mp_tx_arena(tx), err));
    if (page.count)
        *out = page.records[0];
    return MP_OK;
}

/* A role at the root for a principal, unless he has it. */
static mp_code assign(making *m, mp_tx *tx, mp_str principal, const char *type, mp_str role, mp_error *err)
{
    const mp_record_filter filters[] = {
        { .index = "principalId", .op = MP_FILTER_EQ, .value = principal },
        { .index = "scope", .op = MP_FILTER_EQ, .value = MP_S("/") },
    };
    mp_record_page page;
    mp_record      made;
    char           until[MP_CLOCK_SHORT];
    MP_TRY(mp_record_list(
        &page, tx,
        &(mp_record_query){ .kind = &mp_assignment_kind, .filters = filters, .filter_count = 2, .limit = 100 },
        mp_tx_arena(tx), err));
    for (size_t i = 0; i < page.count; i++) {
        const mp_json *held = mp_json_get(page.records[i].body, MP_S("roleDefinitionId"));
        if (mp_json_is(held, MP_JSON_STRING) && mp_str_ends_fold(mp_json_str(held), role))
            return MP_OK;
    }
    mp_clock_format_short(until, mp_tx_time(tx) + 365 * MP_TICKS_PER_DAY);
    mp_pair members[] = {
        { MP_S("principalId"), principal }, { MP_S("principalType"), mp_str_from(type) },
        { MP_S("roleDefinitionId"), role },
        { MP_S("scope"), MP_S("/") },       { MP_S("endsAt"), mp_str_from(until) },
    };
    const mp_builtin_role *builtin = mp_builtin_role_find(role);
    const mp_json         *body =
        object_of(mp_tx_arena(tx), members, MP_COUNT(members) - (builtin && builtin->is_dated ? 0 : 1));
    if (!body)
        return mp_no_memory(err);
    return mp_assign(&made, m->app->access, tx, MP_S(""), body, MP_NO_VERSION, NULL, err);
}

static mp_code make_subscription(making *m, mp_tx *tx, mp_error *err)
{
    const char *name = m->options->subscription ? m->options->subscription : "First subscription";
    mp_record   record;
    MP_TRY(find(&record, tx, &mp_subscription_kind, "displayName", mp_str_from(name), err));
    if (!record.key.len) {
        const mp_json *body =
            OBJECT(mp_tx_arena(tx), { MP_S("displayName"), mp_str_from(name) }, { MP_S("state"), MP_S("Enabled") });
        if (!body)
            return mp_no_memory(err);
        MP_TRY(mp_subscription_put(&record, m->app->access, tx, MP_S(""), body, MP_NO_VERSION, err));
    }
    return keep(&m->result->subscription_id, m->arena, record.key, err);
}

/* Both administrator of Mapae and owner of all that stands below "/". */
static mp_code make_administrator(making *m, mp_tx *tx, mp_error *err)
{
    static const char *const roles[] = { "Administrator of Mapae", "Owner" };
    mp_str    name = mp_str_from(m->options->administrator ? m->options->administrator : "admin"), id;
    mp_record record;
    MP_TRY(find(&record, tx, &mp_user_kind, "userName", name, err));
    if (!record.key.len) {
        const mp_json *body = OBJECT(mp_tx_arena(tx), { MP_S("userName"), name }, { MP_S("displayName"), name });
        if (!body)
            return mp_no_memory(err);
        MP_TRY(mp_user_put(&record, m->app->access, tx, MP_S(""), body, MP_NO_VERSION, err));
    }
    id = mp_arena_dup(mp_tx_arena(tx), record.key);
    if (!id.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; i < MP_COUNT(roles); i++)
        MP_TRY(assign(m, tx, id, "User", mp_str_from(mp_builtin_role_find(mp_str_from(roles[i]))->id), err));
    MP_TRY(keep(&m->result->administrator, m->arena, name, err));
    return mp_setup_link(&m->result->setup_link, m->app->access, tx, id, m->arena, err);
}

static mp_code make_program(making *m, mp_tx *tx, mp_error *err)
{
    mp_str    name = mp_str_from(m->options->program), id, key_id;
    mp_record record;
    MP_TRY(find(&record, tx, &mp_program_kind, "displayName", name, err));
    if (!record.key.len) {
        const mp_json *body = OBJECT(mp_tx_arena(tx), { MP_S("displayName"), name });
        if (!body)
            return mp_no_memory(err);
        MP_TRY(mp_program_put(&record, m->app->access, tx, MP_S(""), body, MP_NO_VERSION, err));
    }
    const mp_json *app_id = mp_json_get(record.body, MP_S("appId"));
    MP_TRY(keep(&m->result->client_id, m->arena, mp_json_is(app_id, MP_JSON_STRING) ? mp_json_str(app_id) : MP_S(""),
                err));
    id = mp_arena_dup(mp_tx_arena(tx), record.key);
    if (!id.ptr)
        return mp_no_memory(err);
    MP_TRY(assign(m, tx, id, "ServicePrincipal", m->role, err));
    return mp_program_secret(&m->result->client_secret, &key_id, m->app->access, tx, id, 0, m->arena, err);
}

/* All of it is one change with one leaf. */
static mp_code make_all(mp_tx *tx, void *arg, mp_error *err)
{
    making *m = arg;
    char    uid[24];
    MP_TRY(make_subscription(m, tx, err));
    MP_TRY(make_administrator(m, tx, err));
    if (m->options->program)
        MP_TRY(make_program(m, tx, err));
    snprintf(uid, sizeof uid, "%llu", (unsigned long long)m->app->local_uid);
    return mp_ledger_add(m->app->ledger, tx, &(mp_leaf){
        .actor_kind = mp_str_from(mp_who_kind_name(MP_WHO_LOCAL)),
        .actor = mp_str_from(uid),
        .from = MP_S("local"),
        .action = MP_S("Mapae.System/installation/write"),
        .on = MP_S("/"),
        .outcome = MP_OUTCOME_DONE,
    }, err);
}

/* ---- together ---- */

static mp_code make_certificate(mp_init_result *result, const char *folder, const char *host, mp_arena *arena,
                                mp_error *err)
{
    char path[4096];
    int  len = snprintf(path, sizeof path, "%s/tls", folder);
    if (len < 0 || (size_t)len >= sizeof path)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is too long");
    MP_TRY(mp_durable_folder(path, err));
    MP_TRY(mp_certificate_make(path, host, mp_clock_now(), err));
    char *whole = realpath(path, NULL);
    result->ca_file = mp_arena_printf(arena, "%s/ca.pem", whole ? whole : path);
    free(whole);
    return result->ca_file.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code prepare(mp_init_result *result, mp_app *app, const mp_init_options *options, mp_str role,
                       mp_prepared *what, mp_arena *arena, mp_error *err)
{
    making m = { .app = app, .options = options, .result = result, .arena = arena, .role = role };
    MP_TRY(make_certificate(result, options->folder, what->host, arena, err));
    MP_TRY(mp_store_write(app->store, make_all, &m, err));
    MP_TRY(keep(&result->tenant_id, arena, mp_str_from(mp_access_tenant(app->access)), err));
    MP_TRY(keep(&result->base_url, arena, mp_str_from(app->base), err));
    MP_TRY(mp_systems_begin(app, err));
    what->is_prepared = true;
    return mp_prepared_write(options->folder, what, err);
}

/* The store makes the file that the host is written into, so it is opened once for that alone: BASE follows
 * from the host. */
static mp_code write_host(const mp_init_options *options, const mp_prepared *what, mp_error *err)
{
    mp_app *app = NULL;
    MP_TRY(mp_app_open(&app,
                       &(mp_app_options){ .config = options->config,
                                          .folder = options->folder,
                                          .store = options->store,
                                          .log = options->log,
                                          .create = true,
                                          .systems = options->systems },
                       err));
    mp_app_close(app);
    return mp_prepared_write(options->folder, what, err);
}

mp_code mp_app_init(mp_init_result *out, const mp_init_options *options, mp_arena *arena, mp_error *err)
{
    mp_prepared    what = { .host = options->host ? options->host : "localhost" };
    mp_init_result result = { .tenant_id = { NULL, 0 } };
    mp_str         role = mp_str_of(NULL, 0);
    mp_app        *app = NULL;
    MP_TRY(check_host(what.host, err));
    if (options->program)
        MP_TRY(check_role(&role, options->role ? options->role : "Owner", err));
    if (mp_app_is_prepared(options->folder))
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%s is prepared already", options->folder);
    MP_TRY(mp_store_url_plain(&what.store, options->store, arena, err));
    MP_TRY(write_host(options, &what, err));
    MP_TRY(mp_app_open(&app,
                       &(mp_app_options){ .config = options->config,
                                          .folder = options->folder,
                                          .store = options->store,
                                          .log = options->log,
                                          .port = options->port,
                                          .create = true,
                                          .systems = options->systems },
                       err));
    mp_code code = prepare(&result, app, options, role, &what, arena, err);
    mp_app_close(app);
    if (code == MP_OK)
        *out = result;
    return code;
}
