/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an authority over HTTP (RFC 3161, 3.4). The stamp itself is signed, so plain HTTP is fine, and what
 * most authorities offer. */
#include <curl/curl.h>
#include <pthread.h>

#include "stamp.h"

#define TIMEOUT_MS 10000

static pthread_once_t started = PTHREAD_ONCE_INIT;
static CURLcode       start_result;

static void start(void)
{
    start_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take(char *bytes, size_t size, size_t count, void *into)
{
    mp_buf *out = into;
    mp_buf_add(out, mp_str_of(bytes, size * count)); /* its limit ends the transfer */
    return out->failed ? 0 : size * count;
}

static CURLcode set_up(CURL *curl, const char *url, uint32_t timeout_ms, mp_str request, struct curl_slist *headers,
                       mp_buf *out)
{
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    const struct {
        CURLoption option;
        long       value;
    } numbers[] = {
        { CURLOPT_NOSIGNAL, 1 },     { CURLOPT_TIMEOUT_MS, timeout_ms ? (long)timeout_ms : TIMEOUT_MS },
        { CURLOPT_FOLLOWLOCATION, 0 }, { CURLOPT_POSTFIELDSIZE, (long)request.len },
    };
    for (size_t i = 0; code == CURLE_OK && i < MP_COUNT(numbers); i++)
        code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.ptr);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    return code == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, out) : code;
}

/* 200, and of the right type: a page that says "please log in" is no stamp. */
static mp_code check_reply(CURL *curl, mp_error *err)
{
    long        status = 0;
    const char *type = NULL;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (status != 200)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the time-stamp authority answered with HTTP status %ld",
                       status);
    if (!mp_str_starts_fold(mp_str_from(type ? type : ""), MP_S("application/timestamp-reply")))
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE,
                       "the time-stamp authority answered with \"%s\", not application/timestamp-reply",
                       type ? type : "");
    return MP_OK;
}

static mp_code exchange(CURL *curl, const char *url, uint32_t timeout_ms, mp_str request, struct curl_slist *headers,
                        mp_buf *answer, mp_error *err)
{
    CURLcode code = set_up(curl, url, timeout_ms, request, headers, answer);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    if (answer->failed)
        return answer->over_limit
                   ? mp_fail(err, MP_LIMIT, MP_NOWHERE, "the time-stamp authority answered with over %zu bytes",
                             MP_STAMP_ANSWER_MAX)
                   : mp_buf_check(answer, err);
    if (code != CURLE_OK)
        return mp_fail(err, code == CURLE_OUT_OF_MEMORY ? MP_NOMEM : MP_UNAVAILABLE, MP_NOWHERE,
                       "the time-stamp authority gives no answer: %s", curl_easy_strerror(code));
    return check_reply(curl, err);
}

mp_code mp_stamp_ask(mp_buf *out, const char *url, uint32_t timeout_ms, mp_str request, mp_error *err)
{
    mp_buf answer = MP_BUF_INIT;
    answer.limit = MP_STAMP_ANSWER_MAX;
    pthread_once(&started, start);
    CURL              *curl = start_result == CURLE_OK ? curl_easy_init() : NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/timestamp-query");
    struct curl_slist *all = headers ? curl_slist_append(headers, "Accept: application/timestamp-reply") : NULL;
    mp_code            code = curl && all ? exchange(curl, url, timeout_ms, request, all, &answer, err)
                                          : mp_no_memory(err);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    if (code == MP_OK) {
        mp_buf_add(out, mp_buf_str(&answer));
        code = mp_buf_check(out, err);
    }
    mp_buf_free(&answer);
    return code;
}
