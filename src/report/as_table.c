/* SPDX-License-Identifier: Apache-2.0 */
/* The table for a terminal: sums only, top first. Everything that is counted has a word over its
 * column, so colour adds and never tells. Names are wrapped, not cut. Widths are columns of the
 * terminal: Korean takes two for each syllable.
 *
 * States that occur nowhere have no column. Where the rest does not fit, the rare ones share columns.
 * Bars come last on their lines: some terminals give line drawing two columns, and would move
 * whatever stood behind. */
#include "formats.h"

#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "text.h"
#include "utf8.h"
#include "words.h"

#define INDENT 2
#define GAP 2
#define WIDTH_DEFAULT 80
#define WIDTH_MIN 60
#define WIDTH_MAX 160
#define NAME_MIN 22 /* columns that a name should have */
#define NAME_LEAST 14 /* below that the numbers are shortened, then the bars go */
#define ID_MAX 14
#define POLICY_ROWS 20
#define WORST_ROWS 10
#define PROBLEM_ROWS 10

typedef enum style {
    PLAIN,
    BOLD,
    FAINT,
    BAD,
    GOOD,
    WARN,
    STYLE_COUNT
} style;

typedef struct column {
    uint32_t states; /* STATE_BIT of what it counts */
    mp_str   head;
    style    style;
    size_t   width;
} column;

typedef struct screen {
    mp_report             *r;
    mp_buf                *out;
    const mp_scan_summary *s;
    mp_lang                lang;
    size_t                 width;
    size_t                 bar;
    column                 columns[MP_STATE_COUNT];
    size_t                 column_count;
    bool                   compact; /* "12.3k" in columns */
    mp_arena               arena; /* cleaned texts of the section at hand */
} screen;

/* ---- text on a terminal ---- */

static void set_style(screen *sc, style st)
{
    static const char *const codes[STYLE_COUNT] = {
        [PLAIN] = "\033[0m",  [BOLD] = "\033[1m",  [FAINT] = "\033[2m",
        [BAD] = "\033[1;31m", [GOOD] = "\033[32m", [WARN] = "\033[33m",
    };
    if (sc->r->options.color)
        mp_buf_add_z(sc->out, codes[st]);
}

static void styled(screen *sc, style st, mp_str text)
{
    if (st != PLAIN)
        set_style(sc, st);
    mp_buf_add(sc->out, text);
    if (st != PLAIN)
        set_style(sc, PLAIN);
}

static void blanks(screen *sc, size_t n)
{
    while (n--)
        mp_buf_add_c(sc->out, ' ');
}

static void end_line(screen *sc) { mp_buf_add_c(sc->out, '\n'); }

/* `buf`'s text as the arena's; the buffer is freed. */
static mp_str keep(screen *sc, mp_buf *buf)
{
    mp_str text = buf->len ? mp_arena_dup(&sc->arena, mp_buf_str(buf)) : mp_str_of("", 0);
    sc->out->failed |= buf->failed || !text.ptr;
    mp_buf_free(buf);
    return text.ptr ? text : mp_str_of("", 0);
}

static mp_str clean(screen *sc, mp_str s)
{
    mp_buf buf = MP_BUF_INIT;
    mp_escape_plain(&buf, s);
    return keep(sc, &buf);
}

static mp_str say(screen *sc, const char *id, const mp_str *args, size_t count)
{
    mp_buf buf = MP_BUF_INIT;
    mp_say(&buf, sc->lang, id, args, count);
    return keep(sc, &buf);
}

/* A sentence with numbers in it. */
static mp_str say_number(screen *sc, const char *id, uint64_t n)
{
    char   text[MP_NUMBER_TEXT];
    mp_str arg = mp_str_from(mp_words_number(text, n));
    return say(sc, id, &arg, 1);
}

static mp_str number(screen *sc, uint64_t n)
{
    char text[MP_NUMBER_TEXT];
    return clean(sc, mp_str_from(mp_words_number(text, n)));
}

static void left(screen *sc, style st, mp_str text, size_t width)
{
    size_t taken = mp_text_width(text);
    styled(sc, st, text);
    blanks(sc, taken < width ? width - taken : 0);
}

