/* SPDX-License-Identifier: Apache-2.0 */
/* A new password, by a set-up link or by the old one. */
#include "jsonw.h"
#include "sign_in_internal.h"

enum { OLD_MAX = 24 /* hashes that are compared, whatever the configuration says */ };

typedef struct change {
    mp_access      *access;
    mp_arena       *arena;
    mp_ticks        now;
    char            user[37];
    char            setup[65]; /* hash of the link's token; empty: by the old password */
    char            name[160], email[256];
    char            hashes[OLD_MAX][MP_PASSWORD_HASH]; /* the present one first; then those before */
    size_t          hash_count;
    bool            has_present;
    char            made[MP_PASSWORD_HASH];
    mp_step         step;
    mp_guess        guess;
    unsigned        retry_seconds;
    bool            locks;
    const mp_asked *asked;
    const mp_who   *who;
} change;

static void add_hash(change *c, mp_str hash)
{
    if (c->hash_count < OLD_MAX && hash.len)
        mp_copy_text(c->hashes[c->hash_count++], MP_PASSWORD_HASH, hash);
}

static void read_hashes(change *c, const mp_json *credential)
{
    const mp_json *history = mp_json_get(credential, MP_S("history"));
    mp_str         present = mp_json_get_text(mp_json_get(credential, MP_S("password")), "hash");
    c->hash_count = 0;
    c->has_present = present.len > 0;
    add_hash(c, present);
    if (mp_json_is(history, MP_JSON_ARRAY))
        for (MP_JSON_EACH(hash, history))
            if (mp_json_is(hash, MP_JSON_STRING) && c->hash_count < c->access->rules.password_history)
                add_hash(c, mp_json_str(hash));
}

static void read_names(change *c, const mp_json *user)
{
    mp_copy_text(c->name, sizeof c->name, mp_json_get_text(user, "userName"));
    mp_copy_text(c->email, sizeof c->email, mp_json_get_text(user, "email"));
}

static void wipe(change *c)
{
    mp_wipe(c->hashes, sizeof c->hashes);
    mp_wipe(c->made, sizeof c->made);
}

/* Within the hasher. */
static mp_code check_history(change *c, mp_str password, mp_error *err)
{
    for (size_t i = 0; i < c->hash_count; i++)
        if (mp_password_is(c->access, NULL, mp_str_from(c->hashes[i]), password))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "the password was used before; the last %u may not come again",
                           c->access->rules.password_history);
    return MP_OK;
}

/* {"password": the new one, "history": those before, "setup": null} */
static const mp_json *changes_of(const change *c, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("password"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "hash", mp_str_from(c->made));
    mp_jsonw_put_str(&w, "at", mp_time_text(arena, c->now));
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("history"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < c->hash_count && i < c->access->rules.password_history; i++)
        mp_jsonw_str(&w, mp_str_from(c->hashes[i]));
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("setup"));
    mp_jsonw_null(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code activate(change *c, mp_tx *tx, const mp_record *user, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "state", MP_S("active"));
    mp_jsonw_put_bool(&w, "mustChangePassword", false);
    /* Whoever had the old one may have made tokens with it. */
    mp_jsonw_put_str(&w, "tokensValidAfter", mp_time_text(arena, mp_tx_time(tx)));
    mp_jsonw_put_str(&w, "lastSignInAt", mp_time_text(arena, c->now)); /* from now on days without a sign-in count */
    mp_jsonw_end(&w);
    const mp_json *body = mp_body_with(arena, user->body, mp_jsonw_done(&w));
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(NULL, tx, &mp_user_kind, user->key, body, user->version, err));
    mp_access_touch(c->access, tx);
    return MP_OK;
}

static mp_code store_password(change *c, mp_tx *tx, const mp_record *user, mp_error *err)
{
    const mp_json *changes = changes_of(c, mp_tx_arena(tx));
    if (!changes)
        return mp_no_memory(err);
    MP_TRY(mp_credential_change(c->access, tx, user->key, changes, err));
    return activate(c, tx, user, err);
}

/* ---- by a set-up link ---- */

