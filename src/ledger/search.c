/* SPDX-License-Identifier: Apache-2.0 */
/* Search goes from the newest leaf down, over blocks of words (terms.h): the block that is not full, in
 * memory, then windows of blocks of the store, each twice as wide as the one before. Within a window the
 * leaves that have every word of the query are looked at one by one. Times need no index: leaves are in their
 * order. */
#include "ledger_internal.h"

#define DEFAULT_LIMIT 100
#define MOST_LIMIT 1000
#define TERMS_MOST 5
#define FIRST_WINDOW 4   /* blocks */
#define LAST_WINDOW 256
#define LOOKS_MOST 20000 /* leaves that one call looks at */
#define BLOCKS_MOST 16384 /* blocks that one call looks at: 67 million leaves */

typedef struct wanted {
    mp_term_kind kind;
    mp_str       word;
    uint64_t     hash;
} wanted;

typedef struct search {
    const mp_ledger_query *query;
    mp_ledger             *ledger;
    mp_arena              *arena;
    mp_arena               scratch;
    mp_json_doc           *doc;
    wanted                 terms[TERMS_MOST];
    unsigned               term_count;
    uint64_t               size;       /* of the log when the search began */
    mp_leaf_set            tail[TERMS_MOST]; /* of the block that is not full */
    uint64_t               low, high;  /* what is left: low <= index < high */
    uint32_t               limit;
    unsigned               looks, blocks;
    mp_ledger_entry       *entries;
    size_t                 count;
} search;

/* ---- what is asked ---- */

static const mp_str outcomes[] = { MP_S_INIT("done"), MP_S_INIT("refused"), MP_S_INIT("failed") };

static bool is_prefix(mp_str action)
{
    return mp_str_ends(action, MP_S("*"));
}

/* The words that every answer has. "Mapae.Access/us*" is searched by "Mapae.Access". */
static void add_term(search *s, mp_term_kind kind, mp_str word)
{
    if (word.len)
        s->terms[s->term_count++] = (wanted){ kind, word, mp_term_hash(kind, word) };
}

static void add_terms(search *s)
{
    const mp_ledger_query *q = s->query;
    mp_str                 action = q->action;
    if (is_prefix(action)) {
        size_t slash = mp_str_rfind(mp_str_of(action.ptr, action.len - 1), '/');
        action.len = slash == SIZE_MAX ? 0 : slash;
    }
    add_term(s, MP_TERM_REQUEST, q->request);
    add_term(s, MP_TERM_ACTOR, q->actor);
    add_term(s, MP_TERM_ON, mp_term_path(q->on));
    add_term(s, MP_TERM_ACTION, mp_term_path(action));
    if (q->outcome > MP_OUTCOME_DONE)
        add_term(s, MP_TERM_OUTCOME, outcomes[q->outcome]);
}

static bool is_below(mp_str path, mp_str top)
{
    while (top.len && top.ptr[top.len - 1] == '/')
        top.len--;
    return mp_str_starts(path, top) && (path.len == top.len || path.ptr[top.len] == '/');
}

static bool matches(const mp_ledger_query *q, const mp_leaf_words *words)
{
    mp_str start = mp_str_of(q->action.ptr, q->action.len ? q->action.len - 1 : 0);
    return (!q->actor.len || mp_str_eq(q->actor, words->actor)) &&
           (!q->request.len || mp_str_eq(q->request, words->request)) && (!q->on.len || is_below(words->on, q->on)) &&
           (!q->action.len ||
            (is_prefix(q->action) ? mp_str_starts(words->action, start) : mp_str_eq(words->action, q->action))) &&
           (q->outcome < 0 || mp_str_eq(words->outcome, outcomes[q->outcome]));
}

/* ---- looking at leaves ---- */

/* A leaf that might be one; a text that cannot be read is none, and mp_ledger_verify's business. */
static mp_code look_at(search *s, uint64_t index, mp_str text, mp_error *err)
{
    const mp_json *leaf;
    mp_code        code = mp_json_read(s->doc, &leaf, text, NULL, NULL, err);
    if (code == MP_NOMEM)
        return code;
    if (code != MP_OK)
        return MP_OK;
    mp_leaf_words words = mp_leaf_words_of(leaf);
    if (!matches(s->query, &words))
        return MP_OK;
    mp_ledger_entry *entry = &s->entries[s->count];
    *entry = (mp_ledger_entry){ index, mp_arena_dup(s->arena, text) };
    if (!entry->text.ptr)
        return mp_no_memory(err);
    s->count++;
    return MP_OK;
}

