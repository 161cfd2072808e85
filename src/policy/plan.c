/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include "text.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Programs are found in an open-addressing table whose entries are published one by one with a
 * release store and never change; when it is half full a table of twice the size takes its place,
 * and the old one stays until the plan goes, for threads that may still read it. */

struct table {
    struct table *older;
    uint32_t      mask;
    uint32_t      len;
    _Atomic(const mp_program *) slots[];
};

/* The only types whose resources a check can concern, by hash; count 0: any. A quick answer for most pairs of
 * check and type, which need then not be compiled. */
struct type_filter {
    const uint64_t *hashes;
    uint32_t        count;
};

struct mp_plan {
    const mp_check  *checks;
    uint32_t         check_count;
    mp_plan_options  options;
    mp_condition_fields *fields; /* of each check's condition */
    struct type_filter  *filters; /* of each check */
    mp_lowered      *found;      /* in the whole of it */
    mp_changes      *changes;    /* of each check */
    const mp_related_type **related_of; /* of each check, or NULL */
    mp_related_type *related;
    uint32_t         related_count;
    mp_arena         arena; /* programs; under the lock */
    pthread_mutex_t  lock;
    _Atomic(struct table *) table;
    bool             reads_context;
    bool             changes_wait; /* some modify waits: all of them do, since they may conflict */
};

/* ---- related types ---- */

static bool needs_related(mp_effect effect) { return mp_effects[effect].needs_related; }
static bool stands_alone(mp_effect effect) { return !mp_effects[effect].needs_related; }

static mp_related_type *related_type(mp_plan *plan, mp_str type)
{
    for (uint32_t i = 0; i < plan->related_count; i++)
        if (mp_str_eq_fold(plan->related[i].type, type))
            return &plan->related[i];
    mp_related_type *r = &plan->related[plan->related_count];
    r->type = mp_arena_dup(&plan->arena, type);
    if (!r->type.ptr || mp_slots_new(&r->slots, MP_INPUTS, NULL) != MP_OK)
        return NULL;
    plan->related_count++;
    return r;
}

/* Every path that the existence condition reads of the related document, whatever the original is. */
static mp_code collect_paths(mp_plan *plan, const mp_check *check, const mp_related_type *related,
                             mp_error *err)
{
    if (!check->definition->details.existence)
        return MP_OK;
    mp_arena    trees = MP_ARENA_INIT;
    mp_lowering l;
    mp_lowering_init(&l, &trees, &check->bound, plan->options.aliases, MP_S(""), true);
    l.api_version = plan->options.api_version;
    l.related_type = related->type;
    l.in_existence = true;
    mp_tree *tree = mp_lower_condition(&l, check->definition->details.existence);
    mp_code  code = tree ? mp_slots_collect(related->slots, tree, 1, err)
                         : mp_no_memory(err);
    mp_arena_free(&trees);
    return code;
}

static mp_code note_related(mp_plan *plan, uint32_t i, mp_error *err)
{
    const mp_check    *check = &plan->checks[i];
    const mp_template *type = check->definition->details.type;
    if (!mp_check_may(check, needs_related) || !type)
        return MP_OK;
    const mp_json *value;
    mp_error       inner;
    mp_code        code = mp_template_constant(&value, type, &check->bound, &plan->arena, &inner);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || value->kind != MP_JSON_STRING)
        return MP_OK; /* judged as: no related resource can be found */
    mp_related_type *related = related_type(plan, mp_json_str(value));
    if (!related)
        return mp_no_memory(err);
    plan->related_of[i] = related;
    return collect_paths(plan, check, related, err);
}

/* ---- which types a condition can hold for ---- */

