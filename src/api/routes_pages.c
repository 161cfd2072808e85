/* SPDX-License-Identifier: Apache-2.0 */
#include "embedded.h"
#include "routes.h"

/* The console's files are in the program. What they may do in a browser says the policy: nothing of another
 * host, nothing written into the page. */

extern const mp_embedded mp_console_files[];
extern const size_t      mp_console_files_len;

#define POLICY "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; " \
               "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; style-src 'self'"

static const char *type_of(mp_str name)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".svg", "image/svg+xml" },             { ".json", "application/json" },
    };
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (mp_str_ends(name, mp_str_from(types[i].suffix)))
            return types[i].type;
    return "application/octet-stream";
}

/* The files are those of the program, so they are as old as the process: that is their version. */
static mp_code send_file(const mp_app *app, mp_http_request *request, mp_http_response *response, mp_str name,
                         mp_error *err)
{
    const mp_embedded *file = mp_embedded_find(mp_console_files, mp_console_files_len, name);
    if (!file)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the console has no such file");
    mp_respond_header(response, MP_S("cache-control"), MP_S("no-cache"));
    mp_respond_header(response, MP_S("content-security-policy"),
                      mp_str_eq(name, MP_S("pages/api.html")) ? MP_S(POLICY " 'unsafe-inline'") : MP_S(POLICY));
    if (mp_respond_etag(request, response, app->started_at))
        return MP_OK;
    response->content_type = type_of(name);
    response->body = file->bytes;
    return MP_OK;
}

static mp_code get_root(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    (void)app;
    (void)request;
    (void)err;
    mp_respond_header(response, MP_S("location"), MP_S("/account"));
    return MP_OK;
}

static mp_code get_page(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    static const struct {
        const char *path, *name;
    } pages[] = {
        { "/sign-in", "pages/sign-in.html" },
        { "/setup", "pages/setup.html" },
        { "/account", "pages/account.html" },
        { "/api/docs", "pages/api.html" },
    };
    mp_str name = mp_str_of(NULL, 0);
    for (size_t i = 0; i < MP_COUNT(pages); i++)
        if (strcmp(request->route->path, pages[i].path) == 0)
            name = mp_str_from(pages[i].name);
    return send_file(app, request, response, name, err);
}

/* Every message of the console in one language. */
static mp_code send_strings(const mp_app *app, mp_http_request *request, mp_http_response *response, mp_lang lang,
                            mp_error *err)
{
    mp_jsonw w;
    mp_respond_header(response, MP_S("cache-control"), MP_S("no-cache"));
    if (mp_respond_etag(request, response, app->started_at))
        return MP_OK;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; mp_message_id_at(i); i++) {
        mp_str id = mp_str_from(mp_message_id_at(i));
        if (!mp_str_starts(id, MP_S("console.")))
            continue;
        mp_jsonw_key(&w, id);
        mp_jsonw_str(&w, mp_message(lang, id.ptr));
    }
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_asset(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    /* Where npm has put what the pages call vendor/NAME. */
    static const struct {
        const char *asked, *name;
    } vendor[] = {
        { "vendor/swagger-ui.css", "node_modules/swagger-ui-dist/swagger-ui.css" },
        { "vendor/swagger-ui-bundle.js", "node_modules/swagger-ui-dist/swagger-ui-bundle.js" },
        { "vendor/qrcode.js", "node_modules/qrcode-generator/dist/qrcode.js" },
    };
    mp_str path = mp_http_param(request, "path");
    if (mp_str_eq(path, MP_S("strings.en.json")))
        return send_strings(app, request, response, MP_LANG_EN, err);
    if (mp_str_eq(path, MP_S("strings.ko.json")))
        return send_strings(app, request, response, MP_LANG_KO, err);
    for (size_t i = 0; i < MP_COUNT(vendor); i++)
        if (mp_str_eq(path, mp_str_from(vendor[i].asked)))
            return send_file(app, request, response, mp_str_from(vendor[i].name), err);
    mp_str name = mp_arena_printf(request->arena, "assets/%.*s", MP_FMT(path));
    if (!name.ptr)
        return mp_no_memory(err);
    return send_file(app, request, response, name, err);
}

#define PAGE(path_, handler_, name_, status_)                                                                        \
    MP_ROUTE(MP_GET, path_, MP_ANYONE, handler_, .tag = "pages", .summary = "api.pages." name_,                      \
             .rate = MP_RATE_FREE, .is_open_query = true, .status = (status_))

const mp_route mp_routes_pages[] = {
    PAGE("/", get_root, "root", 302),
    PAGE("/sign-in", get_page, "signIn", 200),
    PAGE("/setup", get_page, "setup", 200),
    PAGE("/account", get_page, "account", 200),
    PAGE("/api/docs", get_page, "docs", 200),
    PAGE("/assets/{path...}", get_asset, "assets", 200),
};
