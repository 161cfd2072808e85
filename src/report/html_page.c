/* SPDX-License-Identifier: Apache-2.0 */
/* html: the page. One file that fetches nothing. Its policy (CSP) allows exactly the one style sheet
 * and the one script that are built in, by their SHA-256, and nothing else: no inline styles, no
 * handlers, no pictures but the SVG that is drawn here. So even markup that slipped through escaping
 * could not run.
 *
 * Without the script everything is there and opens by <details>; the script adds search and filter,
 * and opens on paper what matters. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "html.h"
#include "words.h"

#define TYPE_ROWS 15
#define WORST_ROWS 20

typedef struct page {
    mp_report             *r;
    mp_buf                *out;
    const mp_scan_summary *s;
    const mp_html         *own;
    const uint32_t        *order; /* checks, worst first */
} page;

/* ---- small pieces ---- */

static void say(page *p, const char *id) { mp_html_say(p->out, id, NULL, 0); }

static void say_number(page *p, const char *id, uint64_t n)
{
    char   text[MP_NUMBER_TEXT];
    mp_str arg = mp_str_from(mp_words_number(text, n));
    mp_html_say(p->out, id, &arg, 1);
}

static void number(page *p, uint64_t n)
{
    char text[MP_NUMBER_TEXT];
    mp_buf_add_z(p->out, mp_words_number(text, n));
}

static void percent(page *p, const mp_tally *t)
{
    char text[MP_NUMBER_TEXT];
    mp_buf_add_z(p->out, mp_words_percent(text, t));
    if (mp_tally_percent(t) >= 0)
        HTML(p->out, "%");
}

static void check_title(page *p, const mp_scan_check *c)
{
    mp_str texts[] = { mp_words_check(MP_LANG_EN, c), mp_words_check(MP_LANG_KO, c) };
    mp_html_both(p->out, texts);
}

static void initiative_title(page *p, const mp_scan_initiative *it)
{
    mp_str texts[] = { mp_words_initiative(MP_LANG_EN, it), mp_words_initiative(MP_LANG_KO, it) };
    mp_html_both(p->out, texts);
}

static void group_title(page *p, const mp_scan_group *g)
{
    mp_str texts[] = { mp_words_group(MP_LANG_EN, p->s, g), mp_words_group(MP_LANG_KO, p->s, g) };
    mp_html_both(p->out, texts);
}

static void head_cell(page *p, const char *id, const char *class)
{
    mp_buf_printf(p->out, "<th scope=\"col\" class=\"%s\">", class);
    say(p, id);
    HTML(p->out, "</th>");
}

/* "<section ...><h2>". The caller closes the section. */
static void section(page *p, const char *name, const char *title_id)
{
    mp_buf_printf(p->out, "\n<section id=\"%s\"><h2>", name);
    say(p, title_id);
    HTML(p->out, "</h2>");
}

/* ---- pictures ---- */

/* The states from bad to unjudged, as they stand side by side in a bar. */
static const mp_state bar_order[] = {
    MP_STATE_NON_COMPLIANT, MP_STATE_ERROR,     MP_STATE_CONFLICTING, MP_STATE_COMPLIANT,
    MP_STATE_EXEMPT,        MP_STATE_PROTECTED, MP_STATE_UNKNOWN,     MP_STATE_NOT_EVALUATED,
};

/* Widths in per mille of the whole; a state that occurs is never invisible. */
static void add_segment(mp_buf *out, mp_state state, uint64_t start, uint64_t width)
{
    mp_buf_printf(out, "<rect class=\"f%d\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>",
                  (int)state, start, width);
}

/* The numbers always stand beside a bar, so it is hidden from screen readers. */
static void bar(page *p, const mp_tally *t)
{
    uint64_t total = mp_tally_total(t), before = 0;
    HTML(p->out, "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "
                 "aria-hidden=\"true\"><rect class=\"bg\" width=\"1000\" height=\"10\"/>");
    for (size_t i = 0; total && i < MP_COUNT(bar_order); i++) {
        uint64_t n = t->by_state[bar_order[i]];
        uint64_t start = before * 1000 / total;
        before += n;
        uint64_t end = before * 1000 / total;
        if (n == 0)
            continue;
        uint64_t width = end - start < 8 ? 8 : end - start;
        add_segment(p->out, bar_order[i], start, before < total && width > 8 ? width - 4 : width);
    }
    HTML(p->out, "</svg>");
}

