/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting what a package needs: the head first, everything else as of that head, so that writing may go on
 * meanwhile. */
#include "package.h"

#include <stdlib.h>

#include "evidence.h"
#include "evidence_file.h"
#include "jsonw.h"
#include "ledger_internal.h"
#include "map.h"
#include "package_index.h"
#include "package_write.h"
#include "secret.h"
#include "stamp.h"

struct making {
    mp_store                 *store;
    mp_ledger                *ledger;
    const mp_package_request *request;
    mp_package_written       *report;
    mp_arena                  arena;
    mp_package_content        content;
    mp_checkpoint             head;
    mp_str                    note; /* the head, signed */
    uint64_t                 *leaves;
    size_t                    leaf_count, leaf_cap;
    uint64_t                  last_record; /* number of the last member of records/ */
    mp_map                    recorded;    /* hashes of the versions that are in */
};

/* The bytes of `buf` as the arena's; the buffer is freed. */
static mp_code settle(mp_str *out, mp_buf *buf, mp_arena *arena, mp_error *err)
{
    mp_code code = mp_buf_check(buf, err);
    if (code == MP_OK) {
        *out = mp_arena_dup(arena, mp_buf_str(buf));
        code = out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(buf);
    return code;
}

static mp_code read_json(const mp_json **out, mp_str text, mp_arena *arena, mp_error *err)
{
    return mp_package_value(out, text, MP_S("a text of the log"), arena, err);
}

static mp_str text_of(const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

/* ---- the head ---- */

static mp_code read_note(mp_checkpoint *out, mp_str note, mp_error *err)
{
    mp_str text, signatures;
    MP_TRY(mp_note_split(&text, &signatures, note, err));
    return mp_checkpoint_parse(out, text, err);
}

/* When the last leaf below the head was written: the time that the package has, so that it does not depend on
 * when it is made. */
static mp_code read_created(struct making *m, mp_error *err)
{
    const mp_json *leaf;
    mp_str         text;
    MP_TRY(mp_ledger_leaf(&text, (uint8_t[MP_LEDGER_HASH]){ 0 }, NULL, m->ledger, m->head.size - 1, &m->arena, err));
    MP_TRY(read_json(&leaf, text, &m->arena, err));
    if (!mp_clock_parse(&m->content.created, text_of(leaf, MP_S("at"))))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the last leaf of the log has no time");
    return MP_OK;
}

static mp_code take_head(struct making *m, mp_error *err)
{
    mp_buf  note = MP_BUF_INIT;
    mp_code code = mp_ledger_checkpoint(&note, m->ledger, err);
    if (code != MP_OK) {
        mp_buf_free(&note);
        return code;
    }
    MP_TRY(settle(&m->note, &note, &m->arena, err));
    return read_note(&m->head, m->note, err);
}

/* The head is certain: with it goes what every package has. */
static mp_code add_head(struct making *m, mp_error *err)
{
    mp_buf  keys = MP_BUF_INIT;
    mp_str  text;
    mp_code code = mp_ledger_keys(&keys, m->ledger, err);
    if (code != MP_OK) {
        mp_buf_free(&keys);
        return code;
    }
    MP_TRY(settle(&text, &keys, &m->arena, err));
    MP_TRY(read_created(m, err));
    m->content.origin = m->head.origin;
    m->content.installation = mp_str_from(mp_store_installation(m->store));
    MP_TRY(mp_package_add(&m->content, MP_PART_README, 0, mp_package_readme, err));
    MP_TRY(mp_package_add(&m->content, MP_PART_KEYS, 0, text, err));
    return mp_package_add(&m->content, MP_PART_CHECKPOINT, 0, m->note, err);
}

/* ---- the head behind the last of what goes in ---- */

struct key_list {
    mp_ledger_key *keys;
    size_t         count;
    mp_arena      *arena;
};

static mp_code read_keys(mp_tx *tx, void *arg, mp_error *err)
{
    struct key_list *l = arg;
    return mp_ledger_keys_read(&l->keys, &l->count, tx, l->arena, err);
}

/* Which size, and the head of that size where it is kept: one that a new key was named by has two signatures, one that was
 * stamped is the text of the stamp. */
static mp_code last_size(uint64_t *out, mp_str *kept, struct making *m, mp_error *err)
{
    struct key_list l = { .arena = &m->arena };
    mp_stamp       *stamp;
    size_t          count = 0;
    *out = m->leaf_count ? m->leaves[m->leaf_count - 1] + 1 : 1;
    MP_TRY(mp_store_read(m->store, read_keys, &l, err));
    for (size_t i = 1; i < l.count; i++) {
        mp_checkpoint head;
        MP_TRY(read_note(&head, l.keys[i].checkpoint, err));
        if (head.size >= *out) {
            *out = head.size;
            *kept = l.keys[i].checkpoint;
        }
    }
    if (m->request->stamps)
        MP_TRY(mp_stamp_list(&stamp, &count, m->store, *out, 1, &m->arena, err));
    if (count) {
        *out = stamp->size;
        *kept = stamp->checkpoint;
    }
    return MP_OK;
}

static mp_code take_head_at_last(struct making *m, mp_error *err)
{
    mp_buf   note = MP_BUF_INIT;
    uint64_t size;
    mp_str   kept = { NULL, 0 };
    MP_TRY(last_size(&size, &kept, m, err));
    if (kept.len) {
        m->note = kept;
        return read_note(&m->head, m->note, err);
    }
    mp_code code = mp_ledger_checkpoint_at(&note, m->ledger, size, err);
    if (code != MP_OK) {
        mp_buf_free(&note);
        return code;
    }
    MP_TRY(settle(&m->note, &note, &m->arena, err));
    return read_note(&m->head, m->note, err);
}

/* ---- proofs ---- */

static const mp_json *proof_json(struct making *m, const mp_proof *proof, const char *a, uint64_t a_value,
                                 const char *b, uint64_t b_value)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &m->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, a, (int64_t)a_value);
    mp_jsonw_put_int(&w, b, (int64_t)b_value);
    mp_jsonw_key(&w, MP_S("hashes"));
    mp_jsonw_array(&w);
    for (unsigned i = 0; i < proof->count; i++)
        mp_jsonw_str(&w, mp_base64(&m->arena, mp_str_of((const char *)proof->hashes[i], MP_MERKLE_HASH)));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static bool has_older(const struct making *m, uint64_t size)
{
    for (size_t i = 0; i < m->content.count; i++)
        if (m->content.members[i].part == MP_PART_OLDER && m->content.members[i].number == size)
            return true;
    return false;
}

/* An older head, and that the present one grew out of it. */
static mp_code add_older(struct making *m, uint64_t size, mp_str note, mp_error *err)
{
    mp_proof proof;
    if (has_older(m, size))
        return MP_OK;
    MP_TRY(mp_ledger_consistency(&proof, m->ledger, size, m->head.size, err));
    MP_TRY(mp_package_add(&m->content, MP_PART_OLDER, size, note, err));
    return mp_package_add_json(&m->content, MP_PART_CONSISTENCY, size,
                               proof_json(m, &proof, "from", size, "to", m->head.size), err);
}

static mp_code add_since(struct making *m, mp_error *err)
{
    mp_checkpoint since;
    uint8_t       root[MP_LEDGER_HASH];
    mp_str        note = m->request->since;
    if (!note.len)
        return MP_OK;
    MP_TRY(read_note(&since, note, err));
    if (!mp_str_eq(since.origin, m->head.origin) || since.size > m->head.size)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the older checkpoint is of %.*s at size %llu, this log is %.*s at size %llu",
                       MP_FMT(since.origin), (unsigned long long)since.size, MP_FMT(m->head.origin),
                       (unsigned long long)m->head.size);
    MP_TRY(mp_ledger_root(root, m->ledger, since.size, err));
    if (memcmp(root, since.root, sizeof root) != 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the older checkpoint has another root than this log had at size %llu",
                       (unsigned long long)since.size);
    return since.size == m->head.size ? MP_OK : add_older(m, since.size, note, err);
}

