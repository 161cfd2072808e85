/* SPDX-License-Identifier: Apache-2.0 */
#include "subject.h"

#include "builtin_policies.h"
#include "diagnose.h"
#include "enabled.h"
#include "jsonw.h"
#include "source.h"

/* ---- the policy ---- */

static bool is_meant(const mp_check *check, mp_str wanted, const mp_subject_choice *choice)
{
    if (choice->assignment && !check->assignment)
        return false;
    return !wanted.len || mp_str_eq_fold(check->reference_id, wanted) ||
           mp_str_eq_fold(check->definition->name, wanted) || mp_str_eq_fold(check->definition->id, wanted);
}

/* How near a check is to what the user means: an assignment that holds elsewhere comes after one that holds
 * here, a disabled policy after one that is not. */
static unsigned distance(const mp_check *check, const mp_resource *r)
{
    mp_str id = r->id.ptr ? r->id : MP_S(""), type = r->type.ptr ? r->type : MP_S("");
    return (mp_check_concerns(check, id, type, r->location) && mp_check_is_open(check, type, r->location) ? 0u : 2u) +
           (mp_is_off(check) ? 1u : 0u);
}

/* The first of the nearest that are called `wanted` (empty: anything), and how many they are. Of those that hold
 * elsewhere one will do: there is but one thing to say of them. */
static const mp_check *find_check(uint32_t *meant, mp_subject *s, mp_str wanted, const mp_subject_choice *choice)
{
    const mp_check *found = NULL;
    unsigned        nearest = 4;
    *meant = 0;
    for (uint32_t i = 0; i < s->check_count; i++) {
        const mp_check *check = &s->checks[i];
        unsigned        d = is_meant(check, wanted, choice) ? distance(check, &s->resource) : 4;
        if (d < nearest) {
            nearest = d;
            found = check;
            *meant = 0;
        }
        *meant += found && d == nearest;
    }
    *meant = nearest < 2 ? *meant : found != NULL;
    return found;
}

static mp_code many_are_meant(mp_subject *s, uint32_t meant, const mp_check *first,
                              const mp_subject_choice *choice, mp_error *err)
{
    mp_str   name = first->reference_id.len ? first->reference_id : first->definition->name;
    uint32_t of_name;
    find_check(&of_name, s, name, choice);
    if (first->assignment && of_name == meant)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "%u assignments hold for the resource: give --assignment one of them, for example %.*s",
                       meant, MP_FMT(first->assignment->name));
    return mp_fail(err, MP_USAGE, MP_NOWHERE,
                   "%u policies are meant: choose one with --reference, for example --reference %.*s", meant,
                   MP_FMT(name));
}

static mp_code find_policy(mp_subject *s, const mp_subject_choice *choice, mp_error *err)
{
    uint32_t meant;
    MP_TRY(mp_library_checks(s->library, &s->checks, &s->check_count, err));
    uint32_t        count = s->check_count;
    const mp_check *found = find_check(&meant, s, mp_str_from(choice->reference), choice);
    if (meant > 1)
        return many_are_meant(s, meant, found, choice, err);
    if (found) {
        s->said.check = *found;
        return MP_OK;
    }
    if (count && choice->reference)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "none of the %u policies is called %s", count,
                       choice->reference);
    if (count && choice->assignment)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "no assignment in %s assigns a policy of %s",
                       choice->assignment, choice->policy);
    return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%s holds no policy that could be judged by", choice->policy);
}

/* What the user gave for nothing. */
static void warn_of_parameters(const mp_cli *cli, const mp_diagnostics *all)
{
    for (mp_diagnostic *d = all->first; d; d = d->next) {
        if (d->severity != MP_SEVERITY_WARNING || d->error.code != MP_PARAMETER)
            continue;
        mp_diagnostic one = *d;
        one.next = NULL;
        mp_cli_diagnostics(cli, &(mp_diagnostics){ .first = &one });
    }
}

