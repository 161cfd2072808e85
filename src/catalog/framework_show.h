/* SPDX-License-Identifier: Apache-2.0 */
/* framework_show.h - frameworks as plain JSON, for answers, tables and forms: texts stand as {"ko", "en"}. */
#ifndef MAPAE_CATALOG_FRAMEWORK_SHOW_H
#define MAPAE_CATALOG_FRAMEWORK_SHOW_H

#include "frameworks.h"
#include "jsonw.h"

/* A member {"ko", "en"}, with the languages that there are; nothing when there is none. */
void mp_words_put(mp_jsonw *w, const char *name, mp_words words);

/* Each of these writes one object. */

/* {"framework", "id", "label", "title"} */
void mp_control_name(mp_jsonw *w, const mp_framework *framework, const mp_control *control);
/* A control with what answers it; `selected` (may be NULL) is how a scheme has it. */
void mp_control_show(mp_jsonw *w, const mp_framework *framework, const mp_control *control, const mp_selected *selected);
/* The same, worded as `scheme` has it (NULL: as the catalogue has it, and its wordings in schemes), with where its sources have
 * it, the schemes that it counts in, and what it maps to and from. */
void mp_control_show_whole(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework, const mp_scheme *scheme, const mp_control *control);
/* Where its source contradicts itself: what was chosen, and why. Empty: nowhere; NULL is fine. */
mp_words mp_scheme_note(const mp_scheme *scheme);
/* Title, edition, counts, schemes with their notes; without controls. */
void mp_framework_show_brief(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework);
/* The same with groups and controls: those of the scheme, unless it is NULL. */
void mp_framework_show(mp_jsonw *w, const mp_frameworks *all, const mp_framework *framework, const mp_scheme *scheme);

#endif
