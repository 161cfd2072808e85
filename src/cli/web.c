/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "secret.h"

#define CONNECT_MS 10000L
#define STALL_SECONDS 60L /* without a byte */
#define URL_MAX 16384

struct mp_web {
    CURL *curl;
    char *ca_file;
};

static CURLcode started;

static void start(void) { started = curl_global_init(CURL_GLOBAL_DEFAULT); }

mp_code mp_web_open(mp_web **out, const char *ca_file, mp_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
    mp_web *web = calloc(1, sizeof *web);
    if (web && started == CURLE_OK)
        web->curl = curl_easy_init();
    if (web && ca_file)
        web->ca_file = strdup(ca_file);
    if (!web || !web->curl || (ca_file && !web->ca_file)) {
        mp_web_close(web);
        return mp_no_memory(err);
    }
    *out = web;
    return MP_OK;
}

void mp_web_close(mp_web *web)
{
    if (!web)
        return;
    curl_easy_cleanup(web->curl);
    free(web->ca_file);
    free(web);
}

/* ---- addresses ---- */

mp_str mp_web_origin(mp_str url)
{
    size_t colon = mp_str_find_str(url, MP_S("://"));
    if (colon == SIZE_MAX)
        return mp_str_of(NULL, 0);
    size_t end = colon + 3;
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?' && url.ptr[end] != '#')
        end++;
    return mp_str_of(url.ptr, end);
}

static bool is_here(mp_str host)
{
    static const mp_str names[] = { MP_S_INIT("127.0.0.1"), MP_S_INIT("localhost"), MP_S_INIT("[::1]") };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_starts_fold(host, names[i]) && (host.len == names[i].len || host.ptr[names[i].len] == ':'))
            return true;
    return false;
}

bool mp_web_may(mp_str url)
{
    mp_str origin = mp_web_origin(url);
    if (!origin.len || url.len > URL_MAX)
        return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 0x20 || (unsigned char)url.ptr[i] >= 0x7f || strchr("\\\"<>", url.ptr[i]))
            return false;
    if (mp_str_find(origin, '@') != SIZE_MAX)
        return false;
    if (mp_str_starts_fold(origin, MP_S("https://")))
        return origin.len > 8;
    return mp_str_starts_fold(origin, MP_S("http://")) && is_here(mp_str_skip(origin, 7));
}

/* ---- what the answer says ---- */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    mp_buf *out = ctx;
    mp_buf_add(out, mp_str_of(bytes, size * count));
    return out->failed ? 0 : size * count;
}

static int64_t number_of(mp_str text)
{
    int64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || n > 1000000)
            return -1;
        n = n * 10 + (text.ptr[i] - '0');
    }
    return text.len ? n : -1;
}

/* Seconds, or a date (RFC 9110, 10.2.3). */
static int64_t read_retry(mp_str value)
{
    char   text[64];
    int64_t seconds = number_of(value);
    if (seconds >= 0 || value.len >= sizeof text)
        return seconds;
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    time_t at = curl_getdate(text, NULL), now = time(NULL);
    return at < 0 ? -1 : at > now ? (int64_t)(at - now) : 0;
}

/* "00:00:05", of Resource Graph. */
static int64_t read_span(mp_str value)
{
    int64_t seconds = 0;
    for (size_t n = 0; n < 3; n++) {
        size_t  colon = mp_str_find(value, ':');
        int64_t part = number_of(mp_str_of(value.ptr, colon == SIZE_MAX ? value.len : colon));
        if (part < 0)
            return -1;
        seconds = seconds * 60 + part;
        if (colon == SIZE_MAX)
            break;
        value = mp_str_skip(value, colon + 1);
    }
    return seconds;
}

typedef struct heads {
    int64_t retry, quota_left, quota_resets;
} heads;

static size_t take_head(char *bytes, size_t size, size_t count, void *ctx)
{
    heads *h = ctx;
    mp_str line = mp_str_of(bytes, size * count);
    size_t colon = mp_str_find(line, ':');
    if (colon == SIZE_MAX)
        return line.len;
    mp_str name = mp_str_of(line.ptr, colon), value = mp_str_trim(mp_str_skip(line, colon + 1));
    if (mp_str_eq_fold(name, MP_S("retry-after")))
        h->retry = read_retry(value);
    else if (mp_str_eq_fold(name, MP_S("x-ms-user-quota-remaining")))
        h->quota_left = number_of(value);
    else if (mp_str_eq_fold(name, MP_S("x-ms-user-quota-resets-after")))
        h->quota_resets = read_span(value);
    return line.len;
}

