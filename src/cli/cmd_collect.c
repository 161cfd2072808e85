/* SPDX-License-Identifier: Apache-2.0 */
/* What there is to ask is a list of steps, made once: the subscriptions, then of all or of each of them groups and
 * resources. A step has pages. After each page the journal says where the next one is, and what was met, so that who
 * is stopped goes on there. */
#include "az_caller.h"

#include <stdio.h>
#include <unistd.h>

#include "collect_host.h"
#include "durable.h"
#include "feeding.h"
#include "journal.h"
#include "source.h"

struct collect_args {
    mp_place    place;
    int         format;
    const char *unused_name; /* no operand: mp_ask_args has one here */
    const char *endpoint, *authority, *tenant, *client, *secret_file, *ca_file, *source, *out, *state;
    mp_list     subscriptions;
    int         from;
};

enum { FROM_GRAPH, FROM_LISTS };
static const char *const from_names[] = { "graph", "lists", NULL };

#define PUBLIC_CLOUD "https://management.azure.com"
#define SECRET_MAX ((size_t)4096)

static const mp_option azure_options[] = {
    { .name = "tenant", .value = "TENANT", .help = "option.collect.tenant", .is_required = true, MP_FIELD(struct collect_args, tenant) },
    { .name = "client-id", .value = "ID", .help = "option.collect.client", .is_required = true, MP_FIELD(struct collect_args, client) },
    { .name = "secret-file", .value = "FILE", .fallback = "-", .help = "option.secret-file", MP_FIELD(struct collect_args, secret_file) },
    { .name = "subscription", .value = "ID", .help = "option.collect.subscription", MP_FIELD(struct collect_args, subscriptions) },
    { .name = "from", .choices = from_names, .fallback = "graph", .help = "option.collect.from", MP_FIELD(struct collect_args, from) },
    { .name = "endpoint", .value = "URL", .fallback = PUBLIC_CLOUD, .help = "option.collect.endpoint", MP_FIELD(struct collect_args, endpoint) },
    { .name = "authority", .value = "URL", .help = "option.collect.authority", MP_FIELD(struct collect_args, authority) },
    { .name = "ca-file", .value = "FILE", .help = "option.collect.ca-file", MP_FIELD(struct collect_args, ca_file) },
    { .name = "source", .value = "NAME", .fallback = "azure", .help = "option.collect.source", MP_FIELD(struct collect_args, source) },
    { .name = "out", .letter = 'o', .value = "DIR", .help = "option.collect.out", MP_FIELD(struct collect_args, out) },
    { .name = "state", .value = "FILE", .help = "option.collect.state", MP_FIELD(struct collect_args, state) },
    MP_ANSWER_OPTIONS(struct collect_args),
};

typedef struct collecting {
    const struct collect_args *args;
    mp_cli        *cli;
    mp_exit       *exit;
    mp_az_caller   az;
    mp_arena       arena;  /* to the end */
    mp_str         secret;
    mp_str        *subscriptions; /* GUIDs */
    size_t         subscription_count;
    bool           has_plan;
    const mp_json *versions; /* of --from lists: type in lower case to api-version; of `versions_of` */
    size_t         versions_of;
    mp_arena       version_arena;
    mp_feeding    *feeding; /* NULL: into files */
    size_t         told;    /* entries of feeding->seen that stand in the journal */
    mp_journal     journal;
    size_t         step;    /* that is at hand, from 0 */
    mp_str         next;    /* its next page; empty: its first */
    uint64_t       pages, resources, faulty;
} collecting;

