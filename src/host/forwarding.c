/* SPDX-License-Identifier: Apache-2.0 */
#include "forwarding.h"

#include "machine_internal.h"

static void put_target(mp_jsonw *w, mp_arena *arena, const char *scheme, mp_str host, mp_str port, const char *otherwise)
{
    if (!host.len)
        return;
    bool   is_v6 = mp_str_find(host, ':') != SIZE_MAX && host.ptr[0] != '[';
    mp_str text = mp_arena_printf(arena, "%s://%s%.*s%s:%.*s", scheme, is_v6 ? "[" : "", MP_FMT(host), is_v6 ? "]" : "",
                                  port.len ? (int)port.len : (int)strlen(otherwise), port.len ? port.ptr : otherwise);
    if (text.ptr)
        mp_jsonw_str(w, text);
    else
        w->failed = true;
}

/* ---- rsyslog ---- */

/* The value of name="..." or name=... within `text`; names have no case. */
static mp_str parameter_of(mp_str text, mp_str name)
{
    for (size_t at = 0; at < text.len;) {
        mp_str rest = mp_str_skip(text, at);
        size_t found = mp_str_find_fold(rest, name);
        if (found == SIZE_MAX)
            break;
        mp_str behind = mp_str_trim(mp_str_skip(rest, found + name.len));
        bool   begins = at + found == 0 || strchr(" \t\n(,", text.ptr[at + found - 1]);
        if (begins && behind.len > 1 && behind.ptr[0] == '=') {
            behind = mp_str_trim(mp_str_skip(behind, 1));
            if (behind.len && behind.ptr[0] == '"')
                return mp_piece_next(&(mp_str){ behind.ptr + 1, behind.len - 1 }, '"');
            size_t end = 0;
            while (end < behind.len && !strchr(" \t\n)", behind.ptr[end]))
                end++;
            return mp_str_of(behind.ptr, end);
        }
        at += found + name.len;
    }
    return mp_str_of(NULL, 0);
}

/* action(type="omfwd" target="..." protocol="tcp" StreamDriver="gtls" StreamDriverMode="1") */
static void take_action(mp_jsonw *w, mp_arena *arena, mp_str text)
{
    mp_str type = parameter_of(text, MP_S("type")), target = parameter_of(text, MP_S("target"));
    mp_str port = parameter_of(text, MP_S("port"));
    if (mp_str_eq_fold(type, MP_S("omfwd"))) {
        bool is_tcp = mp_str_eq_fold(parameter_of(text, MP_S("protocol")), MP_S("tcp"));
        bool is_tls = is_tcp && mp_str_eq(parameter_of(text, MP_S("StreamDriverMode")), MP_S("1"));
        put_target(w, arena, is_tls ? "tls" : is_tcp ? "tcp" : "udp", target, port, "514");
    } else if (mp_str_eq_fold(type, MP_S("omrelp"))) {
        bool is_tls = mp_str_eq_fold(parameter_of(text, MP_S("tls")), MP_S("on"));
        put_target(w, arena, is_tls ? "relp+tls" : "relp", target, port, "514");
    } else if (mp_str_eq_fold(type, MP_S("omhttp")) || mp_str_eq_fold(type, MP_S("omelasticsearch"))) {
        bool   is_tls = !mp_str_eq_fold(parameter_of(text, MP_S("usehttps")), MP_S("off"));
        mp_str server = parameter_of(text, MP_S("server"));
        put_target(w, arena, is_tls ? "https" : "http", server, parameter_of(text, MP_S("serverport")), "443");
    } else if (mp_str_eq_fold(type, MP_S("omuxsock"))) {
        mp_str path = parameter_of(text, MP_S("Socket"));
        mp_str url = mp_arena_printf(arena, "unix://%.*s", MP_FMT(path));
        if (path.len && url.ptr)
            mp_jsonw_str(w, url);
    }
}

/* "*.* @@(o)log.example:6514;RSYSLOG_Format": one @ is UDP, two are TCP. With the gtls driver and mode 1 in force for
 * all actions, TCP of the old form is TLS. */
