/* SPDX-License-Identifier: Apache-2.0 */
#include "made_package.h"

#include <stdio.h>
#include <stdlib.h>

#include "checkpoint.h"
#include "evidence.h"
#include "evidence_file.h"
#include "leaf.h"
#include "secret.h"
#include "stamp.h"
#include "test.h"

#define CREATED INT64_C(639000000000000000) /* 2025-11-29T08:00:00Z */

static mp_signer        *signers[2];
static mp_merkle_hasher *hasher;
static mp_str            leaves[MADE_LEAVES];
static uint8_t           hashes[MADE_LEAVES][MP_MERKLE_HASH];
static mp_str            stamp;
static char              evidence[65];
static const mp_str      salt = MP_S_INIT("0123456789abcdef");
static const mp_str      user = MP_S_INIT("{\"displayName\":\"\xEC\x9D\xB4\xEB\xA7\x88\",\"level\":1.5}");
static mp_str            evidence_record;

static mp_str print_hash(made_package *made, mp_str value)
{
    uint8_t digest[32];
    char    hex[65];
    CHECK(mp_merkle_plain(digest, hasher, salt, value, NULL) == MP_OK);
    mp_hex(hex, digest, sizeof digest);
    return mp_arena_dup(&made->arena, mp_str_of(hex, 64));
}

#define LEAF(action, rest, ...)                                                                                      \
    mp_arena_printf(a,                                                                                               \
                    "{\"action\":\"" action "\",\"at\":\"2025-12-02T00:00:0%d.0000000Z\"," rest                      \
                    "\"v\":1,\"who\":{\"kind\":\"system\"}}",                                                        \
                    __VA_ARGS__)

#define CHANGES \
    "[{\"after\":\"%.*s\",\"key\":\"5f0c1f5e-0000-4000-8000-000000000002\",\"kind\":\"user\"}," \
    "{\"before\":\"%.*s\",\"key\":\"5f0c1f5e-0000-4000-8000-000000000003\",\"kind\":\"user\"}]"

static mp_str changes_of(made_package *made)
{
    mp_str hash = print_hash(made, user);
    return mp_arena_printf(&made->arena, CHANGES, MP_FMT(hash), MP_FMT(hash));
}

static void make_leaves(made_package *made)
{
    mp_arena *a = &made->arena;
    evidence_record = mp_arena_printf(a, "{\"mediaType\":\"text/plain\",\"sha256\":\"%s\",\"title\":\"Proof\"}", evidence);
    mp_str from = print_hash(made, MP_S("\"192.0.2.7\"")), record = print_hash(made, evidence_record),
           list = print_hash(made, changes_of(made));
    leaves[0] = LEAF("Mapae.Ledger/key/create", "\"detail\":{\"key\":\"%.*s\",\"number\":1},\"outcome\":\"done\",", 0,
                     MP_FMT(made->keys[0]));
    leaves[1] = LEAF("Mapae.Evidence/evidence/write",
                     "\"changes\":[{\"after\":\"%.*s\",\"key\":\"5f0c1f5e-0000-4000-8000-000000000001\",\"kind\":\"evidence\"}],"
                     "\"from\":\"sha256:%.*s\",\"outcome\":\"done\",\"status\":201,",
                     1, MP_FMT(record), MP_FMT(from));
    leaves[2] = LEAF("Mapae.Access/users/write", "\"outcome\":\"refused\",\"reason\":\"denied\",\"status\":403,", 2);
    leaves[3] = LEAF("Mapae.Ledger/key/rotate", "\"detail\":{\"key\":\"%.*s\",\"number\":2},\"outcome\":\"done\",", 3,
                     MP_FMT(made->keys[1]));
    leaves[4] = LEAF("Mapae.Access/users/write",
                     "\"changes\":{\"count\":2,\"digest\":\"sha256:%.*s\"},\"outcome\":\"done\",", 4, MP_FMT(list));
    leaves[5] = LEAF("Mapae.System/settings/read", "\"outcome\":\"done\",", 5);
    leaves[6] = LEAF("Mapae.System/settings/read", "\"outcome\":\"done\",", 6);
    for (size_t i = 0; i < MADE_LEAVES; i++)
        CHECK(mp_merkle_leaf(hashes[i], hasher, leaves[i], NULL) == MP_OK);
}

/* ---- the tree ---- */

static mp_code node(uint8_t out[MP_MERKLE_HASH], void *ctx, unsigned level, uint64_t index, mp_error *err)
{
    uint8_t left[MP_MERKLE_HASH], right[MP_MERKLE_HASH];
    if (level == 0) {
        memcpy(out, hashes[index], MP_MERKLE_HASH);
        return MP_OK;
    }
    MP_TRY(node(left, ctx, level - 1, 2 * index, err));
    MP_TRY(node(right, ctx, level - 1, 2 * index + 1, err));
    return mp_merkle_node(out, hasher, left, right, err);
}

