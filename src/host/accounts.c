/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts stand in three files. Without the third, /etc/shadow, it is not known who can sign in how, and then nothing
 * is said of accounts at all: half of it would look safe. Of the hash itself only is kept that there is one. */
#include "accounts.h"

#define DAY 86400
#define MOST_ACCOUNTS ((size_t)50000)

mp_password_state mp_password_state_of(mp_str field)
{
    mp_password_state state = { .is_locked = field.len && (field.ptr[0] == '!' || field.ptr[0] == '*') };
    while (field.len && (field.ptr[0] == '!' || field.ptr[0] == '*'))
        field = mp_str_skip(field, 1);
    /* "!locked", "!!" of RHEL and "*LK*" of others are no hashes; one has a '$' or is of 13 letters (DES) */
    state.has_password = field.len >= 13;
    return state;
}

static int64_t number_or(mp_str text, int64_t otherwise)
{
    int64_t n;
    return mp_number_of(&n, text, 10) ? n : otherwise;
}

typedef struct reading {
    mp_machine *m;
    mp_account *accounts;
    size_t      count, cap;
    mp_map      by_name;
    mp_str      group_text;
} reading;

static mp_code read_passwd(reading *r, mp_str text, mp_error *err)
{
    mp_str line;
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    r->cap = lines < MOST_ACCOUNTS ? lines : MOST_ACCOUNTS;
    r->accounts = MP_ARENA_ARRAY(r->m->arena, mp_account, r->cap);
    if (!r->accounts)
        return mp_machine_nomem(err);
    while (r->count < r->cap && mp_line_next(&line, &text)) {
        mp_account *a = &r->accounts[r->count];
        a->name = mp_piece_next(&line, ':');
        mp_str field = mp_piece_next(&line, ':');
        a->uid = mp_piece_next(&line, ':');
        a->gid = mp_piece_next(&line, ':');
        mp_piece_next(&line, ':'); /* who it is: a person's name, which nobody asked for */
        a->home = mp_piece_next(&line, ':');
        a->shell = mp_str_trim(line);
        a->changed_day = a->maximum_days = a->expires_day = -1;
        a->password = mp_password_state_of(field);
        /* "x": it stands in shadow, and an account that is not there has none */
        a->is_shadowed = mp_str_eq(field, MP_S("x"));
        if (a->is_shadowed)
            a->password = (mp_password_state){ .is_locked = true };
        if (!a->name.len || a->name.ptr[0] == '#' || a->name.ptr[0] == '+' || !a->uid.len)
            continue;
        MP_TRY(mp_map_put(&r->by_name, a->name, a, err));
        MP_TRY(mp_map_put(&r->m->users, a->uid, &a->name, err));
        r->count++;
    }
    return MP_OK;
}

static void read_shadow(reading *r, mp_str text)
{
    mp_str line;
    while (mp_line_next(&line, &text)) {
        mp_str      name = mp_piece_next(&line, ':');
        mp_account *a = mp_map_get(&r->by_name, name);
        mp_str      field = mp_piece_next(&line, ':');
        if (!a)
            continue;
        if (a->is_shadowed) /* what passwd itself says is what PAM asks, an empty field too */
            a->password = mp_password_state_of(field);
        a->changed_day = number_or(mp_piece_next(&line, ':'), -1);
        mp_piece_next(&line, ':');
        a->maximum_days = number_or(mp_piece_next(&line, ':'), -1);
        mp_piece_next(&line, ':');
        mp_piece_next(&line, ':');
        a->expires_day = number_or(mp_piece_next(&line, ':'), -1);
    }
}

static mp_code read_groups(reading *r, mp_error *err)
{
    mp_str text = r->group_text, line;
    while (mp_line_next(&line, &text)) {
        mp_str *name = MP_ARENA_NEW(r->m->arena, mp_str);
        if (!name)
            return mp_machine_nomem(err);
        *name = mp_piece_next(&line, ':');
        mp_piece_next(&line, ':');
        mp_str gid = mp_piece_next(&line, ':');
        if (name->len && gid.len && r->m->groups.len < MOST_ACCOUNTS)
            MP_TRY(mp_map_put(&r->m->groups, gid, name, err));
    }
    return MP_OK;
}

/* ---- into the document ---- */

static bool has_shell(mp_str shell)
{
    static const mp_str none[] = { MP_S_INIT("nologin"), MP_S_INIT("false"), MP_S_INIT("sync"), MP_S_INIT("shutdown"), MP_S_INIT("halt") };
    size_t slash = mp_str_rfind(shell, '/');
    mp_str name = slash == SIZE_MAX ? shell : mp_str_skip(shell, slash + 1);
    for (size_t i = 0; i < MP_COUNT(none); i++)
        if (mp_str_eq(name, none[i]))
            return false;
    return true; /* an empty field is /bin/sh */
}