static mp_str text_of(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static mp_code keep(mp_str *out, mp_arena *arena, mp_str s, mp_error *err)
{
    *out = mp_arena_dup(arena, s);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* ---- where it stands ---- */

static mp_code read_plan(collecting *c, const mp_json *line, mp_error *err)
{
    const mp_json *list = mp_json_get(line, MP_S("subscriptions"));
    if (!mp_str_eq(text_of(line, "endpoint"), mp_str_from(c->args->endpoint)) ||
        !mp_str_eq(text_of(line, "from"), mp_str_from(from_names[c->args->from])) ||
        !mp_str_eq(text_of(line, "source"), mp_str_from(c->args->source)) ||
        !mp_str_eq(text_of(line, "tenant"), mp_str_from(c->args->tenant)))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "%s tells of another collection that was not finished; remove it to begin anew",
                       c->journal.path);
    c->subscriptions = MP_ARENA_ARRAY(&c->arena, mp_str, mp_json_is(list, MP_JSON_ARRAY) ? list->count + 1 : 1);
    if (!c->subscriptions)
        return mp_no_memory(err);
    if (mp_json_is(list, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, list))
            MP_TRY(keep(&c->subscriptions[c->subscription_count++], &c->arena,
                        mp_json_is(one, MP_JSON_STRING) ? mp_json_str(one) : MP_S(""), err));
    c->has_plan = true;
    return MP_OK;
}

static mp_code read_line(void *ctx, const mp_json *line, mp_error *err)
{
    collecting    *c = ctx;
    const mp_json *step = mp_json_get(line, MP_S("step")), *seen = mp_json_get(line, MP_S("seen")),
                  *faulty = mp_json_get(line, MP_S("faulty"));
    if (!c->has_plan)
        return read_plan(c, line, err);
    if (!mp_json_is(step, MP_JSON_INT) || step->u.integer < 1)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s holds no state of this command", c->journal.path);
    c->step = (size_t)step->u.integer;
    c->faulty += mp_json_is(faulty, MP_JSON_INT) ? (uint64_t)faulty->u.integer : 0;
    c->pages++;
    MP_TRY(keep(&c->next, &c->arena, text_of(line, "next"), err));
    if (c->feeding && mp_json_is(seen, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, seen)) {
            mp_str key;
            if (!mp_json_is(one, MP_JSON_STRING))
                return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s holds no state of this command", c->journal.path);
            MP_TRY(keep(&key, &c->feeding->keys, mp_json_str(one), err));
            MP_TRY(mp_map_put(&c->feeding->seen, key, c->feeding, err));
        }
    c->told = c->feeding ? c->feeding->seen.len : 0;
    return MP_OK;
}

static mp_code write_plan(collecting *c, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "endpoint", c->args->endpoint);
    mp_client_member(&w, "tenant", c->args->tenant);
    mp_client_member(&w, "from", from_names[c->args->from]);
    mp_client_member(&w, "source", c->args->source);
    mp_jsonw_key(&w, MP_S("subscriptions"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < c->subscription_count; i++)
        mp_jsonw_str(&w, c->subscriptions[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *line = mp_jsonw_done(&w);
    mp_code        code = line ? mp_journal_add(&c->journal, line, err) : mp_no_memory(err);
    mp_arena_free(&arena);
    return code;
}

/* The page is where it belongs: the next one is what remains. */
static mp_code write_step(collecting *c, uint64_t faulty, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "step", (int64_t)c->step);
    mp_jsonw_put_str(&w, "next", c->next.len ? c->next : MP_S(""));
    mp_jsonw_put_int(&w, "faulty", (int64_t)faulty);
    mp_jsonw_key(&w, MP_S("seen"));
    mp_jsonw_array(&w);
    for (; c->feeding && c->told < c->feeding->seen.len; c->told++)
        mp_jsonw_str(&w, c->feeding->seen.entries[c->told].key);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *line = mp_jsonw_done(&w);
    mp_code        code = line ? mp_journal_add(&c->journal, line, err) : mp_no_memory(err);
    mp_arena_free(&arena);
    return code;
}

/* ---- a page ---- */

static mp_code write_file(collecting *c, const mp_json *list, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    char   path[4096];
    int    len = snprintf(path, sizeof path, "%s/page-%06llu.json", c->args->out, (unsigned long long)(c->pages + 1));
    mp_buf_add(&text, MP_S("{\"value\":"));
    mp_buf_add_json(&text, list);
    mp_buf_add(&text, MP_S("}\n"));
    mp_code code = len < 0 || (size_t)len >= sizeof path
                       ? mp_fail(err, MP_OUTPUT, MP_NOWHERE, "the name of the folder is too long")
                       : mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_durable_replace(path, mp_buf_str(&text), 0644, err);
    mp_buf_free(&text);
    return code;
}

/* `list` is an array of resources; the next page is at `next`, empty: there is none. */
static mp_code take_page(collecting *c, const mp_json *list, mp_str next, uint64_t faulty, mp_error *err)
{
    uint64_t before = c->feeding ? c->feeding->sending.faulty : 0;
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "an answer has no list of resources");
    if (c->feeding) {
        for (MP_JSON_EACH(one, list))
            MP_TRY(mp_feeding_add(c->feeding, one, "azure", err));
        MP_TRY(mp_sending_flush(&c->feeding->sending, err));
        faulty += c->feeding->sending.faulty - before;
    } else if (list->count) {
        MP_TRY(write_file(c, list, err));
    }
    c->resources += list->count;
    c->pages++;
    c->faulty += faulty;
    if (next.len)
        MP_TRY(keep(&c->next, &c->arena, next, err));
    else
        c->next = mp_str_of(NULL, 0);
    c->step += next.len == 0;
    return write_step(c, faulty, err);
}

/* ---- Resource Graph ---- */

#define GRAPH_PATH "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
#define GRAPH_AT_ONCE 100 /* subscriptions of one query */

static const char *const queries[] = {
    "resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' | order by id asc",
    "resources | order by id asc",
};

static mp_code write_query(mp_buf *out, const collecting *c, size_t first, const char *query, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_jsonw w;
    mp_jsonw_init(&w, &arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("subscriptions"));
    mp_jsonw_array(&w);
    for (size_t i = first; i < c->subscription_count && i < first + GRAPH_AT_ONCE; i++)
        mp_jsonw_str(&w, c->subscriptions[i]);
    mp_jsonw_end(&w);
    mp_client_member(&w, "query", query);
    mp_jsonw_key(&w, MP_S("options"));
    mp_jsonw_object(&w);
    mp_client_member(&w, "resultFormat", "objectArray");
    mp_jsonw_put_int(&w, "$top", 1000);
    mp_jsonw_put_filled(&w, "$skipToken", c->next);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (body)
        mp_buf_add_json(out, body);
    mp_arena_free(&arena);
    return body ? mp_buf_check(out, err) : mp_no_memory(err);
}

static mp_code ask_graph(collecting *c, mp_json_doc *doc, size_t n, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT, body = MP_BUF_INIT;
    const mp_json *answer = NULL;
    mp_code        code = write_query(&body, c, n / MP_COUNT(queries) * GRAPH_AT_ONCE, queries[n % MP_COUNT(queries)], err);
    if (code == MP_OK)
        code = mp_az_ask(&answer, &text, &c->az, doc, MP_S(GRAPH_PATH), mp_buf_str(&body), err);
    if (code == MP_OK && !answer)
        code = mp_fail(err, MP_MISSING, MP_NOWHERE, "the endpoint has no Resource Graph; say --from lists");
    if (code == MP_OK)
        code = take_page(c, mp_json_get(answer, MP_S("data")), text_of(answer, "$skipToken"), 0, err);
    mp_buf_free(&text);
    mp_buf_free(&body);
    return code;
}

/* ---- lists ---- */

static mp_str lower(mp_arena *arena, mp_str s)
{
    mp_str copy = mp_arena_dup(arena, s);
    char  *p = (char *)copy.ptr;
    for (size_t i = 0; p && i < copy.len; i++)
        p[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i]);
    return copy;
}

