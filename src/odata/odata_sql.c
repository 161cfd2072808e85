/* SPDX-License-Identifier: Apache-2.0 */
/* A condition is written from the outside in, `not` being carried down to the single comparisons: so each piece can be left
 * out where it cannot be said, and what is left lets more rows through and never fewer. A piece is
 *
 *   SOME   text that was written
 *   ALL    true of every row, or not to be said: nothing was written
 *   NONE   true of no row: nothing was written
 *
 * and exact, or only implied by the filter. Null is a value like others in a filter, and unknown in SQL; every piece says
 * what it means for null, so it is true or false, and what SQL makes of unknown never counts.
 *
 * Both engines read the same text. Columns of texts hold small letters and are compared bytewise, so a prefix is a range,
 * which an index serves; elsewhere LIKE with '\' before its own signs. */
#include "odata_sql.h"

#include <inttypes.h>

#include "odata_parse.h"

#define TWO_TO_63 9223372036854775808.0
#define LIKE_MAX 8192 /* bytes of what is looked for: SQLite refuses patterns of 50,000 */

typedef enum piece { SOME, ALL, NONE } piece;

typedef struct writing {
    const mp_odata_table *table;
    mp_arena             *arena;
    mp_buf                text;
    mp_cell              *values;
    uint32_t              first, count, most;
    bool                  failed; /* memory was short */
} writing;

typedef struct mark {
    size_t   len;
    uint32_t count;
} mark;

static mark save(const writing *w)
{
    return (mark){ w->text.len, w->count };
}

static void restore(writing *w, mark m)
{
    w->text.len = m.len;
    w->count = m.count;
}

static void add(writing *w, const char *text)
{
    mp_buf_add_z(&w->text, text);
}

static void add_value(writing *w, mp_cell value)
{
    mp_buf_printf(&w->text, "?%" PRIu32, w->first + w->count);
    w->values[w->count++] = value;
}

static bool has_room(const writing *w, uint32_t values)
{
    return values <= w->most - w->count;
}

static mp_cell folded(writing *w, mp_str s)
{
    mp_str text = mp_odata_fold(w->arena, s);
    w->failed = w->failed || !text.ptr;
    return mp_cell_text(text);
}

/* ---- single comparisons ---- */

typedef struct column {
    const char   *sql;
    mp_odata_type type;
    mp_odata_unit unit;
    bool          is_required;
    bool          nulls; /* what the piece shall be where the column is null */
} column;

static column column_for(const mp_odata_field *f)
{
    return (column){ .sql = f->sql, .type = f->type, .unit = f->unit, .is_required = f->is_required };
}

/* Where the column is not null the piece is `truth`. */
static piece constant(writing *w, const column *c, bool truth)
{
    if (truth == c->nulls || c->is_required)
        return truth ? ALL : NONE;
    mp_buf_printf(&w->text, "%s IS %sNULL", c->sql, truth ? "NOT " : "");
    return SOME;
}

static void begin(writing *w, const column *c)
{
    if (c->nulls && !c->is_required)
        mp_buf_printf(&w->text, "(%s IS NULL OR ", c->sql);
}

static void end(writing *w, const column *c)
{
    if (c->nulls && !c->is_required)
        add(w, ")");
}

static const char *const signs[CMP_COUNT] = { [CMP_EQ] = "=",  [CMP_NE] = "<>", [CMP_GT] = ">",
                                              [CMP_GE] = ">=", [CMP_LT] = "<",  [CMP_LE] = "<=" };

static const comparison opposite[CMP_COUNT] = { [CMP_EQ] = CMP_NE, [CMP_NE] = CMP_EQ, [CMP_GT] = CMP_LE,
                                                [CMP_GE] = CMP_LT, [CMP_LT] = CMP_GE, [CMP_LE] = CMP_GT };

