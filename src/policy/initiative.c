/* SPDX-License-Identifier: Apache-2.0 */
#include "initiative.h"

#include "map.h"
#include "selector.h"

/* Head, groups, parameters, then the references one by one. A reference that is wrong is left out
 * later and the others hold: an initiative of hundreds is of use without one of them. */

bool mp_initiative_is(const mp_json *node)
{
    return mp_json_is(mp_property(node, MP_S("policyDefinitions")), MP_JSON_ARRAY);
}

/* ---- head and groups ---- */

static void parse_head(mp_initiative *out, const mp_json *node)
{
    mp_head_parse(&out->id, &out->name, node);
    out->display_name = mp_property_str(node, MP_S("displayName"));
    out->description = mp_property_str(node, MP_S("description"));
    out->metadata = mp_property(node, MP_S("metadata"));
    out->category = mp_property_str(out->metadata, MP_S("category"));
    out->version = mp_property_str(node, MP_S("version"));
    if (out->version.len == 0)
        out->version = mp_property_str(out->metadata, MP_S("version"));
}

static bool parse_group(mp_parsing *p, mp_group *out, const mp_json *node)
{
    out->name = mp_property_str(node, MP_S("name"));
    out->display_name = mp_property_str(node, MP_S("displayName"));
    out->description = mp_property_str(node, MP_S("description"));
    out->category = mp_property_str(node, MP_S("category"));
    out->additional_metadata_id = mp_property_str(node, MP_S("additionalMetadataId"));
    if (out->name.len)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a group has no name");
    return false;
}

/* `index` gives for each name its group. */
static bool parse_groups(mp_parsing *p, mp_initiative *out, mp_map *index, const mp_json *node)
{
    if (!mp_json_is(node, MP_JSON_ARRAY))
        return true;
    mp_group *groups = MP_ARENA_ARRAY(p->arena, mp_group, (size_t)node->count + 1);
    if (!groups)
        return false;
    out->groups = groups;
    for (MP_JSON_EACH(item, node)) {
        mp_group *group = &groups[out->group_count];
        if (!parse_group(p, group, item))
            continue;
        if (mp_map_get(index, group->name)) {
            mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_WARNING, item, 0, MP_S(""), MP_COMPILE,
                        "there is a group \"%.*s\" already", MP_FMT(group->name));
            continue;
        }
        if (mp_map_put(index, group->name, group, NULL) != MP_OK)
            return false;
        out->group_count++;
    }
    return true;
}

/* ---- references ---- */

static bool parse_passed(mp_parsing *p, mp_passed *out, const mp_json *key)
{
    const mp_json *value = mp_json_get_fold(key + 1, MP_S("value"));
    out->name = mp_json_str(key);
    out->node = value;
    if (!value) {
        MP_FAULT(p, key + 1, MP_S(""), MP_PARAMETER, "parameter \"%.*s\" wants an object with a \"value\"",
                 MP_FMT(out->name));
        return false;
    }
    out->value = mp_template_parse(p, value);
    return out->value != NULL;
}

static bool parse_all_passed(mp_parsing *p, mp_reference *out, const mp_json *node)
{
    if (!node || node->kind == MP_JSON_NULL)
        return true;
    if (!mp_parameters_are_object(p, node))
        return false;
    out->passed = MP_ARENA_ARRAY(p->arena, mp_passed, (size_t)node->count + 1);
    if (!out->passed) {
        p->failed = true;
        return false;
    }
    bool ok = true;
    for (MP_JSON_MEMBERS(key, node))
        ok = parse_passed(p, &out->passed[out->passed_count++], key) && ok;
    return ok;
}

static bool parse_group_names(mp_parsing *p, mp_reference *out, const mp_initiative *initiative,
                              const mp_map *index, const mp_json *node)
{
    if (!mp_json_is(node, MP_JSON_ARRAY) || node->count == 0)
        return true;
    uint32_t *groups = MP_ARENA_ARRAY(p->arena, uint32_t, node->count);
    if (!groups) {
        p->failed = true;
        return false;
    }
    for (MP_JSON_EACH(item, node)) {
        mp_str          name = item->kind == MP_JSON_STRING ? mp_json_str(item) : MP_S("");
        const mp_group *group = mp_map_get(index, name);
        if (group)
            groups[out->group_count++] = (uint32_t)(group - initiative->groups);
        else
            mp_diagnose(p->diagnostics, p->source, MP_SEVERITY_WARNING, item, 0, MP_S(""), MP_REFERENCE,
                        "the initiative has no group \"%.*s\"", MP_FMT(name));
    }
    out->groups = groups;
    return true;
}