static void right(screen *sc, style st, mp_str text, size_t width)
{
    size_t taken = mp_text_width(text);
    blanks(sc, taken < width ? width - taken : 0);
    styled(sc, st, text);
}

/* The next line of at most `width` columns, taken off `*rest`: broken at a blank, else behind one of
 * /.-_, else where the width ends; at least one character. */
static mp_str take_line(mp_str *rest, size_t width)
{
    size_t taken = 0, pos = 0, blank = 0, joint = 0;
    while (pos < rest->len) {
        uint32_t cp = 0;
        size_t   size = mp_utf8_decode(&cp, rest->ptr + pos, rest->len - pos);
        size = size ? size : 1;
        size_t columns = mp_text_width(mp_str_of(rest->ptr + pos, size));
        if (cp == ' ')
            blank = pos;
        if (pos && taken + columns > width)
            break;
        taken += columns;
        pos += size;
        if (cp == '/' || cp == '.' || cp == '-' || cp == '_')
            joint = pos;
    }
    if (pos < rest->len && blank)
        pos = blank;
    else if (pos < rest->len && joint)
        pos = joint;
    mp_str line = mp_str_trim(mp_str_of(rest->ptr, pos));
    *rest = mp_str_trim(mp_str_skip(*rest, pos));
    return line;
}

/* A paragraph whose lines begin `indent` columns from the left. */
static void paragraph(screen *sc, style st, mp_str text, size_t indent)
{
    do {
        blanks(sc, indent);
        styled(sc, st, take_line(&text, sc->width - indent));
        end_line(sc);
    } while (text.len);
}

static void heading(screen *sc, const char *id)
{
    mp_str title = mp_message(sc->lang, id);
    end_line(sc);
    styled(sc, BOLD, title);
    mp_buf_add_c(sc->out, ' ');
    set_style(sc, FAINT);
    for (size_t i = mp_text_width(title) + 1; i < sc->width; i++)
        mp_buf_add_z(sc->out, sc->r->options.ascii ? "-" : "─");
    set_style(sc, PLAIN);
    end_line(sc);
}

/* ---- counts ---- */

static uint64_t count_of(const mp_tally *t, uint32_t states)
{
    uint64_t n = 0;
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        n += states & STATE_BIT(i) ? t->by_state[i] : 0;
    return n;
}

/* Cells of a bar for a part of it: none only for nothing, all only for everything. */
static size_t cells(uint64_t part, uint64_t whole, size_t width)
{
    size_t n = (size_t)((double)part * (double)width / (double)whole + 0.5);
    if (n == width && part < whole)
        n--;
    return n == 0 && part ? 1 : n;
}

static void add_cells(screen *sc, style st, const char *glyph, size_t count)
{
    if (count == 0)
        return;
    set_style(sc, st);
    while (count--)
        mp_buf_add_z(sc->out, glyph);
    set_style(sc, PLAIN);
}

static const char *glyph(const screen *sc, style part)
{
    bool ascii = sc->r->options.ascii;
    switch (part) {
    case GOOD: return ascii ? "#" : "━";
    case PLAIN: return ascii ? "=" : "═"; /* counted as good, but nobody has shown that it is */
    default: return ascii ? "." : "┄";
    }
}

/* What is compliant, what counts like it (exempt, unknown), what does not. */
static void add_bar(screen *sc, const mp_tally *t, size_t width)
{
    uint64_t compliant = t->by_state[MP_STATE_COMPLIANT];
    uint64_t good = compliant + t->by_state[MP_STATE_EXEMPT] + t->by_state[MP_STATE_UNKNOWN];
    uint64_t judged = good + t->by_state[MP_STATE_NON_COMPLIANT] + mp_words_errors(t);
    if (judged == 0 || width == 0)
        return;
    size_t filled = cells(good, judged, width);
    size_t solid = good ? cells(compliant, good, filled) : 0;
    add_cells(sc, GOOD, glyph(sc, GOOD), solid);
    add_cells(sc, PLAIN, glyph(sc, PLAIN), filled - solid);
    add_cells(sc, FAINT, glyph(sc, FAINT), width - filled);
}

