/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_difference.h"

#include "framework_show.h"
#include "map.h"

static const char *const names[] = { [MP_DIFFERS_REMOVED] = "removed", [MP_DIFFERS_ADDED] = "added",     [MP_DIFFERS_MOVED] = "moved",
                                     [MP_DIFFERS_RENAMED] = "renamed", [MP_DIFFERS_CHANGED] = "changed", [MP_DIFFERS_SAME] = "same" };

const char *mp_differs_name(mp_differs what) { return names[what]; }

/* A side: of each control of its catalogue how the side has it, NULL where it does not. */
typedef struct sided {
    const mp_catalog         *catalog;
    const mp_control *const  *has;
    bool                     *is_met; /* a row has it */
} sided;

typedef struct comparing {
    mp_difference        *out;
    sided                 from, to;
    mp_difference_row    *rows;
    size_t                cap;
    size_t               *pair; /* without a mapping */
    mp_arena             *arena;
} comparing;

static mp_code read_side(sided *out, const mp_side *what, mp_arena *arena, mp_error *err)
{
    const mp_catalog  *catalog = &what->framework->catalog;
    const mp_control **has = MP_ARENA_ARRAY(arena, const mp_control *, catalog->control_count + 1);
    out->catalog = catalog;
    out->has = has;
    out->is_met = MP_ARENA_ARRAY(arena, bool, catalog->control_count + 1);
    if (!has || !out->is_met)
        return mp_no_memory(err);
    if (!what->scheme)
        for (size_t i = 0; i < catalog->control_count; i++)
            has[i] = &catalog->controls[i];
    else
        for (size_t i = 0; i < what->scheme->profile.count; i++)
            has[what->scheme->profile.controls[i].base - catalog->controls] = &what->scheme->profile.controls[i].control;
    return MP_OK;
}

static size_t place_of(const sided *s, const mp_control *control) { return (size_t)(control - s->catalog->controls); }

/* ---- rows ---- */

static bool differs(mp_words a, mp_words b)
{
    return a.ko.len && b.ko.len ? !mp_str_eq(a.ko, b.ko) : !mp_str_eq(a.en, b.en);
}

static mp_differs what_of(const mp_difference_row *row)
{
    if (!row->to || !row->from)
        return row->to ? MP_DIFFERS_ADDED : MP_DIFFERS_REMOVED;
    return row->is_relabelled ? MP_DIFFERS_MOVED : row->is_retitled ? MP_DIFFERS_RENAMED : row->is_reworded ? MP_DIFFERS_CHANGED : MP_DIFFERS_SAME;
}

static mp_code add(comparing *c, mp_difference_row row, mp_error *err)
{
    if (c->out->count == c->cap) {
        size_t             cap = c->cap ? 2 * c->cap : 256;
        mp_difference_row *more = MP_ARENA_ARRAY(c->arena, mp_difference_row, cap);
        if (!more)
            return mp_no_memory(err);
        if (c->out->count)
            memcpy(more, c->rows, c->out->count * sizeof *more);
        c->rows = more;
        c->cap = cap;
    }
    if (row.from && row.to) {
        row.is_relabelled = !mp_str_eq_fold(row.from->label, row.to->label);
        row.is_retitled = differs(row.from->title, row.to->title);
        row.is_reworded = differs(row.from->statement, row.to->statement);
    }
    row.what = what_of(&row);
    c->out->sums[row.what]++;
    c->rows[c->out->count++] = row;
    return MP_OK;
}

static mp_code add_pair(comparing *c, size_t from, size_t to, const mp_map_line *line, bool is_turned, mp_error *err)
{
    c->from.is_met[from] = c->to.is_met[to] = true;
    return add(c, (mp_difference_row){ .from = c->from.has[from], .to = c->to.has[to], .line = line, .is_turned = is_turned }, err);
}

/* ---- which belong together ---- */

static mp_code pair_by_mapping(comparing *c, size_t at, mp_error *err)
{
    const mp_mapping_of *m = c->out->mapping;
    bool                 is_turned = m->from != c->from.catalog;
    const mp_map_line   *line;
    for (size_t next = 0; (line = mp_mapping_next(m, &c->from.catalog->controls[at], !is_turned, &next));) {
        size_t to = place_of(&c->to, is_turned ? line->from : line->to);
        if (c->to.has[to])
            MP_TRY(add_pair(c, at, to, line, is_turned, err));
    }
    return MP_OK;
}

/* What two controls have in common that are the same, as one text; empty: this one has nothing of the kind. */
typedef enum likeness { LABEL_AND_KOREAN, LABEL_AND_ENGLISH, KOREAN, ENGLISH, LABEL } likeness;

