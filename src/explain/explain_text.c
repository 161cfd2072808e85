/* SPDX-License-Identifier: Apache-2.0 */
#include "explain_text.h"

#include <stdio.h>

#include "escape.h"
#include "report.h"
#include "text.h"
#include "trace_text.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RESET "\033[0m"

struct page {
    mp_buf       *out;
    const mp_explained *s;
    mp_trace_view view;
    size_t        label_columns;
    mp_buf        text; /* of the line at hand */
    uint32_t      found; /* related resources */
};

/* ---- lines ---- */

static const char *shade(const struct page *p, const char *color) { return p->view.color ? color : ""; }

static const char *const labels[] = { "explain.policy", "explain.resource", "explain.state",
                                      "explain.effect", "explain.enabled" }; /* the last of disabled ones */

static size_t widest_label(mp_lang lang, bool is_disabled)
{
    size_t widest = 0;
    for (size_t i = 0; i < MP_COUNT(labels) - !is_disabled; i++) {
        size_t width = mp_text_width(mp_message(lang, labels[i]));
        widest = width > widest ? width : widest;
    }
    return widest + 2;
}

/* p->text behind a label; without one below the line before. */
static void put(struct page *p, const char *label)
{
    mp_buf head = MP_BUF_INIT, rest = MP_BUF_INIT;
    mp_str word = label ? mp_message(p->view.lang, label) : MP_S("");
    mp_buf_printf(&head, "%s%.*s%s", label ? shade(p, DIM) : "", MP_FMT(word), label ? shade(p, RESET) : "");
    for (size_t i = mp_text_width(word); i < p->label_columns; i++)
        mp_buf_add_c(&head, ' ');
    mp_buf_printf(&rest, "%*s", (int)p->label_columns, "");
    mp_trace_wrapped(p->out, &p->view, mp_buf_str(&head), mp_buf_str(&rest), p->label_columns,
                     mp_buf_str(&p->text));
    p->out->failed |= head.failed || rest.failed;
    mp_buf_free(&head);
    mp_buf_free(&rest);
    mp_buf_clear(&p->text);
}

static void title(struct page *p, const char *id)
{
    mp_buf_printf(p->out, "\n%s", shade(p, BOLD));
    mp_say(p->out, p->view.lang, id, NULL, 0);
    mp_buf_printf(p->out, "%s\n", shade(p, RESET));
}

static void add_safe(mp_buf *out, mp_str s) { mp_escape_plain(out, s); }

static void say(struct page *p, const char *id, mp_str a, mp_str b)
{
    mp_buf safe[2] = { MP_BUF_INIT, MP_BUF_INIT };
    add_safe(&safe[0], a);
    add_safe(&safe[1], b);
    mp_str args[] = { mp_buf_str(&safe[0]), mp_buf_str(&safe[1]) };
    mp_say(&p->text, p->view.lang, id, args, MP_COUNT(args));
    p->out->failed |= safe[0].failed || safe[1].failed;
    mp_buf_free(&safe[0]);
    mp_buf_free(&safe[1]);
}

static void add_json(mp_buf *out, const mp_json *v)
{
    mp_buf raw = MP_BUF_INIT;
    mp_buf_add_json(&raw, v);
    add_safe(out, mp_buf_str(&raw));
    out->failed |= raw.failed;
    mp_buf_free(&raw);
}

/* ---- what was judged ---- */

/* metadata.localized, as our own policies have it. */
static mp_str localized_name(const mp_definition *d, mp_lang lang)
{
    const mp_json *table = mp_json_get_fold(mp_json_get_fold(d->metadata, MP_S("localized")),
                                            mp_str_from(mp_lang_name(lang)));
    const mp_json *name = mp_json_get_fold(table, MP_S("displayName"));
    return mp_json_is(name, MP_JSON_STRING) ? mp_json_str(name) : d->display_name;
}

