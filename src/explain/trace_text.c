/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of the trace and the tree of the policy's conditions go side by side: what was not reached is in
 * the trace without what is below it, and is printed from the conditions. */
#include "trace_text.h"

#include <stdio.h>

#include "definition.h"
#include "escape.h"
#include "text.h"

#define LEAST_TEXT 24 /* columns; where fewer are left, lines are not broken */

#define RESET "\033[0m"
#define DIM "\033[2m"

struct tree {
    mp_buf              *out;
    const mp_trace_view *view;
    mp_buf               prefix; /* the lines of the branches around */
    mp_buf               text;   /* of the line at hand */
    mp_arena             arena;
    size_t               word_columns; /* of the widest of true, false and failed */
    /* Elements that the tree is within: paths below `raw` are shown with the element's number. */
    struct within {
        mp_str raw, shown;
    } within[MP_TREE_SCOPES];
    unsigned depth;
};

/* ---- words ---- */

static const char *const outcome_ids[] = {
    [MP_TRACE_FALSE] = "trace.false", [MP_TRACE_TRUE] = "trace.true", [MP_TRACE_FAILED] = "trace.failed",
    [MP_TRACE_SKIPPED] = "trace.skipped",
};
static const char *const outcome_marks[] = {
    [MP_TRACE_FALSE] = "✗", [MP_TRACE_TRUE] = "✓", [MP_TRACE_FAILED] = "!", [MP_TRACE_SKIPPED] = "·",
};
/* Neither green nor red: that a condition holds is neither good nor bad. */
static const char *const outcome_colors[] = {
    [MP_TRACE_FALSE] = "\033[33m", [MP_TRACE_TRUE] = "\033[36m", [MP_TRACE_FAILED] = "\033[31m",
    [MP_TRACE_SKIPPED] = DIM,
};

/* ---- lines ---- */

static size_t character_len(mp_str s)
{
    size_t len = 1;
    while (len < s.len && ((unsigned char)s.ptr[len] & 0xC0) == 0x80)
        len++;
    return len;
}

/* Bytes of `s` that fit. Broken behind a blank, else within a path or a list, if that is in the second half. */
static size_t fitting(mp_str s, size_t columns)
{
    size_t len = 0, taken = 0, blank = 0, soft = 0;
    while (len < s.len) {
        size_t next = character_len(mp_str_skip(s, len));
        taken += mp_text_width(mp_str_of(s.ptr + len, next));
        if (taken > columns)
            return blank > len / 2 ? blank : soft > len / 2 ? soft : len ? len : next;
        len += next;
        if (s.ptr[len - 1] == ' ')
            blank = len;
        else if (s.ptr[len - 1] == ',' || s.ptr[len - 1] == '/' || s.ptr[len - 1] == '.')
            soft = len;
    }
    return len;
}

static void wrap(mp_buf *out, const mp_trace_view *view, mp_str head, mp_str rest, size_t columns, mp_str text,
                 const char *color)
{
    bool   breaks = view->columns >= columns + LEAST_TEXT;
    size_t room = breaks ? view->columns - columns : SIZE_MAX;
    do {
        mp_str part = mp_str_of(text.ptr, breaks ? fitting(text, room) : text.len);
        mp_buf_add(out, head);
        mp_buf_printf(out, "%s%.*s%s\n", color, MP_FMT(part), *color ? RESET : "");
        text = mp_str_skip(text, part.len);
        head = rest;
    } while (text.len);
}

void mp_trace_wrapped(mp_buf *out, const mp_trace_view *view, mp_str head, mp_str rest, size_t columns,
                      mp_str text)
{
    wrap(out, view, head, rest, columns, text, "");
}

static const char *dim(const struct tree *t) { return t->view->color ? DIM : ""; }
static const char *reset(const struct tree *t) { return t->view->color ? RESET : ""; }

