/* SPDX-License-Identifier: Apache-2.0 */
#include "tentative.h"

#include "jsonw.h"
#include "reads.h"

/* ---- where a name stands ---- */

static mp_code find_alias(mp_open_field *f, mp_tentative *t, mp_str name, mp_error *err)
{
    const mp_plan_options *options = mp_plan_options_of(t->plan);
    mp_alias_match match;
    mp_alias       alias;
    mp_code code = mp_alias_find(&match, &alias, options->aliases, t->program.type, name, options->api_version,
                                 t->arena, NULL);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || match != MP_ALIAS_FOUND)
        return MP_OK;
    f->path = alias.path;
    f->is_fixed = alias.extract.len != 0;
    for (uint32_t i = 0; i + 1 < f->path.count; i++)
        f->is_fixed = f->is_fixed || mp_step_is_each(&f->path.steps[i]);
    return MP_OK;
}

static mp_code one_step(mp_path *out, mp_str first, mp_str second, mp_arena *arena, mp_error *err)
{
    mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, 2);
    if (!steps)
        return mp_no_memory(err);
    steps[0].key = first;
    steps[1].key = second;
    *out = (mp_path){ steps, second.ptr ? 2 : 1 };
    return MP_OK;
}

/* The id and the full name hold the name. */
static mp_code place(mp_open_field *f, mp_tentative *t, mp_str name, mp_error *err)
{
    mp_str tag;
    f->path = (mp_path){ NULL, 0 };
    f->is_fixed = mp_str_eq_fold(name, MP_S("id")) || mp_str_eq_fold(name, MP_S("fullName")) ||
                  mp_str_eq_fold(name, MP_S("type"));
    if (mp_tag_name(&tag, name, t->arena))
        return tag.ptr ? one_step(&f->path, MP_S("tags"), tag, t->arena, err) : mp_no_memory(err);
    if (mp_str_eq_fold(name, MP_S("id")) || mp_str_eq_fold(name, MP_S("fullName")))
        return one_step(&f->path, MP_S("name"), mp_str_of(NULL, 0), t->arena, err);
    if (mp_str_find(name, '/') != SIZE_MAX)
        return find_alias(f, t, name, err);
    mp_code code = mp_path_parse(&f->path, name, t->arena, NULL);
    return code == MP_NOMEM ? mp_no_memory(err) : MP_OK;
}

/* ---- what a part reads ---- */

struct marking {
    mp_tentative *t;
    uint64_t      bits;
    mp_code       code;
};

static bool is_tags(mp_path path)
{
    return path.count && path.steps[0].key.ptr && mp_str_eq_fold(path.steps[0].key, MP_S("tags"));
}

static uint64_t bits_of(const mp_tentative *t, mp_path path)
{
    uint64_t bits = 0, whole_tags = 0;
    for (uint32_t i = 0; i < t->field_count && path.count; i++) {
        const mp_open_field *f = &t->fields[i];
        if (!f->path.count || !mp_edit_paths_meet(f->path, path))
            continue;
        bits |= UINT64_C(1) << i;
        if (is_tags(f->path) && f->path.count == 1)
            whole_tags |= UINT64_C(1) << i;
    }
    return is_tags(path) && path.count > 1 && bits != whole_tags ? bits & ~whole_tags : bits;
}

static void mark(void *context, mp_str name)
{
    struct marking *m = context;
    mp_open_field   f = { 0 };
    if (!name.ptr) { /* it may be any */
        m->bits = UINT64_MAX;
        return;
    }
    if (m->code == MP_OK)
        m->code = place(&f, m->t, name, NULL);
    m->bits |= bits_of(m->t, f.path);
}

/* ---- tags that policies name ---- */

static bool is_known(const mp_tentative *t, mp_path path)
{
    for (uint32_t i = 0; i < t->field_count; i++)
        if (mp_path_eq(t->fields[i].path, path))
            return true;
    return false;
}

