/* SPDX-License-Identifier: Apache-2.0 */
/* Everything again, tile by tile from the first leaf: texts give hashes, hashes give tiles, tiles give roots,
 * roots are signed by keys that leaves name. Nothing that is stored is believed but what these steps lead to. */
#include "ledger_internal.h"

#include <stdlib.h>

#include "ledger_records.h"
#include "stamp.h"

typedef struct key_check {
    uint64_t size; /* of the head that named it */
    uint8_t  root[MP_MERKLE_HASH];
} key_check;

typedef struct checking {
    mp_ledger          *ledger;
    mp_tx              *tx;
    mp_ledger_report   *report;
    void              (*progress)(void *ctx, uint64_t leaves);
    void               *progress_ctx;
    mp_merkle_hasher   *hasher;
    mp_record_audit    *audit;
    mp_json_doc        *doc, *sealed_doc;
    mp_arena            keys_arena, arena; /* for as long as it takes; of one tile */
    mp_ledger_key      *keys;
    key_check          *key_checks;
    size_t              key_count, keys_named, keys_reached;
    mp_checkpoint       head;
    mp_edge            *edge;   /* the tree as the leaves give it */
    mp_ticks            last_at;
    /* behind the last leaf without text; what leaves say that retention removed */
    uint64_t            pruned_to, promised;
    mp_postings         postings; /* of the block of words at hand */
    bool                block_is_whole;
    uint64_t            block_rows;
    /* The tile at hand. */
    uint64_t            first;
    unsigned            width;
    mp_str              texts[MP_TILE_WIDTH], openings[MP_TILE_WIDTH];
    mp_ticks            times[MP_TILE_WIDTH];
    mp_tile             stored;
    bool                has_stored;
} checking;

mp_code mp_ledger_wrong_leaf(uint64_t index, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu does not have the hash that stands in its tile",
                   (unsigned long long)index);
}

/* ---- keys ---- */

/* The heads that named keys: each signed by the key before, and by the one that it names. */
static mp_code check_key_heads(checking *c, mp_error *err)
{
    c->key_checks = MP_ARENA_ARRAY(&c->keys_arena, key_check, c->key_count);
    if (!c->key_checks)
        return mp_no_memory(err);
    for (size_t i = 0; i < c->key_count; i++) {
        size_t        first = i ? i - 1 : 0, count = i ? 2 : 1;
        mp_verifier   verifiers[2] = { c->keys[first].verifier, c->keys[i].verifier };
        bool          signed_by[2] = { false, false };
        mp_checkpoint head;
        mp_error      why = { 0 };
        mp_code       code = mp_checkpoint_open(&head, signed_by, c->keys[i].checkpoint, verifiers, count, &why);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code != MP_OK || !signed_by[0] || !signed_by[count - 1])
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the head that names key %zu is not signed as it should be",
                           i + 1);
        bool is_behind = i == 0 || c->keys[i].leaf >= c->key_checks[i - 1].size;
        if (head.size <= c->keys[i].leaf || head.size > c->head.size || !is_behind)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the head that names key %zu is not of its place in the log",
                           i + 1);
        c->key_checks[i].size = head.size;
        memcpy(c->key_checks[i].root, head.root, sizeof head.root);
    }
    return MP_OK;
}

static mp_str string_at(const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

/* Does this leaf name a key, and should it? */
static mp_code check_key_leaf(checking *c, uint64_t index, mp_str action, const mp_json *leaf, mp_error *err)
{
    bool   is_due = c->keys_named < c->key_count && c->keys[c->keys_named].leaf == index;
    bool   names = mp_str_eq(action, MP_S(MP_KEY_CREATE)) || mp_str_eq(action, MP_S(MP_KEY_ROTATE));
    mp_buf text = MP_BUF_INIT;
    if (!is_due)
        return names ? mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu names a key that is not kept",
                               (unsigned long long)index)
                     : MP_OK;
    mp_code code = mp_verifier_text(&text, &c->keys[c->keys_named].verifier, err);
    bool    is_same = code == MP_OK && names &&
                      mp_str_eq(mp_buf_str(&text), string_at(mp_json_get(leaf, MP_S("detail")), MP_S("key")));
    mp_buf_free(&text);
    MP_TRY(code);
    if (!is_same)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu does not name the key that is kept",
                       (unsigned long long)index);
    c->keys_named++;
    return MP_OK;
}