/* ---- which leaves ---- */

static mp_code want_leaf(struct making *m, uint64_t index, mp_error *err)
{
    if (index >= m->head.size)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no leaf %llu: the log has %llu",
                       (unsigned long long)index, (unsigned long long)m->head.size);
    if (m->leaf_count == m->leaf_cap) {
        size_t    cap = m->leaf_cap ? 2 * m->leaf_cap : 64;
        uint64_t *leaves = realloc(m->leaves, cap * sizeof *leaves);
        if (!leaves)
            return mp_no_memory(err);
        m->leaves = leaves;
        m->leaf_cap = cap;
    }
    m->leaves[m->leaf_count++] = index;
    return MP_OK;
}

static int by_index(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sort_leaves(struct making *m)
{
    size_t kept = 0;
    if (m->leaf_count)
        qsort(m->leaves, m->leaf_count, sizeof *m->leaves, by_index);
    for (size_t i = 0; i < m->leaf_count; i++)
        if (kept == 0 || m->leaves[kept - 1] != m->leaves[i])
            m->leaves[kept++] = m->leaves[i];
    m->leaf_count = kept;
}

/* Who trusts the first key can follow it to the one that signed the head: by the leaves that name the next,
 * and the heads above them, which have the signatures of both. */
static mp_code add_rotations(struct making *m, mp_error *err)
{
    struct key_list l = { .arena = &m->arena };
    MP_TRY(mp_store_read(m->store, read_keys, &l, err));
    for (size_t i = 1; i < l.count; i++) {
        mp_checkpoint head;
        if (l.keys[i].leaf >= m->head.size)
            break;
        MP_TRY(read_note(&head, l.keys[i].checkpoint, err));
        MP_TRY(want_leaf(m, l.keys[i].leaf, err));
        if (head.size < m->head.size)
            MP_TRY(add_older(m, head.size, l.keys[i].checkpoint, err));
    }
    return MP_OK;
}

/* ---- records ---- */

/* A version of a record, as a leaf names it. */
struct version {
    mp_str      kind, key, hash; /* hash: hex */
    mp_str      shown_key;       /* what stands in the leaf for `key` */
    uint64_t    leaf;
    mp_arena   *arena;
    mp_preimage found; /* no text: it is not kept any more */
};

static mp_code read_version(mp_tx *tx, void *arg, mp_error *err)
{
    struct version *v = arg;
    uint8_t         hash[MP_RECORD_HASH];
    v->found = (mp_preimage){ .text = { NULL, 0 } };
    if (!mp_unhex(hash, sizeof hash, v->hash))
        return MP_OK;
    mp_code code = mp_record_preimage(&v->found, tx, v->kind, v->key, hash, v->arena, err);
    return code == MP_MISSING ? MP_OK : code;
}

static const mp_json *meta_json(struct making *m, const struct version *v)
{
    mp_jsonw w;
    char     salt[2 * MP_RECORD_SALT + 1];
    mp_hex(salt, v->found.salt, sizeof v->found.salt);
    mp_jsonw_init(&w, &m->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "kind", v->kind);
    mp_jsonw_put_str(&w, "key", v->shown_key);
    mp_jsonw_put_int(&w, "leaf", (int64_t)v->leaf);
    mp_jsonw_put_str(&w, "salt", mp_arena_dup(&m->arena, mp_str_from(salt)));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Unless it is in already, or not kept any more. */
static mp_code add_record(struct making *m, struct version *v, mp_error *err)
{
    MP_TRY(mp_store_read(m->store, read_version, v, err));
    if (!v->found.text.ptr || mp_map_get(&m->recorded, v->hash))
        return MP_OK;
    uint64_t number = ++m->last_record;
    MP_TRY(mp_map_put(&m->recorded, v->hash, m, err));
    m->report->records++;
    MP_TRY(mp_package_add(&m->content, MP_PART_RECORD, number, v->found.text, err));
    return mp_package_add_json(&m->content, MP_PART_RECORD_META, number, meta_json(m, v), err);
}

/* ---- evidence ---- */

/* The list of what a leaf changed, also if it is sealed; NULL: nothing that could be read. */
static mp_code read_changes(const mp_json **out, bool *is_sealed, struct making *m, const mp_json *leaf, uint64_t index,
                            mp_arena *arena, mp_error *err)
{
    const mp_json *openings;
    *out = mp_json_get(leaf, MP_S("changes"));
    *is_sealed = mp_json_is(*out, MP_JSON_OBJECT);
    if (!*is_sealed)
        return MP_OK;
    MP_TRY(mp_ledger_openings(&openings, m->ledger, index, arena, err));
    *out = mp_json_get(mp_json_get(openings, MP_S("changes")), MP_S("value"));
    return MP_OK;
}

/* A record of evidence, and the leaf that says that it got its hash. */
struct wanted {
    mp_record record;
    mp_str    hash; /* hex */
    uint64_t  leaf;
    bool      is_found;
};

static int by_since(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;
    if (x->record.since != y->record.since)
        return x->record.since < y->record.since ? -1 : 1;
    return mp_str_cmp(x->record.key, y->record.key);
}

static mp_code look_into(struct making *m, const mp_ledger_entry *entry, const mp_map *wanted, mp_arena *scratch,
                         mp_error *err)
{
    const mp_json *leaf, *changes;
    bool           is_sealed;
    if (mp_str_find_str(entry->text, MP_S("\"evidence\"")) == SIZE_MAX &&
        mp_str_find_str(entry->text, MP_S("\"changes\":{")) == SIZE_MAX)
        return MP_OK;
    MP_TRY(read_json(&leaf, entry->text, scratch, err));
    MP_TRY(read_changes(&changes, &is_sealed, m, leaf, entry->index, scratch, err));
    if (mp_json_is(changes, MP_JSON_ARRAY))
        for (MP_JSON_EACH(change, changes)) {
            struct wanted *w = mp_map_get(wanted, text_of(change, MP_S("after")));
            if (w) {
                w->leaf = entry->index;
                w->is_found = true;
            }
        }
    return MP_OK;
}

/* All leaves of a span of time, once. */
static mp_code look_through(struct making *m, mp_ticks from, mp_ticks to, const mp_map *wanted, mp_error *err)
{
    mp_ledger_query query = { .outcome = -1, .from = from, .to = to, .limit = 1000 };
    mp_arena        scratch = MP_ARENA_INIT;
    mp_code         code = MP_OK;
    do {
        mp_ledger_entry *entries;
        size_t           count = 0;
        uint64_t         next = 0;
        mp_arena_reset(&scratch);
        code = mp_ledger_search(&entries, &count, &next, m->ledger, &query, &scratch, err);
        for (size_t i = 0; i < count && code == MP_OK; i++)
            code = look_into(m, &entries[i], wanted, &scratch, err);
        query.before = next;
    } while (query.before && code == MP_OK);
    mp_arena_free(&scratch);
    return code;
}

/* A version begins at the time of its leaf. Records of nearly one time are looked for together, so that much evidence that
 * came at once costs one pass. */
static mp_code find_leaves(struct making *m, struct wanted *all, size_t count, mp_error *err)
{
    mp_map  wanted = MP_MAP_INIT;
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++)
        code = mp_map_put(&wanted, all[i].hash, &all[i], err);
    for (size_t first = 0, end; first < count && code == MP_OK; first = end) {
        for (end = first + 1; end < count && all[end].record.since <= all[end - 1].record.since + 2 * MP_TICKS_PER_SECOND;)
            end++;
        code = look_through(m, all[first].record.since, all[end - 1].record.since + MP_TICKS_PER_SECOND, &wanted, err);
    }
    mp_map_free(&wanted);
    MP_TRY(code);
    for (size_t i = 0; i < count; i++)
        if (!all[i].is_found)
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "no leaf says that evidence %.*s was recorded",
                           MP_FMT(all[i].record.key));
    return MP_OK;
}

