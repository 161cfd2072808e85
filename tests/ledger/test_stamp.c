/* SPDX-License-Identifier: Apache-2.0 */
/* Time stamps: the local authority, what holds and what does not, and an authority over HTTP that does all that one
 * can do wrong. OpenSSL's own `ts` command is the second opinion in both directions. */
#include "stamp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret.h"
#include "test.h"

#define NONCE UINT64_C(0xfedcba9876543211)
static const mp_str text = MP_S_INIT("example.org/mapae\n1\nabc=\n\n- not a signature\n");

static char folder[64]; /* of an installation: keys/ in it */

static void make_folder(char out[64])
{
    snprintf(out, 64, "/tmp/mapae-stamp-XXXXXX");
    CHECK(mkdtemp(out) != NULL);
}

static void remove_folder(const char *path)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    CHECK(system(command) == 0);
}

/* A request for `text`, and what the local authority says to it. */
static mp_buf stamp_of(const char *in, mp_str what, uint64_t nonce)
{
    mp_buf request = MP_BUF_INIT, answer = MP_BUF_INIT;
    CHECK(mp_stamp_request(&request, what, nonce, NULL) == MP_OK);
    CHECK(mp_stamp_answer(&answer, in, mp_buf_str(&request), NULL) == MP_OK);
    mp_buf_free(&request);
    return answer;
}

static mp_buf ca_of(const char *in)
{
    mp_buf ca = MP_BUF_INIT;
    CHECK(mp_stamp_local_ca(&ca, in, NULL) == MP_OK);
    return ca;
}

TEST(a_stamp_holds)
{
    mp_buf          answer = stamp_of(folder, text, NONCE), ca = ca_of(folder);
    mp_stamp_report report;
    mp_error        err;
    mp_ticks        before = mp_clock_now() - 2 * MP_TICKS_PER_SECOND;
    CHECK_INT(mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE, &err), MP_OK);
    CHECK(report.at >= before && report.at <= mp_clock_now());
    CHECK_STR(mp_str_from(report.signer), "/O=Mapae/CN=Mapae local time-stamp authority");
    CHECK_INT(strlen(report.ca), 64);
    CHECK_INT(mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), 0, &err), MP_OK);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
}

TEST(the_key_is_made_once_and_for_nobody_else)
{
    mp_buf      first = ca_of(folder), again = ca_of(folder);
    char        path[128];
    struct stat about;
    CHECK(mp_str_eq(mp_buf_str(&first), mp_buf_str(&again)));
    snprintf(path, sizeof path, "%s/keys/stamp.pem", folder);
    CHECK(stat(path, &about) == 0);
    CHECK_INT(about.st_mode & 0777, 0600);
    mp_buf_free(&first);
    mp_buf_free(&again);
}

TEST(what_does_not_hold_is_refused)
{
    mp_buf          answer = stamp_of(folder, text, NONCE), ca = ca_of(folder);
    mp_stamp_report report;
    char            elsewhere[64];
    make_folder(elsewhere);
    mp_buf other = ca_of(elsewhere);
    struct {
        mp_str   answer, text, ca;
        uint64_t nonce;
        mp_code  code;
    } cases[] = {
        { mp_buf_str(&answer), MP_S("another text"), mp_buf_str(&ca), NONCE, MP_DAMAGED },
        { mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE + 1, MP_DAMAGED },
        { mp_buf_str(&answer), text, mp_buf_str(&other), NONCE, MP_DAMAGED },
        { mp_buf_str(&answer), text, MP_S("-----BEGIN NONSENSE-----"), NONCE, MP_PARAMETER },
        { mp_buf_str(&answer), text, MP_S(""), NONCE, MP_PARAMETER },
        { MP_S(""), text, mp_buf_str(&ca), NONCE, MP_DAMAGED },
        { MP_S("0\x80"), text, mp_buf_str(&ca), NONCE, MP_DAMAGED },
        { mp_str_of(answer.ptr, answer.len - 1), text, mp_buf_str(&ca), NONCE, MP_DAMAGED },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .code = MP_OK };
        CHECK_INT(mp_stamp_verify(&report, cases[i].answer, cases[i].text, cases[i].ca, cases[i].nonce, &err),
                  cases[i].code);
        CHECK_INT(err.code, cases[i].code);
    }
    mp_buf_add_c(&answer, 'x');
    CHECK_INT(mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE, NULL), MP_DAMAGED);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
    mp_buf_free(&other);
    remove_folder(elsewhere);
}