static bool add_types(mp_plan *plan, struct type_filter *f, const mp_json *types)
{
    bool      is_list = types->kind == MP_JSON_ARRAY;
    uint32_t  more = is_list ? types->count : 1;
    uint64_t *hashes = MP_ARENA_ARRAY(&plan->arena, uint64_t, f->count + more + 1);
    if (!hashes)
        return false;
    if (f->count)
        memcpy(hashes, f->hashes, f->count * sizeof(*hashes));
    f->hashes = hashes;
    if (!is_list) {
        hashes[f->count++] = mp_hash_fold(mp_json_str(types));
        return types->kind == MP_JSON_STRING;
    }
    for (MP_JSON_EACH(item, types)) {
        if (item->kind != MP_JSON_STRING)
            return false;
        hashes[f->count++] = mp_hash_fold(mp_json_str(item));
    }
    return true;
}

/* `c` holds only for certain types, which are added to `f`; false when it may hold for any (or memory is short:
 * the filter is a help only). */
static bool limits_types(mp_plan *plan, const mp_check *check, const mp_condition *c, struct type_filter *f)
{
    if (c->kind == MP_CONDITION_ALL) {
        for (uint32_t i = 0; i < c->count; i++) {
            struct type_filter one = { 0 };
            if (limits_types(plan, check, c->kids[i], &one) && f->count == 0) {
                *f = one;
                return true;
            }
        }
        return false;
    }
    if (c->kind == MP_CONDITION_ANY) {
        for (uint32_t i = 0; i < c->count; i++) {
            struct type_filter one = { 0 };
            if (!limits_types(plan, check, c->kids[i], &one))
                return false;
            for (uint32_t k = 0; k < one.count; k++) {
                uint64_t *hashes = MP_ARENA_ARRAY(&plan->arena, uint64_t, f->count + 1);
                if (!hashes)
                    return false;
                if (f->count)
                    memcpy(hashes, f->hashes, f->count * sizeof(*hashes));
                hashes[f->count++] = one.hashes[k];
                f->hashes = hashes;
            }
        }
        return c->count > 0;
    }
    bool is_type = c->kind == MP_CONDITION_TEST && c->left_kind == MP_LEFT_FIELD &&
                   (c->op == MP_OP_EQUALS || c->op == MP_OP_IN) &&
                   c->left->kind == MP_TEMPLATE_CONST &&
                   mp_str_eq_fold(mp_json_str(c->left->value), MP_S("type"));
    const mp_json *types;
    return is_type && plan->options.aliases != mp_aliases_plain() &&
           mp_template_constant(&types, c->right, &check->bound, &plan->arena, NULL) == MP_OK &&
           (types->kind == MP_JSON_STRING || types->kind == MP_JSON_ARRAY) && add_types(plan, f, types);
}

static bool passes(const struct type_filter *f, uint64_t type_hash)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (f->hashes[i] == type_hash)
            return true;
    return f->count == 0;
}

/* ---- one check for one type ---- */

/* A tree of an item that waits, or may. */
struct waiting {
    const mp_tree  *tree;
    mp_waits        waits; /* set when the item is known as a whole */
    struct waiting *next;
};

struct compiling {
    mp_plan          *plan;
    struct waiting   *waiting;
    mp_str            type;
    mp_rules_builder *rules;
    mp_arena          trees;
    mp_error         *err;
};

static mp_code no_memory(struct compiling *c)
{
    return mp_no_memory(c->err);
}

static void init_lowering(mp_lowering *l, struct compiling *c, const mp_check *check)
{
    mp_lowering_init(l, &c->trees, &check->bound, c->plan->options.aliases, c->type,
                     c->plan->options.keep_all);
    l->api_version = c->plan->options.api_version;
}

static mp_code add(struct compiling *c, uint32_t *entry, const mp_tree *tree, const mp_slots *second)
{
    struct waiting *w = MP_ARENA_NEW(&c->trees, struct waiting);
    if (!w)
        return no_memory(c);
    *w = (struct waiting){ tree, MP_WAITS_NOT, c->waiting };
    c->waiting = w;
    return mp_rules_add(entry, c->rules, tree, second, c->err);
}

static bool is_subscription(mp_str type)
{
    return mp_str_eq_fold(type, MP_S("Microsoft.Resources/subscriptions"));
}

static bool is_resource_group(mp_str type)
{
    return mp_str_eq_fold(type, MP_S("Microsoft.Resources/subscriptions/resourceGroups"));
}