static mp_merkle_source tree(void)
{
    return (mp_merkle_source){ .get = node, .hasher = hasher };
}

static mp_str head_of(made_package *made, uint64_t size, const mp_signer *const *by, size_t count)
{
    mp_buf           text = MP_BUF_INIT, note = MP_BUF_INIT;
    mp_merkle_source source = tree();
    mp_checkpoint    head = { .origin = MP_S("example.org/mapae"), .size = size };
    CHECK(mp_merkle_root_of(head.root, size, &source, NULL) == MP_OK);
    CHECK(mp_checkpoint_text(&text, &head, NULL) == MP_OK);
    CHECK(mp_note_sign(&note, mp_buf_str(&text), by, count, NULL) == MP_OK);
    mp_str out = mp_arena_dup(&made->arena, mp_buf_str(&note));
    mp_buf_free(&text);
    mp_buf_free(&note);
    return out;
}

/* ---- beginning and end ---- */

static void make_keys(made_package *made)
{
    for (size_t i = 0; i < 2; i++) {
        uint8_t seed[32];
        mp_buf  text = MP_BUF_INIT;
        memset(seed, (int)i + 1, sizeof seed);
        CHECK(mp_signer_from_seed(&signers[i], MP_S("example.org/mapae"), seed, NULL) == MP_OK);
        CHECK(mp_verifier_text(&text, mp_signer_verifier(signers[i]), NULL) == MP_OK);
        made->keys[i] = mp_arena_dup(&made->arena, mp_buf_str(&text));
        mp_buf_free(&text);
    }
}

static void make_stamp(made_package *made)
{
    mp_buf request = MP_BUF_INIT, answer = MP_BUF_INIT, ca = MP_BUF_INIT;
    CHECK(mp_stamp_request(&request, made->since, 7, NULL) == MP_OK);
    CHECK(mp_stamp_answer(&answer, made->folder, mp_buf_str(&request), NULL) == MP_OK);
    CHECK(mp_stamp_local_ca(&ca, made->folder, NULL) == MP_OK);
    stamp = mp_arena_dup(&made->arena, mp_buf_str(&answer));
    made->stamp_ca = mp_arena_dup(&made->arena, mp_buf_str(&ca));
    mp_buf_free(&request);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
}

void made_begin(made_package *made)
{
    mp_evidence_sink *sink;
    uint64_t          size;
    memset(made, 0, sizeof *made);
    snprintf(made->folder, sizeof made->folder, "/tmp/mapae-package-XXXXXX");
    CHECK(mkdtemp(made->folder) != NULL);
    CHECK(mp_merkle_hasher_new(&hasher, NULL) == MP_OK);
    make_keys(made);
    CHECK(mp_evidence_file_begin(&sink, made->folder, NULL) == MP_OK);
    CHECK(mp_evidence_write(sink, MP_S(MADE_EVIDENCE), NULL) == MP_OK);
    CHECK(mp_evidence_end(evidence, &size, sink, NULL) == MP_OK);
    make_leaves(made);
    made->since = head_of(made, 2, (const mp_signer *const[]){ signers[0] }, 1);
    made->head = head_of(made, MADE_LEAVES, (const mp_signer *const[]){ signers[1] }, 1);
    make_stamp(made);
}

void made_end(made_package *made)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", made->folder);
    CHECK(system(command) == 0);
    mp_signer_free(signers[0]);
    mp_signer_free(signers[1]);
    mp_merkle_hasher_free(hasher);
    mp_arena_free(&made->arena);
}

/* ---- a package ---- */

struct writing {
    made_package      *made;
    mp_package_content content;
    const made_change *changes;
    size_t             change_count;
};

static mp_str changed(struct writing *w, const made_change *c, mp_str bytes)
{
    if (!c->find.len)
        return c->bytes;
    size_t at = mp_str_find_str(bytes, c->find);
    CHECK(at != SIZE_MAX);
    mp_str rest = mp_str_skip(bytes, at + c->find.len);
    return mp_arena_printf(&w->made->arena, "%.*s%.*s%.*s", (int)at, bytes.ptr, MP_FMT(c->put), MP_FMT(rest));
}

static void add(struct writing *w, mp_part part, uint64_t number, mp_str bytes)
{
    for (size_t i = 0; i < w->change_count; i++) {
        const made_change *c = &w->changes[i];
        if (c->part != part || c->number != number)
            continue;
        if (c->is_left_out)
            return;
        bytes = changed(w, c, bytes);
    }
    CHECK(mp_package_add(&w->content, part, number, bytes, NULL) == MP_OK);
}

