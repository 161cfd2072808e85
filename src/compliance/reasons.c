/* SPDX-License-Identifier: Apache-2.0 */
/* What is explained: the checks that have a verdict of the resource at the date; and when an assignment was named,
 * those of it that have none, since "it does not apply" has a reason too. They come in the order of their keys, so
 * that pages go on behind one. */
#include "reasons.h"

#include <stdlib.h>

#include <mapae/inventory.h>

#include "explain_text.h"
#include "guard.h"
#include "jsonw.h"
#include "keys.h"
#include "objects.h"
#include "rulebook_internal.h"
#include "sql.h"
#include "surroundings.h"
#include "time_put.h"
#include "violation.h"

#define USUAL 20

/* A verdict as it is recorded, or a check without one (since 0). */
typedef struct recorded {
    mp_str   key; /* of the check */
    mp_str   assignment, reference, definition;
    mp_state state;
    mp_reason reason;
    mp_str   effect, detail;
    mp_ticks since, until;
} recorded;

typedef struct finding {
    const mp_reason_query *q;
    mp_tx                  *tx;
    mp_arena               *arena;
    mp_rulebook            *book;
    mp_estate_item          item;
    mp_place                place;
    mp_resource             resource;
    recorded               *list;
    size_t                  count, cap;
    mp_jsonw                w;
    mp_json_doc            *doc;
    mp_buf                  text;
} finding;

/* ---- what is recorded ---- */

static mp_code add(finding *f, const recorded *one, mp_error *err)
{
    if (f->count == f->cap) {
        size_t    cap = f->cap ? f->cap * 2 : 64;
        recorded *grown = MP_ARENA_ARRAY(f->arena, recorded, cap);
        if (!grown)
            return mp_no_memory(err);
        if (f->count)
            memcpy(grown, f->list, f->count * sizeof *grown);
        f->list = grown;
        f->cap = cap;
    }
    f->list[f->count] = *one;
    recorded *kept = &f->list[f->count];
    mp_str   *texts[] = { &kept->key, &kept->assignment, &kept->reference, &kept->definition, &kept->effect, &kept->detail };
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        if (!(*texts[i] = mp_arena_dup(f->arena, texts[i]->ptr ? *texts[i] : MP_S(""))).ptr)
            return mp_no_memory(err);
    f->count++;
    return MP_OK;
}

/* Reference, definition's id, or the last segment of it. */
static bool is_policy(mp_str asked, mp_str reference, mp_str definition)
{
    size_t slash = mp_str_rfind(definition, '/');
    mp_str name = slash == SIZE_MAX ? definition : mp_str_skip(definition, slash + 1);
    return asked.len == 0 || mp_str_eq_fold(asked, reference) || mp_str_eq_fold(asked, definition) ||
           mp_str_eq_fold(asked, name);
}

static mp_code take_recorded(finding *f, const mp_rows *rows, mp_error *err)
{
    recorded one = { .key = mp_rows_bytes(rows, 0),
                     .assignment = mp_rows_bytes(rows, 1),
                     .reference = mp_rows_bytes(rows, 2),
                     .definition = mp_rows_bytes(rows, 3),
                     .state = (mp_state)mp_rows_int(rows, 4),
                     .since = mp_rows_int(rows, 5),
                     .until = mp_rows_int(rows, 6),
                     .reason = (mp_reason)mp_rows_int(rows, 7),
                     .effect = mp_rows_bytes(rows, 8),
                     .detail = mp_rows_bytes(rows, 9) };
    bool is_wanted = (f->q->assignment.len == 0 || mp_str_eq(one.assignment, f->q->assignment)) &&
                     is_policy(f->q->policy, one.reference, one.definition);
    return is_wanted ? add(f, &one, err) : MP_OK;
}

#define CHOSEN(until) "SELECT c.key, c.assignment, c.reference, c.definition, v.state, v.since, " until ", v.reason, v.effect, v.detail FROM "
#define JOINED " v JOIN rule_check c ON c.number = v.rule JOIN judged j ON j.number = v.resource WHERE j.key = ?1"

