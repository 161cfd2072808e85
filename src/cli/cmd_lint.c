/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdlib.h>

#include "alias.h"
#include "diagnose.h"
#include "given.h"
#include "jsonw.h"
#include "skipped.h"

struct lint_args {
    mp_list     paths;
    mp_list     libraries;
    const char *aliases;
    bool        strict; /* warnings count as errors */
    int         format;
    const char *out;
};

enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };
static const char *const lint_formats[] = { "text", "json", "sarif", NULL };

static const mp_option lint_operand = {
    .value = "PATH", .help = "operand.policies", .min = 1, MP_FIELD(struct lint_args, paths),
};

static const mp_option lint_options[] = {
    { .name = "library", .letter = 'l', .value = "PATH", .help = "option.library",
      MP_FIELD(struct lint_args, libraries) },
    { .name = "aliases", .value = "FILE", .help = "option.aliases.lint",
      MP_FIELD(struct lint_args, aliases) },
    { .name = "strict", .help = "option.strict.lint", MP_FIELD(struct lint_args, strict) },
    { .name = "format", .letter = 'f', .choices = lint_formats, .fallback = "text", .help = "option.format.lint",
      MP_FIELD(struct lint_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct lint_args, out) },
};

static const mp_example lint_examples[] = {
    { "mapae lint content/policies content/initiatives", "example.lint.first" },
    { "mapae lint --strict --aliases aliases.json policies", "example.lint.strict" },
    { "mapae lint --format json policies > lint.json", "example.lint.json" },
};

/* ---- fields that no table of aliases knows ---- */

struct alias_check {
    const mp_aliases    *aliases;
    const mp_definition *d;
    mp_diagnostics      *diagnostics;
    mp_arena             arena;
};

/* A tag may be called as it likes: tags['kubernetes.io/name'] is no alias. */
static bool is_tag(mp_str name)
{
    return mp_str_starts_fold(name, MP_S("tags.")) || mp_str_starts_fold(name, MP_S("tags["));
}

static mp_code check_field(struct alias_check *c, const mp_template *t, mp_error *err)
{
    mp_alias_match match;
    mp_alias       alias;
    if (!t || t->kind != MP_TEMPLATE_CONST || !mp_json_is(t->value, MP_JSON_STRING) ||
        mp_str_find(mp_json_str(t->value), '/') == SIZE_MAX || is_tag(mp_json_str(t->value)))
        return MP_OK;
    mp_str name = mp_json_str(t->value);
    /* Of no type at all: an alias that the table knows is then one of another type. */
    MP_TRY(mp_alias_find(&match, &alias, c->aliases, MP_S(""), name, MP_S(""), &c->arena, err));
    if (match == MP_ALIAS_UNKNOWN)
        mp_diagnose(c->diagnostics, &c->d->source, MP_SEVERITY_WARNING, t->node, 0,
                    mp_alias_nearest(c->aliases, name), MP_REFERENCE,
                    "the table of aliases does not know \"%.*s\"", MP_FMT(name));
    return MP_OK;
}

static mp_code check_aliases(mp_library *lib, const mp_aliases *aliases, mp_diagnostics *d, mp_error *err)
{
    struct alias_check c = { .aliases = aliases, .diagnostics = d };
    mp_code            code = MP_OK;
    for (size_t i = 0; code == MP_OK && i < mp_library_definition_count(lib); i++) {
        c.d = mp_library_definition(lib, i);
        mp_arena_reset(&c.arena);
        for (uint32_t k = 0; code == MP_OK && k < c.d->origin_count; k++) {
            const mp_condition *condition = c.d->origins[k];
            if (condition->kind == MP_CONDITION_TEST && condition->left_kind == MP_LEFT_FIELD)
                code = check_field(&c, condition->left, err);
            else if (condition->kind == MP_CONDITION_TEST && condition->counted)
                code = check_field(&c, condition->counted->field, err);
        }
    }
    mp_arena_free(&c.arena);
    return code;
}

/* ---- counting ---- */

struct tally_entry {
    mp_str name;
    size_t count;
};

struct linting {
    mp_library    *lib;
    mp_aliases    *aliases;
    mp_arena       arena;
    mp_diagnostics found; /* those of the library that concern the policies themselves, and ours */
    size_t         definitions, compiled, initiatives, resolved;
    struct tally_entry *modes, *effects;
    size_t         mode_count, effect_count;
};

