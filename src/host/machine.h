/* SPDX-License-Identifier: Apache-2.0 */
/* machine.h - what a machine says of itself, as one Host document (docs/hosts.md).
 *
 * Everything is read from files below one root: this machine's own, or a folder that holds another's (an image, a
 * disk that is mounted, a test). Of this machine some things are asked of programs besides: systemctl, sshd -T, nft,
 * rpm. A machine whose root has no /proc is one that is off: it runs nothing and listens nowhere, and what only a
 * running kernel knows stays unknown.
 *
 * What cannot be read is never guessed. The member is absent, and "unknown" of the document says which one and why,
 * so that a policy over it cannot be met by accident. Nothing secret is read further than needed: of /etc/shadow what
 * state an account has, of sudoers and sshd_config settings, of no file its text. */
#ifndef MAPAE_HOST_MACHINE_H
#define MAPAE_HOST_MACHINE_H

#include "arena.h"
#include "clock.h"

typedef struct mp_machine_options {
    const char *root;   /* a folder; NULL: this machine */
    const char *name;   /* of the host; NULL: as the machine calls itself */
    mp_ticks    now;    /* when it is read; 0: the clock says */
    bool        no_programs; /* of this machine too nothing is started: files alone are read */
} mp_machine_options;

/* Something that could not be read. */
typedef struct mp_machine_gap {
    mp_str member; /* of the properties: "users", "packages[*].update" */
    mp_str reason; /* "denied", "missing", ... docs/hosts.md has the list */
    mp_str source; /* the path or program */
} mp_machine_gap;

typedef struct mp_machine_report {
    const mp_json        *document; /* the arena's */
    const mp_machine_gap *gaps;
    size_t                gap_count;
} mp_machine_report;

/* Fails with MP_IO (there is no such root), MP_PARAMETER (a name that cannot be a host's), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_machine_read(mp_machine_report *out, const mp_machine_options *options, mp_arena *arena,
                                      mp_error *err);

#endif
