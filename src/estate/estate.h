/* SPDX-License-Identifier: Apache-2.0 */
/* estate.h - what the cloud is, as it is recorded: resource groups and resources, each with its history.
 *
 * A resource is a record of kind "resource"; its key is its id in lower case, so that ids are compared without case;
 * a resource group is one like the others, of type Microsoft.Resources/resourceGroups. (Subscriptions and management
 * groups are scopes that rights hang on: access/rbac.h.) The body:
 *
 *   {"id": as the first PUT spelt it, "type", "in": [...], "tags": ["name=value", ...], "source", "seenAt",
 * "closedAt", "presumed": true, "document": {...}}
 *
 * What is recorded of another cloud has an id below the provider Mapae.Clouds (cloud_place.h), the type of its own
 * cloud, and its own id as "nativeId" of the document.
 *
 * "document" is what clients see. The other members are ours, for finding it: "in" has the type in lower case by
 * itself and before each place that holds the resource ("TYPE|/subscriptions/GUID",
 * "TYPE|/subscriptions/GUID/resourcegroups/NAME"). A resource that a reader does not see any more is closed, not
 * deleted: it stands in the history, and is judged no longer. A group that nobody told of, but a resource in it, is
 * presumed: it is there, what it is like is not known, and it is not judged until somebody tells.
 *
 * Everything here works within a transaction that the caller has. */
#ifndef MAPAE_ESTATE_H
#define MAPAE_ESTATE_H

#include "records.h"

extern const mp_kind mp_estate_kind;

/* ---- ids ---- */

typedef enum mp_place_kind {
    MP_PLACE_TENANT,           /* "/" */
    MP_PLACE_MANAGEMENT_GROUP, /* /providers/Microsoft.Management/managementGroups/NAME */
    MP_PLACE_SUBSCRIPTION,     /* /subscriptions/GUID */
    MP_PLACE_GROUP,            /* /subscriptions/GUID/resourceGroups/NAME */
    MP_PLACE_RESOURCE,         /* .../providers/NAMESPACE/TYPE/NAME[/TYPE/NAME...] */
} mp_place_kind;

/* An id taken apart. Everything is borrowed from the arena. */
typedef struct mp_place {
    mp_place_kind kind;
    mp_str        id;           /* cleaned: one slash in front, none at the end, no empty segment */
    mp_str        key;          /* the same in lower case */
    mp_str        subscription; /* GUID in lower case; empty above subscriptions */
    mp_str        group;        /* name as written; empty when in none */
    mp_str        group_key;    /* key of the resource group; empty when in none */
    /* "Microsoft.Network/virtualNetworks/subnets", "AWS::S3::Bucket"; of a group
     * "Microsoft.Resources/resourceGroups"; empty above, but of a subscription's document (mp_place_of_item()) */
    mp_str        type;
    mp_str        name;         /* the last one */
    /* key of what contains it: the parent resource, what an extension stands on, the group, the subscription; empty
     * for the tenant */
    mp_str        parent;
} mp_place;

/* Segments are UTF-8 of at most 260 bytes without control characters and "%?#\<>|"; runs of slashes count as one.
 * Fails with MP_PARAMETER (what is wrong with it), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_place_of(mp_place *out, mp_str id, mp_arena *arena, mp_error *err);
/* `key` is `scope` or below it, segment by segment; both are keys. "/" holds all. */
bool mp_place_holds(mp_str scope, mp_str key);
/* What the right to do this to it is called: "Microsoft.Compute/disks/read" for "read". {NULL,0} when memory is short. */
mp_str mp_place_action(const mp_place *place, const char *verb, mp_arena *arena);
/* "Korea Central" and "koreacentral" are one location: neither case nor blanks count. */
bool mp_location_same(mp_str a, mp_str b);

/* ---- one resource ---- */

typedef struct mp_estate_item {
    mp_str         id, key, type; /* id in the spelling of the first PUT */
    const mp_json *document;
    mp_str         native_id; /* of another cloud; absent for Azure's */
    mp_str         source;
    mp_ticks       seen_at, closed_at; /* closed_at 0: it is there */
    bool           is_presumed;
    int64_t        version;
    mp_ticks       since, until; /* of this version; until 0: present */
} mp_estate_item; /* in the arena */

/* The place of one that was read: it borrows from the item. Fails with MP_NOMEM; with MP_PARAMETER when the store says
 * something that is no id. */
MP_MUST_CHECK mp_code mp_place_of_item(mp_place *out, const mp_estate_item *item, mp_arena *arena, mp_error *err);

/* Fails with MP_MISSING; a closed resource is missing unless `as_of` says a time at which it was there. */
MP_MUST_CHECK mp_code mp_estate_get(mp_estate_item *out, mp_tx *tx, mp_str key, mp_ticks as_of, mp_arena *arena,
                                    mp_error *err);

