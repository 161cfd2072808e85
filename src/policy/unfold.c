/* SPDX-License-Identifier: Apache-2.0 */
#include "unfold.h"

#include <stdlib.h>

#include "assignment.h"
#include "selector.h"
#include "text.h"

/* One pass over the assignments, one over the initiatives that are judged by themselves, one over the
 * definitions. What a pass meets it marks as covered, so that the next one leaves it alone. */

#define NEAREST_MAX 1000 /* names that are compared for "did you mean" */

struct unfolding {
    mp_documents *docs;
    mp_checks    *out;
    uint32_t      initiatives; /* numbered so far */
    bool          warned_of_group;
    /* Of the assignment at hand: NULL is none. */
    const mp_assignment_document *assignment;
    const mp_exemption          **exemptions;
    const mp_attestation        **attestations;
    uint32_t                      exemption_count, attestation_count;
    /* Of the version at hand: the resources that it is judged for. */
    mp_gate                       gates[MP_OVERRIDES_MAX];
    uint32_t                      gate_count;
    mp_str                        variant;
};

/* What one check is made of. */
struct subject {
    const mp_definition          *definition;
    const mp_initiative_document *initiative; /* or NULL */
    const mp_reference           *reference;  /* or NULL */
    mp_bound                      bound;
};

void mp_checks_free(mp_checks *checks)
{
    free(checks->items);
    *checks = (mp_checks){ 0 };
}

static mp_code add_check(mp_checks *checks, const mp_check *check, mp_error *err)
{
    if (checks->count == checks->cap) {
        uint32_t  cap = checks->cap ? checks->cap * 2 : 64;
        mp_check *items = checks->cap > UINT32_MAX / 2
                              ? NULL : realloc(checks->items, cap * sizeof(*items));
        if (!items)
            return mp_no_memory(err);
        checks->items = items;
        checks->cap = cap;
    }
    checks->items[checks->count++] = *check;
    return MP_OK;
}

/* The diagnostics that follow are of another document: each has room for its own. */
static void turn_to(struct unfolding *u) { u->docs->diagnostics.of_file = 0; }

/* ---- finding ---- */

static bool is_set_id(mp_str id)
{
    return mp_str_find_fold(id, MP_S("/policySetDefinitions/")) != SIZE_MAX;
}

static bool is_definition_id(mp_str id)
{
    return mp_str_find_fold(id, MP_S("/policyDefinitions/")) != SIZE_MAX;
}

mp_entry *mp_find_definition(const mp_documents *docs, mp_str id)
{
    return is_set_id(id) ? NULL : mp_index_find(&docs->definitions, id);
}

mp_entry *mp_find_initiative(const mp_documents *docs, mp_str id)
{
    return is_definition_id(id) ? NULL : mp_index_find(&docs->initiatives, id);
}

static mp_str nearest_name(struct unfolding *u, const mp_index *index, mp_str id)
{
    size_t count = index->by_name.len;
    if (count > NEAREST_MAX)
        return MP_S("");
    mp_str *names = MP_ARENA_ARRAY(u->docs->arena, mp_str, count + 1);
    for (size_t i = 0; names && i < count; i++)
        names[i] = index->by_name.entries[i].key;
    return names ? mp_text_nearest(mp_id_name(id), names, count) : MP_S("");
}

/* ---- exemptions and attestations of an assignment ---- */

static bool is_of_assignment(mp_str assignment_id, const mp_assignment_document *a)
{
    return !a || assignment_id.len == 0 || mp_scope_equal(assignment_id, a->head.id);
}

/* An exemption of a management group holds for an assignment of the same one. Of another it cannot be told
 * what is below it, and one that exempts too much would hide what is wrong. */
static bool is_within(struct unfolding *u, const mp_entry *entry, const mp_exemption *e)
{
    if (!u->assignment || u->docs->hierarchy || !mp_scope_is_group(e->scope) ||
        mp_scope_equal(e->scope, u->assignment->head.scope))
        return true;
    mp_diagnose(&u->docs->diagnostics, entry->source, MP_SEVERITY_WARNING, entry->node, 0, MP_S(""),
                MP_UNSUPPORTED,
                "which resources are below the management group of exemption \"%.*s\" is not known; it is not honoured for assignment \"%.*s\"",
                MP_FMT(e->name), MP_FMT(u->assignment->head.name));
    return false;
}