static mp_code pick_policy(mp_subject *s, mp_cli *cli, const mp_subject_choice *choice, mp_error *err)
{
    mp_code code = find_policy(s, choice, err);
    if (code == MP_OK)
        warn_of_parameters(cli, mp_library_diagnostics(s->library));
    else /* they say why it cannot be picked */
        mp_cli_diagnostics(cli, mp_library_diagnostics(s->library));
    return code;
}

static mp_code read_policies(mp_subject *s, mp_cli *cli, const mp_subject_choice *choice, mp_error *err)
{
    const char *assignment = choice->assignment;
    MP_TRY(mp_library_new(&s->library, err));
    mp_library_keep_disabled(s->library);
    MP_TRY(mp_given_policy(s->library, cli, choice->policy, err));
    if (assignment)
        MP_TRY(mp_given_policies(s->library, cli, &(mp_list){ &assignment, 1 }, MP_ROLE_JUDGED, err));
    MP_TRY(mp_given_policies(s->library, cli, &choice->libraries, MP_ROLE_REFERENCED, err));
    return mp_given_parameters(s->library, cli, &choice->parameters, err);
}

/* ---- documents ---- */

typedef mp_code use_resource(mp_subject *s, const mp_resource *r, const mp_origin *origin, void *arg,
                             mp_error *err);

struct reading {
    use_resource *use;
    void         *arg;
    mp_error      wrong; /* with the first document that could not be read */
    mp_origin     wrong_origin;
    mp_inventory_batch *batch;
    mp_json_doc  *doc;
    mp_arena      arena;
};

static mp_code read_batch(mp_subject *s, struct reading *r, mp_error *err)
{
    for (size_t i = 0; i < mp_inventory_batch_count(r->batch); i++) {
        mp_resource resource;
        mp_origin   origin;
        mp_error    wrong = { 0 };
        mp_arena_reset(&r->arena);
        mp_code code = mp_record_read(&resource, &origin, r->batch, i, r->doc, &r->arena, &wrong);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code == MP_OK && resource.presence == MP_PRESENT) {
            MP_TRY(r->use(s, &resource, &origin, r->arg, err));
        } else if (code != MP_OK && r->wrong.code == MP_OK) {
            r->wrong = wrong;
            r->wrong_origin = origin;
        }
    }
    return MP_OK;
}

/* Call `use` for every resource of a file or folder. Documents that cannot be read are in r->wrong. */
static mp_code read_resources(mp_subject *s, const char *path, struct reading *r, mp_error *err)
{
    mp_inventory_options options = { .mapping = s->mapping };
    mp_inventory        *inventory = NULL;
    mp_code              code = mp_inventory_open(&inventory, &path, 1, &options, err);
    if (code == MP_OK)
        code = mp_inventory_batch_new(&r->batch, err);
    if (code == MP_OK)
        code = mp_json_doc_new(&r->doc, err);
    for (bool more = true; code == MP_OK && more;) {
        code = mp_inventory_next(inventory, r->batch, &more, err);
        if (code == MP_OK && more)
            code = read_batch(s, r, err);
    }
    mp_arena_free(&r->arena);
    mp_json_doc_free(r->doc);
    mp_inventory_batch_free(r->batch);
    mp_inventory_close(inventory);
    return code;
}

static bool keep_text(mp_str *text, mp_arena *arena)
{
    if (text->ptr)
        *text = mp_arena_dup(arena, *text);
    return text->ptr != NULL;
}

static bool keep_json(const mp_json **v, mp_arena *arena)
{
    if (*v)
        *v = mp_arena_dup_json(arena, *v);
    return *v != NULL;
}

/* A copy that does not need the reader's memory. */
static bool keep_resource(mp_resource *to, const mp_resource *r, mp_arena *arena)
{
    *to = *r;
    mp_str *texts[] = { &to->id, &to->type, &to->name, &to->full_name, &to->location, &to->kind,
                        &to->subscription_id, &to->resource_group, &to->scope };
    const mp_json **values[] = { &to->doc, &to->tags, &to->identity };
    const mp_json  *given[] = { r->doc, r->tags, r->identity };
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        if (texts[i]->ptr && !keep_text(texts[i], arena))
            return false;
    for (size_t i = 0; i < MP_COUNT(values); i++)
        if (given[i] && !keep_json(values[i], arena))
            return false;
    return true;
}

