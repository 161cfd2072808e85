/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as requests to the face of Azure Resource Manager, within the process, on an installation that is kept from input to input and made anew now and then. The first
 * line of a request is who asks (O: an owner, C: a contributor of group g, N: a program without rights), method and target; the next lines are headers up to an empty line,
 * the rest is the body. A line of "----" alone begins the next request. "$S" stands for the subscription.
 *
 * Properties: there is always an answer, and never 500; what is an error is one in ARM's shape; bodies are JSON; no header holds a line's end; whoever has no rights
 * changes nothing; the contributor changes nothing outside of his group, and no object of policy or rights, by a template neither; judging what came of it does not fail, and the log verifies. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "arm.h"
#include "compliance.h"
#include "fuzz.h"
#include "init.h"
#include "judging.h"
#include "objects.h"
#include "rbac.h"
#include "request_text.h"

enum { REQUESTS_MAX = 6, JUDGED_EVERY = 16, ANEW_EVERY = 1000 };

static const mp_system *const systems[] = { &mp_compliance_system, &mp_arm_system, NULL };

static struct world {
    char           folder[200];
    mp_config     *config;
    mp_app        *app;
    mp_arena       arena;
    mp_init_result init;
    mp_str         tokens[3]; /* O, C, N */
    unsigned       inputs;
} w;

static void require(bool condition)
{
    if (!condition)
        abort();
}

/* ---- the installation ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_folder(void) { nftw(w.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static void stop(void)
{
    mp_app_close(w.app);
    mp_config_free(w.config);
    mp_arena_free(&w.arena);
    remove_folder();
    w.app = NULL;
}

static mp_str text(const char *format, mp_str a, mp_str b, mp_str c)
{
    mp_str made = mp_arena_printf(&w.arena, format, MP_FMT(a), MP_FMT(b), MP_FMT(c));
    require(made.ptr != NULL);
    return made;
}

/* The value of a member of an answer. */
static mp_str send(mp_method method, mp_str target, mp_str body, const char *type, const char *member)
{
    mp_pair          headers[] = { { MP_S("Content-Type"), mp_str_from(type) } };
    mp_http_request  request = { .method = method, .target = target, .headers = headers, .header_count = 1, .body = body, .client = MP_S("192.0.2.1"),
                                 .is_local = strcmp(type, "application/json") == 0, .is_secure = true, .arena = &w.arena };
    mp_http_response response;
    mp_json_doc     *doc = NULL;
    const mp_json   *root;
    mp_router_answer(w.app->router, &request, &response);
    require(response.status < 300 && mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &root, response.body, NULL, NULL, NULL) == MP_OK);
    const mp_json *v = mp_json_get(root, mp_str_from(member));
    mp_str         value = mp_json_is(v, MP_JSON_STRING) ? mp_arena_dup(&w.arena, mp_json_str(v)) : MP_S("");
    mp_json_doc_free(doc);
    return value;
}

#define JSON "application/json"

static mp_str token_of(mp_str client, mp_str secret)
{
    return send(MP_POST, text("/%.*s/oauth2/v2.0/token%.*s%.*s", w.init.tenant_id, MP_S(""), MP_S("")),
                text("grant_type=client_credentials&client_id=%.*s&client_secret=%.*s&scope=%.*s/.default", client, secret, w.init.base_url), "application/x-www-form-urlencoded",
                "access_token");
}

static mp_str program(const char *name, bool is_contributor)
{
    mp_str id = send(MP_POST, MP_S("/api/v1/programs"), text("{\"displayName\":\"%.*s\"}%.*s%.*s", mp_str_from(name), MP_S(""), MP_S("")), JSON, "id");
    mp_str client = send(MP_GET, text("/api/v1/programs/%.*s%.*s%.*s", id, MP_S(""), MP_S("")), MP_S(""), JSON, "appId");
    mp_str secret = send(MP_POST, text("/api/v1/programs/%.*s/secrets%.*s%.*s", id, MP_S(""), MP_S("")), MP_S(""), JSON, "clientSecret");
    if (is_contributor)
        send(MP_POST, MP_S("/api/v1/assignments"),
             text("{\"principalId\":\"%.*s\",\"roleDefinitionId\":\"Contributor\",\"scope\":\"/subscriptions/%.*s/resourceGroups/g\"%.*s}", id, w.init.subscription_id, MP_S("")), JSON, "id");
    return token_of(client, secret);
}

