/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_format.h"

#include "jsonw.h"
#include "secret.h"

mp_code mp_manifest_add(mp_manifest *m, const mp_member *member, mp_arena *arena, mp_error *err)
{
    if (m->member_count == m->member_cap) {
        size_t     cap = m->member_cap ? m->member_cap * 2 : 64;
        mp_member *grown = MP_ARENA_ARRAY(arena, mp_member, cap);
        if (!grown)
            return mp_no_memory(err);
        if (m->member_count)
            memcpy(grown, m->members, m->member_count * sizeof *grown);
        m->members = grown;
        m->member_cap = cap;
    }
    m->members[m->member_count++] = *member;
    return MP_OK;
}

/* ---- writing ---- */

static void write_tables(mp_jsonw *w, const mp_manifest *m)
{
    mp_jsonw_key(w, MP_S("tables"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < m->table_count; i++) {
        const mp_backup_table *t = &m->tables[i];
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", t->name);
        mp_jsonw_key(w, MP_S("columns"));
        mp_jsonw_array(w);
        for (size_t k = 0; k < t->column_count; k++)
            mp_jsonw_str(w, t->columns[k]);
        mp_jsonw_end(w);
        mp_jsonw_put_int(w, "rows", (int64_t)t->rows);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void write_members(mp_jsonw *w, const mp_manifest *m, mp_arena *arena)
{
    mp_jsonw_key(w, MP_S("members"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < m->member_count; i++) {
        char hex[65];
        mp_hex(hex, m->members[i].digest, sizeof m->members[i].digest);
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "name", m->members[i].name);
        mp_jsonw_put_int(w, "bytes", (int64_t)m->members[i].bytes);
        mp_jsonw_put_int(w, "rows", (int64_t)m->members[i].rows);
        mp_jsonw_put_str(w, "sha256", mp_arena_dup(arena, mp_str_of(hex, 64)));
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

mp_code mp_manifest_write(mp_buf *out, const mp_manifest *m, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    char     at[MP_CLOCK_TEXT];
    mp_clock_format(at, m->taken_at);
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "format", MP_S("mapae-backup"));
    mp_jsonw_put_int(&w, "version", MP_BACKUP_VERSION);
    mp_jsonw_put_str(&w, "installation", m->installation);
    mp_jsonw_put_str(&w, "takenAt", mp_str_from(at));
    mp_jsonw_key(&w, MP_S("schemas"));
    mp_jsonw_object(&w);
    for (size_t i = 0; i < m->schema_count; i++) {
        mp_jsonw_key(&w, m->schemas[i].name);
        mp_jsonw_int(&w, m->schemas[i].number);
    }
    mp_jsonw_end(&w);
    write_tables(&w, m);
    write_members(&w, m, &arena);
    mp_jsonw_end(&w);
    const mp_json *v = mp_jsonw_done(&w);
    if (v)
        mp_buf_add_json_pretty(out, v, 0);
    mp_arena_free(&arena);
    return v ? mp_buf_check(out, err) : mp_no_memory(err);
}

/* ---- reading ---- */

static mp_code wrong(const char *what, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup's manifest has no valid \"%s\"", what);
}

static bool text_of(mp_str *out, const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    if (!mp_json_is(v, MP_JSON_STRING))
        return false;
    *out = mp_json_str(v);
    return true;
}

static bool count_of(uint64_t *out, const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < 0)
        return false;
    *out = (uint64_t)v->u.integer;
    return true;
}

static mp_code read_schemas(mp_manifest *m, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *v = mp_json_get(root, MP_S("schemas"));
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wrong("schemas", err);
    m->schemas = MP_ARENA_ARRAY(arena, mp_schema_number, v->count + 1u);
    if (!m->schemas)
        return mp_no_memory(err);
    for (MP_JSON_MEMBERS(key, v)) {
        const mp_json *number = key + 1;
        if (!mp_json_is(number, MP_JSON_INT) || number->u.integer < 0 || number->u.integer > INT32_MAX)
            return wrong("schemas", err);
        m->schemas[m->schema_count++] = (mp_schema_number){ mp_json_str(key), (unsigned)number->u.integer };
    }
    return MP_OK;
}

static mp_code read_table(mp_backup_table *t, const mp_json *v, mp_arena *arena, mp_error *err)
{
    const mp_json *columns = mp_json_get(v, MP_S("columns"));
    if (!text_of(&t->name, v, MP_S("name")) || !count_of(&t->rows, v, MP_S("rows")) ||
        !mp_json_is(columns, MP_JSON_ARRAY))
        return wrong("tables", err);
    t->columns = MP_ARENA_ARRAY(arena, mp_str, columns->count + 1u);
    if (!t->columns)
        return mp_no_memory(err);
    for (MP_JSON_EACH(column, columns)) {
        if (column->kind != MP_JSON_STRING)
            return wrong("tables", err);
        t->columns[t->column_count++] = mp_json_str(column);
    }
    return MP_OK;
}

static mp_code read_tables(mp_manifest *m, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *v = mp_json_get(root, MP_S("tables"));
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return wrong("tables", err);
    m->tables = MP_ARENA_ARRAY(arena, mp_backup_table, v->count + 1u);
    if (!m->tables)
        return mp_no_memory(err);
    for (MP_JSON_EACH(table, v))
        MP_TRY(read_table(&m->tables[m->table_count++], table, arena, err));
    return MP_OK;
}

static mp_code read_members(mp_manifest *m, const mp_json *root, mp_arena *arena, mp_error *err)
{
    const mp_json *v = mp_json_get(root, MP_S("members"));
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return wrong("members", err);
    for (MP_JSON_EACH(item, v)) {
        mp_member member = { .bytes = 0 };
        mp_str    hex;
        if (!text_of(&member.name, item, MP_S("name")) || !count_of(&member.bytes, item, MP_S("bytes")) ||
            !count_of(&member.rows, item, MP_S("rows")) || !text_of(&hex, item, MP_S("sha256")) ||
            !mp_unhex(member.digest, sizeof member.digest, hex))
            return wrong("members", err);
        MP_TRY(mp_manifest_add(m, &member, arena, err));
    }
    return MP_OK;
}

static mp_code read_root(mp_manifest *m, const mp_json *root, mp_arena *arena, mp_error *err)
{
    mp_str   format, at;
    uint64_t version = 0;
    if (!text_of(&format, root, MP_S("format")) || !mp_str_eq(format, MP_S("mapae-backup")) ||
        !count_of(&version, root, MP_S("version")))
        return wrong("format", err);
    if (version > MP_BACKUP_VERSION)
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE, "the backup has format %llu; this version of Mapae reads up to %d",
                       (unsigned long long)version, MP_BACKUP_VERSION);
    if (!text_of(&m->installation, root, MP_S("installation")) || !mp_is_guid(m->installation))
        return wrong("installation", err);
    if (!text_of(&at, root, MP_S("takenAt")) || !mp_clock_parse(&m->taken_at, at))
        return wrong("takenAt", err);
    MP_TRY(read_schemas(m, root, arena, err));
    MP_TRY(read_tables(m, root, arena, err));
    return read_members(m, root, arena, err);
}

mp_code mp_manifest_read(mp_manifest *out, mp_str text, mp_arena *arena, mp_error *err)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root = NULL;
    mp_manifest    m = { .taken_at = 0 };
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, NULL, NULL, err);
    if (code != MP_OK && code != MP_NOMEM)
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup's manifest is no JSON text");
    const mp_json *kept = code == MP_OK ? mp_arena_dup_json(arena, root) : NULL;
    if (code == MP_OK && !kept)
        code = mp_no_memory(err);
    mp_json_doc_free(doc);
    MP_TRY(code);
    MP_TRY(read_root(&m, kept, arena, err));
    *out = m;
    return MP_OK;
}
