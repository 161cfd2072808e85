/* SPDX-License-Identifier: Apache-2.0 */
/* render FIXTURE FORMAT LANG [width=N] [rows=N] [times=N] [batch=N] [color] [ascii] [empty]
 *
 * Prints the fixture in a format: for check_report.py, and for looking at it. */
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

static mp_code to_stdout(void *context, mp_str bytes, mp_error *err)
{
    if (fwrite(bytes.ptr, 1, bytes.len, context) == bytes.len)
        return MP_OK;
    return mp_fail(err, MP_IO, MP_NOWHERE, "cannot write");
}

static size_t value_of(int argc, char **argv, const char *name, size_t otherwise)
{
    for (int i = 4; i < argc; i++) {
        size_t len = strlen(name);
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            return strtoul(argv[i] + len + 1, NULL, 10);
    }
    return otherwise;
}

static bool has(int argc, char **argv, const char *name)
{
    for (int i = 4; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    fixture f;
    fixture_load(&f, argv[1]);
    if (has(argc, argv, "empty")) {
        f.record_count = 0;
        f.facts = f.sums = (mp_scan_summary){ .started = f.facts.started };
    }
    mp_report_options options = {
        .lang = mp_lang_find(mp_str_from(argv[3])),
        .color = has(argc, argv, "color"),
        .ascii = has(argc, argv, "ascii"),
        .width = (uint32_t)value_of(argc, argv, "width", 0),
        .rows = (uint32_t)value_of(argc, argv, "rows", 0),
        .inputs = f.inputs,
        .input_count = f.input_count,
        .version = MP_S("0.1.0"),
    };
    const mp_report_format *format = mp_report_format_find(mp_str_from(argv[2]));
    mp_report              *report = NULL;
    mp_error                err = { 0 };
    mp_report_sink          sink = { to_stdout, stdout };
    mp_code code = format ? mp_report_new(&report, format, &options, sink, &err) : MP_USAGE;
    if (code == MP_OK)
        code = fixture_print(&f, report, value_of(argc, argv, "times", 1),
                             value_of(argc, argv, "batch", 7), &err);
    if (code != MP_OK)
        fprintf(stderr, "%s\n", err.message);
    mp_report_free(report);
    fixture_free(&f);
    return code == MP_OK ? 0 : 1;
}