static style style_of(mp_state state)
{
    switch (state) {
    case MP_STATE_NON_COMPLIANT: return BAD;
    case MP_STATE_ERROR:
    case MP_STATE_CONFLICTING: return WARN;
    default: return PLAIN;
    }
}

static mp_str cell_number(const screen *sc, char text[MP_NUMBER_TEXT], uint64_t n)
{
    return mp_str_from(sc->compact ? mp_words_short_number(text, n) : mp_words_number(text, n));
}

static void add_column(screen *sc, uint32_t states, mp_str head, style st, const mp_tally *largest)
{
    char   text[MP_NUMBER_TEXT];
    size_t width = cell_number(sc, text, count_of(largest, states)).len;
    if (sc->compact && count_of(largest, states) >= 10000)
        width = 6; /* a smaller number may be longer: 999.9k, 1.0M */
    size_t head_width = mp_text_width(head);
    sc->columns[sc->column_count++] =
        (column){ states, head, st, GAP + (width > head_width ? width : head_width) };
}

static size_t columns_width(const screen *sc)
{
    size_t width = 0;
    for (size_t i = 0; i < sc->column_count; i++)
        width += sc->columns[i].width;
    return width;
}

/* `merged`: errors in one column, and whatever says neither good nor bad in another. */
static void choose_columns(screen *sc, const mp_tally *all, bool merged)
{
    static const uint32_t apart[] = {
        STATE_BIT(MP_STATE_NON_COMPLIANT), STATE_BIT(MP_STATE_COMPLIANT),
        STATE_BIT(MP_STATE_ERROR),         STATE_BIT(MP_STATE_CONFLICTING),
        STATE_BIT(MP_STATE_EXEMPT),        STATE_BIT(MP_STATE_UNKNOWN),
        STATE_BIT(MP_STATE_PROTECTED),     STATE_BIT(MP_STATE_NOT_EVALUATED),
    };
    static const uint32_t together[] = {
        STATE_BIT(MP_STATE_NON_COMPLIANT),
        STATE_BIT(MP_STATE_COMPLIANT),
        STATE_BIT(MP_STATE_ERROR) | STATE_BIT(MP_STATE_CONFLICTING),
        STATE_BIT(MP_STATE_EXEMPT),
        STATE_BIT(MP_STATE_UNKNOWN) | STATE_BIT(MP_STATE_PROTECTED) |
            STATE_BIT(MP_STATE_NOT_EVALUATED),
    };
    const uint32_t *sets = merged ? together : apart;
    size_t          count = merged ? MP_COUNT(together) : MP_COUNT(apart);
    sc->column_count = 0;
    for (size_t i = 0; i < count; i++) {
        mp_state first = (mp_state)__builtin_ctz(sets[i]);
        bool     single = sets[i] == STATE_BIT(first);
        mp_str   head = mp_words_state_short(sc->lang, first);
        if (!single && first != MP_STATE_ERROR)
            head = mp_message(sc->lang, "report.state.short.other");
        if (i < 2 || count_of(all, sets[i]))
            add_column(sc, sets[i], head, style_of(first), all);
    }
}

static size_t name_width(const screen *sc, size_t id_width)
{
    size_t taken = INDENT + (id_width ? id_width + GAP : 0) + GAP + 6 + GAP + sc->bar +
                   columns_width(sc);
    return taken + 8 < sc->width ? sc->width - taken : 8;
}

static void lay_out(screen *sc)
{
    size_t id_width = sc->s->group_count ? 6 : 0;
    sc->bar = sc->width >= 100 ? 14 : 8;
    choose_columns(sc, &sc->s->pairs, false);
    if (name_width(sc, id_width) < NAME_MIN)
        choose_columns(sc, &sc->s->pairs, true);
    if (name_width(sc, id_width) < NAME_LEAST) {
        sc->compact = true;
        choose_columns(sc, &sc->s->pairs, true);
    }
    if (name_width(sc, id_width) < NAME_LEAST)
        sc->bar = 0;
}

