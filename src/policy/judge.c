/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "context.h"
#include "judge_internal.h"
#include "jsonw.h"
#include "text.h"

#include <stdlib.h>

/* The order of questions is the order of this file: does the check concern the resource at all, is it
 * evaluated by us, is there an exemption, and only then what its conditions say. */

/* ---- inputs ---- */

static void set_text(mp_judge *j, mp_input which, mp_str text)
{
    j->inputs[which] = (mp_json){ .kind = MP_JSON_STRING, .count = (uint32_t)text.len,
                                  .u = { .text = text.ptr } };
    mp_run_set_input(j->run, which, text.ptr ? &j->inputs[which] : NULL);
}

static mp_str input_text(const mp_judge *j, mp_input which)
{
    const mp_json *v = mp_run_input(j->run, which);
    return mp_json_text(v);
}

/* `doc` is that of the group or the subscription that the caller gave, or NULL. */
static mp_code set_container(mp_judge *j, bool is_group, const mp_json *doc, mp_error *err)
{
    const mp_json *names = NULL;
    mp_str         id = mp_context_id(j->resource.id, is_group);
    if (doc || j->program->names_context)
        names = mp_context_document(doc, id, is_group, mp_run_arena(j->run));
    mp_run_set_input(j->run, is_group ? MP_INPUT_GROUP_NAMES : MP_INPUT_SUBSCRIPTION_NAMES, names);
    mp_run_set_input(j->run, is_group ? MP_INPUT_RESOURCE_GROUP : MP_INPUT_SUBSCRIPTION,
                     doc ? names : NULL);
    bool is_lacking = !names && (doc || (j->program->names_context && id.ptr));
    return is_lacking ? mp_no_memory(err) : MP_OK;
}

static bool uses_context(const mp_program *p)
{
    return p->names_context || p->reads_group || p->reads_subscription;
}

/* A scan asks with the latest API version there is (Microsoft Learn, requestContext()); no real version
 * comes after this one. */
static const mp_json scan_request[] = {
    { .kind = MP_JSON_OBJECT, .count = 1, .u = { .span = 3 } },
    { .kind = MP_JSON_STRING, .count = 10, .u = { .text = "apiVersion" } },
    { .kind = MP_JSON_STRING, .count = 10, .u = { .text = "9999-12-31" } },
};

static mp_code set_surroundings(mp_judge *j, const mp_surroundings *around, mp_error *err)
{
    if (j->around.now != around->now || !j->now[0])
        mp_clock_format(j->now, around->now);
    set_text(j, MP_INPUT_NOW, mp_str_of(j->now, MP_CLOCK_TEXT - 1));
    j->around = *around;
    const mp_json *request = around->request ? around->request : scan_request;
    mp_run_set_input(j->run, MP_INPUT_REQUEST, request);
    mp_run_set_input(j->run, MP_INPUT_API_VERSION,
                     around->request ? mp_json_get_fold(request, MP_S("apiVersion")) : &scan_request[2]);
    if (!uses_context(j->program))
        return MP_OK;
    MP_TRY(set_container(j, false, around->subscription, err));
    return set_container(j, true, around->resource_group, err);
}

static mp_code set_location(mp_judge *j, mp_str location, mp_error *err)
{
    set_text(j, MP_INPUT_LOCATION, location);
    if (!location.ptr)
        return MP_OK;
    mp_str name = mp_location_name(location, mp_run_arena(j->run));
    if (!name.ptr)
        return mp_no_memory(err);
    set_text(j, MP_INPUT_LOCATION_NAME, name);
    return MP_OK;
}

mp_code mp_judge_begin(mp_judge *j, const mp_program *program, const mp_resource *resource,
                       const mp_surroundings *around, mp_error *err)
{
    j->program = program;
    j->resource = *resource;
    j->verdict_count = 0;
    j->last_assignment = NULL;
    MP_TRY(mp_run_begin(j->run, program->rules, resource->doc, err));
    set_text(j, MP_INPUT_ID, resource->id);
    set_text(j, MP_INPUT_NAME, resource->name);
    set_text(j, MP_INPUT_FULL_NAME, resource->full_name);
    set_text(j, MP_INPUT_TYPE, resource->type);
    set_text(j, MP_INPUT_SUBSCRIPTION_ID, resource->subscription_id);
    set_text(j, MP_INPUT_GROUP_NAME, resource->resource_group);
    mp_run_set_input(j->run, MP_INPUT_TAGS, resource->tags);
    MP_TRY(set_location(j, resource->location, err));
    return set_surroundings(j, around, err);
}

