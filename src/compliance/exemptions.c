/* SPDX-License-Identifier: Apache-2.0 */
#include "exemptions.h"

#include "foresight.h"
#include "jsonw.h"
#include "object_internal.h"

#define USUAL 20

const char *const mp_exemption_uses[] = {
    [MP_EXEMPTION_NEEDED] = "needed",   [MP_EXEMPTION_COMPLIANT] = "compliant", [MP_EXEMPTION_NOTHING] = "nothing",
    [MP_EXEMPTION_EXPIRED] = "expired", [MP_EXEMPTION_ERROR] = "error",         [MP_EXEMPTION_USES] = NULL
};

typedef struct reviewing {
    const mp_exemptions_query *q;
    mp_tx    *tx;
    mp_arena *arena;
    mp_jsonw  w;
} reviewing;

typedef struct without {
    uint64_t states[MP_STATE_COUNT]; /* of what it excuses */
    bool     is_needed;
} without;

/* ---- what would be ---- */

static void add(without *to, const mp_foresight *seen)
{
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        to->states[i] += seen->changes[MP_STATE_EXEMPT][i];
    to->is_needed = to->states[MP_STATE_NON_COMPLIANT] || to->states[MP_STATE_CONFLICTING];
}

static mp_code look(without *out, reviewing *r, const mp_place *place, mp_error *err)
{
    mp_json            id = { .kind = MP_JSON_STRING, .count = (uint32_t)place->id.len, .u = { .text = place->id.ptr } };
    mp_json            list[2] = { { .kind = MP_JSON_ARRAY, .count = 1, .u = { .span = 2 } }, id };
    mp_arena           arenas[2] = { MP_ARENA_INIT, MP_ARENA_INIT }; /* a continuation lives until the next one */
    mp_foresight_query q = { .deleted = list, .rows = 1000 };
    mp_object_fault    fault;
    mp_code            code = MP_OK;
    if (mp_str_starts(place->parent, MP_S("/subscriptions/")))
        q.scope = place->parent;
    for (unsigned n = 0; code == MP_OK && !out->is_needed && (n == 0 || q.after.len); n++) {
        mp_foresight seen;
        mp_arena_reset(&arenas[n % 2]);
        code = mp_foresee(&seen, &fault, r->tx, &q, &arenas[n % 2], err);
        if (code == MP_OK)
            add(out, &seen);
        q.after = seen.next;
    }
    mp_arena_free(&arenas[0]);
    mp_arena_free(&arenas[1]);
    return code;
}

static bool has_expired(const reviewing *r, const mp_json *properties)
{
    mp_ticks at;
    mp_str   text = mp_object_text(properties, "expiresOn");
    return text.len && mp_clock_parse(&at, text) && at <= mp_tx_time(r->tx);
}

static mp_exemption_use use_of(const without *w)
{
    if (w->is_needed)
        return MP_EXEMPTION_NEEDED;
    if (w->states[MP_STATE_ERROR])
        return MP_EXEMPTION_ERROR;
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        if (w->states[i] && i != MP_STATE_NOT_APPLICABLE)
            return MP_EXEMPTION_COMPLIANT;
    return MP_EXEMPTION_NOTHING;
}

/* ---- one ---- */

static mp_code put_text(reviewing *r, const char *name, mp_str text, mp_error *err)
{
    mp_str kept = mp_arena_dup(r->arena, text);
    mp_jsonw_put_str(&r->w, name, kept);
    return kept.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code put_one(reviewing *r, const mp_place *place, const mp_json *properties, const without *w,
                       mp_exemption_use use, mp_error *err)
{
    mp_jsonw_object(&r->w);
    MP_TRY(put_text(r, "id", place->id, err));
    MP_TRY(put_text(r, "name", place->name, err));
    MP_TRY(put_text(r, "displayName", mp_object_text(properties, "displayName"), err));
    MP_TRY(put_text(r, "category", mp_object_text(properties, "exemptionCategory"), err));
    if (mp_object_text(properties, "expiresOn").len)
        MP_TRY(put_text(r, "expiresOn", mp_object_text(properties, "expiresOn"), err));
    MP_TRY(put_text(r, "assignmentId", mp_object_text(properties, "policyAssignmentId"), err));
    mp_jsonw_put_str(&r->w, "use", mp_str_from(mp_exemption_uses[use]));
    mp_jsonw_put_bool(&r->w, "canGo", use != MP_EXEMPTION_NEEDED && use != MP_EXEMPTION_ERROR);
    mp_jsonw_key(&r->w, MP_S("without"));
    mp_jsonw_object(&r->w);
    for (unsigned i = 0; i < MP_STATE_COUNT; i++)
        if (w->states[i])
            mp_jsonw_put_int(&r->w, mp_states[i].text.ptr, (int64_t)w->states[i]);
    mp_jsonw_end(&r->w);
    mp_jsonw_end(&r->w);
    return MP_OK;
}

static mp_code review(reviewing *r, const mp_record *record, mp_arena *arena, mp_error *err)
{
    const mp_json   *properties = mp_json_get(record->body, MP_S("properties"));
    without          seen = { .is_needed = false };
    mp_exemption_use use = MP_EXEMPTION_EXPIRED;
    mp_place         place;
    mp_str           id = mp_object_text(record->body, "id");
    MP_TRY(mp_place_of(&place, id, arena, err));
    if (r->q->scope.len && !mp_place_holds(r->q->scope, place.key))
        return MP_OK;
    if (!has_expired(r, properties)) {
        MP_TRY(look(&seen, r, &place, err));
        use = use_of(&seen);
    }
    if (r->q->is_removable && (use == MP_EXEMPTION_NEEDED || use == MP_EXEMPTION_ERROR))
        return MP_OK;
    return put_one(r, &place, properties, &seen, use, err);
}

/* ---- together ---- */

mp_code mp_exemptions_review(mp_exemptions_page *out, mp_tx *tx, const mp_exemptions_query *query, mp_arena *arena,
                             mp_error *err)
{
    reviewing        r = { .q = query, .tx = tx, .arena = arena };
    mp_record_filter filter = { .index = "id", .op = MP_FILTER_STARTS, .value = query->scope };
    mp_record_query asked = { .kind = &mp_policy_exemption_kind,
                              .filters = &filter,
                              .filter_count = query->scope.len > 1,
                              .order = "id",
                              .after = query->after,
                              .limit = query->limit == 0                   ? USUAL
                                       : query->limit > MP_EXEMPTIONS_MOST ? MP_EXEMPTIONS_MOST
                                                                           : query->limit };
    mp_record_page   page;
    mp_arena         records = MP_ARENA_INIT;
    mp_jsonw_init(&r.w, arena);
    mp_jsonw_array(&r.w);
    mp_code code = mp_record_list(&page, tx, &asked, &records, err);
    for (size_t i = 0; i < page.count && code == MP_OK; i++)
        code = review(&r, &page.records[i], &records, err);
    if (code == MP_OK) {
        mp_jsonw_end(&r.w);
        *out = (mp_exemptions_page){ mp_jsonw_done(&r.w), mp_arena_dup(arena, page.next) };
        code = out->value && out->next.ptr ? MP_OK : mp_no_memory(err);
    }
    mp_arena_free(&records);
    return code;
}
