/* SPDX-License-Identifier: Apache-2.0 */
#include "access_internal.h"
#include "directory_internal.h"
#include "jsonw.h"
#include "oidc.h"
#include "text.h"

static const mp_record_index user_indexes[] = {
    { .name = "userName", .path = "userName", .is_unique = true, .folds = true },
    { .name = "displayName", .path = "displayName", .folds = true },
    { .name = "email", .path = "email", .folds = true },
    { .name = "state", .path = "state" },
    { .name = "createdAt", .path = "createdAt" },
    { .name = "lastSignInAt", .path = "lastSignInAt" },
};
const mp_kind mp_user_kind = { .name = "user",
                               .indexes = user_indexes,
                               .index_count = MP_COUNT(user_indexes) };

enum {
    USER_NAME_MAX = 128,
    DISPLAY_NAME_MAX = 200,
    EMAIL_MAX = 254 /* RFC 5321, 4.5.3.1.3, without its brackets */
};

static bool is_user_name(mp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c && strchr("._-@+", c));
        if (!is_fine)
            return false;
    }
    return s.len >= 1 && s.len <= USER_NAME_MAX;
}

static bool is_email(mp_str s)
{
    size_t at = mp_str_find(s, '@');
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= 0x20 || s.ptr[i] == 0x7F || strchr("<>,;\"\\", s.ptr[i]))
            return false;
    return at != SIZE_MAX && at > 0 && at + 1 < s.len && at == mp_str_rfind(s, '@') && s.len <= EMAIL_MAX &&
           mp_utf8_valid(s);
}

mp_code mp_directory_name(mp_str *out, const mp_json *body, const char *member, mp_str otherwise,
                          mp_error *err)
{
    const mp_json *v = mp_json_get(body, mp_str_from(member));
    mp_str         name =
        v ? (mp_json_is(v, MP_JSON_STRING) ? mp_str_trim(mp_json_str(v)) : mp_str_of(NULL, 0)) : otherwise;
    bool is_fine = name.len > 0 && name.len <= DISPLAY_NAME_MAX && mp_utf8_valid(name);
    for (size_t i = 0; i < name.len && is_fine; i++)
        is_fine = (unsigned char)name.ptr[i] >= 0x20 && name.ptr[i] != 0x7F;
    if (!is_fine)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "%s is no name; wanted 1 to %d bytes without control characters", member,
                       DISPLAY_NAME_MAX);
    *out = name;
    return MP_OK;
}

