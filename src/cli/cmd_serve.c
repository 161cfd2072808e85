/* SPDX-License-Identifier: Apache-2.0 */
/* The main thread starts everything, says that it is ready, and then only waits for signals: SIGHUP reads
 * certificates again and opens log files anew, SIGTERM and SIGINT stop after what was begun is finished, and
 * a second one of these ends the process at once (nothing that was acknowledged is lost by that). Signals are
 * blocked before the first thread is made, so that no other thread gets them. */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "confine.h"
#include "init.h"
#include "server.h"
#include "service.h"
#include "systems.h"

struct serve_args {
    mp_place    place;
    const char *listen;
};

static const mp_option options[] = {
    { .name = "listen", .value = "HOST:PORT", .help = "option.listen", MP_FIELD(struct serve_args, listen) },
    MP_PLACE_OPTIONS(struct serve_args),
};

static const mp_example examples[] = {
    { "mapae serve --data /var/lib/mapae", "example.serve.first" },
    { "mapae serve --data /tmp/mapae --listen 127.0.0.1:8443 --set log.level=notice", "example.serve.set" },
};

struct serving {
    mp_cli     *cli;
    mp_place    place;
    const char *folder;
    mp_arena    arena;
    mp_config  *config;
    mp_log     *log;
    mp_app     *app;
    mp_server  *server;
    mp_listen_socket listening; /* bound before anything else: what it is called depends on its port */
    mp_ticks    began;
    sigset_t    signals;
};

/* ---- starting ---- */

/* --listen is a setting like any other; the option goes before --set. */
static mp_code add_listen(struct serving *s, const char *listen, mp_error *err)
{
    mp_list      given = s->place.sets;
    const char **sets = MP_ARENA_ARRAY(&s->arena, const char *, given.count + 1);
    mp_str       set = mp_arena_printf(&s->arena, "server.listen=%s", listen);
    if (!sets || !set.ptr)
        return mp_no_memory(err);
    for (size_t i = 0; i < given.count; i++)
        sets[i] = given.items[i];
    sets[given.count] = set.ptr;
    s->place.sets = (mp_list){ sets, given.count + 1 };
    return MP_OK;
}

static mp_code open_log(struct serving *s, mp_error *err)
{
    mp_log_options options_ = { .to = mp_config_text(s->config, MP_SET_LOG_TO),
                                .as_syslog = mp_config_number(s->config, MP_SET_LOG_FORMAT) == 1,
                                .least = (mp_log_level)mp_config_number(s->config, MP_SET_LOG_LEVEL),
                                .host = mp_config_text(s->config, MP_SET_LOG_HOST) };
    return mp_log_open(&s->log, &options_, err);
}

/* The first start of an empty folder. The link is for the person at the terminal: it never stands in a log. */
static mp_code prepare(struct serving *s, mp_error *err)
{
    mp_init_result  result;
    mp_init_options options_ = { .config = s->config,
                                 .folder = s->folder,
                                 .store = mp_place_store(&s->place, s->config),
                                 .log = s->log,
                                 .port = s->listening.port,
                                 .systems = mp_cli_systems };
    if (mp_app_is_prepared(s->folder))
        return MP_OK;
    MP_TRY(mp_app_init(&result, &options_, &s->arena, err));
    mp_buf text = MP_BUF_INIT;
    mp_str words[] = { mp_str_from(s->folder), result.administrator, result.setup_link, result.ca_file };
    /* systemd.exec(5): standard error is the journal, which others read too. */
    mp_say(&text, s->cli->lang, getenv("JOURNAL_STREAM") ? "serve.prepared.journal" : "serve.prepared", words,
           MP_COUNT(words));
    fprintf(s->cli->err, "mapae: %.*s\n", MP_FMT(mp_buf_str(&text)));
    fflush(s->cli->err);
    mp_buf_free(&text);
    return MP_OK;
}

static unsigned number(const struct serving *s, mp_setting_id id)
{
    return (unsigned)mp_config_number(s->config, id);
}