static void start(void)
{
    static const char *const nothing[] = { NULL };
    static const char *const sets[] = { "password.hash-memory=8MiB", "password.hash-passes=1", "log.to=stderr", "rate.client=1000000", "rate.identity=1000000", "token.length=24h" };
    mp_error    err = { .code = MP_OK };
    const char *temporary = getenv("TMPDIR");
    snprintf(w.folder, sizeof w.folder, "%s/mapae-fuzz-XXXXXX", temporary ? temporary : "/tmp");
    require(mkdtemp(w.folder) != NULL);
    w.config = NULL;
    w.arena = (mp_arena)MP_ARENA_INIT;
    require(mp_config_read(&w.config, &(mp_config_source){ .file = "/dev/null", .environ_ = nothing, .sets = sets, .set_count = MP_COUNT(sets) }, NULL, NULL, &err) == MP_OK);
    require(mp_app_init(&w.init, &(mp_init_options){ .config = w.config, .folder = w.folder, .program = "owner", .systems = systems }, &w.arena, &err) == MP_OK);
    require(mp_app_open(&w.app, &(mp_app_options){ .config = w.config, .folder = w.folder, .systems = systems }, &err) == MP_OK);
    w.tokens[0] = token_of(w.init.client_id, w.init.client_secret);
    send(MP_PUT, text("/subscriptions/%.*s/resourceGroups/g?api-version=2021-04-01%.*s%.*s", w.init.subscription_id, MP_S(""), MP_S("")), MP_S("{\"location\":\"koreacentral\"}"), JSON, "id");
    w.tokens[1] = program("contributor", true);
    w.tokens[2] = program("nobody", false);
}

/* ---- a request ---- */

static mp_str take_word(mp_str *left)
{
    size_t blank = mp_str_find(*left, ' ');
    mp_str word = mp_str_of(left->ptr, blank == SIZE_MAX ? left->len : blank);
    *left = mp_str_skip(*left, word.len + 1);
    return word;
}

static unsigned read_request(mp_http_request *request, mp_pair headers[10], mp_str left)
{
    mp_str   line = take_line(&left), who = take_word(&line);
    unsigned asker = mp_str_eq(who, MP_S("C")) ? 1 : mp_str_eq(who, MP_S("N")) ? 2 : 0;
    request->method = method_of(take_word(&line));
    request->target = line;
    request->headers = headers;
    headers[request->header_count++] = (mp_pair){ MP_S("Authorization"), mp_arena_printf(request->arena, "Bearer %.*s", MP_FMT(w.tokens[asker])) };
    headers[request->header_count++] = (mp_pair){ MP_S("Content-Type"), MP_S(JSON) };
    while (left.len && (line = take_line(&left)).len) {
        size_t colon = mp_str_find(line, ':');
        mp_str name = mp_str_of(line.ptr, colon == SIZE_MAX ? 0 : colon);
        if (colon != SIZE_MAX && request->header_count < 10 && !mp_str_eq_fold(name, MP_S("authorization")) && !mp_str_eq_fold(name, MP_S("cookie")))
            headers[request->header_count++] = (mp_pair){ name, mp_str_trim(mp_str_skip(line, colon + 1)) };
    }
    request->body = left;
    return asker;
}

/* ---- what must hold ---- */

static bool has(mp_str path, const char *part) { return mp_str_find_fold(path, mp_str_from(part)) != SIZE_MAX; }

/* Of a change that was done: might he? */
static void check_rights(const mp_http_request *request, const mp_http_response *response, unsigned asker)
{
    mp_str group = mp_arena_printf(request->arena, "/subscriptions/%.*s/resourceGroups/g", MP_FMT(w.init.subscription_id)), path = request->path;
    bool   is_change = request->method == MP_PUT || request->method == MP_PATCH || request->method == MP_DELETE;
    if (!is_change || response->status >= 300 || asker == 0)
        return;
    require(asker == 1);
    mp_buf clean = MP_BUF_INIT; /* one slash for a run of them */
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] != '/' || i == 0 || path.ptr[i - 1] != '/')
            mp_buf_add_c(&clean, path.ptr[i]);
    path = mp_buf_str(&clean);
    require(mp_str_starts_fold(path, group) && (path.len == group.len || path.ptr[group.len] == '/'));
    require(!has(path, "/providers/Microsoft.Authorization/") && !has(path, "/providers/Microsoft.Management/"));
    mp_buf_free(&clean);
}

/* What neither of the two others may change, whatever way he finds: one number of which versions there are. */
typedef struct guarded {
    uint64_t sum;
} guarded;

