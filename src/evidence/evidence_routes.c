/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_routes.h"

const mp_routes mp_evidence_routes[] = {
    { mp_routes_evidence_links, MP_ROUTES_EVIDENCE_LINKS },
    { mp_routes_shares, MP_ROUTES_SHARES },
    { mp_routes_share_uses, MP_ROUTES_SHARE_USES },
    { mp_routes_packages, MP_ROUTES_PACKAGES },
    { mp_routes_due, MP_ROUTES_DUE },
    { mp_routes_check, MP_ROUTES_CHECK },
    { NULL, 0 },
};