/* A ring that begins at the top and goes clockwise: what is good first. */
static void ring(page *p, const mp_tally *t)
{
    static const mp_state order[] = {
        MP_STATE_COMPLIANT, MP_STATE_EXEMPT,      MP_STATE_UNKNOWN,   MP_STATE_NON_COMPLIANT,
        MP_STATE_ERROR,     MP_STATE_CONFLICTING, MP_STATE_PROTECTED, MP_STATE_NOT_EVALUATED,
    };
    uint64_t total = mp_tally_total(t), before = 0;
    HTML(p->out, "<div class=\"ring\"><svg viewBox=\"0 0 120 120\" aria-hidden=\"true\">"
                 "<circle class=\"r bg\" cx=\"60\" cy=\"60\" r=\"50\"/>");
    for (size_t i = 0; total && i < MP_COUNT(order); i++) {
        uint64_t n = t->by_state[order[i]];
        if (n == 0)
            continue;
        uint64_t start = before * 1000 / total;
        before += n;
        uint64_t width = before * 1000 / total - start;
        uint64_t gap = n == total || width < 12 ? 0 : 6;
        mp_buf_printf(p->out,
                      "<circle class=\"r g%d\" cx=\"60\" cy=\"60\" r=\"50\" pathLength=\"1000\" "
                      "stroke-dasharray=\"%" PRIu64 " 1000\" stroke-dashoffset=\"-%" PRIu64 "\"/>",
                      (int)order[i], width - gap < 3 ? 3 : width - gap, start);
    }
    HTML(p->out, "</svg><p><strong>");
    percent(p, t);
    HTML(p->out, "</strong><span>");
    say(p, "report.score");
    HTML(p->out, "</span></p></div>");
}

/* ---- head ---- */

static void add_hash(mp_buf *out, mp_str bytes)
{
    uint8_t       digest[32];
    unsigned char text[48];
    unsigned      len = 0;
    if (!EVP_Digest(bytes.ptr, bytes.len, digest, &len, EVP_sha256(), NULL)) {
        out->failed = true;
        return;
    }
    EVP_EncodeBlock(text, digest, (int)len);
    mp_buf_printf(out, "'sha256-%s'", (const char *)text);
}

static mp_str asset(const char *name)
{
    const mp_embedded *found =
        mp_embedded_find(mp_report_assets, mp_report_assets_len, mp_str_from(name));
    return found ? found->bytes : MP_S("");
}

static void add_head(page *p)
{
    mp_lang lang = p->r->options.lang;
    mp_str  style = asset("html.css"), script = asset("html.js");
    mp_buf_printf(p->out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                          "style-src ",
                  mp_lang_name(lang));
    add_hash(p->out, style);
    HTML(p->out, "; script-src ");
    add_hash(p->out, script);
    HTML(p->out, "; base-uri 'none'; form-action 'none'\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"referrer\" content=\"no-referrer\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n"
                 "<meta name=\"generator\" content=\"Mapae ");
    mp_html_text(p->out, p->r->options.version);
    HTML(p->out, "\">\n<title>");
    mp_html_text(p->out, mp_message(lang, "report.title"));
    HTML(p->out, "</title>\n<style>");
    mp_buf_add(p->out, style);
    HTML(p->out, "</style>\n</head>\n<body>\n");
}

static void add_language(page *p, mp_lang lang, const char *label)
{
    mp_buf_printf(p->out,
                  "<input type=\"radio\" name=\"lang\" id=\"lang-%s\"%s>"
                  "<label for=\"lang-%s\" lang=\"%s\" class=\"both\">%s</label>",
                  mp_lang_name(lang), lang == p->r->options.lang ? " checked" : "",
                  mp_lang_name(lang), mp_lang_name(lang), label);
}

static void add_meta(page *p, const char *id, mp_str value)
{
    HTML(p->out, "<div><dt>");
    say(p, id);
    HTML(p->out, "</dt><dd>");
    mp_html_text(p->out, value);
    HTML(p->out, "</dd></div>");
}

static void add_meta_number(page *p, const char *id, uint64_t n)
{
    char text[MP_NUMBER_TEXT];
    add_meta(p, id, mp_str_from(mp_words_number(text, n)));
}

static void add_inputs(page *p)
{
    for (size_t i = 0; i < p->r->options.input_count; i++) {
        if (i)
            HTML(p->out, ", ");
        mp_html_text(p->out, p->r->options.inputs[i]);
    }
}

static void add_header(page *p)
{
    const mp_scan_summary *s = p->s;
    char                   at[MP_NUMBER_TEXT];
    HTML(p->out, "<header class=\"top\"><div class=\"line\"><p class=\"brand\">");
    say(p, "report.brand");
    HTML(p->out, "</p><fieldset class=\"lang\"><legend class=\"off\">Language · 언어</legend>");
    add_language(p, MP_LANG_KO, "한국어");
    add_language(p, MP_LANG_EN, "English");
    HTML(p->out, "</fieldset></div><h1>");
    say(p, "report.title");
    HTML(p->out, "</h1><p class=\"inputs\">");
    add_inputs(p);
    HTML(p->out, "</p><dl class=\"meta\">");
    add_meta(p, "report.html.time", mp_str_from(mp_words_time(at, s->started)));
    add_meta_number(p, "report.html.documents", s->documents);
    add_meta_number(p, "report.html.judged", mp_tally_total(&s->resources));
    add_meta_number(p, "report.html.policies", mp_words_policy_count(s));
    add_meta_number(p, "report.html.verdicts", mp_tally_total(&s->pairs));
    if (p->r->options.version.len)
        add_meta(p, "report.html.tool", p->r->options.version);
    HTML(p->out, "</dl></header>\n");
}

static void add_link(page *p, const char *target, const char *title_id)
{
    mp_buf_printf(p->out, "<a href=\"#%s\">", target);
    say(p, title_id);
    HTML(p->out, "</a>");
}

