/* SPDX-License-Identifier: Apache-2.0 */
/* The store of related resources: asked for by itself, and by policies in a scan. */
#include "related.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "context.h"
#include "fault.h"
#include "resource_id.h"
#include "test.h"
#include "world.h"

#define S "/subscriptions/s"
#define RG S "/resourceGroups/rg"
#define VM RG "/providers/Microsoft.Compute/virtualMachines/vm"

enum { EXTENSION, SETTING, VAULT, TYPES };

static const char *const type_names[TYPES] = { "Microsoft.Compute/virtualMachines/extensions",
                                               "Microsoft.Insights/diagnosticSettings",
                                               "Microsoft.KeyVault/vaults" };

struct store {
    mp_related_store      *store;
    const mp_related_type *types[TYPES];
    world                  world; /* of policies that look for them */
    mp_arena               arena;
};

static void open_store(struct store *s)
{
    char     policy[500];
    mp_error err = { 0 };
    *s = (struct store){ 0 };
    CHECK_INT(mp_related_store_new(&s->store, NULL), MP_OK);
    CHECK_INT(world_open(&s->world, &err), MP_OK);
    for (int i = 0; i < TYPES; i++) {
        snprintf(policy, sizeof policy, "{`name`: `p%d`, `properties`: {`mode`: `All`, `policyRule`: {`if`: {`field`: "
                 "`id`, `like`: `*`}, `then`: {`effect`: `auditIfNotExists`, `details`: {`type`: `%s`}}}}}", i,
                 type_names[i]);
        CHECK_INT(world_read(&s->world, "policy.json", policy, &err), MP_OK);
    }
    if (world_plan(&s->world, &err) != MP_OK)
        fail_msg("%s", err.message);
    for (int i = 0; i < TYPES; i++) {
        const mp_program *program;
        CHECK_INT(mp_plan_program(&program, s->world.plan, mp_str_from(type_names[i]), &err), MP_OK);
        s->types[i] = program->as_related;
        CHECK(s->types[i] != NULL);
    }
}

static void close_store(struct store *s)
{
    mp_related_store_free(s->store);
    world_close(&s->world);
    mp_arena_free(&s->arena);
}

static mp_code add(struct store *s, int type, const char *id, mp_error *err)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_resource r = { 0 };
    mp_code     code = mp_id_read(&r, mp_str_from(id), s->types[type]->type, &arena, err);
    mp_pack    *pack = code == MP_OK ? mp_related_pack(s->types[type], &r, &arena) : NULL;
    if (code == MP_OK && !pack)
        code = mp_no_memory(err);
    if (code == MP_OK) {
        mp_pack_detach(pack);
        code = mp_related_store_add(s->store, s->types[type], r.id, r.scope, pack, err);
    }
    mp_arena_free(&arena); /* the store has a copy of all of it */
    return code;
}

static void keep(struct store *s, int type, const char *id) { CHECK_INT(add(s, type, id, NULL), MP_OK); }

static void shut(struct store *s) { CHECK_INT(mp_related_store_close(s->store, NULL), MP_OK); }

/* ---- asking ---- */

struct asked {
    mp_buf   ids; /* a line each */
    uint32_t most;
};

static mp_str id_of(const mp_pack *pack)
{
    static const mp_json *values[64];
    CHECK(pack->slots <= MP_COUNT(values));
    mp_pack_open(pack, values);
    return mp_json_str(values[MP_INPUT_ID]);
}

static bool note(void *arg, const mp_pack *pack)
{
    struct asked *a = arg;
    mp_buf_add(&a->ids, id_of(pack));
    mp_buf_add_c(&a->ids, '\n');
    return --a->most > 0;
}

struct question {
    int              type;
    mp_related_where where;
    const char      *id;    /* of the resource that is judged */
    const char      *group; /* that is named; NULL: its own */
    uint32_t         most;  /* answers that are wanted; 0: all */
};

