/* SPDX-License-Identifier: Apache-2.0 */
/* No secret passes, whatever form its mark has; nothing that is not known is made up. */
#include <stdio.h>

#include "buf.h"
#include "internal.h"
#include "terraform_values.h"
#include "test.h"

typedef struct parts {
    mp_arena     arena;
    mp_json_doc *docs[3];
    mp_buf       text;
} parts;

static void begin(parts *p)
{
    *p = (parts){ .arena = MP_ARENA_INIT };
    for (size_t i = 0; i < MP_COUNT(p->docs); i++)
        CHECK_INT(mp_json_doc_new(&p->docs[i], NULL), MP_OK);
}

static void end(parts *p)
{
    for (size_t i = 0; i < MP_COUNT(p->docs); i++)
        mp_json_doc_free(p->docs[i]);
    mp_buf_free(&p->text);
    mp_arena_free(&p->arena);
}

static const mp_json *read_part(parts *p, size_t i, const char *text)
{
    const mp_json *v = NULL;
    if (text)
        CHECK_INT(mp_json_read(p->docs[i], &v, mp_str_from(text), NULL, NULL, NULL), MP_OK);
    return v;
}

static mp_str said(parts *p, const mp_json *v)
{
    mp_buf_clear(&p->text);
    mp_buf_add_json(&p->text, v);
    return mp_buf_str(&p->text);
}

#define S "\"(sensitive value)\""
#define U "\"(known after apply)\""