static bool has_unjudged(const mp_scan_summary *s)
{
    return s->pairs.by_state[MP_STATE_ERROR] || s->pairs.by_state[MP_STATE_CONFLICTING] ||
           s->pairs.by_state[MP_STATE_UNKNOWN] || s->pairs.by_state[MP_STATE_NOT_EVALUATED] ||
           s->bad_documents || s->problem_count || s->without_policy || s->duplicates;
}

static void add_navigation(page *p)
{
    HTML(p->out, "<nav class=\"toc\">");
    add_link(p, "overview", "report.overview");
    if (p->s->group_count)
        add_link(p, "controls", "report.controls");
    if (p->s->type_count)
        add_link(p, "types", "report.types");
    if (p->s->worst_count)
        add_link(p, "worst", "report.worst");
    add_link(p, "findings", "report.findings");
    if (has_unjudged(p->s))
        add_link(p, "unjudged", "report.unjudged");
    add_link(p, "reading", "report.reading");
    HTML(p->out, "</nav>\n<main>");
}

/* ---- overview ---- */

static void add_state_row(page *p, mp_state state)
{
    const mp_tally *t = &p->s->resources;
    uint64_t        total = mp_tally_total(t);
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_state(p->out, state);
    HTML(p->out, "</th><td class=\"n\">");
    number(p, t->by_state[state]);
    HTML(p->out, "</td><td class=\"wide\"><svg class=\"bar\" viewBox=\"0 0 1000 10\" "
                 "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                 "<rect class=\"bg\" width=\"1000\" height=\"10\"/>");
    uint64_t width = total ? t->by_state[state] * 1000 / total : 0;
    if (t->by_state[state])
        add_segment(p->out, state, 0, width < 8 ? 8 : width);
    HTML(p->out, "</svg></td><td class=\"n\">");
    number(p, p->s->pairs.by_state[state]);
    HTML(p->out, "</td></tr>");
}

/* Policies by definition, not by check: the same one in two initiatives is one. */
static uint64_t failing_policies(const mp_scan_summary *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->check_count; i++) {
        bool again = s->checks[i].resources.by_state[MP_STATE_NON_COMPLIANT] == 0;
        for (uint32_t k = 0; k < i && !again; k++)
            again = s->checks[k].resources.by_state[MP_STATE_NON_COMPLIANT] &&
                    mp_str_eq_fold(s->checks[k].policy_id, s->checks[i].policy_id);
        n += !again;
    }
    return n;
}

static void add_key_number(page *p, uint64_t n, const char *id)
{
    HTML(p->out, "<div><dd>");
    number(p, n);
    HTML(p->out, "</dd><dt>");
    say(p, id);
    HTML(p->out, "</dt></div>");
}

static void add_key_numbers(page *p)
{
    const mp_scan_summary *s = p->s;
    uint64_t               controls = 0;
    for (uint32_t i = 0; i < s->group_count; i++)
        controls += s->groups[i].resources.by_state[MP_STATE_NON_COMPLIANT] > 0;
    HTML(p->out, "<dl class=\"keys\">");
    add_key_number(p, s->resources.by_state[MP_STATE_NON_COMPLIANT], "report.html.key.resources");
    add_key_number(p, failing_policies(s), "report.html.key.policies");
    if (s->group_count)
        add_key_number(p, controls, "report.html.key.controls");
    add_key_number(p, s->pairs.by_state[MP_STATE_ERROR] + s->pairs.by_state[MP_STATE_UNKNOWN] +
                          s->pairs.by_state[MP_STATE_NOT_EVALUATED] + s->bad_documents,
                   "report.html.key.unjudged");
    HTML(p->out, "</dl>");
}

static void add_initiative_row(page *p, const mp_scan_initiative *it)
{
    HTML(p->out, "<tr><th scope=\"row\">");
    initiative_title(p, it);
    HTML(p->out, "</th><td class=\"n strong\">");
    percent(p, &it->resources);
    HTML(p->out, "</td><td class=\"wide\">");
    bar(p, &it->resources);
    HTML(p->out, "</td><td class=\"n\">");
    number(p, it->resources.by_state[MP_STATE_NON_COMPLIANT]);
    HTML(p->out, "</td><td class=\"n\">");
    number(p, mp_tally_total(&it->resources));
    HTML(p->out, "</td></tr>");
}

static void add_initiatives(page *p)
{
    if (p->s->initiative_count == 0)
        return;
    HTML(p->out, "<table class=\"grid\"><thead><tr>");
    head_cell(p, "report.initiative", "");
    head_cell(p, "report.score", "n");
    head_cell(p, "report.html.states", "wide");
    head_cell(p, "report.html.failing", "n");
    head_cell(p, "report.html.resources", "n");
    HTML(p->out, "</tr></thead><tbody>");
    for (uint32_t i = 0; i < p->s->initiative_count; i++)
        add_initiative_row(p, &p->s->initiatives[i]);
    HTML(p->out, "</tbody></table>");
}

