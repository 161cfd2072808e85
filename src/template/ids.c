/* SPDX-License-Identifier: Apache-2.0 */
/* Resource ids: taken apart, put together, and the functions that make them. Microsoft Learn, "Resource functions for
 * ARM templates". A name has one part for each part of the type behind the namespace; that also gives
 * "NS/type/providers/other" with "name/Ns.Other/name2" its id. */
#include "template_internal.h"

#define GROUPS MP_S("Microsoft.Resources/resourceGroups")
#define SUBSCRIPTIONS MP_S("Microsoft.Resources/subscriptions")
#define MANAGEMENT_GROUPS MP_S("Microsoft.Management/managementGroups")
#define MANAGEMENT_GROUP_PREFIX MP_S("/providers/Microsoft.Management/managementGroups/")

static mp_str next_part(mp_str *rest)
{
    size_t end = mp_str_find(*rest, '/');
    mp_str part = mp_str_of(rest->ptr, end == SIZE_MAX ? rest->len : end);
    *rest = mp_str_skip(*rest, part.len + 1);
    return part;
}

static mp_str without_slash(mp_str s)
{
    while (s.len && s.ptr[s.len - 1] == '/')
        s.len--;
    return s;
}

static size_t parts_of(mp_str s)
{
    size_t n = s.len > 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '/';
    return n;
}

/* ---- scopes ---- */

mp_code tpl_scope_parse(scope *out, mp_deployment *d, mp_str id, mp_error *err)
{
    mp_str whole = without_slash(id), rest = mp_str_skip(whole, 1);
    *out = (scope){ .kind = SCOPE_TENANT, .id = whole.len ? mp_arena_dup(&d->arena, whole) : MP_S("") };
    if (!out->id.ptr)
        return tpl_out_of_memory(d, err);
    if (whole.len == 0)
        return MP_OK;
    whole = out->id;
    rest = mp_str_skip(whole, 1);
    if (mp_str_starts_fold(whole, MANAGEMENT_GROUP_PREFIX)) {
        out->kind = SCOPE_MANAGEMENT_GROUP;
        out->management_group = mp_str_skip(whole, MANAGEMENT_GROUP_PREFIX.len);
        if (mp_str_find(out->management_group, '/') == SIZE_MAX)
            return MP_OK;
    } else if (whole.ptr[0] == '/' && mp_str_eq_fold(next_part(&rest), MP_S("subscriptions"))) {
        out->kind = SCOPE_SUBSCRIPTION;
        out->subscription = next_part(&rest);
        if (rest.len == 0 && out->subscription.len)
            return MP_OK;
        if (mp_str_eq_fold(next_part(&rest), MP_S("resourceGroups")) && rest.len &&
            mp_str_find(rest, '/') == SIZE_MAX) {
            out->kind = SCOPE_GROUP;
            out->group = rest;
            return MP_OK;
        }
    }
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%.*s\" is no scope that can be deployed to", MP_FMT(whole));
}

/* ---- together ---- */

static mp_str subscription_of(mp_str base)
{
    mp_str rest = mp_str_skip(base, 1), first = next_part(&rest), name = next_part(&rest);
    bool   is_one = mp_str_eq_fold(first, MP_S("subscriptions")) && name.len;
    return is_one ? mp_str_of(base.ptr, (size_t)(name.ptr + name.len - base.ptr)) : MP_S("");
}

static bool has_empty_part(mp_str name)
{
    for (mp_str rest = name; rest.len;)
        if (next_part(&rest).len == 0)
            return true;
    return name.len == 0 || name.ptr[name.len - 1] == '/';
}

static mp_str interleaved(mp_arena *arena, mp_str base, mp_str type, mp_str name)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add(&b, base);
    mp_buf_add(&b, MP_S("/providers/"));
    mp_buf_add(&b, next_part(&type));
    while (type.len) {
        mp_buf_add_c(&b, '/');
        mp_buf_add(&b, next_part(&type));
        mp_buf_add_c(&b, '/');
        mp_buf_add(&b, next_part(&name));
    }
    mp_str id = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return id;
}