static mp_str proof_text(struct writing *w, const mp_proof *proof, const char *format, uint64_t a, uint64_t b)
{
    mp_buf list = MP_BUF_INIT;
    for (unsigned i = 0; i < proof->count; i++) {
        mp_str hash = mp_base64(&w->made->arena, mp_str_of((const char *)proof->hashes[i], MP_MERKLE_HASH));
        mp_buf_printf(&list, "%s\"%.*s\"", i ? "," : "", MP_FMT(hash));
    }
    mp_str hashes_text = mp_arena_dup(&w->made->arena, mp_buf_str(&list));
    mp_buf_free(&list);
    if (strcmp(format, "index") == 0)
        return mp_arena_printf(&w->made->arena, "{\"hashes\":[%.*s],\"index\":%d,\"size\":%d}", MP_FMT(hashes_text),
                               (int)a, (int)b);
    return mp_arena_printf(&w->made->arena, "{\"from\":%d,\"hashes\":[%.*s],\"to\":%d}", (int)a, MP_FMT(hashes_text),
                           (int)b);
}

static void add_leaf(struct writing *w, uint64_t index)
{
    mp_proof         proof;
    mp_merkle_source source = tree();
    CHECK(mp_merkle_prove_inclusion(&proof, index, MADE_LEAVES, &source, NULL) == MP_OK);
    add(w, MP_PART_LEAF, index, leaves[index]);
    add(w, MP_PART_PROOF, index, proof_text(w, &proof, "index", index, MADE_LEAVES));
}

static void add_older(struct writing *w, uint64_t size, mp_str note)
{
    mp_proof         proof;
    mp_merkle_source source = tree();
    CHECK(mp_merkle_prove_consistency(&proof, size, MADE_LEAVES, &source, NULL) == MP_OK);
    add(w, MP_PART_OLDER, size, note);
    add(w, MP_PART_CONSISTENCY, size, proof_text(w, &proof, "from", size, MADE_LEAVES));
}

static void add_record(struct writing *w, uint64_t number, const char *kind, int leaf, mp_str body)
{
    mp_arena *a = &w->made->arena;
    char      hex[33];
    mp_hex(hex, salt.ptr, salt.len);
    add(w, MP_PART_RECORD, number, body);
    add(w, MP_PART_RECORD_META, number,
        mp_arena_printf(a, "{\"key\":\"5f0c1f5e-0000-4000-8000-%012d\",\"kind\":\"%s\",\"leaf\":%d,\"salt\":\"%s\"}",
                        (int)number, kind, leaf, hex));
}

static void add_all(struct writing *w)
{
    mp_arena *a = &w->made->arena;
    mp_str    list = changes_of(w->made);
    char      hex[33];
    mp_hex(hex, salt.ptr, salt.len);
    add(w, MP_PART_README, 0, mp_package_readme);
    add(w, MP_PART_KEYS, 0, mp_arena_printf(a, "%.*s\n%.*s\n", MP_FMT(w->made->keys[1]), MP_FMT(w->made->keys[0])));
    add(w, MP_PART_CHECKPOINT, 0, w->made->head);
    add_leaf(w, 1);
    add_leaf(w, 3);
    add_leaf(w, 4);
    add_older(w, 2, w->made->since);
    add_older(w, 4, head_of(w->made, 4, (const mp_signer *const[]){ signers[0], signers[1] }, 2));
    add(w, MP_PART_OPENED, 1, mp_arena_printf(a, "{\"from\":{\"salt\":\"%s\",\"value\":\"192.0.2.7\"}}", hex));
    add(w, MP_PART_OPENED, 4, mp_arena_printf(a, "{\"changes\":{\"salt\":\"%s\",\"value\":%.*s}}", hex, MP_FMT(list)));
    add_record(w, 1, "evidence", 1, evidence_record);
    add_record(w, 2, "user", 4, user);
    add(w, MP_PART_STAMP, 1, stamp);
    add(w, MP_PART_STAMP_CA, 1, w->made->stamp_ca);
    CHECK(mp_package_add_evidence(&w->content, mp_str_from(evidence), sizeof MADE_EVIDENCE - 1, NULL) == MP_OK);
}

void made_write(made_package *made, const char *name, const made_change *changes, size_t count)
{
    struct writing     w = { .made = made, .changes = changes, .change_count = count };
    mp_package_written written;
    w.content.arena = &made->arena;
    w.content.origin = MP_S("example.org/mapae");
    w.content.installation = MP_S("5f0c1f5e-0000-4000-8000-000000000000");
    w.content.created = CREATED;
    snprintf(made->path, sizeof made->path, "%s/%s", made->folder, name);
    add_all(&w);
    CHECK(mp_package_emit(&written, &w.content, made->folder, made->path, NULL) == MP_OK);
    mp_package_content_done(&w.content);
}