/* Microsoft Learn, "Policy applicability": of the provider Microsoft.Resources, only subscriptions and
 * resource groups are ever evaluated. */
static bool is_never_evaluated(mp_str type)
{
    return mp_str_starts_fold(type, MP_S("Microsoft.Resources/")) && !is_subscription(type) &&
           !is_resource_group(type);
}

/* The tree that says whether the check applies; BOOL true when it always does. */
static mp_tree *applicability(struct compiling *c, uint32_t i, mp_lowering *l)
{
    const mp_check     *check = &c->plan->checks[i];
    mp_condition_fields f = c->plan->fields[i];
    init_lowering(l, c, check);
    l->builder.keep_all = false;
    l->applicability = true;
    /* "Policy applicability", exceptional cases: a rule of kinds only or of names only applies to all; one
     * of type and kind, or type and name, is decided by its type. */
    bool only = !f.other;
    l->keep_kind = !only || (f.kind && f.name);
    l->keep_name = !only || (f.kind && f.name);
    if (only && !f.type && f.kind != f.name)
        return mp_tree_bool(&l->builder, true, 0);
    return mp_lower_condition(l, check->definition->condition);
}

static mp_related_where where_of(struct compiling *c, const mp_check *check,
                                 const mp_related_type *related, mp_lowering *l)
{
    static const mp_str extensions[] = {
#define MP_EXTENSION(type) MP_S_INIT(type),
#include "extensions.def"
#undef MP_EXTENSION
    };
    const mp_details *details = &check->definition->details;
    mp_str            type = related->type;
    if (type.len > c->type.len && type.ptr[c->type.len] == '/' && mp_str_starts_fold(type, c->type) &&
        !is_subscription(c->type))
        return MP_RELATED_BELOW;
    const mp_json *scope = NULL;
    if (details->scope && mp_template_constant(&scope, details->scope, &check->bound,
                                               l->builder.arena, NULL) == MP_OK &&
        mp_json_is(scope, MP_JSON_STRING) &&
        mp_str_eq_fold(mp_json_str(scope), MP_S("subscription")))
        return MP_RELATED_SUBSCRIPTION;
    for (size_t i = 0; i < MP_COUNT(extensions); i++)
        if (mp_str_eq_fold(extensions[i], type))
            return MP_RELATED_ON;
    if (is_subscription(c->type) && !details->resource_group)
        return MP_RELATED_SUBSCRIPTION;
    return MP_RELATED_GROUP;
}

static mp_code add_value(struct compiling *c, mp_lowering *l, const mp_template *t, uint32_t *entry)
{
    *entry = MP_NO_ENTRY;
    if (!t)
        return MP_OK;
    mp_tree *tree = mp_lower_template(l, t);
    return tree ? add(c, entry, tree, NULL) : no_memory(c);
}

static mp_code add_related(struct compiling *c, mp_item *item, mp_lowering *l)
{
    const mp_details *details = &item->check->definition->details;
    item->related = c->plan->related_of[item->check_index];
    item->existence = MP_NO_ENTRY;
    MP_TRY(add_value(c, l, details->name, &item->related_name));
    MP_TRY(add_value(c, l, details->resource_group, &item->related_group));
    if (!item->related)
        return MP_OK;
    item->where = where_of(c, item->check, item->related, l);
    if (!details->existence)
        return MP_OK;
    l->related_type = item->related->type;
    l->in_existence = true;
    mp_tree *tree = mp_lower_condition(l, details->existence);
    l->in_existence = false;
    return tree ? add(c, &item->existence, tree, item->related->slots) : no_memory(c);
}

static mp_code add_operation(struct compiling *c, mp_lowering *l, const mp_operation *o, uint32_t *first)
{
    uint32_t entry;
    mp_tree *condition = o->condition ? mp_lower_template(l, o->condition)
                                      : mp_tree_bool(&l->builder, true, 0);
    mp_tree *field = mp_lower_template(l, o->field);
    mp_tree *value = o->value ? mp_lower_template(l, o->value) : mp_tree_value(&l->builder, NULL, 0);
    if (!condition || !field || !value)
        return no_memory(c);
    MP_TRY(add(c, first, condition, NULL));
    MP_TRY(add(c, &entry, field, NULL));
    return add(c, &entry, value, NULL);
}

