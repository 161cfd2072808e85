/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as policy documents of all kinds, judged together with a small library of its own, or only referenced
 * by it.
 *
 * Properties: reading and unfolding never fail but for memory; every definition is found by its own id and
 * name; every check has what its header promises, and answers whatever it is asked; the same text gives
 * the same checks and the same diagnostics whether what is only referenced rests or is held. */
#include <stdlib.h>

#include "fuzz.h"
#include "library.h"

static const char base[] =
    "[{\"name\":\"one\",\"parameters\":{\"effect\":{\"type\":\"String\",\"defaultValue\":\"audit\"}},"
    "\"policyRule\":{\"if\":{\"field\":\"type\",\"equals\":\"a/b\"},"
    "\"then\":{\"effect\":\"[parameters('effect')]\"}}},"
    "{\"name\":\"set\",\"parameters\":{\"e\":{\"type\":\"String\",\"defaultValue\":\"deny\"}},"
    "\"policyDefinitions\":[{\"policyDefinitionId\":\"one\",\"policyDefinitionReferenceId\":\"r\","
    "\"parameters\":{\"effect\":{\"value\":\"[parameters('e')]\"}}}]},"
    "{\"name\":\"x\",\"id\":\"/s/providers/Microsoft.Authorization/policyAssignments/x\","
    "\"policyDefinitionId\":\"set\"}]";

static void require(bool condition)
{
    if (!condition)
        abort();
}

static mp_library *read_all(mp_str text, mp_str parameters, mp_role role, bool holds)
{
    mp_library *lib = NULL;
    require(mp_library_new(&lib, NULL) == MP_OK);
    if (holds)
        mp_library_hold(lib);
    require(mp_library_read(lib, MP_S("base"), mp_str_from(base), MP_ROLE_JUDGED, NULL) == MP_OK);
    require(mp_library_read(lib, MP_S("fuzz"), text, role, NULL) == MP_OK);
    require(mp_library_read(lib, MP_S("again"), text, MP_ROLE_REFERENCED, NULL) == MP_OK);
    mp_code code = mp_library_read_parameters(lib, MP_S("values"), parameters, NULL);
    require(code == MP_OK || code == MP_SYNTAX || code == MP_FORMAT || code == MP_LIMIT);
    return lib;
}

static void check_found(mp_library *lib)
{
    for (size_t i = 0; i < mp_library_definition_count(lib); i++) {
        const mp_definition *d = mp_library_definition(lib, i);
        mp_str               id = d->id.len ? d->id : d->name;
        bool is_plain = id.len && id.ptr[id.len - 1] != '/' && id.ptr[0] != '/' &&
                        mp_str_find(id, '/') == SIZE_MAX;
        const mp_definition *found = NULL;
        if (is_plain)
            require(mp_library_find(&found, lib, id, NULL) == MP_OK && found);
    }
    require(mp_library_initiatives_resolved(lib) <= mp_library_initiative_count(lib));
}

static void check_check(const mp_check *c)
{
    mp_str text = { NULL, 0 };
    require(c->definition && c->definition->is_valid && c->bound.policy);
    require(c->effect < MP_EFFECT_COUNT && mp_effect_find(c->effect_text) == c->effect);
    require(c->bound.count == c->definition->parameter_count);
    for (uint32_t i = 0; i < c->bound.count; i++)
        require(c->bound.values[i] != NULL);
    require(c->group_count == 0 || c->initiative);
    for (uint32_t i = 0; i < c->group_count; i++)
        require(c->groups[i] < c->initiative->group_count);
    require(mp_check_effect(c, MP_S("a/b"), MP_S("eastus"), &text) < MP_EFFECT_COUNT && text.len);
    (void)mp_check_concerns(c, MP_S("/s/x"), MP_S("a/b"), MP_S(""));
    const mp_exemption *e = mp_check_exemption(c, MP_S("/s/x"), MP_S("a/b"), MP_S(""), 0);
    require(!e || mp_scope_holds(e->scope, MP_S("/s/x")));
    const mp_attestation *t = mp_check_attestation(c, MP_S("/s/x"), 0);
    require(!t || t->state.len);
}

static void check_same(const mp_library *a, const mp_library *b)
{
    const mp_diagnostic *x = mp_library_diagnostics(a)->first, *y = mp_library_diagnostics(b)->first;
    for (; x && y; x = x->next, y = y->next)
        require(x->severity == y->severity && x->error.code == y->error.code &&
                x->error.pos.line == y->error.pos.line && x->error.pos.col == y->error.pos.col &&
                mp_str_eq(mp_str_from(x->error.message), mp_str_from(y->error.message)) &&
                mp_str_eq(x->line, y->line) && mp_str_eq(x->nearest, y->nearest));
    require(!x && !y);
}

static void judge(mp_str text, mp_role role)
{
    mp_library     *resting = read_all(text, text, role, false), *held = read_all(text, text, role, true);
    const mp_check *checks, *again;
    uint32_t        count, count_again;
    check_found(held);
    require(mp_library_checks(resting, &checks, &count, NULL) == MP_OK);
    require(mp_library_checks(held, &again, &count_again, NULL) == MP_OK);
    for (uint32_t i = 0; i < count; i++)
        check_check(&checks[i]);
    require(count == count_again);
    check_same(resting, held);
    mp_library_free(resting);
    mp_library_free(held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str text = mp_str_of((const char *)data, size);
    judge(text, MP_ROLE_JUDGED);
    judge(text, MP_ROLE_REFERENCED);
    return 0;
}
