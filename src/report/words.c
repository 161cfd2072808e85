/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* {"ko": {"displayName": ...}} of metadata.localized. */
static mp_str localized(const mp_json *table, mp_lang lang, mp_str member)
{
    const mp_json *entry = mp_json_get_fold(table, mp_str_from(mp_lang_name(lang)));
    const mp_json *text = mp_json_get_fold(entry, member);
    return mp_json_text(text);
}

static mp_str first_of(mp_str a, mp_str b) { return a.len ? a : b; }

mp_str mp_words_check(mp_lang lang, const mp_scan_check *check)
{
    mp_str title = localized(check->localized, lang, MP_S("displayName"));
    title = first_of(title, check->display_name);
    title = first_of(title, check->policy_name);
    return first_of(title, check->policy_id);
}

mp_str mp_words_check_description(mp_lang lang, const mp_scan_check *check)
{
    return first_of(localized(check->localized, lang, MP_S("description")), check->description);
}

mp_str mp_words_initiative(mp_lang lang, const mp_scan_initiative *initiative)
{
    const mp_json *table = mp_json_get_fold(initiative->metadata, MP_S("localized"));
    mp_str title = localized(table, lang, MP_S("displayName"));
    title = first_of(title, initiative->display_name);
    title = first_of(title, initiative->name);
    return first_of(title, initiative->id);
}

mp_str mp_words_initiative_description(mp_lang lang, const mp_scan_initiative *initiative)
{
    const mp_json *table = mp_json_get_fold(initiative->metadata, MP_S("localized"));
    return first_of(localized(table, lang, MP_S("description")), initiative->description);
}

static const mp_json *group_texts(const mp_scan_summary *s, const mp_scan_group *group)
{
    if (group->initiative >= s->initiative_count)
        return NULL;
    const mp_json *groups = mp_json_get_fold(s->initiatives[group->initiative].metadata,
                                             MP_S("groups"));
    return mp_json_get_fold(mp_json_get_fold(groups, group->name), MP_S("localized"));
}

mp_str mp_words_group(mp_lang lang, const mp_scan_summary *s, const mp_scan_group *group)
{
    return first_of(localized(group_texts(s, group), lang, MP_S("displayName")),
                    group->display_name);
}

/* How many bytes the names of all groups of the initiative begin with; 0 where there is one only. */
static size_t shared_length(const mp_scan_summary *s, const mp_scan_group *group)
{
    size_t shared = group->name.len;
    bool   has_others = false;
    for (uint32_t i = 0; i < s->group_count; i++) {
        const mp_scan_group *other = &s->groups[i];
        size_t               n = 0;
        if (other == group || other->initiative != group->initiative)
            continue;
        while (n < shared && n < other->name.len && other->name.ptr[n] == group->name.ptr[n])
            n++;
        shared = n;
        has_others = true;
    }
    return has_others ? shared : 0;
}

mp_str mp_words_group_label(const mp_scan_summary *s, const mp_scan_group *group)
{
    size_t shared = shared_length(s, group);
    bool   is_edition = false;
    while (shared && group->name.ptr[shared - 1] != '-' && group->name.ptr[shared - 1] != '_')
        shared--;
    for (size_t i = 0; i < shared; i++)
        is_edition |= group->name.ptr[i] >= '0' && group->name.ptr[i] <= '9';
    return is_edition && shared < group->name.len ? mp_str_skip(group->name, shared) : group->name;
}

mp_str mp_words_group_category(mp_lang lang, const mp_scan_summary *s, const mp_scan_group *group)
{
    return first_of(localized(group_texts(s, group), lang, MP_S("category")), group->category);
}

mp_str mp_words_resource(const mp_resource *resource)
{
    mp_str name = first_of(resource->full_name, resource->name);
    return first_of(first_of(name, resource->id), MP_S("-"));
}

mp_str mp_words_worst(const mp_scan_worst *worst)
{
    return first_of(first_of(worst->name, worst->id), MP_S("-"));
}

static mp_str state_message(mp_lang lang, const char *prefix, mp_state state)
{
    return mp_message_of(lang, prefix, mp_states[state].text);
}

mp_str mp_words_state(mp_lang lang, mp_state state)
{
    return state_message(lang, "report.state.", state);
}

mp_str mp_words_state_short(mp_lang lang, mp_state state)
{
    return state_message(lang, "report.state.short.", state);
}