mp_code tpl_join_id(mp_str *out, mp_deployment *d, mp_str base, mp_str type, mp_str name, mp_error *err)
{
    type = without_slash(type);
    if (parts_of(type) < 2 || has_empty_part(type))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"%.*s\" is no resource type; wanted Namespace/type", MP_FMT(type));
    if (parts_of(name) != parts_of(type) - 1 || has_empty_part(name))
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the name \"%.*s\" does not fit the type \"%.*s\"; parts wanted: %zu",
                       MP_FMT(name), MP_FMT(type), parts_of(type) - 1);
    mp_str subscription = subscription_of(base);
    if (mp_str_eq_fold(type, GROUPS) && subscription.len)
        *out = mp_arena_printf(&d->arena, "%.*s/resourceGroups/%.*s", MP_FMT(subscription), MP_FMT(name));
    else if (mp_str_eq_fold(type, SUBSCRIPTIONS))
        *out = mp_arena_printf(&d->arena, "/subscriptions/%.*s", MP_FMT(name));
    else
        *out = interleaved(&d->arena, mp_str_eq_fold(type, MANAGEMENT_GROUPS) ? MP_S("") : without_slash(base), type,
                           name);
    return out->ptr ? MP_OK : tpl_out_of_memory(d, err);
}

/* ---- apart ---- */

static size_t last_providers(mp_str id)
{
    size_t found = SIZE_MAX;
    for (size_t at = 0; at < id.len;) {
        size_t next = mp_str_find_fold(mp_str_skip(id, at), MP_S("/providers/"));
        if (next == SIZE_MAX)
            break;
        found = at + next;
        at = found + 1;
    }
    return found;
}

bool tpl_split_id(mp_str *type, mp_str *name, mp_arena *arena, mp_str id)
{
    id = without_slash(id);
    size_t at = last_providers(id);
    mp_str rest = at != SIZE_MAX ? mp_str_skip(id, at + strlen("/providers/")) : id;
    if (at == SIZE_MAX && mp_str_starts_fold(id, MP_S("/subscriptions/"))) {
        bool is_group = parts_of(id) == 5; /* the first part is empty */
        *name = mp_str_skip(id, mp_str_rfind(id, '/') + 1);
        *type = is_group ? GROUPS : SUBSCRIPTIONS;
        return is_group || parts_of(id) == 3;
    }
    if (rest.len == 0 || rest.ptr[0] == '/' || parts_of(rest) < 3 || parts_of(rest) % 2 == 0)
        return false;
    char *types = mp_arena_alloc(arena, rest.len + 1), *names = mp_arena_alloc(arena, rest.len + 1);
    if (!types || !names)
        return false;
    mp_str part = next_part(&rest);
    if (mp_str_find(part, '.') == SIZE_MAX)
        return false;
    size_t type_len = part.len, name_len = 0;
    memcpy(types, part.ptr, part.len);
    for (bool is_type = true; rest.len; is_type = !is_type) {
        part = next_part(&rest);
        char   *to = is_type ? types : names;
        size_t *len = is_type ? &type_len : &name_len;
        if (is_type || *len)
            to[(*len)++] = '/';
        memcpy(to + *len, part.ptr, part.len);
        *len += part.len;
    }
    *type = mp_str_of(types, type_len);
    *name = mp_str_of(names, name_len);
    return true;
}

bool tpl_same_id(mp_str a, mp_str b)
{
    static const char spelled[] = "/providers/Microsoft.Resources/resourceGroups/";
    a = without_slash(a);
    b = without_slash(b);
    size_t at = mp_str_find_fold(b, mp_str_of(spelled, sizeof spelled - 1));
    if (at == SIZE_MAX || mp_str_eq_fold(a, b))
        return mp_str_eq_fold(a, b);
    mp_str head = mp_str_of(b.ptr, at), tail = mp_str_skip(b, at + strlen("/providers/Microsoft.Resources"));
    return a.len == head.len + tail.len && mp_str_eq_fold(mp_str_of(a.ptr, at), head) &&
           mp_str_eq_fold(mp_str_skip(a, at), tail);
}

/* ---- the functions ---- */

/* The arguments of one call: what leads, the type, and the names behind it as one. */
typedef struct id_call {
    mp_str   leads[3];
    uint32_t lead_count;
    mp_str   type, name;
    bool     known;
} id_call;

static mp_code add_name(id_call *c, eval *e, mp_str part, mp_error *err)
{
    c->name = c->name.len ? mp_arena_printf(e->arena, "%.*s/%.*s", MP_FMT(c->name), MP_FMT(part)) : part;
    return c->name.ptr || !c->name.len ? MP_OK : tpl_out_of_memory(e->d, err);
}

