/* SPDX-License-Identifier: Apache-2.0 */
/* Right, scope, parameters and shapes of a route come from its row. What follows from all rows together
 * (statuses, headers, kinds of content) the OpenAPI document knows (openapi.h): it is made here too, and
 * asked, so that the two cannot differ. */
#include "reference_api.h"

#include <assert.h>
#include <stdio.h>

#include "app.h"
#include "form_of.h"
#include "openapi.h"
#include "reference_shape.h"
#include "router.h"
#include "systems.h"

struct api {
    mp_page       *page;
    mp_shape_page  shapes;
    mp_app_parts   parts;
    const mp_json *paths; /* of the OpenAPI document */
    mp_arena       arena;
};

bool mp_reference_asks(const mp_route *route)
{
    return strcmp(route->action, MP_ANYONE) != 0 && strcmp(route->action, MP_SIGNED_IN) != 0;
}

/* ---- the OpenAPI document ---- */

static mp_code find_operation(const mp_json **out, struct api *a, const mp_route *route, mp_error *err)
{
    char        method[16] = "";
    const char *name = mp_method_names[route->method];
    mp_str      path = mp_openapi_path(&a->arena, mp_str_from(route->path));
    if (!path.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; name[i]; i++)
        method[i] = (char)(name[i] + ('a' - 'A'));
    *out = mp_json_get(mp_json_get(a->paths, path), mp_str_from(method));
    assert(*out && mp_json_get(*out, MP_S("responses")));
    return MP_OK;
}

/* The first name in `content` of a body or an answer; empty without one. */
static mp_str content_type(const mp_json *body)
{
    const mp_json *content = mp_json_get(body, MP_S("content"));
    return content && content->count ? mp_json_str(mp_json_first(content)) : MP_S("");
}

/* What an answer says that went well: it stands first. */
static mp_str answer_type(const mp_json *operation)
{
    const mp_json *responses = mp_json_get(operation, MP_S("responses"));
    return responses && responses->count ? content_type(mp_json_first(responses) + 1) : MP_S("");
}

static mp_str text_of(const mp_json *v, const char *name)
{
    const mp_json *text = mp_json_get(v, mp_str_from(name));
    return mp_json_is(text, MP_JSON_STRING) ? mp_json_str(text) : MP_S("");
}

/* ---- what holds for all ---- */

static void write_text(mp_page *p, const char *name)
{
    char id[64];
    snprintf(id, sizeof id, "reference.api.%s", name);
    mp_page_section(p, id);
    snprintf(id, sizeof id, "reference.api.%s.text", name);
    mp_page_paragraphs(p, mp_message(p->lang, id));
}

static void write_bodies(mp_page *p)
{
    char bytes[24], count[24];
    write_text(p, "bodies");
    snprintf(bytes, sizeof bytes, "%d", MP_STRING_BYTES);
    snprintf(count, sizeof count, "%d", MP_ARRAY_COUNT);
    mp_buf text = MP_BUF_INIT;
    mp_say_z(&text, p->lang, "reference.api.limits", bytes, count, NULL);
    p->style->paragraph(p, mp_buf_str(&text));
    mp_page_free_part(p, &text);
}

static void write_codes(mp_page *p)
{
    static const char *const head[] = { "reference.column.code", "reference.column.status",
                                        "reference.column.meaning" };
    mp_page_table(p, head, MP_COUNT(head));
    for (int code = MP_OK + 1; code < MP_CODE_COUNT; code++) {
        char        name[32], status[64];
        const char *word = mp_code_name((mp_code)code);
        unsigned    number = mp_http_status_of((mp_code)code);
        snprintf(name, sizeof name, "`%s`", word);
        snprintf(status, sizeof status, "%u", number);
        mp_str title = mp_message_of(p->lang, "http.status.", mp_str_from(status));
        snprintf(status, sizeof status, "%u %.*s", number, MP_FMT(title));
        mp_str cells[] = { mp_str_from(name), mp_str_from(status), mp_message_of(p->lang, "code.", mp_str_from(word)) };
        mp_page_row(p, cells, MP_COUNT(cells));
    }
}

static void write_errors(struct api *a)
{
    write_text(a->page, "errors");
    for (size_t i = 0; i < MP_OPENAPI_ERRORS; i++)
        mp_shape_say(&a->shapes, i == 0 ? "reference.api.problem" : "reference.api.oauth-error", MP_S(""),
                     mp_openapi_errors[i]);
    write_codes(a->page);
}

/* ---- one route ---- */

