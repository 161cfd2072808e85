/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for passwords stand in lines of PAM and in the files of its modules. A module that no line names is not in
 * force, whatever its file says. Lines are followed one level of @include deep: Debian has all of it in common-*,
 * RHEL in system-auth and password-auth. */
#include "machine_internal.h"

typedef struct pam {
    mp_buf  text; /* lines of all files */
    mp_str  quality, history, lockout, unix_; /* arguments of the first line of each module; ptr NULL: none */
} pam;

/* "password [success=1 default=ignore] pam_unix.so obscure yescrypt" */
static void take_line(pam *p, mp_str line)
{
    line = mp_line_without(line, '#');
    mp_str type = mp_word_next(&line);
    if (type.len && type.ptr[0] == '-')
        type = mp_str_skip(type, 1);
    mp_str control = mp_word_next(&line);
    if (control.len && control.ptr[0] == '[')
        while (control.len && control.ptr[control.len - 1] != ']')
            control = mp_word_next(&line);
    mp_str module = mp_word_next(&line);
    size_t slash = mp_str_rfind(module, '/');
    module = slash == SIZE_MAX ? module : mp_str_skip(module, slash + 1);
    line = line.ptr ? line : MP_S("");
    bool is_password = mp_str_eq(type, MP_S("password"));
    if (is_password && mp_str_eq(module, MP_S("pam_pwquality.so")) && !p->quality.ptr)
        p->quality = line;
    if (is_password && mp_str_eq(module, MP_S("pam_pwhistory.so")) && !p->history.ptr)
        p->history = line;
    if (is_password && mp_str_eq(module, MP_S("pam_unix.so")) && !p->unix_.ptr)
        p->unix_ = line;
    if (mp_str_eq(type, MP_S("auth")) && mp_str_eq(module, MP_S("pam_faillock.so")) && !p->lockout.ptr)
        p->lockout = line;
}

static mp_code read_pam(pam *p, mp_reach *how, mp_machine *m, mp_error *err)
{
    static const char *const files[] = { "etc/pam.d/common-password", "etc/pam.d/common-auth", "etc/pam.d/system-auth",
                                         "etc/pam.d/password-auth" };
    mp_reach found;
    mp_str   text, line;
    *how = MP_REACH_MISSING;
    for (size_t i = 0; i < MP_COUNT(files); i++) {
        MP_TRY(mp_machine_file(&text, &found, m, files[i], err));
        if (found == MP_REACH_MISSING)
            continue;
        *how = found;
        if (found != MP_REACH_OK)
            return MP_OK;
        while (mp_line_next(&line, &text))
            take_line(p, line);
    }
    return MP_OK;
}

/* "name=7" among the arguments of a line, or "name = 7" in a file; the argument counts, and of a file the last. */
static bool rule_of(int64_t *out, mp_str arguments, mp_str file, mp_str name)
{
    mp_str word, line, found_name, value, found = mp_str_of(NULL, 0);
    while (mp_line_next(&line, &file))
        if (mp_setting_of(&found_name, &value, line) && mp_str_eq(found_name, name))
            found = mp_line_without(value, '#');
    while ((word = mp_word_next(&arguments)).len)
        if (mp_str_eq(mp_piece_next(&word, '='), name))
            found = word;
    bool is_negative = mp_str_starts(found, MP_S("-"));
    if (!mp_number_of(out, mp_str_skip(found, is_negative), 10))
        return false;
    *out = is_negative ? -*out : *out;
    return true;
}

#define MOST_CREDIT 64

/* The other rules of pam_pwquality that say how long and how mixed (pwquality.conf(5)): a credit below 0 asks for that
 * many characters of the kind, one above 0 makes the length shorter; with enforcing 0 nothing is refused. */
typedef struct credits {
    int64_t asked, given;
    bool    is_enforced;
} credits;

static credits credits_of(mp_str arguments, mp_str file)
{
    static const mp_str kinds[] = { MP_S_INIT("dcredit"), MP_S_INIT("ucredit"), MP_S_INIT("lcredit"), MP_S_INIT("ocredit") };
    credits c = { .is_enforced = true };
    int64_t n;
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        if (rule_of(&n, arguments, file, kinds[i])) {
            c.asked += n < 0;
            c.given += n <= 0 ? 0 : n < MOST_CREDIT ? n : MOST_CREDIT;
        }
    c.is_enforced = !rule_of(&n, arguments, file, MP_S("enforcing")) || n != 0;
    return c;
}

static bool has_word(mp_str arguments, mp_str word)
{
    mp_str found;
    while ((found = mp_word_next(&arguments)).len)
        if (mp_str_eq(found, word))
            return true;
    return false;
}

/* The module's own defaults, where a line names it and nothing says another value: pam_pwquality(8) minlen 8 and no
 * classes, pam_pwhistory(8) remember 10, pam_faillock(8) deny 3. */
