/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes come through one input buffer, whose first bytes tell the format. Plain text is copied out
 * of it, or read past it straight into the caller's memory; a compressed stream is fed from it.
 * A stream may be several gzip members or zstd frames in a row; it may end only between two. */
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define INPUT_BYTES ((size_t)128 << 10)
#define SLURP_STEP ((size_t)256 << 10)
#define SLURP_LIMIT ((size_t)UINT32_MAX)

typedef enum format {
    PLAIN,
    GZIP,
    ZSTD,
} format;

struct mp_source {
    int           fd;
    format        format;
    bool          at_eof;     /* of the file; the input buffer may still hold bytes */
    bool          between;    /* no member or frame is open */
    size_t        in, in_end; /* what is unread of `input` */
    uint64_t      read_bytes, size_bytes;
    char         *name;
    z_stream      gzip;
    bool          has_gzip;
    ZSTD_DStream *zstd;
    char          input[INPUT_BYTES];
};

static mp_code io_error(mp_error *err, const char *name, int number)
{
    return mp_fail(err, number == ENOMEM ? MP_NOMEM : MP_IO, MP_NOWHERE, "%s: %s", name,
                   strerror(number));
}

/* ---- the file ---- */

static mp_code read_fd(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    ssize_t n;
    do
        n = read(s->fd, into, cap);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return io_error(err, s->name, errno);
    *got = (size_t)n;
    s->read_bytes += (uint64_t)n;
    s->at_eof = n == 0;
    return MP_OK;
}

/* Make sure that `wanted` bytes of input are at hand, unless the file ends before. */
static mp_code fill(mp_source *s, size_t wanted, mp_error *err)
{
    if (s->in == s->in_end)
        s->in = s->in_end = 0;
    while (s->in_end - s->in < wanted && !s->at_eof) {
        size_t got = 0;
        MP_TRY(read_fd(s, s->input + s->in_end, INPUT_BYTES - s->in_end, &got, err));
        s->in_end += got;
    }
    return MP_OK;
}

static bool begins_with(const mp_source *s, const char *magic, size_t len)
{
    return s->in_end - s->in >= len && memcmp(s->input + s->in, magic, len) == 0;
}

static bool begins_gzip(const mp_source *s)
{
    return begins_with(s, "\x1F\x8B", 2);
}

/* A frame of zstd, or one that decoders skip (RFC 8878 section 3.1.2), whose magic numbers are 16. */
static bool begins_zstd(const mp_source *s)
{
    if (begins_with(s, "\x28\xB5\x2F\xFD", 4))
        return true;
    return s->in_end - s->in >= 4 && (s->input[s->in] & 0xF0) == 0x50 &&
           memcmp(s->input + s->in + 1, "\x2A\x4D\x18", 3) == 0;
}

