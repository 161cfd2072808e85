/* SPDX-License-Identifier: Apache-2.0 */
#include "systems.h"

#include "arm.h"
#include "assets.h"
#include "controls.h"
#include "evidence_system.h"

/* Whoever needs another stands behind it. */
const mp_system *const mp_cli_systems[] = { &mp_compliance_system, &mp_assets_system, &mp_evidence_system,
                                            &mp_controls_system, &mp_arm_system, NULL };