static void put_groups(reading *r, const mp_account *a)
{
    mp_jsonw     *w = &r->m->w;
    const mp_str *primary = mp_map_get(&r->m->groups, a->gid);
    mp_str        text = r->group_text, line;
    mp_jsonw_key(w, MP_S("groups"));
    mp_jsonw_array(w);
    mp_jsonw_str(w, primary ? *primary : a->gid);
    while (mp_line_next(&line, &text)) {
        mp_str name = mp_piece_next(&line, ':');
        mp_piece_next(&line, ':');
        mp_piece_next(&line, ':');
        bool is_member = false;
        while (line.len && !is_member)
            is_member = mp_str_eq(mp_str_trim(mp_piece_next(&line, ',')), a->name);
        if (is_member && !(primary && mp_str_eq(name, *primary)))
            mp_jsonw_str(w, name);
    }
    mp_jsonw_end(w);
}

static void put_day(mp_machine *m, const char *name, int64_t day)
{
    if (day >= 0 && day < 3000000)
        mp_machine_put_time(m, name, day * DAY);
    else
        mp_machine_put_number(m, name, false, 0);
}

static void put_account(reading *r, const mp_account *a)
{
    mp_machine *m = r->m;
    int64_t     today = mp_clock_to_unix(m->now) / DAY;
    bool        is_expired = a->expires_day >= 0 && a->expires_day <= today;
    /* 99999 days are what the tools write for "never" */
    bool        expires = a->password.has_password && a->changed_day > 0 && a->maximum_days >= 0 && a->maximum_days < 99999;
    mp_jsonw_object(&m->w);
    mp_jsonw_put_str(&m->w, "name", a->name);
    mp_jsonw_put_int(&m->w, "uid", number_or(a->uid, -1));
    mp_jsonw_put_int(&m->w, "gid", number_or(a->gid, -1));
    mp_jsonw_put_str(&m->w, "shell", a->shell);
    mp_jsonw_put_str(&m->w, "home", a->home);
    mp_jsonw_put_bool(&m->w, "canLogIn", has_shell(a->shell) && !is_expired);
    mp_jsonw_put_bool(&m->w, "isLocked", a->password.is_locked);
    mp_jsonw_put_bool(&m->w, "hasPassword", a->password.has_password);
    put_day(m, "passwordChangedAt", a->password.has_password ? a->changed_day : -1);
    put_day(m, "passwordExpiresAt", expires ? a->changed_day + a->maximum_days : -1);
    if (a->last_sign_in > 0)
        mp_machine_put_time(m, "lastLogInAt", a->last_sign_in);
    else if (a->last_sign_in == MP_SIGN_IN_NEVER)
        mp_machine_put_number(m, "lastLogInAt", false, 0);
    put_groups(r, a);
    mp_jsonw_end(&m->w);
}

static mp_code read_all(reading *r, mp_error *err)
{
    static const char *const files[] = { "etc/passwd", "etc/group", "etc/shadow" };
    mp_str   texts[MP_COUNT(files)];
    mp_reach how, worst = MP_REACH_OK;
    size_t   which = 0;
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        MP_TRY(mp_machine_file(&texts[i], &how, r->m, files[i], err));
        which = worst == MP_REACH_OK && how != MP_REACH_OK ? i : which;
        worst = worst == MP_REACH_OK ? how : worst;
    }
    r->group_text = texts[1];
    MP_TRY(read_passwd(r, texts[0], err));
    MP_TRY(read_groups(r, err)); /* files have owners also where shadow cannot be read */
    if (worst != MP_REACH_OK) {
        mp_machine_gap_note(r->m, "users", worst, mp_machine_path(r->m, "/%s", files[which]));
        return MP_OK;
    }
    read_shadow(r, texts[2]);
    MP_TRY(mp_sign_ins_read(r->m, r->accounts, r->count, err));
    mp_jsonw_key(&r->m->w, MP_S("users"));
    mp_jsonw_array(&r->m->w);
    for (size_t i = 0; i < r->count; i++)
        put_account(r, &r->accounts[i]);
    mp_jsonw_end(&r->m->w);
    return MP_OK;
}

mp_code mp_read_accounts(mp_machine *m, mp_error *err)
{
    reading r = { .m = m };
    mp_code code = read_all(&r, err);
    mp_map_free(&r.by_name);
    return code;
}
