/* SPDX-License-Identifier: Apache-2.0 */
#include "own_frameworks.h"

#include "builtin_frameworks.h"
#include "canonical.h"
#include "jsonw.h"
#include "secret.h"

const mp_kind mp_framework_kind = { .name = "framework" };

/* ---- names ---- */

enum { NAME_MOST = 64 };

/* Small letters, digits, '-' and '.', the first a letter. */
static bool is_name(mp_str s)
{
    if (!s.len || s.len > NAME_MOST || s.ptr[0] < 'a' || s.ptr[0] > 'z')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!(s.ptr[i] >= 'a' && s.ptr[i] <= 'z') && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '-' && s.ptr[i] != '.')
            return false;
    return true;
}

static bool has_stem(mp_str name, mp_str before, mp_str behind)
{
    return name.len > before.len + behind.len && mp_str_starts(name, before) && mp_str_ends(name, behind) &&
           is_name(mp_str_of(name.ptr + before.len, name.len - before.len - behind.len));
}

static mp_code check_names(const mp_own_framework *own, mp_error *err)
{
    if (!is_name(own->id) || mp_str_eq(own->id, MP_S("mappings")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' is no id of a framework; wanted are small letters, digits, '-' and '.', at most %d, a letter first",
                       MP_FMT(own->id), NAME_MOST);
    if (own->documents->count > MP_FRAMEWORK_DOCUMENTS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a framework has at most %d documents", MP_FRAMEWORK_DOCUMENTS);
    for (MP_JSON_MEMBERS(key, own->documents)) {
        mp_str name = mp_json_str(key);
        if (!mp_str_eq(name, MP_S("catalog.json")) && !mp_str_eq(name, MP_S("answers.json")) && !mp_str_eq(name, MP_S("certification.json")) && !has_stem(name, MP_S(""), MP_S(".profile.json")) &&
            !has_stem(name, MP_S("mappings/"), MP_S(".json")))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "/framework/documents/%.*s: a framework has catalog.json, answers.json, certification.json, SCHEME.profile.json and mappings/NAME.json",
                           MP_FMT(name));
    }
    return MP_OK;
}

mp_code mp_own_framework_of(mp_own_framework *out, const mp_json *body, mp_error *err)
{
    mp_own_framework own = { .id = mp_json_get_text(body, "id"), .documents = mp_json_get(body, MP_S("documents")) };
    if (!mp_json_is(own.documents, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "/framework/documents: wanted is an object of documents by name");
    const mp_json *catalog = mp_json_get(mp_json_get(own.documents, MP_S("catalog.json")), MP_S("catalog"));
    own.version = mp_json_get_text(mp_json_get(catalog, MP_S("metadata")), "version");
    MP_TRY(check_names(&own, err));
    if (!catalog)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "/framework/documents/catalog.json: it is missing, or no OSCAL catalogue");
    if (!own.version.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "/framework/documents/catalog.json/catalog/metadata/version: a framework says its version");
    *out = own;
    return MP_OK;
}

/* ---- files ---- */

static const mp_json *catalog_alone(const mp_json *root, mp_str id, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", id);
    mp_jsonw_key(&w, MP_S("documents"));
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "catalog.json", root);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code read_json(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    static const mp_json_options options = { .max_depth = 100, .reject_duplicates = true };
    mp_json_doc   *doc;
    const mp_json *root;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, &options, NULL, err);
    *out = code == MP_OK ? mp_arena_keep_json(arena, root, text) : NULL;
    mp_json_doc_free(doc);
    return code == MP_OK && !*out ? mp_no_memory(err) : code;
}

