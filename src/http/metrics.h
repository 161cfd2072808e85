/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - what is counted, and the text that monitoring reads (OpenMetrics 1.0). One table, metrics.def;
 * numbers are atomic and of the process, since there is one server in it. Any thread. */
#ifndef MAPAE_HTTP_METRICS_H
#define MAPAE_HTTP_METRICS_H

#include "buf.h"
#include "clock.h"

typedef enum mp_metric {
#define MP_COUNTER(id, name, unit) MP_METRIC_##id,
#define MP_GAUGE(id, name, unit) MP_METRIC_##id,
#include "metrics.def"
#undef MP_COUNTER
#undef MP_GAUGE
    MP_METRIC_COUNT
} mp_metric;

void    mp_metric_add(mp_metric metric, int64_t n); /* a gauge may be given less than 0 */
void    mp_metric_set(mp_metric metric, int64_t value); /* of a gauge */
int64_t mp_metric_get(mp_metric metric);
/* A request was answered: counted by class of route ("api", "arm", "pages", ...: a word of ours) and class of
 * status, and its time in a histogram. */
void mp_metric_request(const char *route_class, unsigned status, mp_ticks took);

#define MP_METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
/* Append the whole text, with its "# EOF". */
void mp_metrics_write(mp_buf *out);

/* For the reference: the name of each, and what it is is the message "metric.NAME"; NULL from the end on. */
const char *mp_metric_name(size_t index);

#endif
