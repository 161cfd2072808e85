/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnostics.h"

void mp_diagnostics_init(mp_diagnostics *d, mp_arena *arena)
{
    *d = (mp_diagnostics){ .arena = arena };
}

/* Line number `line` of `text`, without its end. */
static mp_str line_of(mp_str text, uint32_t line)
{
    for (uint32_t n = 1; n < line; n++) {
        size_t end = mp_str_find(text, '\n');
        if (end == SIZE_MAX)
            return MP_S("");
        text = mp_str_skip(text, end + 1);
    }
    size_t end = mp_str_find(text, '\n');
    if (end != SIZE_MAX)
        text.len = end;
    if (text.len && text.ptr[text.len - 1] == '\r')
        text.len--;
    return text;
}

static void add(mp_diagnostics *d, const mp_source_text *source, mp_severity severity, mp_str nearest,
                const mp_error *error)
{
    d->count++;
    if (severity == MP_SEVERITY_ERROR)
        d->errors++;
    else
        d->warnings++;
    if (++d->of_file > MP_DIAGNOSTICS)
        return;
    mp_diagnostic *item = MP_ARENA_NEW(d->arena, mp_diagnostic);
    if (!item) {
        d->failed = true;
        return;
    }
    item->severity = severity;
    item->error = *error;
    item->nearest = nearest;
    item->file = source->file;
    if (error->pos.line)
        item->line = mp_arena_dup(d->arena, line_of(source->text, error->pos.line));
    if (d->last)
        d->last->next = item;
    else
        d->first = item;
    d->last = item;
}

void mp_diagnose_at(mp_diagnostics *d, const mp_source_text *source, mp_severity severity,
                    const mp_json *node, size_t offset, mp_str nearest, const mp_error *error)
{
    mp_error placed = *error;
    if (node && source->root && source->text.ptr) {
        placed.pos = mp_json_locate(source->text, (size_t)(node - source->root));
        if (node->kind == MP_JSON_STRING && placed.pos.line) /* behind the quote, and so many in */
            placed.pos.col += 1 + (uint32_t)offset;
    }
    add(d, source, severity, nearest, &placed);
}

void mp_diagnose_error(mp_diagnostics *d, const mp_source_text *source, const mp_error *error)
{
    add(d, source, MP_SEVERITY_ERROR, MP_S(""), error);
}