static void note_tag(void *context, mp_str name)
{
    struct marking *m = context;
    mp_tentative   *t = m->t;
    mp_str          tag;
    mp_open_field   f = { 0 };
    if (!name.ptr || !mp_tag_name(&tag, name, t->arena) || m->code != MP_OK)
        return;
    m->code = place(&f, t, name, NULL);
    if (m->code != MP_OK || is_known(t, f.path))
        return;
    f.name = mp_arena_printf(t->arena, "tags.%.*s", MP_FMT(tag));
    if (!f.name.ptr)
        m->code = MP_NOMEM;
    else if (t->field_count == MP_TENTATIVE_FIELDS)
        m->code = MP_LIMIT;
    else
        t->fields[t->field_count++] = f;
}

static mp_code note_tags_of(mp_tentative *t, const mp_check *check, mp_error *err)
{
    const mp_details *d = &check->definition->details;
    struct marking    m = { .t = t };
    MP_TRY(mp_reads_of_condition(check->definition->condition, &check->bound, t->arena, note_tag, &m, err));
    for (uint32_t i = 0; i < d->operation_count; i++) {
        const mp_json *field = NULL;
        mp_code code = mp_template_constant(&field, d->operations[i].field, &check->bound, t->arena, NULL);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code == MP_OK && mp_json_is(field, MP_JSON_STRING))
            note_tag(&m, mp_json_str(field));
    }
    if (m.code == MP_LIMIT)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "policies name more than %d pending fields",
                       MP_TENTATIVE_FIELDS);
    return m.code == MP_OK ? MP_OK : mp_no_memory(err);
}

/* ---- compiling ---- */

struct building {
    mp_tentative     *t;
    mp_rules_builder *rules;
    mp_lowering       lowering;
    const mp_check   *check;
    mp_error         *err;
};

static mp_code add(struct building *b, mp_tentative_part *part, const mp_tree *tree, uint64_t reads)
{
    if (!tree)
        return mp_no_memory(b->err);
    part->reads = reads;
    return mp_rules_add(&part->entry, b->rules, tree, NULL, b->err);
}

static mp_code add_tests(struct building *b, mp_tentative_part *tests, const mp_condition *c)
{
    if (c->kind != MP_CONDITION_TEST) {
        for (uint32_t i = 0; i < c->count; i++)
            MP_TRY(add_tests(b, tests, c->kids[i]));
        return MP_OK;
    }
    struct marking m = { .t = b->t };
    MP_TRY(mp_reads_of_condition(c, &b->check->bound, b->t->arena, mark, &m, b->err));
    if (m.code != MP_OK)
        return mp_no_memory(b->err);
    return add(b, &tests[c->origin - 1], mp_lower_condition(&b->lowering, c), m.bits);
}

static mp_code add_value(struct building *b, mp_tentative_part *part, const mp_template *value)
{
    struct marking m = { .t = b->t };
    part->entry = MP_NO_ENTRY;
    if (!value)
        return MP_OK;
    MP_TRY(mp_reads_of_template(value, &b->check->bound, b->t->arena, mark, &m, b->err));
    if (m.code != MP_OK)
        return mp_no_memory(b->err);
    return add(b, part, mp_lower_template(&b->lowering, value), m.bits);
}

static mp_code add_operations(struct building *b, mp_tentative_subject *s)
{
    const mp_details *d = &b->check->definition->details;
    s->operations = MP_ARENA_ARRAY(b->t->arena, mp_tentative_part, 2 * (size_t)d->operation_count + 1);
    s->places = MP_ARENA_ARRAY(b->t->arena, mp_path, (size_t)d->operation_count + 1);
    if (!s->operations || !s->places)
        return mp_no_memory(b->err);
    for (uint32_t i = 0; i < d->operation_count; i++) {
        const mp_json *field = NULL;
        mp_open_field  f = { 0 };
        MP_TRY(add_value(b, &s->operations[2 * i], d->operations[i].condition));
        MP_TRY(add_value(b, &s->operations[2 * i + 1], d->operations[i].value));
        mp_code code = mp_template_constant(&field, d->operations[i].field, &b->check->bound, b->t->arena,
                                            NULL);
        if (code == MP_NOMEM)
            return mp_no_memory(b->err);
        if (code == MP_OK && mp_json_is(field, MP_JSON_STRING))
            MP_TRY(place(&f, b->t, mp_json_str(field), b->err));
        s->places[i] = f.path;
    }
    return MP_OK;
}