static piece compare_value(writing *w, const column *c, comparison op, mp_cell value, bool *exact)
{
    if (!has_room(w, 1)) {
        *exact = false;
        return ALL;
    }
    begin(w, c);
    mp_buf_printf(&w->text, "%s %s ", c->sql, signs[op]);
    add_value(w, value);
    end(w, c);
    return SOME;
}

/* A column of whole numbers against one that may lie between two of them: `floor` is the one below or at it. */
static piece compare_whole(writing *w, const column *c, comparison op, int64_t floor, bool is_whole, bool *exact)
{
    if (!is_whole && op <= CMP_NE)
        return constant(w, c, op == CMP_NE);
    if (!is_whole)
        op = op == CMP_GE ? CMP_GT : op == CMP_LT ? CMP_LE : op;
    return compare_value(w, c, op, mp_cell_int(floor), exact);
}

static bool divide(int64_t *floor, int64_t value, int64_t by)
{
    *floor = value / by - (value % by < 0);
    return value % by == 0;
}

static piece compare_date(writing *w, const column *c, comparison op, mp_ticks date, bool *exact)
{
    int64_t floor = date;
    bool    is_whole = true;
    if (c->unit == MP_ODATA_SECONDS)
        is_whole = divide(&floor, date - TICKS_1970, MP_TICKS_PER_SECOND);
    else if (c->unit == MP_ODATA_MILLISECONDS)
        is_whole = divide(&floor, date - TICKS_1970, MP_TICKS_PER_SECOND / 1000);
    return compare_whole(w, c, op, floor, is_whole, exact);
}

static piece compare_int(writing *w, const column *c, comparison op, const mp_cell *value, bool *exact)
{
    if (value->kind == MP_CELL_INT)
        return compare_value(w, c, op, *value, exact);
    double real = value->u.real; /* no whole number in 64 bits: those became INT */
    if (real >= TWO_TO_63 || real < -TWO_TO_63)
        return constant(w, c, op == CMP_NE || (real > 0 ? op == CMP_LT || op == CMP_LE : op == CMP_GT || op == CMP_GE));
    int64_t floor = (int64_t)real - (real < 0);
    return compare_whole(w, c, op, floor, false, exact);
}

/* `value` has the column's type, and is not null. */
static piece compare_cell(writing *w, const column *c, comparison op, const mp_cell *value, bool *exact)
{
    switch (c->type) {
    case MP_ODATA_BOOL:
        return compare_value(w, c, op, mp_cell_int(value->u.yes), exact);
    case MP_ODATA_INT:
        return compare_int(w, c, op, value, exact);
    case MP_ODATA_REAL:
        return compare_value(w, c, op, *value, exact);
    case MP_ODATA_DATE:
        return compare_date(w, c, op, value->u.date, exact);
    default:
        return compare_value(w, c, op, folded(w, value->u.text), exact);
    }
}

/* date(column) against an instant: ranges of whole days. */
static piece compare_day(writing *w, const column *c, comparison op, mp_ticks date, bool *exact)
{
    mp_ticks day = odata_day(date), next = day + MP_TICKS_PER_DAY;
    bool     is_whole = day == date;
    if (op > CMP_NE) {
        bool is_up = op == CMP_GT || op == CMP_GE, takes_day = is_whole && (op == CMP_GE || op == CMP_LT);
        return compare_date(w, c, is_up ? CMP_GE : CMP_LT, takes_day ? day : next, exact);
    }
    if (!is_whole)
        return constant(w, c, op == CMP_NE);
    if (!has_room(w, 2)) {
        *exact = false;
        return ALL;
    }
    column bare = *c; /* null is answered for both halves at once */
    bare.nulls = false;
    begin(w, c);
    add(w, "(");
    compare_date(w, &bare, op == CMP_EQ ? CMP_GE : CMP_LT, day, exact);
    add(w, op == CMP_EQ ? " AND " : " OR ");
    compare_date(w, &bare, op == CMP_EQ ? CMP_LT : CMP_GE, next, exact);
    add(w, ")");
    end(w, c);
    return SOME;
}

