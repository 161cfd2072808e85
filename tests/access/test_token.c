/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of an installation: made, verified, forged, ended. */
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "access_world.h"
#include "jose.h"
#include "jsonw.h"
#include "secret.h"
#include "test.h"

#define BASE "https://localhost:8443"

typedef struct client {
    mp_str program, id, secret, key_id;
} client;

static mp_code make_secret(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    client *c = arg;
    return mp_program_secret(&c->secret, &c->key_id, world->access, tx, c->program, world->now + SECONDS(3600),
                             &world->arena, err);
}

static client make_client(mp_world *world)
{
    client c = { .program = world_program(world, "robot") };
    CHECK_INT(world_write(world, make_secret, &c), MP_OK);
    c.id = mp_json_str(mp_json_get(world_body(world, &mp_program_kind, c.program), MP_S("appId")));
    return c;
}

static mp_code issue(mp_str *token, mp_world *world, mp_str id, mp_str secret, const char *audience)
{
    unsigned lives = 0;
    world->err = (mp_error){ 0 };
    mp_code code = mp_token_issue(token, &lives, &world->retry, world->access, id, secret, mp_str_from(audience),
                                  &world->asked, world->now, &world->arena, &world->err);
    if (code == MP_OK)
        CHECK_INT(lives, 3599);
    return code;
}

static mp_token_fault fault_of(mp_world *world, mp_str token, mp_who *who)
{
    mp_token_fault fault = MP_TOKEN_OK;
    mp_who         other;
    mp_code code =
        mp_token_who(who ? who : &other, &fault, world->access, token, world->now, &world->arena, &world->err);
    CHECK_INT(code, fault == MP_TOKEN_OK ? MP_OK : MP_CREDENTIALS);
    return fault;
}

static mp_str claim(mp_world *world, mp_str token, const char *name)
{
    mp_jws jws;
    CHECK_INT(mp_jws_read(&jws, token, &world->arena, NULL), MP_OK);
    const mp_json *v = mp_json_get(jws.claims, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

TEST(a_program_gets_a_token_and_is_known_by_it)
{
    mp_world world;
    mp_str   token;
    mp_who   who;
    world_open(&world);
    client c = make_client(&world);
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE "/"), MP_OK);
    CHECK_INT(fault_of(&world, token, &who), MP_TOKEN_OK);
    CHECK(who.kind == MP_WHO_PROGRAM && mp_str_eq(who.id, c.program) && mp_str_eq(who.app_id, c.id));
    CHECK_STR(claim(&world, token, "aud"), BASE "/");
    CHECK(mp_str_eq(claim(&world, token, "appid"), c.id) && mp_str_eq(claim(&world, token, "oid"), c.program));
    CHECK_STR(claim(&world, token, "idtyp"), "app");
    CHECK(mp_str_starts(claim(&world, token, "iss"), MP_S(BASE "/")) &&
          mp_str_ends(claim(&world, token, "iss"), MP_S("/v2.0")));
    CHECK_STR(claim(&world, token, "tid"), mp_access_tenant(world.access));
    CHECK(mp_str_eq(who.session, claim(&world, token, "jti")));
    CHECK_INT(world_leaves(&world, "Mapae.Access/tokens/issue/action", MP_OUTCOME_DONE), 1);
    world_reopen(&world);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_OK); /* the key is in the store */
    world_close(&world);
}

TEST(who_cannot_prove_himself_gets_none)
{
    mp_world world;
    mp_str   token;
    world_open(&world);
    client c = make_client(&world);
    CHECK_INT(issue(&token, &world, c.id, MP_S("wrong"), BASE), MP_CREDENTIALS);
    char first[sizeof world.err.message];
    snprintf(first, sizeof first, "%s", world.err.message);
    CHECK_INT(issue(&token, &world, MP_S("90000000-0000-4000-8000-000000000000"), c.secret, BASE), MP_CREDENTIALS);
    CHECK_STR(mp_str_from(first), world.err.message); /* unknown and wrong look alike */
    CHECK_INT(issue(&token, &world, MP_S("no guid"), c.secret, BASE), MP_CREDENTIALS);
    CHECK_INT(issue(&token, &world, c.id, MP_S(""), BASE), MP_CREDENTIALS);
    CHECK_INT(world_leaves(&world, "Mapae.Access/tokens/issue/action", MP_OUTCOME_REFUSED), 4);
    static const char *const foreign[] = { "",
                                           "https://example.com",
                                           "https://localhost:8443//",
                                           "https://localhost:84",
                                           "https://localhost:8443/x",
                                           "http://localhost:8443",
                                           "https://vault.localhost",
                                           "https://vault.example.com:8443" };
    for (size_t i = 0; i < MP_COUNT(foreign); i++)
        CHECK_INT(issue(&token, &world, c.id, c.secret, foreign[i]), MP_PARAMETER);
    world.now += SECONDS(3601); /* and the secret ends */
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE), MP_CREDENTIALS);
    world_close(&world);
}

