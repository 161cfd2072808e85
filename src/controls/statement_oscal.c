/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_oscal.h"

#include <stdlib.h>

#include "buf.h"
#include "digest.h"

/* Of what is made here: drawn once, never to change. */
static const uint8_t space[16] = { 0x6b, 0x1d, 0x5e, 0x0f, 0x1c, 0x3a, 0x4f, 0x27,
                                   0x9a, 0x61, 0x2e, 0x4d, 0x0b, 0x7c, 0x93, 0xd8 };

/* ---- members ---- */

/* What the document is of: a measure, else places, of which everything needs no word. */
static mp_str subject_of(mp_jsonw *w, const mp_statement *s)
{
    mp_str out = s->measure;
    for (size_t i = 0; !s->measure.len && i < s->scope_count; i++)
        if (!mp_str_eq(s->scopes[i], MP_S("/"))) {
            out = mp_arena_printf(w->arena, "%.*s %.*s", MP_FMT(out), MP_FMT(s->scopes[i]));
            w->failed = w->failed || !out.ptr;
        }
    return out;
}

static mp_str made_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of)
{
    char text[37];
    mp_error why = { .code = MP_OK };
    mp_str subject = subject_of(w, s);
    mp_str name = mp_arena_printf(w->arena, "%s|%.*s|%.*s|%.*s|%.*s", what, MP_FMT(s->framework->id),
                                  MP_FMT(s->scheme ? s->scheme->id : MP_S("")), MP_FMT(subject), MP_FMT(of));
    mp_str out = { NULL, 0 };
    if (name.ptr && mp_uuid5(text, space, name, &why) == MP_OK)
        out = mp_arena_dup(w->arena, mp_str_of(text, 36));
    w->failed = w->failed || !out.ptr;
    return out;
}

static void put_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of)
{
    mp_jsonw_put_str(w, "uuid", made_uuid(w, s, what, of));
}

/* The value of a property is one line without blanks at its ends. */
static bool is_value(mp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ')
            return false;
    return text.len > 0;
}

static void put_prop(mp_jsonw *w, const char *name, mp_str value)
{
    value = mp_str_trim(value);
    if (!is_value(value))
        return;
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "name", mp_str_from(name));
    mp_jsonw_put_str(w, "ns", MP_S(MP_OSCAL_NS));
    mp_jsonw_put_str(w, "value", value);
    mp_jsonw_end(w);
}

static mp_str english(mp_words words)
{
    return mp_words_in(words, false);
}

/* Never empty: OSCAL has no empty texts. */
static void put_description(mp_jsonw *w, mp_str text)
{
    text = mp_str_trim(text);
    mp_jsonw_put_str(w, "description", text.len ? text : MP_S("Not described."));
}

static mp_str name_of(const mp_statement *s)
{
    return s->title.len     ? s->title
           : s->service.len ? s->service
           : s->measure.len ? s->measure
                            : english(s->framework->catalog.title);
}

static void put_metadata(mp_jsonw *w, const mp_statement *s, const char *title)
{
    mp_str whole = mp_arena_printf(w->arena, "%s: %.*s", title, MP_FMT(name_of(s)));
    w->failed = w->failed || !whole.ptr;
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", whole);
    mp_put_time(w, "last-modified", s->as_of);
    mp_jsonw_put_str(w, "version",
                     s->framework->catalog.version.len ? s->framework->catalog.version : MP_S("1"));
    mp_jsonw_put_str(w, "oscal-version", MP_S("1.1.2"));
    mp_jsonw_end(w);
}

/* What "#UUID" of the catalogue or profile points at. */
static mp_str source_uuid(const mp_statement *s)
{
    return s->scheme ? s->scheme->profile.uuid : s->framework->catalog.uuid;
}

static mp_str source_href(mp_jsonw *w, const mp_statement *s)
{
    mp_str href = mp_arena_printf(w->arena, "#%.*s", MP_FMT(source_uuid(s)));
    w->failed = w->failed || !href.ptr;
    return href;
}

