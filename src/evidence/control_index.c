/* SPDX-License-Identifier: Apache-2.0 */
#include "control_index.h"

#include <stdlib.h>

#include "evidence.h"
#include "framework_show.h"
#include "jsonw.h"
#include "map.h"
#include "package.h"
#include "package_index.h"

typedef struct indexing {
    mp_app *app;
    const mp_evidence_asked *asked;
    const mp_evidence_view *view;
    mp_arena *arena;
    mp_jsonw w;
    mp_map seen; /* ids to pieces */
    const mp_evidence_piece **pieces;
    const mp_record *records; /* as they are now, in the same order; no body: it is gone */
    size_t count;
} indexing;

/* ---- which controls ---- */

static size_t control_count(const mp_evidence_asked *a)
{
    return a->scheme ? a->scheme->profile.count : a->framework->catalog.control_count;
}

/* In the catalogue's own words: those of a scheme are of the same control. */
static const mp_control *control_at(const mp_evidence_asked *a, size_t i)
{
    if (!a->scheme)
        return &a->framework->catalog.controls[i];
    return mp_catalog_find(&a->framework->catalog, a->scheme->profile.controls[i].control.id);
}

static mp_code standing_at(mp_evidence_standing *out, const indexing *x, const mp_control *control,
                           mp_error *err)
{
    const mp_evidence_question q = { .frameworks = x->asked->frameworks,
                                     .framework = x->asked->framework,
                                     .control = control,
                                     .measure = x->asked->measure,
                                     .at = x->asked->as_of ? x->asked->as_of : mp_clock_now() };
    return mp_evidence_standing_of(out, x->view, &q, x->arena, err);
}

/* ---- which pieces ---- */

static mp_code gather_standing(indexing *x, const mp_evidence_standing *s, mp_error *err)
{
    for (size_t r = 0; r < s->count; r++)
        for (size_t p = 0; p < s->of[r].count; p++) {
            const mp_evidence_piece *piece = s->of[r].pieces[p].piece;
            MP_TRY(mp_map_put(&x->seen, piece->id, (void *)(uintptr_t)piece, err));
        }
    return MP_OK;
}

static int by_id(const void *a, const void *b)
{
    return mp_str_cmp((*(const mp_evidence_piece *const *)a)->id,
                      (*(const mp_evidence_piece *const *)b)->id);
}

static mp_code read_records(mp_tx *tx, void *arg, mp_error *err)
{
    indexing *x = arg;
    mp_record *records = MP_ARENA_ARRAY(x->arena, mp_record, x->count + 1);
    if (!records)
        return mp_no_memory(err);
    for (size_t i = 0; i < x->count; i++) {
        mp_error why;
        mp_code code =
            mp_record_get(&records[i], tx, &mp_evidence_kind, x->pieces[i]->id, 0, x->arena, &why);
        if (code == MP_MISSING)
            records[i].body = NULL;
        else if (code != MP_OK) {
            if (err)
                *err = why;
            return code;
        }
    }
    x->records = records;
    return MP_OK;
}

static mp_code gather(indexing *x, mp_error *err)
{
    for (size_t i = 0; i < control_count(x->asked); i++) {
        mp_evidence_standing s;
        MP_TRY(standing_at(&s, x, control_at(x->asked, i), err));
        MP_TRY(gather_standing(x, &s, err));
    }
    x->count = x->seen.len;
    if (x->count >= MP_PACKAGE_LEAVES_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "%zu pieces of evidence answer these controls; a package has %d at most",
                       x->count, MP_PACKAGE_LEAVES_MAX);
    x->pieces = MP_ARENA_ARRAY(x->arena, const mp_evidence_piece *, x->count + 1);
    if (!x->pieces)
        return mp_no_memory(err);
    for (size_t i = 0; i < x->count; i++)
        x->pieces[i] = x->seen.entries[i].value;
    if (x->count)
        qsort(x->pieces, x->count, sizeof *x->pieces, by_id);
    MP_TRY(mp_store_read(x->app->store, read_records, x, err));
    for (size_t i = 0; i < x->count; i++)
        MP_TRY(mp_map_put(&x->seen, x->pieces[i]->id,
                          x->records[i].body ? (void *)(uintptr_t)x->pieces[i] : NULL, err));
    return MP_OK;
}

