/* SPDX-License-Identifier: Apache-2.0 */
/* html: the records. They wait in a queue for each check until the page is written around them
 * (html_page.c). */
#include "html.h"

#include <inttypes.h>
#include <stdlib.h>

#include "words.h"

/* ---- quotas ---- */

static mp_code quota_init(mp_quota *q, size_t checks, uint64_t limit, mp_error *err)
{
    q->seen = calloc(checks + 1, sizeof *q->seen);
    if (!q->seen)
        return mp_no_memory(err);
    q->count = checks;
    q->limit = limit;
    atomic_init(&q->level, limit);
    return MP_OK;
}

static uint64_t seen_of(const mp_quota *q, size_t check)
{
    return atomic_load_explicit(&q->seen[check], memory_order_relaxed);
}

static uint64_t level_of(const mp_quota *q)
{
    return atomic_load_explicit(&q->level, memory_order_relaxed);
}

/* Whatever comes now for `check` is beyond the level: any thread may ask. */
static bool quota_is_full(const mp_quota *q, size_t check)
{
    return seen_of(q, check) >= level_of(q);
}

/* Lower the level by one: checks that stood at it lose a record. */
static void quota_lower(mp_quota *q)
{
    uint64_t level = level_of(q);
    for (size_t i = 0; i < q->count; i++)
        q->kept -= seen_of(q, i) >= level;
    atomic_store_explicit(&q->level, level - 1, memory_order_relaxed);
}

/* Count one more record of `check`; true when it is to be kept, as far as is known. */
static bool quota_take(mp_quota *q, size_t check)
{
    uint64_t seen = seen_of(q, check) + 1;
    atomic_store_explicit(&q->seen[check], seen, memory_order_relaxed);
    if (seen > level_of(q))
        return false;
    q->kept++;
    while (q->kept > q->limit && level_of(q) > 1)
        quota_lower(q);
    if (q->kept > q->limit) { /* more checks than records: the last ones get none */
        q->kept--;
        return false;
    }
    return seen <= level_of(q);
}

uint64_t mp_html_seen(const mp_html *own, uint32_t check, mp_html_part part)
{
    return seen_of(&own->quotas[part], check);
}

uint64_t mp_html_shown(const mp_html *own, uint32_t check, mp_html_part part)
{
    uint64_t stored = mp_spool_count(own->spool, mp_html_queue(check, part));
    uint64_t level = level_of(&own->quotas[part]);
    return stored < level ? stored : level;
}

/* ---- pieces ---- */

void mp_html_text(mp_buf *out, mp_str text) { mp_escape_xml(out, text); }

void mp_html_both(mp_buf *out, const mp_str texts[MP_LANG_COUNT])
{
    if (mp_str_eq(texts[MP_LANG_EN], texts[MP_LANG_KO])) {
        mp_html_text(out, texts[MP_LANG_EN]);
        return;
    }
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        mp_buf_printf(out, "<span lang=\"%s\">", mp_lang_name((mp_lang)lang));
        mp_html_text(out, texts[lang]);
        HTML(out, "</span>");
    }
}

void mp_html_tell(mp_buf *out, mp_html_teller *teller, const void *what)
{
    mp_buf said[MP_LANG_COUNT] = { MP_BUF_INIT, MP_BUF_INIT };
    mp_str texts[MP_LANG_COUNT];
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        teller(&said[lang], (mp_lang)lang, what);
        texts[lang] = mp_buf_str(&said[lang]);
    }
    mp_html_both(out, texts);
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        out->failed |= said[lang].failed;
        mp_buf_free(&said[lang]);
    }
}

struct message {
    const char   *id;
    const mp_str *args;
    size_t        count;
};

static void tell_message(mp_buf *out, mp_lang lang, const void *what)
{
    const struct message *m = what;
    mp_say(out, lang, m->id, m->args, m->count);
}