TEST(guessing_is_slowed_down)
{
    mp_world world;
    mp_str   token;
    mp_code  code = MP_OK;
    world_open(&world);
    client c = make_client(&world);
    for (int i = 0; i < 20 && code != MP_BUSY; i++)
        code = issue(&token, &world, c.id, MP_S("guess"), BASE);
    CHECK_INT(code, MP_BUSY);
    CHECK(world.retry > 0);
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE), MP_BUSY); /* the right one must wait too */
    for (int i = 0; i < 110; i++) { /* who knows the client id alone locks nobody */
        world.now += SECONDS(world.retry);
        CHECK_INT(issue(&token, &world, c.id, MP_S("guess"), BASE), MP_CREDENTIALS);
        (void)issue(&token, &world, c.id, MP_S("guess"), BASE);
        CHECK(world.retry <= 30);
    }
    world.asked.from = MP_S("198.51.100.9");
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE), MP_OK);
    world_close(&world);
}

TEST(audiences_are_a_closed_set)
{
    static const struct {
        const char    *audience;
        mp_token_fault fault;
    } cases[] = { { BASE, MP_TOKEN_OK }, { BASE "/", MP_TOKEN_OK }, { "https://management.azure.com", MP_TOKEN_OK },
                  { "https://management.core.windows.net/", MP_TOKEN_OK }, { "https://vault.localhost:8443", MP_TOKEN_AUDIENCE } };
    mp_world world;
    mp_str   token;
    world_open(&world);
    client c = make_client(&world);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        CHECK_INT(issue(&token, &world, c.id, c.secret, cases[i].audience), MP_OK);
        CHECK_STR(claim(&world, token, "aud"), cases[i].audience);
        CHECK_INT(fault_of(&world, token, NULL), cases[i].fault);
        CHECK_INT(fault_of(&world, token, NULL), cases[i].fault); /* and remembered as what it is */
    }
    world_close(&world);
}

TEST(time_counts_also_for_what_is_remembered)
{
    mp_world world;
    mp_str   token;
    world_open(&world);
    client   c = make_client(&world);
    mp_ticks made = world.now;
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_OK);
    world.now = made + SECONDS(3597);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_OK);
    world.now = made + SECONDS(3600);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_EXPIRED);
    world.now = made - SECONDS(50);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_OK);
    world.now = made - SECONDS(70);
    CHECK_INT(fault_of(&world, token, NULL), MP_TOKEN_EXPIRED);
    world_close(&world);
}

static mp_code revoke(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_token_revoke(world->access, tx, *(mp_str *)arg, 0, err);
}

static mp_code rotate(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    return mp_token_rotate(world->access, tx, err);
}

static mp_code rotate_and_fail(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    (void)arg;
    CHECK_INT(mp_token_rotate(world->access, tx, err), MP_OK);
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "no");
}

static mp_code suspend(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_program_suspend(world->access, tx, *(mp_str *)arg, true, err);
}

static mp_code resume(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_program_suspend(world->access, tx, *(mp_str *)arg, false, err);
}

