/* SPDX-License-Identifier: Apache-2.0 */
#include "reference_shape.h"

#include <inttypes.h>
#include <stdio.h>

/* Whether a value stands in a body, in a list or in a query, the same lines say what it may be. */
struct form {
    mp_type              type;
    int64_t              min, max;
    const char *const   *values;
    const mp_json_shape *shape; /* of the object, of the items of the array; may be NULL */
    bool                 may_be_null;
};

static struct form form_of_shape(const mp_json_shape *s)
{
    return (struct form){ s->type, s->min, s->max, s->values, s->type == MP_TYPE_ARRAY ? s->items : s, s->may_be_null };
}

static struct form form_of_property(const mp_property *p)
{
    return (struct form){ p->type, p->min, p->max, p->values, p->shape, p->may_be_null };
}

/* ---- what a value may be ---- */

static const char *type_name(mp_type type)
{
    static const char *const names[] = {
        [MP_TYPE_ANY] = "any",         [MP_TYPE_STRING] = "string", [MP_TYPE_INTEGER] = "integer",
        [MP_TYPE_NUMBER] = "number",
        [MP_TYPE_BOOLEAN] = "boolean", [MP_TYPE_ARRAY] = "array",   [MP_TYPE_OBJECT] = "object",
        [MP_TYPE_GUID] = "guid",
        [MP_TYPE_TIME] = "time",       [MP_TYPE_URI] = "uri",       [MP_TYPE_EMAIL] = "email",
        [MP_TYPE_BASE64URL] = "base64url",
        [MP_TYPE_SHA256] = "sha256",
    };
    return names[type];
}

static void link_to(mp_buf *out, mp_shape_page *s, const mp_json_shape *shape)
{
    mp_str name = mp_str_from(shape->name);
    if (!mp_map_get(&s->named, name) && s->code == MP_OK)
        s->code = mp_map_put(&s->named, name, (void *)shape, NULL);
    mp_buf_printf(out, "[%s](#shape-%s)", shape->name, shape->name);
}

static void add_form(mp_buf *out, mp_shape_page *s, const struct form *f);

static void add_type(mp_buf *out, mp_shape_page *s, const struct form *f)
{
    mp_lang lang = s->page->lang;
    if (f->type == MP_TYPE_OBJECT && f->shape && f->shape->name) {
        link_to(out, s, f->shape);
        return;
    }
    if (f->type != MP_TYPE_ARRAY || !f->shape) {
        mp_buf_add(out, mp_message_of(lang, "reference.type.", mp_str_from(type_name(f->type))));
        return;
    }
    struct form items = form_of_shape(f->shape);
    mp_buf      text = MP_BUF_INIT;
    add_form(&text, s, &items);
    mp_str said = mp_buf_str(&text);
    mp_say(out, lang, "reference.type.array.of", &said, 1);
    mp_page_free_part(s->page, &text);
}

static void add_range(mp_buf *out, mp_lang lang, const char *unit, int64_t min, int64_t max)
{
    char least[24], most[24], id[48];
    snprintf(least, sizeof least, "%" PRId64, min);
    snprintf(most, sizeof most, "%" PRId64, max);
    snprintf(id, sizeof id, "reference.range.%s%s", unit, min == 0 ? ".most" : "");
    mp_buf_add_z(out, ", ");
    mp_say_z(out, lang, id, least, most, NULL);
}

/* Limits that are said; the default ones stand once, in the text of the page. */
static void add_limits(mp_buf *out, mp_lang lang, const struct form *f)
{
    bool is_count = f->type == MP_TYPE_INTEGER || f->type == MP_TYPE_NUMBER;
    if (f->max == INT64_MAX)
        add_range(out, lang, "value.any", f->min, f->max);
    else if (f->max && is_count)
        add_range(out, lang, "value", f->min, f->max);
    else if (f->max && f->type == MP_TYPE_ARRAY)
        add_range(out, lang, "elements", f->min, f->max);
    else if (f->max)
        add_range(out, lang, "bytes", f->min, f->max);
}

static void add_values(mp_buf *out, mp_lang lang, const char *const *values)
{
    mp_buf list = MP_BUF_INIT;
    for (size_t i = 0; values && values[i]; i++)
        mp_buf_printf(&list, values[i][0] ? "%s`%s`" : "%s`\"%s\"`", i ? ", " : "", values[i]);
    mp_str said = mp_buf_str(&list);
    if (said.len)
        mp_say(out, lang, "reference.values", &said, 1);
    out->failed = out->failed || list.failed;
    mp_buf_free(&list);
}

static void add_form(mp_buf *out, mp_shape_page *s, const struct form *f)
{
    add_type(out, s, f);
    add_limits(out, s->page->lang, f);
    add_values(out, s->page->lang, f->values);
    if (f->may_be_null)
        mp_buf_add(out, mp_message(s->page->lang, "reference.or-null"));
}