TEST(marks_replace_values)
{
    static const struct {
        const char *values, *unknown, *sensitive, *wanted;
    } cases[] = {
        { "{\"a\":1}", NULL, NULL, "{\"a\":1}" },
        { "{\"a\":1}", "{}", "{}", "{\"a\":1}" },
        { "{\"a\":1,\"b\":2}", "{\"c\":true}", "{\"a\":true}", "{\"a\":" S ",\"b\":2,\"c\":" U "}" },
        { "{\"a\":1}", "{\"b\":true}", "{\"b\":true}", "{\"a\":1,\"b\":" S "}" },
        { "{\"a\":1}", "{\"b\":false,\"c\":[],\"d\":{\"e\":[false]}}", NULL, "{\"a\":1}" },
        { "{\"a\":[{\"b\":1},{\"b\":2}]}", NULL, "{\"a\":[{},{\"b\":true}]}", "{\"a\":[{\"b\":1},{\"b\":" S "}]}" },
        { "{\"a\":[null]}", "{\"a\":[true]}", NULL, "{\"a\":[" U "]}" },
        { "{\"a\":[1]}", "{\"a\":[false,true]}", NULL, "{\"a\":[1," U "]}" },
        { "{\"a\":null}", "{\"a\":[{\"b\":true}]}", NULL, "{\"a\":[{\"b\":" U "}]}" },
        { "null", "{\"a\":{\"b\":true}}", NULL, "{\"a\":{\"b\":" U "}}" },
        { "null", "{\"a\":{\"b\":false}}", NULL, "null" },
        { NULL, NULL, NULL, "null" },
        { "{\"a\":1}", "true", NULL, U },
        { "{\"a\":1}", "true", "true", S },
        { "{\"a\":1}", "false", "false", "{\"a\":1}" },
        /* of another form than the values: hidden as a whole */
        { "{\"a\":{\"b\":1}}", NULL, "{\"a\":[true]}", "{\"a\":" S "}" },
        { "{\"a\":[1]}", "{\"a\":[false]}", "{\"a\":{\"0\":true}}", "{\"a\":" S "}" },
        { "{\"a\":\"x\"}", NULL, "{\"a\":{\"b\":true}}", "{\"a\":" S "}" },
        { "{\"a\":\"x\"}", NULL, "{\"a\":{\"b\":false}}", "{\"a\":\"x\"}" },
        { "{\"a\":null}", NULL, "{\"a\":{\"b\":true}}", "{\"a\":null}" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        parts          p;
        const mp_json *out = NULL;
        begin(&p);
        CHECK_INT(mp_terraform_marked(&out, read_part(&p, 0, cases[i].values), read_part(&p, 1, cases[i].unknown),
                                      read_part(&p, 2, cases[i].sensitive), &p.arena, NULL), MP_OK);
        if (!mp_str_eq(said(&p, out), mp_str_from(cases[i].wanted)))
            fail_msg("case %zu gives %.*s, not %s", i, MP_FMT(mp_buf_str(&p.text)), cases[i].wanted);
        end(&p);
    }
}

#define ATTR(name) "{\"type\":\"get_attr\",\"value\":\"" name "\"}"
#define AT(index) "{\"type\":\"index\",\"value\":{\"value\":" index ",\"type\":\"number\"}}"

TEST(paths_hide_values)
{
    static const struct {
        const char *values, *paths, *wanted;
    } cases[] = {
        { "{\"a\":1}", NULL, "{\"a\":1}" },
        { "{\"a\":1}", "[]", "{\"a\":1}" },
        { "{\"a\":1,\"b\":2}", "[[" ATTR("a") "]]", "{\"a\":" S ",\"b\":2}" },
        { "{\"a\":[{\"b\":1},{\"b\":2}]}", "[[" ATTR("a") "," AT("1") "," ATTR("b") "]]",
          "{\"a\":[{\"b\":1},{\"b\":" S "}]}" },
        { "{\"a\":{\"b\":1,\"c\":2}}", "[[" ATTR("a") "," ATTR("b") "],[" ATTR("a") "," ATTR("c") "]]",
          "{\"a\":{\"b\":" S ",\"c\":" S "}}" },
        { "{\"a\":[1,2]}", "[[" ATTR("a") ",{\"type\":\"index\",\"value\":true}]]", "{\"a\":[" S "," S "]}" },
        { "{\"a\":1}", "[[]]", S },
        { "{\"a\":1}", "[7]", S },
        { "{\"a\":1,\"b\":1}", "[[" ATTR("a") "," ATTR("b") "]]", "{\"a\":" S ",\"b\":1}" },
        { "{\"a\":null}", "[[" ATTR("a") "," ATTR("b") "]]", "{\"a\":null}" },
        { "{\"1\":1}", "[[" AT("1") "]]", "{\"1\":1}" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        parts          p;
        const mp_json *out = NULL;
        begin(&p);
        CHECK_INT(mp_terraform_hidden(&out, read_part(&p, 0, cases[i].values), read_part(&p, 1, cases[i].paths),
                                      &p.arena, NULL), MP_OK);
        if (!mp_str_eq(said(&p, out), mp_str_from(cases[i].wanted)))
            fail_msg("case %zu gives %.*s, not %s", i, MP_FMT(mp_buf_str(&p.text)), cases[i].wanted);
        end(&p);
    }
}

/* {"k0":V,"k1":V,...} */
static void add_members(mp_buf *b, size_t count, const char *value)
{
    mp_buf_add_c(b, '{');
    for (size_t i = 0; i < count; i++)
        mp_buf_printf(b, "%s\"k%zu\":%s", i ? "," : "", i, value);
    mp_buf_add_c(b, '}');
}

TEST(marks_without_end_are_refused)
{
    mp_buf         values = MP_BUF_INIT, marks = MP_BUF_INIT;
    parts          p;
    const mp_json *out = NULL;
    mp_error       err;
    begin(&p);
    add_members(&values, 6000, "1");
    add_members(&marks, 6000, "true");
    const mp_json *v = NULL, *m = NULL;
    CHECK_INT(mp_json_read(p.docs[0], &v, mp_buf_str(&values), NULL, NULL, NULL), MP_OK);
    CHECK_INT(mp_json_read(p.docs[1], &m, mp_buf_str(&marks), NULL, NULL, NULL), MP_OK);
    CHECK_INT(mp_terraform_marked(&out, v, NULL, m, &p.arena, &err), MP_LIMIT);
    CHECK(!out && strstr(err.message, "marks"));
    end(&p);
    mp_buf_free(&values);
    mp_buf_free(&marks);
}

/* What is too deep to be built is refused, or hidden from there on. */
TEST(values_without_bottom_show_nothing)
{
    mp_buf b[3] = { MP_BUF_INIT, MP_BUF_INIT, MP_BUF_INIT };
    for (int i = 0; i < 400; i++) {
        mp_buf_add(&b[0], MP_S("{\"a\":"));
        mp_buf_add(&b[1], MP_S("{\"a\":"));
        mp_buf_printf(&b[2], "%s" ATTR("a"), i ? "," : "[[");
    }
    mp_buf_add(&b[0], MP_S("\"secret\""));
    mp_buf_add(&b[1], MP_S("true"));
    mp_buf_add(&b[2], MP_S("]]"));
    for (int i = 0; i < 400; i++) {
        mp_buf_add_c(&b[0], '}');
        mp_buf_add_c(&b[1], '}');
    }
    parts          p;
    const mp_json *v[3], *out = NULL;
    begin(&p);
    for (size_t i = 0; i < 3; i++)
        CHECK_INT(mp_json_read(p.docs[i], &v[i], mp_buf_str(&b[i]), NULL, NULL, NULL), MP_OK);
    CHECK_INT(mp_terraform_marked(&out, v[0], NULL, v[1], &p.arena, NULL), MP_LIMIT);
    CHECK_INT(mp_terraform_hidden(&out, v[0], v[2], &p.arena, NULL), MP_OK);
    CHECK(mp_str_find_str(said(&p, out), MP_S("secret")) == SIZE_MAX);
    end(&p);
    for (size_t i = 0; i < 3; i++)
        mp_buf_free(&b[i]);
}

int main(void)
{
    return MAIN(RUN(marks_replace_values), RUN(paths_hide_values), RUN(marks_without_end_are_refused),
                RUN(values_without_bottom_show_nothing));
}