static mp_code read_recorded(finding *f, mp_error *err)
{
    static const char now[] = CHOSEN("0") "verdict" JOINED;
    static const char then[] = CHOSEN("0") "verdict" JOINED " AND v.since <= ?2 UNION ALL " CHOSEN(
        "v.until") "verdict_past" JOINED " AND v.since <= ?2 AND v.until > ?2";
    mp_rows *rows = NULL;
    bool     more = true;
    if (f->q->as_of)
        MP_TRY(mp_sql_ask(&rows, f->tx, then, MP_VALUES(mp_text(f->q->resource), mp_int(f->q->as_of)), err));
    else
        MP_TRY(mp_sql_ask(&rows, f->tx, now, MP_VALUES(mp_text(f->q->resource)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        code = take_recorded(f, rows, err);
    mp_rows_close(rows);
    return code;
}

static bool has(const finding *f, mp_str key)
{
    for (size_t i = 0; i < f->count; i++)
        if (mp_str_eq(f->list[i].key, key))
            return true;
    return false;
}

/* Checks of the assignment that was named, and that say nothing of the resource. */
static mp_code add_silent(finding *f, mp_error *err)
{
    for (uint32_t i = 0; i < mp_rulebook_count(f->book) && f->q->assignment.len; i++) {
        const mp_rule_facts *facts = mp_rulebook_facts(f->book, i);
        recorded one = { .key = facts->key,
                         .assignment = f->q->assignment,
                         .reference = facts->reference_id.ptr ? facts->reference_id : MP_S(""),
                         .definition = facts->definition_id };
        if (is_policy(f->q->policy, one.reference, one.definition) && !has(f, one.key))
            MP_TRY(add(f, &one, err));
    }
    return MP_OK;
}

static int by_key(const void *a, const void *b)
{
    return mp_str_cmp(((const recorded *)a)->key, ((const recorded *)b)->key);
}

/* ---- one reason ---- */

/* What decided, in words that live longer than the judge. */
static mp_code put_expressions(finding *f, mp_explained *e, mp_error *err)
{
    const mp_decided *decided;
    uint32_t          count;
    mp_jsonw          w;
    MP_TRY(mp_judge_decided(e->judge, e->related, 0, &decided, &count, err));
    mp_jsonw_init(&w, f->arena);
    mp_evaluated_expressions(&w, decided, count);
    const mp_json *list = mp_jsonw_done(&w);
    list = list ? mp_arena_dup_json(f->arena, list) : NULL;
    if (!list)
        return mp_no_memory(err);
    mp_jsonw_put_value(&f->w, "evaluatedExpressions", list);
    return MP_OK;
}

static mp_code put_explanation(finding *f, mp_explained *e, const mp_around *around, mp_error *err)
{
    mp_json_options deep = { .max_depth = MP_EXPLAIN_DEPTH };
    const mp_json  *root;
    mp_buf_clear(&f->text);
    MP_TRY(mp_explain_json_line(&f->text, e, err));
    MP_TRY(mp_json_read(f->doc, &root, mp_buf_str(&f->text), &deep, NULL, err));
    root = mp_arena_dup_json(f->arena, root);
    mp_buf_clear(&f->text);
    if (f->q->with_text)
        MP_TRY(mp_explain_text(&f->text, f->q->lang, f->q->has_color, f->q->columns, e, err));
    if (f->q->with_text && around->has_hidden) {
        mp_buf_add_c(&f->text, '\n');
        mp_say(&f->text, f->q->lang, "explain.related.hidden", NULL, 0);
        mp_buf_add_c(&f->text, '\n');
    }
    MP_TRY(mp_buf_check(&f->text, err));
    mp_str page = mp_arena_dup(f->arena, mp_buf_str(&f->text));
    if (!root || !page.ptr)
        return mp_no_memory(err);
    mp_jsonw_put_value(&f->w, "explanation", root);
    if (f->q->with_text)
        mp_jsonw_put_str(&f->w, "text", page);
    return f->q->with_expressions ? put_expressions(f, e, err) : MP_OK;
}

static mp_code judge(finding *f, mp_explained *e, mp_around *around, mp_error *err)
{
    mp_surroundings    surroundings;
    mp_ticks           now = f->q->as_of ? f->q->as_of : mp_tx_time(f->tx);
    MP_TRY(mp_around_fill(&surroundings, around, &f->place, NULL, now, err));
    if (f->place.kind == MP_PLACE_GROUP)
        surroundings.resource_group = f->item.document;
    MP_TRY(mp_explained_plan(e, &f->resource, &(mp_plan_options){ .aliases = f->book->aliases }, err));
    MP_TRY(mp_explained_judge(e, &surroundings, &around->related, err));
    around->only = f->q->related_within; /* the verdict is over all of them; what is told is not */
    return mp_around_check(around, err);
}

/* That two policies change one property is seen with both at hand: by itself each says that its condition holds. */
static bool does_agree(const recorded *one, mp_state state)
{
    if (!one->since)
        return state == MP_STATE_NOT_APPLICABLE;
    return state == one->state || (one->state == MP_STATE_CONFLICTING && state == MP_STATE_NON_COMPLIANT);
}

/* *agrees: what is recorded is what comes out. A failure of one is told in place of it. */
static mp_code explain(bool *agrees, finding *f, const recorded *one, uint32_t check, mp_error *err)
{
    mp_explained e = { .check = f->book->checks[check], .in_store = true };
    mp_around    around;
    mp_error     why = { .code = MP_OK };
    mp_around_init(&around, f->tx, f->arena, f->q->as_of);
    mp_code code = judge(f, &e, &around, &why);
    if (code == MP_OK)
        code = put_explanation(f, &e, &around, &why);
    if (code == MP_OK)
        code = mp_around_check(&around, &why);
    if (code == MP_OK && around.has_hidden)
        mp_jsonw_put_bool(&f->w, "hasHidden", true);
    if (code == MP_OK)
        *agrees = does_agree(one, e.verdict->state);
    mp_explained_done(&e);
    if (code != MP_EVALUATION)
        return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    mp_jsonw_put_value(&f->w, "explanation", NULL);
    mp_str message = mp_arena_dup(f->arena, mp_str_from(why.message));
    mp_jsonw_put_str(&f->w, "error", message);
    return message.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code put_one(finding *f, const recorded *one, mp_error *err)
{
    uint32_t             check = mp_rulebook_find(f->book, one->key);
    const mp_rule_facts *facts = check == MP_NO_CHECK ? NULL : mp_rulebook_facts(f->book, check);
    bool                 agrees = false;
    mp_jsonw_object(&f->w);
    mp_str assignment =
               mp_arena_dup(f->arena, facts ? facts->assignment_id
                                            : one->assignment), /* the rulebook goes before the answer does */
        definition = mp_arena_dup(f->arena, facts ? facts->definition_id : one->definition);
    if (!assignment.ptr || !definition.ptr)
        return mp_no_memory(err);
    mp_jsonw_put_str(&f->w, "assignmentId", assignment);
    mp_jsonw_put_str(&f->w, "referenceId", one->reference);
    mp_jsonw_put_str(&f->w, "definitionId", definition);
    mp_jsonw_key(&f->w, MP_S("recorded"));
    if (one->since) {
        mp_jsonw_object(&f->w);
        mp_jsonw_put_str(&f->w, "state", mp_states[one->state].text);
        mp_jsonw_put_str(&f->w, "reason", mp_reasons[one->reason]);
        mp_jsonw_put_str(&f->w, "detail", one->detail);
        mp_jsonw_put_str(&f->w, "effect", one->effect);
        mp_time_put(&f->w, "since", one->since);
        if (one->until)
            mp_time_put(&f->w, "until", one->until);
        mp_jsonw_end(&f->w);
    } else {
        mp_jsonw_null(&f->w);
    }
    if (check == MP_NO_CHECK)
        mp_jsonw_put_value(&f->w, "explanation", NULL); /* the check is gone, its verdict not yet */
    else
        MP_TRY(explain(&agrees, f, one, check, err));
    mp_jsonw_put_bool(&f->w, "agrees", agrees);
    mp_jsonw_end(&f->w);
    return MP_OK;
}

/* ---- together ---- */

static mp_code put_page(mp_reason_page *out, finding *f, mp_error *err)
{
    uint32_t limit = f->q->limit == 0 ? USUAL : f->q->limit > MP_REASONS_MOST ? MP_REASONS_MOST : f->q->limit, given = 0;
    mp_jsonw_init(&f->w, f->arena);
    mp_jsonw_array(&f->w);
    for (size_t i = 0; i < f->count; i++) {
        if (f->q->after.len && mp_str_cmp(f->list[i].key, f->q->after) <= 0)
            continue;
        if (given++ == limit) {
            out->next = f->list[i - 1].key;
            break;
        }
        MP_TRY(put_one(f, &f->list[i], err));
    }
    mp_jsonw_end(&f->w);
    out->value = mp_jsonw_done(&f->w);
    return out->value ? MP_OK : mp_no_memory(err);
}

/* The assignments that say something, so that no others are compiled. */
static mp_code read_rules(finding *f, mp_error *err)
{
    mp_rulebook_asked asked = { .as_of = f->q->as_of, .keeps_disabled = true, .beside = f->q->beside };
    mp_str           *assignments = MP_ARENA_ARRAY(f->arena, mp_str, f->count + 1);
    size_t            count = 0;
    if (!assignments)
        return mp_no_memory(err);
    if (f->q->assignment.len)
        assignments[count++] = f->q->assignment;
    for (size_t i = 0; i < f->count && !f->q->assignment.len; i++)
        if (i == 0 || !mp_str_eq(f->list[i].assignment, f->list[i - 1].assignment))
            assignments[count++] = f->list[i].assignment;
    asked.assignments = assignments;
    asked.assignment_count = count;
    return mp_rulebook_make(&f->book, f->tx, &asked, err);
}

static mp_code find_assignment(finding *f, mp_error *err)
{
    mp_record record;
    mp_error  why = { .code = MP_OK };
    mp_code code =
        mp_record_get(&record, f->tx, &mp_policy_assignment_kind, f->q->assignment, f->q->as_of, f->arena, &why);
    if (code == MP_MISSING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no policy assignment '%.*s'", MP_FMT(f->q->assignment));
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code find_all(mp_reason_page *out, finding *f, mp_error *err)
{
    const mp_json *document;
    MP_TRY(mp_estate_get(&f->item, f->tx, f->q->resource, f->q->as_of, f->arena, err));
    MP_TRY(mp_place_of(&f->place, f->item.id, f->arena, err));
    document = mp_arena_dup_json(f->arena, f->item.document);
    if (!document)
        return mp_no_memory(err);
    MP_TRY(mp_resource_from_arm(&f->resource, document, f->arena, err));
    if (f->q->assignment.len)
        MP_TRY(find_assignment(f, err));
    MP_TRY(read_recorded(f, err));
    if (f->count)
        qsort(f->list, f->count, sizeof *f->list, by_key);
    MP_TRY(read_rules(f, err));
    MP_TRY(add_silent(f, err));
    if (f->count)
        qsort(f->list, f->count, sizeof *f->list, by_key);
    return put_page(out, f, err);
}

/* What is related may stand anywhere in the subscription. Who sees the resource alone sees nothing else. */
mp_code mp_reason_reach(mp_str *out, mp_app *app, const mp_http_request *request, mp_str resource, mp_error *err)
{
    mp_place place;
    MP_TRY(mp_place_of(&place, resource, request->arena, err));
    mp_str subscription = mp_arena_printf(request->arena, "/subscriptions/%.*s", MP_FMT(place.subscription));
    if (!subscription.ptr)
        return mp_no_memory(err);
    if (mp_app_may(app, request, "*/read", place.subscription.len ? subscription : MP_S("/")))
        *out = MP_S("");
    else
        *out = place.group_key.len && mp_app_may(app, request, "*/read", place.group_key) ? place.group_key : place.key;
    return MP_OK;
}

mp_code mp_reason_find(mp_reason_page *out, mp_tx *tx, const mp_reason_query *query, mp_arena *arena, mp_error *err)
{
    finding f = { .q = query, .tx = tx, .arena = arena, .text = MP_BUF_INIT };
    *out = (mp_reason_page){ .value = NULL };
    MP_TRY(mp_json_doc_new(&f.doc, err));
    mp_code code = find_all(out, &f, err);
    mp_rulebook_unref(f.book);
    mp_json_doc_free(f.doc);
    mp_buf_free(&f.text);
    return code;
}
