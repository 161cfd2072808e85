/* SPDX-License-Identifier: Apache-2.0 */
#include "comply.h"

#include "clock.h"

mp_str mp_comply_text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

mp_str mp_comply_words(const mp_json *object, const char *member, mp_lang lang)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    mp_str ko = mp_comply_text(v, "ko"), en = mp_comply_text(v, "en");
    return (lang == MP_LANG_KO && ko.len) || !en.len ? ko : en;
}

mp_str mp_comply_number(const mp_json *object, const char *member, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    if (mp_json_is(v, MP_JSON_INT) || mp_json_is(v, MP_JSON_REAL))
        mp_buf_add_json(&b, v);
    mp_str text = b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("0");
    mp_buf_free(&b);
    return text.ptr ? text : MP_S("0");
}

double mp_comply_amount(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_INT) || mp_json_is(v, MP_JSON_REAL) ? mp_json_double(v) : 0;
}

static mp_str say(mp_lang lang, const char *id, const mp_str *args, size_t count, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    mp_say(&b, lang, id, args, count);
    mp_str text = b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    return text;
}

mp_str mp_comply_title(const mp_json *answer, mp_lang lang, mp_arena *arena)
{
    mp_str title = mp_comply_words(answer, "title", lang),
           scheme = mp_comply_words(answer, "schemeTitle", lang);
    return mp_arena_printf(arena, "%.*s%s%.*s", MP_FMT(title), scheme.len ? " · " : "", MP_FMT(scheme));
}

/* ---- the head ---- */

mp_str mp_comply_as_of(const mp_json *answer, mp_lang lang, mp_arena *arena)
{
    char text[MP_CLOCK_SHORT];
    mp_ticks at;
    mp_str scopes = MP_S(""), when = mp_comply_text(answer, "asOf");
    const mp_json *list = mp_json_get(answer, MP_S("scopes"));
    if (mp_json_is(list, MP_JSON_ARRAY) && list->count)
        for (MP_JSON_EACH(scope, list))
            scopes = mp_arena_printf(arena, "%.*s%s%.*s", MP_FMT(scopes), scopes.len ? ", " : "",
                                     MP_FMT(mp_json_str(scope)));
    if (mp_clock_parse(&at, when)) {
        mp_clock_format_short(text, at);
        when = mp_arena_printf(arena, "%.10s %.8s UTC", text, text + 11);
    }
    const mp_str args[] = { when, mp_str_eq(scopes, MP_S("/")) ? mp_message(lang, "comply.everywhere") : scopes };
    return say(lang, "comply.as-of", args, MP_COUNT(args), arena);
}

static mp_str score_line(const mp_json *answer, mp_lang lang, mp_arena *arena)
{
    const mp_json *score = mp_json_get(answer, MP_S("score"));
    const mp_str args[] = { mp_comply_number(score, "percent", arena), mp_comply_number(score, "points", arena),
                            mp_comply_number(score, "most", arena) };
    return mp_json_get(score, MP_S("percent")) ? say(lang, "comply.score", args, MP_COUNT(args), arena)
                                               : say(lang, "comply.no-score", NULL, 0, arena);
}

void mp_comply_head(mp_str lines[MP_COMPLY_LINES], const mp_json *answer, mp_lang lang, mp_arena *arena)
{
    const mp_json *states = mp_json_get(answer, MP_S("states")),
                  *sources = mp_json_get(answer, MP_S("sources"));
    const mp_json *automatic = mp_json_get(sources, MP_S("automatic")),
                  *manual = mp_json_get(sources, MP_S("manual")),
                  *inherited = mp_json_get(sources, MP_S("inherited"));
    const mp_str counts[] = {
        mp_comply_number(answer, "count", arena),   mp_comply_number(states, "compliant", arena),
        mp_comply_number(states, "partial", arena), mp_comply_number(states, "nonCompliant", arena),
        mp_comply_number(states, "unknown", arena), mp_comply_number(states, "notApplicable", arena)
    };
    const mp_str points[] = {
        mp_comply_number(automatic, "points", arena), mp_comply_number(automatic, "most", arena),
        mp_comply_number(manual, "points", arena),    mp_comply_number(manual, "most", arena),
        mp_comply_number(inherited, "points", arena), mp_comply_number(inherited, "most", arena)
    };
    lines[0] = score_line(answer, lang, arena);
    lines[1] = say(lang, "comply.states", counts, MP_COUNT(counts), arena);
    lines[2] = say(lang, "comply.sources", points, MP_COUNT(points), arena);
    lines[3] = mp_comply_words(mp_json_get(answer, MP_S("coverage")), "text", lang);
    lines[4] = mp_comply_words(answer, "schemeNote", lang);
}

/* ---- why ---- */

/* Each reason once, with how many parts give it: what is worst stands first. */
static void add_why(mp_buf *b, const mp_json *parts, const mp_json *at, mp_lang lang)
{
    mp_str why = mp_comply_text(at, "why");
    unsigned count = 0;
    for (MP_JSON_EACH(part, parts)) {
        if (!mp_str_eq(mp_comply_text(part, "why"), why))
            continue;
        if (count == 0 && part != at)
            return; /* said already */
        count++;
    }
    mp_str words = mp_message_of(lang, "comply.why.", why);
    mp_buf_add(b, b->len ? MP_S(", ") : MP_S(""));
    mp_buf_add(b, words.len ? words : why);
    if (count > 1)
        mp_buf_printf(b, " (%u)", count);
}

static void add_whys(mp_buf *b, const mp_json *parts, mp_lang lang)
{
    static const char *const worst_first[] = { "violated", "partly", "unknown", "met", "silent" };
    for (size_t i = 0; i < MP_COUNT(worst_first); i++)
        for (MP_JSON_EACH(part, parts))
            if (mp_str_eq(mp_comply_text(part, "state"), mp_str_from(worst_first[i])))
                add_why(b, parts, part, lang);
}

mp_str mp_comply_why(const mp_json *control, mp_lang lang, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    const mp_json *parts = mp_json_get(control, MP_S("parts"));
    mp_str justification = mp_comply_words(control, "justification", lang);
    if (justification.len)
        mp_say(&b, lang, "comply.excluded", &justification, 1);
    else if (!mp_json_is(parts, MP_JSON_ARRAY) || !parts->count)
        mp_buf_add(&b, mp_message(lang, "comply.gap"));
    else
        add_whys(&b, parts, lang);
    mp_str text = b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    return text;
}

const mp_json *mp_comply_rows(const mp_json *answer, mp_lang lang, mp_arena *arena)
{
    static const char *const same[] = { "label", "title", "state", "points", "most" };
    const mp_json *controls = mp_json_get(answer, MP_S("controls"));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    if (mp_json_is(controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(control, controls)) {
            mp_jsonw_object(&w);
            for (size_t i = 0; i < MP_COUNT(same); i++)
                mp_jsonw_put_value(&w, same[i], mp_json_get(control, mp_str_from(same[i])));
            mp_jsonw_put_str(&w, "why", mp_comply_why(control, lang, arena));
            mp_jsonw_end(&w);
        }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}
