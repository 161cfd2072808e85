/* SPDX-License-Identifier: Apache-2.0 */
#include "shipped.h"

#include "jsonw.h"
#include "object_internal.h"
#include "objects.h"
#include "secret.h"

extern const mp_embedded mp_shipped_policies[]; /* made by tools/embed.py */
extern const size_t      mp_shipped_policies_len;

const mp_kind mp_shipped_kind = { .name = "policy-shipped" };

const mp_embedded *mp_shipped_files(size_t *count)
{
    *count = mp_shipped_policies_len;
    return mp_shipped_policies;
}

#define KEY MP_S("policies")

typedef struct taking {
    mp_compliance *compliance;
    const mp_json *documents; /* of all files, in their order */
    mp_str         digest;    /* of their text */
    bool           is_same;
    mp_arena       arena;
} taking;

/* All files as one array. */
static mp_code write_text(mp_buf *text, mp_error *err)
{
    for (size_t i = 0; i < mp_shipped_policies_len; i++) {
        mp_buf_add_c(text, i ? ',' : '[');
        mp_buf_add(text, mp_shipped_policies[i].bytes);
    }
    mp_buf_add_c(text, ']');
    return mp_buf_check(text, err);
}

static mp_code digest_of(taking *t, mp_str text, mp_error *err)
{
    uint8_t hash[32];
    char    hex[2 * sizeof hash + 1];
    MP_TRY(mp_sha256(hash, text, err));
    mp_hex(hex, hash, sizeof hash);
    t->digest = mp_arena_dup(&t->arena, mp_str_of(hex, 2 * sizeof hash));
    return t->digest.ptr ? MP_OK : mp_no_memory(err);
}

/* ---- in the store ---- */

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    taking   *t = arg;
    mp_record last;
    mp_code   code = mp_record_get(&last, tx, &mp_shipped_kind, KEY, 0, &t->arena, err);
    t->is_same = code == MP_OK && mp_str_eq(mp_object_text(last.body, "digest"), t->digest);
    return code == MP_MISSING ? MP_OK : code;
}

static mp_code refused(void *ctx, size_t index, const mp_error *why, mp_error *err)
{
    (void)ctx;
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "%.*s, which comes with Mapae, is refused: %s",
                   MP_FMT(mp_shipped_policies[index].name), why->message);
}

static mp_code keep_digest(taking *t, mp_tx *tx, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "digest", t->digest);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_record_put(NULL, tx, &mp_shipped_kind, KEY, body, MP_ANY_VERSION, err) : mp_no_memory(err);
}

static mp_code take_in(mp_tx *tx, void *arg, mp_error *err)
{
    taking          *t = arg;
    mp_object_import done;
    mp_object_source from = {
        .documents = t->documents, .by = MP_S("mapae"), .by_kind = MP_S("Application"), .say = refused
    };
    mp_arena         arena = MP_ARENA_INIT;
    mp_code          code = mp_objects_import(&done, tx, &from, &arena, err);
    mp_arena_free(&arena);
    return code == MP_OK ? keep_digest(t, tx, err) : code;
}

static mp_code read_and_take_in(taking *t, mp_json_doc *doc, mp_buf *text, mp_error *err)
{
    static const mp_leaf leaf = { .actor_kind = MP_S_INIT("system"),
                                  .action = MP_S_INIT("Microsoft.Authorization/policyDefinitions/write"),
                                  .on = MP_S_INIT("/"),
                                  .outcome = MP_OUTCOME_DONE };
    mp_app *app = t->compliance->app;
    MP_TRY(write_text(text, err));
    MP_TRY(digest_of(t, mp_buf_str(text), err));
    MP_TRY(mp_store_read(app->store, look, t, err));
    if (t->is_same)
        return MP_OK;
    MP_TRY(mp_json_read(doc, &t->documents, mp_buf_str(text), NULL, NULL, err));
    return mp_app_write_alone(app, &leaf, take_in, t, err);
}

mp_code mp_shipped_take_in(mp_compliance *compliance, mp_error *err)
{
    taking       t = { .compliance = compliance };
    mp_json_doc *doc = NULL;
    mp_buf       text = MP_BUF_INIT;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = read_and_take_in(&t, doc, &text, err);
    mp_buf_free(&text);
    mp_json_doc_free(doc);
    mp_arena_free(&t.arena);
    return code;
}
