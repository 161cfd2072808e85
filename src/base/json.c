/* SPDX-License-Identifier: Apache-2.0 */
/* The reader goes over the text once, without recursion, and writes nodes into one array. An open
 * container keeps in its own node what must be known again when it closes: `count` is being
 * counted, `span` holds the index of the container around it.
 *
 * The end of the text is not looked for at every byte. A closing quote, a digit or a blank may be
 * found a little beyond it, in the padding; but nothing there is accepted, since after every value
 * (and inside every run that could be long) the place is compared with the end once. That keeps a
 * read beyond the end within MP_JSON_PADDING: at most a key's first step (33 bytes), or a value's
 * after a few single characters.
 *
 * The hot path only notes where it failed and why; words are found for that afterwards. */
#include <mapae/json.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "map.h"
#include "simd.h"
#include "utf8.h"

#define NO_CONTAINER UINT64_MAX
#define FEW_MEMBERS 16    /* up to here duplicates are found by comparing all pairs */
#define SPARE_NODES 2     /* a key and its value are written without asking for room twice */
#define STRING_STEP 32    /* bytes of a string looked at together */

/* Memory that documents are put in one behind the other. A block that is full is retired: it stays as
 * long as the documents in it are kept. */
struct blocks {
    char  *block;   /* the one in use */
    char  *next;    /* free space in it: where the next document goes */
    size_t left;    /* bytes from `next` on */
    size_t kept;    /* bytes of documents in all blocks */
    char **retired;
    size_t retired_len, retired_cap;
};

struct mp_json_doc {
    struct blocks nodes;
    struct blocks strings; /* those that had escapes, without them */
    size_t    last_nodes, last_strings; /* bytes of the document read last */
    char     *text; /* mp_json_read()'s padded copy */
    size_t    text_cap;
    uint32_t *seen; /* for duplicate keys: a table of node indices */
    size_t    seen_cap;
};

typedef enum fault {
    NO_FAULT,
    OUT_OF_MEMORY,
    TOO_DEEP,
    WANT_VALUE,
    WANT_KEY,
    WANT_KEY_OR_END,
    WANT_COLON,
    WANT_COMMA_IN_OBJECT,
    WANT_COMMA_IN_ARRAY,
    WANT_END,
    WANT_QUOTE,
    WANT_DIGIT,
    LEADING_ZERO,
    CONTROL_CHARACTER,
    BAD_UTF8,
    BAD_ESCAPE,
    BAD_HEX,
    LONE_HIGH_SURROGATE,
    LONE_LOW_SURROGATE,
    DUPLICATE_KEY,
} fault;

typedef struct reader {
    mp_json_doc *doc;
    const char  *begin, *end; /* of the text */
    mp_json     *node_end;    /* of doc->nodes, less SPARE_NODES */
    char        *unescaped; /* free space in doc->strings; NULL until the first escape */
    uint32_t     max_depth;
    bool         reject_duplicates;
    fault        why; /* set with `where` by fail() */
    const char  *where;
} reader;

static const char *fail(reader *r, fault why, const char *where)
{
    r->why = why;
    r->where = where;
    return NULL;
}

/* ---- memory ---- */

static void free_blocks(struct blocks *b)
{
    for (size_t i = 0; i < b->retired_len; i++)
        free(b->retired[i]);
    free(b->retired);
    free(b->block);
}

/* Put a block of `size` bytes in use; the one in use is retired when something in it is kept. */
static bool use_new_block(struct blocks *b, size_t size)
{
    if (b->next != b->block && b->retired_len == b->retired_cap) {
        size_t cap = b->retired_cap ? 2 * b->retired_cap : 8;
        char **retired = realloc(b->retired, cap * sizeof *retired);
        if (!retired)
            return false;
        b->retired = retired;
        b->retired_cap = cap;
    }
    char *block = malloc(size);
    if (!block)
        return false;
    if (b->next != b->block)
        b->retired[b->retired_len++] = b->block;
    else
        free(b->block);
    b->block = b->next = block;
    b->left = size;
    return true;
}

static bool reserve(struct blocks *b, size_t wanted)
{
    return b->left >= wanted || use_new_block(b, wanted);
}

/* Twice the room for the document at hand, of which `used` bytes are written. */
static bool grow(struct blocks *b, size_t used)
{
    size_t wanted = 2 * b->left;
    if (b->next != b->block) {
        char *written = b->next;
        if (!use_new_block(b, wanted))
            return false;
        memcpy(b->next, written, used); /* from the retired block */
        return true;
    }
    char *block = realloc(b->block, wanted);
    if (!block)
        return false;
    b->block = b->next = block;
    b->left = wanted;
    return true;
}

