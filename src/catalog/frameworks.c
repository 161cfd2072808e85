/* SPDX-License-Identifier: Apache-2.0 */
#include "frameworks.h"

#include <stdlib.h>

/* ---- names of documents ---- */

#define CATALOG MP_S("catalog.json")
#define ANSWERS MP_S("answers.json")
#define CERTIFICATION MP_S("certification.json")
#define PROFILE MP_S(".profile.json")
#define MAPPINGS MP_S("mappings")

/* What documents of one framework take in memory, beside themselves: a short one may name the same thing any number of times. */
#define MEMORY_MOST ((size_t)64 << 20)

typedef struct document {
    mp_str         folder, file;
    const mp_json *json;
    mp_str         name;
} document;

static int by_name(const void *a, const void *b) { return mp_str_cmp(((const document *)a)->name, ((const document *)b)->name); }

typedef struct reading {
    mp_frameworks *out;
    document      *documents; /* by name */
    size_t         count;
    mp_arena      *arena;
} reading;

static mp_code sort(reading *r, const mp_catalog_document *documents, size_t count, mp_error *err)
{
    r->documents = MP_ARENA_ARRAY(r->arena, document, count + 1);
    if (!r->documents)
        return mp_no_memory(err);
    for (; r->count < count; r->count++) {
        mp_str name = documents[r->count].name;
        size_t slash = mp_str_find(name, '/');
        if (slash == SIZE_MAX || slash == 0)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the document '%.*s' of a framework stands in no folder; wanted is FRAMEWORK/NAME.json", MP_FMT(name));
        r->documents[r->count] = (document){ .folder = mp_str_of(name.ptr, slash), .file = mp_str_skip(name, slash + 1), .json = documents[r->count].json, .name = name };
    }
    qsort(r->documents, count, sizeof *r->documents, by_name);
    for (size_t i = 1; i < count; i++)
        if (mp_str_eq(r->documents[i].name, r->documents[i - 1].name))
            return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there are two documents '%.*s'", MP_FMT(r->documents[i].name));
    return MP_OK;
}

/* The same error, with the document it is about in front. */
static mp_code about(const document *d, mp_code code, const mp_error *why, mp_error *err)
{
    return code == MP_OK || code == MP_NOMEM ? (code == MP_OK ? MP_OK : mp_no_memory(err))
                                             : mp_fail(err, code, MP_NOWHERE, "%.*s: %s", MP_FMT(d->name), why->message);
}

/* ---- catalogues ---- */

static const mp_catalog *catalog_of(void *ctx, mp_str uuid)
{
    const mp_frameworks *all = ctx;
    for (size_t i = 0; i < all->count; i++)
        if (mp_str_eq(all->of[i].catalog.uuid, uuid))
            return &all->of[i].catalog;
    return NULL;
}

static mp_code read_catalog(reading *r, const document *d, mp_error *err)
{
    mp_framework *f = &r->out->of[r->out->count];
    mp_error      why = { .code = MP_OK };
    if (!mp_str_eq(d->file, CATALOG) || mp_str_eq(d->folder, MAPPINGS))
        return MP_OK;
    MP_TRY(about(d, mp_catalog_read(&f->catalog, d->json, r->arena, &why), &why, err));
    if (catalog_of(r->out, f->catalog.uuid))
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%.*s: another catalogue has the uuid '%.*s' too", MP_FMT(d->name), MP_FMT(f->catalog.uuid));
    f->id = d->folder;
    r->out->count++;
    return MP_OK;
}

/* ---- what belongs to one ---- */

static mp_framework *framework_of(reading *r, mp_str id)
{
    for (size_t i = 0; i < r->out->count; i++)
        if (mp_str_eq(r->out->of[i].id, id))
            return &r->out->of[i];
    return NULL;
}

/* Profiles of a framework import its own catalogue, by name or uuid. */
static mp_code find_import(void *ctx, mp_imported *out, mp_str href, mp_error *err)
{
    const mp_framework *f = ctx;
    bool is_named = mp_str_eq(href, CATALOG), is_uuid = mp_str_starts(href, MP_S("#")) && mp_str_eq(mp_str_skip(href, 1), f->catalog.uuid);
    if (!is_named && !is_uuid)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "it imports '%.*s'; wanted is the catalogue of its own framework", MP_FMT(href));
    out->catalog = &f->catalog;
    return MP_OK;
}

static mp_code read_scheme(reading *r, mp_framework *f, const document *d, mp_error *err)
{
    mp_profile_sources sources = { .find = find_import, .ctx = f };
    mp_error           why = { .code = MP_OK };
    if (!f->schemes)
        f->schemes = MP_ARENA_ARRAY(r->arena, mp_scheme, r->count + 1);
    if (!f->schemes)
        return mp_no_memory(err);
    mp_scheme *s = &f->schemes[f->scheme_count++];
    s->id = mp_str_of(d->file.ptr, d->file.len - PROFILE.len);
    return about(d, mp_profile_read(&s->profile, d->json, &sources, r->arena, &why), &why, err);
}