static void table_head(screen *sc, mp_str title, size_t id_width)
{
    size_t room = name_width(sc, id_width) + (id_width ? id_width + GAP : 0);
    if (mp_text_width(title) > room) { /* a line of its own */
        paragraph(sc, FAINT, title, INDENT);
        title = mp_str_of("", 0);
    }
    set_style(sc, FAINT);
    blanks(sc, INDENT);
    left(sc, PLAIN, title, room + GAP);
    right(sc, PLAIN, mp_message(sc->lang, "report.table.score"), 6);
    for (size_t i = 0; i < sc->column_count; i++)
        right(sc, PLAIN, sc->columns[i].head, sc->columns[i].width);
    set_style(sc, PLAIN);
    end_line(sc);
}

static void row_numbers(screen *sc, const mp_tally *t)
{
    char text[MP_NUMBER_TEXT], percent[MP_NUMBER_TEXT + 2];
    snprintf(percent, sizeof percent, "%s%s", mp_words_percent(text, t),
             mp_tally_percent(t) < 0 ? " " : "%");
    blanks(sc, GAP);
    right(sc, PLAIN, mp_str_from(percent), 6);
    for (size_t i = 0; i < sc->column_count; i++) {
        uint64_t n = count_of(t, sc->columns[i].states);
        mp_str   shown = n ? cell_number(sc, text, n) : MP_S("-");
        right(sc, n ? sc->columns[i].style : FAINT, shown, sc->columns[i].width);
    }
    blanks(sc, mp_tally_percent(t) < 0 || sc->bar == 0 ? 0 : GAP);
    add_bar(sc, t, sc->bar);
}

/* id, name and numbers; what does not fit goes on below its own column. */
static void table_row(screen *sc, mp_str id, size_t id_width, mp_str name, const mp_tally *t)
{
    size_t width = name_width(sc, id_width);
    for (bool first = true; first || name.len || id.len; first = false) {
        blanks(sc, INDENT);
        if (id_width) {
            left(sc, PLAIN, take_line(&id, id_width), id_width);
            blanks(sc, GAP);
        }
        mp_str line = take_line(&name, width);
        if (first) {
            left(sc, PLAIN, line, width);
            row_numbers(sc, t);
        } else {
            styled(sc, PLAIN, line);
        }
        end_line(sc);
    }
}

/* ---- sections ---- */

static void print_inputs(screen *sc)
{
    mp_buf line = MP_BUF_INIT;
    for (size_t i = 0; i < sc->r->options.input_count; i++) {
        if (i)
            mp_buf_add(&line, MP_S(", "));
        mp_escape_plain(&line, sc->r->options.inputs[i]);
    }
    if (line.len)
        paragraph(sc, PLAIN, keep(sc, &line), 0);
    else
        mp_buf_free(&line);
}

static void print_header(screen *sc)
{
    const mp_scan_summary *s = sc->s;
    char                   at[MP_NUMBER_TEXT];
    mp_str                 time = mp_str_from(mp_words_time(at, s->started));
    mp_str                 title = mp_message(sc->lang, "report.title");
    left(sc, BOLD, title, sc->width - mp_text_width(time));
    styled(sc, FAINT, time);
    end_line(sc);
    print_inputs(sc);
    mp_str args[] = { number(sc, s->documents), number(sc, mp_words_policy_count(s)),
                      number(sc, s->initiative_count), number(sc, s->group_count) };
    paragraph(sc, FAINT, say(sc, "report.table.scope", args, 4), 0);
}