void mp_shape_add_param(mp_buf *out, mp_shape_page *s, const mp_param *param)
{
    struct form f = { param->type, param->min, param->max, param->values, NULL, false };
    add_form(out, s, &f);
}

/* ---- members ---- */

static mp_str rule_of(mp_lang lang, const mp_property *p)
{
    return p->is_read_only ? mp_message(lang, "reference.rule.read-only")
           : p->is_write_only
               ? mp_message(lang, p->is_required ? "reference.rule.secret-required" : "reference.rule.secret")
           : p->is_required ? mp_message(lang, "reference.rule.required")
                            : MP_S("");
}

static void write_rows(mp_shape_page *s, mp_str front, const mp_json_shape *shape);

/* The members of what has no name follow their owner: `address.city`, `value[].id`. */
static void write_inner(mp_shape_page *s, mp_str name, const struct form *f)
{
    const mp_json_shape *inner = f->shape;
    mp_buf               front = MP_BUF_INIT;
    mp_buf_add(&front, name);
    if (f->type == MP_TYPE_ARRAY)
        mp_buf_add_z(&front, "[]");
    if (inner && !inner->name && inner->type == MP_TYPE_OBJECT) {
        mp_buf_add_c(&front, '.');
        write_rows(s, mp_buf_str(&front), inner);
    }
    mp_page_free_part(s->page, &front);
}

static void write_member(mp_shape_page *s, mp_str front, const mp_property *p)
{
    mp_buf      name = MP_BUF_INIT, cell = MP_BUF_INIT, type = MP_BUF_INIT;
    struct form f = form_of_property(p);
    mp_buf_printf(&name, "%.*s%s", MP_FMT(front), p->name);
    mp_buf_printf(&cell, "`%.*s`", MP_FMT(mp_buf_str(&name)));
    add_form(&type, s, &f);
    mp_str cells[] = { mp_buf_str(&cell), mp_buf_str(&type), rule_of(s->page->lang, p),
                       p->doc ? mp_message(s->page->lang, p->doc) : MP_S("") };
    mp_page_row(s->page, cells, MP_COUNT(cells));
    if (p->type == MP_TYPE_OBJECT || p->type == MP_TYPE_ARRAY)
        write_inner(s, mp_buf_str(&name), &f);
    mp_page_free_part(s->page, &name);
    mp_page_free_part(s->page, &cell);
    mp_page_free_part(s->page, &type);
}

static void write_rows(mp_shape_page *s, mp_str front, const mp_json_shape *shape)
{
    for (size_t i = 0; i < shape->member_count; i++)
        write_member(s, front, &shape->members[i]);
}

static void write_members(mp_shape_page *s, const mp_json_shape *shape)
{
    static const char *const head[] = { "reference.column.member", "reference.column.type", "reference.column.rule",
                                        "reference.column.meaning" };
    const mp_json_shape     *of =
        shape->type == MP_TYPE_ARRAY && shape->items && !shape->items->name ? shape->items : shape;
    if (of->type == MP_TYPE_OBJECT && of->member_count) {
        mp_page_table(s->page, head, MP_COUNT(head));
        write_rows(s, of == shape ? MP_S("") : MP_S("[]."), of);
    }
    if (of->type == MP_TYPE_OBJECT && of->is_open)
        s->page->style->paragraph(s->page, mp_message(s->page->lang, "reference.open"));
}

/* ---- whole shapes ---- */

void mp_shape_say(mp_shape_page *s, const char *label, mp_str type, const mp_json_shape *shape)
{
    mp_buf text = MP_BUF_INIT;
    mp_say(&text, s->page->lang, label, &type, 1);
    if (shape) {
        struct form f = form_of_shape(shape);
        mp_buf_add_z(&text, ": ");
        add_form(&text, s, &f);
        if (!shape->name && shape->doc)
            mp_buf_printf(&text, ". %.*s", MP_FMT(mp_message(s->page->lang, shape->doc)));
    }
    mp_buf_add_c(&text, '.');
    s->page->style->paragraph(s->page, mp_buf_str(&text));
    if (shape && !shape->name)
        write_members(s, shape);
    mp_page_free_part(s->page, &text);
}

static void say_named(mp_shape_page *s, const mp_json_shape *shape)
{
    mp_str name = mp_str_from(shape->name);
    mp_page_anchor(s->page, "shape", name);
    s->page->style->heading(s->page, name);
    mp_buf text = MP_BUF_INIT;
    if (shape->doc)
        mp_buf_printf(&text, "%.*s.", MP_FMT(mp_message(s->page->lang, shape->doc)));
    s->page->style->paragraph(s->page, mp_buf_str(&text));
    mp_page_free_part(s->page, &text);
    write_members(s, shape);
}

/* The list grows while it is gone through. */
void mp_shape_say_named(mp_shape_page *s)
{
    for (size_t i = 0; i < s->named.len; i++)
        say_named(s, s->named.entries[i].value);
}