/* The tree has the size of the head that named a key. */
static mp_code check_key_root(checking *c, mp_error *err)
{
    uint8_t root[MP_MERKLE_HASH];
    if (c->keys_reached == c->key_count || c->edge->tree.size != c->key_checks[c->keys_reached].size)
        return MP_OK;
    MP_TRY(mp_merkle_root(root, &c->edge->tree, c->hasher, err));
    if (memcmp(root, c->key_checks[c->keys_reached].root, sizeof root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the leaves do not give the root that was signed with key %zu",
                       c->keys_reached + 1);
    c->keys_reached++;
    return MP_OK;
}

/* ---- one tile of leaves ---- */

static mp_code read_leaves(checking *c, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    unsigned n = 0;
    MP_TRY(mp_sql_ask(&rows, c->tx, "SELECT idx, at, entry FROM ledger_leaf WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
                      MP_VALUES(mp_int((int64_t)c->first), mp_int((int64_t)(c->first + c->width))), err));
    mp_code code = mp_rows_next(&more, rows, err);
    for (; code == MP_OK && more && n < c->width && mp_rows_int(rows, 0) == (int64_t)(c->first + n); n++) {
        c->times[n] = mp_rows_int(rows, 1);
        c->texts[n] = mp_rows_is_null(rows, 2) ? mp_str_of(NULL, 0) : mp_arena_dup(&c->arena, mp_rows_bytes(rows, 2));
        if (!mp_rows_is_null(rows, 2) && !c->texts[n].ptr)
            code = mp_no_memory(err);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    MP_TRY(code);
    return n < c->width
               ? mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there", (unsigned long long)(c->first + n))
               : MP_OK;
}

static mp_code read_openings(checking *c, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    memset(c->openings, 0, sizeof c->openings);
    MP_TRY(mp_sql_ask(&rows, c->tx, "SELECT idx, openings FROM ledger_sealed WHERE idx >= ?1 AND idx < ?2",
                      MP_VALUES(mp_int((int64_t)c->first), mp_int((int64_t)(c->first + c->width))), err));
    mp_code code = mp_rows_next(&more, rows, err);
    while (code == MP_OK && more) {
        mp_str *into = &c->openings[(uint64_t)mp_rows_int(rows, 0) - c->first];
        *into = mp_arena_dup(&c->arena, mp_rows_bytes(rows, 1));
        code = into->ptr ? mp_rows_next(&more, rows, err) : mp_no_memory(err);
    }
    mp_rows_close(rows);
    return code;
}

/* *kept: the openings, NULL when there are none. */
static mp_code check_openings(const mp_json **kept, checking *c, uint64_t index, const mp_json *leaf, mp_str text,
                              mp_error *err)
{
    const mp_json *openings;
    mp_error       why = { 0 };
    *kept = NULL;
    if (!text.len)
        return MP_OK;
    mp_code code = mp_json_read(c->sealed_doc, &openings, text, NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK || !mp_json_is(openings, MP_JSON_OBJECT))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu has sealed values that are no JSON",
                       (unsigned long long)index);
    for (MP_JSON_MEMBERS(key, openings)) {
        const mp_json *value = mp_json_get(key + 1, MP_S("value"));
        mp_str         commitment = mp_commitment_of(leaf, mp_json_str(key));
        if (!value || !commitment.len)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu has a sealed value that it does not commit to",
                           (unsigned long long)index);
        code = mp_commitment_check(commitment, string_at(key + 1, MP_S("salt")), value, c->hasher, &why);
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code != MP_OK)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE,
                           "leaf %llu has a sealed value that is not the one it commits to", (unsigned long long)index);
        c->report->sealed++;
    }
    *kept = openings;
    return MP_OK;
}