static mp_code listen_to(struct serving *s, mp_error *err)
{
    mp_str socket_ = mp_arena_printf(&s->arena, "%s/mapae.sock", s->folder);
    mp_str cert = mp_arena_printf(&s->arena, "%s/tls/server.pem", s->folder);
    mp_str key = mp_arena_printf(&s->arena, "%s/tls/server.key", s->folder);
    if (!socket_.ptr || !cert.ptr || !key.ptr)
        return mp_no_memory(err);
    const char       *own_cert = mp_config_text(s->config, MP_SET_SERVER_CERT_FILE);
    mp_server_options options_ = {
        .listen = mp_config_text(s->config, MP_SET_SERVER_LISTEN),
        .listening = s->listening,
        .local_socket = socket_.ptr,
        .cert_file = own_cert ? own_cert : cert.ptr,
        .key_file = own_cert ? mp_config_text(s->config, MP_SET_SERVER_KEY_FILE) : key.ptr,
        .trusted_proxies = mp_config_text(s->config, MP_SET_SERVER_TRUSTED_PROXIES),
        .socket_threads = number(s, MP_SET_SERVER_SOCKET_THREADS),
        .workers = number(s, MP_SET_SERVER_WORKERS),
        .connections = number(s, MP_SET_SERVER_CONNECTIONS),
        .connections_per_client = number(s, MP_SET_SERVER_CONNECTIONS_PER_CLIENT),
        .head_bytes = number(s, MP_SET_SERVER_HEAD_SIZE),
        .idle_seconds = number(s, MP_SET_SERVER_IDLE_TIME),
        .head_seconds = number(s, MP_SET_SERVER_HEAD_TIME),
        .body_seconds = number(s, MP_SET_SERVER_BODY_TIME),
        .request_seconds = number(s, MP_SET_SERVER_REQUEST_TIME),
        .rate_client = number(s, MP_SET_RATE_CLIENT),
        .rate_identity = number(s, MP_SET_RATE_IDENTITY),
        .rate_sign_in = number(s, MP_SET_RATE_SIGN_IN),
        .hsts = mp_config_flag(s->config, MP_SET_SERVER_HSTS),
    };
    s->listening.fd = 0;
    return mp_server_start(&s->server, &options_, s->app->router, s->log, err);
}

/* Not being able to is a warning: the server is as good as before. */
static void confine(struct serving *s)
{
    mp_error e = { 0 };
    if (!mp_config_flag(s->config, MP_SET_SERVER_CONFINE) || mp_confine(&e) == MP_OK)
        return;
    mp_log_field message = MP_LOG_TEXT("message", mp_str_from(e.message));
    mp_log_write(s->log, MP_LOG_WARNING, "server-message", &message, 1);
}

/* HOST:PORT as it is known now: port 0 has become a real one, and no host means this machine. */
static mp_str address_of(struct serving *s)
{
    mp_str listen = mp_str_from(mp_config_text(s->config, MP_SET_SERVER_LISTEN));
    mp_str host = mp_str_of(listen.ptr, mp_str_rfind(listen, ':'));
    return mp_arena_printf(&s->arena, "%.*s:%u", MP_FMT(host.len ? host : MP_S("localhost")),
                           mp_server_port(s->server));
}

static int64_t ms_since(mp_ticks began)
{
    return (mp_clock_now() - began) / (MP_TICKS_PER_SECOND / 1000);
}

static mp_code say_ready(struct serving *s, mp_error *err)
{
    mp_str       address = address_of(s);
    mp_log_field fields[] = { MP_LOG_TEXT("listen", address), MP_LOG_NUMBER("ms", ms_since(s->began)) };
    mp_log_write(s->log, MP_LOG_NOTICE, "ready", fields, MP_COUNT(fields));
    mp_service_say("READY=1");
    fprintf(s->cli->out, "mapae: ready on https://%.*s\n", MP_FMT(address));
    if (fflush(s->cli->out) != 0)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "cannot write standard output: %s", strerror(errno));
    return MP_OK;
}