/* ---- the document ---- */

static void write_about(indexing *x)
{
    const mp_evidence_asked *a = x->asked;
    mp_jsonw_put_str(&x->w, "format", MP_S(MP_PACKAGE_INDEX_FORMAT));
    mp_jsonw_key(&x->w, MP_S("framework"));
    mp_jsonw_object(&x->w);
    mp_jsonw_put_str(&x->w, "id", a->framework->id);
    mp_words_put(&x->w, "title", a->framework->catalog.title);
    mp_jsonw_put_filled(&x->w, "version", a->framework->catalog.version);
    mp_jsonw_end(&x->w);
    if (a->scheme) {
        mp_jsonw_key(&x->w, MP_S("scheme"));
        mp_jsonw_object(&x->w);
        mp_jsonw_put_str(&x->w, "id", a->scheme->id);
        mp_words_put(&x->w, "title", a->scheme->profile.title);
        mp_jsonw_end(&x->w);
    }
    mp_jsonw_key(&x->w, MP_S("subject"));
    mp_jsonw_object(&x->w);
    mp_jsonw_put_filled(&x->w, "measure", a->measure);
    if (!a->measure.len)
        mp_jsonw_put_str(&x->w, "scope", a->scope.len ? a->scope : MP_S("/"));
    mp_jsonw_end(&x->w);
}

/* Without the pieces that are gone. */
static void write_rule(indexing *x, const mp_json *rule)
{
    mp_jsonw_object(&x->w);
    for (MP_JSON_MEMBERS(key, rule)) {
        mp_jsonw_key(&x->w, mp_json_str(key));
        if (!mp_str_eq(mp_json_str(key), MP_S("pieces"))) {
            mp_jsonw_value(&x->w, key + 1);
            continue;
        }
        mp_jsonw_array(&x->w);
        for (MP_JSON_EACH(piece, key + 1))
            if (mp_map_get(&x->seen, mp_json_str(mp_json_get(piece, MP_S("id")))))
                mp_jsonw_value(&x->w, piece);
        mp_jsonw_end(&x->w);
    }
    mp_jsonw_end(&x->w);
}

/* How the room above says that the control stands. */
static mp_str state_of(const mp_json *statement, mp_str control)
{
    const mp_json *controls = mp_json_get(statement, MP_S("controls"));
    if (mp_json_is(controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, controls)) {
            const mp_json *id = mp_json_get(one, MP_S("id")),
                          *state = mp_json_get(one, MP_S("state"));
            if (mp_json_is(id, MP_JSON_STRING) && mp_str_eq(mp_json_str(id), control) &&
                mp_json_is(state, MP_JSON_STRING))
                return mp_json_str(state);
        }
    return mp_str_of(NULL, 0);
}

static mp_code write_control(indexing *x, const mp_control *control, const mp_json *statement,
                             mp_error *err)
{
    mp_evidence_standing s;
    MP_TRY(standing_at(&s, x, control, err));
    const mp_json *json = mp_evidence_standing_json(&s, x->arena);
    if (!json)
        return mp_no_memory(err);
    mp_jsonw_object(&x->w);
    mp_jsonw_put_str(&x->w, "id", control->id);
    mp_jsonw_put_str(&x->w, "label", control->label);
    mp_words_put(&x->w, "title", control->title);
    mp_jsonw_put_filled(&x->w, "state", state_of(statement, control->id));
    mp_jsonw_put_value(&x->w, "freshness", mp_json_get(json, MP_S("freshness")));
    mp_jsonw_key(&x->w, MP_S("rules"));
    mp_jsonw_array(&x->w);
    for (MP_JSON_EACH(rule, mp_json_get(json, MP_S("rules"))))
        write_rule(x, rule);
    mp_jsonw_end(&x->w);
    mp_jsonw_end(&x->w);
    return MP_OK;
}