static void add_overview(page *p)
{
    const mp_tally *t = &p->s->resources;
    section(p, "overview", "report.overview");
    if (mp_tally_percent(t) < 0) {
        HTML(p->out, "<p class=\"note\">");
        say(p, "report.nothing");
        HTML(p->out, "</p>");
    }
    HTML(p->out, "<div class=\"over\">");
    ring(p, t);
    HTML(p->out, "<table class=\"grid states\"><thead><tr>");
    head_cell(p, "report.html.state", "");
    head_cell(p, "report.html.resources", "n");
    head_cell(p, "report.html.share", "wide");
    head_cell(p, "report.html.verdicts", "n");
    HTML(p->out, "</tr></thead><tbody>");
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++)
        if (t->by_state[i] || p->s->pairs.by_state[i])
            add_state_row(p, (mp_state)i);
    HTML(p->out, "</tbody></table></div>");
    add_key_numbers(p);
    add_initiatives(p);
    HTML(p->out, "</section>");
}

/* ---- controls ---- */

static void add_numbers(page *p, const mp_tally *t)
{
    HTML(p->out, "<span class=\"pc\">");
    percent(p, t);
    HTML(p->out, "</span>");
    bar(p, t);
    HTML(p->out, "<span class=\"ct\">");
    if (mp_tally_percent(t) < 0) {
        say(p, mp_tally_total(t) ? "report.html.count.unjudged" : "report.html.count.none");
        HTML(p->out, "</span>");
        return;
    }
    /* 100 % of what nobody has shown: said in words, or it would be taken for compliance. */
    if (t->by_state[MP_STATE_COMPLIANT] + t->by_state[MP_STATE_NON_COMPLIANT] + mp_words_errors(t) == 0) {
        say(p, "report.html.count.unshown");
        HTML(p->out, "</span>");
        return;
    }
    char   failing[MP_NUMBER_TEXT], all[MP_NUMBER_TEXT];
    mp_str args[] = {
        mp_str_from(mp_words_number(failing, t->by_state[MP_STATE_NON_COMPLIANT])),
        mp_str_from(mp_words_number(all, mp_tally_total(t))),
    };
    mp_html_say(p->out, "report.html.count", args, 2);
    HTML(p->out, "</span>");
}

static bool is_in(const mp_scan_check *c, uint32_t group)
{
    for (uint32_t i = 0; i < c->group_count; i++)
        if (c->groups[i] == group)
            return true;
    return false;
}

static void add_control_policies(page *p, uint32_t group)
{
    HTML(p->out, "<ul class=\"pol\">");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[p->order[i]];
        if (!is_in(c, group))
            continue;
        HTML(p->out, "<li><span class=\"nm\">");
        if (mp_tally_total(&c->resources))
            mp_buf_printf(p->out, "<a href=\"#p%u\">", p->order[i]);
        check_title(p, c);
        if (mp_tally_total(&c->resources))
            HTML(p->out, "</a>");
        HTML(p->out, "</span>");
        add_numbers(p, &c->resources);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul>");
}

static void add_control(page *p, uint32_t index)
{
    const mp_scan_group *g = &p->s->groups[index];
    uint64_t bad = g->resources.by_state[MP_STATE_NON_COMPLIANT] + mp_words_errors(&g->resources);
    /* "paper": opened when the page is printed. */
    mp_buf_printf(p->out, "<details class=\"ctl%s\"><summary><span class=\"id\">",
                  bad ? " paper" : "");
    mp_html_text(p->out, g->name);
    HTML(p->out, "</span><span class=\"nm\">");
    group_title(p, g);
    HTML(p->out, "</span>");
    add_numbers(p, &g->resources);
    HTML(p->out, "</summary>");
    add_control_policies(p, index);
    HTML(p->out, "</details>\n");
}

/* Controls stand under the heading of their category as long as it stays the same. */
static void add_category(page *p, const mp_scan_group *g, mp_str *last)
{
    mp_str texts[] = { mp_words_group_category(MP_LANG_EN, p->s, g),
                       mp_words_group_category(MP_LANG_KO, p->s, g) };
    if (texts[MP_LANG_EN].len == 0 || mp_str_eq(texts[MP_LANG_EN], *last))
        return;
    *last = texts[MP_LANG_EN];
    HTML(p->out, "<h4>");
    mp_html_both(p->out, texts);
    HTML(p->out, "</h4>");
}

static void add_controls_of(page *p, uint32_t initiative)
{
    const mp_scan_initiative *it = &p->s->initiatives[initiative];
    mp_str                    last = { NULL, 0 };
    bool                      any = false;
    mp_str about[] = { mp_words_initiative_description(MP_LANG_EN, it),
                       mp_words_initiative_description(MP_LANG_KO, it) };
    for (uint32_t i = 0; i < p->s->group_count; i++) {
        const mp_scan_group *g = &p->s->groups[i];
        if (g->initiative != initiative)
            continue;
        if (!any) {
            HTML(p->out, "<h3>");
            initiative_title(p, it);
            HTML(p->out, "</h3><p class=\"about\">");
            mp_html_both(p->out, about);
            HTML(p->out, "</p>");
        }
        any = true;
        add_category(p, g, &last);
        add_control(p, i);
    }
}

static mp_code add_controls(page *p, mp_error *err)
{
    if (p->s->group_count == 0)
        return MP_OK;
    section(p, "controls", "report.controls");
    HTML(p->out, "<p class=\"hint\">");
    say(p, "report.html.controls.hint");
    HTML(p->out, "</p>");
    for (uint32_t i = 0; i < p->s->initiative_count; i++) {
        add_controls_of(p, i);
        MP_TRY(mp_report_flush_some(p->r, err));
    }
    HTML(p->out, "</section>");
    return MP_OK;
}

