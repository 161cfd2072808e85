/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as policy documents of all kinds, judged together with a small library of its own.
 *
 * Properties: reading and unfolding never fail but for memory; every definition is found by its own id and
 * name; every check has what its header promises, and answers whatever it is asked; the same text gives
 * the same checks and as many diagnostics when it is read a second time. */
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

static mp_library *read_all(mp_str text, mp_str parameters)
{
    mp_library *lib = NULL;
    require(mp_library_new(&lib, NULL) == MP_OK);
    require(mp_library_read(lib, MP_S("base"), mp_str_from(base), MP_ROLE_JUDGED, NULL) == MP_OK);
    require(mp_library_read(lib, MP_S("fuzz"), text, MP_ROLE_JUDGED, NULL) == MP_OK);
    require(mp_library_read(lib, MP_S("again"), text, MP_ROLE_REFERENCED, NULL) == MP_OK);
    mp_code code = mp_library_read_parameters(lib, MP_S("values"), parameters, NULL);
    require(code == MP_OK || code == MP_SYNTAX || code == MP_FORMAT || code == MP_LIMIT);
    return lib;
}

static void check_found(const mp_library *lib)
{
    for (size_t i = 0; i < mp_library_definition_count(lib); i++) {
        const mp_definition *d = mp_library_definition(lib, i);
        mp_str               id = d->id.len ? d->id : d->name;
        bool is_plain = id.len && id.ptr[id.len - 1] != '/' && id.ptr[0] != '/' &&
                        mp_str_find(id, '/') == SIZE_MAX;
        if (is_plain)
            require(mp_library_find(lib, id) != NULL);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_str          text = mp_str_of((const char *)data, size);
    mp_library     *first = read_all(text, text), *second = read_all(text, text);
    const mp_check *checks, *again;
    uint32_t        count, count_again;
    check_found(first);
    require(mp_library_checks(first, &checks, &count, NULL) == MP_OK);
    require(mp_library_checks(second, &again, &count_again, NULL) == MP_OK);
    for (uint32_t i = 0; i < count; i++)
        check_check(&checks[i]);
    require(count == count_again);
    require(mp_library_diagnostics(first)->count == mp_library_diagnostics(second)->count);
    mp_library_free(first);
    mp_library_free(second);
    return 0;
}
