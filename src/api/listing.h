/* SPDX-License-Identifier: Apache-2.0 */
/* listing.h - lists of records: the query's names become a query of the store, its page an answer. Private to api.
 *
 * A name of the query is one that every list has (top, after, orderBy, asOf, count), or one that the route
 * declares, and then an index of the kind: ?state=active. A value that ends in '*' asks for what begins so.
 * Nothing else is known: a filter that is misspelt must not give the whole list. */
#ifndef MAPAE_API_LISTING_H
#define MAPAE_API_LISTING_H

#include "names.h"

/* What every list may be asked; of a list without filters only the pages. */
#define MP_PAGE_PARAMS                                                  \
    { .name = "top", .type = MP_TYPE_INTEGER, .doc = "api.param.top", .min = 1, .max = 1000 }, \
    { .name = "after", .type = MP_TYPE_STRING, .doc = "api.param.after" }
#define MP_LIST_PARAMS                                                                                          \
    MP_PAGE_PARAMS,                                                                                             \
    { .name = "asOf", .type = MP_TYPE_TIME, .doc = "api.param.asOf" },                                                                 \
    { .name = "count", .type = MP_TYPE_BOOLEAN, .doc = "api.param.count" }
/* By which it may be ordered: names of indexes, the reverse as "NAME desc". `values` ends with NULL. */
#define MP_ORDER_PARAM(values_) { .name = "orderBy", .type = MP_TYPE_STRING, .doc = "api.param.orderBy", .values = (values_) }
#define MP_AS_OF_PARAM { .name = "asOf", .type = MP_TYPE_TIME, .doc = "api.param.asOf" }

typedef struct mp_listing {
    const mp_kind *kind;
    /* May he see it? NULL: who may ask for the list sees all of it. Called from within the reading transaction. */
    bool (*is_seen)(mp_app *app, const mp_http_request *request, const mp_record *record);
    const mp_record_filter *fixed; /* beside what was asked */
    size_t                  fixed_count;
    /* What is shown of it; NULL: the body. NULL from it: memory was short. */
    const mp_json *(*show)(const mp_http_request *request, const mp_record *record);
    mp_named_fn named; /* names for what is shown; NULL: none */
} mp_listing;

/* Room for a query while it is used. */
typedef struct mp_list_query {
    mp_record_query  query;
    mp_record_filter filters[MP_FILTERS_MAX];
} mp_list_query;

/* Fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_list_read(mp_list_query *out, const mp_http_request *request, const mp_listing *listing,
                                   mp_error *err);
/* {"value": [...], "next": "...", "count": N} */
MP_MUST_CHECK mp_code mp_list_answer(mp_app *app, mp_http_request *request, mp_http_response *response,
                                     const mp_listing *listing, mp_error *err);
/* Where a page ended may be told by what is not for everybody who sees the page: as "next" it is sealed, as "after" opened again. An
 * empty one stays empty. The second fails with MP_PARAMETER. */
MP_MUST_CHECK mp_code mp_list_seal_place(mp_str *next, const mp_app *app, const mp_http_request *request, mp_error *err);
MP_MUST_CHECK mp_code mp_list_open_place(mp_str *after, const mp_app *app, const mp_http_request *request, mp_error *err);
/* The same for the versions of one record; of the listing only kind and is_seen count, and that it was
 * deleted is always seen. Fails with MP_MISSING when there never was one. */
MP_MUST_CHECK mp_code mp_list_history(mp_app *app, mp_http_request *request, mp_http_response *response,
                                      const mp_listing *listing, mp_str key, mp_error *err);
/* The record as it is, or as it last was. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_list_last(mp_record *out, mp_app *app, mp_http_request *request, const mp_kind *kind,
                                   mp_str key, mp_error *err);

/* The number in ?top, or `fallback`. */
MP_MUST_CHECK mp_code mp_list_top(uint32_t *out, const mp_http_request *request, uint32_t fallback, mp_error *err);
/* A decimal number of the query; `*out` is untouched without one. */
MP_MUST_CHECK mp_code mp_query_number(uint64_t *out, const mp_http_request *request, mp_str name, mp_error *err);
/* A time of the query in ticks; 0 without one. */
MP_MUST_CHECK mp_code mp_query_time(mp_ticks *out, const mp_http_request *request, mp_str name, mp_error *err);

#endif