static void add_prefix(mp_buf *out, const struct tree *t, const char *connector)
{
    mp_buf_add(out, t->view->indent);
    if (t->prefix.len || *connector)
        mp_buf_printf(out, "%s%.*s%s%s", dim(t), MP_FMT(mp_buf_str(&t->prefix)), connector, reset(t));
}

static size_t prefix_columns(const struct tree *t, const char *connector)
{
    return mp_text_width(t->view->indent) + mp_text_width(mp_buf_str(&t->prefix)) +
           mp_text_width(mp_str_from(connector));
}

/* Where a node stands among its siblings: what leads to it, and what goes on below it. */
struct branch {
    const char *to, *below;
};
static const struct branch root = { "", "" }, middle = { "├─ ", "│  " }, last = { "└─ ", "   " };

static void pad(mp_buf *b, size_t columns)
{
    while (columns--)
        mp_buf_add_c(b, ' ');
}

/* A mark, a word, and t->text. */
static void put_outcome(struct tree *t, const struct branch *b, unsigned outcome, mp_str word)
{
    const char *color = t->view->color ? outcome_colors[outcome] : "";
    size_t      width = mp_text_width(word), wide = width > t->word_columns ? width : t->word_columns;
    mp_buf      head = MP_BUF_INIT, rest = MP_BUF_INIT;
    add_prefix(&head, t, b->to);
    mp_buf_printf(&head, "%s%s %.*s%s", color, outcome_marks[outcome], MP_FMT(word), reset(t));
    pad(&head, wide - width + 2);
    add_prefix(&rest, t, b->below);
    pad(&rest, wide + 4);
    wrap(t->out, t->view, mp_buf_str(&head), mp_buf_str(&rest), prefix_columns(t, b->to) + wide + 4,
         mp_buf_str(&t->text), outcome == MP_TRACE_SKIPPED ? dim(t) : "");
    t->out->failed |= head.failed || rest.failed;
    mp_buf_free(&head);
    mp_buf_free(&rest);
    mp_buf_clear(&t->text);
}

/* t->text below a node, where its text stands. */
static void put_below(struct tree *t, const struct branch *b, bool has_kids)
{
    const char *more = has_kids ? "│" : " ";
    mp_buf      head = MP_BUF_INIT;
    size_t      indent = t->word_columns + 4 - (b == &root && !has_kids ? 0 : 1);
    add_prefix(&head, t, b->below);
    if (b == &root && !has_kids) {
        pad(&head, indent);
    } else {
        mp_buf_printf(&head, "%s%s%s", dim(t), more, reset(t));
        pad(&head, indent);
    }
    mp_trace_wrapped(t->out, t->view, mp_buf_str(&head), mp_buf_str(&head),
                     prefix_columns(t, b->below) + t->word_columns + 4, mp_buf_str(&t->text));
    t->out->failed |= head.failed;
    mp_buf_free(&head);
    mp_buf_clear(&t->text);
}

static mp_str word_of(const struct tree *t, unsigned outcome)
{
    return mp_message(t->view->lang, outcome_ids[outcome]);
}

static mp_str json_text(struct tree *t, const mp_json *v)
{
    mp_buf raw = MP_BUF_INIT, safe = MP_BUF_INIT;
    mp_buf_add_json(&raw, v);
    mp_escape_plain(&safe, mp_buf_str(&raw));
    mp_str text = mp_arena_dup(&t->arena, mp_buf_str(&safe));
    t->out->failed |= raw.failed || safe.failed || !text.ptr;
    mp_buf_free(&raw);
    mp_buf_free(&safe);
    return text.ptr ? text : MP_S("");
}

static void say(struct tree *t, const char *id, mp_str a, mp_str b)
{
    mp_str args[] = { a, b };
    mp_say(&t->text, t->view->lang, id, args, MP_COUNT(args));
}

/* ---- conditions ---- */

