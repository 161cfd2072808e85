/* SPDX-License-Identifier: Apache-2.0 */
#include "selector.h"

#include "policy_version.h"
#include "text.h"

/* Selectors are read once into tables of slices; asking compares slices and allocates nothing. What
 * cannot be understood is a fault and no guess: a selector that is left out would make a policy hold for
 * resources that its author excluded. */

static const mp_str kind_names[] = {
    [MP_SELECT_LOCATION] = MP_S_INIT("resourceLocation"),
    [MP_SELECT_TYPE] = MP_S_INIT("resourceType"),
    [MP_SELECT_WITHOUT_LOCATION] = MP_S_INIT("resourceWithoutLocation"),
    [MP_SELECT_REFERENCE] = MP_S_INIT("policyDefinitionReferenceId"),
};

static bool is_absent(const mp_json *node) { return !node || node->kind == MP_JSON_NULL; }

/* `node` is an array of at most `limit` elements. */
static bool expect_array(mp_parsing *p, const mp_json *node, mp_str what, uint32_t limit)
{
    if (node->kind != MP_JSON_ARRAY) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "\"%.*s\" wants an array, not %s", MP_FMT(what),
                 mp_json_kind_name((mp_json_kind)node->kind));
        return false;
    }
    if (limit && node->count > limit) {
        MP_FAULT(p, node, MP_S(""), MP_LIMIT, "\"%.*s\" holds at most %u, this has %u", MP_FMT(what),
                 limit, node->count);
        return false;
    }
    return true;
}

/* Room for the items of an array, each of `size` bytes. NULL: there is nothing to read, and *ok says whether that
 * is right. */
static void *open_list(bool *ok, mp_parsing *p, const mp_json *node, mp_str what, uint32_t limit, size_t size)
{
    *ok = is_absent(node);
    if (*ok || !expect_array(p, node, what, limit))
        return NULL;
    void *items = mp_arena_zero(p->arena, (size_t)node->count + 1, size);
    *ok = items != NULL;
    p->failed = p->failed || !items;
    return items;
}

static bool expect_object(mp_parsing *p, const mp_json *node, mp_str what)
{
    if (node->kind == MP_JSON_OBJECT)
        return true;
    MP_FAULT(p, node, MP_S(""), MP_COMPILE, "an element of \"%.*s\" is an object, not %s", MP_FMT(what),
             mp_json_kind_name((mp_json_kind)node->kind));
    return false;
}

bool mp_texts_parse(const mp_str **out, uint32_t *count, mp_parsing *p, const mp_json *node,
                    mp_str what, uint32_t limit)
{
    bool    ok;
    mp_str *texts = open_list(&ok, p, node, what, limit, sizeof(*texts));
    *out = texts;
    *count = 0;
    if (!texts)
        return ok;
    for (MP_JSON_EACH(item, node)) {
        if (item->kind == MP_JSON_STRING) {
            texts[(*count)++] = mp_json_str(item);
            continue;
        }
        MP_FAULT(p, item, MP_S(""), MP_COMPILE, "an element of \"%.*s\" is a string, not %s", MP_FMT(what),
                 mp_json_kind_name((mp_json_kind)item->kind));
        ok = false;
    }
    return ok;
}

/* ---- selectors ---- */

/* The kinds that a place takes: references only in overrides. */
static bool parse_kind(mp_parsing *p, mp_selector *out, const mp_json *node, bool in_override)
{
    const mp_json *kind = mp_json_get_fold(node, MP_S("kind"));
    mp_str         text = mp_json_is(kind, MP_JSON_STRING) ? mp_json_str(kind) : MP_S("");
    size_t         known = in_override ? MP_COUNT(kind_names) : MP_SELECT_REFERENCE;
    for (size_t i = 0; i < known; i++)
        if (mp_str_eq_fold(kind_names[i], text)) {
            out->kind = (mp_selector_kind)i;
            return true;
        }
    MP_FAULT(p, kind ? kind : node, mp_text_nearest(text, kind_names, known), MP_COMPILE,
             "\"%.*s\" is no kind of selector here", MP_FMT(text));
    return false;
}