static mp_code turn_to_assignment(struct unfolding *u, const mp_assignment_document *a, mp_error *err)
{
    const mp_index *exemptions = &u->docs->exemptions, *attestations = &u->docs->attestations;
    turn_to(u);
    u->assignment = a;
    u->exemption_count = u->attestation_count = 0;
    u->gate_count = 0;
    u->variant = MP_S("");
    u->exemptions = MP_ARENA_ARRAY(u->docs->arena, const mp_exemption *, mp_index_count(exemptions) + 1);
    u->attestations =
        MP_ARENA_ARRAY(u->docs->arena, const mp_attestation *, mp_index_count(attestations) + 1);
    if (!u->exemptions || !u->attestations)
        return mp_no_memory(err);
    for (size_t i = 0; i < mp_index_count(exemptions); i++) {
        const mp_entry     *entry = mp_index_at(exemptions, i);
        const mp_exemption *e = entry->document;
        if (is_of_assignment(e->assignment_id, a) && is_within(u, entry, e))
            u->exemptions[u->exemption_count++] = e;
    }
    for (size_t i = 0; i < mp_index_count(attestations); i++) {
        const mp_attestation *t = mp_index_at(attestations, i)->document;
        if (is_of_assignment(t->assignment_id, a))
            u->attestations[u->attestation_count++] = t;
    }
    return MP_OK;
}

static bool is_among(const mp_str *texts, uint32_t count, mp_str text)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_str_eq_fold(texts[i], text))
            return true;
    return false;
}

/* An exemption that names references holds for those of an initiative only. */
static mp_code give_exemptions(struct unfolding *u, mp_check *check, mp_error *err)
{
    if (u->exemption_count == 0)
        return MP_OK;
    const mp_exemption **list =
        MP_ARENA_ARRAY(u->docs->arena, const mp_exemption *, u->exemption_count);
    if (!list)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < u->exemption_count; i++) {
        const mp_exemption *e = u->exemptions[i];
        if (e->reference_count == 0 ||
            (check->reference_id.len && is_among(e->references, e->reference_count, check->reference_id)))
            list[check->exemption_count++] = e;
    }
    check->exemptions = list;
    return MP_OK;
}

static mp_code give_attestations(struct unfolding *u, mp_check *check, mp_error *err)
{
    if (u->attestation_count == 0)
        return MP_OK;
    const mp_attestation **list =
        MP_ARENA_ARRAY(u->docs->arena, const mp_attestation *, u->attestation_count);
    if (!list)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < u->attestation_count; i++) {
        const mp_attestation *t = u->attestations[i];
        if (t->reference_id.len == 0 || mp_str_eq_fold(t->reference_id, check->reference_id))
            list[check->attestation_count++] = t;
    }
    check->attestations = list;
    return MP_OK;
}

/* ---- the effect ---- */

static mp_code find_effect(struct unfolding *u, mp_check *check, bool *ok, mp_error *err)
{
    const mp_definition *d = check->definition;
    const mp_json       *value = NULL;
    mp_error             failure = { 0 };
    mp_code code = mp_template_constant(&value, d->effect, &check->bound, u->docs->arena, &failure);
    *ok = false;
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK) {
        mp_diagnose_at(&u->docs->diagnostics, &d->source, MP_SEVERITY_ERROR, d->effect->node, 0, MP_S(""),
                       &failure);
        return MP_OK;
    }
    check->effect_text = value->kind == MP_JSON_STRING ? mp_json_str(value) : MP_S("");
    check->effect = mp_effect_find(check->effect_text);
    *ok = check->effect != MP_EFFECT_COUNT;
    if (!*ok)
        mp_diagnose(&u->docs->diagnostics, &d->source, MP_SEVERITY_ERROR, d->effect->node, 0,
                    mp_effect_nearest(check->effect_text), MP_COMPILE, "\"%.*s\" is no effect",
                    MP_FMT(check->effect_text));
    return MP_OK;
}