static mp_code begin_stream(mp_source *s, mp_error *err)
{
    MP_TRY(fill(s, 4, err));
    s->between = true;
    if (begins_gzip(s)) {
        s->format = GZIP;
        if (inflateInit2(&s->gzip, 15 + 16) != Z_OK) /* the largest window; gzip headers only */
            return mp_no_memory(err);
        s->has_gzip = true;
    } else if (begins_zstd(s)) {
        s->format = ZSTD;
        s->zstd = ZSTD_createDStream();
        if (!s->zstd)
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code open_file(mp_source *s, const char *path, bool only_regular, mp_error *err)
{
    struct stat about;
    if (strcmp(path, "-") == 0 && !only_regular)
        s->fd = STDIN_FILENO;
    else
        s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (only_regular ? O_NONBLOCK : 0));
    if (s->fd < 0 || fstat(s->fd, &about) < 0)
        return io_error(err, s->name, errno);
    if (S_ISDIR(about.st_mode))
        return io_error(err, s->name, EISDIR);
    if (S_ISREG(about.st_mode))
        s->size_bytes = (uint64_t)about.st_size;
    else if (only_regular)
        return io_error(err, s->name, EINVAL);
    return begin_stream(s, err);
}

static mp_code open_source(mp_source **out, const char *path, bool only_regular, mp_error *err)
{
    mp_source *s = malloc(sizeof *s);
    if (!s)
        return mp_no_memory(err);
    memset(s, 0, offsetof(mp_source, input));
    s->fd = -1;
    s->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    mp_code code = s->name ? open_file(s, path, only_regular, err) : mp_no_memory(err);
    if (code != MP_OK) {
        mp_source_close(s);
        return code;
    }
    *out = s;
    return MP_OK;
}

mp_code mp_source_open(mp_source **out, const char *path, mp_error *err)
{
    return open_source(out, path, false, err);
}

void mp_source_close(mp_source *s)
{
    if (!s)
        return;
    if (s->has_gzip)
        inflateEnd(&s->gzip);
    ZSTD_freeDStream(s->zstd);
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    free(s->name);
    free(s);
}

uint64_t mp_source_read_bytes(const mp_source *s)
{
    return s->read_bytes;
}

uint64_t mp_source_size_bytes(const mp_source *s)
{
    return s->size_bytes;
}

/* ---- decoding ---- */

static const char *kind(const mp_source *s) { return s->format == GZIP ? "gzip" : "zstd"; }

static mp_code fail_with_name(const mp_source *s, const mp_error *inner, mp_error *err)
{
    return mp_fail(err, inner->code, MP_NOWHERE, "%s: %s", s->name, inner->message);
}

static mp_code damaged(const mp_source *s, const char *why, mp_error *err)
{
    mp_error inner = { 0 };
    mp_fail(&inner, MP_IO, MP_NOWHERE, "damaged %s stream: %s", kind(s), why);
    return fail_with_name(s, &inner, err);
}

static mp_code cut_off(const mp_source *s, mp_error *err)
{
    mp_error inner = { 0 };
    mp_fail(&inner, MP_IO, MP_NOWHERE, "the %s stream is cut off", kind(s));
    return fail_with_name(s, &inner, err);
}

static mp_code read_plain(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    size_t at_hand = s->in_end - s->in;
    *got = 0;
    if (at_hand == 0)
        return s->at_eof ? MP_OK : read_fd(s, into, cap, got, err);
    *got = at_hand < cap ? at_hand : cap;
    memcpy(into, s->input + s->in, *got);
    s->in += *got;
    return MP_OK;
}

/* One call of inflate; `*got` may stay 0. */
static mp_code inflate_some(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    z_stream *z = &s->gzip;
    if (s->between && inflateReset(z) != Z_OK)
        return damaged(s, "it cannot be begun", err);
    uInt most = cap < UINT32_MAX ? (uInt)cap : UINT32_MAX;
    z->next_in = (Bytef *)(s->input + s->in);
    z->avail_in = (uInt)(s->in_end - s->in);
    z->next_out = (Bytef *)into;
    z->avail_out = most;
    int result = inflate(z, Z_NO_FLUSH);
    s->in = s->in_end - z->avail_in;
    *got = most - z->avail_out;
    s->between = result == Z_STREAM_END;
    if (result == Z_MEM_ERROR)
        return mp_no_memory(err);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return damaged(s, z->msg ? z->msg : "no gzip data", err);
    return MP_OK;
}

static mp_code unzstd_some(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    ZSTD_inBuffer  in = { s->input + s->in, s->in_end - s->in, 0 };
    ZSTD_outBuffer out = { into, cap, 0 };
    size_t         result = ZSTD_decompressStream(s->zstd, &out, &in);
    if (ZSTD_isError(result)) {
        if (strcmp(ZSTD_getErrorName(result), "Allocation error : not enough memory") == 0)
            return mp_no_memory(err);
        return damaged(s, ZSTD_getErrorName(result), err);
    }
    s->in += in.pos;
    *got = out.pos;
    s->between = result == 0;
    return MP_OK;
}

static mp_code read_compressed(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    *got = 0;
    while (*got == 0) {
        MP_TRY(fill(s, s->between ? 4 : 1, err));
        bool at_end = s->in == s->in_end;
        if (at_end && s->between)
            return MP_OK;
        if (s->between && !(s->format == GZIP ? begins_gzip(s) : begins_zstd(s)))
            return damaged(s, "other bytes follow its end", err);
        size_t before = s->in;
        if (s->format == GZIP)
            MP_TRY(inflate_some(s, into, cap, got, err));
        else
            MP_TRY(unzstd_some(s, into, cap, got, err));
        /* Output may be held back inside the decoder; only without any is the end too early. */
        if (at_end && *got == 0 && s->in == before && !s->between)
            return cut_off(s, err);
    }
    return MP_OK;
}

mp_code mp_source_read(mp_source *s, char *into, size_t cap, size_t *got, mp_error *err)
{
    size_t  count = 0;
    mp_code code = MP_OK;
    if (cap > 0)
        code = s->format == PLAIN ? read_plain(s, into, cap, &count, err)
                                  : read_compressed(s, into, cap, &count, err);
    if (code == MP_OK)
        *got = count;
    return code;
}

/* ---- whole files ---- */

static mp_code too_large(const mp_source *s, size_t limit, mp_error *err)
{
    mp_error inner = { 0 };
    mp_fail(&inner, MP_LIMIT, MP_NOWHERE, "over %zu bytes", limit);
    return fail_with_name(s, &inner, err);
}

static mp_code slurp_into(mp_buf *b, mp_source *s, size_t limit, mp_error *err)
{
    for (;;) {
        /* Padding is asked for with every step, so that the end needs no growing for it. */
        char  *into = mp_buf_reserve(b, SLURP_STEP + MP_JSON_PADDING);
        size_t got = 0;
        if (!into)
            return mp_no_memory(err);
        MP_TRY(mp_source_read(s, into, SLURP_STEP, &got, err));
        b->len += got;
        if (b->len > limit)
            return too_large(s, limit, err);
        if (got == 0)
            return MP_OK;
    }
}

/* A plain file of known size goes straight into the arena; `*done` is false when it turned out to
 * be longer than it said. */
static mp_code slurp_sized(mp_str *out, mp_source *s, mp_arena *arena, bool *done, mp_error *err)
{
    size_t size = (size_t)s->size_bytes, len = 0, got;
    char  *text = mp_arena_alloc(arena, size + 1 + MP_JSON_PADDING);
    if (!text)
        return mp_no_memory(err);
    do {
        MP_TRY(mp_source_read(s, text + len, size + 1 - len, &got, err));
        len += got;
    } while (got > 0 && len <= size);
    *done = len <= size;
    memset(text + len, 0, MP_JSON_PADDING);
    *out = mp_str_of(text, len);
    return MP_OK;
}

static mp_code slurp_source(mp_str *out, mp_source *s, size_t limit, mp_arena *arena,
                            mp_error *err)
{
    mp_str text = { NULL, 0 };
    bool   done = false;
    if (s->format == PLAIN && s->size_bytes > limit)
        return too_large(s, limit, err);
    if (s->format == PLAIN && s->size_bytes > 0) {
        MP_TRY(slurp_sized(&text, s, arena, &done, err));
        if (done) {
            *out = text;
            return MP_OK;
        }
    }
    mp_buf  b = MP_BUF_INIT;
    mp_buf_add(&b, text);
    mp_code code = slurp_into(&b, s, limit, err);
    char   *copy = NULL;
    if (code == MP_OK) {
        copy = mp_arena_alloc(arena, b.len + MP_JSON_PADDING);
        if (!copy)
            code = mp_no_memory(err);
    }
    if (copy) {
        memcpy(copy, b.ptr, b.len);
        memset(copy + b.len, 0, MP_JSON_PADDING);
        *out = mp_str_of(copy, b.len);
    }
    mp_buf_free(&b);
    return code;
}

mp_code mp_source_slurp(mp_str *out, const char *path, size_t limit, mp_arena *arena,
                        mp_error *err)
{
    mp_source *s;
    MP_TRY(mp_source_open(&s, path, err));
    mp_code code = slurp_source(out, s, limit ? limit : SLURP_LIMIT, arena, err);
    mp_source_close(s);
    return code;
}

mp_code mp_source_slurp_regular(mp_str *out, mp_str path, size_t limit, mp_arena *arena, mp_error *err)
{
    mp_source *s = NULL;
    mp_error   why;
    mp_str     name = mp_arena_dup(arena, path);
    mp_code    code = MP_IO;
    if (!name.ptr)
        return mp_no_memory(err);
    if (path.len > 0 && mp_str_find(path, '\0') == SIZE_MAX)
        code = open_source(&s, name.ptr, true, &why);
    if (code == MP_OK)
        code = slurp_source(out, s, limit, arena, &why);
    mp_source_close(s);
    switch (code) {
    case MP_OK:
        return MP_OK;
    case MP_NOMEM:
        return mp_no_memory(err);
    case MP_LIMIT:
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the file is over %zu bytes", limit);
    default:
        return mp_fail(err, MP_IO, MP_NOWHERE, "there is no such file that can be read");
    }
}

uint64_t mp_source_file_size(const char *path)
{
    struct stat about;
    bool        is_file = strcmp(path, "-") != 0 && stat(path, &about) == 0 && S_ISREG(about.st_mode);
    return is_file ? (uint64_t)about.st_size : 0;
}

/* ---- folders ---- */

typedef struct names {
    const char **at;
    size_t       len, cap;
} names;

/* The files found, and the folders still to be looked into: a list and no recursion, so that only
 * one folder is open at a time. */
typedef struct walk {
    names              files, folders;
    const char *const *suffixes;
    mp_skips          *skips; /* may be NULL */
    mp_arena          *arena;
} walk;

static mp_code add_name(names *list, const char *name, mp_error *err)
{
    if (list->len == list->cap) {
        size_t       cap = list->cap ? list->cap * 2 : 64;
        const char **at = realloc(list->at, cap * sizeof *at);
        if (!at)
            return mp_no_memory(err);
        list->at = at;
        list->cap = cap;
    }
    list->at[list->len++] = name;
    return MP_OK;
}

static bool is_wanted(const walk *w, const char *name)
{
    if (!w->suffixes)
        return true;
    for (size_t i = 0; w->suffixes[i]; i++)
        if (mp_str_ends(mp_str_from(name), mp_str_from(w->suffixes[i])))
            return true;
    return false;
}

static const char *path_in(const walk *w, const char *folder, const char *name)
{
    bool has_slash = mp_str_ends(mp_str_from(folder), MP_S("/"));
    return mp_arena_printf(w->arena, "%s%s%s", folder, has_slash ? "" : "/", name).ptr;
}

static mp_code skip(walk *w, const char *folder, const char *name, mp_skip why, mp_error *err)
{
    mp_skips *s = w->skips;
    if (!s)
        return MP_OK;
    if (s->count < MP_SKIPS_NAMED) {
        const char *path = path_in(w, folder, name);
        if (!path)
            return mp_no_memory(err);
        s->paths[s->count] = path;
        s->why[s->count] = why;
    }
    s->count++;
    s->by[why]++;
    return MP_OK;
}

/* One entry of `folder`: a file is wanted or not, a folder is for later, all else is passed over. */
static mp_code take_entry(walk *w, int fd, const char *folder, const char *name, mp_error *err)
{
    struct stat about;
    if (name[0] == '.')
        return skip(w, folder, name, MP_SKIP_HIDDEN, err);
    if (fstatat(fd, name, &about, AT_SYMLINK_NOFOLLOW) < 0)
        return MP_OK; /* gone since the folder was read */
    bool is_folder = S_ISDIR(about.st_mode);
    if (S_ISLNK(about.st_mode) && (fstatat(fd, name, &about, 0) < 0 || S_ISDIR(about.st_mode)))
        return skip(w, folder, name, MP_SKIP_LINK, err);
    if (!is_folder && !S_ISREG(about.st_mode))
        return skip(w, folder, name, MP_SKIP_SPECIAL, err);
    if (!is_folder && !is_wanted(w, name))
        return skip(w, folder, name, MP_SKIP_SUFFIX, err);
    const char *path = path_in(w, folder, name);
    return path ? add_name(is_folder ? &w->folders : &w->files, path, err) : mp_no_memory(err);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static mp_code list_names(names *out, walk *w, DIR *dir, const char *folder, mp_error *err)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry)
            return errno ? io_error(err, folder, errno) : MP_OK;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        mp_str name = mp_arena_dup(w->arena, mp_str_from(entry->d_name));
        if (!name.ptr)
            return mp_no_memory(err);
        MP_TRY(add_name(out, name.ptr, err));
    }
}