static mp_code add_versions(mp_tx *tx, void *arg, mp_error *err)
{
    static const mp_kind *const kinds[] = { &mp_policy_definition_kind, &mp_policy_set_kind, &mp_policy_assignment_kind, &mp_policy_exemption_kind, &mp_lock_kind, &mp_role_kind,
                                            &mp_assignment_kind, &mp_management_group_kind, &mp_subscription_kind };
    guarded *g = arg;
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        mp_record_query query = { .kind = kinds[i], .limit = 1000 };
        mp_record_page  page;
        do {
            MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
            for (size_t k = 0; k < page.count; k++)
                g->sum = (g->sum ^ (uint64_t)page.records[k].version ^ (uint64_t)page.records[k].key.len << 32) * 1099511628211u;
            query.after = page.next;
        } while (page.next.len);
    }
    return MP_OK;
}

static uint64_t guarded_now(void)
{
    guarded g = { .sum = 0 };
    require(mp_store_read(w.app->store, add_versions, &g, NULL) == MP_OK);
    return g.sum;
}

static void check_answer(const mp_http_request *request, const mp_http_response *response)
{
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    require(response->status >= 200 && response->status <= 599 && response->status != 500);
    for (size_t i = 0; i < response->header_count; i++)
        for (size_t k = 0; k < response->headers[i].value.len; k++)
            require((unsigned char)response->headers[i].value.ptr[k] >= 0x20);
    if (response->body.len == 0 || !request->route || request->route->face != &mp_face_arm)
        return;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    require(mp_json_read(doc, &root, response->body, &(mp_json_options){ .max_depth = 512 }, NULL, NULL) == MP_OK);
    if (response->status >= 400) {
        const mp_json *error = mp_json_get(root, MP_S("error"));
        require(mp_json_is(mp_json_get(error, MP_S("code")), MP_JSON_STRING) && mp_json_is(mp_json_get(error, MP_S("message")), MP_JSON_STRING));
    }
    mp_json_doc_free(doc);
}

static void try_request(mp_str input)
{
    mp_arena         arena = MP_ARENA_INIT;
    mp_pair          headers[10];
    mp_http_request  request = { .client = MP_S("192.0.2.1"), .is_secure = true, .arena = &arena };
    mp_http_response response;
    unsigned         asker = read_request(&request, headers, input);
    if (mp_str_starts(request.target, MP_S("/subscriptions")) || mp_str_starts(request.target, MP_S("/providers")) || mp_str_starts(request.target, MP_S("/v1.0"))) {
        uint64_t before = asker ? guarded_now() : 0;
        mp_router_answer(w.app->router, &request, &response);
        check_answer(&request, &response);
        check_rights(&request, &response, asker);
        require(!asker || guarded_now() == before);
    }
    mp_arena_free(&arena);
}

static void judge(void)
{
    mp_error         err = { .code = MP_OK };
    mp_ledger_report report;
    require(mp_judging_settle(mp_compliance_of(w.app)->judging, 60, &err) == MP_OK);
    require(mp_ledger_verify(&report, w.app->ledger, NULL, NULL, &err) == MP_OK);
}

/* "$S" is the subscription. */
static void fill_in(mp_buf *out, mp_str input)
{
    for (size_t i = 0; i < input.len; i++)
        if (input.ptr[i] == '$' && i + 1 < input.len && input.ptr[i + 1] == 'S') {
            mp_buf_printf(out, "/subscriptions/%.*s", MP_FMT(w.init.subscription_id));
            i++;
        } else {
            mp_buf_add_c(out, input.ptr[i]);
        }
}

/* Threads that still work while a process ends use libraries that have ended. */
void fuzz_end(void)
{
    if (!w.app)
        return;
    judge();
    stop();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_buf input = MP_BUF_INIT;
    if (!w.app) {
        atexit(remove_folder); /* no more than that: libraries may be gone by then */
        start();
    } else if (w.inputs % ANEW_EVERY == 0) {
        judge();
        stop();
        start();
    }
    fill_in(&input, mp_str_of((const char *)data, size));
    mp_str left = mp_buf_str(&input);
    for (unsigned n = 0; n < REQUESTS_MAX && left.len; n++) {
        size_t end = mp_str_find_str(left, MP_S("\n----\n"));
        try_request(mp_str_of(left.ptr, end == SIZE_MAX ? left.len : end));
        left = end == SIZE_MAX ? MP_S("") : mp_str_skip(left, end + 6);
    }
    mp_buf_free(&input);
    if (++w.inputs % JUDGED_EVERY == 0)
        judge();
    return 0;
}
