/* SPDX-License-Identifier: Apache-2.0 */
/* library.h - all policy documents that were given, found by id and name, and the checks made of them.
 *
 *   mp_library_new
 *   mp_library_read(lib, file, text, MP_ROLE_JUDGED)    definitions, initiatives, assignments: --policy
 *   mp_library_read(lib, file, text, MP_ROLE_REFERENCED) --library
 *   ... assignments, exemptions, attestations the same way
 *   mp_library_set_parameter(lib, name, value)           --parameters
 *   mp_library_checks(lib, &checks, &count)              resolve and unfold
 *
 * A file may hold one document, an array of them, or {"value": [...]}; each is recognised by its content.
 * The library owns everything; what it returns lives as long as it. One thread at a time until the
 * checks are made, after that any number may read.
 *
 * Definitions and initiatives that are only referenced rest: they are read for what is wrong with them, let go,
 * and read again when something refers to them. Until the checks are made their files must stay as they are.
 * Files with anything else in them are held, and so are the texts of files of several documents. */
#ifndef MAPAE_POLICY_LIBRARY_H
#define MAPAE_POLICY_LIBRARY_H

#include "check.h"

typedef enum mp_role {
    MP_ROLE_JUDGED,     /* its policies are to be judged */
    MP_ROLE_REFERENCED, /* only found when something refers to it */
    MP_ROLE_EARLIER,    /* a version of what was read already under this id: judged where a definitionVersion asks for it */
} mp_role;

typedef struct mp_library mp_library;

MP_MUST_CHECK mp_code mp_library_new(mp_library **out, mp_error *err);
void                  mp_library_free(mp_library *lib);
/* Let nothing rest that is read from now on: for those who look at every definition. */
void mp_library_hold(mp_library *lib);

/* Read one text; it is copied. What is wrong with it goes to the library's diagnostics, and reading others
 * may go on. Fails with MP_NOMEM, and with MP_IO when a document of the same id rests and its file is gone or
 * not what it was. */
MP_MUST_CHECK mp_code mp_library_read(mp_library *lib, mp_str file, mp_str text, mp_role role,
                                      mp_error *err);
/* The same for a value that is read already (a request); `root` and its text must outlive the library. */
MP_MUST_CHECK mp_code mp_library_read_node(mp_library *lib, const mp_source_text *source,
                                           const mp_json *node, mp_role role, mp_error *err);
/* Files under `path` (a folder: every *.json but *.test.json and *.tests.json). Fails with MP_IO, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_library_read_path(mp_library *lib, const char *path, mp_role role,
                                           mp_error *err);
/* What was passed over in folders (source.h); lives as long as the library. */
const struct mp_skips *mp_library_skipped(const mp_library *lib);

/* A value for a parameter of that name of every definition or initiative judged without an assignment.
 * Read a whole parameters file with mp_library_read_parameters: {"name": value} or {"name": {"value": v}}, also
 * {"parameters": {...}}. Fails with MP_SYNTAX, MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_library_set_parameter(mp_library *lib, mp_str name, const mp_json *value,
                                               mp_error *err);
MP_MUST_CHECK mp_code mp_library_read_parameters(mp_library *lib, mp_str file, mp_str text, mp_error *err);

/* Checks are made of policies that are disabled, too; their verdict says that they do not apply, and why. To be
 * called before the checks are made. */
void mp_library_keep_disabled(mp_library *lib);
/* Which subscriptions are below which management group; borrowed, lives as long as the checks. Likewise before. */
void mp_library_set_hierarchy(mp_library *lib, const mp_hierarchy *hierarchy);
/* When it is judged, for warnings about what has expired; the clock where it is not said. Likewise before. */
void mp_library_set_now(mp_library *lib, mp_ticks now);

/* Make the checks. References that do not resolve, parameters that are missing or unsuitable, and expired
 * or unknown things become diagnostics; a policy that cannot be bound is left out, an error noted.
 * Order: assignments (each with its initiative's references in order), then judged initiatives and
 * definitions that no given assignment assigns. A definition that is judged only because a judged initiative in
 * the same set refers to it is not judged a second time by itself. Fails with MP_NOMEM, and with MP_IO when the
 * file of what rests is gone or not what it was. */
MP_MUST_CHECK mp_code mp_library_checks(mp_library *lib, const mp_check **checks, uint32_t *count,
                                        mp_error *err);

const mp_diagnostics *mp_library_diagnostics(const mp_library *lib);
/* Every document that was read counts, also one whose id was read again later. */
size_t mp_library_definition_count(const mp_library *lib);
/* In order of reading; NULL for those that were read to rest, woken or not. */
const mp_definition *mp_library_definition(const mp_library *lib, size_t i);
size_t mp_library_initiative_count(const mp_library *lib);
const mp_initiative *mp_library_initiative(const mp_library *lib, size_t i);
/* Initiatives all of whose references resolve, of those that mp_library_initiative() gives. */
size_t mp_library_initiatives_resolved(const mp_library *lib);
/* *out is the definition of that id or name (any case), or NULL. One thread at a time, since it may rest. Fails with
 * MP_NOMEM, MP_IO. */
MP_MUST_CHECK mp_code mp_library_find(const mp_definition **out, mp_library *lib, mp_str id_or_name,
                                      mp_error *err);

#endif