mp_code mp_judge_begin_pack(mp_judge *j, const mp_program *program, const mp_pack *pack,
                            const mp_surroundings *around, mp_error *err)
{
    j->program = program;
    j->verdict_count = 0;
    j->last_assignment = NULL;
    MP_TRY(mp_run_begin_pack(j->run, program->rules, pack, err));
    j->resource = (mp_resource){
        .id = input_text(j, MP_INPUT_ID),
        .type = input_text(j, MP_INPUT_TYPE), /* as its document spells it */
        .name = input_text(j, MP_INPUT_NAME),
        .full_name = input_text(j, MP_INPUT_FULL_NAME),
        .location = input_text(j, MP_INPUT_LOCATION),
        .subscription_id = input_text(j, MP_INPUT_SUBSCRIPTION_ID),
        .resource_group = input_text(j, MP_INPUT_GROUP_NAME),
        .tags = mp_run_input(j->run, MP_INPUT_TAGS),
    };
    return set_surroundings(j, around, err);
}

const mp_resource *mp_judge_resource(const mp_judge *j) { return &j->resource; }

mp_arena *mp_judge_arena(mp_judge *j) { return mp_run_arena(j->run); }

mp_pack *mp_judge_pack(const mp_judge *j, mp_waits most, mp_arena *arena)
{
    return mp_pack_make_part(mp_rules_slots(j->program->rules), mp_run_values(j->run),
                             most == MP_WAITS_CONTEXT ? &j->program->context_slots
                                                      : &j->program->waiting_slots,
                             arena);
}

static const mp_json *text_node(mp_str text, mp_arena *arena)
{
    return text.ptr ? mp_json_make_str(arena, text) : NULL;
}

mp_pack *mp_related_pack(const mp_related_type *type, const mp_resource *resource, mp_arena *arena)
{
    const mp_json **values = MP_ARENA_ARRAY(arena, const mp_json *, mp_slots_count(type->slots));
    if (!values)
        return NULL;
    mp_slots_fill(type->slots, resource->doc, values);
    values[MP_INPUT_ID] = text_node(resource->id, arena);
    values[MP_INPUT_NAME] = text_node(resource->name, arena);
    values[MP_INPUT_FULL_NAME] = text_node(resource->full_name, arena);
    values[MP_INPUT_LOCATION] = text_node(resource->location, arena);
    values[MP_INPUT_TAGS] = resource->tags;
    if (resource->location.ptr)
        values[MP_INPUT_LOCATION_NAME] = text_node(mp_location_name(resource->location, arena), arena);
    return mp_pack_make_part(type->slots, values, &type->all, arena);
}

/* ---- related resources ---- */

/* The name that details give may be the leaf, the whole name, or end in "/?": every child. */
static bool name_matches(mp_str wanted, mp_str leaf, mp_str full)
{
    if (mp_str_ends(wanted, MP_S("/?"))) {
        wanted.len--;
        return mp_str_starts_fold(full, wanted) &&
               mp_str_find(mp_str_skip(full, wanted.len), '/') == SIZE_MAX;
    }
    if (mp_str_eq_fold(wanted, leaf) || mp_str_eq_fold(wanted, full))
        return true;
    return full.len > wanted.len && full.ptr[full.len - wanted.len - 1] == '/' &&
           mp_str_ends_fold(full, wanted);
}