static void put_back_matter(mp_jsonw *w, const mp_statement *s)
{
    mp_str href = mp_arena_printf(w->arena, "/api/v1/frameworks/%.*s%s%.*s", MP_FMT(s->framework->id),
                                  s->scheme ? "?scheme=" : "", MP_FMT(s->scheme ? s->scheme->id : MP_S("")));
    w->failed = w->failed || !href.ptr;
    mp_jsonw_key(w, MP_S("back-matter"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("resources"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", source_uuid(s));
    mp_jsonw_put_str(w, "title", english(s->scheme ? s->scheme->profile.title : s->framework->catalog.title));
    mp_jsonw_key(w, MP_S("rlinks"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "href", href);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- of a control ---- */

static mp_str service_of(const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    return mp_str_trim(d && d->service.len ? d->service : c->answer->service);
}

static void put_props(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    const mp_control *control = c->answer->control;
    const mp_control_decision *d = mp_statement_decided(s, control);
    mp_responsibility r = mp_statement_responsible(s, control);
    mp_implemented how = mp_statement_implemented(s, control);
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    put_prop(w, "label", control->label);
    put_prop(w, "state", mp_str_from(mp_control_state_name(c->state)));
    put_prop(w, "implementation", mp_str_from(mp_implementation_name(how.how)));
    put_prop(w, "implementation-from", mp_str_from(how.from));
    put_prop(w, "responsibility", mp_str_from(mp_responsible_name(r.who)));
    put_prop(w, "responsibility-from", mp_str_from(r.from));
    put_prop(w, "team", d && d->team.len ? d->team : c->answer->team);
    put_prop(w, "service", service_of(s, c));
    if (d) {
        put_prop(w, "owner", d->owner);
        put_prop(w, "target-date", d->target);
        put_prop(w, "record", d->id);
    }
    mp_jsonw_end(w);
}

static mp_str told(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_justified j = mp_statement_justified(s, c->answer->control);
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    mp_str why = english(j.text), note = d ? d->note : MP_S("");
    mp_str text =
        mp_arena_printf(w->arena, "%.*s%s%.*s", MP_FMT(why), why.len && note.len ? "\n\n" : "", MP_FMT(note));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* ---- component definition ---- */

typedef struct placed {
    mp_str service;
    const mp_scored *c;
} placed;

static int by_service(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    int order = mp_str_cmp(x->service, y->service);
    return order ? order : (x->c > y->c) - (x->c < y->c);
}

static void put_component(mp_jsonw *w, const mp_statement *s, const placed *first, size_t count)
{
    mp_str service = first->service.len ? first->service : name_of(s);
    mp_jsonw_object(w);
    put_uuid(w, s, "component", first->service);
    mp_jsonw_put_str(w, "type", MP_S("service"));
    mp_jsonw_put_str(w, "title", service);
    mp_jsonw_put_str(w, "description", service);
    mp_jsonw_key(w, MP_S("control-implementations"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    put_uuid(w, s, "implementation", first->service);
    mp_jsonw_put_str(w, "source", source_href(w, s));
    put_description(w, english(s->framework->catalog.title));
    mp_jsonw_key(w, MP_S("implemented-requirements"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_object(w);
        put_uuid(w, s, "component-requirement", first[i].c->answer->control->id);
        mp_jsonw_put_str(w, "control-id", first[i].c->answer->control->id);
        put_description(w, told(w, s, first[i].c));
        put_props(w, s, first[i].c);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_oscal_components(mp_jsonw *w, const mp_statement *s)
{
    size_t n = s->score->count;
    placed *all = MP_ARENA_ARRAY(w->arena, placed, n + 1);
    w->failed = w->failed || !all;
    for (size_t i = 0; all && i < n; i++)
        all[i] = (placed){ service_of(s, &s->score->controls[i]), &s->score->controls[i] };
    if (all && n)
        qsort(all, n, sizeof *all, by_service);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("component-definition"));
    mp_jsonw_object(w);
    put_uuid(w, s, "component-definition", MP_S(""));
    put_metadata(w, s, "Component definition");
    mp_jsonw_key(w, MP_S("components"));
    mp_jsonw_array(w);
    for (size_t i = 0, end; all && i < n; i = end) {
        for (end = i + 1; end < n && mp_str_eq(all[end].service, all[i].service); end++)
            ;
        put_component(w, s, all + i, end - i);
    }
    mp_jsonw_end(w);
    put_back_matter(w, s);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- system security plan ---- */

static void put_state(mp_jsonw *w, const char *member, const char *state)
{
    mp_jsonw_key(w, mp_str_from(member));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "state", mp_str_from(state));
    mp_jsonw_end(w);
}

static void put_described(mp_jsonw *w, const char *member, mp_str text)
{
    mp_jsonw_key(w, mp_str_from(member));
    mp_jsonw_object(w);
    put_description(w, text);
    mp_jsonw_end(w);
}

static void put_characteristics(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("system-characteristics"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("system-ids"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->measure.len ? s->measure : s->framework->id);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_put_str(w, "system-name", name_of(s));
    put_description(w, name_of(s));
    mp_jsonw_key(w, MP_S("system-information"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("information-types"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", MP_S("Information of the service"));
    put_description(w, MP_S("Classified in the asset register."));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    put_state(w, "status", "operational");
    put_described(w, "authorization-boundary", s->environment.len ? s->environment : name_of(s));
    mp_jsonw_end(w);
}

static void put_system(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("system-implementation"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("users"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    put_uuid(w, s, "user", MP_S(""));
    mp_jsonw_put_str(w, "title", s->owner.len ? s->owner : MP_S("Owner"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("components"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    put_uuid(w, s, "system", MP_S(""));
    mp_jsonw_put_str(w, "type", MP_S("this-system"));
    mp_jsonw_put_str(w, "title", name_of(s));
    put_description(w, name_of(s));
    put_state(w, "status", "operational");
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static const char *status_of(mp_implementation how)
{
    static const char *const of[] = { [MP_IMPLEMENTED] = "implemented",
                                      [MP_PARTLY_IMPLEMENTED] = "partial",
                                      [MP_PLANNED] = "planned",
                                      [MP_NOT_IMPLEMENTED] = "not-implemented",
                                      [MP_IMPLEMENTATION_UNKNOWN] = "unknown",
                                      [MP_IMPLEMENTATION_NOT_APPLICABLE] = "not-applicable" };
    return of[how];
}

static void put_requirement(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_str id = c->answer->control->id;
    mp_jsonw_object(w);
    put_uuid(w, s, "requirement", id);
    mp_jsonw_put_str(w, "control-id", id);
    put_props(w, s, c);
    mp_jsonw_key(w, MP_S("by-components"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "component-uuid", made_uuid(w, s, "system", MP_S("")));
    put_uuid(w, s, "by-component", id);
    put_description(w, told(w, s, c));
    put_state(w, "implementation-status", status_of(mp_statement_implemented(s, c->answer->control).how));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_oscal_plan(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("system-security-plan"));
    mp_jsonw_object(w);
    put_uuid(w, s, "plan", MP_S(""));
    put_metadata(w, s, "System security plan");
    mp_jsonw_key(w, MP_S("import-profile"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "href", source_href(w, s));
    mp_jsonw_end(w);
    put_characteristics(w, s);
    put_system(w, s);
    mp_jsonw_key(w, MP_S("control-implementation"));
    mp_jsonw_object(w);
    put_description(w, english(s->framework->catalog.title));
    mp_jsonw_key(w, MP_S("implemented-requirements"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        put_requirement(w, s, &s->score->controls[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    put_back_matter(w, s);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- plan of action and milestones ---- */

static bool lacks(const mp_scored *c)
{
    return c->state != MP_CONTROL_COMPLIANT && c->state != MP_CONTROL_NOT_APPLICABLE;
}

static mp_str titled(mp_jsonw *w, const mp_scored *c)
{
    mp_str text = mp_arena_printf(w->arena, "%.*s %.*s", MP_FMT(c->answer->control->label),
                                  MP_FMT(english(c->answer->control->title)));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* Which parts are not met, and why. */
static mp_str found(mp_jsonw *w, const mp_scored *c)
{
    mp_buf text = MP_BUF_INIT;
    for (size_t i = 0; i < c->part_count; i++) {
        const mp_part *p = &c->parts[i];
        if (p->state == MP_PART_MET || p->state == MP_PART_SILENT)
            continue;
        mp_str about = english(p->text);
        mp_buf_printf(&text, "%s%s: %s%s%.*s", text.len ? "; " : "", mp_part_kind_name(p->kind),
                      mp_part_why_name(p->why), about.len || p->name.len ? ", " : "",
                      MP_FMT(about.len ? about : p->name));
    }
    mp_str out = text.failed
                     ? mp_str_of(NULL, 0)
                     : mp_arena_dup(w->arena, text.len ? mp_buf_str(&text)
                                                       : MP_S("Nothing that answers it says that it is met."));
    mp_buf_free(&text);
    w->failed = w->failed || !out.ptr;
    return out;
}

static void put_risk(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    mp_jsonw_object(w);
    put_uuid(w, s, "risk", c->answer->control->id);
    mp_jsonw_put_str(w, "title", titled(w, c));
    put_description(w, found(w, c));
    put_props(w, s, c);
    mp_jsonw_put_str(w, "statement",
                     english(c->control->statement).len ? english(c->control->statement) : titled(w, c));
    mp_jsonw_put_str(w, "status", MP_S("open"));
    if (d && d->target_at)
        mp_put_time(w, "deadline", d->target_at);
    mp_jsonw_end(w);
}

static void put_item(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_jsonw_object(w);
    put_uuid(w, s, "item", c->answer->control->id);
    mp_jsonw_put_str(w, "title", titled(w, c));
    put_description(w, found(w, c));
    mp_jsonw_key(w, MP_S("related-risks"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "risk-uuid", made_uuid(w, s, "risk", c->answer->control->id));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_nothing(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    put_uuid(w, s, "item", MP_S(""));
    mp_jsonw_put_str(w, "title", MP_S("Nothing is lacking"));
    put_description(w, MP_S("Every control that applies is met as of this date."));
    mp_jsonw_end(w);
}

void mp_oscal_milestones(mp_jsonw *w, const mp_statement *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->score->count; i++)
        count += lacks(&s->score->controls[i]);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("plan-of-action-and-milestones"));
    mp_jsonw_object(w);
    put_uuid(w, s, "milestones", MP_S(""));
    put_metadata(w, s, "Plan of action and milestones");
    mp_jsonw_key(w, MP_S("system-id"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->measure.len ? s->measure : s->framework->id);
    mp_jsonw_end(w);
    if (count) {
        mp_jsonw_key(w, MP_S("risks"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < s->score->count; i++)
            if (lacks(&s->score->controls[i]))
                put_risk(w, s, &s->score->controls[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_key(w, MP_S("poam-items"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (lacks(&s->score->controls[i]))
            put_item(w, s, &s->score->controls[i]);
    if (!count)
        put_nothing(w, s);
    mp_jsonw_end(w);
    put_back_matter(w, s);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- assessment results ---- */

/* How it was found out, as OSCAL calls it. */
static const char *method_of(mp_part_kind kind)
{
    static const char *const of[MP_PART_KINDS] = { [MP_PART_POLICY] = "TEST",
                                                   [MP_PART_QUESTION] = "INTERVIEW",
                                                   [MP_PART_EVIDENCE] = "EXAMINE",
                                                   [MP_PART_FINDING] = "EXAMINE",
                                                   [MP_PART_INHERITED] = "EXAMINE" };
    return of[kind];
}

static mp_str observed(mp_jsonw *w, const mp_part *p)
{
    mp_str about = english(p->text), text;
    if (p->kind == MP_PART_POLICY)
        text = mp_arena_printf(
            w->arena, "%s of %.*s: %llu compliant, %llu not compliant, %llu exempt, %llu failed, %llu not evaluated",
            mp_part_why_name(p->why), MP_FMT(p->name), (unsigned long long)p->counts[MP_COUNT_COMPLIANT],
            (unsigned long long)p->counts[MP_COUNT_NON_COMPLIANT], (unsigned long long)p->counts[MP_COUNT_EXEMPT],
            (unsigned long long)p->counts[MP_COUNT_ERROR], (unsigned long long)p->counts[MP_COUNT_NOT_EVALUATED]);
    else
        text = mp_arena_printf(w->arena, "%s: %.*s", mp_part_why_name(p->why), MP_FMT(about.len ? about : p->name));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* Parts have no ids: their place among those of the control stands for one. */
static mp_str observation_uuid(mp_jsonw *w, const mp_statement *s, const mp_scored *c, size_t part)
{
    mp_str of = mp_arena_printf(w->arena, "%.*s|%zu", MP_FMT(c->answer->control->id), part);
    w->failed = w->failed || !of.ptr;
    return made_uuid(w, s, "observation", of);
}

static void put_records(mp_jsonw *w, const mp_part *p)
{
    mp_jsonw_key(w, MP_S("relevant-evidence"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < p->id_count; i++) {
        mp_jsonw_object(w);
        put_description(w, p->ids[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void put_observation(mp_jsonw *w, const mp_statement *s, const mp_scored *c, size_t part)
{
    const mp_part *p = &c->parts[part];
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uuid", observation_uuid(w, s, c, part));
    put_description(w, observed(w, p));
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    put_prop(w, "part", mp_str_from(mp_part_kind_name(p->kind)));
    put_prop(w, "state", mp_str_from(mp_part_state_name(p->state)));
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("methods"));
    mp_jsonw_array(w);
    mp_jsonw_str(w, mp_str_from(method_of(p->kind)));
    mp_jsonw_end(w);
    if (p->id_count)
        put_records(w, p);
    mp_put_time(w, "collected", s->as_of);
    mp_jsonw_end(w);
}

static void put_target(mp_jsonw *w, const mp_scored *c)
{
    mp_jsonw_key(w, MP_S("target"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "type", MP_S("objective-id"));
    mp_jsonw_put_str(w, "target-id", c->answer->control->id);
    mp_jsonw_key(w, MP_S("status"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "state", lacks(c) ? MP_S("not-satisfied") : MP_S("satisfied"));
    mp_jsonw_put_str(w, "reason", lacks(c) ? MP_S("fail") : MP_S("pass"));
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_finding(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_jsonw_object(w);
    put_uuid(w, s, "finding", c->answer->control->id);
    mp_jsonw_put_str(w, "title", titled(w, c));
    put_description(w, lacks(c) ? found(w, c) : MP_S("All that answers it says that it is met."));
    put_props(w, s, c);
    put_target(w, c);
    if (c->part_count) {
        mp_jsonw_key(w, MP_S("related-observations"));
        mp_jsonw_array(w);
        for (size_t i = 0; i < c->part_count; i++) {
            mp_jsonw_object(w);
            mp_jsonw_put_str(w, "observation-uuid", observation_uuid(w, s, c, i));
            mp_jsonw_end(w);
        }
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* What does not apply was not assessed. */
static bool is_assessed(const mp_scored *c) { return c->state != MP_CONTROL_NOT_APPLICABLE; }

static void put_reviewed(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_key(w, MP_S("reviewed-controls"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("control-selections"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("include-controls"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (is_assessed(&s->score->controls[i])) {
            mp_jsonw_object(w);
            mp_jsonw_put_str(w, "control-id", s->score->controls[i].answer->control->id);
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

static void put_result(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    put_uuid(w, s, "result", MP_S(""));
    mp_jsonw_put_str(w, "title", name_of(s));
    put_description(w, MP_S("Worked out from verdicts, answers, evidence and findings as they were recorded."));
    mp_put_time(w, "start", s->as_of);
    put_reviewed(w, s);
    mp_jsonw_key(w, MP_S("observations"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        for (size_t k = 0; is_assessed(&s->score->controls[i]) && k < s->score->controls[i].part_count; k++)
            put_observation(w, s, &s->score->controls[i], k);
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("findings"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < s->score->count; i++)
        if (is_assessed(&s->score->controls[i]))
            put_finding(w, s, &s->score->controls[i]);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

void mp_oscal_results(mp_jsonw *w, const mp_statement *s)
{
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("assessment-results"));
    mp_jsonw_object(w);
    put_uuid(w, s, "results", MP_S(""));
    put_metadata(w, s, "Assessment results");
    mp_jsonw_key(w, MP_S("import-ap"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "href", source_href(w, s));
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("results"));
    mp_jsonw_array(w);
    put_result(w, s);
    mp_jsonw_end(w);
    put_back_matter(w, s);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}
