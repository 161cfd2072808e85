/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include "jsonw.h"
#include "note.h"
#include "package.h"
#include "source.h"

struct verify_args {
    mp_list     packages;
    mp_list     keys;
    const char *since;
    const char *stamp_ca;
    int         format;
    const char *out;
};

enum { FORMAT_TEXT, FORMAT_JSON };
static const char *const verify_formats[] = { "text", "json", NULL };

static const mp_option verify_operand = {
    .value = "PACKAGE", .help = "operand.package", .min = 1, .max = 1, MP_FIELD(struct verify_args, packages),
};

static const mp_option verify_options[] = {
    { .name = "key", .letter = 'k', .value = "KEY", .help = "option.key.verify", MP_FIELD(struct verify_args, keys) },
    { .name = "since", .value = "FILE", .help = "option.since.verify", MP_FIELD(struct verify_args, since) },
    { .name = "stamp-ca", .value = "FILE", .help = "option.stamp-ca.verify", MP_FIELD(struct verify_args, stamp_ca) },
    { .name = "format", .letter = 'f', .choices = verify_formats, .fallback = "text", .help = "option.format.verify",
      MP_FIELD(struct verify_args, format) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct verify_args, out) },
};

static const mp_example verify_examples[] = {
    { "mapae verify --key operator.key package.tar", "example.verify.first" },
    { "mapae verify --key operator.key --since last-year.checkpoint package.tar", "example.verify.since" },
    { "mapae verify --format json package.tar > verdict.json", "example.verify.json" },
};

#define TRUST_MAX ((size_t)1 << 20) /* bytes of a file that says what is trusted */

struct verifying {
    mp_arena          arena;
    mp_package_trust  trust;
    mp_package_report report;
    mp_error          why; /* the package does not hold; `code` MP_OK: it does */
};

/* ---- what the reader trusts ---- */

static mp_code slurp(mp_str *out, struct verifying *v, mp_cli *cli, const char *path, mp_error *err)
{
    if (!path)
        return MP_OK;
    cli->file = path;
    MP_TRY(mp_source_slurp(out, path, TRUST_MAX, &v->arena, err));
    if (out->len == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the file is empty");
    cli->file = NULL;
    return MP_OK;
}

/* A key as it is written, or a file of keys. */
static mp_code read_keys(struct verifying *v, mp_cli *cli, const mp_list *keys, mp_error *err)
{
    mp_buf  all = MP_BUF_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; code == MP_OK && i < keys->count; i++) {
        mp_verifier verifier;
        mp_str      text = mp_str_from(keys->items[i]);
        if (mp_verifier_parse(&verifier, text, NULL) != MP_OK)
            code = slurp(&text, v, cli, keys->items[i], err);
        mp_buf_add(&all, text);
        mp_buf_add_c(&all, '\n');
    }
    if (code == MP_OK && keys->count)
        code = mp_buf_check(&all, err);
    if (code == MP_OK && keys->count) {
        v->trust.keys = mp_arena_dup(&v->arena, mp_buf_str(&all));
        if (!v->trust.keys.ptr)
            code = mp_no_memory(err);
    }
    mp_buf_free(&all);
    return code;
}

/* ---- as JSON ---- */

