/* SPDX-License-Identifier: Apache-2.0 */
#include "share_link.h"

#include "secret.h"

/* ---- the fields ---- */

static const struct field {
    const char *name;
    size_t at;
} fields[] = {
    { "v", offsetof(mp_share_link, version) },     { "sp", offsetof(mp_share_link, permissions) },
    { "st", offsetof(mp_share_link, from) },       { "se", offsetof(mp_share_link, until) },
    { "sip", offsetof(mp_share_link, addresses) }, { "spr", offsetof(mp_share_link, protocols) },
    { "si", offsetof(mp_share_link, policy) },     { "kid", offsetof(mp_share_link, key) },
    { "sig", offsetof(mp_share_link, signature) },
};
enum { SIGNED_FIELDS = MP_COUNT(fields) - 1 };

static mp_str value_of(const mp_share_link *link, size_t i)
{
    return *(const mp_str *)((const char *)link + fields[i].at);
}

static bool is_clean(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return false;
    return s.len <= MP_SHARE_FIELD_MAX;
}

static mp_code read_field(mp_share_link *out, unsigned *seen, const mp_pair *pair, mp_error *err)
{
    for (size_t i = 0; i < MP_COUNT(fields); i++) {
        if (!mp_str_eq(pair->name, mp_str_from(fields[i].name)))
            continue;
        if (*seen & 1u << i || !is_clean(pair->value))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "\"%s\" of the link stands twice, or has a value that none can be",
                           fields[i].name);
        *seen |= 1u << i;
        *(mp_str *)((char *)out + fields[i].at) = pair->value;
        return MP_OK;
    }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a link that shares evidence has no \"%.*s\"",
                   MP_FMT(pair->name));
}

mp_code mp_share_link_read(mp_share_link *out, const mp_pair *query, size_t count, mp_error *err)
{
    mp_share_link link = { .share = { NULL, 0 } };
    unsigned seen = 0;
    for (size_t i = 0; i < count; i++)
        MP_TRY(read_field(&link, &seen, &query[i], err));
    if (link.signature.len != MP_SHARE_SIGNATURE || !mp_str_eq(link.version, MP_S("1")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the link has no signature of a form that is known here");
    *out = link;
    return MP_OK;
}

mp_str mp_share_link_write(const mp_share_link *link, mp_arena *arena)
{
    mp_buf b = MP_BUF_INIT;
    for (size_t i = 0; i < MP_COUNT(fields); i++) {
        mp_str value = value_of(link, i);
        if (!value.len)
            continue;
        mp_buf_printf(&b, "%s%s=", b.len ? "&" : "", fields[i].name);
        for (size_t n = 0; n < value.len; n++) {
            unsigned char c = (unsigned char)value.ptr[n];
            bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || strchr("-._~", c);
            if (is_plain && c)
                mp_buf_add_c(&b, (char)c);
            else
                mp_buf_printf(&b, "%%%02X", (unsigned)c);
        }
    }
    mp_str out = b.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&b));
    mp_buf_free(&b);
    return out;
}

/* ---- the signature ---- */

/* One line for each field, present or not: no value has a line break, so no two links give one
 * text. */
mp_code mp_share_sign(char out[MP_SHARE_SIGNATURE + 1], const mp_share_link *link,
                      const uint8_t key[MP_SHARE_KEY], mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_arena arena = MP_ARENA_INIT;
    uint8_t mac[32];
    mp_buf_printf(&text, "mapae-share\n%.*s\n", MP_FMT(link->share));
    for (size_t i = 0; i < SIGNED_FIELDS; i++)
        mp_buf_printf(&text, "%.*s\n", MP_FMT(value_of(link, i)));
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code =
            mp_hmac_sha256(mac, mp_str_of((const char *)key, MP_SHARE_KEY), mp_buf_str(&text), err);
    mp_str signature =
        code == MP_OK ? mp_base64url(&arena, mp_str_of((const char *)mac, sizeof mac)) : MP_S("");
    if (code == MP_OK && signature.len != MP_SHARE_SIGNATURE)
        code = mp_no_memory(err);
    if (code == MP_OK) {
        memcpy(out, signature.ptr, MP_SHARE_SIGNATURE);
        out[MP_SHARE_SIGNATURE] = '\0';
    }
    mp_buf_free(&text);
    mp_arena_free(&arena);
    return code;
}