static mp_code add_subject(struct building *b, mp_tentative_subject *s, const mp_item *item)
{
    const mp_plan_options *options = mp_plan_options_of(b->t->plan);
    const mp_definition   *d = item->check->definition;
    b->check = item->check;
    s->item = item;
    s->tests = MP_ARENA_ARRAY(b->t->arena, mp_tentative_part, (size_t)d->origin_count + 1);
    if (!s->tests)
        return mp_no_memory(b->err);
    for (uint32_t i = 0; i < d->origin_count; i++)
        s->tests[i].entry = MP_NO_ENTRY;
    mp_lowering_init(&b->lowering, b->t->arena, &item->check->bound, options->aliases, b->t->program.type,
                     false);
    b->lowering.api_version = options->api_version;
    MP_TRY(add_tests(b, s->tests, d->condition));
    MP_TRY(add_operations(b, s));
    mp_program *p = &b->t->program;
    p->names_context = p->names_context || b->lowering.found.names_context;
    p->reads_group = p->reads_group || b->lowering.found.reads_group;
    p->reads_subscription = p->reads_subscription || b->lowering.found.reads_subscription;
    return MP_OK;
}

static bool acts_on_writes(mp_effect effect)
{
    return effect == MP_EFFECT_DENY || effect == MP_EFFECT_AUDIT || effect == MP_EFFECT_MODIFY ||
           effect == MP_EFFECT_APPEND;
}

static bool is_subject(const mp_item *item)
{
    const mp_check *c = item->check;
    return !item->never.ptr && mp_check_may(c, acts_on_writes) && c->definition->mode != MP_MODE_PROVIDER &&
           (!c->assignment || c->assignment->enforced);
}

static mp_code compile(mp_tentative *t, const mp_program *all, mp_error *err)
{
    struct building b = { .t = t, .err = err };
    t->subjects = MP_ARENA_ARRAY(t->arena, mp_tentative_subject, (size_t)all->item_count + 1);
    if (!t->subjects)
        return mp_no_memory(err);
    MP_TRY(mp_rules_builder_new(&b.rules, MP_INPUTS, err));
    mp_code code = MP_OK;
    for (uint32_t i = 0; i < all->item_count && code == MP_OK; i++)
        if (is_subject(&all->items[i]))
            code = add_subject(&b, &t->subjects[t->subject_count++], &all->items[i]);
    if (code == MP_OK)
        code = mp_rules_finish(&t->rules, b.rules, err);
    mp_rules_builder_free(b.rules);
    t->program.rules = t->rules;
    return code;
}

/* ---- making ---- */

static mp_code add_fields(mp_tentative *t, const mp_program *all, const mp_open_field *fields, uint32_t count,
                          mp_error *err)
{
    bool all_tags = false;
    if (count > MP_TENTATIVE_FIELDS)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are %u pending fields, and at most %d", count,
                       MP_TENTATIVE_FIELDS);
    for (uint32_t i = 0; i < count; i++) {
        mp_open_field *f = &t->fields[t->field_count++];
        *f = fields[i];
        MP_TRY(place(f, t, f->name, err));
        all_tags = all_tags || (mp_str_eq_fold(f->name, MP_S("tags")) && !f->values);
    }
    for (uint32_t i = 0; i < all->item_count && all_tags; i++)
        if (is_subject(&all->items[i]))
            MP_TRY(note_tags_of(t, all->items[i].check, err));
    return MP_OK;
}

mp_code mp_tentative_init(mp_tentative *t, mp_plan *plan, const mp_resource *resource,
                          const mp_surroundings *around, const mp_open_field *fields, uint32_t count,
                          mp_arena *arena, mp_error *err)
{
    const mp_program *all;
    *t = (mp_tentative){ .plan = plan, .arena = arena, .given = *resource, .around = *around };
    MP_TRY(mp_plan_program(&all, plan, resource->type.ptr ? resource->type : MP_S(""), err));
    t->program.type = all->type;
    MP_TRY(add_fields(t, all, fields, count, err));
    MP_TRY(compile(t, all, err));
    return mp_judge_new(&t->judge, plan, err);
}