static const mp_condition *condition_at(const struct tree *t, uint32_t origin)
{
    const mp_definition *d = t->view->definition;
    return origin && origin <= d->origin_count ? d->origins[origin - 1] : NULL;
}

static mp_str safe_subject(struct tree *t, const mp_condition *c)
{
    mp_str subject = mp_condition_subject(c, &t->arena);
    mp_buf safe = MP_BUF_INIT;
    mp_escape_plain(&safe, subject);
    mp_str text = mp_arena_dup(&t->arena, mp_buf_str(&safe));
    t->out->failed |= !subject.ptr || !text.ptr || safe.failed;
    mp_buf_free(&safe);
    return text.ptr ? text : MP_S("");
}

mp_str mp_trace_condition(const mp_condition *c, mp_arena *arena)
{
    if (c->kind != MP_CONDITION_TEST)
        return c->kind == MP_CONDITION_ALL ? MP_S("allOf")
                                           : c->kind == MP_CONDITION_ANY ? MP_S("anyOf") : MP_S("not");
    mp_buf text = MP_BUF_INIT, safe = MP_BUF_INIT;
    mp_buf_add(&text, mp_condition_subject(c, arena));
    mp_buf_printf(&text, " %.*s ", MP_FMT(mp_operators[c->op].text));
    mp_buf_add_json(&text, c->right->node);
    mp_escape_plain(&safe, mp_buf_str(&text));
    mp_str whole = text.failed || safe.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&safe));
    mp_buf_free(&text);
    mp_buf_free(&safe);
    return whole.ptr ? whole : MP_S("");
}

uint32_t mp_trace_line(const mp_definition *d, const mp_condition *c)
{
    return mp_source_locate(&d->source, c->node).line;
}

/* Where the condition's field stands, the numbers of the elements around put in. */
static mp_str shown_path(struct tree *t, const mp_condition *c)
{
    mp_str raw = mp_judge_path(t->view->judge, 0, c, t->view->of_related), path = raw;
    for (unsigned i = t->depth; i-- > 0;) {
        const struct within *w = &t->within[i];
        if (!mp_str_starts(raw, w->raw))
            continue;
        mp_str below = mp_str_skip(raw, w->raw.len);
        path = mp_arena_printf(&t->arena, "%.*s%.*s", MP_FMT(w->shown), MP_FMT(below));
        break;
    }
    mp_buf safe = MP_BUF_INIT;
    mp_escape_plain(&safe, path.ptr ? path : MP_S(""));
    path = mp_arena_dup(&t->arena, mp_buf_str(&safe));
    t->out->failed |= !path.ptr;
    mp_buf_free(&safe);
    return path.ptr ? path : MP_S("");
}

/* "field equals wanted"; an expression is followed by what it gives. */
static void write_test(struct tree *t, const mp_condition *c, const mp_json *wanted)
{
    mp_buf_add(&t->text, safe_subject(t, c));
    mp_buf_printf(&t->text, " %.*s ", MP_FMT(mp_operators[c->op].text));
    if (c->right->kind != MP_TEMPLATE_CONST) {
        mp_buf_add(&t->text, json_text(t, c->right->node));
        if (!wanted)
            return;
        mp_buf_add(&t->text, MP_S(" = "));
    } else if (!wanted) {
        wanted = c->right->value;
    }
    mp_buf_add(&t->text, json_text(t, wanted));
}

static void write_line_number(struct tree *t, const mp_condition *c)
{
    uint32_t line = t->view->no_lines ? 0 : mp_trace_line(t->view->definition, c);
    char     number[12];
    if (line == 0)
        return;
    snprintf(number, sizeof number, "%u", line);
    mp_buf_add(&t->text, MP_S("  "));
    say(t, "trace.line", mp_str_from(number), MP_S(""));
}

/* ---- what was not reached ---- */

static void push(struct tree *t, const struct branch *b) { mp_buf_add_z(&t->prefix, b->below); }
static void pop(struct tree *t, size_t len) { t->prefix.len = len; }

