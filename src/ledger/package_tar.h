/* SPDX-License-Identifier: Apache-2.0 */
/* package_tar.h - the one form in which a member stands in a package: POSIX ustar, a regular file of mode
 * 0644 that belongs to 0 and 0.
 *
 * A header follows from name, size and time, byte for byte. So a reader does not interpret headers, he
 * compares them. */
#ifndef MAPAE_LEDGER_PACKAGE_TAR_H
#define MAPAE_LEDGER_PACKAGE_TAR_H

#include <mapae/error.h>
#include <mapae/str.h>

#define MP_TAR_BLOCK ((size_t)512)
#define MP_TAR_NAME_MAX 99                   /* bytes */
#define MP_TAR_SIZE_MAX ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

/* `name` is at most MP_TAR_NAME_MAX bytes, `size` and `seconds` (since 1970) at most MP_TAR_SIZE_MAX. */
void mp_tar_header(uint8_t out[MP_TAR_BLOCK], mp_str name, uint64_t size, uint64_t seconds);
/* Whether `block` is the header of a member of that name; then its size and time. */
bool mp_tar_is(uint64_t *size, uint64_t *seconds, const uint8_t block[MP_TAR_BLOCK], mp_str name);
/* Zero bytes behind the contents, up to a whole block. */
static inline size_t mp_tar_padding(uint64_t size)
{
    return (size_t)(-size & (MP_TAR_BLOCK - 1));
}

#endif