/* ---- asking ---- */

static CURLcode set_up(mp_web *web, const mp_web_request *request, const char *url, struct curl_slist *list,
                       mp_web_answer *out, heads *h)
{
    CURL    *curl = web->curl;
    CURLcode code = CURLE_OK;
    curl_easy_reset(curl);
#define SET(option, value) (code = code == CURLE_OK ? curl_easy_setopt(curl, (option), (value)) : code)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_PROTOCOLS_STR, "https,http");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (web->ca_file)
        SET(CURLOPT_CAINFO, web->ca_file);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
    SET(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    SET(CURLOPT_USERAGENT, "mapae");
    SET(CURLOPT_ACCEPT_ENCODING, "");
    SET(CURLOPT_HTTPHEADER, list);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_WRITEDATA, &out->body);
    SET(CURLOPT_HEADERFUNCTION, take_head);
    SET(CURLOPT_HEADERDATA, h);
    if (request->body.ptr) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        SET(CURLOPT_POSTFIELDS, request->body.ptr);
    }
#undef SET
    return code;
}

static bool add_line(struct curl_slist **list, const char *begin, mp_str value)
{
    mp_buf line = MP_BUF_INIT;
    mp_buf_printf(&line, "%s%.*s", begin, MP_FMT(value));
    mp_buf_add_c(&line, '\0');
    struct curl_slist *longer = line.failed ? NULL : curl_slist_append(*list, line.ptr);
    if (longer)
        *list = longer;
    if (line.ptr)
        mp_wipe(line.ptr, line.cap);
    mp_buf_free(&line);
    return longer != NULL;
}

static void free_lines(struct curl_slist *list)
{
    for (struct curl_slist *one = list; one; one = one->next) /* one of them is a token */
        mp_wipe(one->data, strlen(one->data));
    curl_slist_free_all(list);
}

static mp_code perform(mp_web_answer *out, mp_web *web, const mp_web_request *request, const char *url,
                       struct curl_slist *list, mp_error *err)
{
    heads    h = { .retry = -1, .quota_left = -1, .quota_resets = -1 };
    mp_str   origin = mp_web_origin(request->url);
    CURLcode code = set_up(web, request, url, list, out, &h);
    if (code == CURLE_OK)
        code = curl_easy_perform(web->curl);
    if (out->body.over_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "%.*s answers with more than %zu bytes", MP_FMT(origin),
                       MP_WEB_ANSWER_MAX);
    if (out->body.failed || code == CURLE_OUT_OF_MEMORY)
        return mp_no_memory(err);
    if (code != CURLE_OK)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "%.*s cannot be reached: %s", MP_FMT(origin),
                       curl_easy_strerror(code));
    curl_easy_getinfo(web->curl, CURLINFO_RESPONSE_CODE, &out->status);
    out->wait_seconds = h.retry >= 0 ? h.retry : h.quota_left == 0 ? h.quota_resets : -1;
    if (!mp_buf_reserve(&out->body, MP_JSON_PADDING))
        return mp_no_memory(err);
    memset(out->body.ptr + out->body.len, 0, MP_JSON_PADDING);
    return MP_OK;
}

mp_code mp_web_ask(mp_web_answer *out, mp_web *web, const mp_web_request *request, mp_error *err)
{
    struct curl_slist *list = NULL;
    mp_buf             url = MP_BUF_INIT;
    *out = (mp_web_answer){ .wait_seconds = -1, .body = MP_BUF_INIT };
    out->body.limit = MP_WEB_ANSWER_MAX + MP_JSON_PADDING;
    if (!mp_web_may(request->url))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "'%.*s' is no address that may be asked; wanted https",
                       (int)(request->url.len < 120 ? request->url.len : 120),
                       request->url.len ? request->url.ptr : "");
    mp_buf_add(&url, request->url);
    mp_buf_add_c(&url, '\0');
    bool ok = !url.failed && add_line(&list, "Accept: ", MP_S("application/json"));
    if (request->content_type)
        ok = ok && add_line(&list, "Content-Type: ", mp_str_from(request->content_type));
    if (request->bearer.len)
        ok = ok && add_line(&list, "Authorization: Bearer ", request->bearer);
    mp_code code = ok ? perform(out, web, request, url.ptr, list, err) : mp_no_memory(err);
    free_lines(list);
    mp_buf_free(&url);
    return code;
}