void mp_html_say(mp_buf *out, const char *id, const mp_str *args, size_t count)
{
    mp_html_tell(out, tell_message, &(struct message){ id, args, count });
}

void mp_html_state(mp_buf *out, mp_state state)
{
    mp_str words[MP_LANG_COUNT] = { mp_words_state(MP_LANG_EN, state),
                                    mp_words_state(MP_LANG_KO, state) };
    mp_buf_printf(out, "<span class=\"st s%d\">", (int)state);
    mp_html_both(out, words);
    HTML(out, "</span>");
}

/* ---- a record ---- */

static void tell_reason(mp_buf *out, mp_lang lang, const void *record)
{
    mp_report_reason(out, lang, record);
}

static void tell_failure(mp_buf *out, mp_lang lang, const void *condition)
{
    mp_words_failure(out, lang, condition);
}

static void add_reason(mp_buf *out, const mp_scan_record *rec)
{
    HTML(out, "<p class=\"why\">");
    mp_html_tell(out, tell_reason, rec);
    HTML(out, "</p>");
}

static void add_value(mp_buf *out, const mp_json *value, const char *otherwise)
{
    if (!value) {
        HTML(out, "<em>");
        mp_html_say(out, otherwise, NULL, 0);
        HTML(out, "</em>");
        return;
    }
    mp_buf text = MP_BUF_INIT;
    mp_buf_add_json(&text, value);
    HTML(out, "<code>");
    mp_html_text(out, mp_buf_str(&text));
    HTML(out, "</code>");
    out->failed |= text.failed;
    mp_buf_free(&text);
}

static void add_condition(mp_buf *out, const mp_scan_condition *c)
{
    HTML(out, "<tr><td>");
    if (c->message.len)
        mp_html_say(out, "report.html.failed", NULL, 0);
    else
        mp_html_say(out, c->outcome ? "report.html.true" : "report.html.false", NULL, 0);
    HTML(out, "</td><td><code>");
    mp_html_text(out, c->subject);
    HTML(out, "</code>");
    if (c->path.len && !mp_str_eq(c->path, c->subject)) {
        HTML(out, "<br><code class=\"dim\">");
        mp_html_text(out, c->path);
        HTML(out, "</code>");
    }
    if (c->resource.len) {
        HTML(out, "<br><code class=\"dim\">");
        mp_html_text(out, c->resource);
        HTML(out, "</code>");
    }
    HTML(out, "</td><td>");
    add_value(out, c->actual, c->wanted || c->message.len ? "report.html.absent" : "report.html.unrecorded");
    HTML(out, "</td><td><code>");
    mp_html_text(out, c->op);
    HTML(out, "</code> ");
    if (c->wanted)
        add_value(out, c->wanted, "report.html.absent");
    if (c->message.len) {
        HTML(out, "<br>");
        mp_html_tell(out, tell_failure, c);
    }
    HTML(out, "</td><td><code class=\"dim\">");
    mp_html_text(out, c->pointer);
    HTML(out, "</code></td></tr>");
}

static void add_conditions(mp_buf *out, const mp_scan_record *rec)
{
    static const char *const heads[] = { "report.html.outcome", "report.html.field",
                                         "report.html.actual", "report.html.comparison",
                                         "report.html.pointer" };
    if (rec->condition_count == 0)
        return;
    HTML(out, "<div class=\"scroll\"><table class=\"cond\"><thead><tr>");
    for (size_t i = 0; i < MP_COUNT(heads); i++) {
        HTML(out, "<th scope=\"col\">");
        mp_html_say(out, heads[i], NULL, 0);
        HTML(out, "</th>");
    }
    HTML(out, "</tr></thead><tbody>");
    for (uint32_t i = 0; i < rec->condition_count; i++)
        add_condition(out, &rec->conditions[i]);
    HTML(out, "</tbody></table></div>");
}

