/* SPDX-License-Identifier: Apache-2.0 */
/* Recovery codes: ten, each worth one sign-in, for who lost the second factor. A code is 80 random bits, so
 * its SHA-256 is kept. */
#include "jsonw.h"
#include "sign_in_internal.h"

enum { CODES = 10, CODE_CHARS = 16, GROUP = 4 };

/* Crockford's Base32, in small letters: nothing that looks like another. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

static mp_code make_code(char text[CODE_CHARS + CODE_CHARS / GROUP], char hash[65], mp_error *err)
{
    uint8_t raw[CODE_CHARS];
    char    plain[CODE_CHARS];
    MP_TRY(mp_random(raw, sizeof raw, err));
    size_t len = 0;
    for (size_t i = 0; i < CODE_CHARS; i++) {
        plain[i] = alphabet[raw[i] & 31];
        if (i && i % GROUP == 0)
            text[len++] = '-';
        text[len++] = plain[i];
    }
    text[len] = '\0';
    mp_code code = mp_secret_hash(hash, mp_str_of(plain, sizeof plain), err);
    mp_wipe(plain, sizeof plain);
    mp_wipe(raw, sizeof raw);
    return code;
}

/* As people type it: capitals, blanks, other dashes of ASCII, and letters that look alike. False: no code. */
static bool read_code(char plain[CODE_CHARS], mp_str typed)
{
    size_t len = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c == '-' || c == ' ')
            continue;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        c = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
        if (len == CODE_CHARS || !c || !strchr(alphabet, c))
            return false;
        plain[len++] = c;
    }
    return len == CODE_CHARS;
}

static const mp_json *member(mp_arena *arena, const mp_json *hashes)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "recovery", hashes);
    mp_jsonw_end(&w);
    return hashes ? mp_jsonw_done(&w) : NULL;
}

mp_code mp_recovery_take(bool *is_right, mp_access *access, mp_tx *tx, mp_str user, const mp_json *credential,
                         mp_str code, mp_error *err)
{
    char           plain[CODE_CHARS], hash[65];
    const mp_json *hashes = mp_json_get(credential, MP_S("recovery"));
    mp_arena      *arena = mp_tx_arena(tx);
    mp_jsonw       w;
    *is_right = false;
    if (!read_code(plain, code) || !mp_json_is(hashes, MP_JSON_ARRAY))
        return MP_OK;
    MP_TRY(mp_secret_hash(hash, mp_str_of(plain, sizeof plain), err));
    mp_wipe(plain, sizeof plain);
    bool fits = false;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(v, hashes)) {
        if (mp_json_is(v, MP_JSON_STRING) && mp_secret_eq(mp_json_str(v), mp_str_from(hash)))
            fits = true;
        else
            mp_jsonw_value(&w, v);
    }
    mp_jsonw_end(&w);
    if (!fits)
        return MP_OK;
    const mp_json *changes = member(arena, mp_jsonw_done(&w));
    if (!changes)
        return mp_no_memory(err);
    MP_TRY(mp_credential_change(access, tx, user, changes, err));
    *is_right = true;
    return MP_OK;
}

mp_code mp_recovery_codes(const mp_json **out, mp_access *access, mp_tx *tx, mp_str user, mp_arena *arena,
                          mp_error *err)
{
    mp_credential credential = { 0 };
    mp_record     record;
    mp_jsonw      shown, kept;
    MP_TRY(mp_active_user(&record, tx, user, mp_tx_arena(tx), err));
    MP_TRY(mp_credential_open(&credential, access, tx, user, mp_tx_arena(tx), err));
    bool has_factor = mp_has_totp(credential.body) || mp_has_passkey(credential.body);
    mp_credential_close(&credential);
    if (!has_factor)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "recovery codes stand in for a second factor, and there is none; set one up first");
    mp_jsonw_init(&shown, arena);
    mp_jsonw_array(&shown);
    mp_jsonw_init(&kept, mp_tx_arena(tx));
    mp_jsonw_array(&kept);
    for (int i = 0; i < CODES; i++) {
        char text[CODE_CHARS + CODE_CHARS / GROUP], hash[65];
        MP_TRY(make_code(text, hash, err));
        mp_jsonw_str(&shown, mp_arena_dup(arena, mp_str_from(text)));
        mp_jsonw_str(&kept, mp_arena_dup(mp_tx_arena(tx), mp_str_from(hash)));
        mp_wipe(text, sizeof text);
    }
    mp_jsonw_end(&shown);
    mp_jsonw_end(&kept);
    const mp_json *changes = member(mp_tx_arena(tx), mp_jsonw_done(&kept)), *codes = mp_jsonw_done(&shown);
    if (!changes || !codes)
        return mp_no_memory(err);
    MP_TRY(mp_credential_change(access, tx, user, changes, err));
    *out = codes;
    return MP_OK;
}