/* The newest that is no preview; they stand newest first. */
static mp_str best_version(const mp_json *versions)
{
    mp_str best = MP_S("");
    if (mp_json_is(versions, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, versions)) {
            mp_str version = mp_json_is(one, MP_JSON_STRING) ? mp_json_str(one) : MP_S("");
            if (version.len && mp_str_find_str(version, MP_S("preview")) == SIZE_MAX)
                return version;
            best = best.len ? best : version;
        }
    return best;
}

static mp_code add_versions(mp_jsonw *w, mp_arena *arena, const mp_json *providers, mp_error *err)
{
    for (MP_JSON_EACH(provider, providers)) {
        const mp_json *types = mp_json_get(provider, MP_S("resourceTypes"));
        if (!mp_json_is(types, MP_JSON_ARRAY))
            continue;
        for (MP_JSON_EACH(type, types)) {
            mp_str name = mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(text_of(provider, "namespace")),
                                          MP_FMT(text_of(type, "resourceType")));
            mp_str key = lower(arena, name),
                   version = mp_arena_dup(arena, best_version(mp_json_get(type, MP_S("apiVersions"))));
            if (!key.ptr || !version.ptr)
                return mp_no_memory(err);
            mp_jsonw_key(w, key);
            mp_jsonw_str(w, version);
        }
    }
    return MP_OK;
}