static mp_code add_details(struct compiling *c, mp_item *item, mp_lowering *l)
{
    const mp_details *details = &item->check->definition->details;
    item->details = item->first_operation = MP_NO_ENTRY;
    if (!c->plan->options.details)
        return MP_OK;
    mp_tree *tree = mp_lower_details(l, details);
    if (!tree)
        return no_memory(c);
    MP_TRY(add(c, &item->details, tree, NULL));
    for (uint32_t i = 0; i < details->operation_count; i++) {
        uint32_t first;
        MP_TRY(add_operation(c, l, &details->operations[i], &first));
        if (i == 0)
            item->first_operation = first;
    }
    return MP_OK;
}

/* The tree of the `if`. What it is found to need is what it needs once folded, whether it is or not. */
static mp_tree *lower_if(struct compiling *c, const mp_check *check, mp_lowering *l)
{
    init_lowering(l, c, check);
    l->builder.keep_all = false;
    mp_tree *folded = mp_lower_condition(l, check->definition->condition);
    if (!folded || !c->plan->options.keep_all)
        return folded;
    mp_lowered found = l->found;
    init_lowering(l, c, check);
    mp_tree *whole = mp_lower_condition(l, check->definition->condition);
    l->found = found;
    return whole;
}

/* *applies is false when the check can never apply to the type. */
static mp_code add_item(struct compiling *c, uint32_t i, mp_item *item, bool *applies)
{
    const mp_check *check = &c->plan->checks[i];
    const mp_definition *d = check->definition;
    bool            related = mp_check_may(check, needs_related);
    bool            alone = mp_check_may(check, stands_alone); /* the effect may differ from resource to resource */
    mp_lowering     l;
    *applies = false;
    *item = (mp_item){ .check = check, .check_index = i, .changes = &c->plan->changes[i], .applies = MP_NO_ENTRY,
                       .related_name = MP_NO_ENTRY, .related_group = MP_NO_ENTRY,
                       .existence = MP_NO_ENTRY, .details = MP_NO_ENTRY, .first_operation = MP_NO_ENTRY };
    bool keep_all = c->plan->options.keep_all; /* explains also what does not apply */
    if (is_never_evaluated(c->type))
        item->never = MP_S("provider");
    else if (d->mode == MP_MODE_INDEXED && (is_subscription(c->type) || is_resource_group(c->type)))
        item->never = MP_S("mode");
    if (item->never.ptr && !keep_all)
        return MP_OK;
    mp_tree *applying = NULL;
    if (alone) {
        applying = applicability(c, i, &l);
        if (!applying)
            return no_memory(c);
        if (mp_tree_is_bool(applying, false)) {
            if (!keep_all)
                return MP_OK;
            item->never = item->never.ptr ? item->never : MP_S("type");
        }
    }
    mp_tree *condition = lower_if(c, check, &l);
    if (!condition)
        return no_memory(c);
    item->lowered = l.found;
    item->lowered.reads_tags = c->plan->found[i].reads_tags; /* of the whole, whatever the type */
    bool is_invalid = c->plan->found[i].unknown_alias;
    if (!alone && mp_tree_is_bool(condition, false))
        return MP_OK;
    if (is_invalid || (c->plan->found[i].tests_location && is_subscription(c->type))) {
        if (!keep_all)
            return MP_OK;
        if (!item->never.ptr)
            item->never = is_invalid ? MP_S("alias") : MP_S("subscription");
    }
    const struct waiting *before = c->waiting;
    *applies = true;
    item->needs_location = d->mode == MP_MODE_INDEXED && !l.found.names_type &&
                           !c->plan->options.any_location;
    if (applying && !mp_tree_is_bool(applying, true))
        MP_TRY(add(c, &item->applies, applying, NULL));
    MP_TRY(add(c, &item->condition, condition, NULL));
    if (related)
        MP_TRY(add_related(c, item, &l));
    MP_TRY(add_details(c, item, &l));
    item->lowered.names_context = l.found.names_context;
    item->lowered.reads_group = l.found.reads_group;
    item->lowered.reads_subscription = l.found.reads_subscription;
    bool change_waits = c->plan->changes_wait && mp_check_may(check, mp_effect_changes);
    item->waits = related || change_waits       ? MP_WAITS_INVENTORY
                  : mp_reads_context(&l.found) ? MP_WAITS_CONTEXT
                                               : MP_WAITS_NOT;
    for (struct waiting *w = c->waiting; w != before; w = w->next)
        w->waits = item->waits;
    return MP_OK;
}

