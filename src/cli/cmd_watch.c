/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds: look at the folder, read the files that are new or other than they were, close what is in none of them any
 * more. Which file holds what is known from then on. A file that could not be read whole keeps what it had. Each
 * round opens the installation anew: a server may come and go meanwhile. */
#include "folder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "feeding.h"
#include "service.h"
#include "source.h"

struct watch_args {
    mp_place    place;
    int         format;
    mp_list     folder;
    const char *source, *mapping;
    int64_t     rescan;
};

static const mp_option operand = {
    .value = "DIR", .help = "operand.watch", .min = 1, .max = 1, MP_FIELD(struct watch_args, folder)
};

static const mp_option options[] = {
    { .name = "source", .value = "NAME", .help = "option.watch.source", MP_FIELD(struct watch_args, source) },
    { .name = "rescan", .value = "SECONDS", .help = "option.watch.rescan", .min = 1, .max = 86400, .fallback = "60", MP_FIELD(struct watch_args, rescan) },
    { .name = "mapping", .value = "FILE", .help = "option.mapping", MP_FIELD(struct watch_args, mapping) },
    MP_ANSWER_OPTIONS(struct watch_args),
};

static const mp_example examples[] = {
    { "mapae watch --source nightly inventory", "example.watch" },
};

static const mp_column columns[] = {
    { "at", "column.at", NULL },         { "files", "column.files", NULL },         { "added", "column.added", NULL },
    { "changed", "column.changed", NULL }, { "unchanged", "column.unchanged", NULL }, { "closed", "column.closed", NULL },
    { "made", "column.made", NULL },     { "faulty", "column.faulty", NULL },
};

typedef struct watching {
    const struct watch_args *args;
    mp_cli          *cli;
    mp_folder        folder;
    const char      *source;
    mp_mapping      *mapping;
    mp_arena         arena; /* to the end */
    mp_columns_state shown;
    int              stop;  /* can be read when it is time to end */
    bool             is_compared; /* with what the source had before this program began */
    /* of a round */
    mp_client       *client;
    const mp_watched_file *file; /* that is read */
    uint64_t         totals[MP_FEEDING_SUMS], files, faulty;
} watching;

static mp_watched_file *file_at(const watching *w, size_t i) { return w->folder.files.entries[i].value; }

static bool is_told_to_end(watching *w) { return mp_folder_wait(&(mp_folder){ .fd = -1 }, w->stop, 0); }

/* ---- which file has it ---- */

/* A file in front of the one that is read, by name: of several documents of one resource the first counts, as when
 * all are read at once. */
static bool is_in_earlier(void *ctx, mp_str key)
{
    const watching *w = ctx;
    for (size_t i = 0; i < w->folder.files.len; i++) {
        const mp_watched_file *file = file_at(w, i);
        if (file->is_there && strcmp(file->path, w->file->path) < 0 && mp_map_get(&file->ids, key))
            return true;
    }
    return false;
}

static bool is_anywhere(void *ctx, mp_str key)
{
    const watching *w = ctx;
    for (size_t i = 0; i < w->folder.files.len; i++)
        if (mp_map_get(&file_at(w, i)->ids, key))
            return true;
    return false;
}

/* `ids` were in a file and may be in none now: those are closed; where another file has one, that is read once more. */
static mp_code let_go(watching *w, mp_feeding *f, const mp_map *ids, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    mp_str  *gone = MP_ARENA_ARRAY(&arena, mp_str, ids->len + 1);
    size_t   count = 0;
    for (size_t i = 0; gone && i < ids->len; i++) {
        bool is_there = false;
        for (size_t n = 0; n < w->folder.files.len; n++) {
            mp_watched_file *file = file_at(w, n);
            bool        has_it = mp_map_get(&file->ids, ids->entries[i].key) != NULL;
            is_there = is_there || has_it;
            file->is_wanted = file->is_wanted || (has_it && file != w->file);
        }
        if (!is_there)
            gone[count++] = ids->entries[i].key;
    }
    mp_code code = gone ? mp_feeding_close(f, gone, count, err) : mp_no_memory(err);
    mp_arena_free(&arena);
    return code;
}

