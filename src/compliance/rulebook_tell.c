/* SPDX-License-Identifier: Apache-2.0 */
/* What rows and refusals say of a check, and its digest. */
#include "rulebook_internal.h"

#include "assignment.h"
#include "buf.h"
#include "definition.h"
#include "expression.h"
#include "initiative.h"
#include "keys.h"
#include "secret.h"

/* ---- digest ---- */

static void add_part(mp_buf *b, mp_str part)
{
    mp_buf_printf(b, "%zu:", part.len);
    mp_buf_add(b, part);
}

static void add_value(mp_buf *b, const mp_json *v)
{
    mp_buf_add_c(b, v ? '=' : '-');
    if (v)
        mp_buf_add_json(b, v);
}

/* All that a verdict of this check depends on beside the resource, what is around it, exemptions and attestations. Of
 * the assignment that is its scopes, selectors and what it gives to parameters; its names and messages are not among
 * it. */
static mp_code digest_of(mp_rule_facts *facts, const mp_check *check, const mp_alias_table *table, mp_buf *b, mp_error *err)
{
    static const char *const members[] = { "scope",     "notScopes",          "resourceSelectors",
                                           "overrides", "policyDefinitionId", "definitionVersion" };
    const mp_definition     *d = check->definition;
    mp_buf_clear(b);
    add_part(b, d->mode_text);
    add_value(b, d->rule);
    add_part(b, check->effect_text);
    for (uint32_t i = 0; i < check->bound.count; i++)
        add_value(b, check->bound.values[i]);
    const mp_json *node = check->assignment ? ((const mp_assignment_document *)check->assignment)->node : NULL;
    for (size_t i = 0; node && i < MP_COUNT(members); i++)
        add_value(b, mp_property(node, mp_str_from(members[i])));
    add_part(b, check->assignment ? check->assignment->scope : MP_S(""));
    if (table) /* which property a name stands for */
        add_part(b, mp_alias_table_digest(table));
    MP_TRY(mp_buf_check(b, err));
    return mp_sha256(facts->digest, mp_buf_str(b), err);
}

/* ---- facts ---- */

static void tell_definition(mp_rule_facts *facts, const mp_check *check)
{
    const mp_definition *d = check->definition;
    facts->definition_id = d->id;
    facts->definition_name = d->name;
    facts->definition_display_name = d->display_name;
    facts->definition_category = d->category;
    facts->definition_version = d->version;
    facts->reference_id = check->reference_id;
    facts->effect = check->effect_text;
}

static bool is_constant(const mp_json *v) { return mp_json_is(v, MP_JSON_STRING) && !mp_is_expression(mp_json_str(v)); }

/* Where a change of another resource may change the verdict. */
static void tell_related(mp_rule_facts *facts, const mp_check *check)
{
    const mp_json *details = check->definition->details.node, *type = mp_json_get_fold(details, MP_S("type")),
                  *scope = mp_json_get_fold(details, MP_S("existenceScope"));
    if (!check->definition->details.type)
        return;
    facts->related_type = is_constant(type) ? mp_json_str(type) : MP_S("*");
    facts->related_anywhere =
        mp_json_get_fold(details, MP_S("resourceGroupName")) ||
        (scope && !(is_constant(scope) && mp_str_eq_fold(mp_json_str(scope), MP_S("ResourceGroup"))));
}

static mp_code tell_set(mp_rule_facts *facts, const mp_check *check, mp_arena *arena, mp_error *err)
{
    const mp_initiative *set = check->initiative;
    if (!set)
        return MP_OK;
    facts->set_id = set->id;
    facts->set_name = set->name;
    facts->set_display_name = set->display_name;
    facts->set_category = set->category;
    facts->set_version = set->version;
    mp_str *groups = MP_ARENA_ARRAY(arena, mp_str, check->group_count + 1);
    if (!groups)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < check->group_count; i++)
        groups[i] = set->groups[check->groups[i]].name;
    facts->groups = groups;
    facts->group_count = check->group_count;
    return MP_OK;
}

static void tell_assignment(mp_rule_facts *facts, const mp_check *check)
{
    const mp_assignment *a = check->assignment;
    if (!a)
        return;
    facts->assignment_id = a->id;
    facts->assignment_name = a->name;
    facts->assignment_display_name = a->display_name;
    facts->assignment_scope = a->scope;
    facts->parameters = mp_property(((const mp_assignment_document *)a)->node, MP_S("parameters"));
}

static mp_code tell(mp_rulebook *book, uint32_t i, mp_buf *b, mp_error *err)
{
    const mp_check *check = &book->checks[i];
    mp_rule_facts  *facts = &book->facts[i];
    tell_definition(facts, check);
    tell_assignment(facts, check);
    tell_related(facts, check);
    MP_TRY(tell_set(facts, check, &book->arena, err));
    mp_buf_clear(b);
    mp_buf_printf(b, "%.*s|%.*s", MP_FMT(facts->assignment_id), MP_FMT(facts->reference_id));
    if (check->variant.len) /* some resources are judged with another version than the others */
        mp_buf_printf(b, "|%.*s", MP_FMT(check->variant));
    MP_TRY(mp_buf_check(b, err));
    MP_TRY(mp_key_of(&facts->key, mp_buf_str(b), &book->arena, err));
    MP_TRY(mp_map_put(&book->by_key, facts->key, facts, err));
    return digest_of(facts, check, book->table, b, err);
}

/* ---- exemptions and attestations ---- */

static mp_code add_term(mp_rulebook *book, uint32_t check, mp_str scope, bool has_expiry, mp_ticks expires_on, mp_error *err)
{
    mp_rule_term *term = &book->terms[book->term_count++];
    while (scope.len > 1 && scope.ptr[scope.len - 1] == '/')
        scope.len--;
    *term = (mp_rule_term){ .check = check, .expires_on = has_expiry ? expires_on : 0 };
    return mp_key_of(&term->scope, scope, &book->arena, err);
}

static mp_code tell_terms(mp_rulebook *book, mp_error *err)
{
    size_t count = 0;
    for (uint32_t i = 0; i < book->count; i++)
        count += book->checks[i].exemption_count + book->checks[i].attestation_count;
    book->terms = MP_ARENA_ARRAY(&book->arena, mp_rule_term, count + 1);
    if (!book->terms)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < book->count; i++) {
        const mp_check *check = &book->checks[i];
        for (uint32_t k = 0; k < check->exemption_count; k++) {
            const mp_exemption *e = check->exemptions[k];
            MP_TRY(add_term(book, i, e->scope, e->has_expiry, e->expires_on, err));
        }
        for (uint32_t k = 0; k < check->attestation_count; k++) {
            const mp_attestation *a = check->attestations[k];
            MP_TRY(add_term(book, i, a->scope, a->has_expiry, a->expires_on, err));
        }
    }
    return MP_OK;
}

mp_code mp_rulebook_tell(mp_rulebook *book, mp_error *err)
{
    mp_buf  b = MP_BUF_INIT;
    mp_code code = MP_OK;
    book->facts = MP_ARENA_ARRAY(&book->arena, mp_rule_facts, (size_t)book->count + 1);
    if (!book->facts)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < book->count && code == MP_OK; i++)
        code = tell(book, i, &b, err);
    mp_buf_free(&b);
    return code == MP_OK ? tell_terms(book, err) : code;
}