mp_code mp_json_doc_new(mp_json_doc **out, mp_error *err)
{
    mp_json_doc *doc = calloc(1, sizeof *doc);
    if (!doc)
        return mp_no_memory(err);
    *out = doc;
    return MP_OK;
}

void mp_json_doc_free(mp_json_doc *doc)
{
    if (!doc)
        return;
    free_blocks(&doc->nodes);
    free_blocks(&doc->strings);
    free(doc->text);
    free(doc->seen);
    free(doc);
}

void mp_json_doc_keep(mp_json_doc *doc)
{
    doc->nodes.next += doc->last_nodes;
    doc->nodes.left -= doc->last_nodes;
    doc->nodes.kept += doc->last_nodes;
    if (doc->last_strings) /* without any there may be no block yet */
        doc->strings.next += doc->last_strings;
    doc->strings.left -= doc->last_strings;
    doc->strings.kept += doc->last_strings;
    doc->last_nodes = doc->last_strings = 0;
}

/* What took several blocks this time gets one that holds it all next time. */
static void forget_blocks(struct blocks *b)
{
    size_t kept = b->kept;
    if (b->retired_len) {
        free_blocks(b);
        *b = (struct blocks){ .block = malloc(2 * kept) };
        b->left = b->block ? 2 * kept : 0;
        b->next = b->block;
        return;
    }
    b->left += (size_t)(b->next - b->block);
    b->next = b->block;
    b->kept = 0;
}

void mp_json_doc_forget(mp_json_doc *doc)
{
    forget_blocks(&doc->nodes);
    forget_blocks(&doc->strings);
    doc->last_nodes = doc->last_strings = 0;
}

/* Real documents have a node for every 12 bytes or more; what has more makes the array grow. */
static bool reserve_nodes(mp_json_doc *doc, size_t text_len)
{
    return reserve(&doc->nodes, (text_len / 10 + 16) * sizeof(mp_json));
}

static mp_json *first_node(const mp_json_doc *doc)
{
    return (mp_json *)(void *)doc->nodes.next;
}

static mp_json *node_end(const mp_json_doc *doc)
{
    return first_node(doc) + doc->nodes.left / sizeof(mp_json) - SPARE_NODES;
}

static __attribute__((noinline)) bool grow_nodes(reader *r, mp_json **node, mp_json **container)
{
    size_t used = (size_t)(*node - first_node(r->doc));
    size_t open = *container ? (size_t)(*container - first_node(r->doc)) : 0;
    if (!grow(&r->doc->nodes, used * sizeof(mp_json)))
        return false;
    *node = first_node(r->doc) + used;
    r->node_end = node_end(r->doc);
    if (*container)
        *container = first_node(r->doc) + open;
    return true;
}

/* A place for the unescaped strings that never has to move: what is unescaped gets no longer. */
static bool reserve_strings(reader *r)
{
    if (!reserve(&r->doc->strings, (size_t)(r->end - r->begin) + MP_JSON_PADDING))
        return false;
    r->unescaped = r->doc->strings.next;
    return true;
}

/* ---- white space ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static __attribute__((noinline)) const char *skip_run(const char *p, const char *end)
{
    for (; p < end; p += MP_BLOCK) {
        uint32_t others = ~mp_block_blank(mp_block_load(p)) & MP_BLOCK_ALL;
        if (others) {
            p += __builtin_ctz(others);
            return p < end ? p : end;
        }
    }
    return end;
}

static inline const char *skip_blanks(const char *p, const char *end)
{
    return (uint8_t)*p > ' ' ? p : skip_run(p, end);
}

/* The same where `likely` is what mostly stands there, in compact texts at once. */
static inline const char *skip_to(const char *p, char likely, const char *end)
{
    return *p == likely ? p : skip_blanks(p, end);
}

/* ---- strings ---- */

