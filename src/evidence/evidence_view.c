/* SPDX-License-Identifier: Apache-2.0 */
/* The view of now follows the store (followed.h): a change makes the next view out of the last one. Of a piece that changed, or a
 * link of which did, both are read again; what is said of all others is taken over. Views have texts of their own, so that the
 * last one goes when nobody looks at it any more. */
#include "evidence_view.h"

#include <assert.h>
#include <stdlib.h>

#include "evidence.h"
#include "evidence_system.h"
#include "item.h"
#include "map.h"

/* ---- reading ---- */

typedef struct reading {
    mp_evidence_view *view;
    mp_tx            *tx;
    mp_ticks          as_of;
    mp_arena          scratch; /* records, until what is kept of them is the view's */
    mp_map            by_id; /* piece ids to what is there: itself, or nothing */
    size_t            piece_cap, link_cap;
    /* records that stand one behind the other, from `from` on, and which of them is next: links come in the order of
     * their pieces */
    mp_record_page    ahead;
    size_t            next;
    mp_str            from;
    uint32_t          used; /* of them */
} reading;

/* Texts become the arena's. */
static bool keep(mp_arena *arena, mp_str *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *texts[i] = texts[i]->len ? mp_arena_dup(arena, *texts[i]) : MP_S("");
        if (!texts[i]->ptr)
            return false;
    }
    return true;
}

static mp_ticks time_of(const mp_json *body, const char *member)
{
    mp_ticks at = 0;
    mp_str   text = mp_json_get_text(body, member);
    return text.len && mp_clock_parse(&at, text) ? at : 0;
}

static mp_ticks earlier(mp_ticks a, mp_ticks b) { return a && a < b ? a : b; }

static void fill_piece(mp_evidence_piece *out, const mp_record *record)
{
    const mp_json *body = record->body;
    mp_str         every = mp_json_get_text(body, "every");
    mp_ticks       taken = time_of(body, "takenAt");
    *out = (mp_evidence_piece){
        .id = record->key,
        .title = mp_json_get_text(body, "title"),
        .kind = mp_json_get_text(body, "kind"),
        .owner = mp_json_get_text(body, "owner"),
        .sha256 = mp_json_get_text(body, "sha256"),
        .scope = mp_json_get_text(body, "scope"),
        .valid_from = time_of(body, "validFrom"),
        .valid_until = time_of(body, "validUntil"),
        .keep_until = time_of(body, "keepUntil"),
        .has_period = every.len > 0,
    };
    out->from = earlier(out->valid_from, earlier(time_of(body, "collectedAt"), taken));
    if (every.len)
        (void)mp_period_read(&out->months, &out->days, every); /* "once", "change": neither, it lasts */
}

#define AHEAD_MOST 256

/* From `id` on: twice as many as were of use the last time, so that little is read in vain where few pieces answer
 * something. */
static mp_code read_ahead(reading *r, mp_str id, mp_error *err)
{
    const mp_record_run run = { .kind = &mp_evidence_kind, .from = id, .last = MP_S("\x7f"), .as_of = r->as_of };
    uint32_t            limit = r->used < AHEAD_MOST / 2 ? 2 * r->used + 1 : AHEAD_MOST;
    MP_TRY(mp_record_range(&r->ahead, r->tx, &run, limit, &r->scratch, err));
    r->from = id;
    r->next = 0;
    r->used = 0;
    return MP_OK;
}

/* NULL: there is no such piece as of then. */
static mp_code find_record(const mp_record **out, reading *r, mp_str id, mp_error *err)
{
    while (r->next < r->ahead.count && mp_str_cmp(r->ahead.records[r->next].key, id) < 0)
        r->next++;
    if (r->next == r->ahead.count || mp_str_cmp(id, r->from) < 0)
        MP_TRY(read_ahead(r, id, err));
    *out = r->next < r->ahead.count ? &r->ahead.records[r->next] : NULL;
    if (*out && !mp_str_eq((*out)->key, id))
        *out = NULL;
    if (*out)
        r->used++;
    r->from = id;
    return MP_OK;
}