/* "61.8%  bar", and every state that occurs by its whole name. */
static void print_overall(screen *sc)
{
    const mp_tally *t = &sc->s->resources;
    char            text[MP_NUMBER_TEXT];
    heading(sc, "report.table.overall");
    if (mp_tally_percent(t) < 0) {
        paragraph(sc, PLAIN, mp_message(sc->lang, mp_words_no_score(t)), INDENT);
        return;
    }
    mp_str percent = mp_str_from(mp_words_percent(text, t));
    blanks(sc, INDENT);
    styled(sc, BOLD, percent);
    styled(sc, BOLD, MP_S("%"));
    blanks(sc, GAP);
    size_t taken = INDENT + percent.len + 1 + GAP;
    size_t bar = sc->width - taken;
    add_bar(sc, t, bar > 60 ? 60 : bar);
    end_line(sc);
    mp_buf line = MP_BUF_INIT;
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        if (!t->by_state[i])
            continue;
        mp_buf_add_z(&line, line.len ? ", " : "");
        mp_str args[] = { mp_words_state(sc->lang, (mp_state)i), number(sc, t->by_state[i]) };
        mp_say(&line, sc->lang, "report.table.state", args, 2);
    }
    mp_str states = keep(sc, &line);
    mp_str args[] = { number(sc, mp_tally_total(t)), states };
    paragraph(sc, PLAIN, say(sc, "report.table.resources", args, 2), INDENT);
    if (sc->s->pairs.by_state[MP_STATE_EXEMPT] + sc->s->pairs.by_state[MP_STATE_UNKNOWN] == 0)
        return;
    mp_str marks[] = { mp_str_from(glyph(sc, GOOD)), mp_str_from(glyph(sc, PLAIN)),
                       mp_str_from(glyph(sc, FAINT)) };
    paragraph(sc, FAINT, say(sc, "report.table.legend", marks, 3), INDENT);
}

static void print_initiatives(screen *sc)
{
    const mp_scan_summary *s = sc->s;
    if (s->initiative_count == 0)
        return;
    heading(sc, "report.initiatives");
    table_head(sc, mp_message(sc->lang, "report.initiative"), 0);
    for (uint32_t i = 0; i < s->initiative_count; i++)
        table_row(sc, mp_str_of("", 0), 0,
                  clean(sc, mp_words_initiative(sc->lang, &s->initiatives[i])),
                  &s->initiatives[i].resources);
}

static bool has_anything(const mp_scan_group *g) { return mp_tally_total(&g->resources) > 0; }

static size_t group_id_width(const screen *sc, uint32_t initiative)
{
    size_t width = 0;
    for (uint32_t i = 0; i < sc->s->group_count; i++) {
        const mp_scan_group *g = &sc->s->groups[i];
        size_t               w = mp_text_width(mp_words_group_label(sc->s, g));
        if (g->initiative == initiative && has_anything(g) && w > width)
            width = w;
    }
    return width < ID_MAX ? width : ID_MAX;
}

/* The controls of one initiative that met a resource, and the ids of those that met none. */
static void print_groups_of(screen *sc, uint32_t initiative)
{
    const mp_scan_summary *s = sc->s;
    size_t                 id_width = group_id_width(sc, initiative);
    mp_buf                 idle = MP_BUF_INIT;
    uint64_t               idle_count = 0;
    if (id_width)
        table_head(sc, clean(sc, mp_words_initiative(sc->lang, &s->initiatives[initiative])),
                   id_width);
    for (uint32_t i = 0; i < s->group_count; i++) {
        const mp_scan_group *g = &s->groups[i];
        if (g->initiative != initiative)
            continue;
        if (has_anything(g)) {
            table_row(sc, clean(sc, mp_words_group_label(s, g)), id_width, clean(sc, mp_words_group(sc->lang, s, g)),
                      &g->resources);
            continue;
        }
        mp_buf_add_z(&idle, idle_count++ ? ", " : "");
        mp_escape_plain(&idle, mp_words_group_label(s, g));
    }
    mp_str args[] = { number(sc, idle_count), keep(sc, &idle) };
    if (idle_count)
        paragraph(sc, FAINT, say(sc, "report.table.idle", args, 2), INDENT);
}

static bool has_groups(const mp_scan_summary *s, uint32_t initiative)
{
    for (uint32_t i = 0; i < s->group_count; i++)
        if (s->groups[i].initiative == initiative)
            return true;
    return false;
}

