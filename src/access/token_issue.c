/* SPDX-License-Identifier: Apache-2.0 */
/* Making tokens. Signing happens outside of the write: a millisecond of RSA would keep all writers waiting. */
#include "jsonw.h"
#include "rbac_internal.h"
#include "token_internal.h"

#define SEEN_EVERY MP_TICKS_PER_DAY /* lastSignInAt of a program is written at most so often: each is a version of its record */

typedef struct issue {
    mp_access      *access;
    mp_str          client, secret;
    const mp_asked *asked;
    mp_ticks        now;
    mp_guess        guess;
    unsigned        retry;
    bool            is_right;
    mp_record       program;
    mp_code         code; /* how it ended, for the leaf */
    mp_arena       *arena;
} issue;

/* An audience that tokens are made for: ARM's, and that of the vaults of this host. */
static bool may_ask_for(const mp_access *access, mp_str audience)
{
    mp_str base = mp_str_from(access->base), scheme = MP_S("https://"), vault = MP_S("https://vault.");
    if (mp_token_audience_ok(access, audience))
        return true;
    if (!mp_str_starts(audience, vault) || !mp_str_starts(base, scheme))
        return false;
    if (audience.ptr[audience.len - 1] == '/')
        audience.len--;
    return mp_str_eq(mp_str_skip(audience, vault.len), mp_str_skip(base, scheme.len));
}

static void put_time(mp_jsonw *w, const char *name, mp_ticks t)
{
    mp_jsonw_put_int(w, name, mp_clock_to_unix(t));
}

/* `valid_after`: the token must not seem to be older, and its time has no fractions. */
static const mp_json *make_claims(mp_access *access, const mp_who *who, mp_str audience, mp_str id, unsigned lives,
                                  mp_ticks now, mp_ticks valid_after, mp_arena *arena)
{
    mp_ticks second = MP_TICKS_PER_SECOND, issued = now / second * second;
    if (issued < valid_after)
        issued = (valid_after + second - 1) / second * second;
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "aud", audience);
    mp_jsonw_put_str(&w, "iss", mp_arena_printf(arena, "%s/%s/v2.0", access->base, access->tenant));
    put_time(&w, "iat", issued);
    put_time(&w, "nbf", now);
    put_time(&w, "exp", now + (mp_ticks)lives * second);
    mp_jsonw_put_str(&w, "tid", mp_str_from(access->tenant));
    mp_jsonw_put_str(&w, "oid", who->id);
    mp_jsonw_put_str(&w, "sub", who->id);
    if (who->kind == MP_WHO_PROGRAM) {
        mp_jsonw_put_str(&w, "appid", who->app_id);
        mp_jsonw_put_str(&w, "appidacr", MP_S("1"));
    }
    mp_jsonw_put_str(&w, "idtyp", who->kind == MP_WHO_PROGRAM ? MP_S("app") : MP_S("user"));
    mp_jsonw_put_str(&w, "ver", MP_S("1.0"));
    mp_jsonw_put_str(&w, "jti", id);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code make_token(mp_str *token, mp_str *id, mp_access *access, mp_str principal, mp_str audience,
                          unsigned lives, mp_ticks now, mp_arena *arena, mp_error *err)
{
    mp_who          who;
    bool            is_active;
    mp_ticks        valid_after;
    mp_token_state *state;
    char            guid[37];
    MP_TRY(mp_rbac_principal(&who, &is_active, &valid_after, access, principal, arena, err));
    if (!is_active)
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "'%.*s' is not active, and gets no token", MP_FMT(principal));
    MP_TRY(mp_guid(guid, err));
    *id = mp_arena_dup(arena, mp_str_of(guid, 36));
    const mp_json *claims = make_claims(access, &who, audience, *id, lives, now, valid_after, arena);
    if (!id->ptr || !claims)
        return mp_no_memory(err);
    MP_TRY(mp_token_state_take(&state, access, err));
    mp_code code = state->signer ? mp_jws_sign(token, claims, state->signer, arena, err)
                                 : mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "there is no key to sign tokens with");
    mp_token_state_give(access, state);
    return code;
}

/* ---- client_credentials ---- */

static mp_code check(mp_tx *tx, void *arg, mp_error *err)
{
    issue *i = arg;
    MP_TRY(mp_guess_may(&i->retry, i->access, tx, &i->guess, i->now, err));
    return mp_program_check(&i->is_right, &i->program, i->access, tx, i->client, i->secret, i->now, i->arena, err);
}