TEST(a_token_ends_when_it_is_revoked_and_when_its_program_is_suspended)
{
    mp_world world;
    mp_str   one, two, three;
    world_open(&world);
    client c = make_client(&world);
    CHECK_INT(issue(&one, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(issue(&two, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(fault_of(&world, one, NULL), MP_TOKEN_OK);
    mp_str id = claim(&world, one, "jti");
    CHECK_INT(world_write(&world, revoke, &id), MP_OK);
    CHECK_INT(fault_of(&world, one, NULL), MP_TOKEN_REVOKED);
    CHECK_INT(fault_of(&world, two, NULL), MP_TOKEN_OK);
    CHECK_INT(world_write(&world, suspend, &c.program), MP_OK);
    CHECK_INT(fault_of(&world, two, NULL), MP_TOKEN_REVOKED);
    CHECK_INT(issue(&three, &world, c.id, c.secret, BASE), MP_CREDENTIALS);
    CHECK_INT(world_write(&world, resume, &c.program), MP_OK);
    CHECK_INT(fault_of(&world, two, NULL), MP_TOKEN_REVOKED); /* what ended stays ended */
    world.now = mp_clock_now();
    CHECK_INT(issue(&three, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(fault_of(&world, three, NULL), MP_TOKEN_OK);
    world_reopen(&world);
    CHECK_INT(fault_of(&world, one, NULL), MP_TOKEN_REVOKED);
    world_close(&world);
}

static size_t key_count(mp_world *world)
{
    const mp_json *jwks;
    CHECK_INT(mp_token_keys(&jwks, world->access, &world->arena, NULL), MP_OK);
    for (MP_JSON_EACH(key, mp_json_get(jwks, MP_S("keys"))))
        CHECK(mp_json_get(key, MP_S("d")) == NULL && mp_json_get(key, MP_S("n")) != NULL);
    return mp_json_get(jwks, MP_S("keys"))->count;
}

TEST(keys_rotate_and_old_tokens_live_on)
{
    mp_world world;
    mp_str   old, young;
    mp_jws   a, b;
    uint64_t done = 0;
    world_open(&world);
    client c = make_client(&world);
    CHECK_INT(issue(&old, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(key_count(&world), 1);
    CHECK_INT(world_write(&world, rotate_and_fail, NULL), MP_CONFLICT);
    CHECK_INT(key_count(&world), 1);
    CHECK_INT(world_write(&world, rotate, NULL), MP_OK);
    CHECK_INT(key_count(&world), 2);
    CHECK_INT(issue(&young, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(mp_jws_read(&a, old, &world.arena, NULL), MP_OK);
    CHECK_INT(mp_jws_read(&b, young, &world.arena, NULL), MP_OK);
    CHECK(!mp_str_eq(a.kid, b.kid));
    CHECK_INT(fault_of(&world, old, NULL), MP_TOKEN_OK);
    CHECK_INT(fault_of(&world, young, NULL), MP_TOKEN_OK);
    world_reopen(&world);
    CHECK_INT(fault_of(&world, old, NULL), MP_TOKEN_OK);
    CHECK_INT(issue(&young, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(fault_of(&world, young, NULL), MP_TOKEN_OK);
    CHECK_INT(mp_access_tick(&done, world.access, mp_clock_now() + 89 * MP_TICKS_PER_DAY, &world.err), MP_OK);
    CHECK_INT(key_count(&world), 2);
    CHECK_INT(fault_of(&world, old, NULL), MP_TOKEN_OK);
    /* By then the youngest is old, and no token of the retired ones can be alive. */
    CHECK_INT(mp_access_tick(&done, world.access, mp_clock_now() + 91 * MP_TICKS_PER_DAY, &world.err), MP_OK);
    CHECK_INT(key_count(&world), 1);
    CHECK_INT(fault_of(&world, old, NULL), MP_TOKEN_FORGED);
    world_close(&world);
}

TEST(a_person_may_have_one_for_scripts)
{
    mp_world world;
    mp_str   token, id;
    mp_who   who;
    world_open(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    CHECK_INT(mp_token_for(&token, &id, world.access, kim, 7776001, world.now, &world.arena, NULL), MP_PARAMETER);
    CHECK_INT(mp_token_for(&token, &id, world.access, kim, 60, world.now, &world.arena, &world.err), MP_OK);
    CHECK_INT(fault_of(&world, token, &who), MP_TOKEN_OK);
    CHECK(who.kind == MP_WHO_USER && mp_str_eq(who.id, kim) && mp_str_eq(who.session, id));
    CHECK_STR(claim(&world, token, "idtyp"), "user");
    mp_str invited = world_user(&world, "new");
    CHECK_INT(mp_token_for(&token, &id, world.access, invited, 60, world.now, &world.arena, NULL), MP_DENIED);
    world_close(&world);
}

/* A token of a right form that we did not make: by a key of the attacker's with our kid, with claims of our own token. */
/* A new key would open nothing, and hide that the old one is gone. */
TEST(a_seal_key_that_is_gone_is_not_made_again)
{
    mp_world                world;
    mp_access              *opened = NULL;
    const mp_access_options options = { .base_url = BASE };
    char                    path[300], aside[320];
    mp_error                err = { 0 };
    world_open(&world);
    mp_access_close(world.access);
    snprintf(path, sizeof path, "%s/keys/seal.key", world.folder);
    snprintf(aside, sizeof aside, "%s.aside", path);
    CHECK_INT(rename(path, aside), 0);
    CHECK_INT(mp_access_open(&opened, world.store, world.ledger, &options, &err), MP_MISSING);
    CHECK(strstr(err.message, "seal.key is missing") != NULL);
    CHECK(stat(path, &(struct stat){ 0 }) != 0);
    CHECK_INT(rename(aside, path), 0);
    CHECK_INT(mp_access_open(&world.access, world.store, world.ledger, &options, &err), MP_OK);
    world_close(&world);
}

TEST(forgeries_are_told)
{
    mp_world world;
    mp_str   token, forged;
    mp_jws   jws;
    mp_jwk  *key;
    world_open(&world);
    client c = make_client(&world);
    CHECK_INT(issue(&token, &world, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(mp_jws_read(&jws, token, &world.arena, NULL), MP_OK);
    CHECK_INT(mp_jwk_make(&key, jws.kid, NULL), MP_OK);
    CHECK_INT(mp_jws_sign(&forged, jws.claims, key, &world.arena, NULL), MP_OK);
    CHECK_INT(fault_of(&world, forged, NULL), MP_TOKEN_FORGED);
    mp_jwk_free(key);
    CHECK_INT(mp_jwk_make(&key, MP_S("other"), NULL), MP_OK);
    CHECK_INT(mp_jws_sign(&forged, jws.claims, key, &world.arena, NULL), MP_OK);
    CHECK_INT(fault_of(&world, forged, NULL), MP_TOKEN_FORGED);
    mp_jwk_free(key);
    /* alg none with our claims, and our signature behind other claims */
    size_t first = mp_str_find(token, '.'), last = mp_str_rfind(token, '.');
    mp_str claims = mp_str_of(token.ptr + first + 1, last - first - 1), signature = mp_str_skip(token, last + 1);
    mp_str none = mp_base64url(&world.arena, MP_S("{\"alg\":\"none\",\"typ\":\"JWT\"}"));
    CHECK(fault_of(&world, mp_arena_printf(&world.arena, "%.*s.%.*s.", MP_FMT(none), MP_FMT(claims)), NULL) ==
          MP_TOKEN_MALFORMED);
    CHECK(fault_of(&world,
                   mp_arena_printf(&world.arena, "%.*s.%.*s.%.*s", MP_FMT(none), MP_FMT(claims), MP_FMT(signature)),
                   NULL) == MP_TOKEN_MALFORMED);
    mp_str other = mp_base64url(&world.arena, MP_S("{\"sub\":\"x\"}"));
    CHECK(fault_of(&world,
                   mp_arena_printf(&world.arena, "%.*s.%.*s.%.*s", (int)first, token.ptr, MP_FMT(other),
                                   MP_FMT(signature)),
                   NULL) == MP_TOKEN_FORGED);
    CHECK_INT(fault_of(&world, MP_S(""), NULL), MP_TOKEN_ABSENT);
    CHECK_INT(fault_of(&world, MP_S("abc"), NULL), MP_TOKEN_MALFORMED);
    world_close(&world);
}

TEST(a_token_of_another_installation_is_none_of_ours)
{
    mp_world one, two;
    mp_str   token;
    world_open(&one);
    world_open(&two);
    client c = make_client(&one);
    CHECK_INT(issue(&token, &one, c.id, c.secret, BASE), MP_OK);
    CHECK_INT(fault_of(&one, token, NULL), MP_TOKEN_OK);
    CHECK_INT(fault_of(&two, token, NULL), MP_TOKEN_FORGED);
    world_close(&one);
    world_close(&two);
}

TEST(discovery_says_what_clients_want)
{
    mp_world       world;
    const mp_json *doc;
    char           wanted[200];
    world_open(&world);
    CHECK_INT(mp_openid_configuration(&doc, world.access, true, MP_S(""), &world.arena, NULL), MP_OK);
    snprintf(wanted, sizeof wanted, BASE "/%s/v2.0", mp_access_tenant(world.access));
    CHECK_STR(mp_json_str(mp_json_get(doc, MP_S("issuer"))), wanted);
    CHECK_STR(mp_json_str(mp_json_get(doc, MP_S("token_endpoint"))), BASE "/adfs/oauth2/token");
    CHECK_INT(mp_openid_configuration(&doc, world.access, false, MP_S("common"), &world.arena, NULL), MP_OK);
    CHECK_STR(mp_json_str(mp_json_get(doc, MP_S("issuer"))), wanted);
    CHECK_STR(mp_json_str(mp_json_get(doc, MP_S("token_endpoint"))), BASE "/common/oauth2/v2.0/token");
    for (size_t i = 0; i < 4; i++) {
        static const char *const needed[] = { "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri" };
        CHECK(mp_json_is(mp_json_get(doc, mp_str_from(needed[i])), MP_JSON_STRING));
    }
    CHECK_INT(mp_openid_configuration(&doc, world.access, false, MP_S("a/../b"), &world.arena, NULL), MP_PARAMETER);
    CHECK_INT(mp_openid_configuration(&doc, world.access, false, MP_S(""), &world.arena, NULL), MP_PARAMETER);
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(a_program_gets_a_token_and_is_known_by_it), RUN(who_cannot_prove_himself_gets_none),
                RUN(guessing_is_slowed_down), RUN(audiences_are_a_closed_set),
                RUN(time_counts_also_for_what_is_remembered),
                RUN(a_token_ends_when_it_is_revoked_and_when_its_program_is_suspended),
                RUN(keys_rotate_and_old_tokens_live_on), RUN(a_person_may_have_one_for_scripts),
                RUN(a_seal_key_that_is_gone_is_not_made_again), RUN(forgeries_are_told),
                RUN(a_token_of_another_installation_is_none_of_ours), RUN(discovery_says_what_clients_want));
}
