/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_due.h"

#include <stdlib.h>

typedef struct finding {
    const mp_evidence_view *view;
    const mp_due_question *q;
    mp_arena *arena;
    mp_due_line *lines;
    size_t count, cap;
} finding;

static mp_code add(finding *f, mp_due_line line, mp_error *err)
{
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 64;
        mp_due_line *more = MP_ARENA_ARRAY(f->arena, mp_due_line, cap);
        if (!more)
            return mp_no_memory(err);
        if (f->count)
            memcpy(more, f->lines, f->count * sizeof *more);
        f->lines = more;
        f->cap = cap;
    }
    f->lines[f->count++] = line;
    return MP_OK;
}

/* Evidence that is made anew at a change is missing only where there never was any. */
static bool is_due(const finding *f, const mp_evidence_rule_standing *s)
{
    if (s->freshness != MP_EVIDENCE_FRESH)
        return true;
    return s->until && s->until < f->q->horizon;
}

static mp_code look_at(finding *f, const mp_framework *framework, const mp_control *control,
                       mp_error *err)
{
    const mp_evidence_question q = { .frameworks = f->q->frameworks,
                                     .framework = framework,
                                     .control = control,
                                     .measure = f->q->measure,
                                     .at = f->q->at,
                                     .may_see = f->q->may_see,
                                     .seer = f->q->seer };
    mp_evidence_standing standing;
    MP_TRY(mp_evidence_standing_of(&standing, f->view, &q, f->arena, err));
    for (size_t i = 0; i < standing.count; i++) {
        const mp_evidence_rule_standing *s = &standing.of[i];
        const mp_evidence_use *best = s->count ? &s->pieces[0] : NULL;
        const mp_evidence_piece *piece = best && !best->is_hidden ? best->piece : NULL;
        mp_str owner = piece && piece->owner.len ? piece->owner : mp_answer_of(framework, control)->team;
        if (!is_due(f, s) || (f->q->owner.len && !mp_str_eq_fold(owner, f->q->owner)))
            continue;
        MP_TRY(add(f,
                   (mp_due_line){ framework, control, s->rule, piece,
                                  s->freshness, best ? best->until : 0, owner },
                   err));
    }
    return MP_OK;
}

static mp_code look_at_framework(finding *f, mp_error *err)
{
    const mp_catalog *catalog = &f->q->framework->catalog;
    for (size_t i = 0; i < catalog->control_count; i++) {
        const mp_control *control = &catalog->controls[i];
        if (!control->is_withdrawn &&
            (!f->q->scheme || mp_profile_find(&f->q->scheme->profile, control->id)))
            MP_TRY(look_at(f, f->q->framework, control, err));
    }
    return MP_OK;
}

/* Links stand by target, so each control is met once. */
static mp_code look_at_links(finding *f, mp_error *err)
{
    size_t count;
    const mp_evidence_target *links = mp_evidence_view_links(f->view, &count);
    for (size_t i = 0; i < count; i++) {
        if (i && mp_str_eq(links[i].target, links[i - 1].target))
            continue;
        const mp_framework *framework = mp_framework_find(f->q->frameworks, links[i].framework);
        const mp_control *control =
            framework ? mp_catalog_find(&framework->catalog, links[i].control) : NULL;
        if (control)
            MP_TRY(look_at(f, framework, control, err));
    }
    return MP_OK;
}

