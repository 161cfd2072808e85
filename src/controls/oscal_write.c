/* SPDX-License-Identifier: Apache-2.0 */
#include "oscal_write.h"

#include "buf.h"
#include "digest.h"
#include "map.h"
#include "messages.h"
#include "time_put.h"

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

mp_str mp_oscal_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of)
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

void mp_oscal_put_uuid(mp_jsonw *w, const mp_statement *s, const char *what, mp_str of)
{
    mp_jsonw_put_str(w, "uuid", mp_oscal_uuid(w, s, what, of));
}

/* The value of a property is one line without blanks at its ends. */
static bool is_value(mp_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ')
            return false;
    return text.len > 0;
}

void mp_oscal_prop(mp_jsonw *w, const char *name, mp_str value)
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

void mp_oscal_number(mp_jsonw *w, const char *name, int64_t thousandths)
{
    int64_t rest = thousandths % MP_POINT;
    long long whole = thousandths / MP_POINT;
    mp_str text = rest ? mp_arena_printf(w->arena, "%lld.%03lld", whole, (long long)rest)
                       : mp_arena_printf(w->arena, "%lld", whole);
    while (rest && text.len && text.ptr[text.len - 1] == '0')
        text.len--;
    w->failed = w->failed || !text.ptr;
    mp_oscal_prop(w, name, text);
}

static mp_str english(mp_words words)
{
    return mp_words_in(words, false);
}

/* Never empty: OSCAL has no empty texts. */
void mp_oscal_description(mp_jsonw *w, mp_str text)
{
    text = mp_str_trim(text);
    mp_jsonw_put_str(w, "description", text.len ? text : MP_S("Not described."));
}

mp_str mp_oscal_name(const mp_statement *s)
{
    return s->title.len     ? s->title
           : s->service.len ? s->service
           : s->measure.len ? s->measure
                            : english(s->framework->catalog.title);
}

/* ---- roles: the two sides, and the teams that controls name ---- */

/* An id of OSCAL; what people call a team need not be one. */
static bool is_token(mp_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.')))
            return false;
    }
    return text.len > 0 && !mp_str_eq(text, MP_S("provider")) && !mp_str_eq(text, MP_S("customer"));
}

static mp_str team_of(const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    mp_str team = mp_str_trim(d && d->team.len ? d->team : c->answer->team);
    return is_token(team) ? team : MP_S("");
}

static void put_role(mp_jsonw *w, mp_str id, mp_str title)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", id);
    mp_jsonw_put_str(w, "title", title);
    mp_jsonw_end(w);
}

static void put_roles(mp_jsonw *w, const mp_statement *s)
{
    mp_map seen = MP_MAP_INIT;
    mp_error err = { .code = MP_OK };
    mp_jsonw_key(w, MP_S("roles"));
    mp_jsonw_array(w);
    put_role(w, MP_S("provider"), MP_S("Provider of the service"));
    put_role(w, MP_S("customer"), MP_S("Customer of the service"));
    for (size_t i = 0; i < s->score->count; i++) {
        mp_str team = team_of(s, &s->score->controls[i]);
        if (!team.len || mp_map_find(&seen, team))
            continue;
        mp_str word = mp_message_of(MP_LANG_EN, "team.", team);
        w->failed = w->failed || mp_map_put(&seen, team, &seen, &err) != MP_OK;
        put_role(w, team, word.len ? word : team);
    }
    mp_jsonw_end(w);
    mp_map_free(&seen);
}

static void put_responsible(mp_jsonw *w, mp_str role)
{
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "role-id", role);
    mp_jsonw_end(w);
}

void mp_oscal_responsible(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_responsible who = mp_statement_responsible(s, c->answer->control).who;
    mp_str team = team_of(s, c);
    mp_jsonw_key(w, MP_S("responsible-roles"));
    mp_jsonw_array(w);
    if (who != MP_OF_CUSTOMER)
        put_responsible(w, MP_S("provider"));
    if (who != MP_OF_PROVIDER)
        put_responsible(w, MP_S("customer"));
    if (team.len)
        put_responsible(w, team);
    mp_jsonw_end(w);
}

static void put_metadata(mp_jsonw *w, const mp_statement *s, const char *title)
{
    mp_str whole = mp_arena_printf(w->arena, "%s: %.*s", title, MP_FMT(mp_oscal_name(s)));
    w->failed = w->failed || !whole.ptr;
    mp_jsonw_key(w, MP_S("metadata"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "title", whole);
    mp_time_put_short(w, "last-modified", s->as_of);
    mp_jsonw_put_str(w, "version",
                     s->framework->catalog.version.len ? s->framework->catalog.version : MP_S("1"));
    mp_jsonw_put_str(w, "oscal-version", MP_S("1.1.2"));
    put_roles(w, s);
    mp_jsonw_end(w);
}

/* What "#UUID" of the catalogue or profile points at. */
static mp_str source_uuid(const mp_statement *s)
{
    return s->scheme ? s->scheme->profile.uuid : s->framework->catalog.uuid;
}

mp_str mp_oscal_source(mp_jsonw *w, const mp_statement *s)
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

void mp_oscal_begin(mp_jsonw *w, const mp_statement *s, const char *kind, const char *what, const char *title)
{
    mp_jsonw_object(w);
    mp_jsonw_key(w, mp_str_from(kind));
    mp_jsonw_object(w);
    mp_oscal_put_uuid(w, s, what, MP_S(""));
    put_metadata(w, s, title);
}

void mp_oscal_import(mp_jsonw *w, const mp_statement *s, const char *name)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "href", mp_oscal_source(w, s));
    mp_jsonw_end(w);
}