static void print_unreached(struct tree *t, const struct branch *b, const mp_condition *c,
                            const mp_json *wanted)
{
    if (c->kind == MP_CONDITION_TEST)
        write_test(t, c, wanted);
    else
        mp_buf_add(&t->text, mp_trace_condition(c, &t->arena));
    write_line_number(t, c);
    put_outcome(t, b, MP_TRACE_SKIPPED, word_of(t, MP_TRACE_SKIPPED));
    size_t len = t->prefix.len;
    push(t, b);
    for (uint32_t i = 0; i < c->count; i++)
        print_unreached(t, i + 1 == c->count ? &last : &middle, c->kids[i], NULL);
    if (c->kind == MP_CONDITION_TEST && c->left_kind == MP_LEFT_COUNT && c->counted->where)
        print_unreached(t, &last, c->counted->where, NULL);
    pop(t, len);
}

/* ---- what was ---- */

static void print(struct tree *t, const struct branch *b, const mp_trace *trace);

/* Of the members of a group those that made its outcome, or all. */
static bool is_shown(const struct tree *t, const mp_trace *group, const mp_trace *kid)
{
    if (!t->view->only_deciding)
        return true;
    bool by_one = (group->kind == MP_TRACE_ALL && group->outcome != MP_TRACE_TRUE) ||
                  (group->kind == MP_TRACE_ANY && group->outcome != MP_TRACE_FALSE) ||
                  kid->kind == MP_TRACE_VALUE;
    return kid->outcome != MP_TRACE_SKIPPED && (!by_one || kid->outcome == group->outcome);
}

static const mp_trace *next_shown(const struct tree *t, const mp_trace *group, const mp_trace *kid)
{
    while (kid && !is_shown(t, group, kid))
        kid = kid->next;
    return kid;
}

static void print_kids(struct tree *t, const struct branch *b, const mp_trace *trace)
{
    size_t len = t->prefix.len;
    push(t, b);
    for (const mp_trace *kid = next_shown(t, trace, trace->first), *next; kid; kid = next) {
        next = next_shown(t, trace, kid->next);
        print(t, next ? &middle : &last, kid);
    }
    pop(t, len);
}

static void print_group(struct tree *t, const struct branch *b, const mp_trace *trace, const mp_condition *c)
{
    static const char *const names[] = { [MP_TRACE_ALL] = "allOf", [MP_TRACE_ANY] = "anyOf",
                                         [MP_TRACE_NOT] = "not" };
    mp_buf_add_z(&t->text, names[trace->kind]);
    if (c && c->count == 0)
        say(t, "trace.empty", MP_S(""), MP_S(""));
    put_outcome(t, b, trace->outcome, word_of(t, trace->outcome));
    print_kids(t, b, trace);
}

/* The paths of an element's members get its number, when it is clear which [*] that is. */
static bool enter_element(struct tree *t, const mp_condition *c, uint64_t index)
{
    if (t->depth == MP_TREE_SCOPES || c->left_kind != MP_LEFT_COUNT || !c->counted->field)
        return false;
    mp_str raw = mp_judge_path(t->view->judge, 0, c, t->view->of_related), shown = shown_path(t, c);
    size_t each = mp_str_find_str(shown, MP_S("[*]"));
    if (each == SIZE_MAX || each + 3 != shown.len)
        return false;
    shown = mp_arena_printf(&t->arena, "%.*s[%llu]", (int)each, shown.ptr, (unsigned long long)index);
    t->within[t->depth++] = (struct within){ raw, shown };
    return true;
}

