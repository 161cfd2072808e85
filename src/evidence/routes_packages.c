/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence of a framework as one file for an assessor: its index is evidence itself, so that
 * the log proves it too, and the same state gives the same bytes. */
#include "evidence_routes.h"

#include <unistd.h>

#include "canonical.h"
#include "control_index.h"
#include "evidence.h"
#include "guard.h"
#include "package.h"
#include "routes.h"
#include "secret.h"
#include "sent_file.h"

#define PACKAGE "Mapae.Evidence/packages/action"
#define INDEX_TYPE "application/vnd.mapae.index+json"

static const mp_property asked_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200,
      .doc = "api.packages.framework" },
    { "scope", MP_TYPE_STRING, .max = 1024, .doc = "api.packages.scope" },
    { "measure", MP_TYPE_STRING, .max = MP_MEASURE_ID_MAX, .doc = "api.links.measure" },
    { "asOf", MP_TYPE_TIME, .doc = "api.packages.asOf" },
    { "stamps", MP_TYPE_BOOLEAN, .doc = "api.package.stamps" },
};
static const mp_json_shape asked_shape = { .name = "EvidencePackageRequest",
                                           .type = MP_TYPE_OBJECT,
                                           .doc = "api.packages.asked",
                                           MP_PROPERTIES(asked_members) };

typedef struct packing {
    mp_app *app;
    mp_http_request *request;
    mp_evidence_asked asked;
    mp_control_index index;
    mp_str state;  /* "index:" and the hash of the index without its time */
    mp_str record; /* id of the index as evidence; empty: there is none yet */
    mp_str sha256; /* of its file */
} packing;

/* ---- what is asked ---- */

static mp_code read_asked(packing *p, mp_error *err)
{
    const mp_json *json = p->request->json;
    mp_str as_of = mp_json_get_text(json, "asOf"), scope = mp_json_get_text(json, "scope");
    p->asked.measure = mp_json_get_text(json, "measure");
    if (as_of.len && !mp_clock_parse(&p->asked.as_of, as_of))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"asOf\" is no time of ISO 8601");
    if (scope.len && p->asked.measure.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a package is of a scope or of a measure, not of both");
    if (!mp_framework_named(&p->asked.framework, &p->asked.scheme, p->asked.frameworks,
                            mp_json_get_text(json, "framework")))
        return mp_framework_none(p->asked.frameworks, MP_PARAMETER, mp_json_get_text(json, "framework"), err);
    char *folded = mp_arena_alloc(p->request->arena, scope.len + 1);
    if (!folded)
        return mp_no_memory(err);
    for (size_t i = 0; i < scope.len; i++)
        folded[i] =
            (char)(scope.ptr[i] >= 'A' && scope.ptr[i] <= 'Z' ? scope.ptr[i] | 0x20 : scope.ptr[i]);
    p->asked.scope = scope.len ? mp_str_of(folded, scope.len) : MP_S("/");
    return p->asked.measure.len
               ? mp_require_for_measure(p->app, p->request, PACKAGE, p->asked.measure,
                                    p->asked.as_of, err)
               : mp_app_require(p->app, p->request, PACKAGE, p->asked.scope, err);
}

/* Nobody takes along what he may not read; where that belongs is nothing he is told. */
static mp_code check_pieces(packing *p, mp_error *err)
{
    static const char content[] = "Mapae.Ledger/evidence/content/read";
    for (size_t i = 0; i < p->index.count; i++)
        if (!mp_app_may(p->app, p->request, content, p->index.scopes[i].len ? p->index.scopes[i] : MP_S("/")))
            return mp_fail(err, MP_DENIED, MP_NOWHERE,
                           "evidence that answers these controls belongs to places where who asks may not do %s", content);
    return MP_OK;
}

/* ---- the index as evidence ---- */