/* What holds a slash is the type; `most` arguments may stand before it. */
static mp_code read_call(id_call *c, eval *e, const mp_expr *call, uint32_t first, uint32_t most, mp_error *err)
{
    *c = (id_call){ .known = true };
    for (uint32_t i = first; i < call->count; i++) {
        mp_str text;
        bool   known;
        MP_TRY(tpl_arg_text(&text, &known, e, call, i, err));
        c->known = c->known && known;
        if (!known)
            continue;
        if (c->type.len)
            MP_TRY(add_name(c, e, text, err));
        else if (mp_str_find(text, '/') != SIZE_MAX)
            c->type = text;
        else if (c->lead_count < most)
            c->leads[c->lead_count++] = text;
        else
            break;
    }
    if (c->known && (!c->type.len || !c->name.len))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants a type like Microsoft.Web/sites and its name: %s",
                       MP_FMT(call->function->name), call->function->signature);
    return MP_OK;
}

static mp_code give_id(value *out, eval *e, const id_call *c, mp_str base, mp_error *err)
{
    mp_str id;
    if (!c->known)
        return tpl_give_unknown(out, e, err);
    if (!base.ptr && base.len)
        return tpl_out_of_memory(e->d, err);
    MP_TRY(tpl_join_id(&id, e->d, base, c->type, c->name, err));
    return tpl_give_str(out, e, id, err);
}

static mp_code no_place(const mp_expr *call, const char *what, mp_error *err)
{
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() needs a %s, and the deployment is not to one: %s",
                   MP_FMT(call->function->name), what, call->function->signature);
}

static bool is_guid(mp_str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? s.ptr[i] != '-' : !strchr("0123456789abcdefABCDEF", s.ptr[i]))
            return false;
    }
    return true;
}

/* One leading argument is a group, or a subscription where no group is deployed to. */
mp_code tpl_eval_resource_id(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    id_call      c;
    const scope *s = e->frame->scope;
    MP_TRY(read_call(&c, e, call, 0, 2, err));
    mp_str base = s->id, subscription = s->subscription, group = MP_S("");
    if (c.lead_count == 2) {
        subscription = c.leads[0];
        group = c.leads[1];
    } else if (c.lead_count == 1 && s->kind != SCOPE_GROUP && is_guid(c.leads[0])) {
        subscription = c.leads[0];
        base = mp_arena_printf(e->arena, "/subscriptions/%.*s", MP_FMT(subscription));
    } else if (c.lead_count == 1) {
        group = c.leads[0];
    }
    if (group.len && !subscription.len && c.known)
        return no_place(call, "subscription", err);
    if (group.len)
        base = mp_arena_printf(e->arena, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(subscription), MP_FMT(group));
    if (!base.ptr)
        return tpl_out_of_memory(e->d, err);
    return give_id(out, e, &c, base, err);
}

mp_code tpl_eval_subscription_id(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    id_call c;
    MP_TRY(read_call(&c, e, call, 0, 1, err));
    mp_str subscription = c.lead_count ? c.leads[0] : e->frame->scope->subscription;
    if (!subscription.len && c.known)
        return no_place(call, "subscription", err);
    mp_str base = mp_arena_printf(e->arena, "/subscriptions/%.*s", MP_FMT(subscription));
    return base.ptr ? give_id(out, e, &c, base, err) : tpl_out_of_memory(e->d, err);
}

mp_code tpl_eval_tenant_id(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    id_call c;
    MP_TRY(read_call(&c, e, call, 0, 0, err));
    return give_id(out, e, &c, MP_S(""), err);
}

mp_code tpl_eval_management_group_id(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    id_call c;
    MP_TRY(read_call(&c, e, call, 0, 1, err));
    mp_str group = c.lead_count ? c.leads[0] : e->frame->scope->management_group;
    if (!group.len && c.known)
        return no_place(call, "management group", err);
    mp_str base = mp_arena_printf(e->arena, "%.*s%.*s", MP_FMT(MANAGEMENT_GROUP_PREFIX), MP_FMT(group));
    return base.ptr ? give_id(out, e, &c, base, err) : tpl_out_of_memory(e->d, err);
}

mp_code tpl_eval_extension_id(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    id_call c;
    mp_str  base;
    bool    known;
    MP_TRY(tpl_arg_text(&base, &known, e, call, 0, err));
    MP_TRY(read_call(&c, e, call, 1, 0, err));
    return known ? give_id(out, e, &c, base, err) : tpl_give_unknown(out, e, err);
}
