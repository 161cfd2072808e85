/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_collect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect_host.h"
#include "secret.h"
#include "text.h"

/* ---- a command ---- */

typedef struct running {
    pid_t pid;
    int fds[2]; /* standard output and error */
    mp_buf streams[2];
} running;

static mp_code cannot_run(mp_error *err, const char *name, int why)
{
    return mp_fail(err, MP_IO, MP_NOWHERE, "%s cannot be run: %s", name, strerror(why));
}

/* In the child: nothing but what may be done between fork and exec. */
static void become(char *const *argv, const int pipes[2][2], int report)
{
    dup2(pipes[0][1], 1);
    dup2(pipes[1][1], 2);
    execvp(argv[0], argv);
    int why = errno;
    if (write(report, &why, sizeof why) < 0)
        _exit(126);
    _exit(127);
}

static void close_both(const int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

static mp_code start(running *r, char *const *argv, mp_error *err)
{
    int pipes[2][2], report[2], why = 0;
    if (pipe2(pipes[0], O_CLOEXEC))
        return cannot_run(err, argv[0], errno);
    if (pipe2(pipes[1], O_CLOEXEC)) {
        close_both(pipes[0]);
        return cannot_run(err, argv[0], errno);
    }
    if (pipe2(report, O_CLOEXEC)) {
        close_both(pipes[0]);
        close_both(pipes[1]);
        return cannot_run(err, argv[0], errno);
    }
    r->pid = fork();
    if (r->pid == 0)
        become(argv, pipes, report[1]);
    why = r->pid < 0 ? errno : 0;
    close(pipes[0][1]);
    close(pipes[1][1]);
    close(report[1]);
    r->fds[0] = pipes[0][0];
    r->fds[1] = pipes[1][0];
    if (r->pid > 0 &&
        read(report[0], &why, sizeof why) == sizeof why) /* exec failed; else it closed the pipe */
        waitpid(r->pid, NULL, 0);
    close(report[0]);
    if (!why)
        return MP_OK;
    close_both(r->fds);
    return cannot_run(err, argv[0], why);
}

static mp_code take(running *r, size_t i, bool *is_open, mp_error *err)
{
    char piece[16384];
    ssize_t got = read(r->fds[i], piece, sizeof piece);
    if (got < 0 && errno == EINTR)
        return MP_OK;
    *is_open = got > 0;
    if (got > 0)
        mp_buf_add(&r->streams[i], mp_str_of(piece, (size_t)got));
    return r->streams[i].over_limit
               ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "the command said more than %zu bytes",
                         MP_COLLECT_OUTPUT_MAX)
               : mp_buf_check(&r->streams[i], err);
}

static mp_code listen_to(running *r, mp_error *err)
{
    bool open[2] = { true, true };
    while (open[0] || open[1]) {
        struct pollfd p[2] = { { .fd = open[0] ? r->fds[0] : -1, .events = POLLIN },
                               { .fd = open[1] ? r->fds[1] : -1, .events = POLLIN } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return mp_fail(err, MP_IO, MP_NOWHERE, "the output of the command cannot be read: %s",
                           strerror(errno));
        for (size_t i = 0; i < 2; i++)
            if (open[i] && p[i].revents)
                MP_TRY(take(r, i, &open[i], err));
    }
    return MP_OK;
}

static int wait_for(running *r)
{
    int status = 0;
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static mp_str now_text(mp_arena *arena)
{
    char text[MP_CLOCK_SHORT];
    mp_clock_format_short(text, mp_clock_now());
    return mp_arena_dup(arena, mp_str_from(text));
}

static void put_stream(mp_jsonw *w, const char *name, const mp_buf *stream)
{
    mp_str bytes = mp_buf_str(stream);
    mp_jsonw_key(w, mp_str_from(name));
    if (mp_utf8_valid(bytes)) {
        mp_jsonw_str(w, bytes.ptr ? bytes : MP_S(""));
        return;
    }
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "base64", mp_base64(w->arena, bytes));
    mp_jsonw_end(w);
}

static mp_code write_document(FILE *out, const mp_json *document, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    if (!document)
        return mp_no_memory(err);
    mp_buf_add_json_pretty(&text, document, 0);
    mp_buf_add_c(&text, '\n');
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK && fwrite(text.ptr, 1, text.len, out) != text.len)
        code = mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
    mp_buf_free(&text);
    return code;
}

