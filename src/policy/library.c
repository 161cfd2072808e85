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

/* Texts and nodes of all files live in one arena. One reader is used for all: its nodes are copied, in one
 * piece and just as many as there are, because a reader asks for more room than a file needs and thousands
 * of files are read. A string with escapes lives in the reader and is copied with its node; all others
 * point into the text. */

#define FILE_MAX ((size_t)256 << 20) /* bytes of one file */
#define PARAMETERS_MAX 10000         /* values set for all */

struct mp_library {
    mp_arena     arena;
    mp_json_doc *reader;
    mp_documents docs;
    mp_checks    checks;
    bool         is_made;
};

/* One file, or one value that was read already. */
struct reading {
    mp_library           *lib;
    const mp_source_text *source;
    mp_role               role;
    mp_severity           unknown; /* how a document of no known kind is taken */
};

static mp_code no_memory(mp_error *err)
{
    return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for the policies");
}

mp_code mp_library_new(mp_library **out, mp_error *err)
{
    mp_library *lib = calloc(1, sizeof(*lib));
    if (!lib)
        return no_memory(err);
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
    mp_checks_free(&lib->checks);
    mp_json_doc_free(lib->reader);
    mp_arena_free(&lib->arena);
    free(lib);
}

/* ---- documents ---- */

static mp_code add(const struct reading *r, mp_index *index, mp_str id, mp_str name,
                   const mp_json *node, void *document, mp_error *err)
{
    mp_entry entry = { .role = r->role, .source = r->source, .node = node, .document = document };
    return mp_index_add(index, id, name, &entry, &r->lib->arena, &r->lib->docs.diagnostics, err);
}

static mp_code read_definition(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_definition *d;
    MP_TRY(mp_definition_parse(&d, r->source, node, &r->lib->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.definitions, d->id, d->name, node, d, err);
}

static mp_code read_initiative(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_initiative_document *i;
    MP_TRY(mp_initiative_parse(&i, r->source, node, &r->lib->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.initiatives, i->head.id, i->head.name, node, i, err);
}

static mp_code read_assignment(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_assignment_document *a;
    MP_TRY(mp_assignment_parse(&a, r->source, node, &r->lib->arena, &r->lib->docs.diagnostics, err));
    return add(r, &r->lib->docs.assignments, a->head.id, a->head.name, node, a, err);
}

static mp_code read_exemption(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_exemption *e;
    MP_TRY(mp_exemption_parse(&e, r->source, node, &r->lib->arena, &r->lib->docs.diagnostics, err));
    return e ? add(r, &r->lib->docs.exemptions, e->id, MP_S(""), node, e, err) : MP_OK;
}

static mp_code read_attestation(const struct reading *r, const mp_json *node, mp_error *err)
{
    mp_attestation *a;
    MP_TRY(mp_attestation_parse(&a, r->source, node, &r->lib->arena, &r->lib->docs.diagnostics, err));
    return a ? add(r, &r->lib->docs.attestations, a->id, MP_S(""), node, a, err) : MP_OK;
}

/* The first that says yes reads it. An exemption or attestation may have members of an assignment. */
static const struct {
    bool (*is)(const mp_json *node);
    mp_code (*read)(const struct reading *r, const mp_json *node, mp_error *err);
} kinds[] = {
    { mp_definition_is, read_definition },   { mp_initiative_is, read_initiative },
    { mp_exemption_is, read_exemption },     { mp_attestation_is, read_attestation },
    { mp_assignment_is, read_assignment },
};

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
                    MP_FMT(member_names(&r->lib->arena, node)));
}

