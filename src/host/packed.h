/* SPDX-License-Identifier: Apache-2.0 */
/* packed.h - a file that is compressed with lz4 or xz, read in pieces. */
#ifndef MAPAE_HOST_PACKED_H
#define MAPAE_HOST_PACKED_H

#include <mapae/error.h>

typedef struct mp_packed mp_packed;

/* `fd` stays the caller's. Fails with MP_FORMAT (it is compressed in neither way), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_packed_open(mp_packed **out, int fd, mp_error *err);
/* As mp_source_read(): *got is 0 at the end. Fails with MP_FORMAT (damaged), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_packed_read(mp_packed *p, char *out, size_t len, size_t *got, mp_error *err);
void mp_packed_close(mp_packed *p);

#endif