static inline void set_text(mp_json *node, mp_json_kind kind, const char *text, size_t len)
{
    node->kind = (uint32_t)kind;
    node->count = (uint32_t)len;
    node->u.text = text;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/* The four digits at `p`, or a negative number; `*bad` is then the first that is none. */
static int32_t hex4(const char *p, const char **bad)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0) {
            *bad = p + i;
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* \uXXXX, or two of them for one code point beyond U+FFFF (RFC 8259 section 7). `p` is at the
 * backslash. A \u0000 is kept: strings have a length. */
static const char *read_unicode_escape(reader *r, const char *p, char **out)
{
    const char *bad;
    int32_t     unit = hex4(p + 2, &bad);
    if (unit < 0)
        return fail(r, BAD_HEX, bad);
    const char *next = p + 6;
    uint32_t    cp = (uint32_t)unit;
    if ((cp & 0xFC00) == 0xDC00)
        return fail(r, LONE_LOW_SURROGATE, p);
    if ((cp & 0xFC00) == 0xD800) {
        if (next >= r->end || (next + 1 == r->end && *next == '\\'))
            return fail(r, WANT_QUOTE, r->end);
        int32_t low = next[0] == '\\' && next[1] == 'u' ? hex4(next + 2, &bad) : 0;
        if (low < 0)
            return fail(r, BAD_HEX, bad);
        if ((low & 0xFC00) != 0xDC00)
            return fail(r, LONE_HIGH_SURROGATE, p);
        cp = 0x10000 + ((cp & 0x3FF) << 10) + ((uint32_t)low & 0x3FF);
        next += 6;
    }
    *out += mp_utf8_encode(*out, cp);
    return next;
}

static const char *read_escape(reader *r, const char *p, char **out)
{
    static const char plain[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
        ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
    };
    if (p + 1 >= r->end)
        return fail(r, WANT_QUOTE, r->end);
    if (p[1] == 'u')
        return read_unicode_escape(r, p, out);
    char c = plain[(uint8_t)p[1]];
    if (!c)
        return fail(r, BAD_ESCAPE, p);
    *(*out)++ = c;
    return p + 2;
}

/* Over the code points beyond ASCII that begin at `p`, to the next ASCII byte. */
static const char *skip_non_ascii(reader *r, const char *p)
{
    while (p < r->end && (uint8_t)*p >= 0x80) {
        uint32_t cp;
        size_t   len = mp_utf8_decode(&cp, p, (size_t)(r->end - p));
        if (len == 0)
            return fail(r, BAD_UTF8, p);
        p += len;
    }
    return p;
}

/* The next byte from `p` on that is not plain ASCII, or a place at or beyond the end. */
static inline const char *skip_ascii(const char *p, const char *end)
{
    for (; p < end; p += MP_BLOCK) {
        uint32_t stops = mp_block_stops(mp_block_load(p));
        if (stops)
            return p + __builtin_ctz(stops);
    }
    return p;
}

/* A string from its first escape on: `p` is at the backslash, `begin` behind the opening quote. */
static const char *read_escaped(reader *r, const char *begin, const char *p, mp_json *node)
{
    if (!r->unescaped && !reserve_strings(r))
        return fail(r, OUT_OF_MEMORY, p);
    char *start = r->unescaped;
    memcpy(start, begin, (size_t)(p - begin));
    char *out = start + (p - begin);
    for (;;) {
        const char *run = p;
        p = skip_ascii(p, r->end);
        if (p < r->end && (uint8_t)*p >= 0x80)
            p = skip_non_ascii(r, p);
        if (!p)
            return NULL;
        if (p >= r->end)
            return fail(r, WANT_QUOTE, r->end);
        memcpy(out, run, (size_t)(p - run));
        out += p - run;
        if (*p == '"')
            break;
        if (*p == '\\')
            p = read_escape(r, p, &out);
        else if ((uint8_t)*p < 0x20)
            return fail(r, CONTROL_CHARACTER, p);
        if (!p)
            return NULL;
    }
    set_text(node, MP_JSON_STRING, start, (size_t)(out - start));
    r->unescaped = out;
    return p + 1;
}

/* The rest of a string that is not plain ASCII; `p` is at the first byte that is not. */
static __attribute__((noinline)) const char *read_rest(reader *r, const char *begin, const char *p,
                                                       mp_json *node)
{
    for (;;) {
        if (p >= r->end)
            return fail(r, WANT_QUOTE, r->end);
        if (*p == '"') {
            set_text(node, MP_JSON_STRING, begin, (size_t)(p - begin));
            return p + 1;
        }
        if (*p == '\\')
            return read_escaped(r, begin, p, node);
        if ((uint8_t)*p < 0x20)
            return fail(r, CONTROL_CHARACTER, p);
        p = skip_non_ascii(r, p);
        if (!p)
            return NULL;
        p = skip_ascii(p, r->end);
    }
}

/* `p` is at the opening quote. */
static inline const char *read_string(reader *r, const char *p, mp_json *node)
{
    const char *begin = ++p;
    for (;;) {
        uint32_t stops = mp_block_stops(mp_block_load(p)) |
                         mp_block_stops(mp_block_load(p + MP_BLOCK)) << MP_BLOCK;
        if (stops) {
            p += __builtin_ctz(stops);
            break;
        }
        p += STRING_STEP;
        if (p >= r->end)
            break;
    }
    if (*p != '"' || p >= r->end)
        return read_rest(r, begin, p, node);
    set_text(node, MP_JSON_STRING, begin, (size_t)(p - begin));
    return p + 1;
}

/* ---- numbers and words ---- */

static inline bool is_digit(char c)
{
    return (uint8_t)(c - '0') < 10;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* number = [ "-" ] int [ "." 1*DIGIT ] [ ("e" / "E") [ "+" / "-" ] 1*DIGIT ]; the integer is known
 * to be well-formed up to `p`. */
static __attribute__((noinline)) const char *read_real(reader *r, const char *begin,
                                                       const char *p, mp_json *node)
{
    const char *end = r->end;
    p = skip_digits(p, end);
    if (p < end && *p == '.') {
        if (++p >= end || !is_digit(*p))
            return fail(r, WANT_DIGIT, p);
        p = skip_digits(p, end);
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        if (p >= end || !is_digit(*p))
            return fail(r, WANT_DIGIT, p);
        p = skip_digits(p, end);
    }
    set_text(node, MP_JSON_REAL, begin, (size_t)(p - begin));
    return p;
}

/* An integer up to the end of the text: what follows it, in the padding, is not part of it. */
static __attribute__((noinline)) const char *read_last_integer(reader *r, const char *begin,
                                                               mp_json *node)
{
    bool        negative = *begin == '-';
    uint64_t    value = 0;
    const char *p = begin + negative;
    if (p >= r->end)
        return fail(r, WANT_DIGIT, r->end);
    while (p < r->end)
        value = value * 10 + (uint64_t)(*p++ - '0');
    if (value > (uint64_t)INT64_MAX + negative || (negative && value == 0)) {
        set_text(node, MP_JSON_REAL, begin, (size_t)(p - begin));
        return p;
    }
    node->kind = MP_JSON_INT;
    node->count = 0;
    node->u.integer = (int64_t)(negative ? 0 - value : value);
    return p;
}

static inline const char *read_number(reader *r, const char *p, mp_json *node)
{
    const char *begin = p;
    bool        negative = *p == '-';
    p += negative;
    if (!is_digit(*p))
        return fail(r, WANT_DIGIT, p);
    if (*p == '0' && is_digit(p[1]) && p + 1 < r->end)
        return fail(r, LEADING_ZERO, begin);
    const char *digits = p;
    uint64_t    value = 0;
    while (is_digit(*p) && p - digits < 19) /* 19 always fit in 64 bits */
        value = value * 10 + (uint64_t)(*p++ - '0');
    if (__builtin_expect(p >= r->end, false))
        return read_last_integer(r, begin, node);
    bool longer = is_digit(*p) || *p == '.' || (*p | 0x20) == 'e';
    bool fits = value <= (uint64_t)INT64_MAX + negative && !(negative && value == 0);
    if (longer || !fits)
        return read_real(r, begin, p, node);
    node->kind = MP_JSON_INT;
    node->count = 0;
    node->u.integer = (int64_t)(negative ? 0 - value : value);
    return p;
}

static inline const char *read_word(reader *r, const char *p, mp_json *node)
{
    bool is_true = memcmp(p, "true", 4) == 0;
    bool is_null = memcmp(p, "null", 4) == 0;
    bool is_false = memcmp(p, "false", 5) == 0;
    const char *behind = p + 4 + is_false;
    if (!(is_true || is_null || is_false) || behind > r->end)
        return fail(r, WANT_VALUE, p);
    node->kind = is_null ? MP_JSON_NULL : MP_JSON_BOOL;
    node->count = 0;
    node->u.integer = is_true;
    return behind;
}

/* ---- duplicate keys ---- */

static bool same_text(const mp_json *a, const mp_json *b)
{
    return mp_str_eq(mp_json_str(a), mp_json_str(b));
}

static const mp_json *duplicate_of_few(const mp_json *object)
{
    for (MP_JSON_MEMBERS(key, object))
        for (const mp_json *k = mp_json_first(object); k < key; k = mp_json_next(k + 1))
            if (same_text(k, key))
                return key;
    return NULL;
}

static bool reserve_seen(mp_json_doc *doc, size_t slots)
{
    if (doc->seen_cap < slots) {
        free(doc->seen);
        doc->seen = malloc(slots * sizeof *doc->seen);
        doc->seen_cap = doc->seen ? slots : 0;
    }
    if (doc->seen)
        memset(doc->seen, 0, slots * sizeof *doc->seen);
    return doc->seen != NULL;
}

/* By a hash table at most half full: linear, whatever the keys (mp_hash is keyed by a secret). */
static const mp_json *duplicate_of_many(reader *r, const mp_json *object)
{
    size_t slots = 2 * FEW_MEMBERS;
    while (slots < (size_t)object->count * 2)
        slots *= 2;
    if (!reserve_seen(r->doc, slots)) {
        r->why = OUT_OF_MEMORY;
        return NULL;
    }
    uint32_t *seen = r->doc->seen;
    for (MP_JSON_MEMBERS(key, object)) {
        size_t slot = mp_hash(mp_json_str(key)) & (slots - 1);
        for (; seen[slot]; slot = (slot + 1) & (slots - 1))
            if (same_text(object + seen[slot], key))
                return key;
        seen[slot] = (uint32_t)(key - object);
    }
    return NULL;
}

/* Where in the text the node of this index begins. */
static const char *find_node(mp_str text, size_t index);

static bool has_duplicate(reader *r, const mp_json *object)
{
    const mp_json *key = object->count <= FEW_MEMBERS ? duplicate_of_few(object)
                                                      : duplicate_of_many(r, object);
    if (r->why == OUT_OF_MEMORY)
        fail(r, OUT_OF_MEMORY, r->begin);
    else if (key)
        fail(r, DUPLICATE_KEY,
             find_node(mp_str_of(r->begin, (size_t)(r->end - r->begin)),
                       (size_t)(key - first_node(r->doc))));
    return r->why != NO_FAULT;
}

/* ---- the loop ---- */

static inline const char *read_scalar(reader *r, const char *p, mp_json *node)
{
    if (*p == '-' || is_digit(*p))
        return read_number(r, p, node);
    return read_word(r, p, node);
}

/* member = string ":" value; this is the string and the colon. */
static inline const char *read_key(reader *r, const char *p, mp_json *node)
{
    p = skip_to(p, '"', r->end);
    if (*p != '"')
        return fail(r, WANT_KEY, p);
    p = read_string(r, p, node);
    if (!p)
        return NULL;
    p = skip_to(p, ':', r->end);
    if (*p != ':')
        return fail(r, WANT_COLON, p);
    return p + 1;
}

/* A bracket: `node` becomes an open container inside `outer`, or an empty one that is `*closed`. */
static inline const char *open_container(reader *r, const char *p, mp_json *node,
                                         const mp_json *outer, bool *closed)
{
    bool is_object = *p == '{';
    node->kind = is_object ? MP_JSON_OBJECT : MP_JSON_ARRAY;
    node->count = 0;
    node->u.span = 1;
    p = skip_blanks(p + 1, r->end);
    if (p >= r->end)
        return fail(r, is_object ? WANT_KEY_OR_END : WANT_VALUE, r->end);
    *closed = *p == (is_object ? '}' : ']');
    if (*closed)
        return p + 1;
    if (is_object && *p != '"')
        return fail(r, WANT_KEY_OR_END, p);
    node->u.span = outer ? (uint64_t)(outer - first_node(r->doc)) : NO_CONTAINER;
    return p;
}

/* The closing of `container` was read; `behind` follows its last node. Returns the one around it,
 * NULL outside all. */
static inline mp_json *close_container(reader *r, mp_json *container, const mp_json *behind)
{
    uint64_t outer = container->u.span;
    container->count++;
    container->u.span = (uint64_t)(behind - container);
    return outer == NO_CONTAINER ? NULL : first_node(r->doc) + outer;
}

static const char *fail_after_value(reader *r, bool in_object, const char *p)
{
    return fail(r, in_object ? WANT_COMMA_IN_OBJECT : WANT_COMMA_IN_ARRAY, p);
}

/* Read one value from `p` on; returns the place behind it, or NULL after fail(). */
static const char *read_value(reader *r, const char *p)
{
    const char *end = r->end;
    mp_json    *node = first_node(r->doc); /* the next one to write */
    mp_json    *container = NULL;     /* the innermost open one */
    uint32_t    depth = 0;
    bool        in_object = false;
    for (;;) {
        if (node >= r->node_end && !grow_nodes(r, &node, &container))
            return fail(r, OUT_OF_MEMORY, p);
        if (in_object && !(p = read_key(r, p, node++)))
            return NULL;
        p = skip_to(p, '"', end);
        if (*p == '"') {
            p = read_string(r, p, node++);
        } else if (*p == '{' || *p == '[') {
            bool closed = false;
            if (depth == r->max_depth)
                return fail(r, TOO_DEEP, p);
            p = open_container(r, p, node, container, &closed);
            if (p && !closed) {
                container = node++;
                in_object = container->kind == MP_JSON_OBJECT;
                depth++;
                continue;
            }
            node++;
        } else {
            p = read_scalar(r, p, node++);
        }
        if (!p)
            return NULL;

        /* After a value: any number of closings, then a comma. */
        for (;;) {
            if (!container)
                return p;
            if (p >= end)
                return fail_after_value(r, in_object, end);
            p = skip_to(p, ',', end);
            if (*p == ',')
                break;
            if (*p != (in_object ? '}' : ']'))
                return fail_after_value(r, in_object, p);
            p++;
            mp_json *closed = container;
            container = close_container(r, container, node);
            if (r->reject_duplicates && in_object && has_duplicate(r, closed))
                return NULL;
            in_object = container && container->kind == MP_JSON_OBJECT;
            depth--;
        }
        container->count++;
        p++;
    }
}

/* ---- words for what went wrong ---- */

static const char *const wanted_texts[] = {
    [WANT_VALUE] = "expected a value",
    [WANT_KEY] = "expected a member name in quotes",
    [WANT_KEY_OR_END] = "expected a member name in quotes or '}'",
    [WANT_COLON] = "expected ':' after a member name",
    [WANT_COMMA_IN_OBJECT] = "expected ',' or '}' after a member",
    [WANT_COMMA_IN_ARRAY] = "expected ',' or ']' after an element",
    [WANT_END] = "expected the end of the text",
    [WANT_QUOTE] = "expected '\"' to end a string",
    [WANT_DIGIT] = "expected a digit in a number",
    [LEADING_ZERO] = "expected a number without leading zeros",
    [CONTROL_CHARACTER] = "expected control characters in a string to be escaped",
    [BAD_UTF8] = "expected UTF-8",
    [BAD_ESCAPE] = "expected an escape sequence (\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u)",
    [BAD_HEX] = "expected four hexadecimal digits after \\u",
    [LONE_HIGH_SURROGATE] = "expected the second half of a surrogate pair after \\uD800-\\uDBFF",
    [LONE_LOW_SURROGATE] = "expected the first half of a surrogate pair before \\uDC00-\\uDFFF",
};

/* What stands at `p`, for a person. `quoted` has room for a code point in quotes and its number. */
static const char *found(char quoted[32], const char *p, const char *end)
{
    uint32_t cp;
    size_t   len = mp_utf8_decode(&cp, p, (size_t)(end - p));
    if (p == end)
        return "the end of the text";
    if (len == 0)
        snprintf(quoted, 32, "byte 0x%02X", (uint8_t)*p);
    else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0xFEFF)
        snprintf(quoted, 32, "U+%04X", (unsigned)cp);
    else
        snprintf(quoted, 32, "'%.*s'", (int)len, p);
    return quoted;
}

static mp_code explain(const reader *r, mp_error *err)
{
    mp_str      text = mp_str_of(r->begin, (size_t)(r->end - r->begin));
    const char *where = r->where < r->end ? r->where : r->end;
    mp_pos      pos = mp_pos_of_offset(text, (size_t)(where - r->begin));
    char        quoted[32];
    switch (r->why) {
    case OUT_OF_MEMORY:
        return mp_no_memory(err);
    case TOO_DEEP:
        return mp_fail(err, MP_LIMIT, pos, "containers are nested more than %u deep", r->max_depth);
    case DUPLICATE_KEY:
        return mp_fail(err, MP_SYNTAX, pos, "a member of this name is in the object already");
    case WANT_VALUE:
    case BAD_ESCAPE: /* quote the whole of it, not only where it begins */
        if (where < r->end) {
            int len = 0;
            while (len < 12 && where + len < r->end && where[len] > ' ' && where[len] < 0x7F &&
                   (len < 2 || r->why == WANT_VALUE) && !strchr(",:]}", where[len]))
                len++;
            if (len > 0)
                return mp_fail(err, MP_SYNTAX, pos, "%s, found '%.*s'", wanted_texts[r->why], len, where);
        }
        break;
    default:
        break;
    }
    return mp_fail(err, MP_SYNTAX, pos, "%s, found %s", wanted_texts[r->why],
                   found(quoted, where, r->end));
}

/* ---- reading ---- */

static const char *read_text(reader *r, bool allow_trailing)
{
    const char *p = r->begin;
    if (r->end - p >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
        p += 3;
    p = skip_blanks(p, r->end);
    if (p >= r->end)
        return fail(r, WANT_VALUE, r->end);
    p = read_value(r, p);
    if (!p)
        return NULL;
    assert(p <= r->end);
    if (allow_trailing || p == r->end)
        return p;
    const char *rest = skip_blanks(p, r->end);
    return rest < r->end ? fail(r, WANT_END, rest) : p;
}

mp_code mp_json_read_padded(mp_json_doc *doc, const mp_json **root, mp_str text,
                            const mp_json_options *options, size_t *used, mp_error *err)
{
    static const mp_json_options defaults;
    if (!options)
        options = &defaults;
    if (text.len > UINT32_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the text is over 4 GiB");
    if (text.len == 0)
        return mp_fail(err, MP_SYNTAX, ((mp_pos){ 1, 1 }),
                       "expected a value, found the end of the text");
    doc->last_nodes = doc->last_strings = 0;
    if (!reserve_nodes(doc, text.len))
        return mp_no_memory(err);
    reader r = {
        .doc = doc,
        .begin = text.ptr,
        .end = text.ptr + text.len,
        .node_end = node_end(doc),
        .max_depth = options->max_depth ? options->max_depth : MP_JSON_DEPTH,
        .reject_duplicates = options->reject_duplicates,
    };
    const char *behind = read_text(&r, options->allow_trailing);
    if (!behind)
        return explain(&r, err);
    *root = first_node(doc);
    doc->last_nodes = mp_json_nodes(*root) * sizeof(mp_json);
    doc->last_strings = r.unescaped ? (size_t)(r.unescaped - doc->strings.next) : 0;
    if (used)
        *used = (size_t)(behind - text.ptr);
    return MP_OK;
}

mp_code mp_json_read(mp_json_doc *doc, const mp_json **root, mp_str text,
                     const mp_json_options *options, size_t *used, mp_error *err)
{
    if (text.len > UINT32_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the text is over 4 GiB");
    size_t wanted = text.len + MP_JSON_PADDING;
    if (doc->text_cap < wanted) {
        free(doc->text);
        doc->text = malloc(wanted);
        doc->text_cap = doc->text ? wanted : 0;
        if (!doc->text)
            return mp_no_memory(err);
    }
    if (text.len)
        memcpy(doc->text, text.ptr, text.len);
    memset(doc->text + text.len, 0, MP_JSON_PADDING);
    return mp_json_read_padded(doc, root, mp_str_of(doc->text, text.len), options, used, err);
}

/* ---- places in the text ---- */

mp_pos mp_pos_of_offset(mp_str text, size_t offset)
{
    mp_pos      pos = { 1, 1 };
    size_t      end = offset < text.len ? offset : text.len;
    size_t      i = text.len >= 3 && offset >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    const char *feed;
    while (i < end && (feed = memchr(text.ptr + i, '\n', end - i))) {
        pos.line++;
        i = (size_t)(feed - text.ptr) + 1;
    }
    for (; i < end; i++)
        pos.col += !mp_utf8_continues((uint8_t)text.ptr[i]);
    return pos;
}

/* Behind the string whose opening quote is at `i`. */
static size_t pass_string(mp_str text, size_t i)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++)
        if (text.ptr[i] == '\\')
            i++;
    return i + 1;
}

static bool ends_token(char c)
{
    return is_blank(c) || c == ',' || c == ':' || c == ']' || c == '}' || c == '[' || c == '{';
}

/* Every token that is no punctuation is a node, and so is every opening bracket. */
static const char *find_node(mp_str text, size_t index)
{
    size_t i = text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < text.len) {
        char c = text.ptr[i];
        bool opens = c == '[' || c == '{';
        if (ends_token(c) && !opens) {
            i++;
            continue;
        }
        if (index-- == 0)
            return text.ptr + i;
        if (c == '"')
            i = pass_string(text, i);
        else if (opens)
            i++;
        else
            while (i < text.len && !ends_token(text.ptr[i]))
                i++;
    }
    return NULL;
}

mp_pos mp_json_locate(mp_str text, size_t index)
{
    const char *at = find_node(text, index);
    return at ? mp_pos_of_offset(text, (size_t)(at - text.ptr)) : MP_NOWHERE;
}

size_t mp_json_offset(mp_str text, size_t index)
{
    const char *at = find_node(text, index);
    return at ? (size_t)(at - text.ptr) : text.len;
}

/* ---- walking ---- */

const mp_json *mp_json_get(const mp_json *v, mp_str name)
{
    const mp_json *value = NULL;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return NULL;
    for (MP_JSON_MEMBERS(key, v))
        if (key->count == name.len && mp_str_eq(mp_json_str(key), name))
            value = key + 1;
    return value;
}

const mp_json *mp_json_get_fold(const mp_json *v, mp_str name)
{
    const mp_json *exact = NULL, *folded = NULL;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return NULL;
    for (MP_JSON_MEMBERS(key, v)) {
        if (key->count != name.len)
            continue;
        if (mp_str_eq(mp_json_str(key), name))
            exact = key + 1;
        else if (mp_str_eq_fold(mp_json_str(key), name))
            folded = key + 1;
    }
    return exact ? exact : folded;
}

const mp_json *mp_json_at(const mp_json *v, size_t index)
{
    if (!mp_json_is(v, MP_JSON_ARRAY) || index >= v->count)
        return NULL;
    const mp_json *item = mp_json_first(v);
    while (index--)
        item = mp_json_next(item);
    return item;
}

size_t mp_json_nodes(const mp_json *v)
{
    return v->kind >= MP_JSON_ARRAY ? (size_t)v->u.span : 1;
}

const char *mp_json_kind_name(mp_json_kind kind)
{
    static const char *const names[] = {
        [MP_JSON_NULL] = "null",     [MP_JSON_BOOL] = "boolean", [MP_JSON_INT] = "integer",
        [MP_JSON_REAL] = "number",   [MP_JSON_STRING] = "string", [MP_JSON_ARRAY] = "array",
        [MP_JSON_OBJECT] = "object",
    };
    return (unsigned)kind < MP_COUNT(names) ? names[kind] : "unknown";
}

/* ---- numbers ----
 *
 * strtod knows the decimal point of the user's locale only, so it is given none: a number goes to
 * it as its digits and a power of ten. A double is decided by at most 767 digits; of more, it is
 * enough to know whether any is not zero. */

#define DIGITS_THAT_COUNT 780

typedef struct decimal {
    char    digits[DIGITS_THAT_COUNT + 32];
    size_t  count;
    int64_t exponent; /* of ten, to multiply the digits by */
    bool    negative;
} decimal;

static void add_digit(decimal *d, char c, bool behind_point)
{
    if (d->count == 0 && c == '0') {
        d->exponent -= behind_point;
        return;
    }
    /* Of the digits past those, one '1' stands for all if any of them is not zero. */
    bool is_sticky = d->count == DIGITS_THAT_COUNT && c != '0';
    if (d->count < DIGITS_THAT_COUNT || is_sticky) {
        d->digits[d->count++] = is_sticky ? '1' : c;
        d->exponent -= behind_point;
    } else {
        d->exponent += !behind_point;
    }
}

/* The text of a REAL node, which is known to be well-formed. */
static void take_apart(decimal *d, mp_str s)
{
    size_t i = 0;
    bool   behind_point = false;
    d->count = 0;
    d->exponent = 0;
    d->negative = s.len && s.ptr[0] == '-';
    for (i = d->negative; i < s.len && (s.ptr[i] | 0x20) != 'e'; i++) {
        if (s.ptr[i] == '.')
            behind_point = true;
        else
            add_digit(d, s.ptr[i], behind_point);
    }
    if (i >= s.len)
        return;
    bool down = ++i < s.len && s.ptr[i] == '-';
    i += i < s.len && !is_digit(s.ptr[i]);
    int64_t power = 0;
    for (; i < s.len && power < INT32_MAX; i++)
        power = power * 10 + (s.ptr[i] - '0');
    d->exponent += down ? -power : power;
}

static double real_value(mp_str s)
{
    decimal d;
    take_apart(&d, s);
    if (d.count == 0)
        return d.negative ? -0.0 : 0.0;
    int64_t exponent = d.exponent > 99999 ? 99999 : d.exponent < -99999 ? -99999 : d.exponent;
    snprintf(d.digits + d.count, 32, "e%d", (int)exponent);
    double value = strtod(d.digits, NULL);
    return d.negative ? -value : value;
}

double mp_json_double(const mp_json *v)
{
    return v->kind == MP_JSON_REAL ? real_value(mp_json_str(v)) : (double)v->u.integer;
}