struct evidence_read {
    struct making *m;
    struct wanted *all;
};

static mp_code read_evidence(mp_tx *tx, void *arg, mp_error *err)
{
    struct evidence_read *r = arg;
    struct making        *m = r->m;
    for (size_t i = 0; i < m->request->evidence_count; i++) {
        char hex[65];
        MP_TRY(mp_record_get(&r->all[i].record, tx, &mp_evidence_kind, m->request->evidence[i], 0, &m->arena, err));
        mp_hex(hex, r->all[i].record.hash, MP_RECORD_HASH);
        r->all[i].hash = mp_arena_dup(&m->arena, mp_str_of(hex, 64));
        if (!r->all[i].hash.ptr)
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code add_piece(struct making *m, const struct wanted *w, mp_error *err)
{
    struct version v = { .kind = MP_S("evidence"), .key = w->record.key, .shown_key = w->record.key, .hash = w->hash,
                         .leaf = w->leaf, .arena = &m->arena };
    uint64_t       size;
    mp_str         sha256 = text_of(w->record.body, MP_S("sha256"));
    MP_TRY(want_leaf(m, w->leaf, err));
    MP_TRY(mp_evidence_file_size(&size, mp_store_folder(m->store), sha256, err));
    MP_TRY(add_record(m, &v, err));
    if (!v.found.text.ptr && !mp_map_get(&m->recorded, w->hash))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "evidence %.*s was changed at this moment", MP_FMT(w->record.key));
    m->report->evidence++;
    return mp_package_add_evidence(&m->content, sha256, size, err);
}

static mp_code add_evidence(struct making *m, mp_error *err)
{
    size_t        count = m->request->evidence_count;
    struct wanted *all = MP_ARENA_ARRAY(&m->arena, struct wanted, count + 1);
    if (!all)
        return mp_no_memory(err);
    MP_TRY(mp_store_read(m->store, read_evidence, &(struct evidence_read){ m, all }, err));
    if (count)
        qsort(all, count, sizeof *all, by_since);
    MP_TRY(find_leaves(m, all, count, err));
    for (size_t i = 0; i < count; i++)
        MP_TRY(add_piece(m, &all[i], err));
    return MP_OK;
}

static bool is_wanted(const mp_str *names, size_t count, mp_str name)
{
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq(names[i], MP_S("*")) || mp_str_eq(names[i], name))
            return true;
    return false;
}