/* As the judge asks. */
static void ask(const struct store *s, const struct question *q, mp_buf *ids)
{
    struct asked  a = { .ids = MP_BUF_INIT, .most = q->most ? q->most : UINT32_MAX };
    mp_arena      arena = MP_ARENA_INIT;
    mp_related    related = mp_related_store_ask(s->store);
    mp_resource   r = { 0 };
    CHECK_INT(mp_id_read(&r, mp_str_from(q->id), mp_str_of(NULL, 0), &arena, NULL), MP_OK);
    mp_related_query query = { .type = s->types[q->type], .where = q->where, .id = r.id,
                               .subscription_id = r.subscription_id,
                               .group = q->group ? mp_str_from(q->group) : r.resource_group };
    related.each(related.context, &query, note, &a);
    mp_arena_free(&arena);
    *ids = a.ids;
}

static void check_answer(const struct store *s, const struct question *q, const char *wanted)
{
    mp_buf ids;
    ask(s, q, &ids);
    CHECK_STR(mp_buf_str(&ids), wanted);
    mp_buf_free(&ids);
}

TEST(children_are_found_below)
{
    struct store s;
    open_store(&s);
    keep(&s, EXTENSION, VM "1/extensions/b");
    keep(&s, EXTENSION, VM "10/extensions/other");
    keep(&s, EXTENSION, VM "1/extensions/a");
    keep(&s, EXTENSION, VM "2/extensions/other");
    keep(&s, SETTING, VM "1/providers/Microsoft.Insights/diagnosticSettings/d");
    shut(&s);
    check_answer(&s, &(struct question){ EXTENSION, MP_RELATED_BELOW, VM "1", NULL, 0 },
                 VM "1/extensions/b\n" VM "1/extensions/a\n"); /* as they came */
    check_answer(&s, &(struct question){ EXTENSION, MP_RELATED_BELOW, VM "3", NULL, 0 }, "");
    check_answer(&s, &(struct question){ EXTENSION, MP_RELATED_BELOW, VM "1/extensions/a", NULL, 0 }, "");
    check_answer(&s, &(struct question){ EXTENSION, MP_RELATED_BELOW, VM, NULL, 0 }, ""); /* no vm's name */
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_BELOW, VM "1", NULL, 0 }, "");
    close_store(&s);
}

TEST(grandchildren_are_below_too)
{
    struct store s;
    open_store(&s);
    keep(&s, SETTING, VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/deep");
    keep(&s, SETTING, VM "1/providers/Microsoft.Insights/diagnosticSettings/d");
    shut(&s);
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_BELOW, VM "1", NULL, 0 },
                 VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/deep\n"
                 VM "1/providers/Microsoft.Insights/diagnosticSettings/d\n");
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_BELOW, VM "1/extensions/e", NULL, 0 },
                 VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/deep\n");
    close_store(&s);
}

TEST(extensions_stand_on_the_resource_itself)
{
    struct store s;
    open_store(&s);
    keep(&s, SETTING, VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/of-a-child");
    keep(&s, SETTING, VM "1/providers/Microsoft.Insights/diagnosticSettings/d");
    keep(&s, SETTING, RG "/providers/Microsoft.Insights/diagnosticSettings/of-the-group");
    keep(&s, SETTING, S "/providers/Microsoft.Insights/diagnosticSettings/of-the-subscription");
    shut(&s);
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_ON, VM "1", NULL, 0 },
                 VM "1/providers/Microsoft.Insights/diagnosticSettings/d\n");
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_ON, VM "1/extensions/e", NULL, 0 },
                 VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/of-a-child\n");
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_ON, RG, NULL, 0 },
                 RG "/providers/Microsoft.Insights/diagnosticSettings/of-the-group\n");
    check_answer(&s, &(struct question){ SETTING, MP_RELATED_ON, S, NULL, 0 },
                 S "/providers/Microsoft.Insights/diagnosticSettings/of-the-subscription\n");
    close_store(&s);
}

#define KV(scope, name) scope "/providers/Microsoft.KeyVault/vaults/" name