static mp_code tell(FILE *out, const running *r, const mp_list *command, int status, mp_str started,
                    mp_arena *arena, mp_error *err)
{
    char host[256] = "", user[24];
    mp_jsonw w;
    if (gethostname(host, sizeof host - 1))
        host[0] = '\0';
    snprintf(user, sizeof user, "%u", (unsigned)geteuid());
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "format", MP_S("mapae-command/1"));
    mp_jsonw_key(&w, MP_S("command"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < command->count; i++)
        mp_jsonw_str(&w, mp_str_from(command->items[i]));
    mp_jsonw_end(&w);
    mp_jsonw_put_int(&w, WIFSIGNALED(status) ? "signal" : "exitCode",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    mp_jsonw_put_str(&w, "host", mp_str_from(host));
    mp_jsonw_put_str(&w, "user", mp_str_from(user));
    mp_jsonw_put_str(&w, "startedAt", started);
    mp_jsonw_put_str(&w, "endedAt", now_text(arena));
    put_stream(&w, "stdout", &r->streams[0]);
    put_stream(&w, "stderr", &r->streams[1]);
    mp_jsonw_end(&w);
    return write_document(out, mp_jsonw_done(&w), err);
}

mp_code mp_collect_command(int *exit_code, FILE *out, const mp_list *command, mp_error *err)
{
    running r = { .streams = { { .limit = MP_COLLECT_OUTPUT_MAX },
                               { .limit = MP_COLLECT_OUTPUT_MAX } } };
    mp_arena arena = MP_ARENA_INIT;
    char **argv = MP_ARENA_ARRAY(&arena, char *, command->count + 1);
    mp_str started = now_text(&arena);
    for (size_t i = 0; argv && i < command->count; i++)
        argv[i] = (char *)(uintptr_t)command->items[i]; /* exec(3) does not change them */
    mp_code code = argv && started.ptr ? start(&r, argv, err)
                                       : mp_no_memory(err);
    if (code == MP_OK) {
        code = listen_to(&r, err);
        close_both(r.fds); /* who says too much, or cannot be read, notices */
        int status = wait_for(&r);
        *exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        if (code == MP_OK)
            code = tell(out, &r, command, status, started, &arena, err);
    }
    mp_buf_free(&r.streams[0]);
    mp_buf_free(&r.streams[1]);
    mp_arena_free(&arena);
    return code;
}

/* ---- this machine ---- */

mp_code mp_collect_machine(const char **name, FILE *out, mp_cli *cli, mp_arena *arena, mp_error *err)
{
    mp_machine_report report;
    MP_TRY(mp_machine_read(&report, &(mp_machine_options){ .root = NULL }, arena, err));
    mp_collect_host_gaps(&report, cli, arena);
    const mp_json *called = mp_json_get(report.document, MP_S("name"));
    *name = mp_arena_dup(arena, mp_json_is(called, MP_JSON_STRING) ? mp_json_str(called) : MP_S("")).ptr;
    if (!*name)
        return mp_no_memory(err);
    return write_document(out, report.document, err);
}

/* ---- what the server knows ---- */

static mp_code write_list(FILE *out, mp_client *client, mp_str path, mp_error *err)
{
    char next[4096] = "";
    bool is_first = true;
    do {
        mp_arena_mark mark = mp_arena_save(&client->arena);
        mp_str asked = next[0] ? mp_client_path(client, "%.*s&after=%s", MP_FMT(path), next) : path;
        mp_buf text = MP_BUF_INIT;
        MP_TRY(mp_client_ask(client, MP_GET, asked, NULL, err));
        const mp_json *list = mp_json_get(client->answer.json, MP_S("value")),
                      *more = mp_json_get(client->answer.json, MP_S("next"));
        if (mp_json_is(list, MP_JSON_ARRAY))
            for (MP_JSON_EACH(one, list)) {
                mp_buf_add_z(&text, is_first ? "\n" : ",\n");
                mp_buf_add_json(&text, one);
                is_first = false;
            }
        mp_code code = mp_buf_check(&text, err);
        if (code == MP_OK && text.len && fwrite(text.ptr, 1, text.len, out) != text.len)
            code = mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
        mp_buf_free(&text);
        MP_TRY(code);
        snprintf(next, sizeof next, "%s",
                 mp_client_quote(client,
                                 mp_json_is(more, MP_JSON_STRING) ? mp_json_str(more) : MP_S("")));
        mp_arena_restore(&client->arena, mark);
    } while (next[0]);
    return MP_OK;
}

mp_code mp_collect_verdicts(FILE *out, mp_client *client, const char *scope, mp_error *err)
{
    mp_buf head = MP_BUF_INIT;
    mp_str path =
        mp_client_then(client, mp_client_path(client, "/api/v1/states?top=1000&scope=%s",
                                              mp_client_quote(client, mp_str_from(scope))));
    mp_buf_add_z(&head, "{\"format\":\"mapae-verdicts/1\",\"scope\":");
    mp_buf_add_json_str(&head, mp_str_from(scope));
    if (client->as_of)
        mp_buf_printf(&head, ",\"asOf\":\"%s\"", client->as_of);
    mp_buf_printf(&head, ",\"collectedAt\":\"%.*s\",\"verdicts\":[",
                  MP_FMT(now_text(&client->arena)));
    mp_code code = mp_buf_check(&head, err);
    if (code == MP_OK && fwrite(head.ptr, 1, head.len, out) != head.len)
        code = mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
    mp_buf_free(&head);
    if (code == MP_OK)
        code = write_list(out, client, path, err);
    if (code == MP_OK && fputs("\n]}\n", out) == EOF)
        code = mp_fail(err, MP_OUTPUT, MP_NOWHERE, "a temporary file cannot be written");
    return code;
}

mp_code mp_collect_resource(FILE *out, mp_client *client, const char *id, mp_error *err)
{
    mp_str path = mp_client_path(client, "/api/v1/inventory/resource?id=%s",
                                 mp_client_quote(client, mp_str_from(id)));
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err));
    return write_document(out, client->answer.json, err);
}
