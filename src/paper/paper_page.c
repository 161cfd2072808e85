/* SPDX-License-Identifier: Apache-2.0 */
/* HTML: one file that fetches nothing and runs nothing. Its policy (CSP) allows the one style sheet that is
 * built in, by its SHA-256. It prints as the PDF looks; who wants to work with it scrolls and searches. */
#include "form.h"

#include <stdio.h>

#include "embedded.h"
#include "escape.h"
#include "secret.h"

extern const mp_embedded mp_paper_assets[];
extern const size_t mp_paper_assets_len;

#define HTML(out, literal) mp_buf_add((out), MP_S(literal))

typedef struct page {
    mp_buf body, contents;
    mp_paper_front front; /* slices of it are of the run: only within begin() */
    mp_arena arena;
    mp_buf *out;
    unsigned headings;
    size_t columns; /* of the table at hand */
    unsigned open;  /* list of contents: its level */
    mp_cell_align *aligns;
    size_t aligns_cap;
    mp_lang lang;
} page;

static const char *const look_class[MP_LOOK_COUNT] = {
    [MP_LOOK_PLAIN] = "",          [MP_LOOK_HEAD] = "head",     [MP_LOOK_TITLE] = "title",
    [MP_LOOK_LABEL] = "label",     [MP_LOOK_NOTE] = "note",     [MP_LOOK_TOTAL] = "total",
    [MP_LOOK_GOOD] = "good",       [MP_LOOK_PARTLY] = "partly", [MP_LOOK_BAD] = "bad",
    [MP_LOOK_UNKNOWN] = "unknown",
};

static mp_code check(const page *p, mp_error *err)
{
    MP_TRY(mp_buf_check(&p->contents, err));
    return mp_buf_check(&p->body, err);
}

static void say(mp_buf *out, const page *p, const char *id)
{
    mp_escape_xml(out, mp_message(p->lang, id));
}

static bool is_safe_link(mp_str link)
{
    return mp_str_starts_fold(link, MP_S("https://")) || mp_str_starts_fold(link, MP_S("http://")) ||
           mp_str_starts_fold(link, MP_S("mailto:"));
}

/* References lead to their rows in the appendix. */
static void add_refs(mp_buf *out, const mp_book_cell *cell)
{
    size_t at = 0;
    for (size_t i = 0; i < cell->ref_count; i++) {
        const mp_cell_ref *ref = &cell->refs[i];
        mp_escape_xml(out, mp_str_of(cell->text.ptr + at, ref->from - at));
        mp_buf_printf(out, "<a href=\"#r%u\">", ref->number);
        mp_escape_xml(out, mp_str_of(cell->text.ptr + ref->from, ref->len));
        HTML(out, "</a>");
        at = ref->from + ref->len;
    }
    mp_escape_xml(out, mp_str_skip(cell->text, at));
}

static void add_value(mp_buf *out, const mp_book_cell *cell)
{
    if (cell->ref_count) {
        add_refs(out, cell);
        return;
    }
    bool link = cell->kind == MP_CELL_LINK && is_safe_link(cell->link);
    if (link) {
        HTML(out, "<a rel=\"noreferrer\" href=\"");
        mp_escape_xml(out, cell->link);
        HTML(out, "\">");
    }
    mp_escape_xml(out, cell->text);
    if (link)
        HTML(out, "</a>");
}

static void add_note(mp_buf *out, unsigned note)
{
    if (note)
        mp_buf_printf(out, " <sup><a href=\"#n%u\">[%u]</a></sup>", note, note);
}

/* ---- events ---- */

static void add_facts(mp_buf *out, const mp_paper_item *items, size_t count, unsigned columns)
{
    mp_buf_printf(out, "<table class=\"facts%s\"><tbody>\n", columns > 1 ? " many" : "");
    for (size_t i = 0; i < count; i++) {
        if (i % columns == 0)
            HTML(out, "<tr>");
        HTML(out, "<th scope=\"row\">");
        mp_escape_xml(out, items[i].label);
        mp_buf_printf(out, "</th><td class=\"%s\">", look_class[items[i].value.look]);
        add_value(out, &items[i].value);
        add_note(out, items[i].note);
        HTML(out, "</td>");
        if (i + 1 == count && (i + 1) % columns)
            mp_buf_printf(out, "<td colspan=\"%u\"></td>", 2 * (columns - (unsigned)((i + 1) % columns)));
        if (i + 1 == count || (i + 1) % columns == 0)
            HTML(out, "</tr>\n");
    }
    HTML(out, "</tbody></table>\n");
}

