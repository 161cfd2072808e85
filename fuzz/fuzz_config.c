/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as mapae.conf. What is read of it, written down again as whole names with quoted values, gives the same
 * values and no fault; every fault has a place inside the text. */
#include <stdlib.h>

#include "buf.h"
#include "config_file.h"
#include "fuzz.h"

static void require(bool condition)
{
    if (!condition)
        abort();
}

typedef struct found {
    mp_buf   written, seen; /* as a file; name, value and value again, apart by bytes that neither holds */
    unsigned faults;
    mp_pos   end;
} found;

static void require_inside(const found *f, mp_pos at)
{
    require(at.line >= 1 && at.col >= 1 && at.line <= f->end.line);
}

static void on_section(void *ctx, mp_str name, mp_pos at)
{
    require(name.len > 0);
    require_inside(ctx, at);
}

static void on_value(void *ctx, mp_str name, mp_pos name_at, mp_str value, mp_pos value_at)
{
    found *f = ctx;
    require_inside(f, name_at);
    require(value_at.line == name_at.line && value_at.col > name_at.col);
    mp_buf_printf(&f->seen, "%.*s\1%.*s\2", MP_FMT(name), MP_FMT(value));
    mp_buf_printf(&f->written, "%.*s = \"", MP_FMT(name));
    for (size_t i = 0; i < value.len; i++)
        mp_buf_printf(&f->written, "%s%c", value.ptr[i] == '"' || value.ptr[i] == '\\' ? "\\" : "", value.ptr[i]);
    mp_buf_add(&f->written, MP_S("\"\n"));
}

static void on_fault(void *ctx, const mp_error *fault)
{
    found *f = ctx;
    f->faults++;
    require(fault->code == MP_SYNTAX && fault->message[0]);
    require_inside(f, fault->pos);
}

static void read_text(found *f, mp_str text)
{
    mp_arena        arena = MP_ARENA_INIT;
    mp_config_lines lines = { f, on_section, on_value, on_fault };
    *f = (found){ .written = MP_BUF_INIT, .seen = MP_BUF_INIT, .end = mp_pos_of_offset(text, text.len) };
    require(mp_config_lines_read(text, &lines, &arena, NULL) == MP_OK);
    mp_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    found once, again;
    read_text(&once, mp_str_of((const char *)data, size));
    read_text(&again, mp_buf_str(&once.written));
    require(again.faults == 0 && mp_str_eq(mp_buf_str(&once.seen), mp_buf_str(&again.seen)));
    mp_buf_free(&once.written);
    mp_buf_free(&once.seen);
    mp_buf_free(&again.written);
    mp_buf_free(&again.seen);
    return 0;
}