/* No change of a byte gives another time: what still verifies says the same. */
TEST(a_changed_byte_changes_nothing_that_holds)
{
    mp_buf          answer = stamp_of(folder, text, NONCE), ca = ca_of(folder);
    mp_stamp_report report, changed;
    size_t          held = 0, step = test_step(7);
    CHECK_INT(mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE, NULL), MP_OK);
    for (size_t i = 0; i < answer.len; i += step) {
        answer.ptr[i] ^= 1;
        if (mp_stamp_verify(&changed, mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE, NULL) == MP_OK) {
            held++;
            CHECK(changed.at == report.at && strcmp(changed.ca, report.ca) == 0);
        }
        answer.ptr[i] ^= 1;
    }
    CHECK(held * step * 20 < answer.len); /* what is neither signed nor needed */
    mp_buf_free(&answer);
    mp_buf_free(&ca);
}

TEST(the_imprint_tells_what_was_stamped)
{
    mp_buf  answer = stamp_of(folder, text, NONCE);
    uint8_t imprint[32], wanted[32];
    CHECK_INT(mp_stamp_imprint(imprint, mp_buf_str(&answer), NULL), MP_OK);
    CHECK_INT(mp_sha256(wanted, text, NULL), MP_OK);
    CHECK(memcmp(imprint, wanted, 32) == 0);
    CHECK_INT(mp_stamp_imprint(imprint, MP_S("nonsense"), NULL), MP_DAMAGED);
    mp_buf_free(&answer);
}

TEST(a_request_that_is_none_is_refused)
{
    mp_buf          answer = MP_BUF_INIT, ca = ca_of(folder);
    mp_stamp_report report;
    mp_error        err;
    CHECK_INT(mp_stamp_answer(&answer, folder, MP_S("nonsense"), &err), MP_OK); /* the answer is a refusal */
    CHECK_INT(mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), 0, &err), MP_DAMAGED);
    CHECK(strstr(err.message, "refused") != NULL);
    CHECK_INT(mp_stamp_answer(&answer, folder, MP_S(""), &err), MP_PARAMETER);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
}

TEST(a_damaged_key_file_is_not_replaced)
{
    char   path[128], in[64];
    mp_buf answer = MP_BUF_INIT;
    make_folder(in);
    snprintf(path, sizeof path, "%s/keys", in);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/keys/stamp.pem", in);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs("not a key\n", file) >= 0 && fclose(file) == 0);
    CHECK_INT(mp_stamp_local_ca(&answer, in, NULL), MP_DAMAGED);
    mp_buf_free(&answer);
    remove_folder(in);
}

/* ---- the second opinion ---- */

static void write_file(const char *name, mp_str bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    CHECK(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && fclose(file) == 0);
}

static int run_in_folder(const char *command)
{
    char line[2000];
    snprintf(line, sizeof line, "cd '%s' && { %s; } >out.txt 2>&1", folder, command);
    return system(line);
}

static mp_str read_file(const char *name, char *into, size_t cap)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    size_t n = fread(into, 1, cap, file);
    fclose(file);
    return mp_str_of(into, n);
}

TEST(openssl_accepts_our_stamp)
{
    mp_buf answer = stamp_of(folder, text, NONCE), ca = ca_of(folder);
    write_file("answer.tsr", mp_buf_str(&answer));
    write_file("ca.pem", mp_buf_str(&ca));
    write_file("text", text);
    CHECK_INT(run_in_folder("openssl ts -verify -in answer.tsr -data text -CAfile ca.pem"), 0);
    write_file("text", MP_S("another"));
    CHECK(run_in_folder("openssl ts -verify -in answer.tsr -data text -CAfile ca.pem") != 0);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
}

