/* SPDX-License-Identifier: Apache-2.0 */
/* definition.h - read policy definitions.
 *
 * Accepted shapes: the resource as ARM answers it ({"id", "name", "properties": {...}}), the flattened one
 * that `az policy definition` prints, the bare properties ({"mode", "parameters", "policyRule"}), and a bare
 * rule ({"if", "then"}). Keys are read without regard to case. */
#ifndef MAPAE_POLICY_DEFINITION_H
#define MAPAE_POLICY_DEFINITION_H

#include "expression.h"

/* Parse the definition at `node` of `source`. What is wrong is in `d`; *out then is the definition as far
 * as it was understood, with is_valid false. Everything lives in `arena`, and borrows from the text, which
 * must live as long. Fails with MP_NOMEM only. */
MP_MUST_CHECK mp_code mp_definition_parse(mp_definition **out, const mp_source_text *source,
                                          const mp_json *node, mp_arena *arena, mp_diagnostics *d,
                                          mp_error *err);

/* The same for a rule whose parameters' values come with it: members of `values` (may be NULL) that the
 * definition does not declare count as declared, with the type of their value. */
MP_MUST_CHECK mp_code mp_definition_parse_with(mp_definition **out, const mp_source_text *source,
                                               const mp_json *node, const mp_json *values,
                                               mp_arena *arena, mp_diagnostics *d, mp_error *err);

/* `node` looks like a definition: it has a policyRule, or if and then. */
bool mp_definition_is(const mp_json *node);

/* Members of a resource that may be flattened: properties.NAME, or NAME beside id. */
const mp_json *mp_property(const mp_json *node, mp_str name);
/* The same as a string, "" when absent or no string. */
mp_str mp_property_str(const mp_json *node, mp_str name);

/* What a document calls itself: its id, and its name or else the last segment of the id; "" when it has none. */
void mp_head_parse(mp_str *id, mp_str *name, const mp_json *node);
/* The last segment of an id: its name. */
mp_str mp_id_name(mp_str id);

/* The value in {"value": x}, as assignments write it, or `v` itself. */
const mp_json *mp_parameter_unwrapped(const mp_json *v);
/* Does `value` suit a parameter of this type, its allowed values and its schema (type, enum,
 * minLength, maxLength, minimum, maximum, items, properties, required)? Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_parameter_check(const mp_parameter *parameter, const mp_json *value,
                                         mp_error *err);
/* The parameter of that name (any case), or NULL; and the nearest name there is, for "did you mean". */
const mp_parameter *mp_parameter_find(const mp_parameter *parameters, uint32_t count, mp_str name);
mp_str mp_parameter_nearest(const mp_parameter *parameters, uint32_t count, mp_str name, mp_arena *arena);
/* Every parameters('name') that was read so far is one of these; else that is noted. */
bool mp_parameter_uses_check(mp_parsing *p, const mp_parameter *parameters, uint32_t count, bool in_initiative);
/* A "parameters" member, wherever it stands, is an object; else that is noted. */
bool mp_parameters_are_object(mp_parsing *p, const mp_json *node);
/* Parse a "parameters" object (definition or initiative). Faults go to `p`. */
bool mp_parameters_parse(mp_parameter **out, uint32_t *count, mp_parsing *p, const mp_json *node);

/* JSON pointer (RFC 6901) from `root` to `node`; empty for the root itself. */
mp_str mp_json_pointer(const mp_json *root, const mp_json *node, mp_arena *arena);

#endif