static bool is_noted(const mp_route *route)
{
    return route->is_noted || (route->method != MP_GET && route->method != MP_HEAD && route->method != MP_OPTIONS);
}

/* Who may ask, what is written down, how often. */
static void write_rights(mp_page *p, const mp_route *route)
{
    static const char *const rates[] = { [MP_RATE_USUAL] = NULL, [MP_RATE_SIGN_IN] = "sign-in",
                                         [MP_RATE_HEAVY] = "heavy", [MP_RATE_FREE] = "free" };
    mp_buf                   text = MP_BUF_INIT;
    if (mp_reference_asks(route))
        mp_say_z(&text, p->lang, "reference.api.action", route->action, route->scope ? route->scope : "/", NULL);
    else
        mp_buf_add(&text, mp_message_of(p->lang, "reference.api.who.", mp_str_from(route->action)));
    if (is_noted(route))
        mp_buf_add(&text, mp_message(p->lang, "reference.api.noted"));
    if (rates[route->rate])
        mp_buf_add(&text, mp_message_of(p->lang, "reference.api.rate.", mp_str_from(rates[route->rate])));
    p->style->paragraph(p, mp_buf_str(&text));
    mp_page_free_part(p, &text);
}

static void write_param(mp_page *p, mp_str name, const char *in, mp_str type, bool is_required, mp_str doc)
{
    mp_buf cell = MP_BUF_INIT;
    mp_buf_printf(&cell, "`%.*s`", MP_FMT(name));
    mp_str cells[] = { mp_buf_str(&cell), mp_message_of(p->lang, "reference.in.", mp_str_from(in)), type,
                       is_required ? mp_message(p->lang, "reference.rule.required") : MP_S(""), doc };
    mp_page_row(p, cells, MP_COUNT(cells));
    mp_page_free_part(p, &cell);
}

/* Those of the path or of the head: the OpenAPI document has them. */
static void write_params_in(mp_page *p, const mp_json *params, const char *in)
{
    for (MP_JSON_EACH(param, params))
        if (mp_str_eq(text_of(param, "in"), mp_str_from(in)))
            write_param(p, text_of(param, "name"), in, mp_message(p->lang, "reference.type.string"),
                        strcmp(in, "path") == 0, text_of(param, "description"));
}

static void write_query(struct api *a, const mp_param *param)
{
    mp_buf type = MP_BUF_INIT;
    mp_shape_add_param(&type, &a->shapes, param);
    write_param(a->page, mp_str_from(param->name), "query", mp_buf_str(&type), param->is_required,
                param->doc ? mp_message(a->page->lang, param->doc) : MP_S(""));
    mp_page_free_part(a->page, &type);
}

static void write_params(struct api *a, const mp_route *route, const mp_json *operation)
{
    static const char *const head[] = { "reference.column.parameter", "reference.column.in", "reference.column.type",
                                        "reference.column.rule",
                                        "reference.column.meaning" };
    const mp_json           *params = mp_json_get(operation, MP_S("parameters"));
    if (!params || params->count == 0)
        return;
    mp_page_table(a->page, head, MP_COUNT(head));
    write_params_in(a->page, params, "path");
    for (size_t i = 0; i < route->param_count; i++)
        write_query(a, &route->params[i]);
    write_params_in(a->page, params, "header");
}

static void write_statuses(struct api *a, const mp_json *operation)
{
    mp_buf         list = MP_BUF_INIT, text = MP_BUF_INIT;
    const mp_json *responses = mp_json_get(operation, MP_S("responses"));
    for (MP_JSON_MEMBERS(status, responses))
        mp_buf_printf(&list, "%s%.*s", list.len ? ", " : "", MP_FMT(mp_json_str(status)));
    mp_str said = mp_buf_str(&list);
    mp_say(&text, a->page->lang, "reference.api.statuses", &said, 1);
    a->page->style->paragraph(a->page, mp_buf_str(&text));
    mp_page_free_part(a->page, &list);
    mp_page_free_part(a->page, &text);
}

static void write_heading(mp_page *p, const mp_route *route)
{
    mp_buf name = MP_BUF_INIT, summary = MP_BUF_INIT;
    mp_buf_printf(&name, "`%s %s`", mp_method_names[route->method], route->path);
    mp_buf_printf(&summary, "%.*s.", MP_FMT(mp_message(p->lang, route->summary)));
    p->style->heading(p, mp_buf_str(&name));
    p->style->paragraph(p, mp_buf_str(&summary));
    mp_page_free_part(p, &name);
    mp_page_free_part(p, &summary);
}

