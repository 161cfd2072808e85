/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a first sign-in through an outside provider may become: what the provider says is given here, as if it had
 * been asked. */
#include "access_world.h"
#include "oidc_internal.h"

#include "test.h"

#define PROVIDER(members) "{\"displayName\":\"Test\",\"issuer\":\"https://idp.example\",\"clientId\":\"us\"," members "}"
#define BY_EMAIL "\"userClaim\":\"email\""
#define BY_NAME "\"userClaim\":\"preferred_username\""

typedef struct outside {
    const char *body;   /* of the provider */
    const char *claims; /* of the person */
    const char *user;   /* that is made: a body */
    mp_str      provider, found;
    bool        has_secret;
    mp_record   record;
} outside;

static mp_code put_provider(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    outside *o = arg;
    MP_TRY(mp_provider_put(&o->record, world->access, tx, o->provider, world_json(world, o->body), MP_ANY_VERSION, err));
    o->provider = mp_arena_dup(&world->arena, o->record.key);
    return MP_OK;
}

static mp_code come(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    outside                *o = arg;
    const mp_outside_person person = { .provider = o->provider,
                                       .setup = world_json(world, o->body),
                                       .claims = world_json(world, o->claims),
                                       .asked = &world->asked };
    MP_TRY(mp_outside_user(&o->found, world->access, tx, &person, err));
    o->found = mp_arena_dup(&world->arena, o->found);
    return MP_OK;
}

static mp_code put_user(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    outside  *o = arg;
    mp_record record;
    MP_TRY(mp_user_put(&record, world->access, tx, mp_str_of(NULL, 0), world_json(world, o->user), MP_NO_VERSION, err));
    o->found = mp_arena_dup(&world->arena, record.key);
    return MP_OK;
}

static mp_code look_at_secret(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    outside      *o = arg;
    mp_credential credential = { 0 };
    MP_TRY(mp_credential_open(&credential, world->access, tx, o->provider, mp_tx_arena(tx), err));
    o->has_secret = mp_json_is(mp_json_get(credential.body, MP_S("clientSecret")), MP_JSON_STRING);
    mp_credential_close(&credential);
    return MP_OK;
}

static mp_code comes(mp_world *world, outside *o, const char *claims)
{
    o->claims = claims;
    return world_write(world, come, o);
}

static void set_up(mp_world *world, outside *o, const char *body)
{
    o->body = body;
    CHECK_INT(world_write(world, put_provider, o), MP_OK);
}

TEST(an_invitation_is_opened_by_its_address)
{
    mp_world world;
    outside  o = { .user = "{\"userName\":\"kim\",\"email\":\"Kim@example.com\"}" };
    world_open(&world);
    set_up(&world, &o, PROVIDER(BY_EMAIL));
    CHECK_INT(world_write(&world, put_user, &o), MP_OK);
    mp_str kim = o.found;
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"email\":\"kim@example.com\"}"), MP_DENIED);
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"email\":\"kim@example.com\",\"email_verified\":false}"), MP_DENIED);
    /* his name is no address */
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"email\":\"kim\",\"email_verified\":true}"), MP_DENIED);
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"email\":\"kim@example.com\",\"email_verified\":true}"), MP_OK);
    CHECK(mp_str_eq(o.found, kim));
    CHECK_STR(mp_json_str(mp_json_get(world_body(&world, &mp_user_kind, kim), MP_S("state"))), "active");
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\"}"), MP_OK); /* from now on it is he, whatever he is called */
    CHECK(mp_str_eq(o.found, kim));
    /* the address changed hands */
    CHECK_INT(comes(&world, &o, "{\"sub\":\"2\",\"email\":\"kim@example.com\",\"email_verified\":true}"), MP_DENIED);
    world_close(&world);
}

TEST(an_address_of_two_names_nobody)
{
    mp_world world;
    outside  o = { .user = "{\"userName\":\"kim\",\"email\":\"team@example.com\"}" };
    world_open(&world);
    set_up(&world, &o, PROVIDER(BY_EMAIL));
    CHECK_INT(world_write(&world, put_user, &o), MP_OK);
    o.user = "{\"userName\":\"lee\",\"email\":\"team@example.com\"}";
    CHECK_INT(world_write(&world, put_user, &o), MP_OK);
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"email\":\"team@example.com\",\"email_verified\":true}"), MP_DENIED);
    world_close(&world);
}

TEST(an_account_in_use_is_not_taken_over)
{
    mp_world world;
    outside  o = { .found = { 0 } };
    world_open(&world);
    mp_str kim = world_member(&world, "kim", PASSWORD);
    set_up(&world, &o, PROVIDER(BY_NAME));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_DENIED);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"createsUsers\":true"));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_DENIED);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"linksExisting\":true"));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_OK);
    CHECK(mp_str_eq(o.found, kim));
    world_close(&world);
}

TEST(an_address_that_was_not_checked_is_not_kept)
{
    mp_world world;
    outside  o = { .found = { 0 } };
    world_open(&world);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"createsUsers\":true"));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"eve\",\"email\":\"kim@example.com\"}"), MP_OK);
    CHECK(!mp_json_get(world_body(&world, &mp_user_kind, o.found), MP_S("email")));
    CHECK_INT(
        comes(&world, &o,
              "{\"sub\":\"2\",\"preferred_username\":\"kim\",\"email\":\"kim@example.com\",\"email_verified\":true}"),
        MP_OK);
    CHECK(mp_json_get(world_body(&world, &mp_user_kind, o.found), MP_S("email")));
    world_close(&world);
}

TEST(another_issuer_is_another_provider)
{
    static const char there[] =
        "{\"displayName\":\"Test\",\"issuer\":\"https://other.example\",\"clientId\":\"us\"," BY_NAME
        ",\"createsUsers\":true}";
    mp_world world;
    outside  o = { .found = { 0 } };
    world_open(&world);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"createsUsers\":true,\"clientSecret\":\"secret\""));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_OK);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"createsUsers\":true"));
    CHECK_INT(world_write(&world, look_at_secret, &o), MP_OK);
    CHECK(o.has_secret); /* kept, where it is the same provider */
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\"}"), MP_OK);
    set_up(&world, &o, there);
    CHECK_INT(world_write(&world, look_at_secret, &o), MP_OK);
    CHECK(!o.has_secret);
    /* the same number, of somebody else */
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_DENIED);
    o.body = PROVIDER(BY_NAME ",\"createsUsers\":true"); /* an answer that was asked for before the change */
    CHECK_INT(comes(&world, &o, "{\"sub\":\"9\",\"preferred_username\":\"new\"}"), MP_DENIED);
    world_close(&world);
}

TEST(what_a_sign_in_changes_has_its_leaf)
{
    mp_world world;
    outside  o = { .found = { 0 } };
    world_open(&world);
    set_up(&world, &o, PROVIDER(BY_NAME ",\"createsUsers\":true"));
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_OK);
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/oidc", MP_OUTCOME_DONE), 1);
    CHECK_INT(comes(&world, &o, "{\"sub\":\"1\",\"preferred_username\":\"kim\"}"), MP_OK);
    /* he was there, and is as he was */
    CHECK_INT(world_leaves(&world, "Mapae.Access/signIn/oidc", MP_OUTCOME_DONE), 1);
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(an_invitation_is_opened_by_its_address), RUN(an_address_of_two_names_nobody),
                RUN(an_account_in_use_is_not_taken_over), RUN(an_address_that_was_not_checked_is_not_kept),
                RUN(another_issuer_is_another_provider), RUN(what_a_sign_in_changes_has_its_leaf));
}