static void write_files(indexing *x)
{
    static const char *const shown[] = { "title",     "fileName",   "kind",      "owner",
                                         "mediaType", "sha256",     "sizeBytes", "takenAt",
                                         "validFrom", "validUntil", "source",    "facts" };
    mp_jsonw_key(&x->w, MP_S("files"));
    mp_jsonw_array(&x->w);
    for (size_t i = 0; i < x->count; i++) {
        if (!x->records[i].body)
            continue;
        mp_jsonw_object(&x->w);
        mp_jsonw_put_str(&x->w, "id", x->pieces[i]->id);
        for (size_t k = 0; k < MP_COUNT(shown); k++) {
            const mp_json *v = mp_json_get(x->records[i].body, mp_str_from(shown[k]));
            if (v)
                mp_jsonw_put_value(&x->w, shown[k], v);
        }
        mp_jsonw_end(&x->w);
    }
    mp_jsonw_end(&x->w);
}

/* What the room above says, without when it was asked. */
static mp_code read_statement(const mp_json **out, indexing *x, mp_error *err)
{
    const mp_evidence_room *room = mp_evidence_of(x->app);
    const mp_json *all;
    mp_jsonw w;
    *out = NULL;
    if (!room->world || !room->world->statement)
        return MP_OK;
    MP_TRY(room->world->statement(&all, x->app, x->asked, x->arena, err));
    mp_jsonw_init(&w, x->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, all))
        if (!mp_str_eq(mp_json_str(key), MP_S("asOf"))) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code write(indexing *x, mp_error *err)
{
    const mp_json *statement;
    MP_TRY(read_statement(&statement, x, err));
    mp_jsonw_init(&x->w, x->arena);
    mp_jsonw_object(&x->w);
    write_about(x);
    mp_jsonw_key(&x->w, MP_S("controls"));
    mp_jsonw_array(&x->w);
    for (size_t i = 0; i < control_count(x->asked); i++)
        if (!control_at(x->asked, i)->is_withdrawn)
            MP_TRY(write_control(x, control_at(x->asked, i), statement, err));
    mp_jsonw_end(&x->w);
    write_files(x);
    if (statement)
        mp_jsonw_put_value(&x->w, "statement", statement);
    mp_jsonw_end(&x->w);
    return MP_OK;
}

static mp_code give(mp_control_index *out, indexing *x, mp_error *err)
{
    mp_str *pieces = MP_ARENA_ARRAY(x->arena, mp_str, x->count + 1),
           *scopes = MP_ARENA_ARRAY(x->arena, mp_str, x->count + 1);
    const mp_json *document = mp_jsonw_done(&x->w);
    out->count = 0;
    /* what it has of the view goes with the view */
    out->document = document && pieces && scopes ? mp_arena_dup_json(x->arena, document) : NULL;
    if (!out->document)
        return mp_no_memory(err);
    for (size_t i = 0; i < x->count; i++) {
        if (!x->records[i].body)
            continue;
        pieces[out->count] = mp_arena_dup(x->arena, x->pieces[i]->id);
        scopes[out->count] = mp_arena_dup(x->arena, x->pieces[i]->scope);
        if (!pieces[out->count].ptr || !scopes[out->count].ptr)
            return mp_no_memory(err);
        out->count++;
    }
    out->pieces = pieces;
    out->scopes = scopes;
    return MP_OK;
}

mp_code mp_control_index_make(mp_control_index *out, mp_app *app, const mp_evidence_asked *asked,
                              mp_arena *arena, mp_error *err)
{
    indexing x = { .app = app, .asked = asked, .arena = arena };
    MP_TRY(mp_evidence_view_take(&x.view, app, asked->as_of, err));
    mp_code code = gather(&x, err);
    if (code == MP_OK)
        code = write(&x, err);
    if (code == MP_OK)
        code = give(out, &x, err);
    mp_map_free(&x.seen);
    mp_evidence_view_drop(x.view);
    return code;
}
