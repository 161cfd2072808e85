/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of the platform: every row of every table stands in it once, and says what the program does. */
#include "reference_platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app.h"
#include "fault.h"
#include "metrics.h"
#include "openapi.h"
#include "rbac.h"
#include "reference_shape.h"
#include "systems.h"
#include "test.h"

static mp_code write_page(mp_page *p, const char *name, mp_error *err)
{
    for (size_t i = 0; i < mp_reference_platform_count; i++)
        if (strcmp(mp_reference_platform[i].name, name) == 0)
            return mp_reference_platform[i].write(p, err);
    fail_msg("no page %s", name);
    return MP_INTERNAL;
}

static mp_page make(const char *name, mp_lang lang)
{
    mp_page  p = MP_PAGE(mp_style_markdown, lang);
    mp_error err = { 0 };
    CHECK_INT(write_page(&p, name, &err), MP_OK);
    CHECK_INT(mp_buf_check(&p.out, &err), MP_OK);
    return p;
}

static size_t count(mp_str text, const char *part)
{
    size_t n = 0, len = strlen(part);
    for (size_t at = mp_str_find_str(text, mp_str_of(part, len)); at != SIZE_MAX; n++) {
        text = mp_str_skip(text, at + len);
        at = mp_str_find_str(text, mp_str_of(part, len));
    }
    return n;
}

static void check_count(const mp_page *p, const char *part, size_t wanted)
{
    size_t found = count(mp_buf_str(&p->out), part);
    if (found != wanted)
        print_error("%zu of \"%s\"; wanted are %zu\n", found, part, wanted);
    CHECK_INT(found, wanted);
}

static bool has(mp_str text, const char *part) { return mp_str_find_str(text, mp_str_from(part)) != SIZE_MAX; }

/* The line of a table that begins with this cell. */
static mp_str row(const mp_page *p, const char *first)
{
    char   begin[256];
    mp_str text = mp_buf_str(&p->out);
    snprintf(begin, sizeof begin, "\n| `%s` |", first);
    check_count(p, begin, 1);
    text = mp_str_skip(text, mp_str_find_str(text, mp_str_from(begin)) + 1);
    return mp_str_of(text.ptr, mp_str_find(text, '\n'));
}

static void check_row_has(const mp_page *p, const char *first, const char *part)
{
    if (!has(row(p, first), part))
        print_error("the row of %s lacks %s\n", first, part);
    CHECK(has(row(p, first), part));
}

TEST(pages_have_text_everywhere)
{
    for (size_t i = 0; i < mp_reference_platform_count; i++)
        for (int lang = 0; lang < MP_LANG_COUNT; lang++) {
            mp_page p = make(mp_reference_platform[i].name, (mp_lang)lang);
            CHECK(mp_str_starts(mp_buf_str(&p.out), MP_S("# ")));
            check_count(&p, "(null)", 0);
            check_count(&p, "\n\n\n", 0);
            check_count(&p, "``", count(mp_buf_str(&p.out), "```")); /* only at the fences of lines */
            check_count(&p, "| |\n", 0);                                 /* a row without its meaning */
            check_count(&p, "reference.", 0);                            /* a message that is not there */
            check_count(&p, "\n.\n", 0);
            mp_buf_free(&p.out);
        }
}

/* ---- settings ---- */

TEST(every_setting_is_there)
{
    mp_page p = make("settings", MP_LANG_EN);
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        const mp_setting *s = &mp_settings[i];
        char              variable[MP_SETTING_VARIABLE], code[256];
        mp_setting_variable(variable, (mp_setting_id)i);
        check_row_has(&p, s->name, variable);
        snprintf(code, sizeof code, "| `%s` |", s->fallback);
        if (s->fallback[0])
            check_row_has(&p, s->name, code);
    }
    check_count(&p, "\n| `", MP_SETTING_COUNT);
    CHECK(has(row(&p, "store.check"), "| `quick\\|full` |"));
    CHECK(has(row(&p, "server.workers"), "| `1 … 1024` |"));
    mp_buf_free(&p.out);
}

/* ---- roles ---- */

static void check_list(const mp_page *p, const char *const *actions)
{
    for (size_t i = 0; actions && actions[i]; i++) {
        char code[256];
        snprintf(code, sizeof code, "`%s`", actions[i]);
        CHECK(count(mp_buf_str(&p->out), code) >= 1);
    }
}

