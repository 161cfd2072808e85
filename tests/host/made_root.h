/* SPDX-License-Identifier: Apache-2.0 */
/* made_root.h - a folder that stands for a machine, made for one test. */
#ifndef MAPAE_TESTS_MADE_ROOT_H
#define MAPAE_TESTS_MADE_ROOT_H

#include "machine.h"

typedef struct made_root {
    char path[128];
} made_root;

void made_root_new(made_root *root);
/* Files with the folders that they stand in. */
void made_root_file(const made_root *root, const char *path, const char *text);
void made_root_bytes(const made_root *root, const char *path, mp_str bytes);
void made_root_link(const made_root *root, const char *path, const char *target);
void made_root_pipe(const made_root *root, const char *path);
void made_root_free(made_root *root);

/* A small Debian server: what a test changes it writes again. */
void made_root_debian(const made_root *root);

#endif
