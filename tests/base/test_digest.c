/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include "test.h"

/* uniqueString() is the hash in base 32, 13 letters, the highest bits first. */
static void check_unique_string(const char *text, const char *wanted)
{
    uint64_t hash = mp_murmur64(mp_str_from(text), 0);
    char     out[14] = { 0 };
    for (int i = 0; i < 13; i++, hash <<= 5)
        out[i] = "abcdefghijklmnopqrstuvwxyz234567"[hash >> 59];
    CHECK_STR(mp_str_from(out), wanted);
}

TEST(the_hash_is_that_of_resource_manager)
{
    /* What deployments gave. */
    check_unique_string("tyeth", "zcztcwvu6iyg6");
    check_unique_string("/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/"
                        "rg-devopsshieldek010dev", "fd63l2gacbtca");
    check_unique_string("/subscriptions/31e9f9a0-9fd2-4294-a0a3-0101246d9700/resourceGroups/"
                        "rg-modm201-20230913120256/providers/Microsoft.Compute/virtualMachines/"
                        "bobjacmodm201", "yvjxno3je5on2");
}

TEST(every_length_has_its_own_hash)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < sizeof text; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(mp_murmur64(mp_str_of(text, i), 0) != mp_murmur64(mp_str_of(text, j), 0));
    CHECK(mp_murmur64(mp_str_of(NULL, 0), 0) == 0);
    CHECK(mp_murmur64(MP_S("a"), 0) != mp_murmur64(MP_S("a"), 1));
    CHECK(mp_murmur64(MP_S("\xFF\xFE\xFD\xFC\xFB"), 0) != 0);
}

TEST(uuids_are_those_of_the_standard)
{
    static const uint8_t dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                                     0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
    char                 out[37];
    CHECK(mp_uuid5(out, dns, MP_S("www.example.com"), NULL) == MP_OK);
    CHECK_STR(mp_str_from(out), "2ed6657d-e927-568b-95e1-2665a8aea6a2"); /* RFC 9562 A.4 */
    CHECK(mp_uuid5(out, dns, MP_S("python.org"), NULL) == MP_OK);
    CHECK_STR(mp_str_from(out), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
    CHECK(mp_uuid5(out, dns, mp_str_of(NULL, 0), NULL) == MP_OK);
    CHECK(out[14] == '5' && out[36] == '\0');
}

int main(void)
{
    return MAIN(RUN(the_hash_is_that_of_resource_manager), RUN(every_length_has_its_own_hash),
                RUN(uuids_are_those_of_the_standard));
}