static void put_policy(struct page *p)
{
    const mp_check      *check = &p->s->check;
    const mp_definition *d = check->definition;
    mp_str               name = localized_name(d, p->view.lang);
    add_safe(&p->text, name.len ? name : d->name.len ? d->name : d->source.file);
    put(p, "explain.policy");
    if (name.len && d->name.len) {
        add_safe(&p->text, d->name);
        put(p, NULL);
    }
    if (check->initiative) {
        const mp_initiative *i = check->initiative;
        say(p, "explain.reference", check->reference_id, i->display_name.len ? i->display_name : i->name);
        put(p, NULL);
    }
    if (check->assignment) {
        const mp_assignment *a = check->assignment;
        say(p, "explain.assignment", MP_S(""), MP_S(""));
        mp_buf_add_c(&p->text, ' ');
        add_safe(&p->text, a->display_name.len ? a->display_name : a->name);
        put(p, NULL);
    }
    if (!p->s->in_store) {
        add_safe(&p->text, d->source.file);
        mp_buf_add_z(&p->text, ", ");
    }
    say(p, "explain.mode", d->mode_text, MP_S(""));
    put(p, NULL);
}

static void put_resource(struct page *p)
{
    const mp_resource *r = p->s->resource;
    char               line[24];
    mp_str             name = r->full_name.len ? r->full_name : r->name;
    add_safe(&p->text, name.len ? name : MP_S("-"));
    if (r->type.len) {
        mp_buf_add_z(&p->text, "  ");
        add_safe(&p->text, r->type);
    }
    put(p, "explain.resource");
    if (r->id.len) {
        add_safe(&p->text, r->id);
        put(p, NULL);
    }
    if (p->s->origin.line && p->s->origin.file) {
        snprintf(line, sizeof line, "%llu", (unsigned long long)p->s->origin.line);
        say(p, "explain.read", mp_str_from(p->s->origin.file), mp_str_from(line));
        put(p, NULL);
    }
}

/* ---- the verdict ---- */

static const char *state_color(const struct page *p, mp_state state)
{
    if (state == MP_STATE_COMPLIANT)
        return shade(p, GREEN);
    return shade(p, state == MP_STATE_NON_COMPLIANT || state == MP_STATE_ERROR ||
                        state == MP_STATE_CONFLICTING ? RED : YELLOW);
}

static void say_reason(struct page *p, const mp_verdict *v)
{
    if (v->state == MP_STATE_NOT_APPLICABLE) {
        mp_str why = mp_message_of(p->view.lang, "explain.why.", v->detail);
        mp_buf_add(&p->text, why.len ? why : v->detail);
        return;
    }
    mp_scan_record record = { .state = v->state, .reason = v->reason, .detail = v->detail };
    mp_buf         raw = MP_BUF_INIT;
    mp_report_reason(&raw, p->view.lang, &record);
    add_safe(&p->text, mp_buf_str(&raw));
    p->out->failed |= raw.failed;
    mp_buf_free(&raw);
}

static mp_str effect_text(const mp_explained *s, const mp_verdict *v)
{
    return v->effect.len ? v->effect : s->check.effect_text;
}

static void put_state(struct page *p, const char *label, const mp_verdict *v)
{
    mp_str state = mp_message_of(p->view.lang, "report.state.", mp_states[v->state].text);
    mp_buf_printf(&p->text, "%s%.*s%s", state_color(p, v->state), MP_FMT(state), shade(p, RESET));
    if (v != p->s->verdict) {
        mp_buf_add_c(&p->text, ' ');
        say(p, "explain.under", effect_text(p->s, v), MP_S(""));
    }
    mp_trace_view view = p->view;
    p->view.columns = 0; /* the colours in it must not be broken */
    put(p, label);
    p->view = view;
    say_reason(p, v);
    put(p, NULL);
}

static void put_verdict(struct page *p)
{
    const mp_explained *s = p->s;
    put_state(p, "explain.state", s->verdict);
    add_safe(&p->text, effect_text(s, s->verdict));
    put(p, "explain.effect");
    if (s->shown != s->verdict)
        put_state(p, "explain.enabled", s->shown);
}

