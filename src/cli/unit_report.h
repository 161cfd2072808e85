/* SPDX-License-Identifier: Apache-2.0 */
/* unit_report.h - what unit tests found: for people, for programs, for build servers. */
#ifndef MAPAE_CLI_UNIT_REPORT_H
#define MAPAE_CLI_UNIT_REPORT_H

#include "cli.h"
#include "unit.h"

typedef struct mp_unit_report {
    const mp_cli *cli;
    bool          color;
    bool          is_verbose;   /* name every test */
    bool          has_coverage;
    bool          is_full;      /* list what is not covered */
    unsigned      least;        /* percent that is asked for; 0: none */
} mp_unit_report;

/* Text: one file as soon as it is done, and the sums. */
void mp_unit_text_file(mp_buf *out, const mp_unit_report *report, const mp_unit_file *file);
void mp_unit_text_sums(mp_buf *out, const mp_unit_report *report, const mp_units *units);
/* One document. */
void mp_unit_json(mp_buf *out, const mp_unit_report *report, const mp_units *units);
void mp_unit_junit(mp_buf *out, const mp_unit_report *report, const mp_units *units);

#endif