static mp_str second_text(const mp_judge *j, mp_input which)
{
    const mp_json *v = j->second[which];
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

struct looking {
    mp_judge      *j;
    const mp_item *item;
    mp_str         name; /* ptr NULL: any */
    uint32_t       found, failed;
    bool           met;
    mp_error       error;
    bool (*use)(struct looking *looking, const mp_pack *pack); /* instead of testing */
    void          *use_arg;
    bool           short_of_memory;
};

/* A resource that looks for any of its own type, whatever its settings, would find itself. With an existence
 * condition it is asked about: built-in definitions ask a resource about itself that way. */
static bool finds_itself(const struct looking *l)
{
    const mp_resource *r = &l->j->resource;
    return !l->name.ptr && l->item->existence == MP_NO_ENTRY &&
           mp_str_eq_fold(l->item->related->type, l->j->program->type) &&
           mp_str_eq_fold(second_text(l->j, MP_INPUT_ID), r->id.ptr ? r->id : MP_S("")) &&
           mp_str_eq_fold(second_text(l->j, MP_INPUT_NAME), r->name.ptr ? r->name : MP_S(""));
}

static bool visit(void *arg, const mp_pack *pack)
{
    struct looking *l = arg;
    if (!mp_judge_reserve(l->j, pack->slots)) {
        l->short_of_memory = true;
        return false;
    }
    mp_pack_open(pack, l->j->second);
    mp_str leaf = second_text(l->j, MP_INPUT_NAME);
    if (l->name.ptr && leaf.len && !name_matches(l->name, leaf, second_text(l->j, MP_INPUT_FULL_NAME)))
        return true;
    if (finds_itself(l))
        return true;
    l->found++;
    mp_run_set_second(l->j->run, l->j->second);
    if (l->use)
        return l->use(l, pack);
    mp_truth truth = l->item->existence == MP_NO_ENTRY ? MP_TRUE
                                                       : mp_run_test(l->j->run, l->item->existence);
    if (truth == MP_FAILED && l->failed++ == 0)
        l->error = *mp_run_error(l->j->run);
    l->met = truth == MP_TRUE;
    return !l->met;
}

/* A text that details give, or absent. */
static mp_code detail_text(mp_judge *j, uint32_t entry, mp_str *out, mp_error *err)
{
    const mp_json *v;
    *out = mp_str_of(NULL, 0);
    if (entry == MP_NO_ENTRY)
        return MP_OK;
    MP_TRY(mp_run_value(&v, j->run, entry, err));
    if (mp_json_is(v, MP_JSON_STRING) && v->count)
        *out = mp_json_str(v);
    return MP_OK;
}

static mp_code look(struct looking *l, const mp_related *related, mp_error *err)
{
    mp_judge *j = l->j;
    mp_str    group;
    MP_TRY(detail_text(j, l->item->related_name, &l->name, err));
    MP_TRY(detail_text(j, l->item->related_group, &group, err));
    if (!related || !l->item->related)
        return MP_OK;
    mp_related_query query = { .type = l->item->related, .where = l->item->where,
                               .id = j->resource.id, .subscription_id = j->resource.subscription_id,
                               .group = group.ptr ? group : j->resource.resource_group };
    related->each(related->context, &query, visit, l);
    mp_run_set_second(j->run, NULL);
    return l->short_of_memory ? mp_no_memory(err) : MP_OK;
}

/* ---- one check ---- */

static void say(mp_verdict *v, mp_state state, mp_reason reason, mp_str detail)
{
    v->state = state;
    v->reason = reason;
    v->detail = detail;
}

/* An evaluation failed. Where it asked for a document that we do not have, that is no fault of anybody's:
 * it could not be evaluated. */
static void say_error(mp_judge *j, mp_verdict *v, const mp_error *error)
{
    bool lacks_group;
    if (mp_context_is_missing(error, &lacks_group)) {
        mp_str id = mp_context_id(j->resource.id, lacks_group);
        say(v, MP_STATE_NOT_EVALUATED, MP_REASON_CONTEXT_MISSING, id.ptr ? id : MP_S(""));
        return;
    }
    say(v, MP_STATE_ERROR, MP_REASON_FAILED,
        mp_arena_dup(mp_run_arena(j->run), mp_str_from(error->message)));
    v->code = error->code;
    if (!v->detail.ptr) { /* whoever asked must not take half a sentence for the reason */
        v->detail = MP_S("out of memory");
        v->code = MP_NOMEM;
    }
}

static mp_code judge_related(mp_judge *j, const mp_item *item, const mp_related *related,
                             mp_verdict *v, mp_error *err)
{
    struct looking l = { .j = j, .item = item };
    mp_error       inner = { 0 };
    mp_code        code = look(&l, related, &inner);
    mp_str         type = item->related ? item->related->type : MP_S("");
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        say_error(j, v, &inner);
    else if (l.met)
        say(v, MP_STATE_COMPLIANT, MP_REASON_RELATED_MET, type);
    else if (l.failed)
        say_error(j, v, &l.error);
    else
        say(v, MP_STATE_NON_COMPLIANT, l.found ? MP_REASON_RELATED_UNMET : MP_REASON_RELATED_MISSING,
            type);
    return MP_OK;
}

static mp_state state_of_name(mp_str name)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        if (mp_str_eq_fold(mp_states[i].text, name))
            return (mp_state)i;
    return MP_STATE_UNKNOWN;
}

