/* SPDX-License-Identifier: Apache-2.0 */
/* bench_states INITIATIVE LIBRARY [VERDICTS [STORE]] - questions about many verdicts (bench_verdicts.h): pages,
 * filters, aggregates and summaries, and what one more change costs. STORE: "postgres://..." instead of SQLite. */
#include "bench_verdicts.h"

#include "states.h"

#define ROUNDS 21

static verdict_world v;

typedef struct asking {
    mp_states_query query;
    bool            is_summary;
    size_t          rows;
    mp_arena        arena;
    mp_str          next;
} asking;

static mp_code ask(mp_tx *tx, void *arg, mp_error *err)
{
    asking        *a = arg;
    mp_states_page page;
    const mp_json *summary;
    if (a->is_summary)
        return mp_states_summary(&summary, tx, &a->query, MP_S("https://localhost"), &a->arena, err);
    MP_TRY(mp_states_rows(&page, tx, &a->query, &a->arena, err));
    a->rows = page.count;
    a->next = page.next;
    return MP_OK;
}

static void measure(const char *what, mp_states_query query, bool is_summary)
{
    asking a = { .query = query, .is_summary = is_summary, .arena = MP_ARENA_INIT };
    world_ask(&v.w, what, ROUNDS, ask, &a, &a.arena);
    mp_arena_free(&a.arena);
}

static void measure_all(void)
{
    mp_str          all = v.subscription, group = mp_arena_printf(&v.w.arena, "%.*s/resourcegroups/g7", MP_FMT(all));
    mp_states_query q = { .scope = all };
    measure("page: the first", q, false);
    q.page = 1000;
    measure("page: of 1,000", q, false);
    q = (mp_states_query){ .scope = group };
    measure("page: of a group", q, false);
    q = (mp_states_query){ .scope = all, .texts.filter = MP_S("complianceState eq 'NonCompliant'") };
    measure("page: what is wrong", q, false);
    q.texts.filter = MP_S(
        "complianceState eq 'NonCompliant' and resourceType eq 'Microsoft.Sql/servers' and resourceGroup eq 'g199'");
    measure("page: wrong, of a type in a group", q, false);
    q.texts.filter = MP_S("complianceState eq 'Unknown'");
    measure("page: of a state that nothing has", q, false);
    q = (mp_states_query){ .scope = group, .texts.orderby = MP_S("resourceId desc") };
    measure("page: of a group, sorted", q, false);
    q = (mp_states_query){ .scope = group,
                           .texts.apply =
                               MP_S("groupby((policyDefinitionName,complianceState),aggregate($count as n))") };
    measure("of a group, grouped and counted", q, false);
    q = (mp_states_query){ .scope = all };
    measure("summary of the subscription", q, true);
    q.scope = group;
    measure("summary of a group", q, true);
}

int main(int argc, char **argv)
{
    timing t = { .count = 0 };
    verdicts_start(&v, argc, argv);
    measure_all();
    while (t.count < ROUNDS) {
        size_t resource = below((uint32_t)v.resources);
        timing_begin(&t);
        verdicts_judge(&v, resource);
        timing_end(&t);
    }
    timing_tell(&t, "a resource judged anew, with its sums");
    verdicts_stop(&v);
    return 0;
}