/* The column that an operand is; false when it is none. */
static bool column_of(column *out, const writing *w, const node *n)
{
    const node *field = n->kind == NODE_DAY ? n->first : n;
    if (field->kind != NODE_FIELD || !w->table->fields[field->field].sql)
        return false;
    *out = column_for(&w->table->fields[field->field]);
    return true;
}

static piece write_compare(writing *w, const node *n, bool negated, bool *exact)
{
    const node *right = n->first->next;
    comparison  op = negated ? opposite[n->op] : n->op;
    column      c;
    if (right->kind != NODE_LITERAL || !column_of(&c, w, n->first)) {
        *exact = false;
        return ALL;
    }
    if (right->u.literal.kind == MP_CELL_NULL) {
        mp_cell null = MP_CELL_OF_NULL, other = mp_cell_bool(true);
        c.nulls = odata_holds(n->op, &null, &null) != negated;
        return constant(w, &c, odata_holds(n->op, &other, &null) != negated);
    }
    c.nulls = (n->op == CMP_NE) != negated;
    return n->first->kind == NODE_DAY ? compare_day(w, &c, op, right->u.literal.u.date, exact)
                                      : compare_cell(w, &c, op, &right->u.literal, exact);
}

static piece write_bool(writing *w, const node *n, bool negated, bool *exact)
{
    column c;
    if (!column_of(&c, w, n)) {
        *exact = false;
        return ALL;
    }
    c.nulls = negated;
    return compare_value(w, &c, negated ? CMP_NE : CMP_EQ, mp_cell_int(1), exact);
}

/* ---- lists ---- */

/* The value as the column holds it; false when no row can have it. */
static bool value_for(mp_cell *out, writing *w, const column *c, const mp_cell *value)
{
    int64_t floor;
    *out = *value;
    switch (c->type) {
    case MP_ODATA_BOOL:
        *out = mp_cell_int(value->u.yes);
        return true;
    case MP_ODATA_INT:
        return value->kind == MP_CELL_INT;
    case MP_ODATA_REAL:
        return true;
    case MP_ODATA_DATE:
        *out = mp_cell_int(value->u.date);
        if (c->unit == MP_ODATA_TICKS)
            return true;
        if (!divide(&floor, value->u.date - TICKS_1970,
                    c->unit == MP_ODATA_SECONDS ? MP_TICKS_PER_SECOND : MP_TICKS_PER_SECOND / 1000))
            return false;
        *out = mp_cell_int(floor);
        return true;
    default:
        *out = folded(w, value->u.text);
        return true;
    }
}

static piece write_in(writing *w, const node *n, bool negated, bool *exact)
{
    column c;
    if (n->first->kind != NODE_FIELD || !column_of(&c, w, n->first) || !has_room(w, n->count)) {
        *exact = false;
        return ALL;
    }
    mark     before = save(w);
    uint32_t written = 0;
    bool     has_null = false;
    for (uint32_t i = 0; i < n->count; i++)
        has_null = has_null || n->u.values[i].kind == MP_CELL_NULL;
    c.nulls = has_null != negated;
    begin(w, &c);
    mp_buf_printf(&w->text, "%s %sIN (", c.sql, negated ? "NOT " : "");
    for (uint32_t i = 0; i < n->count; i++) {
        mp_cell value;
        if (n->u.values[i].kind == MP_CELL_NULL || !value_for(&value, w, &c, &n->u.values[i]))
            continue;
        if (written++)
            add(w, ", ");
        add_value(w, value);
    }
    if (written == 0) {
        restore(w, before);
        return constant(w, &c, negated);
    }
    add(w, ")");
    end(w, &c);
    return SOME;
}

/* ---- parts of texts ---- */

static size_t last_character(mp_str s)
{
    size_t at = s.len - 1;
    while (at > 0 && ((uint8_t)s.ptr[at] & 0xC0) == 0x80)
        at--;
    return at;
}