static void put_rule(mp_machine *m, const char *name, mp_str arguments, mp_str file, mp_str setting, int64_t otherwise)
{
    int64_t n = otherwise;
    if (arguments.ptr && !rule_of(&n, arguments, file, setting))
        n = otherwise;
    mp_machine_put_number(m, name, arguments.ptr != NULL, n);
}

static void put_quality(mp_machine *m, mp_str arguments, mp_str file)
{
    int64_t length = 8, classes = 0;
    credits c = credits_of(arguments, file);
    bool    is_set = arguments.ptr && c.is_enforced;
    if (!rule_of(&length, arguments, file, MP_S("minlen")))
        length = 8;
    if (!rule_of(&classes, arguments, file, MP_S("minclass")))
        classes = 0;
    mp_machine_put_number(m, "minimumLength", is_set, length > c.given ? length - c.given : 0);
    mp_machine_put_number(m, "minimumClasses", is_set, classes > c.asked ? classes : c.asked);
}

/* RHEL 7 and older have it with pam_unix, whose default is none. */
static void put_history(mp_machine *m, const pam *p, mp_str file)
{
    int64_t n;
    if (!p->history.ptr && p->unix_.ptr && rule_of(&n, p->unix_, MP_S(""), MP_S("remember")))
        mp_machine_put_number(m, "history", true, n);
    else
        put_rule(m, "history", p->history, file, MP_S("remember"), 10);
}

static mp_str hash_of(const pam *p, mp_str login)
{
    static const mp_str methods[] = { MP_S_INIT("yescrypt"), MP_S_INIT("gost_yescrypt"), MP_S_INIT("sha512"),
                                      MP_S_INIT("sha256"), MP_S_INIT("blowfish"), MP_S_INIT("bigcrypt"), MP_S_INIT("md5") };
    mp_str line, name, value, found = MP_S("");
    for (size_t i = 0; i < MP_COUNT(methods); i++)
        if (p->unix_.ptr && has_word(p->unix_, methods[i]))
            return methods[i];
    while (mp_line_next(&line, &login))
        if (mp_setting_of(&name, &value, line) && mp_str_eq(name, MP_S("ENCRYPT_METHOD")))
            found = value;
    for (size_t i = 0; i < MP_COUNT(methods); i++)
        if (mp_str_eq_fold(found, methods[i]))
            return methods[i];
    return found;
}

static void put_days(mp_machine *m, const char *name, mp_str login, mp_str setting)
{
    int64_t n = 0;
    bool    is_set = rule_of(&n, mp_str_of(NULL, 0), login, setting);
    mp_machine_put_number(m, name, is_set, n);
}

static mp_code write_rules(mp_machine *m, const pam *p, mp_str quality, mp_error *err)
{
    mp_str   login, history, lockout;
    mp_reach how, ignored;
    MP_TRY(mp_machine_file(&login, &how, m, "etc/login.defs", err));
    MP_TRY(mp_machine_file(&history, &ignored, m, "etc/security/pwhistory.conf", err));
    MP_TRY(mp_machine_file(&lockout, &ignored, m, "etc/security/faillock.conf", err));
    mp_jsonw_key(&m->w, MP_S("passwordRules"));
    mp_jsonw_object(&m->w);
    put_quality(m, p->quality, quality);
    put_history(m, p, history);
    put_rule(m, "lockAfter", p->lockout, lockout, MP_S("deny"), 3);
    if (how == MP_REACH_OK) {
        put_days(m, "maximumDays", login, MP_S("PASS_MAX_DAYS"));
        put_days(m, "minimumDays", login, MP_S("PASS_MIN_DAYS"));
    } else {
        mp_machine_gap_note(m, "passwordRules.maximumDays", how, "/etc/login.defs");
    }
    mp_str hash = hash_of(p, login);
    mp_jsonw_put_filled(&m->w, "hashMethod", hash);
    mp_jsonw_end(&m->w);
    return MP_OK;
}

mp_code mp_read_password_rules(mp_machine *m, mp_error *err)
{
    pam      p = { .text = MP_BUF_INIT };
    mp_str   main_file;
    mp_reach how, ignored;
    MP_TRY(read_pam(&p, &how, m, err));
    if (how != MP_REACH_OK) {
        mp_machine_gap_note(m, "passwordRules", how, "/etc/pam.d");
        return MP_OK;
    }
    /* the folder first, the main file last: what stands there counts (pwquality.conf(5)) */
    mp_code code = mp_machine_folder(&p.text, &ignored, m, "etc/security/pwquality.conf.d", ".conf", err);
    if (code == MP_OK)
        code = mp_machine_file(&main_file, &ignored, m, "etc/security/pwquality.conf", err);
    if (code == MP_OK) {
        mp_buf_add(&p.text, main_file);
        code = p.text.failed ? mp_machine_nomem(err) : write_rules(m, &p, mp_buf_str(&p.text), err);
    }
    mp_buf_free(&p.text);
    return code;
}
