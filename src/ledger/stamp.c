/* SPDX-License-Identifier: Apache-2.0 */
/* Stamps as they are kept: one row for each tree size and authority, never changed. */
#include "stamp.h"

#include "checkpoint.h"
#include "secret.h"
#include "source.h"
#include "sql.h"

static const mp_migration migrations[] = {
    { 1, "CREATE TABLE ledger_stamps (size INTEGER NOT NULL, authority TEXT NOT NULL, at INTEGER NOT NULL,"
         " checkpoint BLOB NOT NULL, answer BLOB NOT NULL, ca BLOB NOT NULL, PRIMARY KEY (size, authority));\n" },
};

const mp_schema mp_stamp_schema = { .name = "stamps", .migrations = migrations, .count = MP_COUNT(migrations) };

/* ---- reading ---- */

static mp_code copy(mp_str *out, mp_arena *arena, mp_str bytes, mp_error *err)
{
    *out = mp_arena_dup(arena, bytes);
    return out->ptr ? MP_OK : mp_no_memory(err);
}

/* Columns: size, authority, at, checkpoint, answer, ca. */
static mp_code read_row(mp_stamp *out, const mp_rows *rows, mp_arena *arena, mp_error *err)
{
    out->size = (uint64_t)mp_rows_int(rows, 0);
    out->at = mp_rows_int(rows, 2);
    MP_TRY(copy(&out->authority, arena, mp_rows_bytes(rows, 1), err));
    MP_TRY(copy(&out->checkpoint, arena, mp_rows_bytes(rows, 3), err));
    MP_TRY(copy(&out->answer, arena, mp_rows_bytes(rows, 4), err));
    return copy(&out->ca, arena, mp_rows_bytes(rows, 5), err);
}

struct listing {
    mp_stamp *stamps;
    size_t    count, most;
    uint64_t  from;
    mp_str    authority; /* empty: any */
    mp_arena *arena;
};

static mp_code read_rows(struct listing *l, mp_rows *rows, mp_error *err)
{
    bool more = true;
    for (l->count = 0; l->count < l->most; l->count++) { /* from 0: a read may run again */
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            break;
        MP_TRY(read_row(&l->stamps[l->count], rows, l->arena, err));
    }
    return MP_OK;
}

static mp_code read_stamps(mp_tx *tx, void *arg, mp_error *err)
{
    struct listing *l = arg;
    mp_rows        *rows = NULL;
    MP_TRY(mp_sql_ask(&rows, tx,
                      "SELECT size, authority, at, checkpoint, answer, ca FROM ledger_stamps"
                      " WHERE size >= ?1 AND (?2 = '' OR authority = ?2) ORDER BY size, authority LIMIT ?3",
                      MP_VALUES(mp_int((int64_t)l->from), mp_text(l->authority), mp_int((int64_t)l->most)), err));
    mp_code code = read_rows(l, rows, err);
    mp_rows_close(rows);
    return code;
}

#define LIST_USUAL 100
#define LIST_MOST 1000

mp_code mp_stamp_list(mp_stamp **out, size_t *count, mp_store *store, uint64_t from, uint32_t limit, mp_arena *arena,
                      mp_error *err)
{
    struct listing l = { .from = from, .most = limit ? limit : LIST_USUAL, .arena = arena };
    if (l.most > LIST_MOST)
        l.most = LIST_MOST;
    if (from > INT64_MAX)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "no tree has %llu leaves", (unsigned long long)from);
    l.stamps = MP_ARENA_ARRAY(arena, mp_stamp, l.most);
    if (!l.stamps)
        return mp_no_memory(err);
    MP_TRY(mp_store_read(store, read_stamps, &l, err));
    *out = l.stamps;
    *count = l.count;
    return MP_OK;
}

static mp_code check_one(const mp_stamp *s, mp_error *err)
{
    mp_stamp_report report;
    mp_checkpoint   head;
    mp_str          text, signatures;
    mp_error        why;
    mp_code         code = mp_stamp_verify(&report, s->answer, s->checkpoint, s->ca, 0, &why);
    if (code == MP_OK)
        code = mp_note_split(&text, &signatures, s->checkpoint, &why);
    if (code == MP_OK)
        code = mp_checkpoint_parse(&head, text, &why);
    if (code == MP_OK && (head.size != s->size || report.at != s->at))
        code = mp_fail(&why, MP_DAMAGED, MP_NOWHERE, "it is over another checkpoint than its row says");
    if (code == MP_OK || code == MP_NOMEM)
        return code == MP_OK ? MP_OK : mp_no_memory(err);
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the time stamp of size %llu by %.*s: %s", (unsigned long long)s->size,
                   MP_FMT(s->authority), why.message);
}

/* A size has a stamp for each authority, so pages overlap in their last size: that is read once more, and
 * counted once. */