static bool parse_reference(mp_parsing *p, mp_reference *out, const mp_initiative_document *d,
                            const mp_map *groups, const mp_json *node)
{
    p->functions = 0; /* the limit is of one rule, and an initiative refers to many */
    p->uses = NULL;
    out->node = node;
    out->id = mp_property_str(node, MP_S("policyDefinitionReferenceId"));
    out->definition_id = mp_property_str(node, MP_S("policyDefinitionId"));
    out->version = mp_property_str(node, MP_S("definitionVersion"));
    if (out->definition_id.len == 0) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a reference wants a policyDefinitionId");
        return false;
    }
    bool ok = parse_all_passed(p, out, mp_json_get_fold(node, MP_S("parameters")));
    ok = mp_parameter_uses_check(p, d->parameters, d->parameter_count, true) && ok;
    return parse_group_names(p, out, &d->head, groups, mp_json_get_fold(node, MP_S("groupNames"))) && ok;
}

/* Ids tell references apart, so each has one of its own. Those that the author gave come first. */
static bool note_ids(mp_parsing *p, mp_initiative_document *d, mp_map *ids)
{
    for (uint32_t i = 0; i < d->reference_count; i++) {
        mp_reference *r = &d->references[i];
        if (r->id.len == 0)
            continue;
        if (mp_map_get(ids, r->id)) {
            MP_FAULT(p, r->node, MP_S(""), MP_COMPILE,
                     "there is a reference \"%.*s\" already; this one is left out", MP_FMT(r->id));
            r->is_valid = false;
        } else if (mp_map_put(ids, r->id, r, NULL) != MP_OK)
            return false;
    }
    return true;
}

/* "https-only", then "https-only-2": the same each time it is read. */
static bool make_ids(mp_parsing *p, mp_initiative_document *d, mp_map *ids)
{
    for (uint32_t i = 0; i < d->reference_count; i++) {
        mp_reference *r = &d->references[i];
        if (r->id.len)
            continue;
        mp_str name = mp_id_name(r->definition_id);
        r->id = name;
        for (uint32_t n = 2; r->id.ptr && mp_map_get(ids, r->id); n++)
            r->id = mp_arena_printf(p->arena, "%.*s-%u", MP_FMT(name), n);
        if (!r->id.ptr || mp_map_put(ids, r->id, r, NULL) != MP_OK)
            return false;
    }
    return true;
}

static bool parse_references(mp_parsing *p, mp_initiative_document *d, const mp_map *groups,
                             const mp_json *node)
{
    d->references = MP_ARENA_ARRAY(p->arena, mp_reference, (size_t)node->count + 1);
    if (!d->references)
        return false;
    for (MP_JSON_EACH(item, node)) {
        mp_reference *r = &d->references[d->reference_count++];
        r->is_valid = parse_reference(p, r, d, groups, item);
    }
    mp_map ids = MP_MAP_INIT_FOLD;
    bool   ok = note_ids(p, d, &ids) && make_ids(p, d, &ids);
    mp_map_free(&ids);
    return ok;
}

mp_code mp_initiative_parse(mp_initiative_document **out, const mp_source_text *source,
                            const mp_json *node, mp_arena *arena, mp_diagnostics *diagnostics,
                            mp_error *err)
{
    mp_parsing p = { .arena = arena, .source = source, .diagnostics = diagnostics };
    mp_map     groups = MP_MAP_INIT_FOLD;
    mp_initiative_document *d = MP_ARENA_NEW(arena, mp_initiative_document);
    if (!d)
        return mp_no_memory(err);
    d->head.source = *source;
    d->node = node;
    parse_head(&d->head, node);
    d->is_valid = mp_parameters_parse(&d->parameters, &d->parameter_count, &p,
                                      mp_property(node, MP_S("parameters")));
    bool ok = parse_groups(&p, &d->head, &groups, mp_property(node, MP_S("policyDefinitionGroups"))) &&
              parse_references(&p, d, &groups, mp_property(node, MP_S("policyDefinitions")));
    mp_map_free(&groups);
    if (!ok || p.failed || diagnostics->failed)
        return mp_no_memory(err);
    *out = d;
    return MP_OK;
}