struct picking {
    mp_str   wanted; /* empty: any */
    uint32_t all, meant;
    bool     is_exact; /* a whole id matched: ends of others do not count */
};

static mp_code pick_resource(mp_subject *s, const mp_resource *r, const mp_origin *origin, void *arg,
                             mp_error *err)
{
    struct picking *p = arg;
    p->all++;
    bool is_exact = p->wanted.len && mp_str_eq_fold(r->id, p->wanted);
    bool ends = !p->wanted.len || (r->id.ptr && mp_str_ends_fold(r->id, p->wanted)) ||
                (r->name.ptr && mp_str_eq_fold(r->name, p->wanted));
    if (!is_exact && (p->is_exact || !ends))
        return MP_OK;
    bool is_first = p->meant++ == 0 || (is_exact && !p->is_exact);
    p->is_exact = p->is_exact || is_exact;
    if (!is_first)
        return MP_OK;
    p->meant = 1;
    s->said.origin = *origin;
    s->said.origin.file = NULL; /* the inventory's: named by the caller */
    mp_str file = mp_arena_dup(&s->arena, mp_str_from(origin->file));
    s->said.origin.file = file.ptr;
    return file.ptr && keep_resource(&s->resource, r, &s->arena) ? MP_OK : mp_no_memory(err);
}

static mp_code find_resource(mp_subject *s, mp_cli *cli, const mp_subject_choice *choice, mp_error *err)
{
    struct picking p = { .wanted = mp_str_from(choice->resource_id) };
    struct reading r = { .use = pick_resource, .arg = &p };
    MP_TRY(read_resources(s, choice->resource, &r, err));
    if (p.meant == 1 || (p.meant > 1 && p.is_exact))
        return MP_OK;
    if (p.meant > 1 && !choice->resource_id)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "%s holds %u resources: choose one with --resource-id, for example --resource-id %.*s",
                       choice->resource, p.all, MP_FMT(s->resource.id.ptr ? s->resource.id : s->resource.name));
    if (p.meant > 1)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "%u resources of %s are called %s: give more of the id",
                       p.meant, choice->resource, choice->resource_id);
    if (r.wrong.code != MP_OK) {
        cli->file = choice->resource;
        *err = r.wrong;
        return r.wrong.code;
    }
    if (p.all)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "none of the %u resources of %s is called %s", p.all,
                       choice->resource, choice->resource_id);
    return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s holds no resource", choice->resource);
}

/* ---- what is around it ---- */

static bool is_container(const mp_resource *r)
{
    return r->type.ptr && r->id.ptr &&
           (mp_str_eq_fold(r->type, MP_S("Microsoft.Resources/subscriptions")) ||
            mp_str_eq_fold(r->type, MP_S("Microsoft.Resources/subscriptions/resourceGroups")));
}

static mp_code keep_related(mp_subject *s, const mp_resource *r, const mp_origin *origin, void *arg,
                            mp_error *err)
{
    const mp_related_type *type = s->said.program->items[0].related;
    (void)origin, (void)arg;
    if (is_container(r))
        MP_TRY(mp_related_store_add_container(s->store, r->id, r->doc, err));
    if (!type || !r->type.ptr || !mp_str_eq_fold(r->type, type->type))
        return MP_OK;
    mp_pack *pack = mp_related_pack(type, r, &s->arena);
    if (!pack)
        return mp_no_memory(err);
    mp_pack_detach(pack); /* the store attaches its copy */
    return mp_related_store_add(s->store, type, r->id.ptr ? r->id : MP_S(""), r->scope.ptr ? r->scope : MP_S(""),
                                pack, err);
}

static mp_code read_related(mp_subject *s, const mp_subject_choice *choice, mp_error *err)
{
    struct reading r = { .use = keep_related };
    MP_TRY(mp_related_store_new(&s->store, err));
    if (strcmp(choice->resource, "-") != 0) /* standard input is read once */
        MP_TRY(read_resources(s, choice->resource, &r, err));
    for (size_t i = 0; i < choice->related.count; i++) {
        r = (struct reading){ .use = keep_related };
        MP_TRY(read_resources(s, choice->related.items[i], &r, err));
    }
    MP_TRY(mp_related_store_close(s->store, err));
    s->related = mp_related_store_ask(s->store);
    return MP_OK;
}