TEST(every_role_is_there)
{
    mp_page                p = make("roles", MP_LANG_EN);
    const mp_builtin_role *role;
    size_t                 roles = 0, dated = 0;
    for (; (role = mp_builtin_role_at(roles)); roles++) {
        char text[256];
        snprintf(text, sizeof text, "\n### %s\n\n%.*s\n", role->name, MP_FMT(mp_message(MP_LANG_EN, role->doc)));
        check_count(&p, text, 1);
        snprintf(text, sizeof text, "\n- `id`: `%s`\n", role->id);
        check_count(&p, text, 1);
        check_list(&p, role->actions);
        check_list(&p, role->not_actions);
        check_list(&p, role->data_actions);
        check_list(&p, role->not_data_actions);
        dated += role->is_dated;
    }
    check_count(&p, "\n### ", roles);
    char sentence[256];
    snprintf(sentence, sizeof sentence, "%.*s", MP_FMT(mp_message(MP_LANG_EN, "reference.role.dated")));
    check_count(&p, sentence, dated);
    mp_buf_free(&p.out);
}

/* Of the platform and what stands on it. */
static const mp_routes *all_routes(void)
{
    static mp_arena     arena = MP_ARENA_INIT;
    static mp_app_parts parts;
    if (!parts.routes)
        CHECK_INT(mp_app_parts_of(&parts, mp_cli_systems, &arena, NULL), MP_OK);
    return parts.routes;
}

TEST(every_action_has_its_roles)
{
    mp_page p = make("roles", MP_LANG_EN);
    mp_map  asked = MP_MAP_INIT_FOLD;
    for (const mp_routes *t = all_routes(); t->routes; t++)
        for (size_t i = 0; i < t->count; i++) {
            const char *action = t->routes[i].action;
            if (!t->routes[i].tag || strcmp(action, MP_ANYONE) == 0 || strcmp(action, MP_SIGNED_IN) == 0)
                continue;
            check_row_has(&p, action, "| Owner");
            CHECK_INT(mp_map_put(&asked, mp_str_from(action), &asked, NULL), MP_OK);
        }
    check_count(&p, "\n| `", asked.len);
    mp_map_free(&asked);
    CHECK_STR(row(&p, "Mapae.Access/users/write"), "| `Mapae.Access/users/write` | Owner, Administrator of Mapae |");
    CHECK_STR(row(&p, "Mapae.Access/users/suspend/action"),
              "| `Mapae.Access/users/suspend/action` | Owner, Incident Responder, Administrator of Mapae |");
    check_row_has(&p, "Mapae.Ledger/packages/action", "Assessor");
    CHECK(!has(row(&p, "Mapae.Ledger/evidence/write"), "Assessor"));
    CHECK(!has(row(&p, "Microsoft.Resources/subscriptions/read"), "Administrator of Mapae"));
    mp_buf_free(&p.out);
}

/* ---- the API ---- */

static const char *method_name(mp_method method)
{
    static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
    return names[method];
}

/* What stands below a route's heading. */
static mp_str part_of(const mp_page *p, const mp_route *route)
{
    char   begin[256];
    mp_str text = mp_buf_str(&p->out);
    snprintf(begin, sizeof begin, "\n### `%s %s`\n", method_name(route->method), route->path);
    check_count(p, begin, 1);
    text = mp_str_skip(text, mp_str_find_str(text, mp_str_from(begin)) + strlen(begin));
    size_t end = mp_str_find_str(text, MP_S("\n### ")), anchor = mp_str_find_str(text, MP_S("\n<a id="));
    return mp_str_of(text.ptr, end < anchor ? end : anchor);
}

static void check_shape(mp_str part, const mp_json_shape *shape)
{
    char text[256];
    if (!shape)
        return;
    if (shape->name) {
        snprintf(text, sizeof text, "[%s](#shape-%s)", shape->name, shape->name);
        CHECK(has(part, text));
        return;
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        snprintf(text, sizeof text, "| `%s` |", shape->members[i].name);
        CHECK(has(part, text));
    }
}