/* ---- programs ---- */

/* What is read by items that wait, for no more than `most`; and what names the resource in a record. */
static mp_code mark_slots(struct compiling *c, mp_slot_set *out, const mp_slots *slots, mp_waits most)
{
    static const mp_input always[] = { MP_INPUT_ID, MP_INPUT_TYPE, MP_INPUT_NAME, MP_INPUT_LOCATION,
                                       MP_INPUT_SUBSCRIPTION_ID, MP_INPUT_GROUP_NAME };
    bool *wanted = MP_ARENA_ARRAY(&c->trees, bool, mp_slots_count(slots) + 1);
    if (!wanted)
        return no_memory(c);
    for (const struct waiting *w = c->waiting; w; w = w->next)
        if (w->waits != MP_WAITS_NOT && w->waits <= most)
            mp_slots_mark(slots, w->tree, 0, wanted);
    for (uint32_t i = MP_INPUT_API_VERSION; i <= MP_INPUT_NOW; i++)
        wanted[i] = false; /* the same for all resources: set anew when one is taken up */
    for (size_t i = 0; i < MP_COUNT(always); i++)
        wanted[always[i]] = true;
    return mp_slot_set_make(out, slots, wanted, &c->plan->arena) ? MP_OK : no_memory(c);
}

static mp_code fill_program(struct compiling *c, mp_program *program)
{
    mp_plan *plan = c->plan;
    mp_item *items = mp_arena_alloc(&c->trees, (plan->check_count + 1) * sizeof(mp_item));
    if (!items)
        return no_memory(c);
    bool     any = plan->options.keep_all || !is_never_evaluated(c->type);
    uint64_t hash = mp_hash_fold(c->type);
    for (uint32_t i = 0; i < plan->check_count && any; i++) {
        bool applies;
        if (!plan->options.keep_all && !passes(&plan->filters[i], hash))
            continue;
        MP_TRY(add_item(c, i, &items[program->item_count], &applies));
        if (!applies)
            continue;
        program->pending_count += items[program->item_count].waits != MP_WAITS_NOT;
        const mp_lowered *lowered = &items[program->item_count].lowered;
        program->names_context = program->names_context || lowered->names_context;
        program->reads_group = program->reads_group || lowered->reads_group;
        program->reads_subscription = program->reads_subscription || lowered->reads_subscription;
        program->item_count++;
    }
    for (uint32_t i = 0; i < plan->related_count; i++)
        if (mp_str_eq_fold(plan->related[i].type, c->type))
            program->as_related = &plan->related[i];
    program->items = MP_ARENA_ARRAY(&plan->arena, mp_item, program->item_count + 1);
    if (!program->items)
        return no_memory(c);
    uint32_t pending = 0, other = program->pending_count;
    for (uint32_t i = 0; i < program->item_count; i++)
        program->items[items[i].waits ? pending++ : other++] = items[i];
    MP_TRY(mp_rules_finish(&program->rules, c->rules, c->err));
    const mp_slots *slots = mp_rules_slots(program->rules);
    MP_TRY(mark_slots(c, &program->waiting_slots, slots, MP_WAITS_INVENTORY));
    return mark_slots(c, &program->context_slots, slots, MP_WAITS_CONTEXT);
}