static mp_code likeness_of(mp_str *out, const mp_control *control, likeness kind, mp_arena *arena, mp_error *err)
{
    bool is_korean = kind == LABEL_AND_KOREAN || kind == KOREAN;
    mp_str label = mp_arena_lower(arena, control->label),
           title = is_korean ? control->title.ko : mp_arena_lower(arena, control->title.en);
    *out = kind == LABEL ? label : title;
    if (kind <= LABEL_AND_ENGLISH && title.len)
        *out = mp_arena_printf(arena, "%.*s\n%.*s", MP_FMT(label), MP_FMT(title));
    bool is_short = (control->label.len && !label.ptr) || (!is_korean && control->title.en.len && !title.ptr) ||
                    (title.len && !out->ptr);
    return is_short ? mp_no_memory(err) : MP_OK;
}

/* Of one likeness: the controls of `to` that have it, each text with a chain of them in their order. */
typedef struct alike {
    likeness kind;
    mp_map   first; /* to the head of the chain: a place of `next`, as index + 1 */
    size_t  *next;  /* index + 1 of the next one; 0: none; heads stand behind the controls */
} alike;

static mp_code alike_read(alike *a, const comparing *c, mp_error *err)
{
    size_t count = c->to.catalog->control_count, heads = count;
    a->next = MP_ARENA_ARRAY(c->arena, size_t, 2 * count + 1);
    if (!a->next)
        return mp_no_memory(err);
    for (size_t k = count; k-- > 0;) {
        mp_str text;
        if (!c->to.has[k] || c->to.is_met[k])
            continue;
        MP_TRY(likeness_of(&text, c->to.has[k], a->kind, c->arena, err));
        size_t *head = text.len ? mp_map_get(&a->first, text) : NULL;
        if (text.len && !head) {
            head = &a->next[heads++];
            *head = 0;
            MP_TRY(mp_map_put(&a->first, text, head, err));
        }
        if (head) {
            a->next[k] = *head;
            *head = k + 1;
        }
    }
    return MP_OK;
}

/* The first of the chain that no other was paired with; SIZE_MAX: none. What was paired is left out for good. */
static mp_code alike_next(size_t *out, alike *a, const comparing *c, const mp_control *control, mp_error *err)
{
    mp_str text;
    MP_TRY(likeness_of(&text, control, a->kind, c->arena, err));
    size_t *head = text.len ? mp_map_get(&a->first, text) : NULL;
    while (head && *head && c->to.is_met[*head - 1])
        *head = a->next[*head - 1];
    *out = head && *head ? *head - 1 : SIZE_MAX;
    return MP_OK;
}

static mp_code match_by(comparing *c, alike *by, size_t count, mp_error *err)
{
    for (size_t n = 0; n < count; n++)
        MP_TRY(alike_read(&by[n], c, err));
    for (size_t i = 0; i < c->from.catalog->control_count; i++) {
        size_t found = SIZE_MAX, next;
        for (size_t n = 0; c->from.has[i] && c->pair[i] == SIZE_MAX && n < count; n++) {
            MP_TRY(alike_next(&next, &by[n], c, c->from.has[i], err));
            found = next < found ? next : found;
        }
        if (found == SIZE_MAX)
            continue;
        c->pair[i] = found;
        c->to.is_met[found] = true;
    }
    return MP_OK;
}

static mp_code match(comparing *c, likeness first, size_t count, mp_error *err)
{
    alike by[2] = { { .kind = first, .first = MP_MAP_INIT }, { .kind = (likeness)(first + 1), .first = MP_MAP_INIT } };
    mp_code code = match_by(c, by, count, err);
    mp_map_free(&by[0].first);
    mp_map_free(&by[1].first);
    return code;
}

static bool are_editions(const mp_difference *d)
{
    return mp_str_eq(mp_framework_family(d->from.framework->id), mp_framework_family(d->to.framework->id));
}

/* Of each control of `from` the one of `to` that is the same; SIZE_MAX: none. The title goes before the label: a number that came to mean
 * something else is not the same control. The label alone says something between editions of one framework only. */
static mp_code match_all(comparing *c, mp_error *err)
{
    size_t count = c->from.catalog->control_count;
    bool   is_one = c->from.catalog == c->to.catalog;
    c->pair = MP_ARENA_ARRAY(c->arena, size_t, count + 1);
    if (!c->pair)
        return mp_no_memory(err);
    for (size_t i = 0; i < count; i++)
        c->pair[i] = is_one && c->to.has[i] ? i : SIZE_MAX;
    if (is_one)
        return MP_OK;
    MP_TRY(match(c, LABEL_AND_KOREAN, 2, err));
    MP_TRY(match(c, KOREAN, 2, err));
    return are_editions(c->out) ? match(c, LABEL, 1, err) : MP_OK;
}