/* requestContext with the API version that was asked for. */
static mp_code add_version(mp_subject *s, mp_str version, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &s->arena);
    mp_jsonw_object(&w);
    if (mp_json_is(s->around.request, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, s->around.request)) {
            if (mp_str_eq_fold(mp_json_str(key), MP_S("apiVersion")))
                continue;
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_put_str(&w, "apiVersion", version);
    mp_jsonw_end(&w);
    s->around.request = mp_jsonw_done(&w);
    return s->around.request ? MP_OK : mp_no_memory(err);
}

static mp_code read_context_file(mp_subject *s, mp_cli *cli, const char *path, mp_error *err)
{
    mp_str         text;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    cli->file = path;
    MP_TRY(mp_source_slurp(&text, path, 0, &s->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read_padded(doc, &root, text, NULL, NULL, err);
    if (code == MP_OK && root->kind != MP_JSON_OBJECT)
        code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "a context is an object, not %s",
                       mp_json_kind_name((mp_json_kind)root->kind));
    if (code == MP_OK) {
        root = mp_arena_dup_json(&s->arena, root);
        code = root ? MP_OK : mp_no_memory(err);
    }
    mp_json_doc_free(doc);
    MP_TRY(code);
    cli->file = NULL;
    s->around.request = mp_json_get_fold(root, MP_S("requestContext"));
    s->around.subscription = mp_json_get_fold(root, MP_S("subscription"));
    s->around.resource_group = mp_json_get_fold(root, MP_S("resourceGroup"));
    const mp_json *policy = mp_json_get_fold(root, MP_S("policy"));
    if (policy)
        s->said.check.bound.policy = policy;
    return MP_OK;
}

static mp_code read_mapping(mp_subject *s, mp_cli *cli, const char *path, mp_error *err)
{
    mp_str text;
    cli->file = path;
    MP_TRY(mp_source_slurp(&text, path, 0, &s->arena, err));
    MP_TRY(mp_mapping_read(&s->mapping, text, err));
    cli->file = NULL;
    return MP_OK;
}

static mp_code read_around(mp_subject *s, mp_cli *cli, const mp_subject_choice *choice, mp_error *err)
{
    s->around.now = choice->now;
    if (choice->context)
        MP_TRY(read_context_file(s, cli, choice->context, err));
    return choice->api_version ? add_version(s, mp_str_from(choice->api_version), err) : MP_OK;
}

/* ---- judging ---- */

static mp_code judge(mp_subject *s, const mp_subject_choice *choice, mp_error *err)
{
    mp_plan_options options = { .aliases = s->aliases, .api_version = mp_str_from(choice->api_version) };
    MP_TRY(mp_explained_plan(&s->said, &s->resource, &options, err));
    MP_TRY(read_related(s, choice, err));
    return mp_explained_judge(&s->said, &s->around, &s->related, err);
}

mp_code mp_subject_read(mp_subject *s, mp_cli *cli, const mp_subject_choice *choice, mp_error *err)
{
    *s = (mp_subject){ .arena = MP_ARENA_INIT };
    MP_TRY(mp_given_aliases(&s->aliases, cli, choice->aliases, err));
    if (choice->mapping)
        MP_TRY(read_mapping(s, cli, choice->mapping, err));
    MP_TRY(read_policies(s, cli, choice, err));
    MP_TRY(find_resource(s, cli, choice, err));
    MP_TRY(pick_policy(s, cli, choice, err));
    MP_TRY(read_around(s, cli, choice, err));
    return judge(s, choice, err);
}

void mp_subject_done(mp_subject *s)
{
    mp_explained_done(&s->said);
    mp_related_store_free(s->store);
    mp_library_free(s->library);
    mp_mapping_free(s->mapping);
    mp_aliases_free(s->aliases);
    mp_arena_free(&s->arena);
}