/* Copies to `rest` the selectors on resources; false when one on references does not name this one. */
static bool split_selectors(const mp_selection *selection, mp_str reference_id, mp_selector *rest,
                            uint32_t *count)
{
    for (uint32_t i = 0; i < selection->count; i++) {
        const mp_selector *s = &selection->selectors[i];
        if (s->kind != MP_SELECT_REFERENCE)
            rest[(*count)++] = *s;
        else if (!mp_selector_names(s, reference_id))
            return false;
    }
    return true;
}

/* Of the overrides in order, those that may hold; one that holds for every resource ends the list and is
 * the effect. */
static mp_code apply_overrides(struct unfolding *u, mp_check *check, mp_error *err)
{
    const mp_assignment_document *a = u->assignment;
    if (!a || a->override_count == 0)
        return MP_OK;
    mp_override *list = MP_ARENA_ARRAY(u->docs->arena, mp_override, a->override_count);
    if (!list)
        return mp_no_memory(err);
    check->overrides = list;
    for (uint32_t i = 0; i < a->override_count; i++) {
        const mp_override *o = &a->overrides[i];
        uint32_t           count = 0;
        if (o->effect.len == 0)
            continue;
        mp_selector *rest = MP_ARENA_ARRAY(u->docs->arena, mp_selector, (size_t)o->selection.count + 1);
        if (!rest)
            return mp_no_memory(err);
        if (!split_selectors(&o->selection, check->reference_id, rest, &count))
            continue;
        if (count == 0) {
            check->effect_text = o->effect;
            check->effect = mp_effect_find(o->effect);
            break;
        }
        list[check->override_count++] =
            (mp_override){ .effect = o->effect,
                           .selection = { .name = o->selection.name, .selectors = rest, .count = count } };
    }
    return MP_OK;
}

/* ---- versions ---- */

static bool is_of_references(const mp_override *o)
{
    for (uint32_t i = 0; i < o->selection.count; i++)
        if (o->selection.selectors[i].kind == MP_SELECT_REFERENCE)
            return true;
    return false;
}

/* Another version for some resources: what it makes is let through for those, and what comes after it for the others. */
static mp_code open_gate(struct unfolding *u, const mp_selector *selectors, uint32_t count, uint32_t number, mp_error *err)
{
    mp_str variant = mp_arena_printf(u->docs->arena, "%.*s%s%u", MP_FMT(u->variant), u->variant.len ? "." : "", number);
    u->gates[u->gate_count++] = (mp_gate){ { .selectors = selectors, .count = count }, true };
    u->variant = variant;
    return variant.ptr ? MP_OK : mp_no_memory(err);
}

typedef mp_code with_version(struct unfolding *u, mp_str pattern, void *ctx, mp_error *err);

/* Each version that some resource is judged with: of a reference (its id), or of what is assigned (NULL). Overrides that
 * name references are about those, the others about what is assigned. */
static mp_code each_version(struct unfolding *u, const mp_str *reference_id, mp_str pattern, with_version *fn, void *ctx,
                            mp_error *err)
{
    const mp_assignment_document *a = u->assignment;
    uint32_t                      gates = u->gate_count;
    mp_str                        variant = u->variant;
    for (uint32_t i = 0; a && i < a->override_count; i++) {
        const mp_override *o = &a->overrides[i];
        uint32_t           count = 0;
        if (o->version.len == 0 || is_of_references(o) != (reference_id != NULL))
            continue;
        mp_selector *rest = MP_ARENA_ARRAY(u->docs->arena, mp_selector, (size_t)o->selection.count + 1);
        if (!rest)
            return mp_no_memory(err);
        if (!split_selectors(&o->selection, reference_id ? *reference_id : MP_S(""), rest, &count))
            continue;
        if (count == 0) {
            pattern = o->version;
            break;
        }
        MP_TRY(open_gate(u, rest, count, i + 1, err));
        MP_TRY(fn(u, o->version, ctx, err));
        u->gates[u->gate_count - 1].holds = false;
        u->variant = variant;
    }
    MP_TRY(fn(u, pattern, ctx, err));
    u->gate_count = gates;
    return MP_OK;
}

