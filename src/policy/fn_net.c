/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of IP addresses. Microsoft Learn, "Azure Policy definition structure policy rule"
 * (ipRangeContains) and "CIDR functions for ARM templates"; IPRange.cs of azure-policy-linter.
 *
 * Addresses are read strictly: four decimal numbers without leading zeros, or RFC 4291 text.
 * (.NET would also take "10" for 0.0.0.10, and 010 for octal: in a policy those are mistakes.) */
#include "fn.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

typedef struct address {
    uint8_t bytes[16];
    size_t  size; /* 4 or 16 */
} address;

typedef struct ip_range {
    address first, last;
    int     prefix; /* bits, of a network; else the width of an address */
} ip_range;

static bool parse_address(address *out, mp_str s)
{
    char text[INET6_ADDRSTRLEN];
    if (s.len == 0 || s.len >= sizeof text || memchr(s.ptr, '\0', s.len))
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    bool is_v6 = strchr(text, ':') != NULL;
    out->size = is_v6 ? 16 : 4;
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, out->bytes) == 1;
}

static bool parse_prefix(int *out, mp_str s, int most)
{
    *out = 0;
    if (s.len == 0 || s.len > 3)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        *out = *out * 10 + (s.ptr[i] - '0');
    }
    return *out <= most;
}

/* `a` with all bits after the first `prefix` ones cleared, or set. */
static address masked(address a, int prefix, bool set)
{
    for (size_t i = 0; i < a.size; i++) {
        int     bits = prefix - (int)i * 8;
        uint8_t rest = (uint8_t)(bits >= 8 ? 0 : bits <= 0 ? 0xFF : 0xFF >> bits);
        uint8_t kept = (uint8_t)(a.bytes[i] & (0xFF ^ rest));
        a.bytes[i] = (uint8_t)(set ? kept | rest : kept);
    }
    return a;
}

static int compare(const address *a, const address *b)
{
    return memcmp(a->bytes, b->bytes, a->size);
}

/* range = address | address "/" bits | address "-" address ; bits of the host may be set */
static bool parse_range(ip_range *out, mp_str s)
{
    size_t dash = mp_str_find(s, '-'), slash = mp_str_find(s, '/');
    if (dash != SIZE_MAX)
        return parse_address(&out->first, mp_str_of(s.ptr, dash)) &&
               parse_address(&out->last, mp_str_skip(s, dash + 1)) &&
               out->first.size == out->last.size && compare(&out->first, &out->last) <= 0;
    address a;
    if (!parse_address(&a, mp_str_of(s.ptr, slash == SIZE_MAX ? s.len : slash)))
        return false;
    int width = (int)a.size * 8;
    out->prefix = width;
    if (slash != SIZE_MAX && !parse_prefix(&out->prefix, mp_str_skip(s, slash + 1), width))
        return false;
    out->first = masked(a, out->prefix, false);
    out->last = masked(a, out->prefix, true);
    return true;
}

static mp_code range_argument(ip_range *out, const mp_call *call, uint32_t i, mp_error *err)
{
    if (!fn_is(call, i, MP_JSON_STRING))
        return fn_wrong(call, i, "a string", err);
    mp_str text = mp_json_str(call->args[i]);
    if (!parse_range(out, text))
        return fn_fail(call, err,
                       "wants an address, a network or a range that is not empty, not \"%.*s\"",
                       MP_FMT(fn_clip(text)));
    return MP_OK;
}

/* Ranges of different families: the page says that mixing them fails; the library fails only when
 * they are mixed within one range, and says false here. */
mp_code fn_ip_range_contains(const mp_json **out, const mp_call *call, mp_error *err)
{
    ip_range range, target;
    MP_TRY(range_argument(&range, call, 0, err));
    MP_TRY(range_argument(&target, call, 1, err));
    bool contains = range.first.size == target.first.size &&
                    compare(&range.first, &target.first) <= 0 &&
                    compare(&target.last, &range.last) <= 0;
    return fn_give_bool(out, contains, err);
}

/* ---- CIDR ---- */

static mp_code network_argument(ip_range *out, const mp_call *call, mp_error *err)
{
    if (!fn_is(call, 0, MP_JSON_STRING))
        return fn_wrong(call, 0, "a string", err);
    mp_str text = mp_json_str(call->args[0]);
    if (mp_str_find(text, '-') != SIZE_MAX || mp_str_find(text, '/') == SIZE_MAX ||
        !parse_range(out, text))
        return fn_fail(call, err, "wants a network like 10.0.0.0/24, not \"%.*s\"",
                       MP_FMT(fn_clip(text)));
    return MP_OK;
}

#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 4) /* and "/128" */

static mp_str address_text(const mp_call *call, const address *a, int prefix)
{
    char text[ADDRESS_TEXT];
    if (!inet_ntop(a->size == 16 ? AF_INET6 : AF_INET, a->bytes, text, sizeof text))
        return mp_str_of(NULL, 0); /* cannot be: the room suffices */
    return prefix < 0 ? mp_arena_dup(call->arena, mp_str_from(text))
                      : mp_arena_printf(call->arena, "%s/%d", text, prefix);
}