static mp_code add_words(checking *c, uint64_t index, const mp_leaf_words *words, mp_error *err)
{
    mp_terms terms;
    mp_terms_of(&terms, words);
    MP_TRY(mp_postings_reserve(&c->postings, c->postings.count + terms.count, err));
    for (unsigned i = 0; i < terms.count; i++)
        c->postings.at[c->postings.count++] = mp_posting(terms.hashes[i], index);
    return MP_OK;
}

static mp_code check_time(checking *c, uint64_t index, mp_ticks at, mp_str shown, mp_error *err)
{
    char printed[MP_CLOCK_TEXT];
    mp_clock_format(printed, at);
    if (shown.ptr && !mp_str_eq(shown, mp_str_from(printed)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu does not have the time that is kept for it",
                       (unsigned long long)index);
    if (at < c->last_at)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is older than the leaf before",
                       (unsigned long long)index);
    c->last_at = at;
    return MP_OK;
}

static mp_code check_text(checking *c, unsigned n, mp_error *err)
{
    const mp_json *leaf, *openings;
    uint64_t       index = c->first + n;
    mp_error       why = { 0 };
    mp_code        code = mp_json_read(c->doc, &leaf, c->texts[n], NULL, NULL, &why);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code != MP_OK)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is no JSON", (unsigned long long)index);
    mp_leaf_words words = mp_leaf_words_of(leaf);
    MP_TRY(check_time(c, index, c->times[n], string_at(leaf, MP_S("at")), err));
    MP_TRY(check_key_leaf(c, index, words.action, leaf, err));
    if (mp_str_eq(words.action, MP_S(MP_PRUNE_ACTION))) {
        const mp_json *before = mp_json_get(mp_json_get(leaf, MP_S("detail")), MP_S("textsBefore"));
        if (mp_json_is(before, MP_JSON_INT) && (uint64_t)before->u.integer > c->promised)
            c->promised = (uint64_t)before->u.integer;
    }
    MP_TRY(check_openings(&openings, c, index, leaf, c->openings[n], err));
    MP_TRY(mp_record_audit_leaf(c->audit, index, c->times[n], leaf, openings, err));
    return add_words(c, index, &words, err);
}

static mp_code check_leaf(uint8_t hash[MP_MERKLE_HASH], checking *c, unsigned n, mp_error *err)
{
    uint64_t index = c->first + n;
    if (!c->texts[n].ptr) {
        if (!c->has_stored)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu has no text", (unsigned long long)index);
        MP_TRY(check_time(c, index, c->times[n], mp_str_of(NULL, 0), err));
        MP_TRY(mp_record_audit_leaf(c->audit, index, c->times[n], NULL, NULL, err));
        memcpy(hash, c->stored[n], MP_MERKLE_HASH);
        c->pruned_to = index + 1;
        c->block_is_whole = false;
        c->report->pruned++;
        return MP_OK;
    }
    MP_TRY(mp_merkle_leaf(hash, c->hasher, c->texts[n], err));
    if (c->has_stored && memcmp(hash, c->stored[n], MP_MERKLE_HASH))
        return mp_ledger_wrong_leaf(index, err);
    c->report->checked++;
    return check_text(c, n, err);
}

/* A tile that the leaves filled is the one that is stored. */
static mp_code check_tile(void *ctx, unsigned level, uint64_t n, const mp_tile *tile, mp_error *err)
{
    checking *c = ctx;
    mp_tile   stored;
    if (level == 0)
        return MP_OK; /* was compared leaf by leaf */
    MP_TRY(mp_tile_read(&stored, c->tx, level, n, err));
    if (memcmp(stored, *tile, sizeof stored))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "tile %llu of level %u is not what the leaves give",
                       (unsigned long long)n, level);
    return MP_OK;
}

