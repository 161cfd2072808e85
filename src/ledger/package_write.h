/* SPDX-License-Identifier: Apache-2.0 */
/* package_write.h - members in their one form, as package_read.h wants them. */
#ifndef MAPAE_LEDGER_PACKAGE_WRITE_H
#define MAPAE_LEDGER_PACKAGE_WRITE_H

#include "package.h"
#include "package_read.h"

/* What goes in, in any order. Names are made of part and number; nothing is copied but the list itself. */
typedef struct mp_package_content {
    mp_package_member *members;
    size_t             count, cap;
    uint64_t           kept; /* bytes, without evidence */
    mp_arena          *arena;
    mp_str             origin, installation;
    mp_ticks           created;
    bool               has_index;
} mp_package_content;

/* `hex` names evidence, and `size` is its; of all others `bytes`. What is there already under that name
 * stays. Fails with MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_package_add(mp_package_content *content, mp_part part, uint64_t number, mp_str bytes,
                                     mp_error *err);
MP_MUST_CHECK mp_code mp_package_add_evidence(mp_package_content *content, mp_str hex, uint64_t size, mp_error *err);
/* Canonical text of `value` as a member. */
MP_MUST_CHECK mp_code mp_package_add_json(mp_package_content *content, mp_part part, uint64_t number,
                                          const mp_json *value, mp_error *err);
void mp_package_content_done(mp_package_content *content);

/* Write the archive; evidence is read from FOLDER/evidence. Fills `bytes` and `digest` of the report. */
MP_MUST_CHECK mp_code mp_package_emit(mp_package_written *out, mp_package_content *content, const char *folder,
                                      const char *path, mp_error *err);

#endif