static void put_parameters(struct page *p)
{
    const mp_bound *bound = &p->s->check.bound;
    if (bound->count)
        title(p, "explain.parameters");
    for (uint32_t i = 0; i < bound->count; i++) {
        const mp_parameter *parameter = &bound->parameters[i];
        mp_buf_add_z(&p->text, "  ");
        add_safe(&p->text, parameter->name);
        mp_buf_add_z(&p->text, " = ");
        if (bound->values[i])
            add_json(&p->text, bound->values[i]);
        else
            say(p, "explain.no-value", MP_S(""), MP_S(""));
        if (bound->values[i] && bound->values[i] == parameter->default_value) {
            mp_buf_add_z(&p->text, "  ");
            say(p, "explain.default", MP_S(""), MP_S(""));
        }
        mp_trace_wrapped(p->out, &p->view, MP_S(""), MP_S("    "), 0, mp_buf_str(&p->text));
        mp_buf_clear(&p->text);
    }
}

/* ---- the rule ---- */

static mp_code put_rule(struct page *p, mp_truth *truth, mp_error *err)
{
    const mp_trace *trace = mp_judge_trace(p->s->judge, 0, truth);
    if (!trace)
        return mp_no_memory(err);
    title(p, "explain.if");
    p->view.of_related = false;
    mp_trace_text(p->out, &p->view, trace);
    return MP_OK;
}

/* ---- related resources ---- */

static const char *const where_ids[] = {
    [MP_RELATED_BELOW] = "explain.related.where.below", [MP_RELATED_ON] = "explain.related.where.on",
    [MP_RELATED_GROUP] = "explain.related.where.group",
    [MP_RELATED_SUBSCRIPTION] = "explain.related.where.subscription",
};

static bool put_related(void *arg, mp_str id, const mp_trace *trace, mp_truth truth)
{
    struct page *p = arg;
    (void)truth;
    p->found++;
    mp_buf_printf(&p->text, "  %u. ", p->found);
    add_safe(&p->text, id.len ? id : MP_S("-"));
    mp_trace_wrapped(p->out, &p->view, MP_S(""), MP_S("     "), 5, mp_buf_str(&p->text));
    mp_buf_clear(&p->text);
    if (trace) {
        mp_trace_text(p->out, &p->view, trace);
    } else {
        mp_buf_add_z(p->out, "     ");
        mp_say(p->out, p->view.lang, "explain.related.any", NULL, 0);
        mp_buf_add_c(p->out, '\n');
    }
    return true;
}

static void put_line(struct page *p)
{
    mp_trace_wrapped(p->out, &p->view, MP_S("  "), MP_S("    "), 2, mp_buf_str(&p->text));
    mp_buf_clear(&p->text);
}

static mp_code put_all_related(struct page *p, mp_truth truth, mp_error *err)
{
    mp_related_query query;
    mp_str           name;
    if (!mp_effects[p->s->effect].needs_related)
        return MP_OK;
    title(p, "explain.related");
    if (truth != MP_TRUE) {
        say(p, "explain.related.not-asked", MP_S(""), MP_S(""));
        put_line(p);
        return MP_OK;
    }
    mp_error inner = { 0 };
    mp_code  code = mp_judge_asked(&query, &name, p->s->judge, 0, &inner);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || !query.type) {
        say(p, "explain.related.unknown", MP_S(""), MP_S(""));
        if (code != MP_OK) {
            mp_buf_add_z(&p->text, ": ");
            mp_say_error(&p->text, p->view.lang, &inner);
        }
        put_line(p);
        return MP_OK;
    }
    say(p, where_ids[query.where], query.type->type, query.group.len ? query.group : MP_S("-"));
    if (name.ptr) {
        mp_buf_add_z(&p->text, ", ");
        say(p, "explain.related.name", name, MP_S(""));
    }
    put_line(p);
    p->view.of_related = true;
    p->view.indent = MP_S("     ");
    MP_TRY(mp_judge_trace_related(p->s->judge, p->s->related, 0, put_related, p, err));
    p->view.indent = MP_S("");
    if (p->found == 0) {
        say(p, "explain.related.none", MP_S(""), MP_S(""));
        put_line(p);
    }
    return MP_OK;
}

/* ---- the effect ---- */

static bool has_effect(const mp_verdict *v)
{
    return v->state == MP_STATE_NON_COMPLIANT || v->state == MP_STATE_PROTECTED ||
           v->state == MP_STATE_CONFLICTING;
}

/* What the effect would do; *out is NULL when it does nothing more than to be told. */
static mp_code details_of(const mp_json **out, const mp_explained *s, mp_error *err)
{
    *out = NULL;
    if (!has_effect(s->shown))
        return MP_OK;
    MP_TRY(mp_judge_details(out, s->judge, 0, err));
    if (!(*out)->count)
        *out = NULL;
    return MP_OK;
}