static int by_time(const void *a, const void *b)
{
    const mp_due_line *x = a, *y = b;
    if (x->until != y->until)
        return x->until < y->until ? -1 : 1;
    int c = mp_str_cmp(x->framework->id, y->framework->id);
    if (c)
        return c;
    if (x->control != y->control)
        return x->control < y->control ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

mp_code mp_evidence_due(mp_due_line **out, size_t *count, const mp_evidence_view *view,
                        const mp_due_question *question, mp_arena *arena, mp_error *err)
{
    finding f = { .view = view, .q = question, .arena = arena };
    MP_TRY(question->framework ? look_at_framework(&f, err) : look_at_links(&f, err));
    if (f.count)
        qsort(f.lines, f.count, sizeof *f.lines, by_time);
    *out = f.lines;
    *count = f.count;
    return MP_OK;
}

/* ---- a calendar ---- */

/* RFC 5545 3.1: at most 75 bytes a line, not within a character; 3.3.11: what is escaped in a text.
 */
static void add_line(mp_buf *out, const char *name, mp_str text, bool is_text)
{
    size_t at = 0;
    mp_buf line = MP_BUF_INIT;
    out->failed = out->failed || !text.ptr; /* memory was short when it was made */
    mp_buf_add_z(&line, name);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (is_text && (c == '\\' || c == ';' || c == ','))
            mp_buf_add_c(&line, '\\');
        if ((unsigned char)c >= 0x20)
            mp_buf_add_c(&line, c);
        else if (is_text && c == '\n')
            mp_buf_add_z(&line, "\\n");
    }
    for (size_t room = 75; !line.failed && line.len - at > room; room = 74) {
        size_t n = room;
        while (n > 1 && ((unsigned char)line.ptr[at + n] & 0xC0) == 0x80)
            n--;
        mp_buf_add(out, mp_str_of(line.ptr + at, n));
        mp_buf_add_z(out, "\r\n ");
        at += n;
    }
    mp_buf_add(out, mp_str_of(line.ptr + at, line.len - at));
    mp_buf_add_z(out, "\r\n");
    out->failed = out->failed || line.failed;
    mp_buf_free(&line);
}

/* "20261122T090000Z" */
static mp_str stamp_of(char text[MP_CLOCK_SHORT], mp_ticks at)
{
    size_t n = 0;
    mp_clock_format_short(text, at);
    for (size_t i = 0; text[i]; i++)
        if (text[i] != '-' && text[i] != ':')
            text[n++] = text[i];
    text[n] = '\0';
    return mp_str_of(text, n);
}

static void add_task(mp_buf *out, const mp_due_line *l, mp_ticks now, const char *host, bool korean)
{
    mp_arena arena = MP_ARENA_INIT;
    char text[MP_CLOCK_SHORT];
    size_t rule =
        l->rule ? (size_t)(l->rule - mp_answer_of(l->framework, l->control)->evidence) : 0;
    mp_str what =
        l->rule ? mp_words_in(l->rule->name, korean) : mp_words_in(l->control->title, korean);
    const char *word = l->freshness != MP_EVIDENCE_NONE ? (korean ? "증적 갱신" : "Renew evidence")
                                : (korean ? "증적 없음" : "Evidence missing");
    mp_buf_add_z(out, "BEGIN:VTODO\r\n");
    add_line(out,
             "UID:", mp_arena_printf(&arena, "%.*s-%zu@%s", MP_FMT(l->control->id), rule, host),
             false);
    add_line(out, "DTSTAMP:", stamp_of(text, now), false);
    add_line(out, "DUE:", stamp_of(text, l->until ? l->until : now), false);
    add_line(
        out, "SUMMARY:",
        mp_arena_printf(&arena, "%s: %.*s %.*s", word, MP_FMT(l->control->label), MP_FMT(what)),
        true);
    add_line(out, "DESCRIPTION:",
             mp_arena_printf(&arena, "%.*s %.*s\n%.*s%s%.*s", MP_FMT(l->framework->id),
                             MP_FMT(l->control->label), MP_FMT(l->owner), l->piece ? "\n" : "",
                             MP_FMT(l->piece ? l->piece->title : MP_S(""))),
             true);
    mp_buf_add_z(out, "END:VTODO\r\n");
    mp_arena_free(&arena);
}

void mp_due_calendar(mp_buf *out, const mp_due_line *lines, size_t count, mp_ticks now,
                     const char *host, bool korean)
{
    mp_buf_add_z(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Mapae//Evidence//EN\r\n");
    for (size_t i = 0; i < count; i++)
        add_task(out, &lines[i], now, host, korean);
    mp_buf_add_z(out, "END:VCALENDAR\r\n");
}
