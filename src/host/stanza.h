/* SPDX-License-Identifier: Apache-2.0 */
/* stanza.h - the paragraphs in which Debian keeps its packages (deb822): /var/lib/dpkg/status and the lists that apt
 * fetches. Line by line, so that a list of any length needs no memory. */
#ifndef MAPAE_HOST_STANZA_H
#define MAPAE_HOST_STANZA_H

#include <mapae/str.h>

#define MP_STANZA_TEXT 256 /* a longer name or version is none */

typedef struct mp_stanza {
    char package[MP_STANZA_TEXT], version[MP_STANZA_TEXT], architecture[MP_STANZA_TEXT], status[MP_STANZA_TEXT];
    bool has_any;
} mp_stanza;

/* One more line, without its end. True: the stanza is complete (the line was empty); the next line begins another. */
bool mp_stanza_take(mp_stanza *s, mp_str line);
void mp_stanza_clear(mp_stanza *s);
/* It has a name and a version, and dpkg says that it is installed. */
bool mp_stanza_is_installed(const mp_stanza *s);

/* Order of two versions as Debian's policy has it (chapter 5.6.12): <0, 0, >0. */
int mp_deb_version_cmp(mp_str a, mp_str b);

#endif