void mp_words_failure(mp_buf *out, mp_lang lang, const mp_scan_condition *c)
{
    mp_buf why = MP_BUF_INIT;
    char   line[MP_NUMBER_TEXT];
    snprintf(line, sizeof line, "%u", c->line);
    mp_say_sentence(&why, lang, c->message);
    mp_str args[] = { mp_buf_str(&why), mp_str_from(line) };
    if (c->line)
        mp_say(out, lang, "report.condition.failed", args, MP_COUNT(args));
    else
        mp_buf_add(out, args[0]);
    out->failed |= why.failed;
    mp_buf_free(&why);
}

const char *mp_words_number(char out[MP_NUMBER_TEXT], uint64_t n)
{
    char digits[24];
    int  count = snprintf(digits, sizeof digits, "%" PRIu64, n);
    char *p = out;
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            *p++ = ',';
        *p++ = digits[i];
    }
    *p = '\0';
    return out;
}

const char *mp_words_short_number(char out[MP_NUMBER_TEXT], uint64_t n)
{
    if (n < 10000)
        return mp_words_number(out, n);
    bool     thousands = n < 1000000;
    uint64_t tenths = n / (thousands ? 100 : 100000);
    snprintf(out, MP_NUMBER_TEXT, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
             thousands ? 'k' : 'M');
    return out;
}

const char *mp_words_no_score(const mp_tally *resources)
{
    return mp_tally_total(resources) ? "report.unscored" : "report.nothing";
}

const char *mp_words_percent(char out[MP_NUMBER_TEXT], const mp_tally *tally)
{
    double percent = mp_tally_percent(tally);
    if (percent < 0) {
        snprintf(out, MP_NUMBER_TEXT, "-");
        return out;
    }
    /* A hair above a tenth is that tenth: 70.0 may be stored as 69.999... */
    int tenths = (int)(percent * 10 + 1e-9);
    if (tenths == 0 && percent > 0)
        tenths = 1;
    snprintf(out, MP_NUMBER_TEXT, "%d.%d", tenths / 10, tenths % 10);
    return out;
}

void mp_words_duration(mp_buf *out, mp_lang lang, double seconds)
{
    char text[32], minutes[32];
    if (seconds < 60) { /* no %f: the decimal sign is the locale's */
        unsigned hundredths = (unsigned)(seconds * 100);
        snprintf(text, sizeof text, "%u.%02u", hundredths / 100, hundredths % 100);
        mp_say_z(out, lang, "report.seconds", text, NULL);
        return;
    }
    snprintf(minutes, sizeof minutes, "%" PRIu64, (uint64_t)(seconds / 60));
    snprintf(text, sizeof text, "%d", (int)((uint64_t)seconds % 60));
    mp_say_z(out, lang, "report.minutes", minutes, text, NULL);
}

const char *mp_words_time(char out[MP_NUMBER_TEXT], mp_ticks t)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, t);
    snprintf(out, MP_NUMBER_TEXT, "%.10s %.5s UTC", text, text + 11);
    return out;
}

bool mp_words_is_repeated(const mp_scan_summary *s, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (mp_str_eq_fold(s->checks[i].policy_id, s->checks[index].policy_id))
            return true;
    return false;
}

bool mp_words_worst_is_repeated(const mp_scan_summary *s, const mp_scan_worst *w, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (mp_str_eq_fold(s->checks[w->checks[i]].policy_id, s->checks[w->checks[index]].policy_id))
            return true;
    return false;
}

uint64_t mp_words_policy_count(const mp_scan_summary *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->check_count; i++)
        n += !mp_words_is_repeated(s, i);
    return n;
}

typedef struct ranked {
    uint64_t failing, errors;
    uint32_t check;
} ranked;

static int by_failures(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->failing != b->failing)
        return a->failing > b->failing ? -1 : 1;
    if (a->errors != b->errors)
        return a->errors > b->errors ? -1 : 1;
    return a->check < b->check ? -1 : 1;
}

uint32_t *mp_words_checks_worst_first(const mp_scan_summary *s)
{
    ranked   *ranks = calloc(s->check_count + 1u, sizeof *ranks);
    uint32_t *order = calloc(s->check_count + 1u, sizeof *order);
    if (!ranks || !order) {
        free(ranks);
        free(order);
        return NULL;
    }
    for (uint32_t i = 0; i < s->check_count; i++) {
        const mp_tally *t = &s->checks[i].resources;
        ranks[i] = (ranked){ t->by_state[MP_STATE_NON_COMPLIANT], mp_words_errors(t), i };
    }
    qsort(ranks, s->check_count, sizeof *ranks, by_failures);
    for (uint32_t i = 0; i < s->check_count; i++)
        order[i] = ranks[i].check;
    free(ranks);
    return order;
}
