/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - a command line against const tables of options.
 *
 * An option names the field of the command's struct that takes its value; the field's C type says
 * which kind of option it is:
 *
 *   bool         a flag                          --strict
 *   const char * one text; NULL when not given   --out FILE     (with `choices`: one of them)
 *   mp_list      any number of texts             --policy A --policy B
 *   int          one of `choices`: its index     --format json
 *   uint32_t     several of `choices`: bits,     --fail-on non-compliant,error
 *                0 when not given (`fallback` is what help says of that)
 *   int64_t      a whole number, min to max      --jobs 4
 *   mp_when      a point in time                 --now 2026-01-31T09:00:00Z
 *
 *   struct demo_args { const char *out; int format; mp_list inputs; };
 *   static const mp_option demo_options[] = {
 *       { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct demo_args, out) },
 *       { .name = "format", .choices = formats, .fallback = "table", .help = "option.format",
 *         MP_FIELD(struct demo_args, format) },
 *   };
 *
 * Long options are written --name VALUE or --name=VALUE, short ones -o VALUE or -oVALUE; "--" ends the
 * options; "-" is an operand. Options and operands may mix. */
#ifndef MAPAE_CLI_OPTIONS_H
#define MAPAE_CLI_OPTIONS_H

#include "arena.h"
#include "clock.h"

typedef struct mp_list {
    const char **items; /* borrowed from argv */
    size_t       count;
} mp_list;

typedef struct mp_when {
    bool     is_given;
    mp_ticks at;
} mp_when;

typedef enum mp_option_kind {
    MP_OPTION_NONE,
    MP_OPTION_FLAG,
    MP_OPTION_TEXT,
    MP_OPTION_LIST,
    MP_OPTION_CHOICE,
    MP_OPTION_CHOICES,
    MP_OPTION_NUMBER,
    MP_OPTION_TIME,
} mp_option_kind;

typedef struct mp_option {
    const char        *name;     /* without the dashes; NULL for an operand */
    const char        *value;    /* what help calls the value: "FILE"; choices show themselves */
    const char        *help;     /* id of a message */
    const char        *heading;  /* id of a message; this option and those after it stand below it */
    const char        *fallback; /* taken when the option is not given, as a user would write it */
    const char *const *choices;  /* ends with NULL */
    size_t             at;       /* of the field */
    int64_t            min, max; /* of a number; of an operand, how many (max 0: any number) */
    mp_option_kind     kind;
    char               letter;   /* short form, or 0 */
    bool               is_required;
    bool               is_hidden;
} mp_option;

#define MP_FIELD(type, field)                                                                   \
    .kind = _Generic(((type *)0)->field, bool: MP_OPTION_FLAG, const char *: MP_OPTION_TEXT,     \
                     mp_list: MP_OPTION_LIST, int: MP_OPTION_CHOICE, uint32_t: MP_OPTION_CHOICES, \
                     int64_t: MP_OPTION_NUMBER, mp_when: MP_OPTION_TIME),                        \
    .at = offsetof(type, field)

/* A table and the struct that its values go to (zeroed by the caller). */
typedef struct mp_option_set {
    const mp_option *options;
    size_t           count;
    void            *args;
} mp_option_set;

/* Put the fallbacks of a set into its struct. Fails with MP_INTERNAL when a table is wrong. */
MP_MUST_CHECK mp_code mp_options_default(const mp_option_set *set, mp_arena *arena, mp_error *err);

/* Read argv[*next] and on. The first set that knows an option takes it. Operands go to the field of
 * `operand` in the first set's struct; when `operand` is NULL, reading stops at the first of them, with
 * *next at it. Lists are the arena's. Fails with MP_USAGE (unknown option: the nearest is named; no
 * value, or a wrong one), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_options_read(const mp_option_set *sets, size_t set_count,
                                      const mp_option *operand, const char *const *argv, size_t argc,
                                      size_t *next, mp_arena *arena, mp_error *err);

/* After reading: what is required is there. Fails with MP_USAGE. */
MP_MUST_CHECK mp_code mp_options_check(const mp_option_set *set, const mp_option *operand, mp_error *err);

#endif
