/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in the order of the requests. From a pipe or a terminal each line is answered at once, so that a
 * program can converse. From a regular file lines are taken in batches that all threads work on: each takes
 * the next line of the batch, whichever it is, and answers into the buffer that belongs to it. */
#include "cli.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "given.h"
#include "request.h"
#include "source.h"

#define READ_BYTES ((size_t)64 << 10)
#define LINE_BYTES ((size_t)256 << 20) /* the longest request */
#define BATCH_LINES 512
#define BATCH_BYTES ((size_t)8 << 20)

struct eval_args {
    const char *requests; /* NULL: standard input */
    const char *aliases;
    const char *alias_folder; /* NULL: alias files may stand anywhere */
    mp_when     now;
    bool        strict;
    const char *out;
};

static const mp_option operand = {
    .value = "FILE", .help = "operand.requests", .max = 1, MP_FIELD(struct eval_args, requests),
};

static const mp_option options[] = {
    { .name = "aliases", .value = "FILE", .help = "option.aliases.eval",
      MP_FIELD(struct eval_args, aliases) },
    { .name = "alias-folder", .value = "DIR", .help = "option.alias-folder",
      MP_FIELD(struct eval_args, alias_folder) },
    { .name = "now", .value = "TIME", .help = "option.now", MP_FIELD(struct eval_args, now) },
    { .name = "strict", .help = "option.strict.eval", MP_FIELD(struct eval_args, strict) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct eval_args, out) },
};

static const mp_example examples[] = {
    { "mapae eval requests.ndjson", "example.eval.file" },
    { "echo '{\"id\": 1, \"aliases\": null, \"policyRule\": {\"if\": {\"field\": \"port\", \"equals\": 22}, "
      "\"then\": {\"effect\": \"audit\"}}, \"resource\": {\"port\": 22}}' | mapae eval",
      "example.eval.pipe" },
};

/* ---- lines ---- */

struct lines {
    mp_source *source;
    mp_buf     text;  /* what was read and not yet given out begins at `taken` */
    size_t     taken;
    size_t     scanned; /* no end of line before this */
    uint64_t   number;  /* of the line given last */
    bool       at_end;
};

static mp_code read_more(struct lines *l, mp_error *err)
{
    size_t got = 0;
    char  *into = mp_buf_reserve(&l->text, READ_BYTES);
    if (!into)
        return mp_buf_check(&l->text, err);
    MP_TRY(mp_source_read(l->source, into, READ_BYTES, &got, err));
    l->text.len += got;
    l->at_end = got == 0;
    return MP_OK;
}

/* The next line that is not empty, without its end; *more is false when there is none. It stands until
 * forget_lines(). */
static mp_code next_line(struct lines *l, size_t *at, size_t *len, bool *more, mp_error *err)
{
    for (;;) {
        mp_str rest = mp_str_skip(mp_buf_str(&l->text), l->scanned);
        size_t end = mp_str_find(rest, '\n');
        if (end == SIZE_MAX && !l->at_end) {
            l->scanned = l->text.len;
            MP_TRY(read_more(l, err));
            continue;
        }
        size_t stop = end == SIZE_MAX ? l->text.len : l->scanned + end;
        *at = l->taken;
        *len = stop - l->taken;
        *more = end != SIZE_MAX || *len > 0;
        l->taken = l->scanned = stop + (end != SIZE_MAX);
        l->number += *more;
        if (!*more || mp_str_trim(mp_str_of(l->text.ptr + *at, *len)).len)
            return MP_OK;
    }
}

/* What was given out is done with. */
static void forget_lines(struct lines *l)
{
    if (l->taken)
        memmove(l->text.ptr, l->text.ptr + l->taken, l->text.len - l->taken);
    l->text.len -= l->taken;
    l->scanned -= l->taken;
    l->taken = 0;
}

/* ---- batches ---- */

struct item {
    size_t   at, len; /* in the text of the lines */
    uint64_t number;
    mp_buf   answer;  /* one line */
    bool     is_malformed;
    mp_code  code;    /* of a failure that ends the run */
    mp_error error;   /* of either */
};

struct work {
    mp_requester_options options;
    const char          *text;
    struct item         *items;
    size_t               count;
    atomic_size_t        next;
    mp_requester       **requesters; /* one for each thread */
    size_t               threads;
};

static void print_answer(struct item *item, const mp_json *answer)
{
    mp_buf_add_json(&item->answer, answer);
    mp_buf_add_c(&item->answer, '\n');
    item->code = mp_buf_check(&item->answer, &item->error);
}

/* A request that takes all memory is answered too: what it held is free again. */
static void answer_item(struct work *work, mp_requester *requester, struct item *item)
{
    const mp_json *answer;
    item->code = mp_request_answer(&answer, requester, mp_str_of(work->text + item->at, item->len),
                                   &item->error);
    if (item->code == MP_OK) {
        item->is_malformed = mp_requester_was_malformed(requester, &item->error);
        print_answer(item, answer);
    }
    if (item->code != MP_NOMEM)
        return;
    mp_buf_free(&item->answer);
    item->code = mp_request_give_up(&answer, requester, &item->error);
    if (item->code == MP_OK)
        print_answer(item, answer);
}

struct hand {
    struct work  *work;
    mp_requester *requester;
    pthread_t     thread;
};