static const char authority_config[] =
    "[tsa]\ndefault_tsa = t\n[t]\nserial = ./serial\nsigner_cert = ./tsa.pem\nsigner_key = ./tsa.key\n"
    "signer_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\naccuracy = secs:1\n"
    "ess_cert_id_alg = sha256\n[e]\nextendedKeyUsage = critical,timeStamping\n"
    "[w]\nextendedKeyUsage = critical,serverAuth\n";

TEST(we_accept_openssls_stamp)
{
    char            bytes[16384], pem[8192];
    mp_buf          request = MP_BUF_INIT;
    mp_stamp_report report;
    CHECK_INT(mp_stamp_request(&request, text, NONCE, NULL), MP_OK);
    write_file("config", mp_str_from(authority_config));
    write_file("request.tsq", mp_buf_str(&request));
    CHECK_INT(
        run_in_folder(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=root -days 9 && "
            "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj /CN=signer && "
            "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out tsa.pem -days 9 -extfile config -extensions e && "
            "openssl ts -reply -config config -section t -queryfile request.tsq -out answer.tsr"),
        0);
    mp_str answer = read_file("answer.tsr", bytes, sizeof bytes), ca = read_file("ca.pem", pem, sizeof pem);
    mp_error err;
    CHECK_INT(mp_stamp_verify(&report, answer, text, ca, NONCE, &err), MP_OK);
    CHECK_STR(mp_str_from(report.signer), "/CN=signer");
    mp_buf_free(&request);
}

/* ---- over HTTP ---- */

typedef enum manner { GOOD, FAILS, NO_STAMP, HUGE_ANSWER, OLD_ANSWER, HANGS_UP, MOVES, SLOW } manner;

struct server {
    int       fd;
    uint16_t  port;
    manner    how;
    pthread_t thread;
};

static size_t body_of(int fd, char *into, size_t cap)
{
    size_t len = 0, body = 0, wanted = 0;
    while (len < cap - 1) {
        ssize_t n = recv(fd, into + len, cap - 1 - len, 0);
        if (n <= 0)
            return 0;
        len += (size_t)n;
        into[len] = '\0';
        char *end = strstr(into, "\r\n\r\n"), *length = strcasestr(into, "content-length:");
        if (end && length) {
            body = (size_t)(end + 4 - into);
            wanted = strtoul(length + 15, NULL, 10);
            if (len - body >= wanted)
                break;
        }
    }
    CHECK(strcasestr(into, "content-type: application/timestamp-query") != NULL);
    memmove(into, into + body, wanted);
    return wanted;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void reply(int fd, const char *status, const char *type, mp_str body)
{
    char head[256];
    int len = snprintf(head, sizeof head,
                       "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status,
                       type, body.len);
    send_all(fd, head, (size_t)len);
    send_all(fd, body.ptr, body.len);
}

static const char reply_type[] = "application/timestamp-reply";

static void answer_one(const struct server *s, int fd)
{
    static char in[65536], huge[200000];
    size_t      len = body_of(fd, in, sizeof in);
    mp_buf      answer = MP_BUF_INIT;
    switch (s->how) {
    case GOOD:
        CHECK(mp_stamp_answer(&answer, folder, mp_str_of(in, len), NULL) == MP_OK);
        reply(fd, "200 OK", reply_type, mp_buf_str(&answer));
        break;
    case FAILS:
        reply(fd, "503 Later", reply_type, MP_S(""));
        break;
    case NO_STAMP:
        reply(fd, "200 OK", "text/html", MP_S("<p>please log in"));
        break;
    case HUGE_ANSWER:
        reply(fd, "200 OK", reply_type, mp_str_of(huge, sizeof huge));
        break;
    case OLD_ANSWER:
        answer = stamp_of(folder, text, NONCE - 2);
        reply(fd, "200 OK", reply_type, mp_buf_str(&answer));
        break;
    case MOVES:
        send_all(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", 72);
        break;
    case SLOW:
        usleep(400000);
        break;
    case HANGS_UP:
        break;
    }
    mp_buf_free(&answer);
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int            fd = accept(s->fd, NULL, NULL);
    CHECK(fd >= 0);
    answer_one(s, fd);
    close(fd);
    return NULL;
}

static void start(struct server *s, manner how, char url[64])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          len = sizeof at;
    s->how = how;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(s->fd, 4) == 0);
    CHECK(getsockname(s->fd, (struct sockaddr *)&at, &len) == 0);
    snprintf(url, 64, "http://127.0.0.1:%u/tsa", ntohs(at.sin_port));
    CHECK(pthread_create(&s->thread, NULL, serve, s) == 0);
}

