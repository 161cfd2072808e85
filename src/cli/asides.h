/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are written aside until they are complete go when the program is interrupted (SIGINT, SIGTERM, SIGHUP), which then ends
 * it as ever. */
#ifndef MAPAE_ASIDES_H
#define MAPAE_ASIDES_H

/* Before it is made. Beyond eight at once, and of names that are too long, nothing is noted. */
void mp_aside_note(const char *path);
/* It is in its place, or gone. */
void mp_aside_forget(const char *path);

#endif