static mp_code pair_one(comparing *c, size_t at, mp_error *err)
{
    if (!c->from.has[at])
        return MP_OK;
    if (c->out->mapping)
        MP_TRY(pair_by_mapping(c, at, err));
    else if (c->pair[at] != SIZE_MAX)
        MP_TRY(add_pair(c, at, c->pair[at], NULL, false, err));
    return c->from.is_met[at] ? MP_OK : add(c, (mp_difference_row){ .from = c->from.has[at] }, err);
}

static const mp_mapping_of *mapping_between(const mp_frameworks *all, const mp_catalog *a, const mp_catalog *b)
{
    for (size_t i = 0; a != b && i < all->mapping_count; i++) {
        const mp_mapping_of *m = &all->mappings[i];
        if ((m->from == a && m->to == b) || (m->from == b && m->to == a))
            return m;
    }
    return NULL;
}

mp_code mp_difference_make(mp_difference *out, const mp_frameworks *all, const mp_side *from, const mp_side *to, mp_arena *arena, mp_error *err)
{
    comparing c = { .out = out, .arena = arena };
    *out = (mp_difference){ .from = *from, .to = *to, .mapping = mapping_between(all, &from->framework->catalog, &to->framework->catalog) };
    MP_TRY(read_side(&c.from, from, arena, err));
    MP_TRY(read_side(&c.to, to, arena, err));
    if (!out->mapping)
        MP_TRY(match_all(&c, err));
    for (size_t i = 0; i < c.from.catalog->control_count; i++)
        MP_TRY(pair_one(&c, i, err));
    for (size_t i = 0; i < c.to.catalog->control_count; i++)
        if (c.to.has[i] && !c.to.is_met[i])
            MP_TRY(add(&c, (mp_difference_row){ .to = c.to.has[i] }, err));
    out->rows = c.rows;
    return MP_OK;
}

/* ---- as JSON ---- */

static void put_side(mp_jsonw *w, const char *name, const mp_side *s)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", s->framework->id);
    if (s->scheme)
        mp_jsonw_put_str(w, "scheme", s->scheme->id);
    mp_words_put(w, "title", s->scheme ? s->scheme->profile.title : s->framework->catalog.title);
    mp_jsonw_put_int(w, "controls", (int64_t)(s->scheme ? s->scheme->profile.count : s->framework->catalog.control_count));
    mp_jsonw_end(w);
}

static void put_control(mp_jsonw *w, const char *name, const mp_side *side, const mp_difference_row *row, const mp_control *control)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", side->framework->id);
    mp_jsonw_put_str(w, "id", control->id);
    mp_jsonw_put_str(w, "label", control->label);
    mp_words_put(w, "title", control->title);
    if (row->what != MP_DIFFERS_SAME)
        mp_words_put(w, "statement", control->statement);
    mp_jsonw_end(w);
}

void mp_difference_row_put(mp_jsonw *w, const mp_difference_row *row)
{
    mp_jsonw_put_str(w, "what", mp_str_from(names[row->what]));
    mp_jsonw_key(w, MP_S("changes"));
    mp_jsonw_array(w);
    if (row->is_relabelled)
        mp_jsonw_str(w, MP_S("label"));
    if (row->is_retitled)
        mp_jsonw_str(w, MP_S("title"));
    if (row->is_reworded)
        mp_jsonw_str(w, MP_S("statement"));
    mp_jsonw_end(w);
    if (row->line) {
        mp_relation relation = row->is_turned ? mp_relation_turned(row->line->relation) : row->line->relation;
        mp_jsonw_put_str(w, "relation", mp_str_from(mp_relation_name(relation)));
        mp_jsonw_put_bool(w, "stated", row->line->is_stated);
        mp_words_put(w, "note", row->line->note);
    }
}

static void put_row(mp_jsonw *w, const mp_difference *d, const mp_difference_row *row)
{
    mp_jsonw_object(w);
    mp_difference_row_put(w, row);
    if (row->from)
        put_control(w, "from", &d->from, row, row->from);
    if (row->to)
        put_control(w, "to", &d->to, row, row->to);
    mp_jsonw_end(w);
}

void mp_difference_show(mp_jsonw *w, const mp_difference *difference, bool with_same)
{
    mp_jsonw_object(w);
    put_side(w, "from", &difference->from);
    put_side(w, "to", &difference->to);
    if (difference->mapping) {
        mp_jsonw_put_str(w, "mapping", difference->mapping->uuid);
        mp_words_put(w, "basis", difference->mapping->basis);
    }
    mp_jsonw_key(w, MP_S("sums"));
    mp_jsonw_object(w);
    for (unsigned i = 0; i < MP_DIFFERS_COUNT; i++)
        mp_jsonw_put_int(w, names[i], (int64_t)difference->sums[i]);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < difference->count; i++)
        if (with_same || difference->rows[i].what != MP_DIFFERS_SAME)
            put_row(w, difference, &difference->rows[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