/* ---- types and resources ---- */

static int by_type_failures(const void *left, const void *right)
{
    const mp_scan_type *a = *(const mp_scan_type *const *)left;
    const mp_scan_type *b = *(const mp_scan_type *const *)right;
    uint64_t            fails_a = a->resources.by_state[MP_STATE_NON_COMPLIANT];
    uint64_t            fails_b = b->resources.by_state[MP_STATE_NON_COMPLIANT];
    if (fails_a != fails_b)
        return fails_a > fails_b ? -1 : 1;
    uint64_t all_a = mp_tally_total(&a->resources), all_b = mp_tally_total(&b->resources);
    if (all_a != all_b)
        return all_a > all_b ? -1 : 1;
    return mp_str_cmp_fold(a->type, b->type);
}

static void add_type_row(page *p, const mp_scan_type *t)
{
    HTML(p->out, "<tr><th scope=\"row\" class=\"mono\">");
    mp_html_text(p->out, t->type.len ? t->type : MP_S("-"));
    HTML(p->out, "</th><td class=\"n\">");
    percent(p, &t->resources);
    HTML(p->out, "</td><td class=\"wide\">");
    bar(p, &t->resources);
    HTML(p->out, "</td><td class=\"n\">");
    number(p, t->resources.by_state[MP_STATE_NON_COMPLIANT]);
    HTML(p->out, "</td><td class=\"n\">");
    number(p, mp_tally_total(&t->resources));
    HTML(p->out, "</td><td class=\"n\">");
    number(p, t->documents);
    HTML(p->out, "</td></tr>");
}

static void add_type_table(page *p, const mp_scan_type **types, uint32_t count)
{
    HTML(p->out, "<table class=\"grid\"><thead><tr>");
    head_cell(p, "report.html.type", "");
    head_cell(p, "report.score", "n");
    head_cell(p, "report.html.states", "wide");
    head_cell(p, "report.html.failing", "n");
    head_cell(p, "report.html.judged.short", "n");
    head_cell(p, "report.html.documents", "n");
    HTML(p->out, "</tr></thead><tbody>");
    for (uint32_t i = 0; i < count; i++)
        add_type_row(p, types[i]);
    HTML(p->out, "</tbody></table>");
}

static mp_code add_types(page *p, mp_error *err)
{
    const mp_scan_summary *s = p->s;
    if (s->type_count == 0)
        return MP_OK;
    const mp_scan_type **types = calloc(s->type_count, sizeof *types);
    if (!types)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a report");
    for (uint32_t i = 0; i < s->type_count; i++)
        types[i] = &s->types[i];
    qsort(types, s->type_count, sizeof *types, by_type_failures);
    uint32_t shown = s->type_count < TYPE_ROWS ? s->type_count : TYPE_ROWS;
    section(p, "types", "report.types");
    add_type_table(p, types, shown);
    if (shown < s->type_count) {
        HTML(p->out, "<details class=\"rest\"><summary>");
        say_number(p, "report.html.types.more", s->type_count - shown);
        HTML(p->out, "</summary>");
        add_type_table(p, types + shown, s->type_count - shown);
        HTML(p->out, "</details>");
    }
    HTML(p->out, "</section>");
    free(types);
    return MP_OK;
}

