/* SPDX-License-Identifier: Apache-2.0 */
/* router.h - the tables of routes, compiled to a tree of segments. */
#ifndef MAPAE_HTTP_ROUTER_H
#define MAPAE_HTTP_ROUTER_H

#include "http.h"

#define MP_SEGMENTS_MAX 64 /* of a path */

typedef struct mp_route_node mp_route_node;

struct mp_route_node {
    mp_str          literal;  /* of the segment; empty in the two below */
    mp_route_node  *children; /* literal ones */
    mp_route_node  *sibling;
    mp_route_node  *param;    /* {name} */
    mp_route_node  *rest;     /* {name...} */
    const mp_route *routes[MP_METHOD_COUNT];
    const mp_face  *face;     /* of the first route at or below: how an unknown path below is answered */
};

struct mp_router {
    mp_arena         arena;
    const mp_route **routes; /* in the order of the tables */
    size_t           count;
    mp_route_node    root;
    mp_guard         guard;
    void            *app;
};

extern const char *const mp_method_names[MP_METHOD_COUNT];

/* What a request is counted as (metrics.h); NULL: no route had its path. */
const char *mp_route_class(const mp_route *route);

/* Of a path that no route has: the face of those nearest to it. */
const mp_face *mp_router_face(const mp_router *router, const mp_http_request *request);

#endif
