/* SPDX-License-Identifier: Apache-2.0 */
#include "library.h"

#include <assert.h>
#include <stdlib.h>

#include "assignment.h"
#include "attestation.h"
#include "definition.h"
#include "exemption.h"
#include "source.h"
#include "unfold.h"

/* Texts and nodes of what is held live in one arena. One reader is used for all: its nodes are copied, in one
 * piece and just as many as there are, because a reader asks for more room than a file needs and thousands
 * of files are read. A string with escapes lives in the reader and is copied with its node; all others
 * point into the text.
 *
 * Of what may rest (rest.h) nothing is copied. It is parsed for its faults and its names, into scratch memory
 * that the next file takes over. */

#define FILE_MAX ((size_t)256 << 20) /* bytes of one file */
#define REREAD_MAX ((size_t)1 << 20) /* bytes of a file that is read again; larger ones hold many documents */
#define PARAMETERS_MAX 10000         /* values set for all */

struct mp_library {
    mp_arena     arena;
    mp_json_doc *reader;
    mp_documents docs;
    mp_checks    checks;
    mp_skips     skipped;
    bool         is_made;
    bool         holds_all; /* nothing rests */
};

/* One file, or one value that was read already. */
struct reading {
    mp_library           *lib;
    const mp_source_text *source;
    mp_role               role;
    mp_severity           unknown; /* how a document of no known kind is taken */
    mp_arena             *arena;   /* what is parsed lives there */
    mp_rest               rest;    /* where the document at hand rests afterwards, when it may */
};

mp_code mp_library_new(mp_library **out, mp_error *err)
{
    mp_library *lib = calloc(1, sizeof(*lib));
    if (!lib)
        return mp_no_memory(err);
    lib->docs = (mp_documents){ .arena = &lib->arena,
                                .definitions = MP_INDEX_INIT,
                                .initiatives = MP_INDEX_INIT,
                                .assignments = MP_INDEX_INIT,
                                .exemptions = MP_INDEX_INIT,
                                .attestations = MP_INDEX_INIT };
    mp_diagnostics_init(&lib->docs.diagnostics, &lib->arena);
    mp_code code = mp_json_doc_new(&lib->reader, err);
    if (code != MP_OK) {
        mp_library_free(lib);
        return code;
    }
    *out = lib;
    return MP_OK;
}

void mp_library_free(mp_library *lib)
{
    if (!lib)
        return;
    mp_index_free(&lib->docs.definitions);
    mp_index_free(&lib->docs.initiatives);
    mp_index_free(&lib->docs.assignments);
    mp_index_free(&lib->docs.exemptions);
    mp_index_free(&lib->docs.attestations);
    free(lib->docs.given);
    mp_documents_settle(&lib->docs);
    mp_checks_free(&lib->checks);
    mp_json_doc_free(lib->reader);
    mp_arena_free(&lib->arena);
    free(lib);
}

void mp_library_hold(mp_library *lib) { lib->holds_all = true; }

/* ---- documents ---- */

static mp_code add(const struct reading *r, mp_index *index, mp_str id, mp_str name, mp_str version,
                   const mp_json *node, void *document, mp_error *err)
{
    mp_entry entry = { .role = r->role, .source = r->source, .node = node, .document = document,
                       .rest = r->rest, .version = version };
    if (r->rest.text && version.len && !(entry.version = mp_arena_dup(&r->lib->arena, version)).ptr)
        return mp_no_memory(err);
    return mp_index_add(index, id, name, &entry, &r->lib->docs, err);
}

