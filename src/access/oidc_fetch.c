/* SPDX-License-Identifier: Apache-2.0 */
#include "oidc_internal.h"

#include <curl/curl.h>
#include <pthread.h>

static CURLcode curl_started;

static void start_curl(void)
{
    curl_started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* The host of a URL without scheme, as it stands: "[::1]", "localhost". */
static mp_str host_of(mp_str rest)
{
    size_t end = 0;
    bool   in_brackets = false;
    for (; end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?'; end++) {
        in_brackets = rest.ptr[end] == '[' || (in_brackets && rest.ptr[end] != ']');
        if (rest.ptr[end] == ':' && !in_brackets)
            break;
    }
    return mp_str_of(rest.ptr, end);
}

bool mp_fetch_may(mp_str url, bool allows_http)
{
    mp_str https = MP_S("https://"), http = MP_S("http://");
    bool   is_https = mp_str_starts(url, https);
    if (!is_https && !(allows_http && mp_str_starts(url, http)))
        return false;
    if (url.len > 2048)
        return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 0x20 || (unsigned char)url.ptr[i] >= 0x7f || strchr("@#\\\"<>", url.ptr[i]))
            return false;
    mp_str host = host_of(mp_str_skip(url, is_https ? https.len : http.len));
    if (is_https)
        return host.len > 0;
    return mp_str_eq(host, MP_S("127.0.0.1")) || mp_str_eq(host, MP_S("[::1]")) || mp_str_eq(host, MP_S("localhost"));
}

void mp_form_add(mp_buf *form, char first, const char *name, mp_str value)
{
    static const char digits[] = "0123456789ABCDEF";
    mp_buf_add_c(form, first);
    mp_buf_add_z(form, name);
    mp_buf_add_c(form, '=');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c))) {
            mp_buf_add_c(form, (char)c);
        } else {
            mp_buf_add_c(form, '%');
            mp_buf_add_c(form, digits[c >> 4]);
            mp_buf_add_c(form, digits[c & 15]);
        }
    }
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    mp_buf *out = ctx;
    mp_buf_add(out, mp_str_of(bytes, size * count));
    return out->failed ? 0 : size * count;
}

/* Texts for curl need a NUL, and those with a secret are overwritten. */
typedef struct call {
    const mp_fetch    *fetch;
    CURL              *curl;
    struct curl_slist *headers;
    mp_buf             url, authorization;
} call;

static bool set_headers(call *c)
{
    const mp_fetch *f = c->fetch;
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");
    c->headers = list;
    if (list && f->user.len) { /* RFC 6749, 2.3.1: both encoded as in a form */
        mp_arena arena = MP_ARENA_INIT;
        mp_buf   pair = MP_BUF_INIT;
        mp_form_add(&pair, '&', "", f->user);
        size_t skip = 2; /* "&=" */
        mp_buf secret = MP_BUF_INIT;
        mp_form_add(&secret, '&', "", f->secret);
        mp_buf_add_c(&pair, ':');
        mp_buf_add(&pair, mp_str_skip(mp_buf_str(&secret), 2));
        mp_str encoded = mp_base64(&arena, mp_str_skip(mp_buf_str(&pair), skip));
        mp_buf_printf(&c->authorization, "Authorization: Basic %.*s", MP_FMT(encoded));
        if (pair.ptr)
            mp_wipe(pair.ptr, pair.cap);
        if (secret.ptr)
            mp_wipe(secret.ptr, secret.cap);
        bool ok = encoded.ptr && !pair.failed && !secret.failed;
        if (encoded.ptr)
            mp_wipe((char *)encoded.ptr, encoded.len);
        mp_buf_free(&pair);
        mp_buf_free(&secret);
        mp_arena_free(&arena);
        if (!ok)
            return false;
    } else if (list && f->bearer.len) {
        mp_buf_printf(&c->authorization, "Authorization: Bearer %.*s", MP_FMT(f->bearer));
    }
    if (list && c->authorization.len) {
        mp_buf_add_c(&c->authorization, '\0');
        list = c->authorization.failed ? NULL : curl_slist_append(c->headers, c->authorization.ptr);
    }
    return list != NULL;
}

static CURLcode set_up(call *c, mp_buf *out)
{
    const mp_fetch *f = c->fetch;
    CURL           *curl = c->curl;
    CURLcode        code = CURLE_OK;
#define SET(option, value) (code = code == CURLE_OK ? curl_easy_setopt(curl, (option), (value)) : code)
    SET(CURLOPT_URL, c->url.ptr);
    SET(CURLOPT_PROTOCOLS_STR, f->allows_http ? "https,http" : "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    SET(CURLOPT_TIMEOUT_MS, 10000L);
    SET(CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    SET(CURLOPT_USERAGENT, "mapae");
    SET(CURLOPT_HTTPHEADER, c->headers);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_WRITEDATA, out);
    if (f->form.len) {
        SET(CURLOPT_POSTFIELDSIZE, (long)f->form.len);
        SET(CURLOPT_POSTFIELDS, f->form.ptr);
    }
#undef SET
    return code;
}

static mp_code perform(call *c, mp_buf *out, long *status, mp_error *err)
{
    CURLcode code = set_up(c, out);
    if (code == CURLE_OK)
        code = curl_easy_perform(c->curl);
    if (out->over_limit)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the identity provider answers with more than %zu bytes",
                       MP_OIDC_ANSWER_MAX);
    if (out->failed || code == CURLE_OUT_OF_MEMORY)
        return mp_no_memory(err);
    if (code != CURLE_OK)
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "the identity provider cannot be reached: %s",
                       curl_easy_strerror(code));
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, status);
    return MP_OK;
}

mp_code mp_fetch_do(mp_buf *out, long *status, const mp_fetch *fetch, mp_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    call                  c = { .fetch = fetch, .url = MP_BUF_INIT, .authorization = MP_BUF_INIT };
    mp_code               code;
    pthread_once(&once, start_curl);
    if (!mp_fetch_may(fetch->url, fetch->allows_http))
        return mp_fail(err, MP_UNAVAILABLE, MP_NOWHERE, "'%.*s' is no address that may be asked; wanted https",
                       MP_FMT(fetch->url));
    out->limit = MP_OIDC_ANSWER_MAX;
    mp_buf_add(&c.url, fetch->url);
    mp_buf_add_c(&c.url, '\0');
    c.curl = curl_started == CURLE_OK ? curl_easy_init() : NULL;
    if (!c.curl || c.url.failed || !set_headers(&c))
        code = mp_no_memory(err);
    else
        code = perform(&c, out, status, err);
    curl_slist_free_all(c.headers);
    curl_easy_cleanup(c.curl);
    if (c.authorization.ptr)
        mp_wipe(c.authorization.ptr, c.authorization.cap);
    mp_buf_free(&c.authorization);
    mp_buf_free(&c.url);
    return code;
}
