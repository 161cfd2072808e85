/* SPDX-License-Identifier: Apache-2.0 */
#include "skipped.h"

#include <inttypes.h>

static const char *const reasons[MP_SKIP_COUNT] = {
    [MP_SKIP_SUFFIX] = "skipped.suffix",
    [MP_SKIP_HIDDEN] = "skipped.hidden",
    [MP_SKIP_LINK] = "skipped.link",
    [MP_SKIP_SPECIAL] = "skipped.special",
};

void mp_cli_skipped(const mp_cli *cli, const mp_skips *skips)
{
    mp_buf names = MP_BUF_INIT;
    char   count[24];
    if (skips->count == 0 || cli->is_quiet)
        return;
    for (size_t i = 0; i < MP_SKIPS_NAMED && skips->paths[i]; i++) {
        mp_buf_printf(&names, "%s%s (", i ? ", " : "", skips->paths[i]);
        mp_say(&names, cli->lang, reasons[skips->why[i]], NULL, 0);
        mp_buf_add_c(&names, ')');
    }
    if (skips->count > MP_SKIPS_NAMED)
        mp_buf_add(&names, MP_S(", ..."));
    mp_buf_add_c(&names, '\0');
    snprintf(count, sizeof count, "%" PRIu64, skips->count);
    if (mp_buf_check(&names, NULL) == MP_OK)
        mp_cli_note(cli, "skipped", count, names.ptr, NULL);
    mp_buf_free(&names);
}

void mp_cli_skipped_policies(const mp_cli *cli, const mp_skips *skips, bool any_read)
{
    if (!any_read || skips->by[MP_SKIP_LINK] || skips->by[MP_SKIP_SPECIAL])
        mp_cli_skipped(cli, skips);
}