/* The key behind what stands in the leaf: itself, or what its commitment opens to. */
static mp_str key_of(struct making *m, const mp_json *openings, size_t index, mp_str shown)
{
    mp_str name = mp_arena_printf(&m->arena, "changes/%zu/key", index);
    mp_str opened = text_of(mp_json_get(openings, name), MP_S("value"));
    return opened.len && mp_str_starts(shown, MP_S("sha256:")) ? opened : shown;
}

/* *opens_changes: a record needs the list of changes, which is sealed. */
static mp_code add_records(bool *opens_changes, struct making *m, const mp_json *leaf, const mp_json *openings,
                           uint64_t index, mp_error *err)
{
    const mp_json *changes;
    bool           is_sealed;
    size_t         at = 0;
    *opens_changes = false;
    MP_TRY(read_changes(&changes, &is_sealed, m, leaf, index, &m->arena, err));
    if (!mp_json_is(changes, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(change, changes)) {
        struct version v = { .kind = text_of(change, MP_S("kind")), .shown_key = text_of(change, MP_S("key")),
                             .hash = text_of(change, MP_S("after")), .leaf = index, .arena = &m->arena };
        v.key = key_of(m, openings, at++, v.shown_key);
        if (!v.hash.len || !is_wanted(m->request->kinds, m->request->kind_count, v.kind))
            continue;
        MP_TRY(add_record(m, &v, err));
        *opens_changes = *opens_changes || (is_sealed && v.found.text.ptr);
    }
    return MP_OK;
}

/* ---- a leaf ---- */

static mp_code add_opened(struct making *m, const mp_json *openings, bool with_changes, uint64_t index, mp_error *err)
{
    mp_jsonw w;
    size_t   count = 0;
    mp_jsonw_init(&w, &m->arena);
    mp_jsonw_object(&w);
    if (openings)
        for (MP_JSON_MEMBERS(key, openings)) {
            mp_str name = mp_json_str(key);
            if (!is_wanted(m->request->opens, m->request->open_count, name) &&
                !(with_changes && mp_str_eq(name, MP_S("changes"))))
                continue;
            mp_jsonw_key(&w, name);
            mp_jsonw_value(&w, key + 1);
            count++;
        }
    mp_jsonw_end(&w);
    m->report->opened += count;
    return count ? mp_package_add_json(&m->content, MP_PART_OPENED, index, mp_jsonw_done(&w), err) : MP_OK;
}

static mp_code add_leaf(struct making *m, uint64_t index, mp_error *err)
{
    mp_str         text;
    uint8_t        hash[MP_LEDGER_HASH];
    const mp_json *leaf, *openings;
    mp_proof       proof;
    bool           opens_changes;
    MP_TRY(mp_ledger_leaf(&text, hash, NULL, m->ledger, index, &m->arena, err));
    if (!text.len)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "the text of leaf %llu was removed by retention",
                       (unsigned long long)index);
    MP_TRY(mp_ledger_inclusion(&proof, m->ledger, index, m->head.size, err));
    MP_TRY(mp_package_add(&m->content, MP_PART_LEAF, index, text, err));
    MP_TRY(mp_package_add_json(&m->content, MP_PART_PROOF, index,
                               proof_json(m, &proof, "index", index, "size", m->head.size), err));
    MP_TRY(mp_ledger_openings(&openings, m->ledger, index, &m->arena, err));
    MP_TRY(read_json(&leaf, text, &m->arena, err));
    MP_TRY(add_records(&opens_changes, m, leaf, openings, index, err));
    m->report->leaves++;
    return add_opened(m, openings, opens_changes, index, err);
}

