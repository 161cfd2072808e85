/* SPDX-License-Identifier: Apache-2.0 */
/* terraform_values.h - the values of a Terraform resource, without those that are secret or not known yet.
 *
 * In their place stands what `terraform plan` prints there. Nothing is guessed, and no secret passes. */
#ifndef MAPAE_INVENTORY_TERRAFORM_VALUES_H
#define MAPAE_INVENTORY_TERRAFORM_VALUES_H

#include "jsonw.h"

#define MP_TERRAFORM_SENSITIVE "(sensitive value)"
#define MP_TERRAFORM_UNKNOWN "(known after apply)"

/* `values` (may be NULL) with what is true in `unknown` and `sensitive` replaced: trees of the same form, or NULL
 * (Terraform's after_unknown, after_sensitive, sensitive_values). *out lives in `arena`. Fails with MP_LIMIT (too
 * deep, or too many marks on too many members), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_terraform_marked(const mp_json **out, const mp_json *values, const mp_json *unknown,
                                          const mp_json *sensitive, mp_arena *arena, mp_error *err);
/* The same with the paths of a raw state (sensitive_attributes): [[{"type": "get_attr", "value": "password"},
 * {"type": "index", "value": {"value": 0, "type": "number"}}], ...]. A path that is not understood hides all that
 * stands under what is understood of it. */
MP_MUST_CHECK mp_code mp_terraform_hidden(const mp_json **out, const mp_json *values, const mp_json *paths,
                                          mp_arena *arena, mp_error *err);

#endif