static void fill_with_vaults(struct store *s)
{
    open_store(s);
    keep(s, VAULT, KV(RG, "own"));
    keep(s, VAULT, KV(RG "2", "similar")); /* rg2: begins as rg does */
    keep(s, VAULT, KV(S "/resourceGroups/Shared", "shared"));
    keep(s, VAULT, KV("/subscriptions/t/resourceGroups/rg", "elsewhere"));
    keep(s, VAULT, KV("/subscriptions/t/resourceGroups/shared", "shared-elsewhere"));
    keep(s, VAULT, KV(S, "of-the-subscription"));
    keep(s, VAULT, KV(VM "1", "of-a-machine"));
    shut(s);
}

TEST(a_group_holds_its_own)
{
    struct store s;
    fill_with_vaults(&s);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", NULL, 0 },
                 KV(RG, "own") "\n" KV(VM "1", "of-a-machine") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, RG, NULL, 0 }, /* asked of the group itself */
                 KV(RG, "own") "\n" KV(VM "1", "of-a-machine") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, RG "3/providers/A.B/c/d", NULL, 0 }, "");
    /* In no group there is nothing to look through. */
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, S, NULL, 0 }, "");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, S "/providers/A.B/c/d", NULL, 0 }, "");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, "/providers/A.B/c/d", NULL, 0 }, "");
    close_store(&s);
}

TEST(another_group_is_one_of_the_same_subscription)
{
    struct store s;
    char         longer[3000];
    fill_with_vaults(&s);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", "shared", 0 },
                 KV(S "/resourceGroups/Shared", "shared") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", "SHARED", 0 },
                 KV(S "/resourceGroups/Shared", "shared") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", "RG", 0 }, /* it is its own */
                 KV(RG, "own") "\n" KV(VM "1", "of-a-machine") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, S, "rg2", 0 }, KV(RG "2", "similar") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", "absent", 0 }, "");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", "r", 0 }, "");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, "/providers/A.B/c/d", "rg", 0 }, "");
    memset(longer, 'g', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", longer, 0 }, "");
    close_store(&s);
}

TEST(a_subscription_holds_all_of_its_groups)
{
    struct store s;
    fill_with_vaults(&s);
    static const char all[] = KV(RG, "own") "\n" KV(RG "2", "similar") "\n"
                              KV(S "/resourceGroups/Shared", "shared") "\n"
                              KV(S, "of-the-subscription") "\n" KV(VM "1", "of-a-machine") "\n";
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_SUBSCRIPTION, VM "1", NULL, 0 }, all);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_SUBSCRIPTION, S, NULL, 0 }, all);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_SUBSCRIPTION, RG, NULL, 0 }, all);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_SUBSCRIPTION, "/subscriptions/ss", NULL, 0 }, "");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_SUBSCRIPTION, "/providers/A.B/c/d", NULL, 0 }, "");
    close_store(&s);
}

TEST(ids_have_no_case)
{
    struct store s;
    open_store(&s);
    keep(&s, SETTING, "/SUBSCRIPTIONS/s/RESOURCEGROUPS/Rg/Providers/microsoft.COMPUTE/VirtualMachines/VM1/"
                      "providers/microsoft.insights/DIAGNOSTICSETTINGS/Mixed");
    shut(&s);
    static const char mixed[] = "/SUBSCRIPTIONS/s/RESOURCEGROUPS/Rg/Providers/microsoft.COMPUTE/VirtualMachines/"
                                "VM1/providers/microsoft.insights/DIAGNOSTICSETTINGS/Mixed\n";
    for (int where = MP_RELATED_BELOW; where <= MP_RELATED_SUBSCRIPTION; where++)
        check_answer(&s, &(struct question){ SETTING, (mp_related_where)where, VM "1", NULL, 0 }, mixed);
    close_store(&s);
}

TEST(all_of_one_id_are_found_and_whoever_has_enough_may_stop)
{
    struct store s;
    open_store(&s);
    for (int i = 0; i < 5; i++)
        keep(&s, VAULT, i % 2 ? KV(RG, "twin") : KV(RG, "TWIN"));
    shut(&s);
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", NULL, 0 },
                 KV(RG, "TWIN") "\n" KV(RG, "twin") "\n" KV(RG, "TWIN") "\n" KV(RG, "twin") "\n"
                 KV(RG, "TWIN") "\n");
    check_answer(&s, &(struct question){ VAULT, MP_RELATED_GROUP, VM "1", NULL, 2 },
                 KV(RG, "TWIN") "\n" KV(RG, "twin") "\n");
    close_store(&s);
}

