/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <arpa/inet.h>

#include "map.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool is_version4(const mp_address *a)
{
    return memcmp(a->bytes, mapped, sizeof mapped) == 0;
}

bool mp_address_of(mp_address *out, const struct sockaddr *from)
{
    *out = (mp_address){ { 0 } };
    if (from->sa_family == AF_INET) {
        memcpy(out->bytes, mapped, sizeof mapped);
        memcpy(out->bytes + 12, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
        return true;
    }
    if (from->sa_family == AF_INET6) {
        memcpy(out->bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
        return true;
    }
    return false;
}

bool mp_address_parse(mp_address *out, mp_str text)
{
    char           copy[MP_ADDRESS_TEXT + 1];
    struct in_addr v4;
    text = mp_str_trim(text);
    if (text.len && text.ptr[0] == '[') {
        size_t end = mp_str_find(text, ']');
        text = end == SIZE_MAX ? MP_S("") : mp_str_of(text.ptr + 1, end - 1);
    } else if (mp_str_find(text, ':') != SIZE_MAX && mp_str_find(text, ':') == mp_str_rfind(text, ':')) {
        text.len = mp_str_find(text, ':'); /* 192.0.2.1:443 */
    }
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        memcpy(out->bytes, mapped, sizeof mapped);
        memcpy(out->bytes + 12, &v4, 4);
        return true;
    }
    return inet_pton(AF_INET6, copy, out->bytes) == 1;
}

void mp_address_text(char out[MP_ADDRESS_TEXT], const mp_address *a)
{
    bool v4 = is_version4(a);
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->bytes + 12 : a->bytes, out, MP_ADDRESS_TEXT))
        out[0] = '\0';
}

bool mp_address_is_loopback(const mp_address *a)
{
    static const uint8_t one[16] = { [15] = 1 };
    return is_version4(a) ? a->bytes[12] == 127 : memcmp(a->bytes, one, sizeof one) == 0;
}

uint64_t mp_address_key(const mp_address *a)
{
    return mp_hash(mp_str_of((const char *)a->bytes, is_version4(a) ? 16 : 8));
}

static bool read_bits(unsigned *bits, mp_str text, unsigned most)
{
    unsigned v = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || v > most)
            return false;
        v = v * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *bits = v;
    return text.len > 0 && v <= most;
}

mp_code mp_networks_parse(mp_networks *out, const char *text, mp_error *err)
{
    mp_str left = mp_str_from(text ? text : "");
    out->count = 0;
    while (left.len) {
        size_t comma = mp_str_find(left, ',');
        mp_str item = mp_str_trim(mp_str_of(left.ptr, comma == SIZE_MAX ? left.len : comma));
        left = comma == SIZE_MAX ? MP_S("") : mp_str_skip(left, comma + 1);
        if (item.len == 0)
            continue;
        if (out->count == MP_COUNT(out->list))
            return mp_fail(err, MP_LIMIT, MP_NOWHERE, "there are over %zu networks of proxies", MP_COUNT(out->list));
        mp_network *network = &out->list[out->count++];
        size_t      slash = mp_str_find(item, '/');
        bool        good =
            mp_address_parse(&network->address, mp_str_of(item.ptr, slash == SIZE_MAX ? item.len : slash));
        unsigned    base = good && is_version4(&network->address) ? 96 : 0;
        network->bits = 128 - base;
        if (good && slash != SIZE_MAX)
            good = read_bits(&network->bits, mp_str_skip(item, slash + 1), 128 - base);
        if (!good)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no address and no network", MP_FMT(item));
        network->bits += base;
    }
    return MP_OK;
}

bool mp_networks_have(const mp_networks *networks, const mp_address *a)
{
    for (size_t i = 0; i < networks->count; i++) {
        const mp_network *n = &networks->list[i];
        if (is_version4(&n->address) != is_version4(a)) /* "::1/64" has zeros where every ::ffff:a.b.c.d has them */
            continue;
        unsigned          whole = n->bits / 8, rest = n->bits % 8;
        uint8_t           mask = (uint8_t)(0xFF00u >> rest);
        if (memcmp(n->address.bytes, a->bytes, whole) == 0 &&
            (rest == 0 || (n->address.bytes[whole] & mask) == (a->bytes[whole] & mask)))
            return true;
    }
    return false;
}

mp_address mp_address_forwarded(const mp_networks *trusted, const mp_address *peer, mp_str list)
{
    mp_address client = *peer;
    while (list.len && mp_networks_have(trusted, &client)) {
        size_t     comma = mp_str_rfind(list, ',');
        mp_address next;
        mp_str     item = comma == SIZE_MAX ? list : mp_str_skip(list, comma + 1);
        if (!mp_address_parse(&next, item))
            break; /* what is no address ends what can be believed */
        client = next;
        list.len = comma == SIZE_MAX ? 0 : comma;
    }
    return client;
}