static mp_code give_gates(struct unfolding *u, mp_check *check, mp_error *err)
{
    check->variant = u->variant;
    if (u->gate_count == 0)
        return MP_OK;
    mp_gate *gates = MP_ARENA_ARRAY(u->docs->arena, mp_gate, u->gate_count);
    if (!gates)
        return mp_no_memory(err);
    memcpy(gates, u->gates, u->gate_count * sizeof(*gates));
    check->gates = gates;
    check->gate_count = u->gate_count;
    return MP_OK;
}

static bool is_on(mp_effect effect) { return effect != MP_EFFECT_DISABLED; }

/* Definitions are checked for what a literal effect wants when they are parsed; here are those that come
 * from a parameter or an override. */
static bool effect_suits(struct unfolding *u, const mp_definition *d, mp_effect effect)
{
    const char *missing = NULL;
    if (d->mode == MP_MODE_PROVIDER)
        return true;
    if (mp_effects[effect].needs_related && !d->details.type)
        missing = "type";
    else if ((effect == MP_EFFECT_MODIFY || effect == MP_EFFECT_APPEND) && !d->details.operations)
        missing = "operations";
    if (!missing)
        return true;
    mp_diagnose(&u->docs->diagnostics, &d->source, MP_SEVERITY_ERROR,
                d->details.node ? d->details.node : d->effect->node, 0, MP_S(""), MP_COMPILE,
                "the details of effect %.*s want %s", MP_FMT(mp_effects[effect].text), missing);
    return false;
}

static bool effects_suit(struct unfolding *u, const mp_check *check)
{
    bool ok = effect_suits(u, check->definition, check->effect);
    for (uint32_t i = 0; i < check->override_count; i++)
        ok = effect_suits(u, check->definition, mp_effect_find(check->overrides[i].effect)) && ok;
    return ok;
}

/* ---- one check ---- */

static mp_code make_check(struct unfolding *u, const struct subject *s, mp_error *err)
{
    mp_check check = {
        .definition = s->definition,
        .initiative = s->initiative ? &s->initiative->head : NULL,
        .assignment = u->assignment ? &u->assignment->head : NULL,
        .reference_id = s->reference ? s->reference->id : MP_S(""),
        .groups = s->reference ? s->reference->groups : NULL,
        .group_count = s->reference ? s->reference->group_count : 0,
        .bound = s->bound,
        .hierarchy = u->docs->hierarchy,
    };
    bool ok;
    check.bound.policy = mp_bind_policy(
        u->docs->arena, check.assignment ? check.assignment->id : MP_S(""),
        s->definition->id.len || !s->reference ? s->definition->id : s->reference->definition_id,
        check.initiative ? check.initiative->id : MP_S(""), check.reference_id);
    if (!check.bound.policy)
        return mp_no_memory(err);
    MP_TRY(find_effect(u, &check, &ok, err));
    if (!ok)
        return MP_OK;
    MP_TRY(apply_overrides(u, &check, err));
    if (!(mp_check_may(&check, is_on) || u->docs->keeps_disabled) || !effects_suit(u, &check))
        return MP_OK;
    MP_TRY(give_gates(u, &check, err));
    MP_TRY(give_exemptions(u, &check, err));
    MP_TRY(give_attestations(u, &check, err));
    return add_check(u->out, &check, err);
}

/* ---- definitions and initiatives ---- */

static void warn_of_unused(struct unfolding *u, const mp_given *given, size_t count,
                           const mp_parameter *parameters, uint32_t parameter_count)
{
    for (size_t i = 0; i < count; i++) {
        if (given[i].is_used)
            continue;
        mp_diagnose(&u->docs->diagnostics, given[i].source, MP_SEVERITY_WARNING, given[i].node, 0,
                    mp_parameter_nearest(parameters, parameter_count, given[i].name, u->docs->arena),
                    MP_PARAMETER, "no policy has a parameter \"%.*s\"", MP_FMT(given[i].name));
    }
}

