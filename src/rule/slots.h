/* SPDX-License-Identifier: Apache-2.0 */
/* slots.h - the distinct paths that a set of conditions reads, and one walk that fills them all.
 *
 * Slots are numbered. The first ones are inputs, which the caller sets himself; each other slot is a
 * path of member names. mp_slots_fill() walks a document once, with a trie of those paths, and
 * leaves in slot i the value at path i, or NULL. A table that is no longer added to may be used by any
 * number of threads. */
#ifndef MAPAE_RULE_SLOTS_H
#define MAPAE_RULE_SLOTS_H

#include "path.h"

typedef struct mp_slots mp_slots;

MP_MUST_CHECK mp_code mp_slots_new(mp_slots **out, uint32_t inputs, mp_error *err);
void                  mp_slots_free(mp_slots *slots);

/* The slot of `path` (no [*] in it; names are copied), a new one when it has none yet. */
MP_MUST_CHECK mp_code mp_slots_add(uint32_t *slot, mp_slots *slots, mp_path path, mp_error *err);
/* The slot of `path`, or UINT32_MAX when it was never added. */
uint32_t mp_slots_find(const mp_slots *slots, mp_path path);
uint32_t mp_slots_count(const mp_slots *slots);
uint32_t mp_slots_inputs(const mp_slots *slots);

/* Fill values[inputs..count) from `doc`; `values` holds mp_slots_count() pointers. Of members whose
 * names differ in case only, the one spelled as the path counts, else the last. */
void mp_slots_fill(const mp_slots *slots, const mp_json *doc, const mp_json **values);

/* ---- values without their document: one block of memory that can be kept, written, read back ---- */

typedef struct mp_pack {
    uint32_t bytes; /* of the whole block, this header included; a multiple of 8 */
    uint32_t slots; /* of the table */
    uint32_t count; /* values that are there */
    uint32_t nodes;
} mp_pack;

/* Which slots to pack. */
typedef struct mp_slot_pick {
    uint32_t slot;
    uint32_t above; /* the nearest picked slot whose value this one's is a part of, or UINT32_MAX */
} mp_slot_pick;

typedef struct mp_slot_set {
    const mp_slot_pick *picks; /* in ascending order */
    uint32_t            count;
} mp_slot_set;

/* Inputs and paths that were added (not those that lie between), of those marked in wanted[]; NULL: all. They
 * live in `arena`; false when memory is short. */
bool mp_slot_set_make(mp_slot_set *out, const mp_slots *slots, const bool *wanted, mp_arena *arena);

/* Copy the values of `set`, or of all slots, with their strings into `arena`; NULL when memory is short. */
mp_pack *mp_pack_make_part(const mp_slots *slots, const mp_json *const *values, const mp_slot_set *set,
                           mp_arena *arena);
mp_pack *mp_pack_make(const mp_slots *slots, const mp_json *const *values, mp_arena *arena);
/* Set all of values[]: into the pack, which must outlive them, or NULL. */
void mp_pack_open(const mp_pack *pack, const mp_json **values);
/* The value of one slot, or NULL, without opening all of it. */
const mp_json *mp_pack_get(const mp_pack *pack, uint32_t slot);
/* Turn pointers to offsets and back, in place: before writing and after reading. */
void mp_pack_detach(mp_pack *pack);
void mp_pack_attach(mp_pack *pack);

#endif
