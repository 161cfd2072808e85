/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common_passwords.h"
#include "password.h"
#include "secret.h"

enum { LINE_MAX_BYTES = 1024, SHA1_HEX = 40 };

/* ---- those used most ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The letter that a sign or digit is written for. */
static char plain(char c)
{
    static const char signs[] = "@401!|3$578", letters[] = "aaoiiiesstb";
    const char       *at = c ? strchr(signs, c) : NULL;
    return at ? letters[at - signs] : c;
}

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_letter_or_digit(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* The longest part that begins and ends with one that `counts`. */
static mp_str core_of(mp_str s, bool (*counts)(char c))
{
    while (s.len && !counts(s.ptr[0]))
        s = mp_str_skip(s, 1);
    while (s.len && !counts(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

static bool is_listed(mp_str word)
{
    mp_str rest = mp_common_passwords[0].bytes;
    while (rest.len && word.len) {
        size_t end = mp_str_find(rest, '\n');
        mp_str line = mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end);
        if (mp_str_eq(line, word))
            return true;
        rest = mp_str_skip(rest, line.len + 1);
    }
    return false;
}

/* The same with every sign as the letter it is written for: "pa$$w0rd". */
static bool is_listed_plain(mp_str word)
{
    char text[MP_PASSWORD_MAX];
    for (size_t i = 0; i < word.len; i++)
        text[i] = plain(word.ptr[i]);
    bool found = is_listed(mp_str_of(text, word.len));
    mp_wipe(text, word.len);
    return found;
}

bool mp_password_is_common(mp_str password)
{
    char folded[MP_PASSWORD_MAX];
    if (password.len == 0 || password.len > sizeof folded)
        return false;
    for (size_t i = 0; i < password.len; i++)
        folded[i] = lower(password.ptr[i]);
    mp_str whole = mp_str_of(folded, password.len);
    mp_str inner = core_of(whole, is_letter_or_digit), stem = core_of(whole, is_letter);
    bool   found = is_listed(whole) || is_listed_plain(whole) || is_listed(inner) || is_listed(stem) ||
                 is_listed_plain(stem);
    mp_wipe(folded, sizeof folded);
    return found;
}

/* ---- a file ---- */

typedef struct lines {
    int         fd;
    int64_t     size;
    const char *path;
} lines;

/* The line that begins at `at`, without its end; false: none of a length that such a list has. */
static bool read_line(mp_str *line, char into[LINE_MAX_BYTES], const lines *f, int64_t at)
{
    ssize_t got = pread(f->fd, into, LINE_MAX_BYTES, at);
    if (got < 0)
        return false;
    mp_str part = mp_str_of(into, (size_t)got);
    size_t end = mp_str_find(part, '\n');
    if (end == SIZE_MAX && at + got < f->size)
        return false;
    part.len = end == SIZE_MAX ? part.len : end;
    *line = part;
    return true;
}

/* Where the first line begins that does so at `at` or behind; f->size when none does. */
static bool line_from(int64_t *begin, char into[LINE_MAX_BYTES], const lines *f, int64_t at)
{
    mp_str line;
    if (at == 0) {
        *begin = 0;
        return true;
    }
    if (!read_line(&line, into, f, at - 1))
        return false;
    int64_t next = at - 1 + (int64_t)line.len + 1;
    *begin = next < f->size ? next : f->size;
    return true;
}

static mp_str without_return(mp_str line)
{
    return mp_str_ends(line, MP_S("\r")) ? mp_str_of(line.ptr, line.len - 1) : line;
}

static int order_of(mp_str line, mp_str wanted, bool is_sha1)
{
    line = without_return(line);
    if (!is_sha1)
        return mp_str_cmp(line, wanted);
    return mp_str_cmp_fold(mp_str_of(line.ptr, line.len < SHA1_HEX ? line.len : SHA1_HEX), wanted);
}

static bool looks_like_sha1(mp_str line)
{
    uint8_t hash[SHA1_HEX / 2];
    line = without_return(line);
    return line.len >= SHA1_HEX && mp_unhex(hash, sizeof hash, mp_str_of(line.ptr, SHA1_HEX)) &&
           (line.len == SHA1_HEX || line.ptr[SHA1_HEX] == ':');
}

static mp_code search(bool *found, const lines *f, mp_str wanted, bool is_sha1, mp_error *err)
{
    char    into[LINE_MAX_BYTES];
    int64_t low = 0, high = f->size; /* a line that is equal begins in [low, high) */
    while (low < high) {
        int64_t middle = low + (high - low) / 2, begin;
        mp_str  line;
        if (!line_from(&begin, into, f, middle))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s is no list of passwords: a line is over %d bytes",
                           f->path, LINE_MAX_BYTES);
        if (begin >= high) {
            high = middle;
            continue;
        }
        if (!read_line(&line, into, f, begin))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s is no list of passwords: a line is over %d bytes",
                           f->path, LINE_MAX_BYTES);
        int order = order_of(line, wanted, is_sha1);
        if (order == 0) {
            *found = true;
            return MP_OK;
        }
        if (order < 0)
            low = begin + (int64_t)line.len + 1;
        else
            high = middle;
    }
    *found = false;
    return MP_OK;
}

mp_code mp_password_in_file(bool *found, const char *path, mp_str password, mp_error *err)
{
    char        first[LINE_MAX_BYTES], hex[SHA1_HEX + 1];
    uint8_t     hash[SHA1_HEX / 2];
    struct stat st;
    mp_str      line;
    lines       f = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .path = path };
    if (f.fd < 0 || fstat(f.fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        int why = errno;
        if (f.fd >= 0)
            close(f.fd);
        return mp_fail(err, MP_IO, MP_NOWHERE, "cannot read the list of breached passwords %s: %s", path,
                       f.fd < 0 ? strerror(why) : "no file");
    }
    f.size = st.st_size;
    mp_code code = MP_OK;
    if (!read_line(&line, first, &f, 0))
        code = mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s is no list of passwords: a line is over %d bytes",
                       path, LINE_MAX_BYTES);
    else if (!looks_like_sha1(line))
        code = search(found, &f, password, false, err);
    else if (EVP_Digest(password.len ? password.ptr : "", password.len, hash, NULL, EVP_sha1(), NULL) != 1)
        code = mp_no_memory(err);
    else {
        mp_hex(hex, hash, sizeof hash);
        code = search(found, &f, mp_str_from(hex), true, err);
        mp_wipe(hex, sizeof hex);
    }
    close(f.fd);
    return code;
}
