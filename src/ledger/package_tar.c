/* SPDX-License-Identifier: Apache-2.0 */
#include "package_tar.h"

#include <assert.h>
#include <stdio.h>

/* POSIX.1-2017, pax, ustar interchange format. */
enum {
    NAME = 0,
    MODE = 100,
    UID = 108,
    GID = 116,
    SIZE = 124,
    TIME = 136,
    SUM = 148,
    TYPE = 156,
    MAGIC = 257,
    MAJOR = 329,
    MINOR = 337,
};

#define LONG_DIGITS 11  /* of SIZE and TIME */
#define SHORT_DIGITS 7  /* of MODE, UID, GID, MAJOR, MINOR */

static void octal(uint8_t *at, unsigned digits, uint64_t value)
{
    for (unsigned i = digits; i-- > 0; value >>= 3)
        at[i] = (uint8_t)('0' + (value & 7)); /* a NUL follows: the block was zeroed */
}

static bool read_octal(uint64_t *out, const uint8_t *at, unsigned digits)
{
    *out = 0;
    for (unsigned i = 0; i < digits; i++) {
        if (at[i] < '0' || at[i] > '7')
            return false;
        *out = *out << 3 | (uint64_t)(at[i] - '0');
    }
    return true;
}

void mp_tar_header(uint8_t out[MP_TAR_BLOCK], mp_str name, uint64_t size, uint64_t seconds)
{
    static const struct {
        unsigned at, value;
    } fixed[] = { { MODE, 0644 }, { UID, 0 }, { GID, 0 }, { MAJOR, 0 }, { MINOR, 0 } };
    unsigned sum = 0;
    assert(name.len <= MP_TAR_NAME_MAX && size <= MP_TAR_SIZE_MAX && seconds <= MP_TAR_SIZE_MAX);
    memset(out, 0, MP_TAR_BLOCK);
    memcpy(out + NAME, name.ptr, name.len);
    for (size_t i = 0; i < MP_COUNT(fixed); i++)
        octal(out + fixed[i].at, SHORT_DIGITS, fixed[i].value);
    octal(out + SIZE, LONG_DIGITS, size);
    octal(out + TIME, LONG_DIGITS, seconds);
    out[TYPE] = '0';
    memcpy(out + MAGIC, "ustar\00000", 8);
    /* The sum of all bytes, its own field taken as blanks; six digits, NUL, blank. */
    memset(out + SUM, ' ', 8);
    for (size_t i = 0; i < MP_TAR_BLOCK; i++)
        sum += out[i];
    octal(out + SUM, 6, sum);
    out[SUM + 6] = '\0';
}

bool mp_tar_is(uint64_t *size, uint64_t *seconds, const uint8_t block[MP_TAR_BLOCK], mp_str name)
{
    uint8_t wanted[MP_TAR_BLOCK];
    if (!read_octal(size, block + SIZE, LONG_DIGITS) || !read_octal(seconds, block + TIME, LONG_DIGITS))
        return false;
    mp_tar_header(wanted, name, *size, *seconds);
    return memcmp(wanted, block, MP_TAR_BLOCK) == 0;
}
