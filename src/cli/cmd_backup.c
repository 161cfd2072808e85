/* SPDX-License-Identifier: Apache-2.0 */
/* The server (or this process, when none runs) sends the archive; it is written aside, read again and
 * compared, and only then put in place. */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "backup_report.h"
#include "durable.h"

struct backup_args {
    mp_place    place;
    int         format;
    const char *file;
    bool        force;
};

static const mp_option operand = {
    .value = "FILE", .help = "operand.backup.new", .min = 1, .max = 1, MP_FIELD(struct backup_args, file),
};

static const mp_option options[] = {
    { .name = "force", .help = "option.force", MP_FIELD(struct backup_args, force) },
    MP_ANSWER_OPTIONS(struct backup_args),
};

static const mp_example examples[] = {
    { "mapae backup --data /var/lib/mapae /srv/backup/mapae.tar.zst", "example.backup" },
};

/* Keys and password hashes are in it: nobody else may read it. */
static mp_code fetch(mp_client *client, const char *aside, mp_error *err)
{
    int   fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!file) {
        mp_code code = mp_durable_failed(aside, errno, err);
        if (fd >= 0)
            close(fd);
        return code;
    }
    mp_local_request request = { .method = MP_POST, .path = MP_S("/api/v1/backups"), .into = file };
    mp_code          code = mp_local_ask(&client->answer, client->local, &request, &client->arena, err);
    if (code == MP_OK)
        code = mp_local_check(&client->answer, err);
    bool is_written = fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (code == MP_OK && !is_written)
        code = mp_durable_failed(aside, errno, err);
    fclose(file);
    return code;
}

static mp_code take(mp_client *client, const struct backup_args *args, const char *aside, mp_error *err)
{
    mp_backup_report report;
    MP_TRY(fetch(client, aside, err));
    MP_TRY(mp_backup_verify(&report, aside, err));
    if (rename(aside, args->file) != 0)
        return mp_durable_failed(args->file, errno, err);
    return mp_backup_say(client->cli, &report, args->file, args->format, err);
}

static mp_code backup(mp_client *client, const void *args_, mp_error *err)
{
    const struct backup_args *args = args_;
    struct stat               there;
    if (!args->force && lstat(args->file, &there) == 0)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "%s is there already; with --force it is replaced", args->file);
    mp_str aside = mp_client_path(client, "%s.part", args->file);
    if (!aside.ptr)
        return mp_no_memory(err);
    mp_code code = take(client, args, aside.ptr, err);
    if (code != MP_OK)
        unlink(aside.ptr);
    return code;
}

const mp_command mp_command_backup = {
    .name = "backup",
    .summary = "command.backup.summary",
    .text = "command.backup.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = examples,
    .example_count = MP_COUNT(examples),
    .args_size = sizeof(struct backup_args),
    .exits = MP_EXITS_USUAL,
    .run = mp_client_run,
    .about = &(const mp_ask){ .fn = backup },
};