static mp_code check_leaves(checking *c, mp_error *err)
{
    uint8_t hash[MP_MERKLE_HASH];
    mp_arena_reset(&c->arena);
    c->has_stored = c->width == MP_TILE_WIDTH;
    MP_TRY(read_leaves(c, err));
    MP_TRY(read_openings(c, err));
    if (c->has_stored)
        MP_TRY(mp_tile_read(&c->stored, c->tx, 0, c->first / MP_TILE_WIDTH, err));
    for (unsigned n = 0; n < c->width; n++) {
        MP_TRY(check_leaf(hash, c, n, err));
        MP_TRY(mp_edge_append(c->edge, c->hasher, hash, check_tile, c, err));
        MP_TRY(check_key_root(c, err));
    }
    return MP_OK;
}

/* ---- the index of search ---- */

static mp_code wrong_block(uint64_t block, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "block %llu of the search index is not what the leaves give",
                   (unsigned long long)block);
}

static bool is_row(const uint64_t *postings, size_t count, mp_str row)
{
    uint8_t bytes[MP_POSTING_BYTES];
    bool    is_same = row.len == count * MP_POSTING_BYTES;
    for (size_t i = 0; is_same && i < count; i++) {
        mp_posting_put(bytes, postings[i]);
        is_same = memcmp(bytes, row.ptr + i * MP_POSTING_BYTES, sizeof bytes) == 0;
    }
    return is_same;
}

static mp_code compare_block(checking *c, uint64_t block, mp_rows *rows, mp_error *err)
{
    bool   more = false;
    size_t at = 0;
    MP_TRY(mp_rows_next(&more, rows, err));
    while (more) {
        unsigned part = (unsigned)mp_rows_int(rows, 0);
        size_t   begin = mp_postings_part(c->postings.at, c->postings.count, part);
        size_t   end = mp_postings_part(c->postings.at, c->postings.count, part + 1);
        if (begin != at || !is_row(c->postings.at + begin, end - begin, mp_rows_bytes(rows, 1)))
            return wrong_block(block, err);
        at = end;
        c->block_rows++;
        MP_TRY(mp_rows_next(&more, rows, err));
    }
    return at == c->postings.count ? MP_OK : wrong_block(block, err);
}

static mp_code check_block(checking *c, mp_error *err)
{
    uint64_t block = c->first / MP_TERM_BLOCK;
    mp_rows *rows;
    mp_code  code = MP_OK;
    if ((c->first + c->width) % MP_TERM_BLOCK)
        return MP_OK;
    if (c->block_is_whole) {
        mp_postings_sort(c->postings.at, c->postings.count);
        /* The key begins with the part: one look for each. */
        MP_TRY(mp_sql_ask(&rows, c->tx,
                          "WITH RECURSIVE parts(p) AS (SELECT 0 UNION ALL SELECT p + 1 FROM parts WHERE p < 255) "
                          "SELECT part, postings FROM parts JOIN ledger_term ON part = p AND block = ?1 ORDER BY p",
                          MP_VALUES(mp_int((int64_t)block)), err));
        code = compare_block(c, block, rows, err);
        mp_rows_close(rows);
    }
    c->postings.count = 0;
    c->block_is_whole = true;
    return code;
}

/* ---- the whole ---- */

static mp_code check_counts(checking *c, mp_error *err)
{
    uint64_t tiles = 0;
    int64_t  found = 0;
    for (unsigned level = 0; level < MP_TILE_LEVELS; level++)
        tiles += mp_tiles_full(c->head.size, level);
    MP_TRY(mp_sql_int(&found, c->tx, "SELECT COUNT(*) FROM ledger_leaf", NULL, 0, err));
    if ((uint64_t)found != c->head.size)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the log keeps %lld leaves; the head says %llu", (long long)found,
                       (unsigned long long)c->head.size);
    MP_TRY(mp_sql_int(&found, c->tx, "SELECT COUNT(*) FROM ledger_tile", NULL, 0, err));
    if ((uint64_t)found != tiles)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the log keeps %lld tiles; wanted %llu", (long long)found,
                       (unsigned long long)tiles);
    MP_TRY(mp_sql_int(&found, c->tx, "SELECT COUNT(*) FROM ledger_sealed WHERE idx < 0 OR idx >= ?1",
                      MP_VALUES(mp_int((int64_t)c->head.size)), err));
    if (found)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%lld sealed values are of no leaf", (long long)found);
    MP_TRY(mp_sql_int(&found, c->tx, "SELECT COUNT(*) FROM ledger_term", NULL, 0, err));
    if (!c->report->pruned && (uint64_t)found != c->block_rows)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the search index has %lld rows; wanted %llu", (long long)found,
                       (unsigned long long)c->block_rows);
    return MP_OK;
}