static mp_code hash_of(mp_str *out, const mp_json *document, mp_arena *arena, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    uint8_t digest[32];
    char hex[65];
    mp_code code = mp_canonical(&text, document, err);
    if (code == MP_OK)
        code = mp_sha256(digest, mp_buf_str(&text), err);
    mp_buf_free(&text);
    MP_TRY(code);
    mp_hex(hex, digest, sizeof digest);
    *out = mp_arena_printf(arena, "index:%s", hex);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* The one that was made when this state was packed the first time. */
static mp_code find_index(mp_tx *tx, void *arg, mp_error *err)
{
    packing *p = arg;
    const mp_record_filter filter = { .index = "link", .op = MP_FILTER_EQ, .value = p->state };
    const mp_record_query query = {
        .kind = &mp_evidence_kind, .filters = &filter, .filter_count = 1, .limit = 100
    };
    mp_record_page page;
    MP_TRY(mp_record_list(&page, tx, &query, p->request->arena, err));
    for (size_t i = 0; i < page.count && !p->record.len; i++)
        if (mp_str_eq(mp_json_get_text(page.records[i].body, "source"), MP_S("package"))) {
            p->record = page.records[i].key;
            p->sha256 = mp_json_get_text(page.records[i].body, "sha256");
        }
    return MP_OK;
}

static mp_code dated(mp_buf *out, packing *p, mp_error *err)
{
    mp_jsonw w;
    char at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, p->asked.as_of ? p->asked.as_of : mp_clock_now());
    mp_jsonw_init(&w, p->request->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, p->index.document)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_put_str(&w, "asOf", mp_arena_dup(p->request->arena, mp_str_from(at)));
    mp_jsonw_end(&w);
    const mp_json *all = mp_jsonw_done(&w);
    return all ? mp_canonical(out, all, err) : mp_no_memory(err);
}

static mp_code keep_file(packing *p, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_evidence_sink *sink = NULL;
    char sha256[65];
    uint64_t size;
    mp_code code = dated(&text, p, err);
    if (code == MP_OK && text.len > MP_PACKAGE_INDEX_MAX)
        code = mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "the index of the package has %zu bytes; at most %zu", text.len,
                       MP_PACKAGE_INDEX_MAX);
    if (code == MP_OK)
        code = mp_evidence_begin(&sink, p->app->store, err);
    if (code == MP_OK)
        code = mp_evidence_write(sink, mp_buf_str(&text), err);
    if (code == MP_OK)
        code = mp_evidence_end(sha256, &size, sink, err);
    else
        mp_evidence_abandon(sink);
    mp_buf_free(&text);
    MP_TRY(code);
    p->sha256 = mp_arena_dup(p->request->arena, mp_str_from(sha256));
    return p->sha256.ptr ? MP_OK : mp_no_memory(err);
}