mp_code mp_stamp_check_all(uint64_t *held, mp_store *store, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    uint64_t good = 0, from = 0;
    mp_code  code = MP_OK;
    for (size_t count = LIST_MOST; code == MP_OK && count == LIST_MOST;) {
        mp_stamp *stamps;
        mp_arena_reset(&arena);
        code = mp_stamp_list(&stamps, &count, store, from, LIST_MOST, &arena, err);
        uint64_t last = code == MP_OK && count ? stamps[count - 1].size : 0;
        for (size_t i = 0; code == MP_OK && i < count; i++) {
            if (count == LIST_MOST && stamps[i].size == last && stamps[0].size != last)
                break; /* on the next page */
            code = check_one(&stamps[i], err);
            good += code == MP_OK;
        }
        from = last == from ? last + 1 : last;
    }
    mp_arena_free(&arena);
    if (code == MP_OK)
        *held = good;
    return code;
}

/* ---- taking one ---- */

static mp_code keep(mp_tx *tx, void *arg, mp_error *err)
{
    const mp_stamp *s = arg;
    return mp_sql(
        tx, NULL,
        "INSERT INTO ledger_stamps (size, authority, at, checkpoint, answer, ca) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (size, authority) DO NOTHING",
        MP_VALUES(mp_int((int64_t)s->size), mp_text(s->authority), mp_int(s->at), mp_blob(s->checkpoint),
                  mp_blob(s->answer), mp_blob(s->ca)),
        err);
}

/* The bytes of `buf` as the arena's. */
static mp_code settle(mp_str *out, mp_buf *buf, mp_arena *arena, mp_error *err)
{
    mp_code code = mp_buf_check(buf, err);
    if (code == MP_OK)
        code = copy(out, arena, mp_buf_str(buf), err);
    mp_buf_free(buf);
    return code;
}

static mp_code read_trust(mp_stamp *s, const char *folder, const mp_stamp_options *o, mp_arena *arena, mp_error *err)
{
    mp_buf pem = MP_BUF_INIT;
    if (o->url) {
        if (!o->ca_file)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "a time-stamp authority needs a file of certificates to trust it by");
        return mp_source_slurp(&s->ca, o->ca_file, MP_STAMP_CA_MAX, arena, err);
    }
    mp_code code = mp_stamp_local_ca(&pem, folder, err);
    if (code == MP_OK)
        return settle(&s->ca, &pem, arena, err);
    mp_buf_free(&pem);
    return code;
}

static mp_code ask(mp_stamp *s, const char *folder, const mp_stamp_options *o, mp_arena *arena, mp_error *err)
{
    mp_buf          request = MP_BUF_INIT, answer = MP_BUF_INIT;
    mp_stamp_report report;
    uint64_t        nonce = 0;
    mp_code         code = mp_random(&nonce, sizeof nonce, err);
    nonce |= 1; /* 0 stands for none */
    if (code == MP_OK)
        code = mp_stamp_request(&request, s->checkpoint, nonce, err);
    if (code == MP_OK)
        code = o->url ? mp_stamp_ask(&answer, o->url, o->timeout_ms, mp_buf_str(&request), err)
                      : mp_stamp_answer(&answer, folder, mp_buf_str(&request), err);
    if (code == MP_OK)
        code = mp_stamp_verify(&report, mp_buf_str(&answer), s->checkpoint, s->ca, nonce, err);
    if (code == MP_OK) {
        s->at = report.at;
        code = copy(&s->answer, arena, mp_buf_str(&answer), err);
    }
    mp_buf_free(&request);
    mp_buf_free(&answer);
    return code;
}

static mp_code read_head(mp_stamp *s, mp_ledger *ledger, mp_arena *arena, mp_error *err)
{
    mp_buf        note = MP_BUF_INIT;
    mp_str        text, signatures;
    mp_checkpoint head;
    mp_code       code = mp_ledger_checkpoint(&note, ledger, err);
    if (code != MP_OK) {
        mp_buf_free(&note);
        return code;
    }
    MP_TRY(settle(&s->checkpoint, &note, arena, err));
    MP_TRY(mp_note_split(&text, &signatures, s->checkpoint, err));
    MP_TRY(mp_checkpoint_parse(&head, text, err));
    s->size = head.size;
    return MP_OK;
}

mp_code mp_stamp_take(mp_stamp *out, mp_store *store, mp_ledger *ledger, const mp_stamp_options *options,
                      mp_arena *arena, mp_error *err)
{
    mp_stamp stamp = { .authority = options->url ? mp_str_from(options->url) : MP_S("local") };
    MP_TRY(read_head(&stamp, ledger, arena, err));
    struct listing there = { .from = stamp.size, .most = 1, .authority = stamp.authority, .arena = arena,
                             .stamps = out };
    MP_TRY(mp_store_read(store, read_stamps, &there, err));
    if (there.count && out->size == stamp.size)
        return MP_OK;
    MP_TRY(copy(&stamp.authority, arena, stamp.authority, err));
    MP_TRY(read_trust(&stamp, mp_store_folder(store), options, arena, err));
    MP_TRY(ask(&stamp, mp_store_folder(store), options, arena, err));
    MP_TRY(mp_store_write(store, keep, &stamp, err));
    *out = stamp;
    return MP_OK;
}
