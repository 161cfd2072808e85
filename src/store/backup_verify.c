/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "backup_format.h"
#include "secret.h"

#define BLOCK ((size_t)64 << 10)

typedef struct verifier {
    mp_archive  *archive;
    mp_arena    *arena;
    mp_manifest  found; /* its members: what stands in the archive */
    mp_str       manifest, seal;
    uint8_t      manifest_digest[32];
    char         block[BLOCK];
} verifier;

/* All bytes of the member in hand; kept when `*text` is wanted. */
static mp_code read_member(mp_str *text, mp_member *member, verifier *v, mp_error *err)
{
    size_t got = 0;
    char  *kept = NULL;
    if (text && member->bytes > MP_MANIFEST_MOST)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup's manifest is too long");
    if (text && !(kept = mp_arena_alloc(v->arena, (size_t)member->bytes + 1)))
        return mp_no_memory(err);
    uint64_t done = 0;
    do {
        MP_TRY(mp_archive_read_bytes(&got, v->block, sizeof v->block, v->archive, err));
        if (got > member->bytes - done)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup is damaged or cut off");
        if (kept)
            memcpy(kept + done, v->block, got);
        done += got;
    } while (got);
    if (done != member->bytes)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup is damaged or cut off");
    if (text)
        *text = mp_str_of(kept, (size_t)done);
    return mp_archive_member_digest(member->digest, v->archive, err);
}

static mp_code read_all(verifier *v, mp_error *err)
{
    bool more = true;
    for (;;) {
        mp_member member = { .bytes = 0 };
        mp_str    name;
        MP_TRY(mp_archive_next(&more, &name, &member.bytes, v->archive, err));
        if (!more)
            return MP_OK;
        if (v->seal.ptr)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "something stands behind the end of the backup");
        member.name = mp_arena_dup(v->arena, name);
        if (!member.name.ptr)
            return mp_no_memory(err);
        bool is_manifest = mp_str_eq(member.name, MP_S(MP_BACKUP_MANIFEST));
        bool is_seal = v->manifest.ptr && mp_str_eq(member.name, MP_S(MP_BACKUP_SEAL));
        MP_TRY(read_member(is_manifest ? &v->manifest : is_seal ? &v->seal : NULL, &member, v, err));
        if (is_manifest)
            memcpy(v->manifest_digest, member.digest, sizeof member.digest);
        else if (!is_seal)
            MP_TRY(mp_manifest_add(&v->found, &member, v->arena, err));
    }
}

static mp_code compare(const mp_manifest *says, const mp_manifest *found, mp_error *err)
{
    if (says->member_count != found->member_count)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup has %zu files, its manifest names %zu",
                       found->member_count, says->member_count);
    for (size_t i = 0; i < says->member_count; i++) {
        const mp_member *a = &says->members[i], *b = &found->members[i];
        if (!mp_str_eq(a->name, b->name) || a->bytes != b->bytes || memcmp(a->digest, b->digest, sizeof a->digest) != 0)
            return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "%.*s in the backup is not what the manifest says",
                           MP_FMT(b->name));
    }
    return MP_OK;
}

static mp_code check(mp_manifest *manifest, verifier *v, mp_error *err)
{
    uint8_t seal[32];
    if (!v->manifest.ptr && v->found.member_count == 0)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the file is no backup of Mapae");
    if (!v->seal.ptr)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup is damaged or cut off");
    if (!mp_unhex(seal, sizeof seal, v->seal) || memcmp(seal, v->manifest_digest, sizeof seal) != 0)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup's manifest is not what its digest says");
    MP_TRY(mp_manifest_read(manifest, v->manifest, v->arena, err));
    return compare(manifest, &v->found, err);
}

static void fill_report(mp_backup_report *out, const mp_manifest *m)
{
    out->taken_at = m->taken_at;
    out->tables = m->table_count;
    for (size_t i = 0; i < m->table_count; i++)
        out->rows += m->tables[i].rows;
    for (size_t i = 0; i < m->member_count; i++)
        out->files += mp_str_starts(m->members[i].name, MP_S(MP_BACKUP_FILES));
}

mp_code mp_backup_read_manifest(mp_manifest *manifest, mp_backup_report *out, const char *path, mp_arena *arena,
                                mp_error *err)
{
    verifier        *v = calloc(1, sizeof *v);
    mp_backup_report report = { .rows = 0 };
    if (!v)
        return mp_no_memory(err);
    v->arena = arena;
    mp_code code = mp_archive_read(&v->archive, path, err);
    if (code == MP_OK)
        code = read_all(v, err);
    if (code == MP_OK)
        code = mp_archive_end(&report.bytes, report.digest, v->archive, err);
    if (code == MP_OK)
        code = check(manifest, v, err);
    mp_archive_free(v->archive);
    free(v);
    MP_TRY(code);
    fill_report(&report, manifest);
    *out = report;
    return MP_OK;
}

mp_code mp_backup_verify(mp_backup_report *out, const char *path, mp_error *err)
{
    mp_arena    arena = MP_ARENA_INIT;
    mp_manifest manifest;
    mp_code     code = mp_backup_read_manifest(&manifest, out, path, &arena, err);
    mp_arena_free(&arena);
    return code;
}
