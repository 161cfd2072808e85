/* SPDX-License-Identifier: Apache-2.0 */
/* Any deployment: {"template", "parameters", "preview", "scope"}, read leniently.
 *
 * Properties: it ends, within its steps, with resources that have ids and bodies or with a sentence; done again it ends
 * the same; a body prints and reads back, and compared with itself nothing changes; what a secure parameter holds is
 * in nothing that is shown. */
#include <stdlib.h>

#include "deployment.h"
#include "fuzz.h"
#include "lenient.h"
#include "what_if.h"

#define STEPS 30000
#define LONGEST 65536 /* bytes of an input: what is longer shows nothing new */
#define SECRET MP_S("hunter2-9f3c") /* of the saved inputs */

static void require(bool condition)
{
    if (!condition)
        abort();
}

static mp_code lookup(const mp_json **out, void *user, mp_str id, mp_str api_version, mp_arena *arena, mp_error *err)
{
    (void)api_version, (void)arena, (void)err;
    *out = mp_str_find_fold(id, MP_S("exists")) != SIZE_MAX ? user : NULL;
    return MP_OK;
}

static void check_shown(const mp_json *shown)
{
    mp_buf b = MP_BUF_INIT;
    mp_buf_add_json(&b, shown);
    require(mp_str_find_str(mp_buf_str(&b), SECRET) == SIZE_MAX);
    mp_buf_free(&b);
}

static void check_resource(mp_buf *out, const mp_deployment_resource *r, bool has_secret)
{
    const mp_json *changes = NULL;
    mp_arena       arena = MP_ARENA_INIT;
    require(r->id.len && r->id.ptr[0] == '/' && r->type.len && r->name.len && r->body && r->shown);
    require(r->body->kind == MP_JSON_OBJECT && mp_str_starts(r->pointer, MP_S("/template")));
    mp_code code = mp_deployment_delta(&changes, r->body, r->body, &arena, NULL);
    require(code == MP_LIMIT || (code == MP_OK && changes->count == 0));
    if (has_secret)
        check_shown(r->shown);
    mp_buf_add(out, r->id);
    mp_buf_add_json(out, r->body);
    mp_arena_free(&arena);
}

/* What it comes to, as text. */
static void work_out(mp_buf *out, const mp_json *root, bool has_secret)
{
    const mp_json *scope = mp_json_get(root, MP_S("scope")), *template_json = mp_json_get(root, MP_S("template"));
    mp_deployment *d = NULL;
    mp_error       err = { .code = MP_OK };
    const mp_deployment_resource *r = NULL;
    const mp_json *shown;
    mp_deployment_context context = {
        .scope = mp_json_is(scope, MP_JSON_STRING) ? mp_json_str(scope) : MP_S("/subscriptions/s/resourceGroups/g"),
        .name = MP_S("d"), .seed = MP_S("s"), .now = MP_TICKS_PER_DAY * 739000, .steps = STEPS,
        .is_preview = mp_json_get(root, MP_S("preview")) != NULL, .lookup = lookup, .user = (void *)(uintptr_t)root };
    mp_code code = mp_deployment_new(&d, template_json, mp_json_get(root, MP_S("parameters")), &context, &err);
    while (code == MP_OK && (code = mp_deployment_next(&r, d, &err)) == MP_OK && r)
        check_resource(out, r, has_secret);
    if (code == MP_OK) {
        require(mp_deployment_outputs(&shown, d, NULL) == MP_OK);
        if (has_secret)
            check_shown(shown);
        mp_buf_add_json(out, shown);
        require(mp_deployment_parameters(&shown, d, NULL) == MP_OK);
        if (has_secret)
            check_shown(shown);
    } else {
        require(code != MP_NOMEM && code != MP_INTERNAL && err.code == code && err.message[0]);
        require(!has_secret || mp_str_find_str(mp_str_from(err.message), SECRET) == SIZE_MAX);
        mp_buf_add_z(out, err.message);
    }
    mp_deployment_free(d);
}

/* The secret is where it belongs: the value of a secure parameter "secret", and nowhere else. */
static bool has_secret_parameter(const mp_json *root, mp_str text)
{
    const mp_json *given = mp_json_get(mp_json_get(mp_json_get(root, MP_S("parameters")), MP_S("secret")), MP_S("value"));
    const mp_json *type = mp_json_get(mp_json_get(mp_json_get(mp_json_get(root, MP_S("template")), MP_S("parameters")),
                                                  MP_S("secret")), MP_S("type"));
    size_t first = mp_str_find_str(text, SECRET);
    bool   is_once = first != SIZE_MAX &&
                   mp_str_find_str(mp_str_skip(text, first + SECRET.len), SECRET) == SIZE_MAX;
    return is_once && mp_json_is(given, MP_JSON_STRING) && mp_json_is(type, MP_JSON_STRING) &&
           mp_str_eq(mp_json_str(given), SECRET) && mp_str_eq_fold(mp_json_str(type), MP_S("securestring"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mp_buf         strict = MP_BUF_INIT, once = MP_BUF_INIT, twice = MP_BUF_INIT;
    mp_json_doc   *doc = NULL;
    const mp_json *root;
    if (size > LONGEST)
        return 0;
    require(mp_json_doc_new(&doc, NULL) == MP_OK);
    if (mp_json_lenient(&strict, mp_str_of((const char *)data, size), NULL) == MP_OK &&
        mp_json_read(doc, &root, mp_buf_str(&strict), NULL, NULL, NULL) == MP_OK &&
        mp_json_get(root, MP_S("template"))) {
        bool has_secret = has_secret_parameter(root, mp_buf_str(&strict));
        work_out(&once, root, has_secret);
        work_out(&twice, root, has_secret);
        require(mp_str_eq(mp_buf_str(&once), mp_buf_str(&twice)));
    }
    mp_json_doc_free(doc);
    mp_buf_free(&strict);
    mp_buf_free(&once);
    mp_buf_free(&twice);
    return 0;
}