/* Each policy once, though two initiatives may hold it. */
static void add_worst_checks(page *p, const mp_scan_worst *w)
{
    uint32_t listed = 0;
    HTML(p->out, "<ul>");
    for (uint32_t i = 0; i < w->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[w->checks[i]];
        bool                 again = false;
        for (uint32_t k = 0; k < i && !again; k++)
            again = mp_str_eq_fold(p->s->checks[w->checks[k]].policy_id, c->policy_id);
        listed++;
        if (again)
            continue;
        mp_buf_printf(p->out, "<li><a href=\"#p%u\">", w->checks[i]);
        check_title(p, c);
        HTML(p->out, "</a></li>");
    }
    if (w->non_compliant > listed) {
        HTML(p->out, "<li>");
        say_number(p, "report.more", w->non_compliant - listed);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul>");
}

static void add_worst_row(page *p, const mp_scan_worst *w)
{
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_text(p->out, mp_words_worst(w));
    HTML(p->out, "<small class=\"mono\">");
    mp_html_text(p->out, w->type);
    HTML(p->out, "</small></th><td class=\"n strong\">");
    number(p, w->non_compliant);
    HTML(p->out, "<small>/ ");
    number(p, w->total);
    HTML(p->out, "</small></td><td class=\"list\">");
    add_worst_checks(p, w);
    HTML(p->out, "</td></tr>");
}

static void add_worst(page *p)
{
    const mp_scan_summary *s = p->s;
    if (s->worst_count == 0 || s->worst[0].non_compliant == 0)
        return;
    section(p, "worst", "report.worst");
    HTML(p->out, "<table class=\"grid worst\"><thead><tr>");
    head_cell(p, "report.html.resource", "");
    head_cell(p, "report.html.failed.verdicts", "n");
    head_cell(p, "report.html.which", "");
    HTML(p->out, "</tr></thead><tbody>");
    for (uint32_t i = 0; i < s->worst_count && i < WORST_ROWS; i++)
        if (s->worst[i].non_compliant)
            add_worst_row(p, &s->worst[i]);
    HTML(p->out, "</tbody></table></section>");
}

/* ---- findings ---- */

static uint64_t records_of(const page *p, uint32_t check)
{
    return mp_html_seen(p->own, check, MP_HTML_FINDING) + mp_html_seen(p->own, check, MP_HTML_OTHER);
}

static void add_chip(page *p, mp_str text, const char *class)
{
    if (text.len == 0)
        return;
    mp_buf_printf(p->out, "<span class=\"chip %s\">", class);
    mp_html_text(p->out, text);
    HTML(p->out, "</span>");
}

static void add_policy_facts(page *p, const mp_scan_check *c)
{
    mp_str about[] = { mp_words_check_description(MP_LANG_EN, c),
                       mp_words_check_description(MP_LANG_KO, c) };
    if (about[MP_LANG_EN].len) {
        HTML(p->out, "<p class=\"about\">");
        mp_html_both(p->out, about);
        HTML(p->out, "</p>");
    }
    HTML(p->out, "<dl class=\"facts\">");
    if (c->group_count) {
        HTML(p->out, "<div><dt>");
        say(p, "report.html.control");
        HTML(p->out, "</dt><dd>");
        for (uint32_t i = 0; i < c->group_count; i++) {
            const mp_scan_group *g = &p->s->groups[c->groups[i]];
            if (i)
                HTML(p->out, "<br>");
            mp_html_text(p->out, g->name);
            HTML(p->out, " ");
            group_title(p, g);
        }
        HTML(p->out, "</dd></div>");
    }
    const struct {
        const char *id;
        mp_str      value;
    } facts[] = {
        { "report.html.definition", c->policy_id },
        { "report.html.version", c->version },
        { "report.html.reference", c->reference_id },
        { "report.html.assignment", c->assignment_id },
    };
    for (size_t i = 0; i < MP_COUNT(facts); i++)
        if (facts[i].value.len)
            add_meta(p, facts[i].id, facts[i].value);
    HTML(p->out, "</dl>");
}

static mp_code add_records(page *p, uint32_t check, mp_html_part part, mp_error *err)
{
    uint64_t        shown = mp_html_shown(p->own, check, part);
    mp_spool_reader reader = mp_spool_read(p->own->spool, mp_html_queue(check, part));
    mp_code         code = MP_OK;
    for (uint64_t i = 0; i < shown && code == MP_OK; i++) {
        bool more;
        code = mp_spool_next(&reader, p->out, &more, err);
        if (code == MP_OK)
            code = mp_report_flush_some(p->r, err);
    }
    mp_spool_read_done(&reader);
    MP_TRY(code);
    uint64_t seen = mp_html_seen(p->own, check, part);
    if (seen > shown) {
        HTML(p->out, "<li class=\"cut\">");
        say_number(p, part == MP_HTML_FINDING ? "report.html.cut" : "report.html.cut.others",
                   seen - shown);
        HTML(p->out, "</li>");
    }
    return MP_OK;
}

static mp_code add_policy(page *p, uint32_t check, mp_error *err)
{
    const mp_scan_check *c = &p->s->checks[check];
    mp_buf_printf(p->out,
                  "<details class=\"policy paper\" id=\"p%u\"><summary><span class=\"nm\">", check);
    check_title(p, c);
    HTML(p->out, "</span><span class=\"tags\">");
    add_chip(p, c->severity, "sev");
    add_chip(p, c->effect, "eff");
    HTML(p->out, "</span>");
    add_numbers(p, &c->resources);
    HTML(p->out, "</summary><div class=\"body\">");
    add_policy_facts(p, c);
    HTML(p->out, "<ul class=\"recs\">");
    MP_TRY(add_records(p, check, MP_HTML_FINDING, err));
    MP_TRY(add_records(p, check, MP_HTML_OTHER, err));
    HTML(p->out, "</ul></div></details>\n");
    return MP_OK;
}

/* The check belongs to `it` (NULL: to no initiative) and met a resource. */
static bool is_listed(const page *p, uint32_t check, const mp_scan_initiative *it)
{
    const mp_scan_check *c = &p->s->checks[check];
    return mp_report_initiative(p->s, c) == it &&
           (records_of(p, check) || mp_tally_total(&c->resources));
}

/* Policies that every resource complies with: names and numbers, folded away. */
static void add_clear_policies(page *p, const mp_scan_initiative *it, uint64_t count)
{
    HTML(p->out, "<details class=\"rest\"><summary>");
    say_number(p, "report.html.clear", count);
    HTML(p->out, "</summary><ul class=\"pol\">");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[i];
        if (!is_listed(p, i, it) || records_of(p, i))
            continue;
        mp_buf_printf(p->out, "<li id=\"p%u\"><span class=\"nm\">", i);
        check_title(p, c);
        HTML(p->out, "</span>");
        add_numbers(p, &c->resources);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul></details>");
}

static mp_code add_findings_of(page *p, const mp_scan_initiative *it, mp_error *err)
{
    uint64_t listed = 0, clear = 0;
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        uint32_t check = p->order[i];
        if (!is_listed(p, check, it))
            continue;
        if (listed++ == 0 && it) {
            HTML(p->out, "<h3>");
            initiative_title(p, it);
            HTML(p->out, "</h3>");
        }
        if (records_of(p, check))
            MP_TRY(add_policy(p, check, err));
        else
            clear++;
    }
    if (clear)
        add_clear_policies(p, it, clear);
    return MP_OK;
}

