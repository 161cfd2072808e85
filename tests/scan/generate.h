/* SPDX-License-Identifier: Apache-2.0 */
/* generate.h - inventories for policies.h, one document a line; the same each time. */
#ifndef MAPAE_TESTS_SCAN_GENERATE_H
#define MAPAE_TESTS_SCAN_GENERATE_H

/* The subscription that all of it is in. */
#define SUB "/subscriptions/00000000-0000-0000-0000-000000000001"

/* `count` lines of machines, what is related to them and groups, with duplicates and broken lines between.
 * Groups 6 to 9 never have a document. Related resources and groups come before, after and not at all. */
void generate_documents(const char *path, int count);
/* A type whose first document spells it otherwise than half of the others. */
void generate_spellings(const char *path);
/* Nine lines of all kinds. */
void generate_small(const char *path);

#endif