static void print_groups(screen *sc)
{
    bool any = false;
    for (uint32_t i = 0; i < sc->s->initiative_count; i++) {
        if (!has_groups(sc->s, i))
            continue;
        if (any)
            end_line(sc);
        else
            heading(sc, "report.controls");
        print_groups_of(sc, i);
        any = true;
    }
}

/* The same policy with the same outcome stands in another initiative, further up. */
static bool is_repeated(const screen *sc, const uint32_t *order, uint32_t at)
{
    const mp_scan_check *c = &sc->s->checks[order[at]];
    for (uint32_t i = at; i-- > 0;) {
        const mp_scan_check *other = &sc->s->checks[order[i]];
        if (other->resources.by_state[0] != c->resources.by_state[0])
            return false; /* the order is by this number */
        if (memcmp(&other->resources, &c->resources, sizeof c->resources) == 0 &&
            mp_str_eq_fold(other->policy_id, c->policy_id))
            return true;
    }
    return false;
}

static void print_policies(screen *sc, const uint32_t *order)
{
    const mp_scan_summary *s = sc->s;
    uint32_t               most = sc->r->options.rows ? sc->r->options.rows : POLICY_ROWS;
    uint32_t               shown = 0, hidden = 0, clear = 0;
    for (uint32_t i = 0; i < s->check_count; i++) {
        const mp_scan_check *c = &s->checks[order[i]];
        bool fails = c->resources.by_state[MP_STATE_NON_COMPLIANT] || mp_words_errors(&c->resources);
        if (!fails) {
            clear += mp_tally_percent(&c->resources) >= 0;
            continue;
        }
        if (is_repeated(sc, order, i))
            continue;
        if (shown == most) {
            hidden++;
            continue;
        }
        if (shown++ == 0) {
            heading(sc, "report.table.policies");
            table_head(sc, mp_message(sc->lang, "report.policy"), 0);
        }
        table_row(sc, mp_str_of("", 0), 0, clean(sc, mp_words_check(sc->lang, c)), &c->resources);
    }
    if (hidden)
        paragraph(sc, FAINT, say_number(sc, "report.table.policies.more", hidden), INDENT);
    if (clear)
        paragraph(sc, FAINT, say_number(sc, "report.table.policies.clear", clear), INDENT);
}

static mp_str worst_checks(screen *sc, const mp_scan_worst *w)
{
    mp_buf   line = MP_BUF_INIT;
    uint32_t listed = 0;
    for (uint32_t i = 0; i < w->check_count; i++) {
        listed++;
        if (mp_words_worst_is_repeated(sc->s, w, i))
            continue;
        mp_buf_add_z(&line, line.len ? "; " : "");
        mp_escape_plain(&line, mp_words_check(sc->lang, &sc->s->checks[w->checks[i]]));
    }
    if (w->non_compliant > listed) {
        mp_str more = number(sc, w->non_compliant - listed);
        mp_buf_add_z(&line, line.len ? "; " : "");
        mp_say(&line, sc->lang, "report.more", &more, 1);
    }
    return keep(sc, &line);
}

#define NAME_MOST 300 /* bytes of a resource's name or type in the table; records hold all of it */

static mp_str clean_name(screen *sc, mp_str name)
{
    if (name.len <= NAME_MOST)
        return clean(sc, name);
    size_t len = NAME_MOST;
    while ((name.ptr[len] & 0xC0) == 0x80) /* not within a character */
        len--;
    mp_buf text = MP_BUF_INIT;
    mp_buf_add(&text, mp_str_of(name.ptr, len));
    mp_buf_add_z(&text, "…");
    return clean(sc, keep(sc, &text));
}