static void warn_of_version(struct unfolding *u, const mp_source_text *source, const mp_json *node,
                            mp_str version, mp_str pattern)
{
    if (!mp_version_suits(version, pattern))
        mp_diagnose(&u->docs->diagnostics, source, MP_SEVERITY_WARNING, node, 0, MP_S(""), MP_REFERENCE,
                    "version %.*s was given, where %.*s is wanted; it is judged all the same",
                    MP_FMT(version), MP_FMT(pattern));
}

/* Values for what the assignment at hand assigns, or for what is judged without one. */
static mp_code bind_assigned(struct unfolding *u, mp_bound *bound, bool *ok,
                             const mp_parameter *parameters, uint32_t count,
                             const mp_source_text *declared, mp_error *err)
{
    const mp_assignment_document *a = u->assignment;
    mp_binding binding = { .arena = u->docs->arena, .diagnostics = &u->docs->diagnostics, .declared = declared };
    if (!a)
        return mp_bind(bound, ok, parameters, count, u->docs->given, u->docs->given_count, &binding, err);
    const mp_json *place = mp_property(a->node, MP_S("parameters"));
    binding.giver = &a->head.source;
    binding.giver_node = place ? place : a->node;
    MP_TRY(mp_bind(bound, ok, parameters, count, a->given, a->given_count, &binding, err));
    warn_of_unused(u, a->given, a->given_count, parameters, count);
    return MP_OK;
}

static mp_code unfold_definition(struct unfolding *u, const mp_entry *entry, mp_error *err)
{
    struct subject s = { .definition = entry->document };
    bool           ok;
    if (!s.definition->is_valid)
        return MP_OK;
    MP_TRY(bind_assigned(u, &s.bound, &ok, s.definition->parameters, s.definition->parameter_count,
                         &s.definition->source, err));
    return ok ? make_check(u, &s, err) : MP_OK;
}

/* What is wrong with a reference whoever assigns it, said once. */
static void examine_reference(struct unfolding *u, const mp_initiative_document *i, const mp_reference *r,
                              const mp_entry *entry)
{
    mp_diagnostics *d = &u->docs->diagnostics;
    if (!entry) {
        const mp_json *place = mp_json_get_fold(r->node, MP_S("policyDefinitionId"));
        mp_diagnose(d, &i->head.source, MP_SEVERITY_ERROR, place ? place : r->node, 0,
                    nearest_name(u, &u->docs->definitions, r->definition_id), MP_REFERENCE,
                    "there is no definition \"%.*s\"; reference \"%.*s\" is left out",
                    MP_FMT(r->definition_id), MP_FMT(r->id));
        return;
    }
    const mp_definition *definition = entry->document;
    warn_of_version(u, &i->head.source, r->node, definition->version, r->version);
    for (uint32_t n = 0; n < r->passed_count; n++)
        if (!mp_definition_parameter(definition, r->passed[n].name))
            mp_diagnose(d, &i->head.source, MP_SEVERITY_WARNING, r->passed[n].node, 0, MP_S(""),
                        MP_PARAMETER, "the definition of reference \"%.*s\" has no parameter \"%.*s\"",
                        MP_FMT(r->id), MP_FMT(r->passed[n].name));
}

static mp_code examine(struct unfolding *u, mp_initiative_document *i, mp_error *err)
{
    if (i->is_examined)
        return MP_OK;
    i->is_examined = true;
    i->head.number = u->initiatives++;
    for (uint32_t n = 0; n < i->reference_count; n++) {
        const mp_reference *r = &i->references[n];
        mp_entry           *entry = mp_find_definition(u->docs, r->definition_id);
        if (entry)
            entry->is_covered = true; /* by a reference that is wrong, too */
        if (!r->is_valid)
            continue;
        entry = mp_entry_suiting(entry, r->version);
        MP_TRY(mp_wake_definition(u->docs, entry, err));
        examine_reference(u, i, r, entry);
    }
    return MP_OK;
}