static mp_code read_mapping(reading *r, const document *d, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    if (!r->out->mappings)
        r->out->mappings = MP_ARENA_ARRAY(r->arena, mp_mapping_of, r->count + 1);
    if (!r->out->mappings)
        return mp_no_memory(err);
    return about(d, mp_mapping_of_read(&r->out->mappings[r->out->mapping_count++], d->json, catalog_of, r->out, r->arena, &why), &why, err);
}

static mp_code read_rest(reading *r, const document *d, mp_error *err)
{
    mp_framework *f = framework_of(r, d->folder);
    mp_error      why = { .code = MP_OK };
    if (mp_str_eq(d->folder, MAPPINGS))
        return read_mapping(r, d, err);
    if (!f)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "%.*s: there is no %.*s/catalog.json", MP_FMT(d->name), MP_FMT(d->folder));
    if (mp_str_eq(d->file, CATALOG) || mp_str_eq(d->file, CERTIFICATION))
        return MP_OK;
    if (mp_str_eq(d->file, ANSWERS))
        return about(d, mp_answers_read(&f->answers, d->json, &f->catalog, r->arena, &why), &why, err);
    if (d->file.len > PROFILE.len && mp_str_ends(d->file, PROFILE))
        return read_scheme(r, f, d, err);
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s: a framework has catalog.json, answers.json, certification.json and SCHEME.profile.json", MP_FMT(d->name));
}

/* When all schemes are known. */
static mp_code read_certification(reading *r, const document *d, mp_error *err)
{
    mp_framework *f = framework_of(r, d->folder);
    mp_error      why = { .code = MP_OK };
    if (!f || !mp_str_eq(d->file, CERTIFICATION))
        return MP_OK;
    return about(d, mp_certification_read(&f->certification, d->json, f, r->arena, &why), &why, err);
}

/* Nobody answers what no document speaks of. */
static mp_code fill_gaps(reading *r, mp_error *err)
{
    for (size_t i = 0; i < r->out->count; i++) {
        mp_framework *f = &r->out->of[i];
        if (f->answers.of)
            continue;
        mp_answer *gaps = MP_ARENA_ARRAY(r->arena, mp_answer, f->catalog.control_count + 1);
        if (!gaps)
            return mp_no_memory(err);
        for (size_t k = 0; k < f->catalog.control_count; k++)
            gaps[k] = (mp_answer){ .control = &f->catalog.controls[k], .responsible = MP_OF_BOTH, .is_required = true, .is_gap = true };
        f->answers = (mp_answers){ .of = gaps, .count = f->catalog.control_count };
    }
    return MP_OK;
}

/* All documents, one after the other; those of one framework stand together. */
static mp_code read_each(reading *r, mp_code (*read)(reading *, const document *, mp_error *), mp_error *err)
{
    size_t outer = r->arena->limit, begin = 0;
    for (size_t i = 0; i < r->count; i++) {
        const document *d = &r->documents[i];
        if (i == 0 || !mp_str_eq(d->folder, d[-1].folder))
            begin = r->arena->used;
        bool is_bound = !mp_str_eq(d->folder, MAPPINGS) && (!outer || begin + MEMORY_MOST < outer);
        r->arena->limit = is_bound ? begin + MEMORY_MOST : outer;
        mp_code code = read(r, d, err);
        r->arena->limit = outer;
        if (code == MP_NOMEM && is_bound && r->arena->is_over) {
            r->arena->is_over = false;
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "%.*s: what the framework says takes more than %zu MiB in memory; its schemes repeat or change too much", MP_FMT(d->name),
                           MEMORY_MOST >> 20);
        }
        MP_TRY(code);
    }
    return MP_OK;
}

mp_code mp_frameworks_read(mp_frameworks *out, const mp_catalog_document *documents, size_t count, mp_arena *arena, mp_error *err)
{
    reading r = { .out = out, .arena = arena };
    *out = (mp_frameworks){ .count = 0 };
    MP_TRY(sort(&r, documents, count, err));
    out->of = MP_ARENA_ARRAY(arena, mp_framework, count + 1);
    if (!out->of)
        return mp_no_memory(err);
    MP_TRY(read_each(&r, read_catalog, err));
    MP_TRY(read_each(&r, read_rest, err));
    MP_TRY(read_each(&r, read_certification, err));
    return fill_gaps(&r, err);
}

/* ---- by name ---- */

const mp_framework *mp_framework_find(const mp_frameworks *all, mp_str id)
{
    for (size_t i = 0; i < all->count; i++)
        if (mp_str_eq(all->of[i].id, id))
            return &all->of[i];
    return NULL;
}

const mp_scheme *mp_scheme_find(const mp_framework *framework, mp_str id)
{
    for (size_t i = 0; i < framework->scheme_count; i++)
        if (mp_str_eq(framework->schemes[i].id, id))
            return &framework->schemes[i];
    return NULL;
}

const mp_control *mp_framework_control(const mp_framework *framework, mp_str label)
{
    for (size_t i = 0; i < framework->catalog.control_count; i++)
        if (mp_str_eq_fold(framework->catalog.controls[i].label, label))
            return &framework->catalog.controls[i];
    return mp_catalog_find(&framework->catalog, label);
}