static void add_filter(page *p)
{
    HTML(p->out, "<div class=\"filter\" hidden><label>");
    say(p, "report.html.search");
    HTML(p->out, " <input type=\"search\" id=\"q\" autocomplete=\"off\" spellcheck=\"false\"></label>"
                 "<fieldset><legend class=\"off\">");
    say(p, "report.html.state");
    HTML(p->out, "</legend>");
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        if (i == MP_STATE_COMPLIANT || p->s->pairs.by_state[i] == 0)
            continue;
        mp_buf_printf(p->out, "<label><input type=\"checkbox\" class=\"fs\" value=\"%zu\" checked>", i);
        mp_html_state(p->out, (mp_state)i);
        HTML(p->out, "</label>");
    }
    HTML(p->out, "</fieldset><span class=\"acts\"><button type=\"button\" id=\"open\">");
    say(p, "report.html.open");
    HTML(p->out, "</button><button type=\"button\" id=\"close\">");
    say(p, "report.html.close");
    HTML(p->out, "</button></span><output id=\"hits\" aria-live=\"polite\"></output></div>");
}

/* What the page leaves out, said before it begins. */
static void add_cut(page *p)
{
    uint64_t seen = 0, shown = 0;
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        for (int part = 0; part < MP_HTML_PART_COUNT; part++) {
            seen += mp_html_seen(p->own, i, (mp_html_part)part);
            shown += mp_html_shown(p->own, i, (mp_html_part)part);
        }
    }
    if (seen == shown)
        return;
    char   all[MP_NUMBER_TEXT], some[MP_NUMBER_TEXT];
    mp_str args[] = { mp_str_from(mp_words_number(some, shown)),
                      mp_str_from(mp_words_number(all, seen)) };
    HTML(p->out, "<p class=\"note\">");
    mp_html_say(p->out, "report.html.cut.all", args, 2);
    HTML(p->out, "</p>");
}

static mp_code add_findings(page *p, mp_error *err)
{
    section(p, "findings", "report.findings");
    HTML(p->out, "<p class=\"hint\">");
    say(p, "report.html.findings.hint");
    HTML(p->out, "</p>");
    add_cut(p);
    add_filter(p);
    for (uint32_t i = 0; i < p->s->initiative_count; i++)
        MP_TRY(add_findings_of(p, &p->s->initiatives[i], err));
    MP_TRY(add_findings_of(p, NULL, err));
    HTML(p->out, "</section>");
    return MP_OK;
}

/* ---- what was not judged, and how to read ---- */