static uint32_t code_point_at(mp_str s, size_t at)
{
    uint8_t  lead = (uint8_t)s.ptr[at];
    uint32_t cp = lead < 0x80 ? lead : lead < 0xE0 ? lead & 0x1F : lead < 0xF0 ? lead & 0x0F : lead & 0x07;
    for (size_t i = at + 1; i < s.len; i++)
        cp = cp << 6 | ((uint8_t)s.ptr[i] & 0x3F);
    return cp;
}

static size_t put_code_point(char *out, uint32_t cp)
{
    static const uint8_t leads[] = { 0, 0x00, 0xC0, 0xE0, 0xF0 };
    size_t               len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = len; i-- > 0; cp >>= 6)
        out[i] = (char)(i ? 0x80 | (cp & 0x3F) : leads[len] | cp);
    return len;
}

/* The first text, bytewise, behind all that begin with `prefix`: its last character raised by one (bytes alone would break
 * UTF-8). {NULL,0}: there is none, or memory was short, which makes the range wider and no less right. */
static mp_str after_prefix(mp_arena *arena, mp_str prefix)
{
    while (prefix.len) {
        size_t   at = last_character(prefix);
        uint32_t cp = code_point_at(prefix, at);
        prefix.len = at;
        if (cp == 0x10FFFF)
            continue;
        char *text = mp_arena_alloc(arena, at + 5);
        if (!text)
            break;
        memcpy(text, prefix.ptr, at);
        return mp_str_of(text, at + put_code_point(text + at, cp == 0xD7FF ? 0xE000 : cp + 1));
    }
    return mp_str_of(NULL, 0);
}

static piece write_prefix(writing *w, const column *c, mp_str prefix, bool negated)
{
    mp_cell from = folded(w, prefix);
    mp_str  until = from.u.text.ptr ? after_prefix(w->arena, from.u.text) : from.u.text;
    begin(w, c);
    mp_buf_printf(&w->text, "(%s %s ", c->sql, signs[negated ? CMP_LT : CMP_GE]);
    add_value(w, from);
    if (until.ptr) {
        mp_buf_printf(&w->text, " %s %s %s ", negated ? "OR" : "AND", c->sql, signs[negated ? CMP_GE : CMP_LT]);
        add_value(w, mp_cell_text(until));
    }
    add(w, ")");
    end(w, c);
    return SOME;
}

static mp_str like_pattern(writing *w, mp_str needle, bool is_end)
{
    mp_cell small = folded(w, needle);
    char   *text = mp_arena_alloc(w->arena, needle.len * 2 + 2), *p = text;
    if (!text || !small.u.text.ptr) {
        w->failed = true;
        return mp_str_of(NULL, 0);
    }
    *p++ = '%';
    for (size_t i = 0; i < small.u.text.len; i++) {
        char c = small.u.text.ptr[i];
        if (c == '%' || c == '_' || c == '\\')
            *p++ = '\\';
        *p++ = c;
    }
    if (!is_end)
        *p++ = '%';
    return mp_str_of(text, (size_t)(p - text));
}

static piece write_search(writing *w, const node *n, bool negated, bool *exact)
{
    const node *needle = n->first->next;
    column      c;
    bool        is_said = column_of(&c, w, n->first) && needle->kind == NODE_LITERAL && has_room(w, 2) &&
                   needle->u.literal.u.text.len <= LIKE_MAX;
    if (!is_said) {
        *exact = false;
        return ALL;
    }
    c.nulls = negated;
    mp_str text = needle->u.literal.u.text;
    if (text.len == 0)
        return constant(w, &c, !negated);
    if (n->kind == NODE_STARTS)
        return write_prefix(w, &c, text, negated);
    begin(w, &c);
    mp_buf_printf(&w->text, "%s %sLIKE ", c.sql, negated ? "NOT " : "");
    add_value(w, mp_cell_text(like_pattern(w, text, n->kind == NODE_ENDS)));
    add(w, " ESCAPE '\\'");
    end(w, &c);
    return SOME;
}

/* ---- joined ---- */

static piece write_piece(writing *w, const node *n, bool negated, bool *exact);