static mp_code read_document(const struct reading *r, const mp_json *node, mp_error *err)
{
    for (size_t i = 0; node->kind == MP_JSON_OBJECT && i < MP_COUNT(kinds); i++)
        if (kinds[i].is(node))
            return kinds[i].read(r, node, err);
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

static mp_code read_root(const struct reading *r, const mp_json *root, mp_error *err)
{
    const mp_json *list = list_of(root);
    if (!list)
        return read_document(r, root, err);
    for (MP_JSON_EACH(item, list))
        MP_TRY(read_document(r, item, err));
    return MP_OK;
}

/* Diagnostics are limited for each file, and a failed one means that memory was short. */
static mp_code read_all(const struct reading *r, const mp_json *root, mp_error *err)
{
    assert(!r->lib->is_made); /* checks refer to what was read before */
    r->lib->docs.diagnostics.of_file = 0;
    MP_TRY(read_root(r, root, err));
    return r->lib->docs.diagnostics.failed ? no_memory(err) : MP_OK;
}

/* ---- texts ---- */

static bool holds_text(const mp_json *v) { return v->kind == MP_JSON_STRING || v->kind == MP_JSON_REAL; }

static bool is_inside(mp_str text, const char *p)
{
    return (uintptr_t)p >= (uintptr_t)text.ptr && (uintptr_t)p < (uintptr_t)text.ptr + text.len;
}

/* The nodes as one run of the arena's, and the strings that are not in `text`. */
static const mp_json *keep(mp_arena *arena, const mp_json *root, mp_str text)
{
    size_t   count = mp_json_nodes(root), bytes;
    mp_json *nodes = __builtin_mul_overflow(count, sizeof(*nodes), &bytes) ? NULL
                                                                          : mp_arena_alloc(arena, bytes);
    if (!nodes)
        return NULL;
    memcpy(nodes, root, bytes);
    for (size_t i = 0; i < count; i++) {
        if (!holds_text(&nodes[i]) || is_inside(text, nodes[i].u.text))
            continue;
        mp_str copy = mp_arena_dup(arena, mp_json_str(&nodes[i]));
        if (!copy.ptr)
            return NULL;
        nodes[i].u.text = copy.ptr;
    }
    return nodes;
}

/* Read `text`, which is padded and the arena's. *root is NULL after a diagnostic. */
static mp_code read_json(mp_library *lib, const mp_json **root, mp_str file, mp_str text, mp_error *err)
{
    mp_error       failure = { 0 };
    const mp_json *read;
    mp_code        code = mp_json_read_padded(lib->reader, &read, text, NULL, NULL, &failure);
    *root = NULL;
    if (code == MP_OK) {
        *root = keep(&lib->arena, read, text);
        return *root ? MP_OK : no_memory(err);
    }
    if (code == MP_NOMEM)
        return no_memory(err);
    mp_source_text source = { .file = file, .text = text };
    lib->docs.diagnostics.of_file = 0;
    mp_diagnose_error(&lib->docs.diagnostics, &source, &failure);
    return lib->docs.diagnostics.failed ? no_memory(err) : MP_OK;
}

static mp_code read_padded(mp_library *lib, mp_str file, mp_str text, mp_role role, mp_severity unknown,
                           mp_error *err)
{
    const mp_json *root;
    MP_TRY(read_json(lib, &root, file, text, err));
    if (!root)
        return MP_OK;
    mp_source_text *source = MP_ARENA_NEW(&lib->arena, mp_source_text);
    if (!source)
        return no_memory(err);
    *source = (mp_source_text){ .file = file, .text = text, .root = root };
    struct reading r = { lib, source, role, unknown };
    return read_all(&r, root, err);
}

/* A copy with padding behind it. */
static mp_code copy_padded(mp_library *lib, mp_str *out, mp_str text, mp_error *err)
{
    if (text.len > SIZE_MAX - MP_JSON_PADDING)
        return no_memory(err);
    char *copy = mp_arena_alloc(&lib->arena, text.len + MP_JSON_PADDING);
    if (!copy)
        return no_memory(err);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, MP_JSON_PADDING);
    *out = mp_str_of(copy, text.len);
    return MP_OK;
}

mp_code mp_library_read(mp_library *lib, mp_str file, mp_str text, mp_role role, mp_error *err)
{
    mp_str name = mp_arena_dup(&lib->arena, file), copy;
    if (!name.ptr)
        return no_memory(err);
    MP_TRY(copy_padded(lib, &copy, text, err));
    return read_padded(lib, name, copy, role, MP_SEVERITY_ERROR, err);
}