static mp_code no_link(mp_error *err)
{
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                   "the link has been used, has ended, or a newer one was made; ask for a new one");
}

/* The user whose link this is, if it still is one. */
static mp_code find_link(mp_record *user, mp_credential *credential, change *c, mp_tx *tx, mp_arena *arena,
                         mp_error *err)
{
    mp_record record;
    mp_code   code =
        mp_record_find(&record, tx, &mp_credential_kind, "setup", mp_str_from(c->setup), arena, err);
    if (code == MP_OK)
        code = mp_record_get(user, tx, &mp_user_kind, record.key, 0, arena, err);
    if (code != MP_OK)
        return code == MP_MISSING ? no_link(err) : code;
    mp_str state = mp_json_get_text(user->body, "state");
    if (!mp_str_eq(state, MP_S("active")) && !mp_str_eq(state, MP_S("invited")))
        return no_link(err);
    MP_TRY(mp_credential_open(credential, c->access, tx, user->key, arena, err));
    const mp_json *setup = mp_json_get(credential->body, MP_S("setup"));
    if (mp_secret_eq(mp_json_get_text(setup, "hash"), mp_str_from(c->setup)) &&
        c->now < mp_body_time(setup, MP_S("endsAt")))
        return MP_OK;
    mp_credential_close(credential);
    return no_link(err);
}

static mp_code read_link(mp_tx *tx, void *arg, mp_error *err)
{
    change       *c = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(find_link(&user, &credential, c, tx, c->arena, err));
    mp_copy_text(c->user, sizeof c->user, user.key);
    read_names(c, user.body);
    read_hashes(c, credential.body);
    mp_credential_close(&credential);
    return MP_OK;
}

/* Found again within the write: two who hold one link cannot both use it. */
static mp_code write_link(mp_tx *tx, void *arg, mp_error *err)
{
    change       *c = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(find_link(&user, &credential, c, tx, mp_tx_arena(tx), err));
    mp_credential_close(&credential);
    MP_TRY(store_password(c, tx, &user, err));
    MP_TRY(mp_sessions_end_of(NULL, c->access, tx, user.key, mp_str_of(NULL, 0), err));
    MP_TRY(mp_sign_in_unlock(c->access, tx, user.key, err));
    const mp_deed deed = { .action = "Mapae.Access/signIn/setup", .user = user.key, .asked = c->asked };
    return mp_deed_add(c->access, tx, &deed, err);
}

static mp_code set_up(change *c, mp_str password, mp_error *err)
{
    MP_TRY(mp_store_read(c->access->store, read_link, c, err));
    MP_TRY(mp_password_rules(&c->access->rules, password, mp_str_from(c->name), mp_str_from(c->email), err));
    MP_TRY(mp_hasher_enter(c->access, err));
    mp_code code = check_history(c, password, err);
    if (code == MP_OK)
        code = mp_password_hash(c->made, c->access, password, err);
    mp_hasher_leave(c->access);
    if (code != MP_OK)
        return code;
    MP_TRY(mp_store_write(c->access->store, write_link, c, err));
    /* Whether he is an administrator, who needs a second factor, is known of active people only: so this
     * comes after. */
    c->step.user = mp_str_from(c->user);
    return mp_step_run(&c->step, c->arena, err);
}

mp_code mp_sign_in_setup(mp_signed_in *out, mp_access *access, mp_str token, mp_str password,
                         const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    change c = {
        .access = access,
        .arena = arena,
        .now = now,
        .asked = asked,
        .step = { .access = access, .action = "Mapae.Access/signIn/session", .asked = asked, .now = now }
    };
    MP_TRY(mp_secret_hash(c.setup, token, err));
    mp_code code = set_up(&c, password, err);
    wipe(&c);
    if (code == MP_OK)
        return mp_step_end(out, &c.step, arena, err);
    const mp_deed deed = {
        .action = "Mapae.Access/signIn/setup", .user = mp_str_from(c.user), .asked = asked, .code = code
    };
    return mp_deed_refused(access, &deed, err);
}

/* ---- by the old one ---- */

