/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <assert.h>
#include <stdlib.h>

#include "formats.h"

#define FLUSH_BYTES (64 * 1024)

static const mp_report_format *const formats[] = {
    &mp_report_table, &mp_report_json,  &mp_report_ndjson, &mp_report_csv,
    &mp_report_sarif, &mp_report_junit, &mp_report_html,
};

const mp_report_format *mp_report_format_find(mp_str name)
{
    for (size_t i = 0; i < MP_COUNT(formats); i++)
        if (mp_str_eq_fold(name, mp_str_from(formats[i]->name)))
            return formats[i];
    return NULL;
}

const mp_report_format *mp_report_format_at(size_t index)
{
    return index < MP_COUNT(formats) ? formats[index] : NULL;
}

size_t mp_report_format_count(void) { return MP_COUNT(formats); }

const char *mp_report_format_name(const mp_report_format *format) { return format->name; }

const char *mp_report_format_media_type(const mp_report_format *format)
{
    return format->media_type;
}

const char *mp_report_format_extension(const mp_report_format *format)
{
    return format->extension;
}

bool mp_report_format_wants(const mp_report_format *format, mp_state state)
{
    return format->states & STATE_BIT(state);
}

mp_code mp_report_new(mp_report **out, const mp_report_format *format,
                      const mp_report_options *options, mp_report_sink sink, mp_error *err)
{
    mp_report *r = calloc(1, sizeof *r);
    if (!r)
        return mp_no_memory(err);
    r->format = format;
    r->options = *options;
    r->sink = sink;
    *out = r;
    return MP_OK;
}

void mp_report_free(mp_report *r)
{
    if (!r)
        return;
    if (r->format->done && r->own)
        r->format->done(r);
    mp_buf_free(&r->out);
    free(r);
}

mp_code mp_report_flush(mp_report *r, mp_error *err)
{
    MP_TRY(mp_buf_check(&r->out, err));
    if (r->out.len == 0)
        return MP_OK;
    MP_TRY(r->sink.write(r->sink.context, mp_buf_str(&r->out), err));
    mp_buf_clear(&r->out);
    return MP_OK;
}

mp_code mp_report_flush_some(mp_report *r, mp_error *err)
{
    return r->out.len < FLUSH_BYTES && !r->out.failed ? MP_OK : mp_report_flush(r, err);
}

mp_code mp_report_begin(mp_report *r, const mp_scan_summary *facts, mp_error *err)
{
    r->summary = facts;
    if (r->format->begin)
        MP_TRY(r->format->begin(r, err));
    return mp_report_flush(r, err);
}

void mp_report_record(mp_buf *out, const mp_report *r, const mp_scan_record *record)
{
    if (mp_report_format_wants(r->format, record->state))
        r->format->record(out, r, record);
}

mp_code mp_report_write(mp_report *r, mp_str records, mp_error *err)
{
    if (records.len == 0)
        return MP_OK;
    if (r->format->write)
        MP_TRY(r->format->write(r, records, err));
    else
        MP_TRY(r->sink.write(r->sink.context, records, err));
    r->written += records.len;
    return MP_OK;
}

mp_code mp_report_end(mp_report *r, const mp_scan_summary *summary, mp_error *err)
{
    assert(!r->summary || r->summary->check_count == summary->check_count);
    r->summary = summary;
    if (r->format->end)
        MP_TRY(r->format->end(r, err));
    return mp_report_flush(r, err);
}

const mp_scan_initiative *mp_report_initiative(const mp_scan_summary *s, const mp_scan_check *check)
{
    const mp_scan_initiative *found = NULL;
    if (check->initiative_id.len == 0)
        return NULL;
    for (uint32_t i = 0; i < s->initiative_count; i++) {
        const mp_scan_initiative *it = &s->initiatives[i];
        if (!mp_str_eq_fold(it->id, check->initiative_id))
            continue;
        if (mp_str_eq_fold(it->assignment_id, check->assignment_id))
            return it;
        if (!found)
            found = it;
    }
    return found;
}

size_t mp_frame_open(mp_buf *out, const mp_scan_record *record)
{
    mp_frame frame = { record->check, (uint32_t)record->state, 0 };
    size_t place = out->len;
    mp_buf_add(out, mp_str_of((const char *)&frame, sizeof frame));
    return place;
}

void mp_frame_close(mp_buf *out, size_t place)
{
    if (out->failed)
        return;
    mp_frame frame;
    memcpy(&frame, out->ptr + place, sizeof frame);
    frame.len = (uint32_t)(out->len - place - sizeof frame);
    memcpy(out->ptr + place, &frame, sizeof frame);
}

bool mp_frame_next(mp_str *records, mp_frame *frame, mp_str *text)
{
    if (records->len < sizeof *frame)
        return false;
    memcpy(frame, records->ptr, sizeof *frame);
    assert(records->len - sizeof *frame >= frame->len);
    *text = mp_str_of(records->ptr + sizeof *frame, frame->len);
    *records = mp_str_skip(*records, sizeof *frame + frame->len);
    return true;
}
