/* SPDX-License-Identifier: Apache-2.0 */
/* Passkeys: to have one (create), and to show it (get), as the second factor or as the only one.
 *
 * Signatures cannot be guessed, so failures here are noted and not counted: who is locked out because others
 * tried his password still gets in with his passkey. */
#include "challenge.h"
#include "jsonw.h"
#include "sign_in_internal.h"
#include "text.h"
#include "webauthn.h"

enum { PASSKEYS_MAX = 10, NAME_MAX_BYTES = 100, TIMEOUT_MS = 300000 };

/* What browsers call our origin: the usual port is not named. */
static mp_str origin_of(const mp_access *access)
{
    mp_str base = mp_str_from(access->base);
    return mp_str_ends(base, MP_S(":443")) ? mp_str_of(base.ptr, base.len - 4) : base;
}

/* [{type, id}] of the passkeys he has. */
static void put_descriptors(mp_jsonw *w, mp_arena *arena, const char *name, const mp_json *passkeys)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    if (mp_json_is(passkeys, MP_JSON_ARRAY))
        for (MP_JSON_EACH(passkey, passkeys)) {
            mp_jsonw_object(w);
            mp_jsonw_put_str(w, "type", MP_S("public-key"));
            mp_jsonw_put_str(w, "id", mp_arena_dup(arena, mp_json_get_text(passkey, "id")));
            mp_jsonw_end(w);
        }
    mp_jsonw_end(w);
}

/* ---- create ---- */

typedef struct enrolment {
    mp_access      *access;
    const mp_who   *who;
    mp_arena       *arena;
    mp_str          challenge;
    const mp_json  *options;
    mp_made_passkey made;
    mp_str          name;
    mp_ticks        now;
    mp_step         step;
    const mp_asked *asked;
} enrolment;

static mp_str about_create(const mp_who *who, mp_arena *arena)
{
    return mp_arena_printf(arena, "create/%.*s/%.*s", MP_FMT(who->id), MP_FMT(who->session));
}

