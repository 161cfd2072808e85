/* SPDX-License-Identifier: Apache-2.0 */
#include "violation.h"

#include "assignment.h"
#include "buf.h"

/* The names of members, and which of them there are, follow what clients of Resource Manager read. */

static void put(mp_jsonw *w, mp_str key, mp_str text)
{
    mp_jsonw_key(w, key);
    mp_jsonw_str(w, text.ptr ? text : MP_S(""));
}

static void put_known(mp_jsonw *w, mp_str key, mp_str text)
{
    if (text.len)
        put(w, key, text);
}

static void put_value(mp_jsonw *w, mp_str key, const mp_json *value)
{
    mp_jsonw_key(w, key);
    mp_jsonw_value(w, value);
}

static mp_str either(mp_str a, mp_str b) { return a.len ? a : b; }

static mp_code done_writing(const mp_json **out, mp_jsonw *w, mp_error *err)
{
    *out = mp_jsonw_done(w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- evaluated expressions ---- */

/* "notIn" as "NotIn". */
static mp_str capital(mp_str op, mp_arena *arena)
{
    char *out = mp_arena_alloc(arena, op.len + 1);
    if (!out)
        return mp_str_of(NULL, 0);
    memcpy(out, op.ptr, op.len);
    if (op.len && out[0] >= 'a' && out[0] <= 'z')
        out[0] = (char)(out[0] - 'a' + 'A');
    return mp_str_of(out, op.len);
}

void mp_evaluated_expressions(mp_jsonw *w, const mp_decided *decided, uint32_t count)
{
    mp_jsonw_array(w);
    for (uint32_t i = 0; i < count; i++) {
        const mp_decided *d = &decided[i];
        mp_str            op = capital(d->op, w->arena);
        w->failed = w->failed || !op.ptr;
        mp_jsonw_object(w);
        put(w, MP_S("result"), d->message.len ? MP_S("Error") : d->outcome ? MP_S("True") : MP_S("False"));
        put(w, MP_S("expressionKind"), d->kind);
        put(w, MP_S("expression"), d->subject);
        put_known(w, MP_S("path"), d->path);
        if (d->actual)
            put_value(w, MP_S("expressionValue"), d->actual);
        if (d->wanted)
            put_value(w, MP_S("targetValue"), d->wanted);
        put(w, MP_S("operator"), op);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* ---- one violation ---- */

static void write_initiative(mp_jsonw *w, const mp_check *c)
{
    if (!c->initiative)
        return;
    put(w, MP_S("policySetDefinitionId"), c->initiative->id);
    put(w, MP_S("policySetDefinitionName"), c->initiative->name);
    put(w, MP_S("policySetDefinitionDisplayName"), c->initiative->display_name);
    put(w, MP_S("policyDefinitionReferenceId"), c->reference_id);
}

static void write_assignment(mp_jsonw *w, const mp_assignment *a)
{
    if (!a)
        return;
    put(w, MP_S("policyAssignmentId"), a->id);
    put(w, MP_S("policyAssignmentName"), a->name);
    put(w, MP_S("policyAssignmentDisplayName"), a->display_name);
    put(w, MP_S("policyAssignmentScope"), a->scope);
    const mp_json *parameters = mp_assignment_parameters(a);
    mp_jsonw_key(w, MP_S("policyAssignmentParameters"));
    if (parameters) {
        mp_jsonw_value(w, parameters);
        return;
    }
    mp_jsonw_object(w);
    mp_jsonw_end(w);
}

mp_code mp_enforcement_violation(const mp_json **out, mp_enforcer *e, const mp_act *act, mp_arena *arena,
                                 mp_error *err)
{
    const mp_definition *d = act->check->definition;
    const mp_decided    *decided;
    uint32_t             count;
    mp_jsonw             w;
    MP_TRY(mp_enforce_decided(&decided, &count, e, act, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, MP_S("type"), MP_S("PolicyViolation"));
    mp_jsonw_key(&w, MP_S("info"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("evaluationDetails"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("evaluatedExpressions"));
    mp_evaluated_expressions(&w, decided, count);
    mp_jsonw_end(&w);
    put(&w, MP_S("policyDefinitionId"), either(d->id, d->name));
    put(&w, MP_S("policyDefinitionName"), d->name);
    put(&w, MP_S("policyDefinitionDisplayName"), d->display_name);
    put(&w, MP_S("policyDefinitionVersion"), d->version);
    put(&w, MP_S("policyDefinitionEffect"), act->verdict.effect);
    write_initiative(&w, act->check);
    write_assignment(&w, act->check->assignment);
    mp_jsonw_key(&w, MP_S("policyExemptionIds"));
    mp_jsonw_array(&w); /* an exempted policy refuses nothing */
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return done_writing(out, &w, err);
}

/* ---- the sentence ---- */

static void add_identity(mp_buf *b, const char *key, mp_str display_name, mp_str name, mp_str id)
{
    mp_buf_printf(b, "\"%s\":{\"name\":", key);
    mp_buf_add_json_str(b, either(display_name, name));
    mp_buf_add(b, MP_S(",\"id\":"));
    mp_buf_add_json_str(b, either(id, name));
    mp_buf_add_c(b, '}');
}

static void add_identifiers(mp_buf *b, const mp_enforcement *done)
{
    bool first = true;
    mp_buf_add(b, MP_S(" was disallowed by policy. Policy identifiers: '["));
    for (uint32_t i = 0; i < done->act_count; i++) {
        const mp_check *c = done->acts[i].check;
        if (!done->acts[i].refuses)
            continue;
        mp_buf_add(b, first ? MP_S("{") : MP_S(",{"));
        first = false;
        if (c->assignment) {
            add_identity(b, "policyAssignment", c->assignment->display_name, c->assignment->name,
                         c->assignment->id);
            mp_buf_add_c(b, ',');
        }
        add_identity(b, "policyDefinition", c->definition->display_name, c->definition->name,
                     c->definition->id);
        if (c->initiative) {
            mp_buf_add_c(b, ',');
            add_identity(b, "policySetDefinition", c->initiative->display_name, c->initiative->name,
                         c->initiative->id);
        }
        mp_buf_add_c(b, '}');
    }
    mp_buf_add(b, MP_S("]'."));
}

static mp_str message_of(const mp_act *act)
{
    if (!act->refuses || !act->check->assignment)
        return MP_S("");
    return mp_assignment_message(act->check->assignment, act->check->reference_id);
}

/* Each reason once. False: no assignment gives one. */
static bool add_reasons(mp_buf *b, const mp_enforcement *done)
{
    bool first = true;
    for (uint32_t i = 0; i < done->act_count; i++) {
        mp_str text = message_of(&done->acts[i]);
        bool   known = text.len == 0;
        for (uint32_t k = 0; k < i && !known; k++)
            known = mp_str_eq(message_of(&done->acts[k]), text);
        if (known)
            continue;
        mp_buf_add(b, first ? MP_S(" was disallowed by policy. Reasons: '") : MP_S(", '"));
        first = false;
        mp_buf_add(b, text);
        mp_buf_add_c(b, '\'');
    }
    if (!first)
        mp_buf_add(b, MP_S(". See error details for policy resource IDs."));
    return !first;
}

mp_code mp_enforcement_message(mp_str *out, const mp_enforcement *done, mp_arena *arena, mp_error *err)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add(&b, MP_S("Resource '"));
    mp_buf_add(&b, done->resource->name.ptr ? done->resource->name : MP_S(""));
    mp_buf_add_c(&b, '\'');
    if (!add_reasons(&b, done))
        add_identifiers(&b, done);
    *out = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_enforcement_refusal(const mp_json **out, mp_enforcer *e, const mp_enforcement *done, mp_arena *arena,
                               mp_error *err)
{
    mp_str   message;
    mp_jsonw w;
    MP_TRY(mp_enforcement_message(&message, done, arena, err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, MP_S("code"), MP_S("RequestDisallowedByPolicy"));
    put(&w, MP_S("target"), done->resource->name);
    put(&w, MP_S("message"), message);
    mp_jsonw_key(&w, MP_S("additionalInfo"));
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < done->act_count; i++) {
        const mp_json *one;
        if (!done->acts[i].refuses)
            continue;
        MP_TRY(mp_enforcement_violation(&one, e, &done->acts[i], arena, err));
        mp_jsonw_value(&w, one);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return done_writing(out, &w, err);
}

/* ---- acts ---- */

static mp_str outcome_of(const mp_applied *a)
{
    static const mp_str names[] = {
        [MP_EDITED_NOT] = MP_S_INIT("skipped"),     [MP_EDITED_KEPT] = MP_S_INIT("kept"),
        [MP_EDITED_CHANGED] = MP_S_INIT("changed"), [MP_EDITED_NOWHERE] = MP_S_INIT("nowhere"),
        [MP_EDITED_SAME] = MP_S_INIT("same"),
    };
    return names[a->how];
}

static void write_operation(mp_jsonw *w, const mp_applied *a)
{
    mp_str path = mp_path_text(a->path, w->arena);
    w->failed = w->failed || (a->path.count && !path.ptr);
    mp_jsonw_object(w);
    put(w, MP_S("operation"), a->operation);
    put(w, MP_S("field"), a->field);
    put_known(w, MP_S("path"), path);
    put(w, MP_S("outcome"), outcome_of(a));
    if (a->value)
        put_value(w, MP_S("value"), a->value);
    if (a->before)
        put_value(w, MP_S("before"), a->before);
    if (a->after)
        put_value(w, MP_S("after"), a->after);
    if (a->broken)
        put(w, MP_S("message"), mp_str_from(a->broken->message));
    mp_jsonw_end(w);
}

void mp_policy_identifiers(mp_jsonw *w, const mp_check *c)
{
    put(w, MP_S("policyDefinitionId"), either(c->definition->id, c->definition->name));
    if (c->initiative) {
        put(w, MP_S("policySetDefinitionId"), c->initiative->id);
        put(w, MP_S("policyDefinitionReferenceId"), c->reference_id);
    }
    if (c->assignment)
        put(w, MP_S("policyAssignmentId"), c->assignment->id);
}

mp_code mp_act_json(const mp_json **out, const mp_act *act, mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    put(&w, MP_S("act"), mp_act_names[act->kind]);
    put(&w, MP_S("effect"), act->verdict.effect);
    put(&w, MP_S("state"), mp_states[act->verdict.state].text);
    put(&w, MP_S("reason"), mp_reasons[act->verdict.reason]);
    mp_policy_identifiers(&w, act->check);
    put_known(&w, MP_S("message"), act->message);
    put_known(&w, MP_S("detail"), act->message.len ? MP_S("") : act->verdict.detail);
    if (act->other)
        put(&w, MP_S("conflictsWith"), either(act->other->definition->id, act->other->definition->name));
    if (act->operation_count) {
        mp_jsonw_key(&w, MP_S("operations"));
        mp_jsonw_array(&w);
        for (uint32_t i = 0; i < act->operation_count; i++)
            write_operation(&w, &act->operations[i]);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return done_writing(out, &w, err);
}