static bool parse_selector(mp_parsing *p, mp_selector *out, const mp_json *node, bool in_override)
{
    if (!expect_object(p, node, MP_S("selectors")) || !parse_kind(p, out, node, in_override))
        return false;
    const mp_json *in = mp_json_get_fold(node, MP_S("in"));
    const mp_json *not_in = mp_json_get_fold(node, MP_S("notIn"));
    if (is_absent(in) == is_absent(not_in)) {
        MP_FAULT(p, node, MP_S(""), MP_COMPILE, "a selector wants either \"in\" or \"notIn\"");
        return false;
    }
    return mp_texts_parse(&out->in, &out->in_count, p, in, MP_S("in"), MP_SELECTOR_VALUES_MAX) &&
           mp_texts_parse(&out->not_in, &out->not_in_count, p, not_in, MP_S("notIn"),
                          MP_SELECTOR_VALUES_MAX);
}

static bool parse_selectors(mp_parsing *p, mp_selection *out, const mp_json *node, bool in_override)
{
    bool         ok;
    mp_selector *selectors =
        open_list(&ok, p, node, MP_S("selectors"), MP_SELECTORS_MAX, sizeof(*selectors));
    out->selectors = selectors;
    if (!selectors)
        return ok;
    for (MP_JSON_EACH(item, node))
        ok = parse_selector(p, &selectors[out->count++], item, in_override) && ok;
    return ok;
}

static bool parse_selection(mp_parsing *p, mp_selection *out, const mp_json *node)
{
    if (!expect_object(p, node, MP_S("resourceSelectors")))
        return false;
    out->name = mp_property_str(node, MP_S("name"));
    return parse_selectors(p, out, mp_json_get_fold(node, MP_S("selectors")), false);
}

bool mp_selections_parse(const mp_selection **out, uint32_t *count, mp_parsing *p, const mp_json *node)
{
    bool          ok;
    mp_selection *selections =
        open_list(&ok, p, node, MP_S("resourceSelectors"), MP_SELECTIONS_MAX, sizeof(*selections));
    *out = selections;
    *count = 0;
    if (!selections)
        return ok;
    for (MP_JSON_EACH(item, node))
        ok = parse_selection(p, &selections[(*count)++], item) && ok;
    return ok;
}

/* ---- overrides ---- */

/* The kind of version is called policyVersion in the documentation of Azure and definitionVersion by its SDKs. */
static bool is_override_of_version(mp_str kind)
{
    return mp_str_eq_fold(kind, MP_S("policyVersion")) || mp_str_eq_fold(kind, MP_S("definitionVersion"));
}

static bool parse_override_value(mp_parsing *p, mp_override *out, const mp_json *node, mp_str kind)
{
    const mp_json *value = mp_json_get_fold(node, MP_S("value"));
    mp_str         text = mp_json_is(value, MP_JSON_STRING) ? mp_json_str(value) : MP_S("");
    if (is_override_of_version(kind)) {
        out->version = text;
        if (mp_version_is(text, true))
            return true;
        MP_FAULT(p, value ? value : node, MP_S(""), MP_COMPILE, "\"%.*s\" is no version such as 1.*.*", MP_FMT(text));
        return false;
    }
    out->effect = text;
    if (mp_effect_find(text) != MP_EFFECT_COUNT)
        return true;
    MP_FAULT(p, value ? value : node, mp_effect_nearest(text), MP_COMPILE, "\"%.*s\" is no effect", MP_FMT(text));
    return false;
}

static bool parse_override(mp_parsing *p, mp_override *out, const mp_json *node)
{
    if (!expect_object(p, node, MP_S("overrides")))
        return false;
    static const mp_str names[] = { MP_S_INIT("policyEffect"), MP_S_INIT("policyVersion"), MP_S_INIT("definitionVersion") };
    const mp_json      *kind = mp_json_get_fold(node, MP_S("kind"));
    mp_str              text = mp_json_is(kind, MP_JSON_STRING) ? mp_json_str(kind) : MP_S("");
    if (!mp_str_eq_fold(text, names[0]) && !is_override_of_version(text)) {
        MP_FAULT(p, kind ? kind : node, mp_text_nearest(text, names, MP_COUNT(names)), MP_COMPILE,
                 "\"%.*s\" is no kind of override", MP_FMT(text));
        return false;
    }
    return parse_override_value(p, out, node, text) &&
           parse_selectors(p, &out->selection, mp_json_get_fold(node, MP_S("selectors")), true);
}

