/* SPDX-License-Identifier: Apache-2.0 */
#include "part_reason.h"

#include "messages.h"
#include "statement.h"

static mp_words number(uint64_t n, mp_arena *arena)
{
    if (n == 0) /* of all parts but policies, so no memory for these */
        return (mp_words){ .ko = MP_S("0"), .en = MP_S("0") };
    mp_str text = mp_arena_printf(arena, "%llu", (unsigned long long)n);
    return (mp_words){ .ko = text, .en = text };
}

/* Some reasons of policies have a second form, for what counts beside. */
static const char *form_of(const mp_part *part, uint64_t unjudged)
{
    switch (part->why) {
    case MP_WHY_ALL_COMPLY:
        return part->counts[MP_COUNT_EXEMPT] ? "-exempt" : "";
    case MP_WHY_SOME_VIOLATE:
    case MP_WHY_ALL_VIOLATE:
        return unjudged ? "-unjudged" : "";
    default:
        return "";
    }
}

mp_words mp_part_reason(const mp_part *part, mp_arena *arena)
{
    mp_words none = { .ko = { NULL, 0 } };
    mp_str inherited = mp_str_from(mp_control_state_name(part->inherited));
    uint64_t all = 0, unjudged = part->counts[MP_COUNT_ERROR] + part->counts[MP_COUNT_NOT_EVALUATED];
    for (unsigned i = 0; i < MP_COUNTED; i++)
        all += part->counts[i];
    const mp_words args[] = { number(part->counts[MP_COUNT_NON_COMPLIANT], arena),
                              number(all, arena),
                              number(unjudged, arena),
                              number(part->counts[MP_COUNT_ERROR], arena),
                              number(part->counts[MP_COUNT_EXEMPT], arena),
                              { .ko = mp_message_of(MP_LANG_KO, "comply.state.", inherited),
                                .en = mp_message_of(MP_LANG_EN, "comply.state.", inherited) } };
    for (size_t i = 0; i < MP_COUNT(args); i++)
        if (!args[i].ko.ptr)
            return none;
    mp_str id =
        mp_arena_printf(arena, "controls.reason.%s%s", mp_part_why_name(part->why), form_of(part, unjudged));
    return id.ptr ? mp_message_words(arena, id.ptr, args, MP_COUNT(args)) : none;
}

mp_words mp_coverage_told(const mp_coverage *v, mp_arena *arena)
{
    const mp_words args[] = { number(v->by[MP_BY_MACHINE] + v->by[MP_BY_PART], arena),
                              number(v->applicable, arena),
                              number(v->by[MP_BY_MACHINE], arena),
                              number(v->by[MP_BY_PART], arena),
                              number(v->judged, arena),
                              number(v->by[MP_BY_PERSON], arena),
                              number(v->gaps, arena) };
    for (size_t i = 0; i < MP_COUNT(args); i++)
        if (!args[i].ko.ptr)
            return (mp_words){ .ko = { NULL, 0 } };
    return mp_message_words(arena, "controls.coverage", args, MP_COUNT(args));
}