/* Which version each type is asked with, as the subscription's providers say. */
static mp_code find_versions(collecting *c, mp_json_doc *doc, size_t subscription, mp_error *err)
{
    mp_arena *arena = &c->version_arena;
    mp_buf    text = MP_BUF_INIT;
    mp_jsonw  w;
    if (c->versions && c->versions_of == subscription)
        return MP_OK;
    mp_arena_reset(arena);
    c->versions = NULL;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_str target = mp_arena_printf(arena, "/subscriptions/%.*s/providers?api-version=2021-04-01",
                                    MP_FMT(c->subscriptions[subscription]));
    mp_code code = target.ptr ? MP_OK : mp_no_memory(err);
    while (code == MP_OK && target.len) {
        const mp_json *answer;
        mp_buf_free(&text);
        code = mp_az_ask(&answer, &text, &c->az, doc, target, mp_str_of(NULL, 0), err);
        if (code == MP_OK && mp_json_is(mp_json_get(answer, MP_S("value")), MP_JSON_ARRAY))
            code = add_versions(&w, arena, mp_json_get(answer, MP_S("value")), err);
        if (code == MP_OK)
            code = keep(&target, arena, text_of(answer, "nextLink"), err);
    }
    mp_buf_free(&text);
    mp_jsonw_end(&w);
    c->versions = code == MP_OK ? mp_jsonw_done(&w) : NULL;
    c->versions_of = subscription;
    return code == MP_OK && !c->versions ? mp_no_memory(err) : code;
}

/* The whole resource: lists over all types leave its properties out. *whole NULL: it is gone meanwhile. */
static mp_code ask_whole(const mp_json **whole, collecting *c, mp_json_doc *doc, const mp_json *item, mp_arena *arena,
                         mp_error *err)
{
    mp_str         type = lower(arena, text_of(item, "type")), id = text_of(item, "id");
    mp_buf         text = MP_BUF_INIT, target = MP_BUF_INIT;
    const mp_json *answer = NULL;
    mp_str         version = type.ptr ? text_of(c->versions, type.ptr) : MP_S("");
    if (!version.len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "no provider says with which version '%.*s' is asked",
                       (int)(type.len < 100 ? type.len : 100), type.len ? type.ptr : "");
    for (size_t i = 0; i < id.len; i++) {
        unsigned char ch = (unsigned char)id.ptr[i];
        if (ch <= 0x20 || ch >= 0x7f || strchr("%?#\"<>\\^`{|}", ch))
            mp_buf_printf(&target, "%%%02X", ch);
        else
            mp_buf_add_c(&target, (char)ch);
    }
    mp_buf_printf(&target, "?api-version=%.*s", MP_FMT(version));
    mp_code code = mp_buf_check(&target, err);
    if (code == MP_OK)
        code = mp_az_ask(&answer, &text, &c->az, doc, mp_buf_str(&target), mp_str_of(NULL, 0), err);
    *whole = code == MP_OK && answer ? mp_arena_dup_json(arena, answer) : NULL;
    if (code == MP_OK && answer && !*whole)
        code = mp_no_memory(err);
    mp_buf_free(&text);
    mp_buf_free(&target);
    return code;
}

static bool ends_all(mp_code code)
{
    return code == MP_NOMEM || code == MP_UNAVAILABLE || code == MP_CREDENTIALS || code == MP_OUTPUT;
}