struct referring {
    const mp_initiative_document *initiative;
    const mp_reference           *reference;
    const mp_bound               *bound; /* the initiative's parameters */
};

static mp_code unfold_reference(struct unfolding *u, mp_str pattern, void *ctx, mp_error *err)
{
    const struct referring       *of = ctx;
    const mp_initiative_document *i = of->initiative;
    const mp_reference           *r = of->reference;
    mp_entry *entry = r->is_valid ? mp_entry_suiting(mp_find_definition(u->docs, r->definition_id), pattern) : NULL;
    MP_TRY(mp_wake_definition(u->docs, entry, err));
    if (!entry || !((const mp_definition *)entry->document)->is_valid)
        return MP_OK;
    struct subject s = { .definition = entry->document, .initiative = i, .reference = r };
    mp_binding     binding = { .arena = u->docs->arena, .diagnostics = &u->docs->diagnostics,
                               .giver = &i->head.source, .giver_node = r->node };
    mp_given      *given;
    size_t         count;
    bool           ok;
    MP_TRY(mp_bind_passed(&given, &count, &ok, r, s.definition, of->bound, &binding, err));
    if (!ok)
        return MP_OK;
    MP_TRY(mp_bind(&s.bound, &ok, s.definition->parameters, s.definition->parameter_count, given, count,
                   &binding, err));
    return ok ? make_check(u, &s, err) : MP_OK;
}

static mp_code unfold_initiative(struct unfolding *u, const mp_initiative_document *i, mp_error *err)
{
    mp_bound bound;
    bool     ok; /* of what a missing value is passed to, nothing is made; of the rest it is */
    if (!i->is_valid)
        return MP_OK;
    MP_TRY(bind_assigned(u, &bound, &ok, i->parameters, i->parameter_count, &i->head.source, err));
    for (uint32_t n = 0; n < i->reference_count; n++) {
        const mp_reference *r = &i->references[n];
        struct referring    of = { i, r, &bound };
        MP_TRY(each_version(u, &r->id, r->version, unfold_reference, &of, err));
    }
    return MP_OK;
}

/* ---- assignments ---- */

static void warn_of_groups(struct unfolding *u, const mp_assignment_document *a)
{
    if (u->docs->hierarchy)
        return;
    bool is_group = mp_scope_is_group(a->head.scope);
    for (uint32_t i = 0; i < a->head.not_scope_count; i++)
        if (mp_scope_is_group(a->head.not_scopes[i]))
            mp_diagnose(&u->docs->diagnostics, &a->head.source, MP_SEVERITY_WARNING,
                        mp_property(a->node, MP_S("notScopes")), 0, MP_S(""), MP_UNSUPPORTED,
                        "which resources are below \"%.*s\" is not known; it excludes none",
                        MP_FMT(a->head.not_scopes[i]));
    if (!is_group || u->warned_of_group)
        return;
    u->warned_of_group = true;
    mp_diagnose(&u->docs->diagnostics, &a->head.source, MP_SEVERITY_WARNING, a->node, 0, MP_S(""),
                MP_UNSUPPORTED,
                "which resources are below a management group is not known; assignment \"%.*s\" holds for all",
                MP_FMT(a->head.name));
}

static bool has_reference(const mp_initiative_document *i, mp_str id)
{
    for (uint32_t n = 0; n < i->reference_count; n++)
        if (mp_str_eq_fold(i->references[n].id, id))
            return true;
    return false;
}

/* References that an initiative does not have, named by an override, exemption or attestation. */
static void warn_of_references(struct unfolding *u, const mp_initiative_document *i, const mp_str *ids,
                               uint32_t count, const mp_source_text *source, const mp_json *node)
{
    for (uint32_t n = 0; n < count; n++) {
        if (has_reference(i, ids[n]))
            continue;
        mp_str *names = MP_ARENA_ARRAY(u->docs->arena, mp_str, (size_t)i->reference_count + 1);
        for (uint32_t r = 0; names && r < i->reference_count; r++)
            names[r] = i->references[r].id;
        mp_diagnose(&u->docs->diagnostics, source, MP_SEVERITY_WARNING, node, 0,
                    names ? mp_text_nearest(ids[n], names, i->reference_count) : MP_S(""), MP_REFERENCE,
                    "initiative \"%.*s\" has no reference \"%.*s\"", MP_FMT(i->head.name), MP_FMT(ids[n]));
    }
}

