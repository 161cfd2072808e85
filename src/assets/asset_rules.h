/* SPDX-License-Identifier: Apache-2.0 */
/* asset_rules.h - the classes of assets, which types belong to which, and how a grade is worked out: content/assets,
 * as data. Immutable once read. */
#ifndef MAPAE_ASSET_RULES_H
#define MAPAE_ASSET_RULES_H

#include "arena.h"

#define MP_RATING_MAX 3 /* of confidentiality, integrity and availability, from 1 */

typedef struct mp_asset_class {
    mp_str         id;   /* "server" */
    const mp_json *name; /* {"ko", "en"} */
} mp_asset_class;

typedef struct mp_asset_grade {
    mp_str         id; /* "1" is the highest */
    const mp_json *name;
    int64_t        from; /* the least sum of ratings */
} mp_asset_grade;

typedef struct mp_asset_law {
    mp_str         id;
    const mp_json *name;
    size_t         grade; /* at least this one: its place in grades */
} mp_asset_law;

/* '*' stands for anything without a slash, "**" for anything. */
typedef struct mp_asset_rule {
    mp_str                pattern;
    const mp_asset_class *class; /* NULL: part of another asset, or none at all */
    size_t                weight; /* letters that are said outright: the heaviest rule counts */
} mp_asset_rule;

typedef struct mp_asset_rules {
    const mp_asset_class *classes;
    const mp_asset_grade *grades; /* the highest first */
    const mp_asset_law   *laws;
    const mp_asset_rule  *rules;
    size_t                class_count, grade_count, law_count, rule_count;
    const mp_json        *columns, *document;
} mp_asset_rules;

/* `root` lives as long as the rules. Fails with MP_FORMAT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_asset_rules_read(mp_asset_rules *out, const mp_json *root, mp_arena *arena, mp_error *err);
/* Those that Mapae comes with. */
MP_MUST_CHECK mp_code mp_asset_rules_builtin(mp_asset_rules *out, mp_arena *arena, mp_error *err);

const mp_asset_class *mp_asset_class_named(const mp_asset_rules *rules, mp_str id); /* NULL: none */
const mp_asset_law   *mp_asset_law_named(const mp_asset_rules *rules, mp_str id);
/* Of a type; *is_known false: no rule has it. NULL and known: it is no asset by itself. */
const mp_asset_class *mp_asset_class_of(bool *is_known, const mp_asset_rules *rules, mp_str type);
/* By the sum of three ratings and the laws it stands under (ids; may be NULL). */
const mp_asset_grade *mp_asset_grade_of(const mp_asset_rules *rules, int64_t sum, const mp_json *laws);
/* Does a type have the form of a pattern? Without ASCII case. */
bool mp_asset_pattern_fits(mp_str pattern, mp_str type);
/* {"ko", "en"} in a language: "ko" or another one. */
mp_str mp_asset_word(const mp_json *words, bool is_korean);

#endif