static void judge_manual(mp_judge *j, const mp_check *check, mp_verdict *v)
{
    const mp_attestation *a = mp_check_attestation(check, j->resource.id, j->around.now);
    if (a) {
        say(v, state_of_name(a->state), MP_REASON_ATTESTED, a->name);
        return;
    }
    const mp_template *given = check->definition->details.default_state;
    const mp_json     *state = NULL;
    if (given && mp_template_constant(&state, given, &check->bound, mp_run_arena(j->run), NULL) != MP_OK)
        state = NULL;
    say(v, mp_json_is(state, MP_JSON_STRING) ? state_of_name(mp_json_str(state)) : MP_STATE_UNKNOWN,
        MP_REASON_NOT_ATTESTED, MP_S(""));
}

/* The condition holds: what that means under the effect. */
static mp_code judge_true(mp_judge *j, const mp_item *item, mp_effect effect,
                          const mp_related *related, mp_verdict *v, mp_error *err)
{
    if (mp_effects[effect].needs_related)
        return judge_related(j, item, related, v, err);
    if (effect == MP_EFFECT_MANUAL)
        judge_manual(j, item->check, v);
    else if (effect == MP_EFFECT_DENY_ACTION)
        say(v, MP_STATE_PROTECTED, MP_REASON_PROTECTED, MP_S(""));
    else
        say(v, MP_STATE_NON_COMPLIANT, MP_REASON_CONDITION_TRUE, MP_S(""));
    return MP_OK;
}

/* The condition does not hold. For IfNotExists effects and manual ones that is: not applicable. */
static void judge_false(mp_effect effect, mp_verdict *v)
{
    bool is_silent = mp_effects[effect].needs_related || effect == MP_EFFECT_MANUAL;
    say(v, is_silent ? MP_STATE_NOT_APPLICABLE : MP_STATE_COMPLIANT,
        is_silent ? MP_REASON_NOT_APPLICABLE : MP_REASON_CONDITION_FALSE,
        is_silent ? MP_S("condition") : MP_S(""));
}

/* Is the check one that we do not evaluate, though it applies? */
static bool is_not_evaluated(const mp_judge *j, const mp_item *item, mp_effect effect, mp_verdict *v)
{
    const mp_definition *d = item->check->definition;
    if (d->mode == MP_MODE_PROVIDER || mp_effects[effect].is_provider) {
        say(v, MP_STATE_NOT_EVALUATED, MP_REASON_PROVIDER_MODE, d->mode_text);
        return true;
    }
    bool only_requests = item->lowered.reads_identity || effect == MP_EFFECT_AUDIT_ACTION;
    if (only_requests && !j->around.request) {
        say(v, MP_STATE_NOT_EVALUATED, MP_REASON_ENFORCEMENT_ONLY, MP_S(""));
        return true;
    }
    return false;
}