static void add_boxes(mp_buf *out, const mp_paper_front *front)
{
    if (!front->box_count)
        return;
    HTML(out, "<table class=\"boxes\"><tbody><tr>");
    for (size_t i = 0; i < front->box_count; i++) {
        HTML(out, "<th>");
        mp_escape_xml(out, front->boxes[i]);
        HTML(out, "</th>");
    }
    HTML(out, "</tr><tr>");
    for (size_t i = 0; i < front->box_count; i++)
        HTML(out, "<td></td>");
    HTML(out, "</tr></tbody></table>\n");
}

static void add_cover(page *p, const mp_paper_front *front)
{
    mp_buf *out = p->out;
    HTML(out, "<header class=\"cover\">\n");
    add_boxes(out, front);
    if (front->over.len) {
        HTML(out, "<p class=\"over\">");
        mp_escape_xml(out, front->over);
        HTML(out, "</p>");
    }
    HTML(out, "<h1>");
    mp_escape_xml(out, front->title);
    HTML(out, "</h1>\n");
    if (front->under.len) {
        HTML(out, "<p class=\"under\">");
        mp_escape_xml(out, front->under);
        HTML(out, "</p>");
    }
    if (front->fact_count)
        add_facts(out, front->facts, front->fact_count, 1);
    HTML(out, "<dl class=\"proof\"><dt>");
    say(out, p, "paper.id");
    HTML(out, "</dt><dd>");
    mp_escape_xml(out, front->id);
    HTML(out, "</dd><dt>");
    say(out, p, "paper.madeAt");
    HTML(out, "</dt><dd>");
    mp_paper_time_say(out, front->made_at, front->zone, p->lang);
    HTML(out, "</dd><dt>");
    say(out, p, "paper.digest");
    mp_buf_printf(out, "</dt><dd><code>%s</code></dd></dl>\n</header>\n", front->digest);
}

