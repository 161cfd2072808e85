/* SPDX-License-Identifier: Apache-2.0 */
/* recognise.h - tell formats apart by the members of the first object.
 *
 * What was seen of an object is its shape: it can be taken from bytes (before a container is read)
 * and from nodes (when a record is), and one function decides for both. */
#ifndef MAPAE_INVENTORY_RECOGNISE_H
#define MAPAE_INVENTORY_RECOGNISE_H

#include <mapae/inventory.h>

#include "splitter.h"

/* The members that tell formats apart. */
#define MP_TELLTALES(X)                                                                            \
    X(ID, "id") X(TYPE, "type") X(VALUE, "value") X(RESOURCE_GROUP, "resourceGroup")               \
    X(SUBSCRIPTION_ID, "subscriptionId") X(NEXT_LINK, "nextLink") X(AT_NEXT_LINK, "@nextLink")     \
    X(ODATA_NEXT_LINK, "@odata.nextLink") X(RESOURCE_ID, "ResourceId") X(SCHEMA, "$schema")        \
    X(TEMPLATE, "template") X(OUTPUT, "output") X(FORMAT_VERSION, "format_version")                \
    X(RESOURCE_CHANGES, "resource_changes") X(PLANNED_VALUES, "planned_values")                    \
    X(VALUES, "values") X(TERRAFORM_VERSION, "terraform_version") X(SERIAL, "serial")              \
    X(LINEAGE, "lineage") X(DATA, "data") X(ROW_COUNT, "count") X(TOTAL_RECORDS, "totalRecords")     \
    X(TOTAL_RECORDS_SNAKE, "total_records") X(TRUNCATED, "resultTruncated")                        \
    X(SKIP_TOKEN, "$skipToken") X(SKIP_TOKEN_PLAIN, "skipToken") X(SKIP_TOKEN_SNAKE, "skip_token") \
    X(CONFIGURATION_ITEMS, "configurationItems") X(CONFIGURATION_ITEM, "configurationItem")        \
    X(INVOKING_EVENT, "invokingEvent") X(RESULTS, "Results")                                       \
    X(CAPTURE_TIME, "configurationItemCaptureTime")                                                \
    X(SUPPLEMENTARY, "supplementaryConfiguration") X(ARN, "arn") X(ARN_UPPER, "ARN")               \
    X(ACCOUNT_ID, "accountId") X(AWS_ACCOUNT_ID, "awsAccountId") X(KIND, "kind")                   \
    X(API_VERSION, "apiVersion") X(ITEMS, "items") X(METADATA, "metadata")                         \
    X(REQUEST, "request") X(ASSET_TYPE, "assetType") X(ASSET_TYPE_SNAKE, "asset_type")             \
    X(ASSETS, "assets") X(SEARCH_RESULTS, "results") X(ASSET, "asset") X(SELF_LINK, "selfLink")    \
    X(BASE_ITEMS, "baseConfigurationItems") X(ITEM_SUMMARY, "configurationItemSummary")            \
    X(QUERY_INFO, "QueryInfo") X(NEXT_TOKEN, "nextToken") X(NEXT_TOKEN_UPPER, "NextToken")         \
    X(NEXT_PAGE_TOKEN, "nextPageToken")

typedef enum mp_telltale {
#define X(name, text) MP_SEEN_##name,
    MP_TELLTALES(X)
#undef X
    MP_SEEN_COUNT
} mp_telltale;

/* Of Host documents (docs/hosts.md). */
#define MP_HOST_TYPE MP_S("Mapae.Hosts/hosts")

#define MP_SHAPE_NAMES 4 /* members that are named when nothing is recognised */

/* A value that is seen as bytes (`node` is NULL) or as a node. Absent: both are NULL. */
typedef struct mp_view {
    const mp_json *node;
    mp_str         raw;
} mp_view;

typedef struct mp_shape {
    mp_view seen[MP_SEEN_COUNT];
    mp_view self;
    mp_str  names[MP_SHAPE_NAMES];
    size_t  members;
} mp_shape;

/* First byte of the value as JSON writes it: '{', '[', '"', 't', 'f', 'n', a digit or '-'; 0:
 * absent. */
char    mp_view_first(mp_view v);
mp_str  mp_view_string(mp_view v); /* without escapes; ptr NULL: no string */
mp_view mp_view_member(mp_view object, mp_str name);
mp_view mp_view_element(mp_view array); /* the first one */

/* Look at a whole value. MP_CUT_BROKEN when it is no JSON by structure. */
mp_cut mp_shape_of_text(mp_shape *shape, mp_str text);
void   mp_shape_of_json(mp_shape *shape, const mp_json *v);
/* Look at an object of which perhaps only a part is there. MP_CUT_DONE: `at` is behind it; or *list is the
 * format of a list that can be handed out before its end is seen, and `at` is behind its '[' (else
 * MP_FORMAT_UNKNOWN). */
mp_cut mp_shape_of_stream(mp_shape *shape, mp_cursor *at, mp_format *list);

/* One element of an Azure list, GET answer, row, ...: MP_FORMAT_UNKNOWN when nothing matches. */
mp_format mp_shape_format(const mp_shape *shape);
/* The value holds resources and is none. */
bool mp_shape_is_container(const mp_shape *shape, mp_format format);
/* Fill err for a value that is not read: a list where none may be, or unknown. */
mp_code mp_shape_refuse(const mp_shape *shape, mp_format format, mp_error *err);
/* The kind of the items of a Google list ("compute#instance"); empty: it is no list. */
mp_str mp_gcp_item_kind(const mp_shape *shape);

/* What an OpenStack answer holds. */
typedef struct mp_openstack_kind {
    mp_str      many, one, service; /* "servers", "server", "compute" */
    const char *beside_id; /* that each element has too when the name alone does not tell; or NULL */
} mp_openstack_kind;

/* `value` is what the answer holds, a list (*is_list) or one thing. NULL: it is no answer of OpenStack. */
const mp_openstack_kind *mp_openstack_find(const mp_shape *shape, mp_view *value, bool *is_list);

/* The member by which an answer says that it is one page of several; ptr NULL: it says no such
 * thing. */
mp_str mp_shape_more(const mp_shape *shape);
/* A member of the tail of a streamed list says so. */
bool mp_member_says_more(mp_str key, mp_str value);

#endif
