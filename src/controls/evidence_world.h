/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_world.h - what the room of evidence has to know of this one: frameworks, measures, how controls stand. Private
 * to controls. */
#ifndef MAPAE_CONTROLS_EVIDENCE_WORLD_H
#define MAPAE_CONTROLS_EVIDENCE_WORLD_H

#include "evidence_system.h"

extern const mp_evidence_world mp_controls_evidence_world;

#endif