static mp_code add_style(page *p, mp_str style, mp_error *err)
{
    uint8_t digest[32];
    MP_TRY(mp_sha256(digest, style, err));
    mp_str hash = mp_base64(&p->arena, mp_str_of((const char *)digest, sizeof digest));
    HTML(p->out,
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-");
    mp_buf_add(p->out, hash);
    HTML(p->out, "'; base-uri 'none'; form-action 'none'\">\n<style>");
    mp_buf_add(p->out, style);
    HTML(p->out, "</style>\n");
    return hash.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code begin(void *self, const mp_paper_front *front, mp_error *err)
{
    page *p = self;
    const mp_embedded *style = mp_embedded_find(mp_paper_assets, mp_paper_assets_len, MP_S("paper.css"));
    p->lang = front->lang;
    p->front = *front;
    mp_buf_printf(p->out,
                  "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"generator\" content=\"",
                  mp_lang_name(front->lang));
    mp_escape_xml(p->out, front->producer.len ? front->producer : MP_S("Mapae"));
    HTML(p->out, "\">\n");
    MP_TRY(add_style(p, style ? style->bytes : MP_S(""), err));
    HTML(p->out, "<title>");
    mp_escape_xml(p->out, front->title);
    mp_buf_printf(p->out, "</title>\n</head>\n<body class=\"%s\">\n", front->is_landscape ? "wide" : "tall");
    add_cover(p, front);
    return mp_buf_check(p->out, err);
}

static mp_code heading(void *self, unsigned level, mp_str number, mp_str text, mp_error *err)
{
    page *p = self;
    p->headings++;
    if (level <= 2) {
        mp_buf_printf(&p->contents, "<li class=\"l%u\"><a href=\"#h%u\"><b>", level, p->headings);
        mp_escape_xml(&p->contents, number);
        HTML(&p->contents, "</b> ");
        mp_escape_xml(&p->contents, text);
        HTML(&p->contents, "</a></li>\n");
    }
    mp_buf_printf(&p->body, "<h%u id=\"h%u\"><b>", level + 1, p->headings);
    mp_escape_xml(&p->body, number);
    HTML(&p->body, "</b> ");
    mp_escape_xml(&p->body, text);
    mp_buf_printf(&p->body, "</h%u>\n", level + 1);
    return check(p, err);
}

static mp_code paragraph(void *self, mp_str text, mp_cell_look look, mp_error *err)
{
    page *p = self;
    mp_buf_printf(&p->body, "<p class=\"%s\">", look_class[look]);
    mp_escape_xml(&p->body, text);
    HTML(&p->body, "</p>\n");
    return check(p, err);
}

static mp_code note(void *self, mp_str title, mp_str text, mp_cell_look look, mp_error *err)
{
    page *p = self;
    mp_buf_printf(&p->body, "<aside class=\"%s\">", look_class[look]);
    if (title.len) {
        HTML(&p->body, "<strong>");
        mp_escape_xml(&p->body, title);
        HTML(&p->body, "</strong>");
    }
    HTML(&p->body, "<p>");
    mp_escape_xml(&p->body, text);
    HTML(&p->body, "</p></aside>\n");
    return check(p, err);
}

static mp_code facts(void *self, const mp_paper_item *items, size_t count, unsigned columns, mp_error *err)
{
    page *p = self;
    add_facts(&p->body, items, count, columns);
    return check(p, err);
}

static mp_code figures(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "<dl class=\"figures\">\n");
    for (size_t i = 0; i < count; i++) {
        mp_buf_printf(&p->body, "<div class=\"%s\"><dt>", look_class[items[i].value.look]);
        mp_escape_xml(&p->body, items[i].label);
        HTML(&p->body, "</dt><dd>");
        add_value(&p->body, &items[i].value);
        add_note(&p->body, items[i].note);
        HTML(&p->body, "</dd></div>\n");
    }
    HTML(&p->body, "</dl>\n");
    return check(p, err);
}

static mp_code bars(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "<table class=\"bars\"><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        HTML(&p->body, "<tr><th scope=\"row\">");
        mp_escape_xml(&p->body, items[i].label);
        mp_buf_printf(&p->body,
                      "</th><td><svg class=\"%s\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" "
                      "aria-hidden=\"true\">"
                      "<rect class=\"ground\" width=\"100\" height=\"6\"/>",
                      look_class[items[i].value.look]);
        if (items[i].share >= 0)
            mp_buf_printf(&p->body, "<rect width=\"%.2f\" height=\"6\"/>", items[i].share * 100);
        HTML(&p->body, "</svg></td><td>");
        add_value(&p->body, &items[i].value);
        add_note(&p->body, items[i].note);
        HTML(&p->body, "</td></tr>\n");
    }
    HTML(&p->body, "</tbody></table>\n");
    return check(p, err);
}

static mp_code signatures(void *self, const mp_paper_item *items, size_t count, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "<table class=\"signatures\"><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        HTML(&p->body, "<tr><th scope=\"row\">");
        mp_escape_xml(&p->body, items[i].label);
        HTML(&p->body, "</th><td>");
        add_value(&p->body, &items[i].value);
        HTML(&p->body, "</td></tr>\n");
    }
    HTML(&p->body, "</tbody></table>\n");
    return check(p, err);
}

static const char *const align_class[MP_ALIGN_COUNT] = { "", "c", "r" };

static mp_code keep_aligns(page *p, const mp_paper_table *t, mp_error *err)
{
    if (t->count > p->aligns_cap) {
        p->aligns = MP_ARENA_ARRAY(&p->arena, mp_cell_align, t->count);
        p->aligns_cap = p->aligns ? t->count : 0;
    }
    if (!p->aligns)
        return mp_no_memory(err);
    for (size_t i = 0; i < t->count; i++)
        p->aligns[i] = t->columns[i].align;
    p->columns = t->count;
    return MP_OK;
}