static mp_code add_piece(reading *r, mp_evidence_piece p, mp_error *err)
{
    mp_evidence_view *view = r->view;
    if (view->piece_count == r->piece_cap) {
        size_t             cap = r->piece_cap ? 2 * r->piece_cap : 64;
        mp_evidence_piece *more = realloc(view->pieces, cap * sizeof *more);
        if (!more)
            return mp_no_memory(err);
        view->pieces = more;
        r->piece_cap = cap;
    }
    mp_str *const texts[] = { &p.id, &p.title, &p.kind, &p.owner, &p.sha256, &p.scope };
    if (!keep(&view->arena, texts, MP_COUNT(texts)))
        return mp_no_memory(err);
    view->pieces[view->piece_count++] = p;
    return MP_OK;
}

/* `*out` is an index, plus one; 0: there is no such piece as of then. */
static mp_code find_piece(size_t *out, reading *r, mp_str id, mp_error *err)
{
    mp_map_entry    *known = mp_map_find(&r->by_id, id);
    const mp_record *record;
    if (known) {
        *out = (size_t)(uintptr_t)known->value;
        return MP_OK;
    }
    *out = 0;
    MP_TRY(find_record(&record, r, id, err));
    if (record) {
        mp_evidence_piece piece;
        fill_piece(&piece, record);
        MP_TRY(add_piece(r, piece, err));
        *out = r->view->piece_count;
    }
    return mp_map_put(&r->by_id, id, (void *)(uintptr_t)*out, err);
}

/* `piece` is its index, plus one: the array may still move. */
static mp_code add_target(reading *r, mp_evidence_target t, size_t piece, mp_error *err)
{
    mp_evidence_view *view = r->view;
    if (view->link_count == r->link_cap) {
        size_t              cap = r->link_cap ? 2 * r->link_cap : 64;
        mp_evidence_target *more = realloc(view->links, cap * sizeof *more);
        if (!more)
            return mp_no_memory(err);
        view->links = more;
        r->link_cap = cap;
    }
    mp_str *const texts[] = { &t.target, &t.framework, &t.control, &t.measure, &t.rule };
    if (!keep(&view->arena, texts, MP_COUNT(texts)))
        return mp_no_memory(err);
    t.piece = (const void *)(uintptr_t)piece;
    view->links[view->link_count++] = t;
    return MP_OK;
}

static mp_code add_link(reading *r, const mp_json *body, mp_error *err)
{
    const mp_evidence_target t = {
        .target = mp_json_get_text(body, "target"),
        .framework = mp_json_get_text(body, "framework"),
        .control = mp_json_get_text(body, "control"),
        .measure = mp_json_get_text(body, "measure"),
        .rule = mp_json_get_text(body, "rule"),
    };
    size_t piece;
    MP_TRY(find_piece(&piece, r, mp_json_get_text(body, "evidence"), err));
    return piece ? add_target(r, t, piece, err) : MP_OK;
}