static void warn_of_overrides(struct unfolding *u, const mp_assignment_document *a,
                              const mp_initiative_document *i)
{
    const mp_json *place = mp_property(a->node, MP_S("overrides"));
    for (uint32_t n = 0; n < a->override_count; n++)
        for (uint32_t k = 0; k < a->overrides[n].selection.count; k++) {
            const mp_selector *s = &a->overrides[n].selection.selectors[k];
            if (s->kind != MP_SELECT_REFERENCE)
                continue;
            warn_of_references(u, i, s->in, s->in_count, &a->head.source, place);
            warn_of_references(u, i, s->not_in, s->not_in_count, &a->head.source, place);
        }
}

static void diagnose_unknown(struct unfolding *u, const mp_assignment_document *a)
{
    const mp_index *index = is_set_id(a->policy_id) ? &u->docs->initiatives : &u->docs->definitions;
    mp_diagnose(&u->docs->diagnostics, &a->head.source, MP_SEVERITY_ERROR,
                mp_property(a->node, MP_S("policyDefinitionId")), 0, nearest_name(u, index, a->policy_id),
                MP_REFERENCE, "there is no definition or initiative \"%.*s\"", MP_FMT(a->policy_id));
}

/* One of the two; in any version. */
struct assigned {
    mp_entry *initiative, *definition;
};

static mp_code unfold_assigned(struct unfolding *u, mp_str pattern, void *ctx, mp_error *err)
{
    const struct assigned        *of = ctx;
    const mp_assignment_document *a = u->assignment;
    mp_entry *initiative = mp_entry_suiting(of->initiative, pattern),
             *definition = mp_entry_suiting(of->definition, pattern);
    MP_TRY(mp_wake_initiative(u->docs, initiative, err));
    MP_TRY(mp_wake_definition(u->docs, definition, err));
    mp_initiative_document *i = initiative ? initiative->document : NULL;
    if (i)
        MP_TRY(examine(u, i, err));
    if (!a->is_valid)
        return MP_OK;
    warn_of_version(u, &a->head.source, a->node,
                    i ? i->head.version : ((const mp_definition *)definition->document)->version, pattern);
    if (!i)
        return unfold_definition(u, definition, err);
    warn_of_overrides(u, a, i);
    return unfold_initiative(u, i, err);
}

static mp_code unfold_assignment(struct unfolding *u, const mp_assignment_document *a, mp_error *err)
{
    struct assigned of = { .initiative = mp_find_initiative(u->docs, a->policy_id) };
    of.definition = of.initiative ? NULL : mp_find_definition(u->docs, a->policy_id);
    MP_TRY(turn_to_assignment(u, a, err));
    if (!of.initiative && !of.definition) {
        diagnose_unknown(u, a);
        return MP_OK;
    }
    (of.initiative ? of.initiative : of.definition)->is_covered = true;
    if (a->is_valid)
        warn_of_groups(u, a);
    return each_version(u, NULL, a->version, unfold_assigned, &of, err);
}

/* ---- exemptions and attestations that will not hold ---- */

static void warn_of_expiry(struct unfolding *u, const mp_entry *entry, mp_str name, bool has_expiry,
                           mp_ticks expires_on, mp_ticks now)
{
    if (!has_expiry || now < expires_on)
        return;
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, expires_on);
    mp_diagnose(&u->docs->diagnostics, entry->source, MP_SEVERITY_WARNING,
                mp_property(entry->node, MP_S("expiresOn")), 0, MP_S(""), MP_REFERENCE,
                "\"%.*s\" expired on %s and is not honoured", MP_FMT(name), text);
}

