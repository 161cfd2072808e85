/* SPDX-License-Identifier: Apache-2.0 */
/* html: the page. One file that fetches nothing. Its policy (CSP) allows exactly the one style sheet
 * and the one script that are built in, by their SHA-256, and nothing else: no inline styles, no
 * handlers, no pictures but the SVG that is drawn here. So even markup that slipped through escaping
 * could not run.
 *
 * Without the script everything is there and opens by <details>; the script adds search and filter,
 * and opens on paper what matters. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "html_page.h"

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

static void add_head(mp_html_page *p)
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

/* The switch stands before everything that it switches: a selector for siblings is all it takes, where one that
 * asks what the body holds (:has) makes printing a long report a matter of minutes. */
static void add_language(mp_html_page *p, mp_lang lang)
{
    mp_buf_printf(p->out, "<input class=\"off\" type=\"radio\" name=\"lang\" id=\"lang-%s\"%s>",
                  mp_lang_name(lang), lang == p->r->options.lang ? " checked" : "");
}

static void add_language_label(mp_html_page *p, mp_lang lang, const char *label)
{
    mp_buf_printf(p->out, "<label for=\"lang-%s\" lang=\"%s\" class=\"both\">%s</label>", mp_lang_name(lang),
                  mp_lang_name(lang), label);
}

static void add_inputs(mp_html_page *p)
{
    for (size_t i = 0; i < p->r->options.input_count; i++) {
        if (i)
            HTML(p->out, ", ");
        mp_html_text(p->out, p->r->options.inputs[i]);
    }
}

static void add_header(mp_html_page *p)
{
    const mp_scan_summary *s = p->s;
    char                   at[MP_NUMBER_TEXT];
    add_language(p, MP_LANG_KO);
    add_language(p, MP_LANG_EN);
    HTML(p->out, "<header class=\"top\"><div class=\"line\"><p class=\"brand\">");
    mp_html_put(p, "report.brand");
    HTML(p->out, "</p><div class=\"lang\" role=\"group\" aria-label=\"Language · 언어\">");
    add_language_label(p, MP_LANG_KO, "한국어");
    add_language_label(p, MP_LANG_EN, "English");
    HTML(p->out, "</div></div><h1>");
    mp_html_put(p, "report.title");
    HTML(p->out, "</h1><p class=\"inputs\">");
    add_inputs(p);
    HTML(p->out, "</p><dl class=\"meta\">");
    mp_html_fact(p, "report.html.time", mp_str_from(mp_words_time(at, s->started)));
    mp_html_fact_number(p, "report.html.documents", s->documents);
    mp_html_fact_number(p, "report.html.judged", mp_tally_total(&s->resources));
    mp_html_fact_number(p, "report.html.policies", mp_words_policy_count(s));
    mp_html_fact_number(p, "report.html.verdicts", mp_tally_total(&s->pairs));
    if (p->r->options.version.len)
        mp_html_fact(p, "report.html.tool", p->r->options.version);
    HTML(p->out, "</dl></header>\n");
}

static void add_link(mp_html_page *p, const char *target, const char *title_id)
{
    mp_buf_printf(p->out, "<a href=\"#%s\">", target);
    mp_html_put(p, title_id);
    HTML(p->out, "</a>");
}

static void add_navigation(mp_html_page *p)
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
    if (mp_html_has_unjudged(p->s))
        add_link(p, "unjudged", "report.unjudged");
    add_link(p, "reading", "report.reading");
    HTML(p->out, "</nav>\n<main>");
}

static void tell_run(mp_buf *out, mp_lang lang, const void *summary)
{
    const mp_scan_summary *s = summary;
    mp_buf                 time = MP_BUF_INIT;
    char                   documents[MP_NUMBER_TEXT];
    mp_words_duration(&time, lang, s->seconds);
    mp_str args[] = { mp_str_from(mp_words_number(documents, s->documents)), mp_buf_str(&time) };
    mp_say(out, lang, "report.html.footer", args, MP_COUNT(args));
    out->failed |= time.failed;
    mp_buf_free(&time);
}

static void add_footer(mp_html_page *p)
{
    HTML(p->out, "</main>\n<footer><p>");
    mp_html_tell(p->out, tell_run, p->s);
    HTML(p->out, "</p></footer>\n<script>");
    mp_buf_add(p->out, asset("html.js"));
    HTML(p->out, "</script>\n</body>\n</html>\n");
}

static mp_code add_body(mp_html_page *p, mp_error *err)
{
    add_header(p);
    add_navigation(p);
    mp_html_overview(p);
    MP_TRY(mp_html_controls(p, err));
    MP_TRY(mp_html_types(p, err));
    mp_html_worst(p);
    MP_TRY(mp_html_findings(p, err));
    MP_TRY(mp_html_unjudged(p, err));
    mp_html_reading(p);
    add_footer(p);
    return MP_OK;
}

mp_code mp_html_write(mp_report *r, mp_error *err)
{
    uint32_t *order = mp_words_checks_worst_first(r->summary);
    if (!order)
        return mp_no_memory(err);
    mp_html_page p = { .r = r, .out = &r->out, .s = r->summary, .own = r->own, .order = order };
    add_head(&p);
    mp_code code = add_body(&p, err);
    free(order);
    return code;
}
