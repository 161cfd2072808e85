/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet_layout.h"

const char *const mp_layout_names[MP_LAYOUT_TABLES] = {
    [MP_LAYOUT_FRAMEWORK] = "framework", [MP_LAYOUT_GROUPS] = "groups",   [MP_LAYOUT_CONTROLS] = "controls", [MP_LAYOUT_SCHEMES] = "schemes",
    [MP_LAYOUT_VARIANTS] = "variants",   [MP_LAYOUT_SOURCES] = "sources", [MP_LAYOUT_MAPPINGS] = "mappings",
    [MP_LAYOUT_CERTIFICATION] = "certification",
};

const mp_layout_head mp_layout_heads[MP_LAYOUT_COLUMNS] = {
#define MP_SHEET_COLUMN(table_, name, head_, korean_) [MP_COLUMN_##table_##_##name] = { .table = MP_LAYOUT_##table_, .head = head_, .korean = korean_ },
#include "sheet_layout.def"
#undef MP_SHEET_COLUMN
};

bool mp_layout_next(mp_str *out, mp_str *rest, char apart, mp_arena *arena)
{
    size_t len = 0, at = 0;
    if (!rest->len)
        return false;
    char *text = mp_arena_alloc(arena, rest->len);
    for (; at < rest->len && rest->ptr[at] != apart; at++) {
        char c = rest->ptr[at];
        if (c == '\\' && at + 1 < rest->len) {
            c = rest->ptr[++at];
            c = c == 'n' ? '\n' : c;
        }
        if (text)
            text[len++] = c;
    }
    *rest = mp_str_skip(*rest, at < rest->len ? at + 1 : at);
    *out = text ? mp_str_trim(mp_str_of(text, len)) : mp_str_of(NULL, 0);
    return true;
}

bool mp_layout_line(mp_str *out, mp_str *rest)
{
    size_t end = mp_str_find(*rest, '\n');
    if (!rest->len)
        return false;
    *out = mp_str_trim(mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end));
    *rest = mp_str_skip(*rest, end == SIZE_MAX ? rest->len : end + 1);
    return true;
}

void mp_layout_add(mp_buf *cell, mp_str element, char apart, bool is_first)
{
    if (!is_first)
        mp_buf_add_c(cell, apart);
    for (size_t i = 0; i < element.len; i++) {
        char c = element.ptr[i];
        if (c == '\n') {
            mp_buf_add_z(cell, "\\n");
            continue;
        }
        if (c == '\\' || c == apart)
            mp_buf_add_c(cell, '\\');
        mp_buf_add_c(cell, c);
    }
}