static void check_route(const mp_page *p, const mp_route *route)
{
    char   text[512];
    mp_str part = part_of(p, route);
    bool   is_change = route->method != MP_GET;
    CHECK(mp_str_find_str(part, mp_message(MP_LANG_EN, route->summary)) != SIZE_MAX);
    if (strcmp(route->action, MP_ANYONE) == 0)
        snprintf(text, sizeof text, "\nAnyone may ask");
    else if (strcmp(route->action, MP_SIGNED_IN) == 0)
        snprintf(text, sizeof text, "\nEverybody who is signed in may ask");
    else
        snprintf(text, sizeof text, "\nAction `%s` on `%s`.", route->action, route->scope ? route->scope : "/");
    CHECK(has(part, text));
    CHECK_INT(has(part, "Written to the ledger."), is_change || route->is_noted);
    for (size_t i = 0; i < route->param_count; i++) {
        snprintf(text, sizeof text, "\n| `%s` | query |", route->params[i].name);
        CHECK_INT(count(part, text), 1);
    }
    CHECK_INT(has(part, "\nBody (`"), route->body || route->stream);
    check_shape(part, route->body);
    check_shape(part, route->answer);
    snprintf(text, sizeof text, "\nStatuses: %u", route->status ? route->status : 200);
    CHECK(has(part, text));
}

TEST(every_route_is_there)
{
    mp_page p = make("api", MP_LANG_EN);
    size_t  routes = 0;
    for (const mp_routes *t = all_routes(); t->routes; t++)
        for (size_t i = 0; i < t->count; i++)
            if (t->routes[i].tag) { /* what has none is of a face with a description of its own */
                check_route(&p, &t->routes[i]);
                routes++;
            }
    check_count(&p, "\n### `", routes);
    mp_buf_free(&p.out);
}

TEST(every_shape_is_there)
{
    mp_page        p = make("api", MP_LANG_EN);
    mp_arena       arena = MP_ARENA_INIT;
    mp_router     *router = NULL;
    const mp_json *document = NULL;
    CHECK_INT(mp_router_new(&router, all_routes(), &mp_app_guard, NULL, NULL), MP_OK);
    CHECK_INT(mp_openapi_write(&document, router, MP_LANG_EN, "https://localhost", &arena, NULL), MP_OK);
    const mp_json *schemas = mp_json_get(mp_json_get(document, MP_S("components")), MP_S("schemas"));
    CHECK(schemas && schemas->count > 20);
    for (MP_JSON_MEMBERS(name, schemas)) {
        char text[256];
        snprintf(text, sizeof text, "\n<a id=\"shape-%.*s\"></a>\n\n### %.*s\n", MP_FMT(mp_json_str(name)),
                 MP_FMT(mp_json_str(name)));
        check_count(&p, text, 1);
    }
    check_count(&p, "\n<a id=\"shape-", schemas->count);
    mp_router_free(router);
    mp_arena_free(&arena);
    mp_buf_free(&p.out);
}

TEST(every_error_code_has_its_status)
{
    mp_page p = make("api", MP_LANG_EN);
    for (int code = MP_OK + 1; code < MP_CODE_COUNT; code++) {
        char begin[64];
        snprintf(begin, sizeof begin, "\n| `%s` | %u ", mp_code_name((mp_code)code), mp_http_status_of((mp_code)code));
        check_count(&p, begin, 1);
    }
    mp_buf_free(&p.out);
}

/* ---- shapes ---- */

