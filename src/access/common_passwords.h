/* SPDX-License-Identifier: Apache-2.0 */
/* common_passwords.h - content/passwords/common.txt, built in: a word a line, in small letters, sorted
 * bytewise. */
#ifndef MAPAE_ACCESS_COMMON_PASSWORDS_H
#define MAPAE_ACCESS_COMMON_PASSWORDS_H

#include "embedded.h"

extern const mp_embedded mp_common_passwords[];
extern const size_t      mp_common_passwords_len; /* 1 */

#endif
