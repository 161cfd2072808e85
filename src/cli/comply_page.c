/* SPDX-License-Identifier: Apache-2.0 */
/* One HTML file without anything from elsewhere: it can be kept, sent and printed. Whatever comes from
 * documents is text. */
#include "comply.h"
#include "escape.h"

typedef struct page {
    mp_buf *out;
    const mp_json *answer;
    mp_lang lang;
    mp_arena *arena;
} page;

static const char style[] =
    "body{margin:2em auto;max-width:72em;padding:0 1em;font:15px/1.6 'Pretendard','Noto Sans "
    "KR','NanumGothic','Malgun "
    "Gothic',system-ui,sans-serif;color:#1a2330;word-break:keep-all;overflow-wrap:anywhere}"
    "h1{font-size:1.6em;margin:0}h2{margin:1.6em 0 .4em;font-size:1.2em}.score{font-size:1.4em;font-weight:700}"
    "table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #dde2e8;padding:.35em "
    ".5em;text-align:left;"
    "vertical-align:top}th{background:#f0f3f7}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;"
    "white-space:nowrap}"
    ".compliant{color:#22664b}.partial{color:#7d4d00}.nonCompliant{color:#9d1c15}.unknown,.notApplicable{color:"
    "#4a5667}"
    ".s{font-weight:700;white-space:nowrap}details{margin:.2em "
    "0}summary{cursor:pointer}.id{font-size:.85em;color:#5f6b7b}"
    "@media print{details>*{display:block}}";

static void raw(page *p, const char *html) { mp_buf_add_z(p->out, html); }
static void text(page *p, mp_str s) { mp_escape_xml(p->out, s); }
static void message(page *p, const char *id) { text(p, mp_message(p->lang, id)); }

static void cell(page *p, const char *class_, mp_str s)
{
    mp_buf_printf(p->out, "<td%s%s%s>", class_[0] ? " class=\"" : "", class_, class_[0] ? "\"" : "");
    text(p, s);
    raw(p, "</td>");
}

static void number_cell(page *p, const mp_json *object, const char *member)
{
    cell(p, "n", mp_comply_number(object, member, p->arena));
}

/* A state's word in its colour; only a name of ours is a class. */
static void state_cell(page *p, mp_str state)
{
    mp_str word = mp_message_of(p->lang, "comply.state.", state);
    mp_buf_printf(p->out, "<td><span class=\"s %.*s\">", word.len ? (int)state.len : 0, state.ptr);
    text(p, word.len ? word : state);
    raw(p, "</span></td>");
}

typedef struct head {
    const char *id;
    bool is_number;
} head;

static void begin_table(page *p, const char *title, const head *heads, size_t count)
{
    raw(p, "<h2>");
    message(p, title);
    raw(p, "</h2>\n<table><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        raw(p, heads[i].is_number ? "<th class=\"n\" scope=\"col\">" : "<th scope=\"col\">");
        message(p, heads[i].id);
        raw(p, "</th>");
    }
    raw(p, "</tr></thead><tbody>\n");
}

static void end_table(page *p) { raw(p, "</tbody></table>\n"); }

static bool is_list(const mp_json *v) { return mp_json_is(v, MP_JSON_ARRAY) && v->count; }

/* ---- sections ---- */

static void add_head(page *p)
{
    mp_str lines[MP_COMPLY_LINES];
    mp_comply_head(lines, p->answer, p->lang, p->arena);
    raw(p, "<h1>");
    text(p, mp_comply_title(p->answer, p->lang, p->arena));
    raw(p, "</h1><p>");
    text(p, mp_comply_as_of(p->answer, p->lang, p->arena));
    raw(p, "</p>");
    for (size_t i = 0; i < MP_COMPLY_LINES && lines[i].len; i++) {
        raw(p, i ? "<p>" : "<p class=\"score\">");
        text(p, lines[i]);
        raw(p, "</p>\n");
    }
}

static void add_actions(page *p)
{
    static const head heads[] = { { "column.todo", false },
                                  { "column.gain", true },
                                  { "column.then-percent", true } };
    const mp_json *list = mp_json_get(p->answer, MP_S("actions"));
    if (!is_list(list))
        return;
    begin_table(p, "comply.actions", heads, MP_COUNT(heads));
    for (MP_JSON_EACH(action, list)) {
        raw(p, "<tr>");
        cell(p, "", mp_comply_words(action, "text", p->lang));
        number_cell(p, action, "gain");
        number_cell(p, action, "percent");
        raw(p, "</tr>\n");
    }
    end_table(p);
}