void mp_oscal_end(mp_jsonw *w, const mp_statement *s)
{
    put_back_matter(w, s);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
}

/* ---- of a control ---- */

mp_str mp_oscal_service(const mp_statement *s, const mp_scored *c)
{
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    return mp_str_trim(d && d->service.len ? d->service : c->answer->service);
}

void mp_oscal_props(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    const mp_control *control = c->answer->control;
    const mp_control_decision *d = mp_statement_decided(s, control);
    mp_responsibility r = mp_statement_responsible(s, control);
    mp_implemented how = mp_statement_implemented(s, control);
    mp_jsonw_key(w, MP_S("props"));
    mp_jsonw_array(w);
    mp_oscal_prop(w, "label", control->label);
    mp_oscal_prop(w, "state", mp_str_from(mp_control_state_name(c->state)));
    mp_oscal_number(w, "weight", (int64_t)mp_answer_weight(c->answer) * MP_POINT);
    mp_oscal_number(w, "points", c->points);
    mp_oscal_number(w, "points-possible", c->most);
    mp_oscal_prop(w, "implementation", mp_str_from(mp_implementation_name(how.how)));
    mp_oscal_prop(w, "implementation-from", mp_str_from(how.from));
    mp_oscal_prop(w, "responsibility", mp_str_from(mp_responsible_name(r.who)));
    mp_oscal_prop(w, "responsibility-from", mp_str_from(r.from));
    mp_oscal_prop(w, "team", d && d->team.len ? d->team : c->answer->team);
    mp_oscal_prop(w, "service", mp_oscal_service(s, c));
    if (d) {
        mp_oscal_prop(w, "owner", d->owner);
        mp_oscal_prop(w, "target-date", d->target);
        mp_oscal_prop(w, "record", d->id);
    }
    mp_jsonw_end(w);
}

/* Title and id of a policy and of a finding; what else has a text has no name that says more. */
mp_str mp_oscal_about(mp_jsonw *w, const mp_part *p)
{
    mp_str text = english(p->text);
    if (!text.len || (p->kind != MP_PART_POLICY && p->kind != MP_PART_FINDING))
        return text.len ? text : p->name;
    text = mp_arena_printf(w->arena, "%.*s (%.*s)", MP_FMT(text), MP_FMT(p->name));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* Why it applies, what people say, and what answers it, each with how it stands. */
mp_str mp_oscal_told(mp_jsonw *w, const mp_statement *s, const mp_scored *c)
{
    mp_buf text = MP_BUF_INIT;
    mp_justified j = mp_statement_justified(s, c->answer->control);
    const mp_control_decision *d = mp_statement_decided(s, c->answer->control);
    bool is_demanded = mp_str_eq(mp_str_from(j.from), MP_S("scheme")) && j.is_applicable;
    mp_words says = is_demanded ? mp_message_words(w->arena, "statement.demanded", &j.text, 1) : j.text;
    mp_str why = english(says), note = d ? d->note : MP_S("");
    mp_buf_printf(&text, "%.*s%s%.*s", MP_FMT(why), why.len && note.len ? "\n\n" : "", MP_FMT(note));
    for (size_t i = 0; i < c->part_count; i++) {
        const mp_part *p = &c->parts[i];
        const char *apart = i ? "\n" : text.len ? "\n\n" : "";
        mp_buf_printf(&text, "%s- %s: %.*s: %.*s", apart, mp_part_kind_name(p->kind),
                      MP_FMT(mp_oscal_about(w, p)), MP_FMT(mp_part_reason(p, w->arena).en));
    }
    mp_str out = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(w->arena, mp_buf_str(&text));
    mp_buf_free(&text);
    w->failed = w->failed || !out.ptr;
    return out;
}

bool mp_oscal_lacks(const mp_scored *c)
{
    return c->state != MP_CONTROL_COMPLIANT && c->state != MP_CONTROL_NOT_APPLICABLE;
}

mp_str mp_oscal_titled(mp_jsonw *w, const mp_scored *c)
{
    mp_str text = mp_arena_printf(w->arena, "%.*s %.*s", MP_FMT(c->answer->control->label),
                                  MP_FMT(english(c->answer->control->title)));
    w->failed = w->failed || !text.ptr;
    return text;
}

/* Which parts are not met, and why. */
mp_str mp_oscal_found(mp_jsonw *w, const mp_scored *c)
{
    mp_buf text = MP_BUF_INIT;
    for (size_t i = 0; i < c->part_count; i++) {
        const mp_part *p = &c->parts[i];
        if (p->state == MP_PART_MET || p->state == MP_PART_SILENT)
            continue;
        mp_buf_printf(&text, "%s- %s: %.*s: %.*s", text.len ? "\n" : "", mp_part_kind_name(p->kind),
                      MP_FMT(mp_oscal_about(w, p)), MP_FMT(mp_part_reason(p, w->arena).en));
    }
    mp_str out = text.failed
                     ? mp_str_of(NULL, 0)
                     : mp_arena_dup(w->arena, text.len ? mp_buf_str(&text)
                                                       : MP_S("Nothing that answers it says that it is met."));
    mp_buf_free(&text);
    w->failed = w->failed || !out.ptr;
    return out;
}
