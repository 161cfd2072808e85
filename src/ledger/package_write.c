/* SPDX-License-Identifier: Apache-2.0 */
#include "package_write.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <zstd.h>

#include "canonical.h"
#include "durable.h"
#include "evidence_file.h"
#include "jsonw.h"
#include "package_tar.h"
#include "secret.h"

#define LEVEL 3
#define STEP ((size_t)64 << 10)

/* ---- what goes in ---- */

static mp_code add(mp_package_content *c, const mp_package_member *member, mp_error *err)
{
    if (c->count == c->cap) {
        size_t             cap = c->cap ? 2 * c->cap : 64;
        mp_package_member *members = realloc(c->members, cap * sizeof *members);
        if (!members)
            return mp_no_memory(err);
        c->members = members;
        c->cap = cap;
    }
    c->kept += member->bytes.len;
    if (c->kept > MP_PACKAGE_KEPT_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the members of the package have over %zu bytes, without evidence",
                       MP_PACKAGE_KEPT_MAX);
    c->members[c->count++] = *member;
    return member->name.ptr && member->sha256.ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_package_add(mp_package_content *c, mp_part part, uint64_t number, mp_str bytes, mp_error *err)
{
    uint8_t digest[32];
    char    hex[65];
    MP_TRY(mp_sha256(digest, bytes, err));
    mp_hex(hex, digest, sizeof digest);
    const mp_package_member member = { .part = part,
                                       .number = number,
                                       .name = mp_package_name(c->arena, part, number, MP_S("")),
                                       .sha256 = mp_arena_dup(c->arena, mp_str_of(hex, 64)),
                                       .size = bytes.len,
                                       .bytes = bytes };
    return add(c, &member, err);
}

mp_code mp_package_add_evidence(mp_package_content *c, mp_str hex, uint64_t size, mp_error *err)
{
    const mp_package_member member = { .part = MP_PART_EVIDENCE,
                                       .name = mp_package_name(c->arena, MP_PART_EVIDENCE, 0, hex),
                                       .sha256 = mp_arena_dup(c->arena, hex),
                                       .size = size };
    return add(c, &member, err);
}

mp_code mp_package_add_json(mp_package_content *c, mp_part part, uint64_t number, const mp_json *value, mp_error *err)
{
    mp_buf  text = MP_BUF_INIT;
    mp_str  bytes = { NULL, 0 };
    mp_code code = value ? mp_canonical(&text, value, err) : mp_no_memory(err);
    if (code == MP_OK) {
        bytes = mp_arena_dup(c->arena, mp_buf_str(&text));
        code = bytes.ptr ? mp_package_add(c, part, number, bytes, err) : mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}

void mp_package_content_done(mp_package_content *c)
{
    free(c->members);
    c->members = NULL;
}

static int by_name(const void *a, const void *b)
{
    const mp_package_member *x = a, *y = b;
    return mp_str_cmp(x->name, y->name);
}

/* In order, each name once: the same evidence may be wanted by two records, a checkpoint by two stamps. */
static void settle(mp_package_content *c)
{
    size_t kept = 0;
    qsort(c->members, c->count, sizeof *c->members, by_name);
    for (size_t i = 0; i < c->count; i++)
        if (kept == 0 || !mp_str_eq(c->members[i].name, c->members[kept - 1].name))
            c->members[kept++] = c->members[i];
    c->count = kept;
}

/* ---- the manifest ---- */

static const mp_json *make_manifest(const mp_package_content *c, const char *created, mp_str digest)
{
    mp_jsonw w;
    mp_jsonw_init(&w, c->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "created", mp_str_from(created));
    mp_jsonw_put_str(&w, "digest", digest);
    mp_jsonw_put_str(&w, "format", c->has_index ? MP_S(MP_PACKAGE_FORMAT_INDEXED) : MP_S(MP_PACKAGE_FORMAT));
    mp_jsonw_put_str(&w, "installation", c->installation);
    mp_jsonw_put_str(&w, "origin", c->origin);
    mp_jsonw_key(&w, MP_S("members"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < c->count; i++) {
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "name", c->members[i].name);
        mp_jsonw_put_str(&w, "sha256", c->members[i].sha256);
        mp_jsonw_put_int(&w, "size", (int64_t)c->members[i].size);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code manifest_text(mp_buf *out, const mp_package_content *c, mp_error *err)
{
    char created[MP_CLOCK_SHORT], digest[65];
    mp_clock_format_short(created, c->created);
    const mp_json *manifest = make_manifest(c, created, MP_S(""));
    if (!manifest)
        return mp_no_memory(err);
    MP_TRY(mp_package_manifest_digest(digest, manifest, c->arena, err));
    manifest = make_manifest(c, created, mp_str_of(digest, 64));
    return manifest ? mp_canonical(out, manifest, err) : mp_no_memory(err);
}

/* ---- the archive ---- */

struct output {
    mp_draft    file;
    ZSTD_CCtx  *zstd; /* NULL: as it is */
    EVP_MD_CTX *digest;
    uint64_t    bytes, seconds;
    char        step[STEP];
};

static mp_code write_raw(struct output *o, mp_str bytes, mp_error *err)
{
    if (!EVP_DigestUpdate(o->digest, bytes.ptr, bytes.len))
        return mp_no_memory(err);
    o->bytes += bytes.len;
    return mp_durable_write(o->file.fd, o->file.path, bytes, err);
}

static mp_code compress(struct output *o, mp_str bytes, ZSTD_EndDirective end, mp_error *err)
{
    ZSTD_inBuffer in = { bytes.ptr, bytes.len, 0 };
    size_t        left;
    do {
        ZSTD_outBuffer out = { o->step, sizeof o->step, 0 };
        left = ZSTD_compressStream2(o->zstd, &out, &in, end);
        if (ZSTD_isError(left))
            return mp_no_memory(err);
        MP_TRY(write_raw(o, mp_str_of(o->step, out.pos), err));
    } while (in.pos < in.size || (end == ZSTD_e_end && left));
    return MP_OK;
}

static mp_code put(void *ctx, mp_str bytes, mp_error *err)
{
    struct output *o = ctx;
    return o->zstd ? compress(o, bytes, ZSTD_e_continue, err) : write_raw(o, bytes, err);
}

static mp_code put_zeros(struct output *o, size_t count, mp_error *err)
{
    static const char zeros[2 * MP_TAR_BLOCK];
    return put(o, mp_str_of(zeros, count), err);
}

static mp_code put_header(struct output *o, mp_str name, uint64_t size, mp_error *err)
{
    uint8_t block[MP_TAR_BLOCK];
    mp_tar_header(block, name, size, o->seconds);
    return put(o, mp_str_of((const char *)block, sizeof block), err);
}

static mp_code put_member(struct output *o, const mp_package_member *m, const char *folder, mp_error *err)
{
    uint64_t size = m->size;
    MP_TRY(put_header(o, m->name, m->size, err));
    if (m->part != MP_PART_EVIDENCE)
        MP_TRY(put(o, m->bytes, err));
    else
        MP_TRY(mp_evidence_file_read(&size, folder, m->sha256, put, o, err));
    if (size != m->size)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s changed while it was put into the package", MP_FMT(m->name));
    return put_zeros(o, mp_tar_padding(m->size), err);
}

static mp_code put_all(struct output *o, const mp_package_content *c, mp_str manifest, const char *folder,
                       mp_error *err)
{
    MP_TRY(put_header(o, MP_S("manifest.json"), manifest.len, err));
    MP_TRY(put(o, manifest, err));
    MP_TRY(put_zeros(o, mp_tar_padding(manifest.len), err));
    for (size_t i = 0; i < c->count; i++)
        MP_TRY(put_member(o, &c->members[i], folder, err));
    MP_TRY(put_zeros(o, 2 * MP_TAR_BLOCK, err));
    return o->zstd ? compress(o, MP_S(""), ZSTD_e_end, err) : MP_OK;
}

static mp_code set_up(struct output *o, bool is_compressed, mp_error *err)
{
    o->digest = EVP_MD_CTX_new();
    if (!o->digest || !EVP_DigestInit_ex(o->digest, EVP_sha256(), NULL))
        return mp_no_memory(err);
    if (!is_compressed)
        return MP_OK;
    o->zstd = ZSTD_createCCtx();
    if (!o->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(o->zstd, ZSTD_c_checksumFlag, 1)))
        return mp_no_memory(err);
    return MP_OK;
}

static mp_code emit(struct output *o, const mp_package_content *c, mp_str manifest, const char *folder,
                    const char *path, mp_error *err)
{
    MP_TRY(set_up(o, mp_str_ends(mp_str_from(path), MP_S(".zst")), err));
    MP_TRY(mp_draft_open(&o->file, path, 0600, err));
    return mp_draft_end(&o->file, put_all(o, c, manifest, folder, err), err);
}

mp_code mp_package_emit(mp_package_written *out, mp_package_content *c, const char *folder, const char *path,
                        mp_error *err)
{
    mp_buf         manifest = MP_BUF_INIT;
    struct output *o = malloc(sizeof *o);
    if (!o)
        return mp_no_memory(err);
    memset(o, 0, offsetof(struct output, step));
    o->seconds = (uint64_t)mp_clock_to_unix(c->created);
    settle(c);
    mp_code code = manifest_text(&manifest, c, err);
    if (code == MP_OK)
        code = emit(o, c, mp_buf_str(&manifest), folder, path, err);
    if (code == MP_OK && !EVP_DigestFinal_ex(o->digest, out->digest, NULL))
        code = mp_no_memory(err);
    if (code == MP_OK)
        out->bytes = o->bytes;
    ZSTD_freeCCtx(o->zstd);
    EVP_MD_CTX_free(o->digest);
    mp_buf_free(&manifest);
    free(o);
    return code;
}