static mp_code make_program(const mp_program **out, mp_plan *plan, mp_str type, mp_error *err)
{
    struct compiling c = { .plan = plan, .err = err };
    mp_program      *program = MP_ARENA_NEW(&plan->arena, mp_program);
    c.type = mp_arena_dup(&plan->arena, type);
    if (!program || !c.type.ptr)
        return no_memory(&c);
    program->type = c.type;
    MP_TRY(mp_rules_builder_new(&c.rules, MP_INPUTS, err));
    if (plan->options.keep_all)
        mp_rules_keep_apart(c.rules);
    mp_code code = fill_program(&c, program);
    mp_rules_builder_free(c.rules);
    mp_arena_free(&c.trees);
    if (code == MP_OK)
        *out = program;
    else
        mp_rules_free(program->rules);
    return code;
}

static const mp_program *find(const struct table *table, mp_str type, uint64_t hash)
{
    for (uint64_t i = hash;; i++) {
        const mp_program *p = atomic_load_explicit(&((struct table *)table)->slots[i & table->mask],
                                                   memory_order_acquire);
        if (!p || mp_str_eq_fold(p->type, type))
            return p;
    }
}

static void insert(struct table *table, const mp_program *program)
{
    uint64_t i = mp_hash_fold(program->type);
    while (atomic_load_explicit(&table->slots[i & table->mask], memory_order_relaxed))
        i++;
    atomic_store_explicit(&table->slots[i & table->mask], program, memory_order_release);
    table->len++;
}

static struct table *new_table(uint32_t size)
{
    struct table *t = calloc(1, sizeof(*t) + size * sizeof(t->slots[0]));
    if (t)
        t->mask = size - 1;
    return t;
}

static mp_code publish(mp_plan *plan, const mp_program *program, mp_error *err)
{
    struct table *table = atomic_load_explicit(&plan->table, memory_order_relaxed);
    if (2 * table->len >= table->mask) {
        struct table *larger = new_table(2 * (table->mask + 1));
        if (!larger)
            return mp_no_memory(err);
        for (uint32_t i = 0; i <= table->mask; i++) {
            const mp_program *p = atomic_load_explicit(&table->slots[i], memory_order_relaxed);
            if (p)
                insert(larger, p);
        }
        larger->older = table;
        atomic_store_explicit(&plan->table, larger, memory_order_release);
        table = larger;
    }
    insert(table, program);
    return MP_OK;
}

const mp_program *mp_plan_find(mp_plan *plan, mp_str type)
{
    return find(atomic_load_explicit(&plan->table, memory_order_acquire), type, mp_hash_fold(type));
}

/* Under the lock. */
static mp_code find_or_make(const mp_program **out, mp_plan *plan, mp_str type, uint64_t hash, mp_error *err)
{
    const struct table *table = atomic_load_explicit(&plan->table, memory_order_relaxed);
    *out = find(table, type, hash);
    if (*out)
        return MP_OK;
    if (table->len >= MP_PLAN_TYPES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "this is one resource type more than %d", MP_PLAN_TYPES);
    MP_TRY(make_program(out, plan, type, err));
    mp_code code = publish(plan, *out, err);
    if (code != MP_OK) {
        mp_rules_free((*out)->rules);
        *out = NULL;
    }
    return code;
}

mp_code mp_plan_program(const mp_program **out, mp_plan *plan, mp_str type, mp_error *err)
{
    uint64_t hash = mp_hash_fold(type);
    *out = find(atomic_load_explicit(&plan->table, memory_order_acquire), type, hash);
    if (*out)
        return MP_OK;
    pthread_mutex_lock(&plan->lock);
    mp_code code = find_or_make(out, plan, type, hash, err);
    pthread_mutex_unlock(&plan->lock);
    return code;
}

/* ---- plans ---- */