bool mp_share_is_signed(const mp_share_link *link, const uint8_t key[MP_SHARE_KEY])
{
    char wanted[MP_SHARE_SIGNATURE + 1];
    return mp_share_sign(wanted, link, key, NULL) == MP_OK &&
           mp_secret_eq(mp_str_from(wanted), link->signature);
}

/* ---- terms ---- */

static bool read_addresses(mp_networks *out, mp_str text)
{
    char copy[MP_SHARE_FIELD_MAX + 1];
    if (text.len > MP_SHARE_FIELD_MAX || memchr(text.ptr, '\0', text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return mp_networks_parse(out, copy, NULL) == MP_OK && out->count > 0;
}

static bool are_permissions(mp_str s)
{
    return mp_str_eq(s, MP_S("r")) || mp_str_eq(s, MP_S("l")) || mp_str_eq(s, MP_S("rl"));
}

static bool are_protocols(mp_str s)
{
    return mp_str_eq(s, MP_S("https")) || mp_str_eq(s, MP_S("https,http"));
}

mp_code mp_share_terms_check(const mp_share_terms *terms, mp_error *err)
{
    mp_ticks from = 0, until = 0;
    mp_networks networks;
    if (terms->permissions.len && !are_permissions(terms->permissions))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "permissions are \"%.*s\"; wanted are r, l or rl",
                       MP_FMT(terms->permissions));
    if ((terms->from.len && !mp_clock_parse(&from, terms->from)) ||
        (terms->until.len && !mp_clock_parse(&until, terms->until)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the first or the last moment of a link is no time of ISO 8601");
    if (from && until && until <= from)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a link that ends at %.*s cannot begin at %.*s", MP_FMT(terms->until),
                       MP_FMT(terms->from));
    if (terms->addresses.len && !read_addresses(&networks, terms->addresses))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"%.*s\" are no addresses; wanted is like 192.0.2.0/24, 2001:db8::1",
                       MP_FMT(terms->addresses));
    if (terms->protocols.len && !are_protocols(terms->protocols))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "protocols are \"%.*s\"; wanted is https, or https,http",
                       MP_FMT(terms->protocols));
    return MP_OK;
}

static mp_code deny(mp_error *err, const char *why)
{
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "this link does not open it: %s", why);
}

mp_code mp_share_allows(const mp_share_terms *terms, const mp_share_use *use, mp_error *err)
{
    mp_ticks from = 0, until = 0;
    mp_networks networks;
    mp_address client;
    if (mp_share_terms_check(terms, NULL) != MP_OK || !terms->permissions.len || !terms->until.len)
        return deny(err, "it says too little, or what cannot be read");
    if (!memchr(terms->permissions.ptr, use->permission, terms->permissions.len))
        return deny(err, "it gives another permission");
    if (terms->from.len && (!mp_clock_parse(&from, terms->from) || use->now < from - MP_SHARE_SKEW))
        return deny(err, "it does not hold yet");
    if (!mp_clock_parse(&until, terms->until) || use->now >= until)
        return deny(err, "it has expired");
    if (!mp_str_eq(terms->protocols, MP_S("https,http")) && !use->is_secure)
        return deny(err, "it holds over https only");
    if (terms->addresses.len &&
        (!read_addresses(&networks, terms->addresses) || !mp_address_parse(&client, use->client) ||
         !mp_networks_have(&networks, &client)))
        return deny(err, "it is for other addresses");
    return MP_OK;
}