static mp_code ask_each(const mp_json **out, uint64_t *faulty, collecting *c, const mp_json *list, mp_arena *arena,
                        mp_error *err)
{
    mp_json_doc *doc = NULL;
    mp_jsonw     w;
    mp_code      code = mp_json_doc_new(&doc, err);
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(one, list)) {
        const mp_json *whole = NULL;
        mp_error       why = { .code = MP_OK };
        if (code != MP_OK)
            break;
        code = ask_whole(&whole, c, doc, one, arena, &why);
        if (code == MP_OK && whole)
            mp_jsonw_value(&w, whole);
        if (code != MP_OK && !ends_all(code)) {
            mp_cli_error(c->cli, mp_arena_dup(arena, text_of(one, "id")).ptr, &why);
            *faulty += 1;
            code = MP_OK;
        } else if (code != MP_OK && err) {
            *err = why;
        }
    }
    mp_jsonw_end(&w);
    mp_json_doc_free(doc);
    *out = mp_jsonw_done(&w);
    return code == MP_OK && !*out ? mp_no_memory(err) : code;
}

/* Of a subscription first its groups, which lists have whole, then its resources. */
static mp_code ask_list(collecting *c, mp_json_doc *doc, size_t n, mp_error *err)
{
    mp_arena       arena = MP_ARENA_INIT;
    mp_buf         text = MP_BUF_INIT;
    const mp_json *answer = NULL;
    size_t         subscription = n / 2;
    bool           is_groups = n % 2 == 0;
    uint64_t       faulty = 0;
    mp_str target = c->next.len ? c->next
                                : mp_arena_printf(&arena, "/subscriptions/%.*s/%s?api-version=2021-04-01",
                                                  MP_FMT(c->subscriptions[subscription]),
                                                  is_groups ? "resourcegroups" : "resources");
    mp_code        code = target.ptr ? MP_OK : mp_no_memory(err);
    if (code == MP_OK && !is_groups)
        code = find_versions(c, doc, subscription, err);
    if (code == MP_OK)
        code = mp_az_ask(&answer, &text, &c->az, doc, target, mp_str_of(NULL, 0), err);
    const mp_json *list = mp_json_get(answer, MP_S("value"));
    if (code == MP_OK && !mp_json_is(list, MP_JSON_ARRAY))
        code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "an answer has no list of resources");
    if (code == MP_OK && !is_groups)
        code = ask_each(&list, &faulty, c, list, &arena, err);
    if (code == MP_OK)
        code = take_page(c, list, text_of(answer, "nextLink"), faulty, err);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

/* ---- subscriptions ---- */

static bool is_chosen(const collecting *c, mp_str guid)
{
    for (size_t i = 0; i < c->args->subscriptions.count; i++)
        if (mp_str_eq_fold(mp_str_from(c->args->subscriptions.items[i]), guid))
            return true;
    return c->args->subscriptions.count == 0;
}

typedef struct choice {
    mp_jsonw w;
    size_t   cap;
} choice;

static mp_code choose(collecting *c, choice *chosen, const mp_json *list, mp_error *err)
{
    for (MP_JSON_EACH(one, list)) {
        mp_str guid = text_of(one, "subscriptionId");
        if (!guid.len || !is_chosen(c, guid))
            continue;
        if (c->subscription_count == chosen->cap) {
            mp_str *grown = MP_ARENA_ARRAY(&c->arena, mp_str, chosen->cap * 2 + 16);
            if (!grown)
                return mp_no_memory(err);
            if (c->subscription_count)
                memcpy(grown, c->subscriptions, c->subscription_count * sizeof *grown);
            c->subscriptions = grown;
            chosen->cap = chosen->cap * 2 + 16;
        }
        c->subscriptions[c->subscription_count] = lower(&c->arena, guid);
        if (!c->subscriptions[c->subscription_count++].ptr)
            return mp_no_memory(err);
        const mp_json *kept = mp_arena_dup_json(&c->arena, one);
        if (!kept)
            return mp_no_memory(err);
        mp_jsonw_value(&chosen->w, kept);
    }
    return MP_OK;
}