TEST(an_empty_store_finds_nothing)
{
    struct store s;
    open_store(&s);
    shut(&s);
    for (int where = MP_RELATED_BELOW; where <= MP_RELATED_SUBSCRIPTION; where++)
        check_answer(&s, &(struct question){ VAULT, (mp_related_where)where, VM "1", NULL, 0 }, "");
    mp_related related = mp_related_store_ask(s.store);
    CHECK(related.container(related.context, MP_S(RG)) == NULL);
    close_store(&s);
    mp_related_store_free(NULL);
}

/* ---- many, against the long way round ---- */

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* An id some levels deep, of few names, so that they meet. */
static void make_id(char *to, size_t size, int type)
{
    static const char *const names[] = { "a", "A", "ab", "b" };
    int len = snprintf(to, size, "/subscriptions/%s", names[any(4)]);
    if (any(8))
        len += snprintf(to + len, size - (size_t)len, "/resourceGroups/%s", names[any(4)]);
    for (uint32_t i = any(3); i > 0; i--)
        len += snprintf(to + len, size - (size_t)len, "/providers/%s.x/%s/%s", names[any(4)], names[any(4)],
                        names[any(4)]);
    if (type >= 0)
        snprintf(to + len, size - (size_t)len, "/providers/%s%s/%s", type_names[type],
                 type == EXTENSION ? "/a" : "", names[any(4)]);
}

struct known {
    char ids[4000][200];
    int  types[4000];
    mp_str scopes[4000];
};

static bool is_below(const char *id, mp_str ancestor)
{
    mp_str s = mp_str_from(id);
    return ancestor.len && s.len > ancestor.len && s.ptr[ancestor.len] == '/' && mp_str_starts_fold(s, ancestor);
}

static bool answers(const struct known *k, uint32_t i, const struct question *q, const mp_resource *of)
{
    char   place[200];
    mp_str group = q->group ? mp_str_from(q->group) : of->resource_group;
    if (k->types[i] != q->type)
        return false;
    switch (q->where) {
    case MP_RELATED_BELOW:
        return is_below(k->ids[i], of->id);
    case MP_RELATED_ON:
        return is_below(k->ids[i], of->id) && mp_str_eq_fold(k->scopes[i], of->id);
    case MP_RELATED_GROUP:
        snprintf(place, sizeof place, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(of->subscription_id),
                 MP_FMT(group));
        return group.ptr && is_below(k->ids[i], mp_str_from(place));
    case MP_RELATED_SUBSCRIPTION:
        snprintf(place, sizeof place, "/subscriptions/%.*s", MP_FMT(of->subscription_id));
        return is_below(k->ids[i], mp_str_from(place));
    }
    return false;
}

TEST(many_are_found_as_by_looking_at_each)
{
    static struct known known;
    struct store        s;
    size_t              found = 0;
    open_store(&s);
    for (uint32_t i = 0; i < MP_COUNT(known.ids); i++) {
        mp_resource r = { 0 };
        known.types[i] = (int)any(TYPES);
        make_id(known.ids[i], sizeof known.ids[i], known.types[i]);
        CHECK_INT(mp_id_read(&r, mp_str_from(known.ids[i]), mp_str_of(NULL, 0), &s.arena, NULL), MP_OK);
        known.scopes[i] = r.scope;
        keep(&s, known.types[i], known.ids[i]);
    }
    shut(&s);
    CHECK(mp_related_store_bytes(s.store) > MP_COUNT(known.ids) * 100);
    for (uint32_t round = 0; round < 1500; round++) {
        char            id[200];
        mp_buf          wanted = MP_BUF_INIT, ids;
        mp_resource     of = { 0 };
        struct question q = { (int)any(TYPES), (mp_related_where)any(4), id, any(3) ? NULL : "AB", 0 };
        make_id(id, sizeof id, any(4) ? -1 : (int)any(TYPES));
        CHECK_INT(mp_id_read(&of, mp_str_from(id), mp_str_of(NULL, 0), &s.arena, NULL), MP_OK);
        for (uint32_t i = 0; i < MP_COUNT(known.ids); i++)
            if (answers(&known, i, &q, &of))
                mp_buf_printf(&wanted, "%s\n", known.ids[i]);
        ask(&s, &q, &ids);
        if (!mp_str_eq(mp_buf_str(&ids), mp_buf_str(&wanted)))
            fail_msg("%d of type %d for %s:\n%.*swanted\n%.*s", (int)q.where, q.type, id, MP_FMT(mp_buf_str(&ids)),
                     MP_FMT(mp_buf_str(&wanted)));
        found += wanted.len;
        mp_buf_free(&wanted);
        mp_buf_free(&ids);
    }
    CHECK(found > 100000);
    close_store(&s);
}