/* What is in `old` and not in `file`. */
static mp_code missing_in(mp_map *out, const mp_map *old, const mp_map *now, mp_error *err)
{
    for (size_t i = 0; i < old->len; i++)
        if (!mp_map_get(now, old->entries[i].key))
            MP_TRY(mp_map_put(out, old->entries[i].key, out, err));
    return MP_OK;
}

/* ---- one file ---- */

static mp_code keep_all(mp_feeding *f, const mp_map *lacking, mp_error *err)
{
    for (size_t i = 0; i < lacking->len; i++) {
        mp_str copy = mp_arena_dup(&f->keys, lacking->entries[i].key);
        if (!copy.ptr)
            return mp_no_memory(err);
        MP_TRY(mp_map_put(&f->seen, copy, f, err));
    }
    return MP_OK;
}

/* The file holds what was seen; what it held before and holds no longer goes. */
static mp_code settle(watching *w, mp_watched_file *file, mp_feeding *f, mp_error *err)
{
    mp_map  old = file->ids, lacking = MP_MAP_INIT;
    mp_arena old_keys = file->keys;
    mp_code code = missing_in(&lacking, &old, &f->seen, err);
    if (code == MP_OK && f->sending.faulty)
        code = keep_all(f, &lacking, err);
    if (code == MP_OK) {
        file->ids = f->seen;
        file->keys = f->keys;
        f->seen = (mp_map)MP_MAP_INIT;
        f->keys = (mp_arena)MP_ARENA_INIT;
        if (!f->sending.faulty)
            code = let_go(w, f, &lacking, err);
        mp_map_free(&old);
        mp_arena_free(&old_keys);
    }
    mp_map_free(&lacking);
    return code;
}

static void add_up(watching *w, const mp_feeding *f)
{
    for (size_t i = 0; i < MP_FEEDING_SUMS; i++)
        w->totals[i] += f->sending.totals[i];
    w->faulty += f->sending.faulty;
}

static void say_fault(watching *w, mp_feeding *f, const char *path, const mp_error *why)
{
    mp_cli_error(w->cli, path, why);
    f->sending.faulty++;
}

/* As it was when it was looked at: what is written to it from then on is read next time. */
static mp_code read_file(watching *w, mp_watched_file *file, mp_feeding *f, mp_error *err)
{
    mp_file_mark mark = file->now;
    mp_error     why;
    f->is_others = is_in_earlier;
    f->ctx = w;
    if (access(file->path, R_OK) != 0) {
        (void)mp_fail(&why, MP_IO, MP_NOWHERE, "%s: %s", file->path, strerror(errno));
        say_fault(w, f, file->path, &why);
    } else {
        MP_TRY(mp_feeding_files(f, &file->path, 1, w->mapping, err));
    }
    if (f->documents + f->sending.faulty + f->lists == 0) { /* emptied to be written anew */
        (void)mp_fail(&why, MP_FORMAT, MP_NOWHERE, "the file holds no documents, not even an empty list");
        say_fault(w, f, file->path, &why);
    }
    MP_TRY(settle(w, file, f, err));
    if (f->sending.faulty)
        mp_cli_warn(w->cli, "watch.kept", file->path, NULL);
    file->was_faulty = f->sending.faulty > 0;
    file->taken = mark;
    file->is_wanted = false;
    return MP_OK;
}

static mp_code drop_file(watching *w, mp_watched_file *file, mp_feeding *f, mp_error *err)
{
    mp_map   ids = file->ids;
    mp_arena keys = file->keys;
    file->ids = (mp_map)MP_MAP_INIT;
    file->keys = (mp_arena)MP_ARENA_INIT;
    mp_code code = let_go(w, f, &ids, err);
    if (code != MP_OK) { /* once more next time */
        file->ids = ids;
        file->keys = keys;
        return code;
    }
    mp_map_free(&ids);
    mp_arena_free(&keys);
    file->taken = (mp_file_mark){ .size = 0 };
    file->was_faulty = false;
    return MP_OK;
}