static mp_code start(struct serving *s, mp_error *err)
{
    MP_TRY(mp_place_settings(&s->config, s->cli, &s->place, err));
    MP_TRY(open_log(s, err));
    mp_log_field fields[] = { MP_LOG_TEXT("version", MP_S(MAPAE_VERSION)),
                              MP_LOG_TEXT("folder", mp_str_from(s->folder)),
                              MP_LOG_TEXT("listen", mp_str_from(mp_config_text(s->config, MP_SET_SERVER_LISTEN))) };
    mp_log_write(s->log, MP_LOG_NOTICE, "start", fields, MP_COUNT(fields));
    MP_TRY(mp_listen(&s->listening, mp_config_text(s->config, MP_SET_SERVER_LISTEN), err));
    MP_TRY(prepare(s, err));
    mp_app_options app = { .config = s->config,
                           .folder = s->folder,
                           .store = mp_place_store(&s->place, s->config),
                           .log = s->log,
                           .port = s->listening.port,
                           .has_jobs = true,
                           .systems = mp_cli_systems };
    MP_TRY(mp_app_open(&s->app, &app, err));
    MP_TRY(listen_to(s, err));
    confine(s);
    return say_ready(s, err);
}

/* ---- running ---- */

static void reload(struct serving *s)
{
    mp_error e = { 0 };
    mp_service_say("RELOADING=1");
    mp_log_reopen(s->log);
    if (mp_server_reload(s->server, &e) != MP_OK) {
        mp_log_field message = MP_LOG_TEXT("message", mp_str_from(e.message));
        mp_log_write(s->log, MP_LOG_ERROR, "server-message", &message, 1);
    }
    mp_service_say("READY=1");
}

/* Until a signal says stop: that signal. */
static int run_until_told(struct serving *s, int fd)
{
    uint64_t beat = mp_service_beat_ms();
    for (;;) {
        struct pollfd           waiting = { .fd = fd, .events = POLLIN };
        struct signalfd_siginfo told;
        int                     count = poll(&waiting, 1, beat ? (int)(beat < 60000 ? beat : 60000) : -1);
        if (beat)
            mp_service_say("WATCHDOG=1");
        if (count <= 0 || read(fd, &told, sizeof told) != sizeof told)
            continue;
        if (told.ssi_signo != SIGHUP)
            return (int)told.ssi_signo;
        reload(s);
    }
}

/* From here on a second signal ends the process as it would any other. */
static void stop(struct serving *s, int told)
{
    mp_ticks began = mp_clock_now();
    mp_service_say("STOPPING=1");
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &s->signals, NULL);
    mp_server_stop(s->server, number(s, MP_SET_SERVER_STOP_TIME));
    s->server = NULL;
    mp_log_field fields[] = { MP_LOG_TEXT("reason", told == SIGINT ? MP_S("SIGINT") : MP_S("SIGTERM")),
                              MP_LOG_NUMBER("seconds", ms_since(began) / 1000) };
    mp_log_write(s->log, MP_LOG_NOTICE, "stop", fields, MP_COUNT(fields));
}

static mp_code serve(struct serving *s, mp_error *err)
{
    sigemptyset(&s->signals);
    sigaddset(&s->signals, SIGTERM);
    sigaddset(&s->signals, SIGINT);
    sigaddset(&s->signals, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &s->signals, NULL);
    int fd = signalfd(-1, &s->signals, SFD_CLOEXEC);
    if (fd < 0)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "signals cannot be waited for: %s", strerror(errno));
    mp_code code = start(s, err);
    if (code == MP_OK)
        stop(s, run_until_told(s, fd));
    close(fd);
    return code;
}

static mp_code run(mp_exit *exit, mp_cli *cli, const void *args_, mp_error *err)
{
    const struct serve_args *args = args_;
    struct serving           s = { .cli = cli, .place = args->place, .folder = mp_place_folder(&args->place),
                                   .began = mp_clock_now() };
    (void)exit;
    mp_code code = args->listen ? add_listen(&s, args->listen, err) : MP_OK;
    if (code == MP_OK)
        code = serve(&s, err);
    mp_server_stop(s.server, 0);
    if (s.listening.fd > 0)
        close(s.listening.fd);
    mp_app_close(s.app);
    mp_log_close(s.log);
    mp_config_free(s.config);
    mp_arena_free(&s.arena);
    return code;
}

const mp_command mp_command_serve = {
    .name = "serve",
    .summary = "command.serve.summary",
    .text = "command.serve.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct serve_args),
    .exits = MP_EXITS_USUAL,
    .run = run,
};