static mp_code add_leaf(const issue *i, mp_tx *tx, mp_str token, mp_error *err)
{
    mp_arena *arena = mp_tx_arena(tx);
    bool      is_done = i->code == MP_OK;
    mp_jsonw  w;
    mp_leaf   leaf = { .actor_kind = is_done ? MP_S("program") : MP_S("nobody"),
                       .action = MP_S("Mapae.Access/tokens/issue/action"),
                       .on = MP_S("/api/v1/tokens"), .session = token, .from = i->asked->from,
                       .request = i->asked->request,
                       .outcome = is_done ? MP_OUTCOME_DONE : MP_OUTCOME_REFUSED,
                       .status = is_done ? 200 : i->code == MP_BUSY ? 429 : 401 };
    if (is_done) {
        leaf.actor = i->program.key;
    } else {
        leaf.reason = mp_str_from(mp_code_name(i->code));
        mp_jsonw_init(&w, arena);
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "clientId", mp_str_of(i->client.ptr, i->client.len < 64 ? i->client.len : 64));
        mp_jsonw_end(&w);
        leaf.sealed = mp_jsonw_done(&w);
    }
    return mp_ledger_add(i->access->ledger, tx, &leaf, err);
}

static mp_code write_refusal(mp_tx *tx, void *arg, mp_error *err)
{
    issue *i = arg;
    bool   locks, spreads; /* of programs neither is said */
    if (i->code == MP_CREDENTIALS)
        MP_TRY(mp_guess_failed(&locks, &spreads, i->access, tx, &i->guess, i->now, err));
    return add_leaf(i, tx, mp_str_of(NULL, 0), err);
}

/* The leaf first: a refusal that is not recorded is the failure to record it. */
static mp_code refuse_client(issue *i, mp_code code, mp_error *err)
{
    i->code = code;
    MP_TRY(mp_store_write(i->access->store, write_refusal, i, err));
    if (code == MP_BUSY)
        return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many failures; try again in %u seconds", i->retry);
    return mp_fail(err, MP_CREDENTIALS, MP_NOWHERE,
                   "the client id or its secret is not right, or the secret has ended");
}

typedef struct done {
    issue *of;
    mp_str token_id;
} done;

static mp_code write_done(mp_tx *tx, void *arg, mp_error *err)
{
    const done  *d = arg;
    const issue *i = d->of;
    mp_record    program;
    mp_jsonw     w;
    mp_arena    *arena = mp_tx_arena(tx);
    MP_TRY(mp_guess_right(i->access, tx, &i->guess, i->now, err));
    MP_TRY(mp_record_get(&program, tx, &mp_program_kind, i->program.key, 0, arena, err));
    if (mp_body_time(program.body, MP_S("lastSignInAt")) + SEEN_EVERY <= i->now) {
        mp_jsonw_init(&w, arena);
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "lastSignInAt", mp_time_text(arena, i->now));
        mp_jsonw_end(&w);
        const mp_json *body = mp_body_with(arena, program.body, mp_jsonw_done(&w));
        if (!body)
            return mp_no_memory(err);
        MP_TRY(mp_record_put(NULL, tx, &mp_program_kind, i->program.key, body, MP_ANY_VERSION, err));
    }
    return add_leaf(i, tx, d->token_id, err);
}

mp_code mp_token_issue(mp_str *token, unsigned *lives_seconds, unsigned *retry_seconds, mp_access *access,
                       mp_str client_id, mp_str client_secret, mp_str audience, const mp_asked *asked, mp_ticks now,
                       mp_arena *arena, mp_error *err)
{
    issue  i = { .access = access, .client = client_id, .secret = client_secret, .asked = asked, .now = now,
                 .arena = arena };
    done   d = { .of = &i };
    mp_str made;
    *retry_seconds = 0;
    if (!may_ask_for(access, audience))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no audience of this installation",
                       MP_FMT(mp_str_of(audience.ptr, audience.len < 200 ? audience.len : 200)));
    MP_TRY(mp_guess_of(&i.guess, access, MP_GUESS_PROGRAM, client_id, asked->from, err));
    mp_code code = mp_store_read(access->store, check, &i, err);
    *retry_seconds = i.retry;
    if (code == MP_BUSY)
        return refuse_client(&i, MP_BUSY, err);
    MP_TRY(code);
    if (!i.is_right)
        return refuse_client(&i, MP_CREDENTIALS, err);
    MP_TRY(
        make_token(&made, &d.token_id, access, i.program.key, audience, access->rules.token_seconds, now, arena, err));
    MP_TRY(mp_store_write(access->store, write_done, &d, err));
    *token = made;
    *lives_seconds = access->rules.token_seconds;
    return MP_OK;
}

mp_code mp_token_for(mp_str *token, mp_str *id, mp_access *access, mp_str principal, unsigned seconds, mp_ticks now,
                     mp_arena *arena, mp_error *err)
{
    mp_str audience = mp_arena_printf(arena, "%s/", access->base);
    if (!audience.ptr)
        return mp_no_memory(err);
    if (seconds == 0 || seconds > MP_TOKEN_LONGEST)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a token of %u seconds; wanted 1 to %d", seconds,
                       MP_TOKEN_LONGEST);
    return make_token(token, id, access, principal, audience, seconds, now, arena, err);
}