static void count_name(struct tally_entry *list, size_t *count, mp_str name)
{
    for (size_t i = 0; i < *count; i++)
        if (mp_str_eq_fold(list[i].name, name)) {
            list[i].count++;
            return;
        }
    list[(*count)++] = (struct tally_entry){ name, 1 };
}

/* The effect as written, or the default of the parameter it comes from, spelled as the table has it. */
static mp_str effect_of(const mp_definition *d)
{
    const mp_json *v = d->effect && d->effect->kind == MP_TEMPLATE_CONST ? d->effect->value : NULL;
    const mp_expr *e = d->effect ? d->effect->expr : NULL;
    if (e && e->context == MP_CONTEXT_PARAMETERS && e->args[0]->literal &&
        e->args[0]->literal->kind == MP_JSON_STRING) {
        const mp_parameter *p = mp_definition_parameter(d, mp_json_str(e->args[0]->literal));
        v = p ? p->default_value : NULL;
    }
    mp_effect effect = mp_json_is(v, MP_JSON_STRING) ? mp_effect_find(mp_json_str(v)) : MP_EFFECT_COUNT;
    return effect == MP_EFFECT_COUNT ? MP_S("(none)") : mp_effects[effect].text;
}

static mp_str mode_of(const mp_definition *d)
{
    return d->mode == MP_MODE_ALL ? MP_S("All") : d->mode == MP_MODE_INDEXED ? MP_S("Indexed") : d->mode_text;
}

static int by_count(const void *a, const void *b)
{
    const struct tally_entry *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return mp_str_cmp(x->name, y->name);
}

static mp_code count_all(struct linting *l, mp_error *err)
{
    size_t n = mp_library_definition_count(l->lib);
    l->modes = MP_ARENA_ARRAY(&l->arena, struct tally_entry, n + 1);
    l->effects = MP_ARENA_ARRAY(&l->arena, struct tally_entry, n + 1);
    if (!l->modes || !l->effects)
        return mp_no_memory(err);
    l->definitions = n;
    for (size_t i = 0; i < n; i++) {
        const mp_definition *d = mp_library_definition(l->lib, i);
        l->compiled += d->is_valid;
        count_name(l->modes, &l->mode_count, mode_of(d));
        count_name(l->effects, &l->effect_count, effect_of(d));
    }
    qsort(l->modes, l->mode_count, sizeof(*l->modes), by_count);
    qsort(l->effects, l->effect_count, sizeof(*l->effects), by_count);
    l->initiatives = mp_library_initiative_count(l->lib);
    l->resolved = mp_library_initiatives_resolved(l->lib);
    return MP_OK;
}

/* ---- the answer ---- */

static void write_tally(mp_jsonw *w, const char *key, const struct tally_entry *list, size_t count)
{
    mp_jsonw_key(w, mp_str_from(key));
    mp_jsonw_object(w);
    for (size_t i = 0; i < count; i++) {
        mp_jsonw_key(w, list[i].name);
        mp_jsonw_int(w, (int64_t)list[i].count);
    }
    mp_jsonw_end(w);
}

static void write_diagnostic(mp_jsonw *w, mp_arena *arena, mp_lang lang, const mp_diagnostic *d)
{
    mp_buf text = MP_BUF_INIT;
    mp_say_error(&text, lang, &d->error);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "file", d->file);
    mp_jsonw_put_int(w, "line", d->error.pos.line);
    mp_jsonw_put_int(w, "column", d->error.pos.col);
    mp_jsonw_put_str(w, "severity", d->severity == MP_SEVERITY_ERROR ? MP_S("error") : MP_S("warning"));
    mp_jsonw_put_str(w, "code", mp_str_from(mp_code_name(d->error.code)));
    mp_jsonw_put_str(w, "message", mp_arena_dup(arena, mp_buf_str(&text)));
    mp_jsonw_put_filled(w, "suggestion", d->nearest);
    mp_jsonw_end(w);
    mp_buf_free(&text);
}