static bool concerns(mp_judge *j, const mp_check *check)
{
    if (!check->assignment)
        return true;
    if (check->assignment != j->last_assignment) { /* checks of one assignment stand together */
        j->last_assignment = check->assignment;
        j->last_concerns = mp_check_concerns(check, j->resource.id, j->program->type,
                                             j->resource.location);
    }
    return j->last_concerns && mp_check_is_open(check, j->program->type, j->resource.location);
}

static bool is_exempt(mp_judge *j, const mp_check *check, mp_verdict *v)
{
    if (check->exemption_count == 0 || check->definition->mode == MP_MODE_PROVIDER)
        return false; /* exemptions do not work with providers' modes */
    const mp_exemption *e = mp_check_exemption(check, j->resource.id, j->program->type,
                                               j->resource.location, j->around.now);
    if (e)
        say(v, MP_STATE_EXEMPT, MP_REASON_EXEMPTED, e->display_name.len ? e->display_name : e->name);
    return e != NULL;
}

/* *v is "not applicable" already: say why. */
static mp_code not_applicable(mp_verdict *v, mp_str why)
{
    v->detail = why;
    return MP_OK;
}

static mp_code judge_item(mp_judge *j, const mp_item *item, const mp_related *related, mp_verdict *v,
                          mp_error *err)
{
    const mp_check *check = item->check;
    *v = (mp_verdict){ .check = item->check_index, .state = MP_STATE_NOT_APPLICABLE,
                       .reason = MP_REASON_NOT_APPLICABLE };
    if (!concerns(j, check))
        return not_applicable(v, MP_S("scope"));
    mp_effect effect = mp_check_effect(check, j->program->type, j->resource.location, &v->effect);
    if (effect == MP_EFFECT_DISABLED)
        return not_applicable(v, MP_S("disabled"));
    if (item->never.ptr)
        return not_applicable(v, item->never);
    if (item->needs_location && !j->resource.location.len) /* Resource Graph says "" of what has none */
        return not_applicable(v, MP_S("location"));
    if (item->applies != MP_NO_ENTRY) {
        mp_truth applies = mp_run_test(j->run, item->applies);
        if (applies == MP_FALSE)
            return not_applicable(v, MP_S("type"));
        if (applies == MP_FAILED) {
            say_error(j, v, mp_run_error(j->run));
            return MP_OK;
        }
    }
    if (is_not_evaluated(j, item, effect, v))
        return MP_OK;
    bool decides = mp_effects[effect].needs_related || effect == MP_EFFECT_MANUAL;
    if (!decides && is_exempt(j, check, v))
        return MP_OK;
    mp_truth truth = mp_run_test(j->run, item->condition);
    if (truth == MP_FAILED)
        say_error(j, v, mp_run_error(j->run));
    else if (truth == MP_FALSE)
        judge_false(effect, v);
    else if (!decides || !is_exempt(j, check, v))
        return judge_true(j, item, effect, related, v, err);
    return MP_OK;
}

/* ---- all checks ---- */

/* Documents of the group and the subscription that the store knows. */
static const mp_json *find_container(const mp_program *program, mp_str resource_id, bool is_group,
                                     const mp_related *related)
{
    if (!(is_group ? program->reads_group : program->reads_subscription) || !related->container)
        return NULL;
    mp_str id = mp_context_id(resource_id, is_group);
    return id.ptr ? related->container(related->context, id) : NULL;
}

/* Their names stay what the resource's id says: nobody waits for those. */
static void set_known_containers(mp_judge *j, const mp_related *related)
{
    for (int i = 0; i < 2; i++) {
        mp_input       which = i ? MP_INPUT_RESOURCE_GROUP : MP_INPUT_SUBSCRIPTION;
        bool           is_given = mp_run_input(j->run, which);
        const mp_json *doc = is_given ? NULL : find_container(j->program, j->resource.id, i, related);
        if (doc)
            mp_run_set_input(j->run, which, doc);
    }
}

bool mp_judge_context_known(const mp_program *program, mp_str resource_id, const mp_related *related)
{
    return find_container(program, resource_id, true, related) ||
           find_container(program, resource_id, false, related);
}