/* By name: what is passed over is told in the same order on every file system. */
static mp_code read_folder(walk *w, const char *folder, mp_error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return io_error(err, folder, errno);
    names   found = { NULL, 0, 0 };
    mp_code code = list_names(&found, w, dir, folder, err);
    if (found.len)
        qsort(found.at, found.len, sizeof *found.at, by_bytes);
    for (size_t i = 0; code == MP_OK && i < found.len; i++)
        code = take_entry(w, dirfd(dir), folder, found.at[i], err);
    free(found.at);
    closedir(dir);
    return code;
}

static mp_code walk_from(walk *w, const char *path, mp_error *err)
{
    struct stat about;
    if (strcmp(path, "-") != 0) {
        if (stat(path, &about) < 0)
            return io_error(err, path, errno);
        if (S_ISDIR(about.st_mode))
            MP_TRY(add_name(&w->folders, path, err));
    }
    if (w->folders.len == 0) { /* the user named it: its suffix does not matter */
        mp_str copy = mp_arena_dup(w->arena, mp_str_from(path));
        return copy.ptr ? add_name(&w->files, copy.ptr, err) : mp_no_memory(err);
    }
    while (w->folders.len)
        MP_TRY(read_folder(w, w->folders.at[--w->folders.len], err));
    return MP_OK;
}

