/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the log: FOLDER/keys/ledger-N.pem, N from 1. A file is on disk before the leaf that names its key;
 * one that no leaf names (the commit did not come) is taken by the next attempt, and never written over. */
#include "ledger_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "durable.h"
#include "jsonw.h"
#include "secret.h"

#define PEM_MAX 4096 /* bytes; one of Ed25519 has 119 */

/* ---- files ---- */

static mp_code path_of(char out[PATH_MAX], const mp_ledger *l, const char *name, mp_error *err)
{
    int len = snprintf(out, PATH_MAX, "%s/keys%s", mp_store_folder(l->store), name);
    if (len < 0 || len >= PATH_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the path of the data folder is over %d bytes", PATH_MAX);
    return MP_OK;
}

static mp_code read_key(mp_signer **out, int fd, const char *path, mp_str name, mp_error *err)
{
    char    pem[PEM_MAX];
    size_t  len = 0;
    ssize_t n;
    while ((n = read(fd, pem + len, sizeof pem - len)) > 0)
        len += (size_t)n;
    mp_code code = n < 0 ? mp_fail(err, MP_IO, MP_NOWHERE, "cannot read %s: %s", path, strerror(errno))
                         : mp_signer_from_pem(out, name, mp_str_of(pem, len), err);
    mp_wipe(pem, sizeof pem);
    return code;
}

static mp_code make_key(mp_signer **out, const mp_ledger *l, const char *path, mp_str name, mp_error *err)
{
    char       folder[PATH_MAX];
    mp_signer *signer;
    mp_buf     pem = { .limit = PEM_MAX };
    MP_TRY(path_of(folder, l, "", err));
    MP_TRY(mp_durable_folder(folder, err));
    MP_TRY(mp_durable_sync_folder(mp_store_folder(l->store), err));
    MP_TRY(mp_signer_make(&signer, name, err));
    char   *at_once = mp_buf_reserve(&pem, PEM_MAX); /* so that no copy is left behind by growing */
    mp_code code = at_once ? mp_signer_pem(&pem, signer, err) : mp_no_memory(err);
    if (code == MP_OK)
        code = mp_durable_replace(path, mp_buf_str(&pem), 0600, err);
    mp_wipe(pem.ptr, pem.len);
    mp_buf_free(&pem);
    if (code != MP_OK) {
        mp_signer_free(signer);
        return code;
    }
    *out = signer;
    return MP_OK;
}

mp_code mp_signer_load(mp_signer **out, const mp_ledger *l, size_t number, mp_str name, bool makes, mp_error *err)
{
    char file[40], path[PATH_MAX];
    snprintf(file, sizeof file, "/ledger-%zu.pem", number);
    MP_TRY(path_of(path, l, file, err));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && makes)
        return make_key(out, l, path, name, err);
    if (fd < 0)
        return mp_fail(err, errno == ENOENT ? MP_MISSING : MP_IO, MP_NOWHERE, "cannot open the signing key %s: %s",
                       path, strerror(errno));
    mp_code code = read_key(out, fd, path, name, err);
    close(fd);
    return code;
}

/* ---- a leaf that names a key ---- */

struct introduction {
    mp_ledger       *ledger;
    mp_prepared      prepared;
    const mp_signer *signer;
};

static mp_code introduce(mp_tx *tx, void *arg, mp_error *err)
{
    struct introduction *in = arg;
    mp_ledger           *l = in->ledger;
    mp_signer           *signer;
    size_t               index = l->pending_count;
    MP_TRY(mp_signer_copy(&signer, in->signer, err));
    mp_code code = mp_ledger_adopt(l, tx, &in->prepared, err);
    if (code != MP_OK) {
        mp_signer_free(signer);
        return code;
    }
    l->rotation = (mp_rotation){ .signer = signer, .pending = index };
    return MP_OK;
}

/* {"key": ..., "number": ...} */
static mp_code detail_of(const mp_json **out, const mp_signer *signer, size_t number, mp_buf *text, mp_arena *arena,
                         mp_error *err)
{
    mp_jsonw w;
    MP_TRY(mp_verifier_text(text, mp_signer_verifier(signer), err));
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "key", mp_buf_str(text));
    mp_jsonw_put_int(&w, "number", (int64_t)number);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code name_key(mp_ledger *l, const mp_signer *signer, size_t number, const char *action, const mp_leaf *who,
                        mp_error *err)
{
    struct introduction in = { .ledger = l, .prepared = MP_PREPARED_INIT, .signer = signer };
    mp_leaf             leaf = *who;
    mp_arena            arena = MP_ARENA_INIT;
    mp_buf              key = MP_BUF_INIT;
    mp_merkle_hasher   *hasher;
    leaf.action = mp_str_from(action);
    leaf.outcome = MP_OUTCOME_DONE;
    MP_TRY(mp_merkle_hasher_new(&hasher, err));
    mp_code code = detail_of(&leaf.detail, signer, number, &key, &arena, err);
    if (code == MP_OK)
        code = mp_leaf_prepare(&in.prepared, &leaf, NULL, 0, hasher, err);
    if (code == MP_OK)
        code = mp_store_write(l->store, introduce, &in, err);
    mp_prepared_done(&in.prepared);
    mp_merkle_hasher_free(hasher);
    mp_buf_free(&key);
    mp_arena_free(&arena);
    return code;
}

mp_code mp_ledger_begin(mp_ledger *l, mp_str origin, mp_error *err)
{
    static const mp_leaf system = { .actor_kind = MP_S_INIT("system") };
    mp_signer           *signer;
    if (!mp_key_name_ok(origin))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"%.*s\" is no origin of a log; wanted 1 to %d bytes without blanks and '+'", MP_FMT(origin),
                       MP_KEY_NAME_MAX);
    MP_TRY(mp_signer_load(&signer, l, 1, origin, true, err));
    mp_code code = name_key(l, signer, 1, MP_KEY_CREATE, &system, err);
    mp_signer_free(signer);
    return code;
}

/* One at a time: the number of the next key is known until this is over. */
static mp_code rotate(mp_ledger *l, const mp_leaf *who, mp_error *err)
{
    mp_signer *signer;
    pthread_mutex_lock(&l->lock);
    size_t number = l->key_count + 1;
    mp_str origin = l->keys[0]->verifier.name;
    pthread_mutex_unlock(&l->lock);
    if (number > MP_LEDGER_KEYS_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the log has %zu keys; the most is %d", number - 1,
                       MP_LEDGER_KEYS_MAX);
    MP_TRY(mp_signer_load(&signer, l, number, origin, true, err));
    mp_code code = name_key(l, signer, number, MP_KEY_ROTATE, who, err);
    mp_signer_free(signer);
    return code;
}

mp_code mp_ledger_rotate(mp_ledger *l, const mp_leaf *who, mp_error *err)
{
    if (l->read_only)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the log is open for reading only");
    pthread_mutex_lock(&l->rotating);
    mp_code code = rotate(l, who, err);
    pthread_mutex_unlock(&l->rotating);
    return code;
}
