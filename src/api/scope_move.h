/* SPDX-License-Identifier: Apache-2.0 */
/* scope_move.h - who may put a subscription or a management group where.
 *
 * Where something stands decides who may do what with it: to put it somewhere, or take it from there, one must be
 * able to write there too. What is moved gets new owners, those of the new place: that is to give rights to it, and
 * takes the right to. (Azure asks for the same, "Manage your Azure subscriptions at scale with management groups".)
 */
#ifndef MAPAE_API_SCOPE_MOVE_H
#define MAPAE_API_SCOPE_MOVE_H

#include "guard.h"

/* The name in body.parent, as it will be kept; empty: the tenant's root group. */
mp_str mp_parent_of(const mp_app *app, const mp_json *body);
/* The same of a name, or of a path that ends in one. */
mp_str mp_parent_name(const mp_app *app, mp_str text);
/* May he put something into `parent`? Fails with MP_DENIED. */
MP_MUST_CHECK mp_code mp_check_parent(mp_app *app, mp_http_request *request, mp_str parent, mp_error *err);
/* May he put the record of this kind and key into `to`? It may stay where it is without; what is not known yet stands
 * in the root group. *old: what was looked at (version 0: nothing); somebody may move it meanwhile, so the write
 * expects this version. Fails with MP_DENIED, ... */
MP_MUST_CHECK mp_code mp_check_move(mp_record *old, mp_app *app, mp_http_request *request, const mp_kind *kind,
                                    mp_str key, mp_str to, mp_error *err);

#endif