static mp_code put_details(struct page *p, mp_error *err)
{
    const mp_json *details;
    MP_TRY(details_of(&details, p->s, err));
    if (!details)
        return MP_OK;
    title(p, "explain.details");
    mp_buf pretty = MP_BUF_INIT;
    mp_buf_add_json_pretty(&pretty, details, 0);
    for (mp_str rest = mp_buf_str(&pretty); rest.len;) {
        size_t end = mp_str_find(rest, '\n');
        mp_str line = mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end);
        mp_buf_add_z(p->out, "  ");
        add_safe(p->out, line);
        mp_buf_add_c(p->out, '\n');
        rest = mp_str_skip(rest, line.len + 1);
    }
    p->out->failed |= pretty.failed;
    mp_buf_free(&pretty);
    return MP_OK;
}

mp_code mp_explain_text(mp_buf *out, mp_lang lang, bool color, unsigned columns, const mp_explained *s, mp_error *err)
{
    mp_truth    truth;
    struct page p = { .out = out, .s = s, .text = MP_BUF_INIT,
                      .label_columns = widest_label(lang, s->shown != s->verdict),
                      .view = { .lang = lang, .color = color, .columns = columns, .judge = s->judge,
                                .definition = s->check.definition, .no_lines = s->in_store } };
    put_policy(&p);
    put_resource(&p);
    put_verdict(&p);
    put_parameters(&p);
    mp_code code = put_rule(&p, &truth, err);
    if (code == MP_OK)
        code = put_all_related(&p, truth, err);
    if (code == MP_OK)
        code = put_details(&p, err);
    out->failed |= p.text.failed;
    mp_buf_free(&p.text);
    return code;
}

/* ---- JSON ---- */

static void member(mp_buf *out, const char *before, mp_str s)
{
    if (!s.ptr)
        return;
    mp_buf_add_z(out, before);
    mp_buf_add_json_str(out, s);
}

static void json_verdict(mp_buf *out, const mp_explained *s, const mp_verdict *v)
{
    bool applies = v->state != MP_STATE_NOT_APPLICABLE;
    mp_buf_printf(out, "\"applies\":%s", applies ? "true" : "false");
    member(out, ",\"state\":", mp_states[v->state].text);
    member(out, ",\"reason\":", mp_reasons[v->reason]);
    if (v->detail.len)
        member(out, ",\"detail\":", v->detail);
    member(out, ",\"effect\":", effect_text(s, v));
}

static void json_head(mp_buf *out, const mp_explained *s)
{
    const mp_check      *check = &s->check;
    const mp_definition *d = check->definition;
    const mp_resource   *r = s->resource;
    member(out, "{\"policy\":{\"name\":", d->name);
    member(out, ",\"id\":", d->id);
    member(out, ",\"displayName\":", d->display_name);
    if (!s->in_store)
        member(out, ",\"file\":", d->source.file);
    member(out, ",\"mode\":", d->mode_text);
    if (check->initiative) {
        member(out, ",\"initiative\":", check->initiative->id.len ? check->initiative->id : check->initiative->name);
        member(out, ",\"referenceId\":", check->reference_id);
    }
    if (check->assignment)
        member(out, ",\"assignment\":", check->assignment->id.len ? check->assignment->id : check->assignment->name);
    member(out, "},\"resource\":{\"id\":", r->id.ptr ? r->id : MP_S(""));
    member(out, ",\"type\":", r->type);
    member(out, ",\"name\":", r->full_name.ptr ? r->full_name : r->name);
    member(out, ",\"location\":", r->location);
    member(out, ",\"file\":", mp_str_from(s->origin.file));
    if (s->origin.line)
        mp_buf_printf(out, ",\"line\":%llu", (unsigned long long)s->origin.line);
    mp_buf_add_z(out, "},\"parameters\":{");
    for (uint32_t i = 0; i < check->bound.count; i++) {
        member(out, i ? "," : "", check->bound.parameters[i].name);
        mp_buf_add_c(out, ':');
        if (check->bound.values[i])
            mp_buf_add_json(out, check->bound.values[i]);
        else
            mp_buf_add_z(out, "null");
    }
    mp_buf_add_z(out, "},");
    json_verdict(out, s, s->verdict);
    if (s->shown == s->verdict)
        return;
    mp_buf_add_z(out, ",\"ifEnabled\":{");
    json_verdict(out, s, s->shown);
    mp_buf_add_c(out, '}');
}

