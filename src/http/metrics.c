/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "messages.h"

typedef enum metric_kind { COUNTER, GAUGE } metric_kind;

static const struct {
    const char *name, *unit;
    metric_kind kind;
} metrics[] = {
#define MP_COUNTER(id, name, unit) [MP_METRIC_##id] = { name, unit, COUNTER },
#define MP_GAUGE(id, name, unit) [MP_METRIC_##id] = { name, unit, GAUGE },
#include "metrics.def"
#undef MP_COUNTER
#undef MP_GAUGE
};

/* Requests by class. The last class takes what is none of the others. */
static const char *const classes[] = { "api", "arm", "sign-in", "pages", "system", "other" };
#define CLASSES MP_COUNT(classes)
#define STATUSES 5 /* 1xx to 5xx */

/* Upper bounds of the histogram, in microseconds; one more bucket for the rest. */
static const int64_t bounds_us[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,
                                     2500000, 10000000 };
#define BUCKETS (MP_COUNT(bounds_us) + 1)

static atomic_int_fast64_t values[MP_METRIC_COUNT];
static atomic_int_fast64_t requests[CLASSES][STATUSES];
static atomic_int_fast64_t durations[CLASSES][BUCKETS];
static atomic_int_fast64_t duration_us[CLASSES];

void mp_metric_add(mp_metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&values[metric], n, memory_order_relaxed);
}

void mp_metric_set(mp_metric metric, int64_t value)
{
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

int64_t mp_metric_get(mp_metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

void mp_metric_request(const char *route_class, unsigned status, mp_ticks took)
{
    size_t  class = 0, bucket = 0;
    int64_t us = took > 0 ? took / 10 : 0;
    while (class + 1 < CLASSES && strcmp(classes[class], route_class) != 0)
        class++;
    while (bucket + 1 < BUCKETS && us > bounds_us[bucket])
        bucket++;
    unsigned hundred = status / 100 < 1 ? 1 : status / 100 > STATUSES ? STATUSES : status / 100;
    atomic_fetch_add_explicit(&requests[class][hundred - 1], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&durations[class][bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&duration_us[class], us, memory_order_relaxed);
}

static void write_head(mp_buf *out, const char *name, const char *type, const char *unit)
{
    mp_str help = mp_message_of(MP_LANG_EN, "metric.", mp_str_from(name));
    mp_buf_printf(out, "# TYPE %s %s\n", name, type);
    if (unit[0])
        mp_buf_printf(out, "# UNIT %s %s\n", name, unit);
    mp_buf_printf(out, "# HELP %s %.*s\n", name, MP_FMT(help));
}

static void write_requests(mp_buf *out)
{
    write_head(out, "mapae_http_requests", "counter", "");
    for (size_t c = 0; c < CLASSES; c++)
        for (size_t s = 0; s < STATUSES; s++)
            mp_buf_printf(out, "mapae_http_requests_total{class=\"%s\",status=\"%zuxx\"} %" PRIdFAST64 "\n", classes[c],
                          s + 1, atomic_load(&requests[c][s]));
}

static void write_durations(mp_buf *out)
{
    write_head(out, "mapae_http_request_duration_seconds", "histogram", "seconds");
    for (size_t c = 0; c < CLASSES; c++) {
        int64_t sum = 0;
        for (size_t b = 0; b < BUCKETS; b++) {
            sum += atomic_load(&durations[c][b]);
            mp_buf_printf(out, "mapae_http_request_duration_seconds_bucket{class=\"%s\",le=\"", classes[c]);
            if (b + 1 < BUCKETS)
                mp_buf_printf(out, "%" PRId64 ".%04" PRId64, bounds_us[b] / 1000000, bounds_us[b] % 1000000 / 100);
            else
                mp_buf_add(out, MP_S("+Inf"));
            mp_buf_printf(out, "\"} %" PRId64 "\n", sum);
        }
        int64_t us = atomic_load(&duration_us[c]);
        mp_buf_printf(out, "mapae_http_request_duration_seconds_sum{class=\"%s\"} %" PRId64 ".%06" PRId64 "\n",
                      classes[c], us / 1000000, us % 1000000);
        mp_buf_printf(out, "mapae_http_request_duration_seconds_count{class=\"%s\"} %" PRId64 "\n", classes[c], sum);
    }
}

void mp_metrics_write(mp_buf *out)
{
    for (size_t i = 0; i < MP_METRIC_COUNT; i++) {
        bool is_counter = metrics[i].kind == COUNTER;
        write_head(out, metrics[i].name, is_counter ? "counter" : "gauge", metrics[i].unit);
        mp_buf_printf(out, "%s%s %" PRId64 "\n", metrics[i].name, is_counter ? "_total" : "",
                      mp_metric_get((mp_metric)i));
    }
    write_requests(out);
    write_durations(out);
    mp_buf_add(out, MP_S("# EOF\n"));
}

const char *mp_metric_name(size_t index)
{
    return index < MP_METRIC_COUNT ? metrics[index].name : NULL;
}