static void add_groups(page *p)
{
    static const head heads[] = { { "column.chapter", false }, { "column.points", true },
                                  { "column.most", true },     { "column.compliant", true },
                                  { "column.partial", true },  { "column.non-compliant", true },
                                  { "column.unknown", true },  { "column.not-applicable", true } };
    static const char *const states[] = { "compliant", "partial", "nonCompliant", "unknown", "notApplicable" };
    const mp_json *list = mp_json_get(p->answer, MP_S("groups"));
    if (!is_list(list))
        return;
    begin_table(p, "comply.chapters", heads, MP_COUNT(heads));
    for (MP_JSON_EACH(group, list)) {
        raw(p, "<tr>");
        cell(p, "",
             mp_arena_printf(p->arena, "%.*s %.*s", MP_FMT(mp_comply_text(group, "label")),
                             MP_FMT(mp_comply_words(group, "title", p->lang))));
        number_cell(p, group, "points");
        number_cell(p, group, "most");
        for (size_t i = 0; i < MP_COUNT(states); i++)
            number_cell(p, mp_json_get(group, MP_S("states")), states[i]);
        raw(p, "</tr>\n");
    }
    end_table(p);
}

static void add_part(page *p, const mp_json *part)
{
    mp_str kind = mp_comply_text(part, "kind");
    mp_str kind_word = mp_message_of(p->lang, "comply.kind.", kind);
    const mp_json *ids = mp_json_get(part, MP_S("ids"));
    raw(p, "<li>");
    text(p, kind_word.len ? kind_word : kind);
    raw(p, " ");
    text(p, mp_comply_part(part, p->lang, p->arena));
    raw(p, ": <b>");
    text(p, mp_comply_words(part, "reason", p->lang));
    raw(p, "</b> ");
    text(p, mp_comply_number(part, "points", p->arena));
    raw(p, "/");
    text(p, mp_comply_number(part, "most", p->arena));
    if (is_list(ids))
        for (MP_JSON_EACH(id, ids)) {
            raw(p, " <span class=\"id\">");
            text(p, mp_json_str(id));
            raw(p, "</span>");
        }
    raw(p, "</li>\n");
}

static void add_control(page *p, const mp_json *control)
{
    const mp_json *parts = mp_json_get(control, MP_S("parts"));
    raw(p, "<tr>");
    cell(p, "", mp_comply_text(control, "label"));
    cell(p, "", mp_comply_words(control, "title", p->lang));
    state_cell(p, mp_comply_text(control, "state"));
    number_cell(p, control, "points");
    number_cell(p, control, "most");
    raw(p, "<td>");
    if (is_list(parts)) {
        raw(p, "<details><summary>");
        text(p, mp_comply_why(control, p->lang, p->arena));
        raw(p, "</summary><ul>");
        for (MP_JSON_EACH(part, parts))
            add_part(p, part);
        raw(p, "</ul></details>");
    } else {
        text(p, mp_comply_why(control, p->lang, p->arena));
    }
    raw(p, "</td></tr>\n");
}

static void add_controls(page *p)
{
    static const head heads[] = { { "column.label", false }, { "column.control-title", false },
                                  { "column.state", false }, { "column.points", true },
                                  { "column.most", true },   { "column.why-so", false } };
    const mp_json *list = mp_json_get(p->answer, MP_S("controls"));
    begin_table(p, "comply.controls", heads, MP_COUNT(heads));
    if (is_list(list))
        for (MP_JSON_EACH(control, list))
            add_control(p, control);
    end_table(p);
}

static void add_reuse(page *p)
{
    const mp_json *list = mp_json_get(p->answer, MP_S("reuse"));
    if (!is_list(list))
        return;
    raw(p, "<h2>");
    message(p, "comply.reuse");
    raw(p, "</h2><ul>");
    for (MP_JSON_EACH(one, list)) {
        mp_str title = mp_comply_words(one, "title", p->lang), policy = mp_comply_text(one, "policy");
        raw(p, "<li><b>");
        text(p, title.len ? title : policy);
        raw(p, "</b>");
        raw(p, title.len ? " <span class=\"id\">" : "");
        text(p, title.len ? policy : MP_S(""));
        raw(p, title.len ? "</span>:" : ":");
        for (MP_JSON_EACH(control, mp_json_get(one, MP_S("controls")))) {
            raw(p, " ");
            text(p, mp_comply_text(control, "framework"));
            raw(p, " ");
            text(p, mp_comply_text(control, "label"));
            raw(p, ";");
        }
        raw(p, "</li>\n");
    }
    raw(p, "</ul>");
}

mp_code mp_comply_page(mp_buf *out, const mp_json *answer, mp_lang lang, mp_arena *arena, mp_error *err)
{
    page p = { .out = out, .answer = answer, .lang = lang, .arena = arena };
    mp_buf_printf(out,
                  "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                  "content=\"width=device-width\">",
                  mp_lang_name(lang));
    raw(&p, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
            "'unsafe-inline'\"><title>");
    text(&p, mp_comply_title(answer, lang, arena));
    raw(&p, "</title><style>");
    raw(&p, style);
    raw(&p, "</style></head><body>\n");
    add_head(&p);
    add_actions(&p);
    add_groups(&p);
    add_controls(&p);
    add_reuse(&p);
    raw(&p, "</body></html>\n");
    return mp_buf_check(out, err);
}