/* `is_and`: all of them hold (after `not` went into them). */
static piece write_joined(writing *w, const node *n, bool is_and, bool negated, bool *exact)
{
    mark     before = save(w);
    uint32_t written = 0;
    bool     all_exact = true;
    add(w, "(");
    for (n = n->first; n; n = n->next) {
        mark here = save(w);
        bool is_exact = true;
        if (written)
            add(w, is_and ? " AND " : " OR ");
        piece found = write_piece(w, n, negated, &is_exact);
        all_exact = all_exact && is_exact;
        if (found == SOME) {
            written++;
            continue;
        }
        restore(w, here);
        if (found == (is_and ? NONE : ALL)) { /* it decides */
            restore(w, before);
            *exact = *exact && is_exact;
            return found;
        }
    }
    *exact = *exact && all_exact;
    if (written == 0) {
        restore(w, before);
        return is_and ? ALL : NONE;
    }
    add(w, ")");
    return SOME;
}

static piece write_piece(writing *w, const node *n, bool negated, bool *exact)
{
    switch (n->kind) {
    case NODE_AND:
    case NODE_OR:
        return write_joined(w, n, (n->kind == NODE_AND) != negated, negated, exact);
    case NODE_NOT:
        return write_piece(w, n->first, !negated, exact);
    case NODE_COMPARE:
        return write_compare(w, n, negated, exact);
    case NODE_IN:
        return write_in(w, n, negated, exact);
    case NODE_CONTAINS:
    case NODE_STARTS:
    case NODE_ENDS:
        return write_search(w, n, negated, exact);
    case NODE_FIELD:
        return write_bool(w, n, negated, exact);
    case NODE_LITERAL:
        return n->u.literal.u.yes != negated ? ALL : NONE;
    default: /* lists, functions of the caller */
        *exact = false;
        return ALL;
    }
}

/* ---- the whole ---- */

/* What must be tested again: a conjunct of its own is left out when its piece is exact. */
static bool keep(node ***last, writing *w, const node *conjunct)
{
    **last = odata_copy(w->arena, conjunct);
    if (!**last)
        return false;
    *last = &(**last)->next;
    return true;
}

static mp_code finish_rest(const mp_filter **out, writing *w, node *first, mp_error *err)
{
    *out = NULL;
    if (!first)
        return MP_OK;
    mp_filter *rest = MP_ARENA_NEW(w->arena, mp_filter);
    node      *root = first->next ? MP_ARENA_NEW(w->arena, node) : first;
    if (!rest || !root)
        return odata_nomem(err);
    if (first->next) {
        root->kind = NODE_AND;
        root->first = first;
    }
    *rest = (mp_filter){ w->table, root };
    *out = rest;
    return MP_OK;
}

static mp_code write_filter(mp_odata_sql *out, writing *w, const node *root, mp_error *err)
{
    const node *n = root->kind == NODE_AND ? root->first : root;
    node       *rest = NULL, **last = &rest;
    for (; n; n = n->next) {
        mark  here = save(w);
        bool  exact = true;
        if (w->text.len)
            add(w, " AND ");
        piece found = write_piece(w, n, false, &exact);
        if (found == ALL)
            restore(w, here);
        if (found == NONE) {
            w->text.len = 0;
            w->count = 0;
            add(w, "0 = 1");
            rest = NULL;
            break;
        }
        if (!exact && !keep(&last, w, n))
            return odata_nomem(err);
    }
    if (w->text.len == 0)
        add(w, "1 = 1");
    out->where = mp_arena_dup(w->arena, mp_str_of(w->text.ptr, w->text.len));
    if (w->failed || w->text.failed || !out->where.ptr)
        return odata_nomem(err);
    out->values = w->values;
    out->count = w->count;
    return finish_rest(&out->rest, w, rest, err);
}

