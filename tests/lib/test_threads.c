/* SPDX-License-Identifier: Apache-2.0 */
/* One engine, many threads, and the first resource of each type met by all of them at once: what makes a program
 * for a type is the one place that takes a lock. Worth most under ThreadSanitizer. */
#include <mapae/engine.h>

#include <pthread.h>
#include <stdio.h>

#include "test.h"

#define THREADS 4
#define ROUNDS 400
#define TYPES 20

static const char policy[] =
    "{ \"name\": \"tls\", \"properties\": { \"mode\": \"Indexed\", \"policyRule\": {\n"
    "  \"if\": { \"field\": \"tags['tls']\", \"notEquals\": \"1.2\" },\n"
    "  \"then\": { \"effect\": \"audit\" } } } }";

static void *decide_often(void *arg)
{
    const mp_engine *engine = arg;
    mp_worker       *worker;
    size_t           wrong = 0;
    if (mp_worker_new(&worker, engine, NULL) != MP_OK)
        return (void *)1;
    for (size_t i = 0; i < ROUNDS; i++) {
        const mp_engine_verdict *verdicts;
        size_t                   count;
        mp_str                   sentence;
        char                     text[300];
        bool                     is_bad = i % 3 == 0;
        int len = snprintf(text, sizeof text,
                           "{\"id\": \"/subscriptions/s/resourceGroups/g/providers/Microsoft.T%zu/things/a\","
                           "\"location\": \"koreacentral\", \"tags\": {\"tls\": \"%s\"}}",
                           i % TYPES, is_bad ? "1.0" : "1.2");
        mp_request request = { .resource = mp_str_of(text, (size_t)len) };
        if (mp_worker_decide(&verdicts, &count, worker, &request, NULL) != MP_OK || count != 1 ||
            verdicts[0].is_bad != is_bad ||
            mp_worker_sentence(&sentence, worker, 0, "ko", NULL) != MP_OK)
            wrong++;
    }
    mp_worker_free(worker);
    return (void *)wrong;
}

TEST(threads_share_an_engine)
{
    mp_engine *engine;
    pthread_t  threads[THREADS];
    CHECK_INT(mp_engine_new(&engine, NULL), MP_OK);
    CHECK_INT(mp_engine_add(engine, MP_S("tls.json"), mp_str_from(policy), MP_ENGINE_JUDGED, NULL), MP_OK);
    CHECK_INT(mp_engine_compile(engine, NULL, NULL), MP_OK);
    for (int i = 0; i < THREADS; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, decide_often, engine), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        CHECK(wrong == NULL);
    }
    mp_engine_free(engine);
}

int main(void)
{
    return MAIN(RUN(threads_share_an_engine));
}
