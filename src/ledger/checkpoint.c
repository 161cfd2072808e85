/* SPDX-License-Identifier: Apache-2.0 */
#include "checkpoint.h"

#include "secret.h"

#define ROOT_TEXT 44 /* 32 bytes in base64 */

mp_code mp_checkpoint_text(mp_buf *out, const mp_checkpoint *checkpoint, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str   root = mp_base64(&arena, mp_str_of((const char *)checkpoint->root, sizeof checkpoint->root));
    mp_buf_add(out, checkpoint->origin);
    mp_buf_printf(out, "\n%llu\n", (unsigned long long)checkpoint->size);
    mp_buf_add(out, root);
    mp_buf_add_c(out, '\n');
    bool is_made = root.ptr != NULL;
    mp_arena_free(&arena);
    return is_made ? mp_buf_check(out, err) : mp_no_memory(err);
}

/* The line that `text` begins with, which goes on behind it; false: there is none. */
static bool take_line(mp_str *line, mp_str *text)
{
    size_t end = mp_str_find(*text, '\n');
    if (end == SIZE_MAX)
        return false;
    *line = mp_str_of(text->ptr, end);
    *text = mp_str_skip(*text, end + 1);
    return true;
}

/* Decimal, without leading zeros, at most MP_TREE_MAX. */
static bool read_size(uint64_t *out, mp_str digits)
{
    uint64_t value = 0;
    if (digits.len == 0 || digits.len > 19 || (digits.len > 1 && digits.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    *out = value;
    return value <= MP_TREE_MAX;
}

static mp_code read_root(uint8_t out[MP_MERKLE_HASH], mp_str text, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    if (text.len != ROOT_TEXT)
        return mp_fail(err, MP_SYNTAX, ((mp_pos){ 3, 1 }), "the root is %zu characters; wanted %d of base64",
                       text.len, ROOT_TEXT);
    /* With this room at hand, a failure below is the text's. */
    mp_arena_mark mark = mp_arena_save(&arena);
    bool          has_memory = mp_arena_alloc(&arena, 2 * ROOT_TEXT) != NULL;
    mp_arena_restore(&arena, mark);
    mp_str bytes = has_memory ? mp_unbase64(&arena, text) : mp_str_of(NULL, 0);
    bool   is_root = bytes.ptr && bytes.len == MP_MERKLE_HASH;
    if (is_root)
        memcpy(out, bytes.ptr, MP_MERKLE_HASH);
    mp_arena_free(&arena);
    if (!has_memory)
        return mp_no_memory(err);
    return is_root ? MP_OK : mp_fail(err, MP_SYNTAX, ((mp_pos){ 3, 1 }), "the root is no base64 of %d bytes",
                                     MP_MERKLE_HASH);
}

mp_code mp_checkpoint_parse(mp_checkpoint *out, mp_str text, mp_error *err)
{
    mp_checkpoint found = { .size = 0 };
    mp_str        digits, root;
    if (!take_line(&found.origin, &text) || found.origin.len == 0)
        return mp_fail(err, MP_SYNTAX, ((mp_pos){ 1, 1 }), "the checkpoint has no origin");
    if (!take_line(&digits, &text) || !read_size(&found.size, digits))
        return mp_fail(err, MP_SYNTAX, ((mp_pos){ 2, 1 }), "the size of the checkpoint is no number of leaves");
    if (!take_line(&root, &text))
        return mp_fail(err, MP_SYNTAX, ((mp_pos){ 3, 1 }), "the checkpoint has no root");
    MP_TRY(read_root(found.root, root, err));
    mp_str line;
    for (uint32_t n = 4; text.len; n++)
        if (!take_line(&line, &text) || line.len == 0)
            return mp_fail(err, MP_SYNTAX, ((mp_pos){ n, 1 }), "a line of the checkpoint is empty or has no end");
    *out = found;
    return MP_OK;
}

mp_code mp_checkpoint_open(mp_checkpoint *out, bool *signed_by, mp_str note, const mp_verifier *keys, size_t count,
                           mp_error *err)
{
    mp_checkpoint found;
    mp_str        text;
    bool          has_named = false;
    MP_TRY(mp_note_open(&text, signed_by, note, keys, count, err));
    MP_TRY(mp_checkpoint_parse(&found, text, err));
    /* A witness signs many logs; the log's own key signs one. */
    for (size_t i = 0; i < count && !has_named; i++)
        has_named =
            mp_str_eq(keys[i].name, found.origin) && mp_note_open(&text, NULL, note, &keys[i], 1, NULL) == MP_OK;
    if (!has_named)
        return mp_fail(err, MP_FOREIGN, MP_NOWHERE, "the checkpoint of \"%.*s\" is not signed by a key of that name",
                       MP_FMT(found.origin));
    *out = found;
    return MP_OK;
}