void mp_tentative_done(mp_tentative *t)
{
    mp_judge_free(t->judge);
    mp_rules_free(t->rules);
}

/* ---- trying ---- */

static bool is_field(const mp_open_field *f, const char *name)
{
    return f->path.count == 1 && f->path.steps[0].key.ptr &&
           mp_str_eq_fold(f->path.steps[0].key, mp_str_from(name));
}

static mp_code set_value(mp_tentative *t, const mp_open_field *f, const mp_json *value, mp_error *err)
{
    const mp_json *doc;
    mp_edited      how;
    mp_edit        edit = { .path = f->path, .value = value, .makes_parents = true };
    MP_TRY(mp_edit_document(&doc, &how, t->given.doc, &edit, t->arena, err));
    mp_str kind = t->resource.kind, name = t->resource.name;
    mp_edit_resource(&t->resource, doc);
    t->resource.kind = t->resource.kind.ptr ? t->resource.kind : kind;
    if (is_field(f, "name"))
        name = mp_json_text(value);
    t->resource.name = name;
    return MP_OK;
}

mp_code mp_tentative_try(mp_tentative *t, uint32_t field, const mp_json *value, mp_error *err)
{
    t->resource = t->given;
    t->open = t->field_count == 64 ? UINT64_MAX : (UINT64_C(1) << t->field_count) - 1;
    if (field != MP_NO_FIELD && !t->fields[field].is_fixed && t->fields[field].path.count) {
        t->open &= ~(UINT64_C(1) << field);
        MP_TRY(set_value(t, &t->fields[field], value, err));
    }
    return mp_judge_begin(t->judge, &t->program, &t->resource, &t->around, err);
}

/* ---- testing ---- */

static bool is_open(const mp_tentative *t, const mp_tentative_part *part)
{
    return (part->reads & t->open) != 0;
}

/* As evaluation would go, left to right: what comes behind an open test may not be reached. */
static mp_tentative_truth test(mp_tentative *t, const mp_tentative_subject *s, const mp_condition *c)
{
    if (c->kind == MP_CONDITION_TEST) {
        const mp_tentative_part *part = &s->tests[c->origin - 1];
        if (is_open(t, part))
            return MP_OPEN;
        mp_truth truth = mp_run_test(t->judge->run, part->entry);
        t->lacks_memory = t->lacks_memory ||
                          (truth == MP_FAILED && mp_run_error(t->judge->run)->code == MP_NOMEM);
        return (mp_tentative_truth)truth;
    }
    if (c->kind == MP_CONDITION_NOT) {
        mp_tentative_truth inner = test(t, s, c->kids[0]);
        return inner == MP_SURELY ? MP_SURELY_NOT : inner == MP_SURELY_NOT ? MP_SURELY : inner;
    }
    mp_tentative_truth neutral = c->kind == MP_CONDITION_ALL ? MP_SURELY : MP_SURELY_NOT;
    bool               was_open = false;
    for (uint32_t i = 0; i < c->count; i++) {
        mp_tentative_truth one = test(t, s, c->kids[i]);
        if (one == MP_SURELY_FAILS)
            return was_open ? MP_OPEN : one;
        if (one != neutral && one != MP_OPEN)
            return one;
        was_open = was_open || one == MP_OPEN;
    }
    return was_open ? MP_OPEN : neutral;
}

static bool asks_location(const mp_selection *selections, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < selections[i].count; k++)
            if (selections[i].selectors[k].kind == MP_SELECT_LOCATION ||
                selections[i].selectors[k].kind == MP_SELECT_WITHOUT_LOCATION)
                return true;
    return false;
}

