/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a workbook has no document type, so one that has is refused before anything in it is looked at: no entity of its own, of this
 * document or of another, ever comes to be. */
#include <expat.h>

#include "sheet_parts.h"

typedef struct reading {
    const mp_sheet_part *part;
    const mp_sheet_xml  *reader;
    void                *ctx;
    XML_Parser           parser;
    mp_error            *err;
    mp_code              code;
    unsigned             depth;
} reading;

enum { DEPTH = 64, PIECE = 1 << 20 };

static const char *plain(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

const char *mp_sheet_attribute(const char *const *attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (strcmp(plain(attributes[0]), name) == 0 && strncmp(attributes[0], "xmlns", 5) != 0)
            return attributes[1];
    return NULL;
}

static void stop(reading *r, mp_code code)
{
    if (code != MP_OK && r->code == MP_OK) {
        r->code = code;
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static void on_begin(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
    reading *r = ctx;
    if (r->code != MP_OK)
        return;
    if (++r->depth > DEPTH)
        stop(r, mp_fail(r->err, MP_LIMIT, MP_NOWHERE, "elements of the workbook stand within elements more than %d deep", DEPTH));
    else
        stop(r, r->reader->begin(r->ctx, plain(name), (const char *const *)attributes, r->err));
}

static void on_end(void *ctx, const XML_Char *name)
{
    reading *r = ctx;
    if (r->code != MP_OK)
        return;
    r->depth--;
    stop(r, r->reader->end(r->ctx, plain(name), r->err));
}

static void on_text(void *ctx, const XML_Char *text, int len)
{
    reading *r = ctx;
    if (r->code == MP_OK)
        stop(r, r->reader->text(r->ctx, mp_str_of(text, (size_t)len), r->err));
}

static void on_doctype(void *ctx, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int has_subset)
{
    reading *r = ctx;
    (void)name;
    (void)sysid;
    (void)pubid;
    (void)has_subset;
    stop(r, mp_fail(r->err, MP_FORMAT, MP_NOWHERE, "the part '%.*s' of the workbook has a document type, which no spreadsheet writes", MP_FMT(r->part->name)));
}

static mp_code parse(reading *r, mp_error *err)
{
    mp_str rest = r->part->text;
    bool   is_last = false;
    while (!is_last) { /* a length is an int there */
        size_t len = rest.len < PIECE ? rest.len : PIECE;
        is_last = len == rest.len;
        if (XML_Parse(r->parser, len ? rest.ptr : "", (int)len, is_last) != XML_STATUS_OK) {
            if (r->code != MP_OK)
                return r->code;
            if (XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)
                return mp_no_memory(err);
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the part '%.*s' of the workbook is no XML: line %lu: %s", MP_FMT(r->part->name),
                           (unsigned long)XML_GetCurrentLineNumber(r->parser), XML_ErrorString(XML_GetErrorCode(r->parser)));
        }
        rest = mp_str_skip(rest, len);
    }
    return r->code;
}

mp_code mp_sheet_xml_read(const mp_sheet_part *part, const mp_sheet_xml *reader, void *ctx, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    reading  r = { .part = part, .reader = reader, .ctx = ctx, .err = err ? err : &why, .parser = XML_ParserCreate(NULL) };
    if (!r.parser)
        return mp_no_memory(err);
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_begin, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    mp_code code = parse(&r, r.err);
    XML_ParserFree(r.parser);
    return code;
}