static void add_fact(mp_buf *out, const char *id, mp_str value)
{
    if (value.len == 0)
        return;
    HTML(out, "<div><dt>");
    mp_html_say(out, id, NULL, 0);
    HTML(out, "</dt><dd>");
    mp_html_text(out, value);
    HTML(out, "</dd></div>");
}

static void add_source(mp_buf *out, const mp_origin *origin)
{
    mp_buf place = MP_BUF_INIT;
    if (!origin->file)
        return;
    mp_buf_add_z(&place, origin->file);
    if (origin->line)
        mp_buf_printf(&place, ":%" PRIu64, origin->line);
    mp_buf_printf(&place, " (#%" PRIu64 ")", origin->index);
    add_fact(out, "report.html.source", mp_buf_str(&place));
    out->failed |= place.failed;
    mp_buf_free(&place);
}

static void html_record(mp_buf *out, const mp_report *r, const mp_scan_record *rec)
{
    const mp_html     *own = r->own;
    const mp_resource *resource = rec->resource;
    mp_html_part part = rec->state == MP_STATE_NON_COMPLIANT ? MP_HTML_FINDING : MP_HTML_OTHER;
    size_t       place = mp_frame_open(out, rec);
    if (quota_is_full(&own->quotas[part], rec->check))
        return; /* an empty frame: counted, not shown */
    mp_buf_printf(out, "<li class=\"rec\" data-s=\"%d\"><div class=\"rh\">", (int)rec->state);
    mp_html_state(out, rec->state);
    HTML(out, "<b>");
    mp_html_text(out, mp_words_resource(resource));
    HTML(out, "</b><span class=\"ty\">");
    mp_html_text(out, resource->type);
    HTML(out, "</span></div>");
    add_reason(out, rec);
    HTML(out, "<details class=\"more\"><summary>");
    mp_html_say(out, "report.html.details", NULL, 0);
    HTML(out, "</summary>");
    add_conditions(out, rec);
    HTML(out, "<dl class=\"facts\">");
    add_fact(out, "report.html.id", resource->id);
    add_fact(out, "report.html.location", resource->location);
    add_source(out, rec->origin);
    HTML(out, "</dl></details></li>\n");
    mp_frame_close(out, place);
}

static mp_code html_write(mp_report *r, mp_str records, mp_error *err)
{
    mp_html *own = r->own;
    mp_frame frame;
    mp_str   text;
    while (mp_frame_next(&records, &frame, &text)) {
        mp_html_part part =
            frame.state == MP_STATE_NON_COMPLIANT ? MP_HTML_FINDING : MP_HTML_OTHER;
        if (quota_take(&own->quotas[part], frame.check) && text.len)
            MP_TRY(mp_spool_add(own->spool, mp_html_queue(frame.check, part), text, err));
    }
    return MP_OK;
}

static mp_code html_begin(mp_report *r, mp_error *err)
{
    uint32_t checks = r->summary->check_count;
    mp_html *own = calloc(1, sizeof *own);
    if (!own)
        return mp_no_memory(err);
    r->own = own;
    MP_TRY(quota_init(&own->quotas[MP_HTML_FINDING], checks, MP_REPORT_HTML_FINDINGS, err));
    MP_TRY(quota_init(&own->quotas[MP_HTML_OTHER], checks, MP_REPORT_HTML_OTHERS, err));
    return mp_spool_new(&own->spool, (size_t)checks * MP_HTML_PART_COUNT, err);
}

static void html_done(mp_report *r)
{
    mp_html *own = r->own;
    mp_spool_free(own->spool);
    for (size_t i = 0; i < MP_HTML_PART_COUNT; i++)
        free(own->quotas[i].seen);
    free(own);
    r->own = NULL;
}

const mp_report_format mp_report_html = {
    .name = "html",
    .media_type = "text/html; charset=utf-8",
    .extension = "html",
    .states = STATES_ALL & ~STATE_BIT(MP_STATE_COMPLIANT),
    .begin = html_begin,
    .record = html_record,
    .write = html_write,
    .end = mp_html_write,
    .done = html_done,
};
