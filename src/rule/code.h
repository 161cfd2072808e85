/* SPDX-License-Identifier: Apache-2.0 */
/* code.h - the compiled form, shared by emit.c and eval.c only. */
#ifndef MAPAE_RULE_CODE_H
#define MAPAE_RULE_CODE_H

#include "rules.h"

#define NONE UINT32_MAX

typedef enum opcode {
#define MP_OPCODE(name, follows, doc) OP_##name,
#include "opcodes.def"
#undef MP_OPCODE
    OPCODE_COUNT
} opcode;

typedef struct op {
    uint8_t  code;  /* opcode */
    uint8_t  cmp;   /* tests: mp_operator; PATH, SLOT: mp_path_use */
    uint8_t  frame; /* SLOT, PATH, COUNT */
    uint8_t  scope; /* PATH: loop it starts from; COUNT: its first loop */
    uint8_t  from;  /* COUNT: loop its array starts from, or MP_NO_SCOPE */
    uint8_t  flags;
    uint32_t end;   /* the instruction after this one's operands */
    uint32_t a, b;  /* see opcodes.def */
    uint32_t origin;
} op;

enum { /* flags */
    FLAG_WAS_EACH = 1,  /* PATH: passed [*] on the way to its loop */
    FLAG_WHERE = 2,     /* COUNT */
    FLAG_OVER_VALUE = 4 /* COUNT: over a value, not over a path */
};

typedef struct failure {
    mp_code code;
    mp_str  message;
} failure;

struct mp_rules {
    op                 *code;
    uint32_t            code_len;
    uint32_t           *entries; /* where each entry starts */
    uint32_t            entry_count;
    uint32_t            shared_count; /* conditions whose outcome is remembered */
    mp_operand         *operands;
    uint32_t            operand_count;
    const mp_json     **values;
    mp_path            *paths; /* relative: what follows the first slot or the loop's element */
    const mp_function **functions;
    failure            *failures;
    mp_slots           *slots;
    mp_arena            arena; /* all arrays and constants */
};

#endif
