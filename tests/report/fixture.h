/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a scan's result made by hand: fixture.json as the plain data that reports are made of.
 *
 * Every verdict of the file becomes a record for each initiative that holds its policy; the sums are
 * counted from the records as the scan would. */
#ifndef MAPAE_TESTS_REPORT_FIXTURE_H
#define MAPAE_TESTS_REPORT_FIXTURE_H

#include "report.h"

typedef struct fixture {
    mp_arena        arena;
    mp_json_doc    *doc;
    mp_str         *inputs;
    size_t          input_count;
    mp_scan_record *records; /* in the order of the inventory */
    size_t          record_count;
    mp_scan_summary facts; /* before the scan: no sums */
    mp_scan_summary sums;
} fixture;

/* Ends the program with a sentence when the file is not as it should be. */
void fixture_load(fixture *f, const char *path);
void fixture_free(fixture *f);

/* Print the records `times` over in the order of the inventory, `batch` records to a buffer. */
MP_MUST_CHECK mp_code fixture_print(const fixture *f, mp_report *report, size_t times, size_t batch,
                                    mp_error *err);

/* A sink that appends to an mp_buf. */
mp_code fixture_sink(void *buf, mp_str bytes, mp_error *err);

#endif