mp_code mp_library_read_node(mp_library *lib, const mp_source_text *source, const mp_json *node,
                             mp_role role, mp_error *err)
{
    mp_source_text *copy = MP_ARENA_NEW(&lib->arena, mp_source_text);
    if (!copy)
        return no_memory(err);
    *copy = *source;
    struct reading r = { lib, copy, role, MP_SEVERITY_ERROR };
    return read_all(&r, node, err);
}

/* ---- files ---- */

static bool is_test(mp_str path)
{
    return mp_str_ends_fold(path, MP_S(".test.json")) || mp_str_ends_fold(path, MP_S(".tests.json"));
}

static mp_code read_file(mp_library *lib, const char *path, mp_role role, mp_severity unknown,
                         mp_error *err)
{
    mp_str   name = mp_str_from(path), text;
    mp_error failure = { 0 };
    mp_code  code = mp_source_slurp(&text, path, FILE_MAX, &lib->arena, &failure);
    if (code == MP_OK)
        return read_padded(lib, name, text, role, unknown, err);
    if (code != MP_LIMIT) {
        if (err)
            *err = failure;
        return code;
    }
    mp_source_text source = { .file = name };
    lib->docs.diagnostics.of_file = 0;
    mp_diagnose_error(&lib->docs.diagnostics, &source, &failure);
    return lib->docs.diagnostics.failed ? no_memory(err) : MP_OK;
}

mp_code mp_library_read_path(mp_library *lib, const char *path, mp_role role, mp_error *err)
{
    static const char *const suffixes[] = { ".json", NULL };
    const char             **files;
    size_t                   count;
    MP_TRY(mp_source_list(&files, &count, path, suffixes, &lib->arena, err));
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
            return no_memory(err);
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
    return given.name.ptr && given.value ? give(lib, &given, err) : no_memory(err);
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
    if (!source || !name.ptr)
        return no_memory(err);
    MP_TRY(copy_padded(lib, &copy, text, err));
    MP_TRY(mp_json_read_padded(lib->reader, &root, copy, NULL, NULL, err));
    root = keep(&lib->arena, root, copy);
    if (!root)
        return no_memory(err);
    *source = (mp_source_text){ .file = name, .text = copy, .root = root };
    if (root->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_FORMAT, mp_json_locate(copy, 0), "parameters are an object, not %s",
                       mp_json_kind_name((mp_json_kind)root->kind));
    const mp_json *parameters = mp_json_get_fold(root, MP_S("parameters"));
    return give_all(lib, source, mp_json_is(parameters, MP_JSON_OBJECT) ? parameters : root, err);
}

/* ---- asking ---- */

mp_code mp_library_checks(mp_library *lib, const mp_check **checks, uint32_t *count, mp_error *err)
{
    if (!lib->is_made) {
        mp_checks_free(&lib->checks); /* of an attempt that failed */
        MP_TRY(mp_unfold(&lib->checks, &lib->docs, err));
        lib->is_made = true;
    }
    *checks = lib->checks.items;
    *count = lib->checks.count;
    return MP_OK;
}

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
    return &document->head;
}

size_t mp_library_initiatives_resolved(const mp_library *lib)
{
    size_t resolved = 0;
    for (size_t i = 0; i < mp_library_initiative_count(lib); i++) {
        const mp_initiative_document *d = lib->docs.initiatives.read[i];
        uint32_t                      n = 0;
        while (n < d->reference_count && mp_find_definition(&lib->docs, d->references[n].definition_id))
            n++;
        resolved += n == d->reference_count;
    }
    return resolved;
}

const mp_definition *mp_library_find(const mp_library *lib, mp_str id_or_name)
{
    const mp_entry *entry = mp_find_definition(&lib->docs, id_or_name);
    return entry ? entry->document : NULL;
}
