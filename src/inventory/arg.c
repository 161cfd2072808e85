/* SPDX-License-Identifier: Apache-2.0 */
/* Azure Resource Graph. Its rows are Azure documents with lower-case types, an empty string where
 * nothing manages a resource and null in columns that do not apply: all of that stays as it is. The
 * older table form gives the column names once and rows as arrays. */
#include "internal.h"

#define COLUMNS_BYTES ((size_t)1 << 20) /* of the text that names them */

mp_code mp_graph_prepare(mp_container *c, const mp_shape *shape, mp_error *err)
{
    mp_view data = shape->seen[MP_SEEN_DATA];
    if (mp_view_first(data) == '[') {
        mp_container_start(c, data.raw);
        return MP_OK;
    }
    mp_str columns = mp_cut_member(data.raw, MP_S("columns"));
    mp_str rows = mp_cut_member(data.raw, MP_S("rows"));
    if (columns.len > COLUMNS_BYTES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the columns of a Resource Graph table are over %zu bytes",
                       COLUMNS_BYTES);
    MP_TRY(mp_json_doc_new(&c->doc, err));
    MP_TRY(mp_json_read_padded(c->doc, &c->columns, columns, NULL, NULL, err));
    if (!mp_json_is(c->columns, MP_JSON_ARRAY) || rows.len == 0 || rows.ptr[0] != '[')
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a Resource Graph table has no array of columns, or no array of rows");
    for (MP_JSON_EACH(column, c->columns))
        if (!mp_json_is(mp_json_get(column, MP_S("name")), MP_JSON_STRING))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                           "a column of a Resource Graph table has no name");
    mp_container_start(c, rows);
    return MP_OK;
}

static mp_code build_row(const mp_json **out, const mp_json *row, const mp_json *columns,
                         mp_arena *arena, mp_error *err)
{
    if (!mp_json_is(row, MP_JSON_ARRAY) || row->count != columns->count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "found a row of %u values; the table has %u columns",
                       mp_json_is(row, MP_JSON_ARRAY) ? row->count : 0, columns->count);
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    const mp_json *cell = mp_json_first(row);
    for (MP_JSON_EACH(column, columns)) {
        mp_jsonw_key(&w, mp_json_str(mp_json_get(column, MP_S("name"))));
        mp_jsonw_value(&w, cell);
        cell = mp_json_next(cell);
    }
    return mp_build_end(out, &w, err);
}

mp_code mp_graph_row_read(mp_resource *out, const mp_json *row, const mp_json *columns,
                          mp_arena *arena, mp_error *err)
{
    if (columns)
        MP_TRY(build_row(&row, row, columns, arena, err));
    return mp_azure_read(out, row, arena, err);
}