mp_verdict mp_judge_without_context(const mp_program *program, uint32_t item)
{
    return (mp_verdict){ .check = program->items[item].check_index, .state = MP_STATE_NOT_EVALUATED,
                         .reason = MP_REASON_CONTEXT_MISSING };
}

/* The effect is the one that applied: overrides may give one check several. What conflicts with one change may
 * conflict with another. */
static bool would_change(const mp_verdict *v)
{
    return (v->state == MP_STATE_NON_COMPLIANT || v->state == MP_STATE_CONFLICTING) &&
           mp_effect_changes(mp_effect_find(v->effect));
}

static void find_conflicts(mp_judge *j)
{
    for (uint32_t i = 0; i < j->verdict_count; i++) {
        const mp_item *a = j->items[i];
        for (uint32_t k = i + 1; k < j->verdict_count && would_change(&j->verdicts[i]); k++) {
            const mp_item *b = j->items[k];
            if (!would_change(&j->verdicts[k]) || b->check->definition == a->check->definition ||
                !mp_changes_conflict(a->changes, b->changes))
                continue;
            say(&j->verdicts[i], MP_STATE_CONFLICTING, MP_REASON_CONFLICT, b->check->definition->name);
            say(&j->verdicts[k], MP_STATE_CONFLICTING, MP_REASON_CONFLICT, a->check->definition->name);
        }
    }
}

static mp_code begin_run(mp_judge *j, const mp_related *related, mp_error *err)
{
    if (!mp_judge_reserve_verdicts(j, j->program->item_count))
        return mp_no_memory(err);
    if (related && uses_context(j->program))
        set_known_containers(j, related);
    j->verdict_count = j->pended_count = 0;
    j->may_conflict = false;
    return MP_OK;
}

static mp_code run_item(mp_judge *j, const mp_item *item, const mp_related *related, mp_error *err)
{
    mp_verdict *v = &j->verdicts[j->verdict_count];
    MP_TRY(judge_item(j, item, related, v, err));
    if (v->state == MP_STATE_NOT_APPLICABLE)
        return MP_OK;
    j->may_conflict = j->may_conflict || would_change(v);
    j->items[j->verdict_count++] = item;
    return MP_OK;
}

static void end_run(mp_judge *j, const mp_verdict **verdicts, uint32_t *count)
{
    if (j->may_conflict)
        find_conflicts(j);
    *verdicts = j->verdicts;
    *count = j->verdict_count;
}

mp_code mp_judge_run(mp_judge *j, const mp_related *related, const mp_verdict **verdicts,
                     uint32_t *count, mp_error *err)
{
    MP_TRY(begin_run(j, related, err));
    for (uint32_t i = 0; i < j->program->item_count; i++)
        MP_TRY(run_item(j, &j->program->items[i], related, err));
    end_run(j, verdicts, count);
    return MP_OK;
}

static void pend(mp_judge *j, uint32_t i, mp_waits waits, mp_alone *out)
{
    j->pended[j->pended_count++] = i;
    out->waits = waits > out->waits ? waits : out->waits;
}

/* Without the rest of the inventory a condition that is false is certain, since what depends on an unknown
 * document fails; one that is true asks for related resources. */
static bool waits(mp_judge *j, const mp_item *item)
{
    return item->waits == MP_WAITS_INVENTORY && concerns(j, item->check) &&
           mp_run_test(j->run, item->condition) != MP_FALSE;
}

mp_code mp_judge_run_alone(mp_judge *j, mp_alone *out, mp_error *err)
{
    *out = (mp_alone){ 0 };
    MP_TRY(begin_run(j, NULL, err));
    for (uint32_t i = 0; i < j->program->item_count; i++) {
        const mp_item *item = &j->program->items[i];
        uint32_t       before = j->verdict_count;
        if (waits(j, item)) {
            pend(j, i, MP_WAITS_INVENTORY, out);
            continue;
        }
        MP_TRY(run_item(j, item, NULL, err));
        bool lacks_context = item->waits == MP_WAITS_CONTEXT && j->verdict_count > before &&
                             j->verdicts[before].reason == MP_REASON_CONTEXT_MISSING;
        if (!lacks_context)
            continue;
        j->verdict_count = before;
        pend(j, i, MP_WAITS_CONTEXT, out);
    }
    end_run(j, &out->verdicts, &out->count);
    out->pended = j->pended;
    out->pended_count = j->pended_count;
    return MP_OK;
}

