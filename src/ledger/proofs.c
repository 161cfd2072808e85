/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs, and single leaves: what is asked about the log as it is on disk. */
#include "ledger_internal.h"

#include "jsonw.h"

typedef enum question_kind { INCLUSION, CONSISTENCY, ROOT, LEAF } question_kind;

typedef struct question {
    question_kind    kind;
    uint64_t         a, b; /* index and size; from and to; size */
    const mp_edge   *edge;
    mp_merkle_hasher *hasher;
    mp_arena        *arena;
    mp_proof        *proof;
    uint8_t         *hash;
    mp_str           text, openings;
} question;

/* A text of one row, or an empty one where it is NULL or there is no row. */
static mp_code read_text(mp_str *out, bool *is_there, mp_tx *tx, const char *sql, uint64_t index, mp_arena *arena,
                         mp_error *err)
{
    mp_rows *rows;
    *out = mp_str_of("", 0);
    MP_TRY(mp_sql_ask(&rows, tx, sql, MP_VALUES(mp_int((int64_t)index)), err));
    mp_code code = mp_rows_next(is_there, rows, err);
    if (code == MP_OK && *is_there && !mp_rows_is_null(rows, 0)) {
        *out = mp_arena_dup(arena, mp_rows_bytes(rows, 0));
        if (!out->ptr)
            code = mp_no_memory(err);
    }
    mp_rows_close(rows);
    return code;
}

/* A text that is not what the log has in its place is given to nobody. One that retention removed has its hash only. */
static mp_code read_leaf(question *q, mp_nodes *nodes, mp_tx *tx, mp_error *err)
{
    uint8_t hash[MP_MERKLE_HASH];
    bool    is_there = false;
    MP_TRY(read_text(&q->text, &is_there, tx, "SELECT entry FROM ledger_leaf WHERE idx = ?1", q->a, q->arena, err));
    if (!is_there)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there", (unsigned long long)q->a);
    MP_TRY(read_text(&q->openings, &is_there, tx, "SELECT openings FROM ledger_sealed WHERE idx = ?1", q->a, q->arena,
                     err));
    MP_TRY(nodes->source.get(q->hash, nodes, 0, q->a, err));
    if (!q->text.len)
        return MP_OK;
    MP_TRY(mp_merkle_leaf(hash, q->hasher, q->text, err));
    return memcmp(hash, q->hash, sizeof hash) == 0 ? MP_OK : mp_ledger_wrong_leaf(q->a, err);
}

static mp_code answer(mp_tx *tx, void *arg, mp_error *err)
{
    question *q = arg;
    mp_nodes *nodes = mp_arena_alloc(mp_tx_arena(tx), sizeof *nodes);
    if (!nodes)
        return mp_no_memory(err);
    mp_nodes_init(nodes, tx, q->edge, q->hasher);
    switch (q->kind) {
    case INCLUSION:
        return mp_merkle_prove_inclusion(q->proof, q->a, q->b, &nodes->source, err);
    case CONSISTENCY:
        return mp_merkle_prove_consistency(q->proof, q->a, q->b, &nodes->source, err);
    case ROOT:
        return mp_merkle_root_of(q->hash, q->a, &nodes->source, err);
    case LEAF:
        return read_leaf(q, nodes, tx, err);
    }
    return MP_OK;
}

/* `least`: the size that the log must have. */
static mp_code ask(question *q, mp_ledger *l, uint64_t least, mp_error *err)
{
    mp_arena               arena = MP_ARENA_INIT;
    const mp_ledger_state *state = mp_ledger_look(l, &arena);
    mp_code                code = MP_OK;
    if (!state)
        code = mp_no_memory(err);
    else if (state->edge.tree.size < least)
        code = mp_fail(err, q->kind == LEAF ? MP_MISSING : MP_PARAMETER, MP_NOWHERE,
                       "the log has %llu leaves, fewer than %llu", (unsigned long long)state->edge.tree.size,
                       (unsigned long long)least);
    if (code == MP_OK)
        code = mp_merkle_hasher_new(&q->hasher, err);
    if (code == MP_OK) {
        q->edge = &state->edge;
        code = mp_store_read(l->store, answer, q, err);
        mp_merkle_hasher_free(q->hasher);
    }
    mp_arena_free(&arena);
    return code;
}

mp_code mp_ledger_inclusion(mp_proof *out, mp_ledger *l, uint64_t index, uint64_t size, mp_error *err)
{
    question q = { .kind = INCLUSION, .a = index, .b = size, .proof = out };
    return ask(&q, l, size, err);
}

mp_code mp_ledger_consistency(mp_proof *out, mp_ledger *l, uint64_t from, uint64_t to, mp_error *err)
{
    question q = { .kind = CONSISTENCY, .a = from, .b = to, .proof = out };
    return ask(&q, l, to, err);
}

mp_code mp_ledger_root(uint8_t out[MP_LEDGER_HASH], mp_ledger *l, uint64_t size, mp_error *err)
{
    question q = { .kind = ROOT, .a = size, .hash = out };
    return ask(&q, l, size, err);
}

/* ---- leaves ---- */

static mp_code parse_openings(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    mp_json_doc   *doc;
    const mp_json *root;
    *out = NULL;
    if (!text.len)
        return MP_OK;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = mp_json_read(doc, &root, text, NULL, NULL, err);
    if (code == MP_OK && !(*out = mp_arena_dup_json(arena, root)))
        code = mp_no_memory(err);
    else if (code == MP_SYNTAX)
        code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the sealed values of a leaf are no JSON");
    mp_json_doc_free(doc);
    return code;
}

/* {"NAME": value} out of {"NAME": {"salt", "value"}} */
static mp_code clear_of(const mp_json **out, const mp_json *openings, mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    *out = NULL;
    if (!mp_json_is(openings, MP_JSON_OBJECT))
        return MP_OK;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, openings)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, mp_json_get(key + 1, MP_S("value")));
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

mp_code mp_ledger_leaf(mp_str *text, uint8_t hash[MP_LEDGER_HASH], const mp_json **clear, mp_ledger *l, uint64_t index,
                       mp_arena *arena, mp_error *err)
{
    uint8_t        found[MP_LEDGER_HASH];
    const mp_json *openings, *values = NULL;
    question       q = { .kind = LEAF, .a = index, .hash = found, .arena = arena };
    MP_TRY(ask(&q, l, index == UINT64_MAX ? index : index + 1, err));
    if (clear) {
        MP_TRY(parse_openings(&openings, q.openings, arena, err));
        MP_TRY(clear_of(&values, openings, arena, err));
        *clear = values;
    }
    *text = q.text;
    memcpy(hash, found, sizeof found);
    return MP_OK;
}

mp_code mp_ledger_openings(const mp_json **out, mp_ledger *l, uint64_t index, mp_arena *arena, mp_error *err)
{
    uint8_t  found[MP_LEDGER_HASH];
    question q = { .kind = LEAF, .a = index, .hash = found, .arena = arena };
    MP_TRY(ask(&q, l, index == UINT64_MAX ? index : index + 1, err));
    return parse_openings(out, q.openings, arena, err);
}