static const mp_json *as_json(struct linting *l, mp_lang lang)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &l->arena);
    mp_jsonw_object(&w);
    const struct {
        const char *key;
        size_t      value;
    } numbers[] = { { "definitions", l->definitions }, { "compiled", l->compiled },
                    { "initiatives", l->initiatives }, { "initiativesResolved", l->resolved },
                    { "errors", l->found.errors },     { "warnings", l->found.warnings } };
    for (size_t i = 0; i < MP_COUNT(numbers); i++)
        mp_jsonw_put_int(&w, numbers[i].key, (int64_t)numbers[i].value);
    write_tally(&w, "byMode", l->modes, l->mode_count);
    write_tally(&w, "byEffect", l->effects, l->effect_count);
    mp_jsonw_key(&w, MP_S("diagnostics"));
    mp_jsonw_array(&w);
    for (const mp_diagnostic *d = l->found.first; d; d = d->next)
        write_diagnostic(&w, &l->arena, lang, d);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void sarif_result(mp_jsonw *w, mp_arena *arena, mp_lang lang, const mp_diagnostic *d)
{
    mp_buf text = MP_BUF_INIT;
    mp_say_error(&text, lang, &d->error);
    const mp_json *region = NULL;
    mp_jsonw       r;
    mp_jsonw_init(&r, arena);
    mp_jsonw_object(&r);
    mp_jsonw_put_int(&r, "startLine", d->error.pos.line ? d->error.pos.line : 1);
    mp_jsonw_put_int(&r, "startColumn", d->error.pos.col ? d->error.pos.col : 1);
    mp_jsonw_end(&r);
    region = mp_jsonw_done(&r);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "ruleId", mp_str_from(mp_code_name(d->error.code)));
    mp_jsonw_put_str(w, "level", d->severity == MP_SEVERITY_ERROR ? MP_S("error") : MP_S("warning"));
    mp_jsonw_key(w, MP_S("message"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "text", mp_arena_dup(arena, mp_buf_str(&text)));
    mp_jsonw_end(w);
    mp_jsonw_key(w, MP_S("locations"));
    mp_jsonw_array(w);
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("physicalLocation"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("artifactLocation"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "uri", d->file);
    mp_jsonw_end(w);
    mp_jsonw_put_value(w, "region", region);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    mp_buf_free(&text);
}

/* SARIF 2.1.0, section 3.13 and on. */
static const mp_json *as_sarif(struct linting *l, mp_lang lang)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &l->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "$schema", MP_S("https://json.schemastore.org/sarif-2.1.0.json"));
    mp_jsonw_put_str(&w, "version", MP_S("2.1.0"));
    mp_jsonw_key(&w, MP_S("runs"));
    mp_jsonw_array(&w);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("tool"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("driver"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "name", MP_S("mapae lint"));
    mp_jsonw_put_str(&w, "version", MP_S(MAPAE_VERSION));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("results"));
    mp_jsonw_array(&w);
    for (const mp_diagnostic *d = l->found.first; d; d = d->next)
        sarif_result(&w, &l->arena, lang, d);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void add_number(mp_buf *out, size_t n)
{
    mp_buf_printf(out, "%zu", n);
}

static void text_tally(mp_buf *out, mp_lang lang, const char *id, const struct tally_entry *list, size_t count)
{
    mp_say(out, lang, id, NULL, 0);
    for (size_t i = 0; i < count; i++)
        mp_buf_printf(out, "%s%.*s %zu", i ? ", " : " ", MP_FMT(list[i].name), list[i].count);
    mp_buf_add_c(out, '\n');
}

static void say_numbers(mp_buf *out, mp_lang lang, const char *id, size_t a, size_t b)
{
    mp_buf first = MP_BUF_INIT, second = MP_BUF_INIT;
    add_number(&first, a);
    add_number(&second, b);
    mp_say(out, lang, id, (mp_str[]){ mp_buf_str(&first), mp_buf_str(&second) }, 2);
    mp_buf_add_c(out, '\n');
    mp_buf_free(&first);
    mp_buf_free(&second);
}

static void as_text(mp_buf *out, const struct linting *l, const mp_cli *cli)
{
    for (const mp_diagnostic *d = l->found.first; d; d = d->next)
        if (d->severity == MP_SEVERITY_ERROR || !cli->is_quiet)
            mp_diagnostic_text(out, cli->lang, cli->out_color, d);
    say_numbers(out, cli->lang, "lint.definitions", l->compiled, l->definitions);
    if (l->initiatives)
        say_numbers(out, cli->lang, "lint.initiatives", l->resolved, l->initiatives);
    text_tally(out, cli->lang, "lint.by-mode", l->modes, l->mode_count);
    text_tally(out, cli->lang, "lint.by-effect", l->effects, l->effect_count);
    say_numbers(out, cli->lang, "lint.diagnostics", l->found.errors, l->found.warnings);
}