mp_code mp_judge_run_pended(mp_judge *j, const mp_related *related, const uint32_t *pended,
                            uint32_t pended_count, const mp_verdict **verdicts, uint32_t *count,
                            mp_error *err)
{
    MP_TRY(begin_run(j, related, err));
    for (uint32_t i = 0; i < pended_count; i++)
        MP_TRY(run_item(j, &j->program->items[pended[i]], related, err));
    end_run(j, verdicts, count);
    return MP_OK;
}

mp_code mp_judge_one(mp_judge *j, const mp_related *related, uint32_t item, const mp_verdict **verdict,
                     mp_error *err)
{
    MP_TRY(begin_run(j, related, err));
    MP_TRY(judge_item(j, &j->program->items[item], related, &j->verdicts[0], err));
    j->items[0] = &j->program->items[item];
    j->verdict_count = 1;
    *verdict = &j->verdicts[0];
    return MP_OK;
}

/* ---- related resources one by one, for reasons ---- */

struct each_related {
    mp_judge_each_related *fn;
    void                  *arg;
};

static bool use_related(struct looking *l, const mp_pack *pack)
{
    struct each_related *e = l->use_arg;
    return e->fn(e->arg, pack);
}

mp_code mp_judge_for_related(mp_judge *j, const mp_item *item, const mp_related *related,
                             mp_judge_each_related *fn, void *arg, mp_error *err)
{
    struct each_related each = { fn, arg };
    struct looking      l = { .j = j, .item = item, .use = use_related, .use_arg = &each };
    return look(&l, related, err);
}

mp_code mp_judge_asked(mp_related_query *query, mp_str *name, mp_judge *j, uint32_t i, mp_error *err)
{
    const mp_item *item = j->items[i];
    mp_str         group;
    MP_TRY(detail_text(j, item->related_name, name, err));
    MP_TRY(detail_text(j, item->related_group, &group, err));
    *query = (mp_related_query){ .type = item->related, .where = item->where, .id = j->resource.id,
                                 .subscription_id = j->resource.subscription_id,
                                 .group = group.ptr ? group : j->resource.resource_group };
    return MP_OK;
}

/* ---- making and freeing ---- */

bool mp_judge_reserve(mp_judge *j, uint32_t slots)
{
    if (slots <= j->second_cap)
        return true;
    const mp_json **more = realloc(j->second, (slots + 32) * sizeof(*more));
    if (!more)
        return false;
    j->second = more;
    j->second_cap = slots + 32;
    return true;
}

bool mp_judge_reserve_verdicts(mp_judge *j, uint32_t count)
{
    if (count <= j->verdict_cap && j->verdicts)
        return true;
    mp_verdict     *verdicts = realloc(j->verdicts, (count + 16) * sizeof(*verdicts));
    if (verdicts)
        j->verdicts = verdicts;
    const mp_item **items = realloc(j->items, (count + 16) * sizeof(*items));
    if (items)
        j->items = items;
    uint32_t *pended = realloc(j->pended, (count + 16) * sizeof(*pended));
    if (pended)
        j->pended = pended;
    if (!verdicts || !items || !pended)
        return false;
    j->verdict_cap = count + 16;
    return true;
}

mp_code mp_judge_new(mp_judge **out, mp_plan *plan, mp_error *err)
{
    mp_judge *j = calloc(1, sizeof(*j));
    if (!j)
        return mp_no_memory(err);
    mp_code code = mp_run_new(&j->run, err);
    if (code != MP_OK) {
        free(j);
        return code;
    }
    j->plan = plan;
    *out = j;
    return MP_OK;
}

void mp_judge_free(mp_judge *j)
{
    if (!j)
        return;
    mp_run_free(j->run);
    free(j->second);
    free(j->verdicts);
    free(j->items);
    free(j->pended);
    free(j);
}