static mp_code hand_over(const walk *w, const names *list, const char ***out, size_t *count, mp_error *err)
{
    const char **sorted = MP_ARENA_ARRAY(w->arena, const char *, list->len);
    if (!sorted)
        return mp_no_memory(err);
    if (list->len) {
        qsort(list->at, list->len, sizeof *list->at, by_bytes);
        memcpy(sorted, list->at, list->len * sizeof *sorted);
    }
    *out = sorted;
    *count = list->len;
    return MP_OK;
}

mp_code mp_source_list(const char ***out, size_t *count, const char *path,
                       const char *const *suffixes, mp_skips *skips, mp_arena *arena, mp_error *err)
{
    walk    w = { { NULL, 0, 0 }, { NULL, 0, 0 }, suffixes, skips, arena };
    mp_code code = walk_from(&w, path, err);
    if (code == MP_OK)
        code = hand_over(&w, &w.files, out, count, err);
    free(w.files.at);
    free(w.folders.at);
    return code;
}

mp_code mp_source_folders(const char ***out, size_t *count, const char *path, mp_arena *arena, mp_error *err)
{
    static const char *const no_file[] = { NULL };
    walk    w = { { NULL, 0, 0 }, { NULL, 0, 0 }, no_file, NULL, arena };
    mp_code code = add_name(&w.folders, path, err);
    for (size_t done = 0; code == MP_OK && done < w.folders.len; done++)
        code = read_folder(&w, w.folders.at[done], err);
    if (code == MP_OK)
        code = hand_over(&w, &w.folders, out, count, err);
    free(w.files.at);
    free(w.folders.at);
    return code;
}
