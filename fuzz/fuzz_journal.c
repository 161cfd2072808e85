/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the journal of long work that was cut off. What can be read is every whole line, once and in order; a
 * line that is added stands behind them, and is read with them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "journal.h"
#include "source.h"

static char path[200];

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void remove_file(void) { unlink(path); }

static void write_file(const uint8_t *data, size_t size)
{
    const char *temporary = getenv("TMPDIR");
    if (!path[0]) {
        snprintf(path, sizeof path, "%s/mapae-journal-%ld", temporary ? temporary : "/tmp", (long)getpid());
        atexit(remove_file);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

typedef struct reading {
    size_t count;
    bool   saw_added; /* as the last one */
} reading;

static mp_code visit(void *ctx, const mp_json *line, mp_error *err)
{
    reading *r = ctx;
    (void)err;
    must(mp_json_is(line, MP_JSON_OBJECT));
    r->count++;
    r->saw_added = mp_json_is(mp_json_get(line, MP_S("added by the test")), MP_JSON_BOOL);
    return MP_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const mp_json added[] = { { .kind = MP_JSON_OBJECT, .count = 1, .u = { .span = 3 } },
                                     { .kind = MP_JSON_STRING, .count = sizeof "added by the test" - 1, .u = { .text = "added by the test" } }, { .kind = MP_JSON_BOOL, .u = { .integer = 1 } } };
    reading    first = { .count = 0 }, second = { .count = 0 };
    mp_journal journal;
    mp_error   err = { .code = MP_OK };
    size_t     lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    write_file(data, size);
    mp_code code = mp_journal_open(&journal, path, visit, &first, &err);
    /* no line of JSON, or bytes that say of themselves that they are compressed */
    must(code == MP_OK || err.message[0]);
    must(code != MP_OK || first.count == lines);
    if (code != MP_OK) {
        must(journal.fd < 0);
        return 0;
    }
    must(mp_journal_add(&journal, added, NULL) == MP_OK);
    mp_journal_close(&journal, false);
    must(mp_journal_open(&journal, path, visit, &second, NULL) == MP_OK && second.count == first.count + 1 &&
         second.saw_added);
    mp_journal_close(&journal, true);
    must(access(path, F_OK) != 0);
    return 0;
}