/* ---- time stamps ---- */

static mp_code add_stamp(struct making *m, const mp_stamp *stamp, mp_error *err)
{
    uint64_t number = ++m->report->stamps;
    if (!mp_str_eq(stamp->checkpoint, m->note))
        MP_TRY(add_older(m, stamp->size, stamp->checkpoint, err));
    MP_TRY(mp_package_add(&m->content, MP_PART_STAMP, number, stamp->answer, err));
    return mp_package_add(&m->content, MP_PART_STAMP_CA, number, stamp->ca, err);
}

/* The oldest that covers a leaf covers every leaf up to its size, and is the oldest for those too. */
static mp_code add_stamps(struct making *m, mp_error *err)
{
    uint64_t covered = 0;
    for (size_t i = 0; m->request->stamps && i < m->leaf_count; i++) {
        mp_stamp *stamp;
        size_t    count;
        if (m->leaves[i] < covered)
            continue;
        MP_TRY(mp_stamp_list(&stamp, &count, m->store, m->leaves[i] + 1, 1, &m->arena, err));
        if (count == 0 || stamp->size > m->head.size)
            break;
        MP_TRY(add_stamp(m, stamp, err));
        covered = stamp->size;
    }
    return MP_OK;
}

/* ---- the index ---- */

struct index_read {
    mp_buf text;
};