static mp_code do_file(watching *w, mp_watched_file *file, mp_error *err)
{
    mp_feeding f;
    w->file = file;
    mp_code code = mp_feeding_begin(&f, w->client, w->source, err);
    if (code == MP_OK)
        code = file->is_there ? read_file(w, file, &f, err) : drop_file(w, file, &f, err);
    add_up(w, &f);
    w->files += code == MP_OK;
    w->is_compared = w->is_compared && code == MP_OK; /* what was to be closed may not be */
    mp_feeding_done(&f);
    return code;
}

/* ---- a round ---- */

static bool is_to_do(const mp_watched_file *file)
{
    return file->is_there ? mp_watched_is_due(file) : file->taken.inode != 0;
}

/* Not when there is no file at all: an empty folder may be one that was not mounted. */
static bool knows_all(const watching *w)
{
    size_t there = 0;
    for (size_t i = 0; i < w->folder.files.len; i++) {
        const mp_watched_file *file = file_at(w, i);
        if (file->is_there && (file->was_faulty || !file->taken.inode))
            return false;
        there += file->is_there;
    }
    return there > 0;
}

/* What the source had before and no file has. */
static mp_code compare(watching *w, mp_error *err)
{
    mp_feeding f;
    mp_code    code = mp_feeding_begin(&f, w->client, w->source, err);
    if (code == MP_OK)
        code = mp_feeding_close_gone(&f, is_anywhere, w, err);
    add_up(w, &f);
    mp_feeding_done(&f);
    w->is_compared = code == MP_OK;
    return code;
}