/* What an exemption or attestation refers to, when any assignment was given. */
static mp_code warn_of_target(struct unfolding *u, const mp_entry *entry, mp_str assignment_id,
                              const mp_str *references, uint32_t count, mp_error *err)
{
    const mp_index *assignments = &u->docs->assignments;
    if (assignment_id.len == 0 || mp_index_count(assignments) == 0)
        return MP_OK;
    const mp_json  *place = mp_property(entry->node, MP_S("policyAssignmentId"));
    const mp_entry *found = mp_map_get(&assignments->by_id, mp_scope_trim(assignment_id));
    if (!found) {
        mp_diagnose(&u->docs->diagnostics, entry->source, MP_SEVERITY_WARNING, place, 0,
                    MP_S(""), MP_REFERENCE, "assignment \"%.*s\" was not given", MP_FMT(assignment_id));
        return MP_OK;
    }
    mp_entry *initiative =
        mp_find_initiative(u->docs, ((const mp_assignment_document *)found->document)->policy_id);
    MP_TRY(mp_wake_initiative(u->docs, initiative, err));
    if (initiative)
        warn_of_references(u, initiative->document, references, count, entry->source, entry->node);
    return MP_OK;
}

static mp_code warn_of_idle(struct unfolding *u, mp_error *err)
{
    mp_ticks now = u->docs->now ? u->docs->now : mp_clock_now();
    for (size_t i = 0; i < mp_index_count(&u->docs->exemptions); i++) {
        const mp_entry     *entry = mp_index_at(&u->docs->exemptions, i);
        const mp_exemption *e = entry->document;
        turn_to(u);
        warn_of_expiry(u, entry, e->name, e->has_expiry, e->expires_on, now);
        MP_TRY(warn_of_target(u, entry, e->assignment_id, e->references, e->reference_count, err));
    }
    for (size_t i = 0; i < mp_index_count(&u->docs->attestations); i++) {
        const mp_entry       *entry = mp_index_at(&u->docs->attestations, i);
        const mp_attestation *t = entry->document;
        turn_to(u);
        warn_of_expiry(u, entry, t->name, t->has_expiry, t->expires_on, now);
        MP_TRY(warn_of_target(u, entry, t->assignment_id, &t->reference_id, t->reference_id.len != 0, err));
    }
    turn_to(u);
    warn_of_unused(u, u->docs->given, u->docs->given_count, NULL, 0);
    return MP_OK;
}

/* ---- all ---- */

static mp_code unfold_judged(struct unfolding *u, mp_error *err)
{
    const mp_index *assignments = &u->docs->assignments, *initiatives = &u->docs->initiatives,
                   *definitions = &u->docs->definitions;
    for (size_t i = 0; i < mp_index_count(assignments); i++)
        if (mp_index_at(assignments, i)->role == MP_ROLE_JUDGED)
            MP_TRY(unfold_assignment(u, mp_index_at(assignments, i)->document, err));
    MP_TRY(turn_to_assignment(u, NULL, err));
    for (size_t i = 0; i < mp_index_count(initiatives); i++) {
        const mp_entry *entry = mp_index_at(initiatives, i);
        if (entry->role != MP_ROLE_JUDGED || entry->is_covered)
            continue;
        turn_to(u);
        MP_TRY(examine(u, entry->document, err));
        MP_TRY(unfold_initiative(u, entry->document, err));
    }
    for (size_t i = 0; i < mp_index_count(definitions); i++) {
        const mp_entry *entry = mp_index_at(definitions, i);
        if (entry->role != MP_ROLE_JUDGED || entry->is_covered)
            continue;
        turn_to(u);
        MP_TRY(unfold_definition(u, entry, err));
    }
    return warn_of_idle(u, err);
}

mp_code mp_unfold(mp_checks *out, mp_documents *docs, mp_error *err)
{
    struct unfolding u = { .docs = docs, .out = out };
    MP_TRY(unfold_judged(&u, err));
    return docs->diagnostics.failed ? mp_no_memory(err) : MP_OK;
}
