/* SPDX-License-Identifier: Apache-2.0 */
/* Which resources a remediation is about: those that are recorded as non-compliant, or those of which the policy says
 * so when it is asked again. */
#include "remediation_internal.h"

#include "buf.h"
#include "judging.h"
#include "keys.h"
#include "rbac.h"
#include "remedy.h"
#include "rulebook_internal.h"
#include "states.h"

#define SETTLE_SECONDS 20 /* that it waits for what is not judged yet */
#define PAGE 500

mp_code mp_remediation_check_of(uint32_t *out, const mp_rulebook *book, const mp_remediation *what, mp_arena *arena,
                                mp_error *err)
{
    mp_str text = mp_arena_printf(arena, "%.*s|%.*s", MP_FMT(what->assignment), MP_FMT(what->reference)), key;
    if (!text.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_key_of(&key, text, arena, err));
    *out = mp_rulebook_find(book, key);
    return MP_OK;
}

typedef struct candidate {
    mp_str id, location;
} candidate;

typedef struct finding {
    mp_compliance        *c;
    mp_rulebook          *book;
    uint32_t              check;
    const mp_remediation *what;
    mp_remediation_visit *visit;
    void                 *ctx;
    mp_arena             *arena;
    mp_place              scope;
    const mp_str         *subscriptions; /* below a management group */
    size_t                subscription_count;
    uint32_t              found;
    /* One page. */
    mp_states_query rows;
    mp_estate_query estate;
    candidate      *page;
    size_t          count;
    mp_str          next;
} finding;

/* ---- filters ---- */

static bool is_wanted(const finding *f, const candidate *one)
{
    bool is_here = !f->what->locations, is_named = !f->what->resources;
    if (!is_here)
        for (MP_JSON_EACH(location, f->what->locations))
            is_here = is_here || mp_location_same(mp_json_str(location), one->location);
    if (!is_named)
        for (MP_JSON_EACH(id, f->what->resources))
            is_named = is_named || mp_str_eq_fold(mp_json_str(id), one->id);
    return is_here && is_named;
}

/* ---- those that are recorded ---- */

