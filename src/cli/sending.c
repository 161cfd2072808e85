/* SPDX-License-Identifier: Apache-2.0 */
#include "sending.h"

#include <stdio.h>

#define BYTES_AT_ONCE ((size_t)4 << 20)

static void say_fault(mp_sending *s, const mp_json *fault)
{
    const mp_json *index = mp_json_get(fault, MP_S("index")), *message = mp_json_get(fault, MP_S("message"));
    if (!mp_json_is(index, MP_JSON_INT) || !mp_json_is(message, MP_JSON_STRING) || index->u.integer < 0 ||
        (size_t)index->u.integer >= s->count)
        return;
    size_t   at = (size_t)index->u.integer;
    mp_error why = { .code = MP_FORMAT, .pos = { (uint32_t)s->items[at].line, s->items[at].line ? 1 : 0 } };
    snprintf(why.message, sizeof why.message, "%.*s", MP_FMT(mp_json_str(message)));
    mp_cli_error(s->client->cli, s->items[at].file, &why);
    s->faulty++;
}

mp_code mp_sending_ask(mp_sending *s, const mp_json *body, mp_error *err)
{
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(s->client, MP_POST, mp_str_from(s->path), body, err));
    for (size_t i = 0; s->sums[i]; i++) {
        const mp_json *sum = mp_json_get(s->client->answer.json, mp_str_from(s->sums[i]));
        if (mp_json_is(sum, MP_JSON_INT))
            s->totals[i] += (uint64_t)sum->u.integer;
    }
    const mp_json *faulty = mp_json_get(s->client->answer.json, MP_S("faulty"));
    if (mp_json_is(faulty, MP_JSON_ARRAY))
        for (MP_JSON_EACH(fault, faulty))
            say_fault(s, fault);
    return MP_OK;
}

mp_code mp_sending_flush(mp_sending *s, mp_error *err)
{
    mp_arena_mark mark = mp_arena_save(&s->client->arena);
    mp_jsonw      w;
    if (s->count == 0)
        return MP_OK;
    mp_jsonw_init(&w, &s->client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "source", s->source);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < s->count; i++)
        mp_jsonw_value(&w, s->items[i].document);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    MP_TRY(mp_sending_ask(s, mp_jsonw_done(&w), err));
    s->client->answer.json = NULL;
    mp_arena_restore(&s->client->arena, mark);
    mp_arena_reset(&s->arena);
    s->count = s->bytes = 0;
    return MP_OK;
}

mp_code mp_sending_add(mp_sending *s, const mp_json *document, const char *file, uint64_t line, size_t bytes, mp_error *err)
{
    if (s->count == MP_SENDING_COUNT || (s->count && s->bytes + bytes > BYTES_AT_ONCE))
        MP_TRY(mp_sending_flush(s, err));
    const mp_json *kept = mp_arena_dup_json(&s->arena, document);
    if (!kept)
        return mp_no_memory(err);
    s->items[s->count].document = kept;
    s->items[s->count].file = file;
    s->items[s->count].line = line;
    s->count++;
    s->bytes += bytes;
    return MP_OK;
}

mp_code mp_sending_show(mp_sending *s, const mp_column *columns, size_t count, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &s->client->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; s->sums[i]; i++)
        mp_jsonw_put_int(&w, s->sums[i], (int64_t)s->totals[i]);
    mp_jsonw_put_int(&w, "faulty", (int64_t)s->faulty);
    mp_jsonw_end(&w);
    s->client->answer.json = mp_jsonw_done(&w);
    return s->client->answer.json ? mp_client_show(s->client, columns, count, err) : mp_no_memory(err);
}

void mp_sending_done(mp_sending *s) { mp_arena_free(&s->arena); }