/* What `source` says of another cloud, by the id that it has there. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_estate_find_native(mp_estate_item *out, mp_tx *tx, mp_str native_id, mp_str source,
                                            mp_arena *arena, mp_error *err);

typedef struct mp_estate_write {
    const mp_place *place;
    const mp_json  *document; /* as it is to be stored; id, name and type are put right by mp_estate_put() */
    mp_str          source;   /* "api", "collect:NAME", "file" */
    mp_str          by, by_kind; /* for systemData: an object id; "User", "Application" */
    int64_t         expected; /* as in mp_record_put */
    int64_t         group_version; /* that the resource group must have still (MP_CONFLICT); 0: any */
    bool            keeps_system_data; /* a reader's document has its own */
    bool            is_presumed;       /* what is in it says that it is there, and nobody more */
} mp_estate_write;

/* Make or replace. The resource group must be there (MP_MISSING), and so must the parent of a child unless a reader
 * writes (`source` is not "api"). *is_new may be NULL. What a reader finds unchanged makes no version: seenAt then
 * stays the time at which it was found so first. A closed resource is there again. */
MP_MUST_CHECK mp_code mp_estate_put(mp_estate_item *out, bool *is_new, mp_tx *tx, const mp_estate_write *what,
                                    mp_arena *arena, mp_error *err);
/* The resource, and everything below it: children, extensions, what is in a group. *removed counts them. Fails with
 * MP_MISSING, MP_CONFLICT. */
MP_MUST_CHECK mp_code mp_estate_delete(uint64_t *removed, mp_tx *tx, mp_str key, int64_t expected, mp_error *err);
/* Readers: it was not seen any more. */
MP_MUST_CHECK mp_code mp_estate_close(mp_tx *tx, mp_str key, mp_error *err);

/* ---- many ---- */

typedef struct mp_estate_query {
    mp_str   scope; /* key: it and what is below; empty: all */
    mp_str   type;  /* without case; empty: any */
    mp_str   tag;   /* "name=value", or "name=" and `tag_any`: the name alone counts */
    bool     tag_any;
    bool     with_groups; /* resource groups and subscriptions too, when no type is asked for */
    bool     with_closed;
    mp_str   after; /* mp_estate_page.next */
    /* below `scope`: only what stands behind it; empty: all. For those who go on at a place of their own */
    mp_str   after_key;
    uint32_t limit; /* 0: 1,000; at most 1,000 */
    mp_ticks as_of;
} mp_estate_query;

typedef struct mp_estate_page {
    mp_estate_item *items;
    size_t          count;
    mp_str          next; /* empty: that was all */
} mp_estate_page;
/* In the order of keys, so that pages neither lose nor repeat what stays while others write. A page may be short,
 * even empty, before the end. */
MP_MUST_CHECK mp_code mp_estate_list(mp_estate_page *out, mp_tx *tx, const mp_estate_query *query, mp_arena *arena,
                                     mp_error *err);

/* All that is recorded at and below a scope, groups too, for whoever goes through it: cheaper than a list. Keys from
 * `from` to `last`, both with it. */
typedef struct mp_estate_run {
    mp_str   scope; /* key; empty or "/": all */
    mp_str   from, last; /* empty: from the beginning, to the end */
    mp_ticks as_of;
} mp_estate_run;
/* The first `limit` of them (from the beginning of a scope first the scope alone). next: the last key that was looked
 * at, when there may be more: the run goes on from mp_record_behind() it. */
MP_MUST_CHECK mp_code mp_estate_range(mp_estate_page *out, mp_tx *tx, const mp_estate_run *run, uint32_t limit,
                                      mp_arena *arena, mp_error *err);
/* Where to cut it so that pieces have `each` resources: last keys, at most *count of them; what is behind the last
 * one is a piece too. */
MP_MUST_CHECK mp_code mp_estate_cuts(mp_str *keys, size_t *count, mp_tx *tx, const mp_estate_run *run, uint32_t each,
                                     mp_arena *arena, mp_error *err);
/* The first and last key that a range of the run looks at, when it is not cut short. */
MP_MUST_CHECK mp_code mp_estate_ends(mp_str *from, mp_str *last, const mp_estate_run *run, mp_arena *arena, mp_error *err);

/* A list one by one, however many: `visit` gets each in an arena that is reset after it. Ends early when it fails. */
typedef mp_code mp_estate_visit(void *ctx, const mp_estate_item *item, mp_error *err);
MP_MUST_CHECK mp_code mp_estate_each(mp_tx *tx, const mp_estate_query *query, mp_estate_visit *visit, void *ctx,
                                     mp_error *err);

/* ---- locks ---- */

/* lock: {"id","name","level":"CanNotDelete"|"ReadOnly","notes","owners"}; key: the lock's own id in lower case. */
extern const mp_kind mp_lock_kind;
/* May `key` be written (deleted)? What is locked above counts; of a deletion also what is locked below. Fails with
 * MP_CONFLICT, and the lock's id in the sentence. */
MP_MUST_CHECK mp_code mp_lock_check(mp_tx *tx, mp_str key, bool is_delete, mp_arena *arena, mp_error *err);

#endif