static mp_code begin_writing(writing *w, mp_arena *arena, const mp_odata_table *table,
                             const mp_odata_sql_options *options, mp_error *err)
{
    *w = (writing){ .table = table, .arena = arena, .text = MP_BUF_INIT };
    w->first = options && options->first ? options->first : 1;
    w->most = options && options->values ? options->values : MP_ODATA_SQL_VALUES;
    w->values = MP_ARENA_ARRAY(arena, mp_cell, w->most);
    return w->values ? MP_OK : odata_nomem(err);
}

mp_code mp_odata_sql_filter(mp_odata_sql *out, mp_arena *arena, const mp_filter *filter, const mp_odata_sql_options *options,
                            mp_error *err)
{
    mp_odata_sql sql = { .where = MP_S("1 = 1") };
    if (!filter) {
        *out = sql;
        return MP_OK;
    }
    writing w;
    MP_TRY(begin_writing(&w, arena, filter->table, options, err));
    mp_code code = write_filter(&sql, &w, filter->root, err);
    mp_buf_free(&w.text);
    if (code == MP_OK)
        *out = sql;
    return code;
}

/* ---- pages ---- */

static void add_piece(writing *w, piece found)
{
    if (found != SOME)
        add(w, found == ALL ? "1 = 1" : "0 = 1");
}

/* What comes behind `last` by this key alone: null comes first, and last where the order descends. */
static piece write_behind(writing *w, column *c, const mp_order_key *key, const mp_cell *last, bool *exact)
{
    c->nulls = key->descending && last->kind != MP_CELL_NULL;
    if (last->kind == MP_CELL_NULL)
        return key->descending ? NONE : constant(w, c, true);
    return compare_cell(w, c, key->descending ? CMP_LT : CMP_GT, last, exact);
}

static piece write_level(writing *w, column *c, const mp_cell *last, bool *exact)
{
    c->nulls = last->kind == MP_CELL_NULL;
    return c->nulls ? constant(w, c, false) : compare_cell(w, c, CMP_EQ, last, exact);
}

/* (behind by the first key OR (level with it AND (behind by the second ...))) */
static bool write_after(writing *w, const mp_order *order, const mp_cell *last)
{
    bool     exact = true;
    uint32_t closing = order->count * 2 - 1;
    for (uint32_t i = 0; i < order->count; i++) {
        const mp_odata_field *f = &order->table->fields[order->keys[i].field];
        column                c = column_for(f);
        mp_cell               cell = odata_as(f->type, &last[i]);
        if (!f->sql)
            return false;
        add(w, i ? " AND (" : "(");
        if (i == 0 && order->count > 1 && cell.kind != MP_CELL_NULL && (f->is_required || !order->keys[0].descending)) {
            /* for an index */
            add_piece(w, compare_cell(w, &c, order->keys[0].descending ? CMP_LE : CMP_GE, &cell, &exact));
            add(w, " AND (");
            closing++;
        }
        add_piece(w, write_behind(w, &c, &order->keys[i], &cell, &exact));
        if (i + 1 == order->count)
            break;
        add(w, " OR (");
        add_piece(w, write_level(w, &c, &cell, &exact));
    }
    while (closing-- > 0)
        add(w, ")");
    return exact;
}

mp_code mp_odata_sql_after(mp_odata_sql *out, mp_arena *arena, const mp_order *order, const mp_cell *last,
                           const mp_odata_sql_options *options, mp_error *err)
{
    writing      w;
    mp_odata_sql sql = { .count = 0 };
    MP_TRY(begin_writing(&w, arena, order->table, options, err));
    bool    is_said = write_after(&w, order, last);
    mp_code code = w.failed || w.text.failed ? odata_nomem(err) : MP_OK;
    if (code == MP_OK && is_said) {
        sql = (mp_odata_sql){ .where = mp_arena_dup(arena, mp_buf_str(&w.text)), .values = w.values, .count = w.count };
        code = sql.where.ptr ? MP_OK : odata_nomem(err);
    }
    mp_buf_free(&w.text);
    if (code == MP_OK)
        *out = sql;
    return code;
}