static void *work_on(void *arg)
{
    struct hand *hand = arg;
    struct work *work = hand->work;
    for (size_t i; (i = atomic_fetch_add(&work->next, 1)) < work->count;)
        answer_item(work, hand->requester, &work->items[i]);
    return NULL;
}

/* Threads that cannot be had are done without. */
static void answer_batch(struct work *work, struct hand *hands)
{
    size_t started = 1;
    atomic_store(&work->next, 0);
    for (size_t i = 0; i < work->threads; i++)
        hands[i] = (struct hand){ .work = work, .requester = work->requesters[i] };
    while (started < work->threads && started < work->count &&
           pthread_create(&hands[started].thread, NULL, work_on, &hands[started]) == 0)
        started++;
    work_on(&hands[0]);
    while (started-- > 1)
        pthread_join(hands[started].thread, NULL);
}

/* Write the answers in order. With `strict` a line that is no request ends the run. */
static mp_code write_batch(struct work *work, mp_output *out, bool strict, mp_error *err)
{
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        if (item->code != MP_OK || (strict && item->is_malformed)) {
            *err = item->error;
            err->pos = (mp_pos){ (uint32_t)item->number, item->error.pos.line ? item->error.pos.col : 1 };
            return item->error.code;
        }
        MP_TRY(mp_output_buf(out, &item->answer, err));
    }
    return MP_OK;
}

static mp_code fill_batch(struct work *work, struct lines *lines, size_t most, bool *more, mp_error *err)
{
    forget_lines(lines);
    work->count = 0;
    *more = true;
    while (*more && work->count < most && lines->taken < BATCH_BYTES) {
        struct item *item = &work->items[work->count];
        *item = (struct item){ .code = MP_OK };
        MP_TRY(next_line(lines, &item->at, &item->len, more, err));
        item->number = lines->number;
        work->count += *more;
    }
    work->text = lines->text.ptr;
    return MP_OK;
}

static void free_answers(struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        mp_buf_free(&work->items[i].answer);
}

static mp_code answer_all(struct work *work, struct hand *hands, struct lines *lines, size_t most,
                          bool strict, mp_output *out, mp_error *err)
{
    bool more = true;
    while (more) {
        MP_TRY(fill_batch(work, lines, most, &more, err));
        answer_batch(work, hands);
        mp_code code = write_batch(work, out, strict, err);
        free_answers(work);
        MP_TRY(code);
        if (most == 1)
            MP_TRY(mp_output_flush(out, err));
    }
    return MP_OK;
}

/* ---- the command ---- */

static bool is_regular(const char *path)
{
    struct stat about;
    int         result = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &about) : stat(path, &about);
    return result == 0 && S_ISREG(about.st_mode);
}

static mp_code prepare(struct work *work, struct hand **hands, size_t threads, size_t most, mp_error *err)
{
    work->items = calloc(most, sizeof *work->items);
    work->requesters = calloc(threads, sizeof(mp_requester *));
    *hands = calloc(threads, sizeof **hands);
    if (!work->items || !work->requesters || !*hands)
        return mp_no_memory(err);
    for (; work->threads < threads; work->threads++)
        MP_TRY(mp_requester_new(&work->requesters[work->threads], &work->options, err));
    return MP_OK;
}

static void done_with(struct work *work, struct hand *hands)
{
    for (size_t i = 0; i < work->threads; i++)
        mp_requester_free(work->requesters[i]);
    free(work->requesters);
    free(work->items);
    free(hands);
}

static mp_code answer_source(mp_cli *cli, const struct eval_args *args, const char *path,
                             const mp_aliases *aliases, mp_output *out, mp_error *err)
{
    bool         converses = !is_regular(path);
    size_t       most = converses ? 1 : BATCH_LINES;
    struct lines lines = { .text = { .limit = LINE_BYTES } };
    struct work  work = { .options = { .aliases = aliases, .now = args->now.is_given ? args->now.at : 0,
                                       .folder = args->alias_folder ? mp_str_from(args->alias_folder) : MP_S(""),
                                       .only_in_folder = args->alias_folder != NULL } };
    struct hand *hands = NULL;
    mp_code      code = mp_source_open(&lines.source, path, err);
    if (code == MP_OK)
        code = prepare(&work, &hands, converses ? 1 : cli->jobs, most, err);
    if (code == MP_OK)
        code = answer_all(&work, hands, &lines, most, args->strict, out, err);
    if (code != MP_OK && err->pos.line)
        cli->file = path;
    done_with(&work, hands);
    mp_source_close(lines.source);
    mp_buf_free(&lines.text);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct eval_args *args = args_;
    const char             *path = args->requests ? args->requests : "-";
    mp_aliases             *aliases = NULL;
    mp_output               out;
    (void)exit;
    MP_TRY(mp_given_aliases(&aliases, cli, args->aliases, err));
    mp_code code = mp_output_open(&out, cli, args->out, err);
    if (code == MP_OK) {
        code = answer_source(cli, args, path, aliases, &out, err);
        if (code == MP_OK)
            code = mp_output_close(&out, err);
        else if (out.path)
            mp_output_abandon(&out);
        else
            (void)fflush(out.file); /* what was answered before the failure stands */
    }
    mp_aliases_free(aliases);
    return code;
}

const mp_command mp_command_eval = {
    .name = "eval",
    .summary = "command.eval.summary",
    .text = "command.eval.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct eval_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
