/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_link.h"

#include "evidence.h"
#include "item.h"
#include "jsonw.h"

/* The key says it all, so that nothing is linked twice: "EVIDENCE/FRAMEWORK/CONTROL/MEASURE". */

static const mp_record_index indexes[] = {
    { .name = "evidence", .path = "evidence" },
    { .name = "framework", .path = "framework" },
    { .name = "target", .path = "target" },
    { .name = "measure", .path = "measure" },
};

const mp_kind mp_evidence_link_kind = { .name = "evidence-link",
                                        .indexes = indexes,
                                        .index_count = MP_COUNT(indexes) };

const mp_answer *mp_answer_of(const mp_framework *framework, const mp_control *control)
{
    return &framework->answers.of[control - framework->catalog.controls];
}

bool mp_evidence_rule_fits(const mp_answer *answer, size_t at, mp_str kind, mp_str rule)
{
    const mp_evidence_rule *r = &answer->evidence[at];
    if (rule.len)
        return mp_str_eq(rule, r->name.en) || mp_str_eq(rule, r->name.ko);
    return kind.len ? mp_str_eq(kind, r->kind) : answer->evidence_count == 1;
}

static mp_code key_of(mp_str *out, mp_tx *tx, const mp_evidence_link *l, mp_error *err)
{
    *out = mp_arena_printf(mp_tx_arena(tx), "%.*s/%.*s/%.*s/%.*s", MP_FMT(l->evidence),
                           MP_FMT(l->framework->id), MP_FMT(l->control->id), MP_FMT(l->measure));
    if (!out->ptr)
        return mp_no_memory(err);
    if (out->len > MP_RECORD_KEY_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "the names of framework, control and measure are too long together");
    return MP_OK;
}

/* ---- may it stand ---- */

/* Each kind once, as "document, record". */
static void list_kinds(mp_buf *out, const mp_answer *answer)
{
    for (size_t i = 0; i < answer->evidence_count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < i && is_new; k++)
            is_new = !mp_str_eq(answer->evidence[k].kind, answer->evidence[i].kind);
        if (is_new)
            mp_buf_printf(out, "%s%.*s", out->len ? ", " : "", MP_FMT(answer->evidence[i].kind));
    }
}

static mp_code other_kind(const mp_control *control, const mp_answer *answer, mp_str kind, mp_error *err)
{
    mp_buf kinds = MP_BUF_INIT;
    mp_code code;
    list_kinds(&kinds, answer);
    if (kinds.failed)
        code = mp_no_memory(err);
    else if (kind.len)
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "control %.*s wants evidence of kind %.*s, not \"%.*s\": name the rule that it answers, or "
                       "keep it without this control",
                       MP_FMT(control->label), MP_FMT(mp_buf_str(&kinds)), MP_FMT(kind));
    else
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "control %.*s wants evidence of kind %.*s, and this is of no kind: say which, or name the "
                       "rule that it answers",
                       MP_FMT(control->label), MP_FMT(mp_buf_str(&kinds)));
    mp_buf_free(&kinds);
    return code;
}

mp_code mp_evidence_link_check(const mp_evidence_link *l, mp_str kind, mp_error *err)
{
    const mp_answer *answer = mp_answer_of(l->framework, l->control);
    if (l->control->is_withdrawn)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "control %.*s of %.*s is withdrawn",
                       MP_FMT(l->control->label), MP_FMT(l->framework->id));
    for (size_t i = 0; i < answer->evidence_count; i++)
        if (mp_evidence_rule_fits(answer, i, kind, l->rule))
            return MP_OK;
    if (answer->evidence_count == 0 && l->rule.len == 0)
        return MP_OK;
    if (l->rule.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "control %.*s has no evidence rule named \"%.*s\"",
                       MP_FMT(l->control->label), MP_FMT(l->rule));
    return other_kind(l->control, answer, kind, err);
}

static mp_code check_count(mp_tx *tx, mp_str evidence, mp_error *err)
{
    const mp_record_filter filter = { .index = "evidence", .op = MP_FILTER_EQ, .value = evidence };
    const mp_record_query query = { .kind = &mp_evidence_link_kind,
                                    .filters = &filter,
                                    .filter_count = 1,
                                    .limit = 1,
                                    .counts = true };
    mp_record_page page;
    MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
    if (page.total >= MP_LINKS_OF_ONE_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE,
                       "this evidence answers %d controls already; that is the most",
                       MP_LINKS_OF_ONE_MAX);
    return MP_OK;
}

/* ---- changes ---- */

static const mp_json *body_of(mp_tx *tx, const mp_evidence_link *l, mp_str scope)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_filled(&w, "evidence", l->evidence);
    mp_jsonw_put_filled(&w, "framework", l->framework->id);
    mp_jsonw_put_filled(&w, "control", l->control->id);
    mp_jsonw_put_filled(&w, "measure", l->measure);
    mp_jsonw_put_filled(&w, "rule", l->rule);
    mp_jsonw_put_filled(&w, "note", l->note);
    mp_jsonw_put_filled(&w, "by", l->by);
    mp_jsonw_put_filled(
        &w, "target",
        mp_arena_printf(mp_tx_arena(tx), "%.*s/%.*s", MP_FMT(l->framework->id), MP_FMT(l->control->id)));
    mp_jsonw_put_filled(&w, "scope", scope);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_evidence_link_put(mp_record *out, mp_tx *tx, const mp_evidence_link *link, mp_error *err)
{
    mp_record piece;
    mp_str key;
    MP_TRY(key_of(&key, tx, link, err));
    MP_TRY(mp_record_get(&piece, tx, &mp_evidence_kind, link->evidence, 0, mp_tx_arena(tx), err));
    MP_TRY(mp_evidence_link_check(link, mp_json_get_text(piece.body, "kind"), err));
    MP_TRY(check_count(tx, link->evidence, err));
    const mp_json *body = body_of(tx, link, mp_json_get_text(piece.body, "scope"));
    return body ? mp_record_put(out, tx, &mp_evidence_link_kind, key, body, MP_ANY_VERSION, err)
                : mp_no_memory(err);
}

mp_code mp_evidence_link_delete(mp_tx *tx, const mp_evidence_link *link, mp_error *err)
{
    mp_str key;
    MP_TRY(key_of(&key, tx, link, err));
    return mp_record_delete(tx, &mp_evidence_link_kind, key, MP_ANY_VERSION, err);
}

mp_code mp_evidence_links_forget(mp_tx *tx, mp_str evidence, mp_error *err)
{
    const mp_record_filter filter = { .index = "evidence", .op = MP_FILTER_EQ, .value = evidence };
    const mp_record_query query = {
        .kind = &mp_evidence_link_kind, .filters = &filter, .filter_count = 1, .limit = 500
    };
    mp_record_page page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            MP_TRY(mp_record_delete(tx, &mp_evidence_link_kind, page.records[i].key, MP_ANY_VERSION,
                                    err));
    } while (page.next.len);
    return MP_OK;
}