/* The elements that a count went through. `where` false: it counts them all. */
static void print_elements(struct tree *t, const struct branch *b, const mp_trace *count,
                           const mp_condition *c)
{
    size_t len = t->prefix.len;
    push(t, b);
    for (const mp_trace *e = count->first; e; e = e->next) {
        const struct branch *at = e->next ? &middle : &last;
        const char *id = e->outcome == MP_TRACE_TRUE    ? "trace.counts"
                         : e->outcome == MP_TRACE_FALSE ? "trace.counts.not"
                                                        : "trace.failed";
        mp_buf_printf(&t->text, "[%llu] ", (unsigned long long)e->index);
        if (e->actual)
            mp_buf_add(&t->text, json_text(t, e->actual));
        put_outcome(t, at, e->outcome, mp_message(t->view->lang, id));
        bool is_within = enter_element(t, c, e->index);
        print_kids(t, at, e);
        t->depth -= is_within;
    }
    pop(t, len);
}

static uint64_t kids_of(const mp_trace *trace)
{
    uint64_t n = 0;
    for (const mp_trace *kid = trace->first; kid; kid = kid->next)
        n++;
    return n;
}

static void write_found(struct tree *t, const mp_trace *trace, const mp_condition *c)
{
    mp_str path = shown_path(t, c);
    bool   has_path = path.len && !mp_str_eq(path, safe_subject(t, c));
    if (trace->kind == MP_TRACE_TEST && trace->first && trace->first->kind == MP_TRACE_COUNT) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)kids_of(trace->first));
        mp_str found = trace->actual ? json_text(t, trace->actual) : MP_S("?");
        say(t, "trace.found.of", found, mp_str_from(number));
        if (path.len) {
            mp_buf_add(&t->text, MP_S("  "));
            mp_buf_add(&t->text, path);
        }
    } else if (trace->actual) {
        say(t, has_path ? "trace.found.at" : "trace.found", json_text(t, trace->actual), path);
    } else {
        say(t, has_path ? "trace.absent.at" : "trace.absent", path, MP_S(""));
    }
}

static bool has_values(const mp_trace *trace)
{
    return trace->first && trace->first->kind == MP_TRACE_VALUE;
}

/* An alias with [*] that selected nothing, and one that this type does not have. */
static bool write_nothing_selected(struct tree *t, const mp_trace *trace, const mp_condition *c)
{
    bool is_array = c->left_kind == MP_LEFT_FIELD && !trace->first && !trace->actual &&
                    mp_str_find_str(safe_subject(t, c), MP_S("[*]")) != SIZE_MAX;
    if (!is_array || trace->outcome != MP_TRACE_TRUE)
        return false;
    say(t, trace->kind == MP_TRACE_BOOL ? "trace.array.none" : "trace.array.empty", shown_path(t, c), MP_S(""));
    return true;
}

/* Why a condition failed: a sentence of ours, with the document's words in it. */
static void add_failure(struct tree *t, mp_str message)
{
    mp_buf said = MP_BUF_INIT;
    mp_say_sentence(&said, t->view->lang, message);
    mp_escape_plain(&t->text, mp_buf_str(&said));
    t->text.failed |= said.failed;
    mp_buf_free(&said);
}

static void print_test(struct tree *t, const struct branch *b, const mp_trace *trace, const mp_condition *c)
{
    const mp_trace *count = trace->first && trace->first->kind == MP_TRACE_COUNT ? trace->first : NULL;
    bool has_kids = count ? count->first != NULL : trace->first != NULL;
    write_test(t, c, trace->wanted);
    write_line_number(t, c);
    put_outcome(t, b, trace->outcome, word_of(t, trace->outcome));
    if (!write_nothing_selected(t, trace, c) && trace->kind == MP_TRACE_TEST && !has_values(trace) &&
        (trace->outcome != MP_TRACE_FAILED || trace->actual))
        write_found(t, trace, c);
    else if (has_values(trace))
        say(t, "trace.each", shown_path(t, c), MP_S(""));
    if (t->text.len)
        put_below(t, b, has_kids);
    if (trace->message.len) {
        add_failure(t, trace->message);
        put_below(t, b, has_kids);
    }
    if (count)
        print_elements(t, b, count, c);
    else
        print_kids(t, b, trace);
}