static mp_code read_present(mp_tx *tx, void *arg, mp_error *err)
{
    change       *c = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(mp_active_user(&user, tx, mp_str_from(c->user), c->arena, err));
    read_names(c, user.body);
    MP_TRY(mp_guess_of_who(&c->guess, c->access, c->who, mp_str_from(c->name), c->asked->from, err));
    MP_TRY(mp_guess_may(&c->retry_seconds, c->access, tx, &c->guess, c->now, err));
    MP_TRY(mp_credential_open(&credential, c->access, tx, user.key, c->arena, err));
    read_hashes(c, credential.body);
    mp_credential_close(&credential);
    return MP_OK;
}

static mp_code write_wrong(mp_tx *tx, void *arg, mp_error *err)
{
    change       *c = arg;
    const mp_deed deed = { .action = c->step.action,
                           .who = c->who,
                           .user = mp_str_from(c->user),
                           .asked = c->asked,
                           .code = MP_CREDENTIALS };
    return mp_attempt_failed(&c->locks, c->access, tx, &c->guess, &deed, c->now, err);
}

static mp_code write_change(mp_tx *tx, void *arg, mp_error *err)
{
    change       *c = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    MP_TRY(mp_active_user(&user, tx, mp_str_from(c->user), mp_tx_arena(tx), err));
    MP_TRY(mp_credential_open(&credential, c->access, tx, user.key, mp_tx_arena(tx), err));
    mp_str present = mp_json_get_text(mp_json_get(credential.body, MP_S("password")), "hash");
    bool   is_same = mp_str_eq(present, mp_str_from(c->has_present ? c->hashes[0] : ""));
    mp_credential_close(&credential);
    if (!is_same)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the password was changed in between");
    MP_TRY(store_password(c, tx, &user, err));
    MP_TRY(mp_sessions_end_of(NULL, c->access, tx, user.key, c->step.session, err));
    if (c->step.session.len)
        return mp_step_take(&c->step, tx, err);
    const mp_deed deed = { .action = c->step.action, .who = c->who, .user = user.key, .asked = c->asked };
    return mp_deed_add(c->access, tx, &deed, err);
}

static mp_code try_change(change *c, mp_str old_password, mp_str new_password, bool *is_noted, mp_error *err)
{
    MP_TRY(mp_store_read(c->access->store, read_present, c, err));
    if (!mp_password_is(c->access, NULL, mp_str_from(c->has_present ? c->hashes[0] : ""), old_password)) {
        MP_TRY(mp_store_write(c->access->store, write_wrong, c, err));
        *is_noted = true;
        return mp_wrong_credentials(err);
    }
    MP_TRY(
        mp_password_rules(&c->access->rules, new_password, mp_str_from(c->name), mp_str_from(c->email), err));
    MP_TRY(check_history(c, new_password, err));
    MP_TRY(mp_password_hash(c->made, c->access, new_password, err));
    return mp_store_write(c->access->store, write_change, c, err);
}

mp_code mp_password_change(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str old_password,
                           mp_str new_password, const mp_asked *asked, mp_ticks now, mp_arena *arena,
                           mp_error *err)
{
    bool is_noted = false;
    MP_TRY(mp_must_be_user(who, "password", err));
    change c = { .access = access,
                 .arena = arena,
                 .now = now,
                 .asked = asked,
                 .who = who,
                 .step = mp_step_again(access, who, asked, now) };
    c.step.action = "Mapae.Access/me/password";
    mp_copy_text(c.user, sizeof c.user, who->id);
    mp_code code = c.step.session.len ? mp_step_begin(&c.step, arena, err) : MP_OK;
    if (code == MP_OK)
        code = mp_hasher_enter(access, err);
    if (code == MP_OK) {
        code = try_change(&c, old_password, new_password, &is_noted, err);
        mp_hasher_leave(access);
    }
    wipe(&c);
    if (c.locks)
        mp_alert(access, "lock", who->id);
    if (code != MP_OK && !is_noted) {
        const mp_deed deed = {
            .action = c.step.action, .who = who, .user = who->id, .asked = asked, .code = code
        };
        return mp_deed_refused(access, &deed, err);
    }
    return code == MP_OK ? mp_step_finish(out, &c.step, arena, err) : code;
}