static mp_code ask(manner how, mp_error *err)
{
    struct server   s;
    char            url[64];
    mp_buf          request = MP_BUF_INIT, answer = MP_BUF_INIT, ca = ca_of(folder);
    mp_stamp_report report;
    start(&s, how, url);
    CHECK(mp_stamp_request(&request, text, NONCE, NULL) == MP_OK);
    mp_code code = mp_stamp_ask(&answer, url, how == SLOW ? 100 : 60000, mp_buf_str(&request), err);
    if (code == MP_OK)
        code = mp_stamp_verify(&report, mp_buf_str(&answer), text, mp_buf_str(&ca), NONCE, err);
    pthread_join(s.thread, NULL);
    close(s.fd);
    mp_buf_free(&request);
    mp_buf_free(&answer);
    mp_buf_free(&ca);
    return code;
}

TEST(an_authority_over_http)
{
    static const struct {
        manner      how;
        mp_code     code;
        const char *says;
    } cases[] = {
        { GOOD, MP_OK, NULL },
        { FAILS, MP_UNAVAILABLE, "503" },
        { NO_STAMP, MP_UNAVAILABLE, "text/html" },
        { HUGE_ANSWER, MP_LIMIT, "65536 bytes" },
        { OLD_ANSWER, MP_DAMAGED, "nonce" },
        { HANGS_UP, MP_UNAVAILABLE, "no answer" },
        { MOVES, MP_UNAVAILABLE, "302" },
        { SLOW, MP_UNAVAILABLE, "no answer" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { .message = "" };
        CHECK_INT(ask(cases[i].how, &err), cases[i].code);
        CHECK(!cases[i].says || strstr(err.message, cases[i].says));
    }
}

TEST(an_authority_that_is_not_there)
{
    mp_buf answer = MP_BUF_INIT;
    CHECK_INT(mp_stamp_ask(&answer, "http://127.0.0.1:1/", 2000, MP_S("x"), NULL), MP_UNAVAILABLE);
    CHECK_INT(mp_stamp_ask(&answer, "file:///etc/passwd", 2000, MP_S("x"), NULL), MP_UNAVAILABLE);
    CHECK_INT(mp_stamp_ask(&answer, "ftp://127.0.0.1/", 2000, MP_S("x"), NULL), MP_UNAVAILABLE);
    mp_buf_free(&answer);
}

int main(void)
{
    make_folder(folder);
    int failed =
        MAIN(RUN(a_stamp_holds), RUN(the_key_is_made_once_and_for_nobody_else), RUN(what_does_not_hold_is_refused),
             RUN(a_changed_byte_changes_nothing_that_holds), RUN(the_imprint_tells_what_was_stamped),
             RUN(a_request_that_is_none_is_refused), RUN(a_damaged_key_file_is_not_replaced),
             RUN(openssl_accepts_our_stamp), RUN(we_accept_openssls_stamp), RUN(an_authority_over_http),
             RUN(an_authority_that_is_not_there));
    remove_folder(folder);
    return failed;
}
