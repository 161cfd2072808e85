/* SPDX-License-Identifier: Apache-2.0 */
#include "logbook.h"

#include "jsonw.h"
#include "stamp.h"

static const mp_schema *const schemas[] = { &mp_ledger_schema, &mp_stamp_schema };
const mp_kind logbook_kind = { .name = "thing" };

void logbook_begin(logbook *b, const mp_ledger_options *options)
{
    memset(b, 0, sizeof *b);
    if (options)
        b->options = *options;
    opened_begin(&b->o, schemas, MP_COUNT(schemas));
    opened_declare(&b->o, &logbook_kind);
    MUST_OK(mp_ledger_open(&b->ledger, b->o.store, &b->options, err));
}

void logbook_close(logbook *b)
{
    mp_ledger_close(b->ledger);
    mp_store_close(b->o.store);
    b->ledger = NULL;
    b->o.store = NULL;
}

static void open_store(logbook *b)
{
    if (b->o.store)
        return;
    b->o.options.create = false;
    MUST_OK(mp_store_open(&b->o.store, &b->o.options, err));
    opened_declare(&b->o, &logbook_kind);
}

mp_code logbook_try(logbook *b, mp_error *err)
{
    open_store(b);
    return mp_ledger_open(&b->ledger, b->o.store, &b->options, err);
}

void logbook_open(logbook *b)
{
    MUST_OK(logbook_try(b, err));
}

void logbook_end(logbook *b)
{
    mp_ledger_close(b->ledger);
    opened_end(&b->o);
}

mp_leaf logbook_leaf(mp_arena *arena, unsigned i)
{
    static const char *const actions[LOGBOOK_ACTIONS] = {
        "Mapae.Access/users/write", "Mapae.Access/users/read", "Mapae.Access/groups/write", "Mapae.Evidence/files/write",
        "Mapae.Ledger/read",
    };
    mp_leaf leaf = {
        .actor_kind = MP_S("user"),
        .actor = mp_arena_printf(arena, "00000000-0000-4000-8000-%012u", i % LOGBOOK_ACTORS),
        .action = mp_str_from(actions[i % LOGBOOK_ACTIONS]),
        .on = mp_arena_printf(arena, "/api/v1/users/11111111-0000-4000-8000-%012u", i % 50),
        .request = mp_arena_printf(arena, "22222222-0000-4000-8000-%012u", i),
        .outcome = i % 10 == 3 ? MP_OUTCOME_REFUSED : i % 100 == 7 ? MP_OUTCOME_FAILED : MP_OUTCOME_DONE,
        .status = 200,
        .from = i % 4 ? mp_arena_printf(arena, "192.0.2.%u", i % 256) : MP_S(""),
    };
    CHECK(leaf.actor.ptr && leaf.on.ptr && leaf.request.ptr && leaf.from.ptr);
    return leaf;
}

struct filling {
    logbook *book;
    unsigned from, to;
};

static mp_code fill(mp_tx *tx, void *arg, mp_error *err)
{
    struct filling *f = arg;
    for (unsigned i = f->from; i < f->to; i++) {
        mp_leaf leaf = logbook_leaf(mp_tx_arena(tx), i);
        MP_TRY(mp_ledger_add(f->book->ledger, tx, &leaf, err));
    }
    return MP_OK;
}

void logbook_fill(logbook *b, unsigned from, unsigned to, unsigned at_once)
{
    for (unsigned i = from; i < to; i += at_once) {
        struct filling f = { b, i, to - i < at_once ? to : i + at_once };
        opened_write(&b->o, fill, &f);
    }
}

void logbook_verify(logbook *b)
{
    mp_ledger_report report = { .size = 0 };
    MUST_OK(mp_ledger_verify(&report, b->ledger, NULL, NULL, err));
    CHECK(report.size == mp_ledger_now(b->ledger).size);
    CHECK(report.checked + report.pruned == report.size);
}