static const mp_json *index_record(const packing *p)
{
    mp_jsonw w;
    mp_arena *arena = p->request->arena;
    bool has_scope = !p->asked.measure.len && p->asked.scope.len > 1;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(
        &w, "title",
        mp_arena_printf(arena, "%.*s%s%.*s: %.*s", MP_FMT(p->asked.framework->id),
                        p->asked.scheme ? "/" : "",
                        MP_FMT(p->asked.scheme ? p->asked.scheme->id : MP_S("")),
                        MP_FMT(p->asked.measure.len ? p->asked.measure : p->asked.scope)));
    mp_jsonw_put_str(&w, "mediaType", MP_S(INDEX_TYPE));
    mp_jsonw_put_str(&w, "sha256", p->sha256);
    mp_jsonw_put_str(&w, "source", MP_S("package"));
    mp_jsonw_put_str(&w, "kind", MP_S("index"));
    mp_jsonw_put_str(&w, "fileName", MP_S("index.json"));
    mp_jsonw_put_str(&w, "collectedBy", mp_app_who(p->request)->id);
    if (has_scope)
        mp_jsonw_put_str(&w, "scope", p->asked.scope);
    mp_jsonw_key(&w, MP_S("links"));
    mp_jsonw_array(&w);
    mp_jsonw_str(&w, p->state);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code put_index(mp_tx *tx, void *arg, mp_error *err)
{
    packing *p = arg;
    mp_record made;
    char id[37];
    MP_TRY(find_index(tx, p, err)); /* of several that pack the same at once one is the first */
    if (p->record.len)
        return MP_OK;
    const mp_json *body = index_record(p);
    MP_TRY(mp_guid(id, err));
    mp_str key = mp_arena_dup(p->request->arena, mp_str_from(id));
    if (!body || !key.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_evidence_put(&made, tx, key, body, err));
    p->record = key;
    return MP_OK;
}

static mp_code take_index(packing *p, mp_http_response *response, mp_error *err)
{
    MP_TRY(hash_of(&p->state, p->index.document, p->request->arena, err));
    if (p->asked.as_of)
        p->state = mp_arena_printf(p->request->arena, "%.*s@%lld", MP_FMT(p->state),
                                   (long long)p->asked.as_of);
    if (!p->state.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_store_read(p->app->store, find_index, p, err));
    if (p->record.len)
        return MP_OK;
    MP_TRY(keep_file(p, err));
    return mp_app_write(p->app, p->request, response, put_index, p, err);
}

/* ---- the package ---- */

static mp_code write_package(packing *p, mp_http_response *response, mp_error *err)
{
    const mp_json *stamps = mp_json_get(p->request->json, MP_S("stamps"));
    mp_package_written written;
    char path[4096], hex[65];
    int fd;
    mp_str *pieces = MP_ARENA_ARRAY(p->request->arena, mp_str, p->index.count + 1);
    if (!pieces)
        return mp_no_memory(err);
    memcpy(pieces, p->index.pieces, p->index.count * sizeof *pieces);
    pieces[p->index.count] = p->record;
    const mp_package_request asked = { .evidence = pieces,
                                       .evidence_count = p->index.count + 1,
                                       .stamps =
                                           mp_json_is_true(stamps),
                                       .at_last = true,
                                       .index = p->sha256 };
    MP_TRY(mp_outgoing_path(path, p->app, ".tar", err));
    MP_TRY(mp_package_write(&written, p->app->store, p->app->ledger, &asked, path, err));
    MP_TRY(mp_outgoing_open(&fd, path, err));
    mp_hex(hex, written.digest, sizeof written.digest);
    mp_str digest = mp_arena_dup(p->request->arena, mp_str_from(hex));
    if (!digest.ptr) {
        close(fd);
        return mp_no_memory(err);
    }
    mp_respond_header(response, MP_S("x-content-sha256"), digest);
    return mp_respond_file(p->request, response, fd, "application/x-tar", "mapae-evidence.tar",
                           err);
}

static mp_code pack(packing *p, mp_http_response *response, mp_error *err)
{
    MP_TRY(read_asked(p, err));
    MP_TRY(mp_control_index_make(&p->index, p->app, &p->asked, p->request->arena, err));
    MP_TRY(check_pieces(p, err));
    MP_TRY(take_index(p, response, err));
    return write_package(p, response, err);
}

static mp_code make_package(void *app, mp_http_request *request, mp_http_response *response,
                            mp_error *err)
{
    packing p = { .app = app, .request = request };
    MP_TRY(mp_evidence_frameworks(&p.asked.frameworks, app, err));
    mp_code code = pack(&p, response, err);
    mp_evidence_frameworks_drop(app, p.asked.frameworks);
    return code;
}

const mp_route mp_routes_packages[MP_ROUTES_PACKAGES] = {
    API(MP_POST, "/evidence-packages", PACKAGE, make_package, .tag = "evidence",
        .summary = "api.packages.make", .scope = "{body.scope}", .body = &asked_shape,
        .rate = MP_RATE_HEAVY, .is_noted = true),
};
