/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions a template may call: the table of template_functions.def first, then what policies have
 * too, then the user functions of the template itself. */
#include "template_internal.h"

#include "functions.h"
#include "text.h"

static const template_function own[] = {
#define MP_OWN(name, min, max, eval, rule, signature) \
    { { MP_S_INIT(#name), min, max, NULL, signature }, eval, rule, NULL },
#include "template_functions.def"
};

/* Functions of policy rules that templates do not have. */
static bool is_of_policies(const mp_function *f)
{
    return !f->impl || mp_str_eq(f->name, MP_S("addDays")) || mp_str_eq(f->name, MP_S("ipRangeContains"));
}

static const template_function *find_own(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(own); i++)
        if (mp_str_eq_fold(own[i].base.name, name))
            return &own[i];
    return NULL;
}

static const mp_function *make(mp_parsing *p, template_function f)
{
    template_function *kept = MP_ARENA_NEW(p->arena, template_function);
    if (!kept) {
        p->failed = true;
        return NULL;
    }
    *kept = f;
    return &kept->base;
}

/* A function of a namespace takes as many arguments as it declares: that is checked when it is called. */
static const mp_function *find_user(const dialect *d, mp_parsing *p, mp_str name)
{
    for (const user_function *u = d->users; u; u = u->next)
        if (mp_str_eq_fold(u->name, name))
            return make(p, (template_function){ { u->name, 0, MP_POLICY_ARGUMENTS, NULL, "namespace.name(...)" },
                                                tpl_eval_user_function, ANYWHERE, u });
    return NULL;
}

static const mp_function *find(const mp_dialect *self, mp_parsing *p, mp_str name)
{
    const dialect *d = (const dialect *)self;
    if (mp_str_find(name, '.') != SIZE_MAX)
        return find_user(d, p, name);
    const template_function *mine = find_own(name);
    if (mine)
        return &mine->base;
    const mp_function *f = mp_function_find(name);
    if (f)
        return is_of_policies(f) ? NULL : f;
    if (name.len <= 4 || !mp_str_starts_fold(name, MP_S("list")))
        return NULL;
    template_function list = *find_own(MP_S("list"));
    list.base.name = name; /* a slice of the template */
    return make(p, list);
}

void tpl_dialect_init(dialect *d, user_function *users)
{
    *d = (dialect){ .base = { .find = find, .has_namespaces = true }, .users = users };
}