static void print_worst(screen *sc)
{
    const mp_scan_summary *s = sc->s;
    uint32_t               most = sc->r->options.rows ? sc->r->options.rows : WORST_ROWS;
    for (uint32_t i = 0; i < s->worst_count && i < most; i++) {
        const mp_scan_worst *w = &s->worst[i];
        if (w->non_compliant == 0)
            break;
        if (i == 0)
            heading(sc, "report.worst");
        mp_str args[] = { number(sc, w->non_compliant), number(sc, w->total) };
        mp_str count = say(sc, "report.table.of", args, 2);
        size_t count_width = mp_text_width(count) + GAP;
        mp_str name = clean_name(sc, mp_words_worst(w));
        mp_str type = clean_name(sc, w->type);
        size_t room = sc->width - INDENT - count_width;
        size_t name_columns = mp_text_width(name);
        size_t type_columns = mp_text_width(type);
        bool   together = name_columns + GAP + type_columns <= room;
        blanks(sc, INDENT);
        mp_str line = take_line(&name, room);
        styled(sc, BOLD, line);
        size_t taken = mp_text_width(line);
        if (together) {
            blanks(sc, GAP);
            styled(sc, FAINT, type);
            taken += GAP + type_columns;
        }
        blanks(sc, room - taken);
        right(sc, BAD, count, count_width);
        end_line(sc);
        if (name.len)
            paragraph(sc, BOLD, name, INDENT);
        if (!together)
            paragraph(sc, FAINT, type, INDENT + 2);
        mp_str checks = worst_checks(sc, w);
        if (checks.len)
            paragraph(sc, PLAIN, checks, INDENT + 2);
    }
}

/* ---- what was not judged ---- */

static void unjudged_heading(screen *sc, bool *any)
{
    if (!*any)
        heading(sc, "report.unjudged");
    *any = true;
}

/* One state: how many pairs, and under which policies. */
static void print_unjudged_state(screen *sc, mp_state state, bool *any)
{
    enum { TITLES = 4 };
    const mp_scan_summary *s = sc->s;
    uint64_t               policies = 0;
    mp_buf                 titles = MP_BUF_INIT;
    if (s->pairs.by_state[state] == 0)
        return;
    unjudged_heading(sc, any);
    for (uint32_t i = 0; i < s->check_count; i++) {
        if (!s->checks[i].resources.by_state[state])
            continue;
        mp_str title = clean(sc, mp_words_check(sc->lang, &s->checks[i]));
        if (mp_str_find_str(mp_buf_str(&titles), title) != SIZE_MAX)
            continue; /* the same policy in another initiative */
        if (policies++ >= TITLES)
            continue;
        mp_buf_add_z(&titles, titles.len ? "; " : "");
        mp_buf_add(&titles, title);
    }
    if (policies > TITLES) {
        mp_str more = number(sc, policies - TITLES);
        mp_buf_add(&titles, MP_S("; "));
        mp_say(&titles, sc->lang, "report.more", &more, 1);
    }
    mp_str args[] = { mp_words_state(sc->lang, state), number(sc, s->pairs.by_state[state]),
                      keep(sc, &titles) };
    paragraph(sc, style_of(state), say(sc, "report.table.unjudged", args, 2), INDENT);
    paragraph(sc, FAINT, args[2], INDENT + 2);
}

static void print_whole_policies(screen *sc, bool *any)
{
    const mp_scan_summary *s = sc->s;
    mp_buf                 modes = MP_BUF_INIT;
    uint64_t               count = 0;
    for (uint32_t i = 0; i < s->check_count; i++) {
        mp_str why = clean(sc, s->checks[i].not_evaluated);
        if (why.len == 0 || mp_words_is_repeated(s, i))
            continue;
        count++;
        if (mp_str_find_str(mp_buf_str(&modes), why) != SIZE_MAX)
            continue;
        mp_buf_add_z(&modes, modes.len ? ", " : "");
        mp_buf_add(&modes, why);
    }
    mp_str args[] = { number(sc, count), keep(sc, &modes) };
    if (count == 0)
        return;
    unjudged_heading(sc, any);
    paragraph(sc, PLAIN, say(sc, "report.table.policies.whole", args, 2), INDENT);
}

