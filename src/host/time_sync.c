/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the clock is right: the kernel knows whether somebody keeps it so, and services by their names who. */
#include <math.h>
#include <stdlib.h>
#include <sys/timex.h>

#include "machine_internal.h"

static const struct {
    mp_str service, source;
} sources[] = {
    { MP_S_INIT("chrony"), MP_S_INIT("chrony") },
    { MP_S_INIT("chronyd"), MP_S_INIT("chrony") },
    { MP_S_INIT("systemd-timesyncd"), MP_S_INIT("systemd-timesyncd") },
    { MP_S_INIT("ntpsec"), MP_S_INIT("ntpd") },
    { MP_S_INIT("ntpd"), MP_S_INIT("ntpd") },
    { MP_S_INIT("ntp"), MP_S_INIT("ntpd") },
};

static void put_source(mp_machine *m)
{
    mp_jsonw_key(&m->w, MP_S("source"));
    for (size_t i = 0; i < MP_COUNT(sources); i++)
        if (mp_machine_is_active(m, sources[i].service)) {
            mp_jsonw_str(&m->w, sources[i].source);
            return;
        }
    mp_jsonw_null(&m->w);
}

/* chronyc -c tracking: the fifth value is how many seconds the clock is behind. */
static mp_code put_offset(mp_machine *m, mp_error *err)
{
    static const char *const ask[] = { "chronyc", "-c", "tracking", NULL };
    mp_str   text;
    mp_reach how;
    char     number[32];
    if (!mp_machine_is_active(m, MP_S("chrony")) && !mp_machine_is_active(m, MP_S("chronyd")))
        return MP_OK;
    MP_TRY(mp_machine_ask(&text, &how, m, ask, err));
    for (size_t i = 0; i < 4; i++)
        mp_piece_next(&text, ',');
    mp_str field = mp_piece_next(&text, ',');
    if (how != MP_REACH_OK || !field.len || field.len >= sizeof number)
        return MP_OK;
    memcpy(number, field.ptr, field.len);
    number[field.len] = '\0';
    char  *end;
    double seconds = strtod(number, &end);
    if (*end == '\0' && isfinite(seconds)) {
        mp_jsonw_key(&m->w, MP_S("offsetMilliseconds"));
        mp_jsonw_real(&m->w, -seconds * 1000);
    }
    return MP_OK;
}

mp_code mp_read_time_sync(mp_machine *m, mp_error *err)
{
    struct timex t = { .modes = 0 };
    if (!m->root.is_here) { /* the kernel of another machine says nothing of its clock in a file */
        mp_machine_gap_note(m, "clock", m->is_on ? MP_REACH_UNKNOWN : MP_REACH_OFF, "adjtimex");
        return MP_OK;
    }
    int state = adjtimex(&t);
    if (state < 0) {
        mp_machine_gap_note(m, "clock", MP_REACH_DENIED, "adjtimex");
        return MP_OK;
    }
    mp_jsonw_key(&m->w, MP_S("clock"));
    mp_jsonw_object(&m->w);
    mp_jsonw_put_bool(&m->w, "isSynchronised", state != TIME_ERROR && !(t.status & STA_UNSYNC));
    if (m->knows_active)
        put_source(m);
    MP_TRY(put_offset(m, err));
    mp_jsonw_end(&m->w);
    return MP_OK;
}