static mp_code show(watching *w, mp_error *err)
{
    mp_jsonw json;
    mp_buf   text = MP_BUF_INIT;
    char     at[MP_CLOCK_TEXT];
    mp_arena arena = MP_ARENA_INIT;
    mp_output out;
    mp_clock_format(at, mp_clock_now());
    mp_jsonw_init(&json, &arena);
    mp_jsonw_array(&json);
    mp_jsonw_object(&json);
    mp_jsonw_put_str(&json, "at", mp_str_from(at));
    mp_jsonw_put_int(&json, "files", (int64_t)w->files);
    for (size_t i = 0; i < MP_FEEDING_SUMS; i++)
        mp_jsonw_put_int(&json, mp_feeding_sums[i], (int64_t)w->totals[i]);
    mp_jsonw_put_int(&json, "faulty", (int64_t)w->faulty);
    mp_jsonw_end(&json);
    mp_jsonw_end(&json);
    const mp_json *row = mp_jsonw_done(&json);
    if (row && w->args->format == MP_ANSWER_JSON) {
        mp_buf_add_json(&text, mp_json_at(row, 0));
        mp_buf_add_c(&text, '\n');
    } else if (row) {
        mp_columns_list(&text, w->cli, columns, MP_COUNT(columns), row, &w->shown, &arena);
    }
    mp_code code = row ? mp_output_open(&out, w->cli, NULL, err) : mp_no_memory(err);
    if (code == MP_OK)
        code = mp_output_buf(&out, &text, err);
    if (code == MP_OK)
        code = mp_output_close(&out, err);
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

/* In the order of names; a file that lets something go may make another one due. */
static mp_code do_files(watching *w, mp_error *err)
{
    for (bool did = true; did;) {
        did = false;
        for (size_t i = 0; i < w->folder.files.len && !is_told_to_end(w); i++)
            if (is_to_do(file_at(w, i))) {
                MP_TRY(do_file(w, file_at(w, i), err));
                did = true;
            }
    }
    return w->is_compared || !knows_all(w) ? MP_OK : compare(w, err);
}

static mp_code round_of(mp_client *client, const void *args, mp_error *err)
{
    watching *w = (watching *)(uintptr_t)args;
    w->client = client;
    w->files = w->faulty = 0;
    memset(w->totals, 0, sizeof w->totals);
    mp_code code = do_files(w, err);
    bool    is_anything = w->files || w->totals[MP_FEEDING_SUMS - 2];
    if (is_anything && code == MP_OK)
        return show(w, err);
    if (is_anything)
        MP_TRY(show(w, NULL));
    return code;
}

/* ---- all of them ---- */

/* Is there something to do? *waits: something may be to do soon. */
static bool has_work(const watching *w, bool *waits)
{
    bool has = false;
    *waits = false;
    for (size_t i = 0; i < w->folder.files.len; i++) {
        has = has || is_to_do(file_at(w, i));
        *waits = *waits || mp_watched_is_waiting(file_at(w, i));
    }
    return has;
}

#define SOON_MS 300
#define AGAIN_MS 5000 /* after what failed as a whole */

static mp_code go_round(watching *w, int *wait_ms, mp_error *err)
{
    bool waits;
    MP_TRY(mp_folder_look(&w->folder, w->cli, err));
    bool has = has_work(w, &waits);
    if (has || (!w->is_compared && knows_all(w)))
        MP_TRY(mp_client_do(w->cli, (const mp_ask_args *)w->args, w, round_of, err));
    has_work(w, &waits);
    *wait_ms = waits ? SOON_MS : (int)(w->args->rescan * 1000);
    return MP_OK;
}

static mp_code follow(watching *w, mp_error *err)
{
    mp_client client; /* what is wrong with the installation is wrong before anything is waited for */
    int       wait_ms = 0;
    mp_code   code = mp_client_open(&client, w->cli, &w->args->place, w->args->format, err);
    mp_client_done(&client);
    MP_TRY(code);
    mp_service_say("READY=1");
    mp_cli_note(w->cli, "watch.begun", w->folder.path, NULL);
    do {
        mp_error why = { .code = MP_OK };
        code = go_round(w, &wait_ms, &why);
        if (code == MP_NOMEM || code == MP_OUTPUT) {
            if (err)
                *err = why;
            return code;
        }
        if (code != MP_OK) {
            mp_cli_error(w->cli, NULL, &why);
            wait_ms = AGAIN_MS;
        }
    } while (!mp_folder_wait(&w->folder, w->stop, wait_ms));
    mp_service_say("STOPPING=1");
    mp_cli_note(w->cli, "watch.ended", w->folder.path, NULL);
    return MP_OK;
}

static mp_code prepare(watching *w, mp_error *err)
{
    const char *path = w->args->folder.items[0];
    mp_str      text;
    MP_TRY(mp_folder_open(&w->folder, path, err));
    w->source = mp_feeding_source(&w->arena, w->args->source, path).ptr;
    if (!w->source)
        return mp_no_memory(err);
    if (!w->args->mapping)
        return MP_OK;
    w->cli->file = w->args->mapping;
    MP_TRY(mp_source_slurp(&text, w->args->mapping, 0, &w->arena, err));
    MP_TRY(mp_mapping_read(&w->mapping, text, err));
    w->cli->file = NULL;
    return MP_OK;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args, mp_error *err)
{
    watching w = { .args = args, .cli = cli, .folder = { .fd = -1 } };
    sigset_t signals;
    (void)exit;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    w.stop = signalfd(-1, &signals, SFD_CLOEXEC);
    mp_code code = w.stop >= 0
                       ? prepare(&w, err)
                       : mp_fail(err, MP_INTERNAL, MP_NOWHERE, "signals cannot be waited for: %s", strerror(errno));
    if (code == MP_OK)
        code = follow(&w, err);
    mp_folder_done(&w.folder);
    mp_mapping_free(w.mapping);
    mp_arena_free(&w.arena);
    if (w.stop >= 0)
        close(w.stop);
    return code;
}

const mp_command mp_command_watch = {
    .name = "watch",
    .summary = "command.watch.summary",
    .text = "command.watch.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct watch_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
