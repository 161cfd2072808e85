/* SPDX-License-Identifier: Apache-2.0 */
#include "frameworks.h"

static bool connects(const mp_mapping_of *m, const mp_framework *one, const mp_framework *other)
{
    return (m->from == &one->catalog && m->to == &other->catalog) ||
           (m->from == &other->catalog && m->to == &one->catalog);
}

bool mp_frameworks_are_mapped(const mp_frameworks *all, const mp_framework *one, const mp_framework *other)
{
    for (size_t i = 0; i < all->mapping_count; i++)
        if (connects(&all->mappings[i], one, other))
            return true;
    return false;
}

bool mp_counterpart_next(mp_counterpart *c, const mp_frameworks *all, const mp_framework *other,
                         const mp_framework *framework, const mp_control *ours)
{
    for (; c->mapping < all->mapping_count; c->mapping++, c->line = 0) {
        const mp_mapping_of *m = &all->mappings[c->mapping];
        bool is_from = m->from == &framework->catalog; /* ours stands on the left */
        if (!connects(m, framework, other))
            continue;
        const mp_map_line *line = mp_mapping_next(m, ours, is_from, &c->line);
        if (!line)
            continue;
        c->control = is_from ? line->to : line->from;
        c->relation = is_from ? mp_relation_turned(line->relation) : line->relation;
        c->is_stated = line->is_stated;
        c->note = line->note;
        return true;
    }
    return false;
}
