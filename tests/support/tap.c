/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka says of a skipped test "not ok 3 # SKIP name"; in TAP that is a failure. Its printer is taken over to
 * say "ok 3 # SKIP name", and to put "# " before what tests print of their own. */
#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

__attribute__((visibility("default"))) void vprint_message(const char *format, va_list args)
{
    const char *output = getenv("CMOCKA_MESSAGE_OUTPUT");
    bool        is_tap = output && strcmp(output, "TAP") == 0;
    if (is_tap && starts(format, "not ok %u # SKIP"))
        format += strlen("not ");
    else if (is_tap && !starts(format, "ok") && !starts(format, "not ok") && !starts(format, "#") &&
             !starts(format, "\t") && !starts(format, "1.."))
        fputs("# ", stdout);
    vprintf(format, args);
    fflush(stdout);
}
