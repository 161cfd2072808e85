/* SPDX-License-Identifier: Apache-2.0 */
/* The view of now follows the store by counting commits, as the rulebook does: a change notes how many were done then,
 * and a view that was read after more of them has it. */
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
    mp_map            by_id; /* piece ids to what is there: itself, or nothing */
    size_t            piece_cap, link_cap;
    /* records that stand one behind the other, from `from` on, and which of them is next: links come in the order of
     * their pieces */
    mp_record_page    ahead;
    size_t            next;
    mp_str            from;
    uint32_t          used; /* of them */
} reading;

static mp_ticks time_of(const mp_json *body, const char *member)
{
    mp_ticks at = 0;
    mp_str   text = mp_json_get_text(body, member);
    return text.len && mp_clock_parse(&at, text) ? at : 0;
}

static mp_ticks earlier(mp_ticks a, mp_ticks b) { return a && a < b ? a : b; }

/* The record is in the view's arena already. */
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
    MP_TRY(mp_record_range(&r->ahead, r->tx, &run, limit, &r->view->arena, err));
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
        if (r->view->piece_count == r->piece_cap) {
            size_t             cap = r->piece_cap ? 2 * r->piece_cap : 64;
            mp_evidence_piece *more = realloc(r->view->pieces, cap * sizeof *more);
            if (!more)
                return mp_no_memory(err);
            r->view->pieces = more;
            r->piece_cap = cap;
        }
        fill_piece(&r->view->pieces[r->view->piece_count++], record);
        *out = r->view->piece_count;
    }
    return mp_map_put(&r->by_id, id, (void *)(uintptr_t)*out, err);
}

static mp_code add_link(reading *r, const mp_json *body, mp_error *err)
{
    mp_evidence_target t = {
        .target = mp_json_get_text(body, "target"),
        .framework = mp_json_get_text(body, "framework"),
        .control = mp_json_get_text(body, "control"),
        .measure = mp_json_get_text(body, "measure"),
        .rule = mp_json_get_text(body, "rule"),
    };
    size_t piece;
    MP_TRY(find_piece(&piece, r, mp_json_get_text(body, "evidence"), err));
    if (!piece)
        return MP_OK;
    if (r->view->link_count == r->link_cap) {
        size_t              cap = r->link_cap ? 2 * r->link_cap : 64;
        mp_evidence_target *more = realloc(r->view->links, cap * sizeof *more);
        if (!more)
            return mp_no_memory(err);
        r->view->links = more;
        r->link_cap = cap;
    }
    t.piece = (const void *)(uintptr_t)piece; /* the array may still move */
    r->view->links[r->view->link_count++] = t;
    return MP_OK;
}

static mp_code read_links(reading *r, mp_error *err)
{
    mp_record_run  run = { .kind = &mp_evidence_link_kind, .from = MP_S(""), .last = MP_S("\x7f"), .as_of = r->as_of };
    mp_record_page page;
    do {
        MP_TRY(mp_record_range(&page, r->tx, &run, 1000, &r->view->arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(add_link(r, page.records[i].body, err));
        run.from = mp_record_behind(page.next, &r->view->arena);
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

/* Keys begin with the id, so pieces came in its order: sorting moves nothing that links point at. */
static void settle(mp_evidence_view *view)
{
    for (size_t i = 0; i < view->link_count; i++)
        view->links[i].piece = &view->pieces[(size_t)(uintptr_t)view->links[i].piece - 1];
    for (size_t i = 1; i < view->piece_count; i++)
        assert(mp_str_cmp(view->pieces[i - 1].id, view->pieces[i].id) < 0);
    if (view->link_count)
        qsort(view->links, view->link_count, sizeof *view->links, by_target);
}

mp_code mp_evidence_view_read(const mp_evidence_view **out, mp_tx *tx, mp_ticks as_of, mp_error *err)
{
    mp_evidence_view *view = calloc(1, sizeof *view);
    reading           r = { .view = view, .tx = tx, .as_of = as_of };
    if (!view)
        return mp_no_memory(err);
    atomic_init(&view->refs, 1);
    mp_code code = read_links(&r, err);
    mp_map_free(&r.by_id);
    if (code != MP_OK) {
        mp_evidence_view_drop(view);
        return code;
    }
    settle(view);
    *out = view;
    return MP_OK;
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
    const mp_evidence_view *view;
} taking;

static mp_code read_view(mp_tx *tx, void *arg, mp_error *err)
{
    taking *t = arg;
    return mp_evidence_view_read(&t->view, tx, t->as_of, err);
}

static const mp_evidence_view *use(const mp_evidence_view *view)
{
    atomic_fetch_add(&((mp_evidence_view *)(uintptr_t)view)->refs, 1);
    return view;
}

static bool is_fresh(const mp_evidence_room *room, uint64_t commits)
{
    return room->current &&
           (room->current_commits >= atomic_load(&room->changed_at) || room->current_commits == commits);
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
    mp_code code = MP_OK;
    pthread_mutex_lock(&room->lock);
    uint64_t commits = mp_store_counted(app->store).commits; /* before reading: it has at least these */
    if (!is_fresh(room, commits)) {
        code = mp_store_read(app->store, read_view, &t, err);
        if (code == MP_OK) {
            mp_evidence_view_drop(room->current);
            room->current = t.view;
            room->current_commits = commits;
        }
    }
    if (code == MP_OK)
        *out = use(room->current);
    pthread_mutex_unlock(&room->lock);
    return code;
}
