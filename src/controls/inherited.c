/* SPDX-License-Identifier: Apache-2.0 */
#include "inherited.h"

#include "messages.h"

static bool is_other(const mp_provider *p, const mp_framework *framework)
{
    return !p->is_closed && p->framework && p->framework != framework;
}

static bool is_whole(mp_relation relation) { return relation == MP_EQUAL || relation == MP_SUPERSET; }

/* His control that demands all that ours does: an equal one before others. */
static bool find_whole(mp_counterpart *out, const mp_provider *p, const mp_framework *framework,
                       const mp_control *ours)
{
    mp_counterpart c = { .control = NULL };
    bool is_found = false;
    while ((!is_found || out->relation != MP_EQUAL) &&
           mp_counterpart_next(&c, p->all, p->framework, framework, ours))
        if (is_whole(c.relation) && (!is_found || c.relation == MP_EQUAL)) {
            *out = c;
            is_found = true;
        }
    return is_found;
}

bool mp_inherited_is_whole(const mp_provider *p, const mp_framework *framework, const mp_control *ours)
{
    mp_counterpart c;
    return !is_other(p, framework) || find_whole(&c, p, framework, ours);
}

size_t mp_inherited_most(const mp_provider *p, const mp_framework *framework, const mp_control *ours)
{
    mp_counterpart c = { .control = NULL };
    size_t count = 1;
    while (is_other(p, framework) && mp_counterpart_next(&c, p->all, p->framework, framework, ours))
        count++;
    return count;
}

/* As his control stands; one that he does not measure is not known. */
static mp_part part_of(const mp_provider *p, const mp_control *control)
{
    const mp_scored *from = p->is_closed || !p->scored ? NULL : p->scored[control - p->framework->catalog.controls];
    mp_part part = { .kind = MP_PART_INHERITED,
                     .name = p->measure,
                     .why = p->is_closed ? MP_WHY_NOT_SHARED : MP_WHY_NOT_MEASURED };
    if (from)
        mp_part_of_provider(&part, from->state, from->points, from->most);
    return part;
}

static mp_str say(mp_lang lang, const char *id, const mp_str args[3], mp_arena *arena, bool *failed)
{
    mp_buf b = MP_BUF_INIT;
    mp_say(&b, lang, id, args, 3);
    mp_str text = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    *failed = *failed || !text.ptr;
    return text;
}

/* Which control of his it is, and how it stands to ours. */
static mp_words tell(const mp_provider *p, const mp_counterpart *c, mp_arena *arena, bool *failed)
{
    const mp_str args[3] = { p->measure, p->framework->id, c->control->label };
    mp_str id = mp_arena_printf(arena, "controls.inherited.%s%s", mp_relation_name(c->relation),
                                c->is_stated ? "" : "-inferred");
    *failed = *failed || !id.ptr;
    return id.ptr ? (mp_words){ .ko = say(MP_LANG_KO, id.ptr, args, arena, failed),
                                .en = say(MP_LANG_EN, id.ptr, args, arena, failed) }
                  : (mp_words){ .ko = { NULL, 0 } };
}

static void add_mapped(mp_part *out, size_t *count, const mp_provider *p, const mp_counterpart *c,
                       mp_arena *arena, bool *failed)
{
    mp_inherited *more = MP_ARENA_NEW(arena, mp_inherited);
    *failed = *failed || !more;
    if (!more)
        return;
    *more = (mp_inherited){ p->framework, c->control, c->relation, c->is_stated, c->note };
    mp_part part = c->control ? part_of(p, c->control)
                              : (mp_part){ .kind = MP_PART_INHERITED, .name = p->measure, .why = MP_WHY_NOT_MAPPED };
    if (c->control && c->relation == MP_INTERSECTS)
        part = (mp_part){ .kind = MP_PART_INHERITED, .name = p->measure, .why = MP_WHY_OVERLAPS };
    part.more = more;
    if (c->control)
        part.text = tell(p, c, arena, failed);
    out[(*count)++] = part;
}

size_t mp_inherited_parts(mp_part *out, const mp_provider *p, const mp_framework *framework,
                          const mp_control *ours, mp_arena *arena, bool *failed)
{
    mp_counterpart c = { .control = NULL };
    size_t count = 0;
    if (!is_other(p, framework)) {
        out[0] = part_of(p, ours);
        return 1;
    }
    if (find_whole(&c, p, framework, ours)) {
        add_mapped(out, &count, p, &c, arena, failed);
        return count;
    }
    while (mp_counterpart_next(&c, p->all, p->framework, framework, ours))
        add_mapped(out, &count, p, &c, arena, failed);
    if (count == 0 && !*failed)
        add_mapped(out, &count, p, &(mp_counterpart){ .control = NULL }, arena, failed);
    return count;
}