/* Add `number`, shifted left by `shift` bits; false when it goes over the end. */
static bool add_to(address *a, uint64_t number, int shift)
{
    int      bit = shift % 8;
    size_t   from = (size_t)shift / 8; /* bytes to leave alone at the end */
    unsigned carry = 0;
    /* 64 bits shifted by up to 7 reach over nine bytes. */
    for (size_t i = from; i < a->size; i++) {
        size_t   k = i - from;
        uint64_t low = k < 8 ? number >> (8 * k) << bit : 0;
        uint64_t before = k > 0 && k <= 8 ? (number >> (8 * (k - 1)) & 0xFF) << bit >> 8 : 0;
        uint8_t *byte = &a->bytes[a->size - 1 - i];
        unsigned sum = *byte + (unsigned)(low & 0xFF) + (unsigned)before + carry;
        *byte = (uint8_t)sum;
        carry = sum >> 8;
    }
    size_t room = a->size - from;
    bool   fits = room > 8 || (room == 8 ? bit == 0 || number >> (64 - bit) == 0
                                         : number >> (8 * room - (size_t)bit) == 0);
    return fits && carry == 0;
}

static bool subtract_one(address *a)
{
    for (size_t i = a->size; i-- > 0;)
        if (a->bytes[i]-- != 0)
            return true;
    return false;
}

/* The network and the broadcast address of IPv4 are no hosts; a /31 or /32 has no others, and is
 * then its own first and last. IPv6 has no broadcast. */
static void usable(address *first, address *last, const ip_range *network)
{
    *first = network->first;
    *last = network->last;
    if (network->first.size == 16)
        return;
    if (network->prefix >= 31) {
        *last = network->first;
        return;
    }
    (void)add_to(first, 1, 0);
    (void)subtract_one(last);
}

mp_code fn_parse_cidr(const mp_json **out, const mp_call *call, mp_error *err)
{
    ip_range network;
    address  first, last, ones;
    MP_TRY(network_argument(&network, call, err));
    usable(&first, &last, &network);
    memset(ones.bytes, 0xFF, sizeof ones.bytes);
    ones.size = network.first.size;
    address mask = masked(ones, network.prefix, false);
    struct {
        mp_str  name;
        address value;
    } members[] = { { MP_S("network"), network.first },
                    { MP_S("netmask"), mask },
                    { MP_S("broadcast"), network.last },
                    { MP_S("firstUsable"), first },
                    { MP_S("lastUsable"), last } };
    mp_jsonw w;
    mp_jsonw_init(&w, call->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        if (ones.size == 16 && mp_str_eq(members[i].name, MP_S("broadcast")))
            continue;
        mp_str text = address_text(call, &members[i].value, -1);
        if (!text.ptr)
            return fn_nomem(err);
        mp_jsonw_key(&w, members[i].name);
        mp_jsonw_str(&w, text);
    }
    mp_jsonw_put_int(&w, "cidr", network.prefix);
    mp_jsonw_end(&w);
    return fn_give_built(out, call, &w, err);
}

mp_code fn_cidr_subnet(const mp_json **out, const mp_call *call, mp_error *err)
{
    ip_range network;
    int64_t  prefix, index;
    MP_TRY(network_argument(&network, call, err));
    MP_TRY(fn_integer(&prefix, call, 1, err));
    MP_TRY(fn_integer(&index, call, 2, err));
    int width = (int)network.first.size * 8;
    if (prefix < network.prefix || prefix > width)
        return fn_fail(call, err, "wants a prefix from %d to %d, not %" PRId64, network.prefix,
                       width, prefix);
    address subnet = network.first;
    if (index < 0 || !add_to(&subnet, (uint64_t)index, width - (int)prefix) ||
        compare(&subnet, &network.last) > 0)
        return fn_fail(call, err, "wants the index of a /%" PRId64 " within \"%.*s\", not %" PRId64,
                       prefix, MP_FMT(fn_clip(mp_json_str(call->args[0]))), index);
    mp_str text = address_text(call, &subnet, (int)prefix);
    return text.ptr ? fn_give_str(out, call, text, err) : fn_nomem(err);
}

/* Index 0 is the address after the network's own, in both families (examples of the page). */
mp_code fn_cidr_host(const mp_json **out, const mp_call *call, mp_error *err)
{
    ip_range network;
    int64_t  index;
    MP_TRY(network_argument(&network, call, err));
    MP_TRY(fn_integer(&index, call, 1, err));
    address host = network.first, last = network.last;
    bool    is_v4 = host.size == 4;
    bool    has_hosts = network.prefix < (is_v4 ? 31 : 128);
    if (is_v4 && has_hosts)
        (void)subtract_one(&last);
    if (index < 0 || !has_hosts || index == INT64_MAX ||
        !add_to(&host, (uint64_t)index + 1, 0) || compare(&host, &last) > 0)
        return fn_fail(call, err, "wants the index of a host within \"%.*s\", not %" PRId64,
                       MP_FMT(fn_clip(mp_json_str(call->args[0]))), index);
    mp_str text = address_text(call, &host, -1);
    return text.ptr ? fn_give_str(out, call, text, err) : fn_nomem(err);
}