static mp_code take_bytes(void *ctx, mp_str bytes, mp_error *err)
{
    struct index_read *r = ctx;
    mp_buf_add(&r->text, bytes);
    return mp_buf_check(&r->text, err);
}

/* One of the files, once more in front; and as a page. */
static mp_code add_index(struct making *m, mp_error *err)
{
    struct index_read r = { .text = { .limit = MP_PACKAGE_INDEX_MAX } };
    mp_buf            page = MP_BUF_INIT;
    mp_str            text, html;
    const mp_json    *index;
    if (!m->request->index.len)
        return MP_OK;
    mp_code code = mp_evidence_read(m->store, m->request->index, take_bytes, &r, err);
    if (code != MP_OK) {
        mp_buf_free(&r.text);
        return code;
    }
    MP_TRY(settle(&text, &r.text, &m->arena, err));
    MP_TRY(mp_package_json(&index, text, MP_S("index.json"), &m->arena, err));
    mp_package_index_page(&page, index);
    MP_TRY(settle(&html, &page, &m->arena, err));
    m->content.has_index = true;
    MP_TRY(mp_package_add(&m->content, MP_PART_INDEX, 0, text, err));
    return mp_package_add(&m->content, MP_PART_INDEX_PAGE, 0, html, err);
}

/* ---- all of it ---- */

static mp_code collect(struct making *m, mp_error *err)
{
    const mp_package_request *r = m->request;
    MP_TRY(take_head(m, err));
    if (r->leaf_count > MP_PACKAGE_LEAVES_MAX || r->evidence_count > MP_PACKAGE_LEAVES_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a package may have %d leaves at most", MP_PACKAGE_LEAVES_MAX);
    for (size_t i = 0; i < r->leaf_count; i++)
        MP_TRY(want_leaf(m, r->leaves[i], err));
    MP_TRY(add_evidence(m, err));
    sort_leaves(m);
    if (r->at_last)
        MP_TRY(take_head_at_last(m, err));
    MP_TRY(add_head(m, err));
    MP_TRY(add_index(m, err));
    MP_TRY(add_stamps(m, err));
    MP_TRY(add_rotations(m, err));
    sort_leaves(m);
    MP_TRY(add_since(m, err));
    for (size_t i = 0; i < m->leaf_count; i++)
        MP_TRY(add_leaf(m, m->leaves[i], err));
    return MP_OK;
}

mp_code mp_package_write(mp_package_written *out, mp_store *store, mp_ledger *ledger, const mp_package_request *request,
                         const char *path, mp_error *err)
{
    mp_package_written report = { .size = 0 };
    struct making      m = { .store = store, .ledger = ledger, .request = request, .report = &report };
    m.content.arena = &m.arena;
    mp_code code = collect(&m, err);
    if (code == MP_OK)
        code = mp_package_emit(&report, &m.content, mp_store_folder(store), path, err);
    report.size = m.head.size;
    mp_package_content_done(&m.content);
    mp_map_free(&m.recorded);
    free(m.leaves);
    mp_arena_free(&m.arena);
    if (code == MP_OK)
        *out = report;
    return code;
}