/* ---- documents of groups and subscriptions ---- */

/* The document is gone afterwards: the store has a copy. */
static void keep_container(struct store *s, const char *id, const char *text)
{
    mp_json_doc   *doc;
    const mp_json *root;
    char          *copy = strdup(text);
    CHECK(copy != NULL);
    for (char *c = copy; *c; c++)
        if (*c == '`')
            *c = '"';
    CHECK_INT(mp_json_doc_new(&doc, NULL), MP_OK);
    CHECK_INT(mp_json_read(doc, &root, mp_str_from(copy), NULL, NULL, NULL), MP_OK);
    CHECK_INT(mp_related_store_add_container(s->store, mp_str_from(id), root, NULL), MP_OK);
    mp_json_doc_free(doc);
    free(copy);
}

static void check_member(const mp_json *object, const char *name, const char *wanted)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    CHECK(mp_json_is(v, MP_JSON_STRING));
    CHECK_STR(mp_json_str(v), wanted);
}

TEST(containers_are_found_by_id_in_any_case)
{
    struct store s;
    open_store(&s);
    keep_container(&s, RG, "{`location`:`here`,`tags`:{`env`:`prod`}}");
    keep_container(&s, S, "{`displayName`:`Ours`}");
    shut(&s);
    mp_related     related = mp_related_store_ask(s.store);
    const mp_json *group = related.container(related.context, MP_S("/SUBSCRIPTIONS/S/resourcegroups/RG"));
    const mp_json *subscription = related.container(related.context, MP_S(S));
    CHECK(group != NULL && subscription != NULL);
    check_member(group, "location", "here");
    check_member(mp_json_get(group, MP_S("tags")), "env", "prod");
    check_member(group, "name", "rg"); /* what its document did not say, its id does */
    check_member(group, "id", RG);
    check_member(subscription, "displayName", "Ours");
    check_member(subscription, "subscriptionId", "s");
    CHECK(mp_json_get(subscription, MP_S("name")) == NULL);
    /* Not known is not empty. */
    CHECK(related.container(related.context, MP_S(RG "2")) == NULL);
    CHECK(related.container(related.context, MP_S("/subscriptions/t")) == NULL);
    close_store(&s);
}

/* ---- what policies find ---- */

static char inventory[] = "/tmp/mapae-related-XXXXXX";

static void write_ticks(FILE *f, const char *text)
{
    for (; *text; text++)
        fputc(*text == '`' ? '"' : *text, f);
}