static mp_code read_definition(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_definition *d;
    MP_TRY(mp_definition_parse(&d, r->source, node, r->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.definitions, d->id, d->name, d->version, node, d, err);
}

static mp_code read_initiative(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_initiative_document *i;
    MP_TRY(mp_initiative_parse(&i, r->source, node, r->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.initiatives, i->head.id, i->head.name, i->head.version, node, i, err);
}

static mp_code read_assignment(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_assignment_document *a;
    MP_TRY(mp_assignment_parse(&a, r->source, node, r->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.assignments, a->head.id, a->head.name, MP_S(""), node, a, err);
}

static mp_code read_exemption(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_exemption *e;
    MP_TRY(mp_exemption_parse(&e, r->source, node, r->arena, &r->lib->docs.diagnostics, err));
    return e ? add(r, &r->lib->docs.exemptions, e->id, MP_S(""), MP_S(""), node, e, err) : MP_OK;
}

static mp_code read_attestation(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_attestation *a;
    MP_TRY(mp_attestation_parse(&a, r->source, node, r->arena, &r->lib->docs.diagnostics, err));
    return a ? add(r, &r->lib->docs.attestations, a->id, MP_S(""), MP_S(""), node, a, err) : MP_OK;
}

/* The first that says yes reads it. An exemption or attestation may have members of an assignment. */
static const struct kind {
    bool (*is)(const mp_json *node);
    mp_code (*read)(const struct reading *r, const mp_json *node, mp_error *err);
    bool may_rest; /* it is of use only when something refers to it */
} kinds[] = {
    { mp_definition_is, read_definition, true },   { mp_initiative_is, read_initiative, true },
    { mp_exemption_is, read_exemption, false },    { mp_attestation_is, read_attestation, false },
    { mp_assignment_is, read_assignment, false },
};

static const struct kind *kind_of(const mp_json *node)
{
    for (size_t i = 0; node->kind == MP_JSON_OBJECT && i < MP_COUNT(kinds); i++)
        if (kinds[i].is(node))
            return &kinds[i];
    return NULL;
}

/* "\"id\", \"name\", ..." of the first members. */
static mp_str member_names(mp_arena *arena, const mp_json *object)
{
    enum { SHOWN = 6, SHOWN_BYTES = 40 };
    mp_str   names = MP_S("");
    uint32_t count = 0;
    for (MP_JSON_MEMBERS(key, object)) {
        mp_str name = mp_json_str(key);
        if (count == SHOWN || name.len > SHOWN_BYTES)
            return mp_arena_printf(arena, "%.*s%s...", MP_FMT(names), count ? ", " : "");
        names = mp_arena_printf(arena, "%.*s%s\"%.*s\"", MP_FMT(names), count ? ", " : "", MP_FMT(name));
        count++;
    }
    return names;
}

static void diagnose_unknown(const struct reading *r, const mp_json *node)
{
    mp_diagnostics *d = &r->lib->docs.diagnostics;
    if (node->kind != MP_JSON_OBJECT)
        mp_diagnose(d, r->source, r->unknown, node, 0, MP_S(""), MP_FORMAT,
                    "no policy document is of type %s", mp_json_kind_name((mp_json_kind)node->kind));
    else if (node->count == 0)
        mp_diagnose(d, r->source, r->unknown, node, 0, MP_S(""), MP_FORMAT,
                    "this is no policy document: it has no members");
    else
        mp_diagnose(d, r->source, r->unknown, node, 0, MP_S(""), MP_FORMAT,
                    "this is no policy document: its members are %.*s",
                    MP_FMT(member_names(r->arena, node)));
}

static mp_code read_document(const struct reading *r, const mp_json *node, mp_error *err)
{
    const struct kind *kind = kind_of(node);
    if (kind)
        return kind->read(r, node, err);
    diagnose_unknown(r, node);
    return MP_OK;
}

/* The array of a document that holds several: itself, or {"value": [...]}. */
static const mp_json *list_of(const mp_json *node)
{
    if (node->kind == MP_JSON_ARRAY)
        return node;
    const mp_json *value = mp_json_get_fold(node, MP_S("value"));
    return mp_json_is(value, MP_JSON_ARRAY) && !mp_json_get_fold(node, MP_S("properties")) ? value : NULL;
}

/* `item` begins `at` bytes into the text, and the next thing `len` bytes behind that. */
static mp_code read_item(const struct reading *list, const mp_json *item, size_t at, size_t len, mp_error *err)
{
    struct reading  r = *list;
    mp_source_text *source = MP_ARENA_NEW(r.arena, mp_source_text);
    if (!source)
        return mp_no_memory(err);
    *source = *list->source;
    source->root = item;
    source->at = at;
    r.source = source;
    if (list->rest.text)
        r.rest = (mp_rest){ list->rest.text, at, len };
    return read_document(&r, item, err);
}

/* Each has its own place in the text, so that finding a node in it does not begin at the first of thousands. */
static mp_code read_list(const struct reading *r, const mp_json *list, mp_error *err)
{
    mp_str text = r->source->text;
    size_t at = r->source->at, before = (size_t)(mp_json_first(list) - r->source->root);
    at += mp_json_offset(mp_str_skip(text, at), before);
    for (MP_JSON_EACH(item, list)) {
        size_t len = mp_json_offset(mp_str_skip(text, at), mp_json_nodes(item));
        MP_TRY(read_item(r, item, at, len, err));
        at += len;
    }
    return MP_OK;
}

/* Diagnostics are limited for each file, and a failed one means that memory was short. */
static mp_code read_all(const struct reading *r, const mp_json *root, mp_error *err)
{
    assert(!r->lib->is_made); /* checks refer to what was read before */
    r->lib->docs.diagnostics.of_file = 0;
    const mp_json *list = list_of(root);
    MP_TRY(list ? read_list(r, list, err) : read_document(r, root, err));
    return r->lib->docs.diagnostics.failed ? mp_no_memory(err) : MP_OK;
}

/* ---- texts ---- */

/* Read `text`, which is padded; *root is the reader's, and NULL after a diagnostic. */
static mp_code read_json(mp_library *lib, const mp_json **root, mp_str file, mp_str text, mp_error *err)
{
    mp_error failure = { 0 };
    mp_code  code = mp_json_read_padded(lib->reader, root, text, NULL, NULL, &failure);
    if (code == MP_OK)
        return MP_OK;
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    *root = NULL;
    mp_source_text source = { .file = file, .text = text };
    lib->docs.diagnostics.of_file = 0;
    mp_diagnose_error(&lib->docs.diagnostics, &source, &failure);
    return lib->docs.diagnostics.failed ? mp_no_memory(err) : MP_OK;
}

/* `text` is the library's. */
static mp_code read_held(mp_library *lib, mp_str file, mp_str text, mp_role role, mp_severity unknown,
                         mp_error *err)
{
    const mp_json *root;
    MP_TRY(read_json(lib, &root, file, text, err));
    if (!root)
        return MP_OK;
    root = mp_arena_keep_json(&lib->arena, root, text);
    mp_source_text *source = root ? MP_ARENA_NEW(&lib->arena, mp_source_text) : NULL;
    if (!source)
        return mp_no_memory(err);
    *source = (mp_source_text){ .file = file, .text = text, .root = root };
    struct reading r = { lib, source, role, unknown, &lib->arena, { 0 } };
    return read_all(&r, root, err);
}

/* A copy with padding behind it. */
static mp_code copy_padded(mp_library *lib, mp_str *out, mp_str text, mp_error *err)
{
    if (text.len > SIZE_MAX - MP_JSON_PADDING)
        return mp_no_memory(err);
    char *copy = mp_arena_alloc(&lib->arena, text.len + MP_JSON_PADDING);
    if (!copy)
        return mp_no_memory(err);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, MP_JSON_PADDING);
    *out = mp_str_of(copy, text.len);
    return MP_OK;
}

/* ---- what may rest ---- */

static bool is_for_rest(const mp_library *lib, mp_role role)
{
    return role == MP_ROLE_REFERENCED && !lib->holds_all;
}

static bool may_rest_alone(const mp_json *document)
{
    const struct kind *kind = kind_of(document);
    return !kind || kind->may_rest;
}

/* A file is held as a whole when it holds, besides what may rest, anything else that is of use. */
static bool may_rest(const mp_json *root)
{
    const mp_json *list = list_of(root);
    if (!list)
        return may_rest_alone(root);
    for (MP_JSON_EACH(item, list))
        if (!may_rest_alone(item))
            return false;
    return true;
}

/* A file of several documents would be read again for each of them. */
static bool has_several(const mp_json *root)
{
    const mp_json *list = list_of(root);
    return list && list->count > 1;
}

/* Read a text that is only referenced. `kept` is the same text when the library has it, else it has no ptr; it
 * is then kept if it must be. */
static mp_code read_to_rest(mp_library *lib, mp_str file, mp_str text, mp_str kept, mp_severity unknown,
                            mp_error *err)
{
    const mp_json *root;
    MP_TRY(read_json(lib, &root, file, text, err));
    if (!root)
        return MP_OK;
    bool rests = may_rest(root);
    if (!kept.ptr && (!rests || has_several(root)))
        MP_TRY(copy_padded(lib, &kept, text, err));
    if (!rests)
        return read_held(lib, file, kept, MP_ROLE_REFERENCED, unknown, err);
    mp_rest_text *place = mp_rest_text_new(&lib->arena, file, text, kept);
    if (!place)
        return mp_no_memory(err);
    mp_source_text source = { .file = file, .text = text, .root = root };
    struct reading r = { lib, &source, MP_ROLE_REFERENCED, unknown, &lib->docs.scratch,
                         { place, 0, text.len } };
    return read_all(&r, root, err);
}

mp_code mp_library_read(mp_library *lib, mp_str file, mp_str text, mp_role role, mp_error *err)
{
    mp_str name = mp_arena_dup(&lib->arena, file), copy;
    if (!name.ptr)
        return mp_no_memory(err);
    MP_TRY(copy_padded(lib, &copy, text, err));
    if (!is_for_rest(lib, role))
        return read_held(lib, name, copy, role, MP_SEVERITY_ERROR, err);
    mp_arena_reset(&lib->docs.scratch);
    return read_to_rest(lib, name, copy, copy, MP_SEVERITY_ERROR, err);
}

mp_code mp_library_read_node(mp_library *lib, const mp_source_text *source, const mp_json *node,
                             mp_role role, mp_error *err)
{
    mp_source_text *copy = MP_ARENA_NEW(&lib->arena, mp_source_text);
    if (!copy)
        return mp_no_memory(err);
    *copy = *source;
    struct reading r = { lib, copy, role, MP_SEVERITY_ERROR, &lib->arena, { 0 } };
    return read_all(&r, node, err);
}

/* ---- files ---- */

static bool is_test(mp_str path)
{
    return mp_str_ends_fold(path, MP_S(".test.json")) || mp_str_ends_fold(path, MP_S(".tests.json"));
}

/* `path` is the library's. */
static mp_code read_file(mp_library *lib, const char *path, mp_role role, mp_severity unknown,
                         mp_error *err)
{
    mp_str   name = mp_str_from(path), text;
    mp_error failure = { 0 };
    bool     for_rest = is_for_rest(lib, role);
    uint64_t size = for_rest ? mp_source_file_size(path) : 0;
    bool     is_kept = size == 0 || size > REREAD_MAX;
    mp_arena_reset(&lib->docs.scratch);
    mp_code code = mp_source_slurp(&text, path, FILE_MAX, is_kept ? &lib->arena : &lib->docs.scratch, &failure);
    if (code == MP_OK)
        return for_rest ? read_to_rest(lib, name, text, is_kept ? text : mp_str_of(NULL, 0), unknown, err)
                        : read_held(lib, name, text, role, unknown, err);
    if (code != MP_LIMIT) {
        if (err)
            *err = failure;
        return code;
    }
    mp_source_text source = { .file = name };
    lib->docs.diagnostics.of_file = 0;
    mp_diagnose_error(&lib->docs.diagnostics, &source, &failure);
    return lib->docs.diagnostics.failed ? mp_no_memory(err) : MP_OK;
}

mp_code mp_library_read_path(mp_library *lib, const char *path, mp_role role, mp_error *err)
{
    static const char *const suffixes[] = { ".json", NULL };
    const char             **files;
    size_t                   count;
    MP_TRY(mp_source_list(&files, &count, path, suffixes, &lib->skipped, &lib->arena, err));
    if (count == 1 && strcmp(files[0], path) == 0) /* it was named, so it is meant to be one */
        return read_file(lib, files[0], role, MP_SEVERITY_ERROR, err);
    for (size_t i = 0; i < count; i++)
        if (!is_test(mp_str_from(files[i])))
            MP_TRY(read_file(lib, files[i], role, MP_SEVERITY_WARNING, err));
    return MP_OK;
}

/* ---- parameters ---- */

static mp_code give(mp_library *lib, const mp_given *given, mp_error *err)
{
    mp_documents *docs = &lib->docs;
    if (docs->given_count == PARAMETERS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "over %d parameters", PARAMETERS_MAX);
    if (docs->given_count == docs->given_cap) {
        size_t    cap = docs->given_cap ? docs->given_cap * 2 : 16;
        mp_given *list = realloc(docs->given, cap * sizeof(*list));
        if (!list)
            return mp_no_memory(err);
        docs->given = list;
        docs->given_cap = cap;
    }
    docs->given[docs->given_count++] = *given;
    return MP_OK;
}

mp_code mp_library_set_parameter(mp_library *lib, mp_str name, const mp_json *value, mp_error *err)
{
    static const mp_source_text nowhere = { .file = MP_S_INIT("parameters") };
    mp_given given = { .name = mp_arena_dup(&lib->arena, name),
                       .value = mp_arena_dup_json(&lib->arena, value),
                       .source = &nowhere };
    return given.name.ptr && given.value ? give(lib, &given, err) : mp_no_memory(err);
}

/* {"value": v}, as parameter files of deployments have it, besides v itself. */
static const mp_json *value_within(const mp_json *v)
{
    const mp_json *value = mp_json_get_fold(v, MP_S("value"));
    return value && v->count == 1 ? value : v;
}

static mp_code give_all(mp_library *lib, const mp_source_text *source, const mp_json *object,
                        mp_error *err)
{
    for (MP_JSON_MEMBERS(key, object)) {
        if (mp_str_eq(mp_json_str(key), MP_S("$schema")))
            continue;
        const mp_json *value = value_within(key + 1);
        mp_given       given = { mp_json_str(key), value, source, value, false };
        MP_TRY(give(lib, &given, err));
    }
    return MP_OK;
}

mp_code mp_library_read_parameters(mp_library *lib, mp_str file, mp_str text, mp_error *err)
{
    const mp_json  *root;
    mp_source_text *source = MP_ARENA_NEW(&lib->arena, mp_source_text);
    mp_str          name = mp_arena_dup(&lib->arena, file), copy;
    assert(!lib->is_made);
    if (!source || !name.ptr)
        return mp_no_memory(err);
    MP_TRY(copy_padded(lib, &copy, text, err));
    MP_TRY(mp_json_read_padded(lib->reader, &root, copy, NULL, NULL, err));
    root = mp_arena_keep_json(&lib->arena, root, copy);
    if (!root)
        return mp_no_memory(err);
    *source = (mp_source_text){ .file = name, .text = copy, .root = root };
    if (root->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_FORMAT, mp_json_locate(copy, 0), "parameters are an object, not %s",
                       mp_json_kind_name((mp_json_kind)root->kind));
    const mp_json *parameters = mp_json_get_fold(root, MP_S("parameters"));
    return give_all(lib, source, mp_json_is(parameters, MP_JSON_OBJECT) ? parameters : root, err);
}

/* ---- asking ---- */

void mp_library_keep_disabled(mp_library *lib) { lib->docs.keeps_disabled = true; }

void mp_library_set_hierarchy(mp_library *lib, const mp_hierarchy *hierarchy) { lib->docs.hierarchy = hierarchy; }

void mp_library_set_now(mp_library *lib, mp_ticks now) { lib->docs.now = now; }

mp_code mp_library_checks(mp_library *lib, const mp_check **checks, uint32_t *count, mp_error *err)
{
    if (!lib->is_made) {
        mp_checks_free(&lib->checks); /* of an attempt that failed */
        MP_TRY(mp_unfold(&lib->checks, &lib->docs, err));
        lib->is_made = true;
        mp_documents_settle(&lib->docs);
        mp_json_doc_free(lib->reader); /* nothing is read from now on but what rests */
        lib->reader = NULL;
    }
    *checks = lib->checks.items;
    *count = lib->checks.count;
    return MP_OK;
}

const mp_skips *mp_library_skipped(const mp_library *lib) { return &lib->skipped; }

const mp_diagnostics *mp_library_diagnostics(const mp_library *lib) { return &lib->docs.diagnostics; }

size_t mp_library_definition_count(const mp_library *lib) { return lib->docs.definitions.read_count; }

const mp_definition *mp_library_definition(const mp_library *lib, size_t i)
{
    return lib->docs.definitions.read[i];
}

size_t mp_library_initiative_count(const mp_library *lib) { return lib->docs.initiatives.read_count; }

const mp_initiative *mp_library_initiative(const mp_library *lib, size_t i)
{
    const mp_initiative_document *document = lib->docs.initiatives.read[i];
    return document ? &document->head : NULL;
}

size_t mp_library_initiatives_resolved(const mp_library *lib)
{
    size_t resolved = 0;
    for (size_t i = 0; i < mp_library_initiative_count(lib); i++) {
        const mp_initiative_document *d = lib->docs.initiatives.read[i];
        uint32_t                      n = 0;
        while (d && n < d->reference_count && mp_find_definition(&lib->docs, d->references[n].definition_id))
            n++;
        resolved += d && n == d->reference_count;
    }
    return resolved;
}

mp_code mp_library_find(const mp_definition **out, mp_library *lib, mp_str id_or_name, mp_error *err)
{
    mp_entry *entry = mp_find_definition(&lib->docs, id_or_name);
    MP_TRY(mp_wake_definition(&lib->docs, entry, err));
    *out = entry ? entry->document : NULL;
    return MP_OK;
}