static bool is_over(const search *s)
{
    return s->count == s->limit || s->looks >= LOOKS_MOST || s->blocks >= BLOCKS_MOST;
}

/* The leaves of low .. high, downwards, from the newest that is left. */
static mp_code look_at_all(search *s, mp_tx *tx, uint64_t low, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT idx, entry FROM ledger_leaf WHERE idx >= ?1 AND idx < ?2 ORDER BY idx DESC",
                      MP_VALUES(mp_int((int64_t)low), mp_int((int64_t)s->high)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    while (code == MP_OK && more && !is_over(s)) {
        s->high = (uint64_t)mp_rows_int(rows, 0);
        s->looks++;
        if (!mp_rows_is_null(rows, 1))
            code = look_at(s, s->high, mp_rows_bytes(rows, 1), err);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    if (code == MP_OK && !more)
        s->high = low;
    return code;
}

static mp_code look_at_one(search *s, mp_tx *tx, uint64_t index, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    MP_TRY(
        mp_sql_ask(&rows, tx, "SELECT entry FROM ledger_leaf WHERE idx = ?1", MP_VALUES(mp_int((int64_t)index)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more && !mp_rows_is_null(rows, 0))
        code = look_at(s, index, mp_rows_bytes(rows, 0), err);
    mp_rows_close(rows);
    s->looks++;
    return code;
}

/* Those of a block that have all words, downwards. */
static mp_code look_at_block(search *s, mp_tx *tx, uint64_t block, const mp_leaf_set *common, mp_error *err)
{
    for (unsigned word = MP_COUNT(common->bits); word-- > 0 && !is_over(s);) {
        uint64_t bits = common->bits[word];
        while (bits && !is_over(s)) {
            unsigned bit = 63 - (unsigned)__builtin_clzll(bits);
            uint64_t index = block * MP_TERM_BLOCK + word * 64 + bit;
            bits &= ~((uint64_t)1 << bit);
            if (index >= s->high || index < s->low)
                continue;
            MP_TRY(look_at_one(s, tx, index, err));
            s->high = index;
        }
    }
    return MP_OK;
}

/* ---- windows of blocks ---- */

/* Which leaves of the blocks first .. end have this word. */
static mp_code read_term(mp_leaf_set *sets, mp_tx *tx, const wanted *term, uint64_t first, uint64_t end, mp_error *err)
{
    mp_rows *rows;
    bool     more = false;
    MP_TRY(
        mp_sql_ask(&rows, tx, "SELECT block, postings FROM ledger_term WHERE part = ?1 AND block >= ?2 AND block < ?3",
                   MP_VALUES(mp_int((int64_t)(term->hash >> 28)), mp_int((int64_t)first), mp_int((int64_t)end)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    while (code == MP_OK && more) {
        uint64_t block = (uint64_t)mp_rows_int(rows, 0);
        if (!mp_leaf_set_read(&sets[block - first], term->hash, mp_rows_bytes(rows, 1)))
            code = mp_fail(err, MP_DAMAGED, MP_NOWHERE, "block %llu of the search index is damaged",
                           (unsigned long long)block);
        if (code == MP_OK)
            code = mp_rows_next(&more, rows, err);
    }
    mp_rows_close(rows);
    return code;
}

static mp_code search_window(search *s, mp_tx *tx, uint64_t first, uint64_t end, mp_error *err)
{
    size_t       count = (size_t)(end - first);
    mp_leaf_set *common = MP_ARENA_ARRAY(&s->scratch, mp_leaf_set, count),
                *sets = MP_ARENA_ARRAY(&s->scratch, mp_leaf_set, count);
    if (!common || !sets)
        return mp_no_memory(err);
    for (unsigned t = 0; t < s->term_count; t++) {
        mp_leaf_set *into = t ? sets : common;
        memset(into, 0, count * sizeof *into);
        MP_TRY(read_term(into, tx, &s->terms[t], first, end, err));
        for (size_t b = 0; t && b < count; b++)
            for (size_t i = 0; i < MP_COUNT(common->bits); i++)
                common[b].bits[i] &= sets[b].bits[i];
    }
    for (uint64_t block = end; block-- > first && !is_over(s); s->blocks++)
        MP_TRY(look_at_block(s, tx, block, &common[block - first], err));
    return MP_OK;
}

static mp_code search_tail(search *s, mp_tx *tx, mp_error *err)
{
    for (unsigned t = 1; t < s->term_count; t++)
        for (size_t i = 0; i < MP_COUNT(s->tail[0].bits); i++)
            s->tail[0].bits[i] &= s->tail[t].bits[i];
    return look_at_block(s, tx, s->size / MP_TERM_BLOCK, &s->tail[0], err);
}

static mp_code search_blocks(search *s, mp_tx *tx, mp_error *err)
{
    uint64_t tail = s->size / MP_TERM_BLOCK * MP_TERM_BLOCK, width = FIRST_WINDOW;
    if (s->high > tail) {
        MP_TRY(search_tail(s, tx, err));
        if (is_over(s))
            return MP_OK;
        s->high = s->low > tail ? s->low : tail;
    }
    while (s->high > s->low) {
        uint64_t end = (s->high - 1) / MP_TERM_BLOCK + 1, least = s->low / MP_TERM_BLOCK;
        uint64_t first = end - least > width ? end - width : least;
        MP_TRY(search_window(s, tx, first, end, err));
        mp_arena_reset(&s->scratch);
        if (is_over(s))
            return MP_OK;
        s->high = first * MP_TERM_BLOCK > s->low ? first * MP_TERM_BLOCK : s->low;
        width = width < LAST_WINDOW ? width * 2 : width;
    }
    return MP_OK;
}

/* ---- times ---- */

mp_code mp_ledger_index_at(uint64_t *out, mp_tx *tx, uint64_t size, mp_ticks at, mp_error *err)
{
    uint64_t low = 0, high = size;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        int64_t  found = 0;
        mp_code  code = mp_sql_int(&found, tx, "SELECT at FROM ledger_leaf WHERE idx = ?1",
                                   MP_VALUES(mp_int((int64_t)middle)), err);
        if (code == MP_MISSING)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "leaf %llu is not there", (unsigned long long)middle);
        MP_TRY(code);
        if (found < at)
            low = middle + 1;
        else
            high = middle;
    }
    *out = low;
    return MP_OK;
}

/* ---- the whole ---- */

static mp_code run(mp_tx *tx, void *arg, mp_error *err)
{
    search                *s = arg;
    const mp_ledger_query *q = s->query;
    s->count = 0;
    s->looks = s->blocks = 0;
    s->low = 0;
    s->high = q->before && q->before < s->size ? q->before : s->size;
    if (q->from)
        MP_TRY(mp_ledger_index_at(&s->low, tx, s->size, q->from, err));
    if (q->to) {
        uint64_t end;
        MP_TRY(mp_ledger_index_at(&end, tx, s->size, q->to, err));
        s->high = end < s->high ? end : s->high;
    }
    if (s->low >= s->high) {
        s->high = s->low;
        return MP_OK;
    }
    return s->term_count ? search_blocks(s, tx, err) : look_at_all(s, tx, s->low, err);
}

/* The words of the block that is not full yet, as of the size that is taken with them. */
static void look_at_tail(search *s)
{
    mp_ledger *l = s->ledger;
    pthread_mutex_lock(&l->lock);
    s->size = l->now->edge.tree.size;
    for (size_t i = 0; i < l->tail.count; i++)
        for (unsigned t = 0; t < s->term_count; t++)
            if (l->tail.at[i] >> MP_TERM_BITS == s->terms[t].hash)
                mp_leaf_set_add(&s->tail[t], l->tail.at[i] & (MP_TERM_BLOCK - 1));
    pthread_mutex_unlock(&l->lock);
}

mp_code mp_ledger_search(mp_ledger_entry **out, size_t *count, uint64_t *next, mp_ledger *l,
                         const mp_ledger_query *query, mp_arena *arena, mp_error *err)
{
    if (query->limit > MOST_LIMIT || query->outcome > MP_OUTCOME_FAILED)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a search gives at most %d leaves, of outcome -1 to %d", MOST_LIMIT,
                       MP_OUTCOME_FAILED);
    search *s = MP_ARENA_NEW(arena, search);
    if (!s)
        return mp_no_memory(err);
    s->query = query;
    s->ledger = l;
    s->arena = arena;
    s->limit = query->limit ? query->limit : DEFAULT_LIMIT;
    s->entries = MP_ARENA_ARRAY(arena, mp_ledger_entry, s->limit);
    if (!s->entries)
        return mp_no_memory(err);
    add_terms(s);
    look_at_tail(s);
    MP_TRY(mp_json_doc_new(&s->doc, err));
    mp_code code = mp_store_read(l->store, run, s, err);
    mp_json_doc_free(s->doc);
    mp_arena_free(&s->scratch);
    MP_TRY(code);
    *out = s->entries;
    *count = s->count;
    *next = s->high > s->low ? s->high : 0;
    return MP_OK;
}
