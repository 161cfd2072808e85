/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - how a function of Mapae says what went wrong.
 *
 * A function that can fail returns an mp_code and takes an mp_error * (last, may be NULL) that the
 * caller owns and that the callee fills at the place of failure. Nothing is global, nothing is
 * allocated, so "out of memory" can be reported too. */
#ifndef MAPAE_ERROR_H
#define MAPAE_ERROR_H

#include <stdarg.h>

#include <mapae/str.h>

MP_API_BEGIN

/* What the program branches on. The names and meanings stand in one table; see mp_code_name(). */
typedef enum mp_code {
#define MP_CODE(name, text, doc) MP_##name,
#include <mapae/code.def>
#undef MP_CODE
    MP_CODE_COUNT
} mp_code;

/* A place in a user's text: line and column from 1, column in code points; {0,0} is nowhere. */
typedef struct mp_pos {
    uint32_t line;
    uint32_t col;
} mp_pos;

#ifdef __cplusplus
#define MP_NOWHERE (mp_pos{ 0, 0 })
#else
#define MP_NOWHERE ((mp_pos){ 0, 0 })
#endif

/* Where an argument of the format stands in the message: bytes. */
typedef struct mp_error_arg {
    uint16_t at;
    uint16_t len;
} mp_error_arg;

#define MP_ERROR_ARGS 8

typedef struct mp_error {
    mp_code      code;
    mp_pos       pos;          /* in the user's text */
    const char  *src_file;     /* in ours, for bug reports */
    int          src_line;
    char         message[400]; /* one sentence for a person: no newline, no secrets; in English */
    /* What it takes to say the same in another language: the format as the source has it (NULL: not
     * known), its arguments within `message`, and how many bytes of a subject stand in front. */
    const char  *format;
    uint16_t     subject_len;
    uint16_t     arg_count;
    mp_error_arg args[MP_ERROR_ARGS];
} mp_error;

/* "ok", "syntax", ...: the spelling used in JSON answers; static storage. */
const char *mp_code_name(mp_code code);

/* Fill `err` (may be NULL) and return `code`. Use it through mp_fail(). `format` is kept: it is a
 * literal of the source, and the key of the sentence in other languages (content/messages/errors.ko.json). */
mp_code mp_fail_at(mp_error *err, mp_code code, mp_pos pos, const char *file, int line,
                   const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The same for those who wrap it, with what the sentence is about in front: "SUBJECT SENTENCE". An
 * empty subject adds nothing. */
mp_code mp_fail_about(mp_error *err, mp_code code, mp_pos pos, const char *file, int line,
                      mp_str subject, const char *format, va_list args)
    __attribute__((format(printf, 7, 0)));

#define mp_fail(err, code, pos, ...) mp_fail_at((err), (code), (pos), __FILE__, __LINE__, __VA_ARGS__)
/* What every shortage of memory says; where it was, the error knows. */
#define mp_no_memory(err) mp_fail((err), MP_NOMEM, MP_NOWHERE, "out of memory")

#define MP_MUST_CHECK __attribute__((warn_unused_result))

/* Our only macro that returns: if not MP_OK, pass it up. */
#define MP_TRY(call)                       \
    do {                                   \
        mp_code mp_try_code_ = (call);     \
        if (mp_try_code_ != MP_OK)         \
            return mp_try_code_;           \
    } while (0)

MP_API_END
#endif