static void take_selector(mp_jsonw *w, mp_arena *arena, mp_str line, bool is_tls)
{
    mp_str selector = mp_word_next(&line), target = mp_word_next(&line);
    if (mp_str_find(selector, '.') == SIZE_MAX && mp_str_find(selector, ':') == SIZE_MAX)
        return;
    bool is_tcp = mp_str_starts(target, MP_S("@@"));
    if (!target.len || target.ptr[0] != '@')
        return;
    target = mp_str_skip(target, is_tcp ? 2 : 1);
    if (target.len && target.ptr[0] == '(')
        mp_piece_next(&target, ')');
    target = mp_piece_next(&target, ';');
    mp_str port = mp_str_of(NULL, 0), host = target;
    size_t colon = mp_str_rfind(target, ':');
    bool   is_bracketed = target.len && target.ptr[target.len - 1] == ']';
    if (colon != SIZE_MAX && !is_bracketed) {
        host = mp_str_of(target.ptr, colon);
        port = mp_str_skip(target, colon + 1);
    }
    put_target(w, arena, is_tcp && is_tls ? "tls" : is_tcp ? "tcp" : "udp", host, port, "514");
}

/* An action(...) may stand on several lines. */
static mp_str cut_action(mp_str *text)
{
    size_t depth = 0, i = 0;
    bool   is_quoted = false;
    for (; i < text->len; i++) {
        char c = text->ptr[i];
        is_quoted ^= c == '"';
        if (!is_quoted && c == '(')
            depth++;
        if (!is_quoted && c == ')' && --depth == 0)
            break;
    }
    mp_str action = mp_str_of(text->ptr, i);
    *text = mp_str_skip(*text, i + 1);
    return action;
}

void mp_forwarding_of_rsyslog(mp_jsonw *w, mp_arena *arena, mp_str text)
{
    mp_str line;
    bool   is_tls = false;
    while (text.len) {
        mp_str whole = text;
        mp_line_next(&line, &text);
        line = mp_str_trim(line);
        if (!line.len || line.ptr[0] == '#')
            continue;
        size_t at = mp_str_find_fold(line, MP_S("action("));
        if (at != SIZE_MAX) {
            text = mp_str_skip(whole, (size_t)(line.ptr - whole.ptr) + at + 6);
            take_action(w, arena, cut_action(&text));
        } else if (mp_str_starts_fold(line, MP_S("$ActionSendStreamDriverMode"))) {
            is_tls = mp_str_eq(mp_str_trim(mp_str_skip(line, 27)), MP_S("1"));
        } else {
            take_selector(w, arena, line, is_tls);
        }
    }
}

/* ---- syslog-ng ---- */

/* network("host" port(6514) transport("tls")), syslog(...), tcp(...), udp(...) */
static void take_driver(mp_jsonw *w, mp_arena *arena, mp_str driver, mp_str body)
{
    size_t quote = mp_str_find(body, '"');
    if (quote == SIZE_MAX)
        return;
    mp_str rest = mp_str_skip(body, quote + 1), host = mp_piece_next(&rest, '"'), port = MP_S(""), transport = MP_S("");
    size_t at = mp_str_find_str(rest, MP_S("port("));
    if (at != SIZE_MAX)
        port = mp_unquoted(mp_piece_next(&(mp_str){ rest.ptr + at + 5, rest.len - at - 5 }, ')'));
    at = mp_str_find_str(rest, MP_S("transport("));
    if (at != SIZE_MAX)
        transport = mp_unquoted(mp_piece_next(&(mp_str){ rest.ptr + at + 10, rest.len - at - 10 }, ')'));
    bool is_udp = mp_str_eq(driver, MP_S("udp")) || mp_str_eq(transport, MP_S("udp"));
    put_target(w, arena, mp_str_eq(transport, MP_S("tls")) ? "tls" : is_udp ? "udp" : "tcp", host, port, "514");
}

void mp_forwarding_of_syslog_ng(mp_jsonw *w, mp_arena *arena, mp_str text)
{
    static const mp_str drivers[] = { MP_S_INIT("network("), MP_S_INIT("syslog("), MP_S_INIT("tcp("), MP_S_INIT("udp(") };
    for (;;) {
        size_t at = mp_str_find_str(text, MP_S("destination "));
        if (at == SIZE_MAX)
            return;
        text = mp_str_skip(text, at + 12);
        mp_str body = text;
        body = mp_piece_next(&body, ';'); /* of the first driver */
        for (size_t i = 0; i < MP_COUNT(drivers); i++) {
            size_t driver = mp_str_find_str(body, drivers[i]);
            if (driver != SIZE_MAX) {
                take_driver(w, arena, mp_str_of(drivers[i].ptr, drivers[i].len - 1), mp_str_skip(body, driver + drivers[i].len));
                break;
            }
        }
    }
}

