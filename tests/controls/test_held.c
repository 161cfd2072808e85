/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include <pthread.h>

#include "held.h"

typedef struct asking {
    mp_holding    *holding;
    const mp_held *held;
    mp_code        code;
} asking;

static void *ask(void *arg)
{
    asking *a = arg;
    a->code = mp_held_take(&a->held, a->holding, NULL);
    return NULL;
}

TEST(all_who_ask_at_once_get_the_same_one)
{
    mp_holding *holding;
    pthread_t   threads[4];
    asking      asked[4];
    CHECK_INT(mp_holding_new(&holding, NULL, NULL), MP_OK);
    for (size_t i = 0; i < 4; i++) {
        asked[i] = (asking){ .holding = holding };
        CHECK_INT(pthread_create(&threads[i], NULL, ask, &asked[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(asked[i].code, MP_OK);
        CHECK(asked[i].held == asked[0].held);
    }
    mp_holding_free(holding); /* what is taken stays */
    CHECK(mp_framework_find(&asked[0].held->all, MP_S("csap-2025-02")) != NULL);
    for (size_t i = 0; i < 4; i++)
        mp_held_drop(asked[i].held);
}

static void check_named(const mp_frameworks *all, const char *name, const char *framework, const char *scheme)
{
    const mp_framework *f;
    const mp_scheme    *s;
    CHECK(mp_framework_named(&f, &s, all, mp_str_from(name)) == (framework != NULL));
    if (!framework)
        return;
    CHECK_STR(f->id, framework);
    CHECK_STR(s ? s->id : MP_S(""), scheme);
}

TEST(people_call_frameworks_by_shorter_names)
{
    mp_holding    *holding;
    const mp_held *held;
    CHECK_INT(mp_holding_new(&holding, NULL, NULL), MP_OK);
    CHECK_INT(mp_held_take(&held, holding, NULL), MP_OK);
    check_named(&held->all, "csap", "csap-2025-02", "");
    check_named(&held->all, "CSAP-IaaS", "csap-2025-02", "iaas");
    check_named(&held->all, "csap-2025-02/low-saas", "csap-2025-02", "low-saas");
    check_named(&held->all, "csap-low-saas", "csap-2025-02", "low-saas");
    check_named(&held->all, "csap-low", "csap-2025-02", "low");
    check_named(&held->all, "isms-p", "isms-p-2023", "");
    check_named(&held->all, "isms-p-isms", "isms-p-2023", "isms");
    check_named(&held->all, "isms-p-2018", "isms-p-2018", "");
    check_named(&held->all, "iso-27001", "iso-27001-2022", "");
    check_named(&held->all, "iso-27001-2013-annex-a", "iso-27001-2013", "annex-a");
    check_named(&held->all, "nist-csf", "nist-csf-1.1", "");
    check_named(&held->all, "NIST-CSF-1.1/core", "nist-csf-1.1", "core");
    check_named(&held->all, "nist-csf-core", "nist-csf-1.1", "core");
    check_named(&held->all, "csap-2024", NULL, NULL);
    check_named(&held->all, "nist-csf-1", NULL, NULL);
    check_named(&held->all, "csaps", NULL, NULL);
    check_named(&held->all, "", NULL, NULL);
    mp_held_drop(held);
    mp_holding_free(holding);
}

int main(void)
{
    return MAIN(RUN(all_who_ask_at_once_get_the_same_one), RUN(people_call_frameworks_by_shorter_names));
}