static void put_user(mp_jsonw *w, mp_arena *arena, const mp_record *user)
{
    mp_jsonw_key(w, MP_S("user"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", mp_base64url(arena, user->key)); /* the user handle: names nobody */
    mp_jsonw_put_str(w, "name", mp_json_get_text(user->body, "userName"));
    mp_jsonw_put_str(w, "displayName", mp_json_get_text(user->body, "displayName"));
    mp_jsonw_end(w);
}

static void put_algorithms(mp_jsonw *w)
{
    static const int algorithms[] = { -7, -8, -257 };
    mp_jsonw_key(w, MP_S("pubKeyCredParams"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < MP_COUNT(algorithms); i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_str(w, "type", MP_S("public-key"));
        mp_jsonw_put_int(w, "alg", algorithms[i]);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

static mp_code make_options(mp_tx *tx, void *arg, mp_error *err)
{
    enrolment    *e = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    mp_jsonw      w;
    MP_TRY(mp_active_user(&user, tx, e->who->id, e->arena, err));
    MP_TRY(mp_credential_open(&credential, e->access, tx, e->who->id, mp_tx_arena(tx), err));
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "challenge", e->challenge);
    mp_jsonw_key(&w, MP_S("rp"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", mp_str_from(e->access->host));
    mp_jsonw_put_str(&w, "name", MP_S("Mapae"));
    mp_jsonw_end(&w);
    put_user(&w, e->arena, &user);
    put_algorithms(&w);
    mp_jsonw_put_int(&w, "timeout", TIMEOUT_MS);
    put_descriptors(&w, e->arena, "excludeCredentials", mp_json_get(credential.body, MP_S("passkeys")));
    mp_jsonw_key(&w, MP_S("authenticatorSelection"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "residentKey", MP_S("preferred"));
    mp_jsonw_put_str(&w, "userVerification", MP_S("preferred"));
    mp_jsonw_end(&w);
    mp_jsonw_put_str(&w, "attestation", MP_S("none"));
    mp_jsonw_end(&w);
    mp_credential_close(&credential);
    e->options = mp_jsonw_done(&w);
    return e->options ? MP_OK : mp_no_memory(err);
}

mp_code mp_passkey_begin(const mp_json **options, mp_access *access, const mp_who *who, mp_ticks now,
                         mp_arena *arena, mp_error *err)
{
    MP_TRY(mp_must_be_user(who, "enroll", err));
    enrolment e = { .access = access, .who = who, .arena = arena };
    mp_str    about = about_create(who, arena);
    if (!about.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_challenge_make(&e.challenge, access, about, now, arena, err));
    MP_TRY(mp_store_read(access->store, make_options, &e, err));
    *options = e.options;
    return MP_OK;
}

/* {"passkeys": [those there are, and the new one]} */
static const mp_json *with_made(const enrolment *e, mp_arena *arena, const mp_json *passkeys, mp_str hash)
{
    mp_jsonw w;
    mp_str   now = mp_time_text(arena, e->now);
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("passkeys"));
    mp_jsonw_array(&w);
    if (mp_json_is(passkeys, MP_JSON_ARRAY))
        for (MP_JSON_EACH(passkey, passkeys))
            mp_jsonw_value(&w, passkey);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "hash", hash);
    mp_jsonw_put_str(&w, "id", mp_base64url(arena, e->made.id));
    mp_jsonw_put_str(&w, "name", e->name);
    mp_jsonw_put_str(&w, "key", mp_base64url(arena, e->made.key));
    mp_jsonw_put_int(&w, "alg", e->made.alg);
    mp_jsonw_put_int(&w, "counter", e->made.counter);
    mp_jsonw_put_str(&w, "createdAt", now);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code keep_made(mp_tx *tx, void *arg, mp_error *err)
{
    enrolment    *e = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    char          hash[65];
    mp_arena     *arena = mp_tx_arena(tx);
    MP_TRY(mp_active_user(&user, tx, e->who->id, arena, err));
    MP_TRY(mp_secret_hash(hash, e->made.id, err));
    MP_TRY(mp_credential_open(&credential, e->access, tx, e->who->id, arena, err));
    const mp_json *passkeys = mp_json_get(credential.body, MP_S("passkeys"));
    bool           is_full = mp_json_is(passkeys, MP_JSON_ARRAY) && passkeys->count >= PASSKEYS_MAX;
    const mp_json *changes = is_full ? NULL : with_made(e, arena, passkeys, mp_str_from(hash));
    mp_code        code =
        is_full ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are %d passkeys; remove one first", PASSKEYS_MAX)
               : changes ? mp_credential_change(e->access, tx, e->who->id, changes, err)
                         : mp_no_memory(err);
    mp_credential_close(&credential);
    if (code != MP_OK)
        return code == MP_EXISTS ? mp_fail(err, MP_EXISTS, MP_NOWHERE, "this passkey is registered already")
                                 : code;
    MP_TRY(mp_factors_changed(e->access, tx, e->who->id, err));
    if (e->step.session.len)
        return mp_step_take(&e->step, tx, err);
    const mp_deed deed = { .action = e->step.action, .who = e->who, .user = e->who->id, .asked = e->asked };
    return mp_deed_add(e->access, tx, &deed, err);
}

static mp_code finish(enrolment *e, const mp_json *answer, mp_error *err)
{
    mp_access *access = e->access;
    mp_str     about = about_create(e->who, e->arena), origin = origin_of(access);
    if (!about.ptr)
        return mp_no_memory(err);
    if (!e->name.len || e->name.len > NAME_MAX_BYTES || !mp_utf8_valid(e->name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a passkey's name has 1 to %d bytes", NAME_MAX_BYTES);
    MP_TRY(mp_webauthn_made(&e->made, answer, mp_str_from(access->host), origin, e->arena, err));
    MP_TRY(mp_challenge_check(access, e->made.challenge, about, e->now, e->arena, err));
    MP_TRY(mp_challenge_use(access, e->made.challenge, e->now, err));
    e->step.is_strong = true;
    if (e->step.session.len)
        MP_TRY(mp_step_begin(&e->step, e->arena, err));
    return mp_store_write(access->store, keep_made, e, err);
}

mp_code mp_passkey_finish(mp_signed_in *out, mp_access *access, const mp_who *who, mp_str name,
                          const mp_json *answer, const mp_asked *asked, mp_ticks now, mp_arena *arena,
                          mp_error *err)
{
    MP_TRY(mp_must_be_user(who, "enroll", err));
    enrolment e = { .access = access,
                    .who = who,
                    .arena = arena,
                    .name = mp_str_trim(name),
                    .now = now,
                    .asked = asked,
                    .step = mp_step_again(access, who, asked, now) };
    e.step.action = "Mapae.Access/me/passkey";
    mp_code code = finish(&e, answer, err);
    if (code == MP_OK)
        return mp_step_finish(out, &e.step, arena, err);
    const mp_deed deed = {
        .action = e.step.action, .who = who, .user = who->id, .asked = asked, .code = code
    };
    return mp_deed_refused(access, &deed, err);
}

/* ---- get ---- */

typedef struct showing {
    mp_access       *access;
    const mp_who    *who; /* NULL: the passkey says who it is */
    mp_arena        *arena;
    mp_str           challenge;
    const mp_json   *options;
    mp_shown_passkey shown;
    char             user[37];
    mp_ticks         now;
    mp_step          step;
    bool             is_copy; /* the counter did not rise */
} showing;

static mp_str about_get(const mp_who *who, mp_arena *arena)
{
    return who ? mp_arena_printf(arena, "get/%.*s/%.*s", MP_FMT(who->id), MP_FMT(who->session))
               : MP_S("get/");
}

static const mp_who *known(const mp_who *who)
{
    return who && who->kind == MP_WHO_USER ? who : NULL;
}

static mp_code make_question(mp_tx *tx, void *arg, mp_error *err)
{
    showing      *s = arg;
    mp_credential credential = { 0 };
    mp_jsonw      w;
    if (s->who)
        MP_TRY(mp_credential_open(&credential, s->access, tx, s->who->id, mp_tx_arena(tx), err));
    mp_jsonw_init(&w, s->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "challenge", s->challenge);
    mp_jsonw_put_str(&w, "rpId", mp_str_from(s->access->host));
    mp_jsonw_put_int(&w, "timeout", TIMEOUT_MS);
    mp_jsonw_put_str(&w, "userVerification", s->who ? MP_S("preferred") : MP_S("required"));
    put_descriptors(&w, s->arena, "allowCredentials",
                    s->who ? mp_json_get(credential.body, MP_S("passkeys")) : NULL);
    mp_jsonw_end(&w);
    mp_credential_close(&credential);
    s->options = mp_jsonw_done(&w);
    return s->options ? MP_OK : mp_no_memory(err);
}

mp_code mp_sign_in_passkey_begin(const mp_json **options, mp_access *access, const mp_who *who, mp_ticks now,
                                 mp_arena *arena, mp_error *err)
{
    showing s = { .access = access, .who = known(who), .arena = arena };
    if (s.who)
        MP_TRY(mp_must_be_user(s.who, "factor", err));
    mp_str about = about_get(s.who, arena);
    if (!about.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_challenge_make(&s.challenge, access, about, now, arena, err));
    MP_TRY(mp_store_read(access->store, make_question, &s, err));
    *options = s.options;
    return MP_OK;
}

static const mp_json *find_passkey(const mp_json *credential, mp_str id)
{
    const mp_json *passkeys = mp_json_get(credential, MP_S("passkeys"));
    if (mp_json_is(passkeys, MP_JSON_ARRAY))
        for (MP_JSON_EACH(passkey, passkeys))
            if (mp_str_eq(mp_json_get_text(passkey, "id"), id))
                return passkey;
    return NULL;
}

/* Whose it is and whether he signed: outside of the write, for it takes its time. */
static mp_code check_signature(mp_tx *tx, void *arg, mp_error *err)
{
    showing      *s = arg;
    mp_record     user;
    mp_credential credential = { 0 };
    mp_str        id = mp_base64url(s->arena, s->shown.id);
    if (!id.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_active_user(&user, tx, mp_str_from(s->user), s->arena, err));
    MP_TRY(mp_credential_open(&credential, s->access, tx, user.key, s->arena, err));
    const mp_json *passkey = find_passkey(credential.body, id);
    mp_str         key = mp_unbase64url(s->arena, mp_json_get_text(passkey, "key"));
    bool           is_signed = passkey && key.len &&
                     mp_webauthn_is_signed(&s->shown, mp_str_from(s->access->host),
                                           (int)mp_body_int(passkey, MP_S("alg"), 0), key);
    mp_credential_close(&credential);
    return is_signed ? MP_OK : mp_wrong_credentials(err);
}

/* {"passkeys": [...]} with the counter and the time of the one that was shown. */
static const mp_json *with_shown(const showing *s, mp_arena *arena, const mp_json *passkeys,
                                 const mp_json *shown)
{
    mp_jsonw w, change;
    mp_jsonw_init(&change, arena);
    mp_jsonw_object(&change);
    mp_jsonw_put_int(&change, "counter", s->shown.counter);
    mp_jsonw_put_str(&change, "lastUsedAt", mp_time_text(arena, s->now));
    mp_jsonw_end(&change);
    const mp_json *changed = mp_body_with(arena, shown, mp_jsonw_done(&change));
    if (!changed)
        return NULL;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("passkeys"));
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(passkey, passkeys))
        mp_jsonw_value(&w, passkey == shown ? changed : passkey);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Both counters 0: it does not count (section 7.2, step 21). */
static bool counter_rose(const showing *s, int64_t last)
{
    return (last == 0 && s->shown.counter == 0) || s->shown.counter > last;
}

static mp_code count_use(showing *s, mp_tx *tx, const mp_json *credential, mp_error *err)
{
    mp_arena      *arena = mp_tx_arena(tx);
    const mp_json *passkey = find_passkey(credential, mp_base64url(arena, s->shown.id));
    if (!passkey)
        return mp_wrong_credentials(err);
    s->is_copy = !counter_rose(s, mp_body_int(passkey, MP_S("counter"), 0));
    if (s->is_copy)
        return mp_wrong_credentials(err);
    const mp_json *changes = with_shown(s, arena, mp_json_get(credential, MP_S("passkeys")), passkey);
    return changes ? mp_credential_change(s->access, tx, mp_str_from(s->user), changes, err) : mp_no_memory(err);
}

static mp_code take_shown(mp_tx *tx, void *arg, mp_error *err)
{
    showing      *s = arg;
    mp_credential credential = { 0 };
    MP_TRY(mp_credential_open(&credential, s->access, tx, mp_str_from(s->user), mp_tx_arena(tx), err));
    mp_code code = count_use(s, tx, credential.body, err);
    mp_credential_close(&credential);
    return code == MP_OK ? mp_step_take(&s->step, tx, err) : code;
}

/* He who is half signed in; else the one whose handle the passkey gives. */
static mp_code find_whose(showing *s, mp_error *err)
{
    mp_str id = s->who ? s->who->id : s->shown.user_handle;
    bool   is_other = s->who && s->shown.user_handle.len && !mp_str_eq(s->shown.user_handle, s->who->id);
    if (is_other || id.len >= sizeof s->user || !mp_is_guid(id))
        return mp_wrong_credentials(err);
    memcpy(s->user, id.ptr, id.len);
    return MP_OK;
}

static mp_code sign_in(showing *s, const mp_json *answer, mp_error *err)
{
    mp_access *access = s->access;
    mp_str     about = about_get(s->who, s->arena), origin = origin_of(access);
    if (!about.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_webauthn_shown(&s->shown, answer, mp_str_from(access->host), origin, s->arena, err));
    MP_TRY(mp_challenge_check(access, s->shown.challenge, about, s->now, s->arena, err));
    MP_TRY(find_whose(s, err));
    if (!s->who && !s->shown.is_verified)
        return mp_wrong_credentials(err); /* alone, it has to be two factors in one */
    MP_TRY(mp_store_read(access->store, check_signature, s, err));
    MP_TRY(mp_challenge_use(access, s->shown.challenge, s->now, err));
    s->step.user = mp_str_from(s->user);
    MP_TRY(mp_step_begin(&s->step, s->arena, err));
    return mp_store_write(access->store, take_shown, s, err);
}

mp_code mp_sign_in_passkey(mp_signed_in *out, mp_access *access, const mp_who *who, const mp_json *answer,
                           const mp_asked *asked, mp_ticks now, mp_arena *arena, mp_error *err)
{
    showing s = { .access = access,
                  .who = known(who),
                  .arena = arena,
                  .now = now,
                  .step = { .access = access, .asked = asked, .now = now, .is_trusted = true } };
    if (s.who) {
        MP_TRY(mp_must_be_user(s.who, "factor", err));
        s.step = mp_step_again(access, s.who, asked, now);
        if (!s.step.session.len)
            return mp_fail(err, MP_DENIED, MP_NOWHERE, "a second factor is shown within a session");
    }
    s.step.action = "Mapae.Access/signIn/passkey";
    s.step.is_strong = true;
    mp_code code = sign_in(&s, answer, err);
    if (s.is_copy)
        mp_alert(access, "counter", mp_str_from(s.user));
    if (code == MP_OK)
        return mp_step_end(out, &s.step, arena, err);
    const mp_deed deed = {
        .action = s.step.action, .who = s.who, .user = mp_str_from(s.user), .asked = asked, .code = code
    };
    return mp_deed_refused(access, &deed, err);
}