/* Those that the program sees, or of them those that were named: each has to be there. */
static mp_code find_subscriptions(const mp_json **list, collecting *c, mp_json_doc *doc, mp_error *err)
{
    choice  chosen = { .cap = 0 };
    mp_buf  text = MP_BUF_INIT;
    mp_str  target = MP_S("/subscriptions?api-version=2022-12-01");
    mp_code code = MP_OK;
    mp_jsonw_init(&chosen.w, &c->arena);
    mp_jsonw_array(&chosen.w);
    while (code == MP_OK && target.len) {
        const mp_json *answer;
        mp_buf_free(&text);
        code = mp_az_ask(&answer, &text, &c->az, doc, target, mp_str_of(NULL, 0), err);
        if (code == MP_OK && !mp_json_is(mp_json_get(answer, MP_S("value")), MP_JSON_ARRAY))
            code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "an answer has no list of subscriptions");
        if (code == MP_OK)
            code = choose(c, &chosen, mp_json_get(answer, MP_S("value")), err);
        if (code == MP_OK)
            code = keep(&target, &c->arena, text_of(answer, "nextLink"), err);
    }
    mp_buf_free(&text);
    mp_jsonw_end(&chosen.w);
    MP_TRY(code);
    if (c->subscription_count == 0 || c->subscription_count < c->args->subscriptions.count)
        return mp_fail(
            err, MP_MISSING, MP_NOWHERE,
            "the program sees %zu of the subscriptions that are wanted; it needs a role there, Reader for instance",
            c->subscription_count);
    *list = mp_jsonw_done(&chosen.w);
    return *list ? MP_OK : mp_no_memory(err);
}

/* ---- all of it ---- */

static size_t count_steps(const collecting *c)
{
    return 1 + (c->args->from == FROM_LISTS
                    ? 2 * c->subscription_count
                    : (c->subscription_count + GRAPH_AT_ONCE - 1) / GRAPH_AT_ONCE * MP_COUNT(queries));
}

static mp_code do_steps(collecting *c, mp_json_doc *doc, mp_error *err)
{
    const mp_json *subscriptions;
    if (!c->has_plan) {
        MP_TRY(find_subscriptions(&subscriptions, c, doc, err));
        MP_TRY(write_plan(c, err));
        c->has_plan = true;
        MP_TRY(take_page(c, subscriptions, mp_str_of(NULL, 0), 0, err));
    }
    while (c->step < count_steps(c))
        MP_TRY((c->args->from == FROM_LISTS ? ask_list : ask_graph)(c, doc, c->step - 1, err));
    return MP_OK;
}

/* What stands in other subscriptions was not looked for. */
static bool is_seen(void *ctx, mp_str key)
{
    const collecting *c = ctx;
    mp_str            guid = mp_str_skip(key, sizeof "/subscriptions/" - 1);
    size_t            slash = mp_str_find(guid, '/');
    guid.len = slash == SIZE_MAX ? guid.len : slash;
    bool is_ours = false;
    for (size_t i = 0; i < c->subscription_count && !is_ours; i++)
        is_ours = mp_str_eq(c->subscriptions[i], guid);
    return !is_ours || mp_map_get(&c->feeding->seen, key) != NULL;
}

static mp_code read_secret(collecting *c, mp_error *err)
{
    c->cli->file = c->args->secret_file;
    MP_TRY(mp_source_slurp(&c->secret, c->args->secret_file, SECRET_MAX, &c->arena, err));
    c->cli->file = NULL;
    c->secret = mp_str_trim(c->secret);
    return c->secret.len
               ? MP_OK
               : mp_fail(
                     err, MP_USAGE, MP_NOWHERE,
                     "no secret is given; put it into a file and name it with --secret-file, or write it to standard input");
}