static bool location_decides(const mp_check *c)
{
    bool decides = c->assignment && asks_location(c->assignment->selections, c->assignment->selection_count);
    for (uint32_t i = 0; i < c->override_count && !decides; i++)
        decides = asks_location(&c->overrides[i].selection, 1);
    for (uint32_t i = 0; i < c->gate_count && !decides; i++)
        decides = asks_location(&c->gates[i].selection, 1);
    for (uint32_t i = 0; i < c->exemption_count && !decides; i++)
        decides = asks_location(c->exemptions[i]->selections, c->exemptions[i]->selection_count);
    return decides;
}

static bool is_location_open(const mp_tentative *t)
{
    for (uint32_t i = 0; i < t->field_count; i++)
        if (is_field(&t->fields[i], "location") && (t->open >> i & 1))
            return true;
    return false;
}

static bool is_left_out(const mp_tentative *t, const mp_check *c, mp_str *effect)
{
    const mp_resource *r = &t->resource;
    mp_str             id = r->id.ptr ? r->id : MP_S("");
    return !mp_check_concerns(c, id, t->program.type, r->location) || !mp_check_is_open(c, t->program.type, r->location) ||
           mp_check_effect(c, t->program.type, r->location, effect) == MP_EFFECT_DISABLED ||
           mp_check_exemption(c, id, t->program.type, r->location, t->around.now);
}

mp_code mp_tentative_test(mp_tentative_truth *out, mp_tentative *t, const mp_tentative_subject *s,
                          mp_str *effect, mp_error *err)
{
    const mp_check *c = s->item->check;
    *effect = c->effect_text;
    t->lacks_memory = false;
    if (is_location_open(t) && location_decides(c))
        *out = MP_OPEN;
    else
        *out = is_left_out(t, c, effect) ? MP_SURELY_NOT : test(t, s, c->definition->condition);
    return t->lacks_memory ? mp_no_memory(err) : MP_OK;
}

bool mp_tentative_reads(const mp_tentative_subject *s, uint32_t field)
{
    for (uint32_t i = 0; i < s->item->check->definition->origin_count; i++)
        if (s->tests[i].reads >> field & 1)
            return true;
    return false;
}

mp_code mp_tentative_value(const mp_json **out, mp_tentative *t, const mp_tentative_part *part, mp_error *err)
{
    const mp_json *value;
    *out = NULL;
    if (part->entry == MP_NO_ENTRY || is_open(t, part))
        return MP_OK;
    mp_code code = mp_run_value(&value, t->judge->run, part->entry, NULL);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || !value)
        return MP_OK;
    *out = mp_arena_dup_json(t->arena, value);
    return *out ? MP_OK : mp_no_memory(err);
}

mp_code mp_tentative_decided(const mp_decided **out, uint32_t *count, mp_tentative *t,
                             const mp_tentative_subject *s, mp_error *err)
{
    static const mp_trace open = { .kind = MP_TRACE_TEST, .outcome = MP_TRACE_SKIPPED };
    uint32_t              n = s->item->check->definition->origin_count;
    const mp_trace      **facts = MP_ARENA_ARRAY(t->arena, const mp_trace *, (size_t)n + 1);
    if (!facts)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < n; i++) {
        mp_truth truth;
        if (s->tests[i].entry == MP_NO_ENTRY)
            continue;
        facts[i] = is_open(t, &s->tests[i]) ? &open : mp_run_explain(t->judge->run, s->tests[i].entry, &truth);
        if (!facts[i])
            return mp_no_memory(err);
    }
    return mp_judge_decided_by(t->judge, s->item, facts, out, count, err);
}

mp_code mp_tentative_is_of(bool *out, mp_tentative *t, const mp_tentative_subject *s, const mp_condition *c,
                           uint32_t field, mp_error *err)
{
    const mp_json *name = NULL;
    mp_open_field  f = { 0 };
    *out = false;
    if (c->left_kind != MP_LEFT_FIELD)
        return MP_OK;
    mp_code code = mp_template_constant(&name, c->left, &s->item->check->bound, t->arena, NULL);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || !mp_json_is(name, MP_JSON_STRING))
        return MP_OK;
    MP_TRY(place(&f, t, mp_json_str(name), err));
    *out = f.path.count && mp_path_eq(f.path, t->fields[field].path) && f.is_fixed == t->fields[field].is_fixed;
    return MP_OK;
}