static void print_value(struct tree *t, const struct branch *b, const mp_trace *trace)
{
    mp_buf_printf(&t->text, "[%llu] ", (unsigned long long)trace->index);
    if (trace->actual)
        mp_buf_add(&t->text, json_text(t, trace->actual));
    else
        say(t, "trace.absent", MP_S(""), MP_S(""));
    put_outcome(t, b, trace->outcome, word_of(t, trace->outcome));
    if (trace->message.len) {
        add_failure(t, trace->message);
        put_below(t, b, false);
    }
}

static void print(struct tree *t, const struct branch *b, const mp_trace *trace)
{
    const mp_condition *c = condition_at(t, trace->origin);
    if (trace->kind == MP_TRACE_VALUE)
        print_value(t, b, trace);
    else if (trace->outcome == MP_TRACE_SKIPPED && c)
        print_unreached(t, b, c, trace->wanted);
    else if (c && c->kind == MP_CONDITION_TEST)
        print_test(t, b, trace, c);
    else if (trace->kind == MP_TRACE_ALL || trace->kind == MP_TRACE_ANY || trace->kind == MP_TRACE_NOT)
        print_group(t, b, trace, c);
    else { /* a failure of a group itself */
        add_failure(t, trace->message);
        put_outcome(t, b, trace->outcome, word_of(t, trace->outcome));
    }
}

static size_t widest_word(mp_lang lang)
{
    size_t widest = 0;
    for (size_t i = 0; i < MP_TRACE_SKIPPED; i++) {
        size_t width = mp_text_width(mp_message(lang, outcome_ids[i]));
        widest = width > widest ? width : widest;
    }
    return widest;
}

void mp_trace_text(mp_buf *out, const mp_trace_view *view, const mp_trace *trace)
{
    struct tree t = { .out = out, .view = view, .prefix = MP_BUF_INIT, .text = MP_BUF_INIT,
                      .arena = MP_ARENA_INIT, .word_columns = widest_word(view->lang) };
    print(&t, &root, trace);
    out->failed |= t.prefix.failed || t.text.failed;
    mp_buf_free(&t.prefix);
    mp_buf_free(&t.text);
    mp_arena_free(&t.arena);
}

/* ---- JSON ---- */

static void json_key(mp_buf *out, const char *key) { mp_buf_printf(out, ",\"%s\":", key); }

static void json_str(mp_buf *out, const char *key, mp_str s)
{
    json_key(out, key);
    mp_buf_add_json_str(out, s);
}

static void json_value(mp_buf *out, const char *key, const mp_json *v)
{
    if (!v)
        return;
    json_key(out, key);
    mp_buf_add_json(out, v);
}

static const char *const kind_names[] = {
    [MP_TRACE_BOOL] = "test",   [MP_TRACE_ALL] = "allOf",       [MP_TRACE_ANY] = "anyOf",
    [MP_TRACE_NOT] = "not",     [MP_TRACE_TEST] = "test",       [MP_TRACE_COUNT] = "count",
    [MP_TRACE_ELEMENT] = "element", [MP_TRACE_VALUE] = "value", [MP_TRACE_FAIL] = "test",
};
static const char *const json_outcomes[] = {
    [MP_TRACE_FALSE] = "false", [MP_TRACE_TRUE] = "true", [MP_TRACE_FAILED] = "error",
    [MP_TRACE_SKIPPED] = "notReached",
};