static mp_code write_route(struct api *a, const mp_route *route, mp_error *err)
{
    const mp_json *operation = NULL;
    MP_TRY(find_operation(&operation, a, route, err));
    write_heading(a->page, route);
    write_rights(a->page, route);
    write_params(a, route, operation);
    if (route->body || route->stream)
        mp_shape_say(&a->shapes, "reference.api.body", content_type(mp_json_get(operation, MP_S("requestBody"))),
                     route->body);
    mp_str type = answer_type(operation);
    if (type.len)
        mp_shape_say(&a->shapes, "reference.api.answer", type, route->answer);
    write_statuses(a, operation);
    return MP_OK;
}

/* ---- all routes, by tag ---- */

/* Tags in the order in which they are first met. */
static mp_code gather_tags(mp_map *tags, const mp_routes *routes, mp_error *err)
{
    for (const mp_routes *t = routes; t->routes; t++)
        for (size_t i = 0; i < t->count; i++) {
            const mp_route *route = &t->routes[i];
            if (!route->tag) /* of a face with a description of its own */
                continue;
            assert(route->summary);
            if (!mp_map_get(tags, mp_str_from(route->tag)))
                MP_TRY(mp_map_put(tags, mp_str_from(route->tag), (void *)route->tag, err));
        }
    return MP_OK;
}

static void write_contents(mp_page *p, const mp_map *tags)
{
    mp_page_section(p, "reference.api.contents");
    for (size_t i = 0; i < tags->len; i++) {
        mp_str tag = tags->entries[i].key;
        mp_buf_printf(&p->out, "- [%.*s](#tag-%.*s)\n", MP_FMT(mp_message_of(p->lang, "api.tag.", tag)), MP_FMT(tag));
    }
    mp_buf_printf(&p->out, "- [%.*s](#tag-shapes)\n", MP_FMT(mp_message(p->lang, "reference.api.shapes")));
}

static mp_code write_tag(struct api *a, mp_str tag, mp_error *err)
{
    char id[64];
    snprintf(id, sizeof id, "api.tag.%.*s", MP_FMT(tag));
    mp_page_anchor(a->page, "tag", tag);
    mp_page_section(a->page, id);
    for (const mp_routes *t = a->parts.routes; t->routes; t++)
        for (size_t i = 0; i < t->count; i++)
            if (t->routes[i].tag && mp_str_eq(tag, mp_str_from(t->routes[i].tag)))
                MP_TRY(write_route(a, &t->routes[i], err));
    return MP_OK;
}

static mp_code write_all(struct api *a, const mp_map *tags, mp_error *err)
{
    static const char *const texts[] = { "who", "sign-in", "lists", "versions" };
    write_contents(a->page, tags);
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        write_text(a->page, texts[i]);
    write_bodies(a->page);
    write_errors(a);
    for (size_t i = 0; i < tags->len; i++)
        MP_TRY(write_tag(a, tags->entries[i].key, err));
    mp_page_anchor(a->page, "tag", MP_S("shapes"));
    write_text(a->page, "shapes");
    mp_shape_say_named(&a->shapes);
    return a->shapes.code == MP_OK ? MP_OK : mp_no_memory(err);
}

static mp_code make_document(struct api *a, mp_router **router, mp_error *err)
{
    const mp_json *document = NULL;
    MP_TRY(mp_app_parts_of(&a->parts, mp_cli_systems, &a->arena, err));
    MP_TRY(mp_router_new(router, a->parts.routes, &mp_app_guard, NULL, err));
    MP_TRY(mp_openapi_write(&document, *router, a->page->lang, "https://localhost:8443", &a->arena, err));
    a->paths = mp_json_get(document, MP_S("paths"));
    return MP_OK;
}

mp_code mp_reference_api(mp_page *p, mp_error *err)
{
    struct api a = { .page = p, .shapes = { .page = p, .named = MP_MAP_INIT, .code = MP_OK }, .arena = MP_ARENA_INIT };
    mp_router *router = NULL;
    mp_map     tags = MP_MAP_INIT;
    mp_code    code = make_document(&a, &router, err);
    if (code == MP_OK)
        code = gather_tags(&tags, a.parts.routes, err);
    if (code == MP_OK)
        code = write_all(&a, &tags, err);
    mp_map_free(&tags);
    mp_map_free(&a.shapes.named);
    mp_router_free(router);
    mp_arena_free(&a.arena);
    return code;
}