void mp_forwarding_of_journal(mp_jsonw *w, mp_arena *arena, mp_str text)
{
    mp_str line, name, value;
    while (mp_line_next(&line, &text)) {
        if (!mp_setting_of(&name, &value, line) || !mp_str_eq(name, MP_S("URL")) || !value.len)
            continue;
        bool   is_plain = mp_str_starts(value, MP_S("http://"));
        mp_str host = mp_str_starts(value, MP_S("https://")) ? mp_str_skip(value, 8) : is_plain ? mp_str_skip(value, 7) : value;
        host = mp_piece_next(&host, '/');
        mp_str port = host;
        host = mp_piece_next(&port, ':');
        put_target(w, arena, is_plain ? "http" : "https", host, port, "19532");
    }
}

/* ---- the journal on disk ---- */

static mp_code put_persistent(mp_machine *m, mp_error *err)
{
    static const char *const folders[] = { "usr/lib/systemd/journald.conf.d", "etc/systemd/journald.conf.d" };
    mp_buf   settings = MP_BUF_INIT;
    mp_str   text, line, name, value, storage = MP_S("auto");
    mp_reach how;
    mp_code  code = mp_machine_file(&text, &how, m, "etc/systemd/journald.conf", err);
    mp_buf_add(&settings, text);
    mp_buf_add_c(&settings, '\n');
    for (size_t i = 0; i < MP_COUNT(folders) && code == MP_OK; i++)
        code = mp_machine_folder(&settings, &how, m, folders[i], ".conf", err);
    text = mp_buf_str(&settings);
    while (code == MP_OK && mp_line_next(&line, &text))
        if (mp_setting_of(&name, &value, line) && mp_str_eq(name, MP_S("Storage")))
            storage = value;
    bool is_kept = mp_str_eq(storage, MP_S("persistent")) ||
                   (mp_str_eq(storage, MP_S("auto")) && mp_root_has(&m->root, "var/log/journal"));
    mp_jsonw_put_bool(&m->w, "journalPersistent", is_kept);
    mp_buf_free(&settings);
    return code;
}

typedef struct sender {
    const char *file, *folder; /* folder may be NULL */
    void (*read)(mp_jsonw *w, mp_arena *arena, mp_str text);
} sender;

static mp_code read_sender(mp_machine *m, const sender *s, mp_reach *worst, mp_error *err)
{
    mp_buf   all = MP_BUF_INIT;
    mp_str   text;
    mp_reach how, found = MP_REACH_OK;
    mp_code  code = mp_machine_file(&text, &how, m, s->file, err);
    mp_buf_add(&all, text);
    mp_buf_add_c(&all, '\n');
    if (code == MP_OK && how == MP_REACH_OK && s->folder)
        code = mp_machine_folder(&all, &found, m, s->folder, ".conf", err);
    if (code == MP_OK && how == MP_REACH_OK && found == MP_REACH_OK) {
        text = mp_arena_dup(m->arena, mp_buf_str(&all));
        if (text.ptr)
            s->read(&m->w, m->arena, text);
        else
            code = mp_machine_nomem(err);
    }
    if (how != MP_REACH_OK && how != MP_REACH_MISSING)
        *worst = how;
    if (found != MP_REACH_OK)
        *worst = found;
    mp_buf_free(&all);
    return code;
}

mp_code mp_read_forwarding(mp_machine *m, mp_error *err)
{
    static const sender senders[] = {
        { "etc/rsyslog.conf", "etc/rsyslog.d", mp_forwarding_of_rsyslog },
        { "etc/syslog-ng/syslog-ng.conf", "etc/syslog-ng/conf.d", mp_forwarding_of_syslog_ng },
        { "etc/systemd/journal-upload.conf", "etc/systemd/journal-upload.conf.d", mp_forwarding_of_journal },
    };
    mp_reach worst = MP_REACH_OK;
    mp_jsonw_key(&m->w, MP_S("logging"));
    mp_jsonw_object(&m->w);
    mp_jsonw_key(&m->w, MP_S("forwardsTo"));
    mp_jsonw_array(&m->w);
    for (size_t i = 0; i < MP_COUNT(senders); i++)
        MP_TRY(read_sender(m, &senders[i], &worst, err));
    mp_jsonw_end(&m->w);
    if (worst != MP_REACH_OK)
        mp_machine_gap_note(m, "logging.forwardsTo", worst, "/etc/rsyslog.conf");
    if (m->knows_active)
        mp_jsonw_put_bool(&m->w, "auditd", mp_machine_is_active(m, MP_S("auditd")));
    MP_TRY(put_persistent(m, err));
    mp_jsonw_end(&m->w);
    return MP_OK;
}