static mp_code take_row(finding *f, mp_tx *tx, const mp_json *row, mp_error *err)
{
    mp_estate_item item;
    mp_error       why = { .code = MP_OK };
    mp_str         key = mp_json_str(mp_json_get(row, MP_S("resourceId")));
    mp_code        code = mp_estate_get(&item, tx, key, 0, f->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_json *location = mp_json_get_fold(item.document, MP_S("location"));
    f->page[f->count++] = (candidate){ item.id, mp_json_is(location, MP_JSON_STRING) ? mp_json_str(location) : MP_S("") };
    return MP_OK;
}

static mp_code read_rows(mp_tx *tx, void *arg, mp_error *err)
{
    finding       *f = arg;
    mp_states_page page;
    f->count = 0;
    MP_TRY(mp_states_rows(&page, tx, &f->rows, f->arena, err));
    f->page = MP_ARENA_ARRAY(f->arena, candidate, page.count + 1);
    if (!f->page)
        return mp_no_memory(err);
    f->next = page.next;
    for (MP_JSON_EACH(row, page.rows))
        MP_TRY(take_row(f, tx, row, err));
    return MP_OK;
}

static mp_code write_filter(finding *f, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    mp_str reference = mp_rulebook_facts(f->book, f->check)->reference_id; /* in its own spelling */
    mp_buf_add_z(&b, "complianceState eq 'NonCompliant'");
    if (reference.len)
        mp_buf_add_z(&b, " and policyDefinitionReferenceId eq '");
    for (size_t i = 0; i < reference.len; i++) {
        mp_buf_add_c(&b, reference.ptr[i]);
        if (reference.ptr[i] == '\'')
            mp_buf_add_c(&b, '\'');
    }
    if (reference.len)
        mp_buf_add_c(&b, '\'');
    f->rows.texts.filter = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(f->arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return f->rows.texts.filter.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code begin_rows(finding *f, mp_error *err)
{
    f->rows = (mp_states_query){ .scope = f->subscriptions ? mp_str_of(NULL, 0) : f->scope.key,
                                 .subscriptions = f->subscriptions,
                                 .subscription_count = f->subscription_count,
                                 .page = PAGE };
    MP_TRY(mp_key_of(&f->rows.assignment, f->what->assignment, f->arena, err));
    f->rows.texts.select = MP_S("resourceId");
    return write_filter(f, err);
}

/* ---- all of them, asked again ---- */

static mp_code read_estate(mp_tx *tx, void *arg, mp_error *err)
{
    finding       *f = arg;
    mp_estate_page page;
    MP_TRY(mp_estate_list(&page, tx, &f->estate, f->arena, err));
    f->count = 0;
    f->page = MP_ARENA_ARRAY(f->arena, candidate, page.count + 1);
    if (!f->page)
        return mp_no_memory(err);
    f->next = page.next;
    for (size_t i = 0; i < page.count; i++) {
        const mp_json *location = mp_json_get_fold(page.items[i].document, MP_S("location"));
        f->page[f->count++] =
            (candidate){ page.items[i].id, mp_json_is(location, MP_JSON_STRING) ? mp_json_str(location) : MP_S("") };
    }
    return MP_OK;
}

/* What cannot be remedied is told when it is tried; here it counts as due. */
static mp_code is_due(bool *out, finding *f, const candidate *one, mp_error *err)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_error    why = { .code = MP_OK };
    mp_remedied said;
    mp_remedy what = {
        .compliance = f->c, .book = f->book, .check = f->check, .resource = one->id, .deployment = MP_S("asked")
    };
    mp_code     code = mp_remedy_work(&said, &what, &arena, &why);
    *out = said.is_due;
    mp_arena_free(&arena);
    return code == MP_OK || *out ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

/* ---- page by page ---- */

static mp_code visit_page(finding *f, mp_error *err)
{
    for (size_t i = 0; i < f->count && f->found < f->what->count; i++) {
        bool is_one = is_wanted(f, &f->page[i]);
        if (is_one && f->what->re_evaluates)
            MP_TRY(is_due(&is_one, f, &f->page[i], err));
        if (!is_one)
            continue;
        f->found++;
        MP_TRY(f->visit(f->ctx, f->page[i].id, f->page[i].location, err));
    }
    return MP_OK;
}

static mp_code each_page(finding *f, mp_tx_fn read, mp_str *after, mp_error *err)
{
    do {
        MP_TRY(mp_store_read(f->c->app->store, read, f, err));
        MP_TRY(visit_page(f, err));
        *after = f->next;
    } while (f->next.len && f->found < f->what->count);
    return MP_OK;
}

static mp_code each_in_estate(finding *f, mp_str scope, mp_error *err)
{
    f->estate = (mp_estate_query){ .scope = scope, .with_groups = true, .limit = PAGE };
    return f->found < f->what->count ? each_page(f, read_estate, &f->estate.after, err) : MP_OK;
}

static mp_code each_evaluated(finding *f, mp_error *err)
{
    if (!f->subscriptions)
        return each_in_estate(f, f->scope.key, err);
    for (size_t i = 0; i < f->subscription_count; i++) {
        mp_str scope = mp_arena_printf(f->arena, "/subscriptions/%.*s", MP_FMT(f->subscriptions[i]));
        if (!scope.ptr)
            return mp_no_memory(err);
        MP_TRY(each_in_estate(f, scope, err));
    }
    return MP_OK;
}

/* ---- below a management group ---- */

typedef struct gathering {
    finding *f;
    mp_str  *ids;
    size_t   count, cap;
} gathering;

static mp_code gather_one(gathering *g, mp_str guid, mp_error *err)
{
    const mp_hierarchy *h = &g->f->book->hierarchy;
    mp_str              id = mp_arena_printf(g->f->arena, "/subscriptions/%.*s", MP_FMT(guid));
    if (!id.ptr)
        return mp_no_memory(err);
    if (!h->holds(h->context, g->f->scope.id, id))
        return MP_OK;
    if (g->count == g->cap) {
        mp_str *grown = MP_ARENA_ARRAY(g->f->arena, mp_str, g->cap * 2 + 16);
        if (!grown)
            return mp_no_memory(err);
        if (g->count)
            memcpy(grown, g->ids, g->count * sizeof *grown);
        g->ids = grown;
        g->cap = g->cap * 2 + 16;
    }
    g->ids[g->count++] = guid;
    return MP_OK;
}

static mp_code gather(mp_tx *tx, void *arg, mp_error *err)
{
    gathering      *g = arg;
    mp_record_query query = { .kind = &mp_subscription_kind, .limit = 1000 };
    mp_record_page  page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, g->f->arena, err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(gather_one(g, page.records[i].key, err));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code read_scope(finding *f, mp_error *err)
{
    gathering g = { .f = f };
    MP_TRY(mp_place_of(&f->scope, f->what->scope, f->arena, err));
    if (f->scope.kind != MP_PLACE_MANAGEMENT_GROUP && f->scope.kind != MP_PLACE_TENANT)
        return MP_OK;
    g.ids = MP_ARENA_ARRAY(f->arena, mp_str, 16);
    g.cap = 16;
    if (!g.ids)
        return mp_no_memory(err);
    MP_TRY(mp_store_read(f->c->app->store, gather, &g, err));
    f->subscriptions = g.ids;
    f->subscription_count = g.count;
    return MP_OK;
}

mp_code mp_remediation_each(mp_compliance *compliance, mp_rulebook *book, uint32_t check, const mp_remediation *what,
                            mp_remediation_visit *visit, void *ctx, mp_arena *arena, mp_error *err)
{
    finding  f = { .c = compliance, .book = book, .check = check, .what = what, .visit = visit, .ctx = ctx, .arena = arena };
    mp_error why = { .code = MP_OK };
    MP_TRY(read_scope(&f, err));
    if (f.subscriptions && f.subscription_count == 0)
        return MP_OK;
    if (what->re_evaluates)
        return each_evaluated(&f, err);
    /* late: then what is recorded so far */
    mp_code code = mp_judging_settle(compliance->judging, SETTLE_SECONDS, &why);
    if (code != MP_OK && code != MP_BUSY)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    MP_TRY(begin_rows(&f, err));
    return each_page(&f, read_rows, &f.rows.after, err);
}