static mp_code check_end(checking *c, mp_error *err)
{
    uint8_t root[MP_MERKLE_HASH];
    MP_TRY(mp_merkle_root(root, &c->edge->tree, c->hasher, err));
    if (memcmp(root, c->head.root, sizeof root))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the leaves do not give the root that was signed for %llu leaves",
                       (unsigned long long)c->head.size);
    if (c->keys_named < c->key_count || c->keys_reached < c->key_count)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "no leaf names key %zu of the log", c->keys_named + 1);
    if (c->pruned_to > c->promised)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu has no text, and no leaf says that retention removed it",
                       (unsigned long long)(c->pruned_to - 1));
    return check_counts(c, err);
}

static mp_code check_all(checking *c, mp_error *err)
{
    mp_str note;
    MP_TRY(mp_ledger_keys_read(&c->keys, &c->key_count, c->tx, &c->keys_arena, err));
    mp_code code = mp_ledger_head_read(&c->head, &note, c->tx, c->keys, c->key_count, &c->keys_arena, err);
    if (code == MP_MISSING)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the log has no head");
    MP_TRY(code);
    MP_TRY(check_key_heads(c, err));
    c->block_is_whole = true;
    for (c->first = 0; c->first < c->head.size; c->first += c->width) {
        uint64_t left = c->head.size - c->first;
        c->width = left < MP_TILE_WIDTH ? (unsigned)left : MP_TILE_WIDTH;
        MP_TRY(check_leaves(c, err));
        MP_TRY(check_block(c, err));
        if (c->progress)
            c->progress(c->progress_ctx, c->first + c->width);
    }
    c->report->size = c->head.size;
    c->report->keys = c->key_count;
    MP_TRY(check_end(c, err));
    return mp_record_audit_end(&c->report->records, c->audit, c->tx, err);
}

static mp_code verify(mp_tx *tx, void *arg, mp_error *err)
{
    checking *c = arg;
    c->tx = tx;
    MP_TRY(mp_json_doc_new(&c->doc, err));
    MP_TRY(mp_json_doc_new(&c->sealed_doc, err));
    MP_TRY(mp_merkle_hasher_new(&c->hasher, err));
    MP_TRY(mp_record_audit_new(&c->audit, c->ledger->store, err));
    return check_all(c, err);
}

mp_code mp_ledger_verify(mp_ledger_report *out, mp_ledger *l, void (*progress)(void *ctx, uint64_t leaves), void *ctx,
                         mp_error *err)
{
    mp_ledger_report report = { .size = 0 };
    checking        *c = calloc(1, sizeof *c);
    mp_edge         *edge = calloc(1, sizeof *edge);
    mp_code          code = c && edge ? MP_OK : mp_no_memory(err);
    if (code == MP_OK) {
        *c = (checking){ .ledger = l, .report = &report, .progress = progress, .progress_ctx = ctx, .edge = edge };
        code = mp_store_read(l->store, verify, c, err);
        mp_merkle_hasher_free(c->hasher);
        mp_record_audit_free(c->audit);
        mp_json_doc_free(c->doc);
        mp_json_doc_free(c->sealed_doc);
        mp_arena_free(&c->keys_arena);
        mp_arena_free(&c->arena);
        free(c->postings.at);
    }
    free(c);
    free(edge);
    MP_TRY(code);
    MP_TRY(mp_stamp_check_all(&report.stamps, l->store, err));
    *out = report;
    return MP_OK;
}