static const char *const colors[] = { "", "red", NULL };
static const mp_json_shape word = { .type = MP_TYPE_STRING, .min = 1, .max = 8 };
static const mp_property   inner_members[] = {
    { "count", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.member.id" },
    { "words", MP_TYPE_ARRAY, .shape = &word, .max = 3, .doc = "api.member.id" },
};
static const mp_json_shape inner = { .type = MP_TYPE_OBJECT, .is_open = true, MP_PROPERTIES(inner_members) };
static const mp_property   outer_members[] = {
    { "color", MP_TYPE_STRING, .values = colors, .may_be_null = true, .doc = "api.member.id" },
    { "part", MP_TYPE_OBJECT, .shape = &inner, .is_read_only = true, .doc = "api.member.id" },
    { "parts", MP_TYPE_ARRAY, .shape = &inner, .doc = "api.member.id" },
    { "key", MP_TYPE_STRING, .is_write_only = true, .doc = "api.member.id" },
};
static const mp_json_shape outer = {
    .name = "Outer", .type = MP_TYPE_OBJECT, .doc = "api.user", MP_PROPERTIES(outer_members)
};
static const mp_json_shape many = { .type = MP_TYPE_ARRAY, .items = &outer, .max = 9, .doc = "api.list" };

static const char shapes_wanted[] =
    "\nAnswer (`a/b`): array ([Outer](#shape-Outer)), at most 9 elements. A page of a list.\n"
    "\n<a id=\"shape-Outer\"></a>\n"
    "\n### Outer\n"
    "\nA person.\n"
    "\n| Member | Type | Rule | Meaning |\n|---|---|---|---|\n"
    "| `color` | string, one of `\"\"`, `red`, or null | | Its id |\n"
    "| `part` | object | in answers only | Its id |\n"
    "| `part.count` | integer, 0 or more | required | Its id |\n"
    "| `part.words` | array (string, 1 to 8 bytes), at most 3 elements | | Its id |\n"
    "| `parts` | array (object) | | Its id |\n"
    "| `parts[].count` | integer, 0 or more | required | Its id |\n"
    "| `parts[].words` | array (string, 1 to 8 bytes), at most 3 elements | | Its id |\n"
    "| `key` | string | in requests only | Its id |\n";

static bool write_shapes(void *context)
{
    mp_page       p = MP_PAGE(mp_style_markdown, MP_LANG_EN);
    mp_shape_page s = { .page = &p, .named = MP_MAP_INIT, .code = MP_OK };
    (void)context;
    mp_buf_add_z(&p.out, "#\n");
    mp_shape_say(&s, "reference.api.answer", MP_S("a/b"), &many);
    mp_shape_say_named(&s);
    bool is_done = s.code == MP_OK && !p.out.failed;
    if (is_done)
        CHECK_STR(mp_str_skip(mp_buf_str(&p.out), 2), shapes_wanted);
    mp_map_free(&s.named);
    mp_buf_free(&p.out);
    return is_done;
}

TEST(shapes_say_what_a_value_may_be)
{
    CHECK(write_shapes(NULL));
    CHECK(fault_loop(write_shapes, NULL) > 10);
}

/* ---- the log ---- */

/* The fields of an event stand in its row; returns the next one, taken off. */
static mp_str next_field(mp_str *fields)
{
    size_t blank = mp_str_find(*fields, ' ');
    mp_str field = mp_str_of(fields->ptr, blank == SIZE_MAX ? fields->len : blank);
    *fields = mp_str_skip(*fields, blank == SIZE_MAX ? fields->len : blank + 1);
    return field;
}

static void check_event(const mp_page *p, const mp_log_event *event, mp_map *fields)
{
    char   first[128], part[64];
    mp_str rest = mp_str_from(event->fields);
    snprintf(first, sizeof first, "%s` | `%s", event->name, mp_log_level_name(event->level));
    while (rest.len) {
        mp_str field = next_field(&rest);
        snprintf(part, sizeof part, "`%.*s`", MP_FMT(field));
        check_row_has(p, first, part);
        CHECK_INT(mp_map_put(fields, field, fields, NULL), MP_OK);
    }
}

TEST(every_event_and_field_is_there)
{
    mp_page p = make("log", MP_LANG_EN);
    mp_map  fields = MP_MAP_INIT;
    for (size_t i = 0; i < mp_log_event_count; i++)
        check_event(&p, &mp_log_events[i], &fields);
    check_count(&p, "\n| `", mp_log_event_count + fields.len);
    mp_str text = mp_buf_str(&p.out);
    mp_str table = mp_str_skip(text, mp_str_find_str(text, MP_S("\n## Fields\n")));
    for (size_t i = 0; i < fields.len; i++) {
        char begin[64];
        snprintf(begin, sizeof begin, "\n| `%.*s` |", MP_FMT(fields.entries[i].key));
        CHECK_INT(count(table, begin), 1);
    }
    mp_map_free(&fields);
    mp_buf_free(&p.out);
}

/* The line that the log writes of what the reference shows, with the time and the process of the reference. */
static void check_line(const char *shown, bool as_syslog, size_t time_at, const char *pid_front)
{
    char     path[] = "/tmp/mapae-reference-XXXXXX", line[1024] = "", wanted[1024], pid[32];
    int      fd = mkstemp(path);
    mp_log  *log = NULL;
    mp_error err = { 0 };
    CHECK(fd >= 0);
    CHECK_INT(mp_log_open(&log,
                          &(mp_log_options){
                              .to = path, .as_syslog = as_syslog, .least = MP_LOG_DEBUG, .host = MP_REFERENCE_HOST },
                          &err),
              MP_OK);
    mp_log_write(log, MP_LOG_NOTICE, "ready",
                 (mp_log_field[]){ MP_LOG_TEXT("listen", MP_S("127.0.0.1:8443")), MP_LOG_NUMBER("ms", 412) }, 2);
    mp_log_close(log);
    ssize_t len = read(fd, line, sizeof line - 1);
    close(fd);
    unlink(path);
    CHECK(len > (ssize_t)(time_at + 27));
    memcpy(line + time_at, shown + time_at, 27); /* "2026-11-22T09:00:00.123456Z" */
    snprintf(wanted, sizeof wanted, "%s", shown);
    if (pid_front) { /* ours stands where the reference has 4711 */
        size_t at = mp_str_find_str(mp_str_from(shown), mp_str_from(pid_front)) + strlen(pid_front);
        snprintf(pid, sizeof pid, "%ld", (long)getpid());
        snprintf(wanted, sizeof wanted, "%.*s%s%s", (int)at, shown, pid, shown + at + strlen("4711"));
    }
    CHECK_STR(mp_str_from(line), wanted);
}

TEST(the_lines_shown_are_those_written)
{
    mp_page p = make("log", MP_LANG_KO);
    check_count(&p, mp_reference_json_line, 1);
    check_count(&p, mp_reference_syslog_line, 1);
    check_line(mp_reference_json_line, false, strlen("{\"time\":\""), NULL);
    check_line(mp_reference_syslog_line, true, strlen("<29>1 "), " mapae ");
    mp_buf_free(&p.out);
}

/* ---- metrics ---- */

TEST(every_metric_is_there)
{
    mp_page p = make("metrics", MP_LANG_EN);
    mp_buf  all = MP_BUF_INIT;
    for (size_t i = 0; mp_metric_name(i); i++)
        (void)row(&p, mp_metric_name(i));
    CHECK(has(row(&p, "mapae_http_request_duration_seconds"), "| `histogram` |"));
    CHECK(has(row(&p, "mapae_http_requests"), "`mapae_http_requests_total{class="));
    mp_metrics_write(&all);
    check_count(&p, "\n| `", count(mp_buf_str(&all), "# TYPE "));
    mp_buf_free(&all);
    mp_buf_free(&p.out);
}

/* ---- short memory ---- */

struct faulty {
    const char *name;
    mp_str      wanted;
};

/* A page is whole, or it is known not to be. */
static bool write_whole(void *context)
{
    const struct faulty *f = context;
    mp_page              p = MP_PAGE(mp_style_markdown, MP_LANG_KO);
    mp_error             err = { 0 };
    mp_code              code = write_page(&p, f->name, &err);
    bool                 is_done = code == MP_OK && mp_buf_check(&p.out, &err) == MP_OK;
    CHECK(is_done || err.code == MP_NOMEM);
    if (is_done)
        CHECK(mp_str_eq(mp_buf_str(&p.out), f->wanted));
    mp_buf_free(&p.out);
    return is_done;
}

TEST(short_memory_gives_no_half_page)
{
    /* "api" passes too, but takes a minute */
    static const char *const names[] = { "settings", "roles", "log", "metrics" };
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        mp_page       p = make(names[i], MP_LANG_KO);
        struct faulty f = { names[i], mp_buf_str(&p.out) };
        CHECK(fault_loop(write_whole, &f) > 10);
        mp_buf_free(&p.out);
    }
}

int main(void)
{
    return MAIN(RUN(pages_have_text_everywhere), RUN(every_setting_is_there), RUN(every_role_is_there),
                RUN(every_action_has_its_roles), RUN(every_route_is_there), RUN(every_shape_is_there),
                RUN(every_error_code_has_its_status), RUN(shapes_say_what_a_value_may_be),
                RUN(every_event_and_field_is_there), RUN(the_lines_shown_are_those_written),
                RUN(every_metric_is_there), RUN(short_memory_gives_no_half_page));
}