/* What can be said of the whole `if`, whatever the type. */
static mp_code survey(mp_plan *plan, uint32_t i, mp_error *err)
{
    const mp_check *check = &plan->checks[i];
    mp_arena        trees = MP_ARENA_INIT;
    mp_lowering     l;
    mp_lowering_init(&l, &trees, &check->bound, plan->options.aliases, MP_S(""), true);
    const mp_details *details = &check->definition->details;
    const mp_tree    *tree = mp_lower_condition(&l, check->definition->condition);
    plan->found[i] = l.found;
    if (details->name)
        (void)mp_lower_template(&l, details->name);
    if (details->resource_group)
        (void)mp_lower_template(&l, details->resource_group);
    if (details->existence)
        (void)mp_lower_condition(&l, details->existence);
    mp_arena_free(&trees);
    if (!tree || l.failed)
        return mp_no_memory(err);
    plan->reads_context = plan->reads_context || mp_reads_context(&l.found);
    bool waits = mp_reads_context(&l.found) || mp_check_may(check, needs_related);
    plan->changes_wait = plan->changes_wait || (waits && mp_check_may(check, mp_effect_changes));
    return mp_changes_of(&plan->changes[i], check, &plan->arena, err);
}

static mp_code prepare(mp_plan *plan, mp_error *err)
{
    uint32_t n = plan->check_count;
    plan->fields = MP_ARENA_ARRAY(&plan->arena, mp_condition_fields, n + 1);
    plan->found = MP_ARENA_ARRAY(&plan->arena, mp_lowered, n + 1);
    plan->changes = MP_ARENA_ARRAY(&plan->arena, mp_changes, n + 1);
    plan->filters = MP_ARENA_ARRAY(&plan->arena, struct type_filter, n + 1);
    plan->related_of = MP_ARENA_ARRAY(&plan->arena, const mp_related_type *, n + 1);
    plan->related = MP_ARENA_ARRAY(&plan->arena, mp_related_type, n + 1);
    struct table *table = new_table(256);
    atomic_store(&plan->table, table);
    if (!plan->fields || !plan->found || !plan->changes || !plan->filters || !plan->related_of ||
        !plan->related || !table)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        plan->fields[i] = mp_condition_fields_of(plan->checks[i].definition->condition);
        if (!limits_types(plan, &plan->checks[i], plan->checks[i].definition->condition, &plan->filters[i]))
            plan->filters[i].count = 0;
        MP_TRY(survey(plan, i, err));
        MP_TRY(note_related(plan, i, err));
    }
    for (uint32_t i = 0; i < plan->related_count; i++)
        if (!mp_slot_set_make(&plan->related[i].all, plan->related[i].slots, NULL, &plan->arena))
            return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_plan_new(mp_plan **out, const mp_check *checks, uint32_t count,
                    const mp_plan_options *options, mp_error *err)
{
    mp_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return mp_no_memory(err);
    pthread_mutex_init(&plan->lock, NULL);
    plan->checks = checks;
    plan->check_count = count;
    if (options)
        plan->options = *options;
    if (!plan->options.aliases)
        plan->options.aliases = mp_aliases_by_rule();
    mp_code code = prepare(plan, err);
    if (code != MP_OK) {
        mp_plan_free(plan);
        return code;
    }
    *out = plan;
    return MP_OK;
}

void mp_plan_free(mp_plan *plan)
{
    if (!plan)
        return;
    struct table *table = atomic_load(&plan->table);
    for (uint32_t i = 0; table && i <= table->mask; i++) {
        const mp_program *p = atomic_load(&table->slots[i]);
        if (p)
            mp_rules_free(p->rules);
    }
    while (table) {
        struct table *older = table->older;
        free(table);
        table = older;
    }
    for (uint32_t i = 0; i < plan->related_count; i++)
        mp_slots_free(plan->related[i].slots);
    pthread_mutex_destroy(&plan->lock);
    mp_arena_free(&plan->arena);
    free(plan);
}

const mp_check *mp_plan_checks(const mp_plan *plan, uint32_t *count)
{
    *count = plan->check_count;
    return plan->checks;
}

const mp_plan_options *mp_plan_options_of(const mp_plan *plan) { return &plan->options; }
bool   mp_plan_reads_context(const mp_plan *plan) { return plan->reads_context; }