/* What a policy with these details says of the machines of the inventory: a line each. ` stands for ". */
static void scan(mp_buf *out, const char *details, const char *documents)
{
    char      policy[2048];
    world     w;
    world_run run = WORLD_RUN_INIT;
    mp_error  err = { 0 };
    const char *path = inventory;
    snprintf(policy, sizeof policy, "{`name`: `p`, `properties`: {`mode`: `All`, `policyRule`: {`if`: {`field`: "
             "`type`, `equals`: `Microsoft.Compute/virtualMachines`}, `then`: {`effect`: `auditIfNotExists`, "
             "`details`: {%s}}}}}", details);
    FILE *f = fopen(inventory, "w");
    CHECK(f != NULL);
    write_ticks(f, documents);
    CHECK_INT(fclose(f), 0);
    CHECK_INT(world_open(&w, &err), MP_OK);
    if (world_read(&w, "policy.json", policy, &err) != MP_OK || world_plan(&w, &err) != MP_OK ||
        world_scan(&w, &run, &path, 1, &err) != MP_OK)
        fail_msg("%s: %s", details, err.message);
    mp_str left = mp_buf_str(&run.records);
    while (left.len) {
        static const mp_str before = MP_S_INIT(" check 0 ");
        size_t              end = mp_str_find(left, '\n'), at = mp_str_find_str(mp_str_of(left.ptr, end), before);
        CHECK(at != SIZE_MAX);
        mp_buf_add(out, mp_str_of(left.ptr + at + before.len, end + 1 - at - before.len));
        left = mp_str_skip(left, end + 1);
    }
    CHECK_INT(mp_buf_check(out, NULL), MP_OK);
    world_run_free(&run);
    world_close(&w);
}

#define IS(id, ...) "{`id`: `" id "`" __VA_ARGS__ "}\n"
#define MACHINE IS(VM "1", ", `location`: `here`, `tags`: {`group`: `SHARED`, `of`: `vm2`}")
#define EXT(vm, name, ...) IS(vm "/extensions/" name, __VA_ARGS__)
#define EXT_TYPE "`type`: `Microsoft.Compute/virtualMachines/extensions`"
#define KV_TYPE "`type`: `Microsoft.KeyVault/vaults`"
#define HERE "`existenceCondition`: {`field`: `location`, `equals`: `[field('location')]`}"
#define SAYS(state, reason, type) state " " reason " \"" type "\"\n"
#define MISSING(type) SAYS("NonCompliant", "related-missing", type)
#define UNMET(type) SAYS("NonCompliant", "related-unmet", type)
#define MET(type) SAYS("Compliant", "related-met", type)
#define E "Microsoft.Compute/virtualMachines/extensions"
#define V "Microsoft.KeyVault/vaults"