static void write_stamps(mp_jsonw *w, struct verifying *v)
{
    mp_jsonw_key(w, MP_S("stamps"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < v->report.stamp_count; i++) {
        const mp_package_stamp *s = &v->report.stamps[i];
        char                    at[MP_CLOCK_SHORT];
        mp_clock_format_short(at, s->at);
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "at", mp_arena_dup(&v->arena, mp_str_from(at)));
        mp_jsonw_put_int(w, "size", (int64_t)s->size);
        mp_jsonw_put_str(w, "signer", s->signer);
        mp_jsonw_put_str(w, "caSha256", s->ca);
        mp_jsonw_put_bool(w, "pinned", s->is_pinned);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static void write_report(mp_jsonw *w, struct verifying *v)
{
    const mp_package_report *r = &v->report;
    const struct {
        const char *key;
        uint64_t    value;
    } numbers[] = { { "size", r->size },         { "leaves", r->leaves },   { "opened", r->opened },
                    { "records", r->records },   { "evidence", r->evidence }, { "evidenceBytes", r->evidence_bytes },
                    { "checkpoints", r->checkpoints } };
    mp_jsonw_put_bool(w, "pinned", r->is_pinned);
    mp_jsonw_put_bool(w, "grownSince", r->is_since);
    mp_jsonw_put_str(w, "origin", r->origin);
    mp_jsonw_put_str(w, "key", r->key);
    mp_jsonw_put_str(w, "root", mp_str_from(r->root));
    mp_jsonw_put_str(w, "installation", r->installation);
    mp_jsonw_put_str(w, "created", r->created);
    for (size_t i = 0; i < MP_COUNT(numbers); i++)
        mp_jsonw_put_int(w, numbers[i].key, (int64_t)numbers[i].value);
    if (r->has_index) {
        mp_jsonw_key(w, MP_S("index"));
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "framework", r->index_framework);
        mp_jsonw_put_str(w, "subject", r->index_subject);
        mp_jsonw_put_str(w, "asOf", r->index_as_of);
        mp_jsonw_put_int(w, "controls", (int64_t)r->index_controls);
        mp_jsonw_put_int(w, "files", (int64_t)r->index_files);
        mp_jsonw_end(w);
    }
    write_stamps(w, v);
}

static mp_code as_json(mp_buf *out, struct verifying *v, mp_lang lang, mp_error *err)
{
    mp_jsonw w;
    mp_buf   reason = MP_BUF_INIT;
    bool     holds = v->why.code == MP_OK;
    mp_jsonw_init(&w, &v->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "holds", holds);
    if (holds) {
        write_report(&w, v);
    } else {
        mp_say_error(&reason, lang, &v->why);
        mp_jsonw_put_str(&w, "reason", mp_buf_str(&reason));
    }
    mp_jsonw_end(&w);
    const mp_json *root = mp_jsonw_done(&w);
    if (root)
        mp_buf_add_json_pretty(out, root, 0);
    mp_buf_add_c(out, '\n');
    mp_buf_free(&reason);
    return root ? MP_OK : mp_no_memory(err);
}

/* ---- as text ---- */

static void say(mp_buf *out, mp_lang lang, const char *id, const mp_str *args, size_t count)
{
    mp_say(out, lang, id, args, count);
    mp_buf_add_c(out, '\n');
}

static mp_str number(mp_arena *arena, uint64_t n)
{
    return mp_arena_printf(arena, "%llu", (unsigned long long)n);
}

static void say_stamps(mp_buf *out, struct verifying *v, mp_lang lang)
{
    for (size_t i = 0; i < v->report.stamp_count; i++) {
        const mp_package_stamp *s = &v->report.stamps[i];
        char                    at[MP_CLOCK_SHORT];
        mp_clock_format_short(at, s->at);
        say(out, lang, s->is_pinned ? "verify.stamp" : "verify.stamp.not-pinned",
            (mp_str[]){ number(&v->arena, s->size), mp_str_from(at), s->signer, s->ca }, 4);
    }
}

static void as_text(mp_buf *out, struct verifying *v, mp_lang lang)
{
    const mp_package_report *r = &v->report;
    mp_arena                *a = &v->arena;
    if (v->why.code != MP_OK) {
        mp_buf reason = MP_BUF_INIT;
        mp_say_error(&reason, lang, &v->why);
        say(out, lang, "verify.fails", (mp_str[]){ mp_buf_str(&reason) }, 1);
        mp_buf_free(&reason);
        return;
    }
    say(out, lang, r->is_pinned ? "verify.holds" : "verify.holds.not-pinned", NULL, 0);
    say(out, lang, "verify.log", (mp_str[]){ r->origin, number(a, r->size) }, 2);
    say(out, lang, "verify.root", (mp_str[]){ mp_str_from(r->root) }, 1);
    say(out, lang, "verify.key", (mp_str[]){ r->key }, 1);
    say(out, lang, "verify.content",
        (mp_str[]){ number(a, r->leaves), number(a, r->opened), number(a, r->records), number(a, r->evidence),
                    number(a, r->evidence_bytes) },
        5);
    if (r->has_index)
        say(out, lang, "verify.index",
            (mp_str[]){ r->index_framework, r->index_subject, r->index_as_of, number(a, r->index_controls),
                        number(a, r->index_files) },
            5);
    if (r->is_since)
        say(out, lang, "verify.since", NULL, 0);
    say_stamps(out, v, lang);
    say(out, lang, "verify.claimed", (mp_str[]){ r->installation, r->created }, 2);
    if (!r->is_pinned)
        say(out, lang, "verify.pin", NULL, 0);
}

/* ---- all of it ---- */

static mp_code look(struct verifying *v, mp_cli *cli, const struct verify_args *args, mp_error *err)
{
    MP_TRY(read_keys(v, cli, &args->keys, err));
    MP_TRY(slurp(&v->trust.since, v, cli, args->since, err));
    MP_TRY(slurp(&v->trust.stamp_ca, v, cli, args->stamp_ca, err));
    cli->file = args->packages.items[0];
    mp_code code = mp_package_verify(&v->report, args->packages.items[0], &v->trust, &v->arena, &v->why);
    if (code != MP_OK && code != MP_DAMAGED) {
        *err = v->why;
        return code;
    }
    cli->file = NULL;
    v->why.code = code;
    return MP_OK;
}

static mp_code answer(struct verifying *v, mp_cli *cli, const struct verify_args *args, mp_error *err)
{
    mp_buf    text = MP_BUF_INIT;
    mp_output out;
    mp_code   code = MP_OK;
    if (args->format == FORMAT_JSON)
        code = as_json(&text, v, cli->lang, err);
    else
        as_text(&text, v, cli->lang);
    if (code == MP_OK)
        code = mp_output_open(&out, cli, args->out, err);
    if (code != MP_OK) {
        mp_buf_free(&text);
        return code;
    }
    MP_TRY(mp_output_buf(&out, &text, err));
    return mp_output_close(&out, err);
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct verify_args *args = args_;
    struct verifying          v = { .why = { .code = MP_OK } };
    mp_code                   code = look(&v, cli, args, err);
    if (code == MP_OK)
        code = answer(&v, cli, args, err);
    if (v.why.code != MP_OK)
        *exit = MP_EXIT_FINDINGS;
    mp_arena_free(&v.arena);
    return code;
}

const mp_command mp_command_verify = {
    .name = "verify",
    .summary = "command.verify.summary",
    .text = "command.verify.text",
    .options = verify_options,
    .option_count = MP_COUNT(verify_options),
    .operand = &verify_operand,
    .examples = verify_examples,
    .example_count = MP_COUNT(verify_examples),
    .args_size = sizeof(struct verify_args),
    .exits = MP_EXITS_USUAL | 1u << MP_EXIT_FINDINGS,
    .run = run,
};