static mp_code table(void *self, const mp_paper_table *t, mp_error *err)
{
    page *p = self;
    double all = 0;
    MP_TRY(keep_aligns(p, t, err));
    for (size_t i = 0; i < t->count; i++)
        all += t->columns[i].width;
    HTML(&p->body, "<div class=\"scroll\"><table class=\"grid\">");
    if (t->name.len) {
        HTML(&p->body, "<caption>");
        mp_escape_xml(&p->body, t->name);
        HTML(&p->body, "</caption>");
    }
    HTML(&p->body, "<colgroup>");
    for (size_t i = 0; i < t->count; i++)
        mp_buf_printf(&p->body, "<col width=\"%.2f%%\">", t->columns[i].width * 100 / all);
    HTML(&p->body, "</colgroup>\n<thead><tr>");
    for (size_t i = 0; i < t->count; i++) {
        HTML(&p->body, "<th scope=\"col\">");
        mp_escape_xml(&p->body, t->columns[i].head);
        HTML(&p->body, "</th>");
    }
    HTML(&p->body, "</tr></thead><tbody>\n");
    return check(p, err);
}

static mp_code group(void *self, mp_str text, mp_error *err)
{
    page *p = self;
    mp_buf_printf(&p->body, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%zu\">", p->columns);
    mp_escape_xml(&p->body, text);
    HTML(&p->body, "</th></tr>\n");
    return check(p, err);
}

static mp_code row(void *self, const mp_book_cell *cells, size_t count, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "<tr>");
    for (size_t i = 0; i < count; i++) {
        const char *look = look_class[cells[i].look],
                   *align = i < p->columns ? align_class[p->aligns[i]] : "";
        HTML(&p->body, "<td");
        if (cells[i].anchor)
            mp_buf_printf(&p->body, " id=\"r%u\"", cells[i].anchor);
        if (look[0] || align[0])
            mp_buf_printf(&p->body, " class=\"%s%s%s\"", look, look[0] && align[0] ? " " : "", align);
        HTML(&p->body, ">");
        add_value(&p->body, &cells[i]);
        HTML(&p->body, "</td>");
    }
    HTML(&p->body, "</tr>\n");
    return check(p, err);
}

static mp_code table_end(void *self, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "</tbody></table></div>\n");
    return check(p, err);
}

static mp_code new_page(void *self, mp_error *err)
{
    page *p = self;
    HTML(&p->body, "<hr>\n");
    return check(p, err);
}

static mp_code end(void *self, mp_error *err)
{
    page *p = self;
    MP_TRY(check(p, err));
    if (p->front.has_contents && p->contents.len) {
        HTML(p->out, "<nav><h2>");
        say(p->out, p, "paper.contents");
        HTML(p->out, "</h2><ol>\n");
        mp_buf_add(p->out, mp_buf_str(&p->contents));
        HTML(p->out, "</ol></nav>\n");
    }
    HTML(p->out, "<main>\n");
    mp_buf_add(p->out, mp_buf_str(&p->body));
    HTML(p->out, "</main>\n</body>\n</html>\n");
    return mp_buf_check(p->out, err);
}

static const mp_paper_sink sink = {
    .begin = begin,
    .heading = heading,
    .paragraph = paragraph,
    .note = note,
    .facts = facts,
    .figures = figures,
    .bars = bars,
    .signatures = signatures,
    .table = table,
    .group = group,
    .row = row,
    .table_end = table_end,
    .page = new_page,
    .end = end,
};

mp_code mp_paper_as_page(mp_buf *out, const mp_paper_job *job, mp_error *err)
{
    size_t limit = job->options->max_bytes ? job->options->max_bytes : MP_PAPER_BYTES;
    mp_buf whole = { .limit = limit };
    page p = { .body = { .limit = limit }, .contents = { .limit = limit }, .out = &whole };
    mp_code code = mp_form_run(job, &sink, &p, err);
    if (code == MP_OK) {
        mp_buf_add(out, mp_buf_str(&whole));
        code = mp_buf_check(out, err);
    }
    mp_buf_free(&whole);
    mp_buf_free(&p.body);
    mp_buf_free(&p.contents);
    mp_arena_free(&p.arena);
    return code;
}