static void json_place(mp_buf *out, const mp_trace_view *view, const mp_condition *c, mp_arena *arena)
{
    const mp_definition *d = view->definition;
    json_str(out, "pointer", mp_definition_pointer(d, c->node, arena));
    uint32_t line = view->no_lines ? 0 : mp_trace_line(d, c);
    if (line)
        mp_buf_printf(out, ",\"line\":%u", line);
    if (c->kind != MP_CONDITION_TEST)
        return;
    static const char *const lefts[] = { [MP_LEFT_FIELD] = "field", [MP_LEFT_VALUE] = "value",
                                         [MP_LEFT_COUNT] = "count" };
    const mp_template *left = c->left_kind != MP_LEFT_COUNT ? c->left
                              : c->counted->field           ? c->counted->field
                                                            : c->counted->value;
    json_value(out, lefts[c->left_kind], left->node);
    mp_str path = mp_judge_path(view->judge, 0, c, view->of_related);
    if (path.len)
        json_str(out, "path", path);
    json_str(out, "operator", mp_operators[c->op].text);
    if (c->right->kind != MP_TEMPLATE_CONST)
        json_value(out, "wantedExpression", c->right->node);
}

/* What was not reached, with all that is below it. */
static void json_unreached(mp_buf *out, const mp_trace_view *view, const mp_condition *c, mp_arena *arena)
{
    static const char *const names[] = { [MP_CONDITION_ALL] = "allOf", [MP_CONDITION_ANY] = "anyOf",
                                         [MP_CONDITION_NOT] = "not", [MP_CONDITION_TEST] = "test" };
    bool has_where = c->kind == MP_CONDITION_TEST && c->left_kind == MP_LEFT_COUNT && c->counted->where;
    mp_buf_printf(out, "{\"kind\":\"%s\",\"outcome\":\"notReached\"", names[c->kind]);
    json_place(out, view, c, arena);
    if (c->kind == MP_CONDITION_TEST && c->right->kind == MP_TEMPLATE_CONST)
        json_value(out, "wanted", c->right->value);
    if (c->count || has_where)
        mp_buf_add_z(out, ",\"steps\":[");
    for (uint32_t i = 0; i < c->count; i++) {
        if (i)
            mp_buf_add_c(out, ',');
        json_unreached(out, view, c->kids[i], arena);
    }
    if (has_where)
        json_unreached(out, view, c->counted->where, arena);
    mp_buf_add_z(out, c->count || has_where ? "]}" : "}");
}

static void json_trace(mp_buf *out, const mp_trace_view *view, const mp_trace *t, mp_arena *arena)
{
    const mp_definition *d = view->definition;
    const mp_condition  *c = t->origin && t->origin <= d->origin_count ? d->origins[t->origin - 1] : NULL;
    bool is_part = t->kind == MP_TRACE_COUNT || t->kind == MP_TRACE_ELEMENT || t->kind == MP_TRACE_VALUE;
    if (t->outcome == MP_TRACE_SKIPPED && c && !is_part) {
        json_unreached(out, view, c, arena);
        return;
    }
    mp_buf_printf(out, "{\"kind\":\"%s\",\"outcome\":\"%s\"", kind_names[t->kind], json_outcomes[t->outcome]);
    if (is_part && t->kind != MP_TRACE_COUNT)
        mp_buf_printf(out, ",\"index\":%llu", (unsigned long long)t->index);
    if (c && !is_part)
        json_place(out, view, c, arena);
    if (!is_part && c && c->kind == MP_CONDITION_TEST)
        json_value(out, "wanted", t->wanted);
    json_value(out, "actual", t->actual);
    if (t->message.len)
        json_str(out, "message", t->message);
    if (t->first)
        mp_buf_add_z(out, ",\"steps\":[");
    for (const mp_trace *kid = t->first; kid; kid = kid->next) {
        if (kid != t->first)
            mp_buf_add_c(out, ',');
        json_trace(out, view, kid, arena);
    }
    mp_buf_add_z(out, t->first ? "]}" : "}");
}

void mp_trace_json(mp_buf *out, const mp_trace_view *view, const mp_trace *trace)
{
    mp_arena arena = MP_ARENA_INIT;
    json_trace(out, view, trace, &arena);
    mp_arena_free(&arena);
}
