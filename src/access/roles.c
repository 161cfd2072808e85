/* SPDX-License-Identifier: Apache-2.0 */
#include "rbac.h"

/* Lists that roles.def writes in place: arrays of static storage. */
#define MP_LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define MP_NONE ((const char *const[]){ NULL })

static const mp_builtin_role builtin_roles[] = {
#define MP_ROLE(id_, name_, doc_, dated_, actions_, not_actions_, data_, not_data_)                                   \
    { .id = id_, .name = name_, .doc = doc_, .actions = actions_, .not_actions = not_actions_, .data_actions = data_, \
      .not_data_actions = not_data_, .is_dated = dated_ },
#include "roles.def"
#undef MP_ROLE
};

const mp_builtin_role *mp_builtin_role_at(size_t index)
{
    return index < MP_COUNT(builtin_roles) ? &builtin_roles[index] : NULL;
}

const mp_builtin_role *mp_builtin_role_find(mp_str id_or_name)
{
    for (size_t i = 0; i < MP_COUNT(builtin_roles); i++)
        if (mp_str_eq_fold(id_or_name, mp_str_from(builtin_roles[i].id)) ||
            mp_str_eq_fold(id_or_name, mp_str_from(builtin_roles[i].name)))
            return &builtin_roles[i];
    return NULL;
}
