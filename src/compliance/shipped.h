/* SPDX-License-Identifier: Apache-2.0 */
/* shipped.h - the definitions and initiatives that come with Mapae (content/policies, content/initiatives) are
 * built-in ones of every installation.
 *
 * They are taken in at the first start, and at the first start of a Mapae that ships others: what is the same makes
 * no version, and what is shipped no more stays, for it may be assigned. The setting policies.shipped turns this off.
 */
#ifndef MAPAE_COMPLIANCE_SHIPPED_H
#define MAPAE_COMPLIANCE_SHIPPED_H

#include "compliance.h"
#include "embedded.h"
#include "records.h"

/* Which content was taken in last: one record. */
extern const mp_kind mp_shipped_kind;

/* Their files, "policies/storage/https-only.json" and "initiatives/csap-iaas.json", as they were when the program was
 * made. */
const mp_embedded *mp_shipped_files(size_t *count);

/* One write with its leaf, or none. Fails with MP_NOMEM, as the store does, and with MP_INTERNAL when a document of
 * our own is refused. */
MP_MUST_CHECK mp_code mp_shipped_take_in(mp_compliance *compliance, mp_error *err);

#endif