static const struct { const char *details, *documents, *wanted; } cases[] = {
    { EXT_TYPE, MACHINE, MISSING(E) },
    { EXT_TYPE, MACHINE EXT(VM "2", "e"), MISSING(E) },
    { EXT_TYPE, MACHINE EXT(VM "1", "e"), MET(E) },
    { EXT_TYPE, EXT(VM "1", "e") MACHINE, MET(E) }, /* it may come first */
    /* A name: the leaf, or all names, in any case. */
    { EXT_TYPE ", `name`: `right`", MACHINE EXT(VM "1", "wrong"), MISSING(E) },
    { EXT_TYPE ", `name`: `right`", MACHINE EXT(VM "1", "wrong") EXT(VM "1", "RIGHT"), MET(E) },
    { EXT_TYPE ", `name`: `right`", MACHINE EXT(VM "1", "not-right"), MISSING(E) },
    { EXT_TYPE ", `name`: `vm1/right`", MACHINE EXT(VM "1", "right"), MET(E) },
    { EXT_TYPE ", `name`: `vm2/right`", MACHINE EXT(VM "1", "right"), MISSING(E) },
    { EXT_TYPE ", `name`: `[concat(field('name'), '/right')]`", MACHINE EXT(VM "1", "right"), MET(E) },
    { KV_TYPE ", `name`: `v`, `existenceScope`: `subscription`",
      MACHINE IS(KV(S "/resourceGroups/a", "vv")) IS(KV(S "/resourceGroups/a", "v")), MET(V) },
    /* "/?": all children of that parent, and no others. */
    { EXT_TYPE ", `name`: `[concat(field('name'), '/?')]`", MACHINE EXT(VM "1", "any"), MET(E) },
    { EXT_TYPE ", `name`: `VM1/?`", MACHINE EXT(VM "1", "any"), MET(E) },
    { EXT_TYPE ", `name`: `vm/?`", MACHINE EXT(VM "1", "any"), MISSING(E) },
    { EXT_TYPE ", `name`: `vm1/?`, " HERE, MACHINE EXT(VM "1", "a", ", `location`: `there`"), UNMET(E) },
    { EXT_TYPE ", `name`: `vm1/?`, " HERE,
      MACHINE EXT(VM "1", "a", ", `location`: `there`") EXT(VM "1", "b", ", `location`: `HERE`"), MET(E) },
    { "`type`: `Microsoft.Sql/servers/databases`, `name`: `[concat(field('tags.of'), '/?')]`",
      MACHINE IS(RG "/providers/Microsoft.Sql/servers/vm2/databases/d"), MET("Microsoft.Sql/servers/databases") },
    { "`type`: `Microsoft.Sql/servers/databases`, `name`: `[concat(field('tags.of'), '/?')]`",
      MACHINE IS(RG "/providers/Microsoft.Sql/servers/vm20/databases/d"),
      MISSING("Microsoft.Sql/servers/databases") },
    { "`type`: `Microsoft.Sql/servers/databases/x`, `name`: `vm2/?`",
      MACHINE IS(RG "/providers/Microsoft.Sql/servers/vm2/databases/d/x/y"),
      MISSING("Microsoft.Sql/servers/databases/x") }, /* a grandchild */
    /* Several of one name: one that satisfies is enough. */
    { KV_TYPE ", `name`: `v`, `existenceScope`: `Subscription`, " HERE,
      MACHINE IS(KV(RG, "v"), ", `location`: `there`") IS(KV(RG "2", "v"), ", `location`: `here`"), MET(V) },
    { KV_TYPE ", `name`: `v`, `existenceScope`: `Subscription`, " HERE,
      MACHINE IS(KV(RG, "v"), ", `location`: `there`") IS(KV(RG "2", "w"), ", `location`: `here`"), UNMET(V) },
    /* Of two documents of one resource the first counts. */
    { KV_TYPE ", " HERE, MACHINE IS(KV(RG, "v"), ", `location`: `there`") IS(KV(RG, "V"), ", `location`: `here`"),
      UNMET(V) },
    /* Places. */
    { KV_TYPE, MACHINE IS(KV(RG "2", "v")), MISSING(V) },
    { KV_TYPE, MACHINE IS(KV(RG, "v")), MET(V) },
    { KV_TYPE ", `existenceScope`: `subscription`", MACHINE IS(KV(RG "2", "v")), MET(V) },
    { KV_TYPE ", `existenceScope`: `subscription`", MACHINE IS(KV("/subscriptions/t/resourceGroups/rg", "v")),
      MISSING(V) },
    { KV_TYPE ", `resourceGroupName`: `Shared`", MACHINE IS(KV(RG, "v")), MISSING(V) },
    { KV_TYPE ", `resourceGroupName`: `Shared`", MACHINE IS(KV(S "/resourceGroups/shared", "v")), MET(V) },
    { KV_TYPE ", `resourceGroupName`: `[field('tags.group')]`", MACHINE IS(KV(S "/resourceGroups/shared", "v")),
      MET(V) },
    { KV_TYPE ", `resourceGroupName`: `shared`", MACHINE IS(KV("/subscriptions/t/resourceGroups/shared", "v")),
      MISSING(V) },
    { "`type`: `Microsoft.Insights/diagnosticSettings`",
      MACHINE IS(VM "1/extensions/e/providers/Microsoft.Insights/diagnosticSettings/d"),
      MISSING("Microsoft.Insights/diagnosticSettings") },
    { "`type`: `Microsoft.Insights/diagnosticSettings`",
      MACHINE IS(VM "1/providers/Microsoft.Insights/diagnosticSettings/d"),
      MET("Microsoft.Insights/diagnosticSettings") },
    /* A condition that fails on one may hold on another. */
    { KV_TYPE ", `existenceCondition`: {`field`: `tags.n`, `greater`: 1}",
      MACHINE IS(KV(RG, "a")) IS(KV(RG, "b"), ", `tags`: {`n`: 5}"), MET(V) },
    { KV_TYPE ", `existenceCondition`: {`field`: `tags.n`, `greater`: 1}", MACHINE IS(KV(RG, "a")) IS(KV(RG, "b")),
      SAYS("Error", "evaluation-failed",
           "'greater' compares two numbers or two texts, not a missing value with integer") },
    /* Nothing found is an answer; what the inventory does not say is none. */
    { KV_TYPE ", `existenceCondition`: {`field`: `location`, `equals`: `[resourceGroup().location]`}",
      MACHINE IS(KV(RG, "v"), ", `location`: `here`"), SAYS("NotEvaluated", "context-missing", RG) },
    { KV_TYPE ", `existenceCondition`: {`field`: `location`, `equals`: `[resourceGroup().location]`}",
      MACHINE, MISSING(V) },
    { KV_TYPE ", `existenceCondition`: {`field`: `location`, `equals`: `[resourceGroup().location]`}",
      MACHINE IS(KV(RG, "v"), ", `location`: `here`")
          IS(RG, ", `type`: `Microsoft.Resources/subscriptions/resourceGroups`, `location`: `here`"), MET(V) },
    { KV_TYPE ", `existenceCondition`: {`field`: `location`, `equals`: `[resourceGroup().location]`}",
      MACHINE IS(KV(RG, "v"), ", `location`: `here`")
          IS(RG, ", `type`: `Microsoft.Resources/subscriptions/resourceGroups`, `location`: `there`"), UNMET(V) },
};

