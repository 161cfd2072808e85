/* SPDX-License-Identifier: Apache-2.0 */
/* backup_report.h - what backup and restore say when they are done. */
#ifndef MAPAE_CLI_BACKUP_REPORT_H
#define MAPAE_CLI_BACKUP_REPORT_H

#include "backup.h"
#include "cli.h"

/* `format` is one of mp_answer_formats. */
MP_MUST_CHECK mp_code mp_backup_say(mp_cli *cli, const mp_backup_report *report, const char *file, int format,
                                    mp_error *err);

#endif
