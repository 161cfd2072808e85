/* SPDX-License-Identifier: Apache-2.0 */
/* What a sign-in costs: one hash, whoever it is and whatever is wrong; and never more at a time than allowed.
 */
#include "access_world.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

#include "test.h"

static atomic_int verified, running, most;
static bool       is_dear; /* what hashes are expected to be */

int __real_crypto_pwhash_str_verify(const char *hash, const char *password, unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *hash, const char *password, unsigned long long len);

int __wrap_crypto_pwhash_str_verify(const char *hash, const char *password, unsigned long long len)
{
    int now = atomic_fetch_add(&running, 1) + 1, seen = atomic_load(&most);
    while (seen < now && !atomic_compare_exchange_weak(&most, &seen, now)) {
    }
    atomic_fetch_add(&verified, 1);
    CHECK(crypto_pwhash_str_needs_rehash(hash, is_dear ? 2 : 1, 8192) ==
          0); /* well-formed, and as dear as everybody's */
    usleep(2000);
    int result = __real_crypto_pwhash_str_verify(hash, password, len);
    atomic_fetch_sub(&running, 1);
    return result;
}

static mp_code suspend(mp_world *world, mp_tx *tx, void *arg, mp_error *err)
{
    return mp_user_suspend(world->access, tx, *(mp_str *)arg, true, err);
}

TEST(one_hash_for_everybody)
{
    static const char *const names[] = { "kim", "nobody", "sleeper", "guest", "", "robot" };
    mp_world                 world;
    mp_signed_in             in;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    mp_str sleeper = world_member(&world, "sleeper", PASSWORD);
    CHECK_INT(world_write(&world, suspend, &sleeper), MP_OK);
    world_user(&world, "guest");
    world_program(&world, "robot");
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        int before = atomic_load(&verified);
        CHECK_INT(world_sign_in(&in, &world, names[i], "wrong"), MP_CREDENTIALS);
        CHECK_INT(atomic_load(&verified) - before, 1);
    }
    world_close(&world);
}

TEST(who_has_to_wait_costs_none)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    for (int i = 0; i < 3; i++)
        CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_CREDENTIALS);
    int before = atomic_load(&verified);
    CHECK_INT(world_sign_in(&in, &world, "kim", "wrong"), MP_BUSY);
    CHECK_INT(atomic_load(&verified), before);
    world_close(&world);
}

typedef struct trying {
    mp_world  *world;
    atomic_int wrong, busy;
} trying;

static void *try_often(void *arg)
{
    trying  *t = arg;
    mp_arena arena = MP_ARENA_INIT;
    for (int i = 0; i < 10; i++) {
        mp_signed_in in;
        unsigned     retry;
        mp_code code = mp_sign_in(&in, &retry, t->world->access, MP_S("kim"), MP_S("wrong"), &t->world->asked,
                                  t->world->now, &arena, NULL);
        atomic_fetch_add(code == MP_CREDENTIALS ? &t->wrong : &t->busy, 1);
        mp_arena_reset(&arena);
    }
    mp_arena_free(&arena);
    return NULL;
}

/* Eighty attempts in one moment: as many are tried as failures are allowed before the wait, and those that
 * were under way. */
TEST(many_at_once_try_no_more_than_one_after_the_other)
{
    mp_world  world;
    pthread_t threads[8];
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    atomic_store(&most, 0);
    trying t = { .world = &world };
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        CHECK_INT(pthread_create(&threads[i], NULL, try_often, &t), 0);
    for (size_t i = 0; i < MP_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(atomic_load(&t.wrong) + atomic_load(&t.busy), 80);
    CHECK(atomic_load(&t.wrong) >= 3 && atomic_load(&t.wrong) <= 3 + (int)world.rules.argon_at_once - 1);
    CHECK(atomic_load(&most) <= (int)world.rules.argon_at_once);
    world_close(&world);
}

/* Reading the hash that is stored: with the limits it was made with. */
TEST(dearer_limits_come_with_the_next_sign_in)
{
    mp_world     world;
    mp_signed_in in;
    world_open(&world);
    world_member(&world, "kim", PASSWORD);
    world.rules.argon_passes = 2;
    world_reopen(&world);
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    is_dear = true;
    CHECK_INT(world_sign_in(&in, &world, "kim", PASSWORD), MP_OK);
    CHECK_INT(world_sign_in(&in, &world, "nobody", PASSWORD), MP_CREDENTIALS);
    is_dear = false;
    world_close(&world);
}

int main(void)
{
    return MAIN(RUN(one_hash_for_everybody), RUN(who_has_to_wait_costs_none),
                RUN(many_at_once_try_no_more_than_one_after_the_other),
                RUN(dearer_limits_come_with_the_next_sign_in));
}
