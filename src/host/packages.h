/* SPDX-License-Identifier: Apache-2.0 */
/* packages.h - what is installed, and what is newer. */
#ifndef MAPAE_HOST_PACKAGES_H
#define MAPAE_HOST_PACKAGES_H

#include "machine_internal.h"

typedef struct mp_installed {
    mp_str name, version, architecture;
    mp_str origin;    /* empty: no list offers this version */
    mp_str update;    /* empty: there is none newer */
    bool   is_security;
    struct mp_installed *same; /* of the same name and another architecture */
} mp_installed;

typedef struct mp_installed_list {
    mp_installed *items;
    size_t        count, cap;
    mp_map        by_name; /* to the last that was added */
    bool          knows_updates; /* origin, update and is_security tell */
} mp_installed_list;

/* apt.c: what the lists that apt fetched say of them; sets knows_updates, or notes why not. */
MP_MUST_CHECK mp_code mp_apt_look(mp_installed_list *list, mp_machine *m, mp_error *err);
/* Whether apt installs updates by itself; -1: it cannot be told. */
MP_MUST_CHECK mp_code mp_apt_is_automatic(int *out, mp_machine *m, mp_error *err);
/* The value of `name` ("APT::Periodic::Unattended-Upgrade") in a text of apt.conf; the last one counts. Empty: none. */
mp_str mp_apt_setting(mp_str text, mp_str name);

#endif