/* Links whose keys are of this run. */
static mp_code read_links(reading *r, mp_str from, mp_str last, mp_error *err)
{
    mp_record_run  run = { .kind = &mp_evidence_link_kind, .from = from, .last = last, .as_of = r->as_of };
    mp_record_page page;
    do {
        MP_TRY(mp_record_range(&page, r->tx, &run, 1000, &r->scratch, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(add_link(r, page.records[i].body, err));
        run.from = mp_record_behind(page.next, &r->scratch);
        if (page.next.len && !run.from.ptr)
            return mp_no_memory(err);
    } while (page.next.len);
    return MP_OK;
}

static int by_target(const void *a, const void *b)
{
    const mp_evidence_target *x = a, *y = b;
    int                       c = mp_str_cmp(x->target, y->target);
    c = c ? c : mp_str_cmp(x->piece->id, y->piece->id);
    return c ? c : mp_str_cmp(x->measure, y->measure);
}

/* Keys begin with the id, so pieces came in its order. */
static void settle(const mp_evidence_view *view)
{
    for (size_t i = 1; i < view->piece_count; i++)
        assert(mp_str_cmp(view->pieces[i - 1].id, view->pieces[i].id) < 0);
    for (size_t i = 0; i < view->link_count; i++)
        view->links[i].piece = &view->pieces[(size_t)(uintptr_t)view->links[i].piece - 1];
    if (view->link_count)
        qsort(view->links, view->link_count, sizeof *view->links, by_target);
}

static mp_code read_everything(reading *r, mp_error *err)
{
    MP_TRY(read_links(r, MP_S(""), MP_S("\x7f"), err));
    settle(r->view);
    return MP_OK;
}

/* ---- out of the one before ---- */

typedef struct touched {
    const mp_evidence_view *before;
    mp_str                 *ids; /* in order, each once */
    size_t                  count;
} touched;

static mp_code read_piece(reading *r, mp_str id, mp_error *err)
{
    mp_str from = mp_arena_printf(&r->scratch, "%.*s/", MP_FMT(id)),
           last = mp_arena_printf(&r->scratch, "%.*s0", MP_FMT(id)); /* '0' is behind '/' */
    return from.ptr && last.ptr ? read_links(r, from, last, err) : mp_no_memory(err);
}

/* In the order of ids: what was, and in its place what was touched. `now`: where a piece of before is, plus one; 0: not taken
 * over. */
static mp_code take_pieces(size_t *now, reading *r, const touched *t, mp_error *err)
{
    size_t next = 0;
    for (size_t i = 0; i < t->before->piece_count; i++) {
        const mp_evidence_piece *piece = &t->before->pieces[i];
        while (next < t->count && mp_str_cmp(t->ids[next], piece->id) < 0)
            MP_TRY(read_piece(r, t->ids[next++], err));
        if (next < t->count && mp_str_eq(t->ids[next], piece->id))
            continue; /* the next round reads it, or the loop below */
        MP_TRY(add_piece(r, *piece, err));
        now[i] = r->view->piece_count;
    }
    while (next < t->count)
        MP_TRY(read_piece(r, t->ids[next++], err));
    return MP_OK;
}

/* What was read, which is in order, between what is taken over, which is too. */
static mp_code merge_links(reading *r, const mp_evidence_view *before, const size_t *now, mp_error *err)
{
    mp_evidence_target *fresh = r->view->links;
    size_t              fresh_count = r->view->link_count, next = 0;
    mp_code             code = MP_OK;
    r->view->links = NULL;
    r->view->link_count = r->link_cap = 0;
    for (size_t i = 0; i < before->link_count && code == MP_OK; i++) {
        size_t piece = now[before->links[i].piece - before->pieces];
        if (!piece)
            continue;
        while (next < fresh_count && by_target(&fresh[next], &before->links[i]) < 0 && code == MP_OK) {
            const mp_evidence_target *one = &fresh[next++];
            code = add_target(r, *one, (size_t)(one->piece - r->view->pieces) + 1, err);
        }
        if (code == MP_OK)
            code = add_target(r, before->links[i], piece, err);
    }
    for (; next < fresh_count && code == MP_OK; next++)
        code = add_target(r, fresh[next], (size_t)(fresh[next].piece - r->view->pieces) + 1, err);
    for (size_t i = 0; i < r->view->link_count; i++)
        r->view->links[i].piece = &r->view->pieces[(size_t)(uintptr_t)r->view->links[i].piece - 1];
    free(fresh);
    return code;
}

static mp_code read_touched(reading *r, const touched *t, mp_error *err)
{
    size_t *now = MP_ARENA_ARRAY(&r->scratch, size_t, t->before->piece_count + 1);
    if (!now)
        return mp_no_memory(err);
    MP_TRY(take_pieces(now, r, t, err));
    settle(r->view);
    return merge_links(r, t->before, now, err);
}

/* ---- making one ---- */

/* `t` NULL: from nothing. */
static mp_code make(const mp_evidence_view **out, mp_tx *tx, mp_ticks as_of, const touched *t, mp_error *err)
{
    mp_evidence_view *view = calloc(1, sizeof *view);
    reading           r = { .view = view, .tx = tx, .as_of = as_of };
    if (!view)
        return mp_no_memory(err);
    atomic_init(&view->refs, 1);
    mp_code code = t ? read_touched(&r, t, err) : read_everything(&r, err);
    mp_map_free(&r.by_id);
    mp_arena_free(&r.scratch);
    if (code != MP_OK) {
        mp_evidence_view_drop(view);
        return code;
    }
    *out = view;
    return MP_OK;
}

mp_code mp_evidence_view_read(const mp_evidence_view **out, mp_tx *tx, mp_ticks as_of, mp_error *err)
{
    return make(out, tx, as_of, NULL, err);
}

void mp_evidence_view_drop(const mp_evidence_view *kept)
{
    mp_evidence_view *view = (mp_evidence_view *)(uintptr_t)kept; /* only its count of users changes */
    if (!view || atomic_fetch_sub(&view->refs, 1) != 1)
        return;
    free(view->pieces);
    free(view->links);
    mp_arena_free(&view->arena);
    free(view);
}

const mp_evidence_piece *mp_evidence_view_pieces(const mp_evidence_view *view, size_t *count)
{
    *count = view->piece_count;
    return view->pieces;
}

const mp_evidence_target *mp_evidence_view_links(const mp_evidence_view *view, size_t *count)
{
    *count = view->link_count;
    return view->links;
}

/* ---- the one of now ---- */

typedef struct taking {
    mp_ticks                as_of;
    const touched          *touched; /* NULL: everything is read */
    const mp_evidence_view *view;
} taking;

static mp_code read_view(mp_tx *tx, void *arg, mp_error *err)
{
    taking *t = arg;
    return make(&t->view, tx, t->as_of, t->touched, err);
}

static const mp_evidence_view *use(const mp_evidence_view *view)
{
    atomic_fetch_add(&((mp_evidence_view *)(uintptr_t)view)->refs, 1);
    return view;
}

static int by_text(const void *a, const void *b) { return mp_str_cmp(*(const mp_str *)a, *(const mp_str *)b); }

/* Of which pieces: a link's key begins with its piece's. */
static mp_code find_touched(touched *out, const mp_followed_what *what, mp_arena *arena, mp_error *err)
{
    size_t count = 0;
    out->ids = MP_ARENA_ARRAY(arena, mp_str, what->count + 1);
    if (!out->ids)
        return mp_no_memory(err);
    for (size_t i = 0; i < what->count; i++) {
        mp_str key = what->changed[i].key;
        size_t end = mp_str_find(key, '/');
        out->ids[count++] = end == SIZE_MAX ? key : mp_str_of(key.ptr, end);
    }
    if (count)
        qsort(out->ids, count, sizeof *out->ids, by_text);
    for (size_t i = 0; i < count; i++)
        if (!out->count || !mp_str_eq(out->ids[out->count - 1], out->ids[i]))
            out->ids[out->count++] = out->ids[i];
    return MP_OK;
}

/* Each piece that was touched is asked for by itself: of many it is cheaper to read everything. */
static bool are_few(const touched *t) { return t->count <= 16 + t->before->piece_count / 8; }

static mp_code renew(mp_evidence_room *room, mp_arena *arena, mp_error *err)
{
    touched          t = { .before = room->current };
    taking           all = { .as_of = 0 };
    mp_followed_what what;
    MP_TRY(mp_followed_begin(&what, room->followed, arena, err));
    if (room->current && !what.is_all) {
        MP_TRY(find_touched(&t, &what, arena, err));
        all.touched = are_few(&t) ? &t : NULL;
    }
    MP_TRY(mp_store_read(room->app->store, read_view, &all, err));
    mp_evidence_view_drop(room->current);
    room->current = all.view;
    mp_followed_end(room->followed, &what);
    return MP_OK;
}

mp_code mp_evidence_view_take(const mp_evidence_view **out, mp_app *app, mp_ticks as_of, mp_error *err)
{
    mp_evidence_room *room = mp_evidence_of(app);
    taking            t = { .as_of = as_of };
    if (as_of || !room) {
        MP_TRY(mp_store_read(app->store, read_view, &t, err));
        *out = t.view;
        return MP_OK;
    }
    mp_code  code = MP_OK;
    mp_arena arena = MP_ARENA_INIT;
    pthread_mutex_lock(&room->lock);
    if (!room->current || !mp_followed_is_fresh(room->followed))
        code = renew(room, &arena, err);
    if (code == MP_OK)
        *out = use(room->current);
    pthread_mutex_unlock(&room->lock);
    mp_arena_free(&arena);
    return code;
}