TEST(policies_find_what_they_name)
{
    int fd = mkstemp(inventory);
    CHECK(fd >= 0);
    close(fd);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf found = MP_BUF_INIT;
        scan(&found, cases[i].details, cases[i].documents);
        if (!mp_str_eq(mp_buf_str(&found), mp_str_from(cases[i].wanted)))
            fail_msg("{%s}\n%sfound  %.*swanted %s", cases[i].details, cases[i].documents,
                     MP_FMT(mp_buf_str(&found)), cases[i].wanted);
        mp_buf_free(&found);
    }
    remove(inventory);
}

/* ---- memory ---- */

static mp_code fill(struct store *s, mp_error *err)
{
    mp_related_store *store = NULL;
    MP_TRY(mp_related_store_new(&store, err));
    s->store = store;
    for (int i = 0; i < 300; i++) {
        char id[200];
        snprintf(id, sizeof id, RG "%d/providers/Microsoft.KeyVault/vaults/v%d", i % 3, i);
        MP_TRY(add(s, VAULT, id, err));
    }
    static const mp_json empty = { .kind = MP_JSON_OBJECT, .u.span = 1 };
    MP_TRY(mp_related_store_add_container(store, MP_S(RG), &empty, err));
    MP_TRY(mp_related_store_add_container(store, MP_S(S), &empty, err));
    return mp_related_store_close(store, err);
}

static bool fill_and_ask(void *context)
{
    struct store s = *(const struct store *)context; /* its types */
    mp_error     err = { 0 };
    mp_code      code = fill(&s, &err);
    CHECK(code == MP_OK || (code == MP_NOMEM && err.code == MP_NOMEM));
    mp_related_store_free(s.store);
    return code == MP_OK;
}

TEST(memory_may_run_out)
{
    struct store s;
    open_store(&s);
    mp_related_store_free(s.store);
    s.store = NULL;
    CHECK(fault_loop(fill_and_ask, &s) > 10);
    close_store(&s);
}

int main(void)
{
    return MAIN(RUN(children_are_found_below), RUN(grandchildren_are_below_too),
                RUN(extensions_stand_on_the_resource_itself), RUN(a_group_holds_its_own),
                RUN(another_group_is_one_of_the_same_subscription), RUN(a_subscription_holds_all_of_its_groups),
                RUN(ids_have_no_case), RUN(all_of_one_id_are_found_and_whoever_has_enough_may_stop),
                RUN(an_empty_store_finds_nothing), RUN(many_are_found_as_by_looking_at_each),
                RUN(containers_are_found_by_id_in_any_case), RUN(policies_find_what_they_name),
                RUN(memory_may_run_out));
}