struct json_related {
    mp_buf             *out;
    const mp_trace_view *view;
    bool                any;
};

static bool json_one_related(void *arg, mp_str id, const mp_trace *trace, mp_truth truth)
{
    struct json_related *j = arg;
    static const char *const names[] = { [MP_FALSE] = "false", [MP_TRUE] = "true", [MP_FAILED] = "error" };
    member(j->out, j->any ? ",{\"id\":" : "{\"id\":", id);
    mp_buf_printf(j->out, ",\"outcome\":\"%s\"", names[truth]);
    if (trace) {
        mp_buf_add_z(j->out, ",\"existenceCondition\":");
        mp_trace_json(j->out, j->view, trace);
    }
    mp_buf_add_c(j->out, '}');
    j->any = true;
    return true;
}

static mp_code json_related(mp_buf *out, const mp_explained *s, mp_trace_view *view, mp_error *err)
{
    static const char *const wheres[] = {
        [MP_RELATED_BELOW] = "below", [MP_RELATED_ON] = "on", [MP_RELATED_GROUP] = "resourceGroup",
        [MP_RELATED_SUBSCRIPTION] = "subscription",
    };
    mp_related_query query;
    mp_str           name;
    mp_code          code = mp_judge_asked(&query, &name, s->judge, 0, err);
    if (code == MP_EVALUATION || (code == MP_OK && !query.type))
        return MP_OK; /* the verdict says so */
    MP_TRY(code);
    member(out, ",\"related\":{\"type\":", query.type->type);
    mp_buf_printf(out, ",\"where\":\"%s\"", wheres[query.where]);
    member(out, ",\"name\":", name);
    if (query.where == MP_RELATED_GROUP)
        member(out, ",\"resourceGroup\":", query.group);
    mp_buf_add_z(out, ",\"found\":[");
    view->of_related = true;
    struct json_related j = { out, view, false };
    MP_TRY(mp_judge_trace_related(s->judge, s->related, 0, json_one_related, &j, err));
    mp_buf_add_z(out, "]}");
    return MP_OK;
}

mp_code mp_explain_json_line(mp_buf *out, const mp_explained *s, mp_error *err)
{
    mp_trace_view   view = { .judge = s->judge, .definition = s->check.definition, .no_lines = s->in_store };
    mp_truth        truth;
    const mp_trace *trace = mp_judge_trace(s->judge, 0, &truth);
    const mp_json  *details;
    if (!trace)
        return mp_no_memory(err);
    json_head(out, s);
    mp_buf_add_z(out, ",\"if\":");
    mp_trace_json(out, &view, trace);
    if (truth == MP_TRUE && mp_effects[s->effect].needs_related)
        MP_TRY(json_related(out, s, &view, err));
    MP_TRY(details_of(&details, s, err));
    if (details) {
        mp_buf_add_z(out, ",\"details\":");
        mp_buf_add_json(out, details);
    }
    mp_buf_add_c(out, '}');
    return mp_buf_check(out, err);
}

/* Written on one line, then read and set in lines. */
mp_code mp_explain_json(mp_buf *out, const mp_explained *s, mp_error *err)
{
    mp_buf          line = MP_BUF_INIT;
    mp_json_doc    *doc = NULL;
    const mp_json  *root;
    mp_json_options deep = { .max_depth = MP_EXPLAIN_DEPTH };
    mp_code         code = mp_explain_json_line(&line, s, err);
    if (code == MP_OK)
        code = mp_json_doc_new(&doc, err);
    if (code == MP_OK)
        code = mp_json_read(doc, &root, mp_buf_str(&line), &deep, NULL, err);
    if (code == MP_OK) {
        mp_buf_add_json_pretty(out, root, 0);
        mp_buf_add_c(out, '\n');
    }
    mp_json_doc_free(doc);
    mp_buf_free(&line);
    return code;
}