bool mp_overrides_parse(const mp_override **out, uint32_t *count, mp_parsing *p, const mp_json *node)
{
    bool         ok;
    mp_override *overrides = open_list(&ok, p, node, MP_S("overrides"), MP_OVERRIDES_MAX, sizeof(*overrides));
    *out = overrides;
    *count = 0;
    if (!overrides)
        return ok;
    for (MP_JSON_EACH(item, node))
        ok = parse_override(p, &overrides[(*count)++], item) && ok;
    return ok;
}

/* ---- asking ---- */

/* "East US 2" and "eastus2" are one location. */
static bool same_location(mp_str a, mp_str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.len && a.ptr[i] == ' ')
            i++;
        while (j < b.len && b.ptr[j] == ' ')
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len;
        if (!mp_str_eq_fold(mp_str_of(a.ptr + i++, 1), mp_str_of(b.ptr + j++, 1)))
            return false;
    }
}

static bool holds_text(const mp_str *texts, uint32_t count, mp_str text, bool is_location)
{
    for (uint32_t i = 0; i < count; i++)
        if (is_location ? same_location(texts[i], text) : mp_str_eq_fold(texts[i], text))
            return true;
    return false;
}

bool mp_selector_names(const mp_selector *s, mp_str text)
{
    bool is_location = s->kind == MP_SELECT_LOCATION;
    return s->in ? holds_text(s->in, s->in_count, text, is_location)
                 : !holds_text(s->not_in, s->not_in_count, text, is_location);
}

static bool selector_holds(const mp_selector *s, mp_str type, mp_str location)
{
    switch (s->kind) {
    case MP_SELECT_LOCATION:
        return mp_selector_names(s, location);
    case MP_SELECT_TYPE:
        return mp_selector_names(s, type);
    case MP_SELECT_WITHOUT_LOCATION: /* its only value is subscriptionLevelResources */
        return s->in ? location.len == 0 : location.len != 0;
    default:
        return true; /* references were resolved when the check was made */
    }
}

bool mp_selections_hold(const mp_selection *selections, uint32_t count, mp_str type, mp_str location)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t held = 0;
        while (held < selections[i].count &&
               selector_holds(&selections[i].selectors[held], type, location))
            held++;
        if (held == selections[i].count)
            return true;
    }
    return false;
}

/* ---- scopes ---- */

mp_str mp_scope_trim(mp_str scope)
{
    while (scope.len && scope.ptr[scope.len - 1] == '/')
        scope.len--;
    while (scope.len && scope.ptr[0] == '/')
        scope = mp_str_skip(scope, 1);
    return scope;
}

bool mp_scope_equal(mp_str a, mp_str b) { return mp_str_eq_fold(mp_scope_trim(a), mp_scope_trim(b)); }

mp_str mp_scope_of(mp_str id, mp_str type)
{
    mp_str rest = id;
    for (;;) {
        size_t at = mp_str_find_fold(rest, type);
        if (at == SIZE_MAX)
            return mp_str_of(NULL, 0);
        mp_str before = mp_str_of(id.ptr, (size_t)(rest.ptr - id.ptr) + at);
        rest = mp_str_skip(rest, at + type.len);
        if (rest.len && rest.ptr[0] == '/' && mp_str_ends_fold(before, MP_S("/providers/"))) {
            before.len -= MP_S("/providers/").len;
            return before.len ? before : MP_S("");
        }
    }
}

bool mp_scope_is_group(mp_str scope)
{
    return mp_str_starts_fold(mp_scope_trim(scope),
                              MP_S("providers/Microsoft.Management/managementGroups/"));
}

bool mp_scope_holds(mp_str scope, mp_str id)
{
    scope = mp_scope_trim(scope);
    id = mp_scope_trim(id);
    if (mp_str_starts_fold(id, scope) &&
        (scope.len == 0 || id.len == scope.len || id.ptr[scope.len] == '/'))
        return true;
    /* Which subscriptions a management group contains is not in ids: it may hold all. */
    return mp_scope_is_group(scope);
}