static mp_code collect_all(collecting *c, mp_error *err)
{
    mp_json_doc  *doc = NULL;
    const char   *state = c->args->state;
    mp_az_options options = { .endpoint = c->args->endpoint,
                              .authority = c->args->authority,
                              .tenant = c->args->tenant,
                              .client_id = c->args->client,
                              .secret = c->secret,
                              .ca_file = c->args->ca_file };
    if (!state && c->args->out)
        state = mp_arena_printf(&c->arena, "%s/.collect.ndjson", c->args->out).ptr;
    c->journal.path = state;
    MP_TRY(mp_journal_open(&c->journal, state, read_line, c, err));
    if (c->has_plan && c->pages == 0) { /* it was stopped before its first page, which tells of the subscriptions:
                                           there is nothing to go on with */
        MP_TRY(mp_journal_restart(&c->journal, err));
        c->has_plan = false;
        c->subscription_count = 0;
        c->subscriptions = NULL;
    }
    if (c->has_plan)
        mp_cli_note(c->cli, "collect.resumed", state, NULL);
    MP_TRY(mp_az_begin(&c->az, c->cli, &options, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = do_steps(c, doc, err);
    mp_json_doc_free(doc);
    if (code == MP_OK && c->faulty)
        *c->exit = MP_EXIT_PARTIAL;
    return code;
}

static const mp_column file_columns[] = {
    { "pages", "column.pages", NULL }, { "resources", "column.resources", NULL }, { "faulty", "column.faulty", NULL },
};

static mp_code show_files(collecting *c, mp_error *err)
{
    mp_client client = { .cli = c->cli, .format = c->args->format };
    mp_jsonw  w;
    mp_jsonw_init(&w, &client.arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "pages", (int64_t)c->pages);
    mp_jsonw_put_int(&w, "resources", (int64_t)c->resources);
    mp_jsonw_put_int(&w, "faulty", (int64_t)c->faulty);
    mp_jsonw_end(&w);
    client.answer.json = mp_jsonw_done(&w);
    mp_code code =
        client.answer.json ? mp_client_show(&client, file_columns, MP_COUNT(file_columns), err) : mp_no_memory(err);
    mp_arena_free(&client.arena);
    return code;
}

static mp_code into_files(collecting *c, mp_error *err)
{
    MP_TRY(mp_durable_folder(c->args->out, err));
    MP_TRY(collect_all(c, err));
    mp_journal_close(&c->journal, true);
    return show_files(c, err);
}

static mp_code feed_all(collecting *c, mp_error *err)
{
    MP_TRY(collect_all(c, err));
    if (c->faulty)
        mp_cli_warn(c->cli, "ingest.not-closed", NULL);
    else
        MP_TRY(mp_feeding_close_gone(c->feeding, is_seen, c, err));
    mp_journal_close(&c->journal, true);
    c->feeding->sending.faulty = c->faulty;
    return mp_sending_show(&c->feeding->sending, mp_feeding_columns, MP_FEEDING_COLUMNS, err);
}

static mp_code into_store(mp_client *client, const void *args, mp_error *err)
{
    collecting *c = (collecting *)(uintptr_t)args;
    mp_feeding  feeding;
    mp_code code =
        mp_feeding_begin(&feeding, client, mp_arena_printf(&c->arena, "collect:%s", c->args->source).ptr, err);
    c->feeding = &feeding;
    if (code == MP_OK)
        code = feed_all(c, err);
    c->feeding = NULL;
    mp_feeding_done(&feeding);
    return code;
}

static mp_code run_azure(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    collecting c = { .args = args, .cli = cli, .exit = exit, .journal = { .fd = -1 } };
    mp_code    code = read_secret(&c, err);
    if (code == MP_OK)
        code = c.args->out ? into_files(&c, err) : mp_client_do(cli, args, &c, into_store, err);
    mp_journal_close(&c.journal, false);
    if (code != MP_OK && c.journal.path && c.has_plan)
        mp_cli_note(cli, "collect.stopped", c.journal.path, NULL);
    mp_az_done(&c.az);
    mp_arena_free(&c.version_arena);
    mp_arena_free(&c.arena);
    return code;
}

static const mp_command subs[] = {
    { MP_SUB("collect", "azure", " --tenant TENANT --client-id ID --secret-file secret.txt"), .options = azure_options, .option_count = MP_COUNT(azure_options),
      .args_size = sizeof(struct collect_args), .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL, .run = run_azure },
    { MP_SUB("collect", "host", " --out web-01.json"), .options = mp_collect_host_options,
      .option_count = MP_COLLECT_HOST_OPTIONS, .args_size = sizeof(mp_collect_host_args),
      .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL, .run = mp_collect_host },
};

const mp_command mp_command_collect = { MP_GROUP("collect", "azure",
                                                 " --tenant TENANT --client-id ID --secret-file secret.txt"),
                                        .exits = MP_EXITS_USUAL | 1u << MP_EXIT_PARTIAL };