static void add_unjudged_state(page *p, mp_state state)
{
    if (p->s->pairs.by_state[state] == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_state(p->out, state);
    HTML(p->out, "</th><td class=\"n\">");
    number(p, p->s->pairs.by_state[state]);
    HTML(p->out, "</td><td class=\"list\"><ul>");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[i];
        if (c->resources.by_state[state] == 0)
            continue;
        mp_buf_printf(p->out, "<li><a href=\"#p%u\">", i);
        check_title(p, c);
        HTML(p->out, "</a> ");
        number(p, c->resources.by_state[state]);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul></td></tr>");
}

static void add_plain_row(page *p, const char *name_id, uint64_t n, const char *text_id)
{
    if (n == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    say(p, name_id);
    HTML(p->out, "</th><td class=\"n\">");
    number(p, n);
    HTML(p->out, "</td><td>");
    say(p, text_id);
    HTML(p->out, "</td></tr>");
}

static void add_whole_policies(page *p)
{
    const mp_scan_summary *s = p->s;
    uint64_t               count = 0;
    for (uint32_t i = 0; i < s->check_count; i++)
        count += s->checks[i].not_evaluated.len && !mp_words_is_repeated(s, i);
    if (count == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    say(p, "report.html.whole");
    HTML(p->out, "</th><td class=\"n\">");
    number(p, count);
    HTML(p->out, "</td><td class=\"list\"><ul>");
    for (uint32_t i = 0; i < s->check_count; i++) {
        if (s->checks[i].not_evaluated.len == 0 || mp_words_is_repeated(s, i))
            continue;
        HTML(p->out, "<li>");
        check_title(p, &s->checks[i]);
        HTML(p->out, " <code>");
        mp_html_text(p->out, s->checks[i].not_evaluated);
        HTML(p->out, "</code></li>");
    }
    HTML(p->out, "</ul></td></tr>");
}

static void add_problem(page *p, const mp_scan_problem *problem)
{
    uint64_t line = problem->pos.line ? problem->pos.line : problem->origin.line;
    HTML(p->out, "<tr><td class=\"mono\">");
    mp_html_text(p->out, mp_str_from(problem->origin.file ? problem->origin.file : "-"));
    if (line)
        mp_buf_printf(p->out, ":%" PRIu64, line);
    if (problem->pos.line && problem->pos.col)
        mp_buf_printf(p->out, ":%u", problem->pos.col);
    HTML(p->out, "</td><td>");
    mp_html_text(p->out, problem->message);
    HTML(p->out, "</td></tr>");
}

static mp_code add_problems(page *p, mp_error *err)
{
    const mp_scan_summary *s = p->s;
    if (s->problem_count == 0)
        return MP_OK;
    HTML(p->out, "<h3>");
    say(p, "report.html.problems");
    HTML(p->out, "</h3><table class=\"grid\"><thead><tr>");
    head_cell(p, "report.html.source", "");
    head_cell(p, "report.html.problem", "");
    HTML(p->out, "</tr></thead><tbody>");
    for (uint32_t i = 0; i < s->problem_count; i++) {
        add_problem(p, &s->problems[i]);
        MP_TRY(mp_report_flush_some(p->r, err));
    }
    HTML(p->out, "</tbody></table>");
    if (s->bad_documents > s->problem_count) {
        HTML(p->out, "<p class=\"note\">");
        say_number(p, "report.more", s->bad_documents - s->problem_count);
        HTML(p->out, "</p>");
    }
    return MP_OK;
}

static mp_code add_unjudged(page *p, mp_error *err)
{
    static const mp_state states[] = { MP_STATE_ERROR, MP_STATE_CONFLICTING, MP_STATE_UNKNOWN,
                                       MP_STATE_NOT_EVALUATED };
    const mp_scan_summary *s = p->s;
    if (!has_unjudged(s))
        return MP_OK;
    section(p, "unjudged", "report.unjudged");
    HTML(p->out, "<table class=\"grid worst\"><thead><tr>");
    head_cell(p, "report.html.what", "");
    head_cell(p, "report.html.number", "n");
    head_cell(p, "report.html.where", "");
    HTML(p->out, "</tr></thead><tbody>");
    for (size_t i = 0; i < MP_COUNT(states); i++)
        add_unjudged_state(p, states[i]);
    add_whole_policies(p);
    add_plain_row(p, "report.html.bad", s->bad_documents, "report.html.bad.text");
    add_plain_row(p, "report.html.without", s->without_policy, "report.html.without.text");
    add_plain_row(p, "report.html.duplicates", s->duplicates, "report.html.duplicates.text");
    HTML(p->out, "</tbody></table>");
    MP_TRY(add_problems(p, err));
    HTML(p->out, "</section>");
    return MP_OK;
}

static void add_reading(page *p)
{
    section(p, "reading", "report.reading");
    HTML(p->out, "<p>");
    say(p, "report.reading.score");
    HTML(p->out, "</p><p>");
    say(p, "report.reading.rollup");
    HTML(p->out, "</p><dl class=\"terms\">");
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        char id[64];
        snprintf(id, sizeof id, "report.meaning.%.*s", MP_FMT(mp_states[i].text));
        HTML(p->out, "<div><dt>");
        mp_html_state(p->out, (mp_state)i);
        HTML(p->out, "</dt><dd>");
        say(p, id);
        HTML(p->out, "</dd></div>");
    }
    HTML(p->out, "</dl></section>");
}

static void add_footer(page *p)
{
    mp_buf times[MP_LANG_COUNT] = { MP_BUF_INIT, MP_BUF_INIT };
    mp_buf texts[MP_LANG_COUNT] = { MP_BUF_INIT, MP_BUF_INIT };
    char   documents[MP_NUMBER_TEXT];
    mp_words_number(documents, p->s->documents);
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        mp_words_duration(&times[lang], (mp_lang)lang, p->s->seconds);
        mp_str args[] = { mp_str_from(documents), mp_buf_str(&times[lang]) };
        mp_say(&texts[lang], (mp_lang)lang, "report.html.footer", args, 2);
    }
    mp_str both[] = { mp_buf_str(&texts[0]), mp_buf_str(&texts[1]) };
    HTML(p->out, "</main>\n<footer><p>");
    mp_html_both(p->out, both);
    HTML(p->out, "</p></footer>\n<script>");
    mp_buf_add(p->out, asset("html.js"));
    HTML(p->out, "</script>\n</body>\n</html>\n");
    for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
        p->out->failed |= times[lang].failed || texts[lang].failed;
        mp_buf_free(&times[lang]);
        mp_buf_free(&texts[lang]);
    }
}

static mp_code add_body(page *p, mp_error *err)
{
    add_header(p);
    add_navigation(p);
    add_overview(p);
    MP_TRY(add_controls(p, err));
    MP_TRY(add_types(p, err));
    add_worst(p);
    MP_TRY(add_findings(p, err));
    MP_TRY(add_unjudged(p, err));
    add_reading(p);
    add_footer(p);
    return MP_OK;
}

mp_code mp_html_page(mp_report *r, mp_error *err)
{
    uint32_t *order = mp_words_checks_worst_first(r->summary);
    if (!order)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a report");
    page p = { .r = r, .out = &r->out, .s = r->summary, .own = r->own, .order = order };
    add_head(&p);
    mp_code code = add_body(&p, err);
    free(order);
    return code;
}