/* ---- all of it ---- */

/* Reading notes what is wrong with a text. Making the checks notes what does not resolve, but also
 * parameters without a value: those an assignment gives, so here they are no fault. */
static void keep_diagnostics(struct linting *l, uint32_t read)
{
    uint32_t i = 0;
    for (const mp_diagnostic *d = mp_library_diagnostics(l->lib)->first; d; d = d->next, i++) {
        if (i >= read && d->error.code == MP_PARAMETER)
            continue;
        mp_diagnostic *copy = MP_ARENA_NEW(&l->arena, mp_diagnostic);
        if (!copy) {
            l->found.failed = true;
            return;
        }
        *copy = *d;
        copy->next = NULL;
        if (l->found.last)
            l->found.last->next = copy;
        else
            l->found.first = copy;
        l->found.last = copy;
        l->found.count++;
        l->found.errors += d->severity == MP_SEVERITY_ERROR;
        l->found.warnings += d->severity == MP_SEVERITY_WARNING;
    }
}

static uint32_t listed(const mp_diagnostics *d)
{
    uint32_t n = 0;
    for (const mp_diagnostic *one = d->first; one; one = one->next)
        n++;
    return n;
}

static mp_code look(struct linting *l, mp_cli *cli, const struct lint_args *args, mp_error *err)
{
    const mp_check *checks;
    uint32_t        count;
    MP_TRY(mp_library_new(&l->lib, err));
    mp_library_hold(l->lib);
    MP_TRY(mp_given_policies(l->lib, cli, &args->libraries, MP_ROLE_REFERENCED, err));
    MP_TRY(mp_given_policies(l->lib, cli, &args->paths, MP_ROLE_JUDGED, err));
    mp_cli_skipped_policies(cli, mp_library_skipped(l->lib),
                            mp_library_definition_count(l->lib) + mp_library_initiative_count(l->lib) > 0);
    uint32_t read = listed(mp_library_diagnostics(l->lib));
    MP_TRY(mp_library_checks(l->lib, &checks, &count, err));
    mp_diagnostics_init(&l->found, &l->arena);
    keep_diagnostics(l, read);
    MP_TRY(mp_given_aliases(&l->aliases, cli, args->aliases, err));
    if (l->aliases)
        MP_TRY(check_aliases(l->lib, l->aliases, &l->found, err));
    if (l->found.failed)
        return mp_no_memory(err);
    return count_all(l, err);
}

static mp_code answer(struct linting *l, mp_cli *cli, const struct lint_args *args, mp_error *err)
{
    mp_buf    text = MP_BUF_INIT;
    mp_output out;
    if (args->format == FORMAT_TEXT) {
        as_text(&text, l, cli);
    } else {
        const mp_json *v = args->format == FORMAT_JSON ? as_json(l, cli->lang) : as_sarif(l, cli->lang);
        if (!v)
            return mp_no_memory(err);
        mp_buf_add_json_pretty(&text, v, 0);
        mp_buf_add_c(&text, '\n');
    }
    mp_code code = mp_output_open(&out, cli, args->out, err);
    if (code != MP_OK) {
        mp_buf_free(&text);
        return code;
    }
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct lint_args *args = args_;
    struct linting          l = { 0 };
    mp_code                 code = look(&l, cli, args, err);
    if (code == MP_OK)
        code = answer(&l, cli, args, err);
    if (l.found.errors || (args->strict && l.found.warnings))
        *exit = MP_EXIT_FINDINGS;
    mp_aliases_free(l.aliases);
    mp_library_free(l.lib);
    mp_arena_free(&l.arena);
    return code;
}

const mp_command mp_command_lint = {
    .name = "lint",
    .summary = "command.lint.summary",
    .text = "command.lint.text",
    .options = lint_options,
    .option_count = MP_COUNT(lint_options),
    .operand = &lint_operand,
    .examples = lint_examples,
    .example_count = MP_COUNT(lint_examples),
    .args_size = sizeof(struct lint_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS,
    .run = run,
};