mp_code mp_directory_text(mp_str *out, const mp_json *body, const char *member, size_t max, mp_error *err)
{
    const mp_json *v = mp_json_get(body, mp_str_from(member));
    if (!v || mp_json_is(v, MP_JSON_NULL)) {
        *out = mp_str_of(NULL, 0);
        return MP_OK;
    }
    if (!mp_json_is(v, MP_JSON_STRING) || v->count > max || !mp_utf8_valid(mp_json_str(v)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is no text of at most %zu bytes", member, max);
    *out = mp_json_str(v);
    return MP_OK;
}

void mp_directory_put_str(mp_jsonw *w, const char *member, mp_str value)
{
    if (!value.len)
        return;
    mp_jsonw_put_str(w, member, value);
}

mp_code mp_directory_id(mp_str *out, mp_tx *tx, mp_str id, mp_error *err)
{
    char made[37];
    if (id.len && !mp_is_guid(id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no id; wanted a GUID",
                       MP_FMT(mp_str_of(id.ptr, id.len < 80 ? id.len : 80)));
    if (id.len) {
        char *copy = mp_arena_alloc(mp_tx_arena(tx), id.len);
        for (size_t i = 0; copy && i < id.len; i++)
            copy[i] = id.ptr[i] >= 'A' && id.ptr[i] <= 'F' ? (char)(id.ptr[i] | 0x20) : id.ptr[i];
        *out = mp_str_of(copy, id.len);
    } else {
        MP_TRY(mp_guid(made, err));
        *out = mp_arena_dup(mp_tx_arena(tx), mp_str_of(made, 36));
    }
    return out->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code must_not_have_left(const mp_json *body, mp_str id, mp_error *err)
{
    if (mp_str_eq(mp_json_get_text(body, "state"), MP_S("left")))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "%.*s has left and does not change any more", MP_FMT(id));
    return MP_OK;
}

/* Rights, and secrets, are kept by id alone: a new principal must not have that of another, of any kind; nor
 * a provider, whose secret is there, too. */
static mp_code id_must_be_free(mp_tx *tx, const mp_kind *kind, mp_str id, mp_error *err)
{
    static const mp_kind *const kinds[] = { &mp_user_kind, &mp_group_kind, &mp_program_kind, &mp_provider_kind };
    mp_record record;
    bool      is_one = false;
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        is_one = is_one || kinds[i] == kind;
    for (size_t i = 0; i < MP_COUNT(kinds) && is_one; i++) {
        mp_code code = mp_record_get(&record, tx, kinds[i], id, 0, mp_tx_arena(tx), err);
        if (code == MP_OK)
            return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%.*s is the id of something else", MP_FMT(id));
        if (code != MP_MISSING)
            return code;
    }
    return MP_OK;
}

mp_code mp_directory_old(const mp_json **body, mp_tx *tx, const mp_kind *kind, mp_str id, mp_error *err)
{
    mp_record record;
    mp_code   code = mp_record_get(&record, tx, kind, id, 0, mp_tx_arena(tx), err);
    *body = code == MP_OK ? record.body : NULL;
    if (code == MP_MISSING)
        return id_must_be_free(tx, kind, id, err);
    return code == MP_OK ? must_not_have_left(*body, id, err) : code;
}

mp_code mp_directory_principal(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str id, mp_error *err)
{
    mp_code code = mp_record_get(out, tx, kind, id, 0, mp_tx_arena(tx), err);
    if (code == MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE,
                       kind == &mp_user_kind ? "there is no user %.*s" : "there is no program %.*s", MP_FMT(id));
    return code == MP_OK ? must_not_have_left(out->body, id, err) : code;
}

mp_code mp_directory_put(mp_record *out, mp_access *access, mp_tx *tx, const mp_kind *kind, mp_str id,
                         const mp_json *body, int64_t expected, mp_error *err)
{
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(out, tx, kind, id, body, expected, err));
    mp_access_touch(access, tx);
    return MP_OK;
}

void mp_directory_put_kept(mp_jsonw *w, mp_tx *tx, const mp_json *old)
{
    static const char *const kept[] = { "credentials",  "identityOf", "isStrong",
                                        "lastSignInAt", "leftAt",     "tokensValidAfter" };
    mp_directory_put_str(w, "createdAt",
                         old ? mp_json_get_text(old, "createdAt") : mp_time_text(mp_tx_arena(tx), mp_tx_time(tx)));
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        const mp_json *v = mp_json_get(old, mp_str_from(kept[i]));
        if (v)
            mp_jsonw_put_value(w, kept[i], v);
    }
}

mp_code mp_directory_is_taken(bool *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value, mp_str id,
                              mp_error *err)
{
    mp_record other;
    mp_code   code = mp_record_find(&other, tx, kind, index, value, mp_tx_arena(tx), err);
    *out = code == MP_OK && !mp_str_eq(other.key, id);
    return code == MP_MISSING ? MP_OK : code;
}

mp_code mp_user_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                    int64_t expected, mp_error *err)
{
    const mp_json *old;
    bool           is_taken;
    mp_str         user_name = mp_json_get_text(body, "userName"), display_name, email, language;
    mp_jsonw       w;
    MP_TRY(mp_directory_id(&id, tx, id, err));
    if (!is_user_name(user_name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "'%.*s' is no userName; it has 1 to %d characters of A-Z, a-z, 0-9 and \"._-@+\"",
                       MP_FMT(mp_str_of(user_name.ptr, user_name.len < 60 ? user_name.len : 60)), USER_NAME_MAX);
    MP_TRY(mp_directory_name(&display_name, body, "displayName", user_name, err));
    MP_TRY(mp_directory_text(&email, body, "email", EMAIL_MAX, err));
    if (email.len && !is_email(email))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no e-mail address; wanted NAME@HOST",
                       MP_FMT(mp_str_of(email.ptr, email.len < 80 ? email.len : 80)));
    MP_TRY(mp_directory_text(&language, body, "language", 8, err));
    if (language.len && !mp_str_eq(language, MP_S("ko")) && !mp_str_eq(language, MP_S("en")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "language is neither \"ko\" nor \"en\"");
    MP_TRY(mp_directory_old(&old, tx, &mp_user_kind, id, err));
    MP_TRY(mp_directory_is_taken(&is_taken, tx, &mp_user_kind, "userName", user_name, id, err));
    if (is_taken)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "there is already a user with the userName '%.*s'",
                       MP_FMT(user_name));
    mp_jsonw_init(&w, mp_tx_arena(tx));
    mp_jsonw_object(&w);
    mp_directory_put_str(&w, "id", id);
    mp_directory_put_str(&w, "userName", user_name);
    mp_directory_put_str(&w, "displayName", display_name);
    mp_directory_put_str(&w, "email", email);
    mp_directory_put_str(&w, "language", language);
    mp_directory_put_str(&w, "state", old ? mp_json_get_text(old, "state") : MP_S("invited"));
    mp_jsonw_put_bool(&w, "mustChangePassword",
                      mp_json_get(body, MP_S("mustChangePassword")) ? mp_body_bool(body, MP_S("mustChangePassword"))
                                                                    : mp_body_bool(old, MP_S("mustChangePassword")));
    mp_directory_put_kept(&w, tx, old);
    mp_jsonw_end(&w);
    return mp_directory_put(out, access, tx, &mp_user_kind, id, mp_jsonw_done(&w), expected, err);
}