static void print_problems(screen *sc, bool *any)
{
    const mp_scan_summary *s = sc->s;
    if (s->bad_documents == 0 && s->problem_count == 0)
        return;
    unjudged_heading(sc, any);
    uint64_t bad = s->bad_documents > s->problem_count ? s->bad_documents : s->problem_count;
    paragraph(sc, WARN, say_number(sc, "report.bad", bad), INDENT);
    uint32_t shown = s->problem_count < PROBLEM_ROWS ? s->problem_count : PROBLEM_ROWS;
    for (uint32_t i = 0; i < shown; i++) {
        const mp_scan_problem *p = &s->problems[i];
        uint64_t               line = p->pos.line ? p->pos.line : p->origin.line;
        mp_buf                 text = MP_BUF_INIT;
        mp_escape_plain(&text, mp_str_from(p->origin.file ? p->origin.file : "-"));
        if (line)
            mp_buf_printf(&text, ":%llu", (unsigned long long)line);
        if (p->pos.line && p->pos.col)
            mp_buf_printf(&text, ":%u", p->pos.col);
        mp_buf_add(&text, MP_S(": "));
        mp_buf message = MP_BUF_INIT;
        mp_say_sentence(&message, sc->lang, p->message);
        mp_escape_plain(&text, mp_buf_str(&message));
        text.failed |= message.failed;
        mp_buf_free(&message);
        paragraph(sc, PLAIN, keep(sc, &text), INDENT + 2);
    }
    if (bad > shown)
        paragraph(sc, FAINT, say_number(sc, "report.more", bad - shown), INDENT + 2);
}

static void print_unjudged(screen *sc)
{
    static const mp_state states[] = { MP_STATE_ERROR, MP_STATE_CONFLICTING, MP_STATE_UNKNOWN,
                                       MP_STATE_NOT_EVALUATED };
    bool any = false;
    for (size_t i = 0; i < MP_COUNT(states); i++)
        print_unjudged_state(sc, states[i], &any);
    print_whole_policies(sc, &any);
    if (sc->s->policy_errors) {
        unjudged_heading(sc, &any);
        paragraph(sc, WARN, say_number(sc, "report.policy-errors", sc->s->policy_errors), INDENT);
    }
    print_problems(sc, &any);
    if (sc->s->without_policy) {
        unjudged_heading(sc, &any);
        paragraph(sc, PLAIN, say_number(sc, "report.without_policy", sc->s->without_policy), INDENT);
    }
    if (sc->s->duplicates) {
        unjudged_heading(sc, &any);
        paragraph(sc, PLAIN, say_number(sc, "report.duplicates", sc->s->duplicates), INDENT);
    }
    if (sc->s->absent) {
        unjudged_heading(sc, &any);
        paragraph(sc, PLAIN, say_number(sc, "report.gone", sc->s->absent), INDENT);
    }
}

static void print_closing(screen *sc)
{
    const mp_scan_summary *s = sc->s;
    mp_buf                 time = MP_BUF_INIT;
    mp_words_duration(&time, sc->lang, s->seconds);
    mp_str args[] = { number(sc, mp_tally_total(&s->resources)),
                      number(sc, mp_tally_total(&s->pairs)),
                      number(sc, s->pairs.by_state[MP_STATE_NON_COMPLIANT]), keep(sc, &time) };
    end_line(sc);
    paragraph(sc, BOLD, say(sc, "report.table.closing", args, 4), 0);
}

static mp_code table_end(mp_report *r, mp_error *err)
{
    uint32_t  width = r->options.width ? r->options.width : WIDTH_DEFAULT;
    uint32_t *order = mp_words_checks_worst_first(r->summary);
    if (!order)
        return mp_no_memory(err);
    screen sc = {
        .r = r,
        .out = &r->out,
        .s = r->summary,
        .lang = r->options.lang,
        .width = width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width,
        .arena = MP_ARENA_INIT,
    };
    lay_out(&sc);
    print_header(&sc);
    print_overall(&sc);
    print_initiatives(&sc);
    print_groups(&sc);
    print_policies(&sc, order);
    print_worst(&sc);
    print_unjudged(&sc);
    print_closing(&sc);
    mp_arena_free(&sc.arena);
    free(order);
    return MP_OK; /* what failed is remembered by r->out */
}

const mp_report_format mp_report_table = {
    .name = "table",
    .media_type = "text/plain; charset=utf-8",
    .extension = "txt",
    .states = 0,
    .end = table_end,
};