mp_code mp_own_framework_sent(mp_own_framework *out, mp_str text, mp_str id, mp_arena *arena, mp_error *err)
{
    const mp_json *root;
    MP_TRY(read_json(&root, text, arena, err));
    const mp_json *whole = mp_json_get(root, MP_S("framework"));
    if (mp_json_is(whole, MP_JSON_OBJECT)) {
        MP_TRY(mp_own_framework_of(out, whole, err));
        out->id = id.len ? id : out->id;
        return check_names(out, err);
    }
    if (!mp_json_get(root, MP_S("catalog")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "wanted is {\"framework\": ...}, or an OSCAL document {\"catalog\": ...}");
    if (!id.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a catalogue by itself does not say what the framework is called; say its id");
    const mp_json *body = catalog_alone(root, id, arena);
    return body ? mp_own_framework_of(out, body, err) : mp_no_memory(err);
}

const mp_json *mp_own_framework_body(const mp_own_framework *own, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", own->id);
    mp_jsonw_put_str(&w, "version", own->version);
    mp_jsonw_put_value(&w, "documents", own->documents);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

const mp_json *mp_own_framework_file(const mp_own_framework *own, mp_arena *arena)
{
    mp_jsonw       w;
    const mp_json *body = mp_own_framework_body(own, arena);
    if (!body)
        return NULL;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "framework", body);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_own_framework_builtin(mp_own_framework *out, const mp_framework *f, mp_arena *arena, mp_error *err)
{
    const mp_catalog_document *all;
    size_t                     count;
    mp_jsonw                   w;
    MP_TRY(mp_builtin_documents(&all, &count, arena, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < count; i++) {
        const mp_json *mapping = mp_json_get(all[i].json, MP_S("mapping"));
        bool           is_own = mp_str_starts(all[i].name, f->id) && all[i].name.len > f->id.len && all[i].name.ptr[f->id.len] == '/';
        if (!is_own && !mp_str_eq(mp_json_get_text(mapping, "from"), f->catalog.uuid))
            continue;
        mp_jsonw_key(&w, is_own ? mp_str_skip(all[i].name, f->id.len + 1) : all[i].name);
        mp_jsonw_value(&w, all[i].json);
    }
    mp_jsonw_end(&w);
    *out = (mp_own_framework){ .id = mp_arena_dup(arena, f->id), .version = mp_arena_dup(arena, f->catalog.version), .documents = mp_jsonw_done(&w) };
    return out->id.ptr && out->version.ptr && out->documents ? MP_OK : mp_no_memory(err);
}

/* ---- all of them ---- */

mp_code mp_own_list_read(mp_own_list *out, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    mp_record_page  page;
    mp_record_query query = { .kind = &mp_framework_kind, .limit = MP_FRAMEWORKS_OWN };
    *out = (mp_own_list){ .of = MP_ARENA_ARRAY(arena, mp_own_framework, MP_FRAMEWORKS_OWN + 1) };
    if (!out->of)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(&page, tx, &query, arena, err));
    for (size_t i = 0; i < page.count; i++)
        MP_TRY(mp_own_framework_of(&out->of[out->count++], page.records[i].body, err));
    return MP_OK;
}

static mp_code name_of(mp_str *out, const mp_own_framework *own, mp_str name, mp_arena *arena, mp_error *err)
{
    mp_str folder = MP_S("mappings/");
    *out = mp_str_starts(name, folder) ? mp_arena_printf(arena, "mappings/%.*s/%.*s", MP_FMT(own->id), MP_FMT(mp_str_skip(name, folder.len)))
                                       : mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(own->id), MP_FMT(name));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

static bool is_among(const mp_own_list *own, mp_str id)
{
    for (size_t i = 0; i < own->count; i++)
        if (mp_str_eq(own->of[i].id, id))
            return true;
    return false;
}

mp_code mp_own_list_join(mp_frameworks *out, const mp_own_list *own, mp_arena *arena, mp_error *err)
{
    const mp_catalog_document *builtin;
    size_t                     count, more = 0;
    MP_TRY(mp_builtin_documents(&builtin, &count, arena, err));
    for (size_t i = 0; i < own->count; i++)
        more += own->of[i].documents->count;
    mp_catalog_document *all = MP_ARENA_ARRAY(arena, mp_catalog_document, count + more + 1);
    if (!all)
        return mp_no_memory(err);
    memcpy(all, builtin, count * sizeof *all);
    for (size_t i = 0; i < own->count; i++)
        for (MP_JSON_MEMBERS(key, own->of[i].documents)) {
            all[count].json = key + 1;
            MP_TRY(name_of(&all[count++].name, &own->of[i], mp_json_str(key), arena, err));
        }
    MP_TRY(mp_frameworks_read(out, all, count, arena, err));
    for (size_t i = 0; i < out->count; i++)
        out->of[i].is_own = is_among(own, out->of[i].id);
    return MP_OK;
}

/* ---- changes ---- */

const char *mp_framework_outcome_name(mp_framework_outcome outcome)
{
    static const char *const names[] = { [MP_FRAMEWORK_NEW] = "new", [MP_FRAMEWORK_REPLACED] = "replaced", [MP_FRAMEWORK_UNCHANGED] = "unchanged" };
    return names[outcome];
}

/* Who is measured by it keeps the edition that he was measured by. */
static mp_code check_use(mp_tx *tx, mp_str id, mp_arena *arena, mp_error *err)
{
    const mp_kind   *measures = mp_records_kind(mp_tx_store(tx), MP_S("measure"));
    mp_record_filter filter = { .index = "framework", .op = MP_FILTER_EQ, .value = id };
    mp_record_page   page;
    if (!measures)
        return MP_OK;
    MP_TRY(mp_record_list(&page, tx, &(mp_record_query){ .kind = measures, .filters = &filter, .filter_count = 1, .limit = 1 }, arena, err));
    return page.count == 0 ? MP_OK
                           : mp_fail(err, MP_CONFLICT, MP_NOWHERE, "'%.*s' is used by the measure '%.*s', which keeps its edition; another edition wants an id of its own",
                                     MP_FMT(id), MP_FMT(page.records[0].key));
}

static mp_code is_same(bool *same, const mp_json *a, const mp_json *b, mp_error *err)
{
    mp_buf  x = MP_BUF_INIT, y = MP_BUF_INIT;
    mp_code code = mp_canonical(&x, a, err);
    if (code == MP_OK)
        code = mp_canonical(&y, b, err);
    *same = code == MP_OK && mp_str_eq(mp_buf_str(&x), mp_buf_str(&y));
    mp_buf_free(&x);
    mp_buf_free(&y);
    return code;
}

static mp_code check_size(const mp_json *body, mp_error *err)
{
    mp_buf text = { .limit = MP_FRAMEWORK_BYTES };
    mp_buf_add_json(&text, body);
    bool is_over = text.over_limit, has_failed = text.failed;
    mp_buf_free(&text);
    if (is_over)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a framework has at most %zu MiB", MP_FRAMEWORK_BYTES >> 20);
    return has_failed ? mp_no_memory(err) : MP_OK;
}

/* The name must not hide one that comes with Mapae: "csap-iaas" is a scheme already. */
static mp_code check_id(mp_str id, mp_arena *arena, mp_error *err)
{
    mp_frameworks       builtin;
    const mp_framework *framework;
    const mp_scheme    *scheme;
    MP_TRY(mp_builtin_frameworks(&builtin, arena, err));
    return mp_framework_named(&framework, &scheme, &builtin, id)
               ? mp_fail(err, MP_EXISTS, MP_NOWHERE, "'%.*s' is called so already, and comes with Mapae", MP_FMT(id))
               : MP_OK;
}

/* The others, and it in its place. */
static mp_code put_among(mp_own_list *list, const mp_own_framework *own, mp_error *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (mp_str_eq(list->of[i].id, own->id)) {
            list->of[i] = *own;
            return MP_OK;
        }
    if (list->count == MP_FRAMEWORKS_OWN)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are %d frameworks already, which is the most", MP_FRAMEWORKS_OWN);
    list->of[list->count++] = *own;
    return MP_OK;
}

static mp_code compare_with_stored(mp_framework_outcome *outcome, int64_t *expected, mp_tx *tx, const mp_own_framework *own, const mp_json *body, mp_arena *arena, mp_error *err)
{
    mp_record        record;
    mp_own_framework stored;
    bool             same;
    mp_error         why = { .code = MP_OK };
    mp_code          code = mp_record_get(&record, tx, &mp_framework_kind, own->id, 0, arena, &why);
    *outcome = MP_FRAMEWORK_NEW;
    *expected = MP_NO_VERSION;
    if (code == MP_MISSING)
        return check_id(own->id, arena, err);
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    MP_TRY(mp_own_framework_of(&stored, record.body, err));
    MP_TRY(is_same(&same, record.body, body, err));
    *outcome = same ? MP_FRAMEWORK_UNCHANGED : MP_FRAMEWORK_REPLACED;
    *expected = record.version;
    if (same)
        return MP_OK;
    if (mp_str_eq(stored.version, own->version))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "version %.*s of '%.*s' is there with other contents; what is changed wants another version", MP_FMT(own->version),
                       MP_FMT(own->id));
    return check_use(tx, own->id, arena, err);
}

/* Other tools read what is exported again, and OSCAL wants a UUID of every document. */
static mp_code check_uuids(const mp_own_framework *own, mp_error *err)
{
    static const mp_str models[] = { MP_S_INIT("catalog"), MP_S_INIT("profile") };
    for (MP_JSON_MEMBERS(key, own->documents))
        for (size_t i = 0; i < MP_COUNT(models); i++) {
            const mp_json *root = mp_json_get(key + 1, models[i]);
            mp_str         uuid = mp_json_get_text(root, "uuid");
            if (root && uuid.len && !mp_is_guid(uuid))
                return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s/%.*s: the uuid is '%.*s'; wanted is one such as 5f0c4c1e-8a4e-4f39-9d53-3a2f5c9f1c01",
                               MP_FMT(own->id), MP_FMT(mp_json_str(key)), (int)(uuid.len < 60 ? uuid.len : 60), uuid.ptr);
        }
    return MP_OK;
}

mp_code mp_own_framework_put(mp_framework_outcome *outcome, mp_frameworks *all, mp_tx *tx, const mp_own_framework *own, bool is_trial, mp_arena *arena, mp_error *err)
{
    const mp_json *body = mp_own_framework_body(own, arena);
    mp_own_list    list;
    int64_t        expected;
    if (!body)
        return mp_no_memory(err);
    MP_TRY(check_size(body, err));
    MP_TRY(check_uuids(own, err));
    MP_TRY(compare_with_stored(outcome, &expected, tx, own, body, arena, err));
    MP_TRY(mp_own_list_read(&list, tx, arena, err));
    MP_TRY(put_among(&list, own, err));
    MP_TRY(mp_own_list_join(all, &list, arena, err));
    if (mp_framework_find(all, own->id)->catalog.control_count == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%.*s/catalog.json: a framework has at least one control", MP_FMT(own->id));
    if (is_trial || *outcome == MP_FRAMEWORK_UNCHANGED)
        return MP_OK;
    return mp_record_put(NULL, tx, &mp_framework_kind, own->id, body, expected, err);
}

mp_code mp_own_framework_forget(mp_tx *tx, mp_str id, int64_t expected, mp_arena *arena, mp_error *err)
{
    mp_own_list   list;
    mp_frameworks all;
    size_t        count = 0;
    mp_error      why = { .code = MP_OK };
    MP_TRY(check_use(tx, id, arena, err));
    MP_TRY(mp_own_list_read(&list, tx, arena, err));
    for (size_t i = 0; i < list.count; i++)
        if (!mp_str_eq(list.of[i].id, id))
            list.of[count++] = list.of[i];
    if (count == list.count)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no framework '%.*s' of one's own", MP_FMT(id));
    list.count = count;
    mp_code code = mp_own_list_join(&all, &list, arena, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "another framework maps to '%.*s': %s", MP_FMT(id), why.message);
    return mp_record_delete(tx, &mp_framework_kind, id, expected, err);
}
